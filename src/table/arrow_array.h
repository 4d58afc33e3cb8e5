/*
 * table/arrow_array.h - Arrow arrays of any type, looked at where they lie, and columns made of them
 *
 * A reader of Arrow data (the C data interface, table/arrow_c.h; IPC files, io/arrow.c) describes types and
 * buffers in these structs; what is behind them is checked and becomes columns here, so that both have one set of
 * rules.  Types that hone has keep their values to the bit; the others are mapped (docs/table.md has the list).
 * Source: Apache Arrow columnar format 1.5, "Physical memory layout".
 */
#ifndef HONE_TABLE_ARROW_ARRAY_H
#define HONE_TABLE_ARROW_ARRAY_H

#include "table/table.h"

#define HONE_ARROW_DEPTH 64 /* deepest nesting of types */

enum hone_arrow_kind {
    HONE_ARROW_NULL,
    HONE_ARROW_BOOL,
    HONE_ARROW_INT,     /* bits 8, 16, 32, 64 */
    HONE_ARROW_UINT,    /* the same */
    HONE_ARROW_FLOAT,   /* bits 16, 32, 64 */
    HONE_ARROW_DECIMAL, /* bits 32, 64, 128, 256; precision, scale */
    HONE_ARROW_BINARY,  /* bits of the offsets: 32, 64 */
    HONE_ARROW_UTF8,    /* the same */
    HONE_ARROW_BINARY_VIEW,
    HONE_ARROW_UTF8_VIEW,
    HONE_ARROW_FIXED_BINARY, /* width bytes */
    HONE_ARROW_DATE,         /* bits 32: days; 64: milliseconds */
    HONE_ARROW_TIME,         /* bits 32, 64; unit */
    HONE_ARROW_TIMESTAMP,    /* unit */
    HONE_ARROW_DURATION,     /* unit */
    HONE_ARROW_INTERVAL,     /* interval */
    HONE_ARROW_LIST,         /* bits of the offsets: 32, 64 */
    HONE_ARROW_LIST_VIEW,    /* the same */
    HONE_ARROW_FIXED_LIST,   /* width items */
    HONE_ARROW_STRUCT,
    HONE_ARROW_MAP, /* child: struct of key and value */
    HONE_ARROW_SPARSE_UNION,
    HONE_ARROW_DENSE_UNION,
    HONE_ARROW_RUNS,       /* children: run ends, values */
    HONE_ARROW_DICTIONARY, /* bits and is_signed of the indices; child: values */
};

enum hone_arrow_unit { HONE_ARROW_S, HONE_ARROW_MS, HONE_ARROW_US, HONE_ARROW_NS };
enum hone_arrow_interval { HONE_ARROW_MONTHS, HONE_ARROW_DAY_MS, HONE_ARROW_MONTH_DAY_NS };

struct hone_arrow_type {
    const char *name; /* of the field */
    enum hone_arrow_kind kind;
    unsigned bits;
    bool is_signed;
    enum hone_arrow_unit unit;
    enum hone_arrow_interval interval;
    int32_t precision, scale;
    size_t width;
    const int8_t *id; /* (children) of a union */
    struct hone_arrow_type *child;
    size_t children;
    size_t dictionary; /* IPC: which of the file's dictionaries holds the values */
};

/* Whether the numbers of a type are ones that the format has; HONE_E_FORMAT, HONE_E_UNSUPPORTED. */
enum hone_code hone_arrow_type_check(struct hone_run *run, const struct hone_arrow_type *type);

struct hone_arrow_bytes {
    const uint8_t *ptr; /* NULL: absent */
    size_t len;
};

/* Of an array of the type beside it: what its buffers are called in the format by its kind. */
struct hone_arrow_array {
    size_t length, offset; /* at most HONE_ARROW_MOST each */
    struct hone_arrow_bytes
        valid;                 /* absent: nothing is missing; unions, runs, nulls have none */
    struct hone_arrow_bytes a; /* values, offsets, views, type ids, indices */
    struct hone_arrow_bytes
        b; /* text and binary: bytes; list view: sizes; dense union: offsets */
    const struct hone_arrow_bytes *more; /* (mores) what views point into */
    size_t mores;
    struct hone_arrow_array *child;             /* (type->children) but none of a dictionary */
    struct hone_arrow_array *const *dictionary; /* (dictionaries) one after the other */
    size_t dictionaries;
};
#define HONE_ARROW_MOST ((size_t)1 << 60)

/*
 * See that all that the array's rows refer to lies in its buffers: lengths, offsets in order, indices, UTF-8, all
 * below.  Buffers that are not aligned are copied to mem, which is why the array is written to.
 * Fails: HONE_E_FORMAT naming the column and the row.
 */
enum hone_code hone_arrow_check(struct hone_run *run, const char *column,
                                const struct hone_arrow_type *type, struct hone_arena *mem,
                                struct hone_arrow_array *array);

/* A column to be: a field that is no struct, and the way to it. */
struct hone_arrow_leaf {
    const char *name; /* with those of the structs around it: "a.b" */
    const struct hone_arrow_type *type;
    const size_t *path; /* (depth) which child at each level */
    size_t depth;
};
/* The leaves of the fields of a struct, names made unique ("a.1") and empty ones "column_3"; in mem. */
enum hone_code hone_arrow_leaves(struct hone_run *run, const struct hone_arrow_type *root,
                                 struct hone_arena *mem, struct hone_arrow_leaf **leaf,
                                 size_t *n);

/* Rows of a leaf: some of an array's, which passed hone_arrow_check. */
struct hone_arrow_mask {
    const uint8_t *bits;
    size_t at; /* the bit of the first row */
};
struct hone_arrow_piece {
    const struct hone_arrow_array *array;
    size_t at, rows;
    const struct hone_arrow_mask
        *mask; /* (masks) of the structs around it: missing where one is 0 */
    size_t masks;
};

enum hone_arrow_text {
    HONE_ARROW_AS_IS,    /* text stays text, dictionaries of text are categories */
    HONE_ARROW_BY_RULE,  /* text of few distinct words becomes a category, as in all files */
    HONE_ARROW_CATEGORY, /* text becomes a category */
};
struct hone_arrow_options {
    enum hone_arrow_text text;
    bool
        borrow; /* share buffers of types that hone has as they are, which must then outlive the column */
    size_t most; /* bytes a column may take; 0: no limit */
};

/*
 * The column of a leaf: the rows of the pieces one after the other.  Missing values are zero in its data.
 * Fails: HONE_E_LIMIT, HONE_E_FORMAT (a moment that 64 bits of µs cannot hold, with its row).
 */
enum hone_code hone_arrow_column(struct hone_run *run, const struct hone_arrow_leaf *leaf,
                                 const struct hone_arrow_piece *piece, size_t n,
                                 const struct hone_arrow_options *options,
                                 struct hone_arena *mem, struct hone_column *out);

#endif
