/*
 * memory.h - whether the server's memory stands still: samples of what it has resident, and a line through them
 */
#ifndef DRIVE_MEMORY_H
#define DRIVE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

struct memory {
    long watched;        /* the process; 0: none */
    double (*sample)[2]; /* requests, KiB */
    size_t samples, room;
};

/* Resident KiB of the server after so many requests; nothing where the process is gone. */
void memory_sample(struct memory *m, uint64_t requests);

/*
 * Prints memory over the second half of the requests: a line through it, and how far it spreads.  In the first, what
 * is filled once is filled: SQLite's pages, the heaps of threads.  Fewer than three samples there are nothing to tell.
 */
void memory_tell(const struct memory *m, uint64_t requests);

#endif
