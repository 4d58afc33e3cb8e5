/* One tree, all splits that the settings allow, and the price per leaf at which each is given up. */
#include <math.h>
#include <stdlib.h>

#include "base/pool.h"
#include "learn/cart_priv.h"

/* Codes of a column with missing. */
#define CODES 256

struct split {
    double gain; /* what it takes off the risk; <= 0: none */
    size_t col, bin;
    bool missing_left, subset;
    uint32_t set[HONE_GBT_SET];
};

/* The node that is looked at, column by column. */
struct look {
    const struct hone_cart *t;
    const struct hone_cart_settings *set;
    const struct hone_gbt_matrix *matrix;
    const uint32_t *row;
    size_t n, node;
    struct split *found; /* (cols) */
};

/* Sums of one column of a node by code: weight, statistics, rows. */
struct table {
    size_t stats;
    double *weight; /* (CODES) */
    double *sum;    /* (CODES)(stats) */
    size_t *rows;   /* (CODES) */
};

/* What one side of a split holds. */
struct side {
    double weight;
    double *sum; /* (stats) */
    size_t rows;
};

static double weight_of(const struct hone_design *d, size_t row)
{
    return d->weight == NULL ? 1 : d->weight[row];
}

static bool is_class(const struct hone_design *d)
{
    return d->task != HONE_TASK_REGRESSION;
}

static void add_row(const struct hone_design *d, size_t row, double *weight, double *sum)
{
    double w = weight_of(d, row);
    *weight += w;
    if (is_class(d)) {
        sum[(size_t)d->y[row]] += w;
    } else {
        sum[0] += w * d->y[row];
    }
}

/* How much of the risk the means explain: sum of squares over weight. */
static double explained(size_t stats, double weight, const double *sum)
{
    double squares = 0;
    for (size_t k = 0; k < stats; k++) {
        squares += sum[k] * sum[k];
    }
    return weight > 0 ? squares / weight : 0;
}

static void side_clear(struct side *s, size_t stats)
{
    s->weight = 0;
    s->rows = 0;
    memset(s->sum, 0, stats * sizeof *s->sum);
}

static void side_add(struct side *s, const struct table *t, size_t code)
{
    s->weight += t->weight[code];
    s->rows += t->rows[code];
    for (size_t k = 0; k < t->stats; k++) {
        s->sum[k] += t->sum[code * t->stats + k];
    }
}

/* The gain of putting `left` left; negative where a side has too few rows. */
static double gain_of(const struct look *l, const struct side *left)
{
    const struct hone_cart *t = l->t;
    size_t right = l->n - left->rows;
    double rest = 0, weight = t->weight[l->node] - left->weight;

    if (left->rows < l->set->min_data || right < l->set->min_data || right == 0 ||
        left->rows == 0) {
        return -1;
    }
    for (size_t k = 0; k < t->stats; k++) {
        double s = t->sum[l->node * t->stats + k] - left->sum[k];
        rest += s * s;
    }
    rest = weight > 0 ? rest / weight : 0;
    return explained(t->stats, left->weight, left->sum) + rest -
           explained(t->stats, t->weight[l->node], t->sum + l->node * t->stats);
}

/* Thresholds upwards; missing rows on the left where they are in `left` already. */
static void scan(const struct look *l, const struct table *t, size_t limit, bool missing_left,
                 struct side *left, struct split *best)
{
    for (size_t b = 0; b < limit; b++) {
        if (t->rows[b] == 0) {
            continue;
        }
        side_add(left, t, b);
        double gain = gain_of(l, left);
        if (gain > best->gain) {
            best->gain = gain;
            best->bin = b;
            best->subset = false;
            best->missing_left = missing_left;
        }
    }
}

struct level {
    double share;
    size_t code;
};

static int by_share(const void *a, const void *b)
{
    const struct level *x = a, *y = b;
    if (x->share != y->share) {
        return x->share < y->share ? -1 : 1;
    }
    return (x->code > y->code) - (x->code < y->code);
}

/* Sets of categories in the order of one statistic's mean; missing is a category too. */
static void scan_sets(const struct look *l, const struct table *t,
                      const struct hone_gbt_column *c, size_t stat, struct side *left,
                      struct split *best)
{
    struct level level[CODES];
    size_t n = 0, cut = 0, missing = c->edges + 1;

    for (size_t b = 0; b < missing + (c->missing ? 1 : 0); b++) {
        if (t->rows[b] > 0) {
            level[n++] = (struct level){t->sum[b * t->stats + stat] / t->weight[b], b};
        }
    }
    qsort(level, n, sizeof *level, by_share);
    side_clear(left, t->stats);
    for (size_t i = 0; i + 1 < n; i++) {
        side_add(left, t, level[i].code);
        double gain = gain_of(l, left);
        if (gain > best->gain) {
            best->gain = gain;
            cut = i + 1;
        }
    }
    if (cut == 0) {
        return;
    }
    best->subset = true;
    best->bin = 0;
    best->missing_left = false;
    memset(best->set, 0, sizeof best->set);
    for (size_t i = 0; i < cut; i++) {
        if (level[i].code == missing) {
            best->missing_left = true;
        } else {
            best->set[level[i].code / 32] |= 1U << (level[i].code % 32);
        }
    }
}

static enum hone_code look_at_column(struct hone_run *worker, void *ctx, size_t col)
{
    const struct look *l = ctx;
    const struct hone_gbt_column *c = &l->t->bins.column[col];
    size_t stats = l->t->stats, missing = c->edges + 1;
    struct table t = {.stats = stats};
    struct side left;
    struct split best = {.gain = 1e-12 * l->t->risk[l->node], .col = col};
    double none = best.gain;
    const uint8_t *codes = l->matrix->column + col * l->matrix->rows;

    HONE_SCRATCH(worker);
    HONE_TRY(hone_array(worker, &worker->scratch, &t.weight, (size_t)CODES));
    HONE_TRY(hone_array(worker, &worker->scratch, &t.rows, (size_t)CODES));
    HONE_TRY(hone_matrix(worker, &worker->scratch, &t.sum, (size_t)CODES, stats));
    HONE_TRY(hone_array(worker, &worker->scratch, &left.sum, stats));
    for (size_t i = 0; i < l->n; i++) {
        size_t code = codes[l->row[i]];
        add_row(l->t->d, l->row[i], &t.weight[code], t.sum + code * stats);
        t.rows[code]++;
    }
    if (c->category) {
        /* Two classes have one order; of several each has its own. */
        for (size_t k = 0; k < (stats == 2 ? 1 : stats); k++) {
            scan_sets(l, &t, c, k, &left, &best);
        }
    } else {
        bool any = c->missing && t.rows[missing] > 0;
        side_clear(&left, stats);
        scan(l, &t, c->edges + (any ? 1 : 0), false, &left, &best);
        if (any) {
            side_clear(&left, stats);
            side_add(&left, &t, missing);
            scan(l, &t, c->edges, true, &left, &best);
        } else if (best.gain > none) { /* whoever is missing later goes with the many */
            side_clear(&left, stats);
            for (size_t b = 0; b <= best.bin; b++) {
                side_add(&left, &t, b);
            }
            best.missing_left = 2 * left.rows >= l->n;
        }
    }
    best.gain = best.gain > none ? best.gain : 0;
    l->found[col] = best;
    return HONE_OK;
}

/* --- thresholds that read well ------------------------------------------------------------------ */

/* A number with few digits in [a, b), near the middle as the digits allow. */
static float plain_number(float a, float b)
{
    double middle = ((double)a + (double)b) / 2, size = fmax(fabs((double)a), fabs((double)b));

    if (!(size > 0) || !isfinite(middle)) {
        return a;
    }
    for (int digits = 1; digits < 9; digits++) {
        double unit = pow(10, floor(log10(size)) + 1 - digits);
        float down = (float)(floor(middle / unit) * unit);
        float near = (float)(round(middle / unit) * unit);
        if (near >= a && near < b) {
            return near;
        }
        if (down >= a && down < b) {
            return down;
        }
    }
    float t = (float)middle;
    return t >= a && t < b ? t : a;
}

/* The threshold between the node's rows left and right. */
static float threshold_of(const struct look *l, const struct split *s)
{
    const struct hone_gbt_column *c = &l->t->bins.column[s->col];
    float below = -HUGE_VALF, above = HUGE_VALF;

    for (size_t i = 0; i < l->n; i++) {
        float x = l->t->d->x[s->col][l->row[i]];
        if (isnan(x)) {
            continue;
        }
        if (hone_gbt_code(l->matrix, l->row[i], s->col) <= s->bin) {
            below = x > below ? x : below;
        } else {
            above = x < above ? x : above;
        }
    }
    return s->bin >= c->edges || above == HUGE_VALF ? c->edge[c->edges]
           : below == -HUGE_VALF                    ? c->edge[s->bin]
                                                    : plain_number(below, above);
}

/* --- growing ------------------------------------------------------------------------------------- */

struct grow {
    struct hone_run *run;
    const struct hone_cart_settings *set;
    const struct hone_design *d;
    struct hone_cart *t;
    struct hone_gbt_matrix matrix;
    uint32_t *row, *spare; /* (rows) node by node */
    size_t *begin, *depth; /* (n) */
    struct split *found;
};

static void sum_node(const struct grow *g, size_t node)
{
    struct hone_cart *t = g->t;
    const uint32_t *row = g->row + g->begin[node];
    double *sum = t->sum + node * t->stats, mean, risk = 0;

    for (size_t i = 0; i < t->rows[node]; i++) {
        add_row(g->d, row[i], &t->weight[node], sum);
    }
    if (is_class(g->d)) {
        t->risk[node] = t->weight[node] - explained(t->stats, t->weight[node], sum);
        return;
    }
    mean = t->weight[node] > 0 ? sum[0] / t->weight[node] : 0;
    for (size_t i = 0; i < t->rows[node]; i++) {
        double r = g->d->y[row[i]] - mean;
        risk += weight_of(g->d, row[i]) * r * r;
    }
    t->risk[node] = risk;
}

/* Rows of a node into its two children, in their order. */
static size_t part(const struct grow *g, size_t node)
{
    const struct hone_gbt_node *split = &g->t->node[node];
    uint32_t *row = g->row + g->begin[node];
    size_t n = g->t->rows[node], left = 0, right = 0, col = (size_t)split->feature;
    size_t missing = g->t->bins.column[col].edges + 1;

    for (size_t i = 0; i < n; i++) {
        if (hone_gbt_goes_left(split, hone_gbt_code(&g->matrix, row[i], col), missing)) {
            row[left++] = row[i];
        } else {
            g->spare[right++] = row[i];
        }
    }
    memcpy(row + left, g->spare, right * sizeof *row);
    return left;
}

static enum hone_code split_node(struct grow *g, size_t node)
{
    struct hone_cart *t = g->t;
    struct look l = {t,    g->set,  &g->matrix, g->row + g->begin[node], t->rows[node],
                     node, g->found};
    struct split best = {0};

    HONE_TRY(hone_check_cancel(g->run));
    if (g->depth[node] >= g->set->max_depth || t->rows[node] < 2 * g->set->min_data ||
        t->rows[node] < 2 || !(t->risk[node] > 0)) {
        return HONE_OK;
    }
    HONE_TRY(hone_parallel_try(g->run, g->d->cols, look_at_column, &l));
    for (size_t j = 0; j < g->d->cols; j++) {
        if (g->found[j].gain > best.gain) {
            best = g->found[j];
        }
    }
    if (!(best.gain > 0)) {
        return HONE_OK;
    }
    struct hone_gbt_node *to = &t->node[node];
    to->feature = (int32_t)best.col;
    to->bin = (uint8_t)best.bin;
    to->missing_left = best.missing_left;
    to->subset = best.subset;
    memcpy(to->set, best.set, sizeof to->set);
    to->gain = best.gain;
    to->threshold = best.subset ? 0 : threshold_of(&l, &best);
    to->left = (uint32_t)t->n++;
    to->right = (uint32_t)t->n++;
    size_t left = part(g, node);
    for (size_t side = 0; side < 2; side++) {
        size_t child = side == 0 ? to->left : to->right;
        g->begin[child] = g->begin[node] + (side == 0 ? 0 : left);
        t->rows[child] = side == 0 ? left : t->rows[node] - left;
        g->depth[child] = g->depth[node] + 1;
        t->node[child].feature = -1;
        sum_node(g, child);
    }
    return HONE_OK;
}

/* --- pruning: the weakest link first ------------------------------------------------------------- */

struct below { /* of the subtree that is left under a node */
    double risk;
    size_t leaves;
};

/* Children come after their parents, so one pass from the end sums all subtrees. */
static void sum_below(const struct hone_cart *t, struct below *below)
{
    for (size_t i = t->n; i-- > 0;) {
        const struct hone_gbt_node *n = &t->node[i];
        if (n->feature < 0 || isfinite(t->price[i])) {
            below[i] = (struct below){t->risk[i], 1};
        } else {
            below[i].risk = below[n->left].risk + below[n->right].risk;
            below[i].leaves = below[n->left].leaves + below[n->right].leaves;
        }
    }
}

static enum hone_code prune(struct hone_run *run, struct hone_cart *t)
{
    struct below *below;
    double reached = 0;

    HONE_SCRATCH(run);
    HONE_TRY(hone_array(run, &run->scratch, &below, t->n));
    for (size_t i = 0; i < t->n; i++) {
        t->price[i] = t->node[i].feature < 0 ? 0 : HUGE_VAL;
    }
    while (!isfinite(t->price[0])) {
        size_t weakest = 0;
        double least = HUGE_VAL;
        sum_below(t, below);
        for (size_t i = 0; i < t->n; i++) {
            if (isfinite(t->price[i])) {
                continue;
            }
            double link = (t->risk[i] - below[i].risk) / (double)(below[i].leaves - 1);
            if (link < least) {
                least = link;
                weakest = i;
            }
        }
        reached = fmax(reached, least);
        t->price[weakest] = reached;
        for (size_t i = weakest; i < t->n; i++) { /* and all that is under it */
            const struct hone_gbt_node *n = &t->node[i];
            if (n->feature >= 0 && isfinite(t->price[i])) {
                t->price[n->left] = fmin(t->price[n->left], reached);
                t->price[n->right] = fmin(t->price[n->right], reached);
            }
        }
    }
    return HONE_OK;
}

enum hone_code hone_cart_grow(struct hone_run *run, const struct hone_cart_settings *set,
                              const struct hone_design *d, struct hone_arena *mem,
                              struct hone_cart *out)
{
    struct hone_cart t = {.d = d, .stats = is_class(d) ? d->classes : 1};
    struct grow g = {.run = run, .set = set, .d = d, .t = &t};
    size_t least = set->min_data > 0 ? set->min_data : 1;
    size_t leaves = d->rows / least + 1;
    size_t most = set->max_depth < 20 && ((size_t)1 << set->max_depth) < leaves
                      ? (size_t)1 << set->max_depth
                      : leaves;

    HONE_ARENA(work);
    HONE_TRY(hone_gbt_bin_fit(run, d, set->max_bins, mem, &t.bins));
    HONE_TRY(hone_gbt_bin_apply(run, &t.bins, d, true, &work, &g.matrix));
    HONE_TRY(hone_array(run, mem, &t.node, 2 * most));
    HONE_TRY(hone_matrix(run, mem, &t.sum, 2 * most, t.stats));
    HONE_TRY(hone_array(run, mem, &t.weight, 2 * most));
    HONE_TRY(hone_array(run, mem, &t.rows, 2 * most));
    HONE_TRY(hone_array(run, mem, &t.risk, 2 * most));
    HONE_TRY(hone_array(run, mem, &t.price, 2 * most));
    HONE_TRY(hone_array(run, &work, &g.begin, 2 * most));
    HONE_TRY(hone_array(run, &work, &g.depth, 2 * most));
    HONE_TRY(hone_array(run, &work, &g.row, d->rows));
    HONE_TRY(hone_array(run, &work, &g.spare, d->rows));
    HONE_TRY(hone_array(run, &work, &g.found, d->cols));
    for (size_t i = 0; i < d->rows; i++) {
        g.row[i] = (uint32_t)i;
    }
    t.n = 1;
    t.rows[0] = d->rows;
    t.node[0].feature = -1;
    sum_node(&g, 0);
    for (size_t i = 0; i < t.n; i++) {
        HONE_TRY(split_node(&g, i));
    }
    HONE_TRY(prune(run, &t));
    *out = t;
    return HONE_OK;
}

/* --- the tree at a price ---------------------------------------------------------------------------- */

bool hone_cart_is_leaf(const struct hone_cart *t, double price, size_t i)
{
    return t->node[i].feature < 0 || t->price[i] <= price;
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

size_t hone_cart_prices(const struct hone_cart *t, double *price)
{
    size_t n = 1, kept = 0;

    price[0] = 0;
    for (size_t i = 0; i < t->n; i++) {
        if (t->node[i].feature >= 0) {
            price[n++] = t->price[i];
        }
    }
    qsort(price, n, sizeof *price, by_size);
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || price[i] > price[kept - 1]) {
            price[kept++] = price[i];
        }
    }
    return kept;
}

size_t hone_cart_leaves(const struct hone_cart *t, double price)
{
    size_t stack[64], open = 0, leaves = 0;

    stack[open++] = 0;
    while (open > 0) {
        size_t i = stack[--open];
        if (hone_cart_is_leaf(t, price, i)) {
            leaves++;
        } else {
            stack[open++] = t->node[i].right;
            stack[open++] = t->node[i].left;
        }
    }
    return leaves;
}

/* As the graph decides it: by the value, not by its code. */
static bool goes_left(const struct hone_cart *t, const struct hone_gbt_node *n, float x)
{
    const struct hone_gbt_column *c = &t->bins.column[n->feature];

    if (isnan(x)) {
        return n->missing_left;
    }
    if (!n->subset) {
        return x <= n->threshold;
    }
    for (size_t b = 0; b <= c->edges; b++) {
        if (c->value[b] == x) {
            return hone_gbt_in_set(n->set, b);
        }
    }
    return false;
}

size_t hone_cart_leaf(const struct hone_cart *t, double price, const struct hone_design *d,
                      size_t row)
{
    size_t i = 0;
    while (!hone_cart_is_leaf(t, price, i)) {
        const struct hone_gbt_node *n = &t->node[i];
        i = goes_left(t, n, d->x[n->feature][row]) ? n->left : n->right;
    }
    return i;
}

void hone_cart_score(const struct hone_cart *t, double smoothing, size_t i, double *score)
{
    size_t k = t->stats;
    double w = t->weight[i];
    double shares[2];

    if (!is_class(t->d)) {
        score[0] = w > 0 ? t->sum[i] / w : 0;
        return;
    }
    double *share = k == 2 ? shares : score;
    for (size_t c = 0; c < k; c++) {
        double all = (t->sum[c] + 0.5) / (t->weight[0] + 0.5 * (double)k);
        share[c] = (t->sum[i * k + c] + smoothing * all) / (w + smoothing);
        share[c] = fmax(share[c], 1e-12);
    }
    if (k == 2) {
        score[0] = log(share[1] / share[0]);
        return;
    }
    for (size_t c = 0; c < k; c++) {
        score[c] = log(share[c]);
    }
}
