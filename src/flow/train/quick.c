#include "flow/train/quick.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "eval/order.h"
#include "flow/train/select.h"

/* Rounds are found on each of so many parts in turn below so many rows, else on one part in five. */
#define FEW_ROWS   3000
#define FEW_FOLDS  4
#define STOP_SHARE 0.2
#define LEAST_ROWS 80 /* fewer tell nothing about rounds: then they are FEW_ROUNDS */
#define FEW_ROUNDS 20
#define TENTHS     10

static int by_size(const void *a, const void *b)
{
    const size_t *x = a;
    const size_t *y = b;
    return (*x > *y) - (*x < *y);
}

enum hone_code hone_quick_take(struct hone_run *run, const struct hone_rows *rows,
                               const size_t *place, size_t n, struct hone_arena *mem,
                               struct hone_rows *out)
{
    HONE_SCRATCH(run);
    size_t *sorted;
    HONE_TRY(hone_array(run, &run->scratch, &sorted, n));
    memcpy(sorted, place, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_size);
    return hone_rows_take(run, rows, sorted, n, mem, out);
}

/* Which stratum each row is in: its class, or the tenth of the target that it is in. */
static enum hone_code strata(struct hone_run *run, const struct hone_target_facts *target,
                             const struct hone_rows *rows, uint32_t *stratum, size_t *n)
{
    HONE_SCRATCH(run);
    if (target->task != HONE_TASK_REGRESSION) {
        for (size_t i = 0; i < rows->n; i++) {
            stratum[i] = (uint32_t)rows->y[i];
        }
        *n = target->classes;
        return HONE_OK;
    }
    uint32_t *order;
    HONE_TRY(hone_array(run, &run->scratch, &order, rows->n));
    HONE_TRY(hone_order_by(run, rows->n, rows->y, false, order));
    for (size_t i = 0; i < rows->n; i++) {
        stratum[order[i]] = (uint32_t)(i * TENTHS / rows->n);
    }
    *n = TENTHS;
    return HONE_OK;
}

enum hone_code hone_quick_order(struct hone_run *run, const struct hone_target_facts *target,
                                const struct hone_rows *rows, uint64_t stream, size_t *place)
{
    HONE_SCRATCH(run);
    struct hone_rng rng = hone_rng(run->seed, hone_rng_name("nested rows") + stream);
    size_t n = rows->n;
    size_t groups;
    uint32_t *stratum;
    uint32_t *order;
    size_t *shuffled;
    double *key;
    size_t *size;
    size_t *seen;
    double *start;
    HONE_TRY(hone_array(run, &run->scratch, &stratum, n));
    HONE_TRY(hone_array(run, &run->scratch, &order, n));
    HONE_TRY(hone_array(run, &run->scratch, &shuffled, n));
    HONE_TRY(hone_array(run, &run->scratch, &key, n));
    HONE_TRY(strata(run, target, rows, stratum, &groups));
    HONE_TRY(hone_array(run, &run->scratch, &size, groups));
    HONE_TRY(hone_array(run, &run->scratch, &seen, groups));
    HONE_TRY(hone_array(run, &run->scratch, &start, groups));
    for (size_t i = 0; i < n; i++) {
        shuffled[i] = i;
        size[stratum[i]]++;
    }
    for (size_t g = 0; g < groups; g++) {
        start[g] = hone_rng_unit(&rng);
    }
    hone_rng_shuffle(&rng, n, shuffled);
    /* the j-th row of a stratum of m comes when (j + u) / m of all rows have come */
    for (size_t i = 0; i < n; i++) {
        uint32_t g = stratum[shuffled[i]];
        key[i] = ((double)seen[g]++ + start[g]) / (double)size[g];
    }
    HONE_TRY(hone_order_by(run, n, key, false, order));
    for (size_t i = 0; i < n; i++) {
        place[i] = shuffled[order[i]];
    }
    return HONE_OK;
}

static enum hone_code fit_recipe(struct hone_run *run, const struct hone_quick *q,
                                 const struct hone_rows *rows, struct hone_model *model,
                                 struct hone_arena *mem, struct hone_fitted *out)
{
    const struct hone_target target = hone_target_seen(q->target, rows);
    const struct hone_span span = {rows->table, rows->row, rows->n};
    return hone_recipe_fit(run, q->recipe, &span, &target, q->estimator->wants_scaling, model,
                           mem, out);
}

/* The rounds after which the loss on rows held out was least. */
static enum hone_code stop_at(struct hone_run *run, const struct hone_quick *q,
                              const struct hone_rows *rows, const struct hone_split *split,
                              double *rounds)
{
    HONE_ARENA(work);
    struct hone_rows fit;
    struct hone_rows held;
    struct hone_fitted fitted;
    struct hone_fit_report report = {0};
    float **x;
    HONE_TRY(hone_rows_take(run, rows, split->train, split->train_n, &work, &fit));
    HONE_TRY(hone_rows_take(run, rows, split->test, split->test_n, &work, &held));
    struct hone_model *model = hone_model_new(&work, "quick");
    HONE_TRY(fit_recipe(run, q, &fit, model, &work, &fitted));
    const struct hone_span span = {held.table, held.row, held.n};
    HONE_TRY(hone_recipe_apply(run, model, &fitted, &span, &work, &x));
    const struct hone_design train = hone_design_of(q->target, &fit, &fitted);
    struct hone_design valid = hone_design_of(q->target, &held, &fitted);
    struct hone_sparse *sparse;
    HONE_TRY(hone_recipe_apply_sparse(run, model, &fitted, &span, &work, &sparse));
    valid.x = (const float *const *)x;
    valid.sparse = sparse;
    HONE_TRY(
        q->estimator->fit(run, q->settings, &train, &valid, NULL, NULL, &work, NULL, &report));
    /* all rows carry a little more than these did */
    *rounds = (double)report.rounds * sqrt((double)rows->n / (double)fit.n);
    return HONE_OK;
}

/* The parts that find the rounds: as the rows must be cut, where groups or times say so. */
static enum hone_code cut(struct hone_run *run, const struct hone_quick *q,
                          const struct hone_rows *rows, struct hone_arena *mem,
                          struct hone_folds *out)
{
    bool classes = q->target->task != HONE_TASK_REGRESSION;
    uint32_t *fold;
    if (rows->n < FEW_ROWS || rows->group != NULL || rows->time != NULL) {
        size_t most = rows->n < FEW_ROWS ? FEW_FOLDS : 2;
        if (rows->group != NULL || rows->time != NULL) {
            return hone_folds_cut(run, rows, q->target, most, mem, out);
        }
        *out = (struct hone_folds){.n = FEW_FOLDS};
        HONE_TRY(hone_array(run, mem, &out->split, FEW_FOLDS));
        HONE_TRY(classes ? hone_folds_stratified(run, rows->n, rows->y, q->target->classes,
                                                 FEW_FOLDS, mem, &fold)
                         : hone_folds_random(run, rows->n, FEW_FOLDS, mem, &fold));
        for (size_t f = 0; f < FEW_FOLDS; f++) {
            HONE_TRY(hone_fold_split(run, rows->n, fold, (uint32_t)f, mem, &out->split[f]));
        }
        return HONE_OK;
    }
    *out = (struct hone_folds){.n = 1};
    HONE_TRY(hone_array(run, mem, &out->split, 1));
    return classes ? hone_split_stratified(run, rows->n, rows->y, q->target->classes,
                                           STOP_SHARE, mem, out->split)
                   : hone_split_random(run, rows->n, STOP_SHARE, mem, out->split);
}

static enum hone_code find_rounds(struct hone_run *run, const struct hone_quick *q,
                                  const struct hone_rows *rows, size_t *rounds)
{
    HONE_ARENA(work);
    struct hone_folds folds;
    double sum = 0;
    if (rows->n < LEAST_ROWS) {
        *rounds = FEW_ROUNDS;
        return HONE_OK;
    }
    HONE_TRY(cut(run, q, rows, &work, &folds));
    for (size_t f = 0; f < folds.n; f++) {
        double one;
        HONE_TRY(stop_at(run, q, rows, &folds.split[f], &one));
        sum += one / (double)folds.n;
    }
    *rounds = (size_t)(sum + 0.5);
    return HONE_OK;
}

/* The settings to fit all rows with: a copy with the rounds found, where the estimator has rounds. */
static enum hone_code final_settings(struct hone_run *run, const struct hone_quick *q,
                                     const struct hone_rows *rows, struct hone_arena *mem,
                                     const void **out, size_t *rounds)
{
    const struct hone_part *part = &q->estimator->part;
    char text[32];
    char *copy;
    *rounds = 0;
    *out = q->settings;
    if (hone_param_find(part, hone_str("rounds")) == NULL ||
        hone_param_find(part, hone_str("patience")) == NULL) {
        return HONE_OK;
    }
    HONE_TRY(find_rounds(run, q, rows, rounds));
    HONE_TRY(hone_array(run, mem, &copy, part->settings_size + 1));
    memcpy(copy, q->settings, part->settings_size);
    size_t len = hone_format_i64(text, (int64_t)*rounds);
    *out = copy;
    return hone_setting_set(run, part, copy, hone_str("rounds"), (struct hone_str){text, len},
                            mem);
}

/* Raw scores of the graph for some rows, made probabilities. */
static enum hone_code answer(struct hone_run *run, const struct hone_quick *q,
                             const struct hone_model *model, const struct hone_fitted *fitted,
                             const char *score, const struct hone_span *span,
                             struct hone_arena *mem, double **prob)
{
    HONE_ARENA(work);
    struct hone_plan *plan;
    struct hone_tensor *in;
    struct hone_tensor out;
    double *raw;
    size_t width = hone_score_width(q->target);
    HONE_TRY(hone_plan_new(run, model, &score, 1, &work, &plan));
    HONE_TRY(hone_bind(run, fitted->signature, plan, span, true, &work, &in, NULL));
    HONE_TRY(hone_plan_run_rows(run, plan, span->n, in, &work, &out));
    HONE_ASSERT(out.type == HONE_F32 && hone_tensor_count(&out) == span->n * width);
    HONE_TRY(hone_array(run, &work, &raw, span->n * width));
    for (size_t i = 0; i < span->n * width; i++) {
        raw[i] = (double)((const float *)out.data)[i];
    }
    HONE_TRY(hone_matrix(run, mem, prob, span->n, q->target->classes));
    hone_link(q->target->task, span->n, q->target->classes, raw, *prob);
    return HONE_OK;
}

/* The importance of features, added up by the raw columns they come from. */
static void add_importance(const struct hone_recipe *recipe,
                           const struct hone_features *features,
                           const struct hone_fit_report *report, double *out)
{
    for (size_t j = 0; j < recipe->cols && out != NULL; j++) {
        out[j] = 0;
        for (size_t f = 0; f < features->n && report->importance != NULL; f++) {
            if (strcmp(features->item[f].source, recipe->column[j].name) == 0) {
                out[j] += report->importance[f];
            }
        }
    }
}

enum hone_code hone_quick_fit(struct hone_run *run, const struct hone_quick *quick,
                              const struct hone_rows *rows, const struct hone_span *span,
                              size_t n, struct hone_arena *mem, double **prob,
                              struct hone_quick_about *about)
{
    HONE_ARENA(work);
    struct hone_fitted fitted;
    struct hone_fit_report report = {0};
    const void *settings;
    const char *score;
    size_t found;
    HONE_TRY(final_settings(run, quick, rows, &work, &settings, &found));
    struct hone_model *model = hone_model_new(&work, "quick");
    HONE_TRY(fit_recipe(run, quick, rows, model, &work, &fitted));
    const struct hone_design design = hone_design_of(quick->target, rows, &fitted);
    HONE_TRY(quick->estimator->fit(run, settings, &design, NULL, &model->graph, fitted.value,
                                   &work, &score, &report));
    for (size_t k = 0; k < n; k++) {
        HONE_TRY(answer(run, quick, model, &fitted, score, &span[k], mem, &prob[k]));
    }
    if (about != NULL) {
        about->rounds = found;
        add_importance(quick->recipe, &fitted.features, &report, about->importance);
    }
    return HONE_OK;
}
