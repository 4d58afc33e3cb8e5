/*
 * store/pack_priv.h - packs: files that hold many pieces, one behind the other
 *
 * objects/NAME.pack in the store's folder.  A pack is written under a temporary name, synced and renamed before
 * the database knows of it, and is never changed.  Whoever adds pieces holds a lock that many may share;
 * the collector holds it alone.
 */
#ifndef HONE_STORE_PACK_PRIV_H
#define HONE_STORE_PACK_PRIV_H

#include "base/file.h"
#include "store/store.h"

#define HONE_PACK_BYTES ((uint64_t)256 << 20) /* a pack is sealed when it has this many */

/* SHA-256 of what it names: a piece, or a content (store/content_priv.h). */
struct hone_object_id {
    uint8_t sha[32];
};
struct hone_object_id hone_object_id(const void *bytes, size_t len);
struct hone_object_id hone_object_id_of(const struct hone_sha *sha);
struct hone_sha hone_object_hex(const struct hone_object_id *id);

/* Where a piece lies; compressed (Zstandard) when stored is below size. */
struct hone_piece {
    struct hone_object_id id;
    int64_t pack; /* the pack's row */
    uint64_t at;
    uint32_t stored, size;
};

/* A pack being written.  A zeroed one is empty. */
struct hone_pack {
    struct hone_out out;
    struct hone_arena mem;
    const char *name; /* NULL: nothing written yet */
    uint64_t bytes;
};
/* Begin a pack; adding to one that was not begun does so too. */
enum hone_code hone_pack_begin(struct hone_run *run, struct hone_store *store,
                               struct hone_pack *pack);
/* Append a piece's stored bytes; its place becomes piece->at. */
enum hone_code hone_pack_add(struct hone_run *run, struct hone_store *store,
                             struct hone_pack *pack, const void *stored,
                             struct hone_piece *piece);
/* Bring it to the disk under its name.  Nothing refers to it yet. */
enum hone_code hone_pack_seal(struct hone_run *run, struct hone_pack *pack);
/* Record a sealed pack; *id is its row. */
enum hone_code hone_pack_record(struct hone_run *run, struct hone_store *store,
                                const struct hone_pack *pack, int64_t *id);
void hone_pack_drop(struct hone_pack *pack); /* what was not sealed is removed */

/* The file of a pack. In mem. */
const char *hone_pack_path(struct hone_store *store, const char *name, struct hone_arena *mem);

/* The lock, given back at the end of the block: HONE_CLOSING(hone_pack_unlock) int lock = -1;
 * Fails with HONE_E_CONFLICT at once when another process collects (or, alone, uses it). */
enum hone_code hone_pack_lock(struct hone_run *run, struct hone_store *store, bool alone,
                              int *out);
void hone_pack_unlock(const int *lock);

#endif
