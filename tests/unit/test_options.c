/* Options from rows: forms, errors with hints, given and applied again. */
#include "check.h"
#include "cli/verb.h"

struct read {
    const char *delimiter;
    bool no_header;
};

static const struct hone_param read_rows[] = {
    HONE_TEXT(struct read, delimiter, NULL, .help = "between fields"),
    HONE_FLAG(struct read, no_header, false, .help = "no names"),
    HONE_PARAM_END,
};

struct settings {
    int64_t depth;
    double rate;
    bool sample;
    const char *out;
    struct hone_texts column;
    struct read read;
};

static const struct hone_param rows[] = {
    HONE_INT(struct settings, depth, 3, 1, 10, .help = "how deep"),
    HONE_REAL(struct settings, rate, 0.5, 0, 1, .help = "how fast"),
    HONE_FLAG(struct settings, sample, true, .help = "some of them"),
    HONE_TEXT(struct settings, out, NULL, .help = "where"),
    HONE_LIST(struct settings, column, .help = "which"),
    HONE_PARAM_END,
};

static const struct hone_param_group groups[] = {
    {"Reading", read_rows, offsetof(struct settings, read)},
    {NULL, NULL, 0},
};

static const struct hone_verb verb = {
    .part.name = "dig",
    .part.settings_size = sizeof(struct settings),
    .part.params = rows,
    .groups = groups,
    .usage = "PLACE",
    .min_args = 1,
    .max_args = 2,
};

struct world {
    struct hone_run run;
    struct hone_arena mem;
    struct hone_args args;
    struct settings *set;
};

static enum hone_code parse(struct world *w, const char *const *argv)
{
    void *settings = NULL;
    int n = 0;

    while (argv[n] != NULL) {
        n++;
    }
    enum hone_code code =
        hone_args_parse(&w->run, &verb, n, argv, &w->mem, &w->args, &settings);
    w->set = settings;
    return code;
}

static void clear(struct world *w)
{
    hone_arena_free(&w->mem);
    hone_run_clear(&w->run);
}

#define PARSE(w, ...) parse(w, (const char *const[]){__VA_ARGS__, NULL})

static void defaults_hold_without_options(void **state)
{
    (void)state;
    struct world w = {0};
    CHECK_OK(&w.run, PARSE(&w, "here"));
    assert_int_equal(w.set->depth, 3);
    CHECK(w.set->sample);
    CHECK(w.set->out == NULL);
    CHECK(w.set->column.n == 0);
    CHECK(w.args.n == 1);
    CHECK_STR(w.args.global.store, ".hone");
    CHECK(!hone_args_given(&w.args, "depth"));
    clear(&w);
}

static void every_form_is_read(void **state)
{
    (void)state;
    struct world w = {0};
    CHECK_OK(&w.run, PARSE(&w, "--depth", "7", "here", "--rate=0.25", "--no-sample", "-o",
                           "file", "--column", "a,b", "--column=c", "--no-header",
                           "--delimiter", ";", "--json", "--seed", "5", "there"));
    assert_int_equal(w.set->depth, 7);
    CHECK_NEAR(w.set->rate, 0.25, 0.0); /* exact in binary */
    CHECK(!w.set->sample);
    CHECK_STR(w.set->out, "file");
    CHECK(w.set->column.n == 3);
    CHECK_STR(w.set->column.item[2], "c");
    CHECK(w.set->read.no_header);
    CHECK_STR(w.set->read.delimiter, ";");
    CHECK(w.args.global.json);
    assert_int_equal(w.args.global.seed, 5);
    CHECK(w.args.n == 2);
    CHECK_STR(w.args.item[1], "there");
    CHECK(hone_args_given(&w.args, "no_header"));
    clear(&w);
}

static void two_dashes_end_the_options(void **state)
{
    (void)state;
    struct world w = {0};
    CHECK_OK(&w.run, PARSE(&w, "-ofile", "--", "--depth", "-"));
    CHECK_STR(w.set->out, "file");
    CHECK(w.args.n == 2);
    CHECK_STR(w.args.item[0], "--depth");
    CHECK_STR(w.args.item[1], "-");
    clear(&w);
}

static void what_is_given_wins_over_a_file(void **state)
{
    (void)state;
    struct world w = {0};
    CHECK_OK(&w.run, PARSE(&w, "here", "--depth", "7", "--seed", "4"));
    w.set->depth = 2; /* as a project file would say */
    w.set->rate = 0.75;
    CHECK_OK(&w.run, hone_args_apply(&w.run, &w.args, w.set));
    assert_int_equal(w.set->depth, 7);
    CHECK_NEAR(w.set->rate, 0.75, 0.0); /* untouched */
    clear(&w);
}

static void help_stops_all_checking(void **state)
{
    (void)state;
    struct world w = {0};
    CHECK_OK(&w.run, PARSE(&w, "--help", "--nonsense"));
    CHECK(w.args.help);
    clear(&w);
}

static void mistakes_are_named(void **state)
{
    (void)state;
    struct world w = {0};
    assert_int_equal(PARSE(&w, "here", "--dept", "7"), HONE_E_ARG);
    CHECK(strstr(w.run.err.message, "--dept") != NULL);
    CHECK(strstr(w.run.err.hint, "--depth") != NULL);
    CHECK_FAILS_WITH(&w.run, PARSE(&w, "here", "--depth"), HONE_E_ARG, "needs a value");
    CHECK_FAILS_WITH(&w.run, PARSE(&w, "here", "--depth", "--json"), HONE_E_ARG,
                     "needs a value");
    CHECK_FAILS_WITH(&w.run, PARSE(&w, "here", "--depth", "11"), HONE_E_ARG, "11");
    CHECK_FAILS_WITH(&w.run, PARSE(&w, "here", "--depth", "deep"), HONE_E_ARG, "deep");
    CHECK_FAILS_WITH(&w.run, PARSE(&w, "--json"), HONE_E_ARG, "argument");
    CHECK_FAILS_WITH(&w.run, PARSE(&w, "a", "b", "c"), HONE_E_ARG, "'c'");
    CHECK_FAILS_WITH(&w.run, PARSE(&w, "a", "-z"), HONE_E_ARG, "-z");
    CHECK_FAILS_WITH(&w.run, PARSE(&w, "a", "--no-depth"), HONE_E_ARG, "--no-depth");
    CHECK_FAILS_WITH(&w.run, PARSE(&w, "a", "--=x"), HONE_E_ARG, "option");
    clear(&w);
}

static void every_verb_is_complete(void **state)
{
    (void)state;
    for (size_t i = 0; hone_verbs[i] != NULL; i++) {
        const struct hone_verb *v = (const struct hone_verb *)(const void *)hone_verbs[i];
        struct hone_arena mem = {0};
        struct hone_part part = hone_verb_part(v, &mem);
        char *settings = hone_arena_must(&mem, part.settings_size);
        CHECK(v->run != NULL && v->usage != NULL && v->part.summary != NULL);
        CHECK(v->min_args <= v->max_args);
        CHECK(hone_verb_find(hone_str(v->part.name)) == v);
        CHECK(v->stage == HONE_STAGE_HIDDEN || v->examples != NULL);
        hone_settings_default(&part, settings); /* under ASan: all offsets are inside */
        for (const struct hone_param *row = part.params; row->name != NULL; row++) {
            CHECK(row->help != NULL);
            if (hone_param_find(&part, hone_str(row->name)) != row) {
                fail_msg("hone %s has two options --%s", v->part.name, row->name);
            }
        }
        hone_arena_free(&mem);
    }
}

const struct CMUnitTest hone_tests_options[] = {
    cmocka_unit_test(defaults_hold_without_options),
    cmocka_unit_test(every_form_is_read),
    cmocka_unit_test(two_dashes_end_the_options),
    cmocka_unit_test(what_is_given_wins_over_a_file),
    cmocka_unit_test(help_stops_all_checking),
    cmocka_unit_test(mistakes_are_named),
    cmocka_unit_test(every_verb_is_complete),
};
const size_t hone_tests_options_n = sizeof hone_tests_options / sizeof hone_tests_options[0];
