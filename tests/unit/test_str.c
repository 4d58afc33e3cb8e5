/* Text: views, numbers, buffers, UTF-8, near words; and error messages. */
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/str.h"
#include "check.h"

static struct hone_str s(const char *text)
{
    return hone_str(text);
}

static void views_are_compared_cut_and_trimmed(void **state)
{
    struct hone_str head;
    struct hone_str rest;
    (void)state;

    CHECK(hone_str_cmp(s("a"), s("ab")) < 0 && hone_str_cmp(s("b"), s("ab")) > 0);
    CHECK(hone_str_cmp(s(""), s("")) == 0);
    CHECK(hone_str_starts(s("abc"), "ab") && !hone_str_starts(s("a"), "ab"));
    CHECK(hone_str_ends(s("a.csv"), ".csv") && !hone_str_ends(s("csv"), ".csv"));
    CHECK(hone_str_eq_nocase(s("TrUe"), s("true")) && !hone_str_eq_nocase(s("tru"), s("true")));
    CHECK(hone_str_is(hone_str_trim(s(" \t a b\r\n")), "a b"));
    CHECK(hone_str_cut(s("a,b,c"), ',', &head, &rest));
    CHECK(hone_str_is(head, "a") && hone_str_is(rest, "b,c"));
    CHECK(!hone_str_cut(s("abc"), ',', &head, &rest));
    CHECK(hone_str_is(head, "abc") && rest.len == 0);
}

static void integers_are_whole_and_in_range(void **state)
{
    int64_t i = 0;
    uint64_t u = 0;
    (void)state;

    CHECK(hone_parse_i64(s("-9223372036854775808"), &i) && i == INT64_MIN);
    CHECK(hone_parse_i64(s("9223372036854775807"), &i) && i == INT64_MAX);
    CHECK(!hone_parse_i64(s("9223372036854775808"), &i));
    CHECK(!hone_parse_i64(s("-9223372036854775809"), &i));
    CHECK(hone_parse_i64(s("+7"), &i) && i == 7);
    CHECK(!hone_parse_i64(s(""), &i) && !hone_parse_i64(s("-"), &i) &&
          !hone_parse_i64(s("1 "), &i));
    CHECK(hone_parse_u64(s("18446744073709551615"), &u) && u == UINT64_MAX);
    CHECK(!hone_parse_u64(s("18446744073709551616"), &u) && !hone_parse_u64(s("-1"), &u));
}

static void reals_are_rounded_as_strtod_rounds_them(void **state)
{
    static const char *const hard[] = {
        "0",
        "-0",
        "0.1",
        "1e22",
        "1e23",
        "9007199254740993",
        "123456789012345678",
        "1.7976931348623157e308",
        "4.9e-324",
        "2.2250738585072011e-308",
        "0.30000000000000004",
        "179769313486231580793e289",
        "9007199254740992.5",
        "9007199254740993.5",
        "1234567890123456789012345",
        "0.000000000000000000012345678901234567",
        "1.",
        ".5",
        "5e-1",
        "1E+3",
        "inf",
        "-inf",
        "18446744073709551615e-19",
        "9999999999999999999e-19",
        "4503599627370497.5",
    };
    struct hone_rng rng = hone_rng(1, 2);
    double got = 0;
    (void)state;

    for (size_t i = 0; i < sizeof hard / sizeof hard[0]; i++) {
        double want = strtod(hard[i], NULL);
        CHECK(hone_parse_f64(s(hard[i]), &got));
        CHECK(memcmp(&got, &want, sizeof got) == 0);
    }
    for (int i = 0; i < 200000; i++) {
        char text[64];
        uint64_t digits = hone_rng_u64(&rng) >> hone_rng_below(&rng, 60);
        int len = snprintf(text, sizeof text, "%s%llu", i % 2 == 0 ? "" : "-",
                           (unsigned long long)digits);
        size_t point = (size_t)hone_rng_below(&rng, (uint64_t)len - 1) + 1;
        double want;
        memmove(text + point + 1, text + point, (size_t)len - point + 1);
        text[point] = '.';
        if (i % 3 == 0) {
            snprintf(text + len + 1, sizeof text - (size_t)len - 1, "e%d",
                     (int)hone_rng_below(&rng, 60) - 30);
        }
        want = strtod(text, NULL);
        CHECK(hone_parse_f64(s(text), &got));
        CHECK(memcmp(&got, &want, sizeof got) == 0);
    }
}

static void what_is_no_real_is_refused(void **state)
{
    static const char *const bad[] = {"",      " 1",  "1 ", "1e", "1e+", "e5",    "--1",
                                      "1.2.3", "1,5", ".",  "+",  "0x",  "1_000", "one"};
    double got;
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(!hone_parse_f64(s(bad[i]), &got));
    }
    CHECK(!hone_parse_f64((struct hone_str){"1\0", 2}, &got));
}

static void numbers_are_written_short_and_read_back(void **state)
{
    struct hone_rng rng = hone_rng(3, 4);
    char text[32];
    (void)state;

    CHECK(hone_format_f64(text, 0.1) == 3 && memcmp(text, "0.1", 3) == 0);
    CHECK(hone_format_f64(text, 100) == 3 && memcmp(text, "100", 3) == 0);
    CHECK(hone_format_f64(text, (double)NAN) == 3 && memcmp(text, "nan", 3) == 0);
    CHECK(hone_format_f64(text, -HUGE_VAL) == 4 && memcmp(text, "-inf", 4) == 0);
    CHECK(hone_format_f32(text, 0.1f) == 3 && memcmp(text, "0.1", 3) == 0);
    CHECK(hone_format_i64(text, INT64_MIN) == 20 &&
          memcmp(text, "-9223372036854775808", 20) == 0);
    CHECK(hone_format_i64(text, 0) == 1 && text[0] == '0');
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = hone_rng_u64(&rng);
        double value;
        double again;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value)) {
            size_t len = hone_format_f64(text, value);
            CHECK(hone_parse_f64((struct hone_str){text, len}, &again) && again == value);
        }
    }
}

static void buffers_grow_and_escape(void **state)
{
    struct hone_arena mem = {0};
    struct hone_buf buf = hone_buf(&mem);
    (void)state;

    for (int i = 0; i < 10000; i++) {
        hone_buf_format(&buf, "%d,", i);
    }
    CHECK(buf.len == 48890 && strlen(buf.ptr) == buf.len);
    buf = hone_buf(&mem);
    hone_buf_json(&buf, (struct hone_str){"a\"\\\n\x01\xff\xc3\xa9\0", 9});
    CHECK_STR(buf.ptr, "\"a\\\"\\\\\\n\\u0001\xef\xbf\xbd\xc3\xa9\\u0000\"");
    buf = hone_buf(&mem);
    hone_buf_html(&buf, s("<a href=\"x\">&'"));
    CHECK_STR(buf.ptr, "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
    CHECK_STR(hone_shell_word(&mem, "a_b-1.csv"), "a_b-1.csv");
    CHECK_STR(hone_shell_word(&mem, "Customer ID"), "'Customer ID'");
    CHECK_STR(hone_shell_word(&mem, "it's $5"), "'it'\\''s $5'");
    CHECK_STR(hone_shell_word(&mem, ""), "''");
    hone_arena_free(&mem);

    mem = (struct hone_arena){.limit = 128 << 10};
    buf = hone_buf(&mem);
    for (int i = 0; i < 100; i++) {
        hone_buf_format(&buf, "%5000d", i);
    }
    CHECK(buf.full && buf.len < mem.limit);
    hone_arena_free(&mem);
}

static void utf8_is_checked_to_the_byte(void **state)
{
    (void)state;
    CHECK(hone_utf8_valid(s("plain ascii of some length")) == 26);
    CHECK(hone_utf8_valid(s("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")) == 9);
    CHECK(hone_utf8_valid(s("ab\xc0\x80")) == 2);       /* overlong */
    CHECK(hone_utf8_valid(s("\xed\xa0\x80")) == 0);     /* surrogate */
    CHECK(hone_utf8_valid(s("\xf4\x90\x80\x80")) == 0); /* past U+10FFFF */
    CHECK(hone_utf8_valid(s("abcdefgh\xe2\x82")) == 8); /* cut short */
}

static void near_words_are_found(void **state)
{
    static const char *const words[] = {"max_depth", "learning_rate", "rounds"};
    (void)state;
    CHECK_STR(hone_nearest("max-dept", words, 3), "max_depth");
    CHECK_STR(hone_nearest("learn_rate", words, 3), "learning_rate");
    CHECK(hone_nearest("xyzzy", words, 3) == NULL);
    CHECK(hone_nearest("", words, 3) == NULL);
}

static enum hone_code raise_it(struct hone_run *run, enum hone_code code)
{
    return hone_fail(run, code, "row %d", 41);
}

static void failures_keep_their_message_and_gain_context(void **state)
{
    struct hone_run run = {0};
    char big[700];
    (void)state;

    CHECK(raise_it(&run, HONE_E_FORMAT) == HONE_E_FORMAT);
    CHECK(hone_hint(&run, "mend %s", "it") == HONE_E_FORMAT);
    CHECK(hone_fail_in(&run, "a.csv") == HONE_E_FORMAT);
    CHECK_STR(run.err.message, "a.csv: row 41");
    CHECK_STR(run.err.hint, "mend it");
    CHECK(run.err.line > 0 && strstr(run.err.file, "test_str.c") != NULL);
    CHECK(hone_fail(&run, HONE_E_ARG, "again: %s", run.err.message) == HONE_E_ARG);
    CHECK_STR(run.err.message, "again: a.csv: row 41");
    CHECK(run.err.hint[0] == '\0');
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    CHECK(hone_fail_in(&run, "%s", big) == HONE_E_ARG);
    CHECK(strlen(run.err.message) == sizeof run.err.message - 1);
    hone_error_clear(&run);
    CHECK(run.err.code == HONE_OK && run.err.message[0] == '\0');
    CHECK_STR(hone_code_name(HONE_E_NOT_FOUND), "NOT_FOUND");
    CHECK(hone_code_exit(HONE_E_LIMIT) == 7 && hone_code_http(HONE_E_LIMIT) == 413);
}

const struct CMUnitTest hone_tests_str[] = {
    cmocka_unit_test(views_are_compared_cut_and_trimmed),
    cmocka_unit_test(integers_are_whole_and_in_range),
    cmocka_unit_test(reals_are_rounded_as_strtod_rounds_them),
    cmocka_unit_test(what_is_no_real_is_refused),
    cmocka_unit_test(numbers_are_written_short_and_read_back),
    cmocka_unit_test(buffers_grow_and_escape),
    cmocka_unit_test(utf8_is_checked_to_the_byte),
    cmocka_unit_test(near_words_are_found),
    cmocka_unit_test(failures_keep_their_message_and_gain_context),
};
const size_t hone_tests_str_n = sizeof hone_tests_str / sizeof hone_tests_str[0];
