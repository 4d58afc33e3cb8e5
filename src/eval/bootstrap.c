#include "eval/bootstrap.h"

#include <math.h>

#include "eval/order.h"
#include "eval/paired.h"
#include "eval/resample_priv.h"
#include "eval/stat.h"

#define REPLICATES   500
#define LEVEL        0.95
#define STUDENT_ROWS 20000 /* above, a mean's studentised and plain percentiles are alike */
#define ONE_SIDE     0.05  /* fewer replicates than this on a side: no bias that BCa can mend */
#define DEFINED      0.95  /* share of replicates that a studentised interval needs */

/* Replicates of one metric, NaN left out, ascending. */
struct draws {
    size_t n;
    double *value;
};

static enum hone_code gather(struct hone_run *run, size_t all, double *value, struct draws *out)
{
    size_t m = 0;

    for (size_t i = 0; i < all; i++) {
        if (!isnan(value[i])) {
            value[m++] = value[i];
        }
    }
    *out = (struct draws){m, value};
    return m == 0 ? HONE_OK : hone_sort_f64(run, m, value);
}

/* The quantile whose expected coverage is exact: place q (n + 1) counted from 1. */
static double quantile(const struct draws *d, double q)
{
    double at = q * (double)(d->n + 1) - 1;
    double top = (double)(d->n - 1);

    at = at < 0 ? 0 : at > top ? top : at;
    size_t low = (size_t)at;
    if (low + 1 >= d->n) {
        return d->value[d->n - 1];
    }
    return d->value[low] + (at - (double)low) * (d->value[low + 1] - d->value[low]);
}

static double deviation(const struct draws *d)
{
    double sum = 0;
    double square = 0;

    for (size_t i = 0; i < d->n; i++) {
        sum += d->value[i];
    }
    for (size_t i = 0; i < d->n; i++) {
        square += (d->value[i] - sum / (double)d->n) * (d->value[i] - sum / (double)d->n);
    }
    return d->n > 1 ? sqrt(square / (double)(d->n - 1)) : (double)NAN;
}

/* How many rows of equal weight would be as sure. */
static double effective_rows(const struct hone_prediction *p)
{
    double sum = 0;
    double square = 0;

    for (size_t i = 0; i < p->rows; i++) {
        double w = hone_weight_at(p, i);
        sum += w;
        square += w * w;
    }
    return sum * sum / square;
}

/* --- intervals --------------------------------------------------------------------------- */

/* What the intervals of all metrics share. */
struct task {
    const struct hone_prediction *p;
    struct hone_resample *r;
    size_t replicates;
    double level;
    double rows;         /* effective */
    const double *error; /* (n) relative, of means */
    const double *jack;  /* (groups, n); NULL: the skew is not corrected for */
    size_t groups;
    bool stratified;
};

/* A metric that is a share of rows: its denominator in rows; 0: it is none. */
static enum hone_code trials_of(struct hone_run *run, const struct task *t, size_t j,
                                double *out)
{
    const struct hone_metric *m = t->r->metrics[j];
    struct hone_class_counts c;
    HONE_SCRATCH(run);

    *out = 0;
    if (m->trials != NULL) {
        HONE_TRY(hone_count_classes(run, t->p, &c));
        *out = m->trials(&t->r->settings[j], &c) / c.total * t->rows;
    }
    return HONE_OK;
}

/* Whether every loss is 0 or 1: then their mean is a share. */
static bool is_share(const struct hone_lanes *lane, size_t j)
{
    const double *loss = lane->loss + lane->loss_of[j] * lane->p.rows;

    for (size_t i = 0; i < lane->p.rows; i++) {
        if (loss[i] > 0 && (loss[i] > 1 || loss[i] < 1)) {
            return false;
        }
    }
    return true;
}

static void percentiles(const struct draws *d, double level, struct hone_interval *out)
{
    out->method = "percentile";
    out->low = quantile(d, (1 - level) / 2);
    out->high = quantile(d, (1 + level) / 2);
}

/* Sum of the third power over that of the square of the jackknife's influences: BCa's acceleration. */
static double acceleration(const struct task *t, size_t j)
{
    double mean = 0;
    double square = 0;
    double cube = 0;
    size_t n = 0;

    for (size_t g = 0; t->jack != NULL && g < t->groups; g++) {
        double v = t->jack[g * t->r->models * t->r->n + j];
        if (!isnan(v)) {
            mean += v;
            n++;
        }
    }
    for (size_t g = 0; n > 0 && g < t->groups; g++) {
        double v = t->jack[g * t->r->models * t->r->n + j];
        if (!isnan(v)) {
            double d = mean / (double)n - v;
            square += d * d;
            cube += d * d * d;
        }
    }
    return square > 0 ? cube / (6 * square * sqrt(square)) : 0.0;
}

static double bca_place(double bias, double skew, double z)
{
    double moved = bias + (bias + z) / (1 - skew * (bias + z));
    return 1 - hone_normal_sf(moved);
}

/*
 * Where resampling moves a metric to one side the sample may have done the same: the interval reaches as far to the
 * other side.  Gaps of ece are sizes of noise, whose variance a resample doubles: there it moves by 2^(1/2) - 1 of
 * what the sample did at most.
 */
static void turned(const struct task *t, size_t j, const struct draws *d,
                   struct hone_interval *out)
{
    bool gaps = t->r->metrics[j]->gap != NULL;
    double v = out->value;
    double middle = quantile(d, 0.5);
    double moved = (middle - v) / (gaps ? sqrt(2) - 1 : 1);

    out->method = "basic";
    out->low = v - fmax(0.0, moved) - (quantile(d, (1 + t->level) / 2) - middle);
    out->high = v - fmin(0.0, moved) + (middle - quantile(d, (1 - t->level) / 2));
    if (gaps) {
        out->low = fmax(0.0, out->low);
    }
}

static void corrected(const struct task *t, size_t j, const struct draws *d,
                      struct hone_interval *out)
{
    double below = 0;
    double n = (double)d->n;
    double freedom = fmax(1.0, t->rows - 1);

    for (size_t i = 0; i < d->n; i++) {
        below += d->value[i] < out->value ? 1.0 : d->value[i] > out->value ? 0.0 : 0.5;
    }
    if (t->r->metrics[j]->gap != NULL || below < ONE_SIDE * n || below > (1 - ONE_SIDE) * n) {
        turned(t, j, d, out);
        return;
    }
    below = fmin(fmax(below / n, 1 / n), 1 - 1 / n);
    double bias = hone_normal_isf(1 - below);
    double skew = acceleration(t, j);
    double z = sqrt((freedom + 1) / freedom) * hone_student_isf((1 - t->level) / 2, freedom);
    out->method = "bca";
    out->low = quantile(d, bca_place(bias, skew, -z));
    out->high = quantile(d, bca_place(bias, skew, z));
}

/* Replicates of the studentised log of a mean; false: too many have no spread. */
static enum hone_code studentised(struct hone_run *run, const struct task *t, size_t j,
                                  struct hone_interval *out, bool *done)
{
    bool root = t->r->metrics[j]->root;
    double power = root ? 2 : 1; /* the mean is the metric to this power */
    double centre = power * log(out->value);
    double *value;
    struct draws d;
    HONE_SCRATCH(run);

    *done = false;
    HONE_TRY(hone_array(run, &run->scratch, &value, t->replicates));
    for (size_t b = 0; b < t->replicates; b++) {
        double v = t->r->value[b * t->r->n + j];
        double e = t->r->error[b * t->r->n + j];
        value[b] = v > 0 && e > 0 ? (power * log(v) - centre) / e : (double)NAN;
    }
    HONE_TRY(gather(run, t->replicates, value, &d));
    if (!(t->error[j] > 0) || (double)d.n < DEFINED * (double)t->replicates) {
        return HONE_OK;
    }
    out->method = "student";
    out->low = exp((centre - quantile(&d, (1 + t->level) / 2) * t->error[j]) / power);
    out->high = exp((centre - quantile(&d, (1 - t->level) / 2) * t->error[j]) / power);
    *done = true;
    return HONE_OK;
}

static enum hone_code area_interval(struct hone_run *run, const struct task *t, size_t j,
                                    struct hone_interval *out)
{
    bool gini = t->r->metrics[j]->ranking == HONE_RANKING_GINI;
    struct hone_delong d;

    HONE_TRY(hone_delong(run, t->p, t->level, &d));
    out->method = "delong";
    out->low = gini ? 2 * d.low - 1 : d.low;
    out->high = gini ? 2 * d.high - 1 : d.high;
    return HONE_OK;
}

/* The interval of metric j, whose replicates are d. */
static enum hone_code interval_of(struct hone_run *run, const struct task *t, size_t j,
                                  const struct draws *d, struct hone_interval *out)
{
    const struct hone_lanes *lane = &t->r->lane[0];
    bool mean = lane->loss_of[j] != SIZE_MAX;
    double trials;
    bool done = false;

    if (isnan(out->value)) {
        return HONE_OK;
    }
    HONE_TRY(trials_of(run, t, j, &trials));
    if (mean && is_share(lane, j) && out->value > 0) {
        trials = t->rows;
    }
    if (!t->stratified && trials > 0) {
        double z = hone_normal_isf((1 - t->level) / 2);
        out->method = "wilson";
        hone_wilson_bounds(out->value, trials, z, &out->low, &out->high);
        return HONE_OK;
    }
    if (d->n < 2 || 2 * d->n < t->replicates) {
        return HONE_OK;
    }
    if (!t->stratified && lane->positive != NULL &&
        (t->r->metrics[j]->ranking == HONE_RANKING_AUC ||
         t->r->metrics[j]->ranking == HONE_RANKING_GINI)) {
        return area_interval(run, t, j, out);
    }
    double last = d->value[d->n - 1];
    double widest = fmax(fabs(d->value[0]), fabs(last));
    if (!(last - d->value[0] > 1e-12 * widest)) { /* nothing varies: that is not to be sure */
        out->why = out->why != NULL ? out->why : "every resample gives the same";
        return HONE_OK;
    }
    if (mean && t->r->error != NULL) {
        HONE_TRY(studentised(run, t, j, out, &done));
    }
    if (done) {
        return HONE_OK;
    }
    if (mean || t->stratified) {
        percentiles(d, t->level, out);
    } else {
        corrected(t, j, d, out);
    }
    return HONE_OK;
}

/* Whether any metric's interval is of the kind that the jackknife serves. */
static bool needs_jackknife(const struct hone_resample *r)
{
    for (size_t j = 0; j < r->n; j++) {
        const struct hone_metric *m = r->metrics[j];
        bool area = r->lane[0].positive != NULL && m->ranking != HONE_RANKING_NONE &&
                    m->ranking != HONE_RANKING_AP;
        if (m->loss == NULL && m->trials == NULL && !area) {
            return true;
        }
    }
    return false;
}

static enum hone_code intervals(struct hone_run *run, const struct hone_prediction *p,
                                const struct hone_metric *const *metrics, size_t n,
                                const struct hone_bootstrap *how, struct hone_arena *mem,
                                struct hone_interval *out)
{
    struct hone_resample r;
    struct task t = {.p = p, .r = &r, .stratified = how->stratified};
    double *column;
    double *whole;
    double *error;
    double *jack;
    uint8_t *ones;

    t.replicates = how->replicates > 0 ? how->replicates : REPLICATES;
    t.level = how->level > 0 ? how->level : LEVEL;
    HONE_TRY(hone_resample_new(run, &p, 1, metrics, n, how->stratified, mem, &r));
    r.spread = p->rows > 1 && p->rows <= STUDENT_ROWS && !how->stratified;
    HONE_TRY(hone_resample_draw(run, &r, t.replicates, mem));
    HONE_TRY(hone_array(run, mem, &ones, p->rows));
    HONE_TRY(hone_array(run, mem, &whole, n));
    HONE_TRY(hone_array(run, mem, &error, n));
    memset(ones, 1, p->rows);
    HONE_TRY(hone_resample_count(run, &r, ones, whole, error));
    t.error = error;
    t.rows = effective_rows(p);
    if (p->rows <= STUDENT_ROWS && !how->stratified && needs_jackknife(&r)) {
        HONE_TRY(hone_resample_leave_out(run, &r, mem, &jack, &t.groups));
        t.jack = jack;
    }
    HONE_TRY(hone_array(run, mem, &column, t.replicates));
    for (size_t j = 0; j < n; j++) {
        struct hone_measure v;
        struct draws d;
        HONE_TRY(hone_metric_value(run, metrics[j], NULL, p, &v));
        for (size_t b = 0; b < t.replicates; b++) {
            column[b] = r.value[b * n + j];
        }
        HONE_TRY(gather(run, t.replicates, column, &d));
        out[j] = (struct hone_interval){.value = v.value,
                                        .why = v.why,
                                        .low = (double)NAN,
                                        .high = (double)NAN,
                                        .error = deviation(&d),
                                        .replicates = d.n};
        HONE_TRY(interval_of(run, &t, j, &d, &out[j]));
    }
    return HONE_OK;
}

enum hone_code hone_bootstrap_intervals(struct hone_run *run, const struct hone_prediction *p,
                                        const struct hone_metric *const *metrics, size_t n,
                                        const struct hone_bootstrap *how,
                                        struct hone_interval *out)
{
    HONE_ARENA(mem);
    return intervals(run, p, metrics, n, how, &mem, out);
}

/* --- comparisons ------------------------------------------------------------------------- */

static enum hone_code same_rows(struct hone_run *run, const struct hone_prediction *a,
                                const struct hone_prediction *b)
{
    if (a->rows != b->rows || a->classes != b->classes || a->task != b->task) {
        return hone_fail(run, HONE_E_SHAPE,
                         "the two models were not evaluated on the same rows");
    }
    for (size_t i = 0; i < a->rows; i++) {
        double wa = a->weight == NULL ? 1.0 : a->weight[i];
        double wb = b->weight == NULL ? 1.0 : b->weight[i];
        if (fabs(a->y[i] - b->y[i]) > 0 || fabs(wa - wb) > 0) {
            return hone_fail(run, HONE_E_SHAPE,
                             "row %zu: the target or weight differs between the models", i);
        }
    }
    return HONE_OK;
}

/* Interval and p-value of a gain from the spread of its replicates. */
static void test_gain(const struct draws *d, size_t replicates, double rows, double level,
                      struct hone_comparison *c)
{
    double freedom = fmax(1.0, rows - 1);

    c->low = c->high = c->error = c->p_value = (double)NAN;
    c->replicates = d->n;
    if (isnan(c->gain) || d->n < 2 || 2 * d->n < replicates) {
        return;
    }
    c->error = deviation(d) * sqrt((freedom + 1) / freedom);
    double half = hone_student_isf((1 - level) / 2, freedom) * c->error;
    c->low = c->gain - half;
    c->high = c->gain + half;
    c->p_value = c->error > 0        ? 2 * hone_student_sf(fabs(c->gain) / c->error, freedom)
                 : fabs(c->gain) > 0 ? 0.0
                                     : 1.0;
}

static enum hone_code adjust(struct hone_run *run, size_t n, double level,
                             struct hone_comparison *c)
{
    double *p;
    double *adjusted;
    size_t *order;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &p, n));
    HONE_TRY(hone_array(run, &run->scratch, &adjusted, n));
    HONE_TRY(hone_array(run, &run->scratch, &order, n));
    for (size_t j = 0; j < n; j++) {
        p[j] = c[j].p_value;
    }
    hone_holm(n, p, adjusted, order);
    for (size_t j = 0; j < n; j++) {
        c[j].p_adjusted = adjusted[j];
        bool sure = adjusted[j] < 1 - level; /* false for NaN */
        c[j].verdict = !sure ? "no evidence" : c[j].gain > 0 ? "better" : "worse";
    }
    return HONE_OK;
}

static enum hone_code compare(struct hone_run *run, const struct hone_prediction *const p[2],
                              const struct hone_metric *const *metrics, size_t n,
                              const struct hone_bootstrap *how, struct hone_arena *mem,
                              struct hone_comparison *out)
{
    struct hone_resample r;
    size_t replicates = how->replicates > 0 ? how->replicates : REPLICATES;
    double level = how->level > 0 ? how->level : LEVEL;
    double rows;
    double *gain;

    HONE_TRY(same_rows(run, p[0], p[1]));
    HONE_TRY(hone_resample_new(run, p, 2, metrics, n, how->stratified, mem, &r));
    HONE_TRY(hone_resample_draw(run, &r, replicates, mem));
    HONE_TRY(hone_array(run, mem, &gain, replicates));
    rows = effective_rows(p[0]);
    for (size_t j = 0; j < n; j++) {
        double sign = metrics[j]->greater_is_better ? 1 : -1;
        struct hone_measure a;
        struct hone_measure b;
        struct draws d;
        HONE_TRY(hone_metric_value(run, metrics[j], NULL, p[0], &a));
        HONE_TRY(hone_metric_value(run, metrics[j], NULL, p[1], &b));
        for (size_t i = 0; i < replicates; i++) {
            const double *v = r.value + i * 2 * n;
            gain[i] = sign * (v[n + j] - v[j]);
        }
        HONE_TRY(gather(run, replicates, gain, &d));
        out[j] = (struct hone_comparison){
            .a = a.value, .b = b.value, .gain = sign * (b.value - a.value)};
        test_gain(&d, replicates, rows, level, &out[j]);
    }
    return adjust(run, n, level, out);
}

enum hone_code hone_bootstrap_compare(struct hone_run *run, const struct hone_prediction *a,
                                      const struct hone_prediction *b,
                                      const struct hone_metric *const *metrics, size_t n,
                                      const struct hone_bootstrap *how,
                                      struct hone_comparison *out)
{
    const struct hone_prediction *const p[2] = {a, b};
    HONE_ARENA(mem);
    return compare(run, p, metrics, n, how, &mem, out);
}
