/* Reductions over axes, ArgMax, ArgMin and TopK.  Sums run in index order, in double. */
#include <math.h>

#include "graph/walk_priv.h"

struct state {
    bool keep, none_means_all, last, largest;
    int64_t axis;
};

static enum hone_code prepare(struct hone_run *run, const struct hone_site *site,
                              struct hone_arena *mem, void *state)
{
    struct state *s = state;
    (void)run;
    (void)mem;
    s->keep = hone_op_int(site->node, "keepdims", 1) != 0;
    s->none_means_all = hone_op_int(site->node, "noop_with_empty_axes", 0) == 0;
    s->last = hone_op_int(site->node, "select_last_index", 0) != 0;
    s->axis = hone_op_int(site->node, "axis", 0);
    return HONE_OK;
}

/* --- which axes --------------------------------------------------------------------------------------- */

static enum hone_code axes_of(struct hone_run *run, const struct hone_site *site, unsigned *set,
                              bool *known)
{
    HONE_SCRATCH(run);
    const struct state *s = site->state;
    const struct hone_shape *in = &site->in[0];
    const int64_t *axes = NULL;
    size_t n = 0;

    *set = 0;
    *known = in->ranked;
    if (in->ranked && site->inputs > 1 && site->in[1].type != HONE_NONE) {
        HONE_TRY(hone_site_ints(run, site, 1, &run->scratch, &axes, &n, known));
    }
    if (!*known) {
        return HONE_OK;
    }
    for (size_t i = 0; i < n; i++) {
        size_t axis = 0;
        HONE_TRY(hone_op_axis(run, axes[i], in->rank, &axis));
        *set |= 1u << axis;
    }
    if (n == 0 && s->none_means_all) {
        *set = (1u << in->rank) - 1;
    }
    return HONE_OK;
}

static enum hone_code infer_reduce(struct hone_run *run, const struct hone_site *site)
{
    const struct state *s = site->state;
    const struct hone_shape *in = &site->in[0];
    struct hone_shape *out = &site->out[0];
    unsigned set;
    bool known;

    *out = (struct hone_shape){.type = in->type};
    HONE_TRY(axes_of(run, site, &set, &known));
    if (!known) {
        return HONE_OK;
    }
    out->ranked = true;
    for (size_t k = 0; k < in->rank; k++) {
        if ((set >> k & 1) == 0) {
            out->dim[out->rank++] = in->dim[k];
        } else if (s->keep) {
            out->dim[out->rank++] = 1;
        }
    }
    return HONE_OK;
}

static bool reduce_keeps_rows(const struct hone_site *site)
{
    HONE_CLOSING(hone_run_clear) struct hone_run run = {0};
    unsigned set = 1;
    bool known = false;
    return hone_rows_first(site) && axes_of(&run, site, &set, &known) == HONE_OK && known &&
           (set & 1) == 0;
}

/*
 * For every output element, the input elements that it takes: outer counts the kept axes, inner the
 * reduced ones, both in index order.
 */
struct axes {
    size_t kept, reduced; /* how many axes */
    size_t kept_dim[HONE_RANK_MAX], kept_stride[HONE_RANK_MAX];
    size_t dim[HONE_RANK_MAX], stride[HONE_RANK_MAX];
    size_t n; /* elements reduced into one */
};

static enum hone_code axes_of_call(struct hone_run *run, const struct hone_call *call,
                                   struct axes *a)
{
    const struct hone_tensor *in = call->in[0];
    struct hone_shape shape[2] = {{0}};
    struct hone_site site = {
        .node = call->node, .state = call->state, .inputs = call->inputs, .in = shape};
    unsigned set;
    bool known;
    size_t stride[HONE_RANK_MAX], length = 1;

    shape[0] = (struct hone_shape){.type = in->type, .ranked = true, .rank = in->rank};
    if (call->inputs > 1 && call->in[1] != NULL) {
        shape[1] = (struct hone_shape){.type = call->in[1]->type,
                                       .ranked = true,
                                       .rank = 1,
                                       .dim = {(int64_t)hone_tensor_count(call->in[1])},
                                       .data = call->in[1]->data};
    }
    HONE_TRY(axes_of(run, &site, &set, &known));
    *a = (struct axes){.n = 1};
    for (size_t k = in->rank; k-- > 0;) {
        stride[k] = length;
        length *= in->dim[k];
    }
    for (size_t k = 0; k < in->rank; k++) {
        if ((set >> k & 1) != 0) {
            a->n *= in->dim[k];
            a->dim[a->reduced] = in->dim[k];
            a->stride[a->reduced++] = stride[k];
        } else {
            a->kept_dim[a->kept] = in->dim[k];
            a->kept_stride[a->kept++] = stride[k];
        }
    }
    return HONE_OK;
}

/* Move a counter on by one; the element offset it stands for is kept in *offset. */
static void step(size_t axes, const size_t *dim, const size_t *stride, size_t *at,
                 size_t *offset)
{
    for (size_t k = axes; k-- > 0;) {
        *offset += stride[k];
        if (++at[k] < dim[k]) {
            return;
        }
        *offset -= stride[k] * dim[k];
        at[k] = 0;
    }
}

/* T: elements; A: what is accumulated; x is an element, a the accumulator, n their number. */
#define REDUCE(name, T, A, suffix, begin, take, end)                                           \
    static enum hone_code name##_##suffix(struct hone_run *run, const struct hone_call *call)  \
    {                                                                                          \
        struct axes axes;                                                                      \
        size_t at[HONE_RANK_MAX] = {0}, base = 0, total = hone_tensor_count(call->out[0]);     \
        T *out = call->out[0]->data;                                                           \
        HONE_TRY(axes_of_call(run, call, &axes));                                              \
        for (size_t o = 0; o < total; o++) {                                                   \
            const T *in = (const T *)call->in[0]->data;                                        \
            size_t inner[HONE_RANK_MAX] = {0}, offset = 0;                                     \
            A a = begin;                                                                       \
            A n = (A)axes.n;                                                                   \
            for (size_t i = 0; i < axes.n; i++) {                                              \
                A x = (A)in[base + offset];                                                    \
                a = take;                                                                      \
                step(axes.reduced, axes.dim, axes.stride, inner, &offset);                     \
            }                                                                                  \
            (void)n;                                                                           \
            out[o] = (T)(end);                                                                 \
            step(axes.kept, axes.kept_dim, axes.kept_stride, at, &base);                       \
        }                                                                                      \
        return HONE_OK;                                                                        \
    }
#define REDUCE_ALL(name, begin, take, end)                                                     \
    REDUCE(name, float, double, f32, begin, take, end)                                         \
    REDUCE(name, double, double, f64, begin, take, end)                                        \
    REDUCE(name, int32_t, int64_t, i32, begin, take, end)                                      \
    REDUCE(name, int64_t, int64_t, i64, begin, take, end)
#define TABLE(name)                                                                            \
    [HONE_F32] = name##_f32, [HONE_F64] = name##_f64, [HONE_I32] = name##_i32,                 \
    [HONE_I64] = name##_i64

REDUCE(sum, float, double, f32, 0, a + x, a)
REDUCE(sum, double, double, f64, 0, a + x, a)
REDUCE(sum, int32_t, uint64_t, i32, 0, a + x, a)
REDUCE(sum, int64_t, uint64_t, i64, 0, a + x, a)
REDUCE(mean, float, double, f32, 0, a + x, a / n)
REDUCE(mean, double, double, f64, 0, a + x, a / n)
REDUCE(mean, int32_t, int64_t, i32, 0, a + x, n == 0 ? 0 : a / n)
REDUCE(mean, int64_t, int64_t, i64, 0, a + x, n == 0 ? 0 : a / n)
REDUCE(prod, float, double, f32, 1, a *x, a)
REDUCE(prod, double, double, f64, 1, a *x, a)
REDUCE(prod, int32_t, uint64_t, i32, 1, a *x, a)
REDUCE(prod, int64_t, uint64_t, i64, 1, a *x, a)
REDUCE(l1, float, double, f32, 0, a + fabs(x), a)
REDUCE(l1, double, double, f64, 0, a + fabs(x), a)
REDUCE(l2, float, double, f32, 0, a + x * x, sqrt(a))
REDUCE(l2, double, double, f64, 0, a + x * x, sqrt(a))
REDUCE(sum_square, float, double, f32, 0, a + x * x, a)
REDUCE(sum_square, double, double, f64, 0, a + x * x, a)
REDUCE(sum_square, int32_t, uint64_t, i32, 0, a + x * x, a)
REDUCE(sum_square, int64_t, uint64_t, i64, 0, a + x * x, a)
REDUCE(log_sum, float, double, f32, 0, a + x, log(a))
REDUCE(log_sum, double, double, f64, 0, a + x, log(a))
REDUCE(largest, float, float, f32, -INFINITY, x > a || x != x ? x : a, a)
REDUCE(largest, double, double, f64, -HUGE_VAL, x > a || x != x ? x : a, a)
REDUCE(largest, int32_t, int32_t, i32, INT32_MIN, x > a ? x : a, a)
REDUCE(largest, int64_t, int64_t, i64, INT64_MIN, x > a ? x : a, a)
REDUCE(largest, uint8_t, uint8_t, u8, 0, x > a ? x : a, a)
REDUCE(largest, int8_t, int8_t, i8, INT8_MIN, x > a ? x : a, a)
REDUCE(smallest, float, float, f32, INFINITY, x < a || x != x ? x : a, a)
REDUCE(smallest, double, double, f64, HUGE_VAL, x < a || x != x ? x : a, a)
REDUCE(smallest, int32_t, int32_t, i32, INT32_MAX, x < a ? x : a, a)
REDUCE(smallest, int64_t, int64_t, i64, INT64_MAX, x < a ? x : a, a)
REDUCE(smallest, uint8_t, uint8_t, u8, UINT8_MAX, x < a ? x : a, a)
REDUCE(smallest, int8_t, int8_t, i8, INT8_MAX, x < a ? x : a, a)

/* log sum exp, kept as the largest so far and the sum relative to it. */
struct soft {
    double top, sum;
};

static struct soft soft_take(struct soft a, double x)
{
    if (isnan(x) || x <= a.top) {
        a.sum += x == a.top ? 1 : exp(x - a.top);
        return a;
    }
    return (struct soft){x, a.sum * exp(a.top - x) + 1};
}

#define SOFT(T, suffix)                                                                        \
    static enum hone_code log_sum_exp_##suffix(struct hone_run *run,                           \
                                               const struct hone_call *call)                   \
    {                                                                                          \
        struct axes axes;                                                                      \
        size_t at[HONE_RANK_MAX] = {0}, base = 0, total = hone_tensor_count(call->out[0]);     \
        const T *in = call->in[0]->data;                                                       \
        T *out = call->out[0]->data;                                                           \
        HONE_TRY(axes_of_call(run, call, &axes));                                              \
        for (size_t o = 0; o < total; o++) {                                                   \
            size_t inner[HONE_RANK_MAX] = {0}, offset = 0;                                     \
            struct soft a = {-HUGE_VAL, 0};                                                    \
            for (size_t i = 0; i < axes.n; i++) {                                              \
                a = soft_take(a, (double)in[base + offset]);                                   \
                step(axes.reduced, axes.dim, axes.stride, inner, &offset);                     \
            }                                                                                  \
            out[o] = (T)(a.top + log(a.sum));                                                  \
            step(axes.kept, axes.kept_dim, axes.kept_stride, at, &base);                       \
        }                                                                                      \
        return HONE_OK;                                                                        \
    }
SOFT(float, f32)
SOFT(double, f64)

/* --- ArgMax, ArgMin -------------------------------------------------------------------------------------- */

static enum hone_code infer_arg(struct hone_run *run, const struct hone_site *site)
{
    const struct state *s = site->state;
    const struct hone_shape *in = &site->in[0];
    struct hone_shape *out = &site->out[0];
    size_t axis = 0;

    *out = (struct hone_shape){.type = HONE_I64};
    if (!in->ranked) {
        return HONE_OK;
    }
    HONE_TRY(hone_op_axis(run, s->axis, in->rank, &axis));
    if (in->dim[axis] == 0) {
        return hone_fail(run, HONE_E_SHAPE, "no element to choose on axis %zu", axis);
    }
    out->ranked = true;
    for (size_t k = 0; k < in->rank; k++) {
        if (k != axis || s->keep) {
            out->dim[out->rank++] = k == axis ? 1 : in->dim[k];
        }
    }
    return HONE_OK;
}

static bool arg_keeps_rows(const struct hone_site *site)
{
    const struct state *s = site->state;
    return s->axis != 0 && s->axis != -(int64_t)site->in[0].rank;
}

/* NaN is taken as the best, as in numpy. */
#define ARG(name, T, suffix, better)                                                           \
    static enum hone_code name##_##suffix(struct hone_run *run, const struct hone_call *call)  \
    {                                                                                          \
        const struct state *s = call->state;                                                   \
        const T *in = call->in[0]->data;                                                       \
        int64_t *out = call->out[0]->data;                                                     \
        struct hone_axis a;                                                                    \
        size_t axis = 0;                                                                       \
        HONE_TRY(hone_op_axis(run, s->axis, call->in[0]->rank, &axis));                        \
        a = hone_axis_of(call->in[0], axis);                                                   \
        for (size_t o = 0; o < a.outer; o++) {                                                 \
            for (size_t j = 0; j < a.inner; j++) {                                             \
                const T *p = in + o * a.n * a.inner + j;                                       \
                size_t best = 0;                                                               \
                for (size_t i = 1; i < a.n; i++) {                                             \
                    T x = p[i * a.inner], y = p[best * a.inner];                               \
                    if (y == y && (x better y || x != x || (s->last && x == y))) {             \
                        best = i;                                                              \
                    }                                                                          \
                }                                                                              \
                out[o * a.inner + j] = (int64_t)best;                                          \
            }                                                                                  \
        }                                                                                      \
        return HONE_OK;                                                                        \
    }
#define ARGS(name, better)                                                                     \
    ARG(name, float, f32, better)                                                              \
    ARG(name, double, f64, better)                                                             \
    ARG(name, int32_t, i32, better)                                                            \
    ARG(name, int64_t, i64, better)
ARGS(arg_max, >)
ARGS(arg_min, <)

/* --- TopK --------------------------------------------------------------------------------------------------- */

static enum hone_code prepare_top(struct hone_run *run, const struct hone_site *site,
                                  struct hone_arena *mem, void *state)
{
    struct state *s = state;
    (void)run;
    (void)mem;
    s->axis = hone_op_int(site->node, "axis", -1);
    s->largest = hone_op_int(site->node, "largest", 1) != 0;
    return HONE_OK;
}

static enum hone_code infer_top(struct hone_run *run, const struct hone_site *site)
{
    HONE_SCRATCH(run);
    const struct state *s = site->state;
    const struct hone_shape *in = &site->in[0];
    const int64_t *k = NULL;
    size_t n = 0, axis = 0;
    bool known = false;

    site->out[0] = *in;
    site->out[0].data = NULL;
    HONE_TRY(hone_site_ints(run, site, 1, &run->scratch, &k, &n, &known));
    if (in->ranked) {
        HONE_TRY(hone_op_axis(run, s->axis, in->rank, &axis));
        if (known && (n != 1 || k[0] < 0 || (in->dim[axis] >= 0 && k[0] > in->dim[axis]))) {
            return hone_fail(run, HONE_E_SHAPE,
                             "k is not one number from 0 to the axis's length");
        }
        site->out[0].dim[axis] = known ? k[0] : -1;
    }
    site->out[1] = site->out[0];
    site->out[1].type = HONE_I64;
    return HONE_OK;
}

/* A sorted list of the best so far: equal values stay in the order of their places. */
#define TOP(T, suffix)                                                                         \
    static enum hone_code top_##suffix(struct hone_run *run, const struct hone_call *call)     \
    {                                                                                          \
        const struct state *s = call->state;                                                   \
        size_t axis = 0, k;                                                                    \
        struct hone_axis a;                                                                    \
        HONE_TRY(hone_op_axis(run, s->axis, call->in[0]->rank, &axis));                        \
        a = hone_axis_of(call->in[0], axis);                                                   \
        k = call->out[0]->dim[axis];                                                           \
        for (size_t o = 0; o < a.outer * a.inner; o++) {                                       \
            size_t j = o % a.inner, block = o / a.inner, have = 0;                             \
            const T *in = (const T *)call->in[0]->data + block * a.n * a.inner + j;            \
            T *value = (T *)call->out[0]->data + block * k * a.inner + j;                      \
            int64_t *place = (int64_t *)call->out[1]->data + block * k * a.inner + j;          \
            for (size_t i = 0; i < a.n && k != 0; i++) {                                       \
                T x = in[i * a.inner];                                                         \
                size_t to = have < k ? have : k - 1;                                           \
                if (have == k &&                                                               \
                    !(s->largest ? x > value[to * a.inner] : x < value[to * a.inner])) {       \
                    continue;                                                                  \
                }                                                                              \
                have += have < k;                                                              \
                for (; to > 0 && (s->largest ? x > value[(to - 1) * a.inner]                   \
                                             : x < value[(to - 1) * a.inner]);                 \
                     to--) {                                                                   \
                    value[to * a.inner] = value[(to - 1) * a.inner];                           \
                    place[to * a.inner] = place[(to - 1) * a.inner];                           \
                }                                                                              \
                value[to * a.inner] = x;                                                       \
                place[to * a.inner] = (int64_t)i;                                              \
            }                                                                                  \
        }                                                                                      \
        return HONE_OK;                                                                        \
    }
TOP(float, f32)
TOP(double, f64)
TOP(int32_t, i32)
TOP(int64_t, i64)
TOP(uint64_t, u64)

/* --- the operators ------------------------------------------------------------------------------------------- */

#define OP(variable, onnx, n_in, n_out, ...)                                                   \
    const struct hone_op hone_op_##variable = {                                                \
        .part.name = onnx,                                                                     \
        .part.source = HONE_OP_SOURCE_ONNX,                                                    \
        .domain = "",                                                                          \
        .since = 1,                                                                            \
        .inputs_max = n_in,                                                                    \
        .outputs_min = n_out,                                                                  \
        .outputs_max = n_out,                                                                  \
        .state_size = sizeof(struct state),                                                    \
        __VA_ARGS__,                                                                           \
    }
#define REDUCTION(variable, onnx, ...)                                                         \
    OP(variable, onnx, 2, 1, .inputs_min = 1, .attrs = "keepdims:i noop_with_empty_axes:i",    \
       .reads = 2, .prepare = prepare, .infer = infer_reduce, .rowwise = reduce_keeps_rows,    \
       .forward = {__VA_ARGS__})
#define ARG_OP(variable, onnx)                                                                 \
    OP(variable, onnx, 1, 1, .inputs_min = 1,                                                  \
       .attrs = "axis:i keepdims:i select_last_index:i", .prepare = prepare,                   \
       .infer = infer_arg, .rowwise = arg_keeps_rows, .forward = {TABLE(variable)})

REDUCTION(reduce_sum, "ReduceSum", TABLE(sum));
REDUCTION(reduce_mean, "ReduceMean", TABLE(mean));
REDUCTION(reduce_prod, "ReduceProd", TABLE(prod));
REDUCTION(
    reduce_max, "ReduceMax",
    TABLE(largest), [HONE_U8] = largest_u8, [HONE_I8] = largest_i8, [HONE_B8] = largest_u8);
REDUCTION(
    reduce_min, "ReduceMin",
    TABLE(smallest), [HONE_U8] = smallest_u8, [HONE_I8] = smallest_i8, [HONE_B8] = smallest_u8);
REDUCTION(reduce_l1, "ReduceL1", [HONE_F32] = l1_f32, [HONE_F64] = l1_f64);
REDUCTION(reduce_l2, "ReduceL2", [HONE_F32] = l2_f32, [HONE_F64] = l2_f64);
REDUCTION(reduce_sum_square, "ReduceSumSquare", TABLE(sum_square));
REDUCTION(reduce_log_sum, "ReduceLogSum", [HONE_F32] = log_sum_f32, [HONE_F64] = log_sum_f64);
REDUCTION(reduce_log_sum_exp,
          "ReduceLogSumExp", [HONE_F32] = log_sum_exp_f32, [HONE_F64] = log_sum_exp_f64);
ARG_OP(arg_max, "ArgMax");
ARG_OP(arg_min, "ArgMin");
OP(top_k, "TopK", 2, 2, .inputs_min = 2, .attrs = "axis:i largest:i sorted:i", .reads = 2,
   .prepare = prepare_top, .infer = infer_top, .rowwise = arg_keeps_rows,
   .forward = {[HONE_F32] = top_f32,
               [HONE_F64] = top_f64,
               [HONE_I32] = top_i32,
               [HONE_I64] = top_i64,
               [HONE_U64] = top_u64});
