/* The same elements in another order: DepthToSpace, SpaceToDepth; patches added to an image: Col2Im. */
#include "graph/op_head_priv.h"
#include "graph/walk_priv.h"

static enum hone_code block_size(struct hone_run *run, const struct hone_node *node,
                                 size_t *out)
{
    int64_t b = hone_op_int(node, "blocksize", 0);
    if (b < 1 || b > INT32_MAX) {
        return hone_fail(run, HONE_E_FORMAT, "blocksize %lld", (long long)b);
    }
    *out = (size_t)b;
    return HONE_OK;
}

/* Both ways: `deep` is true for SpaceToDepth. */
static enum hone_code infer_blocks(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_shape *in = &site->in[0];
    bool deep = strcmp(site->node->op, "SpaceToDepth") == 0;
    struct hone_shape *out = &site->out[0];
    size_t size = 1;
    int64_t b, square;

    HONE_TRY(block_size(run, site->node, &size));
    HONE_TRY(hone_infer_same(run, site));
    b = (int64_t)size;
    square = b * b;
    if (!in->ranked) {
        return HONE_OK;
    }
    if (in->rank != 4 || (!deep && in->dim[1] >= 0 && in->dim[1] % square != 0) ||
        (deep && in->dim[2] >= 0 && in->dim[2] % b != 0) ||
        (deep && in->dim[3] >= 0 && in->dim[3] % b != 0)) {
        return hone_fail(run, HONE_E_SHAPE, "an image that does not divide into blocks of %zu",
                         size);
    }
    for (size_t k = 1; k < 4; k++) {
        int64_t times = k == 1 ? square : b;
        if (in->dim[k] < 0) {
            continue;
        }
        if ((k == 1) != deep) {
            out->dim[k] = in->dim[k] / times;
        } else if (__builtin_mul_overflow(in->dim[k], times, &out->dim[k])) {
            return hone_fail(run, HONE_E_LIMIT, "a dimension of more than 2^63");
        }
    }
    return HONE_OK;
}

/*
 * The deep side has (block row, block column, channel) in its channels, or with mode CRD (channel, block row, block
 * column); the wide side has the blocks in its rows and columns.
 */
static enum hone_code blocks(struct hone_run *run, const struct hone_call *call)
{
    static const char *const words[] = {"DCR", "CRD", NULL};
    bool deep = strcmp(call->node->op, "SpaceToDepth") == 0;
    const struct hone_tensor *wide = deep ? call->in[0] : call->out[0];
    size_t size = hone_dtype_size(wide->type), b = 1, channels = wide->dim[1];
    size_t rows = wide->dim[2], cols = wide->dim[3];
    int mode = 0;

    HONE_TRY(block_size(run, call->node, &b));
    HONE_TRY(hone_op_word(run, call->node, "mode", "DCR", words, &mode));
    for (size_t i = 0; i < hone_tensor_count(wide); i++) {
        size_t x = i % cols, y = i / cols % rows, c = i / cols / rows % channels;
        size_t image = i / cols / rows / channels, block = y % b * b + x % b;
        size_t channel = mode == 0 ? block * channels + c : c * b * b + block;
        size_t at =
            ((image * channels * b * b + channel) * (rows / b) + y / b) * (cols / b) + x / b;
        memcpy((char *)call->out[0]->data + (deep ? at : i) * size,
               (const char *)call->in[0]->data + (deep ? i : at) * size, size);
    }
    return HONE_OK;
}

/* --- Col2Im ------------------------------------------------------------------------------------------------- */

#define AXES 4

struct image {
    size_t axes;
    int64_t dim[AXES], block[AXES], stride[AXES], dilation[AXES], before[AXES], after[AXES];
};

static enum hone_code image_of(struct hone_run *run, const struct hone_node *node,
                               const int64_t *dim, const int64_t *block, size_t n,
                               struct image *im)
{
    static const char *const names[] = {"dilations", "strides", "pads"};

    *im = (struct image){.axes = n};
    if (n == 0 || n > AXES) {
        return hone_fail(run, HONE_E_UNSUPPORTED, "an image of %zu axes", n);
    }
    for (size_t a = 0; a < 3; a++) {
        size_t given, want = a == 2 ? 2 * n : n;
        const int64_t *list = hone_op_ints(node, names[a], &given);
        if (list != NULL && given != want) {
            return hone_fail(run, HONE_E_SHAPE, "%zu %s for %zu axes", given, names[a], n);
        }
        for (size_t k = 0; k < want; k++) {
            int64_t v = list == NULL ? a < 2 : list[k];
            if (v < (a < 2 ? 1 : 0) || v > INT32_MAX) {
                return hone_fail(run, HONE_E_SHAPE, "%s of %lld", names[a], (long long)v);
            }
            *(a == 0   ? &im->dilation[k]
              : a == 1 ? &im->stride[k]
              : k < n  ? &im->before[k]
                       : &im->after[k - n]) = v;
        }
    }
    for (size_t k = 0; k < n; k++) {
        im->dim[k] = dim[k];
        im->block[k] = block[k];
        if (dim[k] < 1 || block[k] < 1 || dim[k] > INT32_MAX || block[k] > INT32_MAX) {
            return hone_fail(run, HONE_E_SHAPE, "an image of %lld in blocks of %lld",
                             (long long)dim[k], (long long)block[k]);
        }
    }
    return HONE_OK;
}

static enum hone_code infer_col2im(struct hone_run *run, const struct hone_site *site)
{
    HONE_SCRATCH(run);
    const struct hone_shape *in = &site->in[0];
    const int64_t *dim = NULL, *block = NULL;
    size_t n = 0, n_block = 0;
    bool known = false, known_block = false;
    int64_t out[HONE_RANK_MAX], volume = 1;
    struct image im;

    site->out[0] = (struct hone_shape){.type = in->type};
    HONE_TRY(hone_site_ints(run, site, 1, &run->scratch, &dim, &n, &known));
    HONE_TRY(hone_site_ints(run, site, 2, &run->scratch, &block, &n_block, &known_block));
    if (!known || !known_block || !in->ranked) {
        return HONE_OK;
    }
    if (in->rank != 3 || n != n_block) {
        return hone_fail(run, HONE_E_SHAPE, "columns of rank %zu, an image of %zu axes",
                         in->rank, n);
    }
    HONE_TRY(image_of(run, site->node, dim, block, n, &im));
    for (size_t k = 0; k < n; k++) {
        if (__builtin_mul_overflow(volume, block[k], &volume)) {
            return hone_fail(run, HONE_E_LIMIT, "blocks of more than 2^63 elements");
        }
        out[2 + k] = dim[k];
    }
    if (in->dim[1] >= 0 && in->dim[1] % volume != 0) {
        return hone_fail(run, HONE_E_SHAPE, "%lld rows are no blocks of %lld",
                         (long long)in->dim[1], (long long)volume);
    }
    out[0] = in->dim[0];
    out[1] = in->dim[1] < 0 ? -1 : in->dim[1] / volume;
    hone_shape_set(&site->out[0], in->type, 2 + n, out);
    return HONE_OK;
}

static enum hone_code col2im(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *in = call->in[0], *out = call->out[0];
    int64_t dim[AXES] = {0}, block[AXES] = {0}, places[AXES];
    size_t n = out->rank - 2, window = 1, total = 1, pixels = 1, planes;
    struct image im;

    for (size_t k = 0; k < n && k < AXES; k++) {
        dim[k] = (int64_t)out->dim[2 + k];
        block[k] = hone_tensor_int(call->in[2], k);
    }
    HONE_TRY(image_of(run, call->node, dim, block, n, &im));
    for (size_t k = 0; k < n; k++) {
        int64_t room =
            im.dim[k] + im.before[k] + im.after[k] - ((im.block[k] - 1) * im.dilation[k] + 1);
        places[k] = room < 0 ? 0 : room / im.stride[k] + 1;
        window *= (size_t)im.block[k];
        total *= (size_t)places[k];
        pixels *= (size_t)im.dim[k];
    }
    if (in->dim[2] != total) {
        return hone_fail(run, HONE_E_SHAPE, "%zu columns, the image has %zu blocks", in->dim[2],
                         total);
    }
    planes = in->dim[0] * (in->dim[1] / window);
    memset(out->data, 0, hone_tensor_count(out) * sizeof(float));
    for (size_t i = 0; i < planes * window * total; i++) {
        size_t tap = i / total % window, place = i % total;
        size_t at = 0, scale = 1;
        bool inside = true;
        for (size_t k = n; k-- > 0;) {
            int64_t x = (int64_t)(place % (size_t)places[k]) * im.stride[k] +
                        (int64_t)(tap % (size_t)im.block[k]) * im.dilation[k] - im.before[k];
            inside = inside && x >= 0 && x < im.dim[k];
            at += inside ? (size_t)x * scale : 0;
            scale *= (size_t)im.dim[k];
            place /= (size_t)places[k];
            tap /= (size_t)im.block[k];
        }
        if (inside) {
            ((float *)out->data)[i / total / window * pixels + at] +=
                ((const float *)in->data)[i];
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

OP(depth_to_space, "DepthToSpace", 1, 1, .attrs = "blocksize:i mode:s", .infer = infer_blocks,
   .any = blocks);
OP(space_to_depth, "SpaceToDepth", 1, 1, .attrs = "blocksize:i", .infer = infer_blocks,
   .any = blocks);
OP(col2im, "Col2Im", 18, 3, .attrs = "dilations:I pads:I strides:I", .reads = 6,
   .infer = infer_col2im, .forward = {[HONE_F32] = col2im});
