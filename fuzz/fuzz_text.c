/* Words of any bytes by any pattern: the pattern up to the first line break, then the text, as it is and in small letters. */
#include "graph/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hone_str pattern, text;
    hone_str_cut((struct hone_str){(const char *)data, size}, '\n', &pattern, &text);
    for (int lower = 0; lower < 2; lower++) {
        struct hone_run run = {0};
        struct hone_arena mem = {.limit = 64u << 20};
        const char *name = hone_arena_text(&mem, pattern.ptr, pattern.len);
        const struct hone_cutter *cutter;
        struct hone_str *word;
        size_t n, bytes = 0;
        if (hone_cutter_new(&run, lower == 1, name, 1, &mem, &cutter) == HONE_OK &&
            hone_cutter_words(&run, cutter, text, &mem, &word, &n) == HONE_OK) {
            for (size_t i = 0; i < n; i++) {
                HONE_ASSERT(word[i].len > 0);
                bytes += word[i].len;
            }
            HONE_ASSERT(bytes <= text.len + text.len / 2 + 1);
        }
        hone_arena_free(&mem);
        hone_run_clear(&run);
    }
    return 0;
}
