#include "privacy/generalise.h"

#include <inttypes.h>
#include <math.h>

#include "base/time.h"
#include "privacy/fold.h"

static bool is_kind(const struct hone_redact_rule *rule, const char *kind)
{
    return rule->kind != NULL && strcmp(rule->kind, kind) == 0;
}

/* The way when the rule says none. */
static enum hone_code usual(struct hone_run *run, const struct hone_redact_rule *rule,
                            const struct hone_column *c, struct hone_coarse *out)
{
    if (is_kind(rule, "ip")) {
        out->way = HONE_COARSE_NET;
    } else if (is_kind(rule, "postcode")) {
        *out = (struct hone_coarse){.way = HONE_COARSE_PREFIX, .size = 3};
    } else if (is_kind(rule, "age") || is_kind(rule, "birth_year")) {
        *out = (struct hone_coarse){.way = HONE_COARSE_BAND, .size = 10};
    } else if (is_kind(rule, "latitude") || is_kind(rule, "longitude")) {
        *out = (struct hone_coarse){.way = HONE_COARSE_ROUND, .size = 1};
    } else if (hone_type_is_time(c->type) || is_kind(rule, "birth_date")) {
        out->way = HONE_COARSE_YEAR;
    } else if (hone_type_is_text(c->type)) {
        *out = (struct hone_coarse){.way = HONE_COARSE_TOP, .size = 10};
    } else {
        (void)hone_fail(run, HONE_E_ARG, "column %s is %s: say how wide a band is",
                        rule->column, hone_type_name(c->type));
        return hone_hint(run, "%s=generalise:10", rule->column);
    }
    return HONE_OK;
}

/* The number after a word: "top20". */
static bool read_sized(const char *option, const char *word, enum hone_coarse_way way,
                       double least, struct hone_coarse *out)
{
    size_t n = strlen(word);

    if (strncmp(option, word, n) != 0) {
        return false;
    }
    out->way = way;
    out->size = least;
    return option[n] == '\0' || hone_parse_f64(hone_str(option + n), &out->size);
}

/* The way that an option names. */
static void read_option(const struct hone_redact_rule *rule, bool number,
                        struct hone_coarse *out)
{
    const char *o = rule->option;

    if (strcmp(o, "year") == 0) {
        out->way = HONE_COARSE_YEAR;
    } else if (strcmp(o, "month") == 0) {
        out->way = HONE_COARSE_MONTH;
    } else if (strcmp(o, "decade") == 0) {
        out->way = HONE_COARSE_DECADE;
    } else if (!read_sized(o, "age", HONE_COARSE_AGE, 10, out) &&
               !read_sized(o, "top", HONE_COARSE_TOP, 10, out) &&
               !read_sized(o, "round", HONE_COARSE_ROUND, 0, out) &&
               hone_parse_f64(hone_str(o), &out->size)) {
        out->way = number && !is_kind(rule, "postcode") ? HONE_COARSE_BAND : HONE_COARSE_PREFIX;
    }
}

/* Whether a way makes sense for a column. */
static bool fits(const struct hone_coarse *how, const struct hone_redact_rule *rule,
                 const struct hone_column *c, bool number)
{
    bool text = hone_type_is_text(c->type);

    switch (how->way) {
    case HONE_COARSE_AGE:
    case HONE_COARSE_YEAR:
    case HONE_COARSE_MONTH:
    case HONE_COARSE_DECADE:
        return (how->way != HONE_COARSE_AGE || how->size >= 1) &&
               (hone_type_is_time(c->type) || text || is_kind(rule, "birth_date") ||
                is_kind(rule, "birth_year"));
    case HONE_COARSE_BAND:
        return number && how->size > 0;
    case HONE_COARSE_ROUND:
        return number;
    case HONE_COARSE_TOP:
    case HONE_COARSE_NET:
        return text;
    case HONE_COARSE_PREFIX:
    default:
        return text || number;
    }
}

enum hone_code hone_coarse_of(struct hone_run *run, const struct hone_redact_rule *rule,
                              const struct hone_column *c, struct hone_coarse *out)
{
    bool number = hone_type_is_number(c->type) && c->type != HONE_BOOL;

    *out = (struct hone_coarse){0};
    if (rule->option == NULL) {
        HONE_TRY(usual(run, rule, c, out));
    } else {
        read_option(rule, number, out);
    }
    out->today = hone_now_us(run) / (INT64_C(86400) * 1000000);
    if (fits(out, rule, c, number)) {
        return HONE_OK;
    }
    (void)hone_fail(run, HONE_E_ARG, "column %s is %s: generalise%s%s does not fit it",
                    rule->column, hone_type_name(c->type), rule->option == NULL ? "" : ":",
                    rule->option == NULL ? "" : rule->option);
    return hone_hint(
        run,
        "year, month, decade and age are for dates; N and roundN for numbers; N and topN for texts");
}

/* The day of a value: of times, of ISO texts; else the first of the year that a text names. */
static bool day_of(const struct hone_column *c, size_t row, struct hone_str s, bool *year_only,
                   int64_t *day)
{
    int64_t us;
    bool zone;

    *year_only = false;
    if (c->type == HONE_DATE) {
        *day = hone_column_i64(c, row);
        return true;
    }
    if (c->type == HONE_TIMESTAMP) {
        us = hone_column_i64(c, row);
        *day = us / INT64_C(86400000000) - (us % INT64_C(86400000000) < 0 ? 1 : 0);
        return true;
    }
    if (hone_parse_date(s, day)) {
        return true;
    }
    if (hone_parse_timestamp(s, &us, &zone)) {
        *day = us / INT64_C(86400000000) - (us % INT64_C(86400000000) < 0 ? 1 : 0);
        return true;
    }
    *year_only = true;
    for (size_t i = 0; i + 4 <= s.len; i++) {
        bool whole = (i == 0 || !hone_digit(s.ptr[i - 1])) &&
                     (i + 4 == s.len || !hone_digit(s.ptr[i + 4]) || (i == 0 && s.len == 8));
        if (whole && hone_count_digits((struct hone_str){s.ptr + i, 4}) == 4) {
            int year = 0;
            for (size_t k = i; k < i + 4; k++) {
                year = year * 10 + (s.ptr[k] - '0');
            }
            *day = hone_days_from_civil(year, 1, 1);
            return year >= 1800 && year <= 2199;
        }
    }
    return false;
}

static bool coarse_day(const struct hone_coarse *how, const struct hone_column *c, size_t row,
                       struct hone_str text, struct hone_buf *out)
{
    struct hone_civil now = hone_civil_from_days(how->today);
    struct hone_civil then;
    int64_t day;
    int64_t age;
    int64_t from;
    int64_t width = (int64_t)how->size;
    bool year_only;

    if (!day_of(c, row, text, &year_only, &day)) {
        return false;
    }
    then = hone_civil_from_days(day);
    switch (how->way) {
    case HONE_COARSE_MONTH:
        if (year_only) {
            return false;
        }
        hone_buf_format(out, "%04" PRId64 "-%02d", then.year, then.month);
        return true;
    case HONE_COARSE_DECADE:
        hone_buf_format(out, "%" PRId64 "s", then.year / 10 * 10);
        return true;
    case HONE_COARSE_AGE:
        age = now.year - then.year;
        age -= !year_only && (now.month < then.month ||
                              (now.month == then.month && now.day < then.day))
                   ? 1
                   : 0;
        if (age < 0 || age > 150) {
            return false;
        }
        from = age / width * width;
        hone_buf_format(out, "%" PRId64 "-%" PRId64, from, from + width - 1);
        return true;
    default:
        hone_buf_format(out, "%04" PRId64, then.year);
        return true;
    }
}

/* "30-39" for whole numbers in bands of whole width, else "1.5..3". */
static void coarse_number(const struct hone_coarse *how, double value, struct hone_buf *out)
{
    double from = floor(value / how->size) * how->size;

    hone_buf_f64(out, from + 0.0);
    if (how->size == floor(how->size) && value == floor(value)) {
        if (how->size > 1) {
            hone_buf_char(out, '-');
            hone_buf_f64(out, from + how->size - 1);
        }
        return;
    }
    hone_buf_text(out, "..");
    hone_buf_f64(out, from + how->size);
}

static bool coarse_net(struct hone_str s, struct hone_buf *out)
{
    size_t marks = 0;
    bool six = s.len > 0 && memchr(s.ptr, ':', s.len) != NULL;

    for (size_t i = 0; i < s.len; i++) {
        bool mark = s.ptr[i] == (six ? ':' : '.');
        marks += mark ? 1 : 0;
        if (marks == 3 || (six && mark && i + 1 < s.len && s.ptr[i + 1] == ':')) {
            hone_buf_bytes(out, s.ptr, i);
            hone_buf_text(out, six ? "::/48" : ".0/24");
            return true;
        }
    }
    return false;
}

/* The first characters; a star for each of the others that is a letter or digit. */
static void coarse_prefix(struct hone_str s, size_t keep, struct hone_buf *out)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++) {
        bool more = ((unsigned char)s.ptr[i] & 0xc0) == 0x80; /* of the same character */
        n += more ? 0 : 1;
        if (n <= keep || !hone_alnum(s.ptr[i])) {
            hone_buf_char(out, s.ptr[i]);
        } else if (!more) {
            hone_buf_char(out, '*');
        }
    }
}

bool hone_coarsen(const struct hone_coarse *how, const struct hone_column *c, size_t row,
                  struct hone_str text, struct hone_buf *out)
{
    double value;

    switch (how->way) {
    case HONE_COARSE_BAND:
        value = hone_column_f64(c, row);
        if (!isfinite(value)) {
            return false;
        }
        coarse_number(how, value, out);
        return true;
    case HONE_COARSE_ROUND:
        value = hone_column_f64(c, row);
        if (!isfinite(value)) {
            return false;
        }
        hone_buf_format(out, "%.*f", (int)fmin(how->size, 15), value);
        return true;
    case HONE_COARSE_PREFIX:
        coarse_prefix(text, (size_t)how->size, out);
        return true;
    case HONE_COARSE_NET:
        return coarse_net(text, out);
    case HONE_COARSE_YEAR:
    case HONE_COARSE_MONTH:
    case HONE_COARSE_DECADE:
    case HONE_COARSE_AGE:
    case HONE_COARSE_TOP:
    default:
        return coarse_day(how, c, row, text, out);
    }
}
