/* SQLite databases given as bytes: read or refused, and what is read has all its values. */
#include "io/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hone_run run = {.scratch = {.limit = (size_t)256 << 20}};
    struct hone_arena mem = {.limit = (size_t)64 << 20};
    struct hone_read_options options = {.format = "sqlite"};
    struct hone_table *t = NULL;
    enum hone_code code = hone_table_read_text(
        &run, "-", (struct hone_str){(const char *)data, size}, &options, &mem, &t, NULL);

    HONE_ASSERT(code == run.err.code);
    for (size_t j = 0; code == HONE_OK && j < t->cols; j++) {
        struct hone_buf buf = hone_buf(&mem);
        for (size_t i = 0; i < t->rows; i++) {
            buf.len = 0;
            hone_column_print(&buf, &t->column[j], i);
        }
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
    return 0;
}
