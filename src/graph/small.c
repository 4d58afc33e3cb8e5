#include <math.h>

#include "graph/small_priv.h"

/* What the codes beside the numbers mean. */
enum kind {
    IEEE, /* the largest exponent: infinity and NaN */
    FN,   /* all ones: NaN; no infinity */
    FNUZ, /* the code of -0: NaN; no infinity, no -0 */
    PLAIN /* numbers only */
};

struct format {
    int exponent, mantissa, bias;
    enum kind kind;
    float largest;
};

static const struct format formats[] = {
    [HONE_F8E4M3FN] = {4, 3, 7, FN, 448},    [HONE_F8E4M3FNUZ] = {4, 3, 8, FNUZ, 240},
    [HONE_F8E5M2] = {5, 2, 15, IEEE, 57344}, [HONE_F8E5M2FNUZ] = {5, 2, 16, FNUZ, 57344},
    [HONE_F4E2M1] = {2, 1, 1, PLAIN, 6},
};

size_t hone_small_bits(enum hone_dtype type)
{
    switch (type) {
    case HONE_U2:
    case HONE_I2:
        return 2;
    case HONE_U4:
    case HONE_I4:
    case HONE_F4E2M1:
        return 4;
    default:
        return 8;
    }
}

float hone_small_value(enum hone_dtype type, uint8_t code)
{
    const struct format *f;
    int bits, exponent, mantissa;
    float x;

    switch (type) {
    case HONE_U4:
    case HONE_U2:
        return (float)code;
    case HONE_I4:
    case HONE_I2:
        return (float)(int8_t)code;
    case HONE_F8E8M0:
        return code == 255 ? NAN : ldexpf(1, code - 127);
    default:
        break;
    }
    f = &formats[type];
    bits = f->exponent + f->mantissa;
    exponent = code >> f->mantissa & ((1 << f->exponent) - 1);
    mantissa = code & ((1 << f->mantissa) - 1);
    if ((f->kind == FNUZ && code == 0x80) || (f->kind == FN && (code & 0x7f) == 0x7f) ||
        (f->kind == IEEE && exponent == 31 && mantissa != 0)) {
        return NAN;
    }
    x = f->kind == IEEE && exponent == 31 ? INFINITY
        : exponent == 0
            ? ldexpf((float)mantissa, 1 - f->bias - f->mantissa)
            : ldexpf((float)(mantissa + (1 << f->mantissa)), exponent - f->bias - f->mantissa);
    return (code >> bits & 1) != 0 ? -x : x;
}

/* Towards zero, and then its low bits, as integers are cast. */
static uint8_t integer_code(enum hone_dtype type, float x)
{
    unsigned bits = (unsigned)hone_small_bits(type), mask = (1u << bits) - 1;
    bool negative = type == HONE_I4 || type == HONE_I2;
    unsigned v = fabsf(x) < 0x1p31f ? (unsigned)(int32_t)x & mask : 0; /* NaN too */
    return (uint8_t)(negative && v >> (bits - 1) != 0 ? v | ~mask : v);
}

static uint8_t scale_code(float x)
{
    int exponent;
    float part = frexpf(x, &exponent); /* x = part 2^exponent, part in [1/2, 1) */

    if (x != x || x < 0) {
        return 255;
    }
    if (isinf(x)) {
        return 254;
    }
    exponent = x == 0 ? -127 : part > 0.5f ? exponent : exponent - 1;
    return (uint8_t)(exponent < -127 ? 0 : exponent > 127 ? 254 : exponent + 127);
}

static uint8_t overflow(const struct format *f, uint8_t sign, bool saturate)
{
    int ones = (1 << (f->exponent + f->mantissa)) - 1;
    if (saturate || f->kind == PLAIN) {
        int top = f->kind == IEEE ? ones - (1 << f->mantissa) : f->kind == FN ? ones - 1 : ones;
        return (uint8_t)(sign | top);
    }
    return (uint8_t)(f->kind == IEEE ? sign | (31 << f->mantissa)
                     : f->kind == FN ? sign | ones
                                     : 0x80);
}

uint8_t hone_small_code(enum hone_dtype type, float x, bool saturate)
{
    const struct format *f;
    uint8_t sign;
    int exponent, least;
    float a, q;

    if (hone_is_small_int(type)) {
        return integer_code(type, x);
    }
    if (type == HONE_F8E8M0) {
        return scale_code(x);
    }
    f = &formats[type];
    sign = (uint8_t)(signbit(x) ? 1 << (f->exponent + f->mantissa) : 0);
    if (x != x) {
        return f->kind == FNUZ   ? 0x80
               : f->kind == FN   ? (uint8_t)(sign | 0x7f)
               : f->kind == IEEE ? (uint8_t)(sign | 0x7e)
                                 : 8; /* float4 has no NaN: -0, as in ml_dtypes */
    }
    a = fabsf(x);
    if (isinf(x)) {
        return overflow(f, sign, saturate);
    }
    (void)frexpf(a, &exponent);
    least = 1 - f->bias;
    exponent = exponent - 1 < least ? least : exponent - 1;
    q = ldexpf(rintf(ldexpf(a, f->mantissa - exponent)), exponent - f->mantissa);
    if (q > f->largest) {
        return overflow(f, sign, saturate);
    }
    if (q == 0) {
        return f->kind == FNUZ ? 0 : sign;
    }
    (void)frexpf(q, &exponent);
    exponent--;
    if (exponent < least) {
        return (uint8_t)(sign | (int)ldexpf(q, f->mantissa - least));
    }
    return (uint8_t)(sign | (exponent + f->bias) << f->mantissa |
                     ((int)ldexpf(q, f->mantissa - exponent) - (1 << f->mantissa)));
}

void hone_small_unpack(enum hone_dtype type, size_t n, const uint8_t *packed, uint8_t *out)
{
    size_t bits = hone_small_bits(type), per = 8 / bits;
    unsigned mask = (1u << bits) - 1, top = 1u << (bits - 1);
    bool is_signed = type == HONE_I4 || type == HONE_I2;

    for (size_t i = 0; i < n; i++) {
        unsigned v = (unsigned)packed[i / per] >> (i % per * bits) & mask;
        out[i] = (uint8_t)(is_signed && (v & top) != 0 ? v | ~mask : v);
    }
}

void hone_small_pack(enum hone_dtype type, size_t n, const uint8_t *in, uint8_t *packed)
{
    size_t bits = hone_small_bits(type), per = 8 / bits;
    unsigned mask = (1u << bits) - 1;

    for (size_t i = 0; i < n; i++) {
        unsigned before = i % per == 0 ? 0 : packed[i / per];
        packed[i / per] = (uint8_t)(before | (in[i] & mask) << (i % per * bits));
    }
}
