#include "tensor/linalg.h"

#include <cblas.h>
#include <lapacke.h>
#include <limits.h>
#include <string.h>

#include "base/pool.h"

/*
 * OpenBLAS without threads hands its work buffers out without a lock: two threads that call it at the same
 * moment may get the same one, and results are wrong (a few calls in a hundred thousand).  So every call is
 * made under the process's library lock.
 */

/* BLAS counts in int; matrices that large do not fit the arena's limits before. */
static int count(size_t n)
{
    HONE_ASSERT(n <= INT_MAX);
    return (int)n;
}

void hone_panel_fill(const struct hone_panel *p, size_t begin, size_t n, size_t stride,
                     double *out)
{
    for (size_t j = 0; j < p->cols; j++) {
        const float *x = p->x[j] + begin;
        double shift = p->shift == NULL ? 0 : p->shift[j];
        for (size_t i = 0; i < n; i++) {
            out[i * stride + j] = (double)x[i] - shift;
        }
    }
}

#define PARTS_MAX  16
#define PARTS_ROOM ((size_t)1 << 24) /* doubles, all partial results together */

static size_t blocks_of(size_t rows)
{
    return rows / HONE_PANEL_BLOCK + (rows % HONE_PANEL_BLOCK != 0 ? 1 : 0);
}

size_t hone_panel_parts(size_t rows, size_t width)
{
    size_t parts = blocks_of(rows) / 4, most = PARTS_ROOM / (width > 0 ? width : 1);

    parts = parts < PARTS_MAX ? parts : PARTS_MAX;
    parts = parts < most ? parts : most;
    return parts > 0 ? parts : 1;
}

size_t hone_panel_part_row(size_t rows, size_t parts, size_t i)
{
    size_t row = blocks_of(rows) * i / parts * HONE_PANEL_BLOCK;
    return row < rows ? row : rows;
}

struct gram {
    const struct hone_panel *p;
    const double *weight;
    size_t parts;
    double *partial; /* (parts)(cols, cols) lower triangles */
    double *block;   /* (parts)(HONE_PANEL_BLOCK, cols) */
};

static void gram_part(void *ctx, size_t part, size_t worker)
{
    const struct gram *g = ctx;
    size_t cols = g->p->cols, end = hone_panel_part_row(g->p->rows, g->parts, part + 1);
    double *sum = g->partial + part * cols * cols;
    double *block = g->block + part * HONE_PANEL_BLOCK * cols;
    (void)worker;

    for (size_t r = hone_panel_part_row(g->p->rows, g->parts, part); r < end;
         r += HONE_PANEL_BLOCK) {
        size_t n = end - r < HONE_PANEL_BLOCK ? end - r : HONE_PANEL_BLOCK;
        hone_panel_fill(g->p, r, n, cols, block);
        for (size_t i = 0; g->weight != NULL && i < n; i++) {
            double root = __builtin_sqrt(g->weight[r + i]);
            for (size_t j = 0; j < cols; j++) {
                block[i * cols + j] *= root;
            }
        }
        hone_library_lock();
        cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, count(cols), count(n), 1.0, block,
                    count(cols), 1.0, sum, count(cols));
        hone_library_unlock();
    }
}

enum hone_code hone_gram(struct hone_run *run, const struct hone_panel *p, const double *weight,
                         double *gram)
{
    size_t cols = p->cols, square = hone_product(cols, cols);
    struct gram g = {.p = p, .weight = weight, .parts = hone_panel_parts(p->rows, square)};

    HONE_SCRATCH(run);
    HONE_TRY(hone_matrix(run, &run->scratch, &g.partial, g.parts, square));
    HONE_TRY(hone_matrix(run, &run->scratch, &g.block, g.parts * HONE_PANEL_BLOCK, cols));
    hone_parallel(run, g.parts, gram_part, &g);
    for (size_t i = 0; i < cols; i++) {
        for (size_t j = 0; j <= i; j++) {
            double sum = 0;
            for (size_t part = 0; part < g.parts; part++) {
                sum += g.partial[part * square + i * cols + j];
            }
            gram[i * cols + j] = sum;
            gram[j * cols + i] = sum;
        }
    }
    return HONE_OK;
}

struct product {
    const struct hone_panel *p;
    const double *v;
    double number; /* bias, or the sum of weights */
    double *out;
};

#define ROWS_AT_ONCE 4096

static void times_chunk(void *ctx, size_t chunk, size_t worker)
{
    const struct product *a = ctx;
    size_t begin = chunk * ROWS_AT_ONCE, end = begin + ROWS_AT_ONCE;
    (void)worker;

    end = end < a->p->rows ? end : a->p->rows;
    for (size_t i = begin; i < end; i++) {
        a->out[i] = a->number;
    }
    for (size_t j = 0; j < a->p->cols; j++) {
        double w = a->v[j], shift = a->p->shift == NULL ? 0 : a->p->shift[j];
        const float *x = a->p->x[j];
        for (size_t i = begin; w != 0 && i < end; i++) {
            a->out[i] += w * ((double)x[i] - shift);
        }
    }
}

void hone_panel_times(struct hone_run *run, const struct hone_panel *p, const double *w,
                      double bias, double *out)
{
    struct product a = {p, w, bias, out};
    hone_parallel(run, (p->rows + ROWS_AT_ONCE - 1) / ROWS_AT_ONCE, times_chunk, &a);
}

/* Sum of v[i] (x[i] - shift) in blocks, so that errors grow with their number only. */
static double column_dot(size_t rows, const float *x, double shift, const double *v)
{
    double sum = 0;
    for (size_t r = 0; r < rows; r += HONE_PANEL_BLOCK) {
        size_t end = rows - r < HONE_PANEL_BLOCK ? rows : r + HONE_PANEL_BLOCK;
        double part = 0;
        for (size_t i = r; i < end; i++) {
            part += (v == NULL ? 1.0 : v[i]) * ((double)x[i] - shift);
        }
        sum += part;
    }
    return sum;
}

static void transposed_chunk(void *ctx, size_t j, size_t worker)
{
    const struct product *a = ctx;
    double shift = a->p->shift == NULL ? 0 : a->p->shift[j];
    (void)worker;
    a->out[j] = column_dot(a->p->rows, a->p->x[j], shift, a->v);
}

void hone_panel_transposed_times(struct hone_run *run, const struct hone_panel *p,
                                 const double *v, double *out)
{
    struct product a = {p, v, 0, out};
    hone_parallel(run, p->cols, transposed_chunk, &a);
}

static void mean_chunk(void *ctx, size_t j, size_t worker)
{
    const struct product *a = ctx;
    const float *x = a->p->x[j];
    double first = a->p->rows > 0 ? (double)x[0] : 0;
    (void)worker;
    /* Around the first value: the mean of a constant column is exactly that value. */
    a->out[j] = first + column_dot(a->p->rows, x, first, a->v) / a->number;
}

void hone_panel_mean(struct hone_run *run, const struct hone_panel *p, const double *weight,
                     double total, double *mean)
{
    struct product a = {p, weight, total, mean};
    hone_parallel(run, p->cols, mean_chunk, &a);
}

bool hone_solve_spd(size_t n, double *a, double *b)
{
    /* Symmetric: the lower triangle by rows is the upper by columns, and column-major needs no copy. */
    bool solved = true;
    if (n > 0) {
        hone_library_lock();
        solved = LAPACKE_dposv_work(LAPACK_COL_MAJOR, 'U', count(n), 1, a, count(n), b,
                                    count(n)) == 0;
        hone_library_unlock();
    }
    return solved;
}

void hone_mul_nt(size_t m, size_t n, size_t k, const double *a, const double *b, double *c)
{
    hone_library_lock();
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, count(m), count(n), count(k), 1.0, a,
                count(k), b, count(k), 0.0, c, count(n));
    hone_library_unlock();
}

void hone_mul_tn_add(size_t m, size_t n, size_t k, const double *a, const double *b, double *c)
{
    hone_library_lock();
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, count(m), count(n), count(k), 1.0, a,
                count(m), b, count(n), 1.0, c, count(n));
    hone_library_unlock();
}

double hone_dot(size_t n, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}
