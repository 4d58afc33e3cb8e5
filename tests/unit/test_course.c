/* What a server counted, by the minute and the hour. */
#include "check.h"
#include "serve/course.h"

#define S INT64_C(1000000000)

/* Beats of 5 s: each adds requests with a status to series 0, and as many of 1 ms where it is 200. */
struct feed {
    struct hone_run run;
    struct hone_arena mem;
    struct hone_course *course;
    struct hone_tally tally;
    int64_t now;
};

static void beats(struct feed *f, size_t n, int status, uint64_t each)
{
    for (size_t i = 0; i < n; i++) {
        for (uint64_t k = 0; k < each; k++) {
            hone_tally_request(&f->tally, HONE_ROUTE_PREDICT, status);
            if (status == 200) {
                hone_histogram_add(&f->tally.request, 900000);
            }
        }
        struct hone_counts *next = hone_course_next(f->course);
        hone_course_count(&next[0], &f->tally, false);
        hone_course_beat(f->course, f->now);
        f->now += 5 * S;
    }
}

static void begin(struct feed *f)
{
    *f = (struct feed){.now = 1000 * S};
    CHECK_OK(&f->run, hone_course_new(&f->run, 2, 5 * S, &f->mem, &f->course));
}

static void end(struct feed *f)
{
    hone_arena_free(&f->mem);
    hone_run_clear(&f->run);
}

static void a_minute_is_the_last_one(void **state)
{
    (void)state;
    struct feed f;
    begin(&f);
    beats(&f, 1, 200, 0);
    beats(&f, 24, 400, 10); /* two minutes of nonsense, */
    beats(&f, 12, 200, 20); /* then a good one */
    HONE_JSON json_t *minute = hone_course_minute(f.course, 0);
    CHECK(hone_json_get_int(minute, "seconds", -1) == 60);
    CHECK(hone_json_get_int(minute, "requests", -1) == 240);
    CHECK(hone_json_get_int(minute, "refused", -1) == 0);
    CHECK(json_object_size(json_object_get(minute, "codes")) == 0);
    /* all lie between 0.5 and 1 ms, so the middle of that bucket is half */
    CHECK_NEAR(hone_json_get_real(minute, "p50_ms", 0), 0.75, 1e-9);
    HONE_JSON json_t *hour = hone_course_hour(f.course, 0);
    CHECK(hone_json_get_int(hour, "seconds", -1) == 180);
    CHECK(hone_json_get_int(hour, "requests", -1) == 480);
    CHECK(hone_json_get_int(hour, "refused", -1) == 240);
    CHECK(hone_json_get_int(json_object_get(hour, "codes"), "400", -1) == 240);
    HONE_JSON json_t *other = hone_course_hour(f.course, 1);
    CHECK(hone_json_get_int(other, "requests", -1) == 0);
    CHECK(json_is_null(json_object_get(other, "p50_ms")));
    end(&f);
}

static void an_hour_has_sixty_minutes(void **state)
{
    (void)state;
    struct feed f;
    begin(&f);
    beats(&f, 1, 200, 0);
    beats(&f, 12, 200, 5); /* 1 a second */
    beats(&f, 12, 500, 10);
    beats(&f, 4, 200, 15); /* a third of a minute: shown too, for nobody is to wait for news */
    HONE_JSON json_t *young = hone_course_minutes(f.course, 0);
    const json_t *rate = json_object_get(young, "per_second");
    CHECK(json_array_size(rate) == 3);
    CHECK_NEAR(json_number_value(json_array_get(rate, 0)), 1, 0);
    CHECK_NEAR(json_number_value(json_array_get(rate, 1)), 2, 0);
    CHECK_NEAR(json_number_value(json_array_get(rate, 2)), 3, 0);
    const json_t *failed = json_object_get(young, "failed");
    CHECK_NEAR(json_number_value(json_array_get(failed, 1)), 1, 0);
    CHECK(json_is_null(json_array_get(json_object_get(young, "p99_ms"), 1)));
    beats(&f, 12 * 90, 200, 1);
    HONE_JSON json_t *old = hone_course_minutes(f.course, 0);
    rate = json_object_get(old, "per_second");
    CHECK(json_array_size(rate) == 60);
    CHECK_NEAR(json_number_value(json_array_get(rate, 0)), 0.2, 0);
    HONE_JSON json_t *hour = hone_course_hour(f.course, 0);
    CHECK(hone_json_get_int(hour, "requests", -1) >= 720 &&
          hone_json_get_int(hour, "requests", -1) <= 732);
    CHECK(hone_json_get_int(hour, "failed", -1) == 0);
    end(&f);
}

/* Counters of a version that is gone are dropped: less than before is none, not many. */
static void totals_may_fall(void **state)
{
    (void)state;
    struct feed f;
    begin(&f);
    beats(&f, 13, 200, 100);
    f.tally = (struct hone_tally){0};
    beats(&f, 1, 200, 1);
    HONE_JSON json_t *minute = hone_course_minute(f.course, 0);
    CHECK(hone_json_get_int(minute, "requests", -1) == 0);
    end(&f);
}

const struct CMUnitTest hone_tests_course[] = {
    cmocka_unit_test(a_minute_is_the_last_one),
    cmocka_unit_test(an_hour_has_sixty_minutes),
    cmocka_unit_test(totals_may_fall),
};
const size_t hone_tests_course_n = sizeof hone_tests_course / sizeof hone_tests_course[0];
