/*
 * base/progress.h - how far long work has come
 *
 * Operations report; whoever owns the run decides what is shown: a bar, events as JSON (cli/meter.h), nothing.  There
 * is one stage at a time: who calls operations with stages of their own inside a stage sets run->progress to NULL
 * meanwhile.  A stage that fails is not ended; the next one takes its place.  All calls are cheap and do
 * nothing when run->progress is NULL.  Called by one thread at a time.
 */
#ifndef HONE_BASE_PROGRESS_H
#define HONE_BASE_PROGRESS_H

#include "base/run.h"

/* What show is called for. */
enum hone_progress_state { HONE_PROGRESS_MOVED, HONE_PROGRESS_BEGAN, HONE_PROGRESS_ENDED };

struct hone_progress {
    /* A stage began (done is 0), moved, or ended (done equals total), which state says too. unit is what is counted: "rows",
     * "trees".  total of 0 means unknown. */
    void (*show)(struct hone_progress *self, const char *stage, const char *unit, uint64_t done,
                 uint64_t total);
    enum hone_progress_state state;
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
