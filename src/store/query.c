#include <errno.h>
#include <limits.h>
#include <math.h>
#include <sqlite3.h>

#include "store/query_priv.h"

/* What SQLite says, as one of our codes. */
static enum hone_code told(struct hone_run *run, struct hone_store *store, int code)
{
    const char *words = sqlite3_errmsg(store->db);
    store->held = (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED;
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        (void)hone_fail(run, HONE_E_CONFLICT, "%s: store locked by another process",
                        store->folder);
        return hone_hint(run, "wait for the other hone command to end, then try again");
    case SQLITE_CONSTRAINT:
        if (code == SQLITE_CONSTRAINT_FOREIGNKEY) {
            return hone_fail(run, HONE_E_CONFLICT,
                             "%s: something still refers to this, or what it refers to is gone",
                             store->folder);
        }
        return hone_fail(run, HONE_E_CONFLICT, "%s: %s", store->folder, words);
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return hone_fail(run, HONE_E_FORMAT, "%s/hone.db is damaged: %s", store->folder, words);
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
        return hone_fail(run, HONE_E_LIMIT, "%s: %s", store->folder, words);
    case SQLITE_IOERR:
        errno = sqlite3_system_errno(
            store->db); /* what the system said: "No space left on device" */
        return errno == 0 ? hone_fail(run, HONE_E_IO, "%s/hone.db: %s", store->folder, words)
                          : hone_fail_errno(run, "%s/hone.db: %s", store->folder, words);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
        return hone_store_not_ours(run, store, words);
    case SQLITE_INTERRUPT:
        return hone_fail(run, HONE_E_CANCELLED, "%s: %s", store->folder, words);
    default:
        return hone_fail(run, HONE_E_IO, "%s/hone.db: %s", store->folder, words);
    }
}

enum hone_code hone_store_not_ours(struct hone_run *run, const struct hone_store *store,
                                   const char *words)
{
    (void)hone_fail(run, HONE_E_IO, "%s: this user may not write the store: %s", store->folder,
                    words);
    return hone_hint(run,
                     "run hone as the owner of that folder, or give it with all that is in it "
                     "to this user: chown -R");
}

enum hone_code hone_store_exec(struct hone_run *run, struct hone_store *store, const char *sql)
{
    int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? HONE_OK : told(run, store, code);
}

enum hone_code hone_query_begin(struct hone_run *run, struct hone_store *store, const char *sql,
                                struct hone_query *out)
{
    struct hone_query query = {.store = store};
    int code = sqlite3_prepare_v2(store->db, sql, -1, &query.statement, NULL);
    if (code != SQLITE_OK) {
        return told(run, store, code);
    }
    *out = query;
    return HONE_OK;
}

void hone_query_end(struct hone_query *query)
{
    sqlite3_finalize(query->statement);
    query->statement = NULL;
}

static void note(struct hone_query *query, int code)
{
    if (code != SQLITE_OK && query->failed == SQLITE_OK) {
        query->failed = code;
    }
}

void hone_query_put_str(struct hone_query *query, struct hone_str text)
{
    if (text.len > INT_MAX) {
        note(query, SQLITE_TOOBIG);
        return;
    }
    note(query, sqlite3_bind_text(query->statement, ++query->bound, text.ptr, (int)text.len,
                                  SQLITE_STATIC));
}

void hone_query_put_text(struct hone_query *query, const char *text)
{
    hone_query_put_str(query, hone_str(text));
}

void hone_query_put_bytes(struct hone_query *query, const void *bytes, size_t len)
{
    if (len > INT_MAX) {
        note(query, SQLITE_TOOBIG);
        return;
    }
    note(query,
         sqlite3_bind_blob(query->statement, ++query->bound, bytes, (int)len, SQLITE_STATIC));
}

void hone_query_put_int(struct hone_query *query, int64_t value)
{
    note(query, sqlite3_bind_int64(query->statement, ++query->bound, value));
}

void hone_query_put_real(struct hone_query *query, double value)
{
    note(query, sqlite3_bind_double(query->statement, ++query->bound, value));
}

void hone_query_put_null(struct hone_query *query)
{
    note(query, sqlite3_bind_null(query->statement, ++query->bound));
}

void hone_query_put_int_or_null(struct hone_query *query, int64_t value, bool absent)
{
    if (absent) {
        hone_query_put_null(query);
    } else {
        hone_query_put_int(query, value);
    }
}

void hone_query_again(struct hone_query *query)
{
    /* A reset repeats the failure of the step before, which was told then. */
    (void)sqlite3_reset(query->statement);
    query->bound = 0;
    query->column = 0;
    query->failed = SQLITE_OK;
}

enum hone_code hone_query_step(struct hone_run *run, struct hone_query *query, bool *row)
{
    HONE_ASSERT(query->failed != SQLITE_OK ||
                query->bound == sqlite3_bind_parameter_count(query->statement));
    int code = query->failed != SQLITE_OK ? query->failed : sqlite3_step(query->statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        return told(run, query->store,
                    sqlite3_extended_errcode(query->store->db) == SQLITE_OK
                        ? code
                        : sqlite3_extended_errcode(query->store->db));
    }
    query->column = 0;
    *row = code == SQLITE_ROW;
    return HONE_OK;
}

enum hone_code hone_query_run(struct hone_run *run, struct hone_query *query, size_t *changed)
{
    bool row = true;
    while (row) {
        HONE_TRY(hone_query_step(run, query, &row));
    }
    if (changed != NULL) {
        *changed = (size_t)sqlite3_changes64(query->store->db);
    }
    hone_query_again(query);
    return HONE_OK;
}

struct hone_str hone_query_str(struct hone_query *query, struct hone_arena *mem)
{
    int column = query->column++;
    const unsigned char *text = sqlite3_column_text(query->statement, column);
    if (text == NULL) {
        return (struct hone_str){NULL, 0};
    }
    size_t len = (size_t)sqlite3_column_bytes(query->statement, column);
    return (struct hone_str){hone_arena_text(mem, (const char *)text, len), len};
}

struct hone_str hone_query_bytes(struct hone_query *query, struct hone_arena *mem)
{
    int column = query->column++;
    const void *bytes = sqlite3_column_blob(query->statement, column);
    size_t len = (size_t)sqlite3_column_bytes(query->statement, column);
    return (struct hone_str){bytes == NULL ? "" : hone_arena_text(mem, bytes, len), len};
}

const char *hone_query_text(struct hone_query *query, struct hone_arena *mem)
{
    return hone_query_str(query, mem).ptr;
}

int64_t hone_query_int(struct hone_query *query)
{
    return sqlite3_column_int64(query->statement, query->column++);
}

double hone_query_real(struct hone_query *query)
{
    int column = query->column++;
    if (sqlite3_column_type(query->statement, column) == SQLITE_NULL) {
        return (double)NAN;
    }
    return sqlite3_column_double(query->statement, column);
}

void *hone_list_grow(struct hone_arena *mem, void *list, size_t size, size_t *room)
{
    size_t more = *room == 0 ? 16 : hone_product(*room, 2);
    void *grown = hone_arena_grow(mem, list, size, *room, more);
    if (grown != NULL) {
        *room = more;
    }
    return grown;
}
