/*
 * serve/status.h - all that the person on call wants to know first, as one document
 *
 *   {"time_us",
 *    "models": [{"model", "latest",
 *                "aliases": [{"alias", "version", "before", "since_us", "actor", "reason", "kind"}],
 *                "served": {"version", "run", "trained_us", "metrics": {...}, "failed": [gates]},
 *                "traffic": {"rows", "labelled", "last_us"},      of the last day, when asked for
 *                "look": {"time_us", "rows", "state", "drifted", "columns", "subject", "since_us",
 *                         "metric", "realised", "labelled", "tested"}}],
 *    "servers": [{"url", "machine", "pid", "state", "started_us", "seen_us", "facts": {...}}],
 *    "alarms": [{"id", "time_us", "severity", "kind", "subject", "message", "model", "version"}],
 *    "decisions": [{"time_us", "actor", "action", "subject", "reason"}]}
 *
 * "served" is the champion, else the latest version.  Facts are what a server tells of itself (pulse.h).
 */
#ifndef HONE_SERVE_STATUS_H
#define HONE_SERVE_STATUS_H

#include "base/json.h"
#include "store/store.h"

struct hone_status_wish {
    const char *model; /* only this one; NULL: all */
    bool traffic;      /* count the predictions of the last day, which reads them */
    size_t decisions;  /* the newest */
};

/* *out is a new reference.  Fails: HONE_E_NOT_FOUND for a model that is none. */
enum hone_code hone_status_collect(struct hone_run *run, struct hone_store *store,
                                   const struct hone_status_wish *wish, json_t **out);

#endif
