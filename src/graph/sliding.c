#include "graph/window_priv.h"

/* Larger numbers than any image has, and small enough that products of two of them fit. */
#define MOST ((int64_t)1 << 30)

/* A list of numbers of a node, or all of them the same. */
static enum hone_code numbers(struct hone_run *run, const struct hone_node *node,
                              const char *name, size_t n, int64_t least, int64_t absent,
                              int64_t *out)
{
    size_t given;
    const int64_t *list = hone_op_ints(node, name, &given);

    if (list != NULL && given != n) {
        return hone_fail(run, HONE_E_SHAPE, "%zu %s, not %zu", given, name, n);
    }
    for (size_t i = 0; i < n; i++) {
        out[i] = list == NULL ? absent : list[i];
        if (out[i] < least || out[i] > MOST) {
            return hone_fail(run, HONE_E_SHAPE, "%s of %lld", name, (long long)out[i]);
        }
    }
    return HONE_OK;
}

enum hone_code hone_window_of(struct hone_run *run, const struct hone_node *node, size_t axes,
                              const int64_t *kernel, struct hone_window *w)
{
    static const char *const words[] = {"NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID", NULL};
    int64_t pads[2 * HONE_WINDOW_AXES];

    *w = (struct hone_window){.axes = axes};
    if (axes == 0 || axes > HONE_WINDOW_AXES) {
        return hone_fail(run, HONE_E_UNSUPPORTED, "windows over %zu axes", axes);
    }
    HONE_TRY(numbers(run, node, "strides", axes, 1, 1, w->stride));
    HONE_TRY(numbers(run, node, "dilations", axes, 1, 1, w->dilation));
    HONE_TRY(numbers(run, node, "pads", 2 * axes, -MOST, 0, pads));
    HONE_TRY(hone_op_word(run, node, "auto_pad", "NOTSET", words, &w->auto_pad));
    if (hone_node_attr(node, "kernel_shape") != NULL || kernel == NULL) {
        HONE_TRY(numbers(run, node, "kernel_shape", axes, 1, 0, w->kernel));
    }
    w->ceil = hone_op_int(node, "ceil_mode", 0) != 0;
    for (size_t i = 0; i < axes; i++) {
        w->before[i] = pads[i];
        w->after[i] = pads[axes + i];
        if (kernel != NULL && w->kernel[i] != 0 && w->kernel[i] != kernel[i]) {
            return hone_fail(run, HONE_E_SHAPE, "kernel_shape %lld, weights of %lld",
                             (long long)w->kernel[i], (long long)kernel[i]);
        }
        w->kernel[i] = kernel != NULL ? kernel[i] : w->kernel[i];
        if (w->kernel[i] < 1 || w->kernel[i] > MOST) {
            return hone_fail(run, HONE_E_SHAPE, "a window of %lld", (long long)w->kernel[i]);
        }
    }
    return HONE_OK;
}

enum hone_code hone_window_places(struct hone_run *run, const struct hone_window *w,
                                  size_t axis, int64_t dim, int64_t *places, int64_t *before)
{
    int64_t reach = (w->kernel[axis] - 1) * w->dilation[axis] + 1, s = w->stride[axis], room;

    if (dim > MOST) {
        return hone_fail(run, HONE_E_LIMIT, "an axis of %lld", (long long)dim);
    }
    if (w->auto_pad == HONE_PAD_UPPER || w->auto_pad == HONE_PAD_LOWER) {
        int64_t total;
        *places = (dim + s - 1) / s;
        total = (*places - 1) * s + reach - dim;
        total = total < 0 ? 0 : total;
        *before = w->auto_pad == HONE_PAD_UPPER ? total / 2 : total - total / 2;
        return HONE_OK;
    }
    *before = w->auto_pad == HONE_PAD_VALID ? 0 : w->before[axis];
    room = dim + *before + (w->auto_pad == HONE_PAD_VALID ? 0 : w->after[axis]) - reach;
    if (room < 0) {
        return hone_fail(run, HONE_E_SHAPE, "a window of %lld over %lld", (long long)reach,
                         (long long)(room + reach));
    }
    *places = (w->ceil ? (room + s - 1) / s : room / s) + 1;
    /* The last one begins inside the image or the padding in front of it. */
    if (w->ceil && (*places - 1) * s >= dim + *before) {
        --*places;
    }
    return HONE_OK;
}
