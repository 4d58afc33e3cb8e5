/* YAML: the core schema into JSON values, what is refused, and writing. */
#include "base/json.h"
#include "check.h"

static enum hone_code parse(struct hone_run *run, const char *text, json_t **out)
{
    return hone_yaml_parse(run, hone_str(text), out);
}

static void the_core_schema_is_read(void **state)
{
    static const struct {
        const char *yaml, *json;
    } cases[] = {
        {"", "null"},
        {"~", "null"},
        {"a: 1\nb: [x, 2.5, true, null]\n", "{\"a\":1,\"b\":[\"x\",2.5,true,null]}"},
        {"- 0x1F\n- 0o17\n- 017\n- +3\n- -0\n", "[31,15,17,3,0]"},
        {"[1., .5, 1e3, 1e, .]", "[1.0,0.5,1000.0,\"1e\",\".\"]"},
        {"[yes, no, on, True, FALSE, NULL]", "[\"yes\",\"no\",\"on\",true,false,null]"},
        {"['1', \"true\", !!str 2]", "[\"1\",\"true\",\"2\"]"},
        {"a: |\n  two\n  lines\nb: >\n  one\n  line\n",
         "{\"a\":\"two\\nlines\\n\",\"b\":\"one line\\n\"}"},
        {"1: x\n? y\n: z\n", "{\"1\":\"x\",\"y\":\"z\"}"},
        {"0xfg: 0o8", "{\"0xfg\":\"0o8\"}"},
    };
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        HONE_JSON json_t *value = NULL;
        struct hone_buf buf = hone_buf(&mem);
        CHECK_OK(&run, parse(&run, cases[i].yaml, &value));
        hone_json_write(&buf, value, false);
        CHECK_STR(buf.ptr, cases[i].json);
    }
    hone_arena_free(&mem);
}

static void what_is_not_accepted_is_named_with_its_place(void **state)
{
    static const struct {
        const char *yaml, *message;
    } cases[] = {
        {"a: &x 1\nb: *x\n", "line 1, column 4: anchors"},
        {"b: *x\n", "line 1, column 4: anchors"},
        {"a: 1\nb: {a: 1, a: 2}\n", "line 2, column 11: key a is there twice"},
        {"a: !thing 1\n", "tags"},
        {"a: .nan\n", "not-a-number"},
        {"a: 99999999999999999999\n", "out of range"},
        {"a: 1e999\n", "out of range"},
        {"--- 1\n--- 2\n", "second document"},
        {"[a: 1\n", "line"},
        {"a:\n\t- x\n", "line 2"},
        {"? [a]\n: 1\n", "not a word"},
        {"a: \"\\0\"\n", "NUL"},
        {"a: \xff\n", "byte"},
    };
    struct hone_run run = {0};
    json_t *value = NULL;
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_FAILS_WITH(&run, parse(&run, cases[i].yaml, &value), HONE_E_FORMAT,
                         cases[i].message);
    }
}

static void nesting_has_a_limit(void **state)
{
    struct hone_run run = {0};
    char text[10001] = {0};
    json_t *value = NULL;
    (void)state;

    memset(text, '[', 10000);
    CHECK_FAILS_WITH(&run, parse(&run, text, &value), HONE_E_FORMAT, "nested deeper than 64");
}

static void what_is_written_is_read_back_the_same(void **state)
{
    static const char text[] =
        "{\"plain\":\"two words\",\"empty\":\"\",\"yes\":\"no\",\"n\":\"12\",\"colon\":\"a: b\",\"x\":1.0,"
        "\"list\":[1,[2,[]],{\"a\":{},\"b\":[\"# c\"]}],\"line\":\"a\\nb\\u0085\",\"- key\":null}";
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_buf buf = hone_buf(&mem);
    HONE_JSON json_t *value = NULL;
    HONE_JSON json_t *again = NULL;
    (void)state;

    CHECK_OK(&run, hone_json_parse(&run, hone_str(text), &value));
    hone_yaml_write(&buf, value);
    CHECK(strstr(buf.ptr, "plain: two words\n") != NULL);
    CHECK(strstr(buf.ptr, "\"yes\": \"no\"\n") != NULL);
    CHECK_OK(&run, hone_yaml_parse(&run, (struct hone_str){buf.ptr, buf.len}, &again));
    CHECK(json_equal(value, again));
    hone_arena_free(&mem);
}

const struct CMUnitTest hone_tests_yaml[] = {
    cmocka_unit_test(the_core_schema_is_read),
    cmocka_unit_test(what_is_not_accepted_is_named_with_its_place),
    cmocka_unit_test(nesting_has_a_limit),
    cmocka_unit_test(what_is_written_is_read_back_the_same),
};
const size_t hone_tests_yaml_n = sizeof hone_tests_yaml / sizeof hone_tests_yaml[0];
