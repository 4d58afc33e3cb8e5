/* Types and single values; declared in table/table.h. */
#include <math.h>

#include "base/time.h"
#include "table/table.h"

static const char *const type_names[] = {
#define X(name, text, arrow) [HONE_##name] = (text),
    HONE_TYPES(X)
#undef X
};

const char *hone_type_name(enum hone_type type)
{
    return type < HONE_TYPE_COUNT ? type_names[type] : "none";
}

enum hone_type hone_type_parse(struct hone_str name)
{
    static const struct {
        const char *name;
        enum hone_type type;
    } others[] = {
        {"boolean", HONE_BOOL},       {"int", HONE_INT64},       {"integer", HONE_INT64},
        {"long", HONE_INT64},         {"float", HONE_FLOAT64},   {"double", HONE_FLOAT64},
        {"real", HONE_FLOAT64},       {"number", HONE_FLOAT64},  {"numeric", HONE_FLOAT64},
        {"string", HONE_UTF8},        {"str", HONE_UTF8},        {"utf8", HONE_UTF8},
        {"cat", HONE_CATEGORY},       {"factor", HONE_CATEGORY}, {"categorical", HONE_CATEGORY},
        {"datetime", HONE_TIMESTAMP}, {"time", HONE_TIMESTAMP},
    };
    for (size_t i = 0; i < HONE_TYPE_COUNT; i++) {
        if (hone_str_eq_nocase(name, hone_str(type_names[i]))) {
            return (enum hone_type)i;
        }
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (hone_str_eq_nocase(name, hone_str(others[i].name))) {
            return others[i].type;
        }
    }
    return HONE_TYPE_COUNT;
}

bool hone_type_is_number(enum hone_type type)
{
    return type == HONE_BOOL || type == HONE_INT64 || type == HONE_FLOAT32 ||
           type == HONE_FLOAT64;
}

bool hone_type_is_text(enum hone_type type)
{
    return type == HONE_UTF8 || type == HONE_CATEGORY;
}

bool hone_type_is_time(enum hone_type type)
{
    return type == HONE_DATE || type == HONE_TIMESTAMP;
}

struct hone_str hone_column_str(const struct hone_column *c, size_t row)
{
    if (!hone_is_valid(c, row)) {
        return (struct hone_str){"", 0};
    }
    if (c->type == HONE_CATEGORY) {
        row = (size_t)((const int32_t *)c->data)[row];
        c = c->dict;
    } else if (c->type != HONE_UTF8 && c->type != HONE_BINARY) {
        return (struct hone_str){"", 0};
    }
    return (struct hone_str){(const char *)c->data + c->offsets[row],
                             (size_t)(c->offsets[row + 1] - c->offsets[row])};
}

double hone_column_f64(const struct hone_column *c, size_t row)
{
    if (!hone_is_valid(c, row)) {
        return (double)NAN;
    }
    switch (c->type) {
    case HONE_FLOAT64:
        return ((const double *)c->data)[row];
    case HONE_FLOAT32:
        return (double)((const float *)c->data)[row];
    case HONE_BOOL:
    case HONE_INT64:
    case HONE_DATE:
    case HONE_TIMESTAMP:
        return (double)hone_column_i64(c, row);
    default:
        return (double)NAN;
    }
}

int64_t hone_column_i64(const struct hone_column *c, size_t row)
{
    switch (c->type) {
    case HONE_BOOL:
        return hone_bit(c->data, row);
    case HONE_INT64:
    case HONE_TIMESTAMP:
        return ((const int64_t *)c->data)[row];
    case HONE_DATE:
    case HONE_CATEGORY:
        return ((const int32_t *)c->data)[row];
    default:
        return 0;
    }
}

static void print_vector(struct hone_buf *buf, const float *value, size_t n)
{
    char text[32];

    hone_buf_char(buf, '[');
    for (size_t i = 0; i < n; i++) {
        hone_buf_text(buf, i == 0 ? "" : ",");
        hone_buf_bytes(buf, text, hone_format_f32(text, value[i]));
    }
    hone_buf_char(buf, ']');
}

void hone_column_print(struct hone_buf *buf, const struct hone_column *c, size_t row)
{
    char text[40];

    if (!hone_is_valid(c, row)) {
        return;
    }
    switch (c->type) {
    case HONE_BOOL:
        hone_buf_text(buf, hone_bit(c->data, row) ? "true" : "false");
        break;
    case HONE_INT64:
        hone_buf_bytes(buf, text, hone_format_i64(text, hone_column_i64(c, row)));
        break;
    case HONE_FLOAT32:
        hone_buf_bytes(buf, text, hone_format_f32(text, ((const float *)c->data)[row]));
        break;
    case HONE_FLOAT64:
        hone_buf_bytes(buf, text, hone_format_f64(text, ((const double *)c->data)[row]));
        break;
    case HONE_DATE:
        hone_buf_bytes(buf, text, hone_format_date(text, hone_column_i64(c, row)));
        break;
    case HONE_TIMESTAMP:
        hone_buf_bytes(buf, text, hone_format_timestamp(text, hone_column_i64(c, row)));
        break;
    case HONE_VECTOR:
        print_vector(buf, (const float *)c->data + row * c->width, c->width);
        break;
    default:
        hone_buf_str(buf, hone_column_str(c, row));
    }
}
