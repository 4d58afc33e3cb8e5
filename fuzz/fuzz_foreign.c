/* foreign: any model is bound to columns or refused; what is bound is applied, and speaks as ours do. */
#include "prep/foreign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LIMIT ((size_t)64 << 20)
#define LOOKS 10000

/* A clock that goes on by one whenever it is looked at: loops without end meet the deadline. */
static int64_t count(void *clock)
{
    return ++*(int64_t *)clock;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct hone_foreign_wish none = {0};
    int64_t looks = 0;
    struct hone_run run = {
        .scratch.limit = LIMIT, .now = count, .clock = &looks, .deadline = LOOKS};
    struct hone_arena mem = {0};
    struct hone_str bytes = {(const char *)data, size};
    struct hone_model *model;
    struct hone_signature *signature;
    json_t *binding = NULL;

    if (hone_foreign_find(&run, bytes, &none, &binding) == HONE_OK) {
        HONE_ASSERT(hone_model_read(&run, bytes, &mem, &model) == HONE_OK);
        if (hone_foreign_apply(&run, binding, model) == HONE_OK) {
            HONE_ASSERT(hone_signature_of(&run, model, &mem, &signature) == HONE_OK);
        } else {
            HONE_ASSERT(run.err.message[0] != '\0');
        }
    }
    json_decref(binding);
    hone_arena_free(&mem);
    hone_run_clear(&run);
    return 0;
}
