/* Tensors made larger or smaller around what they hold: Pad, CenterCropPad, Tile, Trilu. */
#include "graph/op_head_priv.h"
#include "graph/walk_priv.h"

/* --- Pad: per axis, which input index an output index takes; -1: the constant --------------------------- */

enum mode { CONSTANT, REFLECT, EDGE, WRAP };

struct pads {
    int64_t before[HONE_RANK_MAX], after[HONE_RANK_MAX];
    bool known;
};

static enum hone_code pads_of(struct hone_run *run, const struct hone_site *site, size_t rank,
                              struct pads *pads)
{
    HONE_SCRATCH(run);
    const int64_t *list = NULL, *axes = NULL;
    size_t n = 0, n_axes = 0;
    bool known_axes = true;

    *pads = (struct pads){{0}, {0}, false};
    HONE_TRY(hone_site_ints(run, site, 1, &run->scratch, &list, &n, &pads->known));
    if (hone_site_has(site, 3)) {
        HONE_TRY(hone_site_ints(run, site, 3, &run->scratch, &axes, &n_axes, &known_axes));
    }
    pads->known = pads->known && known_axes;
    if (!pads->known) {
        return HONE_OK;
    }
    n_axes = axes == NULL ? rank : n_axes;
    if (n != 2 * n_axes) {
        return hone_fail(run, HONE_E_SHAPE, "%zu pads for %zu axes", n, n_axes);
    }
    for (size_t i = 0; i < n_axes; i++) {
        size_t k = i;
        HONE_TRY(hone_op_axis(run, axes == NULL ? (int64_t)i : axes[i], rank, &k));
        pads->before[k] = list[i];
        pads->after[k] = list[n_axes + i];
    }
    return HONE_OK;
}

static enum hone_code infer_pad(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_shape *in = &site->in[0];
    struct hone_shape *out = &site->out[0];
    struct pads pads;

    *out = *in;
    out->data = NULL;
    if (hone_site_has(site, 2)) {
        HONE_TRY(hone_site_like_first(run, site, 2));
    }
    if (!in->ranked) {
        return HONE_OK;
    }
    HONE_TRY(pads_of(run, site, in->rank, &pads));
    for (size_t k = 0; k < in->rank; k++) {
        int64_t n = in->dim[k];
        if (!pads.known || n < 0) {
            out->dim[k] = -1;
            continue;
        }
        if (__builtin_add_overflow(n, pads.before[k], &n) ||
            __builtin_add_overflow(n, pads.after[k], &n) || n < 0) {
            return hone_fail(run, HONE_E_SHAPE, "pads of %lld and %lld on axis %zu of %lld",
                             (long long)pads.before[k], (long long)pads.after[k], k,
                             (long long)in->dim[k]);
        }
        out->dim[k] = n;
    }
    return HONE_OK;
}

static int64_t source_of(int64_t i, int64_t n, enum mode mode)
{
    int64_t period = mode == REFLECT ? 2 * (n - 1) : n;

    if (i >= 0 && i < n) {
        return i;
    }
    switch (mode) {
    case EDGE:
        return i < 0 ? 0 : n - 1;
    case REFLECT:
    case WRAP:
        if (period == 0) {
            return 0;
        }
        i %= period;
        i = i < 0 ? i + period : i;
        return i < n ? i : period - i;
    default:
        return -1;
    }
}

/* Copy by maps; the elements of the last axis that lie together go at once. */
static void pad_copy(const struct hone_tensor *in, const struct hone_tensor *out,
                     int64_t *const *map, const void *fill)
{
    size_t size = hone_dtype_size(in->type), rank = out->rank, last = rank - 1;
    size_t at[HONE_RANK_MAX] = {0}, n = hone_tensor_count(out);
    char *to = out->data;

    for (size_t done = 0; done < n; done += out->dim[last]) {
        const char *row = in->data;
        size_t stride = size;
        bool outside = false;
        for (size_t k = rank; k-- > 0;) {
            if (k != last) {
                outside = outside || map[k][at[k]] < 0;
                row += outside ? 0 : (size_t)map[k][at[k]] * stride;
            }
            stride *= in->dim[k];
        }
        for (size_t i = 0; i < out->dim[last];) {
            int64_t from = outside ? -1 : map[last][i];
            size_t run = 1;
            while (from >= 0 && i + run < out->dim[last] &&
                   map[last][i + run] == from + (int64_t)run) {
                run++;
            }
            memcpy(to, from < 0 ? (const char *)fill : row + (size_t)from * size, run * size);
            to += run * size;
            i += run;
        }
        for (size_t k = last; k-- > 0;) {
            if (++at[k] < out->dim[k]) {
                break;
            }
            at[k] = 0;
        }
    }
}

static enum hone_code pad(struct hone_run *run, const struct hone_call *call)
{
    static const char *const words[] = {"constant", "reflect", "edge", "wrap", NULL};
    HONE_SCRATCH(run);
    const struct hone_tensor *in = call->in[0], *out = call->out[0];
    const struct hone_tensor *value = hone_call_in(call, 2);
    static const struct hone_str zero; /* as large as any element */
    struct hone_shape shapes[4] = {{0}};
    struct hone_site site = {.node = call->node, .inputs = call->inputs, .in = shapes};
    struct pads pads;
    int64_t *map[HONE_RANK_MAX];
    int mode = 0;

    HONE_TRY(hone_op_word(run, call->node, "mode", "constant", words, &mode));
    for (size_t i = 0; i < call->inputs; i++) {
        shapes[i] = hone_shape_of(call->in[i]);
    }
    HONE_TRY(pads_of(run, &site, in->rank, &pads));
    if (hone_tensor_count(out) == 0) {
        return HONE_OK;
    }
    if (in->rank == 0) {
        memcpy(out->data, in->data, hone_dtype_size(in->type));
        return HONE_OK;
    }
    for (size_t k = 0; k < in->rank; k++) {
        HONE_TRY(hone_array(run, &run->scratch, &map[k], out->dim[k]));
        if (mode != CONSTANT && in->dim[k] == 0) {
            return hone_fail(run, HONE_E_SHAPE, "axis %zu has nothing to be repeated", k);
        }
        for (size_t i = 0; i < out->dim[k]; i++) {
            map[k][i] =
                source_of((int64_t)i - pads.before[k], (int64_t)in->dim[k], (enum mode)mode);
        }
    }
    pad_copy(in, out, map,
             value != NULL && hone_tensor_count(value) != 0 ? value->data
                                                            : (const void *)&zero);
    return HONE_OK;
}

/* --- CenterCropPad ---------------------------------------------------------------------------------------- */

static enum hone_code infer_center(struct hone_run *run, const struct hone_site *site)
{
    HONE_SCRATCH(run);
    const struct hone_shape *in = &site->in[0];
    const int64_t *dim = NULL, *axes;
    size_t n = 0, n_axes;
    bool known = false;

    site->out[0] = *in;
    site->out[0].data = NULL;
    HONE_TRY(hone_site_ints(run, site, 1, &run->scratch, &dim, &n, &known));
    axes = hone_op_ints(site->node, "axes", &n_axes);
    for (size_t k = 0; in->ranked && !known && k < in->rank; k++) {
        site->out[0].dim[k] = -1;
    }
    for (size_t i = 0; known && in->ranked && i < n; i++) {
        size_t k = i;
        HONE_TRY(hone_op_axis(run, axes == NULL || i >= n_axes ? (int64_t)i : axes[i], in->rank,
                              &k));
        if (dim[i] < 0) {
            return hone_fail(run, HONE_E_SHAPE, "a negative dimension");
        }
        site->out[0].dim[k] = dim[i];
    }
    return HONE_OK;
}

static enum hone_code center(struct hone_run *run, const struct hone_call *call)
{
    HONE_SCRATCH(run);
    const struct hone_tensor *in = call->in[0], *out = call->out[0];
    static const struct hone_str zero;
    int64_t *map[HONE_RANK_MAX];

    if (hone_tensor_count(out) == 0 || in->rank == 0) {
        return HONE_OK;
    }
    for (size_t k = 0; k < in->rank; k++) {
        /* The half that is rounded down comes first, both when it is cut and when it is added. */
        int64_t more = (int64_t)out->dim[k] - (int64_t)in->dim[k];
        int64_t first = more >= 0 ? more / 2 : -(-more / 2);
        HONE_TRY(hone_array(run, &run->scratch, &map[k], out->dim[k]));
        for (size_t i = 0; i < out->dim[k]; i++) {
            map[k][i] = source_of((int64_t)i - first, (int64_t)in->dim[k], CONSTANT);
        }
    }
    pad_copy(in, out, map, &zero);
    return HONE_OK;
}

/* --- Tile ------------------------------------------------------------------------------------------------- */

static enum hone_code infer_tile(struct hone_run *run, const struct hone_site *site)
{
    HONE_SCRATCH(run);
    const struct hone_shape *in = &site->in[0];
    const int64_t *times = NULL;
    size_t n = 0;
    bool known = false;

    site->out[0] = *in;
    site->out[0].data = NULL;
    HONE_TRY(hone_site_ints(run, site, 1, &run->scratch, &times, &n, &known));
    for (size_t k = 0; in->ranked && k < in->rank; k++) {
        if (known && n != in->rank) {
            return hone_fail(run, HONE_E_SHAPE, "%zu repeats for rank %zu", n, in->rank);
        }
        if (!known || in->dim[k] < 0) {
            site->out[0].dim[k] = -1;
        } else if (times[k] < 0 ||
                   __builtin_mul_overflow(in->dim[k], times[k], &site->out[0].dim[k])) {
            return hone_fail(run, HONE_E_SHAPE, "%lld repeats", (long long)times[k]);
        }
    }
    return HONE_OK;
}

static enum hone_code tile(struct hone_run *run, const struct hone_call *call)
{
    HONE_SCRATCH(run);
    const struct hone_tensor *in = call->in[0], *out = call->out[0];
    int64_t *map[HONE_RANK_MAX];

    if (hone_tensor_count(out) == 0) {
        return HONE_OK;
    }
    if (in->rank == 0) {
        memcpy(out->data, in->data, hone_dtype_size(in->type));
        return HONE_OK;
    }
    for (size_t k = 0; k < in->rank; k++) {
        HONE_TRY(hone_array(run, &run->scratch, &map[k], out->dim[k]));
        for (size_t i = 0; i < out->dim[k]; i++) {
            map[k][i] = (int64_t)(i % in->dim[k]);
        }
    }
    pad_copy(in, out, map, NULL);
    return HONE_OK;
}

/* --- Trilu ------------------------------------------------------------------------------------------------ */

static enum hone_code infer_trilu(struct hone_run *run, const struct hone_site *site)
{
    if (site->in[0].ranked && site->in[0].rank < 2) {
        return hone_fail(run, HONE_E_SHAPE, "rank %zu is no matrix", site->in[0].rank);
    }
    return hone_infer_same(run, site);
}

static enum hone_code trilu(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *in = call->in[0], *k_in = hone_call_in(call, 1);
    bool upper = hone_op_int(call->node, "upper", 1) != 0;
    size_t size = hone_dtype_size(in->type), rows = in->dim[in->rank - 2];
    size_t cols = in->dim[in->rank - 1], n = hone_tensor_count(in);
    int64_t k = 0;
    char *out = call->out[0]->data;

    if (k_in != NULL) {
        if (k_in->type != HONE_I64 || hone_tensor_count(k_in) != 1) {
            return hone_fail(run, HONE_E_SHAPE, "k is not one int64");
        }
        k = *(const int64_t *)k_in->data;
    }
    memcpy(out, in->data, n * size);
    for (size_t r = 0; cols != 0 && r < n / cols; r++) {
        /* The diagonal of this row: as many columns before it, held to what there is. */
        int64_t row = (int64_t)(r % rows), split = upper ? 0 : 1, at;
        if (__builtin_add_overflow(row + split, k, &at)) {
            at = k < 0 ? 0 : INT64_MAX;
        }
        at = at < 0 ? 0 : at > (int64_t)cols ? (int64_t)cols : at;
        memset(out + (r * cols + (upper ? 0 : (size_t)at)) * size, 0,
               (upper ? (size_t)at : cols - (size_t)at) * size);
    }
    return HONE_OK;
}

/* --- the operators -------------------------------------------------------------------------------------------- */

#define OP(variable, onnx, first, min_in, max_in, ...)                                         \
    const struct hone_op hone_op_##variable = {                                                \
        HONE_OP_HEAD(onnx, first, min_in, max_in, 1),                                          \
        __VA_ARGS__,                                                                           \
    }

OP(pad, "Pad", 1, 2, 4, .attrs = "mode:s", .reads = 2 | 8, .infer = infer_pad, .any = pad);
OP(center_crop_pad, "CenterCropPad", 18, 2, 2, .attrs = "axes:I", .reads = 2,
   .infer = infer_center, .any = center);
OP(tile, "Tile", 1, 2, 2, .reads = 2, .infer = infer_tile, .any = tile);
OP(trilu, "Trilu", 14, 1, 2, .attrs = "upper:i", .infer = infer_trilu, .any = trilu);
