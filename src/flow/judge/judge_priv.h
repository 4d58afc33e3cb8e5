/*
 * flow/judge/judge_priv.h - what the files of the evaluation document share
 */
#ifndef HONE_FLOW_JUDGE_JUDGE_PRIV_H
#define HONE_FLOW_JUDGE_JUDGE_PRIV_H

#include "flow/judge/judge.h"
#include "flow/model/score.h"

/* A real member, null when it is not finite; a list of them. */
void hone_judge_number(json_t *o, const char *key, double value);
json_t *hone_judge_numbers(const double *x, size_t n);

/* Members of a classification: per_class, averages, confusion, and for two classes curves, thresholds, lift,
 * scores, calibration, value. */
enum hone_code hone_judge_classes(struct hone_run *run, const struct hone_judged *what,
                                  const struct hone_judging *how, json_t *o);

#endif
