/* The compact protocol: what is written is read, what is damaged or deep is refused. */
#include "check.h"
#include "io/parquet/thrift.h"

static struct hone_str of(const struct hone_buf *buf)
{
    return (struct hone_str){buf->ptr, buf->len};
}

static void fields_of_all_types_come_back(void **state)
{
    static const int64_t numbers[] = {0,  1,         -1,        63,        -64,
                                      64, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    struct hone_arena mem = {0};
    struct hone_buf buf = hone_buf(&mem);
    struct hone_thrift t;
    struct hone_thrift_field f = {0};
    int last = 0;
    (void)state;

    for (int i = 0; i < 10; i++) { /* far ids take the long form */
        hone_thrift_put_i64(&buf, &last, 1 + i * 20, numbers[i]);
    }
    hone_thrift_put_bool(&buf, &last, 201, true);
    hone_thrift_put_bool(&buf, &last, 202, false);
    hone_thrift_put_binary(&buf, &last, 203, hone_str("text"));
    hone_thrift_put_list(&buf, &last, 204, HONE_THRIFT_I32,
                         20); /* more than the short form holds */
    for (int i = 0; i < 20; i++) {
        hone_thrift_put_zigzag(&buf, i - 10);
    }
    hone_thrift_put_stop(&buf);
    t = hone_thrift_of(of(&buf));
    hone_thrift_enter(&t);
    for (int i = 0; i < 10; i++) {
        CHECK(hone_thrift_next(&t, &f) && f.id == 1 + i * 20);
        CHECK(hone_thrift_i64(&t, &f) == numbers[i]);
    }
    CHECK(hone_thrift_next(&t, &f) && hone_thrift_bool(&t, &f));
    CHECK(hone_thrift_next(&t, &f) && !hone_thrift_bool(&t, &f));
    CHECK(hone_thrift_next(&t, &f) && hone_str_is(hone_thrift_binary(&t, &f), "text"));
    CHECK(hone_thrift_next(&t, &f) && hone_thrift_list(&t, &f, HONE_THRIFT_I32) == 20);
    for (int i = 0; i < 20; i++) {
        struct hone_thrift_field one = hone_thrift_element(HONE_THRIFT_I32);
        CHECK(hone_thrift_i32(&t, &one) == i - 10);
    }
    CHECK(!hone_thrift_next(&t, &f) && t.bad == NULL && t.at == t.end);
    hone_arena_free(&mem);
}

/* Skip a structure that has these bytes; what is bad about it. */
static const char *skipped(const char *bytes, size_t len)
{
    struct hone_thrift t = hone_thrift_of((struct hone_str){bytes, len});

    hone_thrift_skip(&t, HONE_THRIFT_STRUCT);
    CHECK(t.bad == NULL || t.at == t.end);
    return t.bad == NULL ? "" : t.bad;
}
#define SKIPPED(bytes) skipped((bytes), sizeof(bytes) - 1)

static void damage_is_named(void **state)
{
    char deep[300];
    (void)state;

    CHECK_STR(SKIPPED("\x15\x02\0"), "");
    CHECK_STR(SKIPPED("\x1b\0\x18\x01z\x17"
                      "12345678\0"),
              ""); /* an empty map, a text, a real */
    CHECK_STR(SKIPPED("\x1b\x01\x58\x02\x01z\x12\0"), "");
    CHECK_STR(SKIPPED("\x15"), "it ends too early");
    CHECK_STR(SKIPPED(""), "it ends too early");
    CHECK_STR(SKIPPED("\x18\x05"
                      "abc\0"),
              "a text is longer than what is left");
    CHECK_STR(SKIPPED("\x19\xf5\xff\xff\x03\0"), "a list is longer than what is left");
    CHECK_STR(SKIPPED("\x1b\xff\x01\x55\0"), "a map is longer than what is left");
    CHECK_STR(SKIPPED("\x1d\0"), "a field has no known type");
    CHECK_STR(SKIPPED("\x15\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\0"),
              "a number has more than ten bytes");
    memset(deep, 0x1c, sizeof deep); /* structures in structures */
    CHECK_STR(skipped(deep, sizeof deep), "it is nested too deeply");
    memset(deep, 0x19, sizeof deep); /* lists of lists */
    CHECK_STR(skipped(deep, sizeof deep), "it is nested too deeply");
}

static void a_value_of_another_type_is_refused(void **state)
{
    struct hone_thrift t = hone_thrift_of((struct hone_str){"\x02z\xfe\xff\xff\xff\x1f", 7});
    struct hone_thrift_field text = hone_thrift_element(HONE_THRIFT_BINARY);
    struct hone_thrift_field number = hone_thrift_element(HONE_THRIFT_I64);
    (void)state;

    CHECK(hone_thrift_i64(&t, &text) == 0);
    CHECK_STR(t.bad, "a field is no integer");
    t = hone_thrift_of((struct hone_str){"\x02z\xfe\xff\xff\xff\x1f", 7});
    CHECK(hone_thrift_binary(&t, &number).len == 0);
    CHECK_STR(t.bad, "a field is no text");
    t = hone_thrift_of((struct hone_str){"\xfe\xff\xff\xff\x1f", 5});
    CHECK(hone_thrift_i32(&t, &number) == 0);
    CHECK_STR(t.bad, "a field is beyond 32 bits");
    t = hone_thrift_of((struct hone_str){"\x25\x02\x04", 3});
    text.type = HONE_THRIFT_LIST;
    CHECK(hone_thrift_list(&t, &text, HONE_THRIFT_STRUCT) == 0);
    CHECK_STR(t.bad, "a list holds another type");
    t = hone_thrift_of((struct hone_str){"\x25\x02\x04", 3});
    CHECK(!hone_thrift_struct(&t, &number) && !hone_thrift_bool(&t, &number));
    CHECK_STR(t.bad, "a field is no structure"); /* the first reason stays */
}

const struct CMUnitTest hone_tests_thrift[] = {
    cmocka_unit_test(fields_of_all_types_come_back),
    cmocka_unit_test(damage_is_named),
    cmocka_unit_test(a_value_of_another_type_is_refused),
};
const size_t hone_tests_thrift_n = sizeof hone_tests_thrift / sizeof hone_tests_thrift[0];
