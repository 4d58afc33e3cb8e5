#include "graph/unicode_priv.h"

struct kind_range {
    uint32_t first, last;
    uint8_t kind;
};

static const struct kind_range kinds[] = {
#define KIND(first, last, kind) {first, last, HONE_CHAR_##kind},
#include "graph/unicode_tables.def"
#undef KIND
};

/* Every step'th character from first to last is mapped to the one delta further. */
struct case_range {
    uint32_t first, last, step;
    int32_t delta;
};

static const struct case_range lowers[] = {
#define LOWER(first, last, step, delta) {first, last, step, delta},
#include "graph/unicode_tables.def"
#undef LOWER
};

static const struct case_range uppers[] = {
#define UPPER(first, last, step, delta) {first, last, step, delta},
#include "graph/unicode_tables.def"
#undef UPPER
};

unsigned hone_char_kind(uint32_t c)
{
    size_t low = 0, high = sizeof kinds / sizeof *kinds;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (kinds[middle].last < c) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool inside = low < sizeof kinds / sizeof *kinds && c >= kinds[low].first;
    return inside ? kinds[low].kind : HONE_CHAR_OTHER;
}

/* Ranges of step 2 may overlap: the last range that begins at c or before it, and the one before that. */
static uint32_t map_case(const struct case_range *range, size_t n, uint32_t c)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (range[middle].first <= c) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (size_t back = 1; back <= 2 && back <= low; back++) {
        const struct case_range *r = &range[low - back];
        if (c <= r->last && (c - r->first) % r->step == 0) {
            return (uint32_t)((int32_t)c + r->delta);
        }
    }
    return c;
}

size_t hone_char_at(struct hone_str s, size_t at, uint32_t *c, bool *raw)
{
    uint8_t b = (uint8_t)s.ptr[at];
    size_t n = b < 0x80 ? 1 : b < 0xc2 ? 0 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : b < 0xf5 ? 4 : 0;

    *raw = n == 0 || n > s.len - at;
    *c = n <= 1 ? b : b & (0x7fu >> n);
    for (size_t i = 1; !*raw && i < n; i++) {
        uint8_t more = (uint8_t)s.ptr[at + i];
        *raw = (more & 0xc0) != 0x80;
        *c = *c << 6 | (more & 63);
    }
    /* what is longer than it need be, surrogates, beyond the last character */
    *raw = *raw || (n == 3 && (*c < 0x800 || (*c >= 0xd800 && *c < 0xe000))) ||
           (n == 4 && (*c < 0x10000 || *c > 0x10ffff));
    *c = *raw ? b : *c;
    return *raw ? 1 : n;
}

static size_t put_char(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 63));
        out[2] = (char)(0x80 | (c & 63));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 63));
    out[2] = (char)(0x80 | (c >> 6 & 63));
    out[3] = (char)(0x80 | (c & 63));
    return 4;
}

/* from: the first of the 26 ASCII letters that change. */
static size_t change(struct hone_str s, uint32_t from, const struct case_range *range, size_t n,
                     char *out)
{
    size_t len = 0;
    for (size_t at = 0; at < s.len;) {
        uint32_t c = (uint8_t)s.ptr[at];
        bool raw;
        if (c < 0x80) {
            out[len++] = (char)(c ^ (c - from < 26 ? 0x20u : 0));
            at++;
            continue;
        }
        at += hone_char_at(s, at, &c, &raw);
        if (raw) {
            out[len++] = (char)c;
        } else {
            len += put_char(out + len, map_case(range, n, c));
        }
    }
    return len;
}

size_t hone_text_lower(struct hone_str s, char *out)
{
    return change(s, 'A', lowers, sizeof lowers / sizeof *lowers, out);
}

size_t hone_text_upper(struct hone_str s, char *out)
{
    return change(s, 'a', uppers, sizeof uppers / sizeof *uppers, out);
}
