#include "serve/inquiry.h"

#include <string.h>

#include "flow/watch/why.h"
#include "flow/watch/why_alarm.h"
#include "serve/page_shell.h"
#include "serve/why_html.h"

enum {
    ROUNDS = 4,      /* as `hone why` */
    ROWS_PAGE = 100, /* of an alarm */
    ROWS_JSON = 1000,
    BYTES = 64 << 20,
};

struct hone_inquirer {
    struct hone_arena mem;
    struct hone_run run;
    struct hone_store *store;
    struct hone_thread *thread;
    struct hone_mutex *lock; /* of what follows */
    struct hone_inquiry *first, **last;
    size_t waiting;
    bool stop;
};

static enum hone_code ask(struct hone_inquirer *q, struct hone_inquiry *inquiry,
                          struct hone_arena *mem, json_t **out)
{
    if (inquiry->alarm) {
        struct hone_why_alarm why;
        int64_t id;
        HONE_TRY(hone_alarm_id(&q->run, inquiry->id, &id));
        HONE_TRY(hone_why_alarm(&q->run, q->store, id, inquiry->page ? ROWS_PAGE : ROWS_JSON,
                                mem, &why));
        *out = hone_why_alarm_json(&why);
        return HONE_OK;
    }
    struct hone_why why;
    HONE_TRY(hone_why(&q->run, q->store, inquiry->id, ROUNDS, mem, &why));
    *out = hone_why_json(&why);
    return HONE_OK;
}

static void write_page(struct hone_inquirer *q, struct hone_inquiry *inquiry,
                       const json_t *answer)
{
    struct hone_buf *out = &inquiry->text;
    int64_t now = hone_now_us(&q->run);
    const struct hone_shell shell = {
        .title = hone_arena_format(&inquiry->mem, "%s%s - hone",
                                   inquiry->alarm ? "alarm:" : "why ", inquiry->id),
        .up = "/",
        .signed_in = inquiry->signed_in};
    hone_shell_begin(out, &shell);
    if (inquiry->alarm) {
        hone_why_alarm_html(answer, now, out);
    } else {
        hone_why_html(answer, now, out);
    }
    hone_shell_end(out, &shell);
}

static void answer(struct hone_inquirer *q, struct hone_inquiry *inquiry)
{
    struct hone_arena work = {.limit = BYTES};
    json_t *found = NULL;
    inquiry->code = ask(q, inquiry, &work, &found);
    if (inquiry->code != HONE_OK) {
        memcpy(inquiry->message, q->run.err.message, sizeof inquiry->message);
        hone_error_clear(&q->run);
    } else {
        inquiry->text = hone_buf(&inquiry->mem);
        if (inquiry->page) {
            write_page(q, inquiry, found);
        } else {
            hone_json_write(&inquiry->text, found, false);
            hone_buf_char(&inquiry->text, '\n');
        }
    }
    json_decref(found);
    hone_arena_free(&work);
    hone_run_clear(&q->run);
    inquiry->done(inquiry);
}

static struct hone_inquiry *take(struct hone_inquirer *q)
{
    hone_mutex_lock(q->lock);
    while (q->first == NULL && !q->stop) {
        hone_mutex_wait(q->lock, -1);
    }
    struct hone_inquiry *found = q->stop ? NULL : q->first;
    if (found != NULL) {
        q->first = found->next;
        q->last = q->first == NULL ? &q->first : q->last;
        q->waiting--;
    }
    hone_mutex_unlock(q->lock);
    return found;
}

static void work(void *ctx)
{
    struct hone_inquirer *q = ctx;
    struct hone_inquiry *next;
    while ((next = take(q)) != NULL) {
        answer(q, next);
    }
    hone_mutex_lock(q->lock);
    next = q->first;
    q->first = NULL;
    hone_mutex_unlock(q->lock);
    while (next != NULL) {
        struct hone_inquiry *after = next->next;
        next->code = HONE_E_CANCELLED;
        memcpy(next->message, "the server is ending", sizeof "the server is ending");
        next->done(next);
        next = after;
    }
}

static enum hone_code start(struct hone_run *run, const char *store, struct hone_inquirer *q)
{
    HONE_TRY(hone_store_open(run, store, false, &q->mem, &q->store));
    return hone_thread_start(run, work, q, &q->thread);
}

enum hone_code hone_inquirer_new(struct hone_run *run, const char *store,
                                 struct hone_inquirer **out)
{
    struct hone_arena mem = {0};
    struct hone_inquirer *q = hone_new(&mem, struct hone_inquirer);
    q->mem = mem;
    q->run.now = run->now;
    q->run.clock = run->clock;
    q->run.seed = run->seed;
    q->last = &q->first;
    q->lock = hone_mutex_new();
    enum hone_code code = start(run, store, q);
    if (code != HONE_OK) {
        hone_inquirer_free(q);
        return code;
    }
    *out = q;
    return HONE_OK;
}

bool hone_inquire(struct hone_inquirer *q, struct hone_inquiry *inquiry)
{
    hone_mutex_lock(q->lock);
    bool takes = !q->stop && q->waiting < HONE_INQUIRIES;
    if (takes) {
        inquiry->next = NULL;
        *q->last = inquiry;
        q->last = &inquiry->next;
        q->waiting++;
        hone_mutex_wake(q->lock);
    }
    hone_mutex_unlock(q->lock);
    return takes;
}

void hone_inquirer_stop(struct hone_inquirer *q)
{
    if (q != NULL) {
        hone_mutex_lock(q->lock);
        q->stop = true;
        hone_mutex_wake(q->lock);
        hone_mutex_unlock(q->lock);
        hone_thread_join(q->thread);
        q->thread = NULL;
    }
}

void hone_inquirer_free(struct hone_inquirer *q)
{
    if (q != NULL) {
        hone_inquirer_stop(q);
        struct hone_arena mem = q->mem; /* it lies in it itself */
        hone_store_close(q->store);
        hone_mutex_free(q->lock);
        hone_run_clear(&q->run);
        hone_arena_free(&mem);
    }
}
