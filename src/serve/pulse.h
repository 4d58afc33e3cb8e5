/*
 * serve/pulse.h - how a server is doing, told to the store and to its own page every few seconds
 *
 * Only the thread that polls calls these, but for the last three.
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

/* Append the page of the status as it was at the last beat; any thread. */
void hone_pulse_page(struct hone_pulse *pulse, bool signed_in, struct hone_buf *out);
/* What there is to say of one model, for inside of a page. */
void hone_pulse_model(struct hone_pulse *pulse, const char *model, struct hone_buf *out);
/* The status as JSON. */
void hone_pulse_json(struct hone_pulse *pulse, struct hone_buf *out);

#endif
