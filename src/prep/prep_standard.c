/* Features to mean 0 and standard deviation 1 over the training rows; 0/1 features stay as they are. */
#include <math.h>

#include "prep/emit.h"
#include "prep/feature_stats.h"

struct settings {
    bool center;
    bool spread;
};

static const struct hone_param params[] = {
    HONE_FLAG(struct settings, center, true, .help = "take the mean away"),
    HONE_FLAG(struct settings, spread, true, .help = "divide by the standard deviation"),
    HONE_PARAM_END,
};

static enum hone_code map(struct hone_run *run, const void *settings,
                          const struct hone_fit_matrix *in, struct hone_graph *graph,
                          struct hone_arena *mem, const char **value, struct hone_features *out)
{
    const struct settings *set = settings;
    HONE_SCRATCH(run);
    float *offset;
    float *scale;
    (void)mem;
    HONE_TRY(hone_array(run, &run->scratch, &offset, in->cols));
    HONE_TRY(hone_array(run, &run->scratch, &scale, in->cols));
    for (size_t j = 0; j < in->cols; j++) {
        scale[j] = 1;
        if (in->feature[j].flag || in->feature[j].scaled) {
            continue;
        }
        struct hone_moments m =
            hone_moments_of(in->rows, in->x[j], hone_weights_of(in->target));
        double std = sqrt(m.variance);
        offset[j] = set->center ? (float)m.mean : 0;
        /* a constant feature stays constant: no division by (almost) nothing */
        bool varies = std > 1e-12 * (1 + fabs(m.mean)) && isnormal((float)(1 / std));
        scale[j] = set->spread && varies ? (float)(1 / std) : 1;
    }
    *value = hone_emit_scaler(graph, in->value, "standard", in->cols, offset, scale);
    hone_features_move(in, *value, out);
    return HONE_OK;
}

const struct hone_transform hone_transform_standard = {
    .part.name = "standard",
    .part.summary = "numbers to mean 0 and standard deviation 1",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .plain = true,
    .map = map,
};
