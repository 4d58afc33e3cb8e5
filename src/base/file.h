/*
 * base/file.h - whole files, safely
 */
#ifndef HONE_BASE_FILE_H
#define HONE_BASE_FILE_H

#include "base/str.h"

/* A whole file in memory: mapped when it is regular, else read.  "-" is standard input. */
struct hone_file {
    const char *path;
    struct hone_str bytes;
    void *map; /* NULL: bytes are in mem */
};
/* Fails: HONE_E_NOT_FOUND, HONE_E_IO, HONE_E_ARG for a directory.  Close it with hone_file_close. */
enum hone_code hone_file_open(struct hone_run *run, const char *path, struct hone_arena *mem,
                              struct hone_file *out);
void hone_file_close(struct hone_file *file);

/*
 * Write a file so that it is there whole or not at all: a temporary name beside it, sync, rename, sync of
 * the folder.  "-" is standard output.  Fails: HONE_E_IO (disk full, no permission, ...).
 */
enum hone_code hone_file_write(struct hone_run *run, const char *path, struct hone_str bytes);

/* Make a folder and those above it.  Existing ones are fine. */
enum hone_code hone_dir_make(struct hone_run *run, const char *path);
bool hone_file_exists(const char *path);
bool hone_dir_exists(const char *path);

/* Names in a folder, sorted by byte, without "." and "..". */
enum hone_code hone_dir_list(struct hone_run *run, const char *path, struct hone_arena *mem,
                             const char ***names, size_t *n);

/* Remove a file; an absent one is fine. */
enum hone_code hone_file_remove(struct hone_run *run, const char *path);

/* "a/b.csv.gz" -> "b.csv.gz"; and the name without folder and known endings: "b". */
const char *hone_path_base(const char *path);
const char *hone_path_stem(struct hone_arena *mem, const char *path);
const char *hone_path_join(struct hone_arena *mem, const char *a, const char *b);
/* From the root, links resolved; as it is when there is no such file, and for "-" and NULL. */
const char *hone_path_absolute(struct hone_arena *mem, const char *path);

/*
 * A file written in pieces that appears only when it is committed.
 * hone_out_close without a commit removes what was written.
 */
struct hone_out {
    int fd;
    const char *path;
    char *temporary; /* NULL for "-" */
    char *buffer;
    size_t used;
    struct hone_arena mem;
};
enum hone_code hone_out_open(struct hone_run *run, const char *path, struct hone_out *out);
enum hone_code hone_out_write(struct hone_run *run, struct hone_out *out, const void *bytes,
                              size_t len);
enum hone_code hone_out_commit(struct hone_run *run, struct hone_out *out);
void hone_out_close(struct hone_out *out);

#endif
