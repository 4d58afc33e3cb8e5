/*
 * io/reader.h - files to tables and back
 *
 * One call reads anything readable: the format is found from the name, then from the first bytes; gzip
 * and zstd are seen through; "-" is standard input.  Types are inferred over the whole file: bool,
 * int64, float64, date, timestamp, category (text whose distinct values are few), text.
 */
#ifndef HONE_IO_READER_H
#define HONE_IO_READER_H

#include "base/part.h"
#include "table/table.h"

/* The options common to all readers; rows in hone_read_params, to be included in a verb's own. */
struct hone_read_options {
    const char *format;    /* NULL: found out; or a reader's name */
    const char *delimiter; /* NULL: found out; "\t" and "tab" are understood */
    const char *quote;     /* NULL: found out; one character, or "none" */
    bool no_header;        /* the first record is data (found out when neither flag is given) */
    bool header;
    struct hone_texts names; /* column names, in file order */
    struct hone_texts
        na; /* what else means missing, "column=word" in one column; the defaults stay unless na has
              "-" first; "=a=b" is the word "a=b" */
    const char *comment; /* records beginning with this are skipped */
    bool
        skip_initial_space; /* blanks after a delimiter are dropped (found out for all-blank files) */
    struct hone_texts type; /* "column=type" */
    struct hone_texts
        as_text; /* columns that are text whatever their values look like, unless type says
                                  otherwise; absent ones are fine.  No option of a verb */
    const char *on_bad_row;    /* "fail", "skip" or "quarantine" */
    const char *quarantine;    /* file for bad rows; NULL: IN.bad beside the working folder */
    const char *encoding;      /* of text files; NULL: found out (io/encoding.h says how) */
    struct hone_texts columns; /* only these, in this order; absent: all */
    const char *where;         /* only rows for which this holds (table/expr.h); NULL: all */
};
extern const struct hone_param hone_read_params[]; /* offsets in struct hone_read_options */

/* The options common to all writers. */
struct hone_write_options {
    const char *format;    /* NULL: by the ending of the name */
    const char *delimiter; /* of delimited text; NULL: tab for .tsv, else comma */
    bool no_names;         /* of delimited text: no line of names */
    const char
        *compression;  /* NULL: by the ending (.gz, .zst), else the format's own default */
    int64_t row_group; /* rows of a Parquet row group or Arrow batch; 0: the format's default */
};
extern const struct hone_param
    hone_write_params[]; /* "to", "to_delimiter", ...; offsets in struct hone_write_options */

/* What the reader decided and met: shown to people, kept in the data version. */
struct hone_read_report {
    const char *path, *format, *compression;
    const char *encoding; /* of text files, as it was before it was made UTF-8; NULL: no text */
    bool encoding_guessed; /* nothing in the file or the options says that it is this one */
    char delimiter;
    bool header;
    size_t records, bad_rows;
    const char *quarantine; /* where bad rows went; NULL: nowhere */
    char first_bad[256];    /* the first bad row's error; empty: none */
    struct hone_str
        mapped; /* for readers: the bytes that a file backs, whose pages may be given
                               back once read (they come again); empty afterwards */
};

struct hone_reader {
    struct hone_part part;
    const char *const *endings; /* ".csv", ... ends with NULL */
    const char *prefix;         /* "sqlite:", of sources that are no plain file; else NULL */
    bool
        text; /* bytes are UTF-8 when they get here, whatever the file was; written packed on request */
    bool (*accepts)(
        struct hone_str head); /* the first 4 KiB look like it; NULL: by ending only */
    /* Rows and columns that the options leave out may be left out here, where that saves work; the caller
     * applies columns and where to what comes; columns has all that where names.  bytes are empty where there is a prefix. */
    enum hone_code (*read)(struct hone_run *run, const char *path, struct hone_str bytes,
                           const struct hone_read_options *options, struct hone_arena *mem,
                           struct hone_table **out, struct hone_read_report *report);
    enum hone_code (*write)(struct hone_run *run, const struct hone_table *t, const char *path,
                            const struct hone_write_options *options); /* NULL: read only */
};
extern const struct hone_part
    *const hone_readers[]; /* in the order of readers.def, ends with NULL */

/*
 * Read a whole table.  options NULL: defaults; report may be NULL.
 * Fails: HONE_E_NOT_FOUND, HONE_E_IO, HONE_E_FORMAT (with file, line, column, the text seen), HONE_E_ARG
 * (an option that does not fit the file), HONE_E_UNSUPPORTED, HONE_E_LIMIT.
 */
enum hone_code hone_table_read(struct hone_run *run, const char *path,
                               const struct hone_read_options *options, struct hone_arena *mem,
                               struct hone_table **out, struct hone_read_report *report);

/* Write by the ending of path (CSV for "-" and unknown endings); whole or not at all.  Text is packed as
 * options->compression or the ending (.gz, .zst) says.  options NULL:
 * defaults.  Fails: HONE_E_IO, HONE_E_ARG, HONE_E_UNSUPPORTED (a column that the format has no type for). */
enum hone_code hone_table_write(struct hone_run *run, const struct hone_table *t,
                                const char *path, const struct hone_write_options *options);

/*
 * Read text as CSV or JSON Lines from memory (HTTP bodies, tests); name is for messages.
 */
enum hone_code hone_table_read_text(struct hone_run *run, const char *name,
                                    struct hone_str bytes,
                                    const struct hone_read_options *options,
                                    struct hone_arena *mem, struct hone_table **out,
                                    struct hone_read_report *report);

#endif
