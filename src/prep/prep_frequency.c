/* Categories as how frequent they are among the training rows; unseen levels are 0. */
#include "prep/transform.h"

struct settings {
    bool count;
};

static const struct hone_param params[] = {
    HONE_FLAG(struct settings, count, false, .help = "rows instead of their share"),
    HONE_PARAM_END,
};

static enum hone_code encode(struct hone_run *run, const void *settings,
                             const struct hone_fit_column *in, struct hone_graph *graph,
                             struct hone_arena *mem, struct hone_features *out)
{
    const struct settings *set = settings;
    HONE_ARENA(work);
    struct hone_levels levels;
    double *weight;
    float *value;
    HONE_TRY(hone_levels_find(run, in->column, in->row, in->rows, &work, &levels));
    HONE_TRY(hone_level_weights(run, in, &levels, &work, &weight));
    HONE_TRY(hone_array(run, &work, &value, levels.n));
    double all = weight[levels.n];
    for (size_t k = 0; k < levels.n; k++) {
        all += weight[k];
    }
    double by = set->count || all <= 0 ? 1 : 1 / all;
    for (size_t k = 0; k < levels.n; k++) {
        value[k] = (float)(weight[k] * by);
    }
    const char *name = in->column->name;
    const char *hint = hone_arena_format(mem, "%s_frequency", name);
    const char *out_value = hone_emit_levels(run, graph, in->value, hint, &levels, value,
                                             (float)(weight[levels.n] * by), 0);
    hone_features_add(
        out, (struct hone_feature){.name = hone_arena_format(mem, "%s (frequency)", name),
                                   .source = name,
                                   .value = out_value});
    return HONE_OK;
}

const struct hone_transform hone_transform_frequency = {
    .part.name = "frequency",
    .part.summary = "categories as their share of the training rows",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .accepts = HONE_TAKES_TEXT | HONE_TAKES_NUMBER,
    .finite = true,
    .encode = encode,
};
