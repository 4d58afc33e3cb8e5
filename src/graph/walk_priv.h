/*
 * graph/walk_priv.h - elements of broadcast tensors, run by run
 */
#ifndef HONE_GRAPH_WALK_PRIV_H
#define HONE_GRAPH_WALK_PRIV_H

#include "graph/op.h"

#define HONE_WALK_MAX 3

/*
 * Runs of `inner` output elements; input i's run begins at element offset[i] and moves by step[i] (0 or 1)
 * from one to the next.  Axes that lie together in all inputs are one, so tensors of one shape are one run.
 */
struct hone_walk {
    size_t inner;
    size_t out; /* first output element of the run */
    size_t offset[HONE_WALK_MAX];
    size_t step[HONE_WALK_MAX];
    size_t inputs, rank;
    size_t dim[HONE_RANK_MAX], at[HONE_RANK_MAX];
    size_t stride[HONE_WALK_MAX][HONE_RANK_MAX];
};

/* The first run; false when there are no elements.  in: tensors that broadcast to out. */
bool hone_walk_begin(struct hone_walk *w, size_t inputs, const struct hone_tensor *const *in,
                     const struct hone_tensor *out);
bool hone_walk_next(struct hone_walk *w);

/* An axis of a tensor in the middle: outer x n x inner elements. */
struct hone_axis {
    size_t outer, n, inner;
};
struct hone_axis hone_axis_of(const struct hone_tensor *t, size_t axis);

#endif
