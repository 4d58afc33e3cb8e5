/* The matchers of personal data: any text, whole and inside, and as the name of a column. */
#include "privacy/kind.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hone_span span[32];
    struct hone_arena mem = {.limit = 64u << 20};
    struct hone_str text = {(const char *)data, size};
    const char *name = hone_arena_text(&mem, text.ptr, size);
    size_t end = 0;
    size_t n;

    for (size_t k = 0; k < hone_kinds_n(); k++) {
        HONE_ASSERT(hone_kind_fit(hone_kind_at(k), text) <= HONE_FIT_YES);
        HONE_ASSERT(hone_kind_named(hone_kind_at(k), name) <= HONE_SURELY_NAMED);
    }
    n = hone_spans_find(text, UINT64_MAX, span, 32);
    HONE_ASSERT(n <= 32);
    for (size_t i = 0; i < n; i++) {
        HONE_ASSERT(span[i].kind < hone_kinds_n());
        if (span[i].sure) {
            HONE_ASSERT(span[i].start >= end && span[i].len > 0 &&
                        span[i].start + span[i].len <= size);
            end = span[i].start + span[i].len;
        }
    }
    hone_arena_free(&mem);
    return 0;
}
