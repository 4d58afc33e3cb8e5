/*
 * Dropout, and random numbers: Bernoulli, RandomNormal, RandomUniform, Multinomial.  The numbers of a node are a function
 * of the run's seed, the node's own, and the element: the same in every run, on any number of threads.
 */
#include <math.h>

#include "base/rng.h"
#include "graph/op_head_priv.h"
#include "graph/walk_priv.h"

/* The numbers of a node.  Nodes without a seed of their own differ by the name of their output. */
static struct hone_rng numbers(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_attr *seed = hone_node_attr(call->node, "seed");
    const char *name = call->node->outputs == 0 ? "" : call->node->output[0];
    uint64_t own = hone_rng_name(name);

    if (seed != NULL) {
        uint32_t bits = 0;
        float f = seed->type == HONE_ATTR_INT ? (float)seed->i : seed->f;
        memcpy(&bits, &f, sizeof bits);
        own = bits;
    }
    return hone_rng(run->seed, own ^ hone_rng_name("graph"));
}

static double unit(uint64_t bits)
{
    return (double)(bits >> 11) * 0x1p-53;
}

static void put_real(const struct hone_tensor *out, size_t i, double v)
{
    if (out->type == HONE_F32) {
        ((float *)out->data)[i] = (float)v;
    } else {
        ((double *)out->data)[i] = v;
    }
}

/* --- Dropout ------------------------------------------------------------------------------------------------ */

static enum hone_code infer_dropout(struct hone_run *run, const struct hone_site *site)
{
    HONE_TRY(hone_infer_same(run, site));
    if (site->outputs > 1) {
        site->out[1] = site->out[0];
        /* Before version 10 the mask had the type of the data. */
        site->out[1].type = site->version < 10 ? site->in[0].type : HONE_B8;
    }
    return HONE_OK;
}

/* Where only the first output is there and nothing is dropped, rows stay what they are. */
static bool dropout_keeps_rows(const struct hone_site *site)
{
    return hone_rows_first(site);
}

static enum hone_code dropout(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *x = call->in[0], *y = call->out[0];
    const struct hone_tensor *ratio_in = hone_call_in(call, 1), *mode = hone_call_in(call, 2);
    struct hone_rng rng = numbers(run, call);
    size_t n = hone_tensor_count(x);
    double ratio = 0;

    if (mode != NULL && hone_tensor_count(mode) != 0 && *(const uint8_t *)mode->data != 0) {
        ratio = ratio_in == NULL || hone_tensor_count(ratio_in) == 0
                    ? 0.5
                    : hone_tensor_real(ratio_in, 0);
    }
    if (!(ratio >= 0 && ratio < 1)) {
        return hone_fail(run, HONE_E_NUMERIC, "a ratio of %g", ratio);
    }
    for (size_t i = 0; i < n; i++) {
        bool keep = ratio == 0 || unit(hone_rng_at(&rng, i)) >= ratio;
        put_real(y, i, keep ? hone_tensor_real(x, i) / (1 - ratio) : 0);
        if (call->outputs > 1 && call->out[1]->type == HONE_B8) {
            ((uint8_t *)call->out[1]->data)[i] = keep;
        } else if (call->outputs > 1) {
            put_real(call->out[1], i, keep);
        }
    }
    return HONE_OK;
}

/* --- numbers ------------------------------------------------------------------------------------------------- */

/* The shape is an attribute, or that of the input; the type an attribute, the input's, or float32. */
static enum hone_code infer_random(struct hone_run *run, const struct hone_site *site)
{
    size_t n;
    const int64_t *shape = hone_op_ints(site->node, "shape", &n);
    int64_t type = hone_op_int(site->node, "dtype",
                               site->inputs > 0 ? (int64_t)site->in[0].type : HONE_F32);

    if (type != HONE_F32 && type != HONE_F64 && type != HONE_F16) {
        type =
            site->inputs > 0 && hone_node_attr(site->node, "dtype") == NULL ? HONE_F32 : type;
    }
    if (type != HONE_F32 && type != HONE_F64) {
        return hone_fail(run, HONE_E_UNSUPPORTED, "numbers of %s",
                         hone_dtype_name((enum hone_dtype)(type & 127)));
    }
    if (site->inputs > 0) {
        site->out[0] = site->in[0];
        site->out[0].data = NULL;
    } else {
        if (n > HONE_RANK_MAX) {
            return hone_fail(run, HONE_E_SHAPE, "a shape of rank %zu", n);
        }
        for (size_t k = 0; k < n; k++) {
            if (shape[k] < 0) {
                return hone_fail(run, HONE_E_SHAPE, "a negative dimension");
            }
        }
        hone_shape_set(&site->out[0], HONE_F32, n, shape);
    }
    site->out[0].type = (enum hone_dtype)type;
    return HONE_OK;
}

static enum hone_code uniform(struct hone_run *run, const struct hone_call *call)
{
    struct hone_rng rng = numbers(run, call);
    double low = (double)hone_op_float(call->node, "low", 0);
    double high = (double)hone_op_float(call->node, "high", 1);
    size_t n = hone_tensor_count(call->out[0]);

    for (size_t i = 0; i < n; i++) {
        put_real(call->out[0], i, low + (high - low) * unit(hone_rng_at(&rng, i)));
    }
    return HONE_OK;
}

static enum hone_code normal(struct hone_run *run, const struct hone_call *call)
{
    struct hone_rng rng = numbers(run, call);
    double mean = (double)hone_op_float(call->node, "mean", 0);
    double scale = (double)hone_op_float(call->node, "scale", 1);
    size_t n = hone_tensor_count(call->out[0]);

    for (size_t i = 0; i < n; i++) {
        put_real(call->out[0], i, mean + scale * hone_rng_normal(&rng));
    }
    return HONE_OK;
}

/* --- Bernoulli, Multinomial ------------------------------------------------------------------------------------- */

static enum hone_code infer_bernoulli(struct hone_run *run, const struct hone_site *site)
{
    int64_t type = hone_op_int(site->node, "dtype", (int64_t)site->in[0].type);

    HONE_TRY(hone_infer_same(run, site));
    if (type != HONE_F32 && type != HONE_F64 && type != HONE_B8 && type != HONE_I32 &&
        type != HONE_I64) {
        return hone_fail(run, HONE_E_UNSUPPORTED, "numbers of %s",
                         hone_dtype_name((enum hone_dtype)(type & 127)));
    }
    site->out[0].type = (enum hone_dtype)type;
    return HONE_OK;
}

static void put_whole(const struct hone_tensor *out, size_t i, int64_t v)
{
    if (out->type == HONE_B8) {
        ((uint8_t *)out->data)[i] = v != 0;
    } else if (out->type == HONE_I32) {
        ((int32_t *)out->data)[i] = (int32_t)v;
    } else if (out->type == HONE_I64) {
        ((int64_t *)out->data)[i] = v;
    } else {
        put_real(out, i, (double)v);
    }
}

static enum hone_code bernoulli(struct hone_run *run, const struct hone_call *call)
{
    struct hone_rng rng = numbers(run, call);
    size_t n = hone_tensor_count(call->in[0]);

    for (size_t i = 0; i < n; i++) {
        put_whole(call->out[0], i,
                  unit(hone_rng_at(&rng, i)) < hone_tensor_real(call->in[0], i));
    }
    return HONE_OK;
}

static enum hone_code infer_multinomial(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_shape *in = &site->in[0];
    int64_t type = hone_op_int(site->node, "dtype", HONE_I32);
    int64_t n = hone_op_int(site->node, "sample_size", 1);

    if ((in->ranked && in->rank != 2) || n < 0 || (type != HONE_I32 && type != HONE_I64)) {
        return hone_fail(run, HONE_E_SHAPE, "rank %zu, %lld samples", in->rank, (long long)n);
    }
    hone_shape_set(&site->out[0], (enum hone_dtype)type, 2,
                   (const int64_t[]){in->ranked ? in->dim[0] : -1, n});
    return HONE_OK;
}

/* Rows are logarithms of probabilities, up to a constant. */
static enum hone_code multinomial(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *in = call->in[0];
    struct hone_rng rng = numbers(run, call);
    size_t classes = in->dim[1], n = call->out[0]->dim[1];

    if (classes == 0 && n != 0) {
        return hone_fail(run, HONE_E_SHAPE, "no classes to choose from");
    }
    for (size_t r = 0; r < in->dim[0]; r++) {
        double top = -HUGE_VAL, sum = 0;
        for (size_t k = 0; k < classes; k++) {
            top = fmax(top, hone_tensor_real(in, r * classes + k));
        }
        for (size_t k = 0; k < classes; k++) {
            sum += exp(hone_tensor_real(in, r * classes + k) - top);
        }
        for (size_t i = 0; i < n; i++) {
            double left = unit(hone_rng_at(&rng, r * n + i)) * sum;
            size_t k = 0;
            while (k + 1 < classes &&
                   (left -= exp(hone_tensor_real(in, r * classes + k) - top)) >= 0) {
                k++;
            }
            put_whole(call->out[0], r * n + i, (int64_t)k);
        }
    }
    return HONE_OK;
}

/* --- the operators -------------------------------------------------------------------------------------------- */

#define OP(variable, onnx, first, min_in, max_in, max_out, ...)                                \
    const struct hone_op hone_op_##variable = {                                                \
        HONE_OP_HEAD(onnx, first, min_in, max_in, max_out),                                    \
        __VA_ARGS__,                                                                           \
    }
#define REALS(f)                                                                               \
    {                                                                                          \
        [HONE_F32] = f, [HONE_F64] = f                                                         \
    }

OP(dropout, "Dropout", 1, 1, 3, 2, .attrs = "seed:i", .infer = infer_dropout,
   .rowwise = dropout_keeps_rows, .forward = REALS(dropout));
OP(random_uniform, "RandomUniform", 1, 0, 0, 1, .attrs = "dtype:i high:f low:f seed:f shape:I",
   .flags = HONE_OP_RANDOM, .infer = infer_random, .any = uniform);
OP(random_uniform_like, "RandomUniformLike", 1, 1, 1, 1, .attrs = "dtype:i high:f low:f seed:f",
   .flags = HONE_OP_RANDOM, .infer = infer_random, .any = uniform);
OP(random_normal, "RandomNormal", 1, 0, 0, 1, .attrs = "dtype:i mean:f scale:f seed:f shape:I",
   .flags = HONE_OP_RANDOM, .infer = infer_random, .any = normal);
OP(random_normal_like, "RandomNormalLike", 1, 1, 1, 1, .attrs = "dtype:i mean:f scale:f seed:f",
   .flags = HONE_OP_RANDOM, .infer = infer_random, .any = normal);
OP(bernoulli, "Bernoulli", 15, 1, 1, 1, .attrs = "dtype:i seed:f", .flags = HONE_OP_RANDOM,
   .infer = infer_bernoulli, .forward = REALS(bernoulli));
OP(multinomial, "Multinomial", 7, 1, 1, 1, .attrs = "dtype:i sample_size:i seed:f",
   .flags = HONE_OP_RANDOM, .infer = infer_multinomial, .forward = REALS(multinomial));
