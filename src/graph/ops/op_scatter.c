/* Elements put where indices say: ScatterElements (Scatter), ScatterND, TensorScatter; and taken: GatherND. */
#include <math.h>

#include "graph/op_head_priv.h"
#include "graph/walk_priv.h"

enum reduction { REPLACE, ADD, MUL, MIN, MAX };

static const char *const reductions[] = {"none", "add", "mul", "min", "max", NULL};

static enum hone_code want_indices(struct hone_run *run, const struct hone_shape *s)
{
    return s->type == HONE_I64 || s->type == HONE_I32
               ? HONE_OK
               : hone_fail(run, HONE_E_SHAPE, "indices of %s", hone_dtype_name(s->type));
}

static enum hone_code place(struct hone_run *run, int64_t i, size_t n, size_t *out)
{
    if (i < -(int64_t)n || i >= (int64_t)n) {
        return hone_fail(run, HONE_E_SHAPE, "index %lld of %zu", (long long)i, n);
    }
    *out = (size_t)(i < 0 ? i + (int64_t)n : i);
    return HONE_OK;
}

/* --- reductions: to[i] becomes to[i] and from[i] together ------------------------------------------------- */

#define REDUCE(T, suffix, sum, product)                                                        \
    static void reduce_##suffix(size_t n, void *to, const void *from, enum reduction how)      \
    {                                                                                          \
        T *out = to;                                                                           \
        const T *in = from;                                                                    \
        for (size_t i = 0; i < n; i++) {                                                       \
            T x = out[i], y = in[i];                                                           \
            out[i] = how == ADD   ? (T)(sum)                                                   \
                     : how == MUL ? (T)(product)                                               \
                     : how == MIN ? (y < x ? y : x)                                            \
                                  : (y > x ? y : x);                                           \
        }                                                                                      \
    }
#define REDUCE_INTEGER(T, suffix)                                                              \
    REDUCE(T, suffix, (uint64_t)x + (uint64_t)y, (uint64_t)x * (uint64_t)y)
REDUCE(float, f32, x + y, x *y)
REDUCE(double, f64, x + y, x *y)
REDUCE_INTEGER(uint8_t, u8)
REDUCE_INTEGER(int8_t, i8)
REDUCE_INTEGER(uint16_t, u16)
REDUCE_INTEGER(int16_t, i16)
REDUCE_INTEGER(uint32_t, u32)
REDUCE_INTEGER(int32_t, i32)
REDUCE_INTEGER(uint64_t, u64)
REDUCE_INTEGER(int64_t, i64)

typedef void reducer(size_t n, void *to, const void *from, enum reduction how);
static reducer *const reducers[HONE_DTYPES] = {
    [HONE_F32] = reduce_f32, [HONE_F64] = reduce_f64, [HONE_U8] = reduce_u8,
    [HONE_I8] = reduce_i8,   [HONE_U16] = reduce_u16, [HONE_I16] = reduce_i16,
    [HONE_U32] = reduce_u32, [HONE_I32] = reduce_i32, [HONE_U64] = reduce_u64,
    [HONE_I64] = reduce_i64, [HONE_B8] = reduce_u8};

/* How a node scatters elements of a type; *how is REPLACE where nothing is asked. */
static enum hone_code reduction_of(struct hone_run *run, const struct hone_call *call,
                                   enum reduction *how, reducer **reduce)
{
    enum hone_dtype type = call->in[0]->type;
    int word = 0;

    HONE_TRY(hone_op_word(run, call->node, "reduction", "none", reductions, &word));
    *how = (enum reduction)word;
    *reduce = (size_t)type < HONE_DTYPES ? reducers[type] : NULL;
    if (*how != REPLACE && *reduce == NULL) {
        return hone_fail(run, HONE_E_UNSUPPORTED, "reduction '%s' of %s", reductions[word],
                         hone_dtype_name(type));
    }
    return HONE_OK;
}

/* --- ScatterElements ---------------------------------------------------------------------------------------- */

static enum hone_code infer_scatter(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_shape *in = &site->in[0], *index = &site->in[1], *update = &site->in[2];

    HONE_TRY(want_indices(run, index));
    HONE_TRY(hone_site_like_first(run, site, 2));
    if (in->ranked && index->ranked && update->ranked &&
        (in->rank != index->rank || in->rank != update->rank)) {
        return hone_fail(run, HONE_E_SHAPE,
                         "data, indices and updates of rank %zu, %zu and %zu", in->rank,
                         index->rank, update->rank);
    }
    return hone_infer_same(run, site);
}

/* Along another axis than the rows', of rows that all inputs have. */
static bool scatter_keeps_rows(const struct hone_site *site)
{
    int64_t axis = hone_op_int(site->node, "axis", 0);
    return site->in[0].ranked && axis != 0 && axis != -(int64_t)site->in[0].rank &&
           site->rows[0] && site->rows[1] && site->rows[2];
}

static enum hone_code scatter_elements(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *in = call->in[0], *index = call->in[1], *update = call->in[2];
    size_t size = hone_dtype_size(in->type), n = hone_tensor_count(index), axis = 0;
    size_t stride[HONE_RANK_MAX], at[HONE_RANK_MAX] = {0}, span = 1;
    enum reduction how = REPLACE;
    reducer *reduce = NULL;
    char *out = call->out[0]->data;

    HONE_TRY(hone_op_axis(run, hone_op_int(call->node, "axis", 0), in->rank, &axis));
    HONE_TRY(reduction_of(run, call, &how, &reduce));
    for (size_t k = in->rank; k-- > 0;) {
        stride[k] = span;
        span *= in->dim[k];
        if (index->dim[k] != update->dim[k] || (k != axis && index->dim[k] > in->dim[k])) {
            return hone_fail(run, HONE_E_SHAPE, "indices do not fit on axis %zu", k);
        }
    }
    memcpy(out, in->data, hone_tensor_count(in) * size);
    for (size_t e = 0; e < n; e++) {
        const char *from = (const char *)update->data + e * size;
        size_t to = 0, where = 0;
        HONE_TRY(place(run, hone_tensor_int(index, e), in->dim[axis], &where));
        for (size_t k = 0; k < in->rank; k++) {
            to += (k == axis ? where : at[k]) * stride[k];
        }
        if (how == REPLACE) {
            memcpy(out + to * size, from, size);
        } else {
            reduce(1, out + to * size, from, how);
        }
        for (size_t k = in->rank; k-- > 0 && ++at[k] == index->dim[k];) {
            at[k] = 0;
        }
    }
    return HONE_OK;
}

/* --- ScatterND, GatherND: the last axis of the indices says where in the first axes of the data --------------- */

/* Offset, in elements, of the slice that a tuple of indices names. */
static enum hone_code slice_at(struct hone_run *run, const struct hone_tensor *data,
                               size_t skip, const struct hone_tensor *index, size_t tuple,
                               size_t *out)
{
    size_t n = index->dim[index->rank - 1], offset = 0;

    for (size_t k = 0; k < n; k++) {
        size_t where = 0;
        HONE_TRY(
            place(run, hone_tensor_int(index, tuple * n + k), data->dim[skip + k], &where));
        offset = offset * data->dim[skip + k] + where;
    }
    for (size_t k = skip + n; k < data->rank; k++) {
        offset *= data->dim[k];
    }
    *out = offset;
    return HONE_OK;
}

static enum hone_code infer_scatter_nd(struct hone_run *run, const struct hone_site *site)
{
    HONE_TRY(want_indices(run, &site->in[1]));
    HONE_TRY(hone_site_like_first(run, site, 2));
    return hone_infer_same(run, site);
}

static enum hone_code scatter_nd(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *in = call->in[0], *index = call->in[1], *update = call->in[2];
    size_t size = hone_dtype_size(in->type), slice = 1, tuples, depth;
    enum reduction how = REPLACE;
    reducer *reduce = NULL;
    char *out = call->out[0]->data;

    depth = index->rank == 0 ? SIZE_MAX : index->dim[index->rank - 1];
    if (depth > in->rank) {
        return hone_fail(run, HONE_E_SHAPE, "indices of %zu axes for rank %zu", depth,
                         in->rank);
    }
    for (size_t k = depth; k < in->rank; k++) {
        slice *= in->dim[k];
    }
    tuples = 1;
    for (size_t k = 0; k + 1 < index->rank; k++) {
        tuples *= index->dim[k];
    }
    if (hone_tensor_count(update) != tuples * slice) {
        return hone_fail(run, HONE_E_SHAPE, "%zu updates, the indices name %zu",
                         hone_tensor_count(update), tuples * slice);
    }
    HONE_TRY(reduction_of(run, call, &how, &reduce));
    memcpy(out, in->data, hone_tensor_count(in) * size);
    for (size_t i = 0; slice != 0 && i < tuples; i++) {
        const char *from = (const char *)update->data + i * slice * size;
        size_t to = 0;
        HONE_TRY(slice_at(run, in, 0, index, i, &to));
        if (how == REPLACE) {
            memcpy(out + to * size, from, slice * size);
        } else {
            reduce(slice, out + to * size, from, how);
        }
    }
    return HONE_OK;
}

static enum hone_code infer_gather_nd(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_shape *in = &site->in[0], *index = &site->in[1];
    int64_t batch = hone_op_int(site->node, "batch_dims", 0), depth;
    struct hone_shape *out = &site->out[0];

    *out = (struct hone_shape){.type = in->type};
    HONE_TRY(want_indices(run, index));
    if (!in->ranked || !index->ranked) {
        return HONE_OK;
    }
    if (index->rank == 0 || batch < 0 || batch >= (int64_t)index->rank ||
        batch > (int64_t)in->rank) {
        return hone_fail(run, HONE_E_SHAPE, "indices of rank %zu with %lld batch axes",
                         index->rank, (long long)batch);
    }
    depth = index->dim[index->rank - 1];
    if (depth < 0) {
        return HONE_OK;
    }
    if (depth + batch > (int64_t)in->rank ||
        index->rank - 1 + in->rank - (size_t)(depth + batch) > HONE_RANK_MAX) {
        return hone_fail(run, HONE_E_SHAPE, "indices of %lld axes for rank %zu",
                         (long long)depth, in->rank);
    }
    out->ranked = true;
    for (size_t k = 0; k + 1 < index->rank; k++) {
        out->dim[out->rank++] = index->dim[k];
    }
    for (size_t k = (size_t)(depth + batch); k < in->rank; k++) {
        out->dim[out->rank++] = in->dim[k];
    }
    return HONE_OK;
}

static enum hone_code gather_nd(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *in = call->in[0], *index = call->in[1];
    size_t batch = (size_t)hone_op_int(call->node, "batch_dims", 0), batches = 1;
    size_t depth = index->dim[index->rank - 1], slice = hone_dtype_size(in->type);
    size_t tuples = 1, part = 1;
    char *to = call->out[0]->data;

    for (size_t k = 0; k < in->rank; k++) {
        slice *= k >= batch + depth ? in->dim[k] : 1;
        part *= k >= batch ? in->dim[k] : 1;
        batches *= k < batch ? in->dim[k] : 1;
        if (k < batch && in->dim[k] != index->dim[k]) {
            return hone_fail(run, HONE_E_SHAPE, "batches of %zu and %zu", in->dim[k],
                             index->dim[k]);
        }
    }
    for (size_t k = batch; k + 1 < index->rank; k++) {
        tuples *= index->dim[k];
    }
    for (size_t i = 0; slice != 0 && i < batches * tuples; i++, to += slice) {
        size_t at = 0;
        HONE_TRY(slice_at(run, in, batch, index, i, &at));
        at += i / tuples * part;
        memcpy(to, (const char *)in->data + at * hone_dtype_size(in->type), slice);
    }
    return HONE_OK;
}

/* --- TensorScatter: updates written into a cache, at a place of its own for each batch ------------------------- */

static enum hone_code tensor_scatter(struct hone_run *run, const struct hone_call *call)
{
    static const char *const modes[] = {"linear", "circular", NULL};
    const struct hone_tensor *in = call->in[0], *update = call->in[1];
    const struct hone_tensor *start = hone_call_in(call, 2);
    size_t size = hone_dtype_size(in->type), axis = 0;
    struct hone_axis a, u;
    int mode = 0;
    char *out = call->out[0]->data;

    HONE_TRY(hone_op_word(run, call->node, "mode", "linear", modes, &mode));
    HONE_TRY(hone_op_axis(run, hone_op_int(call->node, "axis", -2), in->rank, &axis));
    a = hone_axis_of(in, axis);
    u = hone_axis_of(update, axis);
    if (axis == 0 || update->rank != in->rank || u.outer != a.outer || u.inner != a.inner ||
        (start != NULL && hone_tensor_count(start) != in->dim[0]) ||
        (start != NULL && start->type != HONE_I64) || u.n > a.n) {
        return hone_fail(run, HONE_E_SHAPE, "updates that do not fit the cache");
    }
    memcpy(out, in->data, hone_tensor_count(in) * size);
    for (size_t o = 0; o < a.outer; o++) {
        size_t b = o / (a.outer / in->dim[0]);
        int64_t first = start == NULL ? 0 : ((const int64_t *)start->data)[b];
        if (first < 0 || (mode == 0 && first > (int64_t)(a.n - u.n))) {
            return hone_fail(run, HONE_E_SHAPE, "updates begin at %lld of %zu",
                             (long long)first, a.n);
        }
        for (size_t i = 0; i < u.n; i++) {
            size_t to = (size_t)((uint64_t)first + i) % a.n;
            memcpy(out + (o * a.n + to) * a.inner * size,
                   (const char *)update->data + (o * u.n + i) * a.inner * size, a.inner * size);
        }
    }
    return HONE_OK;
}

static enum hone_code infer_tensor_scatter(struct hone_run *run, const struct hone_site *site)
{
    HONE_TRY(hone_site_like_first(run, site, 1));
    return hone_infer_same(run, site);
}

/* --- the operators -------------------------------------------------------------------------------------------- */

#define OP(variable, onnx, first, min_in, max_in, ...)                                         \
    const struct hone_op hone_op_##variable = {                                                \
        HONE_OP_HEAD(onnx, first, min_in, max_in, 1),                                          \
        __VA_ARGS__,                                                                           \
    }

OP(scatter, "Scatter", 9, 3, 3, .attrs = "axis:i", .infer = infer_scatter,
   .any = scatter_elements);
OP(scatter_elements, "ScatterElements", 11, 3, 3, .attrs = "axis:i reduction:s",
   .infer = infer_scatter, .rowwise = scatter_keeps_rows, .any = scatter_elements);
OP(scatter_nd, "ScatterND", 11, 3, 3, .attrs = "reduction:s", .infer = infer_scatter_nd,
   .any = scatter_nd);
OP(gather_nd, "GatherND", 11, 2, 2, .attrs = "batch_dims:i", .infer = infer_gather_nd,
   .any = gather_nd);
OP(tensor_scatter, "TensorScatter", 24, 2, 3, .attrs = "axis:i mode:s",
   .infer = infer_tensor_scatter, .any = tensor_scatter);
