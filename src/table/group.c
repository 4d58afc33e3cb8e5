#include "table/group.h"

#include <math.h>
#include <stdlib.h>

#include "base/pool.h"
#include "table/keys_priv.h"
#include "table/sort.h"

__extension__ typedef __int128 wide;

/* --- groups -------------------------------------------------------------------------------------- */

struct groups {
    size_t n, rows;
    uint32_t *id;    /* (rows) the group of each */
    uint32_t *start; /* (n + 1) NULL until list_groups */
    uint32_t *row;   /* (rows) by group, ascending */
    size_t *first;   /* (n) first row */
};

/* Groups of the rows, in the order of their keys. */
static enum hone_code find_groups(struct hone_run *run, const struct hone_table *t,
                                  const char *const *by, size_t n_by, bool ordered,
                                  struct hone_arena *mem, struct groups *g)
{
    struct keys *keys;
    uint32_t *id;
    uint32_t *first;
    HONE_ARENA(work);

    HONE_TRY(hone_keys_check_rows(run, t->rows));
    HONE_TRY(hone_array(run, &work, &keys, n_by));
    HONE_TRY(hone_array(run, mem, &id, t->rows));
    for (size_t k = 0; k < n_by; k++) {
        const struct hone_column *c;
        HONE_TRY(hone_table_need(run, t, hone_str(by[k]), &c));
        HONE_TRY(hone_keys_of(run, c, false, &work, &keys[k]));
    }
    HONE_TRY(hone_keys_dense_many(run, keys, n_by, t->rows, &work, id, &first, &g->n));
    if (ordered && g->n > 0) {
        struct hone_sort_key *sort;
        struct hone_table *some;
        struct hone_table *keys_only;
        size_t *order;
        uint32_t *place;
        HONE_TRY(hone_array(run, &work, &sort, n_by));
        HONE_TRY(hone_array(run, &work, &order, g->n));
        for (size_t k = 0; k < n_by; k++) {
            sort[k].column = by[k];
        }
        for (size_t i = 0; i < g->n; i++) {
            order[i] = first[i];
        }
        HONE_TRY(hone_table_select(run, t, by, n_by, &work, &keys_only));
        HONE_TRY(hone_table_take(run, keys_only, order, g->n, &work, &some));
        HONE_TRY(hone_sort_order(run, some, sort, n_by, &work, &order));
        HONE_TRY(hone_array(run, &work, &place, g->n));
        for (size_t i = 0; i < g->n; i++) {
            place[order[i]] = (uint32_t)i;
        }
        for (size_t i = 0; i < t->rows; i++) {
            id[i] = place[id[i]];
        }
    }
    g->id = id;
    g->rows = t->rows;
    HONE_TRY(hone_array(run, mem, &g->first, g->n));
    for (size_t i = t->rows; i > 0; i--) {
        g->first[id[i - 1]] = i - 1;
    }
    return HONE_OK;
}

/* --- aggregates ------------------------------------------------------------------------------------ */

struct sum {
    double value, rest;
};

/* Neumaier's compensated sum, ZAMM 54, 1974. */
static void sum_add(struct sum *s, double x)
{
    double t = s->value + x;

    if (isfinite(t)) {
        s->rest += fabs(s->value) >= fabs(x) ? (s->value - t) + x : (x - t) + s->value;
    }
    s->value = t;
}

static double sum_of(const struct sum *s)
{
    return s->value + s->rest;
}

struct job {
    const struct groups *g;
    const struct hone_aggregate *a;
    const struct hone_column *c; /* NULL: rows */
    const struct keys *keys;     /* distinct */
    struct part *part;           /* (blocks, n) NULL: goes by groups */
    double *real;                /* (n) results, by kind */
    int64_t *integer;            /* (n) */
    size_t *row;      /* (n) where the result stands in the column; SIZE_MAX: nowhere */
    uint8_t *missing; /* (n) */
};

static bool is_integer(const struct hone_column *c)
{
    return c != NULL && (c->type == HONE_INT64 || c->type == HONE_BOOL);
}

/* What is known of the values of a group, or of those in one block of rows. */
struct part {
    struct sum sum;
    wide exact;
    size_t count;
    size_t row; /* of the least or greatest; SIZE_MAX: none */
};

static enum hone_code finish_sum(struct hone_run *run, const struct job *job, size_t group,
                                 const struct part *p)
{
    bool integer = is_integer(job->c);

    if (job->a->kind == HONE_AGGREGATE_MEAN) {
        job->missing[group] = p->count == 0;
        job->real[group] = (integer ? (double)p->exact : sum_of(&p->sum)) /
                           (double)(p->count == 0 ? 1 : p->count);
    } else if (!integer) {
        job->real[group] = sum_of(&p->sum);
    } else if (p->exact > INT64_MAX || p->exact < INT64_MIN) {
        return hone_fail(run, HONE_E_NUMERIC,
                         "the sum of column %s over the group of row %zu does not fit int64",
                         job->c->name, job->g->first[group] + 1);
    } else {
        job->integer[group] = (int64_t)p->exact;
    }
    return HONE_OK;
}

static enum hone_code one_sum(struct hone_run *run, const struct job *job, size_t group,
                              size_t count)
{
    const struct groups *g = job->g;
    struct part all = {.count = count};
    bool integer = is_integer(job->c);

    for (size_t i = g->start[group]; i < g->start[group + 1]; i++) {
        if (!hone_is_valid(job->c, g->row[i])) {
            continue;
        }
        if (integer) {
            all.exact += hone_column_i64(job->c, g->row[i]);
        } else {
            sum_add(&all.sum, hone_column_f64(job->c, g->row[i]));
        }
    }
    return finish_sum(run, job, group, &all);
}

/* Two passes, the mean first: no cancellation. */
static void one_variance(const struct job *job, size_t group, size_t count)
{
    const struct groups *g = job->g;
    struct sum sum = {0};
    struct sum squares = {0};
    struct sum rest = {0};
    double mean;
    double var;

    job->missing[group] = count < 2;
    if (count < 2) {
        return;
    }
    for (size_t i = g->start[group]; i < g->start[group + 1]; i++) {
        if (hone_is_valid(job->c, g->row[i])) {
            sum_add(&sum, hone_column_f64(job->c, g->row[i]));
        }
    }
    mean = sum_of(&sum) / (double)count;
    for (size_t i = g->start[group]; i < g->start[group + 1]; i++) {
        if (hone_is_valid(job->c, g->row[i])) {
            double d = hone_column_f64(job->c, g->row[i]) - mean;
            sum_add(&squares, d * d);
            sum_add(&rest, d);
        }
    }
    var = (sum_of(&squares) - sum_of(&rest) * sum_of(&rest) / (double)count) /
          (double)(count - 1);
    job->real[group] = job->a->kind == HONE_AGGREGATE_STD ? sqrt(var) : var;
}

/* Put the kth smallest (from 0) of x in its place, smaller ones before it.  Hoare 1961, median of three. */
static double nth(double *x, size_t n, size_t k)
{
    size_t low = 0;
    size_t high = n - 1;

    while (low < high) {
        double a = x[low];
        double b = x[low + (high - low) / 2];
        double c = x[high];
        double pivot = a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
        size_t i = low;
        size_t j = high;
        for (;;) {
            while (x[i] < pivot) {
                i++;
            }
            while (x[j] > pivot) {
                j--;
            }
            if (i >= j) {
                break;
            }
            double swap = x[i];
            x[i++] = x[j];
            x[j--] = swap;
        }
        if (k <= j) {
            high = j;
        } else {
            low = j + 1;
        }
    }
    return x[k];
}

static enum hone_code one_quantile(struct hone_run *run, const struct job *job, size_t group,
                                   size_t count)
{
    const struct groups *g = job->g;
    double q = job->a->kind == HONE_AGGREGATE_MEDIAN ? 0.5 : job->a->q;
    double *x;
    size_t n = 0;
    bool nan = false;
    HONE_SCRATCH(run);

    job->missing[group] = count == 0;
    if (count == 0) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &run->scratch, &x, count));
    for (size_t i = g->start[group]; i < g->start[group + 1]; i++) {
        if (hone_is_valid(job->c, g->row[i])) {
            x[n] = hone_column_f64(job->c, g->row[i]);
            nan |= x[n] != x[n];
            n++;
        }
    }
    if (nan) {
        job->real[group] = (double)NAN;
        return HONE_OK;
    }
    double place = q * (double)(n - 1);
    size_t below = (size_t)place;
    double low = nth(x, n, below);
    double share = place - (double)below;
    double high = low;
    if (below + 1 < n && share > 0.0) {
        high = x[below + 1];
        for (size_t i = below + 2; i < n; i++) {
            high = x[i] < high ? x[i] : high;
        }
    }
    /* from the nearer end, as NumPy: the middle of two is then their mean */
    job->real[group] = low == high    ? low
                       : share >= 0.5 ? high - (high - low) * (1.0 - share)
                                      : low + (high - low) * share;
    return HONE_OK;
}

static int by_code(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static enum hone_code one_distinct(struct hone_run *run, const struct job *job, size_t group,
                                   size_t count)
{
    const struct groups *g = job->g;
    uint64_t *code;
    size_t n = 0;
    int64_t distinct = 0;
    HONE_SCRATCH(run);

    if (job->keys->span < 4096 || job->keys->span < count * 8) {
        uint8_t *seen;
        HONE_TRY(hone_array(run, &run->scratch, &seen, (size_t)job->keys->span + 1));
        for (size_t i = g->start[group]; i < g->start[group + 1]; i++) {
            uint64_t value = job->keys->code[g->row[i]];
            distinct += value != 0 && !seen[value];
            seen[value] = 1;
        }
        job->integer[group] = distinct;
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &run->scratch, &code, count));
    for (size_t i = g->start[group]; i < g->start[group + 1]; i++) {
        uint64_t value = job->keys->code[g->row[i]];
        if (value != 0) {
            code[n++] = value;
        }
    }
    if (n > 1) {
        qsort(code, n, sizeof *code, by_code);
    }
    for (size_t i = 0; i < n; i++) {
        distinct += i == 0 || code[i] != code[i - 1];
    }
    job->integer[group] = distinct;
    return HONE_OK;
}

/* Whether the value at row a goes before the one at row b: texts by bytes, codes by code, NaN last. */
static bool goes_before(const struct hone_column *c, size_t a, size_t b, bool least)
{
    double x;
    double y;
    int order;

    switch (c->type) {
    case HONE_FLOAT32:
    case HONE_FLOAT64:
        x = hone_column_f64(c, a);
        y = hone_column_f64(c, b);
        return y != y ? x == x : least ? x < y : x > y;
    case HONE_UTF8:
    case HONE_BINARY:
        order = hone_str_cmp(hone_column_str(c, a), hone_column_str(c, b));
        return least ? order < 0 : order > 0;
    default:
        return least ? hone_column_i64(c, a) < hone_column_i64(c, b)
                     : hone_column_i64(c, a) > hone_column_i64(c, b);
    }
}

static void one_row(const struct job *job, size_t group)
{
    const struct groups *g = job->g;
    enum hone_aggregate_kind kind = job->a->kind;
    size_t best = SIZE_MAX;

    for (size_t i = g->start[group]; i < g->start[group + 1]; i++) {
        size_t row = g->row[i];
        if (!hone_is_valid(job->c, row)) {
            continue;
        }
        if (best == SIZE_MAX || kind == HONE_AGGREGATE_LAST ||
            ((kind == HONE_AGGREGATE_MIN || kind == HONE_AGGREGATE_MAX) &&
             goes_before(job->c, row, best, kind == HONE_AGGREGATE_MIN))) {
            best = row;
        }
        if (kind == HONE_AGGREGATE_FIRST || kind == HONE_AGGREGATE_ANY) {
            break;
        }
    }
    job->row[group] = best;
}

static enum hone_code one(struct hone_run *run, const struct job *job, size_t group)
{
    const struct groups *g = job->g;
    size_t count = g->start[group + 1] - g->start[group];

    if (job->c != NULL && job->c->valid != NULL) {
        count = 0;
        for (size_t i = g->start[group]; i < g->start[group + 1]; i++) {
            count += hone_is_valid(job->c, g->row[i]);
        }
    }
    switch (job->a->kind) {
    case HONE_AGGREGATE_COUNT:
        job->integer[group] = (int64_t)count;
        return HONE_OK;
    case HONE_AGGREGATE_DISTINCT:
        return one_distinct(run, job, group, count);
    case HONE_AGGREGATE_SUM:
    case HONE_AGGREGATE_MEAN:
        return one_sum(run, job, group, count);
    case HONE_AGGREGATE_STD:
    case HONE_AGGREGATE_VAR:
        one_variance(job, group, count);
        return HONE_OK;
    case HONE_AGGREGATE_MEDIAN:
    case HONE_AGGREGATE_QUANTILE:
        return one_quantile(run, job, group, count);
    default:
        one_row(job, group);
        return HONE_OK;
    }
}

static bool takes_row(enum hone_aggregate_kind kind)
{
    return kind == HONE_AGGREGATE_MIN || kind == HONE_AGGREGATE_MAX ||
           kind == HONE_AGGREGATE_FIRST || kind == HONE_AGGREGATE_LAST ||
           kind == HONE_AGGREGATE_ANY;
}

/* --- few groups: sums of blocks of rows --------------------------------------------------------- */

enum {
    BLOCK = 1 << 16,
    MOST = 1 << 20
}; /* rows of a block; groups of all blocks that are kept */

/* Sums over fixed blocks, put together in their order, are as independent of threads as sums over groups. */
static bool goes_by_blocks(const struct groups *g, enum hone_aggregate_kind kind)
{
    size_t blocks = (g->rows + BLOCK - 1) / BLOCK;

    return (kind == HONE_AGGREGATE_COUNT || kind == HONE_AGGREGATE_SUM ||
            kind == HONE_AGGREGATE_MEAN || kind == HONE_AGGREGATE_MIN ||
            kind == HONE_AGGREGATE_MAX) &&
           g->n * blocks <= MOST && g->n * 8 <= g->rows;
}

static void add_row(const struct job *job, struct part *p, size_t row)
{
    if (job->c != NULL && !hone_is_valid(job->c, row)) {
        return;
    }
    p->count++;
    switch (job->a->kind) {
    case HONE_AGGREGATE_SUM:
    case HONE_AGGREGATE_MEAN:
        if (is_integer(job->c)) {
            p->exact += hone_column_i64(job->c, row);
        } else {
            sum_add(&p->sum, job->c->type == HONE_FLOAT64 ? ((const double *)job->c->data)[row]
                                                          : hone_column_f64(job->c, row));
        }
        break;
    case HONE_AGGREGATE_MIN:
    case HONE_AGGREGATE_MAX:
        if (p->row == SIZE_MAX ||
            goes_before(job->c, row, p->row, job->a->kind == HONE_AGGREGATE_MIN)) {
            p->row = row;
        }
        break;
    default:
        break;
    }
}

/* The parts of a block lie one after the other, a group each. */
static void add_block(const struct job *job, size_t block)
{
    const struct groups *g = job->g;
    struct part *part = job->part + block * g->n;
    size_t end = (block + 1) * BLOCK < g->rows ? (block + 1) * BLOCK : g->rows;

    for (size_t k = 0; k < g->n; k++) {
        part[k].row = SIZE_MAX;
    }
    for (size_t i = block * BLOCK; i < end; i++) {
        add_row(job, &part[g->id[i]], i);
    }
}

static enum hone_code join_blocks(struct hone_run *run, const struct job *job)
{
    const struct groups *g = job->g;
    size_t blocks = (g->rows + BLOCK - 1) / BLOCK;

    for (size_t group = 0; group < g->n; group++) {
        struct part all = {.row = SIZE_MAX};
        for (size_t b = 0; b < blocks; b++) {
            const struct part *p = &job->part[b * g->n + group];
            all.count += p->count;
            all.exact += p->exact;
            sum_add(&all.sum, p->sum.value);
            sum_add(&all.sum, p->sum.rest);
            if (p->row != SIZE_MAX &&
                (all.row == SIZE_MAX ||
                 goes_before(job->c, p->row, all.row, job->a->kind == HONE_AGGREGATE_MIN))) {
                all.row = p->row;
            }
        }
        job->row[group] = all.row;
        if (job->a->kind == HONE_AGGREGATE_COUNT) {
            job->integer[group] = (int64_t)all.count;
        } else if (!takes_row(job->a->kind)) {
            HONE_TRY(finish_sum(run, job, group, &all));
        }
    }
    return HONE_OK;
}

/* Pieces of work hold a block of rows, or some groups, of one aggregate each. */
struct all {
    struct job *job;
    size_t pieces; /* of each aggregate */
};

static enum hone_code run_piece(struct hone_run *run, void *ctx, size_t which)
{
    const struct all *all = ctx;
    const struct job *job = &all->job[which / all->pieces];
    size_t piece = which % all->pieces;
    size_t blocks = (job->g->rows + BLOCK - 1) / BLOCK;
    size_t from = (job->part != NULL ? blocks : job->g->n) * piece / all->pieces;
    size_t to = (job->part != NULL ? blocks : job->g->n) * (piece + 1) / all->pieces;

    HONE_TRY(hone_check_cancel(run));
    for (size_t i = from; i < to; i++) {
        if (job->part != NULL) {
            add_block(job, i);
        } else {
            HONE_TRY(one(run, job, i));
        }
    }
    return HONE_OK;
}

static bool wants_number(enum hone_aggregate_kind kind)
{
    return !takes_row(kind) && kind != HONE_AGGREGATE_COUNT && kind != HONE_AGGREGATE_DISTINCT;
}

static enum hone_code prepare(struct hone_run *run, const struct hone_table *t,
                              const struct groups *g, const struct hone_aggregate *a,
                              struct hone_arena *work, struct hone_arena *mem, struct job *job)
{
    *job = (struct job){.g = g, .a = a};
    if (a->column != NULL) {
        HONE_TRY(hone_table_need(run, t, hone_str(a->column), &job->c));
        if ((wants_number(a->kind) && !hone_type_is_number(job->c->type)) ||
            job->c->type == HONE_VECTOR) {
            (void)hone_fail(run, HONE_E_ARG, "%s wants numbers, but column %s is %s",
                            hone_aggregate_name(a->kind), a->column,
                            hone_type_name(job->c->type));
            return hone_hint(run,
                             "count, distinct, min, max, first, last and any take any column");
        }
    } else if (a->kind != HONE_AGGREGATE_COUNT) {
        return hone_fail(run, HONE_E_ARG, "%s wants a column", hone_aggregate_name(a->kind));
    }
    if (a->kind == HONE_AGGREGATE_QUANTILE && !(a->q >= 0.0 && a->q <= 1.0)) {
        return hone_fail(run, HONE_E_ARG, "a quantile is from 0 to 1, not %g", a->q);
    }
    if (a->kind == HONE_AGGREGATE_DISTINCT) {
        struct keys *keys = hone_new(work, struct keys);
        HONE_TRY(hone_keys_of(run, job->c, false, work, keys));
        job->keys = keys;
    }
    if (goes_by_blocks(g, a->kind)) {
        HONE_TRY(hone_matrix(run, work, &job->part, (g->rows + BLOCK - 1) / BLOCK, g->n));
    }
    HONE_TRY(hone_array(run, mem, &job->real, g->n));
    HONE_TRY(hone_array(run, mem, &job->integer, g->n));
    HONE_TRY(hone_array(run, work, &job->row, g->n));
    return hone_array(run, work, &job->missing, g->n);
}

/* The results of one aggregate as a column. */
static enum hone_code finish(struct hone_run *run, const struct job *job,
                             struct hone_arena *mem, struct hone_column *out)
{
    const struct hone_aggregate *a = job->a;
    bool integer = a->kind == HONE_AGGREGATE_COUNT || a->kind == HONE_AGGREGATE_DISTINCT ||
                   (a->kind == HONE_AGGREGATE_SUM && is_integer(job->c));
    struct hone_column made = {.type = integer ? HONE_INT64 : HONE_FLOAT64, .rows = job->g->n};
    const char *name =
        a->name != NULL ? hone_arena_text(mem, a->name, strlen(a->name))
        : a->column == NULL
            ? "count"
            : hone_arena_format(mem, "%s_%s", hone_aggregate_name(a->kind), a->column);
    uint8_t *valid;

    if (takes_row(a->kind)) {
        struct hone_table one_column = {.rows = job->c->rows, .cols = 1};
        struct hone_column copy = *job->c;
        struct hone_table *taken;
        one_column.column = &copy;
        HONE_TRY(hone_table_take_outer(run, &one_column, job->row, job->g->n, mem, &taken));
        *out = taken->column[0];
        out->name = name;
        return HONE_OK;
    }
    made.name = name;
    made.data = integer ? (const void *)job->integer : (const void *)job->real;
    HONE_TRY(hone_array(run, mem, &valid, (job->g->n + 7) / 8));
    for (size_t i = 0; i < job->g->n; i++) {
        made.nulls += job->missing[i];
        valid[i / 8] = (uint8_t)(valid[i / 8] | !job->missing[i] << (i % 8));
    }
    made.valid = made.nulls > 0 ? valid : NULL;
    *out = made;
    return HONE_OK;
}

enum hone_code hone_table_group(struct hone_run *run, const struct hone_table *t,
                                const char *const *by, size_t n_by,
                                const struct hone_aggregate *aggregate, size_t n,
                                struct hone_arena *mem, struct hone_table **out)
{
    struct groups g = {0};
    struct all all;
    struct hone_column *columns;
    struct hone_table *keys;
    HONE_ARENA(work);

    HONE_TRY(find_groups(run, t, by, n_by, true, &work, &g));
    if (n_by == 0 && g.n == 0) { /* no rows are one group of none */
        g.n = 1;
        HONE_TRY(hone_array(run, &work, &g.start, 2));
        HONE_TRY(hone_array(run, &work, &g.first, 1));
    }
    all.pieces = g.n == 0 ? 0 : 16;
    HONE_TRY(hone_array(run, &work, &all.job, n));
    HONE_TRY(hone_array(run, &work, &columns, n_by + n));
    for (size_t i = 0; i < n; i++) {
        HONE_TRY(prepare(run, t, &g, &aggregate[i], &work, mem, &all.job[i]));
        if (all.job[i].part == NULL && g.start == NULL) {
            HONE_TRY(hone_keys_lists(run, g.id, t->rows, g.n, &work, &g.start, &g.row));
        }
    }
    HONE_TRY(hone_parallel_try(run, n * all.pieces, run_piece, &all));
    for (size_t i = 0; i < n; i++) {
        if (all.job[i].part != NULL) {
            HONE_TRY(join_blocks(run, &all.job[i]));
        }
    }
    if (n_by > 0) {
        HONE_TRY(hone_table_select(run, t, by, n_by, &work, &keys));
        HONE_TRY(hone_table_take(run, keys, g.first, g.n, mem, &keys));
        memcpy(columns, keys->column, n_by * sizeof *columns);
    }
    for (size_t i = 0; i < n; i++) {
        HONE_TRY(finish(run, &all.job[i], mem, &columns[n_by + i]));
    }
    HONE_TRY(hone_table_of(run, columns, n_by + n, mem, out));
    (*out)->rows = g.n;
    return HONE_OK;
}

enum hone_code hone_table_distinct(struct hone_run *run, const struct hone_table *t,
                                   const char *const *columns, size_t n, struct hone_arena *mem,
                                   struct hone_table **out)
{
    struct keys *keys;
    uint32_t *id;
    uint32_t *first;
    size_t *row;
    size_t count;
    size_t n_keys = n == 0 ? t->cols : n;
    HONE_ARENA(work);

    HONE_TRY(hone_keys_check_rows(run, t->rows));
    HONE_TRY(hone_array(run, &work, &keys, n_keys));
    HONE_TRY(hone_array(run, &work, &id, t->rows));
    for (size_t k = 0; k < n_keys; k++) {
        const struct hone_column *c = &t->column[k];
        if (n > 0) {
            HONE_TRY(hone_table_need(run, t, hone_str(columns[k]), &c));
        }
        HONE_TRY(hone_keys_of(run, c, false, &work, &keys[k]));
    }
    HONE_TRY(hone_keys_dense_many(run, keys, n_keys, t->rows, &work, id, &first, &count));
    HONE_TRY(hone_array(run, &work, &row, count));
    for (size_t i = 0; i < count; i++) {
        row[i] = first[i];
    }
    return hone_table_take(run, t, row, count, mem, out);
}
