#include "flow/train/terms.h"

#include <stdlib.h>

#define TERMS 100

/* A column of a block. */
struct term {
    size_t block, at;
    double share;
};

static int by_share(const void *a, const void *b)
{
    const struct term *x = a, *y = b;
    if (x->share > y->share || x->share < y->share) {
        return x->share > y->share ? -1 : 1;
    }
    return x->block != y->block ? (x->block < y->block ? -1 : 1) : x->at < y->at ? -1 : 1;
}

enum hone_code hone_terms_name(struct hone_run *run, struct hone_arena *mem,
                               struct hone_fitted *fitted, struct hone_fit_report *report)
{
    const struct hone_features *old = &fitted->features;
    struct hone_features all = {.mem = mem};
    struct term *term;
    double *importance, *rest;
    size_t n = 0, shown;

    HONE_SCRATCH(run);
    if (report->sparse_importance == NULL || old->blocks == 0) {
        return HONE_OK;
    }
    for (size_t b = 0; b < old->blocks; b++) {
        n += old->block[b].cols;
    }
    HONE_TRY(hone_array(run, &run->scratch, &term, n));
    HONE_TRY(hone_array(run, &run->scratch, &rest, old->blocks));
    n = 0;
    for (size_t b = 0; b < old->blocks; b++) {
        for (size_t k = 0; k < old->block[b].cols; k++, n++) {
            term[n] = (struct term){b, k, report->sparse_importance[n]};
            rest[b] += term[n].share;
        }
    }
    qsort(term, n, sizeof *term, by_share);
    shown = n < TERMS ? n : TERMS;
    HONE_TRY(hone_array(run, mem, &importance, old->n + shown + old->blocks));
    for (size_t j = 0; j < old->n; j++) {
        importance[j] = report->importance[j];
        hone_features_add(&all, old->item[j]);
    }
    for (size_t k = 0; k < shown && term[k].share > 0; k++) {
        const struct hone_feature_block *block = &old->block[term[k].block];
        importance[all.n] = term[k].share;
        rest[term[k].block] -= term[k].share;
        hone_features_add(&all, (struct hone_feature){.name = block->name[term[k].at],
                                                      .source = block->source,
                                                      .value = block->value,
                                                      .at = term[k].at});
    }
    for (size_t b = 0; b < old->blocks; b++) {
        importance[all.n] = rest[b] > 1e-9 ? rest[b] : 0;
        hone_features_add(
            &all, (struct hone_feature){.name = hone_arena_format(mem, "%s: all other terms",
                                                                  old->block[b].source),
                                        .source = old->block[b].source,
                                        .value = old->block[b].value});
    }
    all.block = old->block;
    all.blocks = old->blocks;
    fitted->features = all;
    report->importance = importance;
    return HONE_OK;
}
