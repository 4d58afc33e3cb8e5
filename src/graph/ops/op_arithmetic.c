/* Elementwise operators of two and more inputs: arithmetic, with broadcasting. */
#include <math.h>

#include "graph/op_head_priv.h"
#include "graph/walk_priv.h"

/* One kernel per type: x and y are the elements, the last argument the result. */
#define KERNEL(name, T, R, suffix, value)                                                      \
    static enum hone_code name##_##suffix(struct hone_run *run, const struct hone_call *call)  \
    {                                                                                          \
        struct hone_walk w;                                                                    \
        (void)run;                                                                             \
        for (bool more = hone_walk_begin(&w, 2, call->in, call->out[0]); more;                 \
             more = hone_walk_next(&w)) {                                                      \
            const T *a = (const T *)call->in[0]->data + w.offset[0];                           \
            const T *b = (const T *)call->in[1]->data + w.offset[1];                           \
            R *out = (R *)call->out[0]->data + w.out;                                          \
            if (w.step[0] == w.step[1]) {                                                      \
                for (size_t i = 0; i < w.inner; i++) {                                         \
                    T x = a[i], y = b[i];                                                      \
                    out[i] = (R)(value);                                                       \
                }                                                                              \
            } else if (w.step[1] == 0) {                                                       \
                T y = b[0];                                                                    \
                for (size_t i = 0; i < w.inner; i++) {                                         \
                    T x = a[i];                                                                \
                    out[i] = (R)(value);                                                       \
                }                                                                              \
            } else {                                                                           \
                T x = a[0];                                                                    \
                for (size_t i = 0; i < w.inner; i++) {                                         \
                    T y = b[i];                                                                \
                    out[i] = (R)(value);                                                       \
                }                                                                              \
            }                                                                                  \
        }                                                                                      \
        return HONE_OK;                                                                        \
    }

/* Integers wrap: they are computed unsigned. */
#define INTEGERS(name, value)                                                                  \
    KERNEL(name, uint8_t, uint8_t, u8, value)                                                  \
    KERNEL(name, int8_t, int8_t, i8, value)                                                    \
    KERNEL(name, uint16_t, uint16_t, u16, value)                                               \
    KERNEL(name, int16_t, int16_t, i16, value)                                                 \
    KERNEL(name, uint32_t, uint32_t, u32, value)                                               \
    KERNEL(name, int32_t, int32_t, i32, value)                                                 \
    KERNEL(name, uint64_t, uint64_t, u64, value)                                               \
    KERNEL(name, int64_t, int64_t, i64, value)
#define REALS(name, value)                                                                     \
    KERNEL(name, float, float, f32, value)                                                     \
    KERNEL(name, double, double, f64, value)

#define INTEGER_TABLE(name)                                                                    \
    [HONE_U8] = name##_u8, [HONE_I8] = name##_i8, [HONE_U16] = name##_u16,                     \
    [HONE_I16] = name##_i16, [HONE_U32] = name##_u32, [HONE_I32] = name##_i32,                 \
    [HONE_U64] = name##_u64, [HONE_I64] = name##_i64
#define REAL_TABLE(name) [HONE_F32] = name##_f32, [HONE_F64] = name##_f64

INTEGERS(add, (uint64_t)x + (uint64_t)y)
REALS(add, x + y)
INTEGERS(sub, (uint64_t)x - (uint64_t)y)
REALS(sub, x - y)
INTEGERS(mul, (uint64_t)x *(uint64_t)y)
REALS(mul, x *y)
REALS(div, x / y)
KERNEL(prelu, float, float, f32, x < 0 ? x * y : x)
KERNEL(prelu, double, double, f64, x < 0 ? x * y : x)

/* --- integer division: zero divisors are refused, the one overflow wraps ----------------------- */

struct mod_state {
    bool c_sign; /* fmod=1: the sign of the dividend */
};

static enum hone_code by_zero(struct hone_run *run)
{
    return hone_fail(run, HONE_E_NUMERIC, "integer division by zero");
}

#define HAS_ZERO(T)                                                                            \
    static bool has_zero_##T(const struct hone_tensor *t)                                      \
    {                                                                                          \
        const T *x = t->data;                                                                  \
        size_t n = hone_tensor_count(t);                                                       \
        for (size_t i = 0; i < n; i++) {                                                       \
            if (x[i] == 0) {                                                                   \
                return true;                                                                   \
            }                                                                                  \
        }                                                                                      \
        return false;                                                                          \
    }
HAS_ZERO(uint8_t)
HAS_ZERO(int8_t)
HAS_ZERO(uint16_t)
HAS_ZERO(int16_t)
HAS_ZERO(uint32_t)
HAS_ZERO(int32_t)
HAS_ZERO(uint64_t)
HAS_ZERO(int64_t)

/* The remainder with the sign of the divisor. */
#define FLOORED(x, y) ((x) % (y) != 0 && (((x) < 0) != ((y) < 0)) ? (x) % (y) + (y) : (x) % (y))

#define DIVISIONS(T, suffix)                                                                   \
    KERNEL(quotient, T, T, suffix,                                                             \
           y == (T)-1 && (T)-1 < 1 ? 0 - (uint64_t)x : (uint64_t)(x / y))                      \
    KERNEL(floored, T, T, suffix, y == (T)-1 && (T)-1 < 1 ? 0 : FLOORED(x, y))                 \
    KERNEL(remainder, T, T, suffix, y == (T)-1 && (T)-1 < 1 ? 0 : x % y)                       \
    static enum hone_code div_##suffix(struct hone_run *run, const struct hone_call *call)     \
    {                                                                                          \
        return has_zero_##T(call->in[1]) ? by_zero(run) : quotient_##suffix(run, call);        \
    }                                                                                          \
    static enum hone_code mod_##suffix(struct hone_run *run, const struct hone_call *call)     \
    {                                                                                          \
        const struct mod_state *s = call->state;                                               \
        return has_zero_##T(call->in[1]) ? by_zero(run)                                        \
               : s->c_sign               ? remainder_##suffix(run, call)                       \
                                         : floored_##suffix(run, call);                                      \
    }

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wtype-limits" /* the same text for signed and unsigned */
DIVISIONS(uint8_t, u8)
DIVISIONS(int8_t, i8)
DIVISIONS(uint16_t, u16)
DIVISIONS(int16_t, i16)
DIVISIONS(uint32_t, u32)
DIVISIONS(int32_t, i32)
DIVISIONS(uint64_t, u64)
DIVISIONS(int64_t, i64)
#pragma GCC diagnostic pop

KERNEL(fmod, float, float, f32, fmodf(x, y))
KERNEL(fmod, double, double, f64, fmod(x, y))
KERNEL(rmod, float, float, f32, x - y * floorf(x / y))
KERNEL(rmod, double, double, f64, x - y * floor(x / y))

static enum hone_code mod_f32(struct hone_run *run, const struct hone_call *call)
{
    const struct mod_state *s = call->state;
    return s->c_sign ? fmod_f32(run, call) : rmod_f32(run, call);
}

static enum hone_code mod_f64(struct hone_run *run, const struct hone_call *call)
{
    const struct mod_state *s = call->state;
    return s->c_sign ? fmod_f64(run, call) : rmod_f64(run, call);
}

static enum hone_code prepare_mod(struct hone_run *run, const struct hone_site *site,
                                  struct hone_arena *mem, void *state)
{
    struct mod_state *s = state;
    (void)run;
    (void)mem;
    s->c_sign = hone_op_int(site->node, "fmod", 0) != 0;
    return HONE_OK;
}

/* --- powers: the exponent may be of another type --------------------------------------------------- */

static double exponent_at(const struct hone_tensor *t, size_t i)
{
    switch (t->type) {
    case HONE_F32:
        return (double)((const float *)t->data)[i];
    case HONE_F64:
        return ((const double *)t->data)[i];
    case HONE_I32:
        return ((const int32_t *)t->data)[i];
    case HONE_U32:
        return ((const uint32_t *)t->data)[i];
    case HONE_U64:
        return (double)((const uint64_t *)t->data)[i];
    default:
        return (double)((const int64_t *)t->data)[i];
    }
}

static int64_t to_integer(double x)
{
    return x >= 9223372036854775807.0    ? INT64_MAX
           : x <= -9223372036854775808.0 ? INT64_MIN
           : isnan(x)                    ? 0
                                         : (int64_t)x;
}

#define POWER(T, suffix, convert)                                                              \
    static enum hone_code pow_##suffix(struct hone_run *run, const struct hone_call *call)     \
    {                                                                                          \
        struct hone_walk w;                                                                    \
        (void)run;                                                                             \
        for (bool more = hone_walk_begin(&w, 2, call->in, call->out[0]); more;                 \
             more = hone_walk_next(&w)) {                                                      \
            const T *a = (const T *)call->in[0]->data + w.offset[0];                           \
            T *out = (T *)call->out[0]->data + w.out;                                          \
            for (size_t i = 0; i < w.inner; i++) {                                             \
                double x = (double)a[i * w.step[0]];                                           \
                double y = exponent_at(call->in[1], w.offset[1] + i * w.step[1]);              \
                double p = y == 2.0 ? x * x : pow(x, y);                                       \
                out[i] = (T)convert(p);                                                        \
            }                                                                                  \
        }                                                                                      \
        return HONE_OK;                                                                        \
    }
POWER(float, f32, )
POWER(double, f64, )
POWER(int32_t, i32, to_integer)
POWER(int64_t, i64, to_integer)

static enum hone_code infer_pow(struct hone_run *run, const struct hone_site *site)
{
    enum hone_dtype y = site->in[1].type;
    if (y != HONE_F32 && y != HONE_F64 && y != HONE_I32 && y != HONE_I64 && y != HONE_U32 &&
        y != HONE_U64) {
        return hone_fail(run, HONE_E_UNSUPPORTED, "an exponent of %s", hone_dtype_name(y));
    }
    site->out[0] = site->in[0];
    site->out[0].data = NULL;
    return hone_shape_broadcast(run, &site->out[0], &site->in[1]);
}

/* --- any number of inputs ------------------------------------------------------------------------------ */

/* NaN wins, as in numpy. */
#define LARGER(x, y)  ((x) > (y) || (x) != (x) ? (x) : (y))
#define SMALLER(x, y) ((x) < (y) || (x) != (x) ? (x) : (y))

/* out starts as input 0 and takes the others in turn. */
#define FOLD(name, T, suffix, value, last)                                                     \
    static enum hone_code name##_##suffix(struct hone_run *run, const struct hone_call *call)  \
    {                                                                                          \
        struct hone_walk w;                                                                    \
        T n = (T)call->inputs;                                                                 \
        T *all = call->out[0]->data;                                                           \
        (void)run;                                                                             \
        (void)n;                                                                               \
        for (size_t k = 0; k < call->inputs; k++) {                                            \
            for (bool more = hone_walk_begin(&w, 1, call->in + k, call->out[0]); more;         \
                 more = hone_walk_next(&w)) {                                                  \
                const T *b = (const T *)call->in[k]->data + w.offset[0];                       \
                T *out = all + w.out;                                                          \
                for (size_t i = 0; i < w.inner; i++) {                                         \
                    T y = b[i * w.step[0]];                                                    \
                    T x = k == 0 ? y : out[i];                                                 \
                    out[i] = k == 0 ? y : (T)(value);                                          \
                    out[i] = k + 1 == call->inputs ? (T)(out[i] last) : out[i];                \
                }                                                                              \
            }                                                                                  \
        }                                                                                      \
        return HONE_OK;                                                                        \
    }
#define FOLDS(name, value)                                                                     \
    FOLD(name, uint8_t, u8, value, )                                                           \
    FOLD(name, int8_t, i8, value, )                                                            \
    FOLD(name, uint16_t, u16, value, )                                                         \
    FOLD(name, int16_t, i16, value, )                                                          \
    FOLD(name, uint32_t, u32, value, )                                                         \
    FOLD(name, int32_t, i32, value, )                                                          \
    FOLD(name, uint64_t, u64, value, )                                                         \
    FOLD(name, int64_t, i64, value, )                                                          \
    FOLD(name, float, f32, value, )                                                            \
    FOLD(name, double, f64, value, )

FOLDS(max, LARGER(x, y))
FOLDS(min, SMALLER(x, y))
FOLD(sum, float, f32, x + y, )
FOLD(sum, double, f64, x + y, )
FOLD(mean, float, f32, x + y, / n)
FOLD(mean, double, f64, x + y, / n)

/* --- the operators ------------------------------------------------------------------------------------------ */

#define OP(variable, onnx, first, n_max, attributes, ...)                                      \
    const struct hone_op hone_op_##variable = {                                                \
        HONE_OP_HEAD(onnx, first, n_max == 2 ? 2 : 1, n_max, 1),                               \
        .attrs = attributes,                                                                   \
        .infer = hone_infer_broadcast,                                                         \
        .rowwise = hone_rows_broadcast,                                                        \
        .forward = {__VA_ARGS__},                                                              \
    }
/* Opsets below 7 broadcast towards an axis; "broadcast" alone means what is done now. */
#define OLD "broadcast:i"

OP(add, "Add", 1, 2, OLD, REAL_TABLE(add), INTEGER_TABLE(add));
OP(sub, "Sub", 1, 2, OLD, REAL_TABLE(sub), INTEGER_TABLE(sub));
OP(mul, "Mul", 1, 2, OLD, REAL_TABLE(mul), INTEGER_TABLE(mul));
OP(div, "Div", 1, 2, OLD, REAL_TABLE(div), INTEGER_TABLE(div));
OP(prelu, "PRelu", 1, 2, NULL, REAL_TABLE(prelu));
OP(max, "Max", 1, SIZE_MAX, NULL, REAL_TABLE(max), INTEGER_TABLE(max));
OP(min, "Min", 1, SIZE_MAX, NULL, REAL_TABLE(min), INTEGER_TABLE(min));
OP(sum, "Sum", 1, SIZE_MAX, NULL, REAL_TABLE(sum));
OP(mean, "Mean", 1, SIZE_MAX, NULL, REAL_TABLE(mean));

const struct hone_op hone_op_mod = {
    .part.name = "Mod",
    .part.source = HONE_OP_SOURCE_ONNX,
    .domain = "",
    .since = 10,
    .inputs_min = 2,
    .inputs_max = 2,
    .outputs_min = 1,
    .outputs_max = 1,
    .attrs = "fmod:i",
    .state_size = sizeof(struct mod_state),
    .prepare = prepare_mod,
    .infer = hone_infer_broadcast,
    .rowwise = hone_rows_broadcast,
    .forward = {REAL_TABLE(mod), INTEGER_TABLE(mod)},
};

const struct hone_op hone_op_pow = {
    .part.name = "Pow",
    .part.source = HONE_OP_SOURCE_ONNX,
    .domain = "",
    .since = 1,
    .inputs_min = 2,
    .inputs_max = 2,
    .outputs_min = 1,
    .outputs_max = 1,
    .attrs = OLD,
    .infer = infer_pow,
    .rowwise = hone_rows_broadcast,
    .forward = {REAL_TABLE(pow), [HONE_I32] = pow_i32, [HONE_I64] = pow_i64},
};
