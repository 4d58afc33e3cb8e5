/*
 * prep/prep_text_priv.h - what the transforms of text share
 */
#ifndef HONE_PREP_TEXT_PRIV_H
#define HONE_PREP_TEXT_PRIV_H

#include "graph/text.h"
#include "prep/transform.h"

/* The words of the texts of a column at the training rows, by number.  A missing text has none. */
struct hone_text_words {
    size_t rows, words;
    size_t *start;         /* (rows + 1) where a row's words begin in id */
    uint32_t *id;          /* (start[rows]) */
    struct hone_str *word; /* (words) by number, in the order in which they come first */
};
enum hone_code hone_text_words_find(struct hone_run *run, const struct hone_fit_column *in,
                                    bool lower, struct hone_arena *mem,
                                    struct hone_text_words *out);

/* Append the nodes from a text input [N, 1] to words [N, longest], filled up with HONE_WORD_PAD. */
const char *hone_emit_words(struct hone_graph *graph, const char *input, const char *hint,
                            bool lower, const char *pattern, size_t shortest);

/* Are the texts of a column at some rows sentences, rather than names or codes? */
bool hone_text_is_prose(const struct hone_column *column, const size_t *row, size_t rows);

#endif
