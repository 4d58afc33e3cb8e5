/* Names of models: models:/name@alias and the like. */
#include "store/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_uri uri;
    const char *text = hone_arena_text(&mem, (const char *)data, size);
    if (hone_uri_parse(&run, text, &mem, &uri) == HONE_OK) {
        bool of_run = uri.kind == HONE_URI_RUN;
        HONE_ASSERT((uri.run != NULL) == of_run && (uri.name != NULL) == !of_run);
        HONE_ASSERT(hone_uri_is(text));
    } else {
        HONE_ASSERT(run.err.code == HONE_E_ARG);
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
    return 0;
}
