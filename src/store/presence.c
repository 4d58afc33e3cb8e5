#include "store/presence.h"

#include <unistd.h>

#include "store/query_priv.h"

#define KEPT_US (INT64_C(90) * 86400 * 1000000)

/* --- servers ---------------------------------------------------------------------------------- */

enum hone_code hone_presence_begin(struct hone_run *run, struct hone_store *store,
                                   const char *url, int64_t *id)
{
    char machine[256] = "";
    int64_t now = hone_now_us(run);
    bool row;
    (void)gethostname(machine, sizeof machine - 1);
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    HONE_QUERY old = {0};
    HONE_TRY(hone_query_begin(run, store, "DELETE FROM server WHERE seen < ?", &old));
    hone_query_put_int(&old, now - KEPT_US);
    HONE_TRY(hone_query_run(run, &old, NULL));
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store,
                              "INSERT INTO server (url, machine, pid, started, seen, facts)"
                              " VALUES (?1, ?2, ?3, ?4, ?4, '{}') RETURNING id",
                              &query));
    hone_query_put_text(&query, url);
    hone_query_put_text(&query, machine);
    hone_query_put_int(&query, getpid());
    hone_query_put_int(&query, now);
    HONE_TRY(hone_query_step(run, &query, &row));
    int64_t made = hone_query_int(&query);
    HONE_TRY(hone_query_run(run, &query, NULL));
    HONE_TRY(hone_transaction_commit(run, &tx));
    *id = made;
    return HONE_OK;
}

enum hone_code hone_presence_tell(struct hone_run *run, struct hone_store *store, int64_t id,
                                  const char *facts)
{
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store, "UPDATE server SET seen = ?, facts = ? WHERE id = ?",
                              &query));
    hone_query_put_int(&query, hone_now_us(run));
    hone_query_put_text(&query, facts);
    hone_query_put_int(&query, id);
    return hone_query_run(run, &query, NULL);
}

enum hone_code hone_presence_end(struct hone_run *run, struct hone_store *store, int64_t id)
{
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store,
                              "UPDATE server SET seen = ?1, ended = ?1 WHERE id = ?2", &query));
    hone_query_put_int(&query, hone_now_us(run));
    hone_query_put_int(&query, id);
    return hone_query_run(run, &query, NULL);
}

enum hone_code hone_presence_list(struct hone_run *run, struct hone_store *store, int64_t since,
                                  struct hone_arena *mem, struct hone_presence **out, size_t *n)
{
    HONE_QUERY query = {0};
    struct hone_presence *list = NULL;
    size_t room = 0;
    size_t count = 0;
    bool row;
    HONE_TRY(hone_query_begin(run, store,
                              "SELECT id, url, machine, pid, started, seen, ended, facts"
                              " FROM server WHERE seen >= ? ORDER BY id DESC",
                              &query));
    hone_query_put_int(&query, since);
    HONE_TRY(hone_query_step(run, &query, &row));
    while (row) {
        HONE_TRY(hone_list_more(run, mem, &list, count, &room));
        struct hone_presence *p = &list[count++];
        p->id = hone_query_int(&query);
        p->url = hone_query_text(&query, mem);
        p->machine = hone_query_text(&query, mem);
        p->pid = hone_query_int(&query);
        p->started = hone_query_int(&query);
        p->seen = hone_query_int(&query);
        p->ended = hone_query_int(&query);
        p->facts = hone_query_text(&query, mem);
        HONE_TRY(hone_query_step(run, &query, &row));
    }
    *out = list;
    *n = count;
    return HONE_OK;
}

/* --- looks at live data ------------------------------------------------------------------------ */

enum hone_code hone_look_add(struct hone_run *run, struct hone_store *store,
                             const struct hone_look *look, int64_t *id)
{
    HONE_QUERY query = {0};
    bool row;
    HONE_TRY(hone_query_begin(
        run, store,
        "INSERT INTO look (time, version, run, n_rows, windows, window_from, window_to,"
        " state, drifted, columns, subject, since, metric, realised, labelled)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        &query));
    hone_query_put_int(&query, look->time == 0 ? hone_now_us(run) : look->time);
    hone_query_put_int(&query, look->version_id);
    hone_query_put_text(&query, look->run);
    hone_query_put_int(&query, look->rows);
    hone_query_put_int(&query, look->windows);
    hone_query_put_int_or_null(&query, look->from, look->from == 0);
    hone_query_put_int_or_null(&query, look->to, look->to == 0);
    hone_query_put_text(&query, look->state);
    hone_query_put_int(&query, look->drifted);
    hone_query_put_int(&query, look->columns);
    hone_query_put_text(&query, look->subject);
    hone_query_put_int_or_null(&query, look->since, look->since == 0);
    hone_query_put_text(&query, look->metric);
    hone_query_put_real(&query, look->realised);
    hone_query_put_int(&query, look->labelled);
    HONE_TRY(hone_query_step(run, &query, &row));
    int64_t made = hone_query_int(&query);
    HONE_TRY(hone_query_run(run, &query, NULL));
    *id = made;
    return HONE_OK;
}

static void read_look(struct hone_query *query, struct hone_arena *mem, struct hone_look *out)
{
    out->id = hone_query_int(query);
    out->time = hone_query_int(query);
    out->version_id = hone_query_int(query);
    out->run = hone_query_text(query, mem);
    out->rows = hone_query_int(query);
    out->windows = hone_query_int(query);
    out->from = hone_query_int(query);
    out->to = hone_query_int(query);
    out->state = hone_query_text(query, mem);
    out->drifted = hone_query_int(query);
    out->columns = hone_query_int(query);
    out->subject = hone_query_text(query, mem);
    out->since = hone_query_int(query);
    out->metric = hone_query_text(query, mem);
    out->realised = hone_query_real(query);
    out->labelled = hone_query_int(query);
}

enum hone_code hone_look_list(struct hone_run *run, struct hone_store *store,
                              int64_t version_id, size_t limit, struct hone_arena *mem,
                              struct hone_look **out, size_t *n)
{
    HONE_QUERY query = {0};
    struct hone_look *list = NULL;
    size_t room = 0;
    size_t count = 0;
    bool row;
    HONE_TRY(hone_query_begin(
        run, store,
        "SELECT id, time, version, run, n_rows, windows, window_from, window_to, state,"
        " drifted, columns, subject, since, metric, realised, labelled FROM look"
        " WHERE version = ? ORDER BY id DESC LIMIT ?",
        &query));
    hone_query_put_int(&query, version_id);
    hone_query_put_int(&query, limit == 0 ? -1 : (int64_t)limit);
    HONE_TRY(hone_query_step(run, &query, &row));
    while (row) {
        HONE_TRY(hone_list_more(run, mem, &list, count, &room));
        read_look(&query, mem, &list[count++]);
        HONE_TRY(hone_query_step(run, &query, &row));
    }
    *out = list;
    *n = count;
    return HONE_OK;
}

/* --- traffic ------------------------------------------------------------------------------------ */

enum hone_code hone_traffic_of(struct hone_run *run, struct hone_store *store,
                               int64_t version_id, int64_t since, struct hone_traffic *out)
{
    HONE_QUERY query = {0};
    bool row;
    /* both halves of the first are answered by the index on (time, version) alone */
    HONE_TRY(hone_query_begin(
        run, store,
        "SELECT (SELECT count(*) FROM prediction WHERE time >= ?1 AND version = ?2),"
        " (SELECT count(DISTINCT label.prediction) FROM label"
        "  JOIN prediction ON prediction.seq = label.prediction"
        "  WHERE prediction.time >= ?1 AND prediction.version = ?2),"
        " (SELECT min(time) FROM prediction WHERE time >= ?1 AND version = ?2),"
        " (SELECT max(time) FROM prediction WHERE time >= ?1 AND version = ?2)",
        &query));
    hone_query_put_int(&query, since);
    hone_query_put_int(&query, version_id);
    HONE_TRY(hone_query_step(run, &query, &row));
    out->rows = hone_query_int(&query);
    out->labelled = hone_query_int(&query);
    out->first = hone_query_int(&query);
    out->last = hone_query_int(&query);
    return HONE_OK;
}
