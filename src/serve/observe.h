/*
 * serve/observe.h - sketches of what a served version is asked and answers
 *
 * Each worker writes a sketch of its own (monitor/sketch.h) on the way of a request, a few ns for each value; the
 * thread that polls adds them up by the hour and writes them to the store.
 */
#ifndef HONE_SERVE_OBSERVE_H
#define HONE_SERVE_OBSERVE_H

#include "monitor/sketch.h"
#include "serve/served.h"

struct hone_server;

/* Where each column of the reference comes from, and a sketch for each worker. */
struct hone_observer;
/* *out is NULL for a model without a reference.  In mem. */
enum hone_code hone_observer_new(struct hone_run *run, const struct hone_served *m,
                                 size_t workers, struct hone_arena *mem,
                                 struct hone_observer **out);
/* The rows of a batch and their answers; only by the worker of that number.  NULL is fine. */
void hone_observer_rows(struct hone_observer *observer, size_t worker,
                        const struct hone_batch *b, const struct hone_tensor *out);

/* The polling thread's side. */
struct hone_scribe;
enum hone_code hone_scribe_new(struct hone_run *run, struct hone_server *server,
                               struct hone_scribe **out);
/*
 * Write what was seen in this hour, when a minute has passed since the last time, the hour is over, another
 * version answers, or with last.  A killed server loses what is younger than a minute.
 * Fails: as hone_sketch_put; it is written next time then.
 */
enum hone_code hone_scribe_beat(struct hone_run *run, struct hone_scribe *scribe, bool last);
void hone_scribe_free(struct hone_scribe *scribe); /* NULL is fine */

#endif
