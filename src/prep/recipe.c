#include "prep/recipe.h"

#include <math.h>

#include "base/hash.h"
#include "prep/prep_text_priv.h"

/* Categories up to this many levels are ordered by the target's mean; more are encoded out of fold. */
#define RANK_LEVELS 32
/* For several classes there is no one order: up to this many levels get a feature each. */
#define ONEHOT_LEVELS 16
/* The most levels that get a feature each when features must be numbers on one scale. */
#define SCALED_ONEHOT_LEVELS 64

/*
 * A linear model sees a number as one slope.  Where there are rows to tell, it gets a line that bends too, at the
 * cuts of a tree; so many rows that the features would not fit a few hundred megabytes get fewer bends or none.
 */
#define BENT_VALUES 20
#define BENT_ROWS   2000
#define BENT_MANY   10000
#define BENT_CLASSES                                                                           \
    10 /* a logistic model takes many rounds: more bends cost more than they gain */
#define BENT_NUMBERS 20
#define BENT_MOST    2e7 /* rows times features */

struct facts {
    size_t present, distinct;
    bool prose, /* mostly distinct texts of several words */
        whole; /* int64 whose values fill most of their range, (nearly) each once: a row number */
};

static int by_i64(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* Any value as 64 bits that are equal exactly when the values are. */
static int64_t bits_of(const struct hone_column *c, size_t row)
{
    if (c->type == HONE_FLOAT32 || c->type == HONE_FLOAT64) {
        double v = hone_column_f64(c, row) + 0.0; /* -0 is 0 */
        int64_t bits;
        memcpy(&bits, &v, sizeof bits);
        return bits;
    }
    if (c->type == HONE_UTF8) {
        struct hone_str text = hone_column_str(c, row);
        return (int64_t)hone_hash64(text.ptr, text.len, 0);
    }
    return hone_column_i64(c, row);
}

static enum hone_code find_facts(struct hone_run *run, const struct hone_column *c,
                                 const size_t *row, size_t rows, struct facts *out)
{
    HONE_SCRATCH(run);
    int64_t *bits;
    HONE_TRY(hone_array(run, &run->scratch, &bits, rows));
    struct facts f = {0};
    for (size_t i = 0; i < rows; i++) {
        if (hone_is_valid(c, row[i])) {
            bits[f.present++] = bits_of(c, row[i]);
        }
    }
    qsort(bits, f.present, sizeof *bits, by_i64);
    for (size_t i = 0; i < f.present; i++) {
        f.distinct += i == 0 || bits[i] != bits[i - 1];
    }
    f.prose = hone_type_is_text(c->type) && f.distinct > 50 && 2 * f.distinct > f.present &&
              hone_text_is_prose(c, row, rows);
    /* a few duplicated rows do not make a row number a feature */
    if (c->type == HONE_INT64 && f.distinct >= 100 && 20 * f.distinct >= 19 * f.present) {
        double range = (double)bits[f.present - 1] - (double)bits[0] + 1;
        f.whole = range <= 2 * (double)f.distinct;
    }
    *out = f;
    return HONE_OK;
}

static void choose_text(struct hone_recipe_column *c, const struct facts *f, size_t rows,
                        enum hone_task task, bool kept)
{
    bool many = task == HONE_TASK_MULTICLASS;
    if (f->prose) {
        c->transform = "text_stats";
        c->scaled = "tfidf";
        return;
    }
    if (f->distinct > 50 && 10 * f->distinct > 9 * f->present && !kept) {
        double absent = 1 - (double)f->present / (double)rows;
        if (absent >= 0.01 && absent <= 0.99) {
            c->transform = c->scaled = "present";
            c->why = "nearly every text differs: only whether it is there is used";
        } else {
            c->why = "nearly every text differs";
        }
        return;
    }
    c->scaled = f->distinct <= SCALED_ONEHOT_LEVELS ? "onehot" : "target";
    if (many) {
        c->transform = f->distinct <= ONEHOT_LEVELS ? "onehot" : "target";
    } else {
        c->transform = f->distinct <= RANK_LEVELS ? "rank" : "target";
    }
}

static void choose_column(struct hone_recipe_column *c, const struct facts *f, size_t rows,
                          enum hone_task task, bool kept)
{
    c->distinct = f->distinct;
    if (hone_input_dtype(c->type) == HONE_NONE) {
        c->why = "no transform takes this type";
    } else if (f->present == 0) {
        c->why = "all missing";
    } else if (f->distinct == 1 && f->present == rows) {
        c->why = "constant";
    } else if (f->whole && !kept) {
        c->why = "a row number";
    } else if (hone_type_is_text(c->type)) {
        choose_text(c, f, rows, task, kept);
    } else if (hone_type_is_time(c->type)) {
        c->transform = c->scaled = f->distinct > 1 ? "date_parts" : "present";
    } else {
        c->transform = c->scaled = "number";
    }
}

static enum hone_code check_names(struct hone_run *run, const struct hone_table *table,
                                  const struct hone_texts *list)
{
    const struct hone_column *c;
    for (size_t i = 0; i < list->n; i++) {
        HONE_TRY(hone_table_need(run, table, hone_str(list->item[i]), &c));
    }
    return HONE_OK;
}

/* What the requests for a column say, in words; sets how it is used when there are any. */
static void apply_requests(const struct hone_requests *requests, struct hone_recipe_column *c,
                           struct hone_arena *mem)
{
    struct hone_buf text = hone_buf(mem);
    bool drop = false;
    for (size_t i = 0; i < requests->n; i++) {
        const struct hone_request *r = &requests->item[i];
        if (r->n != 1 || strcmp(r->name[0], c->name) != 0) {
            continue;
        }
        drop = drop || r->drop;
        if (!r->drop) {
            hone_buf_format(&text, "%s%s", text.len == 0 ? "" : ", ", r->chain.text);
        }
    }
    if (text.len == 0 && !drop) {
        return;
    }
    c->asked = text.len > 0;
    c->fallback =
        c->transform != NULL && strcmp(c->transform, "present") != 0 ? c->transform : "target";
    c->fallback_scaled =
        c->scaled != NULL && strcmp(c->scaled, "present") != 0 ? c->scaled : "target";
    c->transform = c->scaled = c->asked ? text.ptr : NULL;
    c->why = c->asked ? NULL : "dropped on request";
}

/* Columns that only a joint request uses are inputs too. */
static bool in_joint(const struct hone_requests *requests, const char *name)
{
    for (size_t i = 0; i < requests->n; i++) {
        for (size_t k = 0; requests->item[i].n > 1 && k < requests->item[i].n; k++) {
            if (strcmp(requests->item[i].name[k], name) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* How many pieces the bent lines of so many columns may have; 0: none. */
static int bends_for(size_t rows, size_t columns, enum hone_task task)
{
    double size = (double)rows * (double)columns;
    bool few = rows < BENT_MANY || task != HONE_TASK_REGRESSION;
    int bends = rows < BENT_ROWS ? 0 : few ? BENT_CLASSES : BENT_NUMBERS;
    while (bends > 2 && bends * size > BENT_MOST) {
        bends /= 2;
    }
    return bends > 2 ? bends : 0;
}

static void bend(struct hone_run *run, size_t rows, enum hone_task task, struct hone_arena *mem,
                 struct hone_recipe *r)
{
    size_t columns = 0;
    for (int pass = 0; pass < 2; pass++) {
        int bends = pass == 0 ? 0 : bends_for(rows, columns, task);
        for (size_t j = 0; j < r->cols; j++) {
            struct hone_recipe_column *c = &r->column[j];
            bool number = c->scaled != NULL && !c->asked && strcmp(c->scaled, "number") == 0 &&
                          c->type != HONE_BOOL && c->distinct > BENT_VALUES;
            columns += pass == 0 && number;
            if (number && bends > 0) {
                const char *chain = hone_arena_format(
                    mem, "impute:indicator=1+bin:output=piecewise:strategy=tree:bins=%d",
                    bends);
                c->bent = hone_request_of(run, c->name, chain, mem);
            }
        }
    }
}

/* Requests overrule what was chosen; "*" means the columns that were. */
static enum hone_code read_requests(struct hone_run *run, const struct hone_table *table,
                                    const struct hone_recipe_names *names,
                                    struct hone_arena *mem, struct hone_recipe *r)
{
    struct hone_texts used = {0};
    HONE_TRY(hone_array(run, mem, &used.item, r->cols + 1));
    for (size_t j = 0; j < r->cols; j++) {
        if (r->column[j].transform != NULL) {
            used.item[used.n++] = r->column[j].name;
        }
    }
    HONE_TRY(hone_requests_read(run, table, names->target, &names->transform, &used, mem,
                                &r->requests));
    for (size_t j = 0; j < r->cols; j++) {
        apply_requests(&r->requests, &r->column[j], mem);
        r->used += r->column[j].transform != NULL;
    }
    return HONE_OK;
}

enum hone_code hone_recipe_choose(struct hone_run *run, const struct hone_table *table,
                                  const size_t *row, size_t rows, enum hone_task task,
                                  const struct hone_recipe_names *names, struct hone_arena *mem,
                                  struct hone_recipe **out)
{
    struct hone_recipe *r = hone_new(mem, struct hone_recipe);
    HONE_TRY(check_names(run, table, &names->drop));
    HONE_TRY(check_names(run, table, &names->keep));
    HONE_TRY(hone_array(run, mem, &r->column, table->cols));
    for (size_t j = 0; j < table->cols; j++) {
        const struct hone_column *column = &table->column[j];
        struct hone_recipe_column *c = &r->column[r->cols];
        if (strcmp(column->name, names->target) == 0) {
            continue;
        }
        *c = (struct hone_recipe_column){.name = column->name, .type = column->type};
        if (hone_texts_hold(&names->drop, column->name)) {
            c->why = "dropped on request";
        } else {
            struct facts f;
            HONE_TRY(find_facts(run, column, row, rows, &f));
            choose_column(c, &f, rows, task, hone_texts_hold(&names->keep, column->name));
        }
        r->cols++;
    }
    HONE_TRY(read_requests(run, table, names, mem, r));
    bend(run, rows, task, mem, r);
    if (r->used == 0) {
        (void)hone_fail(run, HONE_E_ARG, "no column is left to predict %s from", names->target);
        return hone_hint(run,
                         "all %zu other columns are constant, missing, row numbers or texts "
                         "that differ in every row; see hone profile",
                         r->cols);
    }
    *out = r;
    return HONE_OK;
}

static bool has_input(const struct hone_graph *g, const char *name)
{
    for (size_t i = 0; i < g->inputs; i++) {
        if (strcmp(g->input[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* The graph's inputs, in the order of the table's columns; a second recipe of one model shares them. */
static enum hone_code declare_inputs(struct hone_run *run, const struct hone_recipe *recipe,
                                     bool scaled, struct hone_model *model,
                                     struct hone_arena *mem, struct hone_signature *s)
{
    HONE_TRY(hone_array(run, mem, &s->input, recipe->cols));
    for (size_t j = 0; j < recipe->cols; j++) {
        const struct hone_recipe_column *c = &recipe->column[j];
        if ((scaled ? c->scaled : c->transform) == NULL &&
            !in_joint(&recipe->requests, c->name)) {
            continue;
        }
        if (!has_input(&model->graph, c->name)) {
            struct hone_value *v = hone_graph_input(
                &model->graph, c->name, hone_input_dtype(c->type), 2, (const int64_t[]){-1, 1});
            v->dim_name[0] = "N";
        }
        s->input[s->inputs++] =
            (struct hone_input){hone_arena_text(mem, c->name, strlen(c->name)), c->type};
    }
    return HONE_OK;
}

enum hone_code hone_recipe_apply(struct hone_run *run, const struct hone_model *model,
                                 const struct hone_fitted *fitted, const struct hone_span *rows,
                                 struct hone_arena *mem, float ***x)
{
    if (fitted->features.n == 0) {
        return hone_array(run, mem, x, 0);
    }
    return hone_value_columns(run, model, fitted->signature, fitted->value, fitted->features.n,
                              rows, mem, x);
}

enum hone_code hone_recipe_apply_sparse(struct hone_run *run, const struct hone_model *model,
                                        const struct hone_fitted *fitted,
                                        const struct hone_span *rows, struct hone_arena *mem,
                                        struct hone_sparse **sparse)
{
    struct hone_sparse *all;
    HONE_TRY(hone_array(run, mem, &all, fitted->features.blocks));
    for (size_t b = 0; b < fitted->features.blocks; b++) {
        HONE_TRY(hone_value_sparse(run, model, fitted->signature,
                                   fitted->features.block[b].value, rows, mem, &all[b]));
    }
    *sparse = all;
    return HONE_OK;
}

/* Impute, then scale: each fits on what training sees so far. */
static enum hone_code fit_maps(struct hone_run *run, const struct hone_span *rows,
                               const struct hone_target *target, struct hone_model *model,
                               struct hone_arena *mem, struct hone_matrix_view *view)
{
    static const char *const maps[] = {"impute", "standard"};
    for (size_t m = 0; m < sizeof maps / sizeof *maps; m++) {
        struct hone_step step = hone_step_default(maps[m], mem);
        HONE_TRY(hone_view_map(run, &step, rows->n, target, model, mem, view));
    }
    return HONE_OK;
}

static enum hone_code describe(struct hone_run *run, struct hone_arena *mem,
                               struct hone_fitted *f)
{
    HONE_TRY(hone_array(run, mem, &f->name, f->features.n));
    HONE_TRY(hone_array(run, mem, &f->category, f->features.n));
    HONE_TRY(hone_array(run, mem, &f->level, f->features.n));
    for (size_t j = 0; j < f->features.n; j++) {
        f->name[j] = f->features.item[j].name;
        f->category[j] = f->features.item[j].category;
        f->level[j] = f->features.item[j].level;
    }
    HONE_TRY(hone_array(run, mem, &f->sparse_value, f->features.blocks));
    for (size_t b = 0; b < f->features.blocks; b++) {
        f->sparse_value[b] = f->features.block[b].value;
    }
    return HONE_OK;
}

/*
 * These rows may give no feature where all training rows did: every category is rare, or no part of a date
 * varies.  Then it is whether the first of the columns is there, so that a model can be fitted at all.
 */
static enum hone_code encode_anything(struct hone_run *run, const struct hone_recipe *recipe,
                                      const struct hone_span *rows, bool scaled,
                                      struct hone_model *model, struct hone_features *out)
{
    for (size_t j = 0; j < recipe->cols && out->n == 0 && out->blocks == 0; j++) {
        const struct hone_recipe_column *c = &recipe->column[j];
        if ((scaled ? c->scaled : c->transform) != NULL) {
            struct hone_fit_column in = {.row = rows->row, .rows = rows->n, .value = c->name};
            HONE_TRY(hone_table_need(run, rows->table, hone_str(c->name), &in.column));
            HONE_TRY(hone_encode(run, "present", &in, &model->graph, out->mem, out));
        }
    }
    return HONE_OK;
}

/* The columns in their order, each by its requests or by the recipe's choice; then what combines columns. */
static enum hone_code encode_all(struct hone_run *run, const struct hone_recipe *recipe,
                                 const struct hone_span *rows, const struct hone_target *target,
                                 bool scaled, struct hone_model *model,
                                 struct hone_features *out)
{
    const struct hone_requests *requests = &recipe->requests;
    for (size_t j = 0; j < recipe->cols; j++) {
        const struct hone_recipe_column *c = &recipe->column[j];
        const char *transform = scaled ? c->scaled : c->transform;
        for (size_t i = 0; c->asked && i < requests->n; i++) {
            const struct hone_request *r = &requests->item[i];
            if (r->n == 1 && !r->drop && strcmp(r->name[0], c->name) == 0) {
                HONE_TRY(hone_chain_fit(run, r, scaled ? c->fallback_scaled : c->fallback, rows,
                                        target, model, out->mem, out));
            }
        }
        if (transform == NULL || c->asked) {
            continue;
        }
        struct hone_fit_column in = {
            .row = rows->row, .rows = rows->n, .target = target, .value = c->name};
        HONE_TRY(hone_table_need(run, rows->table, hone_str(c->name), &in.column));
        HONE_TRY(hone_encode(run, transform, &in, &model->graph, out->mem, out));
        if (scaled && c->bent != NULL) {
            HONE_TRY(
                hone_chain_fit(run, c->bent, "target", rows, target, model, out->mem, out));
        }
        if (strcmp(transform, "tfidf") == 0) {
            HONE_TRY(hone_encode(run, "text_stats", &in, &model->graph, out->mem, out));
        }
        HONE_TRY(hone_check_cancel(run));
    }
    for (size_t i = 0; i < requests->n; i++) {
        if (requests->item[i].n > 1) {
            HONE_TRY(hone_chain_fit(run, &requests->item[i], "target", rows, target, model,
                                    out->mem, out));
        }
    }
    return HONE_OK;
}

enum hone_code hone_recipe_fit(struct hone_run *run, const struct hone_recipe *recipe,
                               const struct hone_span *rows, const struct hone_target *target,
                               bool scaled, struct hone_model *model, struct hone_arena *mem,
                               struct hone_fitted *out)
{
    struct hone_fitted f = {.signature = hone_new(mem, struct hone_signature)};
    struct hone_features features = {.mem = mem};
    struct hone_matrix_view view = {0};
    HONE_TRY(declare_inputs(run, recipe, scaled, model, mem, f.signature));
    HONE_TRY(encode_all(run, recipe, rows, target, scaled, model, &features));
    HONE_TRY(encode_anything(run, recipe, rows, scaled, model, &features));
    view.features = features;
    if (features.n > 0) {
        HONE_TRY(hone_view_of(run, model, f.signature, &features, rows, mem, &view));
    }
    if (features.n > 0 && scaled) {
        HONE_TRY(fit_maps(run, rows, target, model, mem, &view));
    }
    f.value = view.value;
    f.features = view.features;
    f.features.block = features.block;
    f.features.blocks = features.blocks;
    f.x = view.x;
    HONE_TRY(describe(run, mem, &f));
    HONE_TRY(hone_recipe_apply_sparse(run, model, &f, rows, mem, &f.sparse));
    *out = f;
    return HONE_OK;
}
