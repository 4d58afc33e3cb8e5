#include "flow/watch/watch.h"

#include <math.h>

#include "flow/model/trained.h"
#include "flow/train/target.h"
#include "table/builder.h"

const struct hone_param hone_watch_params[] = {
    HONE_TEXT(struct hone_watch_settings, time_column, NULL, .arg = "COL",
              .help = "column that says when a row happened (default: when it was predicted)"),
    HONE_TEXT(struct hone_watch_settings, window, "day", .arg = "SIZE",
              .help = "hour, day, week, month, or a number of rows"),
    HONE_REAL(struct hone_watch_settings, alpha, 0.01, 1e-6, 0.5, .log_scale = true,
              .help = "chance of a false alarm in a window like the training"),
    HONE_INT(struct hone_watch_settings, k, 2, 1, 100,
             .help = "drifted windows to raise an alarm"),
    HONE_INT(struct hone_watch_settings, of, 3, 1, 100, .help = "among this many last windows"),
    HONE_LIST(struct hone_watch_settings, tests, .arg = "NAME,...",
              .help = "only these drift tests (see hone list)"),
    HONE_LIST(struct hone_watch_settings, skip, .arg = "COL,...",
              .help = "columns not to look at"),
    HONE_PARAM_END,
};

/* Fewer labels than this in a window say nothing. */
#define LEAST_LABELS 30

enum hone_code hone_watch_logged(struct hone_run *run, struct hone_store *store,
                                 const struct hone_located *model, struct hone_arena *mem,
                                 struct hone_watch_rows *out)
{
    struct hone_logged_prediction *logged;
    size_t n;
    struct hone_table *table;
    struct hone_column *column;
    struct hone_builder *when;
    struct hone_str *label;
    struct hone_buf text = hone_buf(mem);
    const struct hone_prediction_filter filter = {.model = model->name,
                                                  .version = model->version};
    HONE_TRY(hone_predictions_list(run, store, &filter, mem, &logged, &n));
    if (n == 0) {
        (void)hone_fail(run, HONE_E_NOT_FOUND, "no predictions of %s are logged", model->uri);
        return hone_hint(run, "give a table: hone monitor %s DATA; or serve it first",
                         model->uri);
    }
    for (size_t i = 0; i < n; i++) {
        hone_buf_str(&text, logged[i].inputs);
        hone_buf_char(&text, '\n');
    }
    const struct hone_read_options options = {.format = "jsonl", .on_bad_row = "fail"};
    HONE_TRY(hone_table_read_text(run, "logged predictions",
                                  (struct hone_str){text.ptr, text.len}, &options, mem, &table,
                                  NULL));
    HONE_TRY(hone_builder_new(run, "predicted_at", HONE_TIMESTAMP, mem, &when));
    HONE_TRY(hone_array(run, mem, &label, n));
    HONE_TRY(hone_array(run, mem, &column, table->cols + 1));
    struct hone_watch_rows rows = {.time_column = "predicted_at", .label = label};
    for (size_t i = 0; i < n; i++) {
        HONE_TRY(hone_builder_i64(run, when, logged[i].time));
        label[i] = hone_str(logged[i].label);
        rows.labelled += label[i].len > 0;
    }
    memcpy(column, table->column, table->cols * sizeof *column);
    HONE_TRY(hone_builder_end(run, when, &column[table->cols]));
    struct hone_table *all;
    HONE_TRY(hone_table_of(run, column, table->cols + 1, mem, &all));
    rows.table = all;
    *out = rows;
    return HONE_OK;
}

/* --- what became of the predictions ---------------------------------------------------------- */

/* The truth of a label text: class index or number; NaN when it is neither. */
static double truth_of(const struct hone_signature *s, struct hone_str text)
{
    double value;
    if (text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"') {
        text = (struct hone_str){text.ptr + 1, text.len - 2}; /* a JSON text */
    }
    for (size_t k = 0; s->task != HONE_TASK_REGRESSION && k < s->classes; k++) {
        if (hone_str_is(text, s->class_name[k])) {
            return (double)k;
        }
    }
    bool number = s->task == HONE_TASK_REGRESSION && hone_parse_f64(text, &value);
    return number && isfinite(value) ? value : (double)NAN;
}

/* The metric over some of the rows: those that have a label. */
static enum hone_code realised_over(struct hone_run *run, const struct hone_scorer *scorer,
                                    const struct hone_scores *scores, const double *truth,
                                    const struct hone_window *window, struct hone_measure *out)
{
    HONE_SCRATCH(run);
    const struct hone_metric *metric = hone_metric_default(scorer->signature->task);
    size_t most = window == NULL ? scores->rows : window->n;
    double *y;
    float *score;
    size_t n = 0;
    HONE_TRY(hone_array(run, &run->scratch, &y, most));
    HONE_TRY(hone_matrix(run, &run->scratch, &score, most, scores->classes));
    for (size_t i = 0; i < most; i++) {
        size_t row = window == NULL ? i : window->row[i];
        if (!isnan(truth[row])) {
            memcpy(score + n * scores->classes, scores->value + row * scores->classes,
                   scores->classes * sizeof *score);
            y[n++] = truth[row];
        }
    }
    *out = (struct hone_measure){.value = (double)NAN, .why = "too few labels"};
    if (n < LEAST_LABELS) {
        return HONE_OK;
    }
    const struct hone_prediction p = {.task = scorer->signature->task,
                                      .rows = n,
                                      .classes = scores->classes,
                                      .y = y,
                                      .score_f32 = score,
                                      .threshold = scorer->signature->threshold};
    return hone_metric_value(run, metric, NULL, &p, out);
}

static enum hone_code realise(struct hone_run *run, const struct hone_scorer *scorer,
                              const struct hone_watch_rows *rows, struct hone_arena *mem,
                              struct hone_watched *w)
{
    HONE_SCRATCH(run);
    double *truth;
    struct hone_realised *r = &w->realised;
    HONE_TRY(hone_array(run, mem, &r->value, w->watch.n));
    if ((scorer->signature->task & HONE_TASK_SUPERVISED) == 0) { /* nothing is right or wrong */
        r->all.value = (double)NAN;
        for (size_t i = 0; i < w->watch.n; i++) {
            r->value[i] = (double)NAN;
        }
        return HONE_OK;
    }
    r->metric = hone_metric_default(scorer->signature->task);
    HONE_TRY(hone_array(run, &run->scratch, &truth, w->rows));
    for (size_t i = 0; i < w->rows; i++) {
        truth[i] =
            rows->label == NULL ? (double)NAN : truth_of(scorer->signature, rows->label[i]);
        r->rows += isnan(truth[i]) ? 0 : 1;
    }
    HONE_TRY(realised_over(run, scorer, &w->scores, truth, NULL, &r->all));
    for (size_t i = 0; i < w->watch.n; i++) {
        struct hone_measure measure;
        HONE_TRY(
            realised_over(run, scorer, &w->scores, truth, w->watch.step[i].window, &measure));
        r->value[i] = measure.value;
    }
    return HONE_OK;
}

enum hone_code hone_watch_model(struct hone_run *run, const struct hone_scorer *scorer,
                                const struct hone_watch_rows *rows,
                                const struct hone_watch_settings *settings,
                                struct hone_arena *mem, struct hone_watched *out)
{
    struct hone_watched w = {.rows = rows->table->rows};
    struct hone_reference *reference;
    struct hone_table *inputs;
    struct hone_table *seen;
    struct hone_table *answers;
    struct hone_window *windows;
    size_t n;
    static const struct hone_texts none = {0};
    struct hone_watch_options options = {
        .drift = {.alpha = settings->alpha, .tests = settings->tests},
        .k = (size_t)settings->k,
        .of = (size_t)settings->of,
    };
    HONE_TRY(hone_scorer_reference(run, scorer, mem, &reference));
    HONE_TRY(hone_drift_cache_new(run, reference, mem, &options.drift.cache));
    HONE_TRY(hone_table_as_trained(run, scorer->signature, rows->table, &none, mem, &inputs));
    HONE_TRY(hone_table_as_trained(run, scorer->signature, rows->table, &settings->skip, mem,
                                   &seen));
    HONE_TRY(hone_score(run, scorer, inputs, NULL, 0, mem, &w.scores));
    HONE_TRY(hone_scores_table(run, scorer, &w.scores, mem, &answers));
    const char *time =
        settings->time_column != NULL ? settings->time_column : rows->time_column;
    HONE_TRY(hone_windows_cut(run, rows->table, time, settings->window, mem, &windows, &n));
    HONE_TRY(
        hone_watch_run(run, reference, seen, answers, windows, n, &options, mem, &w.watch));
    HONE_TRY(realise(run, scorer, rows, mem, &w));
    *out = w;
    return HONE_OK;
}
