/* YAML 1.2 core schema into Jansson values; declared in base/json.h. */
#include <math.h>
#include <yaml.h>

#include "base/json.h"

struct reader {
    struct hone_run *run;
    yaml_parser_t parser;
};

static enum hone_code next(struct reader *r, yaml_event_t *event)
{
    const yaml_parser_t *p = &r->parser;

    if (yaml_parser_parse(&r->parser, event) == 1) {
        return HONE_OK;
    }
    if (p->error == YAML_MEMORY_ERROR) {
        return hone_no_room(r->run, "YAML", 1);
    }
    if (p->error == YAML_READER_ERROR) {
        return hone_fail(r->run, HONE_E_FORMAT, "byte %zu: %s", p->problem_offset,
                         p->problem == NULL ? "malformed YAML" : p->problem);
    }
    return hone_fail(r->run, HONE_E_FORMAT, "line %zu, column %zu: %s%s%s",
                     p->problem_mark.line + 1, p->problem_mark.column + 1,
                     p->context == NULL ? "" : p->context, p->context == NULL ? "" : ": ",
                     p->problem == NULL ? "malformed YAML" : p->problem);
}

static enum hone_code refuse(struct reader *r, const yaml_event_t *event, const char *what)
{
    return hone_fail(r->run, HONE_E_FORMAT, "line %zu, column %zu: %s",
                     event->start_mark.line + 1, event->start_mark.column + 1, what);
}

static bool is_one_of(struct hone_str s, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (hone_str_is(s, words[i])) {
            return true;
        }
    }
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?; whole: no point or exponent. */
static bool is_number(struct hone_str s, bool *whole)
{
    size_t i = s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+');
    size_t before = 0;
    size_t after = 0;

    *whole = true;
    for (; i < s.len && is_digit(s.ptr[i]); i++) {
        before++;
    }
    if (i < s.len && s.ptr[i] == '.') {
        *whole = false;
        for (i++; i < s.len && is_digit(s.ptr[i]); i++) {
            after++;
        }
    }
    if (before + after == 0) {
        return false;
    }
    if (i < s.len && (s.ptr[i] == 'e' || s.ptr[i] == 'E')) {
        size_t start;
        *whole = false;
        i++;
        i += i < s.len && (s.ptr[i] == '-' || s.ptr[i] == '+');
        start = i;
        while (i < s.len && is_digit(s.ptr[i])) {
            i++;
        }
        if (i == start) {
            return false;
        }
    }
    return i == s.len;
}

/* 0o17 and 0x1f. Returns false when s is neither; *fits tells whether it is an int64. */
static bool based_int(struct hone_str s, int64_t *out, bool *fits)
{
    int64_t base = hone_str_starts(s, "0o") ? 8 : hone_str_starts(s, "0x") ? 16 : 0;
    int64_t value = 0;

    *fits = true;
    if (base == 0 || s.len < 3) {
        return false;
    }
    for (size_t i = 2; i < s.len; i++) {
        char c = s.ptr[i];
        int64_t digit = is_digit(c)              ? c - '0'
                        : (c >= 'a' && c <= 'f') ? c - 'a' + 10
                        : (c >= 'A' && c <= 'F') ? c - 'A' + 10
                                                 : 99;
        if (digit >= base) {
            *fits = true;
            return false;
        }
        *fits = *fits && value <= (INT64_MAX - digit) / base;
        value = *fits ? value * base + digit : 0;
    }
    *out = value;
    return true;
}

/* The value of a scalar without quotes. */
static enum hone_code resolve(struct reader *r, const yaml_event_t *event, struct hone_str s,
                              json_t **out)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    static const char *const trues[] = {"true", "True", "TRUE"};
    static const char *const falses[] = {"false", "False", "FALSE"};
    static const char *const odd[] = {".inf",  ".Inf",  ".INF",  "+.inf", "+.Inf", "+.INF",
                                      "-.inf", "-.Inf", "-.INF", ".nan",  ".NaN",  ".NAN"};
    bool whole;
    bool fits = true;
    int64_t integer;
    double real;

    if (is_one_of(s, nulls, 5)) {
        *out = json_null();
    } else if (is_one_of(s, trues, 3)) {
        *out = json_true();
    } else if (is_one_of(s, falses, 3)) {
        *out = json_false();
    } else if (is_one_of(s, odd, 12)) {
        return refuse(r, event, "infinity and not-a-number are not accepted");
    } else if (based_int(s, &integer, &fits)) {
        *out = fits ? json_integer(integer) : NULL;
    } else if (is_number(s, &whole)) {
        if (whole) {
            fits = hone_parse_i64(s, &integer);
            *out = fits ? json_integer(integer) : NULL;
        } else {
            fits = hone_parse_f64(s, &real) && isfinite(real);
            *out = fits ? json_real(real) : NULL;
        }
    } else {
        *out = json_stringn(s.ptr, s.len);
    }
    return fits ? HONE_OK : refuse(r, event, "a number out of range");
}

static enum hone_code check_tag(struct reader *r, const yaml_event_t *event,
                                const yaml_char_t *tag, bool *text)
{
    *text = tag != NULL && strcmp((const char *)tag, YAML_STR_TAG) == 0;
    if (tag != NULL && !*text && strcmp((const char *)tag, "!") != 0) {
        return refuse(r, event, "tags other than !!str are not accepted");
    }
    *text = *text || tag != NULL;
    return HONE_OK;
}

static enum hone_code scalar(struct reader *r, const yaml_event_t *event, json_t **out)
{
    struct hone_str s = {(const char *)event->data.scalar.value, event->data.scalar.length};
    json_t *value = NULL;
    bool text;

    if (event->data.scalar.anchor != NULL) {
        return refuse(r, event, "anchors and aliases are not accepted; write the value out");
    }
    HONE_TRY(check_tag(r, event, event->data.scalar.tag, &text));
    if (s.len > 0 && memchr(s.ptr, '\0', s.len) != NULL) {
        return refuse(r, event, "text with a NUL character");
    }
    if (text || event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) {
        value = json_stringn(s.ptr, s.len);
    } else {
        HONE_TRY(resolve(r, event, s, &value));
    }
    if (value == NULL) {
        return hone_no_room(r->run, "YAML", s.len);
    }
    *out = value;
    return HONE_OK;
}

static enum hone_code value_of(struct reader *r, const yaml_event_t *event, size_t depth,
                               json_t **out);

static void event_drop(yaml_event_t *event)
{
    yaml_event_delete(event);
}
#define EVENT HONE_CLOSING(event_drop) yaml_event_t

static enum hone_code sequence(struct reader *r, size_t depth, json_t **out)
{
    HONE_JSON json_t *array = json_array();

    for (;;) {
        EVENT event = {0};
        json_t *item;
        HONE_TRY(next(r, &event));
        if (event.type == YAML_SEQUENCE_END_EVENT) {
            break;
        }
        HONE_TRY(value_of(r, &event, depth + 1, &item));
        if (json_array_append_new(array, item) != 0) {
            return hone_no_room(r->run, "YAML", 1);
        }
    }
    *out = json_incref(array);
    return HONE_OK;
}

static enum hone_code member(struct reader *r, const yaml_event_t *key, size_t depth,
                             json_t *object)
{
    EVENT event = {0};
    json_t *value;
    const char *name = (const char *)key->data.scalar.value;

    if (key->type != YAML_SCALAR_EVENT) {
        return refuse(r, key,
                      key->type == YAML_ALIAS_EVENT
                          ? "anchors and aliases are not accepted; write the value out"
                          : "a key that is not a word");
    }
    if (key->data.scalar.anchor != NULL) {
        return refuse(r, key, "anchors and aliases are not accepted; write the value out");
    }
    if (strlen(name) != key->data.scalar.length) {
        return refuse(r, key, "a key with a NUL character");
    }
    if (json_object_get(object, name) != NULL) {
        return hone_fail(r->run, HONE_E_FORMAT,
                         "line %zu, column %zu: key %.100s is there twice",
                         key->start_mark.line + 1, key->start_mark.column + 1, name);
    }
    HONE_TRY(next(r, &event));
    HONE_TRY(value_of(r, &event, depth + 1, &value));
    if (json_object_set_new(object, name, value) != 0) {
        return hone_no_room(r->run, "YAML", 1);
    }
    return HONE_OK;
}

static enum hone_code mapping(struct reader *r, size_t depth, json_t **out)
{
    HONE_JSON json_t *object = json_object();

    for (;;) {
        EVENT event = {0};
        HONE_TRY(next(r, &event));
        if (event.type == YAML_MAPPING_END_EVENT) {
            break;
        }
        HONE_TRY(member(r, &event, depth, object));
    }
    *out = json_incref(object);
    return HONE_OK;
}

static enum hone_code value_of(struct reader *r, const yaml_event_t *event, size_t depth,
                               json_t **out)
{
    bool text;
    const yaml_char_t *anchor;

    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return scalar(r, event, out);
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        break;
    default:
        return refuse(r, event, "anchors and aliases are not accepted; write the value out");
    }
    if (depth >= HONE_JSON_DEPTH) {
        return hone_fail(r->run, HONE_E_FORMAT, "line %zu, column %zu: nested deeper than %d",
                         event->start_mark.line + 1, event->start_mark.column + 1,
                         HONE_JSON_DEPTH);
    }
    if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        HONE_TRY(check_tag(r, event, event->data.sequence_start.tag, &text));
    } else {
        anchor = event->data.mapping_start.anchor;
        HONE_TRY(check_tag(r, event, event->data.mapping_start.tag, &text));
    }
    if (anchor != NULL) {
        return refuse(r, event, "anchors and aliases are not accepted; write the value out");
    }
    if (text) {
        return refuse(r, event, "!!str on something that is not a word");
    }
    return event->type == YAML_SEQUENCE_START_EVENT ? sequence(r, depth, out)
                                                    : mapping(r, depth, out);
}

static enum hone_code document(struct reader *r, json_t **out)
{
    HONE_JSON json_t *value = NULL;

    for (;;) {
        EVENT event = {0};
        HONE_TRY(next(r, &event));
        switch (event.type) {
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_END_EVENT:
            break;
        case YAML_DOCUMENT_START_EVENT:
            if (value != NULL) {
                return refuse(r, &event, "a second document; one is accepted");
            }
            break;
        case YAML_STREAM_END_EVENT:
            *out = value == NULL ? json_null() : json_incref(value);
            return HONE_OK;
        default:
            HONE_TRY(value_of(r, &event, 0, &value));
        }
    }
}

static void reader_close(struct reader *r)
{
    yaml_parser_delete(&r->parser);
}

enum hone_code hone_yaml_parse(struct hone_run *run, struct hone_str text, json_t **out)
{
    HONE_CLOSING(reader_close) struct reader r = {.run = run};

    if (yaml_parser_initialize(&r.parser) != 1) {
        return hone_no_room(run, "YAML", 1);
    }
    yaml_parser_set_input_string(
        &r.parser, (const unsigned char *)(text.len == 0 ? "" : text.ptr), text.len);
    return document(&r, out);
}
