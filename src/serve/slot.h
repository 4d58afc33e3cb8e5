/*
 * serve/slot.h - a name under which a model is served, and its change to another version
 *
 * The slot holds one reference to the version that answers now; each worker holds one to the version it
 * uses.  A swap changes the slot's; workers notice at their next request, so a request in
 * flight ends with the version it began with, and an old version goes when its last user has let go.
 */
#ifndef HONE_SERVE_SLOT_H
#define HONE_SERVE_SLOT_H

#include "base/pool.h"
#include "serve/served.h"

/* Counters of versions that are gone, kept so that totals do not jump back at once. */
#define HONE_SLOT_PAST 4

struct hone_past {
    char version[24];
    struct hone_tally tally;
};

struct hone_slot {
    char name[256];
    const char *uri; /* as it was asked for; borrowed */
    bool follows;    /* an alias or "latest": may change */
    struct hone_mutex *lock;
    _Atomic(struct hone_served *) current;
    struct hone_served *live; /* all that anyone holds */
    bool troubled;            /* the last look for a promotion failed */
    uint64_t swaps;
    struct hone_past past[HONE_SLOT_PAST];
    size_t pasts; /* ever */
};

/* Keeps the reference to first. */
void hone_slot_init(struct hone_slot *slot, const char *uri, bool follows,
                    struct hone_served *first);
void hone_slot_clear(struct hone_slot *slot);

/* Take a reference to what answers now; give it back. */
struct hone_served *hone_slot_take(struct hone_slot *slot);
void hone_slot_give(struct hone_slot *slot, struct hone_served *served);

/* Whether a version that was taken is still the one that answers. */
static inline bool hone_slot_is(struct hone_slot *slot, const struct hone_served *served)
{
    return atomic_load_explicit(&slot->current, memory_order_acquire) == served;
}

/* Let another version answer; keeps its reference. */
void hone_slot_swap(struct hone_slot *slot, struct hone_served *next);

/*
 * What every version counted, by version: those that answer, those still held, those gone.
 *
 *   *sums  in mem, added up over the workers
 */
enum hone_code hone_slot_counts(struct hone_run *run, struct hone_slot *slot,
                                struct hone_arena *mem, struct hone_past **sums, size_t *n);

#endif
