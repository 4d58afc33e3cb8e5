/* hone status: how the models that are served are doing. */
#include <math.h>
#include <time.h>

#include "cli/input.h"
#include "serve/status.h"
#include "serve/status_words.h"

struct settings {
    int64_t decisions;
    bool watch;
    double every;
    bool check;
};

static const struct hone_param params[] = {
    HONE_INT(struct settings, decisions, 5, 0, 1000, .help = "the last N decisions are shown"),
    HONE_FLAG(struct settings, watch, false, .help = "again and again, until Ctrl-C"),
    HONE_REAL(struct settings, every, 5, 0.2, 3600, .help = "s between two looks of --watch"),
    HONE_FLAG(struct settings, check, false,
              .help = "end with status 1 when somebody has to act: for cron and scripts"),
    HONE_PARAM_END,
};

struct screen {
    const struct hone_args *args;
    struct hone_arena *mem; /* of one look */
    int64_t now;
};

static const char *number(const struct screen *s, double x)
{
    return isnan(x) ? "-" : hone_text_number(s->mem, x, 3);
}

/* "12 min ago (23:43:54)", with the day where it is another than today. */
static const char *when(const struct screen *s, const json_t *o, const char *key)
{
    int64_t us = hone_int_in(o, key);
    if (us == 0) {
        return "never";
    }
    const char *exact = hone_text_when(s->mem, us);
    bool today = strncmp(exact, hone_text_when(s->mem, s->now), 10) == 0;
    return hone_arena_format(s->mem, "%s (%s)", hone_text_ago(s->mem, s->now, us),
                             today ? exact + 11 : exact);
}

static enum hone_style style_of(const char *state)
{
    return strcmp(state, "act") == 0    ? HONE_RED
           : strcmp(state, "look") == 0 ? HONE_YELLOW
           : strcmp(state, "ok") == 0   ? HONE_GREEN
                                        : HONE_DIM;
}

static enum hone_style mood_style(enum hone_mood mood)
{
    static const enum hone_style styles[] = {HONE_DIM, HONE_GREEN, HONE_YELLOW, HONE_RED};
    return styles[mood];
}

static void in_style(const struct screen *s, enum hone_style style, const char *text)
{
    printf("%s%s%s", hone_style(&s->args->out, style), text,
           hone_style(&s->args->out, HONE_PLAIN));
}

/* A line of a model: what it is about, and the rest in a colour. */
static void line(const struct screen *s, const char *about, enum hone_style style,
                 const char *text)
{
    printf("  %-10s ", about);
    in_style(s, style, text);
    putchar('\n');
}

/* --- what is not well ------------------------------------------------------------------------------- */

static void print_state(const struct screen *s, const json_t *status)
{
    const json_t *signs = json_object_get(status, "signs");
    const char *state = hone_text_in(status, "state");
    size_t n = json_array_size(signs);
    size_t act = 0;
    for (size_t i = 0; i < n; i++) {
        act += strcmp(hone_text_in(json_array_get(signs, i), "level"), "act") == 0;
    }
    in_style(s, style_of(state), state);
    if (n == 0) {
        printf(": nothing is wrong that hone can see");
    } else if (act > 0) {
        printf(": %zu thing%s need%s you now, %zu can wait", act, act == 1 ? "" : "s",
               act == 1 ? "s" : "", n - act);
    } else {
        printf(": %zu thing%s odd, no hurry", n, n == 1 ? " is" : "s are");
    }
    printf("  (%s UTC)\n", hone_text_when(s->mem, s->now));
}

static void print_sign(const struct screen *s, const json_t *sign)
{
    const char *level = hone_text_in(sign, "level");
    const char *more = hone_text_in(sign, "more");
    const char *command = hone_text_in(sign, "do");
    const char *then = hone_text_in(sign, "then");
    putchar('\n');
    in_style(s, style_of(level), hone_arena_format(s->mem, "%-4s", level));
    printf(" %s\n", hone_text_in(sign, "what"));
    if (hone_int_in(sign, "since_us") != 0) {
        printf("     since %s\n", when(s, sign, "since_us"));
    }
    if (more[0] != '\0') {
        fputs("     ", stdout);
        hone_print_wrapped(&s->args->out, more, 5);
    }
    if (command[0] != '\0') {
        printf("     $ ");
        in_style(s, HONE_BOLD, command);
        putchar('\n');
    }
    if (then[0] != '\0') {
        printf("     %s%s\n", command[0] == '\0' ? "" : "then: ", then);
    }
}

static void print_decision(const struct screen *s, const json_t *d)
{
    const char *reason = hone_text_in(d, "reason");
    printf("%s %s %s%s%s\n", when(s, d, "time_us"), hone_text_in(d, "actor"),
           hone_text_in(d, "what"), reason[0] == '\0' ? "" : ": ", reason);
}

static void print_signs(const struct screen *s, const json_t *status)
{
    const json_t *signs = json_object_get(status, "signs");
    const json_t *changed = json_object_get(status, "changed");
    for (size_t i = 0; i < json_array_size(signs); i++) {
        print_sign(s, json_array_get(signs, i));
    }
    if (json_is_object(changed)) {
        printf("\nlast change of what is served before it began:\n  ");
        print_decision(s, changed);
    }
}

/* --- models --------------------------------------------------------------------------------------------- */

static void print_alias(const struct screen *s, const json_t *a)
{
    int64_t before = hone_int_in(a, "before");
    const char *reason = hone_text_in(a, "reason");
    const char *was =
        before == 0 ? "" : hone_arena_format(s->mem, " (was %lld)", (long long)before);
    line(s, hone_text_in(a, "alias"), HONE_PLAIN,
         hone_arena_format(s->mem, "version %lld%s since %s by %s%s%s",
                           (long long)hone_int_in(a, "version"), was, when(s, a, "since_us"),
                           hone_text_in(a, "actor"), reason[0] == '\0' ? "" : ": ", reason));
}

/* A course as bars: the last half hour and no more, a minute each. */
static const char *course(const struct screen *s, const json_t *values)
{
    size_t bars[30];
    size_t n = json_array_size(values);
    size_t first = n > 30 ? n - 30 : 0;
    double most = 0;
    for (size_t i = first; i < n; i++) {
        most = fmax(most, json_number_value(json_array_get(values, i)));
    }
    if (n < 2 || !(most > 0)) {
        return "";
    }
    for (size_t i = first; i < n; i++) {
        bars[i - first] = (size_t)(1000 * json_number_value(json_array_get(values, i)) / most);
    }
    return hone_arena_format(s->mem, "  %s %zu min, most %s",
                             hone_sparkline(&s->args->out, s->mem, bars, n - first), n - first,
                             number(s, most));
}

static void print_load(const struct screen *s, const json_t *facts)
{
    const json_t *minute = json_object_get(facts, "minute");
    const json_t *hour = json_object_get(facts, "hour");
    const json_t *shown = isnan(hone_real_in(minute, "p50_ms")) ? hour : minute;
    double seconds = fmax(hone_real_in(minute, "seconds"), 1);
    int64_t bad = hone_int_in(hour, "refused") + hone_int_in(hour, "failed");
    int64_t failed = hone_int_in(hour, "failed");
    line(s, "load", HONE_PLAIN,
         hone_arena_format(
             s->mem, "%s requests/s, %s rows/s%s",
             number(s, hone_real_in(minute, "requests") / seconds),
             number(s, hone_real_in(minute, "rows") / seconds),
             course(s, json_object_get(json_object_get(facts, "course"), "per_second"))));
    if (isnan(hone_real_in(shown, "p50_ms"))) {
        line(s, "answers in", HONE_DIM, "nobody asked in the last hour");
    } else {
        line(s, "answers in", HONE_PLAIN,
             hone_arena_format(
                 s->mem, "%s ms for half of them, %s ms for 99 %%%s%s",
                 number(s, hone_real_in(shown, "p50_ms")),
                 number(s, hone_real_in(shown, "p99_ms")), shown == hour ? " (last hour)" : "",
                 course(s, json_object_get(json_object_get(facts, "course"), "p99_ms"))));
    }
    line(s, "errors",
         bad == 0     ? HONE_GREEN
         : failed > 0 ? HONE_RED
                      : HONE_YELLOW,
         bad == 0
             ? "none in the last hour"
             : hone_arena_format(
                   s->mem, "%s of the last hour's requests: %s",
                   hone_text_share(s->mem, (double)bad / (double)hone_int_in(hour, "requests")),
                   hone_codes_text(json_object_get(hour, "codes"), s->mem)));
}

static void print_traffic(const struct screen *s, const json_t *model)
{
    const json_t *traffic = json_object_get(model, "traffic");
    long long rows = (long long)hone_int_in(traffic, "rows");
    line(s, "logged", rows == 0 ? HONE_DIM : HONE_PLAIN,
         rows == 0
             ? "no predictions in the last day"
             : hone_arena_format(s->mem,
                                 "%lld predictions in the last day, the last %s; %lld with "
                                 "their truth",
                                 rows, when(s, traffic, "last_us"),
                                 (long long)hone_int_in(traffic, "labelled")));
}

static void print_model(const struct screen *s, const json_t *status, const json_t *model)
{
    const char *name = hone_text_in(model, "model");
    const json_t *aliases = json_object_get(model, "aliases");
    const json_t *failed = json_object_get(json_object_get(model, "served"), "failed");
    const json_t *facts = hone_status_facts(status, name);
    const struct hone_told data = hone_look_text(model, s->now, s->mem);
    const struct hone_told realised =
        hone_realised_text(json_object_get(model, "look"), s->mem);
    putchar('\n');
    in_style(s, HONE_BOLD, name);
    printf(", %lld version%s\n", (long long)hone_int_in(model, "latest"),
           hone_int_in(model, "latest") == 1 ? "" : "s");
    for (size_t i = 0; i < json_array_size(aliases); i++) {
        print_alias(s, json_array_get(aliases, i));
    }
    for (size_t i = 0; i < json_array_size(failed); i++) {
        line(s, "gate", HONE_YELLOW,
             hone_arena_format(s->mem, "%s failed",
                               json_string_value(json_array_get(failed, i))));
    }
    if (facts == NULL) {
        line(s, "answers", HONE_DIM,
             hone_arena_format(s->mem,
                               "no server that is up serves it: hone serve models:/%s%s", name,
                               json_array_size(aliases) > 0 ? "@champion" : "/latest"));
    } else {
        print_load(s, facts);
    }
    print_traffic(s, model);
    bool looked = json_is_object(json_object_get(model, "look"));
    bool logged = hone_int_in(json_object_get(model, "traffic"), "rows") > 0;
    line(s, "data", mood_style(data.mood),
         looked || !logged
             ? data.text
             : hone_arena_format(
                   s->mem, "%s: hone monitor models:/%s/%lld", data.text, name,
                   (long long)hone_int_in(json_object_get(model, "served"), "version")));
    if (realised.text != NULL) {
        line(s, "quality", mood_style(realised.mood), realised.text);
    }
}

/* --- servers and decisions ----------------------------------------------------------------------------- */

static void print_servers(const struct screen *s, const json_t *list)
{
    printf("\nservers\n");
    if (json_array_size(list) == 0) {
        puts("  none was seen in the last day: hone serve models:/NAME@champion");
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *server = json_array_get(list, i);
        const json_t *facts = json_object_get(server, "facts");
        const json_t *models = json_object_get(facts, "models");
        const char *state = hone_text_in(server, "state");
        printf("  ");
        in_style(s,
                 strcmp(state, "up") == 0     ? HONE_GREEN
                 : strcmp(state, "gone") == 0 ? HONE_RED
                                              : HONE_DIM,
                 hone_arena_format(s->mem, "%-8s", state));
        printf(" %s, process %lld on %s: ", hone_text_in(server, "url"),
               (long long)hone_int_in(server, "pid"), hone_text_in(server, "machine"));
        for (size_t k = 0; k < json_array_size(models); k++) {
            const json_t *m = json_array_get(models, k);
            printf("%s%s %s", k == 0 ? "" : ", ", hone_text_in(m, "model"),
                   hone_text_in(m, "version"));
        }
        printf("\n           begun %s, ", when(s, server, "started_us"));
        printf("last seen %s, %.0f MiB\n", when(s, server, "seen_us"),
               hone_real_in(facts, "resident_mib"));
    }
}

static void print_webhooks(const struct screen *s, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *h = json_array_get(list, i);
        const struct hone_told told = hone_webhook_text(h, s->now, s->mem);
        printf("%s  %s ", i == 0 ? "\ntold of alarms\n" : "", hone_text_in(h, "name"));
        in_style(s, mood_style(told.mood), told.text);
        putchar('\n');
    }
}

static void print_decisions(const struct screen *s, const json_t *list)
{
    if (json_array_size(list) == 0) {
        return;
    }
    puts("\nlast decisions");
    for (size_t i = 0; i < json_array_size(list); i++) {
        printf("  ");
        print_decision(s, json_array_get(list, i));
    }
}

/* --- the verb --------------------------------------------------------------------------------------------- */

static void print_all(const struct screen *s, const json_t *status)
{
    const json_t *models = json_object_get(status, "models");
    print_state(s, status);
    print_signs(s, status);
    for (size_t i = 0; i < json_array_size(models); i++) {
        print_model(s, status, json_array_get(models, i));
    }
    if (json_array_size(models) == 0) {
        puts("\nno models yet: hone train DATA --target COLUMN --name NAME");
    }
    print_servers(s, json_object_get(status, "servers"));
    print_webhooks(s, json_object_get(status, "webhooks"));
    print_decisions(s, json_object_get(status, "decisions"));
}

static enum hone_code look(struct hone_run *run, const struct settings *set,
                           struct hone_args *args, struct hone_store *store, bool *act)
{
    HONE_ARENA(work);
    HONE_JSON json_t *status = NULL;
    const struct hone_status_wish wish = {.model = args->n > 0 ? args->item[0] : NULL,
                                          .traffic = true,
                                          .decisions = (size_t)set->decisions};
    HONE_TRY(hone_status_collect(run, store, &wish, &status));
    *act = strcmp(hone_text_in(status, "state"), "act") == 0;
    if (args->global.json) {
        hone_print_json(json_incref(status));
    } else {
        const struct screen screen = {args, &work, hone_now_us(run)};
        /* home, then clear what is below: no flicker */
        fputs(set->watch && args->out.tty ? "\x1b[H\x1b[J" : "", stdout);
        print_all(&screen, status);
    }
    fflush(stdout);
    return HONE_OK;
}

static bool cancelled(const struct hone_run *run)
{
    return run->cancel != NULL && *run->cancel != 0;
}

static enum hone_code run_status(struct hone_run *run, const void *settings,
                                 struct hone_args *args)
{
    const struct settings *set = settings;
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;
    bool act = false;
    const struct timespec nap = {0, 50000000};

    HONE_TRY(hone_store_open(run, args->global.store, false, args->mem, &store));
    HONE_TRY(look(run, set, args, store, &act));
    while (set->watch && !cancelled(run)) {
        int64_t next = hone_ticks_ns() + (int64_t)(set->every * 1e9);
        while (hone_ticks_ns() < next && !cancelled(run)) {
            nanosleep(&nap, NULL);
        }
        if (!cancelled(run)) {
            fputs(args->out.tty || args->global.json ? "" : "\n", stdout);
            HONE_TRY(look(run, set, args, store, &act));
        }
    }
    if (set->check && act) {
        args->answered = true;
        return hone_fail(run, HONE_E_GATE, "somebody has to act");
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_status = {
    .part.name = "status",
    .part.summary = "how the models are doing: alarms, load, drift, quality, decisions",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .usage = "[NAME]",
    .detail =
        "For whoever is on call.  The first word is ok, look or act; then comes what is not well, the worst first, with "
        "since when and the one command that shows more, and what changed last before it began.  Then for each model: "
        "which version is promoted, since when, by whom and why; the load, latency and errors that its busiest server "
        "tells of the last minute and hour; how its data compare with the training and its answers with the truth.  "
        "Then the servers of the last day and the last decisions.  Times are UTC.",
    .examples = "hone status\n"
                "hone status loans --decisions 20\n"
                "hone status --watch\n"
                "hone status --check --json",
    .stage = HONE_STAGE_SERVICE,
    .min_args = 0,
    .max_args = 1,
    .run = run_status,
};
