/*
 * Scan: a body over slices of its inputs along an axis each, with values that go from one step to the next.  Before
 * version 9 there is a batch axis in front of everything, and the lengths of its sequences are an input.
 */
#include "graph/plan_priv.h"

struct state {
    struct hone_plan *body;
    size_t lead;    /* inputs before the states: the lengths of version 8 */
    size_t states;  /* values that go on */
    size_t scans;   /* inputs that are cut */
    size_t gathers; /* outputs that are put together */
    int64_t *in_axis, *out_axis;
    bool *in_back, *out_back; /* from the end to the beginning */
};

struct own {
    struct hone_session *body;
    struct hone_tensor *in, *out;
    struct hone_buffer *kept[2], *slice;
};

static void *grab(struct hone_arena *mem, size_t size, size_t n)
{
    void *ptr = hone_arena_grow_plain(mem, NULL, size, 0, n);
    HONE_ASSERT(ptr != NULL);
    return ptr;
}

static void *open_scan(const void *state, struct hone_arena *mem, struct hone_arena *text)
{
    const struct state *s = state;
    struct own *own = grab(mem, sizeof *own, 1);

    own->body = hone_session_sub(s->body, mem, text);
    own->in = grab(mem, sizeof *own->in, s->states + s->scans);
    own->out = grab(mem, sizeof *own->out, s->body->outputs);
    own->kept[0] = grab(mem, sizeof **own->kept, s->states);
    own->kept[1] = grab(mem, sizeof **own->kept, s->states);
    own->slice = grab(mem, sizeof *own->slice, s->scans);
    return own;
}

/* --- attributes --------------------------------------------------------------------------------------- */

static enum hone_code axes_of(struct hone_run *run, const struct hone_site *site,
                              const char *axes, const char *back, size_t n,
                              struct hone_arena *mem, int64_t **axis, bool **backwards)
{
    size_t n_axes, n_back;
    const int64_t *a = hone_op_ints(site->node, axes, &n_axes);
    const int64_t *b = hone_op_ints(site->node, back, &n_back);

    if ((n_axes != 0 && n_axes != n) || (n_back != 0 && n_back != n)) {
        return hone_fail(run, HONE_E_FORMAT, "%s or %s of another length than %zu", axes, back,
                         n);
    }
    HONE_TRY(hone_array(run, mem, axis, n));
    HONE_TRY(hone_array(run, mem, backwards, n));
    for (size_t i = 0; i < n; i++) {
        (*axis)[i] = a == NULL ? 0 : a[i];
        (*backwards)[i] = b != NULL && b[i] != 0;
    }
    return HONE_OK;
}

/* A shape without one of its axes; -1 is any length. */
static enum hone_code without(struct hone_run *run, const struct hone_shape *s, int64_t axis,
                              struct hone_shape *out, int64_t *length)
{
    size_t k = 0;
    *out = *s;
    out->data = NULL;
    *length = -1;
    if (!s->ranked) {
        return HONE_OK;
    }
    HONE_TRY(hone_op_axis(run, axis, s->rank, &k));
    *length = s->dim[k];
    memmove(out->dim + k, s->dim + k + 1, (s->rank - k - 1) * sizeof *s->dim);
    out->rank--;
    return HONE_OK;
}

static enum hone_code insert(struct hone_run *run, const struct hone_shape *s, int64_t axis,
                             int64_t length, struct hone_shape *out)
{
    size_t k = 0;
    *out = *s;
    out->data = NULL;
    if (!s->ranked) {
        return HONE_OK;
    }
    if (s->rank == HONE_RANK_MAX) {
        return hone_fail(run, HONE_E_SHAPE, "an output of rank %zu", s->rank + 1);
    }
    HONE_TRY(hone_op_axis(run, axis, s->rank + 1, &k));
    memmove(out->dim + k + 1, s->dim + k, (s->rank - k) * sizeof *s->dim);
    out->dim[k] = length;
    out->rank++;
    return HONE_OK;
}

/* What goes into the body at input i, and how often it can be cut. */
static enum hone_code body_input(struct hone_run *run, const struct hone_site *site,
                                 const struct state *s, size_t i, struct hone_shape *out,
                                 int64_t *length)
{
    struct hone_shape in = site->in[s->lead + i];
    int64_t batch;

    in.data = NULL;
    if (s->lead != 0) {
        HONE_TRY(without(run, &site->in[s->lead + i], 0, &in, &batch));
    }
    *out = in;
    *length = -1;
    return i < s->states ? HONE_OK : without(run, &in, s->in_axis[i - s->states], out, length);
}

static enum hone_code prepare_scan(struct hone_run *run, const struct hone_site *site,
                                   struct hone_arena *mem, void *state)
{
    struct state *s = state;
    size_t n = site->node->inputs - site->node->captured;
    int64_t scans = hone_op_int(site->node, "num_scan_inputs", 0), length;
    const char *directions = site->version < 9 ? "directions" : "scan_input_directions";
    struct hone_shape *in;

    s->lead = site->version < 9 ? 1 : 0;
    if (scans < 1 || s->lead + (size_t)scans > n) {
        return hone_fail(run, HONE_E_FORMAT, "%lld scan inputs of %zu", (long long)scans, n);
    }
    s->scans = (size_t)scans;
    s->states = n - s->scans - s->lead;
    if (site->outputs < s->states) {
        return hone_fail(run, HONE_E_FORMAT, "%zu outputs", site->outputs);
    }
    s->gathers = site->outputs - s->states;
    HONE_TRY(axes_of(run, site, "scan_input_axes", directions, s->scans, mem, &s->in_axis,
                     &s->in_back));
    HONE_TRY(axes_of(run, site, "scan_output_axes", "scan_output_directions", s->gathers, mem,
                     &s->out_axis, &s->out_back));
    for (size_t i = 0; i < n; i++) {
        if (hone_dtype_size(site->in[i].type) == sizeof(struct hone_tensor)) {
            return hone_fail(run, HONE_E_SHAPE, "input %zu is no tensor", i);
        }
    }
    HONE_TRY(hone_array(run, mem, &in, n - s->lead));
    for (size_t i = 0; i < n - s->lead; i++) {
        HONE_TRY(body_input(run, site, s, i, &in[i], &length));
    }
    HONE_TRY(hone_plan_sub(run, site, "body", in, n - s->lead, mem, &s->body));
    return s->body->outputs == site->outputs
               ? HONE_OK
               : hone_fail(run, HONE_E_FORMAT, "a body of %zu outputs, not %zu",
                           s->body->outputs, site->outputs);
}

static enum hone_code infer_scan(struct hone_run *run, const struct hone_site *site)
{
    const struct state *s = site->state;
    int64_t length = -1, batch = -1;

    for (size_t i = 0; i < s->states + s->scans; i++) {
        const struct hone_shape *in = &site->in[s->lead + i];
        struct hone_shape part;
        int64_t mine;
        HONE_TRY(body_input(run, site, s, i, &part, &mine));
        if (mine >= 0 && length >= 0 && mine != length) {
            return hone_fail(run, HONE_E_SHAPE, "inputs of %lld and %lld steps",
                             (long long)length, (long long)mine);
        }
        length = mine >= 0 ? mine : length;
        batch = in->ranked && in->rank > 0 && in->dim[0] >= 0 ? in->dim[0] : batch;
    }
    for (size_t i = 0; i < site->outputs; i++) {
        struct hone_shape out = hone_plan_output_shape(s->body, i);
        if (hone_dtype_size(out.type) == sizeof(struct hone_tensor)) {
            return hone_fail(run, HONE_E_SHAPE, "output %zu of the body is no tensor", i);
        }
        site->out[i] = out;
        if (i >= s->states) {
            HONE_TRY(insert(run, &out, s->out_axis[i - s->states], length, &site->out[i]));
        }
        if (s->lead != 0) {
            out = site->out[i];
            HONE_TRY(insert(run, &out, 0, batch, &site->out[i]));
        }
    }
    return HONE_OK;
}

/* --- running -------------------------------------------------------------------------------------------- */

/* The part of a tensor that belongs to one of the batch. */
static struct hone_tensor batch_part(const struct hone_tensor *t, size_t b)
{
    struct hone_tensor part = *t;
    size_t count;

    part.rank--;
    memmove(part.dim, t->dim + 1, part.rank * sizeof *t->dim);
    count = hone_tensor_count(&part);
    part.data = (char *)t->data + b * count * hone_dtype_size(t->type);
    return part;
}

/* Slice `at` of t along an axis, as it is where it lies together, or else in b. */
static enum hone_code take_slice(struct hone_run *run, struct hone_arena *mem,
                                 struct hone_buffer *b, const struct hone_tensor *t,
                                 int64_t axis, size_t at, struct hone_tensor *out)
{
    size_t k = 0, outer = 1, inner = hone_dtype_size(t->type);
    struct hone_tensor slice = *t;

    HONE_TRY(hone_op_axis(run, axis, t->rank, &k));
    for (size_t i = 0; i < t->rank; i++) {
        outer *= i < k ? t->dim[i] : 1;
        inner *= i > k ? t->dim[i] : 1;
    }
    memmove(slice.dim + k, t->dim + k + 1, (t->rank - k - 1) * sizeof *t->dim);
    slice.rank--;
    if (outer == 1) {
        slice.data = (char *)t->data + at * inner;
        *out = slice;
        return HONE_OK;
    }
    /* Room of the right size, filled below. */
    slice.data = t->data;
    HONE_TRY(hone_tensor_keep(run, mem, b, &slice, out));
    for (size_t r = 0; inner != 0 && r < outer; r++) {
        memcpy((char *)out->data + r * inner,
               (const char *)t->data + (r * t->dim[k] + at) * inner, inner);
    }
    return HONE_OK;
}

/* One step's part of a gathered output, whose own shape is the rest of all's. */
static enum hone_code put_slice(struct hone_run *run, const struct hone_tensor *all,
                                size_t skip, int64_t axis, size_t batch, size_t at,
                                const struct hone_tensor *one)
{
    size_t k = 0, outer = 1, inner = hone_dtype_size(one->type);
    size_t rank = all->rank - skip, total = 1;
    const size_t *dim = all->dim + skip;

    HONE_TRY(hone_op_axis(run, axis, rank, &k));
    for (size_t i = 0; i < rank; i++) {
        size_t mine = i == k ? dim[i] : one->dim[i < k ? i : i - 1];
        if (one->rank + 1 != rank || mine != dim[i]) {
            return hone_fail(run, HONE_E_SHAPE, "an output of the body changes its shape");
        }
        outer *= i < k ? dim[i] : 1;
        inner *= i > k ? dim[i] : 1;
        total *= dim[i];
    }
    for (size_t r = 0; inner != 0 && r < outer; r++) {
        memcpy((char *)all->data + batch * total * hone_dtype_size(one->type) +
                   (r * dim[k] + at) * inner,
               (const char *)one->data + r * inner, inner);
    }
    return HONE_OK;
}

/* Room for output i once the shape of one step's part is known; zeroes, for the ends of short sequences. */
static enum hone_code gather_room(struct hone_run *run, const struct hone_call *call, size_t i,
                                  const struct hone_shape *one, size_t length, size_t batch)
{
    const struct state *s = call->state;
    struct hone_shape all, with_batch;
    size_t dim[HONE_RANK_MAX];

    HONE_TRY(insert(run, one, s->out_axis[i - s->states], (int64_t)length, &all));
    if (s->lead != 0) {
        with_batch = all;
        HONE_TRY(insert(run, &with_batch, 0, (int64_t)batch, &all));
    }
    for (size_t k = 0; k < all.rank; k++) {
        dim[k] = all.dim[k] < 0 ? 0 : (size_t)all.dim[k];
    }
    HONE_TRY(hone_call_output(run, call, i, all.ranked ? all.rank : 1, dim));
    memset(call->out[i]->data, 0,
           hone_tensor_count(call->out[i]) * hone_dtype_size(call->out[i]->type));
    return HONE_OK;
}

/* The states at the end of a sequence. */
static enum hone_code put_states(struct hone_run *run, const struct hone_call *call,
                                 const struct hone_tensor *value, size_t batch, size_t batches)
{
    const struct state *s = call->state;

    for (size_t i = 0; i < s->states; i++) {
        const struct hone_tensor *v = &value[i];
        size_t size = hone_tensor_count(v) * hone_dtype_size(v->type);
        size_t dim[HONE_RANK_MAX];
        if (s->lead == 0) {
            HONE_TRY(hone_call_copy(run, call, i, v));
            continue;
        }
        if (v->rank == HONE_RANK_MAX) {
            return hone_fail(run, HONE_E_SHAPE, "a state of rank %zu", v->rank + 1);
        }
        dim[0] = batches;
        memcpy(dim + 1, v->dim, v->rank * sizeof *dim);
        if (batch != 0 && memcmp(call->out[i]->dim, dim, (v->rank + 1) * sizeof *dim) != 0) {
            return hone_fail(run, HONE_E_SHAPE, "state %zu changes its shape", i);
        }
        HONE_TRY(hone_call_output(run, call, i, v->rank + 1, dim));
        if (size != 0) {
            memcpy((char *)call->out[i]->data + batch * size, v->data, size);
        }
    }
    return HONE_OK;
}

/* One sequence: in are the states and what is cut, `length` steps of `room`. */
static enum hone_code scan_one(struct hone_run *run, const struct hone_call *call,
                               const struct hone_tensor *in, size_t length, size_t room,
                               size_t batch, size_t batches)
{
    const struct state *s = call->state;
    struct own *own = call->own;

    for (size_t i = 0; i < s->states; i++) {
        own->in[i] = in[i];
    }
    for (size_t step = 0; step < length; step++) {
        HONE_TRY(hone_check_cancel(run));
        for (size_t i = 0; i < s->scans; i++) {
            size_t at = s->in_back[i] ? length - 1 - step : step;
            HONE_TRY(take_slice(run, call->mem, &own->slice[i], &in[s->states + i],
                                s->in_axis[i], at, &own->in[s->states + i]));
        }
        HONE_TRY(hone_plan_sub_run(run, s->body, own->body, call, own->in, s->states + s->scans,
                                   own->out));
        for (size_t i = 0; i < s->states; i++) {
            HONE_TRY(hone_tensor_keep(run, call->mem, &own->kept[step & 1][i], &own->out[i],
                                      &own->in[i]));
        }
        for (size_t i = s->states; i < call->outputs; i++) {
            struct hone_shape one = hone_shape_of(&own->out[i]);
            bool back = s->out_back[i - s->states];
            if (step == 0 && batch == 0) {
                HONE_TRY(gather_room(run, call, i, &one, room, batches));
            }
            HONE_TRY(put_slice(run, call->out[i], s->lead, s->out_axis[i - s->states], batch,
                               back ? length - 1 - step : step, &own->out[i]));
        }
    }
    return put_states(run, call, own->in, batch, batches);
}

static enum hone_code sequence_length(struct hone_run *run, const struct hone_call *call,
                                      size_t batch, size_t room, size_t *out)
{
    const struct hone_tensor *t = call->in[0];

    *out = room;
    if (((const struct state *)call->state)->lead == 0 || t == NULL) {
        return HONE_OK;
    }
    if (t->type != HONE_I64 || hone_tensor_count(t) <= batch ||
        ((const int64_t *)t->data)[batch] < 0 ||
        (size_t)((const int64_t *)t->data)[batch] > room) {
        return hone_fail(run, HONE_E_SHAPE, "sequence_lens do not fit the inputs");
    }
    *out = (size_t)((const int64_t *)t->data)[batch];
    return HONE_OK;
}

static enum hone_code run_scan(struct hone_run *run, const struct hone_call *call)
{
    HONE_ARENA(work);
    const struct state *s = call->state;
    size_t n = s->states + s->scans, batches, room, axis = 0;
    struct hone_tensor *in;
    const struct hone_tensor *first = call->in[s->lead + s->states];

    HONE_TRY(hone_array(run, &work, &in, n));
    HONE_TRY(hone_op_axis(run, s->in_axis[0], first->rank - s->lead, &axis));
    batches = s->lead == 0 ? 1 : first->dim[0];
    room = first->dim[s->lead + axis];
    for (size_t i = s->states; room == 0 || batches == 0 ? i < call->outputs : false; i++) {
        struct hone_shape one = hone_plan_output_shape(s->body, i);
        HONE_TRY(gather_room(run, call, i, &one, room, batches));
    }
    for (size_t b = 0; b < batches; b++) {
        size_t length;
        for (size_t i = 0; i < n; i++) {
            const struct hone_tensor *t = call->in[s->lead + i];
            if (s->lead != 0 && (t->rank == 0 || t->dim[0] != batches)) {
                return hone_fail(run, HONE_E_SHAPE, "input %zu has not %zu sequences", i,
                                 batches);
            }
            in[i] = s->lead == 0 ? *t : batch_part(t, b);
        }
        HONE_TRY(sequence_length(run, call, b, room, &length));
        HONE_TRY(scan_one(run, call, in, length, room, b, batches));
    }
    return HONE_OK;
}

const struct hone_op hone_op_scan = {
    .part.name = "Scan",
    .part.source = HONE_OP_SOURCE_ONNX,
    .domain = "",
    .since = 8,
    .inputs_min = 0,
    .inputs_max = SIZE_MAX,
    .outputs_min = 1,
    .outputs_max = SIZE_MAX,
    .attrs = "body:g num_scan_inputs:i directions:I scan_input_axes:I scan_input_directions:I "
             "scan_output_axes:I scan_output_directions:I",
    .by = SIZE_MAX,
    .flags = HONE_OP_RAGGED | HONE_OP_NEW_TEXT,
    .state_size = sizeof(struct state),
    .open = open_scan,
    .prepare = prepare_scan,
    .infer = infer_scan,
    .any = run_scan,
};
