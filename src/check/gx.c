/*
 * Great Expectations suites as schemas of ours: every core expectation is one row of a table.
 * Source: great_expectations 0.18 and 1.x, expectations/core (names and arguments); both spellings of a suite are
 * read ("expectation_suite_name" with "expectation_type", "name" with "type").
 */
#include <math.h>

#include "check/schema_priv.h"

/* How the arguments of an expectation become keys of a rule. */
struct mapping {
    const char *name; /* behind "expect_" */
    const char *rule;
    const char *argument[5][2]; /* theirs, ours; ends with NULL */
    const char *fixed;          /* members that the rule has besides, JSON; NULL: none */
};

#define BETWEEN                                                                                \
    {                                                                                          \
        {"min_value", "min"}, {"max_value", "max"}, {"strict_min", "strict_min"},              \
        {                                                                                      \
            "strict_max", "strict_max"                                                         \
        }                                                                                      \
    }
#define ONE(theirs, ours)                                                                      \
    {                                                                                          \
        {                                                                                      \
            theirs, ours                                                                       \
        }                                                                                      \
    }
#define NOTHING                                                                                \
    {                                                                                          \
        {                                                                                      \
            NULL, NULL                                                                         \
        }                                                                                      \
    }

/* clang-format off */
static const struct mapping mappings[] = {
    {"column_to_exist", "required", ONE("column_index", "position"), NULL},
    {"column_values_to_not_be_null", "missing", NOTHING, "not_null"},
    {"column_values_to_be_null", "missing", NOTHING, "null"},
    {"column_values_to_be_unique", "unique", NOTHING, NULL},
    {"column_values_to_be_of_type", "type", ONE("type_", "is"), NULL},
    {"column_values_to_be_in_type_list", "type", ONE("type_list", "is"), NULL},
    {"column_values_to_be_in_set", "values", ONE("value_set", "in"), NULL},
    {"column_values_to_not_be_in_set", "not_values", ONE("value_set", "in"), NULL},
    {"column_values_to_be_between", "range", BETWEEN, NULL},
    {"column_values_to_match_regex", "regex", ONE("regex", "match"), NULL},
    {"column_values_to_match_regex_list", "regex", {{"regex_list", "match"}, {"match_on", "on"}}, NULL},
    {"column_values_to_not_match_regex", "not_regex", ONE("regex", "match"), NULL},
    {"column_values_to_not_match_regex_list", "not_regex", ONE("regex_list", "match"), NULL},
    {"column_values_to_match_like_pattern", "like", ONE("like_pattern", "match"), NULL},
    {"column_values_to_match_like_pattern_list", "like", {{"like_pattern_list", "match"}, {"match_on", "on"}}, NULL},
    {"column_values_to_not_match_like_pattern", "not_like", ONE("like_pattern", "match"), NULL},
    {"column_values_to_not_match_like_pattern_list", "not_like", ONE("like_pattern_list", "match"), NULL},
    {"column_values_to_match_strftime_format", "format", ONE("strftime_format", "format"), NULL},
    {"column_values_to_be_dateutil_parseable", "date", NOTHING, NULL},
    {"column_values_to_be_json_parseable", "json", NOTHING, NULL},
    {"column_values_to_match_json_schema", "json_schema", ONE("json_schema", "schema"), NULL},
    {"column_values_to_be_increasing", "increasing", ONE("strictly", "strictly"), NULL},
    {"column_values_to_be_decreasing", "decreasing", ONE("strictly", "strictly"), NULL},
    {"column_value_lengths_to_be_between", "length", BETWEEN, NULL},
    {"column_value_lengths_to_equal", "length", ONE("value", "equal"), NULL},
    {"column_value_z_scores_to_be_less_than", "zscore", {{"threshold", "max"}, {"double_sided", "two_sided"}}, NULL},
    {"column_min_to_be_between", "min", BETWEEN, NULL},
    {"column_max_to_be_between", "max", BETWEEN, NULL},
    {"column_mean_to_be_between", "mean", BETWEEN, NULL},
    {"column_median_to_be_between", "median", BETWEEN, NULL},
    {"column_stdev_to_be_between", "stdev", BETWEEN, NULL},
    {"column_sum_to_be_between", "sum", BETWEEN, NULL},
    {"column_quantile_values_to_be_between", "quantiles", ONE("quantile_ranges", "quantile_ranges"), NULL},
    {"column_unique_value_count_to_be_between", "distinct", BETWEEN, NULL},
    {"column_proportion_of_unique_values_to_be_between", "distinct_share", BETWEEN, NULL},
    {"column_most_common_value_to_be_in_set", "top", {{"value_set", "in"}, {"ties_okay", "ties"}}, NULL},
    {"column_distinct_values_to_be_in_set", "distinct_in", ONE("value_set", "in"), NULL},
    {"column_distinct_values_to_contain_set", "distinct_contain", ONE("value_set", "in"), NULL},
    {"column_distinct_values_to_equal_set", "distinct_equal", ONE("value_set", "in"), NULL},
    {"column_kl_divergence_to_be_less_than", "kl", {{"partition_object", "partition"}, {"threshold", "max"}}, NULL},
    {"column_chisquare_test_p_value_to_be_greater_than", "chi2", {{"partition_object", "partition"}, {"p", "min"}}, "p"},
    {"column_bootstrapped_ks_test_p_value_to_be_greater_than", "ks", {{"partition_object", "partition"}, {"p", "min"}}, "p"},
    {"column_parameterized_distribution_ks_test_p_value_to_be_greater_than", "law", {{"distribution", "law"}, {"params", "params"}, {"p_value", "min"}}, "p"},
    {"column_pair_values_a_to_be_greater_than_b", "pair_greater", ONE("or_equal", "or_equal"), NULL},
    {"column_pair_values_A_to_be_greater_than_B", "pair_greater", ONE("or_equal", "or_equal"), NULL},
    {"column_pair_values_to_be_equal", "pair_equal", NOTHING, NULL},
    {"column_pair_values_to_be_in_set", "pair_in", ONE("value_pairs_set", "pairs"), NULL},
    {"column_pair_cramers_phi_value_to_be_less_than", "cramers_v", ONE("threshold", "max"), "phi"},
    {"compound_columns_to_be_unique", "unique_rows", ONE("column_list", "columns"), NULL},
    {"multicolumn_values_to_be_unique", "differ", ONE("column_list", "columns"), NULL},
    {"select_column_values_to_be_unique_within_record", "differ", ONE("column_list", "columns"), NULL},
    {"multicolumn_sum_to_equal", "sum_equal", {{"column_list", "columns"}, {"sum_total", "total"}}, NULL},
    {"table_row_count_to_be_between", "rows", BETWEEN, NULL},
    {"table_row_count_to_equal", "rows", ONE("value", "equal"), NULL},
    {"table_column_count_to_be_between", "column_count", BETWEEN, NULL},
    {"table_column_count_to_equal", "column_count", ONE("value", "equal"), NULL},
    {"table_columns_to_match_set", "column_set", {{"column_set", "columns"}, {"exact_match", "exact"}}, "exact"},
    {"table_columns_to_match_ordered_list", "column_order", ONE("column_list", "columns"), NULL},
};
/* clang-format on */

/* Arguments that do not change what is asked. */
static bool is_idle(const char *argument)
{
    static const char *const names[] = {"column",
                                        "column_A",
                                        "column_B",
                                        "mostly",
                                        "result_format",
                                        "include_config",
                                        "catch_exceptions",
                                        "meta",
                                        "batch_id",
                                        "parse_strings_as_datetimes",
                                        "parse_strings_as_datetime",
                                        "allow_cross_type_comparisons",
                                        "auto",
                                        "profiler_config",
                                        "bootstrap_samples",
                                        "bootstrap_sample_size",
                                        "bucketize_data",
                                        "bins",
                                        "tail_weight_holdout",
                                        "internal_weight_holdout",
                                        "allow_relative_error",
                                        "severity",
                                        "ignore_row_if"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], argument) == 0) {
            return true;
        }
    }
    return false;
}

static enum hone_code wrong(struct hone_run *run, size_t at, const char *name, const char *what,
                            const char *detail)
{
    return hone_fail(run, HONE_E_FORMAT, "expectations[%zu] (%s): %s%s", at, name, what,
                     detail);
}

/* Names of types in pandas, Spark and SQL. */
static const char *our_type(const char *theirs)
{
    static const struct {
        const char *theirs, *ours;
    } rows[] = {
        {"bigint", "int64"},
        {"smallint", "int64"},
        {"int32", "int64"},
        {"int16", "int64"},
        {"int8", "int64"},
        {"tinyint", "int64"},
        {"integertype", "int64"},
        {"longtype", "int64"},
        {"int_", "int64"},
        {"uint8", "int64"},
        {"double_precision", "float64"},
        {"doubletype", "float64"},
        {"floattype", "float64"},
        {"float_", "float64"},
        {"decimal", "float64"},
        {"varchar", "text"},
        {"nvarchar", "text"},
        {"char", "text"},
        {"text", "text"},
        {"str_", "text"},
        {"object", "text"},
        {"object_", "text"},
        {"stringtype", "text"},
        {"booleantype", "bool"},
        {"bool_", "bool"},
        {"datetime64", "timestamp"},
        {"datetime64[ns]", "timestamp"},
        {"timestamptype", "timestamp"},
        {"datetype", "date"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (hone_str_eq_nocase(hone_str(theirs), hone_str(rows[i].theirs))) {
            return rows[i].ours;
        }
    }
    return theirs;
}

static json_t *our_types(const json_t *value)
{
    json_t *out = json_array();
    size_t n = json_is_array(value) ? json_array_size(value) : 1;

    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_is_array(value) ? json_array_get(value, i) : value;
        hone_json_push(out, json_is_string(item)
                                ? json_string(our_type(json_string_value(item)))
                                : json_incref((json_t *)(uintptr_t)item));
    }
    return out;
}

static void put(json_t *rule, const char *key, const json_t *value)
{
    hone_json_set(rule, key, json_incref((json_t *)(uintptr_t)value));
}

/* {"values" or "bins", "weights"} */
static bool put_partition(json_t *rule, const json_t *partition)
{
    const json_t *values = json_object_get(partition, "values");
    const json_t *bins = json_object_get(partition, "bins");
    const json_t *weights = json_object_get(partition, "weights");

    if (weights == NULL || (values == NULL) == (bins == NULL)) {
        return false;
    }
    put(rule, values != NULL ? "in" : "edges", values != NULL ? values : bins);
    put(rule, "shares", weights);
    return true;
}

static bool put_quantiles(json_t *rule, const json_t *ranges)
{
    const json_t *at = json_object_get(ranges, "quantiles");
    const json_t *between = json_object_get(ranges, "value_ranges");

    if (at == NULL || between == NULL) {
        return false;
    }
    put(rule, "at", at);
    put(rule, "between", between);
    return true;
}

/* One argument as members of the rule; false when it has not the form it should have. */
static bool put_argument(json_t *rule, const char *ours, const json_t *value)
{
    if (json_is_null(value)) {
        return true; /* not given */
    }
    if (strcmp(ours, "equal") == 0) {
        put(rule, "min", value);
        put(rule, "max", value);
    } else if (strcmp(ours, "is") == 0) {
        hone_json_set(rule, "is", our_types(value));
    } else if (strcmp(ours, "partition") == 0) {
        return put_partition(rule, value);
    } else if (strcmp(ours, "quantile_ranges") == 0) {
        return put_quantiles(rule, value);
    } else if (strcmp(ours, "params") == 0 && json_is_object(value)) {
        json_t *list = json_array();
        const json_t *loc = json_object_get(value, "mean");
        const json_t *scale = json_object_get(value, "std_dev");
        loc = loc == NULL ? json_object_get(value, "loc") : loc;
        scale = scale == NULL ? json_object_get(value, "scale") : scale;
        hone_json_push(list,
                       loc == NULL ? json_real(0) : json_incref((json_t *)(uintptr_t)loc));
        hone_json_push(list,
                       scale == NULL ? json_real(1) : json_incref((json_t *)(uintptr_t)scale));
        hone_json_set(rule, "params", list);
    } else {
        put(rule, ours, value);
    }
    return true;
}

/* What some rules have besides their arguments, and mostly. */
static void put_fixed(json_t *rule, const struct mapping *m, const json_t *kwargs)
{
    const char *fixed = m->fixed == NULL ? "" : m->fixed;
    double mostly = hone_json_get_real(kwargs, "mostly", 1);
    bool given = json_is_number(json_object_get(kwargs, "mostly"));

    if (strcmp(fixed, "not_null") == 0) {
        hone_json_set(rule, "max", hone_json_real(1 - mostly));
    } else if (strcmp(fixed, "null") == 0) {
        hone_json_set(rule, "min", hone_json_real(mostly));
    } else if (given) {
        put(rule, "mostly", json_object_get(kwargs, "mostly"));
    }
    if (strcmp(fixed, "p") == 0 && json_object_get(rule, "min") == NULL) {
        hone_json_set(rule, "min", hone_json_real(0.05));
    }
    if (strcmp(fixed, "phi") == 0 && json_object_get(rule, "max") == NULL) {
        hone_json_set(rule, "max", hone_json_real(0.1));
    }
    if (strcmp(fixed, "exact") == 0 && json_object_get(rule, "exact") == NULL) {
        hone_json_set(rule, "exact", json_true());
    }
    if (strcmp(m->rule, "regex") == 0 || strcmp(m->rule, "like") == 0) {
        return;
    }
    const json_t *a = json_object_get(kwargs, "column_A");
    const json_t *b = json_object_get(kwargs, "column_B");
    if (a != NULL && b != NULL) {
        json_t *columns = json_array();
        hone_json_push(columns, json_incref((json_t *)(uintptr_t)a));
        hone_json_push(columns, json_incref((json_t *)(uintptr_t)b));
        hone_json_set(rule, "columns", columns);
    }
}

/* GX fails what is not met; 1.x has severities. */
static const char *action_of(const json_t *expectation, const json_t *kwargs)
{
    const char *severity = hone_json_get_text(expectation, "severity", "critical");

    severity = hone_json_get_text(kwargs, "severity", severity);
    return strcmp(severity, "warning") == 0 || strcmp(severity, "info") == 0 ? "warn" : "fail";
}

static void append_rule(json_t *rules, const char *name, json_t *rule)
{
    json_t *list = json_object_get(rules, name);

    if (list == NULL) {
        list = json_array();
        hone_json_set(rules, name, list);
    }
    hone_json_push(list, rule);
}

static enum hone_code map_arguments(struct hone_run *run, size_t at, const struct mapping *m,
                                    const char *name, const json_t *kwargs, json_t *rule)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)kwargs, key, value)
    {
        size_t k = 0;
        while (k < 5 && m->argument[k][0] != NULL && strcmp(m->argument[k][0], key) != 0) {
            k++;
        }
        if (k < 5 && m->argument[k][0] != NULL) {
            if (!put_argument(rule, m->argument[k][1], value)) {
                return wrong(run, at, name, key, " has not the form it should have");
            }
        } else if (!is_idle(key) && !json_is_null(value) && !json_is_false(value)) {
            return wrong(run, at, name, "hone does not know the argument ", key);
        }
    }
    put_fixed(rule, m, kwargs);
    return HONE_OK;
}

static const struct mapping *find_mapping(const char *name)
{
    for (size_t i = 0; i < sizeof mappings / sizeof mappings[0]; i++) {
        if (strncmp(name, "expect_", 7) == 0 && strcmp(name + 7, mappings[i].name) == 0) {
            return &mappings[i];
        }
    }
    return NULL;
}

/* The column of kwargs, made when it is new, as a map of rules. */
static json_t *column_rules(json_t *columns, const char *name)
{
    json_t *rules = json_object_get(columns, name);

    if (rules == NULL) {
        rules = json_object();
        hone_json_set(columns, name, rules);
    }
    return rules;
}

static enum hone_code map_expectation(struct hone_run *run, size_t at,
                                      const json_t *expectation, json_t *root)
{
    const char *name = hone_json_get_text(expectation, "expectation_type",
                                          hone_json_get_text(expectation, "type", ""));
    const json_t *kwargs = json_object_get(expectation, "kwargs");
    const struct mapping *m = find_mapping(name);
    const char *column = hone_json_get_text(kwargs, "column", NULL);

    if (name[0] == '\0') {
        return wrong(run, at, "?", "it has no expectation_type", "");
    }
    if (m == NULL) {
        (void)wrong(run, at, name, "hone has no rule for this expectation", "");
        return hone_hint(run, "take it out of the suite, or write it as an expect rule");
    }
    if (!json_is_object(kwargs)) {
        return wrong(run, at, name, "kwargs must be an object", "");
    }
    bool of_column =
        strncmp(m->name, "column_", 7) == 0 && strncmp(m->name, "column_pair_", 12) != 0;
    if (of_column && column == NULL) {
        return wrong(run, at, name, "kwargs must name a column", "");
    }
    HONE_JSON json_t *rule = json_object();
    HONE_TRY(map_arguments(run, at, m, name, kwargs, rule));
    hone_json_set_text(rule, "action", action_of(expectation, kwargs));
    json_t *origin = json_object();
    hone_json_set_text(origin, "type", name);
    put(origin, "kwargs", kwargs);
    hone_json_set(rule, "$expectation", origin);
    json_t *rules = of_column ? column_rules(json_object_get(root, "columns"), column) : root;
    append_rule(rules, m->rule, json_incref(rule));
    return HONE_OK;
}

bool hone_is_suite(const json_t *tree)
{
    return json_is_object(tree) && json_object_get(tree, "schema") == NULL &&
           (json_object_get(tree, "expectations") != NULL ||
            json_object_get(tree, "expectation_suite_name") != NULL);
}

enum hone_code hone_suite_tree(struct hone_run *run, const json_t *suite, json_t **out)
{
    const json_t *list = json_object_get(suite, "expectations");
    HONE_JSON json_t *root = json_object();

    if (!json_is_array(list)) {
        return hone_fail(run, HONE_E_FORMAT, "expectations: must be a list");
    }
    hone_json_set(root, "schema", json_integer(1));
    hone_json_set(root, "columns", json_object());
    for (size_t i = 0; i < json_array_size(list); i++) {
        HONE_TRY(map_expectation(run, i, json_array_get(list, i), root));
    }
    *out = json_incref(root);
    return HONE_OK;
}
