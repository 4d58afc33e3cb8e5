/*
 * Categories as the target's smoothed mean.
 *
 * The graph holds the mean over all training rows of a level, but training sees, for each row, the mean over
 * the other folds only: a level of one row tells nothing about that row.  Without this
 * a column of pure noise with many levels would look like the target.  A level that training did not have is
 * worth the overall mean, which is what training sees of a level that only one row has; missing is NaN.  Several classes give one feature
 * per class but the first.
 */
#include <math.h>

#include "base/rng.h"
#include "prep/transform.h"

struct settings {
    double smoothing;
    int64_t folds;
};

static const struct hone_param params[] = {
    HONE_REAL(struct settings, smoothing, 0, 0, 1e6,
              .help =
                  "rows of the overall mean mixed into each level's mean; 0: as many as the "
                  "levels' spread says"),
    HONE_INT(struct settings, folds, 5, 2, 50, .help = "folds that training sees means of"),
    HONE_PARAM_END,
};

/* The least and the most rows of the overall mean that the data may ask for. */
#define LEAST_SMOOTHING 1
#define MOST_SMOOTHING  1e4

/* Sums and counts of the target by level and fold. */
struct tally {
    size_t folds, levels;
    double *sum;   /* (folds + 1, levels): the last row is all folds together */
    double *count; /* the same */
    double prior;
    double squares; /* of the target about nothing, all rows that have a level */
    double smoothing;
};

static double smoothed(const struct tally *t, size_t fold, size_t level)
{
    size_t all = t->folds * t->levels + level;
    double sum = t->sum[all];
    double count = t->count[all];
    if (fold < t->folds) {
        sum -= t->sum[fold * t->levels + level];
        count -= t->count[fold * t->levels + level];
    }
    return (sum + t->smoothing * t->prior) / (count + t->smoothing);
}

/*
 * Empirical Bayes: a level's mean is drawn to the overall mean as by s2 / t2 rows, s2 being the variance within
 * levels and t2 that of the levels' true means, both from the analysis of variance (moments).
 * Source: Searle, Casella & McCulloch, Variance Components, 1992, 3.6 (unbalanced one-way layout).
 */
static double estimated_smoothing(const struct tally *t)
{
    const double *sum = t->sum + t->folds * t->levels;
    const double *count = t->count + t->folds * t->levels;
    double all = 0, total = 0, between = 0, squared = 0, levels = 0;
    for (size_t l = 0; l < t->levels; l++) {
        if (count[l] > 0) {
            all += count[l];
            total += sum[l];
            between += sum[l] * sum[l] / count[l];
            squared += count[l] * count[l];
            levels++;
        }
    }
    double within = t->squares - between;
    if (levels < 2 || all <= levels) {
        return MOST_SMOOTHING; /* every row has a level of its own: nothing can be told */
    }
    between -= total * total / all;
    double s2 = fmax(within, 0) / (all - levels);
    double t2 = (between - (levels - 1) * s2) / (all - squared / all);
    if (!(t2 * MOST_SMOOTHING > s2)) {
        return MOST_SMOOTHING;
    }
    return fmax(s2 / t2, LEAST_SMOOTHING);
}

/* The value to learn for a row: the target, or 1 when it is of class k. */
static double value_of(const struct hone_target *target, size_t i, size_t k)
{
    return target->task == HONE_TASK_MULTICLASS ? (double)(target->y[i] == (double)k)
                                                : target->y[i];
}

static void fill(struct tally *t, const struct hone_fit_column *in,
                 const struct hone_levels *levels, const uint8_t *fold, size_t k)
{
    memset(t->sum, 0, (t->folds + 1) * t->levels * sizeof *t->sum);
    memset(t->count, 0, (t->folds + 1) * t->levels * sizeof *t->count);
    double total = 0;
    double rows = 0;
    t->squares = 0;
    for (size_t i = 0; i < in->rows; i++) {
        double y = value_of(in->target, i, k);
        double w = in->target->weight == NULL ? 1 : in->target->weight[i];
        total += w * y;
        rows += w;
        if (levels->code[i] < 0) {
            continue;
        }
        size_t at = (size_t)levels->code[i];
        t->sum[fold[i] * t->levels + at] += w * y;
        t->count[fold[i] * t->levels + at] += w;
        t->squares += w * y * y;
    }
    for (size_t f = 0; f < t->folds; f++) {
        for (size_t l = 0; l < t->levels; l++) {
            t->sum[t->folds * t->levels + l] += t->sum[f * t->levels + l];
            t->count[t->folds * t->levels + l] += t->count[f * t->levels + l];
        }
    }
    t->prior = rows > 0 ? total / rows : 0;
}

static enum hone_code encode_class(struct hone_run *run, const struct settings *set,
                                   const struct hone_fit_column *in,
                                   const struct hone_levels *levels, const uint8_t *fold,
                                   size_t k, struct hone_graph *graph,
                                   struct hone_features *out)
{
    HONE_SCRATCH(run);
    struct hone_arena *mem = out->mem;
    struct tally t = {.folds = (size_t)set->folds, .levels = levels->n};
    float *mean;
    float *train;
    HONE_TRY(hone_matrix(run, &run->scratch, &t.sum, t.folds + 1, t.levels));
    HONE_TRY(hone_matrix(run, &run->scratch, &t.count, t.folds + 1, t.levels));
    HONE_TRY(hone_array(run, &run->scratch, &mean, levels->n));
    HONE_TRY(hone_array(run, mem, &train, in->rows));
    fill(&t, in, levels, fold, k);
    t.smoothing = set->smoothing > 0 ? set->smoothing : estimated_smoothing(&t);
    for (size_t l = 0; l < levels->n; l++) {
        mean[l] = (float)smoothed(&t, t.folds, l);
    }
    for (size_t i = 0; i < in->rows; i++) {
        train[i] =
            levels->code[i] < 0 ? NAN : (float)smoothed(&t, fold[i], (size_t)levels->code[i]);
    }
    bool many = in->target->task == HONE_TASK_MULTICLASS;
    const char *name = in->column->name;
    const char *hint = many ? hone_arena_format(mem, "%s_target_%zu", name, k)
                            : hone_arena_format(mem, "%s_target", name);
    const char *value =
        hone_emit_levels(run, graph, in->value, hint, levels, mean, NAN, (float)t.prior);
    hone_features_add(
        out, (struct hone_feature){
                 .name = many ? hone_arena_format(mem, "%s (class %zu)", name, k) : name,
                 .source = name,
                 .value = value,
                 .train = train});
    return HONE_OK;
}

static enum hone_code encode(struct hone_run *run, const void *settings,
                             const struct hone_fit_column *in, struct hone_graph *graph,
                             struct hone_arena *mem, struct hone_features *out)
{
    const struct settings *set = settings;
    HONE_SCRATCH(run);
    HONE_ARENA(work);
    (void)mem;
    struct hone_levels levels;
    uint8_t *fold;
    HONE_TRY(hone_levels_find(run, in->column, in->row, in->rows, &work, &levels));
    HONE_TRY(hone_array(run, &run->scratch, &fold, in->rows));
    struct hone_rng rng = hone_rng(run->seed, hone_rng_name("target folds"));
    for (size_t i = 0; i < in->rows; i++) {
        fold[i] = (uint8_t)(hone_rng_at(&rng, i) % (uint64_t)set->folds);
    }
    bool many = in->target->task == HONE_TASK_MULTICLASS;
    for (size_t k = 1; k < (many ? in->target->classes : 2); k++) {
        HONE_TRY(encode_class(run, set, in, &levels, fold, k, graph, out));
    }
    return HONE_OK;
}

const struct hone_transform hone_transform_target = {
    .part.name = "target",
    .part.summary = "categories as the target's smoothed mean, out of fold in training",
    .part.source = "Micci-Barreca, SIGKDD Explorations 3(1), 2001",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .accepts = HONE_TAKES_TEXT | HONE_TAKES_NUMBER,
    .supervised = true,
    .encode = encode,
};
