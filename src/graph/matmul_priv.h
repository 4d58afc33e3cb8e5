/*
 * graph/matmul_priv.h - products of stacks of matrices, as numpy's matmul
 */
#ifndef HONE_GRAPH_MATMUL_PRIV_H
#define HONE_GRAPH_MATMUL_PRIV_H

#include "graph/walk_priv.h"

/* Inputs 0 and 1 to output 0. */
enum hone_code hone_infer_matmul(struct hone_run *run, const struct hone_site *site);
/* float32, float64, and integers of 32 and 64 bits.  packed: b as hone_gemm_pack leaves it, or NULL.  Fails: HONE_E_LIMIT. */
enum hone_code hone_matmul(struct hone_run *run, const struct hone_tensor *a,
                           const struct hone_tensor *b, const float *packed,
                           const struct hone_tensor *out);

#endif
