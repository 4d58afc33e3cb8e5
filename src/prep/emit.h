/*
 * prep/emit.h - groups of nodes that several transforms end with
 *
 * Only operators whose results are the same bits in every runtime: comparisons, +, -, *, /, tables, trees, and
 * what needs exp or log in double, rounded to float once.
 */
#ifndef HONE_PREP_EMIT_H
#define HONE_PREP_EMIT_H

#include "graph/model.h"

/* A function of one number that is constant on pieces: piece k is (edge[k - 1], edge[k]], the ends are open. */
struct hone_pieces {
    size_t edges;
    const float *edge;  /* (edges) ascending, no two equal */
    const float *value; /* (outs, edges + 1): outs functions with the same pieces */
};
/*
 * input float [N, cols] to float [N, outs * cols]: function k of column j is at k * cols + j.  One tree per column,
 * so a value costs log2(edges) comparisons.  What NaN gives is not said: mask it with hone_emit_mask.
 */
const char *hone_emit_pieces(struct hone_run *run, struct hone_graph *graph, const char *input,
                             const char *hint, size_t cols, const struct hone_pieces *pieces,
                             size_t outs);

/* value, but NaN becomes `missing` where input is NaN; same shapes. */
const char *hone_emit_mask(struct hone_graph *graph, const char *input, const char *value,
                           const char *hint, float missing);

/* (input - offset) * scale, column by column: float [N, cols]. */
const char *hone_emit_scaler(struct hone_graph *graph, const char *input, const char *hint,
                             size_t cols, const float *offset, const float *scale);

/* input kept within low[j] .. high[j], NaN kept: float [N, cols]. */
const char *hone_emit_clamp(struct hone_graph *graph, const char *input, const char *hint,
                            size_t cols, const float *low, const float *high);

/* A constant row [1, cols]. */
const char *hone_emit_row(struct hone_graph *graph, const char *hint, size_t cols,
                          const float *value);
const char *hone_emit_row_f64(struct hone_graph *graph, const char *hint, size_t cols,
                              const double *value);

/* Cast to a type. */
const char *hone_emit_cast(struct hone_graph *graph, const char *input, const char *hint,
                           enum hone_dtype type);

/* The columns of values side by side; one value is itself.  value ends with NULL. */
const char *hone_emit_beside(struct hone_graph *graph, const char *hint,
                             const char *const *value);

#endif
