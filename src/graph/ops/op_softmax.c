/* Softmax, LogSoftmax, Hardmax; Clip, whose limits are inputs. */
#include <math.h>

#include "graph/op_head_priv.h"
#include "graph/walk_priv.h"

struct state {
    int64_t axis;
    bool flat; /* opset below 13: all axes from axis on are one */
};

static enum hone_code prepare(struct hone_run *run, const struct hone_site *site,
                              struct hone_arena *mem, void *state)
{
    struct state *s = state;
    (void)run;
    (void)mem;
    s->flat = site->version < 13;
    s->axis = hone_op_int(site->node, "axis", s->flat ? 1 : -1);
    return HONE_OK;
}

static enum hone_code infer(struct hone_run *run, const struct hone_site *site)
{
    size_t axis;
    const struct state *s = site->state;
    HONE_TRY(hone_infer_same(run, site));
    if (!site->in[0].ranked || (s->flat && s->axis == (int64_t)site->in[0].rank)) {
        return HONE_OK;
    }
    return hone_op_axis(run, s->axis, site->in[0].rank, &axis);
}

static bool keeps_rows(const struct hone_site *site)
{
    const struct state *s = site->state;
    return s->axis != 0 && s->axis != -(int64_t)site->in[0].rank;
}

static enum hone_code axis_of(struct hone_run *run, const struct hone_call *call,
                              struct hone_axis *a)
{
    const struct state *s = call->state;
    const struct hone_tensor *t = call->in[0];
    size_t axis = 0;

    if (s->flat && s->axis == (int64_t)t->rank) {
        *a = (struct hone_axis){hone_tensor_count(t), 1, 1};
        return HONE_OK;
    }
    HONE_TRY(hone_op_axis(run, s->axis, t->rank, &axis));
    *a = hone_axis_of(t, axis);
    if (s->flat) {
        a->n *= a->inner;
        a->inner = 1;
    }
    return HONE_OK;
}

/* Along an axis: x the element, top the largest, sum that of exp(x - top) in index order. */
#define ALONG(name, T, suffix, exponential, logarithm, value)                                  \
    static enum hone_code name##_##suffix(struct hone_run *run, const struct hone_call *call)  \
    {                                                                                          \
        struct hone_axis a;                                                                    \
        HONE_TRY(axis_of(run, call, &a));                                                      \
        for (size_t o = 0; o < a.outer * a.inner; o++) {                                       \
            size_t at = o / a.inner * a.n * a.inner + o % a.inner;                             \
            const T *in = (const T *)call->in[0]->data + at;                                   \
            T *out = (T *)call->out[0]->data + at;                                             \
            T top = a.n == 0 ? 0 : in[0], sum = 0;                                             \
            size_t best = 0;                                                                   \
            for (size_t i = 1; i < a.n; i++) {                                                 \
                best = in[i * a.inner] > top ? i : best;                                       \
                top = in[i * a.inner] > top ? in[i * a.inner] : top;                           \
            }                                                                                  \
            for (size_t i = 0; i < a.n; i++) {                                                 \
                T x = in[i * a.inner];                                                         \
                out[i * a.inner] = exponential(x - top);                                       \
                sum += out[i * a.inner];                                                       \
            }                                                                                  \
            T log_sum = logarithm(sum);                                                        \
            for (size_t i = 0; i < a.n; i++) {                                                 \
                T x = in[i * a.inner], e = out[i * a.inner];                                   \
                (void)x, (void)e, (void)best, (void)log_sum;                                   \
                out[i * a.inner] = value;                                                      \
            }                                                                                  \
        }                                                                                      \
        return HONE_OK;                                                                        \
    }
ALONG(softmax, float, f32, expf, logf, e / sum)
ALONG(softmax, double, f64, exp, log, e / sum)
ALONG(log_softmax, float, f32, expf, logf, x - top - log_sum)
ALONG(log_softmax, double, f64, exp, log, x - top - log_sum)
ALONG(hardmax, float, f32, expf, logf, i == best ? 1 : 0)
ALONG(hardmax, double, f64, exp, log, i == best ? 1 : 0)

/* --- Clip ---------------------------------------------------------------------------------------------- */

#define CLIP(T, suffix)                                                                        \
    static enum hone_code clip_##suffix(struct hone_run *run, const struct hone_call *call)    \
    {                                                                                          \
        const T *in = call->in[0]->data;                                                       \
        const T *low = call->inputs > 1 && call->in[1] != NULL ? call->in[1]->data : NULL;     \
        const T *high = call->inputs > 2 && call->in[2] != NULL ? call->in[2]->data : NULL;    \
        T *out = call->out[0]->data;                                                           \
        size_t n = hone_tensor_count(call->in[0]);                                             \
        (void)run;                                                                             \
        for (size_t i = 0; i < n; i++) {                                                       \
            T x = in[i];                                                                       \
            x = low != NULL && x < *low ? *low : x;                                            \
            out[i] = high != NULL && x > *high ? *high : x;                                    \
        }                                                                                      \
        return HONE_OK;                                                                        \
    }
CLIP(float, f32)
CLIP(double, f64)
CLIP(uint8_t, u8)
CLIP(int8_t, i8)
CLIP(uint16_t, u16)
CLIP(int16_t, i16)
CLIP(uint32_t, u32)
CLIP(int32_t, i32)
CLIP(uint64_t, u64)
CLIP(int64_t, i64)

static enum hone_code infer_clip(struct hone_run *run, const struct hone_site *site)
{
    HONE_TRY(hone_infer_same(run, site));
    for (size_t i = 1; i < site->inputs; i++) {
        const struct hone_shape *limit = &site->in[i];
        if (limit->type == HONE_NONE) {
            continue;
        }
        if (limit->type != site->in[0].type || (limit->ranked && limit->rank > 1) ||
            hone_shape_count(limit) == 0) {
            return hone_fail(run, HONE_E_SHAPE, "a limit that is not one %s",
                             hone_dtype_name(site->in[0].type));
        }
    }
    return HONE_OK;
}

/* --- the operators ------------------------------------------------------------------------------------------ */

#define OP(variable, onnx, n_in, ...)                                                          \
    const struct hone_op hone_op_##variable = {                                                \
        HONE_OP_HEAD(onnx, 1, 1, n_in, 1),                                                     \
        __VA_ARGS__,                                                                           \
    }
#define ALONG_OP(variable, onnx)                                                               \
    OP(variable, onnx, 1, .attrs = "axis:i", .state_size = sizeof(struct state),               \
       .prepare = prepare, .infer = infer, .rowwise = keeps_rows,                              \
       .forward = {[HONE_F32] = variable##_f32, [HONE_F64] = variable##_f64})

ALONG_OP(softmax, "Softmax");
ALONG_OP(log_softmax, "LogSoftmax");
ALONG_OP(hardmax, "Hardmax");
OP(clip, "Clip", 3, .infer = infer_clip, .rowwise = hone_rows_first,
   .forward = {[HONE_F32] = clip_f32,
               [HONE_F64] = clip_f64,
               [HONE_U8] = clip_u8,
               [HONE_I8] = clip_i8,
               [HONE_U16] = clip_u16,
               [HONE_I16] = clip_i16,
               [HONE_U32] = clip_u32,
               [HONE_I32] = clip_i32,
               [HONE_U64] = clip_u64,
               [HONE_I64] = clip_i64});
