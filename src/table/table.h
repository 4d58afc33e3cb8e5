/*
 * table/table.h - typed columns and tables in the Arrow memory layout
 *
 * A column is a typed array with a validity bitmap; a table is columns of one length.  Both are read-only
 * once built.  Missing is a cleared validity bit and nothing else: NaN in a float column is a value.
 * Buffers start at multiples of HONE_ALIGN.  A derived table may share buffers of the older
 * one, which must outlive it.  Any number of threads may read.
 * Source: Apache Arrow columnar format 1.x, "Physical memory layout".
 */
#ifndef HONE_TABLE_TABLE_H
#define HONE_TABLE_TABLE_H

#include "base/str.h"

/* Name as printed and as typed in --type, Arrow C data interface format, meaning. */
#define HONE_TYPES(X)                                                                          \
    X(BOOL, "bool", "b")                 /* bitmap */                                          \
    X(INT64, "int64", "l")               /* int64_t */                                         \
    X(FLOAT32, "float32", "f")           /* float */                                           \
    X(FLOAT64, "float64", "g")           /* double */                                          \
    X(UTF8, "text", "U")                 /* offsets int64_t (rows + 1), bytes */               \
    X(CATEGORY, "category", "i")         /* int32_t codes into dict, a text column */          \
    X(DATE, "date", "tdD")               /* int32_t days since 1970-01-01 */                   \
    X(TIMESTAMP, "timestamp", "tsu:UTC") /* int64_t µs since 1970-01-01T00:00:00Z */          \
    X(BINARY, "binary", "Z")             /* as text */                                         \
    X(VECTOR, "vector", "+w:")           /* float, width per row */

enum hone_type {
#define X(name, text, arrow) HONE_##name,
    HONE_TYPES(X)
#undef X
        HONE_TYPE_COUNT
};

const char *hone_type_name(enum hone_type type);
/* HONE_TYPE_COUNT when there is no such type; "string"/"float"/"int"/... are understood too. */
enum hone_type hone_type_parse(struct hone_str name);

struct hone_column {
    const char *name;
    enum hone_type type;
    size_t rows;
    size_t nulls;
    const uint8_t *valid;           /* bit i of byte i/8, lowest first; NULL: nothing missing */
    const void *data;               /* by type; text and binary: the bytes */
    const int64_t *offsets;         /* text, binary */
    const struct hone_column *dict; /* category: distinct values, none missing, in byte order */
    size_t width;                   /* vector */
};

struct hone_table {
    struct hone_arena *mem; /* where it and its buffers live */
    size_t rows, cols;
    struct hone_column *column; /* (cols) */
};

static inline bool hone_bit(const uint8_t *bits, size_t i)
{
    return (bits[i / 8] >> (i % 8)) & 1;
}
static inline bool hone_is_valid(const struct hone_column *c, size_t row)
{
    return c->valid == NULL || hone_bit(c->valid, row);
}
/* The text at a row of a text, binary or category column; empty when missing. */
struct hone_str hone_column_str(const struct hone_column *c, size_t row);
/* The number at a row of a bool, int64, float, date (days) or timestamp (µs) column; NaN when missing
 * or not a number. */
double hone_column_f64(const struct hone_column *c, size_t row);
/* The integer at a row of a bool, int64, date, timestamp or category (code) column. */
int64_t hone_column_i64(const struct hone_column *c, size_t row);
bool hone_type_is_number(enum hone_type type); /* bool, int64, float32, float64 */
bool hone_type_is_text(enum hone_type type);   /* text, category */
bool hone_type_is_time(enum hone_type type);   /* date, timestamp */

/* Append the value as it is written in CSV (shortest round-trip numbers, ISO times, true/false). Nothing
 * when missing. */
void hone_column_print(struct hone_buf *buf, const struct hone_column *c, size_t row);

/* The column of a name, or NULL; need fails with HONE_E_NOT_FOUND and names the nearest. */
const struct hone_column *hone_table_find(const struct hone_table *t, struct hone_str name);
enum hone_code hone_table_need(struct hone_run *run, const struct hone_table *t,
                               struct hone_str name, const struct hone_column **out);

/* A table of the given columns (structs copied, buffers shared). Fails: HONE_E_SHAPE when lengths
 * differ, HONE_E_CONFLICT when two have one name. */
enum hone_code hone_table_of(struct hone_run *run, const struct hone_column *columns,
                             size_t cols, struct hone_arena *mem, struct hone_table **out);
/* The columns of those names, in that order; buffers shared. Fails: HONE_E_NOT_FOUND. */
enum hone_code hone_table_select(struct hone_run *run, const struct hone_table *t,
                                 const char *const *names, size_t n, struct hone_arena *mem,
                                 struct hone_table **out);
/* All but those; every name must exist. */
enum hone_code hone_table_drop(struct hone_run *run, const struct hone_table *t,
                               const char *const *names, size_t n, struct hone_arena *mem,
                               struct hone_table **out);
/* Rows row[0..n) of t, each below t->rows, in that order, repeats allowed; buffers copied, dictionaries
 * shared. */
enum hone_code hone_table_take(struct hone_run *run, const struct hone_table *t,
                               const size_t *row, size_t n, struct hone_arena *mem,
                               struct hone_table **out);
/* The same, where a row of SIZE_MAX is one that is not there: its cells are missing. */
enum hone_code hone_table_take_outer(struct hone_run *run, const struct hone_table *t,
                                     const size_t *row, size_t n, struct hone_arena *mem,
                                     struct hone_table **out);
/* Rows of the tables one after the other; same names and types in the same order, dictionaries merged.
 * Fails: HONE_E_SHAPE. */
enum hone_code hone_table_concat(struct hone_run *run, const struct hone_table *const *tables,
                                 size_t n, struct hone_arena *mem, struct hone_table **out);
/*
 * The same column in another type: numbers among each other, text to anything (parsed), anything to
 * text, text <-> category.  Fails: HONE_E_FORMAT naming row and text when a value does not fit, unless
 * lenient, then it becomes missing.
 */
enum hone_code hone_column_cast(struct hone_run *run, const struct hone_column *c,
                                enum hone_type type, bool lenient, struct hone_arena *mem,
                                struct hone_column *out);

/*
 * SHA-256 over names, types and values, missing ones marked: the identity of the content, whatever file
 * it came from.  Same for any number of threads and for text or category of the same words.
 */
struct hone_sha;
enum hone_code hone_table_hash(struct hone_run *run, const struct hone_table *t,
                               struct hone_sha *out);

#endif
