/* Parquet files that are damaged, or made to do harm: each is refused in a sentence that says where. */
#include "base/file.h"
#include "check.h"
#include "parquet_file.h"

static enum hone_code read_bytes(struct hone_run *run, struct hone_str bytes,
                                 struct hone_arena *mem, struct hone_table **out)
{
    static const struct hone_read_options options = {.format = "parquet"};
    return hone_table_read_text(run, "t.parquet", bytes, &options, mem, out, NULL);
}

/* The file is refused with a message that contains text. */
static void refused(struct hone_str bytes, enum hone_code code, const char *text)
{
    struct hone_run run = {0};
    struct hone_arena mem = {.limit = (size_t)64 << 20};
    struct hone_table *t = NULL;

    CHECK_FAILS_WITH(&run, read_bytes(&run, bytes, &mem, &t), code, text);
    CHECK(t == NULL);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static const int64_t three[3] = {7, -8, 9};

/* A good file of three numbers, to be spoilt. */
static struct parquet_file good(struct hone_arena *mem)
{
    struct parquet_file f = parquet_file(mem);

    parquet_page(&f, 3, HONE_PQ_PLAIN, three, sizeof three);
    return f;
}

static void a_good_file_is_read_and_no_part_of_it_is(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = NULL;
    struct parquet_file f = good(&mem);
    struct hone_str bytes = parquet_end(&f);
    (void)state;

    CHECK_OK(&run, read_bytes(&run, bytes, &mem, &t));
    CHECK(t->rows == 3 && t->cols == 1 && hone_column_i64(&t->column[0], 1) == -8);
    for (size_t len = 0; len < bytes.len; len++) {
        char *part = hone_arena_text(&mem, bytes.ptr, len); /* of its own, for ASan */
        enum hone_code code = read_bytes(&run, (struct hone_str){part, len}, &mem, &t);
        CHECK(code == HONE_E_FORMAT);
        hone_error_clear(&run);
    }
    for (size_t cut = 4; cut < bytes.len - 8;
         cut++) { /* bytes missing in the middle, the end there */
        struct hone_buf buf = hone_buf(&mem);
        hone_buf_bytes(&buf, bytes.ptr, cut);
        hone_buf_bytes(&buf, bytes.ptr + cut + 1, bytes.len - cut - 1);
        CHECK(read_bytes(&run, (struct hone_str){buf.ptr, buf.len}, &mem, &t) != HONE_OK);
        hone_error_clear(&run);
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void any_flipped_bit_is_survived(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct parquet_file f = good(&mem);
    struct hone_str bytes = parquet_end(&f);
    (void)state;

    for (size_t bit = 0; bit < bytes.len * 8; bit++) {
        struct hone_arena out = {.limit = (size_t)64 << 20};
        struct hone_table *t = NULL;
        char *copy = hone_arena_text(&out, bytes.ptr, bytes.len);
        copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
        (void)!read_bytes(&run, (struct hone_str){copy, bytes.len}, &out, &t);
        CHECK(t == NULL || t->rows == 3);
        hone_error_clear(&run);
        hone_arena_free(&out);
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void what_is_no_parquet_is_told(void **state)
{
    char long_footer[] = "PAR1....\xff\xff\xff\x7fPAR1";
    char empty[] = "PAR1\0\0\0\0PAR1";
    char twelve[] = "PARxaaaaPAR1";
    (void)state;

    refused((struct hone_str){"PAR1", 4}, HONE_E_FORMAT, "at least 12 are needed");
    refused((struct hone_str){twelve, 12}, HONE_E_FORMAT, "does not begin with PAR1");
    refused(hone_str("PAR1 and then some text"), HONE_E_FORMAT, "cut short");
    refused(hone_str("PARE____________PARE"), HONE_E_UNSUPPORTED, "t.parquet is encrypted");
    refused((struct hone_str){long_footer, 16}, HONE_E_FORMAT,
            "footer of 2147483647 bytes is longer than the file of 16");
    refused((struct hone_str){empty, 12}, HONE_E_FORMAT, "the footer is damaged at byte 4");
}

static void footers_that_lie_are_refused(void **state)
{
    struct hone_arena mem = {0};
    static const struct {
        int64_t rows, values, data_at, packed, group_rows;
        int codec, type;
        enum hone_code code;
        const char *text;
    } cases[] = {
        {.rows = 4, .code = HONE_E_FORMAT, .text = "it has 3 values, the row group 4 rows"},
        {.rows = 3,
         .group_rows = 2,
         .code = HONE_E_FORMAT,
         .text = "3 values, the row group 2"},
        {.values = -1, .code = HONE_E_FORMAT, .text = "lacks what is required"},
        {.data_at = 100000,
         .packed = 30,
         .code = HONE_E_FORMAT,
         .text = "bytes at 100000 are not within"},
        {.data_at = -5, .code = HONE_E_FORMAT, .text = "lacks what is required"},
        {.data_at = INT64_MAX,
         .packed = 30,
         .code = HONE_E_FORMAT,
         .text = "not within the file's"},
        {.data_at = 1, .code = HONE_E_FORMAT, .text = "bytes at 1 are not within"},
        {.packed = INT64_MAX, .code = HONE_E_FORMAT, .text = "not within the file's"},
        {.packed = 10, .code = HONE_E_FORMAT, .text = "row group 1, column x: "},
        {.codec = 3, .code = HONE_E_UNSUPPORTED, .text = "it is packed with lzo"},
        {.codec = 77, .code = HONE_E_UNSUPPORTED, .text = "(codec 77)"},
        {.codec = HONE_CODEC_SNAPPY, .code = HONE_E_FORMAT, .text = "the snappy data are"},
        {.codec = HONE_CODEC_ZSTD, .code = HONE_E_FORMAT, .text = "the zstd data are damaged"},
        {.codec = HONE_CODEC_GZIP, .code = HONE_E_FORMAT, .text = "the gzip data are damaged"},
        {.codec = HONE_CODEC_LZ4, .code = HONE_E_FORMAT, .text = "the lz4 data are damaged"},
        {.codec = HONE_CODEC_LZ4_RAW,
         .code = HONE_E_FORMAT,
         .text = "the lz4 data are damaged"},
        {.codec = HONE_CODEC_BROTLI, .code = HONE_E_FORMAT, .text = "the brotli data are"},
        {.type = 9,
         .code = HONE_E_FORMAT,
         .text = "schema element 2, 'x': its type is not known"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct parquet_file f = good(&mem);
        f.rows = cases[i].rows;
        f.values = cases[i].values != 0 ? cases[i].values : f.values;
        f.data_at = cases[i].data_at != 0 ? cases[i].data_at : f.data_at;
        f.packed = cases[i].packed;
        f.group_rows = cases[i].group_rows != 0 ? cases[i].group_rows : -1;
        f.codec = cases[i].codec;
        f.type = cases[i].type != 0 ? cases[i].type : f.type;
        if (cases[i].rows == 0) {
            f.rows = 3;
        }
        refused(parquet_end(&f), cases[i].code, cases[i].text);
    }
    hone_arena_free(&mem);
}

static void chunks_that_are_elsewhere_are_refused(void **state)
{
    struct hone_arena mem = {0};
    struct parquet_file f = good(&mem);
    (void)state;

    f.other_file = true;
    refused(parquet_end(&f), HONE_E_UNSUPPORTED,
            "row group 1, column x: it lies in another file");
    f = good(&mem);
    f.encrypted = true;
    refused(parquet_end(&f), HONE_E_UNSUPPORTED, "row group 1, column x: it is encrypted");
    f = good(&mem);
    f.no_meta = true;
    refused(parquet_end(&f), HONE_E_FORMAT, "its description lacks what is required");
    f = good(&mem);
    f.group_rows = 3;
    f.rows = 5;
    refused(parquet_end(&f), HONE_E_FORMAT, "the footer says 5 rows, its row groups have 3");
    hone_arena_free(&mem);
}

static void page_headers_that_lie_are_refused(void **state)
{
    struct hone_arena mem = {0};
    static const struct {
        int type, unpacked, packed, values, encoding, codec;
        const char *text;
    } cases[] = {
        {0, 24, 1000, 3, 0, 0, "reaches past its end"},
        {0, 24, -1, 3, 0, 0, "lacks what is required"},
        {0, -24, 24, 3, 0, 0, "lacks what is required"},
        {0, 25, 24, 3, 0, 0, "has 24 bytes and says that it has 25"},
        {0, 24, 24, -3, 0, 0, "lacks what is required"},
        {0, 24, 24, 4, 0, 0, "its pages have more than its 3 values"},
        {0, 24, 24, 2, 0, 0, "its pages end 1 values too early"},
        {0, 24, 24, 3, 1, 0, "has encoding 1, which is not known"},
        {0, 24, 24, 3, 99, 0, "has encoding 99, which is not known"},
        {0, 24, 24, 3, 6, 0, "has encoding 6, which its type cannot have"},
        {0, 24, 24, 3, 5, 0, "the differences of a page are damaged"},
        {0, 24, 24, 3, 8, 0, "refers to a dictionary that is not there"},
        {0, INT32_MAX, 24, 3, 0, HONE_CODEC_SNAPPY, "says that it unpacks to 2147483647"},
        {0, INT32_MAX, 24, 3, 0, HONE_CODEC_ZSTD, "says that it unpacks to 2147483647"},
        {2, 24, 24, 3, 5, 0, "its dictionary has encoding 5"},
        {2, 24, 24, 4, 0, 0, "a page of 24 bytes does not hold its 4 values"},
        {2, 24, 24, INT32_MAX, 0, 0, "does not hold its 2147483647 values"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct parquet_file f = parquet_file(&mem);
        parquet_raw_page(&f, cases[i].type, cases[i].unpacked, cases[i].packed, cases[i].values,
                         cases[i].encoding, three, sizeof three);
        if (cases[i].type == HONE_PQ_DICTIONARY_PAGE) {
            parquet_page(&f, 3, HONE_PQ_DICTIONARY, "\x02\x03\x04", 3);
        }
        f.codec = cases[i].codec;
        f.values = 3;
        f.rows = 3;
        refused(parquet_end(&f), i == 7 || i == 8 ? HONE_E_UNSUPPORTED : HONE_E_FORMAT,
                cases[i].text);
    }
    hone_arena_free(&mem);
}

static void codes_and_levels_that_overrun_are_refused(void **state)
{
    struct hone_arena mem = {0};
    struct parquet_file f = parquet_file(&mem);
    (void)state;

    parquet_dictionary(&f, 3, three, sizeof three);
    parquet_page(&f, 3, HONE_PQ_DICTIONARY, "\x02\x06\x03", 3); /* a run of three 3s */
    refused(parquet_end(&f), HONE_E_FORMAT, "a page has code 3, its dictionary 3 values");
    f = parquet_file(&mem);
    parquet_dictionary(&f, 3, three, sizeof three);
    parquet_page(&f, 3, HONE_PQ_DICTIONARY, "\x21\x06\x03", 3);
    refused(parquet_end(&f), HONE_E_FORMAT, "a page has codes of 33 bits");
    f = parquet_file(&mem);
    parquet_dictionary(&f, 3, three, sizeof three);
    parquet_page(&f, 3, HONE_PQ_DICTIONARY, "\x02\x04\x01", 3); /* two of three */
    refused(parquet_end(&f), HONE_E_FORMAT, "the codes of a page are damaged");
    f = parquet_file(&mem);
    parquet_dictionary(&f, 3, three, sizeof three);
    parquet_dictionary(&f, 3, three, sizeof three);
    parquet_page(&f, 3, HONE_PQ_DICTIONARY, "\x02\x06\x01", 3);
    refused(parquet_end(&f), HONE_E_FORMAT, "it has a second dictionary");
    f = parquet_file(&mem);
    f.repeat = 1;
    parquet_page(&f, 3, HONE_PQ_PLAIN, "\xff\xff\xff\x7f", 4);
    refused(parquet_end(&f), HONE_E_FORMAT, "the levels of the page at byte");
    f = parquet_file(&mem);
    f.repeat = 1;
    parquet_page(&f, 3, HONE_PQ_PLAIN, "\x02\0\0\0\x04\x01", 6); /* levels of two rows */
    refused(parquet_end(&f), HONE_E_FORMAT, "the definition levels of a page are damaged");
    f = parquet_file(&mem);
    f.repeat = 1;
    parquet_page(&f, 3, HONE_PQ_PLAIN, "\x02\0\0\0\x06\x01\x07\0\0\0\0\0\0\0", 14);
    refused(parquet_end(&f), HONE_E_FORMAT, "a page of 8 bytes does not hold its 3 values");
    f = parquet_file(&mem);
    f.repeat = 1;
    parquet_page2(&f, 3, 0, HONE_PQ_PLAIN, 1000, three, sizeof three);
    refused(parquet_end(&f), HONE_E_FORMAT, "reach past its end");
    f = parquet_file(&mem);
    f.type = HONE_PQ_BYTES;
    parquet_page(&f, 1, HONE_PQ_PLAIN,
                 "\xff\xff\xff\xff"
                 "ab",
                 6);
    refused(parquet_end(&f), HONE_E_FORMAT,
            "value 1 of a page says that it has 4294967295 bytes");
    hone_arena_free(&mem);
}

static void texts_that_are_not_utf8_are_refused(void **state)
{
    struct hone_arena mem = {0};
    (void)state;

    for (int plain = 0; plain < 2; plain++) {
        struct parquet_file f = parquet_file(&mem);
        f.type = HONE_PQ_BYTES;
        f.converted = 0; /* UTF8 */
        if (plain == 0) {
            parquet_dictionary(&f, 2, "\x01\0\0\0a\x01\0\0\0\xff", 10);
            parquet_page(&f, 2, HONE_PQ_DICTIONARY, "\x01\x03\x02", 3);
        } else { /* two halves of a character are two wrong texts */
            parquet_page(&f, 2, HONE_PQ_PLAIN, "\x01\0\0\0\xc3\x01\0\0\0\xa4", 10);
        }
        refused(parquet_end(&f), HONE_E_FORMAT,
                plain == 0 ? "column x: value 2 is no UTF-8 text" : "value 1 is no UTF-8 text");
    }
    hone_arena_free(&mem);
}

static void lists_that_contradict_themselves_are_refused(void **state)
{
    struct hone_arena mem = {0};
    struct parquet_file f = parquet_file(&mem);
    (void)state;

    f.list = 1;
    f.name = "element";
    /* the first entry goes on with a row that has not begun: repetition 1, definition 2 */
    parquet_page(&f, 1, HONE_PQ_PLAIN, "\x02\0\0\0\x02\x01\x02\0\0\0\x02\x02\x05\0\0\0\0\0\0\0",
                 20);
    f.rows = 1;
    refused(parquet_end(&f), HONE_E_FORMAT, "row 1: its levels contradict the schema");
    f = parquet_file(&mem);
    f.list = 1;
    f.name = "element";
    parquet_page(&f, 1, HONE_PQ_PLAIN, "\x02\0\0\0\x02\0\x02\0\0\0\x02\x02\x05\0\0\0\0\0\0\0",
                 20);
    f.rows = 2; /* one row only is there */
    refused(parquet_end(&f), HONE_E_FORMAT, "row 2: its levels contradict the schema");
    hone_arena_free(&mem);
}

/* A chain of groups, each the only child of the one above. */
static void put_chain(struct hone_buf *buf, size_t i)
{
    int last = 0;

    if (i > 0) {
        hone_thrift_put_i32(buf, &last, 3, 1);
    }
    hone_thrift_put_binary(buf, &last, 4, hone_str("deep"));
    hone_thrift_put_i32(buf, &last, 5, 1);
    hone_thrift_put_stop(buf);
}

static void put_many(struct hone_buf *buf, size_t i)
{
    int last = 0;

    if (i > 0) {
        hone_thrift_put_i32(buf, &last, 1, 1);
        hone_thrift_put_i32(buf, &last, 3, 0);
    }
    hone_thrift_put_binary(buf, &last, 4, hone_str("x"));
    if (i == 0) {
        hone_thrift_put_i32(buf, &last, 5, 1);
    }
    hone_thrift_put_stop(buf);
}

static void put_long_name(struct hone_buf *buf, size_t i)
{
    static char name[600001];
    int last = 0;

    memset(name, 'n', sizeof name - 1);
    if (i > 0) {
        hone_thrift_put_i32(buf, &last, 3, 1);
    }
    hone_thrift_put_binary(buf, &last, 4, hone_str(i < 40 ? name : "x"));
    hone_thrift_put_i32(buf, &last, 5, i < 40 ? 1 : 300);
    hone_thrift_put_stop(buf);
}

static void schemas_that_make_no_tree_are_refused(void **state)
{
    struct hone_arena mem = {0};
    struct parquet_file f = parquet_file(&mem);
    struct hone_buf deep = hone_buf(&mem);
    (void)state;

    refused(parquet_schema(&f, 100, put_chain), HONE_E_FORMAT, "nested too deeply");
    f = parquet_file(&mem);
    refused(parquet_schema(&f, 3, put_chain), HONE_E_FORMAT,
            "the schema ends before the children of 'deep'");
    f = parquet_file(&mem);
    refused(parquet_schema(&f, 5, put_many), HONE_E_FORMAT,
            "3 elements that belong to no group");
    f = parquet_file(&mem);
    refused(parquet_schema(&f, 1, put_many), HONE_E_FORMAT, "the schema ends before");
    f = parquet_file(&mem);
    refused(parquet_schema(&f, 0, put_many), HONE_E_FORMAT, "the schema is empty");
    f = parquet_file(&mem);
    refused(parquet_schema(&f, 50, put_long_name), HONE_E_LIMIT,
            "names of the schema are too long");

    hone_buf_text(&deep, "PAR1"); /* a footer of lists in lists */
    for (int i = 0; i < 1000; i++) {
        hone_buf_char(&deep, 0x19);
    }
    hone_buf_bytes(&deep, "\xe8\x03\0\0PAR1", 8);
    refused((struct hone_str){deep.ptr, deep.len}, HONE_E_FORMAT, "it is nested too deeply");
    hone_arena_free(&mem);
}

static void few_bytes_do_not_ask_for_much_memory(void **state)
{
    struct hone_arena mem = {0};
    struct parquet_file f = parquet_file(&mem);
    (void)state;

    parquet_dictionary(&f, 3, three, sizeof three); /* 2^31 - 1 rows in a run */
    parquet_page(&f, INT32_MAX, HONE_PQ_DICTIONARY, "\x02\xfe\xff\xff\xff\x0f\x01", 7);
    refused(parquet_end(&f), HONE_E_LIMIT, "asks for 16383 MiB of memory");
    f = parquet_file(&mem);
    f.list = 1;
    f.name = "element";
    parquet_page(&f, INT32_MAX, HONE_PQ_PLAIN, "", 0);
    f.rows = 1;
    refused(parquet_end(&f), HONE_E_LIMIT, "MiB of memory");
    f = parquet_file(&mem);
    f.type = HONE_PQ_FIXED;
    f.length = 0x7fffffff;
    parquet_page(&f, 1, HONE_PQ_PLAIN, "", 0);
    refused(parquet_end(&f), HONE_E_FORMAT, "length of its values is missing or absurd");
    hone_arena_free(&mem);
}

static void a_wrong_checksum_is_told(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_table *t = NULL;
    struct hone_column c = {.name = "x", .type = HONE_INT64, .rows = 3, .data = three};
    const struct hone_write_options plain = {.compression = "none"};
    const char *path = check_path(check_folder(), "crc.parquet");
    struct hone_file file;
    char *copy;
    (void)state;

    CHECK_OK(&run, hone_table_of(&run, &c, 1, &mem, &t));
    CHECK_OK(&run, hone_table_write(&run, t, path, &plain));
    CHECK_OK(&run, hone_file_open(&run, path, &mem, &file));
    copy = hone_arena_text(&mem, file.bytes.ptr, file.bytes.len);
    for (size_t i = 4; i + 8 < file.bytes.len;
         i++) { /* the highest byte of -8, wherever it is */
        if (memcmp(copy + i, &three[1], 8) == 0) {
            copy[i + 1] = 0;
            break;
        }
    }
    refused((struct hone_str){copy, file.bytes.len}, HONE_E_FORMAT, "fails its checksum");
    hone_file_close(&file);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void memory_that_is_not_there_is_told(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_str bytes;
    struct parquet_file f = good(&mem);
    (void)state;

    bytes = parquet_end(&f);
    for (unsigned n = 1;; n++) {
        struct hone_arena out = {0};
        struct hone_table *t = NULL;
        enum hone_code code;
        hone_arena_fail_after(n);
        code = read_bytes(&run, bytes, &out, &t);
        hone_arena_fail_after(0);
        CHECK((code == HONE_OK) == (t != NULL));
        CHECK(code == HONE_OK || code == HONE_E_LIMIT);
        hone_error_clear(&run);
        hone_arena_free(&out);
        if (code == HONE_OK) {
            break;
        }
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_parquet_hostile[] = {
    cmocka_unit_test(a_good_file_is_read_and_no_part_of_it_is),
    cmocka_unit_test(any_flipped_bit_is_survived),
    cmocka_unit_test(what_is_no_parquet_is_told),
    cmocka_unit_test(footers_that_lie_are_refused),
    cmocka_unit_test(chunks_that_are_elsewhere_are_refused),
    cmocka_unit_test(page_headers_that_lie_are_refused),
    cmocka_unit_test(codes_and_levels_that_overrun_are_refused),
    cmocka_unit_test(texts_that_are_not_utf8_are_refused),
    cmocka_unit_test(lists_that_contradict_themselves_are_refused),
    cmocka_unit_test(schemas_that_make_no_tree_are_refused),
    cmocka_unit_test(few_bytes_do_not_ask_for_much_memory),
    cmocka_unit_test(a_wrong_checksum_is_told),
    cmocka_unit_test(memory_that_is_not_there_is_told),
};
const size_t hone_tests_parquet_hostile_n =
    sizeof hone_tests_parquet_hostile / sizeof hone_tests_parquet_hostile[0];
