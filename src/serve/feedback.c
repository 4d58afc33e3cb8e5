#include "serve/feedback.h"

#include "base/time.h"
#include "serve/http/loop.h"
#include "serve/server_priv.h"

struct list {
    struct hone_feedback_item *item;
    size_t n, room;
    struct hone_arena *mem;
};

static enum hone_code missing(struct hone_run *run, size_t item, const char *field)
{
    return hone_fail(run, HONE_E_ARG, "feedback %zu has no \"%s\"", item, field);
}

/* The value of a field as text; strings may be empty for the label only. */
static enum hone_code text_field(struct hone_run *run, struct list *list, const char *field,
                                 const struct hone_jvalue *value, const char **out)
{
    bool label = strcmp(field, "label") == 0;

    if (*out != NULL) {
        return hone_fail(run, HONE_E_ARG, "feedback %zu: \"%s\" is given twice", list->n,
                         field);
    }
    switch (value->type) {
    case HONE_J_STRING:
        if ((value->text.len == 0 && !label) || value->text.len > 65536 ||
            memchr(value->text.ptr, '\0', value->text.len) != NULL) {
            return hone_fail(run, HONE_E_ARG,
                             "feedback %zu: \"%s\" is empty, too long or has a NUL", list->n,
                             field);
        }
        *out = hone_arena_text(list->mem, value->text.ptr, value->text.len);
        return HONE_OK;
    case HONE_J_NUMBER:
        *out = hone_arena_text(list->mem, value->text.ptr, value->text.len);
        return HONE_OK;
    case HONE_J_TRUE:
    case HONE_J_FALSE:
        *out = value->type == HONE_J_TRUE ? "true" : "false";
        return HONE_OK;
    default:
        return hone_fail(run, HONE_E_ARG, "feedback %zu: \"%s\" must be one value, not %s",
                         list->n, field, hone_jtype_name(value->type));
    }
}

static enum hone_code time_field(struct hone_run *run, const struct list *list,
                                 const struct hone_jvalue *value, int64_t *out)
{
    bool zone;

    if (*out != 0) {
        return hone_fail(run, HONE_E_ARG, "feedback %zu: \"time\" is given twice", list->n);
    }
    if ((value->type == HONE_J_NUMBER && hone_parse_i64(value->text, out) && *out > 0) ||
        (value->type == HONE_J_STRING && hone_parse_timestamp(value->text, out, &zone) &&
         *out > 0)) {
        return HONE_OK;
    }
    return hone_fail(run, HONE_E_ARG,
                     "feedback %zu: \"time\" must be ISO 8601 or µs since 1970, not %s %.*s",
                     list->n, hone_jtype_name(value->type),
                     (int)(value->text.len < 40 ? value->text.len : 40),
                     value->text.len == 0 ? "" : value->text.ptr);
}

/* Room for one more. */
static enum hone_code grow(struct hone_run *run, struct list *list)
{
    size_t room = list->room == 0 ? 16 : list->room * 2;
    void *grown;

    if (list->n < list->room) {
        return HONE_OK;
    }
    if (list->n >= HONE_FEEDBACK_ITEMS) {
        return hone_fail(run, HONE_E_LIMIT, "more than %d labels in one request",
                         HONE_FEEDBACK_ITEMS);
    }
    grown = hone_arena_grow(list->mem, list->item, sizeof *list->item, list->room, room);
    if (grown == NULL) {
        return hone_no_room(run, "labels", room);
    }
    list->item = grown;
    list->room = room;
    return HONE_OK;
}

static enum hone_code field(struct hone_run *run, struct list *list, struct hone_str key,
                            const struct hone_jvalue *value, struct hone_feedback_item *it)
{
    if (hone_str_is(key, "id") || hone_str_is(key, "prediction_id")) {
        return text_field(run, list, "id", value, &it->id);
    }
    if (hone_str_is(key, "label")) {
        return text_field(run, list, "label", value, &it->label);
    }
    if (hone_str_is(key, "source") && value->type != HONE_J_NULL) {
        return text_field(run, list, "source", value, &it->source);
    }
    if (hone_str_is(key, "time") && value->type != HONE_J_NULL) {
        return time_field(run, list, value, &it->time);
    }
    if (value->type == HONE_J_ARRAY || value->type == HONE_J_OBJECT) {
        return hone_fail(run, HONE_E_ARG, "feedback %zu: field \"%.*s\" is not known", list->n,
                         (int)(key.len < 60 ? key.len : 60), key.ptr);
    }
    return HONE_OK;
}

/* The members of one object, its brace passed. */
static enum hone_code item(struct hone_run *run, struct hone_jscan *scan, struct list *list)
{
    struct hone_feedback_item *it;
    struct hone_jvalue value;
    struct hone_str key;

    HONE_TRY(grow(run, list));
    it = &list->item[list->n];
    *it = (struct hone_feedback_item){.id = NULL};
    while (hone_jscan_member(scan, &key)) {
        if (hone_jscan_value(scan, &value) == HONE_J_BAD) {
            break;
        }
        HONE_TRY(field(run, list, key, &value, it));
    }
    if (scan->error != NULL) {
        return hone_jscan_fail(run, scan);
    }
    if (it->id == NULL || it->label == NULL) {
        return missing(run, list->n, it->id == NULL ? "id" : "label");
    }
    list->n++;
    return HONE_OK;
}

/* The objects of an array, its bracket passed. */
static enum hone_code item_list(struct hone_run *run, struct hone_jscan *scan,
                                struct list *list)
{
    struct hone_jvalue value;

    while (hone_jscan_item(scan)) {
        if (hone_jscan_value(scan, &value) == HONE_J_BAD) {
            break;
        }
        if (value.type != HONE_J_OBJECT) {
            return hone_fail(run, HONE_E_ARG, "feedback %zu must be an object, not %s", list->n,
                             hone_jtype_name(value.type));
        }
        HONE_TRY(item(run, scan, list));
    }
    return scan->error != NULL ? hone_jscan_fail(run, scan) : HONE_OK;
}

enum hone_code hone_feedback_read(struct hone_run *run, char *body, size_t len,
                                  struct hone_arena *mem, struct hone_feedback_item **items,
                                  size_t *n)
{
    struct hone_jscan scan = hone_jscan(body, len);
    struct list list = {.mem = mem};
    struct hone_jvalue value;

    scan.strict = true; /* NaN is no label */
    switch (hone_jscan_value(&scan, &value)) {
    case HONE_J_BAD:
        return hone_jscan_fail(run, &scan);
    case HONE_J_ARRAY:
        HONE_TRY(item_list(run, &scan, &list));
        break;
    case HONE_J_OBJECT:
        HONE_TRY(item(run, &scan, &list));
        break;
    default:
        return hone_fail(run, HONE_E_ARG, "the body must be an object or an array, not %s",
                         hone_jtype_name(value.type));
    }
    if (!hone_jscan_end(&scan)) {
        return hone_jscan_fail(run, &scan);
    }
    if (list.n == 0) {
        return hone_fail(run, HONE_E_ARG, "the body has no labels");
    }
    *items = list.item;
    *n = list.n;
    return HONE_OK;
}

/* In the recorder's thread: the labels are on the disk, or will not be. */
static void done(struct hone_feedback *feedback)
{
    struct hone_request *req = feedback->owner;

    hone_loop_done(req->worker->loop, req);
}

int hone_handle_feedback(struct hone_request *req)
{
    struct hone_worker *worker = req->worker;
    struct hone_feedback *feedback;

    if (worker->server->recorder == NULL) {
        return hone_request_fail(
            req, 501, "predictions are not logged here, so there is nothing to label");
    }
    hone_arena_free(&req->labels);
    req->labels.limit = HONE_BATCH_BYTES;
    feedback = hone_new(&req->labels, struct hone_feedback);
    if (hone_feedback_read(&worker->run, req->body, req->len, &req->labels, &feedback->item,
                           &feedback->n) != HONE_OK) {
        hone_arena_free(&req->labels);
        return hone_request_error(req);
    }
    feedback->done = done;
    feedback->owner = req;
    req->feedback = feedback;
    if (!hone_recorder_label(worker->server->recorder, feedback)) {
        feedback->code = HONE_E_CANCELLED;
        memcpy(feedback->message, "the server is ending", sizeof "the server is ending");
        return hone_feedback_reply(req);
    }
    return 0;
}

int hone_feedback_reply(struct hone_request *req)
{
    const struct hone_feedback *f = req->feedback;
    struct hone_buf *out = &req->reply;
    size_t count[3] = {0, 0, 0};
    size_t told = 0;
    int status;

    if (f->code != HONE_OK) {
        status = hone_request_fail(
            req, f->code == HONE_E_CONFLICT ? 503 : hone_code_http(f->code), "%s", f->message);
        hone_arena_free(&req->labels);
        return status;
    }
    for (size_t i = 0; i < f->n; i++) {
        count[f->item[i].state]++;
    }
    status = count[HONE_FEEDBACK_UNKNOWN] == f->n ? 404 : 200;
    hone_buf_char(out, '{');
    if (status == 404) {
        hone_buf_text(out, "\"error\":\"there is no prediction of this id\",");
    }
    hone_buf_format(out, "\"accepted\":%zu,\"duplicates\":%zu,\"unknown\":[",
                    count[HONE_FEEDBACK_ADDED], count[HONE_FEEDBACK_KNOWN]);
    for (size_t i = 0; i < f->n; i++) {
        if (f->item[i].state == HONE_FEEDBACK_UNKNOWN) {
            hone_buf_text(out, told++ == 0 ? "" : ",");
            hone_buf_json(out, hone_str(f->item[i].id));
        }
    }
    hone_buf_text(out, "]}\n");
    hone_arena_free(&req->labels);
    return status;
}
