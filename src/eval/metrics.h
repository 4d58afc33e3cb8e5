/*
 * eval/metrics.h - how good predictions are
 *
 * A metric is a function of arrays: what was true, what was predicted, optional weights.  Names and
 * definitions are scikit-learn 1.2's, ties, weights and missing classes included; where that
 * raises an exception, the value here is NaN and says why.  Docs: docs/eval.md.
 */
#ifndef HONE_EVAL_METRICS_H
#define HONE_EVAL_METRICS_H

#include "base/part.h"
#include "base/task.h"

/*
 * Predictions beside the truth.  All arrays are borrowed.  Zeroed members mean "none" or the default.
 */
struct hone_prediction {
    enum hone_task task;
    size_t rows;
    size_t classes;         /* regression 1, binary 2, else the number of classes */
    const double *y;        /* (rows) finite target, or class index 0..classes-1 */
    const double *score;    /* (rows, classes) probabilities; regression: (rows) predictions */
    const float *score_f32; /* the same, where score is NULL */
    const double *weight;   /* (rows) >= 0; NULL: all 1.  A row of weight 0 is as if absent */
    const uint32_t *label;  /* (rows) predicted class; NULL: from score, see hone_predicted */
    double threshold; /* binary: class 1 from this probability on; 0: the likelier class */
    /* set by resampling only */
    const uint8_t *count;  /* (rows) how often a row is taken; NULL: once */
    const uint32_t *order; /* (classes, rows) rows by descending score of the class; regression:
                              rows by ascending |error|; NULL: metrics sort for themselves */
};

/* The score of a class at a row; regression: class 0. */
static inline double hone_score_at(const struct hone_prediction *p, size_t row, size_t k)
{
    size_t at = row * p->classes + k;
    return p->score != NULL ? p->score[at] : (double)p->score_f32[at];
}

/* What a row counts. */
static inline double hone_weight_at(const struct hone_prediction *p, size_t row)
{
    double w = p->weight == NULL ? 1.0 : p->weight[row];
    return p->count == NULL ? w : w * (double)p->count[row];
}

/* The predicted class of a row: label, else by threshold, else the first of the greatest scores. */
size_t hone_predicted(const struct hone_prediction *p, size_t row);

struct hone_measure {
    double value;    /* NaN: undefined for this input */
    const char *why; /* what was undefined, a constant; NULL: nothing.  A value that follows
                        scikit-learn's convention (0 for a precision 0/0) has a why as well */
};

/* Metrics of two classes that one walk down the scores gives. */
enum hone_ranking { HONE_RANKING_NONE, HONE_RANKING_AUC, HONE_RANKING_GINI, HONE_RANKING_AP };

struct hone_class_counts;

struct hone_metric {
    struct hone_part part;
    unsigned tasks; /* of enum hone_task */
    bool greater_is_better;
    bool reported; /* shown unless the user asks for others */
    /*
     * How it is computed.  of_counts and loss say it in a form that resampling does faster than by value, and
     * that knows more of its error; a metric has value, or one of them, or both.  Deterministic; any number
     * of threads.  p has passed hone_prediction_check.  Fails: HONE_E_LIMIT.
     */
    enum hone_code (*value)(struct hone_run *run, const void *settings,
                            const struct hone_prediction *p, struct hone_measure *out);
    /* From the confusion table alone. */
    struct hone_measure (*of_counts)(const void *settings, const struct hone_class_counts *c);
    /* The metric is a plain share of this much weight of the table; 0: it is not. */
    double (*trials)(const void *settings, const struct hone_class_counts *c);
    /* The metric is the weighted mean of this over rows, or its root; >= 0. */
    double (*loss)(const void *settings, const struct hone_prediction *p, size_t row);
    bool root;
    /* The metric is the sum over bins of the size of the sum of this, over all weight; *bin is below 65536. */
    double (*gap)(const void *settings, const struct hone_prediction *p, size_t row,
                  size_t *bin);
    enum hone_ranking ranking; /* of class 1 when there are two */
};

/* The confusion table and its margins. */
struct hone_class_counts {
    size_t classes;
    double *cell;         /* (classes, classes) true by predicted */
    double *truth;        /* (classes) weight of rows of the class */
    double *predicted;    /* (classes) */
    double total, agreed; /* all weight, and that on the diagonal */
};

static inline double hone_class_hits(const struct hone_class_counts *c, size_t k)
{
    return c->cell[k * c->classes + k];
}

/* All metrics in the order of metrics.def, ended by NULL (each points to the part member). */
extern const struct hone_part *const hone_metrics[];

/* As hone_part_need.  Also takes scikit-learn's scorer names: "neg_log_loss", "roc_auc_ovr". */
enum hone_code hone_metric_need(struct hone_run *run, struct hone_str name,
                                const struct hone_metric **out);

/*
 * A metric with settings of its own, in mem: "pinball:0.9", "fbeta:beta=0.5:average=macro", "lift:share=0.05" (a
 * value alone is of the first setting); also scikit-learn's "precision_macro", "recall_weighted",
 * "roc_auc_ovo_weighted".  What comes out is a metric whose defaults are these, so that it can stand wherever
 * a metric can; its name is the text.
 * Fails: HONE_E_ARG as hone_metric_need, or as hone_setting_set.
 */
enum hone_code hone_metric_parse(struct hone_run *run, struct hone_str text,
                                 struct hone_arena *mem, const struct hone_metric **out);

/* The metric that a task is optimised for unless the user says otherwise: roc_auc for binary,
 * log_loss for multiclass, rmse for regression. */
const struct hone_metric *hone_metric_default(enum hone_task task);

/* The reported metrics of a task, in mem, in the order of metrics.def. */
enum hone_code hone_metrics_of_task(struct hone_run *run, enum hone_task task,
                                    struct hone_arena *mem, const struct hone_metric ***list,
                                    size_t *n);

/*
 * Fails: HONE_E_ARG when there are no rows, a weight is negative or all are 0, a class index is none of 0..classes-1;
 * HONE_E_NUMERIC when a target, score or weight is not finite (the message names the row).
 */
enum hone_code hone_prediction_check(struct hone_run *run, const struct hone_prediction *p);

/*
 * Check p and compute one metric.  settings of NULL are the defaults.
 * Fails: as hone_prediction_check; HONE_E_ARG when the metric is not for the task.
 */
enum hone_code hone_metric_value(struct hone_run *run, const struct hone_metric *metric,
                                 const void *settings, const struct hone_prediction *p,
                                 struct hone_measure *out);

/* Weight by true class (row) and predicted class (column): (classes, classes) in mem. */
enum hone_code hone_confusion(struct hone_run *run, const struct hone_prediction *p,
                              struct hone_arena *mem, double **out);

/* p->order for p, in mem: so that many metrics, or many resamples, sort once. */
enum hone_code hone_prediction_order(struct hone_run *run, const struct hone_prediction *p,
                                     struct hone_arena *mem, const uint32_t **out);

#endif
