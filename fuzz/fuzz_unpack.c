/* gzip and zstd: any bytes are unpacked or refused, within the limit. */
#include "io/chunk_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hone_run run = {0};
    struct hone_arena mem = {.limit = (size_t)16 << 20};
    struct hone_str out;
    const char *name;

    if (hone_unpack(&run, "fuzz", (struct hone_str){(const char *)data, size}, &mem, &out,
                    &name) != HONE_OK) {
        HONE_ASSERT(run.err.message[0] != '\0');
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
    return 0;
}
