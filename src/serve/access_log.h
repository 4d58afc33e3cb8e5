/*
 * serve/access_log.h - requests that are worth a line in the log
 *
 * failed (5xx, level error), refused (4xx, info, a few a second), slow (over --slow, warn) and a share of all others (access,
 * info).  A worker formats such a line only when there is one, into a buffer of its own; the thread that polls
 * writes the buffers, so no request waits for whoever reads the log.  What does not fit is counted and told.
 */
#ifndef HONE_SERVE_ACCESS_LOG_H
#define HONE_SERVE_ACCESS_LOG_H

#include "base/log.h"
#include "base/str.h"

struct hone_request;
struct hone_server;
struct hone_worker;

/* Of one worker. */
struct hone_notes;
/* In mem.  slow_ms of 0: none is; share: of requests that are neither failed, refused nor slow. */
struct hone_notes *hone_notes_new(struct hone_arena *mem, double slow_ms, double share);
void hone_notes_free(struct hone_notes *notes); /* its lock; NULL is fine */

/* The worker's side: the request has its status and is about to be answered. */
void hone_note(struct hone_request *req);
/* It was answered, but its client took too long to take that (warn, a few a second with those that were refused). */
void hone_note_cut(struct hone_request *req);
/* Write what the workers noted.  One thread at a time. */
void hone_notes_write(const struct hone_run *run, struct hone_server *server);

/*
 * The trace of a W3C traceparent field: 32 and 16 hexadecimal digits.  False: there is none, or none of that form.
 * Source: W3C Trace Context, section 3.2.
 */
struct hone_trace {
    char id[33], parent[17];
};
bool hone_trace_read(const char *field, struct hone_trace *out);

#endif
