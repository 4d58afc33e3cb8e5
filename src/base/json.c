#include "base/json.h"

#include <math.h>

void hone_json_drop(json_t **value)
{
    json_decref(*value);
}

/* Line and column, from 1, of a place in a text. */
static void place_of(struct hone_str text, size_t at, size_t *line, size_t *column)
{
    *line = 1;
    *column = 1;
    for (size_t i = 0; i < at; i++) {
        if (text.ptr[i] == '\n') {
            ++*line;
            *column = 1;
        } else {
            ++*column;
        }
    }
}

/* Refuse deep nesting before a recursive parser sees it. */
static enum hone_code check_depth(struct hone_run *run, struct hone_str text)
{
    size_t depth = 0;
    bool quoted = false;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (quoted) {
            if (c == '\\') {
                i++;
            } else {
                quoted = c != '"';
            }
            continue;
        }
        quoted = c == '"';
        if (c == '[' || c == '{') {
            depth++;
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
        if (depth > HONE_JSON_DEPTH) {
            size_t line;
            size_t column;
            place_of(text, i, &line, &column);
            return hone_fail(run, HONE_E_FORMAT, "line %zu, column %zu: nested deeper than %d",
                             line, column, HONE_JSON_DEPTH);
        }
    }
    return HONE_OK;
}

enum hone_code hone_json_parse(struct hone_run *run, struct hone_str text, json_t **out)
{
    json_error_t error;
    json_t *value;

    HONE_TRY(check_depth(run, text));
    value = json_loadb(text.len == 0 ? "" : text.ptr, text.len,
                       JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (value == NULL) {
        if (json_error_code(&error) == json_error_out_of_memory) {
            return hone_no_room(run, "JSON text", text.len);
        }
        return hone_fail(run, HONE_E_FORMAT, "line %d, column %d: %s", error.line, error.column,
                         error.text);
    }
    *out = value;
    return HONE_OK;
}

static bool all_plain(const json_t *array)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *item = json_array_get(array, i);
        if (json_is_object(item) || json_is_array(item)) {
            return false;
        }
    }
    return true;
}

static void new_line(struct hone_buf *buf, size_t depth)
{
    hone_buf_char(buf, '\n');
    for (size_t i = 0; i < depth; i++) {
        hone_buf_text(buf, "  ");
    }
}

/* A real keeps a point or an exponent, so that it is read back as a real. */
static void write_real(struct hone_buf *buf, double value)
{
    char text[32];
    size_t len = hone_format_f64(text, value);

    hone_buf_bytes(buf, text, len);
    if (memchr(text, '.', len) == NULL && memchr(text, 'e', len) == NULL) {
        hone_buf_text(buf, ".0");
    }
}

static void write_scalar(struct hone_buf *buf, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        hone_buf_json(buf,
                      (struct hone_str){json_string_value(value), json_string_length(value)});
        break;
    case JSON_INTEGER:
        hone_buf_format(buf, "%lld", (long long)json_integer_value(value));
        break;
    case JSON_REAL:
        write_real(buf, json_real_value(value));
        break;
    case JSON_TRUE:
        hone_buf_text(buf, "true");
        break;
    case JSON_FALSE:
        hone_buf_text(buf, "false");
        break;
    default:
        hone_buf_text(buf, "null");
    }
}

/* Jansson's iterators take values that are not const, though they only read them. */
static json_t *unconst(const json_t *value)
{
    return (json_t *)(uintptr_t)value;
}

static void write_json(struct hone_buf *buf, const json_t *value, bool indent, size_t depth)
{
    if (json_is_array(value)) {
        bool lines = indent && !all_plain(value);
        hone_buf_char(buf, '[');
        for (size_t i = 0; i < json_array_size(value); i++) {
            hone_buf_text(buf, i == 0 ? "" : indent && !lines ? ", " : ",");
            if (lines) {
                new_line(buf, depth + 1);
            }
            write_json(buf, json_array_get(value, i), indent, depth + 1);
        }
        if (lines) {
            new_line(buf, depth);
        }
        hone_buf_char(buf, ']');
    } else if (json_is_object(value)) {
        json_t *object = unconst(value);
        bool first = true;
        hone_buf_char(buf, '{');
        for (void *it = json_object_iter(object); it != NULL;
             it = json_object_iter_next(object, it)) {
            hone_buf_text(buf, first ? "" : ",");
            if (indent) {
                new_line(buf, depth + 1);
            }
            hone_buf_json(buf, hone_str(json_object_iter_key(it)));
            hone_buf_text(buf, indent ? ": " : ":");
            write_json(buf, json_object_iter_value(it), indent, depth + 1);
            first = false;
        }
        if (indent && !first) {
            new_line(buf, depth);
        }
        hone_buf_char(buf, '}');
    } else {
        write_scalar(buf, value);
    }
}

void hone_json_write(struct hone_buf *buf, const json_t *value, bool indent)
{
    write_json(buf, value, indent, 0);
}

json_t *hone_json_real(double value)
{
    json_t *real = json_real(value); /* NULL when not finite */

    if (real == NULL) {
        real = json_null();
    }
    return real;
}

/* Copy valid UTF-8, with U+FFFD for each byte that belongs to none. */
static void repair(struct hone_buf *buf, struct hone_str text)
{
    while (text.len > 0) {
        size_t valid = hone_utf8_valid(text);
        hone_buf_bytes(buf, text.ptr, valid);
        text.ptr += valid;
        text.len -= valid;
        if (text.len > 0) {
            hone_buf_text(buf, "\xef\xbf\xbd");
            text.ptr++;
            text.len--;
        }
    }
}

json_t *hone_json_text(struct hone_str text)
{
    struct hone_arena mem = {0};
    json_t *value;

    if (hone_utf8_valid(text) == text.len) {
        value = json_stringn_nocheck(text.len == 0 ? "" : text.ptr, text.len);
    } else {
        struct hone_buf buf = hone_buf(&mem);
        repair(&buf, text);
        value = json_stringn_nocheck(buf.ptr, buf.len);
        hone_arena_free(&mem);
    }
    HONE_ASSERT(value != NULL);
    return value;
}

void hone_json_set(json_t *object, const char *key, json_t *value)
{
    HONE_ASSERT(value != NULL && json_object_set_new(object, key, value) == 0);
}

void hone_json_set_text(json_t *object, const char *key, const char *text)
{
    if (text == NULL) {
        hone_json_set(object, key, json_null());
        return;
    }
    hone_json_set(object, key, hone_json_text(hone_str(text)));
}

void hone_json_push(json_t *array, json_t *value)
{
    HONE_ASSERT(value != NULL && json_array_append_new(array, value) == 0);
}

const char *hone_json_get_text(const json_t *object, const char *key, const char *absent)
{
    const json_t *value = json_object_get(object, key);
    return json_is_string(value) ? json_string_value(value) : absent;
}

double hone_json_get_real(const json_t *object, const char *key, double absent)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : absent;
}

int64_t hone_json_get_int(const json_t *object, const char *key, int64_t absent)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? json_integer_value(value) : absent;
}

bool hone_json_get_bool(const json_t *object, const char *key, bool absent)
{
    const json_t *value = json_object_get(object, key);
    return json_is_boolean(value) ? json_boolean_value(value) : absent;
}

const char *hone_text_in(const json_t *object, const char *key)
{
    return hone_json_get_text(object, key, "");
}

double hone_real_in(const json_t *object, const char *key)
{
    return hone_json_get_real(object, key, (double)NAN);
}

int64_t hone_int_in(const json_t *object, const char *key)
{
    return hone_json_get_int(object, key, 0);
}
