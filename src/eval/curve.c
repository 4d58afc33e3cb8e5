#include "eval/curve.h"

#include <math.h>

#include "eval/metrics_priv.h"
#include "eval/stat.h"

/* After each distinct score, in descending order, what lies at or above it. */
struct steps {
    size_t n;
    double *tp, *fp, *at;
    double positive, negative;
};

static enum hone_code walk(struct hone_run *run, const struct hone_prediction *p, size_t k,
                           struct steps *s)
{
    const uint32_t *order;

    HONE_TRY(hone_prediction_check(run, p));
    if (p->task == HONE_TASK_REGRESSION || k >= p->classes) {
        return hone_fail(run, HONE_E_ARG, "there is no class %zu to draw a curve of", k);
    }
    HONE_TRY(hone_rank_class(run, p, k, &order));
    HONE_TRY(hone_array(run, &run->scratch, &s->tp, p->rows));
    HONE_TRY(hone_array(run, &run->scratch, &s->fp, p->rows));
    HONE_TRY(hone_array(run, &run->scratch, &s->at, p->rows));
    s->n = 0;
    s->positive = 0;
    s->negative = 0;
    for (size_t i = 0; i < p->rows;) {
        double score = hone_score_at(p, order[i], k);
        for (; i < p->rows && !(hone_score_at(p, order[i], k) < score); i++) {
            double w = hone_weight_at(p, order[i]);
            if ((size_t)p->y[order[i]] == k) {
                s->positive += w;
            } else {
                s->negative += w;
            }
        }
        if (!(s->positive + s->negative > 0)) {
            continue; /* only rows of weight 0 so far */
        }
        s->tp[s->n] = s->positive;
        s->fp[s->n] = s->negative;
        s->at[s->n] = score;
        s->n++;
    }
    if (!(s->positive > 0)) {
        return hone_fail(run, HONE_E_NUMERIC, "no row is of class %zu", k);
    }
    return HONE_OK;
}

static double length_between(const struct hone_curve *c, size_t a, size_t b)
{
    return hypot(c->x[b] - c->x[a], c->y[b] - c->y[a]);
}

static void move_point(struct hone_curve *c, size_t from, size_t to)
{
    c->x[to] = c->x[from];
    c->y[to] = c->y[from];
    c->at[to] = c->at[from];
}

/* Keep the points where the direction changes, in place. */
static void drop_collinear(struct hone_curve *c)
{
    size_t kept = 0;

    for (size_t i = 0; i < c->n; i++) {
        if (kept > 1 && i > 0) {
            double ax = c->x[kept - 1] - c->x[kept - 2];
            double ay = c->y[kept - 1] - c->y[kept - 2];
            double bx = c->x[i] - c->x[kept - 1];
            double by = c->y[i] - c->y[kept - 1];
            if (fabs(ax * by - ay * bx) <= 1e-15 && ax * bx + ay * by >= 0) {
                kept--; /* the last one kept lies on the way to this one */
            }
        }
        move_point(c, i, kept++);
    }
    c->n = kept;
}

/* Keep at most HONE_CURVE_POINTS points, evenly along the way; always both ends. */
static void thin(struct hone_curve *c)
{
    double total = 0;
    double gone = 0;
    size_t kept = 0;

    if (c->n <= HONE_CURVE_POINTS) {
        return;
    }
    for (size_t i = 1; i < c->n; i++) {
        total += length_between(c, i - 1, i);
    }
    /* Lengths come from i and i - 1, which lie at or after what was written so far. */
    double px = c->x[0];
    double py = c->y[0];
    for (size_t i = 0; i < c->n; i++) {
        gone += hypot(c->x[i] - px, c->y[i] - py);
        px = c->x[i];
        py = c->y[i];
        bool due = gone >= total * (double)kept / (double)(HONE_CURVE_POINTS - 1);
        if (i + 1 == c->n || (due && kept < HONE_CURVE_POINTS - 1)) {
            move_point(c, i, kept++);
        }
    }
    c->n = kept;
}

/* The curve through start and the steps' (x, y), reduced. */
static enum hone_code draw(struct hone_run *run, const struct hone_curve *full,
                           struct hone_arena *mem, struct hone_curve *out)
{
    struct hone_curve c = *full;
    struct hone_curve small;

    drop_collinear(&c);
    thin(&c);
    small.n = c.n;
    HONE_TRY(hone_array(run, mem, &small.x, c.n));
    HONE_TRY(hone_array(run, mem, &small.y, c.n));
    HONE_TRY(hone_array(run, mem, &small.at, c.n));
    memcpy(small.x, c.x, c.n * sizeof *c.x);
    memcpy(small.y, c.y, c.n * sizeof *c.y);
    memcpy(small.at, c.at, c.n * sizeof *c.at);
    *out = small;
    return HONE_OK;
}

static enum hone_code full_curve(struct hone_run *run, size_t n, struct hone_curve *c)
{
    c->n = n + 1;
    HONE_TRY(hone_array(run, &run->scratch, &c->x, n + 1));
    HONE_TRY(hone_array(run, &run->scratch, &c->y, n + 1));
    HONE_TRY(hone_array(run, &run->scratch, &c->at, n + 1));
    c->at[0] = HUGE_VAL;
    return HONE_OK;
}

enum hone_code hone_curve_roc(struct hone_run *run, const struct hone_prediction *p, size_t k,
                              struct hone_arena *mem, struct hone_curve *out)
{
    struct steps s;
    struct hone_curve c;
    HONE_SCRATCH(run);

    HONE_TRY(walk(run, p, k, &s));
    if (!(s.negative > 0)) {
        return hone_fail(run, HONE_E_NUMERIC, "every row is of class %zu", k);
    }
    HONE_TRY(full_curve(run, s.n, &c));
    for (size_t i = 0; i < s.n; i++) {
        c.x[i + 1] = s.fp[i] / s.negative;
        c.y[i + 1] = s.tp[i] / s.positive;
        c.at[i + 1] = s.at[i];
    }
    return draw(run, &c, mem, out);
}

enum hone_code hone_curve_pr(struct hone_run *run, const struct hone_prediction *p, size_t k,
                             struct hone_arena *mem, struct hone_curve *out)
{
    struct steps s;
    struct hone_curve c;
    HONE_SCRATCH(run);

    HONE_TRY(walk(run, p, k, &s));
    HONE_TRY(full_curve(run, s.n, &c));
    c.y[0] = 1; /* nothing predicted, nothing wrong */
    for (size_t i = 0; i < s.n; i++) {
        c.x[i + 1] = s.tp[i] / s.positive;
        c.y[i + 1] = s.tp[i] / (s.tp[i] + s.fp[i]);
        c.at[i + 1] = s.at[i];
    }
    return draw(run, &c, mem, out);
}

enum hone_code hone_curve_gain(struct hone_run *run, const struct hone_prediction *p, size_t k,
                               struct hone_arena *mem, struct hone_curve *out)
{
    struct steps s;
    struct hone_curve c;
    HONE_SCRATCH(run);

    HONE_TRY(walk(run, p, k, &s));
    HONE_TRY(full_curve(run, s.n, &c));
    for (size_t i = 0; i < s.n; i++) {
        c.x[i + 1] = (s.tp[i] + s.fp[i]) / (s.positive + s.negative);
        c.y[i + 1] = s.tp[i] / s.positive;
        c.at[i + 1] = s.at[i];
    }
    return draw(run, &c, mem, out);
}

enum hone_code hone_curve_reliability(struct hone_run *run, const struct hone_prediction *p,
                                      size_t k, size_t bins, struct hone_arena *mem,
                                      struct hone_reliability *out)
{
    struct hone_reliability r = {0};
    double *square; /* (bins) sum of squared weights */
    HONE_SCRATCH(run);

    HONE_TRY(hone_prediction_check(run, p));
    if (p->task == HONE_TASK_REGRESSION || k >= p->classes || bins == 0) {
        return hone_fail(run, HONE_E_ARG, "there is no class %zu to draw a curve of", k);
    }
    HONE_TRY(hone_array(run, mem, &r.promised, bins));
    HONE_TRY(hone_array(run, mem, &r.observed, bins));
    HONE_TRY(hone_array(run, mem, &r.weight, bins));
    HONE_TRY(hone_array(run, mem, &r.low, bins));
    HONE_TRY(hone_array(run, mem, &r.high, bins));
    HONE_TRY(hone_array(run, &run->scratch, &square, bins));
    for (size_t i = 0; i < p->rows; i++) {
        double score = fmin(fmax(hone_score_at(p, i, k), 0.0), 1.0);
        double w = hone_weight_at(p, i);
        size_t bin = (size_t)(score * (double)bins);
        bin = bin < bins ? bin : bins - 1;
        r.promised[bin] += w * score;
        r.observed[bin] += (size_t)p->y[i] == k ? w : 0.0;
        r.weight[bin] += w;
        square[bin] += w * w;
    }
    for (size_t b = 0; b < bins; b++) {
        if (r.weight[b] > 0) {
            r.promised[r.n] = r.promised[b] / r.weight[b];
            r.observed[r.n] = r.observed[b] / r.weight[b];
            hone_wilson_bounds(r.observed[r.n], r.weight[b] * r.weight[b] / square[b],
                               hone_normal_isf(0.025), &r.low[r.n], &r.high[r.n]);
            r.weight[r.n] = r.weight[b];
            r.n++;
        }
    }
    *out = r;
    return HONE_OK;
}
