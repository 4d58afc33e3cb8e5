/* What check.h promises. */
#include "check.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void check_near(double got, double want, double tol, const char *what, const char *file,
                int line)
{
    bool equal = got <= want && got >= want; /* infinities too */
    bool both_nan = isnan(got) && isnan(want);

    if (equal || both_nan || (isfinite(got) && isfinite(want) && fabs(got - want) <= tol)) {
        return;
    }
    print_error("%s is %.17g, not %.17g (tolerance %g)\n", what, got, want, tol);
    _fail(file, line);
}

void check_ok(struct hone_run *run, enum hone_code code, const char *what, const char *file,
              int line)
{
    if (code == HONE_OK) {
        return;
    }
    print_error("%s failed: %s: %s (%s:%d)\n", what, hone_code_name(code), run->err.message,
                run->err.file == NULL ? "?" : run->err.file, run->err.line);
    _fail(file, line);
}

void check_fails(struct hone_run *run, enum hone_code got, enum hone_code want,
                 const char *what, const char *file, int line)
{
    check_fails_with(run, got, want, "", what, file, line);
}

void check_fails_with(struct hone_run *run, enum hone_code got, enum hone_code want,
                      const char *text, const char *what, const char *file, int line)
{
    if (got != want || run->err.code != want) {
        print_error("%s gave %s (the run says %s: %s), not %s\n", what, hone_code_name(got),
                    hone_code_name(run->err.code), run->err.message, hone_code_name(want));
        _fail(file, line);
    }
    if (run->err.message[0] == '\0') {
        print_error("%s failed without a message\n", what);
        _fail(file, line);
    }
    if (strstr(run->err.message, text) == NULL) {
        print_error("%s failed with \"%s\", which does not contain \"%s\"\n", what,
                    run->err.message, text);
        _fail(file, line);
    }
    hone_error_clear(run);
}

const char *check_shared(const char *path)
{
    static char full[4096];
    const char *root = getenv("HONE_SHARED");

    snprintf(full, sizeof full, "%s/%s", root == NULL ? "../shared" : root, path);
    return access(full, R_OK) == 0 ? full : NULL;
}

static struct {
    char path[64][64];
    size_t n;
} folders;

static int remove_entry(const char *path, const struct stat *info, int flag, struct FTW *ftw)
{
    (void)info;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static void remove_folders(void)
{
    for (size_t i = 0; i < folders.n; i++) {
        nftw(folders.path[i], remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    }
}

const char *check_folder(void)
{
    if (folders.n == 0) {
        atexit(remove_folders);
    }
    assert_true(folders.n < sizeof folders.path / sizeof folders.path[0]);
    char *path = folders.path[folders.n];
    snprintf(path, sizeof folders.path[0], "/tmp/hone-unit-XXXXXX");
    assert_non_null(mkdtemp(path));
    folders.n++;
    return path;
}

const char *check_path(const char *folder, const char *name)
{
    static char paths[8][4096];
    static size_t next;
    char *path = paths[next++ % 8];

    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

void check_write(const char *path, const char *text)
{
    FILE *f = fopen(path, "wb");
    size_t n = strlen(text);

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

char *check_read(const char *path)
{
    FILE *f = fopen(path, "rb");

    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    long size = ftell(f);
    assert_true(size >= 0);
    rewind(f);
    char *text = malloc((size_t)size + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)size, f), size);
    text[size] = '\0';
    fclose(f);
    return text;
}
