/* Files that were scored, counted beside what servers answered. */
#include "flow/model/trained.h"
#include "flow/watch/watch.h"
#include "monitor/sketch.h"
#include "store/registry.h"
#include "store/sketchlog.h"

#define HOUR_US (INT64_C(3600) * 1000000)

/* All batches of an hour are one row, under a number that no server has: servers' are random. */
#define BATCHES 0

static enum hone_code add_to_hour(struct hone_run *run, struct hone_store *store,
                                  int64_t version_id, const struct hone_reference *reference,
                                  struct hone_counts *counts)
{
    HONE_ARENA(work);
    struct hone_sketch_row *row;
    size_t n;
    int64_t hour = hone_now_us(run) / HOUR_US * HOUR_US;
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    HONE_TRY(hone_sketch_rows(run, store, version_id, hour, hour + 1, &work, &row, &n));
    for (size_t i = 0; i < n; i++) {
        if (row[i].server == BATCHES) {
            HONE_JSON json_t *tree = NULL;
            HONE_TRY(hone_json_parse(run, hone_str(row[i].data), &tree));
            HONE_TRY(hone_counts_parse(run, tree, reference, counts));
        }
    }
    HONE_JSON json_t *tree = hone_counts_json(counts, reference);
    struct hone_buf text = hone_buf(&work);
    hone_json_write(&text, tree, false);
    hone_buf_char(&text, '\0');
    const struct hone_sketch_row sum = {.server = BATCHES,
                                        .version_id = version_id,
                                        .begin = hour,
                                        .rows = (int64_t)counts->rows,
                                        .data = text.ptr};
    HONE_TRY(hone_sketch_put(run, store, &sum));
    return hone_transaction_commit(run, &tx);
}

enum hone_code hone_watch_batch(struct hone_run *run, struct hone_store *store,
                                const struct hone_located *model,
                                const struct hone_scorer *scorer,
                                const struct hone_table *table,
                                const struct hone_table *answers, bool *kept)
{
    HONE_ARENA(work);
    static const struct hone_texts none = {0};
    struct hone_version_record version;
    struct hone_reference *reference;
    struct hone_table *inputs;
    struct hone_counts *counts;
    *kept = false;
    if (model->name == NULL || table->rows == 0) {
        return HONE_OK;
    }
    enum hone_code code = hone_scorer_reference(run, scorer, &work, &reference);
    if (code == HONE_E_UNSUPPORTED) {
        hone_error_clear(run);
        return HONE_OK;
    }
    HONE_TRY(code);
    HONE_TRY(hone_version_get(run, store, model->name, model->version, &work, &version));
    HONE_TRY(hone_table_as_trained(run, scorer->signature, table, &none, &work, &inputs));
    HONE_TRY(hone_counts_of_table(run, reference, inputs, answers, &work, &counts));
    HONE_TRY(add_to_hour(run, store, version.id, reference, counts));
    *kept = true;
    return HONE_OK;
}
