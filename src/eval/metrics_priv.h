/*
 * eval/metrics_priv.h - what the files of metrics share
 */
#ifndef HONE_EVAL_METRICS_PRIV_H
#define HONE_EVAL_METRICS_PRIV_H

#include "eval/metrics.h"

/* The settings of any metric that has some; each metric has rows for the fields it reads. */
struct hone_metric_settings {
    const char *average; /* of precision, recall, f1 */
    int64_t bins;        /* of ece */
    double alpha;        /* of pinball: the quantile */
};

/* Rows by descending score of class k: from p->order, else sorted into the run's scratch. */
enum hone_code hone_rank_class(struct hone_run *run, const struct hone_prediction *p, size_t k,
                               const uint32_t **order);

#endif
