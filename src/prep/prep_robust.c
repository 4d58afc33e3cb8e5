/* Features less their median, divided by the distance of two quantiles: outliers do not move the scale. */
#include <math.h>

#include "prep/emit.h"
#include "prep/feature_stats.h"

struct settings {
    double low;
    double high;
};

static const struct hone_param params[] = {
    HONE_REAL(struct settings, low, 0.25, 0, 0.499, .help = "the lower quantile, as a share"),
    HONE_REAL(struct settings, high, 0.75, 0.501, 1, .help = "the upper quantile"),
    HONE_PARAM_END,
};

static enum hone_code map(struct hone_run *run, const void *settings,
                          const struct hone_fit_matrix *in, struct hone_graph *graph,
                          struct hone_arena *mem, const char **value, struct hone_features *out)
{
    const struct settings *set = settings;
    HONE_SCRATCH(run);
    HONE_ARENA(work);
    float *offset;
    float *scale;
    (void)mem;
    HONE_TRY(hone_array(run, &work, &offset, in->cols));
    HONE_TRY(hone_array(run, &work, &scale, in->cols));
    for (size_t j = 0; j < in->cols; j++) {
        struct hone_arena column = {0};
        struct hone_sorted s;
        enum hone_code code =
            hone_sorted_of(run, in->rows, in->x[j], hone_weights_of(in->target), &column, &s);
        if (code == HONE_OK) {
            double median = hone_sorted_quantile(&s, 0.5);
            double span =
                hone_sorted_quantile(&s, set->high) - hone_sorted_quantile(&s, set->low);
            bool varies = span > 1e-12 * (1 + fabs(median)) && isnormal((float)(1 / span));
            offset[j] = (float)median;
            scale[j] = varies ? (float)(1 / span) : 1;
        }
        hone_arena_free(&column);
        HONE_TRY(code);
    }
    *value = hone_emit_scaler(graph, in->value, "robust", in->cols, offset, scale);
    hone_features_scaled(in, *value, out);
    return HONE_OK;
}

const struct hone_transform hone_transform_robust = {
    .part.name = "robust",
    .part.summary = "numbers less their median, over the distance of two quartiles",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .plain = true,
    .map = map,
};
