#include "serve/recorder.h"

#include <stdatomic.h>
#include <stdio.h>

#include "base/log.h"
#include "base/pages.h"

/* Rows of one transaction: other writers wait no longer than it takes. */
#define CHUNK 4096

#define TURN_NS 100000

/*
 * A second's predictions are written in steps with rests between them: at work for long, the writer would be one more
 * that wants the processors, and the slowest answers would be those that came meanwhile.  Not when labels wait
 * for it, or when more waits than rests leave time for.
 */
#define REST_NS 50000

/* So much in a buffer, and the writer is woken before its time. */
#define FULL ((size_t)4 << 20)

/* So long another process may hold the store before labels are told so, and at the end predictions are given up. */
#define HELD_NS INT64_C(10000000000)

/* Between looks whether it is free again: sqlite waits too, but not always. */
#define HELD_NAP_US 20000

/* So much of a buffer stays in memory once written; what a busy second or a disk that stood still took is given back. */
#define KEEP ((size_t)256 << 10)

struct buffer {
    char *bytes; /* (HONE_RECORDER_BYTES) */
    size_t used;
};

/* One worker's predictions: it fills one buffer while the other is written. */
struct outbox {
    struct hone_mutex *lock;
    struct buffer side[2];
    int filling;
    _Atomic uint64_t dropped;
};

struct hone_recorder {
    struct hone_arena mem;
    struct hone_run run;
    struct hone_store *store;
    struct hone_thread *thread;
    struct hone_mutex *lock; /* of the fields below */
    struct hone_feedback *waiting, **waiting_end;
    bool hurry, stop;
    struct hone_feedback
        *taken;   /* the thread's: what waits for the predictions that are being written */
    int64_t held; /* ticks: since when others hold the store; 0: they do not */
    bool held_told;
    int64_t interval_us;
    struct outbox *outbox;
    size_t outboxes;
    struct hone_logged_prediction *list; /* (CHUNK) */
    _Atomic uint64_t written, lost, labels;
};

/* What lies in a buffer: this, then id, inputs and outputs, each with a NUL, then up to a multiple of 8. */
struct entry {
    int64_t time, record, latency;
    uint32_t id, inputs, outputs; /* lengths */
    uint32_t size;                /* of all */
};

bool hone_recorder_add(struct hone_recorder *recorder, size_t worker,
                       const struct hone_recorded *row)
{
    struct outbox *box = &recorder->outbox[worker];
    struct entry entry = {row->time, row->record, row->latency, (uint32_t)row->id.len, 0, 0, 0};
    size_t size = sizeof entry + row->id.len + row->inputs.len + row->outputs.len + 3;
    struct buffer *buffer;
    bool wake = false;
    bool fits;

    size = (size + 7) & ~(size_t)7;
    hone_mutex_lock(box->lock);
    buffer = &box->side[box->filling];
    fits = row->inputs.len <= HONE_RECORD_BYTES && row->outputs.len <= HONE_RECORD_BYTES &&
           size <= HONE_RECORDER_BYTES - buffer->used;
    if (fits) {
        char *at = buffer->bytes + buffer->used;
        entry.inputs = (uint32_t)row->inputs.len;
        entry.outputs = (uint32_t)row->outputs.len;
        entry.size = (uint32_t)size;
        memcpy(at, &entry, sizeof entry);
        at += sizeof entry;
        memcpy(at, row->id.ptr, row->id.len);
        at += row->id.len;
        *at++ = '\0';
        memcpy(at, row->inputs.ptr, row->inputs.len);
        at += row->inputs.len;
        *at++ = '\0';
        memcpy(at, row->outputs.ptr, row->outputs.len);
        at[row->outputs.len] = '\0';
        wake = buffer->used < FULL && buffer->used + size >= FULL;
        buffer->used += size;
    } else {
        atomic_fetch_add_explicit(&box->dropped, 1, memory_order_relaxed);
    }
    hone_mutex_unlock(box->lock);
    if (wake) {
        hone_mutex_lock(recorder->lock);
        recorder->hurry = true;
        hone_mutex_wake(recorder->lock);
        hone_mutex_unlock(recorder->lock);
    }
    return fits;
}

bool hone_recorder_label(struct hone_recorder *recorder, struct hone_feedback *feedback)
{
    bool takes;

    hone_mutex_lock(recorder->lock);
    takes = !recorder->stop;
    if (takes) {
        feedback->next = NULL;
        *recorder->waiting_end = feedback;
        recorder->waiting_end = &feedback->next;
        recorder->hurry = true;
        hone_mutex_wake(recorder->lock);
    }
    hone_mutex_unlock(recorder->lock);
    return takes;
}

struct hone_recorder_counts hone_recorder_counts(const struct hone_recorder *recorder)
{
    struct hone_recorder_counts counts = {atomic_load(&recorder->written),
                                          atomic_load(&recorder->lost),
                                          atomic_load(&recorder->labels)};

    for (size_t i = 0; i < recorder->outboxes; i++) {
        counts.dropped += atomic_load(&recorder->outbox[i].dropped);
    }
    return counts;
}

static void tell_labels(struct hone_recorder *r, struct hone_feedback *list,
                        enum hone_code code)
{
    while (list != NULL) {
        struct hone_feedback *next = list->next;
        list->code = code;
        if (code != HONE_OK) {
            memcpy(list->message, r->run.err.message, sizeof list->message);
        }
        list->done(list);
        list = next;
    }
}

/* With the lock. */
static struct hone_feedback *take_labels(struct hone_recorder *r)
{
    struct hone_feedback *labels = r->waiting;

    r->waiting = NULL;
    r->waiting_end = &r->waiting;
    return labels;
}

/*
 * Another process holds the store.  Predictions wait for it: what comes meanwhile has its buffer, and only what does not
 * fit there is dropped.  Labels do not wait for long, and neither does the end.  False: give up.
 */
static bool wait_out(struct hone_recorder *r)
{
    int64_t now = hone_ticks_ns();
    struct hone_feedback *waiting = NULL;
    bool stop;

    r->held = r->held == 0 ? now : r->held;
    bool long_held = now - r->held >= HELD_NS;
    hone_mutex_lock(r->lock);
    hone_mutex_wait(r->lock, HELD_NAP_US);
    stop = r->stop;
    if (long_held) {
        waiting = take_labels(r);
    }
    hone_mutex_unlock(r->lock);
    if (!long_held) {
        return true;
    }
    tell_labels(r, r->taken, r->run.err.code);
    r->taken = NULL;
    tell_labels(r, waiting, r->run.err.code);
    if (stop) {
        hone_store_patience(r->store, 0);
    } else if (!r->held_told) {
        hone_log(&r->run, HONE_LOG_WARN, "log", "predictions wait in memory: %s",
                 r->run.err.message);
        r->held_told = true;
    }
    return !stop;
}

static void append(struct hone_recorder *r, size_t n)
{
    while (hone_predictions_append(&r->run, r->store, r->list, n) != HONE_OK) {
        if (r->run.err.code != HONE_E_CONFLICT || !hone_store_held(r->store) || !wait_out(r)) {
            hone_log(&r->run, HONE_LOG_ERROR, "log", "%zu predictions are lost: %s", n,
                     r->run.err.message);
            atomic_fetch_add(&r->lost, n);
            hone_error_clear(&r->run);
            return;
        }
        hone_error_clear(&r->run);
    }
    atomic_fetch_add(&r->written, n);
    r->held = 0;
    r->held_told = false;
}

static void write_buffer(struct hone_recorder *r, struct buffer *buffer)
{
    size_t n = 0;

    for (size_t at = 0; at < buffer->used;) {
        struct entry entry;
        char *text = buffer->bytes + at + sizeof entry;
        memcpy(&entry, buffer->bytes + at, sizeof entry);
        r->list[n++] = (struct hone_logged_prediction){
            .id = text,
            .time = entry.time,
            .version_id = entry.record,
            .variant = "champion",
            .latency = entry.latency,
            .inputs = {text + entry.id + 1, entry.inputs},
            .outputs = {text + entry.id + entry.inputs + 2, entry.outputs},
        };
        at += entry.size;
        if (n == CHUNK || at == buffer->used) {
            append(r, n);
            n = 0;
        }
    }
    if (buffer->used > KEEP) {
        hone_pages_drop(buffer->bytes + KEEP, buffer->used - KEEP);
    }
    buffer->used = 0;
}

static void write_predictions(struct hone_recorder *r, bool hurry)
{
    for (size_t i = 0; i < r->outboxes; i++) {
        struct outbox *box = &r->outbox[i];
        struct buffer *full;
        hone_mutex_lock(box->lock);
        full = &box->side[box->filling];
        box->filling = 1 - box->filling;
        hone_mutex_unlock(box->lock);
        hone_store_rest(r->store, hurry || full->used > 3 * FULL ? 0 : REST_NS);
        write_buffer(r, full);
    }
}

/*
 * One label.  Told without a time it counts from now, but the same label again is the same feedback, sent
 * twice.
 */
static enum hone_code write_label(struct hone_recorder *r, struct hone_feedback_item *item)
{
    struct hone_logged_prediction prediction;
    struct hone_label label = {item->id, item->time, item->label, item->source};
    size_t added = 0;
    HONE_SCRATCH(&r->run);

    if (hone_prediction_get(&r->run, r->store, item->id, &r->run.scratch, &prediction) !=
        HONE_OK) {
        if (r->run.err.code != HONE_E_NOT_FOUND) {
            return r->run.err.code;
        }
        hone_error_clear(&r->run);
        item->state = HONE_FEEDBACK_UNKNOWN;
        return HONE_OK;
    }
    item->state = HONE_FEEDBACK_KNOWN;
    if (item->time == 0) {
        if (prediction.label != NULL && strcmp(prediction.label, item->label) == 0) {
            return HONE_OK;
        }
        label.time = hone_now_us(&r->run);
        if (prediction.label != NULL && label.time <= prediction.label_time) {
            label.time = prediction.label_time + 1;
        }
    }
    HONE_TRY(hone_labels_append(&r->run, r->store, &label, 1, &added));
    item->state = added > 0 ? HONE_FEEDBACK_ADDED : HONE_FEEDBACK_KNOWN;
    return HONE_OK;
}

static enum hone_code write_labels(struct hone_recorder *r, struct hone_feedback *list)
{
    uint64_t added = 0;
    HONE_TRANSACTION tx = {0};

    HONE_TRY(hone_transaction_begin(&r->run, r->store, &tx));
    for (struct hone_feedback *f = list; f != NULL; f = f->next) {
        for (size_t i = 0; i < f->n; i++) {
            HONE_TRY(write_label(r, &f->item[i]));
            added += f->item[i].state == HONE_FEEDBACK_ADDED;
        }
    }
    HONE_TRY(hone_transaction_commit(&r->run, &tx));
    atomic_fetch_add(&r->labels, added);
    return HONE_OK;
}

static void answer_labels(struct hone_recorder *r)
{
    struct hone_feedback *labels = r->taken;

    r->taken = NULL;
    if (labels != NULL) {
        tell_labels(r, labels, write_labels(r, labels));
        hone_error_clear(&r->run);
    }
}

static void work(void *ctx)
{
    struct hone_recorder *r = ctx;
    bool stop = false;

    hone_thread_turns(TURN_NS);
    while (!stop) {
        int64_t until = hone_ticks_ns() + r->interval_us * 1000;
        hone_mutex_lock(r->lock);
        while (!r->hurry && !r->stop && hone_ticks_ns() < until) {
            hone_mutex_wait(r->lock, (until - hone_ticks_ns()) / 1000 + 1);
        }
        r->hurry = false;
        stop = r->stop;
        r->taken = take_labels(r);
        hone_mutex_unlock(r->lock);
        write_predictions(r, stop || r->taken != NULL);
        answer_labels(r);
    }
    write_predictions(r, true); /* the other side of each outbox */
}

static enum hone_code start(struct hone_run *run, const char *store, struct hone_recorder *r)
{
    HONE_TRY(hone_store_open(run, store, true, &r->mem, &r->store));
    hone_store_patience(r->store, 2000);
    HONE_TRY(hone_array(run, &r->mem, &r->list, CHUNK));
    for (size_t i = 0; i < r->outboxes; i++) {
        for (int side = 0; side < 2; side++) {
            char **bytes = &r->outbox[i].side[side].bytes;
            HONE_TRY(hone_array(run, &r->mem, bytes, HONE_RECORDER_BYTES));
            hone_pages_small(*bytes, HONE_RECORDER_BYTES);
        }
    }
    return hone_thread_start(run, work, r, &r->thread);
}

static void close_all(struct hone_recorder *r)
{
    struct hone_arena mem = r->mem;

    hone_store_close(r->store);
    for (size_t i = 0; i < r->outboxes; i++) {
        hone_mutex_free(r->outbox[i].lock);
    }
    hone_mutex_free(r->lock);
    hone_run_clear(&r->run);
    hone_arena_free(&mem);
}

enum hone_code hone_recorder_new(struct hone_run *run, const char *store, size_t workers,
                                 int64_t interval_us, struct hone_recorder **out)
{
    struct hone_arena mem = {0};
    struct hone_recorder *r = hone_new(&mem, struct hone_recorder);

    r->outbox = hone_arena_must(&mem, workers * sizeof *r->outbox);
    r->outboxes = workers;
    r->mem = mem;
    r->interval_us = interval_us;
    r->run.log = run->log;
    r->run.now = run->now;
    r->run.clock = run->clock;
    r->lock = hone_mutex_new();
    r->waiting_end = &r->waiting;
    for (size_t i = 0; i < workers; i++) {
        r->outbox[i].lock = hone_mutex_new();
    }
    if (start(run, store, r) != HONE_OK) {
        close_all(r);
        return run->err.code;
    }
    *out = r;
    return HONE_OK;
}

void hone_recorder_stop(struct hone_recorder *recorder)
{
    if (recorder == NULL) {
        return;
    }
    hone_mutex_lock(recorder->lock);
    recorder->stop = true;
    hone_mutex_wake(recorder->lock);
    hone_mutex_unlock(recorder->lock);
    hone_thread_join(recorder->thread);
    recorder->thread = NULL;
}

void hone_recorder_free(struct hone_recorder *recorder)
{
    if (recorder != NULL) {
        hone_recorder_stop(recorder);
        /* Requests were answered until the loops ended, which is after the thread did. */
        write_predictions(recorder, true);
        write_predictions(recorder, true);
        close_all(recorder);
    }
}
