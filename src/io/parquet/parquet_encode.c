/* Encoders of values and levels; declared in io/parquet_priv.h. */
#include "io/parquet/parquet_priv.h"

unsigned hone_pq_bits_for(size_t most)
{
    return most == 0 ? 0 : 64 - (unsigned)__builtin_clzll(most);
}

static void put_varint(struct hone_buf *buf, uint64_t value)
{
    while (value >= 0x80) {
        hone_buf_char(buf, (char)(uint8_t)(value | 0x80));
        value >>= 7;
    }
    hone_buf_char(buf, (char)(uint8_t)value);
}

static void put_little(struct hone_buf *buf, uint64_t value, size_t bytes)
{
    hone_buf_bytes(buf, &value, bytes);
}

/* n values of width bits, lowest bit first, as whole bytes; n is a multiple of 8. */
static void put_bits(struct hone_buf *buf, const uint64_t *value, size_t n, unsigned width)
{
    uint64_t held = 0;
    unsigned bits = 0;

    for (size_t i = 0; i < n; i++) {
        held |= value[i] << bits;
        if (bits + width >= 64) {
            put_little(buf, held, 8);
            held = bits == 0 ? 0 : value[i] >> (64 - bits);
            bits = bits + width - 64;
        } else {
            bits += width;
        }
    }
    if (bits > 0) {
        put_little(buf, held, (bits + 7) / 8);
    }
}

/* Values from..to as packed groups of eight, the last filled up with zeroes. */
static void put_packed(struct hone_buf *buf, const uint32_t *value, size_t n, unsigned width)
{
    if (n == 0) {
        return;
    }
    put_varint(buf, ((n + 7) / 8) << 1 | 1);
    for (size_t at = 0; at < n; at += 64) {
        uint64_t some[64] = {0};
        size_t take = n - at < 64 ? n - at : 64;
        for (size_t i = 0; i < take; i++) {
            some[i] = value[at + i];
        }
        put_bits(buf, some, (take + 7) / 8 * 8, width);
    }
}

void hone_pq_put_hybrid(struct hone_buf *buf, const uint32_t *value, size_t n, unsigned width)
{
    size_t from = 0; /* of values not yet written */
    size_t at = 0;

    while (at < n) {
        size_t run = 1;
        while (at + run < n && value[at + run] == value[at]) {
            run++;
        }
        if (run >= 8) {
            size_t fill = (8 - (at - from) % 8) % 8; /* packed groups are whole */
            if (run - fill >= 8) {
                put_packed(buf, value + from, at + fill - from, width);
                put_varint(buf, (run - fill) << 1);
                put_little(buf, value[at], (width + 7) / 8);
                from = at + run;
            }
        }
        at += run;
    }
    put_packed(buf, value + from, n - from, width);
}

enum { MINI = 32, MINIS = 4, BLOCK = MINI * MINIS };

/* One block of up to BLOCK differences. */
static void put_block(struct hone_buf *buf, uint64_t *step, size_t n, bool narrow)
{
    uint64_t low = step[0];
    uint8_t width[MINIS] = {0};

    for (size_t i = 1; i < n; i++) {
        low = (int64_t)step[i] < (int64_t)low ? step[i] : low;
    }
    for (size_t i = 0; i < n; i++) {
        step[i] -= low;
        step[i] = narrow ? (uint32_t)step[i] : step[i];
    }
    for (size_t m = 0; m < MINIS; m++) {
        uint64_t all = 0;
        for (size_t i = m * MINI; i < n && i < (m + 1) * MINI; i++) {
            all |= step[i];
        }
        width[m] = (uint8_t)hone_pq_bits_for(all);
    }
    hone_thrift_put_zigzag(buf, (int64_t)low);
    hone_buf_bytes(buf, width, MINIS);
    for (size_t m = 0; m < MINIS && m * MINI < n; m++) {
        for (size_t i = n; i < (m + 1) * MINI; i++) {
            step[i] = 0;
        }
        put_bits(buf, step + m * MINI, MINI, width[m]);
    }
}

void hone_pq_put_delta(struct hone_buf *buf, const int64_t *value, size_t n, bool narrow)
{
    put_varint(buf, BLOCK);
    put_varint(buf, MINIS);
    put_varint(buf, n);
    hone_thrift_put_zigzag(buf, n == 0 ? 0 : value[0]);
    for (size_t at = 1; at < n; at += BLOCK) {
        uint64_t step[BLOCK] = {0};
        size_t take = n - at < BLOCK ? n - at : BLOCK;
        for (size_t i = 0; i < take; i++) {
            step[i] = (uint64_t)value[at + i] - (uint64_t)value[at + i - 1];
            if (narrow) { /* wraps in 32 bits */
                step[i] = (uint64_t)(int64_t)(int32_t)(uint32_t)step[i];
            }
        }
        put_block(buf, step, take, narrow);
    }
}

/* The length of four bytes goes in when it is known. */
static void put_length(struct hone_buf *buf, size_t at)
{
    uint32_t len = (uint32_t)(buf->len - at - 4);
    if (!buf->full) {
        memcpy(buf->ptr + at, &len, 4);
    }
}

void hone_pq_put_levels(struct hone_buf *buf, const uint8_t *bits, size_t pos, size_t n)
{
    size_t start = buf->len;
    size_t ones = bits == NULL ? n : hone_pq_bits_count(bits, pos, n);
    uint8_t byte;

    put_little(buf, 0, 4);
    if (n > 0 && (ones == n || ones == 0)) {
        put_varint(buf, n << 1);
        hone_buf_char(buf, ones == 0 ? 0 : 1);
    } else if (n > 0) {
        put_varint(buf, ((n + 7) / 8) << 1 | 1);
        for (size_t i = 0; i < n; i += 8) {
            byte = 0;
            hone_pq_bits_copy(&byte, 0, bits, pos + i, n - i < 8 ? n - i : 8);
            hone_buf_char(buf, (char)byte);
        }
    }
    put_length(buf, start);
}

void hone_pq_put_any_levels(struct hone_buf *buf, const uint32_t *level, size_t n,
                            unsigned most)
{
    size_t start = buf->len;

    put_little(buf, 0, 4);
    hone_pq_put_hybrid(buf, level, n, hone_pq_bits_for(most));
    put_length(buf, start);
}
