/*
 * cli/meter.h - progress as one line on standard error, or as events
 *
 * A bar, what is done, the rate and the time left; at most 10 times a second, and only on a terminal.  Or one JSON
 * object a line, for programs: when a stage begins and ends, and between them at most 10 times a second:
 *
 *     {"event": "progress", "stage": "fitting", "state": "running", "unit": "fits", "done": 3, "total": 20,
 *      "seconds": 1.204, "detail": "gbt, fold 2 of 5", "seconds_left": 6.8, "at_least": true}
 *
 * state is "begun", "running" or "ended"; total is null while it is not known; seconds are since the stage began.
 * detail, seconds_left and at_least (it may take longer) are there when they are known.
 */
#ifndef HONE_CLI_METER_H
#define HONE_CLI_METER_H

#include "base/progress.h"
#include "cli/term.h"

struct hone_meter {
    struct hone_progress progress; /* first: show gets a pointer to it */
    struct hone_term term;
    int64_t began; /* ns */
    int64_t shown; /* ns of the last line; 0: none of this stage */
    bool visible;  /* a line is on the screen */
    bool events;   /* JSON in place of the line */
};

/* meter must live as long as the run that reports to it. */
void hone_meter_init(struct hone_meter *meter, FILE *file, bool events);
/* Take the line away, before anything else is printed there. */
void hone_meter_clear(struct hone_meter *meter);

#endif
