/* All that a study found out, as one document for the terminal, the page and other programs. */
#include <math.h>

#include "flow/plan/feasibility_priv.h"

static void set_int(json_t *o, const char *key, size_t value)
{
    hone_json_set(o, key, json_integer((json_int_t)value));
}

static json_t *span_json(double value, double low, double high)
{
    json_t *o = json_object();
    hone_json_set(o, "value", hone_json_real(value));
    hone_json_set(o, "low", hone_json_real(low));
    hone_json_set(o, "high", hone_json_real(high));
    return o;
}

static json_t *interval_json(const struct hone_interval *i)
{
    return span_json(i->value, i->low, i->high);
}

static const char *task_name(enum hone_task task)
{
    return task == HONE_TASK_REGRESSION ? "regression"
           : task == HONE_TASK_BINARY   ? "binary"
                                        : "multiclass";
}

static json_t *classes_json(const struct hone_study *s)
{
    json_t *list = json_array();
    for (size_t k = 0; k < s->p.target.classes && s->p.target.class_name != NULL; k++) {
        size_t n = 0;
        for (size_t i = 0; i < s->p.train.n; i++) {
            n += (size_t)s->p.train.y[i] == k;
        }
        json_t *o = json_object();
        hone_json_set_text(o, "name", s->p.target.class_name[k]);
        set_int(o, "rows", n);
        hone_json_set(o, "share", hone_json_real((double)n / (double)s->p.train.n));
        hone_json_push(list, o);
    }
    return list;
}

static json_t *data_json(const struct hone_study *s)
{
    json_t *o = json_object();
    size_t missing = 0;
    size_t cells = 0;
    for (size_t j = 0; j < s->data->cols; j++) {
        missing += s->data->column[j].nulls;
        cells += s->data->rows;
    }
    hone_json_set_text(o, "path", s->report.path);
    set_int(o, "rows", s->data->rows);
    set_int(o, "columns", s->data->cols);
    set_int(o, "used", s->recipe->used);
    set_int(o, "bad_rows", s->report.bad_rows);
    set_int(o, "without_target", s->p.without_target);
    set_int(o, "train_rows", s->p.train.n);
    set_int(o, "test_rows", s->p.test.n);
    hone_json_set(o, "missing",
                  hone_json_real(cells == 0 ? 0 : (double)missing / (double)cells));
    hone_json_set_text(o, "target", s->p.target.name);
    hone_json_set_text(o, "task", task_name(s->p.target.task));
    hone_json_set(o, "classes", classes_json(s));
    return o;
}

static json_t *tried_json(const struct hone_study *s)
{
    json_t *list = json_array();
    for (size_t i = 0; i < s->tries; i++) {
        json_t *o = json_object();
        hone_json_set_text(o, "name", s->tried[i].estimator->part.name);
        hone_json_set(o, "score", hone_json_real(s->tried[i].score));
        hone_json_set(o, "seconds", hone_json_real(s->tried[i].seconds));
        set_int(o, "rows", s->tried[i].fit_rows);
        set_int(o, "held", s->held.n);
        hone_json_push(list, o);
    }
    return list;
}

static json_t *needed_json(const struct hone_rows_needed *n)
{
    json_t *o = span_json(n->rows, n->low, n->high);
    hone_json_set(o, "reachable", hone_json_real(n->reachable));
    return o;
}

static json_t *goals_json(const struct hone_study *s)
{
    json_t *list = json_array();
    for (size_t g = 0; g < s->goals.n; g++) {
        json_t *o = interval_json(&s->reached[g]);
        hone_json_set_text(o, "goal", hone_goal_text(&s->goals.item[g], s->mem));
        hone_json_set_text(o, "metric", s->goals.item[g].metric->part.name);
        hone_json_set(o, "bound", hone_json_real(s->goals.item[g].bound));
        hone_json_set_text(
            o, "verdict",
            hone_verdict_name(hone_goal_judge(&s->goals.item[g], &s->reached[g])));
        if (!isnan(s->need[g].rows)) {
            hone_json_set(o, "rows_needed", needed_json(&s->need[g]));
        }
        hone_json_push(list, o);
    }
    return list;
}

static json_t *ceiling_json(const struct hone_study *s)
{
    json_t *o = json_object();
    set_int(o, "rows", s->ceiling.rows);
    set_int(o, "groups", s->ceiling.groups);
    set_int(o, "torn", s->ceiling.torn);
    hone_json_set_text(o, "metric",
                       s->p.target.task == HONE_TASK_REGRESSION ? "rmse" : "accuracy");
    hone_json_set(o, "best", hone_json_real(s->ceiling.best));
    return o;
}

static json_t *labels_json(const struct hone_study *s)
{
    const struct hone_study_labels *l = &s->labels;
    json_t *o = json_object();
    json_t *rows = json_array();
    set_int(o, "sure", l->of);
    set_int(o, "contradicted", l->rows);
    hone_json_set(o, "allowed", hone_json_real(l->allowed));
    for (size_t i = 0; i < l->shown; i++) {
        json_t *row = json_object();
        set_int(row, "row", l->row[i] + 1);
        hone_json_set_text(row, "label", l->given[i]);
        hone_json_set_text(row, "answer", l->other[i]);
        hone_json_set(row, "probability", hone_json_real(l->sure[i]));
        hone_json_push(rows, row);
    }
    hone_json_set(o, "rows", rows);
    return o;
}

/* The columns that give the answer away, by the checks and by the model. */
static json_t *leak_json(const struct hone_study *s)
{
    json_t *o = json_object();
    json_t *columns = json_array();
    bool named = s->leak == NULL;
    for (size_t i = 0; i < s->findings->n; i++) {
        const struct hone_finding *f = &s->findings->item[i];
        if (hone_study_leaks(f)) {
            hone_json_push(columns, hone_json_text(hone_str(f->column)));
            named = named || strcmp(f->column, s->leak) == 0;
        }
    }
    if (!named) {
        hone_json_push(columns, hone_json_text(hone_str(s->leak)));
    }
    hone_json_set(o, "too_good", json_boolean(s->too_good));
    hone_json_set(o, "columns", columns);
    hone_json_set_text(o, "column", s->leak);
    if (s->leak != NULL) {
        hone_json_set(o, "importance", hone_json_real(s->leak_share));
        hone_json_set(o, "without", hone_json_real(s->without_leak));
    }
    return o;
}

/* Per 1,000 rows. */
static json_t *worth_json(const struct hone_study *s)
{
    const struct hone_study_worth *w = &s->worth;
    const struct hone_value_matrix *m = &s->goals.worth;
    json_t *o = json_object();
    json_t *given = json_object();
    hone_json_set(given, "true_positive", hone_json_real(m->true_positive));
    hone_json_set(given, "false_positive", hone_json_real(m->false_positive));
    hone_json_set(given, "false_negative", hone_json_real(m->false_negative));
    hone_json_set(given, "true_negative", hone_json_real(m->true_negative));
    hone_json_set(o, "given", given);
    hone_json_set_text(o, "unit", s->goals.unit);
    hone_json_set(o, "threshold", hone_json_real(w->threshold));
    hone_json_set(o, "model",
                  span_json(1000 * w->model.value, 1000 * w->model.low, 1000 * w->model.high));
    hone_json_set(o, "never", hone_json_real(1000 * w->never));
    hone_json_set(o, "always", hone_json_real(1000 * w->always));
    hone_json_set(o, "gain",
                  span_json(1000 * w->gain.value, 1000 * w->gain.low, 1000 * w->gain.high));
    return o;
}

json_t *hone_study_json(struct hone_run *run, const struct hone_study *s)
{
    json_t *o = json_object();
    hone_json_set(o, "data", data_json(s));
    hone_json_set(o, "findings", hone_findings_json(s->findings, s->data->rows));
    hone_json_set_text(o, "metric", s->metric->part.name);
    hone_json_set(o, "greater_is_better", json_boolean(s->metric->greater_is_better));
    hone_json_set(o, "tried", tried_json(s));
    hone_json_set(o, "baseline", hone_json_real(s->peers.baseline));
    json_t *now = interval_json(&s->learning.top);
    set_int(now, "rows", s->learning.point[s->learning.sizes - 1].rows);
    hone_json_set_text(now, "estimator", s->learning.estimator);
    hone_json_set(o, "now", now);
    hone_json_set(o, "learning", hone_learning_json(run, &s->learning, &s->verdict));
    hone_json_set(o, "goals", goals_json(s));
    hone_json_set(o, "ceiling", ceiling_json(s));
    hone_json_set(o, "labels", labels_json(s));
    hone_json_set(o, "leakage", leak_json(s));
    if (s->worthy) {
        hone_json_set(o, "worth", worth_json(s));
    }
    return o;
}
