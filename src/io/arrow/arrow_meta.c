/* Metadata of Arrow files: messages, schemas, batches; declared in io/arrow_priv.h. */
#include "io/arrow/arrow_priv.h"

/* ---- messages ---- */

static enum hone_code cut_short(struct hone_run *run, const struct hone_ipc *ipc, size_t at,
                                const char *what)
{
    (void)hone_ipc_bad(run, ipc, "%s at byte %zu of %zu is cut short", what, at,
                       ipc->bytes.len);
    return hone_hint(run, "the file was perhaps not written to its end");
}

/* Where the metadata are; *len is 0 at the end of the stream. */
static enum hone_code find_metadata(struct hone_run *run, const struct hone_ipc *ipc, size_t at,
                                    size_t *from, size_t *len)
{
    size_t left = at > ipc->bytes.len ? 0 : ipc->bytes.len - at;
    uint32_t word[2] = {0};

    *from = at + 4;
    *len = 0;
    if (left == 0) {
        return HONE_OK;
    }
    if (left < 4) {
        return cut_short(run, ipc, at, "a message");
    }
    memcpy(word, ipc->bytes.ptr + at, 4);
    if (word[0] == UINT32_MAX) { /* else as before 0.15: the length alone */
        if (left < 8) {
            return cut_short(run, ipc, at, "a message");
        }
        memcpy(word, ipc->bytes.ptr + at + 4, 4);
        *from = at + 8;
    }
    *len = word[0];
    if (*len > ipc->bytes.len - *from || *len > INT32_MAX) {
        return cut_short(run, ipc, at, "a message");
    }
    return HONE_OK;
}

enum hone_code hone_ipc_message(struct hone_run *run, const struct hone_ipc *ipc, size_t at,
                                struct hone_ipc_message *out)
{
    struct hone_ipc_message m = {.kind = HONE_IPC_NONE, .end = at};
    size_t from, len, root;
    int64_t body;

    HONE_TRY(find_metadata(run, ipc, at, &from, &len));
    if (len == 0) {
        *out = m;
        return HONE_OK;
    }
    m.meta = (struct hone_flat){.bytes = (const uint8_t *)ipc->bytes.ptr + from, .len = len};
    root = hone_flat_root(&m.meta);
    m.version = hone_flat_i16(&m.meta, root, 0, 0);
    m.kind = hone_flat_u8(&m.meta, root, 1, 0);
    m.header = hone_flat_table(&m.meta, root, 2);
    body = hone_flat_i64(&m.meta, root, 3, 0);
    if (m.meta.bad || body < 0 || m.header == 0) {
        return hone_ipc_bad(run, ipc, "damaged metadata of the message at byte %zu", at);
    }
    if (m.version < 3 || m.version > 4) {
        (void)hone_fail(run, HONE_E_UNSUPPORTED, "%s: Arrow metadata of version %d", ipc->path,
                        m.version + 1);
        return hone_hint(run, "versions 4 and 5 are read: write the file anew with Arrow 1.0 "
                              "or later");
    }
    if (m.kind < HONE_IPC_SCHEMA || m.kind > HONE_IPC_BATCH) {
        return hone_fail(run, HONE_E_UNSUPPORTED, "%s: the message at byte %zu is no table",
                         ipc->path, at);
    }
    if ((size_t)body > ipc->bytes.len - from - len) {
        return cut_short(run, ipc, at, "the body of the message");
    }
    m.body = (struct hone_str){ipc->bytes.ptr + from + len, (size_t)body};
    m.end = from + len + (size_t)body;
    *out = m;
    return HONE_OK;
}

/* ---- schemas ---- */

struct schema {
    struct hone_run *run;
    struct hone_ipc *ipc;
    struct hone_flat *meta;
};

/* type numbers of Schema.fbs */
enum {
    T_NULL = 1,
    T_INT,
    T_FLOAT,
    T_BINARY,
    T_UTF8,
    T_BOOL,
    T_DECIMAL,
    T_DATE,
    T_TIME,
    T_TIMESTAMP,
    T_INTERVAL,
    T_LIST,
    T_STRUCT,
    T_UNION,
    T_FIXED_BINARY,
    T_FIXED_LIST,
    T_MAP,
    T_DURATION,
    T_LARGE_BINARY,
    T_LARGE_UTF8,
    T_LARGE_LIST,
    T_RUNS,
    T_BINARY_VIEW,
    T_UTF8_VIEW,
    T_LIST_VIEW,
    T_LARGE_LIST_VIEW,
};

static enum hone_code damaged(struct schema *s, const struct hone_arrow_type *type)
{
    return hone_ipc_bad(s->run, s->ipc, "the schema is damaged at field '%.100s'", type->name);
}

/* What a number of a type's table becomes; out of range is damage. */
static int16_t unit_of(struct schema *s, size_t table, unsigned slot, int16_t absent,
                       int16_t most)
{
    int16_t unit = hone_flat_i16(s->meta, table, slot, absent);

    if (unit < 0 || unit > most) {
        s->meta->bad = true;
        return 0;
    }
    return unit;
}

static enum hone_code union_ids(struct schema *s, size_t table, struct hone_arrow_type *out)
{
    int8_t *id;
    size_t n;
    size_t at = hone_flat_vector(s->meta, table, 1, 4, &n);

    HONE_TRY(hone_array(s->run, s->ipc->mem, &id, out->children));
    for (size_t i = 0; i < out->children; i++) {
        int32_t value = at == 0 ? (int32_t)i
                        : i < n ? hone_flat_get_i32(s->meta, at + i * 4)
                                : -1;
        if (value < 0 || value > INT8_MAX) {
            return damaged(s, out);
        }
        id[i] = (int8_t)value;
    }
    out->id = id;
    return HONE_OK;
}

static void time_type(struct schema *s, size_t table, uint8_t number,
                      struct hone_arrow_type *out)
{
    int32_t bits = 64;

    switch (number) {
    case T_DATE:
        out->kind = HONE_ARROW_DATE;
        bits = unit_of(s, table, 0, 1, 1) == 0 ? 32 : 64;
        break;
    case T_TIME:
        out->kind = HONE_ARROW_TIME;
        out->unit = (enum hone_arrow_unit)unit_of(s, table, 0, 1, 3);
        bits = hone_flat_i32(s->meta, table, 1, 32);
        break;
    case T_TIMESTAMP:
        out->kind = HONE_ARROW_TIMESTAMP;
        out->unit = (enum hone_arrow_unit)unit_of(s, table, 0, 0, 3);
        break;
    case T_DURATION:
        out->kind = HONE_ARROW_DURATION;
        out->unit = (enum hone_arrow_unit)unit_of(s, table, 0, 1, 3);
        break;
    default:
        out->kind = HONE_ARROW_INTERVAL;
        out->interval = (enum hone_arrow_interval)unit_of(s, table, 0, 0, 2);
    }
    out->bits = (unsigned)bits;
}

static void number_type(struct schema *s, size_t table, uint8_t number,
                        struct hone_arrow_type *out)
{
    switch (number) {
    case T_INT:
        out->bits = (unsigned)hone_flat_i32(s->meta, table, 0, 0);
        out->kind = hone_flat_u8(s->meta, table, 1, 0) != 0 ? HONE_ARROW_INT : HONE_ARROW_UINT;
        break;
    case T_FLOAT:
        out->bits = 16u << unit_of(s, table, 0, 0, 2);
        out->kind = HONE_ARROW_FLOAT;
        break;
    default:
        out->kind = HONE_ARROW_DECIMAL;
        out->precision = hone_flat_i32(s->meta, table, 0, 0);
        out->scale = hone_flat_i32(s->meta, table, 1, 0);
        out->bits = (unsigned)hone_flat_i32(s->meta, table, 2, 128);
    }
}

/* Types that are a kind and a number of bits. */
static bool simple_type(uint8_t number, struct hone_arrow_type *out)
{
    static const struct {
        uint8_t number;
        enum hone_arrow_kind kind;
        unsigned bits;
    } types[] = {
        {T_NULL, HONE_ARROW_NULL, 0},
        {T_BOOL, HONE_ARROW_BOOL, 0},
        {T_BINARY, HONE_ARROW_BINARY, 32},
        {T_LARGE_BINARY, HONE_ARROW_BINARY, 64},
        {T_UTF8, HONE_ARROW_UTF8, 32},
        {T_LARGE_UTF8, HONE_ARROW_UTF8, 64},
        {T_BINARY_VIEW, HONE_ARROW_BINARY_VIEW, 0},
        {T_UTF8_VIEW, HONE_ARROW_UTF8_VIEW, 0},
        {T_LIST, HONE_ARROW_LIST, 32},
        {T_LARGE_LIST, HONE_ARROW_LIST, 64},
        {T_LIST_VIEW, HONE_ARROW_LIST_VIEW, 32},
        {T_LARGE_LIST_VIEW, HONE_ARROW_LIST_VIEW, 64},
        {T_STRUCT, HONE_ARROW_STRUCT, 0},
        {T_MAP, HONE_ARROW_MAP, 32},
        {T_RUNS, HONE_ARROW_RUNS, 0},
    };

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].number == number) {
            out->kind = types[i].kind;
            out->bits = types[i].bits;
            return true;
        }
    }
    return false;
}

static size_t children_wanted(const struct hone_arrow_type *type)
{
    switch (type->kind) {
    case HONE_ARROW_STRUCT:
    case HONE_ARROW_SPARSE_UNION:
    case HONE_ARROW_DENSE_UNION:
        return type->children;
    case HONE_ARROW_LIST:
    case HONE_ARROW_LIST_VIEW:
    case HONE_ARROW_FIXED_LIST:
    case HONE_ARROW_MAP:
        return 1;
    case HONE_ARROW_RUNS:
        return 2;
    default:
        return 0;
    }
}

/* The type of a field whose children are known. */
static enum hone_code type_of(struct schema *s, size_t field, struct hone_arrow_type *out)
{
    uint8_t number = hone_flat_u8(s->meta, field, 2, 0);
    size_t table = hone_flat_table(s->meta, field, 3);
    int32_t width;

    if (simple_type(number, out)) {
        /* done */
    } else if (number == T_INT || number == T_FLOAT || number == T_DECIMAL) {
        number_type(s, table, number, out);
    } else if (number == T_FIXED_BINARY || number == T_FIXED_LIST) {
        width = hone_flat_i32(s->meta, table, 0, 0);
        out->kind = number == T_FIXED_BINARY ? HONE_ARROW_FIXED_BINARY : HONE_ARROW_FIXED_LIST;
        out->width = width < 0 ? SIZE_MAX : (size_t)width;
    } else if (number == T_UNION) {
        out->kind =
            unit_of(s, table, 0, 0, 1) == 1 ? HONE_ARROW_DENSE_UNION : HONE_ARROW_SPARSE_UNION;
        HONE_TRY(union_ids(s, table, out));
    } else if (number >= T_DATE && number <= T_DURATION) {
        time_type(s, table, number, out);
    } else {
        (void)hone_fail(s->run, HONE_E_UNSUPPORTED, "%s: field '%.100s' has Arrow type %d",
                        s->ipc->path, out->name, number);
        return hone_hint(s->run, "cast it to a type of the Arrow columnar format 1.5");
    }
    if (s->meta->bad || children_wanted(out) != out->children) {
        return damaged(s, out);
    }
    if (hone_arrow_type_check(s->run, out) != HONE_OK) {
        return hone_fail_in(s->run, "%s", s->ipc->path);
    }
    return HONE_OK;
}

/* The dictionary of an id; fields that share one share the type of its values, down to the last child. */
static enum hone_code name_dictionary(struct schema *s, int64_t id,
                                      struct hone_arrow_type *type)
{
    struct hone_ipc *ipc = s->ipc;
    const char *key = hone_arena_text(ipc->mem, (const char *)&id, sizeof id);
    uint32_t at =
        hone_map_add(&ipc->ids, (struct hone_str){key, sizeof id}, (uint32_t)ipc->dictionaries);
    struct hone_arrow_type *values;

    if (at == UINT32_MAX) {
        return hone_no_room(s->run, "dictionaries", ipc->dictionaries);
    }
    type->dictionary = at;
    if (at < ipc->dictionaries) {
        values = ipc->dictionary[at].type;
        if (values->kind != type->child->kind || values->bits != type->child->bits ||
            values->children != type->child->children) {
            return damaged(s, type);
        }
        type->child = values;
        return HONE_OK;
    }
    if (ipc->dictionaries == ipc->dictionary_room) {
        size_t room = ipc->dictionary_room == 0 ? 16 : ipc->dictionary_room * 2;
        ipc->dictionary = hone_arena_grow(ipc->mem, ipc->dictionary, sizeof *ipc->dictionary,
                                          ipc->dictionary_room, room);
        if (ipc->dictionary == NULL) {
            return hone_no_room(s->run, "dictionaries", room);
        }
        ipc->dictionary_room = room;
    }
    ipc->dictionary[ipc->dictionaries++].type = type->child;
    return HONE_OK;
}

static enum hone_code field_of(struct schema *s, size_t field, size_t depth,
                               struct hone_arrow_type *out);

static enum hone_code fields_of(struct schema *s, size_t vector, size_t depth,
                                struct hone_arrow_type *out)
{
    s->ipc->fields += out->children;
    if (s->ipc->fields > HONE_IPC_FIELDS_MOST || depth > HONE_ARROW_DEPTH) {
        return hone_fail(s->run, HONE_E_LIMIT,
                         "%s: a schema of more than %zu fields, or nested deeper than %d",
                         s->ipc->path, HONE_IPC_FIELDS_MOST, HONE_ARROW_DEPTH);
    }
    HONE_TRY(hone_array(s->run, s->ipc->mem, &out->child, out->children));
    for (size_t i = 0; i < out->children; i++) {
        HONE_TRY(field_of(s, hone_flat_item(s->meta, vector, i), depth, &out->child[i]));
    }
    return HONE_OK;
}

/* A field with a dictionary: the type it has is that of the values. */
static enum hone_code encoded_field(struct schema *s, size_t encoding,
                                    struct hone_arrow_type *type)
{
    size_t index = hone_flat_table(s->meta, encoding, 1);
    int64_t id = hone_flat_i64(s->meta, encoding, 0, 0);
    struct hone_arrow_type *values;

    HONE_TRY(hone_array(s->run, s->ipc->mem, &values, 1));
    *values = *type;
    *type = (struct hone_arrow_type){.name = values->name,
                                     .kind = HONE_ARROW_DICTIONARY,
                                     .bits = 32,
                                     .is_signed = true,
                                     .child = values,
                                     .children = 1};
    if (index != 0) {
        type->bits = (unsigned)hone_flat_i32(s->meta, index, 0, 0);
        type->is_signed = hone_flat_u8(s->meta, index, 1, 0) != 0;
    }
    if (s->meta->bad || hone_arrow_type_check(s->run, type) != HONE_OK) {
        hone_error_clear(s->run);
        return damaged(s, type);
    }
    return name_dictionary(s, id, type);
}

static enum hone_code field_of(struct schema *s, size_t field, size_t depth,
                               struct hone_arrow_type *out)
{
    struct hone_str name = hone_flat_text(s->meta, field, 0);
    size_t encoding = hone_flat_table(s->meta, field, 4);
    size_t vector = hone_flat_vector(s->meta, field, 5, 4, &out->children);

    out->name = hone_arena_text(s->ipc->mem, name.ptr, name.len);
    if (s->meta->bad || memchr(name.ptr, '\0', name.len) != NULL ||
        hone_utf8_valid(name) != name.len) {
        out->name = "";
        return damaged(s, out);
    }
    HONE_TRY(fields_of(s, vector, depth + 1, out));
    HONE_TRY(type_of(s, field, out));
    return encoding == 0 ? HONE_OK : encoded_field(s, encoding, out);
}

enum hone_code hone_ipc_schema(struct hone_run *run, struct hone_ipc *ipc,
                               struct hone_flat *meta, size_t schema)
{
    struct schema s = {run, ipc, meta};
    size_t vector;

    if (hone_flat_i16(meta, schema, 0, 0) != 0) {
        (void)hone_fail(run, HONE_E_UNSUPPORTED, "%s: Arrow data in big-endian order",
                        ipc->path);
        return hone_hint(run, "write it on, or for, a little-endian machine");
    }
    ipc->root = (struct hone_arrow_type){.name = "", .kind = HONE_ARROW_STRUCT};
    vector = hone_flat_vector(meta, schema, 1, 4, &ipc->root.children);
    if (meta->bad || schema == 0) {
        return damaged(&s, &ipc->root);
    }
    HONE_TRY(fields_of(&s, vector, 0, &ipc->root));
    ipc->has_schema = true;
    return HONE_OK;
}

/* ---- batches ---- */

struct batch {
    struct hone_run *run;
    struct hone_ipc *ipc;
    struct hone_flat *meta;
    struct hone_str body;
    int version;
    enum hone_ipc_codec codec;
    size_t rows;
    size_t node, nodes, node_at; /* how many were taken, how many there are, where */
    size_t buffer, buffers, buffer_at;
    size_t count, counts, count_at; /* of the data buffers of views */
};

static enum hone_code next_buffer(struct batch *b, struct hone_arrow_bytes *out)
{
    int64_t at, len;

    if (b->buffer == b->buffers) {
        return hone_ipc_bad(b->run, b->ipc, "a batch has %zu buffers, its schema needs more",
                            b->buffers);
    }
    at = hone_flat_get_i64(b->meta, b->buffer_at + b->buffer * 16);
    len = hone_flat_get_i64(b->meta, b->buffer_at + b->buffer * 16 + 8);
    if (at < 0 || len < 0 || (size_t)at > b->body.len ||
        (size_t)len > b->body.len - (size_t)at) {
        return hone_ipc_bad(b->run, b->ipc, "buffer %zu is %lld bytes at %lld of a body of %zu",
                            b->buffer, (long long)len, (long long)at, b->body.len);
    }
    b->buffer++;
    *out = (struct hone_arrow_bytes){(const uint8_t *)b->body.ptr + at, (size_t)len};
    if (b->codec != HONE_IPC_PLAIN && len >= 8) {
        int64_t claim;
        memcpy(&claim, out->ptr, 8);
        b->ipc->unpacked += claim > 0 && claim < (INT64_C(1) << 40) ? (size_t)claim : 0;
    }
    return HONE_OK;
}

/* Bitmaps of no bytes are absent ones. */
static enum hone_code next_bitmap(struct batch *b, int64_t nulls, struct hone_arrow_bytes *out)
{
    HONE_TRY(next_buffer(b, out));
    if (out->len == 0 || nulls == 0) {
        *out = (struct hone_arrow_bytes){NULL, 0};
    }
    return HONE_OK;
}

static enum hone_code next_views(struct batch *b, struct hone_arrow_array *out)
{
    struct hone_arrow_bytes *more;
    int64_t n;

    HONE_TRY(next_buffer(b, &out->a));
    if (b->count == b->counts) {
        return hone_ipc_bad(b->run, b->ipc,
                            "a batch says for %zu views where they lie, its "
                            "schema has more",
                            b->counts);
    }
    n = hone_flat_get_i64(b->meta, b->count_at + 8 * b->count++);
    if (n < 0 || (size_t)n > b->buffers - b->buffer) {
        return hone_ipc_bad(b->run, b->ipc, "%lld buffers for views, there are %zu",
                            (long long)n, b->buffers - b->buffer);
    }
    HONE_TRY(hone_array(b->run, b->ipc->mem, &more, (size_t)n));
    for (size_t i = 0; i < (size_t)n; i++) {
        HONE_TRY(next_buffer(b, &more[i]));
    }
    out->more = more;
    out->mores = (size_t)n;
    return HONE_OK;
}

static enum hone_code buffers_of(struct batch *b, const struct hone_arrow_type *type,
                                 int64_t nulls, struct hone_arrow_array *out)
{
    struct hone_arrow_bytes unused;

    switch (type->kind) {
    case HONE_ARROW_NULL:
    case HONE_ARROW_RUNS:
        return HONE_OK;
    case HONE_ARROW_SPARSE_UNION:
    case HONE_ARROW_DENSE_UNION:
        if (b->version == 3) { /* V4 had bitmaps of unions */
            HONE_TRY(next_bitmap(b, nulls, &unused));
        }
        HONE_TRY(next_buffer(b, &out->a));
        return type->kind == HONE_ARROW_SPARSE_UNION ? HONE_OK : next_buffer(b, &out->b);
    default:
        break;
    }
    HONE_TRY(next_bitmap(b, nulls, &out->valid));
    switch (type->kind) {
    case HONE_ARROW_STRUCT:
    case HONE_ARROW_FIXED_LIST:
        return HONE_OK;
    case HONE_ARROW_BINARY_VIEW:
    case HONE_ARROW_UTF8_VIEW:
        return next_views(b, out);
    case HONE_ARROW_BINARY:
    case HONE_ARROW_UTF8:
    case HONE_ARROW_LIST_VIEW:
        HONE_TRY(next_buffer(b, &out->a));
        return next_buffer(b, &out->b);
    default:
        return next_buffer(b, &out->a);
    }
}

static enum hone_code array_of(struct batch *b, const struct hone_arrow_type *type,
                               struct hone_arrow_array *out)
{
    size_t children = type->kind == HONE_ARROW_DICTIONARY ? 0 : type->children;
    int64_t rows, nulls;

    if (b->node == b->nodes) {
        return hone_ipc_bad(b->run, b->ipc, "a batch has %zu arrays, its schema needs more",
                            b->nodes);
    }
    rows = hone_flat_get_i64(b->meta, b->node_at + b->node * 16);
    nulls = hone_flat_get_i64(b->meta, b->node_at + b->node * 16 + 8);
    b->node++;
    if (rows < 0 || nulls < 0 || nulls > rows || rows > (int64_t)HONE_ARROW_MOST) {
        return hone_ipc_bad(b->run, b->ipc, "field '%.100s' has %lld rows, %lld missing",
                            type->name, (long long)rows, (long long)nulls);
    }
    out->length = (size_t)rows;
    HONE_TRY(buffers_of(b, type, nulls, out));
    if (type->kind == HONE_ARROW_DICTIONARY) {
        const struct hone_ipc_dictionary *d = &b->ipc->dictionary[type->dictionary];
        out->dictionary = d->part; /* as it is at this place of the stream */
        out->dictionaries = d->parts;
    }
    HONE_TRY(hone_array(b->run, b->ipc->mem, &out->child, children));
    for (size_t i = 0; i < children; i++) {
        HONE_TRY(array_of(b, &type->child[i], &out->child[i]));
    }
    return HONE_OK;
}

/* The RecordBatch table of a message, for its fields. */
static enum hone_code batch_begin(struct batch *b, size_t table)
{
    size_t compression = hone_flat_table(b->meta, table, 3);
    int64_t rows = hone_flat_i64(b->meta, table, 0, 0);
    int codec = HONE_IPC_PLAIN;
    int method = 0;

    b->node_at = hone_flat_vector(b->meta, table, 1, 16, &b->nodes);
    b->buffer_at = hone_flat_vector(b->meta, table, 2, 16, &b->buffers);
    b->count_at = hone_flat_vector(b->meta, table, 4, 8, &b->counts);
    if (compression != 0) {
        codec = hone_flat_u8(b->meta, compression, 0, 0);
        method = hone_flat_u8(b->meta, compression, 1, 0);
    }
    if (b->meta->bad || rows < 0 || rows > (int64_t)HONE_ARROW_MOST) {
        return hone_ipc_bad(b->run, b->ipc, "damaged metadata of batch %zu",
                            b->ipc->batches + 1);
    }
    if (codec > HONE_IPC_ZSTD || method != 0) {
        return hone_fail(b->run, HONE_E_UNSUPPORTED, "%s: bodies packed by codec %d, method %d",
                         b->ipc->path, codec, method);
    }
    b->rows = (size_t)rows;
    b->codec = (enum hone_ipc_codec)codec;
    return HONE_OK;
}

/* What packed buffers unpack to has to be in proportion to the file. */
static enum hone_code check_unpacked(struct hone_run *run, const struct hone_ipc *ipc)
{
    size_t most = ((size_t)256 << 20) + ipc->bytes.len * 1000;

    if (ipc->unpacked > most) {
        (void)hone_fail(run, HONE_E_LIMIT, "%s: its buffers would unpack to %zu MiB", ipc->path,
                        ipc->unpacked >> 20);
        return hone_hint(run, "at most 256 MiB and a thousand times the file are unpacked");
    }
    return HONE_OK;
}

static enum hone_code take_batch(struct hone_run *run, struct hone_ipc *ipc, struct batch *b)
{
    struct hone_ipc_batch *batch;

    if (ipc->batches == ipc->room) {
        size_t room = ipc->room == 0 ? 16 : ipc->room * 2;
        ipc->batch = hone_arena_grow(ipc->mem, ipc->batch, sizeof *ipc->batch, ipc->room, room);
        if (ipc->batch == NULL) {
            return hone_no_room(run, "batches", room);
        }
        ipc->room = room;
    }
    batch = &ipc->batch[ipc->batches];
    batch->codec = b->codec;
    batch->array.length = b->rows;
    HONE_TRY(hone_array(run, ipc->mem, &batch->array.child, ipc->root.children));
    for (size_t i = 0; i < ipc->root.children; i++) {
        struct hone_arrow_array *child = &batch->array.child[i];
        HONE_TRY(array_of(b, &ipc->root.child[i], child));
        if (child->length < b->rows) {
            return hone_ipc_bad(run, ipc, "batch %zu has %zu rows, field '%.100s' %zu",
                                ipc->batches + 1, b->rows, ipc->root.child[i].name,
                                child->length);
        }
    }
    ipc->batches++;
    return check_unpacked(run, ipc);
}

/* Batches before this one go on with the list as it was: it is only ever written behind its end. */
static enum hone_code add_part(struct hone_run *run, struct hone_ipc *ipc,
                               struct hone_ipc_dictionary *d, struct hone_arrow_array *part,
                               bool delta)
{
    size_t kept = delta ? d->parts : 0;

    if (kept == d->room || !delta) {
        size_t room = kept == 0 ? 1 : kept * 2;
        struct hone_arrow_array **longer;
        HONE_TRY(hone_array(run, ipc->mem, &longer, room));
        if (kept > 0) {
            memcpy(longer, d->part, kept * sizeof(struct hone_arrow_array *));
        }
        d->part = longer;
        d->room = room;
    }
    d->part[kept] = part;
    d->parts = kept + 1;
    return HONE_OK;
}

static enum hone_code take_dictionary(struct hone_run *run, struct hone_ipc *ipc,
                                      struct batch *b, size_t header, bool replace)
{
    int64_t id = hone_flat_i64(b->meta, header, 0, 0);
    bool delta = hone_flat_u8(b->meta, header, 2, 0) != 0;
    uint32_t at = hone_map_get(&ipc->ids, (struct hone_str){(const char *)&id, sizeof id});
    struct hone_ipc_dictionary *d;
    struct hone_arrow_array packed = {.length = 0};
    struct hone_arrow_array *part;

    if (at == UINT32_MAX) {
        return hone_ipc_bad(run, ipc, "dictionary %lld is of no field", (long long)id);
    }
    d = &ipc->dictionary[at];
    if (!delta && d->parts > 0 && !replace) {
        (void)hone_ipc_bad(run, ipc, "dictionary %lld comes twice", (long long)id);
        return hone_hint(run, "only streams replace dictionaries");
    }
    HONE_TRY(array_of(b, d->type, &packed));
    HONE_TRY(check_unpacked(run, ipc));
    HONE_TRY(hone_array(run, ipc->mem, &part, 1));
    if (hone_ipc_unpack(run, ipc, b->codec, d->type, &packed, ipc->mem, part) != HONE_OK ||
        hone_arrow_check(run, d->type->name, d->type, ipc->mem, part) != HONE_OK) {
        return hone_fail_in(run, "%s, dictionary %lld", ipc->path, (long long)id);
    }
    return add_part(run, ipc, d, part, delta);
}

enum hone_code hone_ipc_take(struct hone_run *run, struct hone_ipc *ipc,
                             struct hone_ipc_message *message, bool replace)
{
    struct batch b = {.run = run,
                      .ipc = ipc,
                      .meta = &message->meta,
                      .body = message->body,
                      .version = message->version};
    bool dictionary = message->kind == HONE_IPC_DICTIONARY;
    size_t table = dictionary ? hone_flat_table(b.meta, message->header, 1) : message->header;

    if (!ipc->has_schema) {
        return hone_ipc_bad(run, ipc, "%s comes before the schema",
                            dictionary ? "a dictionary" : "a record batch");
    }
    HONE_TRY(batch_begin(&b, table));
    return dictionary ? take_dictionary(run, ipc, &b, message->header, replace)
                      : take_batch(run, ipc, &b);
}
