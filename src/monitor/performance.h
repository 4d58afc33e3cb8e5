/*
 * monitor/performance.h - is the model still as good as it was on the test rows?
 *
 * Answers that were given, joined with the truth that came later, window by window, with an interval beside that of
 * the test rows.  Nothing is scored here.  Rows without a label are left out of the metric: where labels come for some
 * kinds of rows only, it is the metric of those, which is why their share stands beside it.
 */
#ifndef HONE_MONITOR_PERFORMANCE_H
#define HONE_MONITOR_PERFORMANCE_H

#include "base/json.h"
#include "eval/bootstrap.h"
#include "monitor/window.h"

enum hone_performance_state {
    HONE_PERFORMANCE_FEW,     /* too few labels to tell */
    HONE_PERFORMANCE_WAITING, /* labels are still coming in */
    HONE_PERFORMANCE_FINE,    /* not shown to be worse */
    HONE_PERFORMANCE_WORSE,   /* worse than on the test rows, beyond chance and tolerance */
};
/* "too few labels", "waiting for labels", "fine", "worse". */
const char *hone_performance_name(enum hone_performance_state state);

/* What was said and what became of it. */
struct hone_outcomes {
    enum hone_task task;
    size_t classes;
    double threshold; /* as in struct hone_prediction */
    size_t n;         /* in order of time */
    const int64_t
        *time; /* (n) of the answer, µs; NULL: not known, then nothing is waited for */
    const double *truth;       /* (n) as y in struct hone_prediction; NaN: no label */
    const int64_t *label_time; /* (n) µs, where there is a label; NULL: not known */
    const float *const *score; /* (n) pointers to (classes) */
    /* Rows without a label need not be among the n: */
    const size_t *asked; /* (windows) rows of each, listed or not; NULL: all are listed */
    size_t early;  /* with asked: so many of the n are among the earlier half of all rows */
    size_t unread; /* labels that are neither a class nor a number: rows without one */
    const char *unread_text; /* the first of them; NULL: none */
};

struct hone_performance_options {
    const struct hone_metric *metric;
    struct hone_interval
        test;            /* of the test rows, 95 %; low or high NaN: nothing to compare with */
    double alpha;        /* of one window; 0: 0.01 */
    double tolerance;    /* how much worse is still well; 0: 0.01, or a twentieth of an error */
    size_t k, of;        /* an alarm needs k worse windows of the last `of`; 0: 2 of 3 */
    size_t least_labels; /* 0: 100 */
    int64_t delay; /* µs from a window's end until its labels are there; -1: by their delays */
    int64_t now;   /* µs; 0: everything is there */
};

struct hone_performance_window {
    struct hone_window window; /* its rows are those that were listed */
    size_t rows;               /* listed or not */
    size_t labelled;           /* of rows */
    double value, low, high;   /* of the metric; 95 % interval; NaN with too few labels */
    const char *why;           /* there is no value; NULL */
    double worse;              /* than on the test rows, in the metric's bad direction */
    double worse_least; /* its one-sided lower bound at alpha: above the tolerance is "worse" */
    enum hone_performance_state state;
    bool alarm; /* k of the last `of` windows that can tell are worse */
};

struct hone_performance {
    const struct hone_metric *metric;
    struct hone_interval test;
    double alpha, tolerance;
    size_t k, of, least_labels;
    int64_t delay; /* as it was given, or found */
    size_t rows, labelled;
    size_t unread; /* as in the outcomes, not among labelled */
    const char *unread_text;
    struct hone_interval all; /* of all labelled rows */
    size_t n;
    struct hone_performance_window *window; /* (n) in order of time */
    size_t first_alarm, since;              /* as in struct hone_watch; n: never */
};

/*
 * Judge windows of outcomes; their rows are places in the outcomes.  What rows without a label change is how many they are
 * (rows), and by that which labels are of the earlier half (delay): so a caller who knows both may leave them out.
 *
 * A window is worse when the one-sided interval of the difference from the test rows, at alpha and with the errors of
 * both sides, lies above the tolerance.  The two intervals are joined by MOVER (Zou & Donner, Statistics in
 * Medicine 27, 2008), so that skew ones stay right.  Windows are looked at one after the other: what that costs is paid
 * by asking for k of `of` windows (docs/monitor.md has the rates).  Windows with too few labels, or whose labels
 * still come in, neither raise nor calm.  Intervals are those of hone_bootstrap_intervals with run->seed.
 * Fails: HONE_E_ARG for k > of; as hone_bootstrap_intervals.
 */
enum hone_code hone_performance_judge(struct hone_run *run,
                                      const struct hone_outcomes *outcomes,
                                      const struct hone_window *windows, size_t n,
                                      const struct hone_performance_options *options,
                                      struct hone_arena *mem, struct hone_performance *out);

/* docs/monitor.md says what is in it; new reference. */
json_t *hone_performance_json(const struct hone_performance *p);

#endif
