/*
 * flow/train/job.h - a training from files to a registered version, on record
 *
 * What `hone train`, the schedule and `hone reproduce` run.  Everything the job reads, decides and makes is in the
 * store under one run: its configuration alone is enough to do it again.
 */
#ifndef HONE_FLOW_TRAIN_JOB_H
#define HONE_FLOW_TRAIN_JOB_H

#include "check/finding.h"
#include "explain/fairness.h"
#include "flow/project.h"
#include "flow/train/train.h"
#include "store/lineage.h"

struct hone_job_result {
    struct hone_run_id run;
    const char *model; /* "models:/NAME/3" */
    const char *name;
    int64_t version;
    const char *onnx; /* where the file lies */
    struct hone_table *data;
    struct hone_read_report report, test_report;
    struct hone_prepared prepared;
    struct hone_findings *findings; /* NULL: checks are off */
    struct hone_trained trained;
    struct hone_texts by; /* columns whose groups were judged; none for several classes */
    struct hone_fairness *groups; /* (by.n) */
    double read_seconds, fit_seconds, total_seconds;
    const char *resume; /* the folder of fits kept while it ran; NULL: none */
};

/*
 * Run the job.  store is open.  A job that was stopped half way and is run again goes on (flow/train/resume.h).  What fails is recorded as FAILED (cancelled: KILLED) with its message, and
 * returned.  Fails also: HONE_E_GATE when checks are to stop the training and one fails; result->findings
 * and what was read are there then.
 */
enum hone_code hone_job_run(struct hone_run *run, struct hone_store *store,
                            const struct hone_job *job, struct hone_arena *mem,
                            struct hone_job_result *out);

/* Read, prepare and train without a store: what reproduction compares. */
enum hone_code hone_job_train(struct hone_run *run, const struct hone_job *job,
                              struct hone_arena *mem, struct hone_job_result *out);

#endif
