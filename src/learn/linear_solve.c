/* The objective of a linear model in one pass over the rows, and what minimises it. */
#include <math.h>

#include "base/pool.h"
#include "learn/linear_priv.h"

/* Pairs of steps and gradient changes that L-BFGS remembers. */
#define MEMORY 10
/* Halvings of a step before a search gives up. */
#define HALVINGS 50

/* --- losses of a block ------------------------------------------------------------------------ */

static double weight_of(const struct hone_linear *m, size_t row)
{
    return m->d->weight == NULL ? 1.0 : m->d->weight[row];
}

double hone_linear_squared(const struct hone_linear *m, size_t begin, size_t n, double *score)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double w = weight_of(m, begin + i), r = score[i] - m->d->y[begin + i];
        sum += w * r * r / 2;
        score[i] = w * r;
    }
    return sum;
}

double hone_linear_logistic(const struct hone_linear *m, size_t begin, size_t n, double *score)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double w = weight_of(m, begin + i), y = m->d->y[begin + i], s = score[i];
        sum += w * (fmax(s, 0) - s * y + log1p(exp(-fabs(s))));
        score[i] = w * (1 / (1 + exp(-s)) - y);
    }
    return sum;
}

double hone_linear_softmax(const struct hone_linear *m, size_t begin, size_t n, double *score)
{
    double total = 0;
    for (size_t i = 0; i < n; i++) {
        double *s = score + i * m->scores, w = weight_of(m, begin + i);
        size_t y = (size_t)m->d->y[begin + i];
        double most = s[0], sum = 0, own = s[y];
        for (size_t k = 1; k < m->scores; k++) {
            most = fmax(most, s[k]);
        }
        for (size_t k = 0; k < m->scores; k++) {
            s[k] = exp(s[k] - most);
            sum += s[k];
        }
        total += w * (log(sum) + most - own);
        for (size_t k = 0; k < m->scores; k++) {
            s[k] = w * (s[k] / sum - (k == y ? 1 : 0));
        }
    }
    return total;
}

/* --- the objective ---------------------------------------------------------------------------- */

struct pass {
    const struct hone_linear *m;
    hone_linear_loss *loss;
    const double *param;
    bool want_gradient;
    size_t parts, wide; /* wide: cols + 1, the last a column of ones */
    double *block;      /* (parts)(HONE_PANEL_BLOCK, wide) */
    double *score;      /* (parts)(HONE_PANEL_BLOCK, scores) */
    double *value;      /* (parts) */
    double *gradient;   /* (parts)(scores, wide) */
};

static void pass_part(void *ctx, size_t part, size_t worker)
{
    const struct pass *p = ctx;
    const struct hone_linear *m = p->m;
    double *block = p->block + part * HONE_PANEL_BLOCK * p->wide;
    double *score = p->score + part * HONE_PANEL_BLOCK * m->scores;
    double *gradient = p->gradient + part * m->scores * p->wide;
    size_t end = hone_panel_part_row(m->panel.rows, p->parts, part + 1);
    (void)worker;

    for (size_t r = hone_panel_part_row(m->panel.rows, p->parts, part); r < end;
         r += HONE_PANEL_BLOCK) {
        size_t n = end - r < HONE_PANEL_BLOCK ? end - r : HONE_PANEL_BLOCK;
        hone_panel_fill(&m->panel, r, n, p->wide, block);
        for (size_t i = 0; i < n; i++) {
            block[i * p->wide + p->wide - 1] = 1;
        }
        hone_mul_nt(n, m->scores, p->wide, block, p->param, score);
        p->value[part] += p->loss(m, r, n, score);
        if (p->want_gradient) {
            hone_mul_tn_add(m->scores, p->wide, n, score, block, gradient);
        }
    }
}

/* The same for one score: no rows are copied. */
struct single {
    const struct hone_linear *m;
    hone_linear_loss *loss;
};

static double single_body(void *ctx, size_t begin, size_t n, double *score)
{
    const struct single *s = ctx;
    return s->loss(s->m, begin, n, score);
}

static enum hone_code objective_of_one(struct hone_run *run, const struct hone_linear *m,
                                       hone_linear_loss *loss, const double *param,
                                       double *value, double *gradient)
{
    struct single ctx = {m, loss};
    size_t cols = m->panel.cols;
    double ridge = m->set.alpha * (1 - m->set.l1_ratio), sum, *slope;

    HONE_SCRATCH(run);
    HONE_TRY(hone_array(run, &run->scratch, &slope, cols + 1));
    HONE_TRY(hone_panel_pass(run, &m->panel, param, single_body, &ctx, &sum, slope));
    *value = (sum + ridge / 2 * hone_dot(cols, param, param)) / m->total;
    for (size_t j = 0; gradient != NULL && j <= cols; j++) {
        double g = slope[j] + (j < cols ? ridge * param[j] : 0);
        gradient[j] = m->frozen[0] ? 0 : g / m->total;
    }
    return HONE_OK;
}

enum hone_code hone_linear_objective(struct hone_run *run, const struct hone_linear *m,
                                     hone_linear_loss *loss, const double *param, double *value,
                                     double *gradient)
{
    struct pass p = {.m = m, .loss = loss, .param = param, .want_gradient = gradient != NULL};
    double sum = 0, ridge = m->set.alpha * (1 - m->set.l1_ratio);

    HONE_SCRATCH(run);
    if (m->scores == 1) {
        return objective_of_one(run, m, loss, param, value, gradient);
    }
    p.wide = m->panel.cols + 1;
    size_t width = m->scores * p.wide;
    p.parts = hone_panel_parts(m->panel.rows, width);
    HONE_TRY(hone_matrix(run, &run->scratch, &p.block, p.parts * HONE_PANEL_BLOCK, p.wide));
    HONE_TRY(hone_matrix(run, &run->scratch, &p.score, p.parts * HONE_PANEL_BLOCK, m->scores));
    HONE_TRY(hone_array(run, &run->scratch, &p.value, p.parts));
    HONE_TRY(hone_matrix(run, &run->scratch, &p.gradient, p.parts, width));
    hone_parallel(run, p.parts, pass_part, &p);
    for (size_t part = 0; part < p.parts; part++) {
        sum += p.value[part];
    }
    for (size_t k = 0; k < m->scores; k++) {
        const double *w = param + k * p.wide;
        sum += ridge / 2 * hone_dot(m->panel.cols, w, w);
    }
    *value = sum / m->total;
    for (size_t i = 0; gradient != NULL && i < width; i++) {
        double g = i % p.wide < m->panel.cols ? ridge * param[i] : 0;
        for (size_t part = 0; part < p.parts; part++) {
            g += p.gradient[part * width + i];
        }
        gradient[i] = m->frozen[i / p.wide] ? 0 : g / m->total;
    }
    return HONE_OK;
}

/* --- L-BFGS ----------------------------------------------------------------------------------- */

static double largest(size_t n, const double *a)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        most = fmax(most, fabs(a[i]));
    }
    return most;
}

struct bfgs {
    size_t n, pairs; /* pairs: made so far */
    double *param, *gradient, *next, *next_gradient, *direction;
    double *step[MEMORY], *change[MEMORY];
    double rho[MEMORY], a[MEMORY];
};

/* direction = - H gradient by the two loops of algorithm 7.4. */
static void aim(struct bfgs *b)
{
    size_t held = b->pairs < MEMORY ? b->pairs : MEMORY;

    memcpy(b->direction, b->gradient, b->n * sizeof *b->direction);
    for (size_t i = 0; i < held; i++) {
        size_t at = (b->pairs - 1 - i) % MEMORY;
        b->a[at] = b->rho[at] * hone_dot(b->n, b->step[at], b->direction);
        for (size_t j = 0; j < b->n; j++) {
            b->direction[j] -= b->a[at] * b->change[at][j];
        }
    }
    if (held > 0) {
        size_t at = (b->pairs - 1) % MEMORY;
        double scale = 1 / (b->rho[at] * hone_dot(b->n, b->change[at], b->change[at]));
        for (size_t j = 0; j < b->n; j++) {
            b->direction[j] *= scale;
        }
    }
    for (size_t i = held; i > 0; i--) {
        size_t at = (b->pairs - i) % MEMORY;
        double beta = b->rho[at] * hone_dot(b->n, b->change[at], b->direction);
        for (size_t j = 0; j < b->n; j++) {
            b->direction[j] += (b->a[at] - beta) * b->step[at][j];
        }
    }
    for (size_t j = 0; j < b->n; j++) {
        b->direction[j] = -b->direction[j];
    }
}

static void remember(struct bfgs *b)
{
    size_t at = b->pairs % MEMORY;
    for (size_t j = 0; j < b->n; j++) {
        b->step[at][j] = b->next[j] - b->param[j];
        b->change[at][j] = b->next_gradient[j] - b->gradient[j];
    }
    double curve = hone_dot(b->n, b->step[at], b->change[at]);
    if (curve > 1e-12 * hone_dot(b->n, b->change[at], b->change[at])) {
        b->rho[at] = 1 / curve;
        b->pairs++;
    }
    memcpy(b->param, b->next, b->n * sizeof *b->param);
    memcpy(b->gradient, b->next_gradient, b->n * sizeof *b->gradient);
}

static enum hone_code make_bfgs(struct hone_run *run, const struct hone_linear *m,
                                struct bfgs *b)
{
    struct hone_arena *tmp = &run->scratch;

    b->n = m->scores * (m->panel.cols + 1);
    b->param = m->param;
    HONE_TRY(hone_array(run, tmp, &b->gradient, b->n));
    HONE_TRY(hone_array(run, tmp, &b->next, b->n));
    HONE_TRY(hone_array(run, tmp, &b->next_gradient, b->n));
    HONE_TRY(hone_array(run, tmp, &b->direction, b->n));
    for (size_t i = 0; i < MEMORY; i++) {
        HONE_TRY(hone_array(run, tmp, &b->step[i], b->n));
        HONE_TRY(hone_array(run, tmp, &b->change[i], b->n));
    }
    return HONE_OK;
}

/* Halve the step until the value falls enough; *moved says whether it did. */
static enum hone_code search(struct hone_run *run, const struct hone_linear *m,
                             hone_linear_loss *loss, struct bfgs *b, double *value, bool *moved)
{
    double slope = hone_dot(b->n, b->gradient, b->direction), t = 1, next;

    *moved = false;
    if (b->pairs == 0) {
        t = fmin(1, 1 / sqrt(hone_dot(b->n, b->gradient, b->gradient)));
    }
    for (size_t k = 0; k < HALVINGS && slope < 0; k++, t /= 2) {
        for (size_t j = 0; j < b->n; j++) {
            b->next[j] = b->param[j] + t * b->direction[j];
        }
        HONE_TRY(hone_linear_objective(run, m, loss, b->next, &next, b->next_gradient));
        /* Near the minimum the fall drowns in rounding; the slack lets the last steps through. */
        if (next <= *value + 1e-4 * t * slope + 1e-15 * fabs(*value)) {
            *value = next;
            *moved = true;
            return HONE_OK;
        }
    }
    return HONE_OK;
}

static enum hone_code lbfgs(struct hone_run *run, struct hone_linear *m, hone_linear_loss *loss)
{
    struct bfgs b = {0};
    double value;
    bool moved = true;

    HONE_TRY(make_bfgs(run, m, &b));
    HONE_TRY(hone_linear_objective(run, m, loss, b.param, &value, b.gradient));
    for (;;) {
        HONE_TRY(hone_check_cancel(run));
        m->converged = largest(b.n, b.gradient) <= m->set.tolerance;
        if (m->converged || m->iterations >= (size_t)m->set.max_iterations) {
            return HONE_OK;
        }
        aim(&b);
        HONE_TRY(search(run, m, loss, &b, &value, &moved));
        if (!moved && b.pairs == 0) {
            return HONE_OK; /* not even straight downhill: as good as doubles can tell */
        }
        if (moved) {
            remember(&b);
            m->iterations++;
        } else {
            b.pairs = 0; /* the memory misleads: begin anew from here */
        }
    }
}

/* --- accelerated proximal gradients ------------------------------------------------------------ */

struct prox {
    size_t n, wide;
    double *at, *gradient, *next; /* at: the extrapolated point */
    double value, step_inverse, t;
};

/* next = the minimum of the model at `at` with curvature step_inverse; returns what the model promises. */
static double shrink_step(const struct hone_linear *m, struct prox *p)
{
    double l1 = m->set.alpha * m->set.l1_ratio / m->total / p->step_inverse, promise = p->value;

    for (size_t i = 0; i < p->n; i++) {
        double v = p->at[i] - p->gradient[i] / p->step_inverse;
        double cut = i % p->wide + 1 == p->wide ? 0 : l1;
        p->next[i] = v > cut ? v - cut : v < -cut ? v + cut : 0;
        double d = p->next[i] - p->at[i];
        promise += d * (p->gradient[i] + p->step_inverse / 2 * d);
    }
    return promise;
}

static enum hone_code prox_round(struct hone_run *run, struct hone_linear *m,
                                 hone_linear_loss *loss, struct prox *p, double *moved)
{
    double reached, turn = 0;

    HONE_TRY(hone_linear_objective(run, m, loss, p->at, &p->value, p->gradient));
    for (size_t k = 0;; k++) {
        double promise = shrink_step(m, p);
        HONE_TRY(hone_linear_objective(run, m, loss, p->next, &reached, NULL));
        if (reached <= promise + 1e-14 * fabs(reached) || k == HALVINGS) {
            break;
        }
        p->step_inverse *= 2;
    }
    *moved = 0;
    for (size_t i = 0; i < p->n; i++) {
        *moved = fmax(*moved, fabs(p->next[i] - p->at[i]));
        turn += (p->at[i] - p->next[i]) * (p->next[i] - m->param[i]);
    }
    double t = turn > 0 ? 1 : (1 + sqrt(1 + 4 * p->t * p->t)) / 2;
    double push = turn > 0 ? 0 : (p->t - 1) / t;
    p->t = t;
    for (size_t i = 0; i < p->n; i++) {
        p->at[i] = p->next[i] + push * (p->next[i] - m->param[i]);
        m->param[i] = p->next[i];
    }
    return HONE_OK;
}

static enum hone_code proximal(struct hone_run *run, struct hone_linear *m,
                               hone_linear_loss *loss)
{
    struct prox p = {.wide = m->panel.cols + 1, .step_inverse = 1e-3, .t = 1};
    double moved;

    p.n = m->scores * p.wide;
    HONE_TRY(hone_array(run, &run->scratch, &p.at, p.n));
    HONE_TRY(hone_array(run, &run->scratch, &p.gradient, p.n));
    HONE_TRY(hone_array(run, &run->scratch, &p.next, p.n));
    memcpy(p.at, m->param, p.n * sizeof *p.at);
    do {
        HONE_TRY(hone_check_cancel(run));
        HONE_TRY(prox_round(run, m, loss, &p, &moved));
        m->iterations++;
        m->converged = moved * p.step_inverse <= m->set.tolerance;
    } while (!m->converged && m->iterations < (size_t)m->set.max_iterations);
    return HONE_OK;
}

enum hone_code hone_linear_minimise(struct hone_run *run, struct hone_linear *m,
                                    hone_linear_loss *loss)
{
    HONE_SCRATCH(run);
    m->iterations = 0;
    return m->set.alpha * m->set.l1_ratio > 0 ? proximal(run, m, loss) : lbfgs(run, m, loss);
}
