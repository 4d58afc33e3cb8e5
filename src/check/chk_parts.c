/* More checks of a training table beside a test table: what is missing, swapped, torn apart or nearly the same. */
#include <math.h>

#include "base/hash.h"
#include "check/check_priv.h"
#include "eval/order.h"
#include "eval/stat.h"

struct settings {
    double max;
};

bool hone_both_parts(const struct hone_check_ctx *ctx, const char *name,
                     const struct hone_column **train, const struct hone_column **test)
{
    *train = name == NULL ? NULL : hone_table_find(ctx->table, hone_str(name));
    *test = name == NULL ? NULL : hone_table_find(ctx->test, hone_str(name));
    return *train != NULL && *test != NULL;
}

static const char *kind_of(enum hone_type type)
{
    return hone_type_is_number(type) ? "numbers"
           : hone_type_is_time(type) ? "times"
           : hone_type_is_text(type) ? "texts"
                                     : hone_type_name(type);
}

/* A column that the test table lacks, or has in another kind. */
static enum hone_code part_columns(struct hone_run *run, const struct hone_check_ctx *ctx,
                                   struct hone_facts *facts, const void *settings,
                                   struct hone_findings *findings)
{
    const char *name = facts->c->name;
    const struct hone_column *train;
    const struct hone_column *test;

    (void)run;
    (void)settings;
    if (!hone_both_parts(ctx, name, &train, &test)) {
        if (!facts->is_target) { /* rows to be predicted have no target */
            struct hone_finding *f =
                hone_finding_add(findings, "part_columns", HONE_FAIL, name);
            f->message = HONE_SAY(findings, "the test table has no column %s", name);
            f->advice = "was it renamed? without it the test says nothing about the model";
        }
        return HONE_OK;
    }
    const char *here = kind_of(train->type);
    const char *there = kind_of(test->type);
    bool empty = train->nulls == train->rows || test->nulls == test->rows;
    if (!empty && strcmp(here, there) != 0) {
        struct hone_finding *f = hone_finding_add(findings, "part_columns", HONE_FAIL, name);
        f->message =
            HONE_SAY(findings, "column %s holds %s in training and %s in the test table", name,
                     here, there);
        f->advice =
            "look for values in the test table that are not of the kind, or give --type";
    }
    return HONE_OK;
}

static enum hone_code missing_drift(struct hone_run *run, const struct hone_check_ctx *ctx,
                                    struct hone_facts *facts, const void *settings,
                                    struct hone_findings *findings)
{
    const struct settings *set = settings;
    const struct hone_column *train;
    const struct hone_column *test;

    (void)run;
    if (facts->is_target || !hone_both_parts(ctx, facts->c->name, &train, &test) ||
        train->rows == 0 || test->rows == 0) {
        return HONE_OK;
    }
    double n = (double)train->rows;
    double m = (double)test->rows;
    double a = (double)train->nulls / n;
    double b = (double)test->nulls / m;
    double pooled = (double)(train->nulls + test->nulls) / (n + m);
    double error = sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
    if (fabs(a - b) < set->max || fabs(a - b) < 5 * error) {
        return HONE_OK;
    }
    struct hone_finding *f =
        hone_finding_add(findings, "missing_drift", HONE_WARN, facts->c->name);
    for (size_t i = 0; i < test->rows && b > a; i++) {
        if (!hone_is_valid(test, i)) {
            hone_finding_row(f, i);
        }
    }
    f->value = fabs(a - b);
    f->threshold = set->max;
    f->message =
        HONE_SAY(findings,
                 "column %s is missing in %.3g %% of the training rows and %.3g %% of the test "
                 "rows",
                 facts->c->name, 100 * a, 100 * b);
    f->advice = "is it recorded in the same way on both sides?";
    return HONE_OK;
}

/* Categories that training has and the test table should have, by chance alone. */
static enum hone_code vanished_categories(struct hone_run *run,
                                          const struct hone_check_ctx *ctx,
                                          struct hone_facts *facts, const void *settings,
                                          struct hone_findings *findings)
{
    const struct settings *set = settings;
    const struct hone_column *train;
    const struct hone_column *test;
    struct hone_words *w;
    struct hone_seen seen;
    size_t gone = 0;
    HONE_SCRATCH(run);

    if (!hone_both_parts(ctx, facts->c->name, &train, &test) ||
        !hone_type_is_text(test->type)) {
        return HONE_OK;
    }
    HONE_TRY(hone_facts_words(run, facts, &w));
    if (w == NULL || 20 * w->n > w->known || test->nulls == test->rows) {
        return HONE_OK;
    }
    HONE_TRY(hone_seen_new(run, test->rows, &run->scratch, &seen));
    for (size_t i = 0; i < test->rows; i++) {
        (void)hone_seen_add(&seen, hone_cell_hash(test, i), 0);
    }
    double scale = (double)(test->rows - test->nulls) / (double)w->known;
    for (size_t k = 0; k < w->n; k++) {
        uint64_t key = hone_text_hash(w->text[k]);
        w->bad[k] =
            (double)w->count[k] * scale >= set->max && hone_seen_get(&seen, key) == UINT32_MAX;
        gone += w->bad[k] ? 1 : 0;
    }
    if (gone == 0) {
        return HONE_OK;
    }
    struct hone_finding *f =
        hone_finding_add(findings, "vanished_categories", HONE_WARN, facts->c->name);
    f->value = (double)gone;
    f->message = HONE_SAY(findings, "column %s: no test row has %s, which training has often",
                          facts->c->name, hone_words_examples(w, findings->mem));
    f->advice = "the test table does not speak for them: were they left out, or renamed?";
    memset(w->bad, 0, w->n * sizeof *w->bad);
    return HONE_OK;
}

/* --- swapped columns --- */

#define QUANTILES 19
struct shape {
    bool drifted;
    double train[QUANTILES], test[QUANTILES], scale;
};

static enum hone_code quantiles_of(struct hone_run *run, const struct hone_column *c,
                                   double out[QUANTILES], size_t *n)
{
    double *v;
    HONE_SCRATCH(run);

    *n = 0;
    HONE_TRY(hone_array(run, &run->scratch, &v, c->rows));
    for (size_t i = 0; i < c->rows; i++) {
        double x = hone_column_f64(c, i);
        if (isfinite(x)) {
            v[(*n)++] = x;
        }
    }
    HONE_TRY(hone_sort_f64(run, *n, v));
    for (size_t k = 0; k<QUANTILES && * n> 0; k++) {
        out[k] = hone_quantile_sorted(*n, v, (double)(k + 1) / (QUANTILES + 1));
    }
    return HONE_OK;
}

/* Mean distance of the quantiles in units of the spread of the first. */
static double apart(const double a[QUANTILES], const double b[QUANTILES], double scale)
{
    double sum = 0;

    for (size_t k = 0; k < QUANTILES; k++) {
        sum += fabs(a[k] - b[k]);
    }
    return scale > 0 ? sum / (QUANTILES * scale) : HUGE_VAL;
}

static enum hone_code swapped_columns(struct hone_run *run, const struct hone_check_ctx *ctx,
                                      const void *settings, struct hone_findings *findings)
{
    const struct settings *set = settings;
    size_t cols = ctx->table->cols;
    struct shape *s;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &s, cols));
    for (size_t j = 0; j < cols; j++) {
        const struct hone_column *train;
        const struct hone_column *test;
        size_t n;
        size_t m;
        if (!hone_both_parts(ctx, ctx->table->column[j].name, &train, &test) ||
            !hone_type_is_number(train->type) || train == ctx->target) {
            continue;
        }
        HONE_TRY(quantiles_of(run, train, s[j].train, &n));
        HONE_TRY(quantiles_of(run, test, s[j].test, &m));
        s[j].scale = s[j].train[QUANTILES - 2] - s[j].train[1];
        s[j].drifted = n >= 50 && m >= 50 && s[j].scale > 0 &&
                       apart(s[j].train, s[j].test, s[j].scale) > 3 * set->max;
    }
    for (size_t j = 1; j < cols; j++) {
        for (size_t k = 0; k < j; k++) {
            if (!s[j].drifted || !s[k].drifted ||
                apart(s[j].train, s[k].test, s[j].scale) > set->max ||
                apart(s[k].train, s[j].test, s[k].scale) > set->max) {
                continue;
            }
            const char *a = ctx->table->column[k].name;
            const char *b = ctx->table->column[j].name;
            struct hone_finding *f =
                hone_finding_add(findings, "swapped_columns", HONE_FAIL, a);
            f->other = b;
            f->message =
                HONE_SAY(findings,
                         "columns %s and %s seem to be swapped in the test table: each is "
                         "distributed there as the other is in training",
                         a, b);
            f->advice = "compare the order of the columns of both files with their headers";
        }
    }
    return HONE_OK;
}

/* The target of the test rows in the codes of the training rows; NaN where missing or unknown there. */
static enum hone_code test_target(struct hone_run *run, const struct hone_check_ctx *ctx,
                                  const struct hone_column *label, double *y)
{
    struct hone_seen seen;
    HONE_SCRATCH(run);

    if (ctx->task == HONE_TASK_REGRESSION) {
        for (size_t i = 0; i < label->rows; i++) {
            y[i] = hone_column_f64(label, i);
        }
        return HONE_OK;
    }
    HONE_TRY(hone_seen_new(run, ctx->classes + 1, &run->scratch, &seen));
    for (size_t i = 0; i < ctx->target->rows; i++) {
        if (!isnan(ctx->y[i])) {
            (void)hone_seen_add(&seen, hone_cell_hash(ctx->target, i), (uint32_t)ctx->y[i]);
        }
    }
    for (size_t i = 0; i < label->rows; i++) {
        uint32_t code = hone_seen_get(&seen, hone_cell_hash(label, i));
        y[i] = !hone_is_valid(label, i) || code == UINT32_MAX ? (double)NAN : code;
    }
    return HONE_OK;
}

/* The training target with about as many rows as the test table has, evenly spaced: more rows would be
 * fitted better. */
static enum hone_code thinned_target(struct hone_run *run, const struct hone_check_ctx *ctx,
                                     size_t rows, struct hone_arena *mem, double **out)
{
    size_t n = ctx->table->rows;
    size_t looked = n / (n / HONE_SINGLE_ROWS + 1);
    size_t step = looked > rows ? looked / rows : 1;
    double *y;

    HONE_TRY(hone_array(run, mem, &y, n));
    for (size_t i = 0; i < n; i++) {
        bool kept = i / (n / HONE_SINGLE_ROWS + 1) % step == 0;
        y[i] = kept ? ctx->y[i] : (double)NAN;
    }
    *out = y;
    return HONE_OK;
}

/* A column that tells the target in training and no longer in the test table: it was sorted or joined apart. */
static enum hone_code association_drift(struct hone_run *run, const struct hone_check_ctx *ctx,
                                        struct hone_facts *facts, const void *settings,
                                        struct hone_findings *findings)
{
    const struct settings *set = settings;
    const struct hone_column *train;
    const struct hone_column *test;
    const struct hone_column *label;
    const struct hone_column *same;
    struct hone_predictor x;
    struct hone_single a;
    struct hone_single b;
    double *y;
    double *few;
    HONE_ARENA(work);

    if (facts->is_target || facts->c->type == HONE_VECTOR || facts->p->distinct < 2 ||
        !hone_both_parts(ctx, facts->c->name, &train, &test) || train->type != test->type ||
        !hone_both_parts(ctx, ctx->target->name, &same, &label) || test->rows < 100) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &work, &y, test->rows));
    HONE_TRY(test_target(run, ctx, label, y));
    HONE_TRY(hone_predictor_of(run, train, &work, &x));
    HONE_TRY(thinned_target(run, ctx, test->rows, &work, &few));
    HONE_TRY(hone_single_score(run, ctx, &x, train->rows, few, &a));
    double chance = ctx->task == HONE_TASK_REGRESSION ? 0.0 : 0.5;
    double reach = ctx->task == HONE_TASK_REGRESSION ? 1.0 : 0.5; /* best minus chance */
    if (!(a.score - chance > set->max * reach)) {
        return HONE_OK; /* there is nothing to lose */
    }
    HONE_TRY(hone_predictor_of(run, test, &work, &x));
    HONE_TRY(hone_single_score(run, ctx, &x, test->rows, y, &b));
    double lost = (a.score - fmax(b.score, chance)) / reach;
    double error = sqrt(a.error * a.error + b.error * b.error) / reach;
    if (isnan(b.score) || lost < set->max || lost < 4 * error ||
        lost < 0.6 * (a.score - chance) / reach) {
        return HONE_OK;
    }
    struct hone_finding *f =
        hone_finding_add(findings, "association_drift", HONE_WARN, facts->c->name);
    f->value = lost;
    f->threshold = set->max;
    f->other = ctx->target->name;
    f->message = HONE_SAY(
        findings, "column %s predicts %s with %s %.3f in training and %.3f in the test table",
        facts->c->name, ctx->target->name, ctx->task == HONE_TASK_REGRESSION ? "R2" : "ROC AUC",
        a.score, b.score);
    f->advice = "were its values shuffled or joined to the wrong rows on one side?";
    return HONE_OK;
}

static const struct hone_param missing_rows[] = {
    HONE_REAL(struct settings, max, 0.1, 0, 1,
              .help = "warn from this difference of shares on"),
    HONE_PARAM_END,
};
static const struct hone_param gone_rows[] = {
    HONE_REAL(struct settings, max, 20, 1, 1e9,
              .help = "test rows that a category should have by its share in training"),
    HONE_PARAM_END,
};
static const struct hone_param swap_rows[] = {
    HONE_REAL(struct settings, max, 0.1, 0, 10,
              .help = "mean distance of the quantiles, in units of a column's spread"),
    HONE_PARAM_END,
};
static const struct hone_param lost_rows[] = {
    HONE_REAL(struct settings, max, 0.2, 0, 1,
              .help = "warn when so much of the way from chance to certainty is lost"),
    HONE_PARAM_END,
};

#define HEAD(name_, summary_)                                                                  \
    .part.name = (name_), .part.summary = (summary_), .stage = HONE_CHECK_SPLIT,               \
    .part.settings_size = sizeof(struct settings)

const struct hone_check hone_check_part_columns = {
    HEAD("part_columns", "both tables have the same columns"),
    .column = part_columns,
};
const struct hone_check hone_check_missing_drift = {
    HEAD("missing_drift", "values are missing as often on both sides"),
    .part.params = missing_rows,
    .column = missing_drift,
};
const struct hone_check hone_check_vanished_categories = {
    HEAD("vanished_categories", "no common category is absent from the test table"),
    .part.params = gone_rows,
    .column = vanished_categories,
};
const struct hone_check hone_check_swapped_columns = {
    HEAD("swapped_columns", "no two columns are swapped in the test table"),
    .part.params = swap_rows,
    .look = swapped_columns,
};
const struct hone_check hone_check_association_drift = {
    HEAD("association_drift", "columns tell the target alike on both sides"),
    .part.params = lost_rows,
    .needs_target = true,
    .column = association_drift,
};
