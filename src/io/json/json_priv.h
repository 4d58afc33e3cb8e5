/*
 * io/json_priv.h - JSON texts that are tables
 *
 * Four shapes: one object a line; objects one after the other, over several lines or not; one list of objects
 * or of lists; one object of columns.  The text is cut into chunks of whole records; members become columns in
 * order of appearance, members of nested objects columns of their own ("a.b"); lists stay JSON text, unless
 * all of a column are numbers and of one length: then it is a vector.
 * Source: RFC 8259, jsonlines.org; the orients of pandas.DataFrame.to_json.
 */
#ifndef HONE_IO_JSON_PRIV_H
#define HONE_IO_JSON_PRIV_H

#include "base/jscan.h"
#include "io/chunk_priv.h"

enum hone_json_shape {
    HONE_JSON_LINES,    /* an object a line */
    HONE_JSON_SEQUENCE, /* objects with nothing but blanks between them */
    HONE_JSON_LIST,     /* records of a list, commas between them */
    HONE_JSON_COLUMNS,  /* one object: lists of values by column, or objects of them by row */
};

struct hone_json {
    enum hone_json_shape shape;
    bool rows_are_lists;   /* of a list: [1, 2] is a row; else {"a": 1, "b": 2} */
    struct hone_str bytes; /* where the records are: within the list's brackets */
    const char **name;     /* (cols) of rows that are lists, and of columns; else NULL */
    size_t cols, rows;     /* rows: of columns */
};

/*
 * What shape a text has.  path is for messages and for its ending: .jsonl and .ndjson are an object a line.
 * Fails: HONE_E_FORMAT (malformed where it was looked at; no table), HONE_E_LIMIT.
 */
enum hone_code hone_json_find_shape(struct hone_run *run, const char *path,
                                    struct hone_str text, struct hone_arena *mem,
                                    struct hone_json *out);

/* Cut the records into chunks of the source, which has bytes and path. */
enum hone_code hone_json_cut(struct hone_run *run, const struct hone_json *json,
                             struct hone_arena *mem, struct hone_source *source);

/* The cells of a chunk; source->reader is the struct hone_json. */
enum hone_code hone_json_cells(struct hone_run *run, const struct hone_source *source,
                               struct hone_chunk *chunk, struct hone_cells *out);

/* Past the object or list that begins at p, by brackets and quotes alone; NULL: it has no end. */
const char *hone_json_past(const char *p, const char *end);

/* Past the white space of JSON. */
static inline const char *hone_json_blank(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) {
        p++;
    }
    return p;
}

/* A scanner of a text that is only read: raw and strict. */
struct hone_jscan hone_json_scan(struct hone_str text);

/* A name as the scanner gives it, its escapes resolved; in mem where it has some. */
enum hone_code hone_json_key(struct hone_run *run, const struct hone_jscan *scan,
                             struct hone_str key, struct hone_arena *mem, struct hone_str *out);

/* Raise what the scanner found wrong: "rows.json, line 3, column 17: ..."; text is all of the file. */
enum hone_code hone_json_fail(struct hone_run *run, const char *path, struct hone_str text,
                              size_t at, const char *why);

#endif
