/* The CSV kernels with AVX-512, 64 bytes at once; declared in io/csv_scan_priv.h. */
#include "base/cpu.h"
#include "io/csv/csv_scan_priv.h"

#if defined(__AVX512BW__)
#include "io/csv/csv_scan_simd_priv.h"

static __m512i load(const char *p)
{
    return _mm512_loadu_si512((const void *)p);
}

static uint64_t equal(__m512i x, char c)
{
    return _mm512_cmpeq_epi8_mask(x, _mm512_set1_epi8(c));
}

/* Fills a word of each; *least is the least of all bytes, as signed ones. */
static size_t mark_word(struct hone_csv_bytes bytes, __m512i x, uint64_t in,
                        struct hone_csv_bits *bits, size_t word, __m512i *least)
{
    uint64_t eol = equal(x, bytes.eol) & in;
    uint64_t quote = equal(x, bytes.quote) & in;

    bits->eol[word] = eol;
    bits->stop[word] = eol | (equal(x, bytes.delimiter) & in);
    bits->quote[word] = quote;
    *least = _mm512_min_epi8(*least, x);
    return (size_t)__builtin_popcountll(quote);
}

static bool mark(struct hone_csv_bytes bytes, struct hone_str text, struct hone_csv_bits *bits,
                 size_t *quotes)
{
    size_t words = text.len / 64;
    uint64_t in = (UINT64_C(1) << (text.len % 64)) - 1;
    __m512i least = _mm512_set1_epi8(127);
    __m512i tail;
    size_t n = 0;

    for (size_t w = 0; w < words; w++) {
        n += mark_word(bytes, load(text.ptr + 64 * w), UINT64_MAX, bits, w, &least);
    }
    tail = _mm512_mask_loadu_epi8(_mm512_set1_epi8(1), in, text.ptr + 64 * words);
    n += mark_word(bytes, tail, in, bits, words, &least);
    *quotes = n;
    return _mm512_cmple_epi8_mask(least, _mm512_setzero_si512()) == 0;
}

static size_t count(struct hone_csv_bytes bytes, struct hone_str text, size_t *quotes)
{
    size_t words = text.len / 64;
    size_t eols = 0;
    size_t n = 0;

    for (size_t w = 0; w < words; w++) {
        __m512i x = load(text.ptr + 64 * w);
        eols += (size_t)__builtin_popcountll(equal(x, bytes.eol));
        n += (size_t)__builtin_popcountll(equal(x, bytes.quote));
    }
    for (size_t i = 64 * words; i < text.len; i++) {
        eols += text.ptr[i] == bytes.eol;
        n += text.ptr[i] == bytes.quote;
    }
    *quotes += n;
    return eols;
}

/* Four cells at once, each in 16 bytes of a register. */
struct four {
    __m256i m;     /* their digits as numbers */
    uint64_t dots; /* 16 bits a cell, from the right end of its text: where the point is */
    unsigned minus, empty, pointed; /* a bit each */
};

static __m128i at_end(const char *base, struct hone_field f)
{
    return _mm_shuffle_epi8(
        _mm_loadu_si128((const __m128i *)(const void *)(base + f.at)),
        _mm_loadu_si128((const __m128i *)(const void *)(hone_csv_to_end + f.len)));
}

/* Which of four groups of 16 bits has one that is set. */
static unsigned any(uint64_t bits)
{
    __m128i x = _mm_cvtsi64_si128((long long)bits);
    return _mm_test_epi16_mask(x, x);
}

/* In each group of 16 bits those up to and with the lowest that is set; none where none is.  *more is not zero when some
 * group has another. */
static uint64_t upto_lowest(uint64_t bits, uint64_t *more)
{
    __m128i x = _mm_cvtsi64_si128((long long)bits);
    __m128i less = _mm_sub_epi16(x, _mm_set1_epi16(1));
    __m128i upto = _mm_xor_si128(x, less);

    *more = (uint64_t)_mm_cvtsi128_si64(_mm_and_si128(x, less));
    return (uint64_t)_mm_cvtsi128_si64(_mm_maskz_mov_epi16(_mm_test_epi16_mask(x, x), upto));
}

/*
 * Texts of at most 15 bytes are moved to the right ends of their places; what is left of them is 0, which no text
 * holds.  Digits before the point are then moved one to the right, over it.  False when some cell is not plain.
 */
static bool read_four(const struct hone_csv_cells *cells, const struct hone_field *f,
                      struct four *out)
{
    const __m512i ten_one = _mm512_set1_epi16(0x010a);
    const __m512i hundred_one = _mm512_set1_epi32(0x00010064);
    const __m512i myriad_one = _mm512_set1_epi32(0x00012710);
    struct hone_field a = f[0];
    struct hone_field b = f[cells->stride];
    struct hone_field c = f[2 * cells->stride];
    struct hone_field d = f[3 * cells->stride];
    __m512i text;
    __m512i value;
    uint64_t there;
    uint64_t digits;
    uint64_t minus;
    uint64_t before;
    uint64_t more;

    if ((a.len | b.len | c.len | d.len) > 15) {
        return false;
    }
    text =
        _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_set_m128i(at_end(cells->base, b),
                                                                   at_end(cells->base, a))),
                           _mm256_set_m128i(at_end(cells->base, d), at_end(cells->base, c)), 1);
    value = _mm512_sub_epi8(text, _mm512_set1_epi8('0'));
    there = _mm512_test_epi8_mask(text, text);
    digits = _mm512_cmple_epu8_mask(value, _mm512_set1_epi8(9));
    minus = equal(text, '-');
    out->dots = equal(text, '.');
    out->empty = ~any(there) & 15;
    before = upto_lowest(out->dots, &more);
    more |= there & ~(digits | minus | out->dots);
    more |= minus & there << 1 & UINT64_C(0xfffefffefffefffe); /* only at the beginning */
    if (more != 0 || (any(digits) | out->empty) != 15) {
        return false;
    }
    value = _mm512_maskz_mov_epi8(digits, value);
    value = _mm512_mask_mov_epi8(value, before, _mm512_bslli_epi128(value, 1));
    value = _mm512_madd_epi16(_mm512_maddubs_epi16(value, ten_one), hundred_one);
    value = _mm512_madd_epi16(_mm512_packus_epi32(value, value), myriad_one);
    value = _mm512_add_epi64(_mm512_mul_epu32(value, _mm512_set1_epi64(100000000)),
                             _mm512_srli_epi64(value, 32));
    out->m = _mm512_castsi512_si256(_mm512_maskz_compress_epi64(0x55, value));
    out->minus = any(minus);
    out->pointed = any(out->dots);
    return true;
}

/* 10 to the digits behind the point of cell i. */
static double divisor(uint64_t dots, unsigned i)
{
    return hone_csv_power[15 - __builtin_ctz((unsigned)(dots >> (16 * i)) | 0x8000u)];
}

static void set_missing(uint64_t *missing, size_t row, unsigned empty)
{
    for (; empty != 0; empty &= empty - 1) {
        size_t at = row + (size_t)__builtin_ctz(empty);
        missing[at / 64] |= UINT64_C(1) << (at % 64);
    }
}

/* The rows before to, one by one. */
static size_t slow_reals(const struct hone_csv_cells *cells, size_t row, size_t to,
                         double *value, uint64_t *missing)
{
    struct hone_csv_cells some = *cells;
    some.rows = to;
    return hone_csv_simd_reals(&some, row, value, missing);
}

static size_t reals(const struct hone_csv_cells *cells, size_t row, double *value,
                    uint64_t *missing)
{
    while (row + 4 <= cells->rows) {
        struct four four;
        __m256d x;
        if (!read_four(cells, cells->field + row * cells->stride, &four)) {
            size_t to = row + 4;
            row = slow_reals(cells, row, to, value, missing);
            if (row < to) {
                return row;
            }
            continue;
        }
        x = _mm256_div_pd(_mm256_cvtepi64_pd(four.m),
                          _mm256_set_pd(divisor(four.dots, 3), divisor(four.dots, 2),
                                        divisor(four.dots, 1), divisor(four.dots, 0)));
        x = _mm256_mask_xor_pd(x, (__mmask8)four.minus, x, _mm256_set1_pd(-0.0));
        _mm256_storeu_pd(value + row, x);
        set_missing(missing, row, four.empty);
        row += 4;
    }
    return slow_reals(cells, row, cells->rows, value, missing);
}

static size_t slow_ints(const struct hone_csv_cells *cells, size_t row, size_t to,
                        int64_t *value, uint64_t *missing)
{
    struct hone_csv_cells some = *cells;
    some.rows = to;
    return hone_csv_simd_ints(&some, row, value, missing);
}

static size_t ints(const struct hone_csv_cells *cells, size_t row, int64_t *value,
                   uint64_t *missing)
{
    while (row + 4 <= cells->rows) {
        struct four four;
        __m256i x;
        if (!read_four(cells, cells->field + row * cells->stride, &four) || four.pointed != 0) {
            size_t to = row + 4;
            row = slow_ints(cells, row, to, value, missing);
            if (row < to) {
                return row;
            }
            continue;
        }
        x = _mm256_mask_sub_epi64(four.m, (__mmask8)four.minus, _mm256_setzero_si256(), four.m);
        _mm256_storeu_si256((__m256i *)(void *)(value + row), x);
        set_missing(missing, row, four.empty);
        row += 4;
    }
    return slow_ints(cells, row, cells->rows, value, missing);
}

const struct hone_csv_kernels *hone_csv_avx512(void)
{
    static const struct hone_csv_kernels kernels = {"avx512", mark, count, reals, ints};
    return hone_cpu_avx512() ? &kernels : NULL;
}
#else
const struct hone_csv_kernels *hone_csv_avx512(void)
{
    return NULL;
}
#endif
