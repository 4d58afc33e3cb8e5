/*
 * profile/profile_priv.h - what the files of the profile share
 */
#ifndef HONE_PROFILE_PROFILE_PRIV_H
#define HONE_PROFILE_PROFILE_PRIV_H

#include "profile/profile.h"

#define HONE_TEXT_ROOM 200 /* bytes of a value that is shown, with the NUL */

/* Sort keys, lowest first; spare has room for n too. */
void hone_sort_keys(uint64_t *key, uint64_t *spare, size_t n);

/* The same with the row each key came from; equal keys keep their order. */
struct hone_keyed {
    uint64_t key;
    uint32_t row;
};
void hone_sort_keyed(struct hone_keyed *entry, struct hone_keyed *spare, size_t n);

/* A number or time as a key whose order is its own, and back.  -0 is 0, all NaN are one key, the last. */
uint64_t hone_cell_key(const struct hone_column *c, size_t row);
double hone_key_value(enum hone_type type, uint64_t key);

/* The present cells of a number or time column in row order; returns how many. */
size_t hone_column_keys(const struct hone_column *c, uint64_t *key);
/* The same as doubles for all rows, missing as NaN. */
void hone_column_reals(const struct hone_column *c, double *real);

/*
 * Hashes of cells: equal ones get equal hashes, also when one table has a text and the other a category, an integer
 * and the same float, a date and the same midnight.  words (in mem) are the hashes of a category's dictionary,
 * NULL for other types.  hone_hash_cells mixes the cells of rows from..to-1 into hash[row], for one column after
 * the other.
 */
enum hone_code hone_word_hashes(struct hone_run *run, const struct hone_column *c,
                                struct hone_arena *mem, const uint64_t **words);
void hone_hash_cells(const struct hone_column *c, const uint64_t *words, size_t from, size_t to,
                     uint64_t *hash);
/* Whether the cells are the same by that measure; two missing ones are. */
bool hone_same_cell(const struct hone_column *a, size_t row_a, const struct hone_column *b,
                    size_t row_b);

/* Keep a text that is shown: copied, cut at a character. */
void hone_keep_text(char *out, struct hone_str text);

/* A value and how often it is there; key orders numbers, text texts. */
struct hone_tally {
    struct hone_str text;
    uint64_t key;
    size_t count;
};
/* Keep one more candidate for the most frequent values among at most room; *n of them so far. */
void hone_tally_offer(struct hone_tally *top, size_t room, size_t *n, struct hone_tally value);

/* Where the texts of one column's profile stand. */
struct hone_shown {
    char top[HONE_PROFILE_TOP][HONE_TEXT_ROOM];
    char shape[HONE_PROFILE_SHAPES][HONE_TEXT_ROOM];
    char variant[HONE_PROFILE_ENDS][HONE_TEXT_ROOM];
};

/* One column: numbers and times, texts and bytes. */
enum hone_code hone_profile_numbers(struct hone_run *run, const struct hone_column *c,
                                    struct hone_shown *shown, struct hone_column_profile *p);
enum hone_code hone_profile_words(struct hone_run *run, const struct hone_column *c,
                                  struct hone_shown *shown, struct hone_column_profile *p);

/* Bars of n ascending finite values of a type; *zoom where the whole is squeezed. */
void hone_histogram_make(enum hone_type type, const double *x, size_t n,
                         struct hone_histogram *whole, struct hone_histogram *zoom);
/* What dates and times are like, from n ascending keys; now in µs. */
enum hone_code hone_profile_times(struct hone_run *run, enum hone_type type,
                                  const uint64_t *key, size_t n, int64_t now,
                                  struct hone_times *out);

/* Of the whole table: duplicates and missing cells. */
enum hone_code hone_profile_rows(struct hone_run *run, const struct hone_table *t,
                                 struct hone_arena *mem, struct hone_profile *profile);
/* The notes of a column, once all else of it is known. */
void hone_profile_note(struct hone_column_profile *p, struct hone_arena *mem);
void hone_note_add(struct hone_column_profile *p, double weight, const char *kind,
                   const char *text);

#endif
