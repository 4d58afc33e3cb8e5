#include "flow/judge/judge.h"

#include <math.h>

#include "base/progress.h"
#include "eval/residual.h"
#include "flow/judge/groups.h"
#include "flow/judge/judge_priv.h"
#include "flow/judge/segment.h"
#include "flow/train/facts.h"
#include "store/artifact.h"
#include "store/store.h"

#define WEAK_SPOTS     8
#define RESIDUAL_BINS  10
#define WORST_ROWS     20
#define WORST_COLUMNS  40  /* of a worst row's own values that are kept */
#define SCATTER_POINTS 600 /* more would only be ink */
#define ERROR_BINS     30
#define GROUP_ROWS     10 /* a segment of fewer rows has no interval */
#define GROUP_DRAWS    300

void hone_judge_number(json_t *o, const char *key, double value)
{
    hone_json_set(o, key, hone_json_real(value));
}

json_t *hone_judge_numbers(const double *x, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        hone_json_push(list, hone_json_real(x[i]));
    }
    return list;
}

static void set_count(json_t *o, const char *key, size_t value)
{
    hone_json_set(o, key, json_integer((json_int_t)value));
}

/* --- metrics and goals --------------------------------------------------------------------- */

static void set_interval(json_t *o, const struct hone_interval *i)
{
    hone_judge_number(o, "value", i->value);
    hone_judge_number(o, "low", i->low);
    hone_judge_number(o, "high", i->high);
    hone_judge_number(o, "error", i->error);
    hone_json_set_text(o, "method", i->method);
    hone_json_set_text(o, "why", i->why);
}

static void add_metrics(const struct hone_judging *how, const struct hone_interval *interval,
                        json_t *o)
{
    json_t *values = json_object();
    json_t *intervals = json_object();
    json_t *list = json_array();
    for (size_t m = 0; m < how->metrics; m++) {
        const struct hone_metric *metric = how->metric[m];
        const double bounds[2] = {interval[m].low, interval[m].high};
        json_t *item = json_object();
        hone_json_set_text(item, "name", metric->part.name);
        set_interval(item, &interval[m]);
        hone_json_set(item, "greater_is_better", json_boolean(metric->greater_is_better));
        hone_json_set_text(item, "summary", metric->part.summary);
        hone_json_push(list, item);
        hone_judge_number(values, metric->part.name, interval[m].value);
        hone_json_set(intervals, metric->part.name, hone_judge_numbers(bounds, 2));
    }
    hone_json_set(o, "metrics", values);
    hone_json_set(o, "intervals", intervals);
    hone_json_set(o, "measures", list);
}

static enum hone_code add_goals(struct hone_run *run, const struct hone_judged *what,
                                const struct hone_judging *how, json_t *o)
{
    HONE_ARENA(work);
    json_t *list = json_array();
    hone_json_set(o, "goals", list);
    if (how->goals == NULL) {
        return HONE_OK;
    }
    HONE_TRY(hone_goals_check(run, how->goals, what->p.task));
    for (size_t g = 0; g < how->goals->n; g++) {
        const struct hone_goal *goal = &how->goals->item[g];
        struct hone_interval interval;
        json_t *item = json_object();
        hone_json_push(list, item);
        HONE_TRY(
            hone_scores_judge(run, &what->p, &goal->metric, 1, how->replicates, &interval));
        hone_json_set_text(item, "goal", hone_goal_text(goal, &work));
        hone_json_set_text(item, "metric", goal->metric->part.name);
        hone_judge_number(item, "bound", goal->bound);
        set_interval(item, &interval);
        hone_json_set_text(item, "verdict",
                           hone_verdict_name(hone_goal_judge(goal, &interval)));
    }
    return HONE_OK;
}

size_t hone_judge_verdicts(const json_t *evaluation, enum hone_verdict verdict)
{
    size_t n = 0;
    size_t i;
    const json_t *goal;
    json_array_foreach(json_object_get(evaluation, "goals"), i, goal)
    {
        n += strcmp(hone_json_get_text(goal, "verdict", ""), hone_verdict_name(verdict)) == 0;
    }
    return n;
}

/* --- regression ---------------------------------------------------------------------------- */

/* One cell as it is read. */
static json_t *cell_json(const struct hone_column *c, size_t row)
{
    HONE_ARENA(work);
    struct hone_buf buf = hone_buf(&work);
    if (!hone_is_valid(c, row)) {
        return json_null();
    }
    hone_column_print(&buf, c, row);
    return hone_json_text((struct hone_str){buf.ptr, buf.len < 80 ? buf.len : 80});
}

static json_t *worst_json(const struct hone_judged *what, const struct hone_residuals *r)
{
    json_t *list = json_array();
    const struct hone_table *t = what->rows.table;
    for (size_t i = 0; i < r->worst_n; i++) {
        size_t at = r->worst[i];
        size_t row = what->rows.row == NULL ? at : what->rows.row[at];
        json_t *item = json_object();
        json_t *cells = json_object();
        set_count(item, "row", row + 1);
        hone_judge_number(item, "truth", what->p.y[at]);
        hone_judge_number(item, "predicted", hone_score_at(&what->p, at, 0));
        hone_judge_number(item, "residual", what->p.y[at] - hone_score_at(&what->p, at, 0));
        for (size_t k = 0; k < t->cols && k < WORST_COLUMNS; k++) {
            if (t->column[k].type != HONE_BINARY && t->column[k].type != HONE_VECTOR) {
                hone_json_set(cells, t->column[k].name, cell_json(&t->column[k], row));
            }
        }
        hone_json_set(item, "cells", cells);
        hone_json_push(list, item);
    }
    return list;
}

static json_t *bins_json(const struct hone_residuals *r)
{
    json_t *list = json_array();
    for (size_t b = 0; b < r->bins; b++) {
        const struct hone_residual_bin *bin = &r->bin[b];
        json_t *item = json_object();
        hone_judge_number(item, "from", bin->from);
        hone_judge_number(item, "to", bin->to);
        set_count(item, "rows", bin->rows);
        hone_judge_number(item, "predicted", bin->predicted);
        hone_judge_number(item, "truth", bin->truth);
        hone_judge_number(item, "bias", bin->bias);
        hone_judge_number(item, "low", bin->low);
        hone_judge_number(item, "high", bin->high);
        hone_judge_number(item, "rmse", bin->rmse);
        hone_json_push(list, item);
    }
    return list;
}

/* Every nth row: truth, prediction, residual. */
static json_t *scatter_json(const struct hone_prediction *p)
{
    json_t *o = json_object();
    json_t *truth = json_array();
    json_t *predicted = json_array();
    size_t step = (p->rows + SCATTER_POINTS - 1) / SCATTER_POINTS;
    for (size_t i = 0; i < p->rows; i += step) {
        hone_json_push(truth, hone_json_real(p->y[i]));
        hone_json_push(predicted, hone_json_real(hone_score_at(p, i, 0)));
    }
    hone_json_set(o, "truth", truth);
    hone_json_set(o, "predicted", predicted);
    return o;
}

static json_t *error_histogram(const struct hone_prediction *p)
{
    json_t *o = json_object();
    double edge[ERROR_BINS + 1];
    double count[ERROR_BINS] = {0};
    double low = HUGE_VAL;
    double high = -HUGE_VAL;
    for (size_t i = 0; i < p->rows; i++) {
        double e = p->y[i] - hone_score_at(p, i, 0);
        low = fmin(low, e);
        high = fmax(high, e);
    }
    double width = (high - low) / ERROR_BINS;
    for (size_t b = 0; b <= ERROR_BINS; b++) {
        edge[b] = low + width * (double)b;
    }
    for (size_t i = 0; i < p->rows && width > 0; i++) {
        double at = (p->y[i] - hone_score_at(p, i, 0) - low) / width;
        count[at < ERROR_BINS - 1 ? (size_t)at : ERROR_BINS - 1]++;
    }
    hone_json_set(o, "edge", hone_judge_numbers(edge, ERROR_BINS + 1));
    hone_json_set(o, "count", hone_judge_numbers(count, ERROR_BINS));
    return o;
}

static enum hone_code add_residuals(struct hone_run *run, const struct hone_judged *what,
                                    json_t *o)
{
    HONE_ARENA(work);
    struct hone_residuals r;
    json_t *d = json_object();
    json_t *normal = json_object();
    hone_json_set(o, "residuals", d);
    HONE_TRY(hone_residuals_of(run, &what->p, RESIDUAL_BINS, WORST_ROWS, &work, &r));
    hone_judge_number(d, "bias", r.bias);
    hone_judge_number(d, "bias_low", r.bias_low);
    hone_judge_number(d, "bias_high", r.bias_high);
    hone_judge_number(d, "bias_p", r.bias_p);
    hone_judge_number(d, "deviation", r.deviation);
    hone_judge_number(d, "skew", r.skew);
    hone_judge_number(d, "kurtosis", r.kurtosis);
    hone_judge_number(d, "normal_p", r.normal_p);
    hone_judge_number(d, "spread_p", r.spread_p);
    hone_judge_number(d, "spread_slope", r.spread_slope);
    hone_judge_number(d, "durbin_watson", r.durbin_watson);
    hone_json_set(d, "quantiles", hone_judge_numbers(r.quantile, 5));
    hone_json_set(normal, "normal", hone_judge_numbers(r.normal, r.points));
    hone_json_set(normal, "seen", hone_judge_numbers(r.seen, r.points));
    hone_json_set(d, "normal_quantiles", normal);
    hone_json_set(d, "bins", bins_json(&r));
    hone_json_set(d, "histogram", error_histogram(&what->p));
    hone_json_set(d, "scatter", scatter_json(&what->p));
    hone_json_set(d, "worst", worst_json(what, &r));
    return HONE_OK;
}

/* --- segments ------------------------------------------------------------------------------ */

/* The rows of one segment, as predictions of their own. */
static enum hone_code rows_of(struct hone_run *run, const struct hone_prediction *p,
                              const struct hone_segments *s, uint32_t g, struct hone_arena *mem,
                              struct hone_prediction *out)
{
    size_t n = 0;
    double *y;
    double *score;
    double *weight;
    uint32_t *label;
    HONE_TRY(hone_array(run, mem, &y, p->rows));
    HONE_TRY(hone_matrix(run, mem, &score, p->rows, p->classes));
    HONE_TRY(hone_array(run, mem, &weight, p->rows));
    HONE_TRY(hone_array(run, mem, &label, p->rows));
    for (size_t i = 0; i < p->rows; i++) {
        if (s->code[i] != g) {
            continue;
        }
        y[n] = p->y[i];
        weight[n] = hone_weight_at(p, i);
        label[n] = p->label == NULL ? 0 : p->label[i];
        for (size_t k = 0; k < p->classes; k++) {
            score[n * p->classes + k] = hone_score_at(p, i, k);
        }
        n++;
    }
    *out = *p;
    out->rows = n;
    out->y = y;
    out->score = score;
    out->score_f32 = NULL;
    out->weight = p->weight == NULL ? NULL : weight;
    out->label = p->label == NULL ? NULL : label;
    return HONE_OK;
}

static enum hone_code segment_json(struct hone_run *run, const struct hone_prediction *p,
                                   const struct hone_segments *s, uint32_t g,
                                   const struct hone_judging *how, json_t *list)
{
    HONE_ARENA(work);
    struct hone_prediction part;
    const struct hone_metric *m = hone_metric_default(p->task);
    struct hone_interval interval = {
        .value = (double)NAN, .low = (double)NAN, .high = (double)NAN, .error = (double)NAN};
    json_t *item = json_object();
    hone_json_push(list, item);
    HONE_TRY(rows_of(run, p, s, g, &work, &part));
    bool some = false;
    for (size_t i = 0; i < part.rows && !some; i++) {
        some = hone_weight_at(&part, i) > 0;
    }
    if (some) {
        size_t draws = part.rows < GROUP_ROWS ? 0 : how->replicates;
        draws = draws < GROUP_DRAWS ? draws : GROUP_DRAWS;
        HONE_TRY(hone_scores_judge(run, &part, &m, 1, draws, &interval));
    }
    hone_json_set_text(item, "segment", s->name[g]);
    set_count(item, "rows", part.rows);
    set_interval(item, &interval);
    return HONE_OK;
}

static enum hone_code add_segments(struct hone_run *run, const struct hone_judged *what,
                                   const struct hone_judging *how, json_t *o)
{
    json_t *segments = json_array();
    json_t *groups = json_array();
    bool rates = what->p.task == HONE_TASK_BINARY || what->p.task == HONE_TASK_REGRESSION;
    hone_json_set(o, "segments", segments);
    hone_json_set(o, "groups", groups);
    for (size_t b = 0; b < how->by.n; b++) {
        HONE_ARENA(work);
        struct hone_segments s;
        struct hone_fairness f;
        json_t *item = json_object();
        json_t *list = json_array();
        hone_json_push(segments, item);
        hone_json_set_text(item, "column", how->by.item[b]);
        hone_json_set_text(item, "metric", hone_metric_default(what->p.task)->part.name);
        hone_json_set(item, "segments", list);
        HONE_TRY(hone_segments_cut(run, &what->rows, how->by.item[b], HONE_GROUPS_RANGES,
                                   HONE_GROUPS_MAX, &work, &s));
        for (size_t g = 0; g < s.n; g++) {
            HONE_TRY(segment_json(run, &what->p, &s, (uint32_t)g, how, list));
        }
        if (rates) {
            HONE_TRY(
                hone_fairness(run, &what->p, s.code, s.n, s.name, how->tolerance, &work, &f));
            hone_json_push(groups, hone_fairness_json(&f, how->by.item[b]));
        }
    }
    return HONE_OK;
}

static enum hone_code add_weak_spots(struct hone_run *run, const struct hone_judged *what,
                                     json_t *o)
{
    HONE_ARENA(work);
    struct hone_weak_spots w;
    json_t *d = json_object();
    json_t *list = json_array();
    hone_json_set(o, "weak_spots", d);
    hone_json_set(d, "spots", list);
    HONE_TRY(hone_weak_spots_find(run, &what->rows, what->target->name, &what->p, WEAK_SPOTS,
                                  &work, &w));
    hone_json_set_text(d, "loss", w.loss);
    set_count(d, "looked", w.looked);
    for (size_t i = 0; i < w.n; i++) {
        const struct hone_weak_spot *spot = &w.item[i];
        json_t *item = json_object();
        json_t *where = json_array();
        for (size_t c = 0; c < spot->columns; c++) {
            json_t *one = json_object();
            hone_json_set_text(one, "column", spot->column[c]);
            hone_json_set_text(one, "segment", spot->segment[c]);
            hone_json_push(where, one);
        }
        hone_json_set(item, "where", where);
        set_count(item, "rows", spot->rows);
        hone_judge_number(item, "loss", spot->loss);
        hone_judge_number(item, "elsewhere", spot->elsewhere);
        hone_judge_number(item, "p_value", spot->p_value);
        hone_judge_number(item, "p_adjusted", spot->p_adjusted);
        hone_json_push(list, item);
    }
    return HONE_OK;
}

/* --- the whole ----------------------------------------------------------------------------- */

static void add_head(const struct hone_judged *what, json_t *o)
{
    static const char *const tasks[] = {"regression", "binary", "multiclass"};
    const struct hone_target_facts *t = what->target;
    json_t *classes = json_array();
    size_t task = t->task == HONE_TASK_REGRESSION ? 0 : t->task == HONE_TASK_BINARY ? 1 : 2;
    hone_json_set_text(o, "task", tasks[task]);
    hone_json_set_text(o, "target", t->name);
    set_count(o, "rows", what->p.rows);
    for (size_t k = 0; task != 0 && k < t->classes; k++) {
        hone_json_push(classes, hone_json_text(hone_str(t->class_name[k])));
    }
    hone_json_set(o, "classes", classes);
    hone_json_set(o, "weighted", json_boolean(what->p.weight != NULL));
}

enum hone_code hone_judge(struct hone_run *run, const struct hone_judged *what,
                          const struct hone_judging *how, json_t **out)
{
    HONE_ARENA(work);
    HONE_JSON json_t *o = json_object();
    struct hone_interval *interval;
    HONE_TRY(hone_array(run, &work, &interval, how->metrics));
    hone_progress_begin(run, "judging", "parts", 5);
    add_head(what, o);
    if (how->known != NULL) {
        memcpy(interval, how->known, how->metrics * sizeof *interval);
    } else {
        HONE_TRY(hone_scores_judge(run, &what->p, how->metric, how->metrics, how->replicates,
                                   interval));
    }
    add_metrics(how, interval, o);
    hone_progress_at(run, 1);
    HONE_TRY(add_goals(run, what, how, o));
    hone_progress_at(run, 2);
    if (what->p.task == HONE_TASK_REGRESSION) {
        HONE_TRY(add_residuals(run, what, o));
    } else {
        HONE_TRY(hone_judge_classes(run, what, how, o));
    }
    hone_progress_at(run, 3);
    HONE_TRY(add_segments(run, what, how, o));
    hone_progress_at(run, 4);
    if (how->weak_spots) {
        HONE_TRY(add_weak_spots(run, what, o));
    }
    hone_progress_end(run);
    *out = json_incref(o);
    return HONE_OK;
}

/* --- goals on record ----------------------------------------------------------------------- */

enum hone_code hone_judge_recorded_goals(struct hone_run *run, const char *store,
                                         const char *run_id, struct hone_arena *mem,
                                         struct hone_train_settings *settings)
{
    HONE_ARENA(work);
    HONE_CLOSING(hone_store_drop) struct hone_store *open = NULL;
    HONE_JSON json_t *facts = NULL;
    struct hone_run_artifact *kept;
    struct hone_job job;
    size_t n;
    HONE_TRY(hone_store_open(run, store, false, &work, &open));
    HONE_TRY(hone_store_run_kept(run, open, run_id, &work, &kept, &n));
    for (size_t i = 0; i < n && facts == NULL; i++) {
        struct hone_str bytes;
        if (strcmp(kept[i].path, HONE_RUN_FACTS) == 0) {
            HONE_TRY(hone_artifact_get(run, open, kept[i].hash, &work, &bytes));
            HONE_TRY(hone_json_parse(run, bytes, &facts));
        }
    }
    const json_t *project = json_object_get(facts, "project");
    if (project == NULL) {
        return HONE_OK;
    }
    hone_job_default(&job);
    HONE_TRY(hone_job_from_json(run, project, mem, &job));
    if (settings->success.n == 0) {
        settings->success = job.train.success;
    }
    if (settings->value.n == 0) {
        settings->value = job.train.value;
        settings->value_unit =
            settings->value_unit == NULL ? job.train.value_unit : settings->value_unit;
    }
    return HONE_OK;
}
