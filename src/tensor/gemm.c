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

static void plain_block(const struct hone_block_product *g)
{
    for (size_t i = 0; i < g->m; i++) {
        float *row = g->out + i * g->ro;
        for (size_t p = 0; p < g->k; p++) {
            float w = g->a[i * g->ra + p * g->ca];
            for (size_t j = 0; j < g->n; j++) {
                row[j] += w * g->panel[p * WIDE + j];
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

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
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
                struct hone_block_product b = {
                    .m = min(row_end - i, use->rows),
                    .n = min(col_end - j, WIDE),
                    .k = deep,
                    .a = g->a + i * g->ra + p * g->ca,
                    .ra = g->ra,
                    .ca = g->ca,
                    .panel = panel,
                    .out = g->out + i * g->ro + j,
                    .ro = g->ro,
                };
                use->block(&b);
            }
        }
    }
}

void hone_gemm(const struct hone_gemm *g)
{
    part(g, 0, g->m, 0, g->n);
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
