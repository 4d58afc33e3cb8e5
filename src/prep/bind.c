/* From the rows of a table to the tensors that a graph takes: the one rule for training and scoring. */
#include <math.h>

#include "prep/signature.h"

/* What a column must be for its values to be copied without parsing. */
static bool fits(enum hone_type have, enum hone_type want)
{
    if (hone_type_is_number(want)) {
        return hone_type_is_number(have);
    }
    if (hone_type_is_text(want)) {
        return hone_type_is_text(have);
    }
    return have == want;
}

static size_t place(const size_t *row, size_t i)
{
    return row == NULL ? i : row[i];
}

static void copy_numbers(const struct hone_column *c, const size_t *row, size_t n, float *out)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = (float)hone_column_f64(c, place(row, i));
    }
}

static void copy_doubles(const struct hone_column *c, const size_t *row, size_t n, double *out)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = hone_column_f64(c, place(row, i));
    }
}

/*
 * Whole numbers and truth values, which have no missing value.  column is NULL when the table has none of that
 * name.
 */
static enum hone_code copy_whole(struct hone_run *run, const struct hone_column *c,
                                 const struct hone_span *rows, const char *name,
                                 struct hone_tensor *out)
{
    const bool truth = out->type == HONE_B8;
    const double most = out->type == HONE_I32 ? 0x1p31 : 0x1p63;
    for (size_t i = 0; i < rows->n; i++) {
        size_t at = place(rows->row, i);
        bool exact = c != NULL && c->type == HONE_INT64 && hone_is_valid(c, at);
        double v = c == NULL ? (double)NAN : hone_column_f64(c, at);
        if (isnan(v) || (!truth && (v != floor(v) || v < -most || v >= most))) {
            (void)hone_fail(run, HONE_E_SHAPE,
                            "row %zu: %s is %s, and the model takes %s there", at + 1, name,
                            isnan(v) ? "missing" : "no whole number that fits",
                            truth ? "true or false" : "whole numbers");
            return hone_hint(run, "fill or round that column before: the model can not");
        }
        if (truth) {
            ((uint8_t *)out->data)[i] = v != 0;
        } else if (out->type == HONE_I32) {
            ((int32_t *)out->data)[i] = (int32_t)v;
        } else {
            ((int64_t *)out->data)[i] = exact ? hone_column_i64(c, at) : (int64_t)v;
        }
    }
    return HONE_OK;
}

static void copy_texts(const struct hone_column *c, const size_t *row, size_t n,
                       struct hone_str *out)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = place(row, i);
        out[i] = hone_is_valid(c, at) ? hone_column_str(c, at) : (struct hone_str){"", 0};
    }
}

static void copy_times(const struct hone_column *c, const size_t *row, size_t n, int64_t *out)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = place(row, i);
        out[i] = hone_is_valid(c, at) ? hone_column_i64(c, at) : HONE_MISSING_I64;
    }
}

static void fill_missing(enum hone_dtype type, size_t n, void *data)
{
    for (size_t i = 0; i < n; i++) {
        if (type == HONE_F32) {
            ((float *)data)[i] = NAN;
        } else if (type == HONE_F64) {
            ((double *)data)[i] = (double)NAN;
        } else if (type == HONE_STRING) {
            ((struct hone_str *)data)[i] = (struct hone_str){"", 0};
        } else {
            ((int64_t *)data)[i] = HONE_MISSING_I64;
        }
    }
}

static const struct hone_input *input_of(const struct hone_signature *s, const char *name)
{
    for (size_t i = 0; i < s->inputs; i++) {
        if (strcmp(s->input[i].name, name) == 0) {
            return &s->input[i];
        }
    }
    return NULL;
}

static enum hone_code bind_column(struct hone_run *run, const struct hone_column *column,
                                  enum hone_type want, const struct hone_span *rows,
                                  struct hone_arena *mem, struct hone_tensor *out, size_t *lost)
{
    struct hone_column cast;
    if (!fits(column->type, want)) {
        enum hone_type to = hone_type_is_number(want) ? HONE_FLOAT64
                            : hone_type_is_text(want) ? HONE_UTF8
                                                      : want;
        HONE_TRY(hone_column_cast(run, column, to, true, mem, &cast));
        for (size_t i = 0; i < rows->n; i++) {
            size_t at = place(rows->row, i);
            *lost += hone_is_valid(column, at) && !hone_is_valid(&cast, at);
        }
        column = &cast;
    }
    if (hone_type_is_number(want) && out->type != HONE_F32 && out->type != HONE_F64) {
        return copy_whole(run, column, rows, column->name, out);
    }
    if (out->type == HONE_F32) {
        copy_numbers(column, rows->row, rows->n, out->data);
    } else if (out->type == HONE_F64) {
        copy_doubles(column, rows->row, rows->n, out->data);
    } else if (out->type == HONE_STRING) {
        copy_texts(column, rows->row, rows->n, out->data);
    } else {
        copy_times(column, rows->row, rows->n, out->data);
    }
    return HONE_OK;
}

/* All absent columns in one message: a person fixes them in one go. */
static enum hone_code check_present(struct hone_run *run, const struct hone_plan *plan,
                                    const struct hone_table *table)
{
    HONE_SCRATCH(run);
    struct hone_buf absent = hone_buf(&run->scratch);
    size_t count = 0;
    for (size_t i = 0; i < hone_plan_inputs(plan); i++) {
        const char *name = hone_plan_input(plan, i)->name;
        if (hone_table_find(table, hone_str(name)) == NULL) {
            hone_buf_format(&absent, "%s%s", count++ == 0 ? "" : ", ", name);
        }
    }
    if (count == 0) {
        return HONE_OK;
    }
    (void)hone_fail(run, HONE_E_NOT_FOUND, "the table has no column %s, which the model needs",
                    absent.ptr);
    return hone_hint(run,
                     "give the file the columns that the model was trained on; a file without "
                     "a header needs --names");
}

/* Numbers that go into whole numbers or truth values: only imported models have such inputs. */
static bool goes_whole(enum hone_type column, enum hone_dtype input)
{
    return hone_type_is_number(column) &&
           (input == HONE_I64 || input == HONE_I32 || input == HONE_B8);
}

static bool goes(enum hone_type column, enum hone_dtype input)
{
    return hone_input_dtype(column) == input || goes_whole(column, input) ||
           (hone_type_is_number(column) && input == HONE_F64);
}

enum hone_code hone_bind(struct hone_run *run, const struct hone_signature *s,
                         const struct hone_plan *plan, const struct hone_span *rows,
                         bool strict, struct hone_arena *mem, struct hone_tensor **tensors,
                         size_t *lost)
{
    size_t inputs = hone_plan_inputs(plan);
    size_t uncounted = 0;
    lost = lost == NULL ? &uncounted : lost;
    if (strict) {
        HONE_TRY(check_present(run, plan, rows->table));
    }
    struct hone_tensor *t;
    HONE_TRY(hone_array(run, mem, &t, inputs));
    for (size_t i = 0; i < inputs; i++) {
        const struct hone_value *value = hone_plan_input(plan, i);
        const struct hone_input *input = input_of(s, value->name);
        const struct hone_column *column = hone_table_find(rows->table, hone_str(value->name));
        const enum hone_dtype type = value->type;
        if (input == NULL || !goes(input->type, type)) {
            return hone_fail(run, HONE_E_SHAPE,
                             "input %s of the model is %s, its signature differs", value->name,
                             hone_dtype_name(value->type));
        }
        HONE_TRY(hone_tensor_new(run, type, 2, (size_t[]){rows->n, 1}, mem, &t[i]));
        if (column == NULL && goes_whole(input->type, type)) {
            HONE_TRY(copy_whole(run, NULL, rows, value->name, &t[i]));
        } else if (column == NULL) {
            fill_missing(type, rows->n, t[i].data);
        } else {
            HONE_TRY(bind_column(run, column, input->type, rows, mem, &t[i], lost));
        }
    }
    *tensors = t;
    return HONE_OK;
}
