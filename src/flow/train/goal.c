#include "flow/train/goal.h"

#include <math.h>

/* Where the sign of a goal begins: the first of < and >, else the last =; NULL: nowhere.  A metric's own settings may
 * hold a =: "fbeta:beta=0.5 >= 0.7". */
static const char *find_sign(const char *text)
{
    const char *sign = strpbrk(text, "<>");
    return sign != NULL ? sign : strrchr(text, '=');
}

static enum hone_code bad_goal(struct hone_run *run, const char *text)
{
    (void)hone_fail(run, HONE_E_ARG, "'%.100s' is no goal", text);
    return hone_hint(run, "write a metric, >= or <=, and a number: 'roc_auc >= 0.9'");
}

static enum hone_code read_goal(struct hone_run *run, const char *text, struct hone_arena *mem,
                                struct hone_goal *out)
{
    const char *sign = find_sign(text);
    struct hone_goal goal = {0};
    if (sign == NULL) {
        return bad_goal(run, text);
    }
    const char *end = sign + 1 + (*sign != '=' && sign[1] == '=');
    const struct hone_str name = hone_str_trim((struct hone_str){text, (size_t)(sign - text)});
    const struct hone_str number = hone_str_trim(hone_str(end));
    if (name.len == 0 || !hone_parse_f64(number, &goal.bound) || !isfinite(goal.bound)) {
        return bad_goal(run, text);
    }
    HONE_TRY(hone_metric_parse(run, name, mem, &goal.metric));
    goal.at_least = *sign == '>' || (*sign == '=' && goal.metric->greater_is_better);
    *out = goal;
    return HONE_OK;
}

/* A metric may have one bound of each kind, and they must leave room. */
static enum hone_code check_pairs(struct hone_run *run, const struct hone_goals *g)
{
    for (size_t i = 0; i < g->n; i++) {
        for (size_t j = 0; j < i; j++) {
            const struct hone_goal *a = &g->item[i];
            const struct hone_goal *b = &g->item[j];
            if (strcmp(a->metric->part.name, b->metric->part.name) != 0) {
                continue;
            }
            double low = a->at_least ? a->bound : b->bound;
            double high = a->at_least ? b->bound : a->bound;
            if (a->at_least == b->at_least || low > high) {
                return hone_fail(run, HONE_E_ARG, "two goals for %s that do not go together",
                                 a->metric->part.name);
            }
        }
    }
    return HONE_OK;
}

static const struct outcome {
    const char *name, *brief;
    size_t offset;
} outcomes[] = {
    {"true_positive", "tp", offsetof(struct hone_value_matrix, true_positive)},
    {"false_positive", "fp", offsetof(struct hone_value_matrix, false_positive)},
    {"false_negative", "fn", offsetof(struct hone_value_matrix, false_negative)},
    {"true_negative", "tn", offsetof(struct hone_value_matrix, true_negative)},
};
#define OUTCOMES (sizeof outcomes / sizeof *outcomes)

static enum hone_code bad_worth(struct hone_run *run, const char *text)
{
    (void)hone_fail(run, HONE_E_ARG, "value: '%.100s' is not what an outcome is worth", text);
    return hone_hint(run, "give true positive, false positive, false negative, true negative: "
                          "--value 100,-20,-100,0, or by name: --value tp=100,fp=-20");
}

/* One text: the worth of a named outcome, or of the one whose turn it is. */
static enum hone_code read_worth(struct hone_run *run, const char *text, size_t turn,
                                 bool seen[OUTCOMES], struct hone_value_matrix *worth)
{
    struct hone_str name;
    struct hone_str number;
    size_t k = turn;
    double value;
    if (hone_str_cut(hone_str(text), '=', &name, &number)) {
        name = hone_str_trim(name);
        for (k = 0; k < OUTCOMES; k++) {
            if (hone_str_is(name, outcomes[k].name) || hone_str_is(name, outcomes[k].brief)) {
                break;
            }
        }
    } else {
        number = hone_str(text);
    }
    if (k >= OUTCOMES || seen[k] || !hone_parse_f64(hone_str_trim(number), &value) ||
        !isfinite(value)) {
        return bad_worth(run, text);
    }
    seen[k] = true;
    *(double *)(void *)((char *)worth + outcomes[k].offset) = value;
    return HONE_OK;
}

static enum hone_code read_worths(struct hone_run *run, const struct hone_texts *value,
                                  struct hone_goals *g)
{
    bool seen[OUTCOMES] = {false};
    bool named = value->n > 0 && strchr(value->item[0], '=') != NULL;
    if (value->n == 0) {
        return HONE_OK;
    }
    if (!named && value->n != OUTCOMES) {
        (void)hone_fail(run, HONE_E_ARG, "value: %zu number%s where four outcomes are",
                        value->n, value->n == 1 ? "" : "s");
        return hone_hint(run, "in the order true positive, false positive, false negative, "
                              "true negative: --value 100,-20,-100,0");
    }
    for (size_t i = 0; i < value->n; i++) {
        if ((strchr(value->item[i], '=') != NULL) != named) {
            return bad_worth(run, value->item[i]);
        }
        HONE_TRY(read_worth(run, value->item[i], i, seen, &g->worth));
    }
    const struct hone_value_matrix *w = &g->worth;
    /* else the answer would not depend on the row, or a right one be worth less than a wrong one */
    if (!(w->true_positive > w->false_negative) || !(w->true_negative > w->false_positive)) {
        (void)hone_fail(run, HONE_E_ARG,
                        "value: a right answer is not worth more than a wrong "
                        "one for both classes");
        return hone_hint(run, "true positive must be over false negative, true negative over "
                              "false positive; a cost is negative");
    }
    g->valued = true;
    return HONE_OK;
}

enum hone_code hone_goals_read(struct hone_run *run, const struct hone_train_settings *settings,
                               struct hone_arena *mem, struct hone_goals *out)
{
    struct hone_goals g = {.n = settings->success.n, .unit = settings->value_unit};
    HONE_TRY(hone_array(run, mem, &g.item, g.n));
    for (size_t i = 0; i < g.n; i++) {
        HONE_TRY(read_goal(run, settings->success.item[i], mem, &g.item[i]));
    }
    HONE_TRY(check_pairs(run, &g));
    HONE_TRY(read_worths(run, &settings->value, &g));
    *out = g;
    return HONE_OK;
}

enum hone_code hone_goals_check(struct hone_run *run, const struct hone_goals *goals,
                                enum hone_task task)
{
    for (size_t i = 0; i < goals->n; i++) {
        if ((goals->item[i].metric->tasks & task) == 0) {
            (void)hone_fail(run, HONE_E_ARG, "goal %s: that metric is not for this target",
                            goals->item[i].metric->part.name);
            return hone_hint(run, "hone list metrics says what each is for");
        }
    }
    if (goals->valued && task != HONE_TASK_BINARY) {
        return hone_fail(run, HONE_E_ARG,
                         "value is of right and wrong answers about two classes");
    }
    return HONE_OK;
}

enum hone_verdict hone_goal_judge(const struct hone_goal *goal,
                                  const struct hone_interval *interval)
{
    double low = interval->low;
    double high = interval->high;
    if (!(low <= high) || isnan(interval->value)) {
        return HONE_VERDICT_UNSURE;
    }
    if (goal->at_least) {
        return low >= goal->bound   ? HONE_VERDICT_PASS
               : high < goal->bound ? HONE_VERDICT_FAIL
                                    : HONE_VERDICT_UNSURE;
    }
    return high <= goal->bound ? HONE_VERDICT_PASS
           : low > goal->bound ? HONE_VERDICT_FAIL
                               : HONE_VERDICT_UNSURE;
}

const char *hone_verdict_name(enum hone_verdict verdict)
{
    static const char *const names[] = {"pass", "fail", "insufficient evidence"};
    return names[verdict];
}

const char *hone_goal_text(const struct hone_goal *goal, struct hone_arena *mem)
{
    char number[32];
    size_t len = hone_format_f64(number, goal->bound);
    return hone_arena_format(mem, "%s %s %.*s", goal->metric->part.name,
                             goal->at_least ? ">=" : "<=", (int)len, number);
}

double hone_worth_at(const struct hone_prediction *p, const struct hone_value_matrix *worth,
                     double threshold)
{
    double sum = 0;
    double total = 0;
    for (size_t i = 0; i < p->rows; i++) {
        double w = hone_weight_at(p, i);
        bool yes = hone_score_at(p, i, 1) >= threshold;
        double each = p->y[i] > 0 ? (yes ? worth->true_positive : worth->false_negative)
                                  : (yes ? worth->false_positive : worth->true_negative);
        sum += w * each;
        total += w;
    }
    return total > 0 ? sum / total : (double)NAN;
}
