/* Bound expressions over blocks of rows; declared in table/expr_priv.h. */
#include <regex.h>
#include <stdio.h>

#include "base/pool.h"
#include "table/expr_priv.h"

enum hone_code hone_expr_row_error(struct hone_run *run, const struct expr_step *s, size_t i,
                                   const char *advice, const char *format, ...)
{
    char message[300];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return hone_expr_error(run, s->work->text, s->node->at, HONE_E_FORMAT, advice,
                           "row %zu: %s", s->row + i + 1, message);
}

/* The missing ones of rows from row on as bytes; NULL when the column has none. */
static enum hone_code load_missing(struct hone_run *run, const struct hone_column *c,
                                   size_t row, size_t rows, const uint8_t **out)
{
    uint8_t *missing;

    *out = NULL;
    if (c->valid == NULL) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &run->scratch, &missing, EXPR_BLOCK));
    for (size_t i = 0; i < rows; i++) {
        missing[i] = !hone_bit(c->valid, row + i);
    }
    *out = missing;
    return HONE_OK;
}

static enum hone_code load_texts(struct hone_run *run, const struct hone_column *c, size_t row,
                                 size_t rows, struct expr_vec *out)
{
    struct hone_str *s;

    HONE_TRY(hone_array(run, &run->scratch, &s, EXPR_BLOCK));
    for (size_t i = 0; i < rows; i++) {
        s[i] = hone_column_str(c, row + i);
    }
    out->s = s;
    return HONE_OK;
}

/* Values that a vector keeps as integers of 8 bytes, or truths as bytes. */
static enum hone_code load_narrow(struct hone_run *run, const struct hone_column *c, size_t row,
                                  size_t rows, struct expr_vec *out)
{
    int64_t *value;
    uint8_t *truth;
    double *real;

    if (c->type == HONE_BOOL) {
        HONE_TRY(hone_array(run, &run->scratch, &truth, EXPR_BLOCK));
        for (size_t i = 0; i < rows; i++) {
            truth[i] = hone_bit(c->data, row + i);
        }
        out->b = truth;
        return HONE_OK;
    }
    if (c->type == HONE_FLOAT32) {
        HONE_TRY(hone_array(run, &run->scratch, &real, EXPR_BLOCK));
        for (size_t i = 0; i < rows; i++) {
            real[i] = (double)((const float *)c->data)[row + i];
        }
        out->f = real;
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &run->scratch, &value, EXPR_BLOCK));
    for (size_t i = 0; i < rows; i++) {
        value[i] = ((const int32_t *)c->data)[row + i];
    }
    out->i = value;
    return HONE_OK;
}

/* Full blocks of 8-byte values are used where they lie; kernels read whole blocks, so a last short one is
 * copied. */
static enum hone_code load_wide(struct hone_run *run, const struct hone_column *c, size_t row,
                                size_t rows, struct expr_vec *out)
{
    const char *from = (const char *)c->data + row * 8;
    char *copy;

    if (rows == EXPR_BLOCK) {
        out->data = from;
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &run->scratch, &copy, EXPR_BLOCK * 8));
    if (rows > 0) {
        memcpy(copy, from, rows * 8);
    }
    out->data = copy;
    return HONE_OK;
}

static enum hone_code load(struct hone_run *run, const struct hone_column *c, size_t row,
                           size_t rows, struct expr_vec *out)
{
    HONE_TRY(load_missing(run, c, row, rows, &out->missing));
    switch (c->type) {
    case HONE_INT64:
    case HONE_FLOAT64:
    case HONE_TIMESTAMP:
        return load_wide(run, c, row, rows, out);
    case HONE_UTF8:
    case HONE_CATEGORY:
        return load_texts(run, c, row, rows, out);
    case HONE_VECTOR:
    case HONE_BINARY:
        out->data = NULL;
        return HONE_OK;
    default:
        return load_narrow(run, c, row, rows, out);
    }
}

static enum hone_code constant_new(struct hone_run *run, struct expr_work *work,
                                   const struct expr_node *n, struct expr_vec **out)
{
    struct expr_vec *v;
    char *data;
    uint8_t *missing;
    uint8_t truth = n->integer != 0;
    size_t width = hone_expr_width(n->kind);
    const void *value = n->kind == EXPR_TEXT   ? (const void *)&n->text
                        : n->kind == EXPR_REAL ? (const void *)&n->real
                        : width == 1           ? (const void *)&truth
                                               : (const void *)&n->integer;

    HONE_TRY(hone_array(run, work->mem, &v, 1));
    HONE_TRY(hone_array(run, work->mem, &data, EXPR_BLOCK * width));
    v->kind = n->kind;
    v->data = data;
    if (n->missing) {
        HONE_TRY(hone_array(run, work->mem, &missing, EXPR_BLOCK));
        memset(missing, 1, EXPR_BLOCK);
        v->missing = missing;
    }
    for (size_t i = 0; i < EXPR_BLOCK && !n->missing; i++) {
        memcpy(data + i * width, value, width);
    }
    *out = v;
    return HONE_OK;
}

/* Truth of all (or any) of the arguments, three-valued; an argument need not be worked out where the earlier
 * ones decided. */
static enum hone_code run_logic(struct hone_run *run, struct expr_work *work,
                                const struct expr_node *n, size_t row, size_t rows,
                                const uint8_t *active, struct expr_vec *out)
{
    bool all = n->op == EXPR_AND;
    uint8_t *value;
    uint8_t *missing;
    uint8_t *open;
    struct hone_mark mark;

    HONE_TRY(hone_array(run, &run->scratch, &value, EXPR_BLOCK));
    HONE_TRY(hone_array(run, &run->scratch, &missing, EXPR_BLOCK));
    HONE_TRY(hone_array(run, &run->scratch, &open, EXPR_BLOCK));
    for (size_t i = 0; i < rows; i++) {
        value[i] = all;
        open[i] = active == NULL || active[i];
    }
    mark = hone_arena_mark(&run->scratch);
    for (size_t a = 0; a < n->n; a++) {
        struct expr_vec v;
        size_t left = 0;
        HONE_TRY(hone_expr_run(run, work, n->arg[a], row, rows, open, &v));
        for (size_t i = 0; i < rows; i++) {
            bool lacks = v.missing != NULL && v.missing[i];
            bool decides = !lacks && (v.b[i] != 0) != all;
            bool decided = (value[i] != 0) != all;
            missing[i] = (uint8_t)(!decides && !decided && (missing[i] || lacks));
            value[i] = (decides || decided) ? !all : all;
            open[i] = (uint8_t)(open[i] && !decides);
            left += open[i];
        }
        hone_arena_rewind(&run->scratch, mark);
        if (left == 0) {
            break;
        }
    }
    out->b = value;
    out->missing = missing;
    return HONE_OK;
}

/* The values of rows where `from` is active. */
static void merge(size_t width, const struct expr_vec *from, const uint8_t *chosen, size_t rows,
                  char *to, uint8_t *missing)
{
    for (size_t i = 0; i < rows; i++) {
        if (chosen[i]) {
            missing[i] = from->missing != NULL && from->missing[i];
            memcpy(to + i * width, (const char *)from->data + i * width, width);
        }
    }
}

static enum hone_code run_case(struct hone_run *run, struct expr_work *work,
                               const struct expr_node *n, size_t row, size_t rows,
                               const uint8_t *active, struct expr_vec *out)
{
    size_t width = hone_expr_width(n->kind);
    char *value;
    uint8_t *missing;
    uint8_t *open;
    uint8_t *chosen;

    HONE_TRY(hone_array(run, &run->scratch, &value, EXPR_BLOCK * width));
    HONE_TRY(hone_array(run, &run->scratch, &missing, EXPR_BLOCK));
    HONE_TRY(hone_array(run, &run->scratch, &open, EXPR_BLOCK));
    HONE_TRY(hone_array(run, &run->scratch, &chosen, EXPR_BLOCK));
    for (size_t i = 0; i < rows; i++) {
        open[i] = active == NULL || active[i];
        missing[i] = 1;
    }
    for (size_t a = 0; a < n->n; a += 2) {
        struct expr_vec v;
        struct hone_mark mark = hone_arena_mark(&run->scratch);
        bool last = a + 1 == n->n;
        if (!last) {
            HONE_TRY(hone_expr_run(run, work, n->arg[a], row, rows, open, &v));
            for (size_t i = 0; i < rows; i++) {
                chosen[i] = open[i] && v.b[i] && (v.missing == NULL || !v.missing[i]);
                open[i] = open[i] && !chosen[i];
            }
            hone_arena_rewind(&run->scratch, mark);
        }
        HONE_TRY(hone_expr_run(run, work, n->arg[last ? a : a + 1], row, rows,
                               last ? open : chosen, &v));
        merge(width, &v, last ? open : chosen, rows, value, missing);
        if (n->kind != EXPR_TEXT) {
            hone_arena_rewind(&run->scratch, mark);
        }
    }
    out->data = value;
    out->missing = missing;
    return HONE_OK;
}

/* Missing where any argument is. */
static bool join_missing(const struct expr_node *n, const struct expr_vec *arg, size_t rows,
                         uint8_t *joined)
{
    bool any = false;

    for (size_t a = 0; a < n->n; a++) {
        if (arg[a].missing == NULL) {
            continue;
        }
        any = true;
        for (size_t i = 0; i < rows; i++) {
            joined[i] |= arg[a].missing[i];
        }
    }
    return any;
}

static enum hone_code run_call(struct hone_run *run, struct expr_work *work,
                               const struct expr_node *n, size_t row, size_t rows,
                               const uint8_t *active, struct expr_vec *out)
{
    struct expr_step s = {.work = work, .node = n, .row = row, .rows = rows, .active = active};
    struct expr_vec *arg;
    uint8_t *missing;
    char *value;
    bool any = false;
    struct hone_mark mark;

    HONE_TRY(hone_array(run, &run->scratch, &value, EXPR_BLOCK * hone_expr_width(n->kind)));
    HONE_TRY(hone_array(run, &run->scratch, &missing, EXPR_BLOCK));
    mark = hone_arena_mark(&run->scratch);
    HONE_TRY(hone_array(run, &run->scratch, &arg, n->n));
    for (size_t a = 0; a < n->n; a++) {
        HONE_TRY(hone_expr_run(run, work, n->arg[a], row, rows, active, &arg[a]));
    }
    if (!n->sees_missing) {
        any = join_missing(n, arg, rows, missing);
    }
    s.arg = arg;
    s.out = value;
    s.missing = any || n->makes_missing ? missing : NULL;
    HONE_TRY(n->kernel(run, &s));
    out->data = value;
    out->missing = s.missing;
    if (n->kind != EXPR_TEXT) {
        hone_arena_rewind(&run->scratch, mark);
    }
    return HONE_OK;
}

/* What was worked out per word, by code. */
static enum hone_code run_lookup(struct hone_run *run, struct expr_work *work,
                                 const struct expr_node *n, size_t row, size_t rows,
                                 struct expr_vec *out)
{
    const struct expr_lookup *l = n->extra;
    const struct hone_column *c = work->column[l->column];
    const int32_t *code = (const int32_t *)c->data + row;
    size_t width = hone_expr_width(n->kind);
    const char *from = l->value;
    char *value;
    uint8_t *missing = NULL;

    HONE_TRY(hone_array(run, &run->scratch, &value, EXPR_BLOCK * width));
    if (l->missing != NULL) {
        HONE_TRY(hone_array(run, &run->scratch, &missing, EXPR_BLOCK));
    }
    for (size_t i = 0; i < rows; i++) {
        size_t word = hone_is_valid(c, row + i) ? (size_t)code[i] : l->words;
        if (width == 1) {
            value[i] = from[word];
        } else if (width == 8) {
            memcpy(value + i * 8, from + word * 8, 8);
        } else {
            memcpy(value + i * width, from + word * width, width);
        }
        if (missing != NULL) {
            missing[i] = l->missing[word];
        }
    }
    out->data = value;
    out->missing = missing;
    return HONE_OK;
}

enum hone_code hone_expr_run(struct hone_run *run, struct expr_work *work,
                             const struct expr_node *node, size_t row, size_t rows,
                             const uint8_t *active, struct expr_vec *out)
{
    out->kind = node->kind;
    switch (node->op) {
    case EXPR_LITERAL:
        if (work->constant[node->slot] == NULL) {
            struct expr_vec *made;
            HONE_TRY(constant_new(run, work, node, &made));
            work->constant[node->slot] = made;
        }
        *out = *work->constant[node->slot];
        return HONE_OK;
    case EXPR_COLUMN:
        return load(run, work->column[node->column], row, rows, out);
    case EXPR_AND:
    case EXPR_OR:
        return run_logic(run, work, node, row, rows, active, out);
    case EXPR_CASE:
        return run_case(run, work, node, row, rows, active, out);
    case EXPR_LOOKUP:
        return run_lookup(run, work, node, row, rows, out);
    default:
        return run_call(run, work, node, row, rows, active, out);
    }
}

void hone_expr_work_free(struct expr_work *work)
{
    for (size_t i = 0; work->pattern != NULL && i < work->slots; i++) {
        if (work->pattern[i] != NULL) {
            regfree(work->pattern[i]);
            work->pattern[i] = NULL;
        }
    }
}
