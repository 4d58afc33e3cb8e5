/* Reading anything: which reader, which rows and columns, what is no table, where bytes are written. */
#include "base/file.h"
#include "check.h"
#include "io/reader.h"

static const char *shown(struct hone_arena *mem, const struct hone_table *t)
{
    struct hone_buf buf = hone_buf(mem);

    for (size_t c = 0; c < t->cols; c++) {
        hone_buf_format(&buf, "%s%s", c == 0 ? "" : ",", t->column[c].name);
    }
    for (size_t row = 0; row < t->rows; row++) {
        for (size_t c = 0; c < t->cols; c++) {
            hone_buf_char(&buf, c == 0 ? '|' : ',');
            hone_column_print(&buf, &t->column[c], row);
        }
    }
    return buf.ptr;
}

static void rows_and_columns_are_picked_in_every_format(void **state)
{
    static const struct {
        const char *columns[2];
        size_t n;
        const char *where, *want;
    } cases[] = {
        {{"c", "a"}, 2, NULL, "c,a|x,1|y,2|x,3"},
        {{NULL}, 0, "a >= 2", "a,b,c|2,0.5,y|3,,x"},
        {{"c"}, 1, "a >= 2 and b is not null", "c|y"},
        {{"b", "a"}, 2, "c = 'x'", "b,a|1.5,1|,3"},
        {{NULL}, 0, "a > 5", "a,b,c"},
    };
    static const char *const texts[] = {
        "a,b,c\n1,1.5,x\n2,0.5,y\n3,,x\n",
        "{\"a\":1,\"b\":1.5,\"c\":\"x\"}\n{\"a\":2,\"b\":0.5,\"c\":\"y\"}\n{\"a\":3,\"c\":\"x\"}\n"};
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t k = 0; k < 2; k++) {
            const char *names[2] = {cases[i].columns[0], cases[i].columns[1]};
            struct hone_read_options options = {.columns = {names, cases[i].n},
                                                .where = cases[i].where};
            struct hone_table *t = NULL;
            CHECK_OK(&run, hone_table_read_text(&run, "t", hone_str(texts[k]), &options, &mem,
                                                &t, NULL));
            CHECK_STR(shown(&mem, t), cases[i].want);
        }
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void wrong_picks_say_what_there_is(void **state)
{
    static const struct {
        const char *column, *where;
        enum hone_code code;
        const char *message;
    } cases[] = {
        {"ag", NULL, HONE_E_NOT_FOUND, "ag"},
        {NULL, "ag > 1", HONE_E_NOT_FOUND, "ag"},
        {NULL, "age >", HONE_E_ARG, ""},
        {NULL, "age + 1", HONE_E_ARG, ""},
    };
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *names[1] = {cases[i].column};
        struct hone_read_options options = {.columns = {names, cases[i].column != NULL},
                                            .where = cases[i].where};
        struct hone_table *t = NULL;
        CHECK_FAILS_WITH(&run,
                         hone_table_read_text(&run, "t.csv", hone_str("age,b\n1,2\n"), &options,
                                              &mem, &t, NULL),
                         cases[i].code, cases[i].message);
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void lines_are_rows_of_one_text(void **state)
{
    struct hone_read_options options = {.format = "lines"};
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = NULL;
    (void)state;

    CHECK_OK(&run, hone_table_read_text(&run, "t", hone_str("a,\"b\r\n\n 2024-01-01\nNA"),
                                        &options, &mem, &t, NULL));
    CHECK_STR(shown(&mem, t), "text|a,\"b|| 2024-01-01|NA");
    CHECK(t->rows == 4 && t->column[0].type == HONE_UTF8 && t->column[0].nulls == 0);
    CHECK_FAILS_WITH(
        &run,
        hone_table_read_text(&run, "t", hone_str("\xc3\xa9\n\xff\n"), &options, &mem, &t, NULL),
        HONE_E_FORMAT, "t, line 2: the text is not UTF-8");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void formats_are_listed_where_one_is_not_known(void **state)
{
    struct hone_read_options reading = {.format = "xls"};
    struct hone_write_options writing = {.format = "libsvm"};
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = NULL;
    (void)state;

    CHECK_FAILS(&run,
                hone_table_read_text(&run, "t", hone_str("a\n1\n"), &reading, &mem, &t, NULL),
                HONE_E_ARG);
    CHECK_OK(&run, hone_table_read_text(&run, "t", hone_str("a\n1\n"), NULL, &mem, &t, NULL));
    CHECK(hone_table_write(&run, t, check_path(check_folder(), "t.svm"), &writing) ==
          HONE_E_UNSUPPORTED);
    CHECK(strstr(run.err.message, "libsvm is read but not written") != NULL);
    CHECK(strstr(run.err.hint, "jsonl") != NULL && strstr(run.err.hint, "csv") != NULL);
    hone_error_clear(&run);
    CHECK_FAILS_WITH(&run,
                     hone_table_write(&run, t, check_path(check_folder(), "t.xlsx"), NULL),
                     HONE_E_UNSUPPORTED, "no such format is written");
    writing.format = "csv";
    CHECK_OK(&run, hone_table_write(&run, t, check_path(check_folder(), "t.xlsx"), &writing));
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_reader[] = {
    cmocka_unit_test(rows_and_columns_are_picked_in_every_format),
    cmocka_unit_test(wrong_picks_say_what_there_is),
    cmocka_unit_test(lines_are_rows_of_one_text),
    cmocka_unit_test(formats_are_listed_where_one_is_not_known),
};
const size_t hone_tests_reader_n = sizeof hone_tests_reader / sizeof hone_tests_reader[0];
