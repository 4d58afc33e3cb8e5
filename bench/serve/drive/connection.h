/*
 * connection.h - one connection at a time: dial, send, read, lose, and begin again
 *
 * A connection holds at most one request.  When it is lost before the reply, what is asked stays for the next one, as
 * long as --reconnect allows; then the request is broken.
 */
#ifndef DRIVE_CONNECTION_H
#define DRIVE_CONNECTION_H

#include "drive.h"

/* What epoll says of it. */
void connection_event(struct drive *d, struct connection *c, uint32_t events);

/* Ask or dial when there is something to ask, give up what takes too long; whether it waits for anything. */
bool connection_tend(struct drive *d, struct connection *c, int64_t now);

#endif
