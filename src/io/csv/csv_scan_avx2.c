/* The CSV kernels with AVX2, 32 bytes at once; declared in io/csv_scan_priv.h. */
#include "base/cpu.h"
#include "io/csv/csv_scan_priv.h"

#if defined(__AVX2__)
#include "io/csv/csv_scan_simd_priv.h"

struct wide {
    __m256i low, high;
};

static struct wide load(const char *p)
{
    return (struct wide){_mm256_loadu_si256((const __m256i *)(const void *)p),
                         _mm256_loadu_si256((const __m256i *)(const void *)(p + 32))};
}

static uint64_t bits_of(__m256i low, __m256i high)
{
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high)
                                                     << 32;
}

static uint64_t equal(struct wide x, char c)
{
    __m256i all = _mm256_set1_epi8(c);
    return bits_of(_mm256_cmpeq_epi8(x.low, all), _mm256_cmpeq_epi8(x.high, all));
}

/* Fills a word of each; *least is the least of all bytes, as signed ones. */
static size_t mark_word(struct hone_csv_bytes bytes, const char *p, uint64_t in,
                        struct hone_csv_bits *bits, size_t word, __m256i *least)
{
    struct wide x = load(p);
    uint64_t eol = equal(x, bytes.eol) & in;
    uint64_t quote = equal(x, bytes.quote) & in;

    bits->eol[word] = eol;
    bits->stop[word] = eol | (equal(x, bytes.delimiter) & in);
    bits->quote[word] = quote;
    *least = _mm256_min_epi8(*least, _mm256_min_epi8(x.low, x.high));
    return (size_t)__builtin_popcountll(quote);
}

static bool mark(struct hone_csv_bytes bytes, struct hone_str text, struct hone_csv_bits *bits,
                 size_t *quotes)
{
    size_t words = text.len / 64;
    size_t rest = text.len % 64;
    __m256i least = _mm256_set1_epi8(127);
    size_t n = 0;
    char tail[64];

    for (size_t w = 0; w < words; w++) {
        n += mark_word(bytes, text.ptr + 64 * w, UINT64_MAX, bits, w, &least);
    }
    memset(tail, 1, sizeof tail);
    if (rest > 0) {
        memcpy(tail, text.ptr + 64 * words, rest);
    }
    n += mark_word(bytes, tail, (UINT64_C(1) << rest) - 1, bits, words, &least);
    *quotes = n;
    return _mm256_movemask_epi8(_mm256_cmpgt_epi8(least, _mm256_setzero_si256())) == -1;
}

static size_t count(struct hone_csv_bytes bytes, struct hone_str text, size_t *quotes)
{
    size_t words = text.len / 64;
    size_t eols = 0;
    size_t n = 0;

    for (size_t w = 0; w < words; w++) {
        struct wide x = load(text.ptr + 64 * w);
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

const struct hone_csv_kernels *hone_csv_avx2(void)
{
    static const struct hone_csv_kernels kernels = {"avx2", mark, count, hone_csv_simd_reals,
                                                    hone_csv_simd_ints};
    return hone_cpu_avx2() ? &kernels : NULL;
}
#else
const struct hone_csv_kernels *hone_csv_avx2(void)
{
    return NULL;
}
#endif
