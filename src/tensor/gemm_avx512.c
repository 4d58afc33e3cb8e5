/* Products with AVX-512: 12 rows by 2 vectors of sums. */
#ifdef __AVX512F__
#include <immintrin.h>

#include "tensor/gemm_priv.h"

#define ROWS 12

static inline __attribute__((always_inline)) void rows(size_t m,
                                                       const struct hone_block_product *g)
{
    const float *a = g->a, *panel = g->panel;
    size_t n = g->n, k = g->k, ra = g->ra, ca = g->ca, ro = g->ro;
    float *out = g->out;
    __m512 c[ROWS][2];
    __mmask16 low = (__mmask16)(n >= 16 ? 0xffff : (1u << n) - 1);
    __mmask16 high = (__mmask16)(n >= 32 ? 0xffff : n > 16 ? (1u << (n - 16)) - 1 : 0);

    HONE_UNROLL
    for (size_t i = 0; i < m; i++) {
        c[i][0] = _mm512_maskz_loadu_ps(low, out + i * ro);
        c[i][1] = _mm512_maskz_loadu_ps(high, out + i * ro + 16);
    }
    for (size_t p = 0; p < k; p++) {
        __m512 x = _mm512_loadu_ps(panel + p * HONE_GEMM_WIDE);
        __m512 y = _mm512_loadu_ps(panel + p * HONE_GEMM_WIDE + 16);
        HONE_UNROLL
        for (size_t i = 0; i < m; i++) {
            __m512 w = _mm512_set1_ps(a[i * ra + p * ca]);
            c[i][0] = _mm512_fmadd_ps(w, x, c[i][0]);
            c[i][1] = _mm512_fmadd_ps(w, y, c[i][1]);
        }
    }
    HONE_UNROLL
    for (size_t i = 0; i < m; i++) {
        _mm512_mask_storeu_ps(out + i * ro, low, c[i][0]);
        _mm512_mask_storeu_ps(out + i * ro + 16, high, c[i][1]);
    }
}

static void block(const struct hone_block_product *g)
{
    switch (g->m) {
#define CASE(M)                                                                                \
    case M:                                                                                    \
        rows(M, g);                                                                            \
        return;
        CASE(1)
        CASE(2)
        CASE(3)
        CASE(4)
        CASE(5)
        CASE(6)
        CASE(7)
        CASE(8)
        CASE(9)
        CASE(10)
        CASE(11)
    default:
        rows(ROWS, g);
    }
}

static void axpy(size_t n, float w, const float *x, size_t step, float *y)
{
    __m512 all = _mm512_set1_ps(w);
    size_t i = 0;

    for (; step == 1 && i < n; i += 16) {
        __mmask16 some = (__mmask16)(n - i >= 16 ? 0xffff : (1u << (n - i)) - 1);
        __m512 sum = _mm512_fmadd_ps(all, _mm512_maskz_loadu_ps(some, x + i),
                                     _mm512_maskz_loadu_ps(some, y + i));
        _mm512_mask_storeu_ps(y + i, some, sum);
    }
    for (; i < n; i++) {
        y[i] = __builtin_fmaf(w, x[i * step], y[i]);
    }
}

const struct hone_gemm_kernels hone_gemm_avx512 = {ROWS, block, axpy};
#else
typedef int hone_gemm_no_avx512; /* a file must hold something */
#endif
