/* CSV of many chunks: every cell against what was written, whatever stands between the rows. */
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/pool.h"
#include "base/time.h"
#include "check.h"
#include "io/reader.h"

enum { ROWS = 70000 };

static enum hone_code read_with(struct hone_run *run, struct hone_str text,
                                const struct hone_read_options *options, struct hone_arena *mem,
                                struct hone_table **out)
{
    return hone_table_read_text(run, "t.csv", text, options, mem, out, NULL);
}

static struct hone_str str_of(const struct hone_buf *buf)
{
    return (struct hone_str){buf->ptr, buf->len};
}

__attribute__((format(printf, 3, 4))) static bool text_is(const struct hone_column *c,
                                                          size_t row, const char *format, ...)
{
    char want[100];
    va_list args;

    va_start(args, format);
    vsnprintf(want, sizeof want, format, args);
    va_end(args);
    return hone_is_valid(c, row) && hone_str_is(hone_column_str(c, row), want);
}

/* What may stand around the rows of one file. */
struct style {
    const char *eol;
    bool blank_lines, comments, quotes, blanks, stray;
};

/* id (text), n (int), x (real), word (category), day, when, b (bool), note (text, sometimes missing) */
static struct hone_str make_file(struct hone_arena *mem, const struct style *style)
{
    struct hone_buf text = hone_buf(mem);
    const char *q = style->quotes ? "\"" : "";
    const char *sep = style->blanks ? ", " : ",";

    hone_buf_format(&text, "id%sn%sx%sword%sday%swhen%sb%snote%s", sep, sep, sep, sep, sep, sep,
                    sep, style->eol);
    for (int i = 0; i < ROWS; i++) {
        if (style->blank_lines && i % 1000 == 3) {
            hone_buf_format(&text, "%s  %s", style->eol, style->eol);
        }
        if (style->comments && i % 700 == 5) {
            hone_buf_format(&text, "# it's \"no record%s", style->eol);
        }
        hone_buf_format(&text, "%sid-%d%s%s%d%s%d.%02d%s", q, i, q, sep, i * 7 - 1000, sep,
                        i % 1000, i % 100, sep);
        hone_buf_format(&text, "%s%sw%d%s%s2024-01-%02d%s", i % 10 == 0 ? "NA" : q,
                        i % 10 == 0 ? "" : "word ", i % 10 == 0 ? 0 : i % 300,
                        i % 10 == 0 ? "" : q, sep, i % 28 + 1, sep);
        hone_buf_format(&text, "2024-01-02T03:%02d:%02d+05:30%s%s%s", i / 60 % 60, i % 60, sep,
                        i % 3 == 0 ? "true" : "False", sep);
        if (i % 4 != 0) {
            hone_buf_format(&text, "%s%sn%s %d%s", q, style->stray ? "5\" " : "",
                            style->quotes ? ",\n\"\"o\"\"" : "ote", i, q);
        }
        hone_buf_text(&text, style->eol);
    }
    return str_of(&text);
}

static void check_file(const struct hone_table *t, const struct style *style)
{
    const struct hone_column *c = t->column;
    CHECK(t->rows == ROWS && t->cols == 8);
    CHECK(c[0].type == HONE_UTF8 && c[1].type == HONE_INT64 && c[2].type == HONE_FLOAT64);
    CHECK(c[4].type == HONE_DATE && c[5].type == HONE_TIMESTAMP && c[6].type == HONE_BOOL);
    CHECK(c[7].type == HONE_UTF8 && c[3].nulls == 0 && c[7].nulls == ROWS / 4);
    for (int i = 0; i < ROWS; i++) {
        size_t row = (size_t)i;
        CHECK(text_is(&c[0], row, "id-%d", i));
        CHECK(hone_column_i64(&c[1], row) == i * 7 - 1000);
        CHECK_NEAR(hone_column_f64(&c[2], row), i % 1000 + i % 100 / 100.0, 1e-12);
        CHECK(i % 10 == 0 ? text_is(&c[3], row, "NAw0")
                          : text_is(&c[3], row, "word w%d", i % 300));
        CHECK(hone_column_i64(&c[4], row) == 19723 + i % 28);
        CHECK(hone_column_i64(&c[5], row) ==
              (INT64_C(1704144600) + i / 60 % 60 * 60 + i % 60) * 1000000);
        CHECK(hone_column_i64(&c[6], row) == (i % 3 == 0));
        CHECK(hone_is_valid(&c[7], row) == (i % 4 != 0));
        CHECK(i % 4 == 0 || text_is(&c[7], row,
                                    style->quotes  ? "n,\n\"o\" %d"
                                    : style->stray ? "5\" note %d"
                                                   : "note %d",
                                    i));
    }
}

static void every_cell_is_as_it_was_written(void **state)
{
    static const struct style styles[] = {
        {.eol = "\n"},
        {.eol = "\r\n", .blank_lines = true},
        {.eol = "\r"},
        {.eol = "\n", .quotes = true},
        {.eol = "\r\n", .quotes = true, .blank_lines = true},
        {.eol = "\n", .stray = true},
        {.eol = "\n", .blanks = true, .quotes = true},
        {.eol = "\n", .blanks = true, .blank_lines = true},
        {.eol = "\n", .comments = true, .blank_lines = true},
        {.eol = "\n", .comments = true, .quotes = true},
    };
    (void)state;

    for (size_t i = 0; i < sizeof styles / sizeof styles[0]; i++) {
        struct hone_read_options options = {.comment = styles[i].comments ? "#" : NULL};
        struct hone_run run = {.pool = hone_pool_new(i % 3 + 1)};
        struct hone_arena mem = {0};
        struct hone_table *t = NULL;
        CHECK_OK(&run, read_with(&run, make_file(&mem, &styles[i]), &options, &mem, &t));
        check_file(t, &styles[i]);
        hone_arena_free(&mem);
        hone_pool_free(run.pool);
        hone_run_clear(&run);
    }
}

/* Columns whose odd value stands where no sample looks: late, and once. */
static void what_a_sample_misses_is_found(void **state)
{
    struct hone_run run = {.pool = hone_pool_new(2)};
    struct hone_arena mem = {0};
    struct hone_buf text = hone_buf(&mem);
    struct hone_table *t = NULL;
    const int odd = ROWS / 3;
    (void)state;

    hone_buf_text(&text, "a,b,c,d,e,f\n");
    for (int i = 0; i < ROWS; i++) {
        if (i == odd) {
            hone_buf_text(&text, "2.5,word,x,2024-01-01 12:00,7,maybe\n");
        } else {
            hone_buf_format(&text, "%d,%d.5,,2024-01-%02d,,%s\n", i, i, i % 28 + 1,
                            i % 2 == 0 ? "true" : "false");
        }
    }
    CHECK_OK(&run, read_with(&run, str_of(&text), NULL, &mem, &t));
    CHECK(t->column[0].type == HONE_FLOAT64 && t->column[1].type == HONE_UTF8);
    CHECK(t->column[3].type == HONE_TIMESTAMP && t->column[4].type == HONE_INT64);
    CHECK(t->column[2].nulls == ROWS - 1 && t->column[4].nulls == ROWS - 1);
    CHECK(t->column[5].type == HONE_CATEGORY && t->column[5].dict->rows == 3);
    for (int i = 0; i < ROWS; i++) {
        size_t row = (size_t)i;
        CHECK_NEAR(hone_column_f64(&t->column[0], row), i == odd ? 2.5 : i, 0);
        CHECK(i == odd ? text_is(&t->column[1], row, "word")
                       : text_is(&t->column[1], row, "%d.5", i));
        CHECK(hone_column_i64(&t->column[3], row) ==
              (i == odd ? INT64_C(1704110400000000)
                        : (INT64_C(19723) + i % 28) * INT64_C(86400000000)));
        CHECK(i == odd || text_is(&t->column[5], row, i % 2 == 0 ? "true" : "false"));
    }
    CHECK(hone_column_i64(&t->column[4], (size_t)odd) == 7);
    hone_arena_free(&mem);
    hone_pool_free(run.pool);
    hone_run_clear(&run);
}

static void many_words_are_text_unless_a_category_is_asked_for(void **state)
{
    const char *types[] = {"w=category", "v=text"};
    struct hone_read_options options = {.type = {types, 2}};
    struct hone_run run = {.pool = hone_pool_new(2)};
    struct hone_arena mem = {0};
    struct hone_buf text = hone_buf(&mem);
    struct hone_table *t = NULL;
    const int words = 66000; /* above 65,536, each of them three times */
    (void)state;

    hone_buf_text(&text, "w,v\n");
    for (int i = 0; i < 3 * words; i++) {
        hone_buf_format(&text, "a rather long word %d,v%d\n", i % words, i % 5);
    }
    CHECK_OK(&run, read_with(&run, str_of(&text), NULL, &mem, &t));
    CHECK(t->column[0].type == HONE_UTF8 && t->column[1].type == HONE_CATEGORY);
    CHECK(text_is(&t->column[0], 198 * 1000 - 1, "a rather long word %d", 65999));
    CHECK_OK(&run, read_with(&run, str_of(&text), &options, &mem, &t));
    CHECK(t->column[0].type == HONE_CATEGORY && t->column[1].type == HONE_UTF8);
    CHECK(t->column[0].dict->rows == (size_t)words);
    for (int i = 0; i < 3 * words; i += 7) {
        CHECK(text_is(&t->column[0], (size_t)i, "a rather long word %d", i % words));
        CHECK(text_is(&t->column[1], (size_t)i, "v%d", i % 5));
    }
    hone_arena_free(&mem);
    hone_pool_free(run.pool);
    hone_run_clear(&run);
}

static void more_columns_than_a_batch_holds(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_buf text = hone_buf(&mem);
    struct hone_table *t = NULL;
    const int cols = 20000;
    (void)state;

    for (int row = 0; row < 6; row++) {
        for (int c = 0; c < cols; c++) {
            hone_buf_format(&text, row == 0 ? "c%d%s" : "%d%s", row == 0 ? c : row * c,
                            c + 1 < cols ? "," : "\n");
        }
    }
    CHECK_OK(&run, read_with(&run, str_of(&text), NULL, &mem, &t));
    CHECK(t->cols == (size_t)cols && t->rows == 5);
    for (int c = 0; c < cols; c++) {
        CHECK(hone_column_i64(&t->column[c], 4) == 5 * c);
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* Chunks of 256 KiB and a last one of 0 to 200 bytes: nothing behind the text is touched (ASan sees it). */
static void a_last_chunk_may_be_short(void **state)
{
    (void)state;

    for (size_t more = 0; more < 200; more += 7) {
        struct hone_run run = {0};
        struct hone_arena mem = {0};
        struct hone_table *t = NULL;
        size_t len = 3 + (256 << 10) + more;
        char *text = malloc(len);
        memcpy(text, "w\nv", 3);
        for (size_t i = 3; i < len; i++) {
            text[i] = "abcdef\n"[i % 7];
        }
        CHECK_OK(&run, read_with(&run, (struct hone_str){text, len}, NULL, &mem, &t));
        CHECK(t->cols == 1 && t->rows > 37000 && t->column[0].type == HONE_CATEGORY);
        free(text);
        hone_arena_free(&mem);
        hone_run_clear(&run);
    }
}

static void quotes_that_never_close_are_one_bad_row(void **state)
{
    struct hone_read_options options = {.on_bad_row = "skip"};
    struct hone_run run = {.pool = hone_pool_new(2)};
    struct hone_arena mem = {0};
    struct hone_buf text = hone_buf(&mem);
    struct hone_table *t = NULL;
    (void)state;

    hone_buf_text(&text, "a,b\n");
    for (int i = 0; i < ROWS; i++) {
        hone_buf_format(&text, i == 40000 ? "%d,\"open %d\n" : "%d,word %d\n", i, i % 50);
    }
    CHECK_FAILS_WITH(&run, read_with(&run, str_of(&text), NULL, &mem, &t), HONE_E_FORMAT,
                     "line 40002: column b: a quote is opened and never closed");
    CHECK_OK(&run, read_with(&run, str_of(&text), &options, &mem, &t));
    CHECK(t->rows == 40000 && hone_column_i64(&t->column[0], 39999) == 39999);
    hone_arena_free(&mem);
    hone_pool_free(run.pool);
    hone_run_clear(&run);
}

static void words_for_missing_may_belong_to_a_column(void **state)
{
    static const char text[] = "age,code,name\n999,999,?\n31,-,x\n-,7,unknown\n40,8,a=b\n";
    /* The last is a word for all columns that has a = in it. */
    const char *na[] = {"age=999", "code=-", "age=-", "name=unknown", "=a=b"};
    struct hone_read_options options = {.na = {na, 5}};
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = NULL;
    (void)state;

    CHECK_OK(&run, read_with(&run, hone_str(text), &options, &mem, &t));
    CHECK(t->column[0].type == HONE_INT64 && t->column[1].type == HONE_INT64);
    CHECK(t->column[0].nulls == 2 && t->column[1].nulls == 1 && t->column[2].nulls == 3);
    CHECK(hone_column_i64(&t->column[0], 1) == 31 && hone_column_i64(&t->column[1], 0) == 999);
    na[0] = "-"; /* only these, from here on: "?" is a word again */
    CHECK_OK(&run, read_with(&run, hone_str(text), &options, &mem, &t));
    CHECK(t->column[2].nulls == 2 && t->column[0].nulls == 1);
    na[1] = "cod=1";
    CHECK_FAILS_WITH(&run, read_with(&run, hone_str(text), &options, &mem, &t), HONE_E_ARG,
                     "no column 'cod', for which a missing word is given");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void only_what_is_asked_for_is_read(void **state)
{
    static const char text[] = "a,b,c\n1,x,2024-01-01\n2,y,2024-01-02\n3,z,2024-01-03\n";
    const char *columns[] = {"c", "a", "d"};
    struct hone_read_options options = {.columns = {columns, 2}, .where = "b <> 'y'"};
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = NULL;
    (void)state;

    CHECK_OK(&run, read_with(&run, hone_str(text), &options, &mem, &t));
    CHECK(t->cols == 2 && t->rows == 2 && t->column[0].type == HONE_DATE);
    CHECK_STR(t->column[0].name, "c");
    CHECK(hone_column_i64(&t->column[1], 1) == 3);
    options.columns.n = 3;
    CHECK_FAILS_WITH(&run, read_with(&run, hone_str(text), &options, &mem, &t),
                     HONE_E_NOT_FOUND, "d");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void times_with_zones_are_utc(void **state)
{
    static const char text[] = "t\n2024-01-02T03:04:05+05:30\n2024-01-02 03:04:05 -0300\n"
                               "2024-01-02T03:04:05.123456789Z\n2024-01-02 03:04 UTC\n"
                               "2024-01-01T23:59:59.9999999-00:30\n2024-01-02\n";
    static const char *const want[] = {"2024-01-01T21:34:05Z",        "2024-01-02T06:04:05Z",
                                       "2024-01-02T03:04:05.123456Z", "2024-01-02T03:04:00Z",
                                       "2024-01-02T00:29:59.999999Z", "2024-01-02T00:00:00Z"};
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = NULL;
    char got[40];
    (void)state;

    CHECK_OK(&run, read_with(&run, hone_str(text), NULL, &mem, &t));
    CHECK(t->column[0].type == HONE_TIMESTAMP && t->rows == 6);
    for (size_t i = 0; i < 6; i++) {
        (void)hone_format_timestamp(got, hone_column_i64(&t->column[0], i));
        CHECK_STR(got, want[i]);
    }
    /* Ten digits of a second are more than are kept: they are not cut off silently. */
    CHECK_OK(&run,
             read_with(&run, hone_str("t\n2024-01-02T03:04:05.1234567891Z\n"), NULL, &mem, &t));
    CHECK(t->column[0].type == HONE_UTF8);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void types_survive_being_written(void **state)
{
    static const char text[] =
        "whole,large,one\n1.0,1e20,\n2.0,3.0,x\n,123456789012345678.0,\n";
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = NULL;
    struct hone_table *again = NULL;
    const char *path = check_path(check_folder(), "t.csv");
    const char *last[] = {"one"};
    struct hone_sha sha[2];
    (void)state;

    CHECK_OK(&run, read_with(&run, hone_str(text), NULL, &mem, &t));
    CHECK(t->column[0].type == HONE_FLOAT64 && t->column[1].type == HONE_FLOAT64);
    CHECK_OK(&run, hone_table_write(&run, t, path, NULL));
    CHECK_OK(&run, hone_table_read(&run, path, NULL, &mem, &again, NULL));
    CHECK_OK(&run, hone_table_hash(&run, t, &sha[0]));
    CHECK_OK(&run, hone_table_hash(&run, again, &sha[1]));
    CHECK_STR(sha[1].hex, sha[0].hex);

    /* A missing value alone in its row is no blank line. */
    CHECK_OK(&run, hone_table_select(&run, t, last, 1, &mem, &t));
    CHECK_OK(&run, hone_table_write(&run, t, path, NULL));
    CHECK_OK(&run, hone_table_read(&run, path, NULL, &mem, &again, NULL));
    CHECK(again->rows == 3 && again->column[0].nulls == 2);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_csv_deep[] = {
    cmocka_unit_test(every_cell_is_as_it_was_written),
    cmocka_unit_test(what_a_sample_misses_is_found),
    cmocka_unit_test(many_words_are_text_unless_a_category_is_asked_for),
    cmocka_unit_test(more_columns_than_a_batch_holds),
    cmocka_unit_test(a_last_chunk_may_be_short),
    cmocka_unit_test(quotes_that_never_close_are_one_bad_row),
    cmocka_unit_test(words_for_missing_may_belong_to_a_column),
    cmocka_unit_test(only_what_is_asked_for_is_read),
    cmocka_unit_test(times_with_zones_are_utc),
    cmocka_unit_test(types_survive_being_written),
};
const size_t hone_tests_csv_deep_n = sizeof hone_tests_csv_deep / sizeof hone_tests_csv_deep[0];
