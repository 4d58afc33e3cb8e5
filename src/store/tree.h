/*
 * store/tree.h - files and folders kept by their content
 *
 * A tree is one file, or all files below a folder.  It is named by the SHA-256 of its files' names and
 * contents; files are kept in pieces of about 256 KiB, compressed, each piece once, so that versions of
 * a growing file share what they have in common.  A file that looks unchanged (size, times, inode) since it
 * was last taken in is not read again.  An interrupted addition goes on where it was.
 */
#ifndef HONE_STORE_TREE_H
#define HONE_STORE_TREE_H

#include "base/str.h"
#include "store/store.h"

struct hone_tree {
    const char *hash; /* 64 hexadecimal digits */
    const char *file; /* the name of the one file; NULL: a folder */
    int64_t files, bytes;
    int64_t cached;  /* files known by the stat cache, which were not read */
    int64_t skipped; /* links to folders, sockets, devices and the like */
    int64_t fresh;   /* bytes that the store did not have before */
    int64_t stored;  /* what they take on the disk */
};

/*
 * Take a file or a folder in.  Files are read in parallel; progress is told in bytes.
 * Nothing refers to the tree yet: a collection would take it away again (store/dataset.h).
 * Fails: HONE_E_NOT_FOUND; HONE_E_CONFLICT when a file changes while it is read, or a collection
 * runs; HONE_E_IO.
 */
enum hone_code hone_tree_add(struct hone_run *run, struct hone_store *store, const char *path,
                             struct hone_arena *mem, struct hone_tree *out);
/* Bytes in memory as a tree of one file of that name. */
enum hone_code hone_tree_add_bytes(struct hone_run *run, struct hone_store *store,
                                   const char *name, struct hone_str bytes,
                                   struct hone_arena *mem, struct hone_tree *out);

struct hone_tree_file {
    const char *path; /* below the folder, or the name of the one file */
    const char *hash; /* of the content, 64 hexadecimal digits */
    int64_t size;
};
/* The files of a tree by path, in byte order.  Fails: HONE_E_NOT_FOUND, HONE_E_FORMAT when it is damaged. */
enum hone_code hone_tree_list(struct hone_run *run, struct hone_store *store, const char *hash,
                              struct hone_arena *mem, struct hone_tree_file **out, size_t *n);

/* A file's bytes in mem, each piece compared with its hash.  Fails: as hone_tree_list. */
enum hone_code hone_tree_read(struct hone_run *run, struct hone_store *store,
                              const char *content, struct hone_arena *mem,
                              struct hone_str *out);
/* The same written to a path, whole or not at all. */
enum hone_code hone_tree_write(struct hone_run *run, struct hone_store *store,
                               const char *content, const char *path);
/* Only compare each piece with its hash. */
enum hone_code hone_tree_check(struct hone_run *run, struct hone_store *store,
                               const char *content);

#endif
