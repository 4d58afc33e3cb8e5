#include "store/sketchlog.h"

#include "store/query_priv.h"

enum hone_code hone_sketch_put(struct hone_run *run, struct hone_store *store,
                               const struct hone_sketch_row *row)
{
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store,
                              "INSERT INTO sketch (server, version, begin, n_rows, data)"
                              " VALUES (?, ?, ?, ?, ?) ON CONFLICT (version, begin, server)"
                              " DO UPDATE SET n_rows = excluded.n_rows, data = excluded.data",
                              &query));
    hone_query_put_int(&query, row->server);
    hone_query_put_int(&query, row->version_id);
    hone_query_put_int(&query, row->begin);
    hone_query_put_int(&query, row->rows);
    hone_query_put_text(&query, row->data);
    return hone_query_run(run, &query, NULL);
}

enum hone_code hone_sketch_rows(struct hone_run *run, struct hone_store *store,
                                int64_t version_id, int64_t from, int64_t to,
                                struct hone_arena *mem, struct hone_sketch_row **out, size_t *n)
{
    HONE_QUERY query = {0};
    struct hone_sketch_row *list = NULL;
    size_t room = 0;
    size_t count = 0;
    bool row;
    HONE_TRY(hone_query_begin(run, store,
                              "SELECT server, version, begin, n_rows, data FROM sketch"
                              " WHERE version = ? AND begin >= ? AND begin < ?"
                              " ORDER BY begin, server",
                              &query));
    hone_query_put_int(&query, version_id);
    hone_query_put_int(&query, from);
    hone_query_put_int(&query, to == 0 ? INT64_MAX : to);
    HONE_TRY(hone_query_step(run, &query, &row));
    while (row) {
        HONE_TRY(hone_list_more(run, mem, &list, count, &room));
        struct hone_sketch_row *r = &list[count++];
        r->server = hone_query_int(&query);
        r->version_id = hone_query_int(&query);
        r->begin = hone_query_int(&query);
        r->rows = hone_query_int(&query);
        r->data = hone_query_text(&query, mem);
        HONE_TRY(hone_query_step(run, &query, &row));
    }
    *out = list;
    *n = count;
    return HONE_OK;
}

enum hone_code hone_sketch_newest(struct hone_run *run, struct hone_store *store,
                                  int64_t version_id, int64_t *begin)
{
    HONE_QUERY query = {0};
    bool row;
    HONE_TRY(hone_query_begin(run, store, "SELECT max(begin) FROM sketch WHERE version = ?",
                              &query));
    hone_query_put_int(&query, version_id);
    HONE_TRY(hone_query_step(run, &query, &row));
    *begin = hone_query_int(&query);
    return HONE_OK;
}
