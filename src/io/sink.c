/* Bytes to files, plain or packed; declared in io/sink.h. */
#include "io/sink.h"

#include <zlib.h>
#include <zstd.h>

#include "base/pool.h"

enum {
    GZIP_BLOCK = 1 << 20,
    GZIP_BLOCKS = 16,
    GZIP_LEVEL = 6,
    ZSTD_BLOCK = 4 << 20,
    ZSTD_BLOCKS = 4,
    ZSTD_LEVEL = 3,
    WINDOW = 32 << 10, /* how far back deflate refers */
};

static size_t block_bytes(enum hone_packing packing)
{
    return packing == HONE_GZIP ? GZIP_BLOCK : ZSTD_BLOCK;
}

static size_t blocks_most(enum hone_packing packing)
{
    return packing == HONE_GZIP ? GZIP_BLOCKS : ZSTD_BLOCKS;
}

/* Bytes that a packed block has at most: deflate's bound, the end of a flush, and zstd's bound are below. */
static size_t packed_most(enum hone_packing packing)
{
    return packing == HONE_GZIP ? compressBound(GZIP_BLOCK) + 64
                                : ZSTD_compressBound(ZSTD_BLOCK);
}

enum hone_code hone_packing_of(struct hone_run *run, const char *path, const char *compression,
                               enum hone_packing *out)
{
    static const struct {
        const char *name, *ending;
        enum hone_packing packing;
    } kinds[] = {{"gzip", ".gz", HONE_GZIP},
                 {"gz", NULL, HONE_GZIP},
                 {"zstd", ".zst", HONE_ZSTD},
                 {"zst", NULL, HONE_ZSTD},
                 {"none", NULL, HONE_PLAIN_BYTES}};
    size_t n = sizeof kinds / sizeof kinds[0];

    for (size_t i = 0; i < n; i++) {
        if (compression != NULL
                ? strcmp(compression, kinds[i].name) == 0
                : kinds[i].ending != NULL && hone_str_ends(hone_str(path), kinds[i].ending)) {
            *out = kinds[i].packing;
            return HONE_OK;
        }
    }
    if (compression != NULL) {
        (void)hone_fail(run, HONE_E_ARG, "text is not packed with '%.60s'", compression);
        return hone_hint(run, "it is packed with gzip or zstd; none leaves it as it is");
    }
    *out = HONE_PLAIN_BYTES;
    return HONE_OK;
}

enum hone_code hone_sink_open(struct hone_run *run, const char *path, const char *compression,
                              struct hone_sink *out)
{
    /* No flags, no time, no name, an unknown system: RFC 1952, 2.3.1. */
    static const unsigned char gzip_head[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};
    HONE_CLOSING(hone_sink_close) struct hone_sink sink = HONE_NO_SINK;

    HONE_TRY(hone_packing_of(run, path, compression, &sink.packing));
    if (sink.packing != HONE_PLAIN_BYTES) {
        size_t blocks = blocks_most(sink.packing);
        HONE_TRY(hone_matrix(run, &sink.mem, &sink.pending, blocks, block_bytes(sink.packing)));
        HONE_TRY(hone_matrix(run, &sink.mem, &sink.packed, blocks, packed_most(sink.packing)));
        HONE_TRY(hone_array(run, &sink.mem, &sink.size, blocks));
        HONE_TRY(hone_array(run, &sink.mem, &sink.window, WINDOW));
    }
    HONE_TRY(hone_out_open(run, path, &sink.out));
    if (sink.packing == HONE_GZIP) {
        HONE_TRY(hone_out_write(run, &sink.out, gzip_head, sizeof gzip_head));
    }
    *out = sink;
    sink = (struct hone_sink)HONE_NO_SINK;
    return HONE_OK;
}

/* A group of pending blocks being packed. */
struct group {
    struct hone_sink *sink;
    size_t blocks;
    bool last; /* of the file */
};

static void deflate_end(z_stream *z)
{
    (void)deflateEnd(z);
}

/* One block as a piece of a single deflate stream: it may refer to the bytes before it and ends at a byte. */
static enum hone_code gzip_block(struct hone_run *run, const struct group *g, size_t i,
                                 struct hone_str bytes)
{
    struct hone_sink *s = g->sink;
    bool last = g->last && i + 1 == g->blocks;
    const char *before = i > 0 ? bytes.ptr - WINDOW : s->window;
    size_t behind = i > 0 ? WINDOW : s->behind;
    HONE_CLOSING(deflate_end) z_stream z = {0};
    int state;

    if (deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
        (behind > 0 && deflateSetDictionary(&z, (const Bytef *)before, (uInt)behind) != Z_OK)) {
        return hone_no_room(run, "gzip", 1);
    }
    z.next_in = (Bytef *)(uintptr_t)bytes.ptr; /* only read */
    z.avail_in = (uInt)bytes.len;
    z.next_out = (Bytef *)s->packed + i * packed_most(HONE_GZIP);
    z.avail_out = (uInt)packed_most(HONE_GZIP);
    state = deflate(&z, last ? Z_FINISH : Z_SYNC_FLUSH);
    HONE_ASSERT(state == (last ? Z_STREAM_END : Z_OK) && z.avail_in == 0 && z.avail_out > 0);
    s->size[i] = packed_most(HONE_GZIP) - z.avail_out;
    return HONE_OK;
}

static void context_free(ZSTD_CCtx **context)
{
    (void)ZSTD_freeCCtx(*context);
}

static enum hone_code zstd_block(struct hone_run *run, const struct group *g, size_t i,
                                 struct hone_str bytes)
{
    struct hone_sink *s = g->sink;
    HONE_CLOSING(context_free) ZSTD_CCtx *context = ZSTD_createCCtx();
    size_t size;

    if (context == NULL ||
        ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, ZSTD_LEVEL))) {
        return hone_no_room(run, "zstd", 1);
    }
    size = ZSTD_compress2(context, s->packed + i * packed_most(HONE_ZSTD),
                          packed_most(HONE_ZSTD), bytes.ptr, bytes.len);
    if (ZSTD_isError(size)) {
        return hone_fail(run, HONE_E_LIMIT, "%s: zstd: %s", s->out.path,
                         ZSTD_getErrorName(size));
    }
    s->size[i] = size;
    return HONE_OK;
}

static enum hone_code pack_block(struct hone_run *run, void *ctx, size_t i)
{
    const struct group *g = ctx;
    const struct hone_sink *s = g->sink;
    size_t each = block_bytes(s->packing);
    size_t left = s->used - i * each;
    struct hone_str bytes = {s->pending + i * each, left < each ? left : each};

    HONE_TRY(hone_check_cancel(run));
    return s->packing == HONE_GZIP ? gzip_block(run, g, i, bytes)
                                   : zstd_block(run, g, i, bytes);
}

/* Pack what is pending and write it. */
static enum hone_code pack_group(struct hone_run *run, struct hone_sink *s, bool last)
{
    size_t each = block_bytes(s->packing);
    struct group g = {.sink = s, .blocks = (s->used + each - 1) / each, .last = last};

    if (last && g.blocks == 0 && (s->packing == HONE_GZIP || s->bytes == 0)) {
        g.blocks = 1; /* an empty one: the end of the stream, or of an empty file */
    }
    HONE_TRY(hone_parallel_try(run, g.blocks, pack_block, &g));
    for (size_t i = 0; i < g.blocks; i++) {
        HONE_TRY(
            hone_out_write(run, &s->out, s->packed + i * packed_most(s->packing), s->size[i]));
    }
    if (s->packing == HONE_GZIP) {
        s->crc = (uint32_t)crc32(s->crc, (const Bytef *)s->pending, (uInt)s->used);
        s->behind = s->used < WINDOW ? s->used : WINDOW;
        memcpy(s->window, s->pending + s->used - s->behind, s->behind);
    }
    s->bytes += s->used;
    s->used = 0;
    return HONE_OK;
}

enum hone_code hone_sink_write(struct hone_run *run, struct hone_sink *sink, const void *bytes,
                               size_t len)
{
    size_t room = blocks_most(sink->packing) * block_bytes(sink->packing);
    const char *from = bytes;

    if (sink->packing == HONE_PLAIN_BYTES) {
        return hone_out_write(run, &sink->out, bytes, len);
    }
    while (len > 0) {
        size_t take = len < room - sink->used ? len : room - sink->used;
        memcpy(sink->pending + sink->used, from, take);
        sink->used += take;
        from += take;
        len -= take;
        if (sink->used == room) {
            HONE_TRY(pack_group(run, sink, false));
        }
    }
    return HONE_OK;
}

/* Little-endian: RFC 1952, 2.3.1. */
static void put_u32(unsigned char *out, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        out[i] = (unsigned char)(value >> (8 * i));
    }
}

enum hone_code hone_sink_commit(struct hone_run *run, struct hone_sink *sink)
{
    unsigned char tail[8];

    if (sink->packing != HONE_PLAIN_BYTES) {
        HONE_TRY(pack_group(run, sink, true));
    }
    if (sink->packing == HONE_GZIP) {
        put_u32(tail, sink->crc);
        put_u32(tail + 4, (uint32_t)sink->bytes);
        HONE_TRY(hone_out_write(run, &sink->out, tail, sizeof tail));
    }
    HONE_TRY(hone_out_commit(run, &sink->out));
    hone_sink_close(sink);
    return HONE_OK;
}

void hone_sink_close(struct hone_sink *sink)
{
    hone_out_close(&sink->out);
    hone_arena_free(&sink->mem);
    *sink = (struct hone_sink)HONE_NO_SINK;
}
