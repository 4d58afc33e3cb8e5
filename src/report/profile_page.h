/*
 * report/profile_page.h - a table's profile for people: in words, and as a page
 */
#ifndef HONE_REPORT_PROFILE_PAGE_H
#define HONE_REPORT_PROFILE_PAGE_H

#include "profile/associate.h"
#include "report/html.h"

/* All that was found out about one table. */
struct hone_profile_view {
    const struct hone_profile *profile;
    const struct hone_associations *pairs;    /* NULL: not looked at */
    const struct hone_target_profile *target; /* NULL: none */
};

/* A number of a column (min, quantile, bin edge) as it is read: dates for days and µs. In mem. */
const char *hone_profile_value(struct hone_arena *mem, enum hone_type type, double value);
/* What its values are, on one line: "17 to 90, median 37", "Private 69.7 %, Self-emp 8.1 %". In mem. */
const char *hone_profile_summary(struct hone_arena *mem,
                                 const struct hone_column_profile *column);
/* The counts that draw its shape: the histogram's (the closer one where the whole shows nothing), or those of the
 * most frequent values. In mem. */
const size_t *hone_profile_shape(struct hone_arena *mem,
                                 const struct hone_column_profile *column, size_t *n);
/* What a pair of columns is like: "0.91", "-0.42 (Pearson -0.12)". In mem. */
const char *hone_profile_pair(struct hone_arena *mem, const struct hone_association *pair);
/* The measure of a pair or of a target's feature as it is read: "Spearman", "ROC AUC". */
const char *hone_profile_measure(const char *measure);

/* Append the page of a profile to out; source says what was profiled. */
void hone_profile_page(const struct hone_profile_view *view, const char *source,
                       const struct hone_page_look *look, struct hone_arena *mem,
                       struct hone_buf *out);

#endif
