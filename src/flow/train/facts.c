#include "flow/train/facts.h"

#include <math.h>

#include "eval/curve.h"
#include "flow/judge/groups.h"
#include "flow/judge/judge.h"

/* Points of a scatter of predictions against the truth: more would only be ink. */
#define SCATTER_POINTS   800
#define RELIABILITY_BINS 10
#define ERROR_BINS       30

static void set_int(json_t *o, const char *key, size_t value)
{
    hone_json_set(o, key, json_integer((json_int_t)value));
}

static json_t *data_json(const struct hone_job_result *r)
{
    json_t *o = json_object();
    hone_json_set_text(o, "path", r->report.path);
    set_int(o, "rows", r->data->rows);
    set_int(o, "columns", r->data->cols);
    set_int(o, "train_rows", r->prepared.train.n);
    set_int(o, "test_rows", r->prepared.test.n);
    set_int(o, "without_target", r->prepared.without_target);
    set_int(o, "bad_rows", r->report.bad_rows);
    hone_json_set_text(o, "first_bad",
                       r->report.first_bad[0] == '\0' ? NULL : r->report.first_bad);
    hone_json_set_text(o, "quarantine", r->report.quarantine);
    return o;
}

static json_t *metrics_json(const struct hone_trained *t)
{
    json_t *list = json_array();
    for (size_t m = 0; m < t->metrics; m++) {
        json_t *o = json_object();
        hone_json_set_text(o, "name", t->metric[m]->part.name);
        hone_json_set_text(o, "summary", t->metric[m]->part.summary);
        hone_json_set(o, "value", hone_json_real(t->interval[m].value));
        hone_json_set(o, "low", hone_json_real(t->interval[m].low));
        hone_json_set(o, "high", hone_json_real(t->interval[m].high));
        hone_json_set(o, "greater_is_better", json_boolean(t->metric[m]->greater_is_better));
        hone_json_push(list, o);
    }
    return list;
}

static json_t *goals_json(const struct hone_trained *t)
{
    json_t *list = json_array();
    for (size_t g = 0; g < t->goals.n; g++) {
        const struct hone_goal *goal = &t->goals.item[g];
        json_t *o = json_object();
        hone_json_set_text(o, "metric", goal->metric->part.name);
        hone_json_set_text(o, "sign", goal->at_least ? ">=" : "<=");
        hone_json_set(o, "bound", hone_json_real(goal->bound));
        hone_json_set(o, "value", hone_json_real(t->reached[g]->value));
        hone_json_set(o, "low", hone_json_real(t->reached[g]->low));
        hone_json_set(o, "high", hone_json_real(t->reached[g]->high));
        hone_json_set_text(o, "verdict", hone_verdict_name(t->verdict[g]));
        hone_json_push(list, o);
    }
    return list;
}

static json_t *worths_json(const struct hone_trained *t)
{
    const struct hone_worths *w = &t->worths;
    json_t *o = json_object();
    hone_json_set_text(o, "unit", t->goals.unit);
    hone_json_set(o, "threshold", hone_json_real(w->at_threshold));
    hone_json_set(o, "low", hone_json_real(w->low));
    hone_json_set(o, "high", hone_json_real(w->high));
    hone_json_set(o, "half", hone_json_real(w->at_half));
    hone_json_set(o, "never", hone_json_real(w->never));
    hone_json_set(o, "always", hone_json_real(w->always));
    return o;
}

void hone_answers_json(const struct hone_trained *t, json_t *o)
{
    const struct hone_signature *s = t->scorer.signature;
    if (s->task != HONE_TASK_REGRESSION) {
        hone_json_set(o, "calibration", hone_calibration_json(&t->calibration));
    }
    if (s->task == HONE_TASK_BINARY) {
        json_t *threshold = json_object();
        hone_json_set_text(threshold, "rule", t->rule.name);
        hone_json_set(threshold, "at", hone_json_real(t->cutoff.at));
        hone_json_set(threshold, "reached", hone_json_real(t->cutoff.reached));
        hone_json_set(threshold, "half", hone_json_real(t->cutoff.half));
        hone_json_set_text(threshold, "why", t->cutoff.why);
        hone_json_set(o, "threshold", threshold);
    }
    if (t->goals.n > 0) {
        hone_json_set(o, "goals", goals_json(t));
    }
    if (t->goals.valued) {
        hone_json_set(o, "value", worths_json(t));
    }
}

static json_t *candidates_json(const struct hone_selection *s)
{
    json_t *list = json_array();
    if (s->blend.weight < 1) {
        json_t *o = json_object();
        hone_json_set_text(o, "estimator", "blend");
        hone_json_set_text(o, "summary", "the two best, their scores mixed");
        hone_json_set(o, "score", hone_json_real(s->blend.score));
        hone_json_push(list, o);
    }
    for (size_t c = 0; c < s->n; c++) {
        const struct hone_candidate *k = &s->candidate[c];
        json_t *o = json_object();
        hone_json_set_text(o, "estimator", k->estimator->part.name);
        hone_json_set_text(o, "summary", k->estimator->part.summary);
        hone_json_set(o, "score", hone_json_real(k->score));
        set_int(o, "rounds", k->rounds);
        hone_json_set(o, "seconds", hone_json_real(k->seconds));
        hone_json_push(list, o);
    }
    return list;
}

static json_t *columns_json(const struct hone_recipe *recipe)
{
    json_t *list = json_array();
    for (size_t j = 0; j < recipe->cols; j++) {
        const struct hone_recipe_column *c = &recipe->column[j];
        json_t *o = json_object();
        hone_json_set_text(o, "name", c->name);
        hone_json_set_text(o, "type", hone_type_name(c->type));
        hone_json_set(o, "used", json_boolean(c->transform != NULL));
        hone_json_set_text(o, "why", c->why);
        set_int(o, "distinct", c->distinct);
        hone_json_push(list, o);
    }
    return list;
}

static json_t *importance_json(const struct hone_trained *t)
{
    json_t *list = json_array();
    for (size_t j = 0; t->importance != NULL && j < t->features; j++) {
        json_t *o = json_object();
        hone_json_set_text(o, "name", t->feature[j].name);
        hone_json_set_text(o, "source", t->feature[j].source);
        hone_json_set(o, "importance", hone_json_real(t->importance[j]));
        hone_json_push(list, o);
    }
    return list;
}

static json_t *reals(const double *x, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        hone_json_push(list, hone_json_real(x[i]));
    }
    return list;
}

static json_t *xy_json(const double *x, const double *y, size_t n)
{
    json_t *o = json_object();
    hone_json_set(o, "x", reals(x, n));
    hone_json_set(o, "y", reals(y, n));
    return o;
}

typedef enum hone_code curve_maker(struct hone_run *, const struct hone_prediction *, size_t,
                                   struct hone_arena *, struct hone_curve *);

/* A curve, or nothing where the test rows are all of one class. */
static enum hone_code add_curve(struct hone_run *run, const struct hone_prediction *p,
                                curve_maker *make, const char *name, json_t *curves)
{
    HONE_ARENA(work);
    struct hone_curve curve;
    enum hone_code code = make(run, p, 1, &work, &curve);
    if (code == HONE_E_NUMERIC) {
        hone_error_clear(run);
        return HONE_OK;
    }
    HONE_TRY(code);
    hone_json_set(curves, name, xy_json(curve.x, curve.y, curve.n));
    return HONE_OK;
}

static enum hone_code binary_curves(struct hone_run *run, const struct hone_prediction *p,
                                    json_t *curves)
{
    HONE_ARENA(work);
    struct hone_reliability r;
    HONE_TRY(add_curve(run, p, hone_curve_roc, "roc", curves));
    HONE_TRY(add_curve(run, p, hone_curve_pr, "pr", curves));
    HONE_TRY(add_curve(run, p, hone_curve_gain, "gain", curves));
    HONE_TRY(hone_curve_reliability(run, p, 1, RELIABILITY_BINS, &work, &r));
    json_t *o = xy_json(r.promised, r.observed, r.n);
    hone_json_set(o, "rows", reals(r.weight, r.n));
    hone_json_set(curves, "reliability", o);
    return HONE_OK;
}

static enum hone_code confusion(struct hone_run *run, const struct hone_prediction *p,
                                json_t *curves)
{
    HONE_ARENA(work);
    double *cell;
    HONE_TRY(hone_confusion(run, p, &work, &cell));
    json_t *list = json_array();
    for (size_t k = 0; k < p->classes; k++) {
        hone_json_push(list, reals(cell + k * p->classes, p->classes));
    }
    hone_json_set(curves, "confusion", list);
    return HONE_OK;
}

/* Every nth test row, and how the errors are spread. */
static enum hone_code regression_curves(struct hone_run *run, const struct hone_prediction *p,
                                        json_t *curves)
{
    double *x;
    double *y;
    size_t step = (p->rows + SCATTER_POINTS - 1) / SCATTER_POINTS;
    size_t n = 0;
    HONE_TRY(hone_array(run, &run->scratch, &x, p->rows));
    HONE_TRY(hone_array(run, &run->scratch, &y, p->rows));
    double low = HUGE_VAL;
    double high = -HUGE_VAL;
    for (size_t i = 0; i < p->rows; i++) {
        double error = hone_score_at(p, i, 0) - p->y[i];
        low = fmin(low, error);
        high = fmax(high, error);
        if (i % step == 0) {
            x[n] = p->y[i];
            y[n++] = hone_score_at(p, i, 0);
        }
    }
    hone_json_set(curves, "scatter", xy_json(x, y, n));
    double edge[ERROR_BINS + 1];
    double count[ERROR_BINS] = {0};
    double width = (high - low) / ERROR_BINS;
    for (size_t b = 0; b <= ERROR_BINS; b++) {
        edge[b] = low + width * (double)b;
    }
    for (size_t i = 0; i < p->rows && width > 0; i++) {
        double at = (hone_score_at(p, i, 0) - p->y[i] - low) / width;
        count[at < ERROR_BINS - 1 ? (size_t)at : ERROR_BINS - 1]++;
    }
    json_t *o = json_object();
    hone_json_set(o, "edge", reals(edge, ERROR_BINS + 1));
    hone_json_set(o, "count", reals(count, ERROR_BINS));
    hone_json_set(curves, "errors", o);
    return HONE_OK;
}

static enum hone_code curves_json(struct hone_run *run, const struct hone_prediction *p,
                                  json_t *curves)
{
    HONE_SCRATCH(run);
    if (p->task == HONE_TASK_REGRESSION) {
        return regression_curves(run, p, curves);
    }
    if (p->task == HONE_TASK_BINARY) {
        HONE_TRY(binary_curves(run, p, curves));
    }
    return confusion(run, p, curves);
}

static enum hone_code meta_json(struct hone_run *run, const struct hone_model *model,
                                const char *key, json_t *o, const char *member)
{
    json_t *value;
    HONE_TRY(hone_json_parse(run, hone_model_meta(model, key), &value));
    hone_json_set(o, member, value);
    return HONE_OK;
}

/* What hone evaluate says, of the test rows. */
static enum hone_code add_evaluation(struct hone_run *run, const struct hone_job *job,
                                     const struct hone_job_result *r,
                                     const struct hone_prediction *p, json_t *o)
{
    const struct hone_trained *t = &r->trained;
    const struct hone_rows *test = &r->prepared.test;
    const struct hone_judged what = {
        {test->table, test->row, test->n}, &r->prepared.target, *p};
    const struct hone_judging how = {.metric = t->metric,
                                     .metrics = t->metrics,
                                     .known = t->interval,
                                     .replicates = (size_t)job->train.bootstrap,
                                     .goals = &t->goals,
                                     .by = r->by,
                                     .tolerance = job->train.tolerance,
                                     .weak_spots = true};
    json_t *evaluation;
    HONE_TRY(hone_judge(run, &what, &how, &evaluation));
    hone_json_set(o, "evaluation", evaluation);
    return HONE_OK;
}

enum hone_code hone_training_facts(struct hone_run *run, const struct hone_job *job,
                                   const struct hone_job_result *r, json_t **out)
{
    HONE_JSON json_t *o = json_object();
    const struct hone_trained *t = &r->trained;
    struct hone_prediction p = hone_scores_against(&t->scorer, &t->scores, r->prepared.test.y);
    p.weight = r->prepared.test.weight;
    HONE_TRY(meta_json(run, t->scorer.model, HONE_META_SIGNATURE, o, "signature"));
    HONE_TRY(meta_json(run, t->scorer.model, HONE_META_LINEAGE, o, "lineage"));
    hone_json_set_text(o, "hash", t->hash.hex);
    hone_json_set_text(o, "run", r->run.hex);
    hone_json_set(o, "data", data_json(r));
    hone_json_set_text(o, "metric", t->selection.metric->part.name);
    hone_json_set(o, "metrics", metrics_json(t));
    hone_json_set_text(o, "estimator", t->what);
    hone_json_set(o, "candidates", candidates_json(&t->selection));
    set_int(o, "folds", t->selection.folds);
    set_int(o, "valid_rows", t->selection.valid_n);
    hone_answers_json(t, o);
    set_int(o, "rounds", t->rounds);
    set_int(o, "bytes", t->bytes.len);
    hone_json_set(o, "columns", columns_json(t->recipe));
    hone_json_set(o, "importance", importance_json(t));
    hone_json_set(o, "project", hone_job_to_json(job));
    json_t *curves = json_object();
    hone_json_set(o, "curves", curves);
    HONE_TRY(curves_json(run, &p, curves));
    HONE_TRY(add_evaluation(run, job, r, &p, o));
    if (r->findings != NULL) {
        hone_json_set(o, "checks", hone_findings_json(r->findings, r->data->rows));
    }
    json_t *groups = json_array();
    hone_json_set(o, "groups", groups);
    for (size_t b = 0; b < r->by.n; b++) {
        hone_json_push(groups, hone_fairness_json(&r->groups[b], r->by.item[b]));
    }
    *out = json_incref(o);
    return HONE_OK;
}
