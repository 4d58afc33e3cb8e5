/* The database and its transactions, artifacts, audit log; what survives kill -9. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/rng.h"
#include "check.h"
#include "store/artifact.h"
#include "store/audit.h"
#include "store/lineage.h"
#include "store/query_priv.h"
#include "stores.h"

struct fix {
    struct hone_run run;
    struct hone_arena mem;
    struct hone_store *store;
    const char *folder;
    int64_t now;
};

static void fix_open(struct fix *fix)
{
    *fix = (struct fix){.now = INT64_C(1700000000000000)};
    fix->run.now = stores_tick;
    fix->run.clock = &fix->now;
    fix->folder = check_path(check_folder(), ".hone");
    fix->folder = hone_arena_text(&fix->mem, fix->folder, strlen(fix->folder));
    CHECK_OK(&fix->run, hone_store_open(&fix->run, fix->folder, true, &fix->mem, &fix->store));
}

static void fix_close(struct fix *fix)
{
    hone_store_close(fix->store);
    hone_arena_free(&fix->mem);
    hone_run_clear(&fix->run);
}

static void raw_sql(const char *folder, const char *sql)
{
    sqlite3 *db;
    CHECK(sqlite3_open(check_path(folder, "hone.db"), &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
    CHECK(sqlite3_close(db) == SQLITE_OK);
}

static void opens_makes_and_refuses(void **state)
{
    (void)state;
    struct fix fix;
    fix_open(&fix);
    CHECK_STR(hone_store_folder(fix.store), fix.folder);
    CHECK_OK(&fix.run, hone_store_check(&fix.run, fix.store));
    hone_store_close(fix.store);
    CHECK_OK(&fix.run, hone_store_open(&fix.run, fix.folder, false, &fix.mem, &fix.store));
    hone_store_close(fix.store);
    hone_store_close(NULL);

    CHECK_FAILS_WITH(&fix.run,
                     hone_store_open(&fix.run, check_folder(), false, &fix.mem, &fix.store),
                     HONE_E_NOT_FOUND, "no store");

    raw_sql(fix.folder, "PRAGMA user_version = 999");
    CHECK_FAILS_WITH(&fix.run,
                     hone_store_open(&fix.run, fix.folder, true, &fix.mem, &fix.store),
                     HONE_E_UNSUPPORTED, "newer hone");

    const char *other = check_folder();
    raw_sql(other, "CREATE TABLE x (y)");
    CHECK_FAILS_WITH(&fix.run, hone_store_open(&fix.run, other, true, &fix.mem, &fix.store),
                     HONE_E_FORMAT, "another program");

    other = check_folder();
    char noise[4097];
    memset(noise, 'x', sizeof noise - 1);
    noise[sizeof noise - 1] = '\0';
    check_write(check_path(other, "hone.db"), noise);
    CHECK_FAILS(&fix.run, hone_store_open(&fix.run, other, true, &fix.mem, &fix.store),
                HONE_E_FORMAT);
    fix.store = NULL;
    fix_close(&fix);
}

static void migrates_forward_in_one_transaction(void **state)
{
    (void)state;
    struct fix fix;
    fix_open(&fix);
    const char *steps[32];
    size_t n = hone_migrations_n;
    CHECK(n < sizeof steps / sizeof *steps);
    memcpy(steps, hone_migrations, n * sizeof steps[0]);
    steps[n] = "CREATE TABLE later (x INTEGER); INSERT INTO later VALUES (1)";
    steps[n + 1] = "CREATE TABLE broken (x INTEGER; nonsense";
    CHECK_FAILS(&fix.run, hone_store_migrate(&fix.run, fix.store, steps, n + 2), HONE_E_IO);
    CHECK_FAILS(&fix.run, hone_store_exec(&fix.run, fix.store, "SELECT x FROM later"),
                HONE_E_IO);
    CHECK_OK(&fix.run, hone_store_migrate(&fix.run, fix.store, steps, n + 1));
    CHECK_OK(&fix.run, hone_store_migrate(&fix.run, fix.store, steps, n + 1));
    CHECK_OK(&fix.run, hone_store_exec(&fix.run, fix.store, "SELECT x FROM later"));
    hone_store_close(fix.store);
    CHECK_FAILS(&fix.run, hone_store_open(&fix.run, fix.folder, true, &fix.mem, &fix.store),
                HONE_E_UNSUPPORTED);
    fix.store = NULL;
    fix_close(&fix);
}

static enum hone_code note(struct fix *fix, const char *subject)
{
    struct hone_audit_row row = {.action = "test", .subject = subject};
    return hone_audit_append(&fix->run, fix->store, &row);
}

static int64_t audit_rows(struct fix *fix)
{
    struct hone_audit_head head;
    CHECK_OK(&fix->run, hone_audit_verify(&fix->run, fix->store, NULL, &head));
    return head.seq;
}

static enum hone_code outer_with_inner(struct fix *fix, bool inner_commits, bool outer_commits)
{
    HONE_TRANSACTION outer = {0};
    HONE_TRY(hone_transaction_begin(&fix->run, fix->store, &outer));
    HONE_TRY(note(fix, "outer"));
    {
        HONE_TRANSACTION inner = {0};
        HONE_TRY(hone_transaction_begin(&fix->run, fix->store, &inner));
        HONE_TRY(note(fix, "inner"));
        if (inner_commits) {
            HONE_TRY(hone_transaction_commit(&fix->run, &inner));
        }
    }
    if (outer_commits) {
        HONE_TRY(hone_transaction_commit(&fix->run, &outer));
    }
    return HONE_OK;
}

static void transactions_nest(void **state)
{
    (void)state;
    struct fix fix;
    fix_open(&fix);
    CHECK_OK(&fix.run, outer_with_inner(&fix, true, false));
    CHECK(audit_rows(&fix) == 0);
    CHECK_OK(&fix.run, outer_with_inner(&fix, false, true));
    CHECK(audit_rows(&fix) == 1);
    CHECK_OK(&fix.run, outer_with_inner(&fix, true, true));
    CHECK(audit_rows(&fix) == 3);
    CHECK(fix.store->depth == 0);
    fix_close(&fix);
}

static void locked_store_is_said_to_be(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_store *other;
    fix_open(&fix);
    CHECK_OK(&fix.run, hone_store_open(&fix.run, fix.folder, false, &fix.mem, &other));
    hone_store_patience(other, 20);
    HONE_TRANSACTION tx = {0};
    CHECK_OK(&fix.run, hone_transaction_begin(&fix.run, fix.store, &tx));
    CHECK_OK(&fix.run, note(&fix, "held"));
    struct hone_audit_row row = {.action = "test", .subject = "x"};
    CHECK_FAILS_WITH(&fix.run, hone_audit_append(&fix.run, other, &row), HONE_E_CONFLICT,
                     "store locked by another process");
    /* Readers do not wait, and see what was committed. */
    struct hone_audit_row *rows;
    size_t n;
    CHECK_OK(&fix.run, hone_audit_list(&fix.run, other, &(struct hone_audit_filter){0},
                                       &fix.mem, &rows, &n));
    CHECK(n == 0);
    CHECK_OK(&fix.run, hone_transaction_commit(&fix.run, &tx));
    CHECK_OK(&fix.run, hone_audit_append(&fix.run, other, &row));
    hone_store_close(other);
    fix_close(&fix);
}

static void artifacts_are_kept_once_by_content(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_sha hash;
    struct hone_sha again;
    struct hone_str bytes;
    const char *path;
    fix_open(&fix);
    CHECK_OK(&fix.run, hone_artifact_put(&fix.run, fix.store, hone_str("abc"), &hash));
    CHECK_STR(hash.hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK_OK(&fix.run, hone_artifact_put(&fix.run, fix.store, hone_str("abc"), &again));
    CHECK_STR(again.hex, hash.hex);
    CHECK_OK(&fix.run, hone_artifact_path(&fix.run, fix.store, hash.hex, &fix.mem, &path));
    CHECK(strstr(path, "/artifacts/ba/7816bf") != NULL);
    CHECK_OK(&fix.run, hone_artifact_get(&fix.run, fix.store, hash.hex, &fix.mem, &bytes));
    CHECK(hone_str_is(bytes, "abc"));
    CHECK_OK(&fix.run, hone_artifact_put(&fix.run, fix.store, hone_str(""), &again));
    CHECK_OK(&fix.run, hone_artifact_get(&fix.run, fix.store, again.hex, &fix.mem, &bytes));
    CHECK(bytes.len == 0);

    check_write(path, "abd");
    CHECK_FAILS_WITH(&fix.run,
                     hone_artifact_get(&fix.run, fix.store, hash.hex, &fix.mem, &bytes),
                     HONE_E_FORMAT, "damaged");
    CHECK_FAILS(&fix.run,
                hone_artifact_get(&fix.run, fix.store, "../../etc/passwd", &fix.mem, &bytes),
                HONE_E_ARG);
    memset(hash.hex, 'a', 64);
    CHECK_FAILS(&fix.run, hone_artifact_get(&fix.run, fix.store, hash.hex, &fix.mem, &bytes),
                HONE_E_NOT_FOUND);
    fix_close(&fix);
}

static void unused_artifacts_are_found_and_removed(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_sha used;
    struct hone_sha unused;
    struct hone_run_id id;
    struct hone_unused *list;
    size_t n;
    fix_open(&fix);
    CHECK_OK(&fix.run, hone_artifact_put(&fix.run, fix.store, hone_str("used"), &used));
    CHECK_OK(&fix.run, hone_artifact_put(&fix.run, fix.store, hone_str("unused"), &unused));
    struct hone_run_record record = {.name = "r"};
    CHECK_OK(&fix.run, hone_store_run_begin(&fix.run, fix.store, &record, &id));
    struct hone_run_artifact kept = {.path = "a.txt", .hash = used.hex};
    CHECK_OK(&fix.run, hone_store_run_keep(&fix.run, fix.store, id.hex, &kept));

    /* Too young to be listed. */
    CHECK_OK(&fix.run, hone_artifact_unused(&fix.run, fix.store, 1000000, &fix.mem, &list, &n));
    CHECK(n == 0);
    /* A file without a row, as a crash leaves it; the test's clock is behind the file's time. */
    const char *stray = hone_arena_format(&fix.mem, "%s/artifacts/ff/%062d", fix.folder, 0);
    CHECK_OK(&fix.run, hone_dir_make(&fix.run, hone_arena_format(&fix.mem, "%s/artifacts/ff",
                                                                 fix.folder)));
    check_write(stray, "stray");
    CHECK_OK(&fix.run, hone_artifact_unused(&fix.run, fix.store, 0, &fix.mem, &list, &n));
    CHECK(n == 1);
    CHECK_STR(list[0].hash, unused.hex);
    CHECK(list[0].bytes == 6);
    fix.now = INT64_C(9000000000000000);
    CHECK_OK(&fix.run, hone_artifact_unused(&fix.run, fix.store, 0, &fix.mem, &list, &n));
    CHECK(n == 2);
    for (size_t i = 0; i < n; i++) {
        bool removed = false;
        CHECK_OK(&fix.run,
                 hone_artifact_remove(&fix.run, fix.store, list[i].hash, 0, &removed));
        CHECK(removed);
    }
    CHECK(!hone_file_exists(stray));
    const char *half = hone_arena_format(&fix.mem, "%s.1-0.tmp", stray);
    size_t tidied;
    check_write(half, "half");
    CHECK_OK(&fix.run, hone_artifact_tidy(&fix.run, fix.store, 1000, &tidied));
    CHECK(tidied == 1 && !hone_file_exists(half));
    CHECK_OK(&fix.run, hone_artifact_unused(&fix.run, fix.store, 0, &fix.mem, &list, &n));
    CHECK(n == 0);
    bool gone = false;
    CHECK_FAILS(&fix.run, hone_artifact_remove(&fix.run, fix.store, used.hex, 0, &gone),
                HONE_E_CONFLICT);
    CHECK(!gone);
    struct hone_str bytes;
    CHECK_OK(&fix.run, hone_artifact_get(&fix.run, fix.store, used.hex, &fix.mem, &bytes));
    /* What is put again between the look and the removal stays. */
    struct hone_sha again;
    bool fresh = true;
    CHECK_OK(&fix.run, hone_artifact_put(&fix.run, fix.store, hone_str("again"), &again));
    CHECK_OK(&fix.run, hone_artifact_remove(&fix.run, fix.store, again.hex, 1000000, &fresh));
    CHECK(!fresh);
    /* What was removed can be put again. */
    CHECK_OK(&fix.run, hone_artifact_put(&fix.run, fix.store, hone_str("unused"), &unused));
    CHECK_OK(&fix.run, hone_artifact_get(&fix.run, fix.store, unused.hex, &fix.mem, &bytes));
    fix_close(&fix);
}

static void audit_shows_tampering(void **state)
{
    (void)state;
    static const char *const harm[] = {
        "UPDATE audit SET detail = 'x' WHERE seq = 3",
        "UPDATE audit SET actor = 'eve' WHERE seq = 1",
        "DELETE FROM audit WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 1",
        "UPDATE audit SET hash = (SELECT hash FROM audit WHERE seq = 1) WHERE seq = 5",
        "UPDATE audit SET action = 'tes', subject = 'ta' WHERE seq = 4",
    };
    struct fix fix;
    for (size_t h = 0; h < sizeof harm / sizeof harm[0]; h++) {
        fix_open(&fix);
        for (int i = 0; i < 5; i++) {
            CHECK_OK(&fix.run, note(&fix, "a"));
        }
        CHECK(audit_rows(&fix) == 5);
        /* Not by the usual way ... */
        CHECK_FAILS_WITH(&fix.run, hone_store_exec(&fix.run, fix.store, harm[h]),
                         HONE_E_CONFLICT, "append-only");
        /* ... but whoever owns the file can. */
        raw_sql(fix.folder, "DROP TRIGGER audit_update; DROP TRIGGER audit_delete");
        raw_sql(fix.folder, harm[h]);
        CHECK_FAILS_WITH(&fix.run, hone_audit_verify(&fix.run, fix.store, NULL, NULL),
                         HONE_E_GATE, "audit log: row");
        fix_close(&fix);
    }
    fix_open(&fix);
    struct hone_audit_head head;
    for (int i = 0; i < 5; i++) {
        CHECK_OK(&fix.run, note(&fix, "a"));
    }
    CHECK_OK(&fix.run, hone_audit_verify(&fix.run, fix.store, NULL, &head));
    CHECK_OK(&fix.run, note(&fix, "b"));
    CHECK_OK(&fix.run, hone_audit_verify(&fix.run, fix.store, head.hash.hex, NULL));
    raw_sql(fix.folder, "DROP TRIGGER audit_delete; DELETE FROM audit WHERE seq > 4");
    CHECK_OK(&fix.run, hone_audit_verify(&fix.run, fix.store, NULL, NULL));
    CHECK_FAILS_WITH(&fix.run, hone_audit_verify(&fix.run, fix.store, head.hash.hex, NULL),
                     HONE_E_GATE, "cut off");
    struct hone_audit_row *rows;
    size_t n;
    CHECK_OK(&fix.run, hone_audit_list(&fix.run, fix.store,
                                       &(struct hone_audit_filter){.before = 4, .limit = 2},
                                       &fix.mem, &rows, &n));
    CHECK(n == 2 && rows[0].seq == 3 && rows[1].seq == 2);
    CHECK_STR(rows[0].actor, "local");
    fix_close(&fix);
}

static void damaged_pages_are_found(void **state)
{
    (void)state;
    struct fix fix;
    fix_open(&fix);
    for (int i = 0; i < 200; i++) {
        CHECK_OK(&fix.run,
                 note(&fix, "some text to fill pages with, again and again and again"));
    }
    hone_store_close(fix.store);
    const char *path = check_path(fix.folder, "hone.db");
    FILE *f = fopen(path, "r+b");
    CHECK(f != NULL);
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    for (long at = 4096 * 2 + 5; at < size; at += 4096) {
        fseek(f, at, SEEK_SET);
        fputc(0xff, f);
        fputc(0xfe, f);
    }
    fclose(f);
    enum hone_code code = hone_store_open(&fix.run, fix.folder, false, &fix.mem, &fix.store);
    if (code == HONE_OK) {
        CHECK_FAILS(&fix.run, hone_store_check(&fix.run, fix.store), HONE_E_FORMAT);
    } else {
        CHECK_FAILS(&fix.run, code, HONE_E_FORMAT);
        fix.store = NULL;
    }
    fix_close(&fix);
}

static void full_disk_loses_nothing(void **state)
{
    (void)state;
    struct fix fix;
    int64_t kept = 0;
    fix_open(&fix);
    CHECK_OK(&fix.run, hone_store_exec(&fix.run, fix.store, "PRAGMA max_page_count = 80"));
    enum hone_code code;
    while ((code = note(&fix, "some text to fill pages with, again and again")) == HONE_OK) {
        kept++;
        CHECK(kept < 10000);
    }
    CHECK_FAILS_WITH(&fix.run, code, HONE_E_IO, "full");
    CHECK(kept > 0 && audit_rows(&fix) == kept);
    CHECK(fix.store->depth == 0);
    CHECK_OK(&fix.run, hone_store_exec(&fix.run, fix.store, "PRAGMA max_page_count = 1000"));
    CHECK_OK(&fix.run, note(&fix, "room again"));
    CHECK_OK(&fix.run, hone_store_check(&fix.run, fix.store));
    fix_close(&fix);
}

/* One life of a writer: it tells the number of each thing that it was told is kept. */
static void write_until_killed(const char *folder, int tell, unsigned life)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_store *store;
    if (hone_store_open(&run, folder, true, &mem, &store) != HONE_OK) {
        _exit(3);
    }
    for (unsigned i = 0;; i++) {
        char name[64];
        struct hone_sha hash;
        struct hone_run_id id;
        snprintf(name, sizeof name, "life %u thing %u", life, i);
        struct hone_run_record record = {.name = name};
        struct hone_metric_point points[] = {{.key = "a", .value = i},
                                             {.key = "b", .value = 2}};
        struct hone_audit_row row = {.action = "thing", .subject = name};
        if (hone_artifact_put(&run, store, hone_str(name), &hash) != HONE_OK ||
            hone_store_run_begin(&run, store, &record, &id) != HONE_OK ||
            hone_store_log_metrics(&run, store, id.hex, points, 2) != HONE_OK ||
            hone_store_run_keep(&run, store, id.hex,
                                &(struct hone_run_artifact){.path = "x", .hash = hash.hex}) !=
                HONE_OK ||
            hone_audit_append(&run, store, &row) != HONE_OK) {
            _exit(4);
        }
        if (write(tell, id.hex, 32) != 32) {
            _exit(5);
        }
    }
}

/* Everything that was acknowledged is there, and belongs together. */
static size_t check_told(struct fix *fix, const char *told, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char id[33] = {0};
        struct hone_run_record record;
        struct hone_metric_point *points;
        struct hone_run_artifact *kept;
        struct hone_str bytes;
        size_t n_points;
        size_t n_kept;
        struct hone_mark mark = hone_arena_mark(&fix->mem);
        memcpy(id, told + 32 * i, 32);
        CHECK_OK(&fix->run, hone_store_run_get(&fix->run, fix->store, id, &fix->mem, &record));
        CHECK_OK(&fix->run, hone_store_run_metrics(&fix->run, fix->store, id, &fix->mem,
                                                   &points, &n_points));
        CHECK(n_points == 2);
        CHECK_OK(&fix->run,
                 hone_store_run_kept(&fix->run, fix->store, id, &fix->mem, &kept, &n_kept));
        CHECK(n_kept == 1);
        CHECK_OK(&fix->run,
                 hone_artifact_get(&fix->run, fix->store, kept[0].hash, &fix->mem, &bytes));
        CHECK(hone_str_is(bytes, record.name));
        hone_arena_rewind(&fix->mem, mark);
    }
    return n;
}

static void nothing_acknowledged_is_lost_by_kill(void **state)
{
    (void)state;
    struct fix fix;
    fix_open(&fix);
    hone_store_close(fix.store);
    struct hone_rng rng = hone_rng(11, hone_rng_name("kill"));
    size_t acknowledged = 0;
    static char told[32 * 4096];
    for (unsigned life = 0; life < 100; life++) {
        int ends[2];
        CHECK(pipe(ends) == 0);
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            close(ends[0]);
            write_until_killed(fix.folder, ends[1], life);
        }
        close(ends[1]);
        /* One life in four gets as far as an acknowledgement, however slow the machine. */
        size_t len = 0;
        while (life % 4 == 0 && len < 32) {
            ssize_t first = read(ends[0], told + len, 32 - len);
            CHECK(first > 0);
            len += (size_t)first;
        }
        usleep((useconds_t)hone_rng_below(&rng, 25000));
        kill(child, SIGKILL);
        int status;
        CHECK(waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        ssize_t got;
        while ((got = read(ends[0], told + len, sizeof told - len)) > 0) {
            len += (size_t)got;
        }
        close(ends[0]);
        CHECK_OK(&fix.run, hone_store_open(&fix.run, fix.folder, false, &fix.mem, &fix.store));
        acknowledged += check_told(&fix, told, len / 32);
        if (life % 10 == 9) {
            CHECK_OK(&fix.run, hone_store_check(&fix.run, fix.store));
            CHECK(audit_rows(&fix) >= (int64_t)acknowledged);
        }
        hone_store_close(fix.store);
    }
    CHECK(acknowledged > 0);
    CHECK_OK(&fix.run, hone_store_open(&fix.run, fix.folder, false, &fix.mem, &fix.store));
    /* The runs the killed left behind are found out. */
    struct hone_run_filter filter = {.status = "RUNNING"};
    struct hone_run_record *runs;
    size_t n;
    size_t swept;
    CHECK_OK(&fix.run, hone_store_run_list(&fix.run, fix.store, &filter, &fix.mem, &runs, &n));
    CHECK(n >= acknowledged);
    CHECK_OK(&fix.run, hone_store_run_sweep(&fix.run, fix.store, &swept));
    CHECK(swept == n);
    fix_close(&fix);
}

static void processes_write_side_by_side(void **state)
{
    (void)state;
    enum { WRITERS = 3, EACH = 20 };
    struct fix fix;
    pid_t child[WRITERS];
    fix_open(&fix);
    hone_store_close(fix.store);
    for (unsigned w = 0; w < WRITERS; w++) {
        child[w] = fork();
        CHECK(child[w] >= 0);
        if (child[w] == 0) {
            struct hone_run run = {0};
            struct hone_arena mem = {0};
            struct hone_store *store;
            bool good = hone_store_open(&run, fix.folder, true, &mem, &store) == HONE_OK;
            struct hone_audit_row row = {.action = "side", .subject = "x"};
            for (unsigned i = 0; good && i < EACH; i++) {
                good = hone_audit_append(&run, store, &row) == HONE_OK;
            }
            _exit(good ? 0 : 1);
        }
    }
    for (unsigned w = 0; w < WRITERS; w++) {
        int status;
        CHECK(waitpid(child[w], &status, 0) == child[w]);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    CHECK_OK(&fix.run, hone_store_open(&fix.run, fix.folder, false, &fix.mem, &fix.store));
    CHECK(audit_rows(&fix) == WRITERS * EACH);
    fix_close(&fix);
}

const struct CMUnitTest hone_tests_store[] = {
    cmocka_unit_test(opens_makes_and_refuses),
    cmocka_unit_test(migrates_forward_in_one_transaction),
    cmocka_unit_test(transactions_nest),
    cmocka_unit_test(locked_store_is_said_to_be),
    cmocka_unit_test(artifacts_are_kept_once_by_content),
    cmocka_unit_test(unused_artifacts_are_found_and_removed),
    cmocka_unit_test(audit_shows_tampering),
    cmocka_unit_test(damaged_pages_are_found),
    cmocka_unit_test(full_disk_loses_nothing),
    cmocka_unit_test(nothing_acknowledged_is_lost_by_kill),
    cmocka_unit_test(processes_write_side_by_side),
};
const size_t hone_tests_store_n = sizeof hone_tests_store / sizeof hone_tests_store[0];
