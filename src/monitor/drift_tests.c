/* The tests of drift. */
#include <math.h>

#include "base/rng.h"
#include "eval/order.h"
#include "eval/stat.h"
#include "monitor/drift.h"

#define GRID_STEP   (1.0 / (HONE_REFERENCE_GRID - 1))
#define SIMULATIONS 200
#define LARGEST     1024 /* rows of a simulated window; larger ones follow by 1/sqrt(n) */

/* Rows of the reference that have a value, and 1/n + 1/m. */
static double reference_rows(const struct hone_drift_sample *s)
{
    return (double)(s->reference->rows - s->reference->missing);
}

static double inverse_sizes(const struct hone_drift_sample *s)
{
    return 1 / (double)s->n + 1 / reference_rows(s);
}

/* The x with hone_chi2_sf(x, freedom) = p. */
static double chi2_isf(double p, double freedom)
{
    double low = 0;
    double high = 10 * freedom + 200;

    for (int i = 0; i < 100; i++) {
        double mid = 0.5 * (low + high);
        if (hone_chi2_sf(mid, freedom) > p) {
            low = mid;
        } else {
            high = mid;
        }
    }
    return high;
}

/*
 * PSI of two samples of one law, divided by 1/n + 1/m, is about chi-squared with cells - 1 degrees of freedom
 * (Yurdakul & Naranjo, J. Risk Model Validation 14(4), 2020).  The p-value is of counts with half a row added, since an
 * empty cell makes PSI as large as its stand-in for 0 is small.
 */
static enum hone_code psi(struct hone_run *run, const struct hone_drift_sample *s, double alpha,
                          double *value, double *p, double *limit)
{
    double *r;
    double *c;
    double per = inverse_sizes(s);
    double freedom = (double)s->cells - 1;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &r, s->cells));
    HONE_TRY(hone_array(run, &run->scratch, &c, s->cells));
    for (size_t i = 0; i < s->cells; i++) {
        r[i] = s->expected[i] + 0.5;
        c[i] = s->seen[i] + 0.5;
    }
    *value = hone_psi(s->cells, s->expected, s->seen);
    *p = hone_chi2_sf(hone_psi(s->cells, r, c) / per, freedom);
    *limit = freedom > 0 ? per * chi2_isf(alpha, freedom) : 0.0;
    return HONE_OK;
}

/* JS divergence in nats is about chi-squared (1/n + 1/m) / 8 for near distributions. */
static enum hone_code jensenshannon(struct hone_run *run, const struct hone_drift_sample *s,
                                    double alpha, double *value, double *p, double *limit)
{
    double per = inverse_sizes(s);
    double freedom = (double)s->cells - 1;

    (void)run;
    *value = hone_jensen_shannon(s->cells, s->expected, s->seen);
    *p = hone_chi2_sf(8 * log(2.0) * *value * *value / per, freedom);
    *limit = freedom > 0 ? sqrt(chi2_isf(alpha, freedom) * per / (8 * log(2.0))) : 0.0;
    return HONE_OK;
}

/* The size of the effect, comparable between window sizes: half the root of chi-squared (1/n + 1/m);
 * 0 to 1. */
static enum hone_code chisquare(struct hone_run *run, const struct hone_drift_sample *s,
                                double alpha, double *value, double *p, double *limit)
{
    double freedom;
    double statistic = hone_chi2_two(s->cells, s->expected, s->seen, &freedom);
    double per = inverse_sizes(s);

    (void)run;
    *value = 0.5 * sqrt(statistic * per);
    *p = hone_chi2_sf(statistic, freedom);
    *limit = freedom > 0 ? 0.5 * sqrt(chi2_isf(alpha, freedom) * per) : 0.0;
    return HONE_OK;
}

/* Share of the reference below x, and at or below x, by the grid with straight lines between. */
static void grid_cdf(const double *grid, double x, double *below, double *at)
{
    size_t low = 0;
    size_t high = HONE_REFERENCE_GRID;

    while (low < high) { /* the first point >= x */
        size_t mid = (low + high) / 2;
        if (grid[mid] < x) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    size_t last = low;
    while (last < HONE_REFERENCE_GRID && grid[last] <= x) { /* the first point > x */
        last++;
    }
    if (low == 0 || low == HONE_REFERENCE_GRID) {
        *below = low == 0 ? 0.0 : 1.0;
    } else if (last > low) {
        *below = (double)low * GRID_STEP;
    } else {
        double part = (x - grid[low - 1]) / (grid[low] - grid[low - 1]);
        *below = ((double)(low - 1) + part) * GRID_STEP;
    }
    *at = last == low ? *below : (double)(last - 1) * GRID_STEP;
}

/* Largest gap between the window's distribution function and the reference's. */
static double grid_gap(size_t n, const double *sorted, const double *grid)
{
    double gap = 0;

    for (size_t i = 0; i < n;) {
        double below;
        double at;
        size_t j = i;
        while (j < n && sorted[j] <= sorted[i]) {
            j++;
        }
        grid_cdf(grid, sorted[i], &below, &at);
        gap = fmax(gap, fabs((double)i / (double)n - below));
        gap = fmax(gap, fabs((double)j / (double)n - at));
        i = j;
    }
    return gap;
}

static enum hone_code ks(struct hone_run *run, const struct hone_drift_sample *s, double alpha,
                         double *value, double *p, double *limit)
{
    double m = reference_rows(s);
    double low = 0;
    double high = 1;

    (void)run;
    *value = grid_gap(s->n, s->sorted, s->reference->grid);
    /* What the grid cannot tell is not held against the window. */
    *p = hone_ks_p(fmax(0.0, *value - GRID_STEP), (double)s->n, m);
    for (int i = 0; i < 60; i++) {
        double mid = 0.5 * (low + high);
        if (hone_ks_p(mid, (double)s->n, m) > alpha) {
            low = mid;
        } else {
            high = mid;
        }
    }
    *limit = fmin(1.0, high + GRID_STEP);
    return HONE_OK;
}

static double grid_quantile(const double *grid, double u)
{
    double at = u * (HONE_REFERENCE_GRID - 1);
    size_t low = (size_t)at;

    if (low + 1 >= HONE_REFERENCE_GRID) {
        return grid[HONE_REFERENCE_GRID - 1];
    }
    return grid[low] + (at - (double)low) * (grid[low + 1] - grid[low]);
}

/* Area between the two quantile functions: the window's steps, the reference's grid as a broken line,
 * each step compared at two points of its width. */
static double grid_wasserstein(size_t n, const double *sorted, const double *grid)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        double a = grid_quantile(grid, ((double)i + 0.25) / (double)n);
        double b = grid_quantile(grid, ((double)i + 0.75) / (double)n);
        sum += 0.5 * (fabs(sorted[i] - a) + fabs(sorted[i] - b));
    }
    return sum / (double)n;
}

/*
 * What the distance is for windows of n rows of the reference itself: mean and spread of its logarithm
 * over simulated windows.
 */
static enum hone_code simulate(struct hone_run *run, const struct hone_drift_sample *s,
                               size_t n, double *mean, double *spread)
{
    struct hone_rng rng = hone_rng(s->seed, hone_rng_name("wasserstein") + n);
    double sum = 0;
    double square = 0;
    double *v;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &v, n));
    for (size_t k = 0; k < SIMULATIONS; k++) {
        /* A rising sample of uniform numbers, without sorting: sums of exponential steps. */
        double total = 0;
        for (size_t i = 0; i < n; i++) {
            total -= log1p(-hone_rng_unit(&rng));
            v[i] = total;
        }
        total -= log1p(-hone_rng_unit(&rng));
        for (size_t i = 0; i < n; i++) {
            v[i] = grid_quantile(s->reference->grid, v[i] / total);
        }
        double x = log(fmax(grid_wasserstein(n, v, s->reference->grid), 1e-300));
        sum += x;
        square += x * x;
    }
    double variance = square / SIMULATIONS - (sum / SIMULATIONS) * (sum / SIMULATIONS);
    *mean = sum / SIMULATIONS;
    *spread = sqrt(fmax(1e-6, variance));
    return HONE_OK;
}

/*
 * The same for the sizes of this window and reference, of which n m / (n + m) counts.  Sizes come in classes, two
 * to a doubling; within a class, and beyond the largest, the distance falls with the root of the size.
 */
static enum hone_code null_of(struct hone_run *run, const struct hone_drift_sample *s,
                              double *mean, double *spread)
{
    struct hone_drift_null own = {.known = {false}};
    struct hone_drift_null *null = s->null == NULL ? &own : s->null;
    double size = fmax(2.0, 1 / inverse_sizes(s));
    size_t class = (size_t)fmin(2 * log2(size) + 0.5, 2 * log2(LARGEST));
    size_t n = (size_t)(exp2((double)class / 2) + 0.5);

    if (!null->known[class]) {
        HONE_TRY(simulate(run, s, n, &null->mean[class], &null->spread[class]));
        null->known[class] = true;
    }
    *mean = null->mean[class] - 0.5 * log(size / (double)n);
    *spread = null->spread[class];
    return HONE_OK;
}

static enum hone_code wasserstein(struct hone_run *run, const struct hone_drift_sample *s,
                                  double alpha, double *value, double *p, double *limit)
{
    double unit = fmax(s->reference->std, 1e-3); /* Evidently's norm */
    double distance = grid_wasserstein(s->n, s->sorted, s->reference->grid);
    double mean;
    double spread;

    HONE_TRY(null_of(run, s, &mean, &spread));
    *value = distance / unit;
    *p = distance > 0 ? hone_normal_sf((log(distance) - mean) / spread) : 1.0;
    *limit = exp(mean + spread * hone_normal_isf(alpha)) / unit;
    return HONE_OK;
}

static enum hone_code missing_share(struct hone_run *run, const struct hone_drift_sample *s,
                                    double alpha, double *value, double *p, double *limit)
{
    double n = (double)s->rows;
    double m = (double)s->reference->rows;
    double a = (double)s->reference->missing;
    double b = (double)s->missing;
    double rate = (a + 1) / (m + 2);

    (void)run;
    *value = fabs(b / n - a / m);
    *p = hone_fisher_p(b, n, a, m);
    *limit = sqrt(rate * (1 - rate) * (1 / n + 1 / m)) * hone_normal_isf(alpha / 2);
    return HONE_OK;
}

/* Share of rows of unknown levels; how many are to be expected is the share of levels seen once:
 * Good, Biometrika 40, 1953. */
static enum hone_code new_category(struct hone_run *run, const struct hone_drift_sample *s,
                                   double alpha, double *value, double *p, double *limit)
{
    double rate = ((double)s->reference->once + 1) / (reference_rows(s) + 1);
    double expected = rate * (double)s->n;
    double k = (double)s->unseen;
    double most = expected;

    (void)run;
    *value = k / (double)s->n;
    /* Poisson: P(X >= k) is the lower incomplete gamma function of k at the mean. */
    *p = k > 0 ? 1 - hone_gamma_q(k, expected) : 1.0;
    while (most > 0 && 1 - hone_gamma_q(floor(most) + 1, expected) > alpha) {
        most += 1;
    }
    *limit = floor(most + 1) / (double)s->n;
    return HONE_OK;
}

const struct hone_drift_test hone_drift_psi = {
    .part.name = "psi",
    .part.summary = "population stability index over ten bins of the reference, or levels",
    .part.source = "Yurdakul & Naranjo, Journal of Risk Model Validation 14(4), 2020",
    .numbers = true,
    .levels = true,
    .floor = 0.1,
    .measure = psi,
};
const struct hone_drift_test hone_drift_ks = {
    .part.name = "ks",
    .part.summary = "largest gap between distribution functions",
    .part.source = "Kolmogorov 1933; Smirnov 1939; Stephens, JRSS B 32, 1970",
    .numbers = true,
    .floor = 0.05,
    .measure = ks,
};
const struct hone_drift_test hone_drift_jensenshannon = {
    .part.name = "jensenshannon",
    .part.summary = "Jensen-Shannon distance, base 2, over bins or levels",
    .part.source = "Lin, IEEE Transactions on Information Theory 37, 1991",
    .numbers = true,
    .levels = true,
    .floor = 0.1,
    .measure = jensenshannon,
};
const struct hone_drift_test hone_drift_wasserstein = {
    .part.name = "wasserstein",
    .part.summary =
        "area between distribution functions, in standard deviations of the reference",
    .part.source = "Vallender, Theory of Probability and its Applications 18, 1974",
    .numbers = true,
    .floor = 0.1,
    .measure = wasserstein,
};
const struct hone_drift_test hone_drift_chisquare = {
    .part.name = "chisquare",
    .part.summary = "chi-squared of homogeneity, as an effect from 0 to 1",
    .part.source = "Pearson, Philosophical Magazine 50, 1900",
    .levels = true,
    .floor = 0.1,
    .measure = chisquare,
};
const struct hone_drift_test hone_drift_missing_share = {
    .part.name = "missing_share",
    .part.summary = "difference of the shares of missing values",
    .part.source = "two proportions: Fisher, JRSS 98, 1935",
    .numbers = true,
    .levels = true,
    .floor = 0.02,
    .measure = missing_share,
};
const struct hone_drift_test hone_drift_new_category = {
    .part.name = "new_category",
    .part.summary = "share of rows of levels that the reference does not know",
    .part.source = "Good, Biometrika 40, 1953",
    .levels = true,
    .floor = 0.001,
    .measure = new_category,
};
