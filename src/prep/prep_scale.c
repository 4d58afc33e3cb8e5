/* Features to mean 0 and standard deviation 1 over the training rows; 0/1 features stay as they are. */
#include <math.h>

#include "prep/transform.h"

/* What training sees, scaled as the graph's Scaler does; NULL where it sees the graph's own output. */
static const float *scaled_train(struct hone_arena *mem, const struct hone_feature *feature,
                                 size_t rows, float offset, float scale)
{
    if (feature->train == NULL) {
        return NULL;
    }
    float *train = hone_arena_must(mem, rows * sizeof *train);
    for (size_t i = 0; i < rows; i++) {
        train[i] = (feature->train[i] - offset) * scale;
    }
    return train;
}

static enum hone_code map(struct hone_run *run, const void *settings,
                          const struct hone_fit_matrix *in, struct hone_graph *graph,
                          struct hone_arena *mem, const char **value, struct hone_features *out)
{
    (void)settings;
    HONE_SCRATCH(run);
    float *offset;
    float *scale;
    HONE_TRY(hone_array(run, &run->scratch, &offset, in->cols));
    HONE_TRY(hone_array(run, &run->scratch, &scale, in->cols));
    for (size_t j = 0; j < in->cols; j++) {
        scale[j] = 1;
        if (in->feature[j].flag || in->rows == 0) {
            continue;
        }
        double sum = 0;
        for (size_t i = 0; i < in->rows; i++) {
            sum += (double)in->x[j][i];
        }
        double mean = sum / (double)in->rows;
        double squares = 0;
        for (size_t i = 0; i < in->rows; i++) {
            double d = (double)in->x[j][i] - mean;
            squares += d * d;
        }
        double std = sqrt(squares / (double)in->rows);
        offset[j] = (float)mean;
        /* a constant feature stays constant: no division by (almost) nothing */
        scale[j] = std > 1e-12 * (1 + fabs(mean)) ? (float)(1 / std) : 1;
    }
    *value = hone_graph_op(graph, HONE_ML, "Scaler", "scaled", HONE_IN(in->value));
    struct hone_node *node = hone_graph_last(graph);
    hone_node_floats(graph, node, "offset", in->cols, offset);
    hone_node_floats(graph, node, "scale", in->cols, scale);
    for (size_t j = 0; j < in->cols; j++) {
        struct hone_feature feature = in->feature[j];
        feature.value = *value;
        feature.at = j;
        feature.train = scaled_train(mem, &in->feature[j], in->rows, offset[j], scale[j]);
        hone_features_add(out, feature);
    }
    return HONE_OK;
}

const struct hone_transform hone_transform_scale = {
    .part.name = "scale",
    .part.summary = "features to mean 0 and standard deviation 1",
    .map = map,
};
