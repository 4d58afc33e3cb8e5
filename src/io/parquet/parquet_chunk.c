/* One column chunk to be written: which encoding, then its pages; declared in io/parquet_priv.h. */
#include <zlib.h>

#include "io/parquet/parquet_priv.h"
#include "table/dict.h"

enum {
    PAGE_ROWS = 32768,
    PAGE_BYTES = 1 << 20,
    DICTIONARY_MOST = 65536, /* words */
    DICTIONARY_BYTES = 1 << 20,
};

struct chunk {
    const struct hone_column *c;
    size_t from, to;
    enum hone_codec codec;
    int level;
    struct hone_pq_out_chunk *out;
    struct hone_arena *mem; /* of the work */
    size_t n;               /* values that are there */
    size_t *row;            /* (n) theirs */
    int64_t *whole;         /* (n) of int, time, date and truth columns */
    uint32_t *code;         /* (n) into the dictionary, when there is one */
    size_t words;
    struct hone_buf dictionary; /* plain */
};

static bool is_whole(enum hone_type type)
{
    return type == HONE_INT64 || type == HONE_TIMESTAMP || type == HONE_DATE;
}

static bool is_real(enum hone_type type)
{
    return type == HONE_FLOAT32 || type == HONE_FLOAT64 || type == HONE_VECTOR;
}

static bool is_text(enum hone_type type)
{
    return type == HONE_UTF8 || type == HONE_BINARY || type == HONE_CATEGORY;
}

/* Bytes of a plain value of fixed size. */
static size_t width_of(enum hone_type type)
{
    return type == HONE_DATE || type == HONE_FLOAT32 || type == HONE_VECTOR ? 4 : 8;
}

static enum hone_code no_room(struct hone_run *run, const struct chunk *k)
{
    return hone_no_room(run, k->c->name, k->to - k->from);
}

/* The rows that have a value, and whole values at them. */
static enum hone_code gather(struct hone_run *run, struct chunk *k)
{
    size_t rows = k->to - k->from;

    HONE_TRY(hone_array(run, k->mem, &k->row, rows));
    for (size_t row = k->from; row < k->to; row++) {
        k->row[k->n] = row;
        k->n += hone_is_valid(k->c, row);
    }
    if (is_whole(k->c->type)) {
        HONE_TRY(hone_array(run, k->mem, &k->whole, k->n));
        for (size_t i = 0; i < k->n; i++) {
            k->whole[i] = hone_column_i64(k->c, k->row[i]);
        }
    }
    return HONE_OK;
}

static void put_string(struct hone_buf *buf, struct hone_str text)
{
    uint32_t len = (uint32_t)text.len;

    hone_buf_bytes(buf, &len, 4);
    hone_buf_str(buf, text);
}

/* The used words of a category, in their order. */
static enum hone_code category_words(struct hone_run *run, struct chunk *k)
{
    uint32_t *place;

    HONE_TRY(hone_array(run, k->mem, &place, k->c->dict->rows));
    HONE_TRY(hone_array(run, k->mem, &k->code, k->n));
    for (size_t i = 0; i < k->n; i++) {
        place[((const int32_t *)k->c->data)[k->row[i]]] = 1;
    }
    for (size_t w = 0; w < k->c->dict->rows; w++) {
        if (place[w] != 0) {
            place[w] = (uint32_t)k->words++;
            put_string(&k->dictionary, hone_column_str(k->c->dict, w));
        }
    }
    for (size_t i = 0; i < k->n; i++) {
        k->code[i] = place[((const int32_t *)k->c->data)[k->row[i]]];
    }
    return HONE_OK;
}

/* Words of a text column in order of appearance; k->code stays NULL when they are too many. */
static enum hone_code text_words(struct hone_run *run, struct chunk *k)
{
    struct hone_map map = {.mem = k->mem};
    uint32_t *code;

    HONE_TRY(hone_array(run, k->mem, &code, k->n));
    for (size_t i = 0; i < k->n; i++) {
        struct hone_str text = hone_column_str(k->c, k->row[i]);
        if (text.ptr == NULL) {
            text.ptr = "";
        }
        code[i] = hone_map_add(&map, text, (uint32_t)k->words);
        if (code[i] == UINT32_MAX) {
            return no_room(run, k);
        }
        if (code[i] == k->words) {
            k->words++;
            put_string(&k->dictionary, text);
            if (k->words > DICTIONARY_MOST || k->words > k->n / 2 ||
                k->dictionary.len > DICTIONARY_BYTES) {
                return HONE_OK;
            }
        }
    }
    k->code = code;
    return HONE_OK;
}

/* The bits of value i of a column of numbers. */
static uint64_t bits_of(const struct chunk *k, size_t i)
{
    uint64_t bits = 0;

    if (k->whole != NULL) {
        return (uint64_t)k->whole[i];
    }
    memcpy(&bits, (const char *)k->c->data + k->row[i] * width_of(k->c->type),
           width_of(k->c->type));
    return bits;
}

/* Different numbers in order of appearance, by an open hash table of their places from 1 on. */
static enum hone_code number_words(struct hone_run *run, struct chunk *k)
{
    size_t most = k->n / 4 < DICTIONARY_MOST ? k->n / 4 : DICTIONARY_MOST;
    size_t room = 16;
    uint64_t *word;
    uint32_t *slot;
    uint32_t *code;

    while (room < most * 2) {
        room *= 2;
    }
    HONE_TRY(hone_array(run, k->mem, &word, most + 1));
    HONE_TRY(hone_array(run, k->mem, &slot, room));
    HONE_TRY(hone_array(run, k->mem, &code, k->n));
    for (size_t i = 0; i < k->n; i++) {
        uint64_t bits = bits_of(k, i);
        size_t at = hone_mix64(bits) & (room - 1);
        while (slot[at] != 0 && word[slot[at] - 1] != bits) {
            at = (at + 1) & (room - 1);
        }
        if (slot[at] == 0) {
            if (k->words == most) {
                k->words++;
                return HONE_OK;
            }
            word[k->words++] = bits;
            slot[at] = (uint32_t)k->words;
            hone_buf_bytes(&k->dictionary, &bits, width_of(k->c->type));
        }
        code[i] = slot[at] - 1;
    }
    k->code = code;
    return HONE_OK;
}

/* Plain values from..to of those that are there. */
static void put_plain(const struct chunk *k, size_t from, size_t to, struct hone_buf *buf)
{
    const struct hone_column *c = k->c;
    size_t width = width_of(c->type);
    uint8_t byte = 0;

    for (size_t i = from; i < to; i++) {
        size_t row = k->row[i];
        if (is_text(c->type)) {
            put_string(buf, hone_column_str(c, row));
        } else if (c->type == HONE_VECTOR) {
            hone_buf_bytes(buf, (const float *)c->data + row * c->width, c->width * 4);
        } else if (c->type == HONE_BOOL) {
            byte = (uint8_t)(byte | hone_bit(c->data, row) << (i - from) % 8);
            if ((i - from) % 8 == 7 || i + 1 == to) {
                hone_buf_char(buf, (char)byte);
                byte = 0;
            }
        } else if (c->valid == NULL) {
            hone_buf_bytes(buf, (const char *)c->data + row * width, (to - from) * width);
            break;
        } else {
            hone_buf_bytes(buf, (const char *)c->data + row * width, width);
        }
    }
}

static enum hone_code put_streams(struct hone_run *run, const struct chunk *k, size_t from,
                                  size_t to, struct hone_buf *buf)
{
    struct hone_buf plain;
    size_t width = width_of(k->c->type);
    uint8_t *split;
    HONE_SCRATCH(run);

    plain = hone_buf(&run->scratch);
    put_plain(k, from, to, &plain);
    HONE_TRY(hone_array(run, &run->scratch, &split, plain.len));
    hone_pq_split_streams((const uint8_t *)plain.ptr, plain.len / width, width, split);
    hone_buf_bytes(buf, split, plain.len);
    return HONE_OK;
}

/* The lengths, then the texts. */
static enum hone_code put_lengths(struct hone_run *run, const struct chunk *k, size_t from,
                                  size_t to, struct hone_buf *buf)
{
    int64_t *len;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &len, to - from));
    for (size_t i = from; i < to; i++) {
        len[i - from] = (int64_t)hone_column_str(k->c, k->row[i]).len;
    }
    hone_pq_put_delta(buf, len, to - from, true);
    for (size_t i = from; i < to; i++) {
        hone_buf_str(buf, hone_column_str(k->c, k->row[i]));
    }
    return HONE_OK;
}

static enum hone_code put_values(struct hone_run *run, const struct chunk *k,
                                 enum hone_pq_encoding encoding, size_t from, size_t to,
                                 struct hone_buf *buf)
{
    unsigned width = hone_pq_bits_for(k->words > 0 ? k->words - 1 : 0);

    switch (encoding) {
    case HONE_PQ_DICTIONARY:
        hone_buf_char(buf, (char)(uint8_t)width);
        hone_pq_put_hybrid(buf, k->code + from, to - from, width);
        return HONE_OK;
    case HONE_PQ_DELTA:
        hone_pq_put_delta(buf, k->whole + from, to - from, k->c->type == HONE_DATE);
        return HONE_OK;
    case HONE_PQ_STREAM_SPLIT:
        return put_streams(run, k, from, to, buf);
    case HONE_PQ_DELTA_LENGTH:
        return put_lengths(run, k, from, to, buf);
    default:
        put_plain(k, from, to, buf);
        return HONE_OK;
    }
}

/* Bytes that some of the values take in an encoding, packed. */
static enum hone_code try_out(struct hone_run *run, const struct chunk *k,
                              enum hone_pq_encoding encoding, size_t *len)
{
    size_t to = k->n < PAGE_ROWS ? k->n : PAGE_ROWS;
    struct hone_buf buf;
    struct hone_str packed;
    HONE_ARENA(work);

    if (k->c->type == HONE_VECTOR && k->c->width > 64) {
        to = to * 64 / k->c->width + 1;
        to = to < k->n ? to : k->n;
    }
    buf = hone_buf(&work);
    HONE_TRY(put_values(run, k, encoding, 0, to, &buf));
    HONE_TRY(hone_codec_pack(run, k->codec, k->level, (struct hone_str){buf.ptr, buf.len},
                             &work, &packed));
    *len = packed.len;
    return HONE_OK;
}

/* A dictionary where it is clearly smaller; else differences for whole numbers, streams for reals and
 * lengths apart for texts, each where some values of the chunk come out smaller so. */
static enum hone_code choose(struct hone_run *run, struct chunk *k)
{
    enum hone_type type = k->c->type;
    enum hone_pq_encoding other = is_whole(type)  ? HONE_PQ_DELTA
                                  : is_real(type) ? HONE_PQ_STREAM_SPLIT
                                                  : HONE_PQ_DELTA_LENGTH;
    size_t plain = k->n * width_of(type);
    size_t coded;
    size_t a;
    size_t b;

    k->out->encoding = HONE_PQ_PLAIN;
    if (k->n == 0 || type == HONE_BOOL) {
        return HONE_OK;
    }
    if (type == HONE_CATEGORY) {
        HONE_TRY(category_words(run, k));
    } else if (is_text(type)) {
        HONE_TRY(text_words(run, k));
    } else if (type != HONE_VECTOR) {
        HONE_TRY(number_words(run, k));
    }
    if (k->dictionary.full) {
        return no_room(run, k);
    }
    coded = k->dictionary.len + k->n * hone_pq_bits_for(k->words) / 8;
    if (k->code != NULL && (is_text(type) || coded < plain / 2)) {
        k->out->encoding = HONE_PQ_DICTIONARY;
        if (!is_whole(type)) {
            return HONE_OK;
        }
    }
    HONE_TRY(try_out(run, k, k->out->encoding, &a));
    HONE_TRY(try_out(run, k, other, &b));
    if (k->out->encoding == HONE_PQ_DICTIONARY) { /* its share of the dictionary */
        size_t some = k->n < PAGE_ROWS ? k->n : PAGE_ROWS;
        a += k->dictionary.len * some / k->n;
    }
    if (b < a) {
        k->out->encoding = other;
    }
    return HONE_OK;
}

/* What stands before the values of a page. */
static enum hone_code put_page_levels(struct hone_run *run, const struct chunk *k, size_t from,
                                      size_t to, struct hone_buf *buf, size_t *entries)
{
    const struct hone_column *c = k->c;
    uint32_t *level;
    size_t n = 0;
    HONE_SCRATCH(run);

    if (c->type != HONE_VECTOR) {
        hone_pq_put_levels(buf, c->valid, from, to - from);
        *entries = to - from;
        return HONE_OK;
    }
    HONE_TRY(hone_matrix(run, &run->scratch, &level, to - from, c->width));
    for (size_t row = from; row < to; row++) { /* the first of a row is a new row */
        size_t width = hone_is_valid(c, row) ? c->width : 1;
        for (size_t i = 0; i < width; i++) {
            level[n++] = i > 0;
        }
    }
    *entries = n;
    hone_pq_put_any_levels(buf, level, n, 1);
    n = 0;
    for (size_t row = from; row < to; row++) {
        size_t width = hone_is_valid(c, row) ? c->width : 1;
        for (size_t i = 0; i < width; i++) {
            level[n++] = hone_is_valid(c, row) ? 2 : 0;
        }
    }
    hone_pq_put_any_levels(buf, level, n, 2);
    return HONE_OK;
}

/* Header and packed bytes of a page; entries is its number of values with missing ones. */
static enum hone_code put_page(struct hone_run *run, struct chunk *k, bool dictionary,
                               size_t entries, struct hone_str plain)
{
    struct hone_pq_out_chunk *out = k->out;
    struct hone_str packed;
    size_t start = out->bytes.len;
    int last = 0;
    int in = 0;
    HONE_ARENA(work);

    if (plain.len > INT32_MAX / 2) {
        return hone_fail(run, HONE_E_LIMIT, "column %s: a page of %zu bytes is too long",
                         k->c->name, plain.len);
    }
    HONE_TRY(hone_codec_pack(run, k->codec, k->level, plain, &work, &packed));
    hone_thrift_put_i32(&out->bytes, &last, 1,
                        dictionary ? HONE_PQ_DICTIONARY_PAGE : HONE_PQ_DATA_PAGE);
    hone_thrift_put_i32(&out->bytes, &last, 2, (int32_t)plain.len);
    hone_thrift_put_i32(&out->bytes, &last, 3, (int32_t)packed.len);
    hone_thrift_put_i32(&out->bytes, &last, 4,
                        (int32_t)(uint32_t)crc32_z(0, (const Bytef *)packed.ptr, packed.len));
    hone_thrift_put_field(&out->bytes, &last, dictionary ? 7 : 5, HONE_THRIFT_STRUCT);
    hone_thrift_put_i32(&out->bytes, &in, 1, (int32_t)entries);
    hone_thrift_put_i32(&out->bytes, &in, 2,
                        dictionary ? HONE_PQ_PLAIN : (int32_t)out->encoding);
    if (!dictionary) {
        hone_thrift_put_i32(&out->bytes, &in, 3, HONE_PQ_RLE);
        hone_thrift_put_i32(&out->bytes, &in, 4, HONE_PQ_RLE);
    }
    hone_thrift_put_stop(&out->bytes);
    hone_thrift_put_stop(&out->bytes);
    out->unpacked += out->bytes.len - start + plain.len;
    hone_buf_str(&out->bytes, packed);
    return out->bytes.full ? no_room(run, k) : HONE_OK;
}

/* The row at which a page that begins at from must end: by rows, and by bytes of long values. */
static size_t page_end(const struct chunk *k, size_t from)
{
    const struct hone_column *c = k->c;
    size_t to = k->to - from < PAGE_ROWS ? k->to : from + PAGE_ROWS;
    size_t bytes = 0;

    if (k->out->encoding == HONE_PQ_DICTIONARY ||
        (!is_text(c->type) && c->type != HONE_VECTOR)) {
        return to;
    }
    for (size_t row = from; row < to; row++) {
        bytes += c->type == HONE_VECTOR ? c->width * 4 : hone_column_str(c, row).len + 4;
        if (bytes > PAGE_BYTES && row > from) {
            return row;
        }
    }
    return to;
}

static enum hone_code add_page(struct hone_run *run, struct chunk *k, size_t from, size_t to,
                               size_t *value)
{
    struct hone_pq_out_chunk *out = k->out;
    struct hone_pq_out_page page = {.row = from - k->from, .at = out->bytes.len};
    size_t first = *value;
    size_t entries;
    struct hone_buf plain;
    HONE_ARENA(work);

    HONE_TRY(hone_check_cancel(run));
    page.bounds = hone_pq_bounds_of(k->c, from, to);
    plain = hone_buf(&work);
    HONE_TRY(put_page_levels(run, k, from, to, &plain, &entries));
    *value += to - from - page.bounds.nulls;
    HONE_TRY(put_values(run, k, out->encoding, first, *value, &plain));
    HONE_TRY(put_page(run, k, false, entries, (struct hone_str){plain.ptr, plain.len}));
    out->values += entries;
    page.len = out->bytes.len - page.at;
    if (out->pages % 64 == 0) {
        out->page = hone_arena_grow(&out->kept, out->page, sizeof *out->page, out->pages,
                                    out->pages + 64);
        if (out->page == NULL) {
            return no_room(run, k);
        }
    }
    out->page[out->pages++] = page;
    return HONE_OK;
}

/* Bounds of the chunk from those of its pages. */
static void join_bounds(const struct hone_column *c, struct hone_pq_out_chunk *out)
{
    struct hone_pq_bounds *all = &out->bounds;

    for (size_t i = 0; i < out->pages; i++) {
        const struct hone_pq_bounds *b = &out->page[i].bounds;
        if (b->there > 0 && (all->there == 0 || hone_pq_bound_order(c, b, all, false) < 0)) {
            all->low_i = b->low_i;
            all->low_f = b->low_f;
            all->low_s = b->low_s;
        }
        if (b->there > 0 && (all->there == 0 || hone_pq_bound_order(c, b, all, true) > 0)) {
            all->high_i = b->high_i;
            all->high_f = b->high_f;
            all->high_s = b->high_s;
        }
        all->nulls += b->nulls;
        all->nans += b->nans;
        all->there += b->there;
    }
}

enum hone_code hone_pq_encode(struct hone_run *run, const struct hone_column *c, size_t from,
                              size_t to, enum hone_codec codec, int level,
                              struct hone_pq_out_chunk *out)
{
    HONE_ARENA(work);
    struct chunk k = {.c = c,
                      .from = from,
                      .to = to,
                      .codec = codec,
                      .level = level,
                      .out = out,
                      .mem = &work};
    size_t value = 0;

    k.dictionary = hone_buf(&work);
    out->bytes = hone_buf(&out->mem);
    HONE_TRY(gather(run, &k));
    HONE_TRY(choose(run, &k));
    out->coded = out->encoding == HONE_PQ_DICTIONARY;
    if (out->coded) {
        HONE_TRY(put_page(run, &k, true, k.words,
                          (struct hone_str){k.dictionary.ptr, k.dictionary.len}));
    }
    out->data_at = out->bytes.len;
    for (size_t row = from; row < to;) {
        size_t end = page_end(&k, row);
        HONE_TRY(add_page(run, &k, row, end, &value));
        row = end;
    }
    join_bounds(c, out);
    return HONE_OK;
}
