/*
 * flow/train/select.h - try estimators on the training rows and keep the best
 *
 * Small tables are cross-validated, large ones hold a part of the training rows out (flow/train/folds.h).
 */
#ifndef HONE_FLOW_TRAIN_SELECT_H
#define HONE_FLOW_TRAIN_SELECT_H

#include "eval/metrics.h"
#include "flow/train/trial.h"

/* The best two together, where their raw scores mixed do better on validation rows than the best alone. */
struct hone_blend {
    double weight; /* of the best; the rest is the other's.  1: no blend */
    size_t other;  /* candidate */
    double score;  /* of the blend */
};

/* What the chosen model, or mixture, said of training rows that its fits did not see. */
struct hone_held_out {
    size_t n;
    size_t *place;  /* (n) among the training rows */
    double *y;      /* (n) */
    double *weight; /* (n) what the rows count in metrics; NULL: all 1 */
    double *raw;    /* (n, hone_score_width) */
};

struct hone_selection {
    const struct hone_metric *metric;
    size_t n;
    struct hone_candidate *candidate; /* best first; but see luck */
    bool luck; /* none was better than the baseline beyond chance: the baseline is first */
    struct hone_blend blend;
    size_t folds; /* 1: one held-out part */
    size_t valid_n;
    const char *how; /* as in struct hone_folds */
    struct hone_held_out held;
};

/*
 * The candidates of settings->model ("auto": all that serve the task) with settings->set applied, fitted on folds of
 * p->train and ranked; p->test is not looked at.  A winner that is better than the baseline only as chance has it gives way to the baseline, where
 * that was tried too.
 * Fails: HONE_E_ARG (no such estimator, or one that does not serve the task, no such setting), and as the
 * estimators do.
 */
enum hone_code hone_select(struct hone_run *run, const struct hone_prepared *p,
                           const struct hone_recipe *recipe,
                           const struct hone_train_settings *settings, struct hone_arena *mem,
                           struct hone_selection *out);

#endif
