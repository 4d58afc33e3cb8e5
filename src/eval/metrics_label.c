/* Metrics of predicted classes: all come from the confusion table. */
#include <math.h>
#include <string.h>

#include "eval/metrics_priv.h"

#define SOURCE "scikit-learn 1.2, sklearn.metrics"

static struct hone_measure accuracy(const void *settings, const struct hone_class_counts *c)
{
    (void)settings;
    return (struct hone_measure){c->agreed / c->total, NULL};
}

static double all_trials(const void *settings, const struct hone_class_counts *c)
{
    (void)settings;
    return c->total;
}

static struct hone_measure balanced_accuracy(const void *settings,
                                             const struct hone_class_counts *c)
{
    double sum = 0;
    size_t present = 0;

    (void)settings;
    for (size_t k = 0; k < c->classes; k++) {
        if (c->truth[k] > 0) {
            sum += hone_class_hits(c, k) / c->truth[k];
            present++;
        }
    }
    return (struct hone_measure){
        sum / (double)present,
        present < c->classes ? "a class has no rows and is left out" : NULL,
    };
}

enum part { PRECISION, RECALL, F1, FBETA, JACCARD, SPECIFICITY };

/* What is asked of each class. */
struct question {
    enum part part;
    double beta; /* of FBETA */
};

/* The share b of a: 0 where a is 0, as scikit-learn's zero_division="warn". */
static double ratio(double b, double a)
{
    return a > 0 ? b / a : 0.0;
}

/* One class. */
static double of_class(const struct hone_class_counts *c, struct question q, size_t k,
                       const char **why)
{
    double hits = hone_class_hits(c, k);
    double precision = ratio(hits, c->predicted[k]);
    double recall = ratio(hits, c->truth[k]);
    double beta2 = q.beta * q.beta;

    if (q.part == SPECIFICITY) {
        double others = c->total - c->truth[k];
        if (!(others > 1e-12 * c->total)) {
            *why = "every row is of one class: its specificity counts as 0";
            return 0.0;
        }
        return (others - (c->predicted[k] - hits)) / others;
    }
    if (!(c->predicted[k] > 0) && q.part != RECALL) {
        *why = "a class was never predicted: its precision counts as 0";
    }
    if (!(c->truth[k] > 0) && q.part != PRECISION) {
        *why = "a class has no rows: its recall counts as 0";
    }
    switch (q.part) {
    case PRECISION:
        return precision;
    case RECALL:
        return recall;
    case JACCARD:
        return ratio(hits, c->truth[k] + c->predicted[k] - hits);
    case F1:
    case FBETA:
    case SPECIFICITY:
        break;
    }
    return ratio((1 + beta2) * precision * recall, beta2 * precision + recall);
}

/* Macro: the mean over classes that occur, as truth or as prediction.  Weighted: by true weight. */
static double over_classes(const struct hone_class_counts *c, struct question q, bool weighted,
                           const char **why)
{
    double sum = 0;
    double weights = 0;

    for (size_t k = 0; k < c->classes; k++) {
        if (!(c->truth[k] > 0 || c->predicted[k] > 0)) {
            continue;
        }
        double w = weighted ? c->truth[k] : 1.0;
        sum += w * of_class(c, q, k, why);
        weights += w;
    }
    return sum / weights;
}

/* Over all decisions of one class against the rest, summed over classes. */
static double micro(const struct hone_class_counts *c, struct question q)
{
    double missed = c->total - c->agreed;

    switch (q.part) {
    case JACCARD:
        return c->agreed / (c->agreed + 2 * missed);
    case SPECIFICITY:
        return 1 - missed / (c->total * (double)(c->classes - 1));
    case PRECISION:
    case RECALL:
    case F1:
    case FBETA:
        break;
    }
    return c->agreed / c->total; /* with one label per row all are the accuracy */
}

static const char *average_of(const void *settings)
{
    return ((const struct hone_metric_settings *)settings)->average;
}

static struct hone_measure part_of(const char *average, struct question q,
                                   const struct hone_class_counts *c)
{
    struct hone_str how = hone_str(average);
    struct hone_measure out = {0, NULL};

    if (hone_str_is(how, "micro")) {
        out.value = micro(c, q);
    } else if (c->classes == 2 && hone_str_is(how, "auto")) {
        out.value = of_class(c, q, 1, &out.why);
    } else {
        out.value = over_classes(c, q, hone_str_is(how, "weighted"), &out.why);
    }
    return out;
}

#define PART_METRIC(name, ...)                                                                 \
    static struct hone_measure name(const void *settings, const struct hone_class_counts *c)   \
    {                                                                                          \
        const struct question q = {__VA_ARGS__};                                               \
        return part_of(average_of(settings), q, c);                                            \
    }

PART_METRIC(precision, PRECISION, 1)
PART_METRIC(recall, RECALL, 1)
PART_METRIC(f1, F1, 1)
PART_METRIC(fbeta, FBETA, ((const struct hone_metric_settings *)settings)->beta)
PART_METRIC(jaccard, JACCARD, 1)
PART_METRIC(specificity, SPECIFICITY, 1)

#define F1_METRIC(name, average)                                                               \
    static struct hone_measure name(const void *settings, const struct hone_class_counts *c)   \
    {                                                                                          \
        const struct question q = {F1, 1};                                                     \
        (void)settings;                                                                        \
        return part_of(average, q, c);                                                         \
    }

F1_METRIC(f1_macro, "macro")
F1_METRIC(f1_micro, "micro")
F1_METRIC(f1_weighted, "weighted")

/* Shares of one class's rows: of those predicted, those true, those neither. */
#define TRIALS(name, denominator)                                                              \
    static double name(const void *settings, const struct hone_class_counts *c)                \
    {                                                                                          \
        const char *average = average_of(settings);                                            \
        if (strcmp(average, "micro") == 0) {                                                   \
            return c->total;                                                                   \
        }                                                                                      \
        return c->classes == 2 && strcmp(average, "auto") == 0 ? (denominator) : 0.0;          \
    }

TRIALS(predicted_trials, c->predicted[1])
TRIALS(true_trials, c->truth[1])
static double false_trials(const void *settings, const struct hone_class_counts *c)
{
    return c->classes == 2 && strcmp(average_of(settings), "auto") == 0 ? c->truth[0] : 0.0;
}

/* R_k statistic, Gorodkin, Computational Biology and Chemistry 28, 2004, eq. 8. */
static struct hone_measure mcc(const void *settings, const struct hone_class_counts *c)
{
    double both = 0;
    double predicted = 0;
    double truth = 0;

    (void)settings;
    for (size_t k = 0; k < c->classes; k++) {
        both += c->truth[k] * c->predicted[k];
        predicted += c->predicted[k] * c->predicted[k];
        truth += c->truth[k] * c->truth[k];
    }
    double square = c->total * c->total;
    double spread = (square - predicted) * (square - truth);
    /* Weights leave rounding where one class alone gives exactly 0. */
    if (!(square - predicted > 1e-12 * square) || !(square - truth > 1e-12 * square)) {
        return (struct hone_measure){0,
                                     "only one class is present or predicted: 0 by convention"};
    }
    return (struct hone_measure){(c->agreed * c->total - both) / sqrt(spread), NULL};
}

/* Chance-corrected agreement; disagreement of classes i and j costs 1, |i - j| or its square. */
static struct hone_measure cohen_kappa(const void *settings, const struct hone_class_counts *c)
{
    struct hone_str cost = hone_str(((const struct hone_metric_settings *)settings)->cost);
    bool linear = hone_str_is(cost, "linear");
    bool quadratic = hone_str_is(cost, "quadratic");
    double seen = 0;
    double chance = 0;

    for (size_t i = 0; i < c->classes; i++) {
        for (size_t j = 0; j < c->classes; j++) {
            double gap = (double)i - (double)j;
            double w = quadratic ? gap * gap : linear ? fabs(gap) : i == j ? 0.0 : 1.0;
            seen += w * c->cell[i * c->classes + j];
            chance += w * c->truth[i] * c->predicted[j] / c->total;
        }
    }
    if (!(chance > 0)) {
        return (struct hone_measure){(double)NAN, "only one class is present and predicted"};
    }
    return (struct hone_measure){1 - seen / chance, NULL};
}

static struct hone_measure gmean(const void *settings, const struct hone_class_counts *c)
{
    double logs = 0;
    size_t present = 0;

    (void)settings;
    for (size_t k = 0; k < c->classes; k++) {
        if (c->truth[k] > 0) {
            logs += log(hone_class_hits(c, k) / c->truth[k]); /* no hit: -infinity, then 0 */
            present++;
        }
    }
    return (struct hone_measure){
        exp(logs / (double)present),
        present < c->classes ? "a class has no rows and is left out" : NULL,
    };
}

static const char *const averages[] = {"auto", "macro", "micro", "weighted", NULL};

#define AVERAGE                                                                                \
    HONE_CHOICE(struct hone_metric_settings, average, "auto", averages,                        \
                .help = "auto: class 1 for two classes, else macro")

static const struct hone_param average_rows[] = {AVERAGE, HONE_PARAM_END};

/* clang-format off */
static const struct hone_param fbeta_rows[] = {
    HONE_REAL(struct hone_metric_settings, beta, 2, 0.01, 100,
              .help = "how many times as much recall weighs as precision"),
    AVERAGE,
    HONE_PARAM_END,
};
/* clang-format on */

static const char *const costs[] = {"none", "linear", "quadratic", NULL};

static const struct hone_param kappa_rows[] = {
    HONE_CHOICE(struct hone_metric_settings, cost, "none", costs,
                .help = "of taking one class for another: by their distance in order"),
    HONE_PARAM_END,
};

#define HEAD(name_, summary_)                                                                  \
    .part.name = (name_), .part.summary = (summary_), .part.source = SOURCE

const struct hone_metric hone_metric_accuracy = {
    HEAD("accuracy", "share of rows whose class is predicted"),
    .tasks = HONE_TASK_CLASSIFICATION,
    .greater_is_better = true,
    .reported = true,
    .of_counts = accuracy,
    .trials = all_trials,
};

const struct hone_metric hone_metric_balanced_accuracy = {
    HEAD("balanced_accuracy", "mean recall of the classes"),
    .tasks = HONE_TASK_CLASSIFICATION,
    .greater_is_better = true,
    .reported = true,
    .of_counts = balanced_accuracy,
};

const struct hone_metric hone_metric_precision = {
    HEAD("precision", "share of rows predicted to be of a class that are"),
    .part.settings_size = sizeof(struct hone_metric_settings),
    .part.params = average_rows,
    .tasks = HONE_TASK_CLASSIFICATION,
    .greater_is_better = true,
    .reported = true,
    .of_counts = precision,
    .trials = predicted_trials,
};

const struct hone_metric hone_metric_recall = {
    HEAD("recall", "share of rows of a class that are found"),
    .part.settings_size = sizeof(struct hone_metric_settings),
    .part.params = average_rows,
    .tasks = HONE_TASK_CLASSIFICATION,
    .greater_is_better = true,
    .reported = true,
    .of_counts = recall,
    .trials = true_trials,
};

const struct hone_metric hone_metric_f1 = {
    HEAD("f1", "harmonic mean of precision and recall"),
    .part.settings_size = sizeof(struct hone_metric_settings),
    .part.params = average_rows,
    .tasks = HONE_TASK_CLASSIFICATION,
    .greater_is_better = true,
    .reported = true,
    .of_counts = f1,
};

const struct hone_metric hone_metric_f1_macro = {
    HEAD("f1_macro", "mean f1 of the classes"),
    .tasks = HONE_TASK_CLASSIFICATION,
    .greater_is_better = true,
    .of_counts = f1_macro,
};

const struct hone_metric hone_metric_f1_micro = {
    HEAD("f1_micro", "f1 over all decisions: the accuracy where each row has one class"),
    .tasks = HONE_TASK_CLASSIFICATION,
    .greater_is_better = true,
    .of_counts = f1_micro,
    .trials = all_trials,
};

const struct hone_metric hone_metric_f1_weighted = {
    HEAD("f1_weighted", "mean f1 of the classes by their share"),
    .tasks = HONE_TASK_CLASSIFICATION,
    .greater_is_better = true,
    .of_counts = f1_weighted,
};

const struct hone_metric hone_metric_mcc = {
    HEAD("mcc", "Matthews correlation of truth and prediction, -1 to 1"),
    .tasks = HONE_TASK_CLASSIFICATION,
    .greater_is_better = true,
    .reported = true,
    .of_counts = mcc,
};

const struct hone_metric hone_metric_fbeta = {
    HEAD("fbeta", "mean of precision and recall, recall weighing beta times as much"),
    .part.settings_size = sizeof(struct hone_metric_settings),
    .part.params = fbeta_rows,
    .tasks = HONE_TASK_CLASSIFICATION,
    .greater_is_better = true,
    .of_counts = fbeta,
};

const struct hone_metric hone_metric_jaccard = {
    HEAD("jaccard", "hits among rows that are of a class or predicted to be"),
    .part.settings_size = sizeof(struct hone_metric_settings),
    .part.params = average_rows,
    .tasks = HONE_TASK_CLASSIFICATION,
    .greater_is_better = true,
    .of_counts = jaccard,
};

const struct hone_metric hone_metric_specificity = {
    .part.name = "specificity",
    .part.summary = "share of rows not of a class that are not predicted to be",
    .part.source = "scikit-learn 1.2 multilabel_confusion_matrix; imbalanced-learn's name",
    .part.settings_size = sizeof(struct hone_metric_settings),
    .part.params = average_rows,
    .tasks = HONE_TASK_CLASSIFICATION,
    .greater_is_better = true,
    .of_counts = specificity,
    .trials = false_trials,
};

const struct hone_metric hone_metric_gmean = {
    .part.name = "gmean",
    .part.summary = "geometric mean of the classes' recalls",
    .part.source = "Kubat & Matwin, ICML 1997; imbalanced-learn geometric_mean_score",
    .tasks = HONE_TASK_CLASSIFICATION,
    .greater_is_better = true,
    .of_counts = gmean,
};

const struct hone_metric hone_metric_cohen_kappa = {
    HEAD("cohen_kappa", "agreement of truth and prediction beyond chance"),
    .part.settings_size = sizeof(struct hone_metric_settings),
    .part.params = kappa_rows,
    .tasks = HONE_TASK_CLASSIFICATION,
    .greater_is_better = true,
    .of_counts = cohen_kappa,
};
