/*
 * tensor/sparse_priv.h - the inner kernel of sparse products for one kind of processor
 */
#ifndef HONE_TENSOR_SPARSE_PRIV_H
#define HONE_TENSOR_SPARSE_PRIV_H

#include "tensor/sparse.h"

#ifdef __x86_64__
/* As hone_sparse_add, to the bit; n >= 4. */
void hone_sparse_add_avx2(size_t n, size_t count, const uint32_t *col, const float *value,
                          const double *x, double *out);
#endif

#endif
