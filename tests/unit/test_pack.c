/* Packed output: what is written is read back, is the same with any number of threads, and appears whole. */
#include "base/hash.h"
#include "base/pool.h"
#include "check.h"
#include "io/chunk_priv.h"
#include "io/sink.h"

/* len bytes that repeat and do not: text with a counter, hashed here and there. */
static struct hone_str some_bytes(struct hone_arena *mem, size_t len)
{
    struct hone_buf buf = hone_buf(mem);
    uint64_t x = 88172645463325252u;

    while (buf.len < len) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        if (x % 5 == 0) {
            hone_buf_bytes(&buf, &x, sizeof x);
        } else {
            hone_buf_format(&buf, "row %zu of the table,%d\n", buf.len, (int)(x % 100));
        }
    }
    return (struct hone_str){buf.ptr, len};
}

static void write_all(struct hone_run *run, const char *path, const char *compression,
                      struct hone_str bytes, size_t piece)
{
    HONE_CLOSING(hone_sink_close) struct hone_sink sink = HONE_NO_SINK;

    CHECK_OK(run, hone_sink_open(run, path, compression, &sink));
    for (size_t at = 0; at < bytes.len; at += piece) {
        size_t len = bytes.len - at < piece ? bytes.len - at : piece;
        CHECK_OK(run, hone_sink_write(run, &sink, bytes.ptr + at, len));
    }
    CHECK_OK(run, hone_sink_commit(run, &sink));
}

static void packed_bytes_come_back_and_do_not_depend_on_threads(void **state)
{
    static const size_t lengths[] = {0, 1, 40000, 1 << 20, (1 << 20) + 1, (16 << 20) + 3};
    static const char *const kinds[] = {"gzip", "zstd"};
    struct hone_arena mem = {0};
    const char *path = check_path(check_folder(), "x");
    (void)state;

    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
            struct hone_str bytes = some_bytes(&mem, lengths[i]);
            struct hone_sha sha[2];
            for (size_t threads = 1; threads <= 2; threads++) {
                struct hone_run run = {.pool = hone_pool_new(threads)};
                struct hone_arena out = {0};
                struct hone_file file;
                struct hone_str back;
                const char *name;
                write_all(&run, path, kinds[k], bytes, threads == 1 ? 7777 : 3 << 20);
                CHECK_OK(&run, hone_file_open(&run, path, &out, &file));
                CHECK(file.bytes.len < lengths[i] / 2 + 64);
                sha[threads - 1] = hone_sha256(file.bytes.ptr, file.bytes.len);
                CHECK_OK(&run, hone_unpack(&run, path, file.bytes, &out, &back, &name));
                CHECK_STR(name, kinds[k]);
                CHECK(hone_str_eq(back, bytes));
                hone_file_close(&file);
                hone_pool_free(run.pool);
                hone_arena_free(&out);
                hone_run_clear(&run);
            }
            CHECK_STR(sha[1].hex, sha[0].hex);
            hone_arena_free(&mem);
        }
    }
}

static void the_ending_says_how_unless_the_option_does(void **state)
{
    static const struct {
        const char *path, *compression;
        enum hone_packing want;
    } cases[] = {
        {"a.csv", NULL, HONE_PLAIN_BYTES}, {"a.csv.gz", NULL, HONE_GZIP},
        {"a.jsonl.zst", NULL, HONE_ZSTD},  {"a.csv.gz", "none", HONE_PLAIN_BYTES},
        {"a.csv", "gz", HONE_GZIP},        {"-", "zst", HONE_ZSTD},
    };
    struct hone_run run = {0};
    enum hone_packing got;
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_OK(&run, hone_packing_of(&run, cases[i].path, cases[i].compression, &got));
        CHECK(got == cases[i].want);
    }
    CHECK_FAILS_WITH(&run, hone_packing_of(&run, "a.csv", "bzip2", &got), HONE_E_ARG,
                     "text is not packed with 'bzip2'");
    hone_run_clear(&run);
}

static void nothing_remains_without_a_commit(void **state)
{
    struct hone_run run = {0};
    struct hone_sink sink;
    const char *path = check_path(check_folder(), "y.gz");
    (void)state;

    CHECK_OK(&run, hone_sink_open(&run, path, NULL, &sink));
    CHECK_OK(&run, hone_sink_write(&run, &sink, "abc", 3));
    hone_sink_close(&sink);
    CHECK(!hone_file_exists(path));
    hone_sink_close(&sink); /* once more is nothing */
    CHECK_FAILS(&run, hone_sink_open(&run, "/nowhere/at/all.gz", NULL, &sink),
                HONE_E_NOT_FOUND);
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_pack[] = {
    cmocka_unit_test(packed_bytes_come_back_and_do_not_depend_on_threads),
    cmocka_unit_test(the_ending_says_how_unless_the_option_does),
    cmocka_unit_test(nothing_remains_without_a_commit),
};
const size_t hone_tests_pack_n = sizeof hone_tests_pack / sizeof hone_tests_pack[0];
