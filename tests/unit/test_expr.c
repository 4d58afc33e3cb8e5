/* Expressions: what they mean, what they refuse, the same with any number of threads. */
#include <math.h>

#include "base/pool.h"
#include "base/rng.h"
#include "check.h"
#include "table/builder.h"
#include "table/expr.h"
#include "tables.h"

/* Row 3 lacks everything; category and text columns, numbers of each kind, times. */
static const char *const csv =
    "i,f,b,t,c,d,ts,\"odd name\"\n"
    "1,0.5,true,Alpha,red,2024-01-31,2024-01-31T23:59:58Z,7\n"
    "-7,-2.25,false,b_ta%,green,2023-02-28,2023-02-28T00:00:00.5Z,8\n"
    ",,,,,,,\n"
    "9007199254740993,1e10,true,ßeta,red,1969-12-31,1969-12-31T01:02:03Z,9\n";
static const char *const types =
    "i=int64,f=float64,b=bool,t=text,c=category,d=date,ts=timestamp";

static struct hone_expr *parsed(struct tables_room *room, const char *text)
{
    struct hone_expr *e = NULL;
    CHECK_OK(&room->run, hone_expr_parse(&room->run, hone_str(text), &room->mem, &e));
    return e;
}

/* The values of an expression over the rows, "." for missing. */
static const char *values(struct tables_room *room, const struct hone_table *t,
                          const char *text)
{
    struct hone_column c;
    struct hone_buf buf = hone_buf(&room->mem);
    struct hone_expr *e = parsed(room, text);

    check_ok(&room->run, hone_expr_eval(&room->run, e, t, "v", &room->mem, &c), text, __FILE__,
             __LINE__);
    CHECK_STR(c.name, "v");
    CHECK(c.rows == t->rows);
    hone_buf_text(&buf, hone_type_name(c.type));
    for (size_t i = 0; i < c.rows; i++) {
        hone_buf_char(&buf, i == 0 ? ':' : ' ');
        hone_buf_text(&buf, hone_is_valid(&c, i) ? "" : ".");
        hone_column_print(&buf, &c, i);
    }
    return buf.ptr;
}

/* An expression and its values. */
struct wanted {
    const char *text, *want;
};

static void gives(const struct wanted *rows, size_t n)
{
    struct tables_room *room = tables_enter(1);
    struct hone_table *t = tables_read(&room->run, &room->mem, csv, types);

    for (size_t i = 0; i < n; i++) {
        const char *got = values(room, t, rows[i].text);
        if (strcmp(got, rows[i].want) != 0) {
            print_error("%s\n  gives %s\n  and not %s\n", rows[i].text, got, rows[i].want);
            fail();
        }
    }
    tables_leave(room);
}

static void expressions_have_their_values(void **state)
{
    static const struct wanted rows[] = {
        {"i", "int64:1 -7 . 9007199254740993"},
        {"f", "float64:0.5 -2.25 . 10000000000"},
        {"\"odd name\" + 1", "int64:8 9 . 10"},
        {"`odd name` * 2", "int64:14 16 . 18"},
        {"i + 1", "int64:2 -6 . 9007199254740994"},
        {"i - f", "float64:0.5 -4.75 . 9007189254740992"},
        {"1 + 2 * 3 - -4", "int64:11 11 11 11"},
        {"(1 + 2) * 3", "int64:9 9 9 9"},
        {"7 / 2", "float64:3.5 3.5 3.5 3.5"},
        {"i//2", "int64:0 -3 . 4503599627370496"},
        {"i % 4", "int64:1 -3 . 1"},
        {"f % 1", "float64:0.5 -0.25 . 0"},
        {"i / 0", "float64:. . . ."},
        {"i//(i - 1)", "int64:. 0 . 1"},
        {"pow(2, 10)", "float64:1024 1024 1024 1024"},
        {"-i", "int64:-1 7 . -9007199254740993"},
        {"- -i", "int64:1 -7 . 9007199254740993"},
        {"-9223372036854775808 < 0", "bool:true true true true"},
        {"abs(f)", "float64:0.5 2.25 . 10000000000"},
        {"sign(i)", "int64:1 -1 . 1"},
        {"round(f)", "float64:1 -2 . 10000000000"},
        {"round(1234.567, 1)", "float64:1234.6 1234.6 1234.6 1234.6"},
        {"round(1234, -2)", "float64:1200 1200 1200 1200"},
        {"floor(f)", "float64:0 -3 . 10000000000"},
        {"ceil(f)", "float64:1 -2 . 10000000000"},
        {"trunc(f)", "float64:0 -2 . 10000000000"},
        {"sqrt(f + 2.25) is null", "bool:false false true false"},
        {"sqrt(f)", "float64:0.7071067811865476 . . 100000"},
        {"ln(i - 1)", "float64:. . . 36.7368005696771"},
        {"log10(f)", "float64:-0.3010299956639812 . . 10"},
        {"exp(0) + cos(0)", "float64:2 2 2 2"},
        {"min(i, f)", "float64:0.5 -7 . 10000000000"},
        {"max(f, 0, null)", "float64:0.5 0 0 10000000000"},
        {"greatest(t, 'Beta')", "text:Beta b_ta% Beta ßeta"},
        {"i > 0", "bool:true false . true"},
        {"i = 9007199254740992.0", "bool:false false . false"},
        {"i > f", "bool:true false . true"},
        {"f <= i", "bool:true false . true"},
        {"f != f", "bool:false false . false"},
        {"t = 'Alpha'", "bool:true false . false"},
        {"t < 'a'", "bool:true false . false"},
        {"c = 'red'", "bool:true false . true"},
        {"c <> 'red' or c is null", "bool:false true true false"},
        {"c = t", "bool:false false . false"},
        {"d >= '2024-01-01'", "bool:true false . false"},
        {"d = date '2023-02-28'", "bool:false true . false"},
        {"ts > d", "bool:true true . true"},
        {"ts >= '2023-02-28 00:00:00.5'", "bool:true true . false"},
        {"ts < timestamp '1970-01-01'", "bool:false false . true"},
        {"b and i > 5", "bool:false false . true"},
        {"b or null", "bool:true . . true"},
        {"b and null", "bool:. false . ."},
        {"not b", "bool:false true . false"},
        {"not not b", "bool:true false . true"},
        {"b is true", "bool:true false false true"},
        {"b is not false", "bool:true false true true"},
        {"i is null", "bool:false false true false"},
        {"i is not null", "bool:true true false true"},
        {"i in (1, -7)", "bool:true true . false"},
        {"i not in (1, null)", "bool:false . . ."},
        {"f in (0.5, 7)", "bool:true false . false"},
        {"c in ('red', 'blue')", "bool:true false . true"},
        {"c not in ('red')", "bool:false true . false"},
        {"i in (\"odd name\" - 6, 5)", "bool:true false . false"},
        {"d in ('2024-01-31')", "bool:true false . false"},
        {"i between -7 and 1", "bool:true true . false"},
        {"i not between -7 and 0", "bool:true false . true"},
        {"t like '%a'", "bool:true false . true"},
        {"t like '_eta'", "bool:false false . true"},
        {"t like 'b!_%!%' escape '!'", "bool:false true . false"},
        {"t ilike 'ALPHA'", "bool:true false . false"},
        {"t not like '%'", "bool:false false . false"},
        {"case when i > 0 then 'plus' when i < 0 then 'minus' end", "text:plus minus . plus"},
        {"case c when 'red' then 1 else 2 end", "int64:1 2 2 1"},
        {"if(b, f, i)", "float64:0.5 -7 . 10000000000"},
        {"if(i > 0, '2024-01-01', d)", "date:2024-01-01 2023-02-28 . 2024-01-01"},
        {"coalesce(f, 0)", "float64:0.5 -2.25 0 10000000000"},
        {"coalesce(c, 'none')", "text:red green none red"},
        {"nullif(i, 1)", "int64:. -7 . 9007199254740993"},
        {"length(t)", "int64:5 5 . 4"},
        {"upper(t)", "text:ALPHA B_TA% . ßETA"},
        {"lower('ÄÖÜ ЖИ Σ')", "text:äöü жи σ äöü жи σ äöü жи σ äöü жи σ"},
        {"trim('  x ') || '|'", "text:x| x| x| x|"},
        {"rtrim(t, 'a%')", "text:Alph b_t . ßet"},
        {"substr(t, 2, 2)", "text:lp _t . et"},
        {"substr(t, -2)", "text:ha a% . ta"},
        {"substr(t, 0, 2) || left(t, 1) || right(t, 1)", "text:AAa bb% . ßßa"},
        {"replace(t, 'a', 'oo')", "text:Alphoo b_too% . ßetoo"},
        {"split_part('a-b-c', '-', 2)", "text:b b b b"},
        {"contains(t, 'ta')", "bool:false true . true"},
        {"starts_with(t, 'A')", "bool:true false . false"},
        {"ends_with(t, '%')", "bool:false true . false"},
        {"position(t, 'ta')", "int64:0 3 . 3"},
        {"regexp_matches(t, '^[A-Z][a-z]+$')", "bool:true false . false"},
        {"t || i", "text:Alpha1 b_ta%-7 . ßeta9007199254740993"},
        {"concat(t, '/', f)", "text:Alpha/0.5 b_ta%/-2.25 / ßeta/10000000000"},
        {"hash(t) = hash(t) and hash(t) >= 0", "bool:true true . true"},
        {"cast(f as int)", "int64:0 -2 . 10000000000"},
        {"cast(' 12 ' as int) + cast('1e3' as int)", "int64:1012 1012 1012 1012"},
        {"cast(i as text)", "text:1 -7 . 9007199254740993"},
        {"cast(b as int)", "int64:1 0 . 1"},
        {"b + b", "int64:2 0 . 2"},
        {"cast(ts as date)", "date:2024-01-31 2023-02-28 . 1969-12-31"},
        {"cast(d as timestamp)",
         "timestamp:2024-01-31T00:00:00Z 2023-02-28T00:00:00Z . 1969-12-31T00:00:00Z"},
        {"cast('2024-02-29' as date)", "date:2024-02-29 2024-02-29 2024-02-29 2024-02-29"},
        {"try_cast(t as float)", "float64:. . . ."},
        {"try_cast('7' as bool)", "bool:. . . ."},
        {"is_nan(f)", "bool:false false . false"},
        {"is_finite(cast('inf' as float))", "bool:false false false false"},
        {"date_diff('week', date '2024-03-03', date '2024-03-04')", "int64:1 1 1 1"},
        {"d + 1", "date:2024-02-01 2023-03-01 . 1970-01-01"},
        {"1 + d", "date:2024-02-01 2023-03-01 . 1970-01-01"},
        {"d - 31", "date:2023-12-31 2023-01-28 . 1969-11-30"},
        {"d - date '2023-01-01'", "int64:395 58 . -19359"},
        {"d - '2023-01-01'", "int64:395 58 . -19359"},
        {"null", "float64:. . . ."},
        {"null + i", "int64:. . . ."},
        {"if(true, null, null)", "float64:. . . ."},
        {"true", "bool:true true true true"},
    };
    (void)state;
    gives(rows, sizeof rows / sizeof rows[0]);
}

/* DuckDB 1.5.6's answers, from tests/golden/expr_times.mjs (epoch cut to whole seconds). */
static void times_are_as_in_duckdb(void **state)
{
    static const struct wanted rows[] = {
        {"year(ts)", "int64:2024 2023 . 1969"},
        {"month(d)", "int64:1 2 . 12"},
        {"day(d)", "int64:31 28 . 31"},
        {"hour(ts)", "int64:23 0 . 1"},
        {"minute(ts)", "int64:59 0 . 2"},
        {"second(ts)", "int64:58 0 . 3"},
        {"dayofweek(d)", "int64:3 2 . 3"},
        {"date_part('isodow', date '2024-03-03')", "int64:7 7 7 7"},
        {"date_part('dow', date '2024-03-03')", "int64:0 0 0 0"},
        {"date_part('week', d)", "int64:5 9 . 1"},
        {"week(date '2021-01-03')", "int64:53 53 53 53"},
        {"quarter(d)", "int64:1 1 . 4"},
        {"dayofyear(d)", "int64:31 59 . 365"},
        {"epoch(ts)", "int64:1706745598 1677542400 . -82677"},
        {"date_part('millisecond', ts)", "int64:58000 500 . 3000"},
        {"date_diff('day', ts, timestamp '2024-02-01 00:00:00')", "int64:1 338 . 19755"},
        {"date_diff('hours', ts, timestamp '2024-02-01 00:00:00')", "int64:1 8112 . 474119"},
        {"date_diff('month', d, '2024-02-01')", "int64:1 12 . 650"},
        {"date_diff('year', d, '2024-02-01')", "int64:0 1 . 55"},
        {"date_diff('quarter', d, '2024-02-01')", "int64:0 4 . 217"},
        {"date_trunc('month', d)", "date:2024-01-01 2023-02-01 . 1969-12-01"},
        {"date_trunc('week', d)", "date:2024-01-29 2023-02-27 . 1969-12-29"},
        {"date_trunc('hour', ts)",
         "timestamp:2024-01-31T23:00:00Z 2023-02-28T00:00:00Z . 1969-12-31T01:00:00Z"},
        {"date_add('month', 1, d)", "date:2024-02-29 2023-03-28 . 1970-01-31"},
        {"date_add('year', -1, d)", "date:2023-01-31 2022-02-28 . 1968-12-31"},
        {"date_add('day', 1, d)", "date:2024-02-01 2023-03-01 . 1970-01-01"},
        {"date_add('minute', 1, ts)",
         "timestamp:2024-02-01T00:00:58Z 2023-02-28T00:01:00.500000Z . 1969-12-31T01:03:03Z"},
    };
    (void)state;
    gives(rows, sizeof rows / sizeof rows[0]);
}

static void errors_point_at_the_place(void **state)
{
    static const struct {
        const char *text;
        enum hone_code code;
        const char *message, *hint;
    } rows[] = {
        {"", HONE_E_ARG, "the expression is empty", ""},
        {"  ", HONE_E_ARG, "the expression is empty", ""},
        {"i >", HONE_E_ARG, "ends where a value is expected (character 4)", "i > -->"},
        {"i > and b", HONE_E_ARG, "expected a value, not and (character 5)", "i >  -->and b"},
        {"i == 1 && b", HONE_E_ARG, "'&' has no meaning here (character 8)", "write: and"},
        {"(i + 1", HONE_E_ARG, "ends where ')' is expected", ""},
        {"i 1", HONE_E_ARG, "expected an operator or the end, not 1", ""},
        {"t = 'open", HONE_E_ARG, "a ' is never closed (character 5)", ""},
        {"1 < i < 5", HONE_E_ARG, "one comparison at a time", "a < b and b < c"},
        {"i = 12abc", HONE_E_ARG, "'12abc' is no number", ""},
        {"sqroot(f)", HONE_E_ARG, "there is no function 'sqroot'", "sqrt"},
        {"substr(t)", HONE_E_ARG, "substr takes at least 2 arguments, not 1",
         "substr(text, start"},
        {"abs(i, f)", HONE_E_ARG, "abs takes 1 argument, not 2", ""},
        {"case i when 1 then 2", HONE_E_ARG, "ends where when, else or end is expected", ""},
        {"i is 5", HONE_E_ARG, "expected null, true or false", ""},
        {"cast(i as colour)", HONE_E_ARG, "expected a type, not colour", "timestamp"},
        {"date 'soon'", HONE_E_ARG, "expected a day as '2024-01-31'", ""},
        {"i in ()", HONE_E_ARG, "expected a value, not )", ""},
        {"I = 1", HONE_E_NOT_FOUND, "there is no column 'I' (character 1)", "did you mean i?"},
        {"c = \"red\"", HONE_E_NOT_FOUND, "there is no column 'red'", "texts in single"},
        {"i = '1'", HONE_E_ARG, "int and text do not go together", "without quotes"},
        {"t = 5", HONE_E_ARG, "text and int do not go together", ""},
        {"d > 5", HONE_E_ARG, "date and int do not go together", ""},
        {"d > 'soon'", HONE_E_ARG, "date and text do not go together", ""},
        {"t + 1", HONE_E_ARG, "+ wants numbers, but column t is text", "cast"},
        {"ts + 1", HONE_E_ARG, "+ is for days", "date_add"},
        {"upper(i)", HONE_E_ARG, "upper wants a text, but column i is int64", ""},
        {"not i", HONE_E_ARG, "not wants a truth value, but column i is int64", ""},
        {"i and b", HONE_E_ARG, "wants truth values, but column i is int64", "= 1"},
        {"case when i then 1 end", HONE_E_ARG, "wants truth values", ""},
        {"if(b, 1, 'x')", HONE_E_ARG, "int and text do not go together", ""},
        {"year(t)", HONE_E_ARG, "year wants a date or time, but column t is text", "cast"},
        {"date_part('eon', d)", HONE_E_ARG, "date_part knows no unit 'eon'", "dayofweek"},
        {"regexp_matches(t, '(')", HONE_E_ARG, "the regular expression does not read", ""},
        {"regexp_matches(t, t)", HONE_E_ARG, "a pattern that is the same for all rows", ""},
        {"regexp_matches(t, '((a{99}){99}){99}')", HONE_E_LIMIT, "too big", "1000"},
        {"9223372036854775807 + i", HONE_E_FORMAT,
         "row 1: 9223372036854775807 + 1 does not fit int64", "cast to float"},
        {"i * i", HONE_E_FORMAT, "row 4: 9007199254740993 * 9007199254740993 does not fit", ""},
        {"abs(-9223372036854775808 + 0 * i)", HONE_E_FORMAT, "row 1: abs", ""},
        {"cast(t as int)", HONE_E_FORMAT, "row 1: 'Alpha' is no int", "try_cast"},
        {"cast(f * 1e10 as int)", HONE_E_FORMAT, "row 4: '1e+20' is no int", ""},
    };
    struct tables_room *room = tables_enter(1);
    struct hone_table *t = tables_read(&room->run, &room->mem, csv, types);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct hone_expr *e = NULL;
        struct hone_column c;
        enum hone_code code =
            hone_expr_parse(&room->run, hone_str(rows[i].text), &room->mem, &e);
        if (code == HONE_OK) {
            code = hone_expr_eval(&room->run, e, t, "v", &room->mem, &c);
        }
        if (code != rows[i].code || strstr(room->run.err.message, rows[i].message) == NULL ||
            strstr(room->run.err.hint, rows[i].hint) == NULL) {
            print_error("%s\n  fails with %s: %s\n  hint %s\n", rows[i].text,
                        hone_code_name(code), room->run.err.message, room->run.err.hint);
            fail();
        }
        hone_error_clear(&room->run);
    }
    tables_leave(room);
}

/* What is not looked at cannot fail: a guard protects. */
static void guards_protect(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_table *t =
        tables_read(&room->run, &room->mem, "t,k\n12,1\nx,0\n,1\n", "t=text,k=int64");

    (void)state;
    CHECK_STR(values(room, t, "case when k = 1 then cast(t as int) else -1 end"),
              "int64:12 -1 .");
    CHECK_STR(values(room, t, "k = 1 and cast(t as int) > 3"), "bool:true false .");
    CHECK_STR(values(room, t, "k = 0 or cast(t as int) > 3"), "bool:true true .");
    CHECK_STR(values(room, t, "coalesce(if(k = 0, 5, null), cast(t as int))"), "int64:12 5 .");
    tables_leave(room);
}

static void hostile_texts_are_refused(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_expr *e = NULL;
    struct hone_buf deep = hone_buf(&room->mem);
    struct hone_buf wide = hone_buf(&room->mem);
    struct hone_buf chain = hone_buf(&room->mem);
    struct hone_buf twice = hone_buf(&room->mem);
    struct hone_table *t = tables_read(&room->run, &room->mem, csv, types);
    struct hone_column c;

    (void)state;
    for (size_t i = 0; i < 100000; i++) {
        hone_buf_char(&deep, '(');
        hone_buf_text(&wide, i == 0 ? "i in (0" : ",7");
        hone_buf_text(&chain, i == 0 ? "1" : "+1");
    }
    hone_buf_char(&wide, ')');
    CHECK_FAILS_WITH(
        &room->run,
        hone_expr_parse(&room->run, (struct hone_str){deep.ptr, deep.len}, &room->mem, &e),
        HONE_E_LIMIT, "nested more than");
    CHECK_FAILS_WITH(
        &room->run,
        hone_expr_parse(&room->run, (struct hone_str){chain.ptr, chain.len}, &room->mem, &e),
        HONE_E_LIMIT, "nested more than");
    CHECK_FAILS_WITH(
        &room->run,
        hone_expr_parse(&room->run, (struct hone_str){wide.ptr, wide.len}, &room->mem, &e),
        HONE_E_LIMIT, "more than 100000 parts");
    /* a value that stands twice, in a value that stands twice ... */
    for (size_t i = 0; i < 60; i++) {
        hone_buf_text(&twice, "if((");
    }
    hone_buf_text(&twice, "i");
    for (size_t i = 0; i < 60; i++) {
        hone_buf_text(&twice, ") between 0 and 1, 1, 0)");
    }
    CHECK_FAILS_WITH(
        &room->run,
        hone_expr_parse(&room->run, (struct hone_str){twice.ptr, twice.len}, &room->mem, &e),
        HONE_E_LIMIT, "more than 100000 parts");
    CHECK_FAILS_WITH(
        &room->run,
        hone_expr_parse(&room->run, (struct hone_str){"i\0 > 1", 6}, &room->mem, &e),
        HONE_E_ARG, "NUL byte");
    CHECK_FAILS_WITH(&room->run,
                     hone_expr_parse(&room->run, hone_str("t = '\xff'"), &room->mem, &e),
                     HONE_E_ARG, "not UTF-8 at byte 6");
    /* texts that grow and grow */
    twice.len = 0;
    for (size_t i = 0; i < 10; i++) {
        hone_buf_text(&twice, "replace(");
    }
    hone_buf_text(&twice, "t");
    for (size_t i = 0; i < 10; i++) {
        hone_buf_text(&twice, ", 'a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')");
    }
    CHECK_OK(&room->run, hone_expr_parse(&room->run, (struct hone_str){twice.ptr, twice.len},
                                         &room->mem, &e));
    CHECK_FAILS_WITH(&room->run, hone_expr_eval(&room->run, e, t, "v", &room->mem, &c),
                     HONE_E_FORMAT, "more than 16777216 bytes");
    tables_leave(room);
}

static void columns_are_named_once_each(void **state)
{
    struct tables_room *room = tables_enter(1);
    const char **name = NULL;
    size_t n = 0;

    (void)state;
    CHECK_OK(&room->run,
             hone_expr_columns(&room->run,
                               parsed(room, "b > 1 and (a.x = b or \"c d\" in (1, a.x))"),
                               &room->mem, &name, &n));
    CHECK(n == 3);
    CHECK_STR(name[0], "b");
    CHECK_STR(name[1], "a.x");
    CHECK_STR(name[2], "c d");
    tables_leave(room);
}

/* A table of many rows: codes, reals with NaN, missing ones. */
static struct hone_table *big(struct tables_room *room, size_t rows)
{
    struct hone_builder *b[3];
    struct hone_column c[3];
    struct hone_table *t = NULL;
    struct hone_rng rng = hone_rng(7, 1);
    static const char *const words[] = {"red", "green", "blue", "x7", "19"};

    CHECK_OK(&room->run, hone_builder_new(&room->run, "c", HONE_CATEGORY, &room->mem, &b[0]));
    CHECK_OK(&room->run, hone_builder_new(&room->run, "x", HONE_FLOAT64, &room->mem, &b[1]));
    CHECK_OK(&room->run, hone_builder_new(&room->run, "k", HONE_INT64, &room->mem, &b[2]));
    for (size_t i = 0; i < rows; i++) {
        uint64_t r = hone_rng_below(&rng, 6);
        CHECK_OK(&room->run, r == 5 ? hone_builder_null(&room->run, b[0])
                                    : hone_builder_str(&room->run, b[0], hone_str(words[r])));
        CHECK_OK(&room->run, r == 4
                                 ? hone_builder_f64(&room->run, b[1], (double)NAN)
                                 : hone_builder_f64(&room->run, b[1], hone_rng_normal(&rng)));
        CHECK_OK(&room->run, hone_builder_i64(&room->run, b[2], (int64_t)i % 1000));
    }
    for (size_t i = 0; i < 3; i++) {
        CHECK_OK(&room->run, hone_builder_end(&room->run, b[i], &c[i]));
    }
    CHECK_OK(&room->run, hone_table_of(&room->run, c, 3, &room->mem, &t));
    return t;
}

/* Values over many blocks and chunks are those of one row at a time. */
static void blocks_and_threads_change_nothing(void **state)
{
    static const char *const texts[] = {
        "x * 2 + k",
        "c || ':' || k",
        "upper(c)",
        "c in ('red', '19')",
        "try_cast(c as int)",
        "x > 0 or c is null",
        "coalesce(c, 'none')",
        "if(k % 2 = 0, c, null)",
        "k / (k % 3)",
        "length(c) + k",
        "cast(date '2020-01-01' + k as text)",
    };
    struct tables_room *room = tables_enter(1);
    const size_t rows = 2048 * 64 + 1234; /* two chunks */
    struct hone_table *t = big(room, rows);
    struct hone_pool *pool = hone_pool_new(4);

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct hone_expr *e = parsed(room, texts[i]);
        struct hone_column alone;
        struct hone_column many;
        CHECK_OK(&room->run, hone_expr_eval(&room->run, e, t, "v", &room->mem, &alone));
        room->run.pool = pool;
        CHECK_OK(&room->run, hone_expr_eval(&room->run, e, t, "v", &room->mem, &many));
        room->run.pool = NULL;
        CHECK(alone.rows == rows && many.rows == rows && alone.nulls == many.nulls);
        for (size_t r = 0; r < rows; r += r < 4100 ? 1 : 997) {
            struct hone_table *one = NULL;
            struct hone_column single;
            struct hone_buf x = hone_buf(&room->mem);
            struct hone_buf y = hone_buf(&room->mem);
            struct hone_buf z = hone_buf(&room->mem);
            HONE_ARENA(work);
            if (r % 53 == 0) {
                CHECK_OK(&room->run, hone_table_take(&room->run, t, &r, 1, &work, &one));
                CHECK_OK(&room->run, hone_expr_eval(&room->run, e, one, "v", &work, &single));
                hone_column_print(&z, &single, 0);
            } else {
                hone_column_print(&z, &alone, r);
            }
            hone_column_print(&x, &alone, r);
            hone_column_print(&y, &many, r);
            hone_buf_text(&x, "");
            hone_buf_text(&y, "");
            hone_buf_text(&z, "");
            CHECK(x.len == y.len && (x.len == 0 || memcmp(x.ptr, y.ptr, x.len) == 0));
            CHECK(x.len == z.len && (x.len == 0 || memcmp(x.ptr, z.ptr, x.len) == 0));
            CHECK(hone_is_valid(&alone, r) == hone_is_valid(&many, r));
        }
    }
    hone_pool_free(pool);
    tables_leave(room);
}

/* A word of the dictionary that no row has must not fail. */
static void words_without_rows_do_no_harm(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_table *t = big(room, 5000);
    struct hone_table *digits = NULL;

    (void)state;
    CHECK_OK(&room->run,
             hone_table_filter(&room->run, t, parsed(room, "c = '19'"), &room->mem, &digits));
    CHECK(digits->rows > 500);
    CHECK(strstr(values(room, digits, "cast(c as int)"), "int64:19 19 19") != NULL);
    CHECK(digits->column[0].dict->rows == 5);
    tables_leave(room);
}

static void filter_keeps_true_rows(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_table *t = tables_read(&room->run, &room->mem, csv, types);
    struct hone_table *kept = NULL;

    (void)state;
    CHECK_OK(&room->run,
             hone_table_filter(&room->run, t, parsed(room, "i > 0"), &room->mem, &kept));
    CHECK(kept->rows == 2);
    CHECK(hone_column_i64(&kept->column[0], 1) == INT64_C(9007199254740993));
    CHECK_OK(&room->run,
             hone_table_filter(&room->run, t, parsed(room, "null"), &room->mem, &kept));
    CHECK(kept->rows == 0 && kept->cols == t->cols);
    CHECK_FAILS_WITH(&room->run,
                     hone_table_filter(&room->run, t, parsed(room, "i"), &room->mem, &kept),
                     HONE_E_ARG, "the condition wants a truth value, but column i is int64");
    CHECK_FAILS_WITH(&room->run,
                     hone_table_filter(&room->run, t, parsed(room, "1 + 1"), &room->mem, &kept),
                     HONE_E_ARG, "the condition wants a truth value, not int");
    tables_leave(room);
}

static const struct hone_expr_bound *bound_of(const struct hone_expr_bound *bound, size_t n,
                                              const char *column, enum hone_type unit)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(bound[i].column, column) == 0 && bound[i].unit == unit) {
            return &bound[i];
        }
    }
    return NULL;
}

static void bounds_hold_of_true_rows(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_expr_bound *bound = NULL;
    const struct hone_expr_bound *found;
    size_t n = 0;

    (void)state;
    CHECK_OK(&room->run,
             hone_expr_bounds(&room->run,
                              parsed(room,
                                     "a >= 3 and a < 10 and (b = 1 or b in (5, 9)) and c = 'x' "
                                     "and day between '2024-01-01' and '2024-01-31' and e != 4 "
                                     "and not (f > 1) and 7 <= g"),
                              &room->mem, &bound, &n));
    found = bound_of(bound, n, "a", HONE_FLOAT64);
    CHECK(found != NULL && found->lo == 3.0 && found->hi == 10.0);
    found = bound_of(bound, n, "b", HONE_FLOAT64);
    CHECK(found != NULL && found->lo == 1.0 && found->hi == 9.0);
    found = bound_of(bound, n, "c", HONE_UTF8);
    CHECK(found != NULL && !found->numeric && hone_str_is(found->text, "x"));
    found = bound_of(bound, n, "day", HONE_TIMESTAMP);
    CHECK(found != NULL && found->lo == 1704067200e6 && found->hi == 1706659200e6);
    found = bound_of(bound, n, "g", HONE_FLOAT64);
    CHECK(found != NULL && found->lo == 7.0 && isinf(found->hi));
    CHECK(bound_of(bound, n, "e", HONE_FLOAT64) == NULL);
    CHECK(bound_of(bound, n, "f", HONE_FLOAT64) == NULL);
    CHECK_OK(&room->run, hone_expr_bounds(&room->run, parsed(room, "a = 9007199254740993"),
                                          &room->mem, &bound, &n));
    CHECK(n == 1 && bound[0].lo <= 9007199254740992.0 && bound[0].hi >= 9007199254740994.0);
    CHECK_OK(&room->run, hone_expr_bounds(&room->run, parsed(room, "a = 1 or b = 2"),
                                          &room->mem, &bound, &n));
    CHECK(n == 0);
    tables_leave(room);
}

const struct CMUnitTest hone_tests_expr[] = {
    cmocka_unit_test(expressions_have_their_values),
    cmocka_unit_test(times_are_as_in_duckdb),
    cmocka_unit_test(errors_point_at_the_place),
    cmocka_unit_test(guards_protect),
    cmocka_unit_test(hostile_texts_are_refused),
    cmocka_unit_test(columns_are_named_once_each),
    cmocka_unit_test(blocks_and_threads_change_nothing),
    cmocka_unit_test(words_without_rows_do_no_harm),
    cmocka_unit_test(filter_keeps_true_rows),
    cmocka_unit_test(bounds_hold_of_true_rows),
};
const size_t hone_tests_expr_n = sizeof hone_tests_expr / sizeof hone_tests_expr[0];
