/* Parquet: any bytes are read or refused; what is read can be written and comes back the same. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "io/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Writing takes time: only small tables go through it. */
static void write_and_read(struct hone_run *run, const struct hone_table *t)
{
    const struct hone_write_options options = {.format = "parquet", .row_group = 7};
    struct hone_arena mem = {.limit = (size_t)256 << 20};
    struct hone_table *back;
    struct hone_sha sha[2];
    char path[256];
    const char *folder = getenv("TMPDIR");

    snprintf(path, sizeof path, "%s/fuzz-%ld.parquet", folder == NULL ? "." : folder,
             (long)getpid());
    if (hone_table_write(run, t, path, &options) == HONE_OK) {
        enum hone_code code = hone_table_read(run, path, NULL, &mem, &back, NULL);
        HONE_ASSERT(code == HONE_OK);
        HONE_ASSERT(back->rows == t->rows && back->cols == t->cols);
        code = hone_table_hash(run, t, &sha[0]);
        HONE_ASSERT(code == HONE_OK);
        code = hone_table_hash(run, back, &sha[1]);
        HONE_ASSERT(code == HONE_OK);
        HONE_ASSERT(t->rows == 0 || strcmp(sha[0].hex, sha[1].hex) == 0);
    }
    (void)unlink(path);
    hone_arena_free(&mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hone_run run = {.scratch.limit = (size_t)256 << 20};
    struct hone_arena mem = {.limit = (size_t)256 << 20};
    struct hone_read_options options = {.format = "parquet"};
    struct hone_str bytes = {(const char *)data, size};
    struct hone_table *table;

    if (hone_table_read_text(&run, "fuzz", bytes, &options, &mem, &table, NULL) == HONE_OK &&
        table->rows <= 64 && table->cols <= 16) {
        write_and_read(&run, table);
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
    return 0;
}
