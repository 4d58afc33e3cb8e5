/* Casts in expressions; declared in table/expr_priv.h. */
#include <math.h>

#include "base/time.h"
#include "table/expr_priv.h"

#define DAY_US INT64_C(86400000000)

/* The value at i as text in buf, for casts and messages. */
static void print(const struct expr_vec *v, size_t i, struct hone_buf *buf)
{
    char out[40];

    switch (v->kind) {
    case EXPR_BOOL:
        hone_buf_text(buf, v->b[i] ? "true" : "false");
        break;
    case EXPR_INT:
        hone_buf_bytes(buf, out, hone_format_i64(out, v->i[i]));
        break;
    case EXPR_REAL:
        hone_buf_bytes(buf, out, hone_format_f64(out, v->f[i]));
        break;
    case EXPR_DATE:
        hone_buf_bytes(buf, out, hone_format_date(out, v->i[i]));
        break;
    case EXPR_TIME:
        hone_buf_bytes(buf, out, hone_format_timestamp(out, v->i[i]));
        break;
    case EXPR_TEXT:
        hone_buf_str(buf, v->s[i]);
        break;
    default:
        break;
    }
}

static enum hone_code to_text(struct hone_run *run, const struct expr_step *s)
{
    struct hone_str *out = s->out;

    for (size_t i = 0; i < s->rows; i++) {
        struct hone_buf buf = hone_buf(&run->scratch);
        if (s->missing == NULL || !s->missing[i]) {
            print(&s->arg[0], i, &buf);
        }
        out[i] = (struct hone_str){buf.len == 0 ? "" : buf.ptr, buf.len};
    }
    return HONE_OK;
}

static bool real_to_integer(double real, int64_t *out)
{
    if (!(fabs(real) < 0x1p63)) {
        return false;
    }
    *out = (int64_t)real;
    return true;
}

static bool text_to_integer(enum expr_kind kind, struct hone_str text, int64_t *out)
{
    double real;
    bool truth;

    text = hone_str_trim(text);
    switch (kind) {
    case EXPR_BOOL:
        if (!hone_parse_bool(text, &truth)) {
            return false;
        }
        *out = truth;
        return true;
    case EXPR_INT:
        return hone_parse_i64(text, out) || (hone_parse_f64(text, &real) &&
                                             floor(real) == real && real_to_integer(real, out));
    default:
        return hone_expr_parse_time(kind, text, out);
    }
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* The value at i as an integer of the kind; false when it does not fit. */
static bool to_integer(const struct expr_vec *v, size_t i, enum expr_kind kind, int64_t *out)
{
    if (v->kind == EXPR_TEXT) {
        return text_to_integer(kind, v->s[i], out);
    }
    if (v->kind == EXPR_REAL) {
        if (kind == EXPR_BOOL) {
            *out = v->f[i] != 0.0;
            return v->f[i] == v->f[i];
        }
        return real_to_integer(v->f[i], out);
    }
    *out = v->kind == EXPR_BOOL ? v->b[i] : v->i[i];
    if (kind == EXPR_BOOL) {
        *out = *out != 0;
    } else if (v->kind == EXPR_DATE && kind == EXPR_TIME) {
        return !__builtin_mul_overflow(*out, DAY_US, out);
    } else if (v->kind == EXPR_TIME && kind == EXPR_DATE) {
        *out = floor_div(*out, DAY_US);
    }
    return true;
}

static bool to_real(const struct expr_vec *v, size_t i, double *out)
{
    if (v->kind == EXPR_TEXT) {
        return hone_parse_f64(hone_str_trim(v->s[i]), out);
    }
    *out = v->kind == EXPR_BOOL ? (double)v->b[i] : (double)v->i[i];
    return true;
}

static enum hone_code misfit(struct hone_run *run, const struct expr_step *s, size_t i)
{
    struct hone_buf buf;
    enum hone_code code;
    HONE_SCRATCH(run);

    if (s->node->lenient) {
        s->missing[i] = 1;
        return HONE_OK;
    }
    if (!expr_live(s, i)) {
        return HONE_OK;
    }
    buf = hone_buf(&run->scratch);
    print(&s->arg[0], i, &buf);
    code =
        hone_expr_row_error(run, s, i, "try_cast makes such values missing", "'%.60s' is no %s",
                            buf.len == 0 ? "" : buf.ptr, hone_expr_kind_name(s->node->kind));
    return code;
}

static enum hone_code convert(struct hone_run *run, const struct expr_step *s)
{
    const struct expr_vec *v = &s->arg[0];
    enum expr_kind kind = s->node->kind;

    for (size_t i = 0; i < s->rows; i++) {
        int64_t integer = 0;
        double real = 0.0;
        bool fits;
        if (s->missing != NULL && s->missing[i]) {
            continue;
        }
        fits = kind == EXPR_REAL ? to_real(v, i, &real) : to_integer(v, i, kind, &integer);
        if (!fits) {
            HONE_TRY(misfit(run, s, i));
        }
        if (kind == EXPR_REAL) {
            ((double *)s->out)[i] = real;
        } else if (kind == EXPR_BOOL) {
            ((uint8_t *)s->out)[i] = integer != 0;
        } else {
            ((int64_t *)s->out)[i] = integer;
        }
    }
    return HONE_OK;
}

static enum hone_code integers_to_reals(struct hone_run *run, const struct expr_step *s)
{
    double *out = s->out;

    (void)run;
    for (size_t i = 0; i < EXPR_BLOCK; i++) {
        out[i] = (double)s->arg[0].i[i];
    }
    return HONE_OK;
}

static enum hone_code same(struct hone_run *run, const struct expr_step *s)
{
    (void)run;
    memcpy(s->out, s->arg[0].data, s->rows * hone_expr_width(s->node->kind));
    return HONE_OK;
}

enum hone_code hone_expr_bind_cast(struct hone_expr_bind *b, struct expr_node *n)
{
    enum expr_kind from = n->arg[0]->kind;
    enum expr_kind to = hone_expr_kind(n->type);

    n->kind = to;
    n->makes_missing = n->lenient;
    if (from == EXPR_NULL) {
        from = to;
        n->arg[0]->kind = to;
    }
    if (from == EXPR_OTHER) {
        return hone_expr_wrong_kind(b, n, n->arg[0], "a single value");
    }
    if ((expr_is_time(to) && expr_is_number(from)) || (to == EXPR_BOOL && expr_is_time(from))) {
        return hone_expr_error(
            b->run, b->text, n->at, HONE_E_ARG,
            expr_is_time(to) ? "date_add('second', x, timestamp '1970-01-01')" : NULL,
            "%s cannot become %s", hone_expr_kind_name(from), hone_expr_kind_name(to));
    }
    n->kernel = from == to                            ? same
                : to == EXPR_TEXT                     ? to_text
                : to == EXPR_REAL && from == EXPR_INT ? integers_to_reals
                                                      : convert;
    return HONE_OK;
}
