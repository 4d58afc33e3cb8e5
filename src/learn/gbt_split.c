/* The best split of one column: a threshold on its codes, or a set of categories. */
#include <math.h>
#include <stdlib.h>

#include "learn/gbt_priv.h"

/* Sides are searched without smoothing or extra penalty up to so many categories: nothing to overfit with. */
#define FEW 4

double hone_gbt_worth(const struct hone_gbt_settings *set, const struct hone_gbt_units *units,
                      const struct hone_gbt_cell *sum)
{
    double g = hone_gbt_shrink(hone_gbt_gradient(units, sum), set->l1);
    double h = hone_gbt_hessian(units, sum) + set->l2;
    return h > 0 ? g * g / h : 0;
}

/* A leaf's rows put left and right. */
enum side { TOO_FEW_LEFT, TOO_FEW_RIGHT, TOO_FLAT, FINE };

/* What a split is worth, both sides together, if both have enough rows and curvature. */
static inline enum side gain_of(const struct hone_gbt_search *s,
                                const struct hone_gbt_cell *sum,
                                const struct hone_gbt_cell *left, double l2, double *gain)
{
    const struct hone_gbt_settings *set = s->set;
    int64_t all = hone_gbt_count(s->units, sum), n = hone_gbt_count(s->units, left);
    int64_t least = (int64_t)set->min_data;

    if (n < least || n == 0) {
        return TOO_FEW_LEFT;
    }
    if (all - n < least || all == n) {
        return TOO_FEW_RIGHT;
    }
    struct hone_gbt_cell right = {sum->v - left->v};
    double hl = hone_gbt_hessian(s->units, left), hr = hone_gbt_hessian(s->units, &right);
    if (hl < set->min_hessian || hr < set->min_hessian) {
        return TOO_FLAT;
    }
    double gl = hone_gbt_shrink(hone_gbt_gradient(s->units, left), set->l1);
    double gr = hone_gbt_shrink(hone_gbt_gradient(s->units, &right), set->l1);
    hl += l2;
    hr += l2;
    *gain = (gl * gl * hr + gr * gr * hl) / (hl * hr);
    return FINE;
}

/* --- thresholds -------------------------------------------------------------------------------- */

/*
 * Scan the codes of a column upwards with the missing rows on one side.  limit: thresholds to try.
 * *best is replaced only by something better, so the lowest column and code wins a tie.
 */
static bool scan(const struct hone_gbt_search *s, const struct hone_gbt_cell *sum,
                 const struct hone_gbt_cell *hist, size_t limit, struct hone_gbt_cell left,
                 struct hone_gbt_split *best)
{
    bool better = false;

    for (size_t b = 0; b < limit; b++) {
        double gain;
        if (hone_gbt_count(s->units, &hist[b]) == 0) {
            continue;
        }
        left.v += hist[b].v;
        enum side side = gain_of(s, sum, &left, s->set->l2, &gain);
        if (side == TOO_FEW_RIGHT) {
            break;
        }
        if (side == FINE && gain > best->gain) {
            best->gain = gain;
            best->bin = b;
            best->left = left;
            better = true;
        }
    }
    return better;
}

/* The threshold in the middle of the codes that no row of the leaf has. */
static size_t middle(const struct hone_gbt_search *s, const struct hone_gbt_cell *hist,
                     size_t edges, size_t bin)
{
    size_t next = bin + 1;
    while (next <= edges && hone_gbt_count(s->units, &hist[next]) == 0) {
        next++;
    }
    return next > edges ? edges : bin + (next - 1 - bin) / 2;
}

static void split_ordered(const struct hone_gbt_search *s, const struct hone_gbt_cell *sum,
                          const struct hone_gbt_cell *hist, size_t col,
                          struct hone_gbt_split *best)
{
    const struct hone_gbt_column *c = &s->bins->column[col];
    struct hone_gbt_cell none = {{0, 0}};
    bool missing = c->missing && hone_gbt_count(s->units, &hist[c->edges + 1]) > 0;
    bool found = scan(s, sum, hist, c->edges + (missing ? 1 : 0), none, best);

    if (found) {
        int64_t n = hone_gbt_count(s->units, &best->left);
        best->missing_left = !missing && 2 * n >= hone_gbt_count(s->units, sum);
    }
    if (missing && scan(s, sum, hist, c->edges, hist[c->edges + 1], best)) {
        found = true;
        best->missing_left = true;
    }
    if (found) {
        best->col = col;
        best->subset = false;
        best->bin = middle(s, hist, c->edges, best->bin);
    }
}

/* --- sets of categories ------------------------------------------------------------------------ */

struct level {
    double mean;
    size_t code;
};

static int by_mean(const void *a, const void *b)
{
    const struct level *x = a, *y = b;
    if (x->mean != y->mean) {
        return x->mean < y->mean ? -1 : 1;
    }
    return (x->code > y->code) - (x->code < y->code);
}

/* The categories of the leaf with rows enough, missing among them, by their means. Returns how many. */
static size_t order_levels(const struct hone_gbt_search *s, const struct hone_gbt_cell *sum,
                           const struct hone_gbt_cell *hist, const struct hone_gbt_column *c,
                           struct level *level)
{
    size_t codes = c->edges + 1 + (c->missing ? 1 : 0), n = 0, present = 0;
    double own = hone_gbt_gradient(s->units, sum) / (hone_gbt_hessian(s->units, sum) + 1e-300);

    for (size_t b = 0; b < codes; b++) {
        present += hone_gbt_count(s->units, &hist[b]) > 0 ? 1 : 0;
    }
    bool few = present <= FEW;
    for (size_t b = 0; b < codes; b++) {
        size_t rows = (size_t)hone_gbt_count(s->units, &hist[b]);
        if (rows == 0 || (!few && rows < s->set->category_min_data)) {
            continue;
        }
        /* Drawn to the leaf's mean as by rows of the category's own curvature, whatever the loss's unit. */
        double h = hone_gbt_hessian(s->units, &hist[b]);
        double smooth = few ? 0 : s->set->category_smooth * h / (double)rows;
        double g = hone_gbt_gradient(s->units, &hist[b]) + smooth * own;
        level[n].code = b;
        level[n].mean = g / (h + smooth + 1e-300);
        n++;
    }
    qsort(level, n, sizeof *level, by_mean);
    return n;
}

/*
 * Say a side as the split's set; the other has all other categories, those that the leaf has not among them.  Where
 * one threshold on the codes parts the leaf's rows the same way, it is said that way.
 */
static void say_set(const struct hone_gbt_search *s, const struct hone_gbt_cell *sum,
                    const struct hone_gbt_cell *hist, const struct hone_gbt_column *c,
                    const struct level *member, size_t n, struct hone_gbt_split *best)
{
    size_t low = SIZE_MAX, high = 0, other_low = SIZE_MAX, other_high = 0;

    best->subset = true;
    best->missing_left = false;
    memset(best->set, 0, sizeof best->set);
    for (size_t i = 0; i < n; i++) {
        size_t b = member[i].code;
        if (b == c->edges + 1) {
            best->missing_left = true;
            continue;
        }
        best->set[b / 32] |= 1U << (b % 32);
        low = b < low ? b : low;
        high = b > high ? b : high;
    }
    for (size_t b = 0; b <= c->edges; b++) {
        if (hone_gbt_count(s->units, &hist[b]) > 0 && !hone_gbt_in_set(best->set, b)) {
            other_low = b < other_low ? b : other_low;
            other_high = b;
        }
    }
    if (low == SIZE_MAX || other_low == SIZE_MAX) {
        return;
    }
    if (high < other_low) {
        best->subset = false;
        best->bin = high;
    } else if (other_high < low) {
        best->subset = false;
        best->bin = other_high;
        best->missing_left = !best->missing_left;
        best->left.v = sum->v - best->left.v;
    }
}

static void split_sets(const struct hone_gbt_search *s, const struct hone_gbt_cell *sum,
                       const struct hone_gbt_cell *hist, size_t col,
                       struct hone_gbt_split *best)
{
    const struct hone_gbt_column *c = &s->bins->column[col];
    struct level level[256];
    size_t n = order_levels(s, sum, hist, c, level), cut = 0;
    double l2 = s->set->l2 + (n > FEW ? s->set->category_l2 : 0);
    struct hone_gbt_cell low = {{0, 0}}, high = {{0, 0}};
    bool from_high = false;

    for (size_t i = 0; i < n && i < s->set->category_max; i++) {
        double gain;
        low.v += hist[level[i].code].v;
        if (gain_of(s, sum, &low, l2, &gain) == FINE && gain > best->gain) {
            best->gain = gain;
            best->left = low;
            cut = i + 1;
            from_high = false;
        }
        high.v += hist[level[n - 1 - i].code].v;
        if (gain_of(s, sum, &high, l2, &gain) == FINE && gain > best->gain) {
            best->gain = gain;
            best->left = high;
            cut = i + 1;
            from_high = true;
        }
    }
    if (cut > 0) {
        best->col = col;
        best->bin = 0;
        say_set(s, sum, hist, c, from_high ? level + n - cut : level, cut, best);
    }
}

void hone_gbt_split_column(const struct hone_gbt_search *s, const struct hone_gbt_cell *sum,
                           const struct hone_gbt_cell *hist, size_t col,
                           struct hone_gbt_split *best)
{
    const struct hone_gbt_column *c = &s->bins->column[col];

    if (c->category && s->set->subsets) {
        split_sets(s, sum, hist + c->slot, col, best);
    } else {
        split_ordered(s, sum, hist + c->slot, col, best);
    }
}
