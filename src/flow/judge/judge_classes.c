/* The evaluation document of a classification. */
#include <math.h>

#include "eval/curve.h"
#include "eval/detail.h"
#include "flow/judge/judge_priv.h"

#define MOST_CONFUSED    60 /* classes whose whole confusion table is written */
#define RELIABILITY_BINS 10
#define SCORE_BINS       20
#define LIFT_BINS        10
#define THRESHOLDS       19 /* 0.05 to 0.95 */
#define WORST_PAIRS      10

static json_t *curve_json(const struct hone_curve *c)
{
    json_t *o = json_object();
    hone_json_set(o, "x", hone_judge_numbers(c->x, c->n));
    hone_json_set(o, "y", hone_judge_numbers(c->y, c->n));
    hone_json_set(o, "at", hone_judge_numbers(c->at, c->n));
    return o;
}

/* What is undefined with one class absent is left out. */
static enum hone_code unless_undefined(struct hone_run *run, enum hone_code code, bool *there)
{
    *there = code == HONE_OK;
    if (code == HONE_E_NUMERIC) {
        hone_error_clear(run);
        return HONE_OK;
    }
    return code;
}

typedef enum hone_code curve_of(struct hone_run *, const struct hone_prediction *, size_t,
                                struct hone_arena *, struct hone_curve *);

static enum hone_code add_curve(struct hone_run *run, const struct hone_prediction *p,
                                curve_of *make, const char *name, json_t *curves)
{
    HONE_ARENA(work);
    struct hone_curve curve;
    bool there;
    HONE_TRY(unless_undefined(run, make(run, p, 1, &work, &curve), &there));
    if (there) {
        hone_json_set(curves, name, curve_json(&curve));
    }
    return HONE_OK;
}

/* --- by class ------------------------------------------------------------------------------ */

/* The mean of a score over classes that occur.  As in scikit-learn a precision of 0 / 0 counts as 0, and classes
 * whose area is undefined are left out. */
static void add_average(const char *name, const struct hone_class_score *s, size_t n,
                        bool weighted, json_t *list)
{
    static const char *const key[] = {"precision", "recall", "f1", "roc_auc",
                                      "average_precision"};
    json_t *o = json_object();
    hone_json_set_text(o, "average", name);
    for (size_t j = 0; j < 5; j++) {
        double sum = 0;
        double weight = 0;
        for (size_t k = 0; k < n; k++) {
            const double value[5] = {s[k].precision, s[k].recall, s[k].f1, s[k].roc_auc,
                                     s[k].average_precision};
            double w = weighted ? s[k].rows : 1;
            bool occurs = s[k].rows > 0 || s[k].predicted > 0;
            if (occurs && !(j > 2 && isnan(value[j]))) {
                sum += isnan(value[j]) ? 0 : w * value[j];
                weight += w;
            }
        }
        hone_judge_number(o, key[j], sum / weight);
    }
    hone_json_push(list, o);
}

static enum hone_code add_classes(struct hone_run *run, const struct hone_judged *what,
                                  json_t *o)
{
    HONE_ARENA(work);
    struct hone_class_score *s;
    json_t *list = json_array();
    json_t *averages = json_array();
    hone_json_set(o, "per_class", list);
    hone_json_set(o, "averages", averages);
    HONE_TRY(hone_class_scores(run, &what->p, &work, &s));
    for (size_t k = 0; k < what->p.classes; k++) {
        json_t *item = json_object();
        hone_json_set_text(item, "class", what->target->class_name[k]);
        hone_judge_number(item, "rows", s[k].rows);
        hone_judge_number(item, "predicted", s[k].predicted);
        hone_judge_number(item, "precision", s[k].precision);
        hone_judge_number(item, "recall", s[k].recall);
        hone_judge_number(item, "specificity", s[k].specificity);
        hone_judge_number(item, "f1", s[k].f1);
        hone_judge_number(item, "roc_auc", s[k].roc_auc);
        hone_judge_number(item, "average_precision", s[k].average_precision);
        hone_json_push(list, item);
    }
    add_average("macro", s, what->p.classes, false, averages);
    add_average("weighted", s, what->p.classes, true, averages);
    return HONE_OK;
}

/* The pairs of classes that are most often taken for each other, in one direction. */
static json_t *confused_json(const struct hone_judged *what, const double *cell)
{
    json_t *list = json_array();
    size_t n = what->p.classes;
    double last = HUGE_VAL;
    size_t last_at = 0;
    for (size_t r = 0; r < WORST_PAIRS; r++) {
        size_t best = SIZE_MAX;
        for (size_t i = 0; i < n * n; i++) {
            bool after = cell[i] < last || (!(cell[i] > last) && i > last_at);
            if (i / n != i % n && cell[i] > 0 && after &&
                (best == SIZE_MAX || cell[i] > cell[best])) {
                best = i;
            }
        }
        if (best == SIZE_MAX) {
            break;
        }
        json_t *item = json_object();
        hone_json_set_text(item, "truth", what->target->class_name[best / n]);
        hone_json_set_text(item, "predicted", what->target->class_name[best % n]);
        hone_judge_number(item, "rows", cell[best]);
        hone_json_push(list, item);
        last = cell[best];
        last_at = best;
    }
    return list;
}

static enum hone_code add_confusion(struct hone_run *run, const struct hone_judged *what,
                                    json_t *o)
{
    HONE_ARENA(work);
    double *cell;
    json_t *list = json_array();
    size_t n = what->p.classes;
    HONE_TRY(hone_confusion(run, &what->p, &work, &cell));
    for (size_t k = 0; k < n && n <= MOST_CONFUSED; k++) {
        hone_json_push(list, hone_judge_numbers(cell + k * n, n));
    }
    hone_json_set(o, "confusion", list);
    hone_json_set(o, "confused", confused_json(what, cell));
    return HONE_OK;
}

/* --- two classes --------------------------------------------------------------------------- */

static json_t *threshold_json(const struct hone_threshold_row *t, bool valued)
{
    json_t *o = json_object();
    hone_judge_number(o, "at", t->at);
    hone_judge_number(o, "share", t->share);
    hone_judge_number(o, "tp", t->tp);
    hone_judge_number(o, "fp", t->fp);
    hone_judge_number(o, "fn", t->fn);
    hone_judge_number(o, "tn", t->tn);
    hone_judge_number(o, "precision", t->precision);
    hone_judge_number(o, "recall", t->recall);
    hone_judge_number(o, "fpr", t->fpr);
    hone_judge_number(o, "f1", t->f1);
    hone_judge_number(o, "accuracy", t->accuracy);
    if (valued) {
        hone_judge_number(o, "value", t->value);
    }
    return o;
}

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return x < y ? -1 : x > y ? 1 : 0;
}

static double threshold_of(const struct hone_prediction *p)
{
    return p->threshold > 0 ? p->threshold : 0.5;
}

static enum hone_code add_thresholds(struct hone_run *run, const struct hone_judged *what,
                                     const struct hone_value_matrix *worth, json_t *o)
{
    HONE_ARENA(work);
    struct hone_threshold_row *row;
    double at[THRESHOLDS + 1];
    size_t n = 0;
    json_t *list = json_array();
    double own = threshold_of(&what->p);
    bool listed = false;
    for (size_t i = 1; i <= THRESHOLDS; i++) {
        at[n++] = (double)i / (THRESHOLDS + 1);
        listed = listed || fabs(at[n - 1] - own) < 1e-9;
    }
    if (!listed) {
        at[n++] = own;
    }
    qsort(at, n, sizeof *at, by_number);
    HONE_TRY(hone_threshold_rows(run, &what->p, worth, n, at, &work, &row));
    for (size_t i = 0; i < n; i++) {
        json_t *item = threshold_json(&row[i], worth != NULL);
        hone_json_set(item, "own", json_boolean(fabs(at[i] - own) < 1e-9));
        hone_json_push(list, item);
    }
    hone_judge_number(o, "threshold", own);
    hone_json_set(o, "thresholds", list);
    return HONE_OK;
}

/* The best threshold by each rule, in hindsight: it was chosen on the rows it is judged on. */
static enum hone_code add_best(struct hone_run *run, const struct hone_judged *what,
                               const struct hone_value_matrix *worth, json_t *o)
{
    static const char *const name[] = {"f1", "youden", "accuracy", "value"};
    json_t *best = json_object();
    hone_json_set(o, "best_thresholds", best);
    for (size_t r = 0; r < (worth == NULL ? 3 : 4); r++) {
        struct hone_threshold t;
        bool there;
        HONE_TRY(unless_undefined(
            run, hone_threshold_best(run, &what->p, (enum hone_threshold_rule)r, worth, &t),
            &there));
        if (there) {
            json_t *item = json_object();
            hone_judge_number(item, "at", t.at);
            hone_judge_number(item, "reached", t.value);
            hone_json_set(best, name[r], item);
        }
    }
    return HONE_OK;
}

static enum hone_code add_lift(struct hone_run *run, const struct hone_prediction *p, json_t *o)
{
    HONE_ARENA(work);
    struct hone_lift_bin *bin;
    json_t *list = json_array();
    bool there;
    hone_json_set(o, "lift", list);
    HONE_TRY(unless_undefined(run, hone_lift_bins(run, p, LIFT_BINS, &work, &bin), &there));
    for (size_t b = 0; there && b < LIFT_BINS; b++) {
        json_t *item = json_object();
        hone_judge_number(item, "weight", bin[b].weight);
        hone_judge_number(item, "score", bin[b].score);
        hone_judge_number(item, "rate", bin[b].rate);
        hone_judge_number(item, "lift", bin[b].lift);
        hone_judge_number(item, "captured", bin[b].captured);
        hone_judge_number(item, "cumulative", bin[b].cumulative);
        hone_json_push(list, item);
    }
    return HONE_OK;
}

/* How the scores of class 1 are spread, for rows that are of it and for those that are not. */
static void add_scores(const struct hone_prediction *p, json_t *o)
{
    double share[2][SCORE_BINS] = {{0}};
    double total[2] = {0};
    double edge[SCORE_BINS + 1];
    json_t *d = json_object();
    json_t *parts = json_array();
    for (size_t i = 0; i < p->rows; i++) {
        double s = fmin(fmax(hone_score_at(p, i, 1), 0), 1);
        size_t bin = (size_t)(s * SCORE_BINS);
        size_t k = p->y[i] > 0;
        share[k][bin < SCORE_BINS ? bin : SCORE_BINS - 1] += hone_weight_at(p, i);
        total[k] += hone_weight_at(p, i);
    }
    for (size_t b = 0; b <= SCORE_BINS; b++) {
        edge[b] = (double)b / SCORE_BINS;
    }
    for (size_t k = 0; k < 2; k++) {
        for (size_t b = 0; b < SCORE_BINS && total[k] > 0; b++) {
            share[k][b] /= total[k];
        }
        hone_json_push(parts, hone_judge_numbers(share[k], SCORE_BINS));
    }
    hone_json_set(d, "edge", hone_judge_numbers(edge, SCORE_BINS + 1));
    hone_json_set(d, "share", parts);
    hone_json_set(o, "scores", d);
}

static enum hone_code add_calibration(struct hone_run *run, const struct hone_prediction *p,
                                      json_t *o)
{
    HONE_ARENA(work);
    struct hone_reliability r;
    struct hone_recalibration c;
    json_t *d = json_object();
    json_t *bins = json_array();
    bool there;
    hone_json_set(o, "calibration", d);
    hone_json_set(d, "bins", bins);
    HONE_TRY(hone_curve_reliability(run, p, 1, RELIABILITY_BINS, &work, &r));
    for (size_t b = 0; b < r.n; b++) {
        json_t *item = json_object();
        hone_judge_number(item, "promised", r.promised[b]);
        hone_judge_number(item, "observed", r.observed[b]);
        hone_judge_number(item, "low", r.low[b]);
        hone_judge_number(item, "high", r.high[b]);
        hone_judge_number(item, "rows", r.weight[b]);
        hone_json_push(bins, item);
    }
    HONE_TRY(unless_undefined(run, hone_recalibrate(run, p, &c), &there));
    if (there) {
        hone_judge_number(d, "slope", c.slope);
        hone_judge_number(d, "slope_error", c.slope_error);
        hone_judge_number(d, "intercept", c.intercept);
        hone_judge_number(d, "intercept_error", c.intercept_error);
        hone_judge_number(d, "promised", c.promised);
        hone_judge_number(d, "happened", c.happened);
        hone_judge_number(d, "p_value", c.p_value);
    }
    return HONE_OK;
}

static void add_value(const struct hone_judged *what, const struct hone_goals *goals, json_t *o)
{
    const struct hone_prediction *p = &what->p;
    json_t *d = json_object();
    double total = 0;
    double own = hone_worth_at(p, &goals->worth, threshold_of(p));
    for (size_t i = 0; i < p->rows; i++) {
        total += hone_weight_at(p, i);
    }
    hone_json_set_text(d, "unit", goals->unit);
    hone_judge_number(d, "per_row", own);
    hone_judge_number(d, "total", own * total);
    hone_judge_number(d, "never", hone_worth_at(p, &goals->worth, 2));
    hone_judge_number(d, "always", hone_worth_at(p, &goals->worth, 0));
    hone_judge_number(d, "true_positive", goals->worth.true_positive);
    hone_judge_number(d, "false_positive", goals->worth.false_positive);
    hone_judge_number(d, "false_negative", goals->worth.false_negative);
    hone_judge_number(d, "true_negative", goals->worth.true_negative);
    hone_json_set(o, "value", d);
}

enum hone_code hone_judge_classes(struct hone_run *run, const struct hone_judged *what,
                                  const struct hone_judging *how, json_t *o)
{
    const struct hone_prediction *p = &what->p;
    bool valued = how->goals != NULL && how->goals->valued;
    const struct hone_value_matrix *worth = valued ? &how->goals->worth : NULL;
    HONE_TRY(add_classes(run, what, o));
    HONE_TRY(add_confusion(run, what, o));
    if (p->classes != 2) {
        return HONE_OK;
    }
    json_t *curves = json_object();
    hone_json_set(o, "curves", curves);
    HONE_TRY(add_curve(run, p, hone_curve_roc, "roc", curves));
    HONE_TRY(add_curve(run, p, hone_curve_pr, "pr", curves));
    HONE_TRY(add_curve(run, p, hone_curve_gain, "gain", curves));
    HONE_TRY(add_thresholds(run, what, worth, o));
    HONE_TRY(add_best(run, what, worth, o));
    HONE_TRY(add_lift(run, p, o));
    add_scores(p, o);
    HONE_TRY(add_calibration(run, p, o));
    if (valued) {
        add_value(what, how->goals, o);
    }
    return HONE_OK;
}
