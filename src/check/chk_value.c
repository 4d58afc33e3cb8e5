/* Checks of single values in columns of numbers and times. */
#include <math.h>

#include "check/check_priv.h"
#include "eval/order.h"

#define ENOUGH 100 /* values below which nothing is called rare */

struct settings {
    double max;
    double share;
};

/* Median and robust scale (1.4826 MAD) of f(v), v ascending and f rising. */
static enum hone_code robust_scale(struct hone_run *run, size_t n, const double *v,
                                   double (*f)(double), double *centre, double *scale)
{
    double *d;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &d, n));
    for (size_t i = 0; i < n; i++) {
        d[i] = f(v[i]);
    }
    return hone_robust(run, n, d, centre, scale);
}

static double log_of(double x)
{
    return x > 0 ? log1p(x) : -log1p(-x);
}

/* -999, 9999, ...: an end of the range that repeats and stands apart from the rest. */
bool hone_is_missing_code(double x)
{
    static const double codes[] = {-1, -9, -99, -999, -9999, -99999, 999, 9999, 99999, 999999};

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (!(x < codes[i]) && !(x > codes[i])) {
            return true;
        }
    }
    return false;
}

/* What lies between the outermost wide gaps. */
struct ends {
    bool any;
    double low, high;
};

/* Gaps among the first and last `most` of n ascending values that are wider than step and than the range of
 * the values between. */
static struct ends find_ends(size_t n, const double *v, size_t most, double step)
{
    struct ends e = {false, v[0], v[n - 1]};
    double gap = fmax(step, v[n - 1 - most] - v[most]);

    for (size_t i = 0; i < most && i + 1 < n; i++) {
        if (v[i + 1] - v[i] > gap) {
            e.low = v[i + 1];
            e.any = true;
        }
        if (v[n - 1 - i] - v[n - 2 - i] > gap) {
            e.high = v[n - 2 - i];
            e.any = true;
        }
    }
    return e;
}

/* Far from the rest both as it is and in logarithms, so that skewed columns stay silent, and set apart
 * by a gap, so that heavy tails do. */
static enum hone_code outliers(struct hone_run *run, const struct hone_check_ctx *ctx,
                               struct hone_facts *facts, const void *settings,
                               struct hone_findings *findings)
{
    const struct settings *set = settings;
    const struct hone_column *c = facts->c;
    const double *v;
    size_t n;
    double centre[2];
    double scale[2];

    (void)ctx;
    if (!facts->is_numeric || facts->is_target) {
        return HONE_OK;
    }
    HONE_TRY(hone_facts_sorted(run, facts, &v, &n));
    if (n < ENOUGH) {
        return HONE_OK;
    }
    HONE_TRY(hone_robust(run, n, v, &centre[0], &scale[0]));
    struct ends ends = find_ends(n, v, (size_t)(set->share * (double)n), set->max * scale[0]);
    if (!(scale[0] > 0) || !ends.any) {
        return HONE_OK; /* more than half of the values are alike, or none stands apart */
    }
    HONE_TRY(robust_scale(run, n, v, log_of, &centre[1], &scale[1]));
    struct hone_finding found = {.rows = 0};
    for (size_t i = 0; i < c->rows && scale[1] > 0; i++) {
        double x = hone_column_f64(c, i);
        double z = (x - centre[0]) / scale[0];
        double zl = (log_of(x) - centre[1]) / scale[1];
        if (isfinite(x) && (x < ends.low || x > ends.high) && fabs(z) > set->max &&
            fabs(zl) > set->max) {
            hone_finding_row(&found, i);
        }
    }
    double first = found.rows == 0 ? 0.0 : hone_column_f64(c, found.row[0]);
    if (found.rows == 0 || (found.rows >= 5 && hone_is_missing_code(first))) {
        return HONE_OK; /* missing_code speaks of these */
    }
    struct hone_finding *f = hone_finding_add(findings, "outliers", HONE_WARN, c->name);
    hone_finding_rows(f, &found);
    f->value = first;
    f->threshold = set->max;
    f->message = HONE_SAY(
        findings,
        "column %s: %zu %s far from all others, such as %g (the others lie from %g to %g)",
        c->name, found.rows, found.rows == 1 ? "value lies" : "values lie", f->value, ends.low,
        ends.high);
    f->advice = "look at these rows: a wrong unit, a code for missing, or a slip of the pen?";
    return HONE_OK;
}

/*
 * A few values of the wrong sign that are not the thin end of a distribution: such an end reaches 0 in
 * small steps, and has more values just on the right side of 0 than beyond it.
 */
static enum hone_code rare_sign(struct hone_run *run, const struct hone_check_ctx *ctx,
                                struct hone_facts *facts, const void *settings,
                                struct hone_findings *findings)
{
    const struct settings *set = settings;
    const struct hone_column *c = facts->c;
    const double *v;
    size_t n;
    size_t wrong = 0;
    size_t mirror = 0;
    double centre;
    double scale;

    (void)ctx;
    if (!facts->is_numeric || facts->is_target || facts->p->negatives == 0) {
        return HONE_OK;
    }
    HONE_TRY(hone_facts_sorted(run, facts, &v, &n));
    while (wrong < n && v[wrong] < 0) {
        wrong++;
    }
    if (n < ENOUGH || wrong == 0 || (double)wrong > set->share * (double)n) {
        return HONE_OK;
    }
    while (wrong + mirror < n && v[wrong + mirror] <= -v[0]) {
        mirror++;
    }
    HONE_TRY(hone_robust(run, n, v, &centre, &scale));
    bool jump = scale > 0 && v[wrong] - v[wrong - 1] > 0.75 * scale;
    if (mirror >= wrong && !jump) {
        return HONE_OK;
    }
    struct hone_finding *f = hone_finding_add(findings, "rare_sign", HONE_WARN, c->name);
    for (size_t i = 0; i < c->rows; i++) {
        if (isfinite(hone_column_f64(c, i)) && hone_column_f64(c, i) < 0) {
            hone_finding_row(f, i);
        }
    }
    f->value = v[0];
    f->message = HONE_SAY(findings, "column %s is positive but for %zu value%s, down to %g",
                          c->name, wrong, hone_plural(wrong), v[0]);
    f->advice = "negative values look impossible here: correct them or mark them missing";
    return HONE_OK;
}

/* Is the first (or last) of n ascending values a code for missing?  *same gets how often it stands there. */
static bool ends_in_code(size_t n, const double *v, bool last, size_t *same)
{
    double x = last ? v[n - 1] : v[0];

    *same = 0;
    while (*same < n && !(fabs((last ? v[n - 1 - *same] : v[*same]) - x) > 0)) {
        (*same)++;
    }
    if (!hone_is_missing_code(x) || *same < 5 || n - *same < 5) {
        return false;
    }
    double next = last ? v[n - 1 - *same] : v[*same];
    double spread = last ? next - v[0] : v[n - 1] - next;
    /* -1 before 0, 1, 2 ... is a code only where it is common and the rest never negative */
    bool minus_one = !last && x >= -1 && next >= 0 && 10 * *same >= n && spread > 10;
    return fabs(x - next) > 0.5 * spread || minus_one;
}

static enum hone_code missing_code(struct hone_run *run, const struct hone_check_ctx *ctx,
                                   struct hone_facts *facts, const void *settings,
                                   struct hone_findings *findings)
{
    const struct hone_column *c = facts->c;
    const double *v;
    size_t n;

    (void)ctx;
    (void)settings;
    if (!facts->is_numeric || facts->is_target || facts->p->distinct <= 2) {
        return HONE_OK;
    }
    HONE_TRY(hone_facts_sorted(run, facts, &v, &n));
    for (int end = 0; end < 2 && n >= ENOUGH; end++) {
        size_t same;
        if (!ends_in_code(n, v, end == 1, &same)) {
            continue;
        }
        double x = end == 1 ? v[n - 1] : v[0];
        struct hone_finding *f = hone_finding_add(findings, "missing_code", HONE_WARN, c->name);
        for (size_t i = 0; i < c->rows; i++) {
            if (hone_is_valid(c, i) && !(fabs(hone_column_f64(c, i) - x) > 0)) {
                hone_finding_row(f, i);
            }
        }
        f->value = x;
        f->message = HONE_SAY(
            findings,
            "column %s: %g stands in %zu rows, apart from all other values: a code for missing?",
            c->name, x, same);
        f->advice = HONE_SAY(findings, "if so, read it as missing: --na %g", x);
    }
    return HONE_OK;
}

static enum hone_code infinite_values(struct hone_run *run, const struct hone_check_ctx *ctx,
                                      struct hone_facts *facts, const void *settings,
                                      struct hone_findings *findings)
{
    const struct hone_column *c = facts->c;

    (void)run;
    (void)ctx;
    (void)settings;
    if (!facts->is_numeric || c->type == HONE_INT64) {
        return HONE_OK;
    }
    struct hone_finding found = {.rows = 0};
    for (size_t i = 0; i < c->rows; i++) {
        if (hone_is_valid(c, i) && !isfinite(hone_column_f64(c, i))) {
            hone_finding_row(&found, i);
        }
    }
    if (found.rows == 0) {
        return HONE_OK;
    }
    struct hone_finding *f = hone_finding_add(findings, "infinite_values", HONE_WARN, c->name);
    hone_finding_rows(f, &found);
    f->value = (double)found.rows / (double)c->rows;
    f->message =
        HONE_SAY(findings, "column %s has %zu value%s that %s no finite number", c->name,
                 found.rows, hone_plural(found.rows), found.rows == 1 ? "is" : "are");
    f->advice = "a division by zero upstream? correct them, or mark them missing: --na inf";
    return HONE_OK;
}

/* How often the commonest value strictly between the ends stands there, and the longest run at each end. */
struct pile {
    size_t low, high, inner;
};
static struct pile piles_of(size_t n, const double *v)
{
    struct pile p = {0, 0, 0};

    for (size_t i = 0; i < n;) {
        size_t k = i + 1;
        while (k < n && !(v[k] > v[i])) {
            k++;
        }
        if (i == 0) {
            p.low = k - i;
        } else if (k == n) {
            p.high = k - i;
        } else if (k - i > p.inner) {
            p.inner = k - i;
        }
        i = k;
    }
    return p;
}

/*
 * Many values that are exactly the greatest or the least of a fine-grained column: it was cut off there.  The
 * natural ends of amounts, shares and correlations (0, 1, -1, 100) are none.
 */
static enum hone_code clipped_values(struct hone_run *run, const struct hone_check_ctx *ctx,
                                     struct hone_facts *facts, const void *settings,
                                     struct hone_findings *findings)
{
    const struct settings *set = settings;
    const struct hone_column *c = facts->c;
    const double *v;
    size_t n;

    (void)ctx;
    if (!facts->is_numeric || facts->p->distinct < 50 || facts->known < ENOUGH) {
        return HONE_OK;
    }
    HONE_TRY(hone_facts_sorted(run, facts, &v, &n));
    if (n < ENOUGH) {
        return HONE_OK;
    }
    struct pile pile = piles_of(n, v);
    for (int end = 0; end < 2; end++) {
        size_t same = end == 1 ? pile.high : pile.low;
        double x = end == 1 ? v[n - 1] : v[0];
        bool natural = !(fabs(x) > 0) || !(fabs(fabs(x) - 1) > 0) || !(fabs(x - 100) > 0);
        if (natural || (double)same < set->share * (double)n || same < 10 ||
            same < 5 * pile.inner || hone_is_missing_code(x)) {
            continue;
        }
        struct hone_finding *f =
            hone_finding_add(findings, "clipped_values", HONE_WARN, c->name);
        for (size_t i = 0; i < c->rows; i++) {
            if (hone_is_valid(c, i) && !(fabs(hone_column_f64(c, i) - x) > 0)) {
                hone_finding_row(f, i);
            }
        }
        f->value = (double)same / (double)n;
        f->threshold = set->share;
        f->message =
            HONE_SAY(findings,
                     "column %s: %zu rows have exactly the %s value, %.15g; no other value "
                     "stands in more than %zu rows",
                     c->name, same, end == 1 ? "greatest" : "least", x, pile.inner);
        f->advice =
            "values beyond seem to be cut off there: what is recorded is a bound, not a value";
    }
    return HONE_OK;
}

/* 2^53: from here on a double no longer holds every whole number. */
#define EXACT 9007199254740992.0

static enum hone_code lost_digits(struct hone_run *run, const struct hone_check_ctx *ctx,
                                  struct hone_facts *facts, const void *settings,
                                  struct hone_findings *findings)
{
    const struct hone_column *c = facts->c;
    struct hone_finding found = {.rows = 0};
    size_t whole = 0;

    (void)run;
    (void)ctx;
    (void)settings;
    if (c->type != HONE_FLOAT64) {
        return HONE_OK;
    }
    for (size_t i = 0; i < c->rows; i++) {
        double x = hone_column_f64(c, i);
        if (isfinite(x) && !(fabs(x - floor(x)) > 0)) {
            whole++;
            if (fabs(x) > EXACT && fabs(x) < 1e22) {
                hone_finding_row(&found, i);
            }
        }
    }
    /* measurements of that size vary in size; numbers of things have one number of digits */
    if (found.rows == 0 || whole < facts->known || 2 * found.rows < facts->known) {
        return HONE_OK;
    }
    struct hone_finding *f = hone_finding_add(findings, "lost_digits", HONE_WARN, c->name);
    hone_finding_rows(f, &found);
    f->value = (double)found.rows;
    f->message =
        HONE_SAY(findings,
                 "column %s: %zu whole numbers are beyond 2^53, where a float no longer "
                 "holds every digit, such as %.0f",
                 c->name, found.rows, hone_column_f64(c, found.row[0]));
    f->advice = HONE_SAY(findings, "if they are identifiers, read them as text: --type %s=text",
                         c->name);
    return HONE_OK;
}

static const struct hone_param outlier_rows[] = {
    HONE_REAL(struct settings, max, 8, 1, 1e6,
              .help = "robust standard deviations from the median"),
    HONE_REAL(struct settings, share, 0.005, 0, 0.5,
              .help = "more than this share are no outliers"),
    HONE_PARAM_END,
};
static const struct hone_param clip_rows[] = {
    HONE_REAL(struct settings, share, 0.01, 0, 1,
              .help = "warn from this share of the values at one end on"),
    HONE_PARAM_END,
};
static const struct hone_param sign_rows[] = {
    HONE_REAL(struct settings, share, 0.005, 0, 0.5,
              .help = "more than this share are no slips"),
    HONE_PARAM_END,
};

#define HEAD(name_, summary_)                                                                  \
    .part.name = (name_), .part.summary = (summary_), .stage = HONE_CHECK_INTEGRITY

const struct hone_check hone_check_outliers = {
    HEAD("outliers", "no number lies far from all others"),
    .part.settings_size = sizeof(struct settings),
    .part.params = outlier_rows,
    .column = outliers,
};
const struct hone_check hone_check_rare_sign = {
    HEAD("rare_sign", "no numbers of an impossible sign"),
    .part.settings_size = sizeof(struct settings),
    .part.params = sign_rows,
    .column = rare_sign,
};
const struct hone_check hone_check_missing_code = {
    HEAD("missing_code", "no numbers that stand for missing"),
    .column = missing_code,
};
const struct hone_check hone_check_infinite_values = {
    HEAD("infinite_values", "every number is finite"),
    .column = infinite_values,
};
const struct hone_check hone_check_clipped_values = {
    HEAD("clipped_values", "no numbers are cut off at a bound"),
    .part.settings_size = sizeof(struct settings),
    .part.params = clip_rows,
    .column = clipped_values,
};
const struct hone_check hone_check_lost_digits = {
    HEAD("lost_digits", "no identifier has lost its last digits"),
    .column = lost_digits,
};
