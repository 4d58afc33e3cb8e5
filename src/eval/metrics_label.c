/* Metrics of predicted classes: all come from the confusion table. */
#include <math.h>

#include "eval/metrics_priv.h"

#define SOURCE "scikit-learn 1.2, sklearn.metrics"

/* The confusion table and its margins. */
struct counts {
    size_t classes;
    const double *cell;   /* (classes, classes) true by predicted */
    double *truth;        /* (classes) weight of rows of the class */
    double *predicted;    /* (classes) */
    double total, agreed; /* all weight, and that on the diagonal */
};

static enum hone_code count_all(struct hone_run *run, const struct hone_prediction *p,
                                struct counts *c)
{
    double *cell;

    HONE_TRY(hone_confusion(run, p, &run->scratch, &cell));
    *c = (struct counts){.classes = p->classes, .cell = cell};
    HONE_TRY(hone_array(run, &run->scratch, &c->truth, p->classes));
    HONE_TRY(hone_array(run, &run->scratch, &c->predicted, p->classes));
    for (size_t i = 0; i < p->classes; i++) {
        for (size_t j = 0; j < p->classes; j++) {
            double w = cell[i * p->classes + j];
            c->truth[i] += w;
            c->predicted[j] += w;
            c->total += w;
        }
        c->agreed += cell[i * p->classes + i];
    }
    return HONE_OK;
}

static double hits(const struct counts *c, size_t k)
{
    return c->cell[k * c->classes + k];
}

static enum hone_code accuracy(struct hone_run *run, const void *settings,
                               const struct hone_prediction *p, struct hone_measure *out)
{
    double agreed = 0;
    double total = 0;

    (void)run;
    (void)settings;
    for (size_t i = 0; i < p->rows; i++) {
        double w = hone_weight_at(p, i);
        total += w;
        agreed += hone_predicted(p, i) == (size_t)p->y[i] ? w : 0.0;
    }
    out->value = agreed / total;
    return HONE_OK;
}

static enum hone_code balanced_accuracy(struct hone_run *run, const void *settings,
                                        const struct hone_prediction *p,
                                        struct hone_measure *out)
{
    struct counts c;
    double sum = 0;
    size_t present = 0;
    HONE_SCRATCH(run);

    (void)settings;
    HONE_TRY(count_all(run, p, &c));
    for (size_t k = 0; k < c.classes; k++) {
        if (c.truth[k] > 0) {
            sum += hits(&c, k) / c.truth[k];
            present++;
        }
    }
    out->value = sum / (double)present;
    out->why = present < c.classes ? "a class has no rows and is left out" : NULL;
    return HONE_OK;
}

enum part { PRECISION, RECALL, F1 };

/* One class; 0 where scikit-learn's zero_division="warn" gives 0. */
static double of_class(const struct counts *c, enum part part, size_t k, const char **why)
{
    double precision = c->predicted[k] > 0 ? hits(c, k) / c->predicted[k] : 0.0;
    double recall = c->truth[k] > 0 ? hits(c, k) / c->truth[k] : 0.0;

    if (!(c->predicted[k] > 0) && part != RECALL) {
        *why = "a class was never predicted: its precision counts as 0";
    }
    if (!(c->truth[k] > 0) && part != PRECISION) {
        *why = "a class has no rows: its recall counts as 0";
    }
    switch (part) {
    case PRECISION:
        return precision;
    case RECALL:
        return recall;
    case F1:
        break;
    }
    return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0.0;
}

/* Macro: the mean over classes that occur, as truth or as prediction.  Weighted: by true weight. */
static double over_classes(const struct counts *c, enum part part, bool weighted,
                           const char **why)
{
    double sum = 0;
    double weights = 0;

    for (size_t k = 0; k < c->classes; k++) {
        if (!(c->truth[k] > 0 || c->predicted[k] > 0)) {
            continue;
        }
        double w = weighted ? c->truth[k] : 1.0;
        sum += w * of_class(c, part, k, why);
        weights += w;
    }
    return sum / weights;
}

static enum hone_code part_of(struct hone_run *run, const char *average, enum part part,
                              const struct hone_prediction *p, struct hone_measure *out)
{
    struct counts c;
    struct hone_str how = hone_str(average);
    HONE_SCRATCH(run);

    HONE_TRY(count_all(run, p, &c));
    if (hone_str_is(how, "micro")) {
        out->value = c.agreed / c.total; /* with one label per row all three are the accuracy */
    } else if (p->task == HONE_TASK_BINARY && hone_str_is(how, "auto")) {
        out->value = of_class(&c, part, 1, &out->why);
    } else {
        out->value = over_classes(&c, part, hone_str_is(how, "weighted"), &out->why);
    }
    return HONE_OK;
}

static const char *average_of(const void *settings)
{
    return ((const struct hone_metric_settings *)settings)->average;
}

static enum hone_code precision(struct hone_run *run, const void *settings,
                                const struct hone_prediction *p, struct hone_measure *out)
{
    return part_of(run, average_of(settings), PRECISION, p, out);
}

static enum hone_code recall(struct hone_run *run, const void *settings,
                             const struct hone_prediction *p, struct hone_measure *out)
{
    return part_of(run, average_of(settings), RECALL, p, out);
}

static enum hone_code f1(struct hone_run *run, const void *settings,
                         const struct hone_prediction *p, struct hone_measure *out)
{
    return part_of(run, average_of(settings), F1, p, out);
}

static enum hone_code f1_macro(struct hone_run *run, const void *settings,
                               const struct hone_prediction *p, struct hone_measure *out)
{
    (void)settings;
    return part_of(run, "macro", F1, p, out);
}

static enum hone_code f1_micro(struct hone_run *run, const void *settings,
                               const struct hone_prediction *p, struct hone_measure *out)
{
    (void)settings;
    return part_of(run, "micro", F1, p, out);
}

static enum hone_code f1_weighted(struct hone_run *run, const void *settings,
                                  const struct hone_prediction *p, struct hone_measure *out)
{
    (void)settings;
    return part_of(run, "weighted", F1, p, out);
}

/* R_k statistic, Gorodkin, Computational Biology and Chemistry 28, 2004, eq. 8. */
static enum hone_code mcc(struct hone_run *run, const void *settings,
                          const struct hone_prediction *p, struct hone_measure *out)
{
    struct counts c;
    double both = 0;
    double predicted = 0;
    double truth = 0;
    HONE_SCRATCH(run);

    (void)settings;
    HONE_TRY(count_all(run, p, &c));
    for (size_t k = 0; k < c.classes; k++) {
        both += c.truth[k] * c.predicted[k];
        predicted += c.predicted[k] * c.predicted[k];
        truth += c.truth[k] * c.truth[k];
    }
    double square = c.total * c.total;
    double spread = (square - predicted) * (square - truth);
    /* Weights leave rounding where one class alone gives exactly 0. */
    if (!(square - predicted > 1e-12 * square) || !(square - truth > 1e-12 * square)) {
        *out =
            (struct hone_measure){0, "only one class is present or predicted: 0 by convention"};
        return HONE_OK;
    }
    out->value = (c.agreed * c.total - both) / sqrt(spread);
    return HONE_OK;
}

static const char *const averages[] = {"auto", "macro", "micro", "weighted", NULL};

static const struct hone_param average_rows[] = {
    HONE_CHOICE(struct hone_metric_settings, average, "auto", averages,
                .help = "auto: class 1 for two classes, else macro"),
    HONE_PARAM_END,
};

#define HEAD(name_, summary_)                                                                  \
    .part.name = (name_), .part.summary = (summary_), .part.source = SOURCE

const struct hone_metric hone_metric_accuracy = {
    HEAD("accuracy", "share of rows whose class is predicted"),
    .tasks = HONE_TASK_CLASSIFICATION,
    .greater_is_better = true,
    .reported = true,
    .value = accuracy,
};

const struct hone_metric hone_metric_balanced_accuracy = {
    HEAD("balanced_accuracy", "mean recall of the classes"),
    .tasks = HONE_TASK_CLASSIFICATION,
    .greater_is_better = true,
    .reported = true,
    .value = balanced_accuracy,
};

const struct hone_metric hone_metric_precision = {
    HEAD("precision", "share of rows predicted to be of a class that are"),
    .part.settings_size = sizeof(struct hone_metric_settings),
    .part.params = average_rows,
    .tasks = HONE_TASK_CLASSIFICATION,
    .greater_is_better = true,
    .reported = true,
    .value = precision,
};

const struct hone_metric hone_metric_recall = {
    HEAD("recall", "share of rows of a class that are found"),
    .part.settings_size = sizeof(struct hone_metric_settings),
    .part.params = average_rows,
    .tasks = HONE_TASK_CLASSIFICATION,
    .greater_is_better = true,
    .reported = true,
    .value = recall,
};

const struct hone_metric hone_metric_f1 = {
    HEAD("f1", "harmonic mean of precision and recall"),
    .part.settings_size = sizeof(struct hone_metric_settings),
    .part.params = average_rows,
    .tasks = HONE_TASK_CLASSIFICATION,
    .greater_is_better = true,
    .reported = true,
    .value = f1,
};

const struct hone_metric hone_metric_f1_macro = {
    HEAD("f1_macro", "mean f1 of the classes"),
    .tasks = HONE_TASK_CLASSIFICATION,
    .greater_is_better = true,
    .value = f1_macro,
};

const struct hone_metric hone_metric_f1_micro = {
    HEAD("f1_micro", "f1 over all decisions: the accuracy where each row has one class"),
    .tasks = HONE_TASK_CLASSIFICATION,
    .greater_is_better = true,
    .value = f1_micro,
};

const struct hone_metric hone_metric_f1_weighted = {
    HEAD("f1_weighted", "mean f1 of the classes by their share"),
    .tasks = HONE_TASK_CLASSIFICATION,
    .greater_is_better = true,
    .value = f1_weighted,
};

const struct hone_metric hone_metric_mcc = {
    HEAD("mcc", "Matthews correlation of truth and prediction, -1 to 1"),
    .tasks = HONE_TASK_CLASSIFICATION,
    .greater_is_better = true,
    .reported = true,
    .value = mcc,
};
