/*
 * io/page_codec.h - compressed pages of columnar files
 *
 * Numbers as in Parquet's CompressionCodec.  A page says how long it is when it is unpacked, so nothing
 * here grows: the output is exactly that long or the page is damaged.
 * Source: apache/parquet-format, Compression.md.
 */
#ifndef HONE_IO_PAGE_CODEC_H
#define HONE_IO_PAGE_CODEC_H

#include "base/str.h"

enum hone_codec {
    HONE_CODEC_NONE = 0,
    HONE_CODEC_SNAPPY = 1,
    HONE_CODEC_GZIP = 2,
    HONE_CODEC_LZO = 3, /* not read: nobody writes it */
    HONE_CODEC_BROTLI = 4,
    HONE_CODEC_LZ4 = 5, /* in Hadoop's frames; plain blocks under this number are read too */
    HONE_CODEC_ZSTD = 6,
    HONE_CODEC_LZ4_RAW = 7,
    HONE_CODEC_COUNT,
};

const char *hone_codec_name(enum hone_codec codec);
/* The codec of a name that can be written ("none", "snappy", "gzip", "zstd", "lz4"); COUNT: none. */
enum hone_codec hone_codec_parse(struct hone_str name);

/* More than this cannot come of len packed bytes, whatever they are; a codec that packs without bound (zstd,
 * brotli) gets HONE_CODEC_FLOOR and a thousand for one. */
#define HONE_CODEC_FLOOR ((size_t)256 << 20)
size_t hone_codec_most(enum hone_codec codec, size_t len);

/*
 * Unpack in to out, which is out_len bytes and gets all of them.  NULL: done; else what is wrong, in words.
 * Any thread.  in and out may not overlap.
 */
const char *hone_codec_unpack(enum hone_codec codec, struct hone_str in, char *out,
                              size_t out_len);

/*
 * Pack in to *out in mem.  level: of zstd and gzip, 0 for their own default.  The same bytes for any
 * number of threads.  Fails: HONE_E_LIMIT (no memory), HONE_E_UNSUPPORTED (brotli, lzo, lz4 in frames).
 */
enum hone_code hone_codec_pack(struct hone_run *run, enum hone_codec codec, int level,
                               struct hone_str in, struct hone_arena *mem,
                               struct hone_str *out);

#endif
