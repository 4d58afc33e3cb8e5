/* Numbers as they are: the graph's input is the feature, NaN stays NaN. */
#include "prep/transform.h"

static enum hone_code encode(struct hone_run *run, const void *settings,
                             const struct hone_fit_column *in, struct hone_graph *graph,
                             struct hone_arena *mem, struct hone_features *out)
{
    (void)run, (void)settings, (void)graph, (void)mem;
    hone_features_add(out, (struct hone_feature){.name = in->column->name,
                                                 .source = in->column->name,
                                                 .value = in->value,
                                                 .flag = in->column->type == HONE_BOOL});
    return HONE_OK;
}

const struct hone_transform hone_transform_number = {
    .part.name = "number",
    .part.summary = "a number as it is, missing stays missing",
    .accepts = HONE_TAKES_NUMBER,
    .encode = encode,
};
