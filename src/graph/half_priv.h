/*
 * graph/half_priv.h - sixteen-bit floats, to and from float32
 *
 * Source: IEEE 754 binary16; bfloat16 is the upper half of a float32.  Rounding is to nearest, ties to even.
 */
#ifndef HONE_GRAPH_HALF_PRIV_H
#define HONE_GRAPH_HALF_PRIV_H

#include <stdint.h>
#include <string.h>

static inline float hone_from_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline uint32_t hone_to_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float hone_from_f16(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16;
    uint32_t exponent = h >> 10 & 31;
    uint32_t fraction = h & 1023;

    if (exponent == 31) {
        return hone_from_bits(sign | 0x7f800000 | fraction << 13);
    }
    if (exponent == 0) {
        float x = (float)fraction * 0x1p-24f; /* subnormal */
        return sign != 0 ? -x : x;
    }
    return hone_from_bits(sign | (exponent + 112) << 23 | fraction << 13);
}

/* To nearest, ties to even: the scaled value is rounded by the addition itself. */
static inline uint16_t hone_to_f16(float x)
{
    uint32_t bits = hone_to_bits(x);
    uint32_t sign = bits >> 16 & 0x8000;
    uint32_t magnitude = bits & 0x7fffffff;

    if (magnitude > 0x7f800000) {
        return (uint16_t)(sign | 0x7e00); /* NaN */
    }
    if (magnitude >= 0x47800000) {
        return (uint16_t)(sign | 0x7c00);
    }
    if (magnitude < 0x38800000) { /* below the smallest normal: multiples of 2^-24 */
        float scaled = hone_from_bits(magnitude) + 0.5f;
        return (uint16_t)(sign | (hone_to_bits(scaled) - hone_to_bits(0.5f)));
    }
    magnitude += 0xfff + (magnitude >> 13 & 1);
    return (uint16_t)(sign | (magnitude - 0x38000000) >> 13);
}

static inline float hone_from_bf16(uint16_t h)
{
    return hone_from_bits((uint32_t)h << 16);
}

static inline uint16_t hone_to_bf16(float x)
{
    uint32_t bits = hone_to_bits(x);
    if ((bits & 0x7fffffff) > 0x7f800000) {
        return (uint16_t)(bits >> 16 | 0x40);
    }
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

#endif
