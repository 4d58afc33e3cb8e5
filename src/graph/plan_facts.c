/* What a plan takes and gives. */
#include "graph/plan_priv.h"

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
