/*
 * graph/wire_priv.h - protobuf read and written by tables
 *
 * A message is a C struct that begins with a size_t: where it began in the bytes read.  A table of rows says
 * which member holds which field.  Unknown fields are skipped; groups are refused.
 * Source: protobuf encoding guide (varint, I64, LEN, I32; packed repeated fields).
 */
#ifndef HONE_GRAPH_WIRE_PRIV_H
#define HONE_GRAPH_WIRE_PRIV_H

#include "base/str.h"

enum hone_wire_kind {
    HONE_WIRE_INT,   /* int64_t */
    HONE_WIRE_FLOAT, /* float */
    HONE_WIRE_NAME,  /* const char *: copied, "" when absent; a NUL inside is refused */
    HONE_WIRE_TEXT,  /* struct hone_str: a view of the bytes read */
    HONE_WIRE_ONE,   /* pointer to a message, NULL when absent */
    HONE_WIRE_INTS,  /* pointer and count, as all below; read packed or not, written packed */
    HONE_WIRE_FLOATS,
    HONE_WIRE_DOUBLES,
    HONE_WIRE_NAMES,
    HONE_WIRE_TEXTS,
    HONE_WIRE_MANY,
};

struct hone_wire_field {
    uint32_t number; /* rows are in the order of their numbers */
    enum hone_wire_kind kind;
    const char *name;
    size_t at;    /* offset of the member */
    size_t count; /* offset of the size_t count of lists */
    size_t
        present; /* offset of a bool set on reading and asked for on writing; 0: zero is absent */
    const struct hone_wire_message *sub;
};

struct hone_wire_message {
    const char *name;
    size_t size;
    const struct hone_wire_field *field;
    size_t fields;
};

#define HONE_WIRE_DEPTH 64

/* Read bytes as a message into out (zeroed).  Lists and copies are in mem.
 * Fails: HONE_E_FORMAT with offset, message and field; HONE_E_LIMIT. */
enum hone_code hone_wire_read(struct hone_run *run, const struct hone_wire_message *type,
                              struct hone_str bytes, struct hone_arena *mem, void *out);

/* Write a message: fields in the order of their rows.  Fails: HONE_E_LIMIT (over 2 GiB, or no memory). */
enum hone_code hone_wire_write(struct hone_run *run, const struct hone_wire_message *type,
                               const void *message, struct hone_arena *mem,
                               struct hone_str *bytes);

#endif
