/* Goals: how they are read and judged, and what answers are worth. */
#include "flow/project.h"
#include "flow/train/goal.h"
#include "tables.h"

static enum hone_code read_goals(struct tables_room *room, const char *success,
                                 const char *value, struct hone_goals *out)
{
    struct hone_train_settings set;
    hone_settings_default(&hone_train_options, &set);
    if (success != NULL) {
        CHECK_OK(&room->run,
                 hone_setting_set(&room->run, &hone_train_options, &set, hone_str("success"),
                                  hone_str(success), &room->mem));
    }
    if (value != NULL) {
        CHECK_OK(&room->run, hone_setting_set(&room->run, &hone_train_options, &set,
                                              hone_str("value"), hone_str(value), &room->mem));
    }
    return hone_goals_read(&room->run, &set, &room->mem, out);
}

static void goals_are_read(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_goals g;

    CHECK_OK(&room->run, read_goals(room, NULL, NULL, &g));
    CHECK(g.n == 0 && !g.valued && g.unit == NULL);
    CHECK_OK(&room->run,
             read_goals(room, "roc_auc>=0.9, rmse <= 4.7e4, log_loss=0.3, f1 = 0.5, ece < 0.1",
                        NULL, &g));
    CHECK(g.n == 5);
    CHECK_STR(hone_goal_text(&g.item[0], &room->mem), "roc_auc >= 0.9");
    CHECK_STR(hone_goal_text(&g.item[1], &room->mem), "rmse <= 47000");
    CHECK_STR(hone_goal_text(&g.item[2], &room->mem), "log_loss <= 0.3");
    CHECK_STR(hone_goal_text(&g.item[3], &room->mem), "f1 >= 0.5");
    CHECK_STR(hone_goal_text(&g.item[4], &room->mem), "ece <= 0.1");
    CHECK_OK(&room->run,
             hone_goals_check(&room->run, &(struct hone_goals){0}, HONE_TASK_REGRESSION));
    CHECK_FAILS_WITH(&room->run, hone_goals_check(&room->run, &g, HONE_TASK_REGRESSION),
                     HONE_E_ARG, "goal roc_auc");
    CHECK_OK(&room->run, read_goals(room, "precision>=0.2,precision<=0.4", NULL, &g));
    CHECK_OK(&room->run, read_goals(room, "fbeta:beta=0.5 >= 0.7", NULL, &g));
    CHECK_NEAR(g.item[0].bound, 0.7, 0);
    CHECK(g.item[0].at_least);
    tables_leave(room);
}

static void what_is_no_goal(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_goals g;
    static const char *const bad[] = {"roc_auc",       "roc_auc>=",   ">=0.9",
                                      "roc_auc>=high", "roc_auc>==1", "roc_auc>=nan",
                                      "roc_auc>=inf"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_FAILS_WITH(&room->run, read_goals(room, bad[i], NULL, &g), HONE_E_ARG,
                         "is no goal");
    }
    CHECK_FAILS_WITH(&room->run, read_goals(room, "auc_roc>=0.9", NULL, &g), HONE_E_ARG,
                     "auc_roc");
    CHECK_FAILS_WITH(&room->run, read_goals(room, "f1>=0.5,f1>=0.6", NULL, &g), HONE_E_ARG,
                     "two goals for f1");
    CHECK_FAILS_WITH(&room->run, read_goals(room, "f1>=0.5,f1<=0.4", NULL, &g), HONE_E_ARG,
                     "two goals for f1");
    tables_leave(room);
}

static void worth_is_read(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_goals g;

    CHECK_OK(&room->run, read_goals(room, NULL, "100,-20,-50.5,1", &g));
    CHECK(g.valued);
    CHECK_NEAR(g.worth.true_positive, 100, 0);
    CHECK_NEAR(g.worth.false_positive, -20, 0);
    CHECK_NEAR(g.worth.false_negative, -50.5, 0);
    CHECK_NEAR(g.worth.true_negative, 1, 0);
    CHECK_FAILS_WITH(&room->run, hone_goals_check(&room->run, &g, HONE_TASK_MULTICLASS),
                     HONE_E_ARG, "two classes");
    CHECK_OK(&room->run, hone_goals_check(&room->run, &g, HONE_TASK_BINARY));
    CHECK_OK(&room->run, read_goals(room, NULL, "fp=-5,true_positive = 100", &g));
    CHECK_NEAR(g.worth.true_positive, 100, 0);
    CHECK_NEAR(g.worth.false_positive, -5, 0);
    CHECK_NEAR(g.worth.false_negative, 0, 0);
    CHECK_FAILS_WITH(&room->run, read_goals(room, NULL, "1,2,3", &g), HONE_E_ARG, "3 numbers");
    CHECK_FAILS_WITH(&room->run, read_goals(room, NULL, "100,-20,x,1", &g), HONE_E_ARG, "'x'");
    CHECK_FAILS_WITH(&room->run, read_goals(room, NULL, "tp=1,fp=-1,fp=-2", &g), HONE_E_ARG,
                     "'fp=-2'");
    CHECK_FAILS_WITH(&room->run, read_goals(room, NULL, "tp=1,-1", &g), HONE_E_ARG, "'-1'");
    CHECK_FAILS_WITH(&room->run, read_goals(room, NULL, "pt=1", &g), HONE_E_ARG, "'pt=1'");
    CHECK_FAILS_WITH(&room->run, read_goals(room, NULL, "0,-20,0,5", &g), HONE_E_ARG,
                     "right answer");
    tables_leave(room);
}

static void verdicts_follow_the_interval(void **state)
{
    (void)state;
    const struct hone_goal high = {.at_least = true, .bound = 0.9};
    const struct hone_goal low = {.at_least = false, .bound = 10};
    const struct {
        double low, high;
        enum hone_verdict high_verdict, low_verdict;
    } c[] = {
        {0.9, 0.95, HONE_VERDICT_PASS, HONE_VERDICT_PASS},
        {0.89, 0.95, HONE_VERDICT_UNSURE, HONE_VERDICT_PASS},
        {0.5, 0.9, HONE_VERDICT_UNSURE, HONE_VERDICT_PASS},
        {0.5, 0.89, HONE_VERDICT_FAIL, HONE_VERDICT_PASS},
        {9, 11, HONE_VERDICT_PASS, HONE_VERDICT_UNSURE},
        {10.5, 11, HONE_VERDICT_PASS, HONE_VERDICT_FAIL},
        {10, 11, HONE_VERDICT_PASS, HONE_VERDICT_UNSURE},
        {(double)NAN, (double)NAN, HONE_VERDICT_UNSURE, HONE_VERDICT_UNSURE},
    };

    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        const struct hone_interval interval = {.low = c[i].low, .high = c[i].high};
        CHECK(hone_goal_judge(&high, &interval) == c[i].high_verdict);
        CHECK(hone_goal_judge(&low, &interval) == c[i].low_verdict);
    }
    CHECK_STR(hone_verdict_name(HONE_VERDICT_PASS), "pass");
    CHECK_STR(hone_verdict_name(HONE_VERDICT_FAIL), "fail");
    CHECK_STR(hone_verdict_name(HONE_VERDICT_UNSURE), "insufficient evidence");
}

static void worth_of_answers(void **state)
{
    (void)state;
    const double y[] = {1, 1, 0, 0};
    const double score[] = {0.1, 0.9, 0.6, 0.4, 0.3, 0.7, 0.8, 0.2};
    const double weight[] = {1, 2, 1, 4};
    const struct hone_value_matrix worth = {100, -20, -50, 1};
    struct hone_prediction p = {
        .task = HONE_TASK_BINARY, .rows = 4, .classes = 2, .y = y, .score = score};

    /* at 0.5: true positive, false negative, false positive, true negative */
    CHECK_NEAR(hone_worth_at(&p, &worth, 0.5), (100.0 - 50 - 20 + 1) / 4, 1e-12);
    CHECK_NEAR(hone_worth_at(&p, &worth, 0.4), (100.0 + 100 - 20 + 1) / 4, 1e-12);
    CHECK_NEAR(hone_worth_at(&p, &worth, 2), (-50.0 - 50 + 1 + 1) / 4, 1e-12);
    CHECK_NEAR(hone_worth_at(&p, &worth, 0), (100.0 + 100 - 20 - 20) / 4, 1e-12);
    p.weight = weight;
    CHECK_NEAR(hone_worth_at(&p, &worth, 0.5), (100.0 - 100 - 20 + 4) / 8, 1e-12);
    p.rows = 0;
    CHECK(isnan(hone_worth_at(&p, &worth, 0.5)));
}

const struct CMUnitTest hone_tests_goal[] = {
    cmocka_unit_test(goals_are_read),   cmocka_unit_test(what_is_no_goal),
    cmocka_unit_test(worth_is_read),    cmocka_unit_test(verdicts_follow_the_interval),
    cmocka_unit_test(worth_of_answers),
};
const size_t hone_tests_goal_n = sizeof hone_tests_goal / sizeof hone_tests_goal[0];
