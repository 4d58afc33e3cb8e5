/* The reader of request bodies: values, escapes, what it refuses, and where. */
#include <stdlib.h>
#include <string.h>

#include "base/jscan.h"
#include "check.h"

struct text {
    char bytes[512];
    struct hone_jscan scan;
};

static struct hone_jscan *open_text(struct text *text, const char *json)
{
    size_t len = strlen(json);
    assert_true(len < sizeof text->bytes);
    memcpy(text->bytes, json, len);
    text->scan = hone_jscan(text->bytes, len);
    return &text->scan;
}

static void values_and_containers(void **state)
{
    (void)state;
    struct text text;
    struct hone_jvalue v;
    struct hone_str key;
    struct hone_jscan *scan =
        open_text(&text, " {\"a\" : [1, -2.5e3 ,true,false,null], \"b\":{}}\n");

    assert_int_equal(hone_jscan_value(scan, &v), HONE_J_OBJECT);
    CHECK(hone_jscan_member(scan, &key) && hone_str_is(key, "a"));
    assert_int_equal(hone_jscan_value(scan, &v), HONE_J_ARRAY);
    CHECK(hone_jscan_item(scan));
    assert_int_equal(hone_jscan_value(scan, &v), HONE_J_NUMBER);
    CHECK(hone_str_is(v.text, "1"));
    CHECK(hone_jscan_item(scan));
    assert_int_equal(hone_jscan_value(scan, &v), HONE_J_NUMBER);
    CHECK(hone_str_is(v.text, "-2.5e3"));
    CHECK(hone_jscan_item(scan));
    assert_int_equal(hone_jscan_value(scan, &v), HONE_J_TRUE);
    CHECK(hone_jscan_item(scan));
    assert_int_equal(hone_jscan_value(scan, &v), HONE_J_FALSE);
    CHECK(hone_jscan_item(scan));
    assert_int_equal(hone_jscan_value(scan, &v), HONE_J_NULL);
    CHECK(!hone_jscan_item(scan));
    CHECK(hone_jscan_member(scan, &key) && hone_str_is(key, "b"));
    assert_int_equal(hone_jscan_value(scan, &v), HONE_J_OBJECT);
    CHECK(!hone_jscan_member(scan, &key));
    CHECK(!hone_jscan_member(scan, &key));
    CHECK(hone_jscan_end(scan));
    assert_null(scan->error);
}

static void escapes_become_their_characters(void **state)
{
    (void)state;
    struct text text;
    struct hone_jvalue v;
    struct hone_jscan *scan =
        open_text(&text, "\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e4\\u20ac\\ud83d\\ude00z\"");

    assert_int_equal(hone_jscan_value(scan, &v), HONE_J_STRING);
    CHECK(hone_str_is(v.text, "a\"\\/\b\f\n\r\tA\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z"));
    CHECK(hone_jscan_end(scan));
}

static void skipping_checks_and_changes_nothing(void **state)
{
    (void)state;
    static const char json[] = "[{\"a\\u0041\":[[],[1,{\"b\":\"\\n\"}]]},2]";
    struct text text;
    struct hone_jvalue v;
    struct hone_jscan *scan = open_text(&text, json);

    CHECK(hone_jscan_skip(scan));
    CHECK(hone_jscan_end(scan));
    assert_memory_equal(text.bytes, json, sizeof json - 1);
    scan = open_text(&text, "[1,{\"a\":[2,3]},4]");
    assert_int_equal(hone_jscan_value(scan, &v), HONE_J_ARRAY);
    CHECK(hone_jscan_item(scan) && hone_jscan_skip(scan));
    CHECK(hone_jscan_item(scan) && hone_jscan_skip(scan));
    CHECK(hone_jscan_item(scan));
    assert_int_equal(hone_jscan_value(scan, &v), HONE_J_NUMBER);
    CHECK(hone_str_is(v.text, "4"));
    CHECK(!hone_jscan_item(scan));
    assert_null(scan->error);
}

/* Both ways through a text end alike. */
static void refused(const char *json, const char *why)
{
    struct hone_run run = {0};
    struct text text;
    struct hone_jscan *scan = open_text(&text, json);

    if (hone_jscan_skip(scan) && hone_jscan_end(scan)) {
        fail_msg("accepted: %s", json);
    }
    CHECK_FAILS_WITH(&run, hone_jscan_fail(&run, scan), HONE_E_FORMAT, why);
    hone_run_clear(&run);
}

static void what_is_not_json_is_refused(void **state)
{
    (void)state;
    refused("", "ends where a value");
    refused("{", "ends inside");
    refused("[1", "ends inside");
    refused("[1,]", "a value was expected");
    refused("[1 2]", "',' or ']'");
    refused("{\"a\"}", "':' was expected");
    refused("{\"a\":1,}", "a member's name");
    refused("{a:1}", "a member's name");
    refused("{\"a\":1 \"b\":2}", "',' or '}'");
    refused("01", "begins with 0");
    refused("1.", "ends in a point");
    refused("1e", "exponent");
    refused("-", "a value was expected");
    refused("+1", "a value was expected");
    refused(".5", "a value was expected");
    refused("tru", "a value was expected");
    refused("nul", "a value was expected");
    refused("Nan", "a value was expected");
    refused("'a'", "a value was expected");
    refused("\"a", "without an end");
    refused("\"a\\", "without an end");
    refused("\"\\x\"", "an escape");
    refused("\"\\u12g4\"", "hexadecimal");
    refused("\"\\ud800\"", "surrogate");
    refused("\"\\ud800\\u0041\"", "surrogate");
    refused("\"\\udc00\"", "surrogate");
    refused("\"a\nb\"", "control character");
    refused("\"\xff\"", "not UTF-8");
    refused("\"\xc0\x80\"", "not UTF-8");
    refused("1 2", "more text");
    refused("[] x", "more text");
}

static void nesting_is_limited(void **state)
{
    (void)state;
    char deep[2 * (HONE_JSON_DEPTH + 1) + 1];
    size_t n = HONE_JSON_DEPTH;
    struct text text;

    memset(deep, '[', n);
    memset(deep + n, ']', n);
    deep[2 * n] = '\0';
    CHECK(hone_jscan_skip(open_text(&text, deep)));
    memset(deep, '[', n + 1);
    memset(deep + n + 1, ']', n + 1);
    deep[2 * n + 2] = '\0';
    refused(deep, "nested too deep");
}

static void long_numbers_are_refused(void **state)
{
    (void)state;
    char *digits = malloc(2001);
    struct hone_jscan scan;
    struct hone_jvalue v;

    memset(digits, '9', 2001);
    scan = hone_jscan(digits, 1000);
    assert_int_equal(hone_jscan_value(&scan, &v), HONE_J_NUMBER);
    scan = hone_jscan(digits, 2001);
    assert_int_equal(hone_jscan_value(&scan, &v), HONE_J_BAD);
    free(digits);
}

static void bare_words_for_numbers(void **state)
{
    (void)state;
    static const char *const words[] = {"NaN", "Infinity", "-Infinity"};
    struct text text;
    struct hone_jvalue v;

    for (size_t i = 0; i < 3; i++) {
        struct hone_jscan *scan = open_text(&text, words[i]);
        assert_int_equal(hone_jscan_value(scan, &v), HONE_J_NUMBER);
        CHECK(hone_str_is(v.text, words[i]));
        CHECK(hone_jscan_end(scan));
    }
}

const struct CMUnitTest hone_tests_jscan[] = {
    cmocka_unit_test(values_and_containers),
    cmocka_unit_test(escapes_become_their_characters),
    cmocka_unit_test(skipping_checks_and_changes_nothing),
    cmocka_unit_test(what_is_not_json_is_refused),
    cmocka_unit_test(nesting_is_limited),
    cmocka_unit_test(long_numbers_are_refused),
    cmocka_unit_test(bare_words_for_numbers),
};
const size_t hone_tests_jscan_n = sizeof hone_tests_jscan / sizeof hone_tests_jscan[0];
