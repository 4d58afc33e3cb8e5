/* The head of a request, put together from pieces. */
#include <string.h>

#include "base/arena.h"
#include "check.h"
#include "serve/http/head.h"

struct sheet {
    struct hone_arena mem;
    struct hone_head head;
};

static struct sheet sheet(void)
{
    struct sheet s = {{0}, {0}};
    s.head.bytes = hone_arena_must(&s.mem, HONE_HEAD_BYTES);
    hone_head_clear(&s.head);
    return s;
}

static void target(struct hone_head *head, const char *text)
{
    hone_head_target(head, text, strlen(text));
    hone_head_target_end(head);
}

static void field(struct hone_head *head, const char *name, const char *value)
{
    hone_head_name(head, name, strlen(name));
    hone_head_name_end(head);
    hone_head_value(head, value, strlen(value));
    hone_head_value_end(head);
}

static void fields_are_found(void **state)
{
    struct sheet s = sheet();
    size_t n;
    (void)state;
    /* in pieces, as they come over the network */
    hone_head_target(&s.head, "/v2/", 4);
    hone_head_target(&s.head, "models", 6);
    hone_head_target_end(&s.head);
    hone_head_name(&s.head, "Content-", 8);
    hone_head_name(&s.head, "Type", 4);
    hone_head_name_end(&s.head);
    hone_head_value(&s.head, "text/", 5);
    hone_head_value(&s.head, "csv \t", 5);
    hone_head_value_end(&s.head);
    field(&s.head, "X-A", "");
    field(&s.head, "x-a", "2");
    assert_string_equal(s.head.bytes, "/v2/models");
    assert_string_equal(hone_head_get(&s.head, "content-type", NULL), "text/csv");
    assert_string_equal(hone_head_get(&s.head, "X-A", &n), "");
    assert_int_equal(n, 2);
    assert_null(hone_head_get(&s.head, "X-", &n));
    assert_int_equal(n, 0);
    assert_int_equal(s.head.excess, HONE_HEAD_FITS);
    hone_head_clear(&s.head);
    target(&s.head, "/");
    assert_null(hone_head_get(&s.head, "X-A", NULL));
    hone_arena_free(&s.mem);
}

static void too_much_is_remembered(void **state)
{
    struct sheet s = sheet();
    char long_text[HONE_HEAD_BYTES];
    (void)state;
    memset(long_text, 'a', sizeof long_text);
    hone_head_target(&s.head, long_text, HONE_TARGET_BYTES - 1);
    hone_head_target_end(&s.head);
    assert_int_equal(s.head.excess, HONE_HEAD_FITS);
    hone_head_clear(&s.head);
    hone_head_target(&s.head, long_text, HONE_TARGET_BYTES);
    assert_int_equal(s.head.excess, HONE_HEAD_TARGET);
    /* filled to the last byte, and each byte less */
    for (size_t less = 0; less < 20; less++) {
        hone_head_clear(&s.head);
        target(&s.head, "/");
        hone_head_name(&s.head, "X", 1);
        hone_head_name_end(&s.head);
        hone_head_value(&s.head, long_text, HONE_HEAD_BYTES - s.head.used - 1 - less);
        hone_head_value_end(&s.head);
        field(&s.head, "Name", "value");
        assert_true(s.head.used <= HONE_HEAD_BYTES);
        assert_int_equal(s.head.excess, less < 12 ? HONE_HEAD_SIZE : HONE_HEAD_FITS);
    }
    hone_head_clear(&s.head);
    target(&s.head, "/");
    for (size_t i = 0; i < HONE_HEAD_FIELDS; i++) {
        field(&s.head, "X", "1");
    }
    assert_int_equal(s.head.excess, HONE_HEAD_FITS);
    field(&s.head, "X", "1");
    assert_int_equal(s.head.excess, HONE_HEAD_COUNT);
    hone_arena_free(&s.mem);
}

const struct CMUnitTest hone_tests_serve_head[] = {
    cmocka_unit_test(fields_are_found),
    cmocka_unit_test(too_much_is_remembered),
};
const size_t hone_tests_serve_head_n =
    sizeof hone_tests_serve_head / sizeof *hone_tests_serve_head;
