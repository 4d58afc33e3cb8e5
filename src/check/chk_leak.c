/* Checks for columns that know the answer. */
#include <math.h>

#include "check/check_priv.h"

#define SHARP 0.9 /* average precision of a column that knows the answer */

struct settings {
    double max;
    double warn;
};

static const char *score_name(const struct hone_check_ctx *ctx)
{
    return ctx->task == HONE_TASK_REGRESSION ? "R2" : "ROC AUC";
}

/* The classes renamed: each value of the column goes with one class in nearly every row. */
static enum hone_code copy_share(struct hone_run *run, const struct hone_check_ctx *ctx,
                                 const struct hone_column *c, double *share)
{
    const struct hone_column_profile *p =
        &ctx->profile->column[(size_t)(c - ctx->table->column)];
    struct hone_seen forth;
    struct hone_seen back;
    size_t known = 0;
    size_t agree = 0;
    HONE_SCRATCH(run);

    *share = 0;
    if (p->distinct != ctx->classes) {
        return HONE_OK;
    }
    HONE_TRY(hone_seen_new(run, p->distinct + 1, &run->scratch, &forth));
    HONE_TRY(hone_seen_new(run, p->distinct + 1, &run->scratch, &back));
    for (size_t i = 0; i < c->rows; i++) {
        if (!hone_is_valid(c, i) || !hone_is_valid(ctx->target, i)) {
            continue;
        }
        uint64_t a = hone_cell_hash(c, i);
        uint64_t b = hone_cell_hash(ctx->target, i);
        uint32_t first_a = hone_seen_add(&forth, a, (uint32_t)i);
        uint32_t first_b = hone_seen_add(&back, b, (uint32_t)i);
        known++;
        agree += first_a == first_b ? 1 : 0;
    }
    bool repeated = 2 * forth.n < known; /* all values different agree with anything */
    *share =
        forth.n == back.n && forth.n > 1 && repeated ? (double)agree / (double)c->rows : 0.0;
    return HONE_OK;
}

/* Squared correlation of a number column with the target over rows that have both. */
static double squared_correlation(const struct hone_check_ctx *ctx, const struct hone_column *c)
{
    double n = 0;
    double mx = 0;
    double my = 0;
    double sxx = 0;
    double syy = 0;
    double sxy = 0;

    for (size_t i = 0; i < c->rows; i++) { /* Welford's updates */
        double x = hone_column_f64(c, i);
        double y = ctx->y[i];
        if (!isfinite(x) || !isfinite(y)) {
            continue;
        }
        n += 1;
        double dx = x - mx;
        double dy = y - my;
        mx += dx / n;
        my += dy / n;
        sxx += dx * (x - mx);
        syy += dy * (y - my);
        sxy += dx * (y - my);
    }
    bool enough = n >= 20 && 2 * n >= (double)c->rows;
    return enough && sxx > 0 && syy > 0 ? sxy * sxy / (sxx * syy) : 0.0;
}

static enum hone_code is_copy(struct hone_run *run, const struct hone_check_ctx *ctx,
                              const struct hone_column *c, double max, double *share)
{
    *share = 0;
    if (c == ctx->target) {
        return HONE_OK;
    }
    if (ctx->task == HONE_TASK_REGRESSION) {
        double r2 = hone_type_is_number(c->type) ? squared_correlation(ctx, c) : 0.0;
        *share = r2 >= max ? r2 : 0.0;
        return HONE_OK;
    }
    HONE_TRY(copy_share(run, ctx, c, share));
    *share = *share >= max ? *share : 0.0;
    return HONE_OK;
}

static enum hone_code target_copy(struct hone_run *run, const struct hone_check_ctx *ctx,
                                  struct hone_facts *facts, const void *settings,
                                  struct hone_findings *findings)
{
    const struct settings *set = settings;
    double share;

    HONE_TRY(is_copy(run, ctx, facts->c, set->max, &share));
    if (!(share > 0)) {
        return HONE_OK;
    }
    const char *name = facts->c->name;
    struct hone_finding *f = hone_finding_add(findings, "target_copy", HONE_FAIL, name);
    f->value = share;
    f->threshold = set->max;
    f->other = ctx->target->name;
    f->message =
        HONE_SAY(findings, "column %s is the target %s in other words (%.4g %% agreement)",
                 name, ctx->target->name, 100 * share);
    f->advice = HONE_SAY(findings, "it will not be known when predicting; drop it: --drop %s",
                         hone_shell_word(findings->mem, name));
    return HONE_OK;
}

static void report_leak(const struct hone_check_ctx *ctx, const struct settings *set,
                        const char *name, const struct hone_single *s,
                        struct hone_findings *findings)
{
    /* A rare class may be ranked well by an honest feature; one that leaks also says which rows it is. */
    bool sure = s->score - 2 * s->error >= set->max && s->sharp >= SHARP;
    struct hone_finding *f =
        hone_finding_add(findings, "target_leakage", sure ? HONE_FAIL : HONE_WARN, name);

    f->value = s->score;
    f->threshold = sure ? set->max : set->warn;
    f->other = ctx->target->name;
    f->message = HONE_SAY(
        findings, "column %s alone predicts %s with %s %.4f on rows it was not fitted on", name,
        ctx->target->name, score_name(ctx), s->score);
    f->advice =
        sure ? HONE_SAY(findings, "is it known before the outcome? if not, drop it: --drop %s",
                        hone_shell_word(findings->mem, name))
             : "make sure that it is known before the outcome";
}

static enum hone_code target_leakage(struct hone_run *run, const struct hone_check_ctx *ctx,
                                     struct hone_facts *facts, const void *settings,
                                     struct hone_findings *findings)
{
    struct settings set = *(const struct settings *)settings;
    const struct hone_column *c = facts->c;
    struct hone_predictor x;
    struct hone_single s;
    double copy;
    HONE_ARENA(work);

    if (ctx->task == HONE_TASK_REGRESSION) { /* R2 comes near 1 more easily than an AUC */
        set.warn = fmin(set.warn, 0.95);
    }
    if (facts->is_target || c->type == HONE_VECTOR ||
        (facts->p->distinct < 2 && facts->p->missing == 0)) {
        return HONE_OK;
    }
    HONE_TRY(is_copy(run, ctx, c, 0.999, &copy));
    if (copy > 0) {
        return HONE_OK; /* target_copy says so already */
    }
    HONE_TRY(hone_predictor_of(run, c, &work, &x));
    HONE_TRY(hone_single_score(run, ctx, &x, c->rows, ctx->y, &s));
    if (ctx->task == HONE_TASK_REGRESSION && hone_type_is_number(c->type)) {
        s.score = fmax(s.score, squared_correlation(ctx, c)); /* bins blur a straight line */
    }
    if (s.score >= set.warn) {
        report_leak(ctx, &set, c->name, &s, findings);
    }
    return HONE_OK;
}

static enum hone_code index_leakage(struct hone_run *run, const struct hone_check_ctx *ctx,
                                    const void *settings, struct hone_findings *findings)
{
    const struct settings *set = settings;
    struct hone_predictor x = {0};
    struct hone_single s;
    double *key;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &key, ctx->table->rows));
    for (size_t i = 0; i < ctx->table->rows; i++) {
        key[i] = (double)i;
    }
    x.key = key;
    HONE_TRY(hone_single_score(run, ctx, &x, ctx->table->rows, ctx->y, &s));
    if (s.score >= set->warn) {
        struct hone_finding *f =
            hone_finding_add(findings, "index_leakage", HONE_WARN, ctx->target->name);
        f->value = s.score;
        f->threshold = set->warn;
        f->message = HONE_SAY(findings, "the order of the rows predicts %s with %s %.4f",
                              ctx->target->name, score_name(ctx), s.score);
        f->advice =
            "the table is sorted by the target: do not use row numbers as a feature, and split at random";
    }
    return HONE_OK;
}

/* µs of a time column; dates count from their first moment. */
static int64_t moment(const struct hone_column *c, size_t row)
{
    int64_t v = hone_column_i64(c, row);
    return c->type == HONE_DATE ? v * (24 * 3600 * INT64_C(1000000)) : v;
}

static enum hone_code time_leakage(struct hone_run *run, const struct hone_check_ctx *ctx,
                                   const void *settings, struct hone_findings *findings)
{
    const struct settings *set = settings;
    const struct hone_column *time =
        ctx->in->time == NULL ? NULL : hone_table_find(ctx->table, hone_str(ctx->in->time));

    (void)run;
    if (time == NULL || !hone_type_is_time(time->type)) {
        return HONE_OK;
    }
    for (size_t j = 0; j < ctx->table->cols; j++) {
        const struct hone_column *c = &ctx->table->column[j];
        struct hone_finding found = {.rows = 0};
        size_t both = 0;
        if (c == time || c == ctx->target || !hone_type_is_time(c->type)) {
            continue;
        }
        for (size_t i = 0; i < c->rows; i++) {
            if (hone_is_valid(c, i) && hone_is_valid(time, i)) {
                both++;
                if (moment(c, i) > moment(time, i)) {
                    hone_finding_row(&found, i);
                }
            }
        }
        double share = both == 0 ? 0.0 : (double)found.rows / (double)both;
        if (!(share > 0)) {
            continue;
        }
        enum hone_severity severity = share > set->max ? HONE_FAIL : HONE_WARN;
        struct hone_finding *f = hone_finding_add(findings, "time_leakage", severity, c->name);
        hone_finding_rows(f, &found);
        f->value = share;
        f->threshold = set->max;
        f->other = time->name;
        f->message = HONE_SAY(findings, "column %s lies after %s in %zu rows", c->name,
                              time->name, found.rows);
        f->advice = HONE_SAY(findings, "it was not known then; drop it: --drop %s",
                             hone_shell_word(findings->mem, c->name));
    }
    return HONE_OK;
}

static const struct hone_param copy_rows[] = {
    HONE_REAL(struct settings, max, 0.999, 0.5, 1,
              .help = "fail from this share of agreement on"),
    HONE_PARAM_END,
};
static const struct hone_param leak_rows[] = {
    HONE_REAL(struct settings, max, 0.98, 0.5, 1,
              .help = "fail when the ROC AUC (R2) is surely at least this"),
    HONE_REAL(struct settings, warn, 0.97, 0.5, 1,
              .help = "warn from this on (R2: at most 0.95)"),
    HONE_PARAM_END,
};
static const struct hone_param index_rows[] = {
    HONE_REAL(struct settings, warn, 0.9, 0.5, 1, .help = "warn from this ROC AUC (R2) on"),
    HONE_PARAM_END,
};
static const struct hone_param time_rows[] = {
    HONE_REAL(struct settings, max, 0.01, 0, 1, .help = "fail above this share of rows"),
    HONE_PARAM_END,
};

#define HEAD(name_, summary_)                                                                  \
    .part.name = (name_), .part.summary = (summary_), .stage = HONE_CHECK_LEAKAGE,             \
    .part.settings_size = sizeof(struct settings), .needs_target = true

const struct hone_check hone_check_target_copy = {
    HEAD("target_copy", "no column repeats the target"),
    .part.params = copy_rows,
    .column = target_copy,
};
const struct hone_check hone_check_target_leakage = {
    HEAD("target_leakage", "no column alone knows the target"),
    .part.params = leak_rows,
    .column = target_leakage,
};
const struct hone_check hone_check_index_leakage = {
    HEAD("index_leakage", "the order of rows does not give the target away"),
    .part.params = index_rows,
    .look = index_leakage,
};
const struct hone_check hone_check_time_leakage = {
    HEAD("time_leakage", "no column comes from after the outcome"),
    .part.params = time_rows,
    .look = time_leakage,
};
