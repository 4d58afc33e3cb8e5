/*
 * io/parquet_priv.h - the parts of the Parquet reader and writer
 *
 * A file is row groups of column chunks of pages.  The reader turns the footer into a tree of schema nodes and
 * a list of chunks (parquet_meta.c), plans which table columns come of which leaves (parquet_plan.c), and
 * decodes each chunk as a part of its column, all parts in parallel (parquet_part.c), from pages
 * (parquet_page.c) by encodings (parquet_bits.c, parquet_decode.c) to values (parquet_value.c).
 * Then the parts are put together (parquet.c).  Nothing in a file is believed: each offset, length and count is
 * held against the file before it is used.
 * Source: apache/parquet-format 2.12: README, parquet.thrift, Encodings.md, LogicalTypes.md.
 */
#ifndef HONE_IO_PARQUET_PRIV_H
#define HONE_IO_PARQUET_PRIV_H

#include "base/hash.h"
#include "base/pool.h"
#include "io/page_codec.h"
#include "io/parquet/thrift.h"
#include "io/reader.h"
#include "table/expr.h"

enum hone_pq_physical {
    HONE_PQ_BOOLEAN,
    HONE_PQ_INT32,
    HONE_PQ_INT64,
    HONE_PQ_INT96,
    HONE_PQ_FLOAT,
    HONE_PQ_DOUBLE,
    HONE_PQ_BYTES,
    HONE_PQ_FIXED,
    HONE_PQ_GROUP, /* no value of its own: a node with children */
};

/* What values mean, whether it is said by a logical or a converted type. */
enum hone_pq_kind {
    HONE_PQ_BARE, /* what the physical type says */
    HONE_PQ_STRING,
    HONE_PQ_JSON,
    HONE_PQ_DECIMAL,
    HONE_PQ_DATE,
    HONE_PQ_TIME,
    HONE_PQ_TIMESTAMP,
    HONE_PQ_INTEGER,
    HONE_PQ_NOTHING, /* always missing */
    HONE_PQ_UUID,
    HONE_PQ_FLOAT16,
    HONE_PQ_INTERVAL,
    HONE_PQ_LIST,
    HONE_PQ_MAP,
};

enum hone_pq_repeat { HONE_PQ_REQUIRED, HONE_PQ_OPTIONAL, HONE_PQ_REPEATED };

enum hone_pq_encoding {
    HONE_PQ_PLAIN = 0,
    HONE_PQ_PLAIN_DICTIONARY = 2,
    HONE_PQ_RLE = 3,
    HONE_PQ_BIT_PACKED = 4,
    HONE_PQ_DELTA = 5,
    HONE_PQ_DELTA_LENGTH = 6,
    HONE_PQ_DELTA_BYTES = 7,
    HONE_PQ_DICTIONARY = 8,
    HONE_PQ_STREAM_SPLIT = 9,
};

enum hone_pq_page_type {
    HONE_PQ_DATA_PAGE,
    HONE_PQ_INDEX_PAGE,
    HONE_PQ_DICTIONARY_PAGE,
    HONE_PQ_DATA_PAGE_2,
};

enum {
    HONE_PQ_NODES_MOST = 200000,  /* schema elements */
    HONE_PQ_FIXED_MOST = 1 << 20, /* bytes of one FIXED_LEN_BYTE_ARRAY */
    HONE_PQ_DECIMAL_MOST = 256,   /* bytes of one DECIMAL */
    HONE_PQ_LEVELS_MOST = 60,     /* nesting of the schema */
};

struct hone_pq_node {
    const char *name;      /* as in the file */
    const char *path;      /* with those above it, joined by dots */
    size_t children, next; /* its subtree is the nodes up to next */
    enum hone_pq_repeat repeat;
    enum hone_pq_physical physical;
    size_t length; /* bytes of a FIXED */
    enum hone_pq_kind kind;
    int scale;  /* decimal */
    int digits; /* time, timestamp: of the fraction: 3, 6, 9 */
    int bits;   /* integer */
    bool is_signed, utc;
    uint8_t def, rep; /* levels at which a value is there, and of its innermost repetition */
    size_t leaf;      /* SIZE_MAX: a group */
};

struct hone_pq_stats {
    struct hone_str low, high; /* plain encoded; ptr NULL: not there, or not to be trusted */
    int64_t nulls;             /* -1: not told */
};

/* One leaf in one row group. */
struct hone_pq_chunk {
    enum hone_codec codec;
    size_t values;  /* with missing ones */
    size_t at, len; /* its pages, in the file */
    struct hone_pq_stats stats;
    size_t columns_at, columns_len; /* the column index; len 0: none */
    size_t offsets_at, offsets_len; /* the offset index */
};

struct hone_pq_group {
    size_t rows;
    struct hone_pq_chunk *chunk; /* (leaves) */
};

struct hone_pq_file {
    const char *path;
    struct hone_str bytes;
    size_t end;                /* of the pages: where the footer begins */
    struct hone_pq_node *node; /* depth first, the root is the first */
    size_t nodes;
    size_t *leaf; /* (leaves) the node of each */
    size_t leaves;
    bool *ordered; /* (leaves) min_value and max_value follow the type's order */
    struct hone_pq_group *group;
    size_t groups, rows;
};

/*
 * Read the footer.  Fails: HONE_E_FORMAT, HONE_E_UNSUPPORTED (encrypted, other files), HONE_E_LIMIT.
 */
enum hone_code hone_pq_open(struct hone_run *run, const char *path, struct hone_str bytes,
                            struct hone_arena *mem, struct hone_pq_file *out);

/* Raise about one chunk: file, row group and column stand before the sentence. */
enum hone_code hone_pq_fail(struct hone_run *run, const struct hone_pq_file *file, size_t group,
                            size_t leaf, enum hone_code code, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* Fails with HONE_E_LIMIT when the file is too small to stand for that many bytes: 1 GiB and a thousand times its
 * length are granted. */
enum hone_code hone_pq_afford(struct hone_run *run, const struct hone_pq_file *file,
                              size_t bytes);

/* --- bits (kernels: false or NULL when the bytes do not hold what they should) ------------------ */

/* n integers of width bits (0 to 32), lowest bit first, from in; in holds them all. */
void hone_pq_unpack(const uint8_t *in, size_t in_len, unsigned width, uint32_t *out, size_t n);

/* The hybrid of runs and packed bits. */
struct hone_pq_hybrid {
    const uint8_t *at, *end;
    unsigned width; /* 0 to 32 */
    size_t run;     /* left of a run of value */
    size_t packed;  /* left of packed values, of which skip were handed out already */
    size_t skip;
    uint32_t value;
};
struct hone_pq_hybrid hone_pq_hybrid_of(const uint8_t *at, const uint8_t *end, unsigned width);
/* The next n values. */
bool hone_pq_hybrid_take(struct hone_pq_hybrid *h, uint32_t *out, size_t n);
/* The next n values of width 1 as bits at position pos of out; *ones counts the set ones. */
bool hone_pq_hybrid_bits(struct hone_pq_hybrid *h, uint8_t *out, size_t pos, size_t n,
                         size_t *ones);

/* Bits of a bitmap: all set; a copy from another, from any place to any place. Bits behind are untouched. */
void hone_pq_bits_fill(uint8_t *bits, size_t pos, size_t n);
void hone_pq_bits_copy(uint8_t *to, size_t to_pos, const uint8_t *from, size_t from_pos,
                       size_t n);
size_t hone_pq_bits_count(const uint8_t *bits, size_t pos, size_t n);

/* DELTA_BINARY_PACKED: how many values there are (first call), then the values; both return where
 * the bytes go on, NULL when they are damaged. 32 bit values wrap in 32 bits. */
const uint8_t *hone_pq_delta_count(const uint8_t *at, const uint8_t *end, size_t *n);
const uint8_t *hone_pq_delta64(const uint8_t *at, const uint8_t *end, int64_t *out, size_t n);
const uint8_t *hone_pq_delta32(const uint8_t *at, const uint8_t *end, int32_t *out, size_t n);

/* BYTE_STREAM_SPLIT: n values of size bytes from streams, and to them. */
void hone_pq_join_streams(const uint8_t *in, size_t n, size_t size, uint8_t *out);
void hone_pq_split_streams(const uint8_t *in, size_t n, size_t size, uint8_t *out);

/* k values of width bytes (1, 4, 8) at the start of data moved to their rows, n in all, by the bits from
 * pos on, of which k are set; the others become 0. */
void hone_pq_spread(void *data, size_t width, size_t n, size_t k, const uint8_t *bits,
                    size_t pos);

/* --- pages ------------------------------------------------------------------------------------ */

/* Values of a page or dictionary, without missing ones: of fixed size, or strings. */
struct hone_pq_raw {
    size_t n, size;             /* size 0: strings */
    const uint8_t *fixed;       /* (n, size); booleans: a byte each */
    const struct hone_str *str; /* (n) */
};

struct hone_pq_page {
    size_t values, rows; /* rows: of version 2, else 0 */
    enum hone_pq_encoding encoding, def_encoding, rep_encoding;
    bool skipped; /* none of its rows is wanted: nothing but values is set */
    struct hone_str rep, def,
        data; /* levels without their lengths; empty where there are none */
};

struct hone_pq_pages {
    const struct hone_pq_file *file;
    const struct hone_pq_node *node;
    const struct hone_pq_chunk *chunk;
    size_t group, leaf;
    size_t at, end;                    /* in the file */
    size_t left;                       /* values still to come */
    const struct hone_pq_range *range; /* of a flat column: the rows wanted; NULL: all */
    size_t row;                        /* of a flat column: that the next page begins with */
    struct hone_arena *mem;            /* of dictionary and unpacked pages */
    bool keep; /* unpacked pages stay until mem goes; else the next takes the place */
    char *buffer;
    size_t room;
    bool has_dictionary;
    struct hone_pq_raw dictionary;
};

/* Begin with the pages of a chunk.  mem holds the dictionary and pages to be kept; the page at hand is in the scratch that
 * the caller's HONE_SCRATCH gives back. */
void hone_pq_pages_begin(struct hone_pq_pages *p, const struct hone_pq_file *file, size_t group,
                         size_t leaf, struct hone_arena *mem);
/* The next data page; *more is false, with out untouched, when there is none.  A dictionary on the way is
 * read.  Fails: HONE_E_FORMAT, HONE_E_UNSUPPORTED, HONE_E_LIMIT. */
enum hone_code hone_pq_pages_next(struct hone_run *run, struct hone_pq_pages *p,
                                  struct hone_pq_page *out, bool *more);
/* Raise about the page at hand. */
#define hone_pq_bad(run, p, ...)                                                               \
    hone_pq_fail((run), (p)->file, (p)->group, (p)->leaf, HONE_E_FORMAT, __VA_ARGS__)

/* Levels of a page as bytes, each at most most. */
enum hone_code hone_pq_levels(struct hone_run *run, const struct hone_pq_pages *p,
                              const struct hone_pq_page *page, bool repetition, uint8_t *out);
/* Which rows of a page of a leaf without repetition have a value, as bits from pos on; *there counts them. */
enum hone_code hone_pq_validity(struct hone_run *run, const struct hone_pq_pages *p,
                                const struct hone_pq_page *page, uint8_t *bits, size_t pos,
                                size_t *there);

/* Whether the values of the page are codes into the dictionary. */
static inline bool hone_pq_is_coded(const struct hone_pq_page *page)
{
    return page->encoding == HONE_PQ_PLAIN_DICTIONARY || page->encoding == HONE_PQ_DICTIONARY;
}
/* The codes of a page so encoded, ready to be taken, when there is a dictionary. */
enum hone_code hone_pq_codes(struct hone_run *run, const struct hone_pq_pages *p,
                             const struct hone_pq_page *page, struct hone_pq_hybrid *out);
/* The next n codes, each into the dictionary. */
enum hone_code hone_pq_take_codes(struct hone_run *run, const struct hone_pq_pages *p,
                                  struct hone_pq_hybrid *h, uint32_t *code, size_t n);
/* n values of a page, not coded: some in the page's own bytes, others in mem. */
enum hone_code hone_pq_values(struct hone_run *run, const struct hone_pq_pages *p,
                              const struct hone_pq_page *page, size_t n, struct hone_arena *mem,
                              struct hone_pq_raw *out);
/* The same for any encoding: coded values are looked up. */
enum hone_code hone_pq_looked_up(struct hone_run *run, const struct hone_pq_pages *p,
                                 const struct hone_pq_page *page, size_t n,
                                 struct hone_arena *mem, struct hone_pq_raw *out);
/* Bytes of one value of a leaf; 0: strings. */
size_t hone_pq_size(const struct hone_pq_node *node);

/* --- values -------------------------------------------------------------------------------------- */

/* The table type that a leaf's values have when all fit it; UTF8 for whatever is text. */
enum hone_type hone_pq_type_of(const struct hone_pq_node *node);
/* Bytes of a value of a table type: 8, 4, and 1 for bool, which is packed later. */
size_t hone_pq_width(enum hone_type type);
/* Whether a leaf's values are that type's bytes already. */
bool hone_pq_is_same(const struct hone_pq_node *node);
/* Values as the leaf's table type; false when one does not fit: then the column is text. */
bool hone_pq_convert(const struct hone_pq_node *node, const struct hone_pq_raw *raw, void *out);
/* Value i as text; json: as a JSON value, in quotes where it must be.  The text of a string is the
 * string.  Where it is bytes without meaning they are taken as they are, in JSON as base64. */
void hone_pq_print(struct hone_buf *buf, const struct hone_pq_node *node,
                   const struct hone_pq_raw *raw, size_t i, bool json);
/* Whether hone_pq_print would copy a string as it is. */
bool hone_pq_is_string(const struct hone_pq_node *node);

/* --- columns ------------------------------------------------------------------------------------- */

/* How a column is being read. */
enum hone_pq_mode {
    HONE_PQ_AS_VALUES, /* fixed size values, straight to their place */
    HONE_PQ_AS_WORDS,  /* text that may be a category: codes and words */
    HONE_PQ_AS_VECTOR, /* lists of numbers of one length */
};

/* One row group of one column. */
struct hone_pq_part {
    struct hone_arena mem;
    size_t rows, nulls;
    uint8_t *valid; /* (rows) bits; NULL: nothing missing */
    bool misfit;    /* a value is not of the column's type: all must be read as text */
    uint8_t *bools; /* (rows) bytes */
    /* words: either codes or texts, of values that are there */
    uint32_t *code; /* (rows - nulls) into word */
    struct hone_str *word;
    uint8_t *used; /* (words) bytes: the word occurs */
    size_t words;
    uint32_t *len;          /* (rows - nulls) of the texts */
    struct hone_str *piece; /* the texts, one after the other */
    size_t pieces, piece_room;
    uint32_t *global; /* (words) used ones: their number in the column, and later their code */
    size_t bytes;     /* of text in all rows */
    float *vector;    /* (rows - nulls, width) */
    size_t width;     /* 0: no row seen */
};

/* A column of the table to be. */
struct hone_pq_column {
    const char *name;
    size_t node;          /* its subtree; a leaf unless nested */
    size_t first, leaves; /* leaves of the file */
    bool nested;          /* lists or maps: JSON or vectors */
    enum hone_pq_mode mode;
    enum hone_type type; /* being read as; wanted: HONE_TYPE_COUNT or asked for */
    enum hone_type wanted;
    struct hone_pq_part *part; /* (groups read) */
    bool many_words;           /* some part has more words than a category may */
    struct hone_arena mem;     /* of what follows */
    struct hone_str *word;     /* (words) of all parts */
    size_t words;
    bool category;
    int32_t *rank; /* (words) places in the dictionary */
    struct hone_column out;
};

/*
 * Rows of a row group that may be of use, rising and apart.  Pages of flat columns without any are not unpacked: their
 * rows are missing in the table, and `where`, which cannot be true of them, drops them.
 */
struct hone_pq_range {
    size_t from, to;
};

struct hone_pq_scan {
    const struct hone_pq_file *file;
    const struct hone_read_options *options;
    struct hone_pq_column *column;
    size_t cols;
    size_t *group;                /* (groups) read ones */
    size_t *row;                  /* (groups + 1) their first rows in the table */
    struct hone_pq_range **range; /* (groups) NULL: all rows; else ends with an empty one */
    size_t groups, rows;
    struct hone_mutex *lock; /* of the columns' many_words, and of held */
    size_t held;             /* bytes of all parts */
};

/* The columns that the options ask for, and the groups whose statistics allow for rows of `where`. */
enum hone_code hone_pq_plan(struct hone_run *run, const struct hone_pq_file *file,
                            const struct hone_read_options *options, struct hone_arena *mem,
                            struct hone_pq_scan *out);

/* The row groups, and rows of them, that statistics and page indexes leave of `where` (NULL: all), into the scan. */
enum hone_code hone_pq_prune(struct hone_run *run, struct hone_pq_scan *s,
                             const struct hone_expr *where, struct hone_arena *mem);

/* Read one part.  column->out.data is where values go.  Lists and maps are hone_pq_nested's. */
enum hone_code hone_pq_read_part(struct hone_run *run, struct hone_pq_scan *scan, size_t column,
                                 size_t group);
enum hone_code hone_pq_nested(struct hone_run *run, struct hone_pq_scan *scan,
                              struct hone_pq_column *column, size_t group);

/* Words of a part being gathered. */
struct hone_pq_words {
    struct hone_pq_part *part;
    struct hone_map map;
    size_t room;
    bool mapped; /* the words so far are in the map */
};
/* The code of a text in a part, after adding it (its bytes copied) if it is new. */
enum hone_code hone_pq_word(struct hone_run *run, struct hone_pq_words *w, struct hone_str text,
                            uint32_t *code);
/* Mark the words that occur; the part is read. */
enum hone_code hone_pq_words_end(struct hone_run *run, struct hone_pq_part *part);
/* Another text of a part that is read as texts; bytes in the part's mem. */
enum hone_code hone_pq_piece(struct hone_run *run, struct hone_pq_part *part,
                             struct hone_str text);

/*
 * Put the parts of a column of words together: number the words of all and find out whether they are a
 * category (any thread), then make room in mem (the thread that owns it), then fill each part's rows (any thread).
 */
enum hone_code hone_pq_words_number(struct hone_run *run, const struct hone_pq_scan *scan,
                                    struct hone_pq_column *column);
enum hone_code hone_pq_words_place(struct hone_run *run, const struct hone_pq_scan *scan,
                                   struct hone_pq_column *column, struct hone_arena *mem);
void hone_pq_words_fill(const struct hone_pq_scan *scan, struct hone_pq_column *column,
                        size_t group);

/* --- writing ------------------------------------------------------------------------------------- */

/* Encoders append to a buffer; what they write is what the kernels above read. */
void hone_pq_put_hybrid(struct hone_buf *buf, const uint32_t *value, size_t n, unsigned width);
void hone_pq_put_delta(struct hone_buf *buf, const int64_t *value, size_t n, bool narrow);
/* Definition levels 0 and 1 of n rows by their bits from pos on (NULL: all there), behind their length. */
void hone_pq_put_levels(struct hone_buf *buf, const uint8_t *bits, size_t pos, size_t n);
/* The same for any levels of at most most. */
void hone_pq_put_any_levels(struct hone_buf *buf, const uint32_t *level, size_t n,
                            unsigned most);
unsigned hone_pq_bits_for(size_t most); /* bits of numbers up to most */

/* Lowest and highest of some values, as a page or chunk tells them. */
struct hone_pq_bounds {
    size_t nulls, nans, there; /* there: values that are neither */
    int64_t low_i, high_i;     /* whole numbers, times, truth values */
    double low_f, high_f;
    struct hone_str low_s, high_s;
};
/* Of rows of a column; text bounds point into the column. */
struct hone_pq_bounds hone_pq_bounds_of(const struct hone_column *c, size_t from, size_t to);
/* Plain encoded, text cut short when long; false when nothing is there.  *exact: it was not cut. */
bool hone_pq_bound_bytes(const struct hone_column *c, const struct hone_pq_bounds *b, bool high,
                         struct hone_buf *out, bool *exact);
/* Order of two bounds of a column: <0, 0, >0. */
int hone_pq_bound_order(const struct hone_column *c, const struct hone_pq_bounds *a,
                        const struct hone_pq_bounds *b, bool high);

struct hone_pq_out_page {
    size_t at, len; /* within the chunk */
    size_t row;     /* first, within the row group */
    struct hone_pq_bounds bounds;
};

/* A column chunk that is ready to be written. */
struct hone_pq_out_chunk {
    struct hone_arena mem;  /* of bytes */
    struct hone_buf bytes;  /* pages, dictionary first */
    struct hone_arena kept; /* of page */
    struct hone_pq_out_page *page;
    size_t pages, data_at, values, unpacked;
    enum hone_pq_encoding encoding;
    bool coded;
    struct hone_pq_bounds bounds;
    size_t at; /* in the file */
    size_t columns_at, columns_len, offsets_at, offsets_len;
};

/* Encode rows of a column.  A function of the rows, the codec and the level alone. */
enum hone_code hone_pq_encode(struct hone_run *run, const struct hone_column *c, size_t from,
                              size_t to, enum hone_codec codec, int level,
                              struct hone_pq_out_chunk *out);

/* reader.h's write, and the reader. */
enum hone_code hone_pq_write(struct hone_run *run, const struct hone_table *t, const char *path,
                             const struct hone_write_options *options);
extern const struct hone_reader hone_reader_parquet;

#endif
