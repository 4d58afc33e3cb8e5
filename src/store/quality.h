/*
 * store/quality.h - how good a data set was, each time it was checked
 */
#ifndef HONE_STORE_QUALITY_H
#define HONE_STORE_QUALITY_H

#include "base/str.h"
#include "store/store.h"

struct hone_quality {
    int64_t id;         /* filled by the store */
    int64_t time;       /* 0 when given: now */
    const char *name;   /* of the data set, as people call it: "loans" of loans.csv.gz */
    const char *source; /* where the rows came from, from the root */
    const char *data;   /* hash of the content; NULL: not known */
    const char *schema; /* file of the schema it was held against; NULL: none */
    int64_t rows, cols;
    int64_t passed, told, warned, failed; /* checks and rules by outcome */
    const char *findings; /* those that did not pass, worst first: a JSON list */
};

/* Put a report on record.  Fails: HONE_E_CONFLICT, HONE_E_IO. */
enum hone_code hone_quality_add(struct hone_run *run, struct hone_store *store,
                                const struct hone_quality *report, int64_t *id);

struct hone_quality_filter {
    const char *name; /* a name, or a source from the root; NULL: all */
    size_t limit;     /* the newest; 0: all */
};
/* By time, the oldest first; in mem. */
enum hone_code hone_quality_list(struct hone_run *run, struct hone_store *store,
                                 const struct hone_quality_filter *filter,
                                 struct hone_arena *mem, struct hone_quality **out, size_t *n);

#endif
