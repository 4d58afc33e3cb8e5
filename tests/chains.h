/*
 * chains.h - transforms fitted as people ask for them, and run on other rows, for tests
 */
#ifndef HONE_TESTS_CHAINS_H
#define HONE_TESTS_CHAINS_H

#include "prep/recipe.h"
#include "tables.h"

/* A request ("age=bin:bins=5") fitted on all rows of a table. */
struct chains_fitted {
    struct hone_model *model;
    struct hone_signature signature;
    struct hone_matrix_view view; /* what training sees */
};

/* In room->mem.  Fails as hone_requests_read and hone_chain_fit; *out is untouched then. */
enum hone_code chains_fit(struct tables_room *room, const char *request,
                          const struct hone_table *t, const struct hone_target *target,
                          struct chains_fitted **out);

/* The features of all rows of a table through the graph: (features)(rows). */
float **chains_run(struct tables_room *room, const struct chains_fitted *f,
                   const struct hone_table *t);

/* The same bits, or both NaN. */
bool chains_same(float a, float b);

#endif
