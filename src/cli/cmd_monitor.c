/* hone monitor: is live data still what the model was made for? */
#include <math.h>

#include "base/file.h"
#include "cli/hooks.h"
#include "cli/input.h"
#include "flow/watch/watch.h"
#include "report/monitor_page.h"

struct settings {
    const char *label;
    const char *source;
    const char *html;
    struct hone_watch_settings watch;
    struct hone_hook_options hooks;
    struct hone_read_options read;
};

static const char *const sources[] = {"log", "sketches", NULL};

static const struct hone_param params[] = {
    HONE_TEXT(struct settings, label, NULL, .arg = "COL",
              .help =
                  "column of DATA with the true answers (default: the target, if it is there)"),
    HONE_CHOICE(
        struct settings, source, "log", sources,
        .help = "without DATA: the predictions that were logged, which are read and scored in "
                "memory (1 GB for some two million rows), or the sketches that servers and "
                "batches keep of all rows, which stay small"),
    HONE_TEXT(struct settings, html, NULL, .arg = "FILE", .help = "write a page"),
    HONE_PARAM_END,
};

static const struct hone_param_group option_groups[] = {
    {"Watching", hone_watch_params, offsetof(struct settings, watch)},
    HONE_HOOK_GROUP(struct settings, hooks),
    HONE_READ_GROUP(struct settings, read),
    HONE_GROUP_END,
};

/* A table of the user's, its answers as texts where it has them. */
static enum hone_code rows_of_file(struct hone_run *run, const struct hone_args *args,
                                   const struct settings *set, const struct hone_scorer *scorer,
                                   struct hone_watch_rows *out)
{
    struct hone_table *table;
    const struct hone_column *answer;
    struct hone_column text;
    struct hone_str *label;
    const struct hone_read_options reading = hone_scorer_reading(scorer, &set->read, args->mem);
    HONE_TRY(hone_input_read(run, args, args->item[1], &reading, args->mem, &table, NULL));
    *out = (struct hone_watch_rows){.table = table};
    answer = hone_table_find(table, hone_str(scorer->signature->target));
    if (set->label != NULL) {
        HONE_TRY(hone_table_need(run, table, hone_str(set->label), &answer));
    }
    if (answer == NULL) {
        return HONE_OK;
    }
    HONE_TRY(hone_column_cast(run, answer, HONE_UTF8, false, args->mem, &text));
    HONE_TRY(hone_array(run, args->mem, &label, table->rows));
    for (size_t i = 0; i < table->rows; i++) {
        label[i] =
            hone_is_valid(&text, i) ? hone_column_str(&text, i) : (struct hone_str){"", 0};
        out->labelled += label[i].len > 0;
    }
    out->label = label;
    return HONE_OK;
}

/* The realised quality of the same time; NULL: none. */
static const struct hone_performance_window *quality_at(const struct hone_watched *w,
                                                        const struct hone_window *window)
{
    for (size_t i = 0; i < w->realised.n; i++) {
        if (strcmp(w->realised.window[i].window.label, window->label) == 0) {
            return &w->realised.window[i];
        }
    }
    return NULL;
}

static const char *state_of(const struct hone_watch_step *s)
{
    bool few = s->report->state == HONE_DRIFT_INSUFFICIENT;
    return few ? "too few rows" : s->alarm ? "ALARM" : hone_drift_state_name(s->report->state);
}

static const char *realised_text(const struct hone_performance_window *q,
                                 struct hone_arena *mem)
{
    return q == NULL || isnan(q->value) ? NULL
           : isnan(q->low)
               ? hone_arena_format(mem, "%.4g", q->value)
               : hone_arena_format(mem, "%.4g (%.4g to %.4g)", q->value, q->low, q->high);
}

static void print_windows(const struct hone_watched *w, const struct hone_args *args)
{
    bool labels = w->realised.labelled > 0;
    const struct hone_grid_column column[] = {
        {.title = "window", .align = HONE_LEFT},
        {.title = "rows", .align = HONE_RIGHT},
        {.title = "state", .align = HONE_LEFT},
        {.title = "drifted", .align = HONE_RIGHT},
        {.title = "most", .align = HONE_LEFT},
        {.title = labels
                      ? hone_arena_format(args->mem, "%s, 95 %%", w->realised.metric->part.name)
                      : "",
         .align = HONE_LEFT},
        {.title = "labels", .align = HONE_RIGHT},
        {.title = "quality", .align = HONE_LEFT},
    };
    struct hone_grid grid = hone_grid(args->mem, column, labels ? 8 : 5);
    for (size_t i = 0; i < w->watch.n; i++) {
        const struct hone_watch_step *s = &w->watch.step[i];
        const struct hone_performance_window *q = quality_at(w, s->window);
        const struct hone_drift_column *worst =
            s->report->cols > 0 ? &s->report->column[0] : NULL;
        bool drifted = worst != NULL && worst->state >= HONE_DRIFT_POSSIBLE;
        const char *cell[] = {
            s->window->label,
            hone_arena_format(args->mem, "%zu", s->window->n),
            state_of(s),
            s->report->drifted == 0 ? NULL
                                    : hone_arena_format(args->mem, "%zu", s->report->drifted),
            drifted ? worst->reference->name : NULL,
            realised_text(q, args->mem),
            q == NULL ? NULL : hone_arena_format(args->mem, "%zu", q->labelled),
            q == NULL ? NULL
                      : hone_arena_format(args->mem, "%s%s", hone_performance_name(q->state),
                                          q->alarm ? ", ALARM" : ""),
        };
        hone_grid_row(&grid, cell);
    }
    hone_grid_print(&grid, &args->out);
}

/* The last window that has drifted, where that is not enough for an alarm. */
static void print_lonely_drift(const struct hone_watch *watch, const struct hone_args *args)
{
    size_t i = watch->n;
    while (i > 0 && watch->step[i - 1].report->state != HONE_DRIFT_FOUND) {
        i--;
    }
    if (i > 0) {
        const struct hone_watch_step *at = &watch->step[i - 1];
        struct hone_buf text = hone_buf(args->mem);
        hone_drift_text(at->report, &text);
        printf("too few windows have drifted to ring (--k, --of); in %s:\n%s",
               at->window->label, text.ptr);
    }
}

static void print_drift(const struct hone_watched *w, const struct hone_args *args)
{
    const struct hone_watch *watch = &w->watch;
    if (watch->first_alarm == watch->n) {
        bool worse = w->realised.first_alarm < w->realised.n;
        printf("\n%s%s%s\n", hone_style(&args->out, HONE_GREEN),
               worse ? "no alarm of drift" : "no alarm", hone_style(&args->out, HONE_PLAIN));
        print_lonely_drift(watch, args);
        return;
    }
    struct hone_buf text = hone_buf(args->mem);
    const struct hone_watch_step *at = &watch->step[watch->first_alarm];
    hone_drift_text(at->report, &text);
    printf("\n%sdrift since %s%s, alarm raised with window %s:\n%s",
           hone_style(&args->out, HONE_RED), watch->step[watch->since].window->label,
           hone_style(&args->out, HONE_PLAIN), at->window->label, text.ptr);
}

/* Labels that could not be used are told: else quality is that of the rest, and nobody knows why. */
static void print_unread(const struct hone_performance *p, const struct hone_args *args)
{
    if (p->metric != NULL && p->unread > 0) {
        printf(
            "%s%zu labels are no answer that the model can give%s, the first is \"%s\": they were left out\n",
            hone_style(&args->out, HONE_YELLOW), p->unread, hone_style(&args->out, HONE_PLAIN),
            p->unread_text);
    }
}

static void print_quality(const struct hone_performance *p, const struct hone_args *args)
{
    if (p->metric == NULL || p->labelled == 0) {
        return;
    }
    bool worse = p->first_alarm < p->n;
    const char *name = p->metric->part.name;
    if (worse) {
        printf("%squality is worse since %s%s: ", hone_style(&args->out, HONE_RED),
               p->window[p->since].window.label, hone_style(&args->out, HONE_PLAIN));
    }
    if (isnan(p->all.value)) {
        printf("%zu labelled rows: too few to say how good the answers were\n", p->labelled);
        return;
    }
    printf("realised %s %.4g (%.4g to %.4g) on %zu labelled rows", name, p->all.value,
           p->all.low, p->all.high, p->labelled);
    if (!isnan(p->test.low)) {
        printf("; on the test rows %.4g (%.4g to %.4g)", p->test.value, p->test.low,
               p->test.high);
    }
    printf("\n");
    if (2 * p->labelled < p->rows) {
        printf("  %.0f %% of the rows have a label: it is the quality of those\n",
               100 * (double)p->labelled / (double)p->rows);
    }
}

static void print_people(const struct hone_watched *w, const struct hone_located *model,
                         const struct hone_args *args)
{
    struct hone_texts next;
    printf("%s on %zu rows in %zu windows\n\n", model->uri, w->rows, w->watch.n);
    print_windows(w, args);
    print_drift(w, args);
    print_quality(&w->realised, args);
    print_unread(&w->realised, args);
    hone_watch_advice(w, model->uri, args->mem, &next);
    for (size_t i = 0; i < next.n; i++) {
        printf("%s%s\n", i == 0 ? "\nnext: " : "      ", next.item[i]);
    }
}

/* Sketches know no labels; what was logged may. */
static enum hone_code sketched(struct hone_run *run, const struct settings *set,
                               const struct hone_args *args, const struct hone_located *model,
                               const struct hone_scorer *scorer, struct hone_store *store,
                               struct hone_watched *watched)
{
    HONE_TRY(hone_watch_sketched(run, store, model, scorer, &set->watch, args->mem, watched));
    enum hone_code code = hone_watch_performance(run, store, model, scorer, &set->watch,
                                                 args->mem, &watched->realised);
    if (code == HONE_E_NOT_FOUND || code == HONE_E_UNSUPPORTED) {
        hone_error_clear(run);
        watched->realised = (struct hone_performance){0};
        return HONE_OK;
    }
    return code;
}

/* From a table of the user's, from the log, or from sketches. */
static enum hone_code look(struct hone_run *run, const struct settings *set,
                           struct hone_args *args, const struct hone_located *model,
                           struct hone_store *store, struct hone_watched *watched)
{
    struct hone_scorer scorer;
    struct hone_watch_rows rows;
    HONE_TRY(hone_scorer_located(run, model, args->mem, &scorer));
    if (args->n > 1) {
        HONE_TRY(rows_of_file(run, args, set, &scorer, &rows));
    } else if (store == NULL) {
        (void)hone_fail(run, HONE_E_ARG, "%s is a file, so nothing is logged of it",
                        model->uri);
        return hone_hint(run, "give a table: hone monitor %s DATA", model->uri);
    } else if (strcmp(set->source, "sketches") == 0) {
        return sketched(run, set, args, model, &scorer, store, watched);
    } else {
        HONE_TRY(hone_watch_logged(run, store, model, args->mem, &rows));
    }
    return hone_watch_model(run, store, model, &scorer, &rows, &set->watch, args->mem, watched);
}

static enum hone_code run_monitor(struct hone_run *run, const void *settings,
                                  struct hone_args *args)
{
    const struct settings *set = settings;
    struct hone_located model;
    struct hone_watched watched;
    struct hone_hooks hooks;
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;
    HONE_TRY(hone_hooks_wanted(run, &set->hooks, args, &hooks));
    if (set->hooks.test_webhook) {
        return hone_hooks_test(run, &hooks, args);
    }
    HONE_TRY(hone_model_locate(run, args->global.store, args->item[0], args->mem, &model));
    if (model.name != NULL) {
        HONE_TRY(hone_store_open(run, args->global.store, false, args->mem, &store));
    }
    HONE_TRY(look(run, set, args, &model, store, &watched));
    HONE_JSON json_t *document = hone_watched_json(&watched, model.uri);
    if (store != NULL) {
        HONE_TRY(hone_watch_record(run, store, &model, &watched, document));
        HONE_TRY(hone_hooks_deliver(run, &hooks, args, store));
    }
    if (set->html != NULL) {
        struct hone_page_look page_look = hone_input_look();
        struct hone_buf page = hone_buf(args->mem);
        hone_monitor_page(document, &page_look, args->mem, &page);
        HONE_TRY(hone_file_write(run, set->html, (struct hone_str){page.ptr, page.len}));
    }
    if (args->global.json) {
        hone_print_json(json_incref(document));
        args->answered = true;
    } else {
        print_people(&watched, &model, args);
    }
    if (watched.watch.first_alarm < watched.watch.n) {
        return hone_fail(run, HONE_E_GATE, "%s: the data has drifted since %s", model.uri,
                         watched.watch.step[watched.watch.since].window->label);
    }
    if (watched.realised.first_alarm < watched.realised.n) {
        return hone_fail(run, HONE_E_GATE, "%s: the realised %s is worse since %s", model.uri,
                         watched.realised.metric->part.name,
                         watched.realised.window[watched.realised.since].window.label);
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_monitor = {
    .part.name = "monitor",
    .part.summary = "compare live data with what the model was made for",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .groups = option_groups,
    .usage = "MODEL [DATA]",
    .detail =
        "Takes DATA, or the predictions that hone serve logged, cuts it into windows, and compares "
        "each with the reference in the model's file: PSI, Kolmogorov-Smirnov, Jensen-Shannon, "
        "Wasserstein, chi-square, missing share, new levels, and the predictions themselves.  "
        "Thresholds know the window's size.  Where answers are known the realised metric stands "
        "beside it with its interval, and is compared with that of the test rows.  Exit status 1 "
        "when the data has drifted or the answers are worse than they were.",
    .examples =
        "hone monitor models:/loans@champion\n"
        "hone monitor models:/loans@champion july.csv --time-column applied --window week\n"
        "hone monitor models:/loans@champion july.csv --window 500 --json\n"
        "hone monitor models:/loans@champion --source sketches --window hour --html live.html\n"
        "hone monitor models:/loans@champion --webhook https://hooks.example.com/x --test-webhook",
    .stage = HONE_STAGE_SERVICE,
    .min_args = 1,
    .max_args = 2,
    .run = run_monitor,
};
