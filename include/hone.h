/*
 * hone.h - libhone: tables in, models out, scores from them
 *
 * The one header a program needs.  What it includes, and below it whatever those headers include, is the public
 * interface; each header is the manual of its part.  The rest of the installed headers (hone/eval, hone/store,
 * hone/monitor, ...) are for programs that want a single layer, and may change between minor versions.
 *
 *   cc -std=c11 score.c $(pkg-config --cflags --libs hone)
 *
 * Every call takes a run first: its error, its scratch memory, its seed.  A call returns HONE_OK, or a code with one
 * sentence in run.err.message.  What it hands out lives in the arena it was given, until hone_arena_free.  A run and
 * an arena belong to one thread at a time; tables and trained models are read-only, and any number of threads may
 * use them, each with a run of its own.
 *
 * Example: learn from rows, score the same rows, and keep the model as an ONNX file (NULL: do not).
 *
 *   static enum hone_code learn(struct hone_run *run, struct hone_str csv, const char *target,
 *                               const char *onnx, struct hone_arena *mem,
 *                               struct hone_scores *scores)
 *   {
 *       struct hone_table *table;
 *       struct hone_prepared rows;
 *       struct hone_train_settings how;
 *       struct hone_trained *model = hone_new(mem, struct hone_trained);
 *
 *       hone_settings_default(&hone_train_options, &how);
 *       how.target = target;
 *       HONE_TRY(hone_table_read_text(run, "rows.csv", csv, NULL, mem, &table, NULL));
 *       HONE_TRY(hone_prepare(run, table, NULL, &how, mem, &rows));
 *       HONE_TRY(hone_train(run, &rows, &how, NULL, mem, model));
 *       if (onnx != NULL) {
 *           HONE_TRY(hone_file_write(run, onnx, model->bytes));
 *       }
 *       return hone_score(run, &model->scorer, table, NULL, table->rows, mem, scores);
 *   }
 *
 *   int main(void)
 *   {
 *       struct hone_run run = {.seed = 1};
 *       struct hone_arena mem = {0};
 *       struct hone_scores scores;
 *       ...
 *       if (learn(&run, hone_str(text), "default", "model.onnx", &mem, &scores) != HONE_OK) {
 *           fprintf(stderr, "%s\n", run.err.message);
 *       }
 *       hone_arena_free(&mem);
 *       hone_run_clear(&run);
 *   }
 *
 * run.pool = hone_pool_new(0) uses all processors (base/pool.h); the results are the same bits without.
 * hone_scorer_open reads a model that was kept, or one that others made.  hone_plan_new and hone_plan_run
 * run any ONNX graph on tensors.
 */
#ifndef HONE_H
#define HONE_H

#include "base/file.h"
#include "base/pool.h"
#include "base/run.h"
#include "flow/model/score.h"
#include "flow/train/prepare.h"
#include "flow/train/train.h"
#include "graph/plan.h"
#include "io/reader.h"
#include "table/arrow_c.h"
#include "table/builder.h"
#include "table/table.h"

#endif
