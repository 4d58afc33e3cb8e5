#include "serve/pulse.h"

#include <math.h>
#include <unistd.h>

#include "base/log.h"
#include "serve/server_priv.h"
#include "serve/status.h"
#include "serve/status_html.h"
#include "serve/tls.h"
#include "store/presence.h"

enum {
    BEAT_S = 5,
    MOMENTS = 13, /* of which the oldest is a minute ago */
    RATES = 60,   /* beats that the page draws */
    DECISIONS = 8,
};

/* What one model had counted at a moment; 2xx are fine, 4xx refused, 5xx failed. */
struct counts {
    uint64_t fine, refused, failed, rows;
    uint64_t bucket[HONE_BUCKET_COUNT];
};
struct moment {
    int64_t at; /* ticks, ns */
    struct counts *slot;
};

struct hone_pulse {
    struct hone_server *server;
    struct hone_arena mem;
    int64_t next; /* ticks, ns */
    size_t beats;
    struct moment moment[MOMENTS];
    double rate[RATES]; /* requests a second, by beat */
    int64_t presence;   /* 0: the store knows nothing of us yet */
    bool troubled;
    struct hone_mutex *lock; /* of what follows */
    struct hone_arena page_mem;
    struct hone_buf html, json;
};

enum hone_code hone_pulse_new(struct hone_run *run, struct hone_server *server,
                              struct hone_pulse **out)
{
    struct hone_arena mem = {0};
    struct hone_pulse *p = hone_new(&mem, struct hone_pulse);
    p->mem = mem;
    p->server = server;
    p->lock = hone_mutex_new();
    for (size_t i = 0; i < MOMENTS; i++) {
        enum hone_code code = hone_array(run, &p->mem, &p->moment[i].slot, server->slots);
        if (code != HONE_OK) {
            hone_pulse_free(p);
            return code;
        }
    }
    *out = p;
    return HONE_OK;
}

void hone_pulse_free(struct hone_pulse *pulse)
{
    if (pulse != NULL) {
        struct hone_arena mem = pulse->mem; /* it lies in it itself */
        hone_mutex_free(pulse->lock);
        hone_arena_free(&pulse->page_mem);
        hone_arena_free(&mem);
    }
}

/* --- counting ----------------------------------------------------------------------------------- */

static void add_tally(struct counts *c, const struct hone_tally *t)
{
    for (size_t r = 0; r <= HONE_ROUTE_PREDICT; r++) {
        for (size_t s = 0; s < HONE_STATUS_COUNT; s++) {
            uint64_t n = hone_counted(&t->requests[r][s]);
            *(hone_statuses[s] < 400   ? &c->fine
              : hone_statuses[s] < 500 ? &c->refused
                                       : &c->failed) += n;
        }
    }
    c->rows += hone_counted(&t->rows);
    for (size_t b = 0; b < HONE_BUCKET_COUNT; b++) {
        c->bucket[b] += hone_counted(&t->request.bucket[b]);
    }
}

static enum hone_code count(struct hone_run *run, struct hone_pulse *p, struct moment *now)
{
    now->at = hone_ticks_ns();
    for (size_t i = 0; i < p->server->slots; i++) {
        HONE_SCRATCH(run);
        struct hone_past *past;
        size_t n;
        now->slot[i] = (struct counts){0};
        HONE_TRY(hone_slot_counts(run, &p->server->slot[i], &run->scratch, &past, &n));
        for (size_t k = 0; k < n; k++) {
            add_tally(&now->slot[i], &past[k].tally);
        }
    }
    return HONE_OK;
}

/* Counters of versions long gone are dropped, so a total may fall. */
static double between(uint64_t now, uint64_t then, double seconds)
{
    return now > then && seconds > 0 ? (double)(now - then) / seconds : 0;
}

static json_t *percentile(const struct counts *now, const struct counts *then, double share)
{
    uint64_t bucket[HONE_BUCKET_COUNT];
    for (size_t b = 0; b < HONE_BUCKET_COUNT; b++) {
        bucket[b] = now->bucket[b] > then->bucket[b] ? now->bucket[b] - then->bucket[b] : 0;
    }
    return hone_json_real(hone_bucket_quantile(bucket, share) * 1e3);
}

static json_t *slot_facts(struct hone_slot *slot, const struct counts *now,
                          const struct counts *then, double seconds)
{
    struct hone_served *served = hone_slot_take(slot);
    json_t *o = json_object();
    hone_json_set_text(o, "model", slot->name);
    hone_json_set_text(o, "version", served->version);
    hone_json_set_text(o, "uri", slot->uri);
    hone_json_set(o, "since_us", json_integer(served->loaded));
    hone_slot_give(slot, served);
    hone_json_set(o, "per_second", hone_json_real(between(now->fine, then->fine, seconds)));
    hone_json_set(o, "refused_per_second",
                  hone_json_real(between(now->refused, then->refused, seconds)));
    hone_json_set(o, "failed_per_second",
                  hone_json_real(between(now->failed, then->failed, seconds)));
    hone_json_set(o, "rows_per_second",
                  hone_json_real(between(now->rows, then->rows, seconds)));
    hone_json_set(o, "p50_ms", percentile(now, then, 0.5));
    hone_json_set(o, "p99_ms", percentile(now, then, 0.99));
    hone_json_set(o, "total", json_integer((json_int_t)now->fine));
    return o;
}

static json_t *log_facts(const struct hone_recorder *recorder)
{
    if (recorder == NULL) {
        return json_null();
    }
    const struct hone_recorder_counts c = hone_recorder_counts(recorder);
    json_t *o = json_object();
    hone_json_set(o, "written", json_integer((json_int_t)c.written));
    hone_json_set(o, "dropped", json_integer((json_int_t)c.dropped));
    hone_json_set(o, "labels", json_integer((json_int_t)c.labels));
    return o;
}

/* What the last minute was like, or as much of it as there was. */
static json_t *facts(struct hone_run *run, struct hone_pulse *p)
{
    const struct moment *now = &p->moment[p->beats % MOMENTS];
    const struct moment *then = &p->moment[p->beats < MOMENTS ? 0 : (p->beats + 1) % MOMENTS];
    double seconds = (double)(now->at - then->at) * 1e-9;
    double number[HONE_PROCESS_NUMBERS];
    json_t *o = json_object();
    json_t *models = json_array();
    json_t *rates = json_array();
    hone_json_set(o, "seconds", hone_json_real(seconds));
    for (size_t i = 0; i < p->server->slots; i++) {
        hone_json_push(models,
                       slot_facts(&p->server->slot[i], &now->slot[i], &then->slot[i], seconds));
    }
    hone_json_set(o, "models", models);
    for (size_t i = p->beats < RATES ? 0 : p->beats - RATES; i < p->beats; i++) {
        hone_json_push(rates, hone_json_real(p->rate[i % RATES]));
    }
    hone_json_set(o, "rates", rates);
    hone_json_set(o, "log", log_facts(p->server->recorder));
    if (hone_process_numbers(run, number)) {
        double rss = number[HONE_PROCESS_RSS] * (double)sysconf(_SC_PAGESIZE);
        hone_json_set(o, "resident_mib", hone_json_real(rss / (1 << 20)));
    }
    if (p->server->tls != NULL) {
        int64_t left = hone_tls_expires(p->server->tls) - hone_now_us(run);
        hone_json_set(o, "certificate_days", json_integer(left / (INT64_C(86400) * 1000000)));
    }
    return o;
}

/* --- telling -------------------------------------------------------------------------------------- */

static enum hone_code tell_store(struct hone_run *run, struct hone_pulse *p, const json_t *told)
{
    HONE_ARENA(work);
    struct hone_store *store = p->server->store;
    struct hone_buf text = hone_buf(&work);
    hone_json_write(&text, told, false);
    hone_buf_char(&text, '\0');
    if (p->presence == 0) {
        HONE_TRY(hone_presence_begin(run, store, p->server->url, &p->presence));
    }
    return hone_presence_tell(run, store, p->presence, text.ptr);
}

/* The document for the page; without a store all there is are the server's own facts. */
static enum hone_code draw(struct hone_run *run, struct hone_pulse *p, json_t *told)
{
    const struct hone_status_wish wish = {.decisions = DECISIONS};
    HONE_JSON json_t *status = NULL;
    if (p->server->store != NULL) {
        HONE_TRY(hone_status_collect(run, p->server->store, &wish, &status));
    } else {
        status = json_object();
    }
    hone_json_set(status, "here", json_incref(told));
    hone_mutex_lock(p->lock);
    hone_arena_free(&p->page_mem);
    p->html = hone_buf(&p->page_mem);
    p->json = hone_buf(&p->page_mem);
    hone_status_html(status, &p->html);
    hone_json_write(&p->json, status, false);
    hone_buf_char(&p->json, '\n');
    hone_mutex_unlock(p->lock);
    return HONE_OK;
}

void hone_pulse_beat(struct hone_run *run, struct hone_pulse *p)
{
    int64_t ticks = hone_ticks_ns();
    if (ticks < p->next) {
        return;
    }
    p->next = ticks + INT64_C(1000000000) * BEAT_S;
    size_t before = (p->beats + MOMENTS - 1) % MOMENTS;
    struct moment *now = &p->moment[p->beats % MOMENTS];
    enum hone_code code = count(run, p, now);
    if (code == HONE_OK && p->beats > 0) {
        double seconds = (double)(now->at - p->moment[before].at) * 1e-9;
        double sum = 0;
        for (size_t i = 0; i < p->server->slots; i++) {
            sum += between(now->slot[i].fine, p->moment[before].slot[i].fine, seconds);
        }
        p->rate[p->beats % RATES] = sum;
    }
    if (code == HONE_OK) {
        HONE_JSON json_t *told = facts(run, p);
        p->beats++;
        if (p->server->store != NULL) {
            code = tell_store(run, p, told);
        }
        enum hone_code drawn = draw(run, p, told);
        code = code != HONE_OK ? code : drawn;
    }
    if (code != HONE_OK && !p->troubled) {
        hone_log(run, HONE_LOG_WARN, "pulse", "%s", run->err.message);
    }
    p->troubled = code != HONE_OK;
    hone_error_clear(run);
}

void hone_pulse_end(struct hone_run *run, struct hone_pulse *p)
{
    if (p->presence != 0 && hone_presence_end(run, p->server->store, p->presence) != HONE_OK) {
        hone_error_clear(run); /* it will be taken for gone */
    }
}

static void append(struct hone_pulse *p, const struct hone_buf *what, struct hone_buf *out)
{
    hone_mutex_lock(p->lock);
    hone_buf_bytes(out, what->ptr == NULL ? "" : what->ptr, what->len);
    hone_mutex_unlock(p->lock);
}

void hone_pulse_page(struct hone_pulse *pulse, struct hone_buf *out)
{
    append(pulse, &pulse->html, out);
}

void hone_pulse_json(struct hone_pulse *pulse, struct hone_buf *out)
{
    append(pulse, &pulse->json, out);
}
