/*
 * serve/http/transport.h - bytes to and from a client, in the clear or through TLS, without waiting
 */
#ifndef HONE_SERVE_HTTP_TRANSPORT_H
#define HONE_SERVE_HTTP_TRANSPORT_H

#include <sys/types.h>

#include "base/str.h"

struct gnutls_session_int;
struct hone_tls;

/* What is no number of bytes. */
enum { HONE_TRANSPORT_END = 0, HONE_TRANSPORT_LATER = -1, HONE_TRANSPORT_BROKEN = -2 };

struct hone_transport {
    int fd;
    struct gnutls_session_int *tls; /* NULL: in the clear */
    bool greeted;                   /* the handshake is over */
    bool in_the_clear;              /* the client began in the clear where TLS was expected */
};

/* Take over a connected, non-blocking socket.  False when there is no memory for it; fd is not closed. */
bool hone_transport_open(struct hone_transport *wire, int fd, const struct hone_tls *tls);
void hone_transport_close(struct hone_transport *wire);

/* Bytes that came, or END, LATER, BROKEN.  The handshake is part of it. */
ssize_t hone_transport_receive(struct hone_transport *wire, char *bytes, size_t room);
/* Whether bytes have come that the socket does not know of any more. */
bool hone_transport_more(const struct hone_transport *wire);
/* Whether a receive that was answered with LATER waits until it may send. */
bool hone_transport_stuck(const struct hone_transport *wire);
/* Go on in the clear, to tell a client that this was not expected. */
void hone_transport_bare(struct hone_transport *wire);

/* Bytes of two texts, one behind the other, that were taken; or LATER (the same again then), BROKEN. */
ssize_t hone_transport_send(struct hone_transport *wire, struct hone_str first,
                            struct hone_str second);

/* What was sent and not taken is thrown away when it is closed, and the client is told (a reset). */
void hone_transport_drop(struct hone_transport *wire);
/* Nothing more will be sent. */
void hone_transport_shut(struct hone_transport *wire);

#endif
