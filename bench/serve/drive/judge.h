/*
 * judge.h - whether a reply is one that its request may have, and what follows from it
 */
#ifndef DRIVE_JUDGE_H
#define DRIVE_JUDGE_H

#include "drive.h"

/* Counts a whole reply to what the connection asks, and writes what it acknowledges into the diary. */
void judge(struct drive *d, const struct connection *c, const struct reply *reply);

#endif
