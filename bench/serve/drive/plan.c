#include "plan.h"

#include <string.h>

#include "basics.h"

enum { QUEUE = 65536 };

/* Uniform in [0, 1): splitmix64. */
static double uniform(struct plan *p)
{
    uint64_t z = p->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

void plan_ready(struct plan *p)
{
    p->until = room_for(NULL, p->records.n, sizeof *p->until);
    for (size_t i = 0; i < p->records.n; i++) {
        if (p->records.record[i].feedback) {
            p->labels = &p->records.record[i];
        } else {
            p->weight += p->records.record[i].weight;
        }
        p->until[i] = p->weight;
    }
    if (p->weight <= 0) {
        die("no requests to send");
    }
    if (p->share > 0 && p->labels == NULL) {
        die("--feedback needs a record for it");
    }
    p->queue = room_for(NULL, QUEUE, sizeof *p->queue);
}

bool plan_over(const struct plan *p, int64_t now)
{
    return (p->requests > 0 && p->issued >= p->requests) ||
           (p->seconds > 0 && (double)(now - p->begun) >= p->seconds * 1e9);
}

static struct record *draw(struct plan *p)
{
    double x = uniform(p) * p->weight;
    size_t low = 0;
    size_t high = p->records.n - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (p->until[middle] > x) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return &p->records.record[low];
}

struct record *plan_next(struct plan *p, int64_t now, char id[ID_ROOM])
{
    id[0] = '\0';
    if (plan_over(p, now) ||
        (p->rate > 0 && (double)p->issued > p->rate * (double)(now - p->begun) / 1e9)) {
        return NULL;
    }
    p->issued++;
    if (p->queued == 0) {
        return draw(p);
    }
    memcpy(id, p->queue[p->head], ID_ROOM);
    p->head = (p->head + 1) % QUEUE;
    p->queued--;
    return p->labels;
}

void plan_offer(struct plan *p, const char id[ID])
{
    if (p->share > 0 && uniform(p) < p->share && p->queued < QUEUE) {
        char *place = p->queue[(p->head + p->queued++) % QUEUE];
        memcpy(place, id, ID);
        place[ID] = '\0';
    }
}
