#include "table/table.h"

#include "base/hash.h"

const struct hone_column *hone_table_find(const struct hone_table *t, struct hone_str name)
{
    for (size_t i = 0; i < t->cols; i++) {
        if (hone_str_is(name, t->column[i].name)) {
            return &t->column[i];
        }
    }
    return NULL;
}

enum hone_code hone_table_need(struct hone_run *run, const struct hone_table *t,
                               struct hone_str name, const struct hone_column **out)
{
    const struct hone_column *column = hone_table_find(t, name);
    const char **names;
    const char *nearest;
    int shown = (int)(name.len < 100 ? name.len : 100);
    enum hone_code code;
    struct hone_buf all;
    HONE_SCRATCH(run);

    if (column != NULL) {
        *out = column;
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &run->scratch, &names, t->cols));
    for (size_t i = 0; i < t->cols; i++) {
        names[i] = t->column[i].name;
    }
    code = hone_fail(run, HONE_E_NOT_FOUND, "there is no column '%.*s'", shown,
                     name.len == 0 ? "" : name.ptr);
    nearest = hone_nearest(hone_arena_text(&run->scratch, name.ptr, name.len), names, t->cols);
    if (nearest != NULL) {
        return hone_hint(run, "did you mean '%s'?", nearest);
    }
    all = hone_buf(&run->scratch);
    for (size_t i = 0; i < t->cols && all.len < 200; i++) {
        hone_buf_format(&all, "%s%s", i == 0 ? "" : ", ", names[i]);
    }
    code = hone_hint(run, "the columns are: %s", t->cols == 0 ? "(none)" : all.ptr);
    return code;
}

enum hone_code hone_table_of(struct hone_run *run, const struct hone_column *columns,
                             size_t cols, struct hone_arena *mem, struct hone_table **out)
{
    struct hone_table *t;
    struct hone_map names = {.mem = &run->scratch};
    HONE_SCRATCH(run);

    for (size_t i = 0; i < cols; i++) {
        struct hone_str name = hone_str(columns[i].name);
        if (columns[i].rows != columns[0].rows) {
            return hone_fail(run, HONE_E_SHAPE, "column %s has %zu rows, column %s %zu",
                             columns[i].name, columns[i].rows, columns[0].name,
                             columns[0].rows);
        }
        if (hone_map_get(&names, name) != UINT32_MAX) {
            return hone_fail(run, HONE_E_CONFLICT, "two columns are named %s", columns[i].name);
        }
        if (hone_map_add(&names, name, (uint32_t)i) == UINT32_MAX) {
            return hone_no_room(run, "column names", cols);
        }
    }
    HONE_TRY(hone_array(run, mem, &t, 1));
    HONE_TRY(hone_array(run, mem, &t->column, cols));
    t->mem = mem;
    t->cols = cols;
    t->rows = cols == 0 ? 0 : columns[0].rows;
    if (cols > 0) {
        memcpy(t->column, columns, cols * sizeof *columns);
    }
    *out = t;
    return HONE_OK;
}

enum hone_code hone_table_select(struct hone_run *run, const struct hone_table *t,
                                 const char *const *names, size_t n, struct hone_arena *mem,
                                 struct hone_table **out)
{
    struct hone_column *columns;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &columns, n));
    for (size_t i = 0; i < n; i++) {
        const struct hone_column *column;
        HONE_TRY(hone_table_need(run, t, hone_str(names[i]), &column));
        columns[i] = *column;
    }
    HONE_TRY(hone_table_of(run, columns, n, mem, out));
    (*out)->rows = t->rows;
    return HONE_OK;
}

enum hone_code hone_table_drop(struct hone_run *run, const struct hone_table *t,
                               const char *const *names, size_t n, struct hone_arena *mem,
                               struct hone_table **out)
{
    bool *gone;
    struct hone_column *columns;
    size_t kept = 0;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &gone, t->cols));
    HONE_TRY(hone_array(run, &run->scratch, &columns, t->cols));
    for (size_t i = 0; i < n; i++) {
        const struct hone_column *column;
        HONE_TRY(hone_table_need(run, t, hone_str(names[i]), &column));
        gone[column - t->column] = true;
    }
    for (size_t i = 0; i < t->cols; i++) {
        if (!gone[i]) {
            columns[kept++] = t->column[i];
        }
    }
    HONE_TRY(hone_table_of(run, columns, kept, mem, out));
    (*out)->rows = t->rows;
    return HONE_OK;
}
