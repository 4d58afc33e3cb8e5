/*
 * base/run.h - the context every operation works in
 *
 * The first parameter of every operation: where it reports failure, takes temporary memory, finds
 * its seed, its threads, its clock, and learns that it should stop.  It replaces globals.  One
 * thread at a time uses a run; parallel work gets a run per worker (base/pool.h).
 */
#ifndef HONE_BASE_RUN_H
#define HONE_BASE_RUN_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

struct hone_pool;
struct hone_progress;
struct hone_log;

struct hone_run {
    struct hone_error err;
    struct hone_arena scratch;           /* temporary memory, rewound by HONE_SCRATCH */
    uint64_t seed;                       /* the only source of randomness */
    struct hone_pool *pool;              /* NULL: the calling thread alone */
    struct hone_progress *progress;      /* NULL: silent */
    struct hone_log *log;                /* NULL: silent */
    int64_t (*now)(void *clock);         /* µs since 1970 UTC; NULL: the system's clock */
    void *clock;                         /* handed to now */
    const volatile sig_atomic_t *cancel; /* non-zero: stop soon; may be NULL */
    int64_t deadline;                    /* µs of hone_now_us; 0: none */
};

/* Free what the run holds (scratch); the run may be used again. */
void hone_run_clear(struct hone_run *run);

/* Wall time in µs since 1970 UTC, from the run's clock. */
int64_t hone_now_us(const struct hone_run *run);

/* Monotonic time in ns, for durations; never for results. */
int64_t hone_ticks_ns(void);

/* HONE_E_CANCELLED when the user asked to stop or the deadline passed; call it in long loops. */
enum hone_code hone_check_cancel(struct hone_run *run);

/* Give back at the end of the block all scratch taken after this line.  So what a function returns in mem is lost
 * when mem is run->scratch: give operations an arena of your own. */
struct hone_scratch {
    struct hone_arena *arena;
    struct hone_mark mark;
};
static inline struct hone_scratch hone_scratch_begin(struct hone_run *run)
{
    return (struct hone_scratch){&run->scratch, hone_arena_mark(&run->scratch)};
}
static inline void hone_scratch_end(struct hone_scratch *scratch)
{
    hone_arena_rewind(scratch->arena, scratch->mark);
}
#define HONE_SCRATCH(run)                                                                      \
    __attribute__((cleanup(hone_scratch_end), unused)) struct hone_scratch hone_scratch_here = \
        hone_scratch_begin(run)

/*
 * An arena of this block's own, for what operations called here hand out: HONE_ARENA(work); they get &work as mem.
 * Never hand &run->scratch to an operation as mem: it rewinds its own scratch, and its result with it.
 */
#define HONE_ARENA(name) HONE_CLOSING(hone_arena_free) struct hone_arena name = {0}

/* Declare a resource that is given back at the end of its block: HONE_CLOSING(f) struct x *x; */
#define HONE_CLOSING(function) __attribute__((cleanup(function)))

#endif
