/* Plans of redaction and tokens: any text is one, or a clear error. */
#include "privacy/redact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char secret[] = "a secret of the fuzzer, long enough";
    struct hone_run run = {0};
    struct hone_arena mem = {.limit = 64u << 20};
    struct hone_str text = {(const char *)data, size};
    struct hone_redact_plan plan;
    struct hone_redact_rule rule;
    struct hone_key key;
    HONE_JSON json_t *tree = NULL;
    struct hone_buf out = hone_buf(&mem);
    char kind;
    enum hone_code code = hone_yaml_parse(&run, text, &tree);

    if (code == HONE_OK) {
        code = hone_redact_plan_parse(&run, tree, &mem, &plan);
    }
    HONE_ASSERT(code == HONE_OK || run.err.message[0] != '\0');
    hone_error_clear(&run);
    code = hone_redact_rule_parse(&run, text, &mem, &rule);
    HONE_ASSERT(code == HONE_OK || run.err.message[0] != '\0');
    hone_error_clear(&run);
    code = hone_key_derive(&run, "the fuzzer's key", hone_str(secret), &key);
    HONE_ASSERT(code == HONE_OK);
    code = hone_token_open(&run, &key, "column", text, &out, &kind);
    HONE_ASSERT(code == HONE_OK || run.err.message[0] != '\0');
    hone_arena_free(&mem);
    hone_run_clear(&run);
    return 0;
}
