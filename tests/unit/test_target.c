/* The task and the classes that a target column means, and the targets of rows. */
#include <stdio.h>
#include <string.h>

#include "flow/train/target.h"
#include "tables.h"

static const char *csv(struct hone_arena *mem, const char *values)
{
    struct hone_buf text = hone_buf(mem);

    hone_buf_text(&text, "y,x\n");
    for (const char *at = values; *at != '\0';) {
        size_t len = strcspn(at, "|");
        hone_buf_format(&text, "%.*s,1\n", (int)len, at);
        at += len + (at[len] == '|');
    }
    return text.ptr;
}

struct found {
    struct tables_room *room;
    struct hone_table *t;
    struct hone_target_facts facts;
};

static enum hone_code find(struct found *f, const char *values, const char *types,
                           const char *task, const char *positive)
{
    struct hone_run *run = &f->room->run;
    const struct hone_target_choice choice = {"y", task, positive};

    f->t = tables_read(run, &f->room->mem, csv(&f->room->mem, values), types);
    return hone_target_find(run, f->t, &choice, &f->room->mem, &f->facts);
}

static void expect_classes(const struct found *f, enum hone_task task, const char *names)
{
    char got[400] = "";

    CHECK(f->facts.task == task);
    for (size_t k = 0; k < f->facts.classes; k++) {
        size_t len = strlen(got);
        snprintf(got + len, sizeof got - len, "%s%s", k > 0 ? "|" : "", f->facts.class_name[k]);
    }
    CHECK_STR(got, names);
}

static void kinds_of_target(void **state)
{
    (void)state;
    struct found f = {.room = tables_enter(0)};
    struct hone_run *run = &f.room->run;

    CHECK_OK(run, find(&f, "no|yes|no", "y=category", "auto", NULL));
    expect_classes(&f, HONE_TASK_BINARY, "no|yes");
    CHECK_OK(run, find(&f, "b|c|a|B", "y=text", "auto", NULL));
    expect_classes(&f, HONE_TASK_MULTICLASS, "B|a|b|c"); /* byte order */
    CHECK_OK(run, find(&f, "true|false|true", NULL, "auto", NULL));
    expect_classes(&f, HONE_TASK_BINARY, "false|true");
    CHECK(f.facts.type == HONE_BOOL);
    CHECK_OK(run, find(&f, "1|0|1", "y=int64", "auto", NULL));
    expect_classes(&f, HONE_TASK_BINARY, "0|1");
    CHECK_OK(run, find(&f, "10|9|-2|10", NULL, "auto", NULL));
    expect_classes(&f, HONE_TASK_MULTICLASS, "-2|9|10"); /* numbers in their order */
    CHECK_OK(run, find(&f, "10|9|2|x", "y=category", "auto", NULL));
    expect_classes(&f, HONE_TASK_MULTICLASS, "2|9|10|x");
    CHECK_OK(run, find(&f, "0.5|1.5|0.5", NULL, "auto", NULL));
    expect_classes(&f, HONE_TASK_BINARY, "0.5|1.5"); /* two values are two classes */
    CHECK_OK(run, find(&f, "1.5|2|3", NULL, "auto", NULL));
    CHECK(f.facts.task == HONE_TASK_REGRESSION && f.facts.classes == 1);
    CHECK_OK(run, find(&f, "1.0|2.0|3.0", "y=float64", "auto", NULL));
    expect_classes(&f, HONE_TASK_MULTICLASS, "1|2|3");
    tables_leave(f.room);
}

static void few_whole_numbers_are_classes(void **state)
{
    (void)state;
    struct found f = {.room = tables_enter(0)};
    struct hone_run *run = &f.room->run;

    CHECK_OK(run, find(&f, "0|1|2|3|4|5|6|7|8|9", NULL, "auto", NULL));
    CHECK(f.facts.task == HONE_TASK_MULTICLASS && f.facts.classes == HONE_FEW_CLASSES);
    CHECK_OK(run, find(&f, "0|1|2|3|4|5|6|7|8|9|10", NULL, "auto", NULL));
    CHECK(f.facts.task == HONE_TASK_REGRESSION);
    CHECK_OK(run, find(&f, "0|1|2|3|4|5|6|7|8|9|10", NULL, "classification", NULL));
    CHECK(f.facts.classes == 11);
    CHECK_OK(run, find(&f, "0|1|2", NULL, "regression", NULL));
    CHECK(f.facts.task == HONE_TASK_REGRESSION && f.facts.classes == 1);
    CHECK_OK(run, find(&f, "true|false", NULL, "regression", NULL));
    CHECK(f.facts.task == HONE_TASK_REGRESSION);
    tables_leave(f.room);
}

static void positive_class_is_the_last(void **state)
{
    (void)state;
    struct found f = {.room = tables_enter(0)};
    struct hone_run *run = &f.room->run;

    CHECK_OK(run, find(&f, "good|bad|good", "y=category", "auto", "bad"));
    expect_classes(&f, HONE_TASK_BINARY, "good|bad");
    CHECK_OK(run, find(&f, "good|bad|good", "y=category", "auto", "good"));
    expect_classes(&f, HONE_TASK_BINARY, "bad|good");
    CHECK_FAILS_WITH(run, find(&f, "good|bad", "y=category", "auto", "ugly"), HONE_E_NOT_FOUND,
                     "ugly");
    CHECK_FAILS_WITH(run, find(&f, "a|b|c", "y=category", "auto", "a"), HONE_E_ARG,
                     "two classes");
    CHECK_FAILS_WITH(run, find(&f, "1.5|2|3", NULL, "auto", "2"), HONE_E_ARG, "numbers");
    tables_leave(f.room);
}

static void targets_that_can_not_be(void **state)
{
    (void)state;
    struct found f = {.room = tables_enter(0)};
    struct hone_run *run = &f.room->run;
    const struct hone_target_choice wrong = {"z", "auto", NULL};
    struct hone_buf many = hone_buf(&f.room->mem);

    CHECK_FAILS_WITH(run, find(&f, "|||", "y=float64", "auto", NULL), HONE_E_ARG,
                     "all 3 values are missing");
    CHECK_FAILS_WITH(run, find(&f, "a|a||a", "y=category", "auto", NULL), HONE_E_ARG,
                     "nothing to learn");
    CHECK_FAILS_WITH(run, find(&f, "7|7|7", NULL, "regression", NULL), HONE_E_ARG,
                     "7 in every");
    CHECK_FAILS_WITH(run, find(&f, "2020-01-01|2020-01-02", NULL, "auto", NULL), HONE_E_ARG,
                     "date");
    CHECK_FAILS_WITH(run, find(&f, "a|b|c", "y=category", "regression", NULL), HONE_E_ARG,
                     "regression needs numbers");
    CHECK_FAILS_WITH(run, hone_target_find(run, f.t, &wrong, &f.room->mem, &f.facts),
                     HONE_E_NOT_FOUND, "z");
    for (int i = 0; i <= HONE_MANY_CLASSES; i++) {
        hone_buf_format(&many, "%sc%d", i > 0 ? "|" : "", i);
    }
    CHECK_FAILS_WITH(run, find(&f, many.ptr, "y=text", "auto", NULL), HONE_E_ARG,
                     "more than 1000 classes");
    tables_leave(f.room);
}

static enum hone_code read_targets(const struct found *f, const char *values, const char *types,
                                   struct hone_target_rows *out)
{
    struct hone_table *t =
        tables_read(&f->room->run, &f->room->mem, csv(&f->room->mem, values), types);

    return hone_target_read(&f->room->run, &f->facts, t, &f->room->mem, out);
}

static void rows_with_a_target(void **state)
{
    (void)state;
    struct found f = {.room = tables_enter(0)};
    struct hone_run *run = &f.room->run;
    struct hone_target_rows r;

    CHECK_OK(run, find(&f, "no|yes|no", "y=category", "auto", NULL));
    CHECK_OK(run, read_targets(&f, "yes||no|yes", "y=category", &r));
    CHECK(r.n == 3 && r.missing == 1 && r.repaired == 0);
    static const size_t row[] = {0, 2, 3};
    static const double y[] = {1, 0, 1};
    for (size_t i = 0; i < 3; i++) {
        CHECK(r.row[i] == row[i]);
        CHECK_NEAR(r.y[i], y[i], 0);
    }
    CHECK_FAILS_WITH(run, read_targets(&f, "no|maybe", "y=text", &r), HONE_E_FORMAT,
                     "row 2: y is maybe");
    CHECK_FAILS_WITH(run, read_targets(&f, "||", "y=text", &r), HONE_E_ARG, "no row has a y");
    CHECK_OK(run, find(&f, "1.5|-2|1e3", NULL, "auto", NULL));
    CHECK_OK(run, read_targets(&f, "|3|0.25", NULL, &r));
    CHECK(r.n == 2 && r.missing == 1 && r.row[0] == 1);
    CHECK_NEAR(r.y[1], 0.25, 0);
    CHECK_FAILS_WITH(run, read_targets(&f, "1|dear|2", "y=text", &r), HONE_E_FORMAT, "dear");
    tables_leave(f.room);
}

static void full_stops_and_blanks_are_repaired(void **state)
{
    (void)state;
    struct found f = {.room = tables_enter(0)};
    struct hone_run *run = &f.room->run;
    struct hone_target_rows r;

    CHECK_OK(run, find(&f, "<=50K|>50K", "y=text", "auto", NULL));
    CHECK_OK(run, read_targets(&f, "<=50K.|>50K.| >50K|<=50K", "y=text", &r));
    CHECK(r.n == 4 && r.repaired == 3);
    CHECK_NEAR(r.y[0] + 10 * r.y[1] + 100 * r.y[2] + 1000 * r.y[3], 110, 0);
    CHECK_FAILS(run, read_targets(&f, "<=50K..", "y=text", &r), HONE_E_FORMAT);
    /* a class that itself ends in a full stop is that class */
    CHECK_OK(run, find(&f, "a|a.", "y=text", "auto", NULL));
    CHECK_OK(run, read_targets(&f, "a.|a", "y=text", &r));
    CHECK(r.repaired == 0);
    CHECK_NEAR(r.y[0] - r.y[1], 1, 0);
    tables_leave(f.room);
}

static void classes_are_known_in_another_type(void **state)
{
    (void)state;
    struct found f = {.room = tables_enter(0)};
    struct hone_run *run = &f.room->run;
    struct hone_target_rows r;

    CHECK_OK(run, find(&f, "0|1|2", "y=int64", "auto", NULL));
    CHECK_OK(run, read_targets(&f, "2|0|1", "y=text", &r));
    CHECK_NEAR(r.y[0], 2, 0);
    CHECK_OK(run, read_targets(&f, "2.0|0|1", "y=float64", &r));
    CHECK_NEAR(r.y[0], 2, 0);
    tables_leave(f.room);
}

static void a_signature_knows_its_target(void **state)
{
    (void)state;
    const char *names[] = {"a", "b"};
    const struct hone_signature s = {.task = HONE_TASK_BINARY,
                                     .target = "t",
                                     .target_type = HONE_BOOL,
                                     .classes = 2,
                                     .class_name = names};
    const struct hone_target_facts facts = hone_target_of(&s);

    CHECK_STR(facts.name, "t");
    CHECK(facts.task == HONE_TASK_BINARY && facts.type == HONE_BOOL && facts.classes == 2);
    CHECK(facts.class_name == names);
}

const struct CMUnitTest hone_tests_target[] = {
    cmocka_unit_test(kinds_of_target),
    cmocka_unit_test(few_whole_numbers_are_classes),
    cmocka_unit_test(positive_class_is_the_last),
    cmocka_unit_test(targets_that_can_not_be),
    cmocka_unit_test(rows_with_a_target),
    cmocka_unit_test(full_stops_and_blanks_are_repaired),
    cmocka_unit_test(classes_are_known_in_another_type),
    cmocka_unit_test(a_signature_knows_its_target),
};
const size_t hone_tests_target_n = sizeof hone_tests_target / sizeof hone_tests_target[0];
