/* Features so that the training rows lie between two bounds. */
#include <math.h>

#include "prep/emit.h"
#include "prep/feature_stats.h"

struct settings {
    double low;
    double high;
    bool clip;
};

static const struct hone_param params[] = {
    HONE_REAL(struct settings, low, 0, -1e6, 1e6, .help = "where the least value goes"),
    HONE_REAL(struct settings, high, 1, -1e6, 1e6, .help = "where the greatest value goes"),
    HONE_FLAG(struct settings, clip, false,
              .help = "keep values beyond those of the training rows within the bounds"),
    HONE_PARAM_END,
};

static enum hone_code map(struct hone_run *run, const void *settings,
                          const struct hone_fit_matrix *in, struct hone_graph *graph,
                          struct hone_arena *mem, const char **value, struct hone_features *out)
{
    const struct settings *set = settings;
    HONE_SCRATCH(run);
    float *low;
    float *high;
    float *offset;
    float *scale;
    (void)mem;
    if (set->low >= set->high) {
        return hone_fail(run, HONE_E_ARG, "minmax: low is %g, which is not below high, %g",
                         set->low, set->high);
    }
    HONE_TRY(hone_array(run, &run->scratch, &low, in->cols));
    HONE_TRY(hone_array(run, &run->scratch, &high, in->cols));
    HONE_TRY(hone_array(run, &run->scratch, &offset, in->cols));
    HONE_TRY(hone_array(run, &run->scratch, &scale, in->cols));
    for (size_t j = 0; j < in->cols; j++) {
        struct hone_moments m =
            hone_moments_of(in->rows, in->x[j], hone_weights_of(in->target));
        double span = m.max - m.min;
        bool varies = span > 1e-12 * (1 + fabs(m.min)) && isnormal((float)(1 / span));
        double by = varies ? (set->high - set->low) / span : 1;
        low[j] = (float)m.min;
        high[j] = (float)m.max;
        /* (x - offset) * scale with the lower bound in the offset: one rounding less than a further + */
        offset[j] = (float)(m.min - set->low / by);
        scale[j] = (float)by;
    }
    const char *from = in->value;
    if (set->clip) {
        from = hone_emit_clamp(graph, from, "clipped", in->cols, low, high);
    }
    *value = hone_emit_scaler(graph, from, "minmax", in->cols, offset, scale);
    hone_features_scaled(in, *value, out);
    return HONE_OK;
}

const struct hone_transform hone_transform_minmax = {
    .part.name = "minmax",
    .part.summary = "numbers between 0 and 1, or other bounds",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .plain = true,
    .map = map,
};
