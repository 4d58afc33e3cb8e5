/* Sequences and optionals.  A value that holds others has copies of them: it is as simple to keep as a tensor. */
#include "graph/op_head_priv.h"
#include "graph/walk_priv.h"

static const struct hone_tensor *item_of(const struct hone_tensor *t, size_t i)
{
    return (const struct hone_tensor *)t->data + i;
}

static enum hone_code want_sequence(struct hone_run *run, const struct hone_site *site)
{
    return site->in[0].type == HONE_SEQUENCE
               ? HONE_OK
               : hone_fail(run, HONE_E_SHAPE, "input 0 is %s, not a sequence",
                           hone_dtype_name(site->in[0].type));
}

static int64_t length_of(const struct hone_shape *s)
{
    return s->ranked && s->rank == 1 ? s->dim[0] : -1;
}

/* An integer of rank 0, or the only one of its tensor. */
static enum hone_code integer(struct hone_run *run, const struct hone_tensor *t, int64_t *out)
{
    if ((t->type != HONE_I64 && t->type != HONE_I32) || hone_tensor_count(t) != 1) {
        return hone_fail(run, HONE_E_SHAPE, "a position that is not one integer");
    }
    *out = hone_tensor_int(t, 0);
    return HONE_OK;
}

/* A place among n, counted from the end where it is negative. */
static enum hone_code place(struct hone_run *run, const struct hone_tensor *t, size_t n,
                            size_t *out)
{
    int64_t i = 0;
    HONE_TRY(integer(run, t, &i));
    if (i < -(int64_t)n || i >= (int64_t)n) {
        return hone_fail(run, HONE_E_SHAPE, "item %lld of %zu", (long long)i, n);
    }
    *out = (size_t)(i < 0 ? i + (int64_t)n : i);
    return HONE_OK;
}

/* --- making sequences ------------------------------------------------------------------------------- */

static enum hone_code infer_construct(struct hone_run *run, const struct hone_site *site)
{
    for (size_t i = 1; i < site->inputs; i++) {
        if (site->in[i].type != site->in[0].type) {
            return hone_fail(run, HONE_E_SHAPE, "items of %s and %s",
                             hone_dtype_name(site->in[0].type),
                             hone_dtype_name(site->in[i].type));
        }
    }
    hone_shape_hold(&site->out[0], HONE_SEQUENCE, (int64_t)site->inputs, &site->in[0]);
    return HONE_OK;
}

static enum hone_code construct(struct hone_run *run, const struct hone_call *call)
{
    HONE_ARENA(work);
    struct hone_tensor *item;
    HONE_TRY(hone_array(run, &work, &item, call->inputs));
    for (size_t i = 0; i < call->inputs; i++) {
        item[i] = *call->in[i];
    }
    return hone_call_items(run, call, 0, call->inputs, item);
}

static enum hone_code infer_empty(struct hone_run *run, const struct hone_site *site)
{
    struct hone_shape elem = {
        .type = (enum hone_dtype)(hone_op_int(site->node, "dtype", HONE_F32) & 127)};
    (void)run;
    hone_shape_hold(&site->out[0], HONE_SEQUENCE, 0, &elem);
    return HONE_OK;
}

static enum hone_code empty(struct hone_run *run, const struct hone_call *call)
{
    return hone_call_items(run, call, 0, 0, NULL);
}

static enum hone_code infer_insert(struct hone_run *run, const struct hone_site *site)
{
    int64_t n = length_of(&site->in[0]);
    HONE_TRY(want_sequence(run, site));
    if (site->in[0].elem[0] != HONE_NONE && site->in[0].elem[0] != site->in[1].type) {
        return hone_fail(run, HONE_E_SHAPE, "an item of %s in a sequence of %s",
                         hone_dtype_name(site->in[1].type),
                         hone_dtype_name(site->in[0].elem[0]));
    }
    if (site->in[1].type == HONE_MAP &&
        memcmp(site->in[0].elem + 1, site->in[1].elem, 2 * sizeof *site->in[1].elem) != 0 &&
        site->in[0].elem[0] != HONE_NONE) {
        return hone_fail(run, HONE_E_SHAPE, "a map from %s to %s among others",
                         hone_dtype_name(site->in[1].elem[0]),
                         hone_dtype_name(site->in[1].elem[1]));
    }
    hone_shape_hold(&site->out[0], HONE_SEQUENCE, n < 0 ? -1 : n + 1, &site->in[1]);
    return HONE_OK;
}

static enum hone_code insert(struct hone_run *run, const struct hone_call *call)
{
    HONE_ARENA(work);
    size_t n = hone_tensor_count(call->in[0]);
    int64_t at = (int64_t)n;
    struct hone_tensor *item;

    if (call->inputs > 2 && call->in[2] != NULL) {
        HONE_TRY(integer(run, call->in[2], &at));
        at = at < 0 ? at + (int64_t)n : at;
    }
    if (at < 0 || at > (int64_t)n) {
        return hone_fail(run, HONE_E_SHAPE, "a place outside of the %zu items", n);
    }
    HONE_TRY(hone_array(run, &work, &item, n + 1));
    for (size_t i = 0; i <= n; i++) {
        item[i] = i == (size_t)at  ? *call->in[1]
                  : i < (size_t)at ? *item_of(call->in[0], i)
                                   : *item_of(call->in[0], i - 1);
    }
    return hone_call_items(run, call, 0, n + 1, item);
}

static enum hone_code infer_erase(struct hone_run *run, const struct hone_site *site)
{
    int64_t n = length_of(&site->in[0]);
    HONE_TRY(want_sequence(run, site));
    site->out[0] = site->in[0];
    site->out[0].data = NULL;
    site->out[0].dim[0] = n > 0 ? n - 1 : n;
    return HONE_OK;
}

static enum hone_code erase(struct hone_run *run, const struct hone_call *call)
{
    HONE_ARENA(work);
    size_t n = hone_tensor_count(call->in[0]), at = n - 1;
    struct hone_tensor *item;

    if (n == 0) {
        return hone_fail(run, HONE_E_SHAPE, "an empty sequence has nothing to erase");
    }
    if (call->inputs > 1 && call->in[1] != NULL) {
        HONE_TRY(place(run, call->in[1], n, &at));
    }
    HONE_TRY(hone_array(run, &work, &item, n));
    for (size_t i = 0; i + 1 < n; i++) {
        item[i] = *item_of(call->in[0], i < at ? i : i + 1);
    }
    return hone_call_items(run, call, 0, n - 1, item);
}

/* --- looking into them ------------------------------------------------------------------------------- */

static enum hone_code infer_at(struct hone_run *run, const struct hone_site *site)
{
    HONE_TRY(want_sequence(run, site));
    site->out[0] = hone_shape_item(&site->in[0]);
    return HONE_OK;
}

static enum hone_code at(struct hone_run *run, const struct hone_call *call)
{
    size_t i = 0;
    const struct hone_tensor *item;
    HONE_TRY(place(run, call->in[1], hone_tensor_count(call->in[0]), &i));
    item = item_of(call->in[0], i);
    if (item->type != call->out[0]->type) {
        return hone_fail(run, HONE_E_SHAPE, "item %zu is %s, not %s", i,
                         hone_dtype_name(item->type), hone_dtype_name(call->out[0]->type));
    }
    return hone_call_copy(run, call, 0, item);
}

static enum hone_code infer_length(struct hone_run *run, const struct hone_site *site)
{
    HONE_TRY(want_sequence(run, site));
    hone_shape_set(&site->out[0], HONE_I64, 0, NULL);
    return HONE_OK;
}

static enum hone_code length(struct hone_run *run, const struct hone_call *call)
{
    (void)run;
    *(int64_t *)call->out[0]->data = (int64_t)hone_tensor_count(call->in[0]);
    return HONE_OK;
}

/* --- to and from one tensor ------------------------------------------------------------------------------ */

static enum hone_code infer_split(struct hone_run *run, const struct hone_site *site)
{
    struct hone_shape elem = {.type = site->in[0].type};
    (void)run;
    hone_shape_hold(&site->out[0], HONE_SEQUENCE, -1, &elem);
    return HONE_OK;
}

/* Lengths of the parts: as given, or equal ones with a shorter last. */
static enum hone_code part_lengths(struct hone_run *run, const struct hone_call *call, size_t n,
                                   struct hone_arena *work, size_t **out, size_t *parts)
{
    const struct hone_tensor *t = call->inputs > 1 ? call->in[1] : NULL;
    size_t sum = 0;
    int64_t each = 1;
    bool listed = t != NULL && t->rank != 0;

    if (t != NULL && t->type != HONE_I64 && t->type != HONE_I32) {
        return hone_fail(run, HONE_E_SHAPE, "lengths of %s", hone_dtype_name(t->type));
    }
    each = t != NULL && !listed ? hone_tensor_int(t, 0) : 1;
    if (each <= 0) {
        return hone_fail(run, HONE_E_SHAPE, "parts of length %lld", (long long)each);
    }
    *parts = listed ? hone_tensor_count(t) : (n + (size_t)each - 1) / (size_t)each;
    HONE_TRY(hone_array(run, work, out, *parts));
    for (size_t i = 0; i < *parts; i++) {
        int64_t mine = listed ? hone_tensor_int(t, i) : each;
        size_t left = n - sum;
        if (mine < 0 || (listed && (size_t)mine > left)) {
            return hone_fail(run, HONE_E_SHAPE, "lengths that do not add up to %zu", n);
        }
        (*out)[i] = (size_t)mine < left ? (size_t)mine : left;
        sum += (*out)[i];
    }
    return sum == n ? HONE_OK
                    : hone_fail(run, HONE_E_SHAPE, "lengths that do not add up to %zu", n);
}

static enum hone_code split(struct hone_run *run, const struct hone_call *call)
{
    HONE_ARENA(work);
    const struct hone_tensor *in = call->in[0];
    bool keep = hone_op_int(call->node, "keepdims", 1) != 0 ||
                (call->inputs > 1 && call->in[1] != NULL);
    size_t axis = 0, parts = 0, first = 0, *len = NULL, size = hone_dtype_size(in->type);
    struct hone_tensor *item;
    struct hone_axis a;

    work.limit = call->mem->limit;
    HONE_TRY(hone_op_axis(run, hone_op_int(call->node, "axis", 0), in->rank, &axis));
    a = hone_axis_of(in, axis);
    HONE_TRY(part_lengths(run, call, a.n, &work, &len, &parts));
    HONE_TRY(hone_array(run, &work, &item, parts));
    for (size_t i = 0; i < parts; i++) {
        size_t bytes = len[i] * a.inner * size;
        size_t dim[HONE_RANK_MAX];
        memcpy(dim, in->dim, sizeof dim);
        dim[axis] = len[i];
        HONE_TRY(hone_tensor_new(run, in->type, in->rank, dim, &work, &item[i]));
        for (size_t r = 0; bytes != 0 && r < a.outer; r++) {
            memcpy((char *)item[i].data + r * bytes,
                   (const char *)in->data + (r * a.n + first) * a.inner * size, bytes);
        }
        if (!keep) {
            item[i].rank--;
            memmove(item[i].dim + axis, item[i].dim + axis + 1,
                    (item[i].rank - axis) * sizeof *dim);
        }
        first += len[i];
    }
    return hone_call_items(run, call, 0, parts, item);
}

static enum hone_code infer_concat(struct hone_run *run, const struct hone_site *site)
{
    HONE_TRY(want_sequence(run, site));
    site->out[0] = (struct hone_shape){.type = site->in[0].elem[0]};
    if (hone_dtype_size(site->out[0].type) == sizeof(struct hone_tensor)) {
        return hone_fail(run, HONE_E_SHAPE, "items that are %s, not tensors",
                         hone_dtype_name(site->out[0].type));
    }
    return HONE_OK;
}

static bool joins(const struct hone_tensor *first, const struct hone_tensor *t, size_t axis,
                  bool new_axis)
{
    bool fits = t->type == first->type && t->rank == first->rank;
    for (size_t k = 0; fits && k < t->rank; k++) {
        fits = t->dim[k] == first->dim[k] || (k == axis && !new_axis);
    }
    return fits;
}

static enum hone_code concat(struct hone_run *run, const struct hone_call *call)
{
    size_t n = hone_tensor_count(call->in[0]), axis = 0, at = 0, outer = 1;
    size_t size = hone_dtype_size(call->out[0]->type), dim[HONE_RANK_MAX], rank;
    bool new_axis = hone_op_int(call->node, "new_axis", 0) != 0;
    const struct hone_tensor *first = item_of(call->in[0], 0);
    char *out;

    if (n == 0 || first->type != call->out[0]->type) {
        return hone_fail(run, HONE_E_SHAPE, "an empty sequence to be joined");
    }
    rank = first->rank + (new_axis ? 1 : 0);
    if (hone_node_attr(call->node, "axis") == NULL || rank > HONE_RANK_MAX) {
        return hone_fail(run, HONE_E_FORMAT, "no axis, or too many");
    }
    HONE_TRY(hone_op_axis(run, hone_op_int(call->node, "axis", 0), rank, &axis));
    for (size_t k = 0; k < rank; k++) {
        dim[k] = k == axis ? 0 : first->dim[new_axis && k > axis ? k - 1 : k];
        outer *= k < axis ? dim[k] : 1;
    }
    for (size_t i = 0; i < n; i++) {
        const struct hone_tensor *t = item_of(call->in[0], i);
        if (!joins(first, t, axis, new_axis)) {
            return hone_fail(run, HONE_E_SHAPE, "items of different shapes");
        }
        dim[axis] += new_axis ? 1 : t->dim[axis];
    }
    HONE_TRY(hone_call_output(run, call, 0, rank, dim));
    out = call->out[0]->data;
    size *= outer == 0 ? 0 : hone_tensor_count(call->out[0]) / outer;
    for (size_t i = 0; i < n; i++) {
        const struct hone_tensor *t = item_of(call->in[0], i);
        size_t len = outer == 0 ? 0 : hone_tensor_count(t) / outer * hone_dtype_size(t->type);
        for (size_t r = 0; len != 0 && r < outer; r++) {
            memcpy(out + r * size + at, (const char *)t->data + r * len, len);
        }
        at += len;
    }
    return HONE_OK;
}

/* --- optionals ---------------------------------------------------------------------------------------------- */

static enum hone_code infer_optional(struct hone_run *run, const struct hone_site *site)
{
    bool full = site->inputs > 0 && site->in[0].type != HONE_NONE;
    if (!full) {
        return hone_fail(run, HONE_E_UNSUPPORTED, "an optional of a type only");
    }
    hone_shape_hold(&site->out[0], HONE_OPTIONAL, 1, &site->in[0]);
    return HONE_OK;
}

static enum hone_code optional(struct hone_run *run, const struct hone_call *call)
{
    return hone_call_items(run, call, 0, 1, call->in[0]);
}

static enum hone_code infer_has(struct hone_run *run, const struct hone_site *site)
{
    (void)run;
    hone_shape_set(&site->out[0], HONE_B8, 0, NULL);
    return HONE_OK;
}

/* What is no optional is always there. */
static enum hone_code has(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *t = call->inputs == 0 ? NULL : call->in[0];
    (void)run;
    *(uint8_t *)call->out[0]->data =
        t != NULL && (t->type != HONE_OPTIONAL || hone_tensor_count(t) != 0);
    return HONE_OK;
}

static enum hone_code infer_get(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_shape *in = &site->in[0];
    (void)run;
    site->out[0] = *in;
    site->out[0].data = NULL;
    if (in->type == HONE_OPTIONAL) {
        site->out[0] = hone_shape_item(in);
    }
    return HONE_OK;
}

static enum hone_code get(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *t = call->in[0];

    if (t->type == HONE_OPTIONAL) {
        if (hone_tensor_count(t) == 0) {
            return hone_fail(run, HONE_E_SHAPE, "the optional holds nothing");
        }
        t = item_of(t, 0);
        if (t->type != call->out[0]->type) {
            return hone_fail(run, HONE_E_SHAPE, "the optional holds %s, not %s",
                             hone_dtype_name(t->type), hone_dtype_name(call->out[0]->type));
        }
    }
    return hone_call_copy(run, call, 0, t);
}

/* --- the operators ------------------------------------------------------------------------------------------ */

#define OP(variable, onnx, first, min_in, max_in, ...)                                         \
    const struct hone_op hone_op_##variable = {                                                \
        HONE_OP_HEAD(onnx, first, min_in, max_in, 1),                                          \
        .flags = HONE_OP_RAGGED,                                                               \
        __VA_ARGS__,                                                                           \
    }

OP(sequence_construct, "SequenceConstruct", 11, 1, SIZE_MAX, .infer = infer_construct,
   .any = construct);
OP(sequence_empty, "SequenceEmpty", 11, 0, 0, .attrs = "dtype:i", .infer = infer_empty,
   .any = empty);
OP(sequence_insert, "SequenceInsert", 11, 2, 3, .infer = infer_insert, .boxed = insert);
OP(sequence_erase, "SequenceErase", 11, 1, 2, .infer = infer_erase, .boxed = erase);
OP(sequence_at, "SequenceAt", 11, 2, 2, .infer = infer_at, .boxed = at);
OP(sequence_length, "SequenceLength", 11, 1, 1, .infer = infer_length, .boxed = length);
OP(split_to_sequence, "SplitToSequence", 11, 1, 2, .attrs = "axis:i keepdims:i",
   .infer = infer_split, .any = split);
OP(concat_from_sequence, "ConcatFromSequence", 11, 1, 1, .attrs = "axis:i new_axis:i",
   .infer = infer_concat, .boxed = concat);
OP(optional, "Optional", 15, 0, 1, .infer = infer_optional, .any = optional, .boxed = optional);
OP(optional_has_element, "OptionalHasElement", 15, 0, 1, .infer = infer_has, .any = has,
   .boxed = has);
OP(optional_get_element, "OptionalGetElement", 15, 1, 1, .infer = infer_get, .any = get,
   .boxed = get);
