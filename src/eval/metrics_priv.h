/*
 * eval/metrics_priv.h - what the files of metrics share
 */
#ifndef HONE_EVAL_METRICS_PRIV_H
#define HONE_EVAL_METRICS_PRIV_H

#include "eval/metrics.h"

/* The settings of any metric that has some; each metric has rows for the fields it reads. */
struct hone_metric_settings {
    const char *average; /* of precision, recall, f1 ... */
    const char *cost;    /* of cohen_kappa */
    int64_t bins;        /* of ece */
    int64_t k;           /* of top_k_accuracy */
    double alpha;        /* of pinball: the quantile */
    double beta;         /* of fbeta */
    double share;        /* of lift */
    double delta;        /* of huber */
};

/* In the run's scratch. */
enum hone_code hone_count_classes(struct hone_run *run, const struct hone_prediction *p,
                                  struct hone_class_counts *out);

/* The margins of a table whose cells are there; truth and predicted are zeroed. */
void hone_count_margins(struct hone_class_counts *c);

/* The metric with these settings, by whichever way it has. */
enum hone_code hone_metric_compute(struct hone_run *run, const struct hone_metric *metric,
                                   const void *settings, const struct hone_prediction *p,
                                   struct hone_measure *out);

/* Of one class against the rest, rows in the order of hone_rank_class; NaN where undefined. */
double hone_class_auc(const struct hone_prediction *p, size_t k, const uint32_t *order);
double hone_class_ap(const struct hone_prediction *p, size_t k, const uint32_t *order);

/* Rows by descending score of class k: from p->order, else sorted into the run's scratch. */
enum hone_code hone_rank_class(struct hone_run *run, const struct hone_prediction *p, size_t k,
                               const uint32_t **order);

#endif
