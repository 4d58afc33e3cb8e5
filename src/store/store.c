#include "store/store.h"

#include <sqlite3.h>
#include <stdio.h>

#include "base/file.h"
#include "store/query_priv.h"

/* "hone" in the header of the database file, so that a stranger's is not taken for ours. */
#define APPLICATION 0x686f6e65

static enum hone_code read_int(struct hone_run *run, struct hone_store *store, const char *sql,
                               int64_t *out)
{
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store, sql, &query));
    bool row;
    HONE_TRY(hone_query_step(run, &query, &row));
    HONE_ASSERT(row);
    *out = hone_query_int(&query);
    return HONE_OK;
}

/* How far the schema is; fails when it is not ours or from the future. */
static enum hone_code schema_of(struct hone_run *run, struct hone_store *store, size_t known,
                                size_t *out)
{
    int64_t version;
    int64_t application;
    int64_t tables;
    HONE_TRY(read_int(run, store, "PRAGMA user_version", &version));
    HONE_TRY(read_int(run, store, "PRAGMA application_id", &application));
    HONE_TRY(read_int(run, store, "SELECT count(*) FROM sqlite_schema", &tables));
    if (application != APPLICATION && (application != 0 || version != 0 || tables != 0)) {
        return hone_fail(run, HONE_E_FORMAT, "%s/hone.db is a database of another program",
                         store->folder);
    }
    if (version < 0 || (uint64_t)version > known) {
        (void)hone_fail(run, HONE_E_UNSUPPORTED,
                        "%s was written by a newer hone: schema %lld, this one knows %zu",
                        store->folder, (long long)version, known);
        return hone_hint(run, "install the newer hone; nothing was changed");
    }
    *out = (size_t)version;
    return HONE_OK;
}

enum hone_code hone_store_migrate(struct hone_run *run, struct hone_store *store,
                                  const char *const *steps, size_t n)
{
    size_t version;
    HONE_TRY(schema_of(run, store, n, &version));
    if (version == n) {
        return HONE_OK;
    }
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    /* Another process may have done it while this one waited. */
    HONE_TRY(schema_of(run, store, n, &version));
    char sql[96];
    for (size_t i = version; i < n; i++) {
        HONE_TRY(hone_store_exec(run, store, steps[i]));
    }
    snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %zu",
             APPLICATION, n);
    HONE_TRY(hone_store_exec(run, store, sql));
    return hone_transaction_commit(run, &tx);
}

/* The switch to WAL takes a lock for which SQLite does not wait by itself. */
static enum hone_code use_wal(struct hone_run *run, struct hone_store *store)
{
    for (int waited = 0;; waited += 20) {
        enum hone_code code = hone_store_exec(run, store, "PRAGMA journal_mode = WAL");
        if (code != HONE_E_CONFLICT || waited >= HONE_STORE_PATIENCE) {
            return code;
        }
        hone_error_clear(run);
        sqlite3_sleep(20);
    }
}

static enum hone_code prepare(struct hone_run *run, struct hone_store *store)
{
    sqlite3_extended_result_codes(store->db, 1);
    sqlite3_busy_timeout(store->db, HONE_STORE_PATIENCE);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    size_t version;
    HONE_TRY(schema_of(run, store, hone_migrations_n, &version));
    if (version == 0) { /* must come before the first table, and before WAL: store/expire.h */
        HONE_TRY(hone_store_exec(run, store, "PRAGMA auto_vacuum = INCREMENTAL"));
    }
    HONE_TRY(use_wal(run, store));
    HONE_TRY(hone_store_exec(run, store,
                             "PRAGMA synchronous = FULL;"
                             "PRAGMA foreign_keys = ON;"
                             "PRAGMA temp_store = MEMORY;"
                             "PRAGMA cell_size_check = ON;"
                             "PRAGMA journal_size_limit = 67108864"));
    return hone_store_migrate(run, store, hone_migrations, hone_migrations_n);
}

enum hone_code hone_store_open(struct hone_run *run, const char *folder, bool create,
                               struct hone_arena *mem, struct hone_store **out)
{
    struct hone_store *store = hone_new(mem, struct hone_store);
    store->folder = hone_arena_text(mem, folder, strlen(folder));
    const char *path = hone_path_join(mem, folder, "hone.db");
    if (create) {
        HONE_TRY(hone_dir_make(run, hone_path_join(mem, folder, "artifacts")));
    } else if (!hone_file_exists(path)) {
        (void)hone_fail(run, HONE_E_NOT_FOUND, "%s is no store: it has no hone.db", folder);
        return hone_hint(run,
                         "hone train and hone data add make one; --store names another place");
    }
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0);
    if (sqlite3_open_v2(path, &store->db, flags, NULL) != SQLITE_OK) {
        enum hone_code code =
            hone_fail(run, HONE_E_IO, "cannot open %s: %s", path,
                      store->db == NULL ? "out of memory" : sqlite3_errmsg(store->db));
        hone_store_close(store);
        return code;
    }
    enum hone_code code = prepare(run, store);
    /* A file that may only be read is opened so, silently: who came to write would fail at the first row. */
    if (code == HONE_OK && create && sqlite3_db_readonly(store->db, "main") == 1) {
        code = hone_store_not_ours(run, store, "hone.db is read-only");
    }
    if (code != HONE_OK) {
        hone_store_close(store);
        return code;
    }
    *out = store;
    return HONE_OK;
}

void hone_store_close(struct hone_store *store)
{
    if (store != NULL && store->db != NULL) {
        HONE_ASSERT(sqlite3_close(store->db) == SQLITE_OK);
        store->db = NULL;
    }
}

void hone_store_drop(struct hone_store **store)
{
    hone_store_close(*store);
}

const char *hone_store_folder(const struct hone_store *store)
{
    return store->folder;
}

void hone_store_patience(struct hone_store *store, int ms)
{
    sqlite3_busy_timeout(store->db, ms);
}

bool hone_store_held(const struct hone_store *store)
{
    return store->held;
}

void hone_store_rest(struct hone_store *store, int64_t ns)
{
    store->rest = ns;
}

enum hone_code hone_store_check(struct hone_run *run, struct hone_store *store)
{
    HONE_SCRATCH(run);
    HONE_QUERY pages = {0};
    HONE_TRY(hone_query_begin(run, store, "PRAGMA integrity_check(1)", &pages));
    bool row;
    HONE_TRY(hone_query_step(run, &pages, &row));
    const char *answer = row ? hone_query_text(&pages, &run->scratch) : "no answer";
    if (!hone_str_is(hone_str(answer), "ok")) {
        return hone_fail(run, HONE_E_FORMAT, "%s/hone.db is damaged: %s", store->folder,
                         answer);
    }
    HONE_QUERY links = {0};
    HONE_TRY(hone_query_begin(run, store, "PRAGMA foreign_key_check", &links));
    HONE_TRY(hone_query_step(run, &links, &row));
    if (row) {
        return hone_fail(run, HONE_E_FORMAT, "%s/hone.db: a row of %s refers to nothing",
                         store->folder, hone_query_text(&links, &run->scratch));
    }
    return HONE_OK;
}

enum hone_code hone_transaction_begin(struct hone_run *run, struct hone_store *store,
                                      struct hone_transaction *out)
{
    /* IMMEDIATE: a writer waits at its first statement, never half way. */
    HONE_TRY(
        hone_store_exec(run, store, store->depth == 0 ? "BEGIN IMMEDIATE" : "SAVEPOINT inner"));
    store->depth++;
    out->store = store;
    return HONE_OK;
}

enum hone_code hone_snapshot_begin(struct hone_run *run, struct hone_store *store,
                                   struct hone_transaction *out)
{
    /* Outside a transaction this begins a deferred one: no writer waits for it. */
    HONE_TRY(hone_store_exec(run, store, "SAVEPOINT inner"));
    store->depth++;
    out->store = store;
    return HONE_OK;
}

enum hone_code hone_transaction_commit(struct hone_run *run, struct hone_transaction *tx)
{
    struct hone_store *store = tx->store;
    HONE_TRY(hone_store_exec(run, store, store->depth == 1 ? "COMMIT" : "RELEASE inner"));
    store->depth--;
    tx->store = NULL;
    return HONE_OK;
}

void hone_transaction_end(struct hone_transaction *tx)
{
    struct hone_store *store = tx->store;
    if (store == NULL) {
        return;
    }
    /* After a full disk SQLite has already undone everything; there is nobody left to tell. */
    if (sqlite3_get_autocommit(store->db) == 0) {
        (void)sqlite3_exec(store->db,
                           store->depth == 1 ? "ROLLBACK" : "ROLLBACK TO inner; RELEASE inner",
                           NULL, NULL, NULL);
    }
    store->depth--;
    tx->store = NULL;
}
