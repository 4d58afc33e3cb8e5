/*
 * graph/text.h - words of texts, as the nodes of a graph find them
 *
 * For what must know the words before the nodes exist: a vocabulary.  StringNormalizer and Tokenizer nodes with the
 * same case and pattern find exactly these words.
 */
#ifndef HONE_GRAPH_TEXT_H
#define HONE_GRAPH_TEXT_H

#include "base/str.h"

/*
 * Runs of letters, numbers and underscores of any script, at least two: what scikit-learn's \b\w\w+\b finds.  A
 * Tokenizer's tokenexp and mincharnum.
 */
#define HONE_WORD_PATTERN  "[\\p{L}\\p{N}_]+"
#define HONE_WORD_SHORTEST 2
/* What a Tokenizer fills rows up with: no word by that pattern, and no single character. */
#define HONE_WORD_PAD "##"
/* The domain of Tokenizer; the standard has no such operator before opset 20's StringSplit. */
#define HONE_MICROSOFT "com.microsoft"

struct hone_cutter;

/* Read-only once made: any number of threads.  Fails: HONE_E_UNSUPPORTED for a pattern that is not understood. */
enum hone_code hone_cutter_new(struct hone_run *run, bool lower, const char *pattern,
                               size_t shortest, struct hone_arena *mem,
                               const struct hone_cutter **out);

/* The words of a text, in mem.  Fails: HONE_E_LIMIT. */
enum hone_code hone_cutter_words(struct hone_run *run, const struct hone_cutter *cutter,
                                 struct hone_str text, struct hone_arena *mem,
                                 struct hone_str **word, size_t *n);

#endif
