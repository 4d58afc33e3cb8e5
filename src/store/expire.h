/*
 * store/expire.h - logged predictions that are old enough to go
 *
 * A service that logs every prediction fills the disk sooner or later.  Predictions go by age with their labels, a few
 * hundred in a transaction, so that whoever writes to the store meanwhile (a server) waits for some
 * milliseconds at most; each step is whole, so it may be killed at any moment and begun anew.  What
 * is freed is used by the predictions that come, and given back to the file system by hone_store_shrink.
 */
#ifndef HONE_STORE_EXPIRE_H
#define HONE_STORE_EXPIRE_H

#include "store/store.h"

/* Rows that one step looks at. */
#define HONE_EXPIRE_ROWS 500

struct hone_expiry {
    int64_t before;     /* µs since 1970: what is older goes */
    bool keep_labelled; /* but what has a label stays, with its labels */
    /* Filled by the store: */
    uint64_t predictions, labels; /* gone so far */
    int64_t after, last;          /* its place: rows behind the one, up to the other */
    int64_t block;                /* then blocks of texts behind this one */
};

/* How many would go, and about how many bytes they take (from the newest thousand of them). */
enum hone_code hone_expiry_count(struct hone_run *run, struct hone_store *store,
                                 const struct hone_expiry *expiry, uint64_t *predictions,
                                 uint64_t *bytes);
/* Begin: before and keep_labelled are given, the rest is set. */
enum hone_code hone_expiry_begin(struct hone_run *run, struct hone_store *store,
                                 struct hone_expiry *expiry);
/* One transaction.  *over: nothing is left.  Fails: HONE_E_CONFLICT when the store is locked; try again. */
enum hone_code hone_expiry_step(struct hone_run *run, struct hone_store *store,
                                struct hone_expiry *expiry, bool *over);
/* All steps, each followed by a pause in which others write.  Tells progress.  Fails: HONE_E_CANCELLED. */
enum hone_code hone_expiry_run(struct hone_run *run, struct hone_store *store,
                               struct hone_expiry *expiry);

/*
 * Give free pages back to the file system, in small transactions; hone_store_shrink takes all steps, with pauses.
 *
 *   *left  bytes that are free but stay in the file: all of them in a store that an older hone made
 *   *over  no step gives more back
 */
enum hone_code hone_shrink_step(struct hone_run *run, struct hone_store *store, uint64_t *left,
                                bool *over);
enum hone_code hone_store_shrink(struct hone_run *run, struct hone_store *store,
                                 uint64_t *left);
/* Write the database anew without what is free; from then on hone_store_shrink works.  Other writers wait until it is
 * done.  Needs as much free disk as the database has bytes. */
enum hone_code hone_store_compact(struct hone_run *run, struct hone_store *store);

#endif
