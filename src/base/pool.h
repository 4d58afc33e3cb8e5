/*
 * base/pool.h - the one thread pool
 *
 * Work is cut into chunks whose number does not depend on the number of threads; workers take chunks from
 * an atomic counter.  Results must be written to places owned by the chunk and combined in chunk order
 * afterwards, so that they are the same for any number of threads.  A call from inside a chunk
 * runs in the calling thread.
 */
#ifndef HONE_BASE_POOL_H
#define HONE_BASE_POOL_H

#include "base/run.h"

struct hone_pool;

/* Start a pool of n threads in all (the caller is one of them); n of 0 means one per processor allowed to
 * this process.  Never fails for want of threads: it makes do with fewer.  NULL only without memory. */
struct hone_pool *hone_pool_new(size_t n);
void hone_pool_free(struct hone_pool *pool);
/* Threads that may run at once; 1 for NULL. */
size_t hone_pool_size(const struct hone_pool *pool);

/* A chunk that cannot fail.  worker is below hone_pool_size. */
typedef void hone_chunk(void *ctx, size_t chunk, size_t worker);
void hone_parallel(struct hone_run *run, size_t chunks, hone_chunk *body, void *ctx);

/*
 * Chunks that may fail: each worker has a run of its own (scratch, same seed, no pool), which the body
 * gets.  All chunks below the lowest failing one are run; its failure is the one that is returned.
 */
typedef enum hone_code hone_try_chunk(struct hone_run *worker, void *ctx, size_t chunk);
enum hone_code hone_parallel_try(struct hone_run *run, size_t chunks, hone_try_chunk *body,
                                 void *ctx);

/* A thread of its own for long-lived work (server loops, log writers), and the locks it needs: the
 * only home of pthreads.  hone_thread_start: HONE_E_LIMIT when the system has no thread. */
struct hone_thread;
enum hone_code hone_thread_start(struct hone_run *run, void (*body)(void *ctx), void *ctx,
                                 struct hone_thread **out);
void hone_thread_join(struct hone_thread *thread); /* waits, then frees it; NULL is fine */
/*
 * Let the calling thread run in turns of about so many ns (0.1 to 100 ms) where others want its processor: with short
 * ones it is let in sooner, with long ones it lets others in, for the same share.  Without effect where the
 * system has no such turns (Linux has since 6.12).
 */
void hone_thread_turns(uint64_t ns);
/*
 * Keep the calling thread on one processor: the number-th of those that the process may use, counted round.  Without
 * effect where the system does not let it.
 */
void hone_thread_pin(size_t number);

struct hone_mutex;
struct hone_mutex *hone_mutex_new(void); /* panics without memory */
void hone_mutex_free(struct hone_mutex *mutex);
void hone_mutex_lock(struct hone_mutex *mutex);
void hone_mutex_unlock(struct hone_mutex *mutex);
/* Wait on the mutex's own condition until woken or timeout_us passed (negative: for ever).  Held before and
 * after.  Wakes may be spurious.  hone_mutex_wake wakes all. */
void hone_mutex_wait(struct hone_mutex *mutex, int64_t timeout_us);
void hone_mutex_wake(struct hone_mutex *mutex);

/* The one lock of the whole process, for libraries that only one thread at a time may call.  Held for short. */
void hone_library_lock(void);
void hone_library_unlock(void);

#endif
