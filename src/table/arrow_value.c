/* Values of Arrow arrays, one at a time; declared in table/arrow_value_priv.h. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/time.h"
#include "table/arrow_value_priv.h"

enum { DECIMAL_DIGITS = 80, PLAIN_SCALE = 80, NS = 1000000000, DAY_S = 86400 };

int64_t hone_arrow_int(struct hone_arrow_bytes bytes, unsigned bits, bool is_signed, size_t i)
{
    const void *p = bytes.ptr;

    switch (bits) {
    case 8:
        return is_signed ? (int64_t)((const int8_t *)p)[i] : (int64_t)((const uint8_t *)p)[i];
    case 16:
        return is_signed ? (int64_t)((const int16_t *)p)[i] : (int64_t)((const uint16_t *)p)[i];
    case 32:
        return is_signed ? (int64_t)((const int32_t *)p)[i] : (int64_t)((const uint32_t *)p)[i];
    default:
        return ((const int64_t *)p)[i];
    }
}

const struct hone_arrow_type *hone_arrow_plain(const struct hone_arrow_type *type)
{
    while (type->kind == HONE_ARROW_DICTIONARY || type->kind == HONE_ARROW_RUNS) {
        type = &type->child[type->kind == HONE_ARROW_RUNS ? 1 : 0];
    }
    return type;
}

/* The first run that ends after place. */
static size_t run_of(const struct hone_arrow_type *type, const struct hone_arrow_array *ends,
                     size_t place)
{
    size_t low = 0;
    size_t high = ends->length;

    while (low + 1 < high) {
        size_t middle = low + (high - low) / 2;
        int64_t end = hone_arrow_int(ends->a, type->bits, true, ends->offset + middle - 1);
        if (end <= (int64_t)place) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

static void into_dictionary(struct hone_arrow_cell *cell)
{
    const struct hone_arrow_array *array = cell->array;
    size_t at = (size_t)hone_arrow_int(array->a, cell->type->bits, cell->type->is_signed,
                                       array->offset + cell->row);
    size_t part = 0;

    while (at >= array->dictionary[part]->length) {
        at -= array->dictionary[part++]->length;
    }
    *cell = (struct hone_arrow_cell){&cell->type->child[0], array->dictionary[part], at};
}

static void into_union(struct hone_arrow_cell *cell)
{
    const struct hone_arrow_array *array = cell->array;
    size_t place = array->offset + cell->row;
    int8_t id = ((const int8_t *)array->a.ptr)[place];
    size_t child = 0;

    while (cell->type->id[child] != id) {
        child++;
    }
    if (cell->type->kind == HONE_ARROW_DENSE_UNION) {
        place = (size_t)hone_arrow_int(array->b, 32, true, place);
    }
    *cell = (struct hone_arrow_cell){&cell->type->child[child], &array->child[child], place};
}

bool hone_arrow_resolve(struct hone_arrow_cell *cell)
{
    for (;;) {
        const struct hone_arrow_array *array = cell->array;
        if (cell->type->kind == HONE_ARROW_NULL) {
            return false;
        }
        if (array->valid.ptr != NULL &&
            !hone_bit(array->valid.ptr, array->offset + cell->row)) {
            return false;
        }
        if (cell->type->kind == HONE_ARROW_DICTIONARY) {
            into_dictionary(cell);
        } else if (cell->type->kind == HONE_ARROW_RUNS) {
            size_t at =
                run_of(&cell->type->child[0], &array->child[0], array->offset + cell->row);
            *cell = (struct hone_arrow_cell){&cell->type->child[1], &array->child[1], at};
        } else if (cell->type->kind == HONE_ARROW_SPARSE_UNION ||
                   cell->type->kind == HONE_ARROW_DENSE_UNION) {
            into_union(cell);
        } else {
            return true;
        }
    }
}

int64_t hone_arrow_i64(const struct hone_arrow_cell *cell)
{
    return hone_arrow_int(cell->array->a, cell->type->bits, cell->type->kind != HONE_ARROW_UINT,
                          cell->array->offset + cell->row);
}

bool hone_arrow_bool(const struct hone_arrow_cell *cell)
{
    return hone_bit(cell->array->a.ptr, cell->array->offset + cell->row);
}

/* IEEE 754 binary16, which every float holds. */
static float half(uint16_t bits)
{
    int exponent = bits >> 10 & 31;
    int fraction = bits & 1023;
    float value = exponent == 31  ? (fraction == 0 ? (float)HUGE_VAL : (float)NAN)
                  : exponent == 0 ? ldexpf((float)fraction, -24)
                                  : ldexpf((float)(fraction + 1024), exponent - 25);

    return bits >> 15 ? -value : value;
}

struct digits {
    char text[DECIMAL_DIGITS + 1]; /* at least one digit, no sign */
    size_t len;
    bool negative;
};

/* A two's complement integer of 32 to 256 bits in decimal. */
static struct digits digits_of(const uint8_t *bytes, unsigned bits)
{
    struct digits out = {.len = 0};
    size_t words = bits / 32;
    uint32_t word[8];
    char backwards[DECIMAL_DIGITS + 10];
    size_t n = 0;
    bool more = true;

    memcpy(word, bytes, bits / 8);
    out.negative = word[words - 1] >> 31;
    for (uint64_t i = 0, carry = 1; out.negative && i < words; i++) {
        carry += (uint64_t)(uint32_t)~word[i];
        word[i] = (uint32_t)carry;
        carry >>= 32;
    }
    while (more) {
        uint64_t rest = 0;
        more = false;
        for (size_t i = words; i-- > 0;) {
            rest = rest << 32 | word[i];
            word[i] = (uint32_t)(rest / NS);
            rest %= NS;
            more = more || word[i] != 0;
        }
        for (int i = 0; i < 9; i++) {
            backwards[n++] = (char)('0' + rest % 10);
            rest /= 10;
        }
    }
    while (n > 1 && backwards[n - 1] == '0') {
        n--;
    }
    while (n > 0) {
        out.text[out.len++] = backwards[--n];
    }
    return out;
}

static const uint8_t *decimal_at(const struct hone_arrow_cell *cell)
{
    return cell->array->a.ptr + (cell->array->offset + cell->row) * (cell->type->bits / 8);
}

bool hone_arrow_whole(const struct hone_arrow_cell *cell, int64_t *out)
{
    const uint8_t *bytes = decimal_at(cell);
    size_t len = cell->type->bits / 8;
    int32_t small;

    if (len == 4) {
        memcpy(&small, bytes, 4);
        *out = small;
        return true;
    }
    memcpy(out, bytes, 8);
    for (size_t i = 8; i < len; i++) {
        if (bytes[i] != (*out < 0 ? 255 : 0)) {
            return false;
        }
    }
    return true;
}

static double decimal(const struct hone_arrow_cell *cell)
{
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    int32_t scale = cell->type->scale;
    char text[DECIMAL_DIGITS + 16];
    struct digits d;
    double value = 0.0;
    int64_t small;
    int len;

    if (scale >= -22 && scale <= 22 && hone_arrow_whole(cell, &small) &&
        small > -(INT64_C(1) << 53) && small < INT64_C(1) << 53) {
        /* one operation on exact numbers is correctly rounded (Clinger 1990) */
        return scale >= 0 ? (double)small / power[scale] : (double)small * power[-scale];
    }
    d = digits_of(decimal_at(cell), cell->type->bits);
    len = snprintf(text, sizeof text, "%s%.*se%d", d.negative ? "-" : "", (int)d.len, d.text,
                   -scale);
    (void)hone_parse_f64((struct hone_str){text, (size_t)len}, &value);
    return value;
}

double hone_arrow_f64(const struct hone_arrow_cell *cell)
{
    size_t at = cell->array->offset + cell->row;
    const void *p = cell->array->a.ptr;

    if (cell->type->kind == HONE_ARROW_DECIMAL) {
        return decimal(cell);
    }
    switch (cell->type->bits) {
    case 16:
        return (double)half(((const uint16_t *)p)[at]);
    case 32:
        return (double)((const float *)p)[at];
    default:
        return ((const double *)p)[at];
    }
}

/* A view is its length and either 12 bytes or 4, a buffer and a place in it. */
static struct hone_str view_at(const struct hone_arrow_array *array, size_t at)
{
    const uint8_t *view = array->a.ptr + at * 16;
    int32_t len, buffer, place;

    memcpy(&len, view, 4);
    if (len <= 12) {
        return (struct hone_str){(const char *)view + 4, (size_t)len};
    }
    memcpy(&buffer, view + 8, 4);
    memcpy(&place, view + 12, 4);
    return (struct hone_str){(const char *)array->more[buffer].ptr + place, (size_t)len};
}

struct hone_str hone_arrow_bytes(const struct hone_arrow_cell *cell)
{
    const struct hone_arrow_array *array = cell->array;
    size_t at = array->offset + cell->row;
    const char *bytes = (const char *)array->b.ptr;
    size_t from, to;

    switch (cell->type->kind) {
    case HONE_ARROW_FIXED_BINARY:
        return (struct hone_str){
            cell->type->width == 0 ? "" : (const char *)array->a.ptr + at * cell->type->width,
            cell->type->width};
    case HONE_ARROW_BINARY_VIEW:
    case HONE_ARROW_UTF8_VIEW:
        return view_at(array, at);
    default:
        from = (size_t)hone_arrow_int(array->a, cell->type->bits, true, at);
        to = (size_t)hone_arrow_int(array->a, cell->type->bits, true, at + 1);
        return (struct hone_str){from == to ? "" : bytes + from, to - from};
    }
}

void hone_arrow_items(const struct hone_arrow_cell *cell, size_t *from, size_t *n)
{
    const struct hone_arrow_array *array = cell->array;
    size_t at = array->offset + cell->row;
    unsigned bits = cell->type->kind == HONE_ARROW_MAP ? 32 : cell->type->bits;

    if (cell->type->kind == HONE_ARROW_FIXED_LIST) {
        *from = at * cell->type->width;
        *n = cell->type->width;
        return;
    }
    *from = (size_t)hone_arrow_int(array->a, bits, true, at);
    *n = cell->type->kind == HONE_ARROW_LIST_VIEW
             ? (size_t)hone_arrow_int(array->b, bits, true, at)
             : (size_t)hone_arrow_int(array->a, bits, true, at + 1) - *from;
}

/* ---- text ---- */

/* Seconds and ns since the epoch; ns in 0..999999999. */
static void split_time(int64_t value, enum hone_arrow_unit unit, int64_t *second, int64_t *ns)
{
    static const int64_t per_second[] = {1, 1000, 1000000, NS};
    int64_t n = per_second[unit];
    int64_t rest = value % n;

    *second = value / n - (rest < 0);
    *ns = (rest + (rest < 0 ? n : 0)) * (NS / n);
}

/* ".5", ".000001" and so on: 3, 6 or 9 digits, as many as are needed; nothing for 0. */
static void print_fraction(struct hone_buf *buf, int64_t ns)
{
    if (ns % 1000 != 0) {
        hone_buf_format(buf, ".%09d", (int)ns);
    } else if (ns != 0) {
        hone_buf_format(buf, ".%06d", (int)(ns / 1000));
    }
}

static void print_clock(struct hone_buf *buf, int64_t second, int64_t ns)
{
    hone_buf_format(buf, "%02d:%02d:%02d", (int)(second / 3600), (int)(second / 60 % 60),
                    (int)(second % 60));
    print_fraction(buf, ns);
}

static void print_time(struct hone_buf *buf, const struct hone_arrow_cell *cell)
{
    int64_t value = hone_arrow_i64(cell);
    int64_t second, ns, day;
    char date[40];

    switch (cell->type->kind) {
    case HONE_ARROW_DATE:
        if (cell->type->bits == 32) {
            hone_buf_bytes(buf, date, hone_format_date(date, value));
            return;
        }
        split_time(value, HONE_ARROW_MS, &second, &ns);
        break;
    case HONE_ARROW_TIME:
        split_time(value, cell->type->unit, &second, &ns);
        if (second < 0 || second > DAY_S) {
            hone_buf_bytes(buf, date, hone_format_i64(date, value)); /* no time of a day */
            return;
        }
        print_clock(buf, second, ns);
        return;
    default:
        split_time(value, cell->type->unit, &second, &ns);
    }
    day = second / DAY_S - (second % DAY_S < 0);
    hone_buf_bytes(buf, date, hone_format_date(date, day));
    if (cell->type->kind == HONE_ARROW_DATE && second == day * DAY_S && ns == 0) {
        return;
    }
    hone_buf_char(buf, 'T');
    print_clock(buf, second - day * DAY_S, ns);
    hone_buf_char(buf, 'Z');
}

/* ISO 8601: P1Y2M3DT4H5M6.789S; a part that is negative has its own sign. */
static void print_duration(struct hone_buf *buf, int64_t months, int64_t days, int64_t ns)
{
    const int64_t minute = INT64_C(60) * NS;
    const int64_t hour = 60 * minute;
    const struct {
        int64_t n;
        char unit;
    } parts[] = {{months / 12, 'Y'},
                 {months % 12, 'M'},
                 {days, 'D'},
                 {ns / hour, 'H'},
                 {ns / minute % 60, 'M'}};
    int64_t rest = ns % minute;

    hone_buf_char(buf, 'P');
    for (size_t i = 0; i < 5; i++) {
        if (i == 3 && ns != 0) {
            hone_buf_char(buf, 'T');
        }
        if (parts[i].n != 0) {
            hone_buf_format(buf, "%" PRId64 "%c", parts[i].n, parts[i].unit);
        }
    }
    if (rest != 0) {
        int64_t size = rest < 0 ? -rest : rest;
        int64_t below = size % NS;
        hone_buf_format(buf, "%s%" PRId64, rest < 0 ? "-" : "", size / NS);
        if (below != 0 && below % 1000000 == 0) {
            hone_buf_format(buf, ".%03d", (int)(below / 1000000));
        } else {
            print_fraction(buf, below);
        }
        hone_buf_char(buf, 'S');
    }
    if (months == 0 && days == 0 && ns == 0) {
        hone_buf_text(buf, "T0S");
    }
}

static void print_interval(struct hone_buf *buf, const struct hone_arrow_cell *cell)
{
    size_t at = cell->array->offset + cell->row;
    const uint8_t *p = cell->array->a.ptr;
    int32_t pair[2];
    int64_t ns;

    switch (cell->type->interval) {
    case HONE_ARROW_MONTHS:
        memcpy(pair, p + at * 4, 4);
        print_duration(buf, pair[0], 0, 0);
        break;
    case HONE_ARROW_DAY_MS:
        memcpy(pair, p + at * 8, 8);
        print_duration(buf, 0, pair[0], (int64_t)pair[1] * 1000000);
        break;
    default:
        memcpy(pair, p + at * 16, 8);
        memcpy(&ns, p + at * 16 + 8, 8);
        print_duration(buf, pair[0], pair[1], ns);
    }
}

static void print_decimal(struct hone_buf *buf, const struct hone_arrow_cell *cell)
{
    struct digits d = digits_of(decimal_at(cell), cell->type->bits);
    int32_t scale = cell->type->scale;
    size_t after = scale > 0 ? (size_t)scale : 0;

    hone_buf_text(buf, d.negative ? "-" : "");
    if (scale < 0 || scale > PLAIN_SCALE) {
        hone_buf_bytes(buf, d.text, d.len);
        hone_buf_format(buf, "e%d", -scale);
        return;
    }
    if (d.len <= after) {
        hone_buf_text(buf, "0");
    } else {
        hone_buf_bytes(buf, d.text, d.len - after);
    }
    if (after > 0) {
        size_t have = d.len < after ? d.len : after;
        hone_buf_char(buf, '.');
        for (size_t i = have; i < after; i++) {
            hone_buf_char(buf, '0');
        }
        hone_buf_bytes(buf, d.text + d.len - have, have);
    }
}

static void print_float(struct hone_buf *buf, const struct hone_arrow_cell *cell, bool json)
{
    double value = hone_arrow_f64(cell);
    char text[32];
    size_t len = cell->type->bits == 64 ? hone_format_f64(text, value)
                                        : hone_format_f32(text, (float)value);

    bool quotes = json && !isfinite(value);

    hone_buf_text(buf, quotes ? "\"" : "");
    hone_buf_bytes(buf, text, len);
    hone_buf_text(buf, quotes ? "\"" : "");
}

static void print_list(struct hone_buf *buf, const struct hone_arrow_cell *cell)
{
    size_t from, n;

    hone_arrow_items(cell, &from, &n);
    hone_buf_char(buf, '[');
    for (size_t i = 0; i < n && !buf->full; i++) {
        hone_buf_text(buf, i == 0 ? "" : ",");
        hone_arrow_print(
            buf, (struct hone_arrow_cell){cell->type->child, cell->array->child, from + i},
            true);
    }
    hone_buf_char(buf, ']');
}

/* The key as a member's name, whatever its type. */
static void print_key(struct hone_buf *buf, struct hone_arrow_cell key)
{
    struct hone_arena own = {.limit = buf->mem->limit};
    struct hone_buf text = hone_buf(&own);

    hone_arrow_print(&text, key, false);
    hone_buf_json(buf, (struct hone_str){text.ptr == NULL ? "" : text.ptr, text.len});
    hone_arena_free(&own);
}

static void print_map(struct hone_buf *buf, const struct hone_arrow_cell *cell)
{
    const struct hone_arrow_type *pair = cell->type->child;
    const struct hone_arrow_array *pairs = cell->array->child;
    size_t from, n;

    hone_arrow_items(cell, &from, &n);
    hone_buf_char(buf, '{');
    for (size_t i = from; i < from + n && !buf->full; i++) {
        size_t at = pairs->offset + i;
        hone_buf_text(buf, i == from ? "" : ",");
        print_key(buf, (struct hone_arrow_cell){&pair->child[0], &pairs->child[0], at});
        hone_buf_char(buf, ':');
        hone_arrow_print(buf, (struct hone_arrow_cell){&pair->child[1], &pairs->child[1], at},
                         true);
    }
    hone_buf_char(buf, '}');
}

static void print_struct(struct hone_buf *buf, const struct hone_arrow_cell *cell)
{
    size_t at = cell->array->offset + cell->row;

    hone_buf_char(buf, '{');
    for (size_t c = 0; c < cell->type->children && !buf->full; c++) {
        hone_buf_text(buf, c == 0 ? "" : ",");
        hone_buf_json(buf, hone_str(cell->type->child[c].name));
        hone_buf_char(buf, ':');
        hone_arrow_print(
            buf, (struct hone_arrow_cell){&cell->type->child[c], &cell->array->child[c], at},
            true);
    }
    hone_buf_char(buf, '}');
}

static void print_number(struct hone_buf *buf, const struct hone_arrow_cell *cell)
{
    char text[32];

    if (cell->type->kind == HONE_ARROW_UINT && cell->type->bits == 64) {
        hone_buf_format(buf, "%" PRIu64, (uint64_t)hone_arrow_i64(cell));
    } else {
        hone_buf_bytes(buf, text, hone_format_i64(text, hone_arrow_i64(cell)));
    }
}

/* What JSON writes without quotes; false for the rest. */
static bool print_bare(struct hone_buf *buf, const struct hone_arrow_cell *cell, bool json)
{
    switch (cell->type->kind) {
    case HONE_ARROW_BOOL:
        hone_buf_text(buf, hone_arrow_bool(cell) ? "true" : "false");
        return true;
    case HONE_ARROW_INT:
    case HONE_ARROW_UINT:
    case HONE_ARROW_DURATION:
        print_number(buf, cell);
        return true;
    case HONE_ARROW_FLOAT:
        print_float(buf, cell, json);
        return true;
    case HONE_ARROW_DECIMAL:
        print_decimal(buf, cell);
        return true;
    case HONE_ARROW_LIST:
    case HONE_ARROW_LIST_VIEW:
    case HONE_ARROW_FIXED_LIST:
        print_list(buf, cell);
        return true;
    case HONE_ARROW_MAP:
        print_map(buf, cell);
        return true;
    case HONE_ARROW_STRUCT:
        print_struct(buf, cell);
        return true;
    default:
        return false;
    }
}

/* RFC 4648, section 4: what JSON has for bytes. */
static void print_base64(struct hone_buf *buf, struct hone_str bytes)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    hone_buf_char(buf, '"');
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t n = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t three = 0;
        for (size_t k = 0; k < 3; k++) {
            three = three << 8 | (k < n ? (uint8_t)bytes.ptr[i + k] : 0);
        }
        for (size_t k = 0; k < 4; k++) {
            hone_buf_char(buf, k <= n ? letters[three >> (18 - 6 * k) & 63] : '=');
        }
    }
    hone_buf_char(buf, '"');
}

void hone_arrow_print(struct hone_buf *buf, struct hone_arrow_cell cell, bool json)
{
    enum hone_arrow_kind kind;

    if (!hone_arrow_resolve(&cell)) {
        hone_buf_text(buf, json ? "null" : "");
        return;
    }
    if (print_bare(buf, &cell, json)) {
        return;
    }
    kind = cell.type->kind;
    if (kind == HONE_ARROW_DATE || kind == HONE_ARROW_TIME || kind == HONE_ARROW_TIMESTAMP ||
        kind == HONE_ARROW_INTERVAL) {
        hone_buf_text(buf, json ? "\"" : "");
        (kind == HONE_ARROW_INTERVAL ? print_interval : print_time)(buf, &cell);
        hone_buf_text(buf, json ? "\"" : "");
    } else if (json && kind != HONE_ARROW_UTF8 && kind != HONE_ARROW_UTF8_VIEW) {
        print_base64(buf, hone_arrow_bytes(&cell));
    } else if (json) {
        hone_buf_json(buf, hone_arrow_bytes(&cell));
    } else {
        hone_buf_str(buf, hone_arrow_bytes(&cell));
    }
}
