/*
 * Categories as 0, 1, 2 ... in the order of the target's smoothed mean, so that a tree separates
 * any low group from any high group with one threshold.
 *
 * The order is optimal for a single split of a two-class or squared loss; smoothing draws rare
 * levels to the middle.  Unseen and missing levels are NaN.  For few levels: with many, the order
 * itself learns the target by heart, and `target` (out of fold) is the one to use.
 */
#include <math.h>

#include "prep/transform.h"

struct settings {
    double smoothing;
};

static const struct hone_param params[] = {
    HONE_REAL(struct settings, smoothing, 10, 0, 1e6, .log_scale = true,
              .help = "rows of the overall mean mixed into each level's mean"),
    HONE_PARAM_END,
};

struct ranked {
    double mean;
    size_t level;
};

/* Lower mean first; equal means in byte order of the level, so that the order is total. */
static int by_mean(const void *a, const void *b)
{
    const struct ranked *x = a;
    const struct ranked *y = b;
    if (x->mean != y->mean) {
        return x->mean < y->mean ? -1 : 1;
    }
    return x->level < y->level ? -1 : x->level > y->level;
}

static enum hone_code encode(struct hone_run *run, const void *settings,
                             const struct hone_fit_column *in, struct hone_graph *graph,
                             struct hone_arena *mem, struct hone_features *out)
{
    const struct settings *set = settings;
    HONE_ARENA(work);
    struct hone_levels levels;
    HONE_TRY(hone_levels_find(run, in->column, in->row, in->rows, &work, &levels));
    double *sum;
    double *weight;
    struct ranked *ranked;
    float *code;
    HONE_TRY(hone_array(run, &work, &sum, levels.n + 1));
    HONE_TRY(hone_level_weights(run, in, &levels, &work, &weight));
    HONE_TRY(hone_array(run, &work, &ranked, levels.n));
    HONE_TRY(hone_array(run, &work, &code, levels.n));
    double total = 0;
    double rows = 0;
    for (size_t i = 0; i < in->rows; i++) {
        double w = in->target->weight == NULL ? 1 : in->target->weight[i];
        total += w * in->target->y[i];
        rows += w;
        sum[levels.code[i] < 0 ? levels.n : (size_t)levels.code[i]] += w * in->target->y[i];
    }
    double prior = rows > 0 ? total / rows : 0;
    for (size_t k = 0; k < levels.n; k++) {
        double n = weight[k] + set->smoothing;
        ranked[k] = (struct ranked){n > 0 ? (sum[k] + set->smoothing * prior) / n : prior, k};
    }
    qsort(ranked, levels.n, sizeof *ranked, by_mean);
    const char **name;
    HONE_TRY(hone_array(run, mem, &name, levels.n));
    for (size_t r = 0; r < levels.n; r++) {
        struct hone_str text = levels.level[ranked[r].level];
        code[ranked[r].level] = (float)r;
        name[r] = hone_arena_text(mem, text.ptr, text.len);
    }
    const char *hint = hone_arena_format(mem, "%s_rank", in->column->name);
    const char *value = hone_emit_levels(run, graph, in->value, hint, &levels, code, NAN, NAN);
    hone_features_add(out, (struct hone_feature){.name = in->column->name,
                                                 .source = in->column->name,
                                                 .value = value,
                                                 .category = true,
                                                 .level = name});
    return HONE_OK;
}

const struct hone_transform hone_transform_rank = {
    .part.name = "rank",
    .part.summary = "categories numbered in the order of the target's mean",
    .part.source =
        "Fisher, JASA 53, 1958; Hastie et al., Elements of Statistical Learning 9.2.4",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .accepts = HONE_TAKES_TEXT | HONE_TAKES_NUMBER,
    .supervised = true,
    .encode = encode,
};
