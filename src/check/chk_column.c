/* Checks of whole columns: size, emptiness, constancy, identity. */

#include "check/check_priv.h"

struct settings {
    double max;
    int64_t rows;
};

static bool is_target(const struct hone_check_ctx *ctx, size_t j)
{
    return ctx->target == &ctx->table->column[j];
}

static enum hone_code few_rows(struct hone_run *run, const struct hone_check_ctx *ctx,
                               const void *settings, struct hone_findings *findings)
{
    const struct settings *set = settings;

    (void)run;
    if (ctx->table->rows < (size_t)set->rows) {
        struct hone_finding *f = hone_finding_add(findings, "few_rows", HONE_WARN, NULL);
        f->value = (double)ctx->table->rows;
        f->threshold = (double)set->rows;
        f->message = HONE_SAY(
            findings, "the table has %zu rows; results on fewer than %zu are mostly chance",
            ctx->table->rows, (size_t)set->rows);
        f->advice = "collect more rows, or read the intervals before the values";
    }
    return HONE_OK;
}

static enum hone_code empty_column(struct hone_run *run, const struct hone_check_ctx *ctx,
                                   const void *settings, struct hone_findings *findings)
{
    (void)run;
    (void)settings;
    for (size_t j = 0; j < ctx->table->cols; j++) {
        const struct hone_column_profile *p = &ctx->profile->column[j];
        if (p->rows > 0 && p->missing == p->rows && !is_target(ctx, j)) {
            struct hone_finding *f =
                hone_finding_add(findings, "empty_column", HONE_WARN, p->name);
            f->value = 1;
            f->message = HONE_SAY(findings, "column %s has no values at all", p->name);
            f->advice = HONE_SAY(findings, "drop it: --drop %s", p->name);
        }
    }
    return HONE_OK;
}

static enum hone_code constant_column(struct hone_run *run, const struct hone_check_ctx *ctx,
                                      const void *settings, struct hone_findings *findings)
{
    (void)run;
    (void)settings;
    for (size_t j = 0; j < ctx->table->cols; j++) {
        const struct hone_column_profile *p = &ctx->profile->column[j];
        if (p->rows < 2 || p->distinct != 1 || p->missing > 0 || is_target(ctx, j)) {
            continue; /* a single value beside missing ones still tells two kinds of row apart */
        }
        struct hone_finding *f =
            hone_finding_add(findings, "constant_column", HONE_WARN, p->name);
        f->value = 1;
        f->message = HONE_SAY(findings, "every row of column %s has the value %s", p->name,
                              p->top_n > 0 ? p->top[0].text : "");
        f->advice = HONE_SAY(findings, "it teaches nothing; drop it: --drop %s", p->name);
    }
    return HONE_OK;
}

static enum hone_code missing_share(struct hone_run *run, const struct hone_check_ctx *ctx,
                                    const void *settings, struct hone_findings *findings)
{
    const struct settings *set = settings;

    (void)run;
    for (size_t j = 0; j < ctx->table->cols; j++) {
        const struct hone_column_profile *p = &ctx->profile->column[j];
        double share = p->rows == 0 ? 0.0 : (double)p->missing / (double)p->rows;
        if (share <= set->max || p->missing == p->rows || is_target(ctx, j)) {
            continue;
        }
        struct hone_finding *f =
            hone_finding_add(findings, "missing_share", HONE_WARN, p->name);
        for (size_t i = 0; f->row_n < HONE_FINDING_ROWS && i < p->rows; i++) {
            if (!hone_is_valid(&ctx->table->column[j], i)) {
                hone_finding_row(f, i);
            }
        }
        f->rows = p->missing;
        f->value = share;
        f->threshold = set->max;
        f->message = HONE_SAY(findings, "column %s is missing in %.1f %% of the rows", p->name,
                              100 * share);
        f->advice = "find out why; a value that is only sometimes recorded may say when it was";
    }
    return HONE_OK;
}

/* Longer text than an identifier has: many words, or long. */
static bool is_prose(const struct hone_column *c, const struct hone_column_profile *p)
{
    size_t blanks = 0;
    size_t looked = 0;

    if (!hone_type_is_text(c->type)) {
        return false;
    }
    for (size_t i = 0; i < c->rows && looked < 200; i++) {
        struct hone_str s = hone_column_str(c, i);
        for (size_t k = 0; k < s.len; k++) {
            blanks += s.ptr[k] == ' ' ? 1 : 0;
        }
        looked += hone_is_valid(c, i) ? 1 : 0;
    }
    return p->longest > 80 || blanks >= looked;
}

static enum hone_code id_like(struct hone_run *run, const struct hone_check_ctx *ctx,
                              const void *settings, struct hone_findings *findings)
{
    const struct settings *set = settings;

    (void)run;
    for (size_t j = 0; j < ctx->table->cols; j++) {
        const struct hone_column *c = &ctx->table->column[j];
        const struct hone_column_profile *p = &ctx->profile->column[j];
        size_t known = p->rows - p->missing;
        bool kind = hone_type_is_text(c->type) || c->type == HONE_INT64;
        double share = known == 0 ? 0.0 : (double)p->distinct / (double)known;
        if (!kind || is_target(ctx, j) || known < (size_t)set->rows || 2 * known < p->rows ||
            share < set->max || is_prose(c, p)) {
            continue;
        }
        struct hone_finding *f = hone_finding_add(findings, "id_like", HONE_WARN, p->name);
        f->value = share;
        f->threshold = set->max;
        f->message = HONE_SAY(
            findings, "column %s looks like an identifier: %zu different values in %zu rows",
            p->name, p->distinct, known);
        f->advice =
            HONE_SAY(findings, "a model can only memorise it; drop it: --drop %s", p->name);
    }
    return HONE_OK;
}

static bool same_column(const struct hone_column *a, const struct hone_column *b)
{
    for (size_t i = 0; i < a->rows; i++) {
        if (hone_cell_hash(a, i) != hone_cell_hash(b, i)) {
            return false;
        }
    }
    return true;
}

static enum hone_code duplicate_columns(struct hone_run *run, const struct hone_check_ctx *ctx,
                                        const void *settings, struct hone_findings *findings)
{
    const struct hone_table *t = ctx->table;

    (void)run;
    (void)settings;
    for (size_t j = 1; j < t->cols; j++) {
        for (size_t k = 0; k < j; k++) {
            const struct hone_column_profile *a = &ctx->profile->column[k];
            const struct hone_column_profile *b = &ctx->profile->column[j];
            if (a->distinct < 2 || a->distinct != b->distinct || a->missing != b->missing ||
                is_target(ctx, j) || is_target(ctx, k) ||
                !same_column(&t->column[k], &t->column[j])) {
                continue;
            }
            struct hone_finding *f =
                hone_finding_add(findings, "duplicate_columns", HONE_WARN, b->name);
            f->other = a->name;
            f->message =
                HONE_SAY(findings, "columns %s and %s have the same value in every row",
                         a->name, b->name);
            f->advice = HONE_SAY(findings, "keep one of them: --drop %s", b->name);
            break;
        }
    }
    return HONE_OK;
}

static const struct hone_param rows_rows[] = {
    HONE_INT(struct settings, rows, 50, 1, 1e9, .help = "warn below this many rows"),
    HONE_PARAM_END,
};
static const struct hone_param missing_rows[] = {
    HONE_REAL(struct settings, max, 0.5, 0, 1,
              .help = "warn above this share of missing values"),
    HONE_PARAM_END,
};
static const struct hone_param id_rows[] = {
    HONE_REAL(struct settings, max, 0.99, 0, 1,
              .help = "warn from this share of different values on"),
    HONE_INT(struct settings, rows, 50, 2, 1e9, .help = "do not judge fewer values"),
    HONE_PARAM_END,
};

#define HEAD(name_, summary_)                                                                  \
    .part.name = (name_), .part.summary = (summary_), .stage = HONE_CHECK_INTEGRITY

const struct hone_check hone_check_few_rows = {
    HEAD("few_rows", "there are enough rows"),
    .part.settings_size = sizeof(struct settings),
    .part.params = rows_rows,
    .look = few_rows,
};
const struct hone_check hone_check_empty_column = {
    HEAD("empty_column", "every column has values"),
    .look = empty_column,
};
const struct hone_check hone_check_constant_column = {
    HEAD("constant_column", "every column varies"),
    .look = constant_column,
};
const struct hone_check hone_check_missing_share = {
    HEAD("missing_share", "no column is mostly missing"),
    .part.settings_size = sizeof(struct settings),
    .part.params = missing_rows,
    .look = missing_share,
};
const struct hone_check hone_check_id_like = {
    HEAD("id_like", "no column is an identifier"),
    .part.settings_size = sizeof(struct settings),
    .part.params = id_rows,
    .look = id_like,
};
const struct hone_check hone_check_duplicate_columns = {
    HEAD("duplicate_columns", "no two columns are the same"),
    .look = duplicate_columns,
};
