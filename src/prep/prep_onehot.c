/* Categories as one 0/1 feature per frequent level; rare, unseen and missing levels are all zeros. */
#include "prep/transform.h"

struct settings {
    int64_t min_count;
    int64_t max_levels;
};

static const struct hone_param params[] = {
    HONE_INT(struct settings, min_count, 5, 1, 1000000,
             .help = "training rows a level needs for a feature of its own"),
    HONE_INT(struct settings, max_levels, 64, 2, 10000,
             .help = "most features made of a column"),
    HONE_PARAM_END,
};

/* The count a level must have so that at most max_levels have it, and at least min_count. */
static size_t cut_off(const struct hone_levels *levels, const struct settings *set)
{
    size_t need = (size_t)set->min_count;
    for (;;) {
        size_t kept = 0;
        size_t next = SIZE_MAX;
        for (size_t k = 0; k < levels->n; k++) {
            kept += levels->count[k] >= need;
            if (levels->count[k] > need && levels->count[k] < next) {
                next = levels->count[k];
            }
        }
        if (kept <= (size_t)set->max_levels || next == SIZE_MAX) {
            return need;
        }
        need = next;
    }
}

static enum hone_code encode(struct hone_run *run, const void *settings,
                             const struct hone_fit_column *in, struct hone_graph *graph,
                             struct hone_arena *mem, struct hone_features *out)
{
    const struct settings *set = settings;
    HONE_SCRATCH(run);
    HONE_ARENA(work);
    struct hone_levels levels;
    struct hone_str *kept;
    HONE_TRY(hone_levels_find(run, in->column, in->row, in->rows, &work, &levels));
    HONE_TRY(hone_array(run, &run->scratch, &kept, levels.n));
    size_t need = cut_off(&levels, set);
    size_t n = 0;
    for (size_t k = 0; k < levels.n && n < (size_t)set->max_levels; k++) {
        if (levels.count[k] >= need) {
            kept[n++] = levels.level[k];
        }
    }
    if (n == 0) {
        return HONE_OK;
    }
    const char *hint = hone_arena_format(mem, "%s_onehot", in->column->name);
    const char *wide = hone_graph_op(graph, HONE_ML, "OneHotEncoder", hint, HONE_IN(in->value));
    struct hone_node *node = hone_graph_last(graph);
    hone_node_texts(graph, node, "cats_strings", n, kept);
    hone_node_int(graph, node, "zeros", 1);
    /* [N, 1, n] to [N, n] */
    const int64_t shape[2] = {-1, (int64_t)n};
    const size_t two = 2;
    const char *to = hone_graph_const(graph, "shape", HONE_I64, 1, &two, shape);
    const char *value = hone_graph_op(graph, "", "Reshape", hint, HONE_IN(wide, to));
    for (size_t k = 0; k < n; k++) {
        hone_features_add(out, (struct hone_feature){
                                   .name = hone_arena_format(mem, "%s = %.*s", in->column->name,
                                                             (int)kept[k].len, kept[k].ptr),
                                   .source = in->column->name,
                                   .value = value,
                                   .at = k,
                                   .flag = true});
    }
    return HONE_OK;
}

const struct hone_transform hone_transform_onehot = {
    .part.name = "onehot",
    .part.summary = "categories as one 0/1 feature per frequent level",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .accepts = 1u << HONE_UTF8 | 1u << HONE_CATEGORY,
    .encode = encode,
};
