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
    HONE_SCRATCH(run);
    HONE_ARENA(work);
    struct hone_levels levels;
    HONE_TRY(hone_levels_find(run, in->column, in->row, in->rows, &work, &levels));
    double *sum;
    struct ranked *ranked;
    struct hone_str *key;
    float *code;
    HONE_TRY(hone_array(run, &run->scratch, &sum, levels.n));
    HONE_TRY(hone_array(run, &run->scratch, &ranked, levels.n));
    HONE_TRY(hone_array(run, &run->scratch, &key, levels.n));
    HONE_TRY(hone_array(run, &run->scratch, &code, levels.n));
    double total = 0;
    for (size_t i = 0; i < in->rows; i++) {
        total += in->target->y[i];
        if (levels.code[i] >= 0) {
            sum[levels.code[i]] += in->target->y[i];
        }
    }
    double prior = total / (double)in->rows;
    for (size_t k = 0; k < levels.n; k++) {
        double n = (double)levels.count[k];
        ranked[k] =
            (struct ranked){(sum[k] + set->smoothing * prior) / (n + set->smoothing), k};
    }
    qsort(ranked, levels.n, sizeof *ranked, by_mean);
    for (size_t r = 0; r < levels.n; r++) {
        key[r] = levels.level[ranked[r].level];
        code[r] = (float)r;
    }
    const char *value =
        hone_emit_lookup(graph, in->value, hone_arena_format(mem, "%s_rank", in->column->name),
                         levels.n, key, code, NAN);
    hone_features_add(out, (struct hone_feature){.name = in->column->name,
                                                 .source = in->column->name,
                                                 .value = value,
                                                 .category = true});
    return HONE_OK;
}

const struct hone_transform hone_transform_rank = {
    .part.name = "rank",
    .part.summary = "categories numbered in the order of the target's mean",
    .part.source =
        "Fisher, JASA 53, 1958; Hastie et al., Elements of Statistical Learning 9.2.4",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .accepts = 1u << HONE_UTF8 | 1u << HONE_CATEGORY,
    .supervised = true,
    .encode = encode,
};
