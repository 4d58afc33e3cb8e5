/* Tables from the Arrow C data interface; declared in table/arrow_c.h. */
#include "table/arrow_c.h"

#include "base/pool.h"
#include "table/arrow_array.h"

struct reading {
    struct hone_run *run;
    struct hone_arena *mem;
    const char *name; /* of the field at hand, for messages */
};

/* ---- types ---- */

static enum hone_code unknown(struct reading *r, const struct ArrowSchema *schema)
{
    (void)hone_fail(r->run, HONE_E_UNSUPPORTED, "field '%.100s' has the Arrow type '%.60s'",
                    r->name, schema->format);
    return hone_hint(r->run, "cast it to a type of the Arrow columnar format 1.5");
}

/* Formats of a single letter. */
static bool letter_type(char letter, struct hone_arrow_type *out)
{
    static const struct {
        char letter;
        enum hone_arrow_kind kind;
        unsigned bits;
    } types[] = {
        {'n', HONE_ARROW_NULL, 0},   {'b', HONE_ARROW_BOOL, 0},    {'c', HONE_ARROW_INT, 8},
        {'C', HONE_ARROW_UINT, 8},   {'s', HONE_ARROW_INT, 16},    {'S', HONE_ARROW_UINT, 16},
        {'i', HONE_ARROW_INT, 32},   {'I', HONE_ARROW_UINT, 32},   {'l', HONE_ARROW_INT, 64},
        {'L', HONE_ARROW_UINT, 64},  {'e', HONE_ARROW_FLOAT, 16},  {'f', HONE_ARROW_FLOAT, 32},
        {'g', HONE_ARROW_FLOAT, 64}, {'z', HONE_ARROW_BINARY, 32}, {'Z', HONE_ARROW_BINARY, 64},
        {'u', HONE_ARROW_UTF8, 32},  {'U', HONE_ARROW_UTF8, 64},
    };

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].letter == letter) {
            out->kind = types[i].kind;
            out->bits = types[i].bits;
            return true;
        }
    }
    return false;
}

static bool unit_of(char letter, enum hone_arrow_unit *out)
{
    static const char letters[] = "smun";
    const char *at = letter == '\0' ? NULL : strchr(letters, letter);

    if (at != NULL) {
        *out = (enum hone_arrow_unit)(at - letters);
    }
    return at != NULL;
}

/* "tdD", "ttm", "tsu:UTC", "tDn", "tiM". */
static bool time_type(struct hone_str f, struct hone_arrow_type *out)
{
    static const char intervals[] = "MDn";

    if (f.len < 3 || (f.len > 3 && f.ptr[1] != 's')) {
        return false;
    }
    switch (f.ptr[1]) {
    case 'd':
        out->kind = HONE_ARROW_DATE;
        out->bits = f.ptr[2] == 'D' ? 32 : 64;
        return f.ptr[2] == 'D' || f.ptr[2] == 'm';
    case 't':
        out->kind = HONE_ARROW_TIME;
        out->bits = f.ptr[2] == 's' || f.ptr[2] == 'm' ? 32 : 64;
        return unit_of(f.ptr[2], &out->unit);
    case 's':
        out->kind = HONE_ARROW_TIMESTAMP;
        out->bits = 64;
        return f.len > 3 && f.ptr[3] == ':' && unit_of(f.ptr[2], &out->unit);
    case 'D':
        out->kind = HONE_ARROW_DURATION;
        out->bits = 64;
        return unit_of(f.ptr[2], &out->unit);
    case 'i': {
        const char *at = strchr(intervals, f.ptr[2]);
        out->kind = HONE_ARROW_INTERVAL;
        out->interval = at == NULL ? 0 : (enum hone_arrow_interval)(at - intervals);
        return at != NULL;
    }
    default:
        return false;
    }
}

static bool small_number(struct hone_str text, int64_t least, int64_t most, int64_t *out)
{
    return hone_parse_i64(text, out) && *out >= least && *out <= most;
}

/* "d:19,10" and "d:19,10,256". */
static bool decimal_type(struct hone_str f, struct hone_arrow_type *out)
{
    struct hone_str rest = {f.ptr + 2, f.len - 2};
    struct hone_str part;
    int64_t precision, scale;
    int64_t bits = 128;

    (void)hone_str_cut(rest, ',', &part, &rest);
    if (!small_number(part, 1, 76, &precision)) {
        return false;
    }
    if (hone_str_cut(rest, ',', &part, &rest) && !small_number(rest, 32, 256, &bits)) {
        return false;
    }
    if (!small_number(part, -1000, 1000, &scale)) {
        return false;
    }
    out->kind = HONE_ARROW_DECIMAL;
    out->precision = (int32_t)precision;
    out->scale = (int32_t)scale;
    out->bits = (unsigned)bits;
    return true;
}

/* "+ud:0,5": the ids of the children. */
static enum hone_code union_type(struct reading *r, const struct ArrowSchema *schema,
                                 struct hone_arrow_type *out)
{
    struct hone_str rest = {schema->format + 4, strlen(schema->format) - 4};
    struct hone_str part;
    int8_t *id;
    size_t n = 0;

    out->kind = schema->format[2] == 'd' ? HONE_ARROW_DENSE_UNION : HONE_ARROW_SPARSE_UNION;
    HONE_TRY(hone_array(r->run, r->mem, &id, (size_t)schema->n_children));
    while (rest.len > 0) {
        int64_t value;
        (void)hone_str_cut(rest, ',', &part, &rest);
        if (n == (size_t)schema->n_children || !small_number(part, 0, 127, &value)) {
            return unknown(r, schema);
        }
        id[n++] = (int8_t)value;
    }
    out->id = id;
    return n == (size_t)schema->n_children ? HONE_OK : unknown(r, schema);
}

/* Those that begin with +. */
static enum hone_code nested_type(struct reading *r, const struct ArrowSchema *schema,
                                  struct hone_arrow_type *out)
{
    static const struct {
        const char *format;
        enum hone_arrow_kind kind;
        unsigned bits;
        int64_t children;
    } types[] = {
        {"+l", HONE_ARROW_LIST, 32, 1},       {"+L", HONE_ARROW_LIST, 64, 1},
        {"+vl", HONE_ARROW_LIST_VIEW, 32, 1}, {"+vL", HONE_ARROW_LIST_VIEW, 64, 1},
        {"+s", HONE_ARROW_STRUCT, 0, -1},     {"+m", HONE_ARROW_MAP, 32, 1},
        {"+r", HONE_ARROW_RUNS, 0, 2},
    };
    struct hone_str f = hone_str(schema->format);
    int64_t width;

    if (hone_str_starts(f, "+ud:") || hone_str_starts(f, "+us:")) {
        return union_type(r, schema, out);
    }
    if (hone_str_starts(f, "+w:")) {
        if (schema->n_children != 1 ||
            !small_number((struct hone_str){f.ptr + 3, f.len - 3}, 0, INT32_MAX, &width)) {
            return unknown(r, schema);
        }
        out->kind = HONE_ARROW_FIXED_LIST;
        out->width = (size_t)width;
        return HONE_OK;
    }
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (hone_str_is(f, types[i].format)) {
            out->kind = types[i].kind;
            out->bits = types[i].bits;
            if (types[i].children >= 0 && schema->n_children != types[i].children) {
                return hone_fail(r->run, HONE_E_FORMAT,
                                 "field '%.100s' of type '%s' has %lld children", r->name,
                                 schema->format, (long long)schema->n_children);
            }
            return HONE_OK;
        }
    }
    return unknown(r, schema);
}

static enum hone_code plain_type(struct reading *r, const struct ArrowSchema *schema,
                                 struct hone_arrow_type *out)
{
    struct hone_str f = hone_str(schema->format);
    int64_t width;

    if (f.len > 0 && f.ptr[0] == '+') {
        return nested_type(r, schema, out);
    }
    if (hone_str_is(f, "vu") || hone_str_is(f, "vz")) {
        out->kind = f.ptr[1] == 'u' ? HONE_ARROW_UTF8_VIEW : HONE_ARROW_BINARY_VIEW;
        return HONE_OK;
    }
    if (hone_str_starts(f, "w:") &&
        small_number((struct hone_str){f.ptr + 2, f.len - 2}, 0, INT32_MAX, &width)) {
        out->kind = HONE_ARROW_FIXED_BINARY;
        out->width = (size_t)width;
        return HONE_OK;
    }
    if ((f.len == 1 && letter_type(f.ptr[0], out)) ||
        (f.len > 0 && f.ptr[0] == 't' && time_type(f, out)) ||
        (hone_str_starts(f, "d:") && decimal_type(f, out))) {
        return HONE_OK;
    }
    return unknown(r, schema);
}

static enum hone_code type_of(struct reading *r, const struct ArrowSchema *schema, size_t depth,
                              struct hone_arrow_type *out);

static enum hone_code children_of(struct reading *r, const struct ArrowSchema *schema,
                                  size_t depth, struct hone_arrow_type *out)
{
    out->children = (size_t)schema->n_children;
    HONE_TRY(hone_array(r->run, r->mem, &out->child, out->children));
    for (size_t i = 0; i < out->children; i++) {
        if (schema->children[i] == NULL) {
            return hone_fail(r->run, HONE_E_FORMAT, "field '%.100s': child %zu is absent",
                             out->name, i + 1);
        }
        HONE_TRY(type_of(r, schema->children[i], depth + 1, &out->child[i]));
    }
    r->name = out->name;
    return hone_arrow_type_check(r->run, out);
}

/* What the dictionary has is the type; what the field itself has are the indices. */
static enum hone_code coded_type(struct reading *r, const struct ArrowSchema *schema,
                                 size_t depth, struct hone_arrow_type *out)
{
    struct hone_arrow_type index = {.name = out->name};

    HONE_TRY(plain_type(r, schema, &index));
    if (index.kind != HONE_ARROW_INT && index.kind != HONE_ARROW_UINT) {
        return hone_fail(r->run, HONE_E_FORMAT,
                         "field '%.100s': indices of a dictionary are integers, not '%s'",
                         r->name, schema->format);
    }
    out->kind = HONE_ARROW_DICTIONARY;
    out->bits = index.bits;
    out->is_signed = index.kind == HONE_ARROW_INT;
    HONE_TRY(hone_array(r->run, r->mem, &out->child, 1));
    HONE_TRY(type_of(r, schema->dictionary, depth + 1, out->child));
    out->children = 1;
    return HONE_OK;
}

static enum hone_code type_of(struct reading *r, const struct ArrowSchema *schema, size_t depth,
                              struct hone_arrow_type *out)
{
    const char *name = schema->name == NULL ? "" : schema->name;

    *out = (struct hone_arrow_type){.name = hone_arena_text(r->mem, name, strlen(name))};
    r->name = out->name;
    if (depth == HONE_ARROW_DEPTH) {
        return hone_fail(r->run, HONE_E_LIMIT, "field '%.100s' is nested deeper than %d", name,
                         HONE_ARROW_DEPTH);
    }
    if (schema->release == NULL) {
        return hone_fail(r->run, HONE_E_ARG, "the Arrow schema of '%.100s' is released", name);
    }
    if (schema->format == NULL || schema->n_children < 0 || schema->n_children > INT32_MAX ||
        (schema->n_children > 0 && schema->children == NULL)) {
        return hone_fail(r->run, HONE_E_FORMAT,
                         "field '%.100s': an Arrow schema without format or children", name);
    }
    if (hone_utf8_valid(hone_str(name)) != strlen(name)) {
        return hone_fail(r->run, HONE_E_FORMAT, "a field's name is not UTF-8");
    }
    if (schema->dictionary != NULL) {
        return coded_type(r, schema, depth, out);
    }
    HONE_TRY(plain_type(r, schema, out));
    return children_of(r, schema, depth, out);
}

/* ---- arrays ---- */

/* How many buffers a type has; views have more, told by the array. */
static size_t buffers_of(const struct hone_arrow_type *type)
{
    switch (type->kind) {
    case HONE_ARROW_NULL:
    case HONE_ARROW_RUNS:
        return 0;
    case HONE_ARROW_STRUCT:
    case HONE_ARROW_FIXED_LIST:
    case HONE_ARROW_SPARSE_UNION:
        return 1;
    case HONE_ARROW_BINARY:
    case HONE_ARROW_UTF8:
    case HONE_ARROW_LIST_VIEW:
    case HONE_ARROW_BINARY_VIEW:
    case HONE_ARROW_UTF8_VIEW:
        return 3;
    default:
        return 2; /* a dense union too */
    }
}

/* A buffer of which the interface promises n items of bits each. */
static struct hone_arrow_bytes promised(const struct ArrowArray *from, int64_t buffer, size_t n,
                                        size_t bits)
{
    const void *ptr = buffer < from->n_buffers ? from->buffers[buffer] : NULL;
    size_t len = hone_product(n, bits) == SIZE_MAX ? SIZE_MAX / 8 : n * bits / 8;

    return (struct hone_arrow_bytes){ptr, ptr == NULL ? 0 : len + (n * bits % 8 != 0)};
}

/* Of text and binary the last offset says how many bytes there are. */
static void promise_bytes(const struct ArrowArray *from, unsigned bits,
                          struct hone_arrow_array *out)
{
    size_t n = out->offset + out->length;
    int64_t len = 0;

    out->a = promised(from, 1, n + 1, bits);
    if (out->length > 0 && out->a.ptr != NULL) {
        if (bits == 32) {
            int32_t small;
            memcpy(&small, out->a.ptr + n * 4, 4);
            len = small;
        } else {
            memcpy(&len, out->a.ptr + n * 8, 8);
        }
    }
    out->b = promised(from, 2, len < 0 ? 0 : (size_t)len, 8);
}

static enum hone_code promise_views(struct reading *r, const struct ArrowArray *from,
                                    struct hone_arrow_array *out)
{
    struct hone_arrow_bytes *more;
    size_t n = (size_t)from->n_buffers - 3;
    const char *sizes = from->buffers[from->n_buffers - 1];

    HONE_TRY(hone_array(r->run, r->mem, &more, n));
    for (size_t i = 0; i < n; i++) {
        int64_t len = 0;
        if (sizes != NULL) {
            memcpy(&len, sizes + i * 8, 8);
        }
        more[i] = promised(from, (int64_t)i + 2, len < 0 ? 0 : (size_t)len, 8);
    }
    out->a = promised(from, 1, out->offset + out->length, 128);
    out->more = more;
    out->mores = n;
    return HONE_OK;
}

static enum hone_code promise_buffers(struct reading *r, const struct ArrowArray *from,
                                      const struct hone_arrow_type *type,
                                      struct hone_arrow_array *out)
{
    static const size_t interval_bits[] = {32, 64, 128};
    size_t n = out->offset + out->length;
    bool no_bitmap = type->kind == HONE_ARROW_NULL || type->kind == HONE_ARROW_RUNS ||
                     type->kind == HONE_ARROW_SPARSE_UNION ||
                     type->kind == HONE_ARROW_DENSE_UNION;

    if (!no_bitmap && from->null_count != 0) {
        out->valid = promised(from, 0, n, 1);
    }
    switch (type->kind) {
    case HONE_ARROW_BINARY:
    case HONE_ARROW_UTF8:
        promise_bytes(from, type->bits, out);
        return HONE_OK;
    case HONE_ARROW_BINARY_VIEW:
    case HONE_ARROW_UTF8_VIEW:
        return promise_views(r, from, out);
    case HONE_ARROW_LIST:
    case HONE_ARROW_MAP:
        out->a = promised(from, 1, n + 1, type->bits);
        return HONE_OK;
    case HONE_ARROW_LIST_VIEW:
        out->a = promised(from, 1, n, type->bits);
        out->b = promised(from, 2, n, type->bits);
        return HONE_OK;
    case HONE_ARROW_SPARSE_UNION:
    case HONE_ARROW_DENSE_UNION:
        out->a = promised(from, 0, n, 8);
        out->b = promised(from, 1, n, 32);
        return HONE_OK;
    case HONE_ARROW_FIXED_BINARY:
        out->a = promised(from, 1, n, hone_product(type->width, 8));
        return HONE_OK;
    case HONE_ARROW_INTERVAL:
        out->a = promised(from, 1, n, interval_bits[type->interval]);
        return HONE_OK;
    default:
        out->a = promised(from, 1, n, type->kind == HONE_ARROW_BOOL ? 1 : type->bits);
        return HONE_OK;
    }
}

static enum hone_code shape_check(struct reading *r, const struct ArrowArray *from,
                                  const struct hone_arrow_type *type)
{
    size_t children = type->kind == HONE_ARROW_DICTIONARY ? 0 : type->children;
    bool view = type->kind == HONE_ARROW_BINARY_VIEW || type->kind == HONE_ARROW_UTF8_VIEW;

    if (from->release == NULL) {
        return hone_fail(r->run, HONE_E_ARG, "the Arrow array of '%.100s' is released",
                         r->name);
    }
    if (from->length < 0 || from->offset < 0 || from->length > (int64_t)HONE_ARROW_MOST ||
        from->offset > (int64_t)HONE_ARROW_MOST) {
        return hone_fail(r->run, HONE_E_FORMAT, "column %s: %lld rows from %lld", r->name,
                         (long long)from->length, (long long)from->offset);
    }
    if (from->n_children != (int64_t)children || (children > 0 && from->children == NULL)) {
        return hone_fail(r->run, HONE_E_FORMAT, "column %s: %lld children, its type has %zu",
                         r->name, (long long)from->n_children, children);
    }
    if (from->n_buffers < (int64_t)buffers_of(type) || from->n_buffers > INT32_MAX ||
        (!view && from->n_buffers > (int64_t)buffers_of(type)) ||
        (from->n_buffers > 0 && from->buffers == NULL)) {
        return hone_fail(r->run, HONE_E_FORMAT, "column %s: %lld buffers, its type has %zu",
                         r->name, (long long)from->n_buffers, buffers_of(type));
    }
    if ((from->dictionary != NULL) != (type->kind == HONE_ARROW_DICTIONARY)) {
        return hone_fail(r->run, HONE_E_FORMAT, "column %s: its dictionary is %s", r->name,
                         from->dictionary == NULL ? "absent" : "not in the schema");
    }
    return HONE_OK;
}

static enum hone_code array_of(struct reading *r, const struct ArrowArray *from,
                               const struct hone_arrow_type *type, struct hone_arrow_array *out)
{
    HONE_TRY(shape_check(r, from, type));
    *out = (struct hone_arrow_array){.length = (size_t)from->length,
                                     .offset = (size_t)from->offset};
    HONE_TRY(promise_buffers(r, from, type, out));
    if (type->kind == HONE_ARROW_DICTIONARY) {
        struct hone_arrow_array **list;
        HONE_TRY(hone_array(r->run, r->mem, &list, 1));
        HONE_TRY(hone_array(r->run, r->mem, &list[0], 1));
        HONE_TRY(array_of(r, from->dictionary, type->child, list[0]));
        HONE_TRY(hone_arrow_check(r->run, r->name, type->child, r->mem, list[0]));
        out->dictionary = list;
        out->dictionaries = 1;
        return HONE_OK;
    }
    HONE_TRY(hone_array(r->run, r->mem, &out->child, type->children));
    for (size_t i = 0; i < type->children; i++) {
        if (from->children[i] == NULL) {
            return hone_fail(r->run, HONE_E_FORMAT, "column %s: child %zu is absent", r->name,
                             i + 1);
        }
        HONE_TRY(array_of(r, from->children[i], &type->child[i], &out->child[i]));
    }
    return HONE_OK;
}

/* ---- tables ---- */

struct job {
    const struct hone_arrow_type *root;
    const struct hone_arrow_array *array; /* (arrays) of the root */
    size_t arrays;
    const struct hone_arrow_leaf *leaf;
    struct hone_arrow_options options;
    struct hone_arena *mem;     /* (leaves) */
    struct hone_column *column; /* (leaves) */
};

/* The rows of one leaf in one array: down the path, gathering bitmaps and offsets. */
static enum hone_code piece_of(struct hone_run *run, const struct job *job,
                               const struct hone_arrow_leaf *leaf, size_t array,
                               struct hone_arena *mem, struct hone_arrow_piece *out)
{
    const struct hone_arrow_type *type = job->root;
    struct hone_arrow_array *at = (struct hone_arrow_array *)(uintptr_t)&job->array[array];
    struct hone_arrow_mask *mask;
    size_t from = 0;

    out->rows = at->length;
    HONE_TRY(hone_array(run, mem, &mask, leaf->depth));
    for (size_t d = 0; d < leaf->depth; d++) {
        from += at->offset;
        if (at->valid.ptr != NULL) {
            mask[out->masks++] = (struct hone_arrow_mask){at->valid.ptr, from};
        }
        type = &type->child[leaf->path[d]];
        at = &at->child[leaf->path[d]];
        if (from > at->length || out->rows > at->length - from) {
            return hone_fail(run, HONE_E_FORMAT, "column %s: %zu rows, %zu are needed",
                             leaf->name, at->length, from + out->rows);
        }
    }
    HONE_TRY(hone_arrow_check(run, leaf->name, type, mem, at));
    out->array = at;
    out->at = from;
    out->mask = mask;
    return HONE_OK;
}

static enum hone_code make_column(struct hone_run *run, void *ctx, size_t i)
{
    const struct job *job = ctx;
    struct hone_arrow_piece *piece;
    HONE_ARENA(own);
    struct hone_arena *mem = job->options.borrow ? &job->mem[i] : &own;

    HONE_TRY(hone_array(run, mem, &piece, job->arrays));
    for (size_t a = 0; a < job->arrays; a++) {
        HONE_TRY(piece_of(run, job, &job->leaf[i], a, mem, &piece[a]));
    }
    return hone_arrow_column(run, &job->leaf[i], piece, job->arrays, &job->options,
                             &job->mem[i], &job->column[i]);
}

static void arenas_free(struct hone_arena *mem, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        hone_arena_free(&mem[i]);
    }
}

/* All leaves, in parallel, each in memory of its own, which then becomes the table's. */
static enum hone_code make_table(struct hone_run *run, struct job *job, struct hone_arena *mem,
                                 struct hone_table **out)
{
    struct hone_arrow_leaf *leaf;
    enum hone_code code;
    size_t rows = 0;
    size_t n;
    HONE_ARENA(work);

    HONE_TRY(hone_arrow_leaves(run, job->root, &work, &leaf, &n));
    job->leaf = leaf;
    HONE_TRY(hone_array(run, &work, &job->mem, n));
    HONE_TRY(hone_array(run, &work, &job->column, n));
    code = hone_parallel_try(run, n, make_column, job);
    for (size_t i = 0; code == HONE_OK && i < n; i++) {
        hone_arena_join(mem, &job->mem[i]);
    }
    if (code == HONE_OK) {
        code = hone_table_of(run, job->column, n, mem, out);
    }
    arenas_free(job->mem, n);
    HONE_TRY(code);
    for (size_t a = 0; a < job->arrays; a++) {
        rows += job->array[a].length;
    }
    (*out)->rows = rows;
    return HONE_OK;
}

/* A type that is no struct as the one child of one. */
static enum hone_code wrap(struct reading *r, struct hone_arrow_type *type,
                           struct hone_arrow_array *array, size_t n)
{
    struct hone_arrow_type *child;

    if (type->kind == HONE_ARROW_STRUCT) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(r->run, r->mem, &child, 1));
    *child = *type;
    *type = (struct hone_arrow_type){
        .name = "", .kind = HONE_ARROW_STRUCT, .child = child, .children = 1};
    for (size_t i = 0; i < n; i++) {
        struct hone_arrow_array *inner;
        HONE_TRY(hone_array(r->run, r->mem, &inner, 1));
        *inner = array[i];
        array[i] = (struct hone_arrow_array){.length = inner->length, .child = inner};
    }
    return HONE_OK;
}

static enum hone_code import(struct hone_run *run, const struct ArrowSchema *schema,
                             struct ArrowArray *const *arrays, size_t n, bool borrow,
                             struct hone_arena *mem, struct hone_table **out)
{
    HONE_ARENA(work);
    struct reading r = {.run = run, .mem = &work, .name = ""};
    struct hone_arrow_type type;
    struct hone_arrow_array *array;
    struct job job = {.root = &type, .arrays = n, .options.borrow = borrow};

    HONE_TRY(type_of(&r, schema, 0, &type));
    HONE_TRY(hone_array(run, &work, &array, n));
    for (size_t i = 0; i < n; i++) {
        r.name = type.name;
        HONE_TRY(array_of(&r, arrays[i], &type, &array[i]));
    }
    HONE_TRY(wrap(&r, &type, array, n));
    job.array = array;
    return make_table(run, &job, mem, out);
}

enum hone_code hone_arrow_import(struct hone_run *run, const struct ArrowSchema *schema,
                                 const struct ArrowArray *array, bool borrow,
                                 struct hone_arena *mem, struct hone_table **out)
{
    struct ArrowArray *one = (struct ArrowArray *)(uintptr_t)array; /* only read */
    return import(run, schema, &one, 1, borrow, mem, out);
}

/* ---- streams ---- */

/* What a stream gave, to be released. */
struct received {
    struct ArrowSchema schema;
    struct ArrowArray **array;
    size_t n, room;
    struct hone_arena mem;
    struct ArrowArrayStream *stream;
};

static void received_release(struct received *r)
{
    for (size_t i = 0; i < r->n; i++) {
        r->array[i]->release(r->array[i]);
    }
    if (r->schema.release != NULL) {
        r->schema.release(&r->schema);
    }
    hone_arena_free(&r->mem);
    r->stream->release(r->stream);
}

static enum hone_code producer_failed(struct hone_run *run, struct received *r, int code)
{
    const char *why = r->stream->get_last_error(r->stream);
    return hone_fail(run, HONE_E_IO, "the Arrow stream failed with %d: %.300s", code,
                     why == NULL ? "it does not say why" : why);
}

static enum hone_code receive(struct hone_run *run, struct received *r)
{
    int code = r->stream->get_schema(r->stream, &r->schema);

    if (code != 0) {
        return producer_failed(run, r, code);
    }
    for (;;) {
        struct ArrowArray *next = hone_new(&r->mem, struct ArrowArray);
        HONE_TRY(hone_check_cancel(run));
        code = r->stream->get_next(r->stream, next);
        if (code != 0) {
            return producer_failed(run, r, code);
        }
        if (next->release == NULL) {
            return HONE_OK;
        }
        if (r->n == r->room) {
            size_t room = r->room == 0 ? 16 : r->room * 2;
            struct ArrowArray **longer =
                hone_arena_grow(&r->mem, r->array, sizeof *r->array, r->room, room);
            if (longer == NULL) {
                next->release(next);
                return hone_no_room(run, "arrays", room);
            }
            r->array = longer;
            r->room = room;
        }
        r->array[r->n++] = next;
    }
}

enum hone_code hone_arrow_import_stream(struct hone_run *run, struct ArrowArrayStream *stream,
                                        struct hone_arena *mem, struct hone_table **out)
{
    if (stream->release == NULL) {
        return hone_fail(run, HONE_E_ARG, "the Arrow stream is released");
    }
    HONE_CLOSING(received_release) struct received r = {.stream = stream};
    HONE_TRY(receive(run, &r));
    return import(run, &r.schema, r.array, r.n, false, mem, out);
}
