#include "eval/paired.h"

#include <math.h>

#include "eval/metrics_priv.h"
#include "eval/stat.h"

#define PRIOR_ROWS 5 /* weight of the parametric variance, in rows of the smaller class */

/* Each row's share of the other class that it is ranked right against. */
struct placements {
    double *of; /* (rows) */
    double weight[2];
    size_t n[2]; /* rows that count, by class */
    double auc;
};

static enum hone_code place_rows(struct hone_run *run, const struct hone_prediction *p,
                                 struct placements *out)
{
    const uint32_t *order;
    struct placements s = {0};
    double above = 0; /* weight of class 1 above this score */
    double below;     /* weight of class 0 below it */

    HONE_TRY(hone_prediction_check(run, p));
    if (p->task != HONE_TASK_BINARY) {
        return hone_fail(run, HONE_E_ARG, "DeLong's variance needs a target of two classes");
    }
    HONE_TRY(hone_array(run, &run->scratch, &s.of, p->rows));
    for (size_t i = 0; i < p->rows; i++) {
        double w = hone_weight_at(p, i);
        s.weight[p->y[i] > 0] += w;
        s.n[p->y[i] > 0] += w > 0 ? 1 : 0;
    }
    if (s.n[0] == 0 || s.n[1] == 0) {
        return hone_fail(run, HONE_E_NUMERIC, "only one class is present: no area to measure");
    }
    HONE_TRY(hone_rank_class(run, p, 1, &order));
    below = s.weight[0];
    for (size_t i = 0; i < p->rows;) {
        double score = hone_score_at(p, order[i], 1);
        double tied[2] = {0, 0};
        size_t from = i;
        for (; i < p->rows && !(hone_score_at(p, order[i], 1) < score); i++) {
            tied[p->y[order[i]] > 0] += hone_weight_at(p, order[i]);
        }
        below -= tied[0];
        for (size_t j = from; j < i; j++) {
            s.of[order[j]] = p->y[order[j]] > 0 ? (below + 0.5 * tied[0]) / s.weight[0]
                                                : (above + 0.5 * tied[1]) / s.weight[1];
        }
        above += tied[1];
    }
    for (size_t i = 0; i < p->rows; i++) {
        s.auc += p->y[i] > 0 ? hone_weight_at(p, i) * s.of[i] : 0.0;
    }
    s.auc /= s.weight[1]; /* last, so that a perfect order gives 1 and nothing near it */
    *out = s;
    return HONE_OK;
}

/* The covariance of two areas as a part per class: their sum is the whole. */
static void covariance(const struct hone_prediction *p, const struct placements *a,
                       const struct placements *b, double part[2])
{
    part[0] = part[1] = 0;
    for (size_t i = 0; i < p->rows; i++) {
        size_t k = p->y[i] > 0;
        double w = hone_weight_at(p, i) / a->weight[k];
        part[k] += w * w * (a->of[i] - a->auc) * (b->of[i] - b->auc);
    }
    for (size_t k = 0; k < 2; k++) {
        double n = (double)a->n[k];
        part[k] = n > 1 ? part[k] * n / (n - 1) : (double)NAN;
    }
}

/* The variance of an area as a function of it alone. */
static double newcombe_variance(double area, double n1, double n0)
{
    double half = (n1 + n0) / 2 - 1;
    return area * (1 - area) * (1 + half * (1 - area) / (2 - area) + half * area / (1 + area)) /
           (n1 * n0);
}

/* The area furthest from the observed one on a side (0 or 1) that is still within z deviations. */
static double newcombe_bound(double area, double side, double n1, double n0, double z)
{
    double in = area;
    double out = side;

    for (int i = 0; i < 100; i++) {
        double mid = 0.5 * (in + out);
        if (fabs(area - mid) <= z * sqrt(newcombe_variance(mid, n1, n0))) {
            in = mid;
        } else {
            out = mid;
        }
    }
    return in;
}

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

static void bound_area(double level, double n1, double n0, const double part[2],
                       struct hone_delong *d)
{
    double variance = part[0] + part[1];
    double few = fmin(n1, n0);
    double z = hone_normal_isf((1 - level) / 2);

    if (!(d->auc > 0 && d->auc < 1) || !(variance > 1e-24)) {
        d->low = newcombe_bound(d->auc, 0, n1, n0, z);
        d->high = newcombe_bound(d->auc, 1, n1, n0, z);
        return;
    }
    double share = PRIOR_ROWS / (few + PRIOR_ROWS);
    double mixed = (1 - share) * variance + share * newcombe_variance(d->auc, n1, n0);
    double logit = log(d->auc / (1 - d->auc));
    double half =
        hone_student_isf((1 - level) / 2, d->freedom) * sqrt(mixed) / (d->auc * (1 - d->auc));
    d->low = logistic(logit - half);
    d->high = logistic(logit + half);
}

enum hone_code hone_delong(struct hone_run *run, const struct hone_prediction *p, double level,
                           struct hone_delong *out)
{
    struct placements s;
    double part[2];
    HONE_SCRATCH(run);

    HONE_TRY(place_rows(run, p, &s));
    covariance(p, &s, &s, part);
    struct hone_delong d = {.auc = s.auc, .error = sqrt(part[0] + part[1])};
    double n0 = (double)s.n[0];
    double n1 = (double)s.n[1];
    double lost = part[0] * part[0] / (n0 - 1) + part[1] * part[1] / (n1 - 1);
    d.freedom = lost > 0 ? (part[0] + part[1]) * (part[0] + part[1]) / lost : n0 + n1 - 2;
    bound_area(level, n1, n0, part, &d);
    *out = d;
    return HONE_OK;
}

static enum hone_code same_targets(struct hone_run *run, const struct hone_prediction *a,
                                   const struct hone_prediction *b)
{
    if (a->rows != b->rows || a->classes != b->classes || a->task != b->task) {
        return hone_fail(run, HONE_E_SHAPE,
                         "the two models were not evaluated on the same rows");
    }
    for (size_t i = 0; i < a->rows; i++) {
        if (fabs(a->y[i] - b->y[i]) > 0) {
            return hone_fail(run, HONE_E_SHAPE,
                             "row %zu: the target differs between the models", i);
        }
    }
    return HONE_OK;
}

enum hone_code hone_delong_compare(struct hone_run *run, const struct hone_prediction *a,
                                   const struct hone_prediction *b, double level,
                                   struct hone_delong_pair *out)
{
    struct placements sa;
    struct placements sb;
    double aa[2];
    double bb[2];
    double ab[2];
    HONE_SCRATCH(run);

    HONE_TRY(same_targets(run, a, b));
    HONE_TRY(place_rows(run, a, &sa));
    HONE_TRY(place_rows(run, b, &sb));
    covariance(a, &sa, &sa, aa);
    covariance(a, &sb, &sb, bb);
    covariance(a, &sa, &sb, ab);
    double variance = aa[0] + aa[1] + bb[0] + bb[1] - 2 * (ab[0] + ab[1]);
    struct hone_delong_pair d = {.a = sa.auc, .b = sb.auc, .gain = sb.auc - sa.auc};
    d.error = sqrt(fmax(0.0, variance));
    double few = (double)(sa.n[0] < sa.n[1] ? sa.n[0] : sa.n[1]);
    double half = hone_student_isf((1 - level) / 2, few > 1 ? few - 1 : 1) * d.error;
    d.low = d.gain - half;
    d.high = d.gain + half;
    d.p_value = d.error > 1e-12
                    ? 2 * hone_student_sf(fabs(d.gain) / d.error, few > 1 ? few - 1 : 1)
                    : 1.0;
    *out = d;
    return HONE_OK;
}

enum hone_code hone_mcnemar(struct hone_run *run, const struct hone_prediction *a,
                            const struct hone_prediction *b, struct hone_mcnemar *out)
{
    struct hone_mcnemar m = {0};

    HONE_TRY(same_targets(run, a, b));
    HONE_TRY(hone_prediction_check(run, a));
    HONE_TRY(hone_prediction_check(run, b));
    if (a->task != HONE_TASK_BINARY && a->task != HONE_TASK_MULTICLASS) {
        return hone_fail(run, HONE_E_ARG, "McNemar's test needs classes");
    }
    for (size_t i = 0; i < a->rows; i++) {
        bool right_a = hone_predicted(a, i) == (size_t)a->y[i];
        bool right_b = hone_predicted(b, i) == (size_t)b->y[i];
        m.only_a += right_a && !right_b ? 1 : 0;
        m.only_b += right_b && !right_a ? 1 : 0;
    }
    double n = (double)(m.only_a + m.only_b);
    double more = (double)(m.only_a > m.only_b ? m.only_a : m.only_b);
    double tail = hone_binomial_sf(more, n, 0.5);
    double here = tail - hone_binomial_sf(more + 1, n, 0.5); /* P(X = more) */
    m.p_exact = fmin(1.0, 2 * tail);
    m.p_mid = n > 0 ? fmin(1.0, 2 * tail - here) : 1.0;
    *out = m;
    return HONE_OK;
}

double hone_corrected_t(size_t k, const double *gain, double train_rows, double test_rows)
{
    double mean = 0;
    double square = 0;
    double n = (double)k;

    for (size_t i = 0; i < k; i++) {
        mean += gain[i] / n;
    }
    for (size_t i = 0; i < k; i++) {
        square += (gain[i] - mean) * (gain[i] - mean);
    }
    if (k < 2 || !(square > 0)) {
        return (double)NAN;
    }
    double error = sqrt((1 / n + test_rows / train_rows) * square / (n - 1));
    return 2 * hone_student_sf(fabs(mean) / error, n - 1);
}
