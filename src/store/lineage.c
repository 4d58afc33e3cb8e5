#include "store/lineage.h"

#include <math.h>

#include "store/artifact.h"
#include "store/query_priv.h"

/* --- data ------------------------------------------------------------------------------ */

enum hone_code hone_store_data_put(struct hone_run *run, struct hone_store *store,
                                   const struct hone_data_version *data)
{
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(
        run, store,
        "INSERT INTO data_version (hash, source, n_rows, n_cols, schema, created)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING",
        &query));
    hone_query_put_text(&query, data->hash);
    hone_query_put_text(&query, data->source);
    hone_query_put_int(&query, data->rows);
    hone_query_put_int(&query, data->cols);
    hone_query_put_text(&query, data->schema);
    hone_query_put_int(&query, hone_now_us(run));
    return hone_query_run(run, &query, NULL);
}

enum hone_code hone_store_data_get(struct hone_run *run, struct hone_store *store,
                                   const char *hash, struct hone_arena *mem,
                                   struct hone_data_version *out)
{
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store,
                              "SELECT hash, source, n_rows, n_cols, schema, created"
                              " FROM data_version WHERE hash = ?",
                              &query));
    hone_query_put_text(&query, hash);
    bool row;
    HONE_TRY(hone_query_step(run, &query, &row));
    if (!row) {
        return hone_fail(run, HONE_E_NOT_FOUND, "no data version %.80s in %s", hash,
                         hone_store_folder(store));
    }
    out->hash = hone_query_text(&query, mem);
    out->source = hone_query_text(&query, mem);
    out->rows = hone_query_int(&query);
    out->cols = hone_query_int(&query);
    out->schema = hone_query_text(&query, mem);
    out->created = hone_query_int(&query);
    return HONE_OK;
}

/* --- params, tags, metrics -------------------------------------------------------------- */

enum hone_code hone_store_log_params(struct hone_run *run, struct hone_store *store,
                                     const char *id, const struct hone_fact *params, size_t n)
{
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    int64_t seq;
    HONE_TRY(hone_store_run_seq(run, store, id, &seq));
    HONE_QUERY query = {0};
    /* The update that changes nothing counts as a row only where the value is the same. */
    HONE_TRY(hone_query_begin(run, store,
                              "INSERT INTO param (run, key, value) VALUES (?, ?, ?)"
                              " ON CONFLICT (run, key) DO UPDATE SET value = excluded.value"
                              " WHERE value = excluded.value",
                              &query));
    for (size_t i = 0; i < n; i++) {
        size_t changed;
        hone_query_put_int(&query, seq);
        hone_query_put_text(&query, params[i].key);
        hone_query_put_text(&query, params[i].value);
        HONE_TRY(hone_query_run(run, &query, &changed));
        if (changed == 0) {
            return hone_fail(
                run, HONE_E_CONFLICT,
                "run %s already has another value for parameter %s than \"%.100s\"", id,
                params[i].key, params[i].value);
        }
    }
    return hone_transaction_commit(run, &tx);
}

enum hone_code hone_store_log_tags(struct hone_run *run, struct hone_store *store,
                                   const char *id, const struct hone_fact *tags, size_t n)
{
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    int64_t seq;
    HONE_TRY(hone_store_run_seq(run, store, id, &seq));
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store,
                              "INSERT INTO tag (run, key, value) VALUES (?, ?, ?)"
                              " ON CONFLICT (run, key) DO UPDATE SET value = excluded.value",
                              &query));
    for (size_t i = 0; i < n; i++) {
        hone_query_put_int(&query, seq);
        hone_query_put_text(&query, tags[i].key);
        hone_query_put_text(&query, tags[i].value);
        HONE_TRY(hone_query_run(run, &query, NULL));
    }
    hone_query_end(&query);
    HONE_TRY(
        hone_query_begin(run, store, "DELETE FROM tag WHERE run = ? AND value = ''", &query));
    hone_query_put_int(&query, seq);
    HONE_TRY(hone_query_run(run, &query, NULL));
    return hone_transaction_commit(run, &tx);
}

static void put_point(struct hone_query *query, int64_t seq,
                      const struct hone_metric_point *point, int64_t now)
{
    hone_query_put_int(query, seq);
    hone_query_put_text(query, point->key);
    hone_query_put_int(query, point->step);
    hone_query_put_int(query, point->time == 0 ? now : point->time);
    hone_query_put_real(query, point->value);
}

enum hone_code hone_store_log_metrics(struct hone_run *run, struct hone_store *store,
                                      const char *id, const struct hone_metric_point *points,
                                      size_t n)
{
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    int64_t seq;
    HONE_TRY(hone_store_run_seq(run, store, id, &seq));
    HONE_QUERY all = {0};
    HONE_TRY(hone_query_begin(
        run, store,
        "INSERT INTO metric (run, key, step, time, value) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (run, key, step, time) DO UPDATE SET value = excluded.value",
        &all));
    HONE_QUERY last = {0};
    HONE_TRY(hone_query_begin(
        run, store,
        "INSERT INTO metric_last (run, key, step, time, value) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (run, key) DO UPDATE"
        " SET step = excluded.step, time = excluded.time, value = excluded.value"
        " WHERE (excluded.step, excluded.time) >= (step, time)",
        &last));
    int64_t now = hone_now_us(run);
    for (size_t i = 0; i < n; i++) {
        put_point(&all, seq, &points[i], now);
        HONE_TRY(hone_query_run(run, &all, NULL));
        put_point(&last, seq, &points[i], now);
        HONE_TRY(hone_query_run(run, &last, NULL));
    }
    return hone_transaction_commit(run, &tx);
}

static enum hone_code list_facts(struct hone_run *run, struct hone_query *query,
                                 struct hone_arena *mem, struct hone_fact **out, size_t *n)
{
    struct hone_fact *list = NULL;
    size_t found = 0;
    size_t room = 0;
    for (;;) {
        bool row;
        HONE_TRY(hone_query_step(run, query, &row));
        if (!row) {
            break;
        }
        HONE_TRY(hone_list_more(run, mem, &list, found, &room));
        list[found].key = hone_query_text(query, mem);
        list[found++].value = hone_query_text(query, mem);
    }
    *out = list;
    *n = found;
    return HONE_OK;
}

enum hone_code hone_store_run_params(struct hone_run *run, struct hone_store *store,
                                     const char *id, struct hone_arena *mem,
                                     struct hone_fact **out, size_t *n)
{
    int64_t seq;
    HONE_TRY(hone_store_run_seq(run, store, id, &seq));
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(
        run, store, "SELECT key, value FROM param WHERE run = ? ORDER BY key", &query));
    hone_query_put_int(&query, seq);
    return list_facts(run, &query, mem, out, n);
}

enum hone_code hone_store_run_tags(struct hone_run *run, struct hone_store *store,
                                   const char *id, struct hone_arena *mem,
                                   struct hone_fact **out, size_t *n)
{
    int64_t seq;
    HONE_TRY(hone_store_run_seq(run, store, id, &seq));
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store,
                              "SELECT key, value FROM tag WHERE run = ? ORDER BY key", &query));
    hone_query_put_int(&query, seq);
    return list_facts(run, &query, mem, out, n);
}

static enum hone_code list_points(struct hone_run *run, struct hone_query *query,
                                  struct hone_arena *mem, struct hone_metric_point **out,
                                  size_t *n)
{
    struct hone_metric_point *list = NULL;
    size_t found = 0;
    size_t room = 0;
    for (;;) {
        bool row;
        HONE_TRY(hone_query_step(run, query, &row));
        if (!row) {
            break;
        }
        HONE_TRY(hone_list_more(run, mem, &list, found, &room));
        list[found].key = hone_query_text(query, mem);
        list[found].step = hone_query_int(query);
        list[found].time = hone_query_int(query);
        list[found++].value = hone_query_real(query);
    }
    *out = list;
    *n = found;
    return HONE_OK;
}

enum hone_code hone_store_run_metrics(struct hone_run *run, struct hone_store *store,
                                      const char *id, struct hone_arena *mem,
                                      struct hone_metric_point **out, size_t *n)
{
    int64_t seq;
    HONE_TRY(hone_store_run_seq(run, store, id, &seq));
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(
        run, store, "SELECT key, step, time, value FROM metric_last WHERE run = ? ORDER BY key",
        &query));
    hone_query_put_int(&query, seq);
    return list_points(run, &query, mem, out, n);
}

enum hone_code hone_store_metric_history(struct hone_run *run, struct hone_store *store,
                                         const char *id, const char *key,
                                         struct hone_arena *mem, struct hone_metric_point **out,
                                         size_t *n)
{
    int64_t seq;
    HONE_TRY(hone_store_run_seq(run, store, id, &seq));
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store,
                              "SELECT key, step, time, value FROM metric"
                              " WHERE run = ? AND key = ? ORDER BY step, time",
                              &query));
    hone_query_put_int(&query, seq);
    hone_query_put_text(&query, key);
    return list_points(run, &query, mem, out, n);
}

/* A few keys are looked up, many are read with all the others of the run. */
enum { FEW_KEYS = 4 };

static enum hone_code look_up(struct hone_run *run, struct hone_store *store,
                              const struct hone_metric_table *table, double *values)
{
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(
        run, store, "SELECT value FROM metric_last WHERE run = ? AND key = ?", &query));
    for (size_t i = 0; i < table->n; i++) {
        for (size_t k = 0; k < table->n_keys; k++) {
            bool row;
            hone_query_put_int(&query, table->records[i].seq);
            hone_query_put_text(&query, table->keys[k]);
            HONE_TRY(hone_query_step(run, &query, &row));
            values[i * table->n_keys + k] = row ? hone_query_real(&query) : (double)NAN;
            hone_query_again(&query);
        }
    }
    return HONE_OK;
}

static enum hone_code read_all(struct hone_run *run, struct hone_store *store,
                               const struct hone_metric_table *table, double *values)
{
    HONE_ARENA(work);
    struct hone_map place = {.mem = &work};
    HONE_QUERY query = {0};
    for (size_t k = 0; k < table->n_keys; k++) {
        if (hone_map_add(&place, hone_str(table->keys[k]), (uint32_t)k) == UINT32_MAX) {
            return hone_no_room(run, "keys", k);
        }
    }
    HONE_TRY(hone_query_begin(run, store, "SELECT key, value FROM metric_last WHERE run = ?",
                              &query));
    for (size_t i = 0; i < table->n; i++) {
        double *out = values + i * table->n_keys;
        bool row;
        for (size_t k = 0; k < table->n_keys; k++) {
            out[k] = (double)NAN;
        }
        hone_query_put_int(&query, table->records[i].seq);
        HONE_TRY(hone_query_step(run, &query, &row));
        while (row) {
            struct hone_mark mark = hone_arena_mark(&work);
            uint32_t k = hone_map_get(&place, hone_query_str(&query, &work));
            hone_arena_rewind(&work, mark);
            if (k != UINT32_MAX) {
                out[k] = hone_query_real(&query);
            }
            HONE_TRY(hone_query_step(run, &query, &row));
        }
        hone_query_again(&query);
    }
    /* the same key twice: the map knows the first */
    for (size_t k = 0; k < table->n_keys; k++) {
        uint32_t first = hone_map_get(&place, hone_str(table->keys[k]));
        for (size_t i = 0; first != k && i < table->n; i++) {
            values[i * table->n_keys + k] = values[i * table->n_keys + first];
        }
    }
    return HONE_OK;
}

enum hone_code hone_store_metric_compare(struct hone_run *run, struct hone_store *store,
                                         const struct hone_metric_table *table, double *values)
{
    HONE_TRANSACTION snapshot = {0};
    HONE_TRY(hone_snapshot_begin(run, store, &snapshot));
    return table->n_keys <= FEW_KEYS ? look_up(run, store, table, values)
                                     : read_all(run, store, table, values);
}

/* --- data and artifacts of a run --------------------------------------------------------- */

enum hone_code hone_store_run_use(struct hone_run *run, struct hone_store *store,
                                  const char *id, const struct hone_run_data *data)
{
    int64_t seq;
    HONE_TRY(hone_store_run_seq(run, store, id, &seq));
    HONE_QUERY query = {0};
    HONE_TRY(
        hone_query_begin(run, store,
                         "INSERT INTO run_data (run, role, data, path) VALUES (?, ?, ?, ?)"
                         " ON CONFLICT (run, role, data) DO UPDATE SET path = excluded.path",
                         &query));
    hone_query_put_int(&query, seq);
    hone_query_put_text(&query, data->role);
    hone_query_put_text(&query, data->hash);
    hone_query_put_text(&query, data->path);
    return hone_query_run(run, &query, NULL);
}

enum hone_code hone_store_run_used(struct hone_run *run, struct hone_store *store,
                                   const char *id, struct hone_arena *mem,
                                   struct hone_run_data **out, size_t *n)
{
    int64_t seq;
    HONE_TRY(hone_store_run_seq(run, store, id, &seq));
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(
        run, store, "SELECT role, data, path FROM run_data WHERE run = ? ORDER BY role, data",
        &query));
    hone_query_put_int(&query, seq);
    struct hone_run_data *list = NULL;
    size_t found = 0;
    size_t room = 0;
    for (;;) {
        bool row;
        HONE_TRY(hone_query_step(run, &query, &row));
        if (!row) {
            break;
        }
        HONE_TRY(hone_list_more(run, mem, &list, found, &room));
        list[found].role = hone_query_text(&query, mem);
        list[found].hash = hone_query_text(&query, mem);
        list[found++].path = hone_query_text(&query, mem);
    }
    *out = list;
    *n = found;
    return HONE_OK;
}

enum hone_code hone_store_run_keep(struct hone_run *run, struct hone_store *store,
                                   const char *id, const struct hone_run_artifact *artifact)
{
    int64_t seq;
    HONE_TRY(hone_store_run_seq(run, store, id, &seq));
    HONE_QUERY query = {0};
    HONE_TRY(
        hone_query_begin(run, store,
                         "INSERT INTO run_artifact (run, path, artifact) VALUES (?, ?, ?)"
                         " ON CONFLICT (run, path) DO UPDATE SET artifact = excluded.artifact",
                         &query));
    hone_query_put_int(&query, seq);
    hone_query_put_text(&query, artifact->path);
    hone_query_put_text(&query, artifact->hash);
    return hone_query_run(run, &query, NULL);
}

enum hone_code hone_store_run_kept(struct hone_run *run, struct hone_store *store,
                                   const char *id, struct hone_arena *mem,
                                   struct hone_run_artifact **out, size_t *n)
{
    int64_t seq;
    HONE_TRY(hone_store_run_seq(run, store, id, &seq));
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store,
                              "SELECT path, artifact, size FROM run_artifact"
                              " JOIN artifact ON artifact.hash = run_artifact.artifact"
                              " WHERE run = ? ORDER BY path",
                              &query));
    hone_query_put_int(&query, seq);
    struct hone_run_artifact *list = NULL;
    size_t found = 0;
    size_t room = 0;
    for (;;) {
        bool row;
        HONE_TRY(hone_query_step(run, &query, &row));
        if (!row) {
            break;
        }
        HONE_TRY(hone_list_more(run, mem, &list, found, &room));
        list[found].path = hone_query_text(&query, mem);
        list[found].hash = hone_query_text(&query, mem);
        list[found++].bytes = (uint64_t)hone_query_int(&query);
    }
    *out = list;
    *n = found;
    return HONE_OK;
}

enum hone_code hone_store_run_file(struct hone_run *run, struct hone_store *store,
                                   const char *id, const char *name, struct hone_arena *mem,
                                   const char **path)
{
    HONE_ARENA(work);
    HONE_QUERY query = {0};
    int64_t seq;
    bool row;
    HONE_TRY(hone_store_run_seq(run, store, id, &seq));
    HONE_TRY(hone_query_begin(
        run, store, "SELECT artifact FROM run_artifact WHERE run = ? AND path = ?", &query));
    hone_query_put_int(&query, seq);
    hone_query_put_text(&query, name);
    HONE_TRY(hone_query_step(run, &query, &row));
    if (!row) {
        return HONE_OK;
    }
    return hone_artifact_path(run, store, hone_query_text(&query, &work), mem, path);
}
