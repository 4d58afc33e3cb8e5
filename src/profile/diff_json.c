/* Diffs as JSON; declared in diff.h, the shape is in docs/profile.md. */
#include <math.h>

#include "profile/diff.h"

static json_t *must(json_t *value)
{
    HONE_ASSERT(value != NULL);
    return value;
}

static void set_count(json_t *o, const char *key, size_t n)
{
    hone_json_set(o, key, json_integer((json_int_t)n));
}

static json_t *text(const char *value)
{
    return value == NULL ? json_null() : hone_json_text(hone_str(value));
}

static json_t *examples_json(const struct hone_diff_column *c)
{
    json_t *list = must(json_array());

    for (size_t i = 0; i < c->examples; i++) {
        json_t *o = must(json_object());
        hone_json_set(o, "key", text(c->example[i].key));
        set_count(o, "row_a", c->example[i].row_a + 1);
        set_count(o, "row_b", c->example[i].row_b + 1);
        hone_json_set(o, "old", text(c->example[i].old_value));
        hone_json_set(o, "new", text(c->example[i].new_value));
        hone_json_push(list, o);
    }
    return list;
}

static json_t *levels(const char *const *level)
{
    json_t *list = must(json_array());

    for (size_t i = 0; i < HONE_DIFF_LEVELS && level[i] != NULL; i++) {
        hone_json_push(list, text(level[i]));
    }
    return list;
}

static json_t *distribution_json(const struct hone_diff_column *c)
{
    json_t *o = must(json_object());

    hone_json_set_text(o, "shift", hone_shift_name(c->shift));
    set_count(o, "n_a", c->n_a);
    set_count(o, "n_b", c->n_b);
    set_count(o, "missing_a", c->missing_a);
    set_count(o, "missing_b", c->missing_b);
    if (c->number) {
        hone_json_set(o, "mean_a", hone_json_real(c->mean_a));
        hone_json_set(o, "mean_b", hone_json_real(c->mean_b));
        hone_json_set(o, "median_a", hone_json_real(c->median_a));
        hone_json_set(o, "median_b", hone_json_real(c->median_b));
        hone_json_set(o, "std_a", hone_json_real(c->std_a));
        hone_json_set(o, "ks", hone_json_real(c->ks));
    }
    hone_json_set(o, "psi", hone_json_real(c->psi));
    hone_json_set(o, "p", hone_json_real(c->p));
    if (c->levels_a + c->levels_b > 0) {
        set_count(o, "levels_a", c->levels_a);
        set_count(o, "levels_b", c->levels_b);
        set_count(o, "new_levels", c->new_levels);
        set_count(o, "new_level_rows", c->new_rows);
        hone_json_set(o, "new_level_examples", levels(c->new_level));
        set_count(o, "lost_levels", c->lost_levels);
        set_count(o, "lost_level_rows", c->lost_rows);
        hone_json_set(o, "lost_level_examples", levels(c->lost_level));
    }
    return o;
}

static json_t *column_json(const struct hone_diff *d, const struct hone_diff_column *c)
{
    json_t *o = must(json_object());
    bool in_a = c->a != SIZE_MAX;
    bool in_b = c->b != SIZE_MAX;

    hone_json_set(o, "name", text(c->name));
    hone_json_set_text(o, "state", !in_b ? "removed" : !in_a ? "added" : "both");
    hone_json_set_text(o, "type_a", in_a ? hone_type_name(c->type_a) : NULL);
    hone_json_set_text(o, "type_b", in_b ? hone_type_name(c->type_b) : NULL);
    if (!in_a || !in_b) {
        return o;
    }
    hone_json_set(o, "retyped", json_boolean(c->retyped));
    hone_json_set(o, "moved", json_boolean(c->moved));
    hone_json_set(o, "compared_as_text", json_boolean(c->as_text));
    hone_json_set(o, "key", json_boolean(c->key));
    if (d->keyed && !c->key) {
        set_count(o, "changed", c->changed);
        set_count(o, "appeared", c->appeared);
        set_count(o, "vanished", c->vanished);
        hone_json_set(o, "examples", examples_json(c));
    }
    hone_json_set(o, "distribution", distribution_json(c));
    return o;
}

static json_t *some_rows(const uint32_t *row, size_t n)
{
    json_t *list = must(json_array());

    for (size_t i = 0; i < n && i < HONE_DIFF_ROWS; i++) {
        hone_json_push(list, json_integer((json_int_t)row[i] + 1));
    }
    return list;
}

json_t *hone_diff_json(const struct hone_diff *d)
{
    json_t *o = must(json_object());
    json_t *rows = must(json_object());
    json_t *columns = must(json_object());
    json_t *list = must(json_array());

    hone_json_set(o, "equal", json_boolean(d->equal));
    hone_json_set_text(o, "key", d->key);
    set_count(rows, "a", d->rows_a);
    set_count(rows, "b", d->rows_b);
    set_count(rows, "same", d->same);
    set_count(rows, "changed", d->changed);
    set_count(rows, "added", d->added);
    set_count(rows, "removed", d->removed);
    hone_json_set(rows, "reordered", json_boolean(d->reordered));
    hone_json_set(rows, "first_removed", some_rows(d->removed_row, d->removed));
    hone_json_set(rows, "first_added", some_rows(d->added_row, d->added));
    hone_json_set(o, "rows", rows);
    set_count(o, "changed_cells", d->cells);
    set_count(columns, "a", d->cols_a);
    set_count(columns, "b", d->cols_b);
    set_count(columns, "added", d->columns_added);
    set_count(columns, "removed", d->columns_removed);
    set_count(columns, "retyped", d->columns_retyped);
    set_count(columns, "moved", d->columns_moved);
    hone_json_set(o, "columns", columns);
    for (size_t i = 0; i < d->n; i++) {
        hone_json_push(list, column_json(d, &d->column[i]));
    }
    hone_json_set(o, "column", list);
    hone_json_set_text(o, "key_hint", d->unique);
    return o;
}
