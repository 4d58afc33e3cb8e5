#include "serve/status_html.h"

#include <math.h>

#include "serve/page_shell.h"
#include "serve/status_words.h"

/* From so many on, models that are well are one line each. */
#define CARDS 6

static const char *mood_name(enum hone_mood mood)
{
    static const char *const names[] = {"", "ok", "look", "act"};
    return names[mood];
}

static void number(struct hone_buf *out, double x)
{
    struct hone_arena work = {0};
    hone_buf_text(out, isnan(x) ? "-" : hone_text_number(&work, x, 3));
    hone_arena_free(&work);
}

/* --- the state, and what to do -------------------------------------------------------------------------- */

static size_t count_level(const json_t *signs, const char *level, const char *model)
{
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(signs); i++) {
        const json_t *s = json_array_get(signs, i);
        n += strcmp(hone_text_in(s, "level"), level) == 0 &&
             (model == NULL || strcmp(hone_text_in(s, "model"), model) == 0);
    }
    return n;
}

static const char *state_of(const json_t *status, const char *model)
{
    const json_t *signs = json_object_get(status, "signs");
    return count_level(signs, "act", model) > 0    ? "act"
           : count_level(signs, "look", model) > 0 ? "look"
                                                   : "ok";
}

static void put_state(const json_t *status, const char *model, struct hone_buf *out)
{
    const json_t *signs = json_object_get(status, "signs");
    size_t act = count_level(signs, "act", model);
    size_t look = count_level(signs, "look", model);
    const char *state = state_of(status, model);
    hone_buf_format(out, "<header class=\"top %s\"><h1><b>%s</b>", state, state);
    if (model != NULL) {
        hone_html_text(out, model);
        hone_buf_text(out, ": ");
    }
    if (act > 0) {
        hone_buf_format(out, "%zu thing%s need%s you now", act, act == 1 ? "" : "s",
                        act == 1 ? "s" : "");
        if (look > 0) {
            hone_buf_format(out, ", %zu can wait for daylight", look);
        }
    } else if (look > 0) {
        hone_buf_format(out, "%zu thing%s odd; it can wait for daylight", look,
                        look == 1 ? " is" : "s are");
    } else {
        hone_buf_text(out, "nothing is wrong that hone can see");
    }
    hone_buf_text(out, "</h1></header>");
}

static void put_sign(const json_t *s, int64_t now, struct hone_buf *out)
{
    const char *command = hone_text_in(s, "do");
    const char *then = hone_text_in(s, "then");
    int64_t alarm = hone_int_in(s, "alarm");
    hone_buf_format(out, "<li class=%s><p class=what>", hone_text_in(s, "level"));
    hone_html_word(out, hone_text_in(s, "level"), hone_text_in(s, "level"));
    hone_buf_char(out, ' ');
    hone_html_text(out, hone_text_in(s, "what"));
    hone_buf_text(out, "</p>");
    if (hone_int_in(s, "since_us") != 0) {
        hone_buf_text(out, "<p>Since ");
        hone_html_when(out, now, hone_int_in(s, "since_us"));
        hone_buf_text(out, "</p>");
    }
    if (hone_text_in(s, "more")[0] != '\0') {
        hone_buf_text(out, "<p>");
        hone_html_text(out, hone_text_in(s, "more"));
        hone_buf_text(out, "</p>");
    }
    if (command[0] != '\0') {
        hone_buf_text(out, "<p><code>");
        hone_html_text(out, command);
        hone_buf_text(out, "</code>");
        if (alarm != 0) {
            hone_buf_format(out, " or <a href=\"/alarms/%lld\">see its rows here</a>",
                            (long long)alarm);
        }
        hone_buf_text(out, "</p>");
    }
    if (then[0] != '\0') {
        hone_buf_text(out, command[0] == '\0' ? "<p>" : "<p>Then: ");
        bool typed = strncmp(then, "hone ", 5) == 0;
        hone_buf_text(out, typed ? "<code>" : "");
        hone_html_text(out, then);
        hone_buf_text(out, typed ? "</code></p>" : "</p>");
    }
    hone_buf_text(out, "</li>");
}

static void put_decision(const json_t *d, int64_t now, struct hone_buf *out)
{
    hone_html_when(out, now, hone_int_in(d, "time_us"));
    hone_buf_char(out, ' ');
    hone_html_text(out, hone_text_in(d, "actor"));
    hone_buf_char(out, ' ');
    hone_html_text(out, hone_text_in(d, "what"));
    if (hone_text_in(d, "reason")[0] != '\0') {
        hone_buf_text(out, ": <q>");
        hone_html_text(out, hone_text_in(d, "reason"));
        hone_buf_text(out, "</q>");
    }
}

static void put_signs(const json_t *status, const char *model, struct hone_buf *out)
{
    const json_t *signs = json_object_get(status, "signs");
    const json_t *changed = json_object_get(status, "changed");
    int64_t now = hone_int_in(status, "time_us");
    bool any = false;
    for (size_t i = 0; i < json_array_size(signs); i++) {
        const json_t *s = json_array_get(signs, i);
        if (model == NULL || strcmp(hone_text_in(s, "model"), model) == 0) {
            hone_buf_text(out,
                          any ? "" : "<section aria-label=\"what to do\"><ol class=signs>");
            put_sign(s, now, out);
            any = true;
        }
    }
    if (!any) {
        return;
    }
    hone_buf_text(out, "</ol>");
    if (json_is_object(changed) && model == NULL) {
        hone_buf_text(out, "<p>The last change of what is served before it began: ");
        put_decision(changed, now, out);
        hone_buf_text(out, "</p>");
    }
    hone_buf_text(out, "</section>");
}

/* --- a model ------------------------------------------------------------------------------------------------ */

static void put_alias(const json_t *a, int64_t now, struct hone_buf *out)
{
    int64_t before = hone_int_in(a, "before");
    hone_html_fact(out, hone_text_in(a, "alias"));
    hone_buf_format(out, "version %lld since ", (long long)hone_int_in(a, "version"));
    hone_html_when(out, now, hone_int_in(a, "since_us"));
    hone_buf_text(out, " by ");
    hone_html_text(out, hone_text_in(a, "actor"));
    if (hone_text_in(a, "reason")[0] != '\0') {
        hone_buf_text(out, ": <q>");
        hone_html_text(out, hone_text_in(a, "reason"));
        hone_buf_text(out, "</q>");
    }
    if (before != 0) {
        hone_buf_format(out, " <span class=dim>(%s version %lld)</span>",
                        strcmp(hone_text_in(a, "kind"), "rollback") == 0 ? "back from" : "was",
                        (long long)before);
    }
}

static double per_second(const json_t *span, const char *key)
{
    return hone_real_in(span, key) / fmax(hone_real_in(span, "seconds"), 1);
}

static void put_load(const json_t *facts, struct hone_buf *out)
{
    const json_t *minute = json_object_get(facts, "minute");
    const json_t *hour = json_object_get(facts, "hour");
    const json_t *course = json_object_get(facts, "course");
    hone_html_fact(out, "load");
    number(out, per_second(minute, "requests"));
    hone_buf_text(out, " requests/s, ");
    number(out, per_second(minute, "rows"));
    hone_buf_format(
        out, " rows/s <small>in the last minute; %lld request%s in the last hour</small>",
        (long long)hone_int_in(hour, "requests"),
        hone_int_in(hour, "requests") == 1 ? "" : "s");
    hone_html_spark(out, &(struct hone_spark){json_object_get(course, "per_second"),
                                              "requests a second", " a second", "", 1});
    hone_html_fact(out, "answers in");
    if (isnan(hone_real_in(hour, "p50_ms"))) {
        hone_buf_text(out, "<span class=dim>nobody asked in the last hour</span>");
        return;
    }
    const json_t *shown = isnan(hone_real_in(minute, "p50_ms")) ? hour : minute;
    number(out, hone_real_in(shown, "p50_ms"));
    hone_buf_text(out, " ms for half of them, ");
    number(out, hone_real_in(shown, "p99_ms"));
    hone_buf_format(out, " ms for 99 %% <small>(p50, p99%s; the model alone ",
                    shown == hour ? " of the last hour" : "");
    number(out, hone_real_in(shown, "graph_p50_ms"));
    hone_buf_text(out, " and ");
    number(out, hone_real_in(shown, "graph_p99_ms"));
    hone_buf_text(out, " ms)</small>");
    hone_html_spark(out, &(struct hone_spark){json_object_get(course, "p99_ms"),
                                              "time for 99 %", " ms", "", 1});
}

static void put_kinds(const char *when, const json_t *span, struct hone_buf *out)
{
    struct hone_arena work = {0};
    int64_t all = hone_int_in(span, "requests");
    int64_t failed = hone_int_in(span, "failed");
    int64_t bad = failed + hone_int_in(span, "refused");
    if (bad == 0) {
        hone_buf_format(out, "<span class=w-ok>none in the last %s</span>", when);
    } else {
        hone_html_word(out, failed > 0 ? "act" : "look",
                       hone_text_share(&work, (double)bad / (double)all));
        hone_buf_format(out, " in the last %s: ", when);
        hone_html_text(out, hone_codes_text(json_object_get(span, "codes"), &work));
    }
    hone_arena_free(&work);
}

static void put_errors(const json_t *facts, struct hone_buf *out)
{
    const json_t *minute = json_object_get(facts, "minute");
    const json_t *hour = json_object_get(facts, "hour");
    const json_t *course = json_object_get(facts, "course");
    hone_html_fact(out, "errors");
    put_kinds("minute", minute, out);
    if (hone_int_in(hour, "refused") + hone_int_in(hour, "failed") >
        hone_int_in(minute, "refused") + hone_int_in(minute, "failed")) {
        hone_buf_text(out, "<br>");
        put_kinds("hour", hour, out);
    }
    hone_html_spark(out, &(struct hone_spark){json_object_get(course, "refused"), "refused",
                                              " %", "look", 100});
    hone_html_spark(out, &(struct hone_spark){json_object_get(course, "failed"), "failed", " %",
                                              "act", 100});
}

static void put_worst(const json_t *look, const char *id, struct hone_buf *out)
{
    const json_t *worst = json_object_get(look, "worst");
    if (json_array_size(worst) == 0) {
        return;
    }
    hone_buf_text(out, "<details id=\"worst-");
    hone_html_text(out, id);
    hone_buf_text(out, "\"><summary>what moved, in numbers</summary><ul>");
    for (size_t i = 0; i < json_array_size(worst); i++) {
        hone_buf_text(out, "<li>");
        hone_html_text(out, hone_text_in(json_array_get(worst, i), "message"));
    }
    hone_buf_text(
        out,
        "</ul><small>Each is a distance between the live values and those of training; above its threshold "
        "it is more than chance. p: how often chance alone would do that.</small></details>");
}

static void put_data(const json_t *model, const json_t *facts, int64_t now,
                     struct hone_buf *out)
{
    struct hone_arena work = {0};
    const json_t *look = json_object_get(model, "look");
    struct hone_told data = hone_look_text(model, now, &work);
    struct hone_told realised = hone_realised_text(look, &work);
    hone_html_fact(out, "data");
    hone_html_word(out, mood_name(data.mood), data.text);
    if (!json_is_object(look) && hone_int_in(facts, "total") > 0) {
        hone_buf_text(out, "; <code>hone monitor models:/");
        hone_html_text(out, hone_text_in(model, "model"));
        hone_buf_text(out, "@champion</code> does");
    }
    put_worst(look, hone_text_in(model, "model"), out);
    hone_html_fact(out, "quality");
    if (realised.text == NULL) {
        hone_buf_text(
            out,
            "<span class=dim>not known: no labels were compared; clients tell what was true at "
            "/feedback</span>");
    } else {
        hone_html_word(out, mood_name(realised.mood), realised.text);
        if (hone_text_in(look, "says")[0] != '\0') {
            hone_buf_text(out, " <small>(");
            hone_html_text(out, hone_text_in(look, "says"));
            hone_buf_text(out, ")</small>");
        }
    }
    hone_arena_free(&work);
}

static void put_gates(const json_t *model, struct hone_buf *out)
{
    const json_t *failed = json_object_get(json_object_get(model, "served"), "failed");
    if (json_array_size(failed) == 0) {
        return;
    }
    hone_html_fact(out, "gates");
    hone_buf_text(out, "<span class=w-look>failed: ");
    for (size_t i = 0; i < json_array_size(failed); i++) {
        hone_buf_text(out, i == 0 ? "" : ", ");
        hone_html_text(out, json_string_value(json_array_get(failed, i)));
    }
    hone_buf_text(out, "</span>");
}

/* What there is to say of a model: of the store (NULL: it is not in it), and of the server (NULL: none answers). */
static void put_rows(const json_t *model, const json_t *facts, int64_t now,
                     struct hone_buf *out)
{
    const json_t *aliases = json_object_get(model, "aliases");
    hone_buf_text(out, "<dl>");
    for (size_t i = 0; i < json_array_size(aliases); i++) {
        put_alias(json_array_get(aliases, i), now, out);
    }
    hone_html_fact(out, "answers");
    if (facts == NULL) {
        hone_buf_text(
            out, "<span class=dim>no server that is up serves it; <code>hone serve models:/");
        hone_html_text(out, hone_text_in(model, "model"));
        hone_buf_text(out, "@champion</code> does</span>");
    } else {
        hone_buf_text(out, hone_text_in(facts, "version")[0] == '\0' ? "a file" : "version ");
        hone_html_text(out, hone_text_in(facts, "version"));
        hone_buf_text(out, " since ");
        hone_html_when(out, now, hone_int_in(facts, "since_us"));
    }
    if (facts != NULL) {
        put_load(facts, out);
        put_errors(facts, out);
    }
    if (model != NULL) {
        put_gates(model, out);
        put_data(model, facts, now, out);
    }
    hone_buf_text(out, "</dl>");
}

static void put_card(const json_t *status, const json_t *model, const json_t *facts,
                     struct hone_buf *out)
{
    const char *name = hone_text_in(model != NULL ? model : facts, "model");
    const char *state = state_of(status, name);
    hone_buf_format(out, "<article class=\"card %s\"><h3><a href=\"/models/", state);
    hone_html_text(out, name);
    hone_buf_text(out, "\">");
    hone_html_text(out, name);
    hone_buf_text(out, "</a> ");
    hone_html_word(out, state, state);
    hone_buf_text(out, "</h3>");
    put_rows(model, facts, hone_int_in(status, "time_us"), out);
    hone_buf_text(out, "</article>");
}

/* A model that is well, where there are many. */
static void put_line(const json_t *status, const json_t *model, const json_t *facts,
                     struct hone_buf *out)
{
    const char *name = hone_text_in(model != NULL ? model : facts, "model");
    const json_t *minute = json_object_get(facts, "minute");
    struct hone_arena work = {0};
    hone_buf_text(out, "<li><a href=\"/models/");
    hone_html_text(out, name);
    hone_buf_text(out, "\">");
    hone_html_text(out, name);
    hone_buf_text(out, "</a> ");
    hone_html_text(out, facts == NULL ? "no server" : hone_text_in(facts, "version"));
    if (facts != NULL) {
        hone_buf_text(out, ": ");
        number(out, per_second(minute, "requests"));
        hone_buf_text(out, "/s");
        if (!isnan(hone_real_in(minute, "p99_ms"))) {
            hone_buf_text(out, ", 99 % in ");
            number(out, hone_real_in(minute, "p99_ms"));
            hone_buf_text(out, " ms");
        }
    }
    if (model != NULL) {
        struct hone_told data = hone_look_text(model, hone_int_in(status, "time_us"), &work);
        hone_buf_text(out, data.mood == HONE_MOOD_OK ? "; data as in training"
                                                     : "; data not compared");
    }
    hone_buf_text(out, "</li>");
    hone_arena_free(&work);
}

/* A model of the list of a status, or one that only the server knows. */
struct shown {
    const json_t *model, *facts;
};

static size_t gather(const json_t *status, struct shown *out, size_t room, size_t *idle)
{
    const json_t *models = json_object_get(status, "models");
    const json_t *here = json_object_get(json_object_get(status, "here"), "models");
    size_t n = 0;
    *idle = 0;
    for (size_t i = 0; i < json_array_size(models) && n < room; i++) {
        const json_t *m = json_array_get(models, i);
        const json_t *facts = hone_status_facts(status, hone_text_in(m, "model"));
        if (facts != NULL || json_array_size(json_object_get(m, "aliases")) > 0) {
            out[n++] = (struct shown){m, facts};
        } else {
            ++*idle;
        }
    }
    for (size_t i = 0; i < json_array_size(here) && n < room; i++) {
        const json_t *facts = json_array_get(here, i);
        bool known = false;
        for (size_t k = 0; k < json_array_size(models); k++) {
            known = known || strcmp(hone_text_in(json_array_get(models, k), "model"),
                                    hone_text_in(facts, "model")) == 0;
        }
        if (!known) {
            out[n++] = (struct shown){NULL, facts};
        }
    }
    return n;
}

static void put_models(const json_t *status, struct hone_buf *out)
{
    struct hone_arena work = {0};
    size_t room = json_array_size(json_object_get(status, "models")) +
                  json_array_size(json_object_get(json_object_get(status, "here"), "models"));
    struct shown *list = hone_arena_must(&work, (room + 1) * sizeof *list);
    size_t idle;
    size_t n = gather(status, list, room, &idle);
    size_t lines = 0;
    hone_buf_text(out, "<section aria-labelledby=h-models><h2 id=h-models>Models</h2>");
    if (n == 0) {
        hone_buf_text(
            out,
            "<p>None is promoted or served yet: <code>hone promote models:/NAME/1 --reason "
            "'...'</code>, then <code>hone serve models:/NAME@champion</code></p>");
    }
    hone_buf_text(out, "<div class=cards>");
    for (size_t i = 0; i < n; i++) {
        const char *name =
            hone_text_in(list[i].model != NULL ? list[i].model : list[i].facts, "model");
        if (n <= CARDS || strcmp(state_of(status, name), "ok") != 0) {
            put_card(status, list[i].model, list[i].facts, out);
        } else {
            lines++;
        }
    }
    hone_buf_text(out, "</div>");
    if (lines > 0) {
        hone_buf_format(out, "<h3>%zu models that are well</h3><ul class=rows>", lines);
        for (size_t i = 0; i < n; i++) {
            const char *name =
                hone_text_in(list[i].model != NULL ? list[i].model : list[i].facts, "model");
            if (strcmp(state_of(status, name), "ok") == 0) {
                put_line(status, list[i].model, list[i].facts, out);
            }
        }
        hone_buf_text(out, "</ul>");
    }
    if (idle > 0) {
        hone_buf_format(
            out, "<p class=dim>%zu more registered, not promoted: <code>hone models</code></p>",
            idle);
    }
    hone_buf_text(out, "</section>");
    hone_arena_free(&work);
}

/* --- servers and decisions ---------------------------------------------------------------------------------- */

static void put_here(const json_t *status, struct hone_buf *out)
{
    struct hone_arena work = {0};
    const json_t *here = json_object_get(status, "here");
    const json_t *log = json_object_get(here, "log");
    const json_t *others = json_object_get(json_object_get(here, "others"), "hour");
    int64_t now = hone_int_in(status, "time_us");
    if (here == NULL) {
        return;
    }
    hone_buf_text(out, "<section aria-labelledby=h-here><h2 id=h-here>This server</h2><dl>");
    hone_html_fact(out, "address");
    hone_html_text(out, hone_text_in(here, "url"));
    hone_html_fact(out, "up since");
    hone_html_when(out, now, hone_int_in(here, "started_us"));
    hone_html_fact(out, "memory");
    hone_buf_format(out, "%.0f MiB", hone_real_in(here, "resident_mib"));
    hone_html_fact(out, "log");
    if (json_is_object(log)) {
        int64_t dropped = hone_int_in(log, "dropped");
        hone_buf_format(out, "%s predictions and %s labels written, ",
                        hone_text_count(&work, (uint64_t)hone_int_in(log, "written")),
                        hone_text_count(&work, (uint64_t)hone_int_in(log, "labels")));
        hone_html_word(out, dropped > 0 ? "look" : "ok",
                       dropped == 0
                           ? "none lost"
                           : hone_arena_format(&work, "%lld lost", (long long)dropped));
    } else {
        hone_buf_text(
            out,
            "<span class=dim>predictions are not kept, so neither why nor labels work</span>");
    }
    if (hone_int_in(others, "refused") + hone_int_in(others, "failed") > 0) {
        hone_html_fact(out, "other errors");
        hone_html_text(out, hone_codes_text(json_object_get(others, "codes"), &work));
        hone_buf_text(out,
                      " <small>in the last hour, for requests that reached no model</small>");
    }
    if (hone_int_in(here, "certificate_until_us") != 0) {
        hone_html_fact(out, "certificate");
        hone_buf_text(out, "good until ");
        hone_html_when(out, now, hone_int_in(here, "certificate_until_us"));
    }
    hone_buf_text(out, "</dl></section>");
    hone_arena_free(&work);
}

static void put_servers(const json_t *status, struct hone_buf *out)
{
    const json_t *list = json_object_get(status, "servers");
    const char *own = hone_text_in(json_object_get(status, "here"), "url");
    int64_t now = hone_int_in(status, "time_us");
    bool any = false;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *s = json_array_get(list, i);
        const char *state = hone_text_in(s, "state");
        if (own[0] != '\0' && strcmp(hone_text_in(s, "url"), own) == 0 &&
            strcmp(state, "up") == 0) {
            continue;
        }
        hone_buf_format(
            out, "%s",
            any ? ""
                : "<section aria-labelledby=h-servers><h2 id=h-servers>Other servers of the last "
                  "day</h2><ul class=rows>");
        any = true;
        hone_buf_text(out, "<li>");
        hone_html_word(out,
                       strcmp(state, "up") == 0     ? "ok"
                       : strcmp(state, "gone") == 0 ? "act"
                                                    : "",
                       state);
        hone_buf_char(out, ' ');
        hone_html_text(out, hone_text_in(s, "url"));
        hone_buf_format(out, " <span class=dim>(process %lld on ",
                        (long long)hone_int_in(s, "pid"));
        hone_html_text(out, hone_text_in(s, "machine"));
        hone_buf_text(out, ")</span>, begun ");
        hone_html_when(out, now, hone_int_in(s, "started_us"));
        hone_buf_text(out, ", last seen ");
        hone_html_when(out, now, hone_int_in(s, "seen_us"));
        hone_buf_text(out, "</li>");
    }
    hone_buf_text(out, any ? "</ul></section>" : "");
}

/* Who is told of alarms. */
static void put_webhooks(const json_t *status, struct hone_buf *out)
{
    const json_t *list = json_object_get(status, "webhooks");
    struct hone_arena work = {0};
    if (list == NULL) {
        return;
    }
    hone_buf_text(
        out,
        "<section aria-labelledby=h-hooks><h2 id=h-hooks>Who is told of alarms</h2><ul class=rows>");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *h = json_array_get(list, i);
        const struct hone_told told =
            hone_webhook_text(h, hone_int_in(status, "time_us"), &work);
        hone_buf_text(out, "<li>");
        hone_html_text(out, hone_text_in(h, "name"));
        hone_buf_char(out, ' ');
        hone_html_word(out, mood_name(told.mood), told.text);
        hone_buf_text(out, "</li>");
    }
    if (json_array_size(list) == 0) {
        hone_buf_text(
            out,
            "<li class=dim>Nobody: alarms are only shown here and in the log. <code>hone serve ... --webhook "
            "URL</code> tells a chat or a pager.</li>");
    }
    hone_buf_text(out, "</ul></section>");
    hone_arena_free(&work);
}

static void put_decisions(const json_t *status, const char *model, struct hone_buf *out)
{
    const json_t *list = json_object_get(status, "decisions");
    int64_t now = hone_int_in(status, "time_us");
    bool any = false;
    struct hone_arena work = {0};
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *d = json_array_get(list, i);
        if (model == NULL ||
            strcmp(hone_subject_name(&work, hone_text_in(d, "subject")), model) == 0) {
            hone_buf_text(out,
                          any ? ""
                              : "<section aria-labelledby=h-decisions><h2 id=h-decisions>Last "
                                "decisions</h2><ul class=rows>");
            hone_buf_text(out, "<li>");
            put_decision(d, now, out);
            hone_buf_text(out, "</li>");
            any = true;
        }
    }
    hone_buf_text(out, any ? "</ul></section>" : "");
    hone_arena_free(&work);
}

const char *hone_status_title(const json_t *status, struct hone_arena *mem)
{
    const json_t *signs = json_object_get(status, "signs");
    size_t n = json_array_size(signs);
    return n == 0 ? "ok - hone"
                  : hone_arena_format(mem, "%s: %zu sign%s - hone",
                                      hone_text_in(status, "state"), n, n == 1 ? "" : "s");
}

void hone_status_html(const json_t *status, struct hone_buf *out)
{
    put_state(status, NULL, out);
    put_signs(status, NULL, out);
    put_models(status, out);
    put_here(status, out);
    put_servers(status, out);
    put_webhooks(status, out);
    put_decisions(status, NULL, out);
}

void hone_status_model_html(const json_t *status, const char *model, struct hone_buf *out)
{
    const json_t *models = json_object_get(status, "models");
    const json_t *found = NULL;
    for (size_t i = 0; i < json_array_size(models) && found == NULL; i++) {
        const json_t *m = json_array_get(models, i);
        found = strcmp(hone_text_in(m, "model"), model) == 0 ? m : NULL;
    }
    put_state(status, model, out);
    put_signs(status, model, out);
    hone_buf_text(out, "<section aria-label=now>");
    put_rows(found, hone_status_facts(status, model), hone_int_in(status, "time_us"), out);
    hone_buf_text(out, "</section>");
    put_decisions(status, model, out);
}
