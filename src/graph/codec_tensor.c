/* Tensors in ONNX files. */
#include "graph/codec_priv.h"
#include "graph/small_priv.h"

size_t hone_raw_bits(int64_t type)
{
    static const uint8_t bits[] = {0,  32,  8,  8, 16, 16, 32, 64, 0, 8, 16, 64, 32, 64,
                                   64, 128, 16, 8, 8,  8,  8,  4,  4, 4, 8,  2,  2};
    return type > 0 && (size_t)type < sizeof bits ? bits[type] : 0;
}

/* --- tensors ----------------------------------------------------------------------- */

static enum hone_code bad_tensor(const struct codec *c, const struct wire_tensor *w,
                                 const char *what)
{
    return hone_fail(c->run, HONE_E_FORMAT, "byte %zu: TensorProto '%s': %s", w->at, w->name,
                     what);
}

/* Elements of under a byte get one each. */
static enum hone_code unpack(const struct codec *c, const void *packed, struct hone_tensor *t)
{
    size_t n = hone_tensor_count(t);
    uint8_t *out = hone_arena_alloc(c->mem, 1, n);
    if (out == NULL) {
        return hone_no_room(c->run, "tensor values", n);
    }
    hone_small_unpack(t->type, n, packed, out);
    t->data = out;
    return HONE_OK;
}

/* The typed list of a tensor as bytes of its type. */
static enum hone_code narrow(const struct codec *c, const struct wire_tensor *w,
                             const int64_t *items, size_t n, struct hone_tensor *t)
{
    size_t bits = hone_raw_bits(w->type);
    size_t per = bits < 8 ? 8 / bits : 1;
    size_t size = bits < 8 ? 1 : bits / 8;
    size_t count = hone_tensor_count(t);
    uint8_t *out;

    /* Elements of under a byte are packed in both forms. */
    if (n != (count + per - 1) / per) {
        return bad_tensor(c, w, "as many values as its shape says are not there");
    }
    out = hone_arena_alloc(c->mem, size, n);
    if (out == NULL) {
        return hone_no_room(c->run, "tensor values", n);
    }
    for (size_t i = 0; i < n; i++) {
        memcpy(out + i * size, &items[i], size); /* little-endian: the low bytes */
    }
    t->data = out;
    return bits < 8 ? unpack(c, out, t) : HONE_OK;
}

static enum hone_code from_raw(const struct codec *c, const struct wire_tensor *w,
                               struct hone_tensor *t)
{
    size_t count = hone_tensor_count(t);
    size_t bits = hone_product(count, hone_raw_bits(w->type));
    size_t size = hone_dtype_size(t->type);
    void *copy;

    if (bits == 0 ? w->raw.len != 0 : bits > SIZE_MAX - 7 || w->raw.len != (bits + 7) / 8) {
        return bad_tensor(c, w, "raw_data is not as long as its shape and type say");
    }
    if (hone_raw_bits(w->type) < 8 && w->raw.len != 0) {
        return unpack(c, w->raw.ptr, t);
    }
    if (w->raw.len != 0 && (uintptr_t)w->raw.ptr % (size == 0 ? 1 : size) == 0) {
        memcpy(&t->data, &w->raw.ptr, sizeof t->data); /* stays in the file's bytes */
        return HONE_OK;
    }
    copy = hone_arena_alloc(c->mem, 1, w->raw.len);
    if (copy == NULL) {
        return hone_no_room(c->run, "tensor values", w->raw.len);
    }
    if (w->raw.len != 0) {
        memcpy(copy, w->raw.ptr, w->raw.len);
    }
    t->data = copy;
    return HONE_OK;
}

static enum hone_code tensor_values(const struct codec *c, const struct wire_tensor *w,
                                    struct hone_tensor *t)
{
    size_t count = hone_tensor_count(t);
    switch (w->type) {
    case HONE_STRING:
        t->data = w->strings;
        if (w->n_strings != count) {
            break;
        }
        return count != 0 ? HONE_OK : from_raw(c, w, t);
    case HONE_F32:
        t->data = w->floats;
        if (w->n_floats != count) {
            break;
        }
        return count != 0 ? HONE_OK : from_raw(c, w, t);
    case HONE_F64:
        t->data = w->doubles;
        if (w->n_doubles != count) {
            break;
        }
        return count != 0 ? HONE_OK : from_raw(c, w, t);
    case HONE_I64:
        return narrow(c, w, w->longs, w->n_longs, t);
    case HONE_U32:
    case HONE_U64:
        return narrow(c, w, w->ulongs, w->n_ulongs, t);
    case 14:
    case 15:
        return hone_fail(c->run, HONE_E_UNSUPPORTED,
                         "byte %zu: TensorProto '%s': complex values", w->at, w->name);
    default:
        return narrow(c, w, w->ints, w->n_ints, t);
    }
    return bad_tensor(c, w, "as many values as its shape says are not there");
}

enum hone_code hone_tensor_in(const struct codec *c, const struct wire_tensor *w,
                              struct hone_tensor *out)
{
    struct hone_tensor t = {.type = HONE_NONE, .rank = w->dims};

    if (hone_raw_bits(w->type) == 0 && w->type != HONE_STRING) {
        return bad_tensor(c, w, "no valid data_type");
    }
    if (w->location != 0 || w->externals != 0) {
        return hone_fail(c->run, HONE_E_UNSUPPORTED,
                         "byte %zu: TensorProto '%s': values in another file", w->at, w->name);
    }
    if (w->dims > HONE_RANK_MAX) {
        return hone_fail(c->run, HONE_E_UNSUPPORTED,
                         "byte %zu: TensorProto '%s': %zu dimensions, at most %d", w->at,
                         w->name, w->dims, HONE_RANK_MAX);
    }
    t.type = (enum hone_dtype)w->type;
    for (size_t i = 0; i < w->dims; i++) {
        if (w->dim[i] < 0) {
            return bad_tensor(c, w, "a negative dimension");
        }
        t.dim[i] = (size_t)w->dim[i];
    }
    if (hone_tensor_count(&t) > SIZE_MAX / 128) {
        return bad_tensor(c, w, "more elements than can be");
    }
    if (w->has_raw && w->type != HONE_STRING) {
        HONE_TRY(from_raw(c, w, &t));
    } else {
        HONE_TRY(tensor_values(c, w, &t));
    }
    *out = t;
    return HONE_OK;
}

/* Element i of the indices: a place among all elements, from one number or from one for each axis. */
static bool sparse_place(const struct hone_tensor *index, const struct hone_tensor *t, size_t i,
                         size_t *out)
{
    const int64_t *at = index->data;
    size_t place = 0;

    if (index->rank == 1) {
        *out = (size_t)at[i];
        return at[i] >= 0 && *out < hone_tensor_count(t);
    }
    for (size_t k = 0; k < t->rank; k++) {
        int64_t mine = at[i * t->rank + k];
        if (mine < 0 || (size_t)mine >= t->dim[k]) {
            return false;
        }
        place = place * t->dim[k] + (size_t)mine;
    }
    *out = place;
    return true;
}

enum hone_code hone_sparse_in(const struct codec *c, const struct wire_sparse *w,
                              struct hone_tensor *out)
{
    struct hone_tensor values, index;
    size_t dim[HONE_RANK_MAX], size, n;

    if (w->values == NULL || w->indices == NULL || w->dims > HONE_RANK_MAX) {
        return hone_fail(c->run, HONE_E_FORMAT, "byte %zu: a sparse tensor without its parts",
                         w->at);
    }
    HONE_TRY(hone_tensor_in(c, w->values, &values));
    HONE_TRY(hone_tensor_in(c, w->indices, &index));
    n = hone_tensor_count(&values);
    for (size_t k = 0; k < w->dims; k++) {
        dim[k] = w->dim[k] < 0 ? SIZE_MAX : (size_t)w->dim[k];
    }
    *out = (struct hone_tensor){.type = values.type, .rank = w->dims};
    memcpy(out->dim, dim, w->dims * sizeof *dim);
    if (values.rank != 1 || index.type != HONE_I64 || index.rank < 1 || index.rank > 2 ||
        index.dim[0] != n || (index.rank == 2 && index.dim[1] != w->dims)) {
        return bad_tensor(c, w->values, "indices that do not fit the values");
    }
    if (hone_tensor_count(out) > HONE_SPARSE_MAX) {
        return hone_fail(c->run, HONE_E_LIMIT, "byte %zu: a sparse tensor of %zu elements",
                         w->at, hone_tensor_count(out));
    }
    HONE_TRY(hone_tensor_new(c->run, values.type, w->dims, dim, c->mem, out));
    size = hone_dtype_size(values.type);
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;
        if (!sparse_place(&index, out, i, &at)) {
            return bad_tensor(c, w->values, "an index outside of its shape");
        }
        memcpy((char *)out->data + at * size, (const char *)values.data + i * size, size);
    }
    return HONE_OK;
}

enum hone_code hone_tensor_out(const struct codec *c, const char *name,
                               const struct hone_tensor *t, struct wire_tensor *w)
{
    size_t count = hone_tensor_count(t);
    w->name = name;
    w->type = (int64_t)t->type;
    w->dims = t->rank;
    HONE_TRY(hone_array(c->run, c->mem, &w->dim, t->rank));
    for (size_t i = 0; i < t->rank; i++) {
        w->dim[i] = (int64_t)t->dim[i];
    }
    if (t->type == HONE_STRING) {
        w->strings = t->data;
        w->n_strings = count;
        return HONE_OK;
    }
    w->has_raw = true;
    w->raw = (struct hone_str){t->data, (count * hone_raw_bits(w->type) + 7) / 8};
    if (hone_raw_bits(w->type) < 8) {
        uint8_t *packed;
        HONE_TRY(hone_array(c->run, c->mem, &packed, w->raw.len));
        hone_small_pack(t->type, count, t->data, packed);
        w->raw.ptr = (const char *)packed;
    }
    return HONE_OK;
}
