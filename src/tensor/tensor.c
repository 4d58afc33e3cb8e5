#include "tensor/tensor.h"

/* Name and element size by ONNX number; types without a size here are named all the same. */
static const struct {
    const char *name;
    size_t size;
} types[] = {
    [HONE_NONE] = {"none", 0},
    [HONE_F32] = {"float32", 4},
    [HONE_U8] = {"uint8", 1},
    [HONE_I8] = {"int8", 1},
    [HONE_U16] = {"uint16", 2},
    [HONE_I16] = {"int16", 2},
    [HONE_I32] = {"int32", 4},
    [HONE_I64] = {"int64", 8},
    [HONE_STRING] = {"string", sizeof(struct hone_str)},
    [HONE_B8] = {"bool", 1},
    [HONE_F16] = {"float16", 2},
    [HONE_F64] = {"float64", 8},
    [HONE_U32] = {"uint32", 4},
    [HONE_U64] = {"uint64", 8},
    [14] = {"complex64", 0},
    [15] = {"complex128", 0},
    [HONE_BF16] = {"bfloat16", 2},
    [HONE_F8E4M3FN] = {"float8e4m3fn", 1},
    [HONE_F8E4M3FNUZ] = {"float8e4m3fnuz", 1},
    [HONE_F8E5M2] = {"float8e5m2", 1},
    [HONE_F8E5M2FNUZ] = {"float8e5m2fnuz", 1},
    [HONE_U4] = {"uint4", 1},
    [HONE_I4] = {"int4", 1},
    [HONE_F4E2M1] = {"float4e2m1", 1},
    [HONE_F8E8M0] = {"float8e8m0", 1},
    [HONE_U2] = {"uint2", 1},
    [HONE_I2] = {"int2", 1},
    [HONE_SEQUENCE] = {"sequence", sizeof(struct hone_tensor)},
    [HONE_OPTIONAL] = {"optional", sizeof(struct hone_tensor)},
    [HONE_MAP] = {"map", sizeof(struct hone_tensor)},
};

static bool known(enum hone_dtype type)
{
    return (size_t)type < sizeof types / sizeof *types;
}

size_t hone_dtype_size(enum hone_dtype type)
{
    return known(type) ? types[type].size : 0;
}

const char *hone_dtype_name(enum hone_dtype type)
{
    return known(type) && types[type].name != NULL ? types[type].name : "unknown";
}

size_t hone_tensor_count(const struct hone_tensor *t)
{
    size_t n = 1;
    for (size_t i = 0; i < t->rank; i++) {
        if (t->dim[i] == 0) {
            return 0;
        }
    }
    for (size_t i = 0; i < t->rank; i++) {
        n = hone_product(n, t->dim[i]);
    }
    return n;
}

enum hone_code hone_tensor_new(struct hone_run *run, enum hone_dtype type, size_t rank,
                               const size_t *dim, struct hone_arena *mem,
                               struct hone_tensor *out)
{
    struct hone_tensor t = {.type = type, .rank = rank};
    size_t n;

    if (rank > HONE_RANK_MAX) {
        return hone_fail(run, HONE_E_SHAPE, "a tensor of rank %zu, at most %d", rank,
                         HONE_RANK_MAX);
    }
    if (hone_dtype_size(type) == 0) {
        return hone_fail(run, HONE_E_UNSUPPORTED, "a tensor of type %s", hone_dtype_name(type));
    }
    for (size_t i = 0; i < rank; i++) {
        t.dim[i] = dim[i];
    }
    n = hone_tensor_count(&t);
    t.data = n == SIZE_MAX ? NULL : hone_arena_alloc(mem, hone_dtype_size(type), n);
    if (t.data == NULL) {
        return hone_no_room(run, "tensor", n);
    }
    *out = t;
    return HONE_OK;
}
