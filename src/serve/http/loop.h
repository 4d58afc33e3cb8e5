/*
 * serve/http/loop.h - one thread and the connections that it answers
 *
 * Each worker has a loop: it waits for all its sockets at once, reads what has come, lets the parser (llhttp) find
 * the requests in it, has them answered (exchange.c) and writes the replies.  Nothing in it waits for one client.
 *
 * Limits: a request within --patience (60 s) of its first byte, a sixth of that for a head of HONE_HEAD_BYTES; a reply
 * within the same and a second for each 64 KiB; half of it in silence, and --keep-alive (30 s) between requests; of
 * chunks no more that is not body than body.  A client that is told "close" has 2 s to read that.
 */
#ifndef HONE_SERVE_HTTP_LOOP_H
#define HONE_SERVE_HTTP_LOOP_H

#include "base/run.h"

struct hone_loop;
struct hone_request;
struct hone_worker;

/* Begin to serve a worker's connections in a thread of its own.  Fails: HONE_E_LIMIT, HONE_E_IO. */
enum hone_code hone_loop_start(struct hone_run *run, struct hone_worker *worker,
                               struct hone_loop **out);
/* Close all connections, end the thread.  NULL is fine. */
void hone_loop_stop(struct hone_loop *loop);

/* A client's address, as far as it tells one from another: 4 bytes, or the upper 8 of IPv6. */
struct hone_address {
    unsigned char bytes[8];
    size_t len;
    uint32_t place; /* where the listener counts it; 0: nowhere */
};

/*
 * Any thread: a connected socket that does not block, to be closed by the loop.  worker->open counts it already, and
 * counts one less when it is closed.  False, and not taken, when too many wait.
 */
bool hone_loop_add(struct hone_loop *loop, int fd, const struct hone_address *from);

/* Any thread: whether one more would be taken now. */
bool hone_loop_has_room(struct hone_loop *loop);

/* Any thread: what a request waited for has happened (hone_feedback_reply makes its reply). */
void hone_loop_done(struct hone_loop *loop, struct hone_request *req);

#endif
