/* Who may ask the server: places, tokens of the store, rates. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "serve/access.h"
#include "store/audit.h"

struct fixture {
    struct hone_run run;
    struct hone_arena mem;
    struct hone_store *store;
    struct hone_access access;
};

static int64_t clock_now;
static int64_t told_time(void *clock)
{
    (void)clock;
    return clock_now;
}

static int begin(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    clock_now = 1000000;
    f->run.now = told_time;
    CHECK_OK(&f->run, hone_store_open(&f->run, check_folder(), true, &f->mem, &f->store));
    hone_access_init(&f->access, NULL);
    *state = f;
    return 0;
}

static int end(void **state)
{
    struct fixture *f = *state;

    hone_access_clear(&f->access);
    hone_store_close(f->store);
    hone_arena_free(&f->mem);
    hone_run_clear(&f->run);
    free(f);
    return 0;
}

static const char *grant(struct fixture *f, const char *name, enum hone_role role,
                         int64_t expires)
{
    const struct hone_token what = {.name = name, .role = role, .expires = expires};
    const char *secret = NULL;

    CHECK_OK(&f->run, hone_token_grant(&f->run, f->store, &what, &f->mem, &secret));
    return hone_arena_format(&f->mem, "Bearer %s", secret);
}

static struct hone_caller show(struct fixture *f, const char *header)
{
    CHECK_OK(&f->run, hone_access_load(&f->run, &f->access, f->store));
    return hone_access_token(&f->access, header, clock_now);
}

static void a_token_is_good_for_its_role(void **state)
{
    struct fixture *f = *state;
    const char *reader = grant(f, "reader", HONE_ROLE_READ, 0);
    const char *writer = grant(f, "writer", HONE_ROLE_WRITE, 0);

    CHECK(!hone_access_any(&f->access));
    CHECK(show(f, reader).role == HONE_ROLE_READ);
    CHECK(hone_access_any(&f->access));
    CHECK_STR(show(f, reader).name, "reader");
    CHECK(show(f, writer).role == HONE_ROLE_WRITE);
    CHECK(strlen(reader) == strlen("Bearer " HONE_TOKEN_PREFIX) + 64);
    CHECK(strcmp(reader, writer) != 0);
}

static void what_is_no_token_is_nobody(void **state)
{
    struct fixture *f = *state;
    const char *good = grant(f, "a", HONE_ROLE_ADMIN, 0);
    char cut[160];
    struct hone_token *list;
    size_t n;
    static const char *const bad[] = {NULL,       "",           "Bearer",       "Bearer ",
                                      "bearer\t", "Basic YQ==", "Bearer hone_", "Bearer  x"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(show(f, bad[i]).role == HONE_ROLE_NONE);
        CHECK(show(f, bad[i]).name == NULL);
    }
    memcpy(cut, good, strlen(good) + 1);
    cut[strlen(good) - 1] = '\0';
    CHECK(show(f, cut).role == HONE_ROLE_NONE);
    /* the scheme is a word in any case; what the store keeps is no token itself */
    cut[strlen(good) - 1] = good[strlen(good) - 1];
    memcpy(cut, "bEARER", 6);
    CHECK(show(f, cut).role == HONE_ROLE_ADMIN);
    CHECK_OK(&f->run, hone_token_list(&f->run, f->store, false, &f->mem, &list, &n));
    CHECK(n == 1);
    CHECK(show(f, hone_arena_format(&f->mem, "Bearer %s", list[0].digest)).role ==
          HONE_ROLE_NONE);
}

static void a_token_ends(void **state)
{
    struct fixture *f = *state;
    const char *brief = grant(f, "brief", HONE_ROLE_WRITE, 5000000);
    const char *lost = grant(f, "lost", HONE_ROLE_WRITE, 0);

    CHECK(show(f, brief).role == HONE_ROLE_WRITE);
    clock_now = 4999999;
    CHECK(hone_access_token(&f->access, brief, clock_now).role == HONE_ROLE_WRITE);
    clock_now = 5000000; /* without another look at the store */
    CHECK(hone_access_token(&f->access, brief, clock_now).role == HONE_ROLE_NONE);
    CHECK_OK(&f->run, hone_token_revoke(&f->run, f->store, "lost", "me", "leaked"));
    CHECK(show(f, lost).role == HONE_ROLE_NONE);
    CHECK_FAILS_WITH(&f->run, hone_token_revoke(&f->run, f->store, "lost", "me", NULL),
                     HONE_E_NOT_FOUND, "no token named lost is in force");
    CHECK_FAILS_WITH(&f->run, hone_token_revoke(&f->run, f->store, "brief", "me", NULL),
                     HONE_E_NOT_FOUND, "no token named brief");
}

static void a_name_is_given_once_at_a_time(void **state)
{
    struct fixture *f = *state;
    const struct hone_token again = {.name = "x", .role = HONE_ROLE_READ};
    const struct hone_token late = {.name = "y", .role = HONE_ROLE_READ, .expires = 1};
    const struct hone_token odd = {.name = "a/b", .role = HONE_ROLE_READ};
    const char *first = grant(f, "x", HONE_ROLE_READ, 3000000);
    const char *secret = "untouched";
    struct hone_token *list;
    size_t n;

    CHECK_FAILS_WITH(&f->run, hone_token_grant(&f->run, f->store, &again, &f->mem, &secret),
                     HONE_E_CONFLICT, "a token named x is in force");
    CHECK_FAILS_WITH(&f->run, hone_token_grant(&f->run, f->store, &late, &f->mem, &secret),
                     HONE_E_ARG, "good for nothing");
    CHECK_FAILS_WITH(&f->run, hone_token_grant(&f->run, f->store, &odd, &f->mem, &secret),
                     HONE_E_ARG, "a token's name");
    CHECK_STR(secret, "untouched");
    clock_now = 3000000;
    const char *second = grant(f, "x", HONE_ROLE_ADMIN, 0);
    CHECK(show(f, first).role == HONE_ROLE_NONE);
    CHECK(show(f, second).role == HONE_ROLE_ADMIN);
    CHECK_OK(&f->run, hone_token_list(&f->run, f->store, true, &f->mem, &list, &n));
    CHECK(n == 2);
    CHECK(list[0].revoked == 3000000 && list[1].revoked == 0);
    CHECK_OK(&f->run, hone_audit_verify(&f->run, f->store, NULL, NULL));
}

static void own_token_is_admin(void **state)
{
    struct fixture *f = *state;
    struct hone_access access = {0};

    (void)f;
    hone_access_init(&access, "open sesame");
    CHECK(hone_access_any(&access));
    CHECK(hone_access_token(&access, "Bearer open sesame", 0).role == HONE_ROLE_ADMIN);
    CHECK(hone_access_token(&access, "Bearer open sesam", 0).role == HONE_ROLE_NONE);
    hone_access_clear(&access);
}

static void places_of_this_machine(void **state)
{
    static const char *names[] = {"models.example.org"};
    const struct hone_texts more = {.n = 1, .item = names};
    struct hone_access access = {.check_place = true, .host = "[::1]", .names = &more};

    (void)state;
    CHECK(hone_access_place(&access, NULL, NULL));
    CHECK(hone_access_place(&access, "localhost:8080", NULL));
    CHECK(hone_access_place(&access, "LOCALHOST", "http://127.0.0.1:3000"));
    CHECK(hone_access_place(&access, "[::1]:8080", "https://models.example.org"));
    CHECK(hone_access_place(&access, "models.EXAMPLE.org:443", NULL));
    CHECK(!hone_access_place(&access, "evil.example", NULL));
    CHECK(!hone_access_place(&access, "", NULL));
    CHECK(!hone_access_place(&access, "localhost.evil.example", NULL));
    CHECK(!hone_access_place(&access, "[::1", NULL));
    CHECK(!hone_access_place(&access, "[::1].evil.example", NULL));
    CHECK(!hone_access_place(&access, "localhost:80@evil.example", NULL));
    CHECK(!hone_access_place(&access, "localhost:", "http://evil.example:80"));
    CHECK(!hone_access_place(&access, "localhost:8080.evil.example", NULL));
    CHECK(!hone_access_place(&access, "localhost, evil.example", NULL));
    CHECK(!hone_access_place(&access, "localhost", "http://localhost:1@evil.example"));
    CHECK(!hone_access_place(&access, "localhost", "null"));
    CHECK(!hone_access_place(&access, "localhost", "http://evil.example"));
    access.check_place = false;
    CHECK(hone_access_place(&access, "evil.example", "http://evil.example"));
}

static void a_client_gets_its_rate_and_no_more(void **state)
{
    static struct hone_gate gate = {.rate = 10};
    const int64_t second = 1000000000;
    const struct hone_str a = hone_str("a");
    size_t passed = 0;

    (void)state;
    for (size_t i = 0; i < 50; i++) { /* all at once: a second's worth */
        passed += hone_gate_wait(&gate, a, second) == 0;
    }
    CHECK(passed == 10);
    CHECK(hone_gate_wait(&gate, a, second) == second / 10);
    CHECK(hone_gate_wait(&gate, hone_str("b"), second) == 0);
    passed = 0;
    for (int64_t t = 0; t < 1000; t++) { /* 100 a second, for 10 seconds */
        passed += hone_gate_wait(&gate, a, 2 * second + t * second / 100) == 0;
    }
    CHECK(passed >= 109 && passed <= 110); /* 10 saved up, then 10 a second */
    static struct hone_gate slow = {.rate = 0.5};
    CHECK(hone_gate_wait(&slow, a, second) == 0);
    CHECK(hone_gate_wait(&slow, a, second) == 2 * second);
    CHECK(hone_gate_wait(&slow, a, 3 * second) == 0);
    static struct hone_gate open = {.rate = 0};
    for (size_t i = 0; i < 1000; i++) {
        CHECK(hone_gate_wait(&open, a, 0) == 0);
    }
}

const struct CMUnitTest hone_tests_access[] = {
    cmocka_unit_test_setup_teardown(a_token_is_good_for_its_role, begin, end),
    cmocka_unit_test_setup_teardown(what_is_no_token_is_nobody, begin, end),
    cmocka_unit_test_setup_teardown(a_token_ends, begin, end),
    cmocka_unit_test_setup_teardown(a_name_is_given_once_at_a_time, begin, end),
    cmocka_unit_test_setup_teardown(own_token_is_admin, begin, end),
    cmocka_unit_test(places_of_this_machine),
    cmocka_unit_test(a_client_gets_its_rate_and_no_more),
};
const size_t hone_tests_access_n = sizeof hone_tests_access / sizeof hone_tests_access[0];
