/* DeformConv: a convolution whose taps are moved by offsets and weighed by a mask, read between the pixels. */
#include <math.h>

#include "base/pool.h"
#include "graph/window_priv.h"

static enum hone_code infer_deform(struct hone_run *run, const struct hone_site *site)
{
    struct hone_site plain = *site;
    struct hone_shape in[3] = {site->in[0], site->in[1], {0}};

    for (size_t i = 1; i < site->inputs; i++) {
        HONE_TRY(hone_site_like_first(run, site, i));
    }
    if (site->in[0].ranked && site->in[0].rank != 4) {
        return hone_fail(run, HONE_E_UNSUPPORTED, "images of rank %zu", site->in[0].rank);
    }
    if (hone_site_has(site, 3)) {
        in[2] = site->in[3];
    }
    plain.in = in;
    plain.inputs = 3;
    return hone_infer_conv(run, &plain);
}

struct job {
    struct hone_conv c;
    const float *x, *w, *offset, *bias, *mask;
    float *y;
    size_t groups; /* of offsets */
};

/* The pixel at a place between others; beyond the edge is zero. */
static float between(const float *image, size_t h, size_t w, double y, double x)
{
    double top = floor(y), left = floor(x), sum = 0;

    if (!(y > -1 && y < (double)h && x > -1 && x < (double)w)) {
        return 0;
    }
    for (int k = 0; k < 4; k++) {
        double row = top + (k < 2 ? 0 : 1), col = left + k % 2;
        double part = (1 - fabs(y - row)) * (1 - fabs(x - col));
        if (row >= 0 && row < (double)h && col >= 0 && col < (double)w) {
            sum += part * (double)image[(size_t)row * w + (size_t)col];
        }
    }
    return (float)sum;
}

/* One output element: at is its row and column, o its channel. */
static float window_sum(const struct job *j, size_t image, size_t o, size_t row, size_t col)
{
    const struct hone_conv *c = &j->c;
    size_t each = c->in / c->groups, first = o / (c->out / c->groups) * each;
    size_t window = c->kernel[1] * c->kernel[2], pixels = c->size[1] * c->size[2];
    size_t per = c->in / j->groups, here = row * c->size[2] + col;
    double sum = j->bias == NULL ? 0 : (double)j->bias[o];

    for (size_t ch = 0; ch < each; ch++) {
        const float *from = j->x + (image * c->in + first + ch) * c->dim[1] * c->dim[2];
        size_t group = (first + ch) / per;
        for (size_t t = 0; t < window; t++) {
            size_t at = (image * j->groups + group) * window + t;
            double y =
                (double)((int64_t)(row * c->stride[1] + t / c->kernel[2] * c->dilation[1]) -
                         c->pad[1]) +
                (double)j->offset[(2 * at) * pixels + here];
            double x =
                (double)((int64_t)(col * c->stride[2] + t % c->kernel[2] * c->dilation[2]) -
                         c->pad[2]) +
                (double)j->offset[(2 * at + 1) * pixels + here];
            double v = (double)between(from, c->dim[1], c->dim[2], y, x);
            v *= j->mask == NULL ? 1 : (double)j->mask[at * pixels + here];
            sum += v * (double)j->w[(o * each + ch) * window + t];
        }
    }
    return (float)sum;
}

static enum hone_code deform_chunk(struct hone_run *run, void *ctx, size_t chunk)
{
    const struct job *j = ctx;
    size_t pixels = j->c.size[1] * j->c.size[2];

    HONE_TRY(hone_check_cancel(run));
    for (size_t i = 0; i < pixels; i++) {
        j->y[chunk * pixels + i] = window_sum(j, chunk / j->c.out, chunk % j->c.out,
                                              i / j->c.size[2], i % j->c.size[2]);
    }
    return HONE_OK;
}

static enum hone_code deform(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *bias = hone_call_in(call, 3), *mask = hone_call_in(call, 4);
    int64_t groups = hone_op_int(call->node, "offset_group", 1);
    struct job j = {.x = call->in[0]->data,
                    .w = call->in[1]->data,
                    .offset = call->in[2]->data,
                    .bias = bias == NULL ? NULL : bias->data,
                    .mask = mask == NULL ? NULL : mask->data,
                    .y = call->out[0]->data};
    size_t places;

    HONE_TRY(hone_conv_geometry(run, call, call->in[1], &j.c));
    if (groups < 1 || (size_t)groups > j.c.in || j.c.in % (size_t)groups != 0) {
        return hone_fail(run, HONE_E_SHAPE, "%zu channels in %lld groups of offsets", j.c.in,
                         (long long)groups);
    }
    j.groups = (size_t)groups;
    places = hone_product(hone_product(j.c.batch * j.groups, j.c.kernel[1] * j.c.kernel[2]),
                          j.c.size[1] * j.c.size[2]);
    if (places > SIZE_MAX / 2 || hone_tensor_count(call->in[2]) != 2 * places ||
        (mask != NULL && hone_tensor_count(mask) != places)) {
        return hone_fail(run, HONE_E_SHAPE, "offsets or a mask that do not fit the windows");
    }
    return hone_parallel_try(run, places == 0 ? 0 : j.c.batch * j.c.out, deform_chunk, &j);
}

const struct hone_op hone_op_deform_conv = {
    .part.name = "DeformConv",
    .part.source = HONE_OP_SOURCE_ONNX,
    .domain = "",
    .since = 19,
    .inputs_min = 3,
    .inputs_max = 5,
    .outputs_min = 1,
    .outputs_max = 1,
    .attrs = "dilations:I group:i kernel_shape:I offset_group:i pads:I strides:I",
    .infer = infer_deform,
    .forward = {[HONE_F32] = deform},
};
