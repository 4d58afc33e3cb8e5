/* Settings by rows: defaults, text, JSON, bounds, names. */
#include "base/part.h"
#include "check.h"

struct set {
    double rate;
    int64_t depth;
    bool quick;
    const char *note;
    const char *loss;
    struct hone_texts columns;
};

static const char *const losses[] = {"squared", "log-loss", NULL};
/* clang-format off */
static const struct hone_param params[] = {
    HONE_REAL(struct set, rate, 0.1, 0, 1, .help = "step"),
    HONE_INT(struct set, depth, 6, 1, 64, .help = "levels"),
    HONE_FLAG(struct set, quick, true, .help = "hurry"),
    HONE_TEXT(struct set, note, NULL, .help = "words"),
    HONE_CHOICE(struct set, loss, "squared", losses, .help = "what is made small"),
    HONE_LIST(struct set, columns, .help = "which"),
    HONE_PARAM_END,
};
/* clang-format on */
static const struct hone_part part = {
    .name = "tree", .settings_size = sizeof(struct set), .params = params};
static const struct hone_part bare = {.name = "bare"};

static enum hone_code put(struct hone_run *run, struct hone_arena *mem, struct set *set,
                          const char *name, const char *value)
{
    return hone_setting_set(run, &part, set, hone_str(name), hone_str(value), mem);
}

static void defaults_are_those_of_the_rows(void **state)
{
    struct set set;
    (void)state;

    hone_settings_default(&part, &set);
    CHECK_NEAR(set.rate, 0.1, 0);
    CHECK(set.depth == 6 && set.quick && set.note == NULL && set.columns.n == 0);
    CHECK_STR(set.loss, "squared");
    hone_settings_default(&bare, NULL);
}

static void text_sets_every_type(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct set set;
    (void)state;

    hone_settings_default(&part, &set);
    CHECK_OK(&run, put(&run, &mem, &set, "rate", "0.5"));
    CHECK_OK(&run, put(&run, &mem, &set, "depth", "1e1"));
    CHECK_OK(&run, put(&run, &mem, &set, "quick", "no"));
    CHECK_OK(&run, put(&run, &mem, &set, "note", "a, b"));
    CHECK_OK(&run, put(&run, &mem, &set, "loss", "log_loss"));
    CHECK_OK(&run, put(&run, &mem, &set, "columns", "x, y"));
    CHECK_OK(&run, put(&run, &mem, &set, "columns", "z"));
    CHECK(set.rate == 0.5 && set.depth == 10 && !set.quick && set.columns.n == 3);
    CHECK_STR(set.note, "a, b");
    CHECK_STR(set.loss, "log-loss");
    CHECK_STR(set.columns.item[1], "y");
    CHECK_STR(set.columns.item[2], "z");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void what_does_not_fit_is_refused_and_leaves_the_setting(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct set set;
    (void)state;

    hone_settings_default(&part, &set);
    CHECK_FAILS_WITH(&run, put(&run, &mem, &set, "rate", "2"), HONE_E_ARG, "rate");
    CHECK_FAILS_WITH(&run, put(&run, &mem, &set, "rate", "nan"), HONE_E_ARG, "out of bounds");
    CHECK_FAILS_WITH(&run, put(&run, &mem, &set, "rate", "fast"), HONE_E_ARG, "'fast'");
    CHECK_FAILS_WITH(&run, put(&run, &mem, &set, "depth", "65"), HONE_E_ARG, "65");
    CHECK_FAILS_WITH(&run, put(&run, &mem, &set, "depth", "6.5"), HONE_E_ARG, "whole");
    CHECK_FAILS_WITH(&run, put(&run, &mem, &set, "quick", "perhaps"), HONE_E_ARG, "yes or no");
    CHECK_FAILS_WITH(&run, put(&run, &mem, &set, "loss", "hinge"), HONE_E_ARG, "hinge");
    CHECK_NEAR(set.rate, 0.1, 0);
    CHECK(set.depth == 6 && set.quick);
    CHECK(put(&run, &mem, &set, "dept", "3") == HONE_E_ARG);
    CHECK_STR(run.err.hint, "did you mean depth?");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void json_goes_in_and_comes_out_the_same(void **state)
{
    static const char text[] = "{\"rate\":0.25,\"depth\":3,\"quick\":false,\"note\":null,"
                               "\"loss\":\"log-loss\",\"columns\":[\"a,b\",\"c\"]}";
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_buf buf = hone_buf(&mem);
    HONE_JSON json_t *in = NULL;
    HONE_JSON json_t *out = NULL;
    HONE_JSON json_t *bad = NULL;
    struct set set;
    (void)state;

    hone_settings_default(&part, &set);
    CHECK_OK(&run, hone_json_parse(&run, hone_str(text), &in));
    CHECK_OK(&run, hone_settings_from_json(&run, &part, &set, in, &mem));
    CHECK_STR(set.columns.item[0], "a,b");
    out = hone_settings_to_json(&part, &set);
    hone_json_write(&buf, out, false);
    CHECK_STR(buf.ptr, text);
    CHECK_OK(&run, hone_json_parse(&run, hone_str("{\"depth\":{}}"), &bad));
    CHECK_FAILS_WITH(&run, hone_settings_from_json(&run, &part, &set, bad, &mem), HONE_E_ARG,
                     "depth");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void parts_are_found_by_name(void **state)
{
    static const struct hone_part *const list[] = {&part, &bare, NULL};
    struct hone_run run = {0};
    const struct hone_part *found = NULL;
    (void)state;

    CHECK_OK(&run, hone_part_need(&run, list, "model", hone_str("bare"), &found));
    CHECK(found == &bare);
    CHECK(hone_part_find(list, hone_str("tre")) == NULL);
    CHECK(hone_part_need(&run, list, "model", hone_str("forest"), &found) == HONE_E_ARG);
    CHECK_STR(run.err.message, "there is no model forest");
    CHECK_STR(run.err.hint, "there are: tree, bare");
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_part[] = {
    cmocka_unit_test(defaults_are_those_of_the_rows),
    cmocka_unit_test(text_sets_every_type),
    cmocka_unit_test(what_does_not_fit_is_refused_and_leaves_the_setting),
    cmocka_unit_test(json_goes_in_and_comes_out_the_same),
    cmocka_unit_test(parts_are_found_by_name),
};
const size_t hone_tests_part_n = sizeof hone_tests_part / sizeof hone_tests_part[0];
