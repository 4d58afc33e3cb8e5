/* Cast and CastLike: every type to every type. */
#include <math.h>

#include "graph/half_priv.h"
#include "graph/op.h"
#include "graph/small_priv.h"

struct state {
    enum hone_dtype to;
};

/* --- numbers to numbers -------------------------------------------------------------------------------- */

/* Towards zero; what does not fit becomes the nearest that does, NaN becomes 0. */
static int64_t cut(double x)
{
    return x >= 9223372036854775807.0    ? INT64_MAX
           : x <= -9223372036854775808.0 ? INT64_MIN
           : isnan(x)                    ? 0
                                         : (int64_t)x;
}

static uint64_t cut_unsigned(double x)
{
    return x >= 18446744073709551615.0 ? UINT64_MAX : x >= 0 ? (uint64_t)x : (uint64_t)cut(x);
}

#define SAME(T, x)    (T)(x)
#define CUT(T, x)     (T) cut((double)(x))
#define CUT_U64(T, x) cut_unsigned((double)(x))

#define TO(type, T, convert)                                                                   \
    case type:                                                                                 \
        for (size_t i = 0; i < n; i++) {                                                       \
            ((T *)out)[i] = convert(T, in[i]);                                                 \
        }                                                                                      \
        return;

/* One source type: a loop for every target type that is a number. */
#define FROM(S, suffix, convert, convert_u64)                                                  \
    static void from_##suffix(enum hone_dtype to, size_t n, const void *from, void *out)       \
    {                                                                                          \
        const S *in = from;                                                                    \
        switch (to) {                                                                          \
            TO(HONE_F32, float, SAME)                                                          \
            TO(HONE_F64, double, SAME)                                                         \
            TO(HONE_U8, uint8_t, convert)                                                      \
            TO(HONE_I8, int8_t, convert)                                                       \
            TO(HONE_U16, uint16_t, convert)                                                    \
            TO(HONE_I16, int16_t, convert)                                                     \
            TO(HONE_U32, uint32_t, convert)                                                    \
            TO(HONE_I32, int32_t, convert)                                                     \
            TO(HONE_U64, uint64_t, convert_u64)                                                \
            TO(HONE_I64, int64_t, convert)                                                     \
        default: /* HONE_B8 */                                                                 \
            for (size_t i = 0; i < n; i++) {                                                   \
                ((uint8_t *)out)[i] = in[i] != 0;                                              \
            }                                                                                  \
        }                                                                                      \
    }
FROM(float, f32, CUT, CUT_U64)
FROM(double, f64, CUT, CUT_U64)
FROM(uint8_t, u8, SAME, SAME)
FROM(int8_t, i8, SAME, SAME)
FROM(uint16_t, u16, SAME, SAME)
FROM(int16_t, i16, SAME, SAME)
FROM(uint32_t, u32, SAME, SAME)
FROM(int32_t, i32, SAME, SAME)
FROM(uint64_t, u64, SAME, SAME)
FROM(int64_t, i64, SAME, SAME)

typedef void loop(enum hone_dtype to, size_t n, const void *from, void *out);
static loop *const loops[HONE_DTYPES] = {
    [HONE_F32] = from_f32, [HONE_F64] = from_f64, [HONE_U8] = from_u8,   [HONE_I8] = from_i8,
    [HONE_U16] = from_u16, [HONE_I16] = from_i16, [HONE_U32] = from_u32, [HONE_I32] = from_i32,
    [HONE_U64] = from_u64, [HONE_I64] = from_i64, [HONE_B8] = from_u8,
};

static bool is_half(enum hone_dtype type)
{
    return type == HONE_F16 || type == HONE_BF16;
}

/* Types that are only reached through float32. */
static bool needs_float(enum hone_dtype type)
{
    return is_half(type) || hone_is_small(type);
}

static void narrow(size_t n, const float *wide, bool saturate, const struct hone_tensor *out)
{
    for (size_t i = 0; i < n; i++) {
        if (hone_is_small(out->type)) {
            ((uint8_t *)out->data)[i] = hone_small_code(out->type, wide[i], saturate);
        } else {
            ((uint16_t *)out->data)[i] =
                out->type == HONE_F16 ? hone_to_f16(wide[i]) : hone_to_bf16(wide[i]);
        }
    }
}

static enum hone_code cast_number(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *in = call->in[0];
    struct hone_tensor *out = call->out[0];
    size_t n = hone_tensor_count(in);
    const void *from = in->data;
    enum hone_dtype type = in->type;
    float *wide;
    HONE_SCRATCH(run);

    if (in->type == out->type) {
        if (n != 0) {
            memcpy(out->data, from, n * hone_dtype_size(in->type));
        }
        return HONE_OK;
    }
    if (needs_float(in->type)) {
        HONE_TRY(hone_array(run, &run->scratch, &wide, n));
        for (size_t i = 0; i < n; i++) {
            wide[i] = hone_is_small(in->type)
                          ? hone_small_value(in->type, ((const uint8_t *)from)[i])
                          : (float)hone_tensor_real(in, i);
        }
        from = wide;
        type = HONE_F32;
    }
    if (!needs_float(out->type)) {
        loops[type](out->type, n, from, out->data);
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &run->scratch, &wide, n));
    loops[type](HONE_F32, n, from, wide);
    narrow(n, wide, hone_op_int(call->node, "saturate", 1) != 0, out);
    return HONE_OK;
}

/* --- text -------------------------------------------------------------------------------------------------- */

static size_t number_text(const struct hone_tensor *t, size_t i, char text[32])
{
    double real = 0;

    switch (t->type) {
    case HONE_F32:
        real = (double)((const float *)t->data)[i];
        break;
    case HONE_F64:
        real = ((const double *)t->data)[i];
        break;
    case HONE_F16:
        real = (double)hone_from_f16(((const uint16_t *)t->data)[i]);
        break;
    case HONE_BF16:
        real = (double)hone_from_bf16(((const uint16_t *)t->data)[i]);
        break;
    case HONE_F8E4M3FN:
    case HONE_F8E4M3FNUZ:
    case HONE_F8E5M2:
    case HONE_F8E5M2FNUZ:
    case HONE_F4E2M1:
    case HONE_F8E8M0:
    case HONE_U4:
    case HONE_I4:
    case HONE_U2:
    case HONE_I2:
        real = (double)hone_small_value(t->type, ((const uint8_t *)t->data)[i]);
        break;
    case HONE_B8: {
        bool is = ((const uint8_t *)t->data)[i] != 0;
        memcpy(text, is ? "True" : "False", is ? 4 : 5);
        return is ? 4 : 5;
    }
    case HONE_U64: {
        struct hone_arena mem = {0};
        const char *s =
            hone_arena_format(&mem, "%llu", (unsigned long long)((const uint64_t *)t->data)[i]);
        size_t len = strlen(s);
        memcpy(text, s, len);
        hone_arena_free(&mem);
        return len;
    }
    default: {
        int64_t v;
        uint64_t u;
        size_t len = 0;
        char back[24];
        loops[t->type](HONE_I64, 1, (const char *)t->data + i * hone_dtype_size(t->type), &v);
        u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
        do {
            back[len++] = (char)('0' + u % 10);
            u /= 10;
        } while (u != 0);
        if (v < 0) {
            back[len++] = '-';
        }
        for (size_t k = 0; k < len; k++) {
            text[k] = back[len - 1 - k];
        }
        return len;
    }
    }
    if (isnan(real) || isinf(real)) {
        const char *s = isnan(real) ? "NaN" : real > 0 ? "INF" : "-INF";
        memcpy(text, s, strlen(s));
        return strlen(s);
    }
    return t->type == HONE_F64 ? hone_format_f64(text, real)
                               : hone_format_f32(text, (float)real);
}

static enum hone_code cast_to_text(struct hone_run *run, const struct hone_call *call)
{
    size_t n = hone_tensor_count(call->in[0]);
    struct hone_str *out = call->out[0]->data;
    char *text;

    HONE_TRY(hone_call_text(run, call, hone_product(n, 32), &text));
    for (size_t i = 0; i < n; i++) {
        out[i] = (struct hone_str){text, number_text(call->in[0], i, text)};
        text += out[i].len;
    }
    return HONE_OK;
}

static enum hone_code bad_text(struct hone_run *run, struct hone_str s, enum hone_dtype to)
{
    return hone_fail(run, HONE_E_FORMAT, "'%.*s' is not a %s", (int)(s.len < 40 ? s.len : 40),
                     s.len == 0 ? "" : s.ptr, hone_dtype_name(to));
}

static enum hone_code cast_from_text(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_str *in = call->in[0]->data;
    struct hone_tensor *out = call->out[0];
    size_t n = hone_tensor_count(call->in[0]);
    size_t size = hone_dtype_size(out->type);
    bool real = out->type == HONE_F32 || out->type == HONE_F64 || needs_float(out->type);

    if (out->type == HONE_STRING) {
        if (n != 0) {
            memcpy(out->data, in, n * sizeof *in);
        }
        return HONE_OK;
    }
    for (size_t i = 0; i < n; i++) {
        char *to = (char *)out->data + i * size;
        double x = 0;
        int64_t whole = 0;
        if (in[i].len == 0) {
            return bad_text(run, in[i], out->type);
        }
        if (!real && hone_parse_i64(in[i], &whole)) {
            from_i64(out->type, 1, &whole, to);
        } else if (!hone_parse_f64(hone_str_trim(in[i]), &x)) {
            return bad_text(run, in[i], out->type);
        } else if (needs_float(out->type)) {
            struct hone_tensor one = {.type = out->type, .data = to};
            float single = (float)x;
            narrow(1, &single, true, &one);
        } else {
            from_f64(out->type, 1, &x, to);
        }
    }
    return HONE_OK;
}

static enum hone_code cast(struct hone_run *run, const struct hone_call *call)
{
    if (call->in[0]->type == HONE_STRING) {
        return cast_from_text(run, call);
    }
    return call->out[0]->type == HONE_STRING ? cast_to_text(run, call) : cast_number(run, call);
}

/* --- the operators --------------------------------------------------------------------------------------------- */

static enum hone_code infer_to(struct hone_run *run, const struct hone_site *site, int64_t to)
{
    if (to != HONE_STRING && !needs_float((enum hone_dtype)(to & 127)) &&
        (to <= 0 || to >= HONE_DTYPES || loops[to] == NULL)) {
        return hone_fail(run, HONE_E_UNSUPPORTED, "a cast to %s",
                         hone_dtype_name((enum hone_dtype)(to < 0 || to > 99 ? 99 : to)));
    }
    site->out[0] = site->in[0];
    site->out[0].type = (enum hone_dtype)to;
    site->out[0].data = NULL;
    return HONE_OK;
}

static enum hone_code prepare(struct hone_run *run, const struct hone_site *site,
                              struct hone_arena *mem, void *state)
{
    (void)mem;
    if (hone_node_attr(site->node, "to") == NULL) {
        return hone_fail(run, HONE_E_FORMAT, "a Cast needs the attribute 'to'");
    }
    ((struct state *)state)->to = (enum hone_dtype)(hone_op_int(site->node, "to", 0) & 127);
    return HONE_OK;
}

static enum hone_code infer_cast(struct hone_run *run, const struct hone_site *site)
{
    return infer_to(run, site, (int64_t)((const struct state *)site->state)->to);
}

static enum hone_code infer_like(struct hone_run *run, const struct hone_site *site)
{
    return infer_to(run, site, (int64_t)site->in[1].type);
}

/* The row inputs of CastLike may be either: only the type of the second counts. */
static bool like_keeps_rows(const struct hone_site *site)
{
    return site->rows[0];
}

#define TYPES                                                                                  \
    {                                                                                          \
        [HONE_F32] = cast, [HONE_F64] = cast, [HONE_U8] = cast, [HONE_I8] = cast,              \
        [HONE_U16] = cast, [HONE_I16] = cast, [HONE_U32] = cast, [HONE_I32] = cast,            \
        [HONE_U64] = cast, [HONE_I64] = cast, [HONE_B8] = cast, [HONE_F16] = cast,             \
        [HONE_BF16] = cast, [HONE_STRING] = cast                                               \
    }

const struct hone_op hone_op_cast = {
    .part.name = "Cast",
    .part.source = HONE_OP_SOURCE_ONNX,
    .domain = "",
    .since = 6,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_min = 1,
    .outputs_max = 1,
    .attrs = "to:i saturate:i round_mode:s",
    .flags = HONE_OP_NEW_TEXT,
    .state_size = sizeof(struct state),
    .prepare = prepare,
    .infer = infer_cast,
    .rowwise = hone_rows_first,
    .forward = TYPES,
    .any = cast,
};

const struct hone_op hone_op_cast_like = {
    .part.name = "CastLike",
    .part.source = HONE_OP_SOURCE_ONNX,
    .domain = "",
    .since = 15,
    .inputs_min = 2,
    .inputs_max = 2,
    .outputs_min = 1,
    .outputs_max = 1,
    .attrs = "saturate:i",
    .flags = HONE_OP_NEW_TEXT,
    .infer = infer_like,
    .rowwise = like_keeps_rows,
    .forward = TYPES,
    .any = cast,
};
