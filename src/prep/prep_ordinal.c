/*
 * Categories as 0, 1, 2 ... in an order that is said: of the texts, of how frequent they are, or one that people
 * give (low<medium<high).
 */
#include <math.h>

#include "prep/transform.h"

struct settings {
    const char *order;
    const char *levels;
    const char *unknown;
};

static const char *const orders[] = {"value", "frequency", NULL};
static const char *const unknowns[] = {"missing", "minus_one", NULL};

static const struct hone_param params[] = {
    HONE_CHOICE(struct settings, order, "value", orders,
                .help = "of the texts and numbers themselves, or the most frequent first"),
    HONE_TEXT(struct settings, levels, NULL, .arg = "A<B<...",
              .help = "the levels in their order, others are unknown"),
    HONE_CHOICE(struct settings, unknown, "missing", unknowns,
                .help = "what a level is that training did not have"),
    HONE_PARAM_END,
};

/* code[k] of level k: its place among those that were said, NAN when it is not one of them. */
static enum hone_code said_order(struct hone_run *run, const char *said,
                                 const struct hone_levels *levels, float other, float *code)
{
    struct hone_str rest = hone_str(said);
    bool more = true;
    for (size_t k = 0; k < levels->n; k++) {
        code[k] = other;
    }
    for (size_t place = 0; more; place++) {
        struct hone_str one;
        more = hone_str_cut(rest, '<', &one, &rest);
        one = hone_str_trim(one);
        if (one.len == 0) {
            (void)hone_fail(run, HONE_E_ARG, "ordinal: an empty level in '%.80s'", said);
            return hone_hint(run, "write levels=low<medium<high");
        }
        for (size_t k = 0; k < levels->n; k++) {
            code[k] = hone_str_eq(levels->level[k], one) ? (float)place : code[k];
        }
    }
    return HONE_OK;
}

static void frequency_order(const double *weight, size_t n, float *code)
{
    for (size_t k = 0; k < n; k++) {
        size_t before = 0;
        for (size_t l = 0; l < n; l++) {
            before += weight[l] > weight[k] || (l < k && weight[l] >= weight[k]);
        }
        code[k] = (float)before;
    }
}

static enum hone_code encode(struct hone_run *run, const void *settings,
                             const struct hone_fit_column *in, struct hone_graph *graph,
                             struct hone_arena *mem, struct hone_features *out)
{
    const struct settings *set = settings;
    HONE_ARENA(work);
    struct hone_levels levels;
    float *code;
    double *weight;
    float other = strcmp(set->unknown, "minus_one") == 0 ? -1 : NAN;
    HONE_TRY(hone_levels_find(run, in->column, in->row, in->rows, &work, &levels));
    HONE_TRY(hone_level_weights(run, in, &levels, &work, &weight));
    HONE_TRY(hone_array(run, &work, &code, levels.n));
    if (set->levels != NULL) {
        HONE_TRY(said_order(run, set->levels, &levels, other, code));
    } else if (strcmp(set->order, "frequency") == 0) {
        frequency_order(weight, levels.n, code);
    } else {
        for (size_t k = 0; k < levels.n; k++) {
            code[k] = (float)k;
        }
    }
    const char *hint = hone_arena_format(mem, "%s_ordinal", in->column->name);
    const char *value =
        hone_emit_levels(run, graph, in->value, hint, &levels, code, NAN, other);
    hone_features_add(out, (struct hone_feature){.name = in->column->name,
                                                 .source = in->column->name,
                                                 .value = value});
    return HONE_OK;
}

const struct hone_transform hone_transform_ordinal = {
    .part.name = "ordinal",
    .part.summary = "categories numbered in the order of their texts, of frequency or as said",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .accepts = HONE_TAKES_TEXT | HONE_TAKES_NUMBER,
    .encode = encode,
};
