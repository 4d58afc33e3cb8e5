/*
 * io/csv_scan_simd_priv.h - plain numbers, sixteen bytes at once (SSE4.1)
 *
 * For the files that are compiled for AVX2 and more; each has a copy of its own.
 */
#ifndef HONE_IO_CSV_SCAN_SIMD_PRIV_H
#define HONE_IO_CSV_SCAN_SIMD_PRIV_H

#include <immintrin.h>

#include "io/csv/csv_scan_priv.h"

/* The shuffle that leaves byte n out, what follows it moved up; 16: none. */
static const unsigned char hone_csv_leave_out[17][16] = {
    {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0x80},
    {0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0x80},
    {0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0x80},
    {0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0x80},
    {0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0x80},
    {0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0x80},
    {0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0x80},
    {0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 0x80},
    {0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 0x80},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 0x80},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 0x80},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 0x80},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 0x80},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 0x80},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 0x80},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0x80},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
};

/* From n on: the shuffle that moves the first n bytes to the end, zeros before them. */
static const unsigned char hone_csv_to_end[32] = {
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0,    1,    2,    3,    4,    5,
    6,    7,    8,    9,    10,   11,   12,   13,   14,   15};

/* Sixteen digits, the first byte highest. */
static inline uint64_t hone_csv_digits(__m128i digits)
{
    const __m128i tens = _mm_set1_epi16(0x010a);
    const __m128i hundreds = _mm_set1_epi32(0x00010064);
    const __m128i myriads = _mm_set1_epi32(0x00012710);
    __m128i two = _mm_maddubs_epi16(digits, tens);
    __m128i four = _mm_madd_epi16(two, hundreds);
    __m128i eight = _mm_madd_epi16(_mm_packus_epi32(four, four), myriads);
    uint64_t both = (uint64_t)_mm_cvtsi128_si64(eight);

    return (both & 0xffffffffu) * 100000000u + (both >> 32);
}

/* What hone_csv_reals and hone_csv_ints call plain; *behind is the digits behind the point. */
struct hone_csv_number {
    uint64_t m;
    unsigned behind;
    bool minus, whole;
};

static inline bool hone_csv_number(const char *p, unsigned len, struct hone_csv_number *out)
{
    __m128i text;
    __m128i digits;
    unsigned in;
    unsigned odd;
    unsigned point;
    unsigned at;
    unsigned n;

    out->minus = *p == '-';
    p += out->minus;
    len -= out->minus;
    if (len - 1 > 15) {
        return false;
    }
    in = (1u << len) - 1;
    text = _mm_loadu_si128((const __m128i *)(const void *)p);
    digits = _mm_sub_epi8(text, _mm_set1_epi8('0'));
    odd = in & (unsigned)_mm_movemask_epi8(
                   _mm_cmpeq_epi8(_mm_max_epu8(digits, _mm_set1_epi8(10)), digits));
    point = in & (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(text, _mm_set1_epi8('.')));
    if (odd != point || (point & (point - 1)) != 0 || (len == 1 && point != 0)) {
        return false;
    }
    at = (unsigned)__builtin_ctz(point | 0x10000u);
    n = len - (point != 0);
    out->whole = point == 0;
    out->behind = point != 0 ? n - at : 0;
    digits = _mm_shuffle_epi8(
        digits, _mm_loadu_si128((const __m128i *)(const void *)hone_csv_leave_out[at]));
    digits = _mm_shuffle_epi8(
        digits, _mm_loadu_si128((const __m128i *)(const void *)(hone_csv_to_end + n)));
    out->m = hone_csv_digits(digits);
    return true;
}

static inline size_t hone_csv_simd_reals(const struct hone_csv_cells *cells, size_t row,
                                         double *value, uint64_t *missing)
{
    const struct hone_field *field = cells->field + row * cells->stride;

    for (; row < cells->rows; row++, field += cells->stride) {
        struct hone_csv_number number;
        double x;
        if (field->len == 0) {
            missing[row / 64] |= UINT64_C(1) << (row % 64);
            value[row] = 0;
            continue;
        }
        if (field->len > 17 || !hone_csv_number(cells->base + field->at, field->len, &number) ||
            number.m > UINT64_C(1) << 53) {
            break;
        }
        x = (double)(int64_t)number.m / hone_csv_power[number.behind];
        value[row] = number.minus ? -x : x;
    }
    return row;
}

static inline size_t hone_csv_simd_ints(const struct hone_csv_cells *cells, size_t row,
                                        int64_t *value, uint64_t *missing)
{
    const struct hone_field *field = cells->field + row * cells->stride;

    for (; row < cells->rows; row++, field += cells->stride) {
        struct hone_csv_number number;
        if (field->len == 0) {
            missing[row / 64] |= UINT64_C(1) << (row % 64);
            value[row] = 0;
            continue;
        }
        if (field->len > 17 || !hone_csv_number(cells->base + field->at, field->len, &number) ||
            !number.whole) {
            break;
        }
        value[row] = number.minus ? -(int64_t)number.m : (int64_t)number.m;
    }
    return row;
}

#endif
