/* Errors and statements of SQLite; declared in io/sqlite_priv.h. */
#include "base/time.h"
#include "io/sqlite/sqlite_priv.h"

void hone_sqlite_db_close(sqlite3 **db)
{
    (void)sqlite3_close_v2(*db);
}

void hone_sqlite_stmt_end(sqlite3_stmt **stmt)
{
    (void)sqlite3_finalize(*stmt);
}

enum hone_code hone_sqlite_fail(struct hone_run *run, sqlite3 *db, const char *path)
{
    int code = db == NULL ? SQLITE_NOMEM : sqlite3_errcode(db) & 255;
    const char *why = db == NULL ? "out of memory" : sqlite3_errmsg(db);

    switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        (void)hone_fail(run, HONE_E_CONFLICT, "%s: another process is writing it (%s)", path,
                        why);
        return hone_hint(run, "wait for it to end its transaction");
    case SQLITE_NOTADB:
        (void)hone_fail(run, HONE_E_FORMAT, "%s is no SQLite database, or is encrypted", path);
        return hone_hint(run, "encrypted databases are not read");
    case SQLITE_CORRUPT:
        (void)hone_fail(run, HONE_E_FORMAT, "%s is damaged: %s", path, why);
        return hone_hint(run, "sqlite3 %s .recover may save what is left", path);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
        (void)hone_fail(run, HONE_E_IO, "%s: %s", path, why);
        return hone_hint(
            run,
            "a database in WAL mode needs its -shm file, or the right to make it beside it");
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
    case SQLITE_FULL:
        return hone_fail(run, HONE_E_LIMIT, "%s: %s", path, why);
    case SQLITE_INTERRUPT:
        HONE_TRY(hone_check_cancel(run));
        return hone_fail(run, HONE_E_CANCELLED, "%s: interrupted", path);
    case SQLITE_IOERR:
    case SQLITE_PERM:
        return hone_fail(run, HONE_E_IO, "%s: %s", path, why);
    default:
        return hone_fail(run, HONE_E_ARG, "%s: %s", path, why);
    }
}

/* The names of all tables, or of all columns of all tables, in mem. */
static size_t names_of(sqlite3 *db, bool columns, struct hone_arena *mem, const char **name,
                       size_t room)
{
    HONE_CLOSING(hone_sqlite_stmt_end) sqlite3_stmt *stmt = NULL;
    size_t n = 0;

    if (sqlite3_prepare_v2(
            db,
            columns ? "select distinct c.name from pragma_table_list t, "
                      "pragma_table_info(t.name, t.schema) c where t.name not like 'sqlite%'"
                    : "select name from pragma_table_list where name not like 'sqlite%'",
            -1, &stmt, NULL) != SQLITE_OK) {
        return 0;
    }
    while (n < room && sqlite3_step(stmt) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(stmt, 0);
        if (text != NULL) {
            name[n++] = hone_arena_text(mem, text, strlen(text));
        }
    }
    return n;
}

/* The text with a mark before the place. */
static void show_place(struct hone_buf *buf, struct hone_str sql, size_t at)
{
    size_t from = at > 40 ? at - 40 : 0;
    size_t to = at + 40 < sql.len ? at + 40 : sql.len;

    hone_buf_text(buf, from > 0 ? "..." : "");
    for (size_t i = from; i < to; i++) {
        hone_buf_text(buf, i == at ? "-->" : "");
        hone_buf_char(buf, (unsigned char)sql.ptr[i] < 0x20 ? ' ' : sql.ptr[i]);
    }
    hone_buf_text(buf, at >= to ? " -->" : to < sql.len ? "..." : "");
}

/* What is missing by the message "no such KIND: NAME": its name, or NULL. */
static const char *missing_name(const char *message, bool *column)
{
    static const char *const heads[] = {
        "no such column: ", "no such table: ", "no such function: "};

    for (size_t i = 0; i < 3; i++) {
        if (hone_str_starts(hone_str(message), heads[i])) {
            *column = i == 0;
            return i == 2 ? NULL : message + strlen(heads[i]);
        }
    }
    return NULL;
}

enum hone_code hone_sqlite_fail_sql(struct hone_run *run, sqlite3 *db, struct hone_str sql)
{
    enum { NAMES = 4096 };
    int offset = sqlite3_error_offset(db);
    const char *nearest = NULL;
    const char *name;
    const char **names;
    const char *message;
    bool column = false;
    struct hone_buf hint;
    HONE_ARENA(work);

    if ((sqlite3_errcode(db) & 255) == SQLITE_AUTH) {
        (void)hone_fail(run, HONE_E_ARG,
                        "SQL: only queries are allowed (SELECT, WITH, VALUES): %s",
                        sqlite3_errmsg(db));
        return hone_hint(run, "the files are only read; --out FILE keeps a result");
    }
    if ((sqlite3_errcode(db) & 255) != SQLITE_ERROR) {
        return hone_sqlite_fail(run, db, "SQL");
    }
    message = hone_arena_text(&work, sqlite3_errmsg(db), strlen(sqlite3_errmsg(db)));
    hint = hone_buf(&work);
    name = missing_name(message, &column);
    if (name != NULL) {
        const char *dot = strrchr(name, '.');
        HONE_TRY(hone_array(run, &work, &names, NAMES));
        nearest = hone_nearest(dot == NULL ? name : dot + 1, names,
                               names_of(db, column, &work, names, NAMES));
    }
    if (offset >= 0) {
        (void)hone_fail(run, HONE_E_ARG, "SQL: %s (character %d)", message, offset + 1);
        show_place(&hint, sql, (size_t)offset);
    } else {
        (void)hone_fail(run, HONE_E_ARG, "SQL: %s", message);
    }
    if (nearest == NULL && column && offset >= 0 && sql.ptr[offset] == '"') {
        return hone_hint(run, "texts stand in single quotes: %s", hint.ptr);
    }
    if (nearest != NULL) {
        return hone_hint(run, "did you mean %.80s?%s%s", nearest, hint.len > 0 ? " " : "",
                         hint.len > 0 ? hint.ptr : "");
    }
    return hint.len > 0 ? hone_hint(run, "%s", hint.ptr) : run->err.code;
}

void hone_sqlite_quote(struct hone_buf *buf, const char *name)
{
    hone_buf_char(buf, '"');
    for (; *name != '\0'; name++) {
        hone_buf_text(buf, *name == '"' ? "\"" : "");
        hone_buf_char(buf, *name);
    }
    hone_buf_char(buf, '"');
}

static int must_stop(void *ctx)
{
    struct hone_run *run = ctx;
    bool stop = hone_check_cancel(run) != HONE_OK;

    hone_error_clear(run); /* told when the statement has ended */
    return stop;
}

void hone_sqlite_watch(sqlite3 *db, struct hone_run *run)
{
    sqlite3_progress_handler(db, 100000, must_stop, run);
}

enum hone_code hone_sqlite_prepare(struct hone_run *run, sqlite3 *db, struct hone_str sql,
                                   sqlite3_stmt **out)
{
    const char *tail;
    sqlite3_stmt *second = NULL;

    if (sql.len > 1000000) {
        return hone_fail(run, HONE_E_LIMIT, "SQL: a statement of %zu bytes is too long",
                         sql.len);
    }
    if (memchr(sql.len == 0 ? "" : sql.ptr, '\0', sql.len) != NULL) {
        return hone_fail(run, HONE_E_ARG, "SQL: a NUL byte has no place in a statement");
    }
    if (sqlite3_prepare_v2(db, sql.len == 0 ? "" : sql.ptr, (int)sql.len, out, &tail) !=
        SQLITE_OK) {
        return hone_sqlite_fail_sql(run, db, sql);
    }
    if (*out == NULL) {
        return hone_fail(run, HONE_E_ARG, "SQL: there is no statement");
    }
    if (sqlite3_prepare_v2(db, tail, (int)(sql.ptr + sql.len - tail), &second, NULL) !=
            SQLITE_OK ||
        second != NULL) {
        (void)sqlite3_finalize(second);
        return hone_fail(run, HONE_E_ARG, "SQL: one statement at a time");
    }
    if (sqlite3_column_count(*out) == 0) {
        return hone_fail(run, HONE_E_ARG, "SQL: the statement gives no rows");
    }
    return HONE_OK;
}

size_t hone_sqlite_time(char out[40], int64_t us)
{
    size_t len = hone_format_timestamp(out, us);

    for (size_t i = 0; i < len; i++) {
        out[i] = out[i] == 'T' ? ' ' : out[i];
    }
    len -= len > 0 && out[len - 1] == 'Z';
    out[len] = '\0';
    return len;
}

/* Only what reads: no ATTACH, no PRAGMA, no writing, no loading of code. */
static int allow(void *ctx, int action, const char *a, const char *b, const char *c,
                 const char *d)
{
    (void)ctx;
    (void)a;
    (void)c;
    (void)d;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_FUNCTION:
        return b != NULL && sqlite3_stricmp(b, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
    default:
        return SQLITE_DENY;
    }
}

void hone_sqlite_only_read(sqlite3 *db)
{
    (void)sqlite3_set_authorizer(db, allow, NULL);
}
