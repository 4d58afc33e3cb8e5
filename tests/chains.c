#include "chains.h"

#include <math.h>
#include <string.h>

enum hone_code chains_fit(struct tables_room *room, const char *request,
                          const struct hone_table *t, const struct hone_target *target,
                          struct chains_fitted **out)
{
    struct hone_run *run = &room->run;
    struct hone_arena *mem = &room->mem;
    struct chains_fitted *f = hone_new(mem, struct chains_fitted);
    const struct hone_texts texts = {&request, 1};
    const struct hone_span rows = {t, tables_rows(mem, t->rows), t->rows};
    struct hone_requests requests;
    struct hone_features features = {.mem = mem};

    HONE_TRY(hone_requests_read(run, t, "(target)", &texts, NULL, mem, &requests));
    f->model = hone_model_new(mem, "test");
    HONE_TRY(hone_array(run, mem, &f->signature.input, t->cols));
    for (size_t i = 0; i < requests.n; i++) {
        const struct hone_request *r = &requests.item[i];
        for (size_t k = 0; k < r->n; k++) {
            const struct hone_column *c = hone_table_find(t, hone_str(r->name[k]));
            hone_graph_input(&f->model->graph, c->name, hone_input_dtype(c->type), 2,
                             (const int64_t[]){-1, 1});
            f->signature.input[f->signature.inputs++] = (struct hone_input){c->name, c->type};
        }
        HONE_TRY(hone_chain_fit(run, r, "target", &rows, target, f->model, mem, &features));
    }
    if (features.n > 0) {
        HONE_TRY(hone_view_of(run, f->model, &f->signature, &features, &rows, mem, &f->view));
    }
    *out = f;
    return HONE_OK;
}

float **chains_run(struct tables_room *room, const struct chains_fitted *f,
                   const struct hone_table *t)
{
    const struct hone_span rows = {t, NULL, t->rows};
    float **x;

    CHECK_OK(&room->run, hone_value_columns(&room->run, f->model, &f->signature, f->view.value,
                                            f->view.features.n, &rows, &room->mem, &x));
    return x;
}

bool chains_same(float a, float b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}
