/*
 * tensor/gemm_priv.h - the inner kernels of products, one set per kind of processor
 */
#ifndef HONE_TENSOR_GEMM_PRIV_H
#define HONE_TENSOR_GEMM_PRIV_H

#include "tensor/gemm.h"

/* out (m, n) += a (m, k) panel (k, HONE_GEMM_WIDE), strides as in struct hone_gemm. */
struct hone_block_product {
    size_t m, n, k; /* m at most the kernel's rows, n at most HONE_GEMM_WIDE */
    const float *a;
    size_t ra, ca;
    const float *panel;
    float *out;
    size_t ro;
};

struct hone_gemm_kernels {
    size_t rows; /* at most, of one call */
    void (*block)(const struct hone_block_product *b);
    void (*axpy)(size_t n, float w, const float *x, size_t step, float *y);
};

extern const struct hone_gemm_kernels hone_gemm_plain;
#ifdef __x86_64__
extern const struct hone_gemm_kernels hone_gemm_avx2;
extern const struct hone_gemm_kernels hone_gemm_avx512;
#endif

/* Loops over the rows and columns of a block are unrolled, so that its sums stay in registers. */
#ifdef __clang__
#define HONE_UNROLL _Pragma("unroll")
#else
#define HONE_UNROLL _Pragma("GCC unroll 16")
#endif

#endif
