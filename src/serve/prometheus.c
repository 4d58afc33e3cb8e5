/* GET /metrics: Prometheus text format 0.0.4, or OpenMetrics 1.0 for clients that ask for it. */
#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "serve/pulse.h"
#include "serve/server_priv.h"
#include "serve/tls.h"

/* What one version of one model counted. */
struct series {
    const struct hone_slot *slot;
    const struct hone_past *past;
};

/* Where metrics go, and in which of the two formats. */
struct sheet {
    struct hone_buf *out;
    bool
        open; /* OpenMetrics: counters are named without _total, units told, "# EOF" at the end */
};

/* The lines above a metric; name is without the _total of counters and the _info of infos. */
static void family(const struct sheet *sheet, const char *name, const char *type,
                   const char *unit, const char *help)
{
    bool info = strcmp(type, "info") == 0;
    const char *end = sheet->open                    ? ""
                      : strcmp(type, "counter") == 0 ? "_total"
                      : info                         ? "_info"
                                                     : "";

    hone_buf_format(sheet->out, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, end, help, name, end,
                    info && !sheet->open ? "gauge" : type);
    if (sheet->open && unit != NULL) {
        hone_buf_format(sheet->out, "# UNIT %s %s\n", name, unit);
    }
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

static void counter(const struct sheet *sheet, const char *name, const char *help,
                    const struct series *list, size_t n, size_t offset)
{
    family(sheet, name, "counter", NULL, help);
    for (size_t i = 0; i < n; i++) {
        const char *at = (const char *)&list[i].past->tally + offset;
        hone_buf_format(sheet->out, "%s_total{", name);
        labels(sheet->out, list[i].slot->name, list[i].past->version);
        hone_buf_format(
            sheet->out, "} %llu\n",
            (unsigned long long)hone_counted((const _Atomic uint64_t *)(const void *)at));
    }
}

/* A metric without labels. */
static void alone(const struct sheet *sheet, const char *name, const char *type,
                  const char *unit, const char *help, double value)
{
    family(sheet, name, type, unit, help);
    hone_buf_format(sheet->out, "%s%s %.15g\n", name,
                    strcmp(type, "counter") == 0 ? "_total" : "", value);
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

/* Files this process has open; 0 where that can not be seen. */
static size_t open_files(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t n = 0;

    if (folder == NULL) {
        return 0;
    }
    while (readdir(folder) != NULL) {
        n++;
    }
    closedir(folder);
    return n > 3 ? n - 3 : 0; /* "." and "..", and the folder itself */
}

static void process(struct hone_request *req, const struct sheet *sheet)
{
    double ticks = (double)sysconf(_SC_CLK_TCK);
    double number[HONE_PROCESS_NUMBERS] = {0};
    struct rlimit most;

    alone(sheet, "process_start_time_seconds", "gauge", "seconds",
          "Start of the server since 1970.", (double)req->worker->server->started / 1e6);
    alone(sheet, "process_open_fds", "gauge", NULL, "Open files and connections.",
          (double)open_files());
    if (getrlimit(RLIMIT_NOFILE, &most) == 0) {
        alone(sheet, "process_max_fds", "gauge", NULL, "Files that may be open at once.",
              (double)most.rlim_cur);
    }
    if (!hone_process_numbers(&req->worker->run, number)) {
        return;
    }
    alone(sheet, "process_cpu_seconds", "counter", "seconds", "User and system time.",
          (number[11] + number[12]) / ticks);
    alone(sheet, "process_resident_memory_bytes", "gauge", "bytes", "Resident memory.",
          number[HONE_PROCESS_RSS] * (double)sysconf(_SC_PAGESIZE));
    alone(sheet, "process_virtual_memory_bytes", "gauge", "bytes", "Address space.",
          number[20]);
    alone(sheet, "process_threads", "gauge", NULL, "Threads.", number[17]);
}

static void recorded(struct hone_request *req, const struct sheet *sheet)
{
    const struct hone_recorder *recorder = req->worker->server->recorder;
    struct hone_recorder_counts counts = {0, 0, 0};

    if (recorder != NULL) {
        counts = hone_recorder_counts(recorder);
    }
    alone(sheet, "hone_log_written", "counter", NULL, "Predictions written to the store.",
          (double)counts.written);
    alone(sheet, "hone_log_dropped", "counter", NULL,
          "Predictions that were not logged for want of room or of the store.",
          (double)counts.dropped);
    alone(sheet, "hone_labels", "counter", NULL, "Labels written to the store.",
          (double)counts.labels);
}

static void server_facts(struct hone_request *req, const struct sheet *sheet)
{
    const struct hone_server *server = req->worker->server;
    uint64_t busy = 0;

    for (size_t i = 0; i < server->workers; i++) {
        busy += atomic_load_explicit(&server->worker[i].busy, memory_order_relaxed);
    }
    family(sheet, "hone_build", "info", NULL, "The program that serves.");
    hone_buf_text(sheet->out, "hone_build_info{version=\"" HONE_VERSION "\"} 1\n");
    alone(sheet, "hone_requests_in_flight", "gauge", NULL, "Requests that are being answered.",
          (double)busy);
    if (server->tls != NULL) {
        alone(sheet, "hone_certificate_expiry_timestamp_seconds", "gauge", "seconds",
              "When the TLS certificate runs out, since 1970.",
              (double)hone_tls_expires(server->tls) / 1e6);
    }
}

static void models(struct hone_request *req, const struct sheet *sheet)
{
    struct hone_server *server = req->worker->server;
    struct hone_buf *out = sheet->out;

    family(sheet, "hone_model", "info", NULL, "Models that are served now.");
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
    family(sheet, "hone_model_loaded_timestamp_seconds", "gauge", "seconds",
           "When the served version was loaded, since 1970.");
    for (size_t i = 0; i < server->slots; i++) {
        struct hone_served *served = hone_slot_take(&server->slot[i]);
        hone_buf_text(out, "hone_model_loaded_timestamp_seconds{");
        labels(out, server->slot[i].name, served->version);
        hone_buf_format(out, "} %.3f\n", (double)served->loaded / 1e6);
        hone_slot_give(&server->slot[i], served);
    }
}

/* --- what the store knows, as of the last beat -------------------------------------------------------- */

/* Open alarms of a model, of one kind. */
static size_t alarms_of(const json_t *status, const char *model, const char *kind)
{
    const json_t *alarm;
    size_t n = 0;
    size_t i;

    json_array_foreach(json_object_get(status, "alarms"), i, alarm)
    {
        n += strcmp(hone_json_get_text(alarm, "kind", ""), kind) == 0 &&
             strcmp(hone_json_get_text(alarm, "model", ""), model) == 0;
    }
    return n;
}

/* Kinds that are always shown, so that a rule sees them go from 0 to 1. */
static void alarms(const struct hone_server *server, const struct sheet *sheet,
                   const json_t *status)
{
    static const char *const kinds[] = {"drift", "performance", "service"};

    family(sheet, "hone_alarms_open", "gauge", NULL,
           "Alarms that nobody has closed; without a model: of the service.");
    for (size_t i = 0; i <= server->slots; i++) {
        const char *model = i < server->slots ? server->slot[i].name : "";
        for (size_t j = 0; j < sizeof kinds / sizeof *kinds; j++) {
            if (i == server->slots && strcmp(kinds[j], "service") != 0) {
                continue;
            }
            hone_buf_text(sheet->out, "hone_alarms_open{model=");
            label_value(sheet->out, model);
            hone_buf_format(sheet->out, ",kind=\"%s\"} %zu\n", kinds[j],
                            alarms_of(status, model, kinds[j]));
        }
    }
}

/* A number of what the last look at a model's data saw, where there was one. */
static void looked(const struct sheet *sheet, const json_t *status, const char *name,
                   const char *unit, const char *help, const char *field, double scale)
{
    bool first = true;
    const json_t *model;
    size_t i;

    json_array_foreach(json_object_get(status, "models"), i, model)
    {
        const json_t *look = json_object_get(model, "look");
        const json_t *value = json_object_get(look, field);
        const char *metric = hone_json_get_text(look, "metric", "");
        if (!json_is_number(value)) {
            continue;
        }
        if (first) {
            family(sheet, name, "gauge", unit, help);
            first = false;
        }
        hone_buf_format(sheet->out, "%s{model=", name);
        label_value(sheet->out, hone_json_get_text(model, "model", ""));
        hone_buf_text(sheet->out, ",version=");
        label_value(sheet->out,
                    hone_json_get_text(json_object_get(model, "served"), "version", ""));
        if (strcmp(field, "realised") == 0 || strncmp(field, "tested", 6) == 0) {
            hone_buf_text(sheet->out, ",metric=");
            label_value(sheet->out, metric);
        }
        hone_buf_format(sheet->out, "} %.15g\n", json_number_value(value) * scale);
    }
}

static void watched(struct hone_request *req, const struct sheet *sheet)
{
    const struct hone_server *server = req->worker->server;
    struct hone_run *run = &req->worker->run;
    struct hone_arena mem = {0};
    struct hone_buf text = hone_buf(&mem);
    HONE_JSON json_t *status = NULL;

    if (server->pulse == NULL || server->store == NULL) {
        return;
    }
    hone_pulse_json(server->pulse, &text);
    if (hone_json_parse(run, (struct hone_str){text.ptr, text.len}, &status) != HONE_OK) {
        hone_error_clear(run); /* before the first beat there is none */
        hone_arena_free(&mem);
        return;
    }
    hone_arena_free(&mem);
    alarms(server, sheet, status);
    looked(sheet, status, "hone_look_timestamp_seconds", "seconds",
           "When a model's data was last compared with its reference, since 1970.", "time_us",
           1e-6);
    looked(sheet, status, "hone_drifted_columns", NULL,
           "Columns that had drifted at the last look.", "drifted", 1);
    looked(sheet, status, "hone_realised_metric", NULL,
           "The metric of what was served, by labels that came.", "realised", 1);
    looked(sheet, status, "hone_tested_metric", NULL, "The same metric on the test rows.",
           "tested", 1);
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
    const char *accept = hone_request_header(req, "Accept");
    struct sheet sheet = {.out = &req->reply,
                          .open = accept != NULL &&
                                  strstr(accept, "application/openmetrics-text") != NULL};
    struct series *list;
    size_t n;
    HONE_SCRATCH(&req->worker->run);

    if (collect(req, &list, &n) != HONE_OK) {
        return hone_request_error(req);
    }
    req->type = sheet.open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                           : "text/plain; version=0.0.4; charset=utf-8";
    family(&sheet, "hone_requests", "counter", NULL, "Requests by what they asked and got.");
    for (size_t i = 0; i < n; i++) {
        requests(sheet.out, &list[i].past->tally, list[i].slot->name, list[i].past->version);
    }
    struct hone_tally *other = hone_new(&req->worker->run.scratch, struct hone_tally);
    for (size_t i = 0; i < server->workers; i++) {
        hone_tally_add(other, &server->worker[i].tally);
    }
    requests(sheet.out, other, "", "");
    family(&sheet, "hone_request_duration_seconds", "histogram", "seconds",
           "Predictions, from the last byte of the request to the reply.");
    for (size_t i = 0; i < n; i++) {
        histogram(sheet.out, "hone_request_duration_seconds", &list[i].past->tally.request,
                  &list[i]);
    }
    family(&sheet, "hone_inference_seconds", "histogram", "seconds",
           "The model's graph alone, per request.");
    for (size_t i = 0; i < n; i++) {
        histogram(sheet.out, "hone_inference_seconds", &list[i].past->tally.inference,
                  &list[i]);
    }
    counter(&sheet, "hone_rows", "Rows that were scored.", list, n,
            offsetof(struct hone_tally, rows));
    counter(&sheet, "hone_unknown_fields", "Fields in requests that the model does not have.",
            list, n, offsetof(struct hone_tally, unknown_fields));
    counter(&sheet, "hone_missing_values", "Inputs that were not given, or null.", list, n,
            offsetof(struct hone_tally, missing_values));
    recorded(req, &sheet);
    server_facts(req, &sheet);
    models(req, &sheet);
    watched(req, &sheet);
    process(req, &sheet);
    if (sheet.open) {
        hone_buf_text(sheet.out, "# EOF\n");
    }
    return 200;
}
