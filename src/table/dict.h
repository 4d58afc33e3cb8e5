/*
 * table/dict.h - dictionaries of category columns
 */
#ifndef HONE_TABLE_DICT_H
#define HONE_TABLE_DICT_H

#include "table/table.h"

/* The rule of all readers: text whose distinct words are at most this many, of so many values that are there,
 * is a category. */
static inline size_t hone_categories_most(size_t values)
{
    return values / 2 < 65536 ? values / 2 : 65536;
}

/* A text column without missing values, of the given texts in their order; bytes copied. */
enum hone_code hone_text_column(struct hone_run *run, const char *name,
                                const struct hone_str *text, size_t n, struct hone_arena *mem,
                                struct hone_column *out);

/*
 * The dictionary of distinct words: a text column in byte order.
 *
 *   word   (n) distinct, any order, at most INT32_MAX of them
 *   code   (n) out: where each word stands in the dictionary
 */
enum hone_code hone_dict_make(struct hone_run *run, const struct hone_str *word, size_t n,
                              struct hone_arena *mem, const struct hone_column **dict,
                              int32_t *code);

/* The code of a word, or -1 when the dictionary has none such. O(log n). */
int32_t hone_dict_find(const struct hone_column *dict, struct hone_str word);

#endif
