/* Lowest and highest values, as statistics tell them; declared in io/parquet_priv.h. */
#include <math.h>

#include "io/parquet/parquet_priv.h"

enum { BOUND_MOST = 64 }; /* bytes of a text bound */

static void add_real(struct hone_pq_bounds *b, double value)
{
    if (isnan(value)) {
        b->nans++;
        return;
    }
    b->low_f = b->there == 0 || value < b->low_f ? value : b->low_f;
    b->high_f = b->there == 0 || value > b->high_f ? value : b->high_f;
    b->there++;
}

static void add_whole(struct hone_pq_bounds *b, int64_t value)
{
    b->low_i = b->there == 0 || value < b->low_i ? value : b->low_i;
    b->high_i = b->there == 0 || value > b->high_i ? value : b->high_i;
    b->there++;
}

static void add_text(struct hone_pq_bounds *b, struct hone_str value)
{
    if (b->there == 0 || hone_str_cmp(value, b->low_s) < 0) {
        b->low_s = value;
    }
    if (b->there == 0 || hone_str_cmp(value, b->high_s) > 0) {
        b->high_s = value;
    }
    b->there++;
}

struct hone_pq_bounds hone_pq_bounds_of(const struct hone_column *c, size_t from, size_t to)
{
    struct hone_pq_bounds b = {0};

    for (size_t row = from; row < to; row++) {
        if (!hone_is_valid(c, row)) {
            b.nulls++;
            continue;
        }
        switch (c->type) {
        case HONE_FLOAT32:
            add_real(&b, (double)((const float *)c->data)[row]);
            break;
        case HONE_FLOAT64:
            add_real(&b, ((const double *)c->data)[row]);
            break;
        case HONE_INT64:
        case HONE_TIMESTAMP:
            add_whole(&b, ((const int64_t *)c->data)[row]);
            break;
        case HONE_UTF8:
        case HONE_BINARY:
            add_text(&b, hone_column_str(c, row));
            break;
        case HONE_VECTOR:
            b.there++;
            break;
        default: /* bool, date, and codes of a dictionary, which is in order */
            add_whole(&b, hone_column_i64(c, row));
        }
    }
    if (c->type == HONE_CATEGORY && b.there > 0) {
        b.low_s = hone_column_str(c->dict, (size_t)b.low_i);
        b.high_s = hone_column_str(c->dict, (size_t)b.high_i);
    }
    return b;
}

/* The beginning of a long text, never cut within a character. */
static size_t cut(struct hone_str text)
{
    size_t len = text.len;

    if (len <= BOUND_MOST) {
        return len;
    }
    for (len = BOUND_MOST; len > 0 && ((uint8_t)text.ptr[len] & 0xc0) == 0x80; len--) {
    }
    return len;
}

/* A long text as a shorter one above it: its beginning with one ASCII character raised; else itself. */
static void put_above(struct hone_buf *out, struct hone_str text, bool *exact)
{
    size_t len = cut(text);

    while (len > 0 &&
           ((uint8_t)text.ptr[len - 1] >= 0x7e || (uint8_t)text.ptr[len - 1] < 0x20)) {
        len--;
    }
    if (cut(text) == text.len || len == 0) {
        hone_buf_str(out, text);
        return;
    }
    hone_buf_bytes(out, text.ptr, len - 1);
    hone_buf_char(out, (char)(text.ptr[len - 1] + 1));
    *exact = false;
}

static void put_real(struct hone_buf *out, const struct hone_column *c, double value)
{
    if (c->type == HONE_FLOAT32) {
        float single = (float)value;
        hone_buf_bytes(out, &single, sizeof single);
    } else {
        hone_buf_bytes(out, &value, sizeof value);
    }
}

bool hone_pq_bound_bytes(const struct hone_column *c, const struct hone_pq_bounds *b, bool high,
                         struct hone_buf *out, bool *exact)
{
    int64_t whole = high ? b->high_i : b->low_i;
    double real = high ? b->high_f : b->low_f;
    struct hone_str text = high ? b->high_s : b->low_s;

    *exact = true;
    if (b->there == 0 || c->type == HONE_VECTOR) {
        return false;
    }
    switch (c->type) {
    case HONE_FLOAT32:
    case HONE_FLOAT64: /* a zero stands for both zeroes */
        put_real(out, c, real == 0 ? (high ? 0.0 : -0.0) : real);
        break;
    case HONE_UTF8:
    case HONE_CATEGORY:
    case HONE_BINARY:
        if (high) {
            put_above(out, text, exact);
        } else {
            hone_buf_bytes(out, text.ptr, cut(text));
            *exact = cut(text) == text.len;
        }
        break;
    case HONE_BOOL:
        hone_buf_char(out, (char)whole);
        break;
    default: /* dates have four bytes, the lower ones */
        hone_buf_bytes(out, &whole, c->type == HONE_DATE ? 4 : 8);
    }
    return true;
}

int hone_pq_bound_order(const struct hone_column *c, const struct hone_pq_bounds *a,
                        const struct hone_pq_bounds *b, bool high)
{
    int64_t x = high ? a->high_i : a->low_i;
    int64_t y = high ? b->high_i : b->low_i;
    double f = high ? a->high_f : a->low_f;
    double g = high ? b->high_f : b->low_f;

    switch (c->type) {
    case HONE_FLOAT32:
    case HONE_FLOAT64:
        return (f > g) - (f < g);
    case HONE_UTF8:
    case HONE_CATEGORY:
    case HONE_BINARY:
        return hone_str_cmp(high ? a->high_s : a->low_s, high ? b->high_s : b->low_s);
    default:
        return (x > y) - (x < y);
    }
}
