/*
 * serve/served.h - one version of a model, ready to answer
 *
 * Read-only once made, so any number of threads use it, each with a session and a batch of its own.  Who
 * uses it holds a reference (slot.h); the last one frees it.
 */
#ifndef HONE_SERVE_SERVED_H
#define HONE_SERVE_SERVED_H

#include "base/file.h"
#include "graph/plan.h"
#include "serve/batch.h"
#include "serve/tally.h"

enum hone_served_kind {
    HONE_SERVED_CLASSES, /* outputs label and probabilities */
    HONE_SERVED_NUMBER,  /* output prediction */
    HONE_SERVED_TENSORS, /* a model of others: its outputs as they are */
};

struct hone_observer;

struct hone_served {
    struct hone_arena mem;
    const char *name;
    const char *version; /* "3"; "" for a model that is in no registry */
    int64_t number;      /* 3; 0 */
    int64_t record;      /* id of its row in the registry; 0: predictions can not be logged */
    const char *hash;    /* SHA-256 of the ONNX file */
    const char *uri;     /* as it was asked for */
    int64_t loaded;      /* µs since 1970 */
    struct hone_file file;
    struct hone_model *model;
    struct hone_plan *plan;
    struct hone_signature *signature; /* NULL: a model of others that takes no table columns */
    struct hone_batch_column *column; /* what a row has, in the model's order */
    size_t cols;
    struct hone_str *key; /* (cols) "age": with its quotes and colon */
    size_t *input;        /* (plan inputs) the column of each */
    enum hone_served_kind kind;
    size_t label, scores; /* which outputs: label and probabilities, or prediction in scores */
    size_t classes;
    struct hone_str *class_key;     /* (classes) "yes": with its quotes and colon */
    size_t refs;                    /* this and next: held by the slot's mutex */
    struct hone_served *next;       /* of the slot's list */
    struct hone_tally *tally;       /* (workers) */
    struct hone_observer *observer; /* NULL: the model has no reference */
    size_t workers;
};

/* What names a model: filled by the store or from a path. */
struct hone_served_from {
    const char *path; /* of the ONNX file */
    const char *name;
    int64_t version;  /* 0: none */
    int64_t record;   /* id in the registry; 0: none */
    const char *hash; /* NULL: computed */
    const char
        *binding; /* file beside a model that was imported (prep/foreign.h); NULL: none */
    const char
        *reference; /* file with its reference; NULL: it is in the model, or there is none */
    const char *uri;
};

/*
 * Read, check and compile a model for a number of worker threads.  *out has one reference.
 * Fails as hone_file_open, hone_model_read, hone_plan_new; HONE_E_UNSUPPORTED for inputs without a row axis.
 */
enum hone_code hone_served_new(struct hone_run *run, const struct hone_served_from *from,
                               size_t workers, struct hone_served **out);
void hone_served_free(struct hone_served *served); /* NULL is fine */

/*
 * Run the rows of a batch.
 *
 *   out   (plan outputs) live in the session until its next run
 *
 * Fails as hone_plan_run.
 */
enum hone_code hone_served_run(struct hone_run *run, const struct hone_served *served,
                               struct hone_session *session, const struct hone_batch *b,
                               struct hone_tensor *in, struct hone_tensor *out);

#endif
