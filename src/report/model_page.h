/*
 * report/model_page.h - what is known about a model, as one page
 *
 * Renders two documents as they are: the facts of the training (flow/train/facts.h) and, where there is one, the last
 * look at live data (flow/watch/watch.h).  What a person wants to know first is first: how good, on what evidence,
 * what is wrong; then why; then how it was made.
 */
#ifndef HONE_REPORT_MODEL_PAGE_H
#define HONE_REPORT_MODEL_PAGE_H

#include "report/html.h"

/* title: "models:/loans/3".  watch may be NULL.  Missing members are left out of the page. */
void hone_model_page(const char *title, const json_t *facts, const json_t *watch,
                     const struct hone_page_look *look, struct hone_arena *mem,
                     struct hone_buf *out);

#endif
