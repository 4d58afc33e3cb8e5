/* A table as CSV (RFC 4180); declared in io/chunk_priv.h. */
#include "io/csv_priv.h"
#include "io/sink.h"

/* Text that would be read back as something else without quotes. An empty text is not a missing one. */
static bool needs_quotes(struct hone_str text, char delimiter)
{
    if (text.len == 0 || text.ptr[0] == ' ' || text.ptr[text.len - 1] == ' ') {
        return true;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == delimiter || c == '"' || c == '\n' || c == '\r') {
            return true;
        }
    }
    return false;
}

static void write_text(struct hone_buf *buf, struct hone_str text, char delimiter)
{
    if (!needs_quotes(text, delimiter)) {
        hone_buf_str(buf, text);
        return;
    }
    hone_buf_char(buf, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"') {
            hone_buf_char(buf, '"');
        }
        hone_buf_char(buf, text.ptr[i]);
    }
    hone_buf_char(buf, '"');
}

static enum hone_code write_rows(struct hone_run *run, const struct hone_table *t,
                                 char delimiter, struct hone_sink *out)
{
    struct hone_buf line;
    HONE_SCRATCH(run);

    line = hone_buf(&run->scratch);
    for (size_t row = 0; row < t->rows; row++) {
        line.len = 0;
        for (size_t c = 0; c < t->cols; c++) {
            const struct hone_column *column = &t->column[c];
            bool text = hone_type_is_text(column->type) || column->type == HONE_BINARY;
            if (c > 0) {
                hone_buf_char(&line, delimiter);
            }
            if (column->type == HONE_VECTOR && hone_is_valid(column, row)) {
                struct hone_buf vector = hone_buf(&run->scratch);
                hone_column_print(&vector, column, row);
                write_text(&line, (struct hone_str){vector.ptr, vector.len}, delimiter);
            } else if (text && hone_is_valid(column, row)) {
                write_text(&line, hone_column_str(column, row), delimiter);
            } else {
                hone_column_print(&line, column, row);
            }
        }
        hone_buf_char(&line, '\n');
        HONE_TRY(hone_sink_write(run, out, line.ptr, line.len));
        if (row % 65536 == 0) {
            HONE_TRY(hone_check_cancel(run));
        }
    }
    return HONE_OK;
}

enum hone_code hone_csv_write(struct hone_run *run, const struct hone_table *t,
                              const char *path, const struct hone_write_options *options)
{
    HONE_CLOSING(hone_sink_close) struct hone_sink out = HONE_NO_SINK;
    struct hone_buf line;
    char delimiter = hone_str_ends(hone_str(path), ".tsv") ? '\t' : ',';
    HONE_SCRATCH(run);

    if (options->delimiter != NULL) {
        HONE_TRY(hone_csv_delimiter(run, options->delimiter, &delimiter));
    }
    HONE_TRY(hone_sink_open(run, path, options->compression, &out));
    line = hone_buf(&run->scratch);
    for (size_t c = 0; c < t->cols && !options->no_names; c++) {
        if (c > 0) {
            hone_buf_char(&line, delimiter);
        }
        write_text(&line, hone_str(t->column[c].name), delimiter);
    }
    if (!options->no_names) {
        hone_buf_char(&line, '\n');
    }
    HONE_TRY(hone_sink_write(run, &out, line.ptr, line.len));
    HONE_TRY(write_rows(run, t, delimiter, &out));
    return hone_sink_commit(run, &out);
}
