#include "flow/train/cutoff.h"

#include <math.h>

#include "eval/split.h"

/* Another threshold than the one that follows from the worth must be better by so many standard errors. */
#define SURE       2.0
#define FOLDS      5
#define LEAST_ROWS 50

enum hone_code hone_cutoff_read(struct hone_run *run,
                                const struct hone_train_settings *settings,
                                const struct hone_goals *goals, enum hone_task task,
                                struct hone_cutoff_rule *out)
{
    struct hone_cutoff_rule rule = {.number = 0.5};
    const char *text = settings->threshold;
    if (text == NULL && goals->valued) {
        text = "value";
    }
    if (text == NULL) {
        *out = rule;
        return HONE_OK;
    }
    if (task != HONE_TASK_BINARY) {
        return hone_fail(run, HONE_E_ARG, "threshold %.100s: it is for two classes", text);
    }
    if (hone_parse_f64(hone_str_trim(hone_str(text)), &rule.number)) {
        if (!(rule.number >= 0 && rule.number <= 1)) {
            return hone_fail(run, HONE_E_ARG, "threshold %.100s is no probability", text);
        }
        *out = rule;
        return HONE_OK;
    }
    if (hone_threshold_rule(run, hone_str_trim(hone_str(text)), &rule.rule) != HONE_OK) {
        return hone_hint(run, "or give a probability: --threshold 0.3");
    }
    if (rule.rule == HONE_THRESHOLD_VALUE && !goals->valued) {
        (void)hone_fail(run, HONE_E_ARG,
                        "threshold value: nothing says what outcomes are worth");
        return hone_hint(run, "add --value TP,FP,FN,TN, or goal.value in the project file");
    }
    rule.name = text;
    *out = rule;
    return HONE_OK;
}

/* The share of yes above which yes is worth more than no. */
static double theory(const struct hone_value_matrix *w)
{
    double wrong = w->true_negative - w->false_positive;
    double missed = w->true_positive - w->false_negative;
    return wrong / (wrong + missed);
}

/* How much more each row is worth with another threshold than from `from` on. */
static double turned(const struct hone_prediction *p, const struct hone_value_matrix *w,
                     size_t i, double from, double to)
{
    double score = hone_score_at(p, i, 1);
    int turn = (score >= to) - (score >= from);
    return (double)turn * (p->y[i] > 0 ? w->true_positive - w->false_negative
                                       : w->false_positive - w->true_negative);
}

/* The rows of a list as a prediction of their own. */
static enum hone_code take(struct hone_run *run, const struct hone_prediction *p,
                           const size_t *row, size_t n, struct hone_arena *mem,
                           struct hone_prediction *out)
{
    double *y;
    double *score;
    double *weight;
    HONE_TRY(hone_array(run, mem, &y, n));
    HONE_TRY(hone_array(run, mem, &weight, n));
    HONE_TRY(hone_array(run, mem, &score, 2 * n));
    for (size_t i = 0; i < n; i++) {
        y[i] = p->y[row[i]];
        weight[i] = hone_weight_at(p, row[i]);
        score[2 * i] = hone_score_at(p, row[i], 0);
        score[2 * i + 1] = hone_score_at(p, row[i], 1);
    }
    *out = (struct hone_prediction){
        .task = p->task, .rows = n, .classes = 2, .y = y, .score = score, .weight = weight};
    return HONE_OK;
}

/*
 * Whether thresholds found by rows are worth more than `from` on other rows, beyond chance.  Those that they were
 * found by would always say so: of many thresholds the best looks better than it is.
 */
static enum hone_code surely_better(struct hone_run *run, const struct hone_prediction *p,
                                    const struct hone_value_matrix *w, double from, bool *out)
{
    HONE_ARENA(work);
    uint32_t *fold;
    double *gain;
    double total = 0;
    double mean = 0;
    double square = 0;
    *out = false;
    if (p->rows < LEAST_ROWS) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &work, &gain, p->rows));
    HONE_TRY(hone_folds_stratified(run, p->rows, p->y, 2, FOLDS, &work, &fold));
    for (uint32_t f = 0; f < FOLDS; f++) {
        struct hone_split split;
        struct hone_prediction others;
        struct hone_threshold best;
        HONE_TRY(hone_fold_split(run, p->rows, fold, f, &work, &split));
        HONE_TRY(take(run, p, split.train, split.train_n, &work, &others));
        enum hone_code code = hone_threshold_best(run, &others, HONE_THRESHOLD_VALUE, w, &best);
        if (code == HONE_E_NUMERIC) { /* a class so rare that it is all in one fold */
            hone_error_clear(run);
            return HONE_OK;
        }
        HONE_TRY(code);
        for (size_t i = 0; i < split.test_n; i++) {
            gain[split.test[i]] = turned(p, w, split.test[i], from, best.at);
        }
    }
    for (size_t i = 0; i < p->rows; i++) {
        mean += hone_weight_at(p, i) * gain[i];
        total += hone_weight_at(p, i);
    }
    mean /= total;
    for (size_t i = 0; i < p->rows; i++) {
        double d = hone_weight_at(p, i) * (gain[i] - mean);
        square += d * d;
    }
    *out = mean > SURE * sqrt(square) / total;
    return HONE_OK;
}

/* What a rule reaches at a threshold. */
static double reached_at(const struct hone_prediction *p, enum hone_threshold_rule rule,
                         const struct hone_value_matrix *worth, double at)
{
    double tp = 0;
    double fp = 0;
    double fn = 0;
    double tn = 0;
    for (size_t i = 0; i < p->rows; i++) {
        double w = hone_weight_at(p, i);
        bool yes = hone_score_at(p, i, 1) >= at;
        bool is = p->y[i] > 0;
        tp += is && yes ? w : 0;
        fp += !is && yes ? w : 0;
        fn += is && !yes ? w : 0;
        tn += !is && !yes ? w : 0;
    }
    switch (rule) {
    case HONE_THRESHOLD_F1:
        return 2 * tp / (2 * tp + fp + fn);
    case HONE_THRESHOLD_YOUDEN:
        return tp / (tp + fn) - fp / (fp + tn);
    case HONE_THRESHOLD_ACCURACY:
        return (tp + tn) / (tp + fp + fn + tn);
    case HONE_THRESHOLD_VALUE:
        break;
    }
    return hone_worth_at(p, worth, at);
}

enum hone_code hone_cutoff_choose(struct hone_run *run, const struct hone_cutoff_rule *rule,
                                  const struct hone_goals *goals,
                                  const struct hone_prediction *p, struct hone_cutoff *out)
{
    struct hone_cutoff c = {.at = rule->number, .reached = (double)NAN, .half = (double)NAN};
    struct hone_threshold best;
    if (rule->name == NULL) {
        *out = c;
        return HONE_OK;
    }
    enum hone_code code = hone_threshold_best(run, p, rule->rule, &goals->worth, &best);
    if (code == HONE_E_NUMERIC) {
        hone_error_clear(run);
        c.at = rule->rule == HONE_THRESHOLD_VALUE ? theory(&goals->worth) : 0.5;
        c.why = "the rows held out are of one class";
        *out = c;
        return HONE_OK;
    }
    HONE_TRY(code);
    c.at = best.at > 1 ? 2 : best.at;
    if (rule->rule == HONE_THRESHOLD_VALUE) {
        double by_worth = theory(&goals->worth);
        bool better;
        HONE_TRY(surely_better(run, p, &goals->worth, by_worth, &better));
        c.at = better ? c.at : by_worth;
        c.why = better ? "on the rows held out it is worth more than the one that the worth of "
                         "the outcomes implies"
                       : "it follows from the worth of the outcomes";
    }
    c.reached = reached_at(p, rule->rule, &goals->worth, c.at);
    c.half = reached_at(p, rule->rule, &goals->worth, 0.5);
    *out = c;
    return HONE_OK;
}
