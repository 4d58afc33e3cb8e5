/*
 * flow/select.h - try estimators on the training rows and keep the best
 *
 * Small tables are cross-validated, large ones hold a part of the training rows out.  In each
 * fold everything is fitted anew on the fold's own training rows: imputation, encodings, estimator.
 */
#ifndef HONE_FLOW_SELECT_H
#define HONE_FLOW_SELECT_H

#include "eval/metrics.h"
#include "flow/prepare.h"
#include "learn/estimator.h"
#include "prep/recipe.h"

/*
 * Fewer training rows than this are cross-validated, more are held out once.  Trees for classes stop early, so
 * folds cost little there; that they also pay was seen on two tables only (docs/benchmarks.md).
 */
#define HONE_CV_ROWS         10000
#define HONE_CV_ROWS_CLASSES 50000

struct hone_candidate {
    const struct hone_estimator *estimator;
    void *settings; /* of the estimator; rounds set to what validation found */
    double
        score; /* the choosing metric over all validation rows; NaN: undefined, or no solution */
    size_t rounds; /* mean over folds; 0: the estimator has none */
    double seconds;
    double *raw;  /* while selecting: (validation rows, scores per row) */
    double *prob; /* while selecting: (validation rows, classes) */
};

/* The best two together, where their raw scores mixed do better on validation rows than the best alone. */
struct hone_blend {
    double weight; /* of the best; the rest is the other's.  1: no blend */
    size_t other;  /* candidate */
    double score;  /* of the blend */
};

struct hone_selection {
    const struct hone_metric *metric;
    size_t n;
    struct hone_candidate *candidate; /* best first; but see luck */
    bool luck; /* none was better than the baseline beyond chance: the baseline is first */
    struct hone_blend blend;
    size_t folds; /* 1: one held-out part */
    size_t valid_n;
};

/*
 * The candidates of settings->model ("auto": all that serve the task) with settings->set applied, fitted and
 * ranked.  A winner that is better than the baseline only as chance has it gives way to the baseline, where
 * that was tried too.
 * Fails: HONE_E_ARG (no such estimator, or one that does not serve the task, no such setting), and as the
 * estimators do.
 */
enum hone_code hone_select(struct hone_run *run, const struct hone_prepared *p,
                           const struct hone_recipe *recipe,
                           const struct hone_train_settings *settings, struct hone_arena *mem,
                           struct hone_selection *out);

/* Raw scores to probabilities in place of regression's identity: out (rows, classes). */
void hone_link(enum hone_task task, size_t rows, size_t classes, const double *raw,
               double *out);

#endif
