/*
 * serve/batch.h - the rows of a request, in the columns that the graph wants
 *
 * Every dialect's parser writes here.  The rule from a value to a graph input is that of
 * prep/signature.h: numbers are rounded to float once, text stays, dates are days or µs; what is not given
 * is missing.  Numbers given for a text column are printed as the CSV writer prints them; text given
 * for a number or a date is read as the CSV reader reads it.  The buffers grow to the largest request
 * and are used again; a large one is given back by hone_batch_trim.
 */
#ifndef HONE_SERVE_BATCH_H
#define HONE_SERVE_BATCH_H

#include "base/hash.h"
#include "base/jscan.h"
#include "prep/signature.h"

struct hone_batch_column {
    const char *name;
    enum hone_type type;   /* of the raw column */
    enum hone_dtype dtype; /* of data: what the graph takes */
    size_t width;          /* values of a row; 1 but for foreign models */
    void *data;            /* (room, width) */
    size_t stamp;          /* 1 + the row that was set last */
};

/* A field of a row that the model does not take, as it was sent: it goes to the log, where it can say when, for
 * whom or in which group the row was. */
struct hone_batch_extra {
    size_t row;
    struct hone_str key, raw; /* raw: a JSON scalar; both borrowed until the request ends */
};

struct hone_batch {
    struct hone_batch_column *column; /* in signature order */
    size_t cols;
    struct hone_map index; /* name to column */
    size_t rows, room;
    size_t max_rows;
    size_t guess;                   /* the column expected next */
    size_t set;                     /* values of this row that belong to a column */
    uint64_t unknown;               /* fields that no column has, in this request */
    uint64_t missing;               /* values not given or null, in this request */
    char first_unknown[64];         /* the first such field of this request */
    struct hone_batch_extra *extra; /* in data */
    size_t extras, extra_room;
    struct hone_arena names; /* columns and index, for good */
    struct hone_arena data;  /* the columns' buffers */
    struct hone_arena text;  /* printed numbers of this request */
};

/* Rows that a request may hold, and what its columns may take, in bytes. */
#define HONE_BATCH_ROWS  100000
#define HONE_BATCH_BYTES ((size_t)512 << 20)
/* Fields of a row that no column has, but the log gets. */
#define HONE_BATCH_EXTRAS 32
/* Bytes of one text: a row with it fits into the log (HONE_RECORD_BYTES), so no client can make one that does not. */
#define HONE_BATCH_TEXT ((size_t)128 << 10)

/* Make an empty batch for columns whose names are borrowed.  Panics without memory. */
void hone_batch_init(struct hone_batch *b, const struct hone_batch_column *columns,
                     size_t cols);
void hone_batch_free(struct hone_batch *b);
/* Forget the rows: a new request. */
void hone_batch_begin(struct hone_batch *b);
/* Give the buffers back when they hold more than bytes. */
void hone_batch_trim(struct hone_batch *b, size_t bytes);

/* The column of a field name, or NULL, which is counted. */
struct hone_batch_column *hone_batch_find(struct hone_batch *b, struct hone_str name);

/* Remember a field that no column has, for the log: the first HONE_BATCH_EXTRAS of a row that are strict JSON without
 * zero bytes and not there twice.  Fails: HONE_E_LIMIT. */
enum hone_code hone_batch_extra(struct hone_run *run, struct hone_batch *b, struct hone_str key,
                                struct hone_str raw);

/* Make sure that rows fit.  Fails: HONE_E_LIMIT. */
enum hone_code hone_batch_room(struct hone_run *run, struct hone_batch *b, size_t rows);

/*
 * A row: begin, set its values, end.  End fills what was not set with missing.
 * Fails: HONE_E_LIMIT (too many rows); end: HONE_E_ARG when fields were given and no column has any of them,
 * since a client that misspells all names must not get an answer.
 */
enum hone_code hone_batch_row(struct hone_run *run, struct hone_batch *b);
enum hone_code hone_batch_row_end(struct hone_run *run, struct hone_batch *b, size_t fields);

/* A column of which no row was given: rows [0, rows) become missing. */
void hone_batch_fill(struct hone_batch *b, struct hone_batch_column *c, size_t rows);

/*
 * Set value at of a column: row * width + place in the row.  value: null, boolean, number or string.
 * Strings are borrowed until the request ends.
 * Fails: HONE_E_ARG naming field and row.
 */
enum hone_code hone_batch_set(struct hone_run *run, struct hone_batch *b,
                              struct hone_batch_column *c, size_t at,
                              const struct hone_jvalue *value);
/* The same from CSV: an empty field is missing. */
enum hone_code hone_batch_set_text(struct hone_run *run, struct hone_batch *b,
                                   struct hone_batch_column *c, size_t at,
                                   struct hone_str text);
void hone_batch_set_missing(struct hone_batch *b, struct hone_batch_column *c, size_t at);
bool hone_batch_is_missing(const struct hone_batch_column *c, size_t at);

/*
 * What a client gave as one value of a row: scalars, or for a wide column an array of width scalars.
 * Reads from scan.
 */
enum hone_code hone_batch_read(struct hone_run *run, struct hone_batch *b,
                               struct hone_batch_column *c, struct hone_jscan *scan);

#endif
