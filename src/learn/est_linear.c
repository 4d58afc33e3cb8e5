/* Linear regression with L2 and L1 penalties: normal equations, or coordinate descent on them. */
#include <math.h>

#include "learn/linear_priv.h"
#include "learn/linear_wide_priv.h"

/* Up to so many columns the matrix of cross-products is formed; beyond, iterations over the rows. */
#define GRAM_COLS 4000

/* clang-format off */
static const struct hone_param params[] = {
    HONE_REAL(struct hone_linear_settings, alpha, 0, 0, 1e12,
              .help = "strength of the penalty, against the sum of the losses; 0: what rows held out like best"),
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
    bool all = true; /* this sweep: else only columns whose weight is not 0 */

    HONE_SCRATCH(run);
    HONE_TRY(hone_array(run, &run->scratch, &product, n));
    for (size_t j = 0; j < n; j++) {
        product[j] = hone_dot(n, gram + j * n, m->param);
    }
    m->iterations = 0;
    do {
        double moved = 0; /* largest change of a weight times its column's length */
        HONE_TRY(hone_check_cancel(run));
        for (size_t j = 0; j < n; j++) {
            const double *row = gram + j * n;
            if (!all && m->param[j] == 0) {
                continue;
            }
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
        m->converged = all && moved <= m->set.tolerance * size;
        all = moved <= m->set.tolerance * size;
    } while (!m->converged && m->iterations < (size_t)m->set.max_iterations);
    return HONE_OK;
}

/* The intercept is the mean of the target; cross-products where they are few enough. */
static enum hone_code start(struct hone_run *run, struct hone_linear *m)
{
    const struct hone_design *d = m->d;
    size_t n = m->panel.cols;
    double sum = 0;

    for (size_t i = 0; i < d->rows; i++) {
        sum += (d->weight == NULL ? 1.0 : d->weight[i]) * d->y[i];
    }
    m->param[n] = sum / m->total;
    if (n <= GRAM_COLS) {
        HONE_TRY(hone_matrix(run, &run->scratch, &m->gram, n, n));
        HONE_TRY(hone_array(run, &run->scratch, &m->cross, n));
        HONE_TRY(hone_gram(run, &m->panel, d->weight, m->gram));
        HONE_TRY(cross(run, m, m->param[n], m->cross));
    }
    return HONE_OK;
}

static enum hone_code solve(struct hone_run *run, struct hone_linear *m)
{
    if (m->gram == NULL) {
        return hone_linear_minimise(run, m, hone_linear_squared);
    }
    return m->set.l1_ratio > 0 ? descend(run, m, m->gram, m->cross)
                               : ridge(run, m, m->gram, m->cross);
}

static enum hone_code fit(struct hone_run *run, const void *settings,
                          const struct hone_design *design, const struct hone_design *valid,
                          struct hone_graph *graph, const char *features,
                          struct hone_arena *mem, const char **score,
                          struct hone_fit_report *report)
{
    static const struct hone_linear_kind kind = {1, hone_linear_squared, start, solve};
    const struct hone_linear_settings *set = settings;
    struct hone_linear m;

    HONE_SCRATCH(run);
    /* Sparse columns, or a lasso over very many: column by column. */
    if (design->blocks > 0 || (set->l1_ratio > 0 && design->cols > GRAM_COLS)) {
        const struct hone_wide_task task = {set, HONE_WIDE_SQUARED};
        return hone_wide_fit(run, &task, design, valid, graph, features, mem, score, report);
    }
    HONE_TRY(hone_linear_solved(run, design, valid, set, &kind, &m));
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
