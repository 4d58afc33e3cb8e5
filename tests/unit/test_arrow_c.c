/* The Arrow C data interface: types in and out, offsets, ownership, streams, and what is refused. */
#include "base/hash.h"
#include "base/pool.h"
#include "table/arrow_c.h"
#include "tables.h"

/* ---- arrays made by hand ---- */

static void schema_done(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

static void array_done(struct ArrowArray *array)
{
    array->release = NULL;
}

/* A field and its array; children by join. */
struct field {
    struct ArrowSchema schema;
    struct ArrowArray array;
    const void *buffers[6];
    struct ArrowSchema *schemas[3];
    struct ArrowArray *arrays[3];
};

static void make(struct field *f, const char *format, const char *name, int64_t length,
                 int64_t n_buffers)
{
    f->schema = (struct ArrowSchema){
        .format = format, .name = name, .flags = ARROW_FLAG_NULLABLE, .release = schema_done};
    f->array = (struct ArrowArray){.length = length,
                                   .null_count = -1,
                                   .n_buffers = n_buffers,
                                   .buffers = f->buffers,
                                   .release = array_done};
}

static void join(struct field *parent, struct field *child)
{
    size_t n = (size_t)parent->schema.n_children++;

    parent->schemas[n] = &child->schema;
    parent->arrays[n] = &child->array;
    parent->schema.children = parent->schemas;
    parent->array.children = parent->arrays;
    parent->array.n_children = parent->schema.n_children;
}

/* The rows of the first column with | between, ~ for missing. */
static const char *text_of(struct tables_room *room, const struct hone_table *t, size_t column)
{
    struct hone_buf buf = hone_buf(&room->mem);
    const struct hone_column *c = &t->column[column];

    hone_buf_text(&buf, "");
    for (size_t row = 0; row < c->rows; row++) {
        hone_buf_text(&buf, row == 0 ? "" : "|");
        if (!hone_is_valid(c, row)) {
            hone_buf_char(&buf, '~');
        }
        hone_column_print(&buf, c, row);
    }
    return buf.len == 0 ? "" : buf.ptr;
}

static struct hone_table *import(struct tables_room *room, const struct field *f, bool borrow)
{
    struct hone_table *t = NULL;
    CHECK_OK(&room->run,
             hone_arrow_import(&room->run, &f->schema, &f->array, borrow, &room->mem, &t));
    return t;
}

#define EXPECT(room, f, hone, want)                                                            \
    do {                                                                                       \
        struct hone_table *expect_t = import((room), (f), false);                              \
        CHECK(expect_t->column[0].type == (hone));                                             \
        CHECK_STR(text_of((room), expect_t, 0), (want));                                       \
    } while (0)

static void every_simple_type_has_its_column(void **state)
{
    static const uint8_t valid[] = {5};
    static const int8_t i8[] = {-128, 99, 127};
    static const uint8_t u8[] = {0, 99, 255};
    static const int16_t i16[] = {-32768, 99, 32767};
    static const uint16_t u16[] = {0, 99, 65535};
    static const int32_t i32[] = {INT32_MIN, 99, INT32_MAX};
    static const uint32_t u32[] = {0, 99, UINT32_MAX};
    static const int64_t i64[] = {INT64_MIN, 99, INT64_MAX};
    static const uint64_t fits[] = {0, UINT64_MAX, INT64_MAX};
    static const uint64_t beyond[] = {0, 99, UINT64_MAX};
    static const uint16_t half[] = {0x3c00, 99, 0x0001};
    static const float f32[] = {0.1f, 99, -0.0f};
    static const double f64[] = {0.1, 99, 1e300};
    static const uint8_t bits[] = {4};
    static const int32_t days[] = {19782, 99, -1};
    static const int64_t whole[] = {INT64_C(86400000) * 19782, 1, -INT64_C(86400000)};
    static const int64_t part[] = {1, 1, 86400000};
    static const int64_t moment[] = {1709209845, 99, -1};
    static const int64_t ns[] = {INT64_C(1709209845123456000), 1, -1000};
    static const int64_t odd_ns[] = {INT64_C(1709209845123456789), 1, 0};
    static const int32_t clock32[] = {45296, 99, 0};
    static const int64_t clock64[] = {INT64_C(45296123456), 99, 1};
    static const int64_t clock_ns[] = {INT64_C(45296123456789), 99, 0};
    static const int32_t day_ms[] = {3, 4500, 9, 9, 0, 0};
    static const int32_t months[] = {14, 9, -1};
    static const char fixed[] = "abXXcd";
    static const struct {
        const char *format;
        const void *data;
        enum hone_type type;
        const char *want;
    } cases[] = {
        {"c", i8, HONE_INT64, "-128|~|127"},
        {"C", u8, HONE_INT64, "0|~|255"},
        {"s", i16, HONE_INT64, "-32768|~|32767"},
        {"S", u16, HONE_INT64, "0|~|65535"},
        {"i", i32, HONE_INT64, "-2147483648|~|2147483647"},
        {"I", u32, HONE_INT64, "0|~|4294967295"},
        {"l", i64, HONE_INT64, "-9223372036854775808|~|9223372036854775807"},
        {"L", fits, HONE_INT64, "0|~|9223372036854775807"},
        {"L", beyond, HONE_UTF8, "0|~|18446744073709551615"},
        {"e", half, HONE_FLOAT32, "1|~|5.9604645e-08"},
        {"f", f32, HONE_FLOAT32, "0.1|~|-0"},
        {"g", f64, HONE_FLOAT64, "0.1|~|1e+300"},
        {"b", bits, HONE_BOOL, "false|~|true"},
        {"tdD", days, HONE_DATE, "2024-02-29|~|1969-12-31"},
        {"tdm", whole, HONE_DATE, "2024-02-29|~|1969-12-31"},
        {"tdm", part, HONE_TIMESTAMP, "1970-01-01T00:00:00.001000Z|~|1970-01-02T00:00:00Z"},
        {"tss:", moment, HONE_TIMESTAMP, "2024-02-29T12:30:45Z|~|1969-12-31T23:59:59Z"},
        {"tsm:UTC", moment, HONE_TIMESTAMP,
         "1970-01-20T18:46:49.845000Z|~|1969-12-31T23:59:59.999000Z"},
        {"tsu:Europe/Paris", moment, HONE_TIMESTAMP,
         "1970-01-01T00:28:29.209845Z|~|1969-12-31T23:59:59.999999Z"},
        {"tsn:", ns, HONE_TIMESTAMP,
         "2024-02-29T12:30:45.123456Z|~|1969-12-31T23:59:59.999999Z"},
        {"tsn:", odd_ns, HONE_UTF8, "2024-02-29T12:30:45.123456789Z|~|1970-01-01T00:00:00Z"},
        {"tts", clock32, HONE_UTF8, "12:34:56|~|00:00:00"},
        {"ttm", clock32, HONE_UTF8, "00:00:45.296000|~|00:00:00"},
        {"ttu", clock64, HONE_UTF8, "12:34:56.123456|~|00:00:00.000001"},
        {"ttn", clock_ns, HONE_UTF8, "12:34:56.123456789|~|00:00:00"},
        {"tDs", i64, HONE_INT64, "-9223372036854775808|~|9223372036854775807"},
        {"tiM", months, HONE_UTF8, "P1Y2M|~|P-1M"},
        {"tiD", day_ms, HONE_UTF8, "P3DT4.500S|~|PT0S"},
        {"w:2", fixed, HONE_BINARY, "ab|~|cd"},
    };
    struct tables_room *room = tables_enter(0);
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct field f = {.buffers = {valid, cases[i].data}};
        struct hone_table *t;
        make(&f, cases[i].format, "v", 3, 2);
        t = import(room, &f, false);
        CHECK(t->column[0].nulls == 1);
        if (t->column[0].type != cases[i].type ||
            strcmp(text_of(room, t, 0), cases[i].want) != 0) {
            fail_msg("%s: %s %s", cases[i].format, hone_type_name(t->column[0].type),
                     text_of(room, t, 0));
        }
    }
    tables_leave(room);
}

static void decimals_are_rounded_correctly(void **state)
{
    /* 2^53 + 1, -1, -(2^127), 2^254 + 1 and others; the doubles are those of Python's decimal */
    static const uint64_t d128[][2] = {{UINT64_C(0x6e398115), 0},
                                       {UINT64_C(9007199254740993), 0},
                                       {UINT64_MAX, UINT64_MAX},
                                       {0, UINT64_C(1) << 63}};
    static const uint64_t d256[][4] = {{1, 0, 0, UINT64_C(1) << 62},
                                       {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
    static const int32_t d32[] = {12345, -1};
    static const int64_t d64[] = {INT64_C(999999999999999999), -5};
    struct field f = {.buffers = {NULL, d128}};
    struct tables_room *room = tables_enter(0);
    (void)state;

    make(&f, "d:38,2", "v", 4, 2);
    EXPECT(room, &f, HONE_FLOAT64,
           "18492623.57|90071992547409.94|-0.01|-1.7014118346046924e+36");
    make(&f, "d:38,-3", "v", 2, 2);
    EXPECT(room, &f, HONE_FLOAT64, "1849262357000|9.007199254740993e+18");
    f.buffers[1] = d256;
    make(&f, "d:76,70,256", "v", 2, 2);
    EXPECT(room, &f, HONE_FLOAT64, "2894802.230932905|-1e-70");
    f.buffers[1] = d32;
    make(&f, "d:9,4,32", "v", 2, 2);
    EXPECT(room, &f, HONE_FLOAT64, "1.2345|-0.0001");
    f.buffers[1] = d64;
    make(&f, "d:18,1,64", "v", 2, 2);
    EXPECT(room, &f, HONE_FLOAT64, "1e+17|-0.5");
    make(&f, "d:18,0,64", "v", 2,
         2); /* whole ones are integers, or text where 64 bits do not do */
    EXPECT(room, &f, HONE_INT64, "999999999999999999|-5");
    f.buffers[1] = d128;
    make(&f, "d:38,0", "v", 3, 2);
    EXPECT(room, &f, HONE_INT64, "1849262357|9007199254740993|-1");
    make(&f, "d:38,0", "v", 4, 2);
    EXPECT(room, &f, HONE_UTF8,
           "1849262357|9007199254740993|-1|-170141183460469231731687303715884105728");
    tables_leave(room);
}

static void text_of_all_layouts_is_text(void **state)
{
    static const uint8_t valid[] = {13};
    static const int32_t small[] = {0, 1, 3, 3, 17};
    static const int64_t large[] = {0, 1, 3, 3, 17};
    static const char bytes[] = "aXX0123456789abcd";
    static const char letters[] = "0123456789abcd";
    static const int64_t sizes[] = {14};
    struct {
        int32_t len;
        char text[12];
    } views[4] = {{1, "a"}, {-1, ""}, {0, ""}, {14, "0123\0\0\0\0\0\0\0"}};
    struct tables_room *room = tables_enter(0);
    struct field f = {.buffers = {valid, small, bytes}};
    (void)state;

    make(&f, "u", "v", 4, 3);
    EXPECT(room, &f, HONE_UTF8, "a|~||0123456789abcd");
    make(&f, "z", "v", 4, 3);
    EXPECT(room, &f, HONE_BINARY, "a|~||0123456789abcd");
    f.buffers[1] = large;
    make(&f, "U", "v", 4, 3);
    EXPECT(room, &f, HONE_UTF8, "a|~||0123456789abcd");
    f.array.offset = 2;
    f.array.length = 2;
    EXPECT(room, &f, HONE_UTF8, "|0123456789abcd");
    f.buffers[1] = views;
    f.buffers[2] = letters;
    f.buffers[3] = sizes;
    make(&f, "vu", "v", 4, 4);
    EXPECT(room, &f, HONE_UTF8, "a|~||0123456789abcd");
    make(&f, "vz", "v", 4, 4);
    EXPECT(room, &f, HONE_BINARY, "a|~||0123456789abcd");
    tables_leave(room);
}

static void dictionaries_of_any_index_and_value(void **state)
{
    static const uint8_t valid[] = {13}, word_valid[] = {5};
    static const int32_t offsets[] = {0, 1, 2, 3};
    static const uint8_t u8[] = {2, 99, 0, 1};
    static const int64_t i64[] = {2, 99, 0, 1};
    static const double reals[] = {0.5, 1.5, 2.5};
    struct tables_room *room = tables_enter(0);
    struct field words = {.buffers = {NULL, offsets, "bab"}};
    struct field f = {.buffers = {valid, u8}};
    struct hone_table *t;
    (void)state;

    make(&words, "u", "", 3, 3);
    make(&f, "C", "v", 4, 2);
    f.schema.dictionary = &words.schema;
    f.array.dictionary = &words.array;
    t = import(room, &f, false); /* b, a, b: one b is left */
    CHECK(t->column[0].type == HONE_CATEGORY && t->column[0].dict->rows == 2);
    CHECK_STR(text_of(room, t, 0), "b|~|b|a");
    CHECK(hone_str_is(hone_column_str(t->column[0].dict, 0), "a"));

    words.buffers[0] = word_valid; /* the second value is missing, so what refers to it is */
    f.schema.format = "l";
    f.buffers[1] = i64;
    EXPECT(room, &f, HONE_CATEGORY, "b|~|b|~");

    make(&words, "g", "", 3, 2);
    words.buffers[1] = reals;
    words.array.null_count = 0;
    EXPECT(room, &f, HONE_FLOAT64, "2.5|~|0.5|1.5");
    tables_leave(room);
}

static void structs_become_columns_and_offsets_add_up(void **state)
{
    static const uint8_t outer_valid[] = {0xfe}, inner_valid[] = {0xef};
    static const int32_t numbers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    static const uint8_t bits[] = {0xaa, 2};
    struct tables_room *room = tables_enter(0);
    struct field root = {0};
    struct field s = {.buffers = {inner_valid}};
    struct field x = {.buffers = {NULL, numbers}};
    struct field y = {.buffers = {NULL, bits}};
    struct field z = {.buffers = {outer_valid, numbers}};
    struct hone_table *t;
    (void)state;

    make(&root, "+s", "", 3, 1);
    make(&s, "+s", "s", 6, 1);
    make(&x, "i", "x", 7, 2);
    make(&y, "b", "y", 8, 2);
    make(&z, "i", "s.x", 6, 2);
    join(&root, &s);
    join(&root, &z);
    join(&s, &x);
    join(&s, &y);
    root.array.offset = 2;
    s.array.offset = 1;
    x.array.offset = 3;
    t = import(room, &root, false);
    CHECK(t->rows == 3 && t->cols == 3);
    CHECK_STR(t->column[0].name, "s.x");
    CHECK_STR(t->column[1].name, "s.y");
    CHECK_STR(t->column[2].name, "s.x.1");
    CHECK_STR(text_of(room, t, 0), "6|~|8"); /* rows 3, 4, 5 of s, of which 4 is missing */
    CHECK_STR(text_of(room, t, 1), "true|~|true");
    CHECK_STR(text_of(room, t, 2), "2|3|4");
    tables_leave(room);
}

static void lists_become_vectors_or_json(void **state)
{
    static const uint8_t valid[] = {5};
    static const int32_t even[] = {0, 2, 2, 4}, uneven[] = {0, 1, 1, 4}, views[] = {2, 0, 0},
                         sizes[] = {2, 9, 2};
    static const float items[] = {0.5f, 1.5f, -2.0f, (float)HUGE_VAL};
    static const double reals[] = {0.5, 0.1, 2, 3};
    static const int16_t whole[] = {1, -2, 3, 4};
    static const int32_t ends[] = {0, 1, 2, 3, 4};
    struct tables_room *room = tables_enter(0);
    struct field f = {.buffers = {valid, even}};
    struct field item = {.buffers = {NULL, items}};
    struct field key = {.buffers = {NULL, ends, "abcd"}};
    struct field value = {.buffers = {NULL, whole}};
    struct field pair = {0};
    struct field map = {.buffers = {valid, uneven}};
    struct hone_table *t;
    (void)state;

    make(&f, "+l", "v", 3, 2);
    make(&item, "f", "item", 4, 2);
    join(&f, &item);
    t = import(room, &f, false);
    CHECK(t->column[0].type == HONE_VECTOR && t->column[0].width == 2);
    CHECK_STR(text_of(room, t, 0), "[0.5,1.5]|~|[-2,inf]");
    f.buffers[1] = uneven;
    EXPECT(room, &f, HONE_UTF8, "[0.5]|~|[1.5,-2,\"inf\"]");
    f.schema.format = "+vl";
    f.array.n_buffers = 3;
    f.buffers[1] = views;
    f.buffers[2] = sizes;
    EXPECT(room, &f, HONE_VECTOR, "[-2,inf]|~|[0.5,1.5]");
    f.schema.format = "+l";
    f.array.n_buffers = 2;
    f.buffers[1] = even;
    item.schema.format = "g"; /* 0.1 is no float */
    item.buffers[1] = reals;
    EXPECT(room, &f, HONE_UTF8, "[0.5,0.1]|~|[2,3]");
    item.schema.format = "s";
    item.buffers[1] = whole;
    EXPECT(room, &f, HONE_UTF8, "[1,-2]|~|[3,4]");
    f.schema.format = "+w:2";
    f.array.n_buffers = 1;
    f.array.length = 2;
    item.schema.format = "f";
    item.buffers[1] = items;
    EXPECT(room, &f, HONE_VECTOR, "[0.5,1.5]|~");

    make(&map, "+m", "m", 3, 2);
    make(&pair, "+s", "entries", 4, 1);
    make(&key, "u", "key", 4, 3);
    make(&value, "s", "value", 4, 2);
    join(&map, &pair);
    join(&pair, &key);
    join(&pair, &value);
    EXPECT(room, &map, HONE_UTF8, "{\"a\":1}|~|{\"b\":-2,\"c\":3,\"d\":4}");
    tables_leave(room);
}

static void runs_and_unions_are_decoded(void **state)
{
    static const int16_t ends[] = {2, 3, 7};
    static const int32_t offsets[] = {0, 1, 2, 3}, dense[] = {1, 0, 0, 2};
    static const uint8_t two[] = {5};
    static const int8_t ids[] = {0, 5, 0, 0};
    static const int32_t numbers[] = {10, 11, 12, 13};
    struct tables_room *room = tables_enter(0);
    struct field f = {0};
    struct field end = {.buffers = {NULL, ends}};
    struct field value = {.buffers = {two, offsets, "abc"}};
    struct field u = {.buffers = {ids, dense}};
    struct field n = {.buffers = {NULL, numbers}};
    (void)state;

    make(&f, "+r", "v", 5, 0);
    make(&end, "s", "run_ends", 3, 2);
    make(&value, "u", "values", 3, 3);
    join(&f, &end);
    join(&f, &value);
    f.array.offset = 1;
    EXPECT(room, &f, HONE_UTF8, "a|~|c|c|c");

    make(&u, "+ud:0,5", "u", 4, 2);
    make(&n, "i", "n", 4, 2);
    make(&value, "u", "s", 3, 3);
    join(&u, &n);
    join(&u, &value);
    EXPECT(room, &u, HONE_UTF8, "11|a|10|12");
    u.schema.format = "+us:0,5";
    u.array.n_buffers = 1;
    u.array.length = 3;
    EXPECT(room, &u, HONE_UTF8, "10|~|12");
    tables_leave(room);
}

/* ---- out and in again ---- */

static struct hone_table *sample(struct tables_room *room)
{
    struct hone_table *t =
        tables_read(&room->run, &room->mem,
                    "b,n,f,x,text,word,day,moment,none\n"
                    "true,1,0.5,0.1,one,red,2024-02-29,2024-02-29T12:30:45.5Z,\n"
                    ",,,,,,,,\n"
                    "false,-3,-1.5,1e300,\"t,wo\",blue,1969-12-31,1960-01-01T00:00:00Z,\n"
                    "true,4,2,2,three,red,2000-01-01,2000-01-01T00:00:00Z,\n",
                    "f=float32,text=text,word=category");
    struct hone_column *c = hone_arena_alloc(&room->mem, sizeof *c, t->cols + 2);
    static const float items[] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const int64_t offsets[] = {0, 2, 2, 3, 6};
    static const uint8_t valid[] = {13};

    memcpy(c, t->column, t->cols * sizeof *c);
    c[t->cols] = (struct hone_column){
        .name = "vector", .type = HONE_VECTOR, .rows = 4, .data = items, .width = 2};
    c[t->cols + 1] = (struct hone_column){.name = "bytes",
                                          .type = HONE_BINARY,
                                          .rows = 4,
                                          .nulls = 1,
                                          .valid = valid,
                                          .data = "\xff\0abcd",
                                          .offsets = offsets};
    CHECK_OK(&room->run, hone_table_of(&room->run, c, t->cols + 2, &room->mem, &t));
    return t;
}

/* The same rows again and again, so that streams have something to cut. */
static struct hone_table *long_sample(struct tables_room *room)
{
    struct hone_table *t = sample(room);
    size_t row[333];

    for (size_t i = 0; i < 333; i++) {
        row[i] = i * 7 % 4;
    }
    CHECK_OK(&room->run, hone_table_take(&room->run, t, row, 333, &room->mem, &t));
    return t;
}

static void same_tables(struct hone_run *run, const struct hone_table *a,
                        const struct hone_table *b)
{
    struct hone_sha x, y;

    CHECK(a->rows == b->rows && a->cols == b->cols);
    for (size_t c = 0; c < a->cols; c++) {
        CHECK(a->column[c].type == b->column[c].type);
        CHECK(a->column[c].nulls == b->column[c].nulls);
    }
    CHECK_OK(run, hone_table_hash(run, a, &x));
    CHECK_OK(run, hone_table_hash(run, b, &y));
    CHECK_STR(x.hex, y.hex);
}

static void a_table_goes_out_and_comes_back(void **state)
{
    struct tables_room *room = tables_enter(0);
    struct hone_table *t = sample(room);
    struct ArrowSchema schema;
    struct ArrowArray array;
    (void)state;

    CHECK_OK(&room->run, hone_arrow_export(&room->run, t, NULL, &schema, &array));
    CHECK_STR(schema.format, "+s");
    CHECK(schema.n_children == 11 && array.n_children == 11 && array.length == 4);
    CHECK_STR(schema.children[7]->format, "tsu:UTC");
    CHECK_STR(schema.children[9]->format, "+w:2");
    CHECK_STR(schema.children[5]->dictionary->format, "U");
    CHECK(array.children[1]->buffers[1] == t->column[1].data); /* shared */
    for (size_t borrow = 0; borrow < 2; borrow++) {
        struct hone_table *back = NULL;
        CHECK_OK(&room->run, hone_arrow_import(&room->run, &schema, &array, borrow != 0,
                                               &room->mem, &back));
        same_tables(&room->run, t, back);
        CHECK((back->column[1].data == t->column[1].data) == (borrow != 0));
        CHECK((back->column[4].data == t->column[4].data) == (borrow != 0));
    }
    schema.release(&schema);
    array.release(&array);
    CHECK(schema.release == NULL && array.release == NULL);
    tables_leave(room);
}

static void arrays_keep_the_table_alive(void **state)
{
    struct tables_room *room = tables_enter(0);
    struct hone_arena own = {0};
    struct hone_table *t =
        tables_read(&room->run, &own, "n,word\n1,a\n2,b\n3,a\n4,a\n", "word=category");
    struct ArrowSchema schema;
    struct ArrowArray array, child;
    (void)state;

    CHECK_OK(&room->run, hone_arrow_export(&room->run, t, &own, &schema, &array));
    CHECK(own.last == NULL); /* it moved */
    schema.release(&schema);
    child = *array.children[0]; /* moved out, as the interface allows */
    array.children[0]->release = NULL;
    array.release(&array);
    CHECK(((const int64_t *)child.buffers[1])[3] == 4);
    child.release(&child);
    CHECK(child.release == NULL);
    tables_leave(room);
}

static void streams_cut_tables_and_put_them_together(void **state)
{
    static const size_t sizes[] = {0, 1, 64, 65, 1000};
    struct tables_room *room = tables_enter(0);
    struct hone_table *t = long_sample(room);
    struct hone_table *back;
    struct ArrowArrayStream stream;
    (void)state;

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        CHECK_OK(&room->run, hone_arrow_export_stream(&room->run, t, NULL, sizes[i], &stream));
        CHECK_OK(&room->run, hone_arrow_import_stream(&room->run, &stream, &room->mem, &back));
        CHECK(stream.release == NULL);
        same_tables(&room->run, t, back);
    }
    tables_leave(room);
}

static void an_array_outlives_its_stream(void **state)
{
    struct tables_room *room = tables_enter(0);
    struct hone_arena own = {0};
    struct hone_buf csv = hone_buf(&room->mem);
    struct hone_table *t;
    struct ArrowArrayStream stream;
    struct ArrowArray first, second, last;
    (void)state;

    hone_buf_text(&csv, "n,m\n");
    for (size_t i = 0; i < 100; i++) {
        hone_buf_format(&csv, i % 5 == 0 ? "%zu,\n" : "%zu,1\n", i);
    }
    t = tables_read(&room->run, &own, csv.ptr, NULL);
    CHECK_OK(&room->run, hone_arrow_export_stream(&room->run, t, &own, 60, &stream));
    CHECK(stream.get_next(&stream, &first) == 0 && first.length == 64);
    CHECK(stream.get_next(&stream, &second) == 0 && second.length == 36);
    CHECK(stream.get_next(&stream, &last) == 0 && last.release == NULL);
    CHECK(stream.get_last_error(&stream) == NULL);
    stream.release(&stream);
    CHECK(first.children[1]->null_count == 13 && second.children[1]->null_count == 7);
    first.release(&first);
    CHECK(second.children[0]->offset == 64);
    CHECK(((const int64_t *)second.children[0]->buffers[1])[64] == 64);
    second.release(&second);
    tables_leave(room);
}

static void empty_tables_pass(void **state)
{
    struct tables_room *room = tables_enter(0);
    struct hone_table *t = sample(room);
    struct hone_table *none, *back;
    struct ArrowArrayStream stream;
    (void)state;

    CHECK_OK(&room->run, hone_table_take(&room->run, t, NULL, 0, &room->mem, &none));
    CHECK_OK(&room->run, hone_arrow_export_stream(&room->run, none, NULL, 0, &stream));
    CHECK_OK(&room->run, hone_arrow_import_stream(&room->run, &stream, &room->mem, &back));
    CHECK(back->rows == 0 && back->cols == t->cols);
    tables_leave(room);
}

static void threads_make_no_difference(void **state)
{
    struct tables_room *room = tables_enter(0);
    struct hone_table *t = long_sample(room);
    struct hone_table *back;
    struct ArrowArrayStream stream;
    (void)state;

    room->run.pool = hone_pool_new(4);
    CHECK_OK(&room->run, hone_arrow_export_stream(&room->run, t, NULL, 1, &stream));
    CHECK_OK(&room->run, hone_arrow_import_stream(&room->run, &stream, &room->mem, &back));
    same_tables(&room->run, t, back);
    hone_pool_free(room->run.pool);
    room->run.pool = NULL;
    tables_leave(room);
}

/* ---- what is refused ---- */

static int fails_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    (void)stream;
    *out = (struct ArrowSchema){0};
    return 5;
}

static const char *says_why(struct ArrowArrayStream *stream)
{
    (void)stream;
    return "the disk is on fire";
}

static void stream_done(struct ArrowArrayStream *stream)
{
    stream->release = NULL;
}

static void a_producers_failure_is_told(void **state)
{
    struct tables_room *room = tables_enter(0);
    struct ArrowArrayStream stream = {
        .get_schema = fails_schema, .get_last_error = says_why, .release = stream_done};
    struct hone_table *t;
    (void)state;

    CHECK_FAILS_WITH(&room->run, hone_arrow_import_stream(&room->run, &stream, &room->mem, &t),
                     HONE_E_IO, "the disk is on fire");
    CHECK(stream.release == NULL);
    CHECK_FAILS_WITH(&room->run, hone_arrow_import_stream(&room->run, &stream, &room->mem, &t),
                     HONE_E_ARG, "released");
    tables_leave(room);
}

static void unknown_types_are_named(void **state)
{
    static const struct {
        const char *format;
        enum hone_code code;
        const char *message;
    } cases[] = {
        {"?", HONE_E_UNSUPPORTED, "field 'v' has the Arrow type '?'"},
        {"", HONE_E_UNSUPPORTED, "the Arrow type ''"},
        {"tsu", HONE_E_UNSUPPORTED, "'tsu'"},
        {"txs", HONE_E_UNSUPPORTED, "'txs'"},
        {"w:-1", HONE_E_UNSUPPORTED, "'w:-1'"},
        {"w:99999999999", HONE_E_UNSUPPORTED, "'w:99999999999'"},
        {"d:38", HONE_E_UNSUPPORTED, "'d:38'"},
        {"d:99,2", HONE_E_UNSUPPORTED, "'d:99,2'"},
        {"d:38,2,100", HONE_E_FORMAT, "decimals have 32, 64, 128 or 256 bits"},
        {"+q", HONE_E_UNSUPPORTED, "'+q'"},
        {"+l", HONE_E_FORMAT, "has 0 children"},
        {"+w:3", HONE_E_UNSUPPORTED, "'+w:3'"},
        {"+ud:0,1", HONE_E_UNSUPPORTED, "'+ud:0,1'"},
        {"+r", HONE_E_FORMAT, "has 0 children"},
        {NULL, HONE_E_FORMAT, "without format"},
    };
    static const int64_t zeroes[8];
    struct tables_room *room = tables_enter(0);
    struct hone_table *t;
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct field f = {.buffers = {NULL, zeroes}};
        make(&f, cases[i].format, "v", 1, 2);
        CHECK_FAILS_WITH(
            &room->run,
            hone_arrow_import(&room->run, &f.schema, &f.array, false, &room->mem, &t),
            cases[i].code, cases[i].message);
    }
    tables_leave(room);
}

static void damaged_arrays_are_refused(void **state)
{
    static const int32_t numbers[4], down[] = {0, 3, 1, 3}, negative[] = {-1, 0, 1, 2};
    static const int32_t good[] = {0, 1, 2, 3}, inside[] = {0, 1, 2, 2}, index[] = {0, 3, 0};
    static const int16_t ends[] = {2, 2, 3}, few[] = {1, 2, 3};
    static const int8_t ids[] = {0, 9, 0};
    static const int32_t far[] = {0, 7, 0};
    static const int64_t late[] = {INT64_MAX, 0, 0};
    struct tables_room *room = tables_enter(0);
    struct field f[24] = {{.buffers = {0}}};
    struct field words = {.buffers = {NULL, good, "abc"}};
    struct field item = {.buffers = {NULL, numbers}};
    struct field end = {.buffers = {NULL, ends}};
    struct field end_few = {.buffers = {NULL, few}};
    struct field pair = {0};
    const char *want[24];
    enum hone_code code[24];
    size_t n = 0;
    struct hone_table *t;
    (void)state;

    make(&words, "u", "", 3, 3);
    make(&item, "i", "item", 2, 2);
    make(&end, "s", "run_ends", 3, 2);
    make(&end_few, "s", "run_ends", 3, 2);
    make(&pair, "+s", "entries", 2, 1);
#define DAMAGED(format, buffers, message)                                                      \
    want[n] = (message);                                                                       \
    code[n] = HONE_E_FORMAT;                                                                   \
    make(&f[n], (format), "v", 3, (buffers))
    DAMAGED("i", 1, "1 buffers, its type has 2"), n++;
    DAMAGED("i", 3, "3 buffers, its type has 2"), n++;
    DAMAGED("i", 2, "column v: values of 0 bytes, 12 are needed"), n++;
    DAMAGED("i", 2, "-3 rows from 0"), f[n].array.length = -3, n++;
    DAMAGED("i", 2, "3 rows from -1"), f[n].array.offset = -1, n++;
    DAMAGED("i", 2, "3 rows from 4611686018427387904"), f[n].array.offset = INT64_C(1) << 62,
                                                        n++;
    DAMAGED("u", 3, "offset 1 after 3"), f[n].buffers[1] = down, f[n].buffers[2] = "abc", n++;
    DAMAGED("u", 3, "offset -1 after 0"), f[n].buffers[1] = negative, f[n].buffers[2] = "abc",
                                          n++;
    DAMAGED("u", 3, "offset 3 of 0"), f[n].buffers[1] = good, n++;
    DAMAGED("u", 3, "row 2: bytes that are not UTF-8"), f[n].buffers[1] = good,
                                                        f[n].buffers[2] = "a\xff"
                                                                          "c",
                                                        n++;
    DAMAGED("u", 3, "row 1: bytes that are not UTF-8"), f[n].buffers[1] = inside,
                                                        f[n].buffers[2] = "\xc3\xa4", n++;
    DAMAGED("i", 2, "row 2: value 3 of a dictionary of 3"),
        f[n].buffers[1] = index, f[n].schema.dictionary = &words.schema,
        f[n].array.dictionary = &words.array, n++;
    DAMAGED("i", 2, "its dictionary is absent"), f[n].buffers[1] = index,
                                                 f[n].schema.dictionary = &words.schema, n++;
    DAMAGED("i", 2, "its dictionary is not in the schema"),
        f[n].buffers[1] = index, f[n].array.dictionary = &words.array, n++;
    DAMAGED("u", 3, "indices of a dictionary are integers, not 'u'"),
        f[n].schema.dictionary = &words.schema, n++;
    DAMAGED("+l", 2, "offset 3 of 2"), f[n].buffers[1] = good, join(&f[n], &item), n++;
    DAMAGED("+w:2", 1, "2 items for 3 lists of 2"), join(&f[n], &item), n++;
    DAMAGED("+s", 1, "column v: 2 rows, 3 are needed"), join(&f[n], &pair), join(&pair, &item),
        n++;
    want[n - 1] = "rows, 3 are needed";
    DAMAGED("+r", 0, "run 2 ends at 2 after 2"), join(&f[n], &end), join(&f[n], &words), n++;
    DAMAGED("+r", 0, "3 runs to 3 with 3 values for 4 rows"),
        f[n].array.length = 4, join(&f[n], &end_few), join(&f[n], &words), n++;
    DAMAGED("+us:0", 1, "member 9 of a union"), f[n].buffers[0] = ids, join(&f[n], &words), n++;
    DAMAGED("+ud:0", 2, "place 7 of member 0"), f[n].buffers[0] = "\0\0\0",
                                                f[n].buffers[1] = far, join(&f[n], &words), n++;
    DAMAGED("tss:", 2, "row 1: a moment outside of 64 bits"), f[n].buffers[1] = late,
                                                              code[n] = HONE_E_LIMIT, n++;
    for (size_t i = 0; i < n; i++) {
        CHECK_FAILS_WITH(
            &room->run,
            hone_arrow_import(&room->run, &f[i].schema, &f[i].array, false, &room->mem, &t),
            code[i], want[i]);
    }
    f[0].schema.release = NULL;
    CHECK_FAILS_WITH(
        &room->run,
        hone_arrow_import(&room->run, &f[0].schema, &f[0].array, false, &room->mem, &t),
        HONE_E_ARG, "is released");
    tables_leave(room);
}

static void nesting_has_an_end(void **state)
{
    static struct field deep[70];
    struct tables_room *room = tables_enter(0);
    struct hone_table *t;
    (void)state;

    for (size_t i = 0; i < 70; i++) {
        make(&deep[i], "+s", "s", 1, 1);
        if (i > 0) {
            join(&deep[i - 1], &deep[i]);
        }
    }
    CHECK_FAILS_WITH(
        &room->run,
        hone_arrow_import(&room->run, &deep[0].schema, &deep[0].array, false, &room->mem, &t),
        HONE_E_LIMIT, "nested deeper than 64");
    tables_leave(room);
}

const struct CMUnitTest hone_tests_arrow_c[] = {
    cmocka_unit_test(every_simple_type_has_its_column),
    cmocka_unit_test(decimals_are_rounded_correctly),
    cmocka_unit_test(text_of_all_layouts_is_text),
    cmocka_unit_test(dictionaries_of_any_index_and_value),
    cmocka_unit_test(structs_become_columns_and_offsets_add_up),
    cmocka_unit_test(lists_become_vectors_or_json),
    cmocka_unit_test(runs_and_unions_are_decoded),
    cmocka_unit_test(a_table_goes_out_and_comes_back),
    cmocka_unit_test(arrays_keep_the_table_alive),
    cmocka_unit_test(streams_cut_tables_and_put_them_together),
    cmocka_unit_test(an_array_outlives_its_stream),
    cmocka_unit_test(empty_tables_pass),
    cmocka_unit_test(threads_make_no_difference),
    cmocka_unit_test(a_producers_failure_is_told),
    cmocka_unit_test(unknown_types_are_named),
    cmocka_unit_test(damaged_arrays_are_refused),
    cmocka_unit_test(nesting_has_an_end),
};
const size_t hone_tests_arrow_c_n = sizeof hone_tests_arrow_c / sizeof hone_tests_arrow_c[0];
