/*
 * plan.h - what is asked next, how fast, and until when
 *
 * Requests are drawn by weight from the records; a label goes before them as soon as a prediction that it was drawn
 * for is acknowledged.  The same seed and the same replies draw the same requests.
 */
#ifndef DRIVE_PLAN_H
#define DRIVE_PLAN_H

#include "record.h"

struct plan {
    struct records records;
    double *until; /* (records) sums of the weights; feedback has none */
    double weight; /* the last of them */
    struct record *labels;
    double share; /* of the predictions that get a label */
    double rate;  /* requests a second; 0: as fast as replies come */
    double seconds;
    uint64_t requests, issued; /* how many at the most, 0: any number; how many so far */
    int64_t begun;
    char (*queue)[ID_ROOM]; /* ids that wait for their label, in a ring */
    size_t queued, head;
    uint64_t random;
};

/* When all records are read.  Dies when there is nothing to send. */
void plan_ready(struct plan *p);

/* Whether nothing more is to be asked. */
bool plan_over(const struct plan *p, int64_t now);

/* What to ask now, NULL: nothing yet.  Of a label the id is set, of any other record it is empty. */
struct record *plan_next(struct plan *p, int64_t now, char id[ID_ROOM]);

/* A prediction was acknowledged: its label may be asked for one day. */
void plan_offer(struct plan *p, const char id[ID]);

#endif
