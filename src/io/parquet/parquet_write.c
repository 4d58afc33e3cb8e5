/* The Parquet writer: column chunks encoded in parallel, written in order, then indexes and footer. */
#include "base/file.h"
#include "base/pool.h"
#include "io/parquet/parquet_priv.h"

enum {
    GROUP_ROWS = 131072, /* a multiple of 64; enough groups for many readers at once */
    TASKS = 32,          /* chunks encoded between two writes, at least */
};

struct writer {
    const struct hone_table *t;
    enum hone_codec codec;
    int level;
    size_t group_rows, groups;
    struct hone_pq_out_chunk *chunk; /* (groups, cols) */
    struct hone_out out;
    size_t at;    /* bytes written */
    size_t first; /* group of the batch at hand */
};

static void writer_free(struct writer *w)
{
    for (size_t i = 0; w->chunk != NULL && i < w->groups * w->t->cols; i++) {
        hone_arena_free(&w->chunk[i].mem);
        hone_arena_free(&w->chunk[i].kept);
    }
    hone_out_close(&w->out);
}

static size_t group_end(const struct writer *w, size_t group)
{
    size_t end = (group + 1) * w->group_rows;
    return end < w->t->rows ? end : w->t->rows;
}

static enum hone_code encode_one(struct hone_run *run, void *ctx, size_t task)
{
    struct writer *w = ctx;
    size_t group = w->first + task / w->t->cols;
    size_t col = task % w->t->cols;

    return hone_pq_encode(run, &w->t->column[col], group * w->group_rows, group_end(w, group),
                          w->codec, w->level, &w->chunk[group * w->t->cols + col]);
}

static enum hone_code put(struct hone_run *run, struct writer *w, const void *bytes, size_t len)
{
    w->at += len;
    return hone_out_write(run, &w->out, bytes, len);
}

/* Some row groups at a time: enough chunks to keep every thread busy, few enough to hold. */
static enum hone_code write_groups(struct hone_run *run, struct writer *w)
{
    size_t batch = TASKS / w->t->cols + 1;

    for (; w->first < w->groups; w->first += batch) {
        size_t groups = w->groups - w->first < batch ? w->groups - w->first : batch;
        HONE_TRY(hone_parallel_try(run, groups * w->t->cols, encode_one, w));
        for (size_t i = 0; i < groups * w->t->cols; i++) {
            struct hone_pq_out_chunk *chunk = &w->chunk[w->first * w->t->cols + i];
            chunk->at = w->at;
            HONE_TRY(put(run, w, chunk->bytes.ptr, chunk->bytes.len));
            hone_arena_free(&chunk->mem);
        }
    }
    return HONE_OK;
}

/* How the bounds of pages follow each other: 1 rising, 2 falling, 0 neither. */
static int32_t order_of(const struct hone_column *c, const struct hone_pq_out_chunk *chunk)
{
    const struct hone_pq_bounds *before = NULL;
    bool rising = true;
    bool falling = true;

    for (size_t i = 0; i < chunk->pages; i++) {
        const struct hone_pq_bounds *b = &chunk->page[i].bounds;
        if (b->there == 0) {
            continue;
        }
        if (before != NULL) {
            int low = hone_pq_bound_order(c, before, b, false);
            int high = hone_pq_bound_order(c, before, b, true);
            rising = rising && low <= 0 && high <= 0;
            falling = falling && low >= 0 && high >= 0;
        }
        before = b;
    }
    return rising ? 1 : falling ? 2 : 0;
}

/* A column index cannot say that a page has nothing but NaN. */
static bool has_column_index(const struct hone_column *c, const struct hone_pq_out_chunk *chunk)
{
    for (size_t i = 0; i < chunk->pages; i++) {
        if (chunk->page[i].bounds.there == 0 && chunk->page[i].bounds.nans > 0) {
            return false;
        }
    }
    return c->type != HONE_VECTOR;
}

static void put_column_index(struct hone_buf *buf, const struct hone_column *c,
                             const struct hone_pq_out_chunk *chunk)
{
    bool real = c->type == HONE_FLOAT32 || c->type == HONE_FLOAT64;
    int last = 0;

    hone_thrift_put_list(buf, &last, 1, HONE_THRIFT_TRUE, chunk->pages);
    for (size_t i = 0; i < chunk->pages; i++) {
        bool none = chunk->page[i].bounds.there == 0;
        hone_buf_char(buf, none ? HONE_THRIFT_TRUE : HONE_THRIFT_FALSE);
    }
    for (int high = 0; high < 2; high++) {
        hone_thrift_put_list(buf, &last, 2 + high, HONE_THRIFT_BINARY, chunk->pages);
        for (size_t i = 0; i < chunk->pages; i++) {
            struct hone_buf bound = hone_buf(buf->mem);
            bool exact;
            (void)hone_pq_bound_bytes(c, &chunk->page[i].bounds, high == 1, &bound, &exact);
            hone_thrift_put_bytes(buf, (struct hone_str){bound.ptr, bound.len});
        }
    }
    hone_thrift_put_i32(buf, &last, 4, order_of(c, chunk));
    hone_thrift_put_list(buf, &last, 5, HONE_THRIFT_I64, chunk->pages);
    for (size_t i = 0; i < chunk->pages; i++) {
        hone_thrift_put_zigzag(buf, (int64_t)chunk->page[i].bounds.nulls);
    }
    if (real) {
        hone_thrift_put_list(buf, &last, 8, HONE_THRIFT_I64, chunk->pages);
        for (size_t i = 0; i < chunk->pages; i++) {
            hone_thrift_put_zigzag(buf, (int64_t)chunk->page[i].bounds.nans);
        }
    }
    hone_thrift_put_stop(buf);
}

static void put_offset_index(struct hone_buf *buf, const struct hone_pq_out_chunk *chunk)
{
    int last = 0;

    hone_thrift_put_list(buf, &last, 1, HONE_THRIFT_STRUCT, chunk->pages);
    for (size_t i = 0; i < chunk->pages; i++) {
        int in = 0;
        hone_thrift_put_i64(buf, &in, 1, (int64_t)(chunk->at + chunk->page[i].at));
        hone_thrift_put_i32(buf, &in, 2, (int32_t)chunk->page[i].len);
        hone_thrift_put_i64(buf, &in, 3, (int64_t)chunk->page[i].row);
        hone_thrift_put_stop(buf);
    }
    hone_thrift_put_stop(buf);
}

/* Column indexes of all chunks, then their offset indexes. */
static enum hone_code write_indexes(struct hone_run *run, struct writer *w)
{
    struct hone_buf buf;
    HONE_ARENA(work);

    for (int kind = 0; kind < 2; kind++) {
        for (size_t i = 0; i < w->groups * w->t->cols; i++) {
            struct hone_pq_out_chunk *chunk = &w->chunk[i];
            const struct hone_column *c = &w->t->column[i % w->t->cols];
            hone_arena_free(&work);
            buf = hone_buf(&work);
            if (kind == 0 && has_column_index(c, chunk)) {
                put_column_index(&buf, c, chunk);
                chunk->columns_at = w->at;
                chunk->columns_len = buf.len;
            } else if (kind == 1) {
                put_offset_index(&buf, chunk);
                chunk->offsets_at = w->at;
                chunk->offsets_len = buf.len;
            }
            HONE_TRY(put(run, w, buf.ptr, buf.len));
        }
    }
    return HONE_OK;
}

static enum hone_pq_physical physical_of(enum hone_type type)
{
    switch (type) {
    case HONE_BOOL:
        return HONE_PQ_BOOLEAN;
    case HONE_DATE:
        return HONE_PQ_INT32;
    case HONE_INT64:
    case HONE_TIMESTAMP:
        return HONE_PQ_INT64;
    case HONE_FLOAT32:
    case HONE_VECTOR:
        return HONE_PQ_FLOAT;
    case HONE_FLOAT64:
        return HONE_PQ_DOUBLE;
    default:
        return HONE_PQ_BYTES;
    }
}

/* A member of the union LogicalType without settings. */
static void put_logical(struct hone_buf *buf, int *last, int member)
{
    int in = 0;

    hone_thrift_put_field(buf, last, 10, HONE_THRIFT_STRUCT);
    hone_thrift_put_field(buf, &in, member, HONE_THRIFT_STRUCT);
    hone_thrift_put_stop(buf);
    hone_thrift_put_stop(buf);
}

/* TIMESTAMP(isAdjustedToUTC = true, unit = MICROS) */
static void put_timestamp(struct hone_buf *buf, int *last)
{
    int in = 0;
    int member = 0;
    int unit = 0;

    hone_thrift_put_field(buf, last, 10, HONE_THRIFT_STRUCT);
    hone_thrift_put_field(buf, &in, 8, HONE_THRIFT_STRUCT);
    hone_thrift_put_bool(buf, &member, 1, true);
    hone_thrift_put_field(buf, &member, 2, HONE_THRIFT_STRUCT);
    hone_thrift_put_field(buf, &unit, 2, HONE_THRIFT_STRUCT);
    for (int i = 0; i < 4; i++) { /* micros, unit, timestamp, logical type */
        hone_thrift_put_stop(buf);
    }
}

enum { CONVERTED_UTF8 = 0, CONVERTED_LIST = 3, CONVERTED_DATE = 6, CONVERTED_MICROS = 10 };

/* One schema element: a leaf of a type, or a group of children. */
static void put_element(struct hone_buf *buf, const char *name, int repeat, int children,
                        const struct hone_column *c)
{
    int last = 0;

    if (c != NULL && children == 0) {
        hone_thrift_put_i32(buf, &last, 1, (int32_t)physical_of(c->type));
    }
    if (repeat >= 0) {
        hone_thrift_put_i32(buf, &last, 3, repeat);
    }
    hone_thrift_put_binary(buf, &last, 4, hone_str(name));
    if (children > 0) {
        hone_thrift_put_i32(buf, &last, 5, children);
    }
    if (c != NULL && c->type == HONE_VECTOR && children > 0) {
        hone_thrift_put_i32(buf, &last, 6, CONVERTED_LIST);
        put_logical(buf, &last, 3);
    } else if (c != NULL && hone_type_is_text(c->type)) {
        hone_thrift_put_i32(buf, &last, 6, CONVERTED_UTF8);
        put_logical(buf, &last, 1);
    } else if (c != NULL && c->type == HONE_DATE) {
        hone_thrift_put_i32(buf, &last, 6, CONVERTED_DATE);
        put_logical(buf, &last, 6);
    } else if (c != NULL && c->type == HONE_TIMESTAMP) {
        hone_thrift_put_i32(buf, &last, 6, CONVERTED_MICROS);
        put_timestamp(buf, &last);
    }
    hone_thrift_put_stop(buf);
}

static void put_schema(struct hone_buf *buf, int *last, const struct hone_table *t)
{
    size_t n = 1 + t->cols;

    for (size_t i = 0; i < t->cols; i++) {
        n += t->column[i].type == HONE_VECTOR ? 2 : 0;
    }
    hone_thrift_put_list(buf, last, 2, HONE_THRIFT_STRUCT, n);
    put_element(buf, "schema", -1, (int)t->cols, NULL);
    for (size_t i = 0; i < t->cols; i++) {
        const struct hone_column *c = &t->column[i];
        bool vector = c->type == HONE_VECTOR;
        put_element(buf, c->name, HONE_PQ_OPTIONAL, vector ? 1 : 0, c);
        if (vector) {
            put_element(buf, "list", HONE_PQ_REPEATED, 1, NULL);
            put_element(buf, "element", HONE_PQ_REQUIRED, 0, c);
        }
    }
}

static void put_stats(struct hone_buf *buf, const struct hone_column *c,
                      const struct hone_pq_bounds *b)
{
    struct hone_buf low = hone_buf(buf->mem);
    struct hone_buf high = hone_buf(buf->mem);
    bool low_exact = true;
    bool high_exact = true;
    bool there = hone_pq_bound_bytes(c, b, false, &low, &low_exact);
    int last = 0;

    there = hone_pq_bound_bytes(c, b, true, &high, &high_exact) && there;
    hone_thrift_put_i64(buf, &last, 3, (int64_t)b->nulls);
    if (there) {
        hone_thrift_put_binary(buf, &last, 5, (struct hone_str){high.ptr, high.len});
        hone_thrift_put_binary(buf, &last, 6, (struct hone_str){low.ptr, low.len});
        hone_thrift_put_bool(buf, &last, 7, high_exact);
        hone_thrift_put_bool(buf, &last, 8, low_exact);
    }
    if (c->type == HONE_FLOAT32 || c->type == HONE_FLOAT64) {
        hone_thrift_put_i64(buf, &last, 9, (int64_t)b->nans);
    }
    hone_thrift_put_stop(buf);
}

static void put_chunk_meta(struct hone_buf *buf, const struct writer *w,
                           const struct hone_column *c, const struct hone_pq_out_chunk *chunk)
{
    bool vector = c->type == HONE_VECTOR;
    size_t len = chunk->bytes.len;
    int last = 0;

    hone_thrift_put_i32(buf, &last, 1, (int32_t)physical_of(c->type));
    hone_thrift_put_list(buf, &last, 2, HONE_THRIFT_I32, chunk->coded ? 3 : 2);
    if (chunk->coded) {
        hone_thrift_put_zigzag(buf, HONE_PQ_PLAIN);
    }
    hone_thrift_put_zigzag(buf, chunk->encoding);
    hone_thrift_put_zigzag(buf, HONE_PQ_RLE);
    hone_thrift_put_list(buf, &last, 3, HONE_THRIFT_BINARY, vector ? 3 : 1);
    hone_thrift_put_bytes(buf, hone_str(c->name));
    if (vector) {
        hone_thrift_put_bytes(buf, hone_str("list"));
        hone_thrift_put_bytes(buf, hone_str("element"));
    }
    hone_thrift_put_i32(buf, &last, 4, (int32_t)w->codec);
    hone_thrift_put_i64(buf, &last, 5, (int64_t)chunk->values);
    hone_thrift_put_i64(buf, &last, 6, (int64_t)chunk->unpacked);
    hone_thrift_put_i64(buf, &last, 7, (int64_t)len);
    hone_thrift_put_i64(buf, &last, 9, (int64_t)(chunk->at + chunk->data_at));
    if (chunk->coded) {
        hone_thrift_put_i64(buf, &last, 11, (int64_t)chunk->at);
    }
    hone_thrift_put_field(buf, &last, 12, HONE_THRIFT_STRUCT);
    put_stats(buf, c, &chunk->bounds);
    hone_thrift_put_stop(buf);
}

static void put_group(struct hone_buf *buf, const struct writer *w, size_t group)
{
    const struct hone_pq_out_chunk *chunk = &w->chunk[group * w->t->cols];
    size_t unpacked = 0;
    size_t packed = 0;
    int last = 0;

    hone_thrift_put_list(buf, &last, 1, HONE_THRIFT_STRUCT, w->t->cols);
    for (size_t i = 0; i < w->t->cols; i++) {
        int in = 0;
        hone_thrift_put_i64(buf, &in, 2, 0);
        hone_thrift_put_field(buf, &in, 3, HONE_THRIFT_STRUCT);
        put_chunk_meta(buf, w, &w->t->column[i], &chunk[i]);
        hone_thrift_put_i64(buf, &in, 4, (int64_t)chunk[i].offsets_at);
        hone_thrift_put_i32(buf, &in, 5, (int32_t)chunk[i].offsets_len);
        if (chunk[i].columns_len > 0) {
            hone_thrift_put_i64(buf, &in, 6, (int64_t)chunk[i].columns_at);
            hone_thrift_put_i32(buf, &in, 7, (int32_t)chunk[i].columns_len);
        }
        hone_thrift_put_stop(buf);
        unpacked += chunk[i].unpacked;
        packed += chunk[i].bytes.len;
    }
    hone_thrift_put_i64(buf, &last, 2, (int64_t)unpacked);
    hone_thrift_put_i64(buf, &last, 3, (int64_t)(group_end(w, group) - group * w->group_rows));
    hone_thrift_put_i64(buf, &last, 5, (int64_t)chunk[0].at);
    hone_thrift_put_i64(buf, &last, 6, (int64_t)packed);
    hone_thrift_put_stop(buf);
}

static enum hone_code write_footer(struct hone_run *run, struct writer *w)
{
    struct hone_buf buf;
    uint32_t len;
    int last = 0;
    HONE_ARENA(work);

    buf = hone_buf(&work);
    hone_thrift_put_i32(&buf, &last, 1, 1);
    put_schema(&buf, &last, w->t);
    hone_thrift_put_i64(&buf, &last, 3, (int64_t)w->t->rows);
    hone_thrift_put_list(&buf, &last, 4, HONE_THRIFT_STRUCT, w->groups);
    for (size_t g = 0; g < w->groups; g++) {
        put_group(&buf, w, g);
    }
    hone_thrift_put_binary(&buf, &last, 6, hone_str("hone version " HONE_VERSION));
    hone_thrift_put_list(&buf, &last, 7, HONE_THRIFT_STRUCT, w->t->cols);
    for (size_t i = 0; i < w->t->cols; i++) {
        int in = 0;
        hone_thrift_put_field(&buf, &in, 1, HONE_THRIFT_STRUCT); /* TYPE_ORDER */
        hone_thrift_put_stop(&buf);
        hone_thrift_put_stop(&buf);
    }
    hone_thrift_put_stop(&buf);
    len = (uint32_t)buf.len;
    HONE_TRY(put(run, w, buf.ptr, buf.len));
    HONE_TRY(put(run, w, &len, 4));
    return put(run, w, "PAR1", 4);
}

static enum hone_code check_table(struct hone_run *run, const struct hone_table *t,
                                  const char *path)
{
    if (t->cols == 0) {
        return hone_fail(run, HONE_E_SHAPE,
                         "%s: a Parquet file must have columns, the table has none", path);
    }
    for (size_t i = 0; i < t->cols; i++) {
        const struct hone_column *c = &t->column[i];
        if (c->type == HONE_VECTOR && c->width == 0) {
            return hone_fail(run, HONE_E_UNSUPPORTED, "%s: column %s has vectors of length 0",
                             path, c->name);
        }
    }
    return HONE_OK;
}

enum hone_code hone_pq_write(struct hone_run *run, const struct hone_table *t, const char *path,
                             const struct hone_write_options *options)
{
    HONE_ARENA(work);
    HONE_CLOSING(writer_free) struct writer w = {.t = t, .out.fd = -1};

    HONE_TRY(check_table(run, t, path));
    w.codec = HONE_CODEC_ZSTD;
    if (options->compression != NULL) {
        w.codec = hone_codec_parse(hone_str(options->compression));
        if (w.codec == HONE_CODEC_COUNT) {
            (void)hone_fail(run, HONE_E_ARG, "'%.50s' packs no Parquet file",
                            options->compression);
            return hone_hint(run, "none, snappy, zstd, gzip and lz4 do");
        }
    }
    w.group_rows = options->row_group > 0 ? (size_t)options->row_group : GROUP_ROWS;
    w.groups = t->rows / w.group_rows + (t->rows % w.group_rows > 0);
    HONE_TRY(hone_matrix(run, &work, &w.chunk, w.groups, t->cols));
    HONE_TRY(hone_out_open(run, path, &w.out));
    HONE_TRY(put(run, &w, "PAR1", 4));
    HONE_TRY(write_groups(run, &w));
    HONE_TRY(write_indexes(run, &w));
    HONE_TRY(write_footer(run, &w));
    return hone_out_commit(run, &w.out);
}
