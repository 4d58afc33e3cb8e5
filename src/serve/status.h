/*
 * serve/status.h - all that the person on call wants to know first, as one document
 *
 *   {"time_us", "state",
 *    "signs": [{"level", "what", "more", "since_us", "do", "then", "model", "alarm"}],   what is not well (verdict.h)
 *    "changed": {a decision, the last one before the worst sign began} or null,
 *    "models": [{"model", "latest",
 *                "aliases": [{"alias", "version", "before", "since_us", "actor", "reason", "kind"}],
 *                "served": {"version", "run", "trained_us", "metrics": {...}, "failed": [gates]},
 *                "traffic": {"rows", "labelled", "last_us"},      of the last day, when asked for
 *                "look": {"time_us", "rows", "state", "drifted", "columns", "subject", "since_us",
 *                         "worst": [{"column", "role", "message"}],
 *                         "metric", "says", "greater_is_better", "realised", "labelled",
 *                         "tested", "tested_low", "tested_high"}}],
 *    "servers": [{"url", "machine", "pid", "state", "started_us", "seen_us", "facts": {...}}],
 *    "alarms": [{"id", "time_us", "severity", "kind", "subject", "message", "model", "version",
 *                "from_us", "to_us", "changed"}],                 open ones, the worst and newest first
 *    "webhooks": [{"name", "told_us", "failed_us", "failures", "error", "waiting"}],   of the last two hours
 *    "decisions": [{"time_us", "actor", "action", "subject", "version", "reason", "what"}],
 *    "here": {facts of the server that draws this}}
 *
 * "served" is the champion, else the latest version.  Facts are what a server tells of itself: "models", "others",
 * "log" and so on, with the last minute and hour of each (course.h).
 */
#ifndef HONE_SERVE_STATUS_H
#define HONE_SERVE_STATUS_H

#include "base/json.h"
#include "store/store.h"

struct hone_status_wish {
    const char *model; /* only this one; NULL: all */
    bool traffic;      /* count the predictions of the last day, which reads them */
    size_t decisions;  /* the newest */
    json_t *here;      /* facts of this very server; NULL: none asks */
    json_t *
        read; /* an object that remembers what was read of documents that never change; NULL: none */
};

/* *out is a new reference.  store may be NULL: then there is only what this server tells.  Fails: HONE_E_NOT_FOUND for a model that is none. */
enum hone_code hone_status_collect(struct hone_run *run, struct hone_store *store,
                                   const struct hone_status_wish *wish, json_t **out);

#endif
