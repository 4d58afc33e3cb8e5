/*
 * Categories as one 0/1 feature per frequent level; what has no feature of its own is all zeros, or is told by
 * a feature for the others and one for missing.
 */
#include "prep/emit.h"
#include "prep/transform.h"

struct settings {
    int64_t min_count;
    int64_t max_levels;
    const char *drop;
    bool other;
    bool missing;
};

static const char *const drops[] = {"none", "first", "binary", NULL};

static const struct hone_param params[] = {
    HONE_INT(struct settings, min_count, 5, 1, 1000000,
             .help = "training rows a level needs for a feature of its own"),
    HONE_INT(struct settings, max_levels, 64, 2, 10000,
             .help = "most features made of a column"),
    HONE_CHOICE(struct settings, drop, "none", drops,
                .help = "leave out the first level, always or where there are but two"),
    HONE_FLAG(struct settings, other, false,
              .help = "a feature for rare levels and those that training did not have"),
    HONE_FLAG(struct settings, missing, false, .help = "a feature for missing"),
    HONE_PARAM_END,
};

/* The levels with a feature of their own, as places in the list. */
static size_t choose(const struct hone_levels *levels, const struct settings *set, size_t *kept)
{
    size_t most = (size_t)set->max_levels;
    size_t need = hone_levels_cut(levels, (size_t)set->min_count, most);
    size_t n = 0;
    for (size_t k = 0; k < levels->n && n < most; k++) {
        if (levels->count[k] >= need) {
            kept[n++] = k;
        }
    }
    bool drop = strcmp(set->drop, "first") == 0 || (strcmp(set->drop, "binary") == 0 && n == 2);
    if (drop && n > 1) {
        memmove(kept, kept + 1, --n * sizeof *kept);
    }
    return n;
}

/* float [N, n]: 1 where the text is level kept[k]. */
static const char *emit_texts(struct hone_run *run, struct hone_graph *graph, const char *input,
                              const char *hint, const struct hone_levels *levels,
                              const size_t *kept, size_t n)
{
    HONE_SCRATCH(run);
    struct hone_str *text = hone_arena_must(&run->scratch, (n + 1) * sizeof *text);
    for (size_t k = 0; k < n; k++) {
        text[k] = levels->level[kept[k]];
    }
    const char *wide = hone_graph_op(graph, HONE_ML, "OneHotEncoder", hint, HONE_IN(input));
    struct hone_node *node = hone_graph_last(graph);
    hone_node_texts(graph, node, "cats_strings", n, text);
    hone_node_int(graph, node, "zeros", 1);
    /* [N, 1, n] to [N, n] */
    const int64_t shape[2] = {-1, (int64_t)n};
    const size_t two = 2;
    const char *to = hone_graph_const(graph, "shape", HONE_I64, 1, &two, shape);
    return hone_graph_op(graph, "", "Reshape", hint, HONE_IN(wide, to));
}

static const char *emit_numbers(struct hone_run *run, struct hone_graph *graph,
                                const char *input, const char *hint,
                                const struct hone_levels *levels, const size_t *kept, size_t n)
{
    HONE_SCRATCH(run);
    float *number = hone_arena_must(&run->scratch, (n + 1) * sizeof *number);
    for (size_t k = 0; k < n; k++) {
        number[k] = levels->number[kept[k]];
    }
    const char *row = hone_emit_row(graph, "levels", n, number);
    const char *equal = hone_graph_op(graph, "", "Equal", hint, HONE_IN(input, row));
    return hone_emit_cast(graph, equal, hint, HONE_F32);
}

/* float [N, 1]: 1 for levels without a feature of their own (want = other), or for missing ones. */
static const char *emit_rest(struct hone_run *run, struct hone_graph *graph, const char *input,
                             const char *hint, const struct hone_levels *levels,
                             const struct settings *set, bool missing)
{
    HONE_SCRATCH(run);
    size_t need = hone_levels_cut(levels, (size_t)set->min_count, (size_t)set->max_levels);
    size_t n = 0;
    float *value = hone_arena_must(&run->scratch, (levels->n + 1) * sizeof *value);
    for (size_t k = 0; k < levels->n; k++) {
        bool kept = levels->count[k] >= need && n < (size_t)set->max_levels;
        n += kept;
        value[k] = !missing && !kept ? 1 : 0;
    }
    return hone_emit_levels(run, graph, input, hint, levels, value, missing ? 1 : 0,
                            missing ? 0 : 1);
}

static void name_features(const struct hone_levels *levels, const size_t *kept, size_t n,
                          const char *name, const char *value, struct hone_features *out)
{
    for (size_t k = 0; k < n; k++) {
        struct hone_str level = levels->level[kept[k]];
        hone_features_add(
            out, (struct hone_feature){.name = hone_arena_format(out->mem, "%s = %.*s", name,
                                                                 (int)level.len, level.ptr),
                                       .source = name,
                                       .value = value,
                                       .at = k,
                                       .flag = true});
    }
}

static enum hone_code encode(struct hone_run *run, const void *settings,
                             const struct hone_fit_column *in, struct hone_graph *graph,
                             struct hone_arena *mem, struct hone_features *out)
{
    const struct settings *set = settings;
    HONE_ARENA(work);
    struct hone_levels levels;
    size_t *kept;
    HONE_TRY(hone_levels_find(run, in->column, in->row, in->rows, &work, &levels));
    HONE_TRY(hone_array(run, &work, &kept, levels.n + 1));
    size_t n = choose(&levels, set, kept);
    const char *name = in->column->name;
    const char *hint = hone_arena_format(mem, "%s_onehot", name);
    if (n > 0) {
        const char *value = levels.number != NULL
                                ? emit_numbers(run, graph, in->value, hint, &levels, kept, n)
                                : emit_texts(run, graph, in->value, hint, &levels, kept, n);
        name_features(&levels, kept, n, name, value, out);
    }
    for (int missing = 0; missing < 2; missing++) {
        if (missing == 1 ? set->missing : set->other) {
            const char *word = missing == 1 ? "missing" : "other";
            const char *value =
                emit_rest(run, graph, in->value, hone_arena_format(mem, "%s_%s", name, word),
                          &levels, set, missing == 1);
            hone_features_add(out, (struct hone_feature){
                                       .name = hone_arena_format(mem, "%s is %s", name, word),
                                       .source = name,
                                       .value = value,
                                       .flag = true});
        }
    }
    return HONE_OK;
}

const struct hone_transform hone_transform_onehot = {
    .part.name = "onehot",
    .part.summary = "categories as one 0/1 feature per frequent level",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .accepts = HONE_TAKES_TEXT | HONE_TAKES_NUMBER,
    .finite = true,
    .encode = encode,
};
