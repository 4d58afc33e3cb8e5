/*
 * flow/watch/risen.h - the values of a drifted column that have become more frequent, and whose rows have them
 *
 * An alarm is about a distribution, and no single row has one.  The rows worth looking at are those in the cell
 * that gained most, or without a value, or of levels that training did not know: whichever test rang.
 */
#ifndef HONE_FLOW_WATCH_RISEN_H
#define HONE_FLOW_WATCH_RISEN_H

#include "base/json.h"
#include "monitor/drift.h"

/*
 * {"column", "label", "reference": share of the training rows, "window": share of the window | null}, and one of
 * "missing": true; "above" and "upto" (numbers; null: no bound); "level"; "not": levels (any other).  NULL where no value
 * has risen, of times, and of the model's answers.  New reference.
 */
json_t *hone_risen_json(const struct hone_drift_column *column);

/* Whether a row's inputs, as they are logged, have such a value. */
bool hone_risen_has(const json_t *risen, struct hone_str inputs);

/* "plan gold: 2 % of the training rows, 41 % of this window".  In mem. */
const char *hone_risen_text(const json_t *risen, struct hone_arena *mem);

#endif
