/*
 * people.h - made-up records of people in six national formats, and columns that only look like them
 *
 * Check digits are computed here, apart from the code under test.  The names are in part ones that the finder
 * does not list.  Phones, cards and numbers are random within the published plans: any that exist are chance.
 */
#ifndef HONE_TESTS_PEOPLE_H
#define HONE_TESTS_PEOPLE_H

#include "check.h"
#include "table/table.h"

enum people_country { PEOPLE_IN, PEOPLE_US, PEOPLE_UK, PEOPLE_DE, PEOPLE_FR, PEOPLE_BR };
#define PEOPLE_COUNTRIES 6

/* What is true of one column. */
struct people_truth {
    const char *column;
    const char *kind;  /* NULL: nothing personal */
    bool in_text;      /* inside longer texts */
    const bool *holds; /* (rows) the value is, or holds, one */
};

struct people {
    struct hone_table *table;
    struct people_truth *truth; /* (columns) */
};

/* A table of a country; every column of every kind, with names and formats chosen by the seed. */
void people_make(struct hone_run *run, uint64_t seed, enum people_country country, size_t rows,
                 struct hone_arena *mem, struct people *out);

#endif
