#include "cli/ago.h"

#include "base/str.h"
#include "base/time.h"

static bool is_while(const char *text, int64_t *us)
{
    static const char units[] = "smhdw";
    static const int64_t seconds[] = {1, 60, 3600, 86400, 604800};
    struct hone_str s = hone_str(text);
    const char *unit = s.len > 1 ? strchr(units, s.ptr[s.len - 1]) : NULL;
    int64_t number;

    if (unit == NULL || !hone_parse_i64((struct hone_str){s.ptr, s.len - 1}, &number) ||
        number < 0 || number > 1000000) {
        return false;
    }
    *us = number * seconds[unit - units] * 1000000;
    return true;
}

enum hone_code hone_while(struct hone_run *run, const char *option, const char *text,
                          int64_t *us)
{
    if (!is_while(text, us)) {
        (void)hone_fail(run, HONE_E_ARG, "%s \"%.80s\" is no while", option, text);
        return hone_hint(run, "a whole number and s, m, h, d or w: 90m, 12h, 7d");
    }
    return HONE_OK;
}

enum hone_code hone_moment(struct hone_run *run, const char *option, const char *text,
                           int64_t *us)
{
    int64_t number;
    bool zone;

    if (is_while(text, &number)) {
        *us = hone_now_us(run) - number;
        return HONE_OK;
    }
    if (hone_parse_date(hone_str(text), &number)) {
        *us = number * 86400 * 1000000;
        return HONE_OK;
    }
    if (hone_parse_timestamp(hone_str(text), us, &zone)) {
        return HONE_OK;
    }
    (void)hone_fail(run, HONE_E_ARG, "%s \"%.80s\" is neither a time nor a while", option,
                    text);
    return hone_hint(run, "2026-11-01, 2026-11-01T12:00:00, or 90m, 12h, 7d, 2w");
}
