/* ai.onnx.ml: TreeEnsembleClassifier, TreeEnsembleRegressor, TreeEnsemble. */
#include "graph/op_head_priv.h"
#include "graph/trees_priv.h"

struct state {
    struct hone_trees *trees;
    size_t targets;
    enum hone_post post;
    double *base;              /* one for each target, 0 where none is given */
    size_t bases;              /* as given: 0, 1 or targets */
    struct hone_labels labels; /* classifier */
    bool one_column;           /* two classes, weights for one of them */
    bool all_positive;
    enum hone_dtype out;
};

/* --- numbers that are floats or, in other attributes, doubles ------------------------------------------- */

struct numbers {
    const float *f;
    const double *d;
    size_t n;
};

static enum hone_code numbers_of(struct hone_run *run, const struct hone_node *node,
                                 const char *floats, const char *tensor, struct numbers *out)
{
    const struct hone_tensor *t = hone_op_tensor(node, tensor);

    *out = (struct numbers){0};
    if (t == NULL) {
        out->f = floats == NULL ? NULL : hone_op_floats(node, floats, &out->n);
        return HONE_OK;
    }
    out->n = hone_tensor_count(t);
    if (t->type == HONE_F64) {
        out->d = t->data;
    } else if (t->type == HONE_F32) {
        out->f = t->data;
    } else {
        return hone_fail(run, HONE_E_UNSUPPORTED, "%s of %s", tensor, hone_dtype_name(t->type));
    }
    return HONE_OK;
}

static double number(const struct numbers *x, size_t i)
{
    return x->d != NULL ? x->d[i] : (double)x->f[i];
}

/* --- nodes by (tree, node) ---------------------------------------------------------------------------------- */

struct id {
    int64_t tree, node;
};

struct parse {
    struct hone_run *run;
    const struct hone_node *onnx;
    struct hone_arena *mem, *work;
    struct id *id; /* of the nodes */
    struct hone_map place;
    struct hone_tree_node *node;
    size_t n;
    struct hone_tree_source source;
    uint32_t *root;
    struct hone_leaf_weight *weight;
};

static struct hone_str key_of(const struct id *id)
{
    return (struct hone_str){(const char *)id, sizeof *id};
}

static enum hone_code list(const struct parse *p, const char *name, size_t want,
                           const int64_t **out)
{
    size_t n;
    *out = hone_op_ints(p->onnx, name, &n);
    if (n != want) {
        return hone_fail(p->run, HONE_E_FORMAT, "%zu %s for %zu nodes", n, name, want);
    }
    return HONE_OK;
}

static enum hone_code branch_of(const struct parse *p, struct hone_str word,
                                enum hone_branch *out)
{
    static const char *const words[] = {"BRANCH_LEQ", "BRANCH_LT",  "BRANCH_GTE", "BRANCH_GT",
                                        "BRANCH_EQ",  "BRANCH_NEQ", "",           "LEAF"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (hone_str_is(word, words[i]) && word.len != 0) {
            *out = (enum hone_branch)i;
            return HONE_OK;
        }
    }
    return hone_fail(p->run, HONE_E_FORMAT, "a node of mode '%.*s'",
                     (int)(word.len < 40 ? word.len : 40), word.len == 0 ? "" : word.ptr);
}

static enum hone_code child_of(const struct parse *p, int64_t tree, int64_t node, uint32_t *out)
{
    struct id id = {tree, node};
    *out = hone_map_get(&p->place, key_of(&id));
    if (*out == UINT32_MAX) {
        return hone_fail(p->run, HONE_E_FORMAT, "tree %lld has no node %lld", (long long)tree,
                         (long long)node);
    }
    return HONE_OK;
}

/* The roots: nodes that are nobody's child, in the order of their trees; one for each tree. */
static enum hone_code find_roots(struct parse *p)
{
    bool *child;
    size_t trees = 0;

    HONE_TRY(hone_array(p->run, p->work, &child, p->n));
    HONE_TRY(hone_array(p->run, p->work, &p->root, p->n));
    for (size_t i = 0; i < p->n; i++) {
        if (p->node[i].mode != HONE_BRANCH_LEAF) {
            child[p->node[i].yes] = true;
            child[p->node[i].no] = true;
        }
    }
    for (size_t i = 0; i < p->n; i++) {
        if (child[i]) {
            continue;
        }
        if (trees != 0 && p->id[p->root[trees - 1]].tree == p->id[i].tree) {
            return hone_fail(p->run, HONE_E_FORMAT, "tree %lld has more than one root",
                             (long long)p->id[i].tree);
        }
        p->root[trees++] = (uint32_t)i;
    }
    p->source.trees = trees;
    p->source.root = p->root;
    return HONE_OK;
}

static enum hone_code take_nodes(struct parse *p)
{
    const int64_t *tree, *feature, *yes, *no, *node, *missing;
    const struct hone_str *mode;
    struct numbers value;
    size_t modes, tracks;

    hone_op_ints(p->onnx, "nodes_nodeids", &p->n);
    HONE_TRY(list(p, "nodes_nodeids", p->n, &node));
    HONE_TRY(list(p, "nodes_treeids", p->n, &tree));
    HONE_TRY(list(p, "nodes_featureids", p->n, &feature));
    HONE_TRY(list(p, "nodes_truenodeids", p->n, &yes));
    HONE_TRY(list(p, "nodes_falsenodeids", p->n, &no));
    HONE_TRY(numbers_of(p->run, p->onnx, "nodes_values", "nodes_values_as_tensor", &value));
    mode = hone_op_texts(p->onnx, "nodes_modes", &modes);
    missing = hone_op_ints(p->onnx, "nodes_missing_value_tracks_true", &tracks);
    if (p->n == 0 || modes != p->n || value.n != p->n || (tracks != 0 && tracks != p->n) ||
        p->n >= UINT32_MAX / 4) {
        return hone_fail(p->run, HONE_E_FORMAT, "%zu nodes with %zu modes and %zu values", p->n,
                         modes, value.n);
    }
    HONE_TRY(hone_array(p->run, p->work, &p->id, p->n));
    HONE_TRY(hone_array(p->run, p->work, &p->node, p->n));
    p->place.mem = p->work;
    for (size_t i = 0; i < p->n; i++) {
        uint32_t at;
        p->id[i] = (struct id){tree[i], node[i]};
        at = hone_map_add(&p->place, key_of(&p->id[i]), (uint32_t)i);
        if (at == UINT32_MAX) {
            return hone_no_room(p->run, "tree nodes", p->n);
        }
        if (at != (uint32_t)i) {
            return hone_fail(p->run, HONE_E_FORMAT, "node %lld of tree %lld is there twice",
                             (long long)node[i], (long long)tree[i]);
        }
    }
    for (size_t i = 0; i < p->n; i++) {
        struct hone_tree_node *n = &p->node[i];
        HONE_TRY(branch_of(p, mode[i], &n->mode));
        if (n->mode == HONE_BRANCH_LEAF) {
            continue;
        }
        if (feature[i] < 0 || feature[i] >= INT32_MAX) {
            return hone_fail(p->run, HONE_E_FORMAT, "feature %lld", (long long)feature[i]);
        }
        n->feature = (uint32_t)feature[i];
        n->value = number(&value, i);
        n->missing = tracks != 0 && missing[i] != 0;
        HONE_TRY(child_of(p, tree[i], yes[i], &n->yes));
        HONE_TRY(child_of(p, tree[i], no[i], &n->no));
    }
    return find_roots(p);
}

/* Names of the attributes with the leaves' weights. */
struct names {
    const char *tree, *node, *target, *weight, *weight_tensor;
};

/* Weights in the order they are given, brought together node by node. */
static enum hone_code take_weights(struct parse *p, const struct names *names, size_t targets)
{
    const int64_t *tree, *node, *target;
    struct numbers weight;
    uint32_t *at;
    size_t n, sum = 0;

    HONE_TRY(numbers_of(p->run, p->onnx, names->weight, names->weight_tensor, &weight));
    n = weight.n;
    HONE_TRY(list(p, names->tree, n, &tree));
    HONE_TRY(list(p, names->node, n, &node));
    HONE_TRY(list(p, names->target, n, &target));
    HONE_TRY(hone_array(p->run, p->work, &at, n));
    HONE_TRY(hone_array(p->run, p->work, &p->weight, n));
    for (size_t i = 0; i < n; i++) {
        if (target[i] < 0 || (size_t)target[i] >= targets) {
            return hone_fail(p->run, HONE_E_FORMAT, "a weight for target %lld of %zu",
                             (long long)target[i], targets);
        }
        HONE_TRY(child_of(p, tree[i], node[i], &at[i]));
        p->node[at[i]].n++;
    }
    for (size_t i = 0; i < p->n; i++) {
        p->node[i].first = (uint32_t)sum;
        sum += p->node[i].n;
        p->node[i].n = 0;
    }
    for (size_t i = 0; i < n; i++) {
        struct hone_tree_node *to = &p->node[at[i]];
        p->weight[to->first + to->n++] =
            (struct hone_leaf_weight){(uint32_t)target[i], number(&weight, i)};
    }
    p->source.weight = p->weight;
    return HONE_OK;
}

static enum hone_code take_base(struct parse *p, struct state *s)
{
    struct numbers base;

    HONE_TRY(numbers_of(p->run, p->onnx, "base_values", "base_values_as_tensor", &base));
    if (base.n > 1 && base.n != s->targets) {
        return hone_fail(p->run, HONE_E_FORMAT, "%zu base values for %zu targets", base.n,
                         s->targets);
    }
    s->bases = base.n;
    HONE_TRY(hone_array(p->run, p->mem, &s->base, s->targets));
    for (size_t i = 0; i < base.n; i++) {
        s->base[i] = number(&base, i);
    }
    return HONE_OK;
}

static enum hone_code aggregate_of(struct parse *p)
{
    static const char *const words[] = {"AVERAGE", "SUM", "MIN", "MAX", NULL};
    int word = 0;
    HONE_TRY(hone_op_word(p->run, p->onnx, "aggregate_function", "SUM", words, &word));
    p->source.aggregate = (enum hone_aggregate)word;
    return HONE_OK;
}

static enum hone_code pack(struct parse *p, const struct hone_site *site, struct state *s)
{
    p->source.node = p->node;
    p->source.nodes = p->n;
    p->source.targets = s->targets;
    return hone_trees_new(p->run, &p->source, site->in[0].type == HONE_F64, p->mem, &s->trees);
}

static enum hone_code prepare_regressor(struct hone_run *run, const struct hone_site *site,
                                        struct hone_arena *mem, void *state)
{
    static const struct names names = {"target_treeids", "target_nodeids", "target_ids",
                                       "target_weights", "target_weights_as_tensor"};
    HONE_CLOSING(hone_arena_free) struct hone_arena work = {0};
    struct parse p = {.run = run, .onnx = site->node, .mem = mem, .work = &work};
    struct state *s = state;
    int64_t targets = hone_op_int(site->node, "n_targets", 1);

    if (targets < 1 || targets > INT32_MAX) {
        return hone_fail(run, HONE_E_FORMAT, "%lld targets", (long long)targets);
    }
    s->targets = (size_t)targets;
    s->out = HONE_F32;
    HONE_TRY(take_nodes(&p));
    HONE_TRY(take_weights(&p, &names, s->targets));
    HONE_TRY(take_base(&p, s));
    HONE_TRY(aggregate_of(&p));
    HONE_TRY(hone_post_of(run, site->node, &s->post));
    return pack(&p, site, s);
}

static enum hone_code prepare_classifier(struct hone_run *run, const struct hone_site *site,
                                         struct hone_arena *mem, void *state)
{
    static const struct names names = {"class_treeids", "class_nodeids", "class_ids",
                                       "class_weights", "class_weights_as_tensor"};
    HONE_CLOSING(hone_arena_free) struct hone_arena work = {0};
    struct parse p = {.run = run, .onnx = site->node, .mem = mem, .work = &work};
    struct state *s = state;
    size_t n = 0;

    HONE_TRY(hone_labels_of(run, site->node, "classlabels_int64s", &s->labels));
    s->targets = s->labels.n;
    s->out = HONE_F32;
    HONE_TRY(take_nodes(&p));
    HONE_TRY(take_weights(&p, &names, s->targets));
    HONE_TRY(take_base(&p, s));
    HONE_TRY(hone_post_of(run, site->node, &s->post));
    s->one_column = s->targets == 2;
    s->all_positive = true;
    for (size_t i = 0; i < p.n; i++) {
        n += p.node[i].n;
    }
    for (size_t i = 0; i < n; i++) {
        s->one_column = s->one_column && p.weight[i].target == p.weight[0].target;
        s->all_positive = s->all_positive && p.weight[i].weight >= 0;
    }
    p.source.aggregate = HONE_TREES_SUM;
    if (s->one_column) { /* whichever class it is for, the one score is that of a column of its own */
        for (size_t i = 0; i < n; i++) {
            p.weight[i].target = 0;
        }
        s->targets = 1;
        HONE_TRY(pack(&p, site, s));
        s->targets = 2;
        return HONE_OK;
    }
    return pack(&p, site, s);
}

/* --- TreeEnsemble-5 ------------------------------------------------------------------------------------------- */

/* Members of the sets, in the order of the nodes that ask for one: sets end with NaN. */
static enum hone_code take_members(struct parse *p, size_t interior)
{
    struct numbers given;
    double *member;
    size_t at = 0;

    HONE_TRY(numbers_of(p->run, p->onnx, NULL, "membership_values", &given));
    HONE_TRY(hone_array(p->run, p->mem, &member, given.n));
    for (size_t i = 0; i < interior; i++) {
        struct hone_tree_node *n = &p->node[i];
        if (n->mode != HONE_BRANCH_MEMBER) {
            continue;
        }
        n->first = (uint32_t)at;
        for (; at < given.n && number(&given, at) == number(&given, at); at++) {
            member[at] = number(&given, at);
        }
        if (at == given.n) {
            return hone_fail(p->run, HONE_E_FORMAT, "fewer sets of members than nodes ask for");
        }
        n->n = (uint32_t)at - n->first;
        at++;
    }
    p->source.member = member;
    return HONE_OK;
}

/* A child: an interior node, or a copy of its own of a leaf. */
static enum hone_code take_child(struct parse *p, size_t interior, size_t leaves, int64_t place,
                                 bool is_leaf, uint32_t *out)
{
    if (place < 0 || (size_t)place >= (is_leaf ? leaves : interior)) {
        return hone_fail(p->run, HONE_E_FORMAT, "a child %lld that is not there",
                         (long long)place);
    }
    if (!is_leaf) {
        *out = (uint32_t)place;
        return HONE_OK;
    }
    p->node[p->n] =
        (struct hone_tree_node){.mode = HONE_BRANCH_LEAF, .first = (uint32_t)place, .n = 1};
    *out = (uint32_t)p->n++;
    return HONE_OK;
}

static enum hone_code take_interior(struct parse *p, size_t n, size_t leaves)
{
    const int64_t *feature, *yes, *no, *yes_leaf, *no_leaf, *missing;
    const struct hone_tensor *mode = hone_op_tensor(p->onnx, "nodes_modes");
    struct numbers value;
    size_t tracks;

    HONE_TRY(list(p, "nodes_featureids", n, &feature));
    HONE_TRY(list(p, "nodes_truenodeids", n, &yes));
    HONE_TRY(list(p, "nodes_falsenodeids", n, &no));
    HONE_TRY(list(p, "nodes_trueleafs", n, &yes_leaf));
    HONE_TRY(list(p, "nodes_falseleafs", n, &no_leaf));
    HONE_TRY(numbers_of(p->run, p->onnx, NULL, "nodes_splits", &value));
    missing = hone_op_ints(p->onnx, "nodes_missing_value_tracks_true", &tracks);
    if (mode == NULL || mode->type != HONE_U8 || hone_tensor_count(mode) != n || value.n != n ||
        (tracks != 0 && tracks != n) || n >= UINT32_MAX / 8) {
        return hone_fail(p->run, HONE_E_FORMAT, "%zu nodes with %zu splits and other modes", n,
                         value.n);
    }
    p->n = n;
    HONE_TRY(hone_array(p->run, p->work, &p->node, n * 3));
    for (size_t i = 0; i < n; i++) {
        struct hone_tree_node *to = &p->node[i];
        uint8_t m = ((const uint8_t *)mode->data)[i];
        if (m > HONE_BRANCH_MEMBER || feature[i] < 0 || feature[i] >= INT32_MAX) {
            return hone_fail(p->run, HONE_E_FORMAT, "node %zu: mode %u, feature %lld", i, m,
                             (long long)feature[i]);
        }
        to->mode = (enum hone_branch)m;
        to->feature = (uint32_t)feature[i];
        to->value = number(&value, i);
        to->missing = tracks != 0 && missing[i] != 0;
        HONE_TRY(take_child(p, n, leaves, yes[i], yes_leaf[i] != 0, &to->yes));
        HONE_TRY(take_child(p, n, leaves, no[i], no_leaf[i] != 0, &to->no));
    }
    return take_members(p, n);
}

static enum hone_code take_tree_roots(struct parse *p, size_t interior)
{
    const int64_t *root = hone_op_ints(p->onnx, "tree_roots", &p->source.trees);

    HONE_TRY(hone_array(p->run, p->work, &p->root, p->source.trees));
    for (size_t i = 0; i < p->source.trees; i++) {
        if (root[i] < 0 || (size_t)root[i] >= interior) {
            return hone_fail(p->run, HONE_E_FORMAT, "a root %lld that is not there",
                             (long long)root[i]);
        }
        p->root[i] = (uint32_t)root[i];
    }
    p->source.root = p->root;
    return HONE_OK;
}

static enum hone_code prepare_ensemble(struct hone_run *run, const struct hone_site *site,
                                       struct hone_arena *mem, void *state)
{
    HONE_CLOSING(hone_arena_free) struct hone_arena work = {0};
    struct parse p = {.run = run, .onnx = site->node, .mem = mem, .work = &work};
    struct state *s = state;
    struct numbers weight;
    const int64_t *target;
    size_t n, leaves;
    int64_t post = hone_op_int(site->node, "post_transform", 0);
    int64_t aggregate = hone_op_int(site->node, "aggregate_function", 1);
    int64_t targets = hone_op_int(site->node, "n_targets", 1);

    hone_op_ints(site->node, "nodes_featureids", &n);
    target = hone_op_ints(site->node, "leaf_targetids", &leaves);
    HONE_TRY(numbers_of(run, site->node, NULL, "leaf_weights", &weight));
    if (post < 0 || post > 4 || aggregate < 0 || aggregate > 3 || targets < 1 ||
        targets > INT32_MAX || weight.n != leaves || n == 0) {
        return hone_fail(run, HONE_E_FORMAT, "%zu leaf weights for %zu leaves, %lld targets",
                         weight.n, leaves, (long long)targets);
    }
    s->targets = (size_t)targets;
    /* The text of the standard has 1 and 2 the other way round; models are made for onnxruntime. */
    s->post = (enum hone_post)post;
    s->out = site->in[0].type;
    HONE_TRY(hone_array(run, mem, &s->base, s->targets));
    HONE_TRY(take_interior(&p, n, leaves));
    HONE_TRY(hone_array(run, &work, &p.weight, leaves));
    for (size_t i = 0; i < leaves; i++) {
        if (target[i] < 0 || target[i] >= targets) {
            return hone_fail(run, HONE_E_FORMAT, "a leaf for target %lld",
                             (long long)target[i]);
        }
        p.weight[i] = (struct hone_leaf_weight){(uint32_t)target[i], number(&weight, i)};
    }
    p.source.weight = p.weight;
    p.source.aggregate = (enum hone_aggregate)aggregate;
    HONE_TRY(take_tree_roots(&p, n));
    return pack(&p, site, s);
}

/* --- shapes ------------------------------------------------------------------------------------------------------ */

static enum hone_code infer_scores(struct hone_run *run, const struct hone_site *site)
{
    const struct state *s = site->state;
    const struct hone_shape *in = &site->in[0];
    int64_t cols = in->ranked && in->rank > 0 ? in->dim[in->rank - 1] : -1;

    HONE_TRY(hone_infer_scores(run, site, site->outputs == 2 ? &s->labels : NULL, s->targets));
    site->out[site->outputs - 1].type = s->out;
    if (cols >= 0 && (size_t)cols < hone_trees_features(s->trees)) {
        return hone_fail(run, HONE_E_SHAPE, "%lld features, the trees look at %zu",
                         (long long)cols, hone_trees_features(s->trees));
    }
    return HONE_OK;
}

/* --- kernels ------------------------------------------------------------------------------------------------------ */

/* A call's rows, scored; the arrays are in the run's scratch. */
struct scored {
    size_t rows, width;
    double *score;    /* (rows, width) */
    uint8_t *touched; /* (rows, width) */
};

static enum hone_code score(struct hone_run *run, const struct hone_call *call, size_t width,
                            bool marks, struct scored *out)
{
    const struct state *s = call->state;
    const struct hone_tensor *in = call->in[0];
    const void *x = in->data;
    const float *copy = NULL;
    size_t cols = in->rank == 0 ? 1 : in->dim[in->rank - 1];

    out->rows = in->rank < 2 ? 1 : in->dim[0];
    out->width = width;
    out->touched = NULL;
    if (in->type != HONE_F64) {
        HONE_TRY(hone_rows_f32(run, in, &out->rows, &cols, &copy));
        x = copy;
    }
    HONE_TRY(hone_array(run, &run->scratch, &out->score, out->rows * width));
    if (marks) {
        HONE_TRY(hone_array(run, &run->scratch, &out->touched, out->rows * width));
    }
    return out->rows == 0
               ? HONE_OK
               : hone_trees_score(run, s->trees, out->rows, cols, x, out->score, out->touched);
}

static enum hone_code regress(struct hone_run *run, const struct hone_call *call)
{
    HONE_SCRATCH(run);
    const struct state *s = call->state;
    struct scored all = {0};
    float *row;

    HONE_TRY(hone_array(run, &run->scratch, &row, s->targets));
    HONE_TRY(score(run, call, s->targets, false, &all));
    for (size_t i = 0; i < all.rows; i++) {
        for (size_t k = 0; k < s->targets; k++) {
            double value =
                all.score[i * s->targets + k] + (s->bases == s->targets ? s->base[k] : 0);
            row[k] = (float)value;
            if (s->out == HONE_F64) {
                ((double *)call->out[0]->data)[i * s->targets + k] = value;
            }
        }
        if (s->out == HONE_F32) {
            hone_post_apply(s->post, s->targets, row);
            memcpy((float *)call->out[0]->data + i * s->targets, row, s->targets * sizeof *row);
        }
    }
    return HONE_OK;
}

/* Two classes and weights for one: the score says yes above a half when it cannot be negative, else above 0. */
static void classify_one_column(const struct state *s, double value, float *out, size_t *label)
{
    value += s->bases == 2 ? s->base[1] : s->base[0];
    *label = value > (s->all_positive ? 0.5 : 0.0);
    if (s->bases == 2) {
        out[0] = (float)-value;
        out[1] = (float)value;
        hone_post_apply(s->post, 2, out);
    } else {
        hone_post_pair(s->post, s->all_positive, (float)value, out);
    }
}

/* Two classes, weights for both: onnxruntime says yes when that score is above 0. */
static size_t two_columns_label(const float *out, const uint8_t *touched)
{
    return (touched[1] != 0 ? out[1] : out[0]) > 0;
}

/* The class of the highest score among those that a leaf or a base value spoke for; of equals the first. */
static void classify_columns(const struct state *s, const double *value, const uint8_t *touched,
                             float *out, size_t *label)
{
    size_t best = SIZE_MAX;
    double top = 0;

    for (size_t k = 0; k < s->targets; k++) {
        double here = value[k] + (s->bases != 0 ? s->base[k] : 0);
        out[k] = (float)here;
        if ((touched[k] != 0 || s->bases == s->targets) && (best == SIZE_MAX || here > top)) {
            best = k;
            top = here;
        }
    }
    *label = s->targets == 2 ? two_columns_label(out, touched) : best == SIZE_MAX ? 0 : best;
    hone_post_apply(s->post, s->targets, out);
}

static enum hone_code classify(struct hone_run *run, const struct hone_call *call)
{
    HONE_SCRATCH(run);
    const struct state *s = call->state;
    struct scored all = {0};
    float *out = call->out[1]->data;

    HONE_TRY(score(run, call, s->one_column ? 1 : s->targets, !s->one_column, &all));
    for (size_t i = 0; i < all.rows; i++) {
        size_t label = 0;
        if (s->one_column) {
            classify_one_column(s, all.score[i], out + i * 2, &label);
        } else {
            classify_columns(s, all.score + i * s->targets, all.touched + i * s->targets,
                             out + i * s->targets, &label);
        }
        hone_labels_put(&s->labels, label, call->out[0], i);
    }
    return HONE_OK;
}

/* --- the operators --------------------------------------------------------------------------------------------------- */

#define NODES                                                                                  \
    "nodes_treeids:I nodes_nodeids:I nodes_featureids:I nodes_values:F "                       \
    "nodes_values_as_tensor:t nodes_hitrates:F nodes_hitrates_as_tensor:t nodes_modes:S "      \
    "nodes_truenodeids:I nodes_falsenodeids:I nodes_missing_value_tracks_true:I "              \
    "base_values:F base_values_as_tensor:t post_transform:s "

#define OP(variable, onnx, first, outputs, ...)                                                \
    const struct hone_op hone_op_ml_##variable = {                                             \
        HONE_OP_HEAD_ML(onnx, first, 1, outputs),                                              \
        .state_size = sizeof(struct state),                                                    \
        .infer = infer_scores,                                                                 \
        .rowwise = hone_rows_matrix,                                                           \
        __VA_ARGS__,                                                                           \
    }

OP(tree_ensemble_regressor, "TreeEnsembleRegressor", 1, 1,
   .attrs = NODES "target_treeids:I target_nodeids:I target_ids:I target_weights:F "
                  "target_weights_as_tensor:t n_targets:i aggregate_function:s",
   .prepare = prepare_regressor,
   .forward = {
       [HONE_F32] = regress, [HONE_F64] = regress, [HONE_I32] = regress, [HONE_I64] = regress});
OP(tree_ensemble_classifier, "TreeEnsembleClassifier", 1, 2,
   .attrs = NODES "class_treeids:I class_nodeids:I class_ids:I class_weights:F "
                  "class_weights_as_tensor:t classlabels_strings:S classlabels_int64s:I",
   .prepare = prepare_classifier,
   .forward = {[HONE_F32] = classify,
               [HONE_F64] = classify,
               [HONE_I32] = classify,
               [HONE_I64] = classify});
OP(tree_ensemble, "TreeEnsemble", 5, 1,
   .attrs = "aggregate_function:i leaf_targetids:I leaf_weights:t membership_values:t "
            "n_targets:i nodes_falseleafs:I nodes_falsenodeids:I nodes_featureids:I "
            "nodes_hitrates:t nodes_missing_value_tracks_true:I nodes_modes:t nodes_splits:t "
            "nodes_trueleafs:I nodes_truenodeids:I post_transform:i tree_roots:I",
   .prepare = prepare_ensemble, .forward = {[HONE_F32] = regress, [HONE_F64] = regress});
