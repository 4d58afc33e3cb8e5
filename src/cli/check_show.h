/*
 * cli/check_show.h - what `hone check` writes besides its findings: the page, and the record over time
 */
#ifndef HONE_CLI_CHECK_SHOW_H
#define HONE_CLI_CHECK_SHOW_H

#include "check/finding.h"
#include "cli/verb.h"
#include "store/quality.h"
#include "table/table.h"

/* A check that was made. */
struct hone_check_made {
    const char *path;                      /* as typed */
    const char *schema;                    /* NULL: none */
    const struct hone_table *table, *test; /* test may be NULL */
    const struct hone_findings *findings;
    size_t suite; /* how many of the findings are of the suite; the others are of the schema */
    size_t aside; /* rows set aside */
};

/* Put it on record. */
enum hone_code hone_check_record(struct hone_run *run, struct hone_store *store,
                                 const struct hone_check_made *made, struct hone_args *args);

/* Write the page; store gives the trend, NULL: none. */
enum hone_code hone_check_write_page(struct hone_run *run, struct hone_store *store,
                                     const struct hone_check_made *made, const char *path,
                                     struct hone_args *args);

/* What is on record of a data set (a name or a path), or of all: NULL. */
enum hone_code hone_check_history(struct hone_run *run, struct hone_store *store,
                                  const char *data, struct hone_args *args);

#endif
