/* monitor/drift_priv.h - what the drift tests of numbers share. */
#ifndef HONE_MONITOR_DRIFT_PRIV_H
#define HONE_MONITOR_DRIFT_PRIV_H

#include "monitor/drift.h"

/*
 * Laws of the two statistics for a window of the size of s that is like its reference, in units of the root of the
 * size.  Kept in s->null where there is one, else in *own.  Fails: HONE_E_LIMIT.
 */
enum hone_code hone_drift_laws(struct hone_run *run, const struct hone_drift_sample *s,
                               struct hone_drift_laws *own, const struct hone_drift_laws **out);

/* n m / (n + m) of window and reference. */
double hone_drift_size(const struct hone_drift_sample *s);

/* How often chance alone reaches x; and the x that it reaches so often. */
double hone_drift_law_sf(const struct hone_drift_law *law, double x);
double hone_drift_law_isf(const struct hone_drift_law *law, double p);

/* The two statistics at the points of the reference's grid: the largest gap, and the area without its tails, in the
 * column's unit. */
double hone_drift_gap(const struct hone_drift_sample *s);
double hone_drift_area(const struct hone_drift_sample *s, const struct hone_drift_laws *laws);

/* What is drawn of a column, in mem; expected and seen as before merging.  Fails: HONE_E_LIMIT. */
enum hone_code hone_drift_cells(struct hone_run *run, const struct hone_drift_sample *s,
                                const double *expected, const double *seen,
                                struct hone_arena *mem, struct hone_drift_column *out);

#endif
