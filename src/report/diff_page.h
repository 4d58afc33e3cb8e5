/*
 * report/diff_page.h - what changed between two tables, in words and as a page
 */
#ifndef HONE_REPORT_DIFF_PAGE_H
#define HONE_REPORT_DIFF_PAGE_H

#include "profile/diff.h"
#include "report/html.h"

/* The whole on one line: "3 rows added, 1 removed, 40 changed in 57 cells; 1 column added". In mem. */
const char *hone_diff_summary(struct hone_arena *mem, const struct hone_diff *diff);
/* What happened to a column itself: "added", "int64 -> float64, moved"; "" for nothing. In mem. */
const char *hone_diff_schema_change(struct hone_arena *mem, const struct hone_diff_column *c);
/* What happened to its distribution: "mean 3.1 -> 4.2; missing 0.1 % -> 2 %; new: blue (40 rows)"; "" for nothing
 * worth a word. In mem. */
const char *hone_diff_movement(struct hone_arena *mem, const struct hone_diff_column *c);
/* "17: 3 -> 4" of an example; a missing cell is "(missing)". In mem. */
const char *hone_diff_example_text(struct hone_arena *mem,
                                   const struct hone_diff_example *example);

/* Append the page to out; names say what was compared. */
void hone_diff_page(const struct hone_diff *diff, const char *name_a, const char *name_b,
                    const struct hone_page_look *look, struct hone_arena *mem,
                    struct hone_buf *out);

#endif
