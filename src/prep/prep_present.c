/*
 * Whether a value is there at all.  `present` is for free text whose words no model here reads, but whose
 * absence may tell something (a cabin number, a reference, a comment), and for columns of which
 * nothing else can be used; `missing` is its opposite, for people who ask for it.
 */
#include "prep/emit.h"
#include "prep/transform.h"

static const char *flag_of_text(struct hone_graph *graph, const char *value, const char *hint,
                                float there)
{
    const struct hone_str nothing = {"", 0};
    const float absent = 1 - there;
    return hone_emit_lookup(graph, value, hint, 1, &nothing, &absent, there);
}

static const char *flag_of_time(struct hone_graph *graph, const char *value, const char *hint,
                                float there)
{
    const char *missing = hone_graph_const_i64(graph, "missing", INT64_MIN);
    const char *is_absent = hone_graph_op(graph, "", "Equal", hint, HONE_IN(value, missing));
    const char *yes = hone_graph_const_f32(graph, "there", there);
    const char *no = hone_graph_const_f32(graph, "absent", 1 - there);
    return hone_graph_op(graph, "", "Where", hint, HONE_IN(is_absent, no, yes));
}

static const char *flag_of_number(struct hone_graph *graph, const char *value, const char *hint,
                                  float there)
{
    const char *is_nan = hone_graph_op(graph, "", "IsNaN", hint, HONE_IN(value));
    if (there > 0) {
        is_nan = hone_graph_op(graph, "", "Not", hint, HONE_IN(is_nan));
    }
    return hone_emit_cast(graph, is_nan, hint, HONE_F32);
}

static enum hone_code encode(const struct hone_fit_column *in, const char *word, float there,
                             struct hone_graph *graph, struct hone_features *out)
{
    const char *name = in->column->name;
    const char *hint = hone_arena_format(out->mem, "%s_%s", name, word);
    const char *value =
        hone_type_is_time(in->column->type)   ? flag_of_time(graph, in->value, hint, there)
        : hone_type_is_text(in->column->type) ? flag_of_text(graph, in->value, hint, there)
                                              : flag_of_number(graph, in->value, hint, there);
    hone_features_add(
        out, (struct hone_feature){.name = hone_arena_format(out->mem, "%s is %s", name, word),
                                   .source = name,
                                   .value = value,
                                   .flag = true});
    return HONE_OK;
}

static enum hone_code encode_present(struct hone_run *run, const void *settings,
                                     const struct hone_fit_column *in, struct hone_graph *graph,
                                     struct hone_arena *mem, struct hone_features *out)
{
    (void)run, (void)settings, (void)mem;
    return encode(in, "present", 1, graph, out);
}

static enum hone_code encode_missing(struct hone_run *run, const void *settings,
                                     const struct hone_fit_column *in, struct hone_graph *graph,
                                     struct hone_arena *mem, struct hone_features *out)
{
    (void)run, (void)settings, (void)mem;
    return encode(in, "missing", 0, graph, out);
}

const struct hone_transform hone_transform_present = {
    .part.name = "present",
    .part.summary = "1 when a value is there, 0 when it is missing",
    .accepts = HONE_TAKES_TEXT | HONE_TAKES_TIME | HONE_TAKES_NUMBER,
    .finite = true,
    .encode = encode_present,
};

const struct hone_transform hone_transform_missing = {
    .part.name = "missing",
    .part.summary = "1 when a value is missing, 0 when it is there",
    .accepts = HONE_TAKES_TEXT | HONE_TAKES_TIME | HONE_TAKES_NUMBER,
    .finite = true,
    .encode = encode_missing,
};
