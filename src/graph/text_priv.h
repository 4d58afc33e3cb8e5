/*
 * graph/text_priv.h - words and n-grams, as the operators on text and their fused step share them
 */
#ifndef HONE_GRAPH_TEXT_PRIV_H
#define HONE_GRAPH_TEXT_PRIV_H

#include "base/hash.h"
#include "graph/op.h"

/* Words of a text, in the order of the text.  room 0 without mem: they are only counted. */
struct hone_words {
    struct hone_arena *mem;
    struct hone_str *item; /* views of the text, or of constants */
    size_t n, room;
};

/* --- Tokenizer ------------------------------------------------------------------------------- */

enum { HONE_ATOMS = 32 };

/* A class of characters and how many of them. */
struct hone_atom {
    uint8_t ascii[16]; /* bits */
    unsigned beyond;   /* of enum hone_char_kind: which characters beyond ASCII */
    uint32_t least, most;
};

struct hone_tokenizer {
    struct hone_atom atom[HONE_ATOMS];
    size_t atoms; /* 0: separators */
    const struct hone_str *separator;
    size_t separators;
    bool mark, chars;
    size_t shortest; /* characters */
    struct hone_str pad;
};

/* The state of a Tokenizer node.  Fails: HONE_E_FORMAT, HONE_E_UNSUPPORTED. */
enum hone_code hone_tokenizer_read(struct hone_run *run, const struct hone_node *node,
                                   struct hone_tokenizer *out);
/* A pattern alone; words shorter than `shortest` characters are left out. */
enum hone_code hone_tokenizer_pattern(struct hone_run *run, struct hone_str pattern,
                                      size_t shortest, struct hone_tokenizer *out);
/* Append the words of a text (marks included).  False when there is no memory. */
bool hone_tokenize(const struct hone_tokenizer *t, struct hone_str text,
                   struct hone_words *out);

/* --- StringNormalizer ------------------------------------------------------------------------- */

enum hone_case { HONE_CASE_LOWER, HONE_CASE_UPPER, HONE_CASE_NONE };

struct hone_normalizer {
    int action; /* enum hone_case */
    bool sensitive;
    struct hone_map stop;
    size_t stops;
};

/* --- TfIdfVectorizer -------------------------------------------------------------------------- */

enum hone_weighting { HONE_TF, HONE_IDF, HONE_TFIDF };

struct hone_vectorizer {
    int mode; /* enum hone_weighting */
    size_t least, most, skip;
    struct hone_map words; /* of the pool: their places among the distinct ones */
    struct hone_map grams; /* of word places, as bytes: their number in the pool */
    const int64_t *column; /* (grams) */
    const float *weight;   /* of the columns, or NULL */
    size_t columns;
};

/* The most hits that n words can have. */
size_t hone_vectorizer_room(const struct hone_vectorizer *s, size_t n);
/* The columns of the n-grams among n words (places in the pool; UINT32_MAX: not in it), in no order. */
size_t hone_vectorizer_hits(const struct hone_vectorizer *s, const uint32_t *word, size_t n,
                            uint32_t *hit);
/* What a column gets that was hit so often, at least once. */
float hone_vectorizer_value(const struct hone_vectorizer *s, uint32_t column, float count);

extern const struct hone_op hone_op_string_normalizer, hone_op_tf_idf_vectorizer,
    hone_op_ms_tokenizer;

#endif
