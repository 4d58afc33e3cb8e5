#include "serve/http/exchange.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "serve/access_log.h"
#include "serve/cors.h"
#include "serve/http/listener.h"
#include "serve/http/loop.h"
#include "serve/request_target.h"
#include "serve/signin.h"

/* A request's buffers that are kept for the next: an arena's first block. */
#define KEEP (64 << 10)

/* --- requests ----------------------------------------------------------------------------------- */

struct hone_request *hone_request_begin(struct hone_worker *worker, int64_t began)
{
    struct hone_request *req = worker->idle;

    if (req == NULL) {
        req = hone_new(&worker->mem, struct hone_request);
        req->worker = worker;
        /* Doubling leaves the smaller blocks behind. */
        req->body_mem.limit = ((size_t)worker->server->set->max_body + 2) << 22;
        req->reply_mem.limit = HONE_BATCH_BYTES;
        req->reply = hone_buf(&req->reply_mem);
        req->head.bytes = hone_arena_must(&worker->mem, HONE_HEAD_BYTES);
    } else {
        worker->idle = req->next;
    }
    hone_head_clear(&req->head);
    req->top_len = 0;
    req->said = (struct hone_buf){.ptr = req->said_text, .room = sizeof req->said_text};
    req->len = 0;
    req->reply.len = 0;
    req->reply.full = false;
    req->endpoint = NULL;
    req->slot = NULL;
    req->feedback = NULL;
    req->inquiry = NULL;
    req->path = NULL;
    req->what[0] = '\0';
    req->by_cookie = false;
    req->asker = NULL;
    req->allow = NULL;
    req->retry = 0;
    req->json = 0;
    req->refused = 0;
    req->expects = false;
    req->body_unsent = false;
    req->query = NULL;
    req->host = NULL;
    req->client = (struct hone_str){"", 0};
    req->model[0] = '\0';
    req->version[0] = '\0';
    req->told_id[0] = '\0';
    req->type = "application/json";
    req->arrived = began;
    req->complete = 0;
    req->parsed = 0;
    req->inferred = 0;
    req->problem[0] = '\0';
    hone_worker_id(worker, req->id);
    atomic_fetch_add_explicit(&worker->busy, 1, memory_order_relaxed);
    return req;
}

void hone_request_end(struct hone_request *req)
{
    atomic_fetch_sub_explicit(&req->worker->busy, 1, memory_order_relaxed);
    if (req->body_mem.bytes > KEEP) {
        hone_arena_free(&req->body_mem);
        req->body = NULL;
        req->room = 0;
    }
    if (req->reply_mem.bytes > KEEP) {
        hone_arena_free(&req->reply_mem);
        req->reply = hone_buf(&req->reply_mem);
    }
    req->next = req->worker->idle;
    req->worker->idle = req;
}

/* More of the body; false when it is over the limit.  One byte stays free behind it. */
static bool body_add(struct hone_request *req, const char *bytes, size_t len)
{
    size_t most = (size_t)req->worker->server->set->max_body << 20;

    if (len > most - req->len) {
        return false;
    }
    if (req->room < req->len + len + 1) {
        size_t room = req->room == 0 ? 4096 : req->room * 2;
        const char *told = hone_request_header(req, "Content-Length");
        uint64_t all;
        char *grown;
        /* What is told is not believed at once: a small packet would take much memory. */
        if (told != NULL && hone_parse_u64(hone_str(told), &all) && all <= most &&
            all >= room) {
            size_t ahead = 16 * (req->len + len);
            room = (size_t)all < ahead ? (size_t)all + 1 : ahead;
        }
        while (room < req->len + len + 1) {
            room *= 2;
        }
        grown = hone_arena_grow(&req->body_mem, req->body, 1, req->room, room);
        if (grown == NULL) {
            return false;
        }
        req->body = grown;
        req->room = room;
    }
    memcpy(req->body + req->len, bytes, len);
    req->len += len;
    return true;
}

const char *hone_request_header(struct hone_request *req, const char *name)
{
    return hone_head_get(&req->head, name, NULL);
}

/* --- replies ------------------------------------------------------------------------------------- */

void hone_request_reply(const struct hone_request *req, struct hone_str *top,
                        struct hone_str *body)
{
    *top = (struct hone_str){req->top, req->top_len};
    *body = req->body_unsent || req->reply.len == 0
                ? (struct hone_str){"", 0}
                : (struct hone_str){req->reply.ptr, req->reply.len};
}

/* The version that a reply without a prediction speaks of. */
static void name_model(struct hone_request *req)
{
    struct hone_slot *slot = req->slot != NULL ? req->slot : &req->worker->server->slot[0];
    struct hone_desk *desk = &req->worker->desk[slot - req->worker->server->slot];

    memcpy(req->model, slot->name, sizeof req->model);
    if (desk->served != NULL && hone_slot_is(slot, desk->served)) {
        memcpy(req->version, desk->served->version, strlen(desk->served->version) + 1);
    } else {
        struct hone_served *served = hone_slot_take(slot);
        memcpy(req->version, served->version, strlen(served->version) + 1);
        hone_slot_give(slot, served);
    }
}

static const char *mlflow_code(int status)
{
    switch (status) {
    case 401:
        return "UNAUTHENTICATED";
    case 403:
        return "PERMISSION_DENIED";
    case 429:
        return "RESOURCE_EXHAUSTED";
    case 404:
        return "RESOURCE_DOES_NOT_EXIST";
    case 500:
        return "INTERNAL_ERROR";
    case 501:
        return "NOT_IMPLEMENTED";
    case 503:
        return "TEMPORARILY_UNAVAILABLE";
    default:
        return "BAD_REQUEST";
    }
}

/* An error's message in the form of the dialect that was spoken. */
static int put_error(struct hone_request *req, int status, const char *message)
{
    bool mlflow = req->endpoint != NULL && req->endpoint->route == HONE_ROUTE_INVOCATIONS;

    if (hone_page_wanted(req)) {
        return hone_page_error(req, status, message);
    }
    req->reply.len = 0;
    snprintf(req->problem, sizeof req->problem, "%s", message);
    req->reply.full = false;
    req->json = 0;
    req->type = "application/json";
    if (mlflow) {
        hone_buf_format(&req->reply,
                        "{\"error_code\":\"%s\",\"message\":", mlflow_code(status));
    } else {
        hone_buf_text(&req->reply, "{\"error\":");
    }
    hone_buf_json(&req->reply, hone_str(message));
    hone_buf_text(&req->reply, "}\n");
    return status;
}

int hone_request_error(struct hone_request *req)
{
    struct hone_run *run = &req->worker->run;
    int status = hone_code_http(run->err.code);
    char message[sizeof run->err.message];

    memcpy(message, run->err.message, sizeof message);
    if (hone_status_failed(status)) {
        hone_log(run, HONE_LOG_ERROR, "request", "%s: %s", req->id, message);
    }
    hone_error_clear(run);
    return put_error(req, status, message);
}

int hone_request_fail(struct hone_request *req, int status, const char *format, ...)
{
    char message[512];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return put_error(req, status, message);
}

/* --- who may ask ------------------------------------------------------------------------------------ */

/* How one client is told from the others: by its token's name, else by its address. */
static struct hone_str client_of(struct hone_request *req, const struct hone_caller *caller)
{
    return caller->name != NULL ? hone_str(caller->name) : req->client;
}

/* 0: the gate, for requests of a kind, lets this client in; else the status of the refusal that was written. */
static int wait_at(struct hone_request *req, struct hone_gate *gate, struct hone_str client,
                   const char *kind)
{
    long long wait = hone_gate_wait(gate, client, req->arrived); /* ns */

    if (wait == 0) {
        return 0;
    }
    req->retry = wait / 1000000000 + 1;
    return hone_request_fail(req, 429, "more than %g requests a second%s; wait %lld ms",
                             gate->rate, kind, wait / 1000000 + 1);
}

/* The same for one that shows no token, a wrong one, or one in a form. */
static int wait_to_guess(struct hone_request *req)
{
    return wait_at(req, &req->worker->server->access.guesses, req->client,
                   " without a token that is in force");
}

/* 0: the request is for this server, and no page of a stranger's sent it. */
static int refuse_place(struct hone_request *req)
{
    if (!hone_access_place(&req->worker->server->access,
                           req->host != NULL ? req->host : hone_request_header(req, "Host"),
                           hone_request_header(req, "Origin"))) {
        return hone_request_fail(req, 403,
                                 "requests for this host or from this origin are not "
                                 "answered; --allow-host adds names");
    }
    hone_cors_fields(req);
    return 0;
}

/* 0: this client may have this endpoint now; else the status of the refusal that was written. */
static int refuse(struct hone_request *req)
{
    struct hone_access *access = &req->worker->server->access;
    enum hone_role needs = req->endpoint == NULL ? HONE_ROLE_READ : req->endpoint->needs;
    struct hone_caller caller = {HONE_ROLE_NONE, NULL};
    int status;

    if (needs == HONE_ROLE_NONE) { /* probes, and the form that takes a token */
        return req->endpoint->post ? wait_to_guess(req) : 0;
    }
    if (access->needs_token) {
        caller = hone_signin_caller(req);
        if (caller.role == HONE_ROLE_NONE) {
            status = wait_to_guess(req);
            return status != 0
                       ? status
                       : hone_request_fail(req, 401,
                                           "a token is needed: Authorization: Bearer TOKEN");
        }
    }
    status = wait_at(req, &access->gate, client_of(req, &caller), "");
    if (status != 0) {
        return status;
    }
    if (access->needs_token && caller.role < needs) {
        return hone_request_fail(req, 403, "the token %.100s may %s, this needs %s",
                                 caller.name, hone_role_name(caller.role),
                                 hone_role_name(needs));
    }
    return 0;
}

/* --- the life of a request ---------------------------------------------------------------------------- */

static void take_told_id(struct hone_request *req)
{
    const char *id = hone_request_header(req, "X-Request-Id");
    size_t len = id == NULL ? 0 : strlen(id);

    if (len == 0 || len >= sizeof req->told_id) {
        return;
    }
    for (size_t i = 0; i < len; i++) {
        if (id[i] < 0x21 || id[i] > 0x7e) {
            return;
        }
    }
    memcpy(req->told_id, id, len + 1);
}

static bool body_too_long(struct hone_request *req)
{
    const char *length = hone_request_header(req, "Content-Length");
    uint64_t n;

    return length != NULL && (!hone_parse_u64(hone_str(length), &n) ||
                              n > (uint64_t)req->worker->server->set->max_body << 20);
}

static int too_long(struct hone_request *req)
{
    return hone_request_fail(req, 413, "the body is over %lld MiB",
                             (long long)req->worker->server->set->max_body);
}

/* Fields that say for whom, by whom or how long a request is are said once, or two readers choose differently. */
static int look_at_twice(struct hone_request *req)
{
    static const char *const once[] = {"Host",          "Origin",
                                       "Authorization", "Transfer-Encoding",
                                       "Expect",        "Inference-Header-Content-Length"};

    for (size_t i = 0; i < sizeof once / sizeof *once; i++) {
        size_t n;
        if (hone_head_get(&req->head, once[i], &n) != NULL && n > 1) {
            return hone_request_fail(req, 400, "the field %s is given twice", once[i]);
        }
    }
    return 0;
}

/* How the body is coded; 0: in a way that is read here. */
static int look_at_coding(struct hone_request *req, const struct hone_request_line *line)
{
    const char *transfer = hone_request_header(req, "Transfer-Encoding");
    const char *content = hone_request_header(req, "Content-Encoding");

    if (transfer != NULL && line->minor == 0) {
        return hone_request_fail(req, 400, "HTTP/1.0 has no Transfer-Encoding");
    }
    if (transfer != NULL && !hone_str_eq_nocase(hone_str(transfer), hone_str("chunked"))) {
        return hone_request_fail(req, 501, "Transfer-Encoding %.60s is not read, only chunked",
                                 transfer);
    }
    if (content != NULL && !hone_str_eq_nocase(hone_str(content), hone_str("identity"))) {
        return hone_request_fail(
            req, 415, "Content-Encoding %.60s is not read: send it as it is", content);
    }
    return 0;
}

/* What the protocol itself asks of a head; 0: it is kept. */
static int look_at_protocol(struct hone_request *req, const struct hone_request_line *line)
{
    const char *expect = hone_request_header(req, "Expect");
    int refused;

    if (line->major != 1 || line->minor > 1) {
        return hone_request_fail(req, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    }
    if (line->minor == 1 && hone_request_header(req, "Host") == NULL) {
        return hone_request_fail(req, 400, "the request has no Host field");
    }
    refused = look_at_twice(req);
    refused = refused == 0 ? look_at_coding(req, line) : refused;
    if (refused == 0 && expect != NULL && line->minor == 1) {
        if (!hone_str_eq_nocase(hone_str(expect), hone_str("100-continue"))) {
            return hone_request_fail(req, 417, "nothing but 100-continue can be expected here");
        }
        req->expects = true;
    }
    return refused;
}

/* The id in the path of a page. */
static void take_what(struct hone_request *req, const struct hone_path *path)
{
    if (path->model.ptr == NULL && path->version.ptr != NULL &&
        path->version.len < sizeof req->what) {
        memcpy(req->what, path->version.ptr, path->version.len);
        req->what[path->version.len] = '\0';
    }
}

static int not_served(struct hone_request *req, const struct hone_path *path)
{
    bool label = path->label.ptr != NULL;
    struct hone_str which = label ? path->label : path->version;

    return hone_request_fail(
        req, 404, "there is no model \"%.*s\"%s%.*s here",
        (int)(path->model.len < 100 ? path->model.len : 100), path->model.ptr,
        label               ? " with the alias "
        : which.ptr != NULL ? " version "
                            : "",
        (int)(which.len < 20 ? which.len : 20), which.ptr == NULL ? "" : which.ptr);
}

/* No endpoint has this path, or none with this method but another. */
static int not_there(struct hone_request *req, const char *url,
                     const struct hone_endpoint *other)
{
    if (other == NULL && req->endpoint == NULL) {
        return hone_request_fail(req, 404, "there is nothing at %.200s", url);
    }
    other = other == NULL ? req->endpoint : other;
    req->allow = other->post ? "POST" : "GET, HEAD";
    return hone_request_fail(req, 405, "%.200s takes %s", url, req->allow);
}

/* What a path and a method ask for; 0: it is here. */
static int look_at_target(struct hone_request *req, const char *url, const char *method)
{
    const struct hone_endpoint *other;
    struct hone_path path;
    bool post = strcmp(method, "POST") == 0;
    bool get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;

    req->endpoint = hone_endpoint_find(url, post, &path, &other);
    req->slot = path.model.ptr == NULL ? NULL : hone_server_find(req->worker->server, &path);
    take_what(req, &path);
    name_model(req);
    int refused = refuse_place(req);
    if (refused == 0 && strcmp(method, "OPTIONS") == 0 &&
        (req->endpoint != NULL || other != NULL)) {
        return hone_cors_options(req); /* a browser asks without the token */
    }
    refused = refused == 0 ? refuse(req) : refused;
    if (refused != 0) {
        return refused;
    }
    if (req->endpoint == NULL || (!post && !get)) {
        return not_there(req, url, other);
    }
    if (path.model.ptr != NULL && req->slot == NULL) {
        return not_served(req, &path);
    }
    if (body_too_long(req)) {
        return too_long(req);
    }
    if (req->slot == NULL) {
        req->slot = &req->worker->server->slot[0];
    }
    return 0;
}

static void count_request(struct hone_request *req)
{
    struct hone_worker *worker = req->worker;
    enum hone_route route = req->endpoint == NULL ? HONE_ROUTE_OTHER : req->endpoint->route;
    struct hone_tally *tally = &worker->tally;

    if (req->slot != NULL && route <= HONE_ROUTE_PREDICT) {
        struct hone_desk *desk = &worker->desk[req->slot - worker->server->slot];
        if (desk->served != NULL) {
            tally = &desk->served->tally[worker->number];
            if (req->status == 200) {
                hone_histogram_add(&tally->request, hone_ticks_ns() - req->complete);
                atomic_store_explicit(&tally->last, req->complete, memory_order_relaxed);
            }
        }
    }
    hone_tally_request(tally, route, req->status);
    hone_note(req);
}

static void refused(struct hone_request *req, int status)
{
    req->refused = status;
    req->status = status;
    count_request(req);
}

void hone_request_head(struct hone_request *req, const struct hone_request_line *line)
{
    struct hone_request_target target;
    int status;

    req->body_unsent = strcmp(line->method, "HEAD") == 0;
    take_told_id(req);
    status = look_at_protocol(req, line);
    if (status == 0 && !hone_request_target_read(req->head.bytes, &target)) {
        status = hone_request_fail(req, 400, "the request's target is no path of this server");
    }
    if (status == 0) {
        req->path = target.path;
        req->query = target.query;
        req->host = target.host;
        status = look_at_target(req, target.path, line->method);
    }
    if (status != 0) {
        refused(req, status);
    }
}

void hone_request_refuse(struct hone_request *req, int status, const char *why)
{
    refused(req, hone_request_fail(req, status, "%s", why));
}

bool hone_request_expect(struct hone_request *req, uint64_t len)
{
    size_t most = (size_t)req->worker->server->set->max_body << 20;

    if (len > most - req->len) {
        refused(req, too_long(req));
        return false;
    }
    return true;
}

bool hone_request_body(struct hone_request *req, const char *bytes, size_t len)
{
    if (!body_add(req, bytes, len)) {
        refused(req, too_long(req));
        return false;
    }
    return true;
}

int hone_request_answer(struct hone_request *req)
{
    req->complete = hone_ticks_ns();
    if (req->body != NULL) {
        req->body[req->len] = '\0';
    } else {
        req->body = hone_arena_must(&req->body_mem, 4096);
        req->room = 4096;
    }
    int status = req->endpoint->handle(req);
    if (status != 0) {
        req->status = status;
        count_request(req);
    }
    return status;
}

int hone_request_done(struct hone_request *req)
{
    req->status = req->inquiry != NULL ? hone_inquiry_reply(req) : hone_feedback_reply(req);
    count_request(req);
    return req->status;
}

/* --- the whole ---------------------------------------------------------------------------------------- */

enum hone_code hone_http_start(struct hone_run *run, struct hone_server *server)
{
    HONE_TRY(hone_listener_open(run, server));
    for (size_t i = 0; i < server->workers; i++) {
        HONE_TRY(hone_loop_start(run, &server->worker[i], &server->worker[i].loop));
    }
    return hone_listener_start(run, server->listener);
}

static uint64_t connections(const struct hone_server *server, uint64_t *busy)
{
    uint64_t n = 0;

    *busy = 0;
    for (size_t i = 0; i < server->workers; i++) {
        n += atomic_load_explicit(&server->worker[i].open, memory_order_relaxed);
        *busy += atomic_load_explicit(&server->worker[i].busy, memory_order_relaxed);
    }
    return n;
}

void hone_http_drain(struct hone_server *server)
{
    int64_t begin = hone_ticks_ns();
    int64_t grace = (int64_t)(server->set->grace * 1e9);
    int64_t linger = 500000000; /* for clients between two requests to be told "close" */
    struct timespec nap = {0, 5000000};

    atomic_store(&server->draining, true);
    hone_listener_stop(server->listener);
    for (;;) {
        int64_t waited = hone_ticks_ns() - begin;
        uint64_t busy;
        uint64_t open = connections(server, &busy);
        if (open == 0 || waited > grace || (busy == 0 && waited > linger)) {
            return;
        }
        nanosleep(&nap, NULL);
    }
}

void hone_http_stop(struct hone_server *server)
{
    if (server->listener != NULL) {
        hone_listener_stop(server->listener);
    }
    for (size_t i = 0; i < server->workers; i++) {
        struct hone_worker *worker = &server->worker[i];
        hone_loop_stop(worker->loop);
        worker->loop = NULL;
        for (struct hone_request *req = worker->idle; req != NULL; req = req->next) {
            hone_arena_free(&req->body_mem);
            hone_arena_free(&req->reply_mem);
        }
    }
    hone_listener_free(server->listener); /* the loops told it of each connection that ended */
    server->listener = NULL;
}
