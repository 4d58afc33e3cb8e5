/*
 * graph/plan.h - run a model
 *
 * A plan is a model checked, with shapes inferred, constants folded, nodes in order, attributes compiled (hash
 * tables, packed trees) and memory planned.  It is read-only: any number of threads may run it, each
 * through a session of its own.  Graphs whose every node works row by row on axis 0 run in blocks of rows, in
 * parallel over run->pool; a single row takes no lock and, once warm, no memory.
 */
#ifndef HONE_GRAPH_PLAN_H
#define HONE_GRAPH_PLAN_H

#include "graph/model.h"
#include "tensor/sparse.h"

struct hone_plan;
struct hone_session;

/*
 * Compile for the given outputs (names of any values of the graph; NULL: its outputs).  The model must
 * outlive the plan.  What the outputs do not need is not run, and inputs that they do not need are not
 * among the plan's.  Where mem has a limit, each session is held to the same.
 * Fails: HONE_E_UNSUPPORTED listing every operator or type that has no kernel; HONE_E_SHAPE or
 * HONE_E_FORMAT naming the node for graphs that are not well formed.
 */
enum hone_code hone_plan_new(struct hone_run *run, const struct hone_model *model,
                             const char *const *outputs, size_t n_outputs,
                             struct hone_arena *mem, struct hone_plan **out);

size_t hone_plan_inputs(const struct hone_plan *plan);
const struct hone_value *hone_plan_input(const struct hone_plan *plan, size_t i);
size_t hone_plan_outputs(const struct hone_plan *plan);
const struct hone_value *hone_plan_output(const struct hone_plan *plan, size_t i);
bool hone_plan_rowwise(const struct hone_plan *plan);

/* Room to run in: buffers that grow to the largest call and stay.  One thread at a time. */
struct hone_session *hone_session_new(const struct hone_plan *plan); /* panics without memory */
void hone_session_free(struct hone_session *session);

/*
 * Run.  in: one tensor per plan input, in that order, borrowed for the call.  out: filled with tensors
 * that live in the session until its next run.
 * Deterministic; the same for any block of rows and any number of threads.
 * Fails: HONE_E_SHAPE (types or shapes differ from the signature, named), HONE_E_NUMERIC, HONE_E_LIMIT.
 */
enum hone_code hone_plan_run(struct hone_run *run, const struct hone_plan *plan,
                             struct hone_session *session, const struct hone_tensor *in,
                             struct hone_tensor *out);

/*
 * The same for many rows of a rowwise plan: blocks of rows in parallel over run->pool, results gathered in
 * mem.  Every input's axis 0 is rows.  For plans that are not rowwise it is one hone_plan_run, copied.
 */
enum hone_code hone_plan_run_rows(struct hone_run *run, const struct hone_plan *plan,
                                  size_t rows, const struct hone_tensor *in,
                                  struct hone_arena *mem, struct hone_tensor *out);

/*
 * The same for a rowwise plan with one output, float [N, cols], that is mostly zeros; rows > 0.  Where the output
 * comes from text through n-grams it never exists as a dense matrix.  Fails: as hone_plan_run.
 */
enum hone_code hone_plan_run_sparse(struct hone_run *run, const struct hone_plan *plan,
                                    size_t rows, const struct hone_tensor *in,
                                    struct hone_arena *mem, struct hone_sparse *out);

#endif
