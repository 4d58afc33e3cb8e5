/* Boosting: round after round, one tree per score, until the validation loss stops falling. */
#include <math.h>
#include <stdlib.h>

#include "base/pool.h"
#include "base/progress.h"
#include "learn/gbt_priv.h"

/* Validation rows whose round the other parts choose. */
struct part {
    struct hone_gbt_block rows;
    double weight, sum; /* of the loss, at the round at hand */
    double best;        /* least mean loss of the others */
    size_t round;       /* where that was */
};

struct boost {
    const struct hone_gbt_settings *set;
    const struct hone_gbt_loss *loss;
    const struct hone_design *d, *valid;
    size_t scores;
    struct hone_gbt_bins bins;
    struct hone_gbt_matrix matrix, valid_matrix;
    struct hone_gbt_grower *grower;
    struct hone_gbt_block train, held; /* held: the validation rows */
    double *score, *valid_score;       /* (scores)(rows) */
    double *best_score;                /* valid_score at the best round */
    double *partial;                   /* two numbers per block of rows */
    double *pairs;                     /* (rows)(residual, weight) when leaves take medians */
    struct hone_gbt_pair *pair;        /* (scores)(rows) */
    struct hone_gbt_node *node;        /* room for the tree at hand */
    struct hone_gbt_tree *tree;
    size_t trees, rooms;
    double *curve;
    double best_loss;
    size_t rounds, best_round;
    struct part part[HONE_DESIGN_PARTS]; /* one part: it chooses for itself */
    size_t parts;
    size_t last_best; /* the last round that anything liked best */
};

static void fill(double *score, const struct hone_gbt_model *model, size_t rows)
{
    for (size_t k = 0; k < model->scores; k++) {
        for (size_t i = 0; i < rows; i++) {
            score[k * rows + i] = (double)model->base[k];
        }
    }
}

static enum hone_code make_base(struct hone_run *run, struct boost *b,
                                struct hone_gbt_model *model)
{
    double *base;

    HONE_TRY(hone_array(run, &run->scratch, &base, b->scores));
    HONE_TRY(hone_array(run, &run->scratch, &model->base, b->scores));
    HONE_TRY(b->loss->base(run, b->d, base));
    for (size_t k = 0; k < b->scores; k++) {
        model->base[k] = (float)base[k];
    }
    return HONE_OK;
}

static struct hone_gbt_block block_of(const struct boost *b, const struct hone_design *d,
                                      const double *score)
{
    return (struct hone_gbt_block){.end = d->rows,
                                   .rows = d->rows,
                                   .scores = b->scores,
                                   .y = d->y,
                                   .weight = d->weight,
                                   .score = score};
}

static void part_rows(struct boost *b)
{
    const struct hone_design *v = b->valid;

    HONE_ASSERT(v->parts <= HONE_DESIGN_PARTS);
    b->parts = v->parts < 2 ? 1 : v->parts;
    for (size_t k = 0; k < b->parts; k++) {
        struct hone_gbt_block rows = b->held;
        rows.begin = k == 0 ? 0 : v->part_end[k - 1];
        rows.end = b->parts == 1 ? v->rows : v->part_end[k];
        b->part[k] = (struct part){
            .rows = rows, .weight = hone_gbt_loss_weight(&rows), .best = HUGE_VAL};
    }
}

/* Everything whose size is known before the first tree. */
static enum hone_code prepare(struct hone_run *run, struct boost *b,
                              struct hone_gbt_model *model)
{
    struct hone_arena *tmp = &run->scratch;
    size_t rows = b->d->rows, held = b->valid == NULL ? 0 : b->valid->rows;
    size_t most = rows > held ? rows : held;

    HONE_TRY(hone_gbt_bin_fit(run, b->d, b->set->max_bins, tmp, &b->bins));
    HONE_TRY(hone_gbt_bin_apply(run, &b->bins, b->d, true, tmp, &b->matrix));
    HONE_TRY(hone_gbt_grower_new(run, b->set, &b->bins, &b->matrix, tmp, &b->grower));
    HONE_TRY(hone_matrix(run, tmp, &b->score, b->scores, rows));
    HONE_TRY(hone_matrix(run, tmp, &b->pair, b->scores, rows));
    HONE_TRY(hone_array(run, tmp, &b->partial, 2 * (most / HONE_GBT_BLOCK + 1)));
    HONE_TRY(hone_array(run, tmp, &b->node, 2 * b->set->max_leaves));
    if (b->loss->median) {
        HONE_TRY(hone_matrix(run, tmp, &b->pairs, rows, (size_t)2));
    }
    fill(b->score, model, rows);
    b->train = block_of(b, b->d, b->score);
    if (b->valid != NULL) {
        HONE_TRY(hone_gbt_bin_apply(run, &b->bins, b->valid, false, tmp, &b->valid_matrix));
        HONE_TRY(hone_matrix(run, tmp, &b->valid_score, b->scores, held));
        HONE_TRY(hone_matrix(run, tmp, &b->best_score, b->scores, held));
        fill(b->valid_score, model, held);
        b->held = block_of(b, b->valid, b->valid_score);
        part_rows(b);
    }
    return HONE_OK;
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* The weighted median of the residuals of a leaf's rows. */
static double leaf_median(const struct boost *b, const struct hone_gbt_leaf_rows *leaf)
{
    double total = 0, held = 0;
    size_t i = 0;

    for (size_t k = 0; k < leaf->n; k++) {
        size_t r = leaf->row[k];
        b->pairs[2 * k] = b->d->y[r] - b->score[r];
        b->pairs[2 * k + 1] = b->d->weight == NULL ? 1.0 : b->d->weight[r];
        total += b->pairs[2 * k + 1];
    }
    qsort(b->pairs, leaf->n, 2 * sizeof *b->pairs, by_value);
    for (; i + 1 < leaf->n && held + b->pairs[2 * i + 1] < total / 2; i++) {
        held += b->pairs[2 * i + 1];
    }
    return b->pairs[2 * i];
}

struct spread {
    const struct hone_gbt_grower *g;
    const struct hone_gbt_node *node;
    double *score;
};

static void spread_leaf(void *ctx, size_t chunk, size_t worker)
{
    const struct spread *s = ctx;
    struct hone_gbt_leaf_rows leaf = hone_gbt_leaf(s->g, chunk);
    double value = (double)s->node[leaf.node].value;
    (void)worker;

    for (size_t i = 0; i < leaf.n; i++) {
        s->score[leaf.row[i]] += value;
    }
}

/* Keep the tree, and let it move the scores. */
static enum hone_code keep(struct hone_run *run, struct boost *b,
                           const struct hone_gbt_tree *grown)
{
    struct hone_arena *tmp = &run->scratch;
    struct spread s = {b->grower, grown->node, b->score + grown->score * b->d->rows};

    for (size_t i = 0; b->loss->median && i < hone_gbt_leaves(b->grower); i++) {
        struct hone_gbt_leaf_rows leaf = hone_gbt_leaf(b->grower, i);
        b->node[leaf.node].value = (float)(b->set->learning_rate * leaf_median(b, &leaf));
    }
    if (b->set->row_sample < 1) {
        hone_gbt_add(run, grown, &b->bins, &b->matrix, s.score);
    } else {
        hone_parallel(run, hone_gbt_leaves(b->grower), spread_leaf, &s);
    }
    if (b->valid != NULL) {
        hone_gbt_add(run, grown, &b->bins, &b->valid_matrix,
                     b->valid_score + grown->score * b->valid->rows);
    }
    if (b->trees == b->rooms) {
        size_t more = b->rooms < 64 ? 64 : 2 * b->rooms;
        struct hone_gbt_tree *tree =
            hone_arena_grow(tmp, b->tree, sizeof *tree, b->rooms, more);
        if (tree == NULL) {
            return hone_no_room(run, "trees", more);
        }
        b->tree = tree;
        b->rooms = more;
    }
    struct hone_gbt_tree *kept = &b->tree[b->trees];
    *kept = *grown;
    HONE_TRY(hone_array(run, tmp, &kept->node, grown->n));
    memcpy(kept->node, grown->node, grown->n * sizeof *grown->node);
    b->trees++;
    return HONE_OK;
}

/* One round; *grew says whether any tree split. */
static enum hone_code round_of(struct hone_run *run, struct boost *b, bool *grew)
{
    struct hone_gbt_units units;

    *grew = false;
    hone_gbt_gradients(run, b->loss, &b->train, b->partial, &units, b->pair);
    for (size_t k = 0; k < b->scores; k++) {
        struct hone_gbt_tree tree = {.node = b->node, .score = k};
        hone_gbt_grow(run, b->grower, b->pair + k * b->d->rows, &units,
                      b->rounds * b->scores + k, &tree);
        if (tree.n > 1) {
            HONE_TRY(keep(run, b, &tree));
            *grew = true;
        }
    }
    return HONE_OK;
}

/* The scores of the part, as they are after this round, are those that will be told. */
static void keep_scores(struct boost *b, const struct part *p)
{
    for (size_t k = 0; k < b->scores; k++) {
        size_t at = k * b->valid->rows + p->rows.begin;
        memcpy(b->best_score + at, b->valid_score + at,
               (p->rows.end - p->rows.begin) * sizeof(double));
    }
}

/* Mean loss of all validation rows; parts for which the others like this round best keep its scores. */
static double compare_parts(struct hone_run *run, struct boost *b)
{
    double sum = 0, weight = 0;

    for (size_t k = 0; k < b->parts; k++) {
        struct part *p = &b->part[k];
        p->sum = hone_gbt_loss_sum(run, b->loss, &p->rows, b->partial);
        sum += p->sum;
        weight += p->weight;
    }
    for (size_t k = 0; k < b->parts; k++) {
        struct part *p = &b->part[k];
        double others = b->parts == 1 ? weight : weight - p->weight;
        double loss = others > 0 ? (b->parts == 1 ? sum : sum - p->sum) / others : 0;
        if (loss < p->best || b->valid->only_scored) {
            p->best = loss;
            p->round = b->rounds;
            b->last_best = b->rounds;
            keep_scores(b, p);
        }
    }
    return weight > 0 ? sum / weight : 0;
}

/* The validation loss after this round; true when boosting should go on. */
static enum hone_code judge(struct hone_run *run, struct boost *b, bool *go_on)
{
    double loss = compare_parts(run, b);

    if (!isfinite(loss)) {
        return hone_fail(run, HONE_E_NUMERIC, "gbt: the validation loss is %g in round %zu",
                         loss, b->rounds);
    }
    if (b->rounds > 0) {
        b->curve[b->rounds - 1] = loss;
    }
    if (loss < b->best_loss || b->valid->only_scored) {
        b->best_loss = loss;
        b->best_round = b->rounds;
        b->last_best = b->rounds;
    }
    *go_on = b->rounds - b->last_best < b->set->patience;
    return HONE_OK;
}

static enum hone_code rounds(struct hone_run *run, struct boost *b, size_t *trees_at_best)
{
    bool grew = true, go_on = true;

    if (b->valid != NULL) { /* before the first tree */
        HONE_TRY(judge(run, b, &go_on));
    }
    hone_progress_begin(run, "boost", "rounds", b->set->rounds);
    while (b->rounds < b->set->rounds && go_on) {
        HONE_TRY(hone_check_cancel(run));
        HONE_TRY(round_of(run, b, &grew));
        /* With all rows and columns in every tree the next round would find nothing either. */
        bool drawn =
            b->set->row_sample < 1 || b->set->column_sample < 1 || b->set->node_sample < 1;
        if (!grew && (!drawn || b->trees == 0)) {
            break;
        }
        b->rounds++;
        if (b->valid != NULL) {
            HONE_TRY(judge(run, b, &go_on));
        } else {
            b->best_round = b->rounds;
        }
        if (b->best_round == b->rounds) {
            *trees_at_best = b->trees;
        }
        hone_progress_at(run, b->rounds);
    }
    hone_progress_end(run);
    return HONE_OK;
}

/* The gain of all splits on each column, as shares. */
static enum hone_code importance_of(struct hone_run *run, const struct hone_gbt_model *model,
                                    size_t cols, struct hone_arena *mem, const double **out)
{
    double *gain, sum = 0;

    HONE_TRY(hone_array(run, mem, &gain, cols));
    for (size_t t = 0; t < model->trees; t++) {
        for (size_t i = 0; i < model->tree[t].n; i++) {
            const struct hone_gbt_node *node = &model->tree[t].node[i];
            if (node->feature >= 0) {
                gain[node->feature] += node->gain;
                sum += node->gain;
            }
        }
    }
    for (size_t j = 0; j < cols && sum > 0; j++) {
        gain[j] /= sum;
    }
    *out = sum > 0 ? gain : NULL;
    return HONE_OK;
}

static enum hone_code tell(struct hone_run *run, struct boost *b, struct hone_arena *mem,
                           const struct hone_gbt_model *model, struct hone_fit_report *report)
{
    size_t held = b->valid == NULL ? 0 : b->valid->rows;
    double *curve, *score;
    struct hone_fit_report told = {.rounds = b->best_round, .converged = true};

    told.train_loss = hone_gbt_loss_mean(run, b->loss, &b->train, b->partial);
    told.valid_loss = (double)NAN;
    HONE_TRY(importance_of(run, model, b->d->cols, mem, &told.importance));
    if (b->valid != NULL) {
        told.valid_loss = b->best_loss;
        HONE_TRY(hone_array(run, mem, &curve, b->rounds));
        HONE_TRY(hone_matrix(run, mem, &score, held, b->scores));
        memcpy(curve, b->curve, b->rounds * sizeof *curve);
        for (size_t i = 0; i < held; i++) {
            for (size_t k = 0; k < b->scores; k++) {
                double s = b->best_score[k * held + i];
                score[i * b->scores + k] = b->loss->log_link ? exp(s) : s;
            }
        }
        told.converged = b->rounds < b->set->rounds;
        told.curve_n = b->rounds;
        told.curve = curve;
        told.valid_score = score;
    }
    *report = told;
    return HONE_OK;
}

enum hone_code hone_gbt_boost(struct hone_run *run, const struct hone_gbt_settings *set,
                              const struct hone_design *d, const struct hone_design *valid,
                              struct hone_arena *mem, struct hone_gbt_model *model,
                              struct hone_fit_report *report)
{
    struct boost b = {.set = set, .loss = hone_gbt_loss_find(d->task, set->loss), .d = d};
    size_t trees = 0;

    if (b.loss == NULL) {
        return hone_fail(run, HONE_E_ARG, "gbt: the loss '%s' is for regression", set->loss);
    }
    b.valid = valid != NULL && valid->rows > 0 ? valid : NULL;
    b.scores = d->task == HONE_TASK_MULTICLASS ? d->classes : 1;
    model->scores = b.scores;
    model->loss = b.loss;
    HONE_TRY(make_base(run, &b, model));
    HONE_TRY(prepare(run, &b, model));
    HONE_TRY(hone_array(run, &run->scratch, &b.curve, set->rounds));
    b.best_loss = HUGE_VAL;
    HONE_TRY(rounds(run, &b, &trees));
    model->rounds = b.best_round;
    model->trees = trees;
    model->tree = b.tree;
    model->column = b.bins.column;
    return tell(run, &b, mem, model, report);
}
