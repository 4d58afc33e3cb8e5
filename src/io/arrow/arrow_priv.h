/*
 * io/arrow_priv.h - the parts of the reader and writer of Arrow IPC files and streams
 *
 * A stream is messages: a schema, dictionaries, record batches.  A file is the same between two marks, with a
 * footer that says where they are.  Metadata become types and arrays that point into the file (arrow_meta.c), so
 * that nothing is copied or unpacked until a column is made; then each column, in parallel, unpacks
 * what it needs (arrow_body.c) and is made by table/arrow_array.h.  Nothing in a file is believed.
 * Source: Apache Arrow columnar format 1.5, "Serialization and Interprocess Communication (IPC)";
 * Schema.fbs, Message.fbs, File.fbs.
 */
#ifndef HONE_IO_ARROW_PRIV_H
#define HONE_IO_ARROW_PRIV_H

#include "base/hash.h"
#include "io/arrow/flat.h"
#include "io/reader.h"
#include "table/arrow_array.h"

#define HONE_IPC_MARK        "ARROW1"
#define HONE_IPC_MARK_LEN    ((size_t)6)
#define HONE_IPC_FIELDS_MOST ((size_t)100000)

enum hone_ipc_header { /* of a message; the numbers are the format's */
                       HONE_IPC_NONE,
                       HONE_IPC_SCHEMA,
                       HONE_IPC_DICTIONARY,
                       HONE_IPC_BATCH,
};

enum hone_ipc_codec { HONE_IPC_PLAIN = -1, HONE_IPC_LZ4, HONE_IPC_ZSTD };

/* A message: where its header is, and its body. */
struct hone_ipc_message {
    struct hone_flat meta;
    int version; /* 3: V4, 4: V5 */
    enum hone_ipc_header kind;
    size_t header;
    struct hone_str body;
    size_t end; /* of it, in the file */
};

/* A record batch or the values of a dictionary, still as it is in the file. */
struct hone_ipc_batch {
    struct hone_arrow_array array; /* a struct of the schema's fields, or the values */
    enum hone_ipc_codec codec;     /* of its buffers, each behind its length */
};

/* The values of one dictionary so far: batches replace or extend them. */
struct hone_ipc_dictionary {
    struct hone_arrow_type *type;   /* of the values */
    struct hone_arrow_array **part; /* (parts) unpacked and checked */
    size_t parts, room;
};

struct hone_ipc {
    const char *path;
    struct hone_str bytes;
    struct hone_arena *mem; /* of all below, for as long as the file is read */
    struct hone_arrow_type root;
    bool has_schema;
    struct hone_ipc_dictionary
        *dictionary; /* (dictionaries) types name them by their place here */
    size_t dictionaries, dictionary_room;
    struct hone_map ids; /* the 8 bytes of an id to that place */
    struct hone_ipc_batch *batch;
    size_t batches, room;
    size_t fields;   /* seen in the schema */
    size_t unpacked; /* bytes that its packed buffers say they hold */
};

/* Raise: "PATH: ..." */
#define hone_ipc_bad(run, ipc, format, ...)                                                    \
    hone_fail((run), HONE_E_FORMAT, "%s: " format, (ipc)->path, __VA_ARGS__)

/* The message at a place of the file; kind is NONE at the end of a stream. */
enum hone_code hone_ipc_message(struct hone_run *run, const struct hone_ipc *ipc, size_t at,
                                struct hone_ipc_message *out);
/* The schema of a message's header, or of a footer: root and dictionaries of ipc. */
enum hone_code hone_ipc_schema(struct hone_run *run, struct hone_ipc *ipc,
                               struct hone_flat *meta, size_t schema);
/* Take a message in: a batch is added, a dictionary unpacked and made known.  replace: whether a dictionary
 * may come again. */
enum hone_code hone_ipc_take(struct hone_run *run, struct hone_ipc *ipc,
                             struct hone_ipc_message *message, bool replace);

/* The array as it is in memory: packed buffers unpacked to mem, all below too. */
enum hone_code hone_ipc_unpack(struct hone_run *run, const struct hone_ipc *ipc,
                               enum hone_ipc_codec codec, const struct hone_arrow_type *type,
                               const struct hone_arrow_array *packed, struct hone_arena *mem,
                               struct hone_arrow_array *out);
/* One buffer.  Failures do not name the file: the caller does. */
enum hone_code hone_ipc_unpack_bytes(struct hone_run *run, const struct hone_ipc *ipc,
                                     enum hone_ipc_codec codec, struct hone_arena *mem,
                                     struct hone_arrow_bytes *bytes);
/* A buffer as it is written: behind its length, packed where that makes it shorter. */
enum hone_code hone_ipc_pack_bytes(struct hone_run *run, enum hone_ipc_codec codec,
                                   struct hone_str bytes, struct hone_arena *mem,
                                   struct hone_str *out);

enum hone_code hone_arrow_write(struct hone_run *run, const struct hone_table *t,
                                const char *path, const struct hone_write_options *options);

#endif
