/*
 * privacy/personal.h - columns that hold personal data
 *
 * Found by what the values look like (patterns, with check digits where the number has them) and by what
 * the column is called.  Every value of every column is looked at; a category column by its words,
 * weighted by their rows.  Nothing found is kept or printed: findings carry counts and row numbers, no
 * values.  What each kind is recognised by, and how sure that is: docs/privacy.md.
 */
#ifndef HONE_PRIVACY_PERSONAL_H
#define HONE_PRIVACY_PERSONAL_H

#include "base/json.h"
#include "privacy/kind.h"
#include "table/table.h"

#define HONE_PERSONAL_ROWS 5

/* One column that seems to hold one kind of personal data. */
struct hone_personal {
    const char *column;
    const char *kind;             /* "email", "phone", "card", ... : a name in personal.def */
    const char *title;            /* the kind for people: "e-mail address" */
    enum hone_sensitivity weight; /* direct identifier, quasi-identifier, sensitive attribute */
    size_t values;                /* that are not missing */
    size_t matches;               /* that look like the kind; 0: by the column's name alone */
    bool by_name;                 /* the column's name says so too */
    bool in_text;                 /* the matches stand somewhere in longer texts */
    double confidence;            /* 0 to 1; below 0.5 nothing is reported */
    size_t row[HONE_PERSONAL_ROWS]; /* some rows that match, ascending, from 0 */
    size_t row_n;
    const char *
        why; /* for people: "4,812 of 4,900 values are card numbers with a right check digit" */
};

struct hone_personals {
    struct hone_personal *item; /* in column order, the surest kind of a column first */
    size_t n;
};

/* Look at every column, in parallel; deterministic.  Fails: HONE_E_LIMIT, HONE_E_CANCELLED. */
enum hone_code hone_personal_find(struct hone_run *run, const struct hone_table *t,
                                  struct hone_arena *mem, struct hone_personals *out);

/* The surest finding of a column, or NULL. */
const struct hone_personal *hone_personal_of(const struct hone_personals *found,
                                             const char *column);

/* A list of objects with the members above; new reference. */
json_t *hone_personals_json(const struct hone_personals *found);

#endif
