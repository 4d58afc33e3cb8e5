/* Files: reading, writing whole or not at all, folders, paths. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "check.h"

static void files_are_read_and_written_whole(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_file file;
    const char *path = check_path(check_folder(), "a.txt");
    (void)state;

    CHECK_FAILS_WITH(&run, hone_file_open(&run, path, &mem, &file), HONE_E_NOT_FOUND, "a.txt");
    CHECK(!hone_file_exists(path));
    CHECK_OK(&run, hone_file_write(&run, path, hone_str("first")));
    CHECK_OK(&run, hone_file_write(&run, path, hone_str("second")));
    CHECK_OK(&run, hone_file_open(&run, path, &mem, &file));
    CHECK(hone_str_is(file.bytes, "second"));
    hone_file_close(&file);
    CHECK_OK(&run, hone_file_write(&run, path, hone_str("")));
    CHECK_OK(&run, hone_file_open(&run, path, &mem, &file));
    CHECK(file.bytes.len == 0);
    hone_file_close(&file);
    CHECK_OK(&run, hone_file_remove(&run, path));
    CHECK_OK(&run, hone_file_remove(&run, path));
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void a_file_that_is_not_committed_leaves_nothing(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    const char *folder = check_folder();
    const char *path = check_path(folder, "b.bin");
    struct hone_out out;
    const char **names;
    char block[100000];
    char *text;
    size_t n = 9;
    (void)state;

    memset(block, 'x', sizeof block);
    check_write(path, "old");
    CHECK_OK(&run, hone_out_open(&run, path, &out));
    for (int i = 0; i < 9; i++) {
        CHECK_OK(&run, hone_out_write(&run, &out, block, sizeof block));
    }
    text = check_read(path);
    CHECK_STR(text, "old");
    free(text);
    hone_out_close(&out);
    CHECK_OK(&run, hone_dir_list(&run, folder, &mem, &names, &n));
    CHECK(n == 1);
    CHECK_STR(names[0], "b.bin");

    CHECK_OK(&run, hone_out_open(&run, path, &out));
    for (int i = 0; i < 9; i++) {
        CHECK_OK(&run, hone_out_write(&run, &out, block, sizeof block));
    }
    CHECK_OK(&run, hone_out_commit(&run, &out));
    text = check_read(path);
    CHECK(strlen(text) == 900000);
    free(text);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void links_and_modes_survive(void **state)
{
    struct hone_run run = {0};
    const char *folder = check_folder();
    const char *path = check_path(folder, "real");
    const char *link = check_path(folder, "link");
    struct stat info;
    (void)state;

    check_write(path, "old");
    CHECK(chmod(path, 0640) == 0 && symlink("real", link) == 0);
    CHECK_OK(&run, hone_file_write(&run, link, hone_str("new")));
    CHECK(lstat(link, &info) == 0 && S_ISLNK(info.st_mode));
    CHECK(stat(path, &info) == 0 && (info.st_mode & 0777) == 0640 && info.st_size == 3);
    hone_run_clear(&run);
}

static void what_cannot_be_opened_is_refused(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_file file;
    const char *folder = check_folder();
    (void)state;

    CHECK_FAILS_WITH(&run, hone_file_open(&run, folder, &mem, &file), HONE_E_ARG, "folder");
    CHECK_FAILS_WITH(&run, hone_file_write(&run, folder, hone_str("x")), HONE_E_ARG, "folder");
    CHECK_FAILS(&run, hone_file_write(&run, "/nowhere/at/all", hone_str("x")),
                HONE_E_NOT_FOUND);
    CHECK_FAILS_WITH(&run, hone_file_write(&run, "/dev/full", hone_str("x")), HONE_E_IO,
                     "/dev/full");
    CHECK_OK(&run, hone_file_write(&run, "/dev/null", hone_str("x")));
    CHECK_FAILS(&run, hone_dir_make(&run, "/dev/null/x"), HONE_E_IO);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void folders_are_made_and_listed(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    const char *folder = check_folder();
    const char *deep = hone_path_join(&mem, folder, "x/y/z");
    const char **names;
    size_t n;
    (void)state;

    CHECK_OK(&run, hone_dir_make(&run, deep));
    CHECK_OK(&run, hone_dir_make(&run, deep));
    CHECK(hone_dir_exists(deep) && !hone_file_exists(deep));
    check_write(check_path(folder, "b"), "");
    check_write(check_path(folder, "a"), "");
    CHECK_OK(&run, hone_dir_list(&run, folder, &mem, &names, &n));
    CHECK(n == 3);
    CHECK_STR(names[0], "a");
    CHECK_STR(names[2], "x");
    CHECK_FAILS(&run, hone_dir_list(&run, "/nowhere", &mem, &names, &n), HONE_E_NOT_FOUND);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void paths_are_taken_apart_and_put_together(void **state)
{
    struct hone_arena mem = {0};
    (void)state;

    CHECK_STR(hone_path_base("a/b.csv.gz"), "b.csv.gz");
    CHECK_STR(hone_path_stem(&mem, "a/b.csv.gz"), "b");
    CHECK_STR(hone_path_stem(&mem, "b.v2.jsonl"), "b.v2");
    CHECK_STR(hone_path_stem(&mem, ".csv"), ".csv");
    CHECK_STR(hone_path_join(&mem, "a", "b"), "a/b");
    CHECK_STR(hone_path_join(&mem, "a/", "b"), "a/b");
    CHECK_STR(hone_path_join(&mem, "a", "/b"), "/b");
    CHECK_STR(hone_path_join(&mem, "", "b"), "b");
    hone_arena_free(&mem);
}

const struct CMUnitTest hone_tests_file[] = {
    cmocka_unit_test(files_are_read_and_written_whole),
    cmocka_unit_test(a_file_that_is_not_committed_leaves_nothing),
    cmocka_unit_test(links_and_modes_survive),
    cmocka_unit_test(what_cannot_be_opened_is_refused),
    cmocka_unit_test(folders_are_made_and_listed),
    cmocka_unit_test(paths_are_taken_apart_and_put_together),
};
const size_t hone_tests_file_n = sizeof hone_tests_file / sizeof hone_tests_file[0];
