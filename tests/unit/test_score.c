/* A model file and a table in, scores out. */
#include <string.h>

#include "flow/model/score.h"
#include "tables.h"

/*
 * A model by hand: score = 2 a + (1 where w is "up"), of two classes or a number.
 */
static struct hone_str make(struct tables_room *room, enum hone_task task,
                            const char *prediction)
{
    const char *names[] = {"no", "yes"};
    struct hone_input inputs[] = {{"a", HONE_FLOAT64}, {"w", HONE_CATEGORY}};
    struct hone_signature s = {.task = task,
                               .inputs = 2,
                               .input = inputs,
                               .target = "y",
                               .target_type = HONE_CATEGORY,
                               .classes = task == HONE_TASK_BINARY ? 2 : 1,
                               .class_name = names,
                               .positive = 1,
                               .threshold = 0.5};
    struct hone_model *m = hone_model_new(&room->mem, "by hand");
    struct hone_graph *g = &m->graph;
    struct hone_str bytes;
    HONE_JSON json_t *tree = hone_signature_json(&s);
    struct hone_buf text = hone_buf(&room->mem);

    hone_json_write(&text, tree, false);
    hone_model_meta_set(m, HONE_META_SIGNATURE, (struct hone_str){text.ptr, text.len});
    hone_graph_input(g, "a", HONE_F32, 2, (const int64_t[]){-1, 1});
    hone_graph_input(g, "w", HONE_STRING, 2, (const int64_t[]){-1, 1});
    const struct hone_str up = hone_str("up");
    const char *w = hone_graph_op(g, HONE_ML, "LabelEncoder", "w_up", HONE_IN("w"));
    hone_node_texts(g, hone_graph_last(g), "keys_strings", 1, &up);
    hone_node_floats(g, hone_graph_last(g), "values_floats", 1, (const float[]){1});
    hone_node_float(g, hone_graph_last(g), "default_float", 0);
    const char *two = hone_graph_op(g, "", "Add", "two_a", HONE_IN("a", "a"));
    const char *z = hone_graph_op(g, "", "Add", "z", HONE_IN(two, w));
    if (task == HONE_TASK_REGRESSION) {
        hone_graph_op(g, "", "Identity", "out", HONE_IN(z));
        hone_graph_last(g)->output[0] = prediction;
        hone_graph_output(g, prediction, HONE_F32, 2, (const int64_t[]){-1, 1});
    } else {
        const char *one = hone_graph_const_f32(g, "one", 1);
        const char *yes = hone_graph_op(g, "", "Sigmoid", "yes", HONE_IN(z));
        const char *no = hone_graph_op(g, "", "Sub", "no", HONE_IN(one, yes));
        hone_graph_op(g, "", "Concat", "p", HONE_IN(no, yes));
        hone_node_int(g, hone_graph_last(g), "axis", 1);
        hone_graph_last(g)->output[0] = HONE_OUT_PROBABILITIES;
        const struct hone_str classes[] = {hone_str("no"), hone_str(prediction)};
        const size_t n = 2;
        const char *list = hone_graph_const(g, "classes", HONE_STRING, 1, &n, classes);
        const char *at = hone_graph_op(g, "", "ArgMax", "at", HONE_IN(HONE_OUT_PROBABILITIES));
        hone_node_int(g, hone_graph_last(g), "axis", 1);
        hone_node_int(g, hone_graph_last(g), "keepdims", 0);
        hone_graph_op(g, "", "Gather", "l", HONE_IN(list, at));
        hone_graph_last(g)->output[0] = HONE_OUT_LABEL;
        hone_graph_output(g, HONE_OUT_LABEL, HONE_STRING, 1, (const int64_t[]){-1});
        hone_graph_output(g, HONE_OUT_PROBABILITIES, HONE_F32, 2, (const int64_t[]){-1, 2});
    }
    CHECK_OK(&room->run, hone_model_write(&room->run, m, &room->mem, &bytes));
    return bytes;
}

static struct hone_scorer scorer_of(struct tables_room *room, enum hone_task task,
                                    const char *prediction)
{
    struct hone_scorer s;

    CHECK_OK(&room->run,
             hone_scorer_new(&room->run, make(room, task, prediction), &room->mem, &s));
    return s;
}

#define ROWS "w,a\nup,0\ndown,-0.25\n,1\nup,-1\n"

static void numbers_are_predicted(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_scorer scorer = scorer_of(room, HONE_TASK_REGRESSION, HONE_OUT_PREDICTION);
    struct hone_table *t = tables_read(&room->run, &room->mem, ROWS, NULL);
    struct hone_scores s;
    struct hone_table *out;
    static const double want[] = {1, -0.5, 2, -1};

    CHECK_OK(&room->run, hone_score(&room->run, &scorer, t, NULL, 0, &room->mem, &s));
    CHECK(s.rows == 4 && s.classes == 1 && s.index == NULL && s.lost == 0);
    CHECK_OK(&room->run, hone_scores_table(&room->run, &scorer, &s, &room->mem, &out));
    CHECK(out->cols == 1 && out->rows == 4);
    CHECK_STR(out->column[0].name, "prediction");
    for (size_t i = 0; i < 4; i++) {
        CHECK_NEAR((double)s.value[i], want[i], 0);
        CHECK_NEAR(hone_column_f64(&out->column[0], i), want[i], 0);
    }
    tables_leave(room);
}

static void classes_are_predicted(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_scorer scorer = scorer_of(room, HONE_TASK_BINARY, "yes");
    struct hone_table *t = tables_read(&room->run, &room->mem, ROWS, NULL);
    struct hone_scores s;
    struct hone_table *out;
    static const double z[] = {1, -0.5, 2, -1};
    static const double y[] = {1, 0, 1, 0};

    CHECK_OK(&room->run, hone_score(&room->run, &scorer, t, NULL, 0, &room->mem, &s));
    CHECK_OK(&room->run, hone_scores_table(&room->run, &scorer, &s, &room->mem, &out));
    CHECK(out->cols == 3);
    CHECK_STR(out->column[1].name, "probability_no");
    CHECK_STR(out->column[2].name, "probability_yes");
    for (size_t i = 0; i < 4; i++) {
        CHECK_NEAR((double)s.value[2 * i + 1], 1 / (1 + exp(-z[i])), 1e-7);
        CHECK(s.index[i] == (z[i] > 0));
        CHECK(hone_str_is(hone_column_str(&out->column[0], i), z[i] > 0 ? "yes" : "no"));
        CHECK_NEAR(hone_column_f64(&out->column[2], i), (double)s.value[2 * i + 1], 0);
    }
    const struct hone_prediction p = hone_scores_against(&scorer, &s, y);
    CHECK(p.rows == 4 && p.classes == 2 && p.task == HONE_TASK_BINARY);
    CHECK_NEAR(hone_score_at(&p, 2, 1), (double)s.value[5], 0);
    CHECK(hone_predicted(&p, 0) == 1);
    tables_leave(room);
}

static void metrics_with_and_without_intervals(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_scorer scorer = scorer_of(room, HONE_TASK_REGRESSION, HONE_OUT_PREDICTION);
    struct hone_table *t = tables_read(&room->run, &room->mem, ROWS, NULL);
    struct hone_scores s;
    struct hone_interval got;
    static const double y[] = {1, 0.5, 2, 0}; /* off by 0, 1, 0 and 1 */
    const struct hone_metric *rmse = hone_metric_default(HONE_TASK_REGRESSION);

    CHECK_OK(&room->run, hone_score(&room->run, &scorer, t, NULL, 0, &room->mem, &s));
    const struct hone_prediction p = hone_scores_against(&scorer, &s, y);
    CHECK_OK(&room->run, hone_scores_judge(&room->run, &p, &rmse, 1, 0, &got));
    CHECK_NEAR(got.value, sqrt(0.5), 1e-15);
    CHECK(isnan(got.low) && isnan(got.high) && got.replicates == 0);
    CHECK_OK(&room->run, hone_scores_judge(&room->run, &p, &rmse, 1, 50, &got));
    CHECK_NEAR(got.value, sqrt(0.5), 1e-15);
    CHECK(got.low < got.value && got.high > got.value && got.replicates == 50);
    tables_leave(room);
}

static void chosen_rows_in_their_order(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_scorer scorer = scorer_of(room, HONE_TASK_REGRESSION, HONE_OUT_PREDICTION);
    struct hone_table *t = tables_read(&room->run, &room->mem, ROWS, NULL);
    struct hone_scores s;
    static const size_t row[] = {3, 0, 3};

    CHECK_OK(&room->run, hone_score(&room->run, &scorer, t, row, 3, &room->mem, &s));
    CHECK(s.rows == 3);
    CHECK_NEAR((double)s.value[0], -1, 0);
    CHECK_NEAR((double)s.value[1], 1, 0);
    CHECK_NEAR((double)s.value[2], -1, 0);
    tables_leave(room);
}

static void columns_and_values_that_are_not_there(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_run *run = &room->run;
    struct hone_scorer scorer = scorer_of(room, HONE_TASK_BINARY, "yes");
    struct hone_scores s = {0};
    struct hone_table *t = tables_read(run, &room->mem, "b\n1\n", NULL);

    CHECK_FAILS_WITH(run, hone_score(run, &scorer, t, NULL, 0, &room->mem, &s),
                     HONE_E_NOT_FOUND, "a, w");
    CHECK(s.value == NULL);
    /* this model has nothing to say about a missing number: the row is named as the file has it */
    t = tables_read(run, &room->mem, "w,a\nup,0\nup,1\nup,\n", NULL);
    CHECK_FAILS_WITH(run, hone_score(run, &scorer, t, NULL, 0, &room->mem, &s), HONE_E_NUMERIC,
                     "row 3");
    static const size_t row[] = {1, 2};
    CHECK_FAILS_WITH(run, hone_score(run, &scorer, t, row, 2, &room->mem, &s), HONE_E_NUMERIC,
                     "row 3");
    t = tables_read(run, &room->mem, "w,a\n7,1\nup,2\n", "w=text");
    CHECK_OK(run, hone_score(run, &scorer, t, NULL, 0, &room->mem, &s));
    CHECK(s.lost == 0);
    t = tables_read(run, &room->mem, "w,a\nup,0\nup,x\n", "a=text");
    static const size_t first = 0;
    CHECK_OK(run, hone_score(run, &scorer, t, &first, 1, &room->mem, &s));
    CHECK(s.lost == 0); /* what is lost in rows that were not asked for is not counted */
    tables_leave(room);
}

static void no_rows_no_scores(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_scorer scorer = scorer_of(room, HONE_TASK_BINARY, "yes");
    struct hone_table *t = tables_read(&room->run, &room->mem, ROWS, NULL);
    struct hone_scores s;
    struct hone_table *out;
    static const size_t none = 0;

    CHECK_OK(&room->run, hone_score(&room->run, &scorer, t, &none, 0, &room->mem, &s));
    CHECK(s.rows == 0);
    CHECK_OK(&room->run, hone_scores_table(&room->run, &scorer, &s, &room->mem, &out));
    CHECK(out->rows == 0 && out->cols == 3);
    tables_leave(room);
}

static void files_that_are_no_model(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_run *run = &room->run;
    struct hone_scorer scorer;
    const char *folder = check_folder();
    const char *path = check_path(folder, "m.onnx");

    CHECK_FAILS(run, hone_scorer_open(run, path, &room->mem, &scorer), HONE_E_NOT_FOUND);
    check_write(path, "a,b\n1,2\n");
    CHECK_FAILS_WITH(run, hone_scorer_open(run, path, &room->mem, &scorer), HONE_E_FORMAT,
                     "m.onnx");
    struct hone_str bytes = make(room, HONE_TASK_BINARY, "yes");
    bytes.len -= 40;
    CHECK_FAILS(run, hone_scorer_new(run, bytes, &room->mem, &scorer), HONE_E_FORMAT);
    tables_leave(room);
}

static void models_that_break_their_promise(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_run *run = &room->run;
    struct hone_table *t = tables_read(run, &room->mem, ROWS, NULL);
    struct hone_scores s;
    struct hone_scorer other = scorer_of(room, HONE_TASK_REGRESSION, "variable");
    struct hone_scorer wrong = scorer_of(room, HONE_TASK_BINARY, "maybe");

    CHECK_FAILS_WITH(run, hone_score(run, &other, t, NULL, 0, &room->mem, &s),
                     HONE_E_UNSUPPORTED, "no output prediction");
    CHECK_FAILS_WITH(run, hone_score(run, &wrong, t, NULL, 0, &room->mem, &s), HONE_E_FORMAT,
                     "maybe");
    tables_leave(room);
}

const struct CMUnitTest hone_tests_score[] = {
    cmocka_unit_test(numbers_are_predicted),
    cmocka_unit_test(classes_are_predicted),
    cmocka_unit_test(metrics_with_and_without_intervals),
    cmocka_unit_test(chosen_rows_in_their_order),
    cmocka_unit_test(columns_and_values_that_are_not_there),
    cmocka_unit_test(no_rows_no_scores),
    cmocka_unit_test(files_that_are_no_model),
    cmocka_unit_test(models_that_break_their_promise),
};
const size_t hone_tests_score_n = sizeof hone_tests_score / sizeof hone_tests_score[0];
