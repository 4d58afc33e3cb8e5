/*
 * cli/ago.h - whiles and moments as people type them
 */
#ifndef HONE_CLI_AGO_H
#define HONE_CLI_AGO_H

#include "base/run.h"

/* "90s", "90m", "12h", "7d", "2w" in µs.  Fails: HONE_E_ARG, naming the option. */
enum hone_code hone_while(struct hone_run *run, const char *option, const char *text,
                          int64_t *us);

/* A date, a time, or how long ago; µs since 1970.  Fails: HONE_E_ARG, naming the option. */
enum hone_code hone_moment(struct hone_run *run, const char *option, const char *text,
                           int64_t *us);

#endif
