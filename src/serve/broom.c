#include "serve/broom.h"

#include "base/log.h"
#include "base/pool.h"
#include "store/audit.h"
#include "store/expire.h"

#define DAY_US INT64_C(86400000000)

struct hone_broom {
    struct hone_arena mem;
    struct hone_run run;
    struct hone_store *store;
    struct hone_thread *thread;
    struct hone_mutex *lock; /* of stop */
    bool stop;
    int64_t keep_us, after_us;
};

/* Sleep; false: it is to end. */
static bool rest(struct hone_broom *b, int64_t us)
{
    int64_t until = hone_ticks_ns() + us * 1000;
    bool goes_on;

    hone_mutex_lock(b->lock);
    while (!b->stop && hone_ticks_ns() < until) {
        hone_mutex_wait(b->lock, (until - hone_ticks_ns()) / 1000 + 1);
    }
    goes_on = !b->stop;
    hone_mutex_unlock(b->lock);
    return goes_on;
}

/* As long as the store was held, and a moment. */
static bool rest_since(struct hone_broom *b, int64_t begun)
{
    return rest(b, (hone_ticks_ns() - begun) / 1000 + 5000);
}

static enum hone_code note(struct hone_broom *b, const struct hone_expiry *expiry, uint64_t n)
{
    struct hone_run *run = &b->run;
    HONE_SCRATCH(run);
    const struct hone_audit_row row = {
        .actor = "hone serve",
        .action = "collect",
        .subject = "store",
        .detail = hone_arena_format(&run->scratch,
                                    "{\"predictions\":%llu,\"predictions_before\":%lld}",
                                    (unsigned long long)n, (long long)expiry->before),
    };
    return hone_audit_append(run, b->store, &row);
}

static enum hone_code sweep(struct hone_broom *b)
{
    struct hone_expiry expiry = {.before = hone_now_us(&b->run) - b->keep_us};
    struct hone_run *run = &b->run;
    uint64_t n;
    uint64_t bytes;
    bool over = false;
    bool goes_on = true;

    HONE_TRY(hone_expiry_count(run, b->store, &expiry, &n, &bytes));
    if (n == 0) {
        return HONE_OK;
    }
    HONE_TRY(note(b, &expiry, n));
    HONE_TRY(hone_expiry_begin(run, b->store, &expiry));
    while (!over && goes_on) {
        int64_t begun = hone_ticks_ns();
        HONE_TRY(hone_expiry_step(run, b->store, &expiry, &over));
        goes_on = rest_since(b, begun);
    }
    over = false;
    while (!over && goes_on) {
        int64_t begun = hone_ticks_ns();
        HONE_TRY(hone_shrink_step(run, b->store, &bytes, &over));
        goes_on = rest_since(b, begun);
    }
    hone_log(run, HONE_LOG_INFO, "expire", "%llu old predictions and %llu labels are gone",
             (unsigned long long)expiry.predictions, (unsigned long long)expiry.labels);
    return HONE_OK;
}

static void work(void *ctx)
{
    struct hone_broom *b = ctx;
    int64_t pause = b->after_us;

    while (rest(b, pause)) {
        pause = DAY_US;
        if (sweep(b) != HONE_OK) {
            hone_log(&b->run, HONE_LOG_WARN, "expire", "old predictions stay for now: %s",
                     b->run.err.message);
            hone_error_clear(&b->run);
        }
    }
}

static enum hone_code start(struct hone_run *run, const char *store, struct hone_broom *b)
{
    HONE_TRY(hone_store_open(run, store, false, &b->mem, &b->store));
    return hone_thread_start(run, work, b, &b->thread);
}

enum hone_code hone_broom_new(struct hone_run *run, const char *store, int64_t keep_us,
                              int64_t after_us, struct hone_broom **out)
{
    struct hone_arena mem = {0};
    struct hone_broom *b = hone_new(&mem, struct hone_broom);

    b->mem = mem;
    b->keep_us = keep_us;
    b->after_us = after_us;
    b->run.log = run->log;
    b->run.now = run->now;
    b->run.clock = run->clock;
    b->lock = hone_mutex_new();
    if (start(run, store, b) != HONE_OK) {
        hone_broom_free(b);
        return run->err.code;
    }
    *out = b;
    return HONE_OK;
}

void hone_broom_free(struct hone_broom *broom)
{
    if (broom == NULL) {
        return;
    }
    struct hone_arena mem = broom->mem;
    hone_mutex_lock(broom->lock);
    broom->stop = true;
    hone_mutex_wake(broom->lock);
    hone_mutex_unlock(broom->lock);
    hone_thread_join(broom->thread);
    hone_store_close(broom->store);
    hone_mutex_free(broom->lock);
    hone_run_clear(&broom->run);
    hone_arena_free(&mem);
}
