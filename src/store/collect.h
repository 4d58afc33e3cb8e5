/*
 * store/collect.h - what nothing needs any more
 *
 * Looking changes nothing.  Acting writes what is to go to the audit log first, then removes piece by piece, each in
 * a transaction that looks again, so that it may be killed at any moment and runs beside whatever else
 * uses the store.  Never removed: what a version that is READY, an alias, a live run or a younger hand than the
 * grace needs.
 */
#ifndef HONE_STORE_COLLECT_H
#define HONE_STORE_COLLECT_H

#include "store/dataset.h"

struct hone_gc_policy {
    int64_t grace_us; /* what was put or begun since is left alone */
    int64_t
        failed_us; /* files of runs that failed or were killed so long ago; negative: kept */
    int64_t archived_us; /* files of versions that were archived so long ago; negative: kept */
    int64_t keep_data; /* of each data set let all but the newest N versions go; 0: keep all */
    int64_t
        predictions_before; /* µs since 1970: logged predictions older than that go, with their
                                   labels; 0: kept */
    bool keep_labelled;     /* but those with a label stay */
    bool compact;           /* write the database anew: other writers wait meanwhile */
    const char *actor;
};

enum hone_gc_kind {
    HONE_GC_ARTIFACT, /* a file that no run and no version refers to */
    HONE_GC_HALF,     /* files that a killed writer left half written; counted, not listed */
    HONE_GC_FAILED,   /* what a failed run kept */
    HONE_GC_ARCHIVED, /* the model of an archived version; the version itself stays on record */
    HONE_GC_TRIALS, /* fits that stopped trainings kept for going on; as old as failed_us says */
    HONE_GC_DATA,   /* a version of a data set; what only it has goes with the objects */
    HONE_GC_OBJECTS,     /* pieces of data that no version refers to; counted, not listed */
    HONE_GC_PREDICTIONS, /* old ones; counted, not listed; bytes are about right (store/expire.h) */
    HONE_GC_KINDS,
};
const char *hone_gc_name(enum hone_gc_kind kind); /* "unreferenced files" */

struct hone_gc_item {
    enum hone_gc_kind kind;
    const char *hash; /* of the file; trials, a data version: NULL */
    const char
        *of; /* "runs:/ID/PATH", "models:/x/3", "data:/x/3", "trials/ID"; NULL: nobody's */
    uint64_t bytes;
};

struct hone_gc_plan {
    struct hone_gc_item *item;
    size_t n;
    struct {
        uint64_t items, bytes;
    } sum[HONE_GC_KINDS];
    bool objects_busy; /* data are being added: objects were not looked at */
    uint64_t labels;   /* that went with their predictions */
    uint64_t unused;   /* bytes that are free within the database and stay there; done only */
};

enum hone_code hone_gc_find(struct hone_run *run, struct hone_store *store,
                            const struct hone_gc_policy *policy, struct hone_arena *mem,
                            struct hone_gc_plan *out);

/* Remove what a plan found, as far as it still holds; *done: what went. */
enum hone_code hone_gc_act(struct hone_run *run, struct hone_store *store,
                           const struct hone_gc_policy *policy, const struct hone_gc_plan *plan,
                           struct hone_gc_plan *done);

#endif
