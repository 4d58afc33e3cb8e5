/*
 * report/model_page_priv.h - the parts of the model's page that live in files of their own
 */
#ifndef HONE_REPORT_MODEL_PAGE_PRIV_H
#define HONE_REPORT_MODEL_PAGE_PRIV_H

#include "report/html.h"

/* A member as it is read, "undefined" when it is none; "95 % interval LOW to HIGH", NULL without one. */
const char *hone_page_number(struct hone_arena *mem, const json_t *o, const char *key);
const char *hone_page_interval(struct hone_arena *mem, const json_t *o);
/* A JSON list of numbers, NaN for what is none. In mem. */
const double *hone_page_reals(struct hone_arena *mem, const json_t *list, size_t *n);

/*
 * The evaluation (flow/judge/judge.h) in the facts of a training before there were evaluations, as far as they know of
 * it.  New reference; parts are shared with facts.
 */
json_t *hone_page_older_evaluation(struct hone_arena *mem, const json_t *facts);

/* What live data look like against the training; nothing when watch is NULL. */
void hone_page_watch_tile(struct hone_page *page, const json_t *watch);
void hone_page_watch_section(struct hone_page *page, const json_t *watch);

#endif
