/* Checks of whole columns: size, emptiness, constancy, identity. */
#include <math.h>

#include "check/check_priv.h"

struct settings {
    double max;
    int64_t rows;
};

/* A table without rows, columns or values is nothing that could be learned from. */
static enum hone_code empty_table(struct hone_run *run, const struct hone_check_ctx *ctx,
                                  const void *settings, struct hone_findings *findings)
{
    const struct hone_table *t = ctx->table;
    bool values = false;

    (void)run;
    (void)settings;
    for (size_t j = 0; j < t->cols; j++) {
        values = values || ctx->profile->column[j].missing < t->rows;
    }
    if (values) {
        return HONE_OK;
    }
    struct hone_finding *f = hone_finding_add(findings, "empty_table", HONE_FAIL, NULL);
    f->value = 0;
    f->message = t->cols == 0   ? "the table has no columns"
                 : t->rows == 0 ? "the table has names of columns and no rows"
                                : "every value of the table is missing";
    f->advice = "was the file cut off, or is the filter that made it too narrow?";
    return HONE_OK;
}

static enum hone_code few_rows(struct hone_run *run, const struct hone_check_ctx *ctx,
                               const void *settings, struct hone_findings *findings)
{
    const struct settings *set = settings;

    (void)run;
    if (ctx->table->rows > 0 && ctx->table->rows < (size_t)set->rows) {
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
                                   struct hone_facts *facts, const void *settings,
                                   struct hone_findings *findings)
{
    const struct hone_column_profile *p = facts->p;

    (void)run;
    (void)ctx;
    (void)settings;
    if (p->rows > 0 && facts->known == 0 && !facts->is_target) {
        struct hone_finding *f = hone_finding_add(findings, "empty_column", HONE_WARN, p->name);
        f->value = 1;
        f->message = HONE_SAY(findings, "column %s has no values at all", p->name);
        f->advice =
            HONE_SAY(findings, "drop it: --drop %s", hone_shell_word(findings->mem, p->name));
    }
    return HONE_OK;
}

static enum hone_code constant_column(struct hone_run *run, const struct hone_check_ctx *ctx,
                                      struct hone_facts *facts, const void *settings,
                                      struct hone_findings *findings)
{
    const struct hone_column_profile *p = facts->p;

    (void)run;
    (void)ctx;
    (void)settings;
    /* a single value beside missing ones still tells two kinds of row apart */
    if (p->rows >= 2 && p->distinct == 1 && p->missing == 0 && !facts->is_target) {
        struct hone_finding *f =
            hone_finding_add(findings, "constant_column", HONE_WARN, p->name);
        f->value = 1;
        f->message = HONE_SAY(findings, "every row of column %s has the value %s", p->name,
                              p->top_n > 0 ? p->top[0].text : "");
        f->advice = HONE_SAY(findings, "it teaches nothing; drop it: --drop %s",
                             hone_shell_word(findings->mem, p->name));
    }
    return HONE_OK;
}

/* One value in nearly all rows.  Indicators of rare things look much the same, hence a threshold far beyond that
 * of caret's nearZeroVar (95 to 5). */
static enum hone_code almost_constant(struct hone_run *run, const struct hone_check_ctx *ctx,
                                      struct hone_facts *facts, const void *settings,
                                      struct hone_findings *findings)
{
    const struct settings *set = settings;
    const struct hone_column_profile *p = facts->p;

    (void)run;
    (void)ctx;
    if (facts->is_target || facts->known < (size_t)set->rows || p->distinct < 2 ||
        p->top_n == 0) {
        return HONE_OK;
    }
    size_t others = facts->known - p->top[0].count;
    double share = (double)p->top[0].count / (double)facts->known;
    if (share < set->max) {
        return HONE_OK;
    }
    struct hone_finding *f = hone_finding_add(findings, "almost_constant", HONE_WARN, p->name);
    f->value = share;
    f->threshold = set->max;
    f->message = HONE_SAY(findings, "column %s is %s in all but %zu row%s", p->name,
                          p->top[0].text, others, hone_plural(others));
    f->advice = HONE_SAY(findings, "so few rows teach nothing; drop it: --drop %s",
                         hone_shell_word(findings->mem, p->name));
    return HONE_OK;
}

static enum hone_code missing_share(struct hone_run *run, const struct hone_check_ctx *ctx,
                                    struct hone_facts *facts, const void *settings,
                                    struct hone_findings *findings)
{
    const struct settings *set = settings;
    const struct hone_column_profile *p = facts->p;
    double share = p->rows == 0 ? 0.0 : (double)p->missing / (double)p->rows;

    (void)run;
    (void)ctx;
    if (share <= set->max || facts->known == 0 || facts->is_target) {
        return HONE_OK;
    }
    struct hone_finding *f = hone_finding_add(findings, "missing_share", HONE_WARN, p->name);
    for (size_t i = 0; f->row_n < HONE_FINDING_ROWS && i < p->rows; i++) {
        if (!hone_is_valid(facts->c, i)) {
            hone_finding_row(f, i);
        }
    }
    f->rows = p->missing;
    f->value = share;
    f->threshold = set->max;
    f->message =
        HONE_SAY(findings, "column %s is missing in %.1f %% of the rows", p->name, 100 * share);
    f->advice = "find out why; a value that is only sometimes recorded may say when it was";
    return HONE_OK;
}

/* Longer text than an identifier has: many words, or long. */
static bool is_prose(const struct hone_column *c)
{
    size_t blanks = 0;
    size_t looked = 0;
    size_t longest = 0;

    for (size_t i = 0; i < c->rows && looked < 500; i++) {
        struct hone_str s = hone_column_str(c, i);
        for (size_t k = 0; k < s.len; k++) {
            blanks += s.ptr[k] == ' ' ? 1 : 0;
        }
        longest = s.len > longest ? s.len : longest;
        looked += hone_is_valid(c, i) ? 1 : 0;
    }
    return longest > 80 || blanks >= looked;
}

/* "1949-01", "2021/03/04 12:00": moments, though not read as such. */
static bool is_moment(struct hone_str s)
{
    int64_t year;

    return s.len > 4 && (s.ptr[4] == '-' || s.ptr[4] == '/') &&
           hone_parse_i64((struct hone_str){s.ptr, 4}, &year) && year > 999 && year < 3000;
}

static bool all_whole(const struct hone_column *c)
{
    for (size_t i = 0; i < c->rows; i++) {
        double x = hone_column_f64(c, i);
        if (hone_is_valid(c, i) && !(fabs(x - floor(x)) <= 0)) {
            return false;
        }
    }
    return true;
}

bool hone_is_id_like(const struct hone_column *c, const struct hone_column_profile *p,
                     double share, size_t rows)
{
    size_t known = p->rows - p->missing;
    double different = known == 0 ? 0.0 : (double)p->distinct / (double)known;
    bool real = c->type == HONE_FLOAT64 || c->type == HONE_FLOAT32;

    if (known < rows || 2 * known < p->rows || different < share) {
        return false;
    }
    if (hone_type_is_text(c->type)) {
        return !is_prose(c) && !(c->rows > 0 && is_moment(hone_column_str(c, 0)) &&
                                 is_moment(hone_column_str(c, c->rows - 1)));
    }
    /* "1001.0", "1002.0": numbers of things that were read as measures */
    return c->type == HONE_INT64 || (real && p->distinct == p->rows && all_whole(c));
}

static enum hone_code id_like(struct hone_run *run, const struct hone_check_ctx *ctx,
                              struct hone_facts *facts, const void *settings,
                              struct hone_findings *findings)
{
    const struct settings *set = settings;
    const struct hone_column_profile *p = facts->p;

    (void)run;
    (void)ctx;
    if (facts->is_target || !hone_is_id_like(facts->c, p, set->max, (size_t)set->rows)) {
        return HONE_OK;
    }
    struct hone_finding *f = hone_finding_add(findings, "id_like", HONE_WARN, p->name);
    f->value = (double)p->distinct / (double)facts->known;
    f->threshold = set->max;
    f->message = HONE_SAY(
        findings, "column %s looks like an identifier: %zu different values in %zu rows",
        p->name, p->distinct, facts->known);
    f->advice = HONE_SAY(findings, "a model can only memorise it; drop it: --drop %s",
                         hone_shell_word(findings->mem, p->name));
    return HONE_OK;
}

/* "id", "user_id", "UserID", "order_key", "uuid". */
static bool named_as_id(const char *name)
{
    static const char *const ends[] = {"_id", " id", "-id", "Id", "ID", "_key", "uuid", "guid"};
    struct hone_str s = hone_str(name);

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (hone_str_ends(s, ends[i])) {
            return true;
        }
    }
    return hone_str_eq_nocase(s, hone_str("id")) || hone_str_eq_nocase(s, hone_str("key"));
}

/* An identifier by name and by values of which a few come twice. */
static enum hone_code repeated_ids(struct hone_run *run, const struct hone_check_ctx *ctx,
                                   struct hone_facts *facts, const void *settings,
                                   struct hone_findings *findings)
{
    const struct settings *set = settings;
    const struct hone_column_profile *p = facts->p;
    struct hone_finding found = {.rows = 0};
    struct hone_seen seen;
    HONE_SCRATCH(run);

    if (facts->is_target || p->distinct == facts->known || !named_as_id(p->name) ||
        !hone_is_id_like(facts->c, p, set->max, (size_t)set->rows)) {
        return HONE_OK;
    }
    HONE_TRY(hone_seen_new(run, facts->known + 1, &run->scratch, &seen));
    for (size_t i = 0; i < p->rows; i++) {
        uint32_t first = hone_is_valid(facts->c, i)
                             ? hone_seen_add(&seen, hone_cell_hash(facts->c, i), (uint32_t)i)
                             : (uint32_t)i;
        if (first != i && ctx->features[i] != ctx->features[first]) {
            hone_finding_row(&found, i); /* whole copies are duplicate_rows' matter */
        }
    }
    if (found.rows == 0) {
        return HONE_OK;
    }
    struct hone_finding *f = hone_finding_add(findings, "repeated_ids", HONE_WARN, p->name);
    hone_finding_rows(f, &found);
    f->value = (double)found.rows / (double)facts->known;
    f->message =
        HONE_SAY(findings, "column %s should tell rows apart, but %zu row%s an earlier value",
                 p->name, found.rows, found.rows == 1 ? " has" : "s have");
    f->advice = "the same thing twice, or two things under one number?";
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

/* Each value of one goes with one value of the other, and back, in every row. */
static enum hone_code renamed_column(struct hone_run *run, const struct hone_column *a,
                                     const struct hone_column *b, size_t distinct, bool *same)
{
    struct hone_seen forth;
    struct hone_seen back;
    HONE_SCRATCH(run);

    HONE_TRY(hone_seen_new(run, distinct + 2, &run->scratch, &forth));
    HONE_TRY(hone_seen_new(run, distinct + 2, &run->scratch, &back));
    *same = true;
    for (size_t i = 0; i < a->rows && *same; i++) {
        uint32_t x = hone_seen_add(&forth, hone_cell_hash(a, i), (uint32_t)i);
        uint32_t y = hone_seen_add(&back, hone_cell_hash(b, i), (uint32_t)i);
        *same = x == y;
    }
    return HONE_OK;
}

/* Could two columns say the same: as many values, missing as often, and few enough to recur. */
static bool may_repeat(const struct hone_check_ctx *ctx, size_t j, size_t k)
{
    const struct hone_column_profile *a = &ctx->profile->column[j];
    const struct hone_column_profile *b = &ctx->profile->column[k];

    return a->distinct >= 2 && a->distinct == b->distinct && a->missing == b->missing &&
           &ctx->table->column[j] != ctx->target && &ctx->table->column[k] != ctx->target;
}

static enum hone_code duplicate_columns(struct hone_run *run, const struct hone_check_ctx *ctx,
                                        const void *settings, struct hone_findings *findings)
{
    const struct hone_table *t = ctx->table;

    (void)settings;
    for (size_t j = 1; j < t->cols; j++) {
        for (size_t k = 0; k < j; k++) {
            const char *a = t->column[k].name;
            const char *b = t->column[j].name;
            size_t distinct = ctx->profile->column[j].distinct;
            bool words =
                hone_type_is_text(t->column[j].type) || hone_type_is_text(t->column[k].type);
            bool renamed = false;
            if (!may_repeat(ctx, j, k)) {
                continue;
            }
            bool same = same_column(&t->column[k], &t->column[j]);
            if (!same && words && 10 * distinct <= t->rows) {
                HONE_TRY(renamed_column(run, &t->column[k], &t->column[j], distinct, &renamed));
            }
            if (!same && !renamed) {
                continue;
            }
            struct hone_finding *f =
                hone_finding_add(findings, "duplicate_columns", HONE_WARN, b);
            f->other = a;
            f->message =
                same
                    ? HONE_SAY(findings, "columns %s and %s have the same value in every row",
                               a, b)
                    : HONE_SAY(findings, "columns %s and %s say the same in other words", a, b);
            f->advice = HONE_SAY(findings, "keep one of them: --drop %s",
                                 hone_shell_word(findings->mem, b));
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
static const struct hone_param almost_rows[] = {
    HONE_REAL(struct settings, max, 0.998, 0, 1,
              .help = "warn from this share of one value on"),
    HONE_INT(struct settings, rows, 500, 2, 1e9, .help = "do not judge fewer values"),
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

const struct hone_check hone_check_empty_table = {
    HEAD("empty_table", "there are rows with values"),
    .look = empty_table,
};
const struct hone_check hone_check_few_rows = {
    HEAD("few_rows", "there are enough rows"),
    .part.settings_size = sizeof(struct settings),
    .part.params = rows_rows,
    .look = few_rows,
};
const struct hone_check hone_check_empty_column = {
    HEAD("empty_column", "every column has values"),
    .column = empty_column,
};
const struct hone_check hone_check_constant_column = {
    HEAD("constant_column", "every column varies"),
    .column = constant_column,
};
const struct hone_check hone_check_almost_constant = {
    HEAD("almost_constant", "every column varies in more than a few rows"),
    .part.settings_size = sizeof(struct settings),
    .part.params = almost_rows,
    .column = almost_constant,
};
const struct hone_check hone_check_repeated_ids = {
    HEAD("repeated_ids", "no identifier comes twice"),
    .part.settings_size = sizeof(struct settings),
    .part.params = id_rows,
    .column = repeated_ids,
};
const struct hone_check hone_check_missing_share = {
    HEAD("missing_share", "no column is mostly missing"),
    .part.settings_size = sizeof(struct settings),
    .part.params = missing_rows,
    .column = missing_share,
};
const struct hone_check hone_check_id_like = {
    HEAD("id_like", "no column is an identifier"),
    .part.settings_size = sizeof(struct settings),
    .part.params = id_rows,
    .column = id_like,
};
const struct hone_check hone_check_duplicate_columns = {
    HEAD("duplicate_columns", "no two columns are the same"),
    .look = duplicate_columns,
};
