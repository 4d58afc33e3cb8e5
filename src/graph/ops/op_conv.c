/* Conv, ConvTranspose. */
#include "graph/op_head_priv.h"
#include "graph/window_priv.h"

static const struct hone_tensor *bias_of(const struct hone_call *call)
{
    return hone_call_in(call, 2);
}

/* What all of them ask of x and w, with both ranks known.  channels: axis of w with those of x by group. */
static enum hone_code check_images(struct hone_run *run, const struct hone_site *site,
                                   size_t channels, int64_t *groups)
{
    const struct hone_shape *x = &site->in[0], *w = &site->in[1];
    int64_t each = w->dim[channels];

    *groups = hone_op_int(site->node, "group", 1);
    HONE_TRY(hone_site_like_first(run, site, 1));
    HONE_TRY(hone_site_like_first(run, site, 2));
    if (x->rank != w->rank || x->rank < 3) {
        return hone_fail(run, HONE_E_SHAPE, "images of rank %zu, weights of rank %zu", x->rank,
                         w->rank);
    }
    if (*groups < 1 || *groups > INT32_MAX) {
        return hone_fail(run, HONE_E_SHAPE, "%lld groups", (long long)*groups);
    }
    if (x->dim[1] >= 0 && each >= 0 &&
        (each > INT32_MAX || x->dim[1] != (channels == 1 ? each * *groups : each))) {
        return hone_fail(run, HONE_E_SHAPE, "%lld channels, weights for %lld in %lld groups",
                         (long long)x->dim[1], (long long)each, (long long)*groups);
    }
    if ((channels == 1 && w->dim[0] >= 0 && w->dim[0] % *groups != 0) ||
        (channels == 0 && each >= 0 && each % *groups != 0)) {
        return hone_fail(run, HONE_E_SHAPE, "channels that are no multiple of %lld groups",
                         (long long)*groups);
    }
    return HONE_OK;
}

static enum hone_code check_bias(struct hone_run *run, const struct hone_site *site,
                                 int64_t channels)
{
    int64_t n = hone_site_has(site, 2) ? hone_shape_count(&site->in[2]) : -1;
    return n < 0 || channels < 0 || n == channels
               ? HONE_OK
               : hone_fail(run, HONE_E_SHAPE, "a bias of %lld for %lld channels", (long long)n,
                           (long long)channels);
}

static bool known_from(const struct hone_shape *s, size_t axis)
{
    for (size_t k = axis; k < s->rank; k++) {
        if (s->dim[k] < 0) {
            return false;
        }
    }
    return true;
}

/* --- Conv ------------------------------------------------------------------------------------------------ */

enum hone_code hone_infer_conv(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_shape *x = &site->in[0], *w = &site->in[1];
    struct hone_shape *out = &site->out[0];
    struct hone_window win;
    int64_t groups = 1, before;

    *out = (struct hone_shape){.type = x->type};
    if (!x->ranked || !w->ranked) {
        return HONE_OK;
    }
    HONE_TRY(check_images(run, site, 1, &groups));
    HONE_TRY(check_bias(run, site, w->dim[0]));
    hone_shape_set(out, x->type, x->rank, x->dim);
    out->dim[1] = w->dim[0];
    if (!known_from(w, 2)) {
        memset(out->dim + 2, -1, (x->rank - 2) * sizeof *out->dim);
        return HONE_OK;
    }
    HONE_TRY(hone_window_of(run, site->node, x->rank - 2, w->dim + 2, &win));
    for (size_t k = 0; k < win.axes; k++) {
        if (x->dim[2 + k] >= 0) {
            HONE_TRY(
                hone_window_places(run, &win, k, x->dim[2 + k], &out->dim[2 + k], &before));
        }
    }
    return HONE_OK;
}

/* Window and groups; axes that there are not have length 1. */
static enum hone_code geometry(struct hone_run *run, const struct hone_call *call,
                               const struct hone_tensor *w, struct hone_window *win,
                               struct hone_conv *c)
{
    int64_t kernel[HONE_WINDOW_AXES];
    size_t axes = w->rank - 2, skip = HONE_WINDOW_AXES - axes;

    for (size_t k = 0; k < axes; k++) {
        kernel[k] = (int64_t)w->dim[2 + k];
    }
    HONE_TRY(hone_window_of(run, call->node, axes, kernel, win));
    for (size_t k = 0; k < HONE_WINDOW_AXES; k++) {
        bool there = k >= skip;
        c->kernel[k] = there ? (size_t)win->kernel[k - skip] : 1;
        c->stride[k] = there ? (size_t)win->stride[k - skip] : 1;
        c->dilation[k] = there ? (size_t)win->dilation[k - skip] : 1;
        c->dim[k] = c->size[k] = 1;
        c->pad[k] = 0;
    }
    c->groups = (size_t)hone_op_int(call->node, "group", 1);
    return HONE_OK;
}

enum hone_code hone_conv_geometry(struct hone_run *run, const struct hone_call *call,
                                  const struct hone_tensor *w, struct hone_conv *c)
{
    const struct hone_tensor *x = call->in[0];
    size_t axes = x->rank - 2, skip = HONE_WINDOW_AXES - axes;
    struct hone_window win;

    HONE_TRY(geometry(run, call, w, &win, c));
    c->batch = x->dim[0];
    c->in = x->dim[1];
    c->out = w->dim[0];
    for (size_t k = 0; k < axes; k++) {
        int64_t places, before = 0;
        HONE_TRY(hone_window_places(run, &win, k, (int64_t)x->dim[2 + k], &places, &before));
        c->dim[skip + k] = x->dim[2 + k];
        c->size[skip + k] = (size_t)places;
        c->pad[skip + k] = before;
    }
    return HONE_OK;
}

static enum hone_code conv(struct hone_run *run, const struct hone_call *call)
{
    struct hone_conv c;

    HONE_TRY(hone_conv_geometry(run, call, call->in[1], &c));
    return hone_conv(run, &c, call->in[0]->data, call->in[1]->data,
                     bias_of(call) == NULL ? NULL : bias_of(call)->data, call->out[0]->data);
}

/* --- ConvTranspose --------------------------------------------------------------------------------------------- */

/* The length asked for by output_shape, which in some files has the channels' axes too; -1: none is. */
static enum hone_code asked_length(struct hone_run *run, const struct hone_node *node,
                                   size_t axes, size_t axis, int64_t *out)
{
    size_t n;
    const int64_t *shape = hone_op_ints(node, "output_shape", &n);

    *out = -1;
    if (shape == NULL) {
        return HONE_OK;
    }
    if (n != axes + 2 && n != axes) {
        return hone_fail(run, HONE_E_SHAPE, "output_shape of %zu for %zu axes", n, axes);
    }
    *out = shape[axis + n - axes];
    return *out >= 0 ? HONE_OK
                     : hone_fail(run, HONE_E_SHAPE, "output_shape of %lld", (long long)*out);
}

/* The length of an output axis, and how much is cut off in front. */
static enum hone_code transposed_axis(struct hone_run *run, const struct hone_node *node,
                                      const struct hone_window *w, size_t axis, int64_t dim,
                                      int64_t *out, int64_t *before)
{
    size_t n;
    const int64_t *more = hone_op_ints(node, "output_padding", &n);
    int64_t reach = (w->kernel[axis] - 1) * w->dilation[axis] + 1, full, total, asked = -1;
    int64_t extra = more != NULL && axis < n ? more[axis] : 0;

    HONE_TRY(asked_length(run, node, w->axes, axis, &asked));
    if (dim < 1 || dim > INT32_MAX || extra < 0 || extra > INT32_MAX) {
        return hone_fail(run, HONE_E_SHAPE, "an axis of %lld", (long long)dim);
    }
    full = w->stride[axis] * (dim - 1) + extra + reach;
    if (asked < 0 && (w->auto_pad == HONE_PAD_GIVEN || w->auto_pad == HONE_PAD_VALID)) {
        bool given = w->auto_pad == HONE_PAD_GIVEN;
        *before = given ? w->before[axis] : 0;
        *out = full - *before - (given ? w->after[axis] : 0);
    } else {
        *out = asked >= 0 ? asked : dim * w->stride[axis];
        total = *out > full ? 0 : full - *out;
        *before = w->auto_pad == HONE_PAD_UPPER ? total / 2 : total - total / 2;
    }
    return *out >= 0 ? HONE_OK
                     : hone_fail(run, HONE_E_SHAPE, "an output of %lld", (long long)*out);
}

static enum hone_code infer_transposed(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_shape *x = &site->in[0], *w = &site->in[1];
    struct hone_shape *out = &site->out[0];
    struct hone_window win;
    int64_t groups = 1, before, each;

    *out = (struct hone_shape){.type = x->type};
    if (!x->ranked || !w->ranked) {
        return HONE_OK;
    }
    HONE_TRY(check_images(run, site, 0, &groups));
    hone_shape_set(out, x->type, x->rank, x->dim);
    each = w->dim[1];
    if (__builtin_mul_overflow(each, groups, &each)) {
        return hone_fail(run, HONE_E_SHAPE, "%lld channels in %lld groups",
                         (long long)w->dim[1], (long long)groups);
    }
    out->dim[1] = w->dim[1] < 0 ? -1 : each;
    HONE_TRY(check_bias(run, site, out->dim[1]));
    if (!known_from(w, 2)) {
        memset(out->dim + 2, -1, (x->rank - 2) * sizeof *out->dim);
        return HONE_OK;
    }
    HONE_TRY(hone_window_of(run, site->node, x->rank - 2, w->dim + 2, &win));
    for (size_t k = 0; k < win.axes; k++) {
        if (x->dim[2 + k] >= 0) {
            HONE_TRY(transposed_axis(run, site->node, &win, k, x->dim[2 + k], &out->dim[2 + k],
                                     &before));
        }
    }
    return HONE_OK;
}

static enum hone_code transposed(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *x = call->in[0], *w = call->in[1], *y = call->out[0];
    size_t axes = x->rank - 2, skip = HONE_WINDOW_AXES - axes;
    struct hone_window win;
    struct hone_conv c;

    HONE_TRY(geometry(run, call, w, &win, &c));
    c.batch = x->dim[0];
    c.in = x->dim[1];
    c.out = y->dim[1];
    for (size_t k = 0; k < axes; k++) {
        int64_t out, before = 0;
        HONE_TRY(
            transposed_axis(run, call->node, &win, k, (int64_t)x->dim[2 + k], &out, &before));
        c.size[skip + k] = x->dim[2 + k];
        c.dim[skip + k] = (size_t)out;
        c.pad[skip + k] = before;
    }
    return hone_conv_transposed(run, &c, x->data, w->data,
                                bias_of(call) == NULL ? NULL : bias_of(call)->data, y->data);
}

/* --- the operators -------------------------------------------------------------------------------------------- */

#define CONV_ATTRS "auto_pad:s dilations:I group:i kernel_shape:I pads:I strides:I"

#define OP(variable, onnx, ...)                                                                \
    const struct hone_op hone_op_##variable = {                                                \
        HONE_OP_HEAD(onnx, 1, 2, 3, 1),                                                        \
        __VA_ARGS__,                                                                           \
    }

OP(conv, "Conv", .attrs = CONV_ATTRS, .infer = hone_infer_conv, .forward = {[HONE_F32] = conv});
OP(conv_transpose, "ConvTranspose", .attrs = CONV_ATTRS " output_padding:I output_shape:I",
   .infer = infer_transposed, .forward = {[HONE_F32] = transposed});
