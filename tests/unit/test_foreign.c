/* Models of others: what is found out about them, and that they then answer in hone's words. */
#include <math.h>

#include "check.h"
#include "prep/foreign.h"
#include "table/builder.h"

struct fix {
    struct hone_run run;
    struct hone_arena mem;
};

static void fix_close(struct fix *f)
{
    hone_arena_free(&f->mem);
    hone_run_clear(&f->run);
}

/* A matrix x [N, 3] through a product to k scores; probs: through Softmax too.  The bytes of the file. */
static struct hone_str matrix_model(struct fix *f, size_t k, bool probs)
{
    static const float weight[] = {1, -1, 0.5F, 2, 0, 1, -1, 1, 0};
    const size_t dim[] = {3, k};
    struct hone_model *m = hone_model_new(&f->mem, "other");
    struct hone_graph *g = &m->graph;
    struct hone_str bytes;
    hone_graph_input(g, "x", HONE_F32, 2, (const int64_t[]){-1, 3});
    const char *w = hone_graph_const(g, "w", HONE_F32, 2, dim, weight);
    const char *y = hone_graph_op(g, "", "MatMul", "score", HONE_IN("x", w));
    if (probs) {
        y = hone_graph_op(g, "", "Softmax", "p", HONE_IN(y));
        hone_node_int(g, hone_graph_last(g), "axis", 1);
    }
    hone_graph_output(g, y, HONE_F32, 2, (const int64_t[]){-1, (int64_t)k});
    CHECK_OK(&f->run, hone_model_write(&f->run, m, &f->mem, &bytes));
    return bytes;
}

/* Bind, apply, run on rows of a table; the outputs by the plan's order. */
static struct hone_tensor *answer(struct fix *f, struct hone_str bytes, const json_t *binding,
                                  const struct hone_table *t, struct hone_plan **plan)
{
    struct hone_model *m;
    struct hone_signature *s;
    struct hone_tensor *in;
    struct hone_tensor *out;
    const struct hone_span rows = {t, NULL, t->rows};
    CHECK_OK(&f->run, hone_model_read(&f->run, bytes, &f->mem, &m));
    CHECK(hone_foreign_is(m));
    CHECK_OK(&f->run, hone_foreign_apply(&f->run, binding, m));
    CHECK(!hone_foreign_is(m));
    CHECK_OK(&f->run, hone_signature_of(&f->run, m, &f->mem, &s));
    CHECK_OK(&f->run, hone_plan_new(&f->run, m, NULL, 0, &f->mem, plan));
    CHECK_OK(&f->run, hone_bind(&f->run, s, *plan, &rows, true, &f->mem, &in, NULL));
    CHECK_OK(&f->run, hone_array(&f->run, &f->mem, &out, hone_plan_outputs(*plan)));
    CHECK_OK(&f->run, hone_plan_run_rows(&f->run, *plan, t->rows, in, &f->mem, out));
    return out;
}

/* Three columns of two rows under the given names. */
static struct hone_table *rows_of(struct fix *f, const char *const *name)
{
    static const double value[3][2] = {{1, 0}, {2, 0}, {3, 1}};
    struct hone_column *column = hone_arena_must(&f->mem, 3 * sizeof *column);
    struct hone_table *t;
    for (size_t j = 0; j < 3; j++) {
        struct hone_builder *b;
        CHECK_OK(&f->run, hone_builder_new(&f->run, name[j], HONE_FLOAT64, &f->mem, &b));
        CHECK_OK(&f->run, hone_builder_f64(&f->run, b, value[j][0]));
        CHECK_OK(&f->run, hone_builder_f64(&f->run, b, value[j][1]));
        CHECK_OK(&f->run, hone_builder_end(&f->run, b, &column[j]));
    }
    CHECK_OK(&f->run, hone_table_of(&f->run, column, 3, &f->mem, &t));
    return t;
}

static const char *task_of(const json_t *binding)
{
    return hone_json_get_text(json_object_get(binding, "signature"), "task", "");
}

static void a_matrix_becomes_columns(void **state)
{
    (void)state;
    struct fix f = {0};
    struct hone_plan *plan;
    HONE_JSON json_t *binding = NULL;
    const char *names[] = {"x", "score", "w"}; /* names that values of the graph have */
    const char *fine[] = {"x", "b", "w"};
    const struct hone_foreign_wish wish = {.columns = {.n = 3, .item = fine}};
    const struct hone_foreign_wish clash = {.columns = {.n = 3, .item = names}};
    struct hone_str bytes = matrix_model(&f, 1, false);
    CHECK_FAILS_WITH(&f.run, hone_foreign_find(&f.run, bytes, &clash, &binding), HONE_E_ARG,
                     "score");
    CHECK_OK(&f.run, hone_foreign_find(&f.run, bytes, &wish, &binding));
    CHECK_STR(task_of(binding), "regression");
    const struct hone_tensor *out = answer(&f, bytes, binding, rows_of(&f, fine), &plan);
    CHECK_STR(hone_plan_output(plan, 0)->name, HONE_OUT_PREDICTION);
    CHECK(((const float *)out[0].data)[0] == 1 - 2 + 1.5F);
    CHECK(((const float *)out[0].data)[1] == 0.5F);
    fix_close(&f);
}

static void probabilities_are_seen(void **state)
{
    (void)state;
    struct fix f = {0};
    struct hone_plan *plan;
    HONE_JSON json_t *binding = NULL;
    const char *classes[] = {"low", "mid", "high"};
    const char *names[] = {"x_0", "x_1", "x_2"};
    const struct hone_foreign_wish none = {0};
    const struct hone_foreign_wish named = {.classes = {.n = 3, .item = classes}};
    struct hone_str bytes = matrix_model(&f, 3, true);
    CHECK_OK(&f.run, hone_foreign_find(&f.run, bytes, &none, &binding));
    CHECK_STR(task_of(binding), "multiclass");
    json_decref(binding);
    binding = NULL;
    CHECK_OK(&f.run, hone_foreign_find(&f.run, bytes, &named, &binding));
    const struct hone_tensor *out = answer(&f, bytes, binding, rows_of(&f, names), &plan);
    CHECK_STR(hone_plan_output(plan, 0)->name, HONE_OUT_LABEL);
    /* row 0: scores 1*1 + 2*2 + 3*-1 = 2, -1 + 0 + 3 = 2, 0.5 + 2 + 0 = 2.5 */
    CHECK(hone_str_is(((const struct hone_str *)out[0].data)[0], "high"));
    CHECK(hone_tensor_count(&out[1]) == 6);
    fix_close(&f);
}

static void decisions_become_probabilities_when_classes_are_named(void **state)
{
    (void)state;
    struct fix f = {0};
    struct hone_plan *plan;
    HONE_JSON json_t *binding = NULL;
    const char *classes[] = {"no", "yes"};
    const char *names[] = {"x_0", "x_1", "x_2"};
    const struct hone_foreign_wish none = {0};
    const struct hone_foreign_wish two = {.classes = {.n = 2, .item = classes}};
    struct hone_str several = matrix_model(&f, 3, false);
    struct hone_str one = matrix_model(&f, 1, false);
    CHECK_OK(&f.run, hone_foreign_find(&f.run, several, &none, &binding));
    CHECK_STR(task_of(binding), "transform");
    json_decref(binding);
    binding = NULL;
    CHECK_FAILS_WITH(&f.run, hone_foreign_find(&f.run, several, &two, &binding), HONE_E_SHAPE,
                     "3 classes, 2");
    CHECK_OK(&f.run, hone_foreign_find(&f.run, one, &two, &binding));
    CHECK_STR(task_of(binding), "binary");
    const struct hone_tensor *out = answer(&f, one, binding, rows_of(&f, names), &plan);
    const float *p = out[1].data;
    CHECK_NEAR((double)p[1], 1 / (1 + exp(-0.5)), 1e-6);
    CHECK_NEAR((double)(p[0] + p[1]), 1, 1e-6);
    fix_close(&f);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    struct fix f = {0};
    json_t *binding = NULL;
    const char *two[] = {"a", "b"};
    const char *twice[] = {"a", "b", "a"};
    const struct hone_foreign_wish few = {.columns = {.n = 2, .item = two}};
    const struct hone_foreign_wish same = {.columns = {.n = 3, .item = twice}};
    const struct hone_foreign_wish none = {0};
    struct hone_str bytes = matrix_model(&f, 1, false);
    struct hone_model *m;
    CHECK_FAILS_WITH(&f.run, hone_foreign_find(&f.run, bytes, &few, &binding), HONE_E_SHAPE,
                     "takes 3 columns");
    CHECK_FAILS_WITH(&f.run, hone_foreign_find(&f.run, bytes, &same, &binding), HONE_E_ARG,
                     "column a is named twice");
    CHECK_FAILS(&f.run, hone_foreign_find(&f.run, hone_str("no model"), &none, &binding),
                HONE_E_FORMAT);
    CHECK(binding == NULL);
    CHECK_OK(&f.run, hone_model_read(&f.run, bytes, &f.mem, &m));
    HONE_JSON json_t *empty = json_object();
    CHECK_FAILS(&f.run, hone_foreign_apply(&f.run, empty, m), HONE_E_FORMAT);
    fix_close(&f);
}

const struct CMUnitTest hone_tests_foreign[] = {
    cmocka_unit_test(a_matrix_becomes_columns),
    cmocka_unit_test(probabilities_are_seen),
    cmocka_unit_test(decisions_become_probabilities_when_classes_are_named),
    cmocka_unit_test(what_does_not_fit_is_refused),
};
const size_t hone_tests_foreign_n = sizeof hone_tests_foreign / sizeof hone_tests_foreign[0];
