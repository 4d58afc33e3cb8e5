#include "io/arrow/flat.h"

/* ---- reading ---- */

static bool inside(struct hone_flat *f, size_t at, size_t size)
{
    if (f->bad || at > f->len || size > f->len - at) {
        f->bad = true;
    }
    return !f->bad;
}

int64_t hone_flat_get_i64(const struct hone_flat *f, size_t at)
{
    int64_t value;
    memcpy(&value, f->bytes + at, sizeof value);
    return value;
}

int32_t hone_flat_get_i32(const struct hone_flat *f, size_t at)
{
    int32_t value;
    memcpy(&value, f->bytes + at, sizeof value);
    return value;
}

static uint16_t get_u16(const struct hone_flat *f, size_t at)
{
    uint16_t value;
    memcpy(&value, f->bytes + at, sizeof value);
    return value;
}

/* Where the reference at a place leads; 0 when it leads nowhere. */
static size_t follow(struct hone_flat *f, size_t at)
{
    int32_t distance;

    if (!inside(f, at, 4)) {
        return 0;
    }
    distance = hone_flat_get_i32(f, at);
    if (distance <= 0 || (at + (size_t)distance) % 4 != 0) {
        f->bad = true;
        return 0;
    }
    return inside(f, at + (size_t)distance, 4) ? at + (size_t)distance : 0;
}

size_t hone_flat_root(struct hone_flat *f)
{
    if (f->len > INT32_MAX) {
        f->bad = true;
    }
    return follow(f, 0);
}

size_t hone_flat_field(struct hone_flat *f, size_t table, unsigned slot, size_t size)
{
    int64_t vtable;
    size_t entries;
    size_t offset;

    if (f->bad || table == 0) {
        return 0;
    }
    vtable = (int64_t)table - hone_flat_get_i32(f, table); /* follow saw that it is inside */
    if (vtable < 0 || vtable % 2 != 0 || !inside(f, (size_t)vtable, 4)) {
        f->bad = true;
        return 0;
    }
    entries = get_u16(f, (size_t)vtable);
    if (entries < 4 || entries % 2 != 0 || !inside(f, (size_t)vtable, entries) ||
        !inside(f, table, get_u16(f, (size_t)vtable + 2))) {
        f->bad = true;
        return 0;
    }
    if (4 + 2 * (size_t)slot >= entries) {
        return 0;
    }
    offset = get_u16(f, (size_t)vtable + 4 + 2 * slot);
    if (offset == 0) {
        return 0;
    }
    if (offset < 4 || offset + size > get_u16(f, (size_t)vtable + 2)) {
        f->bad = true;
        return 0;
    }
    return table + offset;
}

int64_t hone_flat_i64(struct hone_flat *f, size_t table, unsigned slot, int64_t absent)
{
    size_t at = hone_flat_field(f, table, slot, 8);
    return at == 0 ? absent : hone_flat_get_i64(f, at);
}

int32_t hone_flat_i32(struct hone_flat *f, size_t table, unsigned slot, int32_t absent)
{
    size_t at = hone_flat_field(f, table, slot, 4);
    return at == 0 ? absent : hone_flat_get_i32(f, at);
}

int16_t hone_flat_i16(struct hone_flat *f, size_t table, unsigned slot, int16_t absent)
{
    size_t at = hone_flat_field(f, table, slot, 2);
    return at == 0 ? absent : (int16_t)get_u16(f, at);
}

uint8_t hone_flat_u8(struct hone_flat *f, size_t table, unsigned slot, uint8_t absent)
{
    size_t at = hone_flat_field(f, table, slot, 1);
    return at == 0 ? absent : f->bytes[at];
}

size_t hone_flat_table(struct hone_flat *f, size_t table, unsigned slot)
{
    size_t at = hone_flat_field(f, table, slot, 4);
    return at == 0 ? 0 : follow(f, at);
}

size_t hone_flat_vector(struct hone_flat *f, size_t table, unsigned slot, size_t size,
                        size_t *n)
{
    size_t at = hone_flat_table(f, table, slot);
    int32_t count;

    *n = 0;
    if (at == 0) {
        return 0;
    }
    count = hone_flat_get_i32(f, at);
    if (count < 0 || !inside(f, at + 4, (size_t)count * size)) {
        f->bad = true;
        return 0;
    }
    *n = (size_t)count;
    return at + 4;
}

size_t hone_flat_item(struct hone_flat *f, size_t vector, size_t i)
{
    return follow(f, vector + i * 4);
}

struct hone_str hone_flat_text(struct hone_flat *f, size_t table, unsigned slot)
{
    size_t n;
    size_t at = hone_flat_vector(f, table, slot, 1, &n);

    return at == 0 ? (struct hone_str){"", 0}
                   : (struct hone_str){(const char *)f->bytes + at, n};
}

/* ---- writing ---- */

static void pad(struct hone_buf *buf, size_t rest, size_t align)
{
    while (buf->len % align != rest) {
        hone_buf_char(buf, '\0');
    }
}

struct hone_flat_writer hone_flat_begin(struct hone_arena *mem)
{
    struct hone_flat_writer w = {.buf = hone_buf(mem)};
    hone_buf_bytes(&w.buf, "\0\0\0\0", 4);
    return w;
}

void hone_flat_set(struct hone_flat_writer *w, size_t at, int64_t value, size_t size)
{
    memcpy(w->buf.ptr + at, &value, size); /* little endian, as the machine is */
}

/* A reference to the end of what is written. */
static void link_here(struct hone_flat_writer *w, size_t link)
{
    hone_flat_set(w, link, (int64_t)(w->buf.len - link), 4);
}

void hone_flat_put_table(struct hone_flat_writer *w, size_t link, size_t n, const uint8_t *size,
                         size_t *at)
{
    size_t used = 4;
    size_t vtable;
    size_t table;

    pad(&w->buf, 0, 2);
    vtable = w->buf.len;
    for (size_t i = 0; i < n + 2; i++) {
        hone_buf_bytes(&w->buf, "\0\0", 2);
    }
    pad(&w->buf, 4,
        8); /* so that the fields, behind the 4 bytes that name the vtable, begin aligned */
    table = w->buf.len;
    link_here(w, link);
    for (size_t wide = 8; wide > 0; wide /= 2) { /* the wide ones first leave no gaps */
        for (size_t i = 0; i < n; i++) {
            if (size[i] == wide) {
                at[i] = table + used;
                used += wide;
            }
        }
    }
    for (size_t i = 0; i < used; i++) {
        hone_buf_char(&w->buf, '\0');
    }
    hone_flat_set(w, table, (int64_t)(table - vtable), 4);
    hone_flat_set(w, vtable, (int64_t)(4 + 2 * n), 2);
    hone_flat_set(w, vtable + 2, (int64_t)used, 2);
    for (size_t i = 0; i < n; i++) {
        if (size[i] != 0) {
            hone_flat_set(w, vtable + 4 + 2 * i, (int64_t)(at[i] - table), 2);
        }
    }
}

size_t hone_flat_put_vector(struct hone_flat_writer *w, size_t link, size_t n, size_t size)
{
    pad(&w->buf, 4, 8); /* the items begin at a multiple of 8 */
    link_here(w, link);
    hone_buf_bytes(&w->buf, "\0\0\0\0", 4);
    hone_flat_set(w, w->buf.len - 4, (int64_t)n, 4);
    for (size_t i = 0; i < n * size; i++) {
        hone_buf_char(&w->buf, '\0');
    }
    return w->buf.len - n * size;
}

void hone_flat_put_text(struct hone_flat_writer *w, size_t link, struct hone_str text)
{
    size_t at = hone_flat_put_vector(w, link, text.len, 1);

    if (text.len > 0) {
        memcpy(w->buf.ptr + at, text.ptr, text.len);
    }
    hone_buf_char(&w->buf, '\0');
}

struct hone_str hone_flat_end(struct hone_flat_writer *w)
{
    pad(&w->buf, 0, 8);
    return (struct hone_str){w->buf.ptr, w->buf.len};
}
