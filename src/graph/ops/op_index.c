/* Parts of tensors: Concat, Split, Slice, Gather, GatherElements, Expand, ArrayFeatureExtractor. */
#include "graph/walk_priv.h"

struct state {
    int64_t axis;
    int64_t parts; /* Split: num_outputs, or 0 */
};

#define ALL_TYPES(f)                                                                           \
    {                                                                                          \
        [HONE_F32] = f, [HONE_F64] = f, [HONE_U8] = f, [HONE_I8] = f, [HONE_U16] = f,          \
        [HONE_I16] = f, [HONE_U32] = f, [HONE_I32] = f, [HONE_U64] = f, [HONE_I64] = f,        \
        [HONE_B8] = f, [HONE_F16] = f, [HONE_BF16] = f, [HONE_STRING] = f                      \
    }

static enum hone_code prepare_axis0(struct hone_run *run, const struct hone_site *site,
                                    struct hone_arena *mem, void *state)
{
    struct state *s = state;
    (void)run;
    (void)mem;
    s->axis = hone_op_int(site->node, "axis", 0);
    s->parts = hone_op_int(site->node, "num_outputs", 0);
    return HONE_OK;
}

/* The operator works along one axis, which is not that of the rows; other inputs have no rows. */
static bool rows_off_axis(const struct hone_site *site)
{
    const struct state *s = site->state;
    return hone_rows_first(site) && s->axis != 0 && site->in[0].ranked &&
           s->axis != -(int64_t)site->in[0].rank;
}

/* --- Concat ------------------------------------------------------------------------------------------ */

static enum hone_code infer_concat(struct hone_run *run, const struct hone_site *site)
{
    const struct state *s = site->state;
    struct hone_shape *out = &site->out[0];
    size_t axis = 0;
    int64_t sum = 0;

    *out = (struct hone_shape){.type = site->in[0].type};
    for (size_t i = 0; i < site->inputs; i++) {
        const struct hone_shape *in = &site->in[i];
        if (in->type != out->type) {
            return hone_fail(run, HONE_E_SHAPE, "inputs of different types: %s and %s",
                             hone_dtype_name(out->type), hone_dtype_name(in->type));
        }
        if (!in->ranked) {
            out->ranked = false;
            return HONE_OK;
        }
        if (i == 0) {
            hone_shape_set(out, in->type, in->rank, in->dim);
            HONE_TRY(hone_op_axis(run, s->axis, in->rank, &axis));
        }
        if (in->rank != out->rank) {
            return hone_fail(run, HONE_E_SHAPE, "input %zu has rank %zu, not %zu", i, in->rank,
                             out->rank);
        }
        for (size_t k = 0; k < in->rank; k++) {
            if (k == axis) {
                continue;
            }
            if (out->dim[k] >= 0 && in->dim[k] >= 0 && out->dim[k] != in->dim[k]) {
                return hone_fail(run, HONE_E_SHAPE,
                                 "input %zu has %lld in dimension %zu, not %lld", i,
                                 (long long)in->dim[k], k, (long long)out->dim[k]);
            }
            out->dim[k] = out->dim[k] < 0 ? in->dim[k] : out->dim[k];
        }
        sum = sum < 0 || in->dim[axis] < 0 ? -1 : sum + in->dim[axis];
    }
    out->dim[axis] = sum;
    return HONE_OK;
}

static bool concat_keeps_rows(const struct hone_site *site)
{
    const struct state *s = site->state;
    for (size_t i = 0; i < site->inputs; i++) {
        if (!site->rows[i]) {
            return false;
        }
    }
    return s->axis != 0 && s->axis != -(int64_t)site->in[0].rank;
}

static enum hone_code concat(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *out = call->out[0];
    size_t size = hone_dtype_size(out->type);
    size_t axis = 0, at = 0, stride;
    struct hone_axis a;

    HONE_TRY(hone_op_axis(run, ((const struct state *)call->state)->axis, out->rank, &axis));
    a = hone_axis_of(out, axis);
    stride = a.n * a.inner * size;
    for (size_t i = 0; i < call->inputs; i++) {
        const char *from = call->in[i]->data;
        char *to = (char *)out->data + at;
        size_t len = call->in[i]->dim[axis] * a.inner * size;
        if (len == sizeof(float)) { /* columns side by side, the common case */
            for (size_t r = 0; r < a.outer; r++) {
                memcpy(to + r * stride, from + r * sizeof(float), sizeof(float));
            }
        } else if (len != 0) {
            for (size_t r = 0; r < a.outer; r++) {
                memcpy(to + r * stride, from + r * len, len);
            }
        }
        at += len;
    }
    return HONE_OK;
}

/* --- Split -------------------------------------------------------------------------------------------- */

/* The sizes given, or equal ones with a smaller last. */
static enum hone_code split_sizes(struct hone_run *run, const struct hone_site *site, int64_t n,
                                  const int64_t *given, size_t n_given)
{
    int64_t parts = (int64_t)site->outputs, each, sum = 0;

    if (n_given != 0 && n_given != site->outputs) {
        return hone_fail(run, HONE_E_SHAPE, "%zu sizes for %zu outputs", n_given,
                         site->outputs);
    }
    each = n < 0 ? -1 : (n + parts - 1) / parts;
    for (size_t i = 0; i < site->outputs; i++) {
        struct hone_shape *out = &site->out[i];
        size_t axis = 0;
        int64_t size = n_given != 0 ? given[i] : each;
        HONE_TRY(
            hone_op_axis(run, ((const struct state *)site->state)->axis, out->rank, &axis));
        if (n_given == 0 && n >= 0 && sum + size > n) {
            size = n - sum;
        }
        if (n_given != 0 && (size < 0 || (n >= 0 && size > n - sum))) {
            return hone_fail(run, HONE_E_SHAPE, "sizes that do not add up to %lld",
                             (long long)n);
        }
        out->dim[axis] = size;
        sum += size;
    }
    if (n >= 0 && sum != n) {
        return hone_fail(run, HONE_E_SHAPE, "sizes that do not add up to %lld", (long long)n);
    }
    return HONE_OK;
}

static enum hone_code infer_split(struct hone_run *run, const struct hone_site *site)
{
    HONE_SCRATCH(run);
    const struct hone_shape *in = &site->in[0];
    const int64_t *sizes = NULL;
    size_t n = 0, axis = 0;
    bool known = true;

    for (size_t i = 0; i < site->outputs; i++) {
        site->out[i] = *in;
        site->out[i].data = NULL;
    }
    if (!in->ranked) {
        return HONE_OK;
    }
    HONE_TRY(hone_op_axis(run, ((const struct state *)site->state)->axis, in->rank, &axis));
    if (site->inputs > 1 && site->in[1].type != HONE_NONE) {
        HONE_TRY(hone_site_ints(run, site, 1, &run->scratch, &sizes, &n, &known));
    }
    if (known) {
        return split_sizes(run, site, in->dim[axis], sizes, n);
    }
    for (size_t i = 0; i < site->outputs; i++) {
        site->out[i].dim[axis] = -1;
    }
    return HONE_OK;
}

static enum hone_code split(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *in = call->in[0];
    size_t size = hone_dtype_size(in->type);
    size_t axis = 0, at = 0;
    struct hone_axis a;

    HONE_TRY(hone_op_axis(run, ((const struct state *)call->state)->axis, in->rank, &axis));
    a = hone_axis_of(in, axis);
    for (size_t i = 0; i < call->outputs; i++) {
        size_t len = call->out[i]->dim[axis] * a.inner * size;
        for (size_t r = 0; len != 0 && r < a.outer; r++) {
            memcpy((char *)call->out[i]->data + r * len,
                   (const char *)in->data + r * a.n * a.inner * size + at, len);
        }
        at += len;
    }
    return HONE_OK;
}

/* --- Slice ---------------------------------------------------------------------------------------------- */

struct cut {
    int64_t start[HONE_RANK_MAX], step[HONE_RANK_MAX], n[HONE_RANK_MAX];
};

/* Elements taken from an axis of n (spec: starts and ends are clamped, by the sign of the step). */
static int64_t slice_axis(int64_t n, int64_t start, int64_t end, int64_t step, int64_t *first)
{
    int64_t low = step > 0 ? 0 : -1, high = step > 0 ? n : n - 1;
    start = start < 0 ? start + n : start;
    end = end < 0 && end >= -n ? end + n : end < -n ? low : end;
    start = start < 0 ? 0 : start > high ? high : start;
    end = end < low ? low : end > n ? n : end;
    *first = start;
    if (step > 0) {
        return end > start ? (end - start - 1) / step + 1 : 0;
    }
    return start > end ? (start - end - 1) / -(step == INT64_MIN ? -INT64_MAX : step) + 1 : 0;
}

/* Inputs 1..4 of a site: starts, ends, axes, steps. */
struct slice_args {
    const int64_t *list[4];
    size_t n[4];
    bool known;
};

static enum hone_code slice_args(struct hone_run *run, const struct hone_site *site,
                                 struct slice_args *args)
{
    *args = (struct slice_args){.known = true};
    for (size_t i = 0; i < 4 && i + 1 < site->inputs; i++) {
        bool known = true;
        if (site->in[i + 1].type != HONE_NONE) {
            HONE_TRY(hone_site_ints(run, site, i + 1, &run->scratch, &args->list[i],
                                    &args->n[i], &known));
        }
        args->known = args->known && known;
    }
    for (size_t i = 1; args->known && i < 4; i++) {
        if (args->n[i] != args->n[0] && (i == 1 || args->list[i] != NULL)) {
            return hone_fail(run, HONE_E_SHAPE,
                             "starts, ends, axes and steps differ in length");
        }
    }
    return HONE_OK;
}

static enum hone_code cut_of(struct hone_run *run, const struct slice_args *args,
                             const struct hone_shape *in, struct cut *cut)
{
    for (size_t k = 0; k < in->rank; k++) {
        cut->start[k] = 0;
        cut->step[k] = 1;
        cut->n[k] = in->dim[k];
    }
    for (size_t i = 0; i < args->n[0]; i++) {
        int64_t step = args->list[3] == NULL ? 1 : args->list[3][i];
        size_t axis = i;
        HONE_TRY(hone_op_axis(run, args->list[2] == NULL ? (int64_t)i : args->list[2][i],
                              in->rank, &axis));
        if (step == 0) {
            return hone_fail(run, HONE_E_SHAPE, "a step of 0");
        }
        cut->step[axis] = step;
        if (in->dim[axis] < 0) {
            /* All of an axis whose length is not known stays that. */
            bool all = step == 1 && args->list[0][i] == 0 && args->list[1][i] >= INT32_MAX;
            cut->n[axis] = all ? in->dim[axis] : -1;
            continue;
        }
        cut->n[axis] = slice_axis(in->dim[axis], args->list[0][i], args->list[1][i], step,
                                  &cut->start[axis]);
    }
    return HONE_OK;
}

static enum hone_code infer_slice(struct hone_run *run, const struct hone_site *site)
{
    HONE_SCRATCH(run);
    const struct hone_shape *in = &site->in[0];
    struct slice_args args;
    struct cut cut;

    site->out[0] = *in;
    site->out[0].data = NULL;
    HONE_TRY(slice_args(run, site, &args));
    if (!in->ranked) {
        return HONE_OK;
    }
    if (!args.known) {
        for (size_t k = 0; k < in->rank; k++) {
            site->out[0].dim[k] = -1;
        }
        return HONE_OK;
    }
    HONE_TRY(cut_of(run, &args, in, &cut));
    memcpy(site->out[0].dim, cut.n, in->rank * sizeof *cut.n);
    return HONE_OK;
}

/* The row axis is not cut. */
static bool slice_keeps_rows(const struct hone_site *site)
{
    const struct hone_shape *axes = site->inputs > 3 ? &site->in[3] : NULL;
    int64_t n = axes == NULL || axes->type == HONE_NONE ? 0 : hone_shape_count(axes);

    if (!hone_rows_first(site) || n <= 0 || axes->data == NULL) {
        return false;
    }
    for (int64_t i = 0; i < n; i++) {
        int64_t axis = axes->type == HONE_I64 ? ((const int64_t *)axes->data)[i]
                                              : ((const int32_t *)axes->data)[i];
        if (axis == 0 || axis == -(int64_t)site->in[0].rank) {
            return false;
        }
    }
    return true;
}

static enum hone_code slice(struct hone_run *run, const struct hone_call *call)
{
    HONE_SCRATCH(run);
    const struct hone_tensor *in = call->in[0], *out = call->out[0];
    size_t size = hone_dtype_size(in->type), n = hone_tensor_count(out), rank = in->rank;
    struct hone_shape shapes[5] = {{0}};
    struct hone_site site = {.inputs = call->inputs, .in = shapes};
    struct slice_args args;
    struct cut cut;
    int64_t stride[HONE_RANK_MAX], at[HONE_RANK_MAX] = {0}, offset = 0, length = (int64_t)size;
    char *to = out->data;

    for (size_t i = 0; i < call->inputs; i++) {
        shapes[i] = hone_shape_of(call->in[i]);
    }
    HONE_TRY(slice_args(run, &site, &args));
    HONE_TRY(cut_of(run, &args, &shapes[0], &cut));
    for (size_t k = rank; k-- > 0;) {
        offset += cut.start[k] * length;
        stride[k] = cut.step[k] * length;
        length *= (int64_t)in->dim[k];
    }
    for (size_t done = 0; done < n; done += rank == 0 ? 1 : out->dim[rank - 1]) {
        const char *from = (const char *)in->data + offset;
        if (rank == 0 || cut.step[rank - 1] == 1) {
            size_t len = (rank == 0 ? 1 : out->dim[rank - 1]) * size;
            memcpy(to, from, len);
            to += len;
        } else {
            for (size_t i = 0; i < out->dim[rank - 1]; i++, to += size) {
                memcpy(to, from + (int64_t)i * stride[rank - 1], size);
            }
        }
        for (size_t k = rank == 0 ? 0 : rank - 1; k-- > 0;) {
            offset += stride[k];
            if (++at[k] < (int64_t)out->dim[k]) {
                break;
            }
            offset -= stride[k] * (int64_t)out->dim[k];
            at[k] = 0;
        }
    }
    return HONE_OK;
}

/* --- Gather ---------------------------------------------------------------------------------------------- */

static enum hone_code infer_gather(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_shape *in = &site->in[0], *index = &site->in[1];
    struct hone_shape *out = &site->out[0];
    size_t axis = 0;

    *out = (struct hone_shape){.type = in->type};
    if (index->type != HONE_I64 && index->type != HONE_I32) {
        return hone_fail(run, HONE_E_SHAPE, "indices of %s", hone_dtype_name(index->type));
    }
    if (!in->ranked || !index->ranked) {
        return HONE_OK;
    }
    HONE_TRY(hone_op_axis(run, ((const struct state *)site->state)->axis, in->rank, &axis));
    if (in->rank - 1 + index->rank > HONE_RANK_MAX) {
        return hone_fail(run, HONE_E_SHAPE, "a result of rank %zu", in->rank - 1 + index->rank);
    }
    out->ranked = true;
    for (size_t k = 0; k < in->rank; k++) {
        if (k != axis) {
            out->dim[out->rank++] = in->dim[k];
            continue;
        }
        for (size_t i = 0; i < index->rank; i++) {
            out->dim[out->rank++] = index->dim[i];
        }
    }
    return HONE_OK;
}

static int64_t index_at(const struct hone_tensor *t, size_t i)
{
    return t->type == HONE_I64 ? ((const int64_t *)t->data)[i] : ((const int32_t *)t->data)[i];
}

static enum hone_code bad_index(struct hone_run *run, int64_t i, size_t n)
{
    return hone_fail(run, HONE_E_SHAPE, "index %lld of %zu", (long long)i, n);
}

static enum hone_code gather(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *in = call->in[0], *index = call->in[1];
    size_t n = hone_tensor_count(index), axis = 0, len;
    char *to = call->out[0]->data;
    struct hone_axis a;

    HONE_TRY(hone_op_axis(run, ((const struct state *)call->state)->axis, in->rank, &axis));
    a = hone_axis_of(in, axis);
    len = a.inner * hone_dtype_size(in->type);
    for (size_t r = 0; r < a.outer; r++) {
        const char *from = (const char *)in->data + r * a.n * len;
        for (size_t k = 0; k < n; k++) {
            int64_t i = index_at(index, k);
            i = i < 0 ? i + (int64_t)a.n : i;
            if (i < 0 || i >= (int64_t)a.n) {
                return bad_index(run, index_at(index, k), a.n);
            }
            if (len != 0) {
                memcpy(to, from + (size_t)i * len, len);
            }
            to += len;
        }
    }
    return HONE_OK;
}

/* A table looked up by row values is as good as rows taken apart. */
static bool gather_keeps_rows(const struct hone_site *site)
{
    const struct state *s = site->state;
    if (site->rows[1]) {
        return !site->rows[0] && s->axis == 0 && site->in[1].rank > 0;
    }
    return rows_off_axis(site);
}

static enum hone_code infer_gather_elements(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_shape *in = &site->in[0], *index = &site->in[1];
    size_t axis = 0;

    site->out[0] = *index;
    site->out[0].type = in->type;
    site->out[0].data = NULL;
    if (index->type != HONE_I64 && index->type != HONE_I32) {
        return hone_fail(run, HONE_E_SHAPE, "indices of %s", hone_dtype_name(index->type));
    }
    if (!in->ranked || !index->ranked) {
        return HONE_OK;
    }
    HONE_TRY(hone_op_axis(run, ((const struct state *)site->state)->axis, in->rank, &axis));
    for (size_t k = 0; k < in->rank && in->rank == index->rank; k++) {
        if (k != axis && in->dim[k] >= 0 && index->dim[k] > in->dim[k]) {
            return hone_fail(run, HONE_E_SHAPE, "indices longer than the data on axis %zu", k);
        }
    }
    return in->rank == index->rank ? HONE_OK
                                   : hone_fail(run, HONE_E_SHAPE, "indices of rank %zu for %zu",
                                               index->rank, in->rank);
}

static enum hone_code gather_elements(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *in = call->in[0], *index = call->in[1];
    size_t size = hone_dtype_size(in->type), n = hone_tensor_count(index), axis = 0;
    size_t stride[HONE_RANK_MAX], at[HONE_RANK_MAX] = {0}, run_of = 1;
    char *to = call->out[0]->data;

    HONE_TRY(hone_op_axis(run, ((const struct state *)call->state)->axis, in->rank, &axis));
    for (size_t k = in->rank; k-- > 0;) {
        stride[k] = run_of;
        run_of *= in->dim[k];
    }
    for (size_t e = 0; e < n; e++, to += size) {
        int64_t i = index_at(index, e);
        size_t from = 0;
        i = i < 0 ? i + (int64_t)in->dim[axis] : i;
        if (i < 0 || i >= (int64_t)in->dim[axis]) {
            return bad_index(run, index_at(index, e), in->dim[axis]);
        }
        for (size_t k = 0; k < in->rank; k++) {
            from += (k == axis ? (size_t)i : at[k]) * stride[k];
        }
        memcpy(to, (const char *)in->data + from * size, size);
        for (size_t k = in->rank; k-- > 0 && ++at[k] == index->dim[k];) {
            at[k] = 0;
        }
    }
    return HONE_OK;
}

static bool elements_keep_rows(const struct hone_site *site)
{
    const struct state *s = site->state;
    return site->rows[0] && site->rows[1] && s->axis != 0 &&
           s->axis != -(int64_t)site->in[0].rank;
}

/* --- Expand ------------------------------------------------------------------------------------------------ */

static enum hone_code infer_expand(struct hone_run *run, const struct hone_site *site)
{
    HONE_SCRATCH(run);
    struct hone_shape *out = &site->out[0], to = {0};
    const int64_t *dim = NULL;
    size_t n = 0;
    bool known = false;

    *out = site->in[0];
    out->data = NULL;
    HONE_TRY(hone_site_ints(run, site, 1, &run->scratch, &dim, &n, &known));
    if (!known) {
        out->ranked = false;
        return HONE_OK;
    }
    if (n > HONE_RANK_MAX) {
        return hone_fail(run, HONE_E_SHAPE, "a shape of rank %zu", n);
    }
    for (size_t i = 0; i < n; i++) {
        if (dim[i] < 0) {
            return hone_fail(run, HONE_E_SHAPE, "a negative dimension");
        }
    }
    hone_shape_set(&to, out->type, n, dim);
    return hone_shape_broadcast(run, out, &to);
}

static enum hone_code expand(struct hone_run *run, const struct hone_call *call)
{
    size_t size = hone_dtype_size(call->in[0]->type);
    struct hone_walk w;
    (void)run;
    for (bool more = hone_walk_begin(&w, 1, call->in, call->out[0]); more;
         more = hone_walk_next(&w)) {
        const char *from = (const char *)call->in[0]->data + w.offset[0] * size;
        char *to = (char *)call->out[0]->data + w.out * size;
        if (w.step[0] == 1) {
            memcpy(to, from, w.inner * size);
            continue;
        }
        for (size_t i = 0; i < w.inner; i++) {
            memcpy(to + i * size, from, size);
        }
    }
    return HONE_OK;
}

/* Columns of rows repeated: the new shape leaves axis 0 alone. */
static bool expand_keeps_rows(const struct hone_site *site)
{
    const struct hone_shape *dim = &site->in[1];
    int64_t n = hone_shape_count(dim);
    return hone_rows_first(site) && dim->type == HONE_I64 && dim->data != NULL && n >= 0 &&
           site->in[0].ranked &&
           ((size_t)n < site->in[0].rank ||
            ((size_t)n == site->in[0].rank && ((const int64_t *)dim->data)[0] == 1));
}

/* --- ArrayFeatureExtractor: columns of the last axis ----------------------------------------------------------- */

static enum hone_code infer_columns(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_shape *in = &site->in[0];
    struct hone_shape *out = &site->out[0];

    *out = *in;
    out->data = NULL;
    if (site->in[1].type != HONE_I64) {
        return hone_fail(run, HONE_E_SHAPE, "indices of %s", hone_dtype_name(site->in[1].type));
    }
    if (!in->ranked) {
        return HONE_OK;
    }
    if (in->rank == 0) {
        return hone_fail(run, HONE_E_SHAPE, "a scalar has no columns");
    }
    if (in->rank == 1) { /* one row */
        out->rank = 2;
        out->dim[0] = 1;
    }
    out->dim[out->rank - 1] = hone_shape_count(&site->in[1]);
    return HONE_OK;
}

static enum hone_code columns(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *in = call->in[0];
    const int64_t *index = call->in[1]->data;
    size_t n = hone_tensor_count(call->in[1]), size = hone_dtype_size(in->type);
    size_t cols = in->dim[in->rank - 1];
    size_t rows = cols == 0 ? 0 : hone_tensor_count(in) / cols;
    char *to = call->out[0]->data;

    for (size_t k = 0; k < n; k++) {
        if (index[k] < 0 || (size_t)index[k] >= cols) {
            return bad_index(run, index[k], cols);
        }
    }
    for (size_t r = 0; r < rows; r++) {
        const char *from = (const char *)in->data + r * cols * size;
        for (size_t k = 0; k < n; k++, to += size) {
            memcpy(to, from + (size_t)index[k] * size, size);
        }
    }
    return HONE_OK;
}

static bool columns_keep_rows(const struct hone_site *site)
{
    return hone_rows_first(site) && site->in[0].rank > 1;
}

/* --- the operators --------------------------------------------------------------------------------------------- */

#define OP(variable, onnx, n_in, n_out, ...)                                                   \
    const struct hone_op hone_op_##variable = {                                                \
        .part.name = onnx,                                                                     \
        .part.source = HONE_OP_SOURCE_ONNX,                                                    \
        .inputs_max = n_in,                                                                    \
        .outputs_min = 1,                                                                      \
        .outputs_max = n_out,                                                                  \
        .state_size = sizeof(struct state),                                                    \
        __VA_ARGS__,                                                                           \
    }

OP(concat, "Concat", SIZE_MAX, 1, .domain = "", .since = 4, .inputs_min = 1, .attrs = "axis:i",
   .prepare = prepare_axis0, .infer = infer_concat, .rowwise = concat_keeps_rows,
   .forward = ALL_TYPES(concat));
OP(split, "Split", 2, SIZE_MAX, .domain = "", .since = 1, .inputs_min = 1,
   .attrs = "axis:i num_outputs:i", .reads = 2, .prepare = prepare_axis0, .infer = infer_split,
   .rowwise = rows_off_axis, .forward = ALL_TYPES(split));
OP(slice, "Slice", 5, 1, .domain = "", .since = 1, .inputs_min = 3, .reads = 30,
   .infer = infer_slice, .rowwise = slice_keeps_rows, .forward = ALL_TYPES(slice));
/* What Slice-10 was called before it was released. */
OP(dynamic_slice, "DynamicSlice", 4, 1, .domain = "", .since = 1, .inputs_min = 3, .reads = 30,
   .infer = infer_slice, .rowwise = slice_keeps_rows, .forward = ALL_TYPES(slice));
OP(gather, "Gather", 2, 1, .domain = "", .since = 1, .inputs_min = 2, .attrs = "axis:i",
   .prepare = prepare_axis0, .infer = infer_gather, .rowwise = gather_keeps_rows,
   .forward = ALL_TYPES(gather));
OP(gather_elements, "GatherElements", 2, 1, .domain = "", .since = 11, .inputs_min = 2,
   .attrs = "axis:i", .prepare = prepare_axis0, .infer = infer_gather_elements,
   .rowwise = elements_keep_rows, .forward = ALL_TYPES(gather_elements));
OP(expand, "Expand", 2, 1, .domain = "", .since = 8, .inputs_min = 2, .reads = 2,
   .infer = infer_expand, .rowwise = expand_keeps_rows, .forward = ALL_TYPES(expand));
OP(ml_array_feature_extractor, "ArrayFeatureExtractor", 2, 1, .domain = HONE_ML, .since = 1,
   .inputs_min = 2, .infer = infer_columns, .rowwise = columns_keep_rows,
   .forward = ALL_TYPES(columns));
