/*
 * table/arrow_c.h - tables to and from other libraries in the same process, without copying: the Arrow C data
 * interface and C stream interface
 *
 * The three structs are the interface's own, for which its specification asks: any library that speaks
 * it (Arrow, pandas, Polars, DuckDB, nanoarrow) takes and gives them.  Who gets a struct with a release callback
 * calls it once, when done; a struct whose release is NULL is released.
 * Source: Apache Arrow, "The Arrow C data interface" and "The Arrow C stream interface".
 */
#ifndef HONE_TABLE_ARROW_C_H
#define HONE_TABLE_ARROW_C_H

#include "table/table.h"

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE           2
#define ARROW_FLAG_MAP_KEYS_SORTED    4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

#endif

/*
 * A table as a struct array, its columns the children; buffers are shared, nothing is copied.
 *
 *   owner   the arena that holds the table, or NULL.  Given one, it moves into the array (*owner is empty
 *           afterwards, t may not be used) and is freed when the array and all children that were moved out
 *           of it are released, by whatever thread.  NULL: t and all it shares must outlive them.
 *   schema  set on success; owns all it refers to, and may outlive the array
 *   array   set on success
 *
 * bool "b", int64 "l", float32 "f", float64 "g", text "U", category "i" with a dictionary "U", date "tdD",
 * timestamp "tsu:UTC", binary "Z", vector "+w:N" of "f".  A buffer starts where the table's does: at a multiple of
 * 64 bytes, or 16 when it is shorter than that.
 */
enum hone_code hone_arrow_export(struct hone_run *run, const struct hone_table *t,
                                 struct hone_arena *owner, struct ArrowSchema *schema,
                                 struct ArrowArray *array);

/*
 * The same as a stream of arrays of rows_per_array rows, rounded up to a multiple of 64 so that all bitmaps begin at
 * whole bytes (0: one array).  Offsets say where each begins: buffers are shared with the table.  Arrays may outlive
 * the stream.
 */
enum hone_code hone_arrow_export_stream(struct hone_run *run, const struct hone_table *t,
                                        struct hone_arena *owner, size_t rows_per_array,
                                        struct ArrowArrayStream *out);

/*
 * The table of a struct array of any types (docs/table.md says what becomes of those that hone has not); structs
 * within become columns "a.b".  An array that is no struct becomes a table of one column.
 *
 *   schema  read only; the caller releases it
 *   array   read only; the caller releases it: at any time after, but for borrow
 *   borrow  buffers that are as hone has them (bool, int64, floats, large text and binary, dates, microseconds,
 *           lists of a fixed number of floats, bitmaps at whole bytes) are shared, and the caller releases the array
 *           only after the table's last use; else all is copied
 *
 * Lengths, offsets, indices and UTF-8 are checked, but how long a buffer is the interface does not say:
 * that is the producer's promise.
 * Fails: HONE_E_ARG (released structs), HONE_E_FORMAT, HONE_E_UNSUPPORTED (a format string of a later specification),
 * HONE_E_LIMIT.
 */
enum hone_code hone_arrow_import(struct hone_run *run, const struct ArrowSchema *schema,
                                 const struct ArrowArray *array, bool borrow,
                                 struct hone_arena *mem, struct hone_table **out);

/* All arrays of a stream, copied into one table; the stream is released, whatever happens.  Fails as
 * hone_arrow_import, and with HONE_E_IO and the producer's words when it fails. */
enum hone_code hone_arrow_import_stream(struct hone_run *run, struct ArrowArrayStream *stream,
                                        struct hone_arena *mem, struct hone_table **out);

#endif
