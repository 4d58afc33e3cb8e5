/*
 * store/sketchlog.h - what live data looked like, by hour
 *
 * Each server keeps a row of its own for a version and an hour, written anew as the hour goes on; who looks at
 * an hour adds up the rows of all servers.  What the counts mean is monitor/sketch.h's.
 */
#ifndef HONE_STORE_SKETCHLOG_H
#define HONE_STORE_SKETCHLOG_H

#include "base/str.h"
#include "store/store.h"

struct hone_sketch_row {
    int64_t server; /* a random number that is the server's for as long as it runs */
    int64_t version_id;
    int64_t begin; /* of the hour, µs since 1970 */
    int64_t rows;
    const char *data; /* JSON */
};

/* Write, or write anew. */
enum hone_code hone_sketch_put(struct hone_run *run, struct hone_store *store,
                               const struct hone_sketch_row *row);
/* Of a version, with from <= begin < to (to of 0: no end), in order of begin. */
enum hone_code hone_sketch_rows(struct hone_run *run, struct hone_store *store,
                                int64_t version_id, int64_t from, int64_t to,
                                struct hone_arena *mem, struct hone_sketch_row **out,
                                size_t *n);
/* When the newest one of a version begins; 0: there is none. */
enum hone_code hone_sketch_newest(struct hone_run *run, struct hone_store *store,
                                  int64_t version_id, int64_t *begin);

#endif
