/* Anonymity: by hand, by the paper's example, and by tests/golden/anonymity.py. */
#include "base/file.h"
#include "base/pool.h"
#include "privacy/anonymity.h"
#include "tables.h"

static void close_file(struct hone_file *file)
{
    hone_file_close(file);
}

static json_t *golden(struct tables_room *room, const char *part)
{
    HONE_CLOSING(close_file) struct hone_file file = {0};
    HONE_JSON json_t *tree = NULL;

    CHECK_OK(&room->run,
             hone_file_open(&room->run, "tests/golden/anonymity.json", &room->mem, &file));
    CHECK_OK(&room->run, hone_json_parse(&room->run, file.bytes, &tree));
    return json_incref(json_object_get(tree, part));
}

static double at(const json_t *object, const char *key, size_t place)
{
    const json_t *value = json_array_get(json_object_get(object, key), place);
    return json_is_string(value) ? HUGE_VAL : json_number_value(value);
}

/* The figures of the script; 1e-12: sums in another order. */
static void is_golden(const struct hone_anonymity *a, const json_t *want)
{
    const json_t *without = json_object_get(want, "without");
    const json_t *sensitive = json_object_get(want, "sensitive");

    assert_int_equal(a->classes, hone_json_get_int(want, "classes", -1));
    assert_int_equal(a->smallest, hone_json_get_int(want, "smallest", -1));
    assert_int_equal(a->unique, hone_json_get_int(want, "unique", -1));
    assert_int_equal(a->below, hone_json_get_int(want, "below", -1));
    CHECK_NEAR(a->mean, hone_json_get_real(want, "mean", -1), 1e-12);
    CHECK_NEAR(a->median, hone_json_get_real(want, "median", -1), 1e-12);
    assert_int_equal(a->quasis, json_object_size(without));
    for (size_t i = 0; i < a->quasis; i++) {
        const struct hone_quasi *q = &a->quasi[i];
        CHECK_NEAR((double)q->k_without, at(without, q->column, 0), 0.0);
        CHECK_NEAR((double)q->below_without, at(without, q->column, 1), 0.0);
        CHECK_NEAR(q->unique_alone, at(without, q->column, 2), 1e-12);
    }
    assert_int_equal(a->sensitives, json_object_size(sensitive));
    for (size_t i = 0; i < a->sensitives; i++) {
        const struct hone_diversity *d = &a->sensitive[i];
        CHECK_NEAR((double)d->distinct_l, at(sensitive, d->column, 0), 0.0);
        CHECK_NEAR(d->entropy_l, at(sensitive, d->column, 1), 1e-12);
        CHECK_NEAR(d->recursive_c, at(sensitive, d->column, 2), 1e-12);
        CHECK_NEAR((double)d->uniform_rows, at(sensitive, d->column, 3), 0.0);
        CHECK_NEAR(d->closeness_t, at(sensitive, d->column, 4), 1e-12);
    }
}

/* Table 3 of the paper, whose text says 0.167 for salary. */
static void the_papers_example(void **state)
{
    static const char csv[] =
        "zip,age,salary,disease\n4767*,<=40,3000,gastric ulcer\n4767*,<=40,5000,stomach cancer\n"
        "4767*,<=40,9000,pneumonia\n4790*,>=40,6000,gastritis\n4790*,>=40,11000,flu\n"
        "4790*,>=40,8000,bronchitis\n4760*,<=40,4000,gastritis\n4760*,<=40,7000,bronchitis\n"
        "4760*,<=40,10000,stomach cancer\n";
    static const char *const quasi[] = {"zip", "age"};
    static const char *const sensitive[] = {"salary", "disease"};
    struct tables_room *room = tables_enter(1);
    struct hone_anonymity a;
    HONE_JSON json_t *want = golden(room, "paper");

    (void)state;
    CHECK_OK(&room->run,
             hone_anonymity_measure(&room->run, tables_read(&room->run, &room->mem, csv, NULL),
                                    quasi, 2, sensitive, 2, 3, &room->mem, &a));
    is_golden(&a, want);
    CHECK_NEAR(a.sensitive[0].closeness_t, 1.0 / 6, 1e-12);
    CHECK(a.sensitive[0].ordered && !a.sensitive[1].ordered);
    assert_int_equal(a.size_classes[2], 3);
    assert_int_equal(a.size_rows[2], 9);
    tables_leave(room);
}

static uint64_t draw(uint64_t *state, uint64_t n)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*state >> 33) % n;
}

/* The rows of the script. */
static struct hone_table *made(struct tables_room *room)
{
    struct hone_buf csv = hone_buf(&room->mem);
    uint64_t state = 42;

    hone_buf_text(&csv, "age,zip,sex,disease,pay\n");
    for (int i = 0; i < 5000; i++) {
        uint64_t age = 20 + draw(&state, 30);
        uint64_t zip = draw(&state, 40);
        char sex = "mf"[draw(&state, 2)];
        uint64_t disease = draw(&state, 6);
        uint64_t pay = draw(&state, 100);
        bool missing = draw(&state, 10) == 0;
        hone_buf_format(&csv, "%d,", (int)age);
        if (!missing) {
            hone_buf_format(&csv, "z%d", (int)zip);
        }
        hone_buf_format(&csv, ",%c,d%d,%d\n", sex, (int)disease, (int)pay);
    }
    return tables_read(&room->run, &room->mem, csv.ptr, NULL);
}

static void as_the_reference_says_with_any_threads(void **state)
{
    static const char *const quasi[] = {"age", "zip", "sex"};
    static const char *const sensitive[] = {"disease", "pay"};
    struct tables_room *room = tables_enter(1);
    struct hone_table *t = made(room);
    struct hone_table *texts;
    struct hone_column *column;
    struct hone_anonymity a;
    HONE_JSON json_t *want = golden(room, "made");

    (void)state;
    for (size_t threads = 1; threads <= 4; threads += 3) {
        struct hone_pool *pool = hone_pool_new(threads);
        room->run.pool = pool;
        CHECK_OK(&room->run, hone_anonymity_measure(&room->run, t, quasi, 3, sensitive, 2, 3,
                                                    &room->mem, &a));
        is_golden(&a, want);
        room->run.pool = NULL;
        hone_pool_free(pool);
    }
    /* categories as texts, ages as texts too: the classes are the same */
    CHECK_OK(&room->run, hone_array(&room->run, &room->mem, &column, t->cols));
    for (size_t j = 0; j < t->cols; j++) {
        CHECK_OK(&room->run, hone_column_cast(&room->run, &t->column[j],
                                              j == 4 ? t->column[j].type : HONE_UTF8, false,
                                              &room->mem, &column[j]));
    }
    CHECK_OK(&room->run, hone_table_of(&room->run, column, t->cols, &room->mem, &texts));
    CHECK_OK(&room->run, hone_anonymity_measure(&room->run, texts, quasi, 3, sensitive, 2, 3,
                                                &room->mem, &a));
    is_golden(&a, want);
    tables_leave(room);
}

/* By hand: classes {1,2} of 2 rows, {3} alone; NaN and missing are values of their own. */
static void by_hand(void **state)
{
    static const char *const quasi[] = {"a", "b"};
    struct tables_room *room = tables_enter(1);
    struct hone_anonymity a;

    (void)state;
    CHECK_OK(&room->run,
             hone_anonymity_measure(&room->run,
                                    tables_read(&room->run, &room->mem,
                                                "a,b\n1.5,x\n1.5,x\n,x\n2,x\n,x\n2,y\n", NULL),
                                    quasi, 2, NULL, 0, 2, &room->mem, &a));
    assert_int_equal(a.classes, 4);
    assert_int_equal(a.smallest, 1);
    assert_int_equal(a.unique, 2);
    assert_int_equal(a.below, 2);
    assert_int_equal(a.worst_n, 2);
    assert_int_equal(a.worst[0], 3);
    assert_int_equal(a.worst[1], 5);
    assert_int_equal(a.quasi[0].k_without, 1);
    assert_int_equal(a.quasi[1].k_without, 2);
    assert_int_equal(a.quasi[0].distinct, 3);
    HONE_JSON json_t *json = hone_anonymity_json(&a);
    assert_int_equal(hone_json_get_int(json, "k", -1), 1);
    assert_int_equal(json_array_size(json_object_get(json, "sizes")), HONE_CLASS_SIZES);
    tables_leave(room);
}

static void wrong_columns_are_refused(void **state)
{
    static const char *const none[] = {"agee"};
    static const char *const twice[] = {"age", "age"};
    static const char *const one[] = {"age"};
    struct tables_room *room = tables_enter(1);
    struct hone_table *t = tables_read(&room->run, &room->mem, "age,b\n1,2\n", NULL);
    struct hone_table *empty = tables_read(&room->run, &room->mem, "age,b\n", NULL);
    struct hone_anonymity a;

    (void)state;
    CHECK_FAILS_WITH(&room->run,
                     hone_anonymity_measure(&room->run, t, none, 1, NULL, 0, 5, &room->mem, &a),
                     HONE_E_NOT_FOUND, "agee");
    CHECK_FAILS_WITH(
        &room->run, hone_anonymity_measure(&room->run, t, twice, 2, NULL, 0, 5, &room->mem, &a),
        HONE_E_ARG, "twice");
    CHECK_FAILS_WITH(&room->run,
                     hone_anonymity_measure(&room->run, t, one, 1, one, 1, 5, &room->mem, &a),
                     HONE_E_ARG, "twice");
    CHECK_FAILS(&room->run,
                hone_anonymity_measure(&room->run, t, NULL, 0, NULL, 0, 5, &room->mem, &a),
                HONE_E_ARG);
    CHECK_OK(&room->run,
             hone_anonymity_measure(&room->run, empty, one, 1, NULL, 0, 5, &room->mem, &a));
    assert_int_equal(a.smallest, 0);
    assert_int_equal(a.below, 0);
    tables_leave(room);
}

const struct CMUnitTest hone_tests_anonymity[] = {
    cmocka_unit_test(the_papers_example),
    cmocka_unit_test(as_the_reference_says_with_any_threads),
    cmocka_unit_test(by_hand),
    cmocka_unit_test(wrong_columns_are_refused),
};
const size_t hone_tests_anonymity_n =
    sizeof hone_tests_anonymity / sizeof hone_tests_anonymity[0];
