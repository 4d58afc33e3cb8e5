/* Checks of what happens from row to row: another unit from some row on, values that stop, values that go missing. */
#include <math.h>

#include "check/check_priv.h"
#include "eval/order.h"
#include "eval/stat.h"

#define ENOUGH 200 /* values below which nothing is judged */
#define NEAR   100 /* rows on both sides of a change that must show it */

struct settings {
    double max;
};

/* What people measure in two ways. */
static const struct {
    double factor;
    const char *what;
} units[] = {
    {10, "10"},
    {100, "100"},
    {1000, "1000"},
    {1e6, "a million"},
    {2.2046226, "2.2046, as pounds and kilograms"},
    {1.609344, "1.6093, as miles and kilometres"},
    {2.54, "2.54, as inches and centimetres"},
    {3.2808399, "3.2808, as feet and metres"},
    {25.4, "25.4, as inches and millimetres"},
    {28.349523, "28.35, as ounces and grams"},
    {453.59237, "453.6, as pounds and grams"},
    {3.785412, "3.7854, as gallons and litres"},
    {3.6, "3.6, as m/s and km/h"},
    {60, "60, as minutes and seconds"},
    {3600, "3600, as hours and seconds"},
    {24, "24, as days and hours"},
    {4.184, "4.184, as calories and joules"},
};

/* The unit whose logarithm is within slack of a distance; NULL: none. */
static const char *unit_of(double distance, double slack)
{
    if (slack > 0.06 && fabs(distance) < log(9)) {
        return NULL; /* small factors lie close to each other: anything would fit */
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (fabs(fabs(distance) - log(units[i].factor)) <= slack) {
            return units[i].what;
        }
    }
    return NULL;
}

/* The place after which the mean changes most: the greatest departure of the running sum. */
static size_t change_point(size_t n, const double *x)
{
    double all = 0;
    double sum = 0;
    double most = 0;
    size_t at = 0;

    for (size_t i = 0; i < n; i++) {
        all += x[i];
    }
    for (size_t i = 0; i + 1 < n; i++) {
        sum += x[i];
        double away = fabs(sum - all * (double)(i + 1) / (double)n);
        if (away > most) {
            most = away;
            at = i + 1;
        }
    }
    return at;
}

/* Median and robust scale of x[from..to) in any order; sorted (to - from) gets the values ascending. */
static enum hone_code part_of(struct hone_run *run, const double *x, size_t from, size_t to,
                              double *sorted, double *centre, double *scale)
{
    memcpy(sorted, x + from, (to - from) * sizeof *x);
    HONE_TRY(hone_sort_f64(run, to - from, sorted));
    return hone_robust(run, to - from, sorted, centre, scale);
}

/* A jump of the logarithm by a known factor, with the same law on both sides. */
static enum hone_code find_jump(struct hone_run *run, size_t n, const double *x, size_t *at,
                                const char **unit)
{
    double *low;
    double *high;
    double centre[2];
    double scale[2];
    double near[2];
    double ignored;
    size_t k = change_point(n, x);
    HONE_SCRATCH(run);

    *unit = NULL;
    if (k < ENOUGH / 4 || n - k < ENOUGH / 4 || 50 * k < n || 50 * (n - k) < n) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &run->scratch, &low, n));
    HONE_TRY(hone_array(run, &run->scratch, &high, n));
    size_t before = k < NEAR ? k : NEAR;
    size_t after = n - k < NEAR ? n - k : NEAR;
    HONE_TRY(part_of(run, x, k - before, k, low, &near[0], &ignored));
    HONE_TRY(part_of(run, x, k, k + after, high, &near[1], &ignored));
    HONE_TRY(part_of(run, x, 0, k, low, &centre[0], &scale[0]));
    HONE_TRY(part_of(run, x, k, n, high, &centre[1], &scale[1]));
    double jump = centre[1] - centre[0];
    double wide = fmax(scale[0], scale[1]);
    double error = 1.25 * wide * sqrt(1 / (double)k + 1 / (double)(n - k));
    double local = 1.25 * wide * sqrt(1 / (double)before + 1 / (double)after);
    if (!(wide > 0) || fabs(jump) < 2 * wide || fmin(scale[0], scale[1]) < 0.6 * wide ||
        fabs(near[1] - near[0] - jump) > 0.1 + 4 * local) {
        return HONE_OK;
    }
    for (size_t i = 0; i < k; i++) {
        low[i] += jump;
    }
    if (hone_ks_statistic(k, low, n - k, high) >
        1.63 * sqrt(1 / (double)k + 1 / (double)(n - k))) { /* p = 0.01 */
        return HONE_OK;                                     /* another law, not another unit */
    }
    *at = k;
    *unit = unit_of(jump, 0.01 + 2 * error);
    return HONE_OK;
}

/* Two clouds of logarithms (n ascending) a known factor apart, of which the smaller one fits into the larger
 * one when shifted.  *at: how many are below. */
static void find_clouds(size_t n, const double *v, size_t *at, const char **unit)
{
    double gap = 0;
    size_t k = 0;

    for (size_t i = n / 200 + 1; i + n / 200 + 1 < n; i++) {
        if (v[i] - v[i - 1] > gap) {
            gap = v[i] - v[i - 1];
            k = i;
        }
    }
    *unit = NULL;
    if (k < 10 || n - k < 10) {
        return;
    }
    bool upper = 2 * k >= n; /* the larger cloud is the lower one */
    double jump = hone_quantile_sorted(n - k, v + k, 0.5) - hone_quantile_sorted(k, v, 0.5);
    const double *big = upper ? v : v + k;
    const double *small = upper ? v + k : v;
    size_t many = upper ? k : n - k;
    size_t few = n - many;
    double shift = upper ? -jump : jump;
    double width =
        hone_quantile_sorted(many, big, 0.99) - hone_quantile_sorted(many, big, 0.01);
    double spread =
        hone_quantile_sorted(few, small, 0.9) - hone_quantile_sorted(few, small, 0.1);
    double usual = hone_quantile_sorted(many, big, 0.9) - hone_quantile_sorted(many, big, 0.1);
    bool fits = small[0] + shift >= big[0] - 0.1 * width &&
                small[few - 1] + shift <= big[many - 1] + 0.1 * width;
    bool alike = spread > 0.5 * usual && spread < 2 * usual;
    if (gap > 0.5 * width && gap > 0.3 && fits && alike) {
        *at = k;
        *unit = unit_of(jump, 0.03 + 1.5 * usual / sqrt((double)few));
    }
}

static void report_unit(struct hone_findings *findings, const struct hone_column *c,
                        const struct hone_finding *found, const char *message)
{
    struct hone_finding *f = hone_finding_add(findings, "unit_change", HONE_WARN, c->name);

    hone_finding_rows(f, found);
    f->value = (double)found->rows / (double)c->rows;
    f->message = message;
    f->advice = "two units in one column? bring all rows to one of them";
}

static enum hone_code unit_change(struct hone_run *run, const struct hone_check_ctx *ctx,
                                  struct hone_facts *facts, const void *settings,
                                  struct hone_findings *findings)
{
    const struct hone_column *c = facts->c;
    struct hone_finding found = {.rows = 0};
    const double *v;
    double *x;
    uint32_t *row;
    size_t n;
    size_t m = 0;
    size_t at = 0;
    const char *unit;
    HONE_SCRATCH(run);

    (void)ctx;
    (void)settings;
    if (!facts->is_numeric || facts->p->distinct < 20) {
        return HONE_OK;
    }
    HONE_TRY(hone_facts_sorted(run, facts, &v, &n));
    if (n < ENOUGH || !(v[0] > 0) || v[n - 1] < 2 * v[0]) {
        return HONE_OK; /* a scale that passes zero is no amount */
    }
    HONE_TRY(hone_array(run, &run->scratch, &x, n));
    HONE_TRY(hone_array(run, &run->scratch, &row, n));
    for (size_t i = 0; i < c->rows; i++) {
        double value = hone_column_f64(c, i);
        if (isfinite(value)) {
            x[m] = log(value);
            row[m++] = (uint32_t)i;
        }
    }
    HONE_TRY(find_jump(run, n, x, &at, &unit));
    if (unit != NULL) {
        for (size_t i = at; i < n; i++) {
            hone_finding_row(&found, row[i]);
        }
        report_unit(
            findings, c, &found,
            HONE_SAY(findings,
                     "column %s: from row %u on the values are %s by a factor of about %s",
                     c->name, row[at] + 1, x[at] > x[at - 1] ? "larger" : "smaller", unit));
        return HONE_OK;
    }
    HONE_TRY(hone_sort_f64(run, n, x));
    find_clouds(n, x, &at, &unit);
    if (unit == NULL) {
        return HONE_OK;
    }
    bool upper = 2 * at >= n;
    for (size_t i = 0; i < c->rows; i++) {
        double value = hone_column_f64(c, i);
        if (isfinite(value) && (upper ? value >= v[at] : value < v[at])) {
            hone_finding_row(&found, i);
        }
    }
    report_unit(findings, c, &found,
                HONE_SAY(findings,
                         "column %s: %zu values are %s than the others by a factor of about %s",
                         c->name, found.rows, upper ? "larger" : "smaller", unit));
    return HONE_OK;
}

static double mean_of(const double *x, size_t from, size_t to)
{
    double sum = 0;

    for (size_t i = from; i < to; i++) {
        sum += x[i];
    }
    return sum / (double)(to - from);
}

/* The share of missing values changes at one row, and at once. */
static enum hone_code missing_shift(struct hone_run *run, const struct hone_check_ctx *ctx,
                                    struct hone_facts *facts, const void *settings,
                                    struct hone_findings *findings)
{
    const struct settings *set = settings;
    const struct hone_column *c = facts->c;
    double *x;
    size_t n = c->rows;
    HONE_SCRATCH(run);

    (void)ctx;
    if (n < ENOUGH || c->nulls < ENOUGH / 10 || facts->known < ENOUGH / 10) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &run->scratch, &x, n));
    for (size_t i = 0; i < n; i++) {
        x[i] = hone_is_valid(c, i) ? 0 : 1;
    }
    size_t k = change_point(n, x);
    size_t near = 2 * NEAR;
    if (20 * k < n || 20 * (n - k) < n) {
        return HONE_OK;
    }
    near = near < k ? near : k;
    near = near < n - k ? near : n - k;
    double share[4]; /* before, after, just before, just after */
    share[0] = mean_of(x, 0, k);
    share[1] = mean_of(x, k, n);
    share[2] = mean_of(x, k - near, k);
    share[3] = mean_of(x, k, k + near);
    double jump = share[1] - share[0];
    double middle = (double)c->nulls / (double)n;
    double error = sqrt(middle * (1 - middle) * (1 / (double)k + 1 / (double)(n - k)));
    bool abrupt =
        fabs(share[3] - share[2]) > 0.6 * fabs(jump) && (share[3] - share[2]) * jump > 0;
    if (fabs(jump) < set->max || fabs(jump) < 8 * error || !abrupt) {
        return HONE_OK;
    }
    struct hone_finding *f = hone_finding_add(findings, "missing_shift", HONE_WARN, c->name);
    for (size_t i = jump > 0 ? k : 0; i < (jump > 0 ? n : k); i++) {
        if (!hone_is_valid(c, i)) {
            hone_finding_row(f, i);
        }
    }
    f->value = fabs(jump);
    f->threshold = set->max;
    f->message = HONE_SAY(
        findings,
        "column %s is missing in %.3g %% of the rows up to row %zu, and in %.3g %% after",
        c->name, 100 * share[0], k, 100 * share[1]);
    f->advice = "a source changed there; a model learns that from the missing values";
    return HONE_OK;
}

struct stretch {
    size_t first, length; /* among the rows with a value */
};

/* Call each stretch of equal values. n of them in out (at most rows). */
static size_t stretches_of(const struct hone_column *c, uint32_t *row, struct stretch *out)
{
    size_t n = 0;
    size_t m = 0;
    double last = (double)NAN;

    for (size_t i = 0; i < c->rows; i++) {
        double x = hone_column_f64(c, i);
        if (!isfinite(x)) {
            continue;
        }
        if (m == 0 || fabs(x - last) > 0) {
            out[n++] = (struct stretch){m, 0};
        }
        out[n - 1].length++;
        row[m++] = (uint32_t)i;
        last = x;
    }
    return n;
}

/*
 * A value that stands still for much longer than any other does, in a column that otherwise moves: a sensor
 * that hangs.  A value that is common anyway (zero at night) may stand as long as it likes.
 */
static enum hone_code stuck_values(struct hone_run *run, const struct hone_check_ctx *ctx,
                                   struct hone_facts *facts, const void *settings,
                                   struct hone_findings *findings)
{
    const struct settings *set = settings;
    const struct hone_column *c = facts->c;
    struct stretch *s;
    uint32_t *row;
    double *length;
    HONE_SCRATCH(run);

    (void)ctx;
    if (!facts->is_numeric || facts->p->distinct < 20 || facts->known < ENOUGH) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &run->scratch, &s, c->rows));
    HONE_TRY(hone_array(run, &run->scratch, &row, c->rows));
    size_t n = stretches_of(c, row, s);
    if (n < 20) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &run->scratch, &length, n));
    size_t longest = 0;
    for (size_t k = 0; k < n; k++) {
        length[k] = (double)s[k].length;
        longest = s[k].length > s[longest].length ? k : longest;
    }
    HONE_TRY(hone_sort_f64(run, n, length));
    double usual = hone_quantile_sorted(n, length, 0.995);
    if (usual >= length[n - 1] && n > 3) {
        usual = length[n - 3]; /* few stretches: all but the two longest */
    }
    double limit = fmax(set->max, 8 * usual);
    if ((double)s[longest].length < limit) {
        return HONE_OK;
    }
    double value = hone_column_f64(c, row[s[longest].first]);
    size_t elsewhere = 0;
    for (size_t i = 0; i < c->rows; i++) {
        elsewhere += fabs(hone_column_f64(c, i) - value) > 0 || !hone_is_valid(c, i) ? 0 : 1;
    }
    elsewhere -= s[longest].length;
    if (50 * elsewhere > facts->known || hone_is_missing_code(value)) {
        return HONE_OK;
    }
    struct hone_finding *f = hone_finding_add(findings, "stuck_values", HONE_WARN, c->name);
    for (size_t i = 0; i < s[longest].length; i++) {
        hone_finding_row(f, row[s[longest].first + i]);
    }
    f->value = (double)s[longest].length;
    f->threshold = limit;
    f->message = HONE_SAY(findings,
                          "column %s stands at %.15g for %zu rows from row %u on; otherwise it "
                          "stands for %.0f at most",
                          c->name, value, s[longest].length, row[s[longest].first] + 1, usual);
    f->advice = "a sensor that hangs, or values filled in: mark these rows as missing";
    return HONE_OK;
}

static const struct hone_param shift_rows[] = {
    HONE_REAL(struct settings, max, 0.2, 0, 1,
              .help = "warn from this difference of shares on"),
    HONE_PARAM_END,
};
static const struct hone_param stuck_rows[] = {
    HONE_REAL(struct settings, max, 20, 2, 1e9, .help = "fewer equal rows are no standstill"),
    HONE_PARAM_END,
};

#define HEAD(name_, summary_)                                                                  \
    .part.name = (name_), .part.summary = (summary_), .stage = HONE_CHECK_INTEGRITY

const struct hone_check hone_check_unit_change = {
    HEAD("unit_change", "every column is in one unit"),
    .column = unit_change,
};
const struct hone_check hone_check_missing_shift = {
    HEAD("missing_shift", "values go missing at the same rate throughout"),
    .part.settings_size = sizeof(struct settings),
    .part.params = shift_rows,
    .column = missing_shift,
};
const struct hone_check hone_check_stuck_values = {
    HEAD("stuck_values", "no value stands still"),
    .part.settings_size = sizeof(struct settings),
    .part.params = stuck_rows,
    .column = stuck_values,
};
