/* Encodings: what a file is found to be, names people type, errors with their place, threads. */
#include <stdio.h>

#include "base/pool.h"
#include "check.h"
#include "io/encoding.h"
#include "io/reader.h"

#define BYTES(text)                                                                            \
    {                                                                                          \
        (text), sizeof(text) - 1                                                               \
    }

static void is_found_out_by_mark_zero_bytes_and_content(void **state)
{
    static const struct {
        struct hone_str bytes;
        const char *encoding;
        bool guessed;
        const char *text;
    } cases[] = {
        {BYTES("plain"), "utf-8", false, "plain"},
        {BYTES("na\xc3\xafve \xe2\x82\xac \xf0\x9f\x98\x80"), "utf-8", false,
         "na\xc3\xafve \xe2\x82\xac \xf0\x9f\x98\x80"},
        {BYTES("\xef\xbb\xbf"
               "a,b"),
         "utf-8", false, "a,b"},
        {BYTES("\xef\xbb\xbf"), "utf-8", false, ""},
    };
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hone_decoded got;
        CHECK_OK(&run, hone_decode(&run, "t", cases[i].bytes, NULL, &mem, &got));
        CHECK_STR(got.encoding, cases[i].encoding);
        CHECK(got.guessed == cases[i].guessed);
        CHECK_STR(hone_arena_text(&mem, got.text.ptr, got.text.len), cases[i].text);
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* Rule 5: as long as characters outnumber stray bytes, or there are bytes that Windows-1252 does not have. */
static void damaged_utf8_stays_utf8_with_bad_rows(void **state)
{
    static const struct hone_str cases[] = {
        BYTES("m\xc3\xbcl,\xff\n"),                  /* one of each */
        BYTES("\xc3\xa9\xc3\xa9\xc3\xa9 caf\xe9\n"), /* three to one */
        BYTES("a \x81 b\n"),                         /* nothing in Windows-1252 */
        BYTES("a \xe9 \x01 b\n"),                    /* a control character */
        BYTES("a \xe9 \0 b\n"),                      /* a zero byte */
    };
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_read_options skip = {.on_bad_row = "skip"};
    struct hone_read_report report;
    struct hone_table *t = NULL;
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hone_decoded got;
        CHECK_OK(&run, hone_decode(&run, "t", cases[i], NULL, &mem, &got));
        CHECK_STR(got.encoding, "utf-8");
        CHECK(!got.guessed && got.text.ptr == cases[i].ptr);
    }
    CHECK_OK(&run, hone_table_read_text(&run, "t.csv",
                                        hone_str("a,b\n\xc3\xa9,1\ncaf\xe9,2\n\xc3\xa9,3\n"),
                                        &skip, &mem, &t, &report));
    CHECK(t->rows == 2 && report.bad_rows == 1 && !report.encoding_guessed);
    CHECK_STR(report.encoding, "utf-8");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void text_of_no_western_script_is_refused_with_advice(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_decoded got;
    static const struct hone_str russian = /* cp1251: Moscow, Kazan, Omsk */
        BYTES("\xcc\xee\xf1\xea\xe2\xe0;1\n\xca\xe0\xe7\xe0\xed\xfc;2\n\xce\xec\xf1\xea;3\n");
    (void)state;

    CHECK_FAILS_WITH(
        &run, hone_decode(&run, "t.csv", russian, NULL, &mem, &got), HONE_E_FORMAT,
        "t.csv is not UTF-8, and its 16 bytes above 127 look like no Western text");
    CHECK_OK(&run, hone_decode(&run, "t.csv", russian, "cp1251", &mem, &got));
    CHECK(hone_str_starts(got.text, "\xd0\x9c\xd0\xbe\xd1\x81\xd0\xba\xd0\xb2\xd0\xb0;1\n"));
    CHECK_STR(got.encoding, "cp1251");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void names_that_people_type_are_understood(void **state)
{
    static const struct {
        const char *name;
        struct hone_str bytes;
        const char *text;
    } cases[] = {
        {"utf-8", BYTES("\xef\xbb\xbfx"), "x"},
        {"UTF8", BYTES("x"), "x"},
        {"utf-8-sig", BYTES("\xef\xbb\xbfx"), "x"},
        {"latin1", BYTES("\xe9\x93"), "\xc3\xa9\xc2\x93"},
        {"latin-1", BYTES("\xe9"), "\xc3\xa9"},
        {"ISO-8859-1", BYTES("\xe9"), "\xc3\xa9"},
        {"cp1252", BYTES("\xe9\x93"), "\xc3\xa9\xe2\x80\x9c"},
        {"Windows-1252", BYTES("\x80"), "\xe2\x82\xac"},
        {"utf-16", BYTES("\xfe\xff\0x"), "x"},
        {"utf-16", BYTES("x\0"), "x"},
        {"utf_16_be", BYTES("\0x"), "x"},
        {"UTF-16LE", BYTES("\xff\xfex\0"), "x"},
        {"utf-32", BYTES("x\0\0\0"), "x"},
        {"ascii", BYTES("x"), "x"},
        {"iso-8859-15", BYTES("\xa4"), "\xe2\x82\xac"},
        {"cp1250", BYTES("\x9a"), "\xc5\xa1"},
        {"koi8_r", BYTES("\xcd"), "\xd0\xbc"},
        {"shift_jis", BYTES("\x93\xfa"), "\xe6\x97\xa5"},
        {"gb18030", BYTES("\xc4\xe3"), "\xe4\xbd\xa0"},
        {"euc_jp", BYTES("\xc6\xfc"), "\xe6\x97\xa5"},
    };
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_decoded got;
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_OK(&run, hone_decode(&run, "t", cases[i].bytes, cases[i].name, &mem, &got));
        CHECK_STR(hone_arena_text(&mem, got.text.ptr, got.text.len), cases[i].text);
        CHECK(!got.guessed);
    }
    CHECK_FAILS_WITH(&run, hone_decode(&run, "t", hone_str("x"), "klingon", &mem, &got),
                     HONE_E_ARG, "no encoding is called 'klingon'");
    CHECK_FAILS_WITH(&run, hone_decode(&run, "t", hone_str("x"), "latin2//IGNORE", &mem, &got),
                     HONE_E_ARG, "no encoding is called");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void errors_say_the_line_and_the_byte(void **state)
{
    static const struct {
        const char *name;
        struct hone_str bytes;
        const char *message;
    } cases[] = {
        {"cp1252", BYTES("a\nb\nc\x81"), "t, line 3, byte 6 of the file: Windows-1252"},
        {"cp1252", BYTES("\x8d"), "line 1, byte 1 of"},
        {"cp1252", BYTES("\x8f"), "line 1, byte 1 of"},
        {"cp1252", BYTES("\x90"), "line 1, byte 1 of"},
        {"cp1252", BYTES("\x9d"), "line 1, byte 1 of"},
        {"ascii", BYTES("a\n\xe9"), "t, line 2, byte 3 of the file: no ASCII"},
        {NULL, BYTES("\xff\xfe\n\0\0\xd8x\0"),
         "t, line 2, byte 5 of the file: half of a UTF-16"},
        {NULL,
         BYTES("\xff\xfe"
               "ab\n"),
         "the file ends in the middle of a character"},
        {"utf-16be", BYTES("\0\n\xdc\0"), "t, line 2, byte 3 of the file: half of a UTF-16"},
        {"utf-16", BYTES("x\0y"), "t, line 1, byte 3 of the file: the file ends in the middle"},
        {"utf-32", BYTES("\n\0\0\0\0\0\x11\0"), "line 2, byte 5 of the file: no character"},
        {"gb18030", BYTES("a\n\xc4"), "t, line 2, byte 3 of the file: the file ends in the"},
        {"shift_jis", BYTES("a\n\n\xa0"), "t, line 3, byte 4 of the file: no character of"},
    };
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_decoded got;
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_FAILS_WITH(&run,
                         hone_decode(&run, "t", cases[i].bytes, cases[i].name, &mem, &got),
                         HONE_E_FORMAT, cases[i].message);
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* A text of several pieces in each encoding, characters of every length across their ends. */
static void long_texts_come_through_whole_with_any_number_of_threads(void **state)
{
    static const uint32_t chars[] = {'a', '\n', 0xe9, 0x20ac, 0x1f600, 'z'};
    struct hone_arena mem = {0};
    struct hone_buf want = hone_buf(&mem);
    struct hone_buf le = hone_buf(&mem);
    struct hone_buf be = hone_buf(&mem);
    (void)state;

    for (size_t i = 0; i < 1200000; i++) {
        uint32_t c = chars[i % 977 < 12 ? i % 6 : 0];
        uint16_t unit[2] = {(uint16_t)c, 0};
        size_t n = 1;
        if (c >= 0x10000) {
            unit[0] = (uint16_t)(0xd800 + ((c - 0x10000) >> 10));
            unit[1] = (uint16_t)(0xdc00 + ((c - 0x10000) & 0x3ff));
            n = 2;
        }
        for (size_t k = 0; k < n; k++) {
            char bytes[2] = {(char)(unit[k] & 0xff), (char)(unit[k] >> 8)};
            hone_buf_bytes(&le, bytes, 2);
            hone_buf_char(&be, bytes[1]);
            hone_buf_char(&be, bytes[0]);
        }
        hone_buf_text(&want, c == 0xe9      ? "\xc3\xa9"
                             : c == 0x20ac  ? "\xe2\x82\xac"
                             : c == 0x1f600 ? "\xf0\x9f\x98\x80"
                             : c == '\n'    ? "\n"
                             : c == 'z'     ? "z"
                                            : "a");
    }
    for (size_t threads = 1; threads <= 2; threads++) {
        struct hone_run run = {.pool = hone_pool_new(threads)};
        const struct hone_str in[] = {{le.ptr, le.len}, {be.ptr, be.len}, {want.ptr, want.len}};
        const char *const names[] = {"utf-16le", "utf-16be", "utf-8"};
        for (size_t i = 0; i < 3; i++) {
            struct hone_arena out = {0};
            struct hone_decoded got;
            CHECK_OK(&run, hone_decode(&run, "t", in[i], NULL, &out, &got));
            CHECK_STR(got.encoding, names[i]);
            CHECK(hone_str_eq(got.text, in[2]));
            hone_arena_free(&out);
        }
        hone_pool_free(run.pool);
        hone_run_clear(&run);
    }
    hone_arena_free(&mem);
}

const struct CMUnitTest hone_tests_encoding[] = {
    cmocka_unit_test(is_found_out_by_mark_zero_bytes_and_content),
    cmocka_unit_test(damaged_utf8_stays_utf8_with_bad_rows),
    cmocka_unit_test(text_of_no_western_script_is_refused_with_advice),
    cmocka_unit_test(names_that_people_type_are_understood),
    cmocka_unit_test(errors_say_the_line_and_the_byte),
    cmocka_unit_test(long_texts_come_through_whole_with_any_number_of_threads),
};
const size_t hone_tests_encoding_n = sizeof hone_tests_encoding / sizeof hone_tests_encoding[0];
