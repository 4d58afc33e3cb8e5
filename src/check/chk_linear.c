/*
 * Columns that others already say: sums, differences, other units.  A sample of rows is orthogonalised column
 * by column (modified Gram-Schmidt; Golub & Van Loan, Matrix Computations, 4th ed., alg. 5.2.6); a
 * column of which nothing is left is a combination of those before it.
 */
#include <math.h>

#include "check/check_priv.h"

#define SAMPLE  2000 /* rows looked at */
#define COLUMNS 200  /* columns looked at */
#define NAMED   6    /* columns named in a message */
#define PAIRS   10   /* correlated pairs told */

struct settings {
    double max;
};

struct basis {
    size_t n, p;  /* rows, columns */
    size_t *at;   /* (p) place in the table */
    double *q;    /* (p, n) orthonormal; zero where dependent */
    double *r;    /* (p, p) upper: column j = sum over i of r[i, j] q[i] */
    double *unit; /* (p, n) the standardised columns */
    double *y;    /* (n) the standardised target; NULL: none */
    double *rest; /* (p) what is left of a column: 0 to 1 */
};

/* Rows in which every chosen column, and the target, has a finite value. */
static size_t complete_rows(const struct hone_check_ctx *ctx, const struct basis *b,
                            bool target, size_t *row)
{
    size_t n = 0;
    size_t step = ctx->table->rows / SAMPLE + 1; /* over the whole table: it may be sorted */

    for (size_t i = 0; i < ctx->table->rows && n < SAMPLE; i += step) {
        bool whole = !target || isfinite(ctx->y[i]);
        for (size_t k = 0; k < b->p && whole; k++) {
            whole = isfinite(hone_column_f64(&ctx->table->column[b->at[k]], i));
        }
        if (whole) {
            row[n++] = i;
        }
    }
    return n;
}

/* To mean 0 and length 1; false when it does not vary. */
static bool standardise(size_t n, double *x)
{
    double mean = 0;
    double square = 0;
    double largest = 0;

    for (size_t i = 0; i < n; i++) {
        mean += x[i];
        largest = fmax(largest, fabs(x[i]));
    }
    mean /= (double)n;
    for (size_t i = 0; i < n; i++) {
        x[i] -= mean;
        square += x[i] * x[i];
    }
    /* a spread that is noise in the last digits of a large number is none */
    if (!(sqrt(square / (double)n) > 1e-12 * largest) || !isfinite(square)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        x[i] /= sqrt(square);
    }
    return true;
}

static double dot(size_t n, const double *a, const double *b)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

/* Take from x what the first k columns of the basis say, twice for the digits; h (k) gets how much. */
static void project(const struct basis *b, size_t k, double *x, double *h)
{
    memset(h, 0, b->p * sizeof *h);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < k; i++) {
            const double *q = b->q + i * b->n;
            double part = dot(b->n, q, x);
            h[i] += part;
            for (size_t t = 0; t < b->n; t++) {
                x[t] -= part * q[t];
            }
        }
    }
}

static void choose_columns(const struct hone_check_ctx *ctx, struct basis *b)
{
    for (size_t j = 0; j < ctx->table->cols && b->p < COLUMNS; j++) {
        const struct hone_column *c = &ctx->table->column[j];
        const struct hone_column_profile *p = &ctx->profile->column[j];
        bool number = hone_type_is_number(c->type) && c->type != HONE_BOOL;
        if (number && c != ctx->target && p->distinct > 2 && 5 * p->missing <= p->rows) {
            b->at[b->p++] = j;
        }
    }
}

/* In scratch.  p of 0: too few rows or columns. */
static enum hone_code make_basis(struct hone_run *run, const struct hone_check_ctx *ctx,
                                 bool target, struct basis *b)
{
    size_t *row;

    *b = (struct basis){0};
    HONE_TRY(hone_array(run, &run->scratch, &row, SAMPLE));
    HONE_TRY(hone_array(run, &run->scratch, &b->at, COLUMNS));
    choose_columns(ctx, b);
    b->n = complete_rows(ctx, b, target, row);
    if (b->n < 50 || b->n < 4 * b->p || b->p < 1) {
        b->p = 0;
        return HONE_OK;
    }
    HONE_TRY(hone_matrix(run, &run->scratch, &b->q, b->p, b->n));
    HONE_TRY(hone_matrix(run, &run->scratch, &b->unit, b->p, b->n));
    HONE_TRY(hone_matrix(run, &run->scratch, &b->r, b->p, b->p));
    HONE_TRY(hone_array(run, &run->scratch, &b->rest, b->p));
    double *h;
    HONE_TRY(hone_array(run, &run->scratch, &h, b->p));
    for (size_t k = 0; k < b->p; k++) {
        double *q = b->q + k * b->n;
        for (size_t i = 0; i < b->n; i++) {
            q[i] = hone_column_f64(&ctx->table->column[b->at[k]], row[i]);
        }
        bool varies = standardise(b->n, q);
        memcpy(b->unit + k * b->n, q, b->n * sizeof *q);
        project(b, k, q, h);
        double left = varies ? sqrt(dot(b->n, q, q)) : 0;
        b->rest[k] = varies ? left : 1;
        for (size_t i = 0; i < k; i++) {
            b->r[i * b->p + k] = h[i];
        }
        bool kept = left > 1e-7;
        b->r[k * b->p + k] = kept ? left : 0;
        for (size_t i = 0; i < b->n; i++) {
            q[i] = kept ? q[i] / left : 0;
        }
    }
    if (target) {
        HONE_TRY(hone_array(run, &run->scratch, &b->y, b->n));
        for (size_t i = 0; i < b->n; i++) {
            b->y[i] = ctx->y[row[i]];
        }
        b->y = standardise(b->n, b->y) ? b->y : NULL;
    }
    return HONE_OK;
}

/* Coefficients over the first k columns from what they say (h), by back substitution, in place. */
static void solve(const struct basis *b, size_t k, double *h)
{
    for (size_t i = k; i-- > 0;) {
        double diagonal = b->r[i * b->p + i];
        for (size_t m = i + 1; m < k; m++) {
            h[i] -= b->r[i * b->p + m] * h[m];
        }
        h[i] = diagonal > 0 ? h[i] / diagonal : 0;
    }
}

/* "a, b and c" of the columns with a coefficient; *n: how many. */
static const char *parts_of(const struct hone_check_ctx *ctx, const struct basis *b, size_t k,
                            const double *h, struct hone_arena *mem, size_t *n, size_t *first)
{
    struct hone_buf buf = hone_buf(mem);

    *n = 0;
    for (size_t i = 0; i < k; i++) {
        if (fabs(h[i]) < 1e-4) {
            continue;
        }
        if (*n == 0) {
            *first = i;
        }
        if (*n < NAMED) {
            hone_buf_format(&buf, "%s%s", *n == 0 ? "" : ", ",
                            ctx->table->column[b->at[i]].name);
        } else if (*n == NAMED) {
            hone_buf_text(&buf, ", ...");
        }
        (*n)++;
    }
    return buf.ptr == NULL ? "" : buf.ptr;
}

static bool same_values(const struct hone_check_ctx *ctx, const struct basis *b, size_t i,
                        size_t k)
{
    const struct hone_column *a = &ctx->table->column[b->at[i]];
    const struct hone_column *c = &ctx->table->column[b->at[k]];

    for (size_t row = 0; row < a->rows; row++) {
        if (hone_cell_hash(a, row) != hone_cell_hash(c, row)) {
            return false;
        }
    }
    return true;
}

static enum hone_code linear_columns(struct hone_run *run, const struct hone_check_ctx *ctx,
                                     const void *settings, struct hone_findings *findings)
{
    const struct settings *set = settings;
    struct basis b;
    double *h;
    HONE_SCRATCH(run);

    HONE_TRY(make_basis(run, ctx, false, &b));
    HONE_TRY(hone_array(run, &run->scratch, &h, b.p + 1));
    for (size_t k = 1; k < b.p; k++) {
        size_t n;
        size_t first = 0;
        if (b.rest[k] > set->max) {
            continue;
        }
        for (size_t i = 0; i < k; i++) {
            h[i] = b.r[i * b.p + k];
        }
        solve(&b, k, h);
        const char *parts = parts_of(ctx, &b, k, h, findings->mem, &n, &first);
        if (n == 0 || (n == 1 && same_values(ctx, &b, first, k))) {
            continue; /* duplicate_columns says so */
        }
        const char *name = ctx->table->column[b.at[k]].name;
        struct hone_finding *f = hone_finding_add(findings, "linear_columns", HONE_WARN, name);
        f->other = ctx->table->column[b.at[first]].name;
        f->value = b.rest[k];
        f->threshold = set->max;
        f->message =
            n == 1
                ? HONE_SAY(findings, "column %s is column %s in another unit", name, f->other)
                : HONE_SAY(findings, "column %s is a sum of multiples of %s", name, parts);
        f->advice = HONE_SAY(findings, "it says nothing new; drop it: --drop %s",
                             hone_shell_word(findings->mem, name));
    }
    return HONE_OK;
}

static enum hone_code target_sum(struct hone_run *run, const struct hone_check_ctx *ctx,
                                 const void *settings, struct hone_findings *findings)
{
    const struct settings *set = settings;
    struct basis b;
    double *h;
    size_t n;
    size_t first = 0;
    HONE_SCRATCH(run);

    if (ctx->task != HONE_TASK_REGRESSION) {
        return HONE_OK;
    }
    HONE_TRY(make_basis(run, ctx, true, &b));
    if (b.p < 2 || b.y == NULL) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &run->scratch, &h, b.p));
    project(&b, b.p, b.y, h);
    double rest = sqrt(dot(b.n, b.y, b.y));
    if (rest > set->max) {
        return HONE_OK;
    }
    solve(&b, b.p, h);
    const char *parts = parts_of(ctx, &b, b.p, h, findings->mem, &n, &first);
    if (n < 2) {
        return HONE_OK; /* target_copy says so */
    }
    const char *name = ctx->table->column[b.at[first]].name;
    struct hone_finding *f = hone_finding_add(findings, "target_sum", HONE_FAIL, name);
    f->other = ctx->target->name;
    f->value = 1 - rest * rest;
    f->threshold = 1 - set->max * set->max;
    f->message = HONE_SAY(findings, "the target %s is a sum of multiples of %s",
                          ctx->target->name, parts);
    f->advice = HONE_SAY(
        findings, "they will not all be known when predicting; drop at least one: --drop %s",
        hone_shell_word(findings->mem, name));
    return HONE_OK;
}

static enum hone_code correlated_columns(struct hone_run *run, const struct hone_check_ctx *ctx,
                                         const void *settings, struct hone_findings *findings)
{
    const struct settings *set = settings;
    struct basis b;
    size_t told = 0;
    HONE_SCRATCH(run);

    HONE_TRY(make_basis(run, ctx, false, &b));
    for (size_t k = 1; k < b.p; k++) {
        for (size_t i = 0; i < k && told < PAIRS; i++) {
            double r = dot(b.n, b.unit + i * b.n, b.unit + k * b.n);
            if (fabs(r) < set->max || fabs(r) > 1 - 1e-9) {
                continue;
            }
            const char *name = ctx->table->column[b.at[k]].name;
            struct hone_finding *f =
                hone_finding_add(findings, "correlated_columns", HONE_INFO, name);
            f->other = ctx->table->column[b.at[i]].name;
            f->value = r;
            f->threshold = set->max;
            f->message = HONE_SAY(findings, "columns %s and %s go together (r = %.3f)",
                                  f->other, name, r);
            f->advice =
                "trees do not mind; the weights of a linear model are hard to read then";
            told++;
        }
    }
    return HONE_OK;
}

static const struct hone_param rest_rows[] = {
    HONE_REAL(struct settings, max, 1e-4, 0, 1,
              .help = "share of a column's spread that the others may leave unexplained"),
    HONE_PARAM_END,
};
static const struct hone_param pair_rows[] = {
    HONE_REAL(struct settings, max, 0.95, 0, 1, .help = "tell pairs from this correlation on"),
    HONE_PARAM_END,
};

const struct hone_check hone_check_linear_columns = {
    .part.name = "linear_columns",
    .part.summary = "no column is a sum of others",
    .part.settings_size = sizeof(struct settings),
    .part.params = rest_rows,
    .stage = HONE_CHECK_INTEGRITY,
    .look = linear_columns,
};
const struct hone_check hone_check_correlated_columns = {
    .part.name = "correlated_columns",
    .part.summary = "no two columns go together",
    .part.settings_size = sizeof(struct settings),
    .part.params = pair_rows,
    .stage = HONE_CHECK_INTEGRITY,
    .look = correlated_columns,
};
const struct hone_check hone_check_target_sum = {
    .part.name = "target_sum",
    .part.summary = "the target is no sum of columns",
    .part.settings_size = sizeof(struct settings),
    .part.params = rest_rows,
    .stage = HONE_CHECK_LEAKAGE,
    .needs_target = true,
    .look = target_sum,
};
