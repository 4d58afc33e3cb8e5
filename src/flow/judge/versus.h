/*
 * flow/judge/versus.h - models beside each other: on the same rows, or as they are on record
 *
 * The first model is the one that the others are held against.  A difference counts when it is beyond chance over all
 * models and metrics compared together; else there is no evidence, and that is said.
 */
#ifndef HONE_FLOW_JUDGE_VERSUS_H
#define HONE_FLOW_JUDGE_VERSUS_H

#include "base/json.h"
#include "base/part.h"
#include "io/reader.h"

#define HONE_VERSUS_MODELS 16 /* at most, beside each other */

struct hone_versus {
    const char *store;        /* folder */
    const char *const *model; /* (n) models:/NAME/3, models:/NAME@champion, runs:/ID, a file */
    size_t n;
    const char *data;              /* table with the answers */
    const char *target;            /* column of them; NULL: the first model's */
    struct hone_read_options read; /* of data */
    struct hone_texts metrics;     /* none: all of the task */
    size_t replicates;             /* of the bootstrap; 0: 500 */
    size_t latency_rows;           /* rows that are timed one by one; 0: none */
};

/*
 * Score the same rows with all models.  *out (new reference): {"rows", "task", "models": [{"model", "bytes", "hash",
 * "metrics", "seconds", ...}], "versus": [{"model", "metric", "gain", "low", "high", "p", "p_adjusted", "verdict"}],
 * "agreement": [...], "inputs": [...], "settings": [...]}.  p_adjusted is Holm's over all of versus.
 * Deterministic but for the seconds.
 * Fails: HONE_E_ARG for fewer than two or more than HONE_VERSUS_MODELS models; HONE_E_SHAPE when tasks, targets or
 * classes differ; as hone_model_locate, hone_data_read, hone_score.
 */
enum hone_code hone_versus_data(struct hone_run *run, const struct hone_versus *versus,
                                struct hone_arena *mem, json_t **out);

/*
 * The same models by what the store knows of the runs that made them: {"models": [...], "metrics": [...], "params":
 * [...], "data": [...]}; of params only those that differ.  Nothing is computed.
 * Fails: HONE_E_NOT_FOUND for a model that no run on record made.
 */
enum hone_code hone_versus_record(struct hone_run *run, const struct hone_versus *versus,
                                  struct hone_arena *mem, json_t **out);

#endif
