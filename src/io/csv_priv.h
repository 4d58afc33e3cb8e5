/*
 * io/csv_priv.h - delimited text: its dialect and its fields
 *
 * Fields end at a delimiter or line end; a field that begins with a quote ends at the next quote that is not
 * doubled.  A quote anywhere else is a byte like others.
 * Source: RFC 4180, wider where files in use are (delimiter, line ends, blanks, comments).
 */
#ifndef HONE_IO_CSV_PRIV_H
#define HONE_IO_CSV_PRIV_H

#include "io/chunk_priv.h"

struct hone_csv {
    char delimiter;
    char eol; /* '\n', or '\r' in files that have no '\n' */
    char quote;
    bool skip_space;         /* blanks after a delimiter are dropped */
    struct hone_str comment; /* empty: none */
    bool stop[256];          /* delimiter and eol */
    bool header;
    size_t cols;
    const char **name; /* (cols) unique */
    size_t start;      /* of the first data record in the file */
};

struct hone_csv_field {
    struct hone_field field; /* at counts from base */
    bool quoted;
    bool last;           /* of its record */
    const char *problem; /* NULL: well-formed */
};

/* One field from p on, p <= end; returns what follows its delimiter or line end. */
const char *hone_csv_field(const struct hone_csv *csv, const char *p, const char *end,
                           const char *base, struct hone_csv_field *out);

/* Whether a record of this one field is a blank line. */
bool hone_csv_is_blank(const char *base, const struct hone_csv_field *field);

/* Past the comment lines at p. */
const char *hone_csv_skip_comments(const struct hone_csv *csv, const char *p, const char *end);

/* The text of a field in mem, with doubled quotes single. */
struct hone_str hone_csv_text(const struct hone_csv *csv, const char *base,
                              struct hone_field field, struct hone_arena *mem);

/*
 * Find out what options leave open: delimiter, line end, blanks, header, names.  bytes begin after a byte order
 * mark.  Fails: HONE_E_ARG (options that do not fit), HONE_E_FORMAT (empty, not UTF-8), HONE_E_LIMIT.
 */
enum hone_code hone_csv_sniff(struct hone_run *run, const char *path, struct hone_str bytes,
                              const struct hone_read_options *options, struct hone_arena *mem,
                              struct hone_csv *out);

/* The delimiter that an option names: one character, "tab", "\\t", "space". Fails: HONE_E_ARG. */
enum hone_code hone_csv_delimiter(struct hone_run *run, const char *text, char *out);

/* True when the head of a file looks like delimited text. */
bool hone_csv_accepts(struct hone_str head);

#endif
