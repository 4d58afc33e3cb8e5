/* Linear models from design to graph: centring before, float weights and the report after. */
#include <math.h>

#include "base/pool.h"
#include "learn/linear_priv.h"

enum hone_code hone_linear_finite(struct hone_run *run, const struct hone_design *d)
{
    for (size_t j = 0; j < d->cols; j++) {
        for (size_t i = 0; i < d->rows; i++) {
            if (!isfinite(d->x[j][i])) {
                return hone_fail(run, HONE_E_NUMERIC,
                                 "feature %s, row %zu: %g; linear models need finite numbers",
                                 d->name == NULL ? "?" : d->name[j], i, (double)d->x[j][i]);
            }
        }
    }
    return HONE_OK;
}

enum hone_code hone_linear_begin(struct hone_run *run, const struct hone_design *d,
                                 const struct hone_linear_settings *set, size_t scores,
                                 struct hone_linear *out)
{
    struct hone_linear m = {.d = d, .set = *set, .scores = scores};
    struct hone_arena *tmp = &run->scratch;

    if (d->rows == 0) {
        return hone_fail(run, HONE_E_ARG, "no rows to train on");
    }
    HONE_TRY(hone_linear_finite(run, d));
    m.panel = (struct hone_panel){d->rows, d->cols, d->x, NULL};
    m.total = (double)d->rows;
    if (d->weight != NULL) {
        m.total = 0;
        for (size_t i = 0; i < d->rows; i++) {
            m.total += d->weight[i];
        }
    }
    if (!(m.total > 0)) {
        return hone_fail(run, HONE_E_ARG, "the weights of the training rows add up to 0");
    }
    HONE_TRY(hone_array(run, tmp, &m.mean, d->cols));
    HONE_TRY(hone_array(run, tmp, &m.spread, d->cols));
    HONE_TRY(hone_array(run, tmp, &m.frozen, scores));
    HONE_TRY(hone_matrix(run, tmp, &m.param, scores, d->cols + 1));
    hone_panel_mean(run, &m.panel, d->weight, m.total, m.mean);
    m.panel.shift = m.mean;
    hone_panel_spread(run, &m.panel, d->weight, m.total, m.spread);
    *out = m;
    return HONE_OK;
}

/* Raw scores (rows, scores) of a design under float weights (scores)(cols + 1). */
static enum hone_code score_rows(struct hone_run *run, const struct hone_linear *m,
                                 const struct hone_design *d, const float *weight,
                                 double *score)
{
    struct hone_panel panel = {d->rows, d->cols, d->x, NULL};
    size_t wide = d->cols + 1;
    double *w, *one;

    HONE_SCRATCH(run);
    HONE_TRY(hone_array(run, &run->scratch, &w, wide));
    HONE_TRY(hone_array(run, &run->scratch, &one, d->rows));
    for (size_t k = 0; k < m->scores; k++) {
        for (size_t j = 0; j < wide; j++) {
            w[j] = (double)weight[k * wide + j];
        }
        hone_panel_times(run, &panel, w, w[d->cols], one);
        for (size_t i = 0; i < d->rows; i++) {
            score[i * m->scores + k] = one[i];
        }
    }
    return HONE_OK;
}

/* Weighted sum of the losses of a design whose scores are known; score is spoilt. */
static double sum_loss(const struct hone_linear *m, hone_linear_loss *loss,
                       const struct hone_design *d, double *score)
{
    struct hone_linear other = *m;
    double sum = 0;

    other.d = d;
    for (size_t r = 0; r < d->rows; r += HONE_PANEL_BLOCK) {
        size_t n = d->rows - r < HONE_PANEL_BLOCK ? d->rows - r : HONE_PANEL_BLOCK;
        sum += loss(&other, r, n, score + r * m->scores);
    }
    return sum;
}

/* The mean. */
static double mean_loss(const struct hone_linear *m, hone_linear_loss *loss,
                        const struct hone_design *d, double *score)
{
    double total = 0;
    for (size_t i = 0; i < d->rows; i++) {
        total += d->weight == NULL ? 1.0 : d->weight[i];
    }
    double sum = sum_loss(m, loss, d, score);
    return total > 0 ? sum / total : 0;
}

enum hone_code hone_linear_judge(struct hone_run *run, const struct hone_linear *m,
                                 hone_linear_loss *loss, const struct hone_design *d,
                                 const double *weight, double *sum)
{
    struct hone_design judged = *d;
    struct hone_panel panel = {d->rows, d->cols, d->x, m->mean};
    size_t wide = d->cols + 1;
    double *score, *one;

    HONE_SCRATCH(run);
    HONE_TRY(hone_matrix(run, &run->scratch, &score, d->rows, m->scores));
    HONE_TRY(hone_array(run, &run->scratch, &one, d->rows));
    for (size_t k = 0; k < m->scores; k++) {
        const double *w = m->param + k * wide;
        hone_panel_times(run, &panel, w, w[d->cols], one);
        for (size_t i = 0; i < d->rows; i++) {
            score[i * m->scores + k] = one[i];
        }
    }
    judged.weight = weight;
    *sum = sum_loss(m, loss, &judged, score);
    return HONE_OK;
}

static enum hone_code measure(struct hone_run *run, const struct hone_linear *m,
                              hone_linear_loss *loss, const struct hone_design *valid,
                              const float *weight, struct hone_arena *mem,
                              struct hone_fit_report *told)
{
    double *score, *copy;

    HONE_SCRATCH(run);
    HONE_TRY(hone_matrix(run, &run->scratch, &score, m->d->rows, m->scores));
    HONE_TRY(score_rows(run, m, m->d, weight, score));
    told->train_loss = mean_loss(m, loss, m->d, score);
    told->valid_loss = (double)NAN;
    if (valid == NULL || valid->rows == 0) {
        return HONE_OK;
    }
    HONE_TRY(hone_linear_finite(run, valid));
    HONE_TRY(hone_matrix(run, mem, &score, valid->rows, m->scores));
    HONE_TRY(hone_matrix(run, &run->scratch, &copy, valid->rows, m->scores));
    HONE_TRY(score_rows(run, m, valid, weight, score));
    memcpy(copy, score, valid->rows * m->scores * sizeof *copy);
    told->valid_loss = mean_loss(m, loss, valid, copy);
    told->valid_score = score;
    return HONE_OK;
}

/* |weight| times the column's standard deviation, all scores together, as shares. */
static enum hone_code importance_of(struct hone_run *run, const struct hone_linear *m,
                                    struct hone_arena *mem, const double **out)
{
    double *share, sum = 0;
    size_t cols = m->panel.cols;

    HONE_TRY(hone_array(run, mem, &share, cols));
    for (size_t j = 0; j < cols; j++) {
        for (size_t k = 0; k < m->scores; k++) {
            share[j] += fabs(m->param[k * (cols + 1) + j]) * m->spread[j];
        }
        sum += share[j];
    }
    for (size_t j = 0; j < cols && sum > 0; j++) {
        share[j] /= sum;
    }
    *out = sum > 0 ? share : NULL;
    return HONE_OK;
}

static enum hone_code emit(struct hone_run *run, const struct hone_linear *m,
                           const float *weight, struct hone_graph *graph, const char *features,
                           const char **score)
{
    size_t cols = m->panel.cols, wide = cols + 1;
    float *across, *bias; /* (cols, scores) and (scores) */

    HONE_SCRATCH(run);
    HONE_TRY(hone_matrix(run, &run->scratch, &across, cols, m->scores));
    HONE_TRY(hone_array(run, &run->scratch, &bias, m->scores));
    for (size_t k = 0; k < m->scores; k++) {
        for (size_t j = 0; j < cols; j++) {
            across[j * m->scores + k] = weight[k * wide + j];
        }
        bias[k] = weight[k * wide + cols];
    }
    const char *w = hone_graph_const(graph, "weights", HONE_F32, 2,
                                     (const size_t[]){cols, m->scores}, across);
    const char *b =
        hone_graph_const(graph, "intercept", HONE_F32, 1, (const size_t[]){m->scores}, bias);
    *score = hone_graph_op(graph, "", "Gemm", "score", HONE_IN(features, w, b));
    return HONE_OK;
}

enum hone_code hone_linear_finish(struct hone_run *run, struct hone_linear *m,
                                  hone_linear_loss *loss, const struct hone_design *valid,
                                  struct hone_graph *graph, const char *features,
                                  struct hone_arena *mem, const char **score,
                                  struct hone_fit_report *report)
{
    size_t cols = m->panel.cols, wide = cols + 1;
    struct hone_fit_report told = {
        .rounds = m->iterations, .converged = m->converged, .penalty = m->set.alpha};
    float *weight;

    HONE_SCRATCH(run);
    HONE_TRY(hone_matrix(run, &run->scratch, &weight, m->scores, wide));
    for (size_t k = 0; k < m->scores; k++) {
        /* The intercept makes up for the means as the rounded weights see them. */
        double intercept = m->param[k * wide + cols];
        for (size_t j = 0; j < cols; j++) {
            weight[k * wide + j] = (float)m->param[k * wide + j];
            intercept -= (double)weight[k * wide + j] * m->mean[j];
        }
        weight[k * wide + cols] = (float)intercept;
        for (size_t j = 0; j < wide; j++) {
            if (!isfinite(weight[k * wide + j])) {
                return hone_fail(run, HONE_E_NUMERIC, "a weight is beyond the range of float");
            }
        }
    }
    HONE_TRY(importance_of(run, m, mem, &told.importance));
    HONE_TRY(measure(run, m, loss, valid, weight, mem, &told));
    if (graph != NULL) {
        HONE_TRY(emit(run, m, weight, graph, features, score));
    }
    *report = told;
    return HONE_OK;
}
