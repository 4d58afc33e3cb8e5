/* Arithmetic and mathematics in expressions; declared in table/expr_priv.h. */
#include <math.h>

#include "table/expr_priv.h"

/* --- integers --------------------------------------------------------------------------- */

static enum hone_code overflow(struct hone_run *run, const struct expr_step *s, size_t i)
{
    if (s->node->n == 1) {
        return hone_expr_row_error(run, s, i, "cast to float to go on with rounded numbers",
                                   "%s of %lld does not fit int64", s->node->function->name,
                                   (long long)s->arg[0].i[i]);
    }
    return hone_expr_row_error(run, s, i, "cast to float to go on with rounded numbers",
                               "%lld %s %lld does not fit int64", (long long)s->arg[0].i[i],
                               s->node->function->name, (long long)s->arg[1].i[i]);
}

/* Whole blocks are computed, what lies behind the last row too; it cannot fail. */
#define CHECKED(name, builtin)                                                                 \
    static enum hone_code name(struct hone_run *run, const struct expr_step *s)                \
    {                                                                                          \
        const int64_t *a = s->arg[0].i;                                                        \
        const int64_t *b = s->arg[1].i;                                                        \
        int64_t *out = s->out;                                                                 \
        bool bad = false;                                                                      \
                                                                                               \
        for (size_t i = 0; i < EXPR_BLOCK; i++) {                                              \
            bad |= builtin(a[i], b[i], &out[i]);                                               \
        }                                                                                      \
        for (size_t i = 0; bad && i < s->rows; i++) {                                          \
            if (builtin(a[i], b[i], &out[i]) && expr_live(s, i)) {                             \
                return overflow(run, s, i);                                                    \
            }                                                                                  \
        }                                                                                      \
        return HONE_OK;                                                                        \
    }
CHECKED(add_i, __builtin_add_overflow)
CHECKED(sub_i, __builtin_sub_overflow)
CHECKED(mul_i, __builtin_mul_overflow)

/* By 0: missing.  The one quotient that does not fit is INT64_MIN by -1. */
static enum hone_code divide_i(struct hone_run *run, const struct expr_step *s)
{
    int64_t *out = s->out;
    bool rest = s->node->function->which == EXPR_MOD;

    for (size_t i = 0; i < s->rows; i++) {
        int64_t a = s->arg[0].i[i];
        int64_t b = s->arg[1].i[i];
        if (b == 0) {
            s->missing[i] = 1;
        } else if (b == -1) {
            if (!rest && a == INT64_MIN && expr_live(s, i)) {
                return overflow(run, s, i);
            }
            out[i] = rest ? 0 : (int64_t)(0 - (uint64_t)a);
        } else {
            out[i] = rest ? a % b : a / b;
        }
    }
    return HONE_OK;
}

static enum hone_code unary_i(struct hone_run *run, const struct expr_step *s)
{
    int which = s->node->function->which;
    int64_t *out = s->out;

    for (size_t i = 0; i < s->rows; i++) {
        int64_t a = s->arg[0].i[i];
        if (which == EXPR_SIGNUM) {
            out[i] = (a > 0) - (a < 0);
        } else if (which != EXPR_NEG && (which != EXPR_ABS || a >= 0)) {
            out[i] = a; /* floor, ceil, trunc */
        } else if (a == INT64_MIN && expr_live(s, i)) {
            return overflow(run, s, i);
        } else {
            out[i] = (int64_t)(0 - (uint64_t)a);
        }
    }
    return HONE_OK;
}

/* --- reals ------------------------------------------------------------------------------ */

#define PLAIN(name, expression)                                                                \
    static enum hone_code name(struct hone_run *run, const struct expr_step *s)                \
    {                                                                                          \
        const double *x = s->arg[0].f;                                                         \
        const double *y = s->arg[s->node->n - 1].f;                                            \
        double *out = s->out;                                                                  \
                                                                                               \
        (void)run;                                                                             \
        for (size_t i = 0; i < EXPR_BLOCK; i++) {                                              \
            double a = x[i];                                                                   \
            double b = y[i];                                                                   \
            (void)b;                                                                           \
            out[i] = (expression);                                                             \
        }                                                                                      \
        return HONE_OK;                                                                        \
    }
PLAIN(add_f, a + b)
PLAIN(sub_f, a - b)
PLAIN(mul_f, a *b)
PLAIN(pow_f, pow(a, b))
PLAIN(neg_f, -a)
PLAIN(abs_f, fabs(a))
PLAIN(sign_f, a != a ? a : (double)((a > 0.0) - (a < 0.0)))
PLAIN(floor_f, floor(a))
PLAIN(ceil_f, ceil(a))
PLAIN(trunc_f, trunc(a))
PLAIN(exp_f, exp(a))
PLAIN(expm1_f, expm1(a))
PLAIN(sin_f, sin(a))
PLAIN(cos_f, cos(a))
PLAIN(tan_f, tan(a))
PLAIN(atan_f, atan(a))

static enum hone_code divide_f(struct hone_run *run, const struct expr_step *s)
{
    int which = s->node->function->which;
    double *out = s->out;

    (void)run;
    for (size_t i = 0; i < s->rows; i++) {
        double a = s->arg[0].f[i];
        double b = s->arg[1].f[i];
        if (b == 0.0) {
            s->missing[i] = 1;
        } else if (which == EXPR_MOD) {
            out[i] = fmod(a, b);
        } else {
            out[i] = which == EXPR_IDIV ? trunc(a / b) : a / b;
        }
    }
    return HONE_OK;
}

/* Outside of where the function is a number: missing, as SQLite has it. */
static enum hone_code partial_f(struct hone_run *run, const struct expr_step *s)
{
    int which = s->node->function->which;
    double *out = s->out;

    (void)run;
    for (size_t i = 0; i < s->rows; i++) {
        double a = s->arg[0].f[i];
        if (which == EXPR_SQRT ? a < 0.0 : which == EXPR_LOG1P ? a <= -1.0 : a <= 0.0) {
            s->missing[i] = 1;
            continue;
        }
        out[i] = which == EXPR_SQRT    ? sqrt(a)
                 : which == EXPR_LN    ? log(a)
                 : which == EXPR_LOG2  ? log2(a)
                 : which == EXPR_LOG10 ? log10(a)
                                       : log1p(a);
    }
    return HONE_OK;
}

/* --- binding ---------------------------------------------------------------------------- */

static enum hone_code numbers(struct hone_expr_bind *b, struct expr_node *n, bool *real)
{
    *real = false;
    for (size_t i = 0; i < n->n; i++) {
        if (n->arg[i]->kind != EXPR_NULL && !expr_is_number(n->arg[i]->kind)) {
            return hone_expr_wrong_kind(b, n, n->arg[i], "numbers");
        }
        *real |= n->arg[i]->kind == EXPR_REAL;
    }
    return HONE_OK;
}

static enum hone_code all_to(struct hone_expr_bind *b, struct expr_node *n, enum expr_kind kind)
{
    for (size_t i = 0; i < n->n; i++) {
        HONE_TRY(hone_expr_to(b, &n->arg[i], kind));
    }
    return HONE_OK;
}

/* day + int, day - int, day - day; moments by date_add and date_diff. */
static enum hone_code day_step(struct hone_run *run, const struct expr_step *s)
{
    int64_t *out = s->out;
    bool minus = s->node->function->which == EXPR_SUB;

    for (size_t i = 0; i < s->rows; i++) {
        bool bad = minus ? __builtin_sub_overflow(s->arg[0].i[i], s->arg[1].i[i], &out[i])
                         : __builtin_add_overflow(s->arg[0].i[i], s->arg[1].i[i], &out[i]);
        if ((bad || out[i] < INT32_MIN || out[i] > INT32_MAX) && expr_live(s, i)) {
            return hone_expr_row_error(run, s, i, NULL, "the day does not fit the calendar");
        }
    }
    return HONE_OK;
}

static enum hone_code bind_days(struct hone_expr_bind *b, struct expr_node *n)
{
    int which = n->function->which;
    enum expr_kind x = n->arg[0]->kind;
    enum expr_kind y = n->arg[1]->kind;

    if (x == EXPR_TIME || y == EXPR_TIME) {
        return hone_expr_error(b->run, b->text, n->at, HONE_E_ARG,
                               "date_diff('second', a, b), date_add('hour', 2, a)",
                               "%s is for days; moments have units", n->function->name);
    }
    n->kernel = day_step;
    n->kind = EXPR_DATE;
    if (which == EXPR_SUB && x == EXPR_DATE && (y == EXPR_DATE || y == EXPR_TEXT)) {
        HONE_TRY(hone_expr_to(b, &n->arg[1], EXPR_DATE));
        n->kind = EXPR_INT;
        n->kernel = sub_i;
        return HONE_OK;
    }
    if (which == EXPR_ADD && y == EXPR_DATE) {
        struct expr_node *swap = n->arg[0];
        n->arg[0] = n->arg[1];
        n->arg[1] = swap;
        y = x;
    }
    if ((which != EXPR_ADD && which != EXPR_SUB) || n->arg[0]->kind != EXPR_DATE ||
        (y != EXPR_INT && y != EXPR_BOOL && y != EXPR_NULL)) {
        return hone_expr_wrong_kind(b, n, n->arg[expr_is_time(x) ? 1 : 0],
                                    "a day and a whole number");
    }
    return hone_expr_to(b, &n->arg[1], EXPR_INT);
}

enum hone_code hone_expr_bind_arithmetic(struct hone_expr_bind *b, struct expr_node *n)
{
    static expr_kernel *const of_int[] = {add_i, sub_i, mul_i, NULL, divide_i, divide_i, NULL};
    static expr_kernel *const of_real[] = {add_f,    sub_f,    mul_f, divide_f,
                                           divide_f, divide_f, pow_f};
    int which = n->function->which;
    bool real;

    if (expr_is_time(n->arg[0]->kind) || expr_is_time(n->arg[1]->kind)) {
        return bind_days(b, n);
    }
    HONE_TRY(numbers(b, n, &real));
    real |= of_int[which] == NULL;
    n->kind = real ? EXPR_REAL : EXPR_INT;
    n->kernel = real ? of_real[which] : of_int[which];
    n->makes_missing = which == EXPR_DIV || which == EXPR_IDIV || which == EXPR_MOD;
    return all_to(b, n, n->kind);
}

enum hone_code hone_expr_bind_math(struct hone_expr_bind *b, struct expr_node *n)
{
    static const struct {
        int which;
        bool keeps_int, partial;
        expr_kernel *kernel;
    } rows[] = {
        {EXPR_NEG, true, false, neg_f},       {EXPR_ABS, true, false, abs_f},
        {EXPR_SIGNUM, true, false, sign_f},   {EXPR_FLOOR, true, false, floor_f},
        {EXPR_CEIL, true, false, ceil_f},     {EXPR_TRUNC, true, false, trunc_f},
        {EXPR_SQRT, false, true, partial_f},  {EXPR_LN, false, true, partial_f},
        {EXPR_LOG2, false, true, partial_f},  {EXPR_LOG10, false, true, partial_f},
        {EXPR_LOG1P, false, true, partial_f}, {EXPR_EXP, false, false, exp_f},
        {EXPR_EXPM1, false, false, expm1_f},  {EXPR_SIN, false, false, sin_f},
        {EXPR_COS, false, false, cos_f},      {EXPR_TAN, false, false, tan_f},
        {EXPR_ATAN, false, false, atan_f},
    };
    bool real;

    HONE_TRY(numbers(b, n, &real));
    for (size_t i = 0; n->kernel == NULL && i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].which == n->function->which) {
            bool integer = rows[i].keeps_int && !real;
            n->kind = integer ? EXPR_INT : EXPR_REAL;
            n->kernel = integer ? unary_i : rows[i].kernel;
            n->makes_missing = rows[i].partial;
        }
    }
    HONE_ASSERT(n->kernel != NULL);
    return all_to(b, n, n->kind);
}

/* Half away from zero; digits may be negative. */
static enum hone_code round_f(struct hone_run *run, const struct expr_step *s)
{
    double *out = s->out;

    (void)run;
    for (size_t i = 0; i < s->rows; i++) {
        double x = s->arg[0].f[i];
        int64_t digits = s->node->n == 1 ? 0 : s->arg[1].i[i];
        double scale;
        digits = digits > 300 ? 300 : digits < -300 ? -300 : digits;
        scale = pow(10.0, (double)(digits < 0 ? -digits : digits));
        if (digits >= 0) {
            double big = x * scale;
            out[i] = digits == 0 || !(fabs(big) < 0x1p53) ? (digits == 0 ? round(x) : x)
                                                          : round(big) / scale;
        } else {
            out[i] = round(x / scale) * scale;
        }
    }
    return HONE_OK;
}

enum hone_code hone_expr_bind_round(struct hone_expr_bind *b, struct expr_node *n)
{
    bool real;

    HONE_TRY(numbers(b, n, &real));
    if (n->n == 2 && n->arg[1]->kind == EXPR_REAL) {
        return hone_expr_wrong_kind(b, n, n->arg[1], "a whole number of digits");
    }
    n->kind = EXPR_REAL;
    n->kernel = round_f;
    HONE_TRY(hone_expr_to(b, &n->arg[0], EXPR_REAL));
    return n->n == 2 ? hone_expr_to(b, &n->arg[1], EXPR_INT) : HONE_OK;
}

/* The least or greatest of the arguments that are there; NaN is passed over like them. */
static enum hone_code minmax(struct hone_run *run, const struct expr_step *s)
{
    bool least = s->node->function->which == EXPR_MIN;
    enum expr_kind kind = s->node->kind;
    size_t width = hone_expr_width(kind);

    (void)run;
    for (size_t i = 0; i < s->rows; i++) {
        const struct expr_vec *best = NULL;
        for (size_t a = 0; a < s->node->n; a++) {
            const struct expr_vec *v = &s->arg[a];
            bool less = false;
            if (v->missing != NULL && v->missing[i]) {
                continue;
            }
            if (best != NULL && kind == EXPR_REAL) {
                less = best->f[i] != best->f[i] ||
                       (least ? v->f[i] < best->f[i] : v->f[i] > best->f[i]);
            } else if (best != NULL && kind == EXPR_TEXT) {
                int order = hone_str_cmp(v->s[i], best->s[i]);
                less = least ? order < 0 : order > 0;
            } else if (best != NULL && kind == EXPR_BOOL) {
                less = least ? v->b[i] < best->b[i] : v->b[i] > best->b[i];
            } else if (best != NULL) {
                less = least ? v->i[i] < best->i[i] : v->i[i] > best->i[i];
            }
            best = best == NULL || less ? v : best;
        }
        if (best == NULL) {
            s->missing[i] = 1;
        } else {
            memcpy((char *)s->out + i * width, (const char *)best->data + i * width, width);
        }
    }
    return HONE_OK;
}

enum hone_code hone_expr_bind_minmax(struct hone_expr_bind *b, struct expr_node *n)
{
    HONE_TRY(hone_expr_unify(b, n, 0, 1, &n->kind));
    if (n->kind == EXPR_OTHER) {
        return hone_expr_wrong_kind(b, n, n->arg[0], "values that have an order");
    }
    n->kernel = minmax;
    n->sees_missing = true;
    n->makes_missing = true;
    return HONE_OK;
}

static enum hone_code is_float(struct hone_run *run, const struct expr_step *s)
{
    uint8_t *out = s->out;
    bool nan = s->node->function->which == EXPR_IS_NAN;

    (void)run;
    for (size_t i = 0; i < s->rows; i++) {
        bool yes = nan ? isnan(s->arg[0].f[i]) : isfinite(s->arg[0].f[i]);
        out[i] = yes;
    }
    return HONE_OK;
}

enum hone_code hone_expr_bind_isfloat(struct hone_expr_bind *b, struct expr_node *n)
{
    bool real;

    HONE_TRY(numbers(b, n, &real));
    n->kind = EXPR_BOOL;
    n->kernel = is_float;
    return hone_expr_to(b, &n->arg[0], EXPR_REAL);
}
