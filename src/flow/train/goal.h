/*
 * flow/train/goal.h - what a model is for: the figures it must reach, and what its answers are worth
 *
 * Goals are given as texts ("roc_auc >= 0.9", "rmse <= 47000") and judged by a metric's interval, so that a verdict
 * can also be that the rows do not say.  Worth is per outcome, in any unit; it is what a threshold can be chosen by.
 */
#ifndef HONE_FLOW_TRAIN_GOAL_H
#define HONE_FLOW_TRAIN_GOAL_H

#include "eval/bootstrap.h"
#include "eval/threshold.h"
#include "flow/train/prepare.h"

struct hone_goal {
    const struct hone_metric *metric;
    bool at_least; /* else at most */
    double bound;
};

struct hone_goals {
    size_t n;
    struct hone_goal *item;         /* (n) in the order they were given */
    bool valued;                    /* worth was given */
    struct hone_value_matrix worth; /* per row */
    const char *unit;               /* "EUR"; NULL: none */
};

/*
 * Read settings->success, ->value and ->value_unit.
 *
 * A goal is METRIC (as hone_metric_parse takes it), one of >= > <= <, and a number; blanks do not matter.  "=" in
 * place of the sign means the metric's own direction.  value is four numbers in the order true positive, false positive, false negative,
 * true negative, or texts like "true_positive=100" (tp, fp, fn, tn are short for them), those left out being 0.
 *
 * Fails: HONE_E_ARG for what is none of that, for a metric that does not exist, and for two goals that can not both
 * be met.
 */
enum hone_code hone_goals_read(struct hone_run *run, const struct hone_train_settings *settings,
                               struct hone_arena *mem, struct hone_goals *out);

/* Whether the goals fit a task.  Fails: HONE_E_ARG for a metric of another task, or a worth where there are not two
 * classes. */
enum hone_code hone_goals_check(struct hone_run *run, const struct hone_goals *goals,
                                enum hone_task task);

enum hone_verdict {
    HONE_VERDICT_PASS,
    HONE_VERDICT_FAIL,
    HONE_VERDICT_UNSURE, /* the interval holds the bound, or there is no interval */
};

/* Pass or fail when the whole interval says so. */
enum hone_verdict hone_goal_judge(const struct hone_goal *goal,
                                  const struct hone_interval *interval);

/* "pass", "fail", "insufficient evidence": the words of store/registry.h. */
const char *hone_verdict_name(enum hone_verdict verdict);

/* "roc_auc >= 0.9", in mem. */
const char *hone_goal_text(const struct hone_goal *goal, struct hone_arena *mem);

/*
 * Mean worth per unit of weight when class 1 is said from probability `threshold` on; over 1: never, 0: always.
 * p is binary with scores; its label is not read.  NaN without weight.
 */
double hone_worth_at(const struct hone_prediction *p, const struct hone_value_matrix *worth,
                     double threshold);

#endif
