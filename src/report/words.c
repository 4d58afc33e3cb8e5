#include "report/words.h"

#include <math.h>
#include <stdio.h>

#include "base/time.h"

/* "-1234567.5" -> "-1,234,567.5" */
static const char *grouped(struct hone_arena *mem, const char *number)
{
    size_t sign = number[0] == '-';
    size_t whole = strspn(number + sign, "0123456789");
    struct hone_buf buf = hone_buf(mem);

    hone_buf_bytes(&buf, number, sign);
    for (size_t i = 0; i < whole; i++) {
        if (i != 0 && (whole - i) % 3 == 0) {
            hone_buf_char(&buf, ',');
        }
        hone_buf_char(&buf, number[sign + i]);
    }
    hone_buf_text(&buf, number + sign + whole);
    return buf.ptr;
}

const char *hone_text_count(struct hone_arena *mem, uint64_t n)
{
    char digits[24];

    snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    return grouped(mem, digits);
}

const char *hone_text_bytes(struct hone_arena *mem, uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    size_t unit = 0;

    while (value >= 1024 && unit < 4) {
        value /= 1024;
        unit++;
    }
    return hone_arena_format(mem, unit == 0 || value >= 100 ? "%.0f %s" : "%.1f %s", value,
                             units[unit]);
}

const char *hone_text_number(struct hone_arena *mem, double x, int digits)
{
    double size = fabs(x);
    int before;
    char *text;

    if (isnan(x)) {
        return "";
    }
    if (isinf(x) || size == 0 || size < 1e-4 || size >= 1e9) {
        return hone_arena_format(mem, "%.*g", digits, x);
    }
    before = (int)floor(log10(size)) + 1; /* digits before the point; may be negative */
    text = hone_arena_format(mem, "%.*f", digits > before ? digits - before : 0, x);
    if (strchr(text, '.') != NULL) {
        size_t len = strlen(text);
        while (text[len - 1] == '0') {
            len--;
        }
        text[text[len - 1] == '.' ? len - 1 : len] = '\0';
    }
    return size >= 10000 ? grouped(mem, text) : text; /* years stay as they are */
}

const char *hone_text_share(struct hone_arena *mem, double share)
{
    if (share > 0 && share < 0.001) {
        return "< 0.1 %";
    }
    if (share < 1 && share > 0.999) {
        return "> 99.9 %";
    }
    return hone_arena_format(mem, share == 0 || share == 1 ? "%.0f %%" : "%.1f %%",
                             share * 100);
}

const char *hone_text_seconds(struct hone_arena *mem, double seconds)
{
    uint64_t whole = seconds >= 0 && seconds < 1e15 ? (uint64_t)(seconds + 0.5) : 0;

    if (seconds < 10) {
        return hone_arena_format(mem, "%.2f s", seconds);
    }
    if (seconds < 99.5) {
        return hone_arena_format(mem, "%.0f s", seconds);
    }
    if (whole < 5400) {
        return hone_arena_format(mem, "%llu min %llu s", (unsigned long long)(whole / 60),
                                 (unsigned long long)(whole % 60));
    }
    return hone_arena_format(mem, "%llu h %llu min", (unsigned long long)(whole / 3600),
                             (unsigned long long)(whole / 60 % 60));
}

const char *hone_text_when(struct hone_arena *mem, int64_t us)
{
    char text[40];

    hone_format_timestamp(text, us / 1000000 * 1000000);
    text[10] = ' ';
    return hone_arena_text(mem, text, strcspn(text, "Z"));
}

const char *hone_text_span(struct hone_arena *mem, int64_t us)
{
    long long seconds = us < 0 ? 0 : us / 1000000;
    long long minutes = seconds / 60;
    long long hours = minutes / 60;
    long long days = hours / 24;

    if (seconds < 100) {
        return hone_arena_format(mem, "%lld s", seconds);
    }
    if (minutes < 100) {
        return hone_arena_format(mem, "%lld min", minutes);
    }
    if (hours < 24) {
        return minutes % 60 == 0
                   ? hone_arena_format(mem, "%lld h", hours)
                   : hone_arena_format(mem, "%lld h %lld min", hours, minutes % 60);
    }
    const char *unit = days == 1 ? "day" : "days";
    return days >= 10 || hours % 24 == 0
               ? hone_arena_format(mem, "%lld %s", days, unit)
               : hone_arena_format(mem, "%lld %s %lld h", days, unit, hours % 24);
}

const char *hone_text_ago(struct hone_arena *mem, int64_t now, int64_t us)
{
    if (us > now + 1000000) {
        return hone_arena_format(mem, "in %s", hone_text_span(mem, us - now));
    }
    return now - us < 1000000 ? "just now"
                              : hone_arena_format(mem, "%s ago", hone_text_span(mem, now - us));
}
