/*
 * serve/http/listener.h - where connections come in
 *
 * One thread takes them from the listening socket and hands each to the worker that has the fewest: workers that
 * took them by themselves would share them by chance, and the one with most of them sets the latency.
 */
#ifndef HONE_SERVE_HTTP_LISTENER_H
#define HONE_SERVE_HTTP_LISTENER_H

#include "base/run.h"

struct hone_address;
struct hone_listener;
struct hone_server;

/*
 * Bind server->set's address, decide from it whether tokens are needed, and fill server->host, url and listener
 * (also on failure: hone_listener_free).  From here on connections wait in the kernel's queue.
 * Fails: HONE_E_ARG for an address that is not here, or without a token where one is needed; HONE_E_CONFLICT for a
 * port that is taken; HONE_E_IO.
 */
enum hone_code hone_listener_open(struct hone_run *run, struct hone_server *server);

/* Begin to hand them over; the workers run.  Over max_connections the queue waits.  Fails: HONE_E_LIMIT. */
enum hone_code hone_listener_start(struct hone_run *run, struct hone_listener *listener);

/* Any thread: a connection that was handed over is closed. */
void hone_listener_left(struct hone_listener *listener, const struct hone_address *from);

/* No more connections: the socket is closed. */
void hone_listener_stop(struct hone_listener *listener);
void hone_listener_free(struct hone_listener *listener); /* NULL is fine */

#endif
