/*
 * store/audit.h - who changed what, in a chain that shows tampering
 *
 * Rows are only ever appended.  Each carries the SHA-256 of the hash before it and of its own fields, so
 * that changing, removing or inserting a row breaks every hash after it.  Cutting off the end is seen only by
 * one who kept the head's hash; keep it elsewhere where that matters.
 */
#ifndef HONE_STORE_AUDIT_H
#define HONE_STORE_AUDIT_H

#include "store/store.h"

struct hone_audit_row {
    int64_t seq; /* 1, 2, ... without a gap */
    int64_t time;
    const char *actor; /* who: a user, a token's name, "hone serve"; NULL when given: "local" */
    const char *action;  /* a short fixed word: "alias_set" */
    const char *subject; /* what: "models:/loan@champion" */
    const char *detail;  /* JSON, or "" */
    const char *hash;    /* 64 hexadecimal digits; ignored when given */
};

/* Append; seq, time and hash are filled by the store.  Registry operations do it by themselves. */
enum hone_code hone_audit_append(struct hone_run *run, struct hone_store *store,
                                 const struct hone_audit_row *row);

/* All conditions must hold; a zeroed filter is all rows. */
struct hone_audit_filter {
    const char *
        subject; /* this one, or what is below it: "models:/loan" has "models:/loan@champion"; NULL: any */
    const char *actor;  /* NULL: any */
    const char *action; /* NULL: any */
    int64_t since;      /* at or after; 0: any */
    int64_t before;     /* only lower seqs: the last one of the page before; 0: from the end */
    size_t limit;       /* 0: all */
};
/* Newest first. */
enum hone_code hone_audit_list(struct hone_run *run, struct hone_store *store,
                               const struct hone_audit_filter *filter, struct hone_arena *mem,
                               struct hone_audit_row **out, size_t *n);

/*
 * Compute the chain anew.
 *
 *   head   a hash kept earlier, which must be in the chain; NULL: none
 *   *last  seq and hash of the last row (seq 0 and 64 zeroes when there is none); may be NULL
 *
 * Fails: HONE_E_GATE, naming the first row that does not fit.
 */
struct hone_audit_head {
    int64_t seq;
    struct hone_sha hash;
};
enum hone_code hone_audit_verify(struct hone_run *run, struct hone_store *store,
                                 const char *head, struct hone_audit_head *last);

#endif
