#include "store/audit.h"

#include <stdio.h>

#include "store/query_priv.h"

static const struct hone_audit_head nothing = {
    0, {"0000000000000000000000000000000000000000000000000000000000000000"}};

/* Each field goes in with its length before it, so that no two rows give the same bytes. */
static void add(struct hone_sha_stream *stream, const char *text)
{
    char length[32];
    int n = snprintf(length, sizeof length, "%zu:", strlen(text));
    hone_sha_add(stream, length, (size_t)n);
    hone_sha_add(stream, text, strlen(text));
}

static struct hone_sha chain(const char *before, const struct hone_audit_row *row)
{
    char number[32];
    struct hone_sha_stream *stream = hone_sha_begin();
    add(stream, before);
    snprintf(number, sizeof number, "%lld", (long long)row->seq);
    add(stream, number);
    snprintf(number, sizeof number, "%lld", (long long)row->time);
    add(stream, number);
    add(stream, row->actor);
    add(stream, row->action);
    add(stream, row->subject);
    add(stream, row->detail);
    return hone_sha_end(stream);
}

static enum hone_code head_of(struct hone_run *run, struct hone_store *store,
                              struct hone_audit_head *out)
{
    HONE_SCRATCH(run);
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store,
                              "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", &query));
    bool row;
    HONE_TRY(hone_query_step(run, &query, &row));
    *out = nothing;
    if (row) {
        out->seq = hone_query_int(&query);
        snprintf(out->hash.hex, sizeof out->hash.hex, "%s",
                 hone_query_text(&query, &run->scratch));
    }
    return HONE_OK;
}

enum hone_code hone_audit_append(struct hone_run *run, struct hone_store *store,
                                 const struct hone_audit_row *row)
{
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    struct hone_audit_head head;
    HONE_TRY(head_of(run, store, &head));
    struct hone_audit_row made = {
        .seq = head.seq + 1,
        .time = hone_now_us(run),
        .actor = row->actor == NULL ? "local" : row->actor,
        .action = row->action,
        .subject = row->subject,
        .detail = row->detail == NULL ? "" : row->detail,
    };
    struct hone_sha hash = chain(head.hash.hex, &made);
    HONE_QUERY query = {0};
    HONE_TRY(
        hone_query_begin(run, store,
                         "INSERT INTO audit (seq, time, actor, action, subject, detail, hash)"
                         " VALUES (?, ?, ?, ?, ?, ?, ?)",
                         &query));
    hone_query_put_int(&query, made.seq);
    hone_query_put_int(&query, made.time);
    hone_query_put_text(&query, made.actor);
    hone_query_put_text(&query, made.action);
    hone_query_put_text(&query, made.subject);
    hone_query_put_text(&query, made.detail);
    hone_query_put_text(&query, hash.hex);
    HONE_TRY(hone_query_run(run, &query, NULL));
    return hone_transaction_commit(run, &tx);
}

static void read_row(struct hone_query *query, struct hone_arena *mem,
                     struct hone_audit_row *out)
{
    out->seq = hone_query_int(query);
    out->time = hone_query_int(query);
    out->actor = hone_query_text(query, mem);
    out->action = hone_query_text(query, mem);
    out->subject = hone_query_text(query, mem);
    out->detail = hone_query_text(query, mem);
    out->hash = hone_query_text(query, mem);
}

enum hone_code hone_audit_list(struct hone_run *run, struct hone_store *store,
                               const struct hone_audit_filter *filter, struct hone_arena *mem,
                               struct hone_audit_row **out, size_t *n)
{
    HONE_QUERY query = {0};
    HONE_TRY(
        hone_query_begin(run, store,
                         "SELECT seq, time, actor, action, subject, detail, hash FROM audit"
                         " WHERE seq < ?1 AND time >= ?2 AND (?3 IS NULL OR actor = ?3)"
                         " AND (?4 IS NULL OR action = ?4) AND (?5 IS NULL OR subject = ?5"
                         "  OR substr(subject, 1, length(?5) + 1) IN (?5 || '/', ?5 || '@'))"
                         " ORDER BY seq DESC LIMIT ?6",
                         &query));
    hone_query_put_int(&query, filter->before == 0 ? INT64_MAX : filter->before);
    hone_query_put_int(&query, filter->since);
    hone_query_put_text(&query, filter->actor);
    hone_query_put_text(&query, filter->action);
    hone_query_put_text(&query, filter->subject);
    hone_query_put_int(&query, filter->limit == 0 ? -1 : (int64_t)filter->limit);
    struct hone_audit_row *list = NULL;
    size_t found = 0;
    size_t room = 0;
    for (;;) {
        bool row;
        HONE_TRY(hone_query_step(run, &query, &row));
        if (!row) {
            break;
        }
        HONE_TRY(hone_list_more(run, mem, &list, found, &room));
        read_row(&query, mem, &list[found++]);
    }
    *out = list;
    *n = found;
    return HONE_OK;
}

enum hone_code hone_audit_verify(struct hone_run *run, struct hone_store *store,
                                 const char *head, struct hone_audit_head *last)
{
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(
        run, store,
        "SELECT seq, time, actor, action, subject, detail, hash FROM audit ORDER BY seq",
        &query));
    struct hone_audit_head at = nothing;
    bool seen = head == NULL || hone_str_is(hone_str(head), at.hash.hex);
    for (;;) {
        HONE_SCRATCH(run);
        bool more;
        HONE_TRY(hone_query_step(run, &query, &more));
        if (!more) {
            break;
        }
        struct hone_audit_row row;
        read_row(&query, &run->scratch, &row);
        if (row.seq != at.seq + 1) {
            return hone_fail(run, HONE_E_GATE, "audit log: row %lld is missing",
                             (long long)(at.seq + 1));
        }
        struct hone_sha hash = chain(at.hash.hex, &row);
        if (!hone_str_is(hone_str(hash.hex), row.hash)) {
            return hone_fail(run, HONE_E_GATE,
                             "audit log: row %lld was changed: its hash does not fit",
                             (long long)row.seq);
        }
        at = (struct hone_audit_head){row.seq, hash};
        seen = seen || hone_str_is(hone_str(hash.hex), head);
    }
    if (!seen) {
        return hone_fail(run, HONE_E_GATE,
                         "audit log: the kept hash %.64s is not in it: rows were cut off",
                         head);
    }
    if (last != NULL) {
        *last = at;
    }
    return HONE_OK;
}
