#include "serve/http/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/pool.h"
#include "serve/http/loop.h"
#include "serve/server_priv.h"

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
    if (!here && server->access.own_is_short) {
        hone_log(run, HONE_LOG_WARN, "listen",
                 "the token of HONE_TOKEN or --token has fewer than %d characters and could be "
                 "guessed; `hone grant NAME` makes one that can not",
                 HONE_OWN_LEAST);
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

/* --- taking connections ------------------------------------------------------------------------------- */

#define FULL_MS 10 /* how often a full server looks whether a connection has gone */
#define TELL_NS INT64_C(60000000000) /* between lines about addresses that have enough */

enum { PLACES = 4096 };

/* Between lines about connections that cannot be taken. */
#define TROUBLE_NS INT64_C(10000000000)

struct hone_listener {
    struct hone_server *server;
    struct hone_run run;
    struct hone_thread *thread;
    struct hone_arena mem;
    int fd, stop; /* the socket; readable when it is over */
    size_t next;  /* where the search for the freest worker begins */
    bool troubled;
    uint64_t hung_up; /* on addresses that had enough, since that was told */
    int64_t told;     /* ticks; 0: it was not */
    int64_t trouble;  /* ticks: when it was last told that none can be taken; 0: never */
    _Atomic uint32_t open[PLACES]; /* connections of the addresses whose hash is the place */
};

/* The worker with the fewest connections, one after the other where they are even. */
static struct hone_worker *freest(struct hone_listener *l, uint64_t *total)
{
    struct hone_server *server = l->server;
    struct hone_worker *best = NULL;
    uint64_t least = UINT64_MAX;

    *total = 0;
    for (size_t i = 0; i < server->workers; i++) {
        struct hone_worker *worker = &server->worker[(l->next + i) % server->workers];
        uint64_t open = atomic_load_explicit(&worker->open, memory_order_relaxed);
        *total += open;
        if (open < least) {
            least = open;
            best = worker;
        }
    }
    return best;
}

/* A socket of IPv6 shows who comes by IPv4 as ::ffff:1.2.3.4: all of them would be one address. */
static void unmap(struct sockaddr_storage *from)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6;

    if (from->ss_family != AF_INET6) {
        return;
    }
    memcpy(&v6, from, sizeof v6);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
        v4.sin_port = v6.sin6_port;
        memcpy(&v4.sin_addr, v6.sin6_addr.s6_addr + 12, sizeof v4.sin_addr);
        memcpy(from, &v4, sizeof v4);
    }
}

/* What tells one client from another; of IPv6, one has at least the lower 64 bits to itself. */
static struct hone_address address_of(const struct sockaddr_storage *from)
{
    struct hone_address out = {.len = 0};
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (from->ss_family == AF_INET) {
        memcpy(&v4, from, sizeof v4);
        out.len = sizeof v4.sin_addr;
        memcpy(out.bytes, &v4.sin_addr, out.len);
    } else if (from->ss_family == AF_INET6) {
        memcpy(&v6, from, sizeof v6);
        out.len = 8;
        memcpy(out.bytes, &v6.sin6_addr, out.len);
    }
    return out;
}

/* An address was hung up on: a line a minute says so. */
static void tell_crowded(struct hone_listener *l, const struct sockaddr_storage *from,
                         uint64_t most)
{
    int64_t now = hone_ticks_ns();
    char host[INET6_ADDRSTRLEN + 64] = "?";

    l->hung_up++;
    if (l->told != 0 && now - l->told < TELL_NS) {
        return;
    }
    (void)getnameinfo((const struct sockaddr *)from, sizeof *from, host, sizeof host, NULL, 0,
                      NI_NUMERICHOST);
    hone_log(&l->run, HONE_LOG_WARN, "accept",
             "%s has %llu connections, all that one address may have (--max-per-address); "
             "hung up on %llu more",
             host, (unsigned long long)most, (unsigned long long)l->hung_up);
    l->hung_up = 0;
    l->told = now;
}

/*
 * Whether an address may have one more, which is counted.  No single one takes all connections from the others; two
 * that share a place share what one may have.  This machine itself is not limited but by a number that was asked for:
 * a proxy may stand here.
 */
static bool admit(struct hone_listener *l, const struct sockaddr_storage *from,
                  struct hone_address *address)
{
    const struct hone_serve_settings *set = l->server->set;
    uint64_t most = set->max_per_address > 0 ? (uint64_t)set->max_per_address
                                             : ((uint64_t)set->max_connections + 1) / 2;

    *address = address_of(from);
    if (address->len == 0 ||
        (set->max_per_address == 0 && is_loopback((const struct sockaddr *)from))) {
        return true;
    }
    uint32_t place =
        (uint32_t)(hone_hash64(address->bytes, address->len, 0) % (PLACES - 1)) + 1;
    if (atomic_load_explicit(&l->open[place], memory_order_relaxed) >= most) {
        tell_crowded(l, from, most);
        return false;
    }
    atomic_fetch_add_explicit(&l->open[place], 1, memory_order_relaxed);
    address->place = place;
    return true;
}

void hone_listener_left(struct hone_listener *l, const struct hone_address *from)
{
    if (from->place != 0) {
        atomic_fetch_sub_explicit(&l->open[from->place], 1, memory_order_relaxed);
    }
}

static void hand_over(struct hone_listener *l, struct hone_worker *worker, int fd,
                      const struct sockaddr_storage *from)
{
    struct hone_address address;

    if (!admit(l, from, &address)) {
        close(fd);
        return;
    }
    l->next = worker->number + 1;
    l->troubled = false;
    /* Counted here, so that a burst is spread before the first of them was looked at. */
    atomic_fetch_add_explicit(&worker->open, 1, memory_order_relaxed);
    if (!hone_loop_add(worker->loop, fd, &address)) {
        atomic_fetch_sub_explicit(&worker->open, 1, memory_order_relaxed);
        hone_listener_left(l, &address);
        close(fd);
    }
}

/* Take what waits; false when there is no room for more. */
static bool take(struct hone_listener *l)
{
    for (;;) {
        struct sockaddr_storage from;
        socklen_t len = sizeof from;
        uint64_t total;
        struct hone_worker *worker = freest(l, &total);
        /* A loop that is busy finds them in the kernel's queue, which is longer than its own. */
        if (total >= (uint64_t)l->server->set->max_connections ||
            !hone_loop_has_room(worker->loop)) {
            return false;
        }
        int fd = accept4(l->fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            unmap(&from);
            hand_over(l, worker, fd, &from);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return true;
        } else if (errno != ECONNABORTED && errno != EINTR && errno != EPROTO) {
            int64_t now = hone_ticks_ns();
            if (!l->troubled && (l->trouble == 0 || now - l->trouble >= TROUBLE_NS)) {
                l->trouble = now;
                (void)hone_fail_errno(&l->run, "connections wait");
                hone_log(&l->run, HONE_LOG_ERROR, "accept", "%s", l->run.err.message);
                hone_error_clear(&l->run);
            }
            l->troubled = true;
            return false;
        }
    }
}

static void work(void *ctx)
{
    struct hone_listener *l = ctx;
    bool room = true;

    for (;;) {
        struct pollfd fds[2] = {{.fd = l->stop, .events = POLLIN},
                                {.fd = l->fd, .events = POLLIN}};
        (void)poll(fds, room ? 2 : 1, room ? -1 : FULL_MS);
        if (fds[0].revents != 0) {
            return;
        }
        room = take(l);
    }
}

enum hone_code hone_listener_open(struct hone_run *run, struct hone_server *server)
{
    struct hone_arena mem = {0};
    struct hone_listener *l = hone_new(&mem, struct hone_listener);

    *l = (struct hone_listener){.server = server, .mem = mem, .fd = -1, .stop = -1};
    l->run.log = run->log;
    l->run.now = run->now;
    l->run.clock = run->clock;
    server->listener = l;
    HONE_TRY(listen_on(run, server, &l->fd));
    l->stop = eventfd(0, EFD_CLOEXEC);
    return l->stop < 0 ? hone_fail_errno(run, "cannot make an event")
                       : name_self(run, server, l->fd);
}

enum hone_code hone_listener_start(struct hone_run *run, struct hone_listener *listener)
{
    return hone_thread_start(run, work, listener, &listener->thread);
}

void hone_listener_stop(struct hone_listener *l)
{
    const uint64_t one = 1;

    if (l->thread != NULL) {
        HONE_ASSERT(write(l->stop, &one, sizeof one) == (ssize_t)sizeof one);
        hone_thread_join(l->thread);
        l->thread = NULL;
    }
    if (l->fd >= 0) {
        close(l->fd);
        l->fd = -1;
    }
}

void hone_listener_free(struct hone_listener *l)
{
    if (l == NULL) {
        return;
    }
    struct hone_arena mem = l->mem;
    hone_listener_stop(l);
    if (l->stop >= 0) {
        close(l->stop);
    }
    hone_run_clear(&l->run);
    hone_arena_free(&mem);
}
