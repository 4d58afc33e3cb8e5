/* Products with AVX2 and FMA: 6 rows by 2 vectors of sums, each half of a panel in turn. */
#ifdef __AVX2__
#include <immintrin.h>

#include "tensor/gemm_priv.h"

#define ROWS 6

static inline __attribute__((always_inline)) void rows(size_t m,
                                                       const struct hone_block_product *g)
{
    const float *a = g->a, *panel = g->panel;
    size_t k = g->k, ra = g->ra, ca = g->ca, ro = g->ro;
    float *out = g->out;
    __m256 c[ROWS][2];

    HONE_UNROLL
    for (size_t i = 0; i < m; i++) {
        c[i][0] = _mm256_loadu_ps(out + i * ro);
        c[i][1] = _mm256_loadu_ps(out + i * ro + 8);
    }
    for (size_t p = 0; p < k; p++) {
        __m256 x = _mm256_loadu_ps(panel + p * HONE_GEMM_WIDE);
        __m256 y = _mm256_loadu_ps(panel + p * HONE_GEMM_WIDE + 8);
        HONE_UNROLL
        for (size_t i = 0; i < m; i++) {
            __m256 w = _mm256_broadcast_ss(a + i * ra + p * ca);
            c[i][0] = _mm256_fmadd_ps(w, x, c[i][0]);
            c[i][1] = _mm256_fmadd_ps(w, y, c[i][1]);
        }
    }
    HONE_UNROLL
    for (size_t i = 0; i < m; i++) {
        _mm256_storeu_ps(out + i * ro, c[i][0]);
        _mm256_storeu_ps(out + i * ro + 8, c[i][1]);
    }
}

/* Sixteen columns. */
static void half(const struct hone_block_product *g)
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
    default:
        rows(ROWS, g);
    }
}

static void block(const struct hone_block_product *g)
{
    for (size_t j = 0; j < g->n; j += 16) {
        float some[ROWS * 16] = {0};
        size_t width = g->n - j < 16 ? g->n - j : 16;
        struct hone_block_product part = *g;
        part.panel += j;
        part.out += j;
        if (width == 16) {
            half(&part);
            continue;
        }
        for (size_t i = 0; i < g->m * width; i++) {
            some[i / width * 16 + i % width] = part.out[i / width * g->ro + i % width];
        }
        part.out = some;
        part.ro = 16;
        half(&part);
        for (size_t i = 0; i < g->m * width; i++) {
            g->out[i / width * g->ro + j + i % width] = some[i / width * 16 + i % width];
        }
    }
}

static void axpy(size_t n, float w, const float *x, size_t step, float *y)
{
    __m256 all = _mm256_set1_ps(w);
    size_t i = 0;

    for (; step == 1 && i + 8 <= n; i += 8) {
        _mm256_storeu_ps(y + i,
                         _mm256_fmadd_ps(all, _mm256_loadu_ps(x + i), _mm256_loadu_ps(y + i)));
    }
    for (; i < n; i++) {
        y[i] = __builtin_fmaf(w, x[i * step], y[i]);
    }
}

const struct hone_gemm_kernels hone_gemm_avx2 = {ROWS, block, axpy};
#else
typedef int hone_gemm_no_avx2; /* a file must hold something */
#endif
