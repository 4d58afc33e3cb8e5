/* Webhooks: URLs, what is shown of them, signatures, and a receiver that is not there. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "io/webhook.h"

/* From the Standard Webhooks libraries' own tests. */
#define SPEC_ID      "msg_p5jXN8AQM9LWM0D4loKWxJek"
#define SPEC_KEY     "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define SPEC_TIME    1614265330
#define SPEC_BODY    "{\"test\": 2432232314}"
#define SPEC_WRITTEN "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

static void signatures_are_those_of_the_specification(void **state)
{
    (void)state;
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    const char *got;
    CHECK_OK(&run, hone_webhook_sign(&run, "whsec_" SPEC_KEY, SPEC_ID, SPEC_TIME,
                                     hone_str(SPEC_BODY), &mem, &got));
    CHECK_STR(got, SPEC_WRITTEN);
    /* a key without the mark is taken as it stands: python3 -c 'import hmac, base64; print(base64.b64encode(
     * hmac.new(b"night", b"alarm_1.1700000000.{}", "sha256").digest()))' */
    CHECK_OK(&run, hone_webhook_sign(&run, "night", "alarm_1", 1700000000, hone_str("{}"), &mem,
                                     &got));
    CHECK_STR(got, "v1,hWqBDD2EGLe5qCC/qPGT7OXbflmYSKOagygGUvY1ocM=");
    /* unpadded, and one byte: "whsec_" + base64 of "n" */
    const char *padded;
    CHECK_OK(&run, hone_webhook_sign(&run, "whsec_bg==", "a", 1, hone_str(""), &mem, &padded));
    CHECK_OK(&run, hone_webhook_sign(&run, "whsec_bg", "a", 1, hone_str(""), &mem, &got));
    CHECK_STR(got, padded);
    CHECK_OK(&run, hone_webhook_sign(&run, "n", "a", 1, hone_str(""), &mem, &got));
    CHECK_STR(got, padded);

    static const char *const bad[] = {"whsec_", "whsec_=", "whsec_b",
                                      "whsec_b!==", "whsec_bg=x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_FAILS_WITH(&run,
                         hone_webhook_sign(&run, bad[i], "a", 1, hone_str(""), &mem, &got),
                         HONE_E_ARG, "secret");
    }
    CHECK_FAILS_WITH(&run, hone_webhook_sign(&run, "", "a", 1, hone_str(""), &mem, &got),
                     HONE_E_ARG, "empty");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void what_may_be_secret_is_not_shown(void **state)
{
    (void)state;
    static const struct {
        const char *url, *name;
    } cases[] = {
        {"https://hooks.slack.com/services/T0/B0/secret", "https://hooks.slack.com"},
        {"http://127.0.0.1:8099/x?token=secret", "http://127.0.0.1:8099"},
        {"HTTPS://ann:secret@example.com:8443?key=secret", "https://example.com:8443"},
        {"https://a:b@secret@example.com/", "https://example.com"},
        {"https://example.com#secret", "https://example.com"},
        {"https://[::1]:80/", "https://[::1]:80"},
        {"https://example.com\\@secret", "https://example.com"},
        {"secret", "(no URL)"},
    };
    struct hone_arena mem = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_STR(hone_webhook_name(cases[i].url, &mem), cases[i].name);
    }
    hone_arena_free(&mem);
}

static void only_urls_are_taken(void **state)
{
    (void)state;
    static const char *const good[] = {"https://example.com", "http://127.0.0.1:8099/x?y=z",
                                       "HTTP://a.b/c", "https://u:p@h/"};
    static const char *const bad[] = {
        "",
        "example.com",
        "ftp://example.com",
        "file:///etc/passwd",
        "https://",
        "https:",
        "https:///path",
        "https://:80/",
        "https://u@/x",
        "https://a b",
        "https://a\n",
        "https://a\x7f",
        " https://a",
    };
    struct hone_run run = {0};
    char large[HONE_WEBHOOK_URL + 2];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        CHECK_OK(&run, hone_webhook_check(&run, good[i]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_FAILS_WITH(&run, hone_webhook_check(&run, bad[i]), HONE_E_ARG, "webhook");
    }
    memset(large, 'a', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    memcpy(large, "https://", 8);
    CHECK_FAILS_WITH(&run, hone_webhook_check(&run, large), HONE_E_LIMIT, "2049");
    hone_run_clear(&run);
}

static void nobody_there_is_said(void **state)
{
    (void)state;
    struct hone_run run = {0};
    struct hone_webhook_client *client = NULL;
    int64_t retry = 7;
    unsetenv("http_proxy"); /* or it would be asked */
    if (hone_webhook_open(&run, NULL, &client) != HONE_OK) {
        CHECK(run.err.code == HONE_E_UNSUPPORTED && strstr(run.err.message, "libcurl") != NULL);
        hone_run_clear(&run);
        SKIP("no libcurl");
    }
    /* port 9 of this machine: nothing listens, and nothing is asked of the network */
    struct hone_webhook_message message = {.url = "http://ann:secret@127.0.0.1:9/secret?secret",
                                           .id = "a",
                                           .secret = "key",
                                           .body = hone_str("{}")};
    CHECK(hone_webhook_post(&run, client, &message, &retry) == HONE_E_IO);
    CHECK(strstr(run.err.message, "http://127.0.0.1:9: ") == run.err.message);
    CHECK(strstr(run.err.message, "secret") == NULL && retry == 0);
    hone_error_clear(&run);
    message.url = "http:///";
    CHECK_FAILS(&run, hone_webhook_post(&run, client, &message, &retry), HONE_E_ARG);
    message.url = "http://127.0.0.1:9/";
    message.secret = "whsec_?";
    CHECK_FAILS(&run, hone_webhook_post(&run, client, &message, &retry), HONE_E_ARG);
    hone_webhook_close(client);
    hone_webhook_close(NULL);
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_webhook[] = {
    cmocka_unit_test(signatures_are_those_of_the_specification),
    cmocka_unit_test(what_may_be_secret_is_not_shown),
    cmocka_unit_test(only_urls_are_taken),
    cmocka_unit_test(nobody_there_is_said),
};
const size_t hone_tests_webhook_n = sizeof hone_tests_webhook / sizeof hone_tests_webhook[0];
