/* Tokens in cookies and forms, places to come back to, traces. */
#include "check.h"
#include "serve/access_log.h"
#include "serve/signin.h"

static const char *cookie(const char *field)
{
    static char out[32];
    return hone_cookie_find(field, "hone_80", out, sizeof out) ? out : NULL;
}

static void cookies_are_found_and_decoded(void **state)
{
    (void)state;
    CHECK_STR(cookie("hone_80=abc"), "abc");
    CHECK_STR(cookie("a=b; hone_80=x%2fY%20z; hone_8080=other"), "x/Y z");
    CHECK_STR(cookie("hone_80="), "");
    CHECK(cookie(NULL) == NULL);
    CHECK(cookie("") == NULL);
    CHECK(cookie("hone_8=abc; hone_800=d; xhone_80=e") == NULL);
    CHECK(cookie("hone_80=a%00b") == NULL);
    CHECK(cookie("hone_80=a%4") == NULL);
    CHECK(cookie("hone_80=a%zz") == NULL);
    CHECK(cookie("hone_80=0123456789012345678901234567890") != NULL); /* 31 and the NUL */
    CHECK(cookie("hone_80=01234567890123456789012345678901") == NULL);
}

static void forms_have_blanks_as_plus(void **state)
{
    (void)state;
    char out[16];
    CHECK(hone_form_find(hone_str("to=%2Fwhy%2F1&token=a+b%2B"), "token", out, sizeof out));
    CHECK_STR(out, "a b+");
    CHECK(hone_form_find(hone_str("to=%2Fwhy%2F1&token=a"), "to", out, sizeof out));
    CHECK_STR(out, "/why/1");
    CHECK(!hone_form_find(hone_str("token"), "token", out, sizeof out));
    CHECK(!hone_form_find(hone_str(""), "token", out, sizeof out));
}

static void nobody_is_sent_elsewhere(void **state)
{
    (void)state;
    CHECK(hone_signin_place("/"));
    CHECK(hone_signin_place("/alarms/3"));
    CHECK(!hone_signin_place(""));
    CHECK(!hone_signin_place("https://evil.example"));
    CHECK(!hone_signin_place("//evil.example"));
    CHECK(!hone_signin_place("/\\evil.example"));
    CHECK(!hone_signin_place("/a\r\nSet-Cookie: x"));
    CHECK(!hone_signin_place("/a\"b"));
}

static void traces_are_those_of_the_standard(void **state)
{
    (void)state;
    struct hone_trace trace;
    CHECK(hone_trace_read("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", &trace));
    CHECK_STR(trace.id, "4bf92f3577b34da6a3ce929d0e0e4736");
    CHECK_STR(trace.parent, "00f067aa0ba902b7");
    CHECK(hone_trace_read("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
                          &trace));
    CHECK(!hone_trace_read(NULL, &trace));
    CHECK(!hone_trace_read("", &trace));
    CHECK(!hone_trace_read("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", &trace));
    CHECK(!hone_trace_read("00-00000000000000000000000000000000-00f067aa0ba902b7-01", &trace));
    CHECK(!hone_trace_read("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", &trace));
    CHECK(!hone_trace_read("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", &trace));
    CHECK(!hone_trace_read("00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01", &trace));
    CHECK(!hone_trace_read("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x", &trace));
}

const struct CMUnitTest hone_tests_signin[] = {
    cmocka_unit_test(cookies_are_found_and_decoded),
    cmocka_unit_test(forms_have_blanks_as_plus),
    cmocka_unit_test(nobody_is_sent_elsewhere),
    cmocka_unit_test(traces_are_those_of_the_standard),
};
const size_t hone_tests_signin_n = sizeof hone_tests_signin / sizeof hone_tests_signin[0];
