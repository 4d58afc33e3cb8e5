/*
 * flow/model/trained.h - tables and models as the training knew them
 */
#ifndef HONE_FLOW_MODEL_TRAINED_H
#define HONE_FLOW_MODEL_TRAINED_H

#include "flow/model/score.h"
#include "monitor/reference.h"

/*
 * The inputs of a signature, in its order and types, from a table: a number of live data must not become text
 * because one row says "n/a".  A value that does not fit is missing, so is a whole input that the table lacks;
 * columns named in skip are left out.  Fails: HONE_E_LIMIT.
 */
enum hone_code hone_table_as_trained(struct hone_run *run, const struct hone_signature *s,
                                     const struct hone_table *table,
                                     const struct hone_texts *skip, struct hone_arena *mem,
                                     struct hone_table **out);

/* What the data looked like.  Fails: HONE_E_UNSUPPORTED when the model does not say. */
enum hone_code hone_scorer_reference(struct hone_run *run, const struct hone_scorer *scorer,
                                     struct hone_arena *mem, struct hone_reference **out);

#endif
