/* One tree, best leaf first: sums by code, the best split of each leaf, and rows put left and right. */
#include <math.h>

#include "base/hash.h"
#include "base/pool.h"
#include "base/rng.h"
#include "learn/gbt_priv.h"

/* A leaf with more rows than this is summed in pieces, each thread all columns of its rows. */
#define PIECE      4096
#define PIECES_MAX 16
/* Rows whose gradients lie in the first cache while the groups of columns are summed one after the other. */
#define STRETCH 512

struct leaf {
    size_t begin, n; /* rows[begin .. begin + n) */
    size_t node, depth;
    struct hone_gbt_cell sum;
    struct hone_gbt_cell *hist; /* NULL: never to be split */
    double value;               /* before the learning rate */
    struct hone_gbt_split best;
};

struct hone_gbt_grower {
    const struct hone_gbt_settings *set;
    const struct hone_gbt_bins *bins;
    const struct hone_gbt_matrix *matrix;

    const struct hone_gbt_pair *pair; /* of the tree being grown */
    struct hone_gbt_units units;
    struct hone_gbt_node *node;
    size_t nodes;

    uint32_t *rows, *spare;        /* (rows) leaf by leaf, ascending in each */
    struct hone_gbt_cell *ordered; /* gradients of the leaf at hand, if it is small */
    size_t *moved;                 /* (blocks) rows of each block that go left */
    struct leaf *leaf;             /* (max_leaves) */
    size_t leaves;
    struct hone_gbt_cell *hist; /* (max_leaves)(slots) */
    size_t hists;
    struct hone_gbt_cell *piece;     /* (PIECES_MAX - 1)(slots) */
    struct hone_gbt_lane *lane;      /* (groups) */
    size_t *order;                   /* (cols) for drawing columns */
    size_t chosen;                   /* columns of this tree: the first of order */
    size_t *draw;                    /* (cols) */
    bool *skip[2];                   /* (cols) columns a node may not split on */
    struct hone_gbt_split *found[2]; /* (groups) best split of two leaves in each group */
};

/* --- making room ----------------------------------------------------------------------------- */

enum hone_code hone_gbt_grower_new(struct hone_run *run, const struct hone_gbt_settings *set,
                                   const struct hone_gbt_bins *bins,
                                   const struct hone_gbt_matrix *matrix, struct hone_arena *mem,
                                   struct hone_gbt_grower **out)
{
    struct hone_gbt_grower *g;
    size_t rows = matrix->rows, blocks = rows / HONE_GBT_BLOCK + 1;
    size_t pieces = hone_pool_size(run->pool) > 1 ? PIECES_MAX - 1 : 0;

    HONE_TRY(hone_array(run, mem, &g, (size_t)1));
    g->set = set;
    g->bins = bins;
    g->matrix = matrix;
    HONE_TRY(hone_array(run, mem, &g->rows, rows));
    HONE_TRY(hone_array(run, mem, &g->spare, rows));
    HONE_TRY(hone_array(run, mem, &g->ordered, rows < PIECE ? rows : (size_t)PIECE));
    HONE_TRY(hone_array(run, mem, &g->moved, blocks));
    HONE_TRY(hone_array(run, mem, &g->leaf, set->max_leaves));
    HONE_TRY(hone_matrix(run, mem, &g->hist, set->max_leaves, bins->slots));
    HONE_TRY(hone_matrix(run, mem, &g->piece, pieces, bins->slots));
    HONE_TRY(hone_array(run, mem, &g->lane, matrix->groups));
    HONE_TRY(hone_array(run, mem, &g->order, bins->cols));
    HONE_TRY(hone_array(run, mem, &g->draw, bins->cols));
    for (size_t s = 0; s < 2; s++) {
        HONE_TRY(hone_array(run, mem, &g->skip[s], bins->cols));
        HONE_TRY(hone_array(run, mem, &g->found[s], matrix->groups));
    }
    *out = g;
    return HONE_OK;
}

static size_t share(double part, size_t n)
{
    size_t k = (size_t)ceil(part * (double)n);
    return k < 1 ? 1 : k > n ? n : k;
}

/* Which columns and rows this tree sees. Columns with one code only are never worth a look. */
static void draw_columns(const struct hone_run *run, struct hone_gbt_grower *g, uint64_t number)
{
    const struct hone_gbt_bins *bins = g->bins;
    size_t useful = 0;

    for (size_t j = 0; j < bins->cols; j++) {
        if (bins->column[j].edges > 0 || bins->column[j].missing) {
            g->order[useful++] = j;
        }
    }
    g->chosen = useful;
    if (g->set->column_sample < 1 && useful > 0) {
        struct hone_rng rng = hone_rng(run->seed, hone_rng_name("gbt columns") + number);
        hone_rng_shuffle(&rng, useful, g->order);
        g->chosen = share(g->set->column_sample, useful);
    }
    for (size_t j = 0; j < bins->cols; j++) {
        g->draw[j] = 0;
    }
    for (size_t i = 0; i < g->chosen; i++) {
        g->draw[g->order[i]] = 1;
    }
    for (size_t c = 0; c < g->matrix->groups; c++) {
        struct hone_gbt_lane *lane = &g->lane[c];
        lane->n = 0;
        for (size_t k = 0; k < HONE_GBT_GROUP && c * HONE_GBT_GROUP + k < bins->cols; k++) {
            size_t j = c * HONE_GBT_GROUP + k;
            if (g->draw[j] != 0) {
                lane->col[lane->n] = j;
                lane->lane[lane->n] = (uint8_t)k;
                lane->slot[lane->n] = bins->column[j].slot;
                lane->n++;
            }
        }
    }
}

static size_t draw_rows(const struct hone_run *run, struct hone_gbt_grower *g, uint64_t number)
{
    size_t rows = g->matrix->rows, n = 0;

    if (g->set->row_sample >= 1) {
        for (size_t i = 0; i < rows; i++) {
            g->rows[i] = (uint32_t)i;
        }
        return rows;
    }
    struct hone_rng rng = hone_rng(run->seed, hone_rng_name("gbt rows") + number);
    uint64_t below = (uint64_t)(g->set->row_sample * 9007199254740992.0); /* 2^53 */
    for (size_t i = 0; i < rows; i++) {
        g->rows[n] = (uint32_t)i;
        n += hone_rng_at(&rng, i) >> 11 < below ? 1 : 0;
    }
    return n;
}

/* Mark the columns that a node may not use; at least one stays. */
static void draw_for_node(const struct hone_run *run, struct hone_gbt_grower *g,
                          uint64_t number, size_t node, bool *skip)
{
    size_t keep = share(g->set->node_sample, g->chosen);
    struct hone_rng rng =
        hone_rng(run->seed, hone_rng_name("gbt node") + hone_mix64(number * 8191 + node));

    for (size_t i = 0; i < g->chosen; i++) {
        g->draw[i] = g->order[i];
    }
    hone_rng_shuffle(&rng, g->chosen, g->draw);
    for (size_t i = 0; i < g->chosen; i++) {
        skip[g->draw[i]] = i >= keep;
    }
}

/* --- histograms and splits of one or two leaves ------------------------------------------------ */

struct study {
    struct hone_gbt_grower *g;
    struct leaf *small; /* summed from its rows */
    struct leaf
        *large;    /* its hist holds the parent's sums until small's are taken off; or NULL */
    size_t pieces; /* 0: by groups */
    size_t groups;
};

static void clear(struct hone_gbt_cell *cell, size_t n)
{
    memset(cell, 0, n * sizeof *cell);
}

static void clear_group(const struct hone_gbt_grower *g, size_t group,
                        struct hone_gbt_cell *hist)
{
    const struct hone_gbt_lane *lane = &g->lane[group];
    for (size_t k = 0; k < lane->n; k++) {
        const struct hone_gbt_column *c = &g->bins->column[lane->col[k]];
        clear(hist + c->slot, c->edges + 1 + (c->missing ? 1 : 0));
    }
}

/* Gradients of rows widened to cells, so that summing reads straight on. */
static void gather(const struct hone_gbt_grower *g, const uint32_t *row, size_t n,
                   struct hone_gbt_cell *cell)
{
    for (size_t i = 0; i < n; i++) {
        struct hone_gbt_pair p = g->pair[row[i]];
        int64_t h = (int64_t)(((uint64_t)p.h << g->units.count_bits) | 1U);
        cell[i] = (struct hone_gbt_cell){{p.g, h}};
    }
}

/* One group of a small leaf, whose gradients were gathered before. */
static void sum_group(const struct study *s, size_t group)
{
    struct hone_gbt_grower *g = s->g;
    const struct leaf *leaf = s->small;

    clear_group(g, group, leaf->hist);
    hone_gbt_hist_add(&g->lane[group], g->matrix->code + group * HONE_GBT_GROUP,
                      g->matrix->groups * HONE_GBT_GROUP, g->rows + leaf->begin, g->ordered,
                      leaf->n, leaf->hist);
}

/* All groups of a piece of a large leaf, stretch by stretch. */
static void sum_piece(const struct study *s, size_t piece)
{
    struct hone_gbt_grower *g = s->g;
    const struct leaf *leaf = s->small;
    const uint32_t *row = g->rows + leaf->begin;
    size_t stride = g->matrix->groups * HONE_GBT_GROUP;
    size_t begin = leaf->n * piece / s->pieces, end = leaf->n * (piece + 1) / s->pieces;
    struct hone_gbt_cell *hist =
        piece == 0 ? leaf->hist : g->piece + (piece - 1) * g->bins->slots;
    struct hone_gbt_cell cell[STRETCH];

    for (size_t group = 0; group < s->groups; group++) {
        clear_group(g, group, hist);
    }
    for (size_t at = begin; at < end; at += STRETCH) {
        size_t n = end - at < STRETCH ? end - at : STRETCH;
        for (size_t i = at; i < at + n; i++) { /* the codes of all groups, soon */
            for (size_t byte = 0; byte < stride; byte += 64) {
                __builtin_prefetch(g->matrix->code + row[i] * stride + byte);
            }
        }
        gather(g, row + at, n, cell);
        for (size_t group = 0; group < s->groups; group++) {
            hone_gbt_hist_add(&g->lane[group], g->matrix->code + group * HONE_GBT_GROUP, stride,
                              row + at, cell, n, hist);
        }
    }
}

static void search_group(const struct study *s, size_t group)
{
    struct hone_gbt_grower *g = s->g;
    const struct hone_gbt_lane *lane = &g->lane[group];
    struct leaf *leaf[2] = {s->small, s->large};

    for (size_t k = 0; k < lane->n; k++) {
        const struct hone_gbt_column *c = &g->bins->column[lane->col[k]];
        size_t n = c->edges + 1 + (c->missing ? 1 : 0);
        struct hone_gbt_cell *small = s->small->hist + c->slot;
        for (size_t p = 1; p < s->pieces; p++) {
            const struct hone_gbt_cell *more = g->piece + (p - 1) * g->bins->slots + c->slot;
            for (size_t b = 0; b < n; b++) {
                small[b].v += more[b].v;
            }
        }
        if (s->large != NULL) {
            struct hone_gbt_cell *large = s->large->hist + c->slot;
            for (size_t b = 0; b < n; b++) {
                large[b].v -= small[b].v;
            }
        }
    }
    for (size_t i = 0; i < 2 && leaf[i] != NULL; i++) {
        struct hone_gbt_split *best = &g->found[i][group];
        const struct hone_gbt_search search = {g->set, &g->units, g->bins};
        *best = (struct hone_gbt_split){.gain = leaf[i]->best.gain};
        for (size_t k = 0; k < lane->n; k++) {
            if (g->set->node_sample >= 1 || !g->skip[i][lane->col[k]]) {
                hone_gbt_split_column(&search, &leaf[i]->sum, leaf[i]->hist, lane->col[k],
                                      best);
            }
        }
    }
}

static void group_chunk(void *ctx, size_t chunk, size_t worker)
{
    (void)worker;
    sum_group(ctx, chunk);
    search_group(ctx, chunk);
}

static void piece_chunk(void *ctx, size_t chunk, size_t worker)
{
    (void)worker;
    sum_piece(ctx, chunk);
}

static void search_chunk(void *ctx, size_t chunk, size_t worker)
{
    (void)worker;
    search_group(ctx, chunk);
}

static bool splittable(const struct hone_gbt_grower *g, const struct leaf *leaf)
{
    size_t least = 2 * g->set->min_data;
    return leaf->n >= (least < 2 ? 2 : least) && g->leaves < g->set->max_leaves &&
           (g->set->max_depth == 0 || leaf->depth < g->set->max_depth);
}

/* Sum the root, which nobody has added up yet. */
static struct hone_gbt_cell sum_rows(const struct hone_gbt_grower *g, const struct leaf *leaf)
{
    struct hone_gbt_cell cell[STRETCH], sum = {{0, 0}};

    for (size_t at = 0; at < leaf->n; at += STRETCH) {
        size_t n = leaf->n - at < STRETCH ? leaf->n - at : STRETCH;
        gather(g, g->rows + leaf->begin + at, n, cell);
        for (size_t i = 0; i < n; i++) {
            sum.v += cell[i].v;
        }
    }
    return sum;
}

/* Find the best split of small and of large (may be NULL). */
static void study_leaves(struct hone_run *run, struct hone_gbt_grower *g, uint64_t number,
                         struct leaf *small, struct leaf *large)
{
    struct study s = {g, small, large, 0, g->matrix->groups};
    struct leaf *leaf[2] = {small, large};
    size_t threads = hone_pool_size(run->pool);

    if (large == NULL) {
        small->sum = sum_rows(g, small);
    }
    for (size_t i = 0; i < 2 && leaf[i] != NULL; i++) {
        /* Rounding must not look like a gain. */
        double whole = hone_gbt_worth(g->set, &g->units, &leaf[i]->sum);
        leaf[i]->best.gain = whole * (1 + 1e-12) + g->set->min_gain + 1e-300;
        if (g->set->node_sample < 1) {
            draw_for_node(run, g, number, leaf[i]->node, g->skip[i]);
        }
    }
    if (small->n > PIECE) {
        size_t most = 2 * threads < PIECES_MAX ? 2 * threads : PIECES_MAX;
        s.pieces = small->n / (PIECE / 2);
        s.pieces = threads == 1 ? 1 : s.pieces < most ? s.pieces : most;
        hone_parallel(run, s.pieces, piece_chunk, &s);
        hone_parallel(run, s.groups, search_chunk, &s);
    } else {
        gather(g, g->rows + small->begin, small->n, g->ordered);
        hone_parallel(run, s.groups, group_chunk, &s);
    }
    for (size_t i = 0; i < 2 && leaf[i] != NULL; i++) {
        struct hone_gbt_split best = leaf[i]->best;
        for (size_t c = 0; c < s.groups; c++) {
            if (g->found[i][c].gain > best.gain) {
                best = g->found[i][c];
            }
        }
        bool any = best.gain > leaf[i]->best.gain;
        best.gain = any && splittable(g, leaf[i])
                        ? best.gain - hone_gbt_worth(g->set, &g->units, &leaf[i]->sum)
                        : 0;
        leaf[i]->best = best;
    }
}

/* --- rows left and right --------------------------------------------------------------------- */

struct parting {
    struct hone_gbt_grower *g;
    uint32_t *row, *spare; /* of the leaf */
    size_t n;
    const uint8_t *code; /* of the column */
    uint8_t left[256];   /* by code: 1 goes left */
    size_t lefts;
};

/* Into spare: those that go left from the block's beginning, the others backwards from its end. */
static void part_chunk(void *ctx, size_t chunk, size_t worker)
{
    struct parting *p = ctx;
    size_t begin = chunk * HONE_GBT_BLOCK, end = begin + HONE_GBT_BLOCK;
    (void)worker;

    end = end < p->n ? end : p->n;
    size_t l = begin, r = end - 1;
    for (size_t i = begin; i < end; i++) {
        uint32_t row = p->row[i];
        if (i + 16 < end) {
            __builtin_prefetch(p->code + p->row[i + 16]);
        }
        size_t left = p->left[p->code[row]];
        p->spare[l] = row;
        p->spare[r] = row; /* the place that is not meant is written again, or is the same */
        l += left;
        r -= 1 - left;
    }
    p->g->moved[chunk] = l - begin;
}

/* From spare to their places: moved[chunk] is where the block's left rows begin. */
static void place_chunk(void *ctx, size_t chunk, size_t worker)
{
    const struct parting *p = ctx;
    size_t begin = chunk * HONE_GBT_BLOCK, end = begin + HONE_GBT_BLOCK;
    size_t blocks = (p->n + HONE_GBT_BLOCK - 1) / HONE_GBT_BLOCK;
    (void)worker;

    end = end < p->n ? end : p->n;
    size_t to = p->g->moved[chunk];
    size_t next = chunk + 1 < blocks ? p->g->moved[chunk + 1] : p->lefts;
    size_t n = next - to;
    memcpy(p->row + to, p->spare + begin, n * sizeof *p->row);
    uint32_t *right = p->row + p->lefts + (begin - to);
    for (size_t i = 0; i < end - begin - n; i++) {
        right[i] = p->spare[end - 1 - i];
    }
}

/* Stable: rows keep their order on both sides. Returns how many went left. */
static size_t part_rows(struct hone_run *run, struct hone_gbt_grower *g,
                        const struct leaf *leaf, const struct hone_gbt_node *node)
{
    size_t col = (size_t)node->feature;
    size_t missing = g->bins->column[col].edges + 1;
    struct parting p = {g, g->rows + leaf->begin, g->spare + leaf->begin, leaf->n, NULL, {0},
                        0};
    size_t blocks = (leaf->n + HONE_GBT_BLOCK - 1) / HONE_GBT_BLOCK;

    p.code = g->matrix->column + col * g->matrix->rows;
    for (size_t b = 0; b <= missing; b++) {
        p.left[b] = hone_gbt_goes_left(node, b, missing) ? 1 : 0;
    }
    hone_parallel(run, blocks, part_chunk, &p);
    for (size_t b = 0; b < blocks; b++) {
        size_t n = g->moved[b];
        g->moved[b] = p.lefts;
        p.lefts += n;
    }
    hone_parallel(run, blocks, place_chunk, &p);
    return p.lefts;
}

/* --- growing ---------------------------------------------------------------------------------- */

/* What a leaf adds, before the learning rate: pulled to its parent's as if by `smoothing` rows. */
static double leaf_value(const struct hone_gbt_grower *g, const struct leaf *leaf,
                         double parent)
{
    double h = hone_gbt_hessian(&g->units, &leaf->sum) + g->set->l2;
    double own =
        h > 0 ? -hone_gbt_shrink(hone_gbt_gradient(&g->units, &leaf->sum), g->set->l1) / h : 0;
    double n = (double)leaf->n, s = g->set->smoothing;
    return s > 0 ? (n * own + s * parent) / (n + s) : own;
}

static void split_leaf(struct hone_run *run, struct hone_gbt_grower *g, uint64_t number,
                       size_t i)
{
    struct leaf *left = &g->leaf[i], *right = &g->leaf[g->leaves];
    struct leaf parent = *left;
    struct hone_gbt_node *node = &g->node[parent.node];
    const struct hone_gbt_split *s = &parent.best;

    node->feature = (int32_t)s->col;
    node->bin = (uint8_t)s->bin;
    node->missing_left = s->missing_left;
    node->subset = s->subset;
    memcpy(node->set, s->set, sizeof node->set);
    node->threshold = g->bins->column[s->col].edge[s->bin];
    node->gain = s->gain;
    node->left = (uint32_t)g->nodes++;
    node->right = (uint32_t)g->nodes++;
    size_t n = part_rows(run, g, &parent, node);
    *left = (struct leaf){.begin = parent.begin, .n = n, .node = node->left, .sum = s->left};
    *right = (struct leaf){.begin = parent.begin + n, .n = parent.n - n, .node = node->right};
    right->sum.v = parent.sum.v - s->left.v;
    left->depth = right->depth = parent.depth + 1;
    left->value = leaf_value(g, left, parent.value);
    right->value = leaf_value(g, right, parent.value);
    g->leaves++;
    struct leaf *small = left->n <= right->n ? left : right;
    struct leaf *large = small == left ? right : left;
    if (!splittable(g, large)) {
        return;
    }
    large->hist = parent.hist;
    small->hist = g->hist + g->hists++ * g->bins->slots;
    study_leaves(run, g, number, small, large);
}

void hone_gbt_grow(struct hone_run *run, struct hone_gbt_grower *g,
                   const struct hone_gbt_pair *pair, const struct hone_gbt_units *units,
                   uint64_t number, struct hone_gbt_tree *out)
{
    g->pair = pair;
    g->units = *units;
    g->node = out->node;
    g->nodes = 1;
    g->leaves = 1;
    g->hists = 1;
    draw_columns(run, g, number);
    struct leaf *root = &g->leaf[0];
    *root = (struct leaf){.n = draw_rows(run, g, number), .hist = g->hist};
    if (splittable(g, root) && g->chosen > 0) {
        study_leaves(run, g, number, root, NULL);
        root->value = leaf_value(g, root, 0);
    }
    while (g->leaves < g->set->max_leaves) {
        size_t best = 0;
        for (size_t i = 1; i < g->leaves; i++) {
            if (g->leaf[i].best.gain > g->leaf[best].best.gain) {
                best = i;
            }
        }
        if (!(g->leaf[best].best.gain > 0)) {
            break;
        }
        split_leaf(run, g, number, best);
    }
    for (size_t i = 0; i < g->leaves; i++) {
        struct hone_gbt_node *node = &g->node[g->leaf[i].node];
        *node = (struct hone_gbt_node){.feature = -1};
        node->value = (float)(g->leaf[i].value * g->set->learning_rate);
    }
    out->n = g->nodes;
}

size_t hone_gbt_leaves(const struct hone_gbt_grower *g)
{
    return g->leaves;
}

struct hone_gbt_leaf_rows hone_gbt_leaf(const struct hone_gbt_grower *g, size_t i)
{
    const struct leaf *leaf = &g->leaf[i];
    return (struct hone_gbt_leaf_rows){g->rows + leaf->begin, leaf->n, leaf->node};
}

/* --- walking down ------------------------------------------------------------------------------ */

struct walk {
    const struct hone_gbt_tree *tree;
    const struct hone_gbt_bins *bins;
    const struct hone_gbt_matrix *m;
    double *score;
};

static void walk_chunk(void *ctx, size_t chunk, size_t worker)
{
    const struct walk *w = ctx;
    size_t begin = chunk * HONE_GBT_BLOCK, end = begin + HONE_GBT_BLOCK;
    (void)worker;

    end = end < w->m->rows ? end : w->m->rows;
    for (size_t i = begin; i < end; i++) {
        const struct hone_gbt_node *node = w->tree->node;
        while (node->feature >= 0) {
            size_t col = (size_t)node->feature;
            size_t code = hone_gbt_code(w->m, i, col);
            bool left = hone_gbt_goes_left(node, code, w->bins->column[col].edges + 1);
            node = w->tree->node + (left ? node->left : node->right);
        }
        w->score[i] += (double)node->value;
    }
}

void hone_gbt_add(struct hone_run *run, const struct hone_gbt_tree *tree,
                  const struct hone_gbt_bins *bins, const struct hone_gbt_matrix *m,
                  double *score)
{
    struct walk w = {tree, bins, m, score};
    hone_parallel(run, (m->rows + HONE_GBT_BLOCK - 1) / HONE_GBT_BLOCK, walk_chunk, &w);
}
