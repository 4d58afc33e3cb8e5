/* gzip and zstd; declared in io/chunk_priv.h. */
#include <zlib.h>
#include <zstd.h>

#include "io/chunk_priv.h"

struct sink {
    struct hone_run *run;
    struct hone_arena *mem;
    const char *path;
    char *ptr;
    size_t len, room;
};

/* Free room behind what there is. */
static enum hone_code make_room(struct sink *s)
{
    size_t room = s->room == 0 ? 256 << 10 : hone_product(s->room, 2);
    char *ptr;

    if (s->len < s->room) {
        return HONE_OK;
    }
    ptr = hone_arena_grow(s->mem, s->ptr, 1, s->room, room);
    if (ptr == NULL) {
        return hone_no_room(s->run, s->path, room);
    }
    s->ptr = ptr;
    s->room = room;
    return HONE_OK;
}

static enum hone_code cut_short(struct sink *s)
{
    return hone_fail(s->run, HONE_E_FORMAT, "%s: the compressed data end too early", s->path);
}

static void inflate_end(z_stream *z)
{
    (void)inflateEnd(z);
}

/* RFC 1952: members one after the other; zero bytes after the last are padding. */
static enum hone_code gunzip(struct sink *s, struct hone_str in)
{
    HONE_CLOSING(inflate_end) z_stream z = {0};
    size_t at = 0;
    int state = Z_OK;

    if (inflateInit2(&z, 15 + 16) != Z_OK) {
        return hone_no_room(s->run, "gzip", 1);
    }
    while (at < in.len) {
        size_t give = in.len - at < 1 << 30 ? in.len - at : 1 << 30;
        size_t room;
        HONE_TRY(make_room(s));
        room = s->room - s->len < 1 << 30 ? s->room - s->len : 1 << 30;
        z.next_in = (Bytef *)(uintptr_t)in.ptr + at; /* only read */
        z.avail_in = (uInt)give;
        z.next_out = (Bytef *)s->ptr + s->len;
        z.avail_out = (uInt)room;
        state = inflate(&z, Z_NO_FLUSH);
        at += give - z.avail_in;
        s->len += room - z.avail_out;
        if (state == Z_STREAM_END) {
            while (at < in.len && in.ptr[at] == '\0') {
                at++;
            }
            if (at < in.len && inflateReset(&z) != Z_OK) {
                return hone_no_room(s->run, "gzip", 1);
            }
        } else if (state == Z_BUF_ERROR && z.avail_out > 0) {
            return cut_short(s);
        } else if (state != Z_OK && state != Z_BUF_ERROR) {
            return hone_fail(s->run, HONE_E_FORMAT, "%s: damaged gzip data: %s", s->path,
                             z.msg == NULL ? "not gzip" : z.msg);
        }
        HONE_TRY(hone_check_cancel(s->run));
    }
    while (state != Z_STREAM_END) { /* what is still inside */
        size_t before = s->len;
        HONE_TRY(make_room(s));
        z.avail_in = 0;
        z.next_out = (Bytef *)s->ptr + s->len;
        z.avail_out = (uInt)(s->room - s->len < 1 << 30 ? s->room - s->len : 1 << 30);
        state = inflate(&z, Z_NO_FLUSH);
        s->len = (size_t)((char *)z.next_out - s->ptr);
        if (state != Z_STREAM_END && s->len == before) {
            return cut_short(s);
        }
    }
    return HONE_OK;
}

static void stream_free(ZSTD_DStream **stream)
{
    ZSTD_freeDStream(*stream);
}

/* RFC 8878: frames one after the other. */
static enum hone_code unzstd(struct sink *s, struct hone_str bytes)
{
    HONE_CLOSING(stream_free) ZSTD_DStream *stream = ZSTD_createDStream();
    ZSTD_inBuffer in = {bytes.ptr, bytes.len, 0};
    size_t more = 1;

    if (stream == NULL) {
        return hone_no_room(s->run, "zstd", 1);
    }
    for (;;) {
        ZSTD_outBuffer out;
        size_t before = in.pos;
        HONE_TRY(make_room(s));
        out = (ZSTD_outBuffer){s->ptr, s->room, s->len};
        if (more == 0 && in.pos == in.size) {
            return HONE_OK;
        }
        more = ZSTD_decompressStream(stream, &out, &in);
        if (ZSTD_isError(more)) {
            return hone_fail(s->run, HONE_E_FORMAT, "%s: damaged zstd data: %s", s->path,
                             ZSTD_getErrorName(more));
        }
        if (more != 0 && in.pos == before && out.pos == s->len) {
            return cut_short(s);
        }
        s->len = out.pos;
        HONE_TRY(hone_check_cancel(s->run));
    }
}

enum hone_code hone_unpack(struct hone_run *run, const char *path, struct hone_str bytes,
                           struct hone_arena *mem, struct hone_str *out, const char **name)
{
    struct sink s = {.run = run, .mem = mem, .path = path};

    *name = NULL;
    if (bytes.len >= 2 && memcmp(bytes.ptr, "\x1f\x8b", 2) == 0) {
        HONE_TRY(gunzip(&s, bytes));
        *name = "gzip";
    } else if (bytes.len >= 4 && memcmp(bytes.ptr, "\x28\xb5\x2f\xfd", 4) == 0) {
        HONE_TRY(unzstd(&s, bytes));
        *name = "zstd";
    } else {
        *out = bytes;
        return HONE_OK;
    }
    *out = (struct hone_str){s.ptr, s.len};
    return HONE_OK;
}
