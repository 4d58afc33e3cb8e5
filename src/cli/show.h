/*
 * cli/show.h - results that several verbs print for people
 */
#ifndef HONE_CLI_SHOW_H
#define HONE_CLI_SHOW_H

#include "cli/verb.h"
#include "eval/bootstrap.h"
#include "explain/fairness.h"

/* n metrics with their intervals as a table; title heads the first column: "test". */
void hone_show_metrics(const struct hone_args *args, const char *title,
                       const struct hone_metric *const *metric,
                       const struct hone_interval *interval, size_t n);

/* Rates per group of a column, and the verdict on each gap. */
void hone_show_groups(const struct hone_args *args, const struct hone_fairness *f,
                      const char *by);

#endif
