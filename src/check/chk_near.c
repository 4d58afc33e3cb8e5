/*
 * Test rows that are nearly training rows: copies with noise, or with one field changed.  Two rows are near when
 * they agree in all columns but at most one, numbers to four digits.  The sum of a row's mixed cell hashes
 * less one of them stands for the row without that column, so that one pass finds all of them.
 */
#include <math.h>

#include "base/hash.h"
#include "check/check_priv.h"

#define TESTS   4000   /* rows looked for, evenly spaced */
#define TRAINS  100000 /* rows looked at, evenly spaced */
#define COLUMNS 60     /* columns looked at */

struct settings {
    double max;
};

/* The columns that both tables have. */
struct pair {
    size_t cols;
    const struct hone_column *train[COLUMNS], *test[COLUMNS];
};

/* A number to four digits, so that noise in the last ones does not hide a copy. */
static uint64_t coarse_hash(const struct hone_column *c, size_t row)
{
    double x = hone_column_f64(c, row);
    uint32_t bits;

    if (!hone_type_is_number(c->type) || !isfinite(x) || !(fabs(x) > 0)) {
        return hone_cell_hash(c, row);
    }
    double unit = pow(10, floor(log10(fabs(x))) - 3);
    float rough = (float)(rint(x / unit) * unit); /* one value however the last bits fell */
    memcpy(&bits, &rough, sizeof bits);
    return hone_mix64(bits + UINT64_C(0x9e3779b97f4a7c15));
}

/* The sum of the mixed cells of a row, and each of them. */
static uint64_t row_sum(const struct hone_column *const *c, size_t cols, size_t row,
                        uint64_t *cell)
{
    uint64_t sum = 0;

    for (size_t k = 0; k < cols; k++) {
        cell[k] = hone_mix64(coarse_hash(c[k], row) + k * UINT64_C(0x632be59bd9b4e019));
        sum += cell[k];
    }
    return sum;
}

static struct pair common_columns(const struct hone_check_ctx *ctx)
{
    struct pair p = {.cols = 0};

    for (size_t j = 0; j < ctx->table->cols && p.cols < COLUMNS; j++) {
        const struct hone_column *train;
        const struct hone_column *test;
        if (hone_both_parts(ctx, ctx->table->column[j].name, &train, &test) &&
            train->type != HONE_VECTOR && test->type != HONE_VECTOR &&
            !hone_is_id_like(train, &ctx->profile->column[j], 0.99, 50)) {
            p.train[p.cols] = train;
            p.test[p.cols++] = test;
        }
    }
    return p;
}

/*
 * Mark in hit (rows of a) which of every few rows of a are near some row of b; *looked gets how many were
 * looked at.  b may be a: no row is near itself.
 */
static enum hone_code find_near(struct hone_run *run, const struct hone_column *const *a,
                                const struct hone_column *const *b, size_t cols, bool *hit,
                                size_t *looked)
{
    struct hone_seen seen[COLUMNS];
    uint64_t cell[COLUMNS];
    bool self = a == b;
    size_t step = a[0]->rows / TESTS + 1;
    size_t stride = b[0]->rows / TRAINS + 1;
    HONE_SCRATCH(run);

    *looked = 0;
    for (size_t k = 0; k < cols; k++) {
        HONE_TRY(hone_seen_new(run, TESTS + 2, &run->scratch, &seen[k]));
    }
    for (size_t i = 0; i < a[0]->rows; i += step) {
        uint64_t sum = row_sum(a, cols, i, cell);
        for (size_t k = 0; k < cols; k++) {
            (void)hone_seen_add(&seen[k], sum - cell[k], (uint32_t)i);
        }
        (*looked)++;
    }
    for (size_t i = 0; i < b[0]->rows; i += stride) {
        uint64_t sum = row_sum(b, cols, i, cell);
        for (size_t k = 0; k < cols; k++) {
            uint32_t row = hone_seen_get(&seen[k], sum - cell[k]);
            if (row != UINT32_MAX && !(self && row == i)) {
                hit[row] = true;
            }
        }
        if (i % 8192 == 0) {
            HONE_TRY(hone_check_cancel(run));
        }
    }
    return HONE_OK;
}

/* Rows that are in training as they stand are row_overlap's matter. */
static enum hone_code clear_exact(struct hone_run *run, const struct hone_check_ctx *ctx,
                                  bool *hit)
{
    struct hone_seen seen;
    HONE_SCRATCH(run);

    HONE_TRY(hone_seen_new(run, ctx->table->rows, &run->scratch, &seen));
    for (size_t i = 0; i < ctx->table->rows; i++) {
        (void)hone_seen_add(&seen, ctx->features[i], 0);
    }
    for (size_t i = 0; i < ctx->test->rows; i++) {
        hit[i] = hit[i] && hone_seen_get(&seen, ctx->test_features[i]) == UINT32_MAX;
    }
    return HONE_OK;
}

static size_t count_hits(const bool *hit, size_t n)
{
    size_t found = 0;

    for (size_t i = 0; i < n; i++) {
        found += hit[i] ? 1 : 0;
    }
    return found;
}

static enum hone_code near_overlap(struct hone_run *run, const struct hone_check_ctx *ctx,
                                   const void *settings, struct hone_findings *findings)
{
    const struct settings *set = settings;
    struct pair p = common_columns(ctx);
    bool *hit;
    bool *own;
    size_t looked;
    size_t among;
    HONE_SCRATCH(run);

    if (p.cols < 4 || ctx->test->rows < 20 || ctx->table->rows < 20) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &run->scratch, &hit, ctx->test->rows));
    HONE_TRY(hone_array(run, &run->scratch, &own, ctx->table->rows));
    HONE_TRY(find_near(run, p.test, p.train, p.cols, hit, &looked));
    HONE_TRY(clear_exact(run, ctx, hit));
    size_t found = count_hits(hit, ctx->test->rows);
    double share = (double)found / (double)looked;
    if (share < set->max) {
        return HONE_OK;
    }
    HONE_TRY(find_near(run, p.train, p.train, p.cols, own, &among));
    double natural = (double)count_hits(own, ctx->table->rows) / (double)among;
    if (share < 3 * natural) {
        return HONE_OK; /* a coarse table, whose rows are near each other anyway */
    }
    struct hone_finding *f = hone_finding_add(findings, "near_overlap", HONE_WARN, NULL);
    for (size_t i = 0; i < ctx->test->rows; i++) {
        if (hit[i]) {
            hone_finding_row(f, i);
        }
    }
    f->value = share;
    f->threshold = set->max;
    f->message =
        HONE_SAY(findings,
                 "%.2g %% of the test rows are training rows but for one column or for "
                 "digits behind the fourth",
                 100 * share);
    f->advice = "copies with noise? results on them are remembered, not predicted";
    return HONE_OK;
}

static const struct hone_param rows[] = {
    HONE_REAL(
        struct settings, max, 0.02, 0, 1,
        .help = "warn from this share of test rows on, if it is three times what training rows "
                "have among themselves"),
    HONE_PARAM_END,
};

const struct hone_check hone_check_near_overlap = {
    .part.name = "near_overlap",
    .part.summary = "no test row is nearly a training row",
    .part.settings_size = sizeof(struct settings),
    .part.params = rows,
    .stage = HONE_CHECK_SPLIT,
    .look = near_overlap,
};
