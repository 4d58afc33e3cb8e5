/*
 * serve/server_priv.h - what the files of the server share
 */
#ifndef HONE_SERVE_SERVER_PRIV_H
#define HONE_SERVE_SERVER_PRIV_H

#include "serve/access.h"
#include "serve/http/head.h"
#include "serve/recorder.h"
#include "serve/reply.h"
#include "serve/server.h"
#include "serve/slot.h"

struct hone_broom;
struct hone_connection;
struct hone_listener;
struct hone_notes;
struct hone_loop;
struct hone_inquirer;
struct hone_inquiry;
struct hone_pulse;
struct hone_scribe;
struct hone_tls;

#define HONE_ID_LENGTH 26

/* What one worker needs to use one model. */
struct hone_desk {
    struct hone_slot *slot;
    struct hone_served *served; /* NULL: not taken yet */
    struct hone_session *session;
    struct hone_batch batch;
    struct hone_tensor *in, *out;
    struct hone_arena mem;
};

struct hone_server;

/* A thread that answers, and all that only it touches. */
struct hone_worker {
    struct hone_server *server;
    size_t number;
    struct hone_run run;
    struct hone_desk *desk; /* (slots) */
    struct hone_request *idle;
    struct hone_tally tally; /* requests that concern no model */
    struct hone_loop *loop;
    int64_t date_second; /* of the reply's field Date */
    char date[48];
    _Atomic uint64_t open;    /* connections: the listener adds, the worker takes away */
    _Atomic uint64_t busy;    /* requests in flight */
    struct hone_notes *notes; /* lines for the log */
    uint64_t id_high, id_low; /* of prediction ids: random, and counting */
    struct hone_arena mem, line_mem;
    struct hone_buf line; /* the log's JSON of a row */
};

struct hone_server {
    const struct hone_serve_settings *set;
    struct hone_arena mem;
    struct hone_slot *slot;
    size_t slots;
    struct hone_worker *worker;
    size_t workers;
    struct hone_recorder *recorder; /* NULL: no log */
    uint64_t log_below;             /* requests whose hash is below are logged */
    struct hone_store *store;       /* the poller's; NULL: no model is in it */
    struct hone_access access;
    struct hone_tls *tls; /* NULL: plain HTTP */
    struct hone_listener *listener;
    struct hone_pulse *pulse;
    struct hone_inquirer *inquirer; /* NULL: no store */
    const char *page_fields;        /* of a page's head (page_shell.h) */
    struct hone_scribe *scribe;
    struct hone_broom *broom; /* NULL: predictions stay */
    char host[280];           /* own address as it stands in a Host header */
    char url[320];
    int64_t started; /* µs since 1970 */
    bool troubled;   /* the last look for tokens and certificates failed */
    _Atomic bool draining;
};

/* What a client asked for and gets. */
struct hone_request {
    struct hone_worker *worker;
    struct hone_request *next;
    struct hone_connection *connection; /* the loop's */
    struct hone_str client;             /* its address, as bytes */
    struct hone_head head;
    const char *path;  /* of the target, decoded; NULL: it is none */
    char what[80];     /* the id in the path of a page; empty: none */
    bool by_cookie;    /* a browser that signed in */
    const char *asker; /* the token's name; NULL: none was shown */
    const char *host;  /* of a target that is a whole address; NULL: the field Host says it */
    const char *query; /* of the target, not decoded; NULL: none */
    const struct hone_endpoint *endpoint;
    struct hone_slot *slot;    /* NULL: none is named */
    int64_t arrived, complete; /* ticks, ns: first byte, last byte */
    int64_t parsed, inferred;  /* the same: the model began and ended; 0: it did not */
    struct hone_arena body_mem;
    char *body;
    size_t len, room;
    struct hone_arena reply_mem;
    struct hone_buf reply;
    const char *type;  /* of the reply */
    const char *allow; /* 405: the method there is */
    int64_t retry;     /* 429: s to wait; 0: none */
    size_t json;       /* V2: length of the JSON before bytes; 0: all */
    char model[256], version[24];
    char id[HONE_ID_LENGTH + 1]; /* ours */
    char told_id[129];           /* theirs; empty: none */
    char problem[256];           /* what an error says; empty: none */
    int status;
    int refused;      /* the status, before the body was looked at; 0: it was not */
    bool expects;     /* to be told to go on before the body */
    bool body_unsent; /* HEAD */
    char top[3072];   /* the reply's head */
    size_t top_len;
    struct hone_buf said; /* fields of it that handlers add */
    char said_text[1536];
    struct hone_feedback *feedback; /* waits for the recorder; in labels */
    struct hone_inquiry *inquiry;   /* waits for the inquirer; its own */
    struct hone_arena labels;
};

struct hone_endpoint {
    const char *path; /* {m}, {v} and {l} stand for a model's name, version and alias */
    bool post;
    enum hone_role needs; /* where tokens are needed; NONE: probes */
    enum hone_route route;
    /* Write the reply and give its status; on failure an error is left in the run. 0: comes later. */
    int (*handle)(struct hone_request *req);
    const char *summary; /* for openapi.json */
};
extern const struct hone_endpoint hone_endpoints[]; /* ends with a NULL path */

/*
 * The endpoint of a path and method, and the names in it.  wrong_method is set to one that has the path when none
 * has the method.
 */
struct hone_path {
    struct hone_str model, version, label; /* ptr NULL: not in the path; label: an alias */
};
const struct hone_endpoint *hone_endpoint_find(const char *path, bool post,
                                               struct hone_path *out,
                                               const struct hone_endpoint **wrong_method);
/* The slot of a name and version; NULL: none. */
struct hone_slot *hone_server_find(struct hone_server *server, const struct hone_path *path);

/* Handlers. */
int hone_handle_v2_infer(struct hone_request *req);
int hone_handle_v1_predict(struct hone_request *req);
int hone_handle_invocations(struct hone_request *req);
int hone_handle_predict(struct hone_request *req);
int hone_handle_feedback(struct hone_request *req);
int hone_handle_v2(struct hone_request *req);
int hone_handle_live(struct hone_request *req);
int hone_handle_ready(struct hone_request *req);
int hone_handle_ping(struct hone_request *req);
int hone_handle_v2_models(struct hone_request *req);
int hone_handle_v2_index(struct hone_request *req);
int hone_handle_v2_model(struct hone_request *req);
int hone_handle_v2_ready(struct hone_request *req);
int hone_handle_v2_stats(struct hone_request *req);
int hone_handle_v2_model_stats(struct hone_request *req);
int hone_handle_v2_config(struct hone_request *req);
int hone_handle_v2_load(struct hone_request *req);
int hone_handle_v1_metadata(struct hone_request *req);
int hone_handle_v1_models(struct hone_request *req);
int hone_handle_v1_model(struct hone_request *req);
int hone_handle_metrics(struct hone_request *req);
int hone_handle_openapi(struct hone_request *req);
int hone_handle_page(struct hone_request *req);
int hone_handle_model_page(struct hone_request *req);
int hone_handle_why(struct hone_request *req);
int hone_handle_alarm(struct hone_request *req);
int hone_handle_sign_in_page(struct hone_request *req);
int hone_handle_sign_in(struct hone_request *req);
int hone_handle_sign_out(struct hone_request *req);
int hone_handle_status(struct hone_request *req);

/* The error left in the run as the dialect's reply, its status. */
int hone_request_error(struct hone_request *req);
/* Raise an error and answer it. */
int hone_request_fail(struct hone_request *req, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A header of the request, or NULL. */
const char *hone_request_header(struct hone_request *req, const char *name);
/* Add a field to the reply's head. */
void hone_request_say(struct hone_request *req, const char *name, const char *value);
/* Write the answer to feedback that the recorder is done with. */
int hone_feedback_reply(struct hone_request *req);
/* Write the answer to a question that the inquirer is done with. */
int hone_inquiry_reply(struct hone_request *req);

/* Make a worker's desk ready for what its slot serves now. */
enum hone_code hone_desk_ready(struct hone_worker *worker, struct hone_desk *desk);
void hone_desk_clear(struct hone_desk *desk);

/* The numbers of /proc/self/stat behind the name in brackets: utime is the 12th, stime the 13th,
 * threads the 18th, start 20th, vsize 21st, rss 22nd (pages).  False: there are none here. */
enum { HONE_PROCESS_NUMBERS = 24, HONE_PROCESS_RSS = 21 };
bool hone_process_numbers(struct hone_run *run, double number[HONE_PROCESS_NUMBERS]);

/* A new prediction id: 26 characters, growing with time. */
void hone_worker_id(struct hone_worker *worker, char out[HONE_ID_LENGTH + 1]);

/* The HTTP side: listen on an address, let the workers answer, stop. */
enum hone_code hone_http_start(struct hone_run *run, struct hone_server *server);
/* Take no more connections; wait for those in flight up to grace seconds. */
void hone_http_drain(struct hone_server *server);
void hone_http_stop(struct hone_server *server);

#endif
