/* flow/watch/watch_priv.h - what the looks at rows, at the log and at sketches share. */
#ifndef HONE_FLOW_WATCH_WATCH_PRIV_H
#define HONE_FLOW_WATCH_WATCH_PRIV_H

#include "flow/watch/watch.h"

/* The truth of a label text: class index or number; NaN when it is neither. */
double hone_watch_truth(const struct hone_signature *s, struct hone_str text);

/*
 * How a model's realised quality is judged: the metric it was chosen by, its value and interval on the test rows (NaN
 * where nobody kept them), and the settings.  store may be NULL.
 */
enum hone_code hone_watch_yardstick(struct hone_run *run, struct hone_store *store,
                                    const struct hone_located *model,
                                    const struct hone_scorer *scorer,
                                    const struct hone_watch_settings *settings,
                                    struct hone_arena *mem,
                                    struct hone_performance_options *out);

#endif
