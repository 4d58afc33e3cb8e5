/* Losses: NegativeLogLikelihoodLoss, SoftmaxCrossEntropyLoss.  Sums are in double, in the order of the elements. */
#include <math.h>

#include "graph/op_head_priv.h"
#include "graph/walk_priv.h"

enum reduction { NONE, MEAN, SUM };

/* Scores (N, C, d...), targets (N, d...): the loss has the shape of the targets, or is one number. */
static enum hone_code infer_loss(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_shape *x = &site->in[0], *target = &site->in[1];
    bool each = hone_str_is(hone_op_text(site->node, "reduction", "mean"), "none");

    if (target->type != HONE_I64 && target->type != HONE_I32) {
        return hone_fail(run, HONE_E_SHAPE, "targets of %s", hone_dtype_name(target->type));
    }
    if (x->ranked && target->ranked && (x->rank < 2 || x->rank != target->rank + 1)) {
        return hone_fail(run, HONE_E_SHAPE, "scores of rank %zu, targets of rank %zu", x->rank,
                         target->rank);
    }
    HONE_TRY(hone_site_like_first(run, site, 2));
    if (each) {
        site->out[0] = *target;
        site->out[0].type = x->type;
        site->out[0].data = NULL;
    } else {
        hone_shape_set(&site->out[0], x->type, 0, NULL);
    }
    if (site->outputs > 1) {
        site->out[1] = *x;
        site->out[1].data = NULL;
    }
    return HONE_OK;
}

struct loss {
    const struct hone_tensor *x, *target, *weight;
    const struct hone_attr *ignore;
    struct hone_axis a; /* the classes of x */
};

/* The class of target i and its weight, which is 0 where it is to be ignored. */
static enum hone_code target_at(struct hone_run *run, const struct loss *l, size_t i,
                                size_t *class, double *weight)
{
    int64_t t = hone_tensor_int(l->target, i);

    *class = 0;
    *weight = 0;
    if (l->ignore != NULL && t == l->ignore->i) {
        return HONE_OK;
    }
    if (t < 0 || t >= (int64_t)l->a.n) {
        return hone_fail(run, HONE_E_SHAPE, "target %lld of %zu classes", (long long)t, l->a.n);
    }
    *class = (size_t)t;
    *weight = l->weight == NULL ? 1 : hone_tensor_real(l->weight, *class);
    return HONE_OK;
}

#define LOSS(T, suffix)                                                                        \
    static enum hone_code loss_##suffix(struct hone_run *run, const struct hone_call *call,    \
                                        const T *log_p)                                        \
    {                                                                                          \
        static const char *const words[] = {"none", "mean", "sum", NULL};                      \
        struct loss l = {call->in[0], call->in[1], hone_call_in(call, 2),                      \
                         hone_node_attr(call->node, "ignore_index"),                           \
                         hone_axis_of(call->in[0], 1)};                                        \
        size_t n = hone_tensor_count(l.target);                                                \
        T *out = call->out[0]->data;                                                           \
        double sum = 0, weights = 0;                                                           \
        int how = 0;                                                                           \
        HONE_TRY(hone_op_word(run, call->node, "reduction", "mean", words, &how));             \
        if (n != l.a.outer * l.a.inner ||                                                      \
            (l.weight != NULL && hone_tensor_count(l.weight) != l.a.n)) {                      \
            return hone_fail(run, HONE_E_SHAPE, "targets or weights that do not fit");         \
        }                                                                                      \
        for (size_t i = 0; i < n; i++) {                                                       \
            size_t class = 0;                                                                  \
            double weight = 0, loss = 0;                                                       \
            HONE_TRY(target_at(run, &l, i, &class, &weight));                                  \
            if (weight != 0) {                                                                 \
                size_t at = (i / l.a.inner * l.a.n + class) * l.a.inner + i % l.a.inner;       \
                loss = -(double)log_p[at] * weight;                                            \
            }                                                                                  \
            sum += loss;                                                                       \
            weights += weight;                                                                 \
            if (how == NONE) {                                                                 \
                out[i] = (T)loss;                                                              \
            }                                                                                  \
        }                                                                                      \
        if (how != NONE) {                                                                     \
            out[0] = (T)(how == MEAN ? sum / weights : sum);                                   \
        }                                                                                      \
        return HONE_OK;                                                                        \
    }                                                                                          \
    static enum hone_code nll_##suffix(struct hone_run *run, const struct hone_call *call)     \
    {                                                                                          \
        return loss_##suffix(run, call, call->in[0]->data);                                    \
    }                                                                                          \
    static enum hone_code entropy_##suffix(struct hone_run *run, const struct hone_call *call) \
    {                                                                                          \
        HONE_SCRATCH(run);                                                                     \
        const T *x = call->in[0]->data;                                                        \
        struct hone_axis a = hone_axis_of(call->in[0], 1);                                     \
        T *log_p;                                                                              \
        HONE_TRY(hone_array(run, &run->scratch, &log_p, hone_tensor_count(call->in[0])));      \
        for (size_t r = 0; r < a.outer * a.inner; r++) {                                       \
            size_t first = r / a.inner * a.n * a.inner + r % a.inner;                          \
            T top = a.n == 0 ? 0 : x[first];                                                   \
            double sum = 0;                                                                    \
            for (size_t k = 0; k < a.n; k++) {                                                 \
                T v = x[first + k * a.inner];                                                  \
                top = v > top ? v : top;                                                       \
            }                                                                                  \
            for (size_t k = 0; k < a.n; k++) {                                                 \
                sum += exp((double)(x[first + k * a.inner] - top));                            \
            }                                                                                  \
            for (size_t k = 0; k < a.n; k++) {                                                 \
                log_p[first + k * a.inner] =                                                   \
                    (T)((double)(x[first + k * a.inner] - top) - log(sum));                    \
            }                                                                                  \
        }                                                                                      \
        if (call->outputs > 1) {                                                               \
            memcpy(call->out[1]->data, log_p, hone_tensor_count(call->in[0]) * sizeof *log_p); \
        }                                                                                      \
        return loss_##suffix(run, call, log_p);                                                \
    }
LOSS(float, f32)
LOSS(double, f64)

#define OP(variable, onnx, first, max_out, kernel)                                             \
    const struct hone_op hone_op_##variable = {                                                \
        HONE_OP_HEAD(onnx, first, 2, 3, max_out),                                              \
        .attrs = "ignore_index:i reduction:s",                                                 \
        .infer = infer_loss,                                                                   \
        .forward = {[HONE_F32] = kernel##_f32, [HONE_F64] = kernel##_f64},                     \
    }

OP(negative_log_likelihood_loss, "NegativeLogLikelihoodLoss", 12, 1, nll);
OP(softmax_cross_entropy_loss, "SoftmaxCrossEntropyLoss", 12, 2, entropy);
