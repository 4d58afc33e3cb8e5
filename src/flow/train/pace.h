/*
 * flow/train/pace.h - how far the fits of a training are, while they run side by side
 *
 * One line for all: how many fits of how many are done, which one is at work and in which round, and the time
 * that is left.  That is what fits of the same estimator took, by their rows; while some estimator has
 * not finished a fit yet there is more to come that no one knows, and the line says so.
 */
#ifndef HONE_FLOW_TRAIN_PACE_H
#define HONE_FLOW_TRAIN_PACE_H

#include "base/pool.h"
#include "base/progress.h"

struct hone_pace_fit {
    const char *name; /* of the estimator: what it was fitted for as well */
    size_t kind;      /* fits of one kind take time in proportion to their rows */
    size_t fold, folds;
    double rows;
    int64_t began;  /* hone_ticks_ns; 0: not yet */
    double seconds; /* taken, once done; 0: it was not done anew */
    bool done;
};

struct hone_pace {
    struct hone_progress *to; /* NULL: no one looks, and all below does nothing */
    struct hone_mutex *lock;
    struct hone_pace_fit *fit; /* (n) in the order of the work */
    size_t n, done;
    size_t abreast; /* fits that run side by side */
    double rows;    /* of the fit on all rows that comes after */
    char detail[96];
};

/* Begin a line about n fits; fit (n) is borrowed.  One of them follows on so many rows.  End it with hone_pace_end whatever happens. */
void hone_pace_begin(struct hone_run *run, struct hone_pace_fit *fit, size_t n, size_t abreast,
                     double rows, struct hone_pace *pace);
void hone_pace_end(struct hone_run *run, struct hone_pace *pace);

/* One fit at work: what it reports to the run that it gets becomes part of the line.  Any thread. */
struct hone_pace_watch {
    struct hone_progress progress; /* first: show gets a pointer to it */
    struct hone_pace *pace;
    size_t at;
    struct hone_progress *before; /* of the run */
};
void hone_pace_enter(struct hone_run *run, struct hone_pace *pace, size_t at,
                     struct hone_pace_watch *watch);
/* The fit is done after so many seconds; of a fit that was not done anew, 0. */
void hone_pace_leave(struct hone_run *run, struct hone_pace_watch *watch, double seconds);

#endif
