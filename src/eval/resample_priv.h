/*
 * eval/resample_priv.h - many metrics of many resamples of the same rows
 *
 * A resample is how often each row is taken: nothing is copied.  What metrics of one kind share is worked out
 * once for all resamples (losses of rows, cells of the confusion table, the order of scores), so that a
 * resample of n rows costs a few passes over n.  What has none of these forms is computed by its value().
 */
#ifndef HONE_EVAL_RESAMPLE_PRIV_H
#define HONE_EVAL_RESAMPLE_PRIV_H

#include "eval/metrics_priv.h"

/* One model's predictions, made ready. */
struct hone_lanes {
    struct hone_prediction p; /* with order and label; rows of a single binary model by score */
    bool by_cells;            /* metrics of classes come from cell */
    const uint8_t *cell;      /* (rows) class and predicted class, at most 16 classes */
    const double *loss;       /* (losses, rows) */
    const size_t *loss_of;    /* (n) which loss a metric is the mean of; SIZE_MAX: none */
    const double *gap;        /* (rows) of the one metric that has some; NULL: none has */
    const uint16_t *bin;      /* (rows) */
    size_t gap_of, bins;      /* which metric, and how many bins */
    const uint32_t *rank;    /* (rows) rows by descending score of class 1; NULL: they are so */
    const uint8_t *positive; /* (rows) of class 1, in that order; NULL: no metric needs it */
    const uint32_t *end;     /* (groups) where rows of one score end, in that order */
    size_t groups;
};

struct hone_resample {
    size_t models; /* 1, or 2 to compare */
    struct hone_lanes lane[2];
    const struct hone_metric *const *metrics;
    const struct hone_metric_settings *settings; /* (n) */
    size_t n;
    bool spread;             /* also the errors of means */
    const uint32_t *stratum; /* (rows) rows grouped by class; NULL: one group */
    const size_t *start;     /* (groups + 1) into stratum */
    size_t groups;
    const uint8_t
        *poisson;  /* (65536) counts of a large resample; NULL: rows are drawn one by one */
    double *value; /* (replicates, models, n) */
    double *error; /* the same: of a mean its relative standard error; NaN for others; NULL */
};

/*
 * Check the predictions and make the lanes in mem.  Fails: as hone_prediction_check; HONE_E_ARG for a metric of
 * another task.
 */
enum hone_code hone_resample_new(struct hone_run *run, const struct hone_prediction *const *p,
                                 size_t models, const struct hone_metric *const *metrics,
                                 size_t n, bool stratified, struct hone_arena *mem,
                                 struct hone_resample *out);

/* The metrics of one resample: value (models, n), and error (models, n) unless NULL. */
enum hone_code hone_resample_count(struct hone_run *run, const struct hone_resample *r,
                                   const uint8_t *count, double *value, double *error);

/* Draw and compute all replicates, in parallel; replicate b depends on run->seed and b alone. */
enum hone_code hone_resample_draw(struct hone_run *run, struct hone_resample *r,
                                  size_t replicates, struct hone_arena *mem);

/* Leave out each of g <= HONE_JACKKNIFE random groups of rows (single rows where there are no more): value (g, n)
 * of the first model, in mem. */
#define HONE_JACKKNIFE 200
enum hone_code hone_resample_leave_out(struct hone_run *run, const struct hone_resample *r,
                                       struct hone_arena *mem, double **value, size_t *g);

#endif
