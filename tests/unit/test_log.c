/* The log's lines, and who is told of progress. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/progress.h"
#include "check.h"

static int64_t fixed(void *clock)
{
    (void)clock;
    return INT64_C(1709208000500000);
}

/* What hone_log writes for one event. */
static const char *logged(bool json, enum hone_level level, const char *event, const char *text)
{
    static char got[4096];
    int ends[2];
    CHECK(pipe(ends) == 0);
    struct hone_log log = {.fd = ends[1], .level = HONE_LOG_INFO, .json = json};
    struct hone_run run = {.log = &log, .now = fixed};
    hone_log(&run, level, event, "%s", text);
    close(ends[1]);
    ssize_t n = read(ends[0], got, sizeof got - 1);
    CHECK(n >= 0);
    got[n] = '\0';
    close(ends[0]);
    return got;
}

static void lines_are_plain_text(void **state)
{
    (void)state;
    CHECK_STR(logged(false, HONE_LOG_WARN, "rollback", "to version 3"),
              "2024-02-29T12:00:00.500000Z warn rollback to version 3\n");
    CHECK_STR(logged(false, HONE_LOG_DEBUG, "x", "dropped"), "");
    CHECK_STR(logged(false, HONE_LOG_ERROR, "x", "a\nb\x1b[0m"),
              "2024-02-29T12:00:00.500000Z error x a\\u000ab\\u001b[0m\n");
    struct hone_run silent = {0};
    hone_log(&silent, HONE_LOG_ERROR, "x", "nobody listens");
}

static void lines_are_json(void **state)
{
    (void)state;
    struct hone_run run = {0};
    const char *line = logged(true, HONE_LOG_INFO, "swap", "say \"\xc3\xa4\" \\ \n end");
    HONE_JSON json_t *event = NULL;
    CHECK_OK(&run, hone_json_parse(&run, hone_str(line), &event));
    CHECK_STR(hone_json_get_text(event, "level", ""), "info");
    CHECK_STR(hone_json_get_text(event, "event", ""), "swap");
    CHECK_STR(hone_json_get_text(event, "text", ""), "say \"\xc3\xa4\" \\ \n end");
    CHECK_STR(hone_json_get_text(event, "time", ""), "2024-02-29T12:00:00.500000Z");
    hone_run_clear(&run);
}

static void long_lines_are_cut_but_whole(void **state)
{
    (void)state;
    struct hone_run run = {0};
    static char text[3000];
    memset(text, '"', sizeof text - 1);
    for (int json = 0; json < 2; json++) {
        const char *line = logged(json == 1, HONE_LOG_INFO, "long", text);
        size_t len = strlen(line);
        CHECK(len <= 1024 && len > 1000 && line[len - 1] == '\n');
        if (json == 1) {
            HONE_JSON json_t *event = NULL;
            CHECK_OK(&run, hone_json_parse(&run, hone_str(line), &event));
        }
    }
    hone_run_clear(&run);
}

static void fields_are_members_or_logfmt(void **state)
{
    (void)state;
    char line[HONE_LOG_LINE];
    char *big = calloc(1, 3000);
    memset(big, 'x', 2999);
    const struct hone_log_field field[] = {
        hone_log_text("id", "a1"),      hone_log_text("said", "two words \"q\""),
        hone_log_text("none", NULL),    hone_log_whole("n", -3),
        hone_log_real("ms", 1.5),       hone_log_real("nan", (double)NAN),
        hone_log_text("too_long", big), hone_log_whole("last", 9),
    };
    struct hone_log_event event = {HONE_LOG_INFO, "slow", "", field, 8};
    struct hone_log log = {.level = HONE_LOG_INFO};
    struct hone_run run = {.log = &log, .now = fixed};
    size_t len = hone_log_line(&run, &event, line);
    const char want[] =
        "2024-02-29T12:00:00.500000Z info slow id=a1 said=\"two words \\\"q\\\"\" n=-3 ms=1.5 last=9\n";
    CHECK(len == sizeof want - 1);
    CHECK(memcmp(line, want, len) == 0);
    log.json = true;
    event.text = "why";
    len = hone_log_line(&run, &event, line);
    HONE_JSON json_t *tree = NULL;
    CHECK_OK(&run, hone_json_parse(&run, (struct hone_str){line, len}, &tree));
    CHECK_STR(hone_json_get_text(tree, "text", ""), "why");
    CHECK_STR(hone_json_get_text(tree, "said", ""), "two words \"q\"");
    CHECK(hone_json_get_int(tree, "n", 0) == -3);
    CHECK_NEAR(hone_json_get_real(tree, "ms", 0), 1.5, 0);
    CHECK(hone_json_get_int(tree, "last", 0) == 9);
    CHECK(json_object_get(tree, "nan") == NULL && json_object_get(tree, "too_long") == NULL);
    free(big);
    hone_run_clear(&run);
}

struct seen {
    struct hone_progress progress;
    unsigned calls;
    uint64_t done;
    uint64_t total;
    const char *stage;
};

static void see(struct hone_progress *self, const char *stage, const char *unit, uint64_t done,
                uint64_t total)
{
    struct seen *seen = (struct seen *)self;
    seen->calls++;
    seen->done = done;
    seen->total = total;
    seen->stage = stage;
    CHECK_STR(unit, "rows");
}

static void progress_is_told(void **state)
{
    (void)state;
    struct seen seen = {.progress.show = see};
    struct hone_run run = {.progress = &seen.progress};
    hone_progress_at(&run, 5); /* before a stage: nothing */
    CHECK(seen.calls == 0);
    hone_progress_begin(&run, "reading", "rows", 10);
    CHECK(seen.calls == 1 && seen.done == 0 && seen.total == 10);
    hone_progress_at(&run, 4);
    CHECK(seen.done == 4);
    hone_progress_end(&run);
    CHECK(seen.calls == 3 && seen.done == 10);
    hone_progress_end(&run);
    CHECK(seen.calls == 3);
    hone_progress_begin(&run, "counting", "rows", 0);
    hone_progress_at(&run, 77);
    hone_progress_end(&run);
    CHECK(seen.done == 77 && seen.total == 77);
    CHECK_STR(seen.stage, "counting");
    struct hone_run silent = {0};
    hone_progress_begin(&silent, "x", "rows", 1);
    hone_progress_at(&silent, 1);
    hone_progress_end(&silent);
}

/* A reader that stands still: lines are lost, nobody waits; when it goes on, the next ones come. */
static void a_service_does_not_wait_for_its_reader(void **state)
{
    static char got[1 << 20];
    int ends[2];
    (void)state;
    CHECK(pipe(ends) == 0);
    struct hone_log log = {.fd = ends[1], .level = HONE_LOG_INFO, .service = true};
    struct hone_run run = {.log = &log, .now = fixed};
    for (int i = 0; i < 5000; i++) { /* more than a pipe takes */
        hone_log(&run, HONE_LOG_INFO, "before",
                 "a line of some length, so that there is enough");
    }
    ssize_t n = read(ends[0], got, sizeof got);
    CHECK(n > 4096 && got[n - 1] == '\n');
    hone_log(&run, HONE_LOG_INFO, "after", "it goes on");
    n = read(ends[0], got, sizeof got - 1);
    CHECK(n > 0);
    got[n] = '\0';
    CHECK_STR(got, "2024-02-29T12:00:00.500000Z info after it goes on\n");
    close(ends[0]);
    close(ends[1]);
}

const struct CMUnitTest hone_tests_log[] = {
    cmocka_unit_test(lines_are_plain_text),
    cmocka_unit_test(lines_are_json),
    cmocka_unit_test(long_lines_are_cut_but_whole),
    cmocka_unit_test(fields_are_members_or_logfmt),
    cmocka_unit_test(progress_is_told),
    cmocka_unit_test(a_service_does_not_wait_for_its_reader),
};
const size_t hone_tests_log_n = sizeof hone_tests_log / sizeof hone_tests_log[0];
