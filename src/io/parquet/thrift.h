/*
 * io/thrift.h - the compact protocol of Apache Thrift, as far as Parquet's metadata need it
 *
 * The reader works on bytes that nobody vouches for: every length is held against the bytes that are
 * left, nesting against HONE_THRIFT_DEPTH, and once something does not fit the reader is bad, stays at its
 * end and gives zeroes, so that callers look at bad once, after a whole structure.  It allocates nothing:
 * binary values are views.  The writer appends to a buffer.
 * Source: Apache Thrift, doc/specs/thrift-compact-protocol.md.
 */
#ifndef HONE_IO_THRIFT_H
#define HONE_IO_THRIFT_H

#include "base/str.h"

enum { HONE_THRIFT_DEPTH = 64 };

enum hone_thrift_type {
    HONE_THRIFT_STOP = 0,
    HONE_THRIFT_TRUE = 1, /* a field's value; in lists the element type of bool */
    HONE_THRIFT_FALSE = 2,
    HONE_THRIFT_I8 = 3,
    HONE_THRIFT_I16 = 4,
    HONE_THRIFT_I32 = 5,
    HONE_THRIFT_I64 = 6,
    HONE_THRIFT_DOUBLE = 7,
    HONE_THRIFT_BINARY = 8,
    HONE_THRIFT_LIST = 9,
    HONE_THRIFT_SET = 10,
    HONE_THRIFT_MAP = 11,
    HONE_THRIFT_STRUCT = 12,
};

struct hone_thrift {
    const uint8_t *start, *at, *end;
    unsigned depth;
    const char *bad; /* what does not fit, in words; NULL: all well so far */
};

/* One field of a structure; zeroed before the first. */
struct hone_thrift_field {
    int id;
    enum hone_thrift_type type;
};

static inline struct hone_thrift hone_thrift_of(struct hone_str bytes)
{
    const uint8_t *at = (const uint8_t *)bytes.ptr;
    return (struct hone_thrift){.start = at, .at = at, .end = at + bytes.len};
}
/* Mark as bad; the first reason stays. */
void hone_thrift_spoil(struct hone_thrift *t, const char *why);

/* A structure begins: its fields follow.  The walk is
 *   struct hone_thrift_field f = {0};
 *   hone_thrift_enter(t);
 *   while (hone_thrift_next(t, &f)) { switch (f.id) { ... default: hone_thrift_skip(t, f.type); } }
 * which leaves the structure at its end.  Every field must be read or skipped. */
void hone_thrift_enter(struct hone_thrift *t);
bool hone_thrift_next(struct hone_thrift *t, struct hone_thrift_field *f);
void hone_thrift_skip(struct hone_thrift *t, enum hone_thrift_type type);

/* The value of the field at hand; bad when it is of another type, or beyond 32 bits. */
int64_t hone_thrift_i64(struct hone_thrift *t, const struct hone_thrift_field *f);
int32_t hone_thrift_i32(struct hone_thrift *t, const struct hone_thrift_field *f);
bool hone_thrift_bool(struct hone_thrift *t, const struct hone_thrift_field *f);
struct hone_str hone_thrift_binary(struct hone_thrift *t, const struct hone_thrift_field *f);
/* A structure as the value: enters it; false, with the field skipped or bad, when it is none. */
bool hone_thrift_struct(struct hone_thrift *t, const struct hone_thrift_field *f);

/* A list as the value: how many elements of the type follow, never more than bytes are left.  Bad when the
 * elements are of another type.  Its elements are then read by the calls above with
 * hone_thrift_element. */
size_t hone_thrift_list(struct hone_thrift *t, const struct hone_thrift_field *f,
                        enum hone_thrift_type element);
static inline struct hone_thrift_field hone_thrift_element(enum hone_thrift_type type)
{
    return (struct hone_thrift_field){.type = type};
}
/* An element of a list of bool, which is a byte of its own. */
bool hone_thrift_bool_element(struct hone_thrift *t);

/* Writing.  last holds the id of the field before, 0 at the start of a structure; every structure ends
 * with hone_thrift_put_stop. */
void hone_thrift_put_field(struct hone_buf *buf, int *last, int id, enum hone_thrift_type type);
void hone_thrift_put_i64(struct hone_buf *buf, int *last, int id, int64_t value); /* i64 */
void hone_thrift_put_i32(struct hone_buf *buf, int *last, int id, int32_t value);
void hone_thrift_put_bool(struct hone_buf *buf, int *last, int id, bool value);
void hone_thrift_put_binary(struct hone_buf *buf, int *last, int id, struct hone_str value);
void hone_thrift_put_list(struct hone_buf *buf, int *last, int id,
                          enum hone_thrift_type element, size_t n);
void hone_thrift_put_stop(struct hone_buf *buf);
/* Elements of lists: integers of any width, and binary. */
void hone_thrift_put_zigzag(struct hone_buf *buf, int64_t value);
void hone_thrift_put_bytes(struct hone_buf *buf, struct hone_str value);

#endif
