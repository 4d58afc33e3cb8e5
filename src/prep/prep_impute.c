/*
 * Missing features filled with the median of the training rows, and, where a feature was missing in
 * training often enough to tell, a 0/1 feature that says so.
 */
#include <math.h>
#include <stdlib.h>

#include "prep/transform.h"

struct settings {
    double indicator_share;
};

static const struct hone_param params[] = {
    HONE_REAL(struct settings, indicator_share, 0.01, 0, 1,
              .help = "missing share from which a feature gets an indicator"),
    HONE_PARAM_END,
};

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a;
    float y = *(const float *)b;
    return x < y ? -1 : x > y;
}

/* Median of the values that are there, 0 when none is; *missing counts the others. */
static float median(const float *x, size_t rows, float *room, size_t *missing)
{
    size_t n = 0;
    for (size_t i = 0; i < rows; i++) {
        if (!isnan(x[i])) {
            room[n++] = x[i];
        }
    }
    *missing = rows - n;
    if (n == 0) {
        return 0;
    }
    qsort(room, n, sizeof *room, by_value);
    double low = (double)room[(n - 1) / 2];
    double high = (double)room[n / 2];
    return (float)(low + (high - low) / 2);
}

/* What training sees, filled the same way; NULL where it sees the graph's own output. */
static const float *filled_train(struct hone_arena *mem, const struct hone_feature *feature,
                                 size_t rows, float fill)
{
    if (feature->train == NULL) {
        return NULL;
    }
    float *train = hone_arena_must(mem, rows * sizeof *train);
    for (size_t i = 0; i < rows; i++) {
        train[i] = isnan(feature->train[i]) ? fill : feature->train[i];
    }
    return train;
}

static enum hone_code map(struct hone_run *run, const void *settings,
                          const struct hone_fit_matrix *in, struct hone_graph *graph,
                          struct hone_arena *mem, const char **value, struct hone_features *out)
{
    const struct settings *set = settings;
    HONE_SCRATCH(run);
    float *fill;
    float *room;
    int64_t *flagged;
    HONE_TRY(hone_array(run, &run->scratch, &fill, in->cols));
    HONE_TRY(hone_array(run, &run->scratch, &room, in->rows));
    HONE_TRY(hone_array(run, &run->scratch, &flagged, in->cols));
    size_t flags = 0;
    for (size_t j = 0; j < in->cols; j++) {
        size_t missing;
        fill[j] = median(in->x[j], in->rows, room, &missing);
        double share = (double)missing / (double)in->rows;
        if (missing > 0 && share >= set->indicator_share && missing < in->rows) {
            flagged[flags++] = (int64_t)j;
        }
    }
    const char *filled =
        hone_graph_op(graph, HONE_ML, "Imputer", "imputed", HONE_IN(in->value));
    struct hone_node *node = hone_graph_last(graph);
    hone_node_floats(graph, node, "imputed_value_floats", in->cols, fill);
    hone_node_float(graph, node, "replaced_value_float", NAN);
    for (size_t j = 0; j < in->cols; j++) {
        struct hone_feature feature = in->feature[j];
        feature.value = filled;
        feature.at = j;
        feature.train = filled_train(mem, &in->feature[j], in->rows, fill[j]);
        hone_features_add(out, feature);
    }
    *value = filled;
    if (flags == 0) {
        return HONE_OK;
    }
    const char *which = hone_graph_const(graph, "flagged", HONE_I64, 1, &flags, flagged);
    const char *some = hone_graph_op(graph, "", "Gather", "some", HONE_IN(in->value, which));
    hone_node_int(graph, hone_graph_last(graph), "axis", 1);
    const char *is_nan = hone_graph_op(graph, "", "IsNaN", "is_missing", HONE_IN(some));
    const char *flag = hone_graph_op(graph, "", "Cast", "missing", HONE_IN(is_nan));
    hone_node_int(graph, hone_graph_last(graph), "to", HONE_F32);
    *value = hone_graph_op(graph, "", "Concat", "imputed_all", HONE_IN(filled, flag));
    hone_node_int(graph, hone_graph_last(graph), "axis", 1);
    for (size_t j = 0; j < in->cols; j++) {
        out->item[out->n - in->cols + j].value = *value;
    }
    for (size_t k = 0; k < flags; k++) {
        const struct hone_feature *from = &in->feature[flagged[k]];
        hone_features_add(out, (struct hone_feature){
                                   .name = hone_arena_format(mem, "%s is missing", from->name),
                                   .source = from->source,
                                   .value = *value,
                                   .at = in->cols + k,
                                   .flag = true});
    }
    return HONE_OK;
}

const struct hone_transform hone_transform_impute = {
    .part.name = "impute",
    .part.summary = "missing features become the training median, with an indicator",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .map = map,
};
