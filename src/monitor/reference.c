#include "monitor/reference.h"

#include <math.h>

#include "base/hash.h"
#include "eval/order.h"

/* Nine digits are more than the graph's float inputs hold, and make short numbers.  Whole numbers and times keep
 * all of theirs: dates written as 20240229 are common, and equal values must stay equal. */
static double shorten(double x, enum hone_type type)
{
    char text[40];
    double out = x;

    if (hone_type_is_time(type) || !(fabs(x - nearbyint(x)) > 0)) {
        return x;
    }
    int len = snprintf(text, sizeof text, "%.9g", x);
    (void)hone_parse_f64((struct hone_str){text, (size_t)len}, &out);
    return out;
}

/* Whole numbers that hardly repeat and fill their range: numbers given out one after the other. */
static bool runs_on(size_t n, const double *sorted, enum hone_type type)
{
    size_t distinct = 1;

    if (type != HONE_INT64 || n < 100) {
        return false;
    }
    for (size_t i = 1; i < n; i++) {
        distinct += sorted[i] > sorted[i - 1] ? 1 : 0;
    }
    return (double)distinct >= 0.98 * (double)n && sorted[n - 1] - sorted[0] <= 20 * (double)n;
}

static enum hone_code describe_numbers(struct hone_run *run, const struct hone_column *c,
                                       struct hone_reference_column *r)
{
    double *v;
    size_t n = 0;
    double square = 0;
    double sum = 0;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &v, c->rows));
    for (size_t i = 0; i < c->rows; i++) {
        double x = hone_column_f64(c, i);
        if (isfinite(x)) {
            v[n++] = x;
        }
    }
    r->missing = c->rows - n;
    if (n == 0) {
        return HONE_OK;
    }
    HONE_TRY(hone_sort_f64(run, n, v));
    r->moves = hone_type_is_time(r->type) || runs_on(n, v, r->type);
    for (size_t i = 0; i < n; i++) {
        sum += v[i];
    }
    r->mean = sum / (double)n;
    for (size_t i = 0; i < n; i++) {
        square += (v[i] - r->mean) * (v[i] - r->mean);
    }
    r->std = n > 1 ? sqrt(square / (double)(n - 1)) : 0.0;
    r->min = v[0];
    r->max = v[n - 1];
    for (size_t k = 1; k < HONE_REFERENCE_BINS; k++) {
        double e =
            shorten(hone_quantile_sorted(n, v, (double)k / HONE_REFERENCE_BINS), r->type);
        /* An edge at or beyond the greatest value would leave the last bin empty. */
        if (e < r->max && (r->edges == 0 || e > r->edge[r->edges - 1])) {
            r->edge[r->edges++] = e;
        }
    }
    for (size_t i = 0, b = 0; i < n; i++) {
        while (b < r->edges && v[i] > r->edge[b]) {
            b++;
        }
        r->bin[b] += 1;
    }
    for (size_t k = 0; k < HONE_REFERENCE_GRID; k++) {
        double q = (double)k / (HONE_REFERENCE_GRID - 1);
        r->grid[k] = shorten(hone_quantile_sorted(n, v, q), r->type);
    }
    for (size_t i = 0, k = 0; k < HONE_REFERENCE_GRID; k++) {
        while (i < n && v[i] <= r->grid[k]) {
            i++;
        }
        r->upto[k] = (double)i;
    }
    return HONE_OK;
}

/* The text of a level: of booleans "true" and "false". */
static struct hone_str level_at(const struct hone_column *c, size_t row)
{
    if (c->type == HONE_BOOL) {
        return hone_str(hone_column_i64(c, row) != 0 ? "true" : "false");
    }
    return hone_column_str(c, row);
}

struct tally {
    size_t n;
    struct hone_str *text;
    double *count;
    double *half; /* of these, rows of the half that chooses which levels are listed */
};

/* Which half a row is in: neither order nor period of the rows matters. */
static bool chooses(size_t row)
{
    uint64_t at = row;
    return (hone_hash64(&at, sizeof at, 17) & 1) != 0;
}

static enum hone_code tally_levels(struct hone_run *run, const struct hone_column *c,
                                   struct tally *t)
{
    struct hone_map map = {.mem = &run->scratch};

    HONE_TRY(hone_array(run, &run->scratch, &t->text, c->rows));
    HONE_TRY(hone_array(run, &run->scratch, &t->count, c->rows));
    HONE_TRY(hone_array(run, &run->scratch, &t->half, c->rows));
    t->n = 0;
    for (size_t i = 0; i < c->rows; i++) {
        if (!hone_is_valid(c, i)) {
            continue;
        }
        struct hone_str s = level_at(c, i);
        uint32_t k = hone_map_add(&map, s, (uint32_t)t->n);
        if (k == UINT32_MAX) {
            return hone_no_room(run, "levels", t->n);
        }
        if (k == t->n) {
            t->text[t->n++] = s;
        }
        t->count[k] += 1;
        t->half[k] += chooses(i) ? 1 : 0;
    }
    return HONE_OK;
}

static bool before(const struct tally *t, const double *by, size_t a, size_t b)
{
    if (by[a] > by[b] || by[a] < by[b]) {
        return by[a] > by[b];
    }
    return hone_str_cmp(t->text[a], t->text[b]) < 0;
}

/* Keep level k in its place among the greatest. */
static size_t insert(const struct tally *t, const double *by, size_t k, size_t *top, size_t n)
{
    size_t at = n;

    if (n == HONE_REFERENCE_LEVELS) {
        if (!before(t, by, k, top[n - 1])) {
            return n;
        }
        at--;
    }
    for (; at > 0 && before(t, by, k, top[at - 1]); at--) {
        top[at] = top[at - 1];
    }
    top[at] = k;
    return n < HONE_REFERENCE_LEVELS ? n + 1 : n;
}

/* The levels to list, the commonest first; those of many were chosen by half of the rows. */
static size_t choose_levels(const struct tally *t, size_t *top)
{
    size_t chosen[HONE_REFERENCE_LEVELS];
    size_t n = 0;
    size_t listed = 0;

    for (size_t k = 0; k < t->n; k++) {
        n = insert(t, t->n > HONE_REFERENCE_LEVELS ? t->half : t->count, k, chosen, n);
    }
    for (size_t i = 0; i < n; i++) {
        listed = insert(t, t->count, chosen[i], top, listed);
    }
    return listed;
}

static enum hone_code describe_levels(struct hone_run *run, const struct hone_column *c,
                                      struct hone_arena *mem, struct hone_reference_column *r)
{
    struct tally t;
    size_t top[HONE_REFERENCE_LEVELS];
    double listed = 0;
    double fair = 0;
    HONE_SCRATCH(run);

    HONE_TRY(tally_levels(run, c, &t));
    r->missing = c->nulls;
    r->distinct = t.n;
    r->levels = choose_levels(&t, top);
    HONE_TRY(hone_array(run, mem, &r->level, r->levels));
    HONE_TRY(hone_array(run, mem, &r->count, r->levels));
    if (r->levels < t.n) {
        HONE_TRY(hone_array(run, mem, &r->fair, r->levels));
    }
    for (size_t k = 0; k < t.n; k++) {
        r->once += t.count[k] < 1.5 ? 1 : 0;
        fair += t.count[k] - t.half[k];
    }
    for (size_t k = 0; k < r->levels; k++) {
        struct hone_str s = t.text[top[k]];
        r->level[k] = (struct hone_str){hone_arena_text(mem, s.ptr, s.len), s.len};
        r->count[k] = t.count[top[k]];
        listed += r->count[k];
        if (r->fair != NULL) {
            r->fair[k] = t.count[top[k]] - t.half[top[k]];
            fair -= r->fair[k];
        }
    }
    r->other = (double)(c->rows - c->nulls) - listed;
    r->fair_other = r->fair != NULL ? fair : 0.0;
    return HONE_OK;
}

static enum hone_code describe(struct hone_run *run, const struct hone_table *t,
                               bool prediction, struct hone_arena *mem,
                               struct hone_reference *out)
{
    for (size_t j = 0; t != NULL && j < t->cols; j++) {
        const struct hone_column *c = &t->column[j];
        struct hone_reference_column *r = &out->column[out->cols];
        if (c->type == HONE_VECTOR || c->type == HONE_BINARY) {
            continue;
        }
        *r = (struct hone_reference_column){
            .name = hone_arena_text(mem, c->name, strlen(c->name)),
            .type = c->type,
            .prediction = prediction,
            .levels_only = hone_type_is_text(c->type) || c->type == HONE_BOOL,
            .rows = c->rows,
        };
        HONE_TRY(hone_check_cancel(run));
        if (r->levels_only) {
            HONE_TRY(describe_levels(run, c, mem, r));
        } else {
            HONE_TRY(describe_numbers(run, c, r));
        }
        /* Words that hardly come again have no distribution to compare. */
        if (!r->levels_only || r->distinct <= HONE_REFERENCE_LEVELS ||
            2 * r->distinct <= r->rows) {
            out->cols++;
        }
    }
    return HONE_OK;
}

enum hone_code hone_reference_make(struct hone_run *run, const struct hone_table *table,
                                   const struct hone_table *predictions, struct hone_arena *mem,
                                   struct hone_reference **out)
{
    struct hone_reference *r = hone_new(mem, struct hone_reference);
    size_t cols = table->cols + (predictions == NULL ? 0 : predictions->cols);

    if (table->rows == 0) {
        return hone_fail(run, HONE_E_ARG, "a reference needs rows");
    }
    if (predictions != NULL && predictions->rows != table->rows) {
        return hone_fail(run, HONE_E_SHAPE, "%zu rows but %zu predictions", table->rows,
                         predictions->rows);
    }
    r->rows = table->rows;
    HONE_TRY(hone_array(run, mem, &r->column, cols));
    HONE_TRY(describe(run, table, false, mem, r));
    HONE_TRY(describe(run, predictions, true, mem, r));
    *out = r;
    return HONE_OK;
}

const struct hone_reference_column *hone_reference_find(const struct hone_reference *reference,
                                                        struct hone_str name, bool prediction)
{
    for (size_t j = 0; j < reference->cols; j++) {
        const struct hone_reference_column *c = &reference->column[j];
        if (c->prediction == prediction && hone_str_is(name, c->name)) {
            return c;
        }
    }
    return NULL;
}
