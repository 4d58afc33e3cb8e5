/*
 * serve/http/exchange.h - a request from its first byte to its reply, whoever carries the bytes
 *
 * The loop begins one, hands over the head (which may refuse it) and the body, has it answered, and sends the reply's
 * head and body.  All of it in the worker's thread.
 */
#ifndef HONE_SERVE_HTTP_EXCHANGE_H
#define HONE_SERVE_HTTP_EXCHANGE_H

#include "serve/server_priv.h"

struct hone_request_line {
    const char *method;
    unsigned major, minor; /* version of HTTP */
};

/* A new request of a client; head is to be filled. */
struct hone_request *hone_request_begin(struct hone_worker *worker, int64_t began);
/* Its buffers are for the next one. */
void hone_request_end(struct hone_request *req);

/* The head is complete: find who asks for what.  Sets refused, with the reply written, or leaves it 0; and expects. */
void hone_request_head(struct hone_request *req, const struct hone_request_line *line);
/* So much of the body will come; false when that is too much: then it is refused. */
bool hone_request_expect(struct hone_request *req, uint64_t len);
/* More of the body; false when it is too long: then it is refused. */
bool hone_request_body(struct hone_request *req, const char *bytes, size_t len);

/* Answer it; the status.  0: the answer comes later, by hone_loop_done in any thread, then hone_request_done here. */
int hone_request_answer(struct hone_request *req);
int hone_request_done(struct hone_request *req);

/* Refuse it, for a reason of the protocol below. */
void hone_request_refuse(struct hone_request *req, int status, const char *why);

/* Write the reply's head; last: the connection is closed after it. */
void hone_request_top(struct hone_request *req, int status, bool last);
/* What is to be sent. */
void hone_request_reply(const struct hone_request *req, struct hone_str *top,
                        struct hone_str *body);

#endif
