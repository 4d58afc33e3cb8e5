/*
 * explain/shapley.h - how much each input moved one answer away from the usual one
 *
 * Inputs are the players of a game: the value of a set of them is the mean answer when they are as in the row
 * that is explained and all others as in some background row (interventional expectations).  The Shapley
 * value of an input is its share of the way from the usual answer to this one, fair to all orders in which inputs could
 * be told; the shares add up to the whole way.
 * Source: Shapley 1953; Strumbelj & Kononenko, Knowledge and Information Systems 41, 2014 (sampling of orders);
 * Lundberg & Lee, NeurIPS 2017; Janzing, Minorics & Bloebaum, AISTATS 2020 (why interventional).
 */
#ifndef HONE_EXPLAIN_SHAPLEY_H
#define HONE_EXPLAIN_SHAPLEY_H

#include "base/run.h"

struct hone_game {
    size_t players;    /* inputs */
    size_t background; /* rows to fill in from */
    /*
     * The answers for n mixed rows: mixed row i has input j from the row that is explained where
     * in[i * players + j], else from background row from[i].
     */
    enum hone_code (*value)(struct hone_run *run, void *ctx, size_t n, const uint32_t *from,
                            const bool *in, double *out);
    void *ctx;
};

struct hone_shapley {
    double usual;  /* mean answer over the background */
    double answer; /* of the row that is explained */
    double *share; /* (players) they add up to answer - usual, but for rounding */
    double *error; /* (players) standard errors of the sampling of orders and background rows */
    size_t orders; /* sampled */
};

/*
 * Sample orders in pairs, each one forward and backward over one background row; every background row is used
 * equally often.
 *
 *   rounds  pairs per background row, at least 1
 *
 * Cost: 2 * rounds * background * players answers.  Random orders from run->seed.  Exact for a model without interactions.
 * Fails: HONE_E_LIMIT, HONE_E_CANCELLED, and as the game does.
 */
enum hone_code hone_shapley(struct hone_run *run, const struct hone_game *game, size_t rounds,
                            struct hone_arena *mem, struct hone_shapley *out);

#endif
