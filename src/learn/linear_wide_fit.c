/* Linear models on sparse columns, from settings to nodes: the choice of alpha, weights as floats, the report. */
#include <math.h>

#include "learn/linear_wide_priv.h"

/* --- the choice of alpha --------------------------------------------------------------------------- */

/*
 * Share of the first gradient down to which fits go when alpha is chosen: enough to tell alphas a factor of 3 apart.
 * The last fit goes no further, or it would not be the one that was judged.
 */
#define ENOUGH 1e-3

/* Rows that judge: those of a validation design, or a fold of the training rows. */
struct judge {
    struct hone_wide *m;
    const struct hone_design *valid; /* or NULL */
    struct hone_wide other;          /* of valid: columns and weights */
    size_t folds;
    double **param;   /* (folds) where each fold's last fit ended */
    double *best;     /* where the first fold ended under the best alpha */
    double least;     /* its loss */
    double **weight;  /* (folds)(rows) trained on */
    double **against; /* (folds)(rows) judged by */
};

static enum hone_code begin_folds(struct hone_run *run, struct judge *j, struct hone_arena *mem)
{
    const struct hone_wide *m = j->m;
    size_t n = (m->cols + 1) * m->scores;
    bool *held;

    j->folds = j->valid != NULL ? 1 : hone_path_folds(m->rows);
    j->least = HUGE_VAL;
    HONE_TRY(hone_array(run, mem, &j->best, n));
    HONE_TRY(hone_array(run, mem, &j->param, j->folds));
    HONE_TRY(hone_array(run, mem, &j->weight, j->folds));
    HONE_TRY(hone_array(run, mem, &j->against, j->folds));
    HONE_TRY(hone_array(run, mem, &held, m->rows));
    for (size_t f = 0; f < j->folds; f++) {
        HONE_TRY(hone_array(run, mem, &j->param[f], n));
        HONE_TRY(hone_array(run, mem, &j->weight[f], m->rows));
        HONE_TRY(hone_array(run, mem, &j->against[f], m->rows));
        if (j->valid == NULL) {
            hone_path_held(run, m->rows, f, held);
        }
        for (size_t i = 0; i < m->rows; i++) {
            j->weight[f][i] = held[i] ? 0 : m->weight[i];
            j->against[f][i] = held[i] ? m->weight[i] : 0;
        }
    }
    return HONE_OK;
}

static double sum_of(size_t n, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
    }
    return sum;
}

/* Loss of the judging rows under m's parameters. */
static double judged(struct hone_run *run, struct judge *j, const double *against)
{
    if (j->valid == NULL) {
        return hone_wide_loss_of(run, j->m, against, j->m->score, NULL);
    }
    hone_wide_times(run, &j->other, j->m->param, j->other.score);
    return hone_wide_loss_of(run, &j->other, j->other.weight, j->other.score, NULL);
}

static enum hone_code fit_one(struct hone_run *run, void *ctx, double alpha, double *loss)
{
    struct judge *j = ctx;
    struct hone_wide *m = j->m;
    size_t n = (m->cols + 1) * m->scores;
    double *all = m->weight, total = m->total, sum = 0;
    enum hone_code code = HONE_OK;

    m->alpha = alpha;
    for (size_t f = 0; f < j->folds && code == HONE_OK; f++) {
        m->weight = j->weight[f];
        m->total = sum_of(m->rows, m->weight);
        memcpy(m->param, j->param[f], n * sizeof *m->param);
        code = hone_wide_minimise(run, m);
        memcpy(j->param[f], m->param, n * sizeof *m->param);
        sum += judged(run, j, j->against[f]);
    }
    m->weight = all;
    m->total = total;
    HONE_TRY(code);
    if (sum < j->least) {
        j->least = sum;
        memcpy(j->best, j->param[0], n * sizeof *j->best);
    }
    *loss = sum;
    return HONE_OK;
}

/*
 * Alpha from which on all weights are 0, or, without L1, next to nothing.  *slope: the largest gradient where all
 * weights are 0, per unit of weight.
 */
static double strongest(struct hone_run *run, struct hone_wide *m, double *slope)
{
    double most = 0, trace = 0;

    hone_wide_evaluate(run, m);
    for (size_t i = 0; i < m->cols * m->scores; i++) {
        most = fmax(most, fabs(m->gradient[i]));
    }
    for (size_t i = 0; i < m->rows; i++) {
        double sum = 0;
        for (size_t k = m->by_row.start[i]; k < m->by_row.start[i + 1]; k++) {
            sum += (double)m->by_row.value[k] * (double)m->by_row.value[k];
        }
        trace += m->weight[i] * sum;
    }
    *slope = most / m->total;
    double start = m->l1_ratio > 0 ? most / m->l1_ratio : trace / 100;
    return start > 0 ? start : 1;
}

/* With 0 for alpha: the one under which rows that were not trained on are predicted best. */
static enum hone_code choose_alpha(struct hone_run *run, struct hone_wide *m,
                                   const struct hone_design *valid)
{
    HONE_ARENA(work);
    struct judge j = {.m = m, .valid = valid};
    double start, best, slope;
    size_t n = (m->cols + 1) * m->scores;

    if (valid != NULL) {
        HONE_TRY(hone_wide_begin(run, valid, m->loss, m->scores, &work, &j.other));
    }
    HONE_TRY(begin_folds(run, &j, &work));
    start = strongest(run, m, &slope);
    for (size_t f = 0; f < j.folds; f++) {
        memcpy(j.param[f], m->param, n * sizeof *m->param);
    }
    m->tolerance = fmax(m->tolerance, ENOUGH * slope);
    HONE_TRY(hone_path_choose(run, start, start * 1e-8, fit_one, &j, &best));
    m->alpha = best;
    memcpy(m->param, j.best, n * sizeof *m->param);
    m->iterations = 0;
    return HONE_OK;
}

/* --- nodes ------------------------------------------------------------------------------------------ */

/* The value that is features times rows first .. of the weights (rows)(scores). */
static const char *times(struct hone_graph *graph, const char *features, const char *hint,
                         size_t rows, size_t scores, const float *weight)
{
    const char *w =
        hone_graph_const(graph, hint, HONE_F32, 2, (const size_t[]){rows, scores}, weight);
    return hone_graph_op(graph, "", "MatMul", "score", HONE_IN(features, w));
}

/* Dense columns times their weights, plus each block times its own, plus the intercepts. */
static void emit(const struct hone_wide *m, const float *weight, struct hone_graph *graph,
                 const char *features, const char **score)
{
    const struct hone_design *d = m->d;
    const char *w = NULL, *sum;
    if (d->cols > 0) {
        w = hone_graph_const(graph, "weights", HONE_F32, 2,
                             (const size_t[]){d->cols, m->scores}, weight);
    }
    sum = hone_graph_const(graph, "intercept", HONE_F32, 1, &m->scores,
                           weight + m->cols * m->scores);
    if (d->cols > 0) {
        sum = hone_graph_op(graph, "", "Gemm", "score", HONE_IN(features, w, sum));
    }
    weight += d->cols * m->scores;
    for (size_t b = 0; b < d->blocks; b++) {
        const char *part =
            times(graph, d->sparse_value[b], "weights", d->sparse[b].cols, m->scores, weight);
        sum = hone_graph_op(graph, "", "Add", "score", HONE_IN(part, sum));
        weight += d->sparse[b].cols * m->scores;
    }
    *score = sum;
}

/* --- the report --------------------------------------------------------------------------------------- */

static enum hone_code measure(struct hone_run *run, const struct hone_wide *m,
                              const struct hone_design *valid, struct hone_arena *mem,
                              struct hone_fit_report *told)
{
    struct hone_wide other;
    told->train_loss = hone_wide_loss_of(run, m, m->weight, m->score, NULL) / m->total;
    told->valid_loss = (double)NAN;
    if (valid == NULL || valid->rows == 0) {
        return HONE_OK;
    }
    HONE_ARENA(work);
    HONE_TRY(hone_wide_begin(run, valid, m->loss, m->scores, &work, &other));
    HONE_TRY(hone_matrix(run, mem, &other.score, valid->rows, m->scores));
    hone_wide_times(run, &other, m->param, other.score);
    told->valid_loss =
        hone_wide_loss_of(run, &other, other.weight, other.score, NULL) / other.total;
    told->valid_score = other.score;
    return HONE_OK;
}

/* |weight| times the column's root mean square, all scores together, as shares. */
static enum hone_code importance_of(struct hone_run *run, const struct hone_wide *m,
                                    struct hone_arena *mem, struct hone_fit_report *told)
{
    const struct hone_sparse *a = &m->by_col;
    double *share, sum = 0;

    HONE_TRY(hone_array(run, mem, &share, m->cols));
    for (size_t j = 0; j < m->cols; j++) {
        double squares = 0, weights = 0;
        for (size_t k = a->start[j]; k < a->start[j + 1]; k++) {
            squares += m->weight[a->col[k]] * (double)a->value[k] * (double)a->value[k];
        }
        for (size_t k = 0; k < m->scores; k++) {
            weights += fabs(m->param[j * m->scores + k]);
        }
        share[j] = weights * sqrt(squares / m->total);
        sum += share[j];
    }
    for (size_t j = 0; j < m->cols && sum > 0; j++) {
        share[j] /= sum;
    }
    told->importance = sum > 0 ? share : NULL;
    told->sparse_importance = sum > 0 ? share + m->d->cols : NULL;
    return HONE_OK;
}

/* The parameters become what floats hold; the intercepts of classes, where only differences count, add up to 0. */
static enum hone_code round_param(struct hone_run *run, struct hone_wide *m, float *weight)
{
    double *own = m->param + m->cols * m->scores;
    double mean = m->loss == HONE_WIDE_SOFTMAX ? sum_of(m->scores, own) / (double)m->scores : 0;

    for (size_t k = 0; k < m->scores; k++) {
        own[k] -= mean;
    }
    for (size_t i = 0; i < (m->cols + 1) * m->scores; i++) {
        weight[i] = (float)m->param[i];
        m->param[i] = (double)weight[i];
        if (!isfinite(weight[i])) {
            return hone_fail(run, HONE_E_NUMERIC, "a weight is beyond the range of float");
        }
    }
    hone_wide_times(run, m, m->param, m->score);
    return HONE_OK;
}

enum hone_code hone_wide_fit(struct hone_run *run, const struct hone_wide_task *task,
                             const struct hone_design *design, const struct hone_design *valid,
                             struct hone_graph *graph, const char *features,
                             struct hone_arena *mem, const char **score,
                             struct hone_fit_report *report)
{
    HONE_ARENA(work);
    struct hone_wide m;
    struct hone_fit_report told = {0};
    const struct hone_linear_settings *set = task->set;
    size_t scores = task->loss == HONE_WIDE_SOFTMAX ? design->classes : 1;
    float *weight;

    HONE_TRY(hone_wide_begin(run, design, task->loss, scores, &work, &m));
    m.alpha = set->alpha;
    m.l1_ratio = set->l1_ratio;
    m.tolerance = set->tolerance;
    m.max_iterations = (size_t)set->max_iterations;
    hone_wide_reset(&m);
    if (m.alpha <= 0) {
        HONE_TRY(choose_alpha(run, &m, hone_linear_judges(valid)));
    }
    HONE_TRY(hone_wide_minimise(run, &m));
    HONE_TRY(hone_matrix(run, &work, &weight, m.cols + 1, m.scores));
    HONE_TRY(round_param(run, &m, weight));
    told.rounds = m.iterations;
    told.converged = m.converged;
    told.penalty = m.alpha;
    HONE_TRY(importance_of(run, &m, mem, &told));
    HONE_TRY(measure(run, &m, valid, mem, &told));
    if (graph != NULL) {
        emit(&m, weight, graph, features, score);
    }
    *report = told;
    return HONE_OK;
}
