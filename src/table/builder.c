#include "table/builder.h"

#include <math.h>

#include "base/hash.h"
#include "table/dict.h"

struct hone_builder {
    const char *name;
    enum hone_type type;
    struct hone_arena *mem;
    size_t rows;
    size_t nulls;
    size_t room;     /* rows that number and valid have room for */
    int64_t *number; /* integers, the bits of reals, codes; text: the end of each */
    uint8_t *valid;  /* a byte a row */
    struct hone_buf bytes;
    struct hone_map words; /* category: word to code in order of appearance */
    struct hone_str *word;
    size_t word_room;
};

enum hone_code hone_builder_new(struct hone_run *run, const char *name, enum hone_type type,
                                struct hone_arena *mem, struct hone_builder **out)
{
    struct hone_builder *b;

    if (type == HONE_VECTOR || type >= HONE_TYPE_COUNT) {
        return hone_fail(run, HONE_E_SHAPE, "column %s: a builder makes no column of type %s",
                         name, hone_type_name(type));
    }
    HONE_TRY(hone_array(run, mem, &b, 1));
    *b = (struct hone_builder){.name = hone_arena_text(mem, name, strlen(name)),
                               .type = type,
                               .mem = mem,
                               .bytes = hone_buf(mem),
                               .words = {.mem = mem}};
    *out = b;
    return HONE_OK;
}

static enum hone_code push(struct hone_run *run, struct hone_builder *b, int64_t number,
                           bool valid)
{
    if (b->rows == b->room) {
        size_t room = b->room == 0 ? 64 : b->room * 2;
        int64_t *longer = hone_arena_grow(b->mem, b->number, sizeof *longer, b->room, room);
        uint8_t *marks = hone_arena_grow(b->mem, b->valid, 1, b->room, room);
        if (longer == NULL || marks == NULL) {
            return hone_no_room(run, b->name, room);
        }
        b->number = longer;
        b->valid = marks;
        b->room = room;
    }
    b->number[b->rows] = number;
    b->valid[b->rows] = valid;
    b->nulls += !valid;
    b->rows++;
    return HONE_OK;
}

static enum hone_code wrong_kind(struct hone_run *run, const struct hone_builder *b,
                                 const char *kind)
{
    return hone_fail(run, HONE_E_SHAPE, "column %s is of type %s and takes no %s", b->name,
                     hone_type_name(b->type), kind);
}

enum hone_code hone_builder_null(struct hone_run *run, struct hone_builder *b)
{
    return push(run, b,
                b->type == HONE_UTF8 || b->type == HONE_BINARY ? (int64_t)b->bytes.len : 0,
                false);
}

static int64_t bits_of(double value)
{
    int64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

enum hone_code hone_builder_i64(struct hone_run *run, struct hone_builder *b, int64_t value)
{
    switch (b->type) {
    case HONE_FLOAT32:
    case HONE_FLOAT64:
        return push(run, b, bits_of((double)value), true);
    case HONE_DATE:
        if (value < INT32_MIN || value > INT32_MAX) {
            return hone_fail(run, HONE_E_SHAPE, "column %s: %lld days are no date", b->name,
                             (long long)value);
        }
        return push(run, b, value, true);
    case HONE_BOOL:
        return push(run, b, value != 0, true);
    case HONE_INT64:
    case HONE_TIMESTAMP:
        return push(run, b, value, true);
    default:
        return wrong_kind(run, b, "integers");
    }
}

enum hone_code hone_builder_f64(struct hone_run *run, struct hone_builder *b, double value)
{
    if (b->type != HONE_FLOAT32 && b->type != HONE_FLOAT64) {
        return wrong_kind(run, b, "reals");
    }
    return push(run, b, bits_of(value), true);
}

static enum hone_code push_word(struct hone_run *run, struct hone_builder *b,
                                struct hone_str value)
{
    uint32_t code = hone_map_get(&b->words, value.ptr == NULL ? hone_str("") : value);

    if (code != UINT32_MAX) {
        return push(run, b, code, true);
    }
    code = (uint32_t)b->words.n;
    if (code == b->word_room) {
        size_t room = b->word_room == 0 ? 16 : b->word_room * 2;
        b->word = hone_arena_grow(b->mem, b->word, sizeof *b->word, b->word_room, room);
        if (b->word == NULL) {
            return hone_no_room(run, b->name, room);
        }
        b->word_room = room;
    }
    b->word[code] = (struct hone_str){hone_arena_text(b->mem, value.ptr, value.len), value.len};
    if (hone_map_add(&b->words, b->word[code], code) == UINT32_MAX) {
        return hone_no_room(run, b->name, b->words.n);
    }
    return push(run, b, code, true);
}

enum hone_code hone_builder_str(struct hone_run *run, struct hone_builder *b,
                                struct hone_str value)
{
    if (b->type == HONE_CATEGORY) {
        return push_word(run, b, value);
    }
    if (b->type != HONE_UTF8 && b->type != HONE_BINARY) {
        return wrong_kind(run, b, "text");
    }
    hone_buf_str(&b->bytes, value);
    if (b->bytes.full) {
        return hone_no_room(run, b->name, b->bytes.len + value.len);
    }
    return push(run, b, (int64_t)b->bytes.len, true);
}

static enum hone_code end_bool(struct hone_run *run, struct hone_builder *b,
                               struct hone_column *out)
{
    uint8_t *bits;

    HONE_TRY(hone_array(run, b->mem, &bits, (b->rows + 7) / 8));
    for (size_t i = 0; i < b->rows; i++) {
        bits[i / 8] = (uint8_t)(bits[i / 8] | (b->number[i] != 0) << (i % 8));
    }
    out->data = bits;
    return HONE_OK;
}

static enum hone_code end_float32(struct hone_run *run, struct hone_builder *b,
                                  struct hone_column *out)
{
    float *value;
    double wide;

    HONE_TRY(hone_array(run, b->mem, &value, b->rows));
    for (size_t i = 0; i < b->rows; i++) {
        memcpy(&wide, &b->number[i], sizeof wide);
        value[i] = (float)wide;
    }
    out->data = value;
    return HONE_OK;
}

static enum hone_code end_date(struct hone_run *run, struct hone_builder *b,
                               struct hone_column *out)
{
    int32_t *value;

    HONE_TRY(hone_array(run, b->mem, &value, b->rows));
    for (size_t i = 0; i < b->rows; i++) {
        value[i] = (int32_t)b->number[i];
    }
    out->data = value;
    return HONE_OK;
}

static enum hone_code end_text(struct hone_run *run, struct hone_builder *b,
                               struct hone_column *out)
{
    int64_t *offsets;

    HONE_TRY(hone_array(run, b->mem, &offsets, b->rows + 1));
    for (size_t i = 0; i < b->rows; i++) {
        offsets[i + 1] = b->number[i];
    }
    out->data = b->bytes.ptr == NULL ? "" : b->bytes.ptr;
    out->offsets = offsets;
    return HONE_OK;
}

static enum hone_code end_category(struct hone_run *run, struct hone_builder *b,
                                   struct hone_column *out)
{
    int32_t *code;
    int32_t *rank;

    HONE_TRY(hone_array(run, b->mem, &code, b->rows));
    HONE_TRY(hone_array(run, b->mem, &rank, b->words.n));
    HONE_TRY(hone_dict_make(run, b->word, b->words.n, b->mem, &out->dict, rank));
    for (size_t i = 0; i < b->rows; i++) {
        code[i] = b->valid[i] ? rank[b->number[i]] : 0;
    }
    out->data = code;
    return HONE_OK;
}

enum hone_code hone_builder_end(struct hone_run *run, struct hone_builder *b,
                                struct hone_column *out)
{
    struct hone_column column = {.name = b->name,
                                 .type = b->type,
                                 .rows = b->rows,
                                 .nulls = b->nulls,
                                 .data = b->number};

    if (b->nulls > 0) {
        uint8_t *bits;
        HONE_TRY(hone_array(run, b->mem, &bits, (b->rows + 7) / 8));
        for (size_t i = 0; i < b->rows; i++) {
            bits[i / 8] = (uint8_t)(bits[i / 8] | b->valid[i] << (i % 8));
        }
        column.valid = bits;
    }
    switch (b->type) {
    case HONE_BOOL:
        HONE_TRY(end_bool(run, b, &column));
        break;
    case HONE_FLOAT32:
        HONE_TRY(end_float32(run, b, &column));
        break;
    case HONE_DATE:
        HONE_TRY(end_date(run, b, &column));
        break;
    case HONE_UTF8:
    case HONE_BINARY:
        HONE_TRY(end_text(run, b, &column));
        break;
    case HONE_CATEGORY:
        HONE_TRY(end_category(run, b, &column));
        break;
    default: /* the 64-bit types are as they are */
        break;
    }
    *out = column;
    return HONE_OK;
}
