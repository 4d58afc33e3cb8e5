#include "store/telling.h"

#include "store/query_priv.h"

enum hone_code hone_hook_find(struct hone_run *run, struct hone_store *store,
                              const char *digest, const char *name, int64_t now, int64_t *id)
{
    HONE_QUERY query = {0};
    bool row;
    HONE_TRY(
        hone_query_begin(run, store,
                         "INSERT INTO hook (digest, name, seen) VALUES (?, ?, ?)"
                         " ON CONFLICT (digest) DO UPDATE SET seen = max(seen, excluded.seen)"
                         " RETURNING id",
                         &query));
    hone_query_put_text(&query, digest);
    hone_query_put_text(&query, name);
    hone_query_put_int(&query, now);
    HONE_TRY(hone_query_step(run, &query, &row));
    int64_t found = hone_query_int(&query);
    HONE_TRY(hone_query_run(run, &query, NULL));
    *id = found;
    return HONE_OK;
}

enum hone_code hone_hook_list(struct hone_run *run, struct hone_store *store, int64_t since,
                              struct hone_arena *mem, struct hone_hook **out, size_t *n)
{
    HONE_QUERY query = {0};
    struct hone_hook *list = NULL;
    size_t room = 0;
    size_t found = 0;
    bool row;
    HONE_TRY(hone_query_begin(
        run, store,
        "SELECT id, name, seen, told, failed, failures, error,"
        " (SELECT count(*) FROM alarm LEFT JOIN telling ON alarm = alarm.id AND hook = hook.id"
        "  WHERE alarm.closed IS NULL AND coalesce(raised, 0) = 0)"
        " FROM hook WHERE seen >= ? ORDER BY id",
        &query));
    hone_query_put_int(&query, since);
    HONE_TRY(hone_query_step(run, &query, &row));
    while (row) {
        HONE_TRY(hone_list_more(run, mem, &list, found, &room));
        struct hone_hook *h = &list[found++];
        h->id = hone_query_int(&query);
        h->name = hone_query_text(&query, mem);
        h->seen = hone_query_int(&query);
        h->told = hone_query_int(&query);
        h->failed = hone_query_int(&query);
        h->failures = hone_query_int(&query);
        h->error = hone_query_text(&query, mem);
        h->waiting = hone_query_int(&query);
        HONE_TRY(hone_query_step(run, &query, &row));
    }
    *out = list;
    *n = found;
    return HONE_OK;
}

/* What is due to a hook, the oldest first. */
static enum hone_code next_due(struct hone_run *run, struct hone_store *store, int64_t hook,
                               int64_t now, struct hone_telling *out, bool *found)
{
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(
        run, store,
        "SELECT alarm.id AS id, 0, coalesce(attempts, 0) FROM alarm"
        " LEFT JOIN telling ON telling.alarm = alarm.id AND telling.hook = ?1"
        " WHERE alarm.closed IS NULL AND coalesce(raised, 0) = 0 AND coalesce(next, 0) <= ?2"
        " UNION ALL"
        " SELECT alarm.id, 1, attempts FROM telling JOIN alarm ON alarm.id = telling.alarm"
        " WHERE telling.hook = ?1 AND telling.closed = 0 AND raised <> 0 AND next <= ?2"
        " AND alarm.closed IS NOT NULL ORDER BY id LIMIT 1",
        &query));
    hone_query_put_int(&query, hook);
    hone_query_put_int(&query, now);
    HONE_TRY(hone_query_step(run, &query, found));
    if (*found) {
        out->hook = hook;
        out->alarm = hone_query_int(&query);
        out->closed = hone_query_int(&query) != 0;
        out->attempt = hone_query_int(&query) + 1;
    }
    return HONE_OK;
}

enum hone_code hone_telling_take(struct hone_run *run, struct hone_store *store, int64_t hook,
                                 int64_t now, int64_t lease_us, struct hone_telling *out,
                                 bool *taken)
{
    struct hone_telling due = {0};
    bool found;
    *taken = false;
    /* a look first: almost always nothing is due, and then no lock is taken */
    HONE_TRY(next_due(run, store, hook, now, &due, &found));
    if (!found) {
        return HONE_OK;
    }
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    HONE_TRY(next_due(run, store, hook, now, &due, &found));
    if (!found) {
        return HONE_OK; /* another was faster */
    }
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store,
                              "INSERT INTO telling (hook, alarm, attempts, next)"
                              " VALUES (?, ?, 1, ?) ON CONFLICT (hook, alarm)"
                              " DO UPDATE SET attempts = attempts + 1, next = excluded.next",
                              &query));
    hone_query_put_int(&query, hook);
    hone_query_put_int(&query, due.alarm);
    hone_query_put_int(&query, now + lease_us);
    HONE_TRY(hone_query_run(run, &query, NULL));
    HONE_TRY(hone_transaction_commit(run, &tx));
    *out = due;
    *taken = true;
    return HONE_OK;
}

enum hone_code hone_telling_done(struct hone_run *run, struct hone_store *store,
                                 const struct hone_telling *telling, int64_t now)
{
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store,
                              telling->closed
                                  ? "UPDATE telling SET closed = ?, attempts = 0, next = 0"
                                    " WHERE hook = ? AND alarm = ?"
                                  : "UPDATE telling SET raised = ?, attempts = 0, next = 0"
                                    " WHERE hook = ? AND alarm = ?",
                              &query));
    hone_query_put_int(&query, now);
    hone_query_put_int(&query, telling->hook);
    hone_query_put_int(&query, telling->alarm);
    HONE_TRY(hone_query_run(run, &query, NULL));
    HONE_QUERY hook = {0};
    HONE_TRY(hone_query_begin(
        run, store, "UPDATE hook SET told = ?, failures = 0, error = NULL WHERE id = ?",
        &hook));
    hone_query_put_int(&hook, now);
    hone_query_put_int(&hook, telling->hook);
    HONE_TRY(hone_query_run(run, &hook, NULL));
    if (!telling->closed) {
        HONE_QUERY alarm = {0};
        HONE_TRY(
            hone_query_begin(run, store, "UPDATE alarm SET told = ? WHERE id = ?", &alarm));
        hone_query_put_int(&alarm, now);
        hone_query_put_int(&alarm, telling->alarm);
        HONE_TRY(hone_query_run(run, &alarm, NULL));
    }
    return hone_transaction_commit(run, &tx);
}

enum hone_code hone_telling_failed(struct hone_run *run, struct hone_store *store,
                                   const struct hone_telling *telling, int64_t now,
                                   int64_t next, const char *error)
{
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(
        run, store, "UPDATE telling SET next = ? WHERE hook = ? AND alarm = ?", &query));
    hone_query_put_int(&query, next);
    hone_query_put_int(&query, telling->hook);
    hone_query_put_int(&query, telling->alarm);
    HONE_TRY(hone_query_run(run, &query, NULL));
    HONE_QUERY hook = {0};
    HONE_TRY(hone_query_begin(
        run, store,
        "UPDATE hook SET failed = ?, failures = failures + 1, error = ? WHERE id = ?", &hook));
    hone_query_put_int(&hook, now);
    hone_query_put_text(&hook, error);
    hone_query_put_int(&hook, telling->hook);
    HONE_TRY(hone_query_run(run, &hook, NULL));
    return hone_transaction_commit(run, &tx);
}
