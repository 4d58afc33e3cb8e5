#include "eval/residual.h"

#include <math.h>

#include "eval/order.h"
#include "eval/stat.h"

/* Sums over rows that a mean and its error need. */
struct sums {
    double w, ww, e, ee, wwee, wwe; /* weight; its square; residual ... */
};

static void add(struct sums *s, double w, double e)
{
    s->w += w;
    s->ww += w * w;
    s->e += w * e;
    s->ee += w * e * e;
    s->wwe += w * w * e;
    s->wwee += w * w * e * e;
}

/* The mean with its 95 % interval, and the p-value of 0. */
static void mean_interval(const struct sums *s, double *mean, double bounds[2], double *p)
{
    double m = s->e / s->w;
    double n = s->w * s->w / s->ww; /* Kish's */
    double square = s->wwee - 2 * m * s->wwe + m * m * s->ww;

    *mean = m;
    bounds[0] = bounds[1] = *p = (double)NAN;
    if (n > 1.5) {
        double error = sqrt(fmax(0.0, square) * n / (n - 1)) / s->w;
        double half = hone_student_isf(0.025, n - 1) * error;
        bounds[0] = m - half;
        bounds[1] = m + half;
        *p = error > 0 ? 2 * hone_student_sf(fabs(m) / error, n - 1) : fabs(m) > 0 ? 0.0 : 1.0;
    }
}

static void make_bins(const struct hone_prediction *p, const uint32_t *order, size_t bins,
                      struct hone_residuals *out)
{
    size_t i = 0;

    for (size_t b = 0; b < bins && i < p->rows; b++) {
        struct hone_residual_bin *bin = &out->bin[out->bins];
        struct sums s = {0};
        double bounds[2];
        double chance;
        size_t end = (b + 1) * p->rows / bins;
        if (i >= end) {
            continue; /* equal predictions have filled this one too */
        }
        *bin = (struct hone_residual_bin){.from = hone_score_at(p, order[i], 0)};
        /* equal predictions stay together */
        while (i < p->rows && (i < end || !(hone_score_at(p, order[i], 0) > bin->to))) {
            size_t row = order[i++];
            double w = hone_weight_at(p, row);
            double f = hone_score_at(p, row, 0);
            bin->to = f;
            bin->rows += w > 0 ? 1 : 0;
            bin->predicted += w * f;
            bin->truth += w * p->y[row];
            add(&s, w, p->y[row] - f);
        }
        if (s.w > 0) {
            mean_interval(&s, &bin->bias, bounds, &chance);
            bin->low = bounds[0];
            bin->high = bounds[1];
            bin->predicted /= s.w;
            bin->truth /= s.w;
            bin->rmse = sqrt(s.ee / s.w);
            out->bins++;
        }
    }
}

/* Regress the squared residual on the prediction: rows times R2 is chi-squared where there is nothing to find. */
static void test_spread(const struct hone_prediction *p, struct hone_residuals *out)
{
    double n = (double)p->rows;
    double x = 0;
    double y = 0;
    double xx = 0;
    double yy = 0;
    double xy = 0;

    for (size_t i = 0; i < p->rows; i++) {
        double e = p->y[i] - hone_score_at(p, i, 0);
        x += hone_score_at(p, i, 0) / n;
        y += e * e / n;
    }
    for (size_t i = 0; i < p->rows; i++) {
        double e = p->y[i] - hone_score_at(p, i, 0);
        double dx = hone_score_at(p, i, 0) - x;
        double dy = e * e - y;
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    out->spread_p = out->spread_slope = (double)NAN;
    /* of equal numbers a mean of doubles leaves a little */
    if (xx > 1e-20 * n * x * x && yy > 1e-20 * n * y * y && p->rows > 3) {
        out->spread_slope = xy / xx;
        out->spread_p = hone_chi2_sf(n * xy * xy / (xx * yy), 1);
    }
}

static void moments(const struct hone_prediction *p, struct hone_residuals *out)
{
    double n = (double)p->rows;
    double mean = 0;
    double m2 = 0;
    double m3 = 0;
    double m4 = 0;
    double steps = 0;
    double squares = 0;
    double last = 0;

    for (size_t i = 0; i < p->rows; i++) {
        mean += (p->y[i] - hone_score_at(p, i, 0)) / n;
    }
    for (size_t i = 0; i < p->rows; i++) {
        double e = p->y[i] - hone_score_at(p, i, 0);
        double d = e - mean;
        m2 += d * d / n;
        m3 += d * d * d / n;
        m4 += d * d * d * d / n;
        steps += i > 0 ? (e - last) * (e - last) : 0.0;
        squares += e * e;
        last = e;
    }
    out->deviation = n > 1 ? sqrt(m2 * n / (n - 1)) : (double)NAN;
    out->skew = m2 > 0 ? m3 / (m2 * sqrt(m2)) : (double)NAN;
    out->kurtosis = m2 > 0 ? m4 / (m2 * m2) : (double)NAN;
    double excess = out->kurtosis - 3;
    out->normal_p = m2 > 0
                        ? hone_chi2_sf(n / 6 * (out->skew * out->skew + excess * excess / 4), 2)
                        : (double)NAN;
    out->durbin_watson = p->rows > 2 && squares > 0 ? steps / squares : (double)NAN;
}

static enum hone_code quantiles(struct hone_run *run, const struct hone_prediction *p,
                                struct hone_arena *mem, struct hone_residuals *out)
{
    static const double at[5] = {0.05, 0.25, 0.5, 0.75, 0.95};
    double *e;
    double mean = 0;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &e, p->rows));
    for (size_t i = 0; i < p->rows; i++) {
        e[i] = p->y[i] - hone_score_at(p, i, 0);
        mean += e[i] / (double)p->rows;
    }
    HONE_TRY(hone_sort_f64(run, p->rows, e));
    for (size_t q = 0; q < 5; q++) {
        out->quantile[q] = hone_quantile_sorted(p->rows, e, at[q]);
    }
    out->points = p->rows < HONE_QUANTILE_POINTS ? p->rows : HONE_QUANTILE_POINTS;
    HONE_TRY(hone_array(run, mem, &out->normal, out->points));
    HONE_TRY(hone_array(run, mem, &out->seen, out->points));
    for (size_t i = 0; i < out->points; i++) {
        double share = ((double)i + 0.5) / (double)out->points;
        double place = share * (double)p->rows - 0.5; /* the same share of the sample */
        out->normal[i] = hone_normal_isf(1 - share);
        out->seen[i] =
            (hone_quantile_sorted(p->rows, e, place / fmax(1.0, (double)p->rows - 1)) - mean) /
            out->deviation;
    }
    if (!(out->deviation > 0)) {
        out->points = 0;
    }
    return HONE_OK;
}

enum hone_code hone_residuals_of(struct hone_run *run, const struct hone_prediction *p,
                                 size_t bins, size_t worst, struct hone_arena *mem,
                                 struct hone_residuals *out)
{
    struct hone_residuals r = {0};
    struct sums all = {0};
    double bounds[2];
    double *value;
    uint32_t *order;
    HONE_SCRATCH(run);

    HONE_TRY(hone_prediction_check(run, p));
    if (p->classes != 1) {
        return hone_fail(run, HONE_E_ARG, "classes leave no residuals");
    }
    HONE_TRY(hone_array(run, mem, &r.bin, bins));
    HONE_TRY(hone_array(run, &run->scratch, &value, p->rows));
    HONE_TRY(hone_array(run, &run->scratch, &order, p->rows));
    for (size_t i = 0; i < p->rows; i++) {
        value[i] = hone_score_at(p, i, 0);
        add(&all, hone_weight_at(p, i), p->y[i] - value[i]);
    }
    HONE_TRY(hone_order_by(run, p->rows, value, false, order));
    make_bins(p, order, bins, &r);
    mean_interval(&all, &r.bias, bounds, &r.bias_p);
    r.bias_low = bounds[0];
    r.bias_high = bounds[1];
    test_spread(p, &r);
    moments(p, &r);
    HONE_TRY(quantiles(run, p, mem, &r));
    r.worst_n = worst < p->rows ? worst : p->rows;
    HONE_TRY(hone_array(run, mem, &r.worst, r.worst_n));
    for (size_t i = 0; i < p->rows; i++) {
        value[i] = fabs(p->y[i] - value[i]) * (hone_weight_at(p, i) > 0 ? 1.0 : 0.0);
    }
    HONE_TRY(hone_order_by(run, p->rows, value, true, order));
    for (size_t i = 0; i < r.worst_n; i++) {
        r.worst[i] = order[i];
    }
    *out = r;
    return HONE_OK;
}
