/* JSON Lines: types, absent members, nested values, bad lines, threads. */
#include "base/hash.h"
#include "base/pool.h"
#include "check.h"
#include "io/reader.h"

static enum hone_code read_text(struct hone_run *run, const char *text,
                                const struct hone_read_options *options, struct hone_arena *mem,
                                struct hone_table **out, struct hone_read_report *report)
{
    return hone_table_read_text(run, "t.jsonl", hone_str(text), options, mem, out, report);
}

static bool is(const struct hone_table *t, size_t col, size_t row, const char *want)
{
    struct hone_arena mem = {0};
    struct hone_buf buf = hone_buf(&mem);
    bool same;

    hone_column_print(&buf, &t->column[col], row);
    same = hone_str_is((struct hone_str){buf.ptr, buf.len}, want);
    hone_arena_free(&mem);
    return same;
}

static void members_become_columns_in_order_of_appearance(void **state)
{
    static const enum hone_type types[] = {HONE_FLOAT64, HONE_BOOL, HONE_UTF8,
                                           HONE_DATE,    HONE_UTF8, HONE_INT64};
    static const char *const names[] = {"x", "ok", "code", "day", "deep", "late"};
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = NULL;
    (void)state;

    CHECK_OK(&run,
             read_text(&run,
                       "{\"x\":1,\"ok\":true,\"code\":\"007\",\"day\":\"2024-02-29\"}\n"
                       "\n"
                       "{\"day\":null,\"x\":2.5,\"code\":\"NA\",\"deep\":[1,{\"y\":\"z\"}]}\r\n"
                       "{\"late\":9007199254740993,\"code\":\"\",\"ok\":false}",
                       NULL, &mem, &t, NULL));
    CHECK(t->rows == 3 && t->cols == 6);
    for (size_t c = 0; c < 6; c++) {
        CHECK_STR(t->column[c].name, names[c]);
        CHECK(t->column[c].type == types[c]);
    }
    CHECK(is(t, 2, 0, "007") && is(t, 2, 1, "NA"));
    CHECK(hone_is_valid(&t->column[2], 2) && is(t, 2, 2, "")); /* an empty text is a text */
    CHECK(t->column[1].nulls == 1 && t->column[3].nulls == 2 && t->column[5].nulls == 2);
    CHECK(is(t, 4, 1, "[1,{\"y\":\"z\"}]"));
    CHECK(hone_column_i64(&t->column[5], 2) == INT64_C(9007199254740993));
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void numbers_and_words_in_one_column_are_text(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = NULL;
    (void)state;

    CHECK_OK(&run, read_text(&run, "{\"a\":1}\n{\"a\":\"x\"}\n{\"a\":2.0}\n{\"a\":true}\n",
                             NULL, &mem, &t, NULL));
    CHECK(t->column[0].type == HONE_UTF8);
    CHECK(is(t, 0, 0, "1") && is(t, 0, 2, "2.0") && is(t, 0, 3, "true"));
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void bad_lines_are_told_or_skipped(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"{\"a\":1}\n{\"a\":}\n", "t.jsonl, line 2: column 6"},
        {"{\"a\":1}\n\n[1]\n", "line 3: '[1]' is no object"},
        {"{\"a\":1,\"a\":2}\n", "line 1: "},
        {"{\"a\":\"\xc3\xa9 \xff\"}\n", "line 1: "},
        {"[{\"a\":1}]", "one JSON list"},
        {"\n\n", "no records"},
        {"{}\n", "no records"},
    };
    struct hone_read_options options = {.on_bad_row = "skip"};
    struct hone_read_report report;
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = NULL;
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_FAILS_WITH(&run, read_text(&run, cases[i].text, NULL, &mem, &t, NULL),
                         HONE_E_FORMAT, cases[i].message);
    }
    CHECK_OK(&run, read_text(&run, "{\"a\":1}\nx\n{\"a\":2}\n", &options, &mem, &t, &report));
    CHECK(t->rows == 2 && report.bad_rows == 1 && report.records == 3);
    CHECK(strncmp(report.first_bad, "line 2: ", 8) == 0);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void threads_do_not_change_the_result(void **state)
{
    struct hone_arena mem = {0};
    struct hone_buf text = hone_buf(&mem);
    struct hone_sha sha[2];
    (void)state;

    for (int i = 0; i < 40000; i++) { /* several chunks, with members that come and go */
        hone_buf_format(&text, "{\"i\":%d,\"w\":\"%s\"", i, i % 7 == 0 ? "seven" : "other");
        if (i > 30000) {
            hone_buf_format(&text, ",\"late\":%s", i == 39000 ? "\"x\"" : "1.5");
        }
        hone_buf_text(&text, "}\n");
    }
    for (size_t threads = 1; threads <= 2; threads++) {
        struct hone_run run = {.pool = hone_pool_new(threads)};
        struct hone_table *t = NULL;
        CHECK_OK(&run, hone_table_read_text(&run, "t", (struct hone_str){text.ptr, text.len},
                                            NULL, &mem, &t, NULL));
        CHECK(t->rows == 40000 && t->cols == 3);
        CHECK(t->column[1].type == HONE_CATEGORY && t->column[2].nulls == 30001);
        CHECK(is(t, 2, 39999, "1.5") && is(t, 2, 39000, "x"));
        CHECK_OK(&run, hone_table_hash(&run, t, &sha[threads - 1]));
        hone_pool_free(run.pool);
        hone_run_clear(&run);
    }
    CHECK_STR(sha[1].hex, sha[0].hex);
    hone_arena_free(&mem);
}

const struct CMUnitTest hone_tests_jsonl[] = {
    cmocka_unit_test(members_become_columns_in_order_of_appearance),
    cmocka_unit_test(numbers_and_words_in_one_column_are_text),
    cmocka_unit_test(bad_lines_are_told_or_skipped),
    cmocka_unit_test(threads_do_not_change_the_result),
};
const size_t hone_tests_jsonl_n = sizeof hone_tests_jsonl / sizeof hone_tests_jsonl[0];
