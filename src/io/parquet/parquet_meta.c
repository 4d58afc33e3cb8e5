/* The footer of a Parquet file; declared in io/parquet_priv.h. */
#include <stdio.h>

#include "io/parquet/parquet_priv.h"

enum hone_code hone_pq_fail(struct hone_run *run, const struct hone_pq_file *file, size_t group,
                            size_t leaf, enum hone_code code, const char *format, ...)
{
    char what[300];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return hone_fail(run, code, "%.200s, row group %zu, column %.150s: %s", file->path,
                     group + 1, file->node[file->leaf[leaf]].path, what);
}

enum hone_code hone_pq_afford(struct hone_run *run, const struct hone_pq_file *file,
                              size_t bytes)
{
    size_t most = hone_product(file->bytes.len, 1024);

    if (bytes > ((size_t)1 << 30) && bytes - ((size_t)1 << 30) > most) {
        (void)hone_fail(run, HONE_E_LIMIT,
                        "%.200s has %zu bytes and asks for %zu MiB of memory", file->path,
                        file->bytes.len, bytes >> 20);
        return hone_hint(run,
                         "so few bytes cannot hold that much: the file is damaged, or made "
                         "to do harm");
    }
    return HONE_OK;
}

/* One schema element as it stands in the file. */
struct element {
    struct hone_str name;
    int64_t type, length, repeat, children, converted, scale; /* -1: not there */
    int64_t precision;
    int logical; /* the member of the union; 0: none */
    int64_t logical_scale, logical_bits;
    bool utc, is_signed;
    int digits;
};

static void read_unit(struct hone_thrift *t, struct element *e)
{
    struct hone_thrift_field f = {0};

    while (hone_thrift_next(t, &f)) {
        e->digits = f.id >= 1 && f.id <= 3 ? f.id * 3 : 0;
        hone_thrift_skip(t, f.type);
    }
}

/* The one member of a logical type: field 1 and 2 of it mean what its kind says. */
static void read_logical(struct hone_thrift *t, struct element *e)
{
    struct hone_thrift_field f = {0};

    while (hone_thrift_next(t, &f)) {
        struct hone_thrift_field in = {0};
        e->logical = f.id;
        if (!hone_thrift_struct(t, &f)) {
            return;
        }
        while (hone_thrift_next(t, &in)) {
            if (f.id == 5 && in.id == 1) {
                e->logical_scale = hone_thrift_i32(t, &in);
            } else if ((f.id == 7 || f.id == 8) && in.id == 1) {
                e->utc = hone_thrift_bool(t, &in);
            } else if ((f.id == 7 || f.id == 8) && in.id == 2) {
                if (hone_thrift_struct(t, &in)) {
                    read_unit(t, e);
                }
            } else if (f.id == 10 && in.id == 1) {
                e->logical_bits = hone_thrift_i32(t, &in);
            } else if (f.id == 10 && in.id == 2) {
                e->is_signed = hone_thrift_bool(t, &in);
            } else {
                hone_thrift_skip(t, in.type);
            }
        }
    }
}

static void read_element(struct hone_thrift *t, struct element *e)
{
    struct hone_thrift_field f = {0};
    int64_t *const field[] = {
        [1] = &e->type,      [2] = &e->length, [3] = &e->repeat,    [5] = &e->children,
        [6] = &e->converted, [7] = &e->scale,  [8] = &e->precision, [10] = NULL};

    *e = (struct element){.type = -1,
                          .length = -1,
                          .repeat = -1,
                          .children = -1,
                          .converted = -1,
                          .scale = -1,
                          .precision = -1};
    while (hone_thrift_next(t, &f)) {
        if (f.id == 4) {
            e->name = hone_thrift_binary(t, &f);
        } else if (f.id == 10) {
            if (hone_thrift_struct(t, &f)) {
                read_logical(t, e);
            }
        } else if (f.id >= 1 && f.id <= 8 && field[f.id] != NULL) {
            *field[f.id] = hone_thrift_i32(t, &f);
        } else {
            hone_thrift_skip(t, f.type);
        }
    }
}

/* What a logical type says.  Geometry, geography, bson and variant are bytes. */
static void set_logical(struct hone_pq_node *n, const struct element *e)
{
    static const enum hone_pq_kind kinds[] = {
        [1] = HONE_PQ_STRING,   [2] = HONE_PQ_MAP,       [3] = HONE_PQ_LIST,
        [4] = HONE_PQ_STRING,   [5] = HONE_PQ_DECIMAL,   [6] = HONE_PQ_DATE,
        [7] = HONE_PQ_TIME,     [8] = HONE_PQ_TIMESTAMP, [10] = HONE_PQ_INTEGER,
        [11] = HONE_PQ_NOTHING, [12] = HONE_PQ_JSON,     [14] = HONE_PQ_UUID,
        [15] = HONE_PQ_FLOAT16, [18] = HONE_PQ_BARE,
    };

    n->kind = e->logical <= 18 ? kinds[e->logical] : HONE_PQ_BARE;
    n->digits = e->digits;
    n->utc = e->utc;
    n->scale = (int)e->logical_scale;
    n->bits = (int)e->logical_bits;
    n->is_signed = e->is_signed;
}

static void set_converted(struct hone_pq_node *n, const struct element *e)
{
    static const enum hone_pq_kind kinds[] = {
        HONE_PQ_STRING,  HONE_PQ_MAP,       HONE_PQ_MAP,       HONE_PQ_LIST,
        HONE_PQ_STRING,  HONE_PQ_DECIMAL,   HONE_PQ_DATE,      HONE_PQ_TIME,
        HONE_PQ_TIME,    HONE_PQ_TIMESTAMP, HONE_PQ_TIMESTAMP, HONE_PQ_INTEGER,
        HONE_PQ_INTEGER, HONE_PQ_INTEGER,   HONE_PQ_INTEGER,   HONE_PQ_INTEGER,
        HONE_PQ_INTEGER, HONE_PQ_INTEGER,   HONE_PQ_INTEGER,   HONE_PQ_JSON,
        HONE_PQ_BARE,    HONE_PQ_INTERVAL,
    };
    int64_t c = e->converted;

    if (c < 0 || c > 21) {
        return;
    }
    n->kind = kinds[c];
    n->scale = e->scale < 0 ? 0 : (int)e->scale;
    n->digits = c == 7 || c == 9 ? 3 : 6;
    n->utc = true;
    if (c >= 11 && c <= 18) {
        n->bits = 8 << ((c - 11) & 3);
        n->is_signed = c >= 15;
    }
}

/* Whether the physical type can hold what the annotation says. */
static bool is_sound(const struct hone_pq_node *n)
{
    bool whole = n->physical == HONE_PQ_INT32 || n->physical == HONE_PQ_INT64;
    bool bytes = n->physical == HONE_PQ_BYTES || n->physical == HONE_PQ_FIXED;
    size_t fixed = n->physical == HONE_PQ_FIXED ? n->length : 0;

    switch (n->kind) {
    case HONE_PQ_STRING:
    case HONE_PQ_JSON:
        return bytes;
    case HONE_PQ_DECIMAL:
        return (whole || bytes) && n->scale >= 0 && n->scale <= HONE_PQ_DECIMAL_MOST * 3 &&
               (n->physical != HONE_PQ_FIXED || n->length <= HONE_PQ_DECIMAL_MOST);
    case HONE_PQ_DATE:
        return n->physical == HONE_PQ_INT32;
    case HONE_PQ_TIME:
        return n->digits != 0 &&
               n->physical == (n->digits == 3 ? HONE_PQ_INT32 : HONE_PQ_INT64);
    case HONE_PQ_TIMESTAMP:
        return n->digits != 0 && n->physical == HONE_PQ_INT64;
    case HONE_PQ_INTEGER:
        return whole && (n->bits == 8 || n->bits == 16 || n->bits == 32 || n->bits == 64) &&
               (n->bits < 64 || n->physical == HONE_PQ_INT64);
    case HONE_PQ_UUID:
        return fixed == 16;
    case HONE_PQ_FLOAT16:
        return fixed == 2;
    case HONE_PQ_INTERVAL:
        return fixed == 12;
    case HONE_PQ_LIST:
    case HONE_PQ_MAP:
        return n->physical == HONE_PQ_GROUP;
    default:
        return true;
    }
}

/* A long name of a group stands before each of its children's. */
#define NAMES_MOST ((size_t)64 << 20)

/* The walk over the schema. */
struct tree {
    struct hone_pq_file *file;
    const struct element *element;
    struct hone_arena *mem;
    size_t n, at;
    size_t names; /* bytes of all paths */
};

static enum hone_code bad_element(struct hone_run *run, const struct tree *t, const char *why)
{
    const struct hone_str name = t->element[t->at].name;
    return hone_fail(run, HONE_E_FORMAT, "%.200s: schema element %zu, '%.*s': %s",
                     t->file->path, t->at + 1, (int)(name.len < 100 ? name.len : 100), name.ptr,
                     why);
}

/* What the element says about the values themselves. */
static enum hone_code set_physical(struct hone_run *run, const struct tree *t,
                                   struct hone_pq_node *n)
{
    const struct element *e = &t->element[t->at];

    n->children = e->children > 0 ? (size_t)e->children : 0;
    n->physical = HONE_PQ_GROUP;
    if (e->type >= 0) {
        if (e->type > HONE_PQ_FIXED || n->children > 0) {
            return bad_element(run, t, "its type is not known");
        }
        n->physical = (enum hone_pq_physical)e->type;
    }
    if (n->physical == HONE_PQ_FIXED) {
        if (e->length < 1 || e->length > HONE_PQ_FIXED_MOST) {
            return bad_element(run, t, "the length of its values is missing or absurd");
        }
        n->length = (size_t)e->length;
    }
    return HONE_OK;
}

/* One node from its element; the levels come from its parent. */
static enum hone_code set_node(struct hone_run *run, struct tree *t,
                               const struct hone_pq_node *parent)
{
    const struct element *e = &t->element[t->at];
    struct hone_pq_node *n = &t->file->node[t->at];
    bool root = parent == NULL;

    *n = (struct hone_pq_node){.leaf = SIZE_MAX, .next = t->at + 1};
    n->name = hone_arena_text(t->mem, e->name.ptr, e->name.len);
    if (strlen(n->name) != e->name.len || hone_utf8_valid(e->name) != e->name.len) {
        return bad_element(run, t, "a name must be UTF-8 text");
    }
    n->path = root || parent == t->file->node
                  ? n->name
                  : hone_arena_format(t->mem, "%s.%s", parent->path, n->name);
    t->names += strlen(n->path);
    if (t->names > NAMES_MOST) {
        return hone_fail(run, HONE_E_LIMIT, "%.200s: the names of the schema are too long",
                         t->file->path);
    }
    if (!root && e->repeat == 3) {
        (void)hone_fail(run, HONE_E_UNSUPPORTED,
                        "%.200s: column %.100s is a VECTOR, which is not read", t->file->path,
                        n->path);
        return hone_hint(run, "write it as a list");
    }
    if (!root && (e->repeat < 0 || e->repeat > 2)) {
        return bad_element(run, t, "it is neither required, optional nor repeated");
    }
    n->repeat = root ? HONE_PQ_REQUIRED : (enum hone_pq_repeat)e->repeat;
    n->def = (uint8_t)((root ? 0 : parent->def) + (n->repeat != HONE_PQ_REQUIRED));
    n->rep = (uint8_t)((root ? 0 : parent->rep) + (n->repeat == HONE_PQ_REPEATED));
    HONE_TRY(set_physical(run, t, n));
    if (e->logical != 0) {
        set_logical(n, e);
    } else {
        set_converted(n, e);
    }
    if (!is_sound(n)) {
        return bad_element(run, t, "its logical type does not fit its physical type");
    }
    return HONE_OK;
}

/* The subtree at t->at, which is then behind it. */
static enum hone_code grow(struct hone_run *run, struct tree *t,
                           const struct hone_pq_node *parent, unsigned depth)
{
    struct hone_pq_node *n = &t->file->node[t->at];

    if (depth > HONE_PQ_LEVELS_MOST) {
        return bad_element(run, t, "the schema is nested too deeply");
    }
    HONE_TRY(set_node(run, t, parent));
    t->at++;
    if (n->physical != HONE_PQ_GROUP) {
        n->leaf = t->file->leaves;
        t->file->leaf[t->file->leaves++] = t->at - 1;
        return HONE_OK;
    }
    for (size_t i = 0; i < n->children; i++) {
        if (t->at == t->n) {
            return hone_fail(run, HONE_E_FORMAT,
                             "%.200s: the schema ends before the children of '%.100s'",
                             t->file->path, n->name);
        }
        HONE_TRY(grow(run, t, n, depth + 1));
    }
    n->next = t->at;
    return HONE_OK;
}

static enum hone_code bad_footer(struct hone_run *run, const struct hone_pq_file *file,
                                 const struct hone_thrift *t)
{
    return hone_fail(run, HONE_E_FORMAT, "%.200s: the footer is damaged at byte %zu: %s",
                     file->path, file->end + (size_t)(t->at - t->start),
                     t->bad == NULL ? "it does not end" : t->bad);
}

static enum hone_code read_schema(struct hone_run *run, struct hone_thrift *t,
                                  const struct hone_thrift_field *f, struct hone_arena *mem,
                                  struct hone_pq_file *file)
{
    struct tree tree = {.file = file, .mem = mem};
    struct hone_thrift_field one = hone_thrift_element(HONE_THRIFT_STRUCT);
    struct element *element;
    HONE_SCRATCH(run);

    tree.n = hone_thrift_list(t, f, HONE_THRIFT_STRUCT);
    if (t->bad != NULL) {
        return bad_footer(run, file, t);
    }
    if (tree.n == 0 || file->nodes != 0) {
        return hone_fail(run, HONE_E_FORMAT, "%.200s: the schema is %s", file->path,
                         tree.n == 0 ? "empty" : "there twice");
    }
    if (tree.n > HONE_PQ_NODES_MOST) {
        return hone_fail(run, HONE_E_LIMIT, "%.200s: the schema has %zu elements, at most %d",
                         file->path, tree.n, HONE_PQ_NODES_MOST);
    }
    HONE_TRY(hone_array(run, &run->scratch, &element, tree.n));
    for (size_t i = 0; i < tree.n; i++) {
        if (hone_thrift_struct(t, &one)) {
            read_element(t, &element[i]);
        }
        if (t->bad != NULL) {
            return bad_footer(run, file, t);
        }
    }
    tree.element = element;
    HONE_TRY(hone_array(run, mem, &file->node, tree.n));
    HONE_TRY(hone_array(run, mem, &file->leaf, tree.n));
    file->nodes = tree.n;
    HONE_TRY(grow(run, &tree, NULL, 0));
    if (tree.at != tree.n) {
        return hone_fail(run, HONE_E_FORMAT,
                         "%.200s: the schema has %zu elements that belong to no group",
                         file->path, tree.n - tree.at);
    }
    if (file->leaves == 0 || file->node[0].leaf != SIZE_MAX) {
        return hone_fail(run, HONE_E_FORMAT, "%.200s has no columns", file->path);
    }
    HONE_TRY(hone_array(run, mem, &file->ordered, file->leaves));
    return HONE_OK;
}

static void read_stats(struct hone_thrift *t, const struct hone_pq_node *node, bool ordered,
                       struct hone_pq_stats *out)
{
    struct hone_thrift_field f = {0};
    struct hone_str old[2] = {{0}};
    struct hone_str bound[2] = {{0}};
    /* The old fields were compared as signed numbers, also where that is wrong. */
    bool trust_old = node->physical <= HONE_PQ_DOUBLE && node->physical != HONE_PQ_INT96 &&
                     (node->kind != HONE_PQ_INTEGER || node->is_signed);

    while (hone_thrift_next(t, &f)) {
        if (f.id == 1 || f.id == 2) {
            old[2 - f.id] = hone_thrift_binary(t, &f);
        } else if (f.id == 5 || f.id == 6) {
            bound[6 - f.id] = hone_thrift_binary(t, &f);
        } else if (f.id == 3) {
            out->nulls = hone_thrift_i64(t, &f);
        } else {
            hone_thrift_skip(t, f.type);
        }
    }
    out->low = ordered && bound[0].ptr != NULL ? bound[0] : trust_old ? old[0] : out->low;
    out->high = ordered && bound[1].ptr != NULL ? bound[1] : trust_old ? old[1] : out->high;
}

/* Offsets and sizes as they are told, before they are looked at. */
struct place {
    int64_t type, codec, values, packed, data, dictionary;
    int64_t index_at[2], index_len[2]; /* offset index, column index */
    bool other_file, encrypted, there;
};

static void read_chunk_meta(struct hone_thrift *t, const struct hone_pq_node *node,
                            bool ordered, struct place *p, struct hone_pq_chunk *out)
{
    struct hone_thrift_field f = {0};

    while (hone_thrift_next(t, &f)) {
        switch (f.id) {
        case 1:
            p->type = hone_thrift_i32(t, &f);
            break;
        case 4:
            p->codec = hone_thrift_i32(t, &f);
            break;
        case 5:
            p->values = hone_thrift_i64(t, &f);
            break;
        case 7:
            p->packed = hone_thrift_i64(t, &f);
            break;
        case 9:
            p->data = hone_thrift_i64(t, &f);
            break;
        case 11:
            p->dictionary = hone_thrift_i64(t, &f);
            break;
        case 12:
            if (hone_thrift_struct(t, &f)) {
                read_stats(t, node, ordered, &out->stats);
            }
            break;
        default:
            hone_thrift_skip(t, f.type);
        }
    }
}

static void read_chunk(struct hone_thrift *t, const struct hone_pq_node *node, bool ordered,
                       struct place *p, struct hone_pq_chunk *out)
{
    struct hone_thrift_field f = {0};

    *p = (struct place){.type = -1, .codec = -1, .values = -1, .packed = -1, .data = -1};
    out->stats.nulls = -1;
    while (hone_thrift_next(t, &f)) {
        switch (f.id) {
        case 1:
            p->other_file = hone_thrift_binary(t, &f).len > 0;
            break;
        case 3:
            p->there = true;
            if (hone_thrift_struct(t, &f)) {
                read_chunk_meta(t, node, ordered, p, out);
            }
            break;
        case 4:
        case 6:
            p->index_at[f.id / 2 - 2] = hone_thrift_i64(t, &f);
            break;
        case 5:
        case 7:
            p->index_len[f.id / 2 - 2] = hone_thrift_i32(t, &f);
            break;
        case 8:
        case 9:
            p->encrypted = true;
            hone_thrift_skip(t, f.type);
            break;
        default:
            hone_thrift_skip(t, f.type);
        }
    }
}

/* Whether a chunk is one that can be read. */
static enum hone_code check_kind(struct hone_run *run, const struct hone_pq_file *file,
                                 size_t group, size_t leaf, const struct place *p)
{
    const struct hone_pq_node *node = &file->node[file->leaf[leaf]];

#define BAD(code, ...) hone_pq_fail(run, file, group, leaf, code, __VA_ARGS__)
    if (p->encrypted) {
        (void)BAD(HONE_E_UNSUPPORTED, "it is encrypted");
        return hone_hint(run, "decrypt the file first; hone has no keys");
    }
    if (p->other_file) {
        return BAD(HONE_E_UNSUPPORTED, "it lies in another file");
    }
    if (!p->there || p->data < 0 || p->packed < 0 || p->values < 0 || p->codec < 0) {
        return BAD(HONE_E_FORMAT, "its description lacks what is required");
    }
    if (p->type != (int64_t)node->physical) {
        return BAD(HONE_E_FORMAT, "its type differs from the schema's");
    }
    if (p->codec >= HONE_CODEC_COUNT || p->codec == HONE_CODEC_LZO) {
        (void)BAD(HONE_E_UNSUPPORTED, "it is packed with %s (codec %lld)",
                  hone_codec_name((enum hone_codec)p->codec), (long long)p->codec);
        return hone_hint(run, "none, snappy, gzip, brotli, lz4 and zstd are read");
    }
#undef BAD
    return HONE_OK;
}

/* Hold the offsets of a chunk against the file.  An index that cannot be where it is said is left out. */
static enum hone_code check_chunk(struct hone_run *run, const struct hone_pq_file *file,
                                  size_t group, size_t leaf, const struct place *p)
{
    const struct hone_pq_group *g = &file->group[group];
    struct hone_pq_chunk *out = &g->chunk[leaf];
    const struct hone_pq_node *node = &file->node[file->leaf[leaf]];
    int64_t at = p->dictionary > 0 && p->dictionary < p->data ? p->dictionary : p->data;
    int64_t end = (int64_t)file->end;

    HONE_TRY(check_kind(run, file, group, leaf, p));
    if (at < 4 || at > end || p->packed > end - at) {
        return hone_pq_fail(run, file, group, leaf, HONE_E_FORMAT,
                            "its %lld bytes at %lld are not within the file's %zu",
                            (long long)p->packed, (long long)at, file->bytes.len);
    }
    if (node->rep == 0 && (uint64_t)p->values != g->rows) {
        return hone_pq_fail(run, file, group, leaf, HONE_E_FORMAT,
                            "it has %lld values, the row group %zu rows", (long long)p->values,
                            g->rows);
    }
    out->codec = (enum hone_codec)p->codec;
    out->values = (size_t)p->values;
    out->at = (size_t)at;
    out->len = (size_t)p->packed;
    for (size_t i = 0; i < 2; i++) {
        bool fits = p->index_at[i] > 0 && p->index_len[i] > 0 && p->index_at[i] <= end &&
                    p->index_len[i] <= end - p->index_at[i];
        *(i == 0 ? &out->offsets_at : &out->columns_at) = fits ? (size_t)p->index_at[i] : 0;
        *(i == 0 ? &out->offsets_len : &out->columns_len) = fits ? (size_t)p->index_len[i] : 0;
    }
    return HONE_OK;
}

static enum hone_code read_group(struct hone_run *run, struct hone_thrift *t, size_t number,
                                 struct hone_arena *mem, struct hone_pq_file *file)
{
    struct hone_pq_group *g = &file->group[number];
    struct hone_thrift_field f = {0};
    struct hone_thrift_field one = hone_thrift_element(HONE_THRIFT_STRUCT);
    struct place *place = NULL;
    int64_t rows = -1;
    HONE_SCRATCH(run);

    while (hone_thrift_next(t, &f)) {
        if (f.id == 3) {
            rows = hone_thrift_i64(t, &f);
        } else if (f.id == 1 && place == NULL) {
            size_t n = hone_thrift_list(t, &f, HONE_THRIFT_STRUCT);
            if (t->bad == NULL && n != file->leaves) {
                return hone_fail(run, HONE_E_FORMAT,
                                 "%.200s, row group %zu: it has %zu columns, the schema %zu",
                                 file->path, number + 1, n, file->leaves);
            }
            HONE_TRY(hone_array(run, mem, &g->chunk, file->leaves));
            HONE_TRY(hone_array(run, &run->scratch, &place, file->leaves));
            for (size_t i = 0; i < n && t->bad == NULL; i++) {
                if (hone_thrift_struct(t, &one)) {
                    read_chunk(t, &file->node[file->leaf[i]], file->ordered[i], &place[i],
                               &g->chunk[i]);
                }
            }
        } else {
            hone_thrift_skip(t, f.type);
        }
    }
    if (t->bad != NULL) {
        return bad_footer(run, file, t);
    }
    if (rows < 0 || place == NULL) {
        return hone_fail(run, HONE_E_FORMAT, "%.200s, row group %zu: it has no %s", file->path,
                         number + 1, place == NULL ? "columns" : "number of rows");
    }
    g->rows = (size_t)rows;
    for (size_t i = 0; i < file->leaves; i++) {
        HONE_TRY(check_chunk(run, file, number, i, &place[i]));
    }
    return HONE_OK;
}

static enum hone_code read_groups(struct hone_run *run, struct hone_thrift *t,
                                  const struct hone_thrift_field *f, struct hone_arena *mem,
                                  struct hone_pq_file *file)
{
    struct hone_thrift_field one = hone_thrift_element(HONE_THRIFT_STRUCT);
    size_t n = hone_thrift_list(t, f, HONE_THRIFT_STRUCT);

    if (t->bad != NULL) {
        return bad_footer(run, file, t);
    }
    HONE_TRY(hone_array(run, mem, &file->group, n));
    file->groups = n;
    for (size_t i = 0; i < n; i++) {
        if (!hone_thrift_struct(t, &one)) {
            return bad_footer(run, file, t);
        }
        HONE_TRY(read_group(run, t, i, mem, file));
        if (__builtin_add_overflow(file->rows, file->group[i].rows, &file->rows)) {
            return hone_fail(run, HONE_E_FORMAT, "%.200s: its rows are beyond counting",
                             file->path);
        }
    }
    return HONE_OK;
}

static void read_orders(struct hone_thrift *t, const struct hone_thrift_field *f,
                        struct hone_pq_file *file)
{
    struct hone_thrift_field one = hone_thrift_element(HONE_THRIFT_STRUCT);
    size_t n = hone_thrift_list(t, f, HONE_THRIFT_STRUCT);

    for (size_t i = 0; i < n && t->bad == NULL; i++) {
        struct hone_thrift_field in = {0};
        if (!hone_thrift_struct(t, &one)) {
            return;
        }
        while (hone_thrift_next(t, &in)) {
            if (i < file->leaves) {
                file->ordered[i] = in.id == 1;
            }
            hone_thrift_skip(t, in.type);
        }
    }
}

/* The footer is walked twice: what row groups mean depends on schema and orders, which may stand behind
 * them. */
static enum hone_code read_footer(struct hone_run *run, struct hone_str footer,
                                  struct hone_arena *mem, struct hone_pq_file *file)
{
    int64_t rows = -1;
    bool groups = false;

    for (int round = 0; round < 2; round++) {
        struct hone_thrift t = hone_thrift_of(footer);
        struct hone_thrift_field f = {0};
        hone_thrift_enter(&t);
        while (hone_thrift_next(&t, &f)) {
            if (round == 0 && f.id == 2) {
                HONE_TRY(read_schema(run, &t, &f, mem, file));
            } else if (round == 0 && f.id == 8) {
                (void)hone_fail(run, HONE_E_UNSUPPORTED, "%.200s is encrypted", file->path);
                return hone_hint(run, "decrypt it first; hone has no keys");
            } else if (round == 1 && f.id == 3) {
                rows = hone_thrift_i64(&t, &f);
            } else if (round == 1 && f.id == 4 && !groups) {
                groups = true;
                HONE_TRY(read_groups(run, &t, &f, mem, file));
            } else if (round == 0 && f.id == 7 && file->nodes > 0) {
                read_orders(&t, &f, file);
            } else {
                hone_thrift_skip(&t, f.type);
            }
        }
        if (t.bad != NULL) {
            return bad_footer(run, file, &t);
        }
        if (file->nodes == 0) {
            return hone_fail(run, HONE_E_FORMAT, "%.200s: the footer has no schema",
                             file->path);
        }
    }
    if (rows < 0 || (uint64_t)rows != file->rows || !groups) {
        return hone_fail(run, HONE_E_FORMAT,
                         "%.200s: the footer says %lld rows, its row groups have %zu",
                         file->path, (long long)rows, file->rows);
    }
    return HONE_OK;
}

enum hone_code hone_pq_open(struct hone_run *run, const char *path, struct hone_str bytes,
                            struct hone_arena *mem, struct hone_pq_file *out)
{
    struct hone_pq_file file = {.path = path, .bytes = bytes};
    const char *tail;
    const unsigned char *u;
    size_t len;

    if (bytes.len < 12) {
        return hone_fail(run, HONE_E_FORMAT,
                         "%.200s is no Parquet file: it has %zu bytes, at least 12 are needed",
                         path, bytes.len);
    }
    tail = bytes.ptr + bytes.len - 4;
    u = (const unsigned char *)tail - 4;
    if (memcmp(tail, "PARE", 4) == 0) {
        (void)hone_fail(run, HONE_E_UNSUPPORTED, "%.200s is encrypted", path);
        return hone_hint(run, "decrypt it first; hone has no keys");
    }
    if (memcmp(bytes.ptr, "PAR1", 4) != 0) {
        return hone_fail(run, HONE_E_FORMAT,
                         "%.200s is no Parquet file: it does not begin with PAR1", path);
    }
    if (memcmp(tail, "PAR1", 4) != 0) {
        (void)hone_fail(run, HONE_E_FORMAT,
                        "%.200s: a Parquet file must end with PAR1, this one is cut short",
                        path);
        return hone_hint(
            run, "fetch or write it again: its end, which says where all is, is missing");
    }
    len = (size_t)u[3] << 24 | (size_t)u[2] << 16 | (size_t)u[1] << 8 | u[0];
    if (len > bytes.len - 12) {
        return hone_fail(run, HONE_E_FORMAT,
                         "%.200s: its footer of %zu bytes is longer than the file of %zu", path,
                         len, bytes.len);
    }
    file.end = bytes.len - 8 - len;
    HONE_TRY(read_footer(run, (struct hone_str){bytes.ptr + file.end, len}, mem, &file));
    *out = file;
    return HONE_OK;
}
