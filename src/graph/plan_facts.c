/* Plans of whole models; what a plan takes and gives. */
#include "graph/plan_priv.h"

enum hone_code hone_plan_new(struct hone_run *run, const struct hone_model *model,
                             const char *const *outputs, size_t n_outputs,
                             struct hone_arena *mem, struct hone_plan **out)
{
    HONE_CLOSING(hone_run_clear) struct hone_run inner = *run;
    size_t left = HONE_SUBGRAPHS_MAX;
    struct hone_plan_source source = {.graph = &model->graph,
                                      .outputs = outputs,
                                      .n_outputs = n_outputs,
                                      .scope = {.model = model, .left = &left}};
    enum hone_code code;

    /* Operators use scratch while they fill mem, which may be the scratch of this run. */
    inner.scratch = (struct hone_arena){0};
    code = hone_plan_make(&inner, &source, mem, out);
    if (code != HONE_OK) {
        run->err = inner.err;
    }
    return code;
}

size_t hone_plan_inputs(const struct hone_plan *plan)
{
    return plan->inputs;
}

const struct hone_value *hone_plan_input(const struct hone_plan *plan, size_t i)
{
    HONE_ASSERT(i < plan->inputs);
    return &plan->input[i];
}

size_t hone_plan_outputs(const struct hone_plan *plan)
{
    return plan->outputs;
}

const struct hone_value *hone_plan_output(const struct hone_plan *plan, size_t i)
{
    HONE_ASSERT(i < plan->outputs);
    return &plan->output[i];
}

bool hone_plan_rowwise(const struct hone_plan *plan)
{
    return plan->rowwise;
}
