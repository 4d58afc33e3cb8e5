#include <math.h>

#include "flow/model/trained.h"
#include "flow/watch/watch_priv.h"
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
    HONE_REAL(struct hone_watch_settings, tolerance, 0, 0, 1e300,
              .help = "how much worse than on the test rows is still well, in the metric (0: "
                      "0.01, or a twentieth of an error)"),
    HONE_INT(struct hone_watch_settings, least_labels, 100, 10, 1000000000,
             .help = "fewer labels in a window say nothing of its quality"),
    HONE_INT(struct hone_watch_settings, label_hours, -1, -1, 100000,
             .help = "hours after a window's end until its labels are there (-1: by the delays "
                     "so far)"),
    HONE_PARAM_END,
};

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
    int64_t *label_time;
    int64_t *time;
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
    HONE_TRY(hone_array(run, mem, &label_time, n));
    HONE_TRY(hone_array(run, mem, &time, n));
    HONE_TRY(hone_array(run, mem, &column, table->cols + 1));
    struct hone_watch_rows rows = {
        .time_column = "predicted_at", .label = label, .label_time = label_time, .time = time};
    for (size_t i = 0; i < n; i++) {
        HONE_TRY(hone_builder_i64(run, when, logged[i].time));
        label[i] = hone_str(logged[i].label);
        label_time[i] = logged[i].label_time;
        time[i] = logged[i].time;
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

static enum hone_code realise(struct hone_run *run, struct hone_store *store,
                              const struct hone_located *model,
                              const struct hone_scorer *scorer,
                              const struct hone_watch_rows *rows,
                              const struct hone_scores *scores,
                              const struct hone_watch_settings *settings,
                              struct hone_arena *mem, struct hone_watched *w)
{
    HONE_ARENA(work);
    const struct hone_signature *s = scorer->signature;
    struct hone_performance_options options;
    struct hone_window *window;
    double *truth;
    const float **score;
    size_t unread = 0;
    const char *unread_text = NULL;
    if ((s->task & HONE_TASK_SUPERVISED) == 0 || rows->labelled == 0) {
        return HONE_OK;
    }
    HONE_TRY(hone_watch_yardstick(run, store, model, scorer, settings, mem, &options));
    options.now = rows->label_time == NULL ? 0 : options.now;
    HONE_TRY(hone_array(run, &work, &truth, w->rows));
    HONE_TRY(hone_array(run, &work, &score, w->rows));
    HONE_TRY(hone_array(run, mem, &window, w->watch.n));
    for (size_t i = 0; i < w->rows; i++) {
        truth[i] = hone_watch_truth(s, rows->label[i]);
        if (isnan(truth[i]) && rows->label[i].len > 0 && unread++ == 0) {
            unread_text = hone_arena_text(&work, rows->label[i].ptr, rows->label[i].len);
        }
        score[i] = scores->value + i * scores->classes;
    }
    for (size_t i = 0; i < w->watch.n; i++) {
        window[i] = *w->watch.step[i].window;
    }
    const struct hone_outcomes outcomes = {.task = s->task,
                                           .classes = scores->classes,
                                           .threshold = s->threshold,
                                           .n = w->rows,
                                           .time = rows->time,
                                           .truth = truth,
                                           .label_time = rows->label_time,
                                           .score = score,
                                           .unread = unread,
                                           .unread_text = unread_text};
    return hone_performance_judge(run, &outcomes, window, w->watch.n, &options, mem,
                                  &w->realised);
}

enum hone_code hone_watch_model(struct hone_run *run, struct hone_store *store,
                                const struct hone_located *model,
                                const struct hone_scorer *scorer,
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
    struct hone_scores scores;
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
    HONE_TRY(hone_score(run, scorer, inputs, NULL, 0, mem, &scores));
    HONE_TRY(hone_scores_table(run, scorer, &scores, mem, &answers));
    const char *time =
        settings->time_column != NULL ? settings->time_column : rows->time_column;
    HONE_TRY(hone_windows_cut(run, rows->table, time, settings->window, mem, &windows, &n));
    HONE_TRY(
        hone_watch_run(run, reference, seen, answers, windows, n, &options, mem, &w.watch));
    HONE_TRY(realise(run, store, model, scorer, rows, &scores, settings, mem, &w));
    *out = w;
    return HONE_OK;
}
