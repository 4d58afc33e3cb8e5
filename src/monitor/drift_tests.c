/* The tests of drift. */
#include <math.h>

#include "eval/order.h"
#include "eval/stat.h"
#include "monitor/drift_priv.h"

#define GRID_STEP (1.0 / (HONE_REFERENCE_GRID - 1))

static double inverse_sizes(const struct hone_drift_sample *s)
{
    return 1 / hone_drift_size(s);
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
 * Significance of all that is computed from cells: Pearson's, whose far tail holds from five expected rows on.  PSI and
 * Jensen-Shannon have the same limit, but an emptied cell of a few rows makes their logarithms far too sure.
 */
static double cells_p(const struct hone_drift_sample *s)
{
    double freedom;
    double statistic = hone_chi2_two(s->cells, s->expected, s->seen, &freedom);

    return hone_chi2_sf(statistic, freedom);
}

/* PSI of two samples of one law, divided by 1/n + 1/m, is about chi-squared with cells - 1 degrees of freedom (Yurdakul &
 * Naranjo, J. Risk Model Validation 14(4), 2020). */
static enum hone_code psi(struct hone_run *run, const struct hone_drift_sample *s, double alpha,
                          double *value, double *p, double *limit)
{
    double freedom = (double)s->cells - 1;

    (void)run;
    *value = hone_psi(s->cells, s->expected, s->seen);
    *p = cells_p(s);
    *limit = freedom > 0 ? inverse_sizes(s) * chi2_isf(alpha, freedom) : 0.0;
    return HONE_OK;
}

/* JS divergence in nats is about chi-squared (1/n + 1/m) / 8 for near distributions. */
static enum hone_code jensenshannon(struct hone_run *run, const struct hone_drift_sample *s,
                                    double alpha, double *value, double *p, double *limit)
{
    double freedom = (double)s->cells - 1;
    double eight = 8 * log(2.0) / inverse_sizes(s);

    (void)run;
    *value = hone_jensen_shannon(s->cells, s->expected, s->seen);
    *p = cells_p(s);
    *limit = freedom > 0 ? sqrt(chi2_isf(alpha, freedom) / eight) : 0.0;
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
    *p = cells_p(s);
    *limit = freedom > 0 ? 0.5 * sqrt(chi2_isf(alpha, freedom) * per) : 0.0;
    return HONE_OK;
}

/* Where there is a value for every row of the grid, its gaps are the window's: exact for ties, and the same from
 * sketches.  Between two points, half a percent of the reference, nothing is known. */
static enum hone_code ks(struct hone_run *run, const struct hone_drift_sample *s, double alpha,
                         double *value, double *p, double *limit)
{
    struct hone_drift_laws own = {.known = false};
    const struct hone_drift_laws *laws;
    double root = sqrt(hone_drift_size(s));

    HONE_TRY(hone_drift_laws(run, s, &own, &laws));
    *value = hone_drift_gap(s);
    *p = hone_drift_law_sf(&laws->gap, *value * root);
    *limit = fmin(1.0, hone_drift_law_isf(&laws->gap, alpha) / root);
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

/* The value is of the window's own values; its p-value of the area between the points of the grid, beyond which
 * single far values do not count. */
static enum hone_code wasserstein(struct hone_run *run, const struct hone_drift_sample *s,
                                  double alpha, double *value, double *p, double *limit)
{
    struct hone_drift_laws own = {.known = false};
    const struct hone_drift_laws *laws;
    double unit = fmax(s->reference->std, 1e-3); /* Evidently's norm */
    double root = sqrt(hone_drift_size(s));

    HONE_TRY(hone_drift_laws(run, s, &own, &laws));
    *value = grid_wasserstein(s->n, s->sorted, s->reference->grid) / unit;
    *p = hone_drift_law_sf(&laws->area, hone_drift_area(s, laws) * root);
    *limit = hone_drift_law_isf(&laws->area, alpha) / root / unit;
    return HONE_OK;
}

static double log_choose(double n, double k)
{
    int sign;
    return lgamma_r(n + 1, &sign) - lgamma_r(k + 1, &sign) - lgamma_r(n - k + 1, &sign);
}

/* Fisher's exact test is never too small and often far too large: half of what was seen is taken off each tail (mid-p;
 * Lancaster, JASA 56, 1961).  Where all missing values on one side would not be significant there is no test
 * (Tarone, Biometrics 46, 1990). */
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
    double all = log_choose(n + m, a + b);
    double most =
        fmin(n, a + b); /* all missing values that the window can have, or none of them */
    double none = fmax(0.0, a + b - m);
    double least = fmin(log_choose(n, most) + log_choose(m, a + b - most) - all,
                        log_choose(n, none) + log_choose(m, a + b - none) - all);
    bool can = exp(least) < alpha;
    double seen = exp(log_choose(n, b) + log_choose(m, a) - all);
    *p = can ? fmax(0.0, hone_fisher_p(b, n, a, m) - seen) : (double)NAN;
    *limit = sqrt(rate * (1 - rate) * (1 / n + 1 / m)) * hone_normal_isf(alpha / 2);
    return HONE_OK;
}

/*
 * Share of rows of unknown levels.  As many rows of the reference had a level that no other row has, and would have
 * been unknown to the rest of it (Good, Biometrika 40, 1953): of so many rare rows in all, how many fall on the window?
 * One is added, so that a reference without rare levels is not taken for proof that there are none.
 */
static enum hone_code new_category(struct hone_run *run, const struct hone_drift_sample *s,
                                   double alpha, double *value, double *p, double *limit)
{
    double n = (double)s->n;
    double rare = (double)s->reference->once + 1;
    double k = (double)s->unseen;
    double share = n / (n + s->m);
    double most = ceil(rare * share / (1 - share));

    (void)run;
    *value = k / n;
    *p = pow(share, k + rare) < alpha ? hone_binomial_sf(k, k + rare, share) : (double)NAN;
    for (double step = fmax(1.0, most); step >= 1;
         step = floor(step / 2)) { /* to the right place */
        while (most < n && hone_binomial_sf(most + step, most + step + rare, share) > alpha) {
            most += step;
        }
    }
    *limit = fmin(most + 1, n) / n;
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
    .part.source = "Kolmogorov 1933; Smirnov 1939; its law at ties and few points is simulated",
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
    .part.source = "two proportions: Fisher, JRSS 98, 1935; mid-p: Lancaster, JASA 56, 1961",
    .question = HONE_DRIFT_OF_MISSING,
    .numbers = true,
    .levels = true,
    .floor = 0.02,
    .measure = missing_share,
};
const struct hone_drift_test hone_drift_new_category = {
    .part.name = "new_category",
    .part.summary = "share of rows of levels that the reference does not know",
    .part.source = "Good, Biometrika 40, 1953",
    .question = HONE_DRIFT_OF_NEW,
    .levels = true,
    .floor = 0.001,
    .measure = new_category,
};
