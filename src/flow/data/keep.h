/*
 * flow/data/keep.h - keep data under a name, as a version that never changes
 */
#ifndef HONE_FLOW_DATA_KEEP_H
#define HONE_FLOW_DATA_KEEP_H

#include "io/reader.h"
#include "store/dataset.h"

/* What is to be kept. */
struct hone_keep {
    const char *source; /* a file, a folder, or a source like sqlite:file.db?query=... */
    const char *name;   /* of the data set; NULL: from the file's name */
    const char *note;   /* NULL: none */
    const char *actor;
    bool no_table; /* do not look for a table in it */
    const struct hone_read_options *read;
};

struct hone_kept {
    struct hone_dataset_version version;
    struct hone_tree tree;
    bool unchanged;        /* the newest version is the same: no new one was made */
    const char *not_table; /* why it is no table, though its name says so; NULL */
    double seconds;
};

/*
 * Take it in and, unless it equals the newest version, record a new one with the table's columns, rows and
 * content hash where it is one.  Other sources than files are read once and kept as Parquet.
 * Fails as hone_tree_add, hone_dataset_put and, for other sources, hone_table_read.
 */
enum hone_code hone_keep(struct hone_run *run, struct hone_store *store,
                         const struct hone_keep *what, struct hone_arena *mem,
                         struct hone_kept *out);

/* A name that models and data sets may have, from a path's: what no name may hold is replaced; fallback
 * when nothing is left. In mem. */
const char *hone_keep_name(struct hone_arena *mem, const char *path, const char *fallback);

#endif
