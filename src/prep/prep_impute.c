/*
 * Missing features filled from the training rows, and, where a feature was missing in training often enough to
 * tell, a 0/1 feature that says so.  Texts are filled with a text.
 */
#include <math.h>

#include "prep/emit.h"
#include "prep/feature_stats.h"

struct settings {
    const char *strategy;
    const char *value;
    double indicator;
};

static const char *const strategies[] = {"median", "mean", "most_frequent", "constant", NULL};

static const struct hone_param params[] = {
    HONE_CHOICE(struct settings, strategy, "median", strategies,
                .help = "what missing numbers become; texts become the most frequent one or "
                        "the constant"),
    HONE_TEXT(struct settings, value, NULL,
              .help =
                  "the constant: 0 for numbers and 'missing' for texts when it is not given"),
    HONE_REAL(struct settings, indicator, 0.01, 0, 1,
              .help = "missing share from which a feature gets a 0/1 feature that says so; 1: "
                      "none does"),
    HONE_PARAM_END,
};

/* The value of most weight, the smallest of equal ones. */
static enum hone_code most_frequent(struct hone_run *run, const struct hone_sorted *s,
                                    float *out)
{
    HONE_SCRATCH(run);
    float *value;
    double *weight;
    HONE_TRY(hone_array(run, &run->scratch, &value, s->n + 1));
    HONE_TRY(hone_array(run, &run->scratch, &weight, s->n + 1));
    size_t n = hone_sorted_distinct(s, value, weight);
    size_t best = 0;
    for (size_t k = 1; k < n; k++) {
        best = weight[k] > weight[best] * (1 + 1e-12) ? k : best;
    }
    *out = value[best]; /* 0 when there is none */
    return HONE_OK;
}

static enum hone_code find_fill(struct hone_run *run, const struct settings *set,
                                const struct hone_fit_matrix *in, size_t j, float *out)
{
    const double *weight = hone_weights_of(in->target);
    if (strcmp(set->strategy, "constant") == 0) {
        double value = 0;
        if (set->value != NULL && !hone_parse_f64(hone_str(set->value), &value)) {
            return hone_fail(run, HONE_E_ARG, "impute: '%.60s' is no number to fill %s with",
                             set->value, in->feature[j].name);
        }
        *out = (float)value;
        return HONE_OK;
    }
    if (strcmp(set->strategy, "mean") == 0) {
        *out = (float)hone_moments_of(in->rows, in->x[j], weight).mean;
        return HONE_OK;
    }
    HONE_ARENA(work);
    struct hone_sorted sorted;
    HONE_TRY(hone_sorted_of(run, in->rows, in->x[j], weight, &work, &sorted));
    if (strcmp(set->strategy, "most_frequent") == 0) {
        return most_frequent(run, &sorted, out);
    }
    *out = (float)hone_sorted_quantile(&sorted, 0.5);
    return HONE_OK;
}

static double missing_share(const struct hone_fit_matrix *in, size_t j)
{
    size_t missing = 0;
    for (size_t i = 0; i < in->rows; i++) {
        missing += isnan(in->x[j][i]) ? 1 : 0;
    }
    return in->rows == 0 ? 0 : (double)missing / (double)in->rows;
}

/* 0/1 features of the flagged columns beside the filled ones. */
static void add_flags(const struct hone_fit_matrix *in, const int64_t *flagged, size_t flags,
                      struct hone_graph *graph, struct hone_arena *mem, const char **value,
                      struct hone_features *out)
{
    const char *which = hone_graph_const(graph, "flagged", HONE_I64, 1, &flags, flagged);
    const char *some = hone_graph_op(graph, "", "Gather", "some", HONE_IN(in->value, which));
    hone_node_int(graph, hone_graph_last(graph), "axis", 1);
    const char *is_nan = hone_graph_op(graph, "", "IsNaN", "is_missing", HONE_IN(some));
    const char *flag = hone_emit_cast(graph, is_nan, "missing", HONE_F32);
    *value = hone_emit_beside(graph, "imputed_all", HONE_IN(*value, flag));
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
}

static enum hone_code map(struct hone_run *run, const void *settings,
                          const struct hone_fit_matrix *in, struct hone_graph *graph,
                          struct hone_arena *mem, const char **value, struct hone_features *out)
{
    const struct settings *set = settings;
    HONE_SCRATCH(run);
    HONE_ARENA(work);
    float *fill;
    int64_t *flagged;
    HONE_TRY(hone_array(run, &work, &fill, in->cols));
    HONE_TRY(hone_array(run, &work, &flagged, in->cols));
    size_t flags = 0;
    for (size_t j = 0; j < in->cols; j++) {
        HONE_TRY(find_fill(run, set, in, j, &fill[j]));
        double share = missing_share(in, j);
        if (share > 0 && share >= set->indicator && share < 1) {
            flagged[flags++] = (int64_t)j;
        }
    }
    *value = hone_graph_op(graph, HONE_ML, "Imputer", "imputed", HONE_IN(in->value));
    struct hone_node *node = hone_graph_last(graph);
    hone_node_floats(graph, node, "imputed_value_floats", in->cols, fill);
    hone_node_float(graph, node, "replaced_value_float", NAN);
    hone_features_move(in, *value, out);
    if (flags > 0) {
        add_flags(in, flagged, flags, graph, mem, value, out);
    }
    return HONE_OK;
}

static enum hone_code recode(struct hone_run *run, const void *settings,
                             const struct hone_fit_column *in, struct hone_graph *graph,
                             struct hone_arena *mem, struct hone_fit_column *out)
{
    const struct settings *set = settings;
    HONE_ARENA(work);
    struct hone_levels levels;
    HONE_TRY(hone_levels_find(run, in->column, in->row, in->rows, &work, &levels));
    struct hone_str fill = hone_str(set->value == NULL ? "missing" : set->value);
    double *weight;
    HONE_TRY(hone_level_weights(run, in, &levels, &work, &weight));
    size_t best = 0;
    for (size_t k = 0; k < levels.n; k++) {
        best = weight[k] > weight[best] * (1 + 1e-12) ? k : best;
    }
    if (strcmp(set->strategy, "constant") != 0 && levels.n > 0) {
        fill = levels.level[best];
    }
    struct hone_str *level;
    HONE_TRY(hone_array(run, &work, &level, levels.n + 1));
    for (size_t k = 0; k < levels.n; k++) {
        level[k] = levels.level[k];
    }
    level[levels.n] = fill;
    for (size_t i = 0; i < in->rows; i++) {
        levels.code[i] = levels.code[i] < 0 ? (int32_t)levels.n : levels.code[i];
    }
    /* a text of which nothing is known stays as it is: only a lookup of "" decides */
    const char *hint = hone_arena_format(mem, "%s_filled", in->column->name);
    const struct hone_str nothing = {"", 0};
    const float one = 1;
    const char *absent = hone_emit_lookup(graph, in->value, hint, 1, &nothing, &one, 0);
    absent = hone_emit_cast(graph, absent, hint, HONE_B8);
    const size_t scalar = 1;
    const char *instead = hone_graph_const(graph, "fill", HONE_STRING, 1, &scalar, &fill);
    const char *value =
        hone_graph_op(graph, "", "Where", hint, HONE_IN(absent, instead, in->value));
    return hone_recoded(run, in, levels.n + 1, level, levels.code, value, mem, out);
}

const struct hone_transform hone_transform_impute = {
    .part.name = "impute",
    .part.summary = "missing values become the median, mean, most frequent value or a constant",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .accepts = HONE_TAKES_TEXT,
    .finite = true,
    .plain = true,
    .recode = recode,
    .map = map,
};
