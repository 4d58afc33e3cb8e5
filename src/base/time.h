/*
 * base/time.h - calendar dates and times (proleptic Gregorian, UTC)
 */
#ifndef HONE_BASE_TIME_H
#define HONE_BASE_TIME_H

#include "base/str.h"

struct hone_civil {
    int64_t year;
    int month, day;           /* 1..12, 1..31 */
    int hour, minute, second; /* 0..23, 0..59, 0..59 */
    int micro;                /* 0..999999 */
};

/* Days since 1970-01-01 of a date and back.  Source: Howard Hinnant, chrono-compatible low-level date
 * algorithms, days_from_civil and civil_from_days. */
int64_t hone_days_from_civil(int64_t year, int month, int day);
struct hone_civil hone_civil_from_days(int64_t days);
/* The same with µs since 1970-01-01T00:00:00Z. */
int64_t hone_us_from_civil(const struct hone_civil *civil);
struct hone_civil hone_civil_from_us(int64_t us);

/*
 * Read ISO 8601 / RFC 3339: "2024-02-29", "2024-02-29T12:00:00.5Z", "2024-02-29 12:00"; offsets as "+05:30", "+0530",
 * "-03", "Z", "UTC", "GMT", also after a blank, are taken off, so that the time is UTC.  Of one to nine
 * digits of a second six count (the rest is cut off, not rounded); more are refused.
 * Returns false when the text is not exactly that or names a day that does not exist.
 */
bool hone_parse_date(struct hone_str text, int64_t *days);
bool hone_parse_timestamp(struct hone_str text, int64_t *us, bool *has_zone);

/* "2024-02-29" and "2024-02-29T12:00:00.000001Z" (the fraction left out when 0). Returns the
 * length; at most 40 bytes with the NUL. */
size_t hone_format_date(char out[40], int64_t days);
size_t hone_format_timestamp(char out[40], int64_t us);

#endif
