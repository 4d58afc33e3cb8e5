/* Logistic regression, binary and multinomial, with L2 and L1 penalties. */
#include <math.h>

#include "learn/linear_priv.h"
#include "learn/linear_wide_priv.h"

/* Up to so many columns one Newton step (a weighted matrix of cross-products) beats many cheap ones. */
#define NEWTON_COLS 300
#define HALVINGS    30

/* clang-format off */
static const struct hone_param params[] = {
    HONE_REAL(struct hone_linear_settings, alpha, 0, 0, 1e12,
              .help = "strength of the penalty, against the sum of the losses (scikit-learn's 1/C); 0: what rows "
                      "held out like best"),
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

/* Rows whose curvature is enough to go by, at first: so many, and so many for each column. */
#define SAMPLE_ROWS    20000
#define SAMPLE_PER_COL 500

/* The blocks of which one is looked at; the steps are less exact then, the gradient that ends them is not. */
static size_t sampled(const struct hone_linear *m)
{
    size_t rows = SAMPLE_ROWS + SAMPLE_PER_COL * m->panel.cols;
    return m->panel.rows > 2 * rows ? m->panel.rows / rows : 1;
}

/*
 * The curvature of the mean loss: (cols + 1, cols + 1), the intercept last; of every `every`th block of rows.
 * Source: Roosta-Khorasani & Mahoney, Sub-sampled Newton methods, Mathematical Programming 174, 2019.
 */
static enum hone_code curvature(struct hone_run *run, const struct hone_linear *m, size_t every,
                                double *hessian)
{
    size_t n = m->panel.cols, wide = n + 1;
    double *weight, *gram, *edge, sum = 0, seen = 0;

    HONE_SCRATCH(run);
    HONE_TRY(hone_array(run, &run->scratch, &weight, m->panel.rows));
    HONE_TRY(hone_matrix(run, &run->scratch, &gram, n, n));
    HONE_TRY(hone_array(run, &run->scratch, &edge, n));
    hone_panel_times(run, &m->panel, m->param, m->param[n], weight);
    for (size_t i = 0; i < m->panel.rows; i++) {
        double w = m->d->weight == NULL ? 1.0 : m->d->weight[i];
        if (i / HONE_PANEL_BLOCK % every != 0) {
            weight[i] = 0;
            continue;
        }
        double p = 1 / (1 + exp(-weight[i]));
        weight[i] = w * p * (1 - p);
        sum += weight[i];
        seen += w;
    }
    double scale = seen > 0 ? 1 / seen : 0; /* the mean over the rows that were looked at */
    HONE_TRY(hone_gram_some(run, &m->panel, weight, every, gram));
    hone_panel_transposed_times(run, &m->panel, weight, edge);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            hessian[i * wide + j] = gram[i * n + j] * scale;
        }
        hessian[i * wide + i] += m->set.alpha * (1 - m->set.l1_ratio) / m->total;
        hessian[i * wide + n] = edge[i] * scale;
        hessian[n * wide + i] = edge[i] * scale;
    }
    hessian[n * wide + n] = sum * scale;
    return HONE_OK;
}

/*
 * Newton's method with halving (iteratively reweighted least squares).  *solved is false when a step fails;
 * param then still holds the best point.
 */
static enum hone_code newton(struct hone_run *run, struct hone_linear *m, bool *solved)
{
    size_t wide = m->panel.cols + 1;
    double *hessian, *gradient, *step, *next, value, reached = 0, before = HUGE_VAL;
    size_t every = sampled(m);

    HONE_SCRATCH(run);
    HONE_TRY(hone_matrix(run, &run->scratch, &hessian, wide, wide));
    HONE_TRY(hone_array(run, &run->scratch, &gradient, wide));
    HONE_TRY(hone_array(run, &run->scratch, &step, wide));
    HONE_TRY(hone_array(run, &run->scratch, &next, wide));
    HONE_TRY(hone_linear_objective(run, m, hone_linear_logistic, m->param, &value, gradient));
    m->iterations = 0;
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
        every = most > before / 3 ? 1 : every; /* a sample that leads nowhere */
        before = most;
        HONE_TRY(curvature(run, m, every, hessian));
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
        if (!fell && every > 1) {
            every = 1;
            HONE_TRY(hone_linear_objective(run, m, hone_linear_logistic, m->param, &value,
                                           gradient));
            continue;
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

/* --- Newton's method with an L1 penalty --------------------------------------------------------- */

/* The smooth part at a point, and what is left to the whole objective. */
static double absolute(const struct hone_linear *m, const double *param)
{
    double sum = 0;
    for (size_t j = 0; j < m->panel.cols; j++) {
        sum += fabs(param[j]);
    }
    return sum * m->set.alpha * m->set.l1_ratio / m->total;
}

/* How far param is from the conditions of a minimum. */
static double violation(const struct hone_linear *m, const double *gradient, double l1)
{
    size_t n = m->panel.cols;
    double most = fabs(gradient[n]);
    for (size_t j = 0; j < n; j++) {
        double g = gradient[j], b = m->param[j];
        most = fmax(most, b > 0 ? fabs(g + l1) : b < 0 ? fabs(g - l1) : fabs(g) - l1);
    }
    return most;
}

/*
 * next = the minimum of g'd + d'Hd/2 + l1 |b + d| over b + d, column by column.
 * Source: Friedman, Hastie & Tibshirani, J. Statistical Software 33(1), 2010, sec. 3.
 */
static enum hone_code model_minimum(struct hone_run *run, const struct hone_linear *m,
                                    const double *hessian, const double *gradient, double goal,
                                    double *next)
{
    size_t n = m->panel.cols, wide = n + 1;
    double l1 = m->set.alpha * m->set.l1_ratio / m->total, moved = goal + 1;
    double *slope; /* g + H d */

    HONE_SCRATCH(run);
    HONE_TRY(hone_array(run, &run->scratch, &slope, wide));
    memcpy(slope, gradient, wide * sizeof *slope);
    memcpy(next, m->param, wide * sizeof *next);
    for (size_t sweep = 0; sweep < 1000 && moved > goal; sweep++) {
        moved = 0;
        HONE_TRY(hone_check_cancel(run));
        for (size_t j = 0; j < wide; j++) {
            const double *row = hessian + j * wide;
            double cut = j < n ? l1 : 0, part = row[j] * next[j] - slope[j];
            double shrunk = part > cut ? part - cut : part < -cut ? part + cut : 0;
            double step = row[j] > 0 ? shrunk / row[j] - next[j] : 0;
            next[j] += step;
            for (size_t i = 0; step != 0 && i < wide; i++) {
                slope[i] += step * row[i];
            }
            moved = fmax(moved, fabs(step) * row[j]);
        }
    }
    return HONE_OK;
}

static enum hone_code sparse_newton(struct hone_run *run, struct hone_linear *m)
{
    size_t wide = m->panel.cols + 1;
    double l1 = m->set.alpha * m->set.l1_ratio / m->total;
    double *hessian, *gradient, *next, *at, value, reached = 0, before = HUGE_VAL;
    size_t every = sampled(m);

    HONE_SCRATCH(run);
    HONE_TRY(hone_matrix(run, &run->scratch, &hessian, wide, wide));
    HONE_TRY(hone_array(run, &run->scratch, &gradient, wide));
    HONE_TRY(hone_array(run, &run->scratch, &next, wide));
    HONE_TRY(hone_array(run, &run->scratch, &at, wide));
    HONE_TRY(hone_linear_objective(run, m, hone_linear_logistic, m->param, &value, gradient));
    value += absolute(m, m->param);
    m->iterations = 0;
    for (;;) {
        double off = violation(m, gradient, l1), t = 1;
        bool fell = false;
        m->converged = off <= m->set.tolerance;
        if (m->converged || m->iterations >= (size_t)m->set.max_iterations) {
            return HONE_OK;
        }
        every = off > before / 3 ? 1 : every;
        before = off;
        HONE_TRY(curvature(run, m, every, hessian));
        HONE_TRY(model_minimum(run, m, hessian, gradient,
                               fmax(0.01 * off, 0.1 * m->set.tolerance), next));
        for (size_t k = 0; !fell && k < HALVINGS; k++, t /= 2) {
            for (size_t j = 0; j < wide; j++) {
                at[j] = t == 1 ? next[j] : m->param[j] + t * (next[j] - m->param[j]);
            }
            HONE_TRY(
                hone_linear_objective(run, m, hone_linear_logistic, at, &reached, gradient));
            reached += absolute(m, at);
            fell = reached <= value + 1e-15 * fabs(value);
        }
        if (!fell && every > 1) {
            every = 1;
            HONE_TRY(hone_linear_objective(run, m, hone_linear_logistic, m->param, &value,
                                           gradient));
            value += absolute(m, m->param);
            continue;
        }
        if (!fell) {
            return HONE_OK; /* as good as doubles can tell */
        }
        value = reached;
        memcpy(m->param, at, wide * sizeof *at);
        m->iterations++;
    }
}

static enum hone_code solve(struct hone_run *run, struct hone_linear *m)
{
    bool solved = false, binary = m->scores == 1;
    if (binary && m->panel.cols <= NEWTON_COLS && !m->frozen[0]) {
        if (m->set.l1_ratio > 0) {
            return sparse_newton(run, m);
        }
        HONE_TRY(newton(run, m, &solved));
    }
    return solved ? HONE_OK
                  : hone_linear_minimise(run, m,
                                         binary ? hone_linear_logistic : hone_linear_softmax);
}

static enum hone_code fit(struct hone_run *run, const void *settings,
                          const struct hone_design *design, const struct hone_design *valid,
                          struct hone_graph *graph, const char *features,
                          struct hone_arena *mem, const char **score,
                          struct hone_fit_report *report)
{
    const struct hone_linear_settings *set = settings;
    bool binary = design->task == HONE_TASK_BINARY;
    const struct hone_linear_kind kind = {binary ? 1 : design->classes,
                                          binary ? hone_linear_logistic : hone_linear_softmax,
                                          start, solve};
    struct hone_linear m;

    HONE_SCRATCH(run);
    /* Sparse columns, or an L1 penalty where Newton's method is too dear: column by column. */
    if (design->blocks > 0 || (set->l1_ratio > 0 && (!binary || design->cols > NEWTON_COLS))) {
        const struct hone_wide_task task = {set,
                                            binary ? HONE_WIDE_LOGISTIC : HONE_WIDE_SOFTMAX};
        return hone_wide_fit(run, &task, design, valid, graph, features, mem, score, report);
    }
    HONE_TRY(hone_linear_solved(run, design, valid, set, &kind, &m));
    return hone_linear_finish(run, &m, kind.loss, valid, graph, features, mem, score, report);
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
