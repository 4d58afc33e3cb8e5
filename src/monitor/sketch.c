#include "monitor/sketch.h"

#include <math.h>

#include "base/pool.h"
#include "table/builder.h"

__extension__ typedef unsigned __int128 wide;

/* Only by the owner: a plain load and store. */
static void bump(_Atomic uint64_t *counter)
{
    uint64_t was = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, was + 1, memory_order_relaxed);
}

static uint64_t counted(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static size_t cells_of(const struct hone_reference_column *r)
{
    return (r->levels_only ? r->levels : HONE_REFERENCE_GRID) + 1;
}

/* --- live ---------------------------------------------------------------------------------------- */

static enum hone_code open_column(struct hone_run *run, const struct hone_reference_column *r,
                                  struct hone_arena *mem, struct hone_sketch_column *c)
{
    c->reference = r;
    c->cells = cells_of(r);
    HONE_TRY(hone_array(run, mem, &c->cell, c->cells));
    if (r->levels_only) {
        c->level.mem = mem;
        for (size_t k = 0; k < r->levels; k++) {
            if (hone_map_add(&c->level, r->level[k], (uint32_t)k) == UINT32_MAX) {
                return hone_no_room(run, "levels", r->levels);
            }
        }
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, mem, &c->edge, HONE_REFERENCE_GRID));
    HONE_TRY(hone_array(run, mem, &c->sum, c->cells));
    for (size_t i = 0; i < HONE_REFERENCE_GRID; i++) {
        c->edge[i] = hone_type_is_time(r->type) ? r->grid[i] : (double)(float)r->grid[i];
    }
    return HONE_OK;
}

enum hone_code hone_sketch_new(struct hone_run *run, const struct hone_reference *reference,
                               struct hone_arena *mem, struct hone_sketch **out)
{
    struct hone_sketch *s = hone_new(mem, struct hone_sketch);
    s->reference = reference;
    HONE_TRY(hone_array(run, mem, &s->column, reference->cols));
    for (size_t j = 0; j < reference->cols; j++) {
        HONE_TRY(open_column(run, &reference->column[j], mem, &s->column[j]));
    }
    *out = s;
    return HONE_OK;
}

void hone_sketch_missing(struct hone_sketch_column *c)
{
    bump(&c->missing);
}

void hone_sketch_number(struct hone_sketch_column *c, double x)
{
    size_t low = 0;
    size_t n = c->cells - 1;
    if (c->edge == NULL) { /* a truth value, as the graph takes it */
        hone_sketch_level(c, hone_str(x != 0 ? "true" : "false"));
        return;
    }
    if (!isfinite(x)) {
        bump(&c->missing);
        return;
    }
    /* the first edge that is not below x */
    while (n > 0) {
        size_t half = n / 2;
        bool right = c->edge[low + half] < x;
        low = right ? low + half + 1 : low;
        n = right ? n - half - 1 : half;
    }
    bump(&c->cell[low]);
    double sum = atomic_load_explicit(&c->sum[low], memory_order_relaxed);
    atomic_store_explicit(&c->sum[low], sum + x, memory_order_relaxed);
}

void hone_sketch_level(struct hone_sketch_column *c, struct hone_str text)
{
    uint32_t cell = hone_map_get(&c->level, text);
    if (cell != UINT32_MAX) {
        bump(&c->cell[cell]);
        return;
    }
    bump(&c->cell[c->cells - 1]);
    if (atomic_load_explicit(&c->has_example, memory_order_relaxed) == 0) {
        size_t len = text.len < HONE_SKETCH_EXAMPLE - 1 ? text.len : HONE_SKETCH_EXAMPLE - 1;
        memcpy(c->example, text.ptr, hone_utf8_valid((struct hone_str){text.ptr, len}));
        atomic_store_explicit(&c->has_example, 1, memory_order_release);
    }
}

/* --- counts -------------------------------------------------------------------------------------- */

enum hone_code hone_counts_new(struct hone_run *run, const struct hone_reference *reference,
                               struct hone_arena *mem, struct hone_counts **out)
{
    struct hone_counts *counts = hone_new(mem, struct hone_counts);
    counts->cols = reference->cols;
    HONE_TRY(hone_array(run, mem, &counts->column, counts->cols));
    for (size_t j = 0; j < counts->cols; j++) {
        struct hone_counts_column *c = &counts->column[j];
        c->cells = cells_of(&reference->column[j]);
        HONE_TRY(hone_array(run, mem, &c->cell, c->cells));
        if (!reference->column[j].levels_only) {
            HONE_TRY(hone_array(run, mem, &c->sum, c->cells));
        }
    }
    *out = counts;
    return HONE_OK;
}

void hone_counts_read(struct hone_counts *sum, const struct hone_sketch *sketch)
{
    sum->rows += counted(&sketch->rows);
    for (size_t j = 0; j < sum->cols; j++) {
        struct hone_counts_column *c = &sum->column[j];
        const struct hone_sketch_column *s = &sketch->column[j];
        for (size_t i = 0; i < c->cells; i++) {
            c->cell[i] += counted(&s->cell[i]);
            if (c->sum != NULL) {
                c->sum[i] += atomic_load_explicit(&s->sum[i], memory_order_relaxed);
            }
        }
        c->missing += counted(&s->missing);
        if (c->example[0] == '\0' &&
            atomic_load_explicit(&s->has_example, memory_order_acquire) != 0) {
            memcpy(c->example, s->example, sizeof c->example);
        }
    }
}

void hone_counts_add(struct hone_counts *sum, const struct hone_counts *more)
{
    sum->rows += more->rows;
    for (size_t j = 0; j < sum->cols; j++) {
        struct hone_counts_column *c = &sum->column[j];
        const struct hone_counts_column *m = &more->column[j];
        for (size_t i = 0; i < c->cells; i++) {
            c->cell[i] += m->cell[i];
            if (c->sum != NULL) {
                c->sum[i] += m->sum[i];
            }
        }
        c->missing += m->missing;
        if (c->example[0] == '\0') {
            memcpy(c->example, m->example, sizeof c->example);
        }
    }
}

/* A column at a time, each by one thread, so that sums have one order. */
struct counting {
    struct hone_sketch *sketch;
    const struct hone_table *inputs, *answers;
};
static enum hone_code count_column(struct hone_run *run, void *ctx, size_t j)
{
    const struct counting *job = ctx;
    struct hone_sketch_column *c = &job->sketch->column[j];
    const struct hone_reference_column *r = c->reference;
    const struct hone_table *t = r->prediction ? job->answers : job->inputs;
    const struct hone_column *v = t == NULL ? NULL : hone_table_find(t, hone_str(r->name));

    HONE_TRY(hone_check_cancel(run));
    if (v == NULL || v->type == HONE_VECTOR || v->type == HONE_BINARY) {
        return HONE_OK;
    }
    bool text = hone_type_is_text(v->type);
    bool exact = hone_type_is_time(v->type) || v->type == HONE_INT64;
    for (size_t i = 0; i < v->rows; i++) {
        if (!hone_is_valid(v, i) || (text && !r->levels_only)) {
            hone_sketch_missing(c);
        } else if (text) {
            hone_sketch_level(c, hone_column_str(v, i));
        } else {
            double x = hone_column_f64(v, i);
            hone_sketch_number(c, exact ? x : (double)(float)x);
        }
    }
    return HONE_OK;
}

enum hone_code hone_counts_of_table(struct hone_run *run,
                                    const struct hone_reference *reference,
                                    const struct hone_table *inputs,
                                    const struct hone_table *answers, struct hone_arena *mem,
                                    struct hone_counts **out)
{
    HONE_ARENA(work);
    struct counting job = {.inputs = inputs, .answers = answers};
    struct hone_counts *counts;

    HONE_TRY(hone_sketch_new(run, reference, &work, &job.sketch));
    HONE_TRY(hone_parallel_try(run, reference->cols, count_column, &job));
    HONE_TRY(hone_counts_new(run, reference, mem, &counts));
    hone_counts_read(counts, job.sketch);
    counts->rows = inputs->rows;
    *out = counts;
    return HONE_OK;
}

static uint64_t less_or_none(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

void hone_counts_subtract(struct hone_counts *sum, const struct hone_counts *less)
{
    sum->rows = less_or_none(sum->rows, less->rows);
    for (size_t j = 0; j < sum->cols; j++) {
        struct hone_counts_column *c = &sum->column[j];
        const struct hone_counts_column *m = &less->column[j];
        for (size_t i = 0; i < c->cells; i++) {
            c->cell[i] = less_or_none(c->cell[i], m->cell[i]);
            if (c->sum != NULL) {
                c->sum[i] -= m->sum[i];
            }
        }
        c->missing = less_or_none(c->missing, m->missing);
    }
}

/* --- JSON ---------------------------------------------------------------------------------------- */

static json_t *column_json(const struct hone_counts_column *c,
                           const struct hone_reference_column *r)
{
    json_t *o = json_object();
    json_t *cells = json_array();
    hone_json_set_text(o, "name", r->name);
    hone_json_set(o, "prediction", json_boolean(r->prediction));
    hone_json_set(o, "missing", json_integer((json_int_t)c->missing));
    for (size_t i = 0; i < c->cells; i++) {
        if (c->cell[i] > 0) {
            json_t *pair = json_array();
            hone_json_push(pair, json_integer((json_int_t)i));
            hone_json_push(pair, json_integer((json_int_t)c->cell[i]));
            if (c->sum != NULL) {
                hone_json_push(pair, hone_json_real(c->sum[i]));
            }
            hone_json_push(cells, pair);
        }
    }
    hone_json_set(o, "cells", cells);
    if (c->example[0] != '\0') {
        hone_json_set_text(o, "example", c->example);
    }
    return o;
}

json_t *hone_counts_json(const struct hone_counts *counts,
                         const struct hone_reference *reference)
{
    json_t *o = json_object();
    json_t *columns = json_array();
    hone_json_set(o, "rows", json_integer((json_int_t)counts->rows));
    for (size_t j = 0; j < counts->cols; j++) {
        hone_json_push(columns, column_json(&counts->column[j], &reference->column[j]));
    }
    hone_json_set(o, "columns", columns);
    return o;
}

/* A count in a tree; false: it is none. */
static bool take_count(const json_t *value, uint64_t *sum)
{
    json_int_t n = json_integer_value(value);
    if (!json_is_integer(value) || n < 0 || (uint64_t)n > UINT64_MAX / 2 - *sum) {
        return false;
    }
    *sum += (uint64_t)n;
    return true;
}

static bool take_column(const json_t *o, struct hone_counts_column *c)
{
    const json_t *cells = json_object_get(o, "cells");
    const char *example = hone_json_get_text(o, "example", "");
    if (!json_is_array(cells) || !take_count(json_object_get(o, "missing"), &c->missing)) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(cells); i++) {
        const json_t *pair = json_array_get(cells, i);
        json_int_t at = json_integer_value(json_array_get(pair, 0));
        const json_t *sum = json_array_get(pair, 2);
        if (json_array_size(pair) != (c->sum == NULL ? 2 : 3) || at < 0 ||
            (size_t)at >= c->cells || !take_count(json_array_get(pair, 1), &c->cell[at]) ||
            (c->sum != NULL && !json_is_number(sum))) {
            return false;
        }
        if (c->sum != NULL) {
            c->sum[at] += json_number_value(sum);
        }
    }
    if (c->example[0] == '\0') {
        size_t len = strnlen(example, sizeof c->example - 1);
        memcpy(c->example, example, hone_utf8_valid((struct hone_str){example, len}));
    }
    return true;
}

enum hone_code hone_counts_parse(struct hone_run *run, const json_t *tree,
                                 const struct hone_reference *reference,
                                 struct hone_counts *sum)
{
    const json_t *columns = json_object_get(tree, "columns");
    if (!take_count(json_object_get(tree, "rows"), &sum->rows) ||
        json_array_size(columns) != sum->cols) {
        return hone_fail(run, HONE_E_FORMAT, "counts of %zu columns, the reference has %zu",
                         json_array_size(columns), sum->cols);
    }
    for (size_t j = 0; j < sum->cols; j++) {
        const json_t *o = json_array_get(columns, j);
        if (strcmp(hone_json_get_text(o, "name", ""), reference->column[j].name) != 0 ||
            !take_column(o, &sum->column[j])) {
            return hone_fail(run, HONE_E_FORMAT, "the counts of column %s are damaged",
                             reference->column[j].name);
        }
    }
    return HONE_OK;
}

/* --- tables -------------------------------------------------------------------------------------- */

/* How many of a cell's values are among the rows that are kept: evenly thinned, sums stay right to one. */
struct thin {
    uint64_t all, kept; /* of the rows */
    uint64_t seen;      /* rows that were passed */
};
static uint64_t share(uint64_t seen, const struct thin *t)
{
    return (uint64_t)((wide)seen * t->kept / t->all);
}
static uint64_t thinned(struct thin *t, uint64_t n)
{
    uint64_t before = share(t->seen, t);
    t->seen += n;
    return share(t->seen, t) - before;
}

/* Clients send numbers that no whole number holds: these count as the largest. */
static int64_t whole_of(double x)
{
    const double most = 0x1p62;
    return (int64_t)fmax(-most, fmin(most, x));
}

static enum hone_code put_number(struct hone_run *run, struct hone_builder *b,
                                 enum hone_type type, double x)
{
    return type == HONE_FLOAT32 || type == HONE_FLOAT64 ? hone_builder_f64(run, b, x)
                                                        : hone_builder_i64(run, b, whole_of(x));
}

/* All values of a cell at their mean, which lies where the cell does. */
static enum hone_code put_numbers(struct hone_run *run, struct hone_builder *b,
                                  const struct hone_reference_column *r,
                                  const struct hone_counts_column *c, struct thin *thin)
{
    bool whole = r->type != HONE_FLOAT32 && r->type != HONE_FLOAT64;
    for (size_t i = 0; i < c->cells; i++) {
        uint64_t n = thinned(thin, c->cell[i]);
        double x = n == 0 ? 0 : c->sum[i] / (double)c->cell[i];
        if (i <
            HONE_REFERENCE_GRID) { /* sums round, floats do, and whole numbers have no means */
            x = fmin(whole ? ceil(x) : x, r->grid[i]);
        }
        if (i > 0 && !(x > r->grid[i - 1])) {
            x = i < HONE_REFERENCE_GRID ? r->grid[i] : nextafter(r->grid[i - 1], HUGE_VAL);
        }
        for (uint64_t k = 0; k < n; k++) {
            HONE_TRY(put_number(run, b, r->type, whole ? ceil(x) : x));
        }
    }
    return HONE_OK;
}

static enum hone_code put_level(struct hone_run *run, struct hone_builder *b,
                                const struct hone_reference_column *r, struct hone_str text)
{
    return r->type == HONE_BOOL ? hone_builder_i64(run, b, hone_str_is(text, "true"))
                                : hone_builder_str(run, b, text);
}

static enum hone_code put_levels(struct hone_run *run, struct hone_builder *b,
                                 const struct hone_reference_column *r,
                                 const struct hone_counts_column *c, struct thin *thin)
{
    for (size_t i = 0; i < c->cells; i++) {
        uint64_t n = thinned(thin, c->cell[i]);
        struct hone_str text = i < r->levels ? r->level[i] : hone_str(c->example);
        for (uint64_t k = 0; k < n; k++) {
            HONE_TRY(put_level(run, b, r, text));
        }
    }
    return HONE_OK;
}

static enum hone_code put_column(struct hone_run *run, const struct hone_reference_column *r,
                                 const struct hone_counts_column *c, uint64_t rows, size_t kept,
                                 struct hone_arena *mem, struct hone_column *out)
{
    struct hone_builder *b;
    uint64_t there = 0;
    struct thin thin = {.all = rows, .kept = kept};
    for (size_t i = 0; i < c->cells; i++) {
        there += c->cell[i];
    }
    /* what was read while it was written may be a row short */
    thin.all = there + c->missing > rows ? there + c->missing : rows;
    HONE_TRY(hone_builder_new(run, r->name, r->type, mem, &b));
    HONE_TRY(r->levels_only ? put_levels(run, b, r, c, &thin)
                            : put_numbers(run, b, r, c, &thin));
    uint64_t done = share(there, &thin);
    for (uint64_t k = done; k < kept; k++) {
        HONE_TRY(hone_builder_null(run, b));
    }
    return hone_builder_end(run, b, out);
}

enum hone_code hone_counts_tables(struct hone_run *run, const struct hone_counts *counts,
                                  const struct hone_reference *reference, size_t most,
                                  struct hone_arena *mem, struct hone_table **inputs,
                                  struct hone_table **predictions)
{
    struct hone_column *column;
    size_t kept = counts->rows < most ? (size_t)counts->rows : most;
    size_t n = 0;
    size_t answers = 0;
    if (kept == 0) {
        return hone_fail(run, HONE_E_ARG, "no rows were counted");
    }
    HONE_TRY(hone_array(run, mem, &column, reference->cols));
    for (size_t j = 0; j < reference->cols; j++) {
        bool prediction = reference->column[j].prediction;
        size_t at = prediction ? reference->cols - ++answers : n++;
        HONE_TRY(put_column(run, &reference->column[j], &counts->column[j], counts->rows, kept,
                            mem, &column[at]));
    }
    HONE_TRY(hone_table_of(run, column, n, mem, inputs));
    *predictions = NULL;
    return answers == 0 ? HONE_OK : hone_table_of(run, column + n, answers, mem, predictions);
}
