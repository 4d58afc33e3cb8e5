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
    memcpy(f->row, found.row, sizeof f->row);
    f->rows = found.rows;
    f->row_n = found.row_n;
    f->value = (double)found.rows / (double)rows;
    f->message =
        HONE_SAY(findings, "%zu %s an earlier row in every column (%.2g %%)", found.rows,
                 found.rows == 1 ? "row repeats" : "rows repeat", 100 * f->value);
    f->advice =
        "if they are copies and not equal cases, remove them: they may fall on both sides of a split";
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
    memcpy(f->row, found.row, sizeof f->row);
    f->rows = found.rows;
    f->row_n = found.row_n;
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
    memcpy(f->row, found.row, sizeof f->row);
    f->rows = found.rows;
    f->row_n = found.row_n;
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

static const struct hone_param missing_rows[] = {
    HONE_REAL(struct settings, max, 0.5, 0, 1,
              .help = "fail above this share of rows without a target"),
    HONE_PARAM_END,
};
static const struct hone_param balance_rows[] = {
    HONE_INT(struct settings, rows, 10, 1, 1e9, .help = "warn of classes with fewer rows"),
    HONE_PARAM_END,
};

const struct hone_check hone_check_duplicate_rows = {
    .part.name = "duplicate_rows",
    .part.summary = "no row repeats another",
    .stage = HONE_CHECK_INTEGRITY,
    .look = duplicate_rows,
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
