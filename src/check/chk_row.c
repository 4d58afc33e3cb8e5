/* Checks of rows and of the target: duplicates, contradictions, classes. */
#include <math.h>

#include "base/hash.h"
#include "check/check_priv.h"

struct settings {
    int64_t rows;
    double max;
};

static uint64_t row_hash(const struct hone_check_ctx *ctx, size_t i)
{
    uint64_t target = ctx->target == NULL ? 0 : hone_cell_hash(ctx->target, i);
    return hone_mix64(ctx->features[i] * 37 + target);
}

static enum hone_code duplicate_rows(struct hone_run *run, const struct hone_check_ctx *ctx,
                                     const void *settings, struct hone_findings *findings)
{
    struct hone_seen seen;
    struct hone_finding found = {.rows = 0};
    size_t rows = ctx->table->rows;
    HONE_SCRATCH(run);

    (void)settings;
    HONE_TRY(hone_seen_new(run, rows, &run->scratch, &seen));
    for (size_t i = 0; i < rows; i++) {
        if (hone_seen_add(&seen, row_hash(ctx, i), (uint32_t)i) != i) {
            hone_finding_row(&found, i);
        }
    }
    if (found.rows == 0) {
        return HONE_OK;
    }
    struct hone_finding *f = hone_finding_add(findings, "duplicate_rows", HONE_WARN, NULL);
    hone_finding_rows(f, &found);
    f->value = (double)found.rows / (double)rows;
    f->message =
        HONE_SAY(findings, "%zu %s an earlier row in every column (%.2g %%)", found.rows,
                 found.rows == 1 ? "row repeats" : "rows repeat", 100 * f->value);
    f->advice =
        "if they are copies and not equal cases, remove them: they may fall on both sides of a split";
    return HONE_OK;
}

/* A row by all columns that are no identifiers; *left gets how many those are. */
static enum hone_code hash_without_ids(struct hone_run *run, const struct hone_check_ctx *ctx,
                                       uint64_t *hash, size_t *left)
{
    const struct hone_table *t = ctx->table;

    *left = 0;
    for (size_t j = 0; j < t->cols; j++) {
        const struct hone_column *c = &t->column[j];
        if (c != ctx->target && hone_is_id_like(c, &ctx->profile->column[j], 0.99, 50)) {
            continue;
        }
        HONE_TRY(hone_check_cancel(run));
        (*left)++;
        for (size_t i = 0; i < t->rows; i++) {
            hash[i] = hone_mix64(hash[i] * 31 + hone_cell_hash(c, i));
        }
    }
    return HONE_OK;
}

/*
 * The same but for identifiers: one case that was entered twice.  In coarse tables equal cases come by chance,
 * so repeats must be rarer than one in a hundred rows.
 */
static enum hone_code repeats_but_ids(struct hone_run *run, const struct hone_check_ctx *ctx,
                                      const void *settings, struct hone_findings *findings)
{
    const struct settings *set = settings;
    struct hone_finding found = {.rows = 0};
    struct hone_seen whole;
    struct hone_seen seen;
    uint64_t *hash;
    size_t rows = ctx->table->rows;
    size_t left;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &hash, rows));
    HONE_TRY(hash_without_ids(run, ctx, hash, &left));
    if (left == ctx->table->cols || left < 3) {
        return HONE_OK;
    }
    HONE_TRY(hone_seen_new(run, rows, &run->scratch, &whole));
    HONE_TRY(hone_seen_new(run, rows, &run->scratch, &seen));
    for (size_t i = 0; i < rows; i++) {
        bool again = hone_seen_add(&whole, row_hash(ctx, i), (uint32_t)i) != i;
        if (hone_seen_add(&seen, hash[i], (uint32_t)i) != i && !again) {
            hone_finding_row(&found, i);
        }
    }
    if (found.rows == 0 || (double)found.rows > set->max * (double)rows) {
        return HONE_OK;
    }
    struct hone_finding *f = hone_finding_add(findings, "repeats_but_ids", HONE_WARN, NULL);
    hone_finding_rows(f, &found);
    f->value = (double)found.rows / (double)rows;
    f->threshold = set->max;
    f->message =
        HONE_SAY(findings, "%zu row%s an earlier one in everything but the identifiers",
                 found.rows, found.rows == 1 ? " repeats" : "s repeat");
    f->advice =
        "one case under two numbers? then keep one: they may fall on both sides of a split";
    return HONE_OK;
}

static enum hone_code conflicting_labels(struct hone_run *run, const struct hone_check_ctx *ctx,
                                         const void *settings, struct hone_findings *findings)
{
    struct hone_seen seen;
    struct hone_finding found = {.rows = 0};
    bool *mixed; /* by first row of equal features: their targets differ */
    uint32_t *first;
    size_t rows = ctx->table->rows;
    HONE_SCRATCH(run);

    (void)settings;
    if (ctx->task == HONE_TASK_REGRESSION || ctx->table->cols < 2) {
        return HONE_OK; /* equal cases with different numbers are noise, not contradiction */
    }
    HONE_TRY(hone_seen_new(run, rows, &run->scratch, &seen));
    HONE_TRY(hone_array(run, &run->scratch, &mixed, rows));
    HONE_TRY(hone_array(run, &run->scratch, &first, rows));
    for (size_t i = 0; i < rows; i++) {
        first[i] = hone_seen_add(&seen, ctx->features[i], (uint32_t)i);
        if (fabs(ctx->y[i] - ctx->y[first[i]]) > 0) {
            mixed[first[i]] = true;
        }
    }
    for (size_t i = 0; i < rows; i++) {
        if (mixed[first[i]]) {
            hone_finding_row(&found, i);
        }
    }
    if (found.rows == 0) {
        return HONE_OK;
    }
    struct hone_finding *f =
        hone_finding_add(findings, "conflicting_labels", HONE_WARN, ctx->target->name);
    hone_finding_rows(f, &found);
    f->value = (double)found.rows / (double)rows;
    f->message =
        HONE_SAY(findings, "%zu rows share all their features with a row of another %s",
                 found.rows, ctx->target->name);
    f->advice =
        "one of the labels is wrong, or a feature that tells the cases apart is missing";
    return HONE_OK;
}

static enum hone_code target_missing(struct hone_run *run, const struct hone_check_ctx *ctx,
                                     const void *settings, struct hone_findings *findings)
{
    const struct settings *set = settings;
    struct hone_finding found = {.rows = 0};

    (void)run;
    for (size_t i = 0; i < ctx->table->rows; i++) {
        if (isnan(ctx->y[i])) {
            hone_finding_row(&found, i);
        }
    }
    if (found.rows == 0) {
        return HONE_OK;
    }
    double share = (double)found.rows / (double)ctx->table->rows;
    enum hone_severity severity = share > set->max ? HONE_FAIL : HONE_WARN;
    struct hone_finding *f =
        hone_finding_add(findings, "target_missing", severity, ctx->target->name);
    hone_finding_rows(f, &found);
    f->value = share;
    f->threshold = set->max;
    f->message = HONE_SAY(findings, "the target %s is missing in %zu rows (%.2g %%)",
                          ctx->target->name, found.rows, 100 * share);
    f->advice = "these rows cannot teach and are left out";
    return HONE_OK;
}

/* A class by the value of its first row. */
static const char *class_text(const struct hone_check_ctx *ctx, size_t k,
                              struct hone_arena *mem)
{
    struct hone_buf buf = hone_buf(mem);

    for (size_t i = 0; i < ctx->table->rows; i++) {
        if (ctx->y[i] >= (double)k && ctx->y[i] <= (double)k) {
            hone_column_print(&buf, ctx->target, i);
            break;
        }
    }
    return buf.ptr == NULL ? "" : buf.ptr;
}

/* Two classes of which one is rare. */
static void report_imbalance(const struct hone_check_ctx *ctx, const size_t *count,
                             double least, struct hone_findings *findings)
{
    size_t all = 0;
    size_t rare = 0;

    for (size_t k = 0; k < ctx->classes; k++) {
        all += count[k];
        rare = count[k] < count[rare] ? k : rare;
    }
    double share = all == 0 ? 1.0 : (double)count[rare] / (double)all;
    if (ctx->classes != 2 || share >= least) {
        return;
    }
    struct hone_finding *f =
        hone_finding_add(findings, "class_balance", HONE_WARN, ctx->target->name);
    f->value = share;
    f->threshold = least;
    f->message = HONE_SAY(findings, "class %s of %s has %.2g %% of the rows only (%zu)",
                          class_text(ctx, rare, findings->mem), ctx->target->name, 100 * share,
                          count[rare]);
    f->advice =
        "accuracy says little here: judge by average_precision, and choose the threshold";
}

static enum hone_code class_balance(struct hone_run *run, const struct hone_check_ctx *ctx,
                                    const void *settings, struct hone_findings *findings)
{
    const struct settings *set = settings;
    size_t j = (size_t)(ctx->target - ctx->table->column);
    const struct hone_column_profile *p = &ctx->profile->column[j];
    size_t *count;
    HONE_SCRATCH(run);

    if (p->distinct < 2) {
        struct hone_finding *f =
            hone_finding_add(findings, "class_balance", HONE_FAIL, p->name);
        f->value = (double)p->distinct;
        f->message = HONE_SAY(findings, "the target %s has %s", p->name,
                              p->distinct == 0 ? "no values" : "one value only");
        f->advice = "there is nothing to learn: is this the right column?";
        return HONE_OK;
    }
    if (ctx->task == HONE_TASK_REGRESSION) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &run->scratch, &count, ctx->classes));
    for (size_t i = 0; i < ctx->table->rows; i++) {
        if (!isnan(ctx->y[i])) {
            count[(size_t)ctx->y[i]]++;
        }
    }
    report_imbalance(ctx, count, set->max, findings);
    for (size_t k = 0; k < ctx->classes; k++) {
        if (count[k] >= (size_t)set->rows) {
            continue;
        }
        struct hone_finding *f =
            hone_finding_add(findings, "class_balance", HONE_WARN, p->name);
        f->value = (double)count[k];
        f->threshold = (double)set->rows;
        f->message = HONE_SAY(findings, "class %s of %s has %zu %s only",
                              class_text(ctx, k, findings->mem), p->name, count[k],
                              count[k] == 1 ? "row" : "rows");
        f->advice =
            "too few to learn from or to test on: collect more, unite classes, or drop it";
    }
    return HONE_OK;
}

/* A target that is zero in many rows and a fine-grained number in the others. */
static enum hone_code zero_heap(struct hone_run *run, const struct hone_check_ctx *ctx,
                                const void *settings, struct hone_findings *findings)
{
    const struct settings *set = settings;
    const struct hone_column_profile *p =
        &ctx->profile->column[(size_t)(ctx->target - ctx->table->column)];
    size_t zeros = 0;
    size_t known = p->rows - p->missing;

    (void)run;
    if (ctx->task != HONE_TASK_REGRESSION || p->distinct < 50) {
        return HONE_OK;
    }
    for (size_t i = 0; i < p->rows; i++) {
        zeros += !(fabs(ctx->y[i]) > 0) && !isnan(ctx->y[i]) ? 1 : 0;
    }
    double share = known == 0 ? 0.0 : (double)zeros / (double)known;
    if (share < set->max) {
        return HONE_OK;
    }
    struct hone_finding *f = hone_finding_add(findings, "zero_heap", HONE_WARN, p->name);
    f->value = share;
    f->threshold = set->max;
    f->message = HONE_SAY(findings,
                          "the target %s is zero in %.3g %% of the rows, and a number of many "
                          "values in the others",
                          p->name, 100 * share);
    f->advice = "two questions in one: whether, and how much; a model for each does better";
    return HONE_OK;
}

static const struct hone_param repeat_rows[] = {
    HONE_REAL(struct settings, max, 0.01, 0, 1,
              .help = "more than this share of the rows repeats by nature"),
    HONE_PARAM_END,
};
static const struct hone_param zero_rows[] = {
    HONE_REAL(struct settings, max, 0.25, 0, 1, .help = "warn from this share of zeros on"),
    HONE_PARAM_END,
};
static const struct hone_param missing_rows[] = {
    HONE_REAL(struct settings, max, 0.5, 0, 1,
              .help = "fail above this share of rows without a target"),
    HONE_PARAM_END,
};
static const struct hone_param balance_rows[] = {
    HONE_INT(struct settings, rows, 10, 1, 1e9, .help = "warn of classes with fewer rows"),
    HONE_REAL(struct settings, max, 0.01, 0, 0.5,
              .help = "warn when one of two classes has a smaller share"),
    HONE_PARAM_END,
};

const struct hone_check hone_check_duplicate_rows = {
    .part.name = "duplicate_rows",
    .part.summary = "no row repeats another",
    .stage = HONE_CHECK_INTEGRITY,
    .look = duplicate_rows,
};
const struct hone_check hone_check_repeats_but_ids = {
    .part.name = "repeats_but_ids",
    .part.summary = "no row repeats another but for its number",
    .part.settings_size = sizeof(struct settings),
    .part.params = repeat_rows,
    .stage = HONE_CHECK_INTEGRITY,
    .look = repeats_but_ids,
};
const struct hone_check hone_check_zero_heap = {
    .part.name = "zero_heap",
    .part.summary = "the target is one quantity",
    .part.settings_size = sizeof(struct settings),
    .part.params = zero_rows,
    .stage = HONE_CHECK_LEAKAGE,
    .needs_target = true,
    .look = zero_heap,
};
const struct hone_check hone_check_conflicting_labels = {
    .part.name = "conflicting_labels",
    .part.summary = "no equal rows with different labels",
    .stage = HONE_CHECK_LEAKAGE,
    .needs_target = true,
    .look = conflicting_labels,
};
const struct hone_check hone_check_target_missing = {
    .part.name = "target_missing",
    .part.summary = "every row has a target",
    .part.settings_size = sizeof(struct settings),
    .part.params = missing_rows,
    .stage = HONE_CHECK_LEAKAGE,
    .needs_target = true,
    .look = target_missing,
};
const struct hone_check hone_check_class_balance = {
    .part.name = "class_balance",
    .part.summary = "every class has enough rows",
    .part.settings_size = sizeof(struct settings),
    .part.params = balance_rows,
    .stage = HONE_CHECK_LEAKAGE,
    .needs_target = true,
    .look = class_balance,
};
