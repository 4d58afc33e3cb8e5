/* hone status: how the models that are served are doing. */
#include <math.h>

#include "cli/input.h"
#include "serve/status.h"

struct settings {
    int64_t decisions;
};

static const struct hone_param params[] = {
    HONE_INT(struct settings, decisions, 5, 0, 1000, .help = "the last N decisions are shown"),
    HONE_PARAM_END,
};

struct screen {
    struct hone_args *args;
    struct hone_arena *mem;
};

static const char *text_in(const json_t *o, const char *key)
{
    return hone_json_get_text(o, key, "");
}

static double real_in(const json_t *o, const char *key)
{
    return hone_json_get_real(o, key, (double)NAN);
}

static const char *when(const struct screen *s, const json_t *o, const char *key)
{
    int64_t us = hone_json_get_int(o, key, 0);
    return us == 0 ? "never" : hone_text_when(s->mem, us);
}

/* A line of a model: what it is about, and the rest in a colour. */
static void line(const struct screen *s, const char *about, enum hone_style style,
                 const char *text)
{
    printf("  %-10s %s%s%s\n", about, hone_style(&s->args->out, style), text,
           hone_style(&s->args->out, HONE_PLAIN));
}

static void print_alias(const struct screen *s, const json_t *a)
{
    int64_t before = hone_json_get_int(a, "before", 0);
    const char *reason = text_in(a, "reason");
    const char *was =
        before == 0 ? "" : hone_arena_format(s->mem, " (was %lld)", (long long)before);
    line(s, text_in(a, "alias"), HONE_PLAIN,
         hone_arena_format(s->mem, "version %lld%s since %s by %s%s%s",
                           (long long)hone_json_get_int(a, "version", 0), was,
                           when(s, a, "since_us"), text_in(a, "actor"),
                           reason[0] == '\0' ? "" : ": ", reason));
}

static void print_look(const struct screen *s, const json_t *model)
{
    const json_t *look = json_object_get(model, "look");
    if (!json_is_object(look)) {
        line(s, "data", HONE_DIM,
             hone_arena_format(s->mem, "not looked at: hone monitor models:/%s@champion",
                               text_in(model, "model")));
        return;
    }
    if (strcmp(text_in(look, "state"), "insufficient") == 0) {
        line(s, "data", HONE_DIM,
             hone_arena_format(s->mem, "too few rows to tell (%lld), looked at %s",
                               (long long)hone_json_get_int(look, "rows", 0),
                               when(s, look, "time_us")));
        return;
    }
    bool rings = hone_json_get_int(look, "since_us", 0) != 0;
    long long drifted = (long long)hone_json_get_int(look, "drifted", 0);
    line(s, "data",
         rings         ? HONE_RED
         : drifted > 0 ? HONE_YELLOW
                       : HONE_GREEN,
         hone_arena_format(
             s->mem, "%s%s, %lld of %lld columns drifted%s%s, looked at %s",
             rings ? "drift since " : "no alarm", rings ? when(s, look, "since_us") : "",
             drifted, (long long)hone_json_get_int(look, "columns", 0),
             drifted > 0 ? ", most " : "", drifted > 0 ? text_in(look, "subject") : "",
             when(s, look, "time_us")));
    if (!isnan(real_in(look, "realised"))) {
        double tested = real_in(look, "tested");
        line(s, "realised", HONE_PLAIN,
             hone_arena_format(
                 s->mem, "%s %.4g on %lld labels%s", text_in(look, "metric"),
                 real_in(look, "realised"), (long long)hone_json_get_int(look, "labelled", 0),
                 isnan(tested) ? "" : hone_arena_format(s->mem, ", in the test %.4g", tested)));
    }
}

static void print_model(const struct screen *s, const json_t *model)
{
    const json_t *aliases = json_object_get(model, "aliases");
    const json_t *traffic = json_object_get(model, "traffic");
    const json_t *failed = json_object_get(json_object_get(model, "served"), "failed");
    long long rows = (long long)hone_json_get_int(traffic, "rows", 0);
    printf("\n%s%s%s, %lld version%s\n", hone_style(&s->args->out, HONE_BOLD),
           text_in(model, "model"), hone_style(&s->args->out, HONE_PLAIN),
           (long long)hone_json_get_int(model, "latest", 0),
           hone_json_get_int(model, "latest", 0) == 1 ? "" : "s");
    for (size_t i = 0; i < json_array_size(aliases); i++) {
        print_alias(s, json_array_get(aliases, i));
    }
    for (size_t i = 0; i < json_array_size(failed); i++) {
        line(s, "gate", HONE_RED,
             hone_arena_format(s->mem, "%s failed",
                               json_string_value(json_array_get(failed, i))));
    }
    line(s, "traffic", rows == 0 ? HONE_DIM : HONE_PLAIN,
         rows == 0 ? "no predictions logged in the last day"
                   : hone_arena_format(s->mem,
                                       "%lld predictions logged in the last day, the last %s, "
                                       "%lld with their truth",
                                       rows, when(s, traffic, "last_us"),
                                       (long long)hone_json_get_int(traffic, "labelled", 0)));
    print_look(s, model);
}

static const char *milliseconds(const struct screen *s, double ms)
{
    return isnan(ms) ? NULL : hone_arena_format(s->mem, "%.3g ms", ms);
}

static void print_servers(const struct screen *s, const json_t *list)
{
    static const struct hone_grid_column column[] = {
        {"server", HONE_LEFT, HONE_BOLD, 10}, {"state", HONE_LEFT, HONE_PLAIN, 0},
        {"model", HONE_LEFT, HONE_PLAIN, 8},  {"version", HONE_RIGHT, HONE_PLAIN, 0},
        {"req/s", HONE_RIGHT, HONE_PLAIN, 0}, {"4xx/s", HONE_RIGHT, HONE_PLAIN, 0},
        {"5xx/s", HONE_RIGHT, HONE_PLAIN, 0}, {"p50", HONE_RIGHT, HONE_PLAIN, 0},
        {"p99", HONE_RIGHT, HONE_PLAIN, 0},   {"last seen (UTC)", HONE_LEFT, HONE_DIM, 0},
    };
    struct hone_grid grid = hone_grid(s->mem, column, sizeof column / sizeof *column);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *server = json_array_get(list, i);
        const json_t *models = json_object_get(json_object_get(server, "facts"), "models");
        bool up = strcmp(text_in(server, "state"), "up") == 0;
        for (size_t k = 0; k < json_array_size(models) || k == 0; k++) {
            const json_t *m = json_array_get(models, k);
            const char *cells[] = {
                k == 0 ? text_in(server, "url") : NULL,
                k == 0 ? text_in(server, "state") : NULL,
                text_in(m, "model"),
                text_in(m, "version"),
                up ? hone_text_number(s->mem, real_in(m, "per_second"), 3) : NULL,
                up ? hone_text_number(s->mem, real_in(m, "refused_per_second"), 3) : NULL,
                up ? hone_text_number(s->mem, real_in(m, "failed_per_second"), 3) : NULL,
                up ? milliseconds(s, real_in(m, "p50_ms")) : NULL,
                up ? milliseconds(s, real_in(m, "p99_ms")) : NULL,
                k == 0 ? when(s, server, "seen_us") : NULL,
            };
            hone_grid_row(&grid, cells);
        }
    }
    putchar('\n');
    if (json_array_size(list) == 0) {
        puts("no server was seen in the last day: hone serve models:/NAME@champion");
    } else {
        hone_grid_print(&grid, &s->args->out);
    }
}

static void print_alarms(const struct screen *s, const json_t *list)
{
    size_t n = json_array_size(list);
    printf("%s%zu open alarm%s%s\n", hone_style(&s->args->out, n == 0 ? HONE_GREEN : HONE_RED),
           n, n == 1 ? "" : "s", hone_style(&s->args->out, HONE_PLAIN));
    for (size_t i = 0; i < n; i++) {
        const json_t *a = json_array_get(list, i);
        printf("  alarm:%lld %s %s %s %lld: %s\n", (long long)hone_json_get_int(a, "id", 0),
               when(s, a, "time_us"), text_in(a, "severity"), text_in(a, "model"),
               (long long)hone_json_get_int(a, "version", 0), text_in(a, "message"));
    }
    if (n > 0) {
        puts("  hone why alarm:N shows its rows, hone close alarm:N --reason ... ends it");
    }
}

static void print_decisions(const struct screen *s, const json_t *list)
{
    if (json_array_size(list) == 0) {
        return;
    }
    puts("\nlast decisions");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *d = json_array_get(list, i);
        int64_t version = hone_json_get_int(d, "version", 0);
        const char *reason = text_in(d, "reason");
        printf("  %s %s %s %s%s%s%s\n", when(s, d, "time_us"), text_in(d, "actor"),
               text_in(d, "action"), text_in(d, "subject"),
               version == 0 ? ""
                            : hone_arena_format(s->mem, " to version %lld", (long long)version),
               reason[0] == '\0' ? "" : ": ", reason);
    }
}

static enum hone_code run_status(struct hone_run *run, const void *settings,
                                 struct hone_args *args)
{
    const struct settings *set = settings;
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;
    HONE_JSON json_t *status = NULL;
    const struct hone_status_wish wish = {.model = args->n > 0 ? args->item[0] : NULL,
                                          .traffic = true,
                                          .decisions = (size_t)set->decisions};
    const struct screen screen = {args, args->mem};

    HONE_TRY(hone_store_open(run, args->global.store, false, args->mem, &store));
    HONE_TRY(hone_status_collect(run, store, &wish, &status));
    if (args->global.json) {
        hone_print_json(json_incref(status));
        return HONE_OK;
    }
    const json_t *models = json_object_get(status, "models");
    print_alarms(&screen, json_object_get(status, "alarms"));
    for (size_t i = 0; i < json_array_size(models); i++) {
        print_model(&screen, json_array_get(models, i));
    }
    print_servers(&screen, json_object_get(status, "servers"));
    if (set->decisions > 0) {
        print_decisions(&screen, json_object_get(status, "decisions"));
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
        "For whoever is on call: open alarms first; then for each model which version is "
        "promoted, since when and by whom, what was logged in the last day, and how the last "
        "`hone monitor` found its data and its realised quality; then each server with the "
        "load, errors and latency of its last minute, and the last decisions.",
    .examples = "hone status\n"
                "hone status loans --decisions 20\n"
                "hone status --json",
    .stage = HONE_STAGE_SERVICE,
    .min_args = 0,
    .max_args = 1,
    .run = run_status,
};
