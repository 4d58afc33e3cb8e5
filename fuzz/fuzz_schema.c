/* Schema files: any text is either a schema or a clear error. */
#include "check/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hone_run run = {0};
    struct hone_arena mem = {.limit = 64u << 20};
    HONE_JSON json_t *tree = NULL;
    struct hone_schema *schema = NULL;
    enum hone_code code =
        hone_yaml_parse(&run, (struct hone_str){(const char *)data, size}, &tree);

    if (code == HONE_OK) {
        code = hone_schema_parse(&run, tree, &mem, &schema);
    }
    if (code == HONE_OK) {
        struct hone_schema_verdict verdict;
        struct hone_table empty = {0};
        code = hone_schema_enforce(&run, schema, &empty, &mem, &verdict);
    }
    HONE_ASSERT(code == HONE_OK || run.err.message[0] != '\0');
    hone_arena_free(&mem);
    hone_run_clear(&run);
    return 0;
}
