/* The differing rows as a table; declared in diff.h. */
#include "profile/diff_priv.h"
#include "table/dict.h"

enum { REMOVED, ADDED, OLD, NEW };

/* The columns that both tables have, of one type: that of the second, or text. */
static enum hone_code common_columns(struct hone_run *run, const struct hone_table *t,
                                     const struct hone_diff *d, bool second,
                                     struct hone_arena *mem, struct hone_table **out)
{
    struct hone_column *column;
    size_t n = 0;
    HONE_ARENA(work);

    HONE_TRY(hone_array(run, &work, &column, d->n));
    for (size_t i = 0; i < d->n; i++) {
        const struct hone_diff_column *c = &d->column[i];
        bool same = c->type_a == c->type_b;
        enum hone_type type = same ? c->type_b : HONE_UTF8;
        if (c->a == SIZE_MAX || c->b == SIZE_MAX) {
            continue;
        }
        column[n] = t->column[second ? c->b : c->a];
        if (!same && column[n].type != type) {
            HONE_TRY(hone_column_cast(run, &t->column[second ? c->b : c->a], type, false, mem,
                                      &column[n]));
        }
        n++;
    }
    return hone_table_of(run, column, n, mem, out);
}

/* How each row of the result differs. */
static enum hone_code label_rows(struct hone_run *run, const struct hone_diff *d,
                                 struct hone_arena *mem, struct hone_column *out)
{
    static const char *const words[] = {
        [REMOVED] = "removed", [ADDED] = "added", [OLD] = "old", [NEW] = "new"};
    struct hone_str word[4];
    const struct hone_column *dict;
    int32_t place[4];
    int32_t *code;
    size_t n = d->removed + d->added + 2 * d->changed;

    for (size_t i = 0; i < 4; i++) {
        word[i] = hone_str(words[i]);
    }
    HONE_TRY(hone_dict_make(run, word, 4, mem, &dict, place));
    HONE_TRY(hone_array(run, mem, &code, n));
    for (size_t i = 0; i < n; i++) {
        size_t kind = i < d->removed                         ? REMOVED
                      : i < d->removed + d->added            ? ADDED
                      : (i - d->removed - d->added) % 2 == 0 ? OLD
                                                             : NEW;
        code[i] = place[kind];
    }
    *out = (struct hone_column){
        .name = "_change", .type = HONE_CATEGORY, .rows = n, .data = code, .dict = dict};
    return HONE_OK;
}

enum hone_code hone_diff_rows(struct hone_run *run, const struct hone_table *a,
                              const struct hone_table *b, const struct hone_diff *diff,
                              struct hone_arena *mem, struct hone_table **out)
{
    size_t n = diff->removed + diff->added + 2 * diff->changed;
    struct hone_table *side[2];
    const struct hone_table *both[2];
    struct hone_table *all;
    struct hone_table *taken;
    struct hone_column *column;
    size_t *row;
    size_t at = 0;
    HONE_ARENA(work);

    HONE_TRY(common_columns(run, a, diff, false, &work, &side[0]));
    HONE_TRY(common_columns(run, b, diff, true, &work, &side[1]));
    both[0] = side[0];
    both[1] = side[1];
    HONE_TRY(hone_table_concat(run, both, 2, mem, &all));
    HONE_TRY(hone_array(run, &work, &row, n));
    for (size_t i = 0; i < diff->removed; i++) {
        row[at++] = diff->removed_row[i];
    }
    for (size_t i = 0; i < diff->added; i++) {
        row[at++] = diff->rows_a + diff->added_row[i];
    }
    for (size_t i = 0; i < diff->changed; i++) {
        row[at++] = diff->changed_row[2 * i];
        row[at++] = diff->rows_a + diff->changed_row[2 * i + 1];
    }
    HONE_TRY(hone_table_take(run, all, row, n, mem, &taken));
    HONE_TRY(hone_array(run, &work, &column, taken->cols + 1));
    HONE_TRY(label_rows(run, diff, mem, &column[0]));
    memcpy(column + 1, taken->column, taken->cols * sizeof *column);
    return hone_table_of(run, column, taken->cols + 1, mem, out);
}
