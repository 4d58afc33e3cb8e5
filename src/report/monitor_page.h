/*
 * report/monitor_page.h - live data beside what a model was made for, as one page
 *
 * Renders the document of `hone monitor` (docs/monitor.md) and computes nothing.
 */
#ifndef HONE_REPORT_MONITOR_PAGE_H
#define HONE_REPORT_MONITOR_PAGE_H

#include "report/html.h"

/* Missing members are left out of the page. */
void hone_monitor_page(const json_t *watch, const struct hone_page_look *look,
                       struct hone_arena *mem, struct hone_buf *out);

#endif
