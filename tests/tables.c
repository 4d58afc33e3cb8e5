/* What tables.h promises. */
#include "tables.h"

#include <stdlib.h>

#include "io/reader.h"

struct hone_table *tables_read(struct hone_run *run, struct hone_arena *mem, const char *csv,
                               const char *types)
{
    struct hone_part part = {.name = "read",
                             .settings_size = sizeof(struct hone_read_options),
                             .params = hone_read_params};
    struct hone_read_options options;
    struct hone_table *table = NULL;

    hone_settings_default(&part, &options);
    options.header = true;
    if (types != NULL) {
        CHECK_OK(run, hone_setting_set(run, &part, &options, hone_str("type"), hone_str(types),
                                       mem));
    }
    CHECK_OK(run,
             hone_table_read_text(run, "test.csv", hone_str(csv), &options, mem, &table, NULL));
    return table;
}

const char *tables_text(struct hone_arena *mem, const struct hone_table *t)
{
    struct hone_buf buf = hone_buf(mem);

    for (size_t c = 0; c < t->cols; c++) {
        hone_buf_format(&buf, "%s%s:%s", c == 0 ? "" : " ", t->column[c].name,
                        hone_type_name(t->column[c].type));
    }
    for (size_t row = 0; row < t->rows; row++) {
        for (size_t c = 0; c < t->cols; c++) {
            hone_buf_char(&buf, c == 0 ? '|' : ',');
            hone_column_print(&buf, &t->column[c], row);
        }
    }
    return buf.ptr;
}

const char *tables_cells(struct hone_arena *mem, const struct hone_table *t)
{
    struct hone_buf buf = hone_buf(mem);

    hone_buf_text(&buf, "");
    for (size_t i = 0; i < t->rows; i++) {
        for (size_t k = 0; k < t->cols; k++) {
            hone_buf_text(&buf, k > 0 ? " " : i > 0 ? "|" : "");
            hone_buf_text(&buf, hone_is_valid(&t->column[k], i) ? "" : ".");
            hone_column_print(&buf, &t->column[k], i);
        }
    }
    return buf.ptr;
}

size_t *tables_rows(struct hone_arena *mem, size_t n)
{
    size_t *row = hone_arena_must(mem, (n + 1) * sizeof *row);

    for (size_t i = 0; i < n; i++) {
        row[i] = i;
    }
    return row;
}

struct tables_room *tables_enter(uint64_t seed)
{
    struct tables_room *room = calloc(1, sizeof *room);

    CHECK(room != NULL);
    room->run.seed = seed;
    return room;
}

void tables_leave(struct tables_room *room)
{
    hone_arena_free(&room->mem);
    hone_run_clear(&room->run);
    free(room);
}
