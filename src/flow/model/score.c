#include "flow/model/score.h"

#include <math.h>

#include "base/file.h"
#include "base/progress.h"
#include "prep/foreign.h"
#include "table/builder.h"

enum hone_code hone_scorer_new(struct hone_run *run, struct hone_str bytes,
                               struct hone_arena *mem, struct hone_scorer *out)
{
    struct hone_scorer s = {.bytes = bytes};
    HONE_TRY(hone_model_read(run, bytes, mem, &s.model));
    if (hone_foreign_is(s.model)) {
        static const struct hone_foreign_wish none = {0};
        HONE_JSON json_t *binding = NULL;
        HONE_TRY(hone_foreign_find(run, bytes, &none, &binding));
        HONE_TRY(hone_foreign_apply(run, binding, s.model));
    }
    HONE_TRY(hone_signature_of(run, s.model, mem, &s.signature));
    HONE_TRY(hone_plan_new(run, s.model, NULL, 0, mem, &s.plan));
    *out = s;
    return HONE_OK;
}

static enum hone_code read_whole(struct hone_run *run, const char *path, struct hone_arena *mem,
                                 struct hone_str *out)
{
    HONE_CLOSING(hone_file_close) struct hone_file file = {0};
    HONE_TRY(hone_file_open(run, path, mem, &file));
    char *copy;
    HONE_TRY(hone_array(run, mem, &copy, file.bytes.len + 1));
    memcpy(copy, file.bytes.ptr, file.bytes.len);
    *out = (struct hone_str){copy, file.bytes.len};
    return HONE_OK;
}

enum hone_code hone_scorer_open(struct hone_run *run, const char *path, struct hone_arena *mem,
                                struct hone_scorer *out)
{
    struct hone_str bytes;
    HONE_TRY(read_whole(run, path, mem, &bytes));
    if (hone_scorer_new(run, bytes, mem, out) != HONE_OK) {
        return hone_fail_in(run, "%s", path);
    }
    return HONE_OK;
}

enum hone_code hone_scorer_located(struct hone_run *run, const struct hone_located *located,
                                   struct hone_arena *mem, struct hone_scorer *out)
{
    struct hone_scorer s = {0};
    if (located->binding == NULL) {
        return hone_scorer_open(run, located->path, mem, out);
    }
    HONE_TRY(read_whole(run, located->path, mem, &s.bytes));
    if (hone_model_read(run, s.bytes, mem, &s.model) != HONE_OK ||
        hone_foreign_dress(run, located->binding, located->reference, s.model) != HONE_OK ||
        hone_signature_of(run, s.model, mem, &s.signature) != HONE_OK ||
        hone_plan_new(run, s.model, NULL, 0, mem, &s.plan) != HONE_OK) {
        return hone_fail_in(run, "%s", located->uri);
    }
    *out = s;
    return HONE_OK;
}

struct hone_read_options hone_scorer_reading(const struct hone_scorer *scorer,
                                             const struct hone_read_options *options,
                                             struct hone_arena *mem)
{
    const struct hone_signature *s = scorer->signature;
    struct hone_read_options out = *options;
    out.as_text.item = hone_arena_must(mem, (s->inputs + 1) * sizeof *out.as_text.item);
    out.as_text.n = 0;
    for (size_t i = 0; i < s->inputs; i++) {
        if (hone_type_is_text(s->input[i].type)) {
            out.as_text.item[out.as_text.n++] = s->input[i].name;
        }
    }
    if (hone_type_is_text(s->target_type)) {
        out.as_text.item[out.as_text.n++] = s->target;
    }
    return out;
}

/* Which of the plan's outputs has a name; SIZE_MAX if none. */
static size_t output_of(const struct hone_plan *plan, const char *name)
{
    for (size_t i = 0; i < hone_plan_outputs(plan); i++) {
        if (strcmp(hone_plan_output(plan, i)->name, name) == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}

static enum hone_code need_output(struct hone_run *run, const struct hone_plan *plan,
                                  const struct hone_tensor *out, const char *name,
                                  const struct hone_tensor **tensor)
{
    size_t at = output_of(plan, name);
    if (at == SIZE_MAX) {
        (void)hone_fail(run, HONE_E_UNSUPPORTED, "the model has no output %s", name);
        return hone_hint(run, "models trained by hone have one");
    }
    *tensor = &out[at];
    return HONE_OK;
}

/* row (may be NULL) says which row of the table each is. */
static enum hone_code check_finite(struct hone_run *run, const struct hone_scores *s,
                                   const size_t *row)
{
    for (size_t i = 0; i < s->rows * s->classes; i++) {
        if (!isfinite(s->value[i])) {
            size_t at = i / s->classes;
            return hone_fail(run, HONE_E_NUMERIC, "row %zu: the model's answer is not finite",
                             (row == NULL ? at : row[at]) + 1);
        }
    }
    return HONE_OK;
}

static enum hone_code index_labels(struct hone_run *run, const struct hone_signature *s,
                                   struct hone_arena *mem, struct hone_scores *out)
{
    HONE_TRY(hone_array(run, mem, &out->index, out->rows));
    for (size_t i = 0; i < out->rows; i++) {
        char number[32];
        struct hone_str label;
        if (out->label.type == HONE_STRING) {
            label = ((const struct hone_str *)out->label.data)[i];
        } else {
            int64_t v = ((const int64_t *)out->label.data)[i];
            label = (struct hone_str){number, hone_format_i64(number, v)};
        }
        out->index[i] = UINT32_MAX;
        for (size_t k = 0; k < s->classes; k++) {
            if (hone_str_is(label, s->class_name[k])) {
                out->index[i] = (uint32_t)k;
            }
        }
        if (out->index[i] == UINT32_MAX) {
            return hone_fail(run, HONE_E_FORMAT,
                             "the model answers %.*s, which is none of its classes",
                             (int)label.len, label.ptr);
        }
    }
    return HONE_OK;
}

static const char *values_of(enum hone_task task)
{
    return task == HONE_TASK_REGRESSION             ? HONE_OUT_PREDICTION
           : (task & HONE_TASK_CLASSIFICATION) != 0 ? HONE_OUT_PROBABILITIES
                                                    : HONE_OUT_SCORE;
}

enum hone_code hone_score(struct hone_run *run, const struct hone_scorer *scorer,
                          const struct hone_table *table, const size_t *row, size_t n,
                          struct hone_arena *mem, struct hone_scores *out)
{
    const struct hone_signature *sig = scorer->signature;
    struct hone_scores s = {.classes = sig->classes};
    struct hone_tensor *in;
    struct hone_tensor *result;
    const struct hone_tensor *t;
    s.rows = row == NULL ? table->rows : n;
    const struct hone_span span = {table, row, s.rows};
    hone_progress_begin(run, "scoring", "rows", s.rows);
    HONE_TRY(hone_bind(run, sig, scorer->plan, &span, true, mem, &in, &s.lost));
    HONE_TRY(hone_array(run, mem, &result, hone_plan_outputs(scorer->plan)));
    HONE_TRY(hone_plan_run_rows(run, scorer->plan, s.rows, in, mem, result));
    if (sig->classes > 0) {
        HONE_TRY(need_output(run, scorer->plan, result, values_of(sig->task), &t));
        if (t->type != HONE_F32 || hone_tensor_count(t) != s.rows * s.classes) {
            return hone_fail(run, HONE_E_SHAPE, "the model's scores are not float [rows, %zu]",
                             s.classes);
        }
        s.value = t->data;
        HONE_TRY(check_finite(run, &s, row));
    }
    if (sig->task != HONE_TASK_REGRESSION && sig->task != HONE_TASK_TRANSFORM) {
        HONE_TRY(need_output(run, scorer->plan, result, HONE_OUT_LABEL, &t));
        s.label = *t;
    }
    if ((sig->task & HONE_TASK_CLASSIFICATION) != 0) {
        HONE_TRY(index_labels(run, sig, mem, &s));
    }
    hone_progress_end(run);
    *out = s;
    return HONE_OK;
}

struct hone_prediction hone_scores_against(const struct hone_scorer *scorer,
                                           const struct hone_scores *scores, const double *y)
{
    const struct hone_signature *sig = scorer->signature;
    return (struct hone_prediction){.task = sig->task,
                                    .rows = scores->rows,
                                    .classes = sig->classes,
                                    .y = y,
                                    .score_f32 = scores->value,
                                    .label = scores->index,
                                    .threshold = sig->threshold};
}

enum hone_code hone_scores_judge(struct hone_run *run, const struct hone_prediction *p,
                                 const struct hone_metric *const *metric, size_t n,
                                 size_t replicates, struct hone_interval *out)
{
    if (replicates > 0) {
        const struct hone_bootstrap how = {.replicates = replicates};
        return hone_bootstrap_intervals(run, p, metric, n, &how, out);
    }
    for (size_t m = 0; m < n; m++) {
        struct hone_measure measure;
        HONE_TRY(hone_metric_value(run, metric[m], NULL, p, &measure));
        out[m] = (struct hone_interval){.value = measure.value,
                                        .why = measure.why,
                                        .low = (double)NAN,
                                        .high = (double)NAN,
                                        .error = (double)NAN};
    }
    return HONE_OK;
}

static enum hone_code prediction_column(struct hone_run *run, const struct hone_scorer *scorer,
                                        const struct hone_scores *s, struct hone_arena *mem,
                                        struct hone_column *out)
{
    struct hone_builder *b;
    bool regression = scorer->signature->task == HONE_TASK_REGRESSION;
    enum hone_type type = regression                     ? HONE_FLOAT32
                          : s->label.type == HONE_STRING ? HONE_UTF8
                                                         : HONE_INT64;
    HONE_TRY(hone_builder_new(run, "prediction", type, mem, &b));
    for (size_t i = 0; i < s->rows; i++) {
        if (regression) {
            HONE_TRY(hone_builder_f64(run, b, (double)s->value[i]));
        } else if (type == HONE_UTF8) {
            HONE_TRY(hone_builder_str(run, b, ((const struct hone_str *)s->label.data)[i]));
        } else {
            HONE_TRY(hone_builder_i64(run, b, ((const int64_t *)s->label.data)[i]));
        }
    }
    return hone_builder_end(run, b, out);
}

/* What the k-th score of a row is called in a table. */
static const char *score_name(const struct hone_signature *s, size_t k, struct hone_arena *mem)
{
    if ((s->task & HONE_TASK_CLASSIFICATION) != 0) {
        return hone_arena_format(mem, "probability_%s", s->class_name[k]);
    }
    if (s->task == HONE_TASK_TRANSFORM) {
        return hone_arena_format(mem, "output_%zu", k);
    }
    return s->classes == 1 ? "score" : hone_arena_format(mem, "score_%zu", k);
}

enum hone_code hone_scores_table(struct hone_run *run, const struct hone_scorer *scorer,
                                 const struct hone_scores *s, struct hone_arena *mem,
                                 struct hone_table **out)
{
    const struct hone_signature *sig = scorer->signature;
    const bool answers = sig->task != HONE_TASK_TRANSFORM; /* prediction comes first */
    size_t scores = sig->task == HONE_TASK_REGRESSION ? 0 : sig->classes;
    struct hone_column *column;
    size_t n = 0;
    HONE_TRY(hone_array(run, mem, &column, answers + scores));
    if (answers) {
        HONE_TRY(prediction_column(run, scorer, s, mem, &column[n++]));
    }
    for (size_t k = 0; k < scores; k++) {
        struct hone_builder *b;
        HONE_TRY(hone_builder_new(run, score_name(sig, k, mem), HONE_FLOAT32, mem, &b));
        for (size_t i = 0; i < s->rows; i++) {
            HONE_TRY(hone_builder_f64(run, b, (double)s->value[i * sig->classes + k]));
        }
        HONE_TRY(hone_builder_end(run, b, &column[n++]));
    }
    return hone_table_of(run, column, n, mem, out);
}
