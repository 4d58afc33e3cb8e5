/* Alarms told to hooks: the message, patience, and a receiver that is moody. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "flow/watch/tell.h"
#include "stores.h"

#define SECOND INT64_C(1000000)

/* A receiver: what it answers next, and what it got. */
struct receiver {
    enum hone_code answer;
    int64_t retry;
    size_t got;
    char id[100], body[4000];
    const char *url;
};

static enum hone_code receive(struct hone_run *run, void *ctx,
                              const struct hone_webhook_message *message, int64_t *retry)
{
    struct receiver *r = ctx;
    r->got++;
    r->url = message->url;
    CHECK(message->body.len < sizeof r->body && strlen(message->id) < sizeof r->id);
    memcpy(r->body, message->body.ptr, message->body.len);
    r->body[message->body.len] = '\0';
    memcpy(r->id, message->id, strlen(message->id) + 1);
    *retry = r->retry;
    return r->answer == HONE_OK ? HONE_OK : hone_fail(run, r->answer, "status 500");
}

struct fix {
    struct hone_run run;
    struct hone_arena mem;
    struct hone_store *store;
    struct hone_hooks hooks;
    struct hone_teller *teller;
    struct receiver receiver;
    int64_t now, version;
};

static void fix_open(struct fix *fix, size_t hooks)
{
    static const char *url[] = {"https://u:p@one.example/secret",
                                "https://two.example/?secret"};
    *fix = (struct fix){.now = INT64_C(1763712000) * SECOND};
    fix->run.now = stores_still;
    fix->run.clock = &fix->now;
    CHECK_OK(&fix->run,
             hone_store_open(&fix->run, check_folder(), true, &fix->mem, &fix->store));
    fix->version = stores_version(&fix->run, fix->store, "loan", &fix->mem).id;
    fix->hooks = (struct hone_hooks){.url = {url, hooks},
                                     .page = "http://127.0.0.1:8080/",
                                     .post = receive,
                                     .ctx = &fix->receiver};
    CHECK_OK(&fix->run, hone_teller_new(&fix->run, &fix->hooks, &fix->teller));
}

static void fix_close(struct fix *fix)
{
    hone_teller_free(fix->teller);
    hone_store_close(fix->store);
    hone_arena_free(&fix->mem);
    hone_run_clear(&fix->run);
}

static int64_t alarm_of(struct fix *fix, const char *subject)
{
    const struct hone_alarm alarm = {.time = fix->now,
                                     .version_id = fix->version,
                                     .kind = "drift",
                                     .severity = "critical",
                                     .subject = subject,
                                     .value = 0.42,
                                     .threshold = 0.1,
                                     .window_from = fix->now - 7200 * SECOND,
                                     .window_to = fix->now,
                                     .message = "2 of 3 columns drifted <!channel> & more"};
    int64_t id;
    bool fresh;
    CHECK_OK(&fix->run, hone_alarm_raise(&fix->run, fix->store, &alarm, &id, &fresh));
    return id;
}

static size_t tell(struct fix *fix, struct hone_told **told)
{
    size_t n;
    CHECK_OK(&fix->run, hone_tell_due(&fix->run, fix->store, fix->teller, &fix->mem, told, &n));
    return n;
}

static void the_message_says_all(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_told *told;
    json_t *tree;
    fix_open(&fix, 1);
    int64_t id = alarm_of(&fix, "age");
    CHECK(id == 1);
    CHECK(tell(&fix, &told) == 1);
    CHECK(told->alarm == 1 && !told->closed && told->attempt == 1 && told->error == NULL);
    CHECK_STR(told->hook, "https://one.example");
    CHECK_OK(&fix.run, hone_json_parse(&fix.run, hone_str(fix.receiver.body), &tree));
    CHECK_STR(hone_json_get_text(tree, "type", ""), "alarm.raised");
    CHECK_STR(hone_json_get_text(tree, "timestamp", ""), "2025-11-21T08:00:00Z");
    CHECK_STR(
        hone_json_get_text(tree, "text", ""),
        "CRITICAL drift, models:/loan/1: 2 of 3 columns drifted &lt;!channel&gt; &amp; more "
        "(age 0.42, threshold 0.1) - hone why alarm:1 - http://127.0.0.1:8080/alarms/1");
    const json_t *data = json_object_get(tree, "data");
    CHECK_STR(hone_json_get_text(data, "id", ""), "alarm:1");
    CHECK_STR(hone_json_get_text(data, "kind", ""), "drift");
    CHECK_STR(hone_json_get_text(data, "severity", ""), "critical");
    CHECK_STR(hone_json_get_text(data, "subject", ""), "age");
    CHECK_STR(hone_json_get_text(data, "model", ""), "loan");
    CHECK(hone_json_get_int(data, "version", 0) == 1);
    CHECK_STR(hone_json_get_text(data, "message", ""),
              "2 of 3 columns drifted <!channel> & more");
    CHECK_NEAR(hone_json_get_real(data, "value", 0), 0.42, 0);
    CHECK_NEAR(hone_json_get_real(data, "threshold", 0), 0.1, 0);
    CHECK_STR(hone_json_get_text(json_object_get(data, "window"), "from", ""),
              "2025-11-21T06:00:00Z");
    CHECK_STR(hone_json_get_text(json_object_get(data, "window"), "to", ""),
              "2025-11-21T08:00:00Z");
    CHECK(json_is_null(json_object_get(data, "closed")));
    CHECK_STR(hone_json_get_text(data, "command", ""), "hone why alarm:1");
    CHECK_STR(hone_json_get_text(data, "page", ""), "http://127.0.0.1:8080/alarms/1");
    json_decref(tree);
    CHECK(strchr(fix.receiver.id, '.') == NULL);

    fix.now += 60 * SECOND;
    CHECK_OK(&fix.run, hone_alarm_close(&fix.run, fix.store, id, "ann", "cents for euros"));
    CHECK(tell(&fix, &told) == 1 && told->closed);
    CHECK_OK(&fix.run, hone_json_parse(&fix.run, hone_str(fix.receiver.body), &tree));
    CHECK_STR(hone_json_get_text(tree, "type", ""), "alarm.closed");
    CHECK(strstr(hone_json_get_text(tree, "text", ""), "CLOSED drift, models:/loan/1: ") !=
          NULL);
    CHECK(strstr(hone_json_get_text(tree, "text", ""), "; closed by ann: cents for euros") !=
          NULL);
    data = json_object_get(json_object_get(tree, "data"), "closed");
    CHECK_STR(hone_json_get_text(data, "by", ""), "ann");
    CHECK_STR(hone_json_get_text(data, "reason", ""), "cents for euros");
    CHECK_STR(hone_json_get_text(data, "time", ""), "2025-11-21T08:01:00Z");
    json_decref(tree);
    CHECK(tell(&fix, &told) == 0);
    fix_close(&fix);
}

/* A service alarm has neither model, version, window nor value; a test has not even an id. */
static void what_is_not_known_is_null(void **state)
{
    (void)state;
    const struct hone_alarm alarm = {.kind = "service",
                                     .severity = "warning",
                                     .subject = "here",
                                     .value = (double)NAN,
                                     .threshold = (double)NAN,
                                     .message = "line one\nline two"};
    HONE_JSON json_t *tree = hone_alarm_message(&alarm, "test", SECOND, NULL);
    const json_t *data = json_object_get(tree, "data");
    static const char *const none[] = {"id",     "model",  "version", "value",   "threshold",
                                       "raised", "window", "closed",  "command", "page"};
    CHECK_STR(hone_json_get_text(tree, "text", ""), "TEST service: line one line two");
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        CHECK(json_is_null(json_object_get(data, none[i])));
    }
}

static void patience_doubles(void **state)
{
    (void)state;
    static const int64_t want[] = {5, 10, 20, 40, 80, 160, 320, 600, 600};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        CHECK(hone_tell_patience((int64_t)i + 1, 0) == want[i]);
    }
    CHECK(hone_tell_patience(1000000, 0) == 600);
    CHECK(hone_tell_patience(1, 30) == 30 && hone_tell_patience(4, 30) == 40);
    CHECK(hone_tell_patience(9, 3600) == 3600);
}

static void what_is_not_accepted_is_told_again(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_told *told;
    char id[100];
    struct hone_alarm alarm;
    fix_open(&fix, 1);
    int64_t first = alarm_of(&fix, "age");
    (void)alarm_of(&fix, "job");
    fix.receiver.answer = HONE_E_IO;
    CHECK(tell(&fix, &told) == 1); /* the other alarm is not tried on a hook that fails */
    CHECK_STR(told->error, "status 500");
    CHECK(told->again == fix.now + 5 * SECOND && fix.run.err.code == HONE_OK);
    memcpy(id, fix.receiver.id, sizeof id);
    /* another process, after a restart */
    hone_teller_free(fix.teller);
    CHECK_OK(&fix.run, hone_teller_new(&fix.run, &fix.hooks, &fix.teller));
    fix.receiver.retry = 120;
    CHECK(tell(&fix, &told) == 1 && told->alarm != first &&
          told->again == fix.now + 120 * SECOND);
    CHECK(tell(&fix, &told) == 0);
    fix.now += 5 * SECOND - 1;
    CHECK(tell(&fix, &told) == 0);
    fix.now += 1;
    fix.receiver.retry = 0;
    CHECK(tell(&fix, &told) == 1 && told->alarm == first && told->attempt == 2);
    CHECK(told->again == fix.now + 10 * SECOND);
    CHECK_STR(fix.receiver.id, id); /* the same message */
    CHECK_OK(&fix.run, hone_alarm_get(&fix.run, fix.store, first, &fix.mem, &alarm));
    CHECK(alarm.told == 0);
    fix.receiver.answer = HONE_OK;
    fix.now += 120 * SECOND;
    CHECK(tell(&fix, &told) == 2);
    CHECK_OK(&fix.run, hone_alarm_get(&fix.run, fix.store, first, &fix.mem, &alarm));
    CHECK(alarm.told == fix.now);
    CHECK(tell(&fix, &told) == 0);
    CHECK(fix.receiver.got == 5);
    /* a signal while it is told: nothing is said of it, and it is due again when the lease is over */
    (void)alarm_of(&fix, "member");
    fix.receiver.answer = HONE_E_CANCELLED;
    size_t n;
    CHECK_FAILS(&fix.run, hone_tell_due(&fix.run, fix.store, fix.teller, &fix.mem, &told, &n),
                HONE_E_CANCELLED);
    fix.receiver.answer = HONE_OK;
    CHECK(tell(&fix, &told) == 0);
    fix.now += 30 * SECOND;
    CHECK(tell(&fix, &told) == 1 && told->attempt == 2);
    fix_close(&fix);
}

/* Two hooks: one that fails does not hold the other up, and what one accepted is not told to it again. */
static enum hone_code only_two(struct hone_run *run, void *ctx,
                               const struct hone_webhook_message *message, int64_t *retry)
{
    struct receiver *r = ctx;
    r->answer = strstr(message->url, "one") != NULL ? HONE_E_IO : HONE_OK;
    return receive(run, ctx, message, retry);
}

static void hooks_do_not_wait_for_each_other(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_told *told;
    fix_open(&fix, 2);
    fix.hooks.post = only_two;
    (void)alarm_of(&fix, "age");
    CHECK(tell(&fix, &told) == 2);
    CHECK(told[0].error != NULL && told[1].error == NULL);
    fix.now += 5 * SECOND;
    CHECK(tell(&fix, &told) == 1 && told->attempt == 2);
    CHECK(strstr(fix.receiver.url, "one") != NULL);
    fix_close(&fix);
}

static void hooks_come_from_options_and_environment(void **state)
{
    (void)state;
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    const char *given[] = {"https://a.example/x", "https://b.example"};
    struct hone_texts some = {given, 2};
    const struct hone_texts none = {0};
    struct hone_hooks hooks;
    unsetenv(HONE_ENV_WEBHOOK);
    unsetenv(HONE_ENV_WEBHOOK_SECRET);
    CHECK_OK(&run, hone_hooks_gather(&run, &none, &mem, &hooks));
    CHECK(hooks.url.n == 0 && hooks.secret == NULL);
    setenv(HONE_ENV_WEBHOOK, "  https://b.example   https://c.example ", 1);
    setenv(HONE_ENV_WEBHOOK_SECRET, "whsec_bg==", 1);
    CHECK_OK(&run, hone_hooks_gather(&run, &some, &mem, &hooks));
    CHECK(hooks.url.n == 3);
    CHECK_STR(hooks.url.item[2], "https://c.example");
    CHECK_STR(hooks.secret, "whsec_bg==");
    setenv(HONE_ENV_WEBHOOK_SECRET, "whsec_?", 1);
    CHECK_FAILS_WITH(&run, hone_hooks_gather(&run, &some, &mem, &hooks), HONE_E_ARG, "base64");
    setenv(HONE_ENV_WEBHOOK, "c.example", 1);
    CHECK_FAILS_WITH(&run, hone_hooks_gather(&run, &some, &mem, &hooks), HONE_E_ARG,
                     "https://");
    unsetenv(HONE_ENV_WEBHOOK);
    unsetenv(HONE_ENV_WEBHOOK_SECRET);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_tell[] = {
    cmocka_unit_test(the_message_says_all),
    cmocka_unit_test(what_is_not_known_is_null),
    cmocka_unit_test(patience_doubles),
    cmocka_unit_test(what_is_not_accepted_is_told_again),
    cmocka_unit_test(hooks_do_not_wait_for_each_other),
    cmocka_unit_test(hooks_come_from_options_and_environment),
};
const size_t hone_tests_tell_n = sizeof hone_tests_tell / sizeof hone_tests_tell[0];
