/* Bits of integers: BitShift, BitwiseAnd, BitwiseOr, BitwiseXor, BitwiseNot; bits taken for another type: BitCast. */
#include "graph/op_head_priv.h"
#include "graph/walk_priv.h"

#define KERNEL(name, T, suffix, value)                                                         \
    static enum hone_code name##_##suffix(struct hone_run *run, const struct hone_call *call)  \
    {                                                                                          \
        struct hone_walk w;                                                                    \
        (void)run;                                                                             \
        for (bool more = hone_walk_begin(&w, 2, call->in, call->out[0]); more;                 \
             more = hone_walk_next(&w)) {                                                      \
            const T *a = (const T *)call->in[0]->data + w.offset[0];                           \
            const T *b = (const T *)call->in[1]->data + w.offset[1];                           \
            T *out = (T *)call->out[0]->data + w.out;                                          \
            for (size_t i = 0; i < w.inner; i++) {                                             \
                T x = a[i * w.step[0]], y = b[i * w.step[1]];                                  \
                out[i] = (T)(value);                                                           \
            }                                                                                  \
        }                                                                                      \
        return HONE_OK;                                                                        \
    }
/* Signed and unsigned alike: only bits are looked at. */
#define SIZES(name, value)                                                                     \
    KERNEL(name, uint8_t, u8, value)                                                           \
    KERNEL(name, uint16_t, u16, value)                                                         \
    KERNEL(name, uint32_t, u32, value)                                                         \
    KERNEL(name, uint64_t, u64, value)
#define TABLE(name)                                                                            \
    {                                                                                          \
        [HONE_U8] = name##_u8, [HONE_I8] = name##_u8, [HONE_U16] = name##_u16,                 \
        [HONE_I16] = name##_u16, [HONE_U32] = name##_u32, [HONE_I32] = name##_u32,             \
        [HONE_U64] = name##_u64, [HONE_I64] = name##_u64                                       \
    }

SIZES(and, x &y)
SIZES(or, x | y)
SIZES(xor, x ^ y)
/* Shifted out altogether where C leaves it open. */
SIZES(left, y >= 8 * sizeof x ? 0 : (uint64_t)x << y)
SIZES(right, y >= 8 * sizeof x ? 0 : (uint64_t)x >> y)

#define SHIFT(suffix)                                                                          \
    static enum hone_code shift_##suffix(struct hone_run *run, const struct hone_call *call)   \
    {                                                                                          \
        static const char *const words[] = {"LEFT", "RIGHT", NULL};                            \
        int word = 0;                                                                          \
        HONE_TRY(hone_op_word(run, call->node, "direction", "", words, &word));                \
        return word == 0 ? left_##suffix(run, call) : right_##suffix(run, call);               \
    }
SHIFT(u8)
SHIFT(u16)
SHIFT(u32)
SHIFT(u64)

static enum hone_code invert(struct hone_run *run, const struct hone_call *call)
{
    size_t n = hone_tensor_count(call->in[0]) * hone_dtype_size(call->in[0]->type);
    const uint8_t *in = call->in[0]->data;
    uint8_t *out = call->out[0]->data;
    (void)run;
    for (size_t i = 0; i < n; i++) {
        out[i] = (uint8_t)~in[i];
    }
    return HONE_OK;
}

static enum hone_code infer_bit_cast(struct hone_run *run, const struct hone_site *site)
{
    enum hone_dtype to = (enum hone_dtype)(hone_op_int(site->node, "to", 0) & 127);

    HONE_TRY(hone_infer_same(run, site));
    if (site->in[0].type == HONE_STRING || to == HONE_STRING ||
        hone_dtype_size(to) != hone_dtype_size(site->in[0].type)) {
        return hone_fail(run, HONE_E_UNSUPPORTED, "the bits of %s taken for %s",
                         hone_dtype_name(site->in[0].type), hone_dtype_name(to));
    }
    site->out[0].type = to;
    return HONE_OK;
}

static enum hone_code bit_cast(struct hone_run *run, const struct hone_call *call)
{
    (void)run;
    memcpy(call->out[0]->data, call->in[0]->data,
           hone_tensor_count(call->in[0]) * hone_dtype_size(call->in[0]->type));
    return HONE_OK;
}

#define OP(variable, onnx, first, n_in, ...)                                                   \
    const struct hone_op hone_op_##variable = {                                                \
        HONE_OP_HEAD(onnx, first, n_in, n_in, 1),                                              \
        __VA_ARGS__,                                                                           \
    }
#define OP_TWO(variable, onnx, ...)                                                            \
    OP(variable, onnx, 11, 2, .infer = hone_infer_broadcast, .rowwise = hone_rows_broadcast,   \
       __VA_ARGS__)

OP_TWO(bit_shift, "BitShift", .attrs = "direction:s", .forward = TABLE(shift));
OP_TWO(bitwise_and, "BitwiseAnd", .forward = TABLE(and));
OP_TWO(bitwise_or, "BitwiseOr", .forward = TABLE(or));
OP_TWO(bitwise_xor, "BitwiseXor", .forward = TABLE(xor));
OP(bitwise_not, "BitwiseNot", 18, 1, .infer = hone_infer_same, .rowwise = hone_rows_first,
   .forward = {[HONE_U8] = invert,
               [HONE_I8] = invert,
               [HONE_U16] = invert,
               [HONE_I16] = invert,
               [HONE_U32] = invert,
               [HONE_I32] = invert,
               [HONE_U64] = invert,
               [HONE_I64] = invert});
OP(bit_cast, "BitCast", 26, 1, .attrs = "to:i", .infer = infer_bit_cast,
   .rowwise = hone_rows_first, .any = bit_cast);
