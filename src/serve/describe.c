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
    hone_buf_text(
        &req->reply,
        "{\"name\":\"hone\",\"version\":\"" HONE_VERSION "\","
        "\"extensions\":[\"binary_tensor_data\",\"classification\",\"model_configuration\","
        "\"model_repository\",\"parameters\",\"statistics\"]}\n");
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
    hone_buf_text(out, "],\"platform\":\"onnx_onnxv1\",");
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

/* --- Triton's extensions ---------------------------------------------------------------------------- */

int hone_handle_v2_load(struct hone_request *req)
{
    return hone_request_fail(req, 400,
                             "models are not loaded or unloaded by clients: `hone promote` and "
                             "`hone rollback` choose what answers for \"%.200s\"",
                             req->slot->name);
}

static void duration(struct hone_buf *out, const char *name, uint64_t count, uint64_t ns)
{
    hone_buf_format(out, "%s\":{\"count\":%llu,\"ns\":%llu}", name, (unsigned long long)count,
                    (unsigned long long)ns);
}

static uint64_t counted(const struct hone_histogram *h)
{
    uint64_t n = 0;

    for (size_t i = 0; i < HONE_BUCKET_COUNT; i++) {
        n += hone_counted(&h->bucket[i]);
    }
    return n;
}

static uint64_t refused(const struct hone_tally *tally)
{
    uint64_t n = 0;

    for (size_t i = 0; i <= HONE_ROUTE_PREDICT; i++) {
        for (size_t j = 0; j < HONE_STATUS_COUNT; j++) {
            n += hone_statuses[j] == 200 ? 0 : hone_counted(&tally->requests[i][j]);
        }
    }
    return n;
}

/* Reading the inputs and writing the outputs are timed together, and stand under compute_input. */
static void put_statistics(struct hone_request *req, const struct hone_slot *slot,
                           const struct hone_past *past)
{
    struct hone_buf *out = &req->reply;
    const struct hone_tally *tally = &past->tally;
    uint64_t all = hone_counted(&tally->request.sum_ns);
    uint64_t graph = hone_counted(&tally->inference.sum_ns);
    uint64_t n = counted(&tally->request);
    int64_t last = atomic_load_explicit(&tally->last, memory_order_relaxed);
    int64_t ago = (hone_ticks_ns() - last) / 1000000;

    hone_buf_text(out, "{\"name\":");
    quoted(out, slot->name);
    if (past->version[0] != '\0') {
        hone_buf_text(out, ",\"version\":");
        quoted(out, past->version);
    }
    hone_buf_format(
        out, ",\"last_inference\":%lld,\"inference_count\":%llu,\"execution_count\":%llu,",
        last == 0 ? 0LL : (long long)(hone_now_us(&req->worker->run) / 1000 - ago),
        (unsigned long long)hone_counted(&tally->rows),
        (unsigned long long)counted(&tally->inference));
    duration(out, "\"inference_stats\":{\"success", n, all);
    duration(out, ",\"fail", refused(tally), 0);
    duration(out, ",\"queue", n, 0);
    duration(out, ",\"compute_input", n, all > graph ? all - graph : 0);
    duration(out, ",\"compute_infer", counted(&tally->inference), graph);
    duration(out, ",\"compute_output", n, 0);
    duration(out, ",\"cache_hit", 0, 0);
    duration(out, ",\"cache_miss", 0, 0);
    hone_buf_text(out, "},\"batch_stats\":[]}");
}

/* Of one slot's versions, or of all slots where slot is NULL; a path's version is the one that answers. */
static int statistics(struct hone_request *req, const struct hone_slot *slot, bool one)
{
    struct hone_server *server = req->worker->server;
    struct hone_run *run = &req->worker->run;
    bool first = true;
    HONE_SCRATCH(run);

    hone_buf_text(&req->reply, "{\"model_stats\":[");
    for (size_t i = 0; i < server->slots; i++) {
        struct hone_past *past = NULL;
        size_t n = 0;
        if (slot != NULL && slot != &server->slot[i]) {
            continue;
        }
        if (hone_slot_counts(run, &server->slot[i], &run->scratch, &past, &n) != HONE_OK) {
            return hone_request_error(req);
        }
        for (size_t j = 0; j < n; j++) {
            if (!one || strcmp(past[j].version, req->version) == 0) {
                hone_buf_text(&req->reply, first ? "" : ",");
                put_statistics(req, &server->slot[i], &past[j]);
                first = false;
            }
        }
    }
    hone_buf_text(&req->reply, "]}\n");
    return 200;
}

int hone_handle_v2_stats(struct hone_request *req)
{
    return statistics(req, NULL, false);
}

int hone_handle_v2_model_stats(struct hone_request *req)
{
    return statistics(req, req->slot, strstr(req->endpoint->path, "{v}") != NULL);
}

/* Triton's model_config.proto: TYPE_STRING is BYTES, the batch is not among the dimensions. */
static void put_config_tensor(struct hone_buf *out, const char *name, enum hone_dtype type,
                              const struct hone_value *v, size_t width)
{
    hone_buf_text(out, "{\"name\":");
    quoted(out, name);
    hone_buf_format(out, ",\"data_type\":\"TYPE_%s\",\"dims\":[",
                    type == HONE_STRING ? "STRING" : hone_v2_name(type));
    if (v == NULL || v->rank < 2) {
        hone_buf_format(out, "%zu]", width);
        hone_buf_text(out, v == NULL ? "}" : ",\"reshape\":{\"shape\":[]}}");
        return;
    }
    for (size_t i = 1; i < v->rank; i++) {
        hone_buf_format(out, "%s%lld", i == 1 ? "" : ",",
                        (long long)(v->dim[i] > 0 ? v->dim[i] : -1));
    }
    hone_buf_text(out, "]}");
}

int hone_handle_v2_config(struct hone_request *req)
{
    struct hone_served *m = hone_slot_take(req->slot);
    struct hone_buf *out = &req->reply;

    hone_buf_text(out, "{\"name\":");
    quoted(out, req->slot->name);
    hone_buf_format(out,
                    ",\"platform\":\"onnx_onnxv1\",\"backend\":\"hone\",\"version_policy\":"
                    "{\"latest\":{\"num_versions\":1}},\"max_batch_size\":%lld,\"input\":[",
                    (long long)req->worker->server->set->max_rows);
    for (size_t i = 0; i < m->cols; i++) {
        hone_buf_text(out, i == 0 ? "" : ",");
        put_config_tensor(out, m->column[i].name, m->column[i].dtype, NULL, m->column[i].width);
    }
    hone_buf_text(out, "],\"output\":[");
    for (size_t i = 0; i < hone_plan_outputs(m->plan); i++) {
        const struct hone_value *v = hone_plan_output(m->plan, i);
        hone_buf_text(out, i == 0 ? "" : ",");
        put_config_tensor(out, v->name, v->type, v, 1);
    }
    hone_buf_text(out, "]}\n");
    hone_slot_give(req->slot, m);
    return 200;
}

/* --- TensorFlow Serving's metadata --------------------------------------------------------------------- */

/* As TensorFlow's types.proto names them. */
static const char *tensorflow_name(enum hone_dtype type)
{
    switch (type) {
    case HONE_F32:
        return "DT_FLOAT";
    case HONE_F64:
        return "DT_DOUBLE";
    case HONE_STRING:
        return "DT_STRING";
    case HONE_B8:
        return "DT_BOOL";
    case HONE_I32:
        return "DT_INT32";
    default:
        return "DT_INT64";
    }
}

/* One member of a signature; 64-bit numbers are text in proto3's JSON. */
static void put_signature(struct hone_buf *out, const char *name, enum hone_dtype type,
                          const struct hone_value *v, size_t width)
{
    size_t rank = v == NULL ? 2 : v->has_shape ? v->rank : 1;

    quoted(out, name);
    hone_buf_format(out, ":{\"dtype\":\"%s\",\"tensor_shape\":{\"dim\":[",
                    tensorflow_name(type));
    for (size_t i = 0; i < rank; i++) {
        long long size = i == 0                          ? -1
                         : v == NULL                     ? (long long)width
                         : v->has_shape && v->dim[i] > 0 ? (long long)v->dim[i]
                                                         : -1;
        hone_buf_format(out, "%s{\"size\":\"%lld\",\"name\":\"\"}", i == 0 ? "" : ",", size);
    }
    hone_buf_text(out, "],\"unknown_rank\":false},\"name\":");
    quoted(out, name);
    hone_buf_char(out, '}');
}

int hone_handle_v1_metadata(struct hone_request *req)
{
    struct hone_served *m = hone_slot_take(req->slot);
    struct hone_buf *out = &req->reply;

    hone_buf_text(out, "{\"model_spec\":{\"name\":");
    quoted(out, req->slot->name);
    hone_buf_text(out, ",\"signature_name\":\"\",\"version\":");
    quoted(out, m->version[0] == '\0' ? "1" : m->version);
    hone_buf_text(out, "},\"metadata\":{\"signature_def\":{\"signature_def\":"
                       "{\"serving_default\":{\"inputs\":{");
    for (size_t i = 0; i < m->cols; i++) {
        hone_buf_text(out, i == 0 ? "" : ",");
        put_signature(out, m->column[i].name, m->column[i].dtype, NULL, m->column[i].width);
    }
    hone_buf_text(out, "},\"outputs\":{");
    for (size_t i = 0; i < hone_plan_outputs(m->plan); i++) {
        const struct hone_value *v = hone_plan_output(m->plan, i);
        hone_buf_text(out, i == 0 ? "" : ",");
        put_signature(out, v->name, v->type, v, 1);
    }
    hone_buf_text(out, "},\"method_name\":\"tensorflow/serving/predict\"}}}}}\n");
    hone_slot_give(req->slot, m);
    return 200;
}
