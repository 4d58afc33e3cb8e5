/*
 * serve/http/wire.h - bytes to and from a client, in the clear or through TLS, without waiting
 */
#ifndef HONE_SERVE_HTTP_WIRE_H
#define HONE_SERVE_HTTP_WIRE_H

#include <sys/types.h>

#include "base/str.h"

struct gnutls_session_int;
struct hone_tls;

/* What is no number of bytes. */
enum { HONE_WIRE_END = 0, HONE_WIRE_LATER = -1, HONE_WIRE_BROKEN = -2 };

struct hone_wire {
    int fd;
    struct gnutls_session_int *tls; /* NULL: in the clear */
    bool greeted;                   /* the handshake is over */
    bool in_the_clear;              /* the client began in the clear where TLS was expected */
};

/* Take over a connected, non-blocking socket.  False when there is no memory for it; fd is not closed. */
bool hone_wire_open(struct hone_wire *wire, int fd, const struct hone_tls *tls);
void hone_wire_close(struct hone_wire *wire);

/* Bytes that came, or END, LATER, BROKEN.  The handshake is part of it. */
ssize_t hone_wire_receive(struct hone_wire *wire, char *bytes, size_t room);
/* Whether bytes have come that the socket does not know of any more. */
bool hone_wire_more(const struct hone_wire *wire);
/* Whether a receive that was answered with LATER waits until it may send. */
bool hone_wire_stuck(const struct hone_wire *wire);
/* Go on in the clear, to tell a client that this was not expected. */
void hone_wire_bare(struct hone_wire *wire);

/* Bytes of two texts, one behind the other, that were taken; or LATER (the same again then), BROKEN. */
ssize_t hone_wire_send(struct hone_wire *wire, struct hone_str first, struct hone_str second);

/* Nothing more will be sent. */
void hone_wire_shut(struct hone_wire *wire);

#endif
