/*
 * eval/stat.h - distributions, two-sample tests, distances between samples
 *
 * Kernels over arrays: they cannot fail; what is undefined is NaN.
 */
#ifndef HONE_EVAL_STAT_H
#define HONE_EVAL_STAT_H

#include <stddef.h>
#include <stdint.h>

/* Upper tails.  Source: Numerical Recipes 3rd ed., sec. 6.2 (incomplete gamma by series and continued
 * fraction). */
double hone_normal_sf(double z);
double hone_gamma_q(double a, double x);          /* regularised upper incomplete gamma */
double hone_chi2_sf(double x, double freedom);    /* 1 when freedom is 0 */
double hone_beta_i(double a, double b, double x); /* regularised incomplete beta; a, b > 0 */
double hone_student_sf(double t, double freedom); /* freedom > 0, need not be whole */
/* The t with hone_student_sf(t) = p, 0 < p < 1. */
double hone_student_isf(double p, double freedom);
double hone_binomial_sf(double k, double n, double p); /* P(X >= k); whole 0 <= k <= n */
/* The z with hone_normal_sf(z) = p, 0 < p < 1. */
double hone_normal_isf(double p);
/* P(sup |Brownian bridge| > x). Source: Kolmogorov 1933; scipy.special.kolmogorov. */
double hone_kolmogorov_sf(double x);

/* Bounds of a share of n (which may be an effective number, not whole) at z normal deviations: 0 and 1 for
 * n of 0.  Source: Wilson, JASA 22, 1927. */
void hone_wilson_bounds(double share, double n, double z, double *low, double *high);

/* Largest gap between two empirical distribution functions; samples ascending. */
double hone_ks_statistic(size_t n, const double *a, size_t m, const double *b);
/* Asymptotic two-sided p-value with Stephens' correction of the sample size. */
double hone_ks_p(double statistic, double n, double m);

/* Area between two empirical distribution functions (first Wasserstein distance), in units
 * of the values; samples ascending.  Source: scipy.stats.wasserstein_distance. */
double hone_wasserstein(size_t n, const double *a, size_t m, const double *b);

/*
 * Distances between two distributions over the same k cells, given as counts of rows.
 * hone_psi: shares below eps count as eps (1e-4, Evidently's).  hone_jensen_shannon: the distance
 * (a root), base 2: 0 to 1.
 */
double hone_psi(size_t k, const double *reference, const double *current);
double hone_jensen_shannon(size_t k, const double *reference, const double *current);
double hone_hellinger(size_t k, const double *reference, const double *current);

/* Pearson's chi-squared of homogeneity of two rows of counts; cells empty in both are left out.  *freedom gets the
 * degrees of freedom. */
double hone_chi2_two(size_t k, const double *a, const double *b, double *freedom);

/*
 * Two-sided exact test that a of n and b of m come from one rate: twice the smaller tail of the
 * hypergeometric law.  Whole numbers, a <= n, b <= m, n and m > 0.  Source: Fisher, JRSS 98, 1935.
 */
double hone_fisher_p(double a, double n, double b, double m);

/*
 * p-values adjusted for n tests so that rejecting at q keeps the false discovery rate at q;
 * NaN stays NaN and does not count.  order (n) is working space.
 * Source: Benjamini & Hochberg, JRSS B 57, 1995.
 */
void hone_benjamini_hochberg(size_t n, const double *p, double *adjusted, size_t *order);

/* p-values adjusted so that rejecting at q keeps the chance of any false rejection below q; NaN stays NaN and does
 * not count.  order (n) is working space.  Source: Holm, Scand. J. Statist. 6, 1979. */
void hone_holm(size_t n, const double *p, double *adjusted, size_t *order);

#endif
