/*
 * explain/fairness.h - how a model treats groups of rows
 *
 * Rates per group with intervals, and the widest gaps between groups with a verdict that also knows "too little
 * evidence".  Groups are any column's values: it need not be one the model uses.  Names as in Fairlearn.
 */
#ifndef HONE_EXPLAIN_FAIRNESS_H
#define HONE_EXPLAIN_FAIRNESS_H

#include "eval/metrics.h"

/* A share with its 95 % interval (Wilson 1927); NaN where the denominator is 0. */
struct hone_share {
    double value, low, high;
    double
        n; /* denominator; of rows with weights as many of equal weight as tell as much (Kish 1965) */
};

struct hone_group {
    const char *name;
    size_t rows;                 /* whatever they weigh */
    struct hone_share base;      /* P(y = 1) */
    struct hone_share selection; /* P(predicted = 1) */
    struct hone_share tpr, fpr;  /* P(predicted = 1 | y = 1), ... | y = 0) */
    double value;                /* of the metric; NaN: undefined */
    double mean_error;           /* regression: mean of prediction - truth */
};

/* The widest difference of one rate between two groups that both have HONE_GROUP_SUPPORT rows behind it. */
#define HONE_GROUP_SUPPORT 30
struct hone_gap {
    const char *name; /* "demographic_parity_difference", ... */
    size_t high_group, low_group;
    double value, low, high; /* 95 % interval (Newcombe 1998, method 10) */
    double ratio;            /* low rate / high rate */
    const char *verdict;     /* "pass", "fail", "insufficient evidence" against the tolerance */
};

struct hone_fairness {
    const struct hone_metric *metric;
    size_t groups;
    struct hone_group *group; /* (groups) */
    bool rates;               /* two classes: shares mean something; else mean_error does */
    size_t
        gaps; /* of parity, opportunity, false positives: those that two groups have support for */
    struct hone_gap gap[3];
    double tolerance;
};

/*
 *   p          binary or regression; its weights count in every rate, and in what a rate rests on
 *   code       (rows) group of each row, below groups
 *   name       (groups)
 *   tolerance  the difference that is accepted, in (0, 1)
 *
 * Fails: HONE_E_ARG for a task with more than two classes; as hone_metric_value.
 */
enum hone_code hone_fairness(struct hone_run *run, const struct hone_prediction *p,
                             const uint32_t *code, size_t groups, const char *const *name,
                             double tolerance, struct hone_arena *mem,
                             struct hone_fairness *out);

/* Interval of hits out of n. */
struct hone_share hone_wilson(double hits, double n);

#endif
