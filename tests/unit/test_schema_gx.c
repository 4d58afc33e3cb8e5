/* Great Expectations: suites become rules, results come in its shape; hostile schemas of both kinds. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "check/schema.h"
#include "tables.h"

struct world {
    struct hone_run run;
    struct hone_arena mem;
    struct hone_table *t;
};

static void begin(struct world *w)
{
    memset(w, 0, sizeof *w);
    w->t = tables_read(&w->run, &w->mem,
                       "id,age,city,day,js,a,b\n"
                       "1,30,Paris,2024-01-01,{},1,9\n"
                       "2,41,Lyon,2024-01-02,{},2,8\n"
                       "3,,Paris,2024-01-03,[1],3,7\n"
                       "4,29,Nice,2024-01-04,{},4,6\n"
                       "5,300,Paris,2024-01-05,x,4,6\n",
                       "city=text,js=text");
}

static void end(struct world *w)
{
    hone_arena_free(&w->mem);
    hone_run_clear(&w->run);
}

static enum hone_code parse(struct world *w, const char *text, struct hone_schema **s)
{
    HONE_JSON json_t *tree = NULL;

    HONE_TRY(hone_yaml_parse(&w->run, hone_str(text), &tree));
    return hone_schema_parse(&w->run, tree, &w->mem, s);
}

/* Expectation, its kwargs, and whether the table meets it: all core ones. */
static const struct {
    const char *type, *kwargs;
    bool success;
} core[] = {
    {"expect_column_to_exist", "{\"column\": \"age\", \"column_index\": 1}", true},
    {"expect_column_values_to_not_be_null", "{\"column\": \"age\", \"mostly\": 0.75}", true},
    {"expect_column_values_to_be_null", "{\"column\": \"age\"}", false},
    {"expect_column_values_to_be_unique", "{\"column\": \"city\"}", false},
    {"expect_column_values_to_be_of_type", "{\"column\": \"age\", \"type_\": \"INTEGER\"}",
     true},
    {"expect_column_values_to_be_in_type_list",
     "{\"column\": \"city\", \"type_list\": [\"VARCHAR\", \"object\"]}", true},
    {"expect_column_values_to_be_in_set",
     "{\"column\": \"city\", \"value_set\": [\"Paris\", \"Lyon\"], \"mostly\": 0.8}", true},
    {"expect_column_values_to_not_be_in_set",
     "{\"column\": \"city\", \"value_set\": [\"Nice\"]}", false},
    {"expect_column_values_to_be_between",
     "{\"column\": \"age\", \"min_value\": 0, \"max_value\": 120, \"strict_min\": false}",
     false},
    {"expect_column_values_to_match_regex",
     "{\"column\": \"city\", \"regex\": \"^[A-Z]\\\\w+$\"}", true},
    {"expect_column_values_to_match_regex_list",
     "{\"column\": \"city\", \"regex_list\": [\"^P\", \"^L\"], \"match_on\": \"any\"}", false},
    {"expect_column_values_to_not_match_regex", "{\"column\": \"city\", \"regex\": \"\\\\d\"}",
     true},
    {"expect_column_values_to_not_match_regex_list",
     "{\"column\": \"city\", \"regex_list\": [\"^N\", \"^X\"]}", false},
    {"expect_column_values_to_match_like_pattern",
     "{\"column\": \"city\", \"like_pattern\": \"%i%\"}", false},
    {"expect_column_values_to_match_like_pattern_list",
     "{\"column\": \"city\", \"like_pattern_list\": [\"%i%\", \"L%\"]}", true},
    {"expect_column_values_to_not_match_like_pattern",
     "{\"column\": \"city\", \"like_pattern\": \"X%\"}", true},
    {"expect_column_values_to_not_match_like_pattern_list",
     "{\"column\": \"city\", \"like_pattern_list\": [\"X%\", \"N%\"]}", false},
    {"expect_column_values_to_match_strftime_format",
     "{\"column\": \"day\", \"strftime_format\": \"%Y-%m-%d\"}", true},
    {"expect_column_values_to_be_dateutil_parseable", "{\"column\": \"city\"}", false},
    {"expect_column_values_to_be_json_parseable", "{\"column\": \"js\", \"mostly\": 0.8}",
     true},
    {"expect_column_values_to_match_json_schema",
     "{\"column\": \"js\", \"json_schema\": {\"type\": \"object\"}}", false},
    {"expect_column_values_to_be_increasing", "{\"column\": \"id\", \"strictly\": true}", true},
    {"expect_column_values_to_be_decreasing", "{\"column\": \"id\"}", false},
    {"expect_column_value_lengths_to_be_between",
     "{\"column\": \"city\", \"min_value\": 4, \"max_value\": 5}", true},
    {"expect_column_value_lengths_to_equal", "{\"column\": \"city\", \"value\": 5}", false},
    {"expect_column_value_z_scores_to_be_less_than",
     "{\"column\": \"age\", \"threshold\": 3, \"double_sided\": true}", true},
    {"expect_column_min_to_be_between", "{\"column\": \"age\", \"min_value\": 29}", true},
    {"expect_column_max_to_be_between", "{\"column\": \"age\", \"max_value\": 120}", false},
    {"expect_column_mean_to_be_between",
     "{\"column\": \"age\", \"min_value\": 100, \"max_value\": 100}", true},
    {"expect_column_median_to_be_between",
     "{\"column\": \"age\", \"min_value\": 35.5, \"max_value\": 35.5}", true},
    {"expect_column_stdev_to_be_between", "{\"column\": \"age\", \"max_value\": 10}", false},
    {"expect_column_sum_to_be_between",
     "{\"column\": \"a\", \"min_value\": 14, \"max_value\": 14}", true},
    {"expect_column_quantile_values_to_be_between",
     "{\"column\": \"a\", \"quantile_ranges\": {\"quantiles\": [0, 1], \"value_ranges\": [[0, 1], "
     "[4, null]]}}",
     true},
    {"expect_column_unique_value_count_to_be_between",
     "{\"column\": \"city\", \"min_value\": 3, \"max_value\": 3}", true},
    {"expect_column_proportion_of_unique_values_to_be_between",
     "{\"column\": \"city\", \"min_value\": 0.9}", false},
    {"expect_column_most_common_value_to_be_in_set",
     "{\"column\": \"city\", \"value_set\": [\"Paris\"], \"ties_okay\": true}", true},
    {"expect_column_distinct_values_to_be_in_set",
     "{\"column\": \"city\", \"value_set\": [\"Paris\", \"Lyon\"]}", false},
    {"expect_column_distinct_values_to_contain_set",
     "{\"column\": \"city\", \"value_set\": [\"Paris\", \"Lyon\"]}", true},
    {"expect_column_distinct_values_to_equal_set",
     "{\"column\": \"city\", \"value_set\": [\"Paris\", \"Lyon\", \"Nice\"]}", true},
    {"expect_column_kl_divergence_to_be_less_than",
     "{\"column\": \"city\", \"partition_object\": {\"values\": [\"Paris\", \"Lyon\", \"Nice\"], "
     "\"weights\": [0.6, 0.2, 0.2]}, \"threshold\": 0.01}",
     true},
    {"expect_column_chisquare_test_p_value_to_be_greater_than",
     "{\"column\": \"city\", \"partition_object\": {\"values\": [\"Paris\", \"Lyon\", \"Nice\"], "
     "\"weights\": [0.02, 0.2, 0.78]}, \"p\": 0.05}",
     false},
    {"expect_column_bootstrapped_ks_test_p_value_to_be_greater_than",
     "{\"column\": \"a\", \"partition_object\": {\"bins\": [0, 2, 5], \"weights\": [0.4, 0.6]}}",
     true},
    {"expect_column_parameterized_distribution_ks_test_p_value_to_be_greater_than",
     "{\"column\": \"a\", \"distribution\": \"norm\", \"params\": {\"mean\": 3, \"std_dev\": 1}}",
     true},
    {"expect_column_pair_values_a_to_be_greater_than_b",
     "{\"column_A\": \"b\", \"column_B\": \"a\", \"or_equal\": true}", true},
    {"expect_column_pair_values_to_be_equal", "{\"column_A\": \"b\", \"column_B\": \"a\"}",
     false},
    {"expect_column_pair_values_to_be_in_set",
     "{\"column_A\": \"a\", \"column_B\": \"b\", \"value_pairs_set\": [[1, 9], [2, 8], [3, 7], [4, 6]]}",
     true},
    {"expect_column_pair_cramers_phi_value_to_be_less_than",
     "{\"column_A\": \"a\", \"column_B\": \"b\"}", false},
    {"expect_compound_columns_to_be_unique", "{\"column_list\": [\"a\", \"id\"]}", true},
    {"expect_multicolumn_values_to_be_unique", "{\"column_list\": [\"a\", \"b\"]}", true},
    {"expect_select_column_values_to_be_unique_within_record",
     "{\"column_list\": [\"id\", \"a\"], \"ignore_row_if\": \"any_value_is_missing\"}", false},
    {"expect_multicolumn_sum_to_equal", "{\"column_list\": [\"a\", \"b\"], \"sum_total\": 10}",
     true},
    {"expect_table_row_count_to_be_between", "{\"min_value\": 1, \"max_value\": 4}", false},
    {"expect_table_row_count_to_equal", "{\"value\": 5}", true},
    {"expect_table_column_count_to_be_between", "{\"min_value\": 1, \"max_value\": null}",
     true},
    {"expect_table_column_count_to_equal", "{\"value\": 6}", false},
    {"expect_table_columns_to_match_set", "{\"column_set\": [\"id\"], \"exact_match\": false}",
     true},
    {"expect_table_columns_to_match_ordered_list", "{\"column_list\": [\"id\", \"city\"]}",
     false},
};
#define CORE (sizeof core / sizeof core[0])

/* One suite of all of them, in the old spelling. */
static const char *suite(struct world *w)
{
    struct hone_buf out = hone_buf(&w->mem);

    hone_buf_text(&out,
                  "{\"expectation_suite_name\": \"all\", \"meta\": {}, \"expectations\": [");
    for (size_t k = 0; k < CORE; k++) {
        hone_buf_format(&out, "%s{\"%s\": \"%s\", \"kwargs\": %s}", k == 0 ? "" : ", ",
                        k % 2 == 0 ? "expectation_type" : "type", core[k].type, core[k].kwargs);
    }
    hone_buf_text(&out, "]}");
    return out.ptr;
}

static const json_t *result_of(const json_t *report, const char *type)
{
    size_t i;
    json_t *result;

    json_array_foreach(json_object_get(report, "results"), i, result)
    {
        const json_t *config = json_object_get(result, "expectation_config");
        if (strcmp(hone_json_get_text(config, "type", ""), type) == 0) {
            return result;
        }
    }
    fail_msg("no result of %s", type);
    return NULL;
}

static void all_core_expectations_are_rules(void **state)
{
    struct world w;
    struct hone_schema *s = NULL;
    struct hone_schema_verdict v;

    (void)state;
    begin(&w);
    CHECK(CORE >= 57);
    CHECK_OK(&w.run, parse(&w, suite(&w), &s));
    CHECK_OK(&w.run, hone_schema_enforce(&w.run, s, w.t, NULL, &w.mem, &v));
    assert_int_equal(v.findings->n, CORE); /* columns without expectations are no matter */
    HONE_JSON json_t *report = hone_findings_report(v.findings, w.t->rows, w.t);
    for (size_t k = 0; k < CORE; k++) {
        const json_t *r = result_of(report, core[k].type);
        HONE_JSON json_t *kwargs = json_loads(core[k].kwargs, 0, NULL);
        const json_t *config = json_object_get(r, "expectation_config");
        if (json_is_true(json_object_get(r, "success")) != core[k].success) {
            print_error("%s: %s\n", core[k].type, hone_json_get_text(r, "message", ""));
        }
        CHECK(json_is_true(json_object_get(r, "success")) == core[k].success);
        CHECK(json_equal(json_object_get(config, "kwargs"), kwargs));
    }
    end(&w);
}

static void results_have_its_shape(void **state)
{
    struct world w;
    struct hone_schema *s = NULL;
    struct hone_schema_verdict v;

    (void)state;
    begin(&w);
    CHECK_OK(
        &w.run,
        parse(&w,
              "{\"name\": \"x\", \"expectations\": [{\"type\": "
              "\"expect_column_values_to_be_between\", \"severity\": \"warning\", \"kwargs\": "
              "{\"column\": \"age\", \"max_value\": 40}}, {\"type\": "
              "\"expect_column_mean_to_be_between\", \"kwargs\": {\"column\": \"age\", "
              "\"min_value\": 1}}]}",
              &s));
    CHECK_OK(&w.run, hone_schema_enforce(&w.run, s, w.t, NULL, &w.mem, &v));
    HONE_JSON json_t *report = hone_findings_report(v.findings, w.t->rows, w.t);
    const json_t *statistics = json_object_get(report, "statistics");
    assert_int_equal(hone_json_get_int(statistics, "evaluated_expectations", 0), 2);
    assert_int_equal(hone_json_get_int(statistics, "successful_expectations", 0), 1);
    assert_int_equal(hone_json_get_int(statistics, "unsuccessful_expectations", 0), 1);
    CHECK_NEAR(hone_json_get_real(statistics, "success_percent", 0), 50, 0);
    CHECK(json_is_true(json_object_get(report, "success"))); /* a warning does not fail */
    const json_t *r = result_of(report, "expect_column_values_to_be_between");
    const json_t *result = json_object_get(r, "result");
    CHECK_STR(hone_json_get_text(r, "severity", ""), "warn");
    assert_int_equal(hone_json_get_int(result, "element_count", 0), 5);
    assert_int_equal(hone_json_get_int(result, "missing_count", 0), 1);
    CHECK_NEAR(hone_json_get_real(result, "missing_percent", 0), 20, 1e-12);
    assert_int_equal(hone_json_get_int(result, "unexpected_count", 0), 2);
    CHECK_NEAR(hone_json_get_real(result, "unexpected_percent", 0), 50, 1e-12);
    CHECK_NEAR(hone_json_get_real(result, "unexpected_percent_total", 0), 40, 1e-12);
    HONE_JSON json_t *values = json_pack("[i,i]", 41, 300);
    HONE_JSON json_t *rows = json_pack("[i,i]", 1, 4);
    HONE_JSON json_t *counts =
        json_pack("[{s:i,s:i},{s:i,s:i}]", "value", 41, "count", 1, "value", 300, "count", 1);
    CHECK(json_equal(json_object_get(result, "partial_unexpected_list"), values));
    CHECK(json_equal(json_object_get(result, "unexpected_index_list"), rows));
    CHECK(json_equal(json_object_get(result, "partial_unexpected_counts"), counts));
    CHECK(json_is_false(
        json_object_get(json_object_get(r, "exception_info"), "raised_exception")));
    result = json_object_get(result_of(report, "expect_column_mean_to_be_between"), "result");
    CHECK_NEAR(hone_json_get_real(result, "observed_value", 0), 100, 0);
    end(&w);
}

/* Hostile schemas, each with the words of its error. */
static const struct {
    const char *text, *error;
} hostile[] = {
    {"", "not a schema: it must begin with \"schema: 1\""},
    {"3", "not a schema"},
    {"schema: 2", "not a schema"},
    {"schema: one", "not a schema"},
    {"schema: 1\nschema: 1", "schema"},
    {"schema: 1\ncolumns: [a, b]", "columns: must be a map from name to rules"},
    {"schema: 1\ncolumns: {a: 3}", "columns.a: a column is a map from rule to its settings"},
    {"schema: 1\ncolumns: {a: {range: 3}}", "columns.a.range: a rule is a map such as"},
    {"schema: 1\ncolumns: {a: {range: [{min: 1}, 4]}}",
     "columns.a.range: a rule is a map such as"},
    {"schema: 1\ncolumns: {a: {ragne: {min: 1}}}", "columns.a.ragne: no such rule"},
    {"schema: 1\ncolunms: {}", "colunms: a schema has no such member"},
    {"schema: 1\ncolumns: {a: {range: {min: .nan}}}", "not-a-number"},
    {"schema: 1\ncolumns: {a: {range: {min: 9, max: 3}}}",
     "columns.a.range: min must not be above max"},
    {"schema: 1\ncolumns: {a: {range: {min: '2024-02-30'}}}",
     "min must be a number, a date or a time"},
    {"schema: 1\ncolumns: {a: {range: {min: [1]}}}", "min must be a number, a date or a time"},
    {"schema: 1\ncolumns: {a: {range: {strict_min: 1}}}", "strict_min must be true or false"},
    {"schema: 1\ncolumns: {a: {mean: {min: '2024-01-01'}}}",
     "columns.a.mean: min must be a number"},
    {"schema: 1\ncolumns: {a: {mean: {min: 1, action: quarantine}}}", "cannot quarantine"},
    {"schema: 1\ncolumns: {a: {mean: {min: 1, mostly: 0.5}}}",
     "columns.a.mean: does not know mostly"},
    {"schema: 1\ncolumns: {a: {values: {in: [[1]]}}}",
     "in must list texts, numbers or booleans"},
    {"schema: 1\ncolumns: {a: {values: {}}}", "columns.a.values: needs in"},
    {"schema: 1\ncolumns: {a: {type: {is: []}}}", "is must name a type"},
    {"schema: 1\ncolumns: {a: {type: {is: [int64, number9]}}}", "no type number9"},
    {"schema: 1\ncolumns: {a: {regex: {match: 3}}}", "match must be a text"},
    {"schema: 1\ncolumns: {a: {regex: {match: '[a'}}}", "not a POSIX extended expression: [a"},
    {"schema: 1\ncolumns: {a: {regex: {match: '(?=a)'}}}", "not a POSIX extended expression"},
    {"schema: 1\ncolumns: {a: {regex: {match: '((a{40}){40}){40}'}}}",
     "repeats more than 1000 times"},
    {"schema: 1\ncolumns: {a: {regex: {match: a, on: some}}}", "on must be any or all"},
    {"schema: 1\ncolumns: {a: {json_schema: {schema: 3}}}", "schema must be a JSON Schema"},
    {"schema: 1\ncolumns: {a: {fresh: {days: -1}}}", "days must not be negative"},
    {"schema: 1\ncolumns: {a: {quantiles: {at: [0.5], between: [[1, 2], [3, 4]]}}}",
     "as long as each other"},
    {"schema: 1\ncolumns: {a: {quantiles: {at: [1.5], between: [[1, 2]]}}}",
     "at must lie between 0 and 1"},
    {"schema: 1\ncolumns: {a: {quantiles: {at: [0.5], between: [[1]]}}}",
     "between must be a list of pairs"},
    {"schema: 1\ncolumns: {a: {kl: {in: [x], shares: [0.2, 0.8], max: 1}}}",
     "in and shares must be as long"},
    {"schema: 1\ncolumns: {a: {kl: {in: [x, y], shares: [0.2, 0.2], max: 1}}}",
     "shares must add up to 1"},
    {"schema: 1\ncolumns: {a: {kl: {in: [x, y], shares: [-1, 2], max: 1}}}",
     "shares must not be negative"},
    {"schema: 1\ncolumns: {a: {ks: {edges: [3, 1], shares: [1], min: 0}}}", "edges must rise"},
    {"schema: 1\ncolumns: {a: {ks: {edges: [1, 2, 3], shares: [1], min: 0}}}",
     "one edge more than shares"},
    {"schema: 1\nexpect: [{expect: 'a >'}]", "expect: "},
    {"schema: 1\nexpect: [{expect: 3}]", "expect must be an expression"},
    {"schema: 1\npair_equal: {columns: [a]}", "pair_equal: columns must name two"},
    {"schema: 1\npair_in: {columns: [a, b], pairs: [[1]]}",
     "pairs must be a list of pairs such as"},
    {"schema: 1\nunique_rows: {columns: a}", "columns must be a list of names"},
    {"schema: 1\nrows: {min: lots}", "rows: min must be a number"},
    {"schema: 1\nextra: {action: quarantine}", "extra: cannot quarantine"},
    {"schema: 1\nextra: {actoin: warn}", "extra: does not know actoin"},
    {"{\"expectation_suite_name\": \"x\"}", "expectations: must be a list"},
    {"{\"expectations\": {}}", "expectations: must be a list"},
    {"{\"expectations\": [3]}", "expectations[0] (?): it has no expectation_type"},
    {"{\"expectations\": [{\"type\": \"expect_magic\", \"kwargs\": {}}]}",
     "expectations[0] (expect_magic): hone has no rule for this expectation"},
    {"{\"expectations\": [{\"type\": \"expect_table_row_count_to_equal_other_table\", \"kwargs\": "
     "{\"other_table_name\": \"t\"}}]}",
     "expectations[0] (expect_table_row_count_to_equal_other_table): hone has no rule"},
    {"{\"expectations\": [{\"type\": \"expect_table_row_count_to_equal\"}]}",
     "kwargs must be an object"},
    {"{\"expectations\": [{\"type\": \"expect_column_values_to_be_unique\", \"kwargs\": {}}]}",
     "kwargs must name a column"},
    {"{\"expectations\": [{\"type\": \"expect_column_values_to_be_unique\", \"kwargs\": {\"column\": \"a\", "
     "\"row_condition\": \"b > 1\"}}]}",
     "hone does not know the argument row_condition"},
    {"{\"expectations\": [{\"type\": \"expect_column_values_to_be_between\", \"kwargs\": {\"column\": \"a\", "
     "\"min_value\": \"low\"}}]}",
     "columns.a.range: min must be a number, a date or a time"},
    {"{\"expectations\": [{\"type\": \"expect_column_kl_divergence_to_be_less_than\", \"kwargs\": {\"column\": "
     "\"a\", \"partition_object\": {\"weights\": [1]}, \"threshold\": 1}}]}",
     "partition_object has not the form it should have"},
    {"{\"expectations\": [{\"type\": \"expect_column_quantile_values_to_be_between\", \"kwargs\": {\"column\": "
     "\"a\", \"quantile_ranges\": 3}}]}",
     "quantile_ranges has not the form it should have"},
};

static void hostile_schemas_say_what_is_wrong(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    CHECK(sizeof hostile / sizeof hostile[0] >= 50);
    for (size_t k = 0; k < sizeof hostile / sizeof hostile[0]; k++) {
        struct hone_schema *s = NULL;
        CHECK_FAILS_WITH(&w.run, parse(&w, hostile[k].text, &s), HONE_E_FORMAT,
                         hostile[k].error);
        assert_null(s);
    }
    end(&w);
}

const struct CMUnitTest hone_tests_schema_gx[] = {
    cmocka_unit_test(all_core_expectations_are_rules),
    cmocka_unit_test(results_have_its_shape),
    cmocka_unit_test(hostile_schemas_say_what_is_wrong),
};
const size_t hone_tests_schema_gx_n =
    sizeof hone_tests_schema_gx / sizeof hone_tests_schema_gx[0];
