/* ai.onnx.ml: Imputer, Scaler, Normalizer, Binarizer, FeatureVectorizer. */
#include <math.h>

#include "graph/fuse_priv.h"
#include "graph/op_head_priv.h"

#define NUMBERS(name)                                                                          \
    {                                                                                          \
        [HONE_F32] = name, [HONE_F64] = name, [HONE_I64] = name, [HONE_I32] = name             \
    }

/* Element i of a tensor as double; the four types of ai.onnx.ml. */
static double at(const struct hone_tensor *t, size_t i)
{
    switch (t->type) {
    case HONE_F32:
        return (double)((const float *)t->data)[i];
    case HONE_F64:
        return ((const double *)t->data)[i];
    case HONE_I32:
        return ((const int32_t *)t->data)[i];
    default:
        return (double)((const int64_t *)t->data)[i];
    }
}

/* Columns: of the last axis; a vector is one row. */
static size_t cols_of(const struct hone_tensor *t)
{
    return t->rank == 0 ? 1 : t->dim[t->rank - 1];
}

static int64_t known_cols(const struct hone_shape *s)
{
    return !s->ranked ? -1 : s->rank == 0 ? 1 : s->dim[s->rank - 1];
}

static bool rows_of_matrix(const struct hone_site *site)
{
    return hone_rows_first(site) && site->in[0].rank > 1;
}

/* --- Scaler: (x - offset) * scale, one of each or one for each column ---------------------------------- */

struct scaler {
    const float *offset, *scale;
    size_t offsets, scales;
};

static enum hone_code prepare_scaler(struct hone_run *run, const struct hone_site *site,
                                     struct hone_arena *mem, void *state)
{
    struct scaler *s = state;
    (void)mem;
    s->offset = hone_op_floats(site->node, "offset", &s->offsets);
    s->scale = hone_op_floats(site->node, "scale", &s->scales);
    if (s->offsets == 0 || s->scales == 0) {
        return hone_fail(run, HONE_E_FORMAT, "a Scaler needs offset and scale");
    }
    return HONE_OK;
}

static enum hone_code infer_scaler(struct hone_run *run, const struct hone_site *site)
{
    const struct scaler *s = site->state;
    int64_t cols = known_cols(&site->in[0]);
    if (cols >= 0 && ((s->offsets != 1 && (int64_t)s->offsets != cols) ||
                      (s->scales != 1 && (int64_t)s->scales != cols))) {
        return hone_fail(run, HONE_E_SHAPE, "%zu offsets and %zu scales for %lld columns",
                         s->offsets, s->scales, (long long)cols);
    }
    HONE_TRY(hone_infer_same(run, site));
    site->out[0].type = HONE_F32;
    return HONE_OK;
}

static enum hone_code scale(struct hone_run *run, const struct hone_call *call)
{
    const struct scaler *s = call->state;
    size_t n = hone_tensor_count(call->in[0]), cols = cols_of(call->in[0]);
    size_t offset_step = s->offsets != 1, scale_step = s->scales != 1;
    float *out = call->out[0]->data;
    (void)run;
    for (size_t i = 0; i < n; i += cols) {
        for (size_t j = 0; j < cols; j++) {
            float x = (float)at(call->in[0], i + j);
            out[i + j] = (x - s->offset[j * offset_step]) * s->scale[j * scale_step];
        }
    }
    return HONE_OK;
}

static enum hone_code scale_f32(struct hone_run *run, const struct hone_call *call)
{
    const struct scaler *s = call->state;
    size_t n = hone_tensor_count(call->in[0]), cols = cols_of(call->in[0]);
    const float *in = call->in[0]->data;
    float *out = call->out[0]->data;
    if (s->offsets != cols || s->scales != cols) {
        return scale(run, call);
    }
    for (size_t i = 0; i < n; i += cols) {
        for (size_t j = 0; j < cols; j++) {
            out[i + j] = (in[i + j] - s->offset[j]) * s->scale[j];
        }
    }
    return HONE_OK;
}

/* --- Imputer --------------------------------------------------------------------------------------------- */

struct imputer {
    const float *floats;
    const int64_t *ints;
    size_t n;
    float missing_float;
    int64_t missing_int;
};

static enum hone_code prepare_imputer(struct hone_run *run, const struct hone_site *site,
                                      struct hone_arena *mem, void *state)
{
    struct imputer *s = state;
    (void)mem;
    if (site->in[0].type == HONE_F32) {
        s->floats = hone_op_floats(site->node, "imputed_value_floats", &s->n);
        s->missing_float = hone_op_float(site->node, "replaced_value_float", 0);
    } else {
        s->ints = hone_op_ints(site->node, "imputed_value_int64s", &s->n);
        s->missing_int = hone_op_int(site->node, "replaced_value_int64", 0);
    }
    if (s->n == 0) {
        return hone_fail(run, HONE_E_FORMAT, "no imputed values of the input's type");
    }
    return HONE_OK;
}

static enum hone_code infer_imputer(struct hone_run *run, const struct hone_site *site)
{
    const struct imputer *s = site->state;
    int64_t cols = known_cols(&site->in[0]);
    if (cols >= 0 && s->n != 1 && (int64_t)s->n != cols) {
        return hone_fail(run, HONE_E_SHAPE, "%zu imputed values for %lld columns", s->n,
                         (long long)cols);
    }
    return hone_infer_same(run, site);
}

static enum hone_code impute_f32(struct hone_run *run, const struct hone_call *call)
{
    const struct imputer *s = call->state;
    size_t n = hone_tensor_count(call->in[0]), cols = cols_of(call->in[0]), each = s->n != 1;
    const float *in = call->in[0]->data;
    float *out = call->out[0]->data;
    bool nan = isnan(s->missing_float);
    (void)run;
    for (size_t i = 0; i < n; i += cols) {
        for (size_t j = 0; j < cols; j++) {
            float x = in[i + j];
            bool missing = nan ? x != x : x == s->missing_float;
            out[i + j] = missing ? s->floats[j * each] : x;
        }
    }
    return HONE_OK;
}

static enum hone_code impute_i64(struct hone_run *run, const struct hone_call *call)
{
    const struct imputer *s = call->state;
    size_t n = hone_tensor_count(call->in[0]), cols = cols_of(call->in[0]), each = s->n != 1;
    const int64_t *in = call->in[0]->data;
    int64_t *out = call->out[0]->data;
    (void)run;
    for (size_t i = 0; i < n; i++) {
        out[i] = in[i] == s->missing_int ? s->ints[i % cols * each] : in[i];
    }
    return HONE_OK;
}

/* --- Normalizer, Binarizer ------------------------------------------------------------------------------- */

struct norm {
    int kind; /* MAX, L1, L2 */
    float threshold;
};

static enum hone_code prepare_norm(struct hone_run *run, const struct hone_site *site,
                                   struct hone_arena *mem, void *state)
{
    static const char *const words[] = {"MAX", "L1", "L2", NULL};
    (void)mem;
    return hone_op_word(run, site->node, "norm", "MAX", words, &((struct norm *)state)->kind);
}

static enum hone_code infer_f32(struct hone_run *run, const struct hone_site *site)
{
    HONE_TRY(hone_infer_same(run, site));
    site->out[0].type = HONE_F32;
    return HONE_OK;
}

/* A row whose norm is 0 stays as it is.  MAX divides by the largest element, as onnxruntime does. */
static enum hone_code normalize(struct hone_run *run, const struct hone_call *call)
{
    const struct norm *s = call->state;
    size_t n = hone_tensor_count(call->in[0]), cols = cols_of(call->in[0]);
    float *out = call->out[0]->data;
    (void)run;
    for (size_t i = 0; i < n; i += cols) {
        float sum = s->kind == 0 ? -INFINITY : 0;
        for (size_t j = 0; j < cols; j++) {
            float x = (float)at(call->in[0], i + j);
            sum = s->kind == 0 ? fmaxf(sum, x) : s->kind == 1 ? sum + fabsf(x) : sum + x * x;
        }
        for (size_t j = 0; j < cols; j++) {
            float x = (float)at(call->in[0], i + j);
            out[i + j] = sum == 0 ? x : hone_normalized(s->kind == 2, x, sum);
        }
    }
    return HONE_OK;
}

static enum hone_code prepare_binarizer(struct hone_run *run, const struct hone_site *site,
                                        struct hone_arena *mem, void *state)
{
    (void)run;
    (void)mem;
    ((struct norm *)state)->threshold = hone_op_float(site->node, "threshold", 0);
    return HONE_OK;
}

#define BINARIZE(T, suffix)                                                                    \
    static enum hone_code binarize_##suffix(struct hone_run *run,                              \
                                            const struct hone_call *call)                      \
    {                                                                                          \
        double threshold = (double)((const struct norm *)call->state)->threshold;              \
        size_t n = hone_tensor_count(call->in[0]);                                             \
        const T *in = call->in[0]->data;                                                       \
        T *out = call->out[0]->data;                                                           \
        (void)run;                                                                             \
        for (size_t i = 0; i < n; i++) {                                                       \
            out[i] = (double)in[i] > threshold;                                                \
        }                                                                                      \
        return HONE_OK;                                                                        \
    }
BINARIZE(float, f32)
BINARIZE(double, f64)
BINARIZE(int32_t, i32)
BINARIZE(int64_t, i64)

/* --- FeatureVectorizer: columns side by side, each cut or filled up with 0 to its length ------------------- */

struct vectorizer {
    const int64_t *len;
    size_t n;
};

static enum hone_code prepare_vectorizer(struct hone_run *run, const struct hone_site *site,
                                         struct hone_arena *mem, void *state)
{
    struct vectorizer *s = state;
    (void)mem;
    s->len = hone_op_ints(site->node, "inputdimensions", &s->n);
    if (s->n != site->inputs) {
        return hone_fail(run, HONE_E_FORMAT, "%zu inputdimensions for %zu inputs", s->n,
                         site->inputs);
    }
    for (size_t i = 0; i < s->n; i++) {
        if (s->len[i] < 0) {
            return hone_fail(run, HONE_E_FORMAT, "a negative input dimension");
        }
    }
    return HONE_OK;
}

static enum hone_code infer_vectorizer(struct hone_run *run, const struct hone_site *site)
{
    const struct vectorizer *s = site->state;
    int64_t cols = 0, rows = -1;
    for (size_t i = 0; i < site->inputs; i++) {
        const struct hone_shape *in = &site->in[i];
        int64_t mine = !in->ranked ? -1 : in->rank == 2 ? in->dim[0] : 1;
        if (in->type != site->in[0].type || (in->ranked && (in->rank == 0 || in->rank > 2)) ||
            (rows >= 0 && mine >= 0 && rows != mine) ||
            __builtin_add_overflow(cols, s->len[i], &cols)) {
            return hone_fail(run, HONE_E_SHAPE, "inputs that are not rows of one type");
        }
        rows = mine >= 0 ? mine : rows;
    }
    hone_shape_set(&site->out[0], HONE_F32, 2, (const int64_t[]){rows, cols});
    return HONE_OK;
}

static bool vectorizer_keeps_rows(const struct hone_site *site)
{
    for (size_t i = 0; i < site->inputs; i++) {
        if (!site->rows[i] || site->in[i].rank != 2) {
            return false;
        }
    }
    return true;
}

static enum hone_code vectorize(struct hone_run *run, const struct hone_call *call)
{
    const struct vectorizer *s = call->state;
    size_t rows = call->out[0]->dim[0], all = call->out[0]->dim[1], first = 0;
    float *out = call->out[0]->data;
    (void)run;
    for (size_t k = 0; k < call->inputs; k++) {
        const struct hone_tensor *in = call->in[k];
        size_t cols = cols_of(in), len = (size_t)s->len[k];
        for (size_t i = 0; i < rows; i++) {
            for (size_t j = 0; j < len; j++) {
                out[i * all + first + j] = j < cols ? (float)at(in, i * cols + j) : 0;
            }
        }
        first += len;
    }
    return HONE_OK;
}

/* --- the operators -------------------------------------------------------------------------------------------- */

#define OP(variable, onnx, n_in, S, ...)                                                       \
    const struct hone_op hone_op_ml_##variable = {                                             \
        HONE_OP_HEAD_ML(onnx, 1, n_in, 1),                                                     \
        .state_size = sizeof(struct S),                                                        \
        __VA_ARGS__,                                                                           \
    }

OP(scaler, "Scaler", 1, scaler, .attrs = "offset:F scale:F", .prepare = prepare_scaler,
   .infer = infer_scaler, .rowwise = rows_of_matrix,
   .forward = {
       [HONE_F32] = scale_f32, [HONE_F64] = scale, [HONE_I64] = scale, [HONE_I32] = scale});
OP(imputer, "Imputer", 1, imputer,
   .attrs = "imputed_value_floats:F imputed_value_int64s:I replaced_value_float:f "
            "replaced_value_int64:i",
   .prepare = prepare_imputer, .infer = infer_imputer, .rowwise = rows_of_matrix,
   .forward = {[HONE_F32] = impute_f32, [HONE_I64] = impute_i64});
OP(normalizer, "Normalizer", 1, norm, .attrs = "norm:s", .prepare = prepare_norm,
   .infer = infer_f32, .rowwise = rows_of_matrix, .forward = NUMBERS(normalize));
OP(binarizer, "Binarizer", 1, norm, .attrs = "threshold:f", .prepare = prepare_binarizer,
   .infer = hone_infer_same, .rowwise = hone_rows_first,
   .forward = {[HONE_F32] = binarize_f32,
               [HONE_F64] = binarize_f64,
               [HONE_I32] = binarize_i32,
               [HONE_I64] = binarize_i64});
OP(feature_vectorizer, "FeatureVectorizer", SIZE_MAX, vectorizer, .attrs = "inputdimensions:I",
   .prepare = prepare_vectorizer, .infer = infer_vectorizer, .rowwise = vectorizer_keeps_rows,
   .forward = NUMBERS(vectorize));
