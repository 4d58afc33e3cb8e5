/*
 * drive.h - a run of drive: what it asks, on which connections, and what it has seen so far
 */
#ifndef DRIVE_DRIVE_H
#define DRIVE_DRIVE_H

#include <netinet/in.h>

#include "diary.h"
#include "memory.h"
#include "plan.h"
#include "reply.h"
#include "tally.h"

enum state { CLOSED, CONNECTING, IDLE, SENDING, READING };

struct connection {
    int fd;
    enum state state;
    struct record *record; /* what is asked; NULL: nothing */
    char id[ID_ROOM];      /* of the label that is told */
    char *own;             /* the request with its id, NULL: the record's bytes */
    size_t sent;
    struct inbox in;
    int64_t begun, retry;
    uint64_t acked; /* predictions acknowledged when a label was sent */
};

struct drive {
    struct sockaddr_in address;
    struct connection *connection;
    size_t connections;
    struct plan plan;
    struct tally tally;
    struct diary diary;
    struct memory memory;
    double reconnect,
        timeout;   /* s: how long a server may be away (0: not at all), and a reply */
    int64_t alive; /* when the server was last heard of */
    int epoll;
    bool stop; /* the server did not come back */
};

#endif
