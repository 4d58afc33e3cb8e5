/*
 * tensor/sparse.h - matrices of float that are mostly zeros
 *
 * Row by row: row i has the values value[start[i] .. start[i + 1]) in the columns col[...], which ascend.  A value may
 * be 0.  What text becomes: a hundred thousand rows, as many columns, and twenty values a row.
 */
#ifndef HONE_TENSOR_SPARSE_H
#define HONE_TENSOR_SPARSE_H

#include "base/run.h"

struct hone_sparse {
    size_t rows, cols;
    size_t *start; /* (rows + 1) */
    uint32_t *col; /* (start[rows]) ascending within a row */
    float *value;  /* (start[rows]) */
};

/*
 * Parts side by side: n matrices of the same rows, after `dense` columns (cols)(rows) of floats, whose zeros are
 * left out.  n of 0 and dense NULL are fine.  Fails: HONE_E_LIMIT.
 */
struct hone_sparse_parts {
    size_t rows;
    const float *const *dense;
    size_t dense_cols;
    const struct hone_sparse *part;
    size_t parts;
};
enum hone_code hone_sparse_join(struct hone_run *run, const struct hone_sparse_parts *parts,
                                struct hone_arena *mem, struct hone_sparse *out);

/* Rows become columns: out has a.cols rows and a.rows columns.  Fails: HONE_E_LIMIT. */
enum hone_code hone_sparse_transpose(struct hone_run *run, const struct hone_sparse *a,
                                     struct hone_arena *mem, struct hone_sparse *out);

/* The zeros of a dense matrix (rows, cols) left out.  Fails: HONE_E_LIMIT. */
enum hone_code hone_sparse_of(struct hone_run *run, size_t rows, size_t cols, const float *x,
                              struct hone_arena *mem, struct hone_sparse *out);

/* Matrices of the same columns below each other.  Fails: HONE_E_LIMIT. */
enum hone_code hone_sparse_stack(struct hone_run *run, const struct hone_sparse *part,
                                 size_t parts, struct hone_arena *mem, struct hone_sparse *out);

/* Some rows of a matrix, in the order of row (n).  Fails: HONE_E_LIMIT. */
enum hone_code hone_sparse_take(struct hone_run *run, const struct hone_sparse *a,
                                const size_t *row, size_t n, struct hone_arena *mem,
                                struct hone_sparse *out);

/*
 * out (n) += sum over k < count of value[k] x[col[k]], where x[j] is the n doubles from x + j n on.  Each element is
 * summed alone, over k from the first to the last: the same bits on every processor.
 */
void hone_sparse_add(size_t n, size_t count, const uint32_t *col, const float *value,
                     const double *x, double *out);

#endif
