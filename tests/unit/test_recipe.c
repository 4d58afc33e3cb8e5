/* Which columns are used and how, and what fitting a recipe hands out. */
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "prep/recipe.h"
#include "tables.h"

#define ROWS 200

/*
 * 200 rows of every kind of column.  y is what is to be predicted.
 */
static const char *kinds(struct hone_arena *mem)
{
    static const char *const word[] = {"red", "green", "blue"};
    struct hone_rng rng = hone_rng(2, 2);
    struct hone_buf text = hone_buf(mem);

    hone_buf_text(&text,
                  "y,number,flag,colour,town,key,constant,nearly,empty,id,count,note,cabin,"
                  "day,one_day\n");
    for (int i = 0; i < ROWS; i++) {
        int town = (int)hone_rng_below(&rng, 40);
        hone_buf_format(&text, "%d,%.3f,%s,%s,t%d,k%d,7,%s,,%d,%d,n%d,", i % 2,
                        hone_rng_normal(&rng), i % 3 == 0 ? "true" : "false", word[i % 3],
                        i < 40 ? i : town, i % 70, i % 50 == 0 ? "" : "5", 1000 + i, i * 3, i);
        if (i % 3 == 1) {
            hone_buf_format(&text, "c%d", i * 7);
        }
        hone_buf_format(&text, ",2024-%02d-01,%s\n", 1 + i % 12,
                        i % 10 == 0 ? "" : "2024-05-05");
    }
    return text.ptr;
}

static const char types[] = "colour=category,town=category,key=category,note=text,cabin=text,"
                            "empty=float64";

struct chosen {
    struct tables_room *room;
    struct hone_table *t;
    size_t *row;
    struct hone_recipe *recipe;
};

static struct chosen choose(enum hone_task task, const struct hone_recipe_names *names)
{
    struct chosen c = {.room = tables_enter(4)};

    c.t = tables_read(&c.room->run, &c.room->mem, kinds(&c.room->mem), types);
    CHECK(c.t->rows == ROWS && c.t->cols == 15);
    c.row = tables_rows(&c.room->mem, ROWS);
    CHECK_OK(&c.room->run, hone_recipe_choose(&c.room->run, c.t, c.row, ROWS, task, names,
                                              &c.room->mem, &c.recipe));
    return c;
}

static const struct hone_recipe_column *column(const struct chosen *c, const char *name)
{
    for (size_t j = 0; j < c->recipe->cols; j++) {
        if (strcmp(c->recipe->column[j].name, name) == 0) {
            return &c->recipe->column[j];
        }
    }
    return NULL;
}

static void expect_used(const struct chosen *c, const char *name, const char *transform,
                        const char *scaled)
{
    const struct hone_recipe_column *r = column(c, name);

    CHECK(r != NULL);
    CHECK(r->transform != NULL && r->scaled != NULL);
    CHECK_STR(r->transform, transform);
    CHECK_STR(r->scaled, scaled);
}

static void expect_left_out(const struct chosen *c, const char *name, const char *why)
{
    const struct hone_recipe_column *r = column(c, name);

    CHECK(r != NULL && r->transform == NULL && r->scaled == NULL && r->why != NULL);
    CHECK(strstr(r->why, why) != NULL);
}

static const struct hone_recipe_names plain = {.target = "y"};

static void columns_of_every_kind(void **state)
{
    (void)state;
    struct chosen c = choose(HONE_TASK_BINARY, &plain);

    CHECK(column(&c, "y") == NULL);
    expect_used(&c, "number", "number", "number");
    expect_used(&c, "flag", "number", "number");
    expect_used(&c, "colour", "rank", "onehot");
    expect_used(&c, "town", "target", "onehot"); /* 40 levels: over 32, at most 64 */
    expect_used(&c, "key", "target", "target");  /* 70 levels */
    expect_left_out(&c, "constant", "constant");
    expect_used(&c, "nearly", "number", "number"); /* one value, but not always there */
    expect_left_out(&c, "empty", "all missing");
    expect_left_out(&c, "id", "row number");
    expect_used(&c, "count", "number", "number"); /* one in three of its range: no row number */
    expect_left_out(&c, "note", "text");
    expect_used(&c, "cabin", "present", "present");
    CHECK(column(&c, "cabin")->why != NULL);
    expect_used(&c, "day", "date_parts", "date_parts");
    expect_used(&c, "one_day", "present", "present");
    CHECK(c.recipe->cols == 14 && c.recipe->used == 10);
    CHECK(column(&c, "town")->distinct == 40 && column(&c, "colour")->distinct == 3);
    tables_leave(c.room);
}

static void several_classes_have_no_order(void **state)
{
    (void)state;
    struct chosen c = choose(HONE_TASK_MULTICLASS, &plain);

    expect_used(&c, "colour", "onehot", "onehot");
    expect_used(&c, "town", "target", "onehot");
    expect_used(&c, "key", "target", "target");
    tables_leave(c.room);
}

static void rules_look_at_training_rows_only(void **state)
{
    (void)state;
    struct chosen c = choose(HONE_TASK_BINARY, &plain);
    size_t few[60];
    size_t n = 0;

    for (size_t i = 0; n < 60; i += 3) {
        few[n++] = i; /* always "red" */
    }
    CHECK_OK(&c.room->run, hone_recipe_choose(&c.room->run, c.t, few, n, HONE_TASK_BINARY,
                                              &plain, &c.room->mem, &c.recipe));
    expect_left_out(&c, "colour", "constant");
    tables_leave(c.room);
}

static void drop_and_keep(void **state)
{
    (void)state;
    const char *drop[] = {"number", "colour"};
    const char *keep[] = {"id", "note"};
    const struct hone_recipe_names names = {
        .target = "y", .drop = {drop, 2}, .keep = {keep, 2}};
    struct chosen c = choose(HONE_TASK_REGRESSION, &names);

    expect_left_out(&c, "number", "request");
    expect_left_out(&c, "colour", "request");
    expect_used(&c, "id", "number", "number");
    expect_used(&c, "note", "target", "target");
    tables_leave(c.room);
}

static void names_that_are_no_columns(void **state)
{
    (void)state;
    struct chosen c = choose(HONE_TASK_BINARY, &plain);
    struct hone_run *run = &c.room->run;
    const char *wrong[] = {"colours"};
    const struct hone_recipe_names dropped = {.target = "y", .drop = {wrong, 1}};
    const struct hone_recipe_names kept = {.target = "y", .keep = {wrong, 1}};
    struct hone_recipe *out = NULL;

    CHECK_FAILS_WITH(run,
                     hone_recipe_choose(run, c.t, c.row, ROWS, HONE_TASK_BINARY, &dropped,
                                        &c.room->mem, &out),
                     HONE_E_NOT_FOUND, "colours");
    CHECK_FAILS_WITH(
        run,
        hone_recipe_choose(run, c.t, c.row, ROWS, HONE_TASK_BINARY, &kept, &c.room->mem, &out),
        HONE_E_NOT_FOUND, "colours");
    CHECK(out == NULL);
    tables_leave(c.room);
}

static void no_column_left(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_table *t =
        tables_read(&room->run, &room->mem, "y,c,e\n1,3,\n2,3,\n3,3,\n", "e=float64");
    struct hone_recipe *out;

    CHECK_FAILS_WITH(&room->run,
                     hone_recipe_choose(&room->run, t, tables_rows(&room->mem, 3), 3,
                                        HONE_TASK_REGRESSION, &plain, &room->mem, &out),
                     HONE_E_ARG, "no column is left");
    tables_leave(room);
}

/* --- fitting ------------------------------------------------------------------------------ */

struct fit {
    struct hone_model *model;
    struct hone_fitted fitted;
    double *y;
};

static struct fit fit_on(struct chosen *c, const size_t *row, size_t n, bool scaled)
{
    struct hone_run *run = &c->room->run;
    struct fit f = {.model = hone_model_new(&c->room->mem, "test"),
                    .y = hone_arena_must(&c->room->mem, n * sizeof *f.y)};
    const struct hone_column *y = hone_table_find(c->t, hone_str("y"));
    const struct hone_span rows = {c->t, row, n};
    const struct hone_target target = {HONE_TASK_BINARY, 2, f.y, NULL};

    for (size_t i = 0; i < n; i++) {
        f.y[i] = hone_column_f64(y, row[i]);
    }
    CHECK_OK(run, hone_recipe_fit(run, c->recipe, &rows, &target, scaled, f.model,
                                  &c->room->mem, &f.fitted));
    return f;
}

static bool same(float a, float b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

/* Training sees what the graph gives, but for the features that are out of fold. */
static void training_sees_what_the_graph_gives(void **state)
{
    (void)state;
    struct chosen c = choose(HONE_TASK_BINARY, &plain);

    for (int scaled = 0; scaled < 2; scaled++) {
        struct fit f = fit_on(&c, c.row, ROWS, scaled == 1);
        const struct hone_span rows = {c.t, c.row, ROWS};
        float **x;
        size_t out_of_fold = 0;
        CHECK_OK(&c.room->run,
                 hone_recipe_apply(&c.room->run, f.model, &f.fitted, &rows, &c.room->mem, &x));
        for (size_t j = 0; j < f.fitted.features.n; j++) {
            const struct hone_feature *feature = &f.fitted.features.item[j];
            bool fold = strcmp(feature->source, "key") == 0 ||
                        (scaled == 0 && strcmp(feature->source, "town") == 0);
            size_t differ = 0;
            for (size_t i = 0; i < ROWS; i++) {
                differ += !same(x[j][i], f.fitted.x[j][i]);
                CHECK(scaled == 0 || isfinite(f.fitted.x[j][i]));
            }
            CHECK(fold ? differ > ROWS / 4 : differ == 0);
            CHECK_STR(f.fitted.name[j], feature->name);
            CHECK(f.fitted.category[j] == feature->category);
            out_of_fold += fold;
        }
        CHECK(out_of_fold == (scaled == 1 ? 1 : 2));
        CHECK(f.fitted.signature->inputs == c.recipe->used);
        CHECK_STR(f.fitted.signature->input[0].name, "number");
    }
    tables_leave(c.room);
}

static void other_rows_do_not_change_what_was_fitted(void **state)
{
    (void)state;
    struct chosen c = choose(HONE_TASK_BINARY, &plain);
    struct fit f = fit_on(&c, c.row, 100, true);
    const struct hone_span half = {c.t, c.row, 100};
    const struct hone_span all = {c.t, NULL, ROWS};
    float **a;
    float **b;

    CHECK_OK(&c.room->run,
             hone_recipe_apply(&c.room->run, f.model, &f.fitted, &half, &c.room->mem, &a));
    CHECK_OK(&c.room->run,
             hone_recipe_apply(&c.room->run, f.model, &f.fitted, &all, &c.room->mem, &b));
    for (size_t j = 0; j < f.fitted.features.n; j++) {
        for (size_t i = 0; i < 100; i++) {
            CHECK(same(a[j][i], b[j][i]));
        }
        for (size_t i = 0; i < ROWS; i++) {
            CHECK(isfinite(b[j][i]));
        }
    }
    tables_leave(c.room);
}

static void rare_categories_alone_still_give_a_feature(void **state)
{
    (void)state;
    struct chosen c = {.room = tables_enter(4)};

    c.t = tables_read(&c.room->run, &c.room->mem,
                      "w,y\na,1\nb,0\nc,1\na,0\n,0\nb,1\nc,0\na,1\n", "w=category");
    c.row = tables_rows(&c.room->mem, 8);
    CHECK_OK(&c.room->run, hone_recipe_choose(&c.room->run, c.t, c.row, 8, HONE_TASK_BINARY,
                                              &plain, &c.room->mem, &c.recipe));
    struct fit f = fit_on(&c, c.row, 8, true); /* no level has five rows */
    CHECK(f.fitted.features.n == 1);
    CHECK_STR(f.fitted.name[0], "w is present");
    CHECK_NEAR((double)f.fitted.x[0][0], 1, 0);
    CHECK_NEAR((double)f.fitted.x[0][4], 0, 0);
    tables_leave(c.room);
}

/* A linear model sees one slope of a number: where there are rows to tell, it gets a line that bends. */
static void numbers_bend_for_linear_models(void **state)
{
    (void)state;
    static const size_t sizes[] = {1999, 2000};
    for (size_t k = 0; k < 2; k++) {
        struct chosen c = {.room = tables_enter(4)};
        struct hone_rng rng = hone_rng(3, k);
        struct hone_buf text = hone_buf(&c.room->mem);
        size_t bent = 0;
        hone_buf_text(&text, "x,few,y\n");
        for (size_t i = 0; i < sizes[k]; i++) {
            double x = hone_rng_normal(&rng);
            hone_buf_format(&text, "%.3f,%d,%d\n", x, (int)hone_rng_below(&rng, 20),
                            x * x > 1 ? 1 : 0);
        }
        c.t = tables_read(&c.room->run, &c.room->mem, text.ptr, NULL);
        c.row = tables_rows(&c.room->mem, sizes[k]);
        CHECK_OK(&c.room->run,
                 hone_recipe_choose(&c.room->run, c.t, c.row, sizes[k], HONE_TASK_BINARY,
                                    &plain, &c.room->mem, &c.recipe));
        CHECK(fit_on(&c, c.row, sizes[k], false).fitted.features.n == 2); /* trees need none */
        struct fit f = fit_on(&c, c.row, sizes[k], true);
        for (size_t j = 0; j < f.fitted.features.n; j++) {
            bool piece = strncmp(f.fitted.name[j], "x ", 2) == 0;
            bent += piece;
            for (size_t i = 0; piece && i < sizes[k]; i++) {
                CHECK(f.fitted.x[j][i] >= 0 && f.fitted.x[j][i] <= 1);
            }
        }
        CHECK(f.fitted.features.n == 2 + bent);
        CHECK(sizes[k] < 2000 ? bent == 0 : bent > 2 && bent <= 10);
        tables_leave(c.room);
    }
}

static void fitting_can_be_cancelled(void **state)
{
    (void)state;
    struct chosen c = choose(HONE_TASK_BINARY, &plain);
    static const volatile sig_atomic_t stop = 1;
    static double y[ROWS];
    const struct hone_span rows = {c.t, c.row, ROWS};
    const struct hone_target target = {HONE_TASK_BINARY, 2, y, NULL};
    struct hone_fitted out;

    c.room->run.cancel = &stop;
    CHECK_FAILS(&c.room->run,
                hone_recipe_fit(&c.room->run, c.recipe, &rows, &target, false,
                                hone_model_new(&c.room->mem, "m"), &c.room->mem, &out),
                HONE_E_CANCELLED);
    tables_leave(c.room);
}

const struct CMUnitTest hone_tests_recipe[] = {
    cmocka_unit_test(columns_of_every_kind),
    cmocka_unit_test(several_classes_have_no_order),
    cmocka_unit_test(rules_look_at_training_rows_only),
    cmocka_unit_test(drop_and_keep),
    cmocka_unit_test(names_that_are_no_columns),
    cmocka_unit_test(no_column_left),
    cmocka_unit_test(training_sees_what_the_graph_gives),
    cmocka_unit_test(other_rows_do_not_change_what_was_fitted),
    cmocka_unit_test(rare_categories_alone_still_give_a_feature),
    cmocka_unit_test(numbers_bend_for_linear_models),
    cmocka_unit_test(fitting_can_be_cancelled),
};
const size_t hone_tests_recipe_n = sizeof hone_tests_recipe / sizeof hone_tests_recipe[0];
