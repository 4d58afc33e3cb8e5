/* Drift from the sketches that servers kept, without a row. */
#include "flow/model/trained.h"
#include "flow/watch/watch.h"
#include "monitor/sketch.h"
#include "store/registry.h"
#include "store/sketchlog.h"

/* A window is thinned to so many rows: more tell nothing that matters. */
#define MOST_ROWS 200000

/* Everything the windows share. */
struct job {
    const struct hone_reference *reference;
    const struct hone_watch_settings *settings;
    struct hone_drift_options drift;
};

/* Columns that are not to be looked at, out of a table. */
static enum hone_code without(struct hone_run *run, const struct hone_texts *skip,
                              struct hone_arena *mem, struct hone_table **table)
{
    for (size_t i = 0; i < skip->n; i++) {
        if (hone_table_find(*table, hone_str(skip->item[i])) != NULL) {
            HONE_TRY(hone_table_drop(run, *table, &skip->item[i], 1, mem, table));
        }
    }
    return HONE_OK;
}

/* The rows [first, last) of the log are one window. */
static enum hone_code compare(struct hone_run *run, const struct job *job,
                              const struct hone_sketch_row *row, size_t n,
                              struct hone_arena *mem, struct hone_watch_step *step,
                              struct hone_window *window)
{
    HONE_ARENA(work);
    struct hone_counts *sum;
    struct hone_table *inputs;
    struct hone_table *answers;
    HONE_TRY(hone_counts_new(run, job->reference, &work, &sum));
    for (size_t i = 0; i < n; i++) {
        HONE_JSON json_t *tree = NULL;
        HONE_TRY(hone_json_parse(run, hone_str(row[i].data), &tree));
        HONE_TRY(hone_counts_parse(run, tree, job->reference, sum));
    }
    HONE_TRY(hone_counts_tables(run, sum, job->reference, MOST_ROWS, &work, &inputs, &answers));
    HONE_TRY(without(run, &job->settings->skip, &work, &inputs));
    HONE_TRY(
        hone_drift_run(run, job->reference, inputs, answers, &job->drift, mem, &step->report));
    window->n = (size_t)sum->rows;
    step->window = window;
    return HONE_OK;
}

static enum hone_code read_rows(struct hone_run *run, struct hone_store *store,
                                const struct hone_located *model,
                                const struct hone_watch_settings *settings,
                                struct hone_arena *mem, struct hone_sketch_row **row, size_t *n)
{
    struct hone_version_record version;
    HONE_TRY(hone_version_get(run, store, model->name, model->version, mem, &version));
    HONE_TRY(
        hone_sketch_rows(run, store, version.id, settings->from, settings->to, mem, row, n));
    if (*n == 0) {
        (void)hone_fail(run, HONE_E_NOT_FOUND, "no server has kept sketches of %s", model->uri);
        return hone_hint(run, "hone serve keeps them, and writes them once a minute");
    }
    return HONE_OK;
}

enum hone_code hone_watch_sketched(struct hone_run *run, struct hone_store *store,
                                   const struct hone_located *model,
                                   const struct hone_scorer *scorer,
                                   const struct hone_watch_settings *settings,
                                   struct hone_arena *mem, struct hone_watched *out)
{
    struct hone_watched w = {0};
    struct hone_reference *reference;
    struct hone_sketch_row *row;
    struct hone_window *window;
    size_t n;
    HONE_TRY(hone_scorer_reference(run, scorer, mem, &reference));
    HONE_TRY(read_rows(run, store, model, settings, mem, &row, &n));
    struct job job = {
        reference, settings, {.alpha = settings->alpha, .tests = settings->tests}};
    HONE_TRY(hone_drift_cache_new(run, reference, mem, &job.drift.cache));
    HONE_TRY(hone_array(run, mem, &w.watch.step, n));
    HONE_TRY(hone_array(run, mem, &window, n));
    for (size_t i = 0; i < n;) {
        struct hone_window *now = &window[w.watch.n];
        size_t j = i;
        HONE_TRY(hone_window_at(run, settings->window, row[i].begin, mem, now));
        while (j < n && row[j].begin < now->end) {
            j++;
        }
        HONE_TRY(compare(run, &job, row + i, j - i, mem, &w.watch.step[w.watch.n], now));
        w.rows += now->n;
        w.watch.n++;
        i = j;
    }
    hone_watch_judge(&w.watch, (size_t)settings->k, (size_t)settings->of);
    *out = w;
    return HONE_OK;
}
