/* ai.onnx.ml: SVMRegressor, SVMClassifier.  Source: LIBSVM (Chang & Lin, ACM TIST 2(3), 2011), whose votes and
 * coupled probabilities onnxruntime follows. */
#include <math.h>

#include "graph/op_head_priv.h"
#include "graph/post_priv.h"

enum kernel { LINEAR, POLY, RBF, SIGMOID };

struct state {
    int kernel;
    double gamma, coef0, degree;
    const float *coef, *support, *rho, *prob_a, *prob_b;
    size_t coefs, supports, features, rhos, probs;
    const int64_t *per_class; /* support vectors of each class */
    struct hone_labels labels;
    size_t classes;
    bool one_class, all_positive;
    enum hone_post post;
};

static enum hone_code take_kernel(struct hone_run *run, const struct hone_node *node,
                                  struct state *s)
{
    static const char *const words[] = {"LINEAR", "POLY", "RBF", "SIGMOID", NULL};
    size_t n;
    const float *params = hone_op_floats(node, "kernel_params", &n);

    s->gamma = n > 0 ? (double)params[0] : 0;
    s->coef0 = n > 1 ? (double)params[1] : 0;
    s->degree = n > 2 ? (double)params[2] : 0;
    s->coef = hone_op_floats(node, "coefficients", &s->coefs);
    s->rho = hone_op_floats(node, "rho", &s->rhos);
    HONE_TRY(hone_op_word(run, node, "kernel_type", "LINEAR", words, &s->kernel));
    HONE_TRY(hone_post_of(run, node, &s->post));
    if (s->coefs == 0 || s->rhos == 0) {
        return hone_fail(run, HONE_E_FORMAT, "no coefficients, or no rho");
    }
    return HONE_OK;
}

/* Support vectors: n of them, of as many features as divide them evenly. */
static enum hone_code take_supports(struct hone_run *run, const struct hone_node *node,
                                    int64_t n, struct state *s)
{
    size_t all;
    s->support = hone_op_floats(node, "support_vectors", &all);
    if (n < 0 || (n > 0 && (all == 0 || all % (size_t)n != 0))) {
        return hone_fail(run, HONE_E_FORMAT, "%zu numbers for %lld support vectors", all,
                         (long long)n);
    }
    s->supports = (size_t)n;
    s->features = n > 0 ? all / (size_t)n : 0;
    return HONE_OK;
}

static enum hone_code prepare_regressor(struct hone_run *run, const struct hone_site *site,
                                        struct hone_arena *mem, void *state)
{
    struct state *s = state;
    (void)mem;
    HONE_TRY(take_kernel(run, site->node, s));
    HONE_TRY(take_supports(run, site->node, hone_op_int(site->node, "n_supports", 0), s));
    s->one_class = hone_op_int(site->node, "one_class", 0) != 0;
    if (s->supports == 0) {
        s->features = s->coefs;
        s->kernel = LINEAR;
    } else if (s->coefs != s->supports) {
        return hone_fail(run, HONE_E_FORMAT, "%zu coefficients for %zu support vectors",
                         s->coefs, s->supports);
    }
    return HONE_OK;
}

static enum hone_code check_classifier(struct hone_run *run, struct state *s,
                                       size_t n_per_class)
{
    size_t pairs = s->classes * (s->classes - 1) / 2;
    if (s->supports == 0) {
        s->kernel = LINEAR;
        s->features = s->coefs / s->classes;
        return s->coefs % s->classes == 0
                   ? HONE_OK
                   : hone_fail(run, HONE_E_FORMAT, "%zu coefficients for %zu classes", s->coefs,
                               s->classes);
    }
    if (n_per_class != s->classes || s->classes < 2 || s->rhos < pairs ||
        s->coefs != (s->classes - 1) * s->supports || (s->probs != 0 && s->probs < pairs)) {
        return hone_fail(
            run, HONE_E_FORMAT,
            "%zu coefficients, %zu rho and %zu prob_a for %zu classes and %zu support "
            "vectors",
            s->coefs, s->rhos, s->probs, s->classes, s->supports);
    }
    return HONE_OK;
}

static enum hone_code prepare_classifier(struct hone_run *run, const struct hone_site *site,
                                         struct hone_arena *mem, void *state)
{
    struct state *s = state;
    size_t n, probs;
    int64_t sum = 0;
    (void)mem;

    HONE_TRY(take_kernel(run, site->node, s));
    HONE_TRY(hone_labels_of(run, site->node, "classlabels_ints", &s->labels));
    s->classes = s->labels.n;
    s->per_class = hone_op_ints(site->node, "vectors_per_class", &n);
    for (size_t i = 0; i < n; i++) {
        if (s->per_class[i] < 0 || __builtin_add_overflow(sum, s->per_class[i], &sum)) {
            return hone_fail(run, HONE_E_FORMAT, "a class with a negative number of vectors");
        }
    }
    HONE_TRY(take_supports(run, site->node, sum, s));
    s->prob_a = hone_op_floats(site->node, "prob_a", &s->probs);
    s->prob_b = hone_op_floats(site->node, "prob_b", &probs);
    if (probs != s->probs) {
        return hone_fail(run, HONE_E_FORMAT, "%zu prob_a and %zu prob_b", s->probs, probs);
    }
    s->all_positive = true;
    for (size_t i = 0; i < s->coefs; i++) {
        s->all_positive = s->all_positive && s->coef[i] >= 0;
    }
    return check_classifier(run, s, n);
}

/* --- kernels ------------------------------------------------------------------------------------------- */

static double kernel_of(const struct state *s, const float *x, const float *y)
{
    double sum = 0;
    for (size_t j = 0; j < s->features; j++) {
        double d = s->kernel == RBF ? (double)x[j] - (double)y[j] : 0;
        sum += s->kernel == RBF ? d * d : (double)x[j] * (double)y[j];
    }
    switch (s->kernel) {
    case POLY:
        return pow(s->gamma * sum + s->coef0, s->degree);
    case RBF:
        return exp(-s->gamma * sum);
    case SIGMOID:
        return tanh(s->gamma * sum + s->coef0);
    default:
        return sum;
    }
}

static enum hone_code infer_regressor(struct hone_run *run, const struct hone_site *site)
{
    const struct state *s = site->state;
    HONE_TRY(hone_infer_features(run, site, s->features));
    return hone_infer_scores(run, site, NULL, 1);
}

static enum hone_code regress(struct hone_run *run, const struct hone_call *call)
{
    HONE_SCRATCH(run);
    const struct state *s = call->state;
    float *out = call->out[0]->data;
    const float *x = NULL;
    size_t rows = 0, cols = 0;

    HONE_TRY(hone_rows_f32(run, call->in[0], &rows, &cols, &x));
    for (size_t i = 0; i < rows; i++) {
        double sum = s->supports == 0 ? kernel_of(s, x + i * cols, s->coef) : 0;
        for (size_t k = 0; k < s->supports; k++) {
            sum +=
                (double)s->coef[k] * kernel_of(s, x + i * cols, s->support + k * s->features);
        }
        sum += (double)s->rho[0];
        out[i] = s->one_class ? (sum > 0 ? 1.0f : -1.0f) : (float)sum;
        hone_post_apply(s->post, 1, out + i);
    }
    return HONE_OK;
}

/* --- classes -------------------------------------------------------------------------------------------- */

static size_t columns(const struct state *s)
{
    if (s->supports == 0 || s->probs != 0) {
        return s->classes;
    }
    return s->classes == 2 ? 2 : s->classes * (s->classes - 1) / 2;
}

static enum hone_code infer_classifier(struct hone_run *run, const struct hone_site *site)
{
    const struct state *s = site->state;
    HONE_TRY(hone_infer_features(run, site, s->features));
    return hone_infer_scores(run, site, &s->labels, columns(s));
}

/* Room for one row. */
struct room {
    double *kernel; /* (supports) */
    double *pair;   /* (classes choose 2) decisions of i against j */
    size_t *votes;  /* (classes) */
    double *r;      /* (classes, classes) pairwise probabilities */
    double *q;      /* (classes, classes) */
    double *p, *qp; /* (classes) */
};

static void decide_pairs(const struct state *s, const float *x, struct room *room)
{
    size_t first_i = 0, at = 0;

    for (size_t k = 0; k < s->supports; k++) {
        room->kernel[k] = kernel_of(s, x, s->support + k * s->features);
    }
    memset(room->votes, 0, s->classes * sizeof *room->votes);
    for (size_t i = 0; i + 1 < s->classes; i++) {
        size_t n_i = (size_t)s->per_class[i], first_j = first_i + n_i;
        for (size_t j = i + 1; j < s->classes; j++) {
            size_t n_j = (size_t)s->per_class[j];
            double sum = 0;
            for (size_t k = first_i; k < first_i + n_i; k++) {
                sum += (double)s->coef[(j - 1) * s->supports + k] * room->kernel[k];
            }
            for (size_t k = first_j; k < first_j + n_j; k++) {
                sum += (double)s->coef[i * s->supports + k] * room->kernel[k];
            }
            sum += (double)s->rho[at];
            room->pair[at++] = sum;
            room->votes[sum > 0 ? i : j]++;
            first_j += n_j;
        }
        first_i += n_i;
    }
}

/* Pairwise coupling: Wu, Lin & Weng, JMLR 5, 2004, algorithm 2. */
static void couple(size_t n, const double *r, struct room *room)
{
    double *q = room->q, *p = room->p, *qp = room->qp;
    double eps = 0.005 / (double)n;

    for (size_t i = 0; i < n; i++) {
        p[i] = 1 / (double)n;
        q[i * n + i] = 0;
        for (size_t j = 0; j < n; j++) {
            if (j != i) {
                q[i * n + i] += r[j * n + i] * r[j * n + i];
                q[i * n + j] = -r[j * n + i] * r[i * n + j];
            }
        }
    }
    for (size_t loop = 0; loop < 100; loop++) {
        double pqp = 0, worst = 0;
        for (size_t i = 0; i < n; i++) {
            qp[i] = 0;
            for (size_t j = 0; j < n; j++) {
                qp[i] += q[i * n + j] * p[j];
            }
            pqp += p[i] * qp[i];
        }
        for (size_t i = 0; i < n; i++) {
            worst = fmax(worst, fabs(qp[i] - pqp));
        }
        if (worst < eps) {
            return;
        }
        for (size_t i = 0; i < n; i++) {
            double d = (pqp - qp[i]) / q[i * n + i];
            p[i] += d;
            pqp = (pqp + d * (d * q[i * n + i] + 2 * qp[i])) / (1 + d) / (1 + d);
            for (size_t j = 0; j < n; j++) {
                qp[j] = (qp[j] + d * q[i * n + j]) / (1 + d);
                p[j] /= 1 + d;
            }
        }
    }
}

static void probabilities(const struct state *s, struct room *room, float *out)
{
    size_t at = 0, n = s->classes;
    for (size_t i = 0; i + 1 < n; i++) {
        for (size_t j = i + 1; j < n; j++, at++) {
            double z = room->pair[at] * (double)s->prob_a[at] + (double)s->prob_b[at];
            double p = fmin(fmax(1 / (1 + exp(z)), 1e-7), 1 - 1e-7);
            room->r[i * n + j] = p;
            room->r[j * n + i] = 1 - p;
        }
    }
    couple(n, room->r, room);
    for (size_t i = 0; i < n; i++) {
        out[i] = (float)room->p[i];
    }
}

/* Without support vectors: one linear score for each class; with two, above 0 (or a half) is the second. */
static size_t linear_row(const struct state *s, const float *x, float *out)
{
    size_t best = 0;
    for (size_t k = 0; k < s->classes; k++) {
        out[k] = (float)(kernel_of(s, x, s->coef + k * s->features) + (double)s->rho[0]);
        best = out[k] > out[best] ? k : best;
    }
    if (s->classes == 2 && s->probs == 0 &&
        (s->all_positive ? out[best] >= 0.5f : out[best] > 0)) {
        best = 1;
    }
    hone_post_apply(s->post, s->classes, out);
    return best;
}

static size_t support_row(const struct state *s, const float *x, struct room *room, float *out)
{
    size_t best = 0;

    decide_pairs(s, x, room);
    for (size_t k = 1; k < s->classes; k++) {
        best = room->votes[k] > room->votes[best] ? k : best;
    }
    if (s->probs != 0) {
        probabilities(s, room, out);
        hone_post_apply(s->post, s->classes, out);
    } else if (s->classes == 2) {
        hone_post_pair(s->post, s->post != HONE_POST_NONE, (float)room->pair[0], out);
    } else {
        for (size_t k = 0; k < columns(s); k++) {
            out[k] = (float)room->pair[k];
        }
        hone_post_apply(s->post, columns(s), out);
    }
    return best;
}

static enum hone_code classify(struct hone_run *run, const struct hone_call *call)
{
    HONE_SCRATCH(run);
    const struct state *s = call->state;
    float *out = call->out[1]->data;
    const float *x = NULL;
    size_t rows = 0, cols = 0, n = s->classes;
    struct room room = {0};

    HONE_TRY(hone_rows_f32(run, call->in[0], &rows, &cols, &x));
    HONE_TRY(hone_array(run, &run->scratch, &room.kernel, s->supports));
    HONE_TRY(hone_array(run, &run->scratch, &room.pair, n * n));
    HONE_TRY(hone_array(run, &run->scratch, &room.votes, n));
    HONE_TRY(hone_array(run, &run->scratch, &room.r, n * n));
    HONE_TRY(hone_array(run, &run->scratch, &room.q, n * n));
    HONE_TRY(hone_array(run, &run->scratch, &room.p, n));
    HONE_TRY(hone_array(run, &run->scratch, &room.qp, n));
    for (size_t i = 0; i < rows; i++) {
        float *row = out + i * columns(s);
        size_t label = s->supports == 0 ? linear_row(s, x + i * cols, row)
                                        : support_row(s, x + i * cols, &room, row);
        hone_labels_put(&s->labels, label, call->out[0], i);
    }
    return HONE_OK;
}

#define OP(variable, onnx, outputs, ...)                                                       \
    const struct hone_op hone_op_ml_##variable = {                                             \
        HONE_OP_HEAD_ML(onnx, 1, 1, outputs),                                                  \
        .state_size = sizeof(struct state),                                                    \
        .rowwise = hone_rows_matrix,                                                           \
        __VA_ARGS__,                                                                           \
    }

OP(svm_regressor, "SVMRegressor", 1,
   .attrs = "kernel_type:s kernel_params:F support_vectors:F one_class:i coefficients:F "
            "n_supports:i rho:F post_transform:s",
   .prepare = prepare_regressor, .infer = infer_regressor,
   .forward = {
       [HONE_F32] = regress, [HONE_F64] = regress, [HONE_I32] = regress, [HONE_I64] = regress});
OP(svm_classifier, "SVMClassifier", 2,
   .attrs = "kernel_type:s kernel_params:F support_vectors:F coefficients:F rho:F prob_a:F "
            "prob_b:F vectors_per_class:I post_transform:s classlabels_strings:S "
            "classlabels_ints:I",
   .prepare = prepare_classifier, .infer = infer_classifier,
   .forward = {[HONE_F32] = classify,
               [HONE_F64] = classify,
               [HONE_I32] = classify,
               [HONE_I64] = classify});
