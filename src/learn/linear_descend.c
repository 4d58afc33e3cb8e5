/* Linear models on sparse columns with an L1 penalty: coordinate descent on a quadratic model of the loss. */
#include <math.h>

#include "base/pool.h"
#include "learn/linear_wide_priv.h"

#define HALVINGS 30
/* Sweeps over the columns of one quadratic model. */
#define SWEEPS 200
/* A column at 0 joins when its gradient is this near to what would move it. */
#define NEAR 0.9

/* What the descent of all classes from one point shares. */
struct model {
    const struct hone_wide *m;
    double l1, l2;
    double goal;  /* stop sweeping when no column changes its gradient by more */
    double *next; /* (cols + 1)(scores) where the model is least */
};

/* One class: the other classes' scores stay. */
struct descent {
    size_t k;      /* the class */
    size_t n;      /* columns that may move */
    uint32_t *col; /* (n) */
    double *bend;  /* (n) curvature along them */
    double *h;     /* (rows) curvature of the loss by the score */
    double *rest;  /* (rows) minus the derivative of the quadratic model */
};

static double curvature(const struct hone_wide *m, size_t i, size_t k)
{
    double w = m->weight[i];
    bool is = m->loss == HONE_WIDE_SOFTMAX ? k == (size_t)m->d->y[i] : m->d->y[i] > 0;
    if (m->loss == HONE_WIDE_SQUARED || !(w > 0)) {
        return w;
    }
    double p = m->residual[i * m->scores + k] / w + (is ? 1 : 0);
    return w * fmax(p * (1 - p), 1e-9);
}

static enum hone_code begin(struct hone_run *run, const struct model *q, size_t k,
                            struct descent *d)
{
    const struct hone_wide *m = q->m;
    const struct hone_sparse *a = &m->by_col;

    d->k = k;
    HONE_TRY(hone_array(run, &run->scratch, &d->col, m->cols));
    HONE_TRY(hone_array(run, &run->scratch, &d->bend, m->cols));
    HONE_TRY(hone_array(run, &run->scratch, &d->h, m->rows));
    HONE_TRY(hone_array(run, &run->scratch, &d->rest, m->rows));
    for (size_t i = 0; i < m->rows; i++) {
        d->h[i] = curvature(m, i, k);
        d->rest[i] = -m->residual[i * m->scores + k];
    }
    for (size_t j = 0; j < m->cols; j++) {
        size_t at = j * m->scores + k;
        if (m->param[at] == 0 && fabs(m->gradient[at]) < NEAR * q->l1) {
            continue;
        }
        double sum = 0;
        for (size_t i = a->start[j]; i < a->start[j + 1]; i++) {
            sum += d->h[a->col[i]] * (double)a->value[i] * (double)a->value[i];
        }
        d->bend[d->n] = sum;
        d->col[d->n++] = (uint32_t)j;
    }
    return HONE_OK;
}

/* The intercept to its best; returns how much its gradient changed. */
static double move_intercept(const struct model *q, struct descent *d)
{
    const struct hone_wide *m = q->m;
    double sum = 0, bend = 0;
    for (size_t i = 0; i < m->rows; i++) {
        sum += d->rest[i];
        bend += d->h[i];
    }
    double step = bend > 0 ? sum / bend : 0;
    q->next[m->cols * m->scores + d->k] += step;
    for (size_t i = 0; i < m->rows; i++) {
        d->rest[i] -= step * d->h[i];
    }
    return fabs(sum);
}

/* One column to its best (eq. 5 and 8 of the source); returns how much its gradient changed. */
static double move_column(const struct model *q, struct descent *d, size_t c)
{
    const struct hone_sparse *a = &q->m->by_col;
    size_t j = d->col[c];
    double *b = &q->next[j * q->m->scores + d->k], old = *b, sum = d->bend[c] * old;
    const uint32_t *restrict row = a->col + a->start[j];
    const float *restrict x = a->value + a->start[j];
    size_t n = a->start[j + 1] - a->start[j];

    for (size_t i = 0; i < n; i++) {
        sum += (double)x[i] * d->rest[row[i]];
    }
    double cut = sum > q->l1 ? sum - q->l1 : sum < -q->l1 ? sum + q->l1 : 0;
    double bend = d->bend[c] + q->l2;
    *b = bend > 0 ? cut / bend : 0;
    double step = *b - old;
    for (size_t i = 0; step != 0 && i < n; i++) {
        d->rest[row[i]] -= step * d->h[row[i]] * (double)x[i];
    }
    return fabs(step) * bend;
}

static enum hone_code descend_class(struct hone_run *run, void *ctx, size_t k)
{
    HONE_SCRATCH(run);
    const struct model *q = ctx;
    struct descent d = {0};

    if (q->m->frozen[k]) {
        return HONE_OK;
    }
    HONE_TRY(begin(run, q, k, &d));
    for (size_t sweep = 0; sweep < SWEEPS; sweep++) {
        double most = move_intercept(q, &d);
        HONE_TRY(hone_check_cancel(run));
        for (size_t c = 0; c < d.n; c++) {
            most = fmax(most, move_column(q, &d, c));
        }
        if (most <= q->goal) {
            break;
        }
    }
    return HONE_OK;
}

/* How far the point is from the conditions of a minimum, per unit of weight. */
static double violation(const struct hone_wide *m, double l1)
{
    double most = 0;
    for (size_t i = 0; i < (m->cols + 1) * m->scores; i++) {
        double g = m->gradient[i], b = m->param[i];
        if (i >= m->cols * m->scores) {
            most = fmax(most, fabs(g));
        } else if (b != 0) {
            most = fmax(most, fabs(g + (b > 0 ? l1 : -l1)));
        } else if (!m->frozen[i % m->scores]) {
            most = fmax(most, fabs(g) - l1);
        }
    }
    return most / m->total;
}

/* Part of the way to next, so that the objective falls; *moved says whether it did. */
static enum hone_code search(struct hone_run *run, struct hone_wide *m, const double *next,
                             bool *moved)
{
    HONE_SCRATCH(run);
    size_t n = (m->cols + 1) * m->scores;
    double *at, *score, t = 1;

    HONE_TRY(hone_array(run, &run->scratch, &at, n));
    HONE_TRY(hone_matrix(run, &run->scratch, &score, m->rows, m->scores));
    *moved = false;
    for (size_t k = 0; k < HALVINGS; k++, t /= 2) {
        bool differs = false;
        for (size_t i = 0; i < n; i++) {
            at[i] = t == 1 ? next[i] : m->param[i] + t * (next[i] - m->param[i]);
            differs = differs || at[i] != m->param[i];
        }
        hone_wide_times(run, m, at, score);
        double value =
            hone_wide_loss_of(run, m, m->weight, score, NULL) + hone_wide_penalty(m, at);
        if (differs && value <= m->value + 1e-14 * fabs(m->value)) {
            memcpy(m->param, at, n * sizeof *at);
            *moved = true;
            return HONE_OK;
        }
    }
    return HONE_OK;
}

enum hone_code hone_wide_descend(struct hone_run *run, struct hone_wide *m)
{
    HONE_SCRATCH(run);
    size_t n = (m->cols + 1) * m->scores;
    struct model q = {.m = m};

    q.l1 = m->alpha * m->l1_ratio;
    q.l2 = m->alpha * (1 - m->l1_ratio);
    HONE_TRY(hone_array(run, &run->scratch, &q.next, n));
    m->converged = false;
    for (size_t k = 0;; k++) {
        bool moved = false;
        hone_wide_evaluate(run, m);
        double off = violation(m, q.l1);
        m->converged = off <= m->tolerance;
        if (m->converged || k >= m->max_iterations) {
            break;
        }
        q.goal = fmax(0.1 * off, 0.5 * m->tolerance) * m->total;
        memcpy(q.next, m->param, n * sizeof *q.next);
        HONE_TRY(hone_parallel_try(run, m->scores, descend_class, &q));
        HONE_TRY(search(run, m, q.next, &moved));
        if (!moved) {
            break; /* as good as doubles can tell */
        }
        m->iterations++;
    }
    return HONE_OK;
}
