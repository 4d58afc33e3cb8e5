/*
 * serve/server.h - models over HTTP
 *
 * One process, one thread per processor that answers, one that writes the log, and the caller's, which waits and
 * watches the store for promotions.  Endpoints are listed in endpoints.c; docs/serve.md tells what they do.
 */
#ifndef HONE_SERVE_SERVER_H
#define HONE_SERVE_SERVER_H

#include "base/part.h"

struct hone_serve_settings {
    int64_t port;     /* 0: any free one */
    const char *host; /* address to listen on */
    const char
        *token; /* clients must show it; NULL: HONE_TOKEN of the environment, else none */
    bool require_token; /* also on loopback: behind a proxy, that is where all come from */
    const char *tls_cert, *tls_key; /* PEM files; NULL: plain HTTP */
    double max_rate;                /* requests a second of one client; 0: no limit */
    struct hone_texts
        allow_host;          /* names that the Host header may have besides the address's own */
    const char *log;         /* "all", "sample", "off" */
    double log_share;        /* of requests, for "sample" */
    double flush;            /* s between writes of the log */
    double keep_predictions; /* days; 0: for ever */
    double poll;             /* s between looks for a promotion */
    int64_t max_body;        /* MiB */
    int64_t max_rows;        /* of one request */
    int64_t max_connections;
    const char *pin;         /* "on" or "off": each thread that answers stays on a processor */
    int64_t max_per_address; /* of them; 0: half, and all for this machine itself */
    int64_t patience;        /* s for a request to come and for its reply to be taken */
    int64_t keep_alive;      /* s that a connection stays between two requests */
    double slow;             /* ms: slower requests are logged with their parts; 0: none are */
    double access_log;       /* share of requests that get a line in the log */
    double grace;            /* s that requests in flight get after a signal */
    const char *watch;       /* served versions are looked at after each "hour", "day"; "off" */
    double watch_failed;     /* share of 5xx that is borne */
    struct hone_texts webhook; /* URLs that are told of alarms */
    const char *config;        /* a hone.yaml, for its section monitor; NULL: none */
};
extern const struct hone_param hone_serve_params[];

/* What is known when the server is ready. */
struct hone_serve_ready {
    const char *url; /* "http://127.0.0.1:8080" */
    size_t models;
    const char *const *uri;     /* (models) as asked for */
    const char *const *version; /* (models) "3", or "" */
    bool logs;                  /* predictions go to the store */
};

/*
 * Serve until run->cancel is set; then stop taking connections, finish what is in flight, write the log.
 *
 *   store    folder of the store; opened only for models that are in it
 *   models   "models:/name@alias", "models:/name/3", "runs:/ID" or a file; the first is the one meant
 *            where a path names none
 *   threads  that answer; at least 1
 *   ready    called once; its argument lives for the call
 *
 * Fails: HONE_E_NOT_FOUND (no such model), HONE_E_CONFLICT (the port is taken, a name served twice),
 * HONE_E_IO (no permission), HONE_E_ARG (an address beyond this machine without a token), and as
 * hone_served_new.
 */
struct hone_serve_order {
    const char *store;
    const char *const *models;
    size_t n;
    size_t threads;
    void (*ready)(void *ctx, const struct hone_serve_ready *what);
    void *ctx;
};
enum hone_code hone_serve(struct hone_run *run, const struct hone_serve_settings *settings,
                          const struct hone_serve_order *order);

#endif
