/*
 * table/join.h - rows of two tables put together by keys
 *
 * Keys are equal as values: integers and reals by number, categories and texts by word, days and moments by
 * time.  Missing keys and NaN match nothing, as in SQL.  Rows come in the order of the left table, matches of one row in
 * the order of the right one; rows that only the right one has come last.
 */
#ifndef HONE_TABLE_JOIN_H
#define HONE_TABLE_JOIN_H

#include "table/table.h"

enum hone_join_kind {
    HONE_JOIN_INNER,
    HONE_JOIN_LEFT,  /* all rows of the left */
    HONE_JOIN_RIGHT, /* all rows of the right */
    HONE_JOIN_FULL,
    HONE_JOIN_SEMI, /* rows of the left that have a match, once, its columns only */
    HONE_JOIN_ANTI, /* rows of the left that have none */
};

enum hone_join_check {
    HONE_JOIN_ANY,
    HONE_JOIN_ONE_TO_ONE,  /* keys are unique on both sides */
    HONE_JOIN_ONE_TO_MANY, /* on the left */
    HONE_JOIN_MANY_TO_ONE, /* on the right */
};

struct hone_join {
    enum hone_join_kind kind;
    const char *const *left;  /* (n) key columns */
    const char *const *right; /* (n), NULL: the same names */
    size_t n;
    const char
        *suffix; /* of columns of the right whose name the left has too; NULL: "_right" */
    enum hone_join_check check; /* what must hold of the keys */
};

/*
 * The columns of the left, then those of the right without its keys; in rows that only the right has, the key
 * columns hold the right's keys, in the type that both have (hone_table_union).
 * Fails: HONE_E_NOT_FOUND (no such column), HONE_E_ARG (key types that do not go together, no keys),
 * HONE_E_CONFLICT (check: says which key), HONE_E_LIMIT (2^32 rows, memory).
 */
enum hone_code hone_table_join(struct hone_run *run, const struct hone_table *left,
                               const struct hone_table *right, const struct hone_join *join,
                               struct hone_arena *mem, struct hone_table **out);

/*
 * As of: to each row of the left the latest row of the right that is not later, by a time (or number) within
 * equal keys: what was known at that moment.  Of equal times the last row.  Rows without one get missing
 * values; a missing time has none.
 */
struct hone_asof {
    const char *left_time, *right_time;
    const char *const *left,
        *const *right; /* (n) keys that must be equal; right NULL: same names */
    size_t n;
    bool strict; /* earlier, not equal */
    double
        tolerance; /* at most so much earlier, in the unit of the time (days, µs, the number); 0: any */
    const char *suffix;
};
enum hone_code hone_table_join_asof(struct hone_run *run, const struct hone_table *left,
                                    const struct hone_table *right,
                                    const struct hone_asof *asof, struct hone_arena *mem,
                                    struct hone_table **out);

#endif
