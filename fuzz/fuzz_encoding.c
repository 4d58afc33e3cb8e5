/* encodings: any bytes are decoded or refused, found out or by a name that the first byte chooses; what our own
 * decoders give is UTF-8, and the same by one thread and by two. */
#include "base/pool.h"
#include "io/encoding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {
        NULL,     "utf-8",    "latin1",    "cp1252",    "ascii",   "utf-16", "utf-16be",
        "utf-32", "utf-32be", "shift_jis", "iso2022jp", "gb18030", "utf-7",  "no such one"};
    size_t n = sizeof names / sizeof names[0];
    const char *name = size == 0 ? NULL : names[data[0] % n];
    struct hone_str bytes = {(const char *)data + (size > 0), size - (size > 0)};
    struct hone_pool *pool = hone_pool_new(2);
    enum hone_code code[2];
    struct hone_decoded got[2];
    struct hone_arena mem[2] = {{.limit = (size_t)64 << 20}, {.limit = (size_t)64 << 20}};

    for (size_t i = 0; i < 2; i++) {
        struct hone_run run = {.pool = i == 0 ? NULL : pool};
        code[i] = hone_decode(&run, "fuzz", bytes, name, &mem[i], &got[i]);
        HONE_ASSERT(code[i] == run.err.code);
        if (code[i] == HONE_OK && strcmp(got[i].encoding, "utf-8") != 0) {
            HONE_ASSERT(hone_utf8_valid(got[i].text) == got[i].text.len);
        }
        hone_run_clear(&run);
    }
    HONE_ASSERT(code[0] == code[1]);
    HONE_ASSERT(code[0] != HONE_OK || hone_str_eq(got[0].text, got[1].text));
    hone_arena_free(&mem[0]);
    hone_arena_free(&mem[1]);
    hone_pool_free(pool);
    return 0;
}
