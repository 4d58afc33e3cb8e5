/*
 * tensor/gemm_priv.h - the inner kernels of products, one set per kind of processor
 */
#ifndef HONE_TENSOR_GEMM_PRIV_H
#define HONE_TENSOR_GEMM_PRIV_H

#include "tensor/gemm.h"

struct hone_gemm_kernels {
    size_t rows; /* at most, of one call */
    /* out (m, n) += a (m, k) panel (k, HONE_GEMM_WIDE), with m <= rows and n <= HONE_GEMM_WIDE. */
    void (*block)(size_t m, size_t n, size_t k, const float *a, size_t ra, size_t ca,
                  const float *panel, float *out, size_t ro);
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
