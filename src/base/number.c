/* Numbers to text and back; declared in base/str.h. */
#include <math.h>
#include <stdlib.h>

#include "base/number_priv.h"
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

enum { MOST = 1000 }; /* bytes of a real */

/* What strtod says of the whole text. */
static bool slow_f64(struct hone_str text, double *out)
{
    char copy[MOST + 1];
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

/* The bits of a double from its fraction (53 bits, or fewer at biased exponent 0) and exponent. */
static double assemble(uint64_t fraction, uint64_t biased)
{
    uint64_t bits = (fraction & ((UINT64_C(1) << 52) - 1)) | biased << 52;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/*
 * m * 10^q rounded to the nearest double, ties to even, by one or two wide products with a power of ten cut
 * to 128 bits; m is not 0.  False when these bits do not decide.
 * Source: Lemire, Software: Practice and Experience 51(8), 2021, algorithm 1, with the proof of Mushtak & Lemire
 * 2023 that no further test is needed.
 */
static bool by_power(uint64_t m, int q, double *out)
{
    const struct hone_power *power;
    wide product;
    uint64_t high;
    uint64_t low;
    uint64_t fraction;
    int up;
    int top;
    int biased;

    if (q < HONE_POWER_FIRST || q > 308) {
        *out = q > 308 ? HUGE_VAL : 0;
        return true;
    }
    up = __builtin_clzll(m);
    power = &hone_power[q - HONE_POWER_FIRST];
    product = (wide)(m << up) * power->high;
    high = (uint64_t)(product >> 64);
    low = (uint64_t)product;
    if ((high & 0x1ff) == 0x1ff) { /* the bits below the fraction could still carry */
        uint64_t more = (uint64_t)((wide)(m << up) * power->low >> 64);
        low += more;
        high += low < more;
        if (low == UINT64_MAX && (q < -27 || q > 55)) {
            return false;
        }
    }
    top = (int)(high >> 63);
    fraction = high >> (top + 9);
    biased =
        hone_floor_shift(217706 * q, 16) + 63 + top - up + 1023; /* 217706 / 2^16: log2 of 10 */
    if (biased <= 0) {
        if (biased <= -63) {
            *out = 0;
            return true;
        }
        fraction >>= 1 - biased;
        fraction = (fraction + (fraction & 1)) >> 1;
        *out = assemble(fraction, fraction >> 52);
        return true;
    }
    if (low <= 1 && q >= -4 && q <= 23 && (fraction & 3) == 1 &&
        fraction << (top + 9) == high) {
        fraction &= ~UINT64_C(1); /* half way between two doubles: to the even one */
    }
    fraction = (fraction + (fraction & 1)) >> 1;
    if (fraction >> 53 != 0) {
        fraction >>= 1;
        biased++;
    }
    *out = biased >= 0x7ff ? HUGE_VAL : assemble(fraction, (uint64_t)biased);
    return true;
}

/* A decimal number: m * 10^exponent, and when cut digits that are not all 0 behind m. */
struct decimal {
    uint64_t m;
    int exponent;
    bool cut;
};

static bool round_decimal(const struct decimal *d, double *out)
{
    static const double power[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    double above;

    /* Both exact in double, then one operation rounds right (Clinger, PLDI 1990). */
    if (!d->cut && d->m <= (uint64_t)1 << 53 && d->exponent >= -22 && d->exponent <= 22) {
        *out = d->exponent < 0 ? (double)d->m / power[-d->exponent]
                               : (double)d->m * power[d->exponent];
        return true;
    }
    if (d->m == 0) {
        *out = 0;
        return !d->cut;
    }
    if (!by_power(d->m, d->exponent, out)) {
        return false;
    }
    return !d->cut || (by_power(d->m + 1, d->exponent, &above) && above == *out);
}

enum { DIGITS = 19 }; /* as many as 64 bits hold, whatever they are */

static uint64_t load8(const char *p)
{
    uint64_t x;
    memcpy(&x, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

static bool all_digits(uint64_t x)
{
    return ((x & 0xf0f0f0f0f0f0f0f0u) |
            (((x + 0x0606060606060606u) & 0xf0f0f0f0f0f0f0f0u) >> 4)) == 0x3333333333333333u;
}

/* Eight digits, the first lowest in memory: pairs, fours, all. */
static uint64_t eight_digits(uint64_t x)
{
    x = (x & 0x0f0f0f0f0f0f0f0fu) * (1 + (10u << 8)) >> 8;
    x = (x & 0x00ff00ff00ff00ffu) * (1 + (100u << 16)) >> 16;
    return (x & 0x0000ffff0000ffffu) * (1 + (UINT64_C(10000) << 32)) >> 32;
}

/* The digits at p, behind those of d, of which *seen are taken; behind tells of a point before them. */
static const char *take_digits(const char *p, const char *end, bool behind, struct decimal *d,
                               int *seen)
{
    while (end - p >= 8 && *seen + 8 <= DIGITS && (d->m != 0 || *p != '0') &&
           all_digits(load8(p))) {
        d->m = d->m * 100000000 + eight_digits(load8(p));
        d->exponent -= behind ? 8 : 0;
        *seen += 8;
        p += 8;
    }
    for (; p < end && is_digit(*p); p++) {
        if (*seen < DIGITS) {
            d->m = d->m * 10 + (uint64_t)(*p - '0');
            d->exponent -= behind;
            *seen += d->m != 0;
        } else {
            d->cut = d->cut || *p != '0';
            d->exponent += !behind;
        }
    }
    return p;
}

/* An exponent of few digits; *at does not move when it is not one. */
static int take_exponent(const char **at, const char *end)
{
    const char *p = *at;
    bool minus;
    int exponent = 0;

    if (end - p < 2 || end - p > 6 || (*p != 'e' && *p != 'E')) {
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
    const char *first;
    struct decimal d = {0};
    int seen = 0; /* digits from the first that is not 0 */
    bool minus;
    bool some;
    double value;

    if (text.len == 0 || text.len > MOST) {
        return false;
    }
    minus = *at == '-';
    at += *at == '-' || *at == '+';
    first = at;
    at = take_digits(at, end, false, &d, &seen);
    some = at > first;
    if (at < end && *at == '.') {
        first = ++at;
        at = take_digits(at, end, true, &d, &seen);
        some = some || at > first;
    }
    if (some) {
        d.exponent += take_exponent(&at, end);
    }
    if (!some || at < end || !round_decimal(&d, &value)) {
        return slow_f64(text, out);
    }
    *out = minus ? -value : value;
    return true;
}
