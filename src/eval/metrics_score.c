/* Metrics of predicted probabilities: how they rank, and how true they are. */
#include <float.h>
#include <math.h>

#include "eval/metrics_priv.h"

/* Area under the ROC curve of class k against the others; NaN with one of them absent. */
static double auc_of(const struct hone_prediction *p, size_t k, const uint32_t *order)
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
            if (!(w > 0)) {
                continue;
            }
            if ((size_t)p->y[order[i]] == k) {
                new_tp += w;
            } else {
                new_fp += w;
            }
        }
        area += new_fp * (tp + 0.5 * new_tp); /* a tie is half a success */
        tp += new_tp;
        fp += new_fp;
    }
    return tp > 0 && fp > 0 ? area / (tp * fp) : (double)NAN;
}

/* Sum over distinct scores of precision times gain in recall; NaN without a row of class k. */
static double ap_of(const struct hone_prediction *p, size_t k, const uint32_t *order)
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

typedef double (*ranking)(const struct hone_prediction *p, size_t k, const uint32_t *order);

/* Binary: of class 1.  Multiclass: the mean over classes, each against the rest. */
static enum hone_code one_or_mean(struct hone_run *run, const struct hone_prediction *p,
                                  ranking f, struct hone_measure *out)
{
    bool binary = p->task == HONE_TASK_BINARY;
    double sum = 0;
    size_t defined = 0;

    for (size_t k = binary ? 1 : 0; k < p->classes; k++) {
        const uint32_t *order;
        HONE_SCRATCH(run);
        HONE_TRY(hone_rank_class(run, p, k, &order));
        double v = f(p, k, order);
        if (!isnan(v)) {
            sum += v;
            defined++;
        }
    }
    if (defined == 0) {
        *out = (struct hone_measure){(double)NAN, "only one class is present"};
        return HONE_OK;
    }
    out->value = sum / (double)defined;
    out->why = !binary && defined < p->classes ? "a class has no rows and is left out" : NULL;
    return HONE_OK;
}

static enum hone_code roc_auc(struct hone_run *run, const void *settings,
                              const struct hone_prediction *p, struct hone_measure *out)
{
    (void)settings;
    return one_or_mean(run, p, auc_of, out);
}

static enum hone_code average_precision(struct hone_run *run, const void *settings,
                                        const struct hone_prediction *p,
                                        struct hone_measure *out)
{
    (void)settings;
    return one_or_mean(run, p, ap_of, out);
}

static double clip(double p, double eps)
{
    return p < eps ? eps : p > 1 - eps ? 1 - eps : p;
}

static enum hone_code log_loss(struct hone_run *run, const void *settings,
                               const struct hone_prediction *p, struct hone_measure *out)
{
    double eps = p->score != NULL ? DBL_EPSILON : (double)FLT_EPSILON; /* eps="auto" */
    double sum = 0;
    double total = 0;

    (void)run;
    (void)settings;
    for (size_t i = 0; i < p->rows; i++) {
        double w = hone_weight_at(p, i);
        double all = 0;
        if (!(w > 0)) {
            continue;
        }
        for (size_t k = 0; k < p->classes; k++) {
            all += clip(hone_score_at(p, i, k), eps);
        }
        sum -= w * log(clip(hone_score_at(p, i, (size_t)p->y[i]), eps) / all);
        total += w;
    }
    out->value = sum / total;
    return HONE_OK;
}

static enum hone_code brier(struct hone_run *run, const void *settings,
                            const struct hone_prediction *p, struct hone_measure *out)
{
    bool binary = p->task == HONE_TASK_BINARY;
    double sum = 0;
    double total = 0;

    (void)run;
    (void)settings;
    for (size_t i = 0; i < p->rows; i++) {
        double w = hone_weight_at(p, i);
        double square = 0;
        for (size_t k = binary ? 1 : 0; k < p->classes; k++) {
            double d = hone_score_at(p, i, k) - ((size_t)p->y[i] == k ? 1.0 : 0.0);
            square += d * d;
        }
        sum += w * square;
        total += w;
    }
    out->value = sum / total;
    return HONE_OK;
}

static enum hone_code ece(struct hone_run *run, const void *settings,
                          const struct hone_prediction *p, struct hone_measure *out)
{
    size_t bins = (size_t)((const struct hone_metric_settings *)settings)->bins;
    bool binary = p->task == HONE_TASK_BINARY;
    double *gap; /* (bins) weight times (happened - promised) */
    double total = 0;
    double sum = 0;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &gap, bins));
    for (size_t i = 0; i < p->rows; i++) {
        size_t k = binary ? 1 : hone_predicted(p, i);
        double promised = clip(hone_score_at(p, i, k), 0);
        size_t bin = (size_t)(promised * (double)bins);
        double w = hone_weight_at(p, i);
        bin = bin < bins ? bin : bins - 1;
        gap[bin] += w * (((size_t)p->y[i] == k ? 1.0 : 0.0) - promised);
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

const struct hone_metric hone_metric_roc_auc = {
    .part.name = "roc_auc",
    .part.summary = "chance that a row of the class scores above one that is not",
    .part.source = "scikit-learn 1.2 roc_auc_score; multiclass: ovr, macro",
    .tasks = HONE_TASK_CLASSIFICATION,
    .greater_is_better = true,
    .reported = true,
    .value = roc_auc,
};

const struct hone_metric hone_metric_average_precision = {
    .part.name = "average_precision",
    .part.summary = "precision averaged over recall; multiclass: mean of one against the rest",
    .part.source = "scikit-learn 1.2 average_precision_score",
    .tasks = HONE_TASK_CLASSIFICATION,
    .greater_is_better = true,
    .reported = true,
    .value = average_precision,
};

const struct hone_metric hone_metric_log_loss = {
    .part.name = "log_loss",
    .part.summary = "mean negative log-likelihood, in nats",
    .part.source = "scikit-learn 1.2 log_loss, eps=\"auto\"",
    .tasks = HONE_TASK_CLASSIFICATION,
    .reported = true,
    .value = log_loss,
};

const struct hone_metric hone_metric_brier = {
    .part.name = "brier",
    .part.summary = "mean squared error of probabilities; multiclass: summed over classes",
    .part.source = "scikit-learn 1.2 brier_score_loss; Brier, Monthly Weather Review 78, 1950",
    .tasks = HONE_TASK_CLASSIFICATION,
    .reported = true,
    .value = brier,
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
};
