/*
 * store/content_priv.h - contents: what a file holds, as a list of pieces
 *
 * A content is named by the SHA-256 of its length and its pieces' names, which both follow from its bytes
 * alone.  An intake takes contents in: pieces that the store has are not kept again.
 */
#ifndef HONE_STORE_CONTENT_PRIV_H
#define HONE_STORE_CONTENT_PRIV_H

#include "store/pack_priv.h"
#include "store/query_priv.h"

/* The same content, if the file still looks like this; what the stat cache knows. */
struct hone_stat {
    const char *path;                               /* from the root */
    int64_t device, inode, size, modified, changed; /* times in ns */
};

struct hone_intake {
    struct hone_store *store;
    struct hone_arena mem; /* of everything not yet sealed */
    struct hone_pack pack;
    struct hone_piece *piece; /* in the pack */
    size_t pieces, piece_room;
    struct hone_map here; /* ids of piece[] */
    struct hone_new_content *content;
    size_t contents, content_room;
    uint64_t fresh;  /* bytes that were not in the store before */
    uint64_t stored; /* what they take */
};

/* One piece of bytes to be taken in. */
struct hone_cut {
    const uint8_t *bytes;
    uint32_t len;
    struct hone_object_id id; /* written */
};

/* Take pieces in, hashing and compressing in parallel; bytes are borrowed during the call. */
enum hone_code hone_intake_pieces(struct hone_run *run, struct hone_intake *intake,
                                  struct hone_cut *cut, size_t n);
/*
 * All pieces of a content are in.  stat, unless NULL, is what the file looked like: borrowed until the
 * next seal.  *id becomes its name.
 */
enum hone_code hone_intake_content(struct hone_run *run, struct hone_intake *intake,
                                   uint64_t size, const struct hone_object_id *piece,
                                   size_t pieces, const struct hone_stat *stat,
                                   struct hone_object_id *id);
/* A content from memory. */
enum hone_code hone_intake_bytes(struct hone_run *run, struct hone_intake *intake,
                                 struct hone_str bytes, struct hone_object_id *id);
/* Bring all that was taken in to the disk. */
enum hone_code hone_intake_seal(struct hone_run *run, struct hone_intake *intake);
void hone_intake_drop(struct hone_intake *intake);

/* The cuts of bytes, which are a whole file from offset start on when whole; in mem.  *used: how
 * many bytes they cover. */
struct hone_cutting {
    const uint8_t *bytes; /* from a multiple of HONE_PIECE_BLOCK of the file */
    size_t start, len;
    const uint16_t *mark;
    bool whole;
};
enum hone_code hone_cut_all(struct hone_run *run, const struct hone_cutting *what,
                            struct hone_arena *mem, struct hone_cut **cut, size_t *n,
                            size_t *used);

/* Whether the stat cache knows the file to be unchanged; *id its content. */
enum hone_code hone_stat_known(struct hone_run *run, struct hone_query *query,
                               const struct hone_stat *stat, bool *known,
                               struct hone_object_id *id);
enum hone_code hone_stat_query(struct hone_run *run, struct hone_store *store,
                               struct hone_query *out);

/* Where the pieces of a content lie, in its order; in mem.  Fails: HONE_E_NOT_FOUND. */
enum hone_code hone_content_pieces(struct hone_run *run, struct hone_store *store,
                                   const struct hone_object_id *id, struct hone_arena *mem,
                                   struct hone_piece **piece, size_t *n);

/* A tree's files without the lock, for those who hold it. */
struct hone_tree_file;
enum hone_code hone_tree_files(struct hone_run *run, struct hone_store *store, const char *hash,
                               struct hone_arena *mem, struct hone_tree_file **out, size_t *n);

#endif
