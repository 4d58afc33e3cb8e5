/*
 * cli/evaluate_show.h - an evaluation's document (flow/judge/judge.h) for people
 */
#ifndef HONE_CLI_EVALUATE_SHOW_H
#define HONE_CLI_EVALUATE_SHOW_H

#include "cli/verb.h"

/* Print what matters: goals, metrics with intervals, calibration or bias, value, groups, where it does worst.  all:
 * also every table: by class, confusion, thresholds, lift, residuals. */
void hone_show_evaluation(const struct hone_args *args, const json_t *evaluation, bool all);

#endif
