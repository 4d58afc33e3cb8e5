/* One worker's use of one model: parse, run, answer, record. */
#include <string.h>

#include "serve/observe.h"
#include "serve/server_priv.h"

/* Buffers of a large request that are not kept for the next. */
#define KEEP ((size_t)4 << 20)

void hone_desk_clear(struct hone_desk *desk)
{
    if (desk->served != NULL) {
        hone_session_free(desk->session);
        hone_batch_free(&desk->batch);
        hone_arena_free(&desk->mem);
        hone_slot_give(desk->slot, desk->served);
        desk->served = NULL;
    }
}

enum hone_code hone_desk_ready(struct hone_worker *worker, struct hone_desk *desk)
{
    if (desk->served == NULL || !hone_slot_is(desk->slot, desk->served)) {
        struct hone_served *served;
        hone_desk_clear(desk);
        served = hone_slot_take(desk->slot);
        desk->in =
            hone_arena_must(&desk->mem, hone_plan_inputs(served->plan) * sizeof *desk->in);
        desk->out =
            hone_arena_must(&desk->mem, hone_plan_outputs(served->plan) * sizeof *desk->out);
        desk->session = hone_session_new(served->plan);
        hone_batch_init(&desk->batch, served->column, served->cols);
        desk->batch.max_rows = (size_t)worker->server->set->max_rows;
        desk->served = served;
    }
    hone_batch_begin(&desk->batch);
    return HONE_OK;
}

/* The fields of a row that the model does not take; *next is the first one that is not of an earlier row. */
static void put_extras(struct hone_buf *buf, const struct hone_batch *b, size_t row,
                       size_t *next, bool first)
{
    for (; *next < b->extras && b->extra[*next].row == row; (*next)++) {
        const struct hone_batch_extra *e = &b->extra[*next];
        if (!first) {
            hone_buf_char(buf, ',');
        }
        first = false;
        hone_buf_json(buf, e->key);
        hone_buf_char(buf, ':');
        hone_buf_str(buf, e->raw);
    }
}

/* A row's inputs as an object, as the model saw them, and what else was sent; what is missing is left out. */
static void put_inputs(struct hone_buf *buf, const struct hone_served *m,
                       const struct hone_batch *b, size_t row, size_t *extra)
{
    bool first = true;

    hone_buf_char(buf, '{');
    for (size_t i = 0; i < b->cols; i++) {
        const struct hone_batch_column *c = &b->column[i];
        struct hone_tensor value = {.type = c->dtype, .rank = 1, .data = c->data};
        if (c->width == 1 && hone_batch_is_missing(c, row)) {
            continue;
        }
        if (!first) {
            hone_buf_char(buf, ',');
        }
        first = false;
        hone_buf_str(buf, m->key[i]);
        if (c->width > 1) {
            hone_buf_char(buf, '[');
        }
        for (size_t j = 0; j < c->width; j++) {
            if (j > 0) {
                hone_buf_char(buf, ',');
            }
            hone_reply_element(buf, &value, row * c->width + j);
        }
        if (c->width > 1) {
            hone_buf_char(buf, ']');
        }
    }
    put_extras(buf, b, row, extra, first);
    hone_buf_char(buf, '}');
}

static void record(struct hone_request *req, const struct hone_desk *desk)
{
    struct hone_worker *worker = req->worker;
    const struct hone_served *m = desk->served;
    size_t rows = desk->batch.rows;
    struct hone_recorded row = {
        .time = hone_now_us(&worker->run),
        .record = m->record,
        .latency = (hone_ticks_ns() - req->complete) / 1000,
    };
    char id[64];
    size_t extra = 0;

    if (worker->server->recorder == NULL || m->record == 0 ||
        hone_hash64(req->id, HONE_ID_LENGTH, 0) >= worker->server->log_below) {
        return;
    }
    for (size_t i = 0; i < rows; i++) {
        struct hone_buf *line = &worker->line;
        struct hone_buf text = {.ptr = id, .room = sizeof id};
        size_t split;
        line->len = 0;
        hone_reply_id(&text, hone_str(req->id), i, rows);
        put_inputs(line, m, &desk->batch, i, &extra);
        split = line->len;
        hone_buf_char(line, '{');
        hone_reply_row(line, m, desk->out, i, rows);
        hone_buf_char(line, '}');
        row.id = (struct hone_str){text.ptr, text.len};
        row.inputs = (struct hone_str){line->ptr, split};
        row.outputs = (struct hone_str){line->ptr + split, line->len - split};
        (void)hone_recorder_add(worker->server->recorder, worker->number, &row);
    }
    if (worker->line_mem.bytes > KEEP) {
        hone_arena_free(&worker->line_mem);
        worker->line = hone_buf(&worker->line_mem);
    }
}

/* Also of requests that are refused: a client that misspells a field is to be seen. */
static void count_fields(const struct hone_request *req, const struct hone_desk *desk)
{
    struct hone_tally *tally = &desk->served->tally[req->worker->number];

    hone_count(&tally->unknown_fields, desk->batch.unknown);
    hone_count(&tally->missing_values, desk->batch.missing);
}

/* Run the batch and count. */
static enum hone_code infer(struct hone_request *req, struct hone_desk *desk)
{
    struct hone_tally *tally = &desk->served->tally[req->worker->number];
    int64_t begin = hone_ticks_ns();

    req->parsed = begin;
    hone_count(&tally->rows, desk->batch.rows);
    if (desk->batch.rows == 0) {
        return hone_fail(&req->worker->run, HONE_E_ARG, "the request has no rows");
    }
    HONE_TRY(hone_served_run(&req->worker->run, desk->served, desk->session, &desk->batch,
                             desk->in, desk->out));
    req->inferred = hone_ticks_ns();
    hone_histogram_add(&tally->inference, req->inferred - begin);
    hone_observer_rows(desk->served->observer, req->worker->number, &desk->batch, desk->out);
    return HONE_OK;
}

typedef enum hone_code reader(struct hone_request *req, struct hone_batch *b, void *told);
typedef enum hone_code writer(struct hone_request *req, const struct hone_desk *desk,
                              const void *told);

/* The common road of all dialects. */
static int answer(struct hone_request *req, reader *read, writer *write, void *told)
{
    struct hone_worker *worker = req->worker;
    struct hone_desk *desk = &worker->desk[req->slot - worker->server->slot];
    enum hone_code code = hone_desk_ready(worker, desk);

    memcpy(req->version, desk->served->version, strlen(desk->served->version) + 1);
    code = code != HONE_OK ? code : read(req, &desk->batch, told);
    count_fields(req, desk);
    code = code != HONE_OK ? code : infer(req, desk);
    code = code != HONE_OK ? code : write(req, desk, told);
    if (code == HONE_OK && req->reply.full) {
        code = hone_fail(&worker->run, HONE_E_LIMIT, "the reply is too large: send fewer rows");
    }
    if (code == HONE_OK) {
        record(req, desk);
    }
    hone_batch_trim(&desk->batch, KEEP);
    return code == HONE_OK ? 200 : hone_request_error(req);
}

struct rows_told {
    enum hone_rows_form form;
    struct hone_rows_told told;
    bool csv, csv_reply;
};

static enum hone_code read_rows(struct hone_request *req, struct hone_batch *b, void *told)
{
    struct rows_told *t = told;
    struct hone_run *run = &req->worker->run;

    return t->csv ? hone_rows_read_csv(run, req->body, req->len, b)
                  : hone_rows_read(run, t->form, req->body, req->len, b, &t->told);
}

static enum hone_code write_rows(struct hone_request *req, const struct hone_desk *desk,
                                 const void *told)
{
    const struct rows_told *t = told;
    size_t rows = desk->batch.rows;

    if (t->form == HONE_ROWS_NATIVE) {
        hone_reply_native(&req->reply, desk->served, desk->out, rows, hone_str(req->id),
                          t->told.single);
    } else if (t->form == HONE_ROWS_V1) {
        hone_reply_v1(&req->reply, desk->served, desk->out, rows, t->told.columns);
    } else if (t->csv_reply) {
        req->type = "text/csv; charset=utf-8";
        hone_reply_csv(&req->reply, desk->served, desk->out, rows);
    } else {
        hone_reply_invocations(&req->reply, desk->served, desk->out, rows);
    }
    return HONE_OK;
}

/* The media type of a header, without parameters. */
static struct hone_str media_type(const char *value)
{
    struct hone_str head = {NULL, 0};
    struct hone_str rest;

    if (value != NULL) {
        (void)hone_str_cut(hone_str(value), ';', &head, &rest);
    }
    return hone_str_trim(head);
}

int hone_handle_predict(struct hone_request *req)
{
    struct rows_told told = {.form = HONE_ROWS_NATIVE};

    told.csv = hone_str_eq_nocase(media_type(hone_request_header(req, "Content-Type")),
                                  hone_str("text/csv"));
    return answer(req, read_rows, write_rows, &told);
}

int hone_handle_v1_predict(struct hone_request *req)
{
    struct rows_told told = {.form = HONE_ROWS_V1};

    return answer(req, read_rows, write_rows, &told);
}

int hone_handle_invocations(struct hone_request *req)
{
    struct rows_told told = {.form = HONE_ROWS_INVOCATIONS};
    struct hone_str type = media_type(hone_request_header(req, "Content-Type"));
    struct hone_str accept = media_type(hone_request_header(req, "Accept"));

    told.csv = hone_str_eq_nocase(type, hone_str("text/csv"));
    told.csv_reply = hone_str_eq_nocase(accept, hone_str("text/csv"));
    if (!told.csv && type.len > 0 && !hone_str_eq_nocase(type, hone_str("application/json"))) {
        req->type = "text/plain; charset=utf-8";
        hone_buf_format(&req->reply,
                        "This service takes application/json and text/csv, not %.*s.\n",
                        (int)(type.len < 60 ? type.len : 60), type.ptr);
        return 415;
    }
    return answer(req, read_rows, write_rows, &told);
}

static enum hone_code read_v2(struct hone_request *req, struct hone_batch *b, void *told)
{
    const char *header = hone_request_header(req, "Inference-Header-Content-Length");
    uint64_t json = req->len;

    if (header != NULL && (!hone_parse_u64(hone_str(header), &json) || json == 0)) {
        return hone_fail(&req->worker->run, HONE_E_ARG,
                         "Inference-Header-Content-Length must be the length of the JSON");
    }
    return hone_v2_read(&req->worker->run, req->body, (size_t)json, req->len, b, told);
}

static enum hone_code write_v2(struct hone_request *req, const struct hone_desk *desk,
                               const void *told)
{
    HONE_TRY(hone_reply_v2(&req->worker->run, &req->reply, desk->served, desk->out, told,
                           hone_str(req->id), &req->json));
    if (req->json > 0) {
        req->type = "application/octet-stream";
    }
    return HONE_OK;
}

int hone_handle_v2_infer(struct hone_request *req)
{
    struct hone_v2_request told;

    return answer(req, read_v2, write_v2, &told);
}
