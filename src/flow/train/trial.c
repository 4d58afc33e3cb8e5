#include "flow/train/trial.h"

#include <math.h>

#include "flow/train/pace.h"
#include "flow/train/resume.h"

/* Up to so many training cells (rows times columns) a fold is fitted by one thread, beside others: threads inside
 * would wait for each other more than they work. */
#define SMALL_CELLS 4e5

/* Fits of fewer cells or less time are done again rather than kept. */
#define LARGE_CELLS  2e4
#define LONG_SECONDS 0.05

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

size_t hone_score_width(const struct hone_target_facts *target)
{
    return target->task == HONE_TASK_MULTICLASS ? target->classes : 1;
}

struct hone_target hone_target_seen(const struct hone_target_facts *target,
                                    const struct hone_rows *rows)
{
    return (struct hone_target){target->task, target->classes, rows->y, rows->learn};
}

struct hone_design hone_design_of(const struct hone_target_facts *target,
                                  const struct hone_rows *rows,
                                  const struct hone_fitted *fitted)
{
    return (struct hone_design){.task = target->task,
                                .rows = rows->n,
                                .cols = fitted->features.n,
                                .classes = target->classes,
                                .x = (const float *const *)fitted->x,
                                .name = fitted->name,
                                .category = fitted->category,
                                .class_name = target->class_name,
                                .level = (const char *const *const *)fitted->level,
                                .y = rows->y,
                                .weight = rows->learn,
                                .blocks = fitted->features.blocks,
                                .sparse = fitted->sparse,
                                .sparse_value = fitted->sparse_value};
}

/*
 * Trees stop where the fold's rows like it best, so what they say of these rows is too good.  Folds of fewer rows are
 * fitted once more, with the rounds that the other folds found, as the fit on all rows will be; in larger ones each
 * part of the rows is told at the round that the other parts chose, for nothing.  With few rows a part's round would
 * be so bad a guess that scores came out too low.
 */
#define SMALL_FOLD 2000

/* One fold of one recipe style: the features of both sides, made once for all estimators of that style. */
struct fold {
    struct hone_arena mem;
    struct hone_design train, valid;
    size_t at; /* its first validation row among all */
};

/* One fit. */
struct fit {
    struct hone_candidate *candidate;
    struct fold *fold;
    const void *settings; /* the candidate's, or with rounds that are settled */
    bool settled;
    size_t rounds;
    double seconds;
    bool failed;
};

/* The folds of a style and the candidates that want it. */
struct trial {
    const struct hone_prepared *p;
    const struct hone_recipe *recipe;
    const struct hone_folds *folds;
    bool scaled;
    bool others; /* there are other candidates: one that finds no solution is out, no more */
    struct fold *fold; /* (folds->n) */
    struct fit *fit;   /* fold by fold, in each the last candidate first: it takes longest */
    size_t fits;
    size_t again; /* fits that follow behind these, with rounds that are settled */
    bool small;   /* folds */
    struct hone_pace *pace;
    size_t first; /* of fit, among the fits of all styles */
    const char *resume;
};

static enum hone_code make_fold(struct hone_run *run, void *ctx, size_t k)
{
    const struct trial *t = ctx;
    const struct hone_split *split = &t->folds->split[k];
    struct fold *fold = &t->fold[k];
    struct hone_arena *mem = &fold->mem;
    struct hone_rows train;
    struct hone_rows valid;
    struct hone_fitted fitted;
    float **x;
    HONE_TRY(hone_rows_take(run, &t->p->train, split->train, split->train_n, mem, &train));
    HONE_TRY(hone_rows_take(run, &t->p->train, split->test, split->test_n, mem, &valid));
    const struct hone_target target = hone_target_seen(&t->p->target, &train);
    struct hone_model *model = hone_model_new(mem, "fold");
    const struct hone_span train_rows = {train.table, train.row, train.n};
    const struct hone_span valid_rows = {valid.table, valid.row, valid.n};
    HONE_TRY(
        hone_recipe_fit(run, t->recipe, &train_rows, &target, t->scaled, model, mem, &fitted));
    HONE_TRY(hone_recipe_apply(run, model, &fitted, &valid_rows, mem, &x));
    fold->train = hone_design_of(&t->p->target, &train, &fitted);
    fold->valid = hone_design_of(&t->p->target, &valid, &fitted);
    fold->valid.x = (const float *const *)x;
    struct hone_sparse *sparse;
    HONE_TRY(hone_recipe_apply_sparse(run, model, &fitted, &valid_rows, mem, &sparse));
    fold->valid.sparse = sparse;
    if (t->folds->parts != NULL && !t->small) {
        fold->valid.parts = t->folds->parts[k].n;
        fold->valid.part_end = t->folds->parts[k].end;
    }
    return HONE_OK;
}

/* Does it stop early when validation rows say so? */
static bool stops(const struct hone_estimator *e)
{
    return hone_param_find(&e->part, hone_str("rounds")) != NULL &&
           hone_param_find(&e->part, hone_str("patience")) != NULL;
}

static enum hone_code fit_anew(struct hone_run *run, const struct trial *t, struct fit *fit,
                               struct hone_resume_said *said)
{
    const struct hone_candidate *c = fit->candidate;
    const struct fold *fold = fit->fold;
    struct hone_fit_report report = {0};
    struct hone_design valid = fold->valid;
    int64_t start = hone_ticks_ns();
    HONE_ARENA(work);
    valid.only_scored = t->small && (fit->settled || !stops(c->estimator));
    enum hone_code code = c->estimator->fit(run, fit->settings, &fold->train, &valid, NULL,
                                            NULL, &work, NULL, &report);
    said->seconds = (double)(hone_ticks_ns() - start) * 1e-9;
    if (code == HONE_E_NUMERIC && t->others) {
        hone_error_clear(run);
        fit->failed = true;
        return HONE_OK;
    }
    HONE_TRY(code);
    memcpy(said->raw, report.valid_score, said->n * sizeof *said->raw);
    said->rounds = report.rounds;
    return HONE_OK;
}

/* A fit that was done before a training was stopped is not done again; one that took a while is kept for that. */
static enum hone_code fit_one(struct hone_run *run, void *ctx, size_t k)
{
    const struct trial *t = ctx;
    struct fit *fit = &t->fit[k];
    const struct hone_candidate *c = fit->candidate;
    const struct fold *fold = fit->fold;
    size_t w = hone_score_width(&t->p->target);
    double cells = (double)fold->train.rows * (double)fold->train.cols;
    struct hone_resume_said said = {.n = fold->valid.rows * w, .raw = c->raw + fold->at * w};
    struct hone_pace_watch watch;
    HONE_JSON json_t *settings = hone_settings_to_json(&c->estimator->part, fit->settings);
    HONE_ARENA(work);
    const char *name = c->estimator->part.name;
    const struct hone_resume_fit which = {
        fit->settled ? hone_arena_format(&work, "%s-settled", name) : name, settings,
        (size_t)(fold - t->fold)};
    bool worth = t->resume != NULL && cells >= LARGE_CELLS;
    hone_pace_enter(run, t->pace, t->first + k, &watch);
    bool found = worth && hone_resume_find(run, t->resume, &which, &said);
    enum hone_code code = found ? HONE_OK : fit_anew(run, t, fit, &said);
    hone_pace_leave(run, &watch, found ? 0 : said.seconds);
    HONE_TRY(code);
    if (worth && !found && !fit->failed && said.seconds >= LONG_SECONDS) {
        hone_resume_keep(run, t->resume, &which, &said);
    }
    fit->rounds = said.rounds;
    fit->seconds = said.seconds;
    return HONE_OK;
}

/* What the fits of a candidate say together. */
static void sum_up(const struct trial *t, struct hone_candidate *c)
{
    double rounds = 0;
    double full = 0;
    double folds = (double)t->folds->n;
    c->seconds = 0;
    for (size_t k = 0; k < t->fits + t->again; k++) {
        const struct fit *fit = &t->fit[k];
        if (fit->candidate == c) {
            double more = sqrt((double)t->p->train.n / (double)fit->fold->train.rows);
            rounds += fit->settled ? 0 : (double)fit->rounds / folds;
            full += fit->settled ? 0 : (double)fit->rounds * more / folds;
            c->seconds += fit->seconds;
            c->failed = c->failed || fit->failed;
        }
    }
    c->rounds = (size_t)(rounds + 0.5);
    c->full_rounds = full;
}

/* The fits of a style; those of all styles are in pace (with room for them), one style after the other. */
static enum hone_code list_fits(struct hone_run *run, struct hone_candidate *candidate,
                                size_t n, struct hone_arena *mem, struct trial *t,
                                struct hone_pace_fit *pace, size_t *paced)
{
    size_t at = 0;
    t->first = *paced;
    HONE_TRY(hone_array(run, mem, &t->fold, t->folds->n));
    HONE_TRY(hone_array(run, mem, &t->fit, 2 * t->folds->n * n));
    for (size_t f = 0; f < t->folds->n; f++) {
        const struct hone_split *split = &t->folds->split[f];
        t->fold[f].at = at;
        at += split->test_n;
        for (size_t c = n; c > 0; c--) {
            struct hone_candidate *one = &candidate[c - 1];
            if (one->estimator->wants_scaling != t->scaled) {
                continue;
            }
            t->fit[t->fits++] =
                (struct fit){.candidate = one, .fold = &t->fold[f], .settings = one->settings};
            pace[(*paced)++] = (struct hone_pace_fit){.name = one->estimator->part.name,
                                                      .kind = c,
                                                      .fold = f,
                                                      .folds = t->folds->n,
                                                      .rows = (double)split->train_n};
        }
    }
    for (size_t k = 0; t->small && k < t->fits; k++) {
        if (stops(t->fit[k].candidate->estimator)) {
            t->fit[t->fits + t->again++] = t->fit[k];
            pace[*paced] = pace[t->first + k];
            (*paced)++;
        }
    }
    return HONE_OK;
}

/* The same fit with as many rounds as the other folds found right, on average: the fold's own rows had no say. */
static enum hone_code settle(struct hone_run *run, const struct trial *t,
                             struct hone_arena *mem, struct fit *fit)
{
    const struct hone_part *part = &fit->candidate->estimator->part;
    char *settings;
    char text[32];
    double rounds = 0;
    for (size_t k = 0; k < t->fits; k++) {
        if (t->fit[k].candidate == fit->candidate && t->fit[k].fold != fit->fold) {
            rounds += (double)t->fit[k].rounds / (double)(t->folds->n - 1);
        }
    }
    HONE_TRY(hone_array(run, mem, &settings, part->settings_size + 1));
    memcpy(settings, fit->settings, part->settings_size);
    size_t len = hone_format_i64(text, (int64_t)(rounds + 0.5));
    fit->settings = settings;
    fit->settled = true;
    return hone_setting_set(run, part, settings, hone_str("rounds"),
                            (struct hone_str){text, len}, mem);
}

static enum hone_code fit_again(struct hone_run *run, void *ctx, size_t k)
{
    const struct trial *t = ctx;
    HONE_ARENA(work);
    struct fit *fit = &t->fit[t->fits + k];
    HONE_TRY(settle(run, t, &work, fit));
    enum hone_code code = fit_one(run, ctx, t->fits + k);
    fit->settings = fit->candidate->settings; /* the others end with this call */
    return code;
}

static enum hone_code each(struct hone_run *run, bool abreast, size_t n, hone_try_chunk *body,
                           struct trial *t)
{
    if (abreast) {
        return hone_parallel_try(run, n, body, t);
    }
    for (size_t k = 0; k < n; k++) {
        HONE_SCRATCH(run);
        HONE_TRY(body(run, t, k));
    }
    return HONE_OK;
}

/* Fit all candidates of one style on folds made once, then give the folds' memory back. */
static enum hone_code try_style(struct hone_run *run, struct trial *t, bool abreast,
                                struct hone_candidate *candidate, size_t n)
{
    if (t->fits == 0) {
        return HONE_OK;
    }
    enum hone_code code = each(run, abreast, t->folds->n, make_fold, t);
    if (code == HONE_OK) {
        code = each(run, abreast, t->fits, fit_one, t);
    }
    if (code == HONE_OK) {
        code = each(run, abreast, t->again, fit_again, t);
    }
    for (size_t f = 0; f < t->folds->n; f++) {
        hone_arena_free(&t->fold[f].mem);
    }
    HONE_TRY(code);
    for (size_t c = 0; c < n; c++) {
        if (candidate[c].estimator->wants_scaling == t->scaled) {
            sum_up(t, &candidate[c]);
        }
    }
    return HONE_OK;
}

enum hone_code hone_trials_run(struct hone_run *run, const struct hone_prepared *p,
                               const struct hone_recipe *recipe, const struct hone_folds *folds,
                               const char *resume, struct hone_candidate *candidate, size_t n)
{
    HONE_ARENA(work);
    struct trial trial[2];
    struct hone_pace_fit *fit;
    struct hone_pace pace;
    size_t fits = 0;
    size_t threads = hone_pool_size(run->pool);
    double cells = (double)p->train.n * (double)recipe->used;
    bool abreast = folds->n > 1 && (cells <= SMALL_CELLS || folds->n >= threads);
    HONE_TRY(hone_array(run, &work, &fit, 2 * folds->n * n));
    for (size_t k = 0; k < 2; k++) {
        trial[k] = (struct trial){.p = p,
                                  .recipe = recipe,
                                  .folds = folds,
                                  .scaled = k == 0,
                                  .others = n > 1,
                                  .small = folds->n > 1 && p->train.n / folds->n < SMALL_FOLD,
                                  .pace = &pace,
                                  .resume = resume};
        HONE_TRY(list_fits(run, candidate, n, &work, &trial[k], fit, &fits));
    }
    hone_pace_begin(run, fit, fits, abreast ? threads : 1, (double)p->train.n, &pace);
    enum hone_code code = HONE_OK;
    for (size_t k = 0; k < 2 && code == HONE_OK; k++) {
        code = try_style(run, &trial[k], abreast, candidate, n);
    }
    hone_pace_end(run, &pace);
    return code;
}
