#include "store/journal.h"

#include "store/audit.h"
#include "store/query_priv.h"

/* --- labels ---------------------------------------------------------------------------------- */

static enum hone_code prediction_seq(struct hone_run *run, struct hone_query *find,
                                     const char *id, int64_t *seq)
{
    bool row;
    hone_query_put_text(find, id);
    HONE_TRY(hone_query_step(run, find, &row));
    if (!row) {
        return hone_fail(run, HONE_E_NOT_FOUND, "no prediction %.100s in %s", id,
                         find->store->folder);
    }
    *seq = hone_query_int(find);
    hone_query_again(find);
    return HONE_OK;
}

enum hone_code hone_labels_append(struct hone_run *run, struct hone_store *store,
                                  const struct hone_label *list, size_t n, size_t *added)
{
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    HONE_QUERY find = {0};
    HONE_TRY(hone_query_begin(run, store, "SELECT seq FROM prediction WHERE id = ?", &find));
    HONE_QUERY add = {0};
    HONE_TRY(hone_query_begin(run, store,
                              "INSERT INTO label (prediction, time, label, source)"
                              " VALUES (?, ?, ?, ?) ON CONFLICT (prediction, time) DO NOTHING",
                              &add));
    size_t fresh = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t seq = 0;
        size_t changed;
        HONE_TRY(prediction_seq(run, &find, list[i].prediction, &seq));
        hone_query_put_int(&add, seq);
        hone_query_put_int(&add, list[i].time);
        hone_query_put_text(&add, list[i].label);
        hone_query_put_text(&add, list[i].source == NULL ? "" : list[i].source);
        HONE_TRY(hone_query_run(run, &add, &changed));
        fresh += changed;
    }
    HONE_TRY(hone_transaction_commit(run, &tx));
    if (added != NULL) {
        *added = fresh;
    }
    return HONE_OK;
}

enum hone_code hone_label_newest(struct hone_run *run, struct hone_store *store, int64_t *id)
{
    HONE_QUERY query = {0};
    bool row;
    HONE_TRY(hone_query_begin(run, store, "SELECT max(id) FROM label", &query));
    HONE_TRY(hone_query_step(run, &query, &row));
    *id = hone_query_int(&query);
    return HONE_OK;
}

enum hone_code hone_labels_list(struct hone_run *run, struct hone_store *store,
                                const char *prediction, struct hone_arena *mem,
                                struct hone_label **out, size_t *n)
{
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store,
                              "SELECT prediction.id, label.time, label, source FROM label"
                              " JOIN prediction ON seq = prediction WHERE prediction.id = ?"
                              " ORDER BY label.time",
                              &query));
    hone_query_put_text(&query, prediction);
    struct hone_label *list = NULL;
    size_t found = 0;
    size_t room = 0;
    for (;;) {
        bool row;
        HONE_TRY(hone_query_step(run, &query, &row));
        if (!row) {
            break;
        }
        HONE_TRY(hone_list_more(run, mem, &list, found, &room));
        list[found].prediction = hone_query_text(&query, mem);
        list[found].time = hone_query_int(&query);
        list[found].label = hone_query_text(&query, mem);
        list[found++].source = hone_query_text(&query, mem);
    }
    *out = list;
    *n = found;
    return HONE_OK;
}

/* --- alarms ---------------------------------------------------------------------------------- */

static const char *key_of(const struct hone_alarm *alarm)
{
    return alarm->key == NULL ? alarm->subject : alarm->key;
}

static int64_t seen_of(const struct hone_alarm *alarm, int64_t time)
{
    return alarm->window_to == 0 ? time : alarm->window_to;
}

enum hone_code hone_alarm_append(struct hone_run *run, struct hone_store *store,
                                 const struct hone_alarm *alarm, int64_t *id)
{
    struct hone_str severity = hone_str(alarm->severity);
    if (!hone_str_is(severity, "info") && !hone_str_is(severity, "warning") &&
        !hone_str_is(severity, "critical")) {
        return hone_fail(run, HONE_E_ARG,
                         "an alarm's severity is info, warning or critical, not \"%.20s\"",
                         alarm->severity);
    }
    HONE_QUERY query = {0};
    HONE_TRY(
        hone_query_begin(run, store,
                         "INSERT INTO alarm (time, version, kind, severity, subject, value,"
                         " threshold, window_from, window_to, message, detail, key, seen)"
                         " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
                         &query));
    int64_t time = alarm->time == 0 ? hone_now_us(run) : alarm->time;
    hone_query_put_int(&query, time);
    hone_query_put_int_or_null(&query, alarm->version_id, alarm->version_id == 0);
    hone_query_put_text(&query, alarm->kind);
    hone_query_put_text(&query, alarm->severity);
    hone_query_put_text(&query, alarm->subject);
    hone_query_put_real(&query, alarm->value);
    hone_query_put_real(&query, alarm->threshold);
    hone_query_put_int_or_null(&query, alarm->window_from, alarm->window_to == 0);
    hone_query_put_int_or_null(&query, alarm->window_to, alarm->window_to == 0);
    hone_query_put_text(&query, alarm->message);
    hone_query_put_text(&query, alarm->detail == NULL ? "{}" : alarm->detail);
    hone_query_put_text(&query, key_of(alarm));
    hone_query_put_int(&query, seen_of(alarm, time));
    bool row;
    HONE_TRY(hone_query_step(run, &query, &row));
    int64_t made = hone_query_int(&query);
    /* It is on the disk only when the statement has ended. */
    HONE_TRY(hone_query_run(run, &query, NULL));
    *id = made;
    return HONE_OK;
}

/* The newest one that this one only says again; 0: none. */
static enum hone_code known_alarm(struct hone_run *run, struct hone_store *store,
                                  const struct hone_alarm *alarm, int64_t time, int64_t *id)
{
    bool windowed = alarm->window_to != 0;
    HONE_QUERY query = {0};
    bool row;
    HONE_TRY(hone_query_begin(
        run, store,
        windowed
            ? "SELECT id FROM alarm WHERE kind = ? AND key = ? AND coalesce(version, 0) = ?"
              " AND seen >= ? AND coalesce(window_from, time) <= ? ORDER BY id DESC LIMIT 1"
            : "SELECT id FROM alarm WHERE kind = ? AND key = ? AND coalesce(version, 0) = ?"
              " AND (closed IS NULL OR seen >= ?) ORDER BY id DESC LIMIT 1",
        &query));
    hone_query_put_text(&query, alarm->kind);
    hone_query_put_text(&query, key_of(alarm));
    hone_query_put_int(&query, alarm->version_id);
    hone_query_put_int(&query, windowed ? alarm->window_from : time - HONE_ALARM_QUIET_US);
    if (windowed) {
        hone_query_put_int(&query, alarm->window_to);
    }
    HONE_TRY(hone_query_step(run, &query, &row));
    *id = row ? hone_query_int(&query) : 0;
    return HONE_OK;
}

enum hone_code hone_alarm_raise(struct hone_run *run, struct hone_store *store,
                                const struct hone_alarm *alarm, int64_t *id, bool *fresh)
{
    int64_t time = alarm->time == 0 ? hone_now_us(run) : alarm->time;
    int64_t known;
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    HONE_TRY(known_alarm(run, store, alarm, time, &known));
    if (known == 0) {
        HONE_TRY(hone_alarm_append(run, store, alarm, id));
    } else {
        HONE_QUERY query = {0};
        HONE_TRY(hone_query_begin(run, store,
                                  "UPDATE alarm SET seen = max(seen, ?) WHERE id = ?", &query));
        hone_query_put_int(&query, seen_of(alarm, time));
        hone_query_put_int(&query, known);
        HONE_TRY(hone_query_run(run, &query, NULL));
        *id = known;
    }
    *fresh = known == 0;
    return hone_transaction_commit(run, &tx);
}

static void read_alarm(struct hone_query *query, struct hone_arena *mem, struct hone_alarm *out)
{
    out->id = hone_query_int(query);
    out->time = hone_query_int(query);
    out->version_id = hone_query_int(query);
    out->kind = hone_query_text(query, mem);
    out->severity = hone_query_text(query, mem);
    out->subject = hone_query_text(query, mem);
    out->value = hone_query_real(query);
    out->threshold = hone_query_real(query);
    out->window_from = hone_query_int(query);
    out->window_to = hone_query_int(query);
    out->message = hone_query_text(query, mem);
    out->detail = hone_query_text(query, mem);
    out->closed = hone_query_int(query);
    out->closed_by = hone_query_text(query, mem);
    out->closed_reason = hone_query_text(query, mem);
    out->model = hone_query_text(query, mem);
    out->version = hone_query_int(query);
    out->key = hone_query_text(query, mem);
    out->seen = hone_query_int(query);
    out->told = hone_query_int(query);
}

enum hone_code hone_alarm_list(struct hone_run *run, struct hone_store *store,
                               const struct hone_alarm_filter *filter, struct hone_arena *mem,
                               struct hone_alarm **out, size_t *n)
{
    HONE_CLOSING(hone_arena_free) struct hone_arena own = {0};
    struct hone_buf sql = hone_buf(&own);
    hone_buf_text(&sql,
                  "SELECT alarm.id, alarm.time, alarm.version, kind, severity, subject,"
                  " value, threshold, window_from, window_to, message, detail, closed,"
                  " closed_by, closed_reason, model, model_version.version, key, seen, told"
                  " FROM alarm"
                  " LEFT JOIN model_version ON model_version.id = alarm.version"
                  " WHERE alarm.id < ?");
    hone_buf_text(&sql, filter->model != NULL ? " AND model = ?" : "");
    hone_buf_text(&sql, filter->kind != NULL ? " AND kind = ?" : "");
    hone_buf_text(&sql, filter->open ? " AND closed IS NULL" : "");
    hone_buf_text(&sql, " ORDER BY alarm.id DESC LIMIT ?");
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store, sql.ptr, &query));
    hone_query_put_int(&query, filter->before == 0 ? INT64_MAX : filter->before);
    if (filter->model != NULL) {
        hone_query_put_text(&query, filter->model);
    }
    if (filter->kind != NULL) {
        hone_query_put_text(&query, filter->kind);
    }
    hone_query_put_int(&query, filter->limit == 0 ? -1 : (int64_t)filter->limit);
    struct hone_alarm *list = NULL;
    size_t found = 0;
    size_t room = 0;
    for (;;) {
        bool row;
        HONE_TRY(hone_query_step(run, &query, &row));
        if (!row) {
            break;
        }
        HONE_TRY(hone_list_more(run, mem, &list, found, &room));
        read_alarm(&query, mem, &list[found++]);
    }
    *out = list;
    *n = found;
    return HONE_OK;
}

enum hone_code hone_alarm_get(struct hone_run *run, struct hone_store *store, int64_t id,
                              struct hone_arena *mem, struct hone_alarm *out)
{
    const struct hone_alarm_filter filter = {.before = id + 1, .limit = 1};
    struct hone_alarm *list;
    size_t n;
    HONE_TRY(hone_alarm_list(run, store, &filter, mem, &list, &n));
    if (n == 0 || list->id != id) {
        (void)hone_fail(run, HONE_E_NOT_FOUND, "no alarm %lld in %s", (long long)id,
                        store->folder);
        return hone_hint(run, "hone status lists the open ones");
    }
    *out = *list;
    return HONE_OK;
}

enum hone_code hone_alarm_id(struct hone_run *run, const char *text, int64_t *id)
{
    const size_t len = sizeof HONE_ALARM_PREFIX - 1;
    struct hone_str number = hone_str(text);
    if (hone_str_starts(number, HONE_ALARM_PREFIX)) {
        number = (struct hone_str){number.ptr + len, number.len - len};
    }
    if (!hone_parse_i64(number, id) || *id < 1 || *id == INT64_MAX) {
        return hone_fail(run, HONE_E_ARG, "an alarm is named as %s3, not \"%.60s\"",
                         HONE_ALARM_PREFIX, text);
    }
    return HONE_OK;
}

static enum hone_code alarm_is_there(struct hone_run *run, struct hone_store *store, int64_t id)
{
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store, "SELECT 1 FROM alarm WHERE id = ?", &query));
    hone_query_put_int(&query, id);
    bool row;
    HONE_TRY(hone_query_step(run, &query, &row));
    if (!row) {
        return hone_fail(run, HONE_E_NOT_FOUND, "no alarm %lld in %s", (long long)id,
                         store->folder);
    }
    return HONE_OK;
}

enum hone_code hone_alarm_close(struct hone_run *run, struct hone_store *store, int64_t id,
                                const char *actor, const char *reason)
{
    HONE_SCRATCH(run);
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    HONE_TRY(alarm_is_there(run, store, id));
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store,
                              "UPDATE alarm SET closed = ?, closed_by = ?, closed_reason = ?"
                              " WHERE id = ? AND closed IS NULL",
                              &query));
    hone_query_put_int(&query, hone_now_us(run));
    hone_query_put_text(&query, actor == NULL ? "local" : actor);
    hone_query_put_text(&query, reason == NULL ? "" : reason);
    hone_query_put_int(&query, id);
    size_t changed;
    HONE_TRY(hone_query_run(run, &query, &changed));
    if (changed == 0) {
        return hone_fail(run, HONE_E_CONFLICT, "alarm %lld is closed already", (long long)id);
    }
    struct hone_audit_row row = {
        .actor = actor,
        .action = "alarm_close",
        .subject = hone_arena_format(&run->scratch, "alarm %lld", (long long)id),
        .detail = reason,
    };
    HONE_TRY(hone_audit_append(run, store, &row));
    return hone_transaction_commit(run, &tx);
}

/* Ids of open alarms of a kind and key that were last seen before a time. */
static enum hone_code passed_alarms(struct hone_run *run, struct hone_store *store,
                                    const char *kind, const char *key, int64_t before,
                                    struct hone_arena *mem, int64_t **out, size_t *n)
{
    HONE_QUERY query = {0};
    int64_t *list = NULL;
    size_t room = 0;
    size_t found = 0;
    bool row;
    HONE_TRY(hone_query_begin(run, store,
                              "SELECT id FROM alarm WHERE kind = ? AND key = ?"
                              " AND closed IS NULL AND seen < ? ORDER BY id",
                              &query));
    hone_query_put_text(&query, kind);
    hone_query_put_text(&query, key);
    hone_query_put_int(&query, before);
    HONE_TRY(hone_query_step(run, &query, &row));
    while (row) {
        HONE_TRY(hone_list_more(run, mem, &list, found, &room));
        list[found++] = hone_query_int(&query);
        HONE_TRY(hone_query_step(run, &query, &row));
    }
    *out = list;
    *n = found;
    return HONE_OK;
}

enum hone_code hone_alarm_settle(struct hone_run *run, struct hone_store *store,
                                 const char *kind, const char *key, int64_t before,
                                 const char *reason, size_t *closed)
{
    HONE_ARENA(work);
    int64_t *id;
    size_t n;
    *closed = 0;
    /* a look first: almost always there is none, and then no lock is taken */
    HONE_TRY(passed_alarms(run, store, kind, key, before, &work, &id, &n));
    if (n == 0) {
        return HONE_OK;
    }
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    HONE_TRY(passed_alarms(run, store, kind, key, before, &work, &id, &n));
    for (size_t i = 0; i < n; i++) {
        HONE_TRY(hone_alarm_close(run, store, id[i], "hone", reason));
    }
    HONE_TRY(hone_transaction_commit(run, &tx));
    *closed = n;
    return HONE_OK;
}
