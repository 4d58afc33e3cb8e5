/* The reference inside a model file: any JSON is either a reference or a clear error. */
#include "monitor/drift.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    HONE_JSON json_t *tree = NULL;
    struct hone_reference *reference = NULL;
    struct hone_drift_options options = {0};
    struct hone_drift_report *report = NULL;
    struct hone_table empty = {0};
    enum hone_code code =
        hone_json_parse(&run, (struct hone_str){(const char *)data, size}, &tree);

    if (code == HONE_OK) {
        code = hone_reference_parse(&run, tree, &mem, &reference);
    }
    if (code == HONE_OK) {
        HONE_JSON json_t *again = hone_reference_json(reference);
        code = hone_drift_run(&run, reference, &empty, NULL, &options, &mem, &report);
    }
    HONE_ASSERT(code == HONE_OK || run.err.message[0] != '\0');
    hone_arena_free(&mem);
    hone_run_clear(&run);
    return 0;
}
