/*
 * serve/broom.h - a server that lets its old predictions go by itself
 *
 * A thread with a store handle of its own sweeps a minute after the start and then once a day: what was logged longer ago
 * than --keep-predictions goes with its labels (store/expire.h), in transactions of some ms with pauses between them,
 * so that the log goes on.  What goes is on record first.  A sweep that is cut off goes on at the next one.
 */
#ifndef HONE_SERVE_BROOM_H
#define HONE_SERVE_BROOM_H

#include "base/run.h"

struct hone_broom;

/*
 * Start.
 *
 *   store     its folder, borrowed for the broom's life
 *   keep_us   how old predictions may become
 *   after_us  until the first sweep
 *
 * Fails: as hone_store_open.
 */
enum hone_code hone_broom_new(struct hone_run *run, const char *store, int64_t keep_us,
                              int64_t after_us, struct hone_broom **out);
/* Ends between two transactions.  NULL is fine. */
void hone_broom_free(struct hone_broom *broom);

#endif
