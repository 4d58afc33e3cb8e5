/*
 * stores.h - a store for a test, a version to log predictions of, and clocks that the test turns
 */
#ifndef HONE_TESTS_STORES_H
#define HONE_TESTS_STORES_H

#include "check.h"
#include "store/registry.h"

/* For run->now, with run->clock an int64_t of µs: it stands where the test put it, or goes on by one at each look. */
int64_t stores_still(void *clock);
int64_t stores_tick(void *clock);

/* A version of a model of that name, new in the store; its graph is one that nobody reads.  In mem. */
struct hone_version_record stores_version(struct hone_run *run, struct hone_store *store,
                                          const char *model, struct hone_arena *mem);

/* A store of the test's own folder with a version of a model "m"; stores_leave checks the store and frees all. */
struct stores_room {
    struct hone_run run;
    struct hone_arena mem;
    struct hone_store *store;
    struct hone_version_record version;
};
void stores_enter(struct stores_room *room);
void stores_leave(struct stores_room *room);

#endif
