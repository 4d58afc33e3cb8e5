/*
 * Products of two features, and squares: what a linear model can not see otherwise.
 *
 * A product with a missing factor is missing.  All pairs up to a limit, beyond which it is refused: people choose
 * better than a rule.
 */
#include "prep/emit.h"
#include "prep/transform.h"

struct settings {
    bool squares;
    bool products;
    bool keep;
    int64_t max_terms;
};

static const struct hone_param params[] = {
    HONE_FLAG(struct settings, squares, true, .help = "each feature times itself"),
    HONE_FLAG(struct settings, products, true, .help = "each pair of different features"),
    HONE_FLAG(struct settings, keep, false, .help = "the features themselves too"),
    HONE_INT(struct settings, max_terms, 200, 1, 100000, .help = "most products to make"),
    HONE_PARAM_END,
};

/* The pairs, in the order of scikit-learn's PolynomialFeatures: (0, 0), (0, 1), ..., (1, 1), (1, 2) ... */
static size_t list_pairs(const struct settings *set, size_t cols, int64_t *a, int64_t *b)
{
    size_t n = 0;
    for (size_t i = 0; i < cols; i++) {
        for (size_t j = i; j < cols; j++) {
            if (i == j ? set->squares : set->products) {
                if (a != NULL) {
                    a[n] = (int64_t)i;
                    b[n] = (int64_t)j;
                }
                n++;
            }
        }
    }
    return n;
}

static const char *gather(struct hone_graph *graph, const char *value, size_t n,
                          const int64_t *which)
{
    const char *places = hone_graph_const(graph, "factor", HONE_I64, 1, &n, which);
    const char *out = hone_graph_op(graph, "", "Gather", "factors", HONE_IN(value, places));
    hone_node_int(graph, hone_graph_last(graph), "axis", 1);
    return out;
}

static void name_terms(const struct hone_fit_matrix *in, size_t n, const int64_t *a,
                       const int64_t *b, const char *value, struct hone_features *out)
{
    size_t first = out->n;
    for (size_t k = 0; k < n; k++) {
        const struct hone_feature *x = &in->feature[a[k]];
        const struct hone_feature *y = &in->feature[b[k]];
        const char *name = a[k] == b[k]
                               ? hone_arena_format(out->mem, "%s squared", x->name)
                               : hone_arena_format(out->mem, "%s * %s", x->name, y->name);
        hone_features_add(
            out, (struct hone_feature){
                     .name = name, .source = x->source, .value = value, .at = first + k});
    }
}

static enum hone_code map(struct hone_run *run, const void *settings,
                          const struct hone_fit_matrix *in, struct hone_graph *graph,
                          struct hone_arena *mem, const char **value, struct hone_features *out)
{
    const struct settings *set = settings;
    HONE_SCRATCH(run);
    int64_t *a;
    int64_t *b;
    (void)mem;
    size_t n = list_pairs(set, in->cols, NULL, NULL);
    if (n > (size_t)set->max_terms) {
        (void)hone_fail(run, HONE_E_ARG, "polynomial: %zu products of %zu features", n,
                        in->cols);
        return hone_hint(run,
                         "name the columns that matter (a*b=polynomial), or raise "
                         "max_terms, now %lld",
                         (long long)set->max_terms);
    }
    if (n == 0) {
        return hone_fail(run, HONE_E_ARG, "polynomial: no products of %zu feature%s", in->cols,
                         in->cols == 1 ? "" : "s");
    }
    HONE_TRY(hone_array(run, &run->scratch, &a, n));
    HONE_TRY(hone_array(run, &run->scratch, &b, n));
    list_pairs(set, in->cols, a, b);
    const char *x = gather(graph, in->value, n, a);
    const char *y = gather(graph, in->value, n, b);
    *value = hone_graph_op(graph, "", "Mul", "products", HONE_IN(x, y));
    if (set->keep) {
        *value = hone_emit_beside(graph, "polynomial", HONE_IN(in->value, *value));
        hone_features_move(in, *value, out);
    }
    name_terms(in, n, a, b, *value, out);
    return HONE_OK;
}

const struct hone_transform hone_transform_polynomial = {
    .part.name = "polynomial",
    .part.summary = "squares and products of two numbers: a*b=polynomial or *=polynomial",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .joint = true,
    .map = map,
};
