#include "flow/model/trained.h"

#include "table/builder.h"

/* A column of nothing, for inputs that no row had. */
static enum hone_code empty_column(struct hone_run *run, const struct hone_input *input,
                                   size_t rows, struct hone_arena *mem, struct hone_column *out)
{
    struct hone_builder *b;
    HONE_TRY(hone_builder_new(run, input->name, input->type, mem, &b));
    for (size_t i = 0; i < rows; i++) {
        HONE_TRY(hone_builder_null(run, b));
    }
    return hone_builder_end(run, b, out);
}

enum hone_code hone_table_as_trained(struct hone_run *run, const struct hone_signature *s,
                                     const struct hone_table *table,
                                     const struct hone_texts *skip, struct hone_arena *mem,
                                     struct hone_table **out)
{
    struct hone_column *column;
    size_t n = 0;
    HONE_TRY(hone_array(run, mem, &column, s->inputs + table->cols));
    for (size_t i = 0; i < s->inputs; i++) {
        const struct hone_input *input = &s->input[i];
        const struct hone_column *have = hone_table_find(table, hone_str(input->name));
        bool skipped = false;
        for (size_t k = 0; k < skip->n; k++) {
            skipped = skipped || strcmp(skip->item[k], input->name) == 0;
        }
        if (skipped) {
            continue;
        }
        if (have == NULL) {
            HONE_TRY(empty_column(run, input, table->rows, mem, &column[n++]));
        } else if (have->type == input->type) {
            column[n++] = *have;
        } else {
            HONE_TRY(hone_column_cast(run, have, input->type, true, mem, &column[n++]));
        }
    }
    return hone_table_of(run, column, n, mem, out);
}

enum hone_code hone_scorer_reference(struct hone_run *run, const struct hone_scorer *scorer,
                                     struct hone_arena *mem, struct hone_reference **out)
{
    struct hone_str text = hone_model_meta(scorer->model, HONE_META_REFERENCE);
    HONE_JSON json_t *tree = NULL;
    if (text.len == 0) {
        (void)hone_fail(run, HONE_E_UNSUPPORTED, "the model carries no reference of its data");
        return hone_hint(run, "models trained by hone do");
    }
    HONE_TRY(hone_json_parse(run, text, &tree));
    return hone_reference_parse(run, tree, mem, out);
}
