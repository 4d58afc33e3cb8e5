/*
 * eval/curve.h - curves for reports
 *
 * Every point of a reduced curve is a corner of the full one: reducing leaves points out and moves none.
 */
#ifndef HONE_EVAL_CURVE_H
#define HONE_EVAL_CURVE_H

#include "eval/metrics.h"

#define HONE_CURVE_POINTS 200 /* a reduced curve has at most this many */

struct hone_curve {
    size_t n;
    double *x, *y; /* (n) */
    double *at;    /* (n) threshold: rows with at least this score count as positive */
};

/*
 * ROC of class k against the rest: x false positive rate, y true positive rate, from (0, 0) with
 * at = infinity to (1, 1).  Fails: HONE_E_NUMERIC when all rows are of class k or none is;
 * HONE_E_LIMIT.  Source: scikit-learn 1.2 roc_curve.
 */
enum hone_code hone_curve_roc(struct hone_run *run, const struct hone_prediction *p, size_t k,
                              struct hone_arena *mem, struct hone_curve *out);

/* Precision (y) over recall (x) by descending threshold.  Fails: HONE_E_NUMERIC when no row is of class k. */
enum hone_code hone_curve_pr(struct hone_run *run, const struct hone_prediction *p, size_t k,
                             struct hone_arena *mem, struct hone_curve *out);

/* Cumulative gain: x share of rows taken by descending score, y share of class k among them found;
 * the lift at x is y / x.  Fails as hone_curve_pr. */
enum hone_code hone_curve_gain(struct hone_run *run, const struct hone_prediction *p, size_t k,
                               struct hone_arena *mem, struct hone_curve *out);

/* Predicted against observed frequency of class k. */
struct hone_reliability {
    size_t n;           /* bins with rows */
    double *promised;   /* (n) mean score */
    double *observed;   /* (n) share of class k */
    double *low, *high; /* (n) its 95 % interval (Wilson, of the effective number of rows) */
    double *weight;     /* (n) weight of rows */
};
/* Equal-width bins over [0, 1]; empty ones are left out. */
enum hone_code hone_curve_reliability(struct hone_run *run, const struct hone_prediction *p,
                                      size_t k, size_t bins, struct hone_arena *mem,
                                      struct hone_reliability *out);

#endif
