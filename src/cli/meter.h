/*
 * cli/meter.h - progress as one line on standard error
 *
 * A bar, what is done, the rate and the time left; at most 10 times a second, and only on a terminal.
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
};

/* meter must live as long as the run that reports to it. */
void hone_meter_init(struct hone_meter *meter, FILE *file);
/* Take the line away, before anything else is printed there. */
void hone_meter_clear(struct hone_meter *meter);

#endif
