#include "serve/slot.h"

#include <stdio.h>

void hone_slot_init(struct hone_slot *slot, const char *uri, bool follows,
                    struct hone_served *first)
{
    *slot = (struct hone_slot){.uri = uri, .follows = follows, .lock = hone_mutex_new()};
    snprintf(slot->name, sizeof slot->name, "%s", first->name);
    slot->live = first;
    atomic_store_explicit(&slot->current, first, memory_order_release);
}

void hone_slot_clear(struct hone_slot *slot)
{
    if (slot->lock != NULL) {
        hone_slot_give(slot, atomic_load(&slot->current));
        hone_mutex_free(slot->lock);
    }
}

struct hone_served *hone_slot_take(struct hone_slot *slot)
{
    struct hone_served *served;

    hone_mutex_lock(slot->lock);
    served = atomic_load_explicit(&slot->current, memory_order_relaxed);
    served->refs++;
    hone_mutex_unlock(slot->lock);
    return served;
}

/* The counters of a version that goes. */
static void remember(struct hone_slot *slot, const struct hone_served *served)
{
    struct hone_past *past = NULL;
    size_t kept = slot->pasts < HONE_SLOT_PAST ? slot->pasts : HONE_SLOT_PAST;

    for (size_t i = 0; i < kept; i++) {
        if (strcmp(slot->past[i].version, served->version) == 0) {
            past = &slot->past[i]; /* it was served before: forth and back */
        }
    }
    if (past == NULL) {
        past = &slot->past[slot->pasts++ % HONE_SLOT_PAST];
        memset(past, 0, sizeof *past);
        memcpy(past->version, served->version, strlen(served->version));
    }
    for (size_t i = 0; i < served->workers; i++) {
        hone_tally_add(&past->tally, &served->tally[i]);
    }
}

void hone_slot_give(struct hone_slot *slot, struct hone_served *served)
{
    bool last;

    hone_mutex_lock(slot->lock);
    last = --served->refs == 0;
    if (last) {
        struct hone_served **link = &slot->live;
        while (*link != served) {
            link = &(*link)->next;
        }
        *link = served->next;
        remember(slot, served);
    }
    hone_mutex_unlock(slot->lock);
    if (last) {
        hone_served_free(served);
    }
}

void hone_slot_swap(struct hone_slot *slot, struct hone_served *next)
{
    struct hone_served *old;

    hone_mutex_lock(slot->lock);
    old = atomic_exchange_explicit(&slot->current, next, memory_order_acq_rel);
    next->next = slot->live;
    slot->live = next;
    slot->swaps++;
    hone_mutex_unlock(slot->lock);
    hone_slot_give(slot, old);
}

/* The sum of a version among n, begun when it is not there. */
static struct hone_past *sum_of(struct hone_past *sums, size_t *n, const char *version)
{
    for (size_t i = 0; i < *n; i++) {
        if (strcmp(sums[i].version, version) == 0) {
            return &sums[i];
        }
    }
    memcpy(sums[*n].version, version, strlen(version) + 1);
    return &sums[(*n)++];
}

enum hone_code hone_slot_counts(struct hone_run *run, struct hone_slot *slot,
                                struct hone_arena *mem, struct hone_past **sums, size_t *n)
{
    size_t kept;
    size_t room;
    enum hone_code code;

    hone_mutex_lock(slot->lock);
    kept = slot->pasts < HONE_SLOT_PAST ? slot->pasts : HONE_SLOT_PAST;
    room = kept;
    for (const struct hone_served *s = slot->live; s != NULL; s = s->next) {
        room++;
    }
    *n = 0;
    code = hone_array(run, mem, sums, room);
    for (const struct hone_served *s = slot->live; s != NULL && code == HONE_OK; s = s->next) {
        struct hone_past *sum = sum_of(*sums, n, s->version);
        for (size_t i = 0; i < s->workers; i++) {
            hone_tally_add(&sum->tally, &s->tally[i]);
        }
    }
    for (size_t i = 0; i < kept && code == HONE_OK; i++) {
        hone_tally_add(&sum_of(*sums, n, slot->past[i].version)->tally, &slot->past[i].tally);
    }
    hone_mutex_unlock(slot->lock);
    return code;
}
