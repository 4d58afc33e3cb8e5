#include "graph/walk_priv.h"

/* Element strides of an input along the output's axes: 0 where it is broadcast. */
static void strides(const struct hone_tensor *t, const struct hone_tensor *out, size_t *stride)
{
    size_t run = 1;
    for (size_t k = out->rank; k-- > 0;) {
        size_t back = out->rank - k; /* axis from the end, 1 is the last */
        size_t dim = back <= t->rank ? t->dim[t->rank - back] : 1;
        stride[k] = dim == 1 ? 0 : run;
        run *= dim;
    }
}

bool hone_walk_begin(struct hone_walk *w, size_t inputs, const struct hone_tensor *const *in,
                     const struct hone_tensor *out)
{
    size_t full[HONE_WALK_MAX][HONE_RANK_MAX];

    *w = (struct hone_walk){.inputs = inputs, .inner = 1};
    for (size_t i = 0; i < inputs; i++) {
        strides(in[i], out, full[i]);
    }
    /* From the first axis to the last: an axis joins the one before it when all inputs allow. */
    for (size_t k = 0; k < out->rank; k++) {
        bool joins = w->rank > 0;
        if (out->dim[k] == 0) {
            return false;
        }
        if (out->dim[k] == 1) {
            continue;
        }
        for (size_t i = 0; joins && i < inputs; i++) {
            joins = w->stride[i][w->rank - 1] == full[i][k] * out->dim[k];
        }
        if (!joins) {
            w->dim[w->rank++] = 1;
        }
        w->dim[w->rank - 1] *= out->dim[k];
        for (size_t i = 0; i < inputs; i++) {
            w->stride[i][w->rank - 1] = full[i][k];
        }
    }
    if (w->rank > 0) {
        w->rank--;
        w->inner = w->dim[w->rank];
        for (size_t i = 0; i < inputs; i++) {
            w->step[i] = w->stride[i][w->rank];
        }
    }
    return true;
}

bool hone_walk_next(struct hone_walk *w)
{
    w->out += w->inner;
    for (size_t k = w->rank; k-- > 0;) {
        w->at[k]++;
        for (size_t i = 0; i < w->inputs; i++) {
            w->offset[i] += w->stride[i][k];
        }
        if (w->at[k] < w->dim[k]) {
            return true;
        }
        for (size_t i = 0; i < w->inputs; i++) {
            w->offset[i] -= w->stride[i][k] * w->dim[k];
        }
        w->at[k] = 0;
    }
    return false;
}

struct hone_axis hone_axis_of(const struct hone_tensor *t, size_t axis)
{
    struct hone_axis a = {1, 1, 1};
    for (size_t k = 0; k < t->rank; k++) {
        if (k < axis) {
            a.outer *= t->dim[k];
        } else if (k == axis) {
            a.n = t->dim[k];
        } else {
            a.inner *= t->dim[k];
        }
    }
    return a;
}
