/*
 * graph/small_priv.h - numbers of eight bits and less: one byte each in memory, packed in files
 *
 * Source: ONNX technical notes on float 8, float 4, int 4 and int 2; OCP 8-bit Floating Point Specification 1.0.
 */
#ifndef HONE_GRAPH_SMALL_PRIV_H
#define HONE_GRAPH_SMALL_PRIV_H

#include "tensor/tensor.h"

static inline bool hone_is_small(enum hone_dtype type)
{
    return type >= HONE_F8E4M3FN && type <= HONE_I2;
}
static inline bool hone_is_small_int(enum hone_dtype type)
{
    return type == HONE_U4 || type == HONE_I4 || type == HONE_U2 || type == HONE_I2;
}
/* Bits in files: 2, 4 or 8. */
size_t hone_small_bits(enum hone_dtype type);

float hone_small_value(enum hone_dtype type, uint8_t code);
/*
 * The nearest, ties to even.  What is too large becomes the largest with saturate, and always in float4; else infinity or
 * NaN.  float8e8m0 is rounded up to a power of two.  Integers are cut towards zero, of what is too large the low bits.
 */
uint8_t hone_small_code(enum hone_dtype type, float x, bool saturate);

/* n elements, packed low bits first, to one byte each and back. */
void hone_small_unpack(enum hone_dtype type, size_t n, const uint8_t *packed, uint8_t *out);
void hone_small_pack(enum hone_dtype type, size_t n, const uint8_t *in, uint8_t *packed);

#endif
