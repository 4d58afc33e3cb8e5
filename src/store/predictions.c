/* Logged predictions: written in batches, read by place, filter and id. */
#include <time.h>
#include <zstd.h>

#include "store/journal.h"
#include "store/query_priv.h"
#include "store/textblock_priv.h"

/* --- writing --------------------------------------------------------------------------------- */

/* Rows that one statement writes: what it costs to begin and to end one is as much as a row costs. */
#define MANY 16

/* A batch on its way into the store. */
struct batch {
    struct hone_run *run;
    struct hone_store *store;
    struct hone_query row, many, last, block, drop;
    ZSTD_CCtx *zstd;
};

static void batch_end(struct batch *b)
{
    hone_query_end(&b->row);
    hone_query_end(&b->many);
    hone_query_end(&b->last);
    hone_query_end(&b->block);
    hone_query_end(&b->drop);
    (void)ZSTD_freeCCtx(b->zstd);
}

/* A statement for some rows. */
static enum hone_code begin_rows(struct batch *b, size_t rows, struct hone_query *out)
{
    HONE_ARENA(work);
    struct hone_buf sql = hone_buf(&work);
    hone_buf_text(&sql, "INSERT INTO prediction (id, time, version, variant, latency, inputs,"
                        " outputs, block, place) VALUES ");
    for (size_t i = 0; i < rows; i++) {
        hone_buf_text(&sql,
                      i == 0 ? "(?, ?, ?, ?, ?, ?, ?, ?, ?)" : ", (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    }
    hone_buf_text(&sql, " ON CONFLICT (id) DO NOTHING");
    hone_buf_char(&sql, '\0');
    return hone_query_begin(b->run, b->store, sql.ptr, out);
}

static enum hone_code batch_begin(struct batch *b, size_t n)
{
    HONE_TRY(begin_rows(b, 1, &b->row));
    if (n >= MANY) {
        HONE_TRY(begin_rows(b, MANY, &b->many));
    }
    HONE_TRY(hone_query_begin(b->run, b->store, "SELECT max(seq) FROM prediction", &b->last));
    HONE_TRY(hone_query_begin(b->run, b->store,
                              "INSERT INTO prediction_text (first, last, data)"
                              " VALUES (?, ?, ?) RETURNING id",
                              &b->block));
    HONE_TRY(hone_query_begin(b->run, b->store, "DELETE FROM prediction_text WHERE id = ?",
                              &b->drop));
    b->zstd = ZSTD_createCCtx();
    return b->zstd == NULL ? hone_no_room(b->run, "packer", 1) : HONE_OK;
}

/* block of 0: the texts stand in the row. */
/* block of 0: the texts stand in the row. */
static void put_row(struct hone_query *query, const struct hone_logged_prediction *p,
                    int64_t block, size_t place)
{
    const struct hone_str nothing = {"", 0};
    hone_query_put_text(query, p->id);
    hone_query_put_int(query, p->time);
    hone_query_put_int(query, p->version_id);
    hone_query_put_text(query, p->variant);
    hone_query_put_int(query, p->latency);
    hone_query_put_str(query, block == 0 ? p->inputs : nothing);
    hone_query_put_str(query, block == 0 ? p->outputs : nothing);
    hone_query_put_int_or_null(query, block, block == 0);
    hone_query_put_int_or_null(query, (int64_t)place, block == 0);
}

static void take_rest(const struct hone_store *store)
{
    const struct timespec rest = {0, (long)store->rest};
    if (store->rest > 0) {
        (void)nanosleep(&rest, NULL);
    }
}

static enum hone_code add_block(struct batch *b, const struct hone_logged_prediction *list,
                                size_t n, int64_t *id)
{
    HONE_ARENA(work);
    struct hone_str bytes;
    bool row;
    HONE_TRY(hone_block_pack(b->run, b->zstd, list, n, &work, &bytes));
    HONE_TRY(hone_query_step(b->run, &b->last, &row));
    int64_t last = hone_query_int(&b->last);
    hone_query_again(&b->last);
    hone_query_put_int(&b->block, last + 1);
    hone_query_put_int(&b->block, last + (int64_t)n);
    hone_query_put_bytes(&b->block, bytes.ptr, bytes.len);
    HONE_TRY(hone_query_step(b->run, &b->block, &row));
    *id = hone_query_int(&b->block);
    return hone_query_run(b->run, &b->block, NULL);
}

static enum hone_code add_span(struct batch *b, const struct hone_logged_prediction *list,
                               size_t n)
{
    int64_t block = 0;
    size_t added = 0;
    if (n >= HONE_BLOCK_FEW) {
        HONE_TRY(add_block(b, list, n, &block));
    }
    for (size_t at = 0; at < n;) {
        size_t rows = n - at >= MANY ? MANY : 1;
        struct hone_query *query = rows == 1 ? &b->row : &b->many;
        size_t changed;
        for (size_t i = at; i < at + rows; i++) {
            put_row(query, &list[i], block, i);
        }
        HONE_TRY(hone_query_run(b->run, query, &changed));
        added += changed;
        at += rows;
        take_rest(b->store);
    }
    if (block != 0 && added == 0) {
        hone_query_put_int(&b->drop, block);
        HONE_TRY(hone_query_run(b->run, &b->drop, NULL));
    }
    return HONE_OK;
}

enum hone_code hone_predictions_append(struct hone_run *run, struct hone_store *store,
                                       const struct hone_logged_prediction *list, size_t n)
{
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    HONE_CLOSING(batch_end) struct batch batch = {.run = run, .store = store};
    HONE_TRY(batch_begin(&batch, n));
    for (size_t at = 0; at < n;) {
        size_t span = hone_block_span(list + at, n - at);
        HONE_TRY(add_span(&batch, list + at, span));
        at += span;
    }
    batch_end(&batch);
    batch = (struct batch){0};
    return hone_transaction_commit(run, &tx);
}

/* --- reading --------------------------------------------------------------------------------- */

enum { OPEN = 8 /* blocks: rows by time come from those of several threads in turn */ };

struct reader {
    struct hone_run *run;
    struct hone_query find;
    struct {
        struct hone_arena mem;
        struct hone_block block;
        int64_t id; /* 0: none */
    } open[OPEN];
    size_t next;
};

static void reader_end(struct reader *r)
{
    hone_query_end(&r->find);
    for (size_t i = 0; i < OPEN; i++) {
        hone_arena_free(&r->open[i].mem);
    }
}

static enum hone_code reader_begin(struct hone_run *run, struct hone_store *store,
                                   struct reader *r)
{
    *r = (struct reader){.run = run};
    return hone_query_begin(run, store, "SELECT data FROM prediction_text WHERE id = ?",
                            &r->find);
}

static enum hone_code open_block(struct reader *r, int64_t id, const struct hone_block **out)
{
    HONE_ARENA(work);
    bool row;
    size_t slot = r->next;
    for (size_t i = 0; i < OPEN; i++) {
        if (r->open[i].id == id) {
            *out = &r->open[i].block;
            return HONE_OK;
        }
    }
    r->next = (r->next + 1) % OPEN;
    r->open[slot].id = 0;
    hone_arena_free(&r->open[slot].mem);
    hone_query_put_int(&r->find, id);
    HONE_TRY(hone_query_step(r->run, &r->find, &row));
    struct hone_str bytes = row ? hone_query_bytes(&r->find, &work) : (struct hone_str){"", 0};
    hone_query_again(&r->find);
    HONE_TRY(hone_block_open(r->run, bytes, &r->open[slot].mem, &r->open[slot].block));
    r->open[slot].id = id;
    *out = &r->open[slot].block;
    return HONE_OK;
}

static enum hone_code find_texts(struct reader *r, int64_t id, int64_t place,
                                 struct hone_arena *mem, struct hone_logged_prediction *out)
{
    const struct hone_block *block;
    if (id == 0) {
        return HONE_OK;
    }
    HONE_TRY(open_block(r, id, &block));
    if (place < 0 || (size_t)place >= block->rows) {
        return hone_fail(r->run, HONE_E_FORMAT, "prediction %s has lost its texts", out->id);
    }
    const struct hone_str *in = &block->inputs[place];
    const struct hone_str *answer = &block->outputs[place];
    out->inputs = (struct hone_str){hone_arena_text(mem, in->ptr, in->len), in->len};
    out->outputs =
        (struct hone_str){hone_arena_text(mem, answer->ptr, answer->len), answer->len};
    return HONE_OK;
}

#define PREDICTION_COLUMNS                                                                     \
    "SELECT prediction.seq, prediction.id, prediction.time, prediction.version, variant,"      \
    " latency, inputs, outputs, block, place, model, model_version.version, label, label.time" \
    " FROM prediction JOIN model_version ON model_version.id = prediction.version"             \
    " LEFT JOIN label ON label.id = (SELECT id FROM label WHERE prediction = prediction.seq"   \
    " ORDER BY time DESC LIMIT 1)"

static enum hone_code read_prediction(struct reader *r, struct hone_query *query,
                                      struct hone_arena *mem,
                                      struct hone_logged_prediction *out)
{
    out->seq = hone_query_int(query);
    out->id = hone_query_text(query, mem);
    out->time = hone_query_int(query);
    out->version_id = hone_query_int(query);
    out->variant = hone_query_text(query, mem);
    out->latency = hone_query_int(query);
    out->inputs = hone_query_str(query, mem);
    out->outputs = hone_query_str(query, mem);
    int64_t block = hone_query_int(query);
    int64_t place = hone_query_int(query);
    out->model = hone_query_text(query, mem);
    out->version = hone_query_int(query);
    out->label = hone_query_text(query, mem);
    out->label_time = hone_query_int(query);
    return find_texts(r, block, place, mem, out);
}

/* The statement for a filter; put_filter binds in the same order. */
static const char *filter_sql(const struct hone_prediction_filter *filter,
                              struct hone_arena *mem)
{
    struct hone_buf sql = hone_buf(mem);
    hone_buf_text(&sql, PREDICTION_COLUMNS " WHERE prediction.time >= ? AND prediction.time < ?"
                                           " AND (prediction.time, prediction.seq) > (?, ?)");
    if (filter->model != NULL) {
        /* "+": the index of time leads, this only passes over the others' rows. */
        hone_buf_text(&sql, " AND +prediction.version IN"
                            " (SELECT id FROM model_version WHERE model = ?");
        hone_buf_text(&sql, filter->version != 0 ? " AND version = ?)" : ")");
    }
    if (filter->variant != NULL) {
        hone_buf_text(&sql, " AND variant = ?");
    }
    if (filter->labelled) {
        hone_buf_text(&sql, " AND label.id IS NOT NULL");
    }
    hone_buf_text(&sql, " ORDER BY prediction.time, prediction.seq LIMIT ?");
    return sql.ptr;
}

static void put_filter(struct hone_query *query, const struct hone_prediction_filter *filter)
{
    bool first = filter->after_seq == 0;
    hone_query_put_int(query, first || filter->from > filter->after_time ? filter->from
                                                                         : filter->after_time);
    hone_query_put_int(query, filter->to == 0 ? INT64_MAX : filter->to);
    hone_query_put_int(query, first ? INT64_MIN : filter->after_time);
    hone_query_put_int(query, filter->after_seq);
    if (filter->model != NULL) {
        hone_query_put_text(query, filter->model);
        if (filter->version != 0) {
            hone_query_put_int(query, filter->version);
        }
    }
    if (filter->variant != NULL) {
        hone_query_put_text(query, filter->variant);
    }
    hone_query_put_int(query, filter->limit == 0 ? -1 : (int64_t)filter->limit);
}

enum hone_code hone_predictions_list(struct hone_run *run, struct hone_store *store,
                                     const struct hone_prediction_filter *filter,
                                     struct hone_arena *mem,
                                     struct hone_logged_prediction **out, size_t *n)
{
    HONE_CLOSING(hone_arena_free) struct hone_arena own = {0};
    if (filter->version != 0 && filter->model == NULL) {
        return hone_fail(run, HONE_E_ARG, "version %lld of which model?",
                         (long long)filter->version);
    }
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store, filter_sql(filter, &own), &query));
    put_filter(&query, filter);
    HONE_CLOSING(reader_end) struct reader reader = {0};
    HONE_TRY(reader_begin(run, store, &reader));
    struct hone_logged_prediction *list = NULL;
    size_t found = 0;
    size_t room = 0;
    for (;;) {
        bool row;
        HONE_TRY(hone_query_step(run, &query, &row));
        if (!row) {
            break;
        }
        HONE_TRY(hone_list_more(run, mem, &list, found, &room));
        HONE_TRY(read_prediction(&reader, &query, mem, &list[found++]));
    }
    *out = list;
    *n = found;
    return HONE_OK;
}

enum hone_code hone_prediction_get(struct hone_run *run, struct hone_store *store,
                                   const char *id, struct hone_arena *mem,
                                   struct hone_logged_prediction *out)
{
    HONE_CLOSING(reader_end) struct reader reader = {0};
    HONE_TRY(reader_begin(run, store, &reader));
    HONE_QUERY query = {0};
    HONE_TRY(
        hone_query_begin(run, store, PREDICTION_COLUMNS " WHERE prediction.id = ?", &query));
    hone_query_put_text(&query, id);
    bool row;
    HONE_TRY(hone_query_step(run, &query, &row));
    if (!row) {
        return hone_fail(run, HONE_E_NOT_FOUND, "no prediction %.100s in %s", id,
                         store->folder);
    }
    return read_prediction(&reader, &query, mem, out);
}
