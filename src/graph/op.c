#include "graph/op.h"

#include "graph/half_priv.h"

#define HONE_OP(name) extern const struct hone_op hone_op_##name;
#include "graph/ops.def"
#undef HONE_OP

const struct hone_op *const hone_ops[] = {
#define HONE_OP(name) &hone_op_##name,
#include "graph/ops.def"
#undef HONE_OP
    NULL,
};

const struct hone_op *hone_op_find(const char *domain, const char *name, int64_t version)
{
    for (size_t i = 0; hone_ops[i] != NULL; i++) {
        const struct hone_op *op = hone_ops[i];
        if (op->since <= version && strcmp(op->part.name, name) == 0 &&
            strcmp(op->domain, domain) == 0) {
            return op;
        }
    }
    return NULL;
}

/* --- attributes ------------------------------------------------------------------------ */

int64_t hone_op_int(const struct hone_node *node, const char *name, int64_t absent)
{
    const struct hone_attr *a = hone_node_attr(node, name);
    return a == NULL ? absent : a->i;
}

float hone_op_float(const struct hone_node *node, const char *name, float absent)
{
    const struct hone_attr *a = hone_node_attr(node, name);
    return a == NULL ? absent : a->f;
}

struct hone_str hone_op_text(const struct hone_node *node, const char *name, const char *absent)
{
    const struct hone_attr *a = hone_node_attr(node, name);
    return a == NULL ? hone_str(absent) : a->s;
}

const int64_t *hone_op_ints(const struct hone_node *node, const char *name, size_t *n)
{
    const struct hone_attr *a = hone_node_attr(node, name);
    *n = a == NULL ? 0 : a->n;
    return *n == 0 ? NULL : a->ints;
}

const float *hone_op_floats(const struct hone_node *node, const char *name, size_t *n)
{
    const struct hone_attr *a = hone_node_attr(node, name);
    *n = a == NULL ? 0 : a->n;
    return *n == 0 ? NULL : a->floats;
}

const struct hone_str *hone_op_texts(const struct hone_node *node, const char *name, size_t *n)
{
    const struct hone_attr *a = hone_node_attr(node, name);
    *n = a == NULL ? 0 : a->n;
    return *n == 0 ? NULL : a->strings;
}

const struct hone_tensor *hone_op_tensor(const struct hone_node *node, const char *name)
{
    const struct hone_attr *a = hone_node_attr(node, name);
    return a == NULL ? NULL : a->t;
}

enum hone_code hone_op_word(struct hone_run *run, const struct hone_node *node,
                            const char *name, const char *absent, const char *const *words,
                            int *out)
{
    struct hone_str word = hone_op_text(node, name, absent);
    for (int i = 0; words[i] != NULL; i++) {
        if (hone_str_is(word, words[i])) {
            *out = i;
            return HONE_OK;
        }
    }
    return hone_fail(run, HONE_E_UNSUPPORTED, "%s of '%.*s'", name,
                     (int)(word.len < 40 ? word.len : 40), word.len == 0 ? "" : word.ptr);
}

enum hone_code hone_op_axis(struct hone_run *run, int64_t axis, size_t rank, size_t *out)
{
    int64_t n = (int64_t)rank;
    if (axis < -n || axis >= n) {
        return hone_fail(run, HONE_E_SHAPE, "axis %lld of a tensor with %zu", (long long)axis,
                         rank);
    }
    *out = (size_t)(axis < 0 ? axis + n : axis);
    return HONE_OK;
}

enum hone_code hone_site_ints(struct hone_run *run, const struct hone_site *site, size_t i,
                              struct hone_arena *mem, const int64_t **out, size_t *n,
                              bool *known)
{
    const struct hone_shape *s = &site->in[i];
    int64_t count = hone_shape_count(s);
    int64_t *wide;

    *known = s->data != NULL && count >= 0;
    if (!*known) {
        return HONE_OK;
    }
    *n = (size_t)count;
    if (s->type == HONE_I64) {
        *out = s->data;
        return HONE_OK;
    }
    if (s->type != HONE_I32) {
        return hone_fail(run, HONE_E_SHAPE, "input %zu is %s, not integers", i,
                         hone_dtype_name(s->type));
    }
    HONE_TRY(hone_array(run, mem, &wide, *n));
    for (size_t k = 0; k < *n; k++) {
        wide[k] = ((const int32_t *)s->data)[k];
    }
    *out = wide;
    return HONE_OK;
}

double hone_tensor_real(const struct hone_tensor *t, size_t i)
{
    switch (t->type) {
    case HONE_F32:
        return (double)((const float *)t->data)[i];
    case HONE_F64:
        return ((const double *)t->data)[i];
    case HONE_F16:
        return (double)hone_from_f16(((const uint16_t *)t->data)[i]);
    case HONE_BF16:
        return (double)hone_from_bf16(((const uint16_t *)t->data)[i]);
    case HONE_U8:
    case HONE_B8:
        return ((const uint8_t *)t->data)[i];
    case HONE_I8:
        return ((const int8_t *)t->data)[i];
    case HONE_U16:
        return ((const uint16_t *)t->data)[i];
    case HONE_I16:
        return ((const int16_t *)t->data)[i];
    case HONE_U32:
        return ((const uint32_t *)t->data)[i];
    case HONE_I32:
        return ((const int32_t *)t->data)[i];
    case HONE_U64:
        return (double)((const uint64_t *)t->data)[i];
    case HONE_I64:
        return (double)((const int64_t *)t->data)[i];
    default:
        return 0;
    }
}

enum hone_code hone_site_like_first(struct hone_run *run, const struct hone_site *site,
                                    size_t i)
{
    if (hone_site_has(site, i) && site->in[i].type != site->in[0].type) {
        return hone_fail(run, HONE_E_SHAPE, "input %zu is %s, input 0 is %s", i,
                         hone_dtype_name(site->in[i].type), hone_dtype_name(site->in[0].type));
    }
    return HONE_OK;
}

/* --- shapes -------------------------------------------------------------------------------- */

void hone_shape_set(struct hone_shape *out, enum hone_dtype type, size_t rank,
                    const int64_t *dim)
{
    HONE_ASSERT(rank <= HONE_RANK_MAX);
    *out = (struct hone_shape){.type = type, .ranked = true, .rank = rank};
    for (size_t i = 0; i < rank; i++) {
        out->dim[i] = dim[i];
    }
}

int64_t hone_shape_count(const struct hone_shape *s)
{
    int64_t n = 1;
    if (!s->ranked) {
        return -1;
    }
    for (size_t i = 0; i < s->rank; i++) {
        if (s->dim[i] < 0 || __builtin_mul_overflow(n, s->dim[i], &n)) {
            return -1;
        }
    }
    return n;
}

enum hone_code hone_shape_broadcast(struct hone_run *run, struct hone_shape *out,
                                    const struct hone_shape *b)
{
    struct hone_shape a = *out;

    if (!a.ranked || !b->ranked) {
        out->ranked = false;
        return HONE_OK;
    }
    out->rank = a.rank > b->rank ? a.rank : b->rank;
    for (size_t i = 0; i < out->rank; i++) { /* from the last axis */
        int64_t x = i < a.rank ? a.dim[a.rank - 1 - i] : 1;
        int64_t y = i < b->rank ? b->dim[b->rank - 1 - i] : 1;
        int64_t *to = &out->dim[out->rank - 1 - i];
        if (x == y || y == 1) {
            *to = x;
        } else if (x == 1 || x < 0) {
            *to = y; /* an unknown x must be 1 or y */
        } else if (y < 0) {
            *to = x;
        } else {
            return hone_fail(run, HONE_E_SHAPE,
                             "shapes do not broadcast: %lld and %lld on axis -%zu",
                             (long long)x, (long long)y, i + 1);
        }
    }
    return HONE_OK;
}

struct hone_shape hone_shape_of(const struct hone_tensor *t)
{
    struct hone_shape s = {0};
    if (t == NULL) {
        return s;
    }
    s.type = t->type;
    s.ranked = true;
    s.rank = t->rank;
    s.data = t->data;
    for (size_t i = 0; i < t->rank; i++) {
        s.dim[i] = (int64_t)t->dim[i];
    }
    return s;
}

void hone_shape_hold(struct hone_shape *out, enum hone_dtype type, int64_t n,
                     const struct hone_shape *item)
{
    hone_shape_set(out, type, 1, &n);
    out->elem[0] = item->type;
    out->elem[1] = item->elem[0];
    out->elem[2] = item->elem[1];
}

struct hone_shape hone_shape_meet(const struct hone_shape *a, const struct hone_shape *b)
{
    struct hone_shape s = *a;
    s.data = NULL;
    s.ranked = a->ranked && b->ranked && a->rank == b->rank;
    for (size_t i = 0; s.ranked && i < s.rank; i++) {
        s.dim[i] = a->dim[i] == b->dim[i] ? a->dim[i] : -1;
    }
    return s;
}

enum hone_code hone_infer_same(struct hone_run *run, const struct hone_site *site)
{
    (void)run;
    site->out[0] = site->in[0];
    site->out[0].data = NULL;
    return HONE_OK;
}

enum hone_code hone_infer_broadcast(struct hone_run *run, const struct hone_site *site)
{
    site->out[0] = site->in[0];
    site->out[0].data = NULL;
    for (size_t i = 1; i < site->inputs; i++) {
        if (site->in[i].type == HONE_NONE) {
            continue;
        }
        if (site->in[i].type != site->in[0].type) {
            return hone_fail(run, HONE_E_SHAPE, "inputs of different types: %s and %s",
                             hone_dtype_name(site->in[0].type),
                             hone_dtype_name(site->in[i].type));
        }
        HONE_TRY(hone_shape_broadcast(run, &site->out[0], &site->in[i]));
    }
    return HONE_OK;
}

enum hone_code hone_infer_broadcast_bool(struct hone_run *run, const struct hone_site *site)
{
    HONE_TRY(hone_infer_broadcast(run, site));
    site->out[0].type = HONE_B8;
    return HONE_OK;
}

/*
 * Elementwise with broadcasting keeps rows when the row inputs have the output's rank, and the others do
 * not reach axis 0, or have one there.
 */
bool hone_rows_broadcast(const struct hone_site *site)
{
    size_t rank = site->out[0].rank;
    if (!site->out[0].ranked || rank == 0) {
        return false;
    }
    for (size_t i = 0; i < site->inputs; i++) {
        const struct hone_shape *s = &site->in[i];
        if (s->type == HONE_NONE) {
            continue;
        }
        if (site->rows[i] ? s->rank != rank : s->rank == rank && s->dim[0] != 1) {
            return false;
        }
    }
    return true;
}

bool hone_rows_first(const struct hone_site *site)
{
    for (size_t i = 1; i < site->inputs; i++) {
        if (site->rows[i]) {
            return false;
        }
    }
    return site->inputs != 0 && site->rows[0];
}

/* --- calls ----------------------------------------------------------------------------------- */

/* At least size bytes in a buffer; what is there stays. */
static enum hone_code make_room(struct hone_run *run, struct hone_arena *mem,
                                struct hone_buffer *b, size_t size, size_t count)
{
    if (size > b->size || b->ptr == NULL) {
        size_t more = size < b->size * 2 ? b->size * 2 : size < 64 ? 64 : size;
        void *ptr = hone_arena_grow(mem, b->ptr, 1, b->size, more);
        if (ptr == NULL) {
            return hone_no_room(run, "the output", count);
        }
        b->ptr = ptr;
        b->size = more;
    }
    return HONE_OK;
}

enum hone_code hone_call_output(struct hone_run *run, const struct hone_call *call, size_t i,
                                size_t rank, const size_t *dim)
{
    struct hone_tensor *t = call->out[i];
    size_t n;

    if (rank > HONE_RANK_MAX) {
        return hone_fail(run, HONE_E_SHAPE, "an output of rank %zu, at most %d", rank,
                         HONE_RANK_MAX);
    }
    t->rank = rank;
    for (size_t k = 0; k < rank; k++) {
        t->dim[k] = dim[k];
    }
    n = hone_tensor_count(t);
    HONE_TRY(make_room(run, call->mem, call->buffer[i],
                       hone_product(n, hone_dtype_size(t->type)), n));
    t->data = call->buffer[i]->ptr;
    return HONE_OK;
}

/* --- values that hold values: the elements, then what they hold, in one buffer ------------------- */

static bool is_boxed(enum hone_dtype type)
{
    return type == HONE_SEQUENCE || type == HONE_OPTIONAL || type == HONE_MAP;
}

static size_t padded(size_t size)
{
    return size > SIZE_MAX - HONE_ALIGN ? SIZE_MAX
                                        : (size + HONE_ALIGN - 1) / HONE_ALIGN * HONE_ALIGN;
}

static size_t sum(size_t a, size_t b)
{
    return a > SIZE_MAX - b ? SIZE_MAX : a + b;
}

/* Bytes of a value with all that it holds. */
static size_t kept_size(const struct hone_tensor *t)
{
    size_t n = hone_tensor_count(t);
    size_t size = padded(hone_product(n, hone_dtype_size(t->type)));

    for (size_t i = 0; is_boxed(t->type) && i < n; i++) {
        size = sum(size, kept_size((const struct hone_tensor *)t->data + i));
    }
    return size;
}

static void keep_at(const struct hone_tensor *from, char **at, struct hone_tensor *to)
{
    size_t n = hone_tensor_count(from), size = n * hone_dtype_size(from->type);
    void *data = *at;

    if (size != 0) {
        memmove(data, from->data, size);
    }
    *at += padded(size);
    for (size_t i = 0; is_boxed(from->type) && i < n; i++) {
        struct hone_tensor *item = (struct hone_tensor *)data + i;
        keep_at((const struct hone_tensor *)from->data + i, at, item);
    }
    *to = *from;
    to->data = data;
}

enum hone_code hone_tensor_keep(struct hone_run *run, struct hone_arena *mem,
                                struct hone_buffer *b, const struct hone_tensor *from,
                                struct hone_tensor *to)
{
    char *at;
    HONE_TRY(make_room(run, mem, b, kept_size(from), hone_tensor_count(from)));
    at = b->ptr;
    keep_at(from, &at, to);
    return HONE_OK;
}

enum hone_code hone_check_map(struct hone_run *run, const struct hone_tensor *t,
                              enum hone_dtype key, enum hone_dtype value)
{
    const struct hone_tensor *part = t->data;

    if (t->type != HONE_MAP || t->rank != 1 || t->dim[0] != 2 || part == NULL) {
        return hone_fail(run, HONE_E_SHAPE,
                         "a %s that is not a tensor of keys and one of values",
                         hone_dtype_name(t->type));
    }
    if (part[0].type != key || part[1].type != value) {
        return hone_fail(run, HONE_E_SHAPE, "a map from %s to %s, the model wants %s to %s",
                         hone_dtype_name(part[0].type), hone_dtype_name(part[1].type),
                         hone_dtype_name(key), hone_dtype_name(value));
    }
    if (part[0].rank != 1 || part[1].rank != 1 || part[0].dim[0] != part[1].dim[0]) {
        return hone_fail(run, HONE_E_SHAPE,
                         "a map of %zu keys and %zu values, not two lists of one length",
                         part[0].dim[0], part[1].dim[0]);
    }
    if (part[0].dim[0] != 0 && (part[0].data == NULL || part[1].data == NULL)) {
        return hone_fail(run, HONE_E_SHAPE, "a map without the data of its %zu keys or values",
                         part[0].dim[0]);
    }
    return HONE_OK;
}

enum hone_code hone_call_copy(struct hone_run *run, const struct hone_call *call, size_t i,
                              const struct hone_tensor *from)
{
    return hone_tensor_keep(run, call->mem, call->buffer[i], from, call->out[i]);
}

enum hone_code hone_call_items(struct hone_run *run, const struct hone_call *call, size_t i,
                               size_t n, const struct hone_tensor *item)
{
    struct hone_tensor all = {.type = call->out[i]->type, .rank = 1, .dim = {n}};
    /* Only read: the type has no place for const. */
    memcpy(&all.data, &item, sizeof all.data);
    return hone_call_copy(run, call, i, &all);
}

enum hone_code hone_call_text(struct hone_run *run, const struct hone_call *call, size_t len,
                              char **out)
{
    char *text = hone_arena_alloc(call->text, 1, len == 0 ? 1 : len);
    if (text == NULL) {
        return hone_no_room(run, "text", len);
    }
    *out = text;
    return HONE_OK;
}
