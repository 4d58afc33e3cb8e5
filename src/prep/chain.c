#include "prep/chain.h"

#include <math.h>

#include "prep/emit.h"

/* [rows, cols] to columns, in mem. */
static enum hone_code columns_of(struct hone_run *run, const struct hone_tensor *t, size_t rows,
                                 size_t cols, struct hone_arena *mem, float ***x)
{
    float **columns;
    HONE_ASSERT(t->type == HONE_F32 && t->rank == 2 && t->dim[1] == cols);
    HONE_TRY(hone_array(run, mem, &columns, cols));
    for (size_t j = 0; j < cols; j++) {
        HONE_TRY(hone_array(run, mem, &columns[j], rows));
    }
    const float *wide = t->data;
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < cols; j++) {
            columns[j][i] = wide[i * cols + j];
        }
    }
    *x = columns;
    return HONE_OK;
}

enum hone_code hone_value_columns(struct hone_run *run, const struct hone_model *model,
                                  const struct hone_signature *s, const char *value,
                                  size_t cols, const struct hone_span *rows,
                                  struct hone_arena *mem, float ***x)
{
    HONE_ARENA(work);
    struct hone_plan *plan;
    struct hone_tensor *in;
    struct hone_tensor out;
    HONE_TRY(hone_plan_new(run, model, &value, 1, &work, &plan));
    HONE_TRY(hone_bind(run, s, plan, rows, true, &work, &in, NULL));
    HONE_TRY(hone_plan_run_rows(run, plan, rows->n, in, &work, &out));
    return columns_of(run, &out, rows->n, cols, mem, x);
}

/* The nodes that were appended last, alone, on a matrix: what they give for what training sees. */
static enum hone_code run_added(struct hone_run *run, const struct hone_graph *added,
                                size_t rows, const struct hone_matrix_view *from,
                                const struct hone_matrix_view *to, struct hone_arena *mem,
                                float ***x)
{
    HONE_ARENA(work);
    size_t wide = from->features.n;
    struct hone_value input = {.name = from->value,
                               .type = HONE_F32,
                               .has_shape = true,
                               .rank = 2,
                               .dim = {-1, (int64_t)wide}};
    struct hone_model part = *added->model;
    part.graph = *added;
    part.graph.input = &input;
    part.graph.inputs = 1;
    part.graph.model = &part;
    struct hone_plan *plan;
    struct hone_tensor in;
    struct hone_tensor out;
    HONE_TRY(hone_plan_new(run, &part, &to->value, 1, &work, &plan));
    HONE_TRY(hone_tensor_new(run, HONE_F32, 2, (size_t[]){rows, wide}, &work, &in));
    float *data = in.data;
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < wide; j++) {
            data[i * wide + j] = from->x[j][i];
        }
    }
    HONE_TRY(hone_plan_run_rows(run, plan, rows, &in, &work, &out));
    return columns_of(run, &out, rows, to->features.n, mem, x);
}

enum hone_code hone_view_map(struct hone_run *run, const struct hone_step *step, size_t rows,
                             const struct hone_target *target, struct hone_model *model,
                             struct hone_arena *mem, struct hone_matrix_view *view)
{
    const struct hone_fit_matrix in = {rows,
                                       view->features.n,
                                       (const float *const *)view->x,
                                       view->features.item,
                                       view->value,
                                       target};
    struct hone_matrix_view next = {.features.mem = mem};
    size_t nodes = model->graph.nodes;
    size_t inits = model->graph.inits;
    HONE_TRY(step->transform->map(run, step->settings, &in, &model->graph, mem, &next.value,
                                  &next.features));
    struct hone_graph added = {.name = "added",
                               .node = model->graph.node + nodes,
                               .nodes = model->graph.nodes - nodes,
                               .init = model->graph.init + inits,
                               .inits = model->graph.inits - inits,
                               .model = model};
    HONE_TRY(run_added(run, &added, rows, view, &next, mem, &next.x));
    *view = next;
    return hone_check_cancel(run);
}

/* One value out of many: the distinct values side by side, features renumbered. */
static const char *join(struct hone_run *run, struct hone_graph *graph, struct hone_features *f)
{
    HONE_SCRATCH(run);
    const char **values = hone_arena_must(&run->scratch, (f->n + 1) * sizeof *values);
    size_t n = 0;
    for (size_t j = 0; j < f->n; j++) {
        if (f->item[j].at == 0) {
            values[n++] = f->item[j].value;
        }
        f->item[j].at = j;
    }
    const char *all = hone_emit_beside(graph, "features", values);
    for (size_t j = 0; j < f->n; j++) {
        f->item[j].value = all;
    }
    return all;
}

enum hone_code hone_value_sparse(struct hone_run *run, const struct hone_model *model,
                                 const struct hone_signature *s, const char *value,
                                 const struct hone_span *rows, struct hone_arena *mem,
                                 struct hone_sparse *out)
{
    HONE_ARENA(work);
    struct hone_plan *plan;
    struct hone_tensor *in;
    HONE_TRY(hone_plan_new(run, model, &value, 1, &work, &plan));
    HONE_TRY(hone_bind(run, s, plan, rows, true, &work, &in, NULL));
    return hone_plan_run_sparse(run, plan, rows->n, in, mem, out);
}

enum hone_code hone_view_of(struct hone_run *run, struct hone_model *model,
                            const struct hone_signature *signature,
                            const struct hone_features *features, const struct hone_span *rows,
                            struct hone_arena *mem, struct hone_matrix_view *out)
{
    struct hone_matrix_view view = {.features = *features};
    view.value = join(run, &model->graph, &view.features);
    HONE_TRY(hone_value_columns(run, model, signature, view.value, view.features.n, rows, mem,
                                &view.x));
    for (size_t j = 0; j < view.features.n; j++) {
        if (view.features.item[j].train != NULL) {
            memcpy(view.x[j], view.features.item[j].train, rows->n * sizeof **view.x);
        }
    }
    *out = view;
    return HONE_OK;
}

/* --- one request --------------------------------------------------------------------------------- */

/* What a chain ends with where people did not say: text must become numbers. */
static enum hone_code encode_start(struct hone_run *run, const struct hone_chain *chain,
                                   const char *fallback, struct hone_fit_column *in,
                                   struct hone_model *model, struct hone_arena *mem,
                                   struct hone_features *out, size_t *done)
{
    size_t i = 0;
    for (; i < chain->n && hone_type_is_text(in->column->type); i++) {
        const struct hone_transform *t = chain->step[i].transform;
        if (t->recode == NULL) {
            break;
        }
        struct hone_fit_column next;
        HONE_TRY(t->recode(run, chain->step[i].settings, in, &model->graph, mem, &next));
        *in = next;
    }
    const struct hone_transform *t = i < chain->n ? chain->step[i].transform : NULL;
    if (t != NULL && t->encode != NULL && (t->accepts >> in->column->type & 1) != 0) {
        *done = i + 1;
        return t->encode(run, chain->step[i].settings, in, &model->graph, mem, out);
    }
    *done = i;
    const char *first = hone_type_is_text(in->column->type)   ? fallback
                        : hone_type_is_time(in->column->type) ? "date_parts"
                                                              : "number";
    return hone_encode(run, first, in, &model->graph, mem, out);
}

/* Features that a step changed but did not rename say what was done to them. */
static void say_step(const struct hone_step *step, const struct hone_features *before,
                     struct hone_arena *mem, struct hone_features *after)
{
    for (size_t j = 0; j < after->n && j < before->n; j++) {
        if (strcmp(after->item[j].name, before->item[j].name) == 0 && !step->transform->joint &&
            !step->transform->plain) {
            after->item[j].name = hone_arena_format(mem, "%s (%s)", after->item[j].name,
                                                    step->transform->part.name);
        }
    }
}

enum hone_code hone_chain_fit(struct hone_run *run, const struct hone_request *request,
                              const char *fallback, const struct hone_span *rows,
                              const struct hone_target *target, struct hone_model *model,
                              struct hone_arena *mem, struct hone_features *out)
{
    HONE_ARENA(work);
    struct hone_features features = {.mem = mem};
    struct hone_signature signature = {.inputs = request->n};
    size_t done = 0;
    HONE_TRY(hone_array(run, &work, &signature.input, request->n));
    for (size_t k = 0; k < request->n; k++) {
        struct hone_fit_column in = {
            .row = rows->row, .rows = rows->n, .target = target, .value = request->name[k]};
        HONE_TRY(hone_table_need(run, rows->table, hone_str(request->name[k]), &in.column));
        signature.input[k] = (struct hone_input){request->name[k], in.column->type};
        HONE_TRY(
            encode_start(run, &request->chain, fallback, &in, model, mem, &features, &done));
    }
    const struct hone_features blocks = features; /* steps are for the features beside them */
    if (done < request->chain.n && features.n > 0) {
        struct hone_matrix_view view;
        bool out_of_fold = false;
        for (size_t j = 0; j < features.n; j++) {
            out_of_fold = out_of_fold || features.item[j].train != NULL;
            features.item[j].flag = features.item[j].scaled =
                false; /* asked for is asked for */
        }
        HONE_TRY(hone_view_of(run, model, &signature, &features, rows, mem, &view));
        for (; done < request->chain.n; done++) {
            struct hone_features before = view.features;
            HONE_TRY(hone_view_map(run, &request->chain.step[done], rows->n, target, model, mem,
                                   &view));
            say_step(&request->chain.step[done], &before, mem, &view.features);
        }
        for (size_t j = 0; j < view.features.n; j++) {
            view.features.item[j].train = out_of_fold ? view.x[j] : NULL;
        }
        features = view.features;
    }
    for (size_t j = 0; j < features.n; j++) {
        hone_features_add(out, features.item[j]);
    }
    for (size_t b = 0; b < blocks.blocks; b++) {
        hone_features_add_block(out, blocks.block[b]);
    }
    return hone_check_cancel(run);
}
