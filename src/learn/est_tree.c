/* One tree that people can read, pruned to the size that unseen rows like best. */
#include <math.h>

#include "base/rng.h"
#include "learn/cart_priv.h"

/* Without validation rows, folds decide the size; tables of so many rows have one part held out instead. */
#define FOLDS     5
#define FOLD_ROWS 100000

struct settings {
    int64_t max_leaves;
    int64_t max_depth;
    int64_t min_data;
    double smoothing;
    int64_t max_bins;
    bool prune;
};

/* clang-format off */
static const struct hone_param params[] = {
    HONE_INT(struct settings, max_leaves, 16, 1, 4096, .log_scale = true, .help = "most leaves"),
    HONE_INT(struct settings, max_depth, 5, 0, 30, .help = "most splits above a leaf"),
    HONE_INT(struct settings, min_data, 0, 0, 1e9, .log_scale = true,
             .help = "fewest rows of a leaf; 0: a hundredth of all, within 5 to 1000"),
    HONE_REAL(struct settings, smoothing, 1, 0, 1e6, .hidden = true,
              .help = "rows of the overall shares mixed into those of a leaf"),
    HONE_INT(struct settings, max_bins, 255, 2, 255, .hidden = true,
             .help = "most codes of a column, missing apart"),
    HONE_FLAG(struct settings, prune, true,
              .help = "give up splits that do not pay on unseen rows"),
    HONE_PARAM_END,
};
/* clang-format on */

static struct hone_cart_settings resolve(const struct settings *s, size_t rows)
{
    size_t least = rows / 100 < 5 ? 5 : rows / 100 > 1000 ? 1000 : rows / 100;
    return (struct hone_cart_settings){.max_depth = (size_t)s->max_depth,
                                       .min_data =
                                           s->min_data > 0 ? (size_t)s->min_data : least,
                                       .max_bins = (size_t)s->max_bins};
}

/* Sum of the loss over the rows of a design, and their weight. */
static void add_loss(const struct hone_cart *t, double price, double smoothing,
                     const struct hone_design *d, double *score, double *loss, double *weight)
{
    for (size_t i = 0; i < d->rows; i++) {
        double w = d->weight == NULL ? 1 : d->weight[i];
        hone_cart_score(t, smoothing, hone_cart_leaf(t, price, d, i), score);
        double one;
        if (d->task == HONE_TASK_REGRESSION) {
            one = (d->y[i] - score[0]) * (d->y[i] - score[0]) / 2;
        } else if (d->task == HONE_TASK_BINARY) {
            double s = d->y[i] > 0 ? -score[0] : score[0];
            one = fmax(s, 0) + log1p(exp(-fabs(s)));
        } else {
            double sum = 0;
            for (size_t k = 0; k < d->classes; k++) {
                sum += exp(score[k]);
            }
            one = log(sum) - score[(size_t)d->y[i]];
        }
        *loss += w * one;
        *weight += w;
    }
}

/* Rows of d whose fold is, or is not, the given one; whatever the number of folds the draw is the row's own. */
static enum hone_code fold_of(struct hone_run *run, const struct hone_design *d, size_t fold,
                              bool inside, struct hone_arena *mem, struct hone_design *out)
{
    struct hone_rng rng = hone_rng(run->seed, hone_rng_name("tree folds"));
    double *keep;

    struct hone_design part = *d;
    HONE_TRY(hone_array(run, mem, &keep, d->rows));
    for (size_t i = 0; i < d->rows; i++) {
        bool in = hone_rng_at(&rng, i) % FOLDS == fold;
        keep[i] = in == inside ? (d->weight == NULL ? 1 : d->weight[i]) : 0;
    }
    part.weight = keep;
    return hone_gbt_present(run, &part, mem, out);
}

struct choice {
    const struct hone_cart_settings *set;
    size_t max_leaves;
    double smoothing;
    double *price, *loss, *weight; /* (n) */
    size_t n;
};

/* Judge every price on rows that the tree has not seen. */
static void judge(const struct choice *c, const struct hone_cart *t,
                  const struct hone_design *unseen, double *score)
{
    for (size_t k = 0; k < c->n; k++) {
        /* Between this price and the next: the same tree here, the tree of a like price in a fold. */
        double price =
            k + 1 < c->n ? sqrt(c->price[k] * c->price[k + 1]) : c->price[k] * (1 + 1e-9);
        add_loss(t, price, c->smoothing, unseen, score, &c->loss[k], &c->weight[k]);
    }
}

/* The price with the least loss among trees that are small enough; of equals the dearest, whose tree is smallest. */
static double best_price(const struct choice *c, const struct hone_cart *t)
{
    double best = c->price[c->n - 1], least = HUGE_VAL;

    for (size_t k = c->n; k-- > 0;) {
        double loss = c->weight[k] > 0 ? c->loss[k] / c->weight[k] : 0;
        if (hone_cart_leaves(t, c->price[k]) <= c->max_leaves && loss < least) {
            least = loss;
            best = c->price[k];
        }
    }
    return best;
}

static enum hone_code judge_folds(struct hone_run *run, const struct choice *c,
                                  const struct hone_design *d, double *score)
{
    size_t folds = d->rows < FOLD_ROWS ? FOLDS : 1;

    for (size_t f = 0; f < folds; f++) {
        HONE_ARENA(work);
        struct hone_design seen, unseen;
        struct hone_cart t;
        HONE_TRY(fold_of(run, d, f, false, &work, &seen));
        HONE_TRY(fold_of(run, d, f, true, &work, &unseen));
        if (seen.rows == 0 || unseen.rows == 0) {
            continue;
        }
        HONE_TRY(hone_cart_grow(run, c->set, &seen, &work, &t));
        /* A price is for all rows; a fold's tree has a share of their weight. */
        struct choice here = *c;
        HONE_TRY(hone_array(run, &work, &here.price, c->n));
        for (size_t k = 0; k < c->n; k++) {
            here.price[k] = c->price[k] * (double)seen.rows / (double)d->rows;
        }
        judge(&here, &t, &unseen, score);
    }
    return HONE_OK;
}

/* Rows begin to end of a design. */
static enum hone_code rows_of(struct hone_run *run, const struct hone_design *d, size_t begin,
                              size_t end, struct hone_arena *mem, struct hone_design *out)
{
    const float **x;
    HONE_TRY(hone_array(run, mem, &x, d->cols));
    for (size_t j = 0; j < d->cols; j++) {
        x[j] = d->x[j] + begin;
    }
    *out = *d;
    out->rows = end - begin;
    out->x = x;
    out->y = d->y + begin;
    out->weight = d->weight == NULL ? NULL : d->weight + begin;
    return HONE_OK;
}

/* All of valid judges for c, and for each part the others choose its price: (parts). */
static enum hone_code judge_parts(struct hone_run *run, const struct choice *c,
                                  const struct hone_cart *t, const struct hone_design *valid,
                                  double *score, double *price)
{
    HONE_ARENA(work);
    struct choice own[HONE_DESIGN_PARTS];
    HONE_ASSERT(valid->parts <= HONE_DESIGN_PARTS);
    for (size_t k = 0; k < valid->parts; k++) {
        struct hone_design part;
        own[k] = *c;
        HONE_TRY(hone_array(run, &work, &own[k].loss, c->n));
        HONE_TRY(hone_array(run, &work, &own[k].weight, c->n));
        HONE_TRY(rows_of(run, valid, k == 0 ? 0 : valid->part_end[k - 1], valid->part_end[k],
                         &work, &part));
        judge(&own[k], t, &part, score);
        for (size_t i = 0; i < c->n; i++) {
            c->loss[i] += own[k].loss[i];
            c->weight[i] += own[k].weight[i];
        }
    }
    for (size_t k = 0; k < valid->parts; k++) {
        for (size_t i = 0; i < c->n; i++) {
            own[k].loss[i] = c->loss[i] - own[k].loss[i];
            own[k].weight[i] = c->weight[i] - own[k].weight[i];
        }
        price[k] = best_price(&own[k], t);
    }
    return HONE_OK;
}

/* parts (of valid's parts): what their rows are told by; untouched where valid has none. */
static enum hone_code choose(struct hone_run *run, const struct settings *s,
                             const struct hone_cart_settings *set, const struct hone_cart *t,
                             const struct hone_design *d, const struct hone_design *valid,
                             double *price, double *parts)
{
    bool several = valid != NULL && valid->parts > 1;
    struct choice c = {set, (size_t)s->max_leaves, s->smoothing, NULL, NULL, NULL, 0};
    double *score;

    HONE_ARENA(work);
    HONE_TRY(hone_array(run, &work, &c.price, t->n + 1));
    HONE_TRY(hone_array(run, &work, &c.loss, t->n + 1));
    HONE_TRY(hone_array(run, &work, &c.weight, t->n + 1));
    HONE_TRY(hone_array(run, &work, &score, t->stats));
    c.n = hone_cart_prices(t, c.price);
    if (s->prune && c.n > 1 && several) {
        HONE_TRY(judge_parts(run, &c, t, valid, score, parts));
    } else if (s->prune && c.n > 1 && valid != NULL) {
        judge(&c, t, valid, score);
    } else if (s->prune && c.n > 1) {
        HONE_TRY(judge_folds(run, &c, d, score));
    } else { /* the largest that is small enough */
        for (size_t k = 0; k < c.n; k++) {
            c.loss[k] = (double)k;
            c.weight[k] = 1;
        }
    }
    *price = best_price(&c, t);
    for (size_t k = 0; several && !(s->prune && c.n > 1) && k < valid->parts; k++) {
        parts[k] = *price; /* nothing was chosen by rows */
    }
    return HONE_OK;
}

/* The tree at its price as a tree of the boosted kind: nodes in order, leaves with all their scores. */
static enum hone_code emit(struct hone_run *run, const struct hone_cart *t, double price,
                           double smoothing, struct hone_graph *graph, const char *features,
                           const char **score)
{
    struct hone_gbt_model model = {.loss = hone_gbt_loss_find(t->d->task, NULL),
                                   .scores = t->stats == 2 ? 1 : t->stats,
                                   .rounds = 1,
                                   .trees = 1,
                                   .column = t->bins.column};
    struct hone_gbt_tree tree = {0};
    uint32_t *place;
    double *value;
    float *values;

    HONE_ARENA(work);
    HONE_TRY(hone_array(run, &work, &tree.node, t->n));
    HONE_TRY(hone_array(run, &work, &place, t->n));
    HONE_TRY(hone_array(run, &work, &value, t->stats));
    HONE_TRY(hone_matrix(run, &work, &values, t->n, model.scores));
    HONE_TRY(hone_array(run, &work, &model.base, model.scores));
    place[0] = 0;
    tree.n = 1;
    for (size_t i = 0; i < t->n; i++) {
        if (i > 0 && place[i] == 0) { /* under a leaf */
            continue;
        }
        struct hone_gbt_node *to = &tree.node[place[i]];
        *to = t->node[i];
        if (hone_cart_is_leaf(t, price, i)) {
            *to = (struct hone_gbt_node){.feature = -1};
            hone_cart_score(t, smoothing, i, value);
            for (size_t k = 0; k < model.scores; k++) {
                values[place[i] * model.scores + k] = (float)value[k];
            }
        } else {
            to->left = place[t->node[i].left] = (uint32_t)tree.n++;
            to->right = place[t->node[i].right] = (uint32_t)tree.n++;
        }
    }
    tree.values = values;
    model.tree = &tree;
    if (tree.n == 1) { /* no split pays: trees that add nothing to a base */
        memcpy(model.base, values, model.scores * sizeof *values);
        model.trees = 0;
    }
    return hone_gbt_emit(run, &model, graph, features, score);
}

static enum hone_code tell(struct hone_run *run, const struct hone_cart *t, double price,
                           const double *parts, double smoothing,
                           const struct hone_design *valid, struct hone_arena *mem,
                           struct hone_fit_report *report)
{
    size_t scores = t->stats == 2 ? 1 : t->stats;
    struct hone_fit_report told = {
        .rounds = hone_cart_leaves(t, price), .converged = true, .valid_loss = (double)NAN};
    double *score, *importance, *by_row, loss = 0, weight = 0, gain = 0;

    HONE_SCRATCH(run);
    HONE_TRY(hone_array(run, &run->scratch, &score, t->stats));
    HONE_TRY(hone_array(run, mem, &importance, t->d->cols));
    add_loss(t, price, smoothing, t->d, score, &loss, &weight);
    told.train_loss = weight > 0 ? loss / weight : 0;
    for (size_t i = 0; i < t->n; i++) {
        if (t->node[i].feature >= 0 && t->price[i] > price) {
            importance[t->node[i].feature] += t->node[i].gain;
            gain += t->node[i].gain;
        }
    }
    for (size_t j = 0; j < t->d->cols && gain > 0; j++) {
        importance[j] /= gain;
    }
    told.importance = gain > 0 ? importance : NULL;
    if (valid != NULL) {
        loss = weight = 0;
        add_loss(t, price, smoothing, valid, score, &loss, &weight);
        told.valid_loss = weight > 0 ? loss / weight : 0;
        HONE_TRY(hone_matrix(run, mem, &by_row, valid->rows, scores));
        for (size_t i = 0, k = 0; i < valid->rows; i++) {
            while (k < valid->parts && i >= valid->part_end[k]) {
                k++;
            }
            double at = valid->parts > 1 ? parts[k] : price;
            hone_cart_score(t, smoothing, hone_cart_leaf(t, at, valid, i), score);
            memcpy(by_row + i * scores, score, scores * sizeof *score);
        }
        told.valid_score = by_row;
    }
    HONE_TRY(hone_cart_text(run, t, price, mem, &told.rules));
    *report = told;
    return HONE_OK;
}

static enum hone_code fit(struct hone_run *run, const void *settings,
                          const struct hone_design *design, const struct hone_design *valid,
                          struct hone_graph *graph, const char *features,
                          struct hone_arena *mem, const char **score,
                          struct hone_fit_report *report)
{
    const struct settings *s = settings;
    struct hone_design d;
    struct hone_cart tree;
    double price, parts[HONE_DESIGN_PARTS];

    HONE_ARENA(work);
    HONE_TRY(hone_gbt_present(run, design, &work, &d));
    if (d.rows == 0 || d.cols == 0) {
        return hone_fail(run, HONE_E_ARG, "tree: %zu rows and %zu columns to train on", d.rows,
                         d.cols);
    }
    if (d.rows > UINT32_MAX / 2) {
        return hone_fail(run, HONE_E_LIMIT, "tree: %zu rows, at most %u", d.rows,
                         UINT32_MAX / 2);
    }
    const struct hone_cart_settings set = resolve(s, d.rows);
    const struct hone_design *unseen = valid != NULL && valid->rows > 0 ? valid : NULL;
    HONE_TRY(hone_cart_grow(run, &set, &d, &work, &tree));
    HONE_TRY(choose(run, s, &set, &tree, &d,
                    unseen != NULL && unseen->only_scored ? NULL : unseen, &price, parts));
    HONE_TRY(tell(run, &tree, price, parts, s->smoothing, unseen, mem, report));
    return graph == NULL ? HONE_OK
                         : emit(run, &tree, price, s->smoothing, graph, features, score);
}

const struct hone_estimator hone_estimator_tree = {
    .part.name = "tree",
    .part.summary = "one small decision tree, as rules that people can read",
    .part.source =
        "Breiman, Friedman, Olshen, Stone, Classification and Regression Trees, 1984",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .tasks = HONE_TASK_REGRESSION | HONE_TASK_CLASSIFICATION,
    .takes_missing = true,
    .wants_scaling = false,
    .alone = true,
    .fit = fit,
};
