/*
 * flow/train/facts.h - what a training found out, as one JSON document
 *
 * The report renders this and computes nothing, so it can be made again at any time from what the store keeps.
 * What there is to say about the test rows is the evaluation (flow/judge/judge.h), a member as any other (docs/flow.md).
 */
#ifndef HONE_FLOW_TRAIN_FACTS_H
#define HONE_FLOW_TRAIN_FACTS_H

#include "flow/train/job.h"

/* The name of the document among a run's artifacts. */
#define HONE_RUN_FACTS "facts.json"

/* New reference in *out.  Fails: HONE_E_LIMIT, and as the curves do. */
enum hone_code hone_training_facts(struct hone_run *run, const struct hone_job *job,
                                   const struct hone_job_result *result, json_t **out);

/*
 * How a training's answers were settled, as members of o: "calibration" and, for two classes, "threshold"; where
 * they were given also "goals" and "value" (per row of the test).
 */
void hone_answers_json(const struct hone_trained *t, json_t *o);

#endif
