/* Jansson values as YAML in block style; declared in base/json.h. */
#include "base/json.h"

/* True when YAML reads the word as text without quotes: letters first, nothing with a meaning, and
 * not a word that some version of YAML takes for null or a truth value. */
static bool is_plain_text(struct hone_str s)
{
    static const char *const words[] = {"null", "true", "false", "yes", "no",
                                        "on",   "off",  "y",     "n"};
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_/";
    static const char others[] = "0123456789.- =+()";

    if (s.len == 0 || s.len > 200 || s.ptr[s.len - 1] == ' ') {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        bool letter = s.ptr[i] != '\0' && strchr(letters, s.ptr[i]) != NULL;
        bool other = s.ptr[i] != '\0' && strchr(others, s.ptr[i]) != NULL;
        if (!letter && (i == 0 || !other)) {
            return false;
        }
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (hone_str_eq_nocase(s, hone_str(words[i]))) {
            return false;
        }
    }
    return true;
}

/* Length of the character at s when a YAML reader refuses it raw: C1 controls, line and paragraph
 * separators, the byte order mark, U+FFFE and U+FFFF; else 0. */
static size_t refused(const unsigned char *s, size_t len)
{
    if (len >= 2 && s[0] == 0xc2 && s[1] < 0xa0) {
        return 2;
    }
    if (len >= 3 && s[0] == 0xe2 && s[1] == 0x80 && (s[2] == 0xa8 || s[2] == 0xa9)) {
        return 3;
    }
    if (len >= 3 && s[0] == 0xef &&
        ((s[1] == 0xbb && s[2] == 0xbf) || (s[1] == 0xbf && s[2] >= 0xbe))) {
        return 3;
    }
    return 0;
}

/* Text in double quotes: JSON's escapes are YAML's, and a few characters more need one. */
static void write_quoted(struct hone_buf *buf, struct hone_str text)
{
    struct hone_buf json = hone_buf(buf->mem);
    const unsigned char *s;

    hone_buf_json(&json, text);
    s = (const unsigned char *)json.ptr;
    for (size_t i = 0; i < json.len; i++) {
        size_t n = refused(s + i, json.len - i);
        unsigned point;
        if (n == 0) {
            hone_buf_char(buf, json.ptr[i]);
            continue;
        }
        point = n == 2 ? (s[i] & 0x1fu) << 6 | (s[i + 1] & 0x3fu)
                       : (s[i] & 0xfu) << 12 | (s[i + 1] & 0x3fu) << 6 | (s[i + 2] & 0x3fu);
        hone_buf_format(buf, "\\u%04x", point);
        i += n - 1;
    }
}

static void write_word(struct hone_buf *buf, struct hone_str s)
{
    if (is_plain_text(s)) {
        hone_buf_str(buf, s);
    } else {
        write_quoted(buf, s);
    }
}

static void new_line(struct hone_buf *buf, size_t depth)
{
    hone_buf_char(buf, '\n');
    for (size_t i = 0; i < depth; i++) {
        hone_buf_text(buf, "  ");
    }
}

enum { SIMPLE_KEY = 200 }; /* longer keys are written in the explicit form; YAML allows 1024 */

static void write_key(struct hone_buf *buf, const char *key, size_t depth)
{
    if (strlen(key) <= SIMPLE_KEY) {
        write_word(buf, hone_str(key));
    } else {
        hone_buf_text(buf, "? ");
        write_word(buf, hone_str(key));
        new_line(buf, depth);
    }
    hone_buf_char(buf, ':');
}

static void write_yaml(struct hone_buf *buf, const json_t *value, size_t depth);

/* The value after "key:" or "-": on the same line, or below it when it is a filled list or object. */
static void write_member(struct hone_buf *buf, const json_t *value, size_t depth)
{
    bool below = json_object_size(value) > 0 || json_array_size(value) > 0;

    if (!below) {
        hone_buf_char(buf, ' ');
    }
    write_yaml(buf, value, depth);
}

static void write_yaml(struct hone_buf *buf, const json_t *value, size_t depth)
{
    if (json_is_object(value) && json_object_size(value) > 0) {
        json_t *object = (json_t *)(uintptr_t)value; /* only read; iterators are not const */
        for (void *it = json_object_iter(object); it != NULL;
             it = json_object_iter_next(object, it)) {
            if (buf->len > 0) {
                new_line(buf, depth);
            }
            write_key(buf, json_object_iter_key(it), depth);
            write_member(buf, json_object_iter_value(it), depth + 1);
        }
    } else if (json_is_array(value) && json_array_size(value) > 0) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            if (buf->len > 0) {
                new_line(buf, depth);
            }
            hone_buf_char(buf, '-');
            write_member(buf, json_array_get(value, i), depth + 1);
        }
    } else if (json_is_object(value)) {
        hone_buf_text(buf, "{}");
    } else if (json_is_array(value)) {
        hone_buf_text(buf, "[]");
    } else if (json_is_string(value)) {
        write_word(buf, (struct hone_str){json_string_value(value), json_string_length(value)});
    } else {
        hone_json_write(buf, value, false);
    }
}

void hone_yaml_write(struct hone_buf *buf, const json_t *value)
{
    struct hone_buf text = hone_buf(buf->mem);

    write_yaml(&text, value, 0);
    hone_buf_bytes(buf, text.ptr, text.len);
    hone_buf_char(buf, '\n');
}
