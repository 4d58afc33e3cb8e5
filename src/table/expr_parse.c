/* Expressions from text to tree; declared in table/expr.h. */
#include "base/hash.h"
#include "table/expr_priv.h"

struct parser {
    struct hone_run *run;
    struct hone_arena *mem;
    struct hone_expr *expr;
    size_t at;               /* after the token */
    struct expr_token token; /* the one to look at */
    unsigned depth;          /* open brackets and prefixes */
    struct hone_map names;
    size_t name_room;
};

struct list {
    struct expr_node **item;
    size_t n, room;
};

static enum hone_code parse_or(struct parser *p, struct expr_node **out);
static enum hone_code parse_sum(struct parser *p, struct expr_node **out);

static enum hone_code advance(struct parser *p)
{
    return hone_expr_next(p->run, p->expr->text, &p->at, p->mem, &p->token);
}

static bool is_sign(const struct parser *p, const char *sign)
{
    return p->token.type == EXPR_SIGN && hone_str_is(p->token.text, sign);
}

static bool is_word(const struct parser *p, const char *word)
{
    return p->token.type == EXPR_NAME && hone_str_eq_nocase(p->token.text, hone_str(word));
}

/* "expected WHAT, not 'SEEN'". */
static enum hone_code unexpected(struct parser *p, const char *what, const char *advice)
{
    const struct expr_token *t = &p->token;
    int shown = (int)(t->len < 40 ? t->len : 40);

    if (t->type == EXPR_END) {
        return hone_expr_error(p->run, p->expr->text, t->at, HONE_E_ARG, advice,
                               "the expression ends where %s is expected", what);
    }
    return hone_expr_error(p->run, p->expr->text, t->at, HONE_E_ARG, advice,
                           "expected %s, not %.*s", what, shown, p->expr->text.ptr + t->at);
}

static enum hone_code accept_sign(struct parser *p, const char *sign, const char *what)
{
    if (!is_sign(p, sign)) {
        return unexpected(p, what, NULL);
    }
    return advance(p);
}

static enum hone_code accept_word(struct parser *p, const char *word, const char *what)
{
    if (!is_word(p, word)) {
        return unexpected(p, what, NULL);
    }
    return advance(p);
}

static enum hone_code push(struct parser *p, struct list *list, struct expr_node *node)
{
    if (list->n == list->room) {
        size_t room = list->room == 0 ? 4 : list->room * 2;
        list->item = hone_arena_grow(p->mem, list->item, sizeof *list->item, list->room, room);
        if (list->item == NULL) {
            return hone_no_room(p->run, "expression", room);
        }
        list->room = room;
    }
    list->item[list->n++] = node;
    return HONE_OK;
}

static enum hone_code too_deep(struct parser *p, size_t at)
{
    return hone_expr_error(p->run, p->expr->text, at, HONE_E_LIMIT, NULL,
                           "the expression is nested more than %d deep", EXPR_DEPTH);
}

/* A node whose arguments are the list's. */
static enum hone_code make(struct parser *p, enum expr_op op, size_t at,
                           const struct list *list, struct expr_node **out)
{
    struct expr_node *node;

    HONE_TRY(hone_array(p->run, p->mem, &node, 1));
    node->op = op;
    node->at = at;
    node->size = 1;
    if (list != NULL) {
        node->arg = list->item;
        node->n = list->n;
    }
    for (size_t i = 0; i < node->n; i++) {
        if (node->arg[i]->depth >= node->depth) {
            node->depth = node->arg[i]->depth + 1;
        }
        node->size += node->arg[i]->size;
    }
    if (node->depth > EXPR_DEPTH) {
        return too_deep(p, at);
    }
    /* a value that stands in two places (between, case) is worked out twice, and counts so */
    if (node->size > EXPR_NODES) {
        return hone_expr_error(p->run, p->expr->text, at, HONE_E_LIMIT, NULL,
                               "the expression has more than %d parts", EXPR_NODES);
    }
    *out = node;
    return HONE_OK;
}

static enum hone_code call(struct parser *p, const char *name, size_t at, struct list *list,
                           struct expr_node **out)
{
    HONE_TRY(make(p, EXPR_CALL, at, list, out));
    (*out)->function = hone_expr_function_find(hone_str(name));
    HONE_ASSERT((*out)->function != NULL);
    return HONE_OK;
}

static enum hone_code call2(struct parser *p, const char *name, size_t at, struct expr_node *a,
                            struct expr_node *b, struct expr_node **out)
{
    struct list list = {0};

    HONE_TRY(push(p, &list, a));
    if (b != NULL) {
        HONE_TRY(push(p, &list, b));
    }
    return call(p, name, at, &list, out);
}

static enum hone_code literal(struct parser *p, enum expr_kind kind, struct expr_node **out)
{
    HONE_TRY(make(p, EXPR_LITERAL, p->token.at, NULL, out));
    (*out)->kind = kind;
    (*out)->missing = kind == EXPR_NULL;
    (*out)->integer = p->token.integer;
    (*out)->real = p->token.decimal;
    (*out)->text = p->token.text;
    return advance(p);
}

static enum hone_code truth(struct parser *p, bool value, struct expr_node **out)
{
    HONE_TRY(literal(p, EXPR_BOOL, out));
    (*out)->integer = value;
    return HONE_OK;
}

static enum hone_code column(struct parser *p, struct expr_node **out)
{
    struct hone_expr *e = p->expr;
    struct hone_str text = p->token.text;
    uint32_t place;

    if (memchr(text.ptr, '\0', text.len) != NULL) {
        return hone_expr_error(p->run, e->text, p->token.at, HONE_E_ARG, NULL,
                               "a column's name has no NUL byte");
    }
    HONE_TRY(make(p, EXPR_COLUMN, p->token.at, NULL, out));
    (*out)->text = text;
    place = hone_map_add(&p->names, text, (uint32_t)e->names);
    if (place == UINT32_MAX) {
        return hone_no_room(p->run, "names", e->names);
    }
    if (place == e->names) {
        if (e->names == p->name_room) {
            size_t room = e->names == 0 ? 8 : e->names * 2;
            e->name = hone_arena_grow(p->mem, (void *)e->name, sizeof *e->name, e->names, room);
            if (e->name == NULL) {
                return hone_no_room(p->run, "names", room);
            }
            p->name_room = room;
        }
        e->name[e->names++] = hone_arena_text(p->mem, text.ptr, text.len);
    }
    (*out)->column = place;
    return advance(p);
}

/* case [value] when a then b ... [else c] end; with a value each when is a comparison with it. */
static enum hone_code parse_case(struct parser *p, struct expr_node **out)
{
    struct list list = {0};
    size_t at = p->token.at;
    struct expr_node *value = NULL;
    struct expr_node *item;

    HONE_TRY(advance(p));
    if (!is_word(p, "when")) {
        HONE_TRY(parse_or(p, &value));
    }
    if (!is_word(p, "when")) {
        return unexpected(p, "when", "case when CONDITION then VALUE else VALUE end");
    }
    while (is_word(p, "when")) {
        size_t place = p->token.at;
        HONE_TRY(advance(p));
        HONE_TRY(parse_or(p, &item));
        if (value != NULL) {
            HONE_TRY(call2(p, "=", place, value, item, &item));
        }
        HONE_TRY(push(p, &list, item));
        HONE_TRY(accept_word(p, "then", "then"));
        HONE_TRY(parse_or(p, &item));
        HONE_TRY(push(p, &list, item));
    }
    if (is_word(p, "else")) {
        HONE_TRY(advance(p));
        HONE_TRY(parse_or(p, &item));
    } else {
        HONE_TRY(make(p, EXPR_LITERAL, p->token.at, NULL, &item));
        item->missing = true;
    }
    HONE_TRY(push(p, &list, item));
    HONE_TRY(accept_word(p, "end", "when, else or end"));
    return make(p, EXPR_CASE, at, &list, out);
}

/* if(condition, value, other): a case. */
static enum hone_code parse_if(struct parser *p, struct list *list, size_t at,
                               struct expr_node **out)
{
    struct expr_node *item;

    if (list->n != 2 && list->n != 3) {
        return hone_expr_error(p->run, p->expr->text, at, HONE_E_ARG,
                               "if(condition, value[, other])",
                               "if takes 2 or 3 arguments, not %zu", list->n);
    }
    if (list->n == 2) {
        HONE_TRY(make(p, EXPR_LITERAL, at, NULL, &item));
        item->missing = true;
        HONE_TRY(push(p, list, item));
    }
    return make(p, EXPR_CASE, at, list, out);
}

/* cast(value as type), after the opening bracket. */
static enum hone_code parse_cast(struct parser *p, size_t at, bool lenient,
                                 struct expr_node **out)
{
    struct list list = {0};
    struct expr_node *value;
    enum hone_type type;

    HONE_TRY(parse_or(p, &value));
    HONE_TRY(accept_word(p, "as", "as"));
    type = p->token.type == EXPR_NAME ? hone_type_parse(p->token.text) : HONE_TYPE_COUNT;
    if (hone_str_eq_nocase(p->token.text, hone_str("varchar")) ||
        hone_str_eq_nocase(p->token.text, hone_str("bigint"))) {
        type = p->token.text.len == 7 ? HONE_UTF8 : HONE_INT64;
    }
    if (type >= HONE_TYPE_COUNT || type == HONE_VECTOR || type == HONE_BINARY) {
        return unexpected(p, "a type", "bool, int, float, text, date, timestamp");
    }
    HONE_TRY(advance(p));
    HONE_TRY(accept_sign(p, ")", "')'"));
    HONE_TRY(push(p, &list, value));
    HONE_TRY(call(p, "cast", at, &list, out));
    (*out)->type = type;
    (*out)->lenient = lenient;
    return HONE_OK;
}

static enum hone_code check_count(struct parser *p, const struct expr_function *f, size_t n,
                                  size_t at)
{
    if (n >= f->least && n <= f->most) {
        return HONE_OK;
    }
    return hone_expr_error(p->run, p->expr->text, at, HONE_E_ARG, f->usage,
                           "%s takes %s%u argument%s, not %zu", f->name,
                           f->least == f->most ? ""
                           : n < f->least      ? "at least "
                                               : "at most ",
                           n < f->least ? f->least : f->most,
                           (n < f->least ? f->least : f->most) == 1 ? "" : "s", n);
}

static enum hone_code unknown_function(struct parser *p, struct hone_str name, size_t at)
{
    const char *names[256];
    const char *nearest;
    size_t n = 0;
    HONE_SCRATCH(p->run);

    for (const struct expr_function *f = hone_expr_functions; f->name != NULL && n < 254; f++) {
        if (f->usage != NULL) {
            names[n++] = f->name;
        }
    }
    names[n++] = "if";
    name.len = name.len < 60 ? name.len : 60;
    nearest = hone_nearest(hone_arena_text(&p->run->scratch, name.ptr, name.len), names, n);
    return hone_expr_error(
        p->run, p->expr->text, at, HONE_E_ARG,
        nearest == NULL ? "docs/table.md lists the functions"
                        : hone_arena_format(&p->run->scratch, "did you mean %s?", nearest),
        "there is no function '%.*s'", (int)name.len, name.ptr);
}

/* name(...), the token is the bracket. */
static enum hone_code parse_call(struct parser *p, struct hone_str name, size_t at,
                                 struct expr_node **out)
{
    struct list list = {0};
    struct expr_node *item;
    const struct expr_function *f = hone_expr_function_find(name);
    bool is_if =
        hone_str_eq_nocase(name, hone_str("if")) || hone_str_eq_nocase(name, hone_str("iif"));

    HONE_TRY(advance(p));
    if (hone_str_eq_nocase(name, hone_str("cast"))) {
        return parse_cast(p, at, false, out);
    }
    if (hone_str_eq_nocase(name, hone_str("try_cast"))) {
        return parse_cast(p, at, true, out);
    }
    if (!is_if && (f == NULL || f->usage == NULL)) {
        return unknown_function(p, name, at);
    }
    while (!is_sign(p, ")")) {
        if (list.n > 0) {
            HONE_TRY(accept_sign(p, ",", "',' or ')'"));
        }
        HONE_TRY(parse_or(p, &item));
        HONE_TRY(push(p, &list, item));
    }
    HONE_TRY(advance(p));
    if (is_if) {
        return parse_if(p, &list, at, out);
    }
    HONE_TRY(check_count(p, f, list.n, at));
    HONE_TRY(make(p, EXPR_CALL, at, &list, out));
    (*out)->function = f;
    return HONE_OK;
}

/* date '2024-01-02', timestamp '...': the token is the text. */
static enum hone_code time_literal(struct parser *p, enum expr_kind kind,
                                   struct expr_node **out)
{
    int64_t value;

    if (!hone_expr_parse_time(kind, p->token.text, &value)) {
        return unexpected(p,
                          kind == EXPR_DATE ? "a day as '2024-01-31'"
                                            : "a moment as '2024-01-31 12:00:00'",
                          NULL);
    }
    HONE_TRY(literal(p, kind, out));
    (*out)->integer = value;
    return HONE_OK;
}

/* A reserved word cannot begin a value: "age > and". */
static bool is_reserved(const struct parser *p)
{
    static const char *const words[] = {"and",   "or",      "in",    "is",   "like",
                                        "ilike", "between", "when",  "then", "else",
                                        "end",   "as",      "escape"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (is_word(p, words[i])) {
            return true;
        }
    }
    return false;
}

/* A bare word: literal, case, function or column. */
static enum hone_code parse_name(struct parser *p, struct expr_node **out)
{
    struct expr_token word = p->token;
    struct parser ahead = *p;

    if (is_word(p, "true") || is_word(p, "false")) {
        return truth(p, is_word(p, "true"), out);
    }
    if (is_word(p, "null")) {
        return literal(p, EXPR_NULL, out);
    }
    if (is_word(p, "case")) {
        return parse_case(p, out);
    }
    if (is_reserved(p)) {
        return unexpected(p, "a value", "a column of that name is written \"name\"");
    }
    HONE_TRY(advance(&ahead));
    if (is_sign(&ahead, "(")) {
        HONE_TRY(advance(p));
        return parse_call(p, word.text, word.at, out);
    }
    if (ahead.token.type == EXPR_STRING && (is_word(p, "date") || is_word(p, "timestamp"))) {
        enum expr_kind kind = is_word(p, "date") ? EXPR_DATE : EXPR_TIME;
        HONE_TRY(advance(p));
        return time_literal(p, kind, out);
    }
    return column(p, out);
}

static enum hone_code parse_primary(struct parser *p, struct expr_node **out)
{
    switch (p->token.type) {
    case EXPR_INTEGER:
        return literal(p, EXPR_INT, out);
    case EXPR_DECIMAL:
        return literal(p, EXPR_REAL, out);
    case EXPR_STRING:
        return literal(p, EXPR_TEXT, out);
    case EXPR_QUOTED:
        return column(p, out);
    case EXPR_NAME:
        return parse_name(p, out);
    default:
        break;
    }
    if (!is_sign(p, "(")) {
        return unexpected(p, "a value", NULL);
    }
    HONE_TRY(advance(p));
    HONE_TRY(parse_or(p, out));
    return accept_sign(p, ")", "')'");
}

/* Signs are counted and not nested: "- - x". */
static enum hone_code parse_unary(struct parser *p, struct expr_node **out)
{
    size_t at = p->token.at;
    bool minus = false;

    while (is_sign(p, "-") || is_sign(p, "+")) {
        minus ^= is_sign(p, "-");
        HONE_TRY(advance(p));
    }
    HONE_TRY(parse_primary(p, out));
    if (!minus) {
        return HONE_OK;
    }
    if ((*out)->op == EXPR_LITERAL && (*out)->kind == EXPR_INT) {
        (*out)->integer = -(*out)->integer;
        return HONE_OK;
    }
    if ((*out)->op == EXPR_LITERAL && (*out)->kind == EXPR_REAL) {
        (*out)->real = -(*out)->real;
        /* the one integer whose opposite is none */
        if ((*out)->real == -0x1p63 && hone_str_is((*out)->text, "9223372036854775808")) {
            (*out)->kind = EXPR_INT;
            (*out)->integer = INT64_MIN;
        }
        return HONE_OK;
    }
    return call2(p, "neg", at, *out, NULL, out);
}

/* One level of operators that group to the left. */
static enum hone_code binary(struct parser *p, const char *const *signs,
                             enum hone_code (*next)(struct parser *, struct expr_node **),
                             struct expr_node **out)
{
    HONE_TRY(next(p, out));
    for (;;) {
        const char *found = NULL;
        size_t at = p->token.at;
        struct expr_node *right;
        for (size_t i = 0; signs[i] != NULL; i++) {
            found = is_sign(p, signs[i]) ? signs[i] : found;
        }
        if (found == NULL) {
            return HONE_OK;
        }
        HONE_TRY(advance(p));
        HONE_TRY(next(p, &right));
        HONE_TRY(call2(p, found, at, *out, right, out));
    }
}

static enum hone_code parse_product(struct parser *p, struct expr_node **out)
{
    static const char *const signs[] = {"*", "/", "//", "%", NULL};
    return binary(p, signs, parse_unary, out);
}

static enum hone_code parse_sum(struct parser *p, struct expr_node **out)
{
    static const char *const signs[] = {"+", "-", "||", NULL};
    return binary(p, signs, parse_product, out);
}

/* value in (a, b, ...): the token is the bracket. */
static enum hone_code parse_in(struct parser *p, struct expr_node *value, size_t at,
                               struct expr_node **out)
{
    struct list list = {0};
    struct expr_node *item;

    HONE_TRY(push(p, &list, value));
    HONE_TRY(accept_sign(p, "(", "'(' with a list of values"));
    do {
        if (list.n > 1) {
            HONE_TRY(advance(p));
        }
        HONE_TRY(parse_or(p, &item));
        HONE_TRY(push(p, &list, item));
    } while (is_sign(p, ","));
    HONE_TRY(accept_sign(p, ")", "',' or ')'"));
    return make(p, EXPR_SET, at, &list, out);
}

/* value between low and high */
static enum hone_code parse_between(struct parser *p, struct expr_node *value, size_t at,
                                    struct expr_node **out)
{
    struct list list = {0};
    struct expr_node *side;

    HONE_TRY(parse_sum(p, &side));
    HONE_TRY(call2(p, ">=", at, value, side, &side));
    HONE_TRY(push(p, &list, side));
    HONE_TRY(accept_word(p, "and", "and with the upper end"));
    HONE_TRY(parse_sum(p, &side));
    HONE_TRY(call2(p, "<=", at, value, side, &side));
    HONE_TRY(push(p, &list, side));
    return make(p, EXPR_AND, at, &list, out);
}

static enum hone_code parse_like(struct parser *p, const char *name, struct expr_node *value,
                                 size_t at, struct expr_node **out)
{
    struct list list = {0};
    struct expr_node *item;

    HONE_TRY(push(p, &list, value));
    HONE_TRY(parse_sum(p, &item));
    HONE_TRY(push(p, &list, item));
    if (is_word(p, "escape")) {
        HONE_TRY(advance(p));
        HONE_TRY(parse_primary(p, &item));
        HONE_TRY(push(p, &list, item));
    }
    return call(p, name, at, &list, out);
}

/* What may follow `value` or `value not`; *found tells whether it did. */
static enum hone_code parse_test(struct parser *p, struct expr_node *value, size_t at,
                                 bool *found, struct expr_node **out)
{
    *found = true;
    if (is_word(p, "in")) {
        HONE_TRY(advance(p));
        return parse_in(p, value, at, out);
    }
    if (is_word(p, "between")) {
        HONE_TRY(advance(p));
        return parse_between(p, value, at, out);
    }
    if (is_word(p, "like") || is_word(p, "ilike")) {
        bool exact = is_word(p, "like");
        HONE_TRY(advance(p));
        return parse_like(p, exact ? "like" : "ilike", value, at, out);
    }
    *found = false;
    return HONE_OK;
}

/* is [not] null | true | false */
static enum hone_code parse_is(struct parser *p, struct expr_node **out)
{
    size_t at = p->token.at;
    bool negated = false;
    const char *name;

    HONE_TRY(advance(p));
    if (is_word(p, "not")) {
        negated = true;
        HONE_TRY(advance(p));
    }
    if (!is_word(p, "null") && !is_word(p, "true") && !is_word(p, "false")) {
        return unexpected(p, "null, true or false", "equality is written =");
    }
    name = is_word(p, "null") ? "isnull" : is_word(p, "true") ? "istrue" : "isfalse";
    HONE_TRY(advance(p));
    HONE_TRY(call2(p, name, at, *out, NULL, out));
    return negated ? call2(p, "not", at, *out, NULL, out) : HONE_OK;
}

static const char *comparison(const struct parser *p)
{
    static const char *const signs[] = {"=", "==", "!=", "<>", "<", "<=", ">", ">="};
    static const char *const names[] = {"=", "=", "!=", "!=", "<", "<=", ">", ">="};

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (is_sign(p, signs[i])) {
            return names[i];
        }
    }
    return NULL;
}

static enum hone_code parse_compare(struct parser *p, struct expr_node **out)
{
    const char *name;
    size_t at;
    struct expr_node *right;
    bool found;

    HONE_TRY(parse_sum(p, out));
    name = comparison(p);
    at = p->token.at;
    if (name != NULL) {
        HONE_TRY(advance(p));
        HONE_TRY(parse_sum(p, &right));
        HONE_TRY(call2(p, name, at, *out, right, out));
        if (comparison(p) != NULL) {
            return unexpected(p, "one comparison at a time", "write: a < b and b < c");
        }
        return HONE_OK;
    }
    while (is_word(p, "is")) {
        HONE_TRY(parse_is(p, out));
    }
    HONE_TRY(parse_test(p, *out, at, &found, out));
    if (!found && is_word(p, "not")) {
        HONE_TRY(advance(p));
        HONE_TRY(parse_test(p, *out, at, &found, out));
        if (!found) {
            return unexpected(p, "in, between, like or ilike", NULL);
        }
        return call2(p, "not", at, *out, NULL, out);
    }
    return HONE_OK;
}

static enum hone_code parse_not(struct parser *p, struct expr_node **out)
{
    size_t at = p->token.at;
    bool negated = false;
    bool any = false;

    while (is_word(p, "not")) {
        any = true;
        negated = !negated;
        HONE_TRY(advance(p));
    }
    HONE_TRY(parse_compare(p, out));
    if (any && !negated) {
        HONE_TRY(call2(p, "not", at, *out, NULL, out));
        negated = true;
    }
    return negated ? call2(p, "not", at, *out, NULL, out) : HONE_OK;
}

/* a and b and c is one node, so that long conditions are not deep. */
static enum hone_code chain(struct parser *p, const char *word, enum expr_op op,
                            enum hone_code (*next)(struct parser *, struct expr_node **),
                            struct expr_node **out)
{
    struct list list = {0};
    size_t at = p->token.at;

    HONE_TRY(next(p, out));
    if (!is_word(p, word)) {
        return HONE_OK;
    }
    HONE_TRY(push(p, &list, *out));
    while (is_word(p, word)) {
        HONE_TRY(advance(p));
        HONE_TRY(next(p, out));
        HONE_TRY(push(p, &list, *out));
    }
    return make(p, op, at, &list, out);
}

static enum hone_code parse_and(struct parser *p, struct expr_node **out)
{
    return chain(p, "and", EXPR_AND, parse_not, out);
}

static enum hone_code parse_or(struct parser *p, struct expr_node **out)
{
    if (++p->depth > EXPR_DEPTH) {
        return too_deep(p, p->token.at);
    }
    HONE_TRY(chain(p, "or", EXPR_OR, parse_and, out));
    p->depth--;
    return HONE_OK;
}

enum hone_code hone_expr_parse(struct hone_run *run, struct hone_str text,
                               struct hone_arena *mem, struct hone_expr **out)
{
    struct hone_expr *e;
    struct parser p = {.run = run, .mem = mem, .names = {.mem = mem}};
    size_t valid = hone_utf8_valid(text);

    if (valid != text.len) {
        return hone_expr_error(run, (struct hone_str){text.ptr, valid}, valid, HONE_E_ARG, NULL,
                               "the expression is not UTF-8 at byte %zu", valid + 1);
    }
    HONE_TRY(hone_array(run, mem, &e, 1));
    e->text = (struct hone_str){hone_arena_text(mem, text.ptr, text.len), text.len};
    p.expr = e;
    HONE_TRY(advance(&p));
    if (p.token.type == EXPR_END) {
        return hone_fail(run, HONE_E_ARG, "the expression is empty");
    }
    HONE_TRY(parse_or(&p, &e->root));
    if (p.token.type != EXPR_END) {
        return unexpected(&p, "an operator or the end",
                          p.token.type == EXPR_STRING || p.token.type == EXPR_QUOTED
                              ? "two texts are put together by ||"
                              : NULL);
    }
    *out = e;
    return HONE_OK;
}

enum hone_code hone_expr_columns(struct hone_run *run, const struct hone_expr *expr,
                                 struct hone_arena *mem, const char ***name, size_t *n)
{
    const char **copy;

    HONE_TRY(hone_array(run, mem, &copy, expr->names));
    for (size_t i = 0; i < expr->names; i++) {
        copy[i] = hone_arena_text(mem, expr->name[i], strlen(expr->name[i]));
    }
    *name = copy;
    *n = expr->names;
    return HONE_OK;
}
