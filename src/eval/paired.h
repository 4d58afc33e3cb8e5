/*
 * eval/paired.h - classical tests of one or two models on the same rows
 *
 * They need no resampling.  hone_bootstrap_compare serves any metric; these are for what they are made for, and
 * for who wants the textbook's number.  All take weights as hone_metric_value does, save McNemar's test, which
 * counts rows.  p has passed, or is checked as by, hone_prediction_check.
 */
#ifndef HONE_EVAL_PAIRED_H
#define HONE_EVAL_PAIRED_H

#include "eval/metrics.h"

/* The area under the ROC curve of class 1 with its standard error. */
struct hone_delong {
    double auc;
    double error;   /* NaN with fewer than two rows of a class */
    double freedom; /* of a t interval: Welch's, from the two classes' shares of the variance */
    double low, high; /* on the logit scale; for an area of 0 or 1 Newcombe's method 5 */
};

/*
 * level: coverage, 0.95.  Cost O(n log n), or O(n) where p->order is there.
 * With few rows of one class the variance is drawn towards that of Newcombe's method 5 (weight 5 rows), and the
 * quantile is Student's: without either, 95 % intervals of 5 positive rows cover 85 %.
 * Fails: HONE_E_ARG unless binary; HONE_E_NUMERIC when a class is absent; HONE_E_LIMIT.
 * Source: DeLong, DeLong & Clarke-Pearson, Biometrics 44, 1988; Newcombe, Statist. Med. 25, 2006.
 */
enum hone_code hone_delong(struct hone_run *run, const struct hone_prediction *p, double level,
                           struct hone_delong *out);

/* Two correlated areas: b minus a. */
struct hone_delong_pair {
    double a, b;
    double gain, error;
    double low, high; /* of gain, at level */
    double p_value;   /* two-sided; 1 when both rank all pairs alike */
};
/* Fails as hone_delong; HONE_E_SHAPE when rows or targets differ. */
enum hone_code hone_delong_compare(struct hone_run *run, const struct hone_prediction *a,
                                   const struct hone_prediction *b, double level,
                                   struct hone_delong_pair *out);

/* Rows that only one of two classifiers gets right. */
struct hone_mcnemar {
    size_t only_a, only_b;
    double p_exact; /* two-sided binomial: never too small, often too large */
    double p_mid;   /* mid-p: nearer to its level; the one to use (Fagerland et al., 2013) */
};
/* Any classification task.  Fails: HONE_E_ARG for regression; HONE_E_SHAPE as above. */
enum hone_code hone_mcnemar(struct hone_run *run, const struct hone_prediction *a,
                            const struct hone_prediction *b, struct hone_mcnemar *out);

/*
 * Two-sided p-value of the gains of one learner over another in k folds of a cross-validation (or k random
 * splits), whose training rows overlap: the variance grows by test / train.  NaN for k < 2 or no spread.
 * Source: Nadeau & Bengio, Machine Learning 52, 2003, eq. 9.
 */
double hone_corrected_t(size_t k, const double *gain, double train_rows, double test_rows);

#endif
