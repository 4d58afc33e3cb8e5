#include "serve/reply.h"

#include <math.h>

/*
 * P significant digits of a value in [1e-4, 1e6) as a whole number: 10^(P - 1 - exponent) times the value,
 * rounded.  False when the product lies so near a tie, or the way back so near one between two floats, that
 * double precision can not tell; the caller then asks the C library.
 */
static bool digits(double a, double scale, float value, uint64_t *m, bool *same)
{
    double scaled = a * scale;
    double whole = floor(scaled);
    double part = scaled - whole;
    double back;
    uint64_t bits;

    if (fabs(part - 0.5) < 1e-4) {
        return false;
    }
    *m = (uint64_t)whole + (part > 0.5);
    back = (double)*m / scale;
    memcpy(&bits, &back, sizeof bits);
    if ((bits & 0x1fffffff) == 0x10000000) {
        return false;
    }
    *same = (float)back == fabsf(value);
    return true;
}

/* The digits of m with the point after the first 1 + exponent of them, trailing zeros left out. */
static size_t place_point(char *out, uint64_t m, int count, int exponent)
{
    char text[20];
    size_t len = 0;
    int last = count;

    for (int i = count; i-- > 0; m /= 10) {
        text[i] = (char)('0' + m % 10);
    }
    while (last > exponent + 1 && last > 1 && text[last - 1] == '0') {
        last--;
    }
    if (exponent < 0) {
        out[len++] = '0';
        out[len++] = '.';
        for (int i = exponent + 1; i < 0; i++) {
            out[len++] = '0';
        }
    }
    for (int i = 0; i < last; i++) {
        if (i == exponent + 1 && exponent >= 0) {
            out[len++] = '.';
        }
        out[len++] = text[i];
    }
    return len;
}

size_t hone_reply_f32(char out[32], float value)
{
    static const double power[] = {1e-4, 1e-3, 1e-2, 1e-1, 1e0, 1e1,  1e2,  1e3, 1e4,
                                   1e5,  1e6,  1e7,  1e8,  1e9, 1e10, 1e11, 1e12};
    double a = (double)fabsf(value);
    int exponent = 5;

    if (!(a >= 1e-4 && a < 1e6)) {
        return hone_format_f32(out, value);
    }
    while (a < power[exponent + 4]) {
        exponent--;
    }
    for (int count = 6; count <= 9; count++) {
        uint64_t m = 0;
        bool same = false;
        if (!digits(a, power[count - 1 - exponent + 4], value, &m, &same) ||
            (double)m >= power[count + 4]) {
            return hone_format_f32(out, value);
        }
        if (same) {
            size_t minus = signbit(value) ? 1 : 0;
            out[0] = '-';
            return minus + place_point(out + minus, m, count, exponent);
        }
    }
    return hone_format_f32(out, value);
}

void hone_reply_number(struct hone_buf *buf, float value)
{
    char text[32];

    if (isfinite(value)) {
        hone_buf_bytes(buf, text, hone_reply_f32(text, value));
    } else {
        hone_buf_bytes(buf, "null", 4);
    }
}

static void put_int(struct hone_buf *buf, int64_t value)
{
    char text[24];
    size_t at = sizeof text;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do {
        text[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left != 0);
    if (value < 0) {
        text[--at] = '-';
    }
    hone_buf_bytes(buf, text + at, sizeof text - at);
}

void hone_reply_element(struct hone_buf *buf, const struct hone_tensor *t, size_t i)
{
    switch (t->type) {
    case HONE_F32:
        hone_reply_number(buf, ((const float *)t->data)[i]);
        break;
    case HONE_F64:
        if (isfinite(((const double *)t->data)[i])) {
            hone_buf_f64(buf, ((const double *)t->data)[i]);
        } else {
            hone_buf_text(buf, "null");
        }
        break;
    case HONE_I64:
        put_int(buf, ((const int64_t *)t->data)[i]);
        break;
    case HONE_I32:
        put_int(buf, ((const int32_t *)t->data)[i]);
        break;
    case HONE_STRING:
        hone_buf_json(buf, ((const struct hone_str *)t->data)[i]);
        break;
    case HONE_B8:
        hone_buf_text(buf, ((const uint8_t *)t->data)[i] != 0 ? "true" : "false");
        break;
    case HONE_U8:
        put_int(buf, ((const uint8_t *)t->data)[i]);
        break;
    case HONE_I8:
        put_int(buf, ((const int8_t *)t->data)[i]);
        break;
    default:
        hone_buf_text(buf, "null");
        break;
    }
}

/* TensorFlow Serving writes what is not finite as a bare word. */
static void v1_element(struct hone_buf *buf, const struct hone_tensor *t, size_t i)
{
    double value = t->type == HONE_F32   ? (double)((const float *)t->data)[i]
                   : t->type == HONE_F64 ? ((const double *)t->data)[i]
                                         : 0;
    if (isfinite(value)) {
        hone_reply_element(buf, t, i);
    } else {
        hone_buf_text(buf, isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
    }
}

void hone_reply_id(struct hone_buf *buf, struct hone_str request, size_t row, size_t rows)
{
    hone_buf_str(buf, request);
    if (rows > 1) {
        hone_buf_char(buf, '-');
        put_int(buf, (int64_t)row);
    }
}

/* Values per row of an output. */
static size_t width_of(const struct hone_tensor *t, size_t rows)
{
    return rows == 0 ? 1 : hone_tensor_count(t) / rows;
}

typedef void element_writer(struct hone_buf *buf, const struct hone_tensor *t, size_t i);

/* A row of an output: its value, or an array when it has several. */
static void put_row(struct hone_buf *buf, const struct hone_tensor *t, size_t row, size_t rows,
                    element_writer *put)
{
    size_t width = width_of(t, rows);

    if (width == 1 && (t->rank < 2 || t->dim[1] == 1)) {
        put(buf, t, row);
        return;
    }
    hone_buf_char(buf, '[');
    for (size_t j = 0; j < width; j++) {
        if (j > 0) {
            hone_buf_char(buf, ',');
        }
        put(buf, t, row * width + j);
    }
    hone_buf_char(buf, ']');
}

static void put_named_outputs(struct hone_buf *buf, const struct hone_served *m,
                              const struct hone_tensor *out, size_t row, size_t rows,
                              element_writer *put)
{
    for (size_t i = 0; i < hone_plan_outputs(m->plan); i++) {
        if (i > 0) {
            hone_buf_char(buf, ',');
        }
        hone_buf_json(buf, hone_str(hone_plan_output(m->plan, i)->name));
        hone_buf_char(buf, ':');
        put_row(buf, &out[i], row, rows, put);
    }
}

void hone_reply_row(struct hone_buf *buf, const struct hone_served *m,
                    const struct hone_tensor *out, size_t row, size_t rows)
{
    const float *score;

    if (m->kind == HONE_SERVED_TENSORS) {
        put_named_outputs(buf, m, out, row, rows, hone_reply_element);
        return;
    }
    hone_buf_text(buf, "\"prediction\":");
    if (m->kind == HONE_SERVED_NUMBER) {
        hone_reply_element(buf, &out[m->scores], row);
        return;
    }
    hone_reply_element(buf, &out[m->label], row);
    hone_buf_text(buf, ",\"probabilities\":{");
    score = (const float *)out[m->scores].data + row * m->classes;
    for (size_t k = 0; k < m->classes; k++) {
        if (k > 0) {
            hone_buf_char(buf, ',');
        }
        hone_buf_str(buf, m->class_key[k]);
        hone_reply_number(buf, score[k]);
    }
    hone_buf_char(buf, '}');
}

void hone_reply_native(struct hone_buf *buf, const struct hone_served *m,
                       const struct hone_tensor *out, size_t rows, struct hone_str request,
                       bool single)
{
    if (!single) {
        hone_buf_char(buf, '[');
    }
    for (size_t row = 0; row < rows; row++) {
        hone_buf_text(buf, row == 0 ? "{\"id\":\"" : ",{\"id\":\"");
        hone_reply_id(buf, request, row, rows);
        hone_buf_text(buf, "\",");
        hone_reply_row(buf, m, out, row, rows);
        hone_buf_char(buf, '}');
    }
    hone_buf_text(buf, single ? "\n" : "]\n");
}

static void put_columns(struct hone_buf *buf, const struct hone_tensor *t, size_t rows)
{
    hone_buf_char(buf, '[');
    for (size_t row = 0; row < rows; row++) {
        if (row > 0) {
            hone_buf_char(buf, ',');
        }
        put_row(buf, t, row, rows, v1_element);
    }
    hone_buf_char(buf, ']');
}

void hone_reply_v1(struct hone_buf *buf, const struct hone_served *m,
                   const struct hone_tensor *out, size_t rows, bool columns)
{
    size_t n = hone_plan_outputs(m->plan);

    hone_buf_text(buf, columns ? "{\"outputs\":" : "{\"predictions\":");
    if (n == 1) {
        put_columns(buf, &out[0], rows);
    } else if (columns) {
        for (size_t i = 0; i < n; i++) {
            hone_buf_char(buf, i == 0 ? '{' : ',');
            hone_buf_json(buf, hone_str(hone_plan_output(m->plan, i)->name));
            hone_buf_char(buf, ':');
            put_columns(buf, &out[i], rows);
        }
        hone_buf_char(buf, '}');
    } else {
        hone_buf_char(buf, '[');
        for (size_t row = 0; row < rows; row++) {
            hone_buf_text(buf, row == 0 ? "{" : ",{");
            put_named_outputs(buf, m, out, row, rows, v1_element);
            hone_buf_char(buf, '}');
        }
        hone_buf_char(buf, ']');
    }
    hone_buf_text(buf, "}\n");
}

/* What a client of MLflow or SageMaker takes for the prediction: the label, the number, or the
 * first output. */
static const struct hone_tensor *main_output(const struct hone_served *m,
                                             const struct hone_tensor *out)
{
    return &out[m->kind == HONE_SERVED_CLASSES  ? m->label
                : m->kind == HONE_SERVED_NUMBER ? m->scores
                                                : 0];
}

void hone_reply_invocations(struct hone_buf *buf, const struct hone_served *m,
                            const struct hone_tensor *out, size_t rows)
{
    hone_buf_text(buf, "{\"predictions\":[");
    for (size_t row = 0; row < rows; row++) {
        if (row > 0) {
            hone_buf_char(buf, ',');
        }
        put_row(buf, main_output(m, out), row, rows, hone_reply_element);
    }
    hone_buf_text(buf, "]}\n");
}

void hone_reply_csv(struct hone_buf *buf, const struct hone_served *m,
                    const struct hone_tensor *out, size_t rows)
{
    const struct hone_tensor *t = main_output(m, out);

    for (size_t row = 0; row < rows; row++) {
        if (t->type == HONE_STRING) {
            struct hone_str text = ((const struct hone_str *)t->data)[row];
            bool quote = memchr(text.ptr, ',', text.len) != NULL ||
                         memchr(text.ptr, '"', text.len) != NULL ||
                         memchr(text.ptr, '\n', text.len) != NULL;
            for (size_t i = 0; i < text.len && quote; i++) {
                hone_buf_text(buf, i == 0 ? "\"" : "");
                hone_buf_text(buf, text.ptr[i] == '"' ? "\"" : "");
                hone_buf_char(buf, text.ptr[i]);
            }
            hone_buf_bytes(buf, quote ? "\"" : text.ptr, quote ? 1 : text.len);
        } else {
            put_row(buf, t, row, rows, hone_reply_element);
        }
        hone_buf_char(buf, '\n');
    }
}

/* A tensor as the extension's raw bytes. */
static void put_bytes(struct hone_buf *buf, const struct hone_tensor *t)
{
    size_t n = hone_tensor_count(t);

    if (t->type != HONE_STRING) {
        hone_buf_bytes(buf, t->data, n * hone_dtype_size(t->type));
        return;
    }
    for (size_t i = 0; i < n; i++) {
        struct hone_str text = ((const struct hone_str *)t->data)[i];
        uint32_t len = (uint32_t)text.len;
        char size[4] = {(char)len, (char)(len >> 8), (char)(len >> 16), (char)(len >> 24)};
        hone_buf_bytes(buf, size, 4);
        hone_buf_str(buf, text);
    }
}

static size_t bytes_of(const struct hone_tensor *t)
{
    size_t n = hone_tensor_count(t);
    size_t bytes = 4 * n;

    if (t->type != HONE_STRING) {
        return n * hone_dtype_size(t->type);
    }
    for (size_t i = 0; i < n; i++) {
        bytes += ((const struct hone_str *)t->data)[i].len;
    }
    return bytes;
}

static void v2_output(struct hone_buf *buf, const char *name, const struct hone_tensor *t,
                      bool binary)
{
    size_t n = hone_tensor_count(t);

    hone_buf_text(buf, "{\"name\":");
    hone_buf_json(buf, hone_str(name));
    hone_buf_text(buf, ",\"datatype\":\"");
    hone_buf_text(buf, hone_v2_name(t->type));
    hone_buf_text(buf, "\",\"shape\":[");
    for (size_t i = 0; i < t->rank; i++) {
        if (i > 0) {
            hone_buf_char(buf, ',');
        }
        put_int(buf, (int64_t)t->dim[i]);
    }
    if (binary) {
        hone_buf_format(buf, "],\"parameters\":{\"binary_data_size\":%zu}}", bytes_of(t));
        return;
    }
    hone_buf_text(buf, "],\"data\":[");
    for (size_t i = 0; i < n; i++) {
        if (i > 0) {
            hone_buf_char(buf, ',');
        }
        hone_reply_element(buf, t, i);
    }
    hone_buf_text(buf, "]}");
}

/* Which output of the plan the ith one asked for is. */
static enum hone_code wanted(struct hone_run *run, const struct hone_served *m,
                             const struct hone_v2_request *request, size_t i, size_t *out)
{
    for (size_t j = 0; j < hone_plan_outputs(m->plan); j++) {
        if (request->outputs == 0
                ? i == j
                : hone_str_is(request->output[i].name, hone_plan_output(m->plan, j)->name)) {
            *out = j;
            return HONE_OK;
        }
    }
    return hone_fail(run, HONE_E_ARG, "the model has no output \"%.*s\"",
                     (int)(request->output[i].name.len < 60 ? request->output[i].name.len : 60),
                     request->output[i].name.ptr);
}

/* Whether value i of a row comes before value j among the highest: NaN last, equal ones in order. */
static bool comes_before(const struct hone_tensor *t, size_t i, size_t j)
{
    double a = t->type == HONE_F32   ? (double)((const float *)t->data)[i]
               : t->type == HONE_F64 ? ((const double *)t->data)[i]
               : t->type == HONE_I64 ? (double)((const int64_t *)t->data)[i]
                                     : (double)((const int32_t *)t->data)[i];
    double b = t->type == HONE_F32   ? (double)((const float *)t->data)[j]
               : t->type == HONE_F64 ? ((const double *)t->data)[j]
               : t->type == HONE_I64 ? (double)((const int64_t *)t->data)[j]
                                     : (double)((const int32_t *)t->data)[j];

    return isnan(b) ? !isnan(a) || i < j : a > b || (a == b && i < j);
}

/* The first count places of order[0..width): indices of the highest values of a row, by selection. */
static void highest(const struct hone_tensor *t, size_t base, size_t width, size_t count,
                    size_t *order)
{
    for (size_t i = 0; i < width; i++) {
        order[i] = i;
    }
    for (size_t i = 0; i < count; i++) {
        size_t best = i;
        for (size_t j = i + 1; j < width; j++) {
            best = comes_before(t, base + order[j], base + order[best]) ? j : best;
        }
        size_t swap = order[i];
        order[i] = order[best];
        order[best] = swap;
    }
}

/* An output as the classification extension gives it: "value:index:label" of the highest, (rows, first). */
static enum hone_code classified(struct hone_run *run, const struct hone_served *m,
                                 const struct hone_tensor *t, const char *name, size_t first,
                                 struct hone_tensor *out)
{
    size_t rows = t->rank == 0 ? 1 : t->dim[0];
    size_t width = width_of(t, rows);
    size_t count = first < width ? first : width;
    bool labels = m->kind == HONE_SERVED_CLASSES && strcmp(name, "probabilities") == 0 &&
                  width == m->classes;
    struct hone_str *text;
    size_t *order;

    if (t->type != HONE_F32 && t->type != HONE_F64 && t->type != HONE_I64 &&
        t->type != HONE_I32) {
        return hone_fail(run, HONE_E_ARG, "output \"%s\" has no numbers to classify by", name);
    }
    HONE_TRY(hone_matrix(run, &run->scratch, &text, rows, count));
    HONE_TRY(hone_array(run, &run->scratch, &order, width));
    for (size_t i = 0; i < rows; i++) {
        highest(t, i * width, width, count, order);
        for (size_t j = 0; j < count; j++) {
            struct hone_buf buf = hone_buf(&run->scratch);
            hone_reply_element(&buf, t, i * width + order[j]);
            hone_buf_format(&buf, ":%zu", order[j]);
            if (labels) {
                hone_buf_format(&buf, ":%s", m->signature->class_name[order[j]]);
            }
            text[i * count + j] = (struct hone_str){buf.ptr, buf.len};
        }
    }
    *out = (struct hone_tensor){.type = HONE_STRING, .rank = 2, .data = text};
    out->dim[0] = rows;
    out->dim[1] = count;
    return HONE_OK;
}

/* The ith output of the reply: its name and its values, as they are or classified. */
static enum hone_code shown(struct hone_run *run, const struct hone_served *m,
                            const struct hone_tensor *out,
                            const struct hone_v2_request *request, size_t i,
                            struct hone_tensor *tensor, const char **name)
{
    size_t first = request->outputs == 0 ? 0 : request->output[i].first;
    size_t at = 0;

    HONE_TRY(wanted(run, m, request, i, &at));
    *name = hone_plan_output(m->plan, at)->name;
    *tensor = out[at];
    return first == 0 ? HONE_OK : classified(run, m, &out[at], *name, first, tensor);
}

enum hone_code hone_reply_v2(struct hone_run *run, struct hone_buf *buf,
                             const struct hone_served *m, const struct hone_tensor *out,
                             const struct hone_v2_request *request, struct hone_str id,
                             size_t *json)
{
    size_t n = request->outputs == 0 ? hone_plan_outputs(m->plan) : request->outputs;
    bool any = false;
    struct hone_tensor tensor;
    const char *name = NULL;
    HONE_SCRATCH(run);

    hone_buf_text(buf, "{\"model_name\":");
    hone_buf_json(buf, hone_str(m->name));
    if (m->version[0] != '\0') {
        hone_buf_text(buf, ",\"model_version\":");
        hone_buf_json(buf, hone_str(m->version));
    }
    hone_buf_text(buf, ",\"id\":");
    hone_buf_json(buf, request->id.len > 0 ? request->id : id);
    hone_buf_text(buf, ",\"parameters\":{\"prediction_id\":\"");
    hone_buf_str(buf, id);
    hone_buf_text(buf, "\"},\"outputs\":[");
    for (size_t i = 0; i < n; i++) {
        bool binary = request->outputs == 0 ? request->binary : request->output[i].binary;
        HONE_TRY(shown(run, m, out, request, i, &tensor, &name));
        if (i > 0) {
            hone_buf_char(buf, ',');
        }
        v2_output(buf, name, &tensor, binary);
        any = any || binary;
    }
    hone_buf_text(buf, "]}");
    *json = any ? buf->len : 0;
    for (size_t i = 0; i < n && any; i++) {
        if (request->outputs == 0 ? request->binary : request->output[i].binary) {
            HONE_TRY(shown(run, m, out, request, i, &tensor, &name));
            put_bytes(buf, &tensor);
        }
    }
    return HONE_OK;
}
