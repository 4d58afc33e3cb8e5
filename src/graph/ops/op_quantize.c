/* Numbers on a grid of integers or small floats: QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear. */
#include <math.h>

#include "graph/op_head_priv.h"
#include "graph/small_priv.h"
#include "graph/walk_priv.h"

/* Which scale belongs to an element: one for all, one per index of an axis, or one per block of an axis. */
struct grid {
    size_t outer, n, inner; /* of the data; n is 0: one for all */
    size_t block, blocks;
};

static enum hone_code grid_of(struct hone_run *run, const struct hone_call *call,
                              struct grid *g)
{
    const struct hone_tensor *x = call->in[0], *scale = call->in[1];
    const struct hone_tensor *zero = hone_call_in(call, 2);
    int64_t block = hone_op_int(call->node, "block_size", 0);
    size_t axis = 0, count = hone_tensor_count(scale);
    struct hone_axis a;

    *g = (struct grid){1, 0, 1, 1, 1};
    if (zero != NULL && hone_tensor_count(zero) != count) {
        return hone_fail(run, HONE_E_SHAPE, "%zu zero points for %zu scales",
                         hone_tensor_count(zero), count);
    }
    if (count == 1 && block == 0) {
        return HONE_OK;
    }
    HONE_TRY(hone_op_axis(run, hone_op_int(call->node, "axis", 1), x->rank, &axis));
    a = hone_axis_of(x, axis);
    g->outer = a.outer;
    g->n = a.n;
    g->inner = a.inner;
    if (block == 0 && scale->rank == 1) {
        g->blocks = a.n;
        g->outer = 1; /* the same for all before the axis */
        return count == a.n
                   ? HONE_OK
                   : hone_fail(run, HONE_E_SHAPE, "%zu scales for an axis of %zu", count, a.n);
    }
    g->blocks = scale->rank == x->rank ? scale->dim[axis] : 0;
    if (block == 0 && g->blocks != 0) { /* to be told from the shapes */
        block = (int64_t)((a.n + g->blocks - 1) / g->blocks);
    }
    g->block = block < 1 ? 1 : (size_t)block;
    if (g->blocks == 0 || (a.n + g->block - 1) / g->block != g->blocks ||
        count != a.outer * g->blocks * a.inner) {
        return hone_fail(run, HONE_E_SHAPE, "scales that do not fit blocks of %lld",
                         (long long)block);
    }
    return HONE_OK;
}

static size_t scale_at(const struct grid *g, size_t i)
{
    if (g->n == 0) {
        return 0;
    }
    if (g->outer == 1 && g->block == 1 && g->blocks == g->n) {
        return i / g->inner % g->n;
    }
    return (i / g->inner / g->n * g->blocks + i / g->inner % g->n / g->block) * g->inner +
           i % g->inner;
}

/* A zero point, or an element that is quantized. */
static double value_of(const struct hone_tensor *t, size_t i)
{
    return t == NULL                ? 0
           : hone_is_small(t->type) ? (double)hone_small_value(t->type, ((uint8_t *)t->data)[i])
                                    : hone_tensor_real(t, i);
}

/* --- QuantizeLinear ---------------------------------------------------------------------------------------- */

static const struct {
    enum hone_dtype type;
    double low, high;
} ranges[] = {
    {HONE_U8, 0, 255}, {HONE_I8, -128, 127}, {HONE_U16, 0, 65535}, {HONE_I16, -32768, 32767},
    {HONE_U4, 0, 15},  {HONE_I4, -8, 7},     {HONE_U2, 0, 3},      {HONE_I2, -2, 1},
};
#define RANGES (sizeof ranges / sizeof *ranges)

static enum hone_code infer_quantize(struct hone_run *run, const struct hone_site *site)
{
    int64_t asked = hone_op_int(site->node, "output_dtype", 0);
    enum hone_dtype type = hone_site_has(site, 2) ? site->in[2].type
                           : asked != 0           ? (enum hone_dtype)(asked & 127)
                                                  : HONE_U8;
    bool known = hone_is_small(type) && type != HONE_F8E8M0;

    for (size_t i = 0; i < RANGES; i++) {
        known = known || ranges[i].type == type;
    }
    HONE_TRY(hone_infer_same(run, site));
    site->out[0].type = type;
    return known ? HONE_OK
                 : hone_fail(run, HONE_E_UNSUPPORTED, "values of %s", hone_dtype_name(type));
}

static void put(const struct hone_tensor *out, size_t i, double v, bool saturate)
{
    size_t r = 0;
    while (r < RANGES && ranges[r].type != out->type) {
        r++;
    }
    if (r == RANGES) {
        ((uint8_t *)out->data)[i] = hone_small_code(out->type, (float)v, saturate);
        return;
    }
    v = v != v               ? 0
        : v < ranges[r].low  ? ranges[r].low
        : v > ranges[r].high ? ranges[r].high
                             : v;
    if (out->type == HONE_U16 || out->type == HONE_I16) {
        ((uint16_t *)out->data)[i] = (uint16_t)(int32_t)v;
    } else {
        ((uint8_t *)out->data)[i] = (uint8_t)(int32_t)v;
    }
}

static enum hone_code quantize(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *x = call->in[0], *scale = call->in[1], *out = call->out[0];
    const struct hone_tensor *zero = hone_call_in(call, 2);
    bool saturate = hone_op_int(call->node, "saturate", 1) != 0;
    bool real = hone_is_small(out->type) && !hone_is_small_int(out->type);
    size_t n = hone_tensor_count(x);
    struct grid g;

    HONE_TRY(grid_of(run, call, &g));
    for (size_t i = 0; i < n; i++) {
        size_t at = scale_at(&g, i);
        float v = (float)hone_tensor_real(x, i) / (float)hone_tensor_real(scale, at);
        put(out, i,
            real ? (double)v + value_of(zero, at) : rint((double)v) + value_of(zero, at),
            saturate);
    }
    return HONE_OK;
}

/* --- DequantizeLinear -------------------------------------------------------------------------------------- */

static enum hone_code infer_dequantize(struct hone_run *run, const struct hone_site *site)
{
    int64_t asked = hone_op_int(site->node, "output_dtype", 0);

    HONE_TRY(hone_infer_same(run, site));
    HONE_TRY(hone_site_like_first(run, site, 2));
    site->out[0].type = site->in[1].type;
    if (asked != 0 && asked != (int64_t)site->in[1].type) {
        return hone_fail(run, HONE_E_UNSUPPORTED, "an output of another type than the scales");
    }
    return HONE_OK;
}

static enum hone_code dequantize(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *x = call->in[0], *scale = call->in[1];
    const struct hone_tensor *zero = hone_call_in(call, 2);
    size_t n = hone_tensor_count(x);
    float *y = call->out[0]->data;
    struct grid g;

    HONE_TRY(grid_of(run, call, &g));
    for (size_t i = 0; i < n; i++) {
        size_t at = scale_at(&g, i);
        y[i] = (float)(value_of(x, i) - value_of(zero, at)) * ((const float *)scale->data)[at];
    }
    return HONE_OK;
}

/* --- DynamicQuantizeLinear --------------------------------------------------------------------------------- */

static enum hone_code infer_dynamic(struct hone_run *run, const struct hone_site *site)
{
    HONE_TRY(hone_infer_same(run, site));
    site->out[0].type = HONE_U8;
    if (site->outputs > 1) {
        hone_shape_set(&site->out[1], HONE_F32, 0, NULL);
    }
    if (site->outputs > 2) {
        hone_shape_set(&site->out[2], HONE_U8, 0, NULL);
    }
    return HONE_OK;
}

static enum hone_code dynamic(struct hone_run *run, const struct hone_call *call)
{
    const float *x = call->in[0]->data;
    size_t n = hone_tensor_count(call->in[0]);
    uint8_t *y = call->out[0]->data;
    float low = 0, high = 0, scale, zero;
    (void)run;

    for (size_t i = 0; i < n; i++) {
        low = x[i] < low ? x[i] : low;
        high = x[i] > high ? x[i] : high;
    }
    scale = high == low ? 1 : (high - low) / 255;
    zero = rintf(fminf(255, fmaxf(0, -low / scale)));
    for (size_t i = 0; i < n; i++) {
        float v = rintf(x[i] / scale) + zero;
        y[i] = (uint8_t)(v > 0 ? v < 255 ? v : 255 : 0);
    }
    if (call->outputs > 1) {
        *(float *)call->out[1]->data = scale;
    }
    if (call->outputs > 2) {
        *(uint8_t *)call->out[2]->data = (uint8_t)zero;
    }
    return HONE_OK;
}

/* --- the operators -------------------------------------------------------------------------------------------- */

#define OP(variable, onnx, first, min_in, max_in, max_out, ...)                                \
    const struct hone_op hone_op_##variable = {                                                \
        HONE_OP_HEAD(onnx, first, min_in, max_in, max_out),                                    \
        __VA_ARGS__,                                                                           \
    }

OP(quantize_linear, "QuantizeLinear", 10, 2, 3, 1,
   .attrs = "axis:i block_size:i output_dtype:i precision:i saturate:i",
   .infer = infer_quantize, .forward = {[HONE_F32] = quantize, [HONE_I32] = quantize});
OP(dequantize_linear, "DequantizeLinear", 10, 2, 3, 1,
   .attrs = "axis:i block_size:i output_dtype:i", .by = 1, .infer = infer_dequantize,
   .forward = {[HONE_F32] = dequantize});
OP(dynamic_quantize_linear, "DynamicQuantizeLinear", 11, 1, 1, 3, .infer = infer_dynamic,
   .forward = {[HONE_F32] = dynamic});
