/* Sparse products with AVX2: the sums of 16 elements stay in registers.  No fused multiply-add: bits as everywhere. */
#ifdef __AVX2__
#include <immintrin.h>

#include "tensor/sparse_priv.h"

static void add16(size_t n, size_t count, const uint32_t *col, const float *value,
                  const double *x, double *out)
{
    __m256d a = _mm256_loadu_pd(out), b = _mm256_loadu_pd(out + 4);
    __m256d c = _mm256_loadu_pd(out + 8), d = _mm256_loadu_pd(out + 12);
    for (size_t k = 0; k < count; k++) {
        const double *row = x + col[k] * n;
        __m256d v = _mm256_set1_pd((double)value[k]);
        a = _mm256_add_pd(a, _mm256_mul_pd(v, _mm256_loadu_pd(row)));
        b = _mm256_add_pd(b, _mm256_mul_pd(v, _mm256_loadu_pd(row + 4)));
        c = _mm256_add_pd(c, _mm256_mul_pd(v, _mm256_loadu_pd(row + 8)));
        d = _mm256_add_pd(d, _mm256_mul_pd(v, _mm256_loadu_pd(row + 12)));
    }
    _mm256_storeu_pd(out, a);
    _mm256_storeu_pd(out + 4, b);
    _mm256_storeu_pd(out + 8, c);
    _mm256_storeu_pd(out + 12, d);
}

static void add4(size_t n, size_t count, const uint32_t *col, const float *value,
                 const double *x, double *out)
{
    __m256d a = _mm256_loadu_pd(out);
    for (size_t k = 0; k < count; k++) {
        __m256d v = _mm256_set1_pd((double)value[k]);
        a = _mm256_add_pd(a, _mm256_mul_pd(v, _mm256_loadu_pd(x + col[k] * n)));
    }
    _mm256_storeu_pd(out, a);
}

void hone_sparse_add_avx2(size_t n, size_t count, const uint32_t *col, const float *value,
                          const double *x, double *out)
{
    size_t s = 0;
    for (; s + 16 <= n; s += 16) {
        add16(n, count, col, value, x + s, out + s);
    }
    for (; s + 4 <= n; s += 4) {
        add4(n, count, col, value, x + s, out + s);
    }
    for (; s < n; s++) {
        double sum = out[s];
        for (size_t k = 0; k < count; k++) {
            sum += (double)value[k] * x[col[k] * n + s];
        }
        out[s] = sum;
    }
}
#else
typedef int hone_sparse_no_avx2; /* a file must hold something */
#endif
