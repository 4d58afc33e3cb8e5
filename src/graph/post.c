#include <math.h>

#include "graph/post_priv.h"

enum hone_code hone_post_of(struct hone_run *run, const struct hone_node *node,
                            enum hone_post *out)
{
    static const char *const words[] = {"NONE",         "LOGISTIC", "SOFTMAX",
                                        "SOFTMAX_ZERO", "PROBIT",   NULL};
    int word = 0;
    HONE_TRY(hone_op_word(run, node, "post_transform", "NONE", words, &word));
    *out = (enum hone_post)word;
    return HONE_OK;
}

static float logistic(float x)
{
    float v = 1 / (1 + expf(-fabsf(x)));
    return x < 0 ? 1 - v : v;
}

/* sqrt(2) erfinv(2x - 1), Winitzki's approximation with a = 0.147, which is onnxruntime's. */
static float probit(float x)
{
    float y = 2 * x - 1;
    float log = logf((1 - y) * (1 + y));
    float v = 2 / (3.14159f * 0.147f) + 0.5f * log;
    float root = sqrtf(-v + sqrtf(v * v - log / 0.147f));
    return 1.41421356f * (y < 0 ? -root : root);
}

static float largest(size_t n, const float *score)
{
    float top = score[0];
    for (size_t i = 1; i < n; i++) {
        top = score[i] > top ? score[i] : top;
    }
    return top;
}

/* Zero scores stay out of the sum (they stand for classes that nothing spoke for). */
static void softmax(size_t n, float *score, bool skip_zero)
{
    float top = largest(n, score), sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (skip_zero && fabsf(score[i]) <= 0.0000001f) {
            score[i] *= expf(-top);
        } else {
            score[i] = expf(score[i] - top);
            sum += score[i];
        }
    }
    for (size_t i = 0; i < n; i++) {
        score[i] /= sum;
    }
}

void hone_post_apply(enum hone_post post, size_t n, float *score)
{
    for (size_t i = 0; i < n && post == HONE_POST_PROBIT; i++) {
        score[i] = probit(score[i]);
    }
    if (n < 2) {
        return;
    }
    for (size_t i = 0; i < n && post == HONE_POST_LOGISTIC; i++) {
        score[i] = logistic(score[i]);
    }
    if (post == HONE_POST_SOFTMAX || post == HONE_POST_SOFTMAX_ZERO) {
        softmax(n, score, post == HONE_POST_SOFTMAX_ZERO);
    }
}

void hone_post_pair(enum hone_post post, bool complement, float score, float out[2])
{
    if (post == HONE_POST_LOGISTIC) {
        out[0] = logistic(-score);
        out[1] = logistic(score);
    } else if (complement) {
        out[0] = 1 - score;
        out[1] = score;
    } else {
        out[0] = -score;
        out[1] = score;
    }
}

enum hone_code hone_labels_of(struct hone_run *run, const struct hone_node *node,
                              const char *integers, struct hone_labels *out)
{
    out->text = hone_op_texts(node, "classlabels_strings", &out->n);
    if (out->n == 0) {
        out->whole = hone_op_ints(node, integers, &out->n);
    }
    if (out->n == 0) {
        return hone_fail(run, HONE_E_FORMAT, "no class labels");
    }
    return HONE_OK;
}

enum hone_dtype hone_labels_type(const struct hone_labels *labels)
{
    return labels->text != NULL ? HONE_STRING : HONE_I64;
}

void hone_labels_put(const struct hone_labels *labels, size_t k, struct hone_tensor *out,
                     size_t i)
{
    if (labels->text != NULL) {
        ((struct hone_str *)out->data)[i] = labels->text[k];
    } else {
        ((int64_t *)out->data)[i] = labels->whole[k];
    }
}

enum hone_code hone_rows_f32(struct hone_run *run, const struct hone_tensor *in, size_t *rows,
                             size_t *cols, const float **out)
{
    size_t n = hone_tensor_count(in);
    float *copy;

    *rows = in->rank < 2 ? 1 : in->dim[0];
    *cols = *rows == 0 ? 0 : n / *rows;
    if (in->type == HONE_F32) {
        *out = in->data;
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &run->scratch, &copy, n));
    for (size_t i = 0; i < n; i++) {
        copy[i] = in->type == HONE_F64   ? (float)((const double *)in->data)[i]
                  : in->type == HONE_I32 ? (float)((const int32_t *)in->data)[i]
                                         : (float)((const int64_t *)in->data)[i];
    }
    *out = copy;
    return HONE_OK;
}

enum hone_code hone_infer_features(struct hone_run *run, const struct hone_site *site,
                                   size_t features)
{
    const struct hone_shape *in = &site->in[0];
    int64_t cols = in->ranked && in->rank > 0 ? in->dim[in->rank - 1] : -1;

    if (cols >= 0 && (size_t)cols != features) {
        return hone_fail(run, HONE_E_SHAPE, "%lld features, the model has %zu", (long long)cols,
                         features);
    }
    return HONE_OK;
}

enum hone_code hone_infer_scores(struct hone_run *run, const struct hone_site *site,
                                 const struct hone_labels *labels, size_t n)
{
    const struct hone_shape *in = &site->in[0];
    int64_t rows = !in->ranked ? -1 : in->rank < 2 ? 1 : in->dim[0];
    struct hone_shape *scores = &site->out[labels == NULL ? 0 : 1];

    if (in->ranked && (in->rank == 0 || in->rank > 2)) {
        return hone_fail(run, HONE_E_SHAPE, "an input of rank %zu, not 2", in->rank);
    }
    if (labels != NULL) {
        hone_shape_set(&site->out[0], hone_labels_type(labels), 1, &rows);
    }
    hone_shape_set(scores, HONE_F32, 2, (const int64_t[]){rows, (int64_t)n});
    return HONE_OK;
}

bool hone_rows_matrix(const struct hone_site *site)
{
    return hone_rows_first(site) && site->in[0].rank == 2;
}
