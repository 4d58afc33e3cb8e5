#include "graph/text.h"

#include "graph/text_priv.h"
#include "graph/unicode_priv.h"

struct hone_cutter {
    bool lower;
    struct hone_tokenizer tokenizer;
};

enum hone_code hone_cutter_new(struct hone_run *run, bool lower, const char *pattern,
                               size_t shortest, struct hone_arena *mem,
                               const struct hone_cutter **out)
{
    struct hone_cutter *c = hone_new(mem, struct hone_cutter);
    c->lower = lower;
    HONE_TRY(hone_tokenizer_pattern(run, hone_str(pattern), shortest, &c->tokenizer));
    *out = c;
    return HONE_OK;
}

enum hone_code hone_cutter_words(struct hone_run *run, const struct hone_cutter *cutter,
                                 struct hone_str text, struct hone_arena *mem,
                                 struct hone_str **word, size_t *n)
{
    struct hone_words words = {.mem = mem};
    if (cutter->lower) {
        char *small;
        HONE_TRY(hone_array(run, mem, &small, HONE_CASE_ROOM(text.len)));
        text = (struct hone_str){small, hone_text_lower(text, small)};
    }
    if (!hone_tokenize(&cutter->tokenizer, text, &words)) {
        return hone_no_room(run, "words", words.n);
    }
    *word = words.item;
    *n = words.n;
    return HONE_OK;
}
