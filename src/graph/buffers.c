/* Which values of a plan may lie in the same memory. */
#include "graph/plan_priv.h"

#define NONE HONE_NO_SLOT

/* Who uses which buffer for how long. */
struct lives {
    uint32_t *owner; /* of each slot: the slot whose buffer it lives in */
    size_t *uses;    /* of each owner, still to come */
    uint32_t *free;  /* buffers that nobody uses */
    size_t frees;
};

/* A view lives in its input's buffer; what does not change between runs, and what the caller gets, has
 * one use more than there are, and so keeps its own. */
static void count_uses(const struct hone_plan *p, struct lives *l)
{
    for (size_t i = 0; i < p->slots; i++) {
        l->owner[i] = (uint32_t)i;
    }
    for (size_t i = 0; i < p->steps; i++) {
        const struct hone_step *s = &p->step[i];
        for (size_t k = 0; k < s->node.inputs; k++) {
            if (s->in[k] != NONE) {
                l->uses[l->owner[s->in[k]]]++;
            }
        }
        if (s->kernel == NULL) {
            l->owner[s->out[0]] = l->owner[s->in[0]];
        }
        for (size_t k = 0; s->fixed && k < s->node.outputs; k++) {
            l->uses[l->owner[s->out[k]]]++;
        }
    }
    for (size_t i = 0; i < p->outputs; i++) {
        l->uses[l->owner[p->output_slot[i]]]++;
    }
}

/* Buffers for the outputs of a step; then its inputs have one use less to come. */
static void pass_on(struct hone_plan *p, const struct hone_step *s, struct lives *l)
{
    if (s->kernel == NULL) {
        p->slot[s->out[0]].buffer = p->slot[l->owner[s->out[0]]].buffer;
    }
    for (size_t k = 0; s->kernel != NULL && k < s->node.outputs; k++) {
        /* What stays from run to run lies where nothing else has been: earlier steps write again. */
        p->slot[s->out[k]].buffer =
            l->frees > 0 && !s->fixed ? l->free[--l->frees] : (uint32_t)p->buffers++;
    }
    for (size_t k = 0; k < s->node.inputs; k++) {
        uint32_t o = s->in[k] == NONE ? NONE : l->owner[s->in[k]];
        if (o != NONE && --l->uses[o] == 0 && p->slot[o].buffer != NONE) {
            l->free[l->frees++] = p->slot[o].buffer;
        }
    }
    for (size_t k = 0; s->kernel != NULL && k < s->node.outputs; k++) {
        if (l->uses[s->out[k]] == 0) {
            l->free[l->frees++] = p->slot[s->out[k]].buffer;
        }
    }
}

/* Values whose last use is past hand their buffer on. */
enum hone_code hone_plan_buffers(struct hone_run *run, struct hone_plan *p,
                                 struct hone_arena *work)
{
    struct lives l = {0};

    HONE_TRY(hone_array(run, work, &l.owner, p->slots));
    HONE_TRY(hone_array(run, work, &l.uses, p->slots));
    HONE_TRY(hone_array(run, work, &l.free, p->slots));
    count_uses(p, &l);
    for (size_t i = 0; i < p->steps; i++) {
        pass_on(p, &p->step[i], &l);
    }
    return HONE_OK;
}
