/*
 * Resize and Upsample.  Interpolation is done axis after axis: per output index a row of taps on the input, whose weights
 * follow from where the index lies.  Source: ONNX operator Resize-19 and its reference implementation.
 */
#include <math.h>

#include "graph/op_head_priv.h"
#include "graph/walk_priv.h"

enum { NEAREST, LINEAR, CUBIC };
enum { HALF, HALF_SYMMETRIC, HALF_PYTORCH, CORNERS, ASYMMETRIC, TF_HALF, CROP };
enum { PREFER_FLOOR, PREFER_CEIL, FLOOR, CEIL };
enum { STRETCH, NOT_LARGER, NOT_SMALLER };

struct state {
    int mode, where, nearest, policy;
    bool exclude, antialias;
    bool old; /* version 10: nearest is to the right where the axis shrinks, else to the left */
    float cubic, extrapolation;
    size_t roi, scales, sizes; /* which inputs; SIZE_MAX: none */
    const int64_t *axes;
    size_t n_axes;
    const float *given; /* scales as an attribute */
    size_t n_given;
};

static enum hone_code prepare_resize(struct hone_run *run, const struct hone_site *site,
                                     struct hone_arena *mem, void *state)
{
    static const char *const modes[] = {"nearest", "linear", "cubic", NULL};
    static const char *const wheres[] = {
        "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners",
        "asymmetric", "tf_half_pixel_for_nn", "tf_crop_and_resize", NULL};
    static const char *const nearests[] = {"round_prefer_floor", "round_prefer_ceil", "floor",
                                           "ceil", NULL};
    static const char *const policies[] = {"stretch", "not_larger", "not_smaller", NULL};
    bool old = site->version < 11 || strcmp(site->node->op, "Upsample") == 0;
    struct state *s = state;
    struct hone_str mode = hone_op_text(site->node, "mode", "nearest");
    (void)mem;

    if (hone_str_is(mode, "bilinear") ||
        hone_str_is(mode, "trilinear")) { /* before version 9 */
        s->mode = LINEAR;
    } else {
        HONE_TRY(hone_op_word(run, site->node, "mode", "nearest", modes, &s->mode));
    }
    HONE_TRY(hone_op_word(run, site->node, "coordinate_transformation_mode",
                          old ? "asymmetric" : "half_pixel", wheres, &s->where));
    HONE_TRY(hone_op_word(run, site->node, "nearest_mode", old ? "floor" : "round_prefer_floor",
                          nearests, &s->nearest));
    HONE_TRY(hone_op_word(run, site->node, "keep_aspect_ratio_policy", "stretch", policies,
                          &s->policy));
    s->exclude = hone_op_int(site->node, "exclude_outside", 0) != 0;
    s->antialias = hone_op_int(site->node, "antialias", 0) != 0;
    s->cubic = hone_op_float(site->node, "cubic_coeff_a", -0.75f);
    s->extrapolation = hone_op_float(site->node, "extrapolation_value", 0);
    s->axes = hone_op_ints(site->node, "axes", &s->n_axes);
    s->given = hone_op_floats(site->node, "scales", &s->n_given);
    s->old = old && hone_node_attr(site->node, "nearest_mode") == NULL;
    s->roi = old ? SIZE_MAX : 1;
    s->scales = old ? 1 : 2;
    s->sizes = old ? SIZE_MAX : 3;
    return HONE_OK;
}

/* --- scales and shapes ------------------------------------------------------------------------------------- */

struct plan {
    bool known;
    double scale[HONE_RANK_MAX];
    int64_t out[HONE_RANK_MAX];
};

static size_t nth_axis(const struct state *s, size_t i, size_t rank)
{
    int64_t a = s->axes == NULL ? (int64_t)i : s->axes[i];
    return (size_t)(a < 0 ? a + (int64_t)rank : a);
}

static struct hone_tensor as_tensor(const struct hone_shape *s)
{
    struct hone_tensor t = {.type = s->type};
    memcpy(&t.data, &s->data, sizeof t.data);
    return t;
}

static enum hone_code by_sizes(struct hone_run *run, const struct state *s,
                               const struct hone_shape *in, const struct hone_shape *sizes,
                               size_t n, struct plan *p)
{
    struct hone_tensor t = as_tensor(sizes);
    double all = 0;

    if (sizes->type != HONE_I64) {
        return hone_fail(run, HONE_E_SHAPE, "sizes of %s", hone_dtype_name(sizes->type));
    }
    for (size_t i = 0; i < n; i++) {
        size_t k = nth_axis(s, i, in->rank);
        int64_t size = hone_tensor_int(&t, i);
        if (size < 0 || in->dim[k] <= 0) {
            return hone_fail(run, HONE_E_SHAPE, "an axis of %lld to become %lld",
                             (long long)in->dim[k], (long long)size);
        }
        p->out[k] = size;
        p->scale[k] = (double)size / (double)in->dim[k];
        all = i == 0 || (s->policy == NOT_LARGER ? p->scale[k] < all : p->scale[k] > all)
                  ? p->scale[k]
                  : all;
    }
    for (size_t i = 0; s->policy != STRETCH && i < n; i++) {
        size_t k = nth_axis(s, i, in->rank);
        p->scale[k] = all;
        p->out[k] = (int64_t)(all * (double)in->dim[k] + 0.5);
    }
    return HONE_OK;
}

static enum hone_code by_scales(struct hone_run *run, const struct state *s,
                                const struct hone_shape *in, const struct hone_shape *scales,
                                size_t n, struct plan *p)
{
    struct hone_tensor t = {0};

    if (scales != NULL) {
        t = as_tensor(scales);
    }
    for (size_t i = 0; i < n; i++) {
        size_t k = nth_axis(s, i, in->rank);
        double scale = scales != NULL ? hone_tensor_real(&t, i) : (double)s->given[i];
        double size = floor((double)in->dim[k] * scale);
        if (!(scale > 0) || !(size >= 0 && size < 0x1p40)) {
            return hone_fail(run, HONE_E_SHAPE, "a scale of %g for an axis of %lld", scale,
                             (long long)in->dim[k]);
        }
        p->scale[k] = scale;
        p->out[k] = (int64_t)size;
    }
    return HONE_OK;
}

static enum hone_code check_axes(struct hone_run *run, const struct state *s, size_t rank)
{
    for (size_t i = 0; i < s->n_axes; i++) {
        if (nth_axis(s, i, rank) >= rank) {
            return hone_fail(run, HONE_E_SHAPE, "axis %lld of %zu", (long long)s->axes[i],
                             rank);
        }
    }
    return HONE_OK;
}

/* An input that is there and has something; or NULL. */
static const struct hone_shape *given(const struct hone_shape *in, size_t inputs, size_t i)
{
    bool there = i < inputs && in[i].type != HONE_NONE && hone_shape_count(&in[i]) != 0;
    return there ? &in[i] : NULL;
}

/* Scales and lengths of all axes, where the input's shape and what says them are known. */
static enum hone_code plan_of(struct hone_run *run, const struct state *s,
                              const struct hone_shape *in, size_t inputs, struct plan *p)
{
    const struct hone_shape *x = &in[0];
    const struct hone_shape *scales = given(in, inputs, s->scales);
    const struct hone_shape *sizes = given(in, inputs, s->sizes);
    const struct hone_shape *use = sizes != NULL ? sizes : scales;
    int64_t n;

    *p = (struct plan){.known = false};
    if (use == NULL && s->given == NULL) {
        return hone_fail(run, HONE_E_SHAPE, "neither scales nor sizes");
    }
    n = use == NULL ? (int64_t)s->n_given : hone_shape_count(use);
    if (hone_shape_count(x) < 0 || n < 0 || (use != NULL && use->data == NULL)) {
        return HONE_OK;
    }
    if ((size_t)n != (s->axes == NULL ? x->rank : s->n_axes)) {
        return hone_fail(run, HONE_E_SHAPE, "%lld scales or sizes for %zu axes", (long long)n,
                         s->axes == NULL ? x->rank : s->n_axes);
    }
    for (size_t k = 0; k < x->rank; k++) {
        p->scale[k] = 1;
        p->out[k] = x->dim[k];
    }
    HONE_TRY(check_axes(run, s, x->rank));
    p->known = true;
    return sizes != NULL ? by_sizes(run, s, x, sizes, (size_t)n, p)
                         : by_scales(run, s, x, scales, (size_t)n, p);
}

static enum hone_code infer_resize(struct hone_run *run, const struct hone_site *site)
{
    struct plan p;

    HONE_TRY(plan_of(run, site->state, site->in, site->inputs, &p));
    site->out[0] = site->in[0];
    site->out[0].data = NULL;
    for (size_t k = 0; site->in[0].ranked && k < site->in[0].rank; k++) {
        site->out[0].dim[k] = p.known ? p.out[k] : -1;
    }
    return HONE_OK;
}

/* --- taps ------------------------------------------------------------------------------------------------------ */

/* What an axis needs: n taps for each output index, from index first[i] on; outside: the extrapolation value. */
struct taps {
    size_t in, out, n;
    int64_t *first;
    float *weight; /* (out, n) */
    bool *outside;
};

/* Where output index x lies on an input axis. */
static double position(const struct state *s, double x, double n, double out, double scale,
                       const double *roi)
{
    double wide = scale * n, adjust;

    switch (s->where) {
    case CORNERS:
        return wide == 1 ? 0 : x * (n - 1) / (wide - 1);
    case ASYMMETRIC:
        return x / scale;
    case TF_HALF:
        return (x + 0.5) / scale;
    case HALF_PYTORCH:
        return wide == 1 ? -0.5 : (x + 0.5) / scale - 0.5;
    case HALF_SYMMETRIC:
        adjust = out / wide;
        return n / 2 * (1 - adjust) + (x + 0.5) / scale - 0.5;
    case CROP:
        return roi[0] * (n - 1) + (wide == 1 ? (roi[1] - roi[0]) * (n - 1) / 2
                                             : x * (roi[1] - roi[0]) * (n - 1) / (wide - 1));
    default:
        return (x + 0.5) / scale - 0.5;
    }
}

static double cubic_weight(double x, double a)
{
    x = fabs(x);
    return x <= 1  ? (a + 2) * x * x * x - (a + 3) * x * x + 1
           : x < 2 ? a * x * x * x - 5 * a * x * x + 8 * a * x - 4 * a
                   : 0;
}

/* The weight of a tap at distance d (of the filter as it is stretched for antialiasing). */
static double tap_weight(const struct state *s, double d)
{
    return s->mode == CUBIC ? cubic_weight(d, (double)s->cubic) : fmax(0, 1 - fabs(d));
}

/* Of the two taps of a nearest neighbour: does the right one count? */
static bool takes_right(const struct state *s, double ratio, double scale)
{
    return ratio == 1                   ? true
           : s->old                     ? scale < 1
           : s->nearest == PREFER_FLOOR ? ratio > 0.5
           : s->nearest == PREFER_CEIL  ? ratio >= 0.5
                                        : s->nearest == CEIL;
}

static void weights_at(const struct state *s, struct taps *t, size_t i, double x, double scale)
{
    float *w = t->weight + i * t->n;
    double total = 0, shrink = s->antialias && scale < 1 ? scale : 1;

    t->first[i] = (int64_t)ceil(x) - (int64_t)(t->n / 2);
    if (s->mode == NEAREST) {
        bool right = takes_right(s, x == floor(x) ? 1 : x - floor(x), scale);
        w[0] = right ? 0 : 1;
        w[1] = right ? 1 : 0;
        return;
    }
    for (size_t k = 0; k < t->n; k++) {
        int64_t at = t->first[i] + (int64_t)k;
        double v = tap_weight(s, ((double)at - x) * shrink);
        if (s->exclude && (at < 0 || at >= (int64_t)t->in)) {
            v = 0;
        }
        w[k] = (float)v;
        total += v;
    }
    for (size_t k = 0; (shrink < 1 || s->exclude) && k < t->n && total != 0; k++) {
        w[k] = (float)((double)w[k] / total);
    }
}

static enum hone_code taps_of(struct hone_run *run, const struct state *s, size_t in,
                              size_t out, double scale, const double *roi, struct taps *t)
{
    double shrink = s->antialias && scale < 1 ? scale : 1;
    size_t reach = s->mode == CUBIC ? 2 : 1;

    *t = (struct taps){.in = in, .out = out, .n = 2 * reach};
    if (s->mode != NEAREST && shrink < 1) {
        double half = ceil((double)reach / shrink);
        if (half > (double)in + 4) {
            half = (double)in + 4; /* beyond, all taps are the edge */
        }
        t->n = 2 * (size_t)half;
    }
    HONE_TRY(hone_array(run, &run->scratch, &t->first, out));
    HONE_TRY(hone_matrix(run, &run->scratch, &t->weight, out, t->n));
    HONE_TRY(hone_array(run, &run->scratch, &t->outside, out));
    for (size_t i = 0; i < out; i++) {
        double x = position(s, (double)i, (double)in, (double)out, scale, roi);
        t->outside[i] = s->where == CROP && (x < 0 || x > (double)in - 1);
        x = x < -1e9 ? -1e9 : x > 1e9 ? 1e9 : x == x ? x : 0;
        weights_at(s, t, i, x, scale);
    }
    return HONE_OK;
}

/* outer x in x inner to outer x out x inner. */
static void resample(const struct taps *t, size_t outer, size_t inner, const float *x, float *y)
{
    int64_t last = (int64_t)t->in - 1;

    for (size_t o = 0; o < outer; o++) {
        for (size_t i = 0; i < t->out; i++, y += inner) {
            memset(y, 0, inner * sizeof *y);
            for (size_t k = 0; k < t->n; k++) {
                float w = t->weight[i * t->n + k];
                int64_t at = t->first[i] + (int64_t)k;
                const float *from;
                if (w == 0) {
                    continue;
                }
                at = at < 0 ? 0 : at > last ? last : at;
                from = x + (o * t->in + (size_t)at) * inner;
                for (size_t j = 0; j < inner; j++) {
                    y[j] += w * from[j];
                }
            }
        }
    }
}

static void extrapolate(const struct hone_tensor *out, const struct taps *taps, float value)
{
    float *y = out->data;
    size_t n = hone_tensor_count(out);

    for (size_t i = 0; i < n; i++) {
        size_t rest = i;
        for (size_t k = out->rank; k-- > 0; rest /= out->dim[k]) {
            if (taps[k].outside != NULL && taps[k].outside[rest % out->dim[k]]) {
                y[i] = value;
            }
        }
    }
}

/* Beginning and end of the part that is taken, for tf_crop_and_resize. */
static void roi_of(const struct state *s, const struct hone_call *call, size_t axis,
                   double *roi)
{
    const struct hone_tensor *t = s->roi == SIZE_MAX ? NULL : hone_call_in(call, s->roi);
    size_t n = t == NULL ? 0 : hone_tensor_count(t) / 2;

    roi[0] = 0;
    roi[1] = 1;
    for (size_t i = 0; i < n && s->where == CROP; i++) {
        if (nth_axis(s, i, call->in[0]->rank) == axis && (s->axes == NULL || i < s->n_axes)) {
            roi[0] = hone_tensor_real(t, i);
            roi[1] = hone_tensor_real(t, n + i);
        }
    }
}

static enum hone_code resize(struct hone_run *run, const struct hone_call *call)
{
    HONE_SCRATCH(run);
    const struct state *s = call->state;
    const struct hone_tensor *in = call->in[0], *out = call->out[0];
    struct hone_shape shapes[4] = {{0}};
    struct taps taps[HONE_RANK_MAX] = {{0}};
    struct plan p;
    const float *x = in->data;
    size_t dim[HONE_RANK_MAX];

    for (size_t i = 0; i < call->inputs; i++) {
        shapes[i] = hone_shape_of(call->in[i]);
    }
    HONE_TRY(plan_of(run, s, shapes, call->inputs, &p));
    if (hone_tensor_count(out) == 0) {
        return HONE_OK;
    }
    memcpy(dim, in->dim, sizeof dim);
    for (size_t k = 0; k < in->rank; k++) {
        size_t outer = 1, inner = 1;
        double roi[2];
        float *y;
        roi_of(s, call, k, roi);
        if (p.scale[k] == 1 && out->dim[k] == in->dim[k] && roi[0] == 0 && roi[1] == 1) {
            continue;
        }
        HONE_TRY(taps_of(run, s, in->dim[k], out->dim[k], p.scale[k], roi, &taps[k]));
        for (size_t i = 0; i < in->rank; i++) {
            outer *= i < k ? dim[i] : 1;
            inner *= i > k ? dim[i] : 1;
        }
        HONE_TRY(hone_matrix(run, &run->scratch, &y, hone_product(outer, out->dim[k]), inner));
        resample(&taps[k], outer, inner, x, y);
        dim[k] = out->dim[k];
        x = y;
    }
    memcpy(out->data, x, hone_tensor_count(out) * sizeof *x);
    extrapolate(out, taps, s->extrapolation);
    return HONE_OK;
}

/* --- the operators -------------------------------------------------------------------------------------------- */

#define OP(variable, onnx, first, max_in, ...)                                                 \
    const struct hone_op hone_op_##variable = {                                                \
        HONE_OP_HEAD(onnx, first, 1, max_in, 1),                                               \
        .state_size = sizeof(struct state),                                                    \
        .prepare = prepare_resize,                                                             \
        .infer = infer_resize,                                                                 \
        .forward = {[HONE_F32] = resize},                                                      \
        __VA_ARGS__,                                                                           \
    }

OP(resize, "Resize", 10, 4,
   .attrs = "antialias:i axes:I coordinate_transformation_mode:s cubic_coeff_a:f "
            "exclude_outside:i extrapolation_value:f keep_aspect_ratio_policy:s mode:s "
            "nearest_mode:s",
   .reads = 14);
OP(upsample, "Upsample", 7, 2, .attrs = "mode:s scales:F", .reads = 2);
