/* Metrics of predicted probabilities: how they rank, and how true they are. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "eval/metrics_priv.h"

#define REST SIZE_MAX /* a class against all others */

/* Area under the ROC curve of class k against one other, or the rest; NaN with one of them absent. */
static double auc_against(const struct hone_prediction *p, size_t k, size_t other,
                          const uint32_t *order)
{
    double tp = 0;
    double fp = 0;
    double area = 0;

    for (size_t i = 0; i < p->rows;) {
        double score = hone_score_at(p, order[i], k);
        double new_tp = 0;
        double new_fp = 0;
        for (; i < p->rows && !(hone_score_at(p, order[i], k) < score); i++) {
            double w = hone_weight_at(p, order[i]);
            size_t truth = (size_t)p->y[order[i]];
            if (!(w > 0)) {
                continue;
            }
            if (truth == k) {
                new_tp += w;
            } else if (other == REST || truth == other) {
                new_fp += w;
            }
        }
        area += new_fp * (tp + 0.5 * new_tp); /* a tie is half a success */
        tp += new_tp;
        fp += new_fp;
    }
    return tp > 0 && fp > 0 ? area / (tp * fp) : (double)NAN;
}

double hone_class_auc(const struct hone_prediction *p, size_t k, const uint32_t *order)
{
    return auc_against(p, k, REST, order);
}

/* Sum over distinct scores of precision times gain in recall; NaN without a row of class k. */
double hone_class_ap(const struct hone_prediction *p, size_t k, const uint32_t *order)
{
    double tp = 0;
    double seen = 0;
    double sum = 0;

    for (size_t i = 0; i < p->rows;) {
        double score = hone_score_at(p, order[i], k);
        double new_tp = 0;
        for (; i < p->rows && !(hone_score_at(p, order[i], k) < score); i++) {
            double w = hone_weight_at(p, order[i]);
            seen += w;
            new_tp += (size_t)p->y[order[i]] == k ? w : 0.0;
        }
        tp += new_tp;
        sum += seen > 0 ? new_tp * (tp / seen) : 0.0;
    }
    return tp > 0 ? sum / tp : (double)NAN;
}

/* Largest difference of true and false positive rate over all thresholds. */
static double ks_of(const struct hone_prediction *p, size_t k, const uint32_t *order)
{
    double positive = 0;
    double negative = 0;
    double tp = 0;
    double fp = 0;
    double widest = 0;

    for (size_t i = 0; i < p->rows; i++) {
        double w = hone_weight_at(p, i);
        positive += (size_t)p->y[i] == k ? w : 0.0;
        negative += (size_t)p->y[i] == k ? 0.0 : w;
    }
    if (!(positive > 0 && negative > 0)) {
        return (double)NAN;
    }
    for (size_t i = 0; i < p->rows;) {
        double score = hone_score_at(p, order[i], k);
        for (; i < p->rows && !(hone_score_at(p, order[i], k) < score); i++) {
            double w = hone_weight_at(p, order[i]);
            tp += (size_t)p->y[order[i]] == k ? w : 0.0;
            fp += (size_t)p->y[order[i]] == k ? 0.0 : w;
        }
        widest = fmax(widest, fabs(tp / positive - fp / negative));
    }
    return widest;
}

static double gini_of(const struct hone_prediction *p, size_t k, const uint32_t *order)
{
    return 2 * auc_against(p, k, REST, order) - 1;
}

typedef double (*ranking)(const struct hone_prediction *p, size_t k, const uint32_t *order);

static double weight_of_class(const struct hone_prediction *p, size_t k)
{
    double sum = 0;

    for (size_t i = 0; i < p->rows; i++) {
        sum += (size_t)p->y[i] == k ? hone_weight_at(p, i) : 0.0;
    }
    return sum;
}

/* Binary: of class 1.  Multiclass: the mean over classes, each against the rest. */
static enum hone_code one_or_mean(struct hone_run *run, const struct hone_prediction *p,
                                  ranking f, bool weighted, struct hone_measure *out)
{
    bool binary = p->task == HONE_TASK_BINARY;
    double sum = 0;
    double weights = 0;
    size_t defined = 0;

    for (size_t k = binary ? 1 : 0; k < p->classes; k++) {
        const uint32_t *order;
        HONE_SCRATCH(run);
        HONE_TRY(hone_rank_class(run, p, k, &order));
        double v = f(p, k, order);
        if (!isnan(v)) {
            double w = weighted && !binary ? weight_of_class(p, k) : 1.0;
            sum += w * v;
            weights += w;
            defined++;
        }
    }
    if (defined == 0) {
        *out = (struct hone_measure){(double)NAN, "only one class is present"};
        return HONE_OK;
    }
    out->value = sum / weights;
    out->why = !binary && defined < p->classes ? "a class has no rows and is left out" : NULL;
    return HONE_OK;
}

static bool is_weighted(const void *settings)
{
    return strcmp(((const struct hone_metric_settings *)settings)->average, "weighted") == 0;
}

#define RANK_METRIC(name, of)                                                                  \
    static enum hone_code name(struct hone_run *run, const void *settings,                     \
                               const struct hone_prediction *p, struct hone_measure *out)      \
    {                                                                                          \
        return one_or_mean(run, p, of, is_weighted(settings), out);                            \
    }

RANK_METRIC(roc_auc, hone_class_auc)
RANK_METRIC(average_precision, hone_class_ap)
RANK_METRIC(ks, ks_of)
RANK_METRIC(gini, gini_of)

/* Class k against each other one; adds to the sum and its weights. */
static enum hone_code one_against_each(struct hone_run *run, const struct hone_prediction *p,
                                       size_t k, const double *size, bool weighted,
                                       double total[2])
{
    const uint32_t *order;
    HONE_SCRATCH(run);

    HONE_TRY(hone_rank_class(run, p, k, &order));
    for (size_t other = 0; other < p->classes; other++) {
        if (other != k && size[k] > 0 && size[other] > 0) {
            double w = weighted ? size[k] + size[other] : 1.0;
            total[0] += w * auc_against(p, k, other, order);
            total[1] += w;
        }
    }
    return HONE_OK;
}

/* Hand & Till: each pair of classes, both ways round. */
static enum hone_code roc_auc_ovo(struct hone_run *run, const void *settings,
                                  const struct hone_prediction *p, struct hone_measure *out)
{
    double total[2] = {0, 0};
    double *size; /* (classes) weight of the class */
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &size, p->classes));
    for (size_t k = 0; k < p->classes; k++) {
        size[k] = weight_of_class(p, k);
    }
    for (size_t k = 0; k < p->classes; k++) {
        HONE_TRY(one_against_each(run, p, k, size, is_weighted(settings), total));
    }
    if (!(total[1] > 0)) {
        *out = (struct hone_measure){(double)NAN, "only one class is present"};
        return HONE_OK;
    }
    out->value = total[0] / total[1];
    for (size_t k = 0; k < p->classes; k++) {
        out->why = size[k] > 0 ? out->why : "a class has no rows and is left out";
    }
    return HONE_OK;
}

/* How much denser class 1 is among the highest scores; tied rows at the edge count in part. */
static enum hone_code lift(struct hone_run *run, const void *settings,
                           const struct hone_prediction *p, struct hone_measure *out)
{
    double share = ((const struct hone_metric_settings *)settings)->share;
    const uint32_t *order;
    double total = 0;
    double positive = 0;
    double left;
    double found = 0;
    HONE_SCRATCH(run);

    HONE_TRY(hone_rank_class(run, p, 1, &order));
    for (size_t i = 0; i < p->rows; i++) {
        double w = hone_weight_at(p, i);
        total += w;
        positive += p->y[i] > 0 ? w : 0.0;
    }
    if (!(positive > 0)) {
        *out = (struct hone_measure){(double)NAN, "no row is of the positive class"};
        return HONE_OK;
    }
    left = share * total;
    for (size_t i = 0; i < p->rows && left > 0;) {
        double score = hone_score_at(p, order[i], 1);
        double all = 0;
        double hits = 0;
        for (; i < p->rows && !(hone_score_at(p, order[i], 1) < score); i++) {
            double w = hone_weight_at(p, order[i]);
            all += w;
            hits += p->y[order[i]] > 0 ? w : 0.0;
        }
        found += all > left ? hits * (left / all) : hits;
        left -= all;
    }
    out->value = (found / (share * total)) / (positive / total);
    return HONE_OK;
}

/* Of equal scores the later class comes first, as in scikit-learn. */
static bool among_top(const struct hone_prediction *p, size_t row, size_t k)
{
    size_t truth = (size_t)p->y[row];
    double score = hone_score_at(p, row, truth);
    size_t above = 0;

    for (size_t c = 0; c < p->classes; c++) {
        double other = hone_score_at(p, row, c);
        above += other > score || (c > truth && !(other < score)) ? 1 : 0;
    }
    return above < k;
}

static double top_k_accuracy(const void *settings, const struct hone_prediction *p, size_t row)
{
    size_t k = (size_t)((const struct hone_metric_settings *)settings)->k;
    return among_top(p, row, k) ? 1.0 : 0.0;
}

static double clip(double p, double eps)
{
    return p < eps ? eps : p > 1 - eps ? 1 - eps : p;
}

static double log_loss(const void *settings, const struct hone_prediction *p, size_t row)
{
    double eps = p->score != NULL ? DBL_EPSILON : (double)FLT_EPSILON; /* eps="auto" */
    double all = 0;

    (void)settings;
    for (size_t k = 0; k < p->classes; k++) {
        all += clip(hone_score_at(p, row, k), eps);
    }
    double loss = -log(clip(hone_score_at(p, row, (size_t)p->y[row]), eps) / all);
    return loss > 0 ? loss : 0.0;
}

/* Against always saying how frequent each class is on these rows. */
static enum hone_code d2_log_loss(struct hone_run *run, const void *settings,
                                  const struct hone_prediction *p, struct hone_measure *out)
{
    double total = 0;
    double base = 0;
    double lost = 0;
    double *size; /* (classes) */
    HONE_SCRATCH(run);

    (void)settings;
    HONE_TRY(hone_array(run, &run->scratch, &size, p->classes));
    for (size_t i = 0; i < p->rows; i++) {
        double w = hone_weight_at(p, i);
        size[(size_t)p->y[i]] += w;
        total += w;
        lost += w > 0 ? w * log_loss(NULL, p, i) : 0.0;
    }
    for (size_t k = 0; k < p->classes; k++) {
        base -= size[k] > 0 ? size[k] / total * log(size[k] / total) : 0.0;
    }
    if (!(base > 1e-12)) {
        *out = (struct hone_measure){(double)NAN, "only one class is present"};
        return HONE_OK;
    }
    out->value = 1 - lost / total / base;
    return HONE_OK;
}

static double brier(const void *settings, const struct hone_prediction *p, size_t row)
{
    double square = 0;

    (void)settings;
    for (size_t k = p->classes == 2 ? 1 : 0; k < p->classes; k++) {
        double d = hone_score_at(p, row, k) - ((size_t)p->y[row] == k ? 1.0 : 0.0);
        square += d * d;
    }
    return square;
}

/* What happened minus what was promised, in the bin of the promise. */
static double ece_gap(const void *settings, const struct hone_prediction *p, size_t row,
                      size_t *bin)
{
    size_t bins = (size_t)((const struct hone_metric_settings *)settings)->bins;
    size_t k = p->task == HONE_TASK_BINARY ? 1 : hone_predicted(p, row);
    double promised = clip(hone_score_at(p, row, k), 0);
    size_t at = (size_t)(promised * (double)bins);

    *bin = at < bins ? at : bins - 1;
    return ((size_t)p->y[row] == k ? 1.0 : 0.0) - promised;
}

static enum hone_code ece(struct hone_run *run, const void *settings,
                          const struct hone_prediction *p, struct hone_measure *out)
{
    size_t bins = (size_t)((const struct hone_metric_settings *)settings)->bins;
    double *gap; /* (bins) weight times (happened - promised) */
    double total = 0;
    double sum = 0;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &gap, bins));
    for (size_t i = 0; i < p->rows; i++) {
        double w = hone_weight_at(p, i);
        size_t bin;
        double g = ece_gap(settings, p, i, &bin);
        gap[bin] += w * g;
        total += w;
    }
    for (size_t b = 0; b < bins; b++) {
        sum += fabs(gap[b]);
    }
    out->value = sum / total;
    return HONE_OK;
}

static const struct hone_param ece_rows[] = {
    HONE_INT(struct hone_metric_settings, bins, 10, 2, 1000,
             .help = "equal-width bins of the probability"),
    HONE_PARAM_END,
};

static const char *const means[] = {"macro", "weighted", NULL};

static const struct hone_param mean_rows[] = {
    HONE_CHOICE(struct hone_metric_settings, average, "macro", means,
                .help = "over more than two classes: all alike, or by their share"),
    HONE_PARAM_END,
};

static const struct hone_param lift_rows[] = {
    HONE_REAL(struct hone_metric_settings, share, 0.1, 0.0001, 1,
              .help = "of the rows, those of the highest scores"),
    HONE_PARAM_END,
};

static const struct hone_param top_rows[] = {
    HONE_INT(struct hone_metric_settings, k, 2, 1, 1000,
             .help = "the class is among so many likeliest"),
    HONE_PARAM_END,
};

#define RANKING(name_, summary_, source_)                                                      \
    .part.name = (name_), .part.summary = (summary_), .part.source = (source_),                \
    .part.settings_size = sizeof(struct hone_metric_settings), .part.params = mean_rows,       \
    .tasks = HONE_TASK_CLASSIFICATION, .greater_is_better = true

const struct hone_metric hone_metric_roc_auc = {
    RANKING("roc_auc", "chance that a row of the class scores above one that is not",
            "scikit-learn 1.2 roc_auc_score; multiclass: ovr, macro"),
    .reported = true,
    .value = roc_auc,
    .ranking = HONE_RANKING_AUC,
};

const struct hone_metric hone_metric_average_precision = {
    RANKING("average_precision",
            "precision averaged over recall; multiclass: mean of one against the rest",
            "scikit-learn 1.2 average_precision_score"),
    .reported = true,
    .value = average_precision,
    .ranking = HONE_RANKING_AP,
};

const struct hone_metric hone_metric_roc_auc_ovo = {
    RANKING("roc_auc_ovo", "mean roc_auc of each pair of classes among its rows",
            "scikit-learn 1.2 roc_auc_score, ovo; Hand & Till, Machine Learning 45, 2001"),
    .value = roc_auc_ovo,
};

const struct hone_metric hone_metric_gini = {
    RANKING("gini", "2 roc_auc - 1: 0 for chance, 1 for a perfect order", "of roc_auc"),
    .value = gini,
    .ranking = HONE_RANKING_GINI,
};

const struct hone_metric hone_metric_ks = {
    RANKING("ks", "largest gap of true and false positive rate over all thresholds",
            "Kolmogorov-Smirnov statistic of the scores; scipy.stats.ks_2samp"),
    .value = ks,
};

const struct hone_metric hone_metric_lift = {
    .part.name = "lift",
    .part.summary = "how much denser the class is among the highest scores than among all",
    .part.source = "Berry & Linoff, Data Mining Techniques, 1997, ch. 4",
    .part.settings_size = sizeof(struct hone_metric_settings),
    .part.params = lift_rows,
    .tasks = HONE_TASK_BINARY,
    .greater_is_better = true,
    .value = lift,
};

const struct hone_metric hone_metric_top_k_accuracy = {
    .part.name = "top_k_accuracy",
    .part.summary = "share of rows whose class is among the k likeliest",
    .part.source = "scikit-learn 1.2 top_k_accuracy_score",
    .part.settings_size = sizeof(struct hone_metric_settings),
    .part.params = top_rows,
    .tasks = HONE_TASK_MULTICLASS,
    .greater_is_better = true,
    .loss = top_k_accuracy,
};

const struct hone_metric hone_metric_d2_log_loss = {
    .part.name = "d2_log_loss",
    .part.summary = "share of the log loss of the class frequencies that is saved",
    .part.source = "scikit-learn 1.5 d2_log_loss_score; McFadden's R2",
    .tasks = HONE_TASK_CLASSIFICATION,
    .greater_is_better = true,
    .value = d2_log_loss,
};

const struct hone_metric hone_metric_log_loss = {
    .part.name = "log_loss",
    .part.summary = "mean negative log-likelihood, in nats",
    .part.source = "scikit-learn 1.2 log_loss, eps=\"auto\"",
    .tasks = HONE_TASK_CLASSIFICATION,
    .reported = true,
    .loss = log_loss,
};

const struct hone_metric hone_metric_brier = {
    .part.name = "brier",
    .part.summary = "mean squared error of probabilities; multiclass: summed over classes",
    .part.source = "scikit-learn 1.2 brier_score_loss; Brier, Monthly Weather Review 78, 1950",
    .tasks = HONE_TASK_CLASSIFICATION,
    .reported = true,
    .loss = brier,
};

const struct hone_metric hone_metric_ece = {
    .part.name = "ece",
    .part.summary = "mean gap between promised and observed frequency over equal-width bins",
    .part.source = "Naeini, Cooper & Hauskrecht, AAAI 2015; multiclass: of the predicted class",
    .part.settings_size = sizeof(struct hone_metric_settings),
    .part.params = ece_rows,
    .tasks = HONE_TASK_CLASSIFICATION,
    .reported = true,
    .value = ece,
    .gap = ece_gap,
};
