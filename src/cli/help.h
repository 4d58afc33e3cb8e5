/*
 * cli/help.h - what the rows say, for people: help, man pages, shell completions
 */
#ifndef HONE_CLI_HELP_H
#define HONE_CLI_HELP_H

#include "cli/verb.h"

/* All verbs by stage. */
void hone_help_print_all(const struct hone_term *term);
/* One verb: summary, usage, options with defaults and bounds, examples. */
void hone_help_print_verb(const struct hone_term *term, const struct hone_verb *verb);

/* The settings of any part, by their names in files; rows NULL: none. */
void hone_help_print_settings(const struct hone_term *term, const struct hone_param *rows);

/* Pieces that the man page and the completions say too; in mem. */
/* "log_level" -> "log-level" */
const char *hone_help_name(struct hone_arena *mem, const struct hone_param *row);
/* What the value of a row is called: "FILE", "N", "a|b"; "" for flags. */
const char *hone_help_value(struct hone_arena *mem, const struct hone_param *row);
/* "default 5; 1 to 10", or "". */
const char *hone_help_bounds(struct hone_arena *mem, const struct hone_param *row);

#endif
