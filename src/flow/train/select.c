#include "flow/train/select.h"

#include <math.h>

#include "eval/bootstrap.h"

/* Weights tried for a blend, and the least share of the way from the baseline that it must add. */
#define BLEND_STEPS 20
#define BLEND_GAIN  0.002

/* The winner must be better than the baseline by this many standard deviations of the difference: several tries and
 * their mixtures were ranked by the same rows. */
#define LUCK_DEVIATIONS 3
#define LUCK_REPLICATES 200

/* The validation rows as a candidate predicts them. */
static struct hone_prediction validated(const struct hone_prepared *p,
                                        const struct hone_held_out *held, const double *prob)
{
    return (struct hone_prediction){.task = p->target.task,
                                    .rows = held->n,
                                    .classes = p->target.classes,
                                    .y = held->y,
                                    .score = prob,
                                    .weight = held->weight};
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
            return hone_hint(run, "`hone list estimators %s` shows the settings it has",
                             s->candidate[s->n - 1].estimator->part.name);
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

static size_t find_baseline(const struct hone_selection *s)
{
    size_t base = 0;
    while (base < s->n && strcmp(s->candidate[base].estimator->part.name, "baseline") != 0) {
        base++;
    }
    return base;
}

/* What a constant answer is measured against is the best one: for absolute errors that is the median. */
static enum hone_code suit_baseline(struct hone_run *run, struct hone_arena *mem,
                                    struct hone_selection *s)
{
    static const char *const absolute[] = {
        "mae", "median_ae", "mape", "smape", "d2_absolute_error", "log_cosh", "huber"};
    size_t base = find_baseline(s);
    bool is = false;
    for (size_t i = 0; i < sizeof absolute / sizeof *absolute; i++) {
        is = is || strcmp(s->metric->part.name, absolute[i]) == 0;
    }
    if (base == s->n || !is) {
        return HONE_OK;
    }
    struct hone_candidate *c = &s->candidate[base];
    return hone_setting_set(run, &c->estimator->part, c->settings, hone_str("strategy"),
                            hone_str("median"), mem);
}

/* From so many classes on, trees on what texts look like are long work for nothing. */
#define TEXT_CLASSES 8

/* Is free text all that there is, in which only linear models see the words? */
static bool only_words(const struct hone_recipe *recipe, const struct hone_target_facts *target)
{
    bool only = target->classes >= TEXT_CLASSES;
    for (size_t j = 0; j < recipe->cols; j++) {
        const char *transform = recipe->column[j].transform;
        only = only && (transform == NULL || strcmp(transform, "text_stats") == 0);
    }
    return only;
}

static enum hone_code list_candidates(struct hone_run *run, enum hone_task task, bool words,
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
        bool blind = words && !e->takes_sparse && strcmp(e->part.name, "baseline") != 0;
        if ((e->tasks & task) != 0 && !blind) {
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

/*
 * With many tries one of them looks better than the baseline on pure noise.  Then the baseline is the honest answer:
 * it is put first.
 */
static enum hone_code distrust_luck(struct hone_run *run, const struct hone_prepared *p,
                                    struct hone_selection *s)
{
    size_t base = find_baseline(s);
    s->luck = base == 0 && s->n > 1; /* not even lucky */
    if (base == 0 || base == s->n || isnan(s->candidate[base].score)) {
        return HONE_OK;
    }
    const struct hone_bootstrap how = {.replicates = LUCK_REPLICATES, .level = 0.9};
    const struct hone_prediction a = validated(p, &s->held, s->candidate[base].prob);
    const struct hone_prediction b = validated(p, &s->held, s->candidate[0].prob);
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
                                struct hone_selection *s)
{
    HONE_SCRATCH(run);
    size_t base = find_baseline(s);
    s->blend = (struct hone_blend){.weight = 1, .score = s->candidate[0].score};
    size_t other = 1;
    while (other < s->n && (other == base || s->candidate[other].estimator->alone)) {
        other++;
    }
    if (s->luck || base == s->n || base == 0 || other >= s->n ||
        s->candidate[0].estimator->alone || isnan(s->candidate[other].score) ||
        isnan(s->candidate[base].score)) {
        return HONE_OK;
    }
    size_t n = s->valid_n * hone_score_width(&p->target);
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
        const struct hone_prediction mixed = validated(p, &s->held, prob);
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

/* Room for what the candidates say, and what is true of the rows they say it of. */
static enum hone_code lay_out(struct hone_run *run, const struct hone_prepared *p,
                              const struct hone_folds *folds, struct hone_arena *mem,
                              struct hone_selection *s)
{
    struct hone_held_out *held = &s->held;
    for (size_t f = 0; f < folds->n; f++) {
        held->n += folds->split[f].test_n;
    }
    s->folds = folds->n;
    s->how = folds->how;
    s->valid_n = held->n;
    HONE_TRY(hone_array(run, mem, &held->place, held->n));
    HONE_TRY(hone_array(run, mem, &held->y, held->n));
    if (p->train.weight != NULL) {
        HONE_TRY(hone_array(run, mem, &held->weight, held->n));
    }
    size_t n = 0;
    for (size_t f = 0; f < folds->n; f++) {
        for (size_t i = 0; i < folds->split[f].test_n; i++, n++) {
            size_t at = folds->split[f].test[i];
            held->place[n] = at;
            held->y[n] = p->train.y[at];
            if (held->weight != NULL) {
                held->weight[n] = p->train.weight[at];
            }
        }
    }
    return HONE_OK;
}

static enum hone_code score_candidates(struct hone_run *run, const struct hone_prepared *p,
                                       struct hone_selection *s)
{
    for (size_t k = 0; k < s->n; k++) {
        struct hone_candidate *c = &s->candidate[k];
        struct hone_measure measure = {.value = (double)NAN};
        if (!c->failed) {
            hone_link(p->target.task, s->held.n, p->target.classes, c->raw, c->prob);
            const struct hone_prediction rows = validated(p, &s->held, c->prob);
            HONE_TRY(hone_metric_value(run, s->metric, NULL, &rows, &measure));
        }
        c->score = measure.value;
    }
    return HONE_OK;
}

/* The raw scores of what was chosen stay, those of the candidates go. */
static enum hone_code keep_scores(struct hone_run *run, const struct hone_prepared *p,
                                  struct hone_arena *mem, struct hone_selection *s)
{
    size_t n = s->held.n * hone_score_width(&p->target);
    const double *a = s->candidate[0].raw;
    const double *b = s->candidate[s->blend.other].raw;
    double w = s->blend.weight;
    HONE_TRY(hone_array(run, mem, &s->held.raw, n));
    for (size_t i = 0; i < n; i++) {
        s->held.raw[i] = w < 1 ? w * a[i] + (1 - w) * b[i] : a[i];
    }
    for (size_t c = 0; c < s->n; c++) {
        s->candidate[c].raw = s->candidate[c].prob = NULL;
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
    struct hone_folds folds;
    if (settings->metric != NULL) {
        HONE_TRY(hone_metric_parse(run, hone_str(settings->metric), mem, &s.metric));
    }
    HONE_TRY(list_candidates(run, p->target.task, only_words(recipe, &p->target), settings, mem,
                             &s));
    HONE_TRY(suit_baseline(run, mem, &s));
    HONE_TRY(apply_settings(run, settings, mem, &s));
    HONE_TRY(
        hone_folds_cut(run, &p->train, &p->target, (size_t)settings->folds, &work, &folds));
    HONE_TRY(hone_folds_part(run, &p->train, &p->target, &work, &folds));
    HONE_TRY(lay_out(run, p, &folds, mem, &s));
    for (size_t c = 0; c < s.n; c++) {
        HONE_TRY(hone_matrix(run, &work, &s.candidate[c].raw, s.valid_n,
                             hone_score_width(&p->target)));
        HONE_TRY(hone_matrix(run, &work, &s.candidate[c].prob, s.valid_n, p->target.classes));
    }
    HONE_TRY(hone_trials_run(run, p, recipe, &folds, settings->resume, s.candidate, s.n));
    HONE_TRY(score_candidates(run, p, &s));
    rank(&s);
    HONE_TRY(distrust_luck(run, p, &s));
    HONE_TRY(try_blend(run, p, &s));
    HONE_TRY(keep_scores(run, p, mem, &s));
    *out = s;
    return HONE_OK;
}
