/*
 * flow/loans.h - a made-up world of loan applications whose truths are known
 *
 * Three tables and the truth about them: applications with outcomes to learn from, later applications to be
 * scored, and the outcomes of those, which come in later.  What is planted: a signal, a column
 * that leaks the outcome, duplicates, dirty values, broken lines, a drift that begins on a known day, and one
 * district whose outcomes were recorded by a stricter rule.
 */
#ifndef HONE_FLOW_LOANS_H
#define HONE_FLOW_LOANS_H

#include "base/json.h"

struct hone_loans {
    int64_t rows; /* to learn from */
    int64_t days; /* of later applications */
    int64_t per_day;
    int64_t drift_day; /* 0-based day on which the drift begins */
};

/*
 * Write history.csv, live.csv, outcomes.csv and truth.json into a folder, which is made.  Randomness from
 * run->seed; the same arguments give the same bytes.  Fails: HONE_E_IO, HONE_E_ARG when drift_day >= days.
 */
enum hone_code hone_loans_write(struct hone_run *run, const char *folder,
                                const struct hone_loans *loans);

#endif
