/* Operators on shapes: views, shapes as values, new shapes for old elements. */
#include "graph/op.h"
#include "graph/op_head_priv.h"

struct state {
    int64_t axis, end;
    bool has_end, allow_zero;
    const int64_t *perm;
    size_t n;
    const struct hone_tensor *value;
};

#define ALL_TYPES(f)                                                                           \
    {                                                                                          \
        [HONE_F32] = f, [HONE_F64] = f, [HONE_U8] = f, [HONE_I8] = f, [HONE_U16] = f,          \
        [HONE_I16] = f, [HONE_U32] = f, [HONE_I32] = f, [HONE_U64] = f, [HONE_I64] = f,        \
        [HONE_B8] = f, [HONE_F16] = f, [HONE_BF16] = f, [HONE_STRING] = f                      \
    }

/* --- views --------------------------------------------------------------------------------------------- */

static enum hone_code prepare_reshape(struct hone_run *run, const struct hone_site *site,
                                      struct hone_arena *mem, void *state)
{
    (void)run;
    (void)mem;
    ((struct state *)state)->allow_zero = hone_op_int(site->node, "allowzero", 0) != 0;
    return HONE_OK;
}

/* The dimension written as -1, from the number of elements; -1 where that is not known. */
static enum hone_code reshape_rest(struct hone_run *run, const struct hone_shape *in,
                                   struct hone_shape *out)
{
    int64_t count = hone_shape_count(in), given = 1;
    size_t hole = out->rank;

    for (size_t i = 0; i < out->rank; i++) {
        if (out->dim[i] == -1 && hole == out->rank) {
            hole = i;
        } else if (out->dim[i] < 0 || __builtin_mul_overflow(given, out->dim[i], &given)) {
            return hone_fail(run, HONE_E_SHAPE, "a wrong dimension in the new shape");
        }
    }
    if (count < 0) {
        return HONE_OK;
    }
    if (hole == out->rank ? given != count : given == 0 ? count != 0 : count % given != 0) {
        return hone_fail(run, HONE_E_SHAPE, "%lld elements do not fill the new shape",
                         (long long)count);
    }
    if (hole < out->rank) {
        out->dim[hole] = given == 0 ? 0 : count / given;
    }
    return HONE_OK;
}

/*
 * Where the rows are not known but the rest of the shape is, (-1 | 0, the same rest) keeps them: then the
 * -1 is the rows.
 */
static enum hone_code infer_reshape(struct hone_run *run, const struct hone_site *site)
{
    HONE_SCRATCH(run);
    const struct state *s = site->state;
    const struct hone_shape *in = &site->in[0];
    struct hone_shape *out = &site->out[0];
    const int64_t *dim = NULL;
    size_t n = 0;
    bool known = false, unknown_kept = false;

    *out = (struct hone_shape){.type = in->type};
    HONE_TRY(hone_site_ints(run, site, 1, &run->scratch, &dim, &n, &known));
    if (!known) {
        return HONE_OK;
    }
    if (n > HONE_RANK_MAX) {
        return hone_fail(run, HONE_E_SHAPE, "a new shape of rank %zu", n);
    }
    hone_shape_set(out, in->type, n, dim);
    for (size_t i = 0; i < n; i++) {
        if (dim[i] != 0 || s->allow_zero) {
            continue;
        }
        if (in->ranked && i >= in->rank) {
            return hone_fail(run, HONE_E_SHAPE, "the new shape copies dimension %zu of %zu", i,
                             in->rank);
        }
        out->dim[i] = in->ranked ? in->dim[i] : -1;
        unknown_kept = unknown_kept || out->dim[i] < 0;
    }
    return unknown_kept ? HONE_OK : reshape_rest(run, in, out);
}

static int64_t rest_count(const struct hone_shape *s)
{
    struct hone_shape rest = *s;
    if (!s->ranked || s->rank == 0) {
        return -1;
    }
    rest.dim[0] = 1;
    return hone_shape_count(&rest);
}

static bool reshape_keeps_rows(const struct hone_site *site)
{
    int64_t rest = rest_count(&site->in[0]);
    return hone_rows_first(site) && rest > 0 && rest == rest_count(&site->out[0]) &&
           site->out[0].dim[0] < 0;
}

/* Axes as a set of bits; negative ones count from rank. */
static enum hone_code axis_set(struct hone_run *run, const int64_t *axes, size_t n, size_t rank,
                               unsigned *set)
{
    *set = 0;
    for (size_t i = 0; i < n; i++) {
        size_t axis = 0;
        HONE_TRY(hone_op_axis(run, axes[i], rank, &axis));
        if ((*set >> axis & 1) != 0) {
            return hone_fail(run, HONE_E_SHAPE, "axis %zu is given twice", axis);
        }
        *set |= 1u << axis;
    }
    return HONE_OK;
}

static enum hone_code infer_squeeze(struct hone_run *run, const struct hone_site *site)
{
    HONE_SCRATCH(run);
    const struct hone_shape *in = &site->in[0];
    struct hone_shape *out = &site->out[0];
    bool all = site->inputs < 2 || site->in[1].type == HONE_NONE;
    const int64_t *axes = NULL;
    size_t n = 0;
    unsigned set = 0;
    bool known = true;

    *out = (struct hone_shape){.type = in->type};
    if (!all) {
        HONE_TRY(hone_site_ints(run, site, 1, &run->scratch, &axes, &n, &known));
    }
    if (!in->ranked || !known || (all && hone_shape_count(in) < 0)) {
        return HONE_OK;
    }
    HONE_TRY(axis_set(run, axes, n, in->rank, &set));
    out->ranked = true;
    for (size_t i = 0; i < in->rank; i++) {
        bool drop = all ? in->dim[i] == 1 : (set >> i & 1) != 0;
        if (drop && in->dim[i] > 1) {
            return hone_fail(run, HONE_E_SHAPE, "axis %zu has %lld elements, not 1", i,
                             (long long)in->dim[i]);
        }
        if (!drop) {
            out->dim[out->rank++] = in->dim[i];
        }
    }
    return HONE_OK;
}

static enum hone_code infer_unsqueeze(struct hone_run *run, const struct hone_site *site)
{
    HONE_SCRATCH(run);
    const struct hone_shape *in = &site->in[0];
    struct hone_shape *out = &site->out[0];
    const int64_t *axes = NULL;
    size_t n = 0;
    unsigned set = 0;
    bool known = false;

    *out = (struct hone_shape){.type = in->type};
    HONE_TRY(hone_site_ints(run, site, 1, &run->scratch, &axes, &n, &known));
    if (!in->ranked || !known) {
        return HONE_OK;
    }
    if (in->rank + n > HONE_RANK_MAX) {
        return hone_fail(run, HONE_E_SHAPE, "a result of rank %zu", in->rank + n);
    }
    HONE_TRY(axis_set(run, axes, n, in->rank + n, &set));
    out->ranked = true;
    out->rank = in->rank + n;
    for (size_t i = 0, k = 0; i < out->rank; i++) {
        out->dim[i] = (set >> i & 1) != 0 ? 1 : in->dim[k++];
    }
    return HONE_OK;
}

/* The first axis is where it was. */
static bool rows_stay_first(const struct hone_site *site)
{
    return hone_rows_first(site) && site->in[0].ranked && site->out[0].ranked &&
           site->out[0].rank > 0 && site->out[0].dim[0] == -1 && site->in[0].dim[0] == -1;
}

static enum hone_code prepare_axis(struct hone_run *run, const struct hone_site *site,
                                   struct hone_arena *mem, void *state)
{
    (void)run;
    (void)mem;
    ((struct state *)state)->axis = hone_op_int(site->node, "axis", 1);
    return HONE_OK;
}

static enum hone_code infer_flatten(struct hone_run *run, const struct hone_site *site)
{
    const struct state *s = site->state;
    const struct hone_shape *in = &site->in[0];
    struct hone_shape before = {.ranked = true}, after = {.ranked = true};
    int64_t rank = (int64_t)in->rank;
    int64_t axis = s->axis < 0 ? s->axis + rank : s->axis;

    hone_shape_set(&site->out[0], in->type, 2, (const int64_t[]){-1, -1});
    if (!in->ranked) {
        return HONE_OK;
    }
    if (axis < 0 || axis > rank) {
        return hone_fail(run, HONE_E_SHAPE, "axis %lld of a tensor with %zu",
                         (long long)s->axis, in->rank);
    }
    for (size_t i = 0; i < in->rank; i++) {
        struct hone_shape *half = (int64_t)i < axis ? &before : &after;
        half->dim[half->rank++] = in->dim[i];
    }
    site->out[0].dim[0] = hone_shape_count(&before);
    site->out[0].dim[1] = hone_shape_count(&after);
    return HONE_OK;
}

static bool flatten_keeps_rows(const struct hone_site *site)
{
    return hone_rows_first(site) && ((const struct state *)site->state)->axis == 1;
}

/* --- shapes as values ------------------------------------------------------------------------------------ */

static enum hone_code prepare_shape(struct hone_run *run, const struct hone_site *site,
                                    struct hone_arena *mem, void *state)
{
    struct state *s = state;
    (void)run;
    (void)mem;
    s->axis = hone_op_int(site->node, "start", 0);
    s->has_end = hone_node_attr(site->node, "end") != NULL;
    s->end = hone_op_int(site->node, "end", 0);
    return HONE_OK;
}

static size_t clamp(int64_t axis, size_t rank)
{
    int64_t n = (int64_t)rank;
    axis = axis < 0 ? axis + n : axis;
    return (size_t)(axis < 0 ? 0 : axis > n ? n : axis);
}

static size_t shape_range(const struct state *s, size_t rank, size_t *from)
{
    size_t to = s->has_end ? clamp(s->end, rank) : rank;
    *from = clamp(s->axis, rank);
    return to > *from ? to - *from : 0;
}

static enum hone_code infer_shape(struct hone_run *run, const struct hone_site *site)
{
    size_t from;
    size_t n = shape_range(site->state, site->in[0].rank, &from);
    (void)run;
    hone_shape_set(&site->out[0], HONE_I64, 1,
                   &(const int64_t){site->in[0].ranked ? (int64_t)n : -1});
    return HONE_OK;
}

static enum hone_code shape(struct hone_run *run, const struct hone_call *call)
{
    int64_t *out = call->out[0]->data;
    size_t from;
    size_t n = shape_range(call->state, call->in[0]->rank, &from);
    (void)run;
    for (size_t i = 0; i < n; i++) {
        out[i] = (int64_t)call->in[0]->dim[from + i];
    }
    return HONE_OK;
}

static enum hone_code infer_size(struct hone_run *run, const struct hone_site *site)
{
    (void)run;
    hone_shape_set(&site->out[0], HONE_I64, 0, NULL);
    return HONE_OK;
}

static enum hone_code size(struct hone_run *run, const struct hone_call *call)
{
    (void)run;
    *(int64_t *)call->out[0]->data = (int64_t)hone_tensor_count(call->in[0]);
    return HONE_OK;
}

/* --- filled ------------------------------------------------------------------------------------------------- */

static enum hone_code prepare_fill(struct hone_run *run, const struct hone_site *site,
                                   struct hone_arena *mem, void *state)
{
    static float zero = 0;
    static const struct hone_tensor zeroes = {.type = HONE_F32, .data = &zero};
    struct state *s = state;
    (void)mem;
    s->value = hone_op_tensor(site->node, "value");
    s->value = s->value == NULL ? &zeroes : s->value;
    if (hone_tensor_count(s->value) != 1) {
        return hone_fail(run, HONE_E_SHAPE, "'value' is not one element");
    }
    return HONE_OK;
}

static enum hone_code infer_fill(struct hone_run *run, const struct hone_site *site)
{
    HONE_SCRATCH(run);
    const struct state *s = site->state;
    const int64_t *dim = NULL;
    size_t n = 0;
    bool known = false;

    site->out[0] = (struct hone_shape){.type = s->value->type};
    HONE_TRY(hone_site_ints(run, site, 0, &run->scratch, &dim, &n, &known));
    if (!known) {
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
    hone_shape_set(&site->out[0], s->value->type, n, dim);
    return HONE_OK;
}

static enum hone_code fill(struct hone_run *run, const struct hone_call *call)
{
    const struct state *s = call->state;
    size_t n = hone_tensor_count(call->out[0]);
    size_t size_of = hone_dtype_size(call->out[0]->type);
    char *out = call->out[0]->data;
    (void)run;
    for (size_t i = 0; i < n; i++) {
        memcpy(out + i * size_of, s->value->data, size_of);
    }
    return HONE_OK;
}

/* --- Transpose ------------------------------------------------------------------------------------------------- */

static enum hone_code prepare_transpose(struct hone_run *run, const struct hone_site *site,
                                        struct hone_arena *mem, void *state)
{
    struct state *s = state;
    unsigned set = 0;
    (void)mem;
    s->perm = hone_op_ints(site->node, "perm", &s->n);
    if (s->n > HONE_RANK_MAX) {
        return hone_fail(run, HONE_E_SHAPE, "a perm of %zu axes", s->n);
    }
    return axis_set(run, s->perm, s->n, s->n, &set);
}

/* Where output axis i comes from. */
static size_t source_axis(const struct state *s, size_t rank, size_t i)
{
    int64_t axis = s->n == 0 ? (int64_t)(rank - 1 - i) : s->perm[i];
    return (size_t)(axis < 0 ? axis + (int64_t)rank : axis);
}

static enum hone_code infer_transpose(struct hone_run *run, const struct hone_site *site)
{
    const struct state *s = site->state;
    const struct hone_shape *in = &site->in[0];

    site->out[0] = *in;
    site->out[0].data = NULL;
    if (!in->ranked) {
        return HONE_OK;
    }
    if (s->n != 0 && s->n != in->rank) {
        return hone_fail(run, HONE_E_SHAPE, "a perm of %zu axes for %zu", s->n, in->rank);
    }
    for (size_t i = 0; i < in->rank; i++) {
        site->out[0].dim[i] = in->dim[source_axis(s, in->rank, i)];
    }
    return HONE_OK;
}

static bool transpose_keeps_rows(const struct hone_site *site)
{
    return site->in[0].ranked && site->in[0].rank > 0 &&
           source_axis(site->state, site->in[0].rank, 0) == 0;
}

static enum hone_code transpose(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *in = call->in[0], *out = call->out[0];
    size_t size_of = hone_dtype_size(in->type), n = hone_tensor_count(out);
    size_t stride[HONE_RANK_MAX], at[HONE_RANK_MAX] = {0}, from[HONE_RANK_MAX];
    size_t offset = 0, run_of = 1, last = out->rank == 0 ? 1 : out->dim[out->rank - 1];
    char *to = out->data;
    (void)run;

    for (size_t i = in->rank; i-- > 0;) {
        from[i] = run_of * size_of;
        run_of *= in->dim[i];
    }
    for (size_t i = 0; i < out->rank; i++) {
        stride[i] = from[source_axis(call->state, in->rank, i)];
    }
    for (size_t done = 0; done < n; done += last) {
        const char *source = (const char *)in->data + offset;
        size_t step = out->rank == 0 ? 0 : stride[out->rank - 1];
        if (step == size_of) {
            memcpy(to, source, last * size_of);
            to += last * size_of;
        } else {
            for (size_t i = 0; i < last; i++) {
                memcpy(to, source + i * step, size_of);
                to += size_of;
            }
        }
        for (size_t k = out->rank == 0 ? 0 : out->rank - 1; k-- > 0;) {
            offset += stride[k];
            if (++at[k] < out->dim[k]) {
                break;
            }
            offset -= stride[k] * out->dim[k];
            at[k] = 0;
        }
    }
    return HONE_OK;
}

/* --- the operators ------------------------------------------------------------------------------------------------ */

#define OP(variable, onnx, least, most, ...)                                                   \
    const struct hone_op hone_op_##variable = {                                                \
        HONE_OP_HEAD(onnx, 1, least, most, 1),                                                 \
        .state_size = sizeof(struct state),                                                    \
        __VA_ARGS__,                                                                           \
    }

OP(identity, "Identity", 1, 1, .flags = HONE_OP_VIEW, .infer = hone_infer_same,
   .rowwise = hone_rows_first);
OP(reshape, "Reshape", 2, 2, .flags = HONE_OP_VIEW, .attrs = "allowzero:i", .reads = 2,
   .prepare = prepare_reshape, .infer = infer_reshape, .rowwise = reshape_keeps_rows);
OP(squeeze, "Squeeze", 1, 2, .flags = HONE_OP_VIEW, .reads = 2, .infer = infer_squeeze,
   .rowwise = rows_stay_first);
OP(unsqueeze, "Unsqueeze", 2, 2, .flags = HONE_OP_VIEW, .reads = 2, .infer = infer_unsqueeze,
   .rowwise = rows_stay_first);
OP(flatten, "Flatten", 1, 1, .flags = HONE_OP_VIEW, .attrs = "axis:i", .prepare = prepare_axis,
   .infer = infer_flatten, .rowwise = flatten_keeps_rows);
OP(shape, "Shape", 1, 1, .flags = HONE_OP_SHAPE_ONLY, .attrs = "start:i end:i",
   .prepare = prepare_shape, .infer = infer_shape, .forward = ALL_TYPES(shape));
OP(size, "Size", 1, 1, .flags = HONE_OP_SHAPE_ONLY, .infer = infer_size,
   .forward = ALL_TYPES(size));
OP(constant_of_shape, "ConstantOfShape", 1, 1, .attrs = "value:t", .reads = 1,
   .prepare = prepare_fill, .infer = infer_fill, .forward = {[HONE_I64] = fill});
OP(transpose, "Transpose", 1, 1, .attrs = "perm:I", .prepare = prepare_transpose,
   .infer = infer_transpose, .rowwise = transpose_keeps_rows, .forward = ALL_TYPES(transpose));
