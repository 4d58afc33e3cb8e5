/* What Arrow arrays must hold before anything is read from them; declared in table/arrow_array.h. */
#include "table/arrow_array.h"
#include "table/arrow_value_priv.h"

struct check {
    struct hone_run *run;
    struct hone_arena *mem;
    const char *column;
};

static enum hone_code check(struct check *c, const struct hone_arrow_type *type,
                            struct hone_arrow_array *array);

/* ---- types ---- */

static bool is_one_of(unsigned bits, unsigned a, unsigned b, unsigned c, unsigned d)
{
    return bits == a || bits == b || bits == c || bits == d;
}

static enum hone_code bad_type(struct hone_run *run, const struct hone_arrow_type *type,
                               const char *what)
{
    return hone_fail(run, HONE_E_FORMAT, "field '%.100s': %s", type->name, what);
}

static enum hone_code decimal_check(struct hone_run *run, const struct hone_arrow_type *type)
{
    if (!is_one_of(type->bits, 32, 64, 128, 256)) {
        return bad_type(run, type, "decimals have 32, 64, 128 or 256 bits");
    }
    if (type->precision < 1 || type->precision > 76 || type->scale < -1000 ||
        type->scale > 1000) {
        return hone_fail(run, HONE_E_FORMAT, "field '%.100s': no decimal(%d,%d)", type->name,
                         type->precision, type->scale);
    }
    return HONE_OK;
}

static enum hone_code runs_check(struct hone_run *run, const struct hone_arrow_type *type)
{
    if (type->children != 2 || type->child[0].kind != HONE_ARROW_INT ||
        type->child[0].bits == 8) {
        return bad_type(run, type, "run ends are int16, int32 or int64, beside values");
    }
    return HONE_OK;
}

enum hone_code hone_arrow_type_check(struct hone_run *run, const struct hone_arrow_type *type)
{
    switch (type->kind) {
    case HONE_ARROW_INT:
    case HONE_ARROW_UINT:
    case HONE_ARROW_DICTIONARY:
        return is_one_of(type->bits, 8, 16, 32, 64)
                   ? HONE_OK
                   : bad_type(run, type, "integers have 8, 16, 32 or 64 bits");
    case HONE_ARROW_DECIMAL:
        return decimal_check(run, type);
    case HONE_ARROW_TIME:
        return (type->bits == 32) == (type->unit <= HONE_ARROW_MS) &&
                       is_one_of(type->bits, 32, 64, 64, 64)
                   ? HONE_OK
                   : bad_type(run, type, "times have 32 bits to the ms, 64 beyond");
    case HONE_ARROW_FIXED_BINARY:
    case HONE_ARROW_FIXED_LIST:
        return type->width <= INT32_MAX ? HONE_OK
                                        : bad_type(run, type, "its width is too large");
    case HONE_ARROW_MAP:
        return type->children == 1 && type->child->kind == HONE_ARROW_STRUCT &&
                       type->child->children == 2
                   ? HONE_OK
                   : bad_type(run, type, "a map holds pairs of key and value");
    case HONE_ARROW_SPARSE_UNION:
    case HONE_ARROW_DENSE_UNION:
        return type->id != NULL || type->children == 0
                   ? HONE_OK
                   : bad_type(run, type, "a union without type ids");
    case HONE_ARROW_RUNS:
        return runs_check(run, type);
    default:
        return HONE_OK;
    }
}

/* ---- arrays ---- */

static enum hone_code too_short(struct check *c, const char *what, size_t have, size_t need)
{
    return hone_fail(c->run, HONE_E_FORMAT, "column %s: %s of %zu bytes, %zu are needed",
                     c->column, what, have, need);
}

/* n items of width bytes are there, and lie at a multiple of align. */
static enum hone_code need(struct check *c, struct hone_arrow_bytes *bytes, const char *what,
                           size_t n, size_t width)
{
    size_t len = hone_product(n, width);
    size_t align = width > 8 ? 8 : width;
    uint8_t *copy;

    if (len == 0) {
        return HONE_OK;
    }
    if (bytes->ptr == NULL || bytes->len < len) {
        return too_short(c, what, bytes->ptr == NULL ? 0 : bytes->len, len);
    }
    if (align < 2 || (align & (align - 1)) != 0 || (uintptr_t)bytes->ptr % align == 0) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(c->run, c->mem, &copy, len));
    memcpy(copy, bytes->ptr, len);
    *bytes = (struct hone_arrow_bytes){copy, len};
    return HONE_OK;
}

static bool is_there(const struct hone_arrow_array *array, size_t row)
{
    return array->valid.ptr == NULL || hone_bit(array->valid.ptr, array->offset + row);
}

/* Offsets go up and stay within most. */
static enum hone_code check_offsets(struct check *c, unsigned bits,
                                    struct hone_arrow_array *array, size_t most)
{
    int64_t last = 0;

    if (array->length == 0) {
        return HONE_OK;
    }
    HONE_TRY(need(c, &array->a, "offsets", array->offset + array->length + 1, bits / 8));
    for (size_t i = 0; i <= array->length; i++) {
        int64_t at = hone_arrow_int(array->a, bits, true, array->offset + i);
        if (at < last) {
            return hone_fail(c->run, HONE_E_FORMAT,
                             "column %s, row %zu: offset %lld after %lld", c->column,
                             i == 0 ? 1 : i, (long long)at, (long long)last);
        }
        last = at;
    }
    if ((uint64_t)last > most) {
        return hone_fail(c->run, HONE_E_FORMAT, "column %s: offset %lld of %zu", c->column,
                         (long long)last, most);
    }
    return HONE_OK;
}

static enum hone_code not_utf8(struct check *c, size_t row)
{
    (void)hone_fail(c->run, HONE_E_FORMAT, "column %s, row %zu: bytes that are not UTF-8",
                    c->column, row + 1);
    return hone_hint(c->run, "text of other encodings belongs into a binary column");
}

/* Each value by itself, those that are missing left out. */
static enum hone_code check_each_text(struct check *c, const struct hone_arrow_type *type,
                                      const struct hone_arrow_array *array)
{
    for (size_t i = 0; i < array->length; i++) {
        struct hone_arrow_cell cell = {type, array, i};
        struct hone_str text;
        if (!is_there(array, i)) {
            continue;
        }
        text = hone_arrow_bytes(&cell);
        if (hone_utf8_valid(text) != text.len) {
            return not_utf8(c, i);
        }
    }
    return HONE_OK;
}

/* All bytes at once, and no value begins inside a character: the same, faster. */
static bool is_text(const struct hone_arrow_type *type, const struct hone_arrow_array *array)
{
    size_t from = (size_t)hone_arrow_int(array->a, type->bits, true, array->offset);
    size_t to =
        (size_t)hone_arrow_int(array->a, type->bits, true, array->offset + array->length);
    const char *bytes = (const char *)array->b.ptr;
    bool inside = false;

    if (from == to) {
        return true;
    }
    if (hone_utf8_valid((struct hone_str){bytes + from, to - from}) != to - from) {
        return false;
    }
    for (size_t i = 1; i < array->length; i++) {
        size_t at = (size_t)hone_arrow_int(array->a, type->bits, true, array->offset + i);
        inside = inside || (at < to && ((unsigned char)bytes[at] & 0xc0) == 0x80);
    }
    return !inside;
}

static enum hone_code check_text(struct check *c, const struct hone_arrow_type *type,
                                 struct hone_arrow_array *array)
{
    HONE_TRY(check_offsets(c, type->bits, array, array->b.len));
    if (type->kind == HONE_ARROW_UTF8 && array->length > 0 && !is_text(type, array)) {
        return check_each_text(c, type, array);
    }
    return HONE_OK;
}

static enum hone_code check_views(struct check *c, const struct hone_arrow_type *type,
                                  struct hone_arrow_array *array)
{
    HONE_TRY(need(c, &array->a, "views", array->offset + array->length, 16));
    for (size_t i = 0; i < array->length; i++) {
        int32_t view[4];
        if (!is_there(array, i)) {
            continue;
        }
        memcpy(view, array->a.ptr + (array->offset + i) * 16, 16);
        if (view[0] < 0 ||
            (view[0] > 12 && (view[2] < 0 || (size_t)view[2] >= array->mores || view[3] < 0 ||
                              (size_t)view[3] + (size_t)view[0] > array->more[view[2]].len))) {
            return hone_fail(c->run, HONE_E_FORMAT,
                             "column %s, row %zu: a view of %d bytes at %d of buffer %d of %zu",
                             c->column, i + 1, view[0], view[3], view[2], array->mores);
        }
    }
    return type->kind == HONE_ARROW_UTF8_VIEW ? check_each_text(c, type, array) : HONE_OK;
}

static enum hone_code check_list(struct check *c, const struct hone_arrow_type *type,
                                 struct hone_arrow_array *array)
{
    unsigned bits = type->kind == HONE_ARROW_MAP ? 32 : type->bits;
    size_t n = array->offset + array->length;

    HONE_TRY(check(c, type->child, array->child));
    if (type->kind == HONE_ARROW_FIXED_LIST) {
        size_t items = hone_product(n, type->width);
        return items <= array->child->length
                   ? HONE_OK
                   : hone_fail(c->run, HONE_E_FORMAT,
                               "column %s: %zu items for %zu lists of %zu", c->column,
                               array->child->length, n, type->width);
    }
    if (type->kind != HONE_ARROW_LIST_VIEW) {
        return check_offsets(c, bits, array, array->child->length);
    }
    HONE_TRY(need(c, &array->a, "offsets", n, bits / 8));
    HONE_TRY(need(c, &array->b, "sizes", n, bits / 8));
    for (size_t i = 0; i < array->length; i++) {
        int64_t from = hone_arrow_int(array->a, bits, true, array->offset + i);
        int64_t size = hone_arrow_int(array->b, bits, true, array->offset + i);
        if (is_there(array, i) &&
            (from < 0 || size < 0 || (size_t)from > array->child->length ||
             (size_t)size > array->child->length - (size_t)from)) {
            return hone_fail(c->run, HONE_E_FORMAT,
                             "column %s, row %zu: %lld items at %lld of %zu", c->column, i + 1,
                             (long long)size, (long long)from, array->child->length);
        }
    }
    return HONE_OK;
}

static enum hone_code check_struct(struct check *c, const struct hone_arrow_type *type,
                                   struct hone_arrow_array *array, size_t least)
{
    for (size_t i = 0; i < type->children; i++) {
        HONE_TRY(check(c, &type->child[i], &array->child[i]));
        if (array->child[i].length < least) {
            return hone_fail(c->run, HONE_E_FORMAT, "column %s: %zu rows of '%.100s' for %zu",
                             c->column, array->child[i].length, type->child[i].name, least);
        }
    }
    return HONE_OK;
}

static enum hone_code check_union(struct check *c, const struct hone_arrow_type *type,
                                  struct hone_arrow_array *array)
{
    bool dense = type->kind == HONE_ARROW_DENSE_UNION;
    size_t n = array->offset + array->length;

    HONE_TRY(need(c, &array->a, "type ids", n, 1));
    if (dense) {
        HONE_TRY(need(c, &array->b, "offsets", n, 4));
    }
    HONE_TRY(check_struct(c, type, array, dense ? 0 : n));
    for (size_t i = array->offset; i < n; i++) {
        int8_t id = ((const int8_t *)array->a.ptr)[i];
        int64_t place = dense ? hone_arrow_int(array->b, 32, true, i) : 0;
        size_t child = 0;
        while (child < type->children && type->id[child] != id) {
            child++;
        }
        if (child == type->children ||
            (dense && (place < 0 || (size_t)place >= array->child[child].length))) {
            return hone_fail(c->run, HONE_E_FORMAT,
                             "column %s, row %zu: place %lld of member %d of a union",
                             c->column, i - array->offset + 1, (long long)place, id);
        }
    }
    return HONE_OK;
}

static enum hone_code check_runs(struct check *c, const struct hone_arrow_type *type,
                                 struct hone_arrow_array *array)
{
    struct hone_arrow_array *ends = &array->child[0];
    int64_t last = 0;

    HONE_TRY(check_struct(c, type, array, 0));
    for (size_t i = 0; i < ends->length; i++) {
        int64_t end = hone_arrow_int(ends->a, type->child[0].bits, true, ends->offset + i);
        if (end <= last || !is_there(ends, i)) {
            return hone_fail(c->run, HONE_E_FORMAT,
                             "column %s: run %zu ends at %lld after %lld", c->column, i + 1,
                             (long long)end, (long long)last);
        }
        last = end;
    }
    if ((array->length > 0 && (size_t)last < array->offset + array->length) ||
        array->child[1].length < ends->length) {
        return hone_fail(c->run, HONE_E_FORMAT,
                         "column %s: %zu runs to %lld with %zu values for %zu rows", c->column,
                         ends->length, (long long)last, array->child[1].length,
                         array->offset + array->length);
    }
    return HONE_OK;
}

static enum hone_code check_indices(struct check *c, const struct hone_arrow_type *type,
                                    struct hone_arrow_array *array)
{
    size_t words = 0;

    HONE_TRY(need(c, &array->a, "indices", array->offset + array->length, type->bits / 8));
    for (size_t i = 0; i < array->dictionaries; i++) {
        words += array->dictionary[i]->length;
    }
    for (size_t i = 0; i < array->length; i++) {
        int64_t at = is_there(array, i) ? hone_arrow_int(array->a, type->bits, type->is_signed,
                                                         array->offset + i)
                                        : -1;
        if (is_there(array, i) && (at < 0 || (size_t)at >= words)) {
            return hone_fail(c->run, HONE_E_FORMAT,
                             "column %s, row %zu: value %lld of a dictionary of %zu", c->column,
                             i + 1, (long long)at, words);
        }
    }
    return HONE_OK;
}

static size_t interval_width(const struct hone_arrow_type *type)
{
    static const size_t width[] = {4, 8, 16};
    return width[type->interval];
}

static enum hone_code check(struct check *c, const struct hone_arrow_type *type,
                            struct hone_arrow_array *array)
{
    size_t n = array->offset + array->length;

    if (array->length > HONE_ARROW_MOST || array->offset > HONE_ARROW_MOST) {
        return hone_fail(c->run, HONE_E_FORMAT, "column %s: %zu rows from %zu", c->column,
                         array->length, array->offset);
    }
    if (array->valid.ptr != NULL && array->valid.len < (n + 7) / 8) {
        return too_short(c, "a validity bitmap", array->valid.len, (n + 7) / 8);
    }
    switch (type->kind) {
    case HONE_ARROW_NULL:
        return HONE_OK;
    case HONE_ARROW_BOOL:
        return need(c, &array->a, "bits", (n + 7) / 8, 1);
    case HONE_ARROW_BINARY:
    case HONE_ARROW_UTF8:
        return check_text(c, type, array);
    case HONE_ARROW_BINARY_VIEW:
    case HONE_ARROW_UTF8_VIEW:
        return check_views(c, type, array);
    case HONE_ARROW_FIXED_BINARY:
        if (hone_product(n, type->width) > array->a.len) {
            return too_short(c, "values", array->a.len, hone_product(n, type->width));
        }
        return HONE_OK;
    case HONE_ARROW_INTERVAL:
        return need(c, &array->a, "values", n, interval_width(type));
    case HONE_ARROW_LIST:
    case HONE_ARROW_LIST_VIEW:
    case HONE_ARROW_FIXED_LIST:
    case HONE_ARROW_MAP:
        return check_list(c, type, array);
    case HONE_ARROW_STRUCT:
        return check_struct(c, type, array, n);
    case HONE_ARROW_SPARSE_UNION:
    case HONE_ARROW_DENSE_UNION:
        return check_union(c, type, array);
    case HONE_ARROW_RUNS:
        return check_runs(c, type, array);
    case HONE_ARROW_DICTIONARY:
        return check_indices(c, type, array);
    default:
        return need(c, &array->a, "values", n, type->bits / 8);
    }
}

enum hone_code hone_arrow_check(struct hone_run *run, const char *column,
                                const struct hone_arrow_type *type, struct hone_arena *mem,
                                struct hone_arrow_array *array)
{
    struct check c = {run, mem, column};
    return check(&c, type, array);
}
