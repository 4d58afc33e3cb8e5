/*
 * tensor/tensor.h - dense n-dimensional arrays
 *
 * Row-major, contiguous, 64-byte aligned.  The type numbers are ONNX's TensorProto.DataType, so that
 * nothing is translated at the edge.
 */
#ifndef HONE_TENSOR_TENSOR_H
#define HONE_TENSOR_TENSOR_H

#include "base/str.h"

enum hone_dtype {
    HONE_NONE = 0,
    HONE_F32 = 1,
    HONE_U8 = 2,
    HONE_I8 = 3,
    HONE_U16 = 4,
    HONE_I16 = 5,
    HONE_I32 = 6,
    HONE_I64 = 7,
    HONE_STRING = 8, /* struct hone_str per element */
    HONE_B8 = 9,     /* bool, one byte */
    HONE_F16 = 10,
    HONE_F64 = 11,
    HONE_U32 = 12,
    HONE_U64 = 13,
    HONE_BF16 = 16,
    /* Eight bits and less: one byte each. */
    HONE_F8E4M3FN = 17,
    HONE_F8E4M3FNUZ = 18,
    HONE_F8E5M2 = 19,
    HONE_F8E5M2FNUZ = 20,
    HONE_U4 = 21,
    HONE_I4 = 22,
    HONE_F4E2M1 = 23,
    HONE_F8E8M0 = 24,
    HONE_U2 = 25,
    HONE_I2 = 26,
    /* Not ONNX's: values that hold other values.  Rank 1, an element is a struct hone_tensor. */
    HONE_SEQUENCE = 40,
    HONE_OPTIONAL = 41, /* none or one element */
    HONE_MAP = 42,      /* two elements of rank 1 and one length: the keys, and their values */
};

#define HONE_RANK_MAX 8

struct hone_tensor {
    enum hone_dtype type;
    size_t rank; /* 0: a scalar, one element */
    size_t dim[HONE_RANK_MAX];
    void *data;
};

/* Bytes of one element (sizeof(struct hone_str) for text); 0 for types without a size here. */
size_t hone_dtype_size(enum hone_dtype type);
const char *hone_dtype_name(enum hone_dtype type); /* "float32", "int64", "string", ... */
size_t hone_tensor_count(
    const struct hone_tensor *t); /* elements; SIZE_MAX when it overflows */

/* Zeroed data for a type and shape.  Fails: HONE_E_LIMIT, HONE_E_SHAPE (rank over HONE_RANK_MAX). */
enum hone_code hone_tensor_new(struct hone_run *run, enum hone_dtype type, size_t rank,
                               const size_t *dim, struct hone_arena *mem,
                               struct hone_tensor *out);

#endif
