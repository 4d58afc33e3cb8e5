#include "base/str.h"

#include <stdio.h>

int hone_str_cmp(struct hone_str a, struct hone_str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.ptr, b.ptr, len);

    if (order != 0) {
        return order;
    }
    return (a.len > b.len) - (a.len < b.len);
}

bool hone_str_starts(struct hone_str a, const char *prefix)
{
    size_t len = strlen(prefix);
    return a.len >= len && hone_str_eq((struct hone_str){a.ptr, len}, hone_str(prefix));
}

bool hone_str_ends(struct hone_str a, const char *suffix)
{
    size_t len = strlen(suffix);
    return len == 0 || (a.len >= len && memcmp(a.ptr + a.len - len, suffix, len) == 0);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool hone_str_eq_nocase(struct hone_str a, struct hone_str b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i])) {
            return false;
        }
    }
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct hone_str hone_str_trim(struct hone_str a)
{
    while (a.len > 0 && is_space(a.ptr[0])) {
        a.ptr++;
        a.len--;
    }
    while (a.len > 0 && is_space(a.ptr[a.len - 1])) {
        a.len--;
    }
    return a;
}

bool hone_str_cut(struct hone_str a, char sep, struct hone_str *head, struct hone_str *rest)
{
    const char *at = a.len == 0 ? NULL : memchr(a.ptr, sep, a.len);

    if (at == NULL) {
        *head = a;
        *rest = (struct hone_str){"", 0};
        return false;
    }
    *head = (struct hone_str){a.ptr, (size_t)(at - a.ptr)};
    *rest = (struct hone_str){at + 1, a.len - head->len - 1};
    return true;
}

struct hone_buf hone_buf(struct hone_arena *mem)
{
    return (struct hone_buf){.mem = mem};
}

/* Make room for len more bytes and a NUL. */
static bool make_room(struct hone_buf *buf, size_t len)
{
    size_t room = buf->room == 0 ? 64 : buf->room;
    char *ptr;

    if (buf->full) {
        return false;
    }
    if (buf->ptr != NULL && len < buf->room - buf->len) {
        return true;
    }
    while (room - buf->len <= len) {
        if (room > SIZE_MAX / 4) {
            buf->full = true;
            return false;
        }
        room *= 2;
    }
    ptr = hone_arena_grow_plain(buf->mem, buf->ptr, 1, buf->room, room);
    if (ptr == NULL) {
        HONE_ASSERT(buf->mem->limit != 0 && "out of memory");
        buf->full = true;
        return false;
    }
    buf->ptr = ptr;
    buf->room = room;
    return true;
}

void hone_buf_bytes(struct hone_buf *buf, const void *bytes, size_t len)
{
    if (!make_room(buf, len)) {
        return;
    }
    if (len != 0) {
        memcpy(buf->ptr + buf->len, bytes, len);
    }
    buf->len += len;
    buf->ptr[buf->len] = '\0';
}

void hone_buf_text(struct hone_buf *buf, const char *text)
{
    hone_buf_bytes(buf, text, strlen(text));
}

void hone_buf_str(struct hone_buf *buf, struct hone_str text)
{
    hone_buf_bytes(buf, text.ptr, text.len);
}

void hone_buf_char(struct hone_buf *buf, char c)
{
    hone_buf_bytes(buf, &c, 1);
}

void hone_buf_f64(struct hone_buf *buf, double value)
{
    char text[32];
    hone_buf_bytes(buf, text, hone_format_f64(text, value));
}

void hone_buf_vformat(struct hone_buf *buf, const char *format, va_list args)
{
    va_list again;
    int len;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    HONE_ASSERT(len >= 0);
    if (make_room(buf, (size_t)len)) {
        vsnprintf(buf->ptr + buf->len, (size_t)len + 1, format, args);
        buf->len += (size_t)len;
    }
}

void hone_buf_format(struct hone_buf *buf, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    hone_buf_vformat(buf, format, args);
    va_end(args);
}

/* Length of the UTF-8 character at the start of text, 0 when it is not one (Unicode 15, table 3-7). */
static size_t utf8_char(const unsigned char *s, size_t len)
{
    unsigned char low = 0x80;
    unsigned char high = 0xbf;
    size_t n;

    if (s[0] < 0x80) {
        return 1;
    }
    if (s[0] < 0xc2 || s[0] > 0xf4) {
        return 0;
    }
    n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    if (len < n) {
        return 0;
    }
    if (s[0] == 0xe0) {
        low = 0xa0;
    } else if (s[0] == 0xed) {
        high = 0x9f;
    } else if (s[0] == 0xf0) {
        low = 0x90;
    } else if (s[0] == 0xf4) {
        high = 0x8f;
    }
    if (s[1] < low || s[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < n; i++) {
        if (s[i] < 0x80 || s[i] > 0xbf) {
            return 0;
        }
    }
    return n;
}

size_t hone_utf8_valid(struct hone_str text)
{
    const unsigned char *s = (const unsigned char *)text.ptr;
    size_t at = 0;

    while (at < text.len) {
        uint64_t eight;
        uint64_t four[4];
        size_t n;
        if (text.len - at >= sizeof four) {
            memcpy(four, s + at, sizeof four);
            if (((four[0] | four[1] | four[2] | four[3]) & 0x8080808080808080u) == 0) {
                at += sizeof four;
                continue;
            }
        }
        if (text.len - at >= 8) {
            memcpy(&eight, s + at, 8);
            if ((eight & 0x8080808080808080u) == 0) {
                at += 8;
                continue;
            }
        }
        n = utf8_char(s + at, text.len - at);
        if (n == 0) {
            return at;
        }
        at += n;
    }
    return at;
}

static void json_escape(struct hone_buf *buf, unsigned char c)
{
    static const char names[] = "btnvfr"; /* 8 to 13; JSON has no \v */
    switch (c) {
    case '"':
        hone_buf_text(buf, "\\\"");
        break;
    case '\\':
        hone_buf_text(buf, "\\\\");
        break;
    case '\b':
    case '\t':
    case '\n':
    case '\f':
    case '\r':
        hone_buf_char(buf, '\\');
        hone_buf_char(buf, names[c - 8]);
        break;
    default:
        hone_buf_format(buf, "\\u%04x", c);
    }
}

void hone_buf_json(struct hone_buf *buf, struct hone_str text)
{
    const unsigned char *s = (const unsigned char *)text.ptr;
    size_t plain = 0; /* start of what needs no escape */
    size_t at = 0;

    hone_buf_char(buf, '"');
    while (at < text.len) {
        size_t n = utf8_char(s + at, text.len - at);
        if (n > 0 && s[at] >= 0x20 && s[at] != '"' && s[at] != '\\' && s[at] != 0x7f) {
            at += n;
            continue;
        }
        hone_buf_bytes(buf, text.ptr + plain, at - plain);
        if (n == 0) {
            hone_buf_text(buf, "\xef\xbf\xbd");
        } else {
            json_escape(buf, s[at]);
        }
        at++;
        plain = at;
    }
    if (at > plain) {
        hone_buf_bytes(buf, text.ptr + plain, at - plain);
    }
    hone_buf_char(buf, '"');
}

void hone_buf_html(struct hone_buf *buf, struct hone_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.ptr[i]) {
        case '&':
            hone_buf_text(buf, "&amp;");
            break;
        case '<':
            hone_buf_text(buf, "&lt;");
            break;
        case '>':
            hone_buf_text(buf, "&gt;");
            break;
        case '"':
            hone_buf_text(buf, "&quot;");
            break;
        case '\'':
            hone_buf_text(buf, "&#39;");
            break;
        default:
            hone_buf_char(buf, text.ptr[i]);
        }
    }
}

enum { WORD = 64 }; /* longer words have no near neighbour */

/* Edits (insert, delete, replace) that make b of a; both at most WORD long, '-' is '_'.
 * Source: Wagner & Fischer, JACM 21(1), 1974. */
static size_t distance(struct hone_str a, struct hone_str b)
{
    size_t row[WORD + 1];

    for (size_t j = 0; j <= b.len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        size_t corner = row[0];
        char c = a.ptr[i - 1] == '-' ? '_' : lower(a.ptr[i - 1]);
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            char d = b.ptr[j - 1] == '-' ? '_' : lower(b.ptr[j - 1]);
            size_t best = corner + (c != d);
            corner = row[j];
            if (row[j] + 1 < best) {
                best = row[j] + 1;
            }
            if (row[j - 1] + 1 < best) {
                best = row[j - 1] + 1;
            }
            row[j] = best;
        }
    }
    return row[b.len];
}

const char *hone_nearest(const char *word, const char *const *candidates, size_t n)
{
    struct hone_str a = hone_str(word);
    const char *nearest = NULL;
    size_t least = 1 + (a.len + 2) / 3;

    for (size_t i = 0; i < n && a.len <= WORD; i++) {
        struct hone_str b = hone_str(candidates[i]);
        size_t d;
        if (b.len > WORD) {
            continue;
        }
        d = distance(a, b);
        if (d < least) {
            least = d;
            nearest = candidates[i];
        }
    }
    return nearest;
}

void hone_buf_word(struct hone_buf *buf, const char *word)
{
    bool plain = word[0] != '\0';
    for (const char *c = word; *c != '\0'; c++) {
        plain = plain && (strchr("-_./:=,@+%", *c) != NULL || (*c >= '0' && *c <= '9') ||
                          (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z'));
    }
    if (plain) {
        hone_buf_text(buf, word);
        return;
    }
    hone_buf_char(buf, '\'');
    for (const char *c = word; *c != '\0'; c++) {
        hone_buf_text(buf, *c == '\'' ? "'\\''" : (char[2]){*c, '\0'});
    }
    hone_buf_char(buf, '\'');
}

const char *hone_shell_word(struct hone_arena *mem, const char *word)
{
    struct hone_buf buf = hone_buf(mem);
    hone_buf_word(&buf, word);
    return buf.ptr;
}
