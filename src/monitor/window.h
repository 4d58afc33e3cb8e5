/*
 * monitor/window.h - drift over time
 */
#ifndef HONE_MONITOR_WINDOW_H
#define HONE_MONITOR_WINDOW_H

#include "monitor/drift.h"

/* Consecutive rows in time. */
struct hone_window {
    const char
        *label; /* "2024-02-29", "2024-W09" by its Monday "2024-02-26", or "rows 1-500" */
    int64_t begin,
        end; /* [begin, end) µs; by rows: end is just behind the last row's time; 0 without times */
    size_t n;
    const size_t *row; /* (n) */
};

/*
 * Cut a table into windows.
 *
 *   time    a date, timestamp or number column; NULL: rows are in order and by must be a number
 *   by      "hour", "day", "week" (from Monday), "month", all UTC; or a number of rows
 *
 * Rows without a time are left out.  A last window by rows that is less than half full joins the one
 * before.  Windows are in order of time; empty periods are left out.
 * Fails: HONE_E_ARG when by is none of these or needs a time column; HONE_E_NOT_FOUND for the column;
 * HONE_E_LIMIT.
 */
enum hone_code hone_windows_cut(struct hone_run *run, const struct hone_table *table,
                                const char *time, const char *by, struct hone_arena *mem,
                                struct hone_window **out, size_t *n);

/*
 * The window that a moment falls into, without rows, where windows are by hour, day, week or month.
 * Fails: HONE_E_ARG.
 */
enum hone_code hone_window_at(struct hone_run *run, const char *by, int64_t us,
                              struct hone_arena *mem, struct hone_window *out);

struct hone_watch_options {
    struct hone_drift_options drift;
    size_t k, of; /* an alarm needs k drifted among the last `of` windows; 0: 2 of 3 */
};

struct hone_watch_step {
    const struct hone_window *window;
    struct hone_drift_report *report;
    bool alarm; /* k of the last `of` windows, this one included, have drifted */
};

struct hone_watch {
    size_t n;
    struct hone_watch_step *step; /* (n) in order of time */
    size_t first_alarm;           /* step at which the first alarm is raised; n: never */
    size_t since; /* the first drifted window among those that raised it; n: never */
};

/*
 * Compare each window of a table with the reference.  Windows with too few rows neither raise nor
 * calm.  predictions as in hone_drift_run, for all rows of the table.
 * Fails: as hone_drift_run.
 */
enum hone_code hone_watch_run(struct hone_run *run, const struct hone_reference *reference,
                              const struct hone_table *table,
                              const struct hone_table *predictions,
                              const struct hone_window *windows, size_t n,
                              const struct hone_watch_options *options, struct hone_arena *mem,
                              struct hone_watch *out);

/* Mark the steps at which k of the last `of` windows that can tell have drifted, and find the first. */
void hone_watch_judge(struct hone_watch *watch, size_t k, size_t of);

/* {"windows": [...], "first_alarm": label or null, "since": label or null}; new reference. */
json_t *hone_watch_json(const struct hone_watch *watch);
/* One line per window, then the verdict. */
void hone_watch_text(const struct hone_watch *watch, struct hone_buf *out);

#endif
