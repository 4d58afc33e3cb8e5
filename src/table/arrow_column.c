/* Columns made of Arrow arrays; declared in table/arrow_array.h. */
#include <math.h>

#include "base/hash.h"
#include "table/arrow_value_priv.h"
#include "table/dict.h"

#define DAY_MS          INT64_C(86400000)
#define CATEGORIES_MOST 65536 /* more distinct words than this are text, in all files */
#define TEXT_MOST       ((size_t)1 << 40)

struct making {
    const struct hone_arrow_leaf *leaf;
    const struct hone_arrow_type *plain; /* behind dictionaries and runs */
    const struct hone_arrow_piece *piece;
    size_t n;
    const struct hone_arrow_options *options;
    struct hone_arena *mem;
    struct hone_column out;
    uint8_t *valid; /* out.valid while it is made */
};

static struct hone_arrow_cell cell_of(const struct making *m, const struct hone_arrow_piece *p,
                                      size_t row)
{
    return (struct hone_arrow_cell){m->leaf->type, p->array, p->at + row};
}

static enum hone_code too_much(struct hone_run *run, const struct making *m)
{
    (void)hone_fail(run, HONE_E_LIMIT, "column %s of %zu rows would take more than %zu MiB",
                    m->leaf->name, m->out.rows, m->options->most >> 20);
    return hone_hint(run, "that is out of proportion to the file; it may be damaged");
}

static enum hone_code within(struct hone_run *run, const struct making *m, size_t bytes)
{
    return m->options->most != 0 && bytes > m->options->most ? too_much(run, m) : HONE_OK;
}

/* ---- what is missing ---- */

static bool row_is_valid(const struct making *m, const struct hone_arrow_piece *p, size_t row)
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
static bool is_bitmap(const struct making *m, const struct hone_arrow_array *array)
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
static uint8_t eight_valid(const struct making *m, const struct hone_arrow_piece *p,
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

static bool may_miss(const struct making *m, const struct hone_arrow_piece *p)
{
    return p->masks > 0 || p->array->valid.ptr != NULL || !is_bitmap(m, p->array);
}

static enum hone_code find_missing(struct hone_run *run, struct making *m)
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

static bool is_there(const struct making *m, size_t at)
{
    return m->valid == NULL || hone_bit(m->valid, at);
}

/* Call visit for each row that is there; it may stop by false. */
typedef bool visit_fn(void *ctx, const struct hone_arrow_cell *cell, size_t at);
static bool visit(const struct making *m, visit_fn *body, void *ctx)
{
    size_t at = 0;

    for (size_t i = 0; i < m->n; i++) {
        for (size_t row = 0; row < m->piece[i].rows; row++, at++) {
            struct hone_arrow_cell cell = cell_of(m, &m->piece[i], row);
            if (is_there(m, at) && hone_arrow_resolve(&cell) && !body(ctx, &cell, at)) {
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

static enum hone_type type_of_list(struct making *m)
{
    size_t width = m->plain->kind == HONE_ARROW_FIXED_LIST ? m->plain->width : 0;

    if (m->plain->child->kind != HONE_ARROW_FLOAT || !visit(m, is_vector, &width) ||
        width == 0) {
        return HONE_UTF8;
    }
    m->out.width = width;
    return HONE_VECTOR;
}

static enum hone_type type_of(struct making *m)
{
    switch (m->plain->kind) {
    case HONE_ARROW_BOOL:
        return HONE_BOOL;
    case HONE_ARROW_INT:
    case HONE_ARROW_DURATION:
        return HONE_INT64;
    case HONE_ARROW_UINT:
        return m->plain->bits < 64 || visit(m, fits_int64, NULL) ? HONE_INT64 : HONE_UTF8;
    case HONE_ARROW_NULL:
    case HONE_ARROW_DECIMAL:
        return HONE_FLOAT64;
    case HONE_ARROW_FLOAT:
        return m->plain->bits == 64 ? HONE_FLOAT64 : HONE_FLOAT32;
    case HONE_ARROW_BINARY:
    case HONE_ARROW_BINARY_VIEW:
    case HONE_ARROW_FIXED_BINARY:
        return HONE_BINARY;
    case HONE_ARROW_DATE:
        return m->plain->bits == 32 || visit(m, is_whole_day, NULL) ? HONE_DATE
                                                                    : HONE_TIMESTAMP;
    case HONE_ARROW_TIMESTAMP:
        return m->plain->unit != HONE_ARROW_NS || visit(m, is_whole_us, NULL) ? HONE_TIMESTAMP
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

/* A stretch of a buffer that is already what the column needs. */
static const void *same_values(const struct making *m, const struct hone_arrow_piece *p)
{
    const struct hone_arrow_type *t = m->leaf->type;
    size_t at = p->array->offset + p->at;
    bool same = (m->out.type == HONE_INT64 && t->kind != HONE_ARROW_DICTIONARY &&
                 t->kind != HONE_ARROW_RUNS && t->bits == 64) ||
                (m->out.type == HONE_FLOAT64 && t->kind == HONE_ARROW_FLOAT) ||
                (m->out.type == HONE_FLOAT32 && t->kind == HONE_ARROW_FLOAT && t->bits == 32) ||
                (m->out.type == HONE_DATE && t->kind == HONE_ARROW_DATE && t->bits == 32) ||
                (m->out.type == HONE_TIMESTAMP && t->kind == HONE_ARROW_TIMESTAMP &&
                 t->unit == HONE_ARROW_US);

    if (m->out.type == HONE_VECTOR) {
        const struct hone_arrow_array *items = p->array->child;
        if (t->kind == HONE_ARROW_FIXED_LIST && t->child->bits == 32) {
            return items->a.ptr + (items->offset + at * t->width) * sizeof(float);
        }
        return NULL;
    }
    return same ? p->array->a.ptr + at * (t->bits / 8) : NULL;
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
    const struct making *m;
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

static size_t width_of(const struct making *m)
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
static void zero_missing(const struct making *m, char *data, size_t width)
{
    for (size_t at = 0; m->valid != NULL && at < m->out.rows; at++) {
        if (!hone_bit(m->valid, at)) {
            memset(data + at * width, 0, width);
        }
    }
}

static enum hone_code make_bits(struct hone_run *run, struct making *m)
{
    struct filling f = {.m = m};
    uint8_t *bits;
    size_t at = 0;

    HONE_TRY(hone_array(run, m->mem, &bits, m->out.rows / 8 + 2));
    f.data = bits;
    m->out.data = bits;
    if (m->leaf->type->kind != HONE_ARROW_BOOL) {
        (void)visit(m, fill_one, &f);
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

static enum hone_code make_numbers(struct hone_run *run, struct making *m)
{
    size_t width = width_of(m);
    struct filling f = {.m = m};
    char *data;
    bool same = m->plain->kind != HONE_ARROW_NULL;
    size_t at = 0;

    HONE_TRY(within(run, m, hone_product(m->out.rows, width)));
    HONE_TRY(hone_array(run, m->mem, &data, hone_product(m->out.rows, width)));
    f.data = data;
    m->out.data = data;
    for (size_t i = 0; i < m->n && same; i++) {
        const void *from = m->piece[i].rows == 0 ? "" : same_values(m, &m->piece[i]);
        same = from != NULL;
        if (same && m->piece[i].rows > 0) {
            memcpy(data + at * width, from, m->piece[i].rows * width);
            at += m->piece[i].rows;
        }
    }
    if (same) {
        zero_missing(m, data, width);
    } else if (!visit(m, fill_one, &f)) {
        return hone_fail(run, HONE_E_LIMIT,
                         "column %s, row %zu: a moment outside of 64 bits of microseconds",
                         m->leaf->name, f.bad + 1);
    }
    return HONE_OK;
}

/* ---- text ---- */

static bool has_bytes(const struct hone_arrow_type *type)
{
    return type->kind == HONE_ARROW_UTF8 || type->kind == HONE_ARROW_BINARY ||
           type->kind == HONE_ARROW_UTF8_VIEW || type->kind == HONE_ARROW_BINARY_VIEW ||
           type->kind == HONE_ARROW_FIXED_BINARY;
}

struct sum {
    size_t bytes, most;
};

static bool add_size(void *ctx, const struct hone_arrow_cell *cell, size_t at)
{
    struct sum *s = ctx;

    (void)at;
    s->bytes += hone_arrow_bytes(cell).len;
    return s->bytes <= s->most;
}

struct writing {
    int64_t *offsets;
    char *bytes;
    size_t used, row;
};

static bool add_text(void *ctx, const struct hone_arrow_cell *cell, size_t at)
{
    struct writing *w = ctx;
    struct hone_str text = hone_arrow_bytes(cell);

    while (w->row < at) {
        w->offsets[++w->row] = (int64_t)w->used;
    }
    if (text.len > 0) {
        memcpy(w->bytes + w->used, text.ptr, text.len);
    }
    w->used += text.len;
    w->offsets[++w->row] = (int64_t)w->used;
    return true;
}

/* Values that are bytes in the array. */
static enum hone_code make_bytes(struct hone_run *run, struct making *m)
{
    struct sum sum = {.most = m->options->most == 0 ? TEXT_MOST : m->options->most};
    struct writing w = {.used = 0};

    HONE_TRY(within(run, m, hone_product(m->out.rows + 1, 8)));
    if (!visit(m, add_size, &sum)) {
        return too_much(run, m);
    }
    HONE_TRY(hone_array(run, m->mem, &w.offsets, m->out.rows + 1));
    HONE_TRY(hone_array(run, m->mem, &w.bytes, sum.bytes));
    (void)visit(m, add_text, &w);
    while (w.row < m->out.rows) {
        w.offsets[++w.row] = (int64_t)w.used;
    }
    m->out.data = w.bytes;
    m->out.offsets = w.offsets;
    return HONE_OK;
}

struct printing {
    const struct making *m;
    struct hone_buf buf;
    int64_t *offsets;
    size_t row;
};

static bool add_print(void *ctx, const struct hone_arrow_cell *cell, size_t at)
{
    struct printing *p = ctx;

    while (p->row < at) {
        p->offsets[++p->row] = (int64_t)p->buf.len;
    }
    hone_arrow_print(&p->buf, *cell, false);
    p->offsets[++p->row] = (int64_t)p->buf.len;
    return !p->buf.full;
}

/* Values that have to be written as text. */
static enum hone_code make_prints(struct hone_run *run, struct making *m)
{
    struct printing p = {.m = m};
    HONE_ARENA(work);
    char *bytes;

    HONE_TRY(within(run, m, hone_product(m->out.rows + 1, 8)));
    work.limit = m->options->most == 0 ? TEXT_MOST : m->options->most;
    p.buf = hone_buf(&work);
    HONE_TRY(hone_array(run, m->mem, &p.offsets, m->out.rows + 1));
    if (!visit(m, add_print, &p)) {
        return too_much(run, m);
    }
    while (p.row < m->out.rows) {
        p.offsets[++p.row] = (int64_t)p.buf.len;
    }
    HONE_TRY(hone_array(run, m->mem, &bytes, p.buf.len));
    if (p.buf.len > 0) {
        memcpy(bytes, p.buf.ptr, p.buf.len);
    }
    m->out.data = bytes;
    m->out.offsets = p.offsets;
    return HONE_OK;
}

/* ---- categories ---- */

/* Words in order of appearance. */
struct numbering {
    struct hone_arena mem;
    struct hone_map map;
    struct hone_str *word;
    size_t n, room, most;
    bool no_room;
    int32_t *code; /* (rows) */
    /* of a dictionary in parts: the numbers of its words */
    const struct hone_arrow_array **part;
    size_t parts, part_room;
    int32_t *of_word;
    size_t words, word_room;
};

static void numbering_end(struct numbering *n)
{
    hone_arena_free(&n->mem);
}

/* The number of a word, -1 when there are too many or no room. */
static int32_t number_of(struct numbering *n, struct hone_str word)
{
    uint32_t code = hone_map_add(&n->map, word, (uint32_t)n->n);

    if (code == UINT32_MAX) {
        n->no_room = true;
        return -1;
    }
    if (code < n->n) {
        return (int32_t)code;
    }
    if (n->n == n->most) {
        return -1;
    }
    if (n->n == n->room) {
        size_t more = n->room == 0 ? 64 : n->room * 2;
        n->word = hone_arena_grow(&n->mem, n->word, sizeof *n->word, n->room, more);
        if (n->word == NULL) {
            n->no_room = true;
            return -1;
        }
        n->room = more;
    }
    n->word[n->n++] = word;
    return (int32_t)code;
}

static bool number_row(void *ctx, const struct hone_arrow_cell *cell, size_t at)
{
    struct numbering *n = ctx;
    int32_t code = number_of(n, hone_arrow_bytes(cell));

    n->code[at] = code;
    return code >= 0;
}

/* Room for one part more, and its words. */
static enum hone_code part_room(struct hone_run *run, struct numbering *n, size_t words)
{
    if (n->parts == n->part_room) {
        size_t room = n->part_room == 0 ? 4 : n->part_room * 2;
        n->part = hone_arena_grow(&n->mem, n->part, sizeof *n->part, n->part_room, room);
        if (n->part == NULL) {
            return hone_no_room(run, "dictionaries", room);
        }
        n->part_room = room;
    }
    if (words > n->word_room - n->words) {
        size_t room = (n->words + words) * 2;
        n->of_word =
            hone_arena_grow(&n->mem, n->of_word, sizeof *n->of_word, n->word_room, room);
        if (n->of_word == NULL) {
            return hone_no_room(run, "categories", room);
        }
        n->word_room = room;
    }
    return HONE_OK;
}

/* The words of one part of a dictionary, those that no row has too. */
static enum hone_code number_part(struct hone_run *run, struct numbering *n,
                                  const struct making *m, const struct hone_arrow_array *part)
{
    HONE_TRY(part_room(run, n, part->length));
    n->part[n->parts++] = part;
    for (size_t i = 0; i < part->length; i++) {
        struct hone_arrow_cell cell = {m->leaf->type->child, part, i};
        int32_t code = -1; /* a value that is missing */
        if (hone_arrow_resolve(&cell)) {
            code = number_of(n, hone_arrow_bytes(&cell));
            if (code < 0) {
                return n->no_room
                           ? hone_no_room(run, "categories", n->n)
                           : hone_fail(run, HONE_E_LIMIT, "column %s has too many categories",
                                       m->leaf->name);
            }
        }
        n->of_word[n->words++] = code;
    }
    return HONE_OK;
}

/* The codes of the rows of a piece whose dictionary is text.  Mostly its dictionary is that of the piece
 * before, or that and more. */
static enum hone_code number_piece(struct hone_run *run, struct numbering *n,
                                   const struct making *m, const struct hone_arrow_piece *p,
                                   size_t at)
{
    const struct hone_arrow_array *array = p->array;
    const struct hone_arrow_type *type = m->leaf->type;

    for (size_t d = 0; d < array->dictionaries; d++) {
        if (d < n->parts && n->part[d] != array->dictionary[d]) {
            n->parts = d;
            n->words = 0;
            for (size_t i = 0; i < d; i++) {
                n->words += n->part[i]->length;
            }
        }
        if (d == n->parts) {
            HONE_TRY(number_part(run, n, m, array->dictionary[d]));
        }
    }
    for (size_t row = 0; row < p->rows; row++) {
        if (is_there(m, at + row)) {
            n->code[at + row] = n->of_word[hone_arrow_int(array->a, type->bits, type->is_signed,
                                                          array->offset + p->at + row)];
        }
    }
    return HONE_OK;
}

static enum hone_code end_category(struct hone_run *run, struct making *m, struct numbering *n)
{
    int32_t *rank;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &rank, n->n));
    HONE_TRY(hone_dict_make(run, n->word, n->n, m->mem, &m->out.dict, rank));
    for (size_t at = 0; at < m->out.rows; at++) {
        if (is_there(m, at)) {
            n->code[at] = rank[n->code[at]];
        }
    }
    m->out.type = HONE_CATEGORY;
    m->out.data = n->code;
    m->out.offsets = NULL;
    return HONE_OK;
}

/* A dictionary of text as it is. */
static enum hone_code make_coded(struct hone_run *run, struct making *m)
{
    HONE_CLOSING(numbering_end) struct numbering n = {.most = INT32_MAX};
    size_t at = 0;

    n.map.mem = &n.mem;
    HONE_TRY(within(run, m, hone_product(m->out.rows, 4)));
    HONE_TRY(hone_array(run, m->mem, &n.code, m->out.rows));
    for (size_t i = 0; i < m->n; i++) {
        HONE_TRY(number_piece(run, &n, m, &m->piece[i], at));
        at += m->piece[i].rows;
    }
    return end_category(run, m, &n);
}

/* Text of few distinct words; *done is false when there are too many. */
static enum hone_code make_words(struct hone_run *run, struct making *m, bool *done)
{
    HONE_CLOSING(numbering_end) struct numbering n = {.most = INT32_MAX};
    size_t there = m->out.rows - m->out.nulls;

    n.map.mem = &n.mem;
    if (m->options->text == HONE_ARROW_BY_RULE) {
        n.most = there / 2 < CATEGORIES_MOST ? there / 2 : CATEGORIES_MOST;
    }
    *done = false;
    if (there == 0 && m->options->text == HONE_ARROW_BY_RULE) {
        return HONE_OK;
    }
    HONE_TRY(within(run, m, hone_product(m->out.rows, 4)));
    HONE_TRY(hone_array(run, &n.mem, &n.code, m->out.rows));
    if (!visit(m, number_row, &n)) {
        return n.no_room ? hone_no_room(run, "words", n.n) : HONE_OK;
    }
    *done = true;
    HONE_TRY(end_category(run, m, &n));
    {
        int32_t *code;
        HONE_TRY(hone_array(run, m->mem, &code, m->out.rows));
        if (m->out.rows > 0) {
            memcpy(code, n.code, m->out.rows * sizeof *code);
        }
        m->out.data = code;
    }
    return HONE_OK;
}

/* The text just written becomes a category, if it is one. */
static enum hone_code recode(struct hone_run *run, struct making *m)
{
    struct hone_arrow_type type = {.name = "", .kind = HONE_ARROW_UTF8, .bits = 64};
    struct hone_arrow_array array = {
        .length = m->out.rows,
        .a = {(const uint8_t *)m->out.offsets, (m->out.rows + 1) * 8},
        .b = {m->out.data, (size_t)m->out.offsets[m->out.rows]}};
    struct hone_arrow_piece piece = {.array = &array, .rows = m->out.rows};
    struct hone_arrow_leaf leaf = *m->leaf;
    struct making again = *m;
    bool done;

    leaf.type = &type;
    again.leaf = &leaf;
    again.plain = &type;
    again.piece = &piece;
    again.n = 1;
    HONE_TRY(make_words(run, &again, &done));
    if (done) {
        m->out = again.out;
    }
    return HONE_OK;
}

static enum hone_code make_text(struct hone_run *run, struct making *m)
{
    bool direct = has_bytes(m->plain);
    bool coded = m->leaf->type->kind == HONE_ARROW_DICTIONARY &&
                 has_bytes(m->leaf->type->child) && m->out.type == HONE_UTF8;
    bool done = false;

    if (coded) {
        return make_coded(run, m);
    }
    if (direct && m->out.type == HONE_UTF8 && m->options->text != HONE_ARROW_AS_IS) {
        HONE_TRY(make_words(run, m, &done));
    }
    if (done) {
        return HONE_OK;
    }
    HONE_TRY((direct ? make_bytes : make_prints)(run, m));
    if (!direct && m->options->text != HONE_ARROW_AS_IS) {
        return recode(run, m);
    }
    return HONE_OK;
}

/* ---- sharing ---- */

/* The one piece's buffers are the column's; false when they are not. */
static bool borrow(struct making *m)
{
    const struct hone_arrow_piece *p = &m->piece[0];
    const struct hone_arrow_array *array = p->array;
    size_t at;

    if (!m->options->borrow || m->n != 1 || p->masks > 0 || m->out.rows == 0) {
        return false;
    }
    at = array->offset + p->at;
    if (m->out.nulls > 0 && at % 8 != 0) {
        return false;
    }
    if (m->out.type == HONE_BOOL && m->leaf->type->kind == HONE_ARROW_BOOL && at % 8 == 0) {
        m->out.data = array->a.ptr + at / 8;
    } else if ((m->out.type == HONE_UTF8 || m->out.type == HONE_BINARY) &&
               m->leaf->type->kind == m->plain->kind && m->plain->bits == 64 &&
               (m->plain->kind == HONE_ARROW_UTF8 || m->plain->kind == HONE_ARROW_BINARY)) {
        m->out.offsets = (const int64_t *)(const void *)array->a.ptr + at;
        m->out.data = array->b.ptr == NULL ? (const void *)"" : array->b.ptr;
    } else if (m->out.type != HONE_BOOL && m->out.type != HONE_UTF8 &&
               m->out.type != HONE_BINARY && m->plain->kind != HONE_ARROW_NULL &&
               same_values(m, p) != NULL) {
        m->out.data = same_values(m, p);
    } else {
        return false;
    }
    m->out.valid = m->out.nulls == 0 ? NULL : array->valid.ptr + at / 8;
    return true;
}

enum hone_code hone_arrow_column(struct hone_run *run, const struct hone_arrow_leaf *leaf,
                                 const struct hone_arrow_piece *piece, size_t n,
                                 const struct hone_arrow_options *options,
                                 struct hone_arena *mem, struct hone_column *out)
{
    struct making m = {.leaf = leaf,
                       .plain = hone_arrow_plain(leaf->type),
                       .piece = piece,
                       .n = n,
                       .options = options,
                       .mem = mem};

    for (size_t i = 0; i < n; i++) {
        m.out.rows += piece[i].rows;
    }
    HONE_TRY(within(run, &m, m.out.rows / 8));
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
        HONE_TRY(make_text(run, &m));
    } else {
        HONE_TRY(make_numbers(run, &m));
    }
    *out = m.out;
    return HONE_OK;
}
