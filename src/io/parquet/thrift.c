#include "io/parquet/thrift.h"

void hone_thrift_spoil(struct hone_thrift *t, const char *why)
{
    if (t->bad == NULL) {
        t->bad = why;
    }
    t->at = t->end;
}

static size_t left(const struct hone_thrift *t)
{
    return (size_t)(t->end - t->at);
}

static uint8_t byte(struct hone_thrift *t)
{
    if (t->at == t->end) {
        hone_thrift_spoil(t, "it ends too early");
        return 0;
    }
    return *t->at++;
}

static uint64_t varint(struct hone_thrift *t)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t b = byte(t);
        value |= (uint64_t)(b & 0x7f) << shift;
        if ((b & 0x80) == 0) {
            return value;
        }
    }
    hone_thrift_spoil(t, "a number has more than ten bytes");
    return 0;
}

static int64_t unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1 ^ (0 - (value & 1)));
}

void hone_thrift_enter(struct hone_thrift *t)
{
    t->depth++;
    if (t->depth > HONE_THRIFT_DEPTH) {
        hone_thrift_spoil(t, "it is nested too deeply");
    }
}

bool hone_thrift_next(struct hone_thrift *t, struct hone_thrift_field *f)
{
    uint8_t head = byte(t);
    int step = head >> 4;
    int64_t id = f->id + step;

    if ((head & 15) == HONE_THRIFT_STOP || t->bad != NULL) {
        t->depth--;
        return false;
    }
    if (step == 0) {
        id = unzigzag(varint(t));
    }
    if ((head & 15) > HONE_THRIFT_STRUCT || id < 0 || id > INT16_MAX) {
        hone_thrift_spoil(t, "a field has no known type");
    }
    if (t->bad != NULL) {
        t->depth--;
        return false;
    }
    f->id = (int)id;
    f->type = (enum hone_thrift_type)(head & 15);
    return true;
}

/* The element type and number of a list that begins here. */
static size_t list_head(struct hone_thrift *t, enum hone_thrift_type *type)
{
    uint8_t head = byte(t);
    uint64_t n = head >> 4;

    if (n == 15) {
        n = varint(t);
    }
    *type = (enum hone_thrift_type)(head & 15);
    if (n > left(t)) { /* an element has at least one byte */
        hone_thrift_spoil(t, "a list is longer than what is left");
        return 0;
    }
    return (size_t)n;
}

static struct hone_str bytes(struct hone_thrift *t)
{
    uint64_t n = varint(t);
    struct hone_str out = {(const char *)t->at, (size_t)n};

    if (n > left(t)) {
        hone_thrift_spoil(t, "a text is longer than what is left");
        return (struct hone_str){"", 0};
    }
    t->at += n;
    return out;
}

static void skip_many(struct hone_thrift *t, enum hone_thrift_type type, size_t n)
{
    for (size_t i = 0; i < n && t->bad == NULL; i++) {
        if (type == HONE_THRIFT_TRUE || type == HONE_THRIFT_FALSE) {
            (void)byte(t); /* in a list a truth value has a byte */
        } else {
            hone_thrift_skip(t, type);
        }
    }
}

static void skip_map(struct hone_thrift *t)
{
    uint64_t n = varint(t);
    uint8_t types = n == 0 ? 0 : byte(t);

    if (n > left(t)) {
        hone_thrift_spoil(t, "a map is longer than what is left");
    }
    for (uint64_t i = 0; i < n && t->bad == NULL; i++) {
        skip_many(t, (enum hone_thrift_type)(types >> 4), 1);
        skip_many(t, (enum hone_thrift_type)(types & 15), 1);
    }
}

static void skip_struct(struct hone_thrift *t)
{
    struct hone_thrift_field f = {0};

    hone_thrift_enter(t);
    while (hone_thrift_next(t, &f)) {
        hone_thrift_skip(t, f.type);
    }
}

void hone_thrift_skip(struct hone_thrift *t, enum hone_thrift_type type)
{
    enum hone_thrift_type element;
    size_t n;

    switch (type) {
    case HONE_THRIFT_TRUE:
    case HONE_THRIFT_FALSE:
        break;
    case HONE_THRIFT_I8:
        (void)byte(t);
        break;
    case HONE_THRIFT_I16:
    case HONE_THRIFT_I32:
    case HONE_THRIFT_I64:
        (void)varint(t);
        break;
    case HONE_THRIFT_DOUBLE:
        skip_many(t, HONE_THRIFT_I8, 8);
        break;
    case HONE_THRIFT_BINARY:
        (void)bytes(t);
        break;
    case HONE_THRIFT_LIST:
    case HONE_THRIFT_SET:
        n = list_head(t, &element);
        t->depth++;
        if (t->depth > HONE_THRIFT_DEPTH) {
            hone_thrift_spoil(t, "it is nested too deeply");
        }
        skip_many(t, element, n);
        t->depth--;
        break;
    case HONE_THRIFT_MAP:
        skip_map(t);
        break;
    case HONE_THRIFT_STRUCT:
        skip_struct(t);
        break;
    default:
        hone_thrift_spoil(t, "a field has no known type");
    }
}

int64_t hone_thrift_i64(struct hone_thrift *t, const struct hone_thrift_field *f)
{
    if (f->type == HONE_THRIFT_I8) {
        return (int8_t)byte(t);
    }
    if (f->type < HONE_THRIFT_I16 || f->type > HONE_THRIFT_I64) {
        hone_thrift_spoil(t, "a field is no integer");
        return 0;
    }
    return unzigzag(varint(t));
}

int32_t hone_thrift_i32(struct hone_thrift *t, const struct hone_thrift_field *f)
{
    int64_t value = hone_thrift_i64(t, f);

    if (value < INT32_MIN || value > INT32_MAX) {
        hone_thrift_spoil(t, "a field is beyond 32 bits");
        return 0;
    }
    return (int32_t)value;
}

bool hone_thrift_bool(struct hone_thrift *t, const struct hone_thrift_field *f)
{
    if (f->type != HONE_THRIFT_TRUE && f->type != HONE_THRIFT_FALSE) {
        hone_thrift_spoil(t, "a field is no truth value");
    }
    return f->type == HONE_THRIFT_TRUE;
}

bool hone_thrift_bool_element(struct hone_thrift *t)
{
    return byte(t) == HONE_THRIFT_TRUE;
}

struct hone_str hone_thrift_binary(struct hone_thrift *t, const struct hone_thrift_field *f)
{
    if (f->type != HONE_THRIFT_BINARY) {
        hone_thrift_spoil(t, "a field is no text");
        return (struct hone_str){"", 0};
    }
    return bytes(t);
}

bool hone_thrift_struct(struct hone_thrift *t, const struct hone_thrift_field *f)
{
    if (f->type != HONE_THRIFT_STRUCT) {
        hone_thrift_spoil(t, "a field is no structure");
        return false;
    }
    hone_thrift_enter(t);
    return true;
}

size_t hone_thrift_list(struct hone_thrift *t, const struct hone_thrift_field *f,
                        enum hone_thrift_type element)
{
    enum hone_thrift_type type;
    size_t n;

    if (f->type != HONE_THRIFT_LIST && f->type != HONE_THRIFT_SET) {
        hone_thrift_spoil(t, "a field is no list");
        return 0;
    }
    n = list_head(t, &type);
    if (element == HONE_THRIFT_TRUE && type == HONE_THRIFT_FALSE) {
        type = element; /* both are written for lists of bool */
    }
    if (n > 0 && type != element) {
        hone_thrift_spoil(t, "a list holds another type");
        return 0;
    }
    return n;
}

static void put_varint(struct hone_buf *buf, uint64_t value)
{
    while (value >= 0x80) {
        hone_buf_char(buf, (char)(uint8_t)(value | 0x80));
        value >>= 7;
    }
    hone_buf_char(buf, (char)(uint8_t)value);
}

void hone_thrift_put_zigzag(struct hone_buf *buf, int64_t value)
{
    put_varint(buf, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

void hone_thrift_put_bytes(struct hone_buf *buf, struct hone_str value)
{
    put_varint(buf, value.len);
    hone_buf_str(buf, value);
}

void hone_thrift_put_field(struct hone_buf *buf, int *last, int id, enum hone_thrift_type type)
{
    int step = id - *last;

    if (step > 0 && step < 16) {
        hone_buf_char(buf, (char)(step << 4 | (int)type));
    } else {
        hone_buf_char(buf, (char)type);
        hone_thrift_put_zigzag(buf, id);
    }
    *last = id;
}

void hone_thrift_put_i64(struct hone_buf *buf, int *last, int id, int64_t value)
{
    hone_thrift_put_field(buf, last, id, HONE_THRIFT_I64);
    hone_thrift_put_zigzag(buf, value);
}

void hone_thrift_put_i32(struct hone_buf *buf, int *last, int id, int32_t value)
{
    hone_thrift_put_field(buf, last, id, HONE_THRIFT_I32);
    hone_thrift_put_zigzag(buf, value);
}

void hone_thrift_put_bool(struct hone_buf *buf, int *last, int id, bool value)
{
    hone_thrift_put_field(buf, last, id, value ? HONE_THRIFT_TRUE : HONE_THRIFT_FALSE);
}

void hone_thrift_put_binary(struct hone_buf *buf, int *last, int id, struct hone_str value)
{
    hone_thrift_put_field(buf, last, id, HONE_THRIFT_BINARY);
    hone_thrift_put_bytes(buf, value);
}

void hone_thrift_put_list(struct hone_buf *buf, int *last, int id,
                          enum hone_thrift_type element, size_t n)
{
    hone_thrift_put_field(buf, last, id, HONE_THRIFT_LIST);
    if (n < 15) {
        hone_buf_char(buf, (char)(uint8_t)(n << 4 | element));
    } else {
        hone_buf_char(buf, (char)(uint8_t)(0xf0 | element));
        put_varint(buf, n);
    }
}

void hone_thrift_put_stop(struct hone_buf *buf)
{
    hone_buf_char(buf, HONE_THRIFT_STOP);
}
