/* Parquet: what other writers leave in files, what comes back of our own, kernels against plain loops. */
#include "base/file.h"
#include "base/hash.h"
#include "base/pool.h"
#include "base/rng.h"
#include "check.h"
#include "parquet_file.h"
#include "table/builder.h"
#include "table/dict.h"

/* Read a file made by hand; the run's failure is the test's. */
static struct hone_table *read_file(struct parquet_file *f,
                                    const struct hone_read_options *options,
                                    struct hone_arena *mem)
{
    struct hone_run run = {0};
    struct hone_table *t = NULL;
    struct hone_str bytes = parquet_end(f);

    CHECK_OK(&run, hone_table_read_text(&run, "t.parquet", bytes, options, mem, &t, NULL));
    hone_run_clear(&run);
    return t;
}

/* The values of a column, as printed, with a dot for what is missing. */
static const char *said(const struct hone_table *t, size_t col, struct hone_arena *mem)
{
    struct hone_buf buf = hone_buf(mem);

    for (size_t row = 0; row < t->rows; row++) {
        hone_buf_text(&buf, row > 0 ? "|" : "");
        if (hone_is_valid(&t->column[col], row)) {
            hone_column_print(&buf, &t->column[col], row);
        } else {
            hone_buf_char(&buf, '.');
        }
    }
    return buf.ptr;
}

/* One page of a required column of a physical and converted or logical type. */
static void one_page(int type, int length, int converted, int logical, int encoding, int values,
                     const char *bytes, size_t len, enum hone_type want, const char *text)
{
    struct hone_arena mem = {0};
    struct parquet_file f = parquet_file(&mem);
    struct hone_table *t;

    f.type = type;
    f.length = length;
    f.converted = converted;
    f.logical = logical;
    f.scale = 2;
    parquet_page(&f, values, encoding, bytes, len);
    t = read_file(&f, NULL, &mem);
    CHECK(t->rows == (size_t)values && t->column[0].nulls == 0);
    CHECK_STR(hone_type_name(t->column[0].type), hone_type_name(want));
    CHECK_STR(said(t, 0, &mem), text);
    hone_arena_free(&mem);
}
#define PAGE(bytes) (bytes), sizeof(bytes) - 1

static void types_of_old_files(void **state)
{
    (void)state;
    /* INT96: half a second after the epoch, and a day before 2000-01-01 */
    one_page(HONE_PQ_INT96, 0, -1, 0, 0, 2,
             PAGE("\0\x65\xcd\x1d\0\0\0\0\x8c\x3d\x25\0\0\0\0\0\0\0\0\0\x58\x68\x25\0"),
             HONE_TIMESTAMP, "1970-01-01T00:00:00.500000Z|1999-12-31T00:00:00Z");
    /* not whole microseconds: the column is text */
    one_page(HONE_PQ_INT96, 0, -1, 0, 0, 2,
             PAGE("\x01\0\0\0\0\0\0\0\x8c\x3d\x25\0\0\0\0\0\0\0\0\0\x8c\x3d\x25\0"), HONE_UTF8,
             "1970-01-01T00:00:00.000000001Z|1970-01-01T00:00:00.000000000Z");
    one_page(HONE_PQ_FIXED, 12, 21, 0, 0, 2, /* INTERVAL */
             PAGE("\x0e\0\0\0\x03\0\0\0\x85\x1a\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), HONE_UTF8,
             "P1Y2M3DT6.789S|PT0S");
    one_page(HONE_PQ_FIXED, 2, -1, 15, 0, 6, /* FLOAT16 */
             PAGE("\x00\x3c\x00\xc0\xff\x7b\x01\x00\x00\x7c\x00\x80"), HONE_FLOAT32,
             "1|-2|65504|5.9604645e-08|inf|-0");
    one_page(HONE_PQ_INT32, 0, 7, 0, 0, 2, /* TIME_MILLIS */
             PAGE("\x15\xcd\x5b\x02\x00\x00\x00\x00"), HONE_UTF8, "10:59:30.709000|00:00:00");
    one_page(HONE_PQ_INT32, 0, 13, 0, 0, 2, /* UINT_32 */
             PAGE("\xff\xff\xff\xff\x01\0\0\0"), HONE_INT64, "4294967295|1");
    one_page(HONE_PQ_INT64, 0, 14, 0, 0, 2, /* UINT_64 beyond 63 bits: a name */
             PAGE("\xff\xff\xff\xff\xff\xff\xff\xff\x01\0\0\0\0\0\0\0"), HONE_UTF8,
             "18446744073709551615|1");
    one_page(HONE_PQ_INT64, 0, 9, 0, 0, 1, /* TIMESTAMP_MILLIS */
             PAGE("\xff\xff\xff\xff\xff\xff\xff\xff"), HONE_TIMESTAMP,
             "1969-12-31T23:59:59.999000Z");
    one_page(HONE_PQ_BYTES, 0, -1, 0, 0, 2, PAGE("\x01\0\0\0\xff\0\0\0\0"), HONE_BINARY,
             "\xff|");
    one_page(HONE_PQ_FIXED, 16, -1, 14, 0, 1, PAGE("0123456789abcdef"), HONE_UTF8,
             "30313233-3435-3637-3839-616263646566");
}

static void decimals_are_what_strtod_says(void **state)
{
    struct hone_arena mem = {0};
    struct parquet_file f = parquet_file(&mem);
    const char *type[] = {"x=text"};
    const struct hone_read_options text = {.type = {type, 1}};
    static const char wide[] =
        "\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
        "\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    (void)state;

    one_page(HONE_PQ_INT32, 0, 5, 0, 0, 2, PAGE("\x39\x30\0\0\xff\xff\xff\xff"), HONE_FLOAT64,
             "123.45|-0.01");
    one_page(HONE_PQ_BYTES, 0, 5, 0, 0, 3, PAGE("\x01\0\0\0\xff\x02\0\0\0\x01\0\0\0\0\0"),
             HONE_FLOAT64, "-0.01|2.56|0");
    one_page(HONE_PQ_FIXED, 16, 5, 0, 0, 2, wide, 32, HONE_FLOAT64,
             "1.7014118346046924e+36|-1.7014118346046924e+36");
    f.type = HONE_PQ_FIXED;
    f.length = 16;
    f.converted = 5;
    f.scale = 2;
    parquet_page(&f, 2, HONE_PQ_PLAIN, wide, 32);
    CHECK_STR(said(read_file(&f, &text, &mem), 0, &mem),
              "1701411834604692317316873037158841057.27|"
              "-1701411834604692317316873037158841057.28");
    f = parquet_file(
        &mem); /* without a fraction it is a whole number, and a name beyond 64 bits */
    f.type = HONE_PQ_FIXED;
    f.length = 9;
    f.converted = 5;
    parquet_page(&f, 1, HONE_PQ_PLAIN, "\xff\x80\0\0\0\0\0\0\0", 9);
    CHECK_STR(said(read_file(&f, NULL, &mem), 0, &mem), "-9223372036854775808");
    f = parquet_file(&mem);
    f.type = HONE_PQ_FIXED;
    f.length = 9;
    f.converted = 5;
    parquet_page(&f, 1, HONE_PQ_PLAIN, "\x00\x80\0\0\0\0\0\0\0", 9);
    CHECK_STR(said(read_file(&f, NULL, &mem), 0, &mem), "9223372036854775808");
    hone_arena_free(&mem);
}

static void encodings_that_few_write(void **state)
{
    (void)state;
    /* the two examples of Encodings.md: 1..5, and 7 5 3 1 2 3 4 5 */
    one_page(HONE_PQ_INT32, 0, -1, 0, HONE_PQ_DELTA, 5,
             PAGE("\x80\x01\x04\x05\x02\x02\0\0\0\0"), HONE_INT64, "1|2|3|4|5");
    one_page(HONE_PQ_INT64, 0, -1, 0, HONE_PQ_DELTA, 8,
             PAGE("\x80\x01\x04\x08\x0e\x03\x02\0\0\0\xc0\x3f\0\0\0\0\0\0"), HONE_INT64,
             "7|5|3|1|2|3|4|5");
    one_page(HONE_PQ_BYTES, 0, 0, 0, HONE_PQ_DELTA_LENGTH, 3,
             PAGE("\x80\x01\x04\x03\x0a\x03\x02\0\0\0\x08\0\0\0\0\0\0\0HelloABCyou"), HONE_UTF8,
             "Hello|ABC|you");
    /* prefixes 0 2, suffixes "axis" "le" */
    one_page(HONE_PQ_BYTES, 0, 0, 0, HONE_PQ_DELTA_BYTES, 2,
             PAGE("\x80\x01\x04\x02\x00\x04\0\0\0\0\x80\x01\x04\x02\x08\x03\0\0\0\0axisle"),
             HONE_UTF8, "axis|axle");
    one_page(HONE_PQ_FLOAT, 0, -1, 0, HONE_PQ_STREAM_SPLIT, 2, PAGE("\0\0\0\0\x80\0\x3f\xc0"),
             HONE_FLOAT32, "1|-2");
    one_page(HONE_PQ_BOOLEAN, 0, -1, 0, HONE_PQ_RLE, 5, PAGE("\x04\0\0\0\x06\x01\x03\x01"),
             HONE_BOOL, "true|true|true|true|false");
    one_page(HONE_PQ_BOOLEAN, 0, -1, 0, HONE_PQ_PLAIN, 3, PAGE("\x05"), HONE_BOOL,
             "true|false|true");
}

static void levels_and_dictionaries_of_every_age(void **state)
{
    struct hone_arena mem = {0};
    struct parquet_file f = parquet_file(&mem);
    struct hone_table *t;
    static const int64_t two[] = {5, 6};
    (void)state;

    f.repeat = 1; /* version 2, levels packed: there, not, there, then a page where none is */
    parquet_page2(&f, 3, 1, HONE_PQ_PLAIN, 2, "\x03\x05\x05\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0",
                  18);
    parquet_page2(&f, 2, 2, HONE_PQ_PLAIN, 2, "\x04\0", 2);
    t = read_file(&f, NULL, &mem);
    CHECK(t->column[0].nulls == 3);
    CHECK_STR(said(t, 0, &mem), "5|.|6|.|.");

    f = parquet_file(&mem); /* the old name of dictionaries, a page without one after it */
    parquet_dictionary(&f, 2, two, sizeof two);
    parquet_page(&f, 4, HONE_PQ_PLAIN_DICTIONARY, "\x01\x03\x06", 3);
    parquet_page(&f, 2, HONE_PQ_PLAIN, two, sizeof two);
    parquet_page(&f, 2, HONE_PQ_DICTIONARY, "\0", 1); /* width 0, no runs */
    CHECK_STR(said(read_file(&f, NULL, &mem), 0, &mem), "5|6|6|5|5|6|5|5");

    f = parquet_file(&mem); /* a dictionary of words, some unused, twice the same word */
    f.type = HONE_PQ_BYTES;
    f.converted = 0;
    parquet_dictionary(&f, 4, "\1\0\0\0b\1\0\0\0a\1\0\0\0z\1\0\0\0b", 20);
    parquet_page(&f, 4, HONE_PQ_DICTIONARY, "\x02\x03\xc4\x00", 4); /* 0 1 0 3 */
    t = read_file(&f, NULL, &mem);
    CHECK(t->column[0].type == HONE_CATEGORY && t->column[0].dict->rows == 2);
    CHECK_STR(said(t, 0, &mem), "b|a|b|b");
    hone_arena_free(&mem);
}

static void lists_of_old_and_new_form(void **state)
{
    struct hone_arena mem = {0};
    /* [7, 8], [], missing, [9]: repetition and definition levels, then the values */
    static const int levels[] = {1, 2};
    (void)state;

    for (size_t i = 0; i < 2; i++) {
        struct parquet_file f = parquet_file(&mem);
        struct hone_buf page = hone_buf(&mem);
        const uint32_t rep[] = {0, 1, 0, 0, 0};
        const uint32_t def[] = {2, 2, 1, 0, 2};
        const int32_t value[] = {7, 8, 9};
        f.list = levels[i];
        f.type = HONE_PQ_INT32;
        f.name = i == 0 ? "element" : "array";
        f.repeat = i == 0 ? 0 : 2;
        hone_pq_put_any_levels(&page, rep, 5, 1);
        hone_pq_put_any_levels(&page, def, 5, 2);
        hone_buf_bytes(&page, value, sizeof value);
        parquet_page(&f, 5, HONE_PQ_PLAIN, page.ptr, page.len);
        f.rows = 4;
        CHECK_STR(said(read_file(&f, NULL, &mem), 0, &mem), "[7,8]|[]|.|[9]");
    }
    hone_arena_free(&mem);
}

static void texts_are_a_category_whatever_their_encoding(void **state)
{
    struct hone_arena mem = {0};
    struct hone_buf page = hone_buf(&mem);
    struct parquet_file f = parquet_file(&mem);
    struct hone_table *t[2];
    (void)state;

    for (int i = 0; i < 6; i++) {
        hone_buf_bytes(&page, "\1\0\0\0", 4);
        hone_buf_char(&page, (char)('c' - i % 3));
    }
    f.type = HONE_PQ_BYTES;
    f.converted = 0;
    parquet_page(&f, 6, HONE_PQ_PLAIN, page.ptr, page.len);
    t[0] = read_file(&f, NULL, &mem);
    CHECK(t[0]->column[0].type == HONE_CATEGORY && t[0]->column[0].dict->rows == 3);
    f = parquet_file(&mem);
    f.type = HONE_PQ_BYTES;
    f.converted = 0;
    parquet_page(&f, 5, HONE_PQ_PLAIN, page.ptr, 25); /* three words of five: text */
    t[1] = read_file(&f, NULL, &mem);
    CHECK(t[1]->column[0].type == HONE_UTF8);
    CHECK_STR(said(t[0], 0, &mem), "c|b|a|c|b|a");
    CHECK_STR(said(t[1], 0, &mem), "c|b|a|c|b");
    hone_arena_free(&mem);
}

enum { ROWS = 20000 };

/* A column of each type, some of it missing. */
static void make_columns(struct hone_run *run, struct hone_arena *mem, size_t rows,
                         struct hone_column *out)
{
    static const enum hone_type types[] = {HONE_BOOL,    HONE_INT64,     HONE_FLOAT32,
                                           HONE_FLOAT64, HONE_UTF8,      HONE_CATEGORY,
                                           HONE_DATE,    HONE_TIMESTAMP, HONE_BINARY};
    static const char *const names[] = {"bool",     "int",  "single", "real",  "text",
                                        "category", "date", "time",   "binary"};
    struct hone_rng rng = hone_rng(7, 1);
    float *vector;

    for (size_t c = 0; c < 9; c++) {
        struct hone_builder *b;
        CHECK_OK(run, hone_builder_new(run, names[c], types[c], mem, &b));
        for (size_t i = 0; i < rows; i++) {
            uint64_t bits = hone_rng_u64(&rng);
            char text[32];
            enum hone_code code = HONE_OK;
            if (c > 0 && (i % (5 + c) == 3 || i % 7000 > 6000)) {
                CHECK_OK(run, hone_builder_null(run, b));
                continue;
            }
            snprintf(text, sizeof text, types[c] == HONE_CATEGORY ? "w%u" : "text %u",
                     (unsigned)(types[c] == HONE_CATEGORY ? bits % 90 : bits % 1000000));
            if (types[c] == HONE_FLOAT32 || types[c] == HONE_FLOAT64) {
                double value = i % 1000 == 1   ? (double)NAN
                               : i % 1000 == 2 ? -0.0
                                               : (double)(bits % 100000) / 7.0;
                code = hone_builder_f64(run, b, value);
            } else if (types[c] == HONE_UTF8 || types[c] == HONE_BINARY ||
                       types[c] == HONE_CATEGORY) {
                code = hone_builder_str(run, b, hone_str(i % 50 == 0 ? "" : text));
            } else {
                code = hone_builder_i64(run, b,
                                        types[c] == HONE_DATE ? (int64_t)(bits % 90000) - 30000
                                                              : (int64_t)bits);
            }
            CHECK_OK(run, code);
        }
        CHECK_OK(run, hone_builder_end(run, b, &out[c]));
    }
    CHECK_OK(run, hone_array(run, mem, &vector, rows * 3));
    for (size_t i = 0; i < rows * 3; i++) {
        vector[i] =
            out[1].valid != NULL && !hone_is_valid(&out[1], i / 3) ? 0 : (float)i / 7.0F;
    }
    out[9] = (struct hone_column){.name = "vector",
                                  .type = HONE_VECTOR,
                                  .rows = rows,
                                  .width = 3,
                                  .valid = out[1].valid,
                                  .nulls = out[1].nulls,
                                  .data = vector};
}

static void check_same(const struct hone_table *a, const struct hone_table *b)
{
    struct hone_run run = {0};
    struct hone_sha sha[2];

    CHECK(a->rows == b->rows && a->cols == b->cols);
    for (size_t c = 0; c < a->cols; c++) {
        CHECK(a->column[c].nulls == b->column[c].nulls);
        CHECK(a->column[c].type == b->column[c].type ||
              (hone_type_is_text(a->column[c].type) && hone_type_is_text(b->column[c].type)));
    }
    CHECK_OK(&run, hone_table_hash(&run, a, &sha[0]));
    CHECK_OK(&run, hone_table_hash(&run, b, &sha[1]));
    CHECK_STR(sha[0].hex, sha[1].hex);
    hone_run_clear(&run);
}

static void what_is_written_comes_back(void **state)
{
    static const char *const codecs[] = {"none", "snappy", "zstd", "gzip", "lz4", NULL};
    static const size_t sizes[] = {ROWS, 3000, 1};
    struct hone_run run = {0};
    const char *folder = check_folder();
    (void)state;

    for (size_t s = 0; s < 3; s++) {
        struct hone_arena mem = {0};
        struct hone_column column[10];
        struct hone_table *t;
        make_columns(&run, &mem, sizes[s], column);
        CHECK_OK(&run, hone_table_of(&run, column, 10, &mem, &t));
        for (size_t c = 0; c < 6; c++) {
            const struct hone_write_options options = {.compression = codecs[c],
                                                       .row_group = s == 0 ? 7001 : 0};
            const char *path = check_path(folder, "t.parquet");
            struct hone_table *back;
            struct hone_arena again = {0};
            CHECK_OK(&run, hone_table_write(&run, t, path, &options));
            CHECK_OK(&run, hone_table_read(&run, path, NULL, &again, &back, NULL));
            check_same(t, back);
            hone_arena_free(&again);
        }
        hone_arena_free(&mem);
    }
    hone_run_clear(&run);
}

static void threads_change_neither_file_nor_table(void **state)
{
    struct hone_arena mem = {0};
    struct hone_run one = {0};
    struct hone_column column[10];
    struct hone_table *t;
    char *bytes[2];
    const char *folder = check_folder();
    const struct hone_write_options options = {.row_group = 3000};
    (void)state;

    make_columns(&one, &mem, ROWS, column);
    CHECK_OK(&one, hone_table_of(&one, column, 10, &mem, &t));
    for (size_t threads = 1; threads <= 4; threads += 3) {
        struct hone_run run = {.pool = hone_pool_new(threads)};
        const char *path = check_path(folder, threads == 1 ? "one.parquet" : "four.parquet");
        struct hone_table *back;
        CHECK_OK(&run, hone_table_write(&run, t, path, &options));
        CHECK_OK(&run, hone_table_read(&run, path, NULL, &mem, &back, NULL));
        check_same(t, back);
        hone_pool_free(run.pool);
        hone_run_clear(&run);
    }
    for (int i = 0; i < 2; i++) {
        struct hone_file file;
        CHECK_OK(&one, hone_file_open(
                           &one, check_path(folder, i == 0 ? "one.parquet" : "four.parquet"),
                           &mem, &file));
        bytes[i] = hone_arena_text(&mem, hone_sha256(file.bytes.ptr, file.bytes.len).hex, 64);
        hone_file_close(&file);
    }
    CHECK_STR(bytes[0], bytes[1]);
    hone_arena_free(&mem);
    hone_run_clear(&one);
}

static void tables_that_have_little_in_them(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_column column[10];
    struct hone_table *t;
    struct hone_table *back;
    const char *path = check_path(check_folder(), "little.parquet");
    const struct hone_write_options bad = {.compression = "brotli"};
    (void)state;

    make_columns(&run, &mem, 0, column);
    CHECK_OK(&run,
             hone_table_of(&run, column, 9, &mem, &t)); /* a list without rows has no length */
    CHECK_OK(&run, hone_table_write(&run, t, path, NULL));
    CHECK_OK(&run, hone_table_read(&run, path, NULL, &mem, &back, NULL));
    CHECK(back->rows == 0 && back->cols == 9);
    CHECK(back->column[3].type == HONE_FLOAT64 && back->column[7].type == HONE_TIMESTAMP);
    CHECK_FAILS_WITH(&run, hone_table_write(&run, t, path, &bad), HONE_E_ARG,
                     "'brotli' packs no Parquet file");
    CHECK_OK(&run, hone_table_of(&run, column, 0, &mem, &t));
    CHECK_FAILS_WITH(&run, hone_table_write(&run, t, path, NULL), HONE_E_SHAPE,
                     "a Parquet file must have columns");
    CHECK_OK(&run,
             hone_table_read(&run, path, NULL, &mem, &back, NULL)); /* what was there is */
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* Read from a file by the reader itself, which leaves out what the caller would cut away. */
static struct hone_table *read_some(struct hone_run *run, const char *path, const char *where,
                                    const char *only, struct hone_arena *mem)
{
    const char *names[] = {only};
    const struct hone_read_options options = {.where = where, .columns = {names, only != NULL}};
    struct hone_read_report report = {0};
    struct hone_table *t = NULL;
    struct hone_file file;

    CHECK_OK(run, hone_file_open(run, path, mem, &file));
    CHECK_OK(run, hone_reader_parquet.read(run, path, file.bytes, &options, mem, &t, &report));
    hone_file_close(&file);
    return t;
}

static void groups_and_columns_that_are_not_wanted_are_left_alone(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_column column[3];
    struct hone_builder *b;
    struct hone_table *t;
    const char *path = check_path(check_folder(), "sorted.parquet");
    const struct hone_write_options options = {.row_group = 1000};
    static const char *const names[] = {"n", "day", "word"};
    static const enum hone_type types[] = {HONE_INT64, HONE_DATE, HONE_UTF8};
    static const struct {
        const char *where;
        size_t rows;
    } cases[] = {{"n < 999", 1000},
                 {"n >= 2500 and n < 3500", 2000},
                 {"n = 4000", 1000},
                 {"n > 5000", 0},
                 {"word = 'w2'", 1000},
                 {"word = 'x'", 0},
                 {"day <= '1970-01-01'", 1000},
                 {"n < 1500 or n > 4500", 5000},
                 {"n % 2 = 0", 5000}};
    (void)state;

    for (size_t c = 0; c < 3; c++) {
        CHECK_OK(&run, hone_builder_new(&run, names[c], types[c], &mem, &b));
        for (int64_t i = 0; i < 5000; i++) {
            char text[8];
            snprintf(text, sizeof text, "w%d", (int)(i / 1000));
            CHECK_OK(&run, c == 2 ? hone_builder_str(&run, b, hone_str(text))
                                  : hone_builder_i64(&run, b, c == 0 ? i : i / 1000));
        }
        CHECK_OK(&run, hone_builder_end(&run, b, &column[c]));
    }
    CHECK_OK(&run, hone_table_of(&run, column, 3, &mem, &t));
    CHECK_OK(&run, hone_table_write(&run, t, path, &options));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        t = read_some(&run, path, cases[i].where, NULL, &mem);
        CHECK(t->rows == cases[i].rows && t->cols == 3);
    }
    t = read_some(&run, path, "n = 4321", "word", &mem);
    CHECK(t->cols == 2 && t->rows == 1000 && t->column[0].name[0] == 'n');
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void pages_that_cannot_have_rows_are_not_unpacked(void **state)
{
    enum { MANY = 70000 };
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_column column[2] = {
        {.name = "n", .type = HONE_INT64, .rows = MANY},
        {.name = "x", .type = HONE_FLOAT64, .rows = MANY},
    };
    const struct hone_read_options few = {.where = "n >= 40000 and n <= 40010"};
    const char *path = check_path(check_folder(), "pages.parquet");
    struct hone_table *t;
    int64_t *n;
    double *x;
    (void)state;

    CHECK_OK(&run, hone_array(&run, &mem, &n, MANY));
    CHECK_OK(&run, hone_array(&run, &mem, &x, MANY));
    for (size_t i = 0; i < MANY; i++) {
        n[i] = (int64_t)i;
        x[i] = (double)(i * 7919 % 65537) / 3.0;
    }
    column[0].data = n;
    column[1].data = x;
    CHECK_OK(&run, hone_table_of(&run, column, 2, &mem, &t));
    CHECK_OK(&run, hone_table_write(&run, t, path, NULL));
    t = read_some(&run, path, "n >= 40000 and n <= 40010", NULL, &mem);
    CHECK(t->rows == MANY && t->column[0].nulls == MANY - 32768); /* one page of 32768 rows */
    CHECK(t->column[1].nulls == t->column[0].nulls);
    for (size_t i = 0; i < MANY; i++) {
        bool there = i / 32768 == 1;
        CHECK(hone_is_valid(&t->column[0], i) == there);
        CHECK(!there || (hone_column_i64(&t->column[0], i) == n[i] &&
                         hone_column_f64(&t->column[1], i) == x[i]));
    }
    CHECK_OK(&run, hone_table_read(&run, path, &few, &mem, &t, NULL));
    CHECK(t->rows == 11 && t->column[0].nulls == 0 &&
          hone_column_i64(&t->column[0], 10) == 40010);
    t = read_some(&run, path, "n > 40000 and x < -1", NULL, &mem);
    CHECK(t->rows == 0); /* a group of which no page is left is left out */
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void unknown_columns_and_types_are_told(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct parquet_file f = parquet_file(&mem);
    struct hone_table *t;
    struct hone_str bytes;
    const char *name[] = {"xx"};
    const char *type[] = {"y=int64"};
    const char *odd[] = {"x=tensor"};
    const char *real[] = {"x=float64"};
    struct hone_read_options options = {.columns = {name, 1}};
    (void)state;

    parquet_page(&f, 1, HONE_PQ_PLAIN, "\x07\0\0\0\0\0\0\0", 8);
    bytes = parquet_end(&f);
#define READ() hone_table_read_text(&run, "t.parquet", bytes, &options, &mem, &t, NULL)
    CHECK_FAILS_WITH(&run, READ(), HONE_E_NOT_FOUND, "t.parquet has no column 'xx'");
    options = (struct hone_read_options){.type = {type, 1}};
    CHECK_FAILS_WITH(&run, READ(), HONE_E_NOT_FOUND,
                     "no column 'y', for which a type is given");
    options = (struct hone_read_options){.type = {odd, 1}};
    CHECK_FAILS_WITH(&run, READ(), HONE_E_ARG, "names no type that can be read");
    options = (struct hone_read_options){.type = {real, 1}};
    CHECK_OK(&run, READ());
    CHECK(t->column[0].type == HONE_FLOAT64);
#undef READ
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void kernels_do_what_plain_loops_do(void **state)
{
    struct hone_arena mem = {0};
    struct hone_rng rng = hone_rng(11, 2);
    static uint32_t value[700], got[700];
    static int64_t whole[700], whole_got[700];
    static int32_t narrow[700];
    (void)state;

    for (unsigned width = 0; width <= 32; width++) {
        struct hone_buf buf = hone_buf(&mem);
        struct hone_pq_hybrid h;
        uint32_t mask = width == 32 ? UINT32_MAX : (UINT32_C(1) << width) - 1;
        for (size_t i = 0; i < 700; i++) { /* runs and single values */
            uint64_t bits = hone_rng_u64(&rng);
            value[i] = i > 0 && bits % 8 > 1 ? value[i - 1] : (uint32_t)(bits >> 32) & mask;
        }
        hone_pq_put_hybrid(&buf, value, 700, width);
        h = hone_pq_hybrid_of((uint8_t *)buf.ptr, (uint8_t *)buf.ptr + buf.len, width);
        for (size_t i = 0; i < 700;) { /* in pieces of any length */
            size_t n = hone_rng_u64(&rng) % 40;
            n = n < 700 - i ? n : 700 - i;
            CHECK(hone_pq_hybrid_take(&h, got + i, n));
            i += n;
        }
        CHECK(memcmp(value, got, sizeof value) == 0);
    }
    for (unsigned width = 0; width <= 64; width++) {
        struct hone_buf wide = hone_buf(&mem);
        struct hone_buf small = hone_buf(&mem);
        size_t n = width * 10 + 1;
        for (size_t i = 0; i < n; i++) {
            uint64_t bits = hone_rng_u64(&rng);
            whole[i] = (int64_t)(width == 64 ? bits : bits & ((UINT64_C(1) << width) - 1));
        }
        hone_pq_put_delta(&wide, whole, n, false);
        CHECK(hone_pq_delta64((uint8_t *)wide.ptr, (uint8_t *)wide.ptr + wide.len, whole_got,
                              n) == (uint8_t *)wide.ptr + wide.len);
        CHECK(memcmp(whole, whole_got, n * 8) == 0);
        for (size_t i = 0; i < n; i++) {
            whole[i] = (int32_t)(uint32_t)whole[i];
        }
        hone_pq_put_delta(&small, whole, n, true);
        CHECK(hone_pq_delta32((uint8_t *)small.ptr, (uint8_t *)small.ptr + small.len, narrow,
                              n) != NULL);
        for (size_t i = 0; i < n; i++) {
            CHECK(narrow[i] == whole[i]);
        }
    }
    hone_arena_free(&mem);
}

static void streams_bits_and_gaps(void **state)
{
    struct hone_rng rng = hone_rng(3, 3);
    static uint8_t in[800], split[800], back[800], bits[128], copy[128];
    (void)state;

    for (size_t i = 0; i < sizeof in; i++) {
        in[i] = (uint8_t)hone_rng_u64(&rng);
        bits[i % 128] = in[i];
    }
    for (size_t size = 1; size <= 16; size++) {
        for (size_t n = 0; n * size <= 800; n += 1 + n / 3) {
            hone_pq_split_streams(in, n, size, split);
            hone_pq_join_streams(split, n, size, back);
            CHECK(memcmp(in, back, n * size) == 0);
            CHECK(n == 0 || split[n * (size - 1)] == in[size - 1]);
        }
    }
    for (size_t to = 0; to < 17; to++) {
        for (size_t from = 0; from < 17; from++) {
            size_t n = hone_rng_u64(&rng) % 200;
            size_t ones = 0;
            memset(copy, 0, sizeof copy);
            hone_pq_bits_copy(copy, to, bits, from, n);
            for (size_t i = 0; i < 300; i++) {
                bool want = i >= to && i < to + n && hone_bit(bits, from + i - to);
                CHECK(hone_bit(copy, i) == want);
                ones += want;
            }
            CHECK(hone_pq_bits_count(bits, from, n) == ones);
        }
    }
    for (size_t width = 1; width <= 8; width *= 2) {
        uint8_t data[800] = {0};
        size_t k = hone_pq_bits_count(bits, 5, 100);
        if (width == 2) {
            continue;
        }
        memcpy(data, in, k * width);
        hone_pq_spread(data, width, 100, k, bits, 5);
        for (size_t i = 0, at = 0; i < 100; i++) {
            static const uint8_t none[8];
            bool there = hone_bit(bits, 5 + i);
            CHECK(memcmp(data + i * width, there ? in + at * width : none, width) == 0);
            at += there;
        }
    }
}

const struct CMUnitTest hone_tests_parquet[] = {
    cmocka_unit_test(types_of_old_files),
    cmocka_unit_test(decimals_are_what_strtod_says),
    cmocka_unit_test(encodings_that_few_write),
    cmocka_unit_test(levels_and_dictionaries_of_every_age),
    cmocka_unit_test(lists_of_old_and_new_form),
    cmocka_unit_test(texts_are_a_category_whatever_their_encoding),
    cmocka_unit_test(what_is_written_comes_back),
    cmocka_unit_test(threads_change_neither_file_nor_table),
    cmocka_unit_test(tables_that_have_little_in_them),
    cmocka_unit_test(groups_and_columns_that_are_not_wanted_are_left_alone),
    cmocka_unit_test(pages_that_cannot_have_rows_are_not_unpacked),
    cmocka_unit_test(unknown_columns_and_types_are_told),
    cmocka_unit_test(kernels_do_what_plain_loops_do),
    cmocka_unit_test(streams_bits_and_gaps),
};
const size_t hone_tests_parquet_n = sizeof hone_tests_parquet / sizeof hone_tests_parquet[0];
