/* arrow: any bytes are read or refused; what is read passes through the C data interface unchanged. */
#include "base/hash.h"
#include "io/reader.h"
#include "table/arrow_c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void pass_through(struct hone_run *run, const struct hone_table *t,
                         struct hone_arena *mem)
{
    struct hone_sha before, after;
    struct hone_table *back;
    struct ArrowSchema schema;
    struct ArrowArray array;

    HONE_ASSERT(hone_table_hash(run, t, &before) == HONE_OK);
    if (hone_arrow_export(run, t, NULL, &schema, &array) != HONE_OK) {
        return;
    }
    if (hone_arrow_import(run, &schema, &array, true, mem, &back) == HONE_OK) {
        HONE_ASSERT(back->rows == t->rows);
        HONE_ASSERT(hone_table_hash(run, back, &after) == HONE_OK);
        HONE_ASSERT(memcmp(before.hex, after.hex, sizeof before.hex) == 0);
    } else {
        HONE_ASSERT(run->err.code == HONE_E_LIMIT);
    }
    schema.release(&schema);
    array.release(&array);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hone_run run = {.scratch.limit = (size_t)256 << 20};
    struct hone_arena mem = {.limit = (size_t)256 << 20};
    struct hone_read_options options = {.format = "arrow"};
    struct hone_str bytes = {(const char *)data, size};
    struct hone_table *t;

    if (hone_table_read_text(&run, "fuzz", bytes, &options, &mem, &t, NULL) == HONE_OK) {
        for (size_t c = 0; c < t->cols; c++) {
            struct hone_buf text = hone_buf(&run.scratch);
            HONE_ASSERT(t->column[c].rows == t->rows);
            for (size_t row = 0; row < t->rows && row < 100; row++) {
                hone_column_print(&text, &t->column[c], row);
            }
        }
        if (t->rows < 100000) {
            pass_through(&run, t, &mem);
        }
    } else {
        HONE_ASSERT(run.err.message[0] != '\0');
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
    return 0;
}
