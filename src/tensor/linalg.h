/*
 * tensor/linalg.h - linear algebra on tall matrices of float columns
 *
 * A panel is a training matrix as estimators get it: columns of floats, optionally with a number taken
 * off each.  It is widened to double in blocks of rows, and everything is summed in double over blocks
 * that depend on the shape alone, so results are the same for any number of threads.  Small dense
 * matrices are row-major doubles.
 */
#ifndef HONE_TENSOR_LINALG_H
#define HONE_TENSOR_LINALG_H

#include "base/run.h"

struct hone_panel {
    size_t rows, cols;
    const float *const *x; /* (cols)(rows) finite */
    const double *shift;   /* (cols) taken off every value of a column; NULL: zeroes */
};

/* Rows of a block that is widened at once. */
#define HONE_PANEL_BLOCK 256

/* Rows begin .. begin+n-1 as doubles: out (n, stride), of which the first cols are written. */
void hone_panel_fill(const struct hone_panel *p, size_t begin, size_t n, size_t stride,
                     double *out);

/*
 * Cut the rows into parts for parallel work whose partial results are `width` doubles each.  Returns
 * their number, at least 1: a function of rows and width, not of threads.  Part i has the rows
 * hone_panel_part_row(rows, parts, i) up to that of i + 1, multiples of HONE_PANEL_BLOCK.
 */
size_t hone_panel_parts(size_t rows, size_t width);
size_t hone_panel_part_row(size_t rows, size_t parts, size_t i);

/*
 * gram (cols, cols) = sum over rows of weight[r] x[r] x[r]^T, both triangles.  weight (rows) >= 0, NULL: 1.
 * Fails: HONE_E_LIMIT.
 */
enum hone_code hone_gram(struct hone_run *run, const struct hone_panel *p, const double *weight,
                         double *gram);

/* The same over every `every`th block of HONE_PANEL_BLOCK rows: a sample of the rows for 1 / every of the work. */
enum hone_code hone_gram_some(struct hone_run *run, const struct hone_panel *p,
                              const double *weight, size_t every, double *gram);

/* out (rows) = bias + X w, with w (cols). */
void hone_panel_times(struct hone_run *run, const struct hone_panel *p, const double *w,
                      double bias, double *out);

/* out (cols) = X^T v, with v (rows). */
void hone_panel_transposed_times(struct hone_run *run, const struct hone_panel *p,
                                 const double *v, double *out);

/* Mean of each column, weighted (weight (rows) or NULL), shift not taken off. total: sum of the weights. */
void hone_panel_mean(struct hone_run *run, const struct hone_panel *p, const double *weight,
                     double total, double *mean);

/* Square root of the mean of (x - shift)^2 of each column, weighted. */
void hone_panel_spread(struct hone_run *run, const struct hone_panel *p, const double *weight,
                       double total, double *spread);

/*
 * X w + w[cols] and X^T v in one pass: body gets the first (n) of a block of rows in score, turns it into v (n) and
 * returns what is to be added up.  w, gradient (cols + 1), the last of gradient the sum of v.  Fails: HONE_E_LIMIT.
 */
typedef double hone_panel_body(void *ctx, size_t begin, size_t n, double *score);
enum hone_code hone_panel_pass(struct hone_run *run, const struct hone_panel *p,
                               const double *w, hone_panel_body *body, void *ctx, double *value,
                               double *gradient);

/*
 * Solve A x = b for a symmetric positive definite A (n, n), of which the lower triangle is read; a is
 * overwritten, b (n) becomes x.  False, with a and b spoilt, when A is not positive definite.
 * Source: LAPACK dposv (Cholesky).
 */
bool hone_solve_spd(size_t n, double *a, double *b);

/* c (m, n) = a (m, k) b(n, k)^T */
void hone_mul_nt(size_t m, size_t n, size_t k, const double *a, const double *b, double *c);

/* c (m, n) += a (k, m)^T b (k, n) */
void hone_mul_tn_add(size_t m, size_t n, size_t k, const double *a, const double *b, double *c);

double hone_dot(size_t n, const double *a, const double *b);

#endif
