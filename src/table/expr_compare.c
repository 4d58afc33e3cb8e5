/* Comparisons, sets and tests for missing in expressions; declared in table/expr_priv.h. */
#include <math.h>
#include <stdlib.h>

#include "table/expr_priv.h"

/* --- comparisons ------------------------------------------------------------------------- */

#define COMPARE(name, type, field, expression)                                                 \
    static enum hone_code name(struct hone_run *run, const struct expr_step *s)                \
    {                                                                                          \
        const type *x = s->arg[0].field;                                                       \
        const type *y = s->arg[1].field;                                                       \
        uint8_t *out = s->out;                                                                 \
                                                                                               \
        (void)run;                                                                             \
        for (size_t i = 0; i < EXPR_BLOCK; i++) {                                              \
            type a = x[i];                                                                     \
            type b = y[i];                                                                     \
            out[i] = (expression);                                                             \
        }                                                                                      \
        return HONE_OK;                                                                        \
    }
#define COMPARE_ALL(prefix, type, field)                                                       \
    COMPARE(prefix##_eq, type, field, a == b)                                                  \
    COMPARE(prefix##_ne, type, field, a != b)                                                  \
    COMPARE(prefix##_lt, type, field, a < b)                                                   \
    COMPARE(prefix##_le, type, field, a <= b)                                                  \
    COMPARE(prefix##_gt, type, field, a > b)                                                   \
    COMPARE(prefix##_ge, type, field, a >= b)
COMPARE_ALL(bool, uint8_t, b)
COMPARE_ALL(int, int64_t, i)
COMPARE_ALL(real, double, f)

static bool holds(int which, int order)
{
    switch (which) {
    case EXPR_EQ:
        return order == 0;
    case EXPR_NE:
        return order != 0;
    case EXPR_LT:
        return order < 0;
    case EXPR_LE:
        return order <= 0;
    case EXPR_GT:
        return order > 0;
    default:
        return order >= 0;
    }
}

static enum hone_code text_compare(struct hone_run *run, const struct expr_step *s)
{
    int which = s->node->function->which;
    uint8_t *out = s->out;

    (void)run;
    for (size_t i = 0; i < s->rows; i++) {
        struct hone_str a = s->arg[0].s[i];
        struct hone_str b = s->arg[1].s[i];
        if (which == EXPR_EQ || which == EXPR_NE) {
            out[i] = hone_str_eq(a, b) == (which == EXPR_EQ);
        } else {
            out[i] = holds(which, hone_str_cmp(a, b));
        }
    }
    return HONE_OK;
}

/* An integer against a real, exactly: rounding the integer would make 2^53 + 1 equal to 2^53. */
static enum hone_code mixed_compare(struct hone_run *run, const struct expr_step *s)
{
    int which = s->node->function->which;
    bool swapped = s->arg[0].kind == EXPR_REAL;
    const int64_t *integer = s->arg[swapped ? 1 : 0].i;
    const double *real = s->arg[swapped ? 0 : 1].f;
    uint8_t *out = s->out;

    (void)run;
    for (size_t i = 0; i < s->rows; i++) {
        double rounded = (double)integer[i];
        int order = (rounded > real[i]) - (rounded < real[i]);
        if (order == 0 && fabs(real[i]) < 0x1p63) {
            int64_t whole = (int64_t)real[i];
            order = (integer[i] > whole) - (integer[i] < whole);
        } else if (order == 0 && real[i] == 0x1p63) {
            order = -1;
        }
        out[i] = isnan(real[i]) ? which == EXPR_NE : holds(which, swapped ? -order : order);
    }
    return HONE_OK;
}

enum hone_code hone_expr_bind_compare(struct hone_expr_bind *b, struct expr_node *n)
{
    static expr_kernel *const of_bool[] = {bool_eq, bool_ne, bool_lt,
                                           bool_le, bool_gt, bool_ge};
    static expr_kernel *const of_int[] = {int_eq, int_ne, int_lt, int_le, int_gt, int_ge};
    static expr_kernel *const of_real[] = {real_eq, real_ne, real_lt,
                                           real_le, real_gt, real_ge};
    int which = n->function->which - EXPR_EQ;
    enum expr_kind x = n->arg[0]->kind;
    enum expr_kind y = n->arg[1]->kind;
    enum expr_kind kind;

    n->kind = EXPR_BOOL;
    if ((x == EXPR_INT && y == EXPR_REAL && n->arg[0]->op != EXPR_LITERAL) ||
        (x == EXPR_REAL && y == EXPR_INT && n->arg[1]->op != EXPR_LITERAL)) {
        n->kernel = mixed_compare;
        return HONE_OK;
    }
    HONE_TRY(hone_expr_unify(b, n, 0, 1, &kind));
    if (kind == EXPR_OTHER) {
        return hone_expr_wrong_kind(b, n, n->arg[0], "values that have an order");
    }
    if (kind == EXPR_NULL) {
        HONE_TRY(hone_expr_to(b, &n->arg[0], EXPR_INT));
        HONE_TRY(hone_expr_to(b, &n->arg[1], EXPR_INT));
    }
    n->kernel = kind == EXPR_TEXT   ? text_compare
                : kind == EXPR_REAL ? of_real[which]
                : kind == EXPR_BOOL ? of_bool[which]
                                    : of_int[which];
    return HONE_OK;
}

/* --- truth and missing ------------------------------------------------------------------- */

static enum hone_code negate(struct hone_run *run, const struct expr_step *s)
{
    uint8_t *out = s->out;

    (void)run;
    for (size_t i = 0; i < EXPR_BLOCK; i++) {
        out[i] = !s->arg[0].b[i];
    }
    return HONE_OK;
}

enum hone_code hone_expr_bind_not(struct hone_expr_bind *b, struct expr_node *n)
{
    if (n->arg[0]->kind != EXPR_BOOL && n->arg[0]->kind != EXPR_NULL) {
        return hone_expr_wrong_kind(b, n, n->arg[0], "a truth value");
    }
    n->kind = EXPR_BOOL;
    n->kernel = negate;
    return hone_expr_to(b, &n->arg[0], EXPR_BOOL);
}

static enum hone_code is_test(struct hone_run *run, const struct expr_step *s)
{
    int which = s->node->function->which;
    const uint8_t *missing = s->arg[0].missing;
    uint8_t *out = s->out;

    (void)run;
    for (size_t i = 0; i < s->rows; i++) {
        bool lacks = missing != NULL && missing[i];
        out[i] = which == EXPR_IS_NULL ? lacks
                 : which == EXPR_IS_NOT_NULL
                     ? !lacks
                     : !lacks && (s->arg[0].b[i] != 0) == (which == EXPR_IS_TRUE);
    }
    return HONE_OK;
}

enum hone_code hone_expr_bind_isnull(struct hone_expr_bind *b, struct expr_node *n)
{
    int which = n->function->which;

    n->kind = EXPR_BOOL;
    n->kernel = is_test;
    n->sees_missing = true;
    if (which == EXPR_IS_NULL || which == EXPR_IS_NOT_NULL) {
        return HONE_OK;
    }
    if (n->arg[0]->kind != EXPR_BOOL && n->arg[0]->kind != EXPR_NULL) {
        return hone_expr_wrong_kind(b, n, n->arg[0], "a truth value");
    }
    return hone_expr_to(b, &n->arg[0], EXPR_BOOL);
}

/* A case: when a is not null then a ... else the last. */
enum hone_code hone_expr_bind_coalesce(struct hone_expr_bind *b, struct expr_node *n)
{
    struct expr_node **arg;
    size_t count = 0;

    HONE_TRY(hone_expr_unify(b, n, 0, 1, &n->kind));
    if (n->kind == EXPR_OTHER) {
        return hone_expr_wrong_kind(b, n, n->arg[0], "values");
    }
    HONE_TRY(hone_array(b->run, b->mem, &arg, 2 * n->n));
    for (size_t i = 0; i + 1 < n->n; i++) {
        struct expr_node *test;
        HONE_TRY(hone_array(b->run, b->mem, &test, 1));
        HONE_TRY(hone_array(b->run, b->mem, &test->arg, 1));
        test->op = EXPR_CALL;
        test->at = n->at;
        test->n = 1;
        test->arg[0] = n->arg[i];
        test->kind = EXPR_BOOL;
        test->kernel = is_test;
        test->sees_missing = true;
        test->function = hone_expr_function_find(hone_str("is not null"));
        arg[count++] = test;
        arg[count++] = n->arg[i];
    }
    arg[count++] = n->arg[n->n - 1];
    n->op = EXPR_CASE;
    n->arg = arg;
    n->n = count;
    return HONE_OK;
}

/* Missing where both are equal, else the first. */
static enum hone_code nullif(struct hone_run *run, const struct expr_step *s)
{
    enum expr_kind kind = s->node->kind;
    size_t width = hone_expr_width(kind);

    (void)run;
    memcpy(s->out, s->arg[0].data, s->rows * width);
    for (size_t i = 0; i < s->rows; i++) {
        bool lacks = s->arg[0].missing != NULL && s->arg[0].missing[i];
        bool other = s->arg[1].missing != NULL && s->arg[1].missing[i];
        bool same = kind == EXPR_TEXT   ? hone_str_eq(s->arg[0].s[i], s->arg[1].s[i])
                    : kind == EXPR_REAL ? s->arg[0].f[i] == s->arg[1].f[i]
                    : kind == EXPR_BOOL ? s->arg[0].b[i] == s->arg[1].b[i]
                                        : s->arg[0].i[i] == s->arg[1].i[i];
        s->missing[i] = lacks || (!other && same);
    }
    return HONE_OK;
}

enum hone_code hone_expr_bind_nullif(struct hone_expr_bind *b, struct expr_node *n)
{
    HONE_TRY(hone_expr_unify(b, n, 0, 1, &n->kind));
    if (n->kind == EXPR_OTHER) {
        return hone_expr_wrong_kind(b, n, n->arg[0], "values that can be compared");
    }
    if (n->kind == EXPR_NULL) {
        n->kind = EXPR_INT;
        HONE_TRY(hone_expr_to(b, &n->arg[0], EXPR_INT));
        HONE_TRY(hone_expr_to(b, &n->arg[1], EXPR_INT));
    }
    n->kernel = nullif;
    n->sees_missing = true;
    n->makes_missing = true;
    return HONE_OK;
}

/* --- sets -------------------------------------------------------------------------------- */

static int by_integer(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int by_real(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static int by_text(const void *a, const void *b)
{
    return hone_str_cmp(*(const struct hone_str *)a, *(const struct hone_str *)b);
}

static bool in_set(const struct expr_set *set, const struct expr_vec *v, size_t i)
{
    int64_t integer;

    if (set->n == 0) {
        return false;
    }
    switch (set->kind) {
    case EXPR_TEXT:
        return bsearch(&v->s[i], set->text, set->n, sizeof *set->text, by_text) != NULL;
    case EXPR_REAL:
        return v->f[i] == v->f[i] &&
               bsearch(&v->f[i], set->real, set->n, sizeof *set->real, by_real) != NULL;
    default:
        integer = v->kind == EXPR_BOOL ? v->b[i] : v->i[i];
        return bsearch(&integer, set->integer, set->n, sizeof *set->integer, by_integer) !=
               NULL;
    }
}

enum hone_code hone_expr_run_set(struct hone_run *run, const struct expr_step *s)
{
    const struct expr_set *set = s->node->extra;
    uint8_t *out = s->out;

    (void)run;
    for (size_t i = 0; i < s->rows; i++) {
        if (s->missing != NULL && s->missing[i]) {
            continue;
        }
        out[i] = in_set(set, &s->arg[0], i);
        if (!out[i] && set->with_null) {
            s->missing[i] = 1;
        }
    }
    return HONE_OK;
}

/* The literals of the list, ordered. */
static enum hone_code make_set(struct hone_expr_bind *b, struct expr_node *const *item,
                               size_t n, enum expr_kind kind, struct expr_set *set)
{
    int64_t *integer;
    double *real;
    struct hone_str *text;

    HONE_TRY(hone_array(b->run, b->mem, &integer, n));
    HONE_TRY(hone_array(b->run, b->mem, &real, n));
    HONE_TRY(hone_array(b->run, b->mem, &text, n));
    *set = (struct expr_set){.kind = kind, .integer = integer, .real = real, .text = text};
    for (size_t i = 0; i < n; i++) {
        if (item[i]->missing) {
            set->with_null = true;
            continue;
        }
        if (kind == EXPR_REAL && item[i]->real != item[i]->real) {
            continue; /* NaN is equal to nothing */
        }
        integer[set->n] = item[i]->integer;
        real[set->n] = item[i]->real;
        text[set->n++] = item[i]->text;
    }
    if (set->n > 1) {
        qsort(integer, set->n, sizeof *integer, by_integer);
        qsort(real, set->n, sizeof *real, by_real);
        qsort(text, set->n, sizeof *text, by_text);
    }
    return HONE_OK;
}

/* x in (a, y, ...) with what is no constant: x = a or x = y or ... */
static enum hone_code spell_out(struct hone_expr_bind *b, struct expr_node *n)
{
    struct expr_node **arg;

    HONE_TRY(hone_array(b->run, b->mem, &arg, n->n));
    for (size_t i = 1; i < n->n; i++) {
        struct expr_node *equal;
        HONE_TRY(hone_array(b->run, b->mem, &equal, 1));
        HONE_TRY(hone_array(b->run, b->mem, &equal->arg, 2));
        equal->op = EXPR_CALL;
        equal->at = n->arg[i]->at;
        equal->n = 2;
        equal->arg[0] = n->arg[0];
        equal->arg[1] = n->arg[i];
        equal->function = hone_expr_function_find(hone_str("="));
        HONE_TRY(equal->function->bind(b, equal));
        arg[i - 1] = equal;
    }
    n->op = EXPR_OR;
    n->arg = arg;
    n->n--;
    n->kind = EXPR_BOOL;
    return HONE_OK;
}

enum hone_code hone_expr_bind_set(struct hone_expr_bind *b, struct expr_node *n)
{
    struct expr_set *set;
    enum expr_kind kind;

    for (size_t i = 1; i < n->n; i++) {
        if (n->arg[i]->op != EXPR_LITERAL) {
            return spell_out(b, n);
        }
    }
    HONE_TRY(hone_expr_unify(b, n, 0, 1, &kind));
    if (kind == EXPR_OTHER) {
        return hone_expr_wrong_kind(b, n, n->arg[0], "values that can be compared");
    }
    if (kind == EXPR_NULL) {
        HONE_TRY(hone_expr_to(b, &n->arg[0], EXPR_INT));
    }
    HONE_TRY(hone_array(b->run, b->mem, &set, 1));
    HONE_TRY(make_set(b, n->arg + 1, n->n - 1, kind, set));
    n->extra = set;
    n->n = 1;
    n->kind = EXPR_BOOL;
    n->kernel = hone_expr_run_set;
    n->makes_missing = set->with_null;
    return HONE_OK;
}
