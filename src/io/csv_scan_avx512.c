/* The CSV kernels with AVX-512, 64 bytes at once; declared in io/csv_scan_priv.h. */
#include "io/csv_scan_priv.h"

#if defined(__x86_64__)
#include "io/csv_scan_simd_priv.h"

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

const struct hone_csv_kernels hone_csv_avx512 = {"avx512", mark, count, hone_csv_simd_reals,
                                                 hone_csv_simd_ints};
#endif
