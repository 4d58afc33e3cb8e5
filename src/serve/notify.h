/*
 * serve/notify.h - telling the service manager how it goes
 *
 * systemd's protocol: datagrams to the socket that NOTIFY_SOCKET names ("@" at its front: the abstract one).  Where none is
 * named nothing happens.  Source: sd_notify(3), systemd.service(5).
 */
#ifndef HONE_SERVE_NOTIFY_H
#define HONE_SERVE_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/* Send assignments, one on each line: "READY=1\nSTATUS=serving".  False: nobody listens. */
bool hone_notify(const char *assignments);

/* How often "WATCHDOG=1" is wanted, in ns (half of WATCHDOG_USEC); 0: not at all, or not of this process. */
int64_t hone_notify_interval(void);

#endif
