#include "flow/plan/feasibility.h"

#include <math.h>

#include "base/progress.h"
#include "check/check.h"
#include "eval/split.h"
#include "flow/data/source.h"
#include "flow/plan/feasibility_priv.h"

/* Rows that estimators are tried on before one is studied, and the share of them held out. */
#define TRY_ROWS   6000
#define TRY_HELD   0.25
#define REPLICATES 300

/* Trees learn in fewer, larger steps here than in a training: a plan is to be quick. */
#define QUICK_RATE "0.1"

const struct hone_param hone_feasibility_params[] = {
    HONE_INT(struct hone_feasibility_settings, rows, HONE_LEARNING_ROWS, 100, 1e9,
             .help = "most training rows of the learning curve"),
    HONE_INT(struct hone_feasibility_settings, repeats, 0, 0, 1000,
             .help = "measurements of each size of the curve; 0: by the rows"),
    HONE_REAL(struct hone_feasibility_settings, seconds, 0, 0, 1e9,
              .help = "begin no measurement after this time; 0: no bound"),
    HONE_PARAM_END,
};

const char *hone_feasible_name(enum hone_feasible verdict)
{
    static const char *const name[] = {
        [HONE_FEASIBLE_GO] = "go",
        [HONE_FEASIBLE_MORE_DATA] = "more data",
        [HONE_FEASIBLE_NO_GO] = "no-go",
    };
    return name[verdict];
}

struct hone_prediction hone_study_pooled(const struct hone_study *s)
{
    return (struct hone_prediction){.task = s->p.target.task,
                                    .rows = s->learning.pooled,
                                    .classes = s->p.target.classes,
                                    .y = s->learning.y,
                                    .weight = s->learning.weight,
                                    .score = s->learning.prob};
}

static double seconds_since(int64_t start)
{
    return (double)(hone_ticks_ns() - start) * 1e-9;
}

static enum hone_code read_data(struct hone_run *run, struct hone_study *s)
{
    const struct hone_job *job = s->job;
    HONE_TRY(
        hone_data_read(run, job->store, job->data, &job->read, s->mem, &s->data, &s->report));
    HONE_TRY(hone_goals_read(run, &job->train, s->mem, &s->goals));
    /* a job with a test table of its own trains on all rows; that table is not even read */
    const struct hone_table *test = job->test == NULL ? NULL : s->data;
    HONE_TRY(hone_prepare(run, s->data, test, &job->train, s->mem, &s->p));
    if (test != NULL) {
        s->p.test.n = 0;
    }
    return hone_goals_check(run, &s->goals, s->p.target.task);
}

/* What is wrong with the data, and whether a column gives the target away. */
static enum hone_code check_data(struct hone_run *run, struct hone_study *s)
{
    const struct hone_train_settings *set = &s->job->train;
    struct hone_table *used;
    HONE_TRY(hone_table_drop(run, s->data, set->drop.item, set->drop.n, s->mem, &used));
    const struct hone_check_input input = {
        .table = used, .target = s->p.target.name, .task = s->p.target.task};
    return hone_check_run(run, &input, HONE_CHECK_ALL, s->mem, &s->findings);
}

static enum hone_code choose_recipe(struct hone_run *run, struct hone_study *s)
{
    const struct hone_train_settings *set = &s->job->train;
    struct hone_recipe_names names = {
        .target = s->p.target.name, .drop = set->drop, .keep = set->keep};
    if (set->weight != NULL) { /* what rows count is no feature */
        HONE_TRY(hone_array(run, s->mem, &names.drop.item, set->drop.n + 1));
        for (size_t i = 0; i < set->drop.n; i++) {
            names.drop.item[i] = set->drop.item[i];
        }
        names.drop.item[names.drop.n++] = set->weight;
    }
    return hone_recipe_choose(run, s->data, s->p.train.row, s->p.train.n, s->p.target.task,
                              &names, s->mem, &s->recipe);
}

/* The metric of the curve: what is chosen by, else what the first goal is about. */
static enum hone_code choose_metric(struct hone_run *run, struct hone_study *s)
{
    s->metric = hone_metric_default(s->p.target.task);
    if (s->job->train.metric != NULL) {
        return hone_metric_need(run, hone_str(s->job->train.metric), &s->metric);
    }
    if (s->goals.n > 0) {
        s->metric = s->goals.item[0].metric;
    }
    return HONE_OK;
}

/* --set KEY=VALUE where the estimator has that key. */
static enum hone_code apply_settings(struct hone_run *run, struct hone_study *s,
                                     const struct hone_estimator *e, void *settings)
{
    const struct hone_texts *set = &s->job->train.set;
    if (hone_param_find(&e->part, hone_str("learning_rate")) != NULL) {
        HONE_TRY(hone_setting_set(run, &e->part, settings, hone_str("learning_rate"),
                                  hone_str(QUICK_RATE), s->mem));
    }
    for (size_t i = 0; i < set->n; i++) {
        struct hone_str key;
        struct hone_str value;
        struct hone_str owner;
        struct hone_str bare;
        if (!hone_str_cut(hone_str(set->item[i]), '=', &key, &value)) {
            continue;
        }
        if (hone_str_cut(key, '.', &owner, &bare)) {
            if (!hone_str_is(owner, e->part.name)) {
                continue;
            }
            key = bare;
        }
        if (hone_param_find(&e->part, key) != NULL) {
            HONE_TRY(hone_setting_set(run, &e->part, settings, key, value, s->mem));
        }
    }
    return HONE_OK;
}

static enum hone_code try_one(struct hone_run *run, struct hone_study *s,
                              struct hone_study_try *t)
{
    char *settings;
    const struct hone_span span = {s->held.table, s->held.row, s->held.n};
    int64_t start = hone_ticks_ns();
    HONE_TRY(hone_array(run, s->mem, &settings, t->estimator->part.settings_size + 1));
    hone_settings_default(&t->estimator->part, settings);
    HONE_TRY(apply_settings(run, s, t->estimator, settings));
    t->settings = settings;
    t->fit_rows = s->fit.n;
    const struct hone_quick quick = {&s->p.target, s->recipe, t->estimator, settings};
    enum hone_code code =
        hone_quick_fit(run, &quick, &s->fit, &span, 1, s->mem, &t->prob, NULL);
    if (code == HONE_E_NUMERIC) { /* no solution here: others may have one */
        hone_error_clear(run);
        t->score = (double)NAN;
        return HONE_OK;
    }
    HONE_TRY(code);
    const struct hone_prediction p = {.task = s->p.target.task,
                                      .rows = s->held.n,
                                      .classes = s->p.target.classes,
                                      .y = s->held.y,
                                      .weight = s->held.weight,
                                      .score = t->prob};
    struct hone_measure measure;
    HONE_TRY(hone_metric_value(run, s->metric, NULL, &p, &measure));
    t->score = measure.value;
    t->seconds = seconds_since(start);
    return HONE_OK;
}

/* A part of the training rows, cut as folds must be. */
static enum hone_code cut_rows(struct hone_run *run, struct hone_study *s)
{
    HONE_ARENA(work);
    const struct hone_rows *all = &s->p.train;
    struct hone_rows some;
    struct hone_split split;
    size_t *order;
    size_t n = all->n < TRY_ROWS ? all->n : TRY_ROWS;
    HONE_TRY(hone_array(run, &work, &order, all->n));
    HONE_TRY(hone_quick_order(run, &s->p.target, all, UINT64_C(2) << 32, order));
    HONE_TRY(hone_quick_take(run, all, order, n, &work, &some));
    if (all->group != NULL || all->time != NULL) {
        struct hone_folds folds;
        HONE_TRY(hone_folds_cut(run, &some, &s->p.target, 4, &work, &folds));
        split = folds.split[folds.n - 1];
    } else if (s->p.target.task == HONE_TASK_REGRESSION) {
        HONE_TRY(hone_split_random(run, n, TRY_HELD, &work, &split));
    } else {
        HONE_TRY(hone_split_stratified(run, n, some.y, s->p.target.classes, TRY_HELD, &work,
                                       &split));
    }
    HONE_TRY(hone_rows_take(run, &some, split.train, split.train_n, s->mem, &s->fit));
    return hone_rows_take(run, &some, split.test, split.test_n, s->mem, &s->held);
}

/* Best first, undefined ones behind, the baseline last. */
static void rank(struct hone_study *s)
{
    double sign = s->metric->greater_is_better ? -1 : 1;
    for (size_t i = 1; i < s->tries; i++) {
        struct hone_study_try t = s->tried[i];
        size_t j = i;
        for (; j > 0; j--) {
            const struct hone_study_try *o = &s->tried[j - 1];
            bool base = strcmp(o->estimator->part.name, "baseline") == 0;
            bool own = strcmp(t.estimator->part.name, "baseline") == 0;
            double loss = isnan(t.score) ? HUGE_VAL : sign * t.score;
            double other = isnan(o->score) ? HUGE_VAL : sign * o->score;
            if (own || !(base || loss < other)) {
                break;
            }
            s->tried[j] = *o;
        }
        s->tried[j] = t;
    }
}

/* All estimators of the task on the same rows. */
static enum hone_code try_all(struct hone_run *run, struct hone_study *s)
{
    size_t all = 0;
    while (hone_estimators[all] != NULL) {
        all++;
    }
    HONE_TRY(hone_array(run, s->mem, &s->tried, all));
    HONE_TRY(cut_rows(run, s));
    hone_progress_begin(run, "estimators", "tried", all);
    for (size_t i = 0; i < all; i++) {
        const struct hone_estimator *e = (const struct hone_estimator *)hone_estimators[i];
        if ((e->tasks & s->p.target.task) != 0) {
            struct hone_progress *shown = run->progress;
            run->progress = NULL;
            s->tried[s->tries].estimator = e;
            enum hone_code code = try_one(run, s, &s->tried[s->tries]);
            run->progress = shown;
            HONE_TRY(code);
            s->tries++;
        }
        hone_progress_at(run, i + 1);
    }
    hone_progress_end(run);
    rank(s);
    return HONE_OK;
}

/* The estimator to be studied first in the list: the one asked for, else the best; then its rival. */
static enum hone_code choose_estimator(struct hone_run *run, struct hone_study *s)
{
    const char *asked = s->job->train.model;
    if (strcmp(asked, "auto") != 0) {
        const struct hone_estimator *e;
        HONE_TRY(hone_estimator_need(run, hone_str(asked), &e));
        size_t at = 0;
        while (at < s->tries && s->tried[at].estimator != e) {
            at++;
        }
        if (at == s->tries) {
            (void)hone_fail(run, HONE_E_ARG, "%s is not for this kind of target", asked);
            return hone_hint(run, "hone list estimators says what each is for; auto chooses");
        }
        struct hone_study_try chosen = s->tried[at];
        memmove(s->tried + 1, s->tried, at * sizeof *s->tried);
        s->tried[0] = chosen;
    }
    if (isnan(s->tried[0].score)) {
        (void)hone_fail(run, HONE_E_ARG, "%s of %s is undefined on the %zu rows held out",
                        s->metric->part.name, s->tried[0].estimator->part.name, s->held.n);
        return hone_hint(run,
                         "each class needs some rows there: about ten in all, better fifty");
    }
    return HONE_OK;
}

/* The second estimator beside the first on the rows that both were tried on. */
static enum hone_code choose_rival(struct hone_run *run, struct hone_study *s)
{
    const struct hone_study_try *rival = &s->tried[1];
    s->peers = (struct hone_learning_peers){.baseline = s->tried[s->tries - 1].score};
    if (s->tries < 3 || isnan(rival->score)) {
        return HONE_OK;
    }
    struct hone_prediction a = {.task = s->p.target.task,
                                .rows = s->held.n,
                                .classes = s->p.target.classes,
                                .y = s->held.y,
                                .weight = s->held.weight,
                                .score = s->tried[0].prob};
    struct hone_prediction b = a;
    const struct hone_bootstrap how = {.replicates = REPLICATES};
    b.score = rival->prob;
    s->peers.rival = rival->estimator->part.name;
    s->peers.rival_score = rival->score;
    return hone_bootstrap_compare(run, &a, &b, &s->metric, 1, &how, &s->peers.against_rival);
}

static enum hone_code learn(struct hone_run *run, struct hone_study *s)
{
    const struct hone_study_try *t = &s->tried[0];
    const struct hone_learning_how how = {
        .quick = {&s->p.target, s->recipe, t->estimator, t->settings},
        .metric = s->metric,
        .most_rows = (size_t)s->set->rows,
        .repeats = (size_t)s->set->repeats,
        .most_seconds = s->set->seconds,
    };
    HONE_TRY(hone_learning_curve(run, &s->p.train, &how, s->mem, &s->learning));
    hone_learning_judge(&s->learning, &s->peers, s->mem, &s->verdict);
    return HONE_OK;
}

/* What the goals' metrics are now, and the rows that the curve's metric needs. */
static enum hone_code judge_goals(struct hone_run *run, struct hone_study *s)
{
    const struct hone_prediction p = hone_study_pooled(s);
    const struct hone_bootstrap how = {.replicates = REPLICATES};
    HONE_TRY(hone_array(run, s->mem, &s->reached, s->goals.n));
    HONE_TRY(hone_array(run, s->mem, &s->need, s->goals.n));
    for (size_t g = 0; g < s->goals.n; g++) {
        const struct hone_goal *goal = &s->goals.item[g];
        HONE_TRY(hone_bootstrap_intervals(run, &p, &goal->metric, 1, &how, &s->reached[g]));
        s->need[g].rows = (double)NAN;
        if (goal->metric == s->metric && goal->at_least == s->metric->greater_is_better) {
            /* on all training rows, which are more than the curve's largest size had */
            const struct hone_forecast *f = &s->learning.outlook[0].score;
            s->reached[g].value = f->value;
            s->reached[g].low = f->low;
            s->reached[g].high = f->high;
            HONE_TRY(hone_learning_rows(run, &s->learning, goal->bound, &s->need[g]));
        }
    }
    return HONE_OK;
}

/* A training tries all estimators in all folds and fits the best once more. */
static double full_seconds(const struct hone_study *s)
{
    bool classes = s->p.target.task != HONE_TASK_REGRESSION;
    bool folded = s->p.train.n < (classes ? HONE_CV_ROWS_CLASSES : HONE_CV_ROWS);
    double folds = folded ? (double)s->job->train.folds : 1;
    double sum = 0;
    for (size_t i = 0; i < s->tries; i++) {
        const struct hone_study_try *t = &s->tried[i];
        double times = (double)s->p.train.n / (double)t->fit_rows;
        /* a try finds its rounds and fits again, with steps twice as large */
        sum += t->seconds * times * (i == 0 ? folds + 1 : folds);
    }
    return sum;
}

static enum hone_code study(struct hone_run *run, struct hone_study *s)
{
    HONE_TRY(read_data(run, s));
    HONE_TRY(check_data(run, s));
    HONE_TRY(choose_recipe(run, s));
    HONE_TRY(choose_metric(run, s));
    HONE_TRY(try_all(run, s));
    HONE_TRY(choose_estimator(run, s));
    HONE_TRY(choose_rival(run, s));
    HONE_TRY(learn(run, s));
    HONE_TRY(hone_study_look(run, s));
    HONE_TRY(judge_goals(run, s));
    if (s->goals.valued) {
        HONE_TRY(hone_study_value(run, s));
    }
    s->train_seconds = full_seconds(s);
    return HONE_OK;
}

enum hone_code hone_feasibility_study(struct hone_run *run, const struct hone_job *job,
                                      const struct hone_feasibility_settings *settings,
                                      struct hone_arena *mem, enum hone_feasible *verdict,
                                      json_t **out)
{
    struct hone_study s = {.job = job, .set = settings, .mem = mem};
    enum hone_feasible v;
    int64_t start = hone_ticks_ns();
    HONE_TRY(study(run, &s));
    json_t *document = hone_study_json(run, &s);
    json_t *reasons = hone_study_judge(&s, &v);
    json_t *seconds = json_object();
    hone_json_set(seconds, "plan", hone_json_real(seconds_since(start)));
    hone_json_set(seconds, "curve", hone_json_real(s.learning.seconds));
    hone_json_set(seconds, "training", hone_json_real(s.train_seconds));
    hone_json_set(document, "seconds", seconds);
    hone_json_set_text(document, "verdict", hone_feasible_name(v));
    hone_json_set(document, "reasons", reasons);
    *verdict = v;
    *out = document;
    return HONE_OK;
}
