/*
 * check/check.h - look at a table before learning from it
 *
 * Each check is a part that looks for one kind of trouble and says where, how much and what to do.
 * Thresholds are settings.  Checks are made to be silent on sound data: a warning is worth reading,
 * a failure stops a training.  What each looks for: docs/check.md.
 */
#ifndef HONE_CHECK_CHECK_H
#define HONE_CHECK_CHECK_H

#include "base/part.h"
#include "base/task.h"
#include "check/finding.h"
#include "profile/profile.h"

enum hone_check_stage {
    HONE_CHECK_INTEGRITY = 1, /* of the table alone */
    HONE_CHECK_LEAKAGE = 2,   /* of the table with a target */
    HONE_CHECK_SPLIT = 4,     /* of a training and a test table */
};
#define HONE_CHECK_ALL 7u

/* What is to be checked; borrowed. */
struct hone_check_input {
    const struct hone_table *table;
    const struct hone_table *test;      /* NULL: none; no split checks */
    const struct hone_profile *profile; /* of table; NULL: made here */
    const char *target;                 /* NULL: none; no leakage checks */
    enum hone_task task;                /* 0: guessed from the target */
    const char *time;                   /* when a row's outcome became known; NULL: not said */
    const char *group;                  /* rows of one value belong together; NULL: none */
    const json_t
        *settings; /* {"missing_share": {"max": 0.8}, "id_like": false}; NULL: defaults */
};

struct hone_check_ctx;
struct hone_facts;

struct hone_check {
    struct hone_part part;
    enum hone_check_stage stage;
    bool needs_target; /* skipped without one */
    /* One of the two.  Add what is found.  A check that adds nothing has passed.  Fails: HONE_E_LIMIT. */
    enum hone_code (*look)(struct hone_run *run, const struct hone_check_ctx *ctx,
                           const void *settings, struct hone_findings *findings);
    /* The same for each column by itself; columns are looked at in parallel. */
    enum hone_code (*column)(struct hone_run *run, const struct hone_check_ctx *ctx,
                             struct hone_facts *facts, const void *settings,
                             struct hone_findings *findings);
};

/* All checks in the order of checks.def, ended by NULL (each points to the part member). */
extern const struct hone_part *const hone_checks[];

/*
 * Run the checks of the given stages (bits of enum hone_check_stage) that the input allows; findings in
 * mem, in the order of checks.def, one of severity pass per silent check.
 * Deterministic but for dates compared with today.
 * Fails: HONE_E_NOT_FOUND when target, time or group is no column; HONE_E_ARG for unknown checks or settings;
 * HONE_E_LIMIT, HONE_E_CANCELLED.  Findings, however bad, are no failure.
 */
enum hone_code hone_check_run(struct hone_run *run, const struct hone_check_input *input,
                              unsigned stages, struct hone_arena *mem,
                              struct hone_findings **out);

#endif
