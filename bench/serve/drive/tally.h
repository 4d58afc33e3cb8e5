/*
 * tally.h - what is counted: replies right and wrong, requests without one, statuses, and how long replies took
 */
#ifndef DRIVE_TALLY_H
#define DRIVE_TALLY_H

#include "record.h"

enum {
    STEPS = 64,  /* of the histogram, for each doubling */
    OCTAVES = 40 /* of ns */
};

struct tally {
    uint64_t done, right, wrong;
    uint64_t broken, breaks,
        resent; /* requests without a reply, connections lost, requests asked again */
    uint64_t status[STATUSES];
    uint64_t slots[OCTAVES * STEPS];
    int64_t most; /* ns, the longest */
    int shown;    /* faults told */
};

void tally_time(struct tally *t, int64_t ns);

/* The upper end of the slot in which a share of the times ends, ms. */
double tally_quantile(const struct tally *t, double share);

/* One more of *count (wrong or broken), of that record (NULL: not known); the first ten are told on stderr. */
__attribute__((format(printf, 4, 5))) void tally_fault(struct tally *t, const struct record *r,
                                                       uint64_t *count, const char *format,
                                                       ...);

#endif
