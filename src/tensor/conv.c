#include "tensor/conv.h"

#include <string.h>

#include "base/pool.h"
#include "tensor/gemm.h"

#define WIDE HONE_GEMM_WIDE
/* Output elements of a chunk: their windows, packed, are its right side. */
#define TILE (WIDE * 8)

struct job {
    const struct hone_conv *c;
    const float *x, *w, *bias;
    float *y;
    size_t in, out;       /* channels of a group */
    size_t pixels, tiles; /* of an output channel */
    size_t window;        /* elements */
    bool plain; /* a window of one element that is that of the output: nothing to gather */
};

static size_t volume(const size_t *dim)
{
    return dim[0] * dim[1] * dim[2];
}

/* Where index at * stride + tap * dilation - pad is inside of n. */
static bool inside(const struct hone_conv *c, size_t axis, size_t at, size_t tap, size_t *out)
{
    int64_t i = (int64_t)(at * c->stride[axis] + tap * c->dilation[axis]) - c->pad[axis];
    *out = (size_t)i;
    return i >= 0 && i < (int64_t)c->dim[axis];
}

/* Elements n of an output row from column `first`, as one tap of the window sees them, to out. */
static void tap_row(const struct hone_conv *c, const float *row, size_t first, size_t n,
                    size_t tap, float *out)
{
    int64_t step = (int64_t)c->stride[2];
    int64_t at = (int64_t)first * step + (int64_t)(tap * c->dilation[2]) - c->pad[2];
    int64_t width = (int64_t)c->dim[2];
    size_t i = 0;

    for (; i < n && at < 0; i++, at += step) {
        out[i] = 0;
    }
    if (step == 1 && i < n && at < width) {
        size_t some = (size_t)(width - at) < n - i ? (size_t)(width - at) : n - i;
        memcpy(out + i, row + at, some * sizeof *out);
        i += some;
        at += (int64_t)some;
    }
    for (; i < n && at < width; i++, at += step) {
        out[i] = row[at];
    }
    memset(out + i, 0, (n - i) * sizeof *out);
}

/* The windows of n output elements from `first`, n <= WIDE, as a panel of in * window rows. */
static void pack_panel(const struct job *j, const float *image, size_t first, size_t n,
                       float *panel)
{
    const struct hone_conv *c = j->c;
    size_t plane = volume(c->dim), width = c->size[2];

    for (size_t ch = 0; ch < j->in; ch++) {
        for (size_t t = 0; t < j->window; t++, panel += WIDE) {
            size_t tap[3] = {t / c->kernel[2] / c->kernel[1], t / c->kernel[2] % c->kernel[1],
                             t % c->kernel[2]};
            for (size_t i = 0; i < n;) {
                size_t at = first + i, col = at % width, run = width - col, d, h;
                run = run < n - i ? run : n - i;
                if (inside(c, 0, at / width / c->size[1], tap[0], &d) &&
                    inside(c, 1, at / width % c->size[1], tap[1], &h)) {
                    tap_row(c, image + ch * plane + (d * c->dim[1] + h) * c->dim[2], col, run,
                            tap[2], panel + i);
                } else {
                    memset(panel + i, 0, run * sizeof *panel);
                }
                i += run;
            }
            memset(panel + n, 0, (WIDE - n) * sizeof *panel);
        }
    }
}

static void fill(float *y, size_t n, const float *bias, size_t channel)
{
    float start = bias == NULL ? 0 : bias[channel];
    for (size_t i = 0; i < n; i++) {
        y[i] = start;
    }
}

/* A chunk: one tile of one group of one image. */
static enum hone_code conv_chunk(struct hone_run *run, void *ctx, size_t chunk)
{
    HONE_SCRATCH(run);
    const struct job *j = ctx;
    const struct hone_conv *c = j->c;
    size_t first = chunk % j->tiles * TILE, group = chunk / j->tiles % c->groups;
    size_t image = chunk / j->tiles / c->groups, k = j->in * j->window;
    size_t n = j->pixels - first < TILE ? j->pixels - first : TILE;
    const float *x = j->x + (image * c->in + group * j->in) * volume(c->dim);
    float *y = j->y + (image * c->out + group * j->out) * j->pixels + first, *packed;
    struct hone_gemm g = {j->out, n, k, j->w + group * j->out * k, k, 1, NULL, y, j->pixels};

    HONE_TRY(hone_check_cancel(run));
    HONE_TRY(hone_array(run, &run->scratch, &packed, hone_gemm_room(k, n)));
    if (j->plain) {
        hone_gemm_pack(k, n, x + first, j->pixels, 1, packed);
    }
    for (size_t i = 0; !j->plain && i < n; i += WIDE) {
        pack_panel(j, x, first + i, n - i < WIDE ? n - i : WIDE, packed + i * k);
    }
    for (size_t o = 0; o < j->out; o++) {
        fill(y + o * j->pixels, n, j->bias, group * j->out + o);
    }
    g.packed = packed;
    hone_gemm(&g);
    return HONE_OK;
}

/* Output columns from *first, *n of them, whose element under a tap of the last axis is inside. */
static void inner_columns(const struct hone_conv *c, size_t tap, size_t *first, size_t *n)
{
    int64_t shift = (int64_t)(tap * c->dilation[2]) - c->pad[2], step = (int64_t)c->stride[2];
    int64_t low = shift >= 0 ? 0 : (-shift + step - 1) / step;
    int64_t last = (int64_t)c->dim[2] - 1 - shift;
    int64_t high = last < 0 ? 0 : last / step + 1;

    high = high < (int64_t)c->size[2] ? high : (int64_t)c->size[2];
    *first = (size_t)low;
    *n = high > low ? (size_t)(high - low) : 0;
}

/* A chunk where groups have one channel each: rows of the output, tap by tap. */
static enum hone_code depth_chunk(struct hone_run *run, void *ctx, size_t chunk)
{
    const struct job *j = ctx;
    const struct hone_conv *c = j->c;
    size_t o = chunk % c->out, image = chunk / c->out;
    const float *x = j->x + (image * c->in + o / j->out) * volume(c->dim);
    const float *w = j->w + o * j->window;
    float *y = j->y + chunk * j->pixels;

    HONE_TRY(hone_check_cancel(run));
    fill(y, j->pixels, j->bias, o);
    for (size_t r = 0; r < c->size[0] * c->size[1]; r++, y += c->size[2]) {
        for (size_t t = 0; t < j->window; t++) {
            size_t tap = t % c->kernel[2], d, h, first, n;
            if (!inside(c, 0, r / c->size[1], t / c->kernel[2] / c->kernel[1], &d) ||
                !inside(c, 1, r % c->size[1], t / c->kernel[2] % c->kernel[1], &h)) {
                continue;
            }
            inner_columns(c, tap, &first, &n);
            if (n != 0) {
                size_t at = (size_t)((int64_t)(first * c->stride[2] + tap * c->dilation[2]) -
                                     c->pad[2]);
                hone_axpy(n, w[t], x + (d * c->dim[1] + h) * c->dim[2] + at, c->stride[2],
                          y + first);
            }
        }
    }
    return HONE_OK;
}

enum hone_code hone_conv(struct hone_run *run, const struct hone_conv *c, const float *x,
                         const float *w, const float *bias, float *y)
{
    struct job j = {.c = c, .x = x, .w = w, .bias = bias, .y = y};

    j.in = c->in / c->groups;
    j.out = c->out / c->groups;
    j.window = volume(c->kernel);
    j.pixels = volume(c->size);
    j.tiles = (j.pixels + TILE - 1) / TILE;
    j.plain = j.window == 1;
    for (size_t k = 0; k < HONE_CONV_AXES; k++) {
        j.plain = j.plain && c->stride[k] == 1 && c->pad[k] == 0 && c->size[k] == c->dim[k];
    }
    if (j.in == 1 && j.out <= 2) {
        return hone_parallel_try(run, j.pixels == 0 ? 0 : c->batch * c->out, depth_chunk, &j);
    }
    return hone_parallel_try(run, c->batch * c->groups * j.tiles, conv_chunk, &j);
}

/* --- transposed ------------------------------------------------------------------------------------------ */

/* The products of one channel's window, (window, size...), added where they belong. */
static void add_window(const struct hone_conv *c, const float *product, float *y)
{
    size_t window = volume(c->kernel), width = c->size[2];

    for (size_t t = 0; t < window; t++) {
        size_t tap = t % c->kernel[2], first, n;
        inner_columns(c, tap, &first, &n);
        for (size_t r = 0; r < c->size[0] * c->size[1]; r++, product += width) {
            size_t d, h, at;
            float *row;
            if (n == 0 || !inside(c, 0, r / c->size[1], t / c->kernel[2] / c->kernel[1], &d) ||
                !inside(c, 1, r % c->size[1], t / c->kernel[2] % c->kernel[1], &h)) {
                continue;
            }
            at = (size_t)((int64_t)(first * c->stride[2] + tap * c->dilation[2]) - c->pad[2]);
            row = y + (d * c->dim[1] + h) * c->dim[2] + at;
            for (size_t i = 0; i < n; i++) {
                row[i * c->stride[2]] += product[first + i];
            }
        }
    }
}

/* A chunk: one output channel of one image. */
static enum hone_code transposed_chunk(struct hone_run *run, void *ctx, size_t chunk)
{
    HONE_SCRATCH(run);
    const struct job *j = ctx;
    const struct hone_conv *c = j->c;
    size_t o = chunk % c->out, image = chunk / c->out, group = o / j->out, n = j->pixels;
    const float *x = j->x + (image * c->in + group * j->in) * n;
    float *y = j->y + chunk * volume(c->dim), *packed, *product;
    struct hone_gemm g = {.m = j->window, .n = n, .k = j->in, .ro = n};

    HONE_TRY(hone_check_cancel(run));
    HONE_TRY(hone_array(run, &run->scratch, &packed, hone_gemm_room(j->in, n)));
    HONE_TRY(hone_matrix(run, &run->scratch, &product, j->window, n));
    hone_gemm_pack(j->in, n, x, n, 1, packed);
    g.packed = packed;
    g.a = j->w + (group * j->in * j->out + o % j->out) * j->window;
    g.ra = 1;
    g.ca = j->out * j->window;
    g.out = product;
    hone_gemm(&g);
    fill(y, volume(c->dim), j->bias, o);
    add_window(c, product, y);
    return HONE_OK;
}

enum hone_code hone_conv_transposed(struct hone_run *run, const struct hone_conv *c,
                                    const float *x, const float *w, const float *bias, float *y)
{
    struct job j = {.c = c, .x = x, .w = w, .bias = bias, .y = y};

    j.in = c->in / c->groups;
    j.out = c->out / c->groups;
    j.window = volume(c->kernel);
    j.pixels = volume(c->size);
    return hone_parallel_try(run, c->batch * c->out, transposed_chunk, &j);
}
