#include "table/sample.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "table/keys_priv.h"

struct draw {
    double key;
    size_t row;
};

static int by_key(const void *a, const void *b)
{
    const struct draw *x = a;
    const struct draw *y = b;
    return x->key != y->key ? (x->key < y->key) - (x->key > y->key)
                            : (x->row > y->row) - (x->row < y->row);
}

static int by_row(const void *a, const void *b)
{
    size_t x = *(const size_t *)a;
    size_t y = *(const size_t *)b;
    return (x > y) - (x < y);
}

static struct hone_rng stream(const struct hone_run *run)
{
    return hone_rng(run->seed, hone_rng_name("sample"));
}

static enum hone_code weights_of(struct hone_run *run, const struct hone_table *t,
                                 const char *column, struct hone_arena *mem, double **out,
                                 size_t *positive)
{
    const struct hone_column *c;
    double *weight;

    HONE_TRY(hone_table_need(run, t, hone_str(column), &c));
    if (!hone_type_is_number(c->type)) {
        return hone_fail(run, HONE_E_ARG, "weights are numbers, but column %s is %s", column,
                         hone_type_name(c->type));
    }
    HONE_TRY(hone_array(run, mem, &weight, t->rows));
    *positive = 0;
    for (size_t i = 0; i < t->rows; i++) {
        weight[i] = hone_is_valid(c, i) ? hone_column_f64(c, i) : 0.0;
        if (!(weight[i] >= 0.0) || isinf(weight[i])) {
            return hone_fail(run, HONE_E_ARG,
                             "row %zu: the weight %g is no finite number from 0 on", i + 1,
                             weight[i]);
        }
        *positive += weight[i] > 0.0;
    }
    *out = weight;
    return HONE_OK;
}

/* n of the rows listed, without replacement: Fisher and Yates, stopped after n. */
static void draw_plain(struct hone_rng *rng, size_t *row, size_t rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t k = i + hone_rng_below(rng, rows - i);
        size_t swap = row[i];
        row[i] = row[k];
        row[k] = swap;
    }
}

/* Without replacement: the n greatest u^(1/w). */
static enum hone_code draw_weighted(struct hone_run *run, const double *weight, size_t rows,
                                    size_t n, size_t *row)
{
    struct hone_rng rng = stream(run);
    struct draw *draw;
    size_t count = 0;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &draw, rows));
    for (size_t i = 0; i < rows; i++) {
        double u = 1.0 - hone_rng_unit(&rng);
        if (weight[i] > 0.0) {
            draw[count++] = (struct draw){log(u) / weight[i], i};
        }
    }
    if (count > 1) {
        qsort(draw, count, sizeof *draw, by_key);
    }
    for (size_t i = 0; i < n; i++) {
        row[i] = draw[i].row;
    }
    return HONE_OK;
}

/* With replacement: by the running sum of the weights. */
static enum hone_code draw_again(struct hone_run *run, const double *weight, size_t rows,
                                 size_t n, size_t *row)
{
    struct hone_rng rng = stream(run);
    double *upto;
    double total = 0.0;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &upto, rows));
    for (size_t i = 0; i < rows; i++) {
        total += weight == NULL ? 1.0 : weight[i];
        upto[i] = total;
    }
    for (size_t i = 0; i < n; i++) {
        double at = hone_rng_unit(&rng) * total;
        size_t low = 0;
        size_t high = rows - 1;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (upto[middle] > at) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        row[i] = low;
    }
    return HONE_OK;
}

struct share {
    double rest;
    size_t stratum;
};

static int by_rest(const void *a, const void *b)
{
    const struct share *x = a;
    const struct share *y = b;
    return x->rest != y->rest ? (x->rest < y->rest) - (x->rest > y->rest)
                              : (x->stratum > y->stratum) - (x->stratum < y->stratum);
}

/* Of each stratum its share of n; largest remainders get what rounding left. */
static enum hone_code draw_strata(struct hone_run *run, const struct hone_table *t,
                                  const struct hone_sample *sample, size_t n, size_t *row)
{
    const struct hone_column *c;
    struct keys keys;
    struct share *share;
    struct hone_rng rng = stream(run);
    uint32_t *id;
    uint32_t *start;
    uint32_t *list;
    size_t *quota;
    size_t *pick;
    size_t strata;
    size_t given = 0;
    size_t at = 0;
    HONE_ARENA(work);

    HONE_TRY(hone_table_need(run, t, hone_str(sample->stratify), &c));
    HONE_TRY(hone_keys_of(run, c, false, &work, &keys));
    HONE_TRY(hone_array(run, &work, &id, t->rows));
    HONE_TRY(hone_keys_dense_many(run, &keys, 1, t->rows, &work, id, NULL, &strata));
    HONE_TRY(hone_keys_lists(run, id, t->rows, strata, &work, &start, &list));
    HONE_TRY(hone_array(run, &work, &share, strata));
    HONE_TRY(hone_array(run, &work, &quota, strata));
    HONE_TRY(hone_array(run, &work, &pick, t->rows));
    for (size_t s = 0; s < strata; s++) {
        double exact = (double)n * (double)(start[s + 1] - start[s]) / (double)t->rows;
        quota[s] = (size_t)exact;
        given += quota[s];
        share[s] = (struct share){exact - floor(exact), s};
    }
    if (strata > 1) {
        qsort(share, strata, sizeof *share, by_rest);
    }
    for (size_t s = 0; given < n; s = s + 1 == strata ? 0 : s + 1) {
        size_t k = share[s].stratum;
        if (sample->replace || quota[k] < start[k + 1] - start[k]) {
            quota[k]++;
            given++;
        }
    }
    for (size_t s = 0; s < strata; s++) {
        size_t rows = start[s + 1] - start[s];
        for (size_t i = 0; i < rows; i++) {
            pick[i] = list[start[s] + i];
        }
        if (!sample->replace) {
            draw_plain(&rng, pick, rows, quota[s]);
        }
        for (size_t i = 0; i < quota[s]; i++) {
            row[at++] = pick[sample->replace ? hone_rng_below(&rng, rows) : i];
        }
    }
    return HONE_OK;
}

/* How many rows are wanted, and whether there are so many. */
static enum hone_code count_rows(struct hone_run *run, const struct hone_sample *sample,
                                 size_t rows, size_t available, size_t *n)
{
    if (sample->n == 0 &&
        (!(sample->fraction >= 0.0) || sample->fraction > (sample->replace ? 1e6 : 1.0))) {
        return hone_fail(run, HONE_E_ARG, "a share of the rows is from 0 to 1, not %g",
                         sample->fraction);
    }
    *n = sample->n > 0 ? sample->n : (size_t)llround(sample->fraction * (double)rows);
    if (*n > 0 && (available == 0 || (!sample->replace && *n > available))) {
        (void)hone_fail(run, HONE_E_ARG, "%zu rows are wanted, %zu can be drawn", *n,
                        available);
        return hone_hint(run, "with replacement a row may come more than once");
    }
    return HONE_OK;
}

enum hone_code hone_table_sample(struct hone_run *run, const struct hone_table *t,
                                 const struct hone_sample *sample, struct hone_arena *mem,
                                 struct hone_table **out)
{
    double *weight = NULL;
    size_t available = t->rows;
    size_t *row;
    size_t n = 0;
    HONE_ARENA(work);

    if (sample->weight != NULL && sample->stratify != NULL) {
        return hone_fail(run, HONE_E_ARG, "weights and strata do not go together");
    }
    if (sample->weight != NULL) {
        HONE_TRY(weights_of(run, t, sample->weight, &work, &weight, &available));
    }
    HONE_TRY(count_rows(run, sample, t->rows, available, &n));
    HONE_TRY(hone_array(run, &work, &row, n > t->rows ? n : t->rows));
    if (sample->stratify != NULL) {
        HONE_TRY(draw_strata(run, t, sample, n, row));
    } else if (sample->replace) {
        HONE_TRY(draw_again(run, weight, t->rows, n, row));
    } else if (weight != NULL) {
        HONE_TRY(draw_weighted(run, weight, t->rows, n, row));
    } else {
        struct hone_rng rng = stream(run);
        for (size_t i = 0; i < t->rows; i++) {
            row[i] = i;
        }
        draw_plain(&rng, row, t->rows, n);
    }
    if (n > 1) {
        qsort(row, n, sizeof *row, by_row);
    }
    return hone_table_take(run, t, row, n, mem, out);
}
