/*
 * privacy/personal_priv.h - what was met in a column, between looking and judging
 */
#ifndef HONE_PRIVACY_PERSONAL_PRIV_H
#define HONE_PRIVACY_PERSONAL_PRIV_H

#include "privacy/kind_priv.h"
#include "privacy/personal.h"

#define HONE_MET_SEEN 16 /* words of the bitmap that different values are counted by */

/* What was met of one kind. */
struct hone_met {
    size_t yes, weak, named, form; /* whole values by how they fit */
    size_t text, text_form; /* longer texts that hold one, that hold only the form of one */
    uint64_t seen[HONE_MET_SEEN]; /* linear counting of the values that count */
    uint64_t lo, hi;              /* of their digits read as a number; 0: none */
    size_t row[HONE_PERSONAL_ROWS], row_n;
};

/* The same of one column: of[k] of kind k, named[k] is an enum hone_named. */
struct hone_met_column {
    const char *name;
    size_t values;
    uint64_t kinds; /* that were looked for */
    const unsigned char *named;
    const struct hone_met *of;
};

/* What is to be said of a column: at most HONE_KINDS_MOST findings, the surest first; returned: how many. */
size_t hone_personal_judge(const struct hone_met_column *met, struct hone_arena *mem,
                           struct hone_personal *out);

#endif
