/*
 * report/evaluation_priv.h - what the files of the evaluation page share
 */
#ifndef HONE_REPORT_EVALUATION_PRIV_H
#define HONE_REPORT_EVALUATION_PRIV_H

#include "report/html.h"

/* A member as it is read; NULL when it is no number. */
const char *hone_evaluation_number(struct hone_page *page, const json_t *o, const char *key);
const char *hone_evaluation_share(struct hone_page *page, const json_t *o, const char *key);
const char *hone_evaluation_count(struct hone_page *page, const json_t *o, const char *key);
/* "0.79 to 0.83" of low and high; NULL without an interval. */
const char *hone_evaluation_interval(struct hone_page *page, const json_t *o);

struct hone_cell hone_evaluation_cell(enum hone_cell_kind kind, const char *text);

/* A member of every object of a list, NaN for what is none. */
const double *hone_evaluation_column(struct hone_page *page, const json_t *list,
                                     const char *key);

/* What is left of a regression's target; nothing for classes. */
void hone_evaluation_residuals(struct hone_page *page, const json_t *e);
/* By column's values, and where it is surely worse. */
void hone_evaluation_segments(struct hone_page *page, const json_t *e);

#endif
