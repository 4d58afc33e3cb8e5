/* Linear regression with L2 and L1 penalties: normal equations, or coordinate descent on them. */
#include <math.h>

#include "learn/linear_priv.h"
#include "learn/linear_wide_priv.h"

/* Up to so many columns the matrix of cross-products is formed; beyond, iterations over the rows. */
#define GRAM_COLS 4000

/* clang-format off */
static const struct hone_param params[] = {
    HONE_REAL(struct hone_linear_settings, alpha, 1.0, 1e-12, 1e12, .log_scale = true,
              .help = "strength of the penalty, against the sum of the losses"),
    HONE_REAL(struct hone_linear_settings, l1_ratio, 0, 0, 1,
              .help = "share of the penalty that is on |weight|; 0: ridge, 1: lasso"),
    HONE_INT(struct hone_linear_settings, max_iterations, 1000, 1, 1e9, .hidden = true,
             .help = "most passes of an iterative method"),
    HONE_REAL(struct hone_linear_settings, tolerance, 1e-7, 0, 1, .hidden = true,
              .help = "stop when the gradient, or a step, is this small"),
    HONE_PARAM_END,
};
/* clang-format on */

static enum hone_code cross(struct hone_run *run, const struct hone_linear *m, double centre,
                            double *out)
{
    double *residual;

    HONE_SCRATCH(run);
    HONE_TRY(hone_array(run, &run->scratch, &residual, m->panel.rows));
    for (size_t i = 0; i < m->panel.rows; i++) {
        double w = m->d->weight == NULL ? 1.0 : m->d->weight[i];
        residual[i] = w * (m->d->y[i] - centre);
    }
    hone_panel_transposed_times(run, &m->panel, residual, out);
    return HONE_OK;
}

/* (G + alpha I) b = c. A singular system gets the least lift of its diagonal that solves it. */
static enum hone_code ridge(struct hone_run *run, struct hone_linear *m, const double *gram,
                            const double *c)
{
    size_t n = m->panel.cols;
    double *a, most = 0;

    HONE_SCRATCH(run);
    HONE_TRY(hone_matrix(run, &run->scratch, &a, n, n));
    for (size_t j = 0; j < n; j++) {
        most = fmax(most, gram[j * n + j]);
    }
    for (double lift = 0; lift <= 1; lift = lift > 0 ? lift * 100 : 1e-14) {
        memcpy(a, gram, n * n * sizeof *a);
        memcpy(m->param, c, n * sizeof *c);
        for (size_t j = 0; j < n; j++) {
            a[j * n + j] += m->set.alpha + lift * most;
        }
        if (hone_solve_spd(n, a, m->param)) {
            m->converged = true;
            return HONE_OK;
        }
    }
    return hone_fail(run, HONE_E_NUMERIC, "linear: the normal equations have no solution");
}

/*
 * Cyclic coordinate descent on 1/2 b'Gb - c'b + penalties.
 * Source: Friedman, Hastie & Tibshirani, J. Statistical Software 33(1), 2010, sec. 2 (covariance
 * updates).
 */
static enum hone_code descend(struct hone_run *run, struct hone_linear *m, const double *gram,
                              const double *c)
{
    size_t n = m->panel.cols;
    double l1 = m->set.alpha * m->set.l1_ratio, l2 = m->set.alpha * (1 - m->set.l1_ratio);
    double *product; /* G b */

    HONE_SCRATCH(run);
    HONE_TRY(hone_array(run, &run->scratch, &product, n));
    do {
        double moved = 0; /* largest change of a weight times its column's length */
        HONE_TRY(hone_check_cancel(run));
        for (size_t j = 0; j < n; j++) {
            const double *row = gram + j * n;
            double old = m->param[j], part = c[j] - product[j] + row[j] * old;
            double cut = part > l1 ? part - l1 : part < -l1 ? part + l1 : 0;
            double next = row[j] + l2 > 0 ? cut / (row[j] + l2) : 0;
            double step = next - old;
            for (size_t i = 0; step != 0 && i < n; i++) {
                product[i] += step * row[i];
            }
            m->param[j] = next;
            moved = fmax(moved, fabs(step) * sqrt(row[j] / m->total));
        }
        double size = 0;
        for (size_t j = 0; j < n; j++) {
            size = fmax(size, fabs(m->param[j]) * sqrt(gram[j * n + j] / m->total));
        }
        m->iterations++;
        m->converged = moved <= m->set.tolerance * size;
    } while (!m->converged && m->iterations < (size_t)m->set.max_iterations);
    return HONE_OK;
}

static enum hone_code solve(struct hone_run *run, struct hone_linear *m)
{
    size_t n = m->panel.cols;
    double *gram, *c;

    HONE_SCRATCH(run);
    HONE_TRY(hone_matrix(run, &run->scratch, &gram, n, n));
    HONE_TRY(hone_array(run, &run->scratch, &c, n));
    HONE_TRY(hone_gram(run, &m->panel, m->d->weight, gram));
    HONE_TRY(cross(run, m, m->param[n], c));
    return m->set.l1_ratio > 0 ? descend(run, m, gram, c) : ridge(run, m, gram, c);
}

static enum hone_code fit(struct hone_run *run, const void *settings,
                          const struct hone_design *design, const struct hone_design *valid,
                          struct hone_graph *graph, const char *features,
                          struct hone_arena *mem, const char **score,
                          struct hone_fit_report *report)
{
    struct hone_linear m;
    double sum = 0;

    HONE_SCRATCH(run);
    if (design->blocks > 0) {
        return hone_wide_fit(run, settings, HONE_WIDE_SQUARED, design, valid, graph, features,
                             mem, score, report);
    }
    HONE_TRY(hone_linear_begin(run, design, settings, 1, &m));
    for (size_t i = 0; i < design->rows; i++) {
        sum += (design->weight == NULL ? 1.0 : design->weight[i]) * design->y[i];
    }
    m.param[design->cols] = sum / m.total;
    if (design->cols <= GRAM_COLS) {
        HONE_TRY(solve(run, &m));
    } else {
        HONE_TRY(hone_linear_minimise(run, &m, hone_linear_squared));
    }
    return hone_linear_finish(run, &m, hone_linear_squared, valid, graph, features, mem, score,
                              report);
}

const struct hone_estimator hone_estimator_linear = {
    .part.name = "linear",
    .part.summary = "linear regression with L2 and L1 penalties",
    .part.source =
        "Hoerl & Kennard, Technometrics 12(1), 1970; Zou & Hastie, JRSS B 67(2), 2005",
    .part.settings_size = sizeof(struct hone_linear_settings),
    .part.params = params,
    .tasks = HONE_TASK_REGRESSION,
    .takes_missing = false,
    .takes_sparse = true,
    .wants_scaling = true,
    .fit = fit,
};
