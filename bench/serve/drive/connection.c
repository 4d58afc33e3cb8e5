#include "connection.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "basics.h"
#include "judge.h"

enum {
    MOST = 256 << 20,    /* bytes of one reply */
    RETRY_NS = 2000000,  /* between attempts to connect */
    LEAVE_NS = 100000000 /* until the sender of half a request hangs up */
};

static void listen_for(struct drive *d, struct connection *c, uint32_t events, int how)
{
    struct epoll_event e = {.events = events, .data.ptr = c};
    if (epoll_ctl(d->epoll, how, c->fd, &e) != 0) {
        die("epoll: %s", strerror(errno));
    }
}

static void drop(struct connection *c)
{
    if (c->fd >= 0) {
        close(c->fd);
    }
    c->fd = -1;
    c->state = CLOSED;
    c->in.have = 0;
    c->sent = 0;
}

static void finish(struct drive *d, struct connection *c)
{
    c->record = NULL;
    free(c->own);
    c->own = NULL;
    d->tally.done++;
}

/* The connection is gone before the reply was there. */
static void lost(struct drive *d, struct connection *c, const char *why)
{
    struct record *r = c->record;
    struct tally *t = &d->tally;
    bool asked = c->state == SENDING || c->state == READING;
    drop(c);
    t->breaks += asked;
    c->retry = ticks() + RETRY_NS;
    if (r == NULL) {
        return;
    }
    if (r->expect[0]) {
        r->sent++;
        r->right++;
        t->right++;
        t->status[0]++;
        finish(d, c);
    } else if (d->reconnect > 0 && (double)(ticks() - d->alive) < d->reconnect * 1e9) {
        t->resent += asked; /* what became of it nobody knows: it is asked again */
    } else {
        tally_fault(t, r, &t->broken, "no reply: %s", why);
        finish(d, c);
        if (d->reconnect > 0) {
            fprintf(stderr, "drive: the server did not come back in %.0f s\n", d->reconnect);
            d->stop = true;
        }
    }
}

static void dial(struct drive *d, struct connection *c)
{
    int on = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0) {
        die("socket: %s", strerror(errno));
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    c->in.have = 0;
    c->sent = 0;
    if (connect(c->fd, (struct sockaddr *)&d->address, sizeof d->address) != 0 &&
        errno != EINPROGRESS) {
        lost(d, c, strerror(errno));
        return;
    }
    c->state = CONNECTING;
    listen_for(d, c, EPOLLOUT, EPOLL_CTL_ADD);
}

static void send_more(struct drive *d, struct connection *c)
{
    const char *bytes = c->own != NULL ? c->own : c->record->bytes;
    while (c->sent < c->record->len) {
        ssize_t n = send(c->fd, bytes + c->sent, c->record->len - c->sent, MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            /* a refusal may come before all is sent */
            listen_for(d, c, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
            return;
        }
        if (n < 0) {
            c->state = READING; /* a reply may lie there, sent before the server hung up */
            listen_for(d, c, EPOLLIN, EPOLL_CTL_MOD);
            return;
        }
        c->sent += (size_t)n;
    }
    if (c->record->half) {
        shutdown(c->fd, SHUT_WR);
    }
    c->state = READING;
    listen_for(d, c, EPOLLIN, EPOLL_CTL_MOD);
}

static void begin(struct drive *d, struct connection *c)
{
    c->sent = 0;
    c->in.have = 0;
    c->begun = ticks();
    c->acked = d->diary.acked;
    c->state = SENDING;
    send_more(d, c);
}

/* Whether there is something to ask: c->record, for a label with its id in it. */
static bool ask(struct drive *d, struct connection *c, int64_t now)
{
    c->record = d->stop ? NULL : plan_next(&d->plan, now, c->id);
    if (c->record != NULL && c->id[0] != '\0') {
        c->own = room_for(NULL, c->record->len, 1);
        memcpy(c->own, c->record->bytes, c->record->len);
        memcpy(c->own + c->record->id_at, c->id, ID);
    }
    return c->record != NULL;
}

/* Whether the server ended the connection. */
static bool receive(struct connection *c)
{
    struct inbox *in = &c->in;
    for (;;) {
        if (in->room - in->have < 4096) {
            in->room = in->room == 0 ? 16384 : in->room * 2;
            if (in->room > MOST) {
                die("a reply of more than %d bytes", MOST);
            }
            in->bytes = room_for(in->bytes, in->room, 1);
        }
        ssize_t n = recv(c->fd, in->bytes + in->have, in->room - in->have, 0);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return false;
        }
        if (n <= 0) {
            return true;
        }
        in->have += (size_t)n;
        if ((size_t)n < in->room - in->have) {
            return false;
        }
    }
}

static void read_more(struct drive *d, struct connection *c)
{
    struct reply reply;
    bool ended = receive(c);
    if (c->record == NULL || c->state == IDLE) {
        if (ended || c->in.have > 0) {
            drop(c); /* it had been silent for long */
        }
        return;
    }
    int whole = c->in.have == 0 && !ended ? 0 : reply_parse(&c->in, c->record, ended, &reply);
    if (whole == 0) {
        return;
    }
    if (whole < 0) {
        if (ended) {
            lost(d, c, c->in.have == 0 ? "hung up" : "hung up amid the reply");
        } else {
            tally_fault(&d->tally, c->record, &d->tally.wrong, "not a reply: %.60s",
                        c->in.bytes);
            c->record->sent++;
            finish(d, c);
            drop(c);
        }
        return;
    }
    d->alive = ticks();
    judge(d, c, &reply);
    bool over = ended || reply.closes || c->record->close || c->state == SENDING;
    finish(d, c);
    c->state = IDLE;
    c->in.have = 0;
    if (over) {
        drop(c);
    }
}

void connection_event(struct drive *d, struct connection *c, uint32_t events)
{
    if (c->state == CONNECTING) {
        int error = 0;
        socklen_t len = sizeof error;
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
        if (error != 0) {
            lost(d, c, strerror(error));
            return;
        }
        c->state = IDLE;
        listen_for(d, c, EPOLLIN, EPOLL_CTL_MOD);
        if (c->record != NULL) {
            begin(d, c);
        }
        return;
    }
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        read_more(d, c);
    }
    if (c->state == SENDING && (events & EPOLLOUT)) {
        send_more(d, c);
    }
}

/* A request that has waited for long enough. */
static void give_up(struct drive *d, struct connection *c, int64_t now)
{
    bool waits = c->state == SENDING || c->state == READING || c->state == CONNECTING;
    if (!waits || c->record == NULL) {
        return;
    }
    if (c->record->half && c->record->expect[0] && now - c->begun > LEAVE_NS) {
        lost(d, c, "left");
    } else if ((double)(now - c->begun) > d->timeout * 1e9) {
        tally_fault(&d->tally, c->record, &d->tally.broken, "no reply in %.0f s", d->timeout);
        finish(d, c);
        drop(c);
    }
}

bool connection_tend(struct drive *d, struct connection *c, int64_t now)
{
    give_up(d, c, now);
    if (c->record == NULL && (c->state == IDLE || c->state == CLOSED) && !ask(d, c, now)) {
        return false;
    }
    if (c->state == IDLE) {
        begin(d, c);
    } else if (c->state == CLOSED && now >= c->retry) {
        c->begun = now;
        dial(d, c);
    }
    return true;
}
