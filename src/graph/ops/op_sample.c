/* Elements taken between the pixels of an image: GridSample, AffineGrid, RoiAlign. */
#include <math.h>

#include "base/pool.h"
#include "graph/op_head_priv.h"
#include "graph/walk_priv.h"

#define AXES 3

/* --- GridSample --------------------------------------------------------------------------------------------- */

enum { LINEAR, NEAREST, CUBIC };
enum { ZEROS, BORDER, REFLECTION };

static enum hone_code infer_grid_sample(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_shape *x = &site->in[0], *grid = &site->in[1];
    struct hone_shape *out = &site->out[0];
    size_t axes;

    *out = (struct hone_shape){.type = x->type};
    HONE_TRY(hone_site_like_first(run, site, 1));
    if (!x->ranked || !grid->ranked) {
        return HONE_OK;
    }
    axes = x->rank < 3 ? 0 : x->rank - 2;
    if (axes < 1 || axes > AXES || grid->rank != x->rank ||
        (grid->dim[grid->rank - 1] >= 0 && grid->dim[grid->rank - 1] != (int64_t)axes) ||
        (x->dim[0] >= 0 && grid->dim[0] >= 0 && x->dim[0] != grid->dim[0])) {
        return hone_fail(run, HONE_E_SHAPE, "images of rank %zu, a grid of rank %zu", x->rank,
                         grid->rank);
    }
    hone_shape_set(out, x->type, x->rank, x->dim);
    for (size_t k = 0; k < axes; k++) {
        out->dim[2 + k] = grid->dim[1 + k];
    }
    return HONE_OK;
}

struct sampler {
    int mode, padding;
    bool corners;
    size_t axes, dim[AXES];
};

/* -1 .. 1 to pixels. */
static double pixel(const struct sampler *s, double x, size_t n)
{
    return s->corners ? (x + 1) / 2 * ((double)n - 1) : ((x + 1) * (double)n - 1) / 2;
}

static double reflected(double x, double low, double high)
{
    double span = high - low, d, times;
    if (span <= 0) {
        return low;
    }
    d = x < low ? low - x : x > high ? x - high : -1;
    if (d < 0) {
        return x;
    }
    times = floor(d / span);
    d -= times * span;
    return (fmod(times, 2) == 0) == (x < low) ? low + d : high - d;
}

/* A pixel's index after padding; -1: zero. */
static int64_t inside(const struct sampler *s, double i, size_t n)
{
    double last = (double)n - 1;
    if (i >= 0 && i <= last) {
        return (int64_t)i;
    }
    if (s->padding == ZEROS || n == 0) {
        return -1;
    }
    if (s->padding == BORDER) {
        return i < 0 ? 0 : (int64_t)last;
    }
    i = s->corners ? reflected(i, 0, last) : reflected(i, -0.5, last + 0.5);
    return (int64_t)fmin(fmax(rint(i), 0), last);
}

/* The taps of one axis at x: up to four indices and weights. */
static size_t taps_at(const struct sampler *s, double x, size_t n, int64_t at[4], double w[4])
{
    double base = floor(x), t = x - base, a = -0.75;

    if (s->mode == NEAREST) {
        at[0] = inside(s, rint(x), n);
        w[0] = 1;
        return 1;
    }
    if (s->mode == LINEAR) {
        for (size_t k = 0; k < 2; k++) {
            at[k] = inside(s, base + (double)k, n);
            w[k] = k == 0 ? 1 - t : t;
        }
        return 2;
    }
    for (size_t k = 0; k < 4; k++) {
        double d = fabs((double)k - 1 - t);
        at[k] = inside(s, base - 1 + (double)k, n);
        w[k] = d <= 1 ? (a + 2) * d * d * d - (a + 3) * d * d + 1
                      : a * d * d * d - 5 * a * d * d + 8 * a * d - 4 * a;
    }
    return 4;
}

/* Where a point falls in the image, with its padding. */
static double place_of(const struct sampler *s, double v, size_t n)
{
    double x = pixel(s, v, n), last = (double)n - 1;
    if (s->mode == CUBIC) {
        /* Its taps are padded one by one. */
        return x == x && fabs(x) < 1e9 ? x : -1e9;
    }
    if (s->padding == BORDER) {
        x = fmin(fmax(x, 0), last);
    } else if (s->padding == REFLECTION) {
        x = s->corners ? reflected(x, 0, last)
                       : fmin(fmax(reflected(x, -0.5, last + 0.5), 0), last);
    }
    return x == x && fabs(x) < 1e9 ? x : -1e9;
}

struct points {
    size_t taps[AXES];
    int64_t at[AXES][4];
    double w[AXES][4];
};

static double weighted(const struct sampler *s, const struct points *p,
                       const struct hone_tensor *x, size_t first)
{
    size_t total = 1;
    double sum = 0;

    for (size_t k = 0; k < s->axes; k++) {
        total *= p->taps[k];
    }
    for (size_t i = 0; i < total; i++) {
        size_t rest = i, at = 0, scale = 1;
        double w = 1;
        bool zero = false;
        for (size_t k = s->axes; k-- > 0; rest /= p->taps[k], scale *= s->dim[k]) {
            size_t tap = rest % p->taps[k];
            zero = zero || p->at[k][tap] < 0;
            at += zero ? 0 : (size_t)p->at[k][tap] * scale;
            w *= p->w[k][tap];
        }
        sum += zero ? 0 : w * hone_tensor_real(x, first + at);
    }
    return sum;
}

static enum hone_code grid_sample(struct hone_run *run, const struct hone_call *call)
{
    static const char *const modes[] = {"linear", "nearest", "cubic", NULL};
    static const char *const paddings[] = {"zeros", "border", "reflection", NULL};
    const struct hone_tensor *x = call->in[0], *grid = call->in[1], *out = call->out[0];
    struct hone_str mode = hone_op_text(call->node, "mode", "linear");
    struct sampler s = {.axes = x->rank - 2};
    size_t points = 1, plane = 1;

    if (hone_str_is(mode, "bilinear") || hone_str_is(mode, "bicubic")) { /* before version 20 */
        s.mode = hone_str_is(mode, "bilinear") ? LINEAR : CUBIC;
    } else {
        HONE_TRY(hone_op_word(run, call->node, "mode", "linear", modes, &s.mode));
    }
    HONE_TRY(hone_op_word(run, call->node, "padding_mode", "zeros", paddings, &s.padding));
    s.corners = hone_op_int(call->node, "align_corners", 0) != 0;
    for (size_t k = 0; k < s.axes; k++) {
        s.dim[k] = x->dim[2 + k];
        points *= out->dim[2 + k];
        plane *= s.dim[k];
    }
    for (size_t i = 0; i < x->dim[0] * points; i++) {
        struct points p;
        for (size_t k = 0; k < s.axes; k++) { /* the grid has the last axis first */
            double v = hone_tensor_real(grid, i * s.axes + s.axes - 1 - k);
            p.taps[k] = taps_at(&s, place_of(&s, v, s.dim[k]), s.dim[k], p.at[k], p.w[k]);
        }
        for (size_t c = 0; c < x->dim[1]; c++) {
            size_t channel = i / points * x->dim[1] + c, at = channel * points + i % points;
            double v = plane == 0 ? 0 : weighted(&s, &p, x, channel * plane);
            if (out->type == HONE_F32) {
                ((float *)out->data)[at] = (float)v;
            } else {
                ((double *)out->data)[at] = v;
            }
        }
    }
    return HONE_OK;
}

/* --- AffineGrid ---------------------------------------------------------------------------------------------- */

static enum hone_code infer_affine(struct hone_run *run, const struct hone_site *site)
{
    HONE_SCRATCH(run);
    const int64_t *size = NULL;
    int64_t dim[HONE_RANK_MAX];
    size_t n = 0;
    bool known = false;

    site->out[0] = (struct hone_shape){.type = site->in[0].type};
    HONE_TRY(hone_site_ints(run, site, 1, &run->scratch, &size, &n, &known));
    if (!known) {
        return HONE_OK;
    }
    if (n != 4 && n != 5) {
        return hone_fail(run, HONE_E_SHAPE, "a size of %zu numbers, not 4 or 5", n);
    }
    dim[0] = size[0];
    for (size_t k = 2; k < n; k++) {
        dim[k - 1] = size[k];
    }
    dim[n - 1] = (int64_t)n - 2;
    for (size_t k = 0; k < n; k++) {
        if (dim[k] < 0) {
            return hone_fail(run, HONE_E_SHAPE, "a negative dimension");
        }
    }
    hone_shape_set(&site->out[0], site->in[0].type, n, dim);
    return HONE_OK;
}

static enum hone_code affine(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *theta = call->in[0], *out = call->out[0];
    bool corners = hone_op_int(call->node, "align_corners", 0) != 0;
    size_t axes = out->rank - 2, points = 1;

    for (size_t k = 0; k < axes; k++) {
        points *= out->dim[1 + k];
    }
    if (hone_tensor_count(theta) != out->dim[0] * axes * (axes + 1)) {
        return hone_fail(run, HONE_E_SHAPE, "theta of %zu elements", hone_tensor_count(theta));
    }
    for (size_t i = 0; i < out->dim[0] * points; i++) {
        double at[AXES] = {0};
        size_t rest = i % points;
        for (size_t k = axes; k-- > 0; rest /= out->dim[1 + k]) {
            double n = (double)out->dim[1 + k], p = (double)(rest % out->dim[1 + k]);
            at[axes - 1 - k] = !corners ? (2 * p + 1) / n - 1
                               : n == 1 ? -1
                                        : 2 * p / (n - 1) - 1;
        }
        for (size_t r = 0; r < axes; r++) {
            size_t row = (i / points * axes + r) * (axes + 1);
            double v = hone_tensor_real(theta, row + axes);
            for (size_t k = 0; k < axes; k++) {
                v += hone_tensor_real(theta, row + k) * at[k];
            }
            if (out->type == HONE_F32) {
                ((float *)out->data)[i * axes + r] = (float)v;
            } else {
                ((double *)out->data)[i * axes + r] = v;
            }
        }
    }
    return HONE_OK;
}

/* --- RoiAlign ------------------------------------------------------------------------------------------------ */

static enum hone_code infer_roi(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_shape *x = &site->in[0], *roi = &site->in[1];
    int64_t h = hone_op_int(site->node, "output_height", 1);
    int64_t w = hone_op_int(site->node, "output_width", 1);

    site->out[0] = (struct hone_shape){.type = x->type};
    HONE_TRY(hone_site_like_first(run, site, 1));
    if (site->in[2].type != HONE_I64) {
        return hone_fail(run, HONE_E_SHAPE, "batch indices of %s",
                         hone_dtype_name(site->in[2].type));
    }
    if (!x->ranked || !roi->ranked) {
        return HONE_OK;
    }
    if (x->rank != 4 || roi->rank != 2 || (roi->dim[1] >= 0 && roi->dim[1] != 4) || h < 1 ||
        w < 1) {
        return hone_fail(run, HONE_E_SHAPE, "images of rank %zu, regions of rank %zu", x->rank,
                         roi->rank);
    }
    hone_shape_set(&site->out[0], x->type, 4, (const int64_t[]){roi->dim[0], x->dim[1], h, w});
    return HONE_OK;
}

struct roi_state {
    bool half; /* pixels are half a step away from their index */
};

static enum hone_code prepare_roi(struct hone_run *run, const struct hone_site *site,
                                  struct hone_arena *mem, void *state)
{
    static const char *const words[] = {"output_half_pixel", "half_pixel", NULL};
    int word = 0;
    (void)mem;
    HONE_TRY(hone_op_word(run, site->node, "coordinate_transformation_mode",
                          site->version < 16 ? words[0] : words[1], words, &word));
    ((struct roi_state *)state)->half = word == 1;
    return HONE_OK;
}

struct region {
    double y, x, bin_h, bin_w; /* where it begins, and the size of an output's part */
    size_t grid_h, grid_w;     /* samples of a part */
};

static double sample(const float *image, size_t h, size_t w, double y, double x, bool max)
{
    size_t y0, x0, y1, x1;
    double ly, lx, part[4];

    if (y < -1 || y > (double)h || x < -1 || x > (double)w) {
        return 0;
    }
    y = fmax(y, 0);
    x = fmax(x, 0);
    y0 = (size_t)y < h - 1 ? (size_t)y : h - 1;
    x0 = (size_t)x < w - 1 ? (size_t)x : w - 1;
    y1 = y0 + 1 < h ? y0 + 1 : y0;
    x1 = x0 + 1 < w ? x0 + 1 : x0;
    ly = y0 == h - 1 ? 0 : y - (double)y0;
    lx = x0 == w - 1 ? 0 : x - (double)x0;
    part[0] = (1 - ly) * (1 - lx) * (double)image[y0 * w + x0];
    part[1] = (1 - ly) * lx * (double)image[y0 * w + x1];
    part[2] = ly * (1 - lx) * (double)image[y1 * w + x0];
    part[3] = ly * lx * (double)image[y1 * w + x1];
    return max ? fmax(fmax(part[0], part[1]), fmax(part[2], part[3]))
               : part[0] + part[1] + part[2] + part[3];
}

static double part_of(const struct region *r, const float *image, size_t h, size_t w, size_t ph,
                      size_t pw, bool max)
{
    double sum = 0, best = -HUGE_VAL;

    for (size_t a = 0; a < r->grid_h; a++) {
        for (size_t b = 0; b < r->grid_w; b++) {
            double y = r->y + ((double)ph + ((double)a + 0.5) / (double)r->grid_h) * r->bin_h;
            double x = r->x + ((double)pw + ((double)b + 0.5) / (double)r->grid_w) * r->bin_w;
            double v = sample(image, h, w, y, x, max);
            sum += v;
            best = fmax(best, v);
        }
    }
    return max ? best : sum / (double)(r->grid_h * r->grid_w);
}

static enum hone_code region_of(struct hone_run *run, const struct hone_call *call, size_t i,
                                struct region *r)
{
    const float *roi = (const float *)call->in[1]->data + i * 4;
    const struct hone_tensor *out = call->out[0];
    double scale = (double)hone_op_float(call->node, "spatial_scale", 1);
    int64_t ratio = hone_op_int(call->node, "sampling_ratio", 0);
    bool half = ((const struct roi_state *)call->state)->half;
    double shift = half ? 0.5 : 0, h, w;

    r->x = (double)roi[0] * scale - shift;
    r->y = (double)roi[1] * scale - shift;
    w = (double)roi[2] * scale - shift - r->x;
    h = (double)roi[3] * scale - shift - r->y;
    if (!half) { /* as before version 16: at least one pixel */
        w = fmax(w, 1);
        h = fmax(h, 1);
    }
    r->bin_h = h / (double)out->dim[2];
    r->bin_w = w / (double)out->dim[3];
    if (!(fabs(r->bin_h) < 4096 && fabs(r->bin_w) < 4096) || ratio > 4096 || ratio < 0) {
        return hone_fail(run, HONE_E_LIMIT, "region %zu is too large", i);
    }
    r->grid_h = ratio > 0 ? (size_t)ratio : (size_t)fmax(ceil(r->bin_h), 1);
    r->grid_w = ratio > 0 ? (size_t)ratio : (size_t)fmax(ceil(r->bin_w), 1);
    return HONE_OK;
}

static enum hone_code roi_align(struct hone_run *run, const struct hone_call *call)
{
    static const char *const words[] = {"avg", "max", NULL};
    const struct hone_tensor *x = call->in[0], *batch = call->in[2], *out = call->out[0];
    size_t h = x->dim[2], w = x->dim[3], plane = out->dim[2] * out->dim[3];
    float *y = out->data;
    int mode = 0;

    HONE_TRY(hone_op_word(run, call->node, "mode", "avg", words, &mode));
    if (hone_tensor_count(batch) != out->dim[0] || h * w == 0) {
        return hone_fail(run, HONE_E_SHAPE, "%zu batch indices for %zu regions",
                         hone_tensor_count(batch), out->dim[0]);
    }
    for (size_t i = 0; i < out->dim[0]; i++) {
        int64_t image = ((const int64_t *)batch->data)[i];
        struct region r = {0};
        HONE_TRY(hone_check_cancel(run));
        HONE_TRY(region_of(run, call, i, &r));
        if (image < 0 || image >= (int64_t)x->dim[0]) {
            return hone_fail(run, HONE_E_SHAPE, "image %lld of %zu", (long long)image,
                             x->dim[0]);
        }
        for (size_t c = 0; c < x->dim[1]; c++) {
            const float *from =
                (const float *)x->data + ((size_t)image * x->dim[1] + c) * h * w;
            for (size_t p = 0; p < plane; p++) {
                *y++ =
                    (float)part_of(&r, from, h, w, p / out->dim[3], p % out->dim[3], mode == 1);
            }
        }
    }
    return HONE_OK;
}

/* --- the operators -------------------------------------------------------------------------------------------- */

#define OP(variable, onnx, first, n_in, ...)                                                   \
    const struct hone_op hone_op_##variable = {                                                \
        HONE_OP_HEAD(onnx, first, n_in, n_in, 1),                                              \
        __VA_ARGS__,                                                                           \
    }

OP(grid_sample, "GridSample", 16, 2, .attrs = "align_corners:i mode:s padding_mode:s",
   .infer = infer_grid_sample, .forward = {[HONE_F32] = grid_sample, [HONE_F64] = grid_sample});
OP(affine_grid, "AffineGrid", 20, 2, .attrs = "align_corners:i", .reads = 2,
   .infer = infer_affine, .forward = {[HONE_F32] = affine, [HONE_F64] = affine});
OP(roi_align, "RoiAlign", 10, 3,
   .attrs = "coordinate_transformation_mode:s mode:s output_height:i output_width:i "
            "sampling_ratio:i spatial_scale:f",
   .state_size = sizeof(struct roi_state), .prepare = prepare_roi, .infer = infer_roi,
   .forward = {[HONE_F32] = roi_align});
