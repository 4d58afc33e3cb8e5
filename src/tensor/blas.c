#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "tensor/blas_priv.h"

/* Where the build found the one without threads of its own. */
#ifndef HONE_OPENBLAS
#define HONE_OPENBLAS "libopenblas.so.0"
#endif

static bool bind(void *handle, struct hone_blas *blas)
{
    const struct {
        const char *name;
        void *slot;
    } symbols[] = {
        {"cblas_dgemm", &blas->dgemm}, {"cblas_dsyrk", &blas->dsyrk}, {"dposv_", &blas->dposv}};

    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        void *address = dlsym(handle, symbols[i].name);
        if (address == NULL) {
            return false;
        }
        memcpy(symbols[i].slot, &address, sizeof address);
    }
    return true;
}

const struct hone_blas *hone_blas(void)
{
    static const char *const names[] = {HONE_OPENBLAS, "libopenblas.so.0", "libopenblas.so"};
    static struct hone_blas blas; /* the library's own state is the process's too */

    for (size_t i = 0; i < sizeof names / sizeof *names && blas.dposv == NULL; i++) {
        void *handle = dlopen(names[i], RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
        if (handle != NULL && !bind(handle, &blas)) {
            blas.dposv = NULL;
        }
    }
    if (blas.dposv == NULL) {
        hone_panic(__FILE__, __LINE__,
                   "libopenblas.so.0 can not be loaded: install libopenblas0-serial");
    }
    return &blas;
}
