/* Segments of rows, weak spots and their error rate, predictions that stand in a table. */
#include "base/rng.h"
#include "check.h"
#include "flow/judge/segment.h"
#include "flow/judge/told.h"
#include "tables.h"

#define ROWS 400

/* A table of five columns that say nothing, and a target. */
static struct hone_table *made_up(struct hone_run *run, struct hone_arena *mem,
                                  struct hone_rng *rng)
{
    struct hone_buf text = hone_buf(mem);
    hone_buf_text(&text, "a,b,c,d,e,y\n");
    for (size_t i = 0; i < ROWS; i++) {
        hone_buf_format(&text, "%c,%llu,%.4f,%.4f,%llu,%.4f\n",
                        (int)('p' + hone_rng_below(rng, 5)),
                        (unsigned long long)hone_rng_below(rng, 3), hone_rng_normal(rng),
                        hone_rng_unit(rng), (unsigned long long)hone_rng_below(rng, 40),
                        hone_rng_normal(rng));
    }
    hone_buf_char(&text, '\0');
    return tables_read(run, mem, text.ptr, NULL);
}

/* Residuals of Laplace's law; times `worse` where column a is p and b is 1. */
static struct hone_weak_spots look(struct hone_run *run, struct hone_arena *mem,
                                   const struct hone_table *t, struct hone_rng *rng,
                                   double worse)
{
    double *y = hone_arena_must(mem, ROWS * sizeof *y);
    double *guess = hone_arena_must(mem, ROWS * sizeof *guess);
    struct hone_weak_spots out;
    for (size_t i = 0; i < ROWS; i++) {
        double u = hone_rng_unit(rng) - 0.5;
        double e = u < 0 ? log(1 + 2 * u) : -log(1 - 2 * u);
        bool there = hone_str_is(hone_column_str(&t->column[0], i), "p");
        y[i] = hone_rng_normal(rng);
        guess[i] = y[i] + e * (there ? worse : 1);
    }
    const struct hone_span span = {t, NULL, ROWS};
    const struct hone_prediction p = {
        .task = HONE_TASK_REGRESSION, .rows = ROWS, .classes = 1, .y = y, .score = guess};
    CHECK_OK(run, hone_weak_spots_find(run, &span, "y", &p, 5, mem, &out));
    return out;
}

static void spots_are_seldom_made_up(void **state)
{
    struct hone_run run = {0};
    struct hone_rng rng = hone_rng(21, 1);
    size_t alarms = 0;
    size_t found = 0;

    (void)state;
    for (size_t t = 0; t < 300; t++) {
        HONE_ARENA(mem);
        const struct hone_table *table = made_up(&run, &mem, &rng);
        struct hone_weak_spots w = look(&run, &mem, table, &rng, 1);
        CHECK(w.looked > 30);
        alarms += w.n > 0 ? 1 : 0;
        if (t < 40) {
            w = look(&run, &mem, table, &rng, 3);
            found += w.n > 0 && strcmp(w.item[0].column[0], "a") == 0 &&
                     strcmp(w.item[0].segment[0], "p") == 0;
        }
    }
    print_message("  false alarms in %zu of 300 tables, planted spots found in %zu of 40\n",
                  alarms, found);
    CHECK(alarms <= 27); /* 5 % of 300, and 3.2 standard errors */
    CHECK(found >= 38);
    hone_run_clear(&run);
}

static void columns_are_cut(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_segments s;
    struct hone_buf text = hone_buf(&mem);

    (void)state;
    hone_buf_text(&text, "n,word,day,few\n");
    for (int i = 0; i < 100; i++) {
        hone_buf_format(&text, "%d,w%d,2024-03-%02d,%s\n", i, i, 1 + i % 30,
                        i % 10 == 0 ? ""
                        : i % 2     ? "x"
                                    : "y");
    }
    hone_buf_char(&text, '\0');
    const struct hone_table *t = tables_read(&run, &mem, text.ptr, NULL);
    const struct hone_span span = {t, NULL, 100};
    CHECK_OK(&run, hone_segments_cut(&run, &span, "n", 4, 10, &mem, &s));
    assert_int_equal(s.n, 4);
    CHECK_STR(s.name[0], "0 to 24");
    CHECK_STR(s.name[3], "75 to 99");
    assert_int_equal(s.code[24], 0);
    assert_int_equal(s.code[25], 1);
    CHECK_OK(&run, hone_segments_cut(&run, &span, "day", 3, 10, &mem, &s));
    CHECK_STR(s.name[0], "2024-03-01 to < 2024-03-09");
    CHECK_OK(&run, hone_segments_cut(&run, &span, "few", 4, 10, &mem, &s));
    assert_int_equal(s.n, 3);
    CHECK_STR(s.name[2], "(missing)");
    assert_int_equal(s.code[10], 2);
    CHECK_FAILS_WITH(&run, hone_segments_cut(&run, &span, "word", 4, 10, &mem, &s), HONE_E_ARG,
                     "100 values");
    CHECK_FAILS(&run, hone_segments_cut(&run, &span, "nope", 4, 10, &mem, &s),
                HONE_E_NOT_FOUND);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* tests/golden/judge_weights.py has the same rows and numpy's and scipy's numbers. */
static void weights_count_in_weak_spots(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_buf text = hone_buf(&mem);
    double zero[ROWS] = {0};
    double loss[ROWS];
    double weight[ROWS];
    struct hone_weak_spots w;

    (void)state;
    hone_buf_text(&text, "a,y\n");
    for (size_t i = 0; i < ROWS; i++) {
        hone_buf_text(&text, i % 3 == 0 ? "p,0\n" : "q,0\n");
        loss[i] = (double)(i * 37 % 101) / 101 * (i % 3 == 0 ? 1.5 : 1);
        weight[i] = 0.25 + (double)(i * 13 % 17) / 4;
    }
    hone_buf_char(&text, '\0');
    const struct hone_table *t = tables_read(&run, &mem, text.ptr, NULL);
    const struct hone_span span = {t, NULL, ROWS};
    struct hone_prediction p = {.task = HONE_TASK_REGRESSION,
                                .rows = ROWS,
                                .classes = 1,
                                .y = zero,
                                .score = loss,
                                .weight = weight};
    CHECK_OK(&run, hone_weak_spots_find(&run, &span, "y", &p, 5, &mem, &w));
    assert_int_equal(w.n, 1);
    CHECK_STR(w.item[0].segment[0], "p");
    assert_int_equal(w.item[0].rows, 134);
    CHECK_NEAR(w.item[0].loss, 0.761376262314511, 1e-14);
    CHECK_NEAR(w.item[0].elsewhere, 0.490620005396766, 1e-14);
    CHECK_NEAR(w.item[0].p_value, 5.13626652190817e-08, 1e-18); /* sums in another order */
    /* nearly all of the weight on few rows is little evidence */
    for (size_t i = 0; i < ROWS; i++) {
        weight[i] = i < 40 ? 1000 : 1;
    }
    CHECK_OK(&run, hone_weak_spots_find(&run, &span, "y", &p, 5, &mem, &w));
    assert_int_equal(w.looked, 0);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void predictions_are_read(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    const struct hone_target_choice choice = {"y", "auto", NULL};
    const struct hone_target_choice number = {"n", "regression", NULL};
    struct hone_told told;
    const struct hone_table *t =
        tables_read(&run, &mem,
                    "y,n,prediction,score,probability_no,probability_yes,all\n"
                    "no,1,no,0.2,0.8,0.2,1\nyes,2,no,0.4,0.6,0.4,2\n,3,yes,0.7,0.3,0.7,3\n"
                    "yes,4,yes,0.9,0.1,0.9,4\n",
                    NULL);

    (void)state;
    CHECK_OK(&run, hone_told_read(&run, t, t, &choice, NULL, &mem, &told));
    assert_int_equal(told.p.rows, 3); /* the third has no answer */
    CHECK_NEAR(told.p.score[5], 0.9, 1e-12);
    CHECK(!told.only_labels);
    CHECK_OK(&run, hone_told_read(&run, t, t, &choice, "score", &mem, &told));
    CHECK_NEAR(told.p.score[2], 0.6, 1e-12);
    CHECK_OK(&run, hone_told_read(&run, t, t, &choice, "prediction", &mem, &told));
    CHECK(told.only_labels);
    assert_int_equal(told.p.label[1], 0);
    CHECK_OK(&run, hone_told_read(&run, t, t, &number, "all", &mem, &told));
    assert_int_equal(told.p.classes, 1);
    CHECK_NEAR(told.p.score[3], 4, 0);
    CHECK_FAILS_WITH(&run, hone_told_read(&run, t, t, &choice, "all", &mem, &told),
                     HONE_E_FORMAT, "no class of y");
    CHECK_FAILS(&run, hone_told_read(&run, t, t, &choice, "nope", &mem, &told),
                HONE_E_NOT_FOUND);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_segment[] = {
    cmocka_unit_test(spots_are_seldom_made_up),
    cmocka_unit_test(columns_are_cut),
    cmocka_unit_test(weights_count_in_weak_spots),
    cmocka_unit_test(predictions_are_read),
};
const size_t hone_tests_segment_n = sizeof hone_tests_segment / sizeof hone_tests_segment[0];
