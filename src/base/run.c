#include "base/run.h"

#include <time.h>

void hone_run_clear(struct hone_run *run)
{
    hone_arena_free(&run->scratch);
}

int64_t hone_now_us(const struct hone_run *run)
{
    struct timespec t;

    if (run->now != NULL) {
        return run->now(run->clock);
    }
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t hone_ticks_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

enum hone_code hone_check_cancel(struct hone_run *run)
{
    if (run->cancel != NULL && *run->cancel != 0) {
        return hone_fail(run, HONE_E_CANCELLED, "stopped on request");
    }
    if (run->deadline != 0 && hone_now_us(run) >= run->deadline) {
        return hone_fail(run, HONE_E_CANCELLED, "the deadline has passed");
    }
    return HONE_OK;
}
