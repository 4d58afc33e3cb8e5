/*
 * Reals against the C library: that hone_parse_f64 gives the bits of strtod on random and adversarial texts, and
 * that hone_format_f64 is read back as the same bits and is no longer than it must be.
 * usage: strtod [millions]; ends with 1 at the first difference.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"

static uint64_t state = 42;

/* splitmix64: Steele, Lea, Flood, OOPSLA 2014 */
static uint64_t next(void)
{
    uint64_t x = state += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static uint64_t below(uint64_t n)
{
    return next() % n;
}

static double of_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static void check_text(const char *text)
{
    double want = strtod(text, NULL);
    double got = 0;

    if (!hone_parse_f64(hone_str(text), &got) || bits_of(got) != bits_of(want)) {
        printf("%s: strtod %a, hone %a\n", text, want, got);
        exit(1);
    }
}

/* Digits with a point somewhere and an exponent sometimes. */
static void random_text(char *out, size_t most)
{
    size_t n = 1 + below(most);
    size_t point = below(n + 1);
    char *p = out;

    if (below(2) == 0) {
        *p++ = '-';
    }
    for (size_t i = 0; i < n; i++) {
        if (i == point) {
            *p++ = '.';
        }
        *p++ = (char)('0' + below(10));
    }
    *p = '\0';
    if (below(2) == 0) {
        sprintf(p, "e%d", (int)below(below(8) == 0 ? 700 : 60) - (int)below(350));
    }
}

/* The exact middle between two doubles, or a digit off: at most 767 digits. */
static void middle_text(char *out, size_t room)
{
    uint64_t bits = below(4) == 0 ? below(UINT64_C(1) << 52) : next() >> 1;
    double low = of_bits(bits);
    double high = of_bits(bits + 1);
    size_t len;

    if (!isfinite(low) || !isfinite(high) || fabs(low) < 1e-200 || fabs(low) > 1e200) {
        low = 1 + (double)below(1000);
        high = nextafter(low, 1e9);
    }
    /* long double holds the middle of two doubles exactly */
    snprintf(out, room, "%.*Lg", 10 + (int)below(780),
             ((long double)low + (long double)high) / 2);
    len = strlen(out);
    if (below(2) == 0 && strchr(out, 'e') == NULL && strchr(out, '.') != NULL) {
        snprintf(out + len, room - len, "000000000%c", below(2) == 0 ? '1' : '0');
    }
}

static void check_double(double x)
{
    char text[40];
    char shorter[400];
    size_t len = hone_format_f64(text, x);
    int digits = 0;

    text[len] = '\0';
    if (bits_of(strtod(text, NULL)) != bits_of(x)) {
        printf("%a is written as %s\n", x, text);
        exit(1);
    }
    check_text(text);
    for (const char *p = text; *p != '\0' && *p != 'e'; p++) {
        digits += *p >= '0' && *p <= '9' && (digits > 0 || *p != '0');
    }
    if (strchr(text, '.') != NULL && digits > 1) {
        snprintf(shorter, sizeof shorter, "%.*g", digits - 1, x);
        if (bits_of(strtod(shorter, NULL)) == bits_of(x)) {
            printf("%s could be %s\n", text, shorter);
            exit(1);
        }
    }
}

static void check_float(float x)
{
    char text[40];

    text[hone_format_f32(text, x)] = '\0';
    if (strtof(text, NULL) != x) {
        printf("%a as float is written as %s\n", (double)x, text);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    static const char *const hard[] = {
        "0",
        "-0",
        "0e400",
        "4.9e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "2.2250738585072011e-308",
        "2.2250738585072014e-308",
        "2.225073858507201136057409796709131975934819546351645648"
        "02342610972482222202107694551652952390813508e-308",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "1e309",
        "1e-400",
        "9007199254740993",
        "9007199254740993.00000000000000000000001",
        "9223372036854775807",
        "18446744073709551615",
        "18446744073709551616",
        "99999999999999999999999999999999",
        "0.000000000000000000000000000000000000000000012345",
        "123456789012345678901234567890e-10",
        "8.988465674311579539e307",
        "7.4109846876186981626485318930233205854758970392148714663837852"
        "375101326090531312779794975454245398856969484704316857659638998"
        "506553390969459816219401617281718945106978546710679176872575177"
        "347315553307795408549809608457500958111373034747658096871009590"
        "975442271004757307809711118935784838675653998783503015228055934"
        "046593739791790738723868299395818481660169122019456499931289798"
        "411362062484498678713572180352209017023903285791732520220528974"
        "020802906854021606612375549983402671300035812486479041385743401"
        "875520901590172592547146296175134159774938718574737870961645638"
        "908718119841271673056017045493004705269590165763776884908267986"
        "972573366521765567941072508764337560846003984904972149117463085"
        "539556354188641513168478436313080237596295773983001708984375e-324",
        "6.0221407e+23",
        "1.e5",
        ".5"};
    long millions = argc > 1 ? strtol(argv[1], NULL, 10) : 10;
    char text[2000];
    long n = 0;

    for (size_t i = 0; i < sizeof hard / sizeof hard[0]; i++) {
        check_text(hard[i]);
    }
    for (int e = -345; e < 310; e++) { /* every power of ten and the doubles beside it */
        snprintf(text, sizeof text, "1e%d", e);
        check_text(text);
        check_double(strtod(text, NULL));
        check_double(nextafter(strtod(text, NULL), 0));
    }
    for (int e = 1; e < 2046; e++) { /* every power of two: the interval is skewed there */
        check_double(of_bits((uint64_t)e << 52));
    }
    for (; n < millions * 1000000; n++) {
        switch (n % 8) {
        case 0:
        case 1:
            random_text(text, 18);
            break;
        case 2:
            random_text(text, 60);
            break;
        case 3:
            middle_text(text, sizeof text);
            break;
        case 4:
            snprintf(text, sizeof text, "%.17g", of_bits(next()));
            if (strchr(text, 'n') != NULL) {
                continue;
            }
            break;
        case 5:
            snprintf(text, sizeof text, "%.*e", (int)below(25),
                     of_bits(next() >> 1 & ~(UINT64_C(1) << 62)));
            break;
        case 6: {
            double x = of_bits(next());
            if (isfinite(x)) {
                check_double(x);
            }
            check_double((double)(int64_t)below(100000000) / 1000);
            check_float((float)((double)(int64_t)below(100000000) / 1000));
            continue;
        }
        default:
            snprintf(text, sizeof text, "%.*f", (int)below(12), ((double)next() - 9e18) / 1e15);
        }
        check_text(text);
    }
    printf("%ld texts and numbers, all bits as the C library has them\n", n);
    return 0;
}
