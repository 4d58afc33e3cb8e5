#include "graph/wire_priv.h"

enum wire_type { VARINT = 0, I64 = 1, LEN = 2, I32 = 5 };

struct reader {
    struct hone_run *run;
    const uint8_t *bytes;
    struct hone_arena *mem;
};

/* One field as found: its number, wire type and where its payload lies. */
struct found {
    uint32_t number;
    uint32_t type;
    size_t start;   /* of the tag */
    uint64_t value; /* VARINT */
    size_t from, to;
};

static enum hone_code bad(const struct reader *r, size_t at,
                          const struct hone_wire_message *type, const char *what)
{
    return hone_fail(r->run, HONE_E_FORMAT, "byte %zu: %s: %s", at, type->name, what);
}

static enum hone_code bad_field(const struct reader *r, size_t at,
                                const struct hone_wire_message *type,
                                const struct hone_wire_field *f, const char *what)
{
    return hone_fail(r->run, HONE_E_FORMAT, "byte %zu: %s.%s: %s", at, type->name, f->name,
                     what);
}

/* A varint of at most ten bytes; false when it is cut off or too long. */
static bool varint(const uint8_t *bytes, size_t *pos, size_t end, uint64_t *out)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t b;
        if (*pos >= end) {
            return false;
        }
        b = bytes[(*pos)++];
        if (shift == 63 && b > 1) {
            return false;
        }
        v |= (uint64_t)(b & 0x7f) << shift;
        if (b < 0x80) {
            *out = v;
            return true;
        }
    }
    return false;
}

static enum hone_code next(const struct reader *r, const struct hone_wire_message *type,
                           size_t *pos, size_t end, struct found *f)
{
    uint64_t tag;
    uint64_t len;

    f->start = *pos;
    if (!varint(r->bytes, pos, end, &tag)) {
        return bad(r, f->start, type, "a field tag is cut off or too long");
    }
    if (tag >> 3 == 0 || tag >> 3 > UINT32_MAX >> 3) {
        return bad(r, f->start, type, "no valid field number");
    }
    f->number = (uint32_t)(tag >> 3);
    f->type = (uint32_t)(tag & 7);
    switch (f->type) {
    case VARINT:
        f->from = *pos;
        if (!varint(r->bytes, pos, end, &f->value)) {
            return bad(r, f->start, type, "a number is cut off or too long");
        }
        f->to = *pos;
        return HONE_OK;
    case I64:
        len = 8;
        break;
    case I32:
        len = 4;
        break;
    case LEN:
        if (!varint(r->bytes, pos, end, &len)) {
            return bad(r, f->start, type, "a length is cut off or too long");
        }
        break;
    default:
        return bad(r, f->start, type, "an unknown wire type");
    }
    if (len > end - *pos) {
        return hone_fail(r->run, HONE_E_FORMAT,
                         "byte %zu: %s: field %u says %llu bytes, %zu are left", f->start,
                         type->name, f->number, (unsigned long long)len, end - *pos);
    }
    f->from = *pos;
    *pos += (size_t)len;
    f->to = *pos;
    return HONE_OK;
}

static const struct hone_wire_field *row_of(const struct hone_wire_message *type,
                                            uint32_t number)
{
    for (size_t i = 0; i < type->fields; i++) {
        if (type->field[i].number == number) {
            return &type->field[i];
        }
    }
    return NULL;
}

static bool is_list(enum hone_wire_kind kind)
{
    return kind >= HONE_WIRE_INTS;
}

static size_t item_size(const struct hone_wire_field *f)
{
    switch (f->kind) {
    case HONE_WIRE_FLOATS:
        return sizeof(float);
    case HONE_WIRE_INTS:
    case HONE_WIRE_DOUBLES:
        return 8;
    case HONE_WIRE_NAMES:
        return sizeof(char *);
    case HONE_WIRE_TEXTS:
        return sizeof(struct hone_str);
    default:
        return f->sub->size;
    }
}

/* How many items one occurrence of a list adds; false when its wire type does not fit. */
static bool items_in(const struct reader *r, const struct hone_wire_field *row,
                     const struct found *f, size_t *n)
{
    size_t len = f->to - f->from;
    *n = 1;
    switch (row->kind) {
    case HONE_WIRE_INTS:
        if (f->type == LEN) {
            *n = 0;
            for (size_t i = f->from; i < f->to; i++) {
                *n += r->bytes[i] < 0x80;
            }
            return len == 0 || r->bytes[f->to - 1] < 0x80;
        }
        return f->type == VARINT;
    case HONE_WIRE_FLOATS:
        if (f->type == LEN) {
            *n = len / 4;
            return len % 4 == 0;
        }
        return f->type == I32;
    case HONE_WIRE_DOUBLES:
        if (f->type == LEN) {
            *n = len / 8;
            return len % 8 == 0;
        }
        return f->type == I64;
    default:
        return f->type == LEN;
    }
}

static enum hone_code copy_name(const struct reader *r, const struct hone_wire_message *type,
                                const struct hone_wire_field *row, const struct found *f,
                                const char **out)
{
    size_t len = f->to - f->from;
    char *name;
    if (len != 0 && memchr(r->bytes + f->from, 0, len) != NULL) {
        return bad_field(r, f->start, type, row, "a name with a NUL in it");
    }
    HONE_TRY(hone_array(r->run, r->mem, &name, len + 1));
    if (len != 0) {
        memcpy(name, r->bytes + f->from, len);
    }
    *out = name;
    return HONE_OK;
}

static enum hone_code read_message(const struct reader *r, const struct hone_wire_message *type,
                                   size_t from, size_t to, unsigned depth, void *out);

static struct hone_str view(const struct reader *r, const struct found *f)
{
    return (struct hone_str){(const char *)r->bytes + f->from, f->to - f->from};
}

/* Append one occurrence to a list that has room for it. */
static enum hone_code read_items(const struct reader *r, const struct hone_wire_message *type,
                                 const struct hone_wire_field *row, const struct found *f,
                                 unsigned depth, char *out)
{
    size_t *count = (size_t *)(void *)(out + row->count);
    char *items;
    uint64_t v = f->value;
    size_t pos = f->from;

    memcpy(&items, out + row->at, sizeof items);
    switch (row->kind) {
    case HONE_WIRE_INTS:
        if (f->type == VARINT) {
            ((int64_t *)(void *)items)[(*count)++] = (int64_t)v;
        }
        while (f->type == LEN && pos < f->to) {
            if (!varint(r->bytes, &pos, f->to, &v)) {
                return bad_field(r, pos, type, row, "a number is too long");
            }
            ((int64_t *)(void *)items)[(*count)++] = (int64_t)v;
        }
        return HONE_OK;
    case HONE_WIRE_FLOATS:
    case HONE_WIRE_DOUBLES:
        if (f->to != f->from) {
            memcpy(items + *count * item_size(row), r->bytes + f->from, f->to - f->from);
        }
        *count += (f->to - f->from) / item_size(row);
        return HONE_OK;
    case HONE_WIRE_NAMES:
        return copy_name(r, type, row, f, &((const char **)(void *)items)[(*count)++]);
    case HONE_WIRE_TEXTS:
        ((struct hone_str *)(void *)items)[(*count)++] = view(r, f);
        return HONE_OK;
    default:
        return read_message(r, row->sub, f->from, f->to, depth + 1,
                            items + (*count)++ * row->sub->size);
    }
}

static enum hone_code read_single(const struct reader *r, const struct hone_wire_message *type,
                                  const struct hone_wire_field *row, const struct found *f,
                                  unsigned depth, char *out)
{
    static const uint32_t wants[] = {
        [HONE_WIRE_INT] = VARINT, [HONE_WIRE_FLOAT] = I32, [HONE_WIRE_NAME] = LEN,
        [HONE_WIRE_TEXT] = LEN,   [HONE_WIRE_ONE] = LEN,
    };
    void *sub;

    if (f->type != wants[row->kind]) {
        return bad_field(r, f->start, type, row, "not of this field's wire type");
    }
    if (row->present != 0) {
        *(bool *)(out + row->present) = true;
    }
    switch (row->kind) {
    case HONE_WIRE_INT:
        *(int64_t *)(void *)(out + row->at) = (int64_t)f->value;
        return HONE_OK;
    case HONE_WIRE_FLOAT:
        memcpy(out + row->at, r->bytes + f->from, sizeof(float));
        return HONE_OK;
    case HONE_WIRE_NAME:
        return copy_name(r, type, row, f, (const char **)(void *)(out + row->at));
    case HONE_WIRE_TEXT:
        *(struct hone_str *)(void *)(out + row->at) = view(r, f);
        return HONE_OK;
    default:
        sub = hone_arena_alloc(r->mem, row->sub->size, 1);
        if (sub == NULL) {
            return hone_no_room(r->run, row->name, 1);
        }
        memcpy(out + row->at, &sub, sizeof sub);
        return read_message(r, row->sub, f->from, f->to, depth + 1, sub);
    }
}

/* First pass: how long every list becomes, then room for it; names begin as "". */
static enum hone_code make_room(const struct reader *r, const struct hone_wire_message *type,
                                size_t from, size_t to, char *out)
{
    static const char *const empty = "";
    for (size_t pos = from; pos < to;) {
        struct found f = {0};
        const struct hone_wire_field *row;
        size_t n;
        HONE_TRY(next(r, type, &pos, to, &f));
        row = row_of(type, f.number);
        if (row == NULL || !is_list(row->kind)) {
            continue;
        }
        if (!items_in(r, row, &f, &n)) {
            return bad_field(r, f.start, type, row, "not of this field's wire type");
        }
        *(size_t *)(void *)(out + row->count) += n;
    }
    for (size_t i = 0; i < type->fields; i++) {
        const struct hone_wire_field *row = &type->field[i];
        size_t *count = (size_t *)(void *)(out + row->count);
        void *items;
        if (row->kind == HONE_WIRE_NAME) {
            memcpy(out + row->at, &empty, sizeof empty);
        }
        if (!is_list(row->kind) || *count == 0) {
            continue;
        }
        items = hone_arena_alloc(r->mem, item_size(row), *count);
        if (items == NULL) {
            return hone_no_room(r->run, row->name, *count);
        }
        memcpy(out + row->at, &items, sizeof items);
        *count = 0;
    }
    return HONE_OK;
}

static enum hone_code read_message(const struct reader *r, const struct hone_wire_message *type,
                                   size_t from, size_t to, unsigned depth, void *out)
{
    if (depth > HONE_WIRE_DEPTH) {
        return bad(r, from, type, "nested too deep");
    }
    *(size_t *)out = from;
    HONE_TRY(make_room(r, type, from, to, out));
    for (size_t pos = from; pos < to;) {
        struct found f = {0};
        const struct hone_wire_field *row;
        HONE_TRY(next(r, type, &pos, to, &f));
        row = row_of(type, f.number);
        if (row == NULL) {
            continue;
        }
        if (is_list(row->kind)) {
            HONE_TRY(read_items(r, type, row, &f, depth, out));
        } else {
            HONE_TRY(read_single(r, type, row, &f, depth, out));
        }
    }
    return HONE_OK;
}

enum hone_code hone_wire_read(struct hone_run *run, const struct hone_wire_message *type,
                              struct hone_str bytes, struct hone_arena *mem, void *out)
{
    struct reader r = {run, (const uint8_t *)bytes.ptr, mem};
    return read_message(&r, type, 0, bytes.len, 0, out);
}

/* --- writing: from the end backwards, so that every length is known when it is written --- */

struct writer {
    struct hone_arena *mem;
    char *base;
    size_t room;
    size_t used; /* at the end of base */
    bool full;
};

#define WRITE_MAX ((size_t)INT32_MAX) /* what other readers of the format take */

static void put(struct writer *w, const void *bytes, size_t len)
{
    if (w->full || len == 0) {
        return;
    }
    if (len > WRITE_MAX - w->used) {
        w->full = true;
        return;
    }
    if (len > w->room - w->used) {
        size_t room = w->room * 2 > w->used + len ? w->room * 2 : w->used + len + 4096;
        char *base = hone_arena_alloc(w->mem, 1, room);
        if (base == NULL) {
            w->full = true;
            return;
        }
        if (w->used != 0) {
            memcpy(base + room - w->used, w->base + w->room - w->used, w->used);
        }
        w->base = base;
        w->room = room;
    }
    w->used += len;
    memcpy(w->base + w->room - w->used, bytes, len);
}

static void put_varint(struct writer *w, uint64_t v)
{
    uint8_t bytes[10];
    size_t n = 0;
    while (v >= 0x80) {
        bytes[n++] = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    bytes[n++] = (uint8_t)v;
    put(w, bytes, n);
}

static void put_tag(struct writer *w, const struct hone_wire_field *f, enum wire_type type)
{
    put_varint(w, (uint64_t)f->number << 3 | type);
}

static void put_text(struct writer *w, const struct hone_wire_field *f, const char *ptr,
                     size_t len)
{
    put(w, ptr, len);
    put_varint(w, len);
    put_tag(w, f, LEN);
}

static void write_message(struct writer *w, const struct hone_wire_message *type,
                          const char *message);

static void put_sub(struct writer *w, const struct hone_wire_field *f, const char *sub)
{
    size_t before = w->used;
    write_message(w, f->sub, sub);
    put_varint(w, w->used - before);
    put_tag(w, f, LEN);
}

static void write_list(struct writer *w, const struct hone_wire_field *f, const char *message)
{
    size_t n = *(const size_t *)(const void *)(message + f->count);
    size_t before = w->used;
    const char *items;

    memcpy(&items, message + f->at, sizeof items);
    switch (f->kind) {
    case HONE_WIRE_INTS:
        for (size_t i = n; i-- > 0;) {
            put_varint(w, (uint64_t)((const int64_t *)(const void *)items)[i]);
        }
        break;
    case HONE_WIRE_FLOATS:
    case HONE_WIRE_DOUBLES:
        put(w, items, n * item_size(f));
        break;
    case HONE_WIRE_NAMES:
        for (size_t i = n; i-- > 0;) {
            const char *name = ((const char *const *)(const void *)items)[i];
            put_text(w, f, name, strlen(name));
        }
        return;
    case HONE_WIRE_TEXTS:
        for (size_t i = n; i-- > 0;) {
            struct hone_str s = ((const struct hone_str *)(const void *)items)[i];
            put_text(w, f, s.ptr, s.len);
        }
        return;
    default:
        for (size_t i = n; i-- > 0;) {
            put_sub(w, f, items + i * f->sub->size);
        }
        return;
    }
    if (n != 0) {
        put_varint(w, w->used - before);
        put_tag(w, f, LEN);
    }
}

static void write_single(struct writer *w, const struct hone_wire_field *f, const char *message)
{
    bool always = f->present != 0 && *(const bool *)(message + f->present);
    const char *ptr;
    struct hone_str text;
    int64_t number;
    float real;

    if (f->present != 0 && !always) {
        return;
    }
    switch (f->kind) {
    case HONE_WIRE_INT:
        memcpy(&number, message + f->at, sizeof number);
        if (number != 0 || always) {
            put_varint(w, (uint64_t)number);
            put_tag(w, f, VARINT);
        }
        return;
    case HONE_WIRE_FLOAT:
        memcpy(&real, message + f->at, sizeof real);
        put(w, &real, sizeof real);
        put_tag(w, f, I32);
        return;
    case HONE_WIRE_NAME:
        memcpy(&ptr, message + f->at, sizeof ptr);
        if (ptr != NULL && (*ptr != '\0' || always)) {
            put_text(w, f, ptr, strlen(ptr));
        }
        return;
    case HONE_WIRE_TEXT:
        memcpy(&text, message + f->at, sizeof text);
        if (text.len != 0 || always) {
            put_text(w, f, text.ptr, text.len);
        }
        return;
    default:
        memcpy(&ptr, message + f->at, sizeof ptr);
        if (ptr != NULL) {
            put_sub(w, f, ptr);
        }
        return;
    }
}

static void write_message(struct writer *w, const struct hone_wire_message *type,
                          const char *message)
{
    for (size_t i = type->fields; i-- > 0;) {
        if (is_list(type->field[i].kind)) {
            write_list(w, &type->field[i], message);
        } else {
            write_single(w, &type->field[i], message);
        }
    }
}

enum hone_code hone_wire_write(struct hone_run *run, const struct hone_wire_message *type,
                               const void *message, struct hone_arena *mem,
                               struct hone_str *bytes)
{
    /* Not the run's scratch: mem may be that. */
    HONE_CLOSING(hone_arena_free) struct hone_arena work = {0};
    struct writer w = {.mem = &work};
    char *out;

    write_message(&w, type, message);
    if (w.full) {
        return hone_fail(run, HONE_E_LIMIT, "a %s of over 2 GiB, or no memory for it",
                         type->name);
    }
    HONE_TRY(hone_array(run, mem, &out, w.used + 1));
    if (w.used != 0) {
        memcpy(out, w.base + w.room - w.used, w.used);
    }
    *bytes = (struct hone_str){out, w.used};
    return HONE_OK;
}
