/* What rows must satisfy, column by column; declared in table/expr.h. */
#include <math.h>

#include "table/expr_priv.h"

/* A list of bounds all of which hold. */
struct bounds {
    struct hone_arena *mem;
    struct hone_expr_bound *item;
    size_t n, room;
};

static enum hone_code add(struct hone_run *run, struct bounds *to,
                          const struct hone_expr_bound *bound)
{
    for (size_t i = 0; i < to->n; i++) {
        struct hone_expr_bound *old = &to->item[i];
        if (strcmp(old->column, bound->column) == 0 && old->unit == bound->unit &&
            bound->unit != HONE_UTF8) {
            old->lo = bound->lo > old->lo ? bound->lo : old->lo;
            old->hi = bound->hi < old->hi ? bound->hi : old->hi;
            return HONE_OK;
        }
    }
    if (to->n == to->room) {
        size_t room = to->room == 0 ? 8 : to->room * 2;
        to->item = hone_arena_grow(to->mem, to->item, sizeof *to->item, to->room, room);
        if (to->item == NULL) {
            return hone_no_room(run, "bounds", room);
        }
        to->room = room;
    }
    to->item[to->n++] = *bound;
    return HONE_OK;
}

/* An integer beyond 2^53 as a double at or beyond it. */
static double low_of(int64_t value)
{
    double d = (double)value;
    return fabs(d) < 0x1p53 ? d : nextafter(d, -HUGE_VAL);
}

static double high_of(int64_t value)
{
    double d = (double)value;
    return fabs(d) < 0x1p53 ? d : nextafter(d, HUGE_VAL);
}

/* column WHICH literal, as numbers, as a time, as a text: whatever the column turns out to be. */
static enum hone_code atom(struct hone_run *run, const struct hone_expr *e,
                           const struct expr_node *column, int which,
                           const struct expr_node *value, struct bounds *out)
{
    struct hone_expr_bound bound = {
        .column = e->name[column->column], .lo = -HUGE_VAL, .hi = HUGE_VAL};
    bool below = which == EXPR_LT || which == EXPR_LE || which == EXPR_EQ;
    bool above = which == EXPR_GT || which == EXPR_GE || which == EXPR_EQ;
    int64_t us;
    double lo;
    double hi;

    if (value->missing || which == EXPR_NE) {
        return HONE_OK;
    }
    if (value->kind == EXPR_TEXT && which == EXPR_EQ) {
        bound.unit = HONE_UTF8;
        bound.text = value->text;
        HONE_TRY(add(run, out, &bound));
    }
    if (value->kind == EXPR_REAL) {
        if (value->real != value->real) {
            return HONE_OK;
        }
        lo = hi = value->real;
        bound.unit = HONE_FLOAT64;
    } else if (value->kind == EXPR_INT || value->kind == EXPR_BOOL) {
        lo = low_of(value->integer);
        hi = high_of(value->integer);
        bound.unit = HONE_FLOAT64;
    } else {
        struct hone_str day = value->text;
        if (value->kind == EXPR_TIME) {
            us = value->integer;
        } else if (value->kind == EXPR_DATE) {
            if (__builtin_mul_overflow(value->integer, INT64_C(86400000000), &us)) {
                return HONE_OK;
            }
        } else if (!hone_expr_parse_time(EXPR_TIME, day, &us)) {
            return HONE_OK;
        }
        lo = low_of(us);
        hi = high_of(us);
        bound.unit = HONE_TIMESTAMP;
    }
    bound.numeric = true;
    bound.lo = above ? lo : bound.lo;
    bound.hi = below ? hi : bound.hi;
    bound.text = (struct hone_str){0};
    return add(run, out, &bound);
}

static enum hone_code walk(struct hone_run *run, const struct hone_expr *e,
                           const struct expr_node *n, struct bounds *out);

/* Bounds that every one of several alternatives has: the hull. */
static enum hone_code any_of(struct hone_run *run, struct bounds *branch, size_t branches,
                             struct bounds *out)
{
    for (size_t i = 0; i < branch[0].n; i++) {
        struct hone_expr_bound hull = branch[0].item[i];
        bool in_all = true;
        for (size_t b = 1; b < branches && in_all; b++) {
            in_all = false;
            for (size_t k = 0; k < branch[b].n && !in_all; k++) {
                const struct hone_expr_bound *other = &branch[b].item[k];
                if (strcmp(other->column, hull.column) == 0 && other->unit == hull.unit &&
                    (hull.numeric || hone_str_eq(other->text, hull.text))) {
                    hull.lo = other->lo < hull.lo ? other->lo : hull.lo;
                    hull.hi = other->hi > hull.hi ? other->hi : hull.hi;
                    in_all = true;
                }
            }
        }
        if (in_all) {
            HONE_TRY(add(run, out, &hull));
        }
    }
    return HONE_OK;
}

static enum hone_code walk_or(struct hone_run *run, const struct hone_expr *e,
                              const struct expr_node *n, struct bounds *out)
{
    struct bounds *branch;

    HONE_TRY(hone_array(run, out->mem, &branch, n->n));
    for (size_t i = 0; i < n->n; i++) {
        branch[i].mem = out->mem;
        HONE_TRY(walk(run, e, n->arg[i], &branch[i]));
    }
    return any_of(run, branch, n->n, out);
}

static enum hone_code walk_set(struct hone_run *run, const struct hone_expr *e,
                               const struct expr_node *n, struct bounds *out)
{
    struct bounds *branch;
    size_t count = 0;

    if (n->arg[0]->op != EXPR_COLUMN) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, out->mem, &branch, n->n));
    for (size_t i = 1; i < n->n; i++) {
        if (n->arg[i]->op != EXPR_LITERAL) {
            return HONE_OK;
        }
        if (n->arg[i]->missing) {
            continue; /* never true of it */
        }
        branch[count].mem = out->mem;
        HONE_TRY(atom(run, e, n->arg[0], EXPR_EQ, n->arg[i], &branch[count++]));
    }
    return count == 0 ? HONE_OK : any_of(run, branch, count, out);
}

static enum hone_code walk_call(struct hone_run *run, const struct hone_expr *e,
                                const struct expr_node *n, struct bounds *out)
{
    static const int turned[] = {EXPR_EQ, EXPR_NE, EXPR_GT, EXPR_GE, EXPR_LT, EXPR_LE};
    int which = n->function->which;

    if (n->function->bind != hone_expr_bind_compare) {
        return HONE_OK;
    }
    if (n->arg[0]->op == EXPR_COLUMN && n->arg[1]->op == EXPR_LITERAL) {
        return atom(run, e, n->arg[0], which, n->arg[1], out);
    }
    if (n->arg[1]->op == EXPR_COLUMN && n->arg[0]->op == EXPR_LITERAL) {
        return atom(run, e, n->arg[1], turned[which - EXPR_EQ], n->arg[0], out);
    }
    return HONE_OK;
}

static enum hone_code walk(struct hone_run *run, const struct hone_expr *e,
                           const struct expr_node *n, struct bounds *out)
{
    switch (n->op) {
    case EXPR_AND:
        for (size_t i = 0; i < n->n; i++) {
            HONE_TRY(walk(run, e, n->arg[i], out));
        }
        return HONE_OK;
    case EXPR_OR:
        return walk_or(run, e, n, out);
    case EXPR_SET:
        return walk_set(run, e, n, out);
    case EXPR_CALL:
        return walk_call(run, e, n, out);
    default:
        return HONE_OK;
    }
}

enum hone_code hone_expr_bounds(struct hone_run *run, const struct hone_expr *expr,
                                struct hone_arena *mem, struct hone_expr_bound **bound,
                                size_t *n)
{
    struct bounds found = {0};
    struct hone_expr_bound *copy;
    HONE_ARENA(work);

    found.mem = &work;
    HONE_TRY(walk(run, expr, expr->root, &found));
    HONE_TRY(hone_array(run, mem, &copy, found.n));
    for (size_t i = 0; i < found.n; i++) {
        copy[i] = found.item[i];
        copy[i].column = hone_arena_text(mem, copy[i].column, strlen(copy[i].column));
        copy[i].text.ptr = hone_arena_text(mem, copy[i].text.len == 0 ? "" : copy[i].text.ptr,
                                           copy[i].text.len);
    }
    *bound = copy;
    *n = found.n;
    return HONE_OK;
}
