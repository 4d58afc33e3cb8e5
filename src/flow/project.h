/*
 * flow/project.h - the project file, hone.yaml, and a training job: two forms of one thing
 *
 *   project:  {name, seed}
 *   goal:     {target, task, positive, metric, success: {roc_auc: ">= 0.9"}, value: {true_positive: 100, ...}, unit}
 *   data:     {source, test, checks, read: {delimiter, no_header, ...}}
 *   split:    {by, column, test_share}
 *   features: {drop, keep, transform: {COL: standard, COL: {bin: {bins: 10}}, COL: [number, log]}}
 *   model:    {estimator, settings: {learning_rate: 0.05, ...}}
 *   evaluate: {folds, bootstrap}
 *   fairness: {by, tolerance}
 *   monitor:  {watch, webhook: [URL, ...]}
 *
 * The store keeps the same form as JSON for every run, so a run can be done again from its record, and its
 * record can be printed as the file that would have done it.
 */
#ifndef HONE_FLOW_PROJECT_H
#define HONE_FLOW_PROJECT_H

#include "flow/train/prepare.h"
#include "io/reader.h"

struct hone_job_monitor {
    const char *watch;         /* "hour", "day", "off"; NULL: as hone serve --watch says */
    struct hone_texts webhook; /* may hold secrets, so it is read, but never written */
};

struct hone_job {
    const char *data;    /* path */
    const char *test;    /* path of a test table of its own; NULL: a part of data */
    const char *name;    /* to register under; NULL: from the file's name */
    const char *command; /* as typed, for the record; not part of the file */
    const char *store;   /* where data:/ names are looked up; not part of the file */
    int64_t seed;
    struct hone_read_options read;
    struct hone_train_settings train;
    struct hone_job_monitor monitor; /* for hone serve and hone monitor */
};

/* All defaults. */
void hone_job_default(struct hone_job *job);

/* The project as a tree, every default shown; the webhooks as null.  New reference. */
json_t *hone_job_to_json(const struct hone_job *job);

/* JSON Schema (draft 2020-12) of that tree, from the rows that also read it.  New reference. */
json_t *hone_job_schema(void);

/*
 * What a tree says laid over job; texts in mem.
 * Fails: HONE_E_ARG for a section or key that does not exist (the hint names the nearest) and for values
 * out of bounds.
 */
enum hone_code hone_job_from_json(struct hone_run *run, const json_t *project,
                                  struct hone_arena *mem, struct hone_job *job);

/* The same from a YAML or JSON file.  Fails also: as hone_file_open, hone_yaml_parse. */
enum hone_code hone_job_from_file(struct hone_run *run, const char *path,
                                  struct hone_arena *mem, struct hone_job *job);

#endif
