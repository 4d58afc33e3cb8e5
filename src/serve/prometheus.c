/* GET /metrics: Prometheus text format 0.0.4. */
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "serve/server_priv.h"
#include "serve/tls.h"

/* What one version of one model counted. */
struct series {
    const struct hone_slot *slot;
    const struct hone_past *past;
};

static void family(struct hone_buf *out, const char *name, const char *type, const char *help)
{
    hone_buf_format(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Between quotes, with \ " and newline escaped. */
static void label_value(struct hone_buf *out, const char *text)
{
    hone_buf_char(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '\\' || *text == '"') {
            hone_buf_char(out, '\\');
            hone_buf_char(out, *text);
        } else if (*text == '\n') {
            hone_buf_text(out, "\\n");
        } else {
            hone_buf_char(out, *text);
        }
    }
    hone_buf_char(out, '"');
}

static void labels(struct hone_buf *out, const char *model, const char *version)
{
    hone_buf_text(out, "model=");
    label_value(out, model);
    hone_buf_text(out, ",version=");
    label_value(out, version);
}

static void requests(struct hone_buf *out, const struct hone_tally *tally, const char *model,
                     const char *version)
{
    for (size_t i = 0; i < HONE_ROUTE_COUNT; i++) {
        for (size_t j = 0; j < HONE_STATUS_COUNT; j++) {
            uint64_t n = hone_counted(&tally->requests[i][j]);
            if (n > 0) {
                hone_buf_text(out, "hone_requests_total{");
                labels(out, model, version);
                hone_buf_format(out, ",route=\"%s\",code=\"%d\"} %llu\n", hone_route_names[i],
                                hone_statuses[j], (unsigned long long)n);
            }
        }
    }
}

static void histogram(struct hone_buf *out, const char *name, const struct hone_histogram *h,
                      const struct series *s)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < HONE_BUCKET_COUNT; i++) {
        sum += hone_counted(&h->bucket[i]);
        hone_buf_format(out, "%s_bucket{", name);
        labels(out, s->slot->name, s->past->version);
        hone_buf_format(out, ",le=\"%s\"} %llu\n", hone_bucket_names[i],
                        (unsigned long long)sum);
    }
    hone_buf_format(out, "%s_sum{", name);
    labels(out, s->slot->name, s->past->version);
    hone_buf_format(out, "} %.9g\n%s_count{", (double)hone_counted(&h->sum_ns) / 1e9, name);
    labels(out, s->slot->name, s->past->version);
    hone_buf_format(out, "} %llu\n", (unsigned long long)sum);
}

static void counter(struct hone_buf *out, const char *name, const char *help,
                    const struct series *list, size_t n, size_t offset)
{
    family(out, name, "counter", help);
    for (size_t i = 0; i < n; i++) {
        const char *at = (const char *)&list[i].past->tally + offset;
        hone_buf_format(out, "%s{", name);
        labels(out, list[i].slot->name, list[i].past->version);
        hone_buf_format(
            out, "} %llu\n",
            (unsigned long long)hone_counted((const _Atomic uint64_t *)(const void *)at));
    }
}

bool hone_process_numbers(struct hone_run *run, double number[HONE_PROCESS_NUMBERS])
{
    struct hone_arena mem = {0};
    struct hone_file file;
    const char *at = NULL;
    bool found = false;

    if (hone_file_open(run, "/proc/self/stat", &mem, &file) != HONE_OK) {
        hone_error_clear(run);
        return false;
    }
    at = memrchr(file.bytes.ptr, ')', file.bytes.len);
    if (at != NULL && at + 2 < file.bytes.ptr + file.bytes.len) {
        struct hone_str rest = {at + 2, (size_t)(file.bytes.ptr + file.bytes.len - at - 2)};
        for (size_t i = 0; i < HONE_PROCESS_NUMBERS; i++) {
            struct hone_str word;
            (void)hone_str_cut(rest, ' ', &word, &rest);
            if (!hone_parse_f64(word, &number[i])) {
                number[i] = 0;
            }
        }
        found = true;
    }
    hone_file_close(&file);
    hone_arena_free(&mem);
    return found;
}

static void process(struct hone_request *req)
{
    struct hone_buf *out = &req->reply;
    double ticks = (double)sysconf(_SC_CLK_TCK);
    double number[HONE_PROCESS_NUMBERS] = {0};

    family(out, "process_start_time_seconds", "gauge", "Start of the server since 1970.");
    hone_buf_format(out, "process_start_time_seconds %.3f\n",
                    (double)req->worker->server->started / 1e6);
    if (!hone_process_numbers(&req->worker->run, number)) {
        return;
    }
    family(out, "process_cpu_seconds_total", "counter", "User and system time.");
    hone_buf_format(out, "process_cpu_seconds_total %.2f\n", (number[11] + number[12]) / ticks);
    family(out, "process_resident_memory_bytes", "gauge", "Resident memory.");
    hone_buf_format(out, "process_resident_memory_bytes %.0f\n",
                    number[HONE_PROCESS_RSS] * (double)sysconf(_SC_PAGESIZE));
    family(out, "process_virtual_memory_bytes", "gauge", "Address space.");
    hone_buf_format(out, "process_virtual_memory_bytes %.0f\n", number[20]);
    family(out, "process_threads", "gauge", "Threads.");
    hone_buf_format(out, "process_threads %.0f\n", number[17]);
}

static void recorded(struct hone_request *req)
{
    const struct hone_recorder *recorder = req->worker->server->recorder;
    struct hone_recorder_counts counts = {0, 0, 0};
    struct hone_buf *out = &req->reply;

    if (recorder != NULL) {
        counts = hone_recorder_counts(recorder);
    }
    family(out, "hone_log_written_total", "counter", "Predictions written to the store.");
    hone_buf_format(out, "hone_log_written_total %llu\n", (unsigned long long)counts.written);
    family(out, "hone_log_dropped_total", "counter",
           "Predictions that were not logged for want of room or of the store.");
    hone_buf_format(out, "hone_log_dropped_total %llu\n", (unsigned long long)counts.dropped);
    family(out, "hone_labels_total", "counter", "Labels written to the store.");
    hone_buf_format(out, "hone_labels_total %llu\n", (unsigned long long)counts.labels);
}

static void certificate(struct hone_request *req)
{
    const struct hone_server *server = req->worker->server;

    if (server->tls != NULL) {
        family(&req->reply, "hone_certificate_expiry_timestamp_seconds", "gauge",
               "When the TLS certificate runs out, since 1970.");
        hone_buf_format(&req->reply, "hone_certificate_expiry_timestamp_seconds %.0f\n",
                        (double)hone_tls_expires(server->tls) / 1e6);
    }
}

static void models(struct hone_request *req)
{
    struct hone_server *server = req->worker->server;
    struct hone_buf *out = &req->reply;

    family(out, "hone_model_info", "gauge", "Models that are served now.");
    for (size_t i = 0; i < server->slots; i++) {
        struct hone_served *served = hone_slot_take(&server->slot[i]);
        hone_buf_text(out, "hone_model_info{");
        labels(out, server->slot[i].name, served->version);
        hone_buf_text(out, ",hash=");
        label_value(out, served->hash);
        hone_buf_text(out, ",uri=");
        label_value(out, server->slot[i].uri);
        hone_buf_text(out, "} 1\n");
        hone_slot_give(&server->slot[i], served);
    }
    family(out, "hone_model_loaded_seconds", "gauge", "When the served version was loaded.");
    for (size_t i = 0; i < server->slots; i++) {
        struct hone_served *served = hone_slot_take(&server->slot[i]);
        hone_buf_text(out, "hone_model_loaded_seconds{");
        labels(out, server->slot[i].name, served->version);
        hone_buf_format(out, "} %.3f\n", (double)served->loaded / 1e6);
        hone_slot_give(&server->slot[i], served);
    }
}

static enum hone_code collect(struct hone_request *req, struct series **list, size_t *n)
{
    struct hone_server *server = req->worker->server;
    struct hone_run *run = &req->worker->run;
    size_t room = 0;

    *list = NULL;
    *n = 0;
    for (size_t i = 0; i < server->slots; i++) {
        struct hone_past *past = NULL;
        size_t pasts = 0;
        HONE_TRY(hone_slot_counts(run, &server->slot[i], &run->scratch, &past, &pasts));
        for (size_t j = 0; j < pasts; j++) {
            if (*n == room) {
                *list =
                    hone_arena_grow(&run->scratch, *list, sizeof **list, room, room * 2 + 8);
                room = room * 2 + 8;
                if (*list == NULL) {
                    return hone_no_room(run, "series", room);
                }
            }
            (*list)[(*n)++] = (struct series){&server->slot[i], &past[j]};
        }
    }
    return HONE_OK;
}

int hone_handle_metrics(struct hone_request *req)
{
    struct hone_server *server = req->worker->server;
    struct hone_buf *out = &req->reply;
    struct series *list;
    size_t n;
    HONE_SCRATCH(&req->worker->run);

    if (collect(req, &list, &n) != HONE_OK) {
        return hone_request_error(req);
    }
    req->type = "text/plain; version=0.0.4; charset=utf-8";
    family(out, "hone_requests_total", "counter", "Requests by what they asked and got.");
    for (size_t i = 0; i < n; i++) {
        requests(out, &list[i].past->tally, list[i].slot->name, list[i].past->version);
    }
    struct hone_tally *other = hone_new(&req->worker->run.scratch, struct hone_tally);
    for (size_t i = 0; i < server->workers; i++) {
        hone_tally_add(other, &server->worker[i].tally);
    }
    requests(out, other, "", "");
    family(out, "hone_request_duration_seconds", "histogram",
           "Predictions, from the last byte of the request to the reply.");
    for (size_t i = 0; i < n; i++) {
        histogram(out, "hone_request_duration_seconds", &list[i].past->tally.request, &list[i]);
    }
    family(out, "hone_inference_seconds", "histogram", "The model's graph alone, per request.");
    for (size_t i = 0; i < n; i++) {
        histogram(out, "hone_inference_seconds", &list[i].past->tally.inference, &list[i]);
    }
    counter(out, "hone_rows_total", "Rows that were scored.", list, n,
            offsetof(struct hone_tally, rows));
    counter(out, "hone_unknown_fields_total",
            "Fields in requests that the model does not have.", list, n,
            offsetof(struct hone_tally, unknown_fields));
    counter(out, "hone_missing_values_total", "Inputs that were not given, or null.", list, n,
            offsetof(struct hone_tally, missing_values));
    recorded(req);
    certificate(req);
    models(req);
    process(req);
    return 200;
}
