/* Schema files and Great Expectations suites: any text is either a schema or a clear error. */
#include "check/schema.h"
#include "table/builder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A small table of a number, a text and a date, so that rules have something to judge. */
static enum hone_code make_table(struct hone_run *run, struct hone_arena *mem,
                                 struct hone_table **out)
{
    static const enum hone_type type[] = {HONE_FLOAT64, HONE_UTF8, HONE_DATE};
    static const char *const name[] = {"a", "b", "c"};
    struct hone_column column[3];

    for (size_t j = 0; j < 3; j++) {
        struct hone_builder *b;
        HONE_TRY(hone_builder_new(run, name[j], type[j], mem, &b));
        for (int64_t i = 0; i < 5; i++) {
            HONE_TRY(i == 3   ? hone_builder_null(run, b)
                     : j == 0 ? hone_builder_f64(run, b, (double)i / 2)
                     : j == 1 ? hone_builder_str(run, b, hone_str(i == 0 ? "" : "{\"x\": 1}"))
                              : hone_builder_i64(run, b, 19000 + i));
        }
        HONE_TRY(hone_builder_end(run, b, &column[j]));
    }
    return hone_table_of(run, column, 3, mem, out);
}

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
        struct hone_table *table = NULL;
        code = hone_schema_enforce(&run, schema, &empty, "serving", &mem, &verdict);
        if (code == HONE_OK) {
            code = make_table(&run, &mem, &table);
        }
        if (code == HONE_OK) {
            code = hone_schema_enforce(&run, schema, table, NULL, &mem, &verdict);
        }
    }
    HONE_ASSERT(code == HONE_OK || run.err.message[0] != '\0');
    hone_arena_free(&mem);
    hone_run_clear(&run);
    return 0;
}
