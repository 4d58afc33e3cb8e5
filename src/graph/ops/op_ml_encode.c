/* ai.onnx.ml: LabelEncoder, CategoryMapper, OneHotEncoder, DictVectorizer, through hash tables made once. */
#include <math.h>

#include "graph/op.h"
#include "graph/op_head_priv.h"

/*
 * Keys to indices: text in a map, numbers by their 64 bits (reals as double, with one zero and one NaN) in
 * an open-addressing table.
 */
struct keys {
    struct hone_map text;
    size_t room; /* a power of two; 0 for text */
    struct slot {
        uint64_t bits;
        uint32_t index; /* UINT32_MAX: free */
    } * slot;
};

static uint64_t bits_of_real(double x)
{
    uint64_t bits;
    x = x == 0 ? 0.0 : isnan(x) ? (double)NAN : x;
    memcpy(&bits, &x, sizeof bits);
    return isnan(x) ? UINT64_MAX : bits;
}

/* Element i of a number tensor as the bits it is looked up by. */
static uint64_t bits_at(enum hone_dtype type, const void *data, size_t i)
{
    switch (type) {
    case HONE_F32:
        return bits_of_real((double)((const float *)data)[i]);
    case HONE_F64:
        return bits_of_real(((const double *)data)[i]);
    case HONE_I32:
        return (uint64_t)((const int32_t *)data)[i];
    case HONE_I16:
        return (uint64_t)((const int16_t *)data)[i];
    default:
        return ((const uint64_t *)data)[i];
    }
}

static uint32_t find_bits(const struct keys *k, uint64_t bits)
{
    size_t at = hone_mix64(bits) & (k->room - 1);
    while (k->slot[at].index != UINT32_MAX && k->slot[at].bits != bits) {
        at = (at + 1) & (k->room - 1);
    }
    return (uint32_t)at;
}

/* Of equal keys the first counts. */
static enum hone_code make_keys(struct hone_run *run, enum hone_dtype type, const void *data,
                                size_t n, struct hone_arena *mem, struct keys *k)
{
    if (n >= UINT32_MAX / 4) {
        return hone_fail(run, HONE_E_LIMIT, "%zu keys", n);
    }
    if (type == HONE_STRING) {
        k->text.mem = mem;
        for (size_t i = 0; i < n; i++) {
            if (hone_map_add(&k->text, ((const struct hone_str *)data)[i], (uint32_t)i) ==
                UINT32_MAX) {
                return hone_no_room(run, "keys", n);
            }
        }
        return HONE_OK;
    }
    k->room = 8;
    while (k->room < n * 2) {
        k->room *= 2;
    }
    HONE_TRY(hone_array(run, mem, &k->slot, k->room));
    memset(k->slot, 0xff, k->room * sizeof *k->slot);
    for (size_t i = 0; i < n; i++) {
        uint64_t bits = bits_at(type, data, i);
        struct slot *s = &k->slot[find_bits(k, bits)];
        if (s->index == UINT32_MAX) {
            *s = (struct slot){bits, (uint32_t)i};
        }
    }
    return HONE_OK;
}

/* The index of element i of t, or UINT32_MAX. */
static uint32_t index_of(const struct keys *k, const struct hone_tensor *t, size_t i)
{
    if (t->type == HONE_STRING) {
        return hone_map_get(&k->text, ((const struct hone_str *)t->data)[i]);
    }
    return k->slot[find_bits(k, bits_at(t->type, t->data, i))].index;
}

/* --- LabelEncoder, CategoryMapper --------------------------------------------------------------------- */

struct encoder {
    struct keys keys;
    enum hone_dtype from, to;
    size_t n;
    const void *values;
    union {
        struct hone_str text;
        int64_t whole;
        float real;
        unsigned char bytes[16];
    } absent;
};

/* A list as it is in a node: keys or values. */
struct list {
    enum hone_dtype type;
    size_t n;
    const void *data;
};

static struct list tensor_list(const struct hone_tensor *t)
{
    return (struct list){t->type, hone_tensor_count(t), t->data};
}

/* The attribute of a pair of names that is there: "keys" and the kind, or keys_tensor. */
static struct list find_list(const struct hone_node *node, const char *const names[4])
{
    struct list l = {.type = HONE_NONE};
    const struct hone_tensor *t = hone_op_tensor(node, names[3]);
    if (t != NULL) {
        return tensor_list(t);
    }
    l.data = hone_op_texts(node, names[0], &l.n);
    l.type = HONE_STRING;
    if (l.n == 0) {
        l.data = hone_op_ints(node, names[1], &l.n);
        l.type = HONE_I64;
    }
    if (l.n == 0) {
        l.data = hone_op_floats(node, names[2], &l.n);
        l.type = HONE_F32;
    }
    return l;
}

static enum hone_code finish_encoder(struct hone_run *run, const struct hone_site *site,
                                     struct list keys, struct list values,
                                     struct hone_arena *mem, struct encoder *s)
{
    const struct hone_tensor *absent = hone_op_tensor(site->node, "default_tensor");
    size_t size = hone_dtype_size(values.type);

    if (keys.n == 0 || keys.n != values.n) {
        return hone_fail(run, HONE_E_FORMAT, "%zu keys and %zu values", keys.n, values.n);
    }
    if (keys.type != site->in[0].type) {
        return hone_fail(run, HONE_E_SHAPE, "keys of %s for an input of %s",
                         hone_dtype_name(keys.type), hone_dtype_name(site->in[0].type));
    }
    s->from = keys.type;
    s->to = values.type;
    s->n = keys.n;
    s->values = values.data;
    if (absent != NULL) {
        if (absent->type != s->to || hone_tensor_count(absent) != 1) {
            return hone_fail(run, HONE_E_FORMAT, "default_tensor is not one %s",
                             hone_dtype_name(s->to));
        }
        memcpy(s->absent.bytes, absent->data, size);
    } else if (s->to == HONE_STRING) {
        s->absent.text = hone_op_text(site->node, "default_string", "_Unused");
    } else if (s->to == HONE_I64) {
        s->absent.whole = hone_op_int(site->node, "default_int64", -1);
    } else if (s->to == HONE_F32) {
        s->absent.real = hone_op_float(site->node, "default_float", -0.0f);
    } else if (s->to != HONE_F64 && s->to != HONE_I32 && s->to != HONE_I16) {
        return hone_fail(run, HONE_E_UNSUPPORTED, "values of %s", hone_dtype_name(s->to));
    }
    return make_keys(run, keys.type, keys.data, keys.n, mem, &s->keys);
}

static enum hone_code prepare_encoder(struct hone_run *run, const struct hone_site *site,
                                      struct hone_arena *mem, void *state)
{
    static const char *const keys[] = {"keys_strings", "keys_int64s", "keys_floats",
                                       "keys_tensor"};
    static const char *const values[] = {"values_strings", "values_int64s", "values_floats",
                                         "values_tensor"};
    size_t n;
    const struct hone_str *classes = hone_op_texts(site->node, "classes_strings", &n);
    int64_t *places;

    if (n == 0) {
        return finish_encoder(run, site, find_list(site->node, keys),
                              find_list(site->node, values), mem, state);
    }
    /* Version 1: a list of classes is the mapping to their places, or back. */
    HONE_TRY(hone_array(run, mem, &places, n));
    for (size_t i = 0; i < n; i++) {
        places[i] = (int64_t)i;
    }
    if (site->in[0].type == HONE_STRING) {
        return finish_encoder(run, site, (struct list){HONE_STRING, n, classes},
                              (struct list){HONE_I64, n, places}, mem, state);
    }
    return finish_encoder(run, site, (struct list){HONE_I64, n, places},
                          (struct list){HONE_STRING, n, classes}, mem, state);
}

static enum hone_code prepare_mapper(struct hone_run *run, const struct hone_site *site,
                                     struct hone_arena *mem, void *state)
{
    struct list texts = {.type = HONE_STRING}, ints = {.type = HONE_I64};
    bool from_text = site->in[0].type == HONE_STRING;
    texts.data = hone_op_texts(site->node, "cats_strings", &texts.n);
    ints.data = hone_op_ints(site->node, "cats_int64s", &ints.n);
    return finish_encoder(run, site, from_text ? texts : ints, from_text ? ints : texts, mem,
                          state);
}

static enum hone_code infer_encoder(struct hone_run *run, const struct hone_site *site)
{
    HONE_TRY(hone_infer_same(run, site));
    site->out[0].type = ((const struct encoder *)site->state)->to;
    return HONE_OK;
}

/* One loop for each element size of the values. */
#define ENCODE(T)                                                                              \
    for (size_t i = 0; i < n; i++) {                                                           \
        uint32_t k = index_of(&s->keys, call->in[0], i);                                       \
        const void *from = k == UINT32_MAX ? (const void *)s->absent.bytes                     \
                                           : (const void *)((const T *)s->values + k);         \
        memcpy((T *)call->out[0]->data + i, from, sizeof(T));                                  \
    }

static enum hone_code encode(struct hone_run *run, const struct hone_call *call)
{
    const struct encoder *s = call->state;
    size_t n = hone_tensor_count(call->in[0]);
    (void)run;
    switch (hone_dtype_size(s->to)) {
    case 2:
        ENCODE(uint16_t)
        break;
    case 4:
        ENCODE(uint32_t)
        break;
    case 8:
        ENCODE(uint64_t)
        break;
    default:
        ENCODE(struct hone_str)
    }
    return HONE_OK;
}

/* --- OneHotEncoder ------------------------------------------------------------------------------------------ */

struct onehot {
    struct keys keys;
    size_t n;
    bool zeros;
};

static enum hone_code prepare_onehot(struct hone_run *run, const struct hone_site *site,
                                     struct hone_arena *mem, void *state)
{
    struct onehot *s = state;
    const int64_t *ints;
    const struct hone_str *texts;
    bool from_text = site->in[0].type == HONE_STRING;

    s->zeros = hone_op_int(site->node, "zeros", 1) != 0;
    texts = hone_op_texts(site->node, "cats_strings", &s->n);
    if (from_text && s->n != 0) {
        return make_keys(run, HONE_STRING, texts, s->n, mem, &s->keys);
    }
    ints = hone_op_ints(site->node, "cats_int64s", &s->n);
    if (from_text || s->n == 0) {
        return hone_fail(run, HONE_E_FORMAT, "no categories of the input's type");
    }
    return make_keys(run, HONE_I64, ints, s->n, mem, &s->keys);
}

static enum hone_code infer_onehot(struct hone_run *run, const struct hone_site *site)
{
    const struct onehot *s = site->state;
    HONE_TRY(hone_infer_same(run, site));
    site->out[0].type = HONE_F32;
    if (!site->in[0].ranked) {
        return HONE_OK;
    }
    if (site->in[0].rank == HONE_RANK_MAX) {
        return hone_fail(run, HONE_E_SHAPE, "a result of rank %d", HONE_RANK_MAX + 1);
    }
    site->out[0].dim[site->out[0].rank++] = (int64_t)s->n;
    return HONE_OK;
}

/* Reals are cut to integers before they are looked up, as onnxruntime does; NaN is no category. */
static uint32_t category_of(const struct onehot *s, const struct hone_tensor *t, size_t i)
{
    double x;
    int64_t whole;
    struct hone_tensor one = {.type = HONE_I64, .data = &whole};

    if (t->type == HONE_STRING || t->type == HONE_I64) {
        return index_of(&s->keys, t, i);
    }
    x = t->type == HONE_F32   ? (double)((const float *)t->data)[i]
        : t->type == HONE_F64 ? ((const double *)t->data)[i]
                              : ((const int32_t *)t->data)[i];
    if (!(x > -9e18 && x < 9e18)) {
        return UINT32_MAX;
    }
    whole = (int64_t)x;
    return index_of(&s->keys, &one, 0);
}

static enum hone_code onehot(struct hone_run *run, const struct hone_call *call)
{
    const struct onehot *s = call->state;
    size_t n = hone_tensor_count(call->in[0]);
    float *out = call->out[0]->data;

    memset(out, 0, n * s->n * sizeof *out);
    for (size_t i = 0; i < n; i++) {
        uint32_t k = category_of(s, call->in[0], i);
        if (k != UINT32_MAX) {
            out[i * s->n + k] = 1;
        } else if (!s->zeros) {
            return hone_fail(run, HONE_E_SHAPE, "element %zu is none of the categories", i);
        }
    }
    return HONE_OK;
}

/* --- DictVectorizer ----------------------------------------------------------------------------------------- */

struct dict {
    struct keys keys;
    enum hone_dtype key, value;
    size_t n;
    uint32_t *
        first; /* (n) the first place of each key of the vocabulary: keys may be in it more than once */
};

static enum hone_code prepare_dict(struct hone_run *run, const struct hone_site *site,
                                   struct hone_arena *mem, void *state)
{
    struct dict *s = state;
    struct hone_tensor words = {.type = HONE_STRING};
    size_t n_texts, n_ints;
    const struct hone_str *texts = hone_op_texts(site->node, "string_vocabulary", &n_texts);
    const int64_t *ints = hone_op_ints(site->node, "int64_vocabulary", &n_ints);
    const void *data = n_texts != 0 ? (const void *)texts : (const void *)ints;

    if (site->in[0].type != HONE_MAP) {
        return hone_fail(run, HONE_E_SHAPE, "input 0 is %s, not a map",
                         hone_dtype_name(site->in[0].type));
    }
    if ((n_texts == 0) == (n_ints == 0)) {
        return hone_fail(run, HONE_E_FORMAT, "%s vocabulary",
                         n_texts == 0 ? "no" : "more than one");
    }
    s->key = n_texts != 0 ? HONE_STRING : HONE_I64;
    s->value = site->in[0].elem[1];
    s->n = n_texts + n_ints;
    if (site->in[0].elem[0] != s->key) {
        return hone_fail(run, HONE_E_SHAPE, "a vocabulary of %s for a map with keys of %s",
                         hone_dtype_name(s->key), hone_dtype_name(site->in[0].elem[0]));
    }
    if (s->value != HONE_I64 && s->value != HONE_F32 && s->value != HONE_F64 &&
        s->value != HONE_STRING) {
        return hone_fail(run, HONE_E_UNSUPPORTED, "a map to %s", hone_dtype_name(s->value));
    }
    HONE_TRY(make_keys(run, s->key, data, s->n, mem, &s->keys));
    HONE_TRY(hone_array(run, mem, &s->first, s->n));
    words.type = s->key;
    memcpy(&words.data, &data, sizeof data); /* only read: the type has no place for const */
    for (size_t i = 0; i < s->n; i++) {
        s->first[i] = index_of(&s->keys, &words, i);
    }
    return HONE_OK;
}

static enum hone_code infer_dict(struct hone_run *run, const struct hone_site *site)
{
    const struct dict *s = site->state;
    (void)run;
    hone_shape_set(&site->out[0], s->value, 2, (const int64_t[]){1, (int64_t)s->n});
    return HONE_OK;
}

/* Keys that are not in the vocabulary are passed over; what the map has no key for is zero. */
static enum hone_code vectorize_dict(struct hone_run *run, const struct hone_call *call)
{
    HONE_SCRATCH(run);
    const struct dict *s = call->state;
    const struct hone_tensor *map = call->in[0]->data;
    size_t size = hone_dtype_size(s->value);
    char *out = call->out[0]->data;
    bool *seen;

    HONE_TRY(hone_check_map(run, call->in[0], s->key, s->value));
    HONE_TRY(hone_array(run, &run->scratch, &seen, s->n));
    for (size_t i = 0; i < s->n; i++) {
        static const struct hone_str none = {"", 0};
        if (s->value == HONE_STRING) {
            memcpy(out + i * size, &none, size);
        } else {
            memset(out + i * size, 0, size);
        }
    }
    for (size_t i = 0; i < map[0].dim[0]; i++) {
        uint32_t k = index_of(&s->keys, &map[0], i);
        if (k == UINT32_MAX) {
            continue;
        }
        if (seen[k]) {
            return hone_fail(run, HONE_E_SHAPE, "key %zu of the map was there before", i);
        }
        seen[k] = true;
        memcpy(out + k * size, (const char *)map[1].data + i * size, size);
    }
    for (size_t i = 0; i < s->n; i++) {
        if (s->first[i] != i) {
            memcpy(out + i * size, out + s->first[i] * size, size);
        }
    }
    return HONE_OK;
}

/* --- the operators ------------------------------------------------------------------------------------------- */

#define OP(variable, onnx, S, ...)                                                             \
    const struct hone_op hone_op_ml_##variable = {                                             \
        HONE_OP_HEAD_ML(onnx, 1, 1, 1),                                                        \
        .state_size = sizeof(struct S),                                                        \
        __VA_ARGS__,                                                                           \
    }

OP(label_encoder, "LabelEncoder", encoder,
   .attrs = "classes_strings:S keys_strings:S keys_int64s:I keys_floats:F keys_tensor:t "
            "values_strings:S values_int64s:I values_floats:F values_tensor:t "
            "default_string:s default_int64:i default_float:f default_tensor:t",
   .prepare = prepare_encoder, .infer = infer_encoder, .rowwise = hone_rows_first,
   .forward = {[HONE_STRING] = encode,
               [HONE_I64] = encode,
               [HONE_F32] = encode,
               [HONE_F64] = encode,
               [HONE_I32] = encode,
               [HONE_I16] = encode});
OP(category_mapper, "CategoryMapper", encoder,
   .attrs = "cats_strings:S cats_int64s:I default_string:s default_int64:i",
   .prepare = prepare_mapper, .infer = infer_encoder, .rowwise = hone_rows_first,
   .forward = {[HONE_STRING] = encode, [HONE_I64] = encode});
OP(one_hot_encoder, "OneHotEncoder", onehot, .attrs = "cats_strings:S cats_int64s:I zeros:i",
   .prepare = prepare_onehot, .infer = infer_onehot, .rowwise = hone_rows_first,
   .forward = {[HONE_STRING] = onehot,
               [HONE_I64] = onehot,
               [HONE_F32] = onehot,
               [HONE_F64] = onehot,
               [HONE_I32] = onehot});
/* An output of one row, as onnxruntime has it. */
OP(dict_vectorizer, "DictVectorizer", dict, .attrs = "string_vocabulary:S int64_vocabulary:I",
   .prepare = prepare_dict, .infer = infer_dict, .boxed = vectorize_dict);
