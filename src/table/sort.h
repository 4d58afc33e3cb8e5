/*
 * table/sort.h - rows in order
 *
 * Stable, parallel, the same with any number of threads.  Numbers by value with NaN after all others, texts by
 * their bytes, times by the calendar.
 */
#ifndef HONE_TABLE_SORT_H
#define HONE_TABLE_SORT_H

#include "table/table.h"

struct hone_sort_key {
    const char *column;
    bool descending;
    bool missing_first; /* else last, in either direction */
};

/*
 * Keys as people write them: "age desc, name", "day asc nulls first", "-score"; names with blanks or commas
 * stand in double quotes.  In mem.  Fails: HONE_E_ARG with the word that was not understood.
 */
enum hone_code hone_sort_parse(struct hone_run *run, struct hone_str text,
                               struct hone_arena *mem, struct hone_sort_key **key, size_t *n);

/*
 * The order of the rows.
 *   row  (t->rows) out, in mem: the first is the row that comes first
 * Fails: HONE_E_NOT_FOUND (no such column), HONE_E_UNSUPPORTED (vectors), HONE_E_LIMIT (2^32 rows, memory).
 */
enum hone_code hone_sort_order(struct hone_run *run, const struct hone_table *t,
                               const struct hone_sort_key *key, size_t n,
                               struct hone_arena *mem, size_t **row);
enum hone_code hone_table_sort(struct hone_run *run, const struct hone_table *t,
                               const struct hone_sort_key *key, size_t n,
                               struct hone_arena *mem, struct hone_table **out);

#endif
