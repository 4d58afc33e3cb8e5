#include "tensor/sparse.h"

#include <string.h>

#include "base/cpu.h"
#include "tensor/sparse_priv.h"

/* Room for a matrix whose number of values is known. */
static enum hone_code make(struct hone_run *run, size_t rows, size_t cols, size_t values,
                           struct hone_arena *mem, struct hone_sparse *out)
{
    struct hone_sparse a = {.rows = rows, .cols = cols};
    if (cols > UINT32_MAX) {
        return hone_fail(run, HONE_E_LIMIT, "a sparse matrix of %zu columns", cols);
    }
    HONE_TRY(hone_array(run, mem, &a.start, rows + 1));
    HONE_TRY(hone_array(run, mem, &a.col, values));
    HONE_TRY(hone_array(run, mem, &a.value, values));
    *out = a;
    return HONE_OK;
}

/* Move the values of row i of a behind those of a row of out, its columns `shift` to the right. */
static void put_row(const struct hone_sparse *a, size_t i, size_t shift,
                    struct hone_sparse *out, size_t *at)
{
    size_t n = a->start[i + 1] - a->start[i];
    for (size_t k = 0; k < n; k++) {
        out->col[*at + k] = (uint32_t)(a->col[a->start[i] + k] + shift);
    }
    memcpy(out->value + *at, a->value + a->start[i], n * sizeof *out->value);
    *at += n;
}

enum hone_code hone_sparse_join(struct hone_run *run, const struct hone_sparse_parts *parts,
                                struct hone_arena *mem, struct hone_sparse *out)
{
    struct hone_sparse a;
    size_t values = 0, cols = parts->dense_cols, at = 0;

    for (size_t p = 0; p < parts->parts; p++) {
        HONE_ASSERT(parts->part[p].rows == parts->rows);
        values += parts->part[p].start[parts->rows];
        cols += parts->part[p].cols;
    }
    for (size_t j = 0; j < parts->dense_cols; j++) {
        for (size_t i = 0; i < parts->rows; i++) {
            values += parts->dense[j][i] != 0;
        }
    }
    HONE_TRY(make(run, parts->rows, cols, values, mem, &a));
    for (size_t i = 0; i < parts->rows; i++) {
        for (size_t j = 0; j < parts->dense_cols; j++) {
            if (parts->dense[j][i] != 0) {
                a.col[at] = (uint32_t)j;
                a.value[at++] = parts->dense[j][i];
            }
        }
        size_t shift = parts->dense_cols;
        for (size_t p = 0; p < parts->parts; shift += parts->part[p].cols, p++) {
            put_row(&parts->part[p], i, shift, &a, &at);
        }
        a.start[i + 1] = at;
    }
    *out = a;
    return HONE_OK;
}

enum hone_code hone_sparse_transpose(struct hone_run *run, const struct hone_sparse *a,
                                     struct hone_arena *mem, struct hone_sparse *out)
{
    struct hone_sparse t;
    size_t values = a->start[a->rows];

    HONE_TRY(make(run, a->cols, a->rows, values, mem, &t));
    for (size_t k = 0; k < values; k++) {
        t.start[a->col[k] + 1]++;
    }
    for (size_t j = 0; j < a->cols; j++) {
        t.start[j + 1] += t.start[j];
    }
    /* start[j] is where the next value of column j goes; in the end it is where column j + 1 begins */
    for (size_t i = 0; i < a->rows; i++) {
        for (size_t k = a->start[i]; k < a->start[i + 1]; k++) {
            size_t at = t.start[a->col[k]]++;
            t.col[at] = (uint32_t)i;
            t.value[at] = a->value[k];
        }
    }
    memmove(t.start + 1, t.start, a->cols * sizeof *t.start);
    t.start[0] = 0;
    *out = t;
    return HONE_OK;
}

enum hone_code hone_sparse_of(struct hone_run *run, size_t rows, size_t cols, const float *x,
                              struct hone_arena *mem, struct hone_sparse *out)
{
    struct hone_sparse a;
    size_t values = 0, at = 0;

    for (size_t i = 0; i < rows * cols; i++) {
        values += x[i] != 0;
    }
    HONE_TRY(make(run, rows, cols, values, mem, &a));
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < cols; j++) {
            if (x[i * cols + j] != 0) {
                a.col[at] = (uint32_t)j;
                a.value[at++] = x[i * cols + j];
            }
        }
        a.start[i + 1] = at;
    }
    *out = a;
    return HONE_OK;
}

enum hone_code hone_sparse_stack(struct hone_run *run, const struct hone_sparse *part,
                                 size_t parts, struct hone_arena *mem, struct hone_sparse *out)
{
    struct hone_sparse a;
    size_t values = 0, rows = 0, row = 0, at = 0;

    for (size_t p = 0; p < parts; p++) {
        values += part[p].start[part[p].rows];
        rows += part[p].rows;
    }
    HONE_TRY(make(run, rows, parts == 0 ? 0 : part[0].cols, values, mem, &a));
    for (size_t p = 0; p < parts; p++) {
        HONE_ASSERT(part[p].cols == a.cols);
        for (size_t i = 0; i < part[p].rows; i++) {
            put_row(&part[p], i, 0, &a, &at);
            a.start[++row] = at;
        }
    }
    *out = a;
    return HONE_OK;
}

enum hone_code hone_sparse_take(struct hone_run *run, const struct hone_sparse *a,
                                const size_t *row, size_t n, struct hone_arena *mem,
                                struct hone_sparse *out)
{
    struct hone_sparse t;
    size_t values = 0, at = 0;

    for (size_t i = 0; i < n; i++) {
        values += a->start[row[i] + 1] - a->start[row[i]];
    }
    HONE_TRY(make(run, n, a->cols, values, mem, &t));
    for (size_t i = 0; i < n; i++) {
        put_row(a, row[i], 0, &t, &at);
        t.start[i + 1] = at;
    }
    *out = t;
    return HONE_OK;
}

static void add_plain(size_t n, size_t count, const uint32_t *col, const float *value,
                      const double *x, double *restrict out)
{
    for (size_t k = 0; k < count; k++) {
        const double *row = x + col[k] * n;
        double v = (double)value[k];
        for (size_t s = 0; s < n; s++) {
            out[s] += v * row[s];
        }
    }
}

void hone_sparse_add(size_t n, size_t count, const uint32_t *col, const float *value,
                     const double *x, double *out)
{
#ifdef __x86_64__
    if (n >= 4 && hone_cpu_avx2()) {
        hone_sparse_add_avx2(n, count, col, value, x, out);
        return;
    }
#endif
    add_plain(n, count, col, value, x, out);
}
