#include "serve/http/transport.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "serve/tls.h"

#define RECORD 16384 /* most bytes of a TLS record */

bool hone_transport_open(struct hone_transport *wire, int fd, const struct hone_tls *tls)
{
    const int on = 1;

    *wire = (struct hone_transport){.fd = fd, .greeted = tls == NULL};
    /* A reply is sent whole: waiting for more to send with it would only make it late. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return tls == NULL || hone_tls_session(tls, fd, &wire->tls);
}

void hone_transport_bare(struct hone_transport *wire)
{
    if (wire->tls != NULL) {
        gnutls_deinit(wire->tls);
        wire->tls = NULL;
    }
}

void hone_transport_close(struct hone_transport *wire)
{
    hone_transport_bare(wire);
    close(wire->fd);
    wire->fd = -1;
}

static ssize_t told(ssize_t n)
{
    if (n >= 0) {
        return n;
    }
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? HONE_TRANSPORT_LATER
                                                                     : HONE_TRANSPORT_BROKEN;
}

static ssize_t told_tls(ssize_t n)
{
    /* What is not fatal asks to go on: an interruption, a warning, a new handshake. */
    return n >= 0                          ? n
           : gnutls_error_is_fatal((int)n) ? HONE_TRANSPORT_BROKEN
                                           : HONE_TRANSPORT_LATER;
}

/* True when the handshake is over; else *n says why not. */
static bool greet(struct hone_transport *wire, ssize_t *n)
{
    if (!wire->greeted) {
        char first = 0;
        /* A record of TLS begins with its type, a small number; a request with the name of a method. */
        if (recv(wire->fd, &first, 1, MSG_PEEK) == 1 && first >= 'A' && first <= 'Z') {
            wire->in_the_clear = true;
            *n = HONE_TRANSPORT_BROKEN;
            return false;
        }
        *n = told_tls(gnutls_handshake(wire->tls));
        wire->greeted = *n >= 0;
    }
    return wire->greeted;
}

ssize_t hone_transport_receive(struct hone_transport *wire, char *bytes, size_t room)
{
    ssize_t n = 0;

    if (wire->tls == NULL) {
        return told(recv(wire->fd, bytes, room, 0));
    }
    return greet(wire, &n) ? told_tls(gnutls_record_recv(wire->tls, bytes, room)) : n;
}

bool hone_transport_more(const struct hone_transport *wire)
{
    return wire->tls != NULL && wire->greeted && gnutls_record_check_pending(wire->tls) > 0;
}

bool hone_transport_stuck(const struct hone_transport *wire)
{
    return wire->tls != NULL && gnutls_record_get_direction(wire->tls) == 1;
}

ssize_t hone_transport_send(struct hone_transport *wire, struct hone_str first,
                            struct hone_str second)
{
    if (wire->tls == NULL) {
        struct iovec part[2] = {{(void *)(uintptr_t)first.ptr, first.len},
                                {(void *)(uintptr_t)second.ptr, second.len}};
        struct msghdr message = {.msg_iov = part, .msg_iovlen = 2};
        return told(sendmsg(wire->fd, &message, MSG_NOSIGNAL));
    }
    /* Head and body in one record, where they fit. */
    char record[RECORD];
    size_t n = first.len < RECORD ? first.len : RECORD;
    size_t m = second.len < RECORD - n ? second.len : RECORD - n;
    if (n > 0) {
        memcpy(record, first.ptr, n);
    }
    if (m > 0) {
        memcpy(record + n, second.ptr, m);
    }
    return told_tls(gnutls_record_send(wire->tls, record, n + m));
}

void hone_transport_drop(struct hone_transport *wire)
{
    const struct linger none = {.l_onoff = 1, .l_linger = 0};

    (void)setsockopt(wire->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

void hone_transport_shut(struct hone_transport *wire)
{
    if (wire->tls != NULL && wire->greeted) {
        (void)gnutls_bye(wire->tls, GNUTLS_SHUT_WR);
    }
    (void)shutdown(wire->fd, SHUT_WR);
}
