#include <math.h>

#include "graph/trees_priv.h"

/*
 * Slot 0 is taken when x <= value, slot 1 otherwise; NaN takes slot 1 unless the bit is set.  The slots are the
 * next two nodes at index + delta; a leaf's delta is 0, its value infinity and its bit set, so that every
 * step stays.  A test for a set of small whole numbers has a NaN as value, which nothing is at most, whose low
 * bits say where its bits begin among all sets; slot 0 is taken by members.
 */
struct node {
    float value;
    uint32_t bits; /* delta << 16 | feature << 1 | NaN takes slot 0 */
};
#define DELTA_MAX   UINT16_MAX /* below it, since siblings may change places */
#define FEATURE_MAX 0x7fff
#define SET_MARK    0xFFC00000U /* a NaN with its sign: just_below gives one without */
#define SET_PLACE   0x003FFFFFU
#define SET_WIDEST  4096U /* members above it are no small numbers */

/* The plain form: the true child at `child`, the false one after it. */
struct plain {
    double value;
    uint32_t feature;
    uint32_t child; /* 0: a leaf */
    uint32_t first, n;
    uint8_t mode;
    bool missing;
};

struct tree {
    uint32_t root;
    uint32_t depth; /* steps from the root to the deepest leaf */
};

struct hone_trees {
    size_t trees, nodes, targets, features;
    enum hone_aggregate aggregate;
    bool wide;
    bool single; /* every leaf has one weight, for target 0, and sums are asked for */
    struct tree *tree;
    struct node *node; /* NULL: the plain form is used */
    struct plain
        *plain;      /* NULL: the fast form is used; both: by the rows, see hone_trees_score */
    double *value;   /* single: of each node */
    uint32_t *first; /* else: weights of node i are first[i] .. first[i + 1] */
    struct hone_leaf_weight *weight;
    const double *member;
    uint32_t
        *set; /* bits of the sets, the first of which is empty; NULL: no node asks for one */
    uint32_t set_width; /* bits of each: above all members, a multiple of 32 */
    uint32_t set_words; /* those of all sets */
    uint8_t *with_sets; /* (trees) where set is not NULL: the tree asks for some */
};

size_t hone_trees_features(const struct hone_trees *t)
{
    return t->features;
}

bool hone_trees_fast(const struct hone_trees *t)
{
    return t->node != NULL;
}

/* --- packing ------------------------------------------------------------------------------------------ */

/* The order of nodes: source[i] is the given node at place i. */
struct layout {
    uint32_t *source;
    uint32_t *child; /* place of the first child; 0 for leaves (the first root is no child) */
    uint32_t *depth;
};

static bool is_leaf(const struct hone_tree_node *n)
{
    return n->mode == HONE_BRANCH_LEAF;
}

/* Give every node of a tree its place, breadth first. */
static enum hone_code lay_tree(struct hone_run *run, const struct hone_tree_source *s,
                               struct hone_trees *t, size_t tree, struct layout *l,
                               uint8_t *seen)
{
    size_t at = t->nodes;

    t->tree[tree].root = (uint32_t)at;
    l->source[t->nodes++] = s->root[tree];
    l->depth[at] = 0;
    for (; at < t->nodes; at++) {
        const struct hone_tree_node *n = &s->node[l->source[at]];
        if (seen[l->source[at]]++ != 0) {
            return hone_fail(run, HONE_E_FORMAT, "tree %zu reaches a node twice", tree);
        }
        t->tree[tree].depth =
            l->depth[at] > t->tree[tree].depth ? l->depth[at] : t->tree[tree].depth;
        if (is_leaf(n)) {
            continue;
        }
        if (n->yes >= s->nodes || n->no >= s->nodes || n->yes == n->no ||
            t->nodes + 2 > s->nodes) {
            return hone_fail(run, HONE_E_FORMAT, "tree %zu has a node without two children",
                             tree);
        }
        l->child[at] = (uint32_t)t->nodes;
        l->depth[t->nodes] = l->depth[t->nodes + 1] = l->depth[at] + 1;
        l->source[t->nodes++] = n->yes;
        l->source[t->nodes++] = n->no;
        t->features = n->feature >= t->features ? (size_t)n->feature + 1 : t->features;
    }
    return HONE_OK;
}

/* The largest float below v; NaN (which nothing is at most) below -infinity. */
static float just_below(float v)
{
    return v == -INFINITY ? NAN : nextafterf(v, -INFINITY);
}

/* Whether a member can be a bit of a set. */
static bool is_small(double v)
{
    return v >= 0 && v < (double)SET_WIDEST && v == floor(v);
}

/* Equality is a set of one. */
static bool asks_set(const struct hone_tree_node *n)
{
    return n->mode == HONE_BRANCH_EQ || n->mode == HONE_BRANCH_NEQ ||
           n->mode == HONE_BRANCH_MEMBER;
}

static size_t members_of(const struct hone_trees *t, const struct hone_tree_node *n,
                         const double **member)
{
    *member = n->mode == HONE_BRANCH_MEMBER ? t->member + n->first : &n->value;
    return n->mode == HONE_BRANCH_MEMBER ? n->n : 1;
}

/*
 * Can the fast form say this node, whose children are delta places on?  Wide rows are rounded up to float, which
 * changes no answer to x <= v for a float v, and so none to x > v, but does to x < v and to x = v.
 */
static bool is_simple(const struct hone_trees *t, const struct hone_tree_node *n,
                      uint32_t delta)
{
    bool narrows = n->mode == HONE_BRANCH_LEQ || n->mode == HONE_BRANCH_GT;
    const double *member;

    if (is_leaf(n)) {
        return true;
    }
    if (n->feature > FEATURE_MAX || delta >= DELTA_MAX) {
        return false;
    }
    if (asks_set(n)) {
        bool small = true;
        for (size_t k = members_of(t, n, &member); k > 0; k--) {
            small = small && is_small(member[k - 1]);
        }
        return small;
    }
    return (narrows || !t->wide) && (double)(float)n->value == n->value;
}

/* For these the false branch is slot 0, so the children change places. */
static bool is_swapped(const struct hone_tree_node *n)
{
    return n->mode == HONE_BRANCH_GTE || n->mode == HONE_BRANCH_GT ||
           n->mode == HONE_BRANCH_NEQ;
}

/* A node in the fast form; place: of its set. */
static struct node simple_node(const struct hone_tree_node *n, uint32_t delta, uint32_t place)
{
    bool below = n->mode == HONE_BRANCH_LT || n->mode == HONE_BRANCH_GTE;
    float value = (float)n->value;

    if (is_leaf(n)) {
        return (struct node){INFINITY, 1};
    }
    if (asks_set(n)) {
        uint32_t bits = SET_MARK | place;
        memcpy(&value, &bits, sizeof value);
    } else if (below) {
        value = just_below(value);
    }
    /* NaN is unlike any value, which is the true branch either way. */
    bool nan_first = n->mode != HONE_BRANCH_NEQ && n->missing != is_swapped(n);
    return (struct node){value, delta << 16 | n->feature << 1 | nan_first};
}

/* Room for the bits of all sets; false where they would be too many. */
static enum hone_code make_sets(struct hone_run *run, const struct hone_tree_source *s,
                                struct hone_arena *mem, struct hone_trees *t, bool *fits)
{
    size_t sets = 0, widest = 0;
    const double *member;
    bool swapped = false;

    for (size_t i = 0; i < s->nodes; i++) {
        const struct hone_tree_node *n = &s->node[i];
        swapped = swapped || (!is_leaf(n) && is_swapped(n));
        if (is_leaf(n) || !asks_set(n)) {
            continue;
        }
        for (size_t k = members_of(t, n, &member); k > 0; k--) {
            size_t v = (size_t)member[k - 1];
            widest = v > widest ? v : widest;
        }
        sets++;
    }
    t->set_width = (uint32_t)(widest / 32 + 1) * 32;
    /* Wide rows need both forms, with the nodes in the same places. */
    *fits = (sets + 1) * (t->set_width / 32) < SET_PLACE && !(swapped && t->wide && sets > 0);
    if (sets == 0 || !*fits) {
        return HONE_OK;
    }
    t->set_words = t->set_width / 32;
    HONE_TRY(hone_array(run, mem, &t->with_sets, t->trees));
    return hone_array(run, mem, &t->set, (sets + 1) * t->set_words);
}

/* Fill the next set; its place. */
static uint32_t put_set(struct hone_trees *t, const struct hone_tree_node *n)
{
    uint32_t place = t->set_words;
    const double *member;

    for (size_t k = members_of(t, n, &member); k > 0; k--) {
        uint32_t v = (uint32_t)member[k - 1];
        t->set[place + v / 32] |= 1U << (v % 32);
    }
    t->set_words += t->set_width / 32;
    return place;
}

static enum hone_code pack_simple(struct hone_run *run, const struct hone_tree_source *s,
                                  struct layout *l, struct hone_arena *mem,
                                  struct hone_trees *t)
{
    HONE_TRY(hone_array(run, mem, &t->node, t->nodes));
    size_t tree = 0;
    for (size_t i = 0; i < t->nodes; i++) {
        const struct hone_tree_node *n = &s->node[l->source[i]];
        bool set = !is_leaf(n) && asks_set(n);
        tree += tree + 1 < t->trees && i == t->tree[tree + 1].root;
        if (set) {
            t->with_sets[tree] = 1;
        }
        t->node[i] = simple_node(n, l->child[i] - (uint32_t)i, set ? put_set(t, n) : 0);
        if (!is_leaf(n) && is_swapped(n)) {
            uint32_t c = l->child[i];
            uint32_t swap[2] = {l->source[c], l->child[c]};
            l->source[c] = l->source[c + 1];
            l->child[c] = l->child[c + 1];
            l->source[c + 1] = swap[0];
            l->child[c + 1] = swap[1];
        }
    }
    return HONE_OK;
}

static enum hone_code pack_plain(struct hone_run *run, const struct hone_tree_source *s,
                                 const struct layout *l, struct hone_arena *mem,
                                 struct hone_trees *t)
{
    HONE_TRY(hone_array(run, mem, &t->plain, t->nodes));
    for (size_t i = 0; i < t->nodes; i++) {
        const struct hone_tree_node *n = &s->node[l->source[i]];
        t->plain[i] = (struct plain){.value = n->value,
                                     .feature = n->feature,
                                     .child = l->child[i],
                                     .first = n->first,
                                     .n = n->n,
                                     .mode = (uint8_t)n->mode,
                                     .missing = n->missing};
    }
    return HONE_OK;
}

/* The weights of the leaves, at the places of their nodes. */
static enum hone_code pack_weights(struct hone_run *run, const struct hone_tree_source *s,
                                   const struct layout *l, struct hone_arena *mem,
                                   struct hone_trees *t)
{
    size_t n = 0;

    t->single = s->targets == 1 && s->aggregate <= HONE_TREES_SUM;
    for (size_t i = 0; i < t->nodes; i++) {
        const struct hone_tree_node *node = &s->node[l->source[i]];
        n += is_leaf(node) ? node->n : 0;
        t->single = t->single && (!is_leaf(node) || node->n == 1);
    }
    if (t->single) {
        HONE_TRY(hone_array(run, mem, &t->value, t->nodes));
        for (size_t i = 0; i < t->nodes; i++) {
            const struct hone_tree_node *node = &s->node[l->source[i]];
            t->value[i] = is_leaf(node) ? s->weight[node->first].weight : 0;
        }
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, mem, &t->first, t->nodes + 1));
    HONE_TRY(hone_array(run, mem, &t->weight, n));
    n = 0;
    for (size_t i = 0; i < t->nodes; i++) {
        const struct hone_tree_node *node = &s->node[l->source[i]];
        t->first[i] = (uint32_t)n;
        for (size_t k = 0; is_leaf(node) && k < node->n; k++) {
            t->weight[n++] = s->weight[node->first + k];
        }
    }
    t->first[t->nodes] = (uint32_t)n;
    return HONE_OK;
}

enum hone_code hone_trees_new(struct hone_run *run, const struct hone_tree_source *source,
                              bool wide, struct hone_arena *mem, struct hone_trees **out)
{
    HONE_CLOSING(hone_arena_free) struct hone_arena work = {0};
    struct hone_trees *t;
    struct layout l = {0};
    uint8_t *seen;
    bool simple = true;

    if (source->nodes >= UINT32_MAX / 2) {
        return hone_fail(run, HONE_E_LIMIT, "%zu tree nodes", source->nodes);
    }
    HONE_TRY(hone_array(run, mem, &t, 1));
    HONE_TRY(hone_array(run, mem, &t->tree, source->trees));
    HONE_TRY(hone_array(run, &work, &l.source, source->nodes + source->trees));
    HONE_TRY(hone_array(run, &work, &l.child, source->nodes + source->trees));
    HONE_TRY(hone_array(run, &work, &l.depth, source->nodes + source->trees));
    HONE_TRY(hone_array(run, &work, &seen, source->nodes));
    t->trees = source->trees;
    t->targets = source->targets;
    t->aggregate = source->aggregate;
    t->member = source->member;
    t->wide = wide;
    for (size_t i = 0; i < source->trees; i++) {
        HONE_TRY(lay_tree(run, source, t, i, &l, seen));
    }
    if (t->nodes != source->nodes) {
        return hone_fail(run, HONE_E_FORMAT, "%zu nodes are in no tree",
                         source->nodes - t->nodes);
    }
    for (size_t i = 0; i < t->nodes; i++) {
        simple = simple && is_simple(t, &source->node[l.source[i]],
                                     l.child[i] == 0 ? 0 : l.child[i] - (uint32_t)i);
    }
    if (simple) {
        HONE_TRY(make_sets(run, source, mem, t, &simple));
    }
    if (!simple || (t->set != NULL && wide)) {
        HONE_TRY(pack_plain(run, source, &l, mem, t));
    }
    if (simple) {
        HONE_TRY(pack_simple(run, source, &l, mem, t));
    }
    HONE_TRY(pack_weights(run, source, &l, mem, t));
    *out = t;
    return HONE_OK;
}

/* --- walking -------------------------------------------------------------------------------------------- */

/* One step, without a branch. */
static inline uint32_t step(const struct node *node, uint32_t i, const float *x)
{
    struct node n = node[i];
    float v = x[n.bits >> 1 & FEATURE_MAX];
    uint32_t slot = (uint32_t) !(v <= n.value) & ~((uint32_t)(v != v) & n.bits);
    return i + (n.bits >> 16) + slot;
}

/* The same where no row has a NaN. */
static inline uint32_t step_clean(const struct node *node, uint32_t i, const float *x)
{
    struct node n = node[i];
    return i + (n.bits >> 16) + (uint32_t) !(x[n.bits >> 1 & FEATURE_MAX] <= n.value);
}

/* The same for nodes of which some ask for sets: members take slot 0, and of the empty set there are none. */
static inline uint32_t step_set(const struct hone_trees *t, uint32_t i, const float *x)
{
    struct node n = t->node[i];
    float v = x[n.bits >> 1 & FEATURE_MAX], last = (float)t->set_width;
    float bounded = v >= 0 && v < last ? v : 0; /* below its width is a place in any set */
    uint32_t mark, at = (uint32_t)bounded;
    memcpy(&mark, &n.value, sizeof mark);
    uint32_t place = mark >= SET_MARK ? mark & SET_PLACE : 0;
    uint32_t in = t->set[place + at / 32] >> (at % 32) & (uint32_t)((float)at == v);
    uint32_t slot = (uint32_t) !(v <= n.value) & ~in & ~((uint32_t)(v != v) & n.bits);
    return i + (n.bits >> 16) + slot;
}

/* Rows, or trees, in flight. */
#define LANES 8
/* Steps between looks at whether all lanes have arrived. */
#define STRIDE 4

static inline bool arrived(const struct node *node, const uint32_t at[LANES])
{
    uint32_t open = 0;
    for (size_t k = 0; k < LANES; k++) {
        open |= node[at[k]].bits >> 16;
    }
    return open == 0;
}

/* What a step has to think of. */
enum care { CLEAN, MISSING, SETS };

/* LANES rows, or trees, from where they are to their leaves; lane k looks at x + k * cols.  care is a constant
 * wherever this is inlined. */
static inline __attribute__((always_inline)) void walk(const struct hone_trees *t,
                                                       enum care care, uint32_t depth,
                                                       const float *x, size_t cols,
                                                       uint32_t i[LANES])
{
    for (uint32_t d = 0; d < depth; d += STRIDE) {
        for (size_t s = 0; s < STRIDE; s++) {
#pragma GCC unroll 8
            for (size_t k = 0; k < LANES; k++) {
                const float *row = x + k * cols;
                i[k] = care == SETS      ? step_set(t, i[k], row)
                       : care == MISSING ? step(t->node, i[k], row)
                                         : step_clean(t->node, i[k], row);
            }
        }
        if (d + STRIDE < depth && arrived(t->node, i)) {
            break;
        }
    }
}

static bool has_sets(const struct hone_trees *t, size_t tree)
{
    return t->set != NULL && t->with_sets[tree] != 0;
}

/* LANES rows through one tree; x is the first row, clean says that none has a NaN. */
static void walk_rows(const struct hone_trees *t, size_t tree, bool clean, const float *x,
                      size_t cols, uint32_t at[LANES])
{
    uint32_t i[LANES], depth = t->tree[tree].depth;

    for (size_t k = 0; k < LANES; k++) {
        i[k] = t->tree[tree].root;
    }
    if (has_sets(t, tree)) {
        walk(t, SETS, depth, x, cols, i);
    } else if (clean) {
        walk(t, CLEAN, depth, x, cols, i);
    } else {
        walk(t, MISSING, depth, x, cols, i);
    }
    memcpy(at, i, sizeof i);
}

/* One row through LANES trees. */
static void walk_trees(const struct hone_trees *t, size_t first, const float *x,
                       uint32_t at[LANES])
{
    uint32_t i[LANES], depth = 0;
    bool sets = false;

    for (size_t k = 0; k < LANES; k++) {
        const struct tree *tree = &t->tree[first + k];
        i[k] = tree->root;
        depth = tree->depth > depth ? tree->depth : depth;
        sets = sets || has_sets(t, first + k);
    }
    if (sets) {
        walk(t, SETS, depth, x, 0, i);
    } else {
        walk(t, MISSING, depth, x, 0, i);
    }
    memcpy(at, i, sizeof i);
}

static uint32_t walk_one(const struct hone_trees *t, size_t tree, const float *x)
{
    uint32_t at = t->tree[tree].root;
    bool sets = has_sets(t, tree);
    while (t->node[at].bits >> 16 != 0) {
        at = sets ? step_set(t, at, x) : step(t->node, at, x);
    }
    return at;
}

static bool is_member(const struct hone_trees *t, const struct plain *n, double x)
{
    for (uint32_t k = 0; k < n->n; k++) {
        if (t->member[n->first + k] == x) {
            return true;
        }
    }
    return false;
}

static uint32_t walk_plain(const struct hone_trees *t, struct tree tree, const void *row)
{
    uint32_t at = tree.root;
    for (;;) {
        const struct plain *n = &t->plain[at];
        double x;
        bool yes;
        if (n->child == 0) {
            return at;
        }
        x = t->wide ? ((const double *)row)[n->feature]
                    : (double)((const float *)row)[n->feature];
        switch (n->mode) {
        case HONE_BRANCH_LEQ:
            yes = x <= n->value;
            break;
        case HONE_BRANCH_LT:
            yes = x < n->value;
            break;
        case HONE_BRANCH_GTE:
            yes = x >= n->value;
            break;
        case HONE_BRANCH_GT:
            yes = x > n->value;
            break;
        case HONE_BRANCH_EQ:
            yes = x == n->value;
            break;
        case HONE_BRANCH_NEQ:
            yes = x != n->value;
            break;
        default:
            yes = is_member(t, n, x);
        }
        at = n->child + !(yes || (n->missing && isnan(x)));
    }
}

/* --- scores ----------------------------------------------------------------------------------------------- */

/* What a leaf says, added to a row's scores. */
static void take(const struct hone_trees *t, uint32_t leaf, double *score, uint8_t *touched)
{
    for (uint32_t k = t->first[leaf]; k < t->first[leaf + 1]; k++) {
        double w = t->weight[k].weight;
        double *s = &score[t->weight[k].target];
        uint8_t *had = &touched[t->weight[k].target];
        switch (t->aggregate) {
        case HONE_TREES_MIN:
            *s = *had && *s <= w ? *s : w;
            break;
        case HONE_TREES_MAX:
            *s = *had && *s >= w ? *s : w;
            break;
        default:
            *s += w;
        }
        *had = 1;
    }
}

/* Where a row ends in a tree. */
static uint32_t leaf_of(const struct hone_trees *t, bool fast, size_t tree, const void *row)
{
    return fast ? walk_one(t, tree, row) : walk_plain(t, t->tree[tree], row);
}

static void add_leaf(const struct hone_trees *t, uint32_t leaf, size_t row, double *score,
                     uint8_t *touched)
{
    if (t->single) {
        score[row] += t->value[leaf];
    } else {
        take(t, leaf, score + row * t->targets, touched + row * t->targets);
    }
}

/* One row, several trees in flight; the leaves are added in the order of the trees. */
static void score_row(const struct hone_trees *t, bool fast, const void *row, double *score,
                      uint8_t *touched)
{
    size_t i = 0;
    for (; fast && i + LANES <= t->trees; i += LANES) {
        uint32_t at[LANES];
        walk_trees(t, i, row, at);
        for (size_t k = 0; k < LANES; k++) {
            add_leaf(t, at[k], 0, score, touched);
        }
    }
    for (; i < t->trees; i++) {
        add_leaf(t, leaf_of(t, fast, i, row), 0, score, touched);
    }
}

/* No NaN among n values: sums of comparisons, so that the compiler can take many at a time. */
static bool all_there(size_t n, const float *x)
{
    uint32_t missing = 0;
    for (size_t i = 0; i < n; i++) {
        missing |= (uint32_t)(x[i] != x[i]);
    }
    return missing == 0;
}

/* Many rows: tree by tree, which stays in the first-level cache, several rows in flight. */
static void score_rows(const struct hone_trees *t, size_t rows, size_t cols, const float *x,
                       double *score, uint8_t *touched)
{
    bool clean = all_there(rows * cols, x);
    for (size_t i = 0; i < t->trees; i++) {
        size_t r = 0;
        for (; r + LANES <= rows; r += LANES) {
            uint32_t at[LANES];
            walk_rows(t, i, clean, x + r * cols, cols, at);
            for (size_t k = 0; k < LANES; k++) {
                add_leaf(t, at[k], r + k, score, touched);
            }
        }
        for (; r < rows; r++) {
            add_leaf(t, walk_one(t, i, x + r * cols), r, score, touched);
        }
    }
}

/* The least floats that are not below; false where some are above. */
static bool round_up(size_t n, const double *from, float *to)
{
    bool same = true;
    for (size_t i = 0; i < n; i++) {
        float near = (float)from[i];
        to[i] = (double)near < from[i] ? nextafterf(near, INFINITY) : near;
        same = same && ((double)near == from[i] || isnan(from[i]));
    }
    return same;
}

/* Rows that are scored together, so that they stay in the second-level cache. */
#define GROUP ((size_t)256)

enum hone_code hone_trees_score(struct hone_run *run, const struct hone_trees *t, size_t rows,
                                size_t cols, const void *x, double *score, uint8_t *touched)
{
    HONE_SCRATCH(run);
    size_t n = rows * t->targets;
    size_t width = cols * (t->wide ? sizeof(double) : sizeof(float));

    if (cols < t->features) {
        return hone_fail(run, HONE_E_SHAPE, "%zu features, the trees look at %zu", cols,
                         t->features);
    }
    bool fast = t->node != NULL;
    if (t->wide && fast) {
        float *narrow;
        HONE_TRY(hone_matrix(run, &run->scratch, &narrow, rows, cols));
        /* Rounded up, what is no member may look like one. */
        fast = round_up(rows * cols, x, narrow) || t->set == NULL;
        if (fast) {
            x = narrow;
            width = cols * sizeof(float);
        }
    }
    if (touched == NULL && !t->single) {
        HONE_TRY(hone_array(run, &run->scratch, &touched, n));
    }
    memset(score, 0, n * sizeof *score);
    if (touched != NULL) {
        memset(touched, t->single, n);
    }
    for (size_t r = 0; r < rows; r += GROUP) {
        size_t here = rows - r < GROUP ? rows - r : GROUP;
        const char *from = (const char *)x + r * width;
        uint8_t *marks = touched == NULL ? NULL : touched + r * t->targets;
        if (fast && here >= LANES) {
            score_rows(t, here, cols, (const float *)(const void *)from, score + r * t->targets,
                       marks);
            continue;
        }
        for (size_t k = 0; k < here; k++) {
            score_row(t, fast, from + k * width, score + (r + k) * t->targets,
                      marks == NULL ? NULL : marks + k * t->targets);
        }
    }
    for (size_t i = 0; i < n && t->aggregate == HONE_TREES_AVERAGE; i++) {
        score[i] /= (double)t->trees;
    }
    return HONE_OK;
}
