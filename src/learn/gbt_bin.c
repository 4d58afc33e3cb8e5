/* Columns of floats to codes of one byte: where the edges lie, and the codes of rows. */
#include <float.h>
#include <math.h>

#include "base/pool.h"
#include "base/rng.h"
#include "learn/gbt_priv.h"

/* Rows that decide the edges. */
#define SAMPLE 200000

/* Floats as integers in the same order, and back. */
static uint32_t key_of(float x)
{
    uint32_t u;
    x += 0.0F; /* -0 and 0 are one value */
    memcpy(&u, &x, sizeof u);
    return (u & 0x80000000U) != 0 ? ~u : u | 0x80000000U;
}

static float of_key(uint32_t key)
{
    float x;
    uint32_t u = (key & 0x80000000U) != 0 ? key & 0x7FFFFFFFU : ~key;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* Radix sort, three passes of 11, 11 and 10 bits. The result is in spare when *out says so. */
static uint32_t *sort_keys(size_t n, uint32_t *key, uint32_t *spare)
{
    static const unsigned shift[3] = {0, 11, 22};

    for (size_t pass = 0; pass < 3; pass++) {
        size_t start[2048] = {0};
        size_t sum = 0;
        for (size_t i = 0; i < n; i++) {
            start[(key[i] >> shift[pass]) & 2047U]++;
        }
        for (size_t b = 0; b < 2048; b++) {
            size_t here = start[b];
            start[b] = sum;
            sum += here;
        }
        for (size_t i = 0; i < n; i++) {
            spare[start[(key[i] >> shift[pass]) & 2047U]++] = key[i];
        }
        uint32_t *other = key;
        key = spare;
        spare = other;
    }
    return key;
}

/* A float t with a <= t < b, as near to the middle as there is. */
static float between(float a, float b)
{
    float t = (float)((double)a + ((double)b - (double)a) / 2);
    return t >= a && t < b ? t : a;
}

/* Distinct keys in place with their counts. */
static size_t distinct(size_t n, uint32_t *key, double *count)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        if (m > 0 && key[m - 1] == key[i]) {
            count[m - 1] += 1;
        } else {
            key[m] = key[i];
            count[m] = 1;
            m++;
        }
    }
    return m;
}

/*
 * The last distinct value of each code but the highest, at most bins - 1 of them.  A value that is
 * frequent enough to fill a code alone gets one; the others share what is left equally.
 */
static size_t cut(size_t m, const double *count, double total, size_t bins, uint32_t *last)
{
    size_t n = 0;
    double held = 0, heavy = 0, rest = total, share = total / (double)bins;

    for (size_t i = 0; i < m; i++) {
        if (count[i] >= share) {
            heavy += 1;
            rest -= count[i];
        }
    }
    double shares = fmax((double)bins - heavy, 1); /* codes left for light values */
    for (size_t i = 0; i + 1 < m && n + 1 < bins; i++) {
        bool alone = count[i] >= share;
        bool next_alone = count[i + 1] >= share;
        held += count[i];
        bool full = held * shares >= rest;
        if (alone || full || (next_alone && 2 * held * shares >= rest)) {
            if (!alone) {
                rest = fmax(rest - held, 0);
                shares = fmax(shares - 1, 1);
            }
            last[n++] = (uint32_t)i;
            held = 0;
        }
    }
    return n;
}

/* The weight of each distinct key instead of its rows; returns the weight of all. */
static double weigh(const struct hone_design *d, const float *x, const size_t *pick, size_t n,
                    size_t m, const uint32_t *key, double *count)
{
    double total = 0;

    memset(count, 0, m * sizeof *count);
    for (size_t i = 0; i < n; i++) {
        size_t row = pick == NULL ? i : pick[i], low = 0, high = m;
        if (isnan(x[row])) {
            continue;
        }
        uint32_t k = key_of(x[row]);
        while (high - low > 1) {
            size_t half = low + (high - low) / 2;
            *(key[half] <= k ? &low : &high) = half;
        }
        count[low] += d->weight[row];
        total += d->weight[row];
    }
    return total;
}

/* --- rows that count ------------------------------------------------------------------------- */

struct compact {
    const struct hone_design *from;
    const size_t *row; /* (n) */
    size_t n;
    float **x;
};

static void compact_column(void *ctx, size_t chunk, size_t worker)
{
    const struct compact *c = ctx;
    (void)worker;
    for (size_t i = 0; i < c->n; i++) {
        c->x[chunk][i] = c->from->x[chunk][c->row[i]];
    }
}

enum hone_code hone_gbt_present(struct hone_run *run, const struct hone_design *d,
                                struct hone_arena *mem, struct hone_design *out)
{
    struct compact c = {.from = d};
    size_t absent = 0, *row;
    double *y, *weight;

    for (size_t i = 0; d->weight != NULL && i < d->rows; i++) {
        absent += d->weight[i] > 0 ? 0 : 1;
    }
    *out = *d;
    if (absent == 0) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, mem, &row, d->rows));
    for (size_t i = 0; i < d->rows; i++) {
        if (d->weight[i] > 0) {
            row[c.n++] = i;
        }
    }
    HONE_TRY(hone_array(run, mem, &y, c.n));
    HONE_TRY(hone_array(run, mem, &weight, c.n));
    HONE_TRY(hone_array(run, mem, &c.x, d->cols));
    for (size_t j = 0; j < d->cols; j++) {
        HONE_TRY(hone_array(run, mem, &c.x[j], c.n));
    }
    c.row = row;
    hone_parallel(run, d->cols, compact_column, &c);
    for (size_t i = 0; i < c.n; i++) {
        y[i] = d->y[row[i]];
        weight[i] = d->weight[row[i]];
    }
    out->rows = c.n;
    out->x = (const float *const *)c.x;
    out->y = y;
    out->weight = weight;
    return HONE_OK;
}

/* --- edges ------------------------------------------------------------------------------------ */

struct fit {
    const struct hone_design *d;
    const size_t *pick; /* (n) rows of the sample; NULL: all */
    size_t n, max_bins;
    struct hone_gbt_column *column;
    float *edge;  /* (cols)(256) */
    float *value; /* (cols)(256) of categories */
};

static enum hone_code fit_column(struct hone_run *worker, void *ctx, size_t j)
{
    const struct fit *f = ctx;
    const float *x = f->d->x[j];
    float *edge = f->edge + j * 256;
    bool category = f->d->category != NULL && f->d->category[j];
    const size_t *pick = category ? NULL : f->pick; /* a rare category is one all the same */
    uint32_t *key, *spare, last[256];
    double *count;
    size_t n = 0, rows = pick == NULL ? f->d->rows : f->n;

    HONE_SCRATCH(worker);
    HONE_TRY(hone_array(worker, &worker->scratch, &key, rows));
    HONE_TRY(hone_array(worker, &worker->scratch, &spare, rows));
    HONE_TRY(hone_array(worker, &worker->scratch, &count, rows));
    for (size_t i = 0; i < rows; i++) {
        float v = x[pick == NULL ? i : pick[i]];
        if (!isnan(v)) {
            key[n++] = key_of(v);
        }
    }
    key = sort_keys(n, key, spare);
    size_t m = distinct(n, key, count);
    size_t edges = 0;
    if (m <= f->max_bins) {
        for (; edges + 1 < m; edges++) {
            last[edges] = (uint32_t)edges;
        }
    } else {
        double total =
            f->d->weight == NULL ? (double)n : weigh(f->d, x, pick, rows, m, key, count);
        edges = cut(m, count, total, f->max_bins, last);
    }
    for (size_t b = 0; b < edges; b++) {
        edge[b] = between(of_key(key[last[b]]), of_key(key[last[b] + 1]));
    }
    edge[edges] = FLT_MAX;
    if (category && m > 0 && m <= f->max_bins) {
        f->column[j].category = true;
        f->column[j].value = f->value + j * 256;
        for (size_t b = 0; b < m; b++) {
            f->value[j * 256 + b] = of_key(key[b]);
        }
    }
    f->column[j].edge = edge;
    f->column[j].edges = edges;
    for (size_t i = 0; i < f->d->rows; i++) {
        if (isnan(x[i])) {
            f->column[j].missing = true;
        } else if (x[i] > FLT_MAX) {
            edge[edges] = HUGE_VALF;
        }
    }
    return HONE_OK;
}

enum hone_code hone_gbt_bin_fit(struct hone_run *run, const struct hone_design *d,
                                size_t max_bins, struct hone_arena *mem,
                                struct hone_gbt_bins *out)
{
    struct fit f = {.d = d, .n = d->rows, .max_bins = max_bins};
    size_t *pick;

    HONE_TRY(hone_array(run, mem, &f.column, d->cols));
    HONE_TRY(hone_matrix(run, mem, &f.edge, d->cols, (size_t)256));
    HONE_TRY(hone_matrix(run, mem, &f.value, d->category == NULL ? 0 : d->cols, (size_t)256));
    if (d->rows > SAMPLE) {
        /* One row at random out of each of SAMPLE equal stretches. */
        struct hone_rng rng = hone_rng(run->seed, hone_rng_name("gbt bins"));
        f.n = SAMPLE;
        HONE_TRY(hone_array(run, mem, &pick, f.n));
        for (size_t i = 0; i < f.n; i++) {
            size_t from = i * d->rows / SAMPLE, to = (i + 1) * d->rows / SAMPLE;
            pick[i] = from + (size_t)hone_rng_below(&rng, to - from);
        }
        f.pick = pick;
    }
    HONE_TRY(hone_parallel_try(run, d->cols, fit_column, &f));
    size_t slots = 0;
    for (size_t j = 0; j < d->cols; j++) {
        f.column[j].slot = slots;
        slots += f.column[j].edges + 1 + (f.column[j].missing ? 1 : 0);
    }
    out->cols = d->cols;
    out->column = f.column;
    out->slots = slots;
    return HONE_OK;
}

struct apply {
    const struct hone_gbt_bins *bins;
    const struct hone_design *d;
    struct hone_gbt_matrix *m;
};

/* Rows whose codes are made together, so that they lie in a near cache while their columns are filled in. */
#define BATCH 2048

/* The number of edges below x, found without branches; edge[edges] is above all. */
static uint8_t code_of(const struct hone_gbt_column *c, float x)
{
    const float *at = c->edge;
    size_t n = c->edges;

    if (isnan(x)) {
        return (uint8_t)(c->edges + 1);
    }
    while (n > 0) {
        size_t half = (n + 1) / 2;
        at += (size_t)(x > at[half - 1]) * half; /* no branch to mispredict */
        n -= half;
    }
    return (uint8_t)(at - c->edge);
}

static void apply_block(void *ctx, size_t chunk, size_t worker)
{
    const struct apply *a = ctx;
    struct hone_gbt_matrix *m = a->m;
    size_t begin = chunk * BATCH, stride = m->groups * HONE_GBT_GROUP;
    size_t end = begin + BATCH < m->rows ? begin + BATCH : m->rows;
    (void)worker;

    for (size_t j = 0; j < m->cols; j++) {
        const struct hone_gbt_column *c = &a->bins->column[j];
        const float *x = a->d->x[j];
        for (size_t i = begin; i < end; i++) {
            uint8_t code = code_of(c, x[i]);
            m->code[i * stride + j] = code;
            if (m->column != NULL) {
                m->column[j * m->rows + i] = code;
            }
        }
    }
}

enum hone_code hone_gbt_bin_apply(struct hone_run *run, const struct hone_gbt_bins *bins,
                                  const struct hone_design *d, bool columns,
                                  struct hone_arena *mem, struct hone_gbt_matrix *out)
{
    struct apply a = {.bins = bins, .d = d, .m = out};
    struct hone_gbt_matrix m = {.rows = d->rows, .cols = bins->cols};

    m.groups = (bins->cols + HONE_GBT_GROUP - 1) / HONE_GBT_GROUP;
    HONE_TRY(hone_matrix(run, mem, &m.code, hone_product(m.groups, d->rows),
                         (size_t)HONE_GBT_GROUP));
    if (columns) {
        HONE_TRY(hone_matrix(run, mem, &m.column, bins->cols, d->rows));
    }
    *out = m;
    hone_parallel(run, (d->rows + BATCH - 1) / BATCH, apply_block, &a);
    return HONE_OK;
}
