/* The verdict on a status, and its page. */
#include <string.h>

#include "check.h"
#include "serve/page_shell.h"
#include "serve/status_html.h"
#include "serve/status_words.h"
#include "serve/verdict.h"

#define NOW    "1795304683000000"
#define NOW_US INT64_C(1795304683000000)

static json_t *parsed(const char *text)
{
    json_error_t error;
    json_t *tree = json_loads(text, 0, &error);
    if (tree == NULL) {
        fail_msg("line %d: %s", error.line, error.text);
    }
    return tree;
}

/* The state of a status that has only these members besides its time. */
static json_t *judged(const char *members)
{
    struct hone_arena work = {0};
    json_t *status = parsed(hone_arena_format(&work, "{\"time_us\": " NOW "%s%s}",
                                              members[0] == '\0' ? "" : ", ", members));
    hone_arena_free(&work);
    hone_status_judge(status);
    return status;
}

static const char *state_of(const json_t *status)
{
    return hone_json_get_text(status, "state", "");
}

static const json_t *sign(const json_t *status, size_t i)
{
    return json_array_get(json_object_get(status, "signs"), i);
}

static void nothing_is_well(void **state)
{
    (void)state;
    HONE_JSON json_t *status = judged("");
    CHECK_STR(state_of(status), "ok");
    CHECK(json_array_size(json_object_get(status, "signs")) == 0);
}

static void alarms_weigh_what_they_say(void **state)
{
    (void)state;
    HONE_JSON json_t *status = judged(
        "\"alarms\": [{\"id\": 7, \"time_us\": 1795304680000000, \"severity\": \"warning\", \"kind\": \"drift\","
        "  \"subject\": \"age\", \"message\": \"m\", \"model\": \"b\", \"version\": 2},"
        " {\"id\": 8, \"time_us\": 1795304680000000, \"severity\": \"critical\", \"kind\": \"service\","
        "  \"subject\": \"u\", \"message\": \"requests failed\", \"model\": null, \"version\": 0,"
        "  \"changed\": {\"time_us\": 1795304560000000, \"actor\": \"anna\", \"what\": \"promoted 2\", \"reason\": \"r\"}}]");
    CHECK_STR(state_of(status), "act");
    CHECK_STR(hone_json_get_text(sign(status, 0), "what", ""), "requests failed");
    CHECK_STR(hone_json_get_text(sign(status, 0), "do", ""), "hone why alarm:8");
    CHECK(strstr(hone_json_get_text(sign(status, 0), "more", ""),
                 "It began 2 min after anna promoted 2 (r).") != NULL);
    CHECK_STR(hone_json_get_text(sign(status, 1), "level", ""), "look");
    CHECK_STR(hone_json_get_text(sign(status, 1), "what", ""),
              "b 2: its data are unlike the training data: m");
}

static void a_server_that_is_gone(void **state)
{
    (void)state;
    const char *gone =
        "{\"url\": \"http://a\", \"machine\": \"m\", \"pid\": 3, \"state\": \"gone\", \"seen_us\": 1, "
        "\"facts\": {\"models\": [{\"model\": \"x\", \"uri\": \"models:/x@champion\"}]}}";
    struct hone_arena work = {0};
    HONE_JSON json_t *alone = judged(hone_arena_format(&work, "\"servers\": [%s]", gone));
    CHECK_STR(state_of(alone), "act");
    CHECK_STR(hone_json_get_text(sign(alone, 0), "do", ""), "hone serve models:/x@champion");
    HONE_JSON json_t *replaced = judged(hone_arena_format(
        &work,
        "\"servers\": [%s, {\"url\": \"http://b\", \"state\": \"up\", \"facts\": {\"models\": [{\"model\": \"x\", "
        "\"uri\": \"models:/x@champion\", \"minute\": {}}]}}]",
        gone));
    CHECK_STR(state_of(replaced), "look");
    hone_arena_free(&work);
}

/* n servers that ended without a word, the last so long ago, where one is up now. */
static json_t *restarted(int n, int64_t minutes)
{
    struct hone_arena work = {0};
    struct hone_buf list = hone_buf(&work);
    hone_buf_text(
        &list, "\"servers\": [{\"url\": \"http://a\", \"machine\": \"m\", \"state\": \"up\"}");
    for (int i = 0; i < n; i++) {
        hone_buf_format(
            &list,
            ", {\"url\": \"http://a\", \"machine\": \"m\", \"pid\": 3, \"state\": \"replaced\", "
            "\"seen_us\": %lld}",
            (long long)(NOW_US - (minutes + 5 * i) * 60000000));
    }
    hone_buf_text(
        &list,
        ", {\"url\": \"http://a\", \"machine\": \"n\", \"state\": \"replaced\", \"seen_us\": 1}]");
    hone_buf_char(&list, '\0');
    json_t *status = judged(list.ptr);
    hone_arena_free(&work);
    return status;
}

static void a_server_that_is_started_again_and_again(void **state)
{
    (void)state;
    HONE_JSON json_t *never = restarted(0, 0);
    CHECK_STR(state_of(never), "ok");
    HONE_JSON json_t *once = restarted(1, 10);
    CHECK_STR(state_of(once), "look");
    CHECK_STR(hone_json_get_text(sign(once, 0), "what", ""),
              "The server http://a on m ended without a word and was started again");
    CHECK(hone_json_get_int(sign(once, 0), "since_us", 0) == NOW_US - INT64_C(600000000));
    HONE_JSON json_t *over = restarted(2, 61);
    CHECK_STR(state_of(over), "ok");
    HONE_JSON json_t *often = restarted(3, 10);
    CHECK_STR(state_of(often), "act");
    CHECK_STR(
        hone_json_get_text(sign(often, 0), "what", ""),
        "The server http://a on m ended without a word 3 times in the last day and was started again");
    HONE_JSON json_t *earlier = restarted(3, 61);
    CHECK_STR(state_of(earlier), "look");
}

static void labels_that_cannot_be_read_are_told(void **state)
{
    (void)state;
    HONE_JSON json_t *some = judged(
        "\"models\": [{\"model\": \"a\", \"look\": {\"unread_labels\": 3, \"unread_label\": \"perhaps\"}}]");
    CHECK_STR(state_of(some), "look");
    CHECK_STR(hone_json_get_text(sign(some, 0), "what", ""),
              "a: 3 labels are no answer that it can give");
    CHECK_STR(hone_json_get_text(sign(some, 0), "more", ""),
              "The first is \"perhaps\"; its quality is that of the others.");
    HONE_JSON json_t *none = judged(
        "\"models\": [{\"model\": \"a\", \"look\": {\"unread_labels\": 0, \"unread_label\": null}}]");
    CHECK_STR(state_of(none), "ok");
}

/* The facts of one server that is up. */
static json_t *with_minute(const char *minute, const char *course)
{
    struct hone_arena work = {0};
    json_t *status = judged(hone_arena_format(
        &work,
        "\"servers\": [{\"url\": \"http://b\", \"state\": \"up\", \"facts\": {\"models\": [{\"model\": \"x\", "
        "\"minute\": %s, \"course\": %s}]}}]",
        minute, course));
    hone_arena_free(&work);
    return status;
}

static void errors_by_their_share(void **state)
{
    (void)state;
    HONE_JSON json_t *few =
        with_minute("{\"requests\": 1000, \"failed\": 4, \"refused\": 4, \"codes\": {}}", "{}");
    CHECK_STR(state_of(few), "look");
    HONE_JSON json_t *many = with_minute(
        "{\"requests\": 500, \"failed\": 5, \"refused\": 0, \"codes\": {\"500\": 5}}", "{}");
    CHECK_STR(state_of(many), "act");
    HONE_JSON json_t *refused = with_minute(
        "{\"requests\": 100, \"failed\": 0, \"refused\": 5, \"codes\": {\"400\": 3, \"429\": 2}}",
        "{}");
    CHECK_STR(state_of(refused), "look");
    CHECK(strstr(hone_json_get_text(sign(refused, 0), "more", ""),
                 "3 x 400 (not what the model takes), 2 x 429 (over the rate limit)") != NULL);
    HONE_JSON json_t *fine = with_minute(
        "{\"requests\": 1000, \"failed\": 0, \"refused\": 49, \"codes\": {}}", "{}");
    CHECK_STR(state_of(fine), "ok");
}

static void slower_than_usual_and_silence(void **state)
{
    (void)state;
    HONE_JSON json_t *slow =
        with_minute("{\"requests\": 10, \"p99_ms\": 41}", "{\"p99_ms\": [9, 10, null, 11]}");
    CHECK_STR(state_of(slow), "look");
    HONE_JSON json_t *usual =
        with_minute("{\"requests\": 10, \"p99_ms\": 39}", "{\"p99_ms\": [9, 10, null, 11]}");
    CHECK_STR(state_of(usual), "ok");
    HONE_JSON json_t *silent =
        with_minute("{\"requests\": 0}", "{\"per_second\": [1,1,1,1,1,1,1,1,1,1,1,0,0,0,0,0]}");
    CHECK_STR(state_of(silent), "look");
    HONE_JSON json_t *night =
        with_minute("{\"requests\": 0}", "{\"per_second\": [1,1,1,0,0,1,0,1,1,1,1,0,0,0,0,0]}");
    CHECK_STR(state_of(night), "ok");
}

static void quality_against_the_test(void **state)
{
    (void)state;
    struct hone_arena mem = {0};
    HONE_JSON json_t *less = parsed(
        "{\"metric\": \"auc\", \"realised\": 0.7, \"labelled\": 100, \"tested_low\": 0.8, "
        "\"tested_high\": 0.9, \"greater_is_better\": true}");
    CHECK(hone_realised_text(less, &mem).mood == HONE_MOOD_LOOK);
    CHECK_STR(hone_realised_text(less, &mem).text,
              "auc 0.7 on 100 labels, worse than the test's 0.8 to 0.9");
    HONE_JSON json_t *error = parsed(
        "{\"metric\": \"mae\", \"realised\": 0.7, \"labelled\": 100, \"tested_low\": 0.8, "
        "\"tested_high\": 0.9, \"greater_is_better\": false}");
    CHECK_STR(hone_realised_text(error, &mem).text,
              "mae 0.7 on 100 labels, better than the test's 0.8 to 0.9");
    HONE_JSON json_t *none = parsed("{\"metric\": null, \"realised\": null}");
    CHECK(hone_realised_text(none, &mem).text == NULL);
    hone_arena_free(&mem);
}

static void names_are_text(void **state)
{
    (void)state;
    struct hone_arena mem = {0};
    struct hone_buf out = hone_buf(&mem);
    HONE_JSON json_t *status = judged(
        "\"models\": [{\"model\": \"<script>x</script>\", \"aliases\": [{\"alias\": \"champion\", \"version\": 1, "
        "\"actor\": \"<b>\", \"reason\": \"</title>&\\\"'\", \"since_us\": 1}], \"served\": {}, \"look\": null}], "
        "\"servers\": [], \"alarms\": [], \"decisions\": [{\"time_us\": 1, \"actor\": \"<i>\", \"what\": \"<u>\", "
        "\"reason\": \"<s>\", \"subject\": \"\"}]");
    hone_status_html(status, &out);
    hone_status_model_html(status, "<script>x</script>", &out);
    hone_buf_char(&out, '\0');
    CHECK(strstr(out.ptr, "<script>") == NULL && strstr(out.ptr, "</title>") == NULL);
    CHECK(strstr(out.ptr, "<i>") == NULL && strstr(out.ptr, "<u>") == NULL &&
          strstr(out.ptr, "<s>") == NULL);
    CHECK(strstr(out.ptr, "&lt;script&gt;x&lt;/script&gt;") != NULL);
    CHECK(strstr(out.ptr, "<header class=\"top ok\">") != NULL);
    hone_arena_free(&mem);
}

static void a_course_is_told_in_words(void **state)
{
    (void)state;
    struct hone_arena mem = {0};
    struct hone_buf out = hone_buf(&mem);
    HONE_JSON json_t *values = parsed("[1, null, 4, 2]");
    HONE_JSON json_t *short_one = parsed("[1]");
    hone_html_spark(&out, &(struct hone_spark){short_one, "load", "", "", 1});
    CHECK(out.len == 0);
    hone_html_spark(&out, &(struct hone_spark){values, "load", " ms", "", 1});
    hone_buf_char(&out, '\0');
    CHECK(
        strstr(
            out.ptr,
            "aria-label=\"load over the last 4 minutes: at least 1 ms, at most 4 ms, now 2 ms\"") !=
        NULL);
    CHECK(strstr(out.ptr, "d=\"M0 29h.4M2 2h.4L3 20\"") != NULL); /* the gap lifts the pen */
    hone_arena_free(&mem);
}

/* The hashes in the policy are those of the style and script in the page: else a browser runs neither. */
static void the_policy_fits_the_page(void **state)
{
    (void)state;
    struct hone_arena mem = {0};
    struct hone_buf out = hone_buf(&mem);
    const struct hone_shell shell = {.title = "t", .state = "ok", .live = true};
    hone_shell_begin(&out, &shell);
    hone_shell_end(&out, &shell);
    hone_buf_char(&out, '\0');
    const char *fields = hone_shell_fields(&mem);
    CHECK(strstr(fields, "\r\nX-Content-Type-Options: nosniff\r\n") != NULL);
    CHECK(strstr(fields, "unsafe") == NULL);
    CHECK(strstr(out.ptr, "<noscript><meta http-equiv=refresh") != NULL);
    CHECK(strstr(out.ptr, " style=") == NULL && strstr(out.ptr, " onclick=") == NULL);
    hone_arena_free(&mem);
}

const struct CMUnitTest hone_tests_status_page[] = {
    cmocka_unit_test(nothing_is_well),
    cmocka_unit_test(alarms_weigh_what_they_say),
    cmocka_unit_test(a_server_that_is_gone),
    cmocka_unit_test(labels_that_cannot_be_read_are_told),
    cmocka_unit_test(a_server_that_is_started_again_and_again),
    cmocka_unit_test(errors_by_their_share),
    cmocka_unit_test(slower_than_usual_and_silence),
    cmocka_unit_test(quality_against_the_test),
    cmocka_unit_test(names_are_text),
    cmocka_unit_test(a_course_is_told_in_words),
    cmocka_unit_test(the_policy_fits_the_page),
};
const size_t hone_tests_status_page_n =
    sizeof hone_tests_status_page / sizeof hone_tests_status_page[0];
