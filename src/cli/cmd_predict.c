/* hone predict: score a table with a model; the rows keep their order. */
#include "base/log.h"
#include "base/progress.h"
#include "cli/verb.h"
#include "flow/data/source.h"
#include "flow/model/locate.h"
#include "flow/model/score.h"
#include "flow/watch/watch.h"
#include "io/reader.h"

struct settings {
    const char *out;
    bool with_input;
    bool no_sketch;
    struct hone_read_options read;
};

static const struct hone_param params[] = {
    HONE_TEXT(struct settings, out, "-", .arg = "FILE",
              .help = "where to write; the ending decides the format"),
    HONE_FLAG(struct settings, with_input, false,
              .help = "write the columns of DATA before the predictions"),
    HONE_FLAG(struct settings, no_sketch, false,
              .help = "do not count these rows for hone monitor --source sketches"),
    HONE_PARAM_END,
};

static const struct hone_param_group groups[] = {
    {"Reading", hone_read_params, offsetof(struct settings, read)},
    {NULL, NULL, 0},
};

#define PATIENCE_MS 1000 /* for who writes to the store meanwhile */

/* The columns of both tables, except those of the input that a prediction replaces. */
static enum hone_code beside(struct hone_run *run, const struct hone_table *data,
                             const struct hone_table *scores, struct hone_arena *mem,
                             struct hone_table **out)
{
    struct hone_column *column;
    size_t n = 0;
    HONE_TRY(hone_array(run, mem, &column, data->cols + scores->cols));
    for (size_t j = 0; j < data->cols; j++) {
        if (hone_table_find(scores, hone_str(data->column[j].name)) == NULL) {
            column[n++] = data->column[j];
        }
    }
    for (size_t j = 0; j < scores->cols; j++) {
        column[n++] = scores->column[j];
    }
    return hone_table_of(run, column, n, mem, out);
}

static enum hone_code keep_counts(struct hone_run *run, const struct hone_args *args,
                                  const struct hone_located *model,
                                  const struct hone_scorer *scorer,
                                  const struct hone_table *data,
                                  const struct hone_table *answers, bool *kept)
{
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;
    HONE_TRY(hone_store_open(run, args->global.store, false, args->mem, &store));
    hone_store_patience(store, PATIENCE_MS);
    return hone_watch_batch(run, store, model, scorer, data, answers, kept);
}

/* Count the rows for monitoring.  The answers are written by now and are what was asked for: where the store is locked
 * or may not be written, the rows are not counted, and that is told. */
static enum hone_code count(struct hone_run *run, const struct hone_args *args,
                            const struct hone_located *model, const struct hone_scorer *scorer,
                            const struct hone_table *data, const struct hone_table *answers,
                            bool *kept)
{
    enum hone_code code = keep_counts(run, args, model, scorer, data, answers, kept);
    if (code == HONE_OK || code == HONE_E_CANCELLED) {
        return code;
    }
    hone_log(run, HONE_LOG_WARN, "sketch", "these rows are not counted for hone monitor: %s",
             run->err.message);
    hone_error_clear(run);
    *kept = false;
    return HONE_OK;
}

static enum hone_code run_predict(struct hone_run *run, const void *settings,
                                  struct hone_args *args)
{
    const struct settings *set = settings;
    struct hone_located located;
    struct hone_scorer scorer;
    struct hone_table *data;
    struct hone_table *table;
    const struct hone_table *answers;
    bool kept = false;
    struct hone_read_report report;
    struct hone_scores scores;
    HONE_TRY(hone_model_locate(run, args->global.store, args->item[0], args->mem, &located));
    HONE_TRY(hone_scorer_located(run, &located, args->mem, &scorer));
    const struct hone_read_options reading =
        hone_scorer_reading(&scorer, &set->read, args->mem);
    HONE_TRY(hone_data_read(run, args->global.store, args->item[1], &reading, args->mem, &data,
                            &report));
    HONE_TRY(hone_score(run, &scorer, data, NULL, 0, args->mem, &scores));
    HONE_TRY(hone_scores_table(run, &scorer, &scores, args->mem, &table));
    answers = table;
    if (set->with_input) {
        HONE_TRY(beside(run, data, table, args->mem, &table));
    }
    hone_progress_begin(run, "writing", "rows", table->rows);
    HONE_TRY(hone_table_write(run, table, set->out, NULL));
    hone_progress_end(run);
    if (located.name != NULL && !set->no_sketch) {
        HONE_TRY(count(run, args, &located, &scorer, data, answers, &kept));
    }
    bool to_stdout = strcmp(set->out, "-") == 0;
    if (args->global.json && !to_stdout) {
        json_t *o = json_object();
        hone_json_set_text(o, "model", located.uri);
        hone_json_set_text(o, "out", set->out);
        hone_json_set(o, "rows", json_integer((json_int_t)scores.rows));
        hone_json_set(o, "unreadable_values", json_integer((json_int_t)scores.lost));
        hone_json_set(o, "counted", json_boolean(kept));
        hone_print_json(o);
    } else if (!to_stdout && !args->global.quiet) {
        printf("%zu rows scored with %s into %s\n", scores.rows, located.uri, set->out);
        if (scores.lost > 0) {
            printf("  %zu values were not of their column's type and were taken as missing\n",
                   scores.lost);
        }
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_predict = {
    .part.name = "predict",
    .part.summary = "score a table with a model",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .groups = groups,
    .usage = "MODEL DATA [-o FILE]",
    .detail =
        "Writes one row per row of DATA, in order: the prediction and, for classes, a "
        "probability_<class> column each.  With a registered model the rows are also counted "
        "(a few kilobytes an hour, no values of single rows), so that hone monitor "
        "--source sketches sees batches beside what servers answer.",
    .examples = "hone predict models:/loans@champion new.csv -o scored.csv\n"
                "hone predict model.onnx new.csv --with-input -o scored.jsonl",
    .stage = HONE_STAGE_MODEL,
    .min_args = 2,
    .max_args = 2,
    .run = run_predict,
};
