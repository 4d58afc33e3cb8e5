/* JSON: types, members that come and go, nesting, shapes, vectors, bad records, round trips, threads. */
#include "base/hash.h"
#include "base/pool.h"
#include "check.h"
#include "io/reader.h"
#include "tables.h"

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
        {"{\"a\":1}\n{\"a\":}\n", "t.json, line 2: column 6: a value was expected"},
        {"{\"a\":1}\n\n[1]\n", "line 3: '[1]' is no object"},
        {"{\"a\":1,\"a\":2}\n", "line 1: "},
        {"{\"a\":\"\xc3\xa9 \xff\"}\n", "line 1: "},
        {"{\"a\":1} {\"a\":2}\n", "line 1: column 9: more text after the value"},
        {"{\"a\":NaN}\n", "column 6: NaN and Infinity are no JSON: write null"},
        {"{\"a\":-Infinity}\n", "NaN and Infinity are no JSON"},
        {"{\"a\":01}\n", "a number that begins with 0"},
        {"{\"a\":\"\\ud800\"}\n", "half of a surrogate pair"},
        {"{\"a\":\"\\u0000\"}\n", "a text with a zero byte"},
        {"{\"a\\u0000\":1}\n", "a member's name with a zero byte"},
        {"{\"a\":\"x\ty\"}\n", "a control character in a string"},
        {"{'a':1}\n", "a member's name was expected"},
        {"{\"a\":1,\"b\":2}\n{,\"a\":1}\n", "line 2: column 2: a member's name"},
        {"{\"a\":1,\"b\":2}\n{\"a\":1,,\"b\":2}\n", "line 2: column 8: a member's name"},
        {"{\"a\":1,\"b\":2}\n{\"a\":1 \"b\":2}\n", "line 2: column 8: ',' or '}'"},
        {"{\"a\":1,\"b\":2}\n{\"a\":1,\"b\":}\n", "line 2: column 12: a value was"},
        {"{\"a\":1,\"b\":2}\n{\"a\":1,\"b\":", "line 2: column 12: it ends where a value"},
        {"{\"a\":1,\"b\":2}\n{\"a\":1,\"a\":2}\n", "line 2: the member 'a' is there twice"},
        {"{\"a\":1,}\n", "a member's name was expected"},
        {"{\"a\":{\"b\":1},\"a.b\":2}\n", "line 1: the member 'a.b' is there twice"},
        {"{\"a\":1}\n{\"a\":[1,}\n", "line 2: column 9: a value was expected"},
        {"[{\"a\":1}\n{\"a\":2}]", "line 2: ',' was expected before this record"},
        {"[{\"a\":1},]", "line 1, column 9: a value was expected after the comma"},
        {"[{\"a\":1}", "line 1, column 1: the list that begins here has no end"},
        {"[{\"a\":1}] x", "line 1, column 11: more text after the list"},
        {"[1,2]", "line 1, column 2: a list of values is no table"},
        {"[{\"a\":1},5]", "line 1: '5' is no object"},
        {"[[1,2],[3]]", "line 1: 1 value, expected 2"},
        {"[\n{\n\"a\": 1,\n\"b\": }]", "line 2: 2 lines further, column 6: a value was"},
        {"{\"a\":[1,2],\"b\":[3]}", "column a has 2 values, column b 1"},
        {"{\"columns\":[\"x\",\"x\"],\"data\":[[1,2]]}", "two columns are called 'x'"},
        {"[]", "no records"},
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
        CHECK_FAILS_WITH(
            &run,
            hone_table_read_text(&run, "t.json", hone_str(cases[i].text), NULL, &mem, &t, NULL),
            HONE_E_FORMAT, cases[i].message);
    }
    CHECK_OK(&run, read_text(&run, "{\"a\":1}\nx\n{\"a\":2}\n", &options, &mem, &t, &report));
    CHECK(t->rows == 2 && report.bad_rows == 1 && report.records == 3);
    CHECK(strncmp(report.first_bad, "line 2: ", 8) == 0);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void every_shape_is_the_table_it_means(void **state)
{
    static const char same[] = "a:int64 b:text|1,x|2,y";
    static const struct {
        const char *path, *text, *want;
    } cases[] = {
        {"t.json", "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n", same},
        {"t.json", "[{\"a\":1,\"b\":\"x\"},{\"a\":2,\"b\":\"y\"}]", same},
        {"t.jsonl", " [ {\"a\":1,\"b\":\"x\"}\n,\n{\"b\":\"y\",\"a\":2} ] \n", same},
        {"t.json", "{\n \"a\": 1,\n \"b\": \"x\"\n}\n{\n \"a\": 2,\n \"b\": \"y\"\n}\n", same},
        {"t.json", "{\"a\":[1,2],\"b\":[\"x\",\"y\"]}", same},
        {"t.json", "{\"a\":{\"0\":1,\"1\":2},\"b\":{\"0\":\"x\",\"1\":\"y\"}}", same},
        {"t.json", "{\"columns\":[\"a\",\"b\"],\"index\":[0,1],\"data\":[[1,\"x\"],[2,\"y\"]]}",
         same},
        {"t.json",
         "{\"schema\":{\"fields\":[]},\"data\":[{\"a\":1,\"b\":\"x\"},{\"a\":2,\"b\":\"y\"}]}",
         same},
        {"t.json", "{\"data\":[{\"a\":1,\"b\":\"x\"},{\"a\":2,\"b\":\"y\"}]}", same},
        {"t.json", "[[1,\"x\"],[2,\"y\"]]", "column_1:int64 column_2:text|1,x|2,y"},
        {"-", "[{\"a\":1}]", "a:int64|1"},
        {"t.json", "{\"a\":1,\n\"b\":\"x\"}", "a:int64 b:text|1,x"},
        {"t.jsonl", "{\"a\":[1,2],\"b\":[\"x\",\"y\"]}", "a:vector b:text|[1,2],[\"x\",\"y\"]"},
        {"t.json", "{\"columns\":[\"a\"],\"data\":[]}", "a:float64"},
    };
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hone_table *t = NULL;
        CHECK_OK(&run, hone_table_read_text(&run, cases[i].path, hone_str(cases[i].text), NULL,
                                            &mem, &t, NULL));
        CHECK_STR(tables_text(&mem, t), cases[i].want);
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void nested_objects_are_columns_with_dots(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"{\"u\":{\"id\":1,\"geo\":{\"lat\":0.5}},\"x\":true}\n"
         "{\"x\":false,\"u\":{\"geo\":{\"lat\":1.5,\"lon\":2},\"id\":2}}\n",
         "u.id:int64 u.geo.lat:float64 x:bool u.geo.lon:int64|1,0.5,true,|2,1.5,false,2"},
        {"{\"u\":null,\"i\":1}\n{\"u\":{\"id\":7},\"i\":2}\n{\"u\":{},\"i\":3}\n",
         "i:int64 u.id:int64|1,|2,7|3,"},
        {"{\"u\":5}\n{\"u\":{\"id\":7}}\n", "u:int64 u.id:int64|5,|,7"},
        {"{\"a.b\":1}\n{\"a\":{\"b\":2}}\n", "a.b:int64|1|2"},
        {"{\"a\": 1, \"q\\\"\": 2}\n{ \"a\" :3,\"q\\\"\":4 }\n{\"a\": 5,  \"q\\u0022\": 6}\n",
         "a:int64 q\":int64|1,2|3,4|5,6"},
        {"{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n", "a:int64 b:int64 c:int64|1,,|,2,|,,3"},
    };
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hone_table *t = NULL;
        CHECK_OK(&run, read_text(&run, cases[i].text, NULL, &mem, &t, NULL));
        CHECK_STR(tables_text(&mem, t), cases[i].want);
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void texts_have_their_escapes_resolved_and_lists_keep_theirs(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = NULL;
    (void)state;

    CHECK_OK(
        &run,
        read_text(
            &run,
            "{\"t\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\",\"l\":[\"\\\"\"]}\n"
            "{\"\\u0074\":\"plain\",\"l\":[{\"x\": 1} ]}\n",
            NULL, &mem, &t, NULL));
    CHECK(t->cols == 2 && t->rows == 2);
    CHECK(is(t, 0, 0, "\"\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x98\x80"));
    CHECK(is(t, 0, 1, "plain"));
    CHECK(is(t, 1, 0, "[\"\\\"\"]") && is(t, 1, 1, "[{\"x\": 1} ]"));
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void lists_of_numbers_of_one_length_are_vectors(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"{\"v\":[1,-2.5,3e2]}\n{\"v\":null}\n{\"v\":[ 4 , 5 , 6 ]}\n",
         "v:vector|[1,-2.5,300]||[4,5,6]"},
        {"{\"v\":[1,2]}\n{\"v\":[1,2,3]}\n", "v:text|[1,2]|[1,2,3]"},
        {"{\"v\":[1,2]}\n{\"v\":[1,\"2\"]}\n", "v:text|[1,2]|[1,\"2\"]"},
        {"{\"v\":[1,2]}\n{\"v\":[1,null]}\n", "v:text|[1,2]|[1,null]"},
        {"{\"v\":[]}\n{\"v\":[]}\n{\"v\":[]}\n", "v:category|[]|[]|[]"},
        {"{\"v\":[16777217]}\n{\"v\":[1]}\n", "v:text|[16777217]|[1]"},
        {"{\"v\":[1e39]}\n{\"v\":[1]}\n", "v:text|[1e39]|[1]"},
        {"{\"v\":[[1]]}\n{\"v\":[[2]]}\n", "v:text|[[1]]|[[2]]"},
    };
    const char *types[] = {"v=text"};
    struct hone_read_options options = {.type = {types, 1}};
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = NULL;
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_OK(&run, read_text(&run, cases[i].text, NULL, &mem, &t, NULL));
        CHECK_STR(tables_text(&mem, t), cases[i].want);
    }
    CHECK_OK(&run, read_text(&run, cases[0].text, &options, &mem, &t, NULL));
    CHECK(t->column[0].type == HONE_UTF8);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void bad_records_are_left_out_whole(void **state)
{
    static const struct {
        const char *text, *want;
        size_t bad;
    } cases[] = {
        {"{\"a\":1}\n{\"a\":2,\"zzz\":1,\"a\":3}\n{\"a\":4}\n", "a:int64|1|4", 1},
        {"[{\"a\":1},{\"a\":x, \"b\":{}},{\"a\":3}]", "a:int64|1|3", 1},
        {"[{\"a\":1},7,\"x\",{\"a\":3}]", "a:int64|1|3", 2},
        {"[{\"a\":1} {\"a\":2},{\"a\":3}]", "a:int64|1|3", 1},
        {"[[1,2],[3],[4,5,6],[7,8]]", "column_1:int64 column_2:int64|1,2|7,8", 2},
        {"{\"a\":1,\n\"b\":}\n{\"a\":2\n}", "a:int64|2", 1},
        {"{\"a\":1}\n{\"a\":\"\xff\"}\n{\"a\":\"\xc3\xa9\"}\n", "a:text|1|\xc3\xa9", 1},
        {"{\"a\":\"\\u0041\"}\n{\"a\":\"\\\"\" \"}\n{\"a\":\"b\"}\n", "a:text|A|b", 1},
    };
    struct hone_read_options options = {.on_bad_row = "skip"};
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hone_read_report report;
        struct hone_table *t = NULL;
        CHECK_OK(&run, hone_table_read_text(&run, "t.json", hone_str(cases[i].text), &options,
                                            &mem, &t, &report));
        CHECK_STR(tables_text(&mem, t), cases[i].want);
        CHECK(report.bad_rows == cases[i].bad && report.records == t->rows + cases[i].bad);
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* The same 60,000 records as lines, as a list and one after the other: several chunks each, with columns that come
 * late, escapes, and a kind that widens in the last chunk. */
static void chunks_of_every_shape_give_one_table(void **state)
{
    struct hone_arena mem = {0};
    struct hone_buf text[3] = {hone_buf(&mem), hone_buf(&mem), hone_buf(&mem)};
    struct hone_sha sha[6];
    (void)state;

    hone_buf_char(&text[1], '[');
    for (int i = 0; i < 60000; i++) {
        for (int k = 0; k < 3; k++) {
            const char *nl = k == 2 ? "\n  " : "";
            hone_buf_format(&text[k], "{%s\"i\":%d,%s\"deep\":{\"s\":\"a\\\"]}%d\"}", nl, i, nl,
                            i % 1000);
            if (i > 50000) {
                hone_buf_format(&text[k], ",\"late\":[%d,0.5],\"x\":%s", i % 7,
                                i == 59990 ? "\"w\"" : "1");
            }
            hone_buf_text(&text[k], k == 1 && i < 59999 ? "},\n" : k == 1 ? "}]" : "}\n");
        }
    }
    for (size_t k = 0; k < 6; k++) {
        struct hone_run run = {.pool = hone_pool_new(1 + k / 3)};
        struct hone_table *t = NULL;
        CHECK_OK(&run, hone_table_read_text(&run, "t.json",
                                            (struct hone_str){text[k % 3].ptr, text[k % 3].len},
                                            NULL, &mem, &t, NULL));
        CHECK(t->rows == 60000 && t->cols == 4);
        CHECK_STR(t->column[1].name, "deep.s");
        CHECK(is(t, 1, 59999, "a\"]}999") && is(t, 3, 59990, "w") && is(t, 3, 59991, "1"));
        CHECK(t->column[2].type == HONE_VECTOR && t->column[2].nulls == 50001);
        CHECK_OK(&run, hone_table_hash(&run, t, &sha[k]));
        CHECK_STR(sha[k].hex, sha[0].hex);
        hone_pool_free(run.pool);
        hone_run_clear(&run);
    }
    hone_arena_free(&mem);
}

static void memory_running_out_is_reported_and_nothing_else(void **state)
{
    (void)state;

    for (unsigned n = 1; n < 300; n++) {
        struct hone_run run = {0};
        struct hone_arena mem = {0};
        struct hone_table *t = NULL;
        enum hone_code code;
        hone_arena_fail_after(n);
        code =
            read_text(&run, "{\"a\":{\"b\":1},\"v\":[1,2]}\n{\"a\":{\"b\":\"\\n\"},\"c\":1}\n",
                      NULL, &mem, &t, NULL);
        hone_arena_fail_after(0);
        CHECK(code == HONE_OK || (code == HONE_E_LIMIT && run.err.code == code));
        hone_arena_free(&mem);
        hone_run_clear(&run);
    }
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
    cmocka_unit_test(every_shape_is_the_table_it_means),
    cmocka_unit_test(nested_objects_are_columns_with_dots),
    cmocka_unit_test(texts_have_their_escapes_resolved_and_lists_keep_theirs),
    cmocka_unit_test(lists_of_numbers_of_one_length_are_vectors),
    cmocka_unit_test(bad_records_are_left_out_whole),
    cmocka_unit_test(chunks_of_every_shape_give_one_table),
    cmocka_unit_test(memory_running_out_is_reported_and_nothing_else),
    cmocka_unit_test(threads_do_not_change_the_result),
};
const size_t hone_tests_jsonl_n = sizeof hone_tests_jsonl / sizeof hone_tests_jsonl[0];
