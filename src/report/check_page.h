/*
 * report/check_page.h - what is wrong with a table, as a page
 */
#ifndef HONE_REPORT_CHECK_PAGE_H
#define HONE_REPORT_CHECK_PAGE_H

#include "report/html.h"
#include "table/table.h"

enum hone_verdict {
    HONE_VERDICT_PASS,
    HONE_VERDICT_INFO,
    HONE_VERDICT_WARN,
    HONE_VERDICT_FAIL
};

/* One finding; texts are borrowed until the page is written. */
struct hone_check_item {
    enum hone_verdict verdict;
    bool rule;                          /* of a schema, not of the suite */
    const char *check, *column, *other; /* column and other may be NULL */
    const char *message, *advice;       /* advice may be NULL */
    size_t rows;                        /* affected; 0: rows are not the point */
    const size_t *row;                  /* (row_n) the first of them, from 0 */
    size_t row_n;
    const struct hone_table *table; /* that the rows are of */
};

/* One earlier report of the same data set. */
struct hone_check_past {
    int64_t time; /* µs */
    double rows, warned, failed;
};

struct hone_check_report {
    const char *source;
    const char *schema; /* NULL: none */
    size_t rows, cols;
    const struct hone_check_item *item; /* (items) worst first */
    size_t items;
    const struct hone_check_past *past; /* (pasts) the oldest first, this one last */
    size_t pasts;
    size_t aside; /* rows that the schema sets aside */
    const char *const
        *hidden; /* (hiddens) columns whose values are not shown: they name people */
    size_t hiddens;
};

/* Append the page to out. */
void hone_check_page(const struct hone_check_report *report, const struct hone_page_look *look,
                     struct hone_arena *mem, struct hone_buf *out);

#endif
