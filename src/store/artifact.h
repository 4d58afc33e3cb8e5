/*
 * store/artifact.h - files by their content
 *
 * An artifact is named by the SHA-256 of its bytes and lies at artifacts/ab/cdef... in the store's folder.
 * The same content is kept once.  Files are never changed; they go when nothing refers to them and
 * the collector is asked.
 */
#ifndef HONE_STORE_ARTIFACT_H
#define HONE_STORE_ARTIFACT_H

#include "base/str.h"
#include "store/store.h"

/* Keep bytes.  They are on the disk under their final name when this returns. */
enum hone_code hone_artifact_put(struct hone_run *run, struct hone_store *store,
                                 struct hone_str bytes, struct hone_sha *hash);

/*
 * Where an artifact lies, for reading in place.
 *
 *   hash   64 lower-case hexadecimal digits
 *   *path  in mem
 *
 * Fails: HONE_E_ARG if hash is not one; HONE_E_NOT_FOUND.
 */
enum hone_code hone_artifact_path(struct hone_run *run, struct hone_store *store,
                                  const char *hash, struct hone_arena *mem, const char **path);

/* The bytes, in mem, compared with their hash.  Fails also: HONE_E_FORMAT when they differ. */
enum hone_code hone_artifact_get(struct hone_run *run, struct hone_store *store,
                                 const char *hash, struct hone_arena *mem,
                                 struct hone_str *bytes);

/* An artifact that no run and no model version refers to. */
struct hone_unused {
    const char *hash;
    uint64_t bytes;
};

/*
 * List what could be removed: not referred to, and neither put nor put again within the last
 * age_us, so that what another process is about to link is left alone.  Files of which the database knows
 * nothing (left by a crash between file and row) are listed by the same rule.
 */
enum hone_code hone_artifact_unused(struct hone_run *run, struct hone_store *store,
                                    int64_t age_us, struct hone_arena *mem,
                                    struct hone_unused **out, size_t *n);

/*
 * Remove an artifact, unless it was put again within the last age_us: then *removed is false.
 * Fails: HONE_E_CONFLICT when something refers to it.
 */
enum hone_code hone_artifact_remove(struct hone_run *run, struct hone_store *store,
                                    const char *hash, int64_t age_us, bool *removed);

/*
 * Compare every artifact that is on record with its hash.
 *
 *   *n     files that are there, and what they should be
 *   *gone  model files of archived versions that were collected
 *
 * Fails: HONE_E_FORMAT for one that differs, HONE_E_NOT_FOUND for one that is missing and should not be.
 */
enum hone_code hone_artifact_verify(struct hone_run *run, struct hone_store *store, int64_t *n,
                                    int64_t *gone);

/* Remove what writers that were killed left half written, if older than age_us.  *n: how many; may be
 * NULL. */
enum hone_code hone_artifact_tidy(struct hone_run *run, struct hone_store *store,
                                  int64_t age_us, size_t *n);

#endif
