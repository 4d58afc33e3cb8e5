#include "table/derive.h"

#include "base/hash.h"

/* The place of the = that ends the name: "name =", "\"any name\" =". */
static enum hone_code cut_name(struct hone_run *run, const char *definition,
                               struct hone_arena *mem, const char **name, struct hone_str *text)
{
    struct hone_str all = hone_str_trim(hone_str(definition));
    struct hone_str head;

    if (all.len > 0 && all.ptr[0] == '"') {
        const char *close = memchr(all.ptr + 1, '"', all.len - 1);
        struct hone_str rest;
        if (close != NULL) {
            rest = hone_str_trim(
                (struct hone_str){close + 1, (size_t)(all.ptr + all.len - close - 1)});
            if (rest.len > 1 && rest.ptr[0] == '=' && close > all.ptr + 1) {
                *name = hone_arena_text(mem, all.ptr + 1, (size_t)(close - all.ptr - 1));
                *text = (struct hone_str){rest.ptr + 1, rest.len - 1};
                return HONE_OK;
            }
        }
    } else if (hone_str_cut(all, '=', &head, text)) {
        head = hone_str_trim(head);
        if (head.len > 0 &&
            strcspn(hone_arena_text(mem, head.ptr, head.len), "<>!() ") == head.len &&
            (text->len == 0 || text->ptr[0] != '=')) {
            *name = hone_arena_text(mem, head.ptr, head.len);
            return HONE_OK;
        }
    }
    (void)hone_fail(run, HONE_E_ARG, "'%.100s' is not 'name = expression'", definition);
    return hone_hint(run,
                     "for instance: ratio = debt / income; names with blanks in double quotes");
}

enum hone_code hone_table_derive(struct hone_run *run, const struct hone_table *t,
                                 const char *const *definition, size_t n,
                                 struct hone_arena *mem, struct hone_table **out)
{
    struct hone_column *columns;
    struct hone_table so_far = *t;
    HONE_ARENA(work);

    HONE_TRY(hone_array(run, &work, &columns, t->cols + n));
    if (t->cols > 0) {
        memcpy(columns, t->column, t->cols * sizeof *columns);
    }
    so_far.column = columns;
    for (size_t i = 0; i < n; i++) {
        const char *name = NULL;
        struct hone_str text = {NULL, 0};
        struct hone_expr *expr;
        struct hone_column made;
        const struct hone_column *old;
        HONE_TRY(cut_name(run, definition[i], &work, &name, &text));
        HONE_TRY(hone_expr_parse(run, text, &work, &expr));
        HONE_TRY(hone_expr_eval(run, expr, &so_far, name, mem, &made));
        old = hone_table_find(&so_far, hone_str(name));
        if (old != NULL) {
            columns[old - so_far.column] = made;
        } else {
            columns[so_far.cols++] = made;
        }
    }
    HONE_TRY(hone_table_of(run, columns, so_far.cols, mem, out));
    (*out)->rows = t->rows;
    return HONE_OK;
}

enum hone_code hone_table_rename(struct hone_run *run, const struct hone_table *t,
                                 const char *const *from, const char *const *to, size_t n,
                                 struct hone_arena *mem, struct hone_table **out)
{
    struct hone_column *columns;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &columns, t->cols));
    if (t->cols > 0) {
        memcpy(columns, t->column, t->cols * sizeof *columns);
    }
    for (size_t i = 0; i < n; i++) {
        const struct hone_column *old;
        HONE_TRY(hone_table_need(run, t, hone_str(from[i]), &old));
        columns[old - t->column].name = hone_arena_text(mem, to[i], strlen(to[i]));
    }
    HONE_TRY(hone_table_of(run, columns, t->cols, mem, out));
    (*out)->rows = t->rows;
    return HONE_OK;
}

enum hone_code hone_table_slice(struct hone_run *run, const struct hone_table *t, size_t from,
                                size_t count, struct hone_arena *mem, struct hone_table **out)
{
    size_t *row;
    HONE_ARENA(work);

    from = from < t->rows ? from : t->rows;
    count = count < t->rows - from ? count : t->rows - from;
    HONE_TRY(hone_array(run, &work, &row, count));
    for (size_t i = 0; i < count; i++) {
        row[i] = from + i;
    }
    return hone_table_take(run, t, row, count, mem, out);
}

/* The type that values of both have; HONE_TYPE_COUNT when there is none. */
static enum hone_type common(enum hone_type a, enum hone_type b)
{
    enum hone_type x = a < b ? a : b;
    enum hone_type y = a < b ? b : a;

    if (x == y) {
        return x;
    }
    if (hone_type_is_number(x) && hone_type_is_number(y)) {
        return x == HONE_INT64 && y == HONE_FLOAT32 ? HONE_FLOAT64 : y;
    }
    if (hone_type_is_time(x) && hone_type_is_time(y)) {
        return HONE_TIMESTAMP;
    }
    return hone_type_is_text(x) && hone_type_is_text(y) ? HONE_UTF8 : HONE_TYPE_COUNT;
}

/* A column of missing values. */
static enum hone_code missing(struct hone_run *run, const struct hone_column *like, size_t rows,
                              struct hone_arena *mem, struct hone_column *out)
{
    struct hone_column one = *like;
    struct hone_table table = {.rows = like->rows, .cols = 1, .column = &one};
    struct hone_table *made;
    size_t *row;
    HONE_ARENA(work);

    HONE_TRY(hone_array(run, &work, &row, rows));
    for (size_t i = 0; i < rows; i++) {
        row[i] = SIZE_MAX;
    }
    HONE_TRY(hone_table_take_outer(run, &table, row, rows, mem, &made));
    *out = made->column[0];
    return HONE_OK;
}

/* The columns of all tables by name, with the type they are brought to. */
static enum hone_code schema(struct hone_run *run, const struct hone_table *const *tables,
                             size_t n, struct hone_arena *mem, struct hone_column *columns,
                             enum hone_type *want, size_t *cols)
{
    struct hone_map names = {.mem = mem};

    *cols = 0;
    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; i < tables[k]->cols; i++) {
            const struct hone_column *c = &tables[k]->column[i];
            uint32_t place = hone_map_add(&names, hone_str(c->name), (uint32_t)*cols);
            enum hone_type type;
            if (place == UINT32_MAX) {
                return hone_no_room(run, "column names", *cols);
            }
            if (place == *cols) {
                want[*cols] = c->type;
                columns[(*cols)++] = *c;
                continue;
            }
            type = common(want[place], c->type);
            if (type == HONE_TYPE_COUNT || c->width != columns[place].width) {
                return hone_fail(
                    run, HONE_E_SHAPE, "column %s is %s in table %zu and %s in those before it",
                    c->name, hone_type_name(c->type), k + 1, hone_type_name(want[place]));
            }
            want[place] = type;
        }
    }
    return HONE_OK;
}

enum hone_code hone_table_union(struct hone_run *run, const struct hone_table *const *tables,
                                size_t n, struct hone_arena *mem, struct hone_table **out)
{
    struct hone_column *columns;
    struct hone_table **full;
    enum hone_type *want;
    size_t room = 0;
    size_t cols;
    HONE_ARENA(work);

    for (size_t k = 0; k < n; k++) {
        room += tables[k]->cols;
    }
    HONE_TRY(hone_array(run, &work, &columns, room));
    HONE_TRY(hone_array(run, &work, &full, n));
    HONE_TRY(hone_array(run, &work, &want, room));
    HONE_TRY(schema(run, tables, n, &work, columns, want, &cols));
    for (size_t k = 0; k < n; k++) {
        struct hone_column *own;
        HONE_TRY(hone_array(run, &work, &own, cols));
        for (size_t i = 0; i < cols; i++) {
            const struct hone_column *c = hone_table_find(tables[k], hone_str(columns[i].name));
            if (c != NULL) {
                own[i] = *c;
            } else {
                HONE_TRY(missing(run, &columns[i], tables[k]->rows, &work, &own[i]));
                own[i].name = columns[i].name;
            }
            HONE_TRY(hone_column_cast(run, &own[i], want[i], false, &work, &own[i]));
            own[i].name = columns[i].name; /* not the copy that ends with work */
        }
        HONE_TRY(hone_table_of(run, own, cols, &work, &full[k]));
        full[k]->rows = tables[k]->rows;
    }
    return hone_table_concat(run, (const struct hone_table *const *)full, n, mem, out);
}
