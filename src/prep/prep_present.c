/*
 * Whether a text is there at all: 1 or 0.  For free text whose words no model here reads, but whose
 * absence may tell something (a cabin number, a reference, a comment).
 */
#include "prep/transform.h"

static enum hone_code encode(struct hone_run *run, const void *settings,
                             const struct hone_fit_column *in, struct hone_graph *graph,
                             struct hone_arena *mem, struct hone_features *out)
{
    (void)run, (void)settings;
    const struct hone_str nothing = {"", 0};
    const float zero = 0;
    const char *value = hone_emit_lookup(graph, in->value,
                                         hone_arena_format(mem, "%s_present", in->column->name),
                                         1, &nothing, &zero, 1);
    hone_features_add(out, (struct hone_feature){.name = hone_arena_format(mem, "%s is present",
                                                                           in->column->name),
                                                 .source = in->column->name,
                                                 .value = value,
                                                 .flag = true});
    return HONE_OK;
}

const struct hone_transform hone_transform_present = {
    .part.name = "present",
    .part.summary = "1 when a text is there, 0 when it is missing",
    .accepts = 1u << HONE_UTF8 | 1u << HONE_CATEGORY,
    .encode = encode,
};
