/*
 * tensor/blas_priv.h - the few functions of OpenBLAS that are used
 *
 * Linking it would cost every start of every verb some ms and MB for what only training needs: it looks up 12,000
 * symbols of its own.  So it is loaded at the first use and stays.
 */
#ifndef HONE_TENSOR_BLAS_PRIV_H
#define HONE_TENSOR_BLAS_PRIV_H

#include <cblas.h>
#include <stddef.h>

struct hone_blas {
    __typeof__(&cblas_dgemm) dgemm;
    __typeof__(&cblas_dsyrk) dsyrk;
    /* LAPACK's, from Fortran: arrays by columns; the last is the length of the first. */
    void (*dposv)(const char *uplo, const int *n, const int *nrhs, double *a, const int *lda,
                  double *b, const int *ldb, int *info, size_t uplo_len);
};

/* Called and used under hone_library_lock.  Panics when OpenBLAS is not there, as a program that it is linked to
 * would not start. */
const struct hone_blas *hone_blas(void);

#endif
