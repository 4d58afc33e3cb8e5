#include "flow/train/facts.h"

#include "flow/judge/judge.h"

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

/* How answers come from raw scores. */
static void settled_json(const struct hone_trained *t, json_t *o)
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
}

void hone_answers_json(const struct hone_trained *t, json_t *o)
{
    settled_json(t, o);
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
    hone_json_set_text(o, "estimator", t->what);
    hone_json_set(o, "candidates", candidates_json(&t->selection));
    set_int(o, "folds", t->selection.folds);
    set_int(o, "valid_rows", t->selection.valid_n);
    settled_json(t, o);
    hone_json_set_text(o, "rules", t->rules);
    set_int(o, "rounds", t->rounds);
    set_int(o, "bytes", t->bytes.len);
    hone_json_set(o, "columns", columns_json(t->recipe));
    hone_json_set(o, "importance", importance_json(t));
    hone_json_set(o, "project", hone_job_to_json(job));
    HONE_TRY(add_evaluation(run, job, r, &p, o));
    if (r->findings != NULL) {
        hone_json_set(o, "checks", hone_findings_json(r->findings, r->data->rows));
    }
    *out = json_incref(o);
    return HONE_OK;
}
