/*
 * store/presence.h - which servers run, and the last looks at live data
 */
#ifndef HONE_STORE_PRESENCE_H
#define HONE_STORE_PRESENCE_H

#include "base/str.h"
#include "store/store.h"

/* --- servers ---------------------------------------------------------------------------------- */

struct hone_presence {
    int64_t id; /* filled by the store, as machine, pid, started, seen and ended */
    const char *url;
    const char *machine;
    int64_t pid;
    int64_t started, seen;
    int64_t ended;     /* 0: it did not say */
    const char *facts; /* JSON; NULL when given: "{}" */
};

/* A server that has not been seen for so long is gone, whatever it said last. */
#define HONE_PRESENCE_US INT64_C(30000000)

/* A server of this process begins; *id is how it is told from others.  Those of three months ago are forgotten. */
enum hone_code hone_presence_begin(struct hone_run *run, struct hone_store *store,
                                   const char *url, int64_t *id);
/* It is there still. */
enum hone_code hone_presence_tell(struct hone_run *run, struct hone_store *store, int64_t id,
                                  const char *facts);
enum hone_code hone_presence_end(struct hone_run *run, struct hone_store *store, int64_t id);
/* Servers seen since a time, those that were begun last first. */
enum hone_code hone_presence_list(struct hone_run *run, struct hone_store *store, int64_t since,
                                  struct hone_arena *mem, struct hone_presence **out,
                                  size_t *n);

/* --- looks at live data ------------------------------------------------------------------------ */

struct hone_look {
    int64_t id;         /* filled by the store */
    int64_t time;       /* 0 when given: now */
    int64_t version_id; /* of a hone_version_record */
    const char *run;    /* that holds the document; NULL: none */
    int64_t rows, windows;
    int64_t from, to;    /* of the last window; 0: not by time */
    const char *state;   /* of the last window: "insufficient", "none", "possible", "drift" */
    int64_t drifted;     /* columns, in the last window */
    int64_t columns;     /* compared */
    const char *subject; /* the column that moved most; "" */
    int64_t since;       /* when the drift that rings began; 0: none rings */
    const char *metric;  /* NULL: none is realised */
    double realised;     /* NaN: too few labels */
    int64_t labelled;    /* rows with a label */
};
enum hone_code hone_look_add(struct hone_run *run, struct hone_store *store,
                             const struct hone_look *look, int64_t *id);
/* The last ones of a version, newest first; limit of 0: all. */
enum hone_code hone_look_list(struct hone_run *run, struct hone_store *store,
                              int64_t version_id, size_t limit, struct hone_arena *mem,
                              struct hone_look **out, size_t *n);

/* --- traffic ------------------------------------------------------------------------------------ */

/* What was logged of a version since a time. */
struct hone_traffic {
    int64_t rows, labelled;
    int64_t first, last; /* times; 0: none */
};
enum hone_code hone_traffic_of(struct hone_run *run, struct hone_store *store,
                               int64_t version_id, int64_t since, struct hone_traffic *out);

#endif
