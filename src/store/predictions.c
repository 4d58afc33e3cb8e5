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

/* The texts of a row; its id is known.  Without a block they were in its own row. */
static enum hone_code find_texts(struct reader *r, int64_t id, int64_t place, bool inputs,
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
    const struct hone_str *answer = &block->outputs[place];
    out->outputs =
        (struct hone_str){hone_arena_text(mem, answer->ptr, answer->len), answer->len};
    if (inputs) {
        const struct hone_str *in = &block->inputs[place];
        out->inputs = (struct hone_str){hone_arena_text(mem, in->ptr, in->len), in->len};
    }
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
    return find_texts(r, block, place, true, mem, out);
}

typedef enum hone_code read_row(struct reader *, struct hone_query *, struct hone_arena *,
                                struct hone_logged_prediction *);

static enum hone_code read_all(struct hone_run *run, struct hone_query *query,
                               struct reader *reader, read_row *read, struct hone_arena *mem,
                               struct hone_logged_prediction **out, size_t *n)
{
    struct hone_logged_prediction *list = NULL;
    size_t found = 0;
    size_t room = 0;
    for (;;) {
        bool row;
        HONE_TRY(hone_query_step(run, query, &row));
        if (!row) {
            break;
        }
        HONE_TRY(hone_list_more(run, mem, &list, found, &room));
        HONE_TRY(read(reader, query, mem, &list[found++]));
    }
    *out = list;
    *n = found;
    return HONE_OK;
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
    return read_all(run, &query, &reader, read_prediction, mem, out, n);
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

/* --- counts, and the labelled ones ------------------------------------------------------------ */

#define HOUR_US (INT64_C(3600) * 1000000)

/* When the hour of a moment ends. */
static int64_t hour_end(int64_t us)
{
    int64_t into = us % HOUR_US;
    into += into < 0 ? HOUR_US : 0;
    return us > INT64_MAX - HOUR_US ? INT64_MAX : us + (HOUR_US - into);
}

/* The first moment from then on at which anything is logged; INT64_MAX: never. */
static enum hone_code next_logged(struct hone_run *run, struct hone_query *next, int64_t from,
                                  int64_t *out)
{
    bool row;
    hone_query_put_int(next, from);
    HONE_TRY(hone_query_step(run, next, &row));
    *out = row ? hone_query_int(next) : INT64_MAX;
    hone_query_again(next);
    return HONE_OK;
}

static enum hone_code count_hour(struct hone_run *run, struct hone_query *count,
                                 int64_t version_id, int64_t to,
                                 struct hone_prediction_hour *hour)
{
    bool row;
    hone_query_put_int(count, hour->begin);
    hone_query_put_int(count, to);
    hone_query_put_int(count, version_id);
    HONE_TRY(hone_query_step(run, count, &row));
    hour->rows = (size_t)hone_query_int(count);
    hour->first = hone_query_int(count);
    hour->last = hone_query_int(count);
    hone_query_again(count);
    return HONE_OK;
}

enum hone_code hone_predictions_hours(struct hone_run *run, struct hone_store *store,
                                      int64_t version_id, int64_t from, int64_t to,
                                      struct hone_arena *mem, struct hone_prediction_hour **out,
                                      size_t *n)
{
    struct hone_prediction_hour *list = NULL;
    size_t found = 0;
    size_t room = 0;
    const int64_t end = to == 0 ? INT64_MAX : to;
    HONE_QUERY next = {0};
    HONE_TRY(hone_query_begin(
        run, store, "SELECT time FROM prediction WHERE time >= ? ORDER BY time LIMIT 1",
        &next));
    HONE_QUERY count = {0};
    HONE_TRY(hone_query_begin(run, store,
                              "SELECT count(*), min(seq), max(seq) FROM prediction"
                              " WHERE time >= ? AND time < ? AND +version = ?",
                              &count));
    for (;;) {
        struct hone_prediction_hour hour;
        HONE_TRY(hone_check_cancel(run));
        HONE_TRY(next_logged(run, &next, from, &hour.begin));
        if (hour.begin >= end) {
            break;
        }
        from = hour_end(hour.begin) < end ? hour_end(hour.begin) : end;
        HONE_TRY(count_hour(run, &count, version_id, from, &hour));
        if (hour.rows > 0) {
            HONE_TRY(hone_list_more(run, mem, &list, found, &room));
            list[found++] = hour;
        }
    }
    *out = list;
    *n = found;
    return HONE_OK;
}

enum hone_code hone_prediction_behind(struct hone_run *run, struct hone_store *store,
                                      int64_t version_id, int64_t from, int64_t to, size_t rows,
                                      int64_t *time, int64_t *seq)
{
    HONE_QUERY query = {0};
    bool row;
    HONE_TRY(hone_query_begin(run, store,
                              "SELECT time, seq FROM prediction WHERE time >= ? AND time < ?"
                              " AND +version = ? ORDER BY time, seq LIMIT 1 OFFSET ?",
                              &query));
    hone_query_put_int(&query, from);
    hone_query_put_int(&query, to == 0 ? INT64_MAX : to);
    hone_query_put_int(&query, version_id);
    hone_query_put_int(&query, (int64_t)rows);
    HONE_TRY(hone_query_step(run, &query, &row));
    *time = row ? hone_query_int(&query) : INT64_MAX;
    *seq = row ? hone_query_int(&query) : INT64_MAX;
    return HONE_OK;
}

/* The last label of each prediction leads ("CROSS" keeps it so): those without one are not looked at. */
static const char labelled_sql[] =
    "SELECT seq, prediction.id, prediction.time, outputs, block, place, label.label, label.time"
    " FROM label CROSS JOIN prediction ON seq = label.prediction"
    " WHERE label.prediction > ? AND label.prediction <= ? AND NOT EXISTS (SELECT 1 FROM label"
    "  AS later WHERE later.prediction = label.prediction AND later.time > label.time)"
    " AND +version = ? AND prediction.time >= ? AND prediction.time < ?"
    " ORDER BY label.prediction LIMIT ?";

static enum hone_code read_labelled(struct reader *r, struct hone_query *query,
                                    struct hone_arena *mem, struct hone_logged_prediction *out)
{
    out->seq = hone_query_int(query);
    out->id = hone_query_text(query, mem);
    out->time = hone_query_int(query);
    out->outputs = hone_query_str(query, mem);
    int64_t block = hone_query_int(query);
    int64_t place = hone_query_int(query);
    out->label = hone_query_text(query, mem);
    out->label_time = hone_query_int(query);
    return find_texts(r, block, place, false, mem, out);
}

enum hone_code hone_labelled_list(struct hone_run *run, struct hone_store *store,
                                  const struct hone_labelled_filter *filter,
                                  struct hone_arena *mem, struct hone_logged_prediction **out,
                                  size_t *n)
{
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store, labelled_sql, &query));
    hone_query_put_int(&query, filter->after_seq);
    hone_query_put_int(&query, filter->last_seq == 0 ? INT64_MAX : filter->last_seq);
    hone_query_put_int(&query, filter->version_id);
    hone_query_put_int(&query, filter->from);
    hone_query_put_int(&query, filter->to == 0 ? INT64_MAX : filter->to);
    hone_query_put_int(&query, filter->limit == 0 ? -1 : (int64_t)filter->limit);
    HONE_CLOSING(reader_end) struct reader reader = {0};
    HONE_TRY(reader_begin(run, store, &reader));
    return read_all(run, &query, &reader, read_labelled, mem, out, n);
}
