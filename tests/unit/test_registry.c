/* Models, aliases, decisions, names. */
#include <string.h>

#include "check.h"
#include "store/artifact.h"
#include "store/audit.h"
#include "store/lineage.h"
#include "store/registry.h"
#include "stores.h"

struct fix {
    struct hone_run run;
    struct hone_arena mem;
    struct hone_store *store;
    int64_t now;
    struct hone_run_id id;
    struct hone_sha onnx;
};

static void fix_open(struct fix *fix)
{
    *fix = (struct fix){.now = INT64_C(1700000000000000)};
    fix->run.now = stores_tick;
    fix->run.clock = &fix->now;
    CHECK_OK(&fix->run,
             hone_store_open(&fix->run, check_folder(), true, &fix->mem, &fix->store));
    struct hone_run_record record = {.model = "loan"};
    CHECK_OK(&fix->run, hone_store_run_begin(&fix->run, fix->store, &record, &fix->id));
    CHECK_OK(&fix->run,
             hone_artifact_put(&fix->run, fix->store, hone_str("a graph"), &fix->onnx));
}

static void fix_close(struct fix *fix)
{
    CHECK_OK(&fix->run, hone_store_check(&fix->run, fix->store));
    CHECK_OK(&fix->run, hone_audit_verify(&fix->run, fix->store, NULL, NULL));
    hone_store_close(fix->store);
    hone_arena_free(&fix->mem);
    hone_run_clear(&fix->run);
}

static int64_t add(struct fix *fix, const char *model)
{
    struct hone_version_record record = {
        .model = model, .run = fix->id.hex, .onnx = fix->onnx.hex, .signature = "{\"in\":1}"};
    int64_t version = 0;
    CHECK_OK(&fix->run, hone_model_register(&fix->run, fix->store, &record, "ann", &version));
    return version;
}

static enum hone_code point(struct fix *fix, int64_t version)
{
    struct hone_alias_change change = {.model = "loan",
                                       .alias = "champion",
                                       .version = version,
                                       .actor = "ann",
                                       .reason = "b\"c"};
    return hone_alias_set(&fix->run, fix->store, &change);
}

static int64_t champion(struct fix *fix)
{
    struct hone_resolved found;
    CHECK_OK(&fix->run, hone_store_resolve(&fix->run, fix->store, "models:/loan@champion",
                                           &fix->mem, &found));
    return found.version.version;
}

static void versions_are_numbered(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_version_record got;
    fix_open(&fix);
    CHECK(add(&fix, "loan") == 1);
    CHECK(add(&fix, "loan") == 2);
    CHECK(add(&fix, "other.model-1_x") == 1);
    CHECK_OK(&fix.run, hone_version_get(&fix.run, fix.store, "loan", 2, &fix.mem, &got));
    CHECK_STR(got.model, "loan");
    CHECK_STR(got.run, fix.id.hex);
    CHECK_STR(got.onnx, fix.onnx.hex);
    CHECK_STR(got.signature, "{\"in\":1}");
    CHECK_STR(got.status, "READY");
    CHECK(got.version == 2 && got.created > 0);
    struct hone_version_record same;
    CHECK_OK(&fix.run, hone_version_by_id(&fix.run, fix.store, got.id, &fix.mem, &same));
    CHECK(same.version == 2);

    CHECK_FAILS(&fix.run, hone_version_get(&fix.run, fix.store, "loan", 3, &fix.mem, &got),
                HONE_E_NOT_FOUND);
    CHECK_FAILS(&fix.run, hone_version_get(&fix.run, fix.store, "nix", 0, &fix.mem, &got),
                HONE_E_NOT_FOUND);

    struct hone_version_record *list;
    struct hone_model_record *models;
    size_t n;
    CHECK_OK(&fix.run, hone_version_list(&fix.run, fix.store, "loan", 0, &fix.mem, &list, &n));
    CHECK(n == 2 && list[0].version == 2 && list[1].version == 1);
    CHECK_OK(&fix.run, hone_version_list(&fix.run, fix.store, NULL, 2, &fix.mem, &list, &n));
    CHECK(n == 2);
    CHECK_OK(&fix.run, hone_model_list(&fix.run, fix.store, &fix.mem, &models, &n));
    CHECK(n == 2);
    CHECK_STR(models[0].name, "loan");
    CHECK(models[0].versions == 2 && models[0].latest == 2);
    fix_close(&fix);
}

static void register_refuses(void **state)
{
    (void)state;
    struct fix fix;
    int64_t version;
    fix_open(&fix);
    static const char *const bad[] = {"", "a/b", "a@b", "../x", ".x", "a b", "a:b", "\xc3\xa4"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct hone_version_record record = {.model = bad[i], .onnx = fix.onnx.hex};
        CHECK_FAILS(&fix.run, hone_model_register(&fix.run, fix.store, &record, NULL, &version),
                    HONE_E_ARG);
    }
    struct hone_version_record record = {.model = "loan", .onnx = "beef"};
    CHECK_FAILS(&fix.run, hone_model_register(&fix.run, fix.store, &record, NULL, &version),
                HONE_E_NOT_FOUND);
    record.onnx = fix.onnx.hex;
    record.run = "0123456789abcdef0123456789abcdef";
    CHECK_FAILS(&fix.run, hone_model_register(&fix.run, fix.store, &record, NULL, &version),
                HONE_E_NOT_FOUND);
    struct hone_model_record *models;
    size_t n;
    CHECK_OK(&fix.run, hone_model_list(&fix.run, fix.store, &fix.mem, &models, &n));
    CHECK(n == 0);
    /* A model from outside has no run. */
    record.run = NULL;
    CHECK_OK(&fix.run, hone_model_register(&fix.run, fix.store, &record, NULL, &version));
    struct hone_version_record got;
    CHECK_OK(&fix.run, hone_version_get(&fix.run, fix.store, "loan", 0, &fix.mem, &got));
    CHECK(got.run == NULL);
    CHECK_STR(got.signature, "{}");
    fix_close(&fix);
}

static void aliases_move_and_step_back(void **state)
{
    (void)state;
    struct fix fix;
    int64_t version = 0;
    fix_open(&fix);
    for (int i = 0; i < 4; i++) {
        add(&fix, "loan");
    }
    CHECK_OK(&fix.run, point(&fix, 1));
    CHECK_OK(&fix.run, point(&fix, 2));
    CHECK_OK(&fix.run, point(&fix, 2));
    CHECK_OK(&fix.run, point(&fix, 3));
    CHECK(champion(&fix) == 3);
    struct hone_alias_change change = {.model = "loan", .alias = "champion"};
    CHECK_OK(&fix.run, hone_alias_rollback(&fix.run, fix.store, &change, &version));
    CHECK(version == 2 && champion(&fix) == 2);
    CHECK_OK(&fix.run, hone_alias_rollback(&fix.run, fix.store, &change, &version));
    CHECK(version == 1 && champion(&fix) == 1);
    CHECK_FAILS(&fix.run, hone_alias_rollback(&fix.run, fix.store, &change, &version),
                HONE_E_CONFLICT);
    CHECK_OK(&fix.run, point(&fix, 4));
    CHECK_OK(&fix.run, hone_alias_rollback(&fix.run, fix.store, &change, &version));
    CHECK(version == 1);

    struct hone_alias_step *steps;
    size_t n;
    CHECK_OK(&fix.run,
             hone_alias_history(&fix.run, fix.store, "loan", "champion", &fix.mem, &steps, &n));
    static const int64_t moves[] = {1, 4, 1, 2, 3, 2, 1};
    CHECK(n == 7);
    for (size_t i = 0; i < n; i++) {
        CHECK(steps[i].version == moves[i]);
    }
    CHECK_STR(steps[0].kind, "rollback");
    CHECK_STR(steps[1].kind, "set");
    CHECK_STR(steps[1].actor, "ann");
    CHECK_STR(steps[1].reason, "b\"c");
    CHECK_OK(&fix.run, hone_alias_list(&fix.run, fix.store, NULL, &fix.mem, &steps, &n));
    CHECK(n == 1 && steps[0].version == 1);
    CHECK_OK(&fix.run, hone_alias_list(&fix.run, fix.store, "other", &fix.mem, &steps, &n));
    CHECK(n == 0);

    CHECK_OK(&fix.run, hone_alias_remove(&fix.run, fix.store, &change));
    CHECK_FAILS(&fix.run, hone_alias_remove(&fix.run, fix.store, &change), HONE_E_NOT_FOUND);
    CHECK_FAILS(&fix.run, hone_alias_rollback(&fix.run, fix.store, &change, &version),
                HONE_E_NOT_FOUND);
    CHECK_FAILS(&fix.run, point(&fix, 9), HONE_E_NOT_FOUND);
    change.alias = "latest";
    change.version = 1;
    CHECK_FAILS(&fix.run, hone_alias_set(&fix.run, fix.store, &change), HONE_E_ARG);

    struct hone_audit_row *rows;
    CHECK_OK(&fix.run,
             hone_audit_list(&fix.run, fix.store, &(struct hone_audit_filter){.limit = 1},
                             &fix.mem, &rows, &n));
    CHECK_STR(rows[0].action, "alias_remove");
    CHECK_STR(rows[0].subject, "models:/loan@champion");
    fix_close(&fix);
}

static void archived_versions_are_not_served(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_version_record got;
    int64_t version;
    fix_open(&fix);
    add(&fix, "loan");
    add(&fix, "loan");
    CHECK_OK(&fix.run, point(&fix, 1));
    CHECK_OK(&fix.run, point(&fix, 2));
    struct hone_version_record two = {.model = "loan", .version = 2};
    CHECK_FAILS_WITH(&fix.run,
                     hone_version_status(&fix.run, fix.store, &two, "ARCHIVED", NULL, NULL),
                     HONE_E_CONFLICT, "champion");
    struct hone_version_record one = {.model = "loan", .version = 1};
    CHECK_FAILS(&fix.run, hone_version_status(&fix.run, fix.store, &one, "GONE", NULL, NULL),
                HONE_E_ARG);
    CHECK_OK(&fix.run, hone_version_status(&fix.run, fix.store, &one, "ARCHIVED", NULL, NULL));
    struct hone_alias_change change = {.model = "loan", .alias = "champion"};
    CHECK_FAILS(&fix.run, hone_alias_rollback(&fix.run, fix.store, &change, &version),
                HONE_E_CONFLICT);
    CHECK_FAILS(&fix.run, point(&fix, 1), HONE_E_CONFLICT);
    CHECK_OK(&fix.run, hone_version_get(&fix.run, fix.store, "loan", 1, &fix.mem, &got));
    CHECK_STR(got.status, "ARCHIVED");
    CHECK_OK(&fix.run, hone_version_status(&fix.run, fix.store, &one, "READY", NULL, NULL));
    CHECK_OK(&fix.run, hone_alias_rollback(&fix.run, fix.store, &change, &version));
    CHECK(version == 1);
    fix_close(&fix);
}

static void decisions_are_kept(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_decision *list;
    size_t n;
    fix_open(&fix);
    add(&fix, "loan");
    struct hone_decision put[] = {
        {.model = "loan",
         .version = 1,
         .kind = "gate",
         .name = "roc_auc",
         .verdict = "pass",
         .value = 0.93,
         .threshold = 0.9},
        {.model = "loan",
         .version = 1,
         .kind = "gate",
         .name = "fairness",
         .verdict = "insufficient evidence",
         .value = (double)NAN,
         .threshold = (double)NAN},
    };
    CHECK_OK(&fix.run, hone_decision_add(&fix.run, fix.store, put, 2));
    CHECK_OK(&fix.run, hone_decision_list(&fix.run, fix.store, "loan", 1, &fix.mem, &list, &n));
    CHECK(n == 2);
    CHECK_STR(list[0].name, "roc_auc");
    CHECK_NEAR(list[0].value, 0.93, 0);
    CHECK_STR(list[1].verdict, "insufficient evidence");
    CHECK(isnan(list[1].value));
    put[1].verdict = "maybe";
    CHECK_FAILS(&fix.run, hone_decision_add(&fix.run, fix.store, put, 2), HONE_E_ARG);
    CHECK_OK(&fix.run, hone_decision_list(&fix.run, fix.store, "loan", 1, &fix.mem, &list, &n));
    CHECK(n == 2);
    fix_close(&fix);
}

static void names_resolve(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_resolved found;
    fix_open(&fix);
    add(&fix, "loan");
    add(&fix, "loan");
    CHECK_OK(&fix.run, point(&fix, 1));
    struct hone_run_artifact keep = {.path = HONE_RUN_MODEL, .hash = fix.onnx.hex};
    CHECK_OK(&fix.run, hone_store_run_keep(&fix.run, fix.store, fix.id.hex, &keep));
    keep.path = "report/index.html";
    CHECK_OK(&fix.run, hone_store_run_keep(&fix.run, fix.store, fix.id.hex, &keep));

    static const struct {
        const char *text;
        int64_t version;
    } good[] = {{"models:/loan/1", 1},
                {"models:/loan/2", 2},
                {"models:/loan@champion", 1},
                {"models:/loan/latest", 2}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK(hone_uri_is(good[i].text));
        CHECK_OK(&fix.run,
                 hone_store_resolve(&fix.run, fix.store, good[i].text, &fix.mem, &found));
        CHECK(found.version.version == good[i].version);
        CHECK_STR(found.run, fix.id.hex);
        CHECK_STR(found.hash, fix.onnx.hex);
        char *bytes = check_read(found.path);
        CHECK_STR(bytes, "a graph");
        hone_libc_free(bytes);
    }
    const char *text = hone_arena_format(&fix.mem, "runs:/%s", fix.id.hex);
    CHECK_OK(&fix.run, hone_store_resolve(&fix.run, fix.store, text, &fix.mem, &found));
    CHECK(found.version.id == 0);
    CHECK_STR(found.run, fix.id.hex);
    text = hone_arena_format(&fix.mem, "runs:/%.8s/report/index.html", fix.id.hex);
    CHECK_OK(&fix.run, hone_store_resolve(&fix.run, fix.store, text, &fix.mem, &found));
    CHECK_STR(found.hash, fix.onnx.hex);
    text = hone_arena_format(&fix.mem, "runs:/%s/../../hone.db", fix.id.hex);
    CHECK_FAILS(&fix.run, hone_store_resolve(&fix.run, fix.store, text, &fix.mem, &found),
                HONE_E_NOT_FOUND);

    static const char *const absent[] = {"models:/loan/3", "models:/loan@challenger",
                                         "models:/nix/latest", "runs:/feedbeef"};
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        CHECK_FAILS(&fix.run,
                    hone_store_resolve(&fix.run, fix.store, absent[i], &fix.mem, &found),
                    HONE_E_NOT_FOUND);
    }
    static const char *const bad[] = {"",
                                      "loan",
                                      "models:/",
                                      "models:/loan",
                                      "models:/loan/",
                                      "models:/loan/0",
                                      "models:/loan/-1",
                                      "models:/loan/x",
                                      "models:/loan/99999999999999999999",
                                      "models:/loan@",
                                      "models:/@champion",
                                      "models:/loan/1/2",
                                      "models:/../x@y",
                                      "runs:/",
                                      "runs:/abc",
                                      "runs:/abcd/"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_FAILS(&fix.run, hone_store_resolve(&fix.run, fix.store, bad[i], &fix.mem, &found),
                    HONE_E_ARG);
    }
    CHECK(!hone_uri_is("model.onnx"));
    fix_close(&fix);
}

const struct CMUnitTest hone_tests_registry[] = {
    cmocka_unit_test(versions_are_numbered),
    cmocka_unit_test(register_refuses),
    cmocka_unit_test(aliases_move_and_step_back),
    cmocka_unit_test(archived_versions_are_not_served),
    cmocka_unit_test(decisions_are_kept),
    cmocka_unit_test(names_resolve),
};
const size_t hone_tests_registry_n = sizeof hone_tests_registry / sizeof hone_tests_registry[0];
