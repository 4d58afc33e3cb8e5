/*
 * tensor/conv.h - convolutions of float images
 *
 * Over one to three axes (those that there are not have length 1), in the layout of ONNX: x (batch, in, dim...),
 * w (out, in / groups, kernel...), y (batch, out, size...).  Sums go over input channels, then the window, beginning
 * with the bias; they are those of tensor/gemm.h, so that the bits do not depend on threads.
 */
#ifndef HONE_TENSOR_CONV_H
#define HONE_TENSOR_CONV_H

#include "base/run.h"

#define HONE_CONV_AXES 3

struct hone_conv {
    size_t batch, in, out, groups; /* images; channels, multiples of groups */
    size_t dim[HONE_CONV_AXES], kernel[HONE_CONV_AXES], size[HONE_CONV_AXES];
    size_t stride[HONE_CONV_AXES], dilation[HONE_CONV_AXES];
    int64_t pad[HONE_CONV_AXES]; /* in front of each axis */
};

/* bias (out) may be NULL.  Fails: HONE_E_LIMIT, HONE_E_CANCELLED. */
enum hone_code hone_conv(struct hone_run *run, const struct hone_conv *c, const float *x,
                         const float *w, const float *bias, float *y);

/*
 * Transposed: here x is (batch, in, size...) and y (batch, out, dim...), w (in, out / groups, kernel...): the window of
 * each element of x is added to y, which begins with the bias.
 */
enum hone_code hone_conv_transposed(struct hone_run *run, const struct hone_conv *c,
                                    const float *x, const float *w, const float *bias,
                                    float *y);

#endif
