/* Numbers to text; declared in base/str.h. */
#include <math.h>

#include "base/number_priv.h"
#include "base/str.h"

__extension__ typedef unsigned __int128 wide;

static const char pairs[201] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
    "49505152535455565758596061626364656667686970717273747576777879808182838485868788899091929394959697"
    "9899";

/* The digits of a number before end; returns where they begin. */
static char *put_digits(char *end, uint64_t value)
{
    while (value >= 100) {
        end -= 2;
        memcpy(end, pairs + 2 * (value % 100), 2);
        value /= 100;
    }
    if (value >= 10) {
        end -= 2;
        memcpy(end, pairs + 2 * value, 2);
    } else {
        *--end = (char)('0' + value);
    }
    return end;
}

/* A decimal of at most 17 digits: digits * 10^exponent. */
struct decimal {
    uint64_t digits;
    int exponent;
};

/* The upper bits of g * x / 2^128, and whether anything is below them in the lowest bit. */
static uint64_t scale(const struct hone_power *g, uint64_t x)
{
    uint64_t below = (uint64_t)((wide)g->low * x >> 64);
    wide product = (wide)g->high * x + below;

    return (uint64_t)(product >> 64) | ((uint64_t)product > 1);
}

/* The power of ten as the source needs it: 128 bits, rounded up. */
static struct hone_power power_above(int q)
{
    struct hone_power g = hone_power[q - HONE_POWER_FIRST];

    if (q < -27 || q > 55) {
        g.low++;
        g.high += g.low == 0;
    }
    return g;
}

/*
 * The decimal of fewest digits, and of these the nearest, in the interval that is read back as c * 2^q, c > 0.
 * skewed: the number below is half as far as the one above.
 * Source: Giulietti, The Schubfach way to render doubles, 2021, section 8.
 */
static struct decimal shortest(uint64_t c, int q, bool skewed)
{
    int k = hone_floor_shift(q * 1262611 - (skewed ? 524031 : 0),
                             22);                       /* log10 of 2^q, or 3/4 of it */
    int h = q + hone_floor_shift(-k * 1741647, 19) + 1; /* log2 of 10^-k */
    struct hone_power g = power_above(-k);
    uint64_t odd = c & 1; /* the ends of the interval are read back to an even number only */
    uint64_t low = scale(&g, (4 * c - 2 + skewed) << h) + odd;
    uint64_t middle = scale(&g, (4 * c) << h);
    uint64_t high = scale(&g, (4 * c + 2) << h) - odd;
    uint64_t s = middle / 4;
    bool down;
    bool up;

    if (s >= 10) {
        uint64_t tens = s / 10;
        down = low <= 40 * tens;
        up = 40 * tens + 40 <= high;
        if (down != up) {
            return (struct decimal){tens + up, k + 1};
        }
    }
    down = low <= 4 * s;
    up = 4 * s + 4 <= high;
    if (down == up) {
        up = middle > 4 * s + 2 || (middle == 4 * s + 2 && (s & 1) != 0);
    }
    return (struct decimal){s + up, k};
}

/* As printf's %.*g has it: with an exponent when it is below -4 or at least as many as the digits allowed. */
static size_t put_decimal(char *out, bool minus, struct decimal d, int most)
{
    char text[20];
    const char *digit;
    char *p = out;
    int n;
    int point; /* digits before it */

    while (d.digits % 100000000 == 0) {
        d.digits /= 100000000;
        d.exponent += 8;
    }
    while (d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    digit = put_digits(text + sizeof text, d.digits);
    n = (int)(text + sizeof text - digit);
    point = n + d.exponent;
    most = n > most ? n : most;
    if (minus) {
        *p++ = '-';
    }
    if (point - 1 < -4 || point - 1 >= most) {
        int exponent = point - 1 < 0 ? 1 - point : point - 1;
        *p++ = digit[0];
        if (n > 1) {
            *p++ = '.';
            memcpy(p, digit + 1, (size_t)n - 1);
            p += n - 1;
        }
        *p++ = 'e';
        *p++ = point - 1 < 0 ? '-' : '+';
        if (exponent >= 100) {
            *p++ = (char)('0' + exponent / 100);
        }
        memcpy(p, pairs + 2 * (exponent % 100), 2);
        return (size_t)(p + 2 - out);
    }
    if (point <= 0) {
        memcpy(p, "0.0000", 6);
        p += 2 - point;
        memcpy(p, digit, (size_t)n);
        return (size_t)(p + n - out);
    }
    if (n <= point) {
        memcpy(p, digit, (size_t)n);
        memset(p + n, '0', (size_t)(point - n));
        return (size_t)(p + point - out);
    }
    memcpy(p, digit, (size_t)point);
    p[point] = '.';
    memcpy(p + point + 1, digit + point, (size_t)(n - point));
    return (size_t)(p + n + 1 - out);
}

/* What is no number, and 0: of these all is said at once. */
static size_t put_word(char *out, double value)
{
    const char *word = isnan(value)          ? "nan"
                       : isinf(value)        ? (value > 0 ? "inf" : "-inf")
                       : signbit(value) != 0 ? "-0"
                                             : "0";
    memcpy(out, word, strlen(word));
    return strlen(word);
}

size_t hone_format_f64(char out[32], double value)
{
    uint64_t bits;
    uint64_t fraction;
    int biased;

    if (!isfinite(value) || value == 0) {
        return put_word(out, value);
    }
    memcpy(&bits, &value, sizeof bits);
    fraction = bits & ((UINT64_C(1) << 52) - 1);
    biased = (int)(bits >> 52 & 0x7ff);
    if (biased == 0) {
        return put_decimal(out, bits >> 63 != 0, shortest(fraction, -1074, false), 15);
    }
    return put_decimal(
        out, bits >> 63 != 0,
        shortest(fraction | UINT64_C(1) << 52, biased - 1075, fraction == 0 && biased > 1), 15);
}

size_t hone_format_f32(char out[32], float value)
{
    uint32_t bits;
    uint32_t fraction;
    int biased;

    if (!isfinite(value) || value == 0) {
        return put_word(out, (double)value);
    }
    memcpy(&bits, &value, sizeof bits);
    fraction = bits & ((UINT32_C(1) << 23) - 1);
    biased = (int)(bits >> 23 & 0xff);
    if (biased == 0) {
        return put_decimal(out, bits >> 31 != 0, shortest(fraction, -149, false), 6);
    }
    return put_decimal(
        out, bits >> 31 != 0,
        shortest(fraction | UINT32_C(1) << 23, biased - 150, fraction == 0 && biased > 1), 6);
}

size_t hone_format_i64(char out[32], int64_t value)
{
    char text[20];
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    const char *digit = put_digits(text + sizeof text, size);
    size_t n = (size_t)(text + sizeof text - digit);

    out[0] = '-';
    memcpy(out + (value < 0), digit, n);
    return n + (value < 0);
}
