/*
 * store/duty.h - work that several processes share and one does
 *
 * A duty has a name and is done up to a moment.  Who takes it keeps others away until it says that it is done, or until
 * its lease is over: a process that was killed holds nothing up for longer.
 */
#ifndef HONE_STORE_DUTY_H
#define HONE_STORE_DUTY_H

#include "store/store.h"

/*
 * Take a duty that is not done up to a moment.
 *
 *   upto   µs
 *   now    µs
 *   *from  up to where it was done; 0: never
 *   *taken false: it is done, or somebody is at it
 *
 * What is written down as done, or leased, more than a day ahead of now was a wrong clock's, and does not count.
 */
enum hone_code hone_duty_take(struct hone_run *run, struct hone_store *store, const char *name,
                              int64_t upto, int64_t now, int64_t lease_us, int64_t *from,
                              bool *taken);
/* Up to where it is done; 0: never. */
enum hone_code hone_duty_look(struct hone_run *run, struct hone_store *store, const char *name,
                              int64_t *done);
/* It is done up to there. */
enum hone_code hone_duty_done(struct hone_run *run, struct hone_store *store, const char *name,
                              int64_t upto);
/* It could not be done; nobody is to try before then. */
enum hone_code hone_duty_leave(struct hone_run *run, struct hone_store *store, const char *name,
                               int64_t until);

#endif
