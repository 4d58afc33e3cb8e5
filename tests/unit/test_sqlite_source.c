/* SQLite as a source, a target and an engine: types, names, errors, what is refused; hostile databases. */
#include <sqlite3.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/pool.h"
#include "base/rng.h"
#include "check.h"
#include "io/reader.h"
#include "io/sql.h"
#include "table/builder.h"
#include "tables.h"

static void make(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* "name:type ..." and the cells. */
static const char *shown(struct tables_room *room, const struct hone_table *t)
{
    struct hone_buf buf = hone_buf(&room->mem);

    hone_buf_text(&buf, "");
    for (size_t k = 0; k < t->cols; k++) {
        hone_buf_format(&buf, "%s%s:%s", k > 0 ? " " : "", t->column[k].name,
                        hone_type_name(t->column[k].type));
    }
    for (size_t i = 0; i < t->rows; i++) {
        for (size_t k = 0; k < t->cols; k++) {
            hone_buf_text(&buf, k > 0 ? " " : "|");
            hone_buf_text(&buf, hone_is_valid(&t->column[k], i) ? "" : ".");
            hone_column_print(&buf, &t->column[k], i);
        }
    }
    return buf.ptr;
}

static const char *read_as(struct tables_room *room, const char *format, const char *path,
                           const struct hone_read_options *options)
{
    struct hone_table *t = NULL;
    const char *source = hone_arena_format(&room->mem, "%s%s", "", path);

    source =
        format == NULL ? source : hone_arena_format(&room->mem, "sqlite:%s%s", path, format);
    CHECK_OK(&room->run, hone_table_read(&room->run, source, options, &room->mem, &t, NULL));
    return shown(room, t);
}

static const char *const content =
    "create table t (i integer, r real, b boolean, d date, ts datetime, mix, name text, raw blob, none text);"
    "insert into t values (1, 1.5, 1, '2024-01-31', '2024-01-31 10:00:00', 7, 'x', x'41', null);"
    "insert into t values (-2, 3, 0, '2024-02-01', '2024-02-01 10:00:00.5', 'seven', '', x'42', null);"
    "insert into t values (null, null, null, null, null, x'ff', null, null, null);";

static void types_follow_all_values(void **state)
{
    struct tables_room *room = tables_enter(1);
    const char *path = check_path(check_folder(), "a.db");
    const char *want =
        "i:int64 r:float64 b:bool d:date ts:timestamp mix:text name:text raw:binary none:text"
        "|1 1.5 true 2024-01-31 2024-01-31T10:00:00Z 7 x A ."
        "|-2 3 false 2024-02-01 2024-02-01T10:00:00.500000Z seven  B .|. . . . . x'ff' . . .";

    (void)state;
    make(path, content);
    CHECK_STR(read_as(room, NULL, path, NULL), want);
    CHECK_STR(read_as(room,
                      "?query=select%20i*2%20as%20k,%20'a%26b'%20s%20from%20t%20where%20i>0",
                      path, NULL),
              "k:int64 s:text|2 a&b");
    CHECK_STR(read_as(room, "?query=select median(i), count(*) as i, count(*) as i from t",
                      path, NULL),
              "median(i):float64 i:int64 i_2:int64|-0.5 3 3");
    CHECK_STR(read_as(room, "?query=select i, b from t where 0", path, NULL), "i:int64 b:bool");
    tables_leave(room);
}

static void options_are_kept(void **state)
{
    struct tables_room *room = tables_enter(1);
    const char *path = check_path(check_folder(), "a.sqlite");
    const char *columns[] = {"r", "i"};
    const char *types[] = {"i=text"};
    struct hone_read_options options = {
        .columns = {columns, 2}, .type = {types, 1}, .where = "b"};

    (void)state;
    make(path, content);
    CHECK_STR(read_as(room, "?table=t", path, &options), "r:float64 i:text|1.5 1");
    tables_leave(room);
}

static void tables_are_named_when_many(void **state)
{
    struct tables_room *room = tables_enter(1);
    const char *path = check_path(check_folder(), "two.db");
    const char *none = check_path(check_folder(), "none.db");
    struct hone_table *t = NULL;

    (void)state;
    make(
        path,
        "create table b (x); insert into b values (1); create table a (x); create view v as select 1 y");
    make(none, "create table a (x); drop table a");
    CHECK_FAILS_WITH(&room->run, hone_table_read(&room->run, path, NULL, &room->mem, &t, NULL),
                     HONE_E_ARG, "has 3 tables: a (0 rows), b (1 rows), v (view)");
    CHECK_STR(read_as(room, "?table=v", path, NULL), "y:int64|1");
    CHECK_FAILS_WITH(&room->run,
                     hone_table_read(&room->run,
                                     hone_arena_format(&room->mem, "sqlite:%s?table=bb", path),
                                     NULL, &room->mem, &t, NULL),
                     HONE_E_ARG, "no such table: bb");
    CHECK_FAILS_WITH(&room->run, hone_table_read(&room->run, none, NULL, &room->mem, &t, NULL),
                     HONE_E_FORMAT, "has no tables");
    tables_leave(room);
}

static void sources_only_read(void **state)
{
    static const char *const queries[] = {"?query=delete from t",
                                          "?query=pragma user_version=3",
                                          "?query=attach 'x.db' as x",
                                          "?query=vacuum",
                                          "?query=select load_extension('x')",
                                          "?query=create table z (a)",
                                          "?query=select 1; select 2",
                                          "?query=",
                                          "?rows=3",
                                          "?table=t&query=select 1",
                                          "?table=t&replace=1"};
    struct tables_room *room = tables_enter(1);
    const char *folder = check_folder();
    const char *path = check_path(folder, "a.db");
    struct hone_table *t = NULL;

    (void)state;
    make(path, content);
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        const char *source = hone_arena_format(&room->mem, "sqlite:%s%s", path, queries[i]);
        CHECK_FAILS(&room->run, hone_table_read(&room->run, source, NULL, &room->mem, &t, NULL),
                    HONE_E_ARG);
    }
    CHECK_FAILS_WITH(&room->run,
                     hone_table_read(&room->run,
                                     hone_arena_format(&room->mem, "sqlite:%s",
                                                       check_path(folder, "absent.db")),
                                     NULL, &room->mem, &t, NULL),
                     HONE_E_NOT_FOUND, "no such file");
    CHECK(!hone_file_exists(check_path(folder, "absent.db")));
    tables_leave(room);
}

static void damaged_databases_are_told(void **state)
{
    struct tables_room *room = tables_enter(1);
    const char *folder = check_folder();
    const char *path = check_path(folder, "a.db");
    struct hone_table *t = NULL;
    struct hone_file file = {0};
    struct hone_buf copy = hone_buf(&room->mem);

    (void)state;
    make(path, content);
    CHECK_OK(&room->run, hone_file_open(&room->run, path, &room->mem, &file));
    hone_buf_str(&copy, file.bytes);
    hone_file_close(&file);
    /* the page of the table is overwritten */
    memset(copy.ptr + 4096, 0xAB, copy.len - 4096);
    CHECK_OK(&room->run, hone_file_write(&room->run, check_path(folder, "bad.db"),
                                         (struct hone_str){copy.ptr, copy.len}));
    CHECK_FAILS_WITH(
        &room->run,
        hone_table_read(&room->run, check_path(folder, "bad.db"), NULL, &room->mem, &t, NULL),
        HONE_E_FORMAT, "is damaged");
    /* only the head of one, and what is none though named so */
    CHECK_FAILS(&room->run,
                hone_table_read_text(&room->run, "head.db", (struct hone_str){copy.ptr, 100},
                                     NULL, &room->mem, &t, NULL),
                HONE_E_FORMAT);
    CHECK_FAILS_WITH(&room->run,
                     hone_table_read_text(&room->run, "text.db", hone_str("a,b\n1,2\n"), NULL,
                                          &room->mem, &t, NULL),
                     HONE_E_FORMAT, "is no sqlite file");
    CHECK_FAILS_WITH(&room->run,
                     hone_table_read(&room->run,
                                     hone_arena_format(&room->mem, "sqlite:%s",
                                                       check_path(folder, "bad.csv")),
                                     NULL, &room->mem, &t, NULL),
                     HONE_E_NOT_FOUND, "no such file");
    check_write(check_path(folder, "bad.csv"),
                "not a database, but longer than the head of one would be");
    CHECK_FAILS_WITH(&room->run,
                     hone_table_read(&room->run,
                                     hone_arena_format(&room->mem, "sqlite:%s",
                                                       check_path(folder, "bad.csv")),
                                     NULL, &room->mem, &t, NULL),
                     HONE_E_FORMAT, "no SQLite database, or is encrypted");
    tables_leave(room);
}

/* The bytes alone are enough: piped in, or unpacked. */
static void bytes_are_read_as_a_file_is(void **state)
{
    struct tables_room *room = tables_enter(1);
    const char *path = check_path(check_folder(), "a.db");
    struct hone_table *t = NULL;
    struct hone_file file = {0};

    (void)state;
    make(path, "create table t (a); insert into t values (1), (2)");
    CHECK_OK(&room->run, hone_file_open(&room->run, path, &room->mem, &file));
    CHECK_OK(&room->run,
             hone_table_read_text(&room->run, "-", file.bytes, NULL, &room->mem, &t, NULL));
    hone_file_close(&file);
    CHECK_STR(shown(room, t), "a:int64|1|2");
    tables_leave(room);
}

static void what_is_written_is_read_again(void **state)
{
    struct tables_room *room = tables_enter(1);
    const char *folder = check_folder();
    const char *path = check_path(folder, "out.db");
    struct hone_table *t = tables_read(
        &room->run, &room->mem,
        "i,f,b,d,ts,t\n1,0.1,true,2024-01-31,2024-01-31T10:00:00.25Z,it's \"so\"\n,,,,,\n",
        "b=bool,t=text");
    const char *with_table = hone_arena_format(&room->mem, "sqlite:%s?table=odd%%20name", path);
    const char *append = hone_arena_format(&room->mem, "%s&append=1", with_table);
    const char *replace = hone_arena_format(&room->mem, "%s&replace=1", with_table);
    const char *query = hone_arena_format(&room->mem, "sqlite:%s?query=select 1", path);

    (void)state;
    CHECK_OK(&room->run, hone_table_write(&room->run, t, path, NULL));
    CHECK_STR(read_as(room, NULL, path, NULL), shown(room, t));
    CHECK_FAILS_WITH(&room->run, hone_table_write(&room->run, t, path, NULL), HONE_E_CONFLICT,
                     "has a table out already");
    CHECK_OK(&room->run, hone_table_write(&room->run, t, with_table, NULL));
    CHECK_OK(&room->run, hone_table_write(&room->run, t, append, NULL));
    CHECK_STR(read_as(room, "?query=select count(*) n from \"odd name\"", path, NULL),
              "n:int64|4");
    CHECK_OK(&room->run, hone_table_write(&room->run, t, replace, NULL));
    CHECK_STR(read_as(room, "?query=select count(*) n from \"odd name\"", path, NULL),
              "n:int64|2");
    CHECK_FAILS(&room->run, hone_table_write(&room->run, t, query, NULL), HONE_E_ARG);
    CHECK_FAILS(&room->run,
                hone_table_write(&room->run, t, check_path(folder, "no/such/folder.db"), NULL),
                HONE_E_IO);
    tables_leave(room);
}

/* A failed write leaves what was there, and no file where none was. */
static void writing_is_whole_or_not_at_all(void **state)
{
    struct tables_room *room = tables_enter(1);
    const char *folder = check_folder();
    const char *path = check_path(folder, "a.db");
    const char *fresh = check_path(folder, "fresh.db");
    struct hone_table *t = tables_read(&room->run, &room->mem, "a,A\n1,2\n", NULL);
    struct hone_table *other = tables_read(&room->run, &room->mem, "zz\n1\n", NULL);

    (void)state;
    make(path, "create table a (x); insert into a values (5)");
    CHECK_FAILS_WITH(&room->run, hone_table_write(&room->run, t, fresh, NULL), HONE_E_ARG,
                     "duplicate column name");
    CHECK(!hone_file_exists(fresh));
    CHECK_FAILS(&room->run,
                hone_table_write(
                    &room->run, t,
                    hone_arena_format(&room->mem, "sqlite:%s?table=a&replace=1", path), NULL),
                HONE_E_ARG);
    CHECK_FAILS(&room->run,
                hone_table_write(
                    &room->run, other,
                    hone_arena_format(&room->mem, "sqlite:%s?table=a&append=1", path), NULL),
                HONE_E_ARG);
    CHECK_STR(read_as(room, NULL, path, NULL), "x:int64|5");
    tables_leave(room);
}

/* --- queries over tables in memory ------------------------------------------------------------------- */

static const char *asked(struct tables_room *room, const struct hone_sql_table *table, size_t n,
                         const char *sql)
{
    struct hone_table *t = NULL;
    check_ok(&room->run, hone_sql_query(&room->run, hone_str(sql), table, n, &room->mem, &t),
             sql, __FILE__, __LINE__);
    return shown(room, t);
}

static void queries_see_the_cells(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_sql_table two[] = {
        {"t",
         tables_read(
             &room->run, &room->mem,
             "i,f,b,c,d,ts,Name,name\n1,0.5,true,red,2024-01-31,2024-01-31T10:00:00.25Z,a,b\n"
             "2,nan,false,blue,2024-02-01,2024-02-01T00:00:00Z,c,d\n,,,,,,,\n",
             "c=category")},
        {"u", tables_read(&room->run, &room->mem, "c,w\nred,10\nred,20\ngreen,30\n", NULL)},
    };

    (void)state;
    CHECK_STR(
        asked(room, two, 2, "select i, b, d, ts from t where i = 1"),
        "i:int64 b:bool d:date ts:timestamp|1 true 2024-01-31 2024-01-31T10:00:00.250000Z");
    CHECK_STR(asked(room, two, 2, "select name, name_2 from t where c = 'blue'"),
              "Name:text name_2:text|c d");
    CHECK_STR(asked(room, two, 2, "select count(*) n, count(f) f, count(c) c, sum(b) b from t"),
              "n:int64 f:int64 c:int64 b:int64|3 1 2 1");
    CHECK_STR(asked(room, two, 2, "select i, w from t left join u using (c) order by i, w"),
              "i:int64 w:int64|. .|1 10|1 20|2 .");
    CHECK_STR(
        asked(room, two, 2, "select date(ts, '+1 day') as next from t where d >= '2024-02-01'"),
        "next:date|2024-02-02");
    CHECK_STR(asked(room, two, 2,
                    "select i from t where c regexp '^r.d$' and ts > '2024-01-31 09:00'"),
              "i:int64|1");
    CHECK_STR(asked(room, two, 2, "select i from t where i >= 1.5"), "i:int64|2");
    CHECK_STR(asked(room, two, 2, "select i from t where i = '2'"), "i:int64|2");
    CHECK_STR(asked(room, two, 2, "select i from t where c = 'none' or i < 2"), "i:int64|1");
    CHECK_STR(
        asked(room, two, 2,
              "select quantile(w, 0.75) q, variance(w) v, stddev(w) s, corr(w, -w) r from u"),
        "q:float64 v:float64 s:float64 r:float64|25 100 10 -1");
    CHECK_STR(asked(room, two, 2, "select median(i) m from t where i > 5"), "m:text|.");
    CHECK_STR(asked(room, NULL, 0, "values (1, 'a'), (2, 'b')"),
              "column1:int64 column2:text|1 a|2 b");
    CHECK_STR(
        asked(room, two, 2,
              "with recursive k(x) as (select 1 union all select x + 1 from k where x < 3) "
              "select max(x) m from k"),
        "m:int64|3");
    tables_leave(room);
}

static void wrong_queries_show_the_place(void **state)
{
    static const struct {
        const char *sql, *message, *hint;
    } rows[] = {
        {"select ww from u", "no such column: ww (character 8)", "did you mean w?"},
        {"select * from v", "no such table: v", "did you mean u?"},
        {"select w from u where", "incomplete input", ""},
        {"select w frm u x", "syntax error (character 14)", "-->"},
        {"select \"red\" from u", "no such column: red", "single quotes"},
        {"update u set w = 1", "may not be modified", ""},
        {"drop table u", "only queries are allowed", "--out"},
        {"select median(w, 2) from u", "wrong number of arguments", ""},
        {"select quantile(w, 2) from u", "from 0 to 1", ""},
        {"select regexp('(', 'x')", "no regular expression", ""},
        {"", "there is no statement", ""},
        {"-- only words", "there is no statement", ""},
        {"select abs(-9223372036854775807 - 1)", "integer overflow", ""},
    };
    struct tables_room *room = tables_enter(1);
    struct hone_sql_table one = {"u",
                                 tables_read(&room->run, &room->mem, "c,w\nred,10\n", NULL)};
    struct hone_sql_table twice[] = {one, {"U", one.table}};
    struct hone_table *t = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum hone_code code =
            hone_sql_query(&room->run, hone_str(rows[i].sql), &one, 1, &room->mem, &t);
        if (code != HONE_E_ARG || strstr(room->run.err.message, rows[i].message) == NULL ||
            strstr(room->run.err.hint, rows[i].hint) == NULL) {
            print_error("%s\n  fails with %s: %s\n  hint %s\n", rows[i].sql,
                        hone_code_name(code), room->run.err.message, room->run.err.hint);
            fail();
        }
        hone_error_clear(&room->run);
    }
    CHECK_FAILS_WITH(&room->run,
                     hone_sql_query(&room->run, hone_str("select 1"), twice, 2, &room->mem, &t),
                     HONE_E_CONFLICT, "two tables are called U");
    tables_leave(room);
}

static void cancelled_queries_end(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_table *t = NULL;
    static const volatile sig_atomic_t stop = 1;

    (void)state;
    room->run.cancel = &stop;
    CHECK_FAILS(&room->run,
                hone_sql_query(
                    &room->run,
                    hone_str("with recursive k(x) as (select 1 union all select x + 1 from k) "
                             "select count(*) from k"),
                    NULL, 0, &room->mem, &t),
                HONE_E_CANCELLED);
    tables_leave(room);
}

/* The index that a join makes finds what a scan finds, and rows come in the order asked for: values of every kind, NaN and missing among them. */
static void joins_by_index_are_those_of_scans(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_rng rng = hone_rng(2, 2);
    static const enum hone_type types[] = {HONE_INT64, HONE_FLOAT64, HONE_UTF8, HONE_CATEGORY,
                                           HONE_BOOL};
    static const char *const names[] = {"i", "f", "t", "c", "b"};
    struct hone_sql_table two[2];

    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct hone_column column[5];
        struct hone_table *t = NULL;
        for (size_t j = 0; j < 5; j++) {
            struct hone_builder *b;
            CHECK_OK(&room->run,
                     hone_builder_new(&room->run, names[j], types[j], &room->mem, &b));
            for (size_t i = 0; i < 200; i++) {
                uint64_t r = hone_rng_below(&rng, 30);
                char word[3] = {'w', (char)('a' + (char)r), 0};
                if (r == 29) {
                    CHECK_OK(&room->run, hone_builder_null(&room->run, b));
                } else if (types[j] == HONE_FLOAT64) {
                    CHECK_OK(&room->run,
                             hone_builder_f64(&room->run, b,
                                              r == 28 ? (double)NAN : (double)r / 2.0));
                } else if (hone_type_is_text(types[j])) {
                    CHECK_OK(&room->run, hone_builder_str(&room->run, b, hone_str(word)));
                } else {
                    CHECK_OK(&room->run, hone_builder_i64(&room->run, b, (int64_t)r - 10));
                }
            }
            CHECK_OK(&room->run, hone_builder_end(&room->run, b, &column[j]));
        }
        CHECK_OK(&room->run, hone_table_of(&room->run, column, 5, &room->mem, &t));
        two[k] = (struct hone_sql_table){k == 0 ? "x" : "y", t};
    }
    for (size_t j = 0; j < 25; j++) {
        const char *a = names[j / 5];
        const char *b = names[j % 5];
        /* + before a column keeps SQLite from handing the condition over */
        const char *fast = hone_arena_format(
            &room->mem,
            "select count(*), sum(x.rowid * 1000 + y.rowid) from x join y on x.%s = y.%s", a,
            b);
        const char *slow = hone_arena_format(
            &room->mem,
            "select count(*), sum(x.rowid * 1000 + y.rowid) from x join y on +x.%s = +y.%s", a,
            b);
        const char *one = strrchr(asked(room, two, 2, fast), ':');
        const char *other = strrchr(asked(room, two, 2, slow), ':');
        bool text = (j / 5 == 2 || j / 5 == 3) != (j % 5 == 2 || j % 5 == 3);
        const char *ordered = hone_arena_format(
            &room->mem,
            "select %s, count(*), sum(f), rowid from x group by %s, %s order by %s desc, %s", a,
            a, b, a, b);
        const char *sorted = hone_arena_format(
            &room->mem,
            "select %s, count(*), sum(f), rowid from x group by +%s, +%s order by +%s desc, +%s",
            a, a, b, a, b);
        CHECK_STR(asked(room, two, 2, ordered), asked(room, two, 2, sorted));
        if (!text) { /* + takes affinity away too: texts against numbers differ by SQL's own rules */
            CHECK_STR(one, other);
        }
    }
    tables_leave(room);
}

static void files_have_names_in_sql(void **state)
{
    struct hone_arena mem = {0};

    (void)state;
    CHECK_STR(hone_sql_name(&mem, "a/b/sales-2024.csv.gz"), "sales_2024");
    CHECK_STR(hone_sql_name(&mem, "2024.csv"), "t2024");
    CHECK_STR(hone_sql_name(&mem, ".hidden"), "_hidden");
    CHECK_STR(hone_sql_name(&mem, "-"), "stdin");
    hone_arena_free(&mem);
}

const struct CMUnitTest hone_tests_sqlite_source[] = {
    cmocka_unit_test(types_follow_all_values),
    cmocka_unit_test(options_are_kept),
    cmocka_unit_test(tables_are_named_when_many),
    cmocka_unit_test(sources_only_read),
    cmocka_unit_test(damaged_databases_are_told),
    cmocka_unit_test(bytes_are_read_as_a_file_is),
    cmocka_unit_test(what_is_written_is_read_again),
    cmocka_unit_test(writing_is_whole_or_not_at_all),
    cmocka_unit_test(queries_see_the_cells),
    cmocka_unit_test(wrong_queries_show_the_place),
    cmocka_unit_test(cancelled_queries_end),
    cmocka_unit_test(joins_by_index_are_those_of_scans),
    cmocka_unit_test(files_have_names_in_sql),
};
const size_t hone_tests_sqlite_source_n =
    sizeof hone_tests_sqlite_source / sizeof hone_tests_sqlite_source[0];
