/* A table as CSV (RFC 4180); declared in io/chunk_priv.h. */
#include <math.h>

#include "base/pool.h"
#include "base/time.h"
#include "io/csv/csv_priv.h"
#include "io/sink.h"

enum {
    ROWS = 2048, /* of a block; blocks do not depend on the number of threads */
    BLOCKS = 32, /* formatted before they are written */
    CELL = 64,   /* room for any cell that is no text */
};

/* Words of a category column as they are written. */
struct words {
    const char *bytes;
    const int64_t *at; /* (words + 1) */
};

struct writer {
    const struct hone_table *t;
    char delimiter;
    bool odd[256];       /* bytes that need quotes */
    struct words *words; /* (cols) of category columns */
    bool *whole;         /* (cols) reals that are all whole: ".0" keeps them reals */
    struct block *block; /* (BLOCKS) */
    size_t first;        /* row of the first block */
};

/* Some rows as text. */
struct block {
    struct hone_arena mem; /* kept from group to group */
    char *ptr;
    size_t len, room;
};

static enum hone_code make_room(struct hone_run *run, struct block *b, size_t more)
{
    size_t room = b->room == 0 ? 256 << 10 : b->room;
    char *ptr;

    if (more <= b->room - b->len) {
        return HONE_OK;
    }
    while (room - b->len < more) {
        room *= 2;
    }
    ptr = hone_arena_grow(&b->mem, b->ptr, 1, b->room, room);
    if (ptr == NULL) {
        return hone_no_room(run, "rows as text", room);
    }
    b->ptr = ptr;
    b->room = room;
    return HONE_OK;
}

/* Text that would be read back as something else without quotes. An empty text is not a missing one. */
static bool needs_quotes(const struct writer *w, struct hone_str text)
{
    if (text.len == 0 || text.ptr[0] == ' ' || text.ptr[text.len - 1] == ' ') {
        return true;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (w->odd[(unsigned char)text.ptr[i]]) {
            return true;
        }
    }
    return false;
}

/* At most 2 len + 2 bytes; returns how many. */
static size_t put_text(const struct writer *w, char *out, struct hone_str text)
{
    char *p = out;

    if (!needs_quotes(w, text)) {
        memcpy(out, text.ptr, text.len);
        return text.len;
    }
    *p++ = '"';
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"') {
            *p++ = '"';
        }
        *p++ = text.ptr[i];
    }
    *p++ = '"';
    return (size_t)(p - out);
}

static enum hone_code write_text(struct hone_run *run, const struct writer *w, struct block *b,
                                 struct hone_str text)
{
    HONE_TRY(make_room(run, b, 2 * text.len + 2));
    b->len += put_text(w, b->ptr + b->len, text);
    return HONE_OK;
}

/* A value whose text is at most CELL bytes. */
static size_t put_value(char *out, const struct hone_column *c, size_t row)
{
    switch (c->type) {
    case HONE_INT64:
        return hone_format_i64(out, ((const int64_t *)c->data)[row]);
    case HONE_FLOAT64:
        return hone_format_f64(out, ((const double *)c->data)[row]);
    case HONE_FLOAT32:
        return hone_format_f32(out, ((const float *)c->data)[row]);
    case HONE_DATE:
        return hone_format_date(out, ((const int32_t *)c->data)[row]);
    case HONE_TIMESTAMP:
        return hone_format_timestamp(out, ((const int64_t *)c->data)[row]);
    default: {
        const char *word = hone_bit(c->data, row) ? "true" : "false";
        memcpy(out, word, strlen(word));
        return strlen(word);
    }
    }
}

static enum hone_code write_cell(struct hone_run *run, const struct writer *w, struct block *b,
                                 size_t column, size_t row)
{
    const struct hone_column *c = &w->t->column[column];
    size_t len;

    if (c->type == HONE_CATEGORY) {
        const struct words *words = &w->words[column];
        int32_t code = ((const int32_t *)c->data)[row];
        len = (size_t)(words->at[code + 1] - words->at[code]);
        HONE_TRY(make_room(run, b, len));
        memcpy(b->ptr + b->len, words->bytes + words->at[code], len);
        b->len += len;
        return HONE_OK;
    }
    if (c->type == HONE_UTF8 || c->type == HONE_BINARY) {
        return write_text(run, w, b, hone_column_str(c, row));
    }
    if (c->type == HONE_VECTOR) {
        struct hone_buf vector;
        HONE_SCRATCH(run);
        vector = hone_buf(&run->scratch);
        hone_column_print(&vector, c, row);
        return write_text(run, w, b, (struct hone_str){vector.ptr, vector.len});
    }
    HONE_TRY(make_room(run, b, CELL));
    len = put_value(b->ptr + b->len, c, row);
    if (w->whole[column] && isfinite(hone_column_f64(c, row)) &&
        memchr(b->ptr + b->len, 'e', len) == NULL) {
        memcpy(b->ptr + b->len + len, ".0", 2);
        len += 2;
    }
    b->len += len;
    return HONE_OK;
}

static enum hone_code write_block(struct hone_run *run, void *ctx, size_t number)
{
    const struct writer *w = ctx;
    struct block *b = &w->block[number];
    size_t from = w->first + number * ROWS;
    size_t to = w->t->rows - from < ROWS ? w->t->rows : from + ROWS;

    HONE_TRY(hone_check_cancel(run));
    b->len = 0;
    for (size_t row = from; row < to; row++) {
        for (size_t c = 0; c < w->t->cols; c++) {
            if (hone_is_valid(&w->t->column[c], row)) {
                HONE_TRY(write_cell(run, w, b, c, row));
            } else if (w->t->cols == 1) { /* an empty line would be no row at all */
                HONE_TRY(write_text(run, w, b, (struct hone_str){"", 0}));
            }
            HONE_TRY(make_room(run, b, 1));
            b->ptr[b->len++] = c + 1 < w->t->cols ? w->delimiter : '\n';
        }
    }
    return HONE_OK;
}

/* Whether a real column would be read back as integers. */
static bool is_whole(const struct hone_column *c)
{
    if (c->type != HONE_FLOAT64 && c->type != HONE_FLOAT32) {
        return false;
    }
    for (size_t row = 0; row < c->rows; row++) {
        double x = hone_column_f64(c, row);
        if (isfinite(x) && x != floor(x)) {
            return false;
        }
    }
    return true;
}

/* Each word of a category once, with its quotes. */
static enum hone_code make_words(struct hone_run *run, const struct writer *w,
                                 const struct hone_column *dict, struct hone_arena *mem,
                                 struct words *out)
{
    size_t most = 2 * dict->rows;
    size_t used = 0;
    int64_t *at;
    char *bytes;

    for (size_t i = 0; i < dict->rows; i++) {
        most += 2 * hone_column_str(dict, i).len;
    }
    HONE_TRY(hone_array(run, mem, &at, dict->rows + 1));
    HONE_TRY(hone_array(run, mem, &bytes, most));
    for (size_t i = 0; i < dict->rows; i++) {
        used += put_text(w, bytes + used, hone_column_str(dict, i));
        at[i + 1] = (int64_t)used;
    }
    *out = (struct words){bytes, at};
    return HONE_OK;
}

static void blocks_free(struct writer *w)
{
    for (size_t i = 0; w->block != NULL && i < BLOCKS; i++) {
        hone_arena_free(&w->block[i].mem);
    }
}

static enum hone_code write_names(struct hone_run *run, const struct writer *w, struct block *b)
{
    for (size_t c = 0; c < w->t->cols; c++) {
        HONE_TRY(write_text(run, w, b, hone_str(w->t->column[c].name)));
        HONE_TRY(make_room(run, b, 1));
        b->ptr[b->len++] = w->delimiter;
    }
    HONE_TRY(make_room(run, b, 1));
    b->len -= b->len > 0;
    b->ptr[b->len++] = '\n';
    return HONE_OK;
}

static enum hone_code write_rows(struct hone_run *run, struct writer *w, struct hone_sink *out)
{
    for (; w->first < w->t->rows; w->first += ROWS * BLOCKS) {
        size_t blocks = (w->t->rows - w->first + ROWS - 1) / ROWS;
        blocks = blocks < BLOCKS ? blocks : BLOCKS;
        HONE_TRY(hone_parallel_try(run, blocks, write_block, w));
        for (size_t i = 0; i < blocks; i++) {
            HONE_TRY(hone_sink_write(run, out, w->block[i].ptr, w->block[i].len));
        }
    }
    return HONE_OK;
}

enum hone_code hone_csv_write(struct hone_run *run, const struct hone_table *t,
                              const char *path, const struct hone_write_options *options)
{
    HONE_CLOSING(hone_sink_close) struct hone_sink out = HONE_NO_SINK;
    HONE_ARENA(work);
    HONE_CLOSING(blocks_free)
    struct writer w = {.t = t, .delimiter = hone_str_ends(hone_str(path), ".tsv") ? '\t' : ','};

    if (options->delimiter != NULL) {
        HONE_TRY(hone_csv_delimiter(run, options->delimiter, &w.delimiter));
    }
    w.odd[(unsigned char)w.delimiter] = w.odd['"'] = w.odd['\n'] = w.odd['\r'] = true;
    HONE_TRY(hone_array(run, &work, &w.block, BLOCKS));
    HONE_TRY(hone_array(run, &work, &w.words, t->cols));
    HONE_TRY(hone_array(run, &work, &w.whole, t->cols));
    for (size_t c = 0; c < t->cols; c++) {
        w.whole[c] = is_whole(&t->column[c]);
        if (t->column[c].type == HONE_CATEGORY) {
            HONE_TRY(make_words(run, &w, t->column[c].dict, &work, &w.words[c]));
        }
    }
    HONE_TRY(hone_sink_open(run, path, options->compression, &out));
    if (!options->no_names) {
        HONE_TRY(write_names(run, &w, &w.block[0]));
        HONE_TRY(hone_sink_write(run, &out, w.block[0].ptr, w.block[0].len));
    }
    if (t->cols > 0) {
        HONE_TRY(write_rows(run, &w, &out));
    }
    return hone_sink_commit(run, &out);
}
