/* A table as JSON Lines; declared in io/chunk_priv.h. */
#include <math.h>

#include "base/pool.h"
#include "base/time.h"
#include "io/chunk_priv.h"
#include "io/sink.h"

enum {
    ROWS = 2048, /* of a block; blocks do not depend on the number of threads */
    BLOCKS = 32, /* formatted before they are written */
};

struct writer {
    const struct hone_table *t;
    struct hone_str *key;   /* (cols) "{"a":" or ","b":" */
    struct hone_str **word; /* (cols)(words) of category columns, with their quotes */
    struct block {
        struct hone_arena mem; /* kept from group to group */
        struct hone_buf text;
    } * block;    /* (BLOCKS) */
    size_t first; /* row of the first block */
};

/* Text between quotes; most has nothing that needs care. */
static void put_text(struct hone_buf *buf, struct hone_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\') {
            hone_buf_json(buf, text);
            return;
        }
    }
    hone_buf_char(buf, '"');
    hone_buf_str(buf, text);
    hone_buf_char(buf, '"');
}

/* A real with a point or an exponent, so that it is read back as one. */
static void put_real(struct hone_buf *buf, const char *text, size_t len)
{
    hone_buf_bytes(buf, text, len);
    if (memchr(text, '.', len) == NULL && memchr(text, 'e', len) == NULL) {
        hone_buf_bytes(buf, ".0", 2);
    }
}

static void put_time(struct hone_buf *buf, const struct hone_column *c, size_t row)
{
    char text[40];
    size_t len = c->type == HONE_DATE
                     ? hone_format_date(text, ((const int32_t *)c->data)[row])
                     : hone_format_timestamp(text, ((const int64_t *)c->data)[row]);

    hone_buf_char(buf, '"');
    hone_buf_bytes(buf, text, len);
    hone_buf_char(buf, '"');
}

static void put_cell(struct hone_buf *buf, const struct writer *w, size_t column, size_t row)
{
    const struct hone_column *c = &w->t->column[column];
    char text[32];

    if (!hone_is_valid(c, row)) {
        hone_buf_bytes(buf, "null", 4);
        return;
    }
    switch (c->type) {
    case HONE_INT64:
        hone_buf_bytes(buf, text, hone_format_i64(text, ((const int64_t *)c->data)[row]));
        break;
    case HONE_FLOAT32:
    case HONE_FLOAT64:
        if (!isfinite(hone_column_f64(c, row))) { /* JSON has no such numbers */
            hone_buf_bytes(buf, "null", 4);
        } else if (c->type == HONE_FLOAT32) {
            put_real(buf, text, hone_format_f32(text, ((const float *)c->data)[row]));
        } else {
            put_real(buf, text, hone_format_f64(text, ((const double *)c->data)[row]));
        }
        break;
    case HONE_CATEGORY:
        hone_buf_str(buf, w->word[column][((const int32_t *)c->data)[row]]);
        break;
    case HONE_UTF8:
    case HONE_BINARY:
        put_text(buf, hone_column_str(c, row));
        break;
    case HONE_DATE:
    case HONE_TIMESTAMP:
        put_time(buf, c, row);
        break;
    default: /* true, false, [1,2] */
        hone_column_print(buf, c, row);
    }
}

static enum hone_code write_block(struct hone_run *run, void *ctx, size_t number)
{
    const struct writer *w = ctx;
    struct block *b = &w->block[number];
    size_t from = w->first + number * ROWS;
    size_t to = w->t->rows - from < ROWS ? w->t->rows : from + ROWS;

    HONE_TRY(hone_check_cancel(run));
    b->text.len = 0;
    for (size_t row = from; row < to; row++) {
        for (size_t c = 0; c < w->t->cols; c++) {
            hone_buf_str(&b->text, w->key[c]);
            put_cell(&b->text, w, c, row);
        }
        hone_buf_text(&b->text, w->t->cols == 0 ? "{}\n" : "}\n");
    }
    return HONE_OK;
}

/* The keys, and each word of a category once. */
static enum hone_code prepare(struct hone_run *run, struct writer *w, struct hone_arena *mem)
{
    HONE_TRY(hone_array(run, mem, &w->block, BLOCKS));
    for (size_t i = 0; i < BLOCKS; i++) {
        w->block[i].text = hone_buf(&w->block[i].mem);
    }
    HONE_TRY(hone_array(run, mem, &w->key, w->t->cols));
    HONE_TRY(hone_array(run, mem, &w->word, w->t->cols));
    for (size_t c = 0; c < w->t->cols; c++) {
        const struct hone_column *column = &w->t->column[c];
        struct hone_buf key = hone_buf(mem);
        hone_buf_char(&key, c == 0 ? '{' : ',');
        put_text(&key, hone_str(column->name));
        hone_buf_char(&key, ':');
        w->key[c] = (struct hone_str){key.ptr, key.len};
        if (column->type != HONE_CATEGORY) {
            continue;
        }
        HONE_TRY(hone_array(run, mem, &w->word[c], column->dict->rows));
        for (size_t i = 0; i < column->dict->rows; i++) {
            struct hone_buf word = hone_buf(mem);
            put_text(&word, hone_column_str(column->dict, i));
            w->word[c][i] = (struct hone_str){word.ptr, word.len};
        }
    }
    return HONE_OK;
}

static void blocks_free(struct writer *w)
{
    for (size_t i = 0; w->block != NULL && i < BLOCKS; i++) {
        hone_arena_free(&w->block[i].mem);
    }
}

enum hone_code hone_jsonl_write(struct hone_run *run, const struct hone_table *t,
                                const char *path, const struct hone_write_options *options)
{
    HONE_CLOSING(hone_sink_close) struct hone_sink out = HONE_NO_SINK;
    HONE_ARENA(work);
    HONE_CLOSING(blocks_free) struct writer w = {.t = t};

    HONE_TRY(prepare(run, &w, &work));
    HONE_TRY(hone_sink_open(run, path, options->compression, &out));
    for (; w.first < t->rows; w.first += ROWS * BLOCKS) {
        size_t blocks = (t->rows - w.first + ROWS - 1) / ROWS;
        blocks = blocks < BLOCKS ? blocks : BLOCKS;
        HONE_TRY(hone_parallel_try(run, blocks, write_block, &w));
        for (size_t i = 0; i < blocks; i++) {
            HONE_TRY(hone_sink_write(run, &out, w.block[i].text.ptr, w.block[i].text.len));
        }
    }
    return hone_sink_commit(run, &out);
}
