/*
 * Rare categories become one, and so does what training never saw: then an encoder after it has
 * something to say about new levels.
 */
#include "prep/transform.h"

struct settings {
    int64_t min_count;
    double min_share;
    int64_t max_levels;
    const char *other;
};

static const struct hone_param params[] = {
    HONE_INT(struct settings, min_count, 10, 1, 1000000000,
             .help = "training rows a level needs to stay itself"),
    HONE_REAL(struct settings, min_share, 0, 0, 1,
              .help = "share of the training rows it needs"),
    HONE_INT(struct settings, max_levels, 1000000, 1, 1000000000,
             .help = "most levels that stay, the most frequent"),
    HONE_TEXT(struct settings, other, "other", .help = "what the others become"),
    HONE_PARAM_END,
};

static enum hone_code recode(struct hone_run *run, const void *settings,
                             const struct hone_fit_column *in, struct hone_graph *graph,
                             struct hone_arena *mem, struct hone_fit_column *out)
{
    const struct settings *set = settings;
    HONE_ARENA(work);
    struct hone_levels levels;
    int32_t *place;
    struct hone_str *kept;
    HONE_TRY(hone_levels_find(run, in->column, in->row, in->rows, &work, &levels));
    HONE_TRY(hone_array(run, &work, &place, levels.n + 1));
    HONE_TRY(hone_array(run, &work, &kept, levels.n + 2));
    size_t need = (size_t)set->min_count;
    double share = set->min_share * (double)in->rows;
    need = (double)need < share ? (size_t)share + (share > (double)(size_t)share) : need;
    need = hone_levels_cut(&levels, need, (size_t)set->max_levels);
    size_t n = 0;
    for (size_t k = 0; k < levels.n; k++) {
        bool keep = levels.count[k] >= need && n < (size_t)set->max_levels;
        place[k] = keep ? (int32_t)n : -1;
        if (keep) {
            kept[n++] = levels.level[k];
        }
    }
    /* what training has: the kept ones and the other; what the graph looks up: the kept ones and "" */
    kept[n] = hone_str(set->other);
    for (size_t i = 0; i < in->rows; i++) {
        int32_t code = levels.code[i];
        levels.code[i] = code < 0 ? -1 : place[code] < 0 ? (int32_t)n : place[code];
    }
    struct hone_str *key;
    HONE_TRY(hone_array(run, &work, &key, n + 1));
    memcpy(key, kept, n * sizeof *key);
    key[n] = (struct hone_str){"", 0};
    const char *hint = hone_arena_format(mem, "%s_rare", in->column->name);
    const char *value = hone_graph_op(graph, HONE_ML, "LabelEncoder", hint, HONE_IN(in->value));
    struct hone_node *node = hone_graph_last(graph);
    hone_node_texts(graph, node, "keys_strings", n + 1, key);
    hone_node_texts(graph, node, "values_strings", n + 1, key);
    hone_node_text(graph, node, "default_string", kept[n]);
    return hone_recoded(run, in, n + 1, kept, levels.code, value, mem, out);
}

const struct hone_transform hone_transform_rare = {
    .part.name = "rare",
    .part.summary = "rare and unseen categories become one; an encoder may follow",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .accepts = HONE_TAKES_TEXT,
    .recode = recode,
};
