/*
 * serve/pulse.h - how a server is doing, told to the store and to its own page every few seconds
 *
 * Only the thread that polls calls these, but for hone_pulse_page.
 */
#ifndef HONE_SERVE_PULSE_H
#define HONE_SERVE_PULSE_H

#include "base/json.h"
#include "base/str.h"

struct hone_server;
struct hone_pulse;

enum hone_code hone_pulse_new(struct hone_run *run, struct hone_server *server,
                              struct hone_pulse **out);
/*
 * When it is time: count what happened since the last beats, tell the store (where there is one), and
 * draw the status for the page anew.  Trouble with the store is logged once and does no harm.
 */
void hone_pulse_beat(struct hone_run *run, struct hone_pulse *pulse);
/* Tell the store that the server has ended. */
void hone_pulse_end(struct hone_run *run, struct hone_pulse *pulse);
void hone_pulse_free(struct hone_pulse *pulse); /* NULL is fine */

/* Append the status as HTML, as it was at the last beat; any thread. */
void hone_pulse_page(struct hone_pulse *pulse, struct hone_buf *out);
/* The same as JSON. */
void hone_pulse_json(struct hone_pulse *pulse, struct hone_buf *out);

#endif
