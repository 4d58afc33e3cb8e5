/* Elements found, chosen and put in order: NonZero, Compress, Unique, ReverseSequence. */
#include "graph/op_head_priv.h"
#include "graph/walk_priv.h"

/* --- NonZero ------------------------------------------------------------------------------------------- */

static enum hone_code infer_non_zero(struct hone_run *run, const struct hone_site *site)
{
    (void)run;
    site->out[0] = (struct hone_shape){.type = HONE_I64};
    if (site->in[0].ranked) {
        hone_shape_set(&site->out[0], HONE_I64, 2,
                       (const int64_t[]){(int64_t)site->in[0].rank, -1});
    }
    return HONE_OK;
}

static bool is_zero(const struct hone_tensor *t, size_t i)
{
    return t->type == HONE_STRING ? ((const struct hone_str *)t->data)[i].len == 0
           : t->type == HONE_I64 || t->type == HONE_U64 ? ((const int64_t *)t->data)[i] == 0
                                                        : hone_tensor_real(t, i) == 0;
}

static enum hone_code non_zero(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *in = call->in[0];
    size_t n = hone_tensor_count(in), found = 0, at = 0, dim[2] = {in->rank, 0};
    int64_t *out;

    for (size_t i = 0; i < n; i++) {
        found += !is_zero(in, i);
    }
    dim[1] = found;
    HONE_TRY(hone_call_output(run, call, 0, 2, dim));
    out = call->out[0]->data;
    for (size_t i = 0; i < n; i++) {
        size_t rest = i;
        if (is_zero(in, i)) {
            continue;
        }
        for (size_t k = in->rank; k-- > 0;) {
            out[k * found + at] = (int64_t)(rest % in->dim[k]);
            rest /= in->dim[k];
        }
        at++;
    }
    return HONE_OK;
}

/* --- Compress ------------------------------------------------------------------------------------------- */

static enum hone_code infer_compress(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_shape *in = &site->in[0];
    const struct hone_attr *a = hone_node_attr(site->node, "axis");
    size_t axis = 0;

    if (site->in[1].type != HONE_B8) {
        return hone_fail(run, HONE_E_SHAPE, "a condition of %s",
                         hone_dtype_name(site->in[1].type));
    }
    site->out[0] = *in;
    site->out[0].data = NULL;
    if (a == NULL) {
        hone_shape_set(&site->out[0], in->type, 1, (const int64_t[]){-1});
    } else if (in->ranked) {
        HONE_TRY(hone_op_axis(run, a->i, in->rank, &axis));
        site->out[0].dim[axis] = -1;
    }
    return HONE_OK;
}

static enum hone_code compress(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *in = call->in[0];
    const uint8_t *keep = call->in[1]->data;
    const struct hone_attr *attr = hone_node_attr(call->node, "axis");
    size_t axis = 0, n = hone_tensor_count(call->in[1]), kept = 0, len, at = 0;
    size_t dim[HONE_RANK_MAX], rank = in->rank;
    struct hone_axis a = {1, hone_tensor_count(in), 1};

    memcpy(dim, in->dim, sizeof dim);
    if (attr != NULL) {
        HONE_TRY(hone_op_axis(run, attr->i, in->rank, &axis));
        a = hone_axis_of(in, axis);
    } else {
        rank = 1;
    }
    n = n < a.n ? n : a.n;
    for (size_t i = 0; i < n; i++) {
        kept += keep[i] != 0;
    }
    dim[axis] = kept;
    HONE_TRY(hone_call_output(run, call, 0, rank, dim));
    len = a.inner * hone_dtype_size(in->type);
    for (size_t r = 0; len != 0 && r < a.outer; r++) {
        for (size_t i = 0; i < n; i++) {
            if (keep[i] != 0) {
                memcpy((char *)call->out[0]->data + at,
                       (const char *)in->data + (r * a.n + i) * len, len);
                at += len;
            }
        }
    }
    return HONE_OK;
}

/* --- Unique: slices along an axis, or all elements ------------------------------------------------------------ */

static enum hone_code infer_unique(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_attr *a = hone_node_attr(site->node, "axis");
    size_t axis = 0;

    for (size_t i = 1; i < site->outputs; i++) {
        hone_shape_set(&site->out[i], HONE_I64, 1, (const int64_t[]){-1});
    }
    site->out[0] = site->in[0];
    site->out[0].data = NULL;
    if (a == NULL) {
        hone_shape_set(&site->out[0], site->in[0].type, 1, (const int64_t[]){-1});
    } else if (site->in[0].ranked) {
        HONE_TRY(hone_op_axis(run, a->i, site->in[0].rank, &axis));
        site->out[0].dim[axis] = -1;
    }
    return HONE_OK;
}

struct slices {
    const struct hone_tensor *t;
    struct hone_axis a;
};

static int compare_element(const struct hone_tensor *t, size_t x, size_t y)
{
    double a, b;

    if (t->type == HONE_STRING) {
        return hone_str_cmp(((const struct hone_str *)t->data)[x],
                            ((const struct hone_str *)t->data)[y]);
    }
    if (t->type == HONE_I64) {
        const int64_t *v = t->data;
        return (v[x] > v[y]) - (v[x] < v[y]);
    }
    if (t->type == HONE_U64) {
        const uint64_t *v = t->data;
        return (v[x] > v[y]) - (v[x] < v[y]);
    }
    a = hone_tensor_real(t, x);
    b = hone_tensor_real(t, y);
    return a != a || b != b ? (a != a) - (b != b) : (a > b) - (a < b); /* NaN last, and equal */
}

static int compare_slices(const struct slices *s, size_t x, size_t y)
{
    for (size_t o = 0; o < s->a.outer; o++) {
        for (size_t i = 0; i < s->a.inner; i++) {
            int c = compare_element(s->t, (o * s->a.n + x) * s->a.inner + i,
                                    (o * s->a.n + y) * s->a.inner + i);
            if (c != 0) {
                return c;
            }
        }
    }
    return 0;
}

/* Merge sort: equal slices stay in their order. */
static void sort_slices(const struct slices *s, size_t *order, size_t *room, size_t n)
{
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t from = 0; from < n; from += 2 * width) {
            size_t middle = from + width < n ? from + width : n;
            size_t end = from + 2 * width < n ? from + 2 * width : n;
            size_t a = from, b = middle;
            for (size_t k = from; k < end; k++) {
                bool left =
                    a < middle && (b >= end || compare_slices(s, order[a], order[b]) <= 0);
                room[k] = left ? order[a++] : order[b++];
            }
        }
        memcpy(order, room, n * sizeof *order);
    }
}

/* What is found of n slices: their groups in the order of the result. */
struct groups {
    size_t n, *first, *count, *of; /* of each slice: its group */
};

static enum hone_code find_groups(struct hone_run *run, const struct slices *s, bool sorted,
                                  struct hone_arena *work, struct groups *g)
{
    size_t n = s->a.n, *order, *room, *rank;

    HONE_TRY(hone_array(run, work, &order, n));
    HONE_TRY(hone_array(run, work, &room, n));
    HONE_TRY(hone_array(run, work, &rank, n));
    HONE_TRY(hone_array(run, work, &g->first, n));
    HONE_TRY(hone_array(run, work, &g->count, n));
    HONE_TRY(hone_array(run, work, &g->of, n));
    for (size_t i = 0; i < n; i++) {
        order[i] = i;
    }
    sort_slices(s, order, room, n);
    g->n = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || compare_slices(s, order[i - 1], order[i]) != 0) {
            g->first[g->n++] = order[i];
        }
        g->of[order[i]] = g->n - 1;
        g->count[g->n - 1]++;
    }
    if (sorted) {
        return HONE_OK;
    }
    /* By first appearance: number the groups anew as they come. */
    memset(rank, 0, n * sizeof *rank);
    memcpy(room, g->count, n * sizeof *room);
    for (size_t i = 0, next = 0; i < n; i++) {
        size_t group = g->of[i];
        if (rank[group] == 0) {
            rank[group] = ++next;
            g->first[next - 1] = i;
            g->count[next - 1] = room[group];
        }
        g->of[i] = rank[group] - 1;
    }
    return HONE_OK;
}

static enum hone_code put_indices(struct hone_run *run, const struct hone_call *call, size_t i,
                                  size_t n, const size_t *from)
{
    if (i >= call->outputs) {
        return HONE_OK;
    }
    HONE_TRY(hone_call_output(run, call, i, 1, &n));
    for (size_t k = 0; k < n; k++) {
        ((int64_t *)call->out[i]->data)[k] = (int64_t)from[k];
    }
    return HONE_OK;
}

static enum hone_code unique(struct hone_run *run, const struct hone_call *call)
{
    HONE_ARENA(work);
    const struct hone_tensor *in = call->in[0];
    const struct hone_attr *attr = hone_node_attr(call->node, "axis");
    struct slices s = {in, {1, hone_tensor_count(in), 1}};
    size_t axis = 0, rank = 1, dim[HONE_RANK_MAX], len;
    struct groups g;

    work.limit = call->mem->limit;
    memcpy(dim, in->dim, sizeof dim);
    if (attr != NULL) {
        HONE_TRY(hone_op_axis(run, attr->i, in->rank, &axis));
        s.a = hone_axis_of(in, axis);
        rank = in->rank;
    }
    HONE_TRY(find_groups(run, &s, hone_op_int(call->node, "sorted", 1) != 0, &work, &g));
    dim[axis] = g.n;
    HONE_TRY(hone_call_output(run, call, 0, rank, dim));
    len = s.a.inner * hone_dtype_size(in->type);
    for (size_t o = 0; len != 0 && o < s.a.outer; o++) {
        for (size_t k = 0; k < g.n; k++) {
            memcpy((char *)call->out[0]->data + (o * g.n + k) * len,
                   (const char *)in->data + (o * s.a.n + g.first[k]) * len, len);
        }
    }
    HONE_TRY(put_indices(run, call, 1, g.n, g.first));
    HONE_TRY(put_indices(run, call, 2, s.a.n, g.of));
    return put_indices(run, call, 3, g.n, g.count);
}

/* --- ReverseSequence ------------------------------------------------------------------------------------------ */

static enum hone_code reverse(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *in = call->in[0], *lens = call->in[1];
    int64_t batch_axis = hone_op_int(call->node, "batch_axis", 1);
    int64_t time_axis = hone_op_int(call->node, "time_axis", 0);
    size_t len, steps, batches;
    char *out = call->out[0]->data;

    if (batch_axis + time_axis != 1 || batch_axis < 0 || batch_axis > 1 || in->rank < 2) {
        return hone_fail(run, HONE_E_SHAPE, "batch_axis %lld and time_axis %lld",
                         (long long)batch_axis, (long long)time_axis);
    }
    batches = in->dim[batch_axis];
    steps = in->dim[time_axis];
    if (lens->type != HONE_I64 || hone_tensor_count(lens) != batches) {
        return hone_fail(run, HONE_E_SHAPE, "sequence_lens is not one int64 a sequence");
    }
    len = batches * steps == 0
              ? 0
              : hone_tensor_count(in) / batches / steps * hone_dtype_size(in->type);
    for (size_t b = 0; b < batches; b++) {
        int64_t n = ((const int64_t *)lens->data)[b];
        if (n < 0 || n > (int64_t)steps) {
            return hone_fail(run, HONE_E_SHAPE, "a sequence of %lld, at most %zu", (long long)n,
                             steps);
        }
        for (size_t s = 0; len != 0 && s < steps; s++) {
            size_t from = s < (size_t)n ? (size_t)n - 1 - s : s;
            size_t x = batch_axis == 0 ? b * steps + s : s * batches + b;
            size_t y = batch_axis == 0 ? b * steps + from : from * batches + b;
            memcpy(out + x * len, (const char *)in->data + y * len, len);
        }
    }
    return HONE_OK;
}

/* --- the operators -------------------------------------------------------------------------------------------- */

#define OP(variable, onnx, first, n_in, max_out, ...)                                          \
    const struct hone_op hone_op_##variable = {                                                \
        HONE_OP_HEAD(onnx, first, n_in, n_in, max_out),                                        \
        __VA_ARGS__,                                                                           \
    }

OP(non_zero, "NonZero", 9, 1, 1, .flags = HONE_OP_RAGGED, .infer = infer_non_zero,
   .any = non_zero);
OP(compress, "Compress", 9, 2, 1, .attrs = "axis:i", .flags = HONE_OP_RAGGED,
   .infer = infer_compress, .any = compress);
OP(unique, "Unique", 11, 1, 4, .attrs = "axis:i sorted:i", .flags = HONE_OP_RAGGED,
   .infer = infer_unique, .any = unique);
OP(reverse_sequence, "ReverseSequence", 10, 2, 1, .attrs = "batch_axis:i time_axis:i",
   .infer = hone_infer_same, .any = reverse);
