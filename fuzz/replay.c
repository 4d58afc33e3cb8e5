/*
 * replay.c - give files to a fuzz target, without libFuzzer
 *
 * usage: fuzz/NAME FILE...
 *
 * Linked with one fuzz_NAME.c; with any compiler and sanitizer.  Prints the file it is at before
 * each call, so that the last line before a crash names the culprit.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes are in a block of exactly their size, so that reading past the end is seen. */
static uint8_t *read_all(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0) {
        perror(path);
        exit(2);
    }
    long end = ftell(f);
    rewind(f);
    *size = end < 0 ? 0 : (size_t)end;
    uint8_t *data = malloc(*size == 0 ? 1 : *size);
    if (data == NULL || fread(data, 1, *size, f) != *size) {
        perror(path);
        exit(2);
    }
    fclose(f);
    return data;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        size_t size = 0;
        uint8_t *data = read_all(argv[i], &size);
        printf("%s\n", argv[i]);
        fflush(stdout);
        LLVMFuzzerTestOneInput(data, size);
        free(data);
    }
    return 0;
}
