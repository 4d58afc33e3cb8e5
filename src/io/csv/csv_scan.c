/* The portable kernels of the CSV reader, and the choice among all; declared in io/csv_scan_priv.h. */
#include "io/csv/csv_scan_priv.h"

const double hone_csv_power[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

#define ONES UINT64_C(0x0101010101010101)
#define HIGH UINT64_C(0x8080808080808080)

/* The high bit of each byte that is zero. */
static uint64_t zeros(uint64_t x)
{
    return ~(((x & ~HIGH) + ~HIGH) | x) & HIGH;
}

/* The high bits of eight bytes as eight bits, the first byte lowest. */
static uint64_t gather(uint64_t high)
{
    return ((high >> 7) * UINT64_C(0x0102040810204080)) >> 56;
}

static uint64_t load(const char *p)
{
    uint64_t x;
    memcpy(&x, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

/* 64 bytes; *odd gets a bit when one is not in 1..127. */
static void mark_word(struct hone_csv_bytes bytes, const char *p, struct hone_csv_bits *bits,
                      size_t word, uint64_t *odd)
{
    uint64_t stop = 0;
    uint64_t eol = 0;
    uint64_t quote = 0;

    for (unsigned i = 0; i < 8; i++) {
        uint64_t x = load(p + (size_t)8 * i);
        uint64_t ends = zeros(x ^ (ONES * (unsigned char)bytes.eol));
        uint64_t stops = ends | zeros(x ^ (ONES * (unsigned char)bytes.delimiter));
        eol |= gather(ends) << (8 * i);
        stop |= gather(stops) << (8 * i);
        quote |= gather(zeros(x ^ (ONES * (unsigned char)bytes.quote))) << (8 * i);
        *odd |= (x & HIGH) | zeros(x);
    }
    bits->stop[word] = stop;
    bits->eol[word] = eol;
    bits->quote[word] = quote;
}

static bool mark(struct hone_csv_bytes bytes, struct hone_str text, struct hone_csv_bits *bits,
                 size_t *quotes)
{
    size_t words = text.len / 64;
    size_t rest = text.len % 64;
    uint64_t below = (UINT64_C(1) << rest) - 1;
    uint64_t odd = 0;
    char tail[64];

    for (size_t w = 0; w < words; w++) {
        mark_word(bytes, text.ptr + 64 * w, bits, w, &odd);
    }
    memset(tail, 1, sizeof tail);
    if (rest > 0) {
        memcpy(tail, text.ptr + 64 * words, rest);
    }
    mark_word(bytes, tail, bits, words, &odd);
    bits->stop[words] &= below;
    bits->eol[words] &= below;
    bits->quote[words] &= below;
    *quotes = 0;
    for (size_t w = 0; w <= words; w++) {
        *quotes += (size_t)__builtin_popcountll(bits->quote[w]);
    }
    return odd == 0;
}

static size_t count(struct hone_csv_bytes bytes, struct hone_str text, size_t *quotes)
{
    size_t eols = 0;

    for (size_t i = 0; i < text.len; i++) {
        eols += text.ptr[i] == bytes.eol;
        *quotes += text.ptr[i] == bytes.quote;
    }
    return eols;
}

/* A sign, at most 16 digits and at most one point; false when it is anything else. */
static bool plain(const char *p, size_t len, bool *minus, uint64_t *digits, size_t *behind)
{
    size_t point = len;
    uint64_t m = 0;

    *minus = len > 0 && *p == '-';
    p += *minus;
    len -= *minus;
    point -= *minus;
    if (len == 0 || len > 16) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char digit = (unsigned char)(p[i] - '0');
        if (p[i] == '.' && point == len) {
            point = i;
        } else if (digit > 9) {
            return false;
        } else {
            m = m * 10 + digit;
        }
    }
    *digits = m;
    *behind = point == len ? 0 : len - 1 - point;
    return len > 1 || point == len;
}

static size_t reals(const struct hone_csv_cells *cells, size_t row, double *value,
                    uint64_t *missing)
{
    for (; row < cells->rows; row++) {
        struct hone_field f = cells->field[row * cells->stride];
        bool minus;
        uint64_t m;
        size_t behind;
        if (f.len == 0) {
            missing[row / 64] |= UINT64_C(1) << (row % 64);
            value[row] = 0;
            continue;
        }
        if (f.len > 17 || !plain(cells->base + f.at, f.len, &minus, &m, &behind) ||
            m > UINT64_C(1) << 53) {
            break;
        }
        value[row] = (double)m / hone_csv_power[behind];
        value[row] = minus ? -value[row] : value[row];
    }
    return row;
}

static size_t ints(const struct hone_csv_cells *cells, size_t row, int64_t *value,
                   uint64_t *missing)
{
    for (; row < cells->rows; row++) {
        struct hone_field f = cells->field[row * cells->stride];
        bool minus;
        uint64_t m;
        size_t behind;
        if (f.len == 0) {
            missing[row / 64] |= UINT64_C(1) << (row % 64);
            value[row] = 0;
            continue;
        }
        if (f.len > 17 || memchr(cells->base + f.at, '.', f.len) != NULL ||
            !plain(cells->base + f.at, f.len, &minus, &m, &behind)) {
            break;
        }
        value[row] = minus ? -(int64_t)m : (int64_t)m;
    }
    return row;
}

const struct hone_csv_kernels hone_csv_plain = {"plain", mark, count, reals, ints};

const struct hone_csv_kernels *hone_csv_kernels(void)
{
    const struct hone_csv_kernels *best = hone_csv_avx512();

    best = best == NULL ? hone_csv_avx2() : best;
    return best == NULL ? &hone_csv_plain : best;
}
