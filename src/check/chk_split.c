/* Checks of a training table beside a test table. */
#include <math.h>

#include "base/hash.h"
#include "check/check_priv.h"
#include "eval/order.h"
#include "eval/stat.h"

#define BINS   10
#define LEVELS 50 /* levels compared one by one; the rest are one */

struct settings {
    double max;
    double warn;
};

/* Test rows that are in the training table as well; also how often training rows repeat there. */
static enum hone_code row_overlap(struct hone_run *run, const struct hone_check_ctx *ctx,
                                  const void *settings, struct hone_findings *findings)
{
    const struct settings *set = settings;
    struct hone_finding found = {.rows = 0};
    struct hone_seen seen;
    size_t repeats = 0;
    size_t rows = ctx->table->rows;
    size_t tests = ctx->test->rows;
    const struct hone_column *target =
        ctx->target == NULL ? NULL : hone_table_find(ctx->test, hone_str(ctx->target->name));
    HONE_SCRATCH(run);

    HONE_TRY(hone_seen_new(run, rows, &run->scratch, &seen));
    for (size_t i = 0; i < rows; i++) {
        uint64_t y = target == NULL ? 0 : hone_cell_hash(ctx->target, i);
        uint64_t key = hone_mix64(ctx->features[i] * 37 + y);
        repeats += hone_seen_add(&seen, key, (uint32_t)i) != i ? 1 : 0;
    }
    for (size_t i = 0; i < tests; i++) {
        uint64_t y = target == NULL ? 0 : hone_cell_hash(target, i);
        uint64_t key = hone_mix64(ctx->test_features[i] * 37 + y);
        if (hone_seen_get(&seen, key) != UINT32_MAX) {
            hone_finding_row(&found, i);
        }
    }
    if (found.rows == 0) {
        return HONE_OK;
    }
    /* Coarse tables repeat rows by nature: then as many test rows are expected to. */
    double share = (double)found.rows / (double)tests;
    double natural = (double)repeats / (double)rows;
    bool bad = share > set->max && share > 3 * natural;
    bool chance = share <= 2 * natural; /* duplicate_rows speaks of those */
    struct hone_finding *f = hone_finding_add(
        findings, "row_overlap", bad ? HONE_FAIL : (chance ? HONE_INFO : HONE_WARN), NULL);
    hone_finding_rows(f, &found);
    f->value = share;
    f->threshold = set->max;
    f->message = HONE_SAY(findings, "%zu test rows (%.2g %%) are in the training table as well",
                          found.rows, 100 * share);
    f->advice = "results on them are remembered, not predicted: take them out of one side";
    return HONE_OK;
}

static enum hone_code group_overlap(struct hone_run *run, const struct hone_check_ctx *ctx,
                                    const void *settings, struct hone_findings *findings)
{
    const struct hone_column *train;
    const struct hone_column *test;
    struct hone_finding found = {.rows = 0};
    struct hone_seen seen;
    HONE_SCRATCH(run);

    (void)settings;
    if (!hone_both_parts(ctx, ctx->in->group, &train, &test)) {
        return HONE_OK;
    }
    HONE_TRY(hone_seen_new(run, train->rows, &run->scratch, &seen));
    for (size_t i = 0; i < train->rows; i++) {
        if (hone_is_valid(train, i)) {
            (void)hone_seen_add(&seen, hone_cell_hash(train, i), (uint32_t)i);
        }
    }
    for (size_t i = 0; i < test->rows; i++) {
        if (hone_is_valid(test, i) &&
            hone_seen_get(&seen, hone_cell_hash(test, i)) != UINT32_MAX) {
            hone_finding_row(&found, i);
        }
    }
    if (found.rows > 0) {
        struct hone_finding *f =
            hone_finding_add(findings, "group_overlap", HONE_FAIL, train->name);
        hone_finding_rows(f, &found);
        f->value = (double)found.rows / (double)test->rows;
        f->message = HONE_SAY(
            findings, "%zu test rows belong to a %s that is in the training table as well",
            found.rows, train->name);
        f->advice = "split by group, so that a model is tested on groups it has not seen";
    }
    return HONE_OK;
}

static enum hone_code time_overlap(struct hone_run *run, const struct hone_check_ctx *ctx,
                                   const void *settings, struct hone_findings *findings)
{
    const struct hone_column *train;
    const struct hone_column *test;
    struct hone_finding found = {.rows = 0};
    double newest = -HUGE_VAL;

    (void)run;
    (void)settings;
    if (!hone_both_parts(ctx, ctx->in->time, &train, &test) || train->type != test->type) {
        return HONE_OK;
    }
    for (size_t i = 0; i < train->rows; i++) {
        newest = fmax(newest, hone_column_f64(train, i)); /* NaN is passed over */
    }
    for (size_t i = 0; i < test->rows; i++) {
        if (hone_column_f64(test, i) < newest) {
            hone_finding_row(&found, i);
        }
    }
    if (found.rows > 0) {
        struct hone_finding *f =
            hone_finding_add(findings, "time_overlap", HONE_WARN, train->name);
        hone_finding_rows(f, &found);
        f->value = (double)found.rows / (double)test->rows;
        f->message =
            HONE_SAY(findings, "%zu test rows are older than the newest training row by %s",
                     found.rows, train->name);
        f->advice = "split by time, or the model is tested on a past it has learned from";
    }
    return HONE_OK;
}

/* How many test rows are expected to have a category that training lacks, were both drawn alike: as often as
 * training has categories of one row.  Source: Good, Biometrika 40, 1953 (Turing's estimate). */
static double expected_new(const struct hone_words *w, size_t tests)
{
    size_t once = 0;

    for (size_t k = 0; k < w->n; k++) {
        once += w->count[k] == 1 ? 1 : 0;
    }
    return (double)tests * (double)once / (double)(w->known > 0 ? w->known : 1);
}

static enum hone_code new_categories(struct hone_run *run, const struct hone_check_ctx *ctx,
                                     struct hone_facts *facts, const void *settings,
                                     struct hone_findings *findings)
{
    struct hone_finding found = {.rows = 0};
    const struct hone_column *train;
    const struct hone_column *test;
    struct hone_words *w;
    struct hone_seen seen;
    HONE_SCRATCH(run);

    (void)settings;
    if (!hone_both_parts(ctx, facts->c->name, &train, &test) ||
        !hone_type_is_text(test->type)) {
        return HONE_OK;
    }
    HONE_TRY(hone_facts_words(run, facts, &w));
    if (w == NULL || 20 * w->n > w->known) {
        return HONE_OK;
    }
    HONE_TRY(hone_seen_new(run, w->n, &run->scratch, &seen));
    for (size_t k = 0; k < w->n; k++) {
        (void)hone_seen_add(&seen, hone_text_hash(w->text[k]), (uint32_t)k);
    }
    for (size_t i = 0; i < test->rows; i++) {
        if (hone_is_valid(test, i) &&
            hone_seen_get(&seen, hone_cell_hash(test, i)) == UINT32_MAX) {
            hone_finding_row(&found, i);
        }
    }
    if (found.rows == 0) {
        return HONE_OK;
    }
    double expected = expected_new(w, test->rows - test->nulls);
    bool chance = (double)found.rows <= 1.5 * expected + 3 * sqrt(expected);
    struct hone_finding *f = hone_finding_add(findings, "new_categories",
                                              chance ? HONE_INFO : HONE_WARN, train->name);
    struct hone_str example = hone_column_str(test, found.row[0]);
    hone_finding_rows(f, &found);
    f->value = (double)found.rows / (double)test->rows;
    f->threshold = expected / (double)test->rows;
    f->message = HONE_SAY(
        findings, "column %s: %zu test %s a category that training never saw, such as \"%.*s\"",
        train->name, found.rows, found.rows == 1 ? "row has" : "rows have",
        (int)(example.len < 60 ? example.len : 60), example.ptr);
    f->advice =
        chance
            ? "as many as so many rare categories let expect; the model treats them as unknown"
            : "the model treats it as unknown; is it a misspelling, or is training data missing?";
    return HONE_OK;
}

/* Two columns as counts over cells; a p-value from the same.  Missing values are missing_drift's matter. */
struct shift {
    double psi, p;
};

/* Size-aware: PSI of two samples of one law is about chi-squared (B-1) times (1/n + 1/m). */
static double psi_limit(double floor, double cells, double n, double m)
{
    double per = 1 / n + 1 / m;
    return floor + per * ((cells - 1) + 3 * sqrt(2 * (cells - 1)));
}

static enum hone_code finite_values(struct hone_run *run, const struct hone_column *c,
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

/* Counts of ascending values between edges: cell b holds edge[b-1] < x <= edge[b]. */
static void count_cells(size_t n, const double *v, size_t edges, const double *edge,
                        double *count)
{
    size_t b = 0;

    for (size_t i = 0; i < n; i++) {
        while (b < edges && v[i] > edge[b]) {
            b++;
        }
        count[b] += 1;
    }
}

static enum hone_code number_shift(struct hone_run *run, const struct hone_column *train,
                                   const struct hone_column *test, struct shift *out,
                                   double *cells)
{
    double *a;
    double *b;
    size_t n;
    size_t m;
    size_t edges = 0;
    double edge[BINS];
    double reference[BINS + 2] = {0};
    double current[BINS + 2] = {0};
    HONE_SCRATCH(run);

    HONE_TRY(finite_values(run, train, &a, &n));
    HONE_TRY(finite_values(run, test, &b, &m));
    for (size_t k = 1; k < BINS && n > 0; k++) {
        double e = hone_quantile_sorted(n, a, (double)k / BINS);
        if (edges == 0 || e > edge[edges - 1]) {
            edge[edges++] = e;
        }
    }
    count_cells(n, a, edges, edge, reference);
    count_cells(m, b, edges, edge, current);
    *cells = (double)edges + 1;
    out->psi = hone_psi(edges + 1, reference, current);
    out->p = n > 0 && m > 0 ? hone_ks_p(hone_ks_statistic(n, a, m, b), (double)n, (double)m)
                            : (double)NAN;
    double freedom;
    double chi2 = hone_chi2_two(edges + 1, reference, current, &freedom);
    double p = hone_chi2_sf(chi2, freedom);
    out->p = isnan(out->p) ? p : fmin(1.0, 2 * fmin(p, out->p));
    return HONE_OK;
}

static void count_levels(const struct hone_column *c, const struct hone_seen *seen,
                         const uint32_t *cell, double *count)
{
    for (size_t i = 0; i < c->rows; i++) {
        if (hone_is_valid(c, i)) {
            count[cell[hone_seen_get(seen, hone_cell_hash(c, i))]] += 1;
        }
    }
}

static enum hone_code level_shift(struct hone_run *run, const struct hone_column *train,
                                  const struct hone_column *test, struct shift *out,
                                  double *cells)
{
    struct hone_seen seen;
    double *count; /* (levels) rows in both tables */
    uint32_t *order;
    uint32_t *cell; /* (levels) */
    double reference[LEVELS + 1] = {0};
    double current[LEVELS + 1] = {0};
    double freedom;
    size_t room = train->rows + test->rows + 1;
    HONE_SCRATCH(run);

    HONE_TRY(hone_seen_new(run, room, &run->scratch, &seen));
    HONE_TRY(hone_array(run, &run->scratch, &count, room));
    HONE_TRY(hone_array(run, &run->scratch, &order, room));
    HONE_TRY(hone_array(run, &run->scratch, &cell, room));
    /* The commonest of both tables together: those of one alone would be common there by chance. */
    for (size_t i = 0; i < train->rows + test->rows; i++) {
        const struct hone_column *c = i < train->rows ? train : test;
        size_t row = i < train->rows ? i : i - train->rows;
        if (hone_is_valid(c, row)) {
            count[hone_seen_add(&seen, hone_cell_hash(c, row), (uint32_t)seen.n)] += 1;
        }
    }
    HONE_TRY(hone_order_by(run, seen.n, count, true, order));
    for (size_t r = 0; r < seen.n; r++) {
        cell[order[r]] = (uint32_t)(r < LEVELS ? r : LEVELS);
    }
    count_levels(train, &seen, cell, reference);
    count_levels(test, &seen, cell, current);
    *cells = fmin((double)seen.n, LEVELS + 1);
    out->psi = hone_psi((size_t)*cells, reference, current);
    double chi2 = hone_chi2_two((size_t)*cells, reference, current, &freedom);
    out->p = hone_chi2_sf(chi2, freedom);
    return HONE_OK;
}

/*
 * How many independent rows n rows of a column are worth: neighbours that are alike (a series in order) say
 * less.  With first-order autocorrelation r that is n (1 - r) / (1 + r).  Source: Bayley & Hammersley, JRSS suppl.
 * 8, 1946.
 */
static double worth_of(const struct hone_column *c, bool text)
{
    double n = 0;
    double mean = 0;
    double square = 0;
    double lag = 0;
    double last = (double)NAN;

    for (size_t i = 0; i < c->rows; i++) {
        double x = hone_column_f64(c, i);
        if (isfinite(x)) {
            n += 1;
            mean += (x - mean) / n;
        }
    }
    for (size_t i = 0; i < c->rows; i++) {
        double x = hone_column_f64(c, i) - mean;
        if (isfinite(x)) {
            square += x * x;
            lag += isfinite(last) ? x * last : 0;
            last = x;
        }
    }
    if (text) {
        return (double)(c->rows - c->nulls);
    }
    double r = square > 0 ? fmax(0.0, fmin(0.999, lag / square)) : 0;
    return fmax(1.0, n * (1 - r) / (1 + r));
}

/* A column of times that runs on from one table to the other: the tables were split by it. */
static bool runs_on(const struct hone_column *train, const struct hone_column *test)
{
    double newest = -HUGE_VAL;
    double oldest = HUGE_VAL;

    for (size_t i = 0; i < train->rows; i++) {
        newest = fmax(newest, hone_column_f64(train, i)); /* NaN is passed over */
    }
    for (size_t i = 0; i < test->rows; i++) {
        oldest = fmin(oldest, hone_column_f64(test, i));
    }
    return oldest >= newest;
}

static enum hone_code look_for_shift(struct hone_run *run, const struct hone_column *train,
                                     const struct hone_column *test, const struct settings *set,
                                     const char *check, double tests,
                                     struct hone_findings *findings)
{
    struct shift shift = {0};
    double cells = 0;
    bool text = hone_type_is_text(train->type);

    if (text != hone_type_is_text(test->type) || train->type == HONE_VECTOR ||
        train->type == HONE_BINARY || train->nulls == train->rows ||
        test->nulls == test->rows) {
        return HONE_OK;
    }
    if (text) {
        HONE_TRY(level_shift(run, train, test, &shift, &cells));
    } else {
        HONE_TRY(number_shift(run, train, test, &shift, &cells));
    }
    double limit = psi_limit(set->warn, cells, worth_of(train, text), worth_of(test, text));
    /* Both: a large effect, and none that chance explains among as many columns. */
    if (!(shift.psi > limit) || !(shift.p * tests < 0.01)) {
        return HONE_OK;
    }
    struct hone_finding *f = hone_finding_add(findings, check, HONE_WARN, train->name);
    f->value = shift.psi;
    f->threshold = limit;
    f->message = HONE_SAY(
        findings,
        "column %s is distributed differently in the test table: PSI %.3f, over %.3f for these sizes (p = %.2g)",
        train->name, shift.psi, limit, shift.p);
    f->advice = "were the two tables drawn in the same way?";
    return HONE_OK;
}

static enum hone_code feature_drift(struct hone_run *run, const struct hone_check_ctx *ctx,
                                    const void *settings, struct hone_findings *findings)
{
    for (size_t j = 0; j < ctx->table->cols; j++) {
        const struct hone_column_profile *p = &ctx->profile->column[j];
        const struct hone_column *train;
        const struct hone_column *test;
        bool repeats = 10 * p->distinct <= p->rows - p->missing;
        if (hone_both_parts(ctx, p->name, &train, &test) && train != ctx->target &&
            (repeats || !hone_type_is_text(train->type)) &&
            !hone_is_id_like(train, p, 0.99, 50) &&
            !(ctx->in->group != NULL && hone_str_is(hone_str(p->name), ctx->in->group)) &&
            !(hone_type_is_time(train->type) && runs_on(train, test))) {
            HONE_TRY(look_for_shift(run, train, test, settings, "feature_drift",
                                    (double)ctx->table->cols, findings));
        }
    }
    return HONE_OK;
}

static enum hone_code label_drift(struct hone_run *run, const struct hone_check_ctx *ctx,
                                  const void *settings, struct hone_findings *findings)
{
    const struct hone_column *train;
    const struct hone_column *test;

    if (!hone_both_parts(ctx, ctx->target->name, &train, &test)) {
        return HONE_OK;
    }
    return look_for_shift(run, train, test, settings, "label_drift", 1, findings);
}

static const struct hone_param overlap_rows[] = {
    HONE_REAL(
        struct settings, max, 0.05, 0, 1,
        .help =
            "fail above this share of test rows, if it is also three times what training rows repeat"),
    HONE_PARAM_END,
};
static const struct hone_param drift_rows[] = {
    HONE_REAL(struct settings, warn, 0.2, 0, 100, .help = "PSI beyond what the sizes explain"),
    HONE_PARAM_END,
};
static const struct hone_param label_rows[] = {
    HONE_REAL(struct settings, warn, 0.15, 0, 100, .help = "PSI beyond what the sizes explain"),
    HONE_PARAM_END,
};

#define HEAD(name_, summary_)                                                                  \
    .part.name = (name_), .part.summary = (summary_), .stage = HONE_CHECK_SPLIT

const struct hone_check hone_check_row_overlap = {
    HEAD("row_overlap", "no test row is in the training table"),
    .part.settings_size = sizeof(struct settings),
    .part.params = overlap_rows,
    .look = row_overlap,
};
const struct hone_check hone_check_group_overlap = {
    HEAD("group_overlap", "no group is on both sides"),
    .look = group_overlap,
};
const struct hone_check hone_check_time_overlap = {
    HEAD("time_overlap", "test rows are later than training rows"),
    .look = time_overlap,
};
const struct hone_check hone_check_new_categories = {
    HEAD("new_categories", "training saw every category of the test table"),
    .column = new_categories,
};
const struct hone_check hone_check_feature_drift = {
    HEAD("feature_drift", "features are distributed alike on both sides"),
    .part.settings_size = sizeof(struct settings),
    .part.params = drift_rows,
    .look = feature_drift,
};
const struct hone_check hone_check_label_drift = {
    HEAD("label_drift", "the target is distributed alike on both sides"),
    .part.settings_size = sizeof(struct settings),
    .part.params = label_rows,
    .needs_target = true,
    .look = label_drift,
};
