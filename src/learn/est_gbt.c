/* Gradient-boosted trees on binned features: the settings, and what they are when left to us. */
#include <math.h>

#include "learn/gbt_priv.h"

struct settings {
    int64_t rounds;
    int64_t patience;
    double learning_rate;
    int64_t max_leaves;
    int64_t max_depth;
    int64_t min_data;
    double min_hessian;
    double min_gain;
    double l1, l2;
    double smoothing;
    double row_sample, column_sample, node_sample;
    int64_t max_bins;
    const char *categories;
    double category_smooth, category_l2;
    int64_t category_max, category_min_data;
    const char *loss;
};

static const char *const orders[] = {"ordered", "subset", NULL};
static const char *const losses[] = {"auto", "squared", "absolute", "poisson", NULL};

/* clang-format off */
static const struct hone_param params[] = {
    HONE_INT(struct settings, rounds, 2000, 0, 1e6, .log_scale = true,
             .help = "most rounds of boosting; exactly so many when there are no validation rows"),
    HONE_INT(struct settings, patience, 100, 1, 1e6, .hidden = true,
             .help = "stop after this many rounds without a lower validation loss"),
    HONE_REAL(struct settings, learning_rate, 0.05, 1e-4, 1, .log_scale = true,
              .help = "how much of each tree is added"),
    HONE_INT(struct settings, max_leaves, 0, 0, 65536, .log_scale = true,
             .help = "most leaves of a tree; 0: by the number of rows"),
    HONE_INT(struct settings, max_depth, 0, 0, 1000, .hidden = true,
             .help = "most splits above a leaf; 0: no bound"),
    HONE_INT(struct settings, min_data, 0, 0, 1e9, .log_scale = true,
             .help = "fewest rows of a leaf; 0: by the number of rows"),
    HONE_REAL(struct settings, min_hessian, 1e-3, 0, 1e12, .hidden = true,
              .help = "least sum of curvature in a leaf"),
    HONE_REAL(struct settings, min_gain, 0, 0, 1e12, .hidden = true,
              .help = "least gain of a split"),
    HONE_REAL(struct settings, l1, 0, 0, 1e12, .hidden = true, .help = "L1 penalty on leaf values"),
    HONE_REAL(struct settings, l2, 1, 0, 1e12, .help = "L2 penalty on leaf values"),
    HONE_REAL(struct settings, smoothing, 0, 0, 1e9, .hidden = true,
              .help = "pull of a leaf to its parent, as if by this many rows"),
    HONE_REAL(struct settings, row_sample, 1, 0.01, 1, .help = "share of the rows each tree sees"),
    HONE_REAL(struct settings, column_sample, 0, 0, 1,
              .help = "share of the columns each tree sees; 0: by the task"),
    HONE_REAL(struct settings, node_sample, 0, 0, 1,
              .help = "share of a tree's columns each split may use; 0: by the task"),
    HONE_INT(struct settings, max_bins, 255, 2, 255, .hidden = true,
             .help = "most codes of a column, missing apart"),
    HONE_CHOICE(struct settings, categories, "ordered", orders,
                .help = "how categories are split: by the order of their codes, or into any two sets"),
    HONE_REAL(struct settings, category_smooth, 10, 0, 1e6, .hidden = true,
              .help = "rows of no effect mixed into a category's mean when sets are sought"),
    HONE_REAL(struct settings, category_l2, 10, 0, 1e6, .hidden = true,
              .help = "L2 penalty on top while sets are compared"),
    HONE_INT(struct settings, category_max, 32, 1, 255, .hidden = true,
             .help = "most categories in the smaller set"),
    HONE_INT(struct settings, category_min_data, 10, 0, 1e9, .hidden = true,
             .help = "a category with fewer rows of the leaf stays with the others"),
    HONE_CHOICE(struct settings, loss, "auto", losses, .hidden = true,
                .help = "what regression minimises; auto: squared"),
    HONE_PARAM_END,
};
/* clang-format on */

static size_t between(size_t n, size_t least, size_t most)
{
    return n < least ? least : n > most ? most : n;
}

/* What "by the number of rows" means; docs/learn.md has the measurements. */
static struct hone_gbt_settings resolve(const struct settings *s, const struct hone_design *d)
{
    struct hone_gbt_settings out = {
        .rounds = (size_t)s->rounds,
        .patience = (size_t)s->patience,
        .learning_rate = s->learning_rate,
        .max_leaves = (size_t)s->max_leaves,
        .max_depth = (size_t)s->max_depth,
        .min_data = (size_t)s->min_data,
        .min_hessian = s->min_hessian,
        .min_gain = s->min_gain,
        .l1 = s->l1,
        .l2 = s->l2,
        .smoothing = s->smoothing,
        .row_sample = s->row_sample,
        .column_sample = s->column_sample,
        .node_sample = s->node_sample,
        .max_bins = (size_t)s->max_bins,
        .subsets = strcmp(s->categories, "subset") == 0,
        .category_smooth = s->category_smooth,
        .category_l2 = s->category_l2,
        .category_max = (size_t)s->category_max,
        .category_min_data = (size_t)s->category_min_data,
        .loss = s->loss,
    };
    bool regression = d->task == HONE_TASK_REGRESSION;

    if (s->max_leaves == 0) {
        out.max_leaves = between(d->rows / 100, 8, 63);
    }
    if (s->min_data == 0) {
        out.min_data = between(d->rows / 100, 5, 10);
    }
    if (s->column_sample <= 0) {
        out.column_sample = regression ? 0.9 : 0.7;
    }
    if (s->node_sample <= 0) {
        out.node_sample = regression ? 0.8 : 1;
    }
    return out;
}

static enum hone_code fit(struct hone_run *run, const void *settings,
                          const struct hone_design *design, const struct hone_design *valid,
                          struct hone_graph *graph, const char *features,
                          struct hone_arena *mem, const char **score,
                          struct hone_fit_report *report)
{
    struct hone_gbt_model model = {0};
    struct hone_design d;

    HONE_SCRATCH(run);
    HONE_TRY(hone_gbt_present(run, design, &run->scratch, &d));
    if (d.rows == 0 && design->rows > 0) {
        return hone_fail(run, HONE_E_ARG, "the weights of the training rows add up to 0");
    }
    if (design->rows == 0 || design->cols == 0) {
        return hone_fail(run, HONE_E_ARG, "gbt: %zu rows and %zu columns to train on",
                         design->rows, design->cols);
    }
    if (design->rows > UINT32_MAX / 2) {
        return hone_fail(run, HONE_E_LIMIT, "gbt: %zu rows, at most %u", design->rows,
                         UINT32_MAX / 2);
    }
    struct hone_gbt_settings set = resolve(settings, &d);
    HONE_TRY(hone_gbt_boost(run, &set, &d, valid, mem, &model, report));
    return graph == NULL ? HONE_OK : hone_gbt_emit(run, &model, graph, features, score);
}

const struct hone_estimator hone_estimator_gbt = {
    .part.name = "gbt",
    .part.summary = "gradient-boosted trees on binned features",
    .part.source = "Friedman, Annals of Statistics 29(5), 2001; Ke et al., NeurIPS 2017",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .tasks = HONE_TASK_REGRESSION | HONE_TASK_CLASSIFICATION,
    .takes_missing = true,
    .wants_scaling = false,
    .fit = fit,
};
