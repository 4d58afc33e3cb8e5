/*
 * parquet_file.h - small Parquet files written by hand, right and wrong, for tests
 *
 * A file of one leaf column in one row group.  Pages are given as bytes; what the footer says about them
 * follows from what was put in, unless a test wants it to lie.
 */
#ifndef HONE_TESTS_PARQUET_FILE_H
#define HONE_TESTS_PARQUET_FILE_H

#include "io/parquet/parquet_priv.h"

struct parquet_file {
    struct hone_buf buf;
    /* the column */
    int type, length, repeat; /* physical; of a FIXED; 0 required, 1 optional, 2 repeated */
    int converted;            /* -1: none */
    int logical;              /* member of LogicalType without settings; 0: none */
    int scale;
    const char *name;
    int list; /* 1: in a LIST of three levels; 2: of two */
    /* what the footer says */
    int codec;
    int64_t rows, values, data_at, dictionary_at, packed;
    int64_t group_rows; /* -1: rows */
    int64_t max_at;     /* when not 0: what is said of total_compressed_size */
    bool other_file, encrypted, no_meta;
    const char *low, *high; /* statistics; NULL: none */
    size_t bound_len;
};

/* A required INT64 column x, nothing in it; memory from mem. */
struct parquet_file parquet_file(struct hone_arena *mem);
/* A data page of version 1, or 2 with the lengths of its levels; sizes as they are. */
void parquet_page(struct parquet_file *f, int values, int encoding, const void *bytes,
                  size_t len);
void parquet_page2(struct parquet_file *f, int values, int nulls, int encoding, int def_len,
                   const void *bytes, size_t len);
void parquet_dictionary(struct parquet_file *f, int values, const void *bytes, size_t len);
/* A header and bytes; every number as given. */
void parquet_raw_page(struct parquet_file *f, int type, int unpacked, int packed, int values,
                      int encoding, const void *bytes, size_t len);
/* The footer; the file's bytes. */
struct hone_str parquet_end(struct parquet_file *f);
/* The schema alone from elements that the caller writes, with a footer without row groups. */
struct hone_str parquet_schema(struct parquet_file *f, size_t elements,
                               void (*put)(struct hone_buf *buf, size_t i));

#endif
