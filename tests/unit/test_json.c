/* JSON: parsing with places in errors, limits, writing. */
#include "base/json.h"
#include "check.h"

static enum hone_code parse(struct hone_run *run, const char *text, json_t **out)
{
    return hone_json_parse(run, hone_str(text), out);
}

static void what_is_written_is_what_was_read(void **state)
{
    static const char *const texts[] = {"null",
                                        "true",
                                        "-7",
                                        "0.1",
                                        "1.0",
                                        "1e+300",
                                        "\"\\u0001\\n\xc3\xa9\"",
                                        "[]",
                                        "{}",
                                        "{\"b\":1,\"a\":[1,2.5,{\"c\":null}]}",
                                        "[9223372036854775807,-9223372036854775808]"};
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    (void)state;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        HONE_JSON json_t *value = NULL;
        struct hone_buf buf = hone_buf(&mem);
        CHECK_OK(&run, parse(&run, texts[i], &value));
        hone_json_write(&buf, value, false);
        CHECK_STR(buf.ptr, texts[i]);
    }
    hone_arena_free(&mem);
}

static void indented_json_is_for_people(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_buf buf = hone_buf(&mem);
    HONE_JSON json_t *value = NULL;
    (void)state;

    CHECK_OK(&run, parse(&run, "{\"a\":[1,2],\"b\":[{\"c\":{}}],\"d\":\"x\"}", &value));
    hone_json_write(&buf, value, true);
    CHECK_STR(buf.ptr, "{\n  \"a\": [1, 2],\n  \"b\": [\n    {\n      \"c\": {}\n    }\n  ],\n"
                       "  \"d\": \"x\"\n}");
    hone_arena_free(&mem);
}

static void malformed_text_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "line 1"},
        {"{\"a\":1,\n \"b\":}", "line 2, column 6"},
        {"{\"a\":1,\"a\":2}", "duplicate"},
        {"[1] 2", "end of file"},
        {"1e999", "overflow"},
        {"99999999999999999999", "integer"},
        {"\"\xff\"", "byte 0xff"},
        {"[1,]", "line 1"},
        {"nan", "line 1"},
    };
    struct hone_run run = {0};
    json_t *value = NULL;
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_FAILS_WITH(&run, parse(&run, cases[i].text, &value), HONE_E_FORMAT,
                         cases[i].message);
    }
}

static void nesting_has_a_limit(void **state)
{
    struct hone_run run = {0};
    char text[2 * (HONE_JSON_DEPTH + 1) + 1] = {0};
    json_t *value = NULL;
    HONE_JSON json_t *fine = NULL;
    (void)state;

    memset(text, '[', HONE_JSON_DEPTH + 1);
    memset(text + HONE_JSON_DEPTH + 1, ']', HONE_JSON_DEPTH + 1);
    CHECK_FAILS_WITH(&run, parse(&run, text, &value), HONE_E_FORMAT,
                     "column 65: nested deeper");
    text[2 * HONE_JSON_DEPTH + 1] = '\0';
    CHECK_OK(&run, parse(&run, text + 1, &fine));
    CHECK_OK(&run, (json_decref(fine), fine = NULL, parse(&run, "\"[[\\\"[[\"", &fine)));
}

static void values_that_json_lacks_become_null_or_repaired(void **state)
{
    struct hone_arena mem = {0};
    struct hone_buf buf = hone_buf(&mem);
    HONE_JSON json_t *object = json_object();
    (void)state;

    hone_json_set(object, "nan", hone_json_real((double)NAN));
    hone_json_set(object, "inf", hone_json_real(-HUGE_VAL));
    hone_json_set_text(object, "none", NULL);
    hone_json_set_text(object, "latin", "caf\xe9");
    hone_json_write(&buf, object, false);
    CHECK_STR(buf.ptr,
              "{\"nan\":null,\"inf\":null,\"none\":null,\"latin\":\"caf\xef\xbf\xbd\"}");
    CHECK_STR(hone_json_get_text(object, "latin", "x"), "caf\xef\xbf\xbd");
    CHECK_STR(hone_json_get_text(object, "nan", "x"), "x");
    CHECK(hone_json_get_int(object, "absent", 3) == 3);
    CHECK_NEAR(hone_json_get_real(object, "absent", 2.5), 2.5, 0);
    CHECK(hone_json_get_bool(object, "absent", true));
    hone_arena_free(&mem);
}

const struct CMUnitTest hone_tests_json[] = {
    cmocka_unit_test(what_is_written_is_what_was_read),
    cmocka_unit_test(indented_json_is_for_people),
    cmocka_unit_test(malformed_text_is_refused_with_its_place),
    cmocka_unit_test(nesting_has_a_limit),
    cmocka_unit_test(values_that_json_lacks_become_null_or_repaired),
};
const size_t hone_tests_json_n = sizeof hone_tests_json / sizeof hone_tests_json[0];
