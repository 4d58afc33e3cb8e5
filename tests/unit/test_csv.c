/* CSV: real files as they are, types, quoting, bad rows, hostile bytes, round trips, threads. */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/pool.h"
#include "check.h"
#include "io/reader.h"

static enum hone_code read_with(struct hone_run *run, const char *text,
                                const struct hone_read_options *options, struct hone_arena *mem,
                                struct hone_table **out, struct hone_read_report *report)
{
    return hone_table_read_text(run, "t.csv", hone_str(text), options, mem, out, report);
}

static enum hone_code read_text(struct hone_run *run, const char *text, struct hone_arena *mem,
                                struct hone_table **out)
{
    return read_with(run, text, NULL, mem, out, NULL);
}

/* One letter a column: i int64, f float64, b bool, c category, s text, d date, t timestamp. */
static const char *letters(const struct hone_table *t)
{
    static const char of[] = {
        [HONE_BOOL] = 'b', [HONE_INT64] = 'i', [HONE_FLOAT64] = 'f',   [HONE_CATEGORY] = 'c',
        [HONE_UTF8] = 's', [HONE_DATE] = 'd',  [HONE_TIMESTAMP] = 't', [HONE_FLOAT32] = 'F'};
    static char text[100];
    size_t i = 0;

    for (; i < t->cols && i < sizeof text - 1; i++) {
        text[i] = of[t->column[i].type];
    }
    text[i] = '\0';
    return text;
}

static const char *cell(struct hone_arena *mem, const struct hone_table *t, size_t row,
                        size_t col)
{
    struct hone_buf buf = hone_buf(mem);

    if (!hone_is_valid(&t->column[col], row)) {
        return "(missing)";
    }
    hone_column_print(&buf, &t->column[col], row);
    return buf.ptr == NULL ? "" : buf.ptr;
}

/* Numbers by tests/golden/csv_real.py. */
static const struct golden {
    const char *path;
    size_t rows, cols, missing;
    double sum; /* of all cells of int64 and float64 columns */
    const char *types;
    const char *first; /* a column and its name */
} real_files[] = {
    {"data/adult/adult.data.gz", 32561, 15, 4262, 6220206594.0, "iciciccccciiicc", "column_1"},
    {"data/bank-marketing/bank-full.csv.gz", 45211, 17, 0, 77795461.0, "icccciccciciiiicc",
     "age"},
    {"data/titanic/titanic.csv", 891, 12, 866, 450490.116, "iiiscfiisfsc", "PassengerId"},
    {"data/california-housing/housing.csv.gz", 20640, 10, 207, 4373567391.5695, "fffffffffc",
     "longitude"},
    {"data/compas/compas-scores-two-years.csv.gz", 7214, 46, 61060, 44651441.0,
     "idcicciiiiiittddiccicidcddficdccicdcicdddiiiii", "id"},
    {"data/bike-sharing/hour.csv.gz", 17379, 17, 0, 158095814.9518, "idiiiiiiiiffffiii",
     "instant"},
    {"data/hflights/hflights.csv.gz", 227496, 21, 251073, 1818257399.0, "iiiiiiciciiiicciiiici",
     "Year"},
    {"data/covertype-outlier/cover.csv.gz", 286048, 11, 0, 2447522510.0, "iiiiiiiiiii", "x0"},
};

static void real_files_are_read_as_they_are(void **state)
{
    struct hone_run run = {0};
    (void)state;

    if (check_shared("data/adult/adult.data.gz") == NULL) {
        SKIP("no shared data");
    }
    run.pool = hone_pool_new(2);
    for (size_t f = 0; f < sizeof real_files / sizeof real_files[0]; f++) {
        const struct golden *g = &real_files[f];
        struct hone_arena mem = {0};
        struct hone_table *t = NULL;
        struct hone_read_report report;
        size_t missing = 0;
        double sum = 0;
        CHECK_OK(&run, hone_table_read(&run, check_shared(g->path), NULL, &mem, &t, &report));
        CHECK(t->rows == g->rows && t->cols == g->cols && report.bad_rows == 0);
        CHECK_STR(letters(t), g->types);
        CHECK_STR(t->column[0].name, g->first);
        for (size_t c = 0; c < t->cols; c++) {
            missing += t->column[c].nulls;
            for (size_t row = 0; row < t->rows; row++) {
                double x = hone_column_f64(&t->column[c], row);
                sum += hone_type_is_number(t->column[c].type) && !isnan(x) ? x : 0;
            }
        }
        CHECK(missing == g->missing);
        CHECK_NEAR(sum / g->sum, 1, 1e-12); /* order of summation */
        hone_arena_free(&mem);
    }
    hone_pool_free(run.pool);
    hone_run_clear(&run);
}

static void types_hold_over_the_whole_file(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = NULL;
    (void)state;

    CHECK_OK(&run, read_text(&run,
                             "i,f,b,d,t,c,s,none,id\n"
                             "1,1,true,2024-02-29,2024-02-29,x,one,,10000000000000000000001\n"
                             "-2,2.5,False,2024-03-01,2024-02-29T01:02:03Z,y,two,NA,2\n"
                             "+3,1e3,TRUE,NULL,,x,three,?,3\n"
                             "?,.5,,1969-12-31,nan,y,four,,4\n",
                             &mem, &t));
    CHECK_STR(letters(t), "ifbdtcsfs");
    CHECK(hone_column_i64(&t->column[0], 2) == 3 && t->column[0].nulls == 1);
    CHECK_NEAR(hone_column_f64(&t->column[1], 2), 1000, 0);
    CHECK(hone_column_i64(&t->column[3], 3) == -1);
    CHECK(hone_column_i64(&t->column[4], 0) == INT64_C(1709164800000000));
    CHECK(hone_column_i64(&t->column[4], 1) == INT64_C(1709168523000000));
    CHECK(t->column[5].dict->rows == 2 && hone_column_i64(&t->column[5], 1) == 1);
    CHECK(t->column[7].nulls == 4);
    CHECK_STR(cell(&mem, t, 0, 8), "10000000000000000000001");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void a_late_value_widens_the_column(void **state)
{
    static const struct {
        const char *last, *types;
    } cases[] = {{"7", "i"}, {"7.5", "f"}, {"x", "s"}, {"0x10", "s"}, {"NA", "i"}};
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_buf text = hone_buf(&mem);
    (void)state;

    hone_buf_text(&text, "n\n");
    for (int i = 0; i < 400000; i++) { /* several chunks */
        hone_buf_format(&text, "%07d\n", i);
    }
    for (size_t i = 0; i < 5; i++) {
        struct hone_arena own = {0};
        struct hone_table *t = NULL;
        size_t len = text.len;
        hone_buf_text(&text, cases[i].last);
        CHECK_OK(&run,
                 hone_table_read_text(&run, "t.csv", (struct hone_str){text.ptr, text.len},
                                      NULL, &own, &t, NULL));
        CHECK(t->rows == 400001);
        CHECK_STR(letters(t), cases[i].types);
        CHECK_STR(cell(&own, t, 12, 0), cases[i].types[0] == 's' ? "0000012" : "12");
        text.len = len;
        hone_arena_free(&own);
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void quotes_keep_what_is_in_them(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = NULL;
    (void)state;

    CHECK_OK(
        &run,
        read_text(&run,
                  "a,b\r\n\"1,2\",\"x \"\"y\"\"\"\r\n\"two\r\nlines\", z\r\n5\" nail,\"\"\r\n",
                  &mem, &t));
    CHECK(t->rows == 3 && t->cols == 2);
    CHECK_STR(cell(&mem, t, 0, 0), "1,2");
    CHECK_STR(cell(&mem, t, 0, 1), "x \"y\"");
    CHECK_STR(cell(&mem, t, 1, 0), "two\r\nlines");
    CHECK_STR(cell(&mem, t, 1, 1), " z");
    CHECK_STR(cell(&mem, t, 2, 0), "5\" nail");
    CHECK_STR(cell(&mem, t, 2, 1), "(missing)");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void delimiter_header_and_names_are_found_or_taken(void **state)
{
    static const struct {
        const char *text;
        char delimiter;
        bool header;
        size_t rows, cols;
        const char *name;
    } cases[] = {
        {"a;b\n1,5;2\n", ';', true, 1, 2, "a"},
        {"a\tb\n1\t2\n", '\t', true, 1, 2, "a"},
        {"a|b|c\n1|2|3\n", '|', true, 1, 3, "a"},
        {"sep=;\r\na,x;b\r\n1,5;2\r\n", ';', true, 1, 2, "a,x"},
        {"1,2\n3,4\n", ',', false, 2, 2, "column_1"},
        {"label,text\nham,hello there\nspam,win\n", ',', true, 2, 2, "label"},
        {"ham,hello there\nspam,win\nham,x\n", ',', false, 3, 2, "column_1"},
        {"x\n1\n\n2\n \n", ',', true, 2, 1, "x"},
        {"x\r1\r2\r", ',', true, 2, 1, "x"},
        {"\xef\xbb\xbfx,y\n1,2", ',', true, 1, 2, "x"},
        {" , b\n1, 2\n3, 4\n", ',', true, 2, 2, "column_1"},
        {"a,b\n", ',', true, 0, 2, "a"},
        {"1 0.5  x\n 2   3 y \n", ' ', false, 2, 3, "column_1"},
        {"id  v\n1   2\n3   4\n", ' ', true, 2, 2, "id"},
        {"two words\nand two\n", ',', true, 1, 1, "two words"}, /* sentences are no columns */
        {"1 2\n3 4 5\n", ',', true, 1, 1, "1 2"},
        {"im_01\nim_02\nim_3\nim_4\n", ',', false, 4, 1, "column_1"},
        {"'b','x, y'\n'a','z'\n'b','z'\n", ',', false, 3, 2, "column_1"},
        {"ham\t\"oh\" he said\nspam\t\"win\nham\tx\n", '\t', false, 3, 2, "column_1"},
    };
    struct hone_run run = {0};
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hone_arena mem = {0};
        struct hone_table *t = NULL;
        struct hone_read_report report;
        CHECK_OK(&run, read_with(&run, cases[i].text, NULL, &mem, &t, &report));
        CHECK(report.delimiter == cases[i].delimiter);
        CHECK(report.header == cases[i].header);
        CHECK(t->rows == cases[i].rows && t->cols == cases[i].cols);
        CHECK_STR(t->column[0].name, cases[i].name);
        hone_arena_free(&mem);
    }
    hone_run_clear(&run);
}

static void equal_names_are_told_apart(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = NULL;
    (void)state;

    CHECK_OK(&run, read_text(&run, "a,a,,a.1,a\n1,2,3,4,5\n", &mem, &t));
    CHECK_STR(t->column[1].name, "a.1");
    CHECK_STR(t->column[2].name, "column_3");
    CHECK_STR(t->column[3].name, "a.1.1");
    CHECK_STR(t->column[4].name, "a.2");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void options_override_what_is_found(void **state)
{
    const char *names[] = {"p", "q"};
    const char *types[] = {"p=text", "q=float32"};
    const char *na[] = {"-", "none"};
    struct hone_read_options options = {.no_header = true,
                                        .names = {names, 2},
                                        .type = {types, 2},
                                        .na = {na, 2},
                                        .comment = "#",
                                        .delimiter = "tab"};
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = NULL;
    (void)state;

    CHECK_OK(&run,
             read_with(&run, "# it's \"odd\n1\t2.5\n#x\nNA\tnone\n", &options, &mem, &t, NULL));
    CHECK(t->rows == 2);
    CHECK_STR(letters(t), "sF");
    CHECK_STR(t->column[1].name, "q");
    CHECK_STR(cell(&mem, t, 1, 0), "NA");
    CHECK_STR(cell(&mem, t, 1, 1), "(missing)");

    types[1] = "z=int";
    CHECK_FAILS_WITH(&run, read_with(&run, "1\t2\n", &options, &mem, &t, NULL), HONE_E_ARG,
                     "'z'");
    types[1] = "q=colour";
    CHECK_FAILS_WITH(&run, read_with(&run, "1\t2\n", &options, &mem, &t, NULL), HONE_E_ARG,
                     "colour");
    options.type.n = 1;
    CHECK_FAILS_WITH(&run, read_with(&run, "1\t2\t3\n", &options, &mem, &t, NULL), HONE_E_ARG,
                     "3 columns");
    options.delimiter = "ab";
    CHECK_FAILS_WITH(&run, read_with(&run, "1\t2\n", &options, &mem, &t, NULL), HONE_E_ARG,
                     "delimiter");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void words_for_missing_may_be_numbers(void **state)
{
    const char *na[] = {"999", "-1", "2000-01-01"};
    struct hone_read_options options = {.na = {na, 3}};
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = NULL;
    (void)state;

    CHECK_OK(&run, read_with(&run, "a,b,c,d\n1,-1,2024-05-01,x\n999,0.5,2000-01-01,999\n",
                             &options, &mem, &t, NULL));
    CHECK_STR(letters(t), "ifds");
    CHECK_STR(cell(&mem, t, 0, 0), "1");
    CHECK_STR(cell(&mem, t, 1, 0), "(missing)");
    CHECK_STR(cell(&mem, t, 0, 1), "(missing)");
    CHECK_STR(cell(&mem, t, 1, 1), "0.5");
    CHECK_STR(cell(&mem, t, 0, 2), "2024-05-01");
    CHECK_STR(cell(&mem, t, 1, 2), "(missing)");
    CHECK_STR(cell(&mem, t, 1, 3), "(missing)");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void bad_rows_are_told_with_their_line(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"a,b\n1,2\n\n3\n", "t.csv, line 4: 1 field, expected 2: '3'"},
        {"a,b\n1,2,3\n", "line 2: 3 fields, expected 2"},
        {"a,b\n\"x\ny\",2\n\"p\"q,1\n", "line 4: column a: text after a closing quote"},
        {"a,b\n1,2\n1,\"open\n2,3\n", "line 3: column b: a quote is opened and never closed"},
        {"a,b\n\xc3\xa9,2\n1,caf\xe9\n", "line 3: column b: the text is not UTF-8"},
    };
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = NULL;
    const char *types[] = {"b=int64"};
    struct hone_read_options options = {.type = {types, 1}};
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_FAILS_WITH(&run, read_text(&run, cases[i].text, &mem, &t), HONE_E_FORMAT,
                         cases[i].message);
    }
    CHECK_FAILS_WITH(&run, read_with(&run, "a,b\n1,2\n1,2.5\n", &options, &mem, &t, NULL),
                     HONE_E_FORMAT, "line 3: column b: '2.5' is no int64");
    CHECK_FAILS_WITH(&run,
                     hone_table_read_text(&run, "t.csv", (struct hone_str){"a,b\n1,\0\n", 8},
                                          NULL, &mem, &t, NULL),
                     HONE_E_FORMAT, "line 2: column b");
    CHECK_FAILS_WITH(&run, read_text(&run, "", &mem, &t), HONE_E_FORMAT, "empty");
    CHECK_FAILS_WITH(&run, read_text(&run, "\n\n", &mem, &t), HONE_E_FORMAT, "no records");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void bad_rows_are_skipped_or_put_aside_and_counted(void **state)
{
    static const char text[] = "a,b\n1,x\n2\n3,\"y\nz\"\nbad,w\n4,\"q\"r\n5,v\n";
    const char *types[] = {"a=int"};
    const char *file = check_path(check_folder(), "in.bad");
    struct hone_read_options options = {
        .type = {types, 1}, .on_bad_row = "quarantine", .quarantine = file};
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = NULL;
    struct hone_read_report report;
    char *aside;
    (void)state;

    CHECK_OK(&run, read_with(&run, text, &options, &mem, &t, &report));
    CHECK(t->rows == 3 && report.records == 6 && report.bad_rows == 3);
    CHECK(hone_column_i64(&t->column[0], 1) == 3 && hone_column_i64(&t->column[0], 2) == 5);
    CHECK_STR(report.first_bad, "line 3: 1 field, expected 2: '2'");
    CHECK_STR(report.quarantine, file);
    aside = check_read(file);
    CHECK_STR(
        aside,
        "line,reason,record\n"
        "3,\"1 field, expected 2: '2'\",\"2\"\n"
        "6,\"column a: 'bad' is no int64\",\"bad,w\"\n"
        "7,\"column b: text after a closing quote (does --quote none fit?)\",\"4,\"\"q\"\"r\"\n");
    free(aside);
    options.on_bad_row = "skip";
    CHECK_OK(&run, read_with(&run, text, &options, &mem, &t, &report));
    CHECK(t->rows == 3 && report.bad_rows == 3 && report.quarantine == NULL);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* Rows of every kind, with quotes, line ends in fields and some bad rows; 3 MB, so several chunks. */
static struct hone_str make_text(struct hone_arena *mem)
{
    struct hone_buf text = hone_buf(mem);

    hone_buf_text(&text, "n,x,word,day,note\n");
    for (int i = 0; i < 60000; i++) {
        if (i % 5000 == 77) {
            hone_buf_text(&text, "too,few\n");
        }
        hone_buf_format(&text, "%d,%g,%s,2024-01-%02d,\"line %d\n\"\"%s\"\", end\"\n", i,
                        (double)i / 7,
                        i % 3 == 0   ? "NA"
                        : i % 3 == 1 ? "alpha"
                                     : "beta",
                        i % 28 + 1, i, i % 2 == 0 ? "x" : "a,b");
    }
    return (struct hone_str){text.ptr, text.len};
}

static void threads_do_not_change_the_result(void **state)
{
    struct hone_read_options options = {.on_bad_row = "skip"};
    struct hone_arena mem = {0};
    struct hone_str text = make_text(&mem);
    struct hone_sha sha[3];
    (void)state;

    for (size_t threads = 1; threads <= 3; threads++) {
        struct hone_run run = {.pool = hone_pool_new(threads)};
        struct hone_table *t = NULL;
        struct hone_read_report report;
        CHECK_OK(&run, hone_table_read_text(&run, "t.csv", text, &options, &mem, &t, &report));
        CHECK(t->rows == 60000 && report.bad_rows == 12);
        CHECK_STR(letters(t), "ifcds");
        CHECK_OK(&run, hone_table_hash(&run, t, &sha[threads - 1]));
        options.on_bad_row = "fail";
        CHECK_FAILS_WITH(&run,
                         hone_table_read_text(&run, "t.csv", text, &options, &mem, &t, NULL),
                         HONE_E_FORMAT, "line 156: 2 fields, expected 5");
        options.on_bad_row = "skip";
        hone_pool_free(run.pool);
        hone_run_clear(&run);
    }
    CHECK_STR(sha[1].hex, sha[0].hex);
    CHECK_STR(sha[2].hex, sha[0].hex);
    hone_arena_free(&mem);
}

static void what_is_written_is_read_back_the_same(void **state)
{
    static const char *const names[] = {"t.csv", "t.tsv", "t.jsonl", "t.csv.gz", "t.jsonl.zst"};
    struct hone_read_options options = {.on_bad_row = "skip"};
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = NULL;
    const char *folder = check_folder();
    struct hone_sha first;
    (void)state;

    CHECK_OK(&run,
             hone_table_read_text(&run, "t.csv", make_text(&mem), &options, &mem, &t, NULL));
    CHECK_OK(&run, hone_table_hash(&run, t, &first));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct hone_table *again = NULL;
        struct hone_sha second;
        const char *path = check_path(folder, names[i]);
        CHECK_OK(&run, hone_table_write(&run, t, path, NULL));
        CHECK_OK(&run, hone_table_read(&run, path, NULL, &mem, &again, NULL));
        CHECK_OK(&run, hone_table_hash(&run, again, &second));
        CHECK_STR(letters(again), "ifcds");
        CHECK_STR(second.hex, first.hex);
    }
    CHECK_FAILS(&run, hone_table_write(&run, t, "/nowhere/t.csv", NULL), HONE_E_NOT_FOUND);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void memory_running_out_is_reported_and_nothing_else(void **state)
{
    (void)state;

    for (unsigned n = 1; n < 400; n++) {
        struct hone_run run = {0};
        struct hone_arena mem = {0};
        struct hone_table *t = NULL;
        enum hone_code code;
        hone_arena_fail_after(n);
        code =
            read_text(&run, "a,b,c\n1,x,2024-01-01\n2,x,\n3.5,\"y\"\"z\",\n4,x,\n", &mem, &t);
        hone_arena_fail_after(0);
        CHECK(code == HONE_OK || (code == HONE_E_LIMIT && run.err.code == code));
        hone_arena_free(&mem);
        hone_run_clear(&run);
        if (code == HONE_OK) {
            CHECK(n > 20);
            return;
        }
    }
    fail_msg("there is no end of allocations");
}

static void packed_files_are_seen_through(void **state)
{
    /* printf 'a,b\n1,2\n' | gzip -n */
    static const char gz[] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\xd4\x49\xe2\x32\xd4"
                             "\x31\xe2\x02\x00\x7b\x07\x97\x0a\x08\x00\x00\x00";
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = NULL;
    struct hone_read_report report;
    (void)state;

    CHECK_OK(&run, hone_table_read_text(&run, "t", (struct hone_str){gz, sizeof gz - 1}, NULL,
                                        &mem, &t, &report));
    CHECK(t->rows == 1 && t->cols == 2);
    CHECK_STR(report.compression, "gzip");
    CHECK_FAILS_WITH(
        &run, hone_table_read_text(&run, "t", (struct hone_str){gz, 20}, NULL, &mem, &t, NULL),
        HONE_E_FORMAT, "end too early");
    CHECK_FAILS(&run, hone_table_read(&run, "no-such-file.csv", NULL, &mem, &t, NULL),
                HONE_E_NOT_FOUND);
    CHECK_FAILS_WITH(&run, hone_table_read(&run, check_folder(), NULL, &mem, &t, NULL),
                     HONE_E_ARG, "folder");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_csv[] = {
    cmocka_unit_test(real_files_are_read_as_they_are),
    cmocka_unit_test(types_hold_over_the_whole_file),
    cmocka_unit_test(a_late_value_widens_the_column),
    cmocka_unit_test(quotes_keep_what_is_in_them),
    cmocka_unit_test(delimiter_header_and_names_are_found_or_taken),
    cmocka_unit_test(equal_names_are_told_apart),
    cmocka_unit_test(options_override_what_is_found),
    cmocka_unit_test(words_for_missing_may_be_numbers),
    cmocka_unit_test(bad_rows_are_told_with_their_line),
    cmocka_unit_test(bad_rows_are_skipped_or_put_aside_and_counted),
    cmocka_unit_test(threads_do_not_change_the_result),
    cmocka_unit_test(what_is_written_is_read_back_the_same),
    cmocka_unit_test(memory_running_out_is_reported_and_nothing_else),
    cmocka_unit_test(packed_files_are_seen_through),
};
const size_t hone_tests_csv_n = sizeof hone_tests_csv / sizeof hone_tests_csv[0];
