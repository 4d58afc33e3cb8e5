/*
 * graph/fuse_priv.h - steps of a plan that do the work of several nodes
 *
 * The saved graph knows nothing of them; they give what the nodes give.
 */
#ifndef HONE_GRAPH_FUSE_PRIV_H
#define HONE_GRAPH_FUSE_PRIV_H

#include <math.h>

#include "graph/plan_priv.h"

/* Replace chains of text operators once all steps are there, before buffers.  In mem.  Fails: HONE_E_LIMIT. */
enum hone_code hone_plan_fuse_text(struct hone_run *run, struct hone_plan *plan,
                                   struct hone_arena *mem);

/* An element x of a row whose norm is not 0: sum is of absolutes, or of squares, as onnxruntime rounds them. */
static inline float hone_normalized(bool squares, float x, float sum)
{
    return squares ? copysignf(sqrtf(x * x / sum), x) : x / sum;
}

#endif
