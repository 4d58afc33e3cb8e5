/*
 * eval/bootstrap.h - how sure a metric is, and whether one model is better than another
 *
 * Rows are drawn with replacement and every metric is computed on the drawn rows; which interval is read off the
 * replicates depends on the metric, so that each holds its coverage also on few rows:
 *
 *   "wilson"       shares of rows (accuracy; precision, recall, specificity of class 1): Wilson's, no replicates
 *   "delong"       roc_auc and gini of two classes: DeLong's on the logit scale (eval/paired.h), no replicates
 *   "student"      means over rows (log_loss, brier, rmse, mae ...): replicates of (m* - m) / se* on the log scale
 *   "bca"          all others: percentiles, corrected for bias and skew, widened to Student's quantile
 *   "basic"        ece, and where nearly all replicates lie on one side of the value: reaches as far to the other
 *   "percentile"   means on many rows, and stratified draws: percentiles of the replicates
 *
 * Replicate b draws from a random stream of its own, so the numbers depend on run->seed and nothing else.
 * With weights the effective number of rows is Kish's.  Rows are assumed to be independent: intervals are too
 * narrow for repeated measures of one entity.  tests/unit/test_coverage.c holds coverage and error rates.
 * Source: Efron & Tibshirani, An Introduction to the Bootstrap, 1993, ch. 12 (student), 14 (bca); Hesterberg,
 * Amer. Statistician 69, 2015 (widening).
 */
#ifndef HONE_EVAL_BOOTSTRAP_H
#define HONE_EVAL_BOOTSTRAP_H

#include "eval/metrics.h"

struct hone_bootstrap {
    size_t replicates; /* 0: 500 */
    double level;      /* coverage; 0: 0.95 */
    bool stratified;   /* classification: keep the number of rows of each class */
};

struct hone_interval {
    double value;    /* on the rows as they are */
    const char *why; /* as in struct hone_measure */
    double low,
        high;     /* NaN when fewer than half of the replicates are defined, or all are alike */
    double error; /* standard deviation over replicates */
    size_t replicates;  /* that were defined */
    const char *method; /* of the interval, as above; NULL: there is none */
};

/*
 * Intervals of n metrics (all with default settings) over the same resamples: out (n).
 * Cost O(replicates * rows * classes), one sort per class.  Parallel over replicates.
 * Fails: as hone_metric_value; HONE_E_CANCELLED, HONE_E_LIMIT.
 */
enum hone_code hone_bootstrap_intervals(struct hone_run *run, const struct hone_prediction *p,
                                        const struct hone_metric *const *metrics, size_t n,
                                        const struct hone_bootstrap *how,
                                        struct hone_interval *out);

/* b minus a, oriented so that greater means b is better. */
struct hone_comparison {
    double a, b;      /* values of the metric */
    double gain;      /* how much better b is */
    double low, high; /* interval of gain: gain -+ t error, Student's t of the rows less one */
    double error;     /* standard error of gain, from the paired replicates */
    double
        p_value; /* two-sided, of gain / error: below 1 - level when the interval leaves out 0 */
    double
        p_adjusted; /* Holm's, over the metrics compared: the chance of one false claim among all */
    size_t replicates;
    const char *verdict; /* "better", "worse", "no evidence": b against a by p_adjusted */
};

/*
 * Compare two sets of predictions of the same rows (same y, weights, task) by paired resamples: out (n).
 * Fails: HONE_E_SHAPE when rows, classes or targets differ; else as hone_bootstrap_intervals.
 */
enum hone_code hone_bootstrap_compare(struct hone_run *run, const struct hone_prediction *a,
                                      const struct hone_prediction *b,
                                      const struct hone_metric *const *metrics, size_t n,
                                      const struct hone_bootstrap *how,
                                      struct hone_comparison *out);

#endif
