/* The answer that looks at no feature: the mean, or the class shares. What others must beat. */
#include <math.h>

#include "learn/gbt_priv.h"

/* Mean loss of a constant score on a design, and its scores row by row if wanted. */
static enum hone_code measure(struct hone_run *run, const struct hone_gbt_model *model,
                              const struct hone_design *d, double *by_row, double *loss)
{
    struct hone_gbt_block all = {.end = d->rows,
                                 .rows = d->rows,
                                 .scores = model->scores,
                                 .y = d->y,
                                 .weight = d->weight};
    double *score, *partial;

    HONE_SCRATCH(run);
    HONE_TRY(hone_matrix(run, &run->scratch, &score, model->scores, d->rows));
    HONE_TRY(hone_array(run, &run->scratch, &partial, d->rows / HONE_GBT_BLOCK + 1));
    for (size_t k = 0; k < model->scores; k++) {
        for (size_t i = 0; i < d->rows; i++) {
            score[k * d->rows + i] = (double)model->base[k];
            if (by_row != NULL) {
                by_row[i * model->scores + k] = (double)model->base[k];
            }
        }
    }
    all.score = score;
    *loss = hone_gbt_loss_mean(run, model->loss, &all, partial);
    return HONE_OK;
}

static enum hone_code fit(struct hone_run *run, const void *settings,
                          const struct hone_design *design, const struct hone_design *valid,
                          struct hone_graph *graph, const char *features,
                          struct hone_arena *mem, const char **score,
                          struct hone_fit_report *report)
{
    struct hone_gbt_model model = {.loss = hone_gbt_loss_find(design->task, NULL)};
    struct hone_fit_report told = {.converged = true, .valid_loss = (double)NAN};
    double *base, *by_row;
    (void)settings;

    HONE_SCRATCH(run);
    if (design->rows == 0) {
        return hone_fail(run, HONE_E_ARG, "no rows to train on");
    }
    model.scores = design->task == HONE_TASK_MULTICLASS ? design->classes : 1;
    HONE_TRY(hone_array(run, &run->scratch, &base, model.scores));
    HONE_TRY(hone_array(run, &run->scratch, &model.base, model.scores));
    HONE_TRY(model.loss->base(run, design, base));
    for (size_t k = 0; k < model.scores; k++) {
        model.base[k] = (float)base[k];
    }
    HONE_TRY(measure(run, &model, design, NULL, &told.train_loss));
    if (valid != NULL && valid->rows > 0) {
        HONE_TRY(hone_matrix(run, mem, &by_row, valid->rows, model.scores));
        HONE_TRY(measure(run, &model, valid, by_row, &told.valid_loss));
        told.valid_score = by_row;
    }
    if (graph != NULL) {
        /* Trees without a split: unlike weights of 0 they give the same for missing features. */
        HONE_TRY(hone_gbt_emit(run, &model, graph, features, score));
    }
    *report = told;
    return HONE_OK;
}

const struct hone_estimator hone_estimator_baseline = {
    .part.name = "baseline",
    .part.summary = "the mean, or the class shares, whatever the features",
    .tasks = HONE_TASK_REGRESSION | HONE_TASK_CLASSIFICATION,
    .takes_missing = true,
    .wants_scaling = false,
    .fit = fit,
};
