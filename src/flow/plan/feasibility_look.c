/* What a study looks for beside scores: ceilings, doubtful labels, columns that are too good, worth in money. */
#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "flow/plan/feasibility_priv.h"

/* Scores from which on one asks whether they are true. */
#define TOO_GOOD_AUC      0.99
#define TOO_GOOD_ACCURACY 0.995
#define TOO_GOOD_R2       0.98
/* A column that carries this share of the importance, and without which this share of what was learned is lost. */
#define LEAK_SHARE 0.5
#define LEAK_LOSS  0.1
#define SURE       0.95

/* --- rows that no model can tell apart ---------------------------------------------------- */

struct marked {
    uint64_t hash;
    size_t at; /* among the training rows */
};

static int by_hash(const void *a, const void *b)
{
    const struct marked *x = a;
    const struct marked *y = b;
    if (x->hash != y->hash) {
        return x->hash < y->hash ? -1 : 1;
    }
    return (x->at > y->at) - (x->at < y->at);
}

static uint64_t cell_hash(const struct hone_column *c, size_t row, uint64_t seed)
{
    if (!hone_is_valid(c, row)) {
        return hone_mix64(seed + 1);
    }
    if (hone_type_is_text(c->type)) {
        struct hone_str text = hone_column_str(c, row);
        return hone_hash64(text.ptr, text.len, seed);
    }
    if (c->type == HONE_FLOAT32 || c->type == HONE_FLOAT64) {
        double real = hone_column_f64(c, row) + 0.0; /* -0 is 0 */
        return hone_hash64(&real, sizeof real, seed);
    }
    int64_t whole = hone_column_i64(c, row);
    return hone_hash64(&whole, sizeof whole, seed);
}

/* Training rows in the order of a hash of all columns that are used. */
static enum hone_code mark_rows(struct hone_run *run, const struct hone_study *s,
                                struct hone_arena *mem, struct marked **out)
{
    const struct hone_rows *rows = &s->p.train;
    struct marked *m;
    HONE_TRY(hone_array(run, mem, &m, rows->n));
    for (size_t i = 0; i < rows->n; i++) {
        m[i].at = i;
    }
    for (size_t j = 0; j < s->recipe->cols; j++) {
        const struct hone_column *c;
        if (s->recipe->column[j].transform == NULL) {
            continue;
        }
        HONE_TRY(hone_table_need(run, s->data, hone_str(s->recipe->column[j].name), &c));
        if (c->type == HONE_VECTOR) {
            continue; /* an embedding hardly repeats */
        }
        for (size_t i = 0; i < rows->n; i++) {
            m[i].hash = hone_mix64(m[i].hash + cell_hash(c, rows->row[i], j));
        }
    }
    qsort(m, rows->n, sizeof *m, by_hash);
    *out = m;
    return HONE_OK;
}

static enum hone_code find_ceiling(struct hone_run *run, struct hone_study *s)
{
    HONE_ARENA(work);
    struct hone_study_ceiling c = {.best = (double)NAN};
    const struct hone_rows *rows = &s->p.train;
    bool classes = s->p.target.task != HONE_TASK_REGRESSION;
    struct marked *m;
    size_t *count;
    double square = 0;
    HONE_TRY(mark_rows(run, s, &work, &m));
    HONE_TRY(hone_array(run, &work, &count, s->p.target.classes));
    for (size_t i = 0; i < rows->n;) {
        size_t end = i + 1;
        double sum = rows->y[m[i].at];
        while (end < rows->n && m[end].hash == m[i].hash) {
            sum += rows->y[m[end].at];
            end++;
        }
        size_t n = end - i;
        if (n > 1) {
            size_t most = 0;
            c.groups++;
            c.rows += n;
            memset(count, 0, s->p.target.classes * sizeof *count);
            for (size_t k = i; k < end; k++) {
                double y = rows->y[m[k].at];
                double off = y - sum / (double)n;
                square += off * off;
                size_t at = classes ? (size_t)y : 0;
                count[at]++;
                most = count[at] > most ? count[at] : most;
            }
            c.torn += classes ? n - most : 0;
        }
        i = end;
    }
    if (classes) {
        c.best = 1 - (double)c.torn / (double)rows->n;
    } else if (c.rows > c.groups) {
        c.best = sqrt(square / (double)(c.rows - c.groups)); /* pure error */
    }
    s->ceiling = c;
    return HONE_OK;
}

/* --- labels that are doubtful --------------------------------------------------------------- */

/* Keep the rows whose answers are surest. */
static void keep_worst(struct hone_study *s, size_t i, size_t other, double sure)
{
    struct hone_study_labels *l = &s->labels;
    const size_t room = sizeof l->row / sizeof l->row[0];
    size_t at = l->shown;
    while (at > 0 && l->sure[at - 1] < sure) {
        at--;
    }
    if (at == room) {
        return;
    }
    l->shown += l->shown < room;
    for (size_t k = l->shown - 1; k > at; k--) {
        l->row[k] = l->row[k - 1];
        l->sure[k] = l->sure[k - 1];
        l->given[k] = l->given[k - 1];
        l->other[k] = l->other[k - 1];
    }
    l->row[at] = s->p.train.row[s->learning.place[i]];
    l->sure[at] = sure;
    l->given[at] = s->p.target.class_name[(size_t)s->learning.y[i]];
    l->other[at] = s->p.target.class_name[other];
}

/* Rows whose label contradicts an answer of which the model is sure, beside how many its probabilities allow. */
static void find_labels(struct hone_study *s)
{
    const struct hone_learning *l = &s->learning;
    size_t classes = s->p.target.classes;
    if (s->p.target.task == HONE_TASK_REGRESSION) {
        return;
    }
    for (size_t i = 0; i < l->pooled; i++) {
        size_t best = 0;
        for (size_t k = 1; k < classes; k++) {
            best = l->prob[i * classes + k] > l->prob[i * classes + best] ? k : best;
        }
        double sure = l->prob[i * classes + best];
        if (sure < SURE) {
            continue;
        }
        s->labels.of++;
        s->labels.allowed += 1 - sure;
        if (best != (size_t)l->y[i]) {
            s->labels.rows++;
            keep_worst(s, i, best, sure);
        }
    }
}

/* --- a column that is too good -------------------------------------------------------------- */

static enum hone_code too_good(struct hone_run *run, const struct hone_study *s, bool *out)
{
    const struct hone_prediction p = hone_study_pooled(s);
    enum hone_task task = s->p.target.task;
    const char *name = task == HONE_TASK_REGRESSION ? "r2"
                       : task == HONE_TASK_BINARY   ? "roc_auc"
                                                    : "accuracy";
    double bound = task == HONE_TASK_REGRESSION ? TOO_GOOD_R2
                   : task == HONE_TASK_BINARY   ? TOO_GOOD_AUC
                                                : TOO_GOOD_ACCURACY;
    const struct hone_metric *metric;
    struct hone_measure measure;
    HONE_TRY(hone_metric_need(run, hone_str(name), &metric));
    HONE_TRY(hone_metric_value(run, metric, NULL, &p, &measure));
    *out = measure.value >= bound;
    return HONE_OK;
}

/* The score on the tries' held-out rows of the studied estimator with some recipe. */
static enum hone_code score_with(struct hone_run *run, const struct hone_study *s,
                                 const struct hone_recipe *recipe,
                                 struct hone_quick_about *about, double *out)
{
    HONE_ARENA(work);
    const struct hone_quick quick = {&s->p.target, recipe, s->tried[0].estimator,
                                     s->tried[0].settings};
    const struct hone_span span = {s->held.table, s->held.row, s->held.n};
    double *prob;
    HONE_TRY(hone_quick_fit(run, &quick, &s->fit, &span, 1, &work, &prob, about));
    const struct hone_prediction p = {.task = s->p.target.task,
                                      .rows = s->held.n,
                                      .classes = s->p.target.classes,
                                      .y = s->held.y,
                                      .weight = s->held.weight,
                                      .score = prob};
    struct hone_measure measure;
    HONE_TRY(hone_metric_value(run, s->metric, NULL, &p, &measure));
    *out = measure.value;
    return HONE_OK;
}

static enum hone_code find_leak(struct hone_run *run, struct hone_study *s)
{
    HONE_ARENA(work);
    struct hone_quick_about about = {0};
    double with;
    double without;
    HONE_TRY(too_good(run, s, &s->too_good));
    if (!s->too_good || s->recipe->used < 2) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &work, &about.importance, s->recipe->cols));
    HONE_TRY(score_with(run, s, s->recipe, &about, &with));
    size_t top = 0;
    for (size_t j = 1; j < s->recipe->cols; j++) {
        top = about.importance[j] > about.importance[top] ? j : top;
    }
    if (about.importance[top] < LEAK_SHARE) {
        return HONE_OK;
    }
    struct hone_recipe less = *s->recipe;
    HONE_TRY(hone_array(run, &work, &less.column, less.cols));
    memcpy(less.column, s->recipe->column, less.cols * sizeof *less.column);
    less.column[top].transform = less.column[top].scaled = NULL;
    less.used--;
    HONE_TRY(score_with(run, s, &less, NULL, &without));
    if (fabs(with - without) > LEAK_LOSS * fabs(with - s->peers.baseline)) {
        s->leak = s->recipe->column[top].name;
        s->leak_share = about.importance[top];
        s->without_leak = without;
    }
    return HONE_OK;
}

enum hone_code hone_study_look(struct hone_run *run, struct hone_study *s)
{
    HONE_TRY(find_ceiling(run, s));
    find_labels(s);
    return find_leak(run, s);
}

/* --- worth ---------------------------------------------------------------------------------- */

static double worth_of(const struct hone_value_matrix *w, bool truth, bool said)
{
    if (truth) {
        return said ? w->true_positive : w->false_negative;
    }
    return said ? w->false_positive : w->true_negative;
}

/* Every other row of the pooled ones: a threshold is chosen on one half and judged on the other. */
static enum hone_code half_threshold(struct hone_run *run, const struct hone_study *s,
                                     size_t half, double *at)
{
    HONE_ARENA(work);
    const struct hone_learning *l = &s->learning;
    struct hone_threshold found;
    double *y;
    double *prob;
    double *weight;
    size_t n = 0;
    HONE_TRY(hone_array(run, &work, &y, l->pooled));
    HONE_TRY(hone_array(run, &work, &prob, 2 * l->pooled));
    HONE_TRY(hone_array(run, &work, &weight, l->pooled));
    for (size_t i = half; i < l->pooled; i += 2) {
        y[n] = l->y[i];
        prob[2 * n] = l->prob[2 * i];
        prob[2 * n + 1] = l->prob[2 * i + 1];
        weight[n++] = l->weight == NULL ? 1 : l->weight[i];
    }
    const struct hone_prediction p = {.task = HONE_TASK_BINARY,
                                      .rows = n,
                                      .classes = 2,
                                      .y = y,
                                      .weight = weight,
                                      .score = prob};
    HONE_TRY(hone_threshold_best(run, &p, HONE_THRESHOLD_VALUE, &s->goals.worth, &found));
    *at = found.at;
    return HONE_OK;
}

/* Weighted mean of values with its 95 % interval by the normal law. */
static struct hone_interval mean_of(size_t n, const double *value, const double *weight)
{
    double sw = 0;
    double sum = 0;
    double square = 0;
    for (size_t i = 0; i < n; i++) {
        double w = weight == NULL ? 1 : weight[i];
        sw += w;
        sum += w * value[i];
    }
    double mean = sum / sw;
    for (size_t i = 0; i < n; i++) {
        double w = weight == NULL ? 1 : weight[i];
        square += w * w * (value[i] - mean) * (value[i] - mean);
    }
    double error = sqrt(square) / sw;
    return (struct hone_interval){
        .value = mean, .low = mean - 1.96 * error, .high = mean + 1.96 * error, .error = error};
}

enum hone_code hone_study_value(struct hone_run *run, struct hone_study *s)
{
    HONE_ARENA(work);
    const struct hone_learning *l = &s->learning;
    const struct hone_value_matrix *w = &s->goals.worth;
    struct hone_study_worth out = {0};
    double at[2];
    double *model;
    double *never;
    double *always;
    HONE_TRY(half_threshold(run, s, 0, &at[1]));
    HONE_TRY(half_threshold(run, s, 1, &at[0]));
    HONE_TRY(hone_array(run, &work, &model, l->pooled));
    HONE_TRY(hone_array(run, &work, &never, l->pooled));
    HONE_TRY(hone_array(run, &work, &always, l->pooled));
    for (size_t i = 0; i < l->pooled; i++) {
        bool truth = l->y[i] > 0.5;
        model[i] = worth_of(w, truth, l->prob[2 * i + 1] >= at[i % 2]);
        never[i] = worth_of(w, truth, false);
        always[i] = worth_of(w, truth, true);
    }
    out.threshold = (at[0] + at[1]) / 2;
    out.model = mean_of(l->pooled, model, l->weight);
    out.never = mean_of(l->pooled, never, l->weight).value;
    out.always = mean_of(l->pooled, always, l->weight).value;
    const double *simple = out.always > out.never ? always : never;
    for (size_t i = 0; i < l->pooled; i++) {
        model[i] -= simple[i];
    }
    out.gain = mean_of(l->pooled, model, l->weight);
    s->worth = out;
    s->worthy = true;
    return HONE_OK;
}
