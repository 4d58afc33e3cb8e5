#include "serve/batch.h"

#include <math.h>
#include <stdio.h>

#include "base/time.h"

void hone_batch_init(struct hone_batch *b, const struct hone_batch_column *columns, size_t cols)
{
    *b = (struct hone_batch){.cols = cols, .max_rows = HONE_BATCH_ROWS};
    b->column = hone_arena_must(&b->names, (cols == 0 ? 1 : cols) * sizeof *b->column);
    b->index.mem = &b->names;
    b->data.limit = HONE_BATCH_BYTES;
    for (size_t i = 0; i < cols; i++) {
        b->column[i] = columns[i];
        b->column[i].data = NULL;
        HONE_ASSERT(hone_map_add(&b->index, hone_str(columns[i].name), (uint32_t)i) !=
                    UINT32_MAX);
    }
}

void hone_batch_free(struct hone_batch *b)
{
    hone_arena_free(&b->names);
    hone_arena_free(&b->data);
    hone_arena_free(&b->text);
}

void hone_batch_begin(struct hone_batch *b)
{
    hone_arena_rewind(&b->text, (struct hone_mark){NULL, 0});
    b->rows = 0;
    b->guess = 0;
    b->unknown = 0;
    b->missing = 0;
    b->extras = 0;
    b->first_unknown[0] = '\0';
    for (size_t i = 0; i < b->cols; i++) {
        b->column[i].stamp = 0;
    }
}

void hone_batch_trim(struct hone_batch *b, size_t bytes)
{
    if (b->text.bytes > bytes) {
        hone_arena_free(&b->text);
    }
    if (b->data.bytes > bytes) {
        hone_arena_free(&b->data);
        b->data.limit = HONE_BATCH_BYTES;
        b->room = 0;
        b->extra = NULL;
        b->extra_room = 0;
        for (size_t i = 0; i < b->cols; i++) {
            b->column[i].data = NULL;
        }
    }
}

struct hone_batch_column *hone_batch_find(struct hone_batch *b, struct hone_str name)
{
    uint32_t at;

    /* Rows mostly give their fields in one order. */
    if (b->guess < b->cols && hone_str_is(name, b->column[b->guess].name)) {
        return &b->column[b->guess++];
    }
    at = hone_map_get(&b->index, name);
    if (at == UINT32_MAX) {
        if (b->unknown++ == 0) {
            snprintf(b->first_unknown, sizeof b->first_unknown, "%.*s",
                     (int)(name.len < 60 ? name.len : 60), name.ptr);
        }
        return NULL;
    }
    b->guess = at + 1;
    return &b->column[at];
}

/* Whether the log can hold a field: those who read it take strict JSON without zero bytes, each name once, and one
 * client must not spoil it for them. */
static bool worth_keeping(const struct hone_batch *b, struct hone_str key, struct hone_str raw)
{
    size_t same_row = 0;

    if (raw.len == 0 || strchr("{[NI", raw.ptr[0]) != NULL ||
        (raw.len > 1 && raw.ptr[0] == '-' && raw.ptr[1] == 'I') ||
        memchr(key.ptr, '\0', key.len) != NULL ||
        memmem(raw.ptr, raw.len, "\\u0000", 6) != NULL) {
        return false;
    }
    for (size_t i = b->extras; i-- > 0 && b->extra[i].row == b->rows; same_row++) {
        if (hone_str_eq(b->extra[i].key, key)) {
            return false;
        }
    }
    return same_row < HONE_BATCH_EXTRAS;
}

enum hone_code hone_batch_extra(struct hone_run *run, struct hone_batch *b, struct hone_str key,
                                struct hone_str raw)
{
    if (!worth_keeping(b, key, raw)) {
        return HONE_OK;
    }
    if (b->extras == b->extra_room) {
        size_t room = b->extra_room == 0 ? 16 : 2 * b->extra_room;
        struct hone_batch_extra *grown =
            hone_arena_grow(&b->data, b->extra, sizeof *b->extra, b->extra_room, room);
        if (grown == NULL) {
            return hone_no_room(run, "the request's fields", room);
        }
        b->extra = grown;
        b->extra_room = room;
    }
    b->extra[b->extras++] = (struct hone_batch_extra){b->rows, key, raw};
    return HONE_OK;
}

enum hone_code hone_batch_room(struct hone_run *run, struct hone_batch *b, size_t rows)
{
    size_t room = b->room < 16 ? 16 : b->room;

    if (rows > b->max_rows) {
        (void)hone_fail(run, HONE_E_LIMIT, "more than %zu rows in one request", b->max_rows);
        return hone_hint(run, "send them in several requests, or use hone predict");
    }
    if (rows <= b->room) {
        return HONE_OK;
    }
    while (room < rows) {
        room *= 2;
    }
    for (size_t i = 0; i < b->cols; i++) {
        struct hone_batch_column *c = &b->column[i];
        size_t size = hone_dtype_size(c->dtype) * c->width;
        void *grown =
            hone_arena_grow(&b->data, c->data, size, c->data == NULL ? 0 : b->room, room);
        if (grown == NULL) {
            return hone_no_room(run, "the request's columns", room);
        }
        c->data = grown;
    }
    b->room = room;
    return HONE_OK;
}

enum hone_code hone_batch_row(struct hone_run *run, struct hone_batch *b)
{
    HONE_TRY(hone_batch_room(run, b, b->rows + 1));
    b->guess = 0;
    b->set = 0;
    return HONE_OK;
}

enum { SOME = 6 }; /* inputs that a refusal names */

/* A row of fields that the model does not take: says some that it takes. */
static enum hone_code nothing_known(struct hone_run *run, const struct hone_batch *b)
{
    struct hone_buf takes;
    HONE_SCRATCH(run);

    takes = hone_buf(&run->scratch);
    for (size_t i = 0; i < b->cols && i < SOME; i++) {
        hone_buf_text(&takes, i == 0 ? "" : ", ");
        hone_buf_json(&takes, hone_str(b->column[i].name));
    }
    hone_buf_text(&takes, b->cols > SOME ? ", ..." : "");
    return hone_fail(
        run, HONE_E_ARG,
        "row %zu: none of its fields (\"%s\" ...) is an input of the model; those are %s",
        b->rows, b->first_unknown, takes.ptr);
}

enum hone_code hone_batch_row_end(struct hone_run *run, struct hone_batch *b, size_t fields)
{
    if (fields > 0 && b->set == 0) {
        return nothing_known(run, b);
    }
    if (b->set < b->cols) {
        for (size_t i = 0; i < b->cols; i++) {
            struct hone_batch_column *c = &b->column[i];
            if (c->stamp == b->rows + 1) {
                continue;
            }
            for (size_t j = 0; j < c->width; j++) {
                hone_batch_set_missing(b, c, b->rows * c->width + j);
            }
        }
    }
    b->rows++;
    return HONE_OK;
}

void hone_batch_fill(struct hone_batch *b, struct hone_batch_column *c, size_t rows)
{
    for (size_t i = 0; i < rows * c->width; i++) {
        hone_batch_set_missing(b, c, i);
    }
}

void hone_batch_set_missing(struct hone_batch *b, struct hone_batch_column *c, size_t at)
{
    b->missing++;
    switch (c->dtype) {
    case HONE_F32:
        ((float *)c->data)[at] = NAN;
        break;
    case HONE_F64:
        ((double *)c->data)[at] = (double)NAN;
        break;
    case HONE_I64:
        ((int64_t *)c->data)[at] = hone_type_is_time(c->type) ? HONE_MISSING_I64 : 0;
        break;
    case HONE_STRING:
        ((struct hone_str *)c->data)[at] = (struct hone_str){"", 0};
        break;
    default:
        memset((char *)c->data + at * hone_dtype_size(c->dtype), 0, hone_dtype_size(c->dtype));
        break;
    }
}

bool hone_batch_is_missing(const struct hone_batch_column *c, size_t at)
{
    switch (c->dtype) {
    case HONE_F32:
        return isnan(((const float *)c->data)[at]);
    case HONE_F64:
        return isnan(((const double *)c->data)[at]);
    case HONE_I64:
        return hone_type_is_time(c->type) && ((const int64_t *)c->data)[at] == HONE_MISSING_I64;
    case HONE_STRING:
        return ((const struct hone_str *)c->data)[at].len == 0;
    default:
        return false;
    }
}

/* "row 3: field "age": a number was expected, not the string "old"". */
static enum hone_code wrong(struct hone_run *run, const struct hone_batch_column *c, size_t at,
                            const char *wanted, const struct hone_jvalue *got)
{
    bool text = got->type == HONE_J_STRING || got->type == HONE_J_NUMBER;
    bool quote = got->type == HONE_J_STRING;
    int len = (int)(got->text.len < 40 ? got->text.len : 40);

    return hone_fail(run, HONE_E_ARG, "row %zu: field \"%s\": %s was expected, not %s%s%.*s%s",
                     at / c->width, c->name, wanted, hone_jtype_name(got->type),
                     quote  ? " \""
                     : text ? " "
                            : "",
                     text ? len : 0, text ? got->text.ptr : "", quote ? "\"" : "");
}

/* Text as it was written becomes the text that the CSV writer would print for the number. */
static enum hone_code set_string(struct hone_run *run, struct hone_batch *b,
                                 struct hone_batch_column *c, size_t at,
                                 const struct hone_jvalue *value)
{
    struct hone_str *slot = &((struct hone_str *)c->data)[at];
    int64_t whole;
    double real;
    char *copy;

    switch (value->type) {
    case HONE_J_STRING:
        if (value->text.len > 0 && memchr(value->text.ptr, '\0', value->text.len) != NULL) {
            return wrong(run, c, at, "text without a zero byte", value);
        }
        if (value->text.len > HONE_BATCH_TEXT) {
            return hone_fail(
                run, HONE_E_LIMIT,
                "row %zu: field \"%s\": a text of %zu bytes; at most %zu are taken",
                at / c->width, c->name, value->text.len, HONE_BATCH_TEXT);
        }
        *slot = value->text;
        return HONE_OK;
    case HONE_J_FALSE:
    case HONE_J_TRUE:
        *slot = hone_str(value->type == HONE_J_TRUE ? "true" : "false");
        return HONE_OK;
    case HONE_J_NUMBER:
        if (hone_parse_i64(value->text, &whole) && !hone_str_is(value->text, "-0")) {
            *slot = value->text;
            return HONE_OK;
        }
        copy = hone_arena_alloc(&b->text, 1, 32);
        if (copy == NULL || !hone_parse_f64(value->text, &real)) {
            return wrong(run, c, at, "text", value);
        }
        *slot = (struct hone_str){copy, hone_format_f64(copy, real)};
        if (isnan(real)) {
            hone_batch_set_missing(b, c, at);
        }
        return HONE_OK;
    default:
        return wrong(run, c, at, "text", value);
    }
}

static enum hone_code set_time(struct hone_run *run, struct hone_batch *b,
                               struct hone_batch_column *c, size_t at,
                               const struct hone_jvalue *value)
{
    const int64_t day = 86400000000;
    bool date = c->type == HONE_DATE;
    int64_t *slot = &((int64_t *)c->data)[at];
    bool zone;
    int64_t us;

    if (value->type == HONE_J_NUMBER) {
        if (!hone_parse_i64(value->text, slot)) {
            return wrong(run, c, at, date ? "a whole number of days" : "a whole number of µs",
                         value);
        }
        return HONE_OK;
    }
    if (value->type != HONE_J_STRING) {
        return wrong(run, c, at, "a date (2024-02-29)", value);
    }
    if (value->text.len == 0) {
        hone_batch_set_missing(b, c, at);
        return HONE_OK;
    }
    if (date && hone_parse_date(value->text, slot)) {
        return HONE_OK;
    }
    if (!hone_parse_timestamp(value->text, &us, &zone)) {
        return wrong(run, c, at, date ? "a date (2024-02-29)" : "a time (2024-02-29T12:00:00Z)",
                     value);
    }
    *slot = date ? (us >= 0 ? us / day : -((day - 1 - us) / day)) : us;
    return HONE_OK;
}

/* Whole inputs of foreign models. */
static enum hone_code set_whole(struct hone_run *run, struct hone_batch_column *c, size_t at,
                                const struct hone_jvalue *value)
{
    int64_t whole = value->type == HONE_J_TRUE;
    double real = 0;
    bool text = value->type == HONE_J_NUMBER || value->type == HONE_J_STRING;

    if (text && !hone_parse_i64(value->text, &whole)) {
        if (!hone_parse_f64(value->text, &real) || !(fabs(real) < 9e18) || rint(real) != real) {
            return wrong(run, c, at, "a whole number", value);
        }
        whole = (int64_t)real;
    }
    if (c->dtype == HONE_I64) {
        ((int64_t *)c->data)[at] = whole;
    } else if (c->dtype == HONE_I32 && whole >= INT32_MIN && whole <= INT32_MAX) {
        ((int32_t *)c->data)[at] = (int32_t)whole;
    } else if (c->dtype == HONE_B8 && (whole == 0 || whole == 1)) {
        ((uint8_t *)c->data)[at] = whole == 1;
    } else {
        return wrong(run, c, at, c->dtype == HONE_B8 ? "true or false" : "a 32-bit number",
                     value);
    }
    return HONE_OK;
}

static enum hone_code set_real(struct hone_run *run, struct hone_batch *b,
                               struct hone_batch_column *c, size_t at,
                               const struct hone_jvalue *value)
{
    double real = 0;
    bool truth;

    switch (value->type) {
    case HONE_J_FALSE:
    case HONE_J_TRUE:
        real = value->type == HONE_J_TRUE;
        break;
    case HONE_J_NUMBER:
        if (!hone_parse_f64(hone_str_is(value->text, "NaN") ? hone_str("nan") : value->text,
                            &real)) {
            return wrong(run, c, at, "a number", value);
        }
        break;
    case HONE_J_STRING:
        if (value->text.len == 0) {
            hone_batch_set_missing(b, c, at);
            return HONE_OK;
        }
        if (hone_parse_f64(value->text, &real)) {
            break;
        }
        if (c->type == HONE_BOOL && hone_parse_bool(value->text, &truth)) {
            real = truth;
            break;
        }
        return wrong(run, c, at, c->type == HONE_BOOL ? "true or false" : "a number", value);
    default:
        return wrong(run, c, at, "a number", value);
    }
    if (c->dtype == HONE_F64) {
        ((double *)c->data)[at] = real;
    } else {
        ((float *)c->data)[at] = (float)real;
    }
    return HONE_OK;
}

enum hone_code hone_batch_set(struct hone_run *run, struct hone_batch *b,
                              struct hone_batch_column *c, size_t at,
                              const struct hone_jvalue *value)
{
    if (value->type == HONE_J_NULL) {
        hone_batch_set_missing(b, c, at);
        return HONE_OK;
    }
    if (value->type == HONE_J_ARRAY || value->type == HONE_J_OBJECT) {
        return wrong(run, c, at, "one value", value);
    }
    if (c->dtype == HONE_STRING) {
        return set_string(run, b, c, at, value);
    }
    if (hone_type_is_time(c->type)) {
        return set_time(run, b, c, at, value);
    }
    return c->dtype == HONE_F32 || c->dtype == HONE_F64 ? set_real(run, b, c, at, value)
                                                        : set_whole(run, c, at, value);
}

enum hone_code hone_batch_set_text(struct hone_run *run, struct hone_batch *b,
                                   struct hone_batch_column *c, size_t at, struct hone_str text)
{
    struct hone_jvalue value = {text.len == 0 ? HONE_J_NULL : HONE_J_STRING, text};
    int64_t whole;

    if (text.len > 0 && hone_type_is_time(c->type) && hone_parse_i64(text, &whole)) {
        value.type = HONE_J_NUMBER;
    }
    return hone_batch_set(run, b, c, at, &value);
}

static enum hone_code wrong_width(struct hone_run *run, const struct hone_batch *b,
                                  const struct hone_batch_column *c)
{
    return c->width == 1
               ? hone_fail(run, HONE_E_SHAPE, "row %zu: field \"%s\": one value was expected",
                           b->rows, c->name)
               : hone_fail(run, HONE_E_SHAPE,
                           "row %zu: field \"%s\": an array of %zu was expected", b->rows,
                           c->name, c->width);
}

enum hone_code hone_batch_read(struct hone_run *run, struct hone_batch *b,
                               struct hone_batch_column *c, struct hone_jscan *scan)
{
    struct hone_jvalue value;
    size_t at = b->rows * c->width;
    size_t n = 0;

    if (c->stamp == b->rows + 1) {
        return hone_fail(run, HONE_E_ARG, "row %zu: field \"%s\" is given twice", b->rows,
                         c->name);
    }
    c->stamp = b->rows + 1;
    b->set++;
    if (hone_jscan_value(scan, &value) == HONE_J_BAD) {
        return hone_jscan_fail(run, scan);
    }
    if (c->width == 1 && value.type != HONE_J_ARRAY) {
        return hone_batch_set(run, b, c, at, &value);
    }
    if (value.type != HONE_J_ARRAY) {
        return wrong_width(run, b, c);
    }
    while (hone_jscan_item(scan)) {
        if (n == c->width) {
            return wrong_width(run, b, c);
        }
        if (hone_jscan_value(scan, &value) == HONE_J_BAD) {
            return hone_jscan_fail(run, scan);
        }
        HONE_TRY(hone_batch_set(run, b, c, at + n++, &value));
    }
    if (scan->error != NULL) {
        return hone_jscan_fail(run, scan);
    }
    return n == c->width ? HONE_OK : wrong_width(run, b, c);
}
