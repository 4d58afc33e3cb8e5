/*
 * report/evaluation_page.h - an evaluation (the document of flow/judge/judge.h) as charts and tables
 *
 * Renders what the document holds and computes nothing.  Members that are missing are left out.
 */
#ifndef HONE_REPORT_EVALUATION_PAGE_H
#define HONE_REPORT_EVALUATION_PAGE_H

#include "report/html.h"

/* The whole page, appended to out. */
void hone_evaluation_page(const json_t *evaluation, const struct hone_page_look *look,
                          struct hone_arena *mem, struct hone_buf *out);

/* On a page of more than this: its tiles of verdicts (goals, promises, value, weak spots), and its sections (quality,
 * classes, thresholds, errors, segments and groups). */
void hone_evaluation_verdicts(struct hone_page *page, const json_t *evaluation);
void hone_evaluation_sections(struct hone_page *page, const json_t *evaluation);

#endif
