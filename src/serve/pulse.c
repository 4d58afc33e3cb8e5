#include "serve/pulse.h"

#include <unistd.h>

#include "base/log.h"
#include "serve/course.h"
#include "serve/page_shell.h"
#include "serve/server_priv.h"
#include "serve/status.h"
#include "serve/status_html.h"
#include "serve/tls.h"
#include "store/presence.h"

enum {
    BEAT_S = 5,
    DECISIONS = 8,
    TOLD = 8, /* models whose course is told to the store, which is rewritten at every beat */
};

struct hone_pulse {
    struct hone_server *server;
    struct hone_arena mem;
    int64_t next;                     /* ticks, ns */
    struct hone_course *course;       /* a series for each slot, and one for the rest */
    const struct hone_counts *counts; /* of the last beat */
    int64_t presence;                 /* 0: the store knows nothing of us yet */
    bool troubled;
    json_t *read;            /* what was read of documents that never change (status.h) */
    struct hone_mutex *lock; /* of what follows */
    json_t *status;
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
    p->read = json_object();
    enum hone_code code = hone_course_new(run, server->slots + 1, INT64_C(1000000000) * BEAT_S,
                                          &p->mem, &p->course);
    if (code != HONE_OK) {
        hone_pulse_free(p);
        return code;
    }
    *out = p;
    return HONE_OK;
}

void hone_pulse_free(struct hone_pulse *pulse)
{
    if (pulse != NULL) {
        struct hone_arena mem = pulse->mem; /* it lies in it itself */
        json_decref(pulse->read);
        json_decref(pulse->status);
        hone_mutex_free(pulse->lock);
        hone_arena_free(&pulse->page_mem);
        hone_arena_free(&mem);
    }
}

/* --- counting ----------------------------------------------------------------------------------- */

static enum hone_code count(struct hone_run *run, struct hone_pulse *p)
{
    const struct hone_server *server = p->server;
    struct hone_counts *now = hone_course_next(p->course);
    for (size_t i = 0; i < server->slots; i++) {
        HONE_SCRATCH(run);
        struct hone_past *past;
        size_t n;
        HONE_TRY(hone_slot_counts(run, &server->slot[i], &run->scratch, &past, &n));
        for (size_t k = 0; k < n; k++) {
            hone_course_count(&now[i], &past[k].tally, false);
        }
    }
    for (size_t i = 0; i < server->workers; i++) {
        hone_course_count(&now[server->slots], &server->worker[i].tally, true);
    }
    hone_course_beat(p->course, hone_ticks_ns());
    p->counts = now;
    return HONE_OK;
}

static void set_whole(json_t *o, const char *key, uint64_t n)
{
    hone_json_set(o, key, json_integer((json_int_t)n));
}

static json_t *slot_facts(const struct hone_pulse *p, size_t i)
{
    struct hone_slot *slot = &p->server->slot[i];
    struct hone_served *served = hone_slot_take(slot);
    uint64_t fine = 0;
    json_t *o = json_object();
    for (size_t s = 0; s < HONE_STATUS_COUNT; s++) {
        fine += hone_statuses[s] < 400 ? p->counts[i].code[s] : 0;
    }
    hone_json_set_text(o, "model", slot->name);
    hone_json_set_text(o, "version", served->version);
    hone_json_set_text(o, "uri", slot->uri);
    hone_json_set(o, "since_us", json_integer(served->loaded));
    hone_slot_give(slot, served);
    set_whole(o, "total", fine);
    hone_json_set(o, "minute", hone_course_minute(p->course, i));
    hone_json_set(o, "hour", hone_course_hour(p->course, i));
    hone_json_set(o, "course", hone_course_minutes(p->course, i));
    return o;
}

static json_t *log_facts(const struct hone_recorder *recorder)
{
    if (recorder == NULL) {
        return json_null();
    }
    const struct hone_recorder_counts c = hone_recorder_counts(recorder);
    json_t *o = json_object();
    set_whole(o, "written", c.written);
    set_whole(o, "dropped", c.dropped);
    set_whole(o, "labels", c.labels);
    return o;
}

static json_t *facts(struct hone_run *run, struct hone_pulse *p)
{
    const struct hone_server *server = p->server;
    double number[HONE_PROCESS_NUMBERS];
    json_t *o = json_object();
    json_t *models = json_array();
    json_t *others = json_object();
    hone_json_set_text(o, "url", server->url);
    hone_json_set(o, "started_us", json_integer(server->started));
    for (size_t i = 0; i < server->slots; i++) {
        hone_json_push(models, slot_facts(p, i));
    }
    hone_json_set(o, "models", models);
    hone_json_set(others, "minute", hone_course_minute(p->course, server->slots));
    hone_json_set(others, "hour", hone_course_hour(p->course, server->slots));
    hone_json_set(o, "others", others);
    hone_json_set(o, "log", log_facts(server->recorder));
    if (hone_process_numbers(run, number)) {
        double rss = number[HONE_PROCESS_RSS] * (double)sysconf(_SC_PAGESIZE);
        hone_json_set(o, "resident_mib", hone_json_real(rss / (1 << 20)));
    }
    if (server->tls != NULL) {
        hone_json_set(o, "certificate_until_us", json_integer(hone_tls_expires(server->tls)));
    }
    return o;
}

/* --- telling -------------------------------------------------------------------------------------- */

static enum hone_code tell_store(struct hone_run *run, struct hone_pulse *p, const json_t *told)
{
    HONE_ARENA(work);
    HONE_JSON json_t *brief = NULL;
    struct hone_store *store = p->server->store;
    struct hone_buf text = hone_buf(&work);
    if (p->server->slots > TOLD) {
        brief = json_deep_copy(told);
        json_t *models = json_object_get(brief, "models");
        for (size_t i = 0; i < json_array_size(models); i++) {
            (void)json_object_del(json_array_get(models, i), "course");
        }
    }
    hone_json_write(&text, brief == NULL ? told : brief, false);
    hone_buf_char(&text, '\0');
    if (p->presence == 0) {
        HONE_TRY(hone_presence_begin(run, store, p->server->url, &p->presence));
    }
    return hone_presence_tell(run, store, p->presence, text.ptr);
}

/* The document for the page; without a store all there is are the server's own facts. */
static enum hone_code draw(struct hone_run *run, struct hone_pulse *p, json_t *told)
{
    const struct hone_status_wish wish = {
        .decisions = DECISIONS, .here = told, .read = p->read};
    HONE_JSON json_t *status = NULL;
    HONE_TRY(hone_status_collect(run, p->server->store, &wish, &status));
    hone_mutex_lock(p->lock);
    json_decref(p->status);
    p->status = json_incref(status);
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
    enum hone_code code = count(run, p);
    if (code == HONE_OK) {
        HONE_JSON json_t *told = facts(run, p);
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

static void append(const struct hone_buf *what, struct hone_buf *out)
{
    hone_buf_bytes(out, what->ptr == NULL ? "" : what->ptr, what->len);
}

void hone_pulse_page(struct hone_pulse *pulse, bool signed_in, struct hone_buf *out)
{
    struct hone_arena work = {0};
    hone_mutex_lock(pulse->lock);
    const struct hone_shell shell = {.title = hone_status_title(pulse->status, &work),
                                     .state = hone_json_get_text(pulse->status, "state", ""),
                                     .live = true,
                                     .signed_in = signed_in};
    hone_shell_begin(out, &shell);
    append(&pulse->html, out);
    hone_shell_end(out, &shell);
    hone_mutex_unlock(pulse->lock);
    hone_arena_free(&work);
}

void hone_pulse_model(struct hone_pulse *pulse, const char *model, struct hone_buf *out)
{
    hone_mutex_lock(pulse->lock);
    hone_status_model_html(pulse->status, model, out);
    hone_mutex_unlock(pulse->lock);
}

void hone_pulse_json(struct hone_pulse *pulse, struct hone_buf *out)
{
    hone_mutex_lock(pulse->lock);
    append(&pulse->json, out);
    hone_mutex_unlock(pulse->lock);
}
