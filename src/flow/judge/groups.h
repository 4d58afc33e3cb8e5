/*
 * flow/judge/groups.h - how a scored table looks group by group
 */
#ifndef HONE_FLOW_JUDGE_GROUPS_H
#define HONE_FLOW_JUDGE_GROUPS_H

#include "explain/fairness.h"
#include "flow/model/score.h"
#include "flow/train/target.h"

/* A column of more texts than this is no group; many numbers or times are cut in so many ranges. */
#define HONE_GROUPS_MAX    200
#define HONE_GROUPS_RANGES 5

/*
 * The fairness of scores by the values of a column of the table, which need not be one the model uses; missing is a
 * group of its own.  rows and p are of the same rows.
 * Fails: HONE_E_NOT_FOUND (no such column), HONE_E_ARG (over HONE_GROUPS_MAX values), as hone_fairness.
 */
enum hone_code hone_groups_judge(struct hone_run *run, const struct hone_span *rows,
                                 const char *column, const struct hone_prediction *p,
                                 double tolerance, struct hone_arena *mem,
                                 struct hone_fairness *out);

/* As JSON; new reference. */
json_t *hone_fairness_json(const struct hone_fairness *fairness, const char *column);

#endif
