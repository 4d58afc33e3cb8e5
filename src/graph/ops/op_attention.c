/*
 * Attention and RotaryEmbedding.  A row of queries meets its keys in the order: product and scale, soft cap, mask, softmax;
 * a row whose keys are all masked gives zeros.
 */
#include <math.h>

#include "base/pool.h"
#include "graph/op_head_priv.h"
#include "graph/walk_priv.h"
#include "tensor/gemm.h"

/* --- shapes ----------------------------------------------------------------------------------------------- */

/* Inputs in both forms as (batch, heads, length, size): 3-d ones have the heads in their last axis. */
struct view {
    const float *data;
    size_t batch, heads, length, size;
    size_t by_batch, by_head, by_row; /* strides */
};

static enum hone_code view_of(struct hone_run *run, const struct hone_tensor *t, int64_t heads,
                              struct view *v)
{
    if (t->rank == 4) {
        *v = (struct view){t->data,
                           t->dim[0],
                           t->dim[1],
                           t->dim[2],
                           t->dim[3],
                           t->dim[1] * t->dim[2] * t->dim[3],
                           t->dim[2] * t->dim[3],
                           t->dim[3]};
        return HONE_OK;
    }
    if (t->rank != 3 || heads < 1 || t->dim[2] % (size_t)heads != 0) {
        return hone_fail(run, HONE_E_SHAPE, "rank %zu with %lld heads", t->rank,
                         (long long)heads);
    }
    *v = (struct view){t->data,
                       t->dim[0],
                       (size_t)heads,
                       t->dim[1],
                       t->dim[2] / (size_t)heads,
                       t->dim[1] * t->dim[2],
                       t->dim[2] / (size_t)heads,
                       t->dim[2]};
    return HONE_OK;
}

static int64_t plus(int64_t a, int64_t b)
{
    return a < 0 || b < 0 || a > INT64_MAX - b ? -1 : a + b;
}

static int64_t part(int64_t n, int64_t heads)
{
    return n < 0 || heads < 1 ? -1 : n / heads;
}

/* Heads, lengths and sizes, -1 where not known. */
struct sizes {
    bool flat; /* 3-d: heads are in the last axis */
    int64_t batch, q_heads, kv_heads, rows, total, key, value;
};

static enum hone_code sizes_of(struct hone_run *run, const struct hone_site *site,
                               struct sizes *z)
{
    const struct hone_shape *q = &site->in[0], *k = &site->in[1], *v = &site->in[2];
    const struct hone_shape *old = hone_site_has(site, 4) ? &site->in[4] : NULL;
    int64_t past = old == NULL ? 0 : old->ranked && old->rank == 4 ? old->dim[2] : -1;

    z->flat = q->rank == 3;
    z->q_heads = hone_op_int(site->node, "q_num_heads", 0);
    z->kv_heads = hone_op_int(site->node, "kv_num_heads", 0);
    if (z->q_heads > INT16_MAX || z->kv_heads > INT16_MAX) {
        return hone_fail(run, HONE_E_LIMIT, "%lld heads", (long long)z->q_heads);
    }
    if ((q->rank != 3 && q->rank != 4) || k->rank != q->rank || v->rank != q->rank ||
        (z->flat && (z->q_heads < 1 || z->kv_heads < 1)) ||
        hone_site_has(site, 4) != hone_site_has(site, 5)) {
        return hone_fail(run, HONE_E_SHAPE, "queries, keys, values of rank %zu, %zu, %zu",
                         q->rank, k->rank, v->rank);
    }
    z->batch = q->dim[0];
    z->rows = q->dim[z->flat ? 1 : 2];
    z->total = plus(past, k->dim[z->flat ? 1 : 2]);
    z->key = z->flat ? part(k->dim[2], z->kv_heads) : k->dim[3];
    z->value = z->flat ? part(v->dim[2], z->kv_heads) : v->dim[3];
    if (!z->flat) {
        z->q_heads = q->dim[1];
        z->kv_heads = k->dim[1];
    }
    return HONE_OK;
}

static enum hone_code infer_attention(struct hone_run *run, const struct hone_site *site)
{
    static const size_t alike[] = {1, 2, 4, 5};
    const struct hone_shape *q = &site->in[0];
    struct sizes z = {0};
    int64_t wide;

    for (size_t i = 0; i < site->outputs; i++) {
        site->out[i] = (struct hone_shape){.type = q->type};
    }
    for (size_t i = 0; i < sizeof alike / sizeof *alike; i++) {
        HONE_TRY(hone_site_like_first(run, site, alike[i]));
    }
    if (!q->ranked || !site->in[1].ranked || !site->in[2].ranked) {
        return HONE_OK;
    }
    HONE_TRY(sizes_of(run, site, &z));
    wide = z.value < 0 || z.value > INT32_MAX ? -1 : z.value * z.q_heads;
    if (z.flat) {
        hone_shape_set(&site->out[0], q->type, 3, (const int64_t[]){z.batch, z.rows, wide});
    } else {
        hone_shape_set(&site->out[0], q->type, 4,
                       (const int64_t[]){z.batch, z.q_heads, z.rows, z.value});
    }
    for (size_t i = 1; i < site->outputs && i < 3; i++) {
        hone_shape_set(
            &site->out[i], q->type, 4,
            (const int64_t[]){z.batch, z.kv_heads, z.total, i == 1 ? z.key : z.value});
    }
    if (site->outputs > 3) {
        hone_shape_set(&site->out[3], q->type, 4,
                       (const int64_t[]){z.batch, z.q_heads, z.rows, z.total});
    }
    return HONE_OK;
}

/* --- at work -------------------------------------------------------------------------------------------------- */

struct job {
    const struct hone_call *call;
    struct view q, k, v;
    size_t past, total;
    const float *keys, *values; /* (batch, kv heads, total, size) with what came before */
    float scale, softcap;
    bool causal;
    int64_t mode; /* which stage output 3 shows */
    const struct hone_tensor *mask, *lengths;
};

/* What came before and what is new, one after the other. */
static enum hone_code join(struct hone_run *run, const struct view *v,
                           const struct hone_tensor *past, struct hone_arena *mem,
                           const float **out)
{
    size_t old = past == NULL ? 0 : past->dim[2], total = old + v->length;
    float *to;

    if (past != NULL && (past->rank != 4 || past->dim[0] != v->batch ||
                         past->dim[1] != v->heads || past->dim[3] != v->size)) {
        return hone_fail(run, HONE_E_SHAPE, "past keys or values of another shape");
    }
    HONE_TRY(hone_matrix(run, mem, &to, hone_product(v->batch * v->heads, total), v->size));
    *out = to;
    for (size_t i = 0; i < v->batch * v->heads; i++) {
        const float *from = v->data + i / v->heads * v->by_batch + i % v->heads * v->by_head;
        if (old != 0) {
            memcpy(to, (const float *)past->data + i * old * v->size,
                   old * v->size * sizeof *to);
        }
        to += old * v->size;
        for (size_t r = 0; r < v->length; r++, to += v->size) {
            memcpy(to, from + r * v->by_row, v->size * sizeof *to);
        }
    }
    return HONE_OK;
}

/* The mask of (batch, head, row) for a key: 0, minus infinity, or what a real mask holds. */
static float mask_at(const struct job *j, size_t batch, size_t head, size_t row, size_t key)
{
    const struct hone_tensor *m = j->mask;
    size_t at[4] = {batch, head, row, key}, offset = 0;
    int64_t limit = (int64_t)row + (int64_t)j->past;
    float v = 0;

    if (j->lengths != NULL) {
        int64_t n = ((const int64_t *)j->lengths->data)[batch];
        if ((int64_t)key >= n) {
            return -INFINITY;
        }
        limit = j->past == 0 ? (int64_t)row + n - (int64_t)j->q.length : limit;
    }
    if (j->causal && (int64_t)key > limit) {
        return -INFINITY;
    }
    if (m == NULL) {
        return 0;
    }
    for (size_t k = 0; k < m->rank; k++) {
        size_t i = at[4 - m->rank + k];
        if (k + 1 == m->rank && i >= m->dim[k] && m->dim[k] != 1) {
            return -INFINITY; /* a shorter mask */
        }
        offset = offset * m->dim[k] + (m->dim[k] == 1 ? 0 : i);
    }
    if (m->type == HONE_B8) {
        return ((const uint8_t *)m->data)[offset] != 0 ? 0 : -INFINITY;
    }
    v = ((const float *)m->data)[offset];
    return v;
}

static void show(const struct job *j, int64_t stage, size_t batch, size_t head, size_t row,
                 const float *score)
{
    if (j->call->outputs > 3 && j->mode == stage) {
        memcpy((float *)j->call->out[3]->data +
                   ((batch * j->q.heads + head) * j->q.length + row) * j->total,
               score, j->total * sizeof *score);
    }
}

/* Scores of one row to weights. */
static void weigh(const struct job *j, size_t batch, size_t head, size_t row, float *score)
{
    float top = -INFINITY, most = -INFINITY;
    double sum = 0;

    show(j, 0, batch, head, row, score);
    for (size_t t = 0; j->softcap > 0 && t < j->total; t++) {
        score[t] = tanhf(score[t] / j->softcap) * j->softcap;
    }
    show(j, 1, batch, head, row, score);
    for (size_t t = 0; t < j->total; t++) {
        float m = mask_at(j, batch, head, row, t);
        score[t] += m;
        most = m > most ? m : most;
        /* A key that is masked has no say, whatever its product is. */
        score[t] = m == -INFINITY ? m : score[t];
        top = score[t] > top ? score[t] : top;
    }
    show(j, 2, batch, head, row, score);
    for (size_t t = 0; t < j->total; t++) {
        score[t] = most == -INFINITY ? 0 : expf(score[t] - top);
        sum += (double)score[t];
    }
    for (size_t t = 0; t < j->total && sum != 0; t++) {
        score[t] = (float)((double)score[t] / sum);
    }
    show(j, 3, batch, head, row, score);
}

/* One head of one of the batch. */
static enum hone_code head_chunk(struct hone_run *run, void *ctx, size_t chunk)
{
    HONE_SCRATCH(run);
    const struct job *j = ctx;
    size_t batch = chunk / j->q.heads, head = chunk % j->q.heads, rows = j->q.length;
    size_t own = batch * j->k.heads + head / (j->q.heads / j->k.heads), width = j->v.size;
    const struct hone_tensor *y = j->call->out[0];
    struct hone_gemm g = {rows, j->total, j->q.size, NULL,    j->q.by_row,
                          1,    NULL,     NULL,      j->total};
    float *score, *packed, *out;

    HONE_TRY(hone_check_cancel(run));
    HONE_TRY(hone_matrix(run, &run->scratch, &score, rows, j->total));
    HONE_TRY(hone_array(run, &run->scratch, &packed, hone_gemm_room(j->q.size, j->total)));
    hone_gemm_pack(j->q.size, j->total, j->keys + own * j->total * j->k.size, 1, j->k.size,
                   packed);
    g.a = j->q.data + batch * j->q.by_batch + head * j->q.by_head;
    g.packed = packed;
    g.out = score;
    hone_gemm(&g);
    for (size_t r = 0; r < rows; r++) {
        for (size_t t = 0; t < j->total; t++) {
            score[r * j->total + t] *= j->scale;
        }
        weigh(j, batch, head, r, score + r * j->total);
    }
    HONE_TRY(hone_array(run, &run->scratch, &packed, hone_gemm_room(j->total, width)));
    HONE_TRY(hone_matrix(run, &run->scratch, &out, rows, width));
    hone_gemm_pack(j->total, width, j->values + own * j->total * width, width, 1, packed);
    g = (struct hone_gemm){rows, width, j->total, score, j->total, 1, packed, out, width};
    hone_gemm(&g);
    for (size_t r = 0; r < rows; r++) {
        size_t at = y->rank == 4 ? (chunk * rows + r) * width
                                 : ((batch * rows + r) * j->q.heads + head) * width;
        memcpy((float *)y->data + at, out + r * width, width * sizeof *out);
    }
    return HONE_OK;
}

static enum hone_code check_mask(struct hone_run *run, const struct job *j)
{
    const struct hone_tensor *m = j->mask;
    size_t want[4] = {j->q.batch, j->q.heads, j->q.length, j->total};

    if (m != NULL &&
        (m->rank < 1 || m->rank > 4 || (m->type != HONE_B8 && m->type != HONE_F32))) {
        return hone_fail(run, HONE_E_SHAPE, "a mask of rank %zu of %s", m->rank,
                         hone_dtype_name(m->type));
    }
    for (size_t k = 0; m != NULL && k < m->rank; k++) {
        size_t most = want[4 - m->rank + k];
        if (m->dim[k] != 1 && m->dim[k] != most && (k + 1 < m->rank || m->dim[k] > most)) {
            return hone_fail(run, HONE_E_SHAPE, "a mask of %zu for %zu", m->dim[k], most);
        }
    }
    return HONE_OK;
}

static enum hone_code check(struct hone_run *run, const struct job *j)
{
    const struct hone_tensor *n = j->lengths;

    if (j->k.batch != j->q.batch || j->v.batch != j->q.batch || j->k.heads != j->v.heads ||
        j->k.heads == 0 || j->q.heads % j->k.heads != 0 || j->k.size != j->q.size ||
        j->k.length != j->v.length) {
        return hone_fail(run, HONE_E_SHAPE, "queries, keys and values do not fit each other");
    }
    if (n != NULL && (n->type != HONE_I64 || hone_tensor_count(n) != j->q.batch)) {
        return hone_fail(run, HONE_E_SHAPE, "lengths that are not one int64 a sequence");
    }
    return check_mask(run, j);
}

static enum hone_code attention(struct hone_run *run, const struct hone_call *call)
{
    HONE_ARENA(work);
    const struct hone_tensor *past[2] = {hone_call_in(call, 4), hone_call_in(call, 5)};
    int64_t q_heads = hone_op_int(call->node, "q_num_heads", 0);
    int64_t kv_heads = hone_op_int(call->node, "kv_num_heads", 0);
    struct job j = {
        .call = call, .mask = hone_call_in(call, 3), .lengths = hone_call_in(call, 6)};

    work.limit = call->mem->limit;
    HONE_TRY(view_of(run, call->in[0], q_heads, &j.q));
    HONE_TRY(view_of(run, call->in[1], kv_heads, &j.k));
    HONE_TRY(view_of(run, call->in[2], kv_heads, &j.v));
    j.past = past[0] == NULL || past[0]->rank != 4 ? 0 : past[0]->dim[2];
    j.total = j.past + j.k.length;
    HONE_TRY(check(run, &j));
    if (past[1] != NULL && (past[1]->rank != 4 || past[1]->dim[2] != j.past)) {
        return hone_fail(run, HONE_E_SHAPE, "past values of another length than past keys");
    }
    HONE_TRY(join(run, &j.k, past[0], &work, &j.keys));
    HONE_TRY(join(run, &j.v, past[1], &work, &j.values));
    j.scale = hone_op_float(call->node, "scale", 1 / sqrtf((float)j.q.size));
    j.softcap = hone_op_float(call->node, "softcap", 0);
    j.causal = hone_op_int(call->node, "is_causal", 0) != 0;
    j.mode = hone_op_int(call->node, "qk_matmul_output_mode", 0);
    for (size_t i = 1; i < 3 && i < call->outputs; i++) {
        memcpy(call->out[i]->data, i == 1 ? j.keys : j.values,
               hone_tensor_count(call->out[i]) * sizeof(float));
    }
    return hone_parallel_try(
        run, hone_tensor_count(call->out[0]) == 0 ? 0 : j.q.batch * j.q.heads, head_chunk, &j);
}

/* --- RotaryEmbedding --------------------------------------------------------------------------------------------- */

static enum hone_code rotate(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *x = call->in[0], *cosine = call->in[1], *sine = call->in[2];
    const struct hone_tensor *where = hone_call_in(call, 3);
    int64_t dim = hone_op_int(call->node, "rotary_embedding_dim", 0);
    bool together = hone_op_int(call->node, "interleaved", 0) != 0;
    size_t half, rows = cosine->rank == 0 ? 0 : hone_tensor_count(cosine);
    struct view v;

    HONE_TRY(view_of(run, x, hone_op_int(call->node, "num_heads", 0), &v));
    half = (dim > 0 ? (size_t)dim : v.size) / 2;
    if (2 * half > v.size || half == 0 ||
        cosine->dim[cosine->rank == 0 ? 0 : cosine->rank - 1] != half ||
        hone_tensor_count(sine) != rows || rows % half != 0 ||
        (where != NULL &&
         (where->type != HONE_I64 || hone_tensor_count(where) != v.batch * v.length))) {
        return hone_fail(run, HONE_E_SHAPE, "caches of cosines and sines that do not fit");
    }
    rows /= half;
    memcpy(call->out[0]->data, x->data, hone_tensor_count(x) * sizeof(float));
    for (size_t i = 0; i < v.batch * v.heads * v.length; i++) {
        size_t t = i % v.length, h = i / v.length % v.heads, b = i / v.length / v.heads;
        size_t at = b * v.by_batch + h * v.by_head + t * v.by_row, row = b * v.length + t;
        float *y = (float *)call->out[0]->data + at;
        int64_t place = where == NULL ? (int64_t)row : ((const int64_t *)where->data)[row];
        if (place < 0 || (size_t)place >= rows) {
            return hone_fail(run, HONE_E_SHAPE, "position %lld of %zu", (long long)place, rows);
        }
        for (size_t k = 0; k < half; k++) {
            float c = ((const float *)cosine->data)[(size_t)place * half + k];
            float s = ((const float *)sine->data)[(size_t)place * half + k];
            size_t one = together ? 2 * k : k, two = together ? 2 * k + 1 : half + k;
            float p = v.data[at + one], q = v.data[at + two];
            y[one] = c * p - s * q;
            y[two] = s * p + c * q;
        }
    }
    return HONE_OK;
}

static enum hone_code infer_rotate(struct hone_run *run, const struct hone_site *site)
{
    HONE_TRY(hone_site_like_first(run, site, 1));
    HONE_TRY(hone_site_like_first(run, site, 2));
    return hone_infer_same(run, site);
}

/* --- the operators -------------------------------------------------------------------------------------------- */

#define OP(variable, onnx, max_in, max_out, ...)                                               \
    const struct hone_op hone_op_##variable = {                                                \
        HONE_OP_HEAD(onnx, 23, 3, max_in, max_out),                                            \
        __VA_ARGS__,                                                                           \
    }

OP(attention, "Attention", 7, 4,
   .attrs =
       "is_causal:i kv_num_heads:i q_num_heads:i qk_matmul_output_mode:i scale:f softcap:f "
       "softmax_precision:i",
   .infer = infer_attention, .forward = {[HONE_F32] = attention});
OP(rotary_embedding, "RotaryEmbedding", 4, 1,
   .attrs = "interleaved:i num_heads:i rotary_embedding_dim:i", .infer = infer_rotate,
   .forward = {[HONE_F32] = rotate});
