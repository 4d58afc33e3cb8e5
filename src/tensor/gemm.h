/*
 * tensor/gemm.h - products of float matrices
 *
 * out (m, n) += a (m, k) b (k, n).  Each element of out is summed alone, over k from the first to the last, with fused
 * multiply-add where the processor has it: its bits depend neither on m and n, nor on where the row lies among others,
 * nor on threads, and are the same with AVX2 and with AVX-512.  The right side is packed first into panels of
 * HONE_GEMM_WIDE columns, once where it is a constant.
 * Source: Goto & van de Geijn, Anatomy of High-Performance Matrix Multiplication, TOMS 2008.
 */
#ifndef HONE_TENSOR_GEMM_H
#define HONE_TENSOR_GEMM_H

#include "base/run.h"

#define HONE_GEMM_WIDE ((size_t)32)

/* Floats that b (k, n) takes when packed; SIZE_MAX when that is too many. */
size_t hone_gemm_room(size_t k, size_t n);
/* Element (p, j) of b is b[p * rb + j * cb].  packed: hone_gemm_room floats. */
void hone_gemm_pack(size_t k, size_t n, const float *b, size_t rb, size_t cb, float *packed);

/* Element (i, p) of a is a[i * ra + p * ca]; row i of out begins at out[i * ro]. */
struct hone_gemm {
    size_t m, n, k;
    const float *a;
    size_t ra, ca;
    const float *packed;
    float *out;
    size_t ro;
};
void hone_gemm(const struct hone_gemm *g);
/* The same in parallel over run->pool where it is large. */
void hone_gemm_parallel(struct hone_run *run, const struct hone_gemm *g);

/* y (n) += w x (n), x moving by step.  As one term of the sums above. */
void hone_axpy(size_t n, float w, const float *x, size_t step, float *y);

#endif
