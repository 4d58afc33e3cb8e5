/*
 * flow/plan/feasibility.h - whether a model is worth the effort, before the effort
 *
 * Reads the goal and the data of a job and answers what stands in the way, what guessing reaches, what a quick model
 * reaches, what more rows would give, what its answers are worth in money, and whether to go on.  Nothing is
 * registered, and the rows that a training would test on are not looked at.
 */
#ifndef HONE_FLOW_PLAN_FEASIBILITY_H
#define HONE_FLOW_PLAN_FEASIBILITY_H

#include "flow/project.h"

struct hone_feasibility_settings {
    int64_t rows;    /* most training rows of the learning curve */
    int64_t repeats; /* of each size; 0: by the rows */
    double seconds;  /* no further repeat after these; 0: no bound */
};
extern const struct hone_param hone_feasibility_params[];

enum hone_feasible {
    HONE_FEASIBLE_GO,
    HONE_FEASIBLE_MORE_DATA,
    HONE_FEASIBLE_NO_GO,
};
/* "go", "more data", "no-go" */
const char *hone_feasible_name(enum hone_feasible verdict);

/*
 * Study a job.  *out (new reference) is one document (docs/guide/plan.md lists its members): data, findings,
 * tried, now, learning, goals, ceiling, labels, leakage, value, seconds, verdict, reasons.
 * Deterministic but for the seconds, unless settings->seconds cuts it short.
 * Fails: as hone_data_read, hone_prepare, hone_goals_read, hone_check_run, hone_learning_curve.
 */
enum hone_code hone_feasibility_study(struct hone_run *run, const struct hone_job *job,
                                      const struct hone_feasibility_settings *settings,
                                      struct hone_arena *mem, enum hone_feasible *verdict,
                                      json_t **out);

#endif
