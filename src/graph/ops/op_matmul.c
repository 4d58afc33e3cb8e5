/*
 * MatMul and Gemm.  Every output row is computed alone, its sum in the order of k, so that a row's result
 * does not depend on how many rows come with it.
 */
#include "graph/matmul_priv.h"
#include "tensor/gemm.h"

struct state {
    float alpha, beta;
    bool trans_a, trans_b;
    const float
        *packed; /* the right side, where it is one constant matrix of float32; else NULL */
};

/* Pack the right side, whose element (p, j) is b[p * rb + j * cb], into mem. */
static enum hone_code pack(struct hone_run *run, struct hone_arena *mem, size_t k, size_t n,
                           const float *b, size_t rb, size_t cb, const float **out)
{
    float *packed;
    HONE_TRY(hone_array(run, mem, &packed, hone_gemm_room(k, n)));
    hone_gemm_pack(k, n, b, rb, cb, packed);
    *out = packed;
    return HONE_OK;
}

/* out (m, n) += a (m, k) b (k, n); a's element (i, p) is a[i * ra + p * ca]. */
#define PRODUCT(T, suffix)                                                                     \
    static void product_##suffix(size_t m, size_t n, size_t k, const T *a, size_t ra,          \
                                 size_t ca, const T *restrict b, T *restrict out)              \
    {                                                                                          \
        for (size_t i = 0; i < m; i++) {                                                       \
            T *restrict row = out + i * n;                                                     \
            for (size_t p = 0; p < k; p++) {                                                   \
                T x = a[i * ra + p * ca];                                                      \
                const T *restrict y = b + p * n;                                               \
                for (size_t j = 0; j < n; j++) {                                               \
                    row[j] += x * y[j];                                                        \
                }                                                                              \
            }                                                                                  \
        }                                                                                      \
    }
PRODUCT(double, f64)
PRODUCT(uint32_t, u32)
PRODUCT(uint64_t, u64)

/* A product of (m, k) and (k, n), with m, n and k in mnk.  Room for a packed right side comes from scratch, where it is not a constant. */
static enum hone_code product(struct hone_run *run, enum hone_dtype type, const size_t mnk[3],
                              const void *a, const void *b, const float *packed, void *out)
{
    HONE_SCRATCH(run);
    size_t m = mnk[0], n = mnk[1], k = mnk[2];

    if (m * n == 0) {
        return HONE_OK;
    }
    memset(out, 0, m * n * hone_dtype_size(type));
    if (type == HONE_F64) {
        product_f64(m, n, k, a, k, 1, b, out);
    } else if (type == HONE_I32 || type == HONE_U32) { /* two's complement: the same low bits */
        product_u32(m, n, k, a, k, 1, b, out);
    } else if (type != HONE_F32) {
        product_u64(m, n, k, a, k, 1, b, out);
    } else {
        struct hone_gemm g = {m, n, k, a, k, 1, packed, out, n};
        if (packed == NULL) {
            HONE_TRY(pack(run, &run->scratch, k, n, b, n, 1, &g.packed));
        }
        hone_gemm_parallel(run, &g);
    }
    return HONE_OK;
}

/* --- MatMul: as numpy's ----------------------------------------------------------------------------------- */

/* The stack of matrices of an operand: without its last two axes. */
static struct hone_shape stack_of(const struct hone_shape *s)
{
    struct hone_shape stack = *s;
    stack.rank = s->rank > 2 ? s->rank - 2 : 0;
    return stack;
}

enum hone_code hone_infer_matmul(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_shape *a = &site->in[0], *b = &site->in[1];
    struct hone_shape *out = &site->out[0], more;
    int64_t ka, kb;

    *out = (struct hone_shape){.type = a->type};
    if (a->type != b->type) {
        return hone_fail(run, HONE_E_SHAPE, "inputs of different types: %s and %s",
                         hone_dtype_name(a->type), hone_dtype_name(b->type));
    }
    if (!a->ranked || !b->ranked) {
        return HONE_OK;
    }
    if (a->rank == 0 || b->rank == 0) {
        return hone_fail(run, HONE_E_SHAPE, "a scalar is not a matrix");
    }
    ka = a->dim[a->rank - 1];
    kb = b->dim[b->rank == 1 ? 0 : b->rank - 2];
    if (ka >= 0 && kb >= 0 && ka != kb) {
        return hone_fail(run, HONE_E_SHAPE, "a matrix of %lld columns times one of %lld rows",
                         (long long)ka, (long long)kb);
    }
    *out = stack_of(a);
    out->data = NULL;
    more = stack_of(b);
    HONE_TRY(hone_shape_broadcast(run, out, &more));
    if (a->rank > 1) {
        out->dim[out->rank++] = a->dim[a->rank - 2];
    }
    if (b->rank > 1) {
        out->dim[out->rank++] = b->dim[b->rank - 1];
    }
    return HONE_OK;
}

static bool matmul_keeps_rows(const struct hone_site *site)
{
    return hone_rows_first(site) && site->in[0].rank > 1 && site->in[1].ranked &&
           (site->in[1].rank <= 2 || site->in[1].rank < site->in[0].rank);
}

enum hone_code hone_matmul(struct hone_run *run, const struct hone_tensor *a,
                           const struct hone_tensor *b, const float *packed,
                           const struct hone_tensor *out)
{
    size_t size = hone_dtype_size(a->type);
    size_t k = a->dim[a->rank - 1];
    size_t m = a->rank == 1 ? 1 : a->dim[a->rank - 2],
           n = b->rank == 1 ? 1 : b->dim[b->rank - 1];
    struct hone_tensor stack[3] = {*a, *b, *out};
    const struct hone_tensor *in[2] = {&stack[0], &stack[1]};
    struct hone_walk w;

    stack[0].rank = a->rank > 2 ? a->rank - 2 : 0;
    stack[1].rank = b->rank > 2 ? b->rank - 2 : 0;
    stack[2].rank = stack[0].rank > stack[1].rank ? stack[0].rank : stack[1].rank;
    if (stack[1].rank == 0) { /* one matrix on the right: all rows on the left at once */
        for (size_t i = 0; i < stack[0].rank; i++) {
            m *= a->dim[i];
        }
        return product(run, a->type, (const size_t[]){m, n, k}, a->data, b->data, packed,
                       out->data);
    }
    for (bool more = hone_walk_begin(&w, 2, in, &stack[2]); more; more = hone_walk_next(&w)) {
        for (size_t i = 0; i < w.inner; i++) {
            HONE_TRY(
                product(run, a->type, (const size_t[]){m, n, k},
                        (const char *)a->data + (w.offset[0] + i * w.step[0]) * m * k * size,
                        (const char *)b->data + (w.offset[1] + i * w.step[1]) * k * n * size,
                        NULL, (char *)out->data + (w.out + i) * m * n * size));
        }
    }
    return HONE_OK;
}

static enum hone_code prepare_matmul(struct hone_run *run, const struct hone_site *site,
                                     struct hone_arena *mem, void *state)
{
    const struct hone_shape *b = &site->in[1];
    struct state *s = state;

    if (b->type != HONE_F32 || b->data == NULL || b->rank != 2 || hone_shape_count(b) < 0) {
        return HONE_OK;
    }
    return pack(run, mem, (size_t)b->dim[0], (size_t)b->dim[1], b->data, (size_t)b->dim[1], 1,
                &s->packed);
}

static enum hone_code matmul(struct hone_run *run, const struct hone_call *call)
{
    return hone_matmul(run, call->in[0], call->in[1],
                       ((const struct state *)call->state)->packed, call->out[0]);
}

/* --- Gemm --------------------------------------------------------------------------------------------------- */

static enum hone_code pack_gemm(struct hone_run *run, struct hone_arena *mem,
                                const struct state *s, size_t rows, size_t cols, const float *b,
                                const float **out)
{
    return s->trans_b ? pack(run, mem, cols, rows, b, 1, cols, out)
                      : pack(run, mem, rows, cols, b, cols, 1, out);
}

static enum hone_code prepare_gemm(struct hone_run *run, const struct hone_site *site,
                                   struct hone_arena *mem, void *state)
{
    const struct hone_shape *b = &site->in[1];
    struct state *s = state;

    s->alpha = hone_op_float(site->node, "alpha", 1);
    s->beta = hone_op_float(site->node, "beta", 1);
    s->trans_a = hone_op_int(site->node, "transA", 0) != 0;
    s->trans_b = hone_op_int(site->node, "transB", 0) != 0;
    if (b->type != HONE_F32 || b->data == NULL || b->rank != 2 || hone_shape_count(b) < 0) {
        return HONE_OK;
    }
    return pack_gemm(run, mem, s, (size_t)b->dim[0], (size_t)b->dim[1], b->data, &s->packed);
}

/* C broadcasts to the product, and does not widen it. */
static enum hone_code check_c(struct hone_run *run, const struct hone_shape *c,
                              const struct hone_shape *product)
{
    struct hone_shape all = *product;

    if (!c->ranked) {
        return HONE_OK;
    }
    HONE_TRY(hone_shape_broadcast(run, &all, c));
    for (size_t i = 0; i < 2; i++) {
        if (all.rank != 2 || (product->dim[i] >= 0 && all.dim[i] != product->dim[i])) {
            return hone_fail(run, HONE_E_SHAPE, "C is larger than the product");
        }
    }
    return HONE_OK;
}

static enum hone_code infer_gemm(struct hone_run *run, const struct hone_site *site)
{
    const struct state *s = site->state;
    const struct hone_shape *a = &site->in[0], *b = &site->in[1];
    bool has_c = site->inputs > 2 && site->in[2].type != HONE_NONE;
    int64_t ka, kb;

    site->out[0] = (struct hone_shape){.type = a->type};
    if (a->type != b->type || (has_c && site->in[2].type != a->type)) {
        return hone_fail(run, HONE_E_SHAPE, "inputs of different types");
    }
    if (!a->ranked || !b->ranked) {
        return HONE_OK;
    }
    if (a->rank != 2 || b->rank != 2) {
        return hone_fail(run, HONE_E_SHAPE, "operands of rank %zu and %zu, not 2", a->rank,
                         b->rank);
    }
    ka = a->dim[s->trans_a ? 0 : 1];
    kb = b->dim[s->trans_b ? 1 : 0];
    if (ka >= 0 && kb >= 0 && ka != kb) {
        return hone_fail(run, HONE_E_SHAPE, "a matrix of %lld columns times one of %lld rows",
                         (long long)ka, (long long)kb);
    }
    hone_shape_set(&site->out[0], a->type, 2,
                   (const int64_t[]){a->dim[s->trans_a ? 1 : 0], b->dim[s->trans_b ? 0 : 1]});
    return has_c ? check_c(run, &site->in[2], &site->out[0]) : HONE_OK;
}

static bool gemm_keeps_rows(const struct hone_site *site)
{
    const struct hone_shape *c = site->inputs > 2 ? &site->in[2] : NULL;
    return hone_rows_first(site) && !((const struct state *)site->state)->trans_a &&
           (c == NULL || c->type == HONE_NONE || c->rank < 2 || c->dim[0] == 1);
}

/* out = alpha out + beta c */
#define FINISH(T, suffix)                                                                      \
    static void finish_##suffix(const struct state *s, const struct hone_tensor *c,            \
                                const struct hone_tensor *result)                              \
    {                                                                                          \
        T *out = result->data;                                                                 \
        size_t n = hone_tensor_count(result);                                                  \
        struct hone_walk w;                                                                    \
        for (size_t i = 0; s->alpha != 1 && i < n; i++) {                                      \
            out[i] = (T)s->alpha * out[i];                                                     \
        }                                                                                      \
        for (bool more = c != NULL && hone_walk_begin(&w, 1, &c, result); more;                \
             more = hone_walk_next(&w)) {                                                      \
            const T *from = (const T *)c->data + w.offset[0];                                  \
            for (size_t i = 0; i < w.inner; i++) {                                             \
                out[w.out + i] += (T)s->beta * from[i * w.step[0]];                            \
            }                                                                                  \
        }                                                                                      \
    }
FINISH(float, f32)
FINISH(double, f64)

static enum hone_code gemm(struct hone_run *run, const struct hone_call *call)
{
    HONE_SCRATCH(run);
    const struct state *s = call->state;
    const struct hone_tensor *a = call->in[0], *b = call->in[1], *out = call->out[0];
    size_t m = out->dim[0], n = out->dim[1], k = a->dim[s->trans_a ? 0 : 1];
    struct hone_gemm g = {
        m, n, k, a->data, s->trans_a ? 1 : k, s->trans_a ? m : 1, s->packed, out->data, n};

    if (m * n != 0) {
        memset(out->data, 0, m * n * hone_dtype_size(a->type));
    }
    if (a->type == HONE_F32) {
        if (g.packed == NULL) {
            HONE_TRY(
                pack_gemm(run, &run->scratch, s, b->dim[0], b->dim[1], b->data, &g.packed));
        }
        hone_gemm_parallel(run, &g);
        finish_f32(s, hone_call_in(call, 2), out);
        return HONE_OK;
    }
    if (s->trans_b) {
        const double *from = b->data;
        double *turned;
        HONE_TRY(hone_matrix(run, &run->scratch, &turned, k, n));
        for (size_t i = 0; i < k * n; i++) {
            turned[i] = from[i % n * k + i / n];
        }
        product_f64(m, n, k, a->data, g.ra, g.ca, turned, out->data);
    } else {
        product_f64(m, n, k, a->data, g.ra, g.ca, b->data, out->data);
    }
    finish_f64(s, hone_call_in(call, 2), out);
    return HONE_OK;
}

/* --- the operators -------------------------------------------------------------------------------------------- */

const struct hone_op hone_op_matmul = {
    .part.name = "MatMul",
    .part.source = HONE_OP_SOURCE_ONNX,
    .domain = "",
    .since = 1,
    .inputs_min = 2,
    .inputs_max = 2,
    .outputs_min = 1,
    .outputs_max = 1,
    .state_size = sizeof(struct state),
    .prepare = prepare_matmul,
    .infer = hone_infer_matmul,
    .rowwise = matmul_keeps_rows,
    .forward = {[HONE_F32] = matmul,
                [HONE_F64] = matmul,
                [HONE_I32] = matmul,
                [HONE_U32] = matmul,
                [HONE_I64] = matmul,
                [HONE_U64] = matmul},
};

const struct hone_op hone_op_gemm = {
    .part.name = "Gemm",
    .part.source = HONE_OP_SOURCE_ONNX,
    .domain = "",
    .since = 1,
    .inputs_min = 2,
    .inputs_max = 3,
    .outputs_min = 1,
    .outputs_max = 1,
    .attrs = "alpha:f beta:f transA:i transB:i broadcast:i",
    .state_size = sizeof(struct state),
    .prepare = prepare_gemm,
    .infer = infer_gemm,
    .rowwise = gemm_keeps_rows,
    .forward = {[HONE_F32] = gemm, [HONE_F64] = gemm},
};
