/* The project file and a job: two forms of one thing. */
#include <stdio.h>
#include <string.h>

#include "flow/project.h"
#include "tables.h"

static void expect_list(const struct hone_texts *list, size_t n, const char *const *want)
{
    CHECK(list->n == n);
    for (size_t i = 0; i < n; i++) {
        CHECK_STR(list->item[i], want[i]);
    }
}

static enum hone_code parse(struct tables_room *room, const char *yaml, struct hone_job *job)
{
    HONE_JSON json_t *tree = NULL;

    hone_job_default(job);
    CHECK_OK(&room->run, hone_yaml_parse(&room->run, hone_str(yaml), &tree));
    return hone_job_from_json(&room->run, tree, &room->mem, job);
}

static const char full[] =
    "project: {name: churn, seed: 42}\n"
    "goal: {target: left, task: classification, positive: yes it did, "
    "metric: log_loss, success: {roc_auc: '>= 0.9', brier: ' <0.1', f1: 0.5, "
    "'fbeta:beta=0.5': '>=0.4'}, "
    "value: {true_positive: 100, false_positive: -2.5}, unit: EUR}\n"
    "data:\n"
    "  source: a.csv\n"
    "  test: b.csv\n"
    "  checks: fail\n"
    "  read: {delimiter: ';', na: ['?', none, 999, -1.5], on_bad_row: skip, "
    "type: [zip=text]}\n"
    "split: {by: time, column: day, test_share: 0.25}\n"
    "features: {drop: [id, name], keep: [note]}\n"
    "model: {class_weight: {'>50K': 2, 'a<b=c': 0.5}, estimator: gbt, settings: {rounds: 50, learning_rate: 0.05, "
    "gbt.max_leaves: 7}}\n"
    "evaluate: {folds: 3, bootstrap: 10}\n"
    "fairness: {by: [sex, race], tolerance: 0.2}\n";

static void expect_full(const struct hone_job *job)
{
    CHECK_STR(job->name, "churn");
    CHECK(job->seed == 42);
    CHECK_STR(job->data, "a.csv");
    CHECK_STR(job->test, "b.csv");
    CHECK_STR(job->train.target, "left");
    CHECK_STR(job->train.task, "classification");
    CHECK_STR(job->train.positive, "yes it did");
    CHECK_STR(job->train.metric, "log_loss");
    expect_list(&job->train.success, 4,
                (const char *const[]){"roc_auc >= 0.9", "brier <0.1", "f1=0.5",
                                      "fbeta:beta=0.5 >=0.4"});
    expect_list(&job->train.class_weight, 2, (const char *const[]){">50K=2", "a<b=c=0.5"});
    expect_list(&job->train.value, 2,
                (const char *const[]){"true_positive=100", "false_positive=-2.5"});
    CHECK_STR(job->train.value_unit, "EUR");
    CHECK_STR(job->train.checks, "fail");
    CHECK_STR(job->read.delimiter, ";");
    CHECK_STR(job->read.on_bad_row, "skip");
    expect_list(&job->read.na, 4, (const char *const[]){"?", "none", "999", "-1.5"});
    expect_list(&job->read.type, 1, (const char *const[]){"zip=text"});
    CHECK_STR(job->train.split, "time");
    CHECK_STR(job->train.split_column, "day");
    CHECK_NEAR(job->train.test_share, 0.25, 0);
    expect_list(&job->train.drop, 2, (const char *const[]){"id", "name"});
    expect_list(&job->train.keep, 1, (const char *const[]){"note"});
    CHECK_STR(job->train.model, "gbt");
    expect_list(&job->train.set, 3,
                (const char *const[]){"rounds=50", "learning_rate=0.05", "gbt.max_leaves=7"});
    CHECK(job->train.folds == 3 && job->train.bootstrap == 10);
    expect_list(&job->train.by, 2, (const char *const[]){"sex", "race"});
    CHECK_NEAR(job->train.tolerance, 0.2, 0);
}

static void every_key_there_and_back(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_job job;
    struct hone_job back;
    struct hone_buf text = hone_buf(&room->mem);

    CHECK_OK(&room->run, parse(room, full, &job));
    expect_full(&job);
    HONE_JSON json_t *tree = hone_job_to_json(&job);
    hone_job_default(&back);
    CHECK_OK(&room->run, hone_job_from_json(&room->run, tree, &room->mem, &back));
    expect_full(&back);
    hone_json_write(&text, tree, false); /* as the store keeps it */
    HONE_JSON json_t *kept = NULL;
    CHECK_OK(&room->run, hone_json_parse(&room->run, hone_str(text.ptr), &kept));
    hone_job_default(&back);
    CHECK_OK(&room->run, hone_job_from_json(&room->run, kept, &room->mem, &back));
    expect_full(&back);
    text.len = 0;
    hone_yaml_write(&text, tree); /* as `hone config render` prints it */
    CHECK_OK(&room->run, parse(room, text.ptr, &back));
    expect_full(&back);
    tables_leave(room);
}

static void defaults_there_and_back(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_job job;
    struct hone_job back;

    hone_job_default(&job);
    CHECK_STR(job.train.model, "auto");
    CHECK_NEAR(job.train.test_share, 0.2, 0);
    HONE_JSON json_t *tree = hone_job_to_json(&job);
    CHECK(json_is_null(json_object_get(json_object_get(tree, "data"), "source")));
    hone_job_default(&back);
    CHECK_OK(&room->run, hone_job_from_json(&room->run, tree, &room->mem, &back));
    HONE_JSON json_t *again = hone_job_to_json(&back);
    CHECK(json_equal(tree, again) == 1);
    CHECK(back.name == NULL && back.train.target == NULL && back.train.set.n == 0);
    tables_leave(room);
}

static void settings_of_every_kind_survive(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    const char *set[] = {"rounds=2000", "alpha=1e-05", "l2=0.1", "penalty=none",
                         "seed=9007199254740991"};
    struct hone_job job;
    struct hone_job back;

    hone_job_default(&job);
    job.train.set = (struct hone_texts){set, 5};
    HONE_JSON json_t *tree = hone_job_to_json(&job);
    struct hone_buf text = hone_buf(&room->mem);
    hone_json_write(&text, tree, true);
    HONE_JSON json_t *kept = NULL;
    CHECK_OK(&room->run, hone_json_parse(&room->run, hone_str(text.ptr), &kept));
    hone_job_default(&back);
    CHECK_OK(&room->run, hone_job_from_json(&room->run, kept, &room->mem, &back));
    CHECK(back.train.set.n == 5);
    for (size_t i = 0; i < 5; i++) {
        struct hone_str key;
        struct hone_str was;
        struct hone_str is;
        int64_t a;
        int64_t b;
        double x;
        double y;
        hone_str_cut(hone_str(set[i]), '=', &key, &was);
        hone_str_cut(hone_str(back.train.set.item[i]), '=', &key, &is);
        if (hone_parse_i64(
                was, &a)) { /* whole numbers stay whole: integer settings take no "50.0" */
            CHECK(hone_parse_i64(is, &b) && a == b);
        } else if (hone_parse_f64(was, &x)) {
            CHECK(hone_parse_f64(is, &y));
            CHECK_NEAR(y, x, 0);
        } else {
            CHECK(hone_str_eq(was, is));
        }
    }
    tables_leave(room);
}

static void expect_refused(struct tables_room *room, const char *yaml, const char *message,
                           const char *hint)
{
    struct hone_job job;
    enum hone_code code = parse(room, yaml, &job);

    if (hint != NULL && strstr(room->run.err.hint, hint) == NULL) {
        print_error("%s: hint is \"%s\"\n", yaml, room->run.err.hint);
        fail();
    }
    CHECK_FAILS_WITH(&room->run, code, HONE_E_ARG, message);
}

static void what_is_not_known_names_the_nearest(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);

    expect_refused(room, "gaol: {target: y}\n", "no section gaol", "goal");
    expect_refused(room, "goal: {taget: y}\n", "goal has no key taget", "target");
    expect_refused(room, "model: {setings: {a: 1}}\n", "no key setings", "settings");
    expect_refused(room, "data: {red: {}}\n", "no key red", "read");
    expect_refused(room, "data: {read: {delimeter: ';'}}\n", "delimeter", "delimiter");
    expect_refused(room, "split: {banana: 1}\n", "no key banana", "hone config render");
    expect_refused(room, "goal: {setting: 1}\n", "no key setting", "hone config render");
    tables_leave(room);
}

static void values_that_can_not_be(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);

    expect_refused(room, "split: {test_share: 2}\n", "split.test_share", NULL);
    expect_refused(room, "evaluate: {folds: many}\n", "evaluate.folds", NULL);
    expect_refused(room, "split: {by: luck}\n", "split.by", NULL);
    expect_refused(room, "project: {seed: -1}\n", "project.seed", NULL);
    expect_refused(room, "model: {settings: 7}\n", "model.settings", NULL);
    expect_refused(room, "goal: y\n", "goal is not a map", NULL);
    expect_refused(room, "[1, 2]\n", "not a map", NULL);
    tables_leave(room);
}

static void from_a_file(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    const char *folder = check_folder();
    const char *path = check_path(folder, "hone.yaml");
    struct hone_job job;

    check_write(path, full);
    hone_job_default(&job);
    CHECK_OK(&room->run, hone_job_from_file(&room->run, path, &room->mem, &job));
    expect_full(&job);
    check_write(path, "goal: {tagret: y}\n");
    CHECK_FAILS_WITH(&room->run, hone_job_from_file(&room->run, path, &room->mem, &job),
                     HONE_E_ARG, "hone.yaml");
    check_write(path, "goal: {target: y\n");
    CHECK_FAILS_WITH(&room->run, hone_job_from_file(&room->run, path, &room->mem, &job),
                     HONE_E_FORMAT, "hone.yaml");
    CHECK_FAILS(&room->run,
                hone_job_from_file(&room->run, check_path(folder, "no.yaml"), &room->mem, &job),
                HONE_E_NOT_FOUND);
    tables_leave(room);
}

static void a_tree_is_laid_over_what_is_there(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_job job;
    HONE_JSON json_t *tree = json_pack("{s:{s:s, s:n}}", "goal", "target", "z", "metric");

    CHECK_OK(&room->run, parse(room, full, &job));
    CHECK_OK(&room->run, hone_job_from_json(&room->run, tree, &room->mem, &job));
    CHECK_STR(job.train.target, "z");
    CHECK_STR(job.train.metric, "log_loss"); /* null says nothing */
    CHECK_STR(job.train.positive, "yes it did");
    tables_leave(room);
}

static void what_is_no_map_stays_a_list(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_job job;
    struct hone_job back;
    const char *numbers[] = {"100", "-20", "-100", "0"};
    const char *twice[] = {"roc_auc>=0.8", "roc_auc <= 0.9"};
    const char *torn[] = {"rounds"};

    hone_job_default(&job);
    job.train.value = (struct hone_texts){numbers, 4};
    job.train.success = (struct hone_texts){twice, 2};
    job.train.set = (struct hone_texts){torn, 1};
    HONE_JSON json_t *tree = hone_job_to_json(&job);
    hone_job_default(&back);
    CHECK_OK(&room->run, hone_job_from_json(&room->run, tree, &room->mem, &back));
    expect_list(&back.train.value, 4, numbers);
    expect_list(&back.train.success, 2, twice);
    expect_list(&back.train.set, 1, (const char *const[]){"rounds="});
    tables_leave(room);
}

const struct CMUnitTest hone_tests_project[] = {
    cmocka_unit_test(every_key_there_and_back),
    cmocka_unit_test(defaults_there_and_back),
    cmocka_unit_test(settings_of_every_kind_survive),
    cmocka_unit_test(what_is_not_known_names_the_nearest),
    cmocka_unit_test(values_that_can_not_be),
    cmocka_unit_test(from_a_file),
    cmocka_unit_test(a_tree_is_laid_over_what_is_there),
    cmocka_unit_test(what_is_no_map_stays_a_list),
};
const size_t hone_tests_project_n = sizeof hone_tests_project / sizeof hone_tests_project[0];
