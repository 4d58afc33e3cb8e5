/* Tables of hone as SQLite sees them; declared in io/sqlite_priv.h. */
#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/time.h"
#include "io/sqlite/sqlite_priv.h"
#include "table/dict.h"
#include "table/sort.h"

enum {
    TESTS = 8, /* conditions of a scan */
    SORTS = 8, /* columns of an order */
    SLOW = 3
}; /* conditions of a scan; after so many scans for equality an index is made */

/* All tables of a connection. */
struct catalog {
    struct hone_run *run;
    const struct hone_sql_table *table;
    size_t n;
    struct hone_arena mem; /* where it lies */
};

struct vtab {
    sqlite3_vtab base; /* first: SQLite knows only this */
    struct hone_run *run;
    const struct hone_table *table;
    struct hone_arena mem;
    size_t *
        *index; /* (cols) rows in the order of the column, missing ones last; NULL: not made */
    uint32_t *asked;   /* (cols) how often a value was looked for */
    const char *order; /* the order asked for last, as in the plan; NULL: none */
    size_t *ordered;   /* (rows) the rows in it */
};

struct test {
    const struct hone_column *c;
    int op; /* SQLITE_INDEX_CONSTRAINT_... */
    double number;
    int64_t integer;
    bool exact; /* integer holds */
    bool text;
    struct hone_str word; /* text */
    int32_t code;         /* category: of the word, -1 none */
};

struct cursor {
    sqlite3_vtab_cursor base;
    struct hone_arena mem;
    struct hone_mark start; /* of mem, for the texts of one scan */
    size_t row, end;        /* places in list, or rows */
    const size_t *list;     /* NULL: all rows in turn */
    struct test test[TESTS];
    size_t tests;
};

static bool is_integer(const struct hone_column *c)
{
    return c->type == HONE_INT64 || c->type == HONE_BOOL;
}

static const char *declared_type(enum hone_type type)
{
    switch (type) {
    case HONE_BOOL:
        return "BOOLEAN";
    case HONE_INT64:
        return "INTEGER";
    case HONE_FLOAT32:
    case HONE_FLOAT64:
        return "REAL";
    case HONE_DATE:
        return "DATE TEXT";
    case HONE_TIMESTAMP:
        return "TIMESTAMP TEXT";
    case HONE_BINARY:
        return "BLOB";
    default:
        return "TEXT";
    }
}

/* SQL has no two columns whose names differ by case only: the later gets a number. */
static void declare_column(struct hone_buf *sql, const struct hone_table *t, size_t col)
{
    const char *name = t->column[col].name;
    const char *tried = name;
    HONE_ARENA(work);

    for (size_t number = 2;; number++) {
        bool taken = tried[0] == '\0';
        for (size_t i = 0; i < col && !taken; i++) {
            taken = hone_str_eq_nocase(hone_str(t->column[i].name), hone_str(tried));
        }
        if (!taken) {
            break;
        }
        tried = hone_arena_format(&work, "%s_%zu", name, number);
    }
    hone_buf_text(sql, col == 0 ? "" : ",");
    hone_sqlite_quote(sql, tried);
    hone_buf_format(sql, " %s", declared_type(t->column[col].type));
}

static int vtab_connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
                        sqlite3_vtab **out, char **error)
{
    const struct catalog *all = aux;
    struct hone_arena mem = {0};
    struct vtab *v = hone_new(&mem, struct vtab);
    struct hone_buf sql = hone_buf(&mem);
    int64_t which = 0;
    int code;

    (void)error;
    if (argc != 4 || !hone_parse_i64(hone_str(argv[3]), &which) || which < 0 ||
        (size_t)which >= all->n) {
        hone_arena_free(&mem);
        return SQLITE_ERROR;
    }
    v->run = all->run;
    v->table = all->table[which].table;
    hone_buf_text(&sql, "create table x(");
    for (size_t i = 0; i < v->table->cols; i++) {
        declare_column(&sql, v->table, i);
    }
    hone_buf_text(&sql, ")");
    code = sqlite3_declare_vtab(db, sql.ptr);
    if (code != SQLITE_OK) {
        hone_arena_free(&mem);
        return code;
    }
    (void)sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
    v->index = hone_arena_alloc(&mem, sizeof *v->index, v->table->cols);
    v->asked = hone_arena_alloc(&mem, sizeof *v->asked, v->table->cols);
    if (v->index == NULL || v->asked == NULL) {
        hone_arena_free(&mem);
        return SQLITE_NOMEM;
    }
    v->mem = mem;
    *out = &v->base;
    return SQLITE_OK;
}

static int vtab_disconnect(sqlite3_vtab *base)
{
    struct hone_arena mem = ((struct vtab *)base)->mem;
    hone_arena_free(&mem);
    return SQLITE_OK;
}

/* Whether this condition on the column can be answered here. */
static bool answers(const struct hone_column *c, int op)
{
    bool equal = op == SQLITE_INDEX_CONSTRAINT_EQ;
    bool range = op == SQLITE_INDEX_CONSTRAINT_LT || op == SQLITE_INDEX_CONSTRAINT_LE ||
                 op == SQLITE_INDEX_CONSTRAINT_GT || op == SQLITE_INDEX_CONSTRAINT_GE;

    switch (c->type) {
    case HONE_BOOL:
    case HONE_INT64:
    case HONE_FLOAT32:
    case HONE_FLOAT64:
        return equal || range;
    case HONE_UTF8:
    case HONE_CATEGORY:
        return equal;
    default:
        return false;
    }
}

/* Whether rows in our order of this column are in SQLite's: NaN, NULL there, and years beyond 9999 are not. */
static bool orders(const struct hone_column *c)
{
    return is_integer(c) || hone_type_is_text(c->type);
}

/* The order asked for (GROUP BY, ORDER BY, DISTINCT) as "column+column-...", where it can be given. */
static char *plan_order(const struct vtab *v, sqlite3_index_info *info)
{
    char *order = NULL;

    if (info->nOrderBy > SORTS || v->table->rows >= UINT32_MAX) {
        return NULL;
    }
    for (int i = 0; i < info->nOrderBy; i++) {
        int col = info->aOrderBy[i].iColumn;
        if (col < 0 || (size_t)col >= v->table->cols || !orders(&v->table->column[col])) {
            sqlite3_free(order);
            return NULL;
        }
        order = sqlite3_mprintf("%z%d%c", order, col, info->aOrderBy[i].desc ? '-' : '+');
        if (order == NULL) {
            return NULL;
        }
    }
    return order;
}

/* The plan is the text "column:op;...|order": conditions whose values are then handed over, and the order of rows. */
static int vtab_best(sqlite3_vtab *base, sqlite3_index_info *info)
{
    const struct vtab *v = (const struct vtab *)base;
    double rows = (double)v->table->rows + 1.0;
    char *plan = NULL;
    int used = 0;
    bool equal = false;

    for (int i = 0; i < info->nConstraint && used < TESTS; i++) {
        int col = info->aConstraint[i].iColumn;
        int op = info->aConstraint[i].op;
        if (!info->aConstraint[i].usable || col < 0 || (size_t)col >= v->table->cols ||
            !answers(&v->table->column[col], op) ||
            sqlite3_stricmp(sqlite3_vtab_collation(info, i), "BINARY") != 0) {
            continue;
        }
        char *longer = sqlite3_mprintf("%z%d:%d;", plan, col, op);
        if (longer == NULL) {
            return SQLITE_NOMEM;
        }
        plan = longer;
        info->aConstraintUsage[i].argvIndex = ++used;
        equal |= op == SQLITE_INDEX_CONSTRAINT_EQ;
    }
    char *order = plan_order(v, info);
    if (order != NULL) {
        plan = sqlite3_mprintf("%z|%z", plan, order);
        if (plan == NULL) {
            return SQLITE_NOMEM;
        }
        info->orderByConsumed = 1;
    }
    info->idxStr = plan;
    info->needToFreeIdxStr = plan != NULL;
    info->estimatedRows = (sqlite3_int64)(equal      ? sqrt(rows)
                                          : used > 0 ? rows / 4.0 + 1.0
                                                     : rows);
    info->estimatedCost = equal ? sqrt(rows) + 10.0 : used > 0 ? rows : rows * 2.0;
    return SQLITE_OK;
}

static int cursor_open(sqlite3_vtab *base, sqlite3_vtab_cursor **out)
{
    struct hone_arena mem = {0};
    struct cursor *cur = hone_new(&mem, struct cursor);

    (void)base;
    cur->start = hone_arena_mark(&mem);
    cur->mem = mem;
    *out = &cur->base;
    return SQLITE_OK;
}

static int cursor_close(sqlite3_vtab_cursor *base)
{
    struct hone_arena mem = ((struct cursor *)base)->mem;
    hone_arena_free(&mem);
    return SQLITE_OK;
}

/* The condition as it is tried on rows; false when a value of this type is left to SQLite. *never: no row has it. */
static bool make_test(struct cursor *cur, const struct hone_column *c, int op,
                      sqlite3_value *value, struct test *out, bool *never)
{
    int type = sqlite3_value_type(value);

    *out = (struct test){.c = c, .op = op};
    if (type == SQLITE_NULL) {
        *never = true;
        return true;
    }
    if (hone_type_is_text(c->type)) {
        size_t len = (size_t)sqlite3_value_bytes(value);
        const char *text = (const char *)sqlite3_value_text(value);
        if (type != SQLITE_TEXT || text == NULL) {
            return false;
        }
        out->text = true;
        out->word = (struct hone_str){hone_arena_text(&cur->mem, text, len), len};
        out->code = c->type == HONE_CATEGORY ? hone_dict_find(c->dict, out->word) : 0;
        *never = out->code < 0;
        return true;
    }
    if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) {
        return false;
    }
    out->number = sqlite3_value_double(value);
    out->integer = sqlite3_value_int64(value);
    out->exact = type == SQLITE_INTEGER && is_integer(c);
    return true;
}

/* <0, 0, >0: the cell against the value. */
static int compare(const struct test *t, size_t row)
{
    if (t->text) {
        return t->c->type == HONE_CATEGORY ? (((const int32_t *)t->c->data)[row] > t->code) -
                                                 (((const int32_t *)t->c->data)[row] < t->code)
                                           : hone_str_cmp(hone_column_str(t->c, row), t->word);
    }
    if (t->exact) {
        int64_t x = hone_column_i64(t->c, row);
        return (x > t->integer) - (x < t->integer);
    }
    double x = hone_column_f64(t->c, row);
    return (x > t->number) - (x < t->number);
}

/* What is let through is looked at again by SQLite: where rounding blurs, let through. */
static bool passes(const struct test *t, size_t row)
{
    int order;

    if (!hone_is_valid(t->c, row)) {
        return false;
    }
    order = compare(t, row);
    switch (t->op) {
    case SQLITE_INDEX_CONSTRAINT_EQ:
        return order == 0;
    case SQLITE_INDEX_CONSTRAINT_LT:
    case SQLITE_INDEX_CONSTRAINT_LE:
        return order <= 0;
    default:
        return order >= 0;
    }
}

/* NaN has no place among numbers that are looked for by halving: it stands after them, as missing. */
static bool beyond(const struct test *t, size_t row)
{
    double x;

    if (!hone_is_valid(t->c, row)) {
        return true;
    }
    x = is_integer(t->c) || t->text ? 0.0 : hone_column_f64(t->c, row);
    return x != x;
}

/* Rows of a column in order, made when equality with its values was asked for again and again: a join. */
static const size_t *index_of(struct vtab *v, size_t col)
{
    struct hone_sort_key key = {.column = v->table->column[col].name};

    if (v->index[col] == NULL) {
        size_t *row;
        if (hone_sort_order(v->run, v->table, &key, 1, &v->mem, &row) != HONE_OK) {
            hone_error_clear(v->run);
            v->asked[col] = 0; /* scan then */
            return NULL;
        }
        v->index[col] = row;
    }
    return v->index[col];
}

/* The rows equal to the value, by halving. */
static void find_equal(const struct vtab *v, const size_t *list, const struct test *t,
                       struct cursor *cur)
{
    size_t bound[2];

    for (int upper = 0; upper < 2; upper++) {
        size_t low = 0;
        size_t high = v->table->rows;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            size_t row = list[middle];
            int order = beyond(t, row) ? 1 : compare(t, row);
            if (order < 0 || (upper == 1 && order == 0)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        bound[upper] = low;
    }
    cur->list = list;
    cur->row = bound[0];
    cur->end = bound[1];
}

/* All rows in the order of the plan; the last one is kept, for a subquery that comes again. */
static int order_rows(struct vtab *v, struct hone_str order, const size_t **out)
{
    struct hone_sort_key key[SORTS];
    size_t n = 0;

    if (v->order == NULL || !hone_str_is(order, v->order)) {
        v->order = hone_arena_text(&v->mem, order.ptr, order.len);
        for (size_t at = 0; at < order.len && n < SORTS;) {
            size_t end = at;
            int64_t col = 0;
            while (order.ptr[end] != '+' && order.ptr[end] != '-') {
                end++;
            }
            (void)hone_parse_i64((struct hone_str){order.ptr + at, end - at}, &col);
            key[n].column = v->table->column[col].name;
            key[n].descending = order.ptr[end] == '-';
            key[n].missing_first = !key[n].descending; /* as SQLite has NULL */
            n++;
            at = end + 1;
        }
        if (hone_sort_order(v->run, v->table, key, n, &v->mem, &v->ordered) != HONE_OK) {
            hone_error_clear(v->run);
            v->order = NULL;
            return SQLITE_NOMEM;
        }
    }
    *out = v->ordered;
    return SQLITE_OK;
}

static void seek(struct cursor *cur)
{
    for (; cur->row < cur->end; cur->row++) {
        size_t row = cur->list == NULL ? cur->row : cur->list[cur->row];
        bool all = true;
        for (size_t i = 0; i < cur->tests && all; i++) {
            all = passes(&cur->test[i], row);
        }
        if (all) {
            return;
        }
    }
}

static int cursor_filter(sqlite3_vtab_cursor *base, int number, const char *plan, int argc,
                         sqlite3_value **argv)
{
    struct cursor *cur = (struct cursor *)base;
    struct vtab *v = (struct vtab *)base->pVtab;
    struct hone_str rest;
    struct hone_str order;
    bool never = false;

    (void)number;
    (void)hone_str_cut(hone_str(plan), '|', &rest, &order);
    hone_arena_rewind(&cur->mem, cur->start);
    cur->list = NULL;
    cur->tests = 0;
    cur->row = 0;
    cur->end = v->table->rows;
    if (order.len > 0) {
        int code = order_rows(v, order, &cur->list);
        if (code != SQLITE_OK) {
            return code;
        }
    }
    for (int i = 0; i < argc && rest.len > 0; i++) {
        struct hone_str item;
        struct hone_str op;
        int64_t col = 0;
        int64_t kind = 0;
        struct test *t = &cur->test[cur->tests];
        const struct hone_column *c;
        (void)hone_str_cut(rest, ';', &item, &rest);
        (void)hone_str_cut(item, ':', &item, &op);
        (void)hone_parse_i64(item, &col);
        (void)hone_parse_i64(op, &kind);
        c = &v->table->column[col];
        if (!make_test(cur, c, (int)kind, argv[i], t, &never)) {
            continue;
        }
        cur->tests++;
        if (never) {
            cur->end = 0;
            return SQLITE_OK;
        }
        if (t->op == SQLITE_INDEX_CONSTRAINT_EQ && cur->list == NULL &&
            ++v->asked[col] > SLOW) {
            const size_t *list = index_of(v, (size_t)col);
            if (list != NULL) {
                find_equal(v, list, t, cur);
            }
        }
    }
    seek(cur);
    return SQLITE_OK;
}

static int cursor_next(sqlite3_vtab_cursor *base)
{
    struct cursor *cur = (struct cursor *)base;
    cur->row++;
    seek(cur);
    return SQLITE_OK;
}

static int cursor_eof(sqlite3_vtab_cursor *base)
{
    const struct cursor *cur = (const struct cursor *)base;
    return cur->row >= cur->end;
}

static size_t row_of(const struct cursor *cur)
{
    return cur->list == NULL ? cur->row : cur->list[cur->row];
}

static int cursor_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out)
{
    *out = (sqlite3_int64)row_of((const struct cursor *)base) + 1;
    return SQLITE_OK;
}

static void give_text(sqlite3_context *ctx, struct hone_str text)
{
    sqlite3_result_text64(ctx, text.len == 0 ? "" : text.ptr, text.len, SQLITE_STATIC,
                          SQLITE_UTF8);
}

static void give_vector(sqlite3_context *ctx, const struct hone_column *c, size_t row)
{
    HONE_ARENA(work);
    struct hone_buf buf = hone_buf(&work);

    hone_column_print(&buf, c, row);
    sqlite3_result_text64(ctx, buf.len == 0 ? "" : buf.ptr, buf.len, SQLITE_TRANSIENT,
                          SQLITE_UTF8);
}

static int cursor_column(sqlite3_vtab_cursor *base, sqlite3_context *ctx, int col)
{
    const struct vtab *v = (const struct vtab *)base->pVtab;
    const struct hone_column *c = &v->table->column[col];
    size_t row = row_of((const struct cursor *)base);
    char text[40];
    struct hone_str bytes;

    if (!hone_is_valid(c, row)) {
        return SQLITE_OK;
    }
    switch (c->type) {
    case HONE_BOOL:
    case HONE_INT64:
        sqlite3_result_int64(ctx, hone_column_i64(c, row));
        break;
    case HONE_FLOAT32:
    case HONE_FLOAT64:
        sqlite3_result_double(ctx, hone_column_f64(c, row));
        break;
    case HONE_DATE:
        sqlite3_result_text(ctx, text, (int)hone_format_date(text, hone_column_i64(c, row)),
                            SQLITE_TRANSIENT);
        break;
    case HONE_TIMESTAMP:
        sqlite3_result_text(ctx, text, (int)hone_sqlite_time(text, hone_column_i64(c, row)),
                            SQLITE_TRANSIENT);
        break;
    case HONE_BINARY:
        bytes = hone_column_str(c, row);
        sqlite3_result_blob64(ctx, bytes.len == 0 ? "" : bytes.ptr, bytes.len, SQLITE_STATIC);
        break;
    case HONE_VECTOR:
        give_vector(ctx, c, row);
        break;
    default:
        give_text(ctx, hone_column_str(c, row));
    }
    return SQLITE_OK;
}

static const sqlite3_module module = {
    .iVersion = 0,
    .xCreate = vtab_connect,
    .xConnect = vtab_connect,
    .xBestIndex = vtab_best,
    .xDisconnect = vtab_disconnect,
    .xDestroy = vtab_disconnect,
    .xOpen = cursor_open,
    .xClose = cursor_close,
    .xFilter = cursor_filter,
    .xNext = cursor_next,
    .xEof = cursor_eof,
    .xColumn = cursor_column,
    .xRowid = cursor_rowid,
};

static void catalog_free(void *ptr)
{
    struct hone_arena mem = ((struct catalog *)ptr)->mem;
    hone_arena_free(&mem);
}

enum hone_code hone_sqlite_add_tables(struct hone_run *run, sqlite3 *db,
                                      const struct hone_sql_table *table, size_t n)
{
    struct hone_arena mem = {0};
    struct catalog *all = hone_new(&mem, struct catalog); /* freed with the connection */

    *all = (struct catalog){run, table, n, mem};
    if (sqlite3_create_module_v2(db, "hone", &module, all, catalog_free) != SQLITE_OK) {
        return hone_sqlite_fail(run, db, "SQL");
    }
    for (size_t i = 0; i < n; i++) {
        HONE_ARENA(work);
        struct hone_buf sql = hone_buf(&work);
        for (size_t k = 0; k < i; k++) {
            if (hone_str_eq_nocase(hone_str(table[k].name), hone_str(table[i].name))) {
                (void)hone_fail(run, HONE_E_CONFLICT, "two tables are called %s",
                                table[i].name);
                return hone_hint(run, "give one another name: other=FILE");
            }
        }
        if (table[i].table->cols == 0) {
            return hone_fail(run, HONE_E_ARG, "table %s has no columns", table[i].name);
        }
        if (table[i].table->cols > 2000) {
            (void)hone_fail(run, HONE_E_LIMIT, "table %s has %zu columns; SQL takes 2000",
                            table[i].name, table[i].table->cols);
            return hone_hint(run, "--columns names the ones that are needed");
        }
        hone_buf_text(&sql, "create virtual table temp.");
        hone_sqlite_quote(&sql, table[i].name);
        hone_buf_format(&sql, " using hone(%zu)", i);
        if (sqlite3_exec(db, sql.ptr, NULL, NULL, NULL) != SQLITE_OK) {
            return hone_sqlite_fail(run, db, table[i].name);
        }
    }
    return HONE_OK;
}
