/* The pool gives the same result for any number of threads, and the first failure in chunk order. */
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include "base/pool.h"
#include "base/rng.h"
#include "check.h"

#define CHUNKS 257

struct sums {
    double part[CHUNKS];
    atomic_size_t times[CHUNKS];
    size_t threads;
    atomic_bool worker_out_of_range;
};

static void sum_chunk(void *ctx, size_t chunk, size_t worker)
{
    struct sums *sums = ctx;
    struct hone_rng rng = hone_rng(7, chunk);
    for (size_t i = 0; i < 1000; i++) {
        sums->part[chunk] += hone_rng_normal(&rng);
    }
    atomic_fetch_add(&sums->times[chunk], 1);
    if (worker >= sums->threads) {
        atomic_store(&sums->worker_out_of_range, true);
    }
}

static double sum_with(size_t threads)
{
    struct hone_run run = {.seed = 7, .pool = hone_pool_new(threads)};
    CHECK(hone_pool_size(run.pool) == threads);
    struct sums sums = {.threads = threads};
    hone_parallel(&run, CHUNKS, sum_chunk, &sums);
    double total = 0;
    for (size_t i = 0; i < CHUNKS; i++) {
        CHECK(atomic_load(&sums.times[i]) == 1);
        total += sums.part[i];
    }
    CHECK(!atomic_load(&sums.worker_out_of_range));
    hone_pool_free(run.pool);
    return total;
}

static void same_bits_for_any_number_of_threads(void **state)
{
    (void)state;
    double one = sum_with(1);
    for (size_t threads = 2; threads <= 4; threads++) {
        double more = sum_with(threads);
        CHECK(memcmp(&one, &more, sizeof one) == 0);
    }
}

static void count_chunk(void *ctx, size_t chunk, size_t worker)
{
    (void)chunk;
    (void)worker;
    atomic_fetch_add((atomic_size_t *)ctx, 1);
}

static void many_small_jobs(void **state)
{
    (void)state;
    struct hone_run run = {.pool = hone_pool_new(4)};
    atomic_size_t n = 0;
    size_t want = 0;
    for (size_t i = 0; i < 5000; i++) {
        hone_parallel(&run, i % 7, count_chunk, &n);
        want += i % 7;
        CHECK(atomic_load(&n) == want);
    }
    hone_pool_free(run.pool);
}

static void works_without_a_pool(void **state)
{
    (void)state;
    struct hone_run run = {0};
    atomic_size_t n = 0;
    CHECK(hone_pool_size(NULL) == 1);
    hone_parallel(&run, 10, count_chunk, &n);
    CHECK(atomic_load(&n) == 10);
    hone_pool_free(NULL);
}

struct nest {
    struct hone_run *run;
    atomic_size_t inner;
    atomic_size_t wrong_worker;
};

struct inner {
    struct nest *nest;
    size_t outer_worker;
};

static void inner_chunk(void *ctx, size_t chunk, size_t worker)
{
    struct inner *inner = ctx;
    (void)chunk;
    atomic_fetch_add(&inner->nest->inner, 1);
    if (worker != inner->outer_worker) {
        atomic_fetch_add(&inner->nest->wrong_worker, 1);
    }
}

static void outer_chunk(void *ctx, size_t chunk, size_t worker)
{
    struct inner inner = {ctx, worker};
    (void)chunk;
    struct hone_run run = {.pool = inner.nest->run->pool};
    hone_parallel(&run, 11, inner_chunk, &inner);
}

static void nested_calls_stay_in_the_thread(void **state)
{
    (void)state;
    struct hone_run run = {.pool = hone_pool_new(3)};
    struct nest nest = {.run = &run};
    hone_parallel(&run, 50, outer_chunk, &nest);
    CHECK(atomic_load(&nest.inner) == 550);
    CHECK(atomic_load(&nest.wrong_worker) == 0);
    hone_pool_free(run.pool);
}

struct attempts {
    atomic_size_t times[CHUNKS];
    atomic_bool seed_differs;
    size_t fail_from;
};

static enum hone_code attempt(struct hone_run *run, void *ctx, size_t chunk)
{
    struct attempts *attempts = ctx;
    char *bytes;
    HONE_TRY(hone_array(run, &run->scratch, &bytes, 1000));
    atomic_fetch_add(&attempts->times[chunk], 1);
    if (run->seed != 42) {
        atomic_store(&attempts->seed_differs, true);
    }
    if (chunk >= attempts->fail_from && chunk % 2 == 1) {
        return hone_fail(run, HONE_E_NUMERIC, "chunk %zu", chunk);
    }
    return HONE_OK;
}

static void lowest_failure_is_returned(void **state)
{
    (void)state;
    for (size_t threads = 1; threads <= 4; threads++) {
        struct hone_run run = {.seed = 42, .pool = hone_pool_new(threads)};
        for (size_t repeat = 0; repeat < 50; repeat++) {
            struct attempts attempts = {.fail_from = 100};
            CHECK_FAILS_WITH(&run, hone_parallel_try(&run, CHUNKS, attempt, &attempts),
                             HONE_E_NUMERIC, "chunk 101");
            for (size_t i = 0; i <= 101; i++) {
                CHECK(atomic_load(&attempts.times[i]) == 1);
            }
            CHECK(!atomic_load(&attempts.seed_differs));
        }
        struct attempts attempts = {.fail_from = CHUNKS};
        CHECK_OK(&run, hone_parallel_try(&run, CHUNKS, attempt, &attempts));
        CHECK(run.err.code == HONE_OK);
        hone_pool_free(run.pool);
        hone_run_clear(&run);
    }
}

static void signal_chunk(void *ctx, size_t chunk, size_t worker)
{
    (void)chunk;
    sigset_t set;
    sigemptyset(&set);
    pthread_sigmask(SIG_SETMASK, NULL, &set);
    if (worker > 0 && sigismember(&set, SIGINT) != 1) {
        atomic_fetch_add((atomic_size_t *)ctx, 1);
    }
}

static void workers_block_signals(void **state)
{
    (void)state;
    struct hone_run run = {.pool = hone_pool_new(4)};
    atomic_size_t open = 0;
    hone_parallel(&run, 2000, signal_chunk, &open);
    CHECK(atomic_load(&open) == 0);
    sigset_t set;
    pthread_sigmask(SIG_SETMASK, NULL, &set);
    CHECK(sigismember(&set, SIGINT) == 0);
    hone_pool_free(run.pool);
}

struct shared {
    struct hone_pool *pool;
    atomic_size_t n;
};

static void use_pool(void *ctx)
{
    struct shared *shared = ctx;
    struct hone_run run = {.pool = shared->pool};
    for (size_t i = 0; i < 500; i++) {
        hone_parallel(&run, 8, count_chunk, &shared->n);
    }
}

static void threads_may_share_a_pool(void **state)
{
    (void)state;
    struct hone_run run = {0};
    struct shared shared = {.pool = hone_pool_new(2)};
    struct hone_thread *thread[3];
    for (size_t i = 0; i < 3; i++) {
        CHECK_OK(&run, hone_thread_start(&run, use_pool, &shared, &thread[i]));
    }
    for (size_t i = 0; i < 3; i++) {
        hone_thread_join(thread[i]);
    }
    CHECK(atomic_load(&shared.n) == 3 * 500 * 8);
    hone_pool_free(shared.pool);
}

struct box {
    struct hone_mutex *mutex;
    bool full;
    bool taken;
};

static void fill_box(void *ctx)
{
    struct box *box = ctx;
    hone_mutex_lock(box->mutex);
    box->full = true;
    hone_mutex_wake(box->mutex);
    while (!box->taken) {
        hone_mutex_wait(box->mutex, -1);
    }
    hone_mutex_unlock(box->mutex);
}

static void mutex_wakes_and_times_out(void **state)
{
    (void)state;
    struct hone_run run = {0};
    struct box box = {.mutex = hone_mutex_new()};
    hone_mutex_lock(box.mutex);
    int64_t before = hone_ticks_ns();
    hone_mutex_wait(box.mutex, 2000);
    CHECK(hone_ticks_ns() > before);
    struct hone_thread *thread;
    CHECK_OK(&run, hone_thread_start(&run, fill_box, &box, &thread));
    while (!box.full) {
        hone_mutex_wait(box.mutex, 1000000);
    }
    box.taken = true;
    hone_mutex_wake(box.mutex);
    hone_mutex_unlock(box.mutex);
    hone_thread_join(thread);
    hone_mutex_free(box.mutex);
}

const struct CMUnitTest hone_tests_pool[] = {
    cmocka_unit_test(same_bits_for_any_number_of_threads),
    cmocka_unit_test(many_small_jobs),
    cmocka_unit_test(works_without_a_pool),
    cmocka_unit_test(nested_calls_stay_in_the_thread),
    cmocka_unit_test(lowest_failure_is_returned),
    cmocka_unit_test(workers_block_signals),
    cmocka_unit_test(threads_may_share_a_pool),
    cmocka_unit_test(mutex_wakes_and_times_out),
};
const size_t hone_tests_pool_n = sizeof hone_tests_pool / sizeof hone_tests_pool[0];
