/* References as JSON and back. */
#include <math.h>

#include "monitor/reference.h"

#define MOST_COLUMNS 100000

/* Rows at or below point k of the grid where no values are alike (type 7 quantiles). */
static double plain_upto(const struct hone_reference_column *c, size_t k)
{
    double n = (double)(c->rows - c->missing);
    return floor((n - 1) * (double)k / (HONE_REFERENCE_GRID - 1)) + 1;
}

/* Counts that say more than that are written down. */
static bool has_ties(const struct hone_reference_column *c)
{
    for (size_t k = 0; k < HONE_REFERENCE_GRID; k++) {
        if (fabs(c->upto[k] - plain_upto(c, k)) > 1.5) { /* rounding moves a point past one */
            return true;
        }
    }
    return false;
}

/* A whole number as such, else a real: shorter, and the same when read again. */
static json_t *number(double x)
{
    return fabs(x) < 9e15 && !(fabs(x - nearbyint(x)) > 0) ? json_integer((json_int_t)x)
                                                           : hone_json_real(x);
}

static json_t *numbers(size_t n, const double *x)
{
    json_t *array = json_array();

    for (size_t i = 0; i < n; i++) {
        hone_json_push(array, number(x[i]));
    }
    return array;
}

static json_t *column_json(const struct hone_reference_column *c)
{
    json_t *o = json_object();

    hone_json_set_text(o, "name", c->name);
    hone_json_set_text(o, "type", hone_type_name(c->type));
    if (c->prediction) {
        hone_json_set(o, "prediction", json_true());
    }
    hone_json_set(o, "rows", json_integer((json_int_t)c->rows));
    hone_json_set(o, "missing", json_integer((json_int_t)c->missing));
    if (c->levels_only) {
        json_t *levels = json_array();
        for (size_t k = 0; k < c->levels; k++) {
            json_t *text = json_stringn(c->level[k].ptr, c->level[k].len);
            json_t *pair = json_array();
            if (text ==
                NULL) { /* not UTF-8: JSON cannot hold it, as a NUL it matches nothing */
                text = json_stringn("\0", 1);
            }
            hone_json_push(pair, text);
            hone_json_push(pair, number(c->count[k]));
            if (c->fair != NULL) {
                hone_json_push(pair, number(c->fair[k]));
            }
            hone_json_push(levels, pair);
        }
        hone_json_set(o, "levels", levels);
        hone_json_set(o, "other", number(c->other));
        if (c->fair != NULL) {
            hone_json_set(o, "fair_other", number(c->fair_other));
        }
        hone_json_set(o, "distinct", json_integer((json_int_t)c->distinct));
        hone_json_set(o, "once", json_integer((json_int_t)c->once));
        return o;
    }
    if (c->missing == c->rows) {
        return o;
    }
    if (c->moves) {
        hone_json_set(o, "moves", json_true());
    }
    hone_json_set(o, "mean", hone_json_real(c->mean));
    hone_json_set(o, "std", hone_json_real(c->std));
    hone_json_set(o, "min", number(c->min));
    hone_json_set(o, "max", number(c->max));
    hone_json_set(o, "edges", numbers(c->edges, c->edge));
    hone_json_set(o, "bins", numbers(c->edges + 1, c->bin));
    hone_json_set(o, "grid", numbers(HONE_REFERENCE_GRID, c->grid));
    if (has_ties(c)) {
        hone_json_set(o, "upto", numbers(HONE_REFERENCE_GRID, c->upto));
    }
    return o;
}

json_t *hone_reference_json(const struct hone_reference *reference)
{
    json_t *root = json_object();
    json_t *columns = json_array();

    for (size_t j = 0; j < reference->cols; j++) {
        hone_json_push(columns, column_json(&reference->column[j]));
    }
    hone_json_set(root, "reference", json_integer(1));
    hone_json_set(root, "rows", json_integer((json_int_t)reference->rows));
    hone_json_set(root, "columns", columns);
    return root;
}

static enum hone_code wrong(struct hone_run *run, const char *column, const char *what)
{
    return hone_fail(run, HONE_E_FORMAT, "reference of column %s: %s", column, what);
}

/* An ascending (or any, when !rising) array of at least least and at most most finite numbers. */
static enum hone_code read_numbers(struct hone_run *run, const json_t *o, const char *column,
                                   const char *key, bool rising, size_t least, size_t most,
                                   double *out)
{
    const json_t *array = json_object_get(o, key);
    size_t n = json_array_size(array);

    if (n < least || n > most) {
        return wrong(run, column, key);
    }
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_array_get(array, i);
        out[i] = json_number_value(item);
        if (!json_is_number(item) || !isfinite(out[i]) ||
            (rising ? i > 0 && out[i] < out[i - 1] : out[i] < 0)) {
            return wrong(run, column, key);
        }
    }
    return HONE_OK;
}

static bool whole_below(const json_t *o, const char *key, size_t limit, size_t *out)
{
    const json_t *item = json_object_get(o, key);

    if (!json_is_integer(item) || json_integer_value(item) < 0 ||
        (uint64_t)json_integer_value(item) > limit) {
        return false;
    }
    *out = (size_t)json_integer_value(item);
    return true;
}

static enum hone_code read_levels(struct hone_run *run, const json_t *o, struct hone_arena *mem,
                                  struct hone_reference_column *c)
{
    const json_t *levels = json_object_get(o, "levels");

    c->levels = json_array_size(levels);
    c->other = hone_json_get_real(o, "other", 0);
    if (c->levels > HONE_REFERENCE_LEVELS || !(c->other >= 0) ||
        !whole_below(o, "distinct", c->rows, &c->distinct) ||
        !whole_below(o, "once", c->distinct, &c->once)) {
        return wrong(run, c->name, "its levels");
    }
    HONE_TRY(hone_array(run, mem, &c->level, c->levels));
    HONE_TRY(hone_array(run, mem, &c->count, c->levels));
    if (json_object_get(o, "fair_other") != NULL) {
        c->fair_other = hone_json_get_real(o, "fair_other", -1);
        HONE_TRY(hone_array(run, mem, &c->fair, c->levels));
    }
    if (!(c->fair_other >= 0)) {
        return wrong(run, c->name, "fair_other");
    }
    for (size_t k = 0; k < c->levels; k++) {
        const json_t *fair = json_array_get(json_array_get(levels, k), 2);
        const json_t *pair = json_array_get(levels, k);
        const json_t *text = json_array_get(pair, 0);
        const json_t *count = json_array_get(pair, 1);
        if (!json_is_string(text) || !json_is_number(count) ||
            !(json_number_value(count) >= 0)) {
            return wrong(run, c->name, "a level is a text and a count");
        }
        size_t len = json_string_length(text);
        c->level[k] =
            (struct hone_str){hone_arena_text(mem, json_string_value(text), len), len};
        c->count[k] = json_number_value(count);
        if (c->fair != NULL) {
            c->fair[k] = json_number_value(fair);
        }
        if (c->fair != NULL && (!json_is_number(fair) || !(c->fair[k] >= 0))) {
            return wrong(run, c->name, "a level is a text and two counts");
        }
    }
    return HONE_OK;
}

/* Rows at or below the points of the grid.  Those of older files say no more than the grid does. */
static enum hone_code read_upto(struct hone_run *run, const json_t *o,
                                struct hone_reference_column *c)
{
    if (json_object_get(o, "upto") != NULL) {
        HONE_TRY(read_numbers(run, o, c->name, "upto", true, HONE_REFERENCE_GRID,
                              HONE_REFERENCE_GRID, c->upto));
        bool fits = c->upto[0] >= 0 &&
                    c->upto[HONE_REFERENCE_GRID - 1] <= (double)(c->rows - c->missing);
        return fits ? HONE_OK : wrong(run, c->name, "upto");
    }
    c->upto[HONE_REFERENCE_GRID - 1] = plain_upto(c, HONE_REFERENCE_GRID - 1);
    for (size_t k = HONE_REFERENCE_GRID - 1; k-- > 0;) {
        bool tie = !(c->grid[k] < c->grid[k + 1]);
        c->upto[k] = tie ? c->upto[k + 1] : plain_upto(c, k);
    }
    return HONE_OK;
}

static enum hone_code read_column(struct hone_run *run, const json_t *o, struct hone_arena *mem,
                                  struct hone_reference_column *c)
{
    const char *name = hone_json_get_text(o, "name", NULL);

    if (name == NULL) {
        return hone_fail(run, HONE_E_FORMAT, "reference: a column has no name");
    }
    c->name = hone_arena_text(mem, name, strlen(name));
    c->type = hone_type_parse(hone_str(hone_json_get_text(o, "type", "")));
    c->prediction = hone_json_get_bool(o, "prediction", false);
    if (c->type == HONE_TYPE_COUNT || c->type == HONE_VECTOR || c->type == HONE_BINARY) {
        return wrong(run, name, "its type");
    }
    if (!whole_below(o, "rows", UINT32_MAX, &c->rows) ||
        !whole_below(o, "missing", c->rows, &c->missing)) {
        return wrong(run, name, "its rows");
    }
    c->levels_only = hone_type_is_text(c->type) || c->type == HONE_BOOL;
    if (c->levels_only) {
        return read_levels(run, o, mem, c);
    }
    if (c->missing == c->rows) {
        return HONE_OK;
    }
    c->moves = hone_json_get_bool(o, "moves", false);
    c->mean = hone_json_get_real(o, "mean", 0);
    c->std = hone_json_get_real(o, "std", 0);
    c->min = hone_json_get_real(o, "min", 0);
    c->max = hone_json_get_real(o, "max", 0);
    c->edges = json_array_size(json_object_get(o, "edges"));
    HONE_TRY(read_numbers(run, o, name, "edges", true, 0, HONE_REFERENCE_BINS - 1, c->edge));
    HONE_TRY(read_numbers(run, o, name, "bins", false, c->edges + 1, c->edges + 1, c->bin));
    HONE_TRY(read_numbers(run, o, name, "grid", true, HONE_REFERENCE_GRID, HONE_REFERENCE_GRID,
                          c->grid));
    return read_upto(run, o, c);
}

enum hone_code hone_reference_parse(struct hone_run *run, const json_t *tree,
                                    struct hone_arena *mem, struct hone_reference **out)
{
    struct hone_reference *r = hone_new(mem, struct hone_reference);
    const json_t *columns = json_object_get(tree, "columns");

    if (hone_json_get_int(tree, "reference", 0) != 1 || !json_is_array(columns) ||
        json_array_size(columns) > MOST_COLUMNS ||
        !whole_below(tree, "rows", UINT32_MAX, &r->rows)) {
        return hone_fail(run, HONE_E_FORMAT, "this is no reference of a model's data");
    }
    r->cols = json_array_size(columns);
    HONE_TRY(hone_array(run, mem, &r->column, r->cols));
    for (size_t j = 0; j < r->cols; j++) {
        HONE_TRY(read_column(run, json_array_get(columns, j), mem, &r->column[j]));
    }
    *out = r;
    return HONE_OK;
}
