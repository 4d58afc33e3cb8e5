/* yaml: any bytes are parsed or refused; what is parsed is written and read back as the same. */
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    HONE_JSON json_t *value = NULL;
    HONE_JSON json_t *again = NULL;

    if (hone_yaml_parse(&run, (struct hone_str){(const char *)data, size}, &value) == HONE_OK) {
        struct hone_buf buf = hone_buf(&mem);
        hone_yaml_write(&buf, value);
        HONE_ASSERT(hone_yaml_parse(&run, (struct hone_str){buf.ptr, buf.len}, &again) ==
                    HONE_OK);
        HONE_ASSERT(json_equal(value, again));
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
    return 0;
}
