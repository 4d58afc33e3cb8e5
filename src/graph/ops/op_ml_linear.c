/* ai.onnx.ml: LinearRegressor, LinearClassifier.  A row's sums run in feature order, alone. */
#include "graph/op_head_priv.h"
#include "graph/post_priv.h"

struct state {
    size_t targets, features;
    float *weight; /* (features, targets) */
    const float *intercept;
    size_t intercepts;
    enum hone_post post;
    struct hone_labels labels; /* classifier */
    bool pair;                 /* one score becomes two */
};

/* Coefficients are given target by target; the kernel goes feature by feature. */
static enum hone_code take_weights(struct hone_run *run, const struct hone_site *site,
                                   struct hone_arena *mem, struct state *s)
{
    size_t n;
    const float *given = hone_op_floats(site->node, "coefficients", &n);

    s->intercept = hone_op_floats(site->node, "intercepts", &s->intercepts);
    if (n == 0 || s->targets == 0 || n % s->targets != 0 ||
        (s->intercepts != 0 && s->intercepts != s->targets)) {
        return hone_fail(run, HONE_E_FORMAT,
                         "%zu coefficients and %zu intercepts for %zu targets", n,
                         s->intercepts, s->targets);
    }
    s->features = n / s->targets;
    HONE_TRY(hone_array(run, mem, &s->weight, n));
    for (size_t t = 0; t < s->targets; t++) {
        for (size_t j = 0; j < s->features; j++) {
            s->weight[j * s->targets + t] = given[t * s->features + j];
        }
    }
    return hone_post_of(run, site->node, &s->post);
}

static enum hone_code prepare_regressor(struct hone_run *run, const struct hone_site *site,
                                        struct hone_arena *mem, void *state)
{
    struct state *s = state;
    int64_t targets = hone_op_int(site->node, "targets", 1);
    s->targets = targets < 1 ? 0 : (size_t)targets;
    return take_weights(run, site, mem, s);
}

static enum hone_code prepare_classifier(struct hone_run *run, const struct hone_site *site,
                                         struct hone_arena *mem, void *state)
{
    struct state *s = state;
    HONE_TRY(hone_labels_of(run, site->node, "classlabels_ints", &s->labels));
    hone_op_floats(site->node, "intercepts", &s->targets);
    if (s->targets == 0) {
        s->targets = s->labels.n;
    }
    if (s->targets != 1 && s->targets != s->labels.n) {
        return hone_fail(run, HONE_E_FORMAT, "%zu labels for %zu scores", s->labels.n,
                         s->targets);
    }
    s->pair = s->targets == 1 && s->labels.n == 2;
    return take_weights(run, site, mem, s);
}

static enum hone_code infer_regressor(struct hone_run *run, const struct hone_site *site)
{
    const struct state *s = site->state;
    HONE_TRY(hone_infer_features(run, site, s->features));
    return hone_infer_scores(run, site, NULL, s->targets);
}

static enum hone_code infer_classifier(struct hone_run *run, const struct hone_site *site)
{
    const struct state *s = site->state;
    HONE_TRY(hone_infer_features(run, site, s->features));
    return hone_infer_scores(run, site, &s->labels, s->pair ? 2 : s->targets);
}

static void score_row(const struct state *s, const float *restrict x, float *restrict out)
{
    for (size_t t = 0; t < s->targets; t++) {
        out[t] = 0;
    }
    for (size_t j = 0; j < s->features; j++) {
        const float *w = s->weight + j * s->targets;
        for (size_t t = 0; t < s->targets; t++) {
            out[t] += x[j] * w[t];
        }
    }
    for (size_t t = 0; t < s->intercepts; t++) {
        out[t] += s->intercept[t];
    }
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
        score_row(s, x + i * cols, out + i * s->targets);
        hone_post_apply(s->post, s->targets, out + i * s->targets);
    }
    return HONE_OK;
}

static size_t best_of(const float *score, size_t n)
{
    size_t best = 0;
    for (size_t t = 1; t < n; t++) {
        best = score[t] > score[best] ? t : best;
    }
    return best;
}

static enum hone_code classify(struct hone_run *run, const struct hone_call *call)
{
    HONE_SCRATCH(run);
    const struct state *s = call->state;
    size_t width = s->pair ? 2 : s->targets;
    float *out = call->out[1]->data;
    const float *x = NULL;
    size_t rows = 0, cols = 0;

    HONE_TRY(hone_rows_f32(run, call->in[0], &rows, &cols, &x));
    for (size_t i = 0; i < rows; i++) {
        float *score = out + i * width;
        score_row(s, x + i * cols, score);
        if (s->pair) {
            hone_labels_put(&s->labels, score[0] > 0, call->out[0], i);
            if (s->post == HONE_POST_PROBIT) {
                hone_post_apply(s->post, 1, score);
            }
            hone_post_pair(s->post, true, score[0], score);
            continue;
        }
        hone_labels_put(&s->labels, best_of(score, s->targets), call->out[0], i);
        hone_post_apply(s->post, s->targets, score);
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

OP(linear_regressor, "LinearRegressor", 1,
   .attrs = "coefficients:F intercepts:F targets:i post_transform:s",
   .prepare = prepare_regressor, .infer = infer_regressor,
   .forward = {
       [HONE_F32] = regress, [HONE_F64] = regress, [HONE_I32] = regress, [HONE_I64] = regress});
OP(linear_classifier, "LinearClassifier", 2,
   .attrs = "coefficients:F intercepts:F multi_class:i post_transform:s classlabels_strings:S "
            "classlabels_ints:I",
   .prepare = prepare_classifier, .infer = infer_classifier,
   .forward = {[HONE_F32] = classify,
               [HONE_F64] = classify,
               [HONE_I32] = classify,
               [HONE_I64] = classify});
