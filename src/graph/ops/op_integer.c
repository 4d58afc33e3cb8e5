/* Products of quantized numbers, exact in int32: MatMulInteger, QLinearMatMul, ConvInteger, QLinearConv. */
#include <math.h>

#include "base/pool.h"
#include "graph/matmul_priv.h"
#include "graph/op_head_priv.h"
#include "graph/small_priv.h"
#include "graph/window_priv.h"

static int32_t element(const struct hone_tensor *t, size_t i)
{
    return t->type == HONE_U8 ? ((const uint8_t *)t->data)[i] : ((const int8_t *)t->data)[i];
}

static bool is_byte(enum hone_dtype type)
{
    return type == HONE_U8 || type == HONE_I8;
}

/*
 * The elements less their zero point, as int32.  The zero point is one for all, or one per index of an axis of t (or of
 * all axes up to that one, where it has as many).
 */
static enum hone_code centred(struct hone_run *run, const struct hone_tensor *t,
                              const struct hone_tensor *zero, size_t axis,
                              struct hone_arena *work, struct hone_tensor *out)
{
    size_t n = hone_tensor_count(t), zeros = zero == NULL ? 1 : hone_tensor_count(zero);
    struct hone_axis a = {1, 1, 1};
    int32_t *to;

    if (zero != NULL && (!is_byte(zero->type) || zero->type != t->type)) {
        return hone_fail(run, HONE_E_SHAPE, "a zero point of %s for %s",
                         hone_dtype_name(zero->type), hone_dtype_name(t->type));
    }
    if (zeros != 1) {
        a = hone_axis_of(t, axis);
        if (axis >= t->rank || (zeros != a.n && zeros != a.n * a.outer)) {
            return hone_fail(run, HONE_E_SHAPE, "%zu zero points", zeros);
        }
    }
    HONE_TRY(hone_tensor_new(run, HONE_I32, t->rank, t->dim, work, out));
    to = out->data;
    for (size_t i = 0; i < n; i++) {
        size_t at = zeros == 1 ? 0 : i / a.inner % zeros;
        to[i] = element(t, i) - (zero == NULL ? 0 : element(zero, at));
    }
    return HONE_OK;
}

static enum hone_code want_bytes(struct hone_run *run, const struct hone_site *site, size_t a,
                                 size_t b)
{
    return is_byte(site->in[a].type) && is_byte(site->in[b].type)
               ? HONE_OK
               : hone_fail(run, HONE_E_UNSUPPORTED, "inputs of %s and %s",
                           hone_dtype_name(site->in[a].type),
                           hone_dtype_name(site->in[b].type));
}

/* An int32 sum times a scale, around the zero point of the output's grid. */
static void put(const struct hone_tensor *out, size_t i, double v,
                const struct hone_tensor *zero)
{
    bool is_signed = out->type == HONE_I8;
    double low = is_signed ? -128 : 0, high = is_signed ? 127 : 255;
    v = rint(v) + (zero == NULL ? 0 : element(zero, 0));
    v = v < low ? low : v > high ? high : v == v ? v : 0;
    ((uint8_t *)out->data)[i] = (uint8_t)(int32_t)v;
}

/* --- MatMulInteger, QLinearMatMul -------------------------------------------------------------------------- */

/* The site as a product of its inputs a and b. */
static enum hone_code infer_product(struct hone_run *run, const struct hone_site *site,
                                    size_t a, size_t b, enum hone_dtype type)
{
    struct hone_shape in[2] = {site->in[a], site->in[b]};
    struct hone_site pair = *site;

    HONE_TRY(want_bytes(run, site, a, b));
    in[0].type = in[1].type = HONE_I32;
    pair.in = in;
    pair.inputs = 2;
    HONE_TRY(hone_infer_matmul(run, &pair));
    site->out[0].type = type;
    return HONE_OK;
}

static enum hone_code infer_matmul_integer(struct hone_run *run, const struct hone_site *site)
{
    return infer_product(run, site, 0, 1, HONE_I32);
}

static enum hone_code infer_qlinear_matmul(struct hone_run *run, const struct hone_site *site)
{
    if (!is_byte(site->in[7].type)) {
        return hone_fail(run, HONE_E_UNSUPPORTED, "a result of %s",
                         hone_dtype_name(site->in[7].type));
    }
    return infer_product(run, site, 0, 3, site->in[7].type);
}

static enum hone_code product(struct hone_run *run, const struct hone_tensor *a,
                              const struct hone_tensor *a_zero, const struct hone_tensor *b,
                              const struct hone_tensor *b_zero, struct hone_arena *work,
                              const struct hone_tensor *out)
{
    struct hone_tensor x, y;
    HONE_TRY(centred(run, a, a_zero, a->rank < 2 ? 0 : a->rank - 2, work, &x));
    HONE_TRY(centred(run, b, b_zero, b->rank - 1, work, &y));
    return hone_matmul(run, &x, &y, NULL, out);
}

static enum hone_code matmul_integer(struct hone_run *run, const struct hone_call *call)
{
    HONE_ARENA(work);
    work.limit = call->mem->limit;
    return product(run, call->in[0], hone_call_in(call, 2), call->in[1], hone_call_in(call, 3),
                   &work, call->out[0]);
}

/* The scale of row or column i of the output, whose last two axes are rows and columns. */
static double scale_of(const struct hone_tensor *scale, size_t i)
{
    size_t n = hone_tensor_count(scale);
    return hone_tensor_real(scale, n == 1 ? 0 : i % n);
}

static enum hone_code qlinear_matmul(struct hone_run *run, const struct hone_call *call)
{
    HONE_ARENA(work);
    const struct hone_tensor *out = call->out[0];
    struct hone_tensor sums;
    size_t n = hone_tensor_count(out), cols = call->in[3]->rank < 2 ? 1 : 0;

    work.limit = call->mem->limit;
    cols = cols == 1 ? 1 : call->in[3]->dim[call->in[3]->rank - 1];
    for (size_t i = 1; i < 8; i++) {
        if (hone_tensor_count(call->in[i]) == 0 && n != 0) {
            return hone_fail(run, HONE_E_SHAPE, "input %zu is empty", i);
        }
    }
    HONE_TRY(hone_tensor_new(run, HONE_I32, out->rank, out->dim, &work, &sums));
    HONE_TRY(product(run, call->in[0], call->in[2], call->in[3], call->in[5], &work, &sums));
    for (size_t i = 0; i < n; i++) {
        double scale = scale_of(call->in[1], i / cols) * scale_of(call->in[4], i % cols) /
                       scale_of(call->in[6], 0);
        put(out, i, ((const int32_t *)sums.data)[i] * scale, call->in[7]);
    }
    return HONE_OK;
}

/* --- ConvInteger, QLinearConv ------------------------------------------------------------------------------- */

struct job {
    struct hone_conv c;
    const int32_t *x, *w;
    int32_t *y;
};

static size_t volume(const size_t *dim)
{
    return dim[0] * dim[1] * dim[2];
}

/* One output element. */
static int32_t window_sum(const struct job *j, const int32_t *x, const int32_t *w,
                          const size_t *at)
{
    const struct hone_conv *c = &j->c;
    size_t channels = c->in / c->groups, window = volume(c->kernel);
    uint32_t sum = 0; /* wraps, as int32 does everywhere else */

    for (size_t t = 0; t < window; t++) {
        size_t tap[3] = {t / c->kernel[2] / c->kernel[1], t / c->kernel[2] % c->kernel[1],
                         t % c->kernel[2]};
        size_t place = 0;
        bool inside = true;
        for (size_t k = 0; k < 3; k++) {
            int64_t i = (int64_t)(at[k] * c->stride[k] + tap[k] * c->dilation[k]) - c->pad[k];
            inside = inside && i >= 0 && i < (int64_t)c->dim[k];
            place = place * c->dim[k] + (inside ? (size_t)i : 0);
        }
        for (size_t ch = 0; inside && ch < channels; ch++) {
            sum += (uint32_t)(x[ch * volume(c->dim) + place] * w[ch * window + t]);
        }
    }
    return (int32_t)sum;
}

/* One output channel of one image. */
static enum hone_code conv_chunk(struct hone_run *run, void *ctx, size_t chunk)
{
    const struct job *j = ctx;
    const struct hone_conv *c = &j->c;
    size_t o = chunk % c->out, image = chunk / c->out, channels = c->in / c->groups;
    size_t pixels = volume(c->size), group = o / (c->out / c->groups);
    const int32_t *x = j->x + (image * c->in + group * channels) * volume(c->dim);
    const int32_t *w = j->w + o * channels * volume(c->kernel);

    HONE_TRY(hone_check_cancel(run));
    for (size_t i = 0; i < pixels; i++) {
        size_t at[3] = {i / c->size[2] / c->size[1], i / c->size[2] % c->size[1],
                        i % c->size[2]};
        j->y[chunk * pixels + i] = window_sum(j, x, w, at);
    }
    return HONE_OK;
}

static enum hone_code infer_conv(struct hone_run *run, const struct hone_site *site, size_t w,
                                 enum hone_dtype type)
{
    struct hone_shape in[2] = {site->in[0], site->in[w]};
    struct hone_site pair = *site;

    HONE_TRY(want_bytes(run, site, 0, w));
    in[0].type = in[1].type = HONE_F32;
    pair.in = in;
    pair.inputs = 2;
    HONE_TRY(hone_infer_conv(run, &pair));
    site->out[0].type = type;
    return HONE_OK;
}

static enum hone_code infer_conv_integer(struct hone_run *run, const struct hone_site *site)
{
    return infer_conv(run, site, 1, HONE_I32);
}

static enum hone_code infer_qlinear_conv(struct hone_run *run, const struct hone_site *site)
{
    if (!is_byte(site->in[7].type)) {
        return hone_fail(run, HONE_E_UNSUPPORTED, "a result of %s",
                         hone_dtype_name(site->in[7].type));
    }
    return infer_conv(run, site, 3, site->in[7].type);
}

static enum hone_code conv(struct hone_run *run, const struct hone_call *call,
                           const struct hone_tensor *x_zero, const struct hone_tensor *w,
                           const struct hone_tensor *w_zero, struct hone_arena *work,
                           int32_t *y)
{
    struct hone_tensor x, weights;
    struct job j;

    HONE_TRY(hone_conv_geometry(run, call, w, &j.c));
    HONE_TRY(centred(run, call->in[0], x_zero, 1, work, &x));
    HONE_TRY(centred(run, w, w_zero, 0, work, &weights));
    j.x = x.data;
    j.w = weights.data;
    j.y = y;
    return hone_parallel_try(run, volume(j.c.size) == 0 ? 0 : j.c.batch * j.c.out, conv_chunk,
                             &j);
}

static enum hone_code conv_integer(struct hone_run *run, const struct hone_call *call)
{
    HONE_ARENA(work);
    work.limit = call->mem->limit;
    return conv(run, call, hone_call_in(call, 2), call->in[1], hone_call_in(call, 3), &work,
                call->out[0]->data);
}

static enum hone_code qlinear_conv(struct hone_run *run, const struct hone_call *call)
{
    HONE_ARENA(work);
    const struct hone_tensor *out = call->out[0], *bias = hone_call_in(call, 8);
    size_t n = hone_tensor_count(out), channels = call->in[3]->dim[0];
    size_t pixels = n == 0 ? 1 : n / out->dim[0] / channels;
    int32_t *sums;

    work.limit = call->mem->limit;
    if (bias != NULL && (bias->type != HONE_I32 || hone_tensor_count(bias) != channels)) {
        return hone_fail(run, HONE_E_SHAPE, "a bias that is not one int32 a channel");
    }
    for (size_t i = 1; i < 8; i++) {
        if (hone_tensor_count(call->in[i]) == 0 && n != 0) {
            return hone_fail(run, HONE_E_SHAPE, "input %zu is empty", i);
        }
    }
    HONE_TRY(hone_array(run, &work, &sums, n));
    HONE_TRY(conv(run, call, call->in[2], call->in[3], call->in[5], &work, sums));
    for (size_t i = 0; i < n; i++) {
        size_t channel = i / pixels % channels;
        double scale = scale_of(call->in[1], 0) * scale_of(call->in[4], channel) /
                       scale_of(call->in[6], 0);
        double sum = sums[i] + (bias == NULL ? 0.0 : ((const int32_t *)bias->data)[channel]);
        put(out, i, sum * scale, call->in[7]);
    }
    return HONE_OK;
}

/* --- the operators -------------------------------------------------------------------------------------------- */

#define CONV_ATTRS "auto_pad:s dilations:I group:i kernel_shape:I pads:I strides:I"

#define OP(variable, onnx, min_in, max_in, ...)                                                \
    const struct hone_op hone_op_##variable = {                                                \
        HONE_OP_HEAD(onnx, 10, min_in, max_in, 1),                                             \
        __VA_ARGS__,                                                                           \
    }
#define BYTES(f)                                                                               \
    {                                                                                          \
        [HONE_U8] = f, [HONE_I8] = f                                                           \
    }

OP(matmul_integer, "MatMulInteger", 2, 4, .infer = infer_matmul_integer,
   .forward = BYTES(matmul_integer));
OP(qlinear_matmul, "QLinearMatMul", 8, 8, .infer = infer_qlinear_matmul,
   .forward = BYTES(qlinear_matmul));
OP(conv_integer, "ConvInteger", 2, 4, .attrs = CONV_ATTRS, .infer = infer_conv_integer,
   .forward = BYTES(conv_integer));
OP(qlinear_conv, "QLinearConv", 8, 9, .attrs = CONV_ATTRS, .infer = infer_qlinear_conv,
   .forward = BYTES(qlinear_conv));
