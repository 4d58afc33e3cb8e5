/*
 * flow/judge/judge.h - all that is to be said about predictions beside the truth, as one JSON document
 *
 * `hone evaluate` prints it, `hone report` and --html draw it; both compute nothing.  Members are listed in
 * docs/eval.md ("The document of an evaluation").
 */
#ifndef HONE_FLOW_JUDGE_JUDGE_H
#define HONE_FLOW_JUDGE_JUDGE_H

#include "flow/train/goal.h"
#include "flow/train/target.h"

/* What is judged: predictions p of rows of a table, in the rows' order. */
struct hone_judged {
    struct hone_span rows;
    const struct hone_target_facts *target;
    struct hone_prediction p;
};

struct hone_judging {
    const struct hone_metric *const *metric; /* (metrics) */
    size_t metrics;
    size_t replicates; /* 0: no intervals */
    const struct hone_interval
        *known; /* (metrics) where they have been computed before; NULL: not yet */
    const struct hone_goals *goals; /* may be NULL */
    struct hone_texts by;           /* columns whose segments are judged */
    double tolerance;               /* between groups: see hone_fairness */
    bool weak_spots;                /* look for them */
};

/*
 * *out is a new reference.
 * Fails: as hone_bootstrap_intervals, hone_goals_check, hone_segments_cut.
 */
enum hone_code hone_judge(struct hone_run *run, const struct hone_judged *what,
                          const struct hone_judging *how, json_t **out);

/* How many of the document's goals have a verdict. */
size_t hone_judge_verdicts(const json_t *evaluation, enum hone_verdict verdict);

/*
 * The goals and the worth that a run was trained with (from its facts), where settings has none of them.  A run that
 * keeps no facts changes nothing.  Fails: as the store does.
 */
enum hone_code hone_judge_recorded_goals(struct hone_run *run, const char *store,
                                         const char *run_id, struct hone_arena *mem,
                                         struct hone_train_settings *settings);

#endif
