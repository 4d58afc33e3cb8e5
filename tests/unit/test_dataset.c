/* Data sets: cutting, keeping, restoring, collecting; what survives damage, changes and kill -9. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/pool.h"
#include "base/rng.h"
#include "check.h"
#include "store/audit.h"
#include "store/dataset.h"
#include "store/piece_priv.h"
#include "store/query_priv.h"

struct fix {
    struct hone_run run;
    struct hone_arena mem;
    struct hone_store *store;
    const char *folder; /* holds .hone and the data */
};

static void fix_open(struct fix *fix)
{
    *fix = (struct fix){.folder = check_folder()};
    CHECK_OK(&fix->run,
             hone_store_open(&fix->run, hone_path_join(&fix->mem, fix->folder, ".hone"), true,
                             &fix->mem, &fix->store));
}

static void fix_close(struct fix *fix)
{
    hone_store_close(fix->store);
    hone_arena_free(&fix->mem);
    hone_run_clear(&fix->run);
}

/* Bytes that do not compress, or lines of a table. */
static struct hone_str make_bytes(struct hone_arena *mem, size_t len, uint64_t seed, bool text)
{
    char *bytes = hone_arena_must(mem, len + 32);
    uint64_t x = seed * 2 + 1;

    for (size_t i = 0; i < len;) {
        x = hone_mix64(x + i + 1);
        if (text) {
            i += (size_t)snprintf(bytes + i, 24, "%u,%u\n", (unsigned)(x % 100000),
                                  (unsigned)(x >> 60));
        } else {
            memcpy(bytes + i, &x, 8);
            i += 8;
        }
    }
    return (struct hone_str){bytes, len};
}

static const char *write_file(struct fix *fix, const char *name, struct hone_str bytes)
{
    const char *path = hone_path_join(&fix->mem, fix->folder, name);
    const char *slash = strrchr(path, '/');
    CHECK_OK(&fix->run, hone_dir_make(&fix->run, hone_arena_format(&fix->mem, "%.*s",
                                                                   (int)(slash - path), path)));
    CHECK_OK(&fix->run, hone_file_write(&fix->run, path, bytes));
    return path;
}

/* As if the file had been looked at long after it was written: the stat cache may trust it. */
static void age(const char *path)
{
    struct timespec then[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    CHECK(utimensat(AT_FDCWD, path, then, 0) == 0);
}

static int64_t tomorrow(void *clock)
{
    (void)clock;
    return INT64_C(4102444800000000); /* 2100 */
}

static void check_content(struct fix *fix, const char *hash, struct hone_str want)
{
    struct hone_str got = {NULL, 0};
    CHECK_OK(&fix->run, hone_tree_read(&fix->run, fix->store, hash, &fix->mem, &got));
    assert_int_equal(got.len, want.len);
    CHECK(memcmp(got.ptr, want.ptr, want.len) == 0);
}

/* --- cutting -------------------------------------------------------------------------------- */

static size_t cut(const uint8_t *bytes, size_t len, size_t *end, struct hone_arena *mem)
{
    uint16_t *mark = hone_arena_must(mem, (len / HONE_PIECE_BLOCK + 1) * sizeof *mark);
    size_t n = 0;

    hone_piece_marks(bytes, 0, len, mark);
    for (size_t at = 0; at < len;) {
        at += hone_piece_length(mark, at, len, true);
        end[n++] = at;
    }
    return n;
}

static void pieces_have_their_bounds_and_follow_the_bytes(void **state)
{
    (void)state;
    enum { LEN = 24 << 20, SHIFT = 1000 };
    struct hone_arena mem = {0};
    struct hone_str bytes = make_bytes(&mem, LEN, 1, false);
    uint8_t *moved = hone_arena_must(&mem, LEN + SHIFT);
    size_t *a = hone_arena_must(&mem, 1000 * sizeof *a);
    size_t *b = hone_arena_must(&mem, 1000 * sizeof *b);
    size_t n = cut((const uint8_t *)bytes.ptr, LEN, a, &mem);
    size_t shared = 0;

    for (size_t i = 0, from = 0; i < n; from = a[i++]) {
        CHECK(a[i] - from <= HONE_PIECE_MOST);
        CHECK(a[i] - from >= HONE_PIECE_LEAST || i + 1 == n);
    }
    CHECK(a[n - 1] == LEN);
    /* 64 KiB + 256 KiB on average */
    CHECK(n > LEN / (600 << 10) && n < LEN / (150 << 10));
    memset(moved, 7, SHIFT);
    memcpy(moved + SHIFT, bytes.ptr, LEN);
    size_t m = cut(moved, LEN + SHIFT, b, &mem);
    for (size_t i = 0, k = 0; i < n; i++) {
        while (k < m && b[k] < a[i] + SHIFT) {
            k++;
        }
        shared += k < m && b[k] == a[i] + SHIFT;
    }
    CHECK(shared + 3 >= n); /* only the cuts around the insertion differ */
    hone_arena_free(&mem);
}

static void marks_do_not_depend_on_where_looking_begins(void **state)
{
    (void)state;
    enum { LEN = 4 << 20, BLOCKS = LEN / 4096 };
    struct hone_arena mem = {0};
    struct hone_str bytes = make_bytes(&mem, LEN, 2, false);
    uint16_t whole[BLOCKS];
    uint16_t part[BLOCKS];

    hone_piece_marks((const uint8_t *)bytes.ptr, 0, LEN, whole);
    for (size_t from = 0; from < LEN; from += 1 << 20) {
        hone_piece_marks((const uint8_t *)bytes.ptr, from, from + (1 << 20),
                         part + from / HONE_PIECE_BLOCK);
    }
    CHECK(memcmp(whole, part, sizeof whole) == 0);
    hone_arena_free(&mem);
}

/* --- keeping -------------------------------------------------------------------------------- */

static const size_t sizes[] = {0,
                               1,
                               HONE_PIECE_LEAST - 1,
                               HONE_PIECE_LEAST,
                               HONE_PIECE_LEAST + 1,
                               HONE_PIECE_MOST,
                               HONE_PIECE_MOST + 1,
                               (5 << 20) + 13,
                               70 << 20};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static void files_of_any_length_come_back(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_str bytes[SIZES];
    struct hone_tree tree[2];
    struct hone_tree_file *file;
    size_t n;

    fix_open(&fix);
    for (size_t i = 0; i < SIZES; i++) {
        bytes[i] = make_bytes(&fix.mem, sizes[i], i + 10, i % 2 == 0);
        write_file(&fix, hone_arena_format(&fix.mem, "data/%c/f%zu", 'a' + (int)(i % 3), i),
                   bytes[i]);
    }
    for (size_t threads = 1; threads <= 4; threads += 3) {
        struct hone_store *store;
        const char *folder = hone_arena_format(&fix.mem, "%s/store%zu", fix.folder, threads);
        fix.run.pool = hone_pool_new(threads);
        CHECK_OK(&fix.run, hone_store_open(&fix.run, folder, true, &fix.mem, &store));
        CHECK_OK(&fix.run, hone_tree_add(&fix.run, store, check_path(fix.folder, "data"),
                                         &fix.mem, &tree[threads > 1]));
        if (threads > 1) {
            CHECK_OK(&fix.run,
                     hone_tree_list(&fix.run, store, tree[1].hash, &fix.mem, &file, &n));
            assert_int_equal(n, SIZES);
            hone_store_close(fix.store);
            fix.store = store;
        } else {
            hone_store_close(store);
        }
        hone_pool_free(fix.run.pool);
        fix.run.pool = NULL;
    }
    CHECK_STR(tree[0].hash, tree[1].hash);
    CHECK(tree[1].file == NULL && tree[1].files == SIZES && tree[1].cached == 0);
    for (size_t k = 0; k < n; k++) {
        size_t i = (size_t)atoi(strrchr(file[k].path, 'f') + 1);
        CHECK(k == 0 || strcmp(file[k - 1].path, file[k].path) < 0);
        assert_int_equal(file[k].size, sizes[i]);
        check_content(&fix, file[k].hash, bytes[i]);
    }
    fix_close(&fix);
}

static void a_grown_file_costs_what_is_new(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_tree tree;
    struct hone_str all;
    const char *path;

    fix_open(&fix);
    all = make_bytes(&fix.mem, 8 << 20, 3, false);
    path = write_file(&fix, "t.csv", (struct hone_str){all.ptr, 6 << 20});
    CHECK_OK(&fix.run, hone_tree_add(&fix.run, fix.store, path, &fix.mem, &tree));
    assert_int_equal(tree.fresh,
                     (6 << 20) + 64 + 1 + 7 + 1 + 5 + 1); /* and the list of files */
    CHECK_STR(tree.file, "t.csv");
    write_file(&fix, "t.csv", all);
    CHECK_OK(&fix.run, hone_tree_add(&fix.run, fix.store, path, &fix.mem, &tree));
    CHECK(tree.fresh >= 2 << 20 && tree.fresh < (3 << 20) + 200);
    CHECK(tree.cached == 0);
    fix_close(&fix);
}

static void an_unchanged_file_is_not_read_again(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_tree first;
    struct hone_tree again;
    const char *path;

    fix_open(&fix);
    path = write_file(&fix, "t.bin", make_bytes(&fix.mem, 300000, 4, false));
    age(path);
    fix.run.now = tomorrow;
    CHECK_OK(&fix.run, hone_tree_add(&fix.run, fix.store, path, &fix.mem, &first));
    CHECK(chmod(path, 0) == 0);
    CHECK(chmod(path, 0644) == 0); /* changes the time of the inode: looked at again */
    CHECK_OK(&fix.run, hone_tree_add(&fix.run, fix.store, path, &fix.mem, &again));
    assert_int_equal(again.cached, 0);
    CHECK_OK(&fix.run, hone_tree_add(&fix.run, fix.store, path, &fix.mem, &again));
    assert_int_equal(again.cached, 1);
    CHECK_STR(again.hash, first.hash);
    /* the same length and time, other bytes: the inode's time tells */
    write_file(&fix, "t.bin", make_bytes(&fix.mem, 300000, 5, false));
    age(path);
    CHECK_OK(&fix.run, hone_tree_add(&fix.run, fix.store, path, &fix.mem, &again));
    assert_int_equal(again.cached, 0);
    CHECK(strcmp(again.hash, first.hash) != 0);
    fix_close(&fix);
}

static void a_file_just_written_is_not_trusted(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_tree tree;
    const char *path;

    fix_open(&fix);
    path = write_file(&fix, "t.bin", make_bytes(&fix.mem, 1000, 6, false));
    CHECK_OK(&fix.run, hone_tree_add(&fix.run, fix.store, path, &fix.mem, &tree));
    CHECK_OK(&fix.run, hone_tree_add(&fix.run, fix.store, path, &fix.mem, &tree));
    assert_int_equal(tree.cached, 0);
    fix_close(&fix);
}

/* --- versions ------------------------------------------------------------------------------- */

static int64_t put(struct fix *fix, const char *name, const char *path)
{
    struct hone_tree tree;
    int64_t version = 0;

    CHECK_OK(&fix->run, hone_tree_add(&fix->run, fix->store, path, &fix->mem, &tree));
    const struct hone_dataset_version record = {.name = name,
                                                .tree = tree.hash,
                                                .source = path,
                                                .file = tree.file,
                                                .files = tree.files,
                                                .bytes = tree.bytes,
                                                .rows = 7,
                                                .cols = 2,
                                                .schema = "[]",
                                                .data = "abc",
                                                .actor = "ann"};
    CHECK_OK(&fix->run, hone_dataset_put(&fix->run, fix->store, &record, &version));
    return version;
}

static void versions_count_up_and_are_told_apart(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_dataset_version v;
    struct hone_dataset_version *list;
    struct hone_audit_row *audit;
    const char *path;
    size_t n;

    fix_open(&fix);
    path = write_file(&fix, "t.bin", make_bytes(&fix.mem, 1000, 7, false));
    assert_int_equal(put(&fix, "loans", path), 1);
    assert_int_equal(put(&fix, "loans", path), 2);
    assert_int_equal(put(&fix, "cats", path), 1);
    CHECK_OK(&fix.run, hone_dataset_get(&fix.run, fix.store, "loans", 0, &fix.mem, &v));
    CHECK(v.version == 2 && v.rows == 7 && v.bytes == 1000);
    CHECK_STR(v.file, "t.bin");
    CHECK_STR(v.note, "");
    CHECK_OK(&fix.run, hone_dataset_remove(&fix.run, fix.store, "loans", 2, "ann"));
    CHECK_FAILS_WITH(&fix.run, hone_dataset_get(&fix.run, fix.store, "loans", 2, &fix.mem, &v),
                     HONE_E_NOT_FOUND, "was removed");
    CHECK_FAILS_WITH(&fix.run, hone_dataset_get(&fix.run, fix.store, "loans", 9, &fix.mem, &v),
                     HONE_E_NOT_FOUND, "no version 9");
    CHECK_FAILS_WITH(&fix.run, hone_dataset_get(&fix.run, fix.store, "dogs", 0, &fix.mem, &v),
                     HONE_E_NOT_FOUND, "no data set dogs");
    CHECK_FAILS(&fix.run, hone_dataset_remove(&fix.run, fix.store, "loans", 2, "ann"),
                HONE_E_NOT_FOUND);
    assert_int_equal(put(&fix, "loans", path), 3); /* 2 is not given again */
    CHECK_OK(&fix.run, hone_dataset_list(&fix.run, fix.store, "loans", &fix.mem, &list, &n));
    CHECK(n == 3 && list[1].tree == NULL && list[2].version == 3);
    CHECK_OK(&fix.run,
             hone_audit_list(&fix.run, fix.store, &(struct hone_audit_filter){.limit = 2},
                             &fix.mem, &audit, &n));
    CHECK_STR(audit[0].subject, "data:/loans/3");
    CHECK_STR(audit[1].action, "data_remove");
    CHECK_STR(audit[1].actor, "ann");
    fix_close(&fix);
}

static void names_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name, *path;
        int64_t version;
    } good[] = {{"data:/loans", "loans", NULL, 0},
                {"data:/loans/3", "loans", NULL, 3},
                {"data:/loans/3/a/b.csv", "loans", "a/b.csv", 3},
                {"data:/loans/latest/b", "loans", "b", 0},
                {"loans", "loans", NULL, 0},
                {"loans/3", "loans", NULL, 3},
                {"loans@12", "loans", NULL, 12},
                {"data:/loans/", "loans", NULL, 0}};
    static const char *const bad[] = {
        "data:/",        "",         "data:/a b",    "data:/loans/x",
        "data:/loans/0", "loans@-1", "data:/../x/1", "loans@"};
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_dataset_uri uri;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (i == 7) { /* nothing follows the last slash: no version is named */
            CHECK_FAILS(&run, hone_dataset_uri(&run, good[i].text, &mem, &uri), HONE_E_ARG);
            continue;
        }
        CHECK_OK(&run, hone_dataset_uri(&run, good[i].text, &mem, &uri));
        CHECK_STR(uri.name, good[i].name);
        assert_int_equal(uri.version, good[i].version);
        CHECK(good[i].path == NULL ? uri.path == NULL : strcmp(uri.path, good[i].path) == 0);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_FAILS(&run, hone_dataset_uri(&run, bad[i], &mem, &uri), HONE_E_ARG);
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* --- collecting and damage ------------------------------------------------------------------ */

static int64_t bytes_of_packs(struct fix *fix)
{
    const char *folder = hone_path_join(&fix->mem, hone_store_folder(fix->store), "objects");
    const char **name;
    int64_t sum = 0;
    size_t n;

    CHECK_OK(&fix->run, hone_dir_list(&fix->run, folder, &fix->mem, &name, &n));
    for (size_t i = 0; i < n; i++) {
        struct stat info;
        CHECK(stat(hone_path_join(&fix->mem, folder, name[i]), &info) == 0);
        sum += info.st_size;
    }
    return sum;
}

static void collecting_gives_bytes_back_and_keeps_the_rest(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_str a;
    struct hone_str b;
    struct hone_collected dry;
    struct hone_collected out;
    struct hone_dataset_version v;
    struct hone_tree_file *file;
    int64_t files;
    int64_t bytes;
    int64_t before;
    size_t n;

    fix_open(&fix);
    a = make_bytes(&fix.mem, 3 << 20, 8, false);
    b = make_bytes(&fix.mem, 2 << 20, 9, false);
    write_file(&fix, "d/a", a);
    write_file(&fix, "d/b", b);
    put(&fix, "d", check_path(fix.folder, "d"));
    CHECK(unlink(check_path(fix.folder, "d/a")) == 0);
    put(&fix, "d", check_path(fix.folder, "d"));
    before = bytes_of_packs(&fix);
    CHECK_OK(&fix.run, hone_dataset_collect(&fix.run, fix.store, false, &out));
    CHECK(out.pieces == 0 && out.bytes == 0 && bytes_of_packs(&fix) == before);
    CHECK_OK(&fix.run, hone_dataset_remove(&fix.run, fix.store, "d", 1, NULL));
    CHECK_OK(&fix.run, hone_dataset_collect(&fix.run, fix.store, true, &dry));
    CHECK(bytes_of_packs(&fix) == before && dry.bytes >= 3 << 20);
    check_write(check_path(fix.folder, ".hone/objects/feed.pack.1-0.tmp"),
                "left by a killed add");
    CHECK_OK(&fix.run, hone_dataset_collect(&fix.run, fix.store, false, &out));
    CHECK(out.bytes == dry.bytes && out.pieces == dry.pieces && out.packs == 1);
    assert_int_equal(bytes_of_packs(&fix), before - out.bytes);
    CHECK_OK(&fix.run, hone_dataset_get(&fix.run, fix.store, "d", 2, &fix.mem, &v));
    CHECK_OK(&fix.run, hone_tree_list(&fix.run, fix.store, v.tree, &fix.mem, &file, &n));
    assert_int_equal(n, 1);
    check_content(&fix, file[0].hash, b);
    CHECK_OK(&fix.run, hone_dataset_verify(&fix.run, fix.store, &files, &bytes));
    CHECK(files == 1 && bytes == 2 << 20);
    CHECK_OK(&fix.run, hone_store_check(&fix.run, fix.store));
    CHECK_OK(&fix.run, hone_dataset_remove(&fix.run, fix.store, "d", 2, NULL));
    CHECK_OK(&fix.run, hone_dataset_collect(&fix.run, fix.store, false, &out));
    assert_int_equal(bytes_of_packs(&fix), 0);
    put(&fix, "d",
        check_path(fix.folder, "d")); /* the stat cache does not point into the void */
    CHECK_OK(&fix.run, hone_dataset_verify(&fix.run, fix.store, &files, &bytes));
    fix_close(&fix);
}

static void a_tree_that_was_collected_is_no_version(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_tree tree;
    struct hone_collected out;
    int64_t version = 0;

    fix_open(&fix);
    CHECK_OK(&fix.run,
             hone_tree_add_bytes(&fix.run, fix.store, "x.csv",
                                 make_bytes(&fix.mem, 5000, 11, true), &fix.mem, &tree));
    CHECK_STR(tree.file, "x.csv");
    CHECK_OK(&fix.run, hone_dataset_collect(&fix.run, fix.store, false, &out));
    const struct hone_dataset_version record = {
        .name = "x", .tree = tree.hash, .source = "-", .file = tree.file};
    CHECK_FAILS_WITH(&fix.run, hone_dataset_put(&fix.run, fix.store, &record, &version),
                     HONE_E_CONFLICT, "collection");
    fix_close(&fix);
}

static void damage_is_named(void **state)
{
    (void)state;
    struct fix fix;
    const char *folder;
    const char **name;
    int64_t files;
    int64_t bytes;
    size_t n;

    fix_open(&fix);
    put(&fix, "d", write_file(&fix, "t.bin", make_bytes(&fix.mem, 400000, 12, false)));
    folder = hone_path_join(&fix.mem, hone_store_folder(fix.store), "objects");
    CHECK_OK(&fix.run, hone_dir_list(&fix.run, folder, &fix.mem, &name, &n));
    const char *pack = hone_path_join(&fix.mem, folder, name[0]);
    int fd = open(pack, O_RDWR);
    CHECK(fd >= 0 && pwrite(fd, "damage", 6, 1000) == 6);
    CHECK_FAILS_WITH(&fix.run, hone_dataset_verify(&fix.run, fix.store, &files, &bytes),
                     HONE_E_FORMAT, "data:/d/1/t.bin");
    CHECK(ftruncate(fd, 2000) == 0);
    CHECK_FAILS_WITH(&fix.run, hone_dataset_verify(&fix.run, fix.store, &files, &bytes),
                     HONE_E_FORMAT, "data:/d/1");
    close(fd);
    CHECK(unlink(pack) == 0);
    CHECK_FAILS(&fix.run, hone_dataset_verify(&fix.run, fix.store, &files, &bytes),
                HONE_E_NOT_FOUND);
    fix_close(&fix);
}

static void bad_sources_are_refused(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_tree tree;

    fix_open(&fix);
    CHECK_FAILS(&fix.run, hone_tree_add(&fix.run, fix.store, "/nowhere/x", &fix.mem, &tree),
                HONE_E_NOT_FOUND);
    CHECK_FAILS_WITH(&fix.run, hone_tree_add(&fix.run, fix.store, "/dev/null", &fix.mem, &tree),
                     HONE_E_ARG, "neither a file nor a folder");
    CHECK(mkdir(check_path(fix.folder, "empty"), 0755) == 0);
    CHECK_FAILS_WITH(
        &fix.run,
        hone_tree_add(&fix.run, fix.store, check_path(fix.folder, "empty"), &fix.mem, &tree),
        HONE_E_ARG, "holds no files");
    /* the store itself and links to folders are left out */
    write_file(&fix, "empty/x", make_bytes(&fix.mem, 10, 1, true));
    CHECK(symlink("..", check_path(fix.folder, "empty/loop")) == 0);
    CHECK(symlink("nothing", check_path(fix.folder, "empty/dangling")) == 0);
    CHECK_OK(&fix.run, hone_tree_add(&fix.run, fix.store, fix.folder, &fix.mem, &tree));
    CHECK(tree.files == 1 && tree.skipped == 3);
    fix_close(&fix);
}

static void a_collection_and_an_addition_exclude_each_other(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_collected out;
    struct hone_tree tree;

    fix_open(&fix);
    const char *path = write_file(&fix, "t", make_bytes(&fix.mem, 10, 1, true));
    CHECK_OK(&fix.run, hone_tree_add(&fix.run, fix.store, path, &fix.mem, &tree));
    /* another opening of the file holds its lock apart from ours, as another process would */
    int fd = open(check_path(fix.folder, ".hone/objects/lock"), O_RDWR);
    CHECK(fd >= 0 && flock(fd, LOCK_SH) == 0);
    CHECK_OK(&fix.run, hone_tree_add(&fix.run, fix.store, path, &fix.mem, &tree));
    CHECK_FAILS_WITH(&fix.run, hone_dataset_collect(&fix.run, fix.store, false, &out),
                     HONE_E_CONFLICT, "in use by another");
    CHECK(flock(fd, LOCK_EX) == 0);
    CHECK_FAILS_WITH(&fix.run, hone_tree_add(&fix.run, fix.store, path, &fix.mem, &tree),
                     HONE_E_CONFLICT, "in use by another");
    close(fd);
    CHECK_OK(&fix.run, hone_dataset_collect(&fix.run, fix.store, false, &out));
    fix_close(&fix);
}

/* --- kill -9 -------------------------------------------------------------------------------- */

static void killed_anywhere_nothing_kept_is_lost(void **state)
{
    (void)state;
    struct fix fix;
    struct hone_str bytes;
    const char *path;
    int64_t last = 0;

    fix_open(&fix);
    bytes = make_bytes(&fix.mem, 6 << 20, 13, false);
    path = write_file(&fix, "d/base", bytes);
    for (int round = 0; round < 12; round++) {
        int64_t files;
        int64_t kept;
        struct hone_dataset_version *list;
        struct hone_collected out;
        size_t n;
        write_file(&fix, hone_arena_format(&fix.mem, "d/f%d", round),
                   make_bytes(&fix.mem, 2 << 20, (uint64_t)(100 + round), false));
        hone_store_close(fix.store);
        pid_t child = fork();
        if (child == 0) {
            struct hone_store *own;
            struct hone_tree tree;
            if (hone_store_open(&fix.run, check_path(fix.folder, ".hone"), false, &fix.mem,
                                &own) == HONE_OK &&
                hone_tree_add(&fix.run, own, check_path(fix.folder, "d"), &fix.mem, &tree) ==
                    HONE_OK) {
                const struct hone_dataset_version record = {
                    .name = "d", .tree = tree.hash, .source = path};
                int64_t version;
                (void)hone_dataset_put(&fix.run, own, &record, &version);
                (void)hone_dataset_collect(&fix.run, own, false, &out);
            }
            _exit(0);
        }
        usleep((useconds_t)(round * 3000));
        kill(child, SIGKILL);
        CHECK(waitpid(child, NULL, 0) == child);
        CHECK_OK(&fix.run, hone_store_open(&fix.run, check_path(fix.folder, ".hone"), false,
                                           &fix.mem, &fix.store));
        CHECK_OK(&fix.run, hone_dataset_list(&fix.run, fix.store, "d", &fix.mem, &list, &n));
        CHECK((int64_t)n >= last); /* what was there is there */
        last = (int64_t)n;
        CHECK_OK(&fix.run, hone_dataset_verify(&fix.run, fix.store, &files, &kept));
        CHECK_OK(&fix.run, hone_store_check(&fix.run, fix.store));
    }
    put(&fix, "d", check_path(fix.folder, "d"));
    fix_close(&fix);
}

const struct CMUnitTest hone_tests_dataset[] = {
    cmocka_unit_test(pieces_have_their_bounds_and_follow_the_bytes),
    cmocka_unit_test(marks_do_not_depend_on_where_looking_begins),
    cmocka_unit_test(files_of_any_length_come_back),
    cmocka_unit_test(a_grown_file_costs_what_is_new),
    cmocka_unit_test(an_unchanged_file_is_not_read_again),
    cmocka_unit_test(a_file_just_written_is_not_trusted),
    cmocka_unit_test(versions_count_up_and_are_told_apart),
    cmocka_unit_test(names_are_read),
    cmocka_unit_test(collecting_gives_bytes_back_and_keeps_the_rest),
    cmocka_unit_test(a_tree_that_was_collected_is_no_version),
    cmocka_unit_test(damage_is_named),
    cmocka_unit_test(bad_sources_are_refused),
    cmocka_unit_test(a_collection_and_an_addition_exclude_each_other),
    cmocka_unit_test(killed_anywhere_nothing_kept_is_lost),
};
const size_t hone_tests_dataset_n = sizeof hone_tests_dataset / sizeof hone_tests_dataset[0];
