#include "serve/server.h"

#include <stdlib.h>
#include <time.h>

#include "base/file.h"
#include "base/log.h"
#include "serve/access_log.h"
#include "serve/broom.h"
#include "serve/inquiry.h"
#include "serve/lookout.h"
#include "serve/notify.h"
#include "serve/observe.h"
#include "serve/page_shell.h"
#include "serve/pulse.h"
#include "serve/server_priv.h"
#include "serve/tls.h"
#include "store/lineage.h"
#include "store/registry.h"

enum { SOON = 14 }; /* days: a certificate is to be renewed */

#define DAY_US         86400e6
#define FIRST_SWEEP_US INT64_C(60000000) /* not amid the start */

static const char *const watch_modes[] = {"hour", "day", "off", NULL};
static const char *const log_modes[] = {"all", "sample", "off", NULL};
static const char *const pin_modes[] = {"on", "off", NULL};

const struct hone_param hone_serve_params[] = {
    HONE_INT(struct hone_serve_settings, port, 8080, 0, 65535,
             .help = "port to listen on; 0: any free one"),
    HONE_TEXT(struct hone_serve_settings, host, "127.0.0.1", .arg = "ADDRESS",
              .help = "address to listen on; one that other machines reach needs a token"),
    HONE_TEXT(struct hone_serve_settings, token, NULL, .arg = "TEXT",
              .help = "what clients must show as Authorization: Bearer; better in HONE_TOKEN"),
    HONE_FLAG(struct hone_serve_settings, require_token, false,
              .help = "also from this machine: behind a proxy all come from it"),
    HONE_TEXT(struct hone_serve_settings, tls_cert, NULL, .arg = "FILE",
              .help = "certificate chain, PEM; a renewed file is taken up by itself"),
    HONE_TEXT(struct hone_serve_settings, tls_key, NULL, .arg = "FILE",
              .help = "the certificate's private key, PEM"),
    HONE_REAL(struct hone_serve_settings, max_rate, 0, 0, 1e9, .arg = "N",
              .help = "requests a second of one client (token, else address); 0: no limit"),
    HONE_LIST(struct hone_serve_settings, allow_host, .arg = "NAME,...",
              .help = "more names that a request's Host and Origin may have"),
    HONE_CHOICE(struct hone_serve_settings, log, "all", log_modes,
                .help = "which predictions go to the store: all, a share of them, none"),
    HONE_REAL(struct hone_serve_settings, log_share, 0.1, 0, 1,
              .help = "share of the requests that --log sample keeps"),
    HONE_REAL(struct hone_serve_settings, flush, 1, 0.01, 3600,
              .help = "s between writes of the log"),
    HONE_REAL(struct hone_serve_settings, keep_predictions, 0, 0, 36500, .arg = "DAYS",
              .help =
                  "let logged predictions go after so many days, with their labels; 0: never"),
    HONE_REAL(struct hone_serve_settings, poll, 1, 0.05, 3600,
              .help = "s between looks for a promoted version of an alias"),
    HONE_INT(struct hone_serve_settings, max_body, 32, 1, 4096, .help = "largest request, MiB"),
    HONE_INT(struct hone_serve_settings, max_rows, HONE_BATCH_ROWS, 1, 100000000,
             .help = "most rows of one request"),
    HONE_INT(struct hone_serve_settings, max_connections, 4096, 1, 1000000,
             .help = "most connections at a time"),
    HONE_CHOICE(struct hone_serve_settings, pin, "on", pin_modes,
                .help = "keep each thread that answers on a processor of its own"),
    HONE_INT(struct hone_serve_settings, max_per_address, 0, 0, 1000000,
             .help =
                 "most connections of one address; 0: half, and all for this machine itself"),
    HONE_INT(struct hone_serve_settings, patience, 60, 1, 86400, .arg = "S",
             .help = "timeout of a request that comes slowly, and of a client that takes its "
                     "reply slowly (and 1 s for each 64 KiB taken)"),
    HONE_INT(struct hone_serve_settings, keep_alive, 30, 1, 86400, .arg = "S",
             .help = "s that an idle connection stays open; more than a load balancer's"),
    HONE_REAL(struct hone_serve_settings, slow, 1000, 0, 1e9, .arg = "MS",
              .help = "log requests that take longer, with their parts; 0: none"),
    HONE_REAL(struct hone_serve_settings, access_log, 0, 0, 1, .arg = "SHARE",
              .help = "log a share of all requests; failed and refused ones always are"),
    HONE_REAL(struct hone_serve_settings, grace, 30, 0, 3600,
              .help = "s that requests in flight get after SIGTERM"),
    HONE_CHOICE(struct hone_serve_settings, watch, "hour", watch_modes,
                .help = "look at drift and realised quality by itself after each hour and day, "
                        "each day, or never"),
    HONE_REAL(struct hone_serve_settings, watch_failed, 0.01, 0, 1, .arg = "SHARE",
              .help = "share of failed requests (5xx) above which an alarm is raised"),
    HONE_LIST(struct hone_serve_settings, webhook, .arg = "URL",
              .help = "tell alarms to this URL (repeatable; also in HONE_WEBHOOK; signed with "
                      "HONE_WEBHOOK_SECRET)"),
    HONE_TEXT(struct hone_serve_settings, config, NULL, .arg = "FILE",
              .help = "a project file, for its monitor.webhook and monitor.watch"),
    HONE_PARAM_END,
};

/* --- models ------------------------------------------------------------------------------------- */

/* What a name means now: its version in the registry, or a file. */
static enum hone_code load(struct hone_run *run, struct hone_server *server, const char *uri,
                           const struct hone_served *known, struct hone_served **out)
{
    struct hone_served_from from = {.path = uri, .uri = uri};
    HONE_SCRATCH(run);

    *out = NULL;
    if (hone_uri_is(uri)) {
        struct hone_resolved found;
        HONE_TRY(hone_store_resolve(run, server->store, uri, &run->scratch, &found));
        if (known != NULL && known->record == found.version.id) {
            return HONE_OK;
        }
        from.path = found.path;
        from.hash = found.hash;
        from.version = found.version.version;
        if (found.run != NULL) {
            HONE_TRY(hone_store_run_file(run, server->store, found.run, HONE_RUN_BINDING,
                                         &run->scratch, &from.binding));
            HONE_TRY(hone_store_run_file(run, server->store, found.run, HONE_RUN_REFERENCE,
                                         &run->scratch, &from.reference));
        }
        from.record = found.version.id;
        from.name = found.version.id != 0
                        ? found.version.model
                        : hone_arena_format(&run->scratch, "run-%.8s", found.run);
    } else {
        from.name = hone_path_stem(&run->scratch, uri);
    }
    return hone_served_new(run, &from, server->workers, out);
}

static enum hone_code follows(struct hone_run *run, const char *uri, bool *out)
{
    struct hone_uri parsed;
    HONE_SCRATCH(run);

    *out = false;
    if (hone_uri_is(uri)) {
        HONE_TRY(hone_uri_parse(run, uri, &run->scratch, &parsed));
        *out = parsed.kind == HONE_URI_ALIAS || parsed.kind == HONE_URI_LATEST;
    }
    return HONE_OK;
}

static enum hone_code open_store(struct hone_run *run, struct hone_server *server,
                                 const struct hone_serve_order *order)
{
    const struct hone_serve_settings *set = server->set;
    /* for its tokens alone it is opened where some may be asked for */
    bool needed = (set->require_token || strcmp(set->host, "127.0.0.1") != 0) &&
                  hone_file_exists(hone_path_join(&server->mem, order->store, "hone.db"));

    for (size_t i = 0; i < order->n; i++) {
        needed = needed || hone_uri_is(order->models[i]);
    }
    return needed ? hone_store_open(run, order->store, false, &server->mem, &server->store)
                  : HONE_OK;
}

static enum hone_code load_all(struct hone_run *run, struct hone_server *server,
                               const struct hone_serve_order *order)
{
    HONE_TRY(open_store(run, server, order));
    server->slot = hone_arena_must(&server->mem, order->n * sizeof *server->slot);
    for (size_t i = 0; i < order->n; i++) {
        struct hone_served *served;
        bool moves;
        HONE_TRY(follows(run, order->models[i], &moves));
        HONE_TRY(load(run, server, order->models[i], NULL, &served));
        for (size_t j = 0; j < i; j++) {
            const struct hone_served *other = atomic_load(&server->slot[j].current);
            if (strcmp(other->name, served->name) == 0 && other->number == served->number) {
                enum hone_code code =
                    hone_fail(run, HONE_E_CONFLICT, "%s and %s are the same model and version",
                              server->slot[j].uri, order->models[i]);
                hone_served_free(served);
                return code;
            }
        }
        hone_slot_init(&server->slot[i], order->models[i], moves, served);
        server->slots = i + 1;
    }
    return HONE_OK;
}

/* Look whether an alias points at another version now; if so, let that one answer. */
static void poll_slot(struct hone_run *run, struct hone_server *server, struct hone_slot *slot)
{
    struct hone_served *now = atomic_load(&slot->current);
    struct hone_served *next;

    if (load(run, server, slot->uri, now, &next) != HONE_OK) {
        if (!slot->troubled) {
            hone_log(run, HONE_LOG_WARN, "poll", "%s stays at version %s: %s", slot->uri,
                     now->version, run->err.message);
        }
        slot->troubled = true;
        hone_error_clear(run);
        return;
    }
    slot->troubled = false;
    if (next != NULL) {
        hone_log(run, HONE_LOG_INFO, "swap", "%s: version %s, was %s", slot->uri, next->version,
                 now->version);
        hone_slot_swap(slot, next);
    }
}

/* --- workers ------------------------------------------------------------------------------------ */

void hone_worker_id(struct hone_worker *worker, char out[HONE_ID_LENGTH + 1])
{
    static const char digit[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; /* Crockford's base 32 */
    uint64_t ms = (uint64_t)(hone_now_us(&worker->run) / 1000);
    uint64_t high = worker->id_high;
    uint64_t low = worker->id_low++;

    /* As in ULID: 48 bits of ms since 1970, then here 40 bits of this worker, 40 bits that count. */
    for (int i = 9; i >= 0; i--, ms >>= 5) {
        out[i] = digit[ms & 31];
    }
    for (int i = 17; i >= 10; i--, high >>= 5) {
        out[i] = digit[high & 31];
    }
    for (int i = 25; i >= 18; i--, low >>= 5) {
        out[i] = digit[low & 31];
    }
    out[HONE_ID_LENGTH] = '\0';
}

static enum hone_code make_workers(struct hone_run *run, struct hone_server *server)
{
    server->worker = hone_arena_must(&server->mem, server->workers * sizeof *server->worker);
    for (size_t i = 0; i < server->workers; i++) {
        struct hone_worker *worker = &server->worker[i];
        worker->server = server;
        worker->number = i;
        worker->run.log = run->log;
        worker->notes =
            hone_notes_new(&worker->mem, server->set->slow, server->set->access_log);
        worker->run.now = run->now;
        worker->run.clock = run->clock;
        worker->run.seed = run->seed;
        worker->desk = hone_arena_must(&worker->mem, server->slots * sizeof *worker->desk);
        worker->line = hone_buf(&worker->line_mem);
        for (size_t j = 0; j < server->slots; j++) {
            worker->desk[j].slot = &server->slot[j];
        }
        HONE_TRY(hone_random_bytes(run, &worker->id_high, sizeof worker->id_high));
    }
    return HONE_OK;
}

static void free_workers(struct hone_server *server)
{
    for (size_t i = 0; i < server->workers && server->worker != NULL; i++) {
        struct hone_worker *worker = &server->worker[i];
        for (size_t j = 0; j < server->slots && worker->desk != NULL; j++) {
            hone_desk_clear(&worker->desk[j]);
        }
        hone_notes_free(worker->notes);
        hone_run_clear(&worker->run);
        hone_arena_free(&worker->line_mem);
        hone_arena_free(&worker->mem);
    }
}

/* --- the whole ---------------------------------------------------------------------------------- */

static enum hone_code start_log(struct hone_run *run, struct hone_server *server,
                                const char *store)
{
    const struct hone_serve_settings *set = server->set;
    bool registered = false;

    for (size_t i = 0; i < server->slots; i++) {
        registered = registered || atomic_load(&server->slot[i].current)->record != 0;
    }
    if (!registered || strcmp(set->log, "off") == 0) {
        return HONE_OK;
    }
    server->log_below = UINT64_MAX;
    if (strcmp(set->log, "sample") == 0 && set->log_share < 1) {
        server->log_below = (uint64_t)(set->log_share * 18446744073709549568.0);
    }
    HONE_TRY(hone_recorder_new(run, store, server->workers, (int64_t)(set->flush * 1e6),
                               &server->recorder));
    return set->keep_predictions == 0
               ? HONE_OK
               : hone_broom_new(run, store, (int64_t)(set->keep_predictions * DAY_US),
                                FIRST_SWEEP_US, &server->broom);
}

static void tell_certificate(struct hone_run *run, const struct hone_server *server)
{
    int64_t left = hone_tls_expires(server->tls) - hone_now_us(run);
    int64_t days = left / INT64_C(86400000000);

    hone_log(run, days < SOON ? HONE_LOG_WARN : HONE_LOG_INFO, "certificate",
             "%s is good for %lld more days", server->set->tls_cert, (long long)days);
}

/* Who may ask, and what they see of us. */
static enum hone_code start_access(struct hone_run *run, struct hone_server *server)
{
    const struct hone_serve_settings *set = server->set;
    const char *token = set->token != NULL ? set->token : getenv("HONE_TOKEN");

    hone_access_init(&server->access, token != NULL && token[0] != '\0' ? token : NULL);
    server->access.host = server->host;
    server->access.names = &set->allow_host;
    server->access.gate.rate = set->max_rate;
    if (server->store != NULL) {
        HONE_TRY(hone_access_load(run, &server->access, server->store));
    }
    if ((set->tls_cert == NULL) != (set->tls_key == NULL)) {
        return hone_fail(run, HONE_E_ARG, "--tls-cert and --tls-key go together");
    }
    if (set->tls_cert != NULL) {
        HONE_TRY(hone_tls_open(run, set->tls_cert, set->tls_key, &server->tls));
        tell_certificate(run, server);
    }
    return HONE_OK;
}

static void tell_ready(struct hone_server *server, const struct hone_serve_order *order)
{
    const char **version = hone_arena_must(&server->mem, server->slots * sizeof *version);
    struct hone_serve_ready ready = {.url = server->url,
                                     .models = server->slots,
                                     .uri = order->models,
                                     .version = version,
                                     .logs = server->recorder != NULL};

    for (size_t i = 0; i < server->slots; i++) {
        version[i] = atomic_load(&server->slot[i].current)->version;
    }
    order->ready(order->ctx, &ready);
    (void)hone_notify("READY=1\nSTATUS=serving");
}

/* Tokens that were granted or revoked, a certificate that was renewed; what was seen, to the store. */
static void poll_rest(struct hone_run *run, struct hone_server *server)
{
    bool renewed = false;
    enum hone_code code = HONE_OK;

    if (server->store != NULL && server->access.needs_token) {
        code = hone_access_load(run, &server->access, server->store);
    }
    if (code == HONE_OK) {
        code = hone_scribe_beat(run, server->scribe, false);
    }
    if (code == HONE_OK && server->tls != NULL) {
        code = hone_tls_renew(run, server->tls, &renewed);
    }
    if (code != HONE_OK && !server->troubled) {
        hone_log(run, HONE_LOG_WARN, "poll", "what was known stays: %s", run->err.message);
    }
    server->troubled = code != HONE_OK;
    hone_error_clear(run);
    if (renewed) {
        tell_certificate(run, server);
    }
}

/* Sleep and look for promotions until a signal. */
static void watch(struct hone_run *run, struct hone_server *server)
{
    int64_t interval = (int64_t)(server->set->poll * 1e9);
    int64_t next = hone_ticks_ns() + interval;
    int64_t alive = hone_notify_interval();
    int64_t bark = hone_ticks_ns();

    while (run->cancel == NULL || *run->cancel == 0) {
        int64_t left = next - hone_ticks_ns();
        int64_t most = 250000000; /* a signal to another thread does not end this nap */
        struct timespec nap = {0, (long)(left < 0 ? 0 : left < most ? left : most)};
        nanosleep(&nap, NULL);
        hone_notes_write(run, server);
        if (alive > 0 && hone_ticks_ns() >= bark) {
            (void)hone_notify("WATCHDOG=1");
            bark = hone_ticks_ns() + alive;
        }
        if (hone_ticks_ns() < next) {
            continue;
        }
        next = hone_ticks_ns() + interval;
        poll_rest(run, server);
        hone_pulse_beat(run, server->pulse);
        for (size_t i = 0; i < server->slots; i++) {
            if (server->slot[i].follows) {
                poll_slot(run, server, &server->slot[i]);
            }
        }
    }
}

static enum hone_code serve(struct hone_run *run, struct hone_server *server,
                            const struct hone_serve_order *order, struct hone_lookout **lookout)
{
    HONE_TRY(load_all(run, server, order));
    HONE_TRY(make_workers(run, server));
    HONE_TRY(hone_lookout_new(run, server, order->store, lookout));
    HONE_TRY(start_log(run, server, order->store));
    HONE_TRY(start_access(run, server));
    server->page_fields = hone_shell_fields(&server->mem);
    if (server->store != NULL) {
        HONE_TRY(hone_inquirer_new(run, order->store, &server->inquirer));
    }
    HONE_TRY(hone_pulse_new(run, server, &server->pulse));
    HONE_TRY(hone_scribe_new(run, server, &server->scribe));
    HONE_TRY(hone_http_start(run, server));
    hone_pulse_beat(run, server->pulse);
    if (*lookout != NULL) {
        HONE_TRY(hone_lookout_start(run, *lookout));
    }
    tell_ready(server, order);
    watch(run, server);
    hone_pulse_end(run, server->pulse);
    (void)hone_notify("STOPPING=1\nSTATUS=finishing what is in flight");
    hone_log(run, HONE_LOG_INFO, "drain", "no new connections; finishing what is in flight");
    hone_http_drain(server);
    hone_notes_write(run, server);
    if (hone_scribe_beat(run, server->scribe, true) != HONE_OK) {
        hone_log(run, HONE_LOG_WARN, "sketch", "the last minute is lost: %s", run->err.message);
        hone_error_clear(run);
    }
    return HONE_OK;
}

enum hone_code hone_serve(struct hone_run *run, const struct hone_serve_settings *settings,
                          const struct hone_serve_order *order)
{
    struct hone_server server = {.set = settings, .workers = order->threads};
    struct hone_lookout *lookout = NULL;
    enum hone_code code;

    server.started = hone_now_us(run);
    code = serve(run, &server, order, &lookout);
    hone_lookout_free(lookout);
    hone_broom_free(server.broom);
    hone_recorder_stop(server.recorder);
    hone_inquirer_stop(server.inquirer);
    if (server.worker != NULL) {
        hone_http_stop(&server);
        free_workers(&server);
    }
    hone_inquirer_free(server.inquirer);
    hone_pulse_free(server.pulse);
    hone_scribe_free(server.scribe);
    hone_recorder_free(server.recorder);
    for (size_t i = 0; i < server.slots; i++) {
        hone_slot_clear(&server.slot[i]);
    }
    hone_store_close(server.store);
    hone_tls_close(server.tls);
    hone_access_clear(&server.access);
    hone_arena_free(&server.mem);
    return code;
}
