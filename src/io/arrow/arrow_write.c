/* Tables to Arrow IPC files and streams; declared in io/arrow_priv.h. */
#include "base/file.h"
#include "base/pool.h"
#include "io/arrow/arrow_priv.h"

enum {
    BATCH_ROWS = 131072,
    ALIGN = 64,       /* of buffers in a body, and of bodies in the file */
    VERSION = 4,      /* V5 */
    BUFFERS_MOST = 4, /* of one column */
    MAGIC_LEN = 8,    /* the mark and two zeroes */
};

/* A message in the file, as the footer names it. */
struct block {
    int64_t at, body;
    int32_t meta;
};

/* How a column is written, the same in all batches. */
struct plan {
    const struct hone_column *c;
    bool wide;     /* text: 64-bit offsets, because some batch needs them */
    unsigned bits; /* category: of the indices */
    int64_t dictionary;
};

/* A column's rows of a batch: what its nodes and buffers are. */
struct piece {
    struct hone_arena mem;
    size_t nulls;
    struct hone_str buffer[BUFFERS_MOST];
    size_t buffers;
};

struct writer {
    struct hone_out *out;
    const struct hone_table *table;
    struct plan *plan;   /* (cols) */
    struct piece *piece; /* (cols) */
    enum hone_ipc_codec codec;
    size_t from, rows; /* of the batch at hand */
    int64_t at;        /* in the file */
    struct block *batch, *dictionary;
    size_t batches, dictionaries;
};

/* ---- messages ---- */

static enum hone_code put(struct hone_run *run, struct writer *w, const void *bytes, size_t len)
{
    w->at += (int64_t)len;
    return hone_out_write(run, w->out, bytes, len);
}

static enum hone_code put_zeroes(struct hone_run *run, struct writer *w, size_t n)
{
    static const char zeroes[ALIGN];
    return put(run, w, zeroes, n);
}

static size_t padding(size_t len)
{
    return (ALIGN - len % ALIGN) % ALIGN;
}

/* The Message table that everything begins with; returns the place of the reference to its header. */
static size_t begin_message(struct hone_flat_writer *f, struct hone_arena *mem,
                            enum hone_ipc_header kind, int64_t body)
{
    static const uint8_t size[] = {2, 1, 4, 8};
    size_t at[4];

    *f = hone_flat_begin(mem);
    hone_flat_put_table(f, 0, 4, size, at);
    hone_flat_set(f, at[0], VERSION, 2);
    hone_flat_set(f, at[1], kind, 1);
    hone_flat_set(f, at[3], body, 8);
    return at[2];
}

/* The metadata, and zeroes so that the body begins aligned; *block says where. */
static enum hone_code put_message(struct hone_run *run, struct writer *w,
                                  struct hone_flat_writer *f, struct block *block)
{
    struct hone_str meta = hone_flat_end(f);
    size_t more = padding((size_t)w->at + 8 + meta.len);
    uint32_t head[2] = {UINT32_MAX, (uint32_t)(meta.len + more)};

    block->at = w->at;
    block->meta = (int32_t)(8 + meta.len + more);
    HONE_TRY(put(run, w, head, sizeof head));
    HONE_TRY(put(run, w, meta.ptr, meta.len));
    return put_zeroes(run, w, more);
}

/* ---- schema ---- */

static size_t put_type(struct hone_flat_writer *f, size_t link, const uint8_t *size, size_t n,
                       int64_t first, int64_t second)
{
    size_t at[2] = {0};

    hone_flat_put_table(f, link, n, size, at);
    if (n > 0) {
        hone_flat_set(f, at[0], first, size[0]);
    }
    if (n > 1 && size[1] != 4) {
        hone_flat_set(f, at[1], second, size[1]);
    }
    return at[1];
}

static void put_int(struct hone_flat_writer *f, size_t link, unsigned bits)
{
    static const uint8_t size[] = {4, 1};
    (void)put_type(f, link, size, 2, bits, 1);
}

/* The table of a type; returns its number. */
static int64_t put_column_type(struct hone_flat_writer *f, size_t link, const struct plan *p)
{
    static const uint8_t unit[] = {2}, width[] = {4}, zoned[] = {2, 4};

    switch (p->c->type) {
    case HONE_BOOL:
        (void)put_type(f, link, NULL, 0, 0, 0);
        return 6;
    case HONE_INT64:
        put_int(f, link, 64);
        return 2;
    case HONE_FLOAT32:
    case HONE_FLOAT64:
        (void)put_type(f, link, unit, 1, p->c->type == HONE_FLOAT32 ? 1 : 2, 0);
        return 3;
    case HONE_DATE:
        (void)put_type(f, link, unit, 1, 0, 0);
        return 8;
    case HONE_TIMESTAMP:
        hone_flat_put_text(f, put_type(f, link, zoned, 2, HONE_ARROW_US, 0), hone_str("UTC"));
        return 10;
    case HONE_VECTOR:
        (void)put_type(f, link, width, 1, (int64_t)p->c->width, 0);
        return 16;
    case HONE_BINARY:
        (void)put_type(f, link, NULL, 0, 0, 0);
        return p->wide ? 19 : 4;
    default: /* text, and the values of a category */
        (void)put_type(f, link, NULL, 0, 0, 0);
        return p->wide ? 20 : 5;
    }
}

static void put_field(struct hone_flat_writer *f, size_t link, const char *name,
                      const struct plan *p)
{
    static const uint8_t encoding[] = {8, 4, 1};
    uint8_t size[] = {4, 1, 1, 4, 0, 4};
    size_t at[6], code[3];
    size_t children;

    size[4] = p->c->type == HONE_CATEGORY ? 4 : 0;
    hone_flat_put_table(f, link, 6, size, at);
    hone_flat_put_text(f, at[0], hone_str(name));
    hone_flat_set(f, at[1], 1, 1);
    hone_flat_set(f, at[2], put_column_type(f, at[3], p), 1);
    if (p->c->type == HONE_CATEGORY) {
        hone_flat_put_table(f, at[4], 3, encoding, code);
        hone_flat_set(f, code[0], p->dictionary, 8);
        put_int(f, code[1], p->bits);
    }
    children = hone_flat_put_vector(f, at[5], p->c->type == HONE_VECTOR ? 1 : 0, 4);
    if (p->c->type == HONE_VECTOR) {
        struct hone_column item = {.type = HONE_FLOAT32};
        struct plan inner = {.c = &item};
        put_field(f, children, "item", &inner);
    }
}

static void put_schema(struct hone_flat_writer *f, size_t link, const struct writer *w)
{
    static const uint8_t size[] = {2, 4};
    size_t at[2];
    size_t fields;

    hone_flat_put_table(f, link, 2, size, at);
    fields = hone_flat_put_vector(f, at[1], w->table->cols, 4);
    for (size_t c = 0; c < w->table->cols; c++) {
        put_field(f, fields + c * 4, w->plan[c].c->name, &w->plan[c]);
    }
}

/* ---- bodies ---- */

/* Bits [from, from + n) as a bitmap of their own, zeroes behind them; *zeroes counts the others. */
static enum hone_code slice_bits(struct hone_run *run, const uint8_t *bits, size_t from,
                                 size_t n, struct hone_arena *mem, struct hone_str *out,
                                 size_t *zeroes)
{
    uint8_t *copy;
    size_t ones = 0;

    HONE_TRY(hone_array(run, mem, &copy, n / 8 + 1));
    for (size_t i = 0; i < n; i++) {
        unsigned bit = hone_bit(bits, from + i);
        copy[i / 8] = (uint8_t)(copy[i / 8] | bit << i % 8);
        ones += bit;
    }
    *zeroes = n - ones;
    *out = (struct hone_str){(const char *)copy, (n + 7) / 8};
    return HONE_OK;
}

static enum hone_code slice_text(struct hone_run *run, const struct hone_column *c, bool wide,
                                 size_t from, size_t n, struct piece *out)
{
    int64_t first = c->offsets == NULL ? 0 : c->offsets[from];
    int64_t last = c->offsets == NULL ? 0 : c->offsets[from + n];
    size_t size = wide ? 8 : 4;
    char *offsets;

    HONE_TRY(hone_array(run, &out->mem, &offsets, (n + 1) * size));
    for (size_t i = 0; i <= n && c->offsets != NULL; i++) {
        int64_t at = c->offsets[from + i] - first;
        memcpy(offsets + i * size, &at, size); /* little endian: the low half */
    }
    out->buffer[out->buffers++] = (struct hone_str){offsets, (n + 1) * size};
    out->buffer[out->buffers++] = (struct hone_str){
        last == first ? "" : (const char *)c->data + first, (size_t)(last - first)};
    return HONE_OK;
}

static enum hone_code slice_codes(struct hone_run *run, const struct plan *p, size_t from,
                                  size_t n, struct piece *out)
{
    const int32_t *code = p->c->data;
    size_t size = p->bits / 8;
    char *index;

    HONE_TRY(hone_array(run, &out->mem, &index, n * size));
    for (size_t i = 0; i < n; i++) {
        memcpy(index + i * size, &code[from + i], size);
    }
    out->buffer[out->buffers++] = (struct hone_str){index, n * size};
    return HONE_OK;
}

static enum hone_code slice_values(struct hone_run *run, const struct plan *p, size_t from,
                                   size_t n, struct piece *out)
{
    const struct hone_column *c = p->c;
    size_t width = c->type == HONE_VECTOR                            ? c->width * sizeof(float)
                   : c->type == HONE_FLOAT32 || c->type == HONE_DATE ? 4
                                                                     : 8;
    size_t unused;

    switch (c->type) {
    case HONE_UTF8:
    case HONE_BINARY:
        return slice_text(run, c, p->wide, from, n, out);
    case HONE_CATEGORY:
        return slice_codes(run, p, from, n, out);
    case HONE_BOOL:
        return slice_bits(run, c->data, from, n, &out->mem, &out->buffer[out->buffers++],
                          &unused);
    default:
        if (c->type == HONE_VECTOR) {
            out->buffer[out->buffers++] = (struct hone_str){"", 0}; /* no item is missing */
        }
        out->buffer[out->buffers++] =
            (struct hone_str){(const char *)c->data + from * width, n * width};
        return HONE_OK;
    }
}

/* One column of the batch at hand. */
static enum hone_code make_piece(struct hone_run *run, void *ctx, size_t i)
{
    struct writer *w = ctx;
    const struct plan *p = &w->plan[i];
    struct piece *out = &w->piece[i];

    hone_arena_free(&out->mem);
    *out = (struct piece){.buffers = 1, .buffer[0] = {"", 0}};
    if (p->c->valid != NULL) {
        HONE_TRY(slice_bits(run, p->c->valid, w->from, w->rows, &out->mem, &out->buffer[0],
                            &out->nulls));
        if (out->nulls == 0) {
            out->buffer[0].len = 0;
        }
    }
    HONE_TRY(slice_values(run, p, w->from, w->rows, out));
    for (size_t b = 0; b < out->buffers; b++) {
        HONE_TRY(
            hone_ipc_pack_bytes(run, w->codec, out->buffer[b], &out->mem, &out->buffer[b]));
    }
    return HONE_OK;
}

/* The RecordBatch table of n pieces with their rows; widths say which have items below them. */
static void put_batch(struct hone_flat_writer *f, size_t link, const struct writer *w,
                      const struct plan *plan, const struct piece *piece, size_t n, size_t rows)
{
    static const uint8_t codec_size[] = {1, 1};
    uint8_t size[] = {8, 4, 4, 0};
    size_t at[4], codec[2];
    size_t nodes = 0;
    size_t buffers = 0;
    size_t body = 0;
    size_t place;

    size[3] = w->codec == HONE_IPC_PLAIN ? 0 : 4;
    hone_flat_put_table(f, link, 4, size, at);
    hone_flat_set(f, at[0], (int64_t)rows, 8);
    for (size_t i = 0; i < n; i++) {
        nodes += plan[i].c->type == HONE_VECTOR ? 2 : 1;
        buffers += piece[i].buffers;
    }
    place = hone_flat_put_vector(f, at[1], nodes, 16);
    for (size_t i = 0; i < n; i++, place += 16) {
        hone_flat_set(f, place, (int64_t)rows, 8);
        hone_flat_set(f, place + 8, (int64_t)piece[i].nulls, 8);
        if (plan[i].c->type == HONE_VECTOR) {
            place += 16;
            hone_flat_set(f, place, (int64_t)(rows * plan[i].c->width), 8);
        }
    }
    place = hone_flat_put_vector(f, at[2], buffers, 16);
    for (size_t i = 0; i < n; i++) {
        for (size_t b = 0; b < piece[i].buffers; b++, place += 16) {
            hone_flat_set(f, place, (int64_t)body, 8);
            hone_flat_set(f, place + 8, (int64_t)piece[i].buffer[b].len, 8);
            body += piece[i].buffer[b].len + padding(piece[i].buffer[b].len);
        }
    }
    if (size[3] != 0) {
        hone_flat_put_table(f, at[3], 2, codec_size, codec);
        hone_flat_set(f, codec[0], w->codec, 1);
    }
}

static enum hone_code put_body(struct hone_run *run, struct writer *w,
                               const struct piece *piece, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t b = 0; b < piece[i].buffers; b++) {
            size_t len = piece[i].buffer[b].len;
            HONE_TRY(put(run, w, piece[i].buffer[b].ptr, len));
            HONE_TRY(put_zeroes(run, w, padding(len)));
        }
    }
    return HONE_OK;
}

static int64_t body_len(const struct piece *piece, size_t n)
{
    size_t len = 0;

    for (size_t i = 0; i < n; i++) {
        for (size_t b = 0; b < piece[i].buffers; b++) {
            len += piece[i].buffer[b].len + padding(piece[i].buffer[b].len);
        }
    }
    return (int64_t)len;
}

static enum hone_code write_batch(struct hone_run *run, struct writer *w)
{
    struct block *block = &w->batch[w->batches++];
    struct hone_flat_writer f;
    size_t header;
    HONE_ARENA(work);

    HONE_TRY(hone_check_cancel(run));
    HONE_TRY(hone_parallel_try(run, w->table->cols, make_piece, w));
    block->body = body_len(w->piece, w->table->cols);
    header = begin_message(&f, &work, HONE_IPC_BATCH, block->body);
    put_batch(&f, header, w, w->plan, w->piece, w->table->cols, w->rows);
    HONE_TRY(put_message(run, w, &f, block));
    return put_body(run, w, w->piece, w->table->cols);
}

static void piece_free(struct piece *piece)
{
    hone_arena_free(&piece->mem);
}

/* The words of a category: a batch of one column, the dictionary. */
static enum hone_code write_dictionary(struct hone_run *run, struct writer *w,
                                       const struct plan *p)
{
    static const uint8_t size[] = {8, 4, 1};
    struct block *block = &w->dictionary[w->dictionaries++];
    struct plan words = {.c = p->c->dict, .wide = p->wide};
    HONE_CLOSING(piece_free) struct piece piece = {.buffers = 1, .buffer[0] = {"", 0}};
    struct hone_flat_writer f;
    size_t at[3];
    size_t header;
    HONE_ARENA(work);

    HONE_TRY(slice_text(run, p->c->dict, p->wide, 0, p->c->dict->rows, &piece));
    for (size_t b = 0; b < piece.buffers; b++) {
        HONE_TRY(
            hone_ipc_pack_bytes(run, w->codec, piece.buffer[b], &piece.mem, &piece.buffer[b]));
    }
    block->body = body_len(&piece, 1);
    header = begin_message(&f, &work, HONE_IPC_DICTIONARY, block->body);
    hone_flat_put_table(&f, header, 3, size, at);
    hone_flat_set(&f, at[0], p->dictionary, 8);
    put_batch(&f, at[1], w, &words, &piece, 1, p->c->dict->rows);
    HONE_TRY(put_message(run, w, &f, block));
    return put_body(run, w, &piece, 1);
}

/* ---- files ---- */

static void put_blocks(struct hone_flat_writer *f, size_t link, const struct block *block,
                       size_t n)
{
    size_t at = hone_flat_put_vector(f, link, n, 24);

    for (size_t i = 0; i < n; i++, at += 24) {
        hone_flat_set(f, at, block[i].at, 8);
        hone_flat_set(f, at + 8, block[i].meta, 4);
        hone_flat_set(f, at + 16, block[i].body, 8);
    }
}

static enum hone_code write_footer(struct hone_run *run, struct writer *w)
{
    static const uint8_t size[] = {2, 4, 4, 4};
    struct hone_flat_writer f;
    struct hone_str footer;
    size_t at[4];
    int32_t len;
    HONE_ARENA(work);

    f = hone_flat_begin(&work);
    hone_flat_put_table(&f, 0, 4, size, at);
    hone_flat_set(&f, at[0], VERSION, 2);
    put_schema(&f, at[1], w);
    put_blocks(&f, at[2], w->dictionary, w->dictionaries);
    put_blocks(&f, at[3], w->batch, w->batches);
    footer = hone_flat_end(&f);
    len = (int32_t)footer.len;
    HONE_TRY(put(run, w, footer.ptr, footer.len));
    HONE_TRY(put(run, w, &len, 4));
    return put(run, w, HONE_IPC_MARK, HONE_IPC_MARK_LEN);
}

/* How each column is written; the first text that is too long for 32-bit offsets in a batch makes them wide. */
static void make_plan(struct writer *w, size_t batch_rows)
{
    int64_t id = 0;

    for (size_t i = 0; i < w->table->cols; i++) {
        struct plan *p = &w->plan[i];
        const struct hone_column *c = &w->table->column[i];
        const struct hone_column *text = c->type == HONE_CATEGORY ? c->dict : c;
        size_t step = c->type == HONE_CATEGORY ? text->rows : batch_rows;
        p->c = c;
        for (size_t row = 0; text->offsets != NULL && row < text->rows; row += step) {
            size_t to = row + step < text->rows ? row + step : text->rows;
            p->wide = p->wide || text->offsets[to] - text->offsets[row] > INT32_MAX;
        }
        if (c->type == HONE_CATEGORY) {
            p->bits = c->dict->rows <= 1u << 7 ? 8 : c->dict->rows <= 1u << 15 ? 16 : 32;
            p->dictionary = id++;
        }
    }
}

static enum hone_code write_all(struct hone_run *run, struct writer *w, bool stream,
                                size_t batch_rows)
{
    struct hone_flat_writer f;
    struct block unused;
    size_t header;
    HONE_ARENA(work);

    if (!stream) {
        HONE_TRY(put(run, w, HONE_IPC_MARK "\0", MAGIC_LEN));
    }
    header = begin_message(&f, &work, HONE_IPC_SCHEMA, 0);
    put_schema(&f, header, w);
    HONE_TRY(put_message(run, w, &f, &unused));
    for (size_t i = 0; i < w->table->cols; i++) {
        if (w->plan[i].c->type == HONE_CATEGORY) {
            HONE_TRY(write_dictionary(run, w, &w->plan[i]));
        }
    }
    for (w->from = 0; w->from < w->table->rows; w->from += w->rows) {
        size_t left = w->table->rows - w->from;
        w->rows = left < batch_rows ? left : batch_rows;
        HONE_TRY(write_batch(run, w));
    }
    HONE_TRY(put(run, w, "\xff\xff\xff\xff\0\0\0", 8));
    return stream ? HONE_OK : write_footer(run, w);
}

static enum hone_code codec_of(struct hone_run *run, const char *name, enum hone_ipc_codec *out)
{
    struct hone_str text = hone_str(name);

    *out = HONE_IPC_PLAIN;
    if (name == NULL || hone_str_is(text, "none")) {
        return HONE_OK;
    }
    if (hone_str_is(text, "zstd") || hone_str_is(text, "lz4")) {
        *out = hone_str_is(text, "zstd") ? HONE_IPC_ZSTD : HONE_IPC_LZ4;
        return HONE_OK;
    }
    (void)hone_fail(run, HONE_E_ARG, "Arrow files are not packed with '%.60s'", name);
    return hone_hint(run, "none, zstd and lz4 are written");
}

static void pieces_free(struct writer *w)
{
    for (size_t i = 0; w->piece != NULL && i < w->table->cols; i++) {
        hone_arena_free(&w->piece[i].mem);
    }
}

enum hone_code hone_arrow_write(struct hone_run *run, const struct hone_table *t,
                                const char *path, const struct hone_write_options *options)
{
    HONE_CLOSING(hone_out_close) struct hone_out out = {.fd = -1};
    HONE_ARENA(work);
    HONE_CLOSING(pieces_free) struct writer w = {.out = &out, .table = t};
    size_t batch_rows = options->row_group > 0 ? (size_t)options->row_group : BATCH_ROWS;
    bool stream = hone_str_ends(hone_str(path), ".arrows") || strcmp(path, "-") == 0;

    HONE_TRY(codec_of(run, options->compression, &w.codec));
    HONE_TRY(hone_array(run, &work, &w.plan, t->cols));
    HONE_TRY(hone_array(run, &work, &w.dictionary, t->cols));
    HONE_TRY(hone_array(run, &work, &w.batch, t->rows / batch_rows + 1));
    HONE_TRY(hone_array(run, &work, &w.piece, t->cols));
    make_plan(&w, batch_rows);
    HONE_TRY(hone_out_open(run, path, &out));
    HONE_TRY(write_all(run, &w, stream, batch_rows));
    return hone_out_commit(run, &out);
}
