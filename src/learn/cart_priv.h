/*
 * learn/cart_priv.h - one tree that people can read: grown, pruned, written down
 *
 * cart_grow.c makes the largest tree that the settings allow and notes at which price per leaf each of its splits
 * is given up; cart_text.c writes the tree as rules; est_tree.c chooses the price and holds the settings.  Codes and
 * nodes are those of gbt_priv.h.
 *
 * Source: Breiman, Friedman, Olshen, Stone, Classification and Regression Trees, 1984.
 */
#ifndef HONE_LEARN_CART_PRIV_H
#define HONE_LEARN_CART_PRIV_H

#include "learn/gbt_priv.h"

struct hone_cart_settings {
    size_t max_depth;
    size_t min_data;
    size_t max_bins;
};

/*
 * A tree and what its training rows say.  A row's statistics are the classes it is of, or its target: `stats` sums a
 * node, weighted.
 */
struct hone_cart {
    const struct hone_design *d;
    struct hone_gbt_bins bins;
    struct hone_gbt_node *node; /* (n) parents before children; values are not filled in */
    size_t n, stats;
    double *sum;    /* (n)(stats) */
    double *weight; /* (n) */
    size_t *rows;   /* (n) */
    double *
        risk; /* (n) as a leaf: weighted squared error, or Gini impurity, summed over the rows */
    double *
        price; /* (n) the node is a leaf where a leaf costs at least this; infinite: never pruned */
};

/* Grow on all rows of d, and prune.  In mem, d and its columns borrowed. Fails: HONE_E_LIMIT. */
enum hone_code hone_cart_grow(struct hone_run *run, const struct hone_cart_settings *set,
                              const struct hone_design *d, struct hone_arena *mem,
                              struct hone_cart *out);

/* The prices at which the tree gets smaller, ascending, from 0; (n + 1) room. Returns how many. */
size_t hone_cart_prices(const struct hone_cart *t, double *price);
/* Leaves of the tree at a price, and whether node i is one of them when a row comes to it. */
size_t hone_cart_leaves(const struct hone_cart *t, double price);
bool hone_cart_is_leaf(const struct hone_cart *t, double price, size_t i);
/* Where a row of d (any design with the same columns) ends. */
size_t hone_cart_leaf(const struct hone_cart *t, double price, const struct hone_design *d,
                      size_t row);

/*
 * A node's scores (1 or classes): the mean, or log-odds, or logs of the shares, with the shares drawn to those of all
 * rows as if by `smoothing` rows.
 */
void hone_cart_score(const struct hone_cart *t, double smoothing, size_t i, double *score);

/*
 * The tree as rules, one line a leaf, the most frequent first:
 *   IF age <= 38 AND job in {student, retired} THEN 0.62 (1,204 rows)
 * In mem.
 */
enum hone_code hone_cart_text(struct hone_run *run, const struct hone_cart *t, double price,
                              struct hone_arena *mem, const char **text);

#endif
