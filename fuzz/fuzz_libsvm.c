/* libsvm: any bytes are read or refused, and strict reading refuses what lenient reading leaves out. */
#include "io/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hone_run run = {.scratch.limit = (size_t)256 << 20};
    struct hone_arena mem = {.limit = (size_t)256 << 20};
    struct hone_read_options options = {.format = "libsvm", .on_bad_row = "skip"};
    struct hone_str bytes = {(const char *)data, size};
    struct hone_table *table;
    struct hone_read_report report;

    if (hone_table_read_text(&run, "fuzz", bytes, &options, &mem, &table, &report) == HONE_OK) {
        enum hone_code strict;
        HONE_ASSERT(report.records == table->rows + report.bad_rows);
        options.on_bad_row = "fail";
        strict = hone_table_read_text(&run, "fuzz", bytes, &options, &mem, &table, NULL);
        HONE_ASSERT((strict == HONE_OK) == (report.bad_rows == 0));
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
    return 0;
}
