#include "base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <string.h>

/* How long a thread looks for work, or for the end of it, before it sleeps. */
#define SPIN_NS 20000

/*
 * The state of the pool is one word: bit 0 says that a job is open, bits 1 to 15 count the workers
 * inside it, the rest counts jobs.  A worker enters an open job by adding one; the caller closes the
 * job when no chunk is left and waits for the count to fall to zero.  So a worker that wakes too
 * late never holds up the caller.
 */
#define OPEN       UINT64_C(1)
#define INSIDE     UINT64_C(2)
#define INSIDE_ALL UINT64_C(0xfffe)
#define JOB        UINT64_C(0x10000)
#define WORKERS    1024

struct worker {
    struct hone_pool *pool;
    size_t index;
    pthread_t id;
    struct hone_run run; /* for chunks that may fail; its scratch stays warm */
    size_t failed;       /* lowest chunk that failed here in this job */
};

struct hone_pool {
    alignas(64) _Atomic uint64_t state;
    alignas(64) _Atomic size_t next;   /* the next chunk to take */
    alignas(64) _Atomic size_t lowest; /* lowest chunk that failed; of hone_parallel_try */
    alignas(64) atomic_bool busy;      /* some thread runs a job */
    atomic_bool stop;
    size_t chunks;
    hone_chunk *body;
    void *ctx;
    size_t n; /* threads, the caller included */
    struct worker *worker;
    pthread_mutex_t lock;
    pthread_cond_t work; /* a job was opened, or stop */
    pthread_cond_t done; /* the last worker left a closed job */
    size_t sleepers;
    struct hone_arena mem;
};

/* Where this thread is, so that a call from inside a chunk does not wait for itself. */
static _Thread_local struct {
    const struct hone_pool *pool;
    size_t worker;
} here;

static void pause_cpu(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void take_chunks(struct hone_pool *pool, size_t worker)
{
    here.pool = pool;
    here.worker = worker;
    size_t chunk;
    while ((chunk = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed)) <
           pool->chunks) {
        pool->body(pool->ctx, chunk, worker);
    }
    here.pool = NULL;
}

/* Enter the open job if it is not the one numbered seen. */
static bool enter(struct hone_pool *pool, uint64_t *seen)
{
    uint64_t state = atomic_load(&pool->state);
    while ((state & OPEN) != 0 && state / JOB != *seen) {
        if (atomic_compare_exchange_weak(&pool->state, &state, state + INSIDE)) {
            *seen = state / JOB;
            return true;
        }
    }
    return false;
}

static void leave(struct hone_pool *pool)
{
    uint64_t state = atomic_fetch_sub(&pool->state, INSIDE) - INSIDE;
    if ((state & (OPEN | INSIDE_ALL)) == 0) {
        pthread_mutex_lock(&pool->lock);
        pthread_cond_signal(&pool->done);
        pthread_mutex_unlock(&pool->lock);
    }
}

/* Wait for a job and enter it; false when the pool ends. */
static bool wait_work(struct hone_pool *pool, uint64_t *seen)
{
    int64_t until = hone_ticks_ns() + SPIN_NS;
    do {
        for (int i = 0; i < 32; i++) {
            if (enter(pool, seen)) {
                return true;
            }
            pause_cpu();
        }
    } while (hone_ticks_ns() < until && !atomic_load(&pool->stop));

    bool entered = false;
    pthread_mutex_lock(&pool->lock);
    pool->sleepers++;
    while (!atomic_load(&pool->stop) && !(entered = enter(pool, seen))) {
        pthread_cond_wait(&pool->work, &pool->lock);
    }
    pool->sleepers--;
    pthread_mutex_unlock(&pool->lock);
    return entered;
}

static void *work(void *ctx)
{
    struct worker *self = ctx;
    uint64_t seen = 0;
    while (wait_work(self->pool, &seen)) {
        take_chunks(self->pool, self->index);
        leave(self->pool);
    }
    return NULL;
}

static size_t processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) {
        return 1;
    }
    int n = CPU_COUNT(&set);
    return n < 1 ? 1 : (size_t)n;
}

struct hone_pool *hone_pool_new(size_t n)
{
    struct hone_arena mem = {0};
    n = n == 0 ? processors() : n;
    n = n > WORKERS ? WORKERS : n;
    struct hone_pool *pool = hone_arena_alloc(&mem, sizeof *pool, 1);
    struct worker *worker = hone_arena_alloc(&mem, sizeof *worker, n);
    if (pool == NULL || worker == NULL) {
        hone_arena_free(&mem);
        return NULL;
    }
    pool->mem = mem;
    pool->worker = worker;
    HONE_ASSERT(pthread_mutex_init(&pool->lock, NULL) == 0);
    HONE_ASSERT(pthread_cond_init(&pool->work, NULL) == 0);
    HONE_ASSERT(pthread_cond_init(&pool->done, NULL) == 0);

    /* Signals are for the thread that owns the process. */
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pool->n = 1;
    while (pool->n < n) {
        struct worker *next = &worker[pool->n];
        next->pool = pool;
        next->index = pool->n;
        if (pthread_create(&next->id, NULL, work, next) != 0) {
            break;
        }
        pool->n++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pool;
}

void hone_pool_free(struct hone_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    pthread_mutex_lock(&pool->lock);
    atomic_store(&pool->stop, true);
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 1; i < pool->n; i++) {
        HONE_ASSERT(pthread_join(pool->worker[i].id, NULL) == 0);
    }
    for (size_t i = 0; i < pool->n; i++) {
        hone_run_clear(&pool->worker[i].run);
    }
    pthread_cond_destroy(&pool->work);
    pthread_cond_destroy(&pool->done);
    pthread_mutex_destroy(&pool->lock);
    struct hone_arena mem = pool->mem;
    hone_arena_free(&mem);
}

size_t hone_pool_size(const struct hone_pool *pool)
{
    return pool == NULL ? 1 : pool->n;
}

/* Take the pool for a job; false when the work is to be done by the calling thread alone. */
static bool pool_take(struct hone_pool *pool, size_t chunks)
{
    return pool != NULL && pool->n > 1 && chunks > 1 && here.pool == NULL &&
           !atomic_exchange(&pool->busy, true);
}

static void wait_done(struct hone_pool *pool)
{
    int64_t until = hone_ticks_ns() + SPIN_NS;
    do {
        for (int i = 0; i < 32; i++) {
            if ((atomic_load(&pool->state) & INSIDE_ALL) == 0) {
                return;
            }
            pause_cpu();
        }
    } while (hone_ticks_ns() < until);
    pthread_mutex_lock(&pool->lock);
    while ((atomic_load(&pool->state) & INSIDE_ALL) != 0) {
        pthread_cond_wait(&pool->done, &pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
}

static void pool_run(struct hone_pool *pool, size_t chunks, hone_chunk *body, void *ctx)
{
    pool->chunks = chunks;
    pool->body = body;
    pool->ctx = ctx;
    atomic_store(&pool->next, 0);
    atomic_store(&pool->state, (atomic_load(&pool->state) / JOB + 1) * JOB + OPEN);
    pthread_mutex_lock(&pool->lock);
    size_t wake = pool->sleepers < chunks - 1 ? pool->sleepers : chunks - 1;
    for (size_t i = 0; i < wake; i++) {
        pthread_cond_signal(&pool->work);
    }
    pthread_mutex_unlock(&pool->lock);

    take_chunks(pool, 0);
    atomic_fetch_sub(&pool->state, OPEN);
    wait_done(pool);
}

void hone_parallel(struct hone_run *run, size_t chunks, hone_chunk *body, void *ctx)
{
    struct hone_pool *pool = run->pool;
    if (pool_take(pool, chunks)) {
        pool_run(pool, chunks, body, ctx);
        atomic_store(&pool->busy, false);
        return;
    }
    /* Inside a chunk of the same pool the worker keeps its number, so that places owned by a worker
     * stay its own. */
    size_t worker = pool != NULL && here.pool == pool ? here.worker : 0;
    for (size_t chunk = 0; chunk < chunks; chunk++) {
        body(ctx, chunk, worker);
    }
}

struct trial {
    struct hone_pool *pool;
    hone_try_chunk *body;
    void *ctx;
};

static void try_one(void *ctx, size_t chunk, size_t worker)
{
    struct trial *trial = ctx;
    struct worker *self = &trial->pool->worker[worker];
    size_t lowest = atomic_load(&trial->pool->lowest);
    if (chunk > lowest || chunk > self->failed) {
        return;
    }
    HONE_SCRATCH(&self->run);
    if (trial->body(&self->run, trial->ctx, chunk) == HONE_OK) {
        return;
    }
    self->failed = chunk;
    while (chunk < lowest &&
           !atomic_compare_exchange_weak(&trial->pool->lowest, &lowest, chunk)) {
    }
}

static void share(const struct hone_run *from, struct hone_run *to)
{
    hone_error_clear(to);
    to->scratch.limit = from->scratch.limit;
    to->seed = from->seed;
    to->log = from->log;
    to->now = from->now;
    to->clock = from->clock;
    to->cancel = from->cancel;
    to->deadline = from->deadline;
}

enum hone_code hone_parallel_try(struct hone_run *run, size_t chunks, hone_try_chunk *body,
                                 void *ctx)
{
    struct hone_pool *pool = run->pool;
    if (!pool_take(pool, chunks)) {
        for (size_t chunk = 0; chunk < chunks; chunk++) {
            HONE_SCRATCH(run);
            HONE_TRY(body(run, ctx, chunk));
        }
        return HONE_OK;
    }
    for (size_t i = 0; i < pool->n; i++) {
        share(run, &pool->worker[i].run);
        pool->worker[i].failed = SIZE_MAX;
    }
    atomic_store(&pool->lowest, SIZE_MAX);
    struct trial trial = {pool, body, ctx};
    pool_run(pool, chunks, try_one, &trial);

    enum hone_code code = HONE_OK;
    size_t lowest = atomic_load(&pool->lowest);
    for (size_t i = 0; i < pool->n && lowest != SIZE_MAX; i++) {
        if (pool->worker[i].failed == lowest) {
            run->err = pool->worker[i].run.err;
            code = run->err.code;
        }
    }
    atomic_store(&pool->busy, false);
    return code;
}
