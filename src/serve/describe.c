/* What is served: metadata of the Open Inference Protocol and of TensorFlow Serving, health. */
#include "serve/server_priv.h"

/* Walk over what every slot serves now. */
typedef void visit(struct hone_request *req, struct hone_slot *slot,
                   const struct hone_served *served, bool first);

static void each(struct hone_request *req, visit *body)
{
    struct hone_server *server = req->worker->server;

    for (size_t i = 0; i < server->slots; i++) {
        struct hone_served *served = hone_slot_take(&server->slot[i]);
        body(req, &server->slot[i], served, i == 0);
        hone_slot_give(&server->slot[i], served);
    }
}

static void quoted(struct hone_buf *out, const char *text)
{
    hone_buf_json(out, hone_str(text));
}

int hone_handle_v2(struct hone_request *req)
{
    hone_buf_text(&req->reply,
                  "{\"name\":\"hone\",\"version\":\"" HONE_VERSION "\","
                  "\"extensions\":[\"binary_tensor_data\",\"model_repository\"]}\n");
    return 200;
}

/* The specification's text names the first key for both, its examples the second. */
static int health(struct hone_request *req, bool fine)
{
    const char *word = fine ? "true" : "false";

    hone_buf_format(&req->reply, "{\"live\":%s,\"ready\":%s}\n", word, word);
    return fine ? 200 : 503;
}

int hone_handle_live(struct hone_request *req)
{
    hone_buf_text(&req->reply, "{\"live\":true}\n");
    return 200;
}

int hone_handle_ready(struct hone_request *req)
{
    return health(req, !atomic_load(&req->worker->server->draining));
}

int hone_handle_ping(struct hone_request *req)
{
    req->type = "text/plain; charset=utf-8";
    hone_buf_text(&req->reply, "\n");
    return atomic_load(&req->worker->server->draining) ? 503 : 200;
}

static void put_name(struct hone_request *req, struct hone_slot *slot,
                     const struct hone_served *served, bool first)
{
    (void)served;
    hone_buf_text(&req->reply, first ? "" : ",");
    quoted(&req->reply, slot->name);
}

int hone_handle_v2_models(struct hone_request *req)
{
    hone_buf_text(&req->reply, "{\"models\":[");
    each(req, put_name);
    hone_buf_text(&req->reply, "]}\n");
    return 200;
}

static void put_state(struct hone_request *req, struct hone_slot *slot,
                      const struct hone_served *served, bool first)
{
    hone_buf_text(&req->reply, first ? "{\"name\":" : ",{\"name\":");
    quoted(&req->reply, slot->name);
    if (served->version[0] != '\0') {
        hone_buf_text(&req->reply, ",\"version\":");
        quoted(&req->reply, served->version);
    }
    hone_buf_text(&req->reply, ",\"state\":\"READY\",\"reason\":\"\"}");
}

int hone_handle_v2_index(struct hone_request *req)
{
    hone_buf_char(&req->reply, '[');
    each(req, put_state);
    hone_buf_text(&req->reply, "]\n");
    return 200;
}

static void put_dims(struct hone_buf *out, const struct hone_value *v)
{
    hone_buf_char(out, '[');
    for (size_t i = 0; i < v->rank || (i == 0 && !v->has_shape); i++) {
        long long dim = v->has_shape && v->dim[i] > 0 && i > 0 ? (long long)v->dim[i] : -1;
        hone_buf_format(out, "%s%lld", i == 0 ? "" : ",", dim);
    }
    hone_buf_char(out, ']');
}

static void put_tensors(struct hone_buf *out, const struct hone_served *m)
{
    hone_buf_text(out, "\"inputs\":[");
    for (size_t i = 0; i < m->cols; i++) {
        hone_buf_text(out, i == 0 ? "{\"name\":" : ",{\"name\":");
        quoted(out, m->column[i].name);
        hone_buf_format(out, ",\"datatype\":\"%s\",\"shape\":[-1,%zu]}",
                        hone_v2_name(m->column[i].dtype), m->column[i].width);
    }
    hone_buf_text(out, "],\"outputs\":[");
    for (size_t i = 0; i < hone_plan_outputs(m->plan); i++) {
        const struct hone_value *v = hone_plan_output(m->plan, i);
        hone_buf_text(out, i == 0 ? "{\"name\":" : ",{\"name\":");
        quoted(out, v->name);
        hone_buf_format(out, ",\"datatype\":\"%s\",\"shape\":", hone_v2_name(v->type));
        put_dims(out, v);
        hone_buf_char(out, '}');
    }
    hone_buf_char(out, ']');
}

int hone_handle_v2_model(struct hone_request *req)
{
    struct hone_served *m = hone_slot_take(req->slot);
    struct hone_buf *out = &req->reply;

    hone_buf_text(out, "{\"name\":");
    quoted(out, req->slot->name);
    hone_buf_text(out, ",\"versions\":[");
    if (m->version[0] != '\0') {
        quoted(out, m->version);
    }
    hone_buf_text(out, "],\"platform\":\"onnx\",");
    put_tensors(out, m);
    hone_buf_text(out, "}\n");
    hone_slot_give(req->slot, m);
    return 200;
}

int hone_handle_v2_ready(struct hone_request *req)
{
    bool fine = !atomic_load(&req->worker->server->draining);

    hone_buf_text(&req->reply, "{\"name\":");
    quoted(&req->reply, req->slot->name);
    hone_buf_format(&req->reply, ",\"ready\":%s}\n", fine ? "true" : "false");
    return fine ? 200 : 503;
}

static void put_listed(struct hone_request *req, struct hone_slot *slot,
                       const struct hone_served *served, bool first)
{
    hone_buf_text(&req->reply, first ? "{\"id\":" : ",{\"id\":");
    quoted(&req->reply, slot->name);
    hone_buf_format(&req->reply,
                    ",\"object\":\"model\",\"created\":%lld,\"owned_by\":\"hone\"}",
                    (long long)(served->loaded / 1000000));
}

/* For clients of V1 ("models") and of OpenAI's list ("data") alike. */
int hone_handle_v1_models(struct hone_request *req)
{
    hone_buf_text(&req->reply, "{\"models\":[");
    each(req, put_name);
    hone_buf_text(&req->reply, "],\"object\":\"list\",\"data\":[");
    each(req, put_listed);
    hone_buf_text(&req->reply, "]}\n");
    return 200;
}

int hone_handle_v1_model(struct hone_request *req)
{
    struct hone_served *m = hone_slot_take(req->slot);
    struct hone_buf *out = &req->reply;

    hone_buf_text(out, "{\"name\":");
    quoted(out, req->slot->name);
    hone_buf_text(out, ",\"ready\":true,\"model_version_status\":[{\"version\":");
    quoted(out, m->version[0] == '\0' ? "1" : m->version);
    hone_buf_text(out, ",\"state\":\"AVAILABLE\","
                       "\"status\":{\"error_code\":\"OK\",\"error_message\":\"\"}}]}\n");
    hone_slot_give(req->slot, m);
    return 200;
}
