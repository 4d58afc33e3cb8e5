#include "serve/v2.h"

#include <math.h>
#include <stdio.h>

static const struct {
    const char *name;
    enum hone_dtype type;
    int64_t min, max; /* whole numbers; 0, 0 for others */
} datatypes[] = {
    {"FP32", HONE_F32, 0, 0},
    {"BYTES", HONE_STRING, 0, 0},
    {"INT64", HONE_I64, INT64_MIN, INT64_MAX},
    {"FP64", HONE_F64, 0, 0},
    {"INT32", HONE_I32, INT32_MIN, INT32_MAX},
    {"BOOL", HONE_B8, 0, 0},
    {"FP16", HONE_F16, 0, 0},
    {"BF16", HONE_BF16, 0, 0},
    {"INT8", HONE_I8, INT8_MIN, INT8_MAX},
    {"INT16", HONE_I16, INT16_MIN, INT16_MAX},
    {"UINT8", HONE_U8, 0, UINT8_MAX},
    {"UINT16", HONE_U16, 0, UINT16_MAX},
    {"UINT32", HONE_U32, 0, UINT32_MAX},
    {"UINT64", HONE_U64, 0, INT64_MAX},
};
#define DATATYPES (sizeof datatypes / sizeof *datatypes)

enum hone_dtype hone_v2_dtype(struct hone_str name)
{
    for (size_t i = 0; i < DATATYPES; i++) {
        if (hone_str_is(name, datatypes[i].name)) {
            return datatypes[i].type;
        }
    }
    return HONE_NONE;
}

const char *hone_v2_name(enum hone_dtype type)
{
    for (size_t i = 0; i < DATATYPES; i++) {
        if (datatypes[i].type == type) {
            return datatypes[i].name;
        }
    }
    return "UNKNOWN";
}

float hone_v2_half(uint16_t bits)
{
    int exponent = (bits >> 10) & 31;
    int fraction = bits & 1023;
    double value;

    if (exponent == 31) {
        value = fraction == 0 ? HUGE_VAL : (double)NAN;
    } else if (exponent == 0) {
        value = ldexp(fraction, -24);
    } else {
        value = ldexp(fraction + 1024, exponent - 25);
    }
    return (float)((bits & 0x8000) != 0 ? -value : value);
}

/* One tensor of a request as far as it was read. */
struct input {
    struct hone_str name;
    enum hone_dtype type;
    size_t dim[HONE_RANK_MAX];
    size_t rank;
    bool named, typed, shaped, done;
    char *data;    /* JSON data that came before the rest was known */
    size_t binary; /* bytes after the JSON; SIZE_MAX: none */
};

struct reader {
    struct hone_jscan scan;
    struct hone_batch *b;
    const char *bytes, *end; /* binary data not used yet */
    size_t rows;             /* SIZE_MAX: not known yet */
    struct hone_str first;   /* the input that told it */
    size_t inputs, known;
};

/* Names in messages: at most this much. */
static int brief(struct hone_str text)
{
    return (int)(text.len < 60 ? text.len : 60);
}

static enum hone_code text_value(struct hone_run *run, struct hone_jscan *scan,
                                 const char *what, struct hone_str *out)
{
    struct hone_jvalue value;

    if (hone_jscan_value(scan, &value) == HONE_J_BAD) {
        return hone_jscan_fail(run, scan);
    }
    if (value.type != HONE_J_STRING) {
        return hone_fail(run, HONE_E_ARG, "%s must be a string, not %s", what,
                         hone_jtype_name(value.type));
    }
    *out = value.text;
    return HONE_OK;
}

static enum hone_code array_begin(struct hone_run *run, struct hone_jscan *scan,
                                  const char *what)
{
    struct hone_jvalue value;

    if (hone_jscan_value(scan, &value) == HONE_J_BAD) {
        return hone_jscan_fail(run, scan);
    }
    return value.type == HONE_J_ARRAY
               ? HONE_OK
               : hone_fail(run, HONE_E_ARG, "%s must be an array, not %s", what,
                           hone_jtype_name(value.type));
}

static enum hone_code object_begin(struct hone_run *run, struct hone_jscan *scan,
                                   const char *what)
{
    struct hone_jvalue value;

    if (hone_jscan_value(scan, &value) == HONE_J_BAD) {
        return hone_jscan_fail(run, scan);
    }
    return value.type == HONE_J_OBJECT
               ? HONE_OK
               : hone_fail(run, HONE_E_ARG, "%s must be an object, not %s", what,
                           hone_jtype_name(value.type));
}

static enum hone_code scan_result(struct hone_run *run, const struct hone_jscan *scan)
{
    return scan->error != NULL ? hone_jscan_fail(run, scan) : HONE_OK;
}

static enum hone_code shape(struct hone_run *run, struct hone_jscan *scan, struct input *in)
{
    struct hone_jvalue value;
    uint64_t size;

    HONE_TRY(array_begin(run, scan, "an input's \"shape\""));
    for (in->rank = 0; hone_jscan_item(scan); in->rank++) {
        if (hone_jscan_value(scan, &value) == HONE_J_BAD) {
            break;
        }
        if (in->rank == HONE_RANK_MAX || value.type != HONE_J_NUMBER ||
            !hone_parse_u64(value.text, &size) || size > INT32_MAX) {
            return hone_fail(run, HONE_E_SHAPE,
                             "input \"%.*s\": \"shape\" must be an array of at most %d sizes",
                             brief(in->name), in->name.ptr, HONE_RANK_MAX);
        }
        in->dim[in->rank] = (size_t)size;
    }
    in->shaped = true;
    return scan_result(run, scan);
}

/* The values of one name among an object's parameters; others are passed over. */
static enum hone_code parameter(struct hone_run *run, struct hone_jscan *scan, const char *name,
                                struct hone_jvalue *out)
{
    struct hone_str key;

    out->type = HONE_J_BAD;
    HONE_TRY(object_begin(run, scan, "\"parameters\""));
    while (hone_jscan_member(scan, &key)) {
        if (hone_str_is(key, name)) {
            if (hone_jscan_value(scan, out) == HONE_J_BAD) {
                break;
            }
            if (out->type == HONE_J_ARRAY || out->type == HONE_J_OBJECT) {
                return hone_fail(run, HONE_E_ARG, "parameter \"%s\" must be one value", name);
            }
        } else if (!hone_jscan_skip(scan)) {
            break;
        }
    }
    return scan_result(run, scan);
}

/* Rows and values per row that the shape says, against the column and the inputs before. */
static enum hone_code check_shape(struct hone_run *run, struct reader *r,
                                  const struct input *in, const struct hone_batch_column *c)
{
    size_t width = 1;

    for (size_t i = 1; i < in->rank; i++) {
        width = hone_product(width, in->dim[i]);
    }
    if (in->rank == 0 || width != c->width) {
        return c->width == 1
                   ? hone_fail(run, HONE_E_SHAPE,
                               "input \"%s\": the shape must be [N] or [N, 1]", c->name)
                   : hone_fail(run, HONE_E_SHAPE, "input \"%s\": the shape must be [N, %zu]",
                               c->name, c->width);
    }
    if (r->rows != SIZE_MAX && in->dim[0] != r->rows) {
        return hone_fail(run, HONE_E_SHAPE, "input \"%s\" has %zu rows, input \"%.*s\" has %zu",
                         c->name, in->dim[0], brief(r->first), r->first.ptr, r->rows);
    }
    r->rows = in->dim[0];
    r->first = in->name;
    return hone_batch_room(run, r->b, r->rows);
}

static bool whole_fits(enum hone_dtype type, struct hone_str text)
{
    int64_t value;

    for (size_t i = 0; i < DATATYPES; i++) {
        if (datatypes[i].type == type && datatypes[i].max != 0) {
            return hone_parse_i64(text, &value) && value >= datatypes[i].min &&
                   value <= datatypes[i].max;
        }
    }
    return true;
}

/* A value of the stated datatype. */
static enum hone_code element(struct hone_run *run, struct reader *r, const struct input *in,
                              struct hone_batch_column *c, size_t at,
                              const struct hone_jvalue *value)
{
    bool fits = value->type == HONE_J_NULL;

    if (in->type == HONE_STRING) {
        fits = fits || value->type == HONE_J_STRING;
    } else if (in->type == HONE_B8) {
        fits = fits || value->type == HONE_J_TRUE || value->type == HONE_J_FALSE ||
               (value->type == HONE_J_NUMBER &&
                (hone_str_is(value->text, "0") || hone_str_is(value->text, "1")));
    } else {
        fits = fits || (value->type == HONE_J_NUMBER && whole_fits(in->type, value->text));
    }
    if (!fits) {
        return hone_fail(run, HONE_E_ARG, "input \"%s\": value %zu is %s%s%.*s, no %s", c->name,
                         at, hone_jtype_name(value->type), value->text.len == 0 ? "" : " ",
                         (int)(value->text.len < 40 ? value->text.len : 40),
                         value->text.len == 0 ? "" : value->text.ptr, hone_v2_name(in->type));
    }
    return hone_batch_set(run, r->b, c, at, value);
}

/* "data", flat or nested as deep as the shape. */
static enum hone_code json_data(struct hone_run *run, struct reader *r, struct input *in,
                                struct hone_batch_column *c)
{
    struct hone_jscan *scan = &r->scan;
    unsigned base = scan->depth;
    size_t want = in->dim[0] * c->width;
    struct hone_jvalue value;
    size_t n = 0;

    HONE_TRY(array_begin(run, scan, "an input's \"data\""));
    while (scan->depth > base) {
        if (!hone_jscan_item(scan)) {
            if (scan->error != NULL) {
                return hone_jscan_fail(run, scan);
            }
            continue;
        }
        if (hone_jscan_value(scan, &value) == HONE_J_BAD) {
            return hone_jscan_fail(run, scan);
        }
        if (value.type == HONE_J_ARRAY && scan->depth - base <= in->rank) {
            continue;
        }
        if (n == want) {
            n++;
            break;
        }
        HONE_TRY(element(run, r, in, c, n++, &value));
    }
    if (n != want) {
        return hone_fail(run, HONE_E_SHAPE,
                         "input \"%s\": \"data\" has %s values, its shape %zu", c->name,
                         n > want ? "more" : "fewer", want);
    }
    return HONE_OK;
}

static size_t size_of(enum hone_dtype type)
{
    bool half = type == HONE_F16 || type == HONE_BF16;
    return type == HONE_STRING ? 4 : half ? 2 : hone_dtype_size(type);
}

/* The little-endian bits of a number as its shortest text. */
static int number_text(enum hone_dtype type, uint64_t bits, char text[32])
{
    uint32_t low = (uint32_t)(type == HONE_BF16 ? bits << 16 : bits);
    int shift = 64 - 8 * (int)size_of(type);
    double value;
    float single;

    switch (type) {
    case HONE_F64:
        memcpy(&value, &bits, sizeof value);
        return (int)hone_format_f64(text, value);
    case HONE_F32:
    case HONE_BF16:
        memcpy(&single, &low, sizeof single);
        return (int)hone_format_f64(text, (double)single);
    case HONE_F16:
        return (int)hone_format_f64(text, (double)hone_v2_half((uint16_t)bits));
    case HONE_U8:
    case HONE_U16:
    case HONE_U32:
    case HONE_U64:
        return snprintf(text, 32, "%llu", (unsigned long long)bits);
    default:
        return snprintf(text, 32, "%lld", (long long)((int64_t)(bits << shift) >> shift));
    }
}

/* One element of binary data as text or number, and how many bytes it took; 0 when it is cut off. */
static size_t binary_value(enum hone_dtype type, const char *at, size_t left,
                           struct hone_batch *b, struct hone_jvalue *out)
{
    size_t size = size_of(type);
    unsigned char raw[8] = {0};
    uint64_t bits = 0;
    char *text;

    if (left < size) {
        return 0;
    }
    memcpy(raw, at, size);
    for (size_t i = 8; i-- > 0;) {
        bits = bits << 8 | raw[i];
    }
    if (type == HONE_STRING) {
        *out = (struct hone_jvalue){HONE_J_STRING, {at + 4, (size_t)bits}};
        return left - 4 < bits || hone_utf8_valid(out->text) != bits ? 0 : 4 + (size_t)bits;
    }
    if (type == HONE_B8) {
        *out = (struct hone_jvalue){bits == 0 ? HONE_J_FALSE : HONE_J_TRUE, {NULL, 0}};
        return 1;
    }
    text = hone_arena_must(&b->text, 32);
    *out = (struct hone_jvalue){HONE_J_NUMBER, {text, (size_t)number_text(type, bits, text)}};
    return size;
}

static enum hone_code binary_data(struct hone_run *run, struct reader *r, struct input *in,
                                  struct hone_batch_column *c)
{
    size_t want = in->dim[0] * c->width;
    const char *at = r->bytes;
    const char *end = at + in->binary;

    for (size_t i = 0; i < want; i++) {
        struct hone_jvalue value = {HONE_J_NULL, {NULL, 0}};
        size_t used;
        if (in->type == HONE_F32 && c->dtype == HONE_F32 && end - at >= 4) {
            memcpy((float *)c->data + i, at, 4);
            at += 4;
            continue;
        }
        used = binary_value(in->type, at, (size_t)(end - at), r->b, &value);
        if (used == 0) {
            return hone_fail(
                run, HONE_E_SHAPE,
                "input \"%s\": its binary data ends at value %zu of %zu, or is not "
                "UTF-8 there",
                c->name, i, want);
        }
        HONE_TRY(hone_batch_set(run, r->b, c, i, &value));
        at += used;
    }
    if (at != end) {
        return hone_fail(run, HONE_E_SHAPE,
                         "input \"%s\": more binary data than its shape says", c->name);
    }
    return HONE_OK;
}

/* All is known but the values: take them. */
static enum hone_code take(struct hone_run *run, struct reader *r, struct input *in)
{
    struct hone_batch_column *c = hone_batch_find(r->b, in->name);

    if (c == NULL) {
        return HONE_OK;
    }
    if (c->stamp != 0) {
        return hone_fail(run, HONE_E_ARG, "input \"%s\" is given twice", c->name);
    }
    c->stamp = 1;
    r->known++;
    HONE_TRY(check_shape(run, r, in, c));
    if (in->binary != SIZE_MAX) {
        return binary_data(run, r, in, c);
    }
    in->done = true;
    return json_data(run, r, in, c);
}

static enum hone_code input_member(struct hone_run *run, struct reader *r, struct hone_str key,
                                   struct input *in)
{
    struct hone_jvalue value;
    uint64_t bytes;

    if (hone_str_is(key, "name")) {
        in->named = true;
        return text_value(run, &r->scan, "an input's \"name\"", &in->name);
    }
    if (hone_str_is(key, "shape")) {
        return shape(run, &r->scan, in);
    }
    if (hone_str_is(key, "datatype")) {
        struct hone_str name = {NULL, 0};
        HONE_TRY(text_value(run, &r->scan, "an input's \"datatype\"", &name));
        in->type = hone_v2_dtype(name);
        in->typed = true;
        return in->type != HONE_NONE
                   ? HONE_OK
                   : hone_fail(run, HONE_E_ARG, "input \"%.*s\": \"%.*s\" is no datatype",
                               brief(in->name), in->name.ptr, brief(name), name.ptr);
    }
    if (hone_str_is(key, "parameters")) {
        HONE_TRY(parameter(run, &r->scan, "binary_data_size", &value));
        if (value.type == HONE_J_BAD) {
            return HONE_OK;
        }
        if (value.type != HONE_J_NUMBER || !hone_parse_u64(value.text, &bytes) ||
            bytes > (size_t)(r->end - r->bytes)) {
            return hone_fail(
                run, HONE_E_ARG,
                "input \"%.*s\": \"binary_data_size\" is not what follows the JSON",
                brief(in->name), in->name.ptr);
        }
        in->binary = (size_t)bytes;
        return HONE_OK;
    }
    if (hone_str_is(key, "data") && in->data == NULL && !in->done) {
        if (in->named && in->typed && in->shaped &&
            hone_map_get(&r->b->index, in->name) != UINT32_MAX) {
            return take(run, r, in);
        }
        in->data = r->scan.at;
    }
    return hone_jscan_skip(&r->scan) ? HONE_OK : hone_jscan_fail(run, &r->scan);
}

static enum hone_code input(struct hone_run *run, struct reader *r)
{
    struct input in = {.name = {"", 0}, .binary = SIZE_MAX};
    struct hone_str key;

    HONE_TRY(object_begin(run, &r->scan, "an input"));
    while (hone_jscan_member(&r->scan, &key)) {
        HONE_TRY(input_member(run, r, key, &in));
    }
    HONE_TRY(scan_result(run, &r->scan));
    if (!in.named || !in.typed || !in.shaped ||
        (!in.done && in.data == NULL && in.binary == SIZE_MAX)) {
        return hone_fail(run, HONE_E_ARG, "input \"%.*s\" has no \"%s\"", brief(in.name),
                         in.name.ptr,
                         !in.named    ? "name"
                         : !in.shaped ? "shape"
                         : !in.typed  ? "datatype"
                                      : "data");
    }
    if (in.binary != SIZE_MAX && (in.done || in.data != NULL)) {
        return hone_fail(run, HONE_E_ARG,
                         "input \"%.*s\" has both \"data\" and \"binary_data_size\"",
                         brief(in.name), in.name.ptr);
    }
    if (in.done) {
        return HONE_OK;
    }
    if (in.binary != SIZE_MAX) {
        HONE_TRY(take(run, r, &in));
        r->bytes += in.binary;
        return HONE_OK;
    }
    char *after = r->scan.at;
    bool first = r->scan.first;
    r->scan.at = in.data;
    HONE_TRY(take(run, r, &in));
    r->scan.at = after;
    r->scan.first = first;
    return HONE_OK;
}

static enum hone_code inputs(struct hone_run *run, struct reader *r)
{
    HONE_TRY(array_begin(run, &r->scan, "\"inputs\""));
    for (; hone_jscan_item(&r->scan); r->inputs++) {
        HONE_TRY(input(run, r));
    }
    return scan_result(run, &r->scan);
}

/* "binary_data" and "classification" of an output that is asked for. */
static enum hone_code output_parameters(struct hone_run *run, struct hone_jscan *scan,
                                        struct hone_v2_wanted *wanted)
{
    struct hone_jvalue value;
    struct hone_str key;
    uint64_t first;

    HONE_TRY(object_begin(run, scan, "\"parameters\""));
    while (hone_jscan_member(scan, &key)) {
        bool binary = hone_str_is(key, "binary_data");
        if (!binary && !hone_str_is(key, "classification")) {
            if (!hone_jscan_skip(scan)) {
                break;
            }
            continue;
        }
        if (hone_jscan_value(scan, &value) == HONE_J_BAD) {
            break;
        }
        if (binary) {
            if (value.type != HONE_J_TRUE && value.type != HONE_J_FALSE) {
                return hone_fail(run, HONE_E_ARG,
                                 "parameter \"binary_data\" must be true or false, not %s",
                                 hone_jtype_name(value.type));
            }
            wanted->told = true;
            wanted->binary = value.type == HONE_J_TRUE;
        } else if (value.type != HONE_J_NUMBER || !hone_parse_u64(value.text, &first) ||
                   first == 0) {
            return hone_fail(run, HONE_E_ARG,
                             "parameter \"classification\" must be a number of classes, 1 or "
                             "more");
        } else {
            wanted->first = (size_t)first;
        }
    }
    return scan_result(run, scan);
}

static enum hone_code outputs(struct hone_run *run, struct hone_jscan *scan,
                              struct hone_v2_request *out)
{
    HONE_TRY(array_begin(run, scan, "\"outputs\""));
    while (hone_jscan_item(scan)) {
        struct hone_v2_wanted *wanted = &out->output[out->outputs];
        struct hone_str key;
        if (out->outputs == HONE_V2_OUTPUTS) {
            return hone_fail(run, HONE_E_LIMIT, "more than %d outputs are asked for",
                             HONE_V2_OUTPUTS);
        }
        *wanted = (struct hone_v2_wanted){.binary = false};
        HONE_TRY(object_begin(run, scan, "an output"));
        while (hone_jscan_member(scan, &key)) {
            if (hone_str_is(key, "name")) {
                HONE_TRY(text_value(run, scan, "an output's \"name\"", &wanted->name));
            } else if (hone_str_is(key, "parameters")) {
                HONE_TRY(output_parameters(run, scan, wanted));
            } else if (!hone_jscan_skip(scan)) {
                break;
            }
        }
        HONE_TRY(scan_result(run, scan));
        if (wanted->name.ptr == NULL) {
            return hone_fail(run, HONE_E_ARG, "an output has no \"name\"");
        }
        out->outputs++;
    }
    return scan_result(run, scan);
}

static enum hone_code request(struct hone_run *run, struct reader *r,
                              struct hone_v2_request *out)
{
    struct hone_jvalue value;
    struct hone_str key;
    bool given = false;

    HONE_TRY(object_begin(run, &r->scan, "the body"));
    while (hone_jscan_member(&r->scan, &key)) {
        if (hone_str_is(key, "inputs") && !given) {
            given = true;
            HONE_TRY(inputs(run, r));
        } else if (hone_str_is(key, "outputs") && out->outputs == 0) {
            HONE_TRY(outputs(run, &r->scan, out));
        } else if (hone_str_is(key, "id")) {
            HONE_TRY(text_value(run, &r->scan, "\"id\"", &out->id));
        } else if (hone_str_is(key, "parameters")) {
            HONE_TRY(parameter(run, &r->scan, "binary_data_output", &value));
            if (value.type != HONE_J_BAD && value.type != HONE_J_TRUE &&
                value.type != HONE_J_FALSE) {
                return hone_fail(
                    run, HONE_E_ARG,
                    "parameter \"binary_data_output\" must be true or false, not %s",
                    hone_jtype_name(value.type));
            }
            out->binary = value.type == HONE_J_TRUE;
        } else if (!hone_jscan_skip(&r->scan)) {
            break;
        }
    }
    HONE_TRY(scan_result(run, &r->scan));
    for (size_t i = 0; i < out->outputs; i++) {
        struct hone_v2_wanted *wanted = &out->output[i];
        wanted->binary = wanted->told ? wanted->binary : out->binary;
    }
    if (!hone_jscan_end(&r->scan)) {
        return hone_jscan_fail(run, &r->scan);
    }
    return given ? HONE_OK : hone_fail(run, HONE_E_ARG, "the body has no \"inputs\"");
}

enum hone_code hone_v2_read(struct hone_run *run, char *body, size_t json, size_t len,
                            struct hone_batch *b, struct hone_v2_request *out)
{
    struct reader r = {.b = b, .rows = SIZE_MAX};

    *out = (struct hone_v2_request){.outputs = 0};
    if (json > len) {
        return hone_fail(run, HONE_E_ARG,
                         "Inference-Header-Content-Length is %zu, the body has %zu bytes", json,
                         len);
    }
    r.scan = hone_jscan(body, json);
    r.bytes = body + json;
    r.end = body + len;
    HONE_TRY(request(run, &r, out));
    if (r.bytes != r.end) {
        return hone_fail(run, HONE_E_ARG, "%zu bytes after the tensors",
                         (size_t)(r.end - r.bytes));
    }
    if (r.known == 0) {
        return hone_fail(run, HONE_E_ARG,
                         "none of the inputs (\"%s\" ...) is an input of the model",
                         b->first_unknown);
    }
    b->rows = r.rows;
    for (size_t i = 0; i < b->cols; i++) {
        if (b->column[i].stamp == 0) {
            hone_batch_fill(b, &b->column[i], b->rows);
        }
    }
    return HONE_OK;
}
