/* libsvm: labels, groups, zeroes, bad rows, threads, the real files. */
#include "base/hash.h"
#include "base/pool.h"
#include "check.h"
#include "io/reader.h"
#include "tables.h"

static enum hone_code read_text(struct hone_run *run, const char *text,
                                const struct hone_read_options *options, struct hone_arena *mem,
                                struct hone_table **out, struct hone_read_report *report)
{
    return hone_table_read_text(run, "t.txt", hone_str(text), options, mem, out, report);
}

static void rows_are_dense_columns(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"1 1:0.5 3:2\n-1 2:1e1\n",
         "label:int64 f1:float64 f2:int64 f3:int64|1,0.5,0,2|-1,0,10,0"},
        {"0.5 0:1\n2 1:1 # a comment\n", "label:float64 f0:int64 f1:int64|0.5,1,0|2,0,1"},
        {"# head\n\n2 qid:7 1:1\r\n+1\tqid:8  2:-3 \r\n",
         "label:int64 qid:int64 f1:int64 f2:int64|2,7,1,0|1,8,0,-3"},
        {"2 qid:7 1:1\n1 1:2\n", "label:int64 qid:int64 f1:int64|2,7,1|1,,2"},
        {"1 3:1\n0\n", "label:int64 f1:int64 f2:int64 f3:int64|1,0,0,1|0,0,0,0"},
    };
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hone_table *t = NULL;
        struct hone_read_report report;
        CHECK_OK(&run, read_text(&run, cases[i].text, NULL, &mem, &t, &report));
        CHECK_STR(report.format, "libsvm");
        CHECK_STR(tables_text(&mem, t), cases[i].want);
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void bad_rows_are_told_or_left_out(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"1 1:1\nx 1:1\n", "t.txt, line 2: the label 'x' is no number"},
        {"1 1:1\n1,2 1:1\n", "line 2: the label '1,2' is no number"},
        {"1 1:1\n1 1:\n", "line 2: '1:' is not of the form index:number"},
        {"1 1:1\n1 a:1\n", "line 2: 'a:1' is not of the form index:number"},
        {"1 1:1\n1 1:nan\n", "line 2: '1:nan' is not of the form"},
        {"1 1:1\n1 -1:1\n", "line 2: '-1:1' is not of the form"},
        {"1 1:1\n1 2:1 2:3\n", "line 2: '2:3': indices must rise, and 2 came before"},
        {"1 1:1\n1 100000:1\n", "line 2: '100000:1': the index is over 99999"},
        {"1 1:1\n1 2:1 qid:3\n", "line 2: 'qid:3' is not of the form"},
    };
    struct hone_read_options skip = {.on_bad_row = "skip"};
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = NULL;
    struct hone_read_report report;
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_FAILS_WITH(&run, read_text(&run, cases[i].text, NULL, &mem, &t, NULL),
                         HONE_E_FORMAT, cases[i].message);
        CHECK_OK(&run, read_text(&run, cases[i].text, &skip, &mem, &t, &report));
        CHECK_STR(tables_text(&mem, t), "label:int64 f1:int64|1,1");
        CHECK(report.bad_rows == 1 && report.records == 2);
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void threads_do_not_change_the_result(void **state)
{
    struct hone_arena mem = {0};
    struct hone_buf text = hone_buf(&mem);
    struct hone_sha sha[2];
    (void)state;

    for (int i = 0; i < 60000;
         i++) { /* several chunks; the last value of f9 is the only real one */
        hone_buf_format(&text, "%d qid:%d 2:%d 5:%d.5 9:%s\n", i % 3, i / 10, i, i,
                        i == 59999 ? "0.25" : "4");
    }
    for (size_t threads = 1; threads <= 2; threads++) {
        struct hone_run run = {.pool = hone_pool_new(threads)};
        struct hone_table *t = NULL;
        CHECK_OK(&run, hone_table_read_text(&run, "t", (struct hone_str){text.ptr, text.len},
                                            NULL, &mem, &t, NULL));
        CHECK(t->rows == 60000 && t->cols == 11);
        CHECK(t->column[3].type == HONE_INT64 &&
              hone_column_i64(&t->column[3], 59999) == 59999);
        CHECK(t->column[10].type == HONE_FLOAT64);
        CHECK_NEAR(hone_column_f64(&t->column[10], 59999), 0.25, 0.0); /* exact in binary */
        CHECK_OK(&run, hone_table_hash(&run, t, &sha[threads - 1]));
        hone_pool_free(run.pool);
        hone_run_clear(&run);
    }
    CHECK_STR(sha[1].hex, sha[0].hex);
    hone_arena_free(&mem);
}

static void memory_running_out_is_reported_and_nothing_else(void **state)
{
    (void)state;

    for (unsigned n = 1; n < 100; n++) {
        struct hone_run run = {0};
        struct hone_arena mem = {0};
        struct hone_table *t = NULL;
        enum hone_code code;
        hone_arena_fail_after(n);
        code = read_text(&run, "1 qid:1 1:2\n0 2:0.5\n", NULL, &mem, &t, NULL);
        hone_arena_fail_after(0);
        CHECK(code == HONE_OK || (code == HONE_E_LIMIT && run.err.code == code));
        hone_arena_free(&mem);
        hone_run_clear(&run);
    }
}

const struct CMUnitTest hone_tests_libsvm[] = {
    cmocka_unit_test(rows_are_dense_columns),
    cmocka_unit_test(bad_rows_are_told_or_left_out),
    cmocka_unit_test(threads_do_not_change_the_result),
    cmocka_unit_test(memory_running_out_is_reported_and_nothing_else),
};
const size_t hone_tests_libsvm_n = sizeof hone_tests_libsvm / sizeof hone_tests_libsvm[0];
