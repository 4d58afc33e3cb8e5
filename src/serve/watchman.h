/*
 * serve/watchman.h - who looks at what is served by himself, and tells when something is wrong
 *
 * A thread of the lowest priority with a store handle of its own.  When a window of time has closed, each served version
 * is compared with its reference by the sketches that servers kept (flow/watch/watch.h), and its realised quality with
 * that of the test; a duty in the store (store/duty.h) lets one of several servers do it, and another one when that
 * one was killed.  Every few seconds it looks at the service itself.  Alarms go to the log and to the webhooks
 * (flow/watch/tell.h), also those that other processes raised.
 *
 * Kinds: "drift", "performance", and "service" with the keys (each with the server's address behind it)
 *   failed       the share of answers of 5xx over HONE_WATCHMAN_MINUTES is above the share allowed, beyond chance
 *   log          predictions were dropped from the log
 *   certificate  fewer than 14 days are left
 *   store        the store could not be written; while it can not, it is told straight to the hooks
 * A service alarm is closed when what it tells of has passed for HONE_WATCHMAN_CALM minutes.
 */
#ifndef HONE_SERVE_WATCHMAN_H
#define HONE_SERVE_WATCHMAN_H

#include "flow/watch/tell.h"

#define HONE_WATCHMAN_MINUTES 5
#define HONE_WATCHMAN_CALM    10
/* A window is looked at so long after its end: by then every server has written its sketches. */
#define HONE_WATCHMAN_LATE_US INT64_C(90000000)

/* What the server has counted since it began. */
struct hone_watchman_facts {
    uint64_t answered; /* requests for models, answered or refused */
    uint64_t failed;   /* of 5xx */
    uint64_t dropped;  /* predictions that are not in the log */
    int64_t expires;   /* the certificate; 0: none */
};

struct hone_watchman_version {
    const char *model;
    int64_t version;
    int64_t record; /* of the registry */
};

struct hone_watchman_wish {
    const char *store;  /* its folder */
    const char *watch;  /* "hour", "day", "off" */
    const char *server; /* its address, as alarms name it */
    double failed;      /* share of 5xx that is borne */
    const struct hone_hooks *hooks;
    void *ctx;
    void (*facts)(void *ctx, struct hone_watchman_facts *out);
    /* The registered versions that answer now, in mem. */
    enum hone_code (*served)(struct hone_run *run, void *ctx, struct hone_arena *mem,
                             struct hone_watchman_version **out, size_t *n);
};

struct hone_watchman;
/* Borrows the wish and all it points to.  Fails: as hone_store_open. */
enum hone_code hone_watchman_new(struct hone_run *run, const struct hone_watchman_wish *wish,
                                 struct hone_watchman **out);
void hone_watchman_free(struct hone_watchman *watchman); /* NULL is fine */

/*
 * All that is to be done now, by the run's clock.  Nothing here fails: what goes wrong is logged once and tried again.
 * A function of the clock, the store and the facts alone.
 */
void hone_watchman_step(struct hone_run *run, struct hone_watchman *watchman);

/* The same every five seconds in a thread of its own, until it is stopped (which waits for what it is at). */
enum hone_code hone_watchman_start(struct hone_run *run, struct hone_watchman *watchman);
void hone_watchman_stop(struct hone_watchman *watchman); /* NULL is fine */

#endif
