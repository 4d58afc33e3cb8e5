/*
 * io/flat.h - FlatBuffers, read and written field by field
 *
 * The metadata of Arrow files are FlatBuffers of a few small tables, so there is no generated code: a field is
 * its slot number.  Reading checks each step against the bytes; what does not fit gives the default or
 * nothing and sets bad, so that a caller asks once when it has read what it needs.  References point only
 * forward, so no buffer makes a reader run in circles.
 * Source: FlatBuffers internals (flatbuffers.dev), "Internals".
 */
#ifndef HONE_IO_FLAT_H
#define HONE_IO_FLAT_H

#include "base/str.h"

/* ---- reading ---- */

struct hone_flat {
    const uint8_t *bytes;
    size_t len; /* below 2^31 */
    bool bad;
};

/* Tables are places in the buffer; 0 is none, and fields of none are their defaults. */
size_t hone_flat_root(struct hone_flat *f);
/* The place of a field of size bytes; 0 when it is absent. */
size_t hone_flat_field(struct hone_flat *f, size_t table, unsigned slot, size_t size);
int64_t hone_flat_i64(struct hone_flat *f, size_t table, unsigned slot, int64_t absent);
int32_t hone_flat_i32(struct hone_flat *f, size_t table, unsigned slot, int32_t absent);
int16_t hone_flat_i16(struct hone_flat *f, size_t table, unsigned slot, int16_t absent);
uint8_t hone_flat_u8(struct hone_flat *f, size_t table, unsigned slot, uint8_t absent);
/* The table that a field refers to. */
size_t hone_flat_table(struct hone_flat *f, size_t table, unsigned slot);
/* The first item of a vector of items of size bytes; *n is 0 when it is absent. */
size_t hone_flat_vector(struct hone_flat *f, size_t table, unsigned slot, size_t size,
                        size_t *n);
/* Item i of a vector of tables. */
size_t hone_flat_item(struct hone_flat *f, size_t vector, size_t i);
struct hone_str hone_flat_text(struct hone_flat *f, size_t table, unsigned slot);
/* An integer of a struct or vector whose place was checked. */
int64_t hone_flat_get_i64(const struct hone_flat *f, size_t at);
int32_t hone_flat_get_i32(const struct hone_flat *f, size_t at);

/* ---- writing ---- */

/* Tables come before what they refer to; places are into buf, which begins with the root's. */
struct hone_flat_writer {
    struct hone_buf buf;
};
struct hone_flat_writer hone_flat_begin(struct hone_arena *mem);

/* A table of n fields, size[i] bytes (0: absent; 1, 2, 4, 8; 4 for what refers to something), all zero.  Places of
 * the fields go to at[i].  link: the place of the reference to it, 0 for the root. */
void hone_flat_put_table(struct hone_flat_writer *w, size_t link, size_t n, const uint8_t *size,
                         size_t *at);
void hone_flat_set(struct hone_flat_writer *w, size_t at, int64_t value, size_t size);
void hone_flat_put_text(struct hone_flat_writer *w, size_t link, struct hone_str text);
/* A vector of n items of size bytes, all zero, aligned to 8 when size is a multiple of that; returns the place of
 * the first. */
size_t hone_flat_put_vector(struct hone_flat_writer *w, size_t link, size_t n, size_t size);
/* All of it, padded to a multiple of 8. */
struct hone_str hone_flat_end(struct hone_flat_writer *w);

#endif
