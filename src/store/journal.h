/*
 * store/journal.h - what the service did: predictions, their labels, alarms
 */
#ifndef HONE_STORE_JOURNAL_H
#define HONE_STORE_JOURNAL_H

#include "base/str.h"
#include "store/store.h"

/* --- predictions ---------------------------------------------------------------------------- */

struct hone_logged_prediction {
    const char *id; /* unique; ids that grow with time are stored fastest */
    int64_t time;
    int64_t version_id;     /* of a hone_version_record */
    const char *variant;    /* "champion", "canary", ... */
    int64_t latency;        /* µs */
    struct hone_str inputs; /* JSON */
    struct hone_str outputs;
    /* Filled by the store: */
    const char *model;
    int64_t version;
    int64_t seq;
    const char *label; /* the last one by its time; NULL: none yet */
    int64_t label_time;
};

/*
 * Append a batch in one transaction.  An id that is there already is passed over, so that a batch may
 * be written again after an uncertain end.  Fails: HONE_E_CONFLICT when a version_id names no version.
 */
enum hone_code hone_predictions_append(struct hone_run *run, struct hone_store *store,
                                       const struct hone_logged_prediction *list, size_t n);

/* All conditions must hold; a zeroed filter is all predictions.  A page begins behind the place of the last
 * row of the page before. */
struct hone_prediction_filter {
    const char *model;   /* NULL: any */
    int64_t version;     /* of the model; 0: any */
    const char *variant; /* NULL: any */
    int64_t from, to;    /* from <= time < to; to of 0: no end */
    bool labelled;       /* only those with a label */
    int64_t after_time;  /* with after_seq: the place; after_seq of 0: from the start */
    int64_t after_seq;
    size_t limit; /* 0: all */
};
/* In the order of time, then of arrival. */
enum hone_code hone_predictions_list(struct hone_run *run, struct hone_store *store,
                                     const struct hone_prediction_filter *filter,
                                     struct hone_arena *mem,
                                     struct hone_logged_prediction **out, size_t *n);
enum hone_code hone_prediction_get(struct hone_run *run, struct hone_store *store,
                                   const char *id, struct hone_arena *mem,
                                   struct hone_logged_prediction *out);

/* --- what became of many: counts of all, and only the labelled ones themselves ------------------ */

/*
 * How many predictions of a version are logged in each hour of [from, to), UTC; to of 0: no end.
 *
 *   *list  (n) in mem, in order of time; hours without one are left out
 *
 * Counted in the index of times alone (about 0.1 µs a row of any version), exactly: no row and no text is read.  Not by the
 * hourly sketches (sketchlog.h): those also count what was never logged (--log off, sample, batches), and miss a killed
 * server's last minute.  Not by counts kept beside the log: each writer and each expiry would have to keep them, and the
 * texts of one labelled row in a thousand cost as much to unpack as the count of the thousand.
 * Cancellable from hour to hour.
 */
struct hone_prediction_hour {
    int64_t begin; /* a moment in the hour, at or before its first row and not before `from` */
    size_t rows;
    int64_t first, last; /* the least and the greatest seq among them */
};
enum hone_code hone_predictions_hours(struct hone_run *run, struct hone_store *store,
                                      int64_t version_id, int64_t from, int64_t to,
                                      struct hone_arena *mem,
                                      struct hone_prediction_hour **list, size_t *n);

/*
 * The place of the prediction of a version that has so many of [from, to) before it, in the order of time, then of
 * arrival; INT64_MAX, INT64_MAX: there is none.  Costs as hone_predictions_hours of that stretch.
 */
enum hone_code hone_prediction_behind(struct hone_run *run, struct hone_store *store,
                                      int64_t version_id, int64_t from, int64_t to, size_t rows,
                                      int64_t *time, int64_t *seq);

/* A page begins behind the seq of the last row of the page before. */
struct hone_labelled_filter {
    int64_t version_id;
    int64_t from, to;            /* from <= time < to; to of 0: no end */
    int64_t after_seq, last_seq; /* after_seq < seq <= last_seq; last_seq of 0: no end */
    size_t limit;                /* 0: all */
};
/*
 * The predictions that have a label, in the order of seq (of arrival), which is that of their blocks, so that each is unpacked
 * once.  Read from the table of labels: what it costs grows with the labels between the two seqs (of any version), not with
 * what was logged.  Of each: seq, id, time, outputs and the last label; nothing else is filled.
 */
enum hone_code hone_labelled_list(struct hone_run *run, struct hone_store *store,
                                  const struct hone_labelled_filter *filter,
                                  struct hone_arena *mem, struct hone_logged_prediction **out,
                                  size_t *n);

/* --- labels ---------------------------------------------------------------------------------- */

struct hone_label {
    const char *prediction; /* its id */
    int64_t time;           /* when it was so */
    const char *label;      /* JSON value, or plain text */
    const char *source;     /* who said so; NULL when given: "" */
};
/*
 * Append in one transaction.  The same (prediction, time) again is passed over.
 *
 *   *added  how many were new; may be NULL
 *
 * Fails: HONE_E_NOT_FOUND, naming the first unknown prediction; then none is written.
 */
enum hone_code hone_labels_append(struct hone_run *run, struct hone_store *store,
                                  const struct hone_label *list, size_t n, size_t *added);
/* A number that grows with each label that is new; 0: there is none. */
enum hone_code hone_label_newest(struct hone_run *run, struct hone_store *store, int64_t *id);
/* All labels of one prediction by time. */
enum hone_code hone_labels_list(struct hone_run *run, struct hone_store *store,
                                const char *prediction, struct hone_arena *mem,
                                struct hone_label **out, size_t *n);

/* --- alarms ---------------------------------------------------------------------------------- */

struct hone_alarm {
    int64_t id;           /* filled by the store */
    int64_t time;         /* 0 when given: now */
    int64_t version_id;   /* of a hone_version_record; 0: none */
    const char *kind;     /* "drift", "performance", "rollback", ... */
    const char *severity; /* "info", "warning", "critical" */
    const char *subject;  /* column, metric, variant ... */
    double value;         /* measured; NaN: none */
    double threshold;     /* NaN: none */
    int64_t window_from;  /* the rows it speaks of; 0: none */
    int64_t window_to;
    const char *message;
    const char *detail; /* JSON; NULL when given: "{}" */
    const char *key;    /* what rings, for hone_alarm_raise; NULL when given: the subject */
    int64_t closed;     /* 0: open; this and the rest filled by the store */
    const char *closed_by;
    const char *closed_reason;
    const char *model; /* of the version; NULL: none */
    int64_t version;
    int64_t seen; /* until when it was raised again */
    int64_t told; /* when the last webhook accepted it; 0: none has */
};
enum hone_code hone_alarm_append(struct hone_run *run, struct hone_store *store,
                                 const struct hone_alarm *alarm, int64_t *id);

/*
 * Append an alarm, unless it is known: of the same version, kind and key, and
 *   with a window     of a window that overlaps it or what was seen since, also when somebody has closed it, who
 *                     then knows of it
 *   without a window  open, or seen within HONE_ALARM_QUIET_US
 * One that is known is marked as seen until this window's end, or now.
 *
 *   *id     of the new one, or of the known one
 *   *fresh  whether it is new
 *
 * Fails: as hone_alarm_append.  Two processes that raise the same at a time make one.
 */
#define HONE_ALARM_QUIET_US INT64_C(3600000000)
enum hone_code hone_alarm_raise(struct hone_run *run, struct hone_store *store,
                                const struct hone_alarm *alarm, int64_t *id, bool *fresh);

struct hone_alarm_filter {
    const char *model; /* NULL: any */
    const char *kind;  /* NULL: any */
    bool open;         /* only those not closed */
    int64_t before;    /* only lower ids: the last one of the page before; 0: from the newest */
    size_t limit;      /* 0: all */
};
/* Newest first. */
enum hone_code hone_alarm_list(struct hone_run *run, struct hone_store *store,
                               const struct hone_alarm_filter *filter, struct hone_arena *mem,
                               struct hone_alarm **out, size_t *n);

/* By its id. */
enum hone_code hone_alarm_get(struct hone_run *run, struct hone_store *store, int64_t id,
                              struct hone_arena *mem, struct hone_alarm *out);

/* How people name one: "alarm:3", or the number alone.  Fails: HONE_E_ARG. */
#define HONE_ALARM_PREFIX "alarm:"
enum hone_code hone_alarm_id(struct hone_run *run, const char *text, int64_t *id);

/* Close an alarm; actor NULL: "local", reason NULL: "".  Fails: HONE_E_CONFLICT when it is closed. */
enum hone_code hone_alarm_close(struct hone_run *run, struct hone_store *store, int64_t id,
                                const char *actor, const char *reason);

/*
 * Close the open alarms of a kind and key that were last seen before a time: what rang has passed.
 *
 *   *closed  how many
 */
enum hone_code hone_alarm_settle(struct hone_run *run, struct hone_store *store,
                                 const char *kind, const char *key, int64_t before,
                                 const char *reason, size_t *closed);

#endif
