/* The values of a page by their encoding; declared in io/parquet_priv.h. */
#include "io/parquet/parquet_priv.h"

size_t hone_pq_size(const struct hone_pq_node *node)
{
    static const size_t sizes[] = {1, 4, 8, 12, 4, 8, 0, 0};

    return node->physical == HONE_PQ_FIXED ? node->length : sizes[node->physical];
}

static enum hone_code too_short(struct hone_run *run, const struct hone_pq_pages *p, size_t n,
                                size_t len)
{
    return hone_pq_bad(run, p, "a page of %zu bytes does not hold its %zu values", len, n);
}

static enum hone_code damaged(struct hone_run *run, const struct hone_pq_pages *p,
                              const char *what)
{
    return hone_pq_bad(run, p, "the %s of a page are damaged", what);
}

static size_t little32(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;
    return (size_t)u[3] << 24 | (size_t)u[2] << 16 | (size_t)u[1] << 8 | u[0];
}

/* Strings with their lengths before them. */
static enum hone_code plain_strings(struct hone_run *run, const struct hone_pq_pages *p,
                                    struct hone_str in, size_t n, struct hone_arena *mem,
                                    struct hone_pq_raw *out)
{
    struct hone_str *str;
    size_t at = 0;

    if (n > in.len / 4) {
        return too_short(run, p, n, in.len);
    }
    HONE_TRY(hone_array(run, mem, &str, n));
    for (size_t i = 0; i < n; i++) {
        size_t len;
        if (in.len - at < 4) {
            return too_short(run, p, n, in.len);
        }
        len = little32(in.ptr + at);
        at += 4;
        if (len > in.len - at) {
            return hone_pq_bad(run, p, "value %zu of a page says that it has %zu bytes", i + 1,
                               len);
        }
        str[i] = (struct hone_str){in.ptr + at, len};
        at += len;
    }
    *out = (struct hone_pq_raw){.n = n, .str = str};
    return HONE_OK;
}

/* Booleans as bytes, from bits. */
static enum hone_code bits_to_bytes(struct hone_run *run, const struct hone_pq_pages *p,
                                    struct hone_str in, size_t n, struct hone_arena *mem,
                                    struct hone_pq_raw *out)
{
    uint8_t *byte;

    if ((n + 7) / 8 > in.len) {
        return too_short(run, p, n, in.len);
    }
    HONE_TRY(hone_array(run, mem, &byte, n));
    for (size_t i = 0; i < n; i++) {
        byte[i] = hone_bit((const uint8_t *)in.ptr, i);
    }
    *out = (struct hone_pq_raw){.n = n, .size = 1, .fixed = byte};
    return HONE_OK;
}

/* Booleans as runs: with their length before them in version 1 and, in what writers made of it, 2. */
static enum hone_code runs_to_bytes(struct hone_run *run, const struct hone_pq_pages *p,
                                    struct hone_str in, size_t n, struct hone_arena *mem,
                                    struct hone_pq_raw *out)
{
    struct hone_pq_hybrid h;
    uint8_t *byte;

    if (n > 0 && (in.len < 4 || little32(in.ptr) > in.len - 4)) {
        return damaged(run, p, "runs");
    }
    HONE_TRY(hone_array(run, mem, &byte, n));
    h = hone_pq_hybrid_of((const uint8_t *)in.ptr + (n > 0 ? 4 : 0),
                          (const uint8_t *)in.ptr + in.len, 1);
    for (size_t i = 0; i < n; i += 256) {
        uint32_t some[256];
        size_t take = n - i < 256 ? n - i : 256;
        if (!hone_pq_hybrid_take(&h, some, take)) {
            return damaged(run, p, "runs");
        }
        for (size_t k = 0; k < take; k++) {
            byte[i + k] = (uint8_t)some[k];
        }
    }
    *out = (struct hone_pq_raw){.n = n, .size = 1, .fixed = byte};
    return HONE_OK;
}

static enum hone_code plain(struct hone_run *run, const struct hone_pq_pages *p,
                            struct hone_str in, size_t n, struct hone_arena *mem,
                            struct hone_pq_raw *out)
{
    size_t size = hone_pq_size(p->node);

    if (p->node->physical == HONE_PQ_BOOLEAN) {
        return bits_to_bytes(run, p, in, n, mem, out);
    }
    if (size == 0) {
        return plain_strings(run, p, in, n, mem, out);
    }
    if (n > in.len / size) {
        return too_short(run, p, n, in.len);
    }
    *out = (struct hone_pq_raw){.n = n, .size = size, .fixed = (const uint8_t *)in.ptr};
    return HONE_OK;
}

static enum hone_code delta(struct hone_run *run, const struct hone_pq_pages *p,
                            struct hone_str in, size_t n, struct hone_arena *mem,
                            struct hone_pq_raw *out)
{
    const uint8_t *at = (const uint8_t *)in.ptr;
    bool wide = p->node->physical == HONE_PQ_INT64;
    uint64_t *value;

    HONE_TRY(hone_matrix(run, mem, &value, n, 1));
    at = wide ? hone_pq_delta64(at, at + in.len, (int64_t *)value, n)
              : hone_pq_delta32(at, at + in.len, (int32_t *)(void *)value, n);
    if (at == NULL) {
        return damaged(run, p, "differences");
    }
    *out = (struct hone_pq_raw){.n = n, .size = wide ? 8 : 4, .fixed = (const uint8_t *)value};
    return HONE_OK;
}

/* n lengths; *in goes on behind them. */
static enum hone_code lengths(struct hone_run *run, const struct hone_pq_pages *p,
                              struct hone_str *in, size_t n, struct hone_arena *mem,
                              int32_t **out)
{
    const uint8_t *at = (const uint8_t *)in->ptr;
    const uint8_t *end = at + in->len;

    HONE_TRY(hone_array(run, mem, out, n));
    at = hone_pq_delta32(at, end, *out, n);
    if (at == NULL) {
        return damaged(run, p, "lengths");
    }
    for (size_t i = 0; i < n; i++) {
        if ((*out)[i] < 0) {
            return damaged(run, p, "lengths");
        }
    }
    *in = (struct hone_str){(const char *)at, (size_t)(end - at)};
    return HONE_OK;
}

static enum hone_code delta_lengths(struct hone_run *run, const struct hone_pq_pages *p,
                                    struct hone_str in, size_t n, struct hone_arena *mem,
                                    struct hone_pq_raw *out)
{
    struct hone_str *str;
    int32_t *len;

    HONE_TRY(lengths(run, p, &in, n, mem, &len));
    HONE_TRY(hone_array(run, mem, &str, n));
    for (size_t i = 0; i < n; i++) {
        if ((size_t)len[i] > in.len) {
            return too_short(run, p, n, in.len);
        }
        str[i] = (struct hone_str){in.ptr, (size_t)len[i]};
        in = (struct hone_str){in.ptr + len[i], in.len - (size_t)len[i]};
    }
    *out = (struct hone_pq_raw){.n = n, .str = str};
    return HONE_OK;
}

/* Bytes of all values of DELTA_BYTE_ARRAY; SIZE_MAX when a value begins with more than the one before it
 * has, or when all are absurdly more than the page. */
static size_t joined_bytes(const int32_t *prefix, const struct hone_pq_raw *rest, size_t most)
{
    size_t total = 0;
    size_t before = 0;

    for (size_t i = 0; i < rest->n; i++) {
        if ((size_t)prefix[i] > before) {
            return SIZE_MAX;
        }
        before = (size_t)prefix[i] + rest->str[i].len;
        total += before;
        if (total > most) {
            return SIZE_MAX;
        }
    }
    return total;
}

/* Each value begins as the one before it. */
static enum hone_code delta_bytes(struct hone_run *run, const struct hone_pq_pages *p,
                                  struct hone_str in, size_t n, struct hone_arena *mem,
                                  struct hone_pq_raw *out)
{
    size_t most = hone_product(in.len, 1024) + HONE_CODEC_FLOOR;
    size_t size = hone_pq_size(p->node);
    struct hone_pq_raw rest;
    struct hone_str *str;
    int32_t *prefix;
    size_t total;
    char *bytes;
    char *to;

    HONE_TRY(lengths(run, p, &in, n, mem, &prefix));
    HONE_TRY(delta_lengths(run, p, in, n, mem, &rest));
    total = joined_bytes(prefix, &rest, most);
    if (total == SIZE_MAX) {
        return damaged(run, p, "beginnings of values");
    }
    HONE_TRY(hone_array(run, mem, &bytes, total));
    HONE_TRY(hone_array(run, mem, &str, n));
    to = bytes;
    for (size_t i = 0; i < n; i++) {
        size_t head = (size_t)prefix[i];
        str[i] = (struct hone_str){to, head + rest.str[i].len};
        if (head > 0) {
            memcpy(to, str[i - 1].ptr, head);
        }
        if (rest.str[i].len > 0) {
            memcpy(to + head, rest.str[i].ptr, rest.str[i].len);
        }
        if (size != 0 && str[i].len != size) {
            return damaged(run, p, "lengths");
        }
        to += str[i].len;
    }
    *out = size == 0
               ? (struct hone_pq_raw){.n = n, .str = str}
               : (struct hone_pq_raw){.n = n, .size = size, .fixed = (const uint8_t *)bytes};
    return HONE_OK;
}

static enum hone_code streams(struct hone_run *run, const struct hone_pq_pages *p,
                              struct hone_str in, size_t n, struct hone_arena *mem,
                              struct hone_pq_raw *out)
{
    size_t size = hone_pq_size(p->node);
    uint8_t *value;

    if (n > in.len / size) {
        return too_short(run, p, n, in.len);
    }
    HONE_TRY(hone_matrix(run, mem, &value, n, size));
    hone_pq_join_streams((const uint8_t *)in.ptr, n, size, value);
    *out = (struct hone_pq_raw){.n = n, .size = size, .fixed = value};
    return HONE_OK;
}

static enum hone_code decode(struct hone_run *run, const struct hone_pq_pages *p,
                             const struct hone_pq_page *page, size_t n, struct hone_arena *mem,
                             struct hone_pq_raw *out)
{
    enum hone_pq_physical type = p->node->physical;
    bool whole = type == HONE_PQ_INT32 || type == HONE_PQ_INT64;

    switch (page->encoding) {
    case HONE_PQ_PLAIN:
        return plain(run, p, page->data, n, mem, out);
    case HONE_PQ_RLE:
        if (type == HONE_PQ_BOOLEAN) {
            return runs_to_bytes(run, p, page->data, n, mem, out);
        }
        break;
    case HONE_PQ_DELTA:
        if (whole) {
            return delta(run, p, page->data, n, mem, out);
        }
        break;
    case HONE_PQ_DELTA_LENGTH:
        if (type == HONE_PQ_BYTES) {
            return delta_lengths(run, p, page->data, n, mem, out);
        }
        break;
    case HONE_PQ_DELTA_BYTES:
        if (type == HONE_PQ_BYTES || type == HONE_PQ_FIXED) {
            return delta_bytes(run, p, page->data, n, mem, out);
        }
        break;
    case HONE_PQ_STREAM_SPLIT:
        if (whole || type == HONE_PQ_FLOAT || type == HONE_PQ_DOUBLE || type == HONE_PQ_FIXED) {
            return streams(run, p, page->data, n, mem, out);
        }
        break;
    default:
        return hone_pq_fail(run, p->file, p->group, p->leaf, HONE_E_UNSUPPORTED,
                            "a page has encoding %d, which is not known", (int)page->encoding);
    }
    return hone_pq_bad(run, p, "a page has encoding %d, which its type cannot have",
                       (int)page->encoding);
}

enum hone_code hone_pq_values(struct hone_run *run, const struct hone_pq_pages *p,
                              const struct hone_pq_page *page, size_t n, struct hone_arena *mem,
                              struct hone_pq_raw *out)
{
    HONE_TRY(decode(run, p, page, n, mem, out));
    for (size_t i = 0; p->node->kind == HONE_PQ_DECIMAL && out->str != NULL && i < n; i++) {
        if (out->str[i].len > HONE_PQ_DECIMAL_MOST) {
            return hone_pq_fail(run, p->file, p->group, p->leaf, HONE_E_LIMIT,
                                "a decimal of %zu bytes, at most %d", out->str[i].len,
                                HONE_PQ_DECIMAL_MOST);
        }
    }
    return HONE_OK;
}

enum hone_code hone_pq_codes(struct hone_run *run, const struct hone_pq_pages *p,
                             const struct hone_pq_page *page, struct hone_pq_hybrid *out)
{
    const uint8_t *at = (const uint8_t *)page->data.ptr;
    unsigned width = page->data.len == 0 ? 0 : at[0];

    if (!p->has_dictionary) {
        return hone_pq_bad(run, p, "a page refers to a dictionary that is not there");
    }
    if (width > 32) {
        return hone_pq_bad(run, p, "a page has codes of %u bits", width);
    }
    *out = hone_pq_hybrid_of(at + (page->data.len > 0), at + page->data.len, width);
    if (width == 0) {
        out->run = SIZE_MAX; /* all are the first word, whether it is said or not */
    }
    return HONE_OK;
}

enum hone_code hone_pq_take_codes(struct hone_run *run, const struct hone_pq_pages *p,
                                  struct hone_pq_hybrid *h, uint32_t *code, size_t n)
{
    uint32_t highest = 0;

    if (!hone_pq_hybrid_take(h, code, n)) {
        return damaged(run, p, "codes");
    }
    for (size_t i = 0; i < n; i++) {
        highest = code[i] > highest ? code[i] : highest;
    }
    if (n > 0 && highest >= p->dictionary.n) {
        return hone_pq_bad(run, p, "a page has code %u, its dictionary %zu values", highest,
                           p->dictionary.n);
    }
    return HONE_OK;
}

enum { BLOCK = 512 }; /* codes looked up at a time */

static enum hone_code look_up_strings(struct hone_run *run, const struct hone_pq_pages *p,
                                      struct hone_pq_hybrid *h, size_t n,
                                      struct hone_arena *mem, struct hone_pq_raw *out)
{
    struct hone_str *str;

    HONE_TRY(hone_array(run, mem, &str, n));
    for (size_t i = 0; i < n; i += BLOCK) {
        uint32_t code[BLOCK];
        size_t take = n - i < BLOCK ? n - i : BLOCK;
        HONE_TRY(hone_pq_take_codes(run, p, h, code, take));
        for (size_t k = 0; k < take; k++) {
            str[i + k] = p->dictionary.str[code[k]];
        }
    }
    *out = (struct hone_pq_raw){.n = n, .str = str};
    return HONE_OK;
}

static enum hone_code look_up_fixed(struct hone_run *run, const struct hone_pq_pages *p,
                                    struct hone_pq_hybrid *h, size_t n, struct hone_arena *mem,
                                    struct hone_pq_raw *out)
{
    size_t size = p->dictionary.size;
    uint8_t *fixed;

    HONE_TRY(hone_pq_afford(run, p->file, hone_product(n, size)));
    HONE_TRY(hone_matrix(run, mem, &fixed, n, size));
    for (size_t i = 0; i < n; i += BLOCK) {
        uint32_t code[BLOCK];
        size_t take = n - i < BLOCK ? n - i : BLOCK;
        HONE_TRY(hone_pq_take_codes(run, p, h, code, take));
        for (size_t k = 0; k < take; k++) {
            memcpy(fixed + (i + k) * size, p->dictionary.fixed + code[k] * size, size);
        }
    }
    *out = (struct hone_pq_raw){.n = n, .size = size, .fixed = fixed};
    return HONE_OK;
}

enum hone_code hone_pq_looked_up(struct hone_run *run, const struct hone_pq_pages *p,
                                 const struct hone_pq_page *page, size_t n,
                                 struct hone_arena *mem, struct hone_pq_raw *out)
{
    struct hone_pq_hybrid h;

    if (!hone_pq_is_coded(page)) {
        return hone_pq_values(run, p, page, n, mem, out);
    }
    HONE_TRY(hone_pq_codes(run, p, page, &h));
    return p->dictionary.size == 0 ? look_up_strings(run, p, &h, n, mem, out)
                                   : look_up_fixed(run, p, &h, n, mem, out);
}
