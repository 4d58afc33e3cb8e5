/*
 * graph/op_head_priv.h - the head of an operator: what a file of operators says of each of them before what they do
 */
#ifndef HONE_GRAPH_OP_HEAD_PRIV_H
#define HONE_GRAPH_OP_HEAD_PRIV_H

#include "graph/op.h"

/*
 * Of ai.onnx, as the first initializers of a struct hone_op.
 *
 *   onnx      its name
 *   first     opset since which it is the one meant here
 *   least, most   inputs
 *   outputs   at the most; one is always there
 */
#define HONE_OP_HEAD(onnx, first, least, most, outputs)                                        \
    .part.name = (onnx), .part.source = HONE_OP_SOURCE_ONNX, .domain = "", .since = (first),   \
    .inputs_min = (least), .inputs_max = (most), .outputs_min = 1, .outputs_max = (outputs)

/* Of ai.onnx.ml: it takes one input at least, and gives all its outputs. */
#define HONE_OP_HEAD_ML(onnx, first, most, outputs)                                            \
    .part.name = (onnx), .part.source = HONE_OP_SOURCE_ML, .domain = HONE_ML,                  \
    .since = (first), .inputs_min = 1, .inputs_max = (most), .outputs_min = (outputs),         \
    .outputs_max = (outputs)

#endif
