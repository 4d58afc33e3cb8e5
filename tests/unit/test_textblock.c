/* The texts of logged predictions, packed together: every one comes back as it was, and damage is told. */
#include <stdio.h>
#include <string.h>
#include <zstd.h>

#include "check.h"
#include "store/query_priv.h"
#include "store/textblock_priv.h"
#include "stores.h"

/* Row number k of a thread: its texts tell both, and some are empty, some long. */
static struct hone_logged_prediction row_of(struct stores_room *fix, char thread, size_t k)
{
    size_t len = k % 97 == 0 ? 20000 : k % 13;
    char *in = hone_arena_must(&fix->mem, len + 32);
    memset(in, 'y', len);
    int told = snprintf(in + len, 32, "%c%zu", thread, k);
    const char *out = k % 5 == 0 ? "" : hone_arena_format(&fix->mem, "[%zu]", k);
    return (struct hone_logged_prediction){
        .id = hone_arena_format(&fix->mem, "%c%06zu", thread, k),
        .time = (int64_t)k,
        .version_id = fix->version.id,
        .variant = "champion",
        .inputs = {in, len + (size_t)told},
        .outputs = {out, strlen(out)},
    };
}

static bool same(const struct hone_logged_prediction *a, const struct hone_logged_prediction *b)
{
    return strcmp(a->id, b->id) == 0 && hone_str_eq(a->inputs, b->inputs) &&
           hone_str_eq(a->outputs, b->outputs);
}

static void append(struct stores_room *fix, char thread, size_t from, size_t n)
{
    struct hone_logged_prediction *list = hone_arena_alloc(&fix->mem, sizeof *list, n);
    for (size_t i = 0; i < n; i++) {
        list[i] = row_of(fix, thread, from + i);
    }
    CHECK_OK(&fix->run, hone_predictions_append(&fix->run, fix->store, list, n));
}

static int64_t count(struct stores_room *fix, const char *sql)
{
    HONE_QUERY query = {0};
    bool row;
    CHECK_OK(&fix->run, hone_query_begin(&fix->run, fix->store, sql, &query));
    CHECK_OK(&fix->run, hone_query_step(&fix->run, &query, &row));
    return hone_query_int(&query);
}

#define BLOCKS "SELECT count(*) FROM prediction_text"

/* Batches of many sizes from two threads, read in the order of time (both in turn), and one by one. */
static void every_text_comes_back(void **state)
{
    struct stores_room fix;
    struct hone_logged_prediction *list;
    const struct hone_prediction_filter all = {0};
    size_t n;
    (void)state;
    stores_enter(&fix);
    for (size_t at = 0, size = 1; at + size <= 3000; at += size++) {
        append(&fix, 'a', at, size);
        append(&fix, 'b', at, size);
    }
    CHECK_OK(&fix.run, hone_predictions_list(&fix.run, fix.store, &all, &fix.mem, &list, &n));
    CHECK(n == (size_t)count(&fix, "SELECT count(*) FROM prediction"));
    CHECK(n > 5000);
    for (size_t i = 0; i < n; i++) {
        struct hone_logged_prediction row = row_of(&fix, list[i].id[0], (size_t)list[i].time);
        CHECK(same(&row, &list[i]));
        if (i % 50 == 0) {
            struct hone_logged_prediction got;
            CHECK_OK(&fix.run,
                     hone_prediction_get(&fix.run, fix.store, row.id, &fix.mem, &got));
            CHECK(same(&row, &got));
        }
    }
    stores_leave(&fix);
}

static void few_rows_stay_where_they_are(void **state)
{
    struct stores_room fix;
    (void)state;
    stores_enter(&fix);
    append(&fix, 'a', 0, HONE_BLOCK_FEW - 1);
    CHECK(count(&fix, BLOCKS) == 0);
    append(&fix, 'b', 0, HONE_BLOCK_FEW);
    CHECK(count(&fix, BLOCKS) == 1);
    CHECK(count(&fix, "SELECT count(*) FROM prediction WHERE block IS NULL") ==
          HONE_BLOCK_FEW - 1);
    CHECK(count(&fix, "SELECT last - first + 1 FROM prediction_text") == HONE_BLOCK_FEW);
    stores_leave(&fix);
}

/* A batch that is written again, whole or in part, as after an uncertain end. */
static void what_is_there_is_not_written_again(void **state)
{
    struct stores_room fix;
    struct hone_logged_prediction got;
    (void)state;
    stores_enter(&fix);
    append(&fix, 'a', 0, 300);
    CHECK(count(&fix, BLOCKS) == 2);
    append(&fix, 'a', 0, 300);
    CHECK(count(&fix, BLOCKS) == 2);
    append(&fix, 'a', 200, 200);
    CHECK(count(&fix, BLOCKS) == 3);
    CHECK(count(&fix, "SELECT count(*) FROM prediction") == 400);
    struct hone_logged_prediction row = row_of(&fix, 'a', 399);
    CHECK_OK(&fix.run, hone_prediction_get(&fix.run, fix.store, row.id, &fix.mem, &got));
    CHECK(same(&row, &got));
    stores_leave(&fix);
}

static void damage_is_told(void **state)
{
    struct stores_room fix;
    struct hone_logged_prediction got;
    (void)state;
    stores_enter(&fix);
    append(&fix, 'a', 0, 10);
    CHECK_OK(&fix.run,
             hone_store_exec(&fix.run, fix.store,
                             "UPDATE prediction SET place = 10 WHERE id = 'a000003'"));
    CHECK_FAILS(&fix.run, hone_prediction_get(&fix.run, fix.store, "a000003", &fix.mem, &got),
                HONE_E_FORMAT);
    CHECK_OK(&fix.run, hone_store_exec(&fix.run, fix.store, "DELETE FROM prediction_text"));
    CHECK_FAILS(&fix.run, hone_prediction_get(&fix.run, fix.store, "a000002", &fix.mem, &got),
                HONE_E_FORMAT);
    stores_leave(&fix);
}

/* Every block cut short, and with every byte of what zstd holds changed, is opened or refused. */
static void damaged_blocks(void **state)
{
    struct stores_room fix;
    struct hone_logged_prediction list[6];
    struct hone_str bytes;
    struct hone_block block;
    char plain[4096];
    char again[4096];
    (void)state;
    stores_enter(&fix);
    for (size_t i = 0; i < 6; i++) {
        list[i] = row_of(&fix, 'a', i + 1);
    }
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    CHECK_OK(&fix.run, hone_block_pack(&fix.run, zstd, list, 6, &fix.mem, &bytes));
    ZSTD_freeCCtx(zstd);
    CHECK_OK(&fix.run, hone_block_open(&fix.run, bytes, &fix.mem, &block));
    CHECK(block.rows == 6 && hone_str_eq(block.inputs[5], list[5].inputs));
    for (size_t len = 0; len < bytes.len; len++) {
        CHECK_FAILS(
            &fix.run,
            hone_block_open(&fix.run, (struct hone_str){bytes.ptr, len}, &fix.mem, &block),
            HONE_E_FORMAT);
    }
    size_t size = ZSTD_decompress(plain, sizeof plain, bytes.ptr, bytes.len);
    CHECK(!ZSTD_isError(size));
    for (size_t i = 0; i < 4 + 8 * 6; i++) {
        char wrong = plain[i];
        plain[i] = (char)(wrong ^ 0x41);
        size_t len = ZSTD_compress(again, sizeof again, plain, size, 1);
        CHECK_FAILS(&fix.run,
                    hone_block_open(&fix.run, (struct hone_str){again, len}, &fix.mem, &block),
                    HONE_E_FORMAT);
        plain[i] = wrong;
    }
    stores_leave(&fix);
}

const struct CMUnitTest hone_tests_textblock[] = {
    cmocka_unit_test(every_text_comes_back),
    cmocka_unit_test(few_rows_stay_where_they_are),
    cmocka_unit_test(what_is_there_is_not_written_again),
    cmocka_unit_test(damage_is_told),
    cmocka_unit_test(damaged_blocks),
};
const size_t hone_tests_textblock_n =
    sizeof hone_tests_textblock / sizeof *hone_tests_textblock;
