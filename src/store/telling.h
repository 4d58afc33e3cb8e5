/*
 * store/telling.h - which webhook was told of which alarm
 *
 * A hook is told that an alarm rings, and later that it is closed.  Who wants to tell takes what is due, which keeps
 * others away for a while; when nothing is said of how it went (the process was killed), it is due again then.  So
 * every hook is told at least once, and twice only when it was told and the process died before it could say so.
 */
#ifndef HONE_STORE_TELLING_H
#define HONE_STORE_TELLING_H

#include "store/journal.h"

struct hone_hook {
    int64_t id;
    const char
        *name;    /* where it leads, without what may be secret: "https://hooks.example.com" */
    int64_t seen; /* when somebody last meant to tell it */
    int64_t told; /* when it last accepted; 0: never */
    int64_t failed;    /* when it last did not; 0: never */
    int64_t failures;  /* in a row */
    const char *error; /* of the last failure; NULL: none since it last accepted */
    int64_t waiting;   /* open alarms that it was not told of yet */
};

/*
 * The hook of a URL, known by a digest of it; made when it is new.
 *
 *   now   kept as the time when it was seen
 */
enum hone_code hone_hook_find(struct hone_run *run, struct hone_store *store,
                              const char *digest, const char *name, int64_t now, int64_t *id);
/* Those seen since a time, in the order in which they were made. */
enum hone_code hone_hook_list(struct hone_run *run, struct hone_store *store, int64_t since,
                              struct hone_arena *mem, struct hone_hook **out, size_t *n);

/* What a hook is to be told. */
struct hone_telling {
    int64_t hook, alarm;
    bool closed;     /* that it is closed; else that it rings */
    int64_t attempt; /* from 1 */
};

/*
 * Take what is due to a hook: open alarms that it was not told of, and closed ones of which it knows only that they rang;
 * the oldest first.  Nobody else gets it for lease_us.
 *
 *   *taken  false: nothing is due
 */
enum hone_code hone_telling_take(struct hone_run *run, struct hone_store *store, int64_t hook,
                                 int64_t now, int64_t lease_us, struct hone_telling *out,
                                 bool *taken);
/* The hook accepted it. */
enum hone_code hone_telling_done(struct hone_run *run, struct hone_store *store,
                                 const struct hone_telling *telling, int64_t now);
/* It did not; not before next is it due again. */
enum hone_code hone_telling_failed(struct hone_run *run, struct hone_store *store,
                                   const struct hone_telling *telling, int64_t now,
                                   int64_t next, const char *error);

#endif
