/* Comparisons, logic and choice, with broadcasting. */
#include "graph/walk_priv.h"

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
            for (size_t i = 0; i < w.inner; i++) {                                             \
                T x = a[i * w.step[0]], y = b[i * w.step[1]];                                  \
                out[i] = (R)(value);                                                           \
            }                                                                                  \
        }                                                                                      \
        return HONE_OK;                                                                        \
    }
#define NUMBERS(name, value)                                                                   \
    KERNEL(name, uint8_t, uint8_t, u8, value)                                                  \
    KERNEL(name, int8_t, uint8_t, i8, value)                                                   \
    KERNEL(name, uint16_t, uint8_t, u16, value)                                                \
    KERNEL(name, int16_t, uint8_t, i16, value)                                                 \
    KERNEL(name, uint32_t, uint8_t, u32, value)                                                \
    KERNEL(name, int32_t, uint8_t, i32, value)                                                 \
    KERNEL(name, uint64_t, uint8_t, u64, value)                                                \
    KERNEL(name, int64_t, uint8_t, i64, value)                                                 \
    KERNEL(name, float, uint8_t, f32, value)                                                   \
    KERNEL(name, double, uint8_t, f64, value)
#define NUMBER_TABLE(name)                                                                     \
    [HONE_U8] = name##_u8, [HONE_I8] = name##_i8, [HONE_U16] = name##_u16,                     \
    [HONE_I16] = name##_i16, [HONE_U32] = name##_u32, [HONE_I32] = name##_i32,                 \
    [HONE_U64] = name##_u64, [HONE_I64] = name##_i64, [HONE_F32] = name##_f32,                 \
    [HONE_F64] = name##_f64

NUMBERS(equal, x == y)
NUMBERS(less, x < y)
NUMBERS(less_or_equal, x <= y)
NUMBERS(greater, x > y)
NUMBERS(greater_or_equal, x >= y)
KERNEL(equal, struct hone_str, uint8_t, text, hone_str_eq(x, y))
KERNEL(and, uint8_t, uint8_t, b8, x &&y)
KERNEL(or, uint8_t, uint8_t, b8, x || y)
KERNEL(xor, uint8_t, uint8_t, b8, !x != !y)

static enum hone_code not_b8(struct hone_run *run, const struct hone_call *call)
{
    const uint8_t *x = call->in[0]->data;
    uint8_t *out = call->out[0]->data;
    size_t n = hone_tensor_count(call->in[0]);
    (void)run;
    for (size_t i = 0; i < n; i++) {
        out[i] = !x[i];
    }
    return HONE_OK;
}

/* --- Where: by the size of an element ---------------------------------------------------------------- */

#define CHOICE(T, suffix)                                                                      \
    static enum hone_code where_##suffix(struct hone_run *run, const struct hone_call *call)   \
    {                                                                                          \
        struct hone_walk w;                                                                    \
        (void)run;                                                                             \
        for (bool more = hone_walk_begin(&w, 3, call->in, call->out[0]); more;                 \
             more = hone_walk_next(&w)) {                                                      \
            const uint8_t *c = (const uint8_t *)call->in[0]->data + w.offset[0];               \
            const T *a = (const T *)call->in[1]->data + w.offset[1];                           \
            const T *b = (const T *)call->in[2]->data + w.offset[2];                           \
            T *out = (T *)call->out[0]->data + w.out;                                          \
            for (size_t i = 0; i < w.inner; i++) {                                             \
                out[i] = c[i * w.step[0]] ? a[i * w.step[1]] : b[i * w.step[2]];               \
            }                                                                                  \
        }                                                                                      \
        return HONE_OK;                                                                        \
    }
CHOICE(uint8_t, 1)
CHOICE(uint16_t, 2)
CHOICE(uint32_t, 4)
CHOICE(uint64_t, 8)
CHOICE(struct hone_str, text)

static enum hone_code infer_where(struct hone_run *run, const struct hone_site *site)
{
    if (site->in[0].type != HONE_B8 || site->in[1].type != site->in[2].type) {
        return hone_fail(run, HONE_E_SHAPE, "inputs of %s, %s and %s",
                         hone_dtype_name(site->in[0].type), hone_dtype_name(site->in[1].type),
                         hone_dtype_name(site->in[2].type));
    }
    site->out[0] = site->in[1];
    site->out[0].data = NULL;
    HONE_TRY(hone_shape_broadcast(run, &site->out[0], &site->in[0]));
    return hone_shape_broadcast(run, &site->out[0], &site->in[2]);
}

/* --- the operators --------------------------------------------------------------------------------------- */

#define OP(variable, onnx, n, ...)                                                             \
    const struct hone_op hone_op_##variable = {                                                \
        .part.name = onnx,                                                                     \
        .part.source = HONE_OP_SOURCE_ONNX,                                                    \
        .domain = "",                                                                          \
        .since = 1,                                                                            \
        .inputs_min = n,                                                                       \
        .inputs_max = n,                                                                       \
        .outputs_min = 1,                                                                      \
        .outputs_max = 1,                                                                      \
        .attrs = "broadcast:i",                                                                \
        .infer = hone_infer_broadcast_bool,                                                    \
        .rowwise = hone_rows_broadcast,                                                        \
        .forward = {__VA_ARGS__},                                                              \
    }

OP(equal, "Equal", 2, NUMBER_TABLE(equal), [HONE_B8] = equal_u8, [HONE_STRING] = equal_text);
OP(less, "Less", 2, NUMBER_TABLE(less));
OP(less_or_equal, "LessOrEqual", 2, NUMBER_TABLE(less_or_equal));
OP(greater, "Greater", 2, NUMBER_TABLE(greater));
OP(greater_or_equal, "GreaterOrEqual", 2, NUMBER_TABLE(greater_or_equal));
OP(and, "And", 2, [HONE_B8] = and_b8);
OP(or, "Or", 2, [HONE_B8] = or_b8);
OP(xor, "Xor", 2, [HONE_B8] = xor_b8);
OP(not, "Not", 1, [HONE_B8] = not_b8);

const struct hone_op hone_op_where = {
    .part.name = "Where",
    .part.source = HONE_OP_SOURCE_ONNX,
    .domain = "",
    .since = 9,
    .inputs_min = 3,
    .inputs_max = 3,
    .outputs_min = 1,
    .outputs_max = 1,
    .by = 1,
    .infer = infer_where,
    .rowwise = hone_rows_broadcast,
    .forward = {[HONE_F32] = where_4,
                [HONE_U8] = where_1,
                [HONE_I8] = where_1,
                [HONE_U16] = where_2,
                [HONE_I16] = where_2,
                [HONE_I32] = where_4,
                [HONE_I64] = where_8,
                [HONE_STRING] = where_text,
                [HONE_B8] = where_1,
                [HONE_F16] = where_2,
                [HONE_F64] = where_8,
                [HONE_U32] = where_4,
                [HONE_U64] = where_8,
                [HONE_BF16] = where_2},
};
