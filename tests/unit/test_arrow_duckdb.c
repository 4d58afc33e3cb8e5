/*
 * The Arrow C data interface with another library at its other end: DuckDB, from npm (bench/arrow).  Its prototypes
 * are declared by hand, as its header has them.
 */
#include <dlfcn.h>
#include <stdio.h>

#include "table/arrow_c.h"
#include "table/builder.h"
#include "tables.h"

#define LIBRARY "bench/arrow/node_modules/@duckdb/node-bindings-linux-x64/libduckdb.so"

struct duck {
    int (*open)(const char *path, void **database);
    int (*connect)(void *database, void **connection);
    void (*disconnect)(void **connection);
    void (*close)(void **database);
    int (*query)(void *connection, const char *sql, void **result);
    int (*query_schema)(void *result, void **schema);
    int (*query_array)(void *result, void **array);
    const char *(*query_error)(void *result);
    void (*destroy)(void **result);
    int (*scan)(void *connection, const char *name, void *stream);
    void *database, *connection;
};

static void load(void *library, const char *name, void *function)
{
    void *found = dlsym(library, name);
    assert_non_null(found);
    memcpy(function, &found, sizeof found);
}

/* False where the library is not, or does not fit: one that is not built for the thread sanitizer looks to it like
 * one race. */
static bool duck_open(struct duck *d)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

    if (library == NULL || CHECK_UNDER_TSAN) {
        return false;
    }
    load(library, "duckdb_open", &d->open);
    load(library, "duckdb_connect", &d->connect);
    load(library, "duckdb_disconnect", &d->disconnect);
    load(library, "duckdb_close", &d->close);
    load(library, "duckdb_query_arrow", &d->query);
    load(library, "duckdb_query_arrow_schema", &d->query_schema);
    load(library, "duckdb_query_arrow_array", &d->query_array);
    load(library, "duckdb_query_arrow_error", &d->query_error);
    load(library, "duckdb_destroy_arrow", &d->destroy);
    load(library, "duckdb_arrow_scan", &d->scan);
    CHECK(d->open(NULL, &d->database) == 0);
    CHECK(d->connect(d->database, &d->connection) == 0);
    return true;
}

static void duck_close(struct duck *d)
{
    d->disconnect(&d->connection);
    d->close(&d->database);
}

#define NEED_DUCK(d)                                                                           \
    struct duck d = {0};                                                                       \
    if (!duck_open(&d)) {                                                                      \
        SKIP("no libduckdb.so (npm install in bench/arrow), or the thread sanitizer");         \
    }

/* A query's result as a stream, so that all its arrays become one table. */
struct results {
    struct duck *duck;
    void *arrow;
};

static int results_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    struct results *r = stream->private_data;
    void *place = out;
    return r->duck->query_schema(r->arrow, &place);
}

static int results_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    struct results *r = stream->private_data;
    void *place = out;
    *out = (struct ArrowArray){0};
    return r->duck->query_array(r->arrow, &place);
}

static const char *results_error(struct ArrowArrayStream *stream)
{
    struct results *r = stream->private_data;
    return r->duck->query_error(r->arrow);
}

static void results_release(struct ArrowArrayStream *stream)
{
    struct results *r = stream->private_data;
    r->duck->destroy(&r->arrow);
    stream->release = NULL;
}

static void execute(struct duck *d, const char *sql)
{
    void *result = NULL;

    if (d->query(d->connection, sql, &result) != 0) {
        fail_msg("%s: %s", sql, d->query_error(result));
    }
    d->destroy(&result);
}

static struct hone_table *ask(struct duck *d, struct tables_room *room, const char *sql)
{
    struct results results = {.duck = d};
    struct ArrowArrayStream stream = {results_schema, results_next, results_error,
                                      results_release, &results};
    struct hone_table *t = NULL;

    if (d->query(d->connection, sql, &results.arrow) != 0) {
        fail_msg("%s: %s", sql, d->query_error(results.arrow));
    }
    CHECK_OK(&room->run, hone_arrow_import_stream(&room->run, &stream, &room->mem, &t));
    return t;
}

/*
 * A stream whose schema stays the lender's: duckdb_arrow_scan (1.5) drops the release callbacks of the schemas it
 * asks for, so each would be lost.
 */
struct lent {
    struct ArrowArrayStream stream, inner;
    struct ArrowSchema schema;
};

static void lent_schema_done(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

static int lent_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    struct lent *lent = stream->private_data;
    *out = lent->schema;
    out->release = lent_schema_done;
    return 0;
}

static int lent_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    struct lent *lent = stream->private_data;
    return lent->inner.get_next(&lent->inner, out);
}

static const char *lent_error(struct ArrowArrayStream *stream)
{
    struct lent *lent = stream->private_data;
    return lent->inner.get_last_error(&lent->inner);
}

static void lent_release(struct ArrowArrayStream *stream)
{
    stream->release = NULL;
}

/* A table as table t of the database. */
static void lend(struct duck *d, struct tables_room *room, const struct hone_table *t,
                 size_t rows_per_array)
{
    struct lent lent = {.stream = {lent_schema, lent_next, lent_error, lent_release, &lent}};

    CHECK_OK(&room->run,
             hone_arrow_export_stream(&room->run, t, NULL, rows_per_array, &lent.inner));
    CHECK(lent.inner.get_schema(&lent.inner, &lent.schema) == 0);
    CHECK(d->scan(d->connection, "v", &lent.stream) == 0);
    execute(d, "CREATE OR REPLACE TABLE t AS SELECT * FROM v");
    execute(d, "DROP VIEW v");
    lent.schema.release(&lent.schema);
    lent.inner.release(&lent.inner);
}

/* The values of a column as text, "~" where missing, with | between. */
static const char *values(struct hone_arena *mem, const struct hone_column *c)
{
    struct hone_buf buf = hone_buf(mem);

    for (size_t row = 0; row < c->rows; row++) {
        hone_buf_text(&buf, row == 0 ? "" : "|");
        if (!hone_is_valid(c, row)) {
            hone_buf_char(&buf, '~');
        }
        hone_column_print(&buf, c, row);
    }
    return buf.ptr;
}

static void results_of_all_types_are_read_exactly(void **state)
{
    static const struct {
        const char *sql; /* a list of values */
        enum hone_type type;
        const char *want;
    } cases[] = {
        {"[true, NULL, false]", HONE_BOOL, "true|~|false"},
        {"[(-128)::TINYINT, NULL, 127]", HONE_INT64, "-128|~|127"},
        {"[(-32768)::SMALLINT, 32767]", HONE_INT64, "-32768|32767"},
        {"[(-2147483648)::INTEGER, NULL, 2147483647]", HONE_INT64, "-2147483648|~|2147483647"},
        {"[(-9223372036854775808)::BIGINT, 9223372036854775807]", HONE_INT64,
         "-9223372036854775808|9223372036854775807"},
        {"[0::UTINYINT, 255]", HONE_INT64, "0|255"},
        {"[65535::USMALLINT, NULL]", HONE_INT64, "65535|~"},
        {"[4294967295::UINTEGER]", HONE_INT64, "4294967295"},
        {"[9223372036854775807::UBIGINT, 1]", HONE_INT64, "9223372036854775807|1"},
        {"[18446744073709551615::UBIGINT, NULL, 1]", HONE_UTF8, "18446744073709551615|~|1"},
        {"[0.1::FLOAT, NULL, '-inf'::FLOAT, 'nan'::FLOAT]", HONE_FLOAT32, "0.1|~|-inf|nan"},
        {"[0.1::DOUBLE, 1e308, 1e-300, NULL]", HONE_FLOAT64, "0.1|1e+308|1e-300|~"},
        {"[0.1::DECIMAL(4,1), NULL, -999.9]", HONE_FLOAT64, "0.1|~|-999.9"},
        {"[12345.678901::DECIMAL(18,6), 0]", HONE_FLOAT64, "12345.678901|0"},
        {"[12345678901234567890123456789.012345678::DECIMAL(38,9), -0.000000001]", HONE_FLOAT64,
         "1.2345678901234568e+28|-1e-09"},
        {"[170141183460469231731687303715884105727::HUGEINT, NULL]", HONE_UTF8,
         "170141183460469231731687303715884105727|~"},
        {"[(-9223372036854775808)::HUGEINT, NULL]", HONE_INT64, "-9223372036854775808|~"},
        {"[['a\\xFFb'::BLOB], [], [''::BLOB, 'abcd']]", HONE_UTF8,
         "[\"Yf9i\"]|[]|[\"\",\"YWJjZA==\"]"},
        {"['', 'a', NULL, 'grüße, Welt', repeat('x', 40)]", HONE_UTF8,
         "|a|~|grüße, Welt|xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"},
        {"['a\\xFFb'::BLOB, NULL]", HONE_BINARY,
         "a\xff"
         "b|~"},
        {"['2024-02-29'::DATE, NULL, '0001-01-01', '9999-12-31']", HONE_DATE,
         "2024-02-29|~|0001-01-01|9999-12-31"},
        {"['2024-02-29 12:34:56.789012'::TIMESTAMP, NULL, '1969-12-31 23:59:59.999999']",
         HONE_TIMESTAMP, "2024-02-29T12:34:56.789012Z|~|1969-12-31T23:59:59.999999Z"},
        {"['2024-02-29 12:34:56'::TIMESTAMP_S]", HONE_TIMESTAMP, "2024-02-29T12:34:56Z"},
        {"['2024-02-29 12:34:56.789'::TIMESTAMP_MS]", HONE_TIMESTAMP,
         "2024-02-29T12:34:56.789000Z"},
        {"['2024-02-29 12:34:56.789012'::TIMESTAMP_NS, NULL]", HONE_TIMESTAMP,
         "2024-02-29T12:34:56.789012Z|~"},
        {"['2024-02-29 12:34:56.789012345'::TIMESTAMP_NS, NULL]", HONE_UTF8,
         "2024-02-29T12:34:56.789012345Z|~"},
        {"['2024-02-29 12:34:56+02'::TIMESTAMPTZ, NULL]", HONE_TIMESTAMP,
         "2024-02-29T10:34:56Z|~"},
        {"['12:34:56'::TIME, NULL, '00:00:00.000001']", HONE_UTF8,
         "12:34:56|~|00:00:00.000001"},
        {"[INTERVAL '14 months 3 days 4.5 seconds', NULL]", HONE_UTF8, "P1Y2M3DT4.500S|~"},
        {"['a', NULL, 'b', 'a']::ENUM('b', 'a', 'unused')[]", HONE_CATEGORY, "a|~|b|a"},
        {"[[1, NULL, 3], NULL, []]", HONE_UTF8, "[1,null,3]|~|[]"},
        {"[[0.5::FLOAT, 1.5], NULL, [2, -1]]", HONE_VECTOR, "[0.5,1.5]|~|[2,-1]"},
        {"[[0.5::FLOAT, 1.5], [2]]", HONE_UTF8, "[0.5,1.5]|[2]"},
        {"[[1, 2]::FLOAT[2], NULL, [3, 4]]", HONE_VECTOR, "[1,2]|~|[3,4]"},
        {"[['a', 'b\"'], NULL]", HONE_UTF8, "[\"a\",\"b\\\"\"]|~"},
        {"[MAP {'k': 1, 'l': NULL}, NULL]", HONE_UTF8, "{\"k\":1,\"l\":null}|~"},
        {"[[{'x': 1, 'y': 'z'}], NULL]", HONE_UTF8, "[{\"x\":1,\"y\":\"z\"}]|~"},
        {"[union_value(n := 1), union_value(n := 2)]", HONE_UTF8, "1|2"},
        {"['3f2504e0-4f89-11d3-9a0c-0305e82c3301'::UUID, NULL]", HONE_UTF8,
         "3f2504e0-4f89-11d3-9a0c-0305e82c3301|~"},
        {"[NULL, NULL]", HONE_INT64, "~|~"},
    };
    NEED_DUCK(duck)
    struct tables_room *room = tables_enter(0);
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *sql = hone_arena_format(&room->mem, "SELECT unnest(%s) AS v", cases[i].sql);
        struct hone_table *t = ask(&duck, room, sql);
        const char *got = values(&room->mem, &t->column[0]);
        if (t->column[0].type != cases[i].type || strcmp(got, cases[i].want) != 0) {
            fail_msg("%s: %s %s", sql, hone_type_name(t->column[0].type), got);
        }
    }
    tables_leave(room);
    duck_close(&duck);
}

static void settings_of_the_producer_give_the_same_table(void **state)
{
    static const char *const settings[] = {
        "SET arrow_large_buffer_size = true", "SET produce_arrow_string_view = true",
        "SET arrow_output_list_view = true",  "SET arrow_lossless_conversion = true",
        "SET arrow_output_version = '1.5'",
    };
    static const char sql[] =
        "SELECT CASE WHEN i % 7 = 0 THEN NULL ELSE 'word ' || (i % 1000) || repeat('y', i % 20) END s, "
        "CASE WHEN i % 5 = 0 THEN NULL ELSE [i::FLOAT, i / 2] END v, list_value(i, NULL) l, "
        "{'a': i, 'b': CASE WHEN i % 3 = 0 THEN NULL ELSE {'c': i::VARCHAR} END} st "
        "FROM range(5000) r(i)";
    NEED_DUCK(duck)
    struct tables_room *room = tables_enter(0);
    struct hone_table *plain = ask(&duck, room, sql);
    (void)state;

    CHECK(plain->rows == 5000 && plain->cols == 5);
    CHECK_STR(plain->column[3].name, "st.a");
    CHECK_STR(plain->column[4].name, "st.b.c");
    CHECK(plain->column[1].type == HONE_VECTOR && plain->column[1].width == 2);
    CHECK(plain->column[4].nulls == 1667);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        struct hone_table *t;
        execute(&duck, settings[i]);
        t = ask(&duck, room, sql);
        CHECK(t->rows == plain->rows && t->cols == plain->cols);
        for (size_t c = 0; c < t->cols; c++) {
            CHECK(t->column[c].type == plain->column[c].type);
            CHECK_STR(values(&room->mem, &t->column[c]), values(&room->mem, &plain->column[c]));
        }
    }
    tables_leave(room);
    duck_close(&duck);
}

static void many_arrays_become_one_table(void **state)
{
    NEED_DUCK(duck)
    struct tables_room *room = tables_enter(0);
    struct hone_table *t = ask(&duck, room,
                               "SELECT i, CASE WHEN i % 3 = 0 THEN NULL ELSE i * 0.5 END h, "
                               "'n' || i AS s, i % 2 = 0 AS even FROM range(100001) r(i)");
    (void)state;

    CHECK(t->rows == 100001);
    for (size_t row = 0; row < t->rows; row++) {
        char text[32];
        (void)snprintf(text, sizeof text, "n%zu", row);
        CHECK(hone_column_i64(&t->column[0], row) == (int64_t)row);
        CHECK(hone_is_valid(&t->column[1], row) == (row % 3 != 0));
        CHECK(row % 3 == 0 || hone_column_f64(&t->column[1], row) == (double)row * 0.5);
        CHECK(hone_str_is(hone_column_str(&t->column[2], row), text));
        CHECK(hone_column_i64(&t->column[3], row) == (row % 2 == 0));
    }
    tables_leave(room);
    duck_close(&duck);
}

/* A table of all types, some of it missing, with a word of every kind. */
static struct hone_table *all_types(struct tables_room *room, size_t rows)
{
    struct hone_buf csv = hone_buf(&room->mem);
    struct hone_table *t;
    struct hone_column *column;
    float *items = hone_arena_alloc(&room->mem, sizeof *items, rows * 3);

    hone_buf_text(&csv, "flag,n,f,x,text,word,day,moment\n");
    for (size_t i = 0; i < rows; i++) {
        bool none = i % 11 == 3;
        hone_buf_format(&csv, "%s,", none ? "" : i % 3 == 0 ? "true" : "false");
        hone_buf_format(&csv, none ? "," : "%lld,", (long long)i * 1000003 - 7);
        hone_buf_format(&csv, i % 7 == 1 ? "," : "%.3f,", (double)i / 8);
        hone_buf_format(&csv, i % 5 == 2 ? "," : "%.9g,", 1.0 / (double)(i + 1));
        hone_buf_format(&csv, i % 13 == 4 ? "," : "text \"\"%zu ü,", i);
        hone_buf_format(&csv, i % 6 == 5 ? "," : "w%zu,", i % 37);
        hone_buf_format(&csv, i % 9 == 8 ? "," : "%04zu-02-%02zu,", 1900 + i % 200, 1 + i % 28);
        hone_buf_format(&csv, i % 10 == 9 ? "\n" : "2024-02-29T12:%02zu:%02zu.%06zuZ\n", i % 60,
                        i % 59, i % 1000000);
        for (size_t k = 0; k < 3; k++) {
            items[i * 3 + k] = (float)(i + k) / 4.0f;
        }
    }
    t = tables_read(&room->run, &room->mem, csv.ptr, "f=float32,text=text,word=category");
    column = hone_arena_alloc(&room->mem, sizeof *column, t->cols + 1);
    memcpy(column, t->column, t->cols * sizeof *column);
    column[t->cols] = (struct hone_column){
        .name = "vector", .type = HONE_VECTOR, .rows = rows, .data = items, .width = 3};
    CHECK_OK(&room->run, hone_table_of(&room->run, column, t->cols + 1, &room->mem, &t));
    return t;
}

static void tables_arrive_whole_and_come_back(void **state)
{
    static const size_t sizes[] = {0, 999, 8192, 1};
    NEED_DUCK(duck)
    struct tables_room *room = tables_enter(0);
    struct hone_table *t = all_types(room, 10007);
    (void)state;

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct hone_table *back;
        lend(&duck, room, t, sizes[i]);
        back = ask(&duck, room, "SELECT * FROM t");
        CHECK(back->rows == t->rows && back->cols == t->cols);
        for (size_t c = 0; c < t->cols; c++) {
            enum hone_type type = t->column[c].type;
            CHECK_STR(back->column[c].name, t->column[c].name);
            CHECK(back->column[c].type == (type == HONE_CATEGORY ? HONE_UTF8 : type));
            CHECK_STR(values(&room->mem, &back->column[c]), values(&room->mem, &t->column[c]));
        }
    }
    tables_leave(room);
    duck_close(&duck);
}

static void queries_see_the_values(void **state)
{
    NEED_DUCK(duck)
    struct tables_room *room = tables_enter(0);
    struct hone_table *t = tables_read(
        &room->run, &room->mem,
        "n,word,day,ok\n1,red,2024-02-29,true\n2,,2024-03-01,\n-5,red,,false\n40,blue,1969-12-31,true\n",
        "word=category");
    struct hone_table *answer;
    (void)state;

    lend(&duck, room, t, 3);
    answer = ask(
        &duck, room,
        "SELECT sum(n)::BIGINT, count(word), string_agg(word, '+' ORDER BY n), min(day), "
        "max(day), count(*) FILTER (ok), typeof(any_value(ok)), typeof(any_value(day)) FROM t");
    CHECK_STR(values(&room->mem, &answer->column[0]), "38");
    CHECK_STR(values(&room->mem, &answer->column[1]), "3");
    CHECK_STR(values(&room->mem, &answer->column[2]), "red+red+blue");
    CHECK_STR(values(&room->mem, &answer->column[3]), "1969-12-31");
    CHECK_STR(values(&room->mem, &answer->column[4]), "2024-03-01");
    CHECK_STR(values(&room->mem, &answer->column[5]), "2");
    CHECK_STR(values(&room->mem, &answer->column[6]), "BOOLEAN");
    CHECK_STR(values(&room->mem, &answer->column[7]), "DATE");
    tables_leave(room);
    duck_close(&duck);
}

const struct CMUnitTest hone_tests_arrow_duckdb[] = {
    cmocka_unit_test(results_of_all_types_are_read_exactly),
    cmocka_unit_test(settings_of_the_producer_give_the_same_table),
    cmocka_unit_test(many_arrays_become_one_table),
    cmocka_unit_test(tables_arrive_whole_and_come_back),
    cmocka_unit_test(queries_see_the_values),
};
const size_t hone_tests_arrow_duckdb_n =
    sizeof hone_tests_arrow_duckdb / sizeof hone_tests_arrow_duckdb[0];
