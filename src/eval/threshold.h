/*
 * eval/threshold.h - from which probability on to say yes
 */
#ifndef HONE_EVAL_THRESHOLD_H
#define HONE_EVAL_THRESHOLD_H

#include "eval/metrics.h"

/* What each outcome is worth, in any unit; a cost is negative. */
struct hone_value_matrix {
    double true_positive, false_positive, false_negative, true_negative;
};

enum hone_threshold_rule {
    HONE_THRESHOLD_F1,
    HONE_THRESHOLD_YOUDEN, /* true minus false positive rate: Youden, Cancer 3, 1950 */
    HONE_THRESHOLD_ACCURACY,
    HONE_THRESHOLD_VALUE, /* total value of the outcomes */
};

struct hone_threshold {
    double at;    /* class 1 when its probability is at least this */
    double value; /* what the rule reaches there; of VALUE the mean per unit of weight */
    double tp, fp, fn, tn; /* weights */
};

/*
 * The threshold that is best by the rule on these rows (binary).  It lies half way between two neighbouring
 * scores, 0 to say always yes, over 1 to say always no; of equally good ones the nearest to 0.5.
 * worth is read for HONE_THRESHOLD_VALUE only.  Choose it on other rows than those it is judged on.
 * Fails: HONE_E_ARG when the task is not binary; HONE_E_NUMERIC when one class is absent.
 */
enum hone_code hone_threshold_best(struct hone_run *run, const struct hone_prediction *p,
                                   enum hone_threshold_rule rule,
                                   const struct hone_value_matrix *worth,
                                   struct hone_threshold *out);

/* The rule of a name: "f1", "youden", "accuracy", "value". Fails: HONE_E_ARG. */
enum hone_code hone_threshold_rule(struct hone_run *run, struct hone_str name,
                                   enum hone_threshold_rule *out);

#endif
