/*
 * What a text looks like, whatever its words: how long it is, how much of it is digits and capitals.  A missing text
 * is an empty one.
 */
#include "prep/prep_text_priv.h"

/* How many times a pattern is found in each text: float [N, 1]. */
static const char *count(struct hone_graph *graph, const char *input, const char *hint,
                         const char *pattern)
{
    const char *found = hone_emit_words(graph, input, hint, false, pattern, 1);
    const struct hone_str pad = hone_str(HONE_WORD_PAD);
    const char *one = hone_graph_op(graph, HONE_ML, "LabelEncoder", hint, HONE_IN(found));
    struct hone_node *node = hone_graph_last(graph);
    hone_node_texts(graph, node, "keys_strings", 1, &pad);
    hone_node_floats(graph, node, "values_floats", 1, (const float[]){0});
    hone_node_float(graph, node, "default_float", 1);
    const char *axis = hone_graph_const_i64(graph, "axis", 1);
    return hone_graph_op(graph, "", "ReduceSum", hint, HONE_IN(one, axis));
}

static void add(struct hone_features *out, const char *column, const char *what,
                const char *value)
{
    hone_features_add(out, (struct hone_feature){
                               .name = hone_arena_format(out->mem, "%s: %s", column, what),
                               .source = column,
                               .value = value,
                           });
}

static enum hone_code encode(struct hone_run *run, const void *settings,
                             const struct hone_fit_column *in, struct hone_graph *graph,
                             struct hone_arena *mem, struct hone_features *out)
{
    const char *column = in->column->name;
    const char *hint = hone_arena_format(mem, "%s_stats", column);
    (void)run;
    (void)settings;

    const char *all = count(graph, in->value, hint, "[\\s\\S]");
    const char *words = count(graph, in->value, hint, HONE_WORD_PATTERN);
    const char *digits = count(graph, in->value, hint, "\\p{N}");
    const char *capitals = count(graph, in->value, hint, "\\p{Lu}");
    const char *one = hone_graph_const_f32(graph, "one", 1);
    const char *some = hone_graph_op(graph, "", "Max", hint, HONE_IN(all, one));
    add(out, column, "characters", all);
    add(out, column, "words", words);
    add(out, column, "share of digits",
        hone_graph_op(graph, "", "Div", hint, HONE_IN(digits, some)));
    add(out, column, "share of capitals",
        hone_graph_op(graph, "", "Div", hint, HONE_IN(capitals, some)));
    return HONE_OK;
}

const struct hone_transform hone_transform_text_stats = {
    .part.name = "text_stats",
    .part.summary = "length, words, and shares of digits and capitals of a text",
    .accepts = HONE_TAKES_TEXT,
    .finite = true,
    .encode = encode,
};
