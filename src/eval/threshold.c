#include "eval/threshold.h"

#include <math.h>

#include "eval/metrics_priv.h"

static double worth_of(enum hone_threshold_rule rule, const struct hone_value_matrix *worth,
                       const struct hone_threshold *t)
{
    double all = t->tp + t->fp + t->fn + t->tn;

    switch (rule) {
    case HONE_THRESHOLD_F1:
        return 2 * t->tp / (2 * t->tp + t->fp + t->fn);
    case HONE_THRESHOLD_YOUDEN:
        return t->tp / (t->tp + t->fn) - t->fp / (t->fp + t->tn);
    case HONE_THRESHOLD_ACCURACY:
        return (t->tp + t->tn) / all;
    case HONE_THRESHOLD_VALUE:
        break;
    }
    return (worth->true_positive * t->tp + worth->false_positive * t->fp +
            worth->false_negative * t->fn + worth->true_negative * t->tn) /
           all;
}

/* Take t when it is better, or as good and nearer to the middle. */
static void consider(struct hone_threshold *best, const struct hone_threshold *t)
{
    double slack = 1e-12 * fmax(1.0, fabs(best->value));

    if (t->value > best->value + slack ||
        (t->value >= best->value - slack && fabs(t->at - 0.5) < fabs(best->at - 0.5))) {
        *best = *t;
    }
}

enum hone_code hone_threshold_best(struct hone_run *run, const struct hone_prediction *p,
                                   enum hone_threshold_rule rule,
                                   const struct hone_value_matrix *worth,
                                   struct hone_threshold *out)
{
    struct hone_threshold t = {0};
    struct hone_threshold best;
    const uint32_t *order;
    HONE_SCRATCH(run);

    HONE_TRY(hone_prediction_check(run, p));
    if (p->task != HONE_TASK_BINARY) {
        return hone_fail(run, HONE_E_ARG, "a threshold needs a target of two classes");
    }
    for (size_t i = 0; i < p->rows; i++) {
        double w = hone_weight_at(p, i);
        t.fn += p->y[i] > 0 ? w : 0.0;
        t.tn += p->y[i] > 0 ? 0.0 : w;
    }
    if (!(t.fn > 0 && t.tn > 0)) {
        return hone_fail(run, HONE_E_NUMERIC,
                         "only one class is present: no threshold to choose");
    }
    HONE_TRY(hone_rank_class(run, p, 1, &order));
    double top = hone_score_at(p, order[0], 1);
    t.at = top < 1 ? 0.5 * (top + 1) : nextafter(top, HUGE_VAL);
    t.value = worth_of(rule, worth, &t);
    best = t;
    for (size_t i = 0; i < p->rows;) {
        double score = hone_score_at(p, order[i], 1);
        for (; i < p->rows && !(hone_score_at(p, order[i], 1) < score); i++) {
            double w = hone_weight_at(p, order[i]);
            bool yes = p->y[order[i]] > 0;
            t.tp += yes ? w : 0.0;
            t.fn -= yes ? w : 0.0;
            t.fp += yes ? 0.0 : w;
            t.tn -= yes ? 0.0 : w;
        }
        t.at = i < p->rows ? 0.5 * (score + hone_score_at(p, order[i], 1)) : 0.0;
        t.value = worth_of(rule, worth, &t);
        consider(&best, &t);
    }
    *out = best;
    return HONE_OK;
}

enum hone_code hone_threshold_rule(struct hone_run *run, struct hone_str name,
                                   enum hone_threshold_rule *out)
{
    static const char *const names[] = {"f1", "youden", "accuracy", "value"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (hone_str_is(name, names[i])) {
            *out = (enum hone_threshold_rule)i;
            return HONE_OK;
        }
    }
    return hone_fail(run, HONE_E_ARG,
                     "no threshold rule %.*s: there are f1, youden, accuracy, value",
                     (int)name.len, name.ptr);
}
