/* Numbers: the bits of strtod, the shortest text that is read back (bench/csv/strtod.c tries millions). */
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/str.h"
#include "check.h"

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double of_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void same_as_strtod(const char *text)
{
    double want = strtod(text, NULL);
    double got = 1;

    if (!hone_parse_f64(hone_str(text), &got) || bits_of(got) != bits_of(want)) {
        fail_msg("%s: strtod %a, hone %a", text, want, got);
    }
}

static void hard_texts_are_rounded_as_strtod_does(void **state)
{
    static const char *const hard[] = {
        "0",
        "-0",
        "0e400",
        "00000000000000000000000000001",
        "4.9e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "2.2250738585072011e-308",
        "2.2250738585072014e-308",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "1e309",
        "-1e-400",
        "9007199254740991",
        "9007199254740993",
        "9007199254740995",
        "9007199254740993.00000000000000000000001",
        "9223372036854775807",
        "18446744073709551615",
        "18446744073709551616",
        "99999999999999999999999999999999",
        "123456789012345678901234567890e-10",
        "8.988465674311579539e307",
        "23825083560.25118827819824218750000000001",
        "0.1e-0001",
        "1e00000001",
        "1.e5",
        ".5",
        "5.",
    };
    (void)state;

    for (size_t i = 0; i < sizeof hard / sizeof hard[0]; i++) {
        same_as_strtod(hard[i]);
    }
    for (int e = -345; e < 310; e++) {
        char text[16];
        snprintf(text, sizeof text, "1e%d", e);
        same_as_strtod(text);
    }
}

static void random_texts_are_rounded_as_strtod_does(void **state)
{
    struct hone_rng rng = hone_rng(7, 0);
    char text[400];
    (void)state;

    for (int i = 0; i < 60000; i++) {
        size_t n = 1 + hone_rng_below(&rng, i % 3 == 0 ? 60 : 18);
        size_t point = hone_rng_below(&rng, n + 1);
        size_t len = 0;
        for (size_t d = 0; d < n; d++) {
            if (d == point) {
                text[len++] = '.';
            }
            text[len++] = (char)('0' + hone_rng_below(&rng, 10));
        }
        text[len] = '\0';
        if (i % 2 == 0) {
            snprintf(text + len, sizeof text - len, "e%d",
                     (int)hone_rng_below(&rng, 700) - 350);
        }
        same_as_strtod(text);
    }
    for (int i = 0; i < 20000; i++) { /* the middle of two doubles, exactly or nearly */
        double low = 1 + (double)hone_rng_below(&rng, UINT64_C(1) << 40) / 1024;
        double high = nextafter(low, 1e99);
        snprintf(text, sizeof text, "%.*Lg", 15 + (int)hone_rng_below(&rng, 60),
                 ((long double)low + (long double)high) / 2);
        same_as_strtod(text);
    }
}

static void doubles_are_written_shortest(void **state)
{
    struct hone_rng rng = hone_rng(8, 0);
    static const struct {
        double x;
        const char *text;
    } some[] = {
        {0.0, "0"},
        {-0.0, "-0"},
        {0.1, "0.1"},
        {-12.5, "-12.5"},
        {1e-4, "0.0001"},
        {1e-5, "1e-05"},
        {123456789012345, "123456789012345"},
        {1e15, "1e+15"},
        {1234567890123456, "1234567890123456"},
        {12345678901234568, "12345678901234568"},
        {1.2345678901234567e+19, "1.2345678901234567e+19"},
        {1e100, "1e+100"},
        {5e-324, "5e-324"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {9007199254740992, "9007199254740992"},
        {0.30000000000000004, "0.30000000000000004"},
    };
    char text[40];
    (void)state;

    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        text[hone_format_f64(text, some[i].x)] = '\0';
        CHECK_STR(text, some[i].text);
    }
    for (int i = 0; i < 50000; i++) {
        double x = of_bits(hone_rng_u64(&rng));
        char shorter[400];
        int digits = 0;
        x = isfinite(x) ? x : of_bits((uint64_t)(i % 2046 + 1) << 52); /* powers of two too */
        text[hone_format_f64(text, x)] = '\0';
        if (bits_of(strtod(text, NULL)) != bits_of(x)) {
            fail_msg("%a is written as %s", x, text);
        }
        for (const char *p = text; *p != '\0' && *p != 'e'; p++) {
            digits += *p >= '0' && *p <= '9' && (digits > 0 || *p != '0');
        }
        if (digits > 1) {
            snprintf(shorter, sizeof shorter, "%.*e", digits - 2, x);
            if (strtod(shorter, NULL) == x) {
                fail_msg("%s could be %s", text, shorter);
            }
        }
    }
}

static void floats_and_integers_are_written_as_they_are(void **state)
{
    struct hone_rng rng = hone_rng(9, 0);
    char text[40];
    (void)state;

    for (int i = 0; i < 50000; i++) {
        uint32_t bits = (uint32_t)hone_rng_u64(&rng);
        float x;
        memcpy(&x, &bits, sizeof x);
        if (isfinite(x)) {
            text[hone_format_f32(text, x)] = '\0';
            CHECK(strtof(text, NULL) == x);
        }
    }
    text[hone_format_f32(text, 0.1F)] = '\0';
    CHECK_STR(text, "0.1");
    text[hone_format_i64(text, INT64_MIN)] = '\0';
    CHECK_STR(text, "-9223372036854775808");
    text[hone_format_i64(text, 1070)] = '\0';
    CHECK_STR(text, "1070");
}

const struct CMUnitTest hone_tests_number[] = {
    cmocka_unit_test(hard_texts_are_rounded_as_strtod_does),
    cmocka_unit_test(random_texts_are_rounded_as_strtod_does),
    cmocka_unit_test(doubles_are_written_shortest),
    cmocka_unit_test(floats_and_integers_are_written_as_they_are),
};
const size_t hone_tests_number_n = sizeof hone_tests_number / sizeof hone_tests_number[0];
