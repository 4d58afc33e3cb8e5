#include <string.h>

#include "base/cpu.h"
#include "base/pool.h"
#include "tensor/gemm_priv.h"

#define WIDE HONE_GEMM_WIDE
/* Of k at once: a part of a panel that stays in the first-level cache while rows pass by. */
#define DEEP ((size_t)256)
/* Multiplications from which a product is cut into chunks, and the sides of those. */
#define PARALLEL    ((size_t)1 << 21)
#define CHUNK_ROWS  ((size_t)96)
#define CHUNK_WIDTH (WIDE * 8)

/* --- portable kernels --------------------------------------------------------------------------------- */

static void plain_block(size_t m, size_t n, size_t k, const float *a, size_t ra, size_t ca,
                        const float *panel, float *out, size_t ro)
{
    for (size_t i = 0; i < m; i++) {
        float *row = out + i * ro;
        for (size_t p = 0; p < k; p++) {
            float w = a[i * ra + p * ca];
            for (size_t j = 0; j < n; j++) {
                row[j] += w * panel[p * WIDE + j];
            }
        }
    }
}

static void plain_axpy(size_t n, float w, const float *x, size_t step, float *y)
{
    for (size_t i = 0; i < n; i++) {
        y[i] += w * x[i * step];
    }
}

const struct hone_gemm_kernels hone_gemm_plain = {4, plain_block, plain_axpy};

static const struct hone_gemm_kernels *kernels(void)
{
#ifdef __x86_64__
    if (hone_cpu_avx512()) {
        return &hone_gemm_avx512;
    }
    if (hone_cpu_avx2()) {
        return &hone_gemm_avx2;
    }
#endif
    return &hone_gemm_plain;
}

/* --- products ------------------------------------------------------------------------------------------- */

size_t hone_gemm_room(size_t k, size_t n)
{
    size_t panels = n / WIDE + (n % WIDE != 0);
    return hone_product(hone_product(panels, WIDE), k);
}

void hone_gemm_pack(size_t k, size_t n, const float *b, size_t rb, size_t cb, float *packed)
{
    for (size_t j = 0; j < n; j += WIDE) {
        size_t width = n - j < WIDE ? n - j : WIDE;
        for (size_t p = 0; p < k; p++, packed += WIDE) {
            const float *from = b + p * rb + j * cb;
            if (cb == 1) {
                memcpy(packed, from, width * sizeof *from);
            } else {
                for (size_t i = 0; i < width; i++) {
                    packed[i] = from[i * cb];
                }
            }
            memset(packed + width, 0, (WIDE - width) * sizeof *packed);
        }
    }
}

/* Rows and columns from .. to of the whole; columns begin with a panel. */
static void part(const struct hone_gemm *g, size_t row, size_t row_end, size_t col,
                 size_t col_end)
{
    const struct hone_gemm_kernels *use = kernels();

    for (size_t p = 0; p < g->k; p += DEEP) {
        size_t deep = g->k - p < DEEP ? g->k - p : DEEP;
        for (size_t j = col; j < col_end; j += WIDE) {
            const float *panel = g->packed + j * g->k + p * WIDE;
            for (size_t i = row; i < row_end; i += use->rows) {
                use->block(row_end - i < use->rows ? row_end - i : use->rows,
                           col_end - j < WIDE ? col_end - j : WIDE, deep,
                           g->a + i * g->ra + p * g->ca, g->ra, g->ca, panel,
                           g->out + i * g->ro + j, g->ro);
            }
        }
    }
}

void hone_gemm(const struct hone_gemm *g)
{
    part(g, 0, g->m, 0, g->n);
}

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void chunk(void *ctx, size_t at, size_t worker)
{
    const struct hone_gemm *g = ctx;
    size_t across = (g->n + CHUNK_WIDTH - 1) / CHUNK_WIDTH;
    size_t row = at / across * CHUNK_ROWS, col = at % across * CHUNK_WIDTH;
    (void)worker;
    part(g, row, min(row + CHUNK_ROWS, g->m), col, min(col + CHUNK_WIDTH, g->n));
}

void hone_gemm_parallel(struct hone_run *run, const struct hone_gemm *g)
{
    struct hone_gemm own = *g;

    if (run->pool == NULL || hone_product(hone_product(g->m, g->n), g->k) < PARALLEL) {
        hone_gemm(g);
        return;
    }
    hone_parallel(
        run, (g->m + CHUNK_ROWS - 1) / CHUNK_ROWS * ((g->n + CHUNK_WIDTH - 1) / CHUNK_WIDTH),
        chunk, &own);
}

void hone_axpy(size_t n, float w, const float *x, size_t step, float *y)
{
    kernels()->axpy(n, w, x, step, y);
}
