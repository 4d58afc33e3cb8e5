/* Every file of the shared data sets that is a table is read as what it is: tests/golden/schemas.txt, which
 * schemas.py beside it made and compared with pandas. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/part.h"
#include "base/pool.h"
#include "check.h"
#include "io/reader.h"

struct golden {
    struct hone_arena mem;
    struct hone_str text;
    struct hone_str *line; /* (n) those of tables and of what is none */
    size_t n;
};

static void load(struct hone_run *run, struct golden *g)
{
    struct hone_str rest;
    struct hone_str line;
    struct hone_file file;

    CHECK_OK(run, hone_file_open(run, "tests/golden/schemas.txt", &g->mem, &file));
    g->text = (struct hone_str){hone_arena_text(&g->mem, file.bytes.ptr, file.bytes.len),
                                file.bytes.len};
    hone_file_close(&file);
    g->line = hone_arena_must(&g->mem, 1000 * sizeof *g->line);
    rest = g->text;
    while (rest.len > 0) {
        (void)hone_str_cut(rest, '\n', &line, &rest);
        if (line.len > 0 && line.ptr[0] != '#') {
            CHECK(g->n < 1000);
            g->line[g->n++] = line;
        }
    }
}

/* "--na=unknown --no-header" as options. */
static void set_options(struct hone_run *run, struct hone_str text, struct hone_arena *mem,
                        struct hone_read_options *out)
{
    const struct hone_part part = {
        .name = "reading", .settings_size = sizeof *out, .params = hone_read_params};
    struct hone_str word;

    hone_settings_default(&part, out);
    while (text.len > 0) {
        struct hone_str name;
        struct hone_str value;
        (void)hone_str_cut(text, ' ', &word, &text);
        CHECK(hone_str_starts(word, "--"));
        word.ptr += 2;
        word.len -= 2;
        if (!hone_str_cut(word, '=', &name, &value)) {
            value = hone_str("true");
        }
        CHECK_OK(run, hone_setting_set(run, &part, out, name, value, mem));
    }
}

/* The table as a line of the golden file. */
static const char *shown(struct hone_arena *mem, struct hone_str path, struct hone_str options,
                         const struct hone_table *t)
{
    struct hone_buf buf = hone_buf(mem);

    hone_buf_str(&buf, path);
    hone_buf_char(&buf, '\t');
    hone_buf_str(&buf, options);
    hone_buf_format(&buf, "\t%zu", t->rows);
    for (size_t c = 0; c < t->cols; c++) {
        const struct hone_column *column = &t->column[c];
        hone_buf_format(&buf, "\t%s=%s", column->name, hone_type_name(column->type));
        if (column->nulls > 0) {
            hone_buf_format(&buf, "/%zu", column->nulls);
        }
    }
    return buf.ptr;
}

static void each_table_has_its_names_types_rows_and_gaps(void **state)
{
    struct hone_run run = {.pool = hone_pool_new(0)};
    struct golden g = {0};
    size_t tables = 0;
    (void)state;

    if (check_shared("data/adult") == NULL) {
        hone_pool_free(run.pool);
        SKIP("no shared data");
    }
    load(&run, &g);
    for (size_t i = 0; i < g.n; i++) {
        struct hone_arena mem = {0};
        struct hone_read_options options;
        struct hone_str path;
        struct hone_str asked;
        struct hone_str rest;
        struct hone_table *t;
        const char *file;
        (void)hone_str_cut(g.line[i], '\t', &path, &rest);
        if (hone_str_is(path, "-")) {
            continue;
        }
        (void)hone_str_cut(rest, '\t', &asked, &rest);
        set_options(&run, asked, &mem, &options);
        file = check_shared(hone_arena_format(&mem, "data/%.*s", (int)path.len, path.ptr));
        CHECK(file != NULL);
        CHECK_OK(&run, hone_table_read(&run, file, &options, &mem, &t, NULL));
        CHECK_STR(shown(&mem, path, asked, t),
                  hone_arena_text(&mem, g.line[i].ptr, g.line[i].len));
        tables++;
        hone_arena_free(&mem);
    }
    CHECK(tables > 150);
    hone_arena_free(&g.mem);
    hone_pool_free(run.pool);
    hone_run_clear(&run);
}

/* Whether a line of the golden file is about a file, by its whole path or a folder above it. */
static bool is_listed(const struct golden *g, const char *path)
{
    for (size_t i = 0; i < g->n; i++) {
        struct hone_str first;
        struct hone_str rest;
        (void)hone_str_cut(g->line[i], '\t', &first, &rest);
        if (hone_str_is(first, "-")) {
            (void)hone_str_cut(rest, '\t', &first, &rest);
            if (first.ptr[first.len - 1] == '/' && strlen(path) > first.len &&
                memcmp(path, first.ptr, first.len) == 0) {
                return true;
            }
        }
        if (hone_str_is(first, path)) {
            return true;
        }
    }
    return false;
}

static size_t walk(struct hone_run *run, const struct golden *g, const char *root,
                   const char *below)
{
    struct hone_arena mem = {0};
    const char **names;
    size_t n;
    size_t files = 0;

    CHECK_OK(run, hone_dir_list(run, hone_path_join(&mem, root, below), &mem, &names, &n));
    for (size_t i = 0; i < n; i++) {
        const char *path =
            below[0] == '\0' ? names[i] : hone_arena_format(&mem, "%s/%s", below, names[i]);
        if (hone_dir_exists(hone_path_join(&mem, root, path))) {
            files += walk(run, g, root, path);
        } else if (below[0] != '\0') {
            files++;
            if (!is_listed(g, path)) {
                print_message("not in tests/golden/schemas.txt: %s\n", path);
            }
            CHECK(is_listed(g, path));
        }
    }
    hone_arena_free(&mem);
    return files;
}

static void no_file_is_left_out(void **state)
{
    struct hone_run run = {0};
    struct golden g = {0};
    const char *root = check_shared("data");
    (void)state;

    if (root == NULL) {
        SKIP("no shared data");
    }
    load(&run, &g);
    CHECK(walk(&run, &g, hone_arena_text(&g.mem, root, strlen(root)), "") > 1000);
    hone_arena_free(&g.mem);
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_shared_schemas[] = {
    cmocka_unit_test(each_table_has_its_names_types_rows_and_gaps),
    cmocka_unit_test(no_file_is_left_out),
};
const size_t hone_tests_shared_schemas_n =
    sizeof hone_tests_shared_schemas / sizeof hone_tests_shared_schemas[0];
