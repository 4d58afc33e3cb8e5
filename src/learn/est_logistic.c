/* Logistic regression, binary and multinomial, with L2 and L1 penalties. */
#include <math.h>

#include "learn/linear_priv.h"
#include "learn/linear_wide_priv.h"

/* Up to so many columns one Newton step (a weighted matrix of cross-products) beats many cheap ones. */
#define NEWTON_COLS 300
#define HALVINGS    30

/* clang-format off */
static const struct hone_param params[] = {
    HONE_REAL(struct hone_linear_settings, alpha, 1.0, 1e-12, 1e12, .log_scale = true,
              .help = "strength of the penalty, against the sum of the losses (scikit-learn's 1/C)"),
    HONE_REAL(struct hone_linear_settings, l1_ratio, 0, 0, 1,
              .help = "share of the penalty that is on |weight|; 0: L2, 1: L1"),
    HONE_INT(struct hone_linear_settings, max_iterations, 1000, 1, 1e9, .hidden = true,
             .help = "most passes of an iterative method"),
    HONE_REAL(struct hone_linear_settings, tolerance, 1e-7, 0, 1, .hidden = true,
              .help = "stop when the gradient of the mean loss is this small"),
    HONE_PARAM_END,
};
/* clang-format on */

/*
 * Scores begin at the log of the class shares.  A class that does not occur keeps its score, as if it had
 * half a row: without it the best intercept would be minus infinity.
 */
static enum hone_code start(struct hone_run *run, struct hone_linear *m)
{
    size_t classes = m->d->task == HONE_TASK_BINARY ? 2 : m->d->classes;
    double *held, least = 0.5 / ((double)m->d->rows + 1);
    size_t cols = m->panel.cols;

    HONE_SCRATCH(run);
    HONE_TRY(hone_array(run, &run->scratch, &held, classes));
    for (size_t i = 0; i < m->d->rows; i++) {
        held[(size_t)m->d->y[i]] += m->d->weight == NULL ? 1.0 : m->d->weight[i];
    }
    if (m->scores == 1) {
        double p = fmin(fmax(held[1] / m->total, least), 1 - least);
        m->param[cols] = log(p / (1 - p));
        m->frozen[0] = !(held[0] > 0 && held[1] > 0);
        return HONE_OK;
    }
    for (size_t k = 0; k < classes; k++) {
        m->param[k * (cols + 1) + cols] = log(fmax(held[k] / m->total, least));
        m->frozen[k] = !(held[k] > 0);
    }
    return HONE_OK;
}

/* The curvature of the mean loss: (cols + 1, cols + 1), the intercept last. */
static enum hone_code curvature(struct hone_run *run, const struct hone_linear *m,
                                double *hessian)
{
    size_t n = m->panel.cols, wide = n + 1;
    double *weight, *gram, *edge, sum = 0;

    HONE_SCRATCH(run);
    HONE_TRY(hone_array(run, &run->scratch, &weight, m->panel.rows));
    HONE_TRY(hone_matrix(run, &run->scratch, &gram, n, n));
    HONE_TRY(hone_array(run, &run->scratch, &edge, n));
    hone_panel_times(run, &m->panel, m->param, m->param[n], weight);
    for (size_t i = 0; i < m->panel.rows; i++) {
        double p = 1 / (1 + exp(-weight[i]));
        weight[i] = (m->d->weight == NULL ? 1.0 : m->d->weight[i]) * p * (1 - p);
        sum += weight[i];
    }
    HONE_TRY(hone_gram(run, &m->panel, weight, gram));
    hone_panel_transposed_times(run, &m->panel, weight, edge);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            hessian[i * wide + j] = gram[i * n + j] / m->total;
        }
        hessian[i * wide + i] += m->set.alpha / m->total;
        hessian[i * wide + n] = edge[i] / m->total;
        hessian[n * wide + i] = edge[i] / m->total;
    }
    hessian[n * wide + n] = sum / m->total;
    return HONE_OK;
}

/*
 * Newton's method with halving (iteratively reweighted least squares).  *solved is false when a step fails;
 * param then still holds the best point.
 */
static enum hone_code newton(struct hone_run *run, struct hone_linear *m, bool *solved)
{
    size_t wide = m->panel.cols + 1;
    double *hessian, *gradient, *step, *next, value, reached = 0;

    HONE_SCRATCH(run);
    HONE_TRY(hone_matrix(run, &run->scratch, &hessian, wide, wide));
    HONE_TRY(hone_array(run, &run->scratch, &gradient, wide));
    HONE_TRY(hone_array(run, &run->scratch, &step, wide));
    HONE_TRY(hone_array(run, &run->scratch, &next, wide));
    HONE_TRY(hone_linear_objective(run, m, hone_linear_logistic, m->param, &value, gradient));
    *solved = true;
    for (;;) {
        double most = 0;
        HONE_TRY(hone_check_cancel(run));
        for (size_t j = 0; j < wide; j++) {
            most = fmax(most, fabs(gradient[j]));
        }
        m->converged = most <= m->set.tolerance;
        if (m->converged || m->iterations >= (size_t)m->set.max_iterations) {
            return HONE_OK;
        }
        HONE_TRY(curvature(run, m, hessian));
        memcpy(step, gradient, wide * sizeof *step);
        *solved = hone_solve_spd(wide, hessian, step);
        bool fell = false;
        double t = 1;
        for (size_t k = 0; *solved && !fell && k < HALVINGS; k++, t /= 2) {
            for (size_t j = 0; j < wide; j++) {
                next[j] = m->param[j] - t * step[j];
            }
            HONE_TRY(
                hone_linear_objective(run, m, hone_linear_logistic, next, &reached, gradient));
            fell = reached <= value + 1e-15 * fabs(value);
        }
        if (!fell) {
            *solved = false;
            return HONE_OK;
        }
        value = reached;
        memcpy(m->param, next, wide * sizeof *next);
        m->iterations++;
    }
}

static enum hone_code fit(struct hone_run *run, const void *settings,
                          const struct hone_design *design, const struct hone_design *valid,
                          struct hone_graph *graph, const char *features,
                          struct hone_arena *mem, const char **score,
                          struct hone_fit_report *report)
{
    bool binary = design->task == HONE_TASK_BINARY, solved = false;
    hone_linear_loss *loss = binary ? hone_linear_logistic : hone_linear_softmax;
    struct hone_linear m;

    HONE_SCRATCH(run);
    if (design->blocks > 0) {
        return hone_wide_fit(run, settings, binary ? HONE_WIDE_LOGISTIC : HONE_WIDE_SOFTMAX,
                             design, valid, graph, features, mem, score, report);
    }
    HONE_TRY(hone_linear_begin(run, design, settings, binary ? 1 : design->classes, &m));
    HONE_TRY(start(run, &m));
    if (binary && m.set.l1_ratio <= 0 && design->cols <= NEWTON_COLS && !m.frozen[0]) {
        HONE_TRY(newton(run, &m, &solved));
    }
    if (!solved) {
        HONE_TRY(hone_linear_minimise(run, &m, loss));
    }
    return hone_linear_finish(run, &m, loss, valid, graph, features, mem, score, report);
}

const struct hone_estimator hone_estimator_logistic = {
    .part.name = "logistic",
    .part.summary = "logistic regression with L2 and L1 penalties",
    .part.source =
        "Hastie, Tibshirani & Friedman, The Elements of Statistical Learning, 2nd ed., "
        "sec. 4.4",
    .part.settings_size = sizeof(struct hone_linear_settings),
    .part.params = params,
    .tasks = HONE_TASK_CLASSIFICATION,
    .takes_missing = false,
    .takes_sparse = true,
    .wants_scaling = true,
    .fit = fit,
};
