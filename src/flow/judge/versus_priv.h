/*
 * flow/judge/versus_priv.h - a comparison at work
 */
#ifndef HONE_FLOW_JUDGE_VERSUS_PRIV_H
#define HONE_FLOW_JUDGE_VERSUS_PRIV_H

#include "flow/judge/versus.h"
#include "flow/model/score.h"
#include "flow/train/target.h"

struct hone_versus_model {
    struct hone_located located;
    struct hone_scorer scorer;
    struct hone_table *data; /* as this model reads it */
    struct hone_scores scores;
    const double *prob;    /* (rows, classes) in the order of the first model's classes */
    const uint32_t *label; /* (rows) the same; regression: NULL */
    struct hone_prediction p;
    struct hone_interval *interval; /* (metrics) */
    bool labels_only;               /* it gives no probabilities */
    bool knows_rows;                /* it was trained on a table of this content */
    double batch;                   /* seconds per row of all rows at once */
    double single;                  /* median seconds of one row; NaN: not measured */
};

/* One model against the first by one metric. */
struct hone_versus_test {
    size_t model, metric;
    struct hone_comparison c;
    double p_adjusted;
    const char *verdict;
};

struct hone_versus_work {
    const struct hone_versus *in;
    struct hone_arena *mem;
    size_t n;
    struct hone_versus_model *model; /* (n) */
    struct hone_target_facts target;
    struct hone_target_rows truth;
    size_t metrics;
    const struct hone_metric **metric;
    size_t tests;
    struct hone_versus_test *test;
};

/* The document.  New reference. */
json_t *hone_versus_json(struct hone_run *run, const struct hone_versus_work *w);

#endif
