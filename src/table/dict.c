#include "table/dict.h"

#include <stdlib.h>

enum hone_code hone_text_column(struct hone_run *run, const char *name,
                                const struct hone_str *text, size_t n, struct hone_arena *mem,
                                struct hone_column *out)
{
    int64_t *offsets;
    char *bytes;
    size_t total = 0;

    HONE_TRY(hone_array(run, mem, &offsets, n + 1));
    for (size_t i = 0; i < n; i++) {
        total += text[i].len;
        offsets[i + 1] = (int64_t)total;
    }
    HONE_TRY(hone_array(run, mem, &bytes, total));
    for (size_t i = 0; i < n; i++) {
        if (text[i].len != 0) {
            memcpy(bytes + offsets[i], text[i].ptr, text[i].len);
        }
    }
    *out = (struct hone_column){
        .name = name, .type = HONE_UTF8, .rows = n, .data = bytes, .offsets = offsets};
    return HONE_OK;
}

struct entry {
    struct hone_str word;
    size_t place;
};

static int by_word(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;
    return hone_str_cmp(x->word, y->word);
}

enum hone_code hone_dict_make(struct hone_run *run, const struct hone_str *word, size_t n,
                              struct hone_arena *mem, const struct hone_column **dict,
                              int32_t *code)
{
    struct entry *entry;
    struct hone_str *sorted;
    struct hone_column *column = hone_new(mem, struct hone_column);
    HONE_SCRATCH(run);

    HONE_ASSERT(n <= INT32_MAX);
    HONE_TRY(hone_array(run, &run->scratch, &entry, n));
    HONE_TRY(hone_array(run, &run->scratch, &sorted, n));
    for (size_t i = 0; i < n; i++) {
        entry[i] = (struct entry){word[i], i};
    }
    if (n > 1) {
        qsort(entry, n, sizeof *entry, by_word);
    }
    for (size_t i = 0; i < n; i++) {
        sorted[i] = entry[i].word;
        code[entry[i].place] = (int32_t)i;
    }
    HONE_TRY(hone_text_column(run, "", sorted, n, mem, column));
    *dict = column;
    return HONE_OK;
}

int32_t hone_dict_find(const struct hone_column *dict, struct hone_str word)
{
    size_t low = 0;
    size_t high = dict->rows;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = hone_str_cmp(hone_column_str(dict, middle), word);
        if (order == 0) {
            return (int32_t)middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return -1;
}
