/* Hostile CSV, JSON, encodings and packed files: each is read as the table it is, or refused with exactly this
 * message. */
#include <stdlib.h>

#include "base/file.h"
#include "check.h"
#include "io/reader.h"
#include "io/sink.h"
#include "tables.h"

#define T(text)                                                                                \
    {                                                                                          \
        (text), sizeof(text) - 1                                                               \
    }

/* "a:int64 b:text|1,x|2,", or "FORMAT: message". */
static const char *outcome(struct hone_run *run, const char *path, struct hone_str bytes,
                           const struct hone_read_options *options, struct hone_arena *mem)
{
    struct hone_buf buf = hone_buf(mem);
    struct hone_table *t;
    enum hone_code code = hone_table_read_text(run, path, bytes, options, mem, &t, NULL);

    if (code != HONE_OK) {
        CHECK(run->err.code == code && run->err.message[0] != '\0');
        hone_buf_format(&buf, "%s: %s", hone_code_name(code), run->err.message);
        hone_error_clear(run);
        return buf.ptr;
    }
    return tables_text(mem, t);
}

struct hostile {
    const char *path;
    struct hone_str bytes;
    const char *want;
};

static void try_all(const struct hostile *cases, size_t n)
{
    struct hone_run run = {0};
    size_t wrong = 0;

    for (size_t i = 0; i < n; i++) {
        struct hone_arena mem = {0};
        const char *got = outcome(&run, cases[i].path, cases[i].bytes, NULL, &mem);
        if (strcmp(got, cases[i].want) != 0) {
            print_message("case %zu gave\n  %s\nnot\n  %s\n", i, got, cases[i].want);
            wrong++;
        }
        hone_arena_free(&mem);
    }
    hone_run_clear(&run);
    CHECK(wrong == 0);
}

static void csv_is_read_or_refused(void **state)
{
    static const struct hostile cases[] = {
        {"t.csv", T(""), "FORMAT: t.csv is empty"},
        {"t.csv", T("\n"), "FORMAT: t.csv holds no records"},
        {"t.csv", T("\n\n \n\r\n"), "FORMAT: t.csv holds no records"},
        {"t.csv", T("\xef\xbb\xbf"), "FORMAT: t.csv is empty"},
        {"t.csv", T("\xef\xbb\xbf\n"), "FORMAT: t.csv holds no records"},
        {"t.csv", T("a,b"), "a:float64 b:float64"},
        {"t.csv", T("a,b\n"), "a:float64 b:float64"},
        {"t.csv", T("a"), "a:float64"},
        {"t.csv", T("1"), "column_1:int64|1"},
        {"t.csv", T(","), "column_1:float64 column_2:float64|,"},
        {"t.csv", T(",,\n,,\n"), "column_1:float64 column_2:float64 column_3:float64|,,|,,"},
        {"t.csv", T("\""), "FORMAT: t.csv, line 1: a quote is opened and never closed"},
        {"t.csv", T("\"\""), "column_1:float64|"},
        {"t.csv", T("\"a\nb\",c\n1,2"), "a\nb:int64 c:int64|1,2"},
        {"t.csv", T("a,b\n1,\"2"),
         "FORMAT: t.csv, line 2: column b: a quote is opened and never closed"},
        {"t.csv", T("a,b\n1,\"2\n3,4\n5,6\n"),
         "FORMAT: t.csv, line 2: column b: a quote is opened and never closed"},
        {"t.csv", T("a,b\n\"1\"x,2\n"),
         "FORMAT: t.csv, line 2: column a: text after a closing quote (does --quote none fit?)"},
        {"t.csv", T("a,b\n1,2,3\n"), "FORMAT: t.csv, line 2: 3 fields, expected 2: '1,2,3'"},
        {"t.csv", T("a,b\n1\n"), "FORMAT: t.csv, line 2: 1 field, expected 2: '1'"},
        {"t.csv", T("a,b\n1,2\n\n3\n"), "FORMAT: t.csv, line 4: 1 field, expected 2: '3'"},
        {"t.csv", T("a,a,a\n1,2,3\n"), "a:int64 a.1:int64 a.2:int64|1,2,3"},
        {"t.csv", T("a,a.1,a\n1,2,3\n"), "a:int64 a.1:int64 a.2:int64|1,2,3"},
        {"t.csv", T("a,,b\n1,2,3\n"), "a:int64 column_2:int64 b:int64|1,2,3"},
        {"t.csv", T("a,b\r1,2\r3,4\r"), "a:int64 b:int64|1,2|3,4"},
        {"t.csv", T("a,b\r\n1,2\n3,4\r\n"), "a:int64 b:int64|1,2|3,4"},
        {"t.csv", T("a,b\n1,\0\n2,x\n"),
         "FORMAT: t.csv, line 2: column b: the text is not UTF-8 (where most of the file is)"},
        {"t.csv", T("\0\0\0\0"), "FORMAT: t.csv: the name of column 1 is not UTF-8"},
        {"t.csv", T("a\xff,b\n1,2\n"), "aÿ:int64 b:int64|1,2"},
        {"t.csv", T("\xc3\xa9\xc3\xa9,b\xff\n1,2\n"),
         "FORMAT: t.csv: the name of column 2 is not UTF-8"},
        {"t.csv", T("\xc3\xa9,b\n1,2\n\xff,3\n"),
         "FORMAT: t.csv, line 3: column é: the text is not UTF-8 (where most of the file is)"},
        {"t.csv", T("a,b\n\xed\xa0\x80,\xc3\xa9\n"), "a:text b:text|í €,Ã©"},
        {"t.csv", T("a,b\n\xc0\xaf,\xc3\xa9\xc3\xa9\n"),
         "FORMAT: t.csv, line 2: column a: the text is not UTF-8 (where most of the file is)"},
        {"t.csv", T("n\n9223372036854775807\n-9223372036854775808\n"),
         "n:int64|9223372036854775807|-9223372036854775808"},
        {"t.csv", T("n\n9223372036854775808\n1\n"), "n:text|9223372036854775808|1"},
        {"t.csv", T("n\n1e309\n-1e309\n1e-400\n"), "n:float64|inf|-inf|0"},
        {"t.csv", T("n\n0x10\n1\n"), "n:text|0x10|1"},
        {"t.csv", T("n\n1_000\n1\n"), "n:text|1_000|1"},
        {"t.csv", T("n\n+1\n-0\n"), "n:int64|1|0"},
        {"t.csv", T("n\n.5\n5.\n"), "n:float64|0.5|5"},
        {"t.csv", T("n\ninf\nnan\n-Infinity\n"), "n:float64|inf||-inf"},
        {"t.csv", T("d\n2024-02-29\n2023-02-29\n"), "d:text|2024-02-29|2023-02-29"},
        {"t.csv", T("d\n2024-01-01\n2024-01-01T25:00:00\n"),
         "d:text|2024-01-01|2024-01-01T25:00:00"},
        {"t.csv", T("d\n0000-01-01\n9999-12-31\n"), "d:date|0000-01-01|9999-12-31"},
        {"t.csv", T("b\ntrue\nFALSE\nTrue\n"), "b:bool|true|false|true"},
        {"t.csv", T("b\ntrue\n1\n"), "b:text|true|1"},
        {"t.csv", T("=cmd|' /C calc'!A0,b\n1,2\n"), "=cmd|' /C calc'!A0:int64 b:int64|1,2"},
        {"t.csv", T("a;b,c\n1;2,3\n4;5,6\n"), "a;b:text c:int64|1;2,3|4;5,6"},
        {"t.tsv", T("a\tb\n\"x\ty\"\t1\n"), "a:text b:int64|x\ty,1"},
        {"t.csv", T("a,b\n1,2\x1a"), "a:int64 b:int64|1,2"},
    };
    (void)state;
    try_all(cases, sizeof cases / sizeof cases[0]);
}

static void json_is_read_or_refused(void **state)
{
    static const struct hostile cases[] = {
        {"t.jsonl", T("null\n"), "FORMAT: t.jsonl, line 1: 'null' is no object"},
        {"t.jsonl", T("{\n"),
         "FORMAT: t.jsonl, line 1: column 2: it ends inside an array or object"},
        {"t.jsonl", T("{}"), "FORMAT: t.jsonl holds no records"},
        {"t.jsonl", T("{\"a\":1}{\"a\":2}\n"),
         "FORMAT: t.jsonl, line 1: column 8: more text after the value"},
        {"t.jsonl", T("{\"a\":1},\n{\"a\":2}\n"),
         "FORMAT: t.jsonl, line 1: column 8: more text after the value"},
        {"t.jsonl", T("{\"a\":tru}\n"),
         "FORMAT: t.jsonl, line 1: column 6: a value was expected"},
        {"t.jsonl", T("{\"a\":1.}\n"),
         "FORMAT: t.jsonl, line 1: column 8: a number that ends in a point"},
        {"t.jsonl", T("{\"a\":+1}\n"),
         "FORMAT: t.jsonl, line 1: column 6: a value was expected"},
        {"t.jsonl", T("{\"a\":.5}\n"),
         "FORMAT: t.jsonl, line 1: column 6: a value was expected"},
        {"t.jsonl", T("{\"a\":0x1}\n"),
         "FORMAT: t.jsonl, line 1: column 7: ',' or '}' was expected"},
        {"t.jsonl", T("{\"a\":1e}\n"),
         "FORMAT: t.jsonl, line 1: column 8: a number without digits in its exponent"},
        {"t.jsonl", T("{\"a\":\"\\x\"}\n"),
         "FORMAT: t.jsonl, line 1: column 8: an escape that JSON does not have"},
        {"t.jsonl", T("{\"a\":\"\\u12\"}\n"),
         "FORMAT: t.jsonl, line 1: column 9: \\u is not followed by four hexadecimal digits"},
        {"t.jsonl", T("{\"a\":\"\\udc00\"}\n"),
         "FORMAT: t.jsonl, line 1: column 13: half of a surrogate pair"},
        {"t.jsonl", T("{\"a\":\"open}\n{\"a\":1}\n"),
         "FORMAT: t.jsonl, line 1: column 12: a string without an end"},
        {"t.jsonl", T("{\"a\":1 \"b\":2}\n"),
         "FORMAT: t.jsonl, line 1: column 8: ',' or '}' was expected"},
        {"t.jsonl", T("{a:1}\n"),
         "FORMAT: t.jsonl, line 1: column 2: a member's name was expected"},
        {"t.jsonl", T("{\"a\":[1,2}\n"),
         "FORMAT: t.jsonl, line 1: column 10: ',' or ']' was expected"},
        {"t.jsonl", T("// comment\n{\"a\":1}\n"),
         "FORMAT: t.jsonl, line 1: '// comment' is no object"},
        {"t.jsonl", T("{\"a\":123456789012345678901234567890}\n{\"a\":1}\n"),
         "a:text|123456789012345678901234567890|1"},
        {"t.jsonl", T("{\"a\":1e400}\n"), "a:float64|inf"},
        {"t.jsonl", T("{\"\":1}\n"), ":int64|1"},
        {"t.jsonl", T("{\"a\":\"\xc3\xa9\"}\n{\"a\":\"\xe9\"}\n"),
         "FORMAT: t.jsonl, line 2: column 8: a string that is not UTF-8"},
        {"t.json", T("[]"), "FORMAT: t.json holds no records"},
        {"t.json", T("[{}]"), "FORMAT: t.json holds no records"},
        {"t.json", T("[{\"a\":1},{\"b\":2}"),
         "FORMAT: t.json, line 1, column 1: the list that begins here has no end"},
        {"t.json", T("[{\"a\":1}]]"),
         "FORMAT: t.json, line 1, column 10: more text after the list"},
        {"t.json", T("[\"x\"]"),
         "FORMAT: t.json, line 1, column 2: a list of values is no table: a list of objects or lists is"},
        {"t.json", T("{\"a\":[1,2],\"b\":[1]}"),
         "FORMAT: t.json: column a has 2 values, column b 1"},
        {"t.json", T("{\"a\":[[1],[2]]}"), "a:vector|[1]|[2]"},
        {"t.json", T("{\"columns\":[1,null],\"data\":[[1,2]]}"),
         "FORMAT: t.json: null among the names in \"columns\""},
        {"t.json", T("{\"columns\":[\"a\"],\"data\":[[1,2]]}"),
         "FORMAT: t.json, line 1: 2 values, expected 1"},
    };
    (void)state;
    try_all(cases, sizeof cases / sizeof cases[0]);
}

static void other_things_are_named(void **state)
{
    static const struct hostile cases[] = {
        {"t.csv", T("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "UNSUPPORTED: t.csv is a PNG picture"},
        {"t.csv", T("PK\x03\x04\x14\0\0\0\0\0 xl/workbook.xml"),
         "UNSUPPORTED: t.csv is an Excel workbook"},
        {"t.csv",
         T("PK\x03\x04\x14\0\0\0\0\0 mimetypeapplication/vnd.oasis.opendocument.sheet"),
         "UNSUPPORTED: t.csv is an OpenDocument file"},
        {"t.csv", T("PK\x03\x04\x14\0\0\0\0\0 data.csv"),
         "UNSUPPORTED: t.csv is a ZIP archive"},
        {"t.csv", T("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 Workbook"),
         "UNSUPPORTED: t.csv is an old Excel or Word file"},
        {"t.csv",
         T("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0"),
         "UNSUPPORTED: t.csv is an Office file with a password"},
        {"t.csv", T("%PDF-1.7\n"), "UNSUPPORTED: t.csv is a PDF document"},
        {"t.csv", T("  <!DOCTYPE HTML><html><body>404"),
         "UNSUPPORTED: t.csv is a web page (HTML)"},
        {"t.json", T("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code>"),
         "UNSUPPORTED: t.json is an XML document"},
        {"t.csv", T("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"),
         "UNSUPPORTED: t.csv is a Git LFS pointer, not the file"},
        {"t.csv", T("BZh91AY&SY\0\0"), "UNSUPPORTED: t.csv is packed with bzip2"},
        {"t.csv",
         T("\xfd"
           "7zXZ\0\0"),
         "UNSUPPORTED: t.csv is packed with xz"},
        {"t.csv", T("SQLite format 3\0\x10\0"),
         "FORMAT: t.csv is no SQLite database, or is encrypted"},
        {"t.csv", T("\x80\x04\x95\x10\0\0\0\0\0\0\0\x8c"),
         "UNSUPPORTED: t.csv is a Python pickle"},
        {"t.csv", T("-----BEGIN PGP MESSAGE-----\n\nabc"),
         "UNSUPPORTED: t.csv is encrypted with PGP"},
        {"t.csv", T("\x93NUMPY\x01\0v\0{'descr'"), "UNSUPPORTED: t.csv is a NumPy array"},
    };
    (void)state;
    try_all(cases, sizeof cases / sizeof cases[0]);
}

static void encodings_are_read_or_refused(void **state)
{
    static const struct hostile cases[] = {
        {"t.csv", T("\xff\xfe"), "FORMAT: t.csv is empty"},
        {"t.csv", T("\xff\xfe\n"),
         "FORMAT: t.csv, line 1, byte 3 of the file: the file ends in the middle of a character"},
        {"t.csv",
         T("\xff\xfe"
           "a\0,\0b\0\n\0"
           "1\0,\0\0\xd8\n\0"),
         "FORMAT: t.csv, line 2, byte 15 of the file: half of a UTF-16 surrogate pair"},
        {"t.csv", T("\xfe\xff\0a\0\n\0\x31"), "a:int64|1"},
        {"t.csv", T("\xff\xfe\0\0a\0\0\0\n\0\0\0\xff\xff\xff\xff"),
         "FORMAT: t.csv, line 2, byte 13 of the file: no character of UTF-32"},
        {"t.csv", T("a,b\nna\xefve,caf\xe9\n"), "a:text b:text|naïve,café"},
        {"t.csv", T("a,b\n\x81\x8d,1\n"),
         "FORMAT: t.csv, line 2: column a: the text is not UTF-8 (where most of the file is)"},
        {"t.csv", T("\x93\xfa\x96\x7b\x8c\xea,\x93\xfa\x96\x7b\n1,2\n"),
         "FORMAT: t.csv is not UTF-8, and its 8 bytes above 127 look like no Western text"},
        {"t.jsonl", T("{\"a\":\"caf\xe9\"}\n"), "a:text|café"},
        {"t.jsonl",
         T("\xff\xfe{\0\"\0a\0\"\0:\0"
           "1\0}\0"),
         "a:int64|1"},
    };
    (void)state;
    try_all(cases, sizeof cases / sizeof cases[0]);
}

/* What happens to a packed file: cut to len bytes (from its end when negative), or a byte of it flipped. */
struct harm {
    const char *kind, *text;
    long cut;  /* 0: whole */
    long flip; /* -1: none; from the end when below */
    const char *tail;
    const char *want;
};

static struct hone_str packed_text(struct hone_run *run, const struct harm *h,
                                   struct hone_arena *mem)
{
    HONE_CLOSING(hone_sink_close) struct hone_sink sink = HONE_NO_SINK;
    const char *path = check_path(check_folder(), "x");
    struct hone_buf bytes = hone_buf(mem);
    struct hone_file file;

    CHECK_OK(run, hone_sink_open(run, path, h->kind, &sink));
    CHECK_OK(run, hone_sink_write(run, &sink, h->text, strlen(h->text)));
    CHECK_OK(run, hone_sink_commit(run, &sink));
    CHECK_OK(run, hone_file_open(run, path, mem, &file));
    hone_buf_str(&bytes, file.bytes);
    hone_file_close(&file);
    if (h->cut != 0) {
        bytes.len = h->cut > 0 ? (size_t)h->cut : bytes.len - (size_t)-h->cut;
    }
    if (h->flip != -1) {
        size_t at = h->flip >= 0 ? (size_t)h->flip : bytes.len - (size_t)-h->flip;
        bytes.ptr[at] = (char)(bytes.ptr[at] ^ 0x55);
    }
    hone_buf_text(&bytes, h->tail == NULL ? "" : h->tail);
    return (struct hone_str){bytes.ptr, bytes.len};
}

static void packed_files_are_read_or_refused(void **state)
{
    static const char text[] = "a,b\n1,2\n3,4\n";
    static const struct harm cases[] = {
        {"gzip", text, 0, -1, NULL, "a:int64 b:int64|1,2|3,4"},
        {"gzip", "", 0, -1, NULL, "FORMAT: t.csv is empty"},
        {"gzip", text, 2, -1, NULL, "FORMAT: t.csv: the compressed data end too early"},
        {"gzip", text, 9, -1, NULL, "FORMAT: t.csv: the compressed data end too early"},
        {"gzip", text, -1, -1, NULL, "FORMAT: t.csv: the compressed data end too early"},
        {"gzip", text, -8, -1, NULL, "FORMAT: t.csv: the compressed data end too early"},
        {"gzip", text, -12, -1, NULL, "FORMAT: t.csv: the compressed data end too early"},
        {"gzip", text, 0, 2, NULL,
         "FORMAT: t.csv: damaged gzip data: unknown compression method"},
        {"gzip", text, 0, -3, NULL, "FORMAT: t.csv: damaged gzip data: incorrect length check"},
        {"gzip", text, 0, -7, NULL, "FORMAT: t.csv: damaged gzip data: incorrect data check"},
        {"gzip", text, 0, 12, NULL,
         "FORMAT: t.csv: damaged gzip data: invalid distance too far back"},
        {"gzip", text, 0, -1, "garbage",
         "FORMAT: t.csv: damaged gzip data: incorrect header check"},
        {"zstd", text, 0, -1, NULL, "a:int64 b:int64|1,2|3,4"},
        {"zstd", "", 0, -1, NULL, "FORMAT: t.csv is empty"},
        {"zstd", text, 4, -1, NULL, "FORMAT: t.csv: the compressed data end too early"},
        {"zstd", text, -1, -1, NULL, "FORMAT: t.csv: the compressed data end too early"},
        {"zstd", text, 0, 4, NULL, "FORMAT: t.csv: damaged zstd data: Dictionary mismatch"},
        {"zstd", text, 0, -2, NULL,
         "FORMAT: t.csv: damaged zstd data: Restored data doesn't match checksum"},
        {"zstd", text, 0, -1, "garbage",
         "FORMAT: t.csv: damaged zstd data: Unknown frame descriptor"},
    };
    struct hone_run run = {0};
    size_t wrong = 0;
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hone_arena mem = {0};
        struct hone_str bytes = packed_text(&run, &cases[i], &mem);
        const char *got = outcome(&run, "t.csv", bytes, NULL, &mem);
        if (strcmp(got, cases[i].want) != 0) {
            print_message("case %zu gave\n  %s\nnot\n  %s\n", i, got, cases[i].want);
            wrong++;
        }
        hone_arena_free(&mem);
    }
    hone_run_clear(&run);
    CHECK(wrong == 0);
}

/* Texts too long to be written down. */
static void sizes_out_of_bounds_are_limits(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_buf buf = hone_buf(&mem);
    const char *got;
    (void)state;

    for (int i = 0; i < 100001; i++) {
        hone_buf_format(&buf, "%sc%d", i == 0 ? "" : ",", i);
    }
    got = outcome(&run, "t.csv", (struct hone_str){buf.ptr, buf.len}, NULL, &mem);
    CHECK_STR(got, "LIMIT: t.csv has more than 100000 columns");
    buf.len = 0;
    hone_buf_text(&buf, "{");
    for (int i = 0; i < 100001; i++) {
        hone_buf_format(&buf, "%s\"c%d\":1", i == 0 ? "" : ",", i);
    }
    hone_buf_text(&buf, "}\n");
    got = outcome(&run, "t.jsonl", (struct hone_str){buf.ptr, buf.len}, NULL, &mem);
    CHECK_STR(got, "LIMIT: t.jsonl has more than 100000 columns");
    buf.len = 0;
    hone_buf_text(&buf, "a,b\n1,");
    for (int i = 0; i < 20 << 20; i += 16) {
        hone_buf_text(&buf, "0123456789abcdef");
    }
    got = outcome(&run, "t.csv", (struct hone_str){buf.ptr, buf.len}, NULL, &mem);
    CHECK_STR(got, "FORMAT: t.csv, line 2: column b: a field longer than 16 MiB");
    buf.len = 0;
    hone_buf_text(&buf, "{\"a\":");
    for (int i = 0; i < 65; i++) {
        hone_buf_char(&buf, '[');
    }
    got = outcome(&run, "t.jsonl", (struct hone_str){buf.ptr, buf.len}, NULL, &mem);
    CHECK_STR(got, "FORMAT: t.jsonl, line 1: column 69: nested too deep");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_hostile_text[] = {
    cmocka_unit_test(csv_is_read_or_refused),
    cmocka_unit_test(json_is_read_or_refused),
    cmocka_unit_test(other_things_are_named),
    cmocka_unit_test(encodings_are_read_or_refused),
    cmocka_unit_test(packed_files_are_read_or_refused),
    cmocka_unit_test(sizes_out_of_bounds_are_limits),
};
const size_t hone_tests_hostile_text_n =
    sizeof hone_tests_hostile_text / sizeof hone_tests_hostile_text[0];
