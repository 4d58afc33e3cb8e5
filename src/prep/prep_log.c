/*
 * The logarithm of features, for numbers that span orders of magnitude.
 *
 * Computed in double and rounded once, so that every runtime gives the same float.
 */
#include <math.h>

#include "prep/emit.h"
#include "prep/transform.h"

struct settings {
    const char *kind;
};

static const char *const kinds[] = {"signed", "plain", NULL};

static const struct hone_param params[] = {
    HONE_CHOICE(struct settings, kind, "signed", kinds,
                .help = "signed: sign(x) log(1 + |x|), defined everywhere; plain: log(x), "
                        "missing where x is not positive"),
    HONE_PARAM_END,
};

static const char *emit_signed(struct hone_graph *graph, const char *x)
{
    const double zero = 0;
    const double unit = 1;
    const char *none = hone_emit_row_f64(graph, "zero", 1, &zero);
    const char *one = hone_emit_row_f64(graph, "one", 1, &unit);
    const char *size = hone_graph_op(graph, "", "Abs", "size", HONE_IN(x));
    const char *shifted = hone_graph_op(graph, "", "Add", "shifted", HONE_IN(size, one));
    const char *log = hone_graph_op(graph, "", "Log", "log", HONE_IN(shifted));
    const char *minus = hone_graph_op(graph, "", "Neg", "minus", HONE_IN(log));
    const char *below = hone_graph_op(graph, "", "Less", "below", HONE_IN(x, none));
    return hone_graph_op(graph, "", "Where", "signed", HONE_IN(below, minus, log));
}

static const char *emit_plain(struct hone_graph *graph, const char *x)
{
    const double zero = 0;
    const double absent = (double)NAN;
    const char *none = hone_emit_row_f64(graph, "zero", 1, &zero);
    const char *nan = hone_emit_row_f64(graph, "nan", 1, &absent);
    const char *above = hone_graph_op(graph, "", "Greater", "above", HONE_IN(x, none));
    const char *positive =
        hone_graph_op(graph, "", "Where", "positive", HONE_IN(above, x, nan));
    return hone_graph_op(graph, "", "Log", "log", HONE_IN(positive));
}

static enum hone_code map(struct hone_run *run, const void *settings,
                          const struct hone_fit_matrix *in, struct hone_graph *graph,
                          struct hone_arena *mem, const char **value, struct hone_features *out)
{
    const struct settings *set = settings;
    (void)run, (void)mem;
    const char *x = hone_emit_cast(graph, in->value, "wide", HONE_F64);
    x = strcmp(set->kind, "plain") == 0 ? emit_plain(graph, x) : emit_signed(graph, x);
    *value = hone_emit_cast(graph, x, "logs", HONE_F32);
    hone_features_move(in, *value, out);
    return HONE_OK;
}

const struct hone_transform hone_transform_log = {
    .part.name = "log",
    .part.summary = "the logarithm of numbers that span orders of magnitude",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .map = map,
};
