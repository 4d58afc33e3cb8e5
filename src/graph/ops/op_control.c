/* Operators with subgraphs: If, Loop, Scan, SequenceMap.  Subgraphs are plans of their own, made once. */
#include "graph/op_head_priv.h"
#include "graph/plan_priv.h"

struct state {
    struct hone_plan *body[2]; /* If: then, else */
    size_t carried;            /* Loop: values that go from one iteration to the next */
};

/* What a session has for such a node. */
struct own {
    struct hone_session *body[2];
    struct hone_tensor *in, *out;   /* of the body: own inputs, outputs */
    struct hone_buffer *carried[2]; /* what goes into an iteration, and what comes out of it */
};

static void *grab(struct hone_arena *mem, size_t size, size_t n)
{
    void *ptr = hone_arena_grow_plain(mem, NULL, size, 0, n);
    HONE_ASSERT(ptr != NULL);
    return ptr;
}

static void *open_bodies(const void *state, struct hone_arena *mem, struct hone_arena *text)
{
    const struct state *s = state;
    struct own *own = grab(mem, sizeof *own, 1);

    for (size_t i = 0; i < 2; i++) {
        const struct hone_plan *p = s->body[i];
        size_t n = p == NULL ? 0 : p->inputs + p->outputs;
        if (p != NULL) {
            own->body[i] = hone_session_sub(p, mem, text);
        }
        own->carried[i] = grab(mem, sizeof *own->carried[i], s->carried);
        if (i == 0) {
            own->in = grab(mem, sizeof *own->in, n);
        }
    }
    own->out = grab(mem, sizeof *own->out,
                    (s->body[0] == NULL ? 0 : s->body[0]->outputs) +
                        (s->body[1] == NULL ? 0 : s->body[1]->outputs));
    return own;
}

static size_t explicit_inputs(const struct hone_node *node)
{
    return node->inputs - node->captured;
}

/* One more dimension, or the first one less. */
static struct hone_shape stacked(const struct hone_shape *s, int64_t n)
{
    struct hone_shape out = *s;
    out.data = NULL;
    out.ranked = s->ranked && s->rank < HONE_RANK_MAX;
    if (out.ranked) {
        memmove(out.dim + 1, s->dim, s->rank * sizeof *s->dim);
        out.dim[0] = n;
        out.rank++;
    }
    return out;
}

/* --- If --------------------------------------------------------------------------------------------- */

static enum hone_code prepare_if(struct hone_run *run, const struct hone_site *site,
                                 struct hone_arena *mem, void *state)
{
    struct state *s = state;
    HONE_TRY(hone_plan_sub(run, site, "then_branch", NULL, 0, mem, &s->body[0]));
    HONE_TRY(hone_plan_sub(run, site, "else_branch", NULL, 0, mem, &s->body[1]));
    for (size_t k = 0; k < 2; k++) {
        if (s->body[k]->outputs < site->outputs) {
            return hone_fail(run, HONE_E_FORMAT, "a branch of %zu outputs, not %zu",
                             s->body[k]->outputs, site->outputs);
        }
    }
    return HONE_OK;
}

static enum hone_code infer_if(struct hone_run *run, const struct hone_site *site)
{
    const struct state *s = site->state;

    if (site->in[0].type != HONE_B8) {
        return hone_fail(run, HONE_E_SHAPE, "a condition of %s",
                         hone_dtype_name(site->in[0].type));
    }
    for (size_t i = 0; i < site->outputs; i++) {
        struct hone_shape a = hone_plan_output_shape(s->body[0], i);
        struct hone_shape b = hone_plan_output_shape(s->body[1], i);
        if (a.type != b.type) {
            return hone_fail(run, HONE_E_SHAPE,
                             "output %zu is %s in one branch, %s in the other", i,
                             hone_dtype_name(a.type), hone_dtype_name(b.type));
        }
        site->out[i] = hone_shape_meet(&a, &b);
        if (a.elem[0] == HONE_NONE) {
            memcpy(site->out[i].elem, b.elem, sizeof b.elem);
        }
    }
    return HONE_OK;
}

static enum hone_code run_if(struct hone_run *run, const struct hone_call *call)
{
    const struct state *s = call->state;
    struct own *own = call->own;
    size_t k;

    if (hone_tensor_count(call->in[0]) != 1) {
        return hone_fail(run, HONE_E_SHAPE, "a condition of %zu elements",
                         hone_tensor_count(call->in[0]));
    }
    k = *(const uint8_t *)call->in[0]->data != 0 ? 0 : 1;
    HONE_TRY(hone_plan_sub_run(run, s->body[k], own->body[k], call, NULL, 0, own->out));
    for (size_t i = 0; i < call->outputs; i++) {
        HONE_TRY(hone_call_copy(run, call, i, &own->out[i]));
    }
    return HONE_OK;
}

/* --- Loop ------------------------------------------------------------------------------------------- */

static bool same_shape(const struct hone_shape *a, const struct hone_shape *b)
{
    return a->ranked == b->ranked &&
           (!a->ranked ||
            (a->rank == b->rank && memcmp(a->dim, b->dim, a->rank * sizeof *a->dim) == 0));
}

/*
 * The body is compiled for the shapes of the first values; where it changes them, for what holds before and
 * after, and then for none at all.
 */
static enum hone_code compile_loop(struct hone_run *run, const struct hone_site *site,
                                   struct hone_arena *mem, struct hone_shape *in,
                                   struct state *s)
{
    for (int attempt = 0; attempt < 3; attempt++) {
        bool stable = true;
        HONE_TRY(hone_plan_sub(run, site, "body", in, s->carried + 2, mem, &s->body[0]));
        if (s->body[0]->outputs < 1 + s->carried || s->body[0]->outputs < 1 + site->outputs) {
            return hone_fail(run, HONE_E_FORMAT, "a body of %zu outputs", s->body[0]->outputs);
        }
        for (size_t i = 0; i < s->carried; i++) {
            struct hone_shape out = hone_plan_output_shape(s->body[0], 1 + i);
            struct hone_shape meet = hone_shape_meet(&in[2 + i], &out);
            if (out.type != in[2 + i].type) {
                return hone_fail(run, HONE_E_SHAPE, "value %zu is %s, the body makes it %s", i,
                                 hone_dtype_name(in[2 + i].type), hone_dtype_name(out.type));
            }
            if (!same_shape(&meet, &in[2 + i])) {
                stable = false;
                in[2 + i].ranked = attempt == 0 && meet.ranked;
                memcpy(in[2 + i].dim, meet.dim, sizeof meet.dim);
            }
            if (in[2 + i].elem[0] == HONE_NONE) {
                memcpy(in[2 + i].elem, out.elem, sizeof out.elem);
            }
        }
        if (stable) {
            break;
        }
        for (size_t i = 0; attempt == 1 && i < s->carried; i++) {
            in[2 + i].ranked = in[2 + i].type == HONE_SEQUENCE;
            in[2 + i].dim[0] = -1;
        }
    }
    return HONE_OK;
}

static enum hone_code prepare_loop(struct hone_run *run, const struct hone_site *site,
                                   struct hone_arena *mem, void *state)
{
    struct state *s = state;
    struct hone_shape *in;

    if (explicit_inputs(site->node) < 2) {
        return hone_fail(run, HONE_E_FORMAT, "%zu inputs", explicit_inputs(site->node));
    }
    s->carried = explicit_inputs(site->node) - 2;
    HONE_TRY(hone_array(run, mem, &in, s->carried + 2));
    hone_shape_set(&in[0], HONE_I64, 0, NULL);
    hone_shape_set(&in[1], HONE_B8, 0, NULL);
    for (size_t i = 0; i < s->carried; i++) {
        in[2 + i] = site->in[2 + i];
        in[2 + i].data = NULL;
        if (in[2 + i].type == HONE_NONE) {
            return hone_fail(run, HONE_E_FORMAT, "value %zu has no first value", i);
        }
    }
    return compile_loop(run, site, mem, in, s);
}

static enum hone_code infer_loop(struct hone_run *run, const struct hone_site *site)
{
    const struct state *s = site->state;
    (void)run;
    for (size_t i = 0; i < site->outputs; i++) {
        struct hone_shape out = hone_plan_output_shape(s->body[0], 1 + i);
        site->out[i] =
            i < s->carried ? hone_shape_meet(&out, &site->in[2 + i]) : stacked(&out, -1);
        if (i < s->carried && out.elem[0] == HONE_NONE) {
            memcpy(site->out[i].elem, site->in[2 + i].elem, sizeof out.elem);
        }
        if (i >= s->carried && hone_dtype_size(out.type) == sizeof(struct hone_tensor)) {
            return hone_fail(run, HONE_E_SHAPE, "output %zu of the body is no tensor", 1 + i);
        }
    }
    return HONE_OK;
}

/* The body's output is one more of the elements that output i of the node gathers along axis 0. */
static enum hone_code gather_one(struct hone_run *run, const struct hone_call *call, size_t i,
                                 const struct hone_tensor *one, size_t done)
{
    struct hone_tensor *all = call->out[i];
    size_t size = hone_tensor_count(one) * hone_dtype_size(one->type);
    size_t dim[HONE_RANK_MAX];

    if (one->rank >= HONE_RANK_MAX ||
        (done != 0 && (all->rank != one->rank + 1 ||
                       memcmp(all->dim + 1, one->dim, one->rank * sizeof *one->dim) != 0))) {
        return hone_fail(run, HONE_E_SHAPE, "output %zu of the body changes its shape", i);
    }
    dim[0] = done + 1;
    memcpy(dim + 1, one->dim, one->rank * sizeof *one->dim);
    HONE_TRY(hone_call_output(run, call, i, one->rank + 1, dim));
    if (size != 0) {
        memcpy((char *)all->data + done * size, one->data, size);
    }
    return HONE_OK;
}

/* Of an output that gathers nothing, dimensions that are not known are 0. */
static enum hone_code gather_none(struct hone_run *run, const struct hone_call *call, size_t i,
                                  const struct hone_shape *one)
{
    size_t dim[HONE_RANK_MAX] = {0};
    for (size_t k = 0; one->ranked && k < one->rank && k + 1 < HONE_RANK_MAX; k++) {
        dim[k + 1] = one->dim[k] < 0 ? 0 : (size_t)one->dim[k];
    }
    return hone_call_output(run, call, i, one->ranked ? one->rank + 1 : 1, dim);
}

static enum hone_code loop_bounds(struct hone_run *run, const struct hone_call *call,
                                  int64_t *max, uint8_t *go)
{
    *max = INT64_MAX;
    *go = 1;
    for (size_t i = 0; i < 2; i++) {
        if (call->in[i] == NULL) {
            continue;
        }
        if (call->in[i]->type != (i == 0 ? HONE_I64 : HONE_B8) ||
            hone_tensor_count(call->in[i]) != 1) {
            return hone_fail(run, HONE_E_SHAPE, "input %zu is not one %s", i,
                             i == 0 ? "int64" : "bool");
        }
    }
    if (call->in[0] != NULL) {
        *max = *(const int64_t *)call->in[0]->data;
    }
    if (call->in[1] != NULL) {
        *go = *(const uint8_t *)call->in[1]->data;
    }
    return HONE_OK;
}

static enum hone_code run_loop(struct hone_run *run, const struct hone_call *call)
{
    const struct state *s = call->state;
    struct own *own = call->own;
    int64_t max = 0, i = 0;
    uint8_t go = 0;

    HONE_TRY(loop_bounds(run, call, &max, &go));
    own->in[0] = (struct hone_tensor){.type = HONE_I64, .data = &i};
    own->in[1] = (struct hone_tensor){.type = HONE_B8, .data = &go};
    for (size_t k = 0; k < s->carried; k++) {
        own->in[2 + k] = *call->in[2 + k];
    }
    for (; i < max && go != 0; i++) {
        HONE_TRY(hone_check_cancel(run));
        HONE_TRY(hone_plan_sub_run(run, s->body[0], own->body[0], call, own->in, s->carried + 2,
                                   own->out));
        if (own->out[0].type != HONE_B8 || hone_tensor_count(&own->out[0]) != 1) {
            return hone_fail(run, HONE_E_SHAPE, "the body's condition is not one bool");
        }
        go = *(const uint8_t *)own->out[0].data;
        for (size_t k = 0; k < s->carried; k++) {
            HONE_TRY(hone_tensor_keep(run, call->mem, &own->carried[i & 1][k], &own->out[1 + k],
                                      &own->in[2 + k]));
        }
        for (size_t k = s->carried; k < call->outputs; k++) {
            HONE_TRY(gather_one(run, call, k, &own->out[1 + k], (size_t)i));
        }
    }
    for (size_t k = 0; k < call->outputs; k++) {
        struct hone_shape one = hone_plan_output_shape(s->body[0], 1 + k);
        if (k < s->carried) {
            HONE_TRY(hone_call_copy(run, call, k, &own->in[2 + k]));
        } else if (i == 0) {
            HONE_TRY(gather_none(run, call, k, &one));
        }
    }
    return HONE_OK;
}

/* --- SequenceMap ----------------------------------------------------------------------------------------- */

static enum hone_code prepare_map(struct hone_run *run, const struct hone_site *site,
                                  struct hone_arena *mem, void *state)
{
    struct state *s = state;
    size_t n = explicit_inputs(site->node);
    struct hone_shape *in;

    HONE_TRY(hone_array(run, mem, &in, n));
    for (size_t i = 0; i < n; i++) {
        in[i] = site->in[i].type == HONE_SEQUENCE ? hone_shape_item(&site->in[i]) : site->in[i];
    }
    HONE_TRY(hone_plan_sub(run, site, "body", in, n, mem, &s->body[0]));
    return s->body[0]->outputs >= site->outputs
               ? HONE_OK
               : hone_fail(run, HONE_E_FORMAT, "a body of %zu outputs", s->body[0]->outputs);
}

static enum hone_code infer_map(struct hone_run *run, const struct hone_site *site)
{
    const struct state *s = site->state;

    if (site->in[0].type != HONE_SEQUENCE) {
        return hone_fail(run, HONE_E_SHAPE, "input 0 is %s, not a sequence",
                         hone_dtype_name(site->in[0].type));
    }
    for (size_t i = 0; i < site->outputs; i++) {
        struct hone_shape item = hone_plan_output_shape(s->body[0], i);
        int64_t n = site->in[0].ranked ? site->in[0].dim[0] : -1;
        hone_shape_hold(&site->out[i], HONE_SEQUENCE, n, &item);
    }
    return HONE_OK;
}

static enum hone_code run_map(struct hone_run *run, const struct hone_call *call)
{
    HONE_ARENA(work);
    const struct state *s = call->state;
    struct own *own = call->own;
    size_t n = hone_tensor_count(call->in[0]), inputs = explicit_inputs(call->node);
    struct hone_tensor *item;

    work.limit = call->mem->limit;
    HONE_TRY(hone_matrix(run, &work, &item, n, call->outputs));
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < inputs; k++) {
            const struct hone_tensor *in = call->in[k];
            own->in[k] = *in;
            if (in->type != HONE_SEQUENCE) {
                continue;
            }
            if (hone_tensor_count(in) != n) {
                return hone_fail(run, HONE_E_SHAPE, "input %zu has %zu items, input 0 has %zu",
                                 k, hone_tensor_count(in), n);
            }
            own->in[k] = ((const struct hone_tensor *)in->data)[i];
        }
        HONE_TRY(hone_check_cancel(run));
        HONE_TRY(
            hone_plan_sub_run(run, s->body[0], own->body[0], call, own->in, inputs, own->out));
        for (size_t k = 0; k < call->outputs; k++) {
            struct hone_buffer b = {0};
            HONE_TRY(hone_tensor_keep(run, &work, &b, &own->out[k], &item[k * n + i]));
        }
    }
    for (size_t k = 0; k < call->outputs; k++) {
        HONE_TRY(hone_call_items(run, call, k, n, item + k * n));
    }
    return HONE_OK;
}

/* --- the operators --------------------------------------------------------------------------------------------- */

#define OP(variable, onnx, first, min_in, max_in, max_out, ...)                                \
    const struct hone_op hone_op_##variable = {                                                \
        HONE_OP_HEAD(onnx, first, min_in, max_in, max_out),                                    \
        .flags = HONE_OP_RAGGED | HONE_OP_NEW_TEXT,                                            \
        .state_size = sizeof(struct state),                                                    \
        .open = open_bodies,                                                                   \
        __VA_ARGS__,                                                                           \
    }

OP(if, "If", 1, 1, 1, SIZE_MAX, .attrs = "then_branch:g else_branch:g", .prepare = prepare_if,
   .infer = infer_if, .any = run_if);
OP(loop, "Loop", 1, 0, SIZE_MAX, SIZE_MAX, .attrs = "body:g", .by = SIZE_MAX,
   .prepare = prepare_loop, .infer = infer_loop, .any = run_loop);
OP(sequence_map, "SequenceMap", 17, 1, SIZE_MAX, SIZE_MAX, .attrs = "body:g",
   .prepare = prepare_map, .infer = infer_map, .boxed = run_map);
