/*
 * record.h - the requests of a file, and what may be answered to each
 *
 * A file holds records, each a request as it goes over the wire and what may be answered:
 *
 *   request NAME bytes=N [weight=W] [expect=200|4xx|none] [logs] [feedback] [close] [half] [head]
 *   N bytes, newline
 *   answer VERSION bytes=N        (any number of them)
 *   N bytes, newline
 *
 *   expect    statuses and classes, joined by "|"; none: the server may hang up without a reply
 *   logs      the reply names a prediction that the server logs
 *   feedback  26 times @ in the bytes stand for the id of a prediction that was acknowledged; sent for --feedback of
 *             them, whatever the weight
 *   close     hang up after the reply; head: the reply has no body; half: nothing more is sent after the bytes, and
 *             with none we hang up when there is no reply in 100 ms
 *   answer    what the body of a reply of that X-Hone-Version must contain
 *
 * Lines "#..." between records are comments.
 */
#ifndef DRIVE_RECORD_H
#define DRIVE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ID = 26,        /* of a prediction's id; rows of a request have "-0" and so on behind it */
    ID_ROOM = 34,   /* an id, what stands behind it and a NUL */
    STATUSES = 1000 /* the first of them: hung up without a reply */
};

struct answer {
    char version[24];
    char *bytes;
    size_t len;
};

struct record {
    char name[64];
    char *bytes;
    size_t len;
    double weight;
    bool expect[STATUSES];
    bool logs, feedback, close, half, head;
    size_t id_at; /* of a feedback record: where the id goes */
    struct answer *answer;
    size_t answers;
    uint64_t sent, right;
};

struct records {
    struct record *record;
    size_t n;
};

/* Adds those of a file; dies where one is malformed.  They are kept until the end. */
void records_read(struct records *all, const char *path);

#endif
