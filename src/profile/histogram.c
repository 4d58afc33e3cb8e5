/* Bars with round edges; declared in profile_priv.h. */
#include <math.h>

#include "base/time.h"
#include "profile/profile_priv.h"

enum { WANTED = 30, LOG_MOST = 30 };
#define DAY_US 86400e6

/* Count ascending values into the bars whose edges stand; the last bar is closed where closed says so. */
static void fill(struct hone_histogram *h, const double *x, size_t n, bool closed)
{
    size_t b = 0;

    h->below = h->above = 0;
    for (size_t i = 0; i < n; i++) {
        if (x[i] < h->edge[0]) {
            h->below++;
            continue;
        }
        while (b < h->bins && x[i] >= h->edge[b + 1]) {
            b++;
        }
        if (b < h->bins) {
            h->count[b]++;
        } else if (closed && x[i] <= h->edge[h->bins]) {
            h->count[h->bins - 1]++;
        } else {
            h->above++;
        }
    }
}

/* k * mantissa * 10^power, rounded once: the double that the decimal number is read as. */
static double decimal(double k, int power)
{
    return power >= 0 ? k * pow(10, power) : k / pow(10, -power);
}

/* Equal widths of 1, 2 or 5 times a power of ten that take the range in at most WANTED bars. */
static bool round_edges(struct hone_histogram *h, double low, double high, bool whole)
{
    static const double steps[] = {1, 2, 5};
    int power = (int)floor(log10((high - low) / WANTED)) - 1;

    power = whole && power < 0 ? 0 : power;
    for (size_t i = 0; i < 9; i++) {
        int p = power + (int)(i / 3);
        double step = steps[i % 3];
        double first = floor(low / decimal(step, p));
        double last =
            whole ? floor(high / decimal(step, p)) + 1 : ceil(high / decimal(step, p));
        if (!(last - first <= WANTED)) {
            continue;
        }
        last = last == first ? first + 1 : last;
        h->bins = (size_t)(last - first);
        for (size_t b = 0; b <= h->bins; b++) {
            h->edge[b] = decimal((first + (double)b) * step, p);
        }
        /* one rounding may leave an end outside, and so far out that steps vanish there are none */
        h->edge[0] = h->edge[0] > low ? low : h->edge[0];
        if (!whole && h->edge[h->bins] < high) {
            h->edge[h->bins] = high;
        }
        for (size_t b = 0; b < h->bins; b++) {
            if (!(h->edge[b] < h->edge[b + 1])) {
                return false;
            }
        }
        return true;
    }
    return false;
}

/* Equal widths over the range, where no round ones are to be had. */
static void plain_edges(struct hone_histogram *h, double low, double high)
{
    h->bins = 20;
    for (size_t b = 0; b <= h->bins; b++) {
        double part = (double)b / (double)h->bins;
        h->edge[b] = low * (1 - part) + high * part;
    }
    h->edge[0] = low;
    h->edge[h->bins] = high;
}

/* First days of months, counted in months since 1970. */
static double month_start(enum hone_type type, int64_t month)
{
    int64_t year = month >= 0 ? month / 12 : -((11 - month) / 12);
    double day = (double)hone_days_from_civil(1970 + year, (int)(month - year * 12) + 1, 1);

    return type == HONE_DATE ? day : day * DAY_US;
}

static int64_t month_of(enum hone_type type, double x)
{
    struct hone_civil c = type == HONE_DATE ? hone_civil_from_days(hone_profile_moment(x))
                                            : hone_civil_from_us(hone_profile_moment(x));
    return (c.year - 1970) * 12 + c.month - 1;
}

/* Whole seconds to weeks for short times, months to centuries for long ones. */
static bool time_edges(struct hone_histogram *h, enum hone_type type, double low, double high)
{
    static const double spans[] = {
        1e6,   2e6,    5e6,    10e6,   15e6,    30e6,    60e6,    120e6,   300e6,    600e6,
        900e6, 1800e6, 3600e6, 7200e6, 10800e6, 21600e6, 43200e6, 86400e6, 172800e6, 604800e6};
    static const int64_t months[] = {1, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 6000, 12000};
    double unit = type == HONE_DATE ? DAY_US : 1;
    int64_t first = month_of(type, low);
    int64_t last = month_of(type, high);

    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        double step = spans[i] / unit;
        /* weeks begin on Monday, 1970-01-05 */
        double shift = spans[i] == 604800e6 ? 4 * DAY_US / unit : 0;
        double from = floor((low - shift) / step);
        double to = floor((high - shift) / step) + 1;
        if (step >= 1 && to - from <= WANTED) {
            h->bins = (size_t)(to - from);
            for (size_t b = 0; b <= h->bins; b++) {
                h->edge[b] = (from + (double)b) * step + shift;
            }
            return true;
        }
    }
    for (size_t i = 0; i < sizeof months / sizeof months[0]; i++) {
        int64_t from = first >= 0 ? first / months[i] : -((months[i] - 1 - first) / months[i]);
        int64_t to = (last >= 0 ? last / months[i] : -((months[i] - 1 - last) / months[i])) + 1;
        if (to - from <= WANTED) {
            h->bins = (size_t)(to - from);
            for (size_t b = 0; b <= h->bins; b++) {
                h->edge[b] = month_start(type, (from + (int64_t)b) * months[i]);
            }
            return true;
        }
    }
    return false;
}

/* One bar per value where few distinct ones stand on a regular grid. */
static bool grid_edges(struct hone_histogram *h, enum hone_type type, const double *x, size_t n)
{
    double seen[HONE_PROFILE_BINS + 1];
    size_t distinct = 0;
    double step = HUGE_VAL;
    double bars;

    for (size_t i = 0; i < n; i++) {
        if (i > 0 && x[i] == x[i - 1]) {
            continue;
        }
        if (distinct == HONE_PROFILE_BINS) {
            return false;
        }
        if (distinct > 0) {
            step = fmin(step, x[i] - seen[distinct - 1]);
        }
        seen[distinct++] = x[i];
    }
    if (type == HONE_INT64 || type == HONE_BOOL || type == HONE_DATE) {
        step = 1;
    }
    bars = (seen[distinct - 1] - seen[0]) / step + 1;
    if (distinct < 2 || !(bars < HONE_PROFILE_BINS + 0.5)) {
        return false;
    }
    for (size_t i = 1; i < distinct; i++) {
        double place = (seen[i] - seen[0]) / step;
        if (fabs(place - floor(place + 0.5)) > 1e-6) {
            return false;
        }
    }
    h->bins = (size_t)(bars + 0.5);
    for (size_t b = 0; b <= h->bins; b++) {
        h->edge[b] = seen[0] + (double)b * step;
    }
    for (size_t i = 0; i < distinct; i++) { /* the values themselves, not sums of steps */
        h->edge[(size_t)((seen[i] - seen[0]) / step + 0.5)] = seen[i];
    }
    h->each = true;
    return true;
}

/* 1, 2, 5, 10 ... where they take in the range, else powers of ten. */
static bool log_edges(struct hone_histogram *h, double low, double high)
{
    static const double steps[] = {1, 2, 5};
    int power = (int)floor(log10(low));
    int decades = (int)floor(log10(high)) - power + 1;
    int wide = (decades + LOG_MOST - 1) / LOG_MOST;
    size_t n = 0;

    if (decades > 10) {
        for (int d = 0; d <= decades + wide - 1 && n <= HONE_PROFILE_BINS; d += wide) {
            h->edge[n++] = decimal(1, power + d);
        }
    } else {
        for (int i = 0; i <= decades * 3 && n <= HONE_PROFILE_BINS; i++) {
            double edge = decimal(steps[i % 3], power + i / 3);
            if (n > 0 && edge <= low) {
                n = 0;
            }
            h->edge[n++] = edge;
            if (edge > high) {
                break;
            }
        }
    }
    h->bins = n - 1;
    h->log = true;
    return n > 3 && h->edge[0] <= low && h->edge[h->bins] > high && isfinite(h->edge[h->bins]);
}

static double at_share(const double *x, size_t n, double share)
{
    return x[(size_t)(share * (double)(n - 1))];
}

/* Values from 0 on of which the highest is a hundred times the middle one want a logarithm. */
static bool zoom_log(const double *x, size_t n, struct hone_histogram *zoom)
{
    size_t first = 0;

    while (first < n && x[first] <= 0) {
        first++;
    }
    if (x[0] < 0 || first > n / 2 || x[n - 1] < 100 * x[first + (n - first) / 2] ||
        !log_edges(zoom, x[first], x[n - 1])) {
        return false;
    }
    fill(zoom, x, n, false);
    return true;
}

/* The whole range shows nothing when the middle 98 % of the rows are in a tenth of it. */
static void look_closer(enum hone_type type, const double *x, size_t n,
                        struct hone_histogram *zoom)
{
    double low = at_share(x, n, 0.01);
    double high = at_share(x, n, 0.99);
    bool whole = type == HONE_INT64;

    if (zoom_log(x, n, zoom)) {
        return;
    }
    *zoom = (struct hone_histogram){0};
    if (high - low < 0.1 * (x[n - 1] - x[0]) && high > low &&
        round_edges(zoom, low, high, whole)) {
        fill(zoom, x, n, !whole);
    } else {
        *zoom = (struct hone_histogram){0};
    }
}

void hone_histogram_make(enum hone_type type, const double *x, size_t n,
                         struct hone_histogram *whole, struct hone_histogram *zoom)
{
    double range;
    bool closed = type == HONE_FLOAT32 || type == HONE_FLOAT64;

    *whole = *zoom = (struct hone_histogram){0};
    if (n == 0 || !(x[n - 1] > x[0])) {
        return;
    }
    range = x[n - 1] - x[0];
    if (grid_edges(whole, type, x, n)) {
        fill(whole, x, n, true);
        return;
    }
    *whole = (struct hone_histogram){0};
    if (hone_type_is_time(type)) {
        if (!time_edges(whole, type, x[0], x[n - 1])) {
            plain_edges(whole, x[0], x[n - 1]);
            closed = true;
        }
    } else if (!isfinite(range) || !round_edges(whole, x[0], x[n - 1], !closed)) {
        plain_edges(whole, x[0], x[n - 1]);
        closed = true;
    }
    fill(whole, x, n, closed);
    if (hone_type_is_number(type) && isfinite(range)) {
        look_closer(type, x, n, zoom);
    }
}
