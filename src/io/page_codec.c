#include "io/page_codec.h"

#include <brotli/decode.h>
#include <lz4.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

static const char *const names[HONE_CODEC_COUNT] = {
    [HONE_CODEC_NONE] = "none",     [HONE_CODEC_SNAPPY] = "snappy",
    [HONE_CODEC_GZIP] = "gzip",     [HONE_CODEC_LZO] = "lzo",
    [HONE_CODEC_BROTLI] = "brotli", [HONE_CODEC_LZ4] = "lz4 in frames",
    [HONE_CODEC_ZSTD] = "zstd",     [HONE_CODEC_LZ4_RAW] = "lz4",
};

const char *hone_codec_name(enum hone_codec codec)
{
    return codec < HONE_CODEC_COUNT ? names[codec] : "unknown";
}

enum hone_codec hone_codec_parse(struct hone_str name)
{
    static const enum hone_codec written[] = {HONE_CODEC_NONE, HONE_CODEC_SNAPPY,
                                              HONE_CODEC_GZIP, HONE_CODEC_ZSTD,
                                              HONE_CODEC_LZ4_RAW};

    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
        if (hone_str_is(name, names[written[i]])) {
            return written[i];
        }
    }
    return HONE_CODEC_COUNT;
}

size_t hone_codec_most(enum hone_codec codec, size_t len)
{
    switch (codec) {
    case HONE_CODEC_NONE:
        return len;
    case HONE_CODEC_SNAPPY: /* a copy of 64 bytes takes 3 */
        return hone_product(len, 22) + 64;
    case HONE_CODEC_LZ4:
    case HONE_CODEC_LZ4_RAW: /* a byte of match length stands for 255 */
        return hone_product(len, 255) + 64;
    case HONE_CODEC_GZIP:
        return hone_product(len, 1032) + 64;
    default:
        return hone_product(len, 1024) + HONE_CODEC_FLOOR;
    }
}

static void inflate_done(z_stream *z)
{
    (void)inflateEnd(z);
}

/* gzip (RFC 1952), or zlib, which some writers put there; members one after the other. */
static const char *unpack_gzip(struct hone_str in, char *out, size_t out_len)
{
    HONE_CLOSING(inflate_done) z_stream z = {0};
    int state = Z_OK;

    if (inflateInit2(&z, 15 + 32) != Z_OK) {
        return "there is no memory for gzip";
    }
    z.next_in = (Bytef *)(uintptr_t)in.ptr; /* only read */
    z.avail_in = (uInt)in.len;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)out_len;
    while (z.avail_in > 0) {
        state = inflate(&z, Z_NO_FLUSH);
        if (state == Z_STREAM_END && z.avail_in > 0 && z.avail_out > 0) {
            state = inflateReset(&z);
        } else if (state != Z_OK) {
            break;
        }
    }
    return state == Z_STREAM_END && z.avail_out == 0 ? NULL : "the gzip data are damaged";
}

static const char *unpack_lz4(struct hone_str in, char *out, size_t out_len)
{
    int n = LZ4_decompress_safe(in.ptr, out, (int)in.len, (int)out_len);
    return n >= 0 && (size_t)n == out_len ? NULL : "the lz4 data are damaged";
}

static size_t big32(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;
    return (size_t)u[0] << 24 | (size_t)u[1] << 16 | (size_t)u[2] << 8 | u[3];
}

/* Frames of (length, packed length, block), both numbers of four bytes with the highest first. */
static const char *unpack_frames(struct hone_str in, char *out, size_t out_len)
{
    const char *bad = NULL;
    struct hone_str rest = in;
    size_t done = 0;

    while (rest.len >= 8 && bad == NULL) {
        size_t len = big32(rest.ptr);
        size_t packed = big32(rest.ptr + 4);
        if (packed > rest.len - 8 || len > out_len - done) {
            bad = "the lz4 frames are damaged";
            break;
        }
        bad = unpack_lz4((struct hone_str){rest.ptr + 8, packed}, out + done, len);
        done += len;
        rest = (struct hone_str){rest.ptr + 8 + packed, rest.len - 8 - packed};
    }
    if (bad == NULL && (rest.len > 0 || done != out_len)) {
        bad = "the lz4 frames are damaged";
    }
    return bad == NULL ? NULL : unpack_lz4(in, out, out_len);
}

static const char *unpack_snappy(struct hone_str in, char *out, size_t out_len)
{
    size_t len = 0;

    if (snappy_uncompressed_length(in.ptr, in.len, &len) != SNAPPY_OK) {
        return "the snappy data are damaged";
    }
    if (len != out_len) {
        return "the snappy data are of another length than the page says";
    }
    return snappy_uncompress(in.ptr, in.len, out, &len) == SNAPPY_OK
               ? NULL
               : "the snappy data are damaged";
}

static const char *unpack_zstd(struct hone_str in, char *out, size_t out_len)
{
    size_t n = ZSTD_decompress(out, out_len, in.ptr, in.len);

    if (ZSTD_isError(n)) {
        return "the zstd data are damaged";
    }
    return n == out_len ? NULL : "the zstd data are of another length than the page says";
}

static const char *unpack_brotli(struct hone_str in, char *out, size_t out_len)
{
    size_t n = out_len;
    BrotliDecoderResult result =
        BrotliDecoderDecompress(in.len, (const uint8_t *)in.ptr, &n, (uint8_t *)out);

    return result == BROTLI_DECODER_RESULT_SUCCESS && n == out_len
               ? NULL
               : "the brotli data are damaged";
}

const char *hone_codec_unpack(enum hone_codec codec, struct hone_str in, char *out,
                              size_t out_len)
{
    if (out_len > INT32_MAX || in.len > INT32_MAX) {
        return "a page of more than 2 GiB";
    }
    switch (codec) {
    case HONE_CODEC_NONE:
        if (in.len != out_len) {
            return "its packed and unpacked lengths differ though nothing is packed";
        }
        memcpy(out, in.ptr, in.len);
        return NULL;
    case HONE_CODEC_SNAPPY:
        return unpack_snappy(in, out, out_len);
    case HONE_CODEC_GZIP:
        return unpack_gzip(in, out, out_len);
    case HONE_CODEC_BROTLI:
        return unpack_brotli(in, out, out_len);
    case HONE_CODEC_LZ4:
        return unpack_frames(in, out, out_len);
    case HONE_CODEC_LZ4_RAW:
        return unpack_lz4(in, out, out_len);
    case HONE_CODEC_ZSTD:
        return unpack_zstd(in, out, out_len);
    default:
        return "its codec is not known";
    }
}

static void deflate_done(z_stream *z)
{
    (void)deflateEnd(z);
}

static bool pack_gzip(int level, struct hone_str in, char *out, size_t *len)
{
    HONE_CLOSING(deflate_done) z_stream z = {0};

    if (deflateInit2(&z, level == 0 ? 6 : level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
        return false;
    }
    z.next_in = (Bytef *)(uintptr_t)in.ptr; /* only read */
    z.avail_in = (uInt)in.len;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)*len;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END) {
        return false;
    }
    *len = (size_t)((char *)z.next_out - out);
    return true;
}

static size_t room_for(enum hone_codec codec, size_t len)
{
    switch (codec) {
    case HONE_CODEC_SNAPPY:
        return snappy_max_compressed_length(len);
    case HONE_CODEC_GZIP:
        return compressBound((uLong)len) + 32; /* its head and tail are longer than zlib's */
    case HONE_CODEC_ZSTD:
        return ZSTD_compressBound(len);
    default:
        return (size_t)LZ4_compressBound((int)len);
    }
}

enum hone_code hone_codec_pack(struct hone_run *run, enum hone_codec codec, int level,
                               struct hone_str in, struct hone_arena *mem, struct hone_str *out)
{
    char *to;
    size_t len;
    bool done = false;

    if (codec == HONE_CODEC_NONE) {
        *out = in;
        return HONE_OK;
    }
    if (codec == HONE_CODEC_BROTLI || codec == HONE_CODEC_LZO || codec == HONE_CODEC_LZ4 ||
        codec >= HONE_CODEC_COUNT) {
        return hone_fail(run, HONE_E_UNSUPPORTED, "%s is not written", hone_codec_name(codec));
    }
    if (in.len > INT32_MAX / 2) {
        return hone_fail(run, HONE_E_LIMIT, "a page of %zu bytes is too long", in.len);
    }
    len = room_for(codec, in.len);
    HONE_TRY(hone_array(run, mem, &to, len));
    if (codec == HONE_CODEC_SNAPPY) {
        done = snappy_compress(in.ptr, in.len, to, &len) == SNAPPY_OK;
    } else if (codec == HONE_CODEC_GZIP) {
        done = pack_gzip(level, in, to, &len);
    } else if (codec == HONE_CODEC_ZSTD) {
        len = ZSTD_compress(to, len, in.ptr, in.len, level == 0 ? ZSTD_CLEVEL_DEFAULT : level);
        done = !ZSTD_isError(len);
    } else {
        int n = LZ4_compress_default(in.ptr, to, (int)in.len, (int)len);
        done = n > 0;
        len = (size_t)n;
    }
    if (!done) {
        return hone_no_room(run, hone_codec_name(codec), in.len);
    }
    *out = (struct hone_str){to, len};
    return HONE_OK;
}
