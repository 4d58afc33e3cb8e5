/*
 * flow/train/cutoff.h - from which probability on a model says the positive class
 *
 * Chosen on training rows that the fits did not see, by a rule; never on test rows.
 */
#ifndef HONE_FLOW_TRAIN_CUTOFF_H
#define HONE_FLOW_TRAIN_CUTOFF_H

#include "flow/train/goal.h"

/* What was asked for. */
struct hone_cutoff_rule {
    const char *name; /* "f1", "youden", "accuracy", "value"; NULL: the number */
    double number;
    enum hone_threshold_rule rule; /* where there is a name */
};

/*
 * Read settings->threshold: a number from 0 to 1, or a rule.  Left out it is 0.5, and "value" where goals are valued.
 * Fails: HONE_E_ARG for what is neither, for a rule where there are not two classes, for "value" without a worth.
 */
enum hone_code hone_cutoff_read(struct hone_run *run,
                                const struct hone_train_settings *settings,
                                const struct hone_goals *goals, enum hone_task task,
                                struct hone_cutoff_rule *out);

struct hone_cutoff {
    double at;       /* class 1 when its probability is at least this; 0: always, 2: never */
    double reached;  /* what the rule reaches there on these rows; NaN: no rule */
    double half;     /* what it reaches at 0.5; NaN: no rule */
    const char *why; /* for people, a constant; NULL: nothing to say */
};

/*
 * Choose.  "value": where probabilities are true, the best threshold follows from the worth of the outcomes alone
 * (Elkan, The foundations of cost-sensitive learning, IJCAI 2001, eq. 2); the best one of these rows is taken
 * instead only when thresholds found so are worth more on other rows, by two standard errors.  Where the rows are
 * of one class, and there is no worth, the threshold is 0.5.
 *
 *   p   binary, with scores of class 1
 *
 * Fails: as hone_threshold_best.
 */
enum hone_code hone_cutoff_choose(struct hone_run *run, const struct hone_cutoff_rule *rule,
                                  const struct hone_goals *goals,
                                  const struct hone_prediction *p, struct hone_cutoff *out);

#endif
