#include "serve/lookout.h"

#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "flow/project.h"
#include "serve/server_priv.h"
#include "serve/tls.h"
#include "serve/watchman.h"

struct hone_lookout {
    struct hone_arena mem;
    struct hone_server *server;
    struct hone_hooks hooks;
    struct hone_watchman_wish wish;
    struct hone_watchman *watchman;
    struct hone_run run; /* scratch for counting, in the watchman's thread */
    char page[400];
};

/* --- what the watchman asks ------------------------------------------------------------------------- */

/* What is not ours is answered: 501 is a wish that no model of this server can fulfil. */
static void add_requests(const struct hone_tally *t, struct hone_watchman_facts *out)
{
    for (size_t r = 0; r <= HONE_ROUTE_PREDICT; r++) {
        for (size_t s = 0; s < HONE_STATUS_COUNT; s++) {
            uint64_t n = hone_counted(&t->requests[r][s]);
            bool failed = hone_status_failed(hone_statuses[s]);
            *(failed ? &out->failed : &out->answered) += n;
        }
    }
}

static void facts(void *ctx, struct hone_watchman_facts *out)
{
    struct hone_lookout *l = ctx;
    struct hone_server *server = l->server;
    *out = (struct hone_watchman_facts){0};
    for (size_t i = 0; i < server->slots; i++) {
        HONE_ARENA(work);
        struct hone_past *past;
        size_t n;
        if (hone_slot_counts(&l->run, &server->slot[i], &work, &past, &n) != HONE_OK) {
            hone_error_clear(&l->run); /* counted next time */
            continue;
        }
        for (size_t k = 0; k < n; k++) {
            add_requests(&past[k].tally, out);
        }
    }
    if (server->recorder != NULL) {
        out->dropped = hone_recorder_counts(server->recorder).dropped;
    }
    if (server->tls != NULL) {
        out->expires = hone_tls_expires(server->tls);
    }
}

static enum hone_code served(struct hone_run *run, void *ctx, struct hone_arena *mem,
                             struct hone_watchman_version **out, size_t *n)
{
    struct hone_server *server = ((struct hone_lookout *)ctx)->server;
    struct hone_watchman_version *list;
    size_t count = 0;
    HONE_TRY(hone_array(run, mem, &list, server->slots));
    for (size_t i = 0; i < server->slots; i++) {
        struct hone_served *now = hone_slot_take(&server->slot[i]);
        if (now->record != 0) {
            list[count++] = (struct hone_watchman_version){
                hone_arena_format(mem, "%s", now->name), now->number, now->record};
        }
        hone_slot_give(&server->slot[i], now);
    }
    *out = list;
    *n = count;
    return HONE_OK;
}

/* --- beginning and end -------------------------------------------------------------------------------- */

/* What hone.yaml says is laid beneath what was said on the command line. */
static enum hone_code read_config(struct hone_run *run, struct hone_lookout *l,
                                  const struct hone_serve_settings *set,
                                  struct hone_texts *given)
{
    struct hone_job job;
    l->wish.watch = set->watch;
    *given = set->webhook;
    if (set->config == NULL) {
        return HONE_OK;
    }
    hone_job_default(&job);
    HONE_TRY(hone_job_from_file(run, set->config, &l->mem, &job));
    const size_t all = set->webhook.n + job.monitor.webhook.n;
    HONE_TRY(hone_array(run, &l->mem, &given->item, all + 1));
    for (size_t i = 0; i < all; i++) {
        given->item[i] = i < set->webhook.n ? set->webhook.item[i]
                                            : job.monitor.webhook.item[i - set->webhook.n];
    }
    given->n = all;
    if (job.monitor.watch != NULL && strcmp(set->watch, "hour") == 0) {
        l->wish.watch = job.monitor.watch;
    }
    return HONE_OK;
}

static enum hone_code prepare(struct hone_run *run, struct hone_lookout *l, const char *store)
{
    const struct hone_server *server = l->server;
    struct hone_texts given;
    HONE_TRY(read_config(run, l, server->set, &given));
    HONE_TRY(hone_hooks_gather(run, &given, &l->mem, &l->hooks));
    if (server->store == NULL && l->hooks.url.n > 0) {
        (void)hone_fail(run, HONE_E_ARG,
                        "webhooks are told of a store's alarms, and no model "
                        "of a store is served");
        return hone_hint(run, "register the model: hone import FILE --name NAME");
    }
    for (size_t i = 0; i < l->hooks.url.n; i++) {
        const char *name = hone_webhook_name(l->hooks.url.item[i], &l->mem);
        bool clear = hone_str_starts(hone_str(name), "http:");
        bool here = hone_str_starts(hone_str(name), "http://127.") ||
                    hone_str_starts(hone_str(name), "http://[::1]") ||
                    hone_str_starts(hone_str(name), "http://localhost");
        if (clear && !here) {
            hone_log(run, HONE_LOG_WARN, "webhook", "alarms go to %s in the clear", name);
        }
    }
    l->wish.store = hone_arena_format(&l->mem, "%s", store);
    l->wish.failed = server->set->watch_failed;
    l->wish.server = server->url;
    l->wish.hooks = &l->hooks;
    l->wish.ctx = l;
    l->wish.facts = facts;
    l->wish.served = served;
    return HONE_OK;
}

enum hone_code hone_lookout_new(struct hone_run *run, struct hone_server *server,
                                const char *store, struct hone_lookout **out)
{
    struct hone_arena mem = {0};
    struct hone_lookout *l = hone_new(&mem, struct hone_lookout);
    l->mem = mem;
    l->server = server;
    enum hone_code code = prepare(run, l, store);
    if (code != HONE_OK || server->store == NULL) {
        hone_lookout_free(l);
        *out = NULL;
        return code;
    }
    *out = l;
    return HONE_OK;
}

/* Where people can look, as far as it is known: an address that means all addresses is none. */
static void name_page(struct hone_lookout *l)
{
    const struct hone_server *server = l->server;
    char name[256];
    const char *port = strrchr(server->url, ':');
    bool all =
        strstr(server->url, "//0.0.0.0:") != NULL || strstr(server->url, "//[::]:") != NULL;
    if (all && gethostname(name, sizeof name) == 0) {
        name[sizeof name - 1] = '\0';
        (void)snprintf(l->page, sizeof l->page, "%s://%s%s/",
                       server->tls == NULL ? "http" : "https", name, port);
    } else {
        (void)snprintf(l->page, sizeof l->page, "%s/", server->url);
    }
    l->hooks.page = l->page;
}

enum hone_code hone_lookout_start(struct hone_run *run, struct hone_lookout *l)
{
    name_page(l);
    HONE_TRY(hone_watchman_new(run, &l->wish, &l->watchman));
    return hone_watchman_start(run, l->watchman);
}

void hone_lookout_free(struct hone_lookout *lookout)
{
    if (lookout != NULL) {
        struct hone_arena mem = lookout->mem; /* it lies in it itself */
        hone_watchman_stop(lookout->watchman);
        hone_watchman_free(lookout->watchman);
        hone_run_clear(&lookout->run);
        hone_arena_free(&mem);
    }
}
