/* Associations of columns and with a target, against SciPy. */
#include "base/pool.h"
#include "profile/associate.h"
#include "profiles.h"

static const struct hone_association *find(const struct hone_associations *all,
                                           const struct hone_profile *p, const char *a,
                                           const char *b)
{
    for (size_t i = 0; i < all->pairs; i++) {
        const char *x = p->column[all->pair[i].a].name;
        const char *y = p->column[all->pair[i].b].name;
        if ((strcmp(x, a) == 0 && strcmp(y, b) == 0) ||
            (strcmp(x, b) == 0 && strcmp(y, a) == 0)) {
            return &all->pair[i];
        }
    }
    return NULL;
}

static double want_of(const json_t *o, const char *key)
{
    return hone_json_get_real(o, key, (double)NAN);
}

static void pairs_are_those_of_scipy(void **state)
{
    struct tables_room *room = tables_enter(1);
    HONE_JSON json_t *golden = profiles_golden(room);
    size_t compared = 0;
    (void)state;

    for (size_t k = 0; k < profiles_n; k++) {
        const json_t *pairs =
            json_object_get(json_object_get(golden, profiles_cases[k].name), "pairs");
        struct hone_profile *profile = NULL;
        struct hone_associations *found = NULL;
        struct hone_table *t = profiles_read(room, &profiles_cases[k], &profile);
        if (t == NULL) {
            continue;
        }
        CHECK_OK(&room->run, hone_table_associate(&room->run, t, profile, &room->mem, &found));
        CHECK(!found->column_ranks && found->left_out == 0);
        for (size_t i = 0; i < json_array_size(pairs); i++) {
            const json_t *o = json_array_get(pairs, i);
            const char *a = hone_json_get_text(o, "a", "");
            const char *b = hone_json_get_text(o, "b", "");
            const struct hone_association *got = find(found, profile, a, b);
            if (got == NULL) {
                print_message("%s: no pair %s, %s\n", profiles_cases[k].name, a, b);
            }
            CHECK(got != NULL);
            CHECK((int64_t)got->n == hone_json_get_int(o, "n", -1));
            CHECK_NEAR(got->value, want_of(o, "value"), 1e-9); /* order of summation */
            CHECK_NEAR(got->pearson, want_of(o, "pearson"), 1e-9);
            CHECK_NEAR(got->plain, want_of(o, "plain"), 1e-9);
            CHECK_NEAR(got->u_ab, want_of(o, "u_ab"), 1e-9);
            CHECK_NEAR(got->u_ba, want_of(o, "u_ba"), 1e-9);
            compared++;
        }
        for (size_t i = 1; i < found->pairs; i++) {
            double before = fabs(found->pair[i - 1].value);
            double now = fabs(found->pair[i].value);
            CHECK(isnan(now) || before >= now);
        }
    }
    CHECK(compared >= 21);
    tables_leave(room);
}

/* n rows of columns a..., from a function of row and column. */
static struct hone_table *table_of(struct tables_room *room, size_t rows, size_t cols,
                                   double (*cell)(size_t, size_t),
                                   struct hone_profile **profile)
{
    struct hone_buf csv = hone_buf(&room->mem);
    struct hone_table *t;

    for (size_t j = 0; j < cols; j++) {
        hone_buf_format(&csv, "%sc%zu", j == 0 ? "" : ",", j);
    }
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < cols; j++) {
            double x = cell(i, j);
            hone_buf_format(&csv, isnan(x) ? "%s" : "%s%.17g", j == 0 ? "\n" : ",", x);
        }
    }
    hone_buf_text(&csv, "\n");
    t = tables_read(&room->run, &room->mem, csv.ptr, NULL);
    CHECK_OK(&room->run, hone_table_profile(&room->run, t, &room->mem, profile));
    return t;
}

static double extreme_cell(size_t i, size_t j)
{
    double x = (double)(i * 7919 % 101) - 50;
    const double all[] = {x, 1e300 * x, 1e-300 * x, 1e15 + x, i < 2 ? x : (double)NAN, -x};
    return all[j];
}

static void extreme_scales_change_nothing(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_profile *p = NULL;
    struct hone_associations *found = NULL;
    struct hone_table *t = table_of(room, 101, 6, extreme_cell, &p);
    (void)state;

    CHECK_OK(&room->run, hone_table_associate(&room->run, t, p, &room->mem, &found));
    CHECK_NEAR(find(found, p, "c0", "c1")->pearson, 1, 1e-12);
    CHECK_NEAR(find(found, p, "c1", "c2")->pearson, 1, 1e-12);
    CHECK_NEAR(find(found, p, "c0", "c3")->pearson, 1, 1e-12);
    CHECK_NEAR(find(found, p, "c0", "c3")->value, 1, 1e-12);
    CHECK_NEAR(find(found, p, "c1", "c5")->value, -1, 1e-12);
    CHECK(find(found, p, "c0", "c4")->n == 2);
    tables_leave(room);
}

static double many_cell(size_t i, size_t j)
{
    return (double)((i * (j + 3) * 7919 + i * i) % 1009);
}

static void wide_tables_are_bounded_and_say_so(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_profile *p = NULL;
    struct hone_associations *found = NULL;
    struct hone_table *t = table_of(room, 40, HONE_ASSOCIATE_COLUMNS + 7, many_cell, &p);
    (void)state;

    CHECK_OK(&room->run, hone_table_associate(&room->run, t, p, &room->mem, &found));
    CHECK(found->n == HONE_ASSOCIATE_COLUMNS && found->left_out == 7);
    CHECK(found->pairs == HONE_ASSOCIATE_COLUMNS * (HONE_ASSOCIATE_COLUMNS - 1) / 2);
    tables_leave(room);
}

static void threads_change_no_bit(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_profile *p = NULL;
    struct hone_associations *one = NULL;
    struct hone_associations *two = NULL;
    struct hone_table *t = profiles_read(room, &profiles_cases[0], &p);
    (void)state;

    CHECK_OK(&room->run, hone_table_associate(&room->run, t, p, &room->mem, &one));
    room->run.pool = hone_pool_new(3);
    CHECK_OK(&room->run, hone_table_associate(&room->run, t, p, &room->mem, &two));
    CHECK(one->pairs == two->pairs && one->pairs > 0);
    for (size_t i = 0; i < one->pairs; i++) {
        CHECK(memcmp(&one->pair[i].value, &two->pair[i].value, sizeof(double)) == 0);
        CHECK(memcmp(&one->pair[i].pearson, &two->pair[i].pearson, sizeof(double)) == 0);
    }
    hone_pool_free(room->run.pool);
    room->run.pool = NULL;
    tables_leave(room);
}

static void a_column_that_determines_another_is_told(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_buf csv = hone_buf(&room->mem);
    struct hone_associations *found = NULL;
    struct hone_profile *p = NULL;
    struct hone_table *t;
    const struct hone_association *pair;
    (void)state;

    hone_buf_text(&csv, "town,country\n");
    for (int i = 0; i < 90; i++) {
        static const char *const rows[] = {"Pune,IN\n", "Delhi,IN\n", "Oslo,NO\n"};
        hone_buf_text(&csv, rows[i % 3]);
    }
    t = tables_read(&room->run, &room->mem, csv.ptr, NULL);
    CHECK_OK(&room->run, hone_table_profile(&room->run, t, &room->mem, &p));
    CHECK_OK(&room->run, hone_table_associate(&room->run, t, p, &room->mem, &found));
    pair = find(found, p, "town", "country");
    CHECK_NEAR(pair->u_ba, 1, 0); /* the town gives the country */
    CHECK(pair->u_ab < 0.7 && pair->plain == 1);
    tables_leave(room);
}

static const struct hone_target_feature *feature(const struct hone_target_profile *target,
                                                 const struct hone_profile *p, const char *name)
{
    for (size_t i = 0; i < target->features; i++) {
        if (strcmp(p->column[target->feature[i].column].name, name) == 0) {
            return &target->feature[i];
        }
    }
    return NULL;
}

static void auc_of_a_binary_target_is_that_of_scipy(void **state)
{
    struct tables_room *room = tables_enter(1);
    HONE_JSON json_t *golden = profiles_golden(room);
    const json_t *auc = json_object_get(json_object_get(golden, "made"), "auc");
    struct hone_profile *p = NULL;
    struct hone_target_profile *target = NULL;
    struct hone_table *t = profiles_read(room, &profiles_cases[0], &p);
    const char *name;
    json_t *want;
    (void)state;

    CHECK_OK(&room->run, hone_target_profile(&room->run, t, p, "flag", &room->mem, &target));
    CHECK(target->kind == HONE_TARGET_BINARY && target->rows == 400 && target->features == 7);
    CHECK_STR(target->class[1], "true");
    json_object_foreach((json_t *)(uintptr_t)auc, name, want)
    {
        const struct hone_target_feature *f = feature(target, p, name);
        size_t rows = 0;
        CHECK_STR(f->measure, "roc_auc");
        CHECK_NEAR(f->value, json_number_value(want), 1e-12);
        for (size_t i = 0; i < f->groups; i++) {
            rows += f->group[i].rows;
            CHECK(f->group[i].lo <= f->group[i].mean && f->group[i].mean <= f->group[i].hi);
        }
        CHECK(rows == 400);
    }
    CHECK(feature(target, p, "smooth")->strength > feature(target, p, "noise")->strength);
    CHECK(feature(target, p, "noise")->strength < 0.05 &&
          !feature(target, p, "noise")->suspect);
    tables_leave(room);
}

static void what_gives_the_target_away_is_marked(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_buf csv = hone_buf(&room->mem);
    struct hone_target_profile *target = NULL;
    struct hone_profile *p = NULL;
    struct hone_table *t;
    (void)state;

    hone_buf_text(&csv, "price,taxed,paid_on,size,kind\n");
    for (int i = 0; i < 300; i++) {
        int price = i * 7919 % 300;
        hone_buf_format(&csv, "%s,%d,%s,%d,k%d\n", price > 200 ? "yes" : "no", price * 119,
                        price > 200 ? "2024-01-02" : "", i % 13, i % 3);
    }
    t = tables_read(&room->run, &room->mem, csv.ptr, NULL);
    CHECK_OK(&room->run, hone_table_profile(&room->run, t, &room->mem, &p));
    CHECK_OK(&room->run, hone_target_profile(&room->run, t, p, "price", &room->mem, &target));
    CHECK(feature(target, p, "taxed")->suspect);
    CHECK(feature(target, p, "paid_on")->suspect); /* that it is missing says all */
    CHECK(!feature(target, p, "size")->suspect && !feature(target, p, "kind")->suspect);
    CHECK(target->feature[0].strength >= target->feature[1].strength);
    CHECK_OK(&room->run, hone_target_profile(&room->run, t, p, "taxed", &room->mem, &target));
    CHECK(target->kind == HONE_TARGET_NUMBER);
    CHECK_STR(feature(target, p, "size")->measure, "spearman");
    CHECK_STR(feature(target, p, "kind")->measure, "eta");
    tables_leave(room);
}

static void targets_that_cannot_be_are_refused(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_buf csv = hone_buf(&room->mem);
    struct hone_target_profile *target = NULL;
    struct hone_profile *p = NULL;
    struct hone_table *t;
    (void)state;

    hone_buf_text(&csv, "name,same,x\n");
    for (int i = 0; i < 200; i++) {
        hone_buf_format(&csv, "n%d,1,%d\n", i, i);
    }
    t = tables_read(&room->run, &room->mem, csv.ptr, NULL);
    CHECK_OK(&room->run, hone_table_profile(&room->run, t, &room->mem, &p));
    CHECK_FAILS_WITH(&room->run,
                     hone_target_profile(&room->run, t, p, "same", &room->mem, &target),
                     HONE_E_ARG, "one value only");
    CHECK_FAILS_WITH(&room->run,
                     hone_target_profile(&room->run, t, p, "name", &room->mem, &target),
                     HONE_E_ARG, "200 different texts");
    CHECK_FAILS_WITH(&room->run,
                     hone_target_profile(&room->run, t, p, "nam", &room->mem, &target),
                     HONE_E_NOT_FOUND, "nam");
    tables_leave(room);
}

static void no_rows_and_no_columns_are_no_error(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_profile *p = NULL;
    struct hone_associations *found = NULL;
    struct hone_table *t = tables_read(&room->run, &room->mem, "a,b\n", NULL);
    (void)state;

    CHECK_OK(&room->run, hone_table_profile(&room->run, t, &room->mem, &p));
    CHECK_OK(&room->run, hone_table_associate(&room->run, t, p, &room->mem, &found));
    CHECK(found->pairs == 0);
    CHECK_OK(&room->run, hone_table_of(&room->run, NULL, 0, &room->mem, &t));
    CHECK_OK(&room->run, hone_table_profile(&room->run, t, &room->mem, &p));
    CHECK_OK(&room->run, hone_table_associate(&room->run, t, p, &room->mem, &found));
    CHECK(found->pairs == 0);
    tables_leave(room);
}

static void want_of_memory_is_told(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_profile *p = NULL;
    struct hone_table *t = profiles_read(room, &profiles_cases[0], &p);
    bool done = false;
    (void)state;

    for (unsigned nth = 1; !done && nth < 2000; nth++) {
        struct hone_associations *found = NULL;
        struct hone_target_profile *target = NULL;
        enum hone_code got;
        HONE_ARENA(mem);
        hone_arena_fail_after(nth);
        got = hone_table_associate(&room->run, t, p, &mem, &found);
        if (got == HONE_OK) {
            got = hone_target_profile(&room->run, t, p, "flag", &mem, &target);
        }
        hone_arena_fail_after(0);
        done = got == HONE_OK;
        CHECK(done || (got == HONE_E_LIMIT && room->run.err.code == got));
        hone_error_clear(&room->run);
    }
    CHECK(done);
    tables_leave(room);
}

const struct CMUnitTest hone_tests_associate[] = {
    cmocka_unit_test(pairs_are_those_of_scipy),
    cmocka_unit_test(extreme_scales_change_nothing),
    cmocka_unit_test(wide_tables_are_bounded_and_say_so),
    cmocka_unit_test(threads_change_no_bit),
    cmocka_unit_test(a_column_that_determines_another_is_told),
    cmocka_unit_test(auc_of_a_binary_target_is_that_of_scipy),
    cmocka_unit_test(what_gives_the_target_away_is_marked),
    cmocka_unit_test(targets_that_cannot_be_are_refused),
    cmocka_unit_test(no_rows_and_no_columns_are_no_error),
    cmocka_unit_test(want_of_memory_is_told),
};
const size_t hone_tests_associate_n =
    sizeof hone_tests_associate / sizeof hone_tests_associate[0];
