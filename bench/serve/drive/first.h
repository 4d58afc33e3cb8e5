/*
 * first.h - how long a server takes from the start of its process to its first answer
 */
#ifndef DRIVE_FIRST_H
#define DRIVE_FIRST_H

#include "drive.h"

/* Starts command, asks the first record until it answers, and prints first_ms, connected_ms and its pid; it is left
 * running.  Dies when the answer is not one that may be given, or there is none in d->timeout. */
void first_answer(const struct drive *d, char **command);

#endif
