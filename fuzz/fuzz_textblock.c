/* Packed texts of predictions: any bytes inside the frame are opened or refused. */
#include <zstd.h>

#include "store/textblock_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hone_run run = {0};
    struct hone_arena mem = {.limit = (size_t)16 << 20};
    struct hone_block block;
    char packed[1 << 14];
    struct hone_str bytes = {(const char *)data, size};

    /* Half of the inputs are the frame itself, the others what is in one. */
    if (size > 0 && size < 8000 && data[0] % 2 == 0) {
        bytes = (struct hone_str){packed,
                                  ZSTD_compress(packed, sizeof packed, data + 1, size - 1, 1)};
    }
    if (hone_block_open(&run, bytes, &mem, &block) == HONE_OK) {
        size_t sum = 0;
        for (size_t i = 0; i < block.rows; i++) {
            sum += block.inputs[i].len + block.outputs[i].len;
        }
        HONE_ASSERT(sum <= mem.bytes);
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
    return 0;
}
