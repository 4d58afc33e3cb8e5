/*
 * io/chunk_priv.h - text records to typed columns, in parallel
 *
 * A file of records is cut into chunks whose bounds depend on the bytes alone.  Each chunk turns its records
 * into cells (where each field's text is), and the cells of each column into the narrowest type that
 * holds them all.  Then the types are joined over the chunks, the few chunks that saw less than the
 * others are read again, and the columns are put together.  Readers supply the function that finds
 * the cells.
 */
#ifndef HONE_IO_CHUNK_PRIV_H
#define HONE_IO_CHUNK_PRIV_H

#include "base/hash.h"
#include "io/reader.h"

#define HONE_CHUNK_BYTES  ((size_t)512 << 10)
#define HONE_FIELD_MOST   ((size_t)16 << 20) /* longest field */
#define HONE_COLUMNS_MOST ((size_t)100000)

/* One field: its text is at base + at. */
struct hone_field {
    uint32_t at; /* HONE_FIELD_NONE: missing */
    uint32_t len;
};
#define HONE_FIELD_NONE UINT32_MAX
/* Bits of len. */
#define HONE_FIELD_ESCAPED                                                                     \
    (UINT32_C(1) << 31) /* quotes in the text are doubled, or JSON's escapes in it */
#define HONE_FIELD_WORD (UINT32_C(1) << 30) /* text, or a time, whatever it looks like */
#define HONE_FIELD_LEN  (HONE_FIELD_WORD - 1)

#define HONE_JSON_ESCAPES '\\'

struct hone_cells {
    const char *base;
    struct hone_field *field;  /* (rows, cols) */
    struct hone_field *record; /* (rows) in the chunk's bytes */
    size_t rows, cols;
};

struct hone_bad {
    size_t at, len; /* in the file's bytes */
    const char *why;
};

/* What values seen so far are.  Joined: int and real are real, day and time are time, all else text. */
enum hone_kind {
    HONE_KIND_NONE, /* nothing but missing values */
    HONE_KIND_INT,
    HONE_KIND_REAL,
    HONE_KIND_BOOL,
    HONE_KIND_DAY,
    HONE_KIND_TIME,
    HONE_KIND_TEXT,
};

union hone_value {
    int64_t i; /* int, bool, day, time */
    double f;
};

/* One column of one chunk. */
struct hone_local {
    enum hone_kind kind;
    size_t rows;
    size_t nulls;
    uint8_t *missing; /* (rows) NULL: none */
    void *value;      /* (rows) real: double; int, bool, day, time: integers of width bytes */
    size_t width;   /* 1, 2, 4, 8: the fewest that hold them all, since fresh pages are dear */
    uint32_t *code; /* (rows) text: into word */
    struct hone_str *word; /* (words) distinct, in order of appearance */
    size_t words;
};

struct hone_chunk {
    struct hone_str bytes;
    size_t at; /* where they begin in the file */
    struct hone_arena mem;
    size_t rows, cols;
    struct hone_local *column;
    const char **name; /* (cols) readers whose chunks find columns of their own; else NULL */
    size_t *place; /* (source cols) which column of this chunk, or SIZE_MAX; with name only */
    struct hone_bad *bad;
    size_t bads, bad_room;
    bool again; /* some column was seen narrower than the whole */
};

/* The words that mean missing. */
struct hone_na {
    const struct hone_str *word;
    size_t n;
    size_t longest;
    bool first[256]; /* bytes that begin one */
    bool values;     /* some word would else be a number, a truth value or a time */
};

/* The words of all columns, and of those that have some of their own. */
struct hone_na_set {
    struct hone_na all;
    struct hone_na_column {
        struct hone_str column;
        struct hone_na na; /* those of all, and its own */
    } * own;
    size_t n;
};

struct hone_source;
/* Find a chunk's cells: field and record in run->scratch, texts in the file's bytes or the chunk's mem.  Records
 * that are malformed are left out and told by hone_chunk_bad. */
typedef enum hone_code hone_find_cells(struct hone_run *run, const struct hone_source *source,
                                       struct hone_chunk *chunk, struct hone_cells *out);

struct hone_source {
    const char *path; /* for messages */
    struct hone_str bytes;
    hone_find_cells *find;
    const void *reader; /* for find */
    const struct hone_read_options *options;
    struct hone_na_set na;
    char
        quote; /* that is doubled in escaped fields; HONE_JSON_ESCAPES: they have those of JSON */
    bool fail_on_bad;
    size_t cols; /* known before the chunks are read; else 0 */
    const char **name;
    struct hone_chunk *chunk;
    size_t chunks;
    enum hone_kind *want; /* (cols) the joined kinds, after the first round */
};

/* Tell of a malformed record of a chunk, at and len within its bytes.  Fails when the source is to fail on bad
 * records, with file and line; HONE_E_LIMIT. */
enum hone_code hone_chunk_bad(struct hone_run *run, const struct hone_source *source,
                              struct hone_chunk *chunk, struct hone_field record,
                              const char *format, ...) __attribute__((format(printf, 5, 6)));
/* True when the record at this place of the chunk was told to be bad in an earlier round. */
bool hone_chunk_is_bad(const struct hone_chunk *chunk, size_t at);

/* The missing words of the options, in mem. */
enum hone_code hone_na_make(struct hone_run *run, const struct hone_read_options *options,
                            struct hone_arena *mem, struct hone_na_set *out);
/* Those of a column. */
const struct hone_na *hone_na_of(const struct hone_na_set *set, const char *column);
bool hone_na_is(const struct hone_na *na, struct hone_str text);

/* The narrowest kind that holds the text, and the wider of two. */
enum hone_kind hone_kind_of(struct hone_str text);
enum hone_kind hone_kind_join(enum hone_kind a, enum hone_kind b);

/* One field as a value of a kind that is not text; out is set when it fits. */
enum hone_fit { HONE_FITS, HONE_MISSING, HONE_MISFIT };
enum hone_fit hone_field_fit(const struct hone_na *na, const char *base,
                             const struct hone_field *field, enum hone_kind kind,
                             union hone_value *out);

/* Text without the blanks and tabs at its ends. */
struct hone_str hone_field_trim(struct hone_str text);

/* The kind of a field's text that is not missing. */
enum hone_kind hone_field_kind(const char *base, const struct hone_field *field);

/* Whether a field is missing or a value of the kind. */
bool hone_field_fits(const struct hone_na *na, const char *base, const struct hone_field *field,
                     enum hone_kind kind);

/* The integer at a row of an int, bool, day or time column. */
static inline int64_t hone_local_i64(const struct hone_local *local, size_t row)
{
    switch (local->width) {
    case 1:
        return ((const int8_t *)local->value)[row];
    case 2:
        return ((const int16_t *)local->value)[row];
    case 4:
        return ((const int32_t *)local->value)[row];
    default:
        return ((const int64_t *)local->value)[row];
    }
}

/* One column of the cells as the narrowest kind from start on that holds it; out is in mem. */
struct hone_convert {
    const struct hone_na *na;
    const struct hone_cells *cells;
    size_t column;
    char quote;
    enum hone_kind start;
};
enum hone_code hone_local_make(struct hone_run *run, const struct hone_convert *c,
                               struct hone_arena *mem, struct hone_local *out);

/* Read all chunks of a source (bounds set) and put the table together.  Fills the report's counts and quarantine. */
enum hone_code hone_source_read(struct hone_run *run, struct hone_source *source,
                                struct hone_arena *mem, struct hone_table **out,
                                struct hone_read_report *report);

/*
 * The parts of hone_source_read, for readers that go their own way between them.
 * Check the options against the source, whose names are known or not, and take what they say of bad rows and missing words
 * (in mem).  Fails: HONE_E_ARG.
 */
enum hone_code hone_source_prepare(struct hone_run *run, struct hone_source *source,
                                   struct hone_arena *mem);
/* The kind that a column is read as from its first value on; its values may widen it unless it is wanted. */
enum hone_kind hone_kind_wanted(const struct hone_source *source, const char *column);
/* Take out the records with a value that does not fit a type asked for, and tell of them unless quiet. */
enum hone_code hone_drop_misfits(struct hone_run *run, const struct hone_source *source,
                                 struct hone_chunk *chunk, bool quiet,
                                 struct hone_cells *cells);
/* The bad rows of a chunk in order, as hone_chunk_is_bad needs them. */
void hone_chunk_sort_bad(struct hone_chunk *chunk);
/* The type of each column whose kinds are joined, in mem: the one asked for, or that of its kind; HONE_TYPE_COUNT: text
 * or category, by the words. */
enum hone_code hone_source_types(struct hone_run *run, const struct hone_source *source,
                                 struct hone_arena *mem, enum hone_type **out);
void hone_chunks_free(struct hone_source **source);
/* Counts, the first bad row and the quarantine. */
enum hone_code hone_source_report(struct hone_run *run, const struct hone_source *source,
                                  struct hone_arena *mem, struct hone_read_report *report);

/* The second half: columns of the chunks, whose kinds are joined, to a table in mem. */
enum hone_code hone_chunks_join(struct hone_run *run, const struct hone_source *source,
                                const enum hone_type *type, struct hone_arena *mem,
                                struct hone_table **out);

/* The line, from 1, of a place in the file. */
size_t hone_line_of(struct hone_str bytes, size_t at);

/* The type asked for a column by "column=type", or HONE_TYPE_COUNT. */
enum hone_type hone_type_wanted(const struct hone_source *source, const char *column);

/* What the file is, told by reader.c: text readers. */
enum hone_code hone_csv_read(struct hone_run *run, const char *path, struct hone_str bytes,
                             const struct hone_read_options *options, struct hone_arena *mem,
                             struct hone_table **out, struct hone_read_report *report);
enum hone_code hone_csv_write(struct hone_run *run, const struct hone_table *t,
                              const char *path, const struct hone_write_options *options);
enum hone_code hone_jsonl_read(struct hone_run *run, const char *path, struct hone_str bytes,
                               const struct hone_read_options *options, struct hone_arena *mem,
                               struct hone_table **out, struct hone_read_report *report);
enum hone_code hone_jsonl_write(struct hone_run *run, const struct hone_table *t,
                                const char *path, const struct hone_write_options *options);
extern const struct hone_reader hone_reader_csv;
extern const struct hone_reader hone_reader_jsonl;

/* See through gzip and zstd.  *name is NULL, "gzip" or "zstd"; out may be the input itself. */
enum hone_code hone_unpack(struct hone_run *run, const char *path, struct hone_str bytes,
                           struct hone_arena *mem, struct hone_str *out, const char **name);

/* HONE_E_UNSUPPORTED with what the file is and what to do when its first bytes are those of something that is no
 * table and no reader takes: a picture, an archive, a spreadsheet, a web page, a Git LFS pointer ... */
enum hone_code hone_refuse_foreign(struct hone_run *run, const char *path,
                                   struct hone_str bytes);

#endif
