/* Tensors made from little: Range, OneHot, EyeLike. */
#include <math.h>

#include "graph/op_head_priv.h"
#include "graph/walk_priv.h"

/* --- Range --------------------------------------------------------------------------------------------- */

static bool one_element(const struct hone_shape *s)
{
    return s->data != NULL && hone_shape_count(s) == 1;
}

/* What is known is not another number of elements. */
static enum hone_code want_one(struct hone_run *run, const struct hone_shape *s)
{
    return s->data == NULL || hone_shape_count(s) == 1
               ? HONE_OK
               : hone_fail(run, HONE_E_SHAPE, "%lld elements, not one",
                           (long long)hone_shape_count(s));
}

static double real_of(const struct hone_shape *s)
{
    struct hone_tensor t = {.type = s->type};
    memcpy(&t.data, &s->data, sizeof t.data);
    return hone_tensor_real(&t, 0);
}

static enum hone_code infer_range(struct hone_run *run, const struct hone_site *site)
{
    double start, limit, delta, n;
    int64_t dim = -1;

    HONE_TRY(hone_site_like_first(run, site, 1));
    HONE_TRY(hone_site_like_first(run, site, 2));
    for (size_t i = 0; i < 3; i++) {
        HONE_TRY(want_one(run, &site->in[i]));
    }
    if (one_element(&site->in[0]) && one_element(&site->in[1]) && one_element(&site->in[2])) {
        start = real_of(&site->in[0]);
        limit = real_of(&site->in[1]);
        delta = real_of(&site->in[2]);
        n = ceil((limit - start) / delta);
        if (delta == 0 || isnan(n)) {
            return hone_fail(run, HONE_E_NUMERIC, "a range of steps of %g", delta);
        }
        if (n > 0x1p53) {
            return hone_fail(run, HONE_E_LIMIT, "a range of %g elements", n);
        }
        dim = n > 0 ? (int64_t)n : 0;
    }
    hone_shape_set(&site->out[0], site->in[0].type, 1, &dim);
    return HONE_OK;
}

#define RANGE(T, W, suffix)                                                                    \
    static enum hone_code range_##suffix(struct hone_run *run, const struct hone_call *call)   \
    {                                                                                          \
        T start = *(const T *)call->in[0]->data, delta = *(const T *)call->in[2]->data;        \
        T *out = call->out[0]->data;                                                           \
        (void)run;                                                                             \
        for (size_t i = 0; i < call->out[0]->dim[0]; i++) {                                    \
            out[i] = (T)((W)start + (W)i * (W)delta);                                          \
        }                                                                                      \
        return HONE_OK;                                                                        \
    }
RANGE(float, float, f32)
RANGE(double, double, f64)
RANGE(uint16_t, uint32_t, u16)
RANGE(uint32_t, uint32_t, u32) /* two's complement: the low bits are the same */
RANGE(uint64_t, uint64_t, u64)

/* --- OneHot ---------------------------------------------------------------------------------------------- */

static enum hone_code infer_one_hot(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_shape *in = &site->in[0];
    struct hone_shape *out = &site->out[0];
    size_t axis = 0;
    int64_t depth = -1;

    *out = (struct hone_shape){.type = site->in[2].type};
    HONE_TRY(want_one(run, &site->in[1]));
    if (one_element(&site->in[1])) {
        double d = real_of(&site->in[1]);
        if (!(d >= 0 && d < 0x1p53)) {
            return hone_fail(run, HONE_E_SHAPE, "a depth of %g", d);
        }
        depth = (int64_t)d;
    }
    if (!in->ranked) {
        return HONE_OK;
    }
    if (in->rank == HONE_RANK_MAX) {
        return hone_fail(run, HONE_E_SHAPE, "a result of rank %zu", in->rank + 1);
    }
    HONE_TRY(hone_op_axis(run, hone_op_int(site->node, "axis", -1), in->rank + 1, &axis));
    hone_shape_set(out, out->type, in->rank, in->dim);
    memmove(out->dim + axis + 1, out->dim + axis, (in->rank - axis) * sizeof *out->dim);
    out->dim[axis] = depth;
    out->rank++;
    return HONE_OK;
}

static enum hone_code one_hot(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *in = call->in[0], *values = call->in[2], *out = call->out[0];
    size_t size = hone_dtype_size(values->type), axis = 0, n = hone_tensor_count(in);
    struct hone_axis a;
    char *to = out->data;

    if (hone_tensor_count(values) != 2) {
        return hone_fail(run, HONE_E_SHAPE, "%zu values, not off and on",
                         hone_tensor_count(values));
    }
    HONE_TRY(hone_op_axis(run, hone_op_int(call->node, "axis", -1), out->rank, &axis));
    a = hone_axis_of(out, axis);
    for (size_t i = 0; i < n * a.n; i++) {
        memcpy(to + i * size, values->data, size);
    }
    for (size_t i = 0; a.n != 0 && i < n; i++) {
        double where = trunc(hone_tensor_real(in, i));
        where += where < 0 ? (double)a.n : 0;
        if (where >= 0 && where < (double)a.n) {
            size_t at = (i / a.inner * a.n + (size_t)where) * a.inner + i % a.inner;
            memcpy(to + at * size, (const char *)values->data + size, size);
        }
    }
    return HONE_OK;
}

/* --- EyeLike ---------------------------------------------------------------------------------------------- */

static enum hone_code infer_eye(struct hone_run *run, const struct hone_site *site)
{
    HONE_TRY(hone_infer_same(run, site));
    site->out[0].type =
        (enum hone_dtype)(hone_op_int(site->node, "dtype", (int64_t)site->in[0].type) & 127);
    if ((site->in[0].ranked && site->in[0].rank != 2) || site->out[0].type == HONE_STRING ||
        hone_dtype_size(site->out[0].type) > 8) {
        return hone_fail(run, HONE_E_SHAPE, "rank %zu of %s", site->in[0].rank,
                         hone_dtype_name(site->out[0].type));
    }
    return HONE_OK;
}

static enum hone_code eye(struct hone_run *run, const struct hone_call *call)
{
    static const union {
        float f32;
        uint32_t bits;
    } one = {.f32 = 1};
    static const double one_f64 = 1;
    static const uint16_t one_f16 = 0x3c00, one_bf16 = 0x3f80;
    static const uint64_t one_int = 1; /* little-endian: its first bytes are 1 in any size */
    const struct hone_tensor *out = call->out[0];
    size_t size = hone_dtype_size(out->type);
    int64_t k = hone_op_int(call->node, "k", 0);
    const void *unit = out->type == HONE_F32    ? (const void *)&one
                       : out->type == HONE_F64  ? (const void *)&one_f64
                       : out->type == HONE_F16  ? (const void *)&one_f16
                       : out->type == HONE_BF16 ? (const void *)&one_bf16
                                                : (const void *)&one_int;
    (void)run;

    memset(out->data, 0, hone_tensor_count(out) * size);
    for (size_t r = 0; r < out->dim[0]; r++) {
        int64_t c;
        if (!__builtin_add_overflow((int64_t)r, k, &c) && c >= 0 && c < (int64_t)out->dim[1]) {
            memcpy((char *)out->data + (r * out->dim[1] + (size_t)c) * size, unit, size);
        }
    }
    return HONE_OK;
}

/* --- the operators -------------------------------------------------------------------------------------------- */

#define OP(variable, onnx, first, n_in, ...)                                                   \
    const struct hone_op hone_op_##variable = {                                                \
        HONE_OP_HEAD(onnx, first, n_in, n_in, 1),                                              \
        __VA_ARGS__,                                                                           \
    }

OP(range, "Range", 11, 3, .reads = 7, .infer = infer_range,
   .forward = {[HONE_F32] = range_f32,
               [HONE_F64] = range_f64,
               [HONE_U16] = range_u16,
               [HONE_I16] = range_u16,
               [HONE_U32] = range_u32,
               [HONE_I32] = range_u32,
               [HONE_U64] = range_u64,
               [HONE_I64] = range_u64});
OP(one_hot, "OneHot", 9, 3, .attrs = "axis:i", .reads = 2, .by = 2, .infer = infer_one_hot,
   .any = one_hot);
OP(eye_like, "EyeLike", 9, 1, .attrs = "dtype:i k:i", .flags = HONE_OP_SHAPE_ONLY,
   .infer = infer_eye, .any = eye);
