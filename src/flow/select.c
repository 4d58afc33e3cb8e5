#include "flow/select.h"

#include <math.h>

#include "eval/bootstrap.h"
#include "eval/split.h"

/* Held out of the training rows of large tables. */
#define HOLDOUT_SHARE 0.15

/* Weights tried for a blend, and the least share of the way from the baseline that it must add. */
#define BLEND_STEPS 20
#define BLEND_GAIN  0.002

/* The winner must be better than the baseline by this many standard deviations of the difference.  Two are not
 * enough: trees that stop at their best round gain about two on noise of a few hundred rows. */
#define LUCK_DEVIATIONS 3
#define LUCK_REPLICATES 200

void hone_link(enum hone_task task, size_t rows, size_t classes, const double *raw, double *out)
{
    for (size_t i = 0; i < rows; i++) {
        if (task == HONE_TASK_REGRESSION) {
            out[i] = raw[i];
        } else if (task == HONE_TASK_BINARY) {
            double p = 1 / (1 + exp(-raw[i]));
            out[2 * i] = 1 - p;
            out[2 * i + 1] = p;
        } else {
            double top = raw[i * classes];
            double sum = 0;
            for (size_t k = 1; k < classes; k++) {
                top = fmax(top, raw[i * classes + k]);
            }
            for (size_t k = 0; k < classes; k++) {
                out[i * classes + k] = exp(raw[i * classes + k] - top);
                sum += out[i * classes + k];
            }
            for (size_t k = 0; k < classes; k++) {
                out[i * classes + k] /= sum;
            }
        }
    }
}

/* Raw scores per row: one for regression and two classes, else one per class. */
static size_t width(const struct hone_target_facts *target)
{
    return target->task == HONE_TASK_MULTICLASS ? target->classes : 1;
}

struct parts {
    size_t folds;
    struct hone_split *split; /* (folds) places among the training rows */
};

static enum hone_code cut(struct hone_run *run, const struct hone_prepared *p,
                          const struct hone_train_settings *set, struct hone_arena *mem,
                          struct parts *out)
{
    bool classes = p->target.task != HONE_TASK_REGRESSION;
    size_t n = p->train.n;
    if (n >= (classes ? HONE_CV_ROWS_CLASSES : HONE_CV_ROWS)) {
        HONE_TRY(hone_array(run, mem, &out->split, 1));
        out->folds = 1;
        return classes ? hone_split_stratified(run, n, p->train.y, p->target.classes,
                                               HOLDOUT_SHARE, mem, out->split)
                       : hone_split_random(run, n, HOLDOUT_SHARE, mem, out->split);
    }
    uint32_t *fold;
    out->folds = (size_t)set->folds;
    HONE_TRY(hone_array(run, mem, &out->split, out->folds));
    HONE_TRY(classes ? hone_folds_stratified(run, n, p->train.y, p->target.classes, out->folds,
                                             mem, &fold)
                     : hone_folds_random(run, n, out->folds, mem, &fold));
    for (size_t f = 0; f < out->folds; f++) {
        HONE_TRY(hone_fold_split(run, n, fold, (uint32_t)f, mem, &out->split[f]));
    }
    return HONE_OK;
}

struct fold_rows {
    size_t *row;
    double *y;
};

static enum hone_code gather(struct hone_run *run, const struct hone_rows *from,
                             const size_t *chosen, size_t n, struct hone_arena *mem,
                             struct fold_rows *out)
{
    HONE_TRY(hone_array(run, mem, &out->row, n));
    HONE_TRY(hone_array(run, mem, &out->y, n));
    for (size_t i = 0; i < n; i++) {
        out->row[i] = from->row[chosen[i]];
        out->y[i] = from->y[chosen[i]];
    }
    return HONE_OK;
}

/* One fold of one recipe style: the features of both sides, made once for all estimators of that style. */
struct fold {
    struct hone_arena mem;
    struct hone_design train, valid;
};

static enum hone_code make_fold(struct hone_run *run, const struct hone_prepared *p,
                                const struct hone_recipe *recipe,
                                const struct hone_split *split, bool scaled, struct fold *out)
{
    struct hone_arena *mem = &out->mem;
    struct fold_rows train;
    struct fold_rows valid;
    struct hone_fitted fitted;
    float **x;
    HONE_TRY(gather(run, &p->train, split->train, split->train_n, mem, &train));
    HONE_TRY(gather(run, &p->train, split->test, split->test_n, mem, &valid));
    const struct hone_target target = {p->target.task, p->target.classes, train.y, NULL};
    struct hone_model *model = hone_model_new(mem, "fold");
    const struct hone_span train_rows = {p->train.table, train.row, split->train_n};
    const struct hone_span valid_rows = {p->train.table, valid.row, split->test_n};
    HONE_TRY(hone_recipe_fit(run, recipe, &train_rows, &target, scaled, model, mem, &fitted));
    HONE_TRY(hone_recipe_apply(run, model, &fitted, &valid_rows, mem, &x));
    out->train = (struct hone_design){.task = p->target.task,
                                      .rows = split->train_n,
                                      .cols = fitted.features.n,
                                      .classes = p->target.classes,
                                      .x = (const float *const *)fitted.x,
                                      .name = fitted.name,
                                      .category = fitted.category,
                                      .y = train.y};
    out->valid = out->train;
    out->valid.rows = split->test_n;
    out->valid.x = (const float *const *)x;
    out->valid.y = valid.y;
    return HONE_OK;
}

/* Everything the folds of a style share while its candidates are tried. */
struct trial {
    const struct hone_prepared *p;
    const struct parts *parts;
    struct fold *fold; /* (folds) */
    double *y;
    bool others; /* there are other candidates: one that finds no solution is out, no more */
};

/* The validation rows as a candidate predicts them. */
static struct hone_prediction validated(const struct hone_prepared *p, size_t rows,
                                        const double *y, const double *prob)
{
    return (struct hone_prediction){.task = p->target.task,
                                    .rows = rows,
                                    .classes = p->target.classes,
                                    .y = y,
                                    .score = prob};
}

static enum hone_code try_candidate(struct hone_run *run, const struct trial *t,
                                    const struct hone_metric *metric, struct hone_candidate *c)
{
    size_t w = width(&t->p->target);
    size_t done = 0;
    double rounds = 0;
    int64_t start = hone_ticks_ns();
    for (size_t f = 0; f < t->parts->folds; f++) {
        HONE_SCRATCH(run);
        struct hone_arena work = {0};
        struct hone_fit_report report = {0};
        enum hone_code code =
            c->estimator->fit(run, c->settings, &t->fold[f].train, &t->fold[f].valid, NULL,
                              NULL, &work, NULL, &report);
        if (code == HONE_OK) {
            size_t n = t->fold[f].valid.rows;
            memcpy(c->raw + done * w, report.valid_score, n * w * sizeof *c->raw);
            memcpy(t->y + done, t->fold[f].valid.y, n * sizeof *t->y);
            done += n;
            rounds += (double)report.rounds / (double)t->parts->folds;
        }
        hone_arena_free(&work);
        if (code == HONE_E_NUMERIC && t->others) {
            hone_error_clear(run);
            c->score = (double)NAN;
            return HONE_OK;
        }
        HONE_TRY(code);
    }
    hone_link(t->p->target.task, done, t->p->target.classes, c->raw, c->prob);
    const struct hone_prediction p = validated(t->p, done, t->y, c->prob);
    struct hone_measure measure;
    HONE_TRY(hone_metric_value(run, metric, NULL, &p, &measure));
    c->score = measure.value;
    c->rounds = (size_t)(rounds + 0.5);
    c->seconds = (double)(hone_ticks_ns() - start) * 1e-9;
    return HONE_OK;
}

/* Fit all candidates of one style on folds made once, then give the folds' memory back. */
static enum hone_code try_style(struct hone_run *run, const struct hone_prepared *p,
                                const struct hone_recipe *recipe, const struct parts *parts,
                                bool scaled, double *y, struct hone_selection *s)
{
    HONE_SCRATCH(run);
    struct trial t = {.p = p, .parts = parts, .y = y, .others = s->n > 1};
    size_t any = 0;
    for (size_t c = 0; c < s->n; c++) {
        any += s->candidate[c].estimator->wants_scaling == scaled;
    }
    if (any == 0) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &run->scratch, &t.fold, parts->folds));
    enum hone_code code = HONE_OK;
    for (size_t f = 0; f < parts->folds && code == HONE_OK; f++) {
        code = make_fold(run, p, recipe, &parts->split[f], scaled, &t.fold[f]);
    }
    for (size_t c = 0; c < s->n && code == HONE_OK; c++) {
        if (s->candidate[c].estimator->wants_scaling == scaled) {
            code = try_candidate(run, &t, s->metric, &s->candidate[c]);
        }
    }
    for (size_t f = 0; f < parts->folds; f++) {
        hone_arena_free(&t.fold[f].mem);
    }
    return code;
}

/* "key=value" onto the settings of a candidate; *used says whether it has that key. */
static enum hone_code apply_setting(struct hone_run *run, struct hone_str text,
                                    struct hone_arena *mem, struct hone_candidate *c,
                                    bool *used)
{
    struct hone_str key;
    struct hone_str value;
    if (!hone_str_cut(text, '=', &key, &value)) {
        (void)hone_fail(run, HONE_E_ARG, "--set %.*s: no '='", (int)text.len, text.ptr);
        return hone_hint(run, "write --set KEY=VALUE");
    }
    struct hone_str owner;
    struct hone_str bare;
    if (hone_str_cut(key, '.', &owner, &bare)) {
        if (!hone_str_is(owner, c->estimator->part.name)) {
            return HONE_OK;
        }
        key = bare;
    }
    if (hone_param_find(&c->estimator->part, key) == NULL) {
        return HONE_OK;
    }
    *used = true;
    return hone_setting_set(run, &c->estimator->part, c->settings, key, value, mem);
}

static enum hone_code apply_settings(struct hone_run *run,
                                     const struct hone_train_settings *settings,
                                     struct hone_arena *mem, struct hone_selection *s)
{
    for (size_t i = 0; i < settings->set.n; i++) {
        bool used = false;
        for (size_t c = 0; c < s->n; c++) {
            HONE_TRY(apply_setting(run, hone_str(settings->set.item[i]), mem, &s->candidate[c],
                                   &used));
        }
        if (!used) {
            (void)hone_fail(run, HONE_E_ARG,
                            "--set %s: no estimator tried here has that setting",
                            settings->set.item[i]);
            return hone_hint(run, "hone list estimators shows the settings");
        }
    }
    return HONE_OK;
}

static enum hone_code add_candidate(struct hone_run *run, const struct hone_estimator *e,
                                    struct hone_arena *mem, struct hone_selection *s)
{
    struct hone_candidate *c = &s->candidate[s->n];
    c->estimator = e;
    char *settings;
    HONE_TRY(hone_array(run, mem, &settings, e->part.settings_size + 1));
    hone_settings_default(&e->part, settings);
    c->settings = settings;
    s->n++;
    return HONE_OK;
}

static enum hone_code list_candidates(struct hone_run *run, enum hone_task task,
                                      const struct hone_train_settings *settings,
                                      struct hone_arena *mem, struct hone_selection *s)
{
    size_t all = 0;
    while (hone_estimators[all] != NULL) {
        all++;
    }
    HONE_TRY(hone_array(run, mem, &s->candidate, all));
    if (strcmp(settings->model, "auto") != 0) {
        const struct hone_estimator *e;
        HONE_TRY(hone_estimator_need(run, hone_str(settings->model), &e));
        if ((e->tasks & task) == 0) {
            (void)hone_fail(run, HONE_E_ARG, "%s is not for this kind of target", e->part.name);
            return hone_hint(run, "hone list estimators says what each is for; auto chooses");
        }
        return add_candidate(run, e, mem, s);
    }
    for (size_t i = 0; i < all; i++) {
        const struct hone_estimator *e = (const struct hone_estimator *)hone_estimators[i];
        if ((e->tasks & task) != 0) {
            HONE_TRY(add_candidate(run, e, mem, s));
        }
    }
    return HONE_OK;
}

/* Best first; an undefined score is worst; equal ones keep the order of the registry (simplest first). */
static void rank(struct hone_selection *s)
{
    double sign = s->metric->greater_is_better ? -1 : 1;
    for (size_t i = 1; i < s->n; i++) {
        struct hone_candidate c = s->candidate[i];
        double loss = isnan(c.score) ? HUGE_VAL : sign * c.score;
        size_t j = i;
        for (; j > 0; j--) {
            double other = s->candidate[j - 1].score;
            if (!(loss < (isnan(other) ? HUGE_VAL : sign * other))) {
                break;
            }
            s->candidate[j] = s->candidate[j - 1];
        }
        s->candidate[j] = c;
    }
}

static size_t find_baseline(const struct hone_selection *s)
{
    size_t base = 0;
    while (base < s->n && strcmp(s->candidate[base].estimator->part.name, "baseline") != 0) {
        base++;
    }
    return base;
}

/*
 * With many tries one of them looks better than the baseline on pure noise, the more so as trees stop where these
 * rows like it best.  Then the baseline is the honest answer: it is put first.
 */
static enum hone_code distrust_luck(struct hone_run *run, const struct hone_prepared *p,
                                    const double *y, struct hone_selection *s)
{
    size_t base = find_baseline(s);
    if (base == 0 || base == s->n || isnan(s->candidate[base].score)) {
        return HONE_OK;
    }
    const struct hone_bootstrap how = {.replicates = LUCK_REPLICATES, .level = 0.9};
    const struct hone_prediction a = validated(p, s->valid_n, y, s->candidate[base].prob);
    const struct hone_prediction b = validated(p, s->valid_n, y, s->candidate[0].prob);
    struct hone_comparison luck;
    HONE_TRY(hone_bootstrap_compare(run, &a, &b, &s->metric, 1, &how, &luck));
    double deviation = (luck.high - luck.low) / (2 * 1.6449); /* normal quantile of 0.95 */
    if (!(luck.gain > LUCK_DEVIATIONS * deviation)) {
        struct hone_candidate baseline = s->candidate[base];
        memmove(s->candidate + 1, s->candidate, base * sizeof *s->candidate);
        s->candidate[0] = baseline;
        s->luck = true;
    }
    return HONE_OK;
}

/*
 * Two estimators that see the table differently err differently: mix the best one's raw scores with the next
 * one's, and keep the weight that validation likes best if it is worth the second model.
 * Source: Breiman, Stacked regressions, Machine Learning 24, 1996 (convex weights on held-out predictions).
 */
static enum hone_code try_blend(struct hone_run *run, const struct hone_prepared *p,
                                const double *y, struct hone_selection *s)
{
    HONE_SCRATCH(run);
    size_t base = find_baseline(s);
    s->blend = (struct hone_blend){.weight = 1, .score = s->candidate[0].score};
    size_t other = base == 1 ? 2 : 1;
    if (s->luck || base == s->n || base == 0 || other >= s->n ||
        isnan(s->candidate[other].score) || isnan(s->candidate[base].score)) {
        return HONE_OK;
    }
    size_t n = s->valid_n * width(&p->target);
    const double *a = s->candidate[0].raw;
    const double *b = s->candidate[other].raw;
    double sign = s->metric->greater_is_better ? 1 : -1;
    double *raw;
    double *prob;
    HONE_TRY(hone_array(run, &run->scratch, &raw, n));
    HONE_TRY(hone_matrix(run, &run->scratch, &prob, s->valid_n, p->target.classes));
    struct hone_blend best = s->blend;
    for (size_t k = 1; k < BLEND_STEPS; k++) {
        double w = (double)k / BLEND_STEPS;
        struct hone_measure measure;
        for (size_t i = 0; i < n; i++) {
            raw[i] = w * a[i] + (1 - w) * b[i];
        }
        hone_link(p->target.task, s->valid_n, p->target.classes, raw, prob);
        const struct hone_prediction mixed = validated(p, s->valid_n, y, prob);
        HONE_TRY(hone_metric_value(run, s->metric, NULL, &mixed, &measure));
        if (sign * measure.value > sign * best.score) {
            best = (struct hone_blend){w, other, measure.value};
        }
    }
    double won = fabs(best.score - s->candidate[0].score);
    double whole = fabs(s->candidate[0].score - s->candidate[base].score);
    if (won > BLEND_GAIN * whole) {
        s->blend = best;
    }
    return HONE_OK;
}

enum hone_code hone_select(struct hone_run *run, const struct hone_prepared *p,
                           const struct hone_recipe *recipe,
                           const struct hone_train_settings *settings, struct hone_arena *mem,
                           struct hone_selection *out)
{
    HONE_SCRATCH(run);
    HONE_ARENA(work);
    struct hone_selection s = {.metric = hone_metric_default(p->target.task)};
    struct parts parts;
    if (settings->metric != NULL) {
        HONE_TRY(hone_metric_need(run, hone_str(settings->metric), &s.metric));
    }
    HONE_TRY(list_candidates(run, p->target.task, settings, mem, &s));
    HONE_TRY(apply_settings(run, settings, mem, &s));
    HONE_TRY(cut(run, p, settings, &work, &parts));
    s.folds = parts.folds;
    for (size_t f = 0; f < parts.folds; f++) {
        s.valid_n += parts.split[f].test_n;
    }
    double *y;
    HONE_TRY(hone_array(run, &work, &y, s.valid_n));
    for (size_t c = 0; c < s.n; c++) {
        HONE_TRY(hone_matrix(run, &work, &s.candidate[c].raw, s.valid_n, width(&p->target)));
        HONE_TRY(hone_matrix(run, &work, &s.candidate[c].prob, s.valid_n, p->target.classes));
    }
    HONE_TRY(try_style(run, p, recipe, &parts, true, y, &s));
    HONE_TRY(try_style(run, p, recipe, &parts, false, y, &s));
    rank(&s);
    HONE_TRY(distrust_luck(run, p, y, &s));
    HONE_TRY(try_blend(run, p, y, &s));
    for (size_t c = 0; c < s.n; c++) {
        s.candidate[c].raw = s.candidate[c].prob = NULL;
    }
    *out = s;
    return HONE_OK;
}
