/* Where yes begins: how it is asked for, and by what it is chosen. */
#include "base/rng.h"
#include "flow/train/cutoff.h"
#include "tables.h"

static enum hone_code ask(struct tables_room *room, const char *threshold, const char *value,
                          enum hone_task task, struct hone_cutoff_rule *rule,
                          struct hone_goals *goals)
{
    struct hone_train_settings set;
    hone_settings_default(&hone_train_options, &set);
    set.threshold = threshold;
    if (value != NULL) {
        CHECK_OK(&room->run, hone_setting_set(&room->run, &hone_train_options, &set,
                                              hone_str("value"), hone_str(value), &room->mem));
    }
    CHECK_OK(&room->run, hone_goals_read(&room->run, &set, &room->mem, goals));
    return hone_cutoff_read(&room->run, &set, goals, task, rule);
}

static void what_can_be_asked_for(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_run *run = &room->run;
    struct hone_cutoff_rule r;
    struct hone_goals g;
    const enum hone_task two = HONE_TASK_BINARY;

    CHECK_OK(run, ask(room, NULL, NULL, two, &r, &g));
    CHECK(r.name == NULL);
    CHECK_NEAR(r.number, 0.5, 0);
    CHECK_OK(run, ask(room, NULL, NULL, HONE_TASK_REGRESSION, &r, &g));
    CHECK_OK(run, ask(room, "0.25", NULL, two, &r, &g));
    CHECK_NEAR(r.number, 0.25, 0);
    CHECK_OK(run, ask(room, "youden", NULL, two, &r, &g));
    CHECK_STR(r.name, "youden");
    CHECK_OK(run, ask(room, NULL, "1,-1,0,0", two, &r, &g));
    CHECK_STR(r.name, "value");
    CHECK_OK(run, ask(room, "0.5", "1,-1,0,0", two, &r, &g));
    CHECK(r.name == NULL);
    CHECK_FAILS_WITH(run, ask(room, "1.5", NULL, two, &r, &g), HONE_E_ARG, "no probability");
    CHECK_FAILS_WITH(run, ask(room, "nan", NULL, two, &r, &g), HONE_E_ARG, "nan");
    CHECK_FAILS_WITH(run, ask(room, "f2", NULL, two, &r, &g), HONE_E_ARG, "f2");
    CHECK_FAILS_WITH(run, ask(room, "value", NULL, two, &r, &g), HONE_E_ARG, "worth");
    CHECK_FAILS_WITH(run, ask(room, "f1", NULL, HONE_TASK_MULTICLASS, &r, &g), HONE_E_ARG,
                     "two classes");
    tables_leave(room);
}

#define ROWS 4000
struct rows {
    struct hone_prediction p;
    double y[ROWS], score[2 * ROWS];
};

/* Probabilities that are true, or odds that are `factor` times too high. */
static struct rows *draw(struct tables_room *room, uint64_t stream, double factor)
{
    struct rows *r = hone_new(&room->mem, struct rows);
    struct hone_rng rng = hone_rng(11, stream);
    for (size_t i = 0; i < ROWS; i++) {
        double p = 1 / (1 + exp(-1.5 * hone_rng_normal(&rng)));
        r->y[i] = hone_rng_unit(&rng) < p;
        double odds = factor * p / (1 - p);
        r->score[2 * i + 1] = odds / (1 + odds);
        r->score[2 * i] = 1 - r->score[2 * i + 1];
    }
    r->p = (struct hone_prediction){
        .task = HONE_TASK_BINARY, .rows = ROWS, .classes = 2, .y = r->y, .score = r->score};
    return r;
}

static void worth_decides_where_probabilities_are_true(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_cutoff_rule rule;
    struct hone_goals goals;
    struct hone_cutoff c;
    size_t by_rows = 0;

    CHECK_OK(&room->run, ask(room, NULL, "40,-10,-50,0", HONE_TASK_BINARY, &rule, &goals));
    for (uint64_t s = 0; s < 20; s++) {
        struct rows *r = draw(room, s, 1);
        CHECK_OK(&room->run, hone_cutoff_choose(&room->run, &rule, &goals, &r->p, &c));
        by_rows += fabs(c.at - 0.1) > 1e-12; /* 10 / (10 + 90) */
        CHECK_NEAR(c.reached, hone_worth_at(&r->p, &goals.worth, c.at), 0);
        CHECK_NEAR(c.half, hone_worth_at(&r->p, &goals.worth, 0.5), 0);
        CHECK(c.reached > c.half);
    }
    CHECK(by_rows <= 1);
    /* odds eight times too high: yes should begin at 8 / 17, and the rows show it */
    struct rows *wrong = draw(room, 3, 8);
    CHECK_OK(&room->run, hone_cutoff_choose(&room->run, &rule, &goals, &wrong->p, &c));
    CHECK_NEAR(c.at, 8.0 / 17, 0.1); /* worth is flat near its best */
    tables_leave(room);
}

static void other_rules_take_the_best(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    static const char *const names[] = {"f1", "youden", "accuracy"};
    struct rows *r = draw(room, 7, 1);
    struct hone_cutoff_rule rule;
    struct hone_goals goals;
    struct hone_cutoff c;

    for (size_t i = 0; i < 3; i++) {
        struct hone_threshold best;
        CHECK_OK(&room->run, ask(room, names[i], NULL, HONE_TASK_BINARY, &rule, &goals));
        CHECK_OK(&room->run, hone_cutoff_choose(&room->run, &rule, &goals, &r->p, &c));
        CHECK_OK(&room->run,
                 hone_threshold_best(&room->run, &r->p, rule.rule, &goals.worth, &best));
        CHECK_NEAR(c.at, best.at, 0);
        CHECK_NEAR(c.reached, best.value, 1e-12); /* the same counts, summed in another order */
        CHECK(c.reached >= c.half && c.why == NULL);
    }
    for (size_t i = 0; i < ROWS; i++) {
        r->y[i] = 0;
    }
    CHECK_OK(&room->run, hone_cutoff_choose(&room->run, &rule, &goals, &r->p, &c));
    CHECK_NEAR(c.at, 0.5, 0);
    CHECK(strstr(c.why, "one class") != NULL);
    tables_leave(room);
}

const struct CMUnitTest hone_tests_cutoff[] = {
    cmocka_unit_test(what_can_be_asked_for),
    cmocka_unit_test(worth_decides_where_probabilities_are_true),
    cmocka_unit_test(other_rules_take_the_best),
};
const size_t hone_tests_cutoff_n = sizeof hone_tests_cutoff / sizeof hone_tests_cutoff[0];
