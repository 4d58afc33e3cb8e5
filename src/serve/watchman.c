#include "serve/watchman.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/log.h"
#include "base/pool.h"
#include "eval/stat.h"
#include "flow/watch/watch.h"
#include "store/duty.h"
#include "store/sketchlog.h"

#define SECOND_US INT64_C(1000000)
#define MINUTE_US (60 * SECOND_US)
#define HOUR_US   (60 * MINUTE_US)
#define DAY_US    (24 * HOUR_US)

enum {
    STEP_S = 5,
    SAMPLES = 64, /* of the facts, one each STEP_S at most: more than HONE_WATCHMAN_MINUTES */
    LEAST_FAILED = 5,
    SOON = 14, /* days: a certificate is to be renewed */
    VERY_SOON = 3,
    LOGGED = 20, /* new alarms of one step that are logged one by one */
    NICE = 19,
};
#define FIRST_LOOK_US (30 * SECOND_US) /* not amid the start */
#define LOOK_LEASE_US (10 * MINUTE_US)
#define LOOK_AGAIN_US (5 * MINUTE_US)
#define Z_CERTAIN     2.576 /* 0.5 % on one side */
#define WELL_AFTER_US MINUTE_US
#define HOOKS_SEEN_US HOUR_US
#define DEAF_FIRST_US (15 * SECOND_US)
#define DEAF_LAST_US  (10 * MINUTE_US)

struct sample {
    int64_t time;
    struct hone_watchman_facts facts;
};

enum sign { FAILED, DROPPED, CERTIFICATE, STORE, SIGNS };
static const char *const sign_names[SIGNS] = {"failed", "log", "certificate", "store"};

/* That the store can not be written, told to the hooks without it. */
struct deaf {
    int64_t since; /* 0: it can be */
    char why[512];
    int64_t next,
        wait;   /* when it is told again to those who did not hear, and how long after that */
    bool *told; /* (hooks) */
};

struct hone_watchman {
    struct hone_arena mem;
    const struct hone_watchman_wish *wish;
    struct hone_store *store;
    struct hone_teller *teller; /* NULL: there are no hooks */
    int64_t begun;
    struct sample sample[SAMPLES];
    size_t samples; /* ever */
    const char *key[SIGNS];
    int64_t raised[SIGNS]; /* when it was last written down that it rings; 0: it does not */
    int64_t settled;       /* when what has passed was last closed */
    int64_t probed, hooks_seen; /* when the store was last written to, and told of the hooks */
    int64_t last_alarm;         /* the newest id that was logged; -1: not known yet */
    struct deaf deaf;
    bool troubled;
    struct hone_run run; /* the thread's */
    struct hone_thread *thread;
    struct hone_mutex *lock; /* to sleep on */
    _Atomic bool ended;
};

enum hone_code hone_watchman_new(struct hone_run *run, const struct hone_watchman_wish *wish,
                                 struct hone_watchman **out)
{
    struct hone_arena mem = {0};
    struct hone_watchman *w = hone_new(&mem, struct hone_watchman);
    w->mem = mem;
    w->wish = wish;
    w->last_alarm = -1;
    w->begun = hone_now_us(run);
    w->lock = hone_mutex_new();
    for (size_t i = 0; i < SIGNS; i++) {
        w->key[i] = hone_arena_format(&w->mem, "%s %s", sign_names[i], wish->server);
    }
    w->deaf.told = hone_arena_must(&w->mem, (wish->hooks->url.n + 1) * sizeof *w->deaf.told);
    enum hone_code code = hone_store_open(run, wish->store, false, &w->mem, &w->store);
    if (code == HONE_OK && wish->hooks->url.n > 0) {
        code = hone_teller_new(run, wish->hooks, &w->teller);
    }
    if (code != HONE_OK) {
        hone_watchman_free(w);
        return code;
    }
    *out = w;
    return HONE_OK;
}

void hone_watchman_free(struct hone_watchman *watchman)
{
    if (watchman != NULL) {
        struct hone_arena mem = watchman->mem; /* it lies in it itself */
        hone_teller_free(watchman->teller);
        hone_store_close(watchman->store);
        hone_mutex_free(watchman->lock);
        hone_run_clear(&watchman->run);
        hone_arena_free(&mem);
    }
}

/* What went wrong is logged when it was well before. */
static void note_trouble(struct hone_run *run, struct hone_watchman *w, const char *event)
{
    if (!w->troubled && run->err.code != HONE_E_CANCELLED) {
        hone_log(run, HONE_LOG_WARN, event, "%s", run->err.message);
    }
    w->troubled = true;
    hone_error_clear(run);
}

/* --- the service ------------------------------------------------------------------------------------ */

/* Keep what was counted; *then is what was about HONE_WATCHMAN_MINUTES ago, or at the first look. */
static void take_sample(struct hone_watchman *w, int64_t now, struct sample *here,
                        struct sample *then)
{
    here->time = now;
    here->facts = (struct hone_watchman_facts){0};
    w->wish->facts(w->wish->ctx, &here->facts);
    size_t kept = w->samples < SAMPLES ? w->samples : SAMPLES;
    *then = *here;
    for (size_t i = 0; i < kept; i++) { /* from the newest back */
        const struct sample *s = &w->sample[(w->samples - 1 - i) % SAMPLES];
        if (now - s->time > HONE_WATCHMAN_MINUTES * MINUTE_US) {
            break;
        }
        *then = *s;
    }
    if (w->samples == 0 ||
        now - w->sample[(w->samples - 1) % SAMPLES].time >= STEP_S * SECOND_US) {
        w->sample[w->samples++ % SAMPLES] = *here;
    }
}

static enum hone_code ring(struct hone_run *run, struct hone_watchman *w, enum sign sign,
                           int64_t now, const struct hone_alarm *what)
{
    struct hone_alarm alarm = *what;
    int64_t id;
    bool fresh;
    if (w->raised[sign] != 0 && now - w->raised[sign] < MINUTE_US) {
        return HONE_OK; /* it is known */
    }
    alarm.time = now;
    alarm.kind = "service";
    alarm.subject = w->wish->server;
    alarm.key = w->key[sign];
    HONE_TRY(hone_alarm_raise(run, w->store, &alarm, &id, &fresh));
    w->raised[sign] = now;
    return HONE_OK;
}

static uint64_t since(uint64_t now, uint64_t then)
{
    return now > then ? now - then : 0;
}

static enum hone_code check_failed(struct hone_run *run, struct hone_watchman *w,
                                   const struct sample *here, const struct sample *then)
{
    HONE_ARENA(work);
    uint64_t failed = since(here->facts.failed, then->facts.failed);
    uint64_t all = failed + since(here->facts.answered, then->facts.answered);
    double low = 0;
    double high;
    if (failed < LEAST_FAILED) {
        return HONE_OK;
    }
    double share = (double)failed / (double)all;
    hone_wilson_bounds(share, (double)all, Z_CERTAIN, &low, &high);
    if (low <= w->wish->failed) {
        return HONE_OK;
    }
    const struct hone_alarm alarm = {
        .severity = "critical",
        .value = share,
        .threshold = w->wish->failed,
        .message = hone_arena_format(
            &work, "%llu of %llu requests of the last %d minutes failed at %s",
            (unsigned long long)failed, (unsigned long long)all, HONE_WATCHMAN_MINUTES,
            w->wish->server)};
    return ring(run, w, FAILED, here->time, &alarm);
}

static enum hone_code check_dropped(struct hone_run *run, struct hone_watchman *w,
                                    const struct sample *here, const struct sample *then)
{
    HONE_ARENA(work);
    uint64_t dropped = since(here->facts.dropped, then->facts.dropped);
    if (dropped == 0) {
        return HONE_OK;
    }
    const struct hone_alarm alarm = {
        .severity = "warning",
        .value = (double)dropped,
        .threshold = 0,
        .message = hone_arena_format(
            &work, "%llu predictions of the last %d minutes are not in the log of %s",
            (unsigned long long)dropped, HONE_WATCHMAN_MINUTES, w->wish->server)};
    return ring(run, w, DROPPED, here->time, &alarm);
}

static enum hone_code check_certificate(struct hone_run *run, struct hone_watchman *w,
                                        const struct sample *here)
{
    HONE_ARENA(work);
    int64_t left = here->facts.expires - here->time;
    if (here->facts.expires == 0 || left >= SOON * DAY_US) {
        return HONE_OK;
    }
    double days = floor((double)left / (double)DAY_US);
    const struct hone_alarm alarm = {
        .severity = left < VERY_SOON * DAY_US ? "critical" : "warning",
        .value = days,
        .threshold = SOON,
        .message =
            left <= 0
                ? hone_arena_format(&work, "the certificate of %s has run out", w->wish->server)
                : hone_arena_format(&work, "the certificate of %s runs out in %.0f days",
                                    w->wish->server, days)};
    return ring(run, w, CERTIFICATE, here->time, &alarm);
}

/* Close what has passed. */
static enum hone_code settle(struct hone_run *run, struct hone_watchman *w, int64_t now)
{
    const int64_t before = now - HONE_WATCHMAN_CALM * MINUTE_US;
    if (now - w->settled < MINUTE_US) {
        return HONE_OK;
    }
    for (size_t i = 0; i < SIGNS; i++) {
        size_t closed;
        HONE_TRY(hone_alarm_settle(run, w->store, "service", w->key[i], before, "it has passed",
                                   &closed));
    }
    w->settled = now;
    return HONE_OK;
}

static enum hone_code check_service(struct hone_run *run, struct hone_watchman *w, int64_t now)
{
    struct sample here;
    struct sample then;
    take_sample(w, now, &here, &then);
    HONE_TRY(check_failed(run, w, &here, &then));
    HONE_TRY(check_dropped(run, w, &here, &then));
    HONE_TRY(check_certificate(run, w, &here));
    return settle(run, w, now);
}

/* --- a store that can not be written ------------------------------------------------------------------ */

/* Tell it to the hooks that did not hear of it yet. */
static void tell_deaf(struct hone_run *run, struct hone_watchman *w, int64_t now)
{
    HONE_ARENA(work);
    struct deaf *d = &w->deaf;
    bool all = true;
    const char *id =
        hone_arena_format(&work, "alarm_store_raised_%llx", (unsigned long long)d->since);
    const struct hone_alarm alarm = {
        .time = d->since,
        .kind = "service",
        .severity = "critical",
        .subject = w->wish->server,
        .value = (double)NAN,
        .threshold = (double)NAN,
        .message = hone_arena_format(
            &work, "%s can not write its store, so predictions and alarms may be lost: %s",
            w->wish->server, d->why)};
    for (size_t i = 0; i < w->wish->hooks->url.n; i++) {
        if (!d->told[i] &&
            hone_tell_straight(run, w->teller, i, "alarm.raised", id, &alarm) != HONE_OK) {
            hone_log(run, HONE_LOG_WARN, "webhook", "%s", run->err.message);
            hone_error_clear(run);
            all = false;
        } else {
            d->told[i] = true;
        }
    }
    d->next = all ? INT64_MAX : now + d->wait;
    d->wait = d->wait * 2 < DEAF_LAST_US ? d->wait * 2 : DEAF_LAST_US;
}

/* It can be written again: what is on record says that it could not. */
static enum hone_code hears_again(struct hone_run *run, struct hone_watchman *w, int64_t now)
{
    HONE_ARENA(work);
    double minutes = (double)(now - w->deaf.since) / (double)MINUTE_US;
    const struct hone_alarm alarm = {
        .severity = "warning",
        .value = minutes,
        .threshold = 0,
        .message =
            hone_arena_format(&work,
                              "%s could not write its store for %.0f minutes and can again; "
                              "predictions of that time may be lost: %s",
                              w->wish->server, ceil(minutes), w->deaf.why)};
    hone_log(run, HONE_LOG_INFO, "watch", "the store can be written again");
    return ring(run, w, STORE, now, &alarm);
}

/* A write each minute, and each step while it fails. */
static enum hone_code probe(struct hone_run *run, struct hone_watchman *w, int64_t now)
{
    struct deaf *d = &w->deaf;
    if (d->since == 0 && w->probed != 0 && now - w->probed < WELL_AFTER_US) {
        return HONE_OK;
    }
    if (hone_duty_done(run, w->store, w->key[STORE], now) == HONE_OK) {
        if (d->since != 0 && now - d->since >= WELL_AFTER_US) {
            HONE_TRY(hears_again(run, w, now));
        }
        d->since = 0;
        w->probed = now;
        return HONE_OK;
    }
    if (d->since == 0) {
        *d = (struct deaf){.since = now, .wait = DEAF_FIRST_US, .told = d->told};
        memset(d->told, 0, w->wish->hooks->url.n * sizeof *d->told);
    }
    (void)snprintf(d->why, sizeof d->why, "%s", run->err.message);
    if (w->teller != NULL && now - d->since >= WELL_AFTER_US && now >= d->next) {
        tell_deaf(run, w, now);
    }
    return hone_fail(run, HONE_E_IO, "%s", d->why);
}

/* --- looks at what is served -------------------------------------------------------------------------- */

/* What is looked at, in windows of which length, and how many windows back. */
struct look {
    const char *watch; /* the setting that asks for it */
    const char *window;
    bool performance;
    int64_t back;
};
static const struct look looks[] = {
    {"hour", "hour", false, 24}, {"hour", "hour", true, 48}, {"hour", "day", false, 14},
    {"hour", "day", true, 35},   {"day", "day", false, 14},  {"day", "day", true, 35},
};

static int64_t length_of(const struct look *look)
{
    return strcmp(look->window, "day") == 0 ? DAY_US : HOUR_US;
}

/*
 * Of a row of windows, the alarm that rings at the last one: earlier ones were raised when they rang.  It is about the
 * first that drifted to the last that did.  Returns the window at which it began to ring; n: none rings.
 */
static size_t keep_what_rings(struct hone_watch *w, size_t of)
{
    size_t told = 0;
    size_t at = w->n;
    w->since = w->first_alarm = w->n;
    while (at > 0 && w->step[at - 1].alarm) {
        at--;
    }
    if (at == w->n) {
        return at;
    }
    for (size_t j = at + 1; j-- > 0 && told < of;) {
        enum hone_drift_state state = w->step[j].report->state;
        told += state != HONE_DRIFT_INSUFFICIENT ? 1 : 0;
        w->since = state == HONE_DRIFT_FOUND ? j : w->since;
    }
    for (size_t j = at; j < w->n; j++) {
        w->first_alarm = w->step[j].report->state == HONE_DRIFT_FOUND ? j : w->first_alarm;
    }
    return at;
}

/* The same of realised quality. */
static void keep_what_is_worse(struct hone_performance *p)
{
    size_t told = 0;
    size_t at = p->n;
    p->since = p->first_alarm = p->n;
    while (at > 0 && p->window[at - 1].alarm) {
        at--;
    }
    if (at == p->n) {
        return;
    }
    for (size_t j = at + 1; j-- > 0 && told < p->of;) {
        enum hone_performance_state state = p->window[j].state;
        told += state == HONE_PERFORMANCE_FINE || state == HONE_PERFORMANCE_WORSE ? 1 : 0;
        p->since = state == HONE_PERFORMANCE_WORSE ? j : p->since;
    }
    for (size_t j = at; j < p->n; j++) {
        p->first_alarm = p->window[j].state == HONE_PERFORMANCE_WORSE ? j : p->first_alarm;
    }
}

/* looked: up to where it was looked at before. */
static enum hone_code look_at_drift(struct hone_run *run, struct hone_watchman *w,
                                    const struct hone_located *model,
                                    const struct hone_scorer *scorer,
                                    const struct hone_watch_settings *set, int64_t looked,
                                    struct hone_arena *mem)
{
    struct hone_watched watched;
    HONE_TRY(hone_watch_sketched(run, w->store, model, scorer, set, mem, &watched));
    size_t began = keep_what_rings(&watched.watch, (size_t)set->of);
    /* the document is kept when it begins to ring: else a row says how it stands */
    bool news = began < watched.watch.n && watched.watch.step[began].window->end > looked;
    HONE_JSON json_t *document = news ? hone_watched_json(&watched, model->uri) : NULL;
    return hone_watch_record(run, w->store, model, &watched, document);
}

static enum hone_code look_at_performance(struct hone_run *run, struct hone_watchman *w,
                                          const struct hone_located *model,
                                          const struct hone_scorer *scorer,
                                          const struct hone_watch_settings *set,
                                          struct hone_arena *mem)
{
    struct hone_performance performance;
    int64_t id;
    bool fresh;
    HONE_TRY(hone_watch_performance(run, w->store, model, scorer, set, mem, &performance));
    keep_what_is_worse(&performance);
    return hone_performance_record(run, w->store, model, &performance, &id, &fresh);
}

/* Nothing to look at is no trouble: no reference, no target, no requests, no labels. */
static bool is_nothing(enum hone_code code)
{
    return code == HONE_E_NOT_FOUND || code == HONE_E_UNSUPPORTED;
}

static enum hone_code look_at(struct hone_run *run, struct hone_watchman *w,
                              const struct look *look,
                              const struct hone_watchman_version *version, int64_t looked,
                              int64_t upto)
{
    HONE_ARENA(work);
    static const struct hone_part part = {.name = "watch",
                                          .settings_size = sizeof(struct hone_watch_settings),
                                          .params = hone_watch_params};
    struct hone_watch_settings set;
    struct hone_located model;
    struct hone_scorer scorer;
    hone_settings_default(&part, &set);
    set.window = look->window;
    set.from = upto - look->back * length_of(look);
    set.to = upto;
    const char *uri = hone_arena_format(&work, "models:/%s/%lld", version->model,
                                        (long long)version->version);
    HONE_TRY(hone_model_locate(run, w->wish->store, uri, &work, &model));
    HONE_TRY(hone_scorer_located(run, &model, &work, &scorer));
    enum hone_code code = look->performance
                              ? look_at_performance(run, w, &model, &scorer, &set, &work)
                              : look_at_drift(run, w, &model, &scorer, &set, looked, &work);
    if (is_nothing(code)) {
        hone_error_clear(run);
        return HONE_OK;
    }
    return code;
}

/*
 * Whether there can be anything that was not looked at yet, so that a model is not read for nothing.  Labels come late, to
 * windows that were looked at before, and a window is judged when its labels had time to come: so by days
 * quality is looked at whenever there are labels at all, by hours when there are more.
 */
static enum hone_code is_due(struct hone_run *run, struct hone_watchman *w,
                             const struct look *look, int64_t record, int64_t looked,
                             const char *labels, int64_t *newest, bool *due)
{
    int64_t seen;
    if (!look->performance) {
        HONE_TRY(hone_sketch_newest(run, w->store, record, newest));
        *due = *newest != 0 && *newest >= looked;
        return HONE_OK;
    }
    HONE_TRY(hone_label_newest(run, w->store, newest));
    HONE_TRY(hone_duty_look(run, w->store, labels, &seen));
    *due = *newest > 0 && (*newest > seen || length_of(look) == DAY_US);
    return HONE_OK;
}

/* The look is done by who takes the duty. */
static enum hone_code do_look(struct hone_run *run, struct hone_watchman *w,
                              const struct look *look,
                              const struct hone_watchman_version *version, int64_t now)
{
    HONE_ARENA(work);
    const int64_t length = length_of(look);
    const int64_t upto = (now - HONE_WATCHMAN_LATE_US) / length * length;
    const char *name =
        hone_arena_format(&work, "%s %s %lld", look->performance ? "performance" : "drift",
                          look->window, (long long)version->record);
    int64_t from;
    bool taken;
    HONE_TRY(hone_duty_take(run, w->store, name, upto, now, LOOK_LEASE_US, &from, &taken));
    if (!taken) {
        return HONE_OK;
    }
    const char *labels =
        hone_arena_format(&work, "labels %s %lld", look->window, (long long)version->record);
    int64_t newest;
    bool due = false;
    enum hone_code code = is_due(run, w, look, version->record, from, labels, &newest, &due);
    if (code == HONE_OK && due) {
        code = look_at(run, w, look, version, from, upto);
    }
    if (code == HONE_OK && due && look->performance) {
        code = hone_duty_done(run, w->store, labels, newest);
    }
    if (code == HONE_OK) {
        return hone_duty_done(run, w->store, name, upto);
    }
    const struct hone_error why = run->err;
    hone_error_clear(run);
    if (hone_duty_leave(run, w->store, name, now + LOOK_AGAIN_US) != HONE_OK) {
        hone_error_clear(run); /* it is free when the lease is over */
    }
    run->err = why;
    return code;
}

static enum hone_code look_at_all(struct hone_run *run, struct hone_watchman *w, int64_t now)
{
    HONE_ARENA(work);
    struct hone_watchman_version *version;
    size_t n;
    if (now - w->begun < FIRST_LOOK_US) {
        return HONE_OK;
    }
    HONE_TRY(w->wish->served(run, w->wish->ctx, &work, &version, &n));
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < sizeof looks / sizeof *looks; j++) {
            HONE_TRY(hone_check_cancel(run));
            if (strcmp(looks[j].watch, w->wish->watch) == 0 &&
                do_look(run, w, &looks[j], &version[i], now) != HONE_OK) {
                hone_log(run, HONE_LOG_WARN, "watch", "models:/%s/%lld, %s by %s: %s",
                         version[i].model, (long long)version[i].version,
                         looks[j].performance ? "quality" : "drift", looks[j].window,
                         run->err.message);
                hone_error_clear(run);
            }
        }
    }
    return HONE_OK;
}

/* --- telling ------------------------------------------------------------------------------------------- */

/* Alarms that are new since the last step, whoever raised them, go to the log. */
static enum hone_code log_new(struct hone_run *run, struct hone_watchman *w)
{
    HONE_ARENA(work);
    struct hone_alarm *alarm;
    size_t n;
    bool first = w->last_alarm < 0;
    const struct hone_alarm_filter filter = {.limit = first ? 1 : LOGGED};
    HONE_TRY(hone_alarm_list(run, w->store, &filter, &work, &alarm, &n));
    for (size_t i = n; i-- > 0;) {
        if (!first && alarm[i].id > w->last_alarm) {
            hone_log(run, alarm[i].severity[0] == 'c' ? HONE_LOG_ERROR : HONE_LOG_WARN, "alarm",
                     HONE_ALARM_PREFIX "%lld %s%s%s: %s", (long long)alarm[i].id, alarm[i].kind,
                     alarm[i].model == NULL ? "" : ", ",
                     alarm[i].model == NULL ? "" : alarm[i].model, alarm[i].message);
        }
    }
    w->last_alarm = n > 0 ? alarm[0].id : 0;
    return HONE_OK;
}

static enum hone_code tell(struct hone_run *run, struct hone_watchman *w, int64_t now)
{
    HONE_ARENA(work);
    struct hone_told *told;
    size_t n;
    HONE_TRY(log_new(run, w));
    if (w->teller == NULL) {
        return HONE_OK;
    }
    if (w->hooks_seen == 0 || now - w->hooks_seen >= HOOKS_SEEN_US) {
        HONE_TRY(hone_teller_seen(run, w->store, w->teller));
        w->hooks_seen = now;
    }
    HONE_TRY(hone_tell_due(run, w->store, w->teller, &work, &told, &n));
    for (size_t i = 0; i < n; i++) {
        const char *what = told[i].closed ? " is closed" : "";
        if (told[i].error == NULL) {
            hone_log(run, HONE_LOG_INFO, "webhook",
                     "%s was told that " HONE_ALARM_PREFIX "%lld%s", told[i].hook,
                     (long long)told[i].alarm, what[0] == '\0' ? " rings" : what);
        } else {
            hone_log(run, HONE_LOG_WARN, "webhook",
                     HONE_ALARM_PREFIX "%lld%s, attempt %lld: %s; again in %lld s",
                     (long long)told[i].alarm, what, (long long)told[i].attempt, told[i].error,
                     (long long)((told[i].again - now) / SECOND_US));
        }
    }
    return HONE_OK;
}

/* --- steps --------------------------------------------------------------------------------------------- */

void hone_watchman_step(struct hone_run *run, struct hone_watchman *w)
{
    int64_t now = hone_now_us(run);
    if (probe(run, w, now) != HONE_OK) {
        note_trouble(run, w, "watch");
        return;
    }
    bool well = true;
    if (check_service(run, w, now) != HONE_OK) {
        note_trouble(run, w, "watch");
        well = false;
    }
    if (look_at_all(run, w, now) != HONE_OK) {
        note_trouble(run, w, "watch");
        well = false;
    }
    if (tell(run, w, now) != HONE_OK) {
        note_trouble(run, w, "webhook");
        well = false;
    }
    w->troubled = !well;
}

static void work(void *ctx)
{
    struct hone_watchman *w = ctx;
    /* on Linux it holds for this thread alone */
    (void)setpriority(PRIO_PROCESS, 0, NICE);
    while (!atomic_load(&w->ended)) {
        hone_watchman_step(&w->run, w);
        hone_mutex_lock(w->lock);
        if (!atomic_load(&w->ended)) {
            hone_mutex_wait(w->lock, STEP_S * SECOND_US);
        }
        hone_mutex_unlock(w->lock);
    }
}

enum hone_code hone_watchman_start(struct hone_run *run, struct hone_watchman *w)
{
    w->run.log = run->log;
    w->run.now = run->now;
    w->run.clock = run->clock;
    w->run.seed = run->seed;
    w->run.cancel = run->cancel; /* a signal also ends what is being told */
    return hone_thread_start(run, work, w, &w->thread);
}

void hone_watchman_stop(struct hone_watchman *watchman)
{
    if (watchman != NULL && watchman->thread != NULL) {
        hone_mutex_lock(watchman->lock);
        atomic_store(&watchman->ended, true);
        hone_mutex_wake(watchman->lock);
        hone_mutex_unlock(watchman->lock);
        hone_thread_join(watchman->thread);
        watchman->thread = NULL;
    }
}
