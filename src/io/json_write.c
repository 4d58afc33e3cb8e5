/* A table as JSON Lines; declared in io/chunk_priv.h. */
#include <math.h>

#include "io/chunk_priv.h"
#include "io/sink.h"

static void write_cell(struct hone_buf *buf, const struct hone_column *c, size_t row)
{
    bool quotes =
        hone_type_is_text(c->type) || hone_type_is_time(c->type) || c->type == HONE_BINARY;
    bool real = c->type == HONE_FLOAT32 || c->type == HONE_FLOAT64;

    if (!hone_is_valid(c, row) || (real && !isfinite(hone_column_f64(c, row)))) {
        hone_buf_text(buf, "null");
    } else if (hone_type_is_time(c->type)) {
        hone_buf_char(buf, '"');
        hone_column_print(buf, c, row);
        hone_buf_char(buf, '"');
    } else if (quotes) {
        hone_buf_json(buf, hone_column_str(c, row));
    } else {
        size_t start = buf->len;
        hone_column_print(buf, c, row);
        if (real && memchr(buf->ptr + start, '.', buf->len - start) == NULL &&
            memchr(buf->ptr + start, 'e', buf->len - start) == NULL) {
            hone_buf_text(buf, ".0"); /* so that it is read back as a real */
        }
    }
}

enum hone_code hone_jsonl_write(struct hone_run *run, const struct hone_table *t,
                                const char *path, const struct hone_write_options *options)
{
    HONE_CLOSING(hone_sink_close) struct hone_sink out = HONE_NO_SINK;
    struct hone_buf line;
    HONE_SCRATCH(run);

    (void)options;
    HONE_TRY(hone_sink_open(run, path, options->compression, &out));
    line = hone_buf(&run->scratch);
    for (size_t row = 0; row < t->rows; row++) {
        line.len = 0;
        for (size_t c = 0; c < t->cols; c++) {
            hone_buf_char(&line, c == 0 ? '{' : ',');
            hone_buf_json(&line, hone_str(t->column[c].name));
            hone_buf_char(&line, ':');
            write_cell(&line, &t->column[c], row);
        }
        hone_buf_text(&line, t->cols == 0 ? "{}\n" : "}\n");
        HONE_TRY(hone_sink_write(run, &out, line.ptr, line.len));
        if (row % 65536 == 0) {
            HONE_TRY(hone_check_cancel(run));
        }
    }
    return hone_sink_commit(run, &out);
}
