/* Columns made of Arrow arrays; declared in table/arrow_array.h. */
#include <math.h>

#include "table/arrow_column_priv.h"

#define DAY_MS INT64_C(86400000)

static struct hone_arrow_cell cell_of(const struct hone_arrow_making *m,
                                      const struct hone_arrow_piece *p, size_t row)
{
    return (struct hone_arrow_cell){m->leaf->type, p->array, p->at + row};
}

enum hone_code hone_arrow_too_much(struct hone_run *run, const struct hone_arrow_making *m)
{
    (void)hone_fail(run, HONE_E_LIMIT, "column %s of %zu rows would take more than %zu MiB",
                    m->leaf->name, m->out.rows, m->options->most >> 20);
    return hone_hint(run, "that is out of proportion to the file; it may be damaged");
}

enum hone_code hone_arrow_within(struct hone_run *run, const struct hone_arrow_making *m,
                                 size_t bytes)
{
    return m->options->most != 0 && bytes > m->options->most ? hone_arrow_too_much(run, m)
                                                             : HONE_OK;
}

/* ---- what is missing ---- */

static bool row_is_valid(const struct hone_arrow_making *m, const struct hone_arrow_piece *p,
                         size_t row)
{
    struct hone_arrow_cell cell = cell_of(m, p, row);

    for (size_t i = 0; i < p->masks; i++) {
        if (!hone_bit(p->mask[i].bits, p->mask[i].at + row)) {
            return false;
        }
    }
    return hone_arrow_resolve(&cell);
}

/* 8 bits from any place of a bitmap that has at least n of them there. */
static uint8_t bits_at(const uint8_t *bits, size_t at, size_t n)
{
    unsigned low = (unsigned)bits[at / 8] >> at % 8;
    unsigned high = at % 8 + n > 8 ? (unsigned)bits[at / 8 + 1] << (8 - at % 8) : 0;

    return (uint8_t)((low | high) & ((1u << n) - 1));
}

/* Whether the bitmap of the array says all about what is missing: nothing is within its values. */
static bool is_bitmap(const struct hone_arrow_making *m, const struct hone_arrow_array *array)
{
    if (m->leaf->type->kind < HONE_ARROW_SPARSE_UNION) {
        return m->leaf->type->kind != HONE_ARROW_NULL;
    }
    if (m->leaf->type->kind != HONE_ARROW_DICTIONARY ||
        m->leaf->type->child->kind >= HONE_ARROW_SPARSE_UNION ||
        m->leaf->type->child->kind == HONE_ARROW_NULL) {
        return false;
    }
    for (size_t d = 0; d < array->dictionaries; d++) {
        if (array->dictionary[d]->valid.ptr != NULL) {
            return false;
        }
    }
    return true;
}

/* Whether rows [row, row + n) of a piece are there, n at most 8, as bits. */
static uint8_t eight_valid(const struct hone_arrow_making *m, const struct hone_arrow_piece *p,
                           bool bitmap, size_t row, size_t n)
{
    const struct hone_arrow_array *array = p->array;
    uint8_t out = (uint8_t)((1u << n) - 1);

    if (!bitmap) {
        out = 0;
        for (size_t i = 0; i < n; i++) {
            out = (uint8_t)(out | row_is_valid(m, p, row + i) << i);
        }
        return out;
    }
    if (array->valid.ptr != NULL) {
        out = bits_at(array->valid.ptr, array->offset + p->at + row, n);
    }
    for (size_t i = 0; i < p->masks; i++) {
        out = (uint8_t)(out & bits_at(p->mask[i].bits, p->mask[i].at + row, n));
    }
    return out;
}

static bool may_miss(const struct hone_arrow_making *m, const struct hone_arrow_piece *p)
{
    return p->masks > 0 || p->array->valid.ptr != NULL || !is_bitmap(m, p->array);
}

static enum hone_code find_missing(struct hone_run *run, struct hone_arrow_making *m)
{
    bool any = false;
    size_t there = 0;
    size_t at = 0;

    for (size_t i = 0; i < m->n; i++) {
        any = any || (m->piece[i].rows > 0 && may_miss(m, &m->piece[i]));
    }
    if (!any) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, m->mem, &m->valid, m->out.rows / 8 + 2));
    for (size_t i = 0; i < m->n; i++) {
        const struct hone_arrow_piece *p = &m->piece[i];
        bool bitmap = is_bitmap(m, p->array);
        for (size_t row = 0; row < p->rows; row += 8) {
            size_t n = p->rows - row < 8 ? p->rows - row : 8;
            unsigned bits = eight_valid(m, p, bitmap, row, n);
            there += (size_t)__builtin_popcount(bits);
            m->valid[at / 8] = (uint8_t)(m->valid[at / 8] | bits << at % 8);
            m->valid[at / 8 + 1] = (uint8_t)(bits >> (8 - at % 8));
            at += n;
        }
    }
    m->out.nulls = m->out.rows - there;
    if (m->out.nulls == 0) {
        m->valid = NULL;
    }
    m->out.valid = m->valid;
    return HONE_OK;
}

bool hone_arrow_visit(const struct hone_arrow_making *m, hone_arrow_visit_fn *body, void *ctx)
{
    size_t at = 0;

    for (size_t i = 0; i < m->n; i++) {
        for (size_t row = 0; row < m->piece[i].rows; row++, at++) {
            struct hone_arrow_cell cell = cell_of(m, &m->piece[i], row);
            if (hone_arrow_is_there(m, at) && hone_arrow_resolve(&cell) &&
                !body(ctx, &cell, at)) {
                return false;
            }
        }
    }
    return true;
}

/* ---- which type it becomes ---- */

static bool fits_int64(void *ctx, const struct hone_arrow_cell *cell, size_t at)
{
    (void)ctx;
    (void)at;
    return hone_arrow_i64(cell) >= 0;
}

static bool fits_whole(void *ctx, const struct hone_arrow_cell *cell, size_t at)
{
    int64_t value;

    (void)ctx;
    (void)at;
    return hone_arrow_whole(cell, &value);
}

static bool is_whole_us(void *ctx, const struct hone_arrow_cell *cell, size_t at)
{
    (void)ctx;
    (void)at;
    return hone_arrow_i64(cell) % 1000 == 0;
}

static bool is_whole_day(void *ctx, const struct hone_arrow_cell *cell, size_t at)
{
    int64_t day = hone_arrow_i64(cell) / DAY_MS;

    (void)ctx;
    (void)at;
    return hone_arrow_i64(cell) % DAY_MS == 0 && day >= INT32_MIN && day <= INT32_MAX;
}

/* All lists of one length, of numbers that are floats to the bit. */
static bool is_vector(void *ctx, const struct hone_arrow_cell *cell, size_t at)
{
    size_t *width = ctx;
    size_t from, n;

    (void)at;
    hone_arrow_items(cell, &from, &n);
    *width = *width == 0 ? n : *width;
    if (n == 0 || n != *width) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        struct hone_arrow_cell item = {cell->type->child, cell->array->child, from + i};
        double value;
        if (!hone_arrow_resolve(&item)) {
            return false;
        }
        value = hone_arrow_f64(&item);
        if (!isnan(value) && (double)(float)value != value) {
            return false;
        }
    }
    return true;
}

static enum hone_type type_of_list(struct hone_arrow_making *m)
{
    size_t width = m->plain->kind == HONE_ARROW_FIXED_LIST ? m->plain->width : 0;

    if (m->plain->child->kind != HONE_ARROW_FLOAT || !hone_arrow_visit(m, is_vector, &width) ||
        width == 0) {
        return HONE_UTF8;
    }
    m->out.width = width;
    return HONE_VECTOR;
}

static enum hone_type type_of(struct hone_arrow_making *m)
{
    switch (m->plain->kind) {
    case HONE_ARROW_BOOL:
        return HONE_BOOL;
    case HONE_ARROW_INT:
    case HONE_ARROW_DURATION:
        return HONE_INT64;
    case HONE_ARROW_UINT:
        return m->plain->bits < 64 || hone_arrow_visit(m, fits_int64, NULL) ? HONE_INT64
                                                                            : HONE_UTF8;
    case HONE_ARROW_NULL:
        return HONE_FLOAT64;
    case HONE_ARROW_DECIMAL:
        if (m->plain->scale != 0) {
            return HONE_FLOAT64;
        }
        return hone_arrow_visit(m, fits_whole, NULL) ? HONE_INT64 : HONE_UTF8;
    case HONE_ARROW_FLOAT:
        return m->plain->bits == 64 ? HONE_FLOAT64 : HONE_FLOAT32;
    case HONE_ARROW_BINARY:
    case HONE_ARROW_BINARY_VIEW:
    case HONE_ARROW_FIXED_BINARY:
        return HONE_BINARY;
    case HONE_ARROW_DATE:
        return m->plain->bits == 32 || hone_arrow_visit(m, is_whole_day, NULL) ? HONE_DATE
                                                                               : HONE_TIMESTAMP;
    case HONE_ARROW_TIMESTAMP:
        return m->plain->unit != HONE_ARROW_NS || hone_arrow_visit(m, is_whole_us, NULL)
                   ? HONE_TIMESTAMP
                   : HONE_UTF8;
    case HONE_ARROW_LIST:
    case HONE_ARROW_LIST_VIEW:
    case HONE_ARROW_FIXED_LIST:
        return type_of_list(m);
    default:
        return HONE_UTF8;
    }
}

/* ---- numbers ---- */

/* Whether values of the leaf's type are the column's to the byte. */
static bool is_same(const struct hone_arrow_making *m)
{
    const struct hone_arrow_type *t = m->leaf->type;

    switch (m->out.type) {
    case HONE_INT64:
        return t->bits == 64 &&
               (t->kind == HONE_ARROW_INT || t->kind == HONE_ARROW_UINT ||
                t->kind == HONE_ARROW_DURATION || t->kind == HONE_ARROW_DECIMAL);
    case HONE_FLOAT64:
        return t->kind == HONE_ARROW_FLOAT;
    case HONE_FLOAT32:
        return t->kind == HONE_ARROW_FLOAT && t->bits == 32;
    case HONE_DATE:
        return t->kind == HONE_ARROW_DATE && t->bits == 32;
    case HONE_TIMESTAMP:
        return t->kind == HONE_ARROW_TIMESTAMP && t->unit == HONE_ARROW_US;
    case HONE_VECTOR:
        return t->kind == HONE_ARROW_FIXED_LIST && t->child->bits == 32;
    default:
        return false;
    }
}

/* A stretch of a buffer that is already what the column needs; NULL when it is not. */
static const void *same_values(const struct hone_arrow_making *m,
                               const struct hone_arrow_piece *p)
{
    const struct hone_arrow_type *t = m->leaf->type;
    size_t at = p->array->offset + p->at;

    if (!is_same(m)) {
        return NULL;
    }
    if (m->out.type == HONE_VECTOR) {
        const struct hone_arrow_array *items = p->array->child;
        return items->a.ptr + (items->offset + at * t->width) * sizeof(float);
    }
    return p->array->a.ptr + at * (t->bits / 8);
}

/* Microseconds, or days for a date. */
static bool time_of(const struct hone_arrow_cell *cell, enum hone_type type, int64_t *out)
{
    static const int64_t us[] = {1000000, 1000, 1};
    int64_t value = hone_arrow_i64(cell);

    if (type == HONE_DATE) {
        *out = cell->type->bits == 32 ? value : value / DAY_MS;
        return true;
    }
    if (cell->type->kind == HONE_ARROW_TIMESTAMP && cell->type->unit == HONE_ARROW_NS) {
        *out = value / 1000;
        return true;
    }
    return !__builtin_mul_overflow(
        value, us[cell->type->kind == HONE_ARROW_DATE ? HONE_ARROW_MS : cell->type->unit], out);
}

struct filling {
    const struct hone_arrow_making *m;
    void *data;
    size_t bad; /* the row that did not fit */
};

static bool fill_vector(const struct filling *f, const struct hone_arrow_cell *cell, size_t at)
{
    float *to = (float *)f->data + at * f->m->out.width;
    size_t from, n;

    hone_arrow_items(cell, &from, &n);
    for (size_t i = 0; i < n; i++) {
        struct hone_arrow_cell item = {cell->type->child, cell->array->child, from + i};
        to[i] = hone_arrow_resolve(&item) ? (float)hone_arrow_f64(&item) : 0.0f;
    }
    return true;
}

static bool fill_one(void *ctx, const struct hone_arrow_cell *cell, size_t at)
{
    struct filling *f = ctx;
    int64_t value;

    switch (f->m->out.type) {
    case HONE_BOOL: {
        uint8_t *byte = (uint8_t *)f->data + at / 8;
        *byte = (uint8_t)(*byte | hone_arrow_bool(cell) << at % 8);
        return true;
    }
    case HONE_INT64:
        if (cell->type->kind == HONE_ARROW_DECIMAL) {
            return hone_arrow_whole(cell, &((int64_t *)f->data)[at]);
        }
        ((int64_t *)f->data)[at] = hone_arrow_i64(cell);
        return true;
    case HONE_FLOAT32:
        ((float *)f->data)[at] = (float)hone_arrow_f64(cell);
        return true;
    case HONE_FLOAT64:
        ((double *)f->data)[at] = hone_arrow_f64(cell);
        return true;
    case HONE_VECTOR:
        return fill_vector(f, cell, at);
    default:
        if (!time_of(cell, f->m->out.type, &value)) {
            f->bad = at;
            return false;
        }
        if (f->m->out.type == HONE_DATE) {
            ((int32_t *)f->data)[at] = (int32_t)value;
        } else {
            ((int64_t *)f->data)[at] = value;
        }
        return true;
    }
}

static size_t width_of(const struct hone_arrow_making *m)
{
    switch (m->out.type) {
    case HONE_FLOAT32:
    case HONE_DATE:
        return 4;
    case HONE_VECTOR:
        return hone_product(m->out.width, sizeof(float));
    default:
        return 8;
    }
}

/* What lies where nothing is there is not part of a table: zero it. */
static void zero_missing(const struct hone_arrow_making *m, char *data, size_t width)
{
    for (size_t at = 0; m->valid != NULL && at < m->out.rows; at++) {
        if (!hone_bit(m->valid, at)) {
            memset(data + at * width, 0, width);
        }
    }
}

static enum hone_code make_bits(struct hone_run *run, struct hone_arrow_making *m)
{
    struct filling f = {.m = m};
    uint8_t *bits;
    size_t at = 0;

    HONE_TRY(hone_array(run, m->mem, &bits, m->out.rows / 8 + 2));
    f.data = bits;
    m->out.data = bits;
    if (m->leaf->type->kind != HONE_ARROW_BOOL) {
        (void)hone_arrow_visit(m, fill_one, &f);
        return HONE_OK;
    }
    for (size_t i = 0; i < m->n; i++) {
        const struct hone_arrow_piece *p = &m->piece[i];
        for (size_t row = 0; row < p->rows; row += 8) {
            size_t n = p->rows - row < 8 ? p->rows - row : 8;
            unsigned value = bits_at(p->array->a.ptr, p->array->offset + p->at + row, n);
            bits[at / 8] = (uint8_t)(bits[at / 8] | value << at % 8);
            bits[at / 8 + 1] = (uint8_t)(value >> (8 - at % 8));
            at += n;
        }
    }
    for (size_t i = 0; m->valid != NULL && i < (m->out.rows + 7) / 8; i++) {
        bits[i] &= m->valid[i];
    }
    return HONE_OK;
}

static enum hone_code make_numbers(struct hone_run *run, struct hone_arrow_making *m)
{
    size_t width = width_of(m);
    struct filling f = {.m = m};
    char *data;
    size_t at = 0;

    HONE_TRY(hone_arrow_within(run, m, hone_product(m->out.rows, width)));
    HONE_TRY(hone_array(run, m->mem, &data, hone_product(m->out.rows, width)));
    f.data = data;
    m->out.data = data;
    if (is_same(m)) {
        for (size_t i = 0; i < m->n; i++) {
            if (m->piece[i].rows > 0) {
                memcpy(data + at * width, same_values(m, &m->piece[i]),
                       m->piece[i].rows * width);
                at += m->piece[i].rows;
            }
        }
        zero_missing(m, data, width);
    } else if (!hone_arrow_visit(m, fill_one, &f)) {
        return hone_fail(run, HONE_E_LIMIT,
                         "column %s, row %zu: a moment outside of 64 bits of microseconds",
                         m->leaf->name, f.bad + 1);
    }
    return HONE_OK;
}

/* ---- sharing ---- */

/* The bytes of a text column whose offsets have 64 bits; false when it is none. */
static bool borrow_text(struct hone_arrow_making *m, const struct hone_arrow_array *array,
                        size_t at)
{
    const struct hone_arrow_type *t = m->leaf->type;

    if (t->bits != 64 || (t->kind != HONE_ARROW_UTF8 && t->kind != HONE_ARROW_BINARY) ||
        m->options->text != HONE_ARROW_AS_IS) {
        return false;
    }
    m->out.offsets = (const int64_t *)(const void *)array->a.ptr + at;
    m->out.data = array->b.ptr == NULL ? (const void *)"" : array->b.ptr;
    return true;
}

/* The one piece's buffers are the column's; false when they are not. */
static bool borrow(struct hone_arrow_making *m)
{
    const struct hone_arrow_array *array;
    size_t at;

    if (!m->options->borrow || m->n != 1 || m->piece[0].masks > 0 || m->out.rows == 0) {
        return false;
    }
    array = m->piece[0].array;
    at = array->offset + m->piece[0].at;
    if (m->out.nulls > 0 && at % 8 != 0) {
        return false;
    }
    if (m->out.type == HONE_UTF8 || m->out.type == HONE_BINARY) {
        if (!borrow_text(m, array, at)) {
            return false;
        }
    } else if (m->out.type == HONE_BOOL) {
        if (m->leaf->type->kind != HONE_ARROW_BOOL || at % 8 != 0) {
            return false;
        }
        m->out.data = array->a.ptr + at / 8;
    } else {
        m->out.data = same_values(m, &m->piece[0]);
        if (m->out.data == NULL) {
            return false;
        }
    }
    m->out.valid = m->out.nulls == 0 ? NULL : array->valid.ptr + at / 8;
    return true;
}

enum hone_code hone_arrow_column(struct hone_run *run, const struct hone_arrow_leaf *leaf,
                                 const struct hone_arrow_piece *piece, size_t n,
                                 const struct hone_arrow_options *options,
                                 struct hone_arena *mem, struct hone_column *out)
{
    struct hone_arrow_making m = {.leaf = leaf,
                                  .plain = hone_arrow_plain(leaf->type),
                                  .piece = piece,
                                  .n = n,
                                  .options = options,
                                  .mem = mem};

    for (size_t i = 0; i < n; i++) {
        m.out.rows += piece[i].rows;
    }
    HONE_TRY(hone_arrow_within(run, &m, m.out.rows / 8));
    HONE_TRY(find_missing(run, &m));
    m.out.type = type_of(&m);
    m.out.name = hone_arena_text(mem, leaf->name, strlen(leaf->name));
    if (borrow(&m)) {
        *out = m.out;
        return HONE_OK;
    }
    if (m.out.type == HONE_BOOL) {
        HONE_TRY(make_bits(run, &m));
    } else if (m.out.type == HONE_UTF8 || m.out.type == HONE_BINARY) {
        HONE_TRY(hone_arrow_make_text(run, &m));
    } else {
        HONE_TRY(make_numbers(run, &m));
    }
    *out = m.out;
    return HONE_OK;
}
