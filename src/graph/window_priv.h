/*
 * graph/window_priv.h - windows that move over the last axes of an image: convolutions and pools
 *
 * Source: ONNX operators Conv, ConvTranspose, MaxPool: kernel_shape, strides, dilations, pads, auto_pad, ceil_mode.
 */
#ifndef HONE_GRAPH_WINDOW_PRIV_H
#define HONE_GRAPH_WINDOW_PRIV_H

#include "graph/op.h"
#include "tensor/conv.h"

#define HONE_WINDOW_AXES HONE_CONV_AXES

enum hone_auto_pad { HONE_PAD_GIVEN, HONE_PAD_UPPER, HONE_PAD_LOWER, HONE_PAD_VALID };

struct hone_window {
    size_t axes; /* 1 to HONE_WINDOW_AXES */
    int64_t kernel[HONE_WINDOW_AXES], stride[HONE_WINDOW_AXES], dilation[HONE_WINDOW_AXES];
    int64_t before[HONE_WINDOW_AXES], after[HONE_WINDOW_AXES]; /* as given */
    int auto_pad;
    bool ceil;
};

/*
 * The window of a node over so many axes.  kernel: its lengths; NULL: the attribute kernel_shape.
 * Fails: HONE_E_SHAPE, HONE_E_UNSUPPORTED (more axes), HONE_E_FORMAT.
 */
enum hone_code hone_window_of(struct hone_run *run, const struct hone_node *node, size_t axes,
                              const int64_t *kernel, struct hone_window *w);
/* Places of the window along an axis of length dim, and the padding in front.  Fails: HONE_E_SHAPE (no place). */
enum hone_code hone_window_places(struct hone_run *run, const struct hone_window *w,
                                  size_t axis, int64_t dim, int64_t *places, int64_t *before);

/* Conv of inputs 0 and 1 (and a bias); and its geometry once the shapes are known. */
enum hone_code hone_infer_conv(struct hone_run *run, const struct hone_site *site);
enum hone_code hone_conv_geometry(struct hone_run *run, const struct hone_call *call,
                                  const struct hone_tensor *w, struct hone_conv *c);

#endif
