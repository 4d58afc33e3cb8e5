/*
 * Whether a text or time is there at all: 1 or 0.  For free text whose words no model here reads, but whose
 * absence may tell something (a cabin number, a reference, a comment), and for columns of which
 * nothing else can be used.
 */
#include "prep/transform.h"

static const char *is_text(struct hone_graph *graph, const char *value, const char *hint)
{
    const struct hone_str nothing = {"", 0};
    const float zero = 0;
    return hone_emit_lookup(graph, value, hint, 1, &nothing, &zero, 1);
}

static const char *is_time(struct hone_graph *graph, const char *value, const char *hint)
{
    const char *missing = hone_graph_const_i64(graph, "missing", INT64_MIN);
    const char *absent = hone_graph_op(graph, "", "Equal", hint, HONE_IN(value, missing));
    const char *zero = hone_graph_const_f32(graph, "zero", 0);
    const char *one = hone_graph_const_f32(graph, "one", 1);
    return hone_graph_op(graph, "", "Where", hint, HONE_IN(absent, zero, one));
}

static enum hone_code encode(struct hone_run *run, const void *settings,
                             const struct hone_fit_column *in, struct hone_graph *graph,
                             struct hone_arena *mem, struct hone_features *out)
{
    (void)run, (void)settings;
    const char *name = in->column->name;
    const char *hint = hone_arena_format(mem, "%s_present", name);
    const char *value = hone_type_is_time(in->column->type) ? is_time(graph, in->value, hint)
                                                            : is_text(graph, in->value, hint);
    hone_features_add(
        out, (struct hone_feature){.name = hone_arena_format(mem, "%s is present", name),
                                   .source = name,
                                   .value = value,
                                   .flag = true});
    return HONE_OK;
}

const struct hone_transform hone_transform_present = {
    .part.name = "present",
    .part.summary = "1 when a text or time is there, 0 when it is missing",
    .accepts = 1u << HONE_UTF8 | 1u << HONE_CATEGORY | 1u << HONE_DATE | 1u << HONE_TIMESTAMP,
    .encode = encode,
};
