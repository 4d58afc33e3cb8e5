/* Rows of a table as graph inputs, and signatures there and back. */
#include <string.h>

#include "prep/signature.h"
#include "tables.h"

#define INPUTS 5
static struct hone_input inputs[INPUTS] = {{"n", HONE_FLOAT64},
                                           {"i", HONE_INT64},
                                           {"w", HONE_CATEGORY},
                                           {"d", HONE_DATE},
                                           {"t", HONE_TIMESTAMP}};
static const struct hone_signature signature = {.inputs = INPUTS, .input = inputs};

/* A plan that hands its inputs on. */
static struct hone_plan *plan_of(struct tables_room *room)
{
    struct hone_model *m = hone_model_new(&room->mem, "inputs");
    struct hone_plan *plan;
    const char *out[INPUTS];

    for (size_t j = 0; j < INPUTS; j++) {
        hone_graph_input(&m->graph, inputs[j].name, hone_input_dtype(inputs[j].type), 2,
                         (const int64_t[]){-1, 1});
        out[j] = hone_graph_op(&m->graph, "", "Identity", "out", HONE_IN(inputs[j].name));
    }
    CHECK_OK(&room->run, hone_plan_new(&room->run, m, out, INPUTS, &room->mem, &plan));
    return plan;
}

static const struct hone_tensor *tensor(const struct hone_plan *plan,
                                        const struct hone_tensor *t, const char *name)
{
    for (size_t j = 0; j < hone_plan_inputs(plan); j++) {
        if (strcmp(hone_plan_input(plan, j)->name, name) == 0) {
            return &t[j];
        }
    }
    return NULL;
}

static void values_of_the_same_kind(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_plan *plan = plan_of(room);
    const struct hone_table *t =
        tables_read(&room->run, &room->mem,
                    "t,d,w,i,n\n1970-01-01T00:00:01Z,1970-01-02,ab,3,0.1\n,,,,\n"
                    "1969-12-31T23:59:59Z,1969-12-31,c,-1,16777217\n",
                    "w=category,d=date,t=timestamp");
    struct hone_tensor *x;
    size_t lost = 0;
    const size_t some[] = {2, 1, 0, 0};
    const struct hone_span rows = {t, some, 4};

    CHECK_OK(&room->run,
             hone_bind(&room->run, &signature, plan, &rows, true, &room->mem, &x, &lost));
    CHECK(lost == 0);
    const float *n = tensor(plan, x, "n")->data;
    const float *i = tensor(plan, x, "i")->data;
    const struct hone_str *w = tensor(plan, x, "w")->data;
    const int64_t *d = tensor(plan, x, "d")->data;
    const int64_t *at = tensor(plan, x, "t")->data;
    CHECK(tensor(plan, x, "n")->dim[0] == 4 && tensor(plan, x, "n")->dim[1] == 1);
    CHECK_NEAR((double)n[0], 16777216, 0);
    CHECK(isnan(n[1]) && isnan(i[1]));
    CHECK_NEAR((double)n[2], (double)0.1F, 0);
    CHECK_NEAR((double)i[0], -1, 0);
    CHECK(hone_str_is(w[0], "c") && w[1].len == 0 && w[1].ptr != NULL);
    CHECK(hone_str_is(w[3], "ab"));
    CHECK(d[0] == -1 && d[1] == HONE_MISSING_I64 && d[2] == 1);
    CHECK(at[0] == -1000000 && at[1] == HONE_MISSING_I64 && at[2] == 1000000);
    tables_leave(room);
}

static void values_of_other_kinds_are_cast_or_lost(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_plan *plan = plan_of(room);
    const struct hone_table *t = tables_read(
        &room->run, &room->mem,
        "n,i,w,d,t\n1.5,true,12,2020-02-30,2020-01-01\nmany,false,7,1970-01-03,1970-01-01\n,,,,\n",
        "n=text,i=bool,w=int64,d=text,t=date");
    struct hone_tensor *x;
    size_t lost = 0;
    const struct hone_span rows = {t, NULL, t->rows};

    CHECK_OK(&room->run,
             hone_bind(&room->run, &signature, plan, &rows, true, &room->mem, &x, &lost));
    CHECK(lost == 2); /* "many", and a day that does not exist; missing is not lost */
    const float *n = tensor(plan, x, "n")->data;
    const float *i = tensor(plan, x, "i")->data;
    const struct hone_str *w = tensor(plan, x, "w")->data;
    const int64_t *d = tensor(plan, x, "d")->data;
    const int64_t *at = tensor(plan, x, "t")->data;
    CHECK_NEAR((double)n[0], 1.5, 0);
    CHECK(isnan(n[1]) && isnan(n[2]));
    CHECK_NEAR((double)i[0], 1, 0);
    CHECK(hone_str_is(w[0], "12") && hone_str_is(w[1], "7") && w[2].len == 0);
    CHECK(d[0] == HONE_MISSING_I64 && d[1] == 2 && d[2] == HONE_MISSING_I64);
    CHECK(at[0] == INT64_C(18262) * 86400000000 && at[1] == 0 && at[2] == HONE_MISSING_I64);
    tables_leave(room);
}

static void lost_counts_the_rows_asked_for(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_plan *plan = plan_of(room);
    const struct hone_table *t =
        tables_read(&room->run, &room->mem, "n\nx\n1\ny\nz\n", "n=text");
    struct hone_tensor *x;
    size_t lost = 0;
    const size_t some[] = {1, 3};
    const struct hone_span rows = {t, some, 2};

    CHECK_OK(&room->run,
             hone_bind(&room->run, &signature, plan, &rows, false, &room->mem, &x, &lost));
    CHECK(lost == 1);
    tables_leave(room);
}

static void absent_columns_are_named_or_missing(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_plan *plan = plan_of(room);
    const struct hone_table *t =
        tables_read(&room->run, &room->mem, "other,i\n1,2\n3,4\n", NULL);
    struct hone_tensor *x = NULL;
    const struct hone_span rows = {t, NULL, 2};

    CHECK_FAILS_WITH(&room->run,
                     hone_bind(&room->run, &signature, plan, &rows, true, &room->mem, &x, NULL),
                     HONE_E_NOT_FOUND, "n, w, d, t");
    CHECK(x == NULL);
    CHECK_OK(&room->run,
             hone_bind(&room->run, &signature, plan, &rows, false, &room->mem, &x, NULL));
    CHECK(isnan(((const float *)tensor(plan, x, "n")->data)[1]));
    CHECK(((const struct hone_str *)tensor(plan, x, "w")->data)[1].len == 0);
    CHECK(((const int64_t *)tensor(plan, x, "d")->data)[1] == HONE_MISSING_I64);
    CHECK_NEAR((double)((const float *)tensor(plan, x, "i")->data)[1], 4, 0);
    tables_leave(room);
}

static void signature_that_differs_from_the_graph(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_plan *plan = plan_of(room);
    struct hone_input wrong[INPUTS];
    const struct hone_signature other = {.inputs = INPUTS, .input = wrong};
    const struct hone_table *t = tables_read(&room->run, &room->mem, "n\n1\n", NULL);
    struct hone_tensor *x;
    const struct hone_span rows = {t, NULL, 1};

    memcpy(wrong, inputs, sizeof inputs);
    wrong[0].type = HONE_UTF8;
    CHECK_FAILS_WITH(&room->run,
                     hone_bind(&room->run, &other, plan, &rows, false, &room->mem, &x, NULL),
                     HONE_E_SHAPE, "input n");
    tables_leave(room);
}

/* --- the signature itself -------------------------------------------------------------------- */

static enum hone_code read_back(struct tables_room *room, const char *text,
                                struct hone_signature **out)
{
    struct hone_model *m = hone_model_new(&room->mem, "m");

    hone_model_meta_set(m, HONE_META_SIGNATURE, hone_str(text));
    return hone_signature_of(&room->run, m, &room->mem, out);
}

static void signature_round_trip(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    const char *names[] = {"no", "yes"};
    struct hone_signature s = {.task = HONE_TASK_BINARY,
                               .inputs = INPUTS,
                               .input = inputs,
                               .target = "bought it",
                               .target_type = HONE_CATEGORY,
                               .classes = 2,
                               .class_name = names,
                               .positive = 1,
                               .threshold = 0.25};
    struct hone_signature *back;
    HONE_JSON json_t *tree = hone_signature_json(&s);
    struct hone_buf text = hone_buf(&room->mem);

    hone_json_write(&text, tree, false);
    CHECK_OK(&room->run, read_back(room, text.ptr, &back));
    CHECK(back->task == HONE_TASK_BINARY && back->inputs == INPUTS && back->classes == 2);
    for (size_t j = 0; j < INPUTS; j++) {
        CHECK_STR(back->input[j].name, inputs[j].name);
        CHECK(back->input[j].type == inputs[j].type);
    }
    CHECK_STR(back->target, "bought it");
    CHECK(back->target_type == HONE_CATEGORY && back->positive == 1);
    CHECK_STR(back->class_name[1], "yes");
    CHECK_NEAR(back->threshold, 0.25, 0);
    tables_leave(room);
}

static void damaged_signatures(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    static const char *const bad[][2] = {
        {"{\"task\":\"dance\"}", "task"},
        {"{\"task\":\"regression\",\"inputs\":[{\"name\":\"a\",\"type\":\"colour\"}],"
         "\"target_type\":\"int64\"}",
         "inputs"},
        {"{\"task\":\"regression\",\"inputs\":[{\"type\":\"int64\"}],\"target_type\":\"int64\"}",
         "inputs"},
        {"{\"task\":\"regression\",\"inputs\":[]}", "target_type"},
        {"{\"task\":\"binary\",\"inputs\":[],\"target_type\":\"int64\",\"classes\":[\"a\"]}",
         "classes"},
        {"{\"task\":\"binary\",\"inputs\":[],\"target_type\":\"int64\",\"classes\":[1,2]}",
         "classes"},
        {"{\"task\":", "line 1"},
    };
    struct hone_signature *out = NULL;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_FAILS_WITH(&room->run, read_back(room, bad[i][0], &out), HONE_E_FORMAT,
                         bad[i][1]);
    }
    CHECK(out == NULL);
    tables_leave(room);
}

static void a_model_of_others_is_read_off_its_graph(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_model *m = hone_model_new(&room->mem, "m");
    struct hone_signature *s;

    hone_graph_input(&m->graph, "a", HONE_F32, 2, (const int64_t[]){-1, 1});
    hone_graph_input(&m->graph, "b", HONE_STRING, 2, (const int64_t[]){-1, 1});
    CHECK_OK(&room->run, hone_signature_of(&room->run, m, &room->mem, &s));
    CHECK(s->inputs == 2 && s->input[0].type == HONE_FLOAT32 && s->input[1].type == HONE_UTF8);
    hone_graph_input(&m->graph, "image", HONE_F32, 4, (const int64_t[]){-1, 3, 8, 8});
    CHECK_FAILS_WITH(&room->run, hone_signature_of(&room->run, m, &room->mem, &s),
                     HONE_E_UNSUPPORTED, "image");
    tables_leave(room);
}

const struct CMUnitTest hone_tests_bind[] = {
    cmocka_unit_test(values_of_the_same_kind),
    cmocka_unit_test(values_of_other_kinds_are_cast_or_lost),
    cmocka_unit_test(lost_counts_the_rows_asked_for),
    cmocka_unit_test(absent_columns_are_named_or_missing),
    cmocka_unit_test(signature_that_differs_from_the_graph),
    cmocka_unit_test(signature_round_trip),
    cmocka_unit_test(damaged_signatures),
    cmocka_unit_test(a_model_of_others_is_read_off_its_graph),
};
const size_t hone_tests_bind_n = sizeof hone_tests_bind / sizeof hone_tests_bind[0];
