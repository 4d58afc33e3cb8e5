/* An expression meets a table: columns, kinds, conversions; declared in table/expr_priv.h. */
#include "base/time.h"
#include "table/expr_priv.h"

#define DAY_US INT64_C(86400000000)

static enum hone_code bind(struct hone_expr_bind *b, const struct expr_node *from,
                           struct expr_node **out);

const char *hone_expr_kind_name(enum expr_kind kind)
{
    static const char *const names[] = {"null", "bool",      "int",  "float",
                                        "date", "timestamp", "text", "vector or binary"};
    return names[kind];
}

size_t hone_expr_width(enum expr_kind kind)
{
    switch (kind) {
    case EXPR_BOOL:
    case EXPR_NULL:
    case EXPR_OTHER:
        return 1;
    case EXPR_TEXT:
        return sizeof(struct hone_str);
    default:
        return 8;
    }
}

enum expr_kind hone_expr_kind(enum hone_type type)
{
    switch (type) {
    case HONE_BOOL:
        return EXPR_BOOL;
    case HONE_INT64:
        return EXPR_INT;
    case HONE_FLOAT32:
    case HONE_FLOAT64:
        return EXPR_REAL;
    case HONE_DATE:
        return EXPR_DATE;
    case HONE_TIMESTAMP:
        return EXPR_TIME;
    case HONE_UTF8:
    case HONE_CATEGORY:
        return EXPR_TEXT;
    default:
        return EXPR_OTHER;
    }
}

bool hone_expr_parse_time(enum expr_kind kind, struct hone_str text, int64_t *out)
{
    bool zone;

    text = hone_str_trim(text);
    if (kind == EXPR_DATE) {
        return hone_parse_date(text, out) && *out >= INT32_MIN && *out <= INT32_MAX;
    }
    if (hone_parse_date(text, out)) {
        return !__builtin_mul_overflow(*out, DAY_US, out);
    }
    return hone_parse_timestamp(text, out, &zone);
}

static bool is_text_literal(const struct expr_node *n)
{
    return n->op == EXPR_LITERAL && n->kind == EXPR_TEXT && !n->missing;
}

/* Whether a literal text reads as a time of the kind. */
static bool reads_as(const struct expr_node *n, enum expr_kind kind)
{
    int64_t value;
    return is_text_literal(n) && hone_expr_parse_time(kind, n->text, &value);
}

enum expr_kind hone_expr_common(const struct expr_node *a, const struct expr_node *b)
{
    if (a->kind == b->kind) {
        return a->kind;
    }
    if (a->kind == EXPR_NULL || b->kind == EXPR_NULL) {
        return a->kind == EXPR_NULL ? b->kind : a->kind;
    }
    if (expr_is_number(a->kind) && expr_is_number(b->kind)) {
        return a->kind > b->kind ? a->kind : b->kind;
    }
    if (expr_is_time(a->kind) && expr_is_time(b->kind)) {
        return EXPR_TIME;
    }
    if (expr_is_time(b->kind)) {
        const struct expr_node *swap = a;
        a = b;
        b = swap;
    }
    if (expr_is_time(a->kind) && is_text_literal(b)) {
        if (reads_as(b, a->kind)) {
            return a->kind;
        }
        return reads_as(b, EXPR_TIME) ? EXPR_TIME : EXPR_OTHER;
    }
    return EXPR_OTHER;
}

enum hone_code hone_expr_wrong_kind(struct hone_expr_bind *b, const struct expr_node *n,
                                    const struct expr_node *arg, const char *wanted)
{
    const char *column = arg->op == EXPR_COLUMN ? b->column[arg->column]->name : NULL;
    const char *advice = arg->kind == EXPR_TEXT && strstr(wanted, "number") != NULL
                             ? "cast(... as float) reads texts"
                         : arg->kind == EXPR_TEXT && strstr(wanted, "time") != NULL
                             ? "cast(... as timestamp) reads texts"
                         : strstr(wanted, "truth") != NULL
                             ? "compare it with something: ... = 1"
                             : NULL;

    if (column != NULL) {
        return hone_expr_error(b->run, b->text, arg->at, HONE_E_ARG, advice,
                               "%s wants %s, but column %.100s is %s",
                               n->function == NULL ? "the condition" : n->function->name,
                               wanted, column, hone_type_name(b->column[arg->column]->type));
    }
    return hone_expr_error(b->run, b->text, arg->at, HONE_E_ARG, advice, "%s wants %s, not %s",
                           n->function == NULL ? "the condition" : n->function->name, wanted,
                           hone_expr_kind_name(arg->kind));
}

/* A literal turned into another kind where it stands. */
static bool convert_literal(struct expr_node *n, enum expr_kind kind)
{
    if (n->missing) {
        n->kind = kind;
        return true;
    }
    if (kind == EXPR_REAL && (n->kind == EXPR_INT || n->kind == EXPR_BOOL)) {
        n->real = (double)n->integer;
    } else if (kind == EXPR_INT && n->kind == EXPR_BOOL) {
        n->integer = n->integer != 0;
    } else if (kind == EXPR_TIME && n->kind == EXPR_DATE) {
        if (__builtin_mul_overflow(n->integer, DAY_US, &n->integer)) {
            return false;
        }
    } else if (expr_is_time(kind) && n->kind == EXPR_TEXT) {
        if (!hone_expr_parse_time(kind, n->text, &n->integer)) {
            return false;
        }
    } else {
        return false;
    }
    n->kind = kind;
    return true;
}

enum hone_type hone_expr_type(enum expr_kind kind)
{
    switch (kind) {
    case EXPR_BOOL:
        return HONE_BOOL;
    case EXPR_INT:
        return HONE_INT64;
    case EXPR_DATE:
        return HONE_DATE;
    case EXPR_TIME:
        return HONE_TIMESTAMP;
    case EXPR_TEXT:
        return HONE_UTF8;
    default:
        return HONE_FLOAT64;
    }
}

enum hone_code hone_expr_to(struct hone_expr_bind *b, struct expr_node **arg,
                            enum expr_kind kind)
{
    struct expr_node *n;

    if ((*arg)->kind == kind || ((*arg)->op == EXPR_LITERAL && convert_literal(*arg, kind))) {
        return HONE_OK;
    }
    if (is_text_literal(*arg) && expr_is_time(kind)) {
        return hone_expr_error(b->run, b->text, (*arg)->at, HONE_E_ARG,
                               "write '2024-01-31' or '2024-01-31 12:00:00'", "'%.*s' is no %s",
                               (int)((*arg)->text.len < 60 ? (*arg)->text.len : 60),
                               (*arg)->text.ptr, hone_expr_kind_name(kind));
    }
    HONE_TRY(hone_array(b->run, b->mem, &n, 1));
    HONE_TRY(hone_array(b->run, b->mem, &n->arg, 1));
    n->op = EXPR_CALL;
    n->at = (*arg)->at;
    n->n = 1;
    n->arg[0] = *arg;
    n->function = hone_expr_function_find(hone_str("cast"));
    n->type = hone_expr_type(kind);
    HONE_TRY(n->function->bind(b, n));
    *arg = n;
    return HONE_OK;
}

enum hone_code hone_expr_unify(struct hone_expr_bind *b, struct expr_node *n, size_t first,
                               size_t step, enum expr_kind *kind)
{
    struct expr_node so_far = *n->arg[first];

    for (size_t i = first + step; i < n->n; i += step) {
        enum expr_kind both = hone_expr_common(&so_far, n->arg[i]);
        if (both == EXPR_OTHER) {
            const char *x = hone_expr_kind_name(so_far.kind);
            const char *y = hone_expr_kind_name(n->arg[i]->kind);
            bool text = so_far.kind == EXPR_TEXT || n->arg[i]->kind == EXPR_TEXT;
            bool number = expr_is_number(so_far.kind) || expr_is_number(n->arg[i]->kind);
            bool column = so_far.op == EXPR_COLUMN || n->arg[i]->op == EXPR_COLUMN;
            return hone_expr_error(
                b->run, b->text, n->arg[i]->at, HONE_E_ARG,
                text && number && column
                    ? "numbers are written without quotes, texts with; cast(x as text)"
                : text ? "cast(x as type) changes the type"
                       : NULL,
                "%s and %s do not go together", x, y);
        }
        if (both != so_far.kind) {
            so_far = *n->arg[i];
            so_far.kind = both;
        }
    }
    for (size_t i = first; i < n->n; i += step) {
        if (so_far.kind != EXPR_NULL) {
            HONE_TRY(hone_expr_to(b, &n->arg[i], so_far.kind));
        }
    }
    *kind = so_far.kind;
    return HONE_OK;
}

/* Conditions: bool, null, and numbers as SQL has it (0 is false). */
static enum hone_code to_truth(struct hone_expr_bind *b, const struct expr_node *n,
                               struct expr_node **arg)
{
    if ((*arg)->kind == EXPR_BOOL) {
        return HONE_OK;
    }
    if ((*arg)->kind != EXPR_NULL) {
        return hone_expr_wrong_kind(b, n, *arg, "truth values");
    }
    return hone_expr_to(b, arg, EXPR_BOOL);
}

static enum hone_code bind_logic(struct hone_expr_bind *b, struct expr_node *n)
{
    for (size_t i = 0; i < n->n; i++) {
        HONE_TRY(to_truth(b, n, &n->arg[i]));
    }
    n->kind = EXPR_BOOL;
    return HONE_OK;
}

/* A case's conditions are truths, its values of one kind: values at 1, 3, ... and the last. */
static enum hone_code bind_case(struct hone_expr_bind *b, struct expr_node *n)
{
    struct expr_node values = *n;
    size_t count = 0;
    enum expr_kind kind;

    HONE_TRY(hone_array(b->run, b->mem, &values.arg, n->n));
    for (size_t i = 0; i + 1 < n->n; i += 2) {
        HONE_TRY(to_truth(b, n, &n->arg[i]));
        values.arg[count++] = n->arg[i + 1];
    }
    values.arg[count++] = n->arg[n->n - 1];
    values.n = count;
    HONE_TRY(hone_expr_unify(b, &values, 0, 1, &kind));
    for (size_t i = 0; i + 1 < count; i++) {
        n->arg[2 * i + 1] = values.arg[i];
    }
    n->arg[n->n - 1] = values.arg[count - 1];
    n->kind = kind;
    if (kind == EXPR_OTHER) {
        return hone_expr_wrong_kind(b, n, n->arg[1], "values");
    }
    return HONE_OK;
}

static enum hone_code bind_column(struct hone_expr_bind *b, struct expr_node *n)
{
    struct hone_run *run = b->run;
    const struct hone_column *column = hone_table_find(b->table, n->text);
    const char **names;
    const char *nearest;
    size_t shown = n->text.len < 100 ? n->text.len : 100;
    HONE_SCRATCH(run);

    if (column != NULL) {
        b->column[n->column] = column;
        n->kind = hone_expr_kind(column->type);
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &run->scratch, &names, b->table->cols));
    for (size_t i = 0; i < b->table->cols; i++) {
        names[i] = b->table->column[i].name;
    }
    nearest =
        hone_nearest(hone_arena_text(&run->scratch, n->text.ptr, shown), names, b->table->cols);
    return hone_expr_error(
        run, b->text, n->at, HONE_E_NOT_FOUND,
        nearest != NULL ? hone_arena_format(&run->scratch, "did you mean %.80s?", nearest)
        : b->text.ptr[n->at] == '"' ? "names stand in double quotes, texts in single ones"
                                    : NULL,
        "there is no column '%.*s'", (int)shown, n->text.ptr);
}

static bool is_constant(const struct expr_node *n)
{
    for (size_t i = 0; i < n->n; i++) {
        if (n->arg[i]->op != EXPR_LITERAL) {
            return false;
        }
    }
    return n->op != EXPR_LITERAL && n->op != EXPR_COLUMN;
}

static enum hone_code bind_one(struct hone_expr_bind *b, struct expr_node *n)
{
    switch (n->op) {
    case EXPR_LITERAL:
        return HONE_OK;
    case EXPR_COLUMN:
        return bind_column(b, n);
    case EXPR_CALL:
        return n->function->bind(b, n);
    case EXPR_CASE:
        return bind_case(b, n);
    case EXPR_SET:
        return hone_expr_bind_set(b, n);
    default:
        return bind_logic(b, n);
    }
}

static enum hone_code bind(struct hone_expr_bind *b, const struct expr_node *from,
                           struct expr_node **out)
{
    struct expr_node *n;

    HONE_TRY(hone_array(b->run, b->mem, &n, 1));
    *n = *from;
    HONE_TRY(hone_array(b->run, b->mem, &n->arg, from->n));
    for (size_t i = 0; i < from->n; i++) {
        HONE_TRY(bind(b, from->arg[i], &n->arg[i]));
    }
    n->slot = b->slots++;
    HONE_TRY(bind_one(b, n));
    if (is_constant(n)) {
        (void)hone_expr_fold(b, n);
    }
    *out = n;
    return HONE_OK;
}

enum hone_code hone_expr_bind(struct hone_run *run, const struct hone_expr *expr,
                              const struct hone_table *t, struct hone_arena *mem,
                              struct hone_expr_bind *b, struct expr_node **out)
{
    *b = (struct hone_expr_bind){.run = run, .mem = mem, .text = expr->text, .table = t};
    HONE_TRY(hone_array(run, mem, &b->column, expr->names));
    HONE_TRY(bind(b, expr->root, out));
    return hone_expr_lift(b, out);
}
