/*
 * serve/lookout.h - the watchman (watchman.h) of a server: what it counts, what it serves, whom it tells
 */
#ifndef HONE_SERVE_LOOKOUT_H
#define HONE_SERVE_LOOKOUT_H

#include "base/run.h"

struct hone_lookout;
struct hone_server;

/*
 * The hooks that are wanted, before anything else is done: a URL that is none ends the start.
 *
 *   *out  NULL: the server has no store, and nobody is to be told
 *
 * Fails: as hone_hooks_gather, hone_job_from_file; HONE_E_ARG for hooks without a model of a store.
 */
enum hone_code hone_lookout_new(struct hone_run *run, struct hone_server *server,
                                const char *store, struct hone_lookout **out);
/* Begin, once the server has its address.  Fails: as hone_watchman_new, hone_watchman_start. */
enum hone_code hone_lookout_start(struct hone_run *run, struct hone_lookout *lookout);
/* End it, and free.  NULL is fine. */
void hone_lookout_free(struct hone_lookout *lookout);

#endif
