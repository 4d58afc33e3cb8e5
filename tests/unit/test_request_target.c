/* Targets of requests: which path they name, for which host, and that a coded slash parts nothing. */
#include <string.h>

#include "check.h"
#include "serve/request_target.h"
#include "serve/server_priv.h"

static char text[256];

static bool read_target(const char *sent, struct hone_request_target *out)
{
    CHECK(strlen(sent) < sizeof text);
    strncpy(text, sent, sizeof text - 1);
    return hone_request_target_read(text, out);
}

static void paths_and_queries(void **state)
{
    (void)state;
    static const struct {
        const char *sent, *path, *query, *host;
    } rows[] = {
        {"/v2/models", "/v2/models", NULL, NULL},
        {"/v2?x=%2F&y", "/v2", "x=%2F&y", NULL},
        {"/?", "/", "", NULL},
        {"/%76%32/%6dodels", "/v2/models", NULL, NULL},
        {"//v2", "//v2", NULL, NULL},
        {"/a%2Fb/%2e%2E/%252f", "/a%2Fb/../%252f", NULL, NULL},
        {"/a%00b%zz%4%", "/a%00b%zz%4%", NULL, NULL},
        {"/%ff", "/\xff", NULL, NULL},
        {"http://localhost/v2", "/v2", NULL, "localhost"},
        {"HTTPS://[::1]:8080/v2?a?b", "/v2", "a?b", "[::1]:8080"},
        {"http://a@b:1?x", "/", "x", "a@b:1"},
        {"http://host", "/", NULL, "host"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hone_request_target got;
        CHECK(read_target(rows[i].sent, &got));
        CHECK_STR(got.path, rows[i].path);
        CHECK((got.host == NULL) == (rows[i].host == NULL));
        if (rows[i].host != NULL) {
            CHECK_STR(got.host, rows[i].host);
        }
        CHECK((got.query == NULL) == (rows[i].query == NULL));
        if (rows[i].query != NULL) {
            CHECK_STR(got.query, rows[i].query);
        }
    }
}

static void what_names_nothing_here_is_refused(void **state)
{
    (void)state;
    static const char *const sent[] = {
        "",       "*",          "v2",      "localhost:80", "?x",    "ftp://localhost/v2",
        "http:/", "http:///v2", "http://", "x?http://a/b", "%2fv2",
    };
    for (size_t i = 0; i < sizeof sent / sizeof *sent; i++) {
        struct hone_request_target got;
        CHECK(!read_target(sent[i], &got));
        CHECK_STR(text, sent[i]);
    }
}

static void names_are_compared_decoded(void **state)
{
    (void)state;
    CHECK(hone_request_target_is(hone_str("a%2Fb"), "a/b"));
    CHECK(hone_request_target_is(hone_str("a%2fb%25"), "a/b%"));
    CHECK(hone_request_target_is(hone_str("%252f"), "%2f"));
    CHECK(!hone_request_target_is(hone_str("a%00"), "a"));
    CHECK(!hone_request_target_is(hone_str("ab"), "a"));
    CHECK(!hone_request_target_is(hone_str("a"), "ab"));
    CHECK(!hone_request_target_is((struct hone_str){"a%2Fb", 4}, "a/b"));
    CHECK(!hone_request_target_is((struct hone_str){"a\0b", 3}, "a"));
}

static const struct hone_endpoint *find(const char *sent, bool post, struct hone_path *names)
{
    struct hone_request_target target;
    const struct hone_endpoint *other;

    return read_target(sent, &target) ? hone_endpoint_find(target.path, post, names, &other)
                                      : NULL;
}

static void a_coded_slash_parts_nothing(void **state)
{
    (void)state;
    struct hone_path names;
    const struct hone_endpoint *plain = find("/v2/models/buyers/ready", false, &names);
    const struct hone_endpoint *coded = find("/v2/models/buyers%2Fready", false, &names);

    CHECK(plain != NULL && coded != NULL && plain != coded);
    CHECK(hone_request_target_is(names.model, "buyers/ready"));
    CHECK(find("/v2/%6dodels/buyers/infer", true, &names) != NULL);
    CHECK(hone_str_is(names.model, "buyers"));
    CHECK(find("/v2%2Fmodels", false, &names) == NULL);
    CHECK(find("/v2/models/../models", false, &names) == NULL);
    CHECK(find("/v2/models//ready", false, &names) == NULL);
}

const struct CMUnitTest hone_tests_request_target[] = {
    cmocka_unit_test(paths_and_queries),
    cmocka_unit_test(what_names_nothing_here_is_refused),
    cmocka_unit_test(names_are_compared_decoded),
    cmocka_unit_test(a_coded_slash_parts_nothing),
};
const size_t hone_tests_request_target_n =
    sizeof hone_tests_request_target / sizeof hone_tests_request_target[0];
