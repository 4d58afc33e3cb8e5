/*
 * The HTTP side: libmicrohttpd, one event loop per worker on one listening socket.  Nothing here knows what
 * is asked; it bounds, checks and routes requests and sends what the handlers wrote.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "serve/server_priv.h"
#include "serve/tls.h"

enum {
    HEADER_BYTES = 16 << 10, /* of one request's head; libmicrohttpd clears them for each */
    SILENCE_S = 30,          /* a connection on which nothing happens */
    BODY_S = 60,             /* from the first byte of a request to its last */
    KEEP = 1 << 20,          /* a request's buffers that are kept for the next */
};

/* --- requests ----------------------------------------------------------------------------------- */

static struct hone_request *request_take(struct hone_worker *worker)
{
    struct hone_request *req = worker->idle;

    if (req == NULL) {
        req = hone_new(&worker->mem, struct hone_request);
        req->worker = worker;
        /* Doubling leaves the smaller blocks behind. */
        req->body_mem.limit = ((size_t)worker->server->set->max_body + 2) << 22;
        req->reply_mem.limit = HONE_BATCH_BYTES;
        req->reply = hone_buf(&req->reply_mem);
    } else {
        worker->idle = req->next;
    }
    req->len = 0;
    req->reply.len = 0;
    req->reply.full = false;
    req->endpoint = NULL;
    req->slot = NULL;
    req->feedback = NULL;
    req->allow = NULL;
    req->retry = 0;
    req->json = 0;
    req->queued = false;
    req->too_long = false;
    req->told_id[0] = '\0';
    req->type = "application/json";
    req->arrived = hone_ticks_ns();
    hone_worker_id(worker, req->id);
    return req;
}

static void request_give(struct hone_request *req)
{
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
        if (told != NULL && hone_parse_u64(hone_str(told), &all) && all <= most &&
            all >= room) {
            room = (size_t)all + 1;
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
    return MHD_lookup_connection_value(req->connection, MHD_HEADER_KIND, name);
}

/* --- replies ------------------------------------------------------------------------------------- */

static enum MHD_Result send_reply(struct hone_request *req, int status)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        req->reply.len, req->reply.ptr == NULL ? (void *)(uintptr_t) "" : req->reply.ptr,
        MHD_RESPMEM_PERSISTENT);
    enum MHD_Result result;

    if (response == NULL) {
        return MHD_NO;
    }
    MHD_add_response_header(response, "Content-Type", req->type);
    MHD_add_response_header(response, "X-Request-Id",
                            req->told_id[0] != '\0' ? req->told_id : req->id);
    MHD_add_response_header(response, "X-Hone-Model", req->model);
    MHD_add_response_header(response, "X-Hone-Version", req->version);
    if (req->json > 0) {
        char length[24];
        snprintf(length, sizeof length, "%zu", req->json);
        MHD_add_response_header(response, "Inference-Header-Content-Length", length);
    }
    if (req->allow != NULL) {
        MHD_add_response_header(response, "Allow", req->allow);
    }
    if (req->retry > 0) {
        char seconds[24];
        snprintf(seconds, sizeof seconds, "%lld", (long long)req->retry);
        MHD_add_response_header(response, "Retry-After", seconds);
    }
    if (status == 401) {
        MHD_add_response_header(response, "WWW-Authenticate", "Bearer realm=\"hone\"");
    }
    if (atomic_load_explicit(&req->worker->server->draining, memory_order_relaxed)) {
        MHD_add_response_header(response, "Connection", "close");
    }
    result = MHD_queue_response(req->connection, (unsigned)status, response);
    MHD_destroy_response(response);
    req->queued = true;
    req->status = status;
    return result;
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

    req->reply.len = 0;
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
    if (status >= 500) {
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
    const union MHD_ConnectionInfo *info;

    if (caller->name != NULL) {
        return hone_str(caller->name);
    }
    info = MHD_get_connection_info(req->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (info == NULL || info->client_addr == NULL) {
        return (struct hone_str){NULL, 0};
    }
    if (info->client_addr->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)info->client_addr;
        /* a client has at least the 64 low bits to itself */
        return (struct hone_str){(const char *)&v6->sin6_addr, 8};
    }
    const struct sockaddr_in *v4 = (const void *)info->client_addr;
    return (struct hone_str){(const char *)&v4->sin_addr, sizeof v4->sin_addr};
}

/* 0: this client may have this endpoint now; else the status of the refusal that was written. */
static int refuse(struct hone_request *req)
{
    struct hone_access *access = &req->worker->server->access;
    enum hone_role needs = req->endpoint == NULL ? HONE_ROLE_READ : req->endpoint->needs;
    struct hone_caller caller = {HONE_ROLE_NONE, NULL};
    long long wait; /* ns */

    if (!hone_access_place(access, hone_request_header(req, "Host"),
                           hone_request_header(req, "Origin"))) {
        return hone_request_fail(req, 403,
                                 "requests for this host or from this origin are not "
                                 "answered; --allow-host adds names");
    }
    if (needs == HONE_ROLE_NONE) {
        return 0;
    }
    if (access->needs_token) {
        caller = hone_access_token(access, hone_request_header(req, "Authorization"),
                                   hone_now_us(&req->worker->run));
        if (caller.role == HONE_ROLE_NONE) {
            return hone_request_fail(req, 401,
                                     "a token is needed: Authorization: Bearer TOKEN");
        }
    }
    wait = hone_gate_wait(&access->gate, client_of(req, &caller), req->arrived);
    if (wait > 0) {
        req->retry = wait / 1000000000 + 1;
        return hone_request_fail(req, 429, "more than %g requests a second; wait %lld ms",
                                 access->gate.rate, wait / 1000000 + 1);
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

/* What can be said of a request when its head is there; 0: go on. */
static int look_at_head(struct hone_request *req, const char *url, const char *method)
{
    const struct hone_endpoint *other;
    struct hone_path path;
    bool post = strcmp(method, "POST") == 0;
    bool get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;

    take_told_id(req);
    req->endpoint = hone_endpoint_find(url, post, &path, &other);
    req->slot = path.model.ptr == NULL ? NULL : hone_server_find(req->worker->server, &path);
    name_model(req);
    int refused = refuse(req);
    if (refused != 0) {
        return refused;
    }
    if (req->endpoint == NULL || (!post && !get)) {
        if (other == NULL && req->endpoint == NULL) {
            return hone_request_fail(req, 404, "there is nothing at %.200s", url);
        }
        other = other == NULL ? req->endpoint : other;
        req->allow = other->post ? "POST" : "GET, HEAD";
        return hone_request_fail(req, 405, "%.200s takes %s", url, req->allow);
    }
    if (path.model.ptr != NULL && req->slot == NULL) {
        return hone_request_fail(req, 404, "there is no model \"%.*s\"%s%.*s here",
                                 (int)(path.model.len < 100 ? path.model.len : 100),
                                 path.model.ptr, path.version.ptr == NULL ? "" : " version ",
                                 (int)(path.version.len < 20 ? path.version.len : 20),
                                 path.version.ptr == NULL ? "" : path.version.ptr);
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
            }
        }
    }
    hone_tally_request(tally, route, req->status);
}

static enum MHD_Result answer(struct hone_request *req)
{
    int status;

    req->complete = hone_ticks_ns();
    if (req->body != NULL) {
        req->body[req->len] = '\0';
    } else {
        req->body = hone_arena_must(&req->body_mem, 4096);
        req->room = 4096;
    }
    status = req->too_long ? too_long(req) : req->endpoint->handle(req);
    if (status == 0) {
        return MHD_YES; /* it sleeps until the labels are on the disk */
    }
    req->status = status;
    count_request(req);
    return send_reply(req, status);
}

static enum MHD_Result access_handler(void *cls, struct MHD_Connection *connection,
                                      const char *url, const char *method, const char *version,
                                      const char *data, size_t *len, void **state)
{
    struct hone_worker *worker = cls;
    struct hone_request *req = *state;
    int status;

    (void)version;
    if (req == NULL) {
        req = request_take(worker);
        *state = req;
        req->connection = connection;
        atomic_fetch_add_explicit(&worker->busy, 1, memory_order_relaxed);
        status = look_at_head(req, url, method);
        if (status != 0) {
            req->status = status;
            count_request(req);
            return send_reply(req, status);
        }
        return MHD_YES;
    }
    if (req->queued) {
        *len = 0;
        return MHD_YES;
    }
    if (*len > 0) {
        if (hone_ticks_ns() - req->arrived > (int64_t)BODY_S * 1000000000) {
            hone_tally_request(&worker->tally, HONE_ROUTE_OTHER, 408);
            return MHD_NO; /* the only thing that can be done amid a body: hang up */
        }
        req->too_long = req->too_long || !body_add(req, data, *len);
        *len = 0;
        return MHD_YES;
    }
    if (req->feedback != NULL) {
        status = hone_feedback_reply(req);
        req->status = status;
        count_request(req);
        return send_reply(req, status);
    }
    return answer(req);
}

static void completed(void *cls, struct MHD_Connection *connection, void **state,
                      enum MHD_RequestTerminationCode how)
{
    struct hone_worker *worker = cls;

    (void)connection;
    (void)how;
    if (*state != NULL) {
        request_give(*state);
        *state = NULL;
        atomic_fetch_sub_explicit(&worker->busy, 1, memory_order_relaxed);
    }
}

/* A coded NUL would end the path for whoever reads it as C text: such a path stays as it was sent. */
static size_t unescape(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls;
    (void)connection;
    return strstr(text, "%00") != NULL ? strlen(text) : MHD_http_unescape(text);
}

/* --- listening ---------------------------------------------------------------------------------------- */

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
    }
    return false;
}

/* The address that was bound, for people and for the Host header. */
static enum hone_code name_self(struct hone_run *run, struct hone_server *server, int fd)
{
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;
    char host[INET6_ADDRSTRLEN + 64];
    char port[16];

    if (getsockname(fd, (struct sockaddr *)&bound, &len) != 0 ||
        getnameinfo((struct sockaddr *)&bound, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        return hone_fail_errno(run, "cannot read the server's own address");
    }
    snprintf(server->host, sizeof server->host, strchr(host, ':') != NULL ? "[%s]" : "%s",
             host);
    snprintf(server->url, sizeof server->url, "%s://%s:%s",
             server->tls == NULL ? "http" : "https", server->host, port);
    return HONE_OK;
}

static enum hone_code bind_error(struct hone_run *run, const struct hone_serve_settings *set)
{
    int error = errno;

    if (error == EADDRINUSE) {
        (void)hone_fail(run, HONE_E_CONFLICT, "port %lld of %s is taken by another program",
                        (long long)set->port, set->host);
        return hone_hint(run, "choose another with --port, or any free one with --port 0");
    }
    (void)hone_fail_errno(run, "cannot listen on port %lld of %s", (long long)set->port,
                          set->host);
    return error == EACCES
               ? hone_hint(run, "ports below 1024 need a privilege; try --port 8080")
               : run->err.code;
}

static enum hone_code listen_on(struct hone_run *run, struct hone_server *server, int *out)
{
    const struct hone_serve_settings *set = server->set;
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    char port[16];
    int on = 1;
    int fd;

    snprintf(port, sizeof port, "%lld", (long long)set->port);
    if (getaddrinfo(set->host, port, &hints, &found) != 0) {
        return hone_fail(run, HONE_E_ARG, "\"%s\" is no address of this machine", set->host);
    }
    bool here = is_loopback(found->ai_addr);
    if ((!here || set->require_token) && !hone_access_any(&server->access)) {
        freeaddrinfo(found);
        (void)hone_fail(run, HONE_E_ARG, "%s%s", set->host,
                        here ? ": a token is required, but there is none"
                             : " can be reached from other machines, so a token is needed");
        return hone_hint(run, "`hone grant NAME` makes one; or set HONE_TOKEN%s",
                         here ? "" : ", or leave --host at 127.0.0.1");
    }
    if (!here && server->tls == NULL) {
        hone_log(run, HONE_LOG_WARN, "listen",
                 "tokens and data go over the network in the clear; --tls-cert and --tls-key "
                 "encrypt them");
    }
    server->access.check_place = here || set->allow_host.n > 0;
    server->access.needs_token = !here || server->access.has_own || set->require_token;
    fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, 1024) != 0) {
        enum hone_code code = bind_error(run, set);
        freeaddrinfo(found);
        if (fd >= 0) {
            close(fd);
        }
        return code;
    }
    freeaddrinfo(found);
    *out = fd;
    return HONE_OK;
}

static enum hone_code start_worker(struct hone_run *run, struct hone_worker *worker, int fd)
{
    const struct hone_serve_settings *set = worker->server->set;
    size_t each =
        ((size_t)set->max_connections + worker->server->workers - 1) / worker->server->workers;
    int own = dup(fd);

    if (own < 0) {
        return hone_fail_errno(run, "cannot duplicate the listening socket");
    }
    const unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO | MHD_USE_ITC |
                           MHD_ALLOW_SUSPEND_RESUME |
                           (worker->server->tls == NULL ? 0 : MHD_USE_TLS);
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, hone_tls_callback()},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)HONE_TLS_PRIORITIES},
        {MHD_OPTION_END, 0, NULL},
    };
    struct MHD_OptionItem *more = worker->server->tls == NULL ? &tls[2] : tls;
    worker->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, access_handler, worker, MHD_OPTION_LISTEN_SOCKET, own,
        MHD_OPTION_NOTIFY_COMPLETED, completed, worker, MHD_OPTION_UNESCAPE_CALLBACK, unescape,
        NULL, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_BYTES,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)each, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)SILENCE_S, MHD_OPTION_ARRAY, more, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
    if (worker->daemon == NULL) {
        close(own);
        return hone_fail(run, HONE_E_LIMIT, "cannot start thread %zu of the HTTP server",
                         worker->number);
    }
    return HONE_OK;
}

enum hone_code hone_http_start(struct hone_run *run, struct hone_server *server)
{
    enum hone_code code;
    int fd = -1;

    HONE_TRY(listen_on(run, server, &fd));
    code = name_self(run, server, fd);
    for (size_t i = 0; i < server->workers && code == HONE_OK; i++) {
        code = start_worker(run, &server->worker[i], fd);
    }
    close(fd);
    return code;
}

/* --- the end -------------------------------------------------------------------------------------------- */

static uint64_t connections(const struct hone_server *server, uint64_t *busy)
{
    uint64_t n = 0;

    *busy = 0;
    for (size_t i = 0; i < server->workers; i++) {
        const union MHD_DaemonInfo *info =
            MHD_get_daemon_info(server->worker[i].daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
        n += info == NULL ? 0 : info->num_connections;
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
    for (size_t i = 0; i < server->workers; i++) {
        int fd = MHD_quiesce_daemon(server->worker[i].daemon);
        if (fd >= 0) {
            close(fd);
        }
    }
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
    for (size_t i = 0; i < server->workers; i++) {
        struct hone_worker *worker = &server->worker[i];
        if (worker->daemon != NULL) {
            MHD_stop_daemon(worker->daemon);
            worker->daemon = NULL;
        }
        for (struct hone_request *req = worker->idle; req != NULL; req = req->next) {
            hone_arena_free(&req->body_mem);
            hone_arena_free(&req->reply_mem);
        }
    }
}
