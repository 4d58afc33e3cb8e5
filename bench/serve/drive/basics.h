/*
 * basics.h - what every room of drive stands on: giving up, memory, clocks
 *
 * drive is a tool of its own with one thread: it links nothing of hone, so that it cannot share a fault with the
 * server that it checks, and what it cannot go on with ends it.
 */
#ifndef DRIVE_BASICS_H
#define DRIVE_BASICS_H

#include <stddef.h>
#include <stdint.h>

/* Says "drive: ..." and ends with exit status 2. */
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);

/* old, grown to n elements and a byte for a NUL behind them; old may be NULL.  Dies when there is no memory. */
void *room_for(void *old, size_t n, size_t size);

int64_t ticks(void);    /* ns, of a clock that only goes forward */
long long now_us(void); /* since 1970, the clock that the server's records are stamped with */

#endif
