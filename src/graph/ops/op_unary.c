/* Elementwise operators of one input. */
#include <math.h>

#include "graph/op.h"
#include "graph/op_head_priv.h"

struct state {
    double alpha, beta; /* as the operator names them */
    bool first, second; /* IsInf: positive, negative; Gelu: second is the tanh form */
};

#define KERNEL(name, T, R, suffix, value)                                                      \
    static enum hone_code name##_##suffix(struct hone_run *run, const struct hone_call *call)  \
    {                                                                                          \
        const struct state *s = call->state;                                                   \
        const T *in = call->in[0]->data;                                                       \
        R *out = call->out[0]->data;                                                           \
        size_t n = hone_tensor_count(call->in[0]);                                             \
        (void)run;                                                                             \
        (void)s;                                                                               \
        for (size_t i = 0; i < n; i++) {                                                       \
            T x = in[i];                                                                       \
            out[i] = (R)(value);                                                               \
        }                                                                                      \
        return HONE_OK;                                                                        \
    }
/* f is computed in the type itself, in double for double. */
#define REALS(name, single, full)                                                              \
    KERNEL(name, float, float, f32, single)                                                    \
    KERNEL(name, double, double, f64, full)
#define REAL_TABLE(name) [HONE_F32] = name##_f32, [HONE_F64] = name##_f64
#define SIGNED(name, value)                                                                    \
    KERNEL(name, int8_t, int8_t, i8, value)                                                    \
    KERNEL(name, int16_t, int16_t, i16, value)                                                 \
    KERNEL(name, int32_t, int32_t, i32, value)                                                 \
    KERNEL(name, int64_t, int64_t, i64, value)
#define SIGNED_TABLE(name)                                                                     \
    [HONE_I8] = name##_i8, [HONE_I16] = name##_i16, [HONE_I32] = name##_i32,                   \
    [HONE_I64] = name##_i64
#define UNSIGNED(name, value)                                                                  \
    KERNEL(name, uint8_t, uint8_t, u8, value)                                                  \
    KERNEL(name, uint16_t, uint16_t, u16, value)                                               \
    KERNEL(name, uint32_t, uint32_t, u32, value)                                               \
    KERNEL(name, uint64_t, uint64_t, u64, value)
#define UNSIGNED_TABLE(name)                                                                   \
    [HONE_U8] = name##_u8, [HONE_U16] = name##_u16, [HONE_U32] = name##_u32,                   \
    [HONE_U64] = name##_u64

/* Constants of SELU: Klambauer et al. 2017, as ONNX rounds them. */
#define A ((float)s->alpha)
#define B ((float)s->beta)

REALS(abs, fabsf(x), fabs(x))
SIGNED(abs, x < 0 ? 0 - (uint64_t)x : (uint64_t)x)
UNSIGNED(abs, x)
REALS(neg, -x, -x)
SIGNED(neg, 0 - (uint64_t)x)
REALS(sqrt, sqrtf(x), sqrt(x))
REALS(exp, expf(x), exp(x))
REALS(log, logf(x), log(x))
REALS(floor, floorf(x), floor(x))
REALS(ceil, ceilf(x), ceil(x))
REALS(round, rintf(x), rint(x)) /* halves to even */
REALS(sign, (float)((x > 0) - (x < 0)), (double)((x > 0) - (x < 0)))
SIGNED(sign, (x > 0) - (x < 0))
UNSIGNED(sign, x > 0)
REALS(reciprocal, 1 / x, 1 / x)
REALS(sigmoid, 1 / (1 + expf(-x)), 1 / (1 + exp(-x)))
REALS(tanh, tanhf(x), tanh(x))
REALS(relu, x < 0 ? 0 : x, x < 0 ? 0 : x)
SIGNED(relu, x < 0 ? 0 : x)
REALS(leaky_relu, x < 0 ? A * x : x, x < 0 ? s->alpha * x : x)
REALS(elu, x < 0 ? A * expm1f(x) : x, x < 0 ? s->alpha * expm1(x) : x)
REALS(selu, x > 0 ? B * x : B * A * expm1f(x), s->beta *(x > 0 ? x : s->alpha * expm1(x)))
REALS(celu, fmaxf(0, x) + fminf(0, A *expm1f(x / A)),
      fmax(0, x) + fmin(0, s->alpha *expm1(x / s->alpha)))
REALS(softplus, x > 0 ? x + log1pf(expf(-x)) : log1pf(expf(x)),
      x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)))
REALS(softsign, x / (1 + fabsf(x)), x / (1 + fabs(x)))
REALS(hard_sigmoid, fmaxf(0, fminf(1, A *x + B)), fmax(0, fmin(1, s->alpha *x + s->beta)))
REALS(hard_swish, x *fmaxf(0, fminf(1, x / 6 + 0.5f)), x *fmax(0, fmin(1, x / 6 + 0.5)))
REALS(mish, x *tanhf(log1pf(expf(x))), x *tanh(log1p(exp(x))))
REALS(thresholded_relu, x > A ? x : 0, x > s->alpha ? x : 0)
REALS(swish, x / (1 + expf(-A * x)), x / (1 + exp(-s->alpha * x)))
REALS(erf, erff(x), erf(x))
REALS(gelu_erf, 0.5f * x * (1 + erff(x * 0.70710678f)),
      0.5 * x * (1 + erf(x * 0.70710678118654752)))
REALS(gelu_tanh, 0.5f * x * (1 + tanhf(0.79788456f * (x + 0.044715f * x * x * x))),
      0.5 * x * (1 + tanh(0.79788456080286536 * (x + 0.044715 * x * x * x))))
REALS(shrink, x<-A ? x + B : x> A ? x - B : 0,
      x<-s->alpha ? x + s->beta : x> s->alpha ? x - s->beta : 0)
REALS(sin, sinf(x), sin(x))
REALS(cos, cosf(x), cos(x))
REALS(tan, tanf(x), tan(x))
REALS(asin, asinf(x), asin(x))
REALS(acos, acosf(x), acos(x))
REALS(atan, atanf(x), atan(x))
REALS(sinh, sinhf(x), sinh(x))
REALS(cosh, coshf(x), cosh(x))
REALS(asinh, asinhf(x), asinh(x))
REALS(acosh, acoshf(x), acosh(x))
REALS(atanh, atanhf(x), atanh(x))
KERNEL(is_nan, float, uint8_t, f32, isnan(x) != 0)
KERNEL(is_nan, double, uint8_t, f64, isnan(x) != 0)
KERNEL(is_inf, float, uint8_t, f32, isinf(x) && (x > 0 ? s->first : s->second))
KERNEL(is_inf, double, uint8_t, f64, isinf(x) && (x > 0 ? s->first : s->second))

/* Sixteen-bit floats: NaN is all exponent bits and some other; infinity no other. */
KERNEL(is_nan, uint16_t, uint8_t, f16, (x & 0x7fff) > 0x7c00)

static enum hone_code gelu_f32(struct hone_run *run, const struct hone_call *call)
{
    const struct state *s = call->state;
    return s->second ? gelu_tanh_f32(run, call) : gelu_erf_f32(run, call);
}

static enum hone_code gelu_f64(struct hone_run *run, const struct hone_call *call)
{
    const struct state *s = call->state;
    return s->second ? gelu_tanh_f64(run, call) : gelu_erf_f64(run, call);
}

static enum hone_code infer_bool(struct hone_run *run, const struct hone_site *site)
{
    HONE_TRY(hone_infer_same(run, site));
    site->out[0].type = HONE_B8;
    return HONE_OK;
}

/* --- attributes: the defaults differ from one operator to the next ---------------------------------- */

static double number(const struct hone_site *site, const char *name, double absent)
{
    const struct hone_attr *a = hone_node_attr(site->node, name);
    return a == NULL ? absent : (double)a->f;
}

#define ALPHA_BETA(name, first_name, alpha_default, second_name, beta_default)                 \
    static enum hone_code prepare_##name(struct hone_run *run, const struct hone_site *site,   \
                                         struct hone_arena *mem, void *state)                  \
    {                                                                                          \
        struct state *s = state;                                                               \
        (void)run;                                                                             \
        (void)mem;                                                                             \
        s->alpha = number(site, first_name, alpha_default);                                    \
        s->beta = number(site, second_name, beta_default);                                     \
        return HONE_OK;                                                                        \
    }
ALPHA_BETA(leaky_relu, "alpha", (double)0.01f, "", 0)
ALPHA_BETA(one, "alpha", 1, "", 0)
ALPHA_BETA(selu, "alpha", 1.67326319217681884765625, "gamma", 1.05070102214813232421875)
ALPHA_BETA(hard_sigmoid, "alpha", (double)0.2f, "beta", 0.5)
ALPHA_BETA(shrink, "lambd", 0.5, "bias", 0)

static enum hone_code prepare_is_inf(struct hone_run *run, const struct hone_site *site,
                                     struct hone_arena *mem, void *state)
{
    struct state *s = state;
    (void)run;
    (void)mem;
    s->first = hone_op_int(site->node, "detect_positive", 1) != 0;
    s->second = hone_op_int(site->node, "detect_negative", 1) != 0;
    return HONE_OK;
}

static enum hone_code prepare_gelu(struct hone_run *run, const struct hone_site *site,
                                   struct hone_arena *mem, void *state)
{
    static const char *const words[] = {"none", "tanh", NULL};
    struct state *s = state;
    int word = 0;
    (void)mem;
    HONE_TRY(hone_op_word(run, site->node, "approximate", "none", words, &word));
    s->second = word == 1;
    return HONE_OK;
}

/* --- the operators ----------------------------------------------------------------------------------------- */

#define OP_WITH(variable, onnx, attributes, prepare_function, infer_function, ...)             \
    const struct hone_op hone_op_##variable = {                                                \
        HONE_OP_HEAD(onnx, 1, 1, 1, 1),                                                        \
        .attrs = attributes,                                                                   \
        .state_size = sizeof(struct state),                                                    \
        .prepare = prepare_function,                                                           \
        .infer = infer_function,                                                               \
        .rowwise = hone_rows_first,                                                            \
        .forward = {__VA_ARGS__},                                                              \
    }
#define OP(variable, onnx, ...)                                                                \
    OP_WITH(variable, onnx, NULL, NULL, hone_infer_same, __VA_ARGS__)
#define OP_ALPHA(variable, onnx, attributes, prepare_name)                                     \
    OP_WITH(variable, onnx, attributes, prepare_##prepare_name, hone_infer_same,               \
            REAL_TABLE(variable))

OP(abs, "Abs", REAL_TABLE(abs), SIGNED_TABLE(abs), UNSIGNED_TABLE(abs));
OP(neg, "Neg", REAL_TABLE(neg), SIGNED_TABLE(neg));
OP(sqrt, "Sqrt", REAL_TABLE(sqrt));
OP(exp, "Exp", REAL_TABLE(exp));
OP(log, "Log", REAL_TABLE(log));
OP(floor, "Floor", REAL_TABLE(floor));
OP(ceil, "Ceil", REAL_TABLE(ceil));
OP(round, "Round", REAL_TABLE(round));
OP(sign, "Sign", REAL_TABLE(sign), SIGNED_TABLE(sign), UNSIGNED_TABLE(sign));
OP(reciprocal, "Reciprocal", REAL_TABLE(reciprocal));
OP(sigmoid, "Sigmoid", REAL_TABLE(sigmoid));
OP(tanh, "Tanh", REAL_TABLE(tanh));
OP(relu, "Relu", REAL_TABLE(relu), SIGNED_TABLE(relu));
OP(softplus, "Softplus", REAL_TABLE(softplus));
OP(softsign, "Softsign", REAL_TABLE(softsign));
OP(hard_swish, "HardSwish", REAL_TABLE(hard_swish));
OP(mish, "Mish", REAL_TABLE(mish));
OP(erf, "Erf", REAL_TABLE(erf));
OP(sin, "Sin", REAL_TABLE(sin));
OP(cos, "Cos", REAL_TABLE(cos));
OP(tan, "Tan", REAL_TABLE(tan));
OP(asin, "Asin", REAL_TABLE(asin));
OP(acos, "Acos", REAL_TABLE(acos));
OP(atan, "Atan", REAL_TABLE(atan));
OP(sinh, "Sinh", REAL_TABLE(sinh));
OP(cosh, "Cosh", REAL_TABLE(cosh));
OP(asinh, "Asinh", REAL_TABLE(asinh));
OP(acosh, "Acosh", REAL_TABLE(acosh));
OP(atanh, "Atanh", REAL_TABLE(atanh));
OP_ALPHA(leaky_relu, "LeakyRelu", "alpha:f", leaky_relu);
OP_ALPHA(elu, "Elu", "alpha:f", one);
OP_ALPHA(celu, "Celu", "alpha:f", one);
OP_ALPHA(selu, "Selu", "alpha:f gamma:f", selu);
OP_ALPHA(thresholded_relu, "ThresholdedRelu", "alpha:f", one);
OP_ALPHA(swish, "Swish", "alpha:f", one);
OP_ALPHA(hard_sigmoid, "HardSigmoid", "alpha:f beta:f", hard_sigmoid);
OP_ALPHA(shrink, "Shrink", "lambd:f bias:f", shrink);
OP_WITH(gelu, "Gelu", "approximate:s", prepare_gelu, hone_infer_same, REAL_TABLE(gelu));
OP_WITH(is_nan, "IsNaN", NULL, NULL, infer_bool, REAL_TABLE(is_nan), [HONE_F16] = is_nan_f16);
OP_WITH(is_inf, "IsInf", "detect_positive:i detect_negative:i", prepare_is_inf, infer_bool,
        REAL_TABLE(is_inf));
