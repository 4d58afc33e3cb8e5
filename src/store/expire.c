#include "store/expire.h"

#include <sqlite3.h>

#include "base/progress.h"
#include "store/query_priv.h"

#define ROWS   " FROM prediction WHERE seq > ? AND seq <= ? AND time < ?"
#define NO_ONE " AND NOT EXISTS (SELECT 1 FROM label WHERE label.prediction = prediction.seq)"

/* Blocks of texts that one step looks at: some 20 to 200 KiB each. */
#define BLOCKS 64

/* Pages that one transaction gives back. */
#define PAGES "256"

/* A number that a statement gives; absent: NULL or no row. */
static enum hone_code number(struct hone_run *run, struct hone_query *query, int64_t absent,
                             int64_t *out)
{
    bool row;
    HONE_TRY(hone_query_step(run, query, &row));
    int64_t value = row ? hone_query_int(query) : 0;
    *out = value == 0 ? absent : value;
    return HONE_OK;
}

static enum hone_code pragma(struct hone_run *run, struct hone_store *store, const char *sql,
                             int64_t *out)
{
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store, sql, &query));
    return number(run, &query, 0, out);
}

enum hone_code hone_expiry_count(struct hone_run *run, struct hone_store *store,
                                 const struct hone_expiry *expiry, uint64_t *predictions,
                                 uint64_t *bytes)
{
    int64_t n;
    int64_t each;
    HONE_QUERY rows = {0};
    HONE_TRY(hone_query_begin(run, store,
                              expiry->keep_labelled
                                  ? "SELECT count(*) FROM prediction WHERE time < ?" NO_ONE
                                  : "SELECT count(*) FROM prediction WHERE time < ?",
                              &rows));
    hone_query_put_int(&rows, expiry->before);
    HONE_TRY(number(run, &rows, 0, &n));
    HONE_QUERY size = {0};
    /* beside its texts a row has its numbers, its place in two indexes and its share of unused page ends */
    HONE_TRY(hone_query_begin(
        run, store,
        "SELECT CAST(avg(2 * length(id) + length(inputs) + length(outputs) + 60 + coalesce("
        " (SELECT length(data) / (last - first + 1) FROM prediction_text AS t WHERE t.id = block),"
        " 0)) AS INTEGER) FROM (SELECT id, inputs, outputs, block FROM prediction WHERE time < ?"
        "  ORDER BY time DESC LIMIT 1000)",
        &size));
    hone_query_put_int(&size, expiry->before);
    HONE_TRY(number(run, &size, 0, &each));
    *predictions = (uint64_t)n;
    *bytes = (uint64_t)n * (uint64_t)each;
    return HONE_OK;
}

enum hone_code hone_expiry_begin(struct hone_run *run, struct hone_store *store,
                                 struct hone_expiry *expiry)
{
    HONE_QUERY query = {0};
    HONE_TRY(
        hone_query_begin(run, store, "SELECT max(seq) FROM prediction WHERE time < ?", &query));
    hone_query_put_int(&query, expiry->before);
    HONE_TRY(number(run, &query, INT64_MIN, &expiry->last));
    expiry->after = INT64_MIN;
    expiry->block = INT64_MIN;
    expiry->predictions = 0;
    expiry->labels = 0;
    return HONE_OK;
}

/* The last row that the next step looks at; INT64_MIN: none is left. */
static enum hone_code step_end(struct hone_run *run, struct hone_store *store,
                               const struct hone_expiry *expiry, int64_t *end)
{
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store,
                              "SELECT max(seq) FROM (SELECT seq FROM prediction"
                              " WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?)",
                              &query));
    hone_query_put_int(&query, expiry->after);
    hone_query_put_int(&query, expiry->last);
    hone_query_put_int(&query, HONE_EXPIRE_ROWS);
    return number(run, &query, INT64_MIN, end);
}

static enum hone_code remove_rows(struct hone_run *run, struct hone_store *store,
                                  const char *sql, const struct hone_expiry *expiry,
                                  int64_t end, uint64_t *gone)
{
    HONE_QUERY query = {0};
    size_t changed;
    HONE_TRY(hone_query_begin(run, store, sql, &query));
    hone_query_put_int(&query, expiry->after);
    hone_query_put_int(&query, end);
    hone_query_put_int(&query, expiry->before);
    HONE_TRY(hone_query_run(run, &query, &changed));
    *gone += changed;
    return HONE_OK;
}

/* Behind the rows: the blocks of texts that none of them needs any more. */
static enum hone_code step_blocks(struct hone_run *run, struct hone_store *store,
                                  struct hone_expiry *expiry, bool *over)
{
    int64_t end;
    HONE_QUERY find = {0};
    HONE_TRY(hone_query_begin(run, store,
                              "SELECT max(id) FROM (SELECT id FROM prediction_text"
                              " WHERE id > ? AND first <= ? ORDER BY id LIMIT ?)",
                              &find));
    hone_query_put_int(&find, expiry->block);
    hone_query_put_int(&find, expiry->last);
    hone_query_put_int(&find, BLOCKS);
    HONE_TRY(number(run, &find, INT64_MIN, &end));
    hone_query_end(&find);
    *over = end == INT64_MIN;
    if (*over) {
        return HONE_OK;
    }
    HONE_QUERY drop = {0};
    HONE_TRY(
        hone_query_begin(run, store,
                         "DELETE FROM prediction_text WHERE id > ? AND id <= ? AND NOT EXISTS"
                         " (SELECT 1 FROM prediction WHERE seq >= first"
                         "  AND seq <= prediction_text.last AND block = prediction_text.id)",
                         &drop));
    hone_query_put_int(&drop, expiry->block);
    hone_query_put_int(&drop, end);
    HONE_TRY(hone_query_run(run, &drop, NULL));
    expiry->block = end;
    return HONE_OK;
}

enum hone_code hone_expiry_step(struct hone_run *run, struct hone_store *store,
                                struct hone_expiry *expiry, bool *over)
{
    uint64_t predictions = expiry->predictions;
    uint64_t labels = expiry->labels;
    int64_t end;
    HONE_TRY(step_end(run, store, expiry, &end));
    if (end == INT64_MIN) {
        return step_blocks(run, store, expiry, over);
    }
    *over = false;
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    if (expiry->keep_labelled) {
        HONE_TRY(remove_rows(run, store, "DELETE" ROWS NO_ONE, expiry, end, &predictions));
    } else {
        HONE_TRY(remove_rows(run, store,
                             "DELETE FROM label WHERE prediction IN (SELECT seq" ROWS ")",
                             expiry, end, &labels));
        HONE_TRY(remove_rows(run, store, "DELETE" ROWS, expiry, end, &predictions));
    }
    HONE_TRY(hone_transaction_commit(run, &tx));
    expiry->predictions = predictions;
    expiry->labels = labels;
    expiry->after = end;
    return HONE_OK;
}

/* Writers look whether the lock is free some ms apart: give them as long as it was held, and a moment. */
static void pause_since(int64_t begun)
{
    int64_t held = (hone_ticks_ns() - begun) / 1000000;
    sqlite3_sleep((int)(held > 200 ? 200 : held) + 2);
}

enum hone_code hone_expiry_run(struct hone_run *run, struct hone_store *store,
                               struct hone_expiry *expiry)
{
    uint64_t predictions;
    uint64_t bytes;
    bool over = false;
    HONE_TRY(hone_expiry_count(run, store, expiry, &predictions, &bytes));
    HONE_TRY(hone_expiry_begin(run, store, expiry));
    hone_progress_begin(run, "old predictions", "rows", predictions);
    while (!over) {
        int64_t begun = hone_ticks_ns();
        HONE_TRY(hone_check_cancel(run));
        HONE_TRY(hone_expiry_step(run, store, expiry, &over));
        hone_progress_at(run,
                         expiry->predictions < predictions ? expiry->predictions : predictions);
        pause_since(begun);
    }
    hone_progress_end(run);
    return HONE_OK;
}

enum hone_code hone_shrink_step(struct hone_run *run, struct hone_store *store, uint64_t *left,
                                bool *over)
{
    int64_t mode;
    int64_t page;
    int64_t before;
    int64_t unused;
    HONE_TRY(pragma(run, store, "PRAGMA auto_vacuum", &mode));
    HONE_TRY(pragma(run, store, "PRAGMA page_size", &page));
    HONE_TRY(pragma(run, store, "PRAGMA freelist_count", &before));
    unused = before;
    if (mode == 2 && before > 0) {
        HONE_TRY(hone_store_exec(run, store, "PRAGMA incremental_vacuum(" PAGES ")"));
        HONE_TRY(pragma(run, store, "PRAGMA freelist_count", &unused));
    }
    *over = mode != 2 || unused == 0 || unused >= before;
    if (*over) {
        /* The file becomes shorter when the log is written back; with a reader in the way a later one does it. */
        HONE_TRY(hone_store_exec(run, store, "PRAGMA wal_checkpoint(PASSIVE)"));
    }
    *left = (uint64_t)(unused * page);
    return HONE_OK;
}

enum hone_code hone_store_shrink(struct hone_run *run, struct hone_store *store, uint64_t *left)
{
    bool over = false;
    while (!over) {
        int64_t begun = hone_ticks_ns();
        HONE_TRY(hone_check_cancel(run));
        HONE_TRY(hone_shrink_step(run, store, left, &over));
        pause_since(begun);
    }
    return HONE_OK;
}

enum hone_code hone_store_compact(struct hone_run *run, struct hone_store *store)
{
    /* The copy goes to a file: it may be larger than memory. */
    HONE_TRY(hone_store_exec(run, store,
                             "PRAGMA temp_store = FILE; PRAGMA auto_vacuum = INCREMENTAL"));
    HONE_TRY(hone_store_exec(run, store, "VACUUM"));
    return hone_store_exec(run, store,
                           "PRAGMA temp_store = MEMORY; PRAGMA wal_checkpoint(TRUNCATE)");
}
