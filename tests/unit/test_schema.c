/* Schemas: inferred, written, read, enforced. */
#include <string.h>

#include "check.h"
#include "check/schema.h"
#include "table/builder.h"

#define ROWS 60

struct world {
    struct hone_run run;
    struct hone_arena mem;
};

/* age int64, city text, day date; row 0 carries what the test wants. */
static struct hone_table *make(struct world *w, int64_t age, const char *city, const char *day)
{
    struct hone_builder *b[3];
    struct hone_column c[3];
    struct hone_table *t = NULL;
    static const char *const cities[] = {"Paris", "Lyon", "Nice"};

    CHECK_OK(&w->run, hone_builder_new(&w->run, "age", HONE_INT64, &w->mem, &b[0]));
    CHECK_OK(&w->run, hone_builder_new(&w->run, "city", HONE_UTF8, &w->mem, &b[1]));
    CHECK_OK(&w->run, hone_builder_new(&w->run, "day", HONE_DATE, &w->mem, &b[2]));
    for (size_t i = 0; i < ROWS; i++) {
        CHECK_OK(&w->run, hone_builder_i64(&w->run, b[0], i == 0 ? age : 20 + (int64_t)i % 40));
        const char *s = i == 0 ? city : cities[i % 3];
        CHECK_OK(&w->run, s == NULL ? hone_builder_null(&w->run, b[1])
                                    : hone_builder_str(&w->run, b[1], hone_str(s)));
        int64_t d = 18000 + (int64_t)i;
        if (i == 0 && day != NULL) {
            d = strcmp(day, "late") == 0 ? 19999 : d;
        }
        CHECK_OK(&w->run, hone_builder_i64(&w->run, b[2], d));
    }
    for (size_t j = 0; j < 3; j++) {
        CHECK_OK(&w->run, hone_builder_end(&w->run, b[j], &c[j]));
    }
    CHECK_OK(&w->run, hone_table_of(&w->run, c, 3, &w->mem, &t));
    return t;
}

static struct hone_schema *parse(struct world *w, const char *yaml)
{
    HONE_JSON json_t *tree = NULL;
    struct hone_schema *s = NULL;

    CHECK_OK(&w->run, hone_yaml_parse(&w->run, hone_str(yaml), &tree));
    CHECK_OK(&w->run, hone_schema_parse(&w->run, tree, &w->mem, &s));
    return s;
}

static void parse_fails(struct world *w, const char *yaml, const char *text)
{
    HONE_JSON json_t *tree = NULL;
    struct hone_schema *s = NULL;

    CHECK_OK(&w->run, hone_yaml_parse(&w->run, hone_str(yaml), &tree));
    CHECK_FAILS_WITH(&w->run, hone_schema_parse(&w->run, tree, &w->mem, &s), HONE_E_FORMAT,
                     text);
}

static struct hone_schema_verdict enforce(struct world *w, const struct hone_schema *s,
                                          const struct hone_table *t)
{
    struct hone_schema_verdict v;

    CHECK_OK(&w->run, hone_schema_enforce(&w->run, s, t, NULL, &w->mem, &v));
    return v;
}

/* The finding of a rule on a column. */
static const struct hone_finding *of(const struct hone_schema_verdict *v, const char *rule,
                                     const char *column)
{
    for (size_t i = 0; i < v->findings->n; i++) {
        const struct hone_finding *f = &v->findings->item[i];
        if (strcmp(f->check, rule) == 0 &&
            (column == NULL || (f->column != NULL && strcmp(f->column, column) == 0))) {
            return f;
        }
    }
    fail_msg("no finding of %s on %s", rule, column == NULL ? "the table" : column);
    return NULL;
}

static void world_end(struct world *w)
{
    hone_arena_free(&w->mem);
    hone_run_clear(&w->run);
}

/* What is inferred, written as YAML and read again passes its own table and catches another. */
static void inferred_schema_round_trip(void **state)
{
    struct world w = {0};
    struct hone_table *t = make(&w, 30, "Paris", NULL);
    HONE_JSON json_t *tree = NULL;
    struct hone_buf yaml = hone_buf(&w.mem);

    (void)state;
    CHECK_OK(&w.run, hone_schema_infer(&w.run, t, NULL, &tree));
    hone_yaml_write(&yaml, tree);
    struct hone_schema *s = parse(&w, yaml.ptr);
    struct hone_schema_verdict v = enforce(&w, s, t);
    assert_int_equal(hone_findings_worst(v.findings), HONE_PASS);
    assert_int_equal(v.aside_n, 0);
    v = enforce(&w, s, make(&w, 300, "Rome", "late"));
    assert_int_equal(of(&v, "range", "age")->severity, HONE_WARN);
    assert_int_equal(of(&v, "range", "age")->rows, 1);
    assert_int_equal(of(&v, "values", "city")->severity, HONE_WARN);
    assert_int_equal(of(&v, "range", "day")->severity, HONE_WARN);
    assert_int_equal(of(&v, "type", "day")->severity, HONE_PASS);
    world_end(&w);
}

static void actions_and_mostly(void **state)
{
    struct world w = {0};
    struct hone_schema_verdict v;

    (void)state;
    v = enforce(&w,
                parse(&w, "schema: 1\n"
                          "columns:\n"
                          "  age: {range: {min: 0, max: 120, action: quarantine}}\n"
                          "  city: {values: {in: [Paris, Lyon, Nice], mostly: 0.9}}\n"
                          "  day: {range: {max: '2019-12-31', action: fail, mostly: 0.99}}\n"),
                make(&w, 300, "Rome", "late"));
    const struct hone_finding *f = of(&v, "range", "age");
    assert_int_equal(f->severity, HONE_WARN);
    assert_int_equal(f->row[0], 0);
    assert_int_equal(v.aside_n, 1);
    CHECK(v.aside[0] && !v.aside[1]);
    f = of(&v, "values", "city");
    assert_int_equal(f->severity, HONE_PASS);
    assert_int_equal(f->rows, 1);
    f = of(&v, "range", "day");
    assert_int_equal(f->severity, HONE_FAIL);
    CHECK_NEAR(f->value, 1 - 1.0 / 60, 1e-12);
    assert_non_null(strstr(f->message, "2024-10-03"));
    world_end(&w);
}

static void types_and_texts(void **state)
{
    struct world w = {0};
    struct hone_schema_verdict v;
    struct hone_table *t = make(&w, 30, "12", NULL);

    (void)state;
    v = enforce(&w,
                parse(&w, "schema: 1\n"
                          "columns:\n"
                          "  age: {type: {is: float64}, values: {in: [30, 20, 21]}}\n"
                          "  city:\n"
                          "    type: {is: int64, action: quarantine}\n"
                          "    regex: {match: '^[A-Z][a-z]+$', action: fail}\n"
                          "    length: {min: 3, max: 5}\n"
                          "    unique: {action: warn}\n"
                          "  gone: {type: {is: date}}\n"
                          "  away: {required: {action: warn}}\n"),
                t);
    assert_int_equal(of(&v, "type", "age")->severity, HONE_PASS); /* int64 widens */
    assert_int_equal(of(&v, "values", "age")->rows, ROWS - 6);
    assert_int_equal(of(&v, "type", "city")->rows, ROWS - 1); /* "12" alone is a number */
    assert_int_equal(v.aside_n, ROWS - 1);
    assert_int_equal(of(&v, "regex", "city")->rows, 1);
    assert_int_equal(of(&v, "regex", "city")->severity, HONE_FAIL);
    assert_int_equal(of(&v, "length", "city")->rows, 1);
    assert_int_equal(of(&v, "unique", "city")->rows, ROWS - 4);
    assert_int_equal(of(&v, "required", "gone")->severity, HONE_FAIL);
    assert_int_equal(of(&v, "required", "away")->severity, HONE_WARN);
    assert_int_equal(of(&v, "extra", "day")->severity, HONE_WARN);
    world_end(&w);
}

static void missing_and_rows(void **state)
{
    struct world w = {0};
    struct hone_schema_verdict v;
    struct hone_table *t = make(&w, 30, NULL, NULL);

    (void)state;
    v = enforce(&w,
                parse(&w, "schema: 1\nrows: {min: 61, action: fail}\nextra: {action: fail}\n"
                          "columns: {city: {missing: {max: 0.01, action: fail}}}\n"),
                t);
    assert_int_equal(of(&v, "rows", NULL)->severity, HONE_FAIL);
    assert_int_equal(of(&v, "missing", "city")->severity, HONE_FAIL);
    assert_int_equal(of(&v, "missing", "city")->row[0], 0);
    assert_int_equal(of(&v, "extra", "age")->severity, HONE_FAIL);
    v = enforce(&w, parse(&w, "schema: 1\ncolumns: {city: {missing: {max: 0.02}}}\n"), t);
    assert_int_equal(of(&v, "missing", "city")->severity, HONE_PASS);
    world_end(&w);
}

static void bad_schemas_say_where(void **state)
{
    struct world w = {0};

    (void)state;
    parse_fails(&w, "columns: {}", "schema: 1");
    parse_fails(&w, "schema: 1\ncolums: {}", "colums");
    parse_fails(&w, "schema: 1\ncolumns: [a]", "columns");
    parse_fails(&w, "schema: 1\ncolumns: {a: {rnage: {}}}", "columns.a.rnage");
    parse_fails(&w, "schema: 1\ncolumns: {a: {range: {mim: 3}}}",
                "columns.a.range: does not know mim");
    parse_fails(&w, "schema: 1\ncolumns: {a: {range: {min: low}}}",
                "min must be a number, a date");
    parse_fails(&w, "schema: 1\ncolumns: {a: {type: {is: integre}}}", "no type integre");
    parse_fails(&w, "schema: 1\ncolumns: {a: {range: {min: 0, action: stop}}}",
                "action must be");
    parse_fails(&w, "schema: 1\ncolumns: {a: {range: {min: 0, mostly: 2}}}", "mostly");
    parse_fails(&w, "schema: 1\ncolumns: {a: {regex: {match: '('}}}", "expression");
    parse_fails(&w, "schema: 1\ncolumns: {a: {regex: {match: 'a{999}{999}'}}}", "1000 times");
    parse_fails(&w, "schema: 1\ncolumns: {a: {values: {in: 3}}}", "list");
    parse_fails(&w, "schema: 1\nrows: {action: quarantine}", "rows");
    world_end(&w);
}

const struct CMUnitTest hone_tests_schema[] = {
    cmocka_unit_test(inferred_schema_round_trip),
    cmocka_unit_test(actions_and_mostly),
    cmocka_unit_test(types_and_texts),
    cmocka_unit_test(missing_and_rows),
    cmocka_unit_test(bad_schemas_say_where),
};
const size_t hone_tests_schema_n = sizeof hone_tests_schema / sizeof hone_tests_schema[0];
