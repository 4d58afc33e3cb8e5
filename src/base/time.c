#include "base/time.h"

#include <stdio.h>

#define US_PER_SECOND INT64_C(1000000)
#define US_PER_DAY    (INT64_C(86400) * US_PER_SECOND)

/* Division that rounds down, also below zero. */
static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t hone_days_from_civil(int64_t year, int month, int day)
{
    /* Years begin in March here, so that the leap day is the last one. */
    year -= month <= 2;
    int64_t era = floor_div(year, 400);
    int64_t year_of_era = year - era * 400;                                         /* 0..399 */
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1; /* 0..365 */
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct hone_civil hone_civil_from_days(int64_t days)
{
    /* Days come from files too; nothing beyond this is a date to anybody. */
    days = days > INT64_MAX / 4 ? INT64_MAX / 4 : days < INT64_MIN / 4 ? INT64_MIN / 4 : days;
    days += 719468;
    int64_t era = floor_div(days, 146097);
    int64_t doe = days - era * 146097;                                   /* 0..146096 */
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365; /* 0..399 */
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);               /* 0..365 */
    int64_t shifted = (5 * doy + 2) / 153;                               /* 0..11, from March */
    struct hone_civil out = {.day = (int)(doy - (153 * shifted + 2) / 5 + 1)};
    out.month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    out.year = yoe + era * 400 + (out.month <= 2);
    return out;
}

int64_t hone_us_from_civil(const struct hone_civil *civil)
{
    int64_t days = hone_days_from_civil(civil->year, civil->month, civil->day);
    int64_t seconds = civil->hour * 3600 + civil->minute * 60 + civil->second;
    return days * US_PER_DAY + seconds * US_PER_SECOND + civil->micro;
}

struct hone_civil hone_civil_from_us(int64_t us)
{
    int64_t days = floor_div(us, US_PER_DAY);
    int64_t rest = us % US_PER_DAY;
    rest += rest < 0 ? US_PER_DAY : 0;
    struct hone_civil out = hone_civil_from_days(days);
    out.micro = (int)(rest % US_PER_SECOND);
    rest /= US_PER_SECOND;
    out.hour = (int)(rest / 3600);
    out.minute = (int)(rest / 60 % 60);
    out.second = (int)(rest % 60);
    return out;
}

/* Take exactly n digits off the front. */
static bool take_digits(struct hone_str *text, size_t n, int *out)
{
    if (text->len < n) {
        return false;
    }
    int value = 0;
    for (size_t i = 0; i < n; i++) {
        char c = text->ptr[i];
        if (c < '0' || c > '9') {
            return false;
        }
        value = value * 10 + (c - '0');
    }
    text->ptr += n;
    text->len -= n;
    *out = value;
    return true;
}

static bool take_char(struct hone_str *text, char c)
{
    if (text->len == 0 || text->ptr[0] != c) {
        return false;
    }
    text->ptr++;
    text->len--;
    return true;
}

static int month_days(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* Years have four digits, or a sign and four to six (ISO 8601-1, expanded representation). */
static bool take_date(struct hone_str *text, int64_t *days)
{
    bool minus = take_char(text, '-');
    bool sign = minus || take_char(text, '+');
    size_t digits = 0;
    while (digits < text->len && text->ptr[digits] >= '0' && text->ptr[digits] <= '9') {
        digits++;
    }
    int year = 0;
    int month = 0;
    int day = 0;
    if (digits < 4 || digits > (sign ? 6 : 4) || !take_digits(text, digits, &year) ||
        !take_char(text, '-') || !take_digits(text, 2, &month) || !take_char(text, '-') ||
        !take_digits(text, 2, &day)) {
        return false;
    }
    year = minus ? -year : year;
    if (month < 1 || month > 12 || day < 1 || day > month_days(year, month)) {
        return false;
    }
    *days = hone_days_from_civil(year, month, day);
    return true;
}

/* ".5": one to nine digits, of which the first six count. */
static bool take_fraction(struct hone_str *text, int *micro)
{
    if (!take_char(text, '.') && !take_char(text, ',')) {
        return true;
    }
    int scale = 100000;
    size_t n = 0;
    int digit;
    while (n < 9 && take_digits(text, 1, &digit)) {
        *micro += digit * scale;
        scale /= 10;
        n++;
    }
    return n > 0;
}

static bool take_clock(struct hone_str *text, int64_t *us)
{
    int hour = 0;
    int minute = 0;
    int second = 0;
    int micro = 0;
    if (!take_digits(text, 2, &hour) || !take_char(text, ':') ||
        !take_digits(text, 2, &minute)) {
        return false;
    }
    if (take_char(text, ':') &&
        (!take_digits(text, 2, &second) || !take_fraction(text, &micro))) {
        return false;
    }
    if (hour > 23 || minute > 59 || second > 59) {
        return false;
    }
    *us = (hour * 3600 + minute * 60 + second) * US_PER_SECOND + micro;
    return true;
}

static bool take_word(struct hone_str *text, const char *word)
{
    size_t len = strlen(word);
    if (text->len != len || memcmp(text->ptr, word, len) != 0) {
        return false;
    }
    text->len = 0;
    return true;
}

/* "Z", "+05:30", "+0530", "+05", "UTC", a blank before them; nothing at all is no zone. */
static bool take_zone(struct hone_str *text, int64_t *us, bool *has_zone)
{
    *us = 0;
    *has_zone = text->len > 0;
    take_char(text, ' ');
    if (!*has_zone || take_char(text, 'Z') || take_char(text, 'z') || take_word(text, "UTC") ||
        take_word(text, "GMT")) {
        return true;
    }
    bool minus = take_char(text, '-');
    int hour = 0;
    int minute = 0;
    if ((!minus && !take_char(text, '+')) || !take_digits(text, 2, &hour)) {
        return false;
    }
    if (text->len > 0) {
        take_char(text, ':');
        if (!take_digits(text, 2, &minute)) {
            return false;
        }
    }
    if (hour > 23 || minute > 59) {
        return false;
    }
    *us = (hour * 60 + minute) * 60 * US_PER_SECOND * (minus ? -1 : 1);
    return true;
}

/* A digit, or more than 9; what is more than 9 is gathered in *odd. */
static int digit_of(const char *p, unsigned *odd)
{
    unsigned digit = (unsigned)(unsigned char)*p - '0';
    *odd |= digit > 9;
    return (int)digit;
}

static int two_digits(const char *p, unsigned *odd)
{
    return digit_of(p, odd) * 10 + digit_of(p + 1, odd);
}

/* "2024-02-29" at p, by far the commonest form. */
static bool ten_bytes(const char *p, int64_t *days)
{
    unsigned odd = p[4] != '-' || p[7] != '-';
    int year = two_digits(p, &odd) * 100 + two_digits(p + 2, &odd);
    int month = two_digits(p + 5, &odd);
    int day = two_digits(p + 8, &odd);

    if (odd != 0 || month < 1 || month > 12 || day < 1 ||
        (day > 28 && day > month_days(year, month))) {
        return false;
    }
    *days = hone_days_from_civil(year, month, day);
    return true;
}

/* "12:34:56" at p. */
static bool eight_bytes(const char *p, int64_t *us)
{
    unsigned odd = p[2] != ':' || p[5] != ':';
    int hour = two_digits(p, &odd);
    int minute = two_digits(p + 3, &odd);
    int second = two_digits(p + 6, &odd);

    if (odd != 0 || hour > 23 || minute > 59 || second > 59) {
        return false;
    }
    *us = (hour * 3600 + minute * 60 + second) * US_PER_SECOND;
    return true;
}

bool hone_parse_date(struct hone_str text, int64_t *days)
{
    int64_t out;
    if (text.len == 10 && ten_bytes(text.ptr, days)) {
        return true;
    }
    if (!take_date(&text, &out) || text.len > 0) {
        return false;
    }
    *days = out;
    return true;
}

bool hone_parse_timestamp(struct hone_str text, int64_t *us, bool *has_zone)
{
    int64_t days = 0;
    int64_t clock = 0;
    int64_t offset = 0;
    bool zone = false;
    if (text.len >= 19 && (text.ptr[10] == 'T' || text.ptr[10] == ' ') &&
        (text.len == 19 || (text.len == 20 && text.ptr[19] == 'Z')) &&
        ten_bytes(text.ptr, &days) && eight_bytes(text.ptr + 11, &clock)) {
        *us = days * US_PER_DAY + clock;
        *has_zone = text.len == 20;
        return true;
    }
    if (!take_date(&text, &days)) {
        return false;
    }
    if (text.len > 0) {
        if (!take_char(&text, 'T') && !take_char(&text, 't') && !take_char(&text, ' ')) {
            return false;
        }
        if (!take_clock(&text, &clock) || !take_zone(&text, &offset, &zone) || text.len > 0) {
            return false;
        }
    }
    /* Six-digit years go beyond what 64 bits of microseconds hold. */
    int64_t out;
    if (__builtin_mul_overflow(days, US_PER_DAY, &out) ||
        __builtin_add_overflow(out, clock - offset, &out)) {
        return false;
    }
    *us = out;
    *has_zone = zone;
    return true;
}

static char *put_two(char *p, int value)
{
    *p++ = (char)('0' + value / 10);
    *p++ = (char)('0' + value % 10);
    return p;
}

static char *put_date(char *p, size_t room, const struct hone_civil *civil)
{
    if (civil->year < 0 || civil->year > 9999) {
        return p + snprintf(p, room, "%+05lld-%02d-%02d", (long long)civil->year, civil->month,
                            civil->day);
    }
    p = put_two(p, (int)civil->year / 100);
    p = put_two(p, (int)civil->year % 100);
    *p++ = '-';
    p = put_two(p, civil->month);
    *p++ = '-';
    return put_two(p, civil->day);
}

size_t hone_format_date(char out[40], int64_t days)
{
    struct hone_civil civil = hone_civil_from_days(days);
    char *end = put_date(out, 40, &civil);
    *end = '\0';
    return (size_t)(end - out);
}

size_t hone_format_timestamp(char out[40], int64_t us)
{
    struct hone_civil civil = hone_civil_from_us(us);
    char *p = put_date(out, 40, &civil);
    *p++ = 'T';
    p = put_two(p, civil.hour);
    *p++ = ':';
    p = put_two(p, civil.minute);
    *p++ = ':';
    p = put_two(p, civil.second);
    if (civil.micro != 0) {
        *p++ = '.';
        p = put_two(p, civil.micro / 10000);
        p = put_two(p, civil.micro / 100 % 100);
        p = put_two(p, civil.micro % 100);
    }
    *p++ = 'Z';
    *p = '\0';
    return (size_t)(p - out);
}
