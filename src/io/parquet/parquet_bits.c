/* Packed bits, runs, deltas, byte streams: kernels, declared in io/parquet_priv.h. */
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "io/parquet/parquet_priv.h"

static inline uint64_t load64(const uint8_t *p)
{
    uint64_t value;
    memcpy(&value, p, 8);
    return value;
}

/* Eight values of w bits, which are w bytes; reads eight bytes from the start of each. */
static inline __attribute__((always_inline)) void unpack_groups(const uint8_t *in,
                                                                const unsigned w, uint32_t *out,
                                                                size_t groups)
{
    const uint64_t mask = (UINT64_C(1) << w) - 1;

    for (size_t g = 0; g < groups; g++, in += w, out += 8) {
#define ONE(i) out[i] = (uint32_t)(load64(in + ((i)*w >> 3)) >> ((i)*w & 7) & mask)
        ONE(0);
        ONE(1);
        ONE(2);
        ONE(3);
        ONE(4);
        ONE(5);
        ONE(6);
        ONE(7);
#undef ONE
    }
}

/* The width as a constant, so that each has a loop of its own. */
static void unpack_fast(const uint8_t *in, unsigned width, uint32_t *out, size_t groups)
{
    switch (width) {
#define CASE(w)                                                                                \
    case w:                                                                                    \
        unpack_groups(in, w, out, groups);                                                     \
        break;
        CASE(1)
        CASE(2)
        CASE(3)
        CASE(4)
        CASE(5)
        CASE(6)
        CASE(7)
        CASE(8)
        CASE(9)
        CASE(10)
        CASE(11)
        CASE(12)
        CASE(13)
        CASE(14)
        CASE(15)
        CASE(16)
        CASE(17)
        CASE(18)
        CASE(19)
        CASE(20)
#undef CASE
    default:
        unpack_groups(in, width, out, groups);
    }
}

void hone_pq_unpack(const uint8_t *in, size_t in_len, unsigned width, uint32_t *out, size_t n)
{
    size_t groups = 0;

    if (width == 0) {
        memset(out, 0, n * sizeof *out);
        return;
    }
    if (in_len >= width + 8) { /* the last load of a group reaches at most 8 bytes past it */
        groups = (in_len - 8) / width;
        groups = groups < n / 8 ? groups : n / 8;
        unpack_fast(in, width, out, groups);
    }
    for (size_t at = groups * 8; at < n; at += 8) {
        uint8_t last[48] = {0};
        uint32_t eight[8];
        size_t from = at / 8 * width;
        size_t have = in_len - from < width ? in_len - from : width;
        memcpy(last, in + from, have);
        unpack_groups(last, width, eight, 1);
        memcpy(out + at, eight, (n - at < 8 ? n - at : 8) * sizeof *out);
    }
}

struct hone_pq_hybrid hone_pq_hybrid_of(const uint8_t *at, const uint8_t *end, unsigned width)
{
    return (struct hone_pq_hybrid){.at = at, .end = end, .width = width};
}

/* The head of the next run, or of the next packed values. */
static bool next_run(struct hone_pq_hybrid *h)
{
    uint64_t head = 0;
    size_t bytes = (h->width + 7) / 8;

    for (unsigned shift = 0;; shift += 7) {
        if (h->at == h->end || shift > 63) {
            return false;
        }
        head |= (uint64_t)(*h->at & 0x7f) << shift;
        if ((*h->at++ & 0x80) == 0) {
            break;
        }
    }
    if (head >> 32 != 0) {
        return false;
    }
    if (head & 1) {
        h->packed = (size_t)(head >> 1) * 8;
        h->skip = 0;
        return true;
    }
    if ((size_t)(h->end - h->at) < bytes) {
        return false;
    }
    h->run = (size_t)(head >> 1);
    h->value = 0;
    memcpy(&h->value, h->at, bytes);
    h->at += bytes;
    return h->width == 32 || h->value >> h->width == 0;
}

/* Bytes that the next n of the packed values lie in, from h->at on; false when they are not all there. */
static bool packed_there(const struct hone_pq_hybrid *h, size_t n)
{
    return ((h->skip + n) * h->width + 7) / 8 <= (size_t)(h->end - h->at);
}

/* Packed values are given out in whole groups of eight, but at the end of a call. */
static bool take_packed(struct hone_pq_hybrid *h, uint32_t *out, size_t n)
{
    if (!packed_there(h, n)) {
        return false;
    }
    if (h->skip == 0) {
        hone_pq_unpack(h->at, (size_t)(h->end - h->at), h->width, out, n);
    } else { /* n is what is left of a group: at most 7 */
        uint32_t eight[8];
        hone_pq_unpack(h->at, (size_t)(h->end - h->at), h->width, eight, h->skip + n);
        memcpy(out, eight + h->skip, n * sizeof *out);
    }
    h->packed -= n;
    n += h->skip;
    h->skip = n % 8;
    h->at += n / 8 * h->width;
    return true;
}

bool hone_pq_hybrid_take(struct hone_pq_hybrid *h, uint32_t *out, size_t n)
{
    while (n > 0) {
        size_t take;
        if (h->run > 0) {
            take = h->run < n ? h->run : n;
            for (size_t i = 0; i < take; i++) {
                out[i] = h->value;
            }
            h->run -= take;
        } else if (h->packed > 0) {
            take = h->packed < n ? h->packed : n;
            if (h->skip > 0 && take > 8 - h->skip) {
                take = 8 - h->skip;
            }
            if (!take_packed(h, out, take)) {
                return false;
            }
        } else if (next_run(h)) {
            continue;
        } else {
            return false;
        }
        out += take;
        n -= take;
    }
    return true;
}

void hone_pq_bits_fill(uint8_t *bits, size_t pos, size_t n)
{
    while (n > 0 && pos % 8 != 0) {
        bits[pos / 8] = (uint8_t)(bits[pos / 8] | 1u << pos % 8);
        pos++;
        n--;
    }
    memset(bits + pos / 8, 0xff, n / 8);
    pos += n / 8 * 8;
    for (n %= 8; n > 0; n--, pos++) {
        bits[pos / 8] = (uint8_t)(bits[pos / 8] | 1u << pos % 8);
    }
}

/* k bits (1 to 8) of a bitmap from pos on; only bytes that hold some of them are read. */
static inline unsigned bits_at(const uint8_t *bits, size_t pos, size_t k)
{
    unsigned shift = (unsigned)(pos % 8);
    unsigned value = (unsigned)bits[pos / 8] >> shift;

    if (shift + k > 8) {
        value |= (unsigned)bits[pos / 8 + 1] << (8 - shift);
    }
    return value & ((1u << k) - 1);
}

void hone_pq_bits_copy(uint8_t *to, size_t to_pos, const uint8_t *from, size_t from_pos,
                       size_t n)
{
    size_t head = (8 - to_pos % 8) % 8;

    head = head < n ? head : n;
    if (head > 0) {
        to[to_pos / 8] =
            (uint8_t)(to[to_pos / 8] | bits_at(from, from_pos, head) << to_pos % 8);
        to_pos += head;
        from_pos += head;
        n -= head;
    }
    if (from_pos % 8 == 0) {
        memcpy(to + to_pos / 8, from + from_pos / 8, n / 8);
    } else {
        for (size_t i = 0; i < n / 8; i++) {
            to[to_pos / 8 + i] = (uint8_t)bits_at(from, from_pos + i * 8, 8);
        }
    }
    to_pos += n / 8 * 8;
    from_pos += n / 8 * 8;
    if (n % 8 > 0) {
        to[to_pos / 8] = (uint8_t)(to[to_pos / 8] | bits_at(from, from_pos, n % 8));
    }
}

size_t hone_pq_bits_count(const uint8_t *bits, size_t pos, size_t n)
{
    size_t count = 0;

    for (; n > 0 && pos % 8 != 0; n--, pos++) {
        count += hone_bit(bits, pos);
    }
    for (; n >= 64; n -= 64, pos += 64) {
        count += (size_t)__builtin_popcountll(load64(bits + pos / 8));
    }
    for (; n > 0; n--, pos++) {
        count += hone_bit(bits, pos);
    }
    return count;
}

bool hone_pq_hybrid_bits(struct hone_pq_hybrid *h, uint8_t *out, size_t pos, size_t n,
                         size_t *ones)
{
    while (n > 0) {
        size_t take;
        if (h->run > 0) {
            take = h->run < n ? h->run : n;
            if (h->value != 0) {
                hone_pq_bits_fill(out, pos, take);
                *ones += take;
            }
            h->run -= take;
        } else if (h->packed > 0) {
            take = h->packed < n ? h->packed : n;
            if (!packed_there(h, take)) {
                return false;
            }
            hone_pq_bits_copy(out, pos, h->at, h->skip, take);
            *ones += hone_pq_bits_count(h->at, h->skip, take);
            h->packed -= take;
            h->at += (h->skip + take) / 8;
            h->skip = (h->skip + take) % 8;
        } else if (next_run(h)) {
            continue;
        } else {
            return false;
        }
        pos += take;
        n -= take;
    }
    return true;
}

static const uint8_t *varint(const uint8_t *at, const uint8_t *end, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64 && at < end; shift += 7) {
        *value |= (uint64_t)(*at & 0x7f) << shift;
        if ((*at++ & 0x80) == 0) {
            return at;
        }
    }
    return NULL;
}

/* The head of DELTA_BINARY_PACKED. */
struct delta {
    uint64_t block, minis, total,
        first; /* values of a block, its parts, all; the first value */
};

static const uint8_t *delta_head(const uint8_t *at, const uint8_t *end, struct delta *d)
{
    uint64_t first = 0;

    at = varint(at, end, &d->block);
    at = at == NULL ? NULL : varint(at, end, &d->minis);
    at = at == NULL ? NULL : varint(at, end, &d->total);
    at = at == NULL ? NULL : varint(at, end, &first);
    d->first = first >> 1 ^ (0 - (first & 1));
    if (at == NULL || d->minis == 0 || d->minis > 4096 || d->block == 0 ||
        d->block > (1 << 20) || d->block % d->minis != 0 || d->block / d->minis % 8 != 0 ||
        d->total > INT32_MAX) {
        return NULL;
    }
    return at;
}

const uint8_t *hone_pq_delta_count(const uint8_t *at, const uint8_t *end, size_t *n)
{
    struct delta d = {0};

    at = delta_head(at, end, &d);
    *n = (size_t)d.total;
    return at;
}

/* n (a multiple of 8) differences of width bits (0 to 64), of which in holds len bytes. */
static void unpack_wide(const uint8_t *in, size_t len, unsigned width, uint64_t *out, size_t n)
{
    uint64_t mask = width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;

    for (size_t i = 0; i < n; i++) {
        size_t bit = i * width;
        unsigned shift = (unsigned)(bit % 8);
        uint8_t nine[9] = {0};
        size_t have = len - bit / 8;
        memcpy(nine, in + bit / 8, have < 9 ? have : 9);
        out[i] = load64(nine) >> shift;
        if (shift > 0 && shift + width > 64) {
            out[i] |= (uint64_t)nine[8] << (64 - shift);
        }
        out[i] &= mask;
    }
}

/* Up to 64 differences at a time, on top of *sum. */
static void add_up(const uint8_t *in, size_t len, unsigned width, uint64_t low, uint64_t *sum,
                   uint64_t *out, size_t n)
{
    if (width <= 32) {
        uint32_t some[64];
        hone_pq_unpack(in, len, width, some, n);
        for (size_t i = 0; i < n; i++) {
            *sum += low + some[i];
            out[i] = *sum;
        }
    } else {
        unpack_wide(in, len, width, out, n);
        for (size_t i = 0; i < n; i++) {
            *sum += low + out[i];
            out[i] = *sum;
        }
    }
}

/* Where values of either width go. */
struct delta_out {
    char *to;
    size_t width; /* 8 or 4 */
};

static void put_some(const struct delta_out *out, size_t at, const uint64_t *some, size_t n)
{
    char *to = out->to + at * out->width;

    if (out->width == 8) {
        memcpy(to, some, n * 8);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t low = (uint32_t)some[i];
        memcpy(to + i * 4, &low, 4);
    }
}

/* A miniblock. */
struct mini {
    const uint8_t *in;
    size_t len; /* of what is left of the page */
    unsigned width;
    uint64_t low;
};

/* Its first n values, added up from *sum. */
static void delta_mini(const struct mini *m, uint64_t *sum, const struct delta_out *out,
                       size_t at, size_t n)
{
    for (size_t done = 0; done < n; done += 64) {
        uint64_t some[64];
        size_t take = n - done < 64 ? n - done : 64;
        size_t from = done / 8 * m->width;
        add_up(m->in + from, m->len - from, m->width, m->low, sum, some, take);
        put_some(out, at + done, some, take);
    }
}

static const uint8_t *delta(const uint8_t *at, const uint8_t *end, const struct delta_out *out,
                            size_t n)
{
    struct delta d;
    uint64_t sum;
    size_t got = 0;

    at = delta_head(at, end, &d);
    if (at == NULL || d.total != n) {
        return NULL;
    }
    sum = d.first;
    if (n > 0) {
        put_some(out, got++, &sum, 1);
    }
    while (got < n) {
        size_t per = (size_t)(d.block / d.minis);
        const uint8_t *width;
        uint64_t low;
        at = varint(at, end, &low);
        if (at == NULL || (size_t)(end - at) < d.minis) {
            return NULL;
        }
        low = low >> 1 ^ (0 - (low & 1));
        width = at;
        at += d.minis;
        for (size_t m = 0; m < d.minis && got < n; m++) {
            size_t take = n - got < per ? n - got : per;
            size_t len = per / 8 * width[m];
            size_t need = (take * width[m] + 7) / 8; /* some writers do not pad the last */
            if (width[m] > 64 || (size_t)(end - at) < need) {
                return NULL;
            }
            delta_mini(&(struct mini){at, (size_t)(end - at), width[m], low}, &sum, out, got,
                       take);
            got += take;
            at += (size_t)(end - at) < len ? (size_t)(end - at) : len;
        }
    }
    return at;
}

const uint8_t *hone_pq_delta64(const uint8_t *at, const uint8_t *end, int64_t *out, size_t n)
{
    return delta(at, end, &(struct delta_out){(char *)out, 8}, n);
}

const uint8_t *hone_pq_delta32(const uint8_t *at, const uint8_t *end, int32_t *out, size_t n)
{
    return delta(at, end, &(struct delta_out){(char *)out, 4}, n);
}

#if defined(__SSE2__)
/* 16 values of 8 bytes from 8 streams of which row i begins at in + i * n: three rounds of interleaving
 * bytes, pairs, and fours. */
static void join8(const uint8_t *in, size_t n, uint8_t *out)
{
    __m128i s[8];
    __m128i t[8];

    for (size_t i = 0; i < 8; i++) {
        s[i] = _mm_loadu_si128((const __m128i *)(const void *)(in + i * n));
    }
    for (size_t i = 0; i < 4; i++) { /* t[2i], t[2i+1]: bytes i and i+4 interleaved */
        t[2 * i] = _mm_unpacklo_epi8(s[i], s[i + 4]);
        t[2 * i + 1] = _mm_unpackhi_epi8(s[i], s[i + 4]);
    }
    for (size_t i = 0; i < 2; i++) { /* s: bytes i, i+2, i+4, i+6 interleaved */
        for (size_t h = 0; h < 2; h++) {
            s[i * 4 + h * 2] = _mm_unpacklo_epi8(t[2 * i + h], t[2 * i + 4 + h]);
            s[i * 4 + h * 2 + 1] = _mm_unpackhi_epi8(t[2 * i + h], t[2 * i + 4 + h]);
        }
    }
    for (size_t q = 0; q < 4; q++) {
        __m128i *to = (__m128i *)(void *)(out + q * 32);
        _mm_storeu_si128(to, _mm_unpacklo_epi8(s[q], s[4 + q]));
        _mm_storeu_si128(to + 1, _mm_unpackhi_epi8(s[q], s[4 + q]));
    }
}

static void join4(const uint8_t *in, size_t n, uint8_t *out)
{
    __m128i s[4];
    __m128i *to = (__m128i *)(void *)out;

    for (size_t i = 0; i < 4; i++) {
        s[i] = _mm_loadu_si128((const __m128i *)(const void *)(in + i * n));
    }
    for (int h = 0; h < 2; h++) {
        __m128i even = h == 0 ? _mm_unpacklo_epi8(s[0], s[2]) : _mm_unpackhi_epi8(s[0], s[2]);
        __m128i odd = h == 0 ? _mm_unpacklo_epi8(s[1], s[3]) : _mm_unpackhi_epi8(s[1], s[3]);
        _mm_storeu_si128(to + h * 2, _mm_unpacklo_epi8(even, odd));
        _mm_storeu_si128(to + h * 2 + 1, _mm_unpackhi_epi8(even, odd));
    }
}
#endif

void hone_pq_join_streams(const uint8_t *in, size_t n, size_t size, uint8_t *out)
{
    size_t i = 0;

#if defined(__SSE2__)
    for (; size == 8 && i + 16 <= n; i += 16) {
        join8(in + i, n, out + i * 8);
    }
    for (; size == 4 && i + 16 <= n; i += 16) {
        join4(in + i, n, out + i * 4);
    }
#endif
    for (; i < n; i++) {
        for (size_t b = 0; b < size; b++) {
            out[i * size + b] = in[b * n + i];
        }
    }
}

void hone_pq_split_streams(const uint8_t *in, size_t n, size_t size, uint8_t *out)
{
    for (size_t b = 0; b < size; b++) {
        for (size_t i = 0; i < n; i++) {
            out[b * n + i] = in[i * size + b];
        }
    }
}

/* From the last row to the first, so that no value is overwritten before it has moved. */
#define SPREAD(T, name)                                                                        \
    static void name(T *data, size_t n, size_t k, const uint8_t *bits, size_t pos)             \
    {                                                                                          \
        size_t i = n;                                                                          \
        while (i > 0 && k < i) {                                                               \
            T there = (T)hone_bit(bits, pos + i - 1);                                          \
            i--;                                                                               \
            k -= there;                                                                        \
            data[i] = (T)(data[k] & (T)(0 - there));                                           \
        }                                                                                      \
    }
SPREAD(uint8_t, spread1)
SPREAD(uint32_t, spread4)
SPREAD(uint64_t, spread8)
#undef SPREAD

void hone_pq_spread(void *data, size_t width, size_t n, size_t k, const uint8_t *bits,
                    size_t pos)
{
    if (width == 8) {
        spread8(data, n, k, bits, pos);
    } else if (width == 4) {
        spread4(data, n, k, bits, pos);
    } else {
        spread1(data, n, k, bits, pos);
    }
}
