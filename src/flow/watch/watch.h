/*
 * flow/watch/watch.h - look at live data: is it still what the model was made for, and is the model still right?
 *
 * The rows come from a file, or from the predictions that the service logged.  They are scored by the model's file,
 * cut into windows, and each window is compared with the reference in that file.  Where labels are
 * known, the realised metric stands beside it.
 */
#ifndef HONE_FLOW_WATCH_WATCH_H
#define HONE_FLOW_WATCH_WATCH_H

#include "base/part.h"
#include "flow/model/locate.h"
#include "flow/model/score.h"
#include "io/reader.h"
#include "monitor/performance.h"
#include "monitor/window.h"
#include "store/journal.h"

/* The name of the document among a run's artifacts. */
#define HONE_RUN_WATCH "watch.json"

struct hone_watch_settings {
    const char *time_column; /* NULL: the time of the prediction, or the order of the rows */
    const char *window;      /* "hour", "day", "week", "month", or a number of rows */
    double alpha;
    int64_t k, of;           /* an alarm needs k drifted windows among the last `of` */
    struct hone_texts tests; /* none: all */
    struct hone_texts skip;  /* columns not to look at */
    /* realised quality */
    double
        tolerance; /* how much worse than on the test rows is still well, in the metric; 0: automatic */
    int64_t least_labels; /* fewer in a window say nothing */
    int64_t
        label_hours;  /* from a window's end until its labels are there; -1: by their delays */
    int64_t from, to; /* only windows that begin in [from, to), µs; 0: no bound */
};
extern const struct hone_param hone_watch_params[];

struct hone_watch_rows {
    const struct hone_table *table;
    const char *time_column; /* as found; NULL: the order of the rows */
    size_t labelled;
    const struct hone_str
        *label; /* (table->rows) text of the answer, empty where not known; or NULL */
    const int64_t *label_time; /* (table->rows) µs; NULL: labels need not be waited for */
    const int64_t *time;       /* (table->rows) µs of the answer, with label_time */
};

/* The logged predictions of a version as a table, all of them in memory: the inputs, and "predicted_at". */
enum hone_code hone_watch_logged(struct hone_run *run, struct hone_store *store,
                                 const struct hone_located *model, struct hone_arena *mem,
                                 struct hone_watch_rows *out);

/*
 * Count a file that was scored into the sketches of this hour, where servers' counts of it lie too.  table as it was
 * read, answers as of hone_scores_table.  A model without a reference, or one that is not registered, has none: nothing
 * happens, and *kept is false.  Two that do so at a time both count.
 * Fails: HONE_E_LIMIT; as the store does.
 */
enum hone_code hone_watch_batch(struct hone_run *run, struct hone_store *store,
                                const struct hone_located *model,
                                const struct hone_scorer *scorer,
                                const struct hone_table *table,
                                const struct hone_table *answers, bool *kept);

/*
 * Look at the sketches that servers and batches kept (store/sketchlog.h): nothing is scored again and no label is known, but
 * every request counts, also where few or none were logged.  Windows are by hour, day, week or month.
 * Fails: HONE_E_NOT_FOUND when there are none; HONE_E_UNSUPPORTED for a model without a reference.
 */
struct hone_watched;
enum hone_code hone_watch_sketched(struct hone_run *run, struct hone_store *store,
                                   const struct hone_located *model,
                                   const struct hone_scorer *scorer,
                                   const struct hone_watch_settings *settings,
                                   struct hone_arena *mem, struct hone_watched *out);

struct hone_watched {
    struct hone_watch watch;
    struct hone_performance realised; /* metric NULL: a model without a target, or no labels */
    size_t rows;
};

/*
 * Score, cut, compare.  The model must carry a reference.  store may be NULL: then nobody knows what the test rows said.
 * Fails: HONE_E_UNSUPPORTED for a model without one; as hone_score, hone_windows_cut, hone_watch_run.
 */
enum hone_code hone_watch_model(struct hone_run *run, struct hone_store *store,
                                const struct hone_located *model,
                                const struct hone_scorer *scorer,
                                const struct hone_watch_rows *rows,
                                const struct hone_watch_settings *settings,
                                struct hone_arena *mem, struct hone_watched *out);

/* --- realised quality --------------------------------------------------------------------------- */

/*
 * The realised metric of a version, window by window of prediction time (hour, day, week or month), from logged answers
 * and the labels that came for them; nothing is scored.  A window is judged once its labels had time to come.
 * The metric is the one the model was chosen by; monitor/performance.h says what worse means.
 * Only answers that have a label are read (store/journal.h: hone_labelled_list); of the others their count by the hour says
 * all that is asked of them: the share that has a label, and which labels are of the earlier half, by whose delays a window
 * waits.  An answer without scores, or with a label that is neither class nor number, counts as one without a label.
 * Memory: some 250 bytes for each labelled prediction of two classes, nothing for the others.
 * Fails: HONE_E_UNSUPPORTED for a model without a target; HONE_E_NOT_FOUND when nothing is logged; HONE_E_ARG for
 * windows by rows.
 */
enum hone_code hone_watch_performance(struct hone_run *run, struct hone_store *store,
                                      const struct hone_located *model,
                                      const struct hone_scorer *scorer,
                                      const struct hone_watch_settings *settings,
                                      struct hone_arena *mem, struct hone_performance *out);

/* Raise the alarm of kind "performance" if there is one; *id its number and *fresh whether it is new; id 0: none. */
enum hone_code hone_performance_record(struct hone_run *run, struct hone_store *store,
                                       const struct hone_located *model,
                                       const struct hone_performance *p, int64_t *id,
                                       bool *fresh);

/* --- what is left behind ------------------------------------------------------------------------- */

/* What to do next, one sentence each, in mem; none where all is well. */
void hone_watch_advice(const struct hone_watched *watched, const char *uri,
                       struct hone_arena *mem, struct hone_texts *out);

/* What was seen, as the document that the report renders.  New reference. */
json_t *hone_watched_json(const struct hone_watched *watched, const char *model);

/* Keep the document under a run of its own (NULL: none), say how it stands, and raise the alarms if there are any. */
enum hone_code hone_watch_record(struct hone_run *run, struct hone_store *store,
                                 const struct hone_located *model,
                                 const struct hone_watched *watched, const json_t *document);

/* The id of the run that holds the newest document about a model version; NULL if there is none. */
enum hone_code hone_watch_last(struct hone_run *run, struct hone_store *store,
                               const struct hone_located *model, struct hone_arena *mem,
                               const char **id);

#endif
