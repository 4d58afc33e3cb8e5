#include "tensor/linalg.h"

#include <limits.h>
#include <string.h>

#include "base/pool.h"
#include "tensor/blas_priv.h"

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

/* Four at a time: as wide as every processor of the kind has, and sums in an order that is ours. */
typedef float floats __attribute__((vector_size(16), aligned(4), may_alias));
typedef double doubles __attribute__((vector_size(32), aligned(8), may_alias));

/* Four values as doubles with a number taken off. */
#define FOUR(x, shift) (__builtin_convertvector(*(const floats *)(x), doubles) - (shift))

/* Eight columns at a time, so that whole cache lines are written. */
#define COLUMNS 8

void hone_panel_fill(const struct hone_panel *p, size_t begin, size_t n, size_t stride,
                     double *out)
{
    for (size_t first = 0; first < p->cols; first += COLUMNS) {
        size_t cols = p->cols - first < COLUMNS ? p->cols - first : COLUMNS;
        const float *x[COLUMNS] = {NULL};
        double shift[COLUMNS] = {0};
        for (size_t j = 0; j < cols; j++) {
            x[j] = p->x[first + j] + begin;
            shift[j] = p->shift == NULL ? 0 : p->shift[first + j];
        }
        for (size_t i = 0; i < n && cols == COLUMNS; i++) {
            double *row = out + i * stride + first;
            for (size_t j = 0; j < COLUMNS; j++) {
                row[j] = (double)x[j][i] - shift[j];
            }
        }
        for (size_t i = 0; i < n && cols < COLUMNS; i++) {
            for (size_t j = 0; j < cols; j++) {
                out[i * stride + first + j] = (double)x[j][i] - shift[j];
            }
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
    size_t parts, every;
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
        if (r / HONE_PANEL_BLOCK % g->every != 0) {
            continue;
        }
        hone_panel_fill(g->p, r, n, cols, block);
        for (size_t i = 0; g->weight != NULL && i < n; i++) {
            double root = __builtin_sqrt(g->weight[r + i]);
            for (size_t j = 0; j < cols; j++) {
                block[i * cols + j] *= root;
            }
        }
        hone_library_lock();
        hone_blas()->dsyrk(CblasRowMajor, CblasLower, CblasTrans, count(cols), count(n), 1.0,
                           block, count(cols), 1.0, sum, count(cols));
        hone_library_unlock();
    }
}

enum hone_code hone_gram(struct hone_run *run, const struct hone_panel *p, const double *weight,
                         double *gram)
{
    return hone_gram_some(run, p, weight, 1, gram);
}

enum hone_code hone_gram_some(struct hone_run *run, const struct hone_panel *p,
                              const double *weight, size_t every, double *gram)
{
    size_t cols = p->cols, square = hone_product(cols, cols);
    struct gram g = {
        .p = p, .weight = weight, .parts = hone_panel_parts(p->rows, square), .every = every};

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

#define ROWS_AT_ONCE ((size_t)256)

/* out (n): rows begin .. begin + n - 1 */
static void times_rows(const struct product *a, size_t begin, size_t n)
{
    double *out = a->out;
    for (size_t i = 0; i < n; i++) {
        out[i] = a->number;
    }
    for (size_t j = 0; j < a->p->cols; j++) {
        double w = a->v[j], shift = a->p->shift == NULL ? 0 : a->p->shift[j];
        const float *x = a->p->x[j] + begin;
        size_t i = 0;
        for (; w != 0 && i + 4 <= n; i += 4) {
            *(doubles *)(out + i) += w * FOUR(x + i, shift);
        }
        for (; w != 0 && i < n; i++) {
            out[i] += w * ((double)x[i] - shift);
        }
    }
}

static void times_chunk(void *ctx, size_t chunk, size_t worker)
{
    const struct product *a = ctx;
    size_t begin = chunk * ROWS_AT_ONCE, rest = a->p->rows - begin;
    struct product part = {a->p, a->v, a->number, a->out + begin};
    (void)worker;
    times_rows(&part, begin, rest < ROWS_AT_ONCE ? rest : ROWS_AT_ONCE);
}

void hone_panel_times(struct hone_run *run, const struct hone_panel *p, const double *w,
                      double bias, double *out)
{
    struct product a = {p, w, bias, out};
    hone_parallel(run, (p->rows + ROWS_AT_ONCE - 1) / ROWS_AT_ONCE, times_chunk, &a);
}

static double across(const doubles *a, const doubles *b)
{
    doubles sum = *a + *b;
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* Sum of v[i] (x[i] - shift) of one block, eight sums side by side; v NULL: ones. */
static double block_dot(size_t n, const float *x, double shift, const double *v)
{
    doubles a = {0}, b = {0};
    double rest = 0;
    size_t i = 0;
    for (; v == NULL && i + 8 <= n; i += 8) {
        a += FOUR(x + i, shift);
        b += FOUR(x + i + 4, shift);
    }
    for (; v != NULL && i + 8 <= n; i += 8) {
        a += *(const doubles *)(v + i) * FOUR(x + i, shift);
        b += *(const doubles *)(v + i + 4) * FOUR(x + i + 4, shift);
    }
    for (; i < n; i++) {
        rest += (v == NULL ? 1.0 : v[i]) * ((double)x[i] - shift);
    }
    return across(&a, &b) + rest;
}

/* Sum of v[i] (x[i] - shift)^2 of one block. */
static double block_squares(size_t n, const float *x, double shift, const double *v)
{
    doubles a = {0}, b = {0};
    double rest = 0;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        doubles low = FOUR(x + i, shift), high = FOUR(x + i + 4, shift);
        a += v == NULL ? low * low : low * low * *(const doubles *)(v + i);
        b += v == NULL ? high * high : high * high * *(const doubles *)(v + i + 4);
    }
    for (; i < n; i++) {
        double d = (double)x[i] - shift;
        rest += (v == NULL ? 1.0 : v[i]) * d * d;
    }
    return across(&a, &b) + rest;
}

/* In blocks, so that errors grow with their number only. */
static double column_dot(size_t rows, const float *x, double shift, const double *v)
{
    double sum = 0;
    for (size_t r = 0; r < rows; r += HONE_PANEL_BLOCK) {
        size_t n = rows - r < HONE_PANEL_BLOCK ? rows - r : HONE_PANEL_BLOCK;
        sum += block_dot(n, x + r, shift, v == NULL ? NULL : v + r);
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

static void spread_chunk(void *ctx, size_t j, size_t worker)
{
    const struct product *a = ctx;
    double shift = a->p->shift == NULL ? 0 : a->p->shift[j], sum = 0;
    (void)worker;
    for (size_t r = 0; r < a->p->rows; r += HONE_PANEL_BLOCK) {
        size_t n = a->p->rows - r < HONE_PANEL_BLOCK ? a->p->rows - r : HONE_PANEL_BLOCK;
        sum += block_squares(n, a->p->x[j] + r, shift, a->v == NULL ? NULL : a->v + r);
    }
    a->out[j] = __builtin_sqrt(sum / a->number);
}

void hone_panel_spread(struct hone_run *run, const struct hone_panel *p, const double *weight,
                       double total, double *spread)
{
    struct product a = {p, weight, total, spread};
    hone_parallel(run, p->cols, spread_chunk, &a);
}

struct pass {
    const struct hone_panel *p;
    const double *w;
    hone_panel_body *body;
    void *ctx;
    size_t parts;
    double *gradient; /* (parts)(cols + 1) */
    double *value;    /* (parts) */
};

static void pass_part(void *ctx, size_t part, size_t worker)
{
    const struct pass *a = ctx;
    const struct hone_panel *p = a->p;
    double *gradient = a->gradient + part * (p->cols + 1), score[HONE_PANEL_BLOCK];
    size_t end = hone_panel_part_row(p->rows, a->parts, part + 1);
    (void)worker;

    for (size_t r = hone_panel_part_row(p->rows, a->parts, part); r < end;
         r += HONE_PANEL_BLOCK) {
        size_t n = end - r < HONE_PANEL_BLOCK ? end - r : HONE_PANEL_BLOCK;
        struct product times = {p, a->w, a->w[p->cols], score};
        times_rows(&times, r, n);
        a->value[part] += a->body(a->ctx, r, n, score);
        for (size_t j = 0; j < p->cols; j++) {
            gradient[j] += block_dot(n, p->x[j] + r, p->shift == NULL ? 0 : p->shift[j], score);
        }
        for (size_t i = 0; i < n; i++) {
            gradient[p->cols] += score[i];
        }
    }
}

enum hone_code hone_panel_pass(struct hone_run *run, const struct hone_panel *p,
                               const double *w, hone_panel_body *body, void *ctx, double *value,
                               double *gradient)
{
    size_t wide = p->cols + 1;
    struct pass a = {p, w, body, ctx, hone_panel_parts(p->rows, wide), NULL, NULL};

    HONE_SCRATCH(run);
    HONE_TRY(hone_matrix(run, &run->scratch, &a.gradient, a.parts, wide));
    HONE_TRY(hone_array(run, &run->scratch, &a.value, a.parts));
    hone_parallel(run, a.parts, pass_part, &a);
    *value = 0;
    memset(gradient, 0, wide * sizeof *gradient);
    for (size_t part = 0; part < a.parts; part++) {
        *value += a.value[part];
        for (size_t j = 0; j < wide; j++) {
            gradient[j] += a.gradient[part * wide + j];
        }
    }
    return HONE_OK;
}

bool hone_solve_spd(size_t n, double *a, double *b)
{
    /* Symmetric: the lower triangle by rows is the upper by columns, and column-major needs no copy. */
    const int order = count(n);
    const int one = 1;
    int info = 0;
    if (n > 0) {
        hone_library_lock();
        hone_blas()->dposv("U", &order, &one, a, &order, b, &order, &info, 1);
        hone_library_unlock();
    }
    return info == 0;
}

void hone_mul_nt(size_t m, size_t n, size_t k, const double *a, const double *b, double *c)
{
    hone_library_lock();
    hone_blas()->dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, count(m), count(n), count(k),
                       1.0, a, count(k), b, count(k), 0.0, c, count(n));
    hone_library_unlock();
}

void hone_mul_tn_add(size_t m, size_t n, size_t k, const double *a, const double *b, double *c)
{
    hone_library_lock();
    hone_blas()->dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, count(m), count(n), count(k),
                       1.0, a, count(m), b, count(n), 1.0, c, count(n));
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
