/*
 * reply.h - the bytes that came back, read as an HTTP/1.1 reply and held against what may be answered
 */
#ifndef DRIVE_REPLY_H
#define DRIVE_REPLY_H

#include "record.h"

/* What came so far; there is always room for a NUL behind it. */
struct inbox {
    char *bytes;
    size_t have, room;
};

struct reply {
    int status;
    const char *body; /* in the inbox */
    size_t len;
    bool closes; /* the server hangs up behind it */
    char version[24];
};

/* 1: it is whole; 0: more must come (not when the server ended); -1: it is none.  Interim replies are taken out. */
int reply_parse(struct inbox *in, const struct record *asked, bool ended, struct reply *out);

/* Whether the body holds what the version that it names must answer. */
bool reply_fits(const struct reply *reply, const struct record *asked);

#endif
