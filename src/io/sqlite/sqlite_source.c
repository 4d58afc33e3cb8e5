/*
 * Tables of SQLite databases, read and written.
 *
 *   sqlite:file.db?table=t            sqlite:file.db?query=SELECT%20...        sqlite:file.db, file.db (one table)
 *   to write: sqlite:file.db?table=t[&replace=1 | &append=1], file.db (the table is named as the file)
 */
#include "base/file.h"
#include "io/chunk_priv.h"
#include "io/sqlite/sqlite_priv.h"

#define PREFIX "sqlite:"
#define MAGIC  "SQLite format 3"

struct source {
    const char *path, *table, *query; /* NULL: not given */
    bool replace, append;
};

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* %41 is A; + stays: SQL has it. */
static enum hone_code decode(struct hone_run *run, struct hone_str text, struct hone_arena *mem,
                             const char **out)
{
    struct hone_buf buf = hone_buf(mem);

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%' && i + 2 < text.len && hex(text.ptr[i + 1]) >= 0 &&
            hex(text.ptr[i + 2]) >= 0) {
            c = (char)(hex(text.ptr[i + 1]) * 16 + hex(text.ptr[i + 2]));
            i += 2;
        }
        if (c == '\0') {
            return hone_fail(run, HONE_E_ARG, "a source has no NUL byte");
        }
        hone_buf_char(&buf, c);
    }
    *out = buf.len == 0 ? "" : buf.ptr;
    return HONE_OK;
}

/* The last option may hold & as it is: a query is taken whole. */
static enum hone_code parse_source(struct hone_run *run, const char *text,
                                   struct hone_arena *mem, struct source *out)
{
    struct hone_str rest = hone_str(text);
    struct hone_str head;
    bool has_prefix = hone_str_starts(rest, PREFIX);

    *out = (struct source){.path = text};
    if (!has_prefix) {
        return HONE_OK;
    }
    rest = (struct hone_str){rest.ptr + strlen(PREFIX), rest.len - strlen(PREFIX)};
    (void)hone_str_cut(rest, '?', &head, &rest);
    out->path = hone_arena_text(mem, head.ptr, head.len);
    while (rest.len > 0) {
        struct hone_str item;
        struct hone_str name;
        struct hone_str value;
        const char *decoded = "";
        if (hone_str_starts(rest, "query=")) {
            item = rest;
            rest = (struct hone_str){NULL, 0};
        } else {
            (void)hone_str_cut(rest, '&', &item, &rest);
        }
        (void)hone_str_cut(item, '=', &name, &value);
        HONE_TRY(decode(run, value, mem, &decoded));
        if (hone_str_is(name, "table")) {
            out->table = decoded;
        } else if (hone_str_is(name, "query")) {
            out->query = decoded;
        } else if (hone_str_is(name, "replace")) {
            out->replace = strcmp(decoded, "0") != 0;
        } else if (hone_str_is(name, "append")) {
            out->append = strcmp(decoded, "0") != 0;
        } else {
            (void)hone_fail(run, HONE_E_ARG, "%.100s: there is no option '%.*s'", text,
                            (int)(name.len < 40 ? name.len : 40),
                            name.len == 0 ? "" : name.ptr);
            return hone_hint(run, "sqlite:FILE?table=NAME or sqlite:FILE?query=SELECT ...");
        }
    }
    if (out->table != NULL && out->query != NULL) {
        return hone_fail(run, HONE_E_ARG, "%.100s: a table or a query, not both", text);
    }
    return HONE_OK;
}

/* --- reading --------------------------------------------------------------------------------------- */

/* The file where there is one; bytes that were unpacked or piped in are handed over. */
static enum hone_code open_to_read(struct hone_run *run, const char *path,
                                   struct hone_str bytes, bool from_file, sqlite3 **db)
{
    if (from_file) {
        if (!hone_file_exists(path)) {
            return hone_fail(run, HONE_E_NOT_FOUND, "%s: there is no such file", path);
        }
        if (sqlite3_open_v2(path, db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) !=
            SQLITE_OK) {
            return hone_sqlite_fail(run, *db, path);
        }
    } else {
        if (sqlite3_open_v2(":memory:", db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                            NULL) != SQLITE_OK ||
            sqlite3_deserialize(*db, "main", (unsigned char *)(uintptr_t)bytes.ptr,
                                (sqlite3_int64)bytes.len, (sqlite3_int64)bytes.len,
                                SQLITE_DESERIALIZE_READONLY) != SQLITE_OK) {
            return hone_sqlite_fail(run, *db, path);
        }
    }
    (void)sqlite3_busy_timeout(*db, 5000);
    (void)sqlite3_db_config(*db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(*db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    HONE_TRY(hone_sqlite_add_functions(run, *db));
    hone_sqlite_watch(*db, run);
    return HONE_OK;
}

/* "orders (1200 rows), items (8 rows)"; the count is asked of each table, a view is a view. */
static enum hone_code list_tables(struct hone_run *run, sqlite3 *db, const char *path,
                                  struct hone_arena *mem, const char **only, size_t *n,
                                  struct hone_buf *list)
{
    HONE_CLOSING(hone_sqlite_stmt_end) sqlite3_stmt *stmt = NULL;
    int state;

    *n = 0;
    if (sqlite3_prepare_v2(
            db,
            "select name, type from sqlite_master where type in ('table', 'view') "
            "and name not like 'sqlite\\_%' escape '\\' order by type, name",
            -1, &stmt, NULL) != SQLITE_OK) {
        return hone_sqlite_fail(run, db, path);
    }
    while ((state = sqlite3_step(stmt)) == SQLITE_ROW) {
        HONE_CLOSING(hone_sqlite_stmt_end) sqlite3_stmt *count = NULL;
        const char *name = (const char *)sqlite3_column_text(stmt, 0);
        const char *type = (const char *)sqlite3_column_text(stmt, 1);
        struct hone_buf sql = hone_buf(mem);
        if (name == NULL || type == NULL) {
            continue;
        }
        hone_buf_format(list, "%s%s", *n == 0 ? "" : ", ", name);
        if (strcmp(type, "table") != 0) {
            hone_buf_text(list, " (view)");
            *only = *n == 0 ? hone_arena_text(mem, name, strlen(name)) : *only;
            (*n)++;
            continue;
        }
        hone_buf_text(&sql, "select count(*) from ");
        hone_sqlite_quote(&sql, name);
        if (*n < 20 && sqlite3_prepare_v2(db, sql.ptr, -1, &count, NULL) == SQLITE_OK &&
            sqlite3_step(count) == SQLITE_ROW) {
            hone_buf_format(list, " (%lld rows)", (long long)sqlite3_column_int64(count, 0));
        }
        *only = hone_arena_text(mem, name, strlen(name));
        (*n)++;
    }
    return state == SQLITE_DONE ? HONE_OK : hone_sqlite_fail(run, db, path);
}

/* The statement that is meant: the query, all of a table, or all of the only table. */
static enum hone_code statement(struct hone_run *run, sqlite3 *db, const struct source *source,
                                const struct hone_read_options *options, struct hone_arena *mem,
                                struct hone_buf *sql)
{
    const char *table = source->table;
    struct hone_buf list = hone_buf(mem);
    size_t n;

    if (source->query != NULL) {
        hone_buf_text(sql, source->query);
        return HONE_OK;
    }
    if (table == NULL) {
        hone_buf_text(&list, "");
        HONE_TRY(list_tables(run, db, source->path, mem, &table, &n, &list));
        if (n == 0) {
            return hone_fail(run, HONE_E_FORMAT, "%s has no tables", source->path);
        }
        if (n > 1) {
            (void)hone_fail(run, HONE_E_ARG, "%s has %zu tables: %.300s", source->path, n,
                            list.ptr);
            return hone_hint(run, "say which: sqlite:%s?table=%s", source->path, table);
        }
    }
    hone_buf_text(sql, "select ");
    for (size_t i = 0; i < options->columns.n; i++) {
        hone_buf_text(sql, i == 0 ? "" : ", ");
        hone_sqlite_quote(sql, options->columns.item[i]);
    }
    hone_buf_text(sql, options->columns.n == 0 ? "* from " : " from ");
    hone_sqlite_quote(sql, table);
    return HONE_OK;
}

/* "column=type" of the options, and texts that are to stay texts. */
static enum hone_code apply_types(struct hone_run *run, const struct hone_read_options *options,
                                  struct hone_arena *mem, struct hone_table *t)
{
    struct hone_source source = {.options = options};

    for (size_t i = 0; i < t->cols; i++) {
        enum hone_type type = hone_type_wanted(&source, t->column[i].name);
        if (type != HONE_TYPE_COUNT && type != t->column[i].type) {
            HONE_TRY(hone_column_cast(run, &t->column[i], type, false, mem, &t->column[i]));
        }
    }
    return HONE_OK;
}

static enum hone_code read_sqlite(struct hone_run *run, const char *path, struct hone_str bytes,
                                  const struct hone_read_options *options,
                                  struct hone_arena *mem, struct hone_table **out,
                                  struct hone_read_report *report)
{
    struct source source;
    struct hone_buf sql;
    struct hone_table *t;
    enum hone_code code;
    HONE_ARENA(work);
    HONE_CLOSING(hone_sqlite_db_close) sqlite3 *db = NULL;
    HONE_CLOSING(hone_sqlite_stmt_end) sqlite3_stmt *stmt = NULL;

    HONE_TRY(parse_source(run, path, &work, &source));
    if (source.replace || source.append) {
        return hone_fail(run, HONE_E_ARG, "%.100s: replace and append are for writing", path);
    }
    HONE_TRY(
        open_to_read(run, source.path, bytes,
                     bytes.len == 0 || (report->compression == NULL && strcmp(path, "-") != 0 &&
                                        hone_file_exists(source.path)),
                     &db));
    sql = hone_buf(&work);
    HONE_TRY(statement(run, db, &source, options, &work, &sql));
    if (source.query != NULL) {
        hone_sqlite_only_read(db);
    }
    code = hone_sqlite_prepare(run, db, (struct hone_str){sql.ptr, sql.len}, &stmt);
    if (code != HONE_OK) {
        return source.query == NULL ? hone_fail_in(run, "%s", source.path) : code;
    }
    HONE_TRY(hone_sqlite_rows(run, db, stmt, (struct hone_str){sql.ptr, sql.len}, mem, &t));
    HONE_TRY(apply_types(run, options, mem, t));
    report->records = t->rows;
    *out = t;
    return HONE_OK;
}

static bool is_sqlite(struct hone_str head)
{
    return head.len >= sizeof MAGIC && memcmp(head.ptr, MAGIC, sizeof MAGIC) == 0;
}

/* --- writing --------------------------------------------------------------------------------------- */

static enum hone_code execute(struct hone_run *run, sqlite3 *db, const char *path,
                              const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? HONE_OK
               : hone_sqlite_fail(run, db, path);
}

static const char *declared(enum hone_type type)
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
        return "DATE";
    case HONE_TIMESTAMP:
        return "TIMESTAMP";
    case HONE_BINARY:
        return "BLOB";
    default:
        return "TEXT";
    }
}

static bool has_table(sqlite3 *db, const char *table)
{
    HONE_CLOSING(hone_sqlite_stmt_end) sqlite3_stmt *stmt = NULL;

    return sqlite3_prepare_v2(db, "select 1 from sqlite_master where name = ?1 collate nocase",
                              -1, &stmt, NULL) == SQLITE_OK &&
           sqlite3_bind_text(stmt, 1, table, -1, SQLITE_STATIC) == SQLITE_OK &&
           sqlite3_step(stmt) == SQLITE_ROW;
}

static int bind_cell(sqlite3_stmt *stmt, int place, const struct hone_column *c, size_t row,
                     struct hone_buf *buf)
{
    struct hone_str text;
    char time[40];

    if (!hone_is_valid(c, row)) {
        return sqlite3_bind_null(stmt, place);
    }
    switch (c->type) {
    case HONE_BOOL:
    case HONE_INT64:
        return sqlite3_bind_int64(stmt, place, hone_column_i64(c, row));
    case HONE_FLOAT32:
    case HONE_FLOAT64:
        return sqlite3_bind_double(stmt, place, hone_column_f64(c, row));
    case HONE_TIMESTAMP:
        return sqlite3_bind_text(stmt, place, time,
                                 (int)hone_sqlite_time(time, hone_column_i64(c, row)),
                                 SQLITE_TRANSIENT);
    case HONE_BINARY:
        text = hone_column_str(c, row);
        return sqlite3_bind_blob64(stmt, place, text.len == 0 ? "" : text.ptr, text.len,
                                   SQLITE_STATIC);
    case HONE_UTF8:
    case HONE_CATEGORY:
        text = hone_column_str(c, row);
        return sqlite3_bind_text64(stmt, place, text.len == 0 ? "" : text.ptr, text.len,
                                   SQLITE_STATIC, SQLITE_UTF8);
    default:
        buf->len = 0;
        hone_column_print(buf, c, row);
        return sqlite3_bind_text64(stmt, place, buf->len == 0 ? "" : buf->ptr, buf->len,
                                   SQLITE_TRANSIENT, SQLITE_UTF8);
    }
}

static enum hone_code insert_rows(struct hone_run *run, sqlite3 *db,
                                  const struct source *source, const struct hone_table *t,
                                  struct hone_arena *work)
{
    HONE_CLOSING(hone_sqlite_stmt_end) sqlite3_stmt *stmt = NULL;
    struct hone_buf sql = hone_buf(work);
    struct hone_buf cell = hone_buf(work);

    hone_buf_text(&sql, "insert into ");
    hone_sqlite_quote(&sql, source->table);
    for (size_t i = 0; i < t->cols; i++) {
        hone_buf_text(&sql, i == 0 ? " (" : ", ");
        hone_sqlite_quote(&sql, t->column[i].name);
    }
    for (size_t i = 0; i < t->cols; i++) {
        hone_buf_text(&sql, i == 0 ? ") values (?" : ", ?");
    }
    hone_buf_text(&sql, ")");
    if (sqlite3_prepare_v2(db, sql.ptr, -1, &stmt, NULL) != SQLITE_OK) {
        return hone_sqlite_fail(run, db, source->path);
    }
    for (size_t row = 0; row < t->rows; row++) {
        bool good = true;
        if (row % 4096 == 0) {
            HONE_TRY(hone_check_cancel(run));
        }
        for (size_t i = 0; i < t->cols && good; i++) {
            good = bind_cell(stmt, (int)i + 1, &t->column[i], row, &cell) == SQLITE_OK;
        }
        if (!good || sqlite3_step(stmt) != SQLITE_DONE || sqlite3_reset(stmt) != SQLITE_OK) {
            return hone_sqlite_fail(run, db, source->path);
        }
    }
    return HONE_OK;
}

static enum hone_code write_rows(struct hone_run *run, sqlite3 *db, const struct source *source,
                                 const struct hone_table *t, struct hone_arena *work)
{
    struct hone_buf sql = hone_buf(work);
    bool there;

    HONE_TRY(execute(run, db, source->path, "begin immediate"));
    there = has_table(db, source->table);
    if (there && !source->replace && !source->append) {
        (void)hone_fail(run, HONE_E_CONFLICT, "%s has a table %s already", source->path,
                        source->table);
        return hone_hint(run, "sqlite:%s?table=%s&replace=1, or &append=1", source->path,
                         source->table);
    }
    if (there && source->replace) {
        hone_buf_text(&sql, "drop table ");
        hone_sqlite_quote(&sql, source->table);
        HONE_TRY(execute(run, db, source->path, sql.ptr));
    }
    if (!there || source->replace) {
        sql.len = 0;
        hone_buf_text(&sql, "create table ");
        hone_sqlite_quote(&sql, source->table);
        for (size_t i = 0; i < t->cols; i++) {
            hone_buf_text(&sql, i == 0 ? " (" : ", ");
            hone_sqlite_quote(&sql, t->column[i].name);
            hone_buf_format(&sql, " %s", declared(t->column[i].type));
        }
        hone_buf_text(&sql, ")");
        HONE_TRY(execute(run, db, source->path, sql.ptr));
    }
    HONE_TRY(insert_rows(run, db, source, t, work));
    return execute(run, db, source->path, "commit");
}

/* One transaction: all rows or none; a file that was not there is not there after a failure. */
static enum hone_code write_sqlite(struct hone_run *run, const struct hone_table *t,
                                   const char *path, const struct hone_write_options *options)
{
    struct source source;
    enum hone_code code;
    bool was_there;
    HONE_ARENA(work);

    (void)options;
    HONE_TRY(parse_source(run, path, &work, &source));
    if (source.query != NULL) {
        return hone_fail(run, HONE_E_ARG, "%.100s: a query is read, not written", path);
    }
    if (strcmp(source.path, "-") == 0) {
        (void)hone_fail(run, HONE_E_UNSUPPORTED,
                        "a database is not written to standard output");
        return hone_hint(run, "name a file");
    }
    if (t->cols == 0) {
        return hone_fail(run, HONE_E_UNSUPPORTED,
                         "%s: a table without columns has no place in SQL", source.path);
    }
    source.table = source.table == NULL ? hone_sql_name(&work, source.path) : source.table;
    was_there = hone_file_exists(source.path);
    HONE_CLOSING(hone_sqlite_db_close) sqlite3 *db = NULL;
    if (sqlite3_open_v2(source.path, &db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK) {
        return hone_sqlite_fail(run, db, source.path);
    }
    (void)sqlite3_busy_timeout(db, 5000);
    code = write_rows(run, db, &source, t, &work);
    if (code != HONE_OK) {
        struct hone_error first = run->err;
        (void)sqlite3_exec(db, "rollback", NULL, NULL, NULL);
        if (!was_there && hone_file_remove(run, source.path) != HONE_OK) {
            hone_error_clear(run);
        }
        run->err = first;
    }
    return code;
}

const struct hone_reader hone_reader_sqlite = {
    .part.name = "sqlite",
    .part.summary = "a table or query of a SQLite database",
    .part.source = "https://www.sqlite.org/fileformat2.html",
    .endings = (const char *const[]){".sqlite", ".sqlite3", ".db", ".db3", NULL},
    .prefix = PREFIX,
    .accepts = is_sqlite,
    .read = read_sqlite,
    .write = write_sqlite,
};
