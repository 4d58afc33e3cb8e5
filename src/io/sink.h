/*
 * io/sink.h - where writers of text put their bytes: a file that appears whole, plain or packed
 *
 * Bytes are handed over in order, in pieces of any size; packing happens in blocks that depend on the bytes
 * alone, in parallel, so that the same bytes give the same file with any number of threads.  gzip has no time
 * stamp and no name in it and is one member; zstd is frames of 4 MiB with check sums, one after the other.
 * One thread at a time writes.
 * Source: RFC 1951, RFC 1952, RFC 8878.
 */
#ifndef HONE_IO_SINK_H
#define HONE_IO_SINK_H

#include "base/file.h"

enum hone_packing { HONE_PLAIN_BYTES, HONE_GZIP, HONE_ZSTD };

struct hone_sink {
    struct hone_out out;
    enum hone_packing packing;
    struct hone_arena mem;
    char *pending; /* bytes not packed yet: room for a group of blocks */
    size_t used;
    char *packed;  /* of a group, each block in a place of its own */
    size_t *size;  /* (blocks) of what is there */
    char *window;  /* gzip: the last bytes of the group before, which the next may refer to */
    size_t behind; /* how many */
    uint32_t crc;  /* gzip: of all so far */
    uint64_t bytes;
};

/* A sink that is not open: HONE_CLOSING(hone_sink_close) struct hone_sink sink = HONE_NO_SINK; */
#define HONE_NO_SINK                                                                           \
    {                                                                                          \
        .out.fd = -1                                                                           \
    }

/*
 * What --compression and the name say: "none", "gzip" (or "gz"), "zstd" (or "zst"); NULL: by the ending of path.
 * Fails: HONE_E_ARG.
 */
enum hone_code hone_packing_of(struct hone_run *run, const char *path, const char *compression,
                               enum hone_packing *out);

/* Open path ("-" is standard output) to be written; compression as in hone_write_options.
 * Fails: HONE_E_IO, HONE_E_ARG, HONE_E_LIMIT. */
enum hone_code hone_sink_open(struct hone_run *run, const char *path, const char *compression,
                              struct hone_sink *out);
/* Fails: HONE_E_IO, HONE_E_LIMIT, HONE_E_CANCELLED. */
enum hone_code hone_sink_write(struct hone_run *run, struct hone_sink *sink, const void *bytes,
                               size_t len);
/* The file is there, whole; the sink is closed. */
enum hone_code hone_sink_commit(struct hone_run *run, struct hone_sink *sink);
/* Without a commit nothing remains.  Of a sink that is not open: nothing. */
void hone_sink_close(struct hone_sink *sink);

#endif
