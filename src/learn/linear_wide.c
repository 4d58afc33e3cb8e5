/* Linear models on sparse columns: the objective, and Newton's method on it. */
#include <math.h>

#include "base/pool.h"
#include "learn/linear_wide_priv.h"

/* Rows, or columns, of a piece of parallel work: results do not depend on the threads. */
#define ROWS     512
#define COLS     64
#define HALVINGS 30
/* The most steps of conjugate gradients in one Newton step. */
#define INNER 200

static size_t pieces(size_t n, size_t size)
{
    return (n + size - 1) / size;
}

/* --- products ------------------------------------------------------------------------------------ */

struct product {
    const struct hone_wide *m;
    const double *x;
    double *out;
};

static void times_rows(void *ctx, size_t piece, size_t worker)
{
    const struct product *p = ctx;
    const struct hone_sparse *a = &p->m->by_row;
    size_t n = p->m->scores, first = piece * ROWS;
    size_t end = first + ROWS < a->rows ? first + ROWS : a->rows;
    const double *restrict x = p->x;
    (void)worker;

    for (size_t i = first; i < end; i++) {
        double *restrict out = p->out + i * n;
        if (n == 1) {
            double sum = x[a->cols];
            for (size_t k = a->start[i]; k < a->start[i + 1]; k++) {
                sum += (double)a->value[k] * x[a->col[k]];
            }
            out[0] = sum;
            continue;
        }
        memcpy(out, x + a->cols * n, n * sizeof *out);
        hone_sparse_add(n, a->start[i + 1] - a->start[i], a->col + a->start[i],
                        a->value + a->start[i], x, out);
    }
}

void hone_wide_times(struct hone_run *run, const struct hone_wide *m, const double *x,
                     double *out)
{
    struct product p = {m, x, out};
    hone_parallel(run, pieces(m->rows, ROWS), times_rows, &p);
}

static void times_cols(void *ctx, size_t piece, size_t worker)
{
    const struct product *p = ctx;
    const struct hone_sparse *a = &p->m->by_col;
    size_t n = p->m->scores, first = piece * COLS;
    size_t end = first + COLS < a->rows ? first + COLS : a->rows;
    const double *restrict r = p->x;
    (void)worker;

    for (size_t j = first; j < end; j++) {
        double *restrict out = p->out + j * n;
        if (n == 1) {
            double sum = 0;
            for (size_t k = a->start[j]; k < a->start[j + 1]; k++) {
                sum += (double)a->value[k] * r[a->col[k]];
            }
            out[0] = sum;
            continue;
        }
        memset(out, 0, n * sizeof *out);
        hone_sparse_add(n, a->start[j + 1] - a->start[j], a->col + a->start[j],
                        a->value + a->start[j], r, out);
    }
}

void hone_wide_transposed_times(struct hone_run *run, const struct hone_wide *m,
                                const double *r, double *out)
{
    struct product p = {m, r, out};
    double *sum = out + m->cols * m->scores;

    hone_parallel(run, pieces(m->cols, COLS), times_cols, &p);
    memset(sum, 0, m->scores * sizeof *sum);
    for (size_t i = 0; i < m->rows; i++) {
        for (size_t s = 0; s < m->scores; s++) {
            sum[s] += r[i * m->scores + s];
        }
    }
}

/* --- losses -------------------------------------------------------------------------------------- */

struct losses {
    const struct hone_wide *m;
    const double *weight, *score;
    double *residual; /* or NULL */
    double *sum;      /* (pieces) */
};

/* Each: the loss of a row, and its derivative by the scores where residual is not NULL. */
static double squared(double y, const double *score, double *residual)
{
    double r = score[0] - y;
    if (residual != NULL) {
        residual[0] = r;
    }
    return r * r / 2;
}

static double logistic(double y, const double *score, double *residual)
{
    double s = score[0], e = exp(-fabs(s));
    if (residual != NULL) {
        residual[0] = (s >= 0 ? 1 : e) / (1 + e) - y;
    }
    return fmax(s, 0) - s * y + log1p(e);
}

static double softmax(size_t n, double y, const double *score, double *residual)
{
    double most = score[0], sum = 0, own = score[(size_t)y];
    for (size_t k = 1; k < n; k++) {
        most = fmax(most, score[k]);
    }
    for (size_t k = 0; k < n; k++) {
        double e = exp(score[k] - most);
        sum += e;
        if (residual != NULL) {
            residual[k] = e;
        }
    }
    for (size_t k = 0; residual != NULL && k < n; k++) {
        residual[k] = residual[k] / sum - (k == (size_t)y ? 1 : 0);
    }
    return log(sum) + most - own;
}

static void lose_rows(void *ctx, size_t piece, size_t worker)
{
    const struct losses *l = ctx;
    const struct hone_wide *m = l->m;
    size_t n = m->scores, end = (piece + 1) * ROWS < m->rows ? (piece + 1) * ROWS : m->rows;
    double sum = 0;
    (void)worker;

    for (size_t i = piece * ROWS; i < end; i++) {
        const double *score = l->score + i * n;
        double w = l->weight[i], *r = l->residual == NULL ? NULL : l->residual + i * n;
        double loss = 0;
        if (w > 0) {
            loss = m->loss == HONE_WIDE_SQUARED    ? squared(m->d->y[i], score, r)
                   : m->loss == HONE_WIDE_LOGISTIC ? logistic(m->d->y[i], score, r)
                                                   : softmax(n, m->d->y[i], score, r);
        }
        sum += w * loss;
        for (size_t k = 0; r != NULL && k < n; k++) {
            r[k] = w > 0 ? w * r[k] : 0;
        }
    }
    l->sum[piece] = sum;
}

double hone_wide_loss_of(struct hone_run *run, const struct hone_wide *m, const double *weight,
                         const double *score, double *residual)
{
    HONE_SCRATCH(run);
    size_t n = pieces(m->rows, ROWS);
    struct losses l = {m, weight, score, residual, NULL};
    double sum = 0;

    l.sum = hone_arena_must(&run->scratch, (n + 1) * sizeof *l.sum);
    hone_parallel(run, n, lose_rows, &l);
    for (size_t i = 0; i < n; i++) {
        sum += l.sum[i];
    }
    return sum;
}

double hone_wide_penalty(const struct hone_wide *m, const double *param)
{
    double squares = 0, absolutes = 0;
    for (size_t i = 0; i < m->cols * m->scores; i++) {
        squares += param[i] * param[i];
        absolutes += fabs(param[i]);
    }
    return m->alpha * ((1 - m->l1_ratio) / 2 * squares + m->l1_ratio * absolutes);
}

/* The gradient where score and residual are known. */
static void find_gradient(struct hone_run *run, struct hone_wide *m)
{
    double ridge = m->alpha * (1 - m->l1_ratio);
    hone_wide_transposed_times(run, m, m->residual, m->gradient);
    for (size_t i = 0; i < m->cols * m->scores; i++) {
        m->gradient[i] += ridge * m->param[i];
    }
    for (size_t i = 0; i < (m->cols + 1) * m->scores; i++) {
        m->gradient[i] = m->frozen[i % m->scores] ? 0 : m->gradient[i];
    }
}

void hone_wide_evaluate(struct hone_run *run, struct hone_wide *m)
{
    hone_wide_times(run, m, m->param, m->score);
    m->value = hone_wide_loss_of(run, m, m->weight, m->score, m->residual) +
               hone_wide_penalty(m, m->param);
    find_gradient(run, m);
}

/* --- begin ------------------------------------------------------------------------------------------- */

enum hone_code hone_wide_begin(struct hone_run *run, const struct hone_design *d,
                               enum hone_wide_loss loss, size_t scores, struct hone_arena *mem,
                               struct hone_wide *out)
{
    struct hone_wide m = {.d = d, .loss = loss, .rows = d->rows, .scores = scores};
    const struct hone_sparse_parts parts = {d->rows, d->x, d->cols, d->sparse, d->blocks};

    if (d->rows == 0) {
        return hone_fail(run, HONE_E_ARG, "no rows to train on");
    }
    HONE_TRY(hone_linear_finite(run, d));
    HONE_TRY(hone_sparse_join(run, &parts, mem, &m.by_row));
    HONE_TRY(hone_sparse_transpose(run, &m.by_row, mem, &m.by_col));
    m.cols = m.by_row.cols;
    HONE_TRY(hone_array(run, mem, &m.weight, m.rows));
    for (size_t i = 0; i < m.rows; i++) {
        m.weight[i] = d->weight == NULL ? 1 : d->weight[i];
        m.total += m.weight[i];
    }
    if (!(m.total > 0)) {
        return hone_fail(run, HONE_E_ARG, "the weights of the training rows add up to 0");
    }
    HONE_TRY(hone_array(run, mem, &m.frozen, scores));
    HONE_TRY(hone_matrix(run, mem, &m.param, m.cols + 1, scores));
    HONE_TRY(hone_matrix(run, mem, &m.gradient, m.cols + 1, scores));
    HONE_TRY(hone_matrix(run, mem, &m.score, m.rows, scores));
    HONE_TRY(hone_matrix(run, mem, &m.residual, m.rows, scores));
    *out = m;
    return HONE_OK;
}

void hone_wide_reset(struct hone_wide *m)
{
    double *own = m->param + m->cols * m->scores, least = 0.5 / ((double)m->rows + 1);

    memset(m->param, 0, (m->cols + 1) * m->scores * sizeof *m->param);
    for (size_t i = 0; i < m->rows; i++) {
        size_t k = m->loss == HONE_WIDE_SOFTMAX ? (size_t)m->d->y[i] : 0;
        own[k] += m->weight[i] * (m->loss == HONE_WIDE_SOFTMAX ? 1 : m->d->y[i]);
    }
    for (size_t k = 0; k < m->scores; k++) {
        double share = own[k] / m->total;
        m->frozen[k] = m->loss != HONE_WIDE_SQUARED &&
                       (!(share > 0) || (m->loss == HONE_WIDE_LOGISTIC && !(share < 1)));
        double p = fmin(fmax(share, least), 1 - least);
        own[k] = m->loss == HONE_WIDE_SQUARED    ? share
                 : m->loss == HONE_WIDE_LOGISTIC ? log(p / (1 - p))
                                                 : log(fmax(share, least));
    }
    m->iterations = 0;
    m->converged = false;
}

/* --- Newton's method ----------------------------------------------------------------------------------- */

struct newton {
    struct hone_wide *m;
    size_t n;     /* parameters */
    double *diag; /* of the curvature */
    double *step, *rest, *scaled, *aim, *curved;
    double *moved; /* (rows)(scores) A step */
    double *room;  /* (rows)(scores) */
};

static void curve_rows(void *ctx, size_t piece, size_t worker)
{
    const struct newton *w = ctx;
    const struct hone_wide *m = w->m;
    size_t n = m->scores, end = (piece + 1) * ROWS < m->rows ? (piece + 1) * ROWS : m->rows;
    (void)worker;

    /* z = A aim becomes W (diag(p) - p p') z, with w p = residual + w y */
    for (size_t i = piece * ROWS; i < end; i++) {
        double *z = w->room + i * n, weight = m->weight[i], mean = 0;
        const double *r = m->residual + i * n;
        if (m->loss == HONE_WIDE_SQUARED) {
            z[0] *= weight;
        } else if (m->loss == HONE_WIDE_LOGISTIC) {
            double p = weight > 0 ? r[0] / weight + m->d->y[i] : 0;
            z[0] *= weight * p * (1 - p);
        } else if (weight > 0) {
            for (size_t k = 0; k < n; k++) {
                mean += z[k] * (r[k] / weight + (k == (size_t)m->d->y[i]));
            }
            for (size_t k = 0; k < n; k++) {
                z[k] = (z[k] - mean) * (r[k] + weight * (k == (size_t)m->d->y[i]));
            }
        } else {
            memset(z, 0, n * sizeof *z);
        }
    }
}

/* curved = H aim */
static void curve(struct hone_run *run, struct newton *w)
{
    const struct hone_wide *m = w->m;
    hone_wide_times(run, m, w->aim, w->room);
    hone_parallel(run, pieces(m->rows, ROWS), curve_rows, w);
    hone_wide_transposed_times(run, m, w->room, w->curved);
    for (size_t i = 0; i < w->n; i++) {
        double ridge = i < m->cols * m->scores ? m->alpha * w->aim[i] : 0;
        w->curved[i] = m->frozen[i % m->scores] ? 0 : w->curved[i] + ridge;
    }
}

static void diagonal_cols(void *ctx, size_t piece, size_t worker)
{
    const struct newton *w = ctx;
    const struct hone_sparse *a = &w->m->by_col;
    size_t n = w->m->scores, end = (piece + 1) * COLS < a->rows ? (piece + 1) * COLS : a->rows;
    (void)worker;

    for (size_t j = piece * COLS; j < end; j++) {
        double *restrict d = w->diag + j * n;
        for (size_t s = 0; s < n; s++) {
            d[s] = w->m->alpha;
        }
        for (size_t k = a->start[j]; k < a->start[j + 1]; k++) {
            const double *restrict h = w->room + a->col[k] * n;
            double v = (double)a->value[k] * (double)a->value[k];
            for (size_t s = 0; s < n; s++) {
                d[s] += v * h[s];
            }
        }
    }
}

/* The diagonal of the curvature: sum of w p (1 - p) x^2, and alpha. */
static void find_diagonal(struct hone_run *run, struct newton *w)
{
    const struct hone_wide *m = w->m;
    double *own = w->diag + m->cols * m->scores;

    memset(own, 0, m->scores * sizeof *own);
    for (size_t i = 0; i < m->rows; i++) {
        for (size_t k = 0; k < m->scores; k++) {
            double weight = m->weight[i], h = weight;
            bool is = m->loss == HONE_WIDE_SOFTMAX ? k == (size_t)m->d->y[i] : m->d->y[i] > 0;
            if (m->loss != HONE_WIDE_SQUARED) {
                double wp = m->residual[i * m->scores + k] + (is ? weight : 0);
                h = weight > 0 ? wp * (1 - wp / weight) : 0;
            }
            w->room[i * m->scores + k] = h;
            own[k] += h;
        }
    }
    hone_parallel(run, pieces(m->cols, COLS), diagonal_cols, w);
    for (size_t i = 0; i < w->n; i++) {
        w->diag[i] = fmax(w->diag[i], 1e-12 * m->total);
    }
}

static double dot(size_t n, const double *a, const double *b)
{
    double sum[4] = {0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        for (size_t k = 0; k < 4; k++) {
            sum[k] += a[i + k] * b[i + k];
        }
    }
    for (; i < n; i++) {
        sum[0] += a[i] * b[i];
    }
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* H step = -gradient, as exactly as `share` of the gradient's norm (algorithm 7.1). */
static enum hone_code solve(struct hone_run *run, struct newton *w, double share)
{
    const double *g = w->m->gradient;
    double size, goal;

    memset(w->step, 0, w->n * sizeof *w->step);
    for (size_t i = 0; i < w->n; i++) {
        w->rest[i] = -g[i];
        w->scaled[i] = w->rest[i] / w->diag[i];
        w->aim[i] = w->scaled[i];
    }
    size = dot(w->n, w->rest, w->scaled);
    goal = share * share * size;
    for (size_t k = 0; k < INNER && size > goal; k++) {
        HONE_TRY(hone_check_cancel(run));
        curve(run, w);
        double bend = dot(w->n, w->aim, w->curved);
        if (!(bend > 0)) {
            break;
        }
        double t = size / bend, next;
        for (size_t i = 0; i < w->n; i++) {
            w->step[i] += t * w->aim[i];
            w->rest[i] -= t * w->curved[i];
            w->scaled[i] = w->rest[i] / w->diag[i];
        }
        next = dot(w->n, w->rest, w->scaled);
        for (size_t i = 0; i < w->n; i++) {
            w->aim[i] = w->scaled[i] + next / size * w->aim[i];
        }
        size = next;
    }
    return HONE_OK;
}

/* Go along the step until the value falls enough; *moved says whether it did. */
static void search(struct hone_run *run, struct newton *w, bool *moved)
{
    struct hone_wide *m = w->m;
    double slope = dot(w->n, m->gradient, w->step), t = 1;

    hone_wide_times(run, m, w->step, w->moved);
    *moved = false;
    for (size_t k = 0; k < HALVINGS && slope < 0; k++, t /= 2) {
        for (size_t i = 0; i < w->n; i++) {
            w->aim[i] = m->param[i] + t * w->step[i];
        }
        for (size_t i = 0; i < m->rows * m->scores; i++) {
            w->room[i] = m->score[i] + t * w->moved[i];
        }
        double value =
            hone_wide_loss_of(run, m, m->weight, w->room, NULL) + hone_wide_penalty(m, w->aim);
        /* near the minimum the fall drowns in rounding; the slack lets the last steps through */
        if (value <= m->value + 1e-4 * t * slope + 1e-14 * fabs(m->value)) {
            memcpy(m->param, w->aim, w->n * sizeof *m->param);
            *moved = true;
            return;
        }
    }
}

enum hone_code hone_wide_minimise(struct hone_run *run, struct hone_wide *m)
{
    HONE_SCRATCH(run);
    struct newton w = {.m = m, .n = (m->cols + 1) * m->scores};
    struct hone_arena *tmp = &run->scratch;
    double first = 0;

    if (m->alpha * m->l1_ratio > 0) {
        return hone_wide_descend(run, m);
    }
    HONE_TRY(hone_array(run, tmp, &w.diag, w.n));
    HONE_TRY(hone_array(run, tmp, &w.step, w.n));
    HONE_TRY(hone_array(run, tmp, &w.rest, w.n));
    HONE_TRY(hone_array(run, tmp, &w.scaled, w.n));
    HONE_TRY(hone_array(run, tmp, &w.aim, w.n));
    HONE_TRY(hone_array(run, tmp, &w.curved, w.n));
    HONE_TRY(hone_matrix(run, tmp, &w.moved, m->rows, m->scores));
    HONE_TRY(hone_matrix(run, tmp, &w.room, m->rows, m->scores));
    m->converged = false;
    for (size_t k = 0;; k++) {
        bool moved = false;
        double most = 0;
        hone_wide_evaluate(run, m);
        for (size_t i = 0; i < w.n; i++) {
            most = fmax(most, fabs(m->gradient[i]) / m->total);
        }
        first = k == 0 ? most : first;
        m->converged = most <= m->tolerance;
        if (m->converged || k >= m->max_iterations) {
            break;
        }
        find_diagonal(run, &w);
        /* the nearer, the more exact; never more exact than is asked for */
        double share = fmin(0.2, sqrt(most / first) / 5);
        HONE_TRY(solve(run, &w, fmax(share, 0.2 * m->tolerance / most)));
        search(run, &w, &moved);
        if (!moved) {
            break; /* as good as doubles can tell */
        }
        m->iterations++;
    }
    return HONE_OK;
}
