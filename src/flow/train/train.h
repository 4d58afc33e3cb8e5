/*
 * flow/train/train.h - from prepared rows to a finished model file and its test figures
 */
#ifndef HONE_FLOW_TRAIN_TRAIN_H
#define HONE_FLOW_TRAIN_TRAIN_H

#include "base/hash.h"
#include "flow/model/score.h"
#include "flow/train/calibration.h"
#include "flow/train/cutoff.h"

/* What answers are worth on the test rows, per row. */
struct hone_worths {
    double at_threshold, at_half, never, always;
    double low, high; /* 95 % interval of at_threshold, by its standard error */
};

struct hone_trained {
    struct hone_str bytes; /* the ONNX file */
    struct hone_sha hash;  /* of the bytes: the model's identity */
    struct hone_recipe *recipe;
    struct hone_selection selection;
    const char *what;  /* "gbt", or "gbt 65 % + logistic 35 %" */
    size_t rounds;     /* of the kept estimator, on all training rows */
    const char *rules; /* of one that people can read, a line each; NULL: none */
    size_t features;
    const struct hone_feature *feature;
    const double *importance; /* (features) or NULL */
    struct hone_scorer scorer;
    struct hone_scores scores; /* of the test rows, in their order */
    size_t metrics;
    const struct hone_metric **metric;
    struct hone_interval *interval; /* (metrics) on the test rows */
    struct hone_calibration calibration;
    struct hone_cutoff_rule rule;
    struct hone_cutoff cutoff; /* two classes */
    struct hone_goals goals;
    const struct hone_interval **reached; /* (goals.n) of the goals' metrics */
    enum hone_verdict *verdict;           /* (goals.n) */
    struct hone_worths worths;            /* where goals.valued */
};

/*
 * Choose the recipe and the estimator on the training rows, calibrate and set the threshold by rows held out of
 * them, fit on all of them, write the file, score the test rows with the written file, and judge the goals by them.
 * lineage (borrowed; NULL: none) is stored in the file as it is: it must hold nothing that differs between two
 * equal trainings (no time, no path).  Same inputs, same bytes, for any number of threads.
 * Fails: as hone_goals_read, hone_goals_check, hone_cutoff_read, hone_recipe_choose, hone_select, the estimators, hone_score.
 */
enum hone_code hone_train(struct hone_run *run, const struct hone_prepared *p,
                          const struct hone_train_settings *settings, const json_t *lineage,
                          struct hone_arena *mem, struct hone_trained *out);

#endif
