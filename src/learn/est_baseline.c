/* The answer that looks at no feature: mean, median, class shares, the commonest class. What others must beat. */
#include <math.h>
#include <stdlib.h>

#include "learn/gbt_priv.h"

struct settings {
    const char *strategy;
};

static const char *const strategies[] = {"auto",  "mean",          "median",
                                         "prior", "most_frequent", NULL};

/* clang-format off */
static const struct hone_param params[] = {
    HONE_CHOICE(struct settings, strategy, "auto", strategies,
                .help = "of numbers mean or median, of classes prior (their shares) or most_frequent; auto: prior, or "
                        "the number that the metric likes"),
    HONE_PARAM_END,
};
/* clang-format on */

/* Log-odds of the class that is said to be the only one: a probability that a float still tells from 1. */
#define SURE 15.0

struct pair {
    double y, weight;
};

static int by_value(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    return (x->y > y->y) - (x->y < y->y);
}

/* The value with half of the weight on either side; between two such values their mean. */
static enum hone_code median(struct hone_run *run, const struct hone_design *d, double *out)
{
    struct pair *pair;
    double total = 0, held = 0;
    size_t n = 0, i = 0;

    HONE_SCRATCH(run);
    HONE_TRY(hone_array(run, &run->scratch, &pair, d->rows));
    for (size_t r = 0; r < d->rows; r++) {
        double w = d->weight == NULL ? 1 : d->weight[r];
        if (w > 0) {
            pair[n++] = (struct pair){d->y[r], w};
            total += w;
        }
    }
    if (n == 0) {
        *out = 0;
        return HONE_OK;
    }
    qsort(pair, n, sizeof *pair, by_value);
    while (i + 1 < n && held + pair[i].weight < total / 2) {
        held += pair[i++].weight;
    }
    bool between = i + 1 < n && !(held + pair[i].weight > total / 2);
    *out = between ? (pair[i].y + pair[i + 1].y) / 2 : pair[i].y;
    return HONE_OK;
}

/* The commonest class, of equals the first, and nothing else. */
static enum hone_code most_frequent(struct hone_run *run, const struct hone_design *d,
                                    double *score)
{
    double *count;
    size_t most = 0;

    HONE_SCRATCH(run);
    HONE_TRY(hone_array(run, &run->scratch, &count, d->classes));
    for (size_t r = 0; r < d->rows; r++) {
        count[(size_t)d->y[r]] += d->weight == NULL ? 1 : d->weight[r];
    }
    for (size_t k = 1; k < d->classes; k++) {
        most = count[k] > count[most] ? k : most;
    }
    if (d->task == HONE_TASK_BINARY) {
        score[0] = most == 1 ? SURE : -SURE;
        return HONE_OK;
    }
    for (size_t k = 0; k < d->classes; k++) {
        score[k] = k == most ? SURE : 0;
    }
    return HONE_OK;
}

static enum hone_code choose(struct hone_run *run, const char *strategy,
                             const struct hone_gbt_loss *loss, const struct hone_design *d,
                             double *score)
{
    bool of_numbers = strcmp(strategy, "mean") == 0 || strcmp(strategy, "median") == 0;
    bool numbers = d->task == HONE_TASK_REGRESSION;

    if (strcmp(strategy, "auto") != 0 && of_numbers != numbers) {
        (void)hone_fail(run, HONE_E_ARG, "baseline: %s is not a strategy for %s", strategy,
                        numbers ? "numbers" : "classes");
        return hone_hint(run, "%s", numbers ? "mean or median" : "prior or most_frequent");
    }
    if (strcmp(strategy, "median") == 0) {
        return median(run, d, score);
    }
    if (strcmp(strategy, "most_frequent") == 0) {
        return most_frequent(run, d, score);
    }
    return loss->base(run, d, score);
}

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
    const struct settings *set = settings;
    double *base, *by_row;

    HONE_SCRATCH(run);
    if (design->rows == 0) {
        return hone_fail(run, HONE_E_ARG, "no rows to train on");
    }
    model.scores = design->task == HONE_TASK_MULTICLASS ? design->classes : 1;
    HONE_TRY(hone_array(run, &run->scratch, &base, model.scores));
    HONE_TRY(hone_array(run, &run->scratch, &model.base, model.scores));
    HONE_TRY(choose(run, set->strategy, model.loss, design, base));
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
    .part.summary = "one number, or the class shares, whatever the features",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .tasks = HONE_TASK_REGRESSION | HONE_TASK_CLASSIFICATION,
    .takes_missing = true,
    .wants_scaling = false,
    .fit = fit,
};
