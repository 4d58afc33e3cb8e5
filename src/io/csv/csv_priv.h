/*
 * io/csv_priv.h - delimited text: its dialect and its fields
 *
 * Fields end at a delimiter or line end; a field that begins with a quote ends at the next quote that is not
 * doubled.  A quote anywhere else is a byte like others.
 * Source: RFC 4180, wider where files in use are (delimiter, line ends, blanks, comments).
 */
#ifndef HONE_IO_CSV_PRIV_H
#define HONE_IO_CSV_PRIV_H

#include "io/csv/csv_scan_priv.h"

struct hone_csv {
    char delimiter;
    char eol; /* '\n', or '\r' in files that have no '\n' */
    char quote;
    bool skip_space;         /* blanks after a delimiter are dropped */
    struct hone_str comment; /* empty: none */
    bool stop[256];          /* delimiter and eol */
    struct hone_csv_bytes bytes;
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

/* Whether runs of blanks part the fields of a text that has no other delimiter: every line in the first 64 KiB has
 * the same number of words, and half of them are numbers in all but the first. */
bool hone_csv_blanks_part(struct hone_str bytes);
/* The text with one tab for each run of blanks between fields, and none at the ends of lines; lines stay lines, quoted
 * fields are left alone. */
enum hone_code hone_csv_squeeze(struct hone_run *run, struct hone_str bytes,
                                struct hone_arena *mem, struct hone_str *out);

/* The bytes of a first line "sep=;", as spreadsheet programs write it, and what it tells; 0: there is none. */
size_t hone_csv_told(struct hone_str bytes, char delimiter[2]);

/* The delimiter that an option names: one character, "tab", "\\t", "space". Fails: HONE_E_ARG. */
enum hone_code hone_csv_delimiter(struct hone_run *run, const char *text, char *out);

/* The quote that an option names: one character, or none. Fails: HONE_E_ARG. */
enum hone_code hone_csv_quote(struct hone_run *run, const char *text, char *out);
#define HONE_CSV_NO_QUOTE ((char)0xff) /* a byte that no UTF-8 has */

/* Cut text (all data records) into chunks of whole records, each about HONE_CSV_CHUNK bytes: bounds depend on the
 * bytes alone.  Fills source->chunk, with the room for its records in rows of each; mapped: pages that were looked
 * at are given back. */
#define HONE_CSV_CHUNK ((size_t)256 << 10)
enum hone_code hone_csv_split(struct hone_run *run, const struct hone_csv *csv,
                              struct hone_str text, bool mapped, struct hone_arena *mem,
                              struct hone_source *source);

/* Give the pages back that lie wholly in bytes, which are mapped from a file: read again, they come again. */
void hone_csv_pass(struct hone_str bytes);

/*
 * The records of a chunk, a batch at a time: their fields by rows.  Malformed records are left out and told by
 * hone_chunk_bad, but in a second reading (source->want is set) and when quiet.
 */
struct hone_csv_walk {
    const struct hone_source *source;
    const struct hone_csv *csv;
    struct hone_chunk *chunk;
    const char *base; /* the chunk's bytes, or a copy; HONE_CSV_SLACK more may be read */
    size_t n;         /* a line end is last */
    size_t at;        /* where the next record begins */
    struct hone_csv_bits bits;
    bool quick; /* every stop ends a field: no quotes, comments or blanks */
    bool clean; /* UTF-8 without NUL */
    bool quiet;
    struct hone_field *field;  /* (rows, cols) of the batch */
    struct hone_field *record; /* (rows) */
    size_t rows, most;         /* records of the batch; room for them */
    struct hone_arena mem;     /* kept from chunk to chunk */
    size_t room;               /* bytes that bits hold */
    char *copy;                /* (copy_room) */
    size_t copy_room;
};
#define HONE_CSV_BATCH 512 /* most records of a batch */
/* Begin with a chunk; walk is zeroed or was used before for the same source. last: fewer than
 * HONE_CSV_SLACK bytes follow the chunk's. */
enum hone_code hone_csv_walk_begin(struct hone_run *run, struct hone_csv_walk *walk,
                                   const struct hone_source *source, struct hone_chunk *chunk,
                                   bool last);
/* The next batch; no rows: the end. */
enum hone_code hone_csv_walk_next(struct hone_run *run, struct hone_csv_walk *walk);

/*
 * The distinct words of a text column, numbered as they come.  Texts are given with HONE_CSV_SLACK readable bytes
 * behind their beginning; the words are copies in mem.
 */
struct hone_csv_words {
    struct hone_arena *mem;
    const struct hone_na *na;
    struct hone_csv_slot *slot; /* (room) */
    size_t room, used;
    struct hone_str *word; /* (n) */
    size_t n, most;
};
/* The number of a text that is not empty, -1 when it is a word for missing.  Fails: HONE_E_LIMIT. */
enum hone_code hone_csv_word(struct hone_run *run, struct hone_csv_words *words,
                             struct hone_str text, int32_t *code);
/* The same for the cells of a batch as they stand; -1 too for those that are empty or have doubled quotes. */
enum hone_code hone_csv_word_all(struct hone_run *run, struct hone_csv_words *words,
                                 const struct hone_csv_cells *cells, int32_t *code);

/* One column of one chunk. */
struct hone_csv_part {
    enum hone_kind kind; /* of its values, and at least what they were read as */
    size_t nulls;        /* missing values */
    uint64_t *missing;   /* (records of the chunk) bits, in the chunk's mem; NULL: none */
    struct hone_csv_words *words; /* text: what its codes count; NULL: it has lengths */
};

/* One column of the file. */
struct hone_csv_plan {
    enum hone_kind kind; /* what it is read as */
    enum hone_type wanted;
    const struct hone_na *na;
    bool left_out; /* nobody asks for it */
    bool now;      /* read in this round */
    void *data; /* (slots) values of width bytes; text: int32_t codes or lengths, -1 missing */
    size_t width;
    struct hone_arena temp; /* where data are that are not the column's own */
    bool lengths; /* text that is no category for sure; read and set while threads run */
    size_t most;  /* more words than this are no category for sure */
};

/* A file being read. */
struct hone_csv_reading {
    struct hone_source *source;
    bool mapped;
    struct hone_csv_plan *plan; /* (cols) */
    struct hone_csv_part *part; /* (chunks, cols) */
    size_t *slot;               /* (chunks + 1) where a chunk's room begins, in records */
    size_t *first;              /* (chunks + 1) where its records begin, when all are read */
    struct hone_csv_desk *desk; /* all that there are */
    struct hone_csv_desk *idle; /* those that nobody works at */
    struct hone_mutex *lock;
};

/* What one thread at a time works with. */
struct hone_csv_desk {
    struct hone_arena mem;
    struct hone_csv_walk walk;
    struct hone_csv_words *words; /* (cols) */
    struct hone_csv_desk *next, *next_idle;
    uint64_t missing[HONE_CSV_BATCH / 64];
    union hone_value value[HONE_CSV_BATCH];
    char *text; /* (text_room) of a field without its doubled quotes */
    size_t text_room;
};
/* A desk that is taken for a block: HONE_CLOSING(hone_csv_desk_back) struct hone_csv_seat seat = {.reading = r}; */
struct hone_csv_seat {
    struct hone_csv_reading *reading;
    struct hone_csv_desk *desk;
};
enum hone_code hone_csv_desk_take(struct hone_run *run, struct hone_csv_seat *seat);
void hone_csv_desk_back(struct hone_csv_seat *seat);

/* A batch of a chunk's records; the fields are at the desk's walk. */
struct hone_csv_batch {
    struct hone_csv_reading *reading;
    struct hone_csv_desk *desk;
    struct hone_chunk *chunk;
    size_t number; /* of the chunk */
    size_t done;   /* records of the chunk before this batch */
};
/* Take a desk and begin with the chunk of b->number. */
enum hone_code hone_csv_begin(struct hone_run *run, struct hone_csv_seat *seat,
                              struct hone_csv_batch *b);
/* Read a column of the batch into its plan's data. */
enum hone_code hone_csv_batch_read(struct hone_run *run, const struct hone_csv_batch *b,
                                   size_t column);
/* Copy the texts of a column to the places, from row on, that its offsets say. */
enum hone_code hone_csv_batch_copy(struct hone_run *run, const struct hone_csv_batch *b,
                                   size_t column, size_t row, const struct hone_column *c);
/* The kind of the values of a batch, joined with *kind. */
void hone_csv_batch_kind(const struct hone_csv_batch *b, size_t column, enum hone_kind *kind);
/* Columns of all chunks to a table. */
enum hone_code hone_csv_join(struct hone_run *run, struct hone_csv_reading *reading,
                             struct hone_arena *mem, struct hone_table **out);

/* True when the head of a file looks like delimited text. */
bool hone_csv_accepts(struct hone_str head);

#endif
