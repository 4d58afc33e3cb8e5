/* Subgraphs: compiled once, run in sessions of their own inside the session of the plan around them. */
#include "graph/plan_priv.h"

/* Which of the node's captured inputs this subgraph uses is found again by name: the node has those of all. */
enum hone_code hone_plan_sub(struct hone_run *run, const struct hone_site *site,
                             const char *attr, const struct hone_shape *input, size_t n,
                             struct hone_arena *mem, struct hone_plan **out)
{
    const struct hone_attr *a = hone_node_attr(site->node, attr);
    size_t captured = site->node->captured, first = site->node->inputs - captured;
    struct hone_plan_source source = {.graph = a == NULL ? NULL : a->g,
                                      .input = input,
                                      .captures = captured,
                                      .scope = *site->scope};
    static const struct hone_shape none;
    uint32_t *at;

    if (a == NULL) {
        return hone_fail(run, HONE_E_FORMAT, "no attribute '%s'", attr);
    }
    if (a->g->inputs != n) {
        return hone_fail(run, HONE_E_FORMAT, "'%s' has %zu inputs, not %zu", attr, a->g->inputs,
                         n);
    }
    if (++source.scope.depth > HONE_SUBGRAPH_DEPTH || *source.scope.left == 0) {
        return hone_fail(run, HONE_E_LIMIT, "subgraphs too deep or too many");
    }
    --*source.scope.left;
    source.input = input == NULL ? &none : input;
    HONE_TRY(hone_array(run, mem, &at, captured));
    for (size_t i = 0; i < captured; i++) {
        at[i] = (uint32_t)(first + i);
    }
    source.at = at;
    source.name = captured == 0 ? NULL : site->node->input + first;
    source.capture = site->in + first;
    if (hone_plan_make(run, &source, mem, out) != HONE_OK) {
        return hone_fail_in(run, "in %s", attr);
    }
    return HONE_OK;
}

struct hone_shape hone_plan_output_shape(const struct hone_plan *plan, size_t i)
{
    struct hone_shape s = plan->slot[plan->output_slot[i]].shape;
    s.data = NULL;
    return s;
}

enum hone_code hone_plan_sub_run(struct hone_run *run, const struct hone_plan *plan,
                                 struct hone_session *session, const struct hone_call *call,
                                 const struct hone_tensor *own, size_t n,
                                 struct hone_tensor *out)
{
    HONE_SCRATCH(run);
    struct hone_tensor *in;

    HONE_TRY(hone_array(run, &run->scratch, &in, plan->inputs));
    for (size_t i = 0; i < plan->inputs; i++) {
        in[i] = i < n ? own[i] : *call->in[plan->captured[i - n]];
    }
    return hone_plan_run(run, plan, session, in, out);
}
