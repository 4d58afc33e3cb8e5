/* Arrow IPC: there and back, parts of files, dictionaries that grow, and 45 ways to be damaged. */
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/pool.h"
#include "io/arrow/arrow_priv.h"
#include "tables.h"

/* ---- files in memory ---- */

struct bytes {
    char *ptr;
    size_t len;
};

static struct bytes load(struct tables_room *room, const char *path)
{
    FILE *file = fopen(path, "rb");
    struct bytes out = {.ptr = hone_arena_alloc(&room->mem, 1, 1 << 20)};

    CHECK(file != NULL);
    out.len = fread(out.ptr, 1, 1 << 20, file);
    (void)fclose(file);
    return out;
}

static const struct hone_table *sample(struct tables_room *room)
{
    return tables_read(&room->run, &room->mem,
                       "b,n,f,x,text,word,day,moment,none\n"
                       "true,1,0.5,0.1,one,red,2024-02-29,2024-02-29T12:30:45.5Z,\n"
                       ",,,,,,,,\n"
                       "false,-3,-1.5,1e300,\"t,wo\",blue,1969-12-31,1960-01-01T00:00:00Z,\n"
                       "true,4,2,2,three,red,2000-01-01,2000-01-01T00:00:00Z,\n",
                       "f=float32,text=text,word=category");
}

/* As a file or stream, of one batch or of so many rows. */
static struct bytes written(struct tables_room *room, const struct hone_table *t,
                            const char *name, struct hone_write_options options)
{
    static const char *folder;
    const char *path;

    folder = folder == NULL ? check_folder() : folder;
    path = check_path(folder, name);

    CHECK_OK(&room->run, hone_table_write(&room->run, t, path, &options));
    return load(room, path);
}

static enum hone_code read_bytes(struct tables_room *room, struct bytes in,
                                 const struct hone_read_options *options,
                                 struct hone_table **out)
{
    return hone_table_read_text(&room->run, "t.arrow", (struct hone_str){in.ptr, in.len},
                                options, &room->mem, out, NULL);
}

static void same_tables(struct tables_room *room, const struct hone_table *a,
                        const struct hone_table *b)
{
    struct hone_sha x, y;

    CHECK(a->rows == b->rows && a->cols == b->cols);
    CHECK_OK(&room->run, hone_table_hash(&room->run, a, &x));
    CHECK_OK(&room->run, hone_table_hash(&room->run, b, &y));
    CHECK_STR(x.hex, y.hex);
}

static void tables_come_back_from_files_and_streams(void **state)
{
    static const char *const names[] = {"t.arrow", "t.feather", "t.arrows", "t.ipc"};
    static const char *const packings[] = {NULL, "none", "zstd", "lz4"};
    static const int64_t groups[] = {0, 1, 3};
    struct tables_room *room = tables_enter(0);
    const struct hone_table *t = sample(room);
    (void)state;

    for (size_t i = 0; i < 48; i++) {
        struct hone_write_options options = {.compression = packings[i / 4 % 4],
                                             .row_group = groups[i / 16]};
        struct bytes file = written(room, t, names[i % 4], options);
        struct hone_table *back = NULL;
        CHECK_OK(&room->run, read_bytes(room, file, NULL, &back));
        same_tables(room, t, back);
        CHECK(back->column[5].type == HONE_CATEGORY && back->column[2].type == HONE_FLOAT32);
    }
    tables_leave(room);
}

static void vectors_and_bytes_come_back(void **state)
{
    static const float items[] = {1, -2, 3, 0, 0, 0, 7, 8, 0.5f};
    static const int64_t offsets[] = {0, 2, 2, 6};
    static const uint8_t valid[] = {5};
    struct hone_column columns[] = {{.name = "v",
                                     .type = HONE_VECTOR,
                                     .rows = 3,
                                     .nulls = 1,
                                     .valid = valid,
                                     .data = items,
                                     .width = 3},
                                    {.name = "b",
                                     .type = HONE_BINARY,
                                     .rows = 3,
                                     .data = "\xff\0abcd",
                                     .offsets = offsets}};
    struct tables_room *room = tables_enter(0);
    struct hone_table *t, *back;
    (void)state;

    CHECK_OK(&room->run, hone_table_of(&room->run, columns, 2, &room->mem, &t));
    for (int64_t group = 0; group < 3; group++) {
        struct bytes file =
            written(room, t, "t.arrow", (struct hone_write_options){.row_group = group});
        CHECK_OK(&room->run, read_bytes(room, file, NULL, &back));
        same_tables(room, t, back);
        CHECK(back->column[0].width == 3);
    }
    tables_leave(room);
}

static void no_rows_and_no_columns(void **state)
{
    struct tables_room *room = tables_enter(0);
    struct hone_table *none, *back;
    (void)state;

    CHECK_OK(&room->run, hone_table_take(&room->run, sample(room), NULL, 0, &room->mem, &none));
    CHECK_OK(&room->run,
             read_bytes(room, written(room, none, "t.arrow", (struct hone_write_options){0}),
                        NULL, &back));
    CHECK(back->rows == 0 && back->cols == 9);
    CHECK_OK(&room->run, hone_table_of(&room->run, NULL, 0, &room->mem, &none));
    CHECK_OK(&room->run,
             read_bytes(room, written(room, none, "t.arrow", (struct hone_write_options){0}),
                        NULL, &back));
    CHECK(back->rows == 0 && back->cols == 0);
    tables_leave(room);
}

static void the_same_bytes_with_any_number_of_threads(void **state)
{
    struct tables_room *room = tables_enter(0);
    struct hone_buf csv = hone_buf(&room->mem);
    struct hone_table *t, *back;
    struct bytes one, four;
    (void)state;

    hone_buf_text(&csv, "n,s,w\n");
    for (size_t i = 0; i < 5000; i++) {
        hone_buf_format(&csv, "%zu,text %zu,w%zu\n", i * 7, i, i % 50);
    }
    t = tables_read(&room->run, &room->mem, csv.ptr, NULL);
    one = written(room, t, "1.arrow",
                  (struct hone_write_options){.compression = "zstd", .row_group = 999});
    room->run.pool = hone_pool_new(4);
    four = written(room, t, "4.arrow",
                   (struct hone_write_options){.compression = "zstd", .row_group = 999});
    CHECK(one.len == four.len && memcmp(one.ptr, four.ptr, one.len) == 0);
    CHECK_OK(&room->run, read_bytes(room, four, NULL, &back));
    same_tables(room, t, back);
    hone_pool_free(room->run.pool);
    room->run.pool = NULL;
    tables_leave(room);
}

static void options_of_reading(void **state)
{
    struct tables_room *room = tables_enter(0);
    struct bytes file = written(room, sample(room), "t.arrow", (struct hone_write_options){0});
    const char *two[] = {"word", "n"}, *absent[] = {"wrod"}, *types[] = {"n=text", "x=float32"},
               *wrong[] = {"day=bool"}, *nobody[] = {"nn=text"},
               *names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"}, *text[] = {"n"};
    struct hone_read_options options = {.columns = {two, 2}};
    struct hone_table *t;
    (void)state;

    CHECK_OK(&room->run, read_bytes(room, file, &options, &t));
    CHECK(t->cols == 2 && t->rows == 4);
    CHECK_STR(t->column[0].name, "word");
    options = (struct hone_read_options){.columns = {absent, 1}};
    CHECK_FAILS_WITH(&room->run, read_bytes(room, file, &options, &t), HONE_E_NOT_FOUND,
                     "no column 'wrod'");
    options = (struct hone_read_options){.type = {types, 2}};
    CHECK_OK(&room->run, read_bytes(room, file, &options, &t));
    CHECK(t->column[1].type == HONE_UTF8 && t->column[3].type == HONE_FLOAT32);
    CHECK(hone_str_is(hone_column_str(&t->column[1], 2), "-3"));
    options = (struct hone_read_options){.as_text = {text, 1}};
    CHECK_OK(&room->run, read_bytes(room, file, &options, &t));
    CHECK(t->column[1].type == HONE_UTF8);
    options = (struct hone_read_options){.type = {wrong, 1}};
    CHECK_FAILS_WITH(&room->run, read_bytes(room, file, &options, &t), HONE_E_FORMAT,
                     "t.arrow: column day, row 1");
    options = (struct hone_read_options){.type = {nobody, 1}};
    CHECK_FAILS_WITH(&room->run, read_bytes(room, file, &options, &t), HONE_E_ARG,
                     "column 'nn'");
    options = (struct hone_read_options){.names = {names, 9}};
    CHECK_OK(&room->run, read_bytes(room, file, &options, &t));
    CHECK_STR(t->column[8].name, "i");
    options = (struct hone_read_options){.names = {names, 8}};
    CHECK_FAILS_WITH(&room->run, read_bytes(room, file, &options, &t), HONE_E_ARG,
                     "8 names are given, t.arrow has 9 columns");
    tables_leave(room);
}

/* ---- parts of a stream ---- */

struct part {
    struct hone_ipc_message message;
    size_t from; /* in the stream */
};

/* Message number k of a stream or file. */
static struct part part_of(struct tables_room *room, struct bytes in, size_t k)
{
    struct hone_ipc ipc = {.path = "t", .bytes = {in.ptr, in.len}};
    struct part out = {.message.end = memcmp(in.ptr, "ARROW1", 6) == 0 ? 8 : 0};

    for (size_t i = 0; i <= k; i++) {
        out.from = out.message.end;
        CHECK_OK(&room->run, hone_ipc_message(&room->run, &ipc, out.from, &out.message));
    }
    return out;
}

static char *place(struct part *p, size_t table, unsigned slot, size_t size)
{
    size_t at = hone_flat_field(&p->message.meta, table, slot, size);
    CHECK(at != 0);
    return (char *)(uintptr_t)p->message.meta.bytes + at;
}

static char *item(struct part *p, size_t table, unsigned slot, size_t size, size_t i)
{
    size_t n;
    size_t at = hone_flat_vector(&p->message.meta, table, slot, size, &n);
    CHECK(i < n);
    return (char *)(uintptr_t)p->message.meta.bytes + at + i * size;
}

static void put(char *at, int64_t value, size_t size)
{
    memcpy(at, &value, size);
}

static void append(struct bytes *to, struct bytes from, struct part p)
{
    memcpy(to->ptr + to->len, from.ptr + p.from, p.message.end - p.from);
    to->len += p.message.end - p.from;
}

static void dictionaries_grow_and_are_replaced(void **state)
{
    struct tables_room *room = tables_enter(0);
    struct bytes a =
        written(room, tables_read(&room->run, &room->mem, "w\nred\nblue\nred\n", "w=category"),
                "a.arrows", (struct hone_write_options){0});
    struct bytes b =
        written(room, tables_read(&room->run, &room->mem, "w\ngreen\ngold\n\n", "w=category"),
                "b.arrows", (struct hone_write_options){.compression = "zstd"});
    struct bytes all = {hone_arena_alloc(&room->mem, 1, 1 << 16), 0};
    struct part delta = part_of(room, b, 1);
    struct hone_table *t;
    (void)state;

    append(&all, a, part_of(room, a, 0)); /* blue, red */
    append(&all, a, part_of(room, a, 1));
    append(&all, a, part_of(room, a, 2));
    *place(&delta, delta.message.header, 2, 1) = 1;
    append(&all, b, delta); /* blue, red, gold, green */
    append(&all, b, part_of(room, b, 2));
    *place(&delta, delta.message.header, 2, 1) = 0;
    append(&all, b, delta); /* gold, green */
    append(&all, b, part_of(room, b, 2));
    CHECK_OK(&room->run, read_bytes(room, all, NULL, &t));
    CHECK(t->rows >= 7 && t->column[0].dict->rows == 4);
    CHECK(hone_str_is(hone_column_str(&t->column[0], 0), "red"));
    CHECK(hone_str_is(hone_column_str(&t->column[0], 3), "red"));  /* 1 of the longer one */
    CHECK(hone_str_is(hone_column_str(&t->column[0], 4), "blue")); /* 0 of the longer one */
    CHECK(hone_str_is(hone_column_str(&t->column[0], t->rows - (t->rows - 3) / 2), "green"));
    tables_leave(room);
}

/* ---- damage ---- */

typedef void damage_fn(struct tables_room *room, struct bytes *in);

/* The schema, the dictionary and the batch of a stream; fields of the schema: b n f x text word ... */
#define SCHEMA(p)     struct part p = part_of(room, *in, 0)
#define DICTIONARY(p) struct part p = part_of(room, *in, 1)
#define BATCH(p)      struct part p = part_of(room, *in, 2)
#define DAMAGE(name)  static void name(struct tables_room *room, struct bytes *in)

static size_t field_of(struct part *p, size_t i)
{
    size_t n;
    size_t vector = hone_flat_vector(&p->message.meta, p->message.header, 1, 4, &n);
    return hone_flat_item(&p->message.meta, vector, i);
}

DAMAGE(cut_in_a_length)
{
    (void)room;
    in->len = 6;
}
DAMAGE(cut_in_metadata)
{
    (void)room;
    in->len = 300;
}
DAMAGE(cut_in_a_body)
{
    in->len = part_of(room, *in, 2).message.end - 1;
}
DAMAGE(cut_before_the_batch)
{
    in->len = part_of(room, *in, 2).from + 3;
}
DAMAGE(huge_metadata)
{
    BATCH(p);
    put(in->ptr + p.from + 4, 0x7ffffff0, 4);
}
DAMAGE(negative_metadata)
{
    BATCH(p);
    put(in->ptr + p.from + 4, -8, 4);
}
DAMAGE(root_out_of_range)
{
    BATCH(p);
    put(in->ptr + p.from + 8, 0x7fffffff, 4);
}
DAMAGE(root_to_itself)
{
    BATCH(p);
    put(in->ptr + p.from + 8, 0, 4);
}
DAMAGE(root_unaligned)
{
    BATCH(p);
    in->ptr[p.from + 8]++;
}
DAMAGE(vtable_out_of_range)
{
    BATCH(p);
    uint32_t root;
    memcpy(&root, in->ptr + p.from + 8, 4);
    put(in->ptr + p.from + 8 + root, -0x7fffffff, 4);
}
DAMAGE(vtable_of_odd_size)
{
    BATCH(p);
    in->ptr[p.from + 12] = 5;
}
DAMAGE(field_outside_of_its_table)
{
    BATCH(p);
    put(in->ptr + p.from + 16, 4000, 2);
}
DAMAGE(no_header)
{
    BATCH(p);
    put(in->ptr + p.from + 20, 0, 2);
}
DAMAGE(old_version)
{
    BATCH(p);
    size_t root = hone_flat_root(&p.message.meta);
    put(place(&p, root, 0, 2), 2, 2);
}
DAMAGE(new_version)
{
    BATCH(p);
    size_t root = hone_flat_root(&p.message.meta);
    put(place(&p, root, 0, 2), 9, 2);
}
DAMAGE(a_tensor)
{
    BATCH(p);
    size_t root = hone_flat_root(&p.message.meta);
    *place(&p, root, 1, 1) = 4;
}
DAMAGE(negative_body)
{
    BATCH(p);
    size_t root = hone_flat_root(&p.message.meta);
    put(place(&p, root, 3, 8), -1, 8);
}
DAMAGE(huge_body)
{
    BATCH(p);
    size_t root = hone_flat_root(&p.message.meta);
    put(place(&p, root, 3, 8), INT64_MAX, 8);
}
DAMAGE(big_endian)
{
    SCHEMA(p);
    put(place(&p, p.message.header, 0, 2), 1, 2);
}
DAMAGE(unknown_type)
{
    SCHEMA(p);
    *place(&p, field_of(&p, 1), 2, 1) = 77;
}
DAMAGE(odd_integer)
{
    SCHEMA(p);
    put(place(&p, hone_flat_table(&p.message.meta, field_of(&p, 1), 3), 0, 4), 24, 4);
}
DAMAGE(odd_unit)
{
    SCHEMA(p);
    put(place(&p, hone_flat_table(&p.message.meta, field_of(&p, 7), 3), 0, 2), 9, 2);
}
DAMAGE(list_without_items)
{
    SCHEMA(p);
    *place(&p, field_of(&p, 0), 2, 1) = 12;
}
DAMAGE(too_many_fields)
{
    SCHEMA(p);
    size_t n;
    size_t at = hone_flat_vector(&p.message.meta, p.message.header, 1, 4, &n);
    put((char *)(uintptr_t)p.message.meta.bytes + at - 4, 0x1000000, 4);
}
DAMAGE(name_that_is_no_text)
{
    SCHEMA(p);
    *item(&p, field_of(&p, 1), 0, 1, 0) = '\xff';
}
DAMAGE(strange_dictionary)
{
    DICTIONARY(p);
    put(place(&p, p.message.header, 0, 8), 99, 8);
}
DAMAGE(dictionary_of_text_that_is_none)
{
    DICTIONARY(p);
    char *body = (char *)(uintptr_t)p.message.body.ptr;
    body[64] = '\xff';
}
DAMAGE(dictionary_without_values)
{
    DICTIONARY(p);
    size_t table = hone_flat_table(&p.message.meta, p.message.header, 1);
    put(item(&p, table, 1, 16, 0), 0, 8);
}
DAMAGE(two_schemas)
{
    SCHEMA(p);
    size_t len = p.message.end;
    memmove(in->ptr + len, in->ptr, in->len);
    in->len += len;
}
DAMAGE(batch_without_schema)
{
    SCHEMA(p);
    size_t len = p.message.end;
    in->len -= len;
    memmove(in->ptr, in->ptr + len, in->len);
}
DAMAGE(negative_rows)
{
    BATCH(p);
    put(place(&p, p.message.header, 0, 8), -1, 8);
}
DAMAGE(more_rows_than_columns_have)
{
    BATCH(p);
    put(place(&p, p.message.header, 0, 8), 5, 8);
}
DAMAGE(huge_rows)
{
    BATCH(p);
    put(place(&p, p.message.header, 0, 8), INT64_C(1) << 50, 8);
    for (size_t i = 0; i < 9; i++) {
        put(item(&p, p.message.header, 1, 16, i), INT64_C(1) << 50, 8);
    }
}
DAMAGE(negative_length)
{
    BATCH(p);
    put(item(&p, p.message.header, 1, 16, 1), -4, 8);
}
DAMAGE(more_missing_than_rows)
{
    BATCH(p);
    put(item(&p, p.message.header, 1, 16, 1) + 8, 5, 8);
}
DAMAGE(too_few_nodes)
{
    BATCH(p);
    put(item(&p, p.message.header, 1, 16, 0) - 4, 3, 4);
}
DAMAGE(too_few_buffers)
{
    BATCH(p);
    put(item(&p, p.message.header, 2, 16, 0) - 4, 3, 4);
}
DAMAGE(buffer_past_the_end)
{
    BATCH(p);
    put(item(&p, p.message.header, 2, 16, 3), 1 << 20, 8);
}
DAMAGE(negative_buffer)
{
    BATCH(p);
    put(item(&p, p.message.header, 2, 16, 3), -8, 8);
}
DAMAGE(buffer_of_huge_length)
{
    BATCH(p);
    put(item(&p, p.message.header, 2, 16, 3) + 8, INT64_MAX, 8);
}
DAMAGE(short_values)
{
    BATCH(p);
    put(item(&p, p.message.header, 2, 16, 3) + 8, 31, 8);
}
DAMAGE(short_bitmap)
{
    BATCH(p);
    for (size_t i = 0; i < 9; i++) {
        put(item(&p, p.message.header, 1, 16, i), 9, 8);
    }
    put(place(&p, p.message.header, 0, 8), 9, 8);
}

/* Buffer 9 holds the offsets of the texts, 10 their bytes, 12 the codes. */
static char *buffer(struct part *p, size_t i)
{
    int64_t at;
    memcpy(&at, item(p, p->message.header, 2, 16, i), 8);
    return (char *)(uintptr_t)p->message.body.ptr + at;
}
DAMAGE(offsets_that_go_down)
{
    BATCH(p);
    put(buffer(&p, 9) + 8, 1, 4);
}
DAMAGE(offsets_beyond_the_bytes)
{
    BATCH(p);
    put(buffer(&p, 9) + 16, 4000, 4);
}
DAMAGE(text_that_is_none)
{
    BATCH(p);
    *buffer(&p, 10) = '\xff';
}
DAMAGE(code_beyond_the_dictionary)
{
    BATCH(p);
    *buffer(&p, 12) = 2;
}
DAMAGE(code_below_zero)
{
    BATCH(p);
    *buffer(&p, 12) = -1;
}

static void damage_is_told(void **state)
{
    static const struct {
        damage_fn *damage;
        enum hone_code code;
        const char *message;
    } cases[] = {
        {cut_in_a_length, HONE_E_FORMAT, "a message at byte 0 of 6 is cut short"},
        {cut_in_metadata, HONE_E_FORMAT, "a message at byte 0 of 300 is cut short"},
        {cut_in_a_body, HONE_E_FORMAT, "the body of the message at byte"},
        {cut_before_the_batch, HONE_E_FORMAT, "is cut short"},
        {huge_metadata, HONE_E_FORMAT, "is cut short"},
        {negative_metadata, HONE_E_FORMAT, "is cut short"},
        {root_out_of_range, HONE_E_FORMAT, "damaged metadata of the message at byte"},
        {root_to_itself, HONE_E_FORMAT, "damaged metadata"},
        {root_unaligned, HONE_E_FORMAT, "damaged metadata"},
        {vtable_out_of_range, HONE_E_FORMAT, "damaged metadata"},
        {vtable_of_odd_size, HONE_E_FORMAT, "damaged metadata"},
        {field_outside_of_its_table, HONE_E_FORMAT, "damaged metadata"},
        {no_header, HONE_E_FORMAT, "damaged metadata"},
        {old_version, HONE_E_UNSUPPORTED, "Arrow metadata of version 3"},
        {new_version, HONE_E_UNSUPPORTED, "Arrow metadata of version 10"},
        {a_tensor, HONE_E_UNSUPPORTED, "is no table"},
        {negative_body, HONE_E_FORMAT, "damaged metadata"},
        {huge_body, HONE_E_FORMAT, "the body of the message"},
        {big_endian, HONE_E_UNSUPPORTED, "big-endian"},
        {unknown_type, HONE_E_UNSUPPORTED, "field 'n' has Arrow type 77"},
        {odd_integer, HONE_E_FORMAT, "field 'n': integers have 8, 16, 32 or 64 bits"},
        {odd_unit, HONE_E_FORMAT, "damaged at field 'moment'"},
        {list_without_items, HONE_E_FORMAT, "damaged at field 'b'"},
        {too_many_fields, HONE_E_FORMAT, "the schema is damaged"},
        {name_that_is_no_text, HONE_E_FORMAT, "the schema is damaged"},
        {strange_dictionary, HONE_E_FORMAT, "dictionary 99 is of no field"},
        {dictionary_of_text_that_is_none, HONE_E_FORMAT,
         "dictionary 0: column word, row 1: bytes that are not UTF-8"},
        {dictionary_without_values, HONE_E_FORMAT, "row 1: value 1 of a dictionary of 0"},
        {two_schemas, HONE_E_FORMAT, "a second schema"},
        {batch_without_schema, HONE_E_FORMAT, "a dictionary comes before the schema"},
        {negative_rows, HONE_E_FORMAT, "damaged metadata of batch 1"},
        {more_rows_than_columns_have, HONE_E_FORMAT, "batch 1 has 5 rows, field 'b' 4"},
        {huge_rows, HONE_E_LIMIT, "1125899906842624 rows in"},
        {negative_length, HONE_E_FORMAT, "field 'n' has -4 rows"},
        {more_missing_than_rows, HONE_E_FORMAT, "field 'n' has 4 rows, 5 missing"},
        {too_few_nodes, HONE_E_FORMAT, "a batch has 3 arrays, its schema needs more"},
        {too_few_buffers, HONE_E_FORMAT, "a batch has 3 buffers, its schema needs more"},
        {buffer_past_the_end, HONE_E_FORMAT, "buffer 3 is 32 bytes at 1048576 of a body of"},
        {negative_buffer, HONE_E_FORMAT, "buffer 3 is 32 bytes at -8"},
        {buffer_of_huge_length, HONE_E_FORMAT, "buffer 3 is 9223372036854775807 bytes"},
        {short_values, HONE_E_FORMAT,
         "t.arrow, record batch 1: column n: values of 31 bytes, 32 are needed"},
        {short_bitmap, HONE_E_FORMAT, "a validity bitmap of 1 bytes, 2 are needed"},
        {offsets_that_go_down, HONE_E_FORMAT, "column text, row 2: offset 1 after 3"},
        {offsets_beyond_the_bytes, HONE_E_FORMAT, "column text: offset 4000 of 12"},
        {text_that_is_none, HONE_E_FORMAT, "column text, row 1: bytes that are not UTF-8"},
        {code_beyond_the_dictionary, HONE_E_FORMAT, "row 1: value 2 of a dictionary of 2"},
        {code_below_zero, HONE_E_FORMAT, "row 1: value -1 of a dictionary of 2"},
    };
    struct tables_room *room = tables_enter(0);
    const struct hone_table *t = sample(room);
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes in = written(room, t, "t.arrows", (struct hone_write_options){0});
        struct hone_read_options options = {.format = "arrow"};
        struct hone_table *out;
        cases[i].damage(room, &in);
        CHECK_FAILS_WITH(&room->run, read_bytes(room, in, &options, &out), cases[i].code,
                         cases[i].message);
    }
    tables_leave(room);
}

/* Two fields of one dictionary: both have its values; not when they say that these are of another type. */
static void fields_may_share_a_dictionary(void **state)
{
    struct tables_room *room = tables_enter(0);
    const struct hone_table *t =
        tables_read(&room->run, &room->mem, "a,b\nx,y\ny,x\nx,x\n", "a=category,b=category");
    struct bytes in = written(room, t, "t.arrows", (struct hone_write_options){0});
    struct part p = part_of(room, in, 0);
    size_t second = field_of(&p, 1);
    size_t encoding = hone_flat_table(&p.message.meta, second, 4);
    struct part other = part_of(room, in, 2);
    struct hone_table *back;
    (void)state;

    CHECK_OK(&room->run, read_bytes(room, in, NULL, &back));
    same_tables(room, t, back);
    put(place(&p, encoding, 0, 8), 0, 8);
    put(place(&other, other.message.header, 0, 8), 0, 8);
    CHECK_OK(&room->run, read_bytes(room, in, NULL, &back));
    same_tables(room, t, back);
    *place(&p, second, 2, 1) = 4; /* binary */
    CHECK_FAILS_WITH(&room->run, read_bytes(room, in, NULL, &back), HONE_E_FORMAT,
                     "damaged at field 'b'");
    tables_leave(room);
}

/* Fifty thousand columns of one name get names of their own, at no cost to speak of. */
static void many_columns_of_one_name(void **state)
{
    static const struct hone_arrow_type child = {
        .name = "a", .kind = HONE_ARROW_INT, .bits = 64};
    struct tables_room *room = tables_enter(0);
    struct hone_arrow_type root = {.name = "", .kind = HONE_ARROW_STRUCT, .children = 50000};
    struct hone_arrow_leaf *leaf;
    size_t n;
    (void)state;

    root.child = hone_arena_alloc(&room->mem, sizeof child, root.children);
    for (size_t i = 0; i < root.children; i++) {
        root.child[i] = child;
    }
    root.child[3].name = "a.2";
    root.child[5].name = "";
    CHECK_OK(&room->run, hone_arrow_leaves(&room->run, &root, &room->mem, &leaf, &n));
    CHECK(n == 50000);
    CHECK_STR(leaf[0].name, "a");
    CHECK_STR(leaf[1].name, "a.1");
    CHECK_STR(leaf[2].name, "a.2");
    CHECK_STR(leaf[3].name, "a.2.1");
    CHECK_STR(leaf[4].name, "a.3");
    CHECK_STR(leaf[5].name, "column_6");
    CHECK_STR(leaf[49999].name, "a.49997");
    tables_leave(room);
}

/* ---- damage of files and of packed bodies ---- */

static void damaged_files_are_told(void **state)
{
    struct tables_room *room = tables_enter(0);
    struct bytes good = written(room, sample(room), "t.arrow", (struct hone_write_options){0});
    struct bytes in = {hone_arena_alloc(&room->mem, 1, good.len), good.len};
    struct hone_table *t;
    (void)state;

#define FILE_FAILS(edit, expected, words)                                                      \
    do {                                                                                       \
        memcpy(in.ptr, good.ptr, good.len);                                                    \
        in.len = good.len;                                                                     \
        edit;                                                                                  \
        CHECK_FAILS_WITH(&room->run, read_bytes(room, in, NULL, &t), (expected), (words));     \
    } while (0)
    FILE_FAILS(in.len = 7, HONE_E_FORMAT, "does not end as one");
    FILE_FAILS(in.len -= 3, HONE_E_FORMAT, "does not end as one");
    FILE_FAILS(put(in.ptr + in.len - 10, -1, 4), HONE_E_FORMAT, "a footer of -1 bytes");
    FILE_FAILS(put(in.ptr + in.len - 10, 1 << 30, 4), HONE_E_FORMAT, "a footer of 1073741824");
    FILE_FAILS(put(in.ptr + in.len - 10, 8, 4), HONE_E_FORMAT, "a damaged footer");
    {
        int32_t size;
        struct hone_flat footer;
        size_t root, n, blocks;
        memcpy(&size, good.ptr + good.len - 10, 4);
        footer = (struct hone_flat){.bytes = (const uint8_t *)good.ptr + good.len - 10 -
                                             (size_t)size,
                                    .len = (size_t)size};
        root = hone_flat_root(&footer);
        blocks = hone_flat_vector(&footer, root, 3, 24, &n) +
                 (size_t)(footer.bytes - (const uint8_t *)good.ptr);
        CHECK(n == 1);
        FILE_FAILS(put(in.ptr + blocks, 1 << 30, 8), HONE_E_FORMAT,
                   "the footer names a message at byte 1073741824");
        FILE_FAILS(put(in.ptr + blocks, -8, 8), HONE_E_FORMAT, "a message at byte -8");
        FILE_FAILS(put(in.ptr + blocks, 8, 8), HONE_E_FORMAT, "is no record batch");
        FILE_FAILS(put(in.ptr + blocks, 12, 8), HONE_E_FORMAT, "message at byte 12");
    }
    CHECK_FAILS_WITH(
        &room->run,
        read_bytes(room, (struct bytes){(char *)(uintptr_t) "FEA1 and more", 13}, NULL, &t),
        HONE_E_UNSUPPORTED, "Feather file of version 1");
    tables_leave(room);
}

static void packed_bodies_that_lie_are_told(void **state)
{
    static const char *const names[] = {"zstd", "lz4"};
    struct tables_room *room = tables_enter(0);
    struct hone_buf csv = hone_buf(&room->mem);
    struct hone_table *table, *t;
    (void)state;

    hone_buf_text(&csv, "n\n");
    for (size_t i = 0; i < 3000; i++) {
        hone_buf_format(&csv, "%zu\n", i % 3);
    }
    table = tables_read(&room->run, &room->mem, csv.ptr, NULL);
    for (size_t i = 0; i < 2; i++) {
        struct bytes in = written(room, table, "t.arrows",
                                  (struct hone_write_options){.compression = names[i]});
        struct part p = part_of(room, in, 1);
        char *buffer = (char *)(uintptr_t)p.message.body.ptr;
        char *codec = place(&p, hone_flat_table(&p.message.meta, p.message.header, 3), 0, 1);
        static const int64_t claims[] = {23999, 24001, 0, INT64_C(1) << 33};
        static const char *const why[] = {"is damaged, or does not hold 23999 bytes",
                                          "is damaged, or does not hold 24001 bytes",
                                          "values of 0 bytes, 24000 are needed",
                                          "its buffers would unpack to 8192 MiB"};
        CHECK_OK(&room->run, read_bytes(room, in, NULL, &t));
        for (size_t k = 0; k < 4; k++) {
            put(buffer, claims[k], 8);
            CHECK_FAILS_WITH(&room->run, read_bytes(room, in, NULL, &t),
                             k == 3 ? HONE_E_LIMIT : HONE_E_FORMAT, why[k]);
        }
        put(buffer, 24000, 8);
        buffer[20] ^= 0x55;
        CHECK_FAILS_WITH(&room->run, read_bytes(room, in, NULL, &t), HONE_E_FORMAT, names[i]);
        buffer[20] ^= 0x55;
        *codec = 2;
        CHECK_FAILS_WITH(&room->run, read_bytes(room, in, NULL, &t), HONE_E_UNSUPPORTED,
                         "packed by codec 2");
    }
    tables_leave(room);
}

/* What is given back where memory fails is a failure, and nothing is lost or left. */
static void failed_allocations_are_survived(void **state)
{
    struct tables_room *room = tables_enter(0);
    struct bytes in =
        written(room, sample(room), "t.arrow",
                (struct hone_write_options){.compression = "lz4", .row_group = 2});
    struct hone_table *t;
    (void)state;

    for (unsigned n = 1;; n++) {
        enum hone_code code;
        hone_arena_fail_after(n);
        code = read_bytes(room, in, NULL, &t);
        hone_arena_fail_after(0);
        if (code == HONE_OK) {
            CHECK(n > 20);
            break;
        }
        CHECK(code == HONE_E_LIMIT && room->run.err.code == code);
        hone_error_clear(&room->run);
    }
    tables_leave(room);
}

const struct CMUnitTest hone_tests_arrow[] = {
    cmocka_unit_test(tables_come_back_from_files_and_streams),
    cmocka_unit_test(vectors_and_bytes_come_back),
    cmocka_unit_test(no_rows_and_no_columns),
    cmocka_unit_test(the_same_bytes_with_any_number_of_threads),
    cmocka_unit_test(options_of_reading),
    cmocka_unit_test(dictionaries_grow_and_are_replaced),
    cmocka_unit_test(damage_is_told),
    cmocka_unit_test(fields_may_share_a_dictionary),
    cmocka_unit_test(many_columns_of_one_name),
    cmocka_unit_test(damaged_files_are_told),
    cmocka_unit_test(packed_bodies_that_lie_are_told),
    cmocka_unit_test(failed_allocations_are_survived),
};
const size_t hone_tests_arrow_n = sizeof hone_tests_arrow / sizeof hone_tests_arrow[0];
