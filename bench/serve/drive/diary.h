/*
 * diary.h - the client's own record of what the server promised, for kept.py to hold the server's store against
 *
 * With --acks each acknowledgement is a line: "P time id" for a prediction, "F time id n" for a label that was sent
 * when n predictions had been acknowledged, "U time id" for a label of a prediction that the server does not know.
 * With --versions each change of the version that answers is one: "V time from to".  Times are µs since 1970.
 */
#ifndef DRIVE_DIARY_H
#define DRIVE_DIARY_H

#include <stdint.h>
#include <stdio.h>

struct diary {
    FILE *acks, *versions; /* NULL: only counted */
    char version[24];      /* which answered last */
    uint64_t acked, told, unknown;
};

FILE *diary_open(const char *path); /* behind what it holds */
void diary_prediction(struct diary *d, const char *id, size_t len);
void diary_label(struct diary *d, const char *id, uint64_t acked); /* acked: when it was sent */
void diary_unknown(struct diary *d, const char *id);
void diary_version(struct diary *d,
                   const char *version); /* of a reply, "" when it names none */

#endif
