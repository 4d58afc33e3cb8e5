#include "serve/access_log.h"

#include <math.h>
#include <stdio.h>

#include "serve/server_priv.h"

enum {
    ROOM = 64 << 10, /* bytes of lines that wait */
    REFUSALS = 5,    /* lines a second of each worker */
};

struct hone_notes {
    int64_t slow_ns;  /* INT64_MAX: none is slow */
    uint64_t every;   /* of the other requests; 0: none */
    uint64_t others;  /* ever: this and the rest of the worker's own */
    int64_t second;   /* of the refusals */
    unsigned refused; /* in it */
    uint64_t passed_over;
    struct hone_mutex *lock; /* of what follows */
    char *bytes, *spare;     /* (ROOM) */
    size_t used;
    uint64_t lost;
};

struct hone_notes *hone_notes_new(struct hone_arena *mem, double slow_ms, double share)
{
    struct hone_notes *notes = hone_new(mem, struct hone_notes);
    notes->slow_ns = slow_ms > 0 ? (int64_t)(slow_ms * 1e6) : INT64_MAX;
    notes->every = share > 0 ? (uint64_t)fmax(round(1 / share), 1) : 0;
    notes->lock = hone_mutex_new();
    notes->bytes = hone_arena_must(mem, ROOM);
    notes->spare = hone_arena_must(mem, ROOM);
    return notes;
}

void hone_notes_free(struct hone_notes *notes)
{
    if (notes != NULL) {
        hone_mutex_free(notes->lock);
    }
}

/* --- fields ------------------------------------------------------------------------------------------- */

static bool digits(const char *text, size_t n, char *out)
{
    bool zero = true;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return false;
        }
        zero = zero && c == '0';
        out[i] = c;
    }
    out[n] = '\0';
    return !zero;
}

bool hone_trace_read(const char *field, struct hone_trace *out)
{
    char version[3];
    if (field == NULL || strlen(field) < 55 || field[2] != '-' || field[35] != '-' ||
        field[52] != '-' || (field[55] != '\0' && field[55] != '-')) {
        return false;
    }
    (void)digits(field, 2, version);
    return strncmp(field, "ff", 2) != 0 && digits(field + 3, 32, out->id) &&
           digits(field + 36, 16, out->parent);
}

/* Who asked: the token's name, else the address. */
static const char *asker(const struct hone_request *req, char out[64])
{
    const unsigned char *b = (const unsigned char *)req->client.ptr;
    if (req->asker != NULL) {
        return req->asker;
    }
    if (req->client.len == 4) {
        snprintf(out, 64, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
    } else if (req->client.len == 8) {
        snprintf(out, 64, "%x:%x:%x:%x::/64", b[0] << 8 | b[1], b[2] << 8 | b[3],
                 b[4] << 8 | b[5], b[6] << 8 | b[7]);
    } else {
        return NULL;
    }
    return out;
}

static double ms(int64_t from, int64_t to)
{
    return from == 0 || to == 0 || to < from ? (double)NAN : (double)(to - from) * 1e-6;
}

/* --- lines -------------------------------------------------------------------------------------------- */

static void keep(struct hone_notes *notes, const char *line, size_t len)
{
    hone_mutex_lock(notes->lock);
    if (len <= ROOM - notes->used) {
        memcpy(notes->bytes + notes->used, line, len);
        notes->used += len;
    } else {
        notes->lost++;
    }
    hone_mutex_unlock(notes->lock);
}

static void add(struct hone_request *req, enum hone_level level, const char *event,
                const char *text, int64_t now)
{
    struct hone_notes *notes = req->worker->notes;
    struct hone_trace trace;
    bool traced = hone_trace_read(hone_request_header(req, "traceparent"), &trace);
    char address[64];
    char line[HONE_LOG_LINE];
    bool ran = req->inferred != 0;
    const struct hone_log_field field[] = {
        hone_log_text("request", req->told_id[0] != '\0' ? req->told_id : req->id),
        hone_log_text("prediction", ran && req->told_id[0] != '\0' ? req->id : NULL),
        hone_log_text("trace", traced ? trace.id : NULL),
        hone_log_text("span", traced ? trace.parent : NULL),
        hone_log_text("client", asker(req, address)),
        hone_log_text("method", req->endpoint == NULL ? NULL
                                : req->endpoint->post ? "POST"
                                : req->body_unsent    ? "HEAD"
                                                      : "GET"),
        hone_log_text("path", req->path),
        hone_log_text("model", req->model[0] == '\0' ? NULL : req->model),
        hone_log_text("version", req->version[0] == '\0' ? NULL : req->version),
        hone_log_whole("status", req->status),
        hone_log_real("ms", ms(req->arrived, now)),
        hone_log_real("read_ms", ms(req->arrived, req->complete)),
        hone_log_real("parse_ms", ms(req->complete, req->parsed)),
        hone_log_real("infer_ms", ms(req->parsed, req->inferred)),
        hone_log_real("write_ms", ms(req->inferred, now)),
        hone_log_whole("bytes_in", (int64_t)req->len),
        hone_log_whole("bytes_out", (int64_t)req->reply.len),
    };
    const struct hone_log_event it = {level, event, text, field, sizeof field / sizeof *field};
    keep(notes, line, hone_log_line(&req->worker->run, &it, line));
}

/* Few lines a second tell as much as all; how many were passed over is told with the next. */
static bool refusal_is_told(struct hone_notes *notes, int64_t now)
{
    int64_t second = now / 1000000000;
    if (second != notes->second) {
        notes->second = second;
        notes->refused = 0;
    }
    if (notes->refused < REFUSALS) {
        notes->refused++;
        return true;
    }
    notes->passed_over++;
    return false;
}

static void tell_passed_over(struct hone_request *req)
{
    struct hone_notes *notes = req->worker->notes;
    char line[HONE_LOG_LINE];
    const struct hone_log_field field =
        hone_log_whole("passed_over", (int64_t)notes->passed_over);
    const struct hone_log_event it = {HONE_LOG_INFO, "refused",
                                      "more requests were refused than are told", &field, 1};
    keep(notes, line, hone_log_line(&req->worker->run, &it, line));
    notes->passed_over = 0;
}

void hone_note(struct hone_request *req)
{
    struct hone_notes *notes = req->worker->notes;
    const struct hone_run *run = &req->worker->run;
    const char *text = req->status >= 400 ? req->problem : "";
    int64_t now = hone_ticks_ns();
    if (hone_status_failed(req->status)) {
        if (hone_log_takes(run, HONE_LOG_ERROR)) {
            add(req, HONE_LOG_ERROR, "failed", text, now);
        }
    } else if (now - req->arrived >= notes->slow_ns) {
        if (hone_log_takes(run, HONE_LOG_WARN)) {
            add(req, HONE_LOG_WARN, "slow", text, now);
        }
    } else if (req->status >= 400) {
        if (hone_log_takes(run, HONE_LOG_INFO) && refusal_is_told(notes, now)) {
            if (notes->passed_over > 0) {
                tell_passed_over(req);
            }
            add(req, HONE_LOG_INFO, "refused", text, now);
        }
    } else if (notes->every != 0 && notes->others++ % notes->every == 0 &&
               hone_log_takes(run, HONE_LOG_INFO)) {
        add(req, HONE_LOG_INFO, "access", text, now);
    }
}

void hone_note_cut(struct hone_request *req)
{
    int64_t now = hone_ticks_ns();
    if (hone_log_takes(&req->worker->run, HONE_LOG_WARN) &&
        refusal_is_told(req->worker->notes, now)) {
        add(req, HONE_LOG_WARN, "cut",
            "the client took its reply too slowly (--patience) and was hung up on", now);
    }
}

void hone_notes_write(const struct hone_run *run, struct hone_server *server)
{
    for (size_t i = 0; i < server->workers; i++) {
        struct hone_notes *notes = server->worker[i].notes;
        hone_mutex_lock(notes->lock);
        char *lines = notes->bytes;
        size_t used = notes->used;
        uint64_t lost = notes->lost;
        notes->bytes = notes->spare;
        notes->spare = lines;
        notes->used = 0;
        notes->lost = 0;
        hone_mutex_unlock(notes->lock);
        if (used > 0) {
            hone_log_write(run, lines, used);
        }
        if (lost > 0) {
            hone_log(run, HONE_LOG_WARN, "log", "%llu lines about requests did not fit",
                     (unsigned long long)lost);
        }
    }
}
