/* Numbers of replies: the same text as the C library's shortest, and what JSON can not say. */
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "serve/reply.h"

static void same_as_shortest(float value)
{
    char fast[33] = {0};
    char slow[33] = {0};

    fast[hone_reply_f32(fast, value)] = '\0';
    slow[hone_format_f32(slow, value)] = '\0';
    CHECK_STR(fast, slow);
}

static void floats_are_written_shortest(void **state)
{
    (void)state;
    static const float some[] = {
        0,      1,       -1,         0.1f,      0.5f,       1e-4f,  9.9999e-5f,
        999999, 1e6f,    999999.94f, 123456.7f, 16777216,   1e-5f,  3.4e38f,
        1e-45f, 0.3f,    100,        1234.5f,   -0.0f,      99.99f, 0.001f,
        5e-4f,  7.3e-4f, 262144.5f,  1.0e5f,    0.99999994f};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        same_as_shortest(some[i]);
    }
    struct hone_rng rng = hone_rng(1, hone_rng_name("floats"));
    for (size_t i = 0; i < 200000; i++) {
        uint32_t bits = (uint32_t)hone_rng_u64(&rng);
        float value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value)) {
            same_as_shortest(value);
        }
        same_as_shortest((float)hone_rng_unit(&rng));
        same_as_shortest((float)((double)hone_rng_below(&rng, 10000000) / 100));
        same_as_shortest((float)(hone_rng_normal(&rng) * 1000));
    }
}

static void what_json_can_not_say_is_null(void **state)
{
    (void)state;
    struct hone_arena mem = {0};
    struct hone_buf buf = hone_buf(&mem);

    hone_reply_number(&buf, NAN);
    hone_buf_char(&buf, ' ');
    hone_reply_number(&buf, INFINITY);
    hone_buf_char(&buf, ' ');
    hone_reply_number(&buf, 0.25f);
    CHECK_STR(buf.ptr, "null null 0.25");
    hone_arena_free(&mem);
}

static void elements_by_type(void **state)
{
    (void)state;
    struct hone_arena mem = {0};
    struct hone_buf buf = hone_buf(&mem);
    int64_t whole[] = {INT64_MIN, 0, INT64_MAX};
    struct hone_str text[] = {{"a\"b", 3}};
    uint8_t truth[] = {1};

    for (size_t i = 0; i < 3; i++) {
        hone_reply_element(&buf, &(struct hone_tensor){.type = HONE_I64, .data = whole}, i);
        hone_buf_char(&buf, ' ');
    }
    hone_reply_element(&buf, &(struct hone_tensor){.type = HONE_STRING, .data = text}, 0);
    hone_reply_element(&buf, &(struct hone_tensor){.type = HONE_B8, .data = truth}, 0);
    CHECK_STR(buf.ptr, "-9223372036854775808 0 9223372036854775807 \"a\\\"b\"true");
    hone_arena_free(&mem);
}

static void ids_of_rows(void **state)
{
    (void)state;
    struct hone_arena mem = {0};
    struct hone_buf buf = hone_buf(&mem);

    hone_reply_id(&buf, hone_str("A"), 0, 1);
    hone_buf_char(&buf, ' ');
    hone_reply_id(&buf, hone_str("A"), 12, 13);
    CHECK_STR(buf.ptr, "A A-12");
    hone_arena_free(&mem);
}

const struct CMUnitTest hone_tests_serve_reply[] = {
    cmocka_unit_test(floats_are_written_shortest),
    cmocka_unit_test(what_json_can_not_say_is_null),
    cmocka_unit_test(elements_by_type),
    cmocka_unit_test(ids_of_rows),
};
const size_t hone_tests_serve_reply_n =
    sizeof hone_tests_serve_reply / sizeof hone_tests_serve_reply[0];
