/*
 * serve/recorder.h - predictions and labels on their way to the store
 *
 * Workers leave predictions in buffers of their own, which never blocks them: what does not fit is dropped and
 * counted.  One thread takes the buffers every flush interval, or earlier when one is a quarter full, and
 * writes them to the store in transactions.  Labels wait for their transaction: the same thread
 * writes first the predictions, then all labels that wait, and then calls back.
 * What was added is in the store at most one interval plus one transaction later; a process that is
 * killed loses what is younger.
 * While another process holds the store, predictions wait in the buffers; labels fail after 10 s (HONE_E_CONFLICT).
 */
#ifndef HONE_SERVE_RECORDER_H
#define HONE_SERVE_RECORDER_H

#include "base/pool.h"
#include "store/journal.h"

struct hone_recorder;

/* Bytes that a worker's predictions may take while they wait. */
#define HONE_RECORDER_BYTES ((size_t)64 << 20)
/* The most text of one row's inputs that is kept. */
#define HONE_RECORD_BYTES ((size_t)256 << 10)

/*
 * Open the store and start the thread.
 *
 *   workers      how many buffers
 *   interval_us  between flushes
 *
 * Fails as hone_store_open.
 */
enum hone_code hone_recorder_new(struct hone_run *run, const char *store, size_t workers,
                                 int64_t interval_us, struct hone_recorder **out);
/* Write all that waits, answer all labels that wait, end the thread.  What other processes keep from the store for 10 s
 * is counted as dropped and logged.  Predictions may still be added: hone_recorder_free writes them.  NULL is fine. */
void hone_recorder_stop(struct hone_recorder *recorder);
/* Stop unless it was stopped, write what was added since, and free.  No other thread uses it.  NULL is fine. */
void hone_recorder_free(struct hone_recorder *recorder);

/* One row's prediction; texts are copied.  False: dropped, and counted. */
struct hone_recorded {
    struct hone_str id;
    int64_t time;                    /* µs since 1970 */
    int64_t record;                  /* of the model version */
    int64_t latency;                 /* µs */
    struct hone_str inputs, outputs; /* JSON */
};
bool hone_recorder_add(struct hone_recorder *recorder, size_t worker,
                       const struct hone_recorded *row);

/* One label that a client told. */
struct hone_feedback_item {
    const char *id;
    const char *label;
    const char *source;
    int64_t time; /* 0: not told */
    enum { HONE_FEEDBACK_ADDED, HONE_FEEDBACK_KNOWN, HONE_FEEDBACK_UNKNOWN } state;
};

/* Labels of one request.  Kept by the recorder from hone_recorder_label until done is called; false
 * when it was stopped: then it is not kept. */
struct hone_feedback {
    struct hone_feedback_item *item;
    size_t n;
    enum hone_code code; /* the store's failure, with its message */
    char message[512];
    void (*done)(struct hone_feedback *feedback); /* in the recorder's thread */
    void *owner;
    struct hone_feedback *next; /* the recorder's */
};
bool hone_recorder_label(struct hone_recorder *recorder, struct hone_feedback *feedback);

/* Ever: predictions written, dropped; labels written. */
struct hone_recorder_counts {
    uint64_t written, dropped, labels;
};
struct hone_recorder_counts hone_recorder_counts(const struct hone_recorder *recorder);

#endif
