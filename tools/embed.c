/*
 * embed - turn files into one C file of byte arrays
 *
 * usage: embed OUT.c FILE...
 *
 * A file's name in the table is its path without the folder that the pages come from
 * (web/static/ or .../web/), its type follows from its extension.  A build tool: it uses
 * stdio and ends the process, which the library never does.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *extension;
    const char *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".json", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
};

static const char *type_of(const char *path)
{
    const char *dot = strrchr(path, '.');

    for (size_t i = 0; dot != NULL && i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(dot, types[i].extension) == 0) {
            return types[i].type;
        }
    }
    return "application/octet-stream";
}

static const char *name_of(const char *path)
{
    static const char *const folders[] = {"web/static/", "/web/"};

    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        const char *at = strstr(path, folders[i]);
        if (at != NULL) {
            return at + strlen(folders[i]);
        }
    }
    return path;
}

/* A byte array, not a string literal: C11 promises literals of only 4095 bytes. */
static bool write_bytes(FILE *out, const char *path, size_t index, size_t *size)
{
    FILE *in = fopen(path, "rb");
    int c;

    if (in == NULL) {
        perror(path);
        return false;
    }
    fprintf(out, "static const unsigned char bytes_%zu[] = {", index);
    *size = 0;
    while ((c = getc(in)) != EOF) {
        if (*size % 24 == 0) {
            putc('\n', out);
        }
        fprintf(out, "%d,", c);
        ++*size;
    }
    /* One more byte, not counted: text may be used as a string, and no array is empty. */
    fprintf(out, "0};\n");
    if (ferror(in)) {
        perror(path);
        fclose(in);
        return false;
    }
    fclose(in);
    return true;
}

static bool write_all(FILE *out, size_t n, char **paths, size_t *sizes)
{
    fprintf(
        out,
        "/* written by tools/embed */\n#include \"web/assets.h\"\n\n#include <stddef.h>\n\n");
    for (size_t i = 0; i < n; i++) {
        if (!write_bytes(out, paths[i], i, &sizes[i])) {
            return false;
        }
    }
    fprintf(out, "\nconst struct hone_asset hone_assets[] = {\n");
    for (size_t i = 0; i < n; i++) {
        fprintf(out, "    {\"%s\", \"%s\", bytes_%zu, %zu},\n", name_of(paths[i]),
                type_of(paths[i]), i, sizes[i]);
    }
    fprintf(out, "    {NULL, NULL, NULL, 0},\n};\n");
    return true;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: embed OUT.c FILE...\n");
        return 2;
    }
    size_t n = (size_t)argc - 2;
    size_t *sizes = calloc(n + 1, sizeof *sizes);
    FILE *out = fopen(argv[1], "w");

    if (out == NULL || sizes == NULL) {
        perror(argv[1]);
        return 1;
    }
    bool ok = write_all(out, n, argv + 2, sizes);
    free(sizes);
    if (fclose(out) != 0 || !ok) {
        fprintf(stderr, "embed: %s was not written\n", argv[1]);
        remove(argv[1]);
        return 1;
    }
    return 0;
}
