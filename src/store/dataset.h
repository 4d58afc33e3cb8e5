/*
 * store/dataset.h - data sets by name, each a row of versions
 *
 * A version is a tree (store/tree.h) with where it came from and what is known of it.  Versions count from 1;
 * a number is never given twice.  data:/NAME is the newest version, data:/NAME/3 the third,
 * data:/NAME/3/PATH one file of it.
 */
#ifndef HONE_STORE_DATASET_H
#define HONE_STORE_DATASET_H

#include "store/tree.h"

struct hone_dataset_version {
    const char *name;
    int64_t version;    /* filled by the store */
    const char *tree;   /* its hash; NULL: removed */
    const char *source; /* an absolute path, or the source with its query */
    const char *file;   /* the name of the one file; NULL: a folder */
    int64_t files, bytes;
    int64_t rows, cols; /* of the table it holds; -1: none */
    const char *schema; /* JSON list of {"name", "type"}; NULL */
    const char *data;   /* content hash of the table (lineage.h); NULL */
    const char *note, *actor;
    int64_t created; /* filled by the store */
};

/*
 * Add a version; the name must be fit for a model too.  On the audit log, as removal is.
 * Fails: HONE_E_ARG (name), HONE_E_CONFLICT when a collection took the tree away meanwhile.
 */
enum hone_code hone_dataset_put(struct hone_run *run, struct hone_store *store,
                                const struct hone_dataset_version *record, int64_t *version);

/* version 0: the newest that was not removed.  Fails: HONE_E_NOT_FOUND, the hint says what there is. */
enum hone_code hone_dataset_get(struct hone_run *run, struct hone_store *store,
                                const char *name, int64_t version, struct hone_arena *mem,
                                struct hone_dataset_version *out);

/* Those of one name (NULL: of all), by name and version; removed ones too. */
enum hone_code hone_dataset_list(struct hone_run *run, struct hone_store *store,
                                 const char *name, struct hone_arena *mem,
                                 struct hone_dataset_version **out, size_t *n);

/* Let a version go; its bytes go with the next collection. */
enum hone_code hone_dataset_remove(struct hone_run *run, struct hone_store *store,
                                   const char *name, int64_t version, const char *actor);

/* The runs that used a table of this content, newest first. */
enum hone_code hone_dataset_runs(struct hone_run *run, struct hone_store *store,
                                 const char *data, struct hone_arena *mem, const char ***ids,
                                 size_t *n);

struct hone_dataset_uri {
    const char *name;
    int64_t version;  /* 0: the newest */
    const char *path; /* NULL: the whole version */
};
bool hone_dataset_uri_is(const char *text); /* begins with data:/ */
/* Also NAME, NAME/3 and NAME@3.  Fails: HONE_E_ARG. */
enum hone_code hone_dataset_uri(struct hone_run *run, const char *text, struct hone_arena *mem,
                                struct hone_dataset_uri *out);

/* --- collecting ---------------------------------------------------------------------------- */

struct hone_collected {
    int64_t packs, pieces, contents; /* removed */
    int64_t bytes;                   /* given back to the file system; negative never */
};
/*
 * Remove what no version refers to; packs a quarter of which is dead are written anew.  dry: only count.
 * Killed at any moment, nothing that a version refers to is lost.
 * Fails: HONE_E_CONFLICT when data are being added or read.
 */
enum hone_code hone_dataset_collect(struct hone_run *run, struct hone_store *store, bool dry,
                                    struct hone_collected *out);

/* Read every piece that a version refers to and compare it with its hash.  Fails: HONE_E_FORMAT naming
 * data set, version and file. */
enum hone_code hone_dataset_verify(struct hone_run *run, struct hone_store *store,
                                   int64_t *files, int64_t *bytes);

#endif
