#include "serve/http/loop.h"

#include <errno.h>
#include <llhttp.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/pool.h"
#include "serve/access_log.h"
#include "serve/http/exchange.h"
#include "serve/http/listener.h"
#include "serve/http/strict.h"
#include "serve/http/transport.h"

enum {
    SCRATCH = 64 << 10, /* bytes that are read at once */
    EVENTS = 64,
    INCOMING = 256, /* connections that wait for the loop */
    SMALL_BODY =
        64 << 10,       /* of a refused request: read and thrown away rather than hung up on */
    SPARE = 64 << 10,   /* bytes of chunks' sizes and the like that are always allowed */
    FAREWELL = 1 << 20, /* bytes read from a client that is to go */
    SLOWEST = 64 << 10, /* bytes a second that a client takes of a reply, over --patience */
};

#define TURN_NS 100000 /* the shortest that there are: a client waits */

/* Limits of time: s, and shares of --patience. */
enum { FAREWELL_S = 2, HEAD_SHARE = 6, SILENCE_SHARE = 2 };

enum phase {
    IDLE,    /* between requests */
    HEAD,    /* the head of one comes */
    BODY,    /* its body */
    WORKING, /* it waits for something else: nothing is read */
    SENDING, /* the reply goes: nothing is read */
    LEAVING, /* nothing more is sent: what still comes is thrown away, so that the reply is not lost with it */
};

struct hone_connection {
    struct hone_connection *next, *prev; /* of the loop; next also of those that are free */
    struct hone_loop *loop;
    struct hone_transport wire;
    struct hone_address from;
    enum phase phase;
    uint32_t interest; /* of epoll */
    bool last;         /* no more requests after this one */
    bool complete;     /* all of the request is there */
    bool gone;         /* the client left while its request was at work */
    llhttp_t parser;
    struct hone_strict strict;
    struct hone_request *req; /* NULL: idle or leaving */
    int64_t
        began; /* ticks: of the request's first byte, then of its reply's, then of the end */
    int64_t moved;         /* ticks: when something last came or went */
    size_t fed;            /* bytes of this request; leaving: that were thrown away */
    size_t sent;           /* bytes of the reply */
    struct hone_arena mem; /* of rest */
    char *rest;            /* requests that came before the one ahead of them was answered */
    size_t rest_len;
};

struct incoming {
    int fd;
    struct hone_address from;
};

struct hone_loop {
    struct hone_worker *worker;
    struct hone_thread *thread;
    struct hone_arena mem;
    int epoll, wake;
    struct hone_mutex *lock; /* of the fields up to stop */
    struct incoming incoming[INCOMING];
    size_t waiting;
    struct hone_request *done; /* linked by next */
    bool stop;
    struct hone_connection *first, *idle;
    int64_t head, silence; /* s */
    int64_t looked;        /* ticks: when the limits of time were last looked at */
    llhttp_settings_t settings;
    char *scratch; /* (SCRATCH) */
};

/* --- connections -------------------------------------------------------------------------------------- */

static void interest(struct hone_connection *c, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = c};

    if (c->interest != events) {
        c->interest = events;
        HONE_ASSERT(epoll_ctl(c->loop->epoll, EPOLL_CTL_MOD, c->wire.fd, &event) == 0);
    }
}

static void hang_up(struct hone_connection *c)
{
    struct hone_loop *loop = c->loop;

    if (c->req != NULL) {
        hone_request_end(c->req);
        c->req = NULL;
    }
    hone_transport_close(&c->wire);
    hone_listener_left(loop->worker->server->listener, &c->from);
    hone_arena_free(&c->mem);
    if (c->prev != NULL) {
        c->prev->next = c->next;
    } else {
        loop->first = c->next;
    }
    if (c->next != NULL) {
        c->next->prev = c->prev;
    }
    c->next = loop->idle;
    loop->idle = c;
    atomic_fetch_sub_explicit(&loop->worker->open, 1, memory_order_relaxed);
}

static void take_up(struct hone_loop *loop, const struct incoming *in)
{
    struct hone_connection *c = loop->idle;
    struct epoll_event event = {.events = EPOLLIN};

    if (c != NULL) {
        loop->idle = c->next;
    } else {
        c = hone_new(&loop->mem, struct hone_connection);
    }
    *c = (struct hone_connection){.loop = loop, .from = in->from, .interest = EPOLLIN};
    event.data.ptr = c;
    if (!hone_transport_open(&c->wire, in->fd, loop->worker->server->tls) ||
        epoll_ctl(loop->epoll, EPOLL_CTL_ADD, in->fd, &event) != 0) {
        hone_transport_close(&c->wire);
        hone_listener_left(loop->worker->server->listener, &c->from);
        c->next = loop->idle;
        loop->idle = c;
        atomic_fetch_sub_explicit(&loop->worker->open, 1, memory_order_relaxed);
        return;
    }
    llhttp_init(&c->parser, HTTP_REQUEST, &loop->settings);
    c->parser.data = c;
    c->moved = hone_ticks_ns();
    c->next = loop->first;
    if (c->next != NULL) {
        c->next->prev = c;
    }
    loop->first = c;
}

/* --- replies ---------------------------------------------------------------------------------------------- */

/* The reply is out. */
static void sent_all(struct hone_connection *c)
{
    hone_request_end(c->req);
    c->req = NULL;
    c->complete = false;
    c->strict = (struct hone_strict){.at = HONE_STRICT_BEFORE};
    c->fed = 0;
    c->moved = hone_ticks_ns();
    if (c->last) {
        c->began = c->moved;
        hone_transport_shut(&c->wire);
        c->phase = LEAVING;
    } else {
        c->phase = IDLE;
    }
    interest(c, EPOLLIN);
}

/* Send what can be sent.  False: the connection is gone. */
static bool push(struct hone_connection *c)
{
    struct hone_str top;
    struct hone_str body;

    hone_request_reply(c->req, &top, &body);
    while (c->sent < top.len + body.len) {
        size_t begun = c->sent < top.len ? 0 : c->sent - top.len;
        struct hone_str first = {top.ptr + c->sent, top.len - c->sent};
        struct hone_str second = {body.ptr + begun, body.len - begun};
        if (c->sent >= top.len) {
            first = second;
            second = (struct hone_str){"", 0};
        }
        ssize_t n = hone_transport_send(&c->wire, first, second);
        if (n == HONE_TRANSPORT_LATER) {
            interest(c, EPOLLOUT);
            return true;
        }
        if (n < 0) {
            hang_up(c);
            return false;
        }
        c->sent += (size_t)n;
        c->moved = hone_ticks_ns();
    }
    sent_all(c);
    return true;
}

static bool reply(struct hone_connection *c, int status)
{
    struct hone_server *server = c->loop->worker->server;

    c->last = c->last || atomic_load_explicit(&server->draining, memory_order_relaxed);
    hone_request_top(c->req, status, c->last);
    c->phase = SENDING;
    c->began = hone_ticks_ns();
    c->sent = 0;
    return push(c);
}

/* --- what the parser finds ------------------------------------------------------------------------------------ */

static void begin(struct hone_connection *c, int64_t began)
{
    c->req = hone_request_begin(c->loop->worker, began);
    c->req->connection = c;
    c->req->client = (struct hone_str){(const char *)c->from.bytes, c->from.len};
}

static int on_begin(llhttp_t *parser)
{
    struct hone_connection *c = parser->data;

    c->began = hone_ticks_ns();
    c->moved = c->began;
    c->phase = HEAD;
    begin(c, c->began);
    return 0;
}

/* Too much of a head ends it at once. */
static int judged(const struct hone_connection *c)
{
    return c->req->head.excess == HONE_HEAD_FITS ? 0 : -1;
}

static int on_target(llhttp_t *parser, const char *at, size_t len)
{
    struct hone_connection *c = parser->data;

    hone_head_target(&c->req->head, at, len);
    return judged(c);
}

static int on_target_end(llhttp_t *parser)
{
    struct hone_connection *c = parser->data;

    hone_head_target_end(&c->req->head);
    return judged(c);
}

/* Fields behind the body (trailers) are passed over: nothing here is asked in them. */
static int on_name(llhttp_t *parser, const char *at, size_t len)
{
    struct hone_connection *c = parser->data;

    if (c->phase == HEAD) {
        hone_head_name(&c->req->head, at, len);
    }
    return judged(c);
}

static int on_name_end(llhttp_t *parser)
{
    struct hone_connection *c = parser->data;

    if (c->phase == HEAD) {
        hone_head_name_end(&c->req->head);
    }
    return judged(c);
}

static int on_value(llhttp_t *parser, const char *at, size_t len)
{
    struct hone_connection *c = parser->data;

    if (c->phase == HEAD) {
        hone_head_value(&c->req->head, at, len);
    }
    return judged(c);
}

static int on_value_end(llhttp_t *parser)
{
    struct hone_connection *c = parser->data;

    if (c->phase == HEAD) {
        hone_head_value_end(&c->req->head);
    }
    return judged(c);
}

static int on_head(llhttp_t *parser)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct hone_connection *c = parser->data;
    bool body = (parser->flags & F_CHUNKED) != 0 || parser->content_length > 0;
    const struct hone_request_line line = {
        .method = llhttp_method_name((llhttp_method_t)parser->method),
        .major = parser->http_major,
        .minor = parser->http_minor,
    };

    parser->upgrade =
        0; /* no other protocol is spoken here: the request is answered as it is */
    c->phase = BODY;
    hone_request_head(c->req, &line);
    /* Who does not keep to the protocol may mean another end of this request than we see. */
    c->last = c->req->refused == 400 || c->req->refused == 501 || c->req->refused == 505;
    if (c->req->refused == 0 && c->req->expects && body) {
        /* Without this the client would only wait a little before it sends the body. */
        ssize_t n = hone_transport_send(&c->wire, (struct hone_str){go_on, sizeof go_on - 1},
                                        (struct hone_str){"", 0});
        /* Half of it can not be taken back; a client that lets this little pile up is none. */
        c->gone = n != (ssize_t)sizeof go_on - 1;
    }
    if (c->req->refused != 0 && body &&
        (c->req->expects || (parser->flags & F_CHUNKED) != 0 ||
         parser->content_length > SMALL_BODY)) {
        return -1;
    }
    return c->gone ? -1 : 0;
}

/* The size of a chunk is told: one that can not fit is not waited for. */
static int on_chunk(llhttp_t *parser)
{
    struct hone_connection *c = parser->data;

    return c->req->refused == 0 && !hone_request_expect(c->req, parser->content_length) ? -1
                                                                                        : 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
    struct hone_connection *c = parser->data;

    if (c->req->refused == 0 && !hone_request_body(c->req, at, len)) {
        return -1;
    }
    return 0;
}

static int on_end(llhttp_t *parser)
{
    struct hone_connection *c = parser->data;

    c->last = c->last || llhttp_should_keep_alive(parser) == 0;
    c->complete = true;
    return HPE_PAUSED;
}

/* --- requests ------------------------------------------------------------------------------------------------- */

/* Bytes that are no request, or a request that can not be read to its end: the last reply here. */
static bool refuse(struct hone_connection *c, enum llhttp_errno error, char first)
{
    c->last = true;
    if (c->req == NULL) {
        begin(c, hone_ticks_ns());
    }
    if (c->req->refused == 0) {
        enum hone_head_excess excess = c->req->head.excess;
        if (excess != HONE_HEAD_FITS) {
            hone_request_refuse(c->req, excess == HONE_HEAD_TARGET ? 414 : 431,
                                excess == HONE_HEAD_TARGET  ? "the request's target is too long"
                                : excess == HONE_HEAD_COUNT ? "the request has too many fields"
                                                            : "the request's head is too long");
        } else if (error == HPE_PAUSED_H2_UPGRADE || error == HPE_INVALID_VERSION) {
            hone_request_refuse(c->req, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
        } else if (c->phase == HEAD && first == 0x16) {
            hone_request_refuse(c->req, 400, "this port speaks HTTP without TLS");
        } else {
            const char *why = llhttp_get_error_reason(&c->parser);
            hone_request_refuse(c->req, 400,
                                why == NULL || why[0] == '\0' ? llhttp_errno_name(error) : why);
        }
    }
    return reply(c, c->req->refused);
}

/* What was refused for another reason stays so: it is counted and told already. */
static bool refuse_for(struct hone_connection *c, int status, const char *why)
{
    if (c->req == NULL) {
        begin(c, hone_ticks_ns());
    }
    if (c->req->refused == 0) {
        hone_request_refuse(c->req, status, why);
    }
    return refuse(c, HPE_USER, 0);
}

/* All of a request is there. */
static bool finish(struct hone_connection *c)
{
    int status = c->req->refused;

    if (status == 0) {
        status = hone_request_answer(c->req);
    }
    if (status == 0) {
        c->phase = WORKING;
        interest(c, 0);
        return true;
    }
    return reply(c, status);
}

static void keep(struct hone_connection *c, const char *bytes, size_t len)
{
    if (c->rest != NULL && bytes >= c->rest && bytes <= c->rest + c->rest_len) {
        memmove(c->rest, bytes, len);
    } else if (len > 0) {
        c->rest = hone_arena_must(&c->mem, len);
        memcpy(c->rest, bytes, len);
    }
    c->rest_len = len;
}

/* More that is no body than there is body, and than any client has reason to send. */
static bool padded(const struct hone_connection *c)
{
    return c->phase == BODY && c->fed > (size_t)HONE_HEAD_BYTES + SPARE + 16 * c->req->len &&
           (c->parser.flags & F_CHUNKED) != 0;
}

/* Bytes have come; the phase is one of those that read.  False: the connection is gone. */
static bool feed(struct hone_connection *c, const char *bytes, size_t len)
{
    while (len > 0 && c->phase <= BODY) {
        /* A record of TLS is told what this port speaks. */
        const char *why =
            c->fed == 0 && bytes[0] == 0x16 ? NULL : hone_strict_look(&c->strict, bytes, len);
        if (why != NULL) {
            return refuse_for(c, 400, why);
        }
        enum llhttp_errno error = llhttp_execute(&c->parser, bytes, len);
        size_t used =
            error == HPE_OK ? len : (size_t)(llhttp_get_error_pos(&c->parser) - bytes);
        c->fed += used;
        if (c->gone) {
            hang_up(c);
            return false;
        }
        if (c->complete) {
            llhttp_resume(&c->parser);
            if (!finish(c)) {
                return false;
            }
        } else if (error != HPE_OK) {
            return refuse(c, error, bytes[0]);
        } else if (padded(c)) {
            return refuse_for(c, 413, "the chunks are mostly no body");
        }
        bytes += used;
        len -= used;
    }
    if (c->phase != LEAVING) {
        keep(c, bytes, len);
    }
    return true;
}

/* After a reply: the requests that came meanwhile. */
static void go_on(struct hone_connection *c)
{
    if (c->phase == IDLE && c->rest_len > 0 && !feed(c, c->rest, c->rest_len)) {
        return;
    }
    if (c->rest != NULL && c->rest_len == 0) {
        hone_arena_free(&c->mem);
        c->rest = NULL;
    }
}

static void say_plain(struct hone_connection *c)
{
    hone_transport_bare(&c->wire);
    c->last = true;
    begin(c, hone_ticks_ns());
    hone_request_refuse(c->req, 400, "this port speaks HTTPS: begin the address with https://");
    (void)reply(c, c->req->refused);
}

static void read_more(struct hone_connection *c)
{
    struct hone_loop *loop = c->loop;

    do {
        ssize_t n = hone_transport_receive(&c->wire, loop->scratch, SCRATCH);
        if (n == HONE_TRANSPORT_LATER) {
            interest(c, hone_transport_stuck(&c->wire) ? EPOLLOUT : EPOLLIN);
            return;
        }
        if (n <= 0) {
            if (n == HONE_TRANSPORT_BROKEN && c->wire.in_the_clear && c->phase == IDLE) {
                say_plain(c);
            } else {
                hang_up(c);
            }
            return;
        }
        if (c->phase != IDLE) { /* blank lines between requests keep nobody here */
            c->moved = hone_ticks_ns();
        }
        if (c->phase == LEAVING) {
            c->fed += (size_t)n;
            if (c->fed > FAREWELL) {
                hang_up(c);
                return;
            }
        } else if (!feed(c, loop->scratch, (size_t)n)) {
            return;
        }
    } while (c->phase <= BODY && hone_transport_more(&c->wire));
}

/* --- the thread --------------------------------------------------------------------------------------------------- */

static void look_at_socket(struct hone_connection *c)
{
    if (c->phase == SENDING) {
        if (push(c)) {
            go_on(c);
        }
    } else if (c->phase == WORKING) {
        /* Nothing was asked of the socket, so this is its end. */
        c->gone = true;
        HONE_ASSERT(epoll_ctl(c->loop->epoll, EPOLL_CTL_DEL, c->wire.fd, NULL) == 0);
    } else {
        read_more(c);
    }
}

/* What others left for the loop.  False: the end. */
static bool look_at_others(struct hone_loop *loop)
{
    struct incoming incoming[INCOMING];
    struct hone_request *done;
    uint64_t count;
    size_t n;
    bool stop;

    (void)!read(loop->wake, &count, sizeof count);
    hone_mutex_lock(loop->lock);
    n = loop->waiting;
    memcpy(incoming, loop->incoming, n * sizeof *incoming);
    loop->waiting = 0;
    done = loop->done;
    loop->done = NULL;
    stop = loop->stop;
    hone_mutex_unlock(loop->lock);
    for (size_t i = 0; i < n; i++) {
        take_up(loop, &incoming[i]);
    }
    while (done != NULL) {
        struct hone_connection *c = done->connection;
        struct hone_request *next = done->next;
        int status = hone_request_done(done);
        if (c->gone) {
            hang_up(c);
        } else if (reply(c, status)) {
            go_on(c);
        }
        done = next;
    }
    return !stop;
}

/* The client takes its reply too slowly.  What it has not taken yet goes at once: left to the kernel, megabytes would
 * stay for as long as it goes on like that. */
static void cut(struct hone_connection *c)
{
    hone_note_cut(c->req);
    hone_transport_drop(&c->wire);
    hang_up(c);
}

static int64_t seconds(int64_t ticks)
{
    return ticks / 1000000000;
}

static void look_at_time(struct hone_connection *c, int64_t now)
{
    const struct hone_loop *loop = c->loop;
    const struct hone_serve_settings *set = loop->worker->server->set;
    int64_t silence = seconds(now - c->moved);
    int64_t age = seconds(now - c->began);
    bool silent = silence >= loop->silence;

    switch (c->phase) {
    case IDLE:
        if (silence >= (c->wire.greeted ? set->keep_alive : loop->silence)) {
            hang_up(c);
        }
        break;
    case HEAD:
    case BODY:
        if (c->phase == HEAD ? age >= loop->head : silent || age >= set->patience) {
            (void)refuse_for(c, 408, "the request took too long to come");
        }
        break;
    case SENDING:
        if (silent || age >= set->patience + (int64_t)(c->sent / SLOWEST)) {
            cut(c);
        }
        break;
    case LEAVING:
        if (age >= FAREWELL_S) {
            hang_up(c);
        }
        break;
    case WORKING:
        break;
    }
}

static void look_at_clock(struct hone_loop *loop)
{
    int64_t now = hone_ticks_ns();
    struct hone_connection *next;

    if (now - loop->looked < 1000000000) {
        return;
    }
    loop->looked = now;
    for (struct hone_connection *c = loop->first; c != NULL; c = next) {
        next = c->next;
        look_at_time(c, now);
    }
}

static void work(void *ctx)
{
    struct hone_loop *loop = ctx;
    struct epoll_event event[EVENTS];
    bool on = true;

    if (strcmp(loop->worker->server->set->pin, "on") == 0) {
        hone_thread_pin(loop->worker->number);
    }
    hone_thread_turns(TURN_NS);
    while (on) {
        bool woken = false;
        int n = epoll_wait(loop->epoll, event, EVENTS, loop->first == NULL ? -1 : 1000);
        for (int i = 0; i < n; i++) {
            if (event[i].data.ptr == NULL) {
                woken = true;
            } else {
                look_at_socket(event[i].data.ptr);
            }
        }
        /* Last, since it may give a connection to another client while an event of the one before waits. */
        on = !woken || look_at_others(loop);
        look_at_clock(loop);
    }
    while (loop->first != NULL) {
        hang_up(loop->first);
    }
}

/* --- from other threads ---------------------------------------------------------------------------------------------- */

static void wake(struct hone_loop *loop)
{
    const uint64_t one = 1;

    HONE_ASSERT(write(loop->wake, &one, sizeof one) == (ssize_t)sizeof one || errno == EAGAIN);
}

bool hone_loop_has_room(struct hone_loop *loop)
{
    hone_mutex_lock(loop->lock);
    bool room = loop->waiting < INCOMING;
    hone_mutex_unlock(loop->lock);
    return room;
}

bool hone_loop_add(struct hone_loop *loop, int fd, const struct hone_address *from)
{
    bool taken;

    hone_mutex_lock(loop->lock);
    taken = loop->waiting < INCOMING;
    if (taken) {
        loop->incoming[loop->waiting++] = (struct incoming){fd, *from};
    }
    hone_mutex_unlock(loop->lock);
    if (taken) {
        wake(loop);
    }
    return taken;
}

void hone_loop_done(struct hone_loop *loop, struct hone_request *req)
{
    hone_mutex_lock(loop->lock);
    req->next = loop->done;
    loop->done = req;
    hone_mutex_unlock(loop->lock);
    wake(loop);
}

static void release(struct hone_loop *loop)
{
    struct hone_arena mem = loop->mem;

    if (loop->epoll >= 0) {
        close(loop->epoll);
    }
    if (loop->wake >= 0) {
        close(loop->wake);
    }
    for (size_t i = 0; i < loop->waiting; i++) {
        close(loop->incoming[i].fd);
    }
    hone_mutex_free(loop->lock);
    hone_arena_free(&mem);
}

static enum hone_code prepare(struct hone_run *run, struct hone_loop *loop)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};

    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->epoll < 0 || loop->wake < 0 ||
        epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->wake, &event) != 0) {
        return hone_fail_errno(run, "cannot wait for connections");
    }
    llhttp_settings_init(&loop->settings);
    loop->settings.on_message_begin = on_begin;
    loop->settings.on_url = on_target;
    loop->settings.on_url_complete = on_target_end;
    loop->settings.on_header_field = on_name;
    loop->settings.on_header_field_complete = on_name_end;
    loop->settings.on_header_value = on_value;
    loop->settings.on_header_value_complete = on_value_end;
    loop->settings.on_headers_complete = on_head;
    loop->settings.on_chunk_header = on_chunk;
    loop->settings.on_body = on_body;
    loop->settings.on_message_complete = on_end;
    return hone_thread_start(run, work, loop, &loop->thread);
}

enum hone_code hone_loop_start(struct hone_run *run, struct hone_worker *worker,
                               struct hone_loop **out)
{
    struct hone_arena mem = {0};
    struct hone_loop *loop = hone_new(&mem, struct hone_loop);

    int64_t patience = worker->server->set->patience;
    *loop = (struct hone_loop){.worker = worker,
                               .epoll = -1,
                               .wake = -1,
                               .head = (patience + HEAD_SHARE - 1) / HEAD_SHARE,
                               .silence = (patience + SILENCE_SHARE - 1) / SILENCE_SHARE};
    loop->scratch = hone_arena_must(&mem, SCRATCH);
    loop->mem = mem;
    loop->lock = hone_mutex_new();
    if (prepare(run, loop) != HONE_OK) {
        release(loop);
        return run->err.code;
    }
    *out = loop;
    return HONE_OK;
}

void hone_loop_stop(struct hone_loop *loop)
{
    if (loop == NULL) {
        return;
    }
    hone_mutex_lock(loop->lock);
    loop->stop = true;
    hone_mutex_unlock(loop->lock);
    wake(loop);
    hone_thread_join(loop->thread);
    release(loop);
}
