/*
 * flow/train/trial.h - fit candidates on folds, and what they say of the rows that they did not see
 *
 * In each fold everything is fitted anew on the fold's own training rows: imputation, encodings, estimator.
 * Small folds run side by side on the threads, large ones one after the other with the threads inside; the
 * numbers are the same.
 */
#ifndef HONE_FLOW_TRAIN_TRIAL_H
#define HONE_FLOW_TRAIN_TRIAL_H

#include "flow/train/folds.h"
#include "learn/estimator.h"
#include "prep/recipe.h"

struct hone_candidate {
    const struct hone_estimator *estimator;
    void *settings; /* of the estimator */
    double
        score; /* the choosing metric over all validation rows; NaN: undefined, or no solution */
    size_t rounds;      /* mean over folds; 0: the estimator has none */
    double full_rounds; /* the same on all training rows, which carry a little more */
    double seconds;     /* in all folds */
    bool failed;        /* found no solution in some fold: it is out */
    double *raw;        /* while selecting: (validation rows, scores per row) */
    double *prob;       /* while selecting: (validation rows, classes) */
};

/* Raw scores per row: one for regression and two classes, else one per class. */
size_t hone_score_width(const struct hone_target_facts *target);

/* Raw scores to probabilities in place of regression's identity: out (rows, classes). */
void hone_link(enum hone_task task, size_t rows, size_t classes, const double *raw,
               double *out);

/* A fitted recipe and its rows as what an estimator takes; all borrowed. */
struct hone_design hone_design_of(const struct hone_target_facts *target,
                                  const struct hone_rows *rows,
                                  const struct hone_fitted *fitted);

/* The rows as transforms see them. */
struct hone_target hone_target_seen(const struct hone_target_facts *target,
                                    const struct hone_rows *rows);

/*
 * Fit n candidates on all folds.  Fills rounds, full_rounds, seconds, failed and raw, whose rows are the
 * folds' test rows, fold after fold.  A candidate that finds no solution is out when there are others.
 * resume (NULL: none) is the folder that keeps what long fits said, see flow/train/resume.h.
 * Fails: as hone_recipe_fit and the estimators.
 */
enum hone_code hone_trials_run(struct hone_run *run, const struct hone_prepared *p,
                               const struct hone_recipe *recipe, const struct hone_folds *folds,
                               const char *resume, struct hone_candidate *candidate, size_t n);

#endif
