/*
 * report/compare_page.h - models beside each other, as one page
 *
 * Renders the document of a comparison (flow/judge/versus.h) as it is, of the same rows or of the record.
 */
#ifndef HONE_REPORT_COMPARE_PAGE_H
#define HONE_REPORT_COMPARE_PAGE_H

#include "report/html.h"

/* Missing members are left out of the page. */
void hone_compare_page(const json_t *versus, const struct hone_page_look *look,
                       struct hone_arena *mem, struct hone_buf *out);

#endif
