/* Checks of single values in columns of numbers and times. */
#include <math.h>

#include "base/time.h"
#include "check/check_priv.h"
#include "eval/order.h"

#define ENOUGH 100 /* values below which nothing is called rare */
#define DAY_US (24 * 3600 * INT64_C(1000000))

struct settings {
    double max;
    double share;
};

/* The values of a numeric column, ascending, without missing and non-finite ones; in scratch. */
static enum hone_code sorted_values(struct hone_run *run, const struct hone_column *c,
                                    double **out, size_t *n)
{
    double *v;
    size_t m = 0;

    HONE_TRY(hone_array(run, &run->scratch, &v, c->rows));
    for (size_t i = 0; i < c->rows; i++) {
        double x = hone_column_f64(c, i);
        if (isfinite(x)) {
            v[m++] = x;
        }
    }
    HONE_TRY(hone_sort_f64(run, m, v));
    *out = v;
    *n = m;
    return HONE_OK;
}

static bool is_numeric(const struct hone_check_ctx *ctx, size_t j)
{
    const struct hone_column *c = &ctx->table->column[j];
    return hone_type_is_number(c->type) && c->type != HONE_BOOL && c != ctx->target;
}

/* Median and robust scale (1.4826 MAD) of f(v), v ascending and f rising. */
static enum hone_code robust_scale(struct hone_run *run, size_t n, const double *v,
                                   double (*f)(double), double *centre, double *scale)
{
    double *d;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &d, n));
    *centre = f(hone_quantile_sorted(n, v, 0.5));
    for (size_t i = 0; i < n; i++) {
        d[i] = fabs(f(v[i]) - *centre);
    }
    HONE_TRY(hone_sort_f64(run, n, d));
    *scale = 1.4826 * hone_quantile_sorted(n, d, 0.5);
    return HONE_OK;
}

static double plain(double x)
{
    return x;
}

static double log_of(double x)
{
    return x > 0 ? log1p(x) : -log1p(-x);
}

/* -999, 9999, ...: an end of the range that repeats and stands apart from the rest. */
static bool is_code(double x)
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

/* Gaps among the first and last `most` of n ascending values that are wider than step and half of
 * the range of the values between. */
static struct ends find_ends(size_t n, const double *v, size_t most, double step)
{
    struct ends e = {false, v[0], v[n - 1]};
    double gap = fmax(step, 0.5 * (v[n - 1 - most] - v[most]));

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
static enum hone_code outlier_column(struct hone_run *run, const struct hone_check_ctx *ctx,
                                     size_t j, const struct settings *set,
                                     struct hone_findings *findings)
{
    const struct hone_column *c = &ctx->table->column[j];
    double *v;
    size_t n;
    double centre[2];
    double scale[2];
    HONE_SCRATCH(run);

    HONE_TRY(sorted_values(run, c, &v, &n));
    if (n < ENOUGH) {
        return HONE_OK;
    }
    HONE_TRY(robust_scale(run, n, v, plain, &centre[0], &scale[0]));
    HONE_TRY(robust_scale(run, n, v, log_of, &centre[1], &scale[1]));
    if (!(scale[0] > 0 && scale[1] > 0)) {
        return HONE_OK; /* more than half of the values are alike */
    }
    struct ends ends = find_ends(n, v, (size_t)(set->share * (double)n), set->max * scale[0]);
    if (!ends.any) {
        return HONE_OK;
    }
    struct hone_finding found = {.rows = 0};
    for (size_t i = 0; i < c->rows; i++) {
        double x = hone_column_f64(c, i);
        double z = (x - centre[0]) / scale[0];
        double zl = (log_of(x) - centre[1]) / scale[1];
        if (isfinite(x) && (x < ends.low || x > ends.high) && fabs(z) > set->max &&
            fabs(zl) > set->max) {
            hone_finding_row(&found, i);
        }
    }
    double first = found.rows == 0 ? 0.0 : hone_column_f64(c, found.row[0]);
    if (found.rows == 0 || (found.rows >= 5 && is_code(first))) {
        return HONE_OK; /* missing_code speaks of these */
    }
    struct hone_finding *f = hone_finding_add(findings, "outliers", HONE_WARN, c->name);
    memcpy(f->row, found.row, sizeof f->row);
    f->rows = found.rows;
    f->row_n = found.row_n;
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

static enum hone_code outliers(struct hone_run *run, const struct hone_check_ctx *ctx,
                               const void *settings, struct hone_findings *findings)
{
    for (size_t j = 0; j < ctx->table->cols; j++) {
        if (is_numeric(ctx, j)) {
            HONE_TRY(outlier_column(run, ctx, j, settings, findings));
        }
    }
    return HONE_OK;
}

/*
 * A few values of the wrong sign that are not the thin end of a distribution: such an end reaches 0 in
 * small steps, and has more values just on the right side of 0 than beyond it.
 */
static enum hone_code sign_column(struct hone_run *run, const struct hone_check_ctx *ctx,
                                  size_t j, double share, struct hone_findings *findings)
{
    const struct hone_column *c = &ctx->table->column[j];
    double *v;
    size_t n;
    size_t wrong = 0;
    size_t mirror = 0;
    double centre;
    double scale;
    HONE_SCRATCH(run);

    HONE_TRY(sorted_values(run, c, &v, &n));
    while (wrong < n && v[wrong] < 0) {
        wrong++;
    }
    if (n < ENOUGH || wrong == 0 || (double)wrong > share * (double)n) {
        return HONE_OK;
    }
    while (wrong + mirror < n && v[wrong + mirror] <= -v[0]) {
        mirror++;
    }
    HONE_TRY(robust_scale(run, n, v, plain, &centre, &scale));
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
    f->message = HONE_SAY(findings, "column %s is positive but for %zu %s, down to %g", c->name,
                          wrong, wrong == 1 ? "value" : "values", v[0]);
    f->advice = "negative values look impossible here: correct them or mark them missing";
    return HONE_OK;
}

static enum hone_code rare_sign(struct hone_run *run, const struct hone_check_ctx *ctx,
                                const void *settings, struct hone_findings *findings)
{
    const struct settings *set = settings;

    for (size_t j = 0; j < ctx->table->cols; j++) {
        if (is_numeric(ctx, j) && ctx->profile->column[j].negatives > 0) {
            HONE_TRY(sign_column(run, ctx, j, set->share, findings));
        }
    }
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
    if (!is_code(x) || *same < 5 || n - *same < 5) {
        return false;
    }
    double next = last ? v[n - 1 - *same] : v[*same];
    double spread = last ? next - v[0] : v[n - 1] - next;
    /* -1 before 0, 1, 2 ... is a code only where it is common and the rest never negative */
    bool minus_one = !last && x >= -1 && next >= 0 && 10 * *same >= n && spread > 10;
    return fabs(x - next) > 0.5 * spread || minus_one;
}

static enum hone_code code_column(struct hone_run *run, const struct hone_check_ctx *ctx,
                                  size_t j, struct hone_findings *findings)
{
    const struct hone_column *c = &ctx->table->column[j];
    double *v;
    size_t n;
    HONE_SCRATCH(run);

    HONE_TRY(sorted_values(run, c, &v, &n));
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

static enum hone_code missing_code(struct hone_run *run, const struct hone_check_ctx *ctx,
                                   const void *settings, struct hone_findings *findings)
{
    (void)settings;
    for (size_t j = 0; j < ctx->table->cols; j++) {
        if (is_numeric(ctx, j) && ctx->profile->column[j].distinct > 2) {
            HONE_TRY(code_column(run, ctx, j, findings));
        }
    }
    return HONE_OK;
}

static enum hone_code future_date(struct hone_run *run, const struct hone_check_ctx *ctx,
                                  const void *settings, struct hone_findings *findings)
{
    int64_t now = hone_now_us(run);

    (void)settings;
    for (size_t j = 0; j < ctx->table->cols; j++) {
        const struct hone_column *c = &ctx->table->column[j];
        struct hone_finding found = {.rows = 0};
        if (!hone_type_is_time(c->type)) {
            continue;
        }
        int64_t limit = c->type == HONE_DATE ? now / DAY_US + 1 : now + DAY_US;
        for (size_t i = 0; i < c->rows; i++) {
            if (hone_is_valid(c, i) && hone_column_i64(c, i) > limit) {
                hone_finding_row(&found, i);
            }
        }
        /* A column of plans lies ahead as a whole; single rows that do are slips. */
        if (found.rows == 0 || 2 * found.rows > c->rows) {
            continue;
        }
        struct hone_finding *f = hone_finding_add(findings, "future_date", HONE_WARN, c->name);
        struct hone_buf shown = hone_buf(findings->mem);
        hone_column_print(&shown, c, found.row[0]);
        memcpy(f->row, found.row, sizeof f->row);
        f->rows = found.rows;
        f->row_n = found.row_n;
        f->message =
            HONE_SAY(findings, "column %s: %zu %s in the future, such as %s", c->name,
                     found.rows, found.rows == 1 ? "date lies" : "dates lie", shown.ptr);
        f->advice = "correct them: they look mistyped";
    }
    return HONE_OK;
}

static const struct hone_param outlier_rows[] = {
    HONE_REAL(struct settings, max, 8, 1, 1e6,
              .help = "robust standard deviations from the median"),
    HONE_REAL(struct settings, share, 0.005, 0, 0.5,
              .help = "more than this share are no outliers"),
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
    .look = outliers,
};
const struct hone_check hone_check_rare_sign = {
    HEAD("rare_sign", "no numbers of an impossible sign"),
    .part.settings_size = sizeof(struct settings),
    .part.params = sign_rows,
    .look = rare_sign,
};
const struct hone_check hone_check_missing_code = {
    HEAD("missing_code", "no numbers that stand for missing"),
    .look = missing_code,
};
const struct hone_check hone_check_future_date = {
    HEAD("future_date", "no dates in the future"),
    .look = future_date,
};
