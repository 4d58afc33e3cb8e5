/* What has risen in a column that drifted, and which rows have it. */
#include "check.h"
#include "flow/watch/risen.h"

static const struct hone_drift_test of_values = {.question = HONE_DRIFT_OF_VALUES};
static const struct hone_drift_test of_missing = {.question = HONE_DRIFT_OF_MISSING};
static const struct hone_drift_test of_new = {.question = HONE_DRIFT_OF_NEW};

static bool has(const json_t *risen, const char *inputs)
{
    return hone_risen_has(risen, hone_str(inputs));
}

static void numbers_by_their_bin(void **state)
{
    (void)state;
    struct hone_arena mem = {0};
    struct hone_reference_column r = {
        .name = "age", .type = HONE_FLOAT64, .rows = 100, .edges = 2, .edge = {18, 65}};
    struct hone_drift_cell cell[] = {
        {"up to 18", 0.1, 0.1, 0}, {"18 to 65", 0.6, 0.7, 1}, {"over 65", 0.3, 0.2, 2}};
    struct hone_drift_result result = {.test = &of_values};
    struct hone_drift_column c = {
        .reference = &r, .cells = 3, .cell = cell, .leading = &result};
    HONE_JSON json_t *middle = hone_risen_json(&c);
    CHECK_STR(hone_risen_text(middle, &mem),
              "age 18 to 65: 60 % of the training rows, 70 % of this window");
    CHECK(!has(middle, "{\"age\": 18}")); /* a bin holds its upper edge */
    CHECK(has(middle, "{\"age\": 18.5}"));
    CHECK(has(middle, "{\"age\": \"65\"}"));
    CHECK(!has(middle, "{\"age\": 65.1}"));
    CHECK(!has(middle, "{\"age\": null}"));
    CHECK(!has(middle, "{\"age\": \"old\"}"));
    CHECK(!has(middle, "{}"));
    CHECK(!has(middle, "no JSON"));
    cell[0].window = 0.4;
    HONE_JSON json_t *low = hone_risen_json(&c);
    CHECK(has(low, "{\"age\": -1e9}") && has(low, "{\"age\": 18}") &&
          !has(low, "{\"age\": 19}"));
    cell[2].window = 0.9;
    HONE_JSON json_t *high = hone_risen_json(&c);
    CHECK(has(high, "{\"age\": 1e9}") && !has(high, "{\"age\": 65}"));
    hone_arena_free(&mem);
}

static void levels_by_their_text(void **state)
{
    (void)state;
    struct hone_arena mem = {0};
    struct hone_str level[] = {{"a", 1}, {"true", 4}, {"seldom", 6}};
    struct hone_reference_column r = {.name = "plan",
                                      .type = HONE_UTF8,
                                      .levels_only = true,
                                      .rows = 100,
                                      .levels = 3,
                                      .level = level};
    struct hone_drift_cell cell[] = {
        {"a", 0.5, 0.1, 0}, {"true", 0.3, 0.5, 1}, {"other levels", 0.2, 0.4, SIZE_MAX}};
    struct hone_drift_result result = {.test = &of_values};
    struct hone_drift_column c = {
        .reference = &r, .cells = 3, .cell = cell, .leading = &result};
    cell[1].window = 0.6;
    HONE_JSON json_t *one = hone_risen_json(&c);
    CHECK(has(one, "{\"plan\": true}"));
    CHECK(has(one, "{\"plan\": \"true\"}"));
    CHECK(!has(one, "{\"plan\": \"a\"}"));
    cell[2].window = 0.8;
    HONE_JSON json_t *rest = hone_risen_json(&c);
    CHECK(has(rest, "{\"plan\": \"seldom\"}")); /* listed, but drawn with the rest */
    CHECK(has(rest, "{\"plan\": \"gold\"}"));
    CHECK(!has(rest, "{\"plan\": \"a\"}"));
    CHECK(!has(rest, "{\"plan\": null}"));
    result = (struct hone_drift_result){.test = &of_new, .value = 0.25};
    HONE_JSON json_t *new = hone_risen_json(&c);
    CHECK_STR(
        hone_risen_text(new, &mem),
        "plan levels that training did not know: 0 % of the training rows, 25 % of this window");
    CHECK(has(new, "{\"plan\": \"gold\"}"));
    CHECK(!has(new, "{\"plan\": \"seldom\"}"));
    hone_arena_free(&mem);
}

static void missing_values(void **state)
{
    (void)state;
    struct hone_arena mem = {0};
    struct hone_reference_column r = {
        .name = "age", .type = HONE_DATE, .rows = 200, .missing = 5};
    struct hone_drift_result result = {.test = &of_missing};
    struct hone_drift_column c = {.reference = &r, .leading = &result};
    HONE_JSON json_t *risen = hone_risen_json(&c);
    CHECK_STR(hone_risen_text(risen, &mem), "age no value: 2.5 % of the training rows");
    CHECK(has(risen, "{\"age\": null}"));
    CHECK(has(risen, "{}"));
    CHECK(!has(risen, "{\"age\": 3}"));
    hone_arena_free(&mem);
}

static void what_cannot_be_told(void **state)
{
    (void)state;
    struct hone_reference_column r = {.name = "x", .type = HONE_DATE, .rows = 10, .edges = 1};
    struct hone_drift_cell cell[] = {{"up to 0", 0.5, 0.1, 0}, {"over 0", 0.5, 0.9, 1}};
    struct hone_drift_result result = {.test = &of_values};
    struct hone_drift_column c = {
        .reference = &r, .cells = 2, .cell = cell, .leading = &result};
    CHECK(hone_risen_json(&c) == NULL); /* of times */
    r.type = HONE_FLOAT64;
    HONE_JSON json_t *told = hone_risen_json(&c);
    CHECK(told != NULL);
    r.prediction = true;
    CHECK(hone_risen_json(&c) == NULL);
    r.prediction = false;
    c.cells = 1;
    CHECK(hone_risen_json(&c) == NULL);
    c.leading = NULL;
    CHECK(hone_risen_json(&c) == NULL);
}

const struct CMUnitTest hone_tests_risen[] = {
    cmocka_unit_test(numbers_by_their_bin),
    cmocka_unit_test(levels_by_their_text),
    cmocka_unit_test(missing_values),
    cmocka_unit_test(what_cannot_be_told),
};
const size_t hone_tests_risen_n = sizeof hone_tests_risen / sizeof hone_tests_risen[0];
