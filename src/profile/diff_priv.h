/*
 * profile/diff_priv.h - what the files of the diff share
 */
#ifndef HONE_PROFILE_DIFF_PRIV_H
#define HONE_PROFILE_DIFF_PRIV_H

#include "profile/diff.h"
#include "profile/profile_priv.h"

#define HONE_NO_ROW UINT32_MAX

/* Two tables made comparable: pairs of columns, cast where their kinds differ. */
struct hone_diff_work {
    const struct hone_table *a, *b;
    const struct hone_diff_options *options;
    struct hone_diff *diff;
    struct hone_column *left, *right; /* (diff->n) where both are there */
    const uint64_t **words_a, **words_b;
    uint32_t *match;  /* (rows of a) the row of b, or HONE_NO_ROW */
    uint8_t *differs; /* (rows of a) some cell changed */
};

/* Fill match: by the key, or whole rows.  Fails as hone_table_diff. */
enum hone_code hone_diff_match(struct hone_run *run, struct hone_diff_work *w);

/* The distributions of one column of the diff, in both tables; texts go to mem. */
enum hone_code hone_diff_distribution(struct hone_run *run, const struct hone_diff_work *w,
                                      size_t column, struct hone_arena *mem);

#endif
