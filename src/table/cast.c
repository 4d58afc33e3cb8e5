/* Columns in another type; declared in table/table.h. */
#include <math.h>

#include "base/time.h"
#include "table/builder.h"

#define DAY_US INT64_C(86400000000)

struct cast {
    const struct hone_column *from;
    enum hone_type to;
    bool lenient;
    struct hone_builder *builder;
    struct hone_buf text; /* the value at hand as text */
};

static enum hone_code misfit(struct hone_run *run, struct cast *c, size_t row)
{
    if (c->lenient) {
        return hone_builder_null(run, c->builder);
    }
    c->text.len = 0;
    hone_column_print(&c->text, c->from, row);
    return hone_fail(run, HONE_E_FORMAT, "column %s, row %zu: '%.100s' is no %s", c->from->name,
                     row + 1, c->text.len == 0 ? "" : c->text.ptr, hone_type_name(c->to));
}

/* A text as an integer, day or moment, by the wanted type. */
static bool parse_i64(enum hone_type type, struct hone_str text, int64_t *out)
{
    double real;
    bool truth;
    bool zone;

    switch (type) {
    case HONE_BOOL:
        if (!hone_parse_bool(text, &truth)) {
            return false;
        }
        *out = truth;
        return true;
    case HONE_DATE:
        return hone_parse_date(text, out);
    case HONE_TIMESTAMP:
        if (hone_parse_date(text, out)) {
            return !__builtin_mul_overflow(*out, DAY_US, out);
        }
        return hone_parse_timestamp(text, out, &zone);
    default:
        if (hone_parse_i64(text, out)) {
            return true;
        }
        if (!hone_parse_f64(text, &real) || floor(real) != real || fabs(real) > 0x1p53) {
            return false;
        }
        *out = (int64_t)real;
        return true;
    }
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* A number or time as an integer of the wanted type; false when it does not fit. */
static bool convert_i64(const struct hone_column *from, enum hone_type to, size_t row,
                        int64_t *out)
{
    int64_t value;

    if (from->type == HONE_FLOAT32 || from->type == HONE_FLOAT64) {
        double real = hone_column_f64(from, row);
        if (!(fabs(real) < 0x1p63) || floor(real) != real) {
            return false;
        }
        value = (int64_t)real;
    } else {
        value = hone_column_i64(from, row);
    }
    if (to == HONE_BOOL && value != 0 && value != 1) {
        return false;
    }
    if (from->type == HONE_DATE && to == HONE_TIMESTAMP) {
        if (__builtin_mul_overflow(value, DAY_US, &value)) {
            return false;
        }
    } else if (from->type == HONE_TIMESTAMP && to == HONE_DATE) {
        value = floor_div(value, DAY_US);
    }
    if (to == HONE_DATE && (value < INT32_MIN || value > INT32_MAX)) {
        return false;
    }
    *out = value;
    return true;
}

static enum hone_code to_real(struct hone_run *run, struct cast *c, size_t row)
{
    double real;

    if (!hone_type_is_text(c->from->type)) {
        return hone_builder_f64(run, c->builder, hone_column_f64(c->from, row));
    }
    if (!hone_parse_f64(hone_str_trim(hone_column_str(c->from, row)), &real)) {
        return misfit(run, c, row);
    }
    return hone_builder_f64(run, c->builder, real);
}

static enum hone_code to_text(struct hone_run *run, struct cast *c, size_t row)
{
    c->text.len = 0;
    hone_column_print(&c->text, c->from, row);
    return hone_builder_str(run, c->builder, (struct hone_str){c->text.ptr, c->text.len});
}

static enum hone_code to_integer(struct hone_run *run, struct cast *c, size_t row)
{
    int64_t value;
    bool fits = hone_type_is_text(c->from->type)
                    ? parse_i64(c->to, hone_str_trim(hone_column_str(c->from, row)), &value)
                    : convert_i64(c->from, c->to, row, &value);

    return fits ? hone_builder_i64(run, c->builder, value) : misfit(run, c, row);
}

static bool can_cast(enum hone_type from, enum hone_type to)
{
    if (to >= HONE_TYPE_COUNT || to == HONE_VECTOR || to == HONE_BINARY ||
        from == HONE_BINARY) {
        return false;
    }
    return from != HONE_VECTOR || hone_type_is_text(to);
}

enum hone_code hone_column_cast(struct hone_run *run, const struct hone_column *c,
                                enum hone_type type, bool lenient, struct hone_arena *mem,
                                struct hone_column *out)
{
    struct cast cast = {.from = c, .to = type, .lenient = lenient};
    HONE_SCRATCH(run);

    if (c->type == type) {
        *out = *c;
        return HONE_OK;
    }
    if (!can_cast(c->type, type)) {
        return hone_fail(run, HONE_E_UNSUPPORTED, "column %s: %s cannot become %s", c->name,
                         hone_type_name(c->type), hone_type_name(type));
    }
    cast.text = hone_buf(&run->scratch);
    HONE_TRY(hone_builder_new(run, c->name, type, mem, &cast.builder));
    for (size_t row = 0; row < c->rows; row++) {
        if (!hone_is_valid(c, row)) {
            HONE_TRY(hone_builder_null(run, cast.builder));
        } else if (type == HONE_FLOAT32 || type == HONE_FLOAT64) {
            HONE_TRY(to_real(run, &cast, row));
        } else if (hone_type_is_text(type)) {
            HONE_TRY(to_text(run, &cast, row));
        } else {
            HONE_TRY(to_integer(run, &cast, row));
        }
    }
    return hone_builder_end(run, cast.builder, out);
}
