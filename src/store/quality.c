#include "store/quality.h"

#include "store/query_priv.h"

enum hone_code hone_quality_add(struct hone_run *run, struct hone_store *store,
                                const struct hone_quality *report, int64_t *id)
{
    HONE_QUERY query = {0};
    bool row;

    HONE_TRY(hone_query_begin(run, store,
                              "INSERT INTO quality (time, name, source, data, schema, n_rows,"
                              " n_cols, passed, told, warned, failed, findings)"
                              " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
                              &query));
    hone_query_put_int(&query, report->time == 0 ? hone_now_us(run) : report->time);
    hone_query_put_text(&query, report->name);
    hone_query_put_text(&query, report->source);
    hone_query_put_text(&query, report->data);
    hone_query_put_text(&query, report->schema);
    hone_query_put_int(&query, report->rows);
    hone_query_put_int(&query, report->cols);
    hone_query_put_int(&query, report->passed);
    hone_query_put_int(&query, report->told);
    hone_query_put_int(&query, report->warned);
    hone_query_put_int(&query, report->failed);
    hone_query_put_text(&query, report->findings == NULL ? "[]" : report->findings);
    HONE_TRY(hone_query_step(run, &query, &row));
    int64_t made = hone_query_int(&query);
    /* It is on the disk only when the statement has ended. */
    HONE_TRY(hone_query_run(run, &query, NULL));
    *id = made;
    return HONE_OK;
}

static void read_report(struct hone_query *query, struct hone_arena *mem,
                        struct hone_quality *out)
{
    out->id = hone_query_int(query);
    out->time = hone_query_int(query);
    out->name = hone_query_text(query, mem);
    out->source = hone_query_text(query, mem);
    out->data = hone_query_text(query, mem);
    out->schema = hone_query_text(query, mem);
    out->rows = hone_query_int(query);
    out->cols = hone_query_int(query);
    out->passed = hone_query_int(query);
    out->told = hone_query_int(query);
    out->warned = hone_query_int(query);
    out->failed = hone_query_int(query);
    out->findings = hone_query_text(query, mem);
}

enum hone_code hone_quality_list(struct hone_run *run, struct hone_store *store,
                                 const struct hone_quality_filter *filter,
                                 struct hone_arena *mem, struct hone_quality **out, size_t *n)
{
    HONE_QUERY query = {0};
    struct hone_quality *list = NULL;
    size_t room = 0;
    size_t count = 0;
    bool row;

    HONE_TRY(
        hone_query_begin(run, store,
                         "SELECT * FROM (SELECT id, time, name, source, data, schema, n_rows,"
                         " n_cols, passed, told, warned, failed, findings FROM quality"
                         " WHERE ?1 IS NULL OR name = ?1 OR source = ?1"
                         " ORDER BY time DESC, id DESC LIMIT ?2) ORDER BY time, id",
                         &query));
    hone_query_put_text(&query, filter->name);
    hone_query_put_int(&query, filter->limit == 0 ? -1 : (int64_t)filter->limit);
    HONE_TRY(hone_query_step(run, &query, &row));
    while (row) {
        HONE_TRY(hone_list_more(run, mem, &list, count, &room));
        read_report(&query, mem, &list[count++]);
        HONE_TRY(hone_query_step(run, &query, &row));
    }
    *out = list;
    *n = count;
    return HONE_OK;
}
