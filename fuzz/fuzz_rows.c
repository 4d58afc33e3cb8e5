/*
 * rows: request bodies of plain JSON and CSV.  The first byte chooses the form; any rest is read or refused, and
 * what is read has all its values.
 */
#include "serve/feedback.h"
#include "serve/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct hone_batch_column columns[] = {
    {.name = "age", .type = HONE_FLOAT64, .dtype = HONE_F32, .width = 1},
    {.name = "job", .type = HONE_CATEGORY, .dtype = HONE_STRING, .width = 1},
    {.name = "day", .type = HONE_DATE, .dtype = HONE_I64, .width = 1},
    {.name = "at", .type = HONE_TIMESTAMP, .dtype = HONE_I64, .width = 1},
    {.name = "flag", .type = HONE_BOOL, .dtype = HONE_F32, .width = 1},
    {.name = "x", .type = HONE_FLOAT32, .dtype = HONE_F32, .width = 3},
};

/* Every text lies in memory that can be read. */
static size_t touch(const struct hone_batch *b)
{
    const struct hone_str *text = b->column[1].data;
    size_t sum = 0;

    for (size_t i = 0; i < b->rows; i++) {
        for (size_t j = 0; j < text[i].len; j++) {
            sum += (unsigned char)text[i].ptr[j];
        }
        sum += hone_batch_is_missing(&b->column[0], i);
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_rows_told told;
    struct hone_feedback_item *items;
    struct hone_batch b;
    size_t n = sizeof columns / sizeof *columns;
    enum hone_code code;
    char *body;

    if (size == 0) {
        return 0;
    }
    body = hone_arena_text(&mem, (const char *)data + 1, size - 1);
    hone_batch_init(&b, columns, data[0] % 8 < 4 ? n : n - 1);
    hone_batch_begin(&b);
    if (data[0] % 5 == 3) {
        code = hone_rows_read_csv(&run, body, size - 1, &b);
    } else if (data[0] % 5 == 4) {
        code = hone_feedback_read(&run, body, size - 1, &mem, &items, &n);
    } else {
        code =
            hone_rows_read(&run, (enum hone_rows_form)(data[0] % 5), body, size - 1, &b, &told);
    }
    HONE_ASSERT(code == run.err.code);
    if (code == HONE_OK && b.rows > 0) {
        HONE_ASSERT(touch(&b) != SIZE_MAX);
    }
    hone_batch_free(&b);
    hone_arena_free(&mem);
    hone_run_clear(&run);
    return 0;
}
