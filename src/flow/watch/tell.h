/*
 * flow/watch/tell.h - alarms told to webhooks
 *
 * Each open alarm of the store is told to each hook once it has accepted one (2xx); what it does not accept is tried again
 * after 5 s, 10 s, 20 s ... 10 min, also after a restart, since the store remembers (store/telling.h).  When an alarm is
 * closed, the hooks that were told of it are told so.  The message is one JSON object:
 *
 *   {"type": "alarm.raised" | "alarm.closed" | "test", "timestamp": "2026-11-21T08:00:00Z",
 *    "text": "CRITICAL drift, models:/loans/3: ...",         what Slack, Mattermost and Teams show
 *    "data": {"id": "alarm:3", "kind", "severity", "subject", "model", "version", "message", "value", "threshold",
 *             "raised", "window": {"from", "to"} | null, "closed": {"time", "by", "reason"} | null,
 *             "command": "hone why alarm:3", "page": "http://.../alarms/3" | null}}
 *
 * signed and sent as io/webhook.h says.  Its webhook-id is the same at each attempt.
 */
#ifndef HONE_FLOW_WATCH_TELL_H
#define HONE_FLOW_WATCH_TELL_H

#include "base/json.h"
#include "base/part.h"
#include "io/webhook.h"
#include "store/telling.h"

/* The environment: more URLs (separated by blanks), the secret to sign with, a file of authorities to trust. */
#define HONE_ENV_WEBHOOK        "HONE_WEBHOOK"
#define HONE_ENV_WEBHOOK_SECRET "HONE_WEBHOOK_SECRET"
#define HONE_ENV_WEBHOOK_CA     "HONE_WEBHOOK_CA"

/* How a message gets there; for tests.  As hone_webhook_post. */
typedef enum hone_code hone_hook_post(struct hone_run *run, void *ctx,
                                      const struct hone_webhook_message *message,
                                      int64_t *retry);

struct hone_hooks {
    struct hone_texts url;
    const char *secret, *ca; /* NULL: none */
    const char *page;        /* where a server shows its pages, up to a "/"; NULL: nowhere */
    hone_hook_post *post;    /* NULL: libcurl */
    void *ctx;
};

/*
 * The URLs that were given, and those of the environment, each once; with its secret and authorities.  In mem.
 * Fails: HONE_E_ARG for what is no URL or no secret, before anything needs to be told.
 */
enum hone_code hone_hooks_gather(struct hone_run *run, const struct hone_texts *given,
                                 struct hone_arena *mem, struct hone_hooks *out);

/* Hooks with their places in a store; libcurl is loaded when there is something to tell.  Borrows the hooks. */
struct hone_teller;
enum hone_code hone_teller_new(struct hone_run *run, const struct hone_hooks *hooks,
                               struct hone_teller **out);
void hone_teller_free(struct hone_teller *teller); /* NULL is fine */

/* How it went with one hook and alarm. */
struct hone_told {
    int64_t alarm;
    bool closed;      /* it was told that it is closed; else that it rings */
    const char *hook; /* its name */
    int64_t attempt;
    const char *error; /* NULL: it accepted */
    int64_t again;     /* µs: when it is tried again */
};

/*
 * Tell what is due, by the run's clock.  A hook that does not accept is left alone for this time, so that it can not hold
 * up the others for longer than one attempt.
 *
 *   *list  (n) in mem, in the order of telling
 *
 * Fails: as the store, HONE_E_CANCELLED; a hook that does not accept is no failure.
 */
enum hone_code hone_tell_due(struct hone_run *run, struct hone_store *store,
                             struct hone_teller *teller, struct hone_arena *mem,
                             struct hone_told **list, size_t *n);

/* Do the hooks know where to be found: they are marked as seen now, for the status. */
enum hone_code hone_teller_seen(struct hone_run *run, struct hone_store *store,
                                struct hone_teller *teller);

/*
 * Tell one hook without a store: a test, or that the store can not be written.
 *
 *   hook  below hooks->url.n
 *   type  of the message: "test", "alarm.raised"
 *   id    of the message, without a full stop
 *
 * Fails: as hone_webhook_open, hone_webhook_post.
 */
enum hone_code hone_tell_straight(struct hone_run *run, struct hone_teller *teller, size_t hook,
                                  const char *type, const char *id,
                                  const struct hone_alarm *alarm);

/* s until the next attempt: 5, 10, 20 ... 600, or what the receiver asks for when that is longer. */
int64_t hone_tell_patience(int64_t attempt, int64_t retry);

/* The message as a tree; page as in hone_hooks.  New reference. */
json_t *hone_alarm_message(const struct hone_alarm *alarm, const char *type, int64_t now,
                           const char *page);

#endif
