#include "flow/plan/learning_law.h"

#include <math.h>

#include "base/rng.h"
#include "eval/order.h"

/* Exponents tried, and what is usual: 1/2 for most errors, near 1 for simple models, 0.1 to 0.35 for large ones. */
#define LEAST_C      0.05
#define MOST_C       3.0
#define STEPS_C      20
#define REFINE_C     14
#define USUAL_C      0.5
#define USUAL_SPREAD 1.0 /* standard deviation of log c */

/* Residuals beyond so many standard deviations count less (Huber 1964). */
#define HUBER 2.0

double hone_law_at(const struct hone_law *law, double n)
{
    return law->a - law->b * pow(n / law->n0, -law->c);
}

/* One fit: mean scores from size `first` on, their variances, and where log c is pulled to. */
struct problem {
    size_t first, n;
    const double *rows, *mean, *variance; /* (n) */
    const double *far;                    /* (n) log(rows / n0) */
    double n0, perfect, usual;
};

/* Weighted least squares for a given c: a, b, and chi-squared with the pull. */
static double solve(const struct problem *p, const double *robust, double c, double *a,
                    double *b)
{
    double sw = 0;
    double sx = 0;
    double sy = 0;
    double sxx = 0;
    double sxy = 0;
    for (size_t k = p->first; k < p->n; k++) {
        double w = robust[k] / p->variance[k];
        double x = exp(-c * p->far[k]);
        sw += w;
        sx += w * x;
        sy += w * p->mean[k];
        sxx += w * x * x;
        sxy += w * x * p->mean[k];
    }
    double spread = sxx - sx * sx / sw;
    *b = spread > 0 ? fmax(0, -(sxy - sx * sy / sw) / spread) : 0;
    *a = (sy + *b * sx) / sw;
    if (*a > p->perfect) {
        *a = p->perfect;
        *b = fmax(0, (*a * sx - sxy) / sxx);
    }
    double off = (log(c) - p->usual) / USUAL_SPREAD;
    double chi = off * off;
    for (size_t k = p->first; k < p->n; k++) {
        double x = exp(-c * p->far[k]);
        double r = p->mean[k] - (*a - *b * x);
        chi += robust[k] * r * r / p->variance[k];
    }
    return chi;
}

/* The least chi-squared over c: the best of a coarse grid, refined between its neighbours by golden sections. */
static void best_law(const struct problem *p, const double *robust, struct hone_law *out)
{
    const double golden = 0.6180339887498949;
    const double step = log(MOST_C / LEAST_C) / (STEPS_C - 1);
    double a;
    double b;
    double best = HUGE_VAL;
    double at = 0;
    for (size_t i = 0; i < STEPS_C; i++) {
        double c = log(LEAST_C) + (double)i * step;
        double chi = solve(p, robust, exp(c), &a, &b);
        if (chi < best) {
            best = chi;
            at = c;
        }
    }
    double low = fmax(at - step, log(LEAST_C));
    double high = fmin(at + step, log(MOST_C));
    for (int turn = 0; turn < REFINE_C; turn++) {
        double left = high - golden * (high - low);
        double right = low + golden * (high - low);
        if (solve(p, robust, exp(left), &a, &b) < solve(p, robust, exp(right), &a, &b)) {
            high = right;
        } else {
            low = left;
        }
    }
    double c = exp((low + high) / 2);
    (void)solve(p, robust, c, &a, &b);
    *out = (struct hone_law){.a = a, .b = b, .c = c, .n0 = p->n0};
}

/* Fit, then let sizes far from the law count less, and fit again. robust (n) is working space. */
static void fit_robust(const struct problem *p, double *robust, struct hone_law *out)
{
    for (size_t k = 0; k < p->n; k++) {
        robust[k] = 1;
    }
    best_law(p, robust, out);
    for (int turn = 0; turn < 3; turn++) {
        double chi = 0;
        for (size_t k = p->first; k < p->n; k++) {
            double r = p->mean[k] - hone_law_at(out, p->rows[k]);
            chi += robust[k] * r * r / p->variance[k];
        }
        double scale = fmax(1, sqrt(chi / (double)(p->n - p->first)));
        for (size_t k = p->first; k < p->n; k++) {
            double r = fabs(p->mean[k] - hone_law_at(out, p->rows[k]));
            double z = r / sqrt(p->variance[k]) / scale;
            robust[k] = z <= HUBER ? 1 : HUBER / z;
        }
        best_law(p, robust, out);
    }
}

/*
 * The variance of a single score at each size once what a repeat's held-out rows do to all of its scores is taken
 * out: that shifts the curve and does not bend it.  Falling with the rows, as noise does; never so small that one
 * lucky size decides all.
 */
static enum hone_code variances(struct hone_run *run, const struct hone_law_points *p,
                                const double *mean, double *variance)
{
    HONE_SCRATCH(run);
    size_t n = p->sizes;
    double *effect;
    HONE_TRY(hone_array(run, &run->scratch, &effect, p->repeats));
    for (size_t k = 0; k < n; k++) {
        variance[k] = 1 / p->rows[k]; /* a first guess of how they are to each other */
    }
    for (int turn = 0; turn < 3; turn++) {
        double sw = 0;
        for (size_t k = 0; k < n; k++) {
            sw += 1 / variance[k];
        }
        for (size_t r = 0; r < p->repeats; r++) {
            effect[r] = 0;
            for (size_t k = 0; k < n; k++) {
                effect[r] += (p->score[r * n + k] - mean[k]) / variance[k] / sw;
            }
        }
        double total = 0;
        for (size_t k = 0; k < n; k++) {
            double square = 0;
            double own =
                1 - 1 / variance[k] / sw; /* what is left after its part in the effect */
            for (size_t r = 0; r < p->repeats; r++) {
                double e = p->score[r * n + k] - mean[k] - effect[r];
                square += e * e;
            }
            variance[k] = square / (double)(p->repeats - 1) / fmax(own, 0.2);
            total += variance[k];
        }
        double floor = fmax(0.02 * total / (double)n, 1e-14);
        for (size_t k = 0; k < n; k++) {
            variance[k] = fmax(variance[k], floor);
        }
        /* Pool adjacent violators: never rising with the rows. */
        for (size_t k = 1; k < n; k++) {
            size_t from = k;
            double sum = variance[k];
            while (from > 0 && sum / (double)(k - from + 1) > variance[from - 1]) {
                from--;
                sum += variance[from];
            }
            for (size_t j = from; j <= k; j++) {
                variance[j] = sum / (double)(k - from + 1);
            }
        }
    }
    return HONE_OK;
}

static double misfit_of(const struct problem *p, const struct hone_law *law)
{
    double chi = 0;
    size_t n = p->n - p->first;
    for (size_t k = p->first; k < p->n; k++) {
        double r = p->mean[k] - hone_law_at(law, p->rows[k]);
        chi += r * r / p->variance[k];
    }
    return sqrt(chi / (n > 3 ? (double)(n - 3) : 1));
}

static enum hone_code draw_laws(struct hone_run *run, const struct problem *whole,
                                const struct hone_law_points *points, struct hone_law_fit *f)
{
    HONE_SCRATCH(run);
    size_t n = whole->n;
    double *mean;
    double *robust;
    HONE_TRY(hone_array(run, &run->scratch, &mean, n));
    HONE_TRY(hone_array(run, &run->scratch, &robust, n));
    for (size_t d = 0; d < f->draws; d++) {
        struct hone_rng rng = hone_rng(run->seed, hone_rng_name("learning law") + d);
        struct problem p = *whole;
        p.mean = mean;
        p.first = hone_rng_below(&rng, n - HONE_LAW_SIZES +
                                           1); /* the law of few rows may be another */
        p.usual = log(USUAL_C) + USUAL_SPREAD * hone_rng_normal(&rng);
        for (size_t k = 0; k < n; k++) {
            mean[k] = whole->mean[k] +
                      fmax(1, f->misfit) * sqrt(whole->variance[k]) * hone_rng_normal(&rng);
        }
        fit_robust(&p, robust, &f->draw[d]);
        f->draw[d].level = points->level_error * hone_rng_normal(&rng);
        HONE_TRY(hone_check_cancel(run));
    }
    return HONE_OK;
}

enum hone_code hone_law_fit(struct hone_run *run, const struct hone_law_points *points,
                            size_t draws, struct hone_arena *mem, struct hone_law_fit *out)
{
    HONE_SCRATCH(run);
    struct hone_law_fit f = {.draws = draws, .perfect = points->perfect};
    size_t n = points->sizes;
    double *mean;
    double *variance;
    double *robust;
    double *far;
    if (n < HONE_LAW_SIZES || points->repeats < 2) {
        return hone_fail(run, HONE_E_ARG,
                         "%zu sizes measured %zu times are too few to see a law", n,
                         points->repeats);
    }
    HONE_TRY(hone_array(run, &run->scratch, &mean, n));
    HONE_TRY(hone_array(run, &run->scratch, &variance, n));
    HONE_TRY(hone_array(run, &run->scratch, &robust, n));
    HONE_TRY(hone_array(run, &run->scratch, &far, n));
    HONE_TRY(hone_array(run, mem, &f.error, n));
    HONE_TRY(hone_array(run, mem, &f.draw, draws));
    for (size_t k = 0; k < n; k++) {
        for (size_t r = 0; r < points->repeats; r++) {
            mean[k] += points->score[r * n + k] / (double)points->repeats;
        }
    }
    HONE_TRY(variances(run, points, mean, variance));
    for (size_t k = 0; k < n; k++) {
        variance[k] /= (double)points->repeats;
        f.error[k] = sqrt(variance[k]);
        far[k] = log(points->rows[k] / points->rows[n - 1]);
    }
    const struct problem whole = {.n = n,
                                  .rows = points->rows,
                                  .mean = mean,
                                  .variance = variance,
                                  .far = far,
                                  .n0 = points->rows[n - 1],
                                  .perfect = points->perfect,
                                  .usual = log(USUAL_C)};
    fit_robust(&whole, robust, &f.law);
    f.misfit = misfit_of(&whole, &f.law);
    HONE_TRY(draw_laws(run, &whole, points, &f));
    *out = f;
    return HONE_OK;
}

static enum hone_code quantiles(struct hone_run *run, size_t n, double *value,
                                struct hone_forecast *out)
{
    HONE_TRY(hone_sort_f64(run, n, value));
    *out = (struct hone_forecast){hone_quantile_sorted(n, value, 0.5),
                                  hone_quantile_sorted(n, value, 0.025),
                                  hone_quantile_sorted(n, value, 0.975)};
    return HONE_OK;
}

enum hone_code hone_law_forecast(struct hone_run *run, const struct hone_law_fit *fit, double n,
                                 bool with_level, struct hone_forecast *out)
{
    HONE_SCRATCH(run);
    double *value;
    HONE_TRY(hone_array(run, &run->scratch, &value, fit->draws));
    for (size_t d = 0; d < fit->draws; d++) {
        value[d] = fmin(fit->perfect,
                        hone_law_at(&fit->draw[d], n) + (with_level ? fit->draw[d].level : 0));
    }
    return quantiles(run, fit->draws, value, out);
}

enum hone_code hone_law_gain(struct hone_run *run, const struct hone_law_fit *fit, double now,
                             double n, struct hone_forecast *out)
{
    HONE_SCRATCH(run);
    double *value;
    HONE_TRY(hone_array(run, &run->scratch, &value, fit->draws));
    for (size_t d = 0; d < fit->draws; d++) {
        value[d] = hone_law_at(&fit->draw[d], n) - hone_law_at(&fit->draw[d], now);
    }
    return quantiles(run, fit->draws, value, out);
}

enum hone_code hone_law_rows(struct hone_run *run, const struct hone_law_fit *fit, double score,
                             struct hone_rows_needed *out)
{
    HONE_SCRATCH(run);
    double *value;
    size_t reached = 0;
    size_t n = fit->draws;
    HONE_TRY(hone_array(run, &run->scratch, &value, n));
    for (size_t d = 0; d < n; d++) {
        const struct hone_law *law = &fit->draw[d];
        double room = law->a + law->level - score; /* of the ceiling over the goal */
        if (room > 0) {
            value[d] = fmax(1, law->n0 * pow(law->b / room, 1 / law->c));
            reached++;
        } else {
            value[d] = HUGE_VAL;
        }
    }
    HONE_TRY(hone_sort_f64(run, n, value));
    /* no interpolation: between a number and never there is nothing */
    *out = (struct hone_rows_needed){.rows = value[n / 2],
                                     .low = value[n / 10],
                                     .high = value[n - 1 - n / 10],
                                     .reachable = (double)reached / (double)n};
    return HONE_OK;
}
