/* Values of leaves as values of tables, as text and as JSON; declared in io/parquet_priv.h. */
#include <math.h>

#include "base/time.h"
#include "io/parquet/parquet_priv.h"

#define DAY_S INT64_C(86400)

enum hone_type hone_pq_type_of(const struct hone_pq_node *node)
{
    switch (node->kind) {
    case HONE_PQ_DATE:
        return HONE_DATE;
    case HONE_PQ_TIMESTAMP:
        return HONE_TIMESTAMP;
    case HONE_PQ_DECIMAL:
        return node->scale == 0 ? HONE_INT64 : HONE_FLOAT64;
    case HONE_PQ_FLOAT16:
        return HONE_FLOAT32;
    case HONE_PQ_NOTHING:
        return HONE_FLOAT64;
    case HONE_PQ_STRING:
    case HONE_PQ_JSON:
    case HONE_PQ_UUID:
    case HONE_PQ_TIME:
    case HONE_PQ_INTERVAL:
        return HONE_UTF8;
    default:
        break;
    }
    switch (node->physical) {
    case HONE_PQ_BOOLEAN:
        return HONE_BOOL;
    case HONE_PQ_INT32:
    case HONE_PQ_INT64:
        return HONE_INT64;
    case HONE_PQ_INT96:
        return HONE_TIMESTAMP;
    case HONE_PQ_FLOAT:
        return HONE_FLOAT32;
    case HONE_PQ_DOUBLE:
        return HONE_FLOAT64;
    default:
        return HONE_BINARY;
    }
}

size_t hone_pq_width(enum hone_type type)
{
    switch (type) {
    case HONE_BOOL:
        return 1;
    case HONE_FLOAT32:
    case HONE_DATE:
        return 4;
    default:
        return 8;
    }
}

bool hone_pq_is_same(const struct hone_pq_node *node)
{
    switch (node->kind) {
    case HONE_PQ_DATE:
        return true;
    case HONE_PQ_TIMESTAMP:
        return node->digits == 6;
    case HONE_PQ_INTEGER:
        return node->physical == HONE_PQ_INT64 && (node->is_signed || node->bits < 64);
    case HONE_PQ_DECIMAL:
        return node->scale == 0 && node->physical == HONE_PQ_INT64;
    case HONE_PQ_BARE:
        return node->physical == HONE_PQ_INT64 || node->physical == HONE_PQ_DOUBLE ||
               node->physical == HONE_PQ_FLOAT || node->physical == HONE_PQ_BOOLEAN;
    default:
        return false;
    }
}

bool hone_pq_is_string(const struct hone_pq_node *node)
{
    return node->kind == HONE_PQ_STRING || node->kind == HONE_PQ_JSON ||
           (node->kind == HONE_PQ_BARE &&
            (node->physical == HONE_PQ_BYTES || node->physical == HONE_PQ_FIXED));
}

static int32_t get32(const uint8_t *p)
{
    int32_t value;
    memcpy(&value, p, 4);
    return value;
}

static int64_t get64(const uint8_t *p)
{
    int64_t value;
    memcpy(&value, p, 8);
    return value;
}

/* The bytes of value i. */
static struct hone_str bytes_of(const struct hone_pq_raw *raw, size_t i)
{
    if (raw->size == 0) {
        return raw->str[i];
    }
    return (struct hone_str){(const char *)raw->fixed + i * raw->size, raw->size};
}

/* A whole number of a leaf of 4 or 8 bytes. */
static int64_t whole(const struct hone_pq_node *node, const struct hone_pq_raw *raw, size_t i)
{
    if (raw->size == 8) {
        return get64(raw->fixed + i * 8);
    }
    if (node->kind == HONE_PQ_INTEGER && !node->is_signed) {
        return (uint32_t)get32(raw->fixed + i * 4);
    }
    return get32(raw->fixed + i * 4);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* A moment as days, and nanoseconds of the day. */
struct moment {
    int64_t day, nano;
};

/* INT96: nanoseconds of the day, then the Julian day number. */
static struct moment old_moment(const uint8_t *p)
{
    int64_t nano = get64(p);
    int64_t day = (int64_t)(uint32_t)get32(p + 8) - 2440588;
    int64_t over = floor_div(nano, DAY_S * 1000000000);

    return (struct moment){day + over, nano - over * DAY_S * 1000000000};
}

static struct moment moment_of(const struct hone_pq_node *node, const struct hone_pq_raw *raw,
                               size_t i)
{
    int64_t per = node->digits == 3 ? 1000 : node->digits == 6 ? 1000000 : 1000000000;
    struct moment m;
    int64_t value;

    if (raw->size == 12) {
        return old_moment(raw->fixed + i * 12);
    }
    value = get64(raw->fixed + i * 8);
    m.day = floor_div(value, DAY_S * per);
    m.nano = (value - m.day * DAY_S * per) * (1000000000 / per);
    return m;
}

static bool convert_times(const struct hone_pq_node *node, const struct hone_pq_raw *raw,
                          int64_t *out)
{
    bool fits = true;

    for (size_t i = 0; i < raw->n; i++) {
        struct moment m = moment_of(node, raw, i);
        fits = fits && m.nano % 1000 == 0 &&
               !__builtin_mul_overflow(m.day, DAY_S * 1000000, &out[i]) &&
               !__builtin_add_overflow(out[i], m.nano / 1000, &out[i]);
    }
    return fits;
}

/* Decimal digits of a number of n bytes in two's complement, the highest byte first. */
static void big_digits(struct hone_buf *buf, const uint8_t *p, size_t n, size_t scale)
{
    uint32_t limb[HONE_PQ_DECIMAL_MOST / 4 + 1] = {0}; /* lowest first */
    char digit[HONE_PQ_DECIMAL_MOST * 3 + 16];
    bool negative = n > 0 && (p[0] & 0x80) != 0;
    size_t limbs = (n + 3) / 4;
    size_t k = sizeof digit;
    uint64_t carry = negative;

    for (size_t i = 0; i < n; i++) {
        limb[i / 4] |= (uint32_t)(uint8_t)(negative ? ~p[n - 1 - i] : p[n - 1 - i])
                       << (i % 4 * 8);
    }
    for (size_t i = 0; i < limbs; i++) {
        carry += limb[i];
        limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    limb[limbs] = (uint32_t)carry;
    limbs++;
    while (limbs > 0) {
        uint64_t rest = 0;
        for (size_t i = limbs; i > 0; i--) {
            rest = rest << 32 | limb[i - 1];
            limb[i - 1] = (uint32_t)(rest / 1000000000);
            rest %= 1000000000;
        }
        while (limbs > 0 && limb[limbs - 1] == 0) {
            limbs--;
        }
        for (int d = 0; d < 9 && (limbs > 0 || rest > 0); d++) {
            digit[--k] = (char)('0' + rest % 10);
            rest /= 10;
        }
    }
    while (sizeof digit - k < scale + 1 && k > 0) {
        digit[--k] = '0';
    }
    if (negative) {
        hone_buf_char(buf, '-');
    }
    hone_buf_bytes(buf, digit + k, sizeof digit - k - scale);
    if (scale > 0) {
        hone_buf_char(buf, '.');
        hone_buf_bytes(buf, digit + sizeof digit - scale, scale);
    }
}

static bool decimal_fits(struct hone_str bytes)
{
    return bytes.len <= HONE_PQ_DECIMAL_MOST;
}

static void print_decimal(struct hone_buf *buf, const struct hone_pq_node *node,
                          const struct hone_pq_raw *raw, size_t i)
{
    struct hone_str bytes = bytes_of(raw, i);
    uint8_t big[8];

    if (node->physical == HONE_PQ_BYTES || node->physical == HONE_PQ_FIXED) {
        if (!decimal_fits(bytes)) {
            bytes.len = 0; /* refused when it was decoded */
        }
        big_digits(buf, (const uint8_t *)bytes.ptr, bytes.len, (size_t)node->scale);
        return;
    }
    for (size_t b = 0; b < raw->size; b++) {
        big[b] = (uint8_t)bytes.ptr[raw->size - 1 - b];
    }
    big_digits(buf, big, raw->size, (size_t)node->scale);
}

/* The unscaled number of a decimal, when 64 bits hold it. */
static bool unscaled(const struct hone_pq_node *node, const struct hone_pq_raw *raw, size_t i,
                     int64_t *out)
{
    struct hone_str bytes;
    const uint8_t *p;
    uint64_t value;
    uint8_t sign;

    if (node->physical == HONE_PQ_INT32 || node->physical == HONE_PQ_INT64) {
        *out = raw->size == 8 ? get64(raw->fixed + i * 8) : get32(raw->fixed + i * 4);
        return true;
    }
    bytes = bytes_of(raw, i);
    p = (const uint8_t *)bytes.ptr;
    sign = bytes.len > 0 && (p[0] & 0x80) != 0 ? 0xff : 0;
    value = sign == 0 ? 0 : UINT64_MAX;
    for (size_t b = 0; b < bytes.len; b++) {
        if (b + 8 < bytes.len && p[b] != sign) {
            return false;
        }
        value = value << 8 | p[b];
    }
    *out = (int64_t)value;
    return bytes.len <= 8 || ((p[bytes.len - 8] & 0x80) != 0) == (sign != 0);
}

/* Exactly what strtod gives for the digits: up to 2^53 over a power of ten up to 10^22 is one correctly
 * rounded division, the rest is read from its digits. */
static bool convert_decimals(const struct hone_pq_node *node, const struct hone_pq_raw *raw,
                             double *out)
{
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const int64_t exact = INT64_C(1) << 53;
    char room[HONE_PQ_DECIMAL_MOST * 4];
    struct hone_arena none = {.limit = 1};
    bool fits = true;

    for (size_t i = 0; i < raw->n; i++) {
        struct hone_buf text = {.mem = &none, .ptr = room, .room = sizeof room};
        int64_t value;
        if (unscaled(node, raw, i, &value) && value >= -exact && value <= exact &&
            node->scale <= 22) {
            out[i] = (double)value / power[node->scale];
            continue;
        }
        print_decimal(&text, node, raw, i);
        fits = fits && decimal_fits(bytes_of(raw, i)) && !text.full &&
               hone_parse_f64((struct hone_str){text.ptr, text.len}, &out[i]);
    }
    return fits;
}

static bool convert_integers(const struct hone_pq_node *node, const struct hone_pq_raw *raw,
                             int64_t *out)
{
    bool fits = true;

    if (node->kind == HONE_PQ_DECIMAL) {
        for (size_t i = 0; i < raw->n; i++) {
            out[i] = 0;
            fits = unscaled(node, raw, i, &out[i]) && fits;
        }
        return fits;
    }
    if (raw->size == 4 && (node->kind != HONE_PQ_INTEGER || node->is_signed)) {
        for (size_t i = 0; i < raw->n; i++) {
            out[i] = get32(raw->fixed + i * 4);
        }
        return true;
    }
    for (size_t i = 0; i < raw->n; i++) {
        out[i] = whole(node, raw, i);
        fits = fits && (raw->size == 4 || out[i] >= 0); /* else an UINT64 beyond INT64_MAX */
    }
    return fits;
}

/* IEEE 754 binary16. */
static float half(const uint8_t *p)
{
    unsigned bits = (unsigned)p[0] | (unsigned)p[1] << 8;
    unsigned exponent = bits >> 10 & 31;
    unsigned fraction = bits & 1023;
    uint32_t wide = (uint32_t)(bits >> 15) << 31;
    float value;

    if (exponent == 0) {
        value = (float)fraction * 0x1p-24F;
        return wide == 0 ? value : -value;
    }
    wide |= (exponent == 31 ? 255u : exponent + 112) << 23 | (uint32_t)fraction << 13;
    memcpy(&value, &wide, 4);
    return value;
}

bool hone_pq_convert(const struct hone_pq_node *node, const struct hone_pq_raw *raw, void *out)
{
    if (hone_pq_is_same(node)) {
        if (raw->n > 0) {
            memcpy(out, raw->fixed, raw->n * raw->size);
        }
        return true;
    }
    switch (hone_pq_type_of(node)) {
    case HONE_INT64:
        return convert_integers(node, raw, out);
    case HONE_TIMESTAMP:
        return convert_times(node, raw, out);
    case HONE_FLOAT32:
        for (size_t i = 0; i < raw->n; i++) {
            ((float *)out)[i] = half(raw->fixed + i * 2);
        }
        return true;
    case HONE_FLOAT64:
        return node->kind == HONE_PQ_DECIMAL ? convert_decimals(node, raw, out) : raw->n == 0;
    default:
        return false;
    }
}

static void print_day(struct hone_buf *buf, int64_t day)
{
    char text[40];
    hone_buf_bytes(buf, text, hone_format_date(text, day));
}

/* "12:34:56" with a fraction of digits (0: none). */
static void print_clock(struct hone_buf *buf, int64_t nano, int digits)
{
    char text[20] = "00:00:00.000000000";
    int64_t second = nano / 1000000000;
    int64_t fraction = nano % 1000000000;
    const int64_t part[3] = {second / 3600, second / 60 % 60, second % 60};

    for (size_t i = 0; i < 3; i++) {
        text[i * 3] = (char)('0' + part[i] / 10 % 10);
        text[i * 3 + 1] = (char)('0' + part[i] % 10);
    }
    for (size_t i = 17; i > 8; i--) {
        text[i] = (char)('0' + fraction % 10);
        fraction /= 10;
    }
    hone_buf_bytes(buf, text, digits == 0 ? 8 : 9 + (size_t)digits);
}

static int digits_of(int64_t nano)
{
    return nano % 1000000000 == 0 ? 0 : nano % 1000 == 0 ? 6 : 9;
}

static void print_time(struct hone_buf *buf, const struct hone_pq_node *node,
                       const struct hone_pq_raw *raw, size_t i)
{
    int64_t per = node->digits == 3 ? 1000000 : node->digits == 6 ? 1000 : 1;
    int64_t value = whole(node, raw, i);
    int64_t nano;

    if (value < 0 || __builtin_mul_overflow(value, per, &nano) ||
        nano > DAY_S * 1000000000) { /* 24:00:00 is the end of a day */
        hone_buf_format(buf, "%lld", (long long)value);
        return;
    }
    print_clock(buf, nano, digits_of(nano));
}

/* ISO 8601; the whole column has nine digits where some value needs them. */
static void print_moment(struct hone_buf *buf, const struct hone_pq_node *node,
                         const struct hone_pq_raw *raw, size_t i, bool json)
{
    struct moment m = moment_of(node, raw, i);

    print_day(buf, m.day);
    hone_buf_char(buf, 'T');
    print_clock(buf, m.nano,
                json || (raw->size == 8 && node->digits < 9) ? digits_of(m.nano) : 9);
    if (node->utc || raw->size == 12) {
        hone_buf_char(buf, 'Z');
    }
}

/* ISO 8601 duration: P1Y2M3DT4H5M6.789S. */
static void print_interval(struct hone_buf *buf, const uint8_t *p)
{
    uint32_t months = (uint32_t)get32(p);
    uint32_t days = (uint32_t)get32(p + 4);
    uint32_t ms = (uint32_t)get32(p + 8);
    const struct {
        uint32_t n;
        char unit;
    } parts[] = {{months / 12, 'Y'},
                 {months % 12, 'M'},
                 {days, 'D'},
                 {ms / 3600000, 'H'},
                 {ms / 60000 % 60, 'M'}};

    hone_buf_char(buf, 'P');
    for (size_t i = 0; i < 5; i++) {
        if (i == 3 && ms > 0) {
            hone_buf_char(buf, 'T');
        }
        if (parts[i].n > 0) {
            hone_buf_format(buf, "%u%c", parts[i].n, parts[i].unit);
        }
    }
    if (ms % 60000 > 0) {
        hone_buf_format(buf, "%u", ms / 1000 % 60);
        hone_buf_format(buf, ms % 1000 > 0 ? ".%03uS" : "S", ms % 1000);
    }
    if (months == 0 && days == 0 && ms == 0) {
        hone_buf_text(buf, "T0S");
    }
}

static void print_uuid(struct hone_buf *buf, const uint8_t *p)
{
    static const char hex[] = "0123456789abcdef";
    char text[36];
    size_t at = 0;

    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            text[at++] = '-';
        }
        text[at++] = hex[p[i] >> 4];
        text[at++] = hex[p[i] & 15];
    }
    hone_buf_bytes(buf, text, sizeof text);
}

static void print_base64(struct hone_buf *buf, struct hone_str bytes)
{
    static const char letter[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *p = (const uint8_t *)bytes.ptr;

    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t n = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t three = (uint32_t)p[i] << 16 | (n > 1 ? (uint32_t)p[i + 1] << 8 : 0) |
                         (n > 2 ? (uint32_t)p[i + 2] : 0);
        for (size_t k = 0; k < 4; k++) {
            hone_buf_char(buf, k <= n ? letter[three >> (18 - 6 * k) & 63] : '=');
        }
    }
}

static void print_real(struct hone_buf *buf, double value, bool single)
{
    char text[32];
    size_t n = single ? hone_format_f32(text, (float)value) : hone_format_f64(text, value);
    hone_buf_bytes(buf, text, n);
}

/* Numbers and truth values: what JSON writes without quotes, but for what is not finite. */
static void print_number(struct hone_buf *buf, const struct hone_pq_node *node,
                         const struct hone_pq_raw *raw, size_t i)
{
    const uint8_t *p = raw->fixed + i * raw->size;
    float single;
    double real;

    if (node->kind == HONE_PQ_DECIMAL) {
        print_decimal(buf, node, raw, i);
    } else if (node->kind == HONE_PQ_FLOAT16) {
        print_real(buf, (double)half(p), true);
    } else if (node->physical == HONE_PQ_BOOLEAN) {
        hone_buf_text(buf, *p != 0 ? "true" : "false");
    } else if (node->physical == HONE_PQ_FLOAT) {
        memcpy(&single, p, 4);
        print_real(buf, (double)single, true);
    } else if (node->physical == HONE_PQ_DOUBLE) {
        memcpy(&real, p, 8);
        print_real(buf, real, false);
    } else if (node->kind == HONE_PQ_INTEGER && node->bits == 64 && !node->is_signed) {
        hone_buf_format(buf, "%llu", (unsigned long long)get64(p));
    } else {
        hone_buf_format(buf, "%lld", (long long)whole(node, raw, i));
    }
}

static bool is_number(const struct hone_pq_node *node)
{
    return node->kind == HONE_PQ_DECIMAL || node->kind == HONE_PQ_FLOAT16 ||
           node->kind == HONE_PQ_INTEGER ||
           (node->kind == HONE_PQ_BARE && node->physical != HONE_PQ_INT96 &&
            node->physical != HONE_PQ_BYTES && node->physical != HONE_PQ_FIXED);
}

static bool is_finite(const struct hone_pq_node *node, const struct hone_pq_raw *raw, size_t i)
{
    const uint8_t *p = raw->fixed + i * raw->size;
    float single;
    double real;

    if (node->kind == HONE_PQ_FLOAT16) {
        return isfinite(half(p)) != 0;
    }
    if (node->kind != HONE_PQ_BARE) {
        return true;
    }
    if (node->physical == HONE_PQ_FLOAT) {
        memcpy(&single, p, 4);
        return isfinite(single) != 0;
    }
    if (node->physical == HONE_PQ_DOUBLE) {
        memcpy(&real, p, 8);
        return isfinite(real) != 0;
    }
    return true;
}

/* Text without quotes of what is no number and no string. */
static void print_other(struct hone_buf *buf, const struct hone_pq_node *node,
                        const struct hone_pq_raw *raw, size_t i, bool json)
{
    switch (node->kind) {
    case HONE_PQ_DATE:
        print_day(buf, whole(node, raw, i));
        break;
    case HONE_PQ_TIME:
        print_time(buf, node, raw, i);
        break;
    case HONE_PQ_UUID:
        print_uuid(buf, raw->fixed + i * 16);
        break;
    case HONE_PQ_INTERVAL:
        print_interval(buf, raw->fixed + i * 12);
        break;
    default:
        print_moment(buf, node, raw, i, json);
    }
}

void hone_pq_print(struct hone_buf *buf, const struct hone_pq_node *node,
                   const struct hone_pq_raw *raw, size_t i, bool json)
{
    if (node->kind == HONE_PQ_NOTHING) {
        hone_buf_text(buf, json ? "null" : "");
        return;
    }
    if (hone_pq_is_string(node)) {
        struct hone_str text = bytes_of(raw, i);
        if (!json || node->kind == HONE_PQ_JSON) {
            hone_buf_str(buf, text);
        } else if (node->kind == HONE_PQ_STRING) {
            hone_buf_json(buf, text);
        } else {
            hone_buf_char(buf, '"');
            print_base64(buf, text);
            hone_buf_char(buf, '"');
        }
        return;
    }
    if (is_number(node) && (!json || is_finite(node, raw, i))) {
        print_number(buf, node, raw, i);
        return;
    }
    hone_buf_text(buf, json ? "\"" : "");
    if (is_number(node)) {
        print_number(buf, node, raw, i);
    } else {
        print_other(buf, node, raw, i, json);
    }
    hone_buf_text(buf, json ? "\"" : "");
}
