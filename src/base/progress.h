/*
 * base/progress.h - how far long work has come
 *
 * Operations report; whoever owns the run decides what is shown.  All calls are cheap and do
 * nothing when run->progress is NULL.  Called by one thread at a time.
 */
#ifndef HONE_BASE_PROGRESS_H
#define HONE_BASE_PROGRESS_H

#include "base/run.h"

struct hone_progress {
    /* A stage began (done is 0), moved, or ended (done equals total). unit is what is counted: "rows",
     * "trees".  total of 0 means unknown. */
    void (*show)(struct hone_progress *self, const char *stage, const char *unit, uint64_t done,
                 uint64_t total);
    const char *stage;
    const char *unit;
    uint64_t total;
    uint64_t done;
    /* What the reporter knows better than the counts say; hone_progress_begin resets them. */
    const char *detail;  /* what is being done just now; NULL: nothing to say */
    double seconds_left; /* 0: as the rate has it; NaN: no one can tell */
    bool more_left;      /* seconds_left is what is known of, and there is more */
};

void hone_progress_begin(struct hone_run *run, const char *stage, const char *unit,
                         uint64_t total);
void hone_progress_at(struct hone_run *run, uint64_t done);
void hone_progress_end(struct hone_run *run);

#endif
