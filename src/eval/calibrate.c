#include "eval/calibrate.h"

#include <math.h>

#include "eval/order.h"

/* Neighbouring scores of one level. */
struct pool {
    double y, weight;
    size_t first, last; /* indices of the distinct scores */
};

static enum hone_code check_input(struct hone_run *run, size_t n, const double *score,
                                  const double *y, const double *weight)
{
    double total = 0;

    for (size_t i = 0; i < n; i++) {
        double w = weight == NULL ? 1.0 : weight[i];
        if (!isfinite(score[i]) || !isfinite(y[i]) || !isfinite(w)) {
            return hone_fail(run, HONE_E_NUMERIC, "calibration: row %zu is not finite", i);
        }
        total += w;
    }
    if (!(total > 0)) {
        return hone_fail(run, HONE_E_ARG, "calibration: no row has a weight");
    }
    return HONE_OK;
}

/* Distinct scores ascending, with mean y and weight of each: returns how many. */
static enum hone_code distinct(struct hone_run *run, size_t n, const double *score,
                               const double *y, const double *weight, double **x,
                               struct pool **pools, size_t *out)
{
    uint32_t *order;
    size_t m = 0;

    HONE_TRY(hone_array(run, &run->scratch, &order, n));
    HONE_TRY(hone_array(run, &run->scratch, x, n));
    HONE_TRY(hone_array(run, &run->scratch, pools, n));
    HONE_TRY(hone_order_by(run, n, score, false, order));
    for (size_t i = 0; i < n; i++) {
        size_t row = order[i];
        double w = weight == NULL ? 1.0 : weight[row];
        if (!(w > 0)) {
            continue;
        }
        if (m == 0 || score[row] > (*x)[m - 1]) {
            (*x)[m] = score[row];
            (*pools)[m] = (struct pool){0, 0, m, m};
            m++;
        }
        (*pools)[m - 1].y += w * y[row];
        (*pools)[m - 1].weight += w;
    }
    for (size_t i = 0; i < m; i++) {
        (*pools)[i].y /= (*pools)[i].weight;
    }
    *out = m;
    return HONE_OK;
}

static size_t pool_violators(struct pool *p, size_t m)
{
    size_t top = 0;

    for (size_t i = 0; i < m; i++) {
        struct pool here = p[i];
        while (top > 0 && p[top - 1].y >= here.y) {
            const struct pool *before = &p[top - 1];
            double w = before->weight + here.weight;
            here.y = (before->y * before->weight + here.y * here.weight) / w;
            here.weight = w;
            here.first = before->first;
            top--;
        }
        p[top++] = here;
    }
    return top;
}

enum hone_code hone_isotonic_fit(struct hone_run *run, size_t n, const double *score,
                                 const double *y, const double *weight, struct hone_arena *mem,
                                 struct hone_steps *steps)
{
    struct hone_steps s = {0};
    struct pool *pools;
    double *x;
    size_t m;
    HONE_SCRATCH(run);

    HONE_TRY(check_input(run, n, score, y, weight));
    HONE_TRY(distinct(run, n, score, y, weight, &x, &pools, &m));
    m = pool_violators(pools, m);
    HONE_TRY(hone_array(run, mem, &s.x, 2 * m));
    HONE_TRY(hone_array(run, mem, &s.y, 2 * m));
    for (size_t i = 0; i < m; i++) {
        s.x[s.n] = x[pools[i].first];
        s.y[s.n++] = pools[i].y;
        if (pools[i].last > pools[i].first) {
            s.x[s.n] = x[pools[i].last];
            s.y[s.n++] = pools[i].y;
        }
    }
    *steps = s;
    return HONE_OK;
}

double hone_steps_at(const struct hone_steps *s, double x)
{
    size_t low = 0;
    size_t high = s->n - 1;

    if (x <= s->x[0]) {
        return s->y[0];
    }
    if (x >= s->x[high]) {
        return s->y[high];
    }
    while (high - low > 1) {
        size_t mid = low + (high - low) / 2;
        if (s->x[mid] <= x) {
            low = mid;
        } else {
            high = mid;
        }
    }
    return s->y[low] + (s->y[high] - s->y[low]) * ((x - s->x[low]) / (s->x[high] - s->x[low]));
}

/* The data of Platt's fit: f score, t target of either class. */
struct platt {
    size_t n;
    const double *f, *y, *weight;
    double t1, t0;
    double centre, scale; /* of the scores, so that Newton's system is well scaled */
};

static double z_of(const struct platt *d, size_t i, double a, double b)
{
    return a * ((d->f[i] - d->centre) / d->scale) + b;
}

/* -log likelihood, written so that no exponential overflows (Lin et al., eq. 13). */
static double platt_loss(const struct platt *d, double a, double b)
{
    double sum = 0;

    for (size_t i = 0; i < d->n; i++) {
        double w = d->weight == NULL ? 1.0 : d->weight[i];
        double t = d->y[i] > 0 ? d->t1 : d->t0;
        double z = z_of(d, i, a, b);
        sum += w * (z >= 0 ? t * z + log1p(exp(-z)) : (t - 1) * z + log1p(exp(z)));
    }
    return sum;
}

/* One Newton step with backtracking; false when it cannot improve any more. */
static bool platt_step(const struct platt *d, double *a, double *b, double *loss)
{
    double ga = 0;
    double gb = 0;
    double haa = 1e-12;
    double hbb = 1e-12;
    double hab = 0;

    for (size_t i = 0; i < d->n; i++) {
        double w = d->weight == NULL ? 1.0 : d->weight[i];
        double t = d->y[i] > 0 ? d->t1 : d->t0;
        double f = (d->f[i] - d->centre) / d->scale;
        double z = z_of(d, i, *a, *b);
        double p = z >= 0 ? exp(-z) / (1 + exp(-z)) : 1 / (1 + exp(z));
        double curve = w * p * (1 - p);
        haa += f * f * curve;
        hab += f * curve;
        hbb += curve;
        ga += w * f * (t - p);
        gb += w * (t - p);
    }
    double det = haa * hbb - hab * hab;
    if (fmax(fabs(ga), fabs(gb)) < 1e-11 * (double)d->n || !(det > 0)) {
        return false;
    }
    double da = -(hbb * ga - hab * gb) / det;
    double db = -(haa * gb - hab * ga) / det;
    double slope = ga * da + gb * db;
    for (double step = 1; step >= 1e-10; step /= 2) {
        double next = platt_loss(d, *a + step * da, *b + step * db);
        if (next < *loss + 1e-4 * step * slope) {
            *a += step * da;
            *b += step * db;
            *loss = next;
            return true;
        }
    }
    return false;
}

enum hone_code hone_sigmoid_fit(struct hone_run *run, size_t n, const double *score,
                                const double *y, const double *weight, struct hone_sigmoid *out)
{
    struct platt d = {.n = n, .f = score, .y = y, .weight = weight};
    double prior[2] = {0, 0};
    double square = 0;
    double a = 0;

    HONE_TRY(check_input(run, n, score, y, weight));
    for (size_t i = 0; i < n; i++) {
        double w = weight == NULL ? 1.0 : weight[i];
        prior[y[i] > 0 ? 1 : 0] += w;
        d.centre += w * score[i];
    }
    d.centre /= prior[0] + prior[1];
    for (size_t i = 0; i < n; i++) {
        double w = weight == NULL ? 1.0 : weight[i];
        square += w * (score[i] - d.centre) * (score[i] - d.centre);
    }
    d.scale = square > 0 ? sqrt(square / (prior[0] + prior[1])) : 1.0;
    d.t1 = (prior[1] + 1) / (prior[1] + 2);
    d.t0 = 1 / (prior[0] + 2);
    double b = log((prior[0] + 1) / (prior[1] + 1));
    double loss = platt_loss(&d, a, b);
    for (int i = 0; i < 100 && platt_step(&d, &a, &b, &loss); i++) {
        continue;
    }
    out->a = a / d.scale;
    out->b = b - a * d.centre / d.scale;
    return HONE_OK;
}

double hone_sigmoid_at(const struct hone_sigmoid *s, double score)
{
    double z = s->a * score + s->b;
    return z >= 0 ? exp(-z) / (1 + exp(-z)) : 1 / (1 + exp(z));
}
