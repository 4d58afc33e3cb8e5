/*
 * eval/detail.h - a classifier's quality in tables: by class, by threshold, by decile, by promise
 *
 * Arrays of results are in mem.  Weights count as in metrics; p is checked as by hone_prediction_check.
 */
#ifndef HONE_EVAL_DETAIL_H
#define HONE_EVAL_DETAIL_H

#include "eval/threshold.h"

/* One class against the rest; 0 / 0 is NaN here, so that a table can leave it empty. */
struct hone_class_score {
    double rows, predicted; /* weight that is, and that is said to be, of the class */
    double precision, recall, specificity, f1;
    double roc_auc, average_precision;
};
/* (classes).  Fails: HONE_E_ARG for regression; HONE_E_LIMIT. */
enum hone_code hone_class_scores(struct hone_run *run, const struct hone_prediction *p,
                                 struct hone_arena *mem, struct hone_class_score **out);

/* What saying yes from a threshold on gives (two classes). */
struct hone_threshold_row {
    double at, share; /* share of weight that is said yes to */
    double tp, fp, fn, tn;
    double precision, recall, fpr, f1, accuracy; /* NaN for 0 / 0 */
    double value; /* mean worth per unit of weight; NaN without worth */
};
/* At n thresholds at[], any order.  worth may be NULL.  Fails: HONE_E_ARG unless binary. */
enum hone_code hone_threshold_rows(struct hone_run *run, const struct hone_prediction *p,
                                   const struct hone_value_matrix *worth, size_t n,
                                   const double *at, struct hone_arena *mem,
                                   struct hone_threshold_row **out);

/* Rows by descending score of class 1, cut in bins of equal weight; tied rows at an edge count in part. */
struct hone_lift_bin {
    double weight, score; /* score: mean */
    double rate;          /* share of class 1 in the bin */
    double lift;          /* rate over that of all rows */
    double captured;      /* share of class 1 in this and all bins before */
    double cumulative;    /* lift of this and all bins before */
};
/* (bins).  Fails: HONE_E_ARG unless binary; HONE_E_NUMERIC when no row is of class 1. */
enum hone_code hone_lift_bins(struct hone_run *run, const struct hone_prediction *p,
                              size_t bins, struct hone_arena *mem, struct hone_lift_bin **out);

/*
 * How true the probabilities of class 1 are: a logistic regression of the class on the logit of the score.  Slope 1
 * and intercept 0 are perfect; slope below 1: too sure.  Scores are kept 1e-6 from 0 and 1.
 */
struct hone_recalibration {
    double slope, intercept;
    double slope_error, intercept_error; /* standard errors */
    double promised, happened;           /* mean score, share of class 1 */
    double
        p_value; /* of slope 1 and intercept 0 together: likelihood ratio, 2 degrees of freedom */
};
/* Fails: HONE_E_ARG unless binary; HONE_E_NUMERIC when one class is absent or the two are parted by the score. */
enum hone_code hone_recalibrate(struct hone_run *run, const struct hone_prediction *p,
                                struct hone_recalibration *out);

#endif
