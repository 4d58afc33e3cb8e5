/* Products with AVX2 and FMA: 6 rows by 2 vectors of sums, each half of a panel in turn. */
#ifdef __AVX2__
#include <immintrin.h>

#include "tensor/gemm_priv.h"

#define ROWS 6

static inline __attribute__((always_inline)) void rows(size_t m, size_t k, const float *a,
                                                       size_t ra, size_t ca, const float *panel,
                                                       float *out, size_t ro)
{
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
static void half(size_t m, size_t k, const float *a, size_t ra, size_t ca, const float *panel,
                 float *out, size_t ro)
{
    switch (m) {
#define CASE(M)                                                                                \
    case M:                                                                                    \
        rows(M, k, a, ra, ca, panel, out, ro);                                                 \
        return;
        CASE(1)
        CASE(2)
        CASE(3)
        CASE(4)
        CASE(5)
    default:
        rows(ROWS, k, a, ra, ca, panel, out, ro);
    }
}

static void block(size_t m, size_t n, size_t k, const float *a, size_t ra, size_t ca,
                  const float *panel, float *out, size_t ro)
{
    for (size_t j = 0; j < n; j += 16) {
        float part[ROWS * 16] = {0};
        size_t width = n - j < 16 ? n - j : 16;
        if (width == 16) {
            half(m, k, a, ra, ca, panel + j, out + j, ro);
            continue;
        }
        for (size_t i = 0; i < m * width; i++) {
            part[i / width * 16 + i % width] = out[i / width * ro + j + i % width];
        }
        half(m, k, a, ra, ca, panel + j, part, 16);
        for (size_t i = 0; i < m * width; i++) {
            out[i / width * ro + j + i % width] = part[i / width * 16 + i % width];
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
