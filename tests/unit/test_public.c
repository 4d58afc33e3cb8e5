/* What a program has that includes hone.h and nothing else of hone: the example of its head, as it stands there. */
#include "check.h"
#include "hone.h"

static enum hone_code learn(struct hone_run *run, struct hone_str csv, const char *target,
                            const char *onnx, struct hone_arena *mem,
                            struct hone_scores *scores)
{
    struct hone_table *table;
    struct hone_prepared rows;
    struct hone_train_settings how;
    struct hone_trained *model = hone_new(mem, struct hone_trained);

    hone_settings_default(&hone_train_options, &how);
    how.target = target;
    HONE_TRY(hone_table_read_text(run, "rows.csv", csv, NULL, mem, &table, NULL));
    HONE_TRY(hone_prepare(run, table, NULL, &how, mem, &rows));
    HONE_TRY(hone_train(run, &rows, &how, NULL, mem, model));
    if (onnx != NULL) {
        HONE_TRY(hone_file_write(run, onnx, model->bytes));
    }
    return hone_score(run, &model->scorer, table, NULL, table->rows, mem, scores);
}

/* Whether x is above 20 and the colour is not blue; x is missing now and then. */
static struct hone_str rows_of(struct hone_arena *mem, size_t n)
{
    static const char *const colour[] = {"red", "green", "blue"};
    struct hone_buf text = hone_buf(mem);

    hone_buf_text(&text, "x,colour,answer\n");
    for (size_t i = 0; i < n; i++) {
        size_t x = i * 7 % 41;
        if (i % 50 != 49) {
            hone_buf_format(&text, "%zu", x);
        }
        hone_buf_format(&text, ",%s,%s\n", colour[i % 3],
                        x > 20 && i % 3 != 2 && i % 50 != 49 ? "yes" : "no");
    }
    return (struct hone_str){text.ptr, text.len};
}

static void the_example_learns_and_scores(void **state)
{
    struct hone_run run = {.seed = 1};
    struct hone_arena mem = {0};
    struct hone_scores scores;
    struct hone_str csv = rows_of(&mem, 600);
    size_t right = 0;
    (void)state;

    CHECK_OK(&run, learn(&run, csv, "answer", NULL, &mem, &scores));
    CHECK(scores.rows == 600);
    CHECK(scores.classes == 2);
    for (size_t i = 0; i < scores.rows; i++) {
        bool yes = i * 7 % 41 > 20 && i % 3 != 2 && i % 50 != 49;
        CHECK_NEAR((double)scores.value[2 * i] + (double)scores.value[2 * i + 1], 1.0, 1e-6);
        right += (scores.index[i] == 1) == yes;
    }
    CHECK(right > 590);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void a_kept_model_is_opened_again(void **state)
{
    struct hone_run run = {.seed = 1};
    struct hone_arena mem = {0};
    struct hone_scores first, again;
    struct hone_scorer scorer;
    struct hone_table *table;
    const char *path = check_path(check_folder(), "model.onnx");
    struct hone_str csv = rows_of(&mem, 200);
    (void)state;

    CHECK_OK(&run, learn(&run, csv, "answer", path, &mem, &first));
    CHECK_OK(&run, hone_scorer_open(&run, path, &mem, &scorer));
    CHECK_OK(&run, hone_table_read_text(&run, "rows.csv", csv, NULL, &mem, &table, NULL));
    CHECK_OK(&run, hone_score(&run, &scorer, table, NULL, table->rows, &mem, &again));
    CHECK(again.rows == first.rows);
    CHECK(memcmp(again.value, first.value, 2 * again.rows * sizeof *again.value) == 0);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void a_failure_is_one_sentence(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_scores scores;
    (void)state;

    CHECK_FAILS_WITH(&run, learn(&run, rows_of(&mem, 50), "anwser", NULL, &mem, &scores),
                     HONE_E_NOT_FOUND, "anwser");
    CHECK_FAILS_WITH(&run, learn(&run, hone_str("a,b\n1,2\n3\n"), "b", NULL, &mem, &scores),
                     HONE_E_FORMAT, "line 3");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_public[] = {
    cmocka_unit_test(the_example_learns_and_scores),
    cmocka_unit_test(a_kept_model_is_opened_again),
    cmocka_unit_test(a_failure_is_one_sentence),
};
const size_t hone_tests_public_n = sizeof hone_tests_public / sizeof hone_tests_public[0];
