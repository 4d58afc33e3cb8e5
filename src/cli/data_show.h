/*
 * cli/data_show.h - what `hone data` prints of versions and their differences
 */
#ifndef HONE_CLI_DATA_SHOW_H
#define HONE_CLI_DATA_SHOW_H

#include "cli/verb.h"
#include "store/dataset.h"

/* A version as JSON.  New reference. */
json_t *hone_data_version_json(const struct hone_dataset_version *v);

/* `hone data list [NAME]`: the sets, or the versions of one. */
enum hone_code hone_data_list(struct hone_run *run, struct hone_store *store, const char *name,
                              struct hone_args *args);

/* `hone data show NAME[/N]`: all that is known of a version, and its files. */
enum hone_code hone_data_show(struct hone_run *run, struct hone_store *store, const char *text,
                              struct hone_args *args);

/* `hone data diff A B`: files and columns that differ; *same when nothing does. */
enum hone_code hone_data_diff(struct hone_run *run, struct hone_store *store,
                              const char *const text[2], struct hone_args *args, bool *same);

#endif
