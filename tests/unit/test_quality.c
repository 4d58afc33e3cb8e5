/* Reports of checks on record. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "store/quality.h"
#include "store/query_priv.h"

#define BEFORE 4 /* steps of the schema before quality reports */

struct fix {
    struct hone_run run;
    struct hone_arena mem;
    struct hone_store *store;
    const char *folder;
};

static void begin(struct fix *f)
{
    memset(f, 0, sizeof *f);
    f->folder = check_folder();
    CHECK_OK(&f->run, hone_store_open(&f->run, f->folder, true, &f->mem, &f->store));
}

static void end(struct fix *f)
{
    hone_store_close(f->store);
    hone_arena_free(&f->mem);
    hone_run_clear(&f->run);
}

static void add(struct fix *f, int64_t time, const char *name, int64_t warned)
{
    int64_t id = 0;
    const struct hone_quality report = {.time = time,
                                        .name = name,
                                        .source = "/data/x.csv",
                                        .rows = 100,
                                        .cols = 7,
                                        .passed = 40,
                                        .told = 1,
                                        .warned = warned,
                                        .findings = "[{\"check\": \"outliers\"}]"};
    CHECK_OK(&f->run, hone_quality_add(&f->run, f->store, &report, &id));
    CHECK(id > 0);
}

static size_t list(struct fix *f, const char *name, size_t limit, struct hone_quality **out)
{
    size_t n = 0;
    const struct hone_quality_filter filter = {name, limit};

    CHECK_OK(&f->run, hone_quality_list(&f->run, f->store, &filter, &f->mem, out, &n));
    return n;
}

static void reports_come_back_in_order(void **state)
{
    struct fix f;
    struct hone_quality *r = NULL;

    (void)state;
    begin(&f);
    assert_int_equal(list(&f, NULL, 0, &r), 0);
    add(&f, 300, "loans", 3);
    add(&f, 100, "loans", 1);
    add(&f, 200, "loans", 2);
    add(&f, 150, "cars", 9);
    assert_int_equal(list(&f, "loans", 0, &r), 3);
    assert_int_equal(r[0].time, 100);
    assert_int_equal(r[2].warned, 3);
    CHECK_STR(r[1].findings, "[{\"check\": \"outliers\"}]");
    assert_null(r[1].data);
    assert_int_equal(r[1].rows, 100);
    assert_int_equal(list(&f, "loans", 2, &r), 2); /* the newest, the oldest of them first */
    assert_int_equal(r[0].time, 200);
    assert_int_equal(list(&f, "/data/x.csv", 0, &r), 4);
    assert_int_equal(list(&f, "bikes", 0, &r), 0);
    end(&f);
}

/* A store that knows no reports yet gets them when it is opened, and keeps what it had. */
static void an_older_store_is_brought_up_to_date(void **state)
{
    struct fix f;
    struct hone_quality *r = NULL;

    (void)state;
    begin(&f);
    /* what the steps behind BEFORE made */
    static const char *const newer[] = {"DROP TABLE quality",
                                        "DROP TABLE token",
                                        "DROP INDEX audit_subject",
                                        "DROP TABLE server",
                                        "DROP TABLE look",
                                        "DROP TABLE sketch",
                                        "DROP TABLE telling",
                                        "DROP TABLE hook",
                                        "DROP TABLE duty",
                                        "DROP INDEX alarm_key",
                                        "ALTER TABLE alarm DROP COLUMN key",
                                        "ALTER TABLE alarm DROP COLUMN seen",
                                        "ALTER TABLE alarm DROP COLUMN told",
                                        "DROP TABLE prediction_text",
                                        "ALTER TABLE prediction DROP COLUMN block",
                                        "ALTER TABLE prediction DROP COLUMN place"};
    for (size_t i = 0; i < sizeof newer / sizeof *newer; i++) {
        CHECK_OK(&f.run, hone_store_exec(&f.run, f.store, newer[i]));
    }
    CHECK_OK(&f.run, hone_store_exec(&f.run, f.store, "PRAGMA user_version = 4"));
    CHECK_OK(&f.run, hone_store_exec(&f.run, f.store,
                                     "INSERT INTO model (name, created) VALUES ('kept', 1)"));
    hone_store_close(f.store);
    f.store = NULL;
    CHECK(hone_migrations_n > BEFORE);
    CHECK_OK(&f.run, hone_store_open(&f.run, f.folder, false, &f.mem, &f.store));
    add(&f, 5, "loans", 0);
    assert_int_equal(list(&f, NULL, 0, &r), 1);
    CHECK_FAILS(&f.run, /* the row is still there */
                hone_store_exec(&f.run, f.store,
                                "INSERT INTO model (name, created) VALUES ('kept', 2)"),
                HONE_E_CONFLICT);
    end(&f);
}

const struct CMUnitTest hone_tests_quality[] = {
    cmocka_unit_test(reports_come_back_in_order),
    cmocka_unit_test(an_older_store_is_brought_up_to_date),
};
const size_t hone_tests_quality_n = sizeof hone_tests_quality / sizeof hone_tests_quality[0];
