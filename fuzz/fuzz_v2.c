/*
 * v2: requests of the Open Inference Protocol.  The first byte is how many bytes at the end are binary
 * tensors; any rest is read or refused.
 */
#include "serve/v2.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct hone_batch_column columns[] = {
    {.name = "age", .type = HONE_FLOAT64, .dtype = HONE_F32, .width = 1},
    {.name = "job", .type = HONE_CATEGORY, .dtype = HONE_STRING, .width = 1},
    {.name = "day", .type = HONE_DATE, .dtype = HONE_I64, .width = 1},
    {.name = "n", .type = HONE_INT64, .dtype = HONE_I32, .width = 1},
    {.name = "x", .type = HONE_FLOAT32, .dtype = HONE_F32, .width = 3},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_v2_request request;
    struct hone_batch b;
    enum hone_code code;
    size_t json;
    char *body;

    if (size == 0) {
        return 0;
    }
    body = hone_arena_text(&mem, (const char *)data + 1, size - 1);
    json = data[0] < size - 1 ? size - 1 - data[0] : size - 1;
    hone_batch_init(&b, columns, sizeof columns / sizeof *columns);
    b.max_rows = 1000;
    hone_batch_begin(&b);
    code = hone_v2_read(&run, body, json, size - 1, &b, &request);
    HONE_ASSERT(code == run.err.code);
    for (size_t i = 0; code == HONE_OK && i < b.rows; i++) {
        struct hone_str text = ((const struct hone_str *)b.column[1].data)[i];
        HONE_ASSERT(hone_utf8_valid(text) == text.len);
    }
    hone_batch_free(&b);
    hone_arena_free(&mem);
    hone_run_clear(&run);
    return 0;
}
