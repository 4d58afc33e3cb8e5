/*
 * flow/train/answer.h - the last nodes of a model: from raw scores to what the signature promises
 */
#ifndef HONE_FLOW_TRAIN_ANSWER_H
#define HONE_FLOW_TRAIN_ANSWER_H

#include "flow/train/calibration.h"

/*
 * Append link, calibration, threshold and class names to the graph, and its outputs: prep/signature.h says which.
 *
 *   s      with task, classes, target_type and threshold
 *   score  float [N, 1], several classes [N, classes]: log-odds, logits or the prediction
 */
void hone_answer_emit(struct hone_run *run, const struct hone_signature *s,
                      const struct hone_calibration *calibration, const char *score,
                      struct hone_graph *g);

#endif
