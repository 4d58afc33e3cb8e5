/*
 * store/store.h - everything that happened, on disk
 *
 * A store is a folder (".hone") with one SQLite database, hone.db, and content-addressed files below
 * artifacts/.  What an operation returned HONE_OK for is on the disk: kill -9 or a power cut at any
 * moment loses nothing of it.  Several processes may use one store: readers never block, writers wait
 * for each other up to a time limit and then fail with HONE_E_CONFLICT.  One thread at a time uses a
 * handle; two threads open two.
 *
 * The other headers of this layer say what is kept: artifact.h (files), lineage.h (data and runs),
 * registry.h (models, versions, aliases, decisions), journal.h (predictions, labels, alarms), audit.h.
 * Common rules: texts given are borrowed during the call; texts in results are in mem (which may be
 * run->scratch), NULL where absent;
 * times are µs since 1970 UTC; ids that name nothing give HONE_E_NOT_FOUND; a full or failing disk
 * HONE_E_IO, a damaged database HONE_E_FORMAT.
 */
#ifndef HONE_STORE_STORE_H
#define HONE_STORE_STORE_H

#include "base/hash.h"
#include "base/run.h"

struct hone_store;

/*
 * Open the store in a folder; with create, make what is missing.  An older schema is brought up to
 * date in one transaction.
 *
 *   *out     in mem; give it back with hone_store_close before mem
 *
 * Fails: HONE_E_NOT_FOUND without create when there is no store; HONE_E_UNSUPPORTED when a newer hone made
 * it; HONE_E_FORMAT when hone.db is no database of ours; HONE_E_IO when this user may not open it or, with
 * create, not write it.
 */
enum hone_code hone_store_open(struct hone_run *run, const char *folder, bool create,
                               struct hone_arena *mem, struct hone_store **out);
void hone_store_close(struct hone_store *store); /* NULL is fine */
/* The same at the end of a block: HONE_CLOSING(hone_store_drop) struct hone_store *s = NULL; */
void hone_store_drop(struct hone_store **store);

/* The folder it was opened with. Borrowed from the store. */
const char *hone_store_folder(const struct hone_store *store);

/* How long a writer waits for another process; HONE_STORE_PATIENCE ms unless told. */
#define HONE_STORE_PATIENCE 5000
void hone_store_patience(struct hone_store *store, int ms);

/* Of an operation that failed with HONE_E_CONFLICT: whether another process holds the store, so that it may succeed
 * later.  False: what was asked for contradicts what is there. */
bool hone_store_held(const struct hone_store *store);

/* Rest so many ns (below a second) between the steps of hone_predictions_append, so that who shares the processor
 * never waits long for it; 0: do not. */
void hone_store_rest(struct hone_store *store, int64_t ns);

/* The database's own check of every page and link.  Reads all of it.  Fails: HONE_E_FORMAT. */
enum hone_code hone_store_check(struct hone_run *run, struct hone_store *store);

/*
 * Several operations that happen together or not at all.
 *
 *   HONE_TRANSACTION tx = {0};
 *   HONE_TRY(hone_transaction_begin(run, store, &tx));
 *   ...
 *   HONE_TRY(hone_transaction_commit(run, &tx));
 *
 * Leaving the block without a commit undoes them.  They nest: the inner one is undone alone, and
 * is on the disk when the outermost is committed.  Other writers wait meanwhile, so keep it short.
 */
struct hone_transaction {
    struct hone_store *store; /* NULL: not begun, or over */
};
enum hone_code hone_transaction_begin(struct hone_run *run, struct hone_store *store,
                                      struct hone_transaction *out);
enum hone_code hone_transaction_commit(struct hone_run *run, struct hone_transaction *tx);
void hone_transaction_end(struct hone_transaction *tx);
#define HONE_TRANSACTION HONE_CLOSING(hone_transaction_end) struct hone_transaction

#endif
