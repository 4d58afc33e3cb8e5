/* Calendar: known days, every day of a long span, texts good and bad. */
#include <string.h>

#include "base/time.h"
#include "check.h"

static void known_days(void **state)
{
    (void)state;
    CHECK(hone_days_from_civil(1970, 1, 1) == 0);
    CHECK(hone_days_from_civil(1969, 12, 31) == -1);
    CHECK(hone_days_from_civil(2000, 1, 1) == 10957);
    CHECK(hone_days_from_civil(2000, 2, 29) == 11016);
    CHECK(hone_days_from_civil(2024, 2, 29) == 19782);
    CHECK(hone_days_from_civil(1600, 1, 1) == -135140);
    CHECK(hone_days_from_civil(0, 3, 1) == -719468);
    CHECK(hone_days_from_civil(0, 1, 1) == -719528);
    /* The Julian period began on proleptic Gregorian -4713-11-24, 2440588 days before 1970. */
    CHECK(hone_days_from_civil(-4713, 11, 24) == -2440588);
    CHECK(hone_days_from_civil(9999, 12, 31) == 2932896);
}

static void every_day_follows_the_one_before(void **state)
{
    (void)state;
    int64_t first = hone_days_from_civil(-802, 1, 1);
    struct hone_civil last = hone_civil_from_days(first - 1);
    CHECK(last.year == -803 && last.month == 12 && last.day == 31);
    for (int64_t day = first; day < hone_days_from_civil(2404, 1, 1); day++) {
        struct hone_civil civil = hone_civil_from_days(day);
        CHECK(hone_days_from_civil(civil.year, civil.month, civil.day) == day);
        bool next_day =
            civil.year == last.year && civil.month == last.month && civil.day == last.day + 1;
        bool next_month =
            civil.year == last.year && civil.month == last.month + 1 && civil.day == 1;
        bool next_year = civil.year == last.year + 1 && civil.month == 1 && civil.day == 1 &&
                         last.month == 12 && last.day == 31;
        CHECK(next_day || next_month || next_year);
        last = civil;
    }
}

static void moments_go_and_come(void **state)
{
    (void)state;
    struct hone_civil civil = hone_civil_from_us(-1);
    CHECK(civil.year == 1969 && civil.month == 12 && civil.day == 31 && civil.hour == 23 &&
          civil.minute == 59 && civil.second == 59 && civil.micro == 999999);
    static const int64_t some[] = {0,
                                   1,
                                   -1,
                                   1709208000500000,
                                   -62135596800000000, /* 0001-01-01 */
                                   -99999999999999999,
                                   253402300799999999}; /* the end of 9999 */
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        civil = hone_civil_from_us(some[i]);
        CHECK(hone_us_from_civil(&civil) == some[i]);
        char text[40];
        size_t n = hone_format_timestamp(text, some[i]);
        int64_t us;
        bool zone;
        CHECK(n == strlen(text));
        CHECK(hone_parse_timestamp(hone_str(text), &us, &zone));
        CHECK(zone && us == some[i]);
    }
}

static void dates_are_read(void **state)
{
    (void)state;
    int64_t days = 0;
    CHECK(hone_parse_date(hone_str("2024-02-29"), &days) && days == 19782);
    CHECK(hone_parse_date(hone_str("-4713-11-24"), &days) && days == -2440588);
    CHECK(hone_parse_date(hone_str("+12024-02-29"), &days) && days == 3672207);
    static const char *const bad[] = {"",
                                      "2023-02-29",
                                      "1900-02-29",
                                      "2024-13-01",
                                      "2024-00-10",
                                      "2024-04-31",
                                      "2024-4-01",
                                      "24-04-01",
                                      "2024-04-1",
                                      "2024/04/01",
                                      "2024-04-01 ",
                                      " 2024-04-01",
                                      "12024-04-01",
                                      "2024-04-00",
                                      "2024-04-01T",
                                      "20240401"};
    days = 77;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(!hone_parse_date(hone_str(bad[i]), &days));
    }
    CHECK(days == 77);
}

static void check_moment(const char *text, int64_t want, bool want_zone)
{
    int64_t us = 0;
    bool zone = !want_zone;
    CHECK(hone_parse_timestamp(hone_str(text), &us, &zone));
    CHECK(us == want);
    CHECK(zone == want_zone);
}

static void timestamps_are_read(void **state)
{
    (void)state;
    int64_t noon = INT64_C(1709208000000000); /* 2024-02-29T12:00:00Z */
    check_moment("2024-02-29T12:00:00.5Z", noon + 500000, true);
    check_moment("2024-02-29 12:00", noon, false);
    check_moment("2024-02-29T12:00:00", noon, false);
    check_moment("2024-02-29T17:30:00+05:30", noon, true);
    check_moment("2024-02-29t04:00:00-0800", noon, true);
    check_moment("2024-02-29 13:00:00+01", noon, true);
    check_moment("2024-02-29", noon - INT64_C(43200000000), false);
    check_moment("2024-02-29T12:00:00.123456789z", noon + 123456, true);
    static const char *const bad[] = {"2024-02-29T",
                                      "2024-02-29T12",
                                      "2024-02-29T24:00:00Z",
                                      "2024-02-29T12:60",
                                      "2024-02-29T12:00:60",
                                      "2024-02-29T12:00:00.",
                                      "2024-02-29T12:00:00+",
                                      "2024-02-29T12:00:00+1",
                                      "2024-02-29T12:00:00Zx",
                                      "2024-02-29x12:00:00",
                                      "2024-02-29T12:00:00.1234567890",
                                      "+999999-01-01T00:00:00Z"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t us;
        bool zone;
        CHECK(!hone_parse_timestamp(hone_str(bad[i]), &us, &zone));
    }
}

static void texts_are_written(void **state)
{
    (void)state;
    char text[40];
    CHECK(hone_format_date(text, 19782) == 10);
    CHECK_STR(text, "2024-02-29");
    hone_format_date(text, hone_days_from_civil(-44, 3, 15));
    CHECK_STR(text, "-0044-03-15");
    hone_format_timestamp(text, INT64_C(1709208000000001));
    CHECK_STR(text, "2024-02-29T12:00:00.000001Z");
    hone_format_timestamp(text, 0);
    CHECK_STR(text, "1970-01-01T00:00:00Z");
    CHECK(hone_format_timestamp(text, INT64_MIN) < sizeof text);
    CHECK(hone_format_timestamp(text, INT64_MAX) < sizeof text);
    CHECK(hone_format_date(text, INT64_MIN) < sizeof text);
    CHECK(hone_format_date(text, INT64_MAX) < sizeof text);
}

const struct CMUnitTest hone_tests_time[] = {
    cmocka_unit_test(known_days),          cmocka_unit_test(every_day_follows_the_one_before),
    cmocka_unit_test(moments_go_and_come), cmocka_unit_test(dates_are_read),
    cmocka_unit_test(timestamps_are_read), cmocka_unit_test(texts_are_written),
};
const size_t hone_tests_time_n = sizeof hone_tests_time / sizeof hone_tests_time[0];
