/* What people write about transforms: read, refused in words that help, and used by the recipe. */
#include <stdio.h>
#include <string.h>

#include "chains.h"
#include "flow/project.h"

#define TABLE                                                                                  \
    "age,fare,sex,town,day,a=b,y\n"                                                            \
    "20,7.5,m,x,2020-01-02,1,0\n31,8.25,f,y,2021-03-04,2,1\n42,,m,x,2022-05-06,3,0\n"          \
    ",71.2,f,,,4,1\n53,13,f,z,2023-07-08,5,1\n64,26.5,m,y,2024-09-10,6,0\n"

static const double table_y[] = {0, 1, 0, 1, 1, 0};
static const struct hone_target table_target = {HONE_TASK_BINARY, 2, table_y, NULL};

struct asked {
    struct tables_room *room;
    const struct hone_table *t;
};

static struct asked ask(void)
{
    struct asked a = {.room = tables_enter(2)};
    a.t = tables_read(&a.room->run, &a.room->mem, TABLE, "sex=category,town=category,day=date");
    return a;
}

static enum hone_code read_one(const struct asked *a, const char *text,
                               struct hone_requests *out)
{
    const struct hone_texts texts = {&text, 1};
    return hone_requests_read(&a->room->run, a->t, "y", &texts, NULL, &a->room->mem, out);
}

static void wrong_requests_say_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum hone_code code;
        const char *message, *hint;
    } wrong[] = {
        {"agee=bin", HONE_E_NOT_FOUND, "no column 'agee'", "age"},
        {"age=bni", HONE_E_ARG, "transform of age: there is no transform bni", "bin"},
        {"age=bin:bens=3", HONE_E_ARG, "bin has no setting bens", "bins"},
        {"age=bin:bins=1", HONE_E_ARG, "bins is 1, which is out of bounds", "from 2 to 1000"},
        {"age=bin:bins=many", HONE_E_ARG, "bins is 'many'", ""},
        {"age=bin:bins", HONE_E_ARG, "setting 'bins' has no value", "key=value"},
        {"age=bin:strategy=tre", HONE_E_ARG, "strategy has no choice tre", "tree"},
        {"sex=standard", HONE_E_ARG, "column sex is category; standard takes numbers",
         "onehot"},
        {"day=bin", HONE_E_ARG, "column day is date; bin takes numbers", "date_parts"},
        {"age=date_parts", HONE_E_ARG, "column age is int64; date_parts takes dates",
         "standard"},
        {"age=bin+target", HONE_E_ARG, "target can not come after bin", "the column as it is"},
        {"sex=rare+standard", HONE_E_ARG, "standard takes numbers", "onehot"},
        {"age*fare=log", HONE_E_ARG, "log does not combine columns", "polynomial"},
        {"age*far=polynomial", HONE_E_NOT_FOUND, "no column 'far'", "fare"},
        {"age*sex=polynomial", HONE_E_ARG, "column sex is category", "onehot"},
        {"y=bin", HONE_E_ARG, "column y is what is to be predicted", "predicted from"},
        {"age", HONE_E_ARG, "'age' names no column", "COL=NAME"},
        {"=bin", HONE_E_ARG, "names no column", "COL=NAME"},
        {"age=", HONE_E_ARG, "'age=' names no transform", "COL=NAME"},
        {"age=log+", HONE_E_ARG, "there is no transform log+", "log"},
        {"age=drop:x=1", HONE_E_ARG, "there is no transform drop", ""},
    };
    struct asked a = ask();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct hone_requests out = {.n = 99};
        enum hone_code code = read_one(&a, wrong[i].text, &out);
        const struct hone_error *err = &a.room->run.err;
        bool as_said = code == wrong[i].code && err->code == code &&
                       strstr(err->message, wrong[i].message) != NULL &&
                       strstr(err->hint, wrong[i].hint) != NULL && out.n == 99;
        if (!as_said) {
            print_error("%s: %d '%s' hint '%s'\n", wrong[i].text, (int)code, err->message,
                        err->hint);
        }
        CHECK(as_said);
        hone_error_clear(&a.room->run);
    }
    tables_leave(a.room);
}

static void what_only_fitting_can_know(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } wrong[] = {
        {"age=impute:strategy=constant:value=old", "'old' is no number to fill age with"},
        {"age=minmax:low=3:high=1", "low is 3, which is not below high, 1"},
        {"day=date_parts:part=munth", "date_parts has no part munth"},
        {"day=date_parts:part=elapsed:since=soon", "since is 'soon', which is no time"},
        {"sex=ordinal:levels=m<<f", "an empty level in 'm<<f'"},
        {"age*fare=polynomial:max_terms=2", "3 products of 2 features"},
    };
    struct asked a = ask();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct chains_fitted *f;
        CHECK_FAILS_WITH(&a.room->run,
                         chains_fit(a.room, wrong[i].text, a.t, &table_target, &f), HONE_E_ARG,
                         wrong[i].message);
    }
    tables_leave(a.room);
}

static void requests_are_read_as_they_are_meant(void **state)
{
    (void)state;
    struct asked a = ask();
    struct hone_requests r;
    struct hone_run *run = &a.room->run;

    CHECK_OK(run, read_one(&a, " age = impute : strategy=mean + standard ", &r));
    CHECK(r.n == 1 && r.item[0].n == 1 && r.item[0].chain.n == 2);
    CHECK_STR(r.item[0].name[0], "age");
    CHECK_STR(r.item[0].chain.step[0].transform->part.name, "impute");
    CHECK_STR(*(const char *const *)r.item[0].chain.step[0].settings, "mean");
    CHECK_STR(r.item[0].chain.step[1].transform->part.name, "standard");

    CHECK_OK(run, read_one(&a, "age=impute:strategy=constant:value=1e+3", &r)); /* no step 3 */
    CHECK(r.item[0].chain.n == 1);
    CHECK_OK(run, read_one(&a, "a=b=standard", &r)); /* a column may be called a=b */
    CHECK_STR(r.item[0].name[0], "a=b");
    CHECK_OK(run, read_one(&a, "sex=impute:value=a:b", &r)); /* no setting called b */
    CHECK_STR(((const char *const *)r.item[0].chain.step[0].settings)[1], "a:b");
    CHECK_OK(run, read_one(&a, "sex=drop", &r));
    CHECK(r.n == 1 && r.item[0].drop);
    CHECK_OK(run, read_one(&a, "age * fare=polynomial", &r));
    CHECK(r.n == 1 && r.item[0].n == 2);
    CHECK_OK(run, read_one(&a, "*=polynomial", &r)); /* age, fare, a=b; y is the target */
    CHECK(r.n == 1 && r.item[0].n == 3);
    CHECK_OK(run, read_one(&a, "*=log", &r));
    CHECK(r.n == 3 && r.item[2].n == 1);
    CHECK_STR(r.item[2].name[0], "a=b");

    const char *list[] = {"*=number", "age=bin", "*=log", "fare=drop"};
    const struct hone_texts texts = {list, 4};
    CHECK_OK(run, hone_requests_read(run, a.t, "y", &texts, NULL, &a.room->mem, &r));
    CHECK(r.n == 4); /* age and fare are spoken for; a=b gets both */
    CHECK_STR(r.item[0].name[0], "age");
    CHECK(r.item[1].drop);
    CHECK_STR(r.item[2].name[0], "a=b");
    CHECK_STR(r.item[3].chain.text, "log");
    tables_leave(a.room);
}

static size_t count_named(const struct hone_fitted *f, const char *name)
{
    size_t n = 0;
    for (size_t j = 0; j < f->features.n; j++) {
        n += strcmp(f->name[j], name) == 0;
    }
    return n;
}

static void the_recipe_does_as_it_is_told(void **state)
{
    (void)state;
    struct asked a = ask();
    struct hone_run *run = &a.room->run;
    struct hone_recipe *recipe;
    struct hone_fitted f;
    const char *list[] = {"age=bin:bins=2", "age=number", "sex=drop",
                          "day=date_parts:part=year", "age*fare=polynomial:squares=no"};
    const struct hone_recipe_names names = {.target = "y", .transform = {list, 5}};
    size_t *row = tables_rows(&a.room->mem, 6);

    CHECK_OK(run, hone_recipe_choose(run, a.t, row, 6, HONE_TASK_BINARY, &names, &a.room->mem,
                                     &recipe));
    CHECK_STR(recipe->column[0].transform, "bin:bins=2, number");
    CHECK(recipe->column[2].transform == NULL);
    CHECK_STR(recipe->column[2].why, "dropped on request");
    for (int scaled = 0; scaled < 2; scaled++) {
        const struct hone_span rows = {a.t, row, 6};
        struct hone_model *model = hone_model_new(&a.room->mem, "m");
        CHECK_OK(run, hone_recipe_fit(run, recipe, &rows, &table_target, scaled == 1, model,
                                      &a.room->mem, &f));
        CHECK(count_named(&f, "age (bin)") == 1 && count_named(&f, "age") == 1);
        CHECK(count_named(&f, "day (year)") == 1 && count_named(&f, "age * fare") == 1);
        CHECK(count_named(&f, "sex") == 0 && count_named(&f, "day (month)") == 0);
    }
    tables_leave(a.room);
}

static void the_project_file_has_a_form_of_its_own(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_run *run = &room->run;
    struct hone_job job;
    struct hone_job again;
    json_error_t error;
    HONE_JSON json_t *good = json_loads(
        "{\"features\": {\"transform\": {\"age\": {\"bin\": {\"bins\": 10}}, \"city\": \"target\","
        "\"fare\": [\"number\", {\"quantile\": {\"output\": \"normal\"}}],"
        "\"day\": {\"date_parts\": {\"part\": [\"year\", \"week\"]}}}}}",
        0, &error);
    HONE_JSON json_t *bad =
        json_loads("{\"features\": {\"transform\": {\"age\": 3}}}", 0, &error);

    CHECK(good != NULL && bad != NULL);
    hone_job_default(&job);
    CHECK_OK(run, hone_job_from_json(run, good, &room->mem, &job));
    CHECK(job.train.transform.n == 5);
    CHECK_STR(job.train.transform.item[0], "age=bin:bins=10");
    CHECK_STR(job.train.transform.item[1], "city=target");
    CHECK_STR(job.train.transform.item[3], "fare=quantile:output=normal");
    CHECK_STR(job.train.transform.item[4], "day=date_parts:part=year,week");
    HONE_JSON json_t *shown = hone_job_to_json(&job);
    hone_job_default(&again);
    CHECK_OK(run, hone_job_from_json(run, shown, &room->mem, &again));
    CHECK(again.train.transform.n == 5);
    CHECK_STR(again.train.transform.item[4], "day=date_parts:part=year,week");
    CHECK_FAILS_WITH(run, hone_job_from_json(run, bad, &room->mem, &job), HONE_E_ARG,
                     "age is neither a name nor one transform");
    tables_leave(room);
}

const struct CMUnitTest hone_tests_prep_request[] = {
    cmocka_unit_test(wrong_requests_say_what_is_wrong),
    cmocka_unit_test(what_only_fitting_can_know),
    cmocka_unit_test(requests_are_read_as_they_are_meant),
    cmocka_unit_test(the_recipe_does_as_it_is_told),
    cmocka_unit_test(the_project_file_has_a_form_of_its_own),
};
const size_t hone_tests_prep_request_n =
    sizeof hone_tests_prep_request / sizeof hone_tests_prep_request[0];
