#include "parquet_file.h"

struct parquet_file parquet_file(struct hone_arena *mem)
{
    struct parquet_file f = {.buf = hone_buf(mem),
                             .type = HONE_PQ_INT64,
                             .converted = -1,
                             .name = "x",
                             .group_rows = -1};

    hone_buf_text(&f.buf, "PAR1");
    return f;
}

static void header(struct hone_buf *buf, int *last, int type, int unpacked, int packed)
{
    hone_thrift_put_i32(buf, last, 1, type);
    hone_thrift_put_i32(buf, last, 2, unpacked);
    hone_thrift_put_i32(buf, last, 3, packed);
}

void parquet_raw_page(struct parquet_file *f, int type, int unpacked, int packed, int values,
                      int encoding, const void *bytes, size_t len)
{
    int last = 0;
    int in = 0;

    if (type == HONE_PQ_DATA_PAGE && f->data_at == 0) {
        f->data_at = (int64_t)f->buf.len;
    } else if (type == HONE_PQ_DICTIONARY_PAGE && f->dictionary_at == 0) {
        f->dictionary_at = (int64_t)f->buf.len;
    }
    header(&f->buf, &last, type, unpacked, packed);
    hone_thrift_put_field(&f->buf, &last, type == HONE_PQ_DATA_PAGE ? 5 : 7,
                          HONE_THRIFT_STRUCT);
    hone_thrift_put_i32(&f->buf, &in, 1, values);
    hone_thrift_put_i32(&f->buf, &in, 2, encoding);
    if (type == HONE_PQ_DATA_PAGE) {
        hone_thrift_put_i32(&f->buf, &in, 3, HONE_PQ_RLE);
        hone_thrift_put_i32(&f->buf, &in, 4, HONE_PQ_RLE);
        f->values += values;
    }
    hone_thrift_put_stop(&f->buf);
    hone_thrift_put_stop(&f->buf);
    hone_buf_bytes(&f->buf, bytes, len);
}

void parquet_page(struct parquet_file *f, int values, int encoding, const void *bytes,
                  size_t len)
{
    parquet_raw_page(f, HONE_PQ_DATA_PAGE, (int)len, (int)len, values, encoding, bytes, len);
}

void parquet_dictionary(struct parquet_file *f, int values, const void *bytes, size_t len)
{
    parquet_raw_page(f, HONE_PQ_DICTIONARY_PAGE, (int)len, (int)len, values, HONE_PQ_PLAIN,
                     bytes, len);
}

void parquet_page2(struct parquet_file *f, int values, int nulls, int encoding, int def_len,
                   const void *bytes, size_t len)
{
    const int32_t field[] = {values, nulls, values, encoding, def_len, 0};
    int last = 0;
    int in = 0;

    if (f->data_at == 0) {
        f->data_at = (int64_t)f->buf.len;
    }
    header(&f->buf, &last, HONE_PQ_DATA_PAGE_2, (int)len, (int)len);
    hone_thrift_put_field(&f->buf, &last, 8, HONE_THRIFT_STRUCT);
    for (int i = 0; i < 6; i++) {
        hone_thrift_put_i32(&f->buf, &in, i + 1, field[i]);
    }
    hone_thrift_put_bool(&f->buf, &in, 7, false);
    hone_thrift_put_stop(&f->buf);
    hone_thrift_put_stop(&f->buf);
    hone_buf_bytes(&f->buf, bytes, len);
    f->values += values;
}

static void element(struct hone_buf *buf, const char *name, int repeat, int children,
                    int converted)
{
    int last = 0;

    if (repeat >= 0) {
        hone_thrift_put_i32(buf, &last, 3, repeat);
    }
    hone_thrift_put_binary(buf, &last, 4, hone_str(name));
    hone_thrift_put_i32(buf, &last, 5, children);
    if (converted >= 0) {
        hone_thrift_put_i32(buf, &last, 6, converted);
    }
    hone_thrift_put_stop(buf);
}

static void leaf(const struct parquet_file *f, struct hone_buf *buf)
{
    int last = 0;
    int in = 0;

    hone_thrift_put_i32(buf, &last, 1, f->type);
    if (f->length != 0) {
        hone_thrift_put_i32(buf, &last, 2, f->length);
    }
    hone_thrift_put_i32(buf, &last, 3, f->repeat);
    hone_thrift_put_binary(buf, &last, 4, hone_str(f->name));
    if (f->converted >= 0) {
        hone_thrift_put_i32(buf, &last, 6, f->converted);
        hone_thrift_put_i32(buf, &last, 7, f->scale);
        hone_thrift_put_i32(buf, &last, 8, 30);
    }
    if (f->logical != 0) {
        hone_thrift_put_field(buf, &last, 10, HONE_THRIFT_STRUCT);
        hone_thrift_put_field(buf, &in, f->logical, HONE_THRIFT_STRUCT);
        hone_thrift_put_stop(buf);
        hone_thrift_put_stop(buf);
    }
    hone_thrift_put_stop(buf);
}

static void put_meta(const struct parquet_file *f, struct hone_buf *buf)
{
    int last = 0;
    int in = 0;

    hone_thrift_put_i32(buf, &last, 1, f->type);
    hone_thrift_put_list(buf, &last, 2, HONE_THRIFT_I32, 0);
    hone_thrift_put_list(buf, &last, 3, HONE_THRIFT_BINARY, 0);
    hone_thrift_put_i32(buf, &last, 4, f->codec);
    hone_thrift_put_i64(buf, &last, 5, f->values);
    hone_thrift_put_i64(buf, &last, 6, f->packed);
    hone_thrift_put_i64(buf, &last, 7, f->packed);
    hone_thrift_put_i64(buf, &last, 9, f->data_at);
    if (f->dictionary_at != 0) {
        hone_thrift_put_i64(buf, &last, 11, f->dictionary_at);
    }
    if (f->low != NULL) {
        hone_thrift_put_field(buf, &last, 12, HONE_THRIFT_STRUCT);
        hone_thrift_put_binary(buf, &in, 5, (struct hone_str){f->high, f->bound_len});
        hone_thrift_put_binary(buf, &in, 6, (struct hone_str){f->low, f->bound_len});
        hone_thrift_put_stop(buf);
    }
    hone_thrift_put_stop(buf);
}

static void put_group(const struct parquet_file *f, struct hone_buf *buf)
{
    int last = 0;
    int in = 0;

    hone_thrift_put_list(buf, &last, 1, HONE_THRIFT_STRUCT, 1);
    if (f->other_file) {
        hone_thrift_put_binary(buf, &in, 1, hone_str("elsewhere.parquet"));
    }
    hone_thrift_put_i64(buf, &in, 2, 0);
    if (!f->no_meta) {
        hone_thrift_put_field(buf, &in, 3, HONE_THRIFT_STRUCT);
        put_meta(f, buf);
    }
    if (f->encrypted) {
        hone_thrift_put_binary(buf, &in, 9, hone_str("secret"));
    }
    hone_thrift_put_stop(buf);
    hone_thrift_put_i64(buf, &last, 2, f->packed);
    hone_thrift_put_i64(buf, &last, 3, f->group_rows >= 0 ? f->group_rows : f->rows);
    hone_thrift_put_stop(buf);
}

static struct hone_str finish(struct parquet_file *f, size_t start)
{
    uint32_t len = (uint32_t)(f->buf.len - start);

    hone_buf_bytes(&f->buf, &len, 4);
    hone_buf_text(&f->buf, "PAR1");
    return (struct hone_str){f->buf.ptr, f->buf.len};
}

struct hone_str parquet_end(struct parquet_file *f)
{
    struct hone_buf *buf = &f->buf;
    size_t start = buf->len;
    int last = 0;

    if (f->packed == 0) {
        f->packed = (int64_t)start - (f->dictionary_at > 0 ? f->dictionary_at : f->data_at);
    }
    f->rows = f->rows == 0 ? f->values : f->rows;
    hone_thrift_put_i32(buf, &last, 1, 1);
    hone_thrift_put_list(buf, &last, 2, HONE_THRIFT_STRUCT,
                         f->list == 1   ? 4
                         : f->list == 2 ? 3
                                        : 2);
    element(buf, "root", -1, 1, -1);
    if (f->list != 0) {
        element(buf, "list", 1, 1, 3);
    }
    if (f->list == 1) {
        element(buf, "list", 2, 1, -1);
    }
    leaf(f, buf);
    hone_thrift_put_i64(buf, &last, 3, f->rows);
    hone_thrift_put_list(buf, &last, 4, HONE_THRIFT_STRUCT, 1);
    put_group(f, buf);
    hone_thrift_put_list(buf, &last, 7, HONE_THRIFT_STRUCT, 1);
    hone_thrift_put_field(buf, &(int){0}, 1, HONE_THRIFT_STRUCT);
    hone_thrift_put_stop(buf);
    hone_thrift_put_stop(buf);
    hone_thrift_put_stop(buf);
    return finish(f, start);
}

struct hone_str parquet_schema(struct parquet_file *f, size_t elements,
                               void (*put)(struct hone_buf *buf, size_t i))
{
    struct hone_buf *buf = &f->buf;
    size_t start = buf->len;
    int last = 0;

    hone_thrift_put_i32(buf, &last, 1, 1);
    hone_thrift_put_list(buf, &last, 2, HONE_THRIFT_STRUCT, elements);
    for (size_t i = 0; i < elements; i++) {
        put(buf, i);
    }
    hone_thrift_put_i64(buf, &last, 3, 0);
    hone_thrift_put_list(buf, &last, 4, HONE_THRIFT_STRUCT, 0);
    hone_thrift_put_stop(buf);
    return finish(f, start);
}
