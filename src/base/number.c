/* Numbers to text and back; declared in base/str.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool digits(struct hone_str text, uint64_t most, uint64_t *out)
{
    uint64_t value = 0;

    if (text.len == 0) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        uint64_t digit;
        if (!is_digit(text.ptr[i])) {
            return false;
        }
        digit = (uint64_t)(text.ptr[i] - '0');
        if (value > (most - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

bool hone_parse_u64(struct hone_str text, uint64_t *out)
{
    if (text.len > 0 && text.ptr[0] == '+') {
        text.ptr++;
        text.len--;
    }
    return digits(text, UINT64_MAX, out);
}

bool hone_parse_i64(struct hone_str text, int64_t *out)
{
    bool minus = text.len > 0 && text.ptr[0] == '-';
    uint64_t value;

    if (minus || (text.len > 0 && text.ptr[0] == '+')) {
        text.ptr++;
        text.len--;
    }
    if (!digits(text, (uint64_t)INT64_MAX + minus, &value)) {
        return false;
    }
    *out = (int64_t)(minus ? 0 - value : value);
    return true;
}

bool hone_parse_bool(struct hone_str text, bool *out)
{
    static const char *const words[2][4] = {{"false", "no", "off", "0"},
                                            {"true", "yes", "on", "1"}};
    for (size_t i = 0; i < 8; i++) {
        if (hone_str_eq_nocase(text, hone_str(words[i / 4][i % 4]))) {
            *out = i / 4 == 1;
            return true;
        }
    }
    return false;
}

/* What strtod says of the whole text. */
static bool slow_f64(struct hone_str text, double *out)
{
    char copy[1001];
    char *end;
    double value;

    if (text.len == 0 || text.len >= sizeof copy || memchr(text.ptr, '\0', text.len) != NULL) {
        return false;
    }
    if (text.ptr[0] == ' ' || (text.ptr[0] >= '\t' && text.ptr[0] <= '\r')) {
        return false; /* strtod would skip it */
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    value = strtod(copy, &end);
    if (end != copy + text.len) {
        return false;
    }
    *out = value;
    return true;
}

__extension__ typedef unsigned __int128 wide;

/*
 * m / 10^k rounded once, 0 < m, k <= 19.  Both are shifted up until their top bits are set; the quotient
 * then has 63 or 64 bits, of which the lowest takes the remainder's place (sticky), so that the conversion
 * to double rounds as the exact quotient would.
 */
static double divide(uint64_t m, uint64_t power)
{
    int up_m = __builtin_clzll(m);
    int up_p = __builtin_clzll(power);
    wide top = (wide)(m << up_m) << 63;
    uint64_t bottom = power << up_p;
    uint64_t quotient = (uint64_t)(top / bottom);

    quotient |= (wide)quotient * bottom != top;
    return ldexp((double)quotient, up_p - up_m - 63);
}

/*
 * Decimals of at most 19 digits with few of them after the point are rounded right without strtod:
 * both numbers exact in double and one operation (Clinger, PLDI 1990), else one wide division.
 */
static bool fast_f64(uint64_t m, int exponent, double *out)
{
    static const double power[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    static const uint64_t whole[20] = {1u,
                                       10u,
                                       100u,
                                       1000u,
                                       10000u,
                                       100000u,
                                       1000000u,
                                       10000000u,
                                       100000000u,
                                       1000000000u,
                                       10000000000u,
                                       100000000000u,
                                       1000000000000u,
                                       10000000000000u,
                                       100000000000000u,
                                       1000000000000000u,
                                       10000000000000000u,
                                       100000000000000000u,
                                       1000000000000000000u,
                                       10000000000000000000u};
    if (m <= (uint64_t)1 << 53 && exponent >= -22 && exponent <= 22) {
        *out = exponent < 0 ? (double)m / power[-exponent] : (double)m * power[exponent];
        return true;
    }
    if (m != 0 && exponent >= -19 && exponent <= 0) {
        *out = divide(m, whole[-exponent]);
        return true;
    }
    return false;
}

/* The digits at *at, as long as *seen is below 19, added to m. */
static uint64_t take_digits(const char **at, const char *end, uint64_t m, int *seen)
{
    for (; *at < end && is_digit(**at) && *seen < 19; ++*at, ++*seen) {
        m = m * 10 + (uint64_t)(**at - '0');
    }
    return m;
}

/* An exponent of few digits; *at does not move when it is not one. */
static int take_exponent(const char **at, const char *end)
{
    const char *p = *at;
    bool minus;
    int exponent = 0;

    if (end - p < 2 || end - p > 5 || (*p != 'e' && *p != 'E')) {
        return 0;
    }
    p++;
    minus = *p == '-';
    p += *p == '-' || *p == '+';
    if (p == end) {
        return 0;
    }
    for (; p < end; p++) {
        if (!is_digit(*p)) {
            return 0;
        }
        exponent = exponent * 10 + (*p - '0');
    }
    *at = p;
    return minus ? -exponent : exponent;
}

bool hone_parse_f64(struct hone_str text, double *out)
{
    const char *at = text.ptr;
    const char *end = at + text.len;
    uint64_t m;
    int seen = 0; /* digits */
    int before;   /* of them before the point */
    int exponent;
    bool minus;
    double value;

    if (text.len == 0) {
        return false;
    }
    minus = *at == '-';
    at += *at == '-' || *at == '+';
    m = take_digits(&at, end, 0, &seen);
    before = seen;
    if (at < end && *at == '.') {
        at++;
        m = take_digits(&at, end, m, &seen);
    }
    if (seen == 0) {
        return slow_f64(text, out);
    }
    exponent = take_exponent(&at, end) - (seen - before);
    if (at < end || !fast_f64(m, exponent, &value)) {
        return slow_f64(text, out);
    }
    *out = minus ? -value : value;
    return true;
}

size_t hone_format_f64(char out[32], double value)
{
    char text[32];
    int len = 0;

    if (!isfinite(value)) {
        const char *word = isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
        memcpy(out, word, strlen(word));
        return strlen(word);
    }
    for (int digits_shown = 15; digits_shown <= 17; digits_shown++) {
        len = snprintf(text, sizeof text, "%.*g", digits_shown, value);
        if (strtod(text, NULL) == value) {
            break;
        }
    }
    memcpy(out, text, (size_t)len);
    return (size_t)len;
}

size_t hone_format_f32(char out[32], float value)
{
    char text[32];
    int len = 0;

    if (!isfinite(value)) {
        return hone_format_f64(out, (double)value);
    }
    for (int digits_shown = 6; digits_shown <= 9; digits_shown++) {
        len = snprintf(text, sizeof text, "%.*g", digits_shown, (double)value);
        if (strtof(text, NULL) == value) {
            break;
        }
    }
    memcpy(out, text, (size_t)len);
    return (size_t)len;
}

size_t hone_format_i64(char out[32], int64_t value)
{
    char digit[20];
    size_t n = 0;
    size_t len = 0;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do {
        digit[n++] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (value < 0) {
        out[len++] = '-';
    }
    while (n > 0) {
        out[len++] = digit[--n];
    }
    return len;
}
