#include "eval/stat.h"

#include <float.h>
#include <math.h>

#define TINY_SHARE 1e-4 /* an empty cell of hone_psi */

/* lgamma without its global sign. */
static double log_gamma(double a)
{
    int sign;
    return lgamma_r(a, &sign);
}

double hone_normal_sf(double z)
{
    return 0.5 * erfc(z / sqrt(2.0));
}

/* Lower incomplete gamma by its series, for x < a + 1. */
static double gamma_series(double a, double x)
{
    double term = 1 / a;
    double sum = term;

    for (int i = 1; i < 10000 && fabs(term) > fabs(sum) * DBL_EPSILON; i++) {
        term *= x / (a + i);
        sum += term;
    }
    return sum * exp(-x + a * log(x) - log_gamma(a));
}

/* Upper incomplete gamma by Lentz's continued fraction, for x >= a + 1. */
static double gamma_fraction(double a, double x)
{
    double b = x + 1 - a;
    double c = 1 / DBL_MIN;
    double d = 1 / b;
    double h = d;

    for (int i = 1; i < 10000; i++) {
        double an = -i * (i - a);
        b += 2;
        d = an * d + b;
        d = fabs(d) < DBL_MIN ? 1 / DBL_MIN : 1 / d;
        c = b + an / c;
        c = fabs(c) < DBL_MIN ? DBL_MIN : c;
        h *= d * c;
        if (fabs(d * c - 1) < DBL_EPSILON) {
            break;
        }
    }
    return exp(-x + a * log(x) - log_gamma(a)) * h;
}

double hone_gamma_q(double a, double x)
{
    if (!(a > 0) || x < 0) {
        return (double)NAN;
    }
    if (!(x > 0)) {
        return 1;
    }
    return x < a + 1 ? 1 - gamma_series(a, x) : gamma_fraction(a, x);
}

double hone_chi2_sf(double x, double freedom)
{
    return freedom > 0 ? hone_gamma_q(freedom / 2, x / 2) : 1.0;
}

/* Lentz's continued fraction of the incomplete beta, for x below the mean. */
static double beta_fraction(double a, double b, double x)
{
    double c = 1;
    double d = 1 - (a + b) * x / (a + 1);

    d = fabs(d) < DBL_MIN ? 1 / DBL_MIN : 1 / d;
    double h = d;
    for (int m = 1; m < 10000; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 + even * d;
        c = 1 + even / c;
        d = fabs(d) < DBL_MIN ? 1 / DBL_MIN : 1 / d;
        c = fabs(c) < DBL_MIN ? DBL_MIN : c;
        h *= d * c;
        d = 1 + odd * d;
        c = 1 + odd / c;
        d = fabs(d) < DBL_MIN ? 1 / DBL_MIN : 1 / d;
        c = fabs(c) < DBL_MIN ? DBL_MIN : c;
        h *= d * c;
        if (fabs(d * c - 1) < DBL_EPSILON) {
            break;
        }
    }
    return h;
}

double hone_beta_i(double a, double b, double x)
{
    if (!(a > 0) || !(b > 0) || isnan(x)) {
        return (double)NAN;
    }
    if (!(x > 0)) {
        return 0;
    }
    if (!(x < 1)) {
        return 1;
    }
    double front =
        exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log1p(-x));
    return x < (a + 1) / (a + b + 2) ? front * beta_fraction(a, b, x) / a
                                     : 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double hone_student_sf(double t, double freedom)
{
    if (!(freedom > 0)) {
        return (double)NAN;
    }
    if (freedom > 1e7) {
        return hone_normal_sf(t);
    }
    double tail = 0.5 * hone_beta_i(freedom / 2, 0.5, freedom / (freedom + t * t));
    return t > 0 ? tail : 1 - tail;
}

double hone_student_isf(double p, double freedom)
{
    if (p > 0.5) {
        return -hone_student_isf(1 - p, freedom);
    }
    /* The tail is convex, and heavier than the normal one: Newton's steps from there only go out. */
    double t = p < 0.5 ? hone_normal_isf(p) : 0;
    double front =
        exp(log_gamma((freedom + 1) / 2) - log_gamma(freedom / 2)) / sqrt(freedom * acos(-1.0));
    for (int i = 0; i < 200; i++) {
        double density = front * pow(1 + t * t / freedom, -(freedom + 1) / 2);
        double step = (hone_student_sf(t, freedom) - p) / density;
        t += step;
        if (!(step > 1e-14 * t)) {
            break;
        }
    }
    return t;
}

double hone_binomial_sf(double k, double n, double p)
{
    return k > n ? 0.0 : k > 0 ? hone_beta_i(k, n - k + 1, p) : 1.0;
}

void hone_wilson_bounds(double share, double n, double z, double *low, double *high)
{
    if (!(n > 0)) {
        *low = 0;
        *high = 1;
        return;
    }
    double square = z * z;
    double middle = (share + square / (2 * n)) / (1 + square / n);
    double half = z / (1 + square / n) * sqrt(share * (1 - share) / n + square / (4 * n * n));
    *low = share > 0 ? fmax(0.0, middle - half) : 0.0;
    *high = share < 1 ? fmin(1.0, middle + half) : 1.0;
}

double hone_normal_isf(double p)
{
    double low = -40;
    double high = 40;

    /* Bisection to the last bit. */
    for (int i = 0; i < 200; i++) {
        double mid = 0.5 * (low + high);
        if (!(mid > low && mid < high)) {
            break;
        }
        if (hone_normal_sf(mid) > p) {
            low = mid;
        } else {
            high = mid;
        }
    }
    return 0.5 * (low + high);
}

double hone_kolmogorov_sf(double x)
{
    double sum = 0;

    if (!(x > 0)) {
        return 1;
    }
    if (x < 1.18) { /* the theta-function form converges fast for small x */
        double pi = acos(-1.0);
        for (int k = 1; k <= 20; k++) {
            double odd = 2 * k - 1;
            sum += exp(-odd * odd * pi * pi / (8 * x * x));
        }
        return 1 - sqrt(2 * pi) / x * sum;
    }
    for (int k = 1; k <= 20; k++) {
        double term = exp(-2.0 * k * k * x * x);
        sum += k % 2 == 1 ? term : -term;
    }
    return fmin(1.0, 2 * sum);
}

double hone_ks_statistic(size_t n, const double *a, size_t m, const double *b)
{
    size_t i = 0;
    size_t j = 0;
    double gap = 0;

    if (n == 0 || m == 0) {
        return (double)NAN;
    }
    while (i < n && j < m) {
        double x = fmin(a[i], b[j]);
        while (i < n && a[i] <= x) {
            i++;
        }
        while (j < m && b[j] <= x) {
            j++;
        }
        gap = fmax(gap, fabs((double)i / (double)n - (double)j / (double)m));
    }
    return gap;
}

double hone_ks_p(double statistic, double n, double m)
{
    double size = sqrt(n * m / (n + m));

    /* Stephens, JRSS B 32, 1970: good from effective sizes of about 4 on. */
    return hone_kolmogorov_sf((size + 0.12 + 0.11 / size) * statistic);
}

double hone_wasserstein(size_t n, const double *a, size_t m, const double *b)
{
    size_t i = 0;
    size_t j = 0;
    double sum = 0;
    double last = 0;

    if (n == 0 || m == 0) {
        return (double)NAN;
    }
    last = fmin(a[0], b[0]);
    while (i < n || j < m) {
        double x = i == n ? b[j] : j == m ? a[i] : fmin(a[i], b[j]);
        sum += (x - last) * fabs((double)i / (double)n - (double)j / (double)m);
        last = x;
        while (i < n && a[i] <= x) {
            i++;
        }
        while (j < m && b[j] <= x) {
            j++;
        }
    }
    return sum;
}

static double total(size_t k, const double *x)
{
    double sum = 0;

    for (size_t i = 0; i < k; i++) {
        sum += x[i];
    }
    return sum;
}

double hone_psi(size_t k, const double *reference, const double *current)
{
    double r_all = total(k, reference);
    double c_all = total(k, current);
    double sum = 0;

    if (!(r_all > 0 && c_all > 0)) {
        return (double)NAN;
    }
    for (size_t i = 0; i < k; i++) {
        double r = fmax(reference[i] / r_all, TINY_SHARE);
        double c = fmax(current[i] / c_all, TINY_SHARE);
        sum += (r - c) * log(r / c);
    }
    return sum;
}

double hone_jensen_shannon(size_t k, const double *reference, const double *current)
{
    double r_all = total(k, reference);
    double c_all = total(k, current);
    double sum = 0;

    if (!(r_all > 0 && c_all > 0)) {
        return (double)NAN;
    }
    for (size_t i = 0; i < k; i++) {
        double r = reference[i] / r_all;
        double c = current[i] / c_all;
        double m = 0.5 * (r + c);
        sum += r > 0 ? r * log2(r / m) : 0.0;
        sum += c > 0 ? c * log2(c / m) : 0.0;
    }
    return sqrt(fmax(0.0, 0.5 * sum));
}

double hone_hellinger(size_t k, const double *reference, const double *current)
{
    double r_all = total(k, reference);
    double c_all = total(k, current);
    double sum = 0;

    if (!(r_all > 0 && c_all > 0)) {
        return (double)NAN;
    }
    for (size_t i = 0; i < k; i++) {
        double d = sqrt(reference[i] / r_all) - sqrt(current[i] / c_all);
        sum += d * d;
    }
    return sqrt(0.5 * sum);
}

double hone_chi2_two(size_t k, const double *a, const double *b, double *freedom)
{
    double a_all = total(k, a);
    double b_all = total(k, b);
    double sum = 0;
    double cells = 0;

    *freedom = 0;
    if (!(a_all > 0 && b_all > 0)) {
        return (double)NAN;
    }
    for (size_t i = 0; i < k; i++) {
        double both = a[i] + b[i];
        if (!(both > 0)) {
            continue;
        }
        double ea = both * (a_all / (a_all + b_all));
        double eb = both * (b_all / (a_all + b_all));
        sum += (a[i] - ea) * (a[i] - ea) / ea + (b[i] - eb) * (b[i] - eb) / eb;
        cells++;
    }
    *freedom = cells - 1;
    return sum;
}

static double log_choose(double n, double k)
{
    return log_gamma(n + 1) - log_gamma(k + 1) - log_gamma(n - k + 1);
}

double hone_fisher_p(double a, double n, double b, double m)
{
    double k = a + b;
    double all = log_choose(n + m, k);
    double tail[2] = {0, 0}; /* P(X <= a), P(X >= a) */

    for (int side = 0; side < 2; side++) {
        double step = side == 0 ? -1 : 1;
        for (double x = a; x >= fmax(0.0, k - m) && x <= fmin(n, k); x += step) {
            double term = exp(log_choose(n, x) + log_choose(m, k - x) - all);
            tail[side] += term;
            if (term < 1e-17 * tail[side]) {
                break; /* the law has one hump: beyond here it only falls */
            }
        }
    }
    return fmin(1.0, 2 * fmin(tail[0], tail[1]));
}

/* The tests that have a p-value, by rising p: insertion, as there are as many tests as columns. */
static size_t order_tests(size_t n, const double *p, double *adjusted, size_t *order)
{
    size_t known = 0;

    for (size_t i = 0; i < n; i++) {
        size_t j = known;
        adjusted[i] = (double)NAN;
        if (isnan(p[i])) {
            continue;
        }
        for (; j > 0 && p[order[j - 1]] > p[i]; j--) {
            order[j] = order[j - 1];
        }
        order[j] = i;
        known++;
    }
    return known;
}

void hone_benjamini_hochberg(size_t n, const double *p, double *adjusted, size_t *order)
{
    size_t known = order_tests(n, p, adjusted, order);
    double least = 1;

    for (size_t r = known; r-- > 0;) {
        least = fmin(least, p[order[r]] * (double)known / (double)(r + 1));
        adjusted[order[r]] = least;
    }
}

void hone_holm(size_t n, const double *p, double *adjusted, size_t *order)
{
    size_t known = order_tests(n, p, adjusted, order);
    double most = 0;

    for (size_t r = 0; r < known; r++) {
        most = fmin(1.0, fmax(most, p[order[r]] * (double)(known - r)));
        adjusted[order[r]] = most;
    }
}
