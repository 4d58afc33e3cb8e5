#include "flow/judge/told.h"

#include <math.h>

/* The column of a class's probabilities; NULL when there is none. */
static const struct hone_column *probability_of(const struct hone_table *told,
                                                const char *class_name, struct hone_arena *mem)
{
    const char *name = hone_arena_format(mem, "probability_%s", class_name);
    const struct hone_column *c = hone_table_find(told, hone_str(name));
    return c != NULL && hone_type_is_number(c->type) ? c : NULL;
}

static enum hone_code no_number(struct hone_run *run, const struct hone_column *c, size_t row)
{
    return hone_fail(run, HONE_E_FORMAT, "row %zu: %s is no prediction: it is %s", row + 1,
                     c->name, hone_is_valid(c, row) ? "not finite" : "missing");
}

/* Numbers of a column at the rows, every stride-th place of out from first on. */
static enum hone_code take_numbers(struct hone_run *run, const struct hone_column *c,
                                   const struct hone_told *t, double *out, size_t stride)
{
    for (size_t i = 0; i < t->truth.n; i++) {
        size_t row = t->truth.row[i];
        double v = hone_is_valid(c, row) ? hone_column_f64(c, row) : (double)NAN;
        if (!isfinite(v)) {
            return no_number(run, c, row);
        }
        out[i * stride] = v;
    }
    return HONE_OK;
}

static enum hone_code take_probabilities(struct hone_run *run, const struct hone_table *told,
                                         struct hone_arena *mem, double *score,
                                         struct hone_told *t, bool *done)
{
    size_t k = t->target.classes;

    *done = false;
    for (size_t c = 0; c < k; c++) {
        const struct hone_column *column = probability_of(told, t->target.class_name[c], mem);
        if (column == NULL) {
            return HONE_OK;
        }
        HONE_TRY(take_numbers(run, column, t, score + c, k));
    }
    t->from = "probability_*";
    *done = true;
    return HONE_OK;
}

/* Whether a column holds probabilities of class 1 rather than classes. */
static bool is_probability(const struct hone_column *c, const struct hone_told *t)
{
    bool between = false;

    if (t->target.classes != 2 || !hone_type_is_number(c->type)) {
        return false;
    }
    for (size_t i = 0; i < t->truth.n; i++) {
        size_t row = t->truth.row[i];
        double v = hone_is_valid(c, row) ? hone_column_f64(c, row) : (double)NAN;
        if (v < 0 || v > 1) {
            return false;
        }
        between = between || (v > 0 && v < 1);
    }
    return between;
}

/* A text that is no class: where it is a number, the column is one of numbers but for some other row. */
static enum hone_code no_class(struct hone_run *run, const struct hone_column *text, size_t row,
                               const struct hone_told *t)
{
    double number;
    struct hone_str said = hone_str_trim(hone_column_str(text, row));
    size_t k = t->target.classes;

    for (size_t i = 0; hone_parse_f64(said, &number) && i < t->truth.n; i++) {
        struct hone_str other = hone_str_trim(hone_column_str(text, t->truth.row[i]));
        if (!hone_parse_f64(other, &number)) {
            return hone_fail(run, HONE_E_FORMAT, "row %zu: %s is no prediction: it is %.*s",
                             t->truth.row[i] + 1, text->name,
                             (int)(other.len < 60 ? other.len : 60), other.ptr);
        }
    }
    (void)hone_fail(run, HONE_E_FORMAT, "row %zu: %s says %.*s, which is no class of %s",
                    row + 1, text->name, (int)(said.len < 60 ? said.len : 60), said.ptr,
                    t->target.name);
    return hone_hint(run,
                     "classes are those of the truth: %s, ... %s; probabilities are in [0, 1]",
                     t->target.class_name[0], t->target.class_name[k - 1]);
}

static enum hone_code take_labels(struct hone_run *run, const struct hone_column *c,
                                  struct hone_arena *mem, double *score, struct hone_told *t)
{
    HONE_ARENA(work);
    struct hone_column text;
    uint32_t *label;
    size_t k = t->target.classes;

    HONE_TRY(hone_column_cast(run, c, HONE_UTF8, false, &work, &text));
    HONE_TRY(hone_array(run, mem, &label, t->truth.n));
    for (size_t i = 0; i < t->truth.n; i++) {
        size_t row = t->truth.row[i];
        struct hone_str said = hone_str_trim(hone_column_str(&text, row));
        size_t at = 0;
        while (at < k && !hone_str_is(said, t->target.class_name[at])) {
            at++;
        }
        if (at == k) {
            return no_class(run, &text, row, t);
        }
        label[i] = (uint32_t)at;
        score[i * k + at] = 1;
    }
    t->p.label = label;
    t->only_labels = true;
    return HONE_OK;
}

static enum hone_code take_column(struct hone_run *run, const struct hone_table *told,
                                  const char *column, struct hone_arena *mem, double *score,
                                  struct hone_told *t)
{
    const struct hone_column *c;

    t->from = column == NULL ? "prediction" : column;
    if (hone_table_need(run, told, hone_str(t->from), &c) != HONE_OK) {
        return column != NULL
                   ? run->err.code
                   : hone_hint(run, "say which column holds the predictions: --predicted COL");
    }
    if (t->target.task == HONE_TASK_REGRESSION) {
        return take_numbers(run, c, t, score, 1);
    }
    if (!is_probability(c, t)) {
        return take_labels(run, c, mem, score, t);
    }
    HONE_TRY(take_numbers(run, c, t, score + 1, 2));
    for (size_t i = 0; i < t->truth.n; i++) {
        score[2 * i] = 1 - score[2 * i + 1];
    }
    return HONE_OK;
}

enum hone_code hone_told_read(struct hone_run *run, const struct hone_table *data,
                              const struct hone_table *told,
                              const struct hone_target_choice *choice, const char *column,
                              struct hone_arena *mem, struct hone_told *out)
{
    struct hone_told t = {0};
    double *score;
    bool done = false;

    if (data->rows != told->rows) {
        (void)hone_fail(run, HONE_E_SHAPE, "there are %zu rows of data and %zu of predictions",
                        data->rows, told->rows);
        return hone_hint(run, "predictions must be of the same rows in the same order");
    }
    HONE_TRY(hone_target_find(run, data, choice, mem, &t.target));
    HONE_TRY(hone_target_read(run, &t.target, data, mem, &t.truth));
    HONE_TRY(hone_matrix(run, mem, &score, t.truth.n, t.target.classes));
    if (t.target.task != HONE_TASK_REGRESSION && column == NULL) {
        HONE_TRY(take_probabilities(run, told, mem, score, &t, &done));
    }
    if (!done) {
        HONE_TRY(take_column(run, told, column, mem, score, &t));
    }
    t.p.task = t.target.task;
    t.p.rows = t.truth.n;
    t.p.classes = t.target.classes;
    t.p.y = t.truth.y;
    t.p.score = score;
    *out = t;
    return HONE_OK;
}

enum hone_code hone_told_weights(struct hone_run *run, const struct hone_table *data,
                                 const char *column, const struct hone_target_rows *rows,
                                 struct hone_arena *mem, const double **out)
{
    const struct hone_column *c;
    double *weight;

    HONE_TRY(hone_table_need(run, data, hone_str(column), &c));
    if (!hone_type_is_number(c->type)) {
        return hone_fail(run, HONE_E_ARG, "column %s is %s: weights are numbers", column,
                         hone_type_name(c->type));
    }
    HONE_TRY(hone_array(run, mem, &weight, rows->n));
    for (size_t i = 0; i < rows->n; i++) {
        size_t row = rows->row[i];
        weight[i] = hone_is_valid(c, row) ? hone_column_f64(c, row) : (double)NAN;
        if (!isfinite(weight[i]) || weight[i] < 0) {
            return hone_fail(run, HONE_E_ARG, "row %zu: weight %s is %s", row + 1, column,
                             weight[i] < 0 ? "negative" : "missing or not finite");
        }
    }
    *out = weight;
    return HONE_OK;
}
