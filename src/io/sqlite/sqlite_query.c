/* SQL over tables in memory; declared in io/sql.h. */
#include "io/sqlite/sqlite_priv.h"
#include "table/builder.h"

static enum hone_code open_memory(struct hone_run *run, const struct hone_sql_table *table,
                                  size_t n, sqlite3 **db)
{
    if (sqlite3_open_v2(":memory:", db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                            SQLITE_OPEN_MEMORY,
                        NULL) != SQLITE_OK) {
        return hone_sqlite_fail(run, *db, "SQL");
    }
    (void)sqlite3_db_config(*db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    (void)sqlite3_db_config(*db, SQLITE_DBCONFIG_DQS_DML, 0, NULL); /* "name" is no text */
    HONE_TRY(hone_sqlite_add_functions(run, *db));
    HONE_TRY(hone_sqlite_add_tables(run, *db, table, n));
    hone_sqlite_watch(*db, run);
    return HONE_OK;
}

/* pragma_table_list for the nearest names is asked for after a failure only: then the guard is taken off. */
static enum hone_code prepare(struct hone_run *run, sqlite3 *db, struct hone_str sql,
                              sqlite3_stmt **stmt)
{
    hone_sqlite_only_read(db);
    if (hone_sqlite_prepare(run, db, sql, stmt) == HONE_OK) {
        return HONE_OK;
    }
    if (strstr(run->err.message, "no such") == NULL) {
        return run->err.code;
    }
    (void)sqlite3_set_authorizer(db, NULL, NULL);
    sqlite3_stmt *again = NULL;
    if (sqlite3_prepare_v2(db, sql.ptr, (int)sql.len, &again, NULL) != SQLITE_OK) {
        hone_error_clear(run);
        return hone_sqlite_fail_sql(run, db, sql);
    }
    (void)sqlite3_finalize(again);
    return run->err.code;
}

enum hone_code hone_sql_query(struct hone_run *run, struct hone_str sql,
                              const struct hone_sql_table *table, size_t n,
                              struct hone_arena *mem, struct hone_table **out)
{
    HONE_CLOSING(hone_sqlite_db_close) sqlite3 *db = NULL;
    HONE_CLOSING(hone_sqlite_stmt_end) sqlite3_stmt *stmt = NULL;

    HONE_TRY(open_memory(run, table, n, &db));
    HONE_TRY(prepare(run, db, sql, &stmt));
    return hone_sqlite_rows(run, db, stmt, sql, mem, out);
}

enum hone_code hone_sql_plan(struct hone_run *run, struct hone_str sql,
                             const struct hone_sql_table *table, size_t n,
                             struct hone_arena *mem, struct hone_table **out)
{
    enum { DEPTH = 64 };
    HONE_CLOSING(hone_sqlite_db_close) sqlite3 *db = NULL;
    HONE_CLOSING(hone_sqlite_stmt_end) sqlite3_stmt *checked = NULL;
    HONE_CLOSING(hone_sqlite_stmt_end) sqlite3_stmt *stmt = NULL;
    struct hone_column column;
    struct hone_builder *b;
    struct hone_buf text;
    int parent[DEPTH];
    int depth = 0;
    HONE_ARENA(work);

    HONE_TRY(open_memory(run, table, n, &db));
    HONE_TRY(prepare(run, db, sql, &checked));
    (void)sqlite3_set_authorizer(db, NULL, NULL);
    text = hone_buf(&work);
    hone_buf_text(&text, "explain query plan ");
    hone_buf_str(&text, sql);
    HONE_TRY(hone_sqlite_prepare(run, db, (struct hone_str){text.ptr, text.len}, &stmt));
    HONE_TRY(hone_builder_new(run, "plan", HONE_UTF8, mem, &b));
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *detail = (const char *)sqlite3_column_text(stmt, 3);
        while (depth > 0 && parent[depth - 1] != sqlite3_column_int(stmt, 1)) {
            depth--;
        }
        text.len = 0;
        hone_buf_format(&text, "%*s%s", 2 * depth, "", detail == NULL ? "" : detail);
        HONE_TRY(hone_builder_str(run, b, (struct hone_str){text.ptr, text.len}));
        if (depth < DEPTH) {
            parent[depth++] = sqlite3_column_int(stmt, 0);
        }
    }
    HONE_TRY(hone_builder_end(run, b, &column));
    return hone_table_of(run, &column, 1, mem, out);
}

const char *hone_sql_name(struct hone_arena *mem, const char *path)
{
    const char *base = strrchr(path, '/');
    struct hone_str stem = hone_str(base == NULL ? path : base + 1);
    const char *dot = memchr(stem.ptr, '.', stem.len);
    struct hone_buf name = hone_buf(mem);

    if (strcmp(path, "-") == 0) {
        return "stdin";
    }
    stem.len = dot == NULL || dot == stem.ptr ? stem.len : (size_t)(dot - stem.ptr);
    for (size_t i = 0; i < stem.len; i++) {
        char c = stem.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
                      (unsigned char)c >= 0x80;
        if (i == 0 && c >= '0' && c <= '9') {
            hone_buf_char(&name, 't');
        }
        hone_buf_char(&name, letter || (c >= '0' && c <= '9') ? c : '_');
    }
    return name.len == 0 ? "t" : name.ptr;
}
