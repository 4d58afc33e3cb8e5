/*
 * report/plan_page.h - whether a model is worth the effort, as one page
 *
 * Renders the document of a study (flow/plan/feasibility.h) as it is: the verdict with its reasons first, then the
 * learning curve with its forecast, goals, worth, and what the data are like.
 */
#ifndef HONE_REPORT_PLAN_PAGE_H
#define HONE_REPORT_PLAN_PAGE_H

#include "report/html.h"

/* Missing members are left out of the page. */
void hone_plan_page(const json_t *study, const struct hone_page_look *look,
                    struct hone_arena *mem, struct hone_buf *out);

#endif
