/*
 * store/lineage.h - data versions and runs: what was made from what, how, and how well it went
 *
 * A run is one execution that makes something: a training, a trial of the tuner, a report.  Its id is
 * 32 hexadecimal digits.  Where an operation takes a run's id, four or more of its first digits do if
 * only one run has them; ids that fit nothing give HONE_E_NOT_FOUND, several HONE_E_ARG.
 */
#ifndef HONE_STORE_LINEAGE_H
#define HONE_STORE_LINEAGE_H

#include "store/store.h"

/* --- data ------------------------------------------------------------------------------ */

struct hone_data_version {
    const char *hash;   /* 64 hexadecimal digits: SHA-256 of the content */
    const char *source; /* where it was read when first seen */
    int64_t rows, cols;
    const char *schema; /* JSON */
    int64_t created;    /* ignored when given */
};
/* Record a data version; a hash that is there already stays as it is. */
enum hone_code hone_store_data_put(struct hone_run *run, struct hone_store *store,
                                   const struct hone_data_version *data);
enum hone_code hone_store_data_get(struct hone_run *run, struct hone_store *store,
                                   const char *hash, struct hone_arena *mem,
                                   struct hone_data_version *out);

/* --- runs -------------------------------------------------------------------------------- */

struct hone_run_id {
    char hex[33];
};

struct hone_run_record {
    const char *id;     /* filled by the store */
    const char *name;   /* free text; NULL when given: the first eight digits of the id */
    const char *model;  /* the registered name it works for; NULL: none */
    const char *status; /* RUNNING, FINISHED, FAILED, KILLED; filled by the store */
    int64_t started;    /* filled by the store */
    int64_t ended;      /* 0: not yet; filled by the store */
    uint64_t seed;
    const char *version; /* of hone; filled by the store */
    const char *config;  /* JSON of all settings; NULL when given: "{}" */
    const char *command; /* as typed; NULL when given: "" */
    const char *message; /* why it failed; NULL */
    const char *parent;  /* id of the run that started it; NULL */
    int64_t seq;         /* place in the order of beginning, for paging; filled by the store */
};

/* The tag that every run gets: which instructions the kernels used. */
#define HONE_TAG_CPU "hone.cpu"

/* Begin a run: status RUNNING. */
enum hone_code hone_store_run_begin(struct hone_run *run, struct hone_store *store,
                                    const struct hone_run_record *record,
                                    struct hone_run_id *id);

/*
 * End it: status FINISHED, FAILED or KILLED; message may be NULL.
 * Fails: HONE_E_ARG for another status; HONE_E_CONFLICT when it has ended before.
 */
enum hone_code hone_store_run_end(struct hone_run *run, struct hone_store *store,
                                  const char *id, const char *status, const char *message);

enum hone_code hone_store_run_get(struct hone_run *run, struct hone_store *store,
                                  const char *id, struct hone_arena *mem,
                                  struct hone_run_record *out);

/*
 * Mark as KILLED the RUNNING runs of this machine whose process is gone.  *n: how many; may be
 * NULL.
 */
enum hone_code hone_store_run_sweep(struct hone_run *run, struct hone_store *store, size_t *n);

/* One condition on what a run tells; it fails where the run has no such key. */
enum hone_run_fact { HONE_RUN_METRIC, HONE_RUN_PARAM, HONE_RUN_TAG };
enum hone_run_test { HONE_EQ, HONE_NE, HONE_LT, HONE_LE, HONE_GT, HONE_GE, HONE_LIKE };
struct hone_run_condition {
    enum hone_run_fact of; /* of a metric: its last value */
    const char *key;
    enum hone_run_test test; /* HONE_LIKE: % is any text, _ any character; not for metrics */
    double number;           /* NaN: the value is text */
    const char *text;        /* what was given, without quotes */
};
/*
 * Read conditions: "roc_auc >= 0.9 and params.estimator = gbt and tags.note like 'after%'".  A key without
 * "metrics.", "params." or "tags." before it is a metric; keys and texts with blanks stand in quotes; the tests are
 * = != < <= > >= like.
 * Fails: HONE_E_ARG, showing where.
 */
enum hone_code hone_run_conditions(struct hone_run *run, const char *text,
                                   struct hone_arena *mem, struct hone_run_condition **out,
                                   size_t *n);

/* All conditions must hold; a zeroed filter is all runs. */
struct hone_run_filter {
    const char *status; /* NULL: any */
    const char *model;  /* NULL: any */
    const char *parent; /* id: only the runs it started; NULL: any */
    const char *metric; /* only runs whose last value of it is within the bounds; NULL: any */
    double at_least, at_most;                   /* inclusive */
    const struct hone_run_condition *condition; /* (conditions) */
    size_t conditions;
    int64_t since; /* begun at or after; 0: any */
    int64_t
        before; /* only runs with a lower seq: the last one of the page before; 0: from the newest */
    const char
        *sort; /* "started", "took", or a metric: then only runs that have it; NULL: started */
    bool ascending;
    size_t limit; /* 0: all */
};
/* Newest first, or as sorted; those alike newest first. */
enum hone_code hone_store_run_list(struct hone_run *run, struct hone_store *store,
                                   const struct hone_run_filter *filter, struct hone_arena *mem,
                                   struct hone_run_record **out, size_t *n);
/* How many runs a filter lets through; sort, before and limit do not matter. */
enum hone_code hone_store_run_count(struct hone_run *run, struct hone_store *store,
                                    const struct hone_run_filter *filter, int64_t *n);

/* --- what a run tells --------------------------------------------------------------------- */

struct hone_fact {
    const char *key;
    const char *value;
};
struct hone_metric_point {
    const char *key;
    double value; /* NaN and infinities are kept */
    int64_t step; /* epoch, trial, fold ...; 0 where there is one value */
    int64_t time; /* 0 when given: now */
};

/*
 * Log in one transaction.  A parameter is logged once: another value for it is HONE_E_CONFLICT.  A tag
 * is replaced, an empty one taken away.  Metrics are added, one for each (key, step, time).
 */
enum hone_code hone_store_log_params(struct hone_run *run, struct hone_store *store,
                                     const char *id, const struct hone_fact *params, size_t n);
enum hone_code hone_store_log_tags(struct hone_run *run, struct hone_store *store,
                                   const char *id, const struct hone_fact *tags, size_t n);
enum hone_code hone_store_log_metrics(struct hone_run *run, struct hone_store *store,
                                      const char *id, const struct hone_metric_point *points,
                                      size_t n);

/* In the order of their keys. */
enum hone_code hone_store_run_params(struct hone_run *run, struct hone_store *store,
                                     const char *id, struct hone_arena *mem,
                                     struct hone_fact **out, size_t *n);
enum hone_code hone_store_run_tags(struct hone_run *run, struct hone_store *store,
                                   const char *id, struct hone_arena *mem,
                                   struct hone_fact **out, size_t *n);
/* The last value of each metric (highest step, then time). */
enum hone_code hone_store_run_metrics(struct hone_run *run, struct hone_store *store,
                                      const char *id, struct hone_arena *mem,
                                      struct hone_metric_point **out, size_t *n);
/* All values of one metric by step and time. */
enum hone_code hone_store_metric_history(struct hone_run *run, struct hone_store *store,
                                         const char *id, const char *key,
                                         struct hone_arena *mem, struct hone_metric_point **out,
                                         size_t *n);

/*
 * Many runs beside each other: the last values of some metrics.
 *
 *   records  (n) from hone_store_run_list or hone_store_run_get
 *   keys     (n_keys)
 *   values   (n, n_keys) written; NaN where a run has no such metric
 */
struct hone_metric_table {
    const struct hone_run_record *records;
    size_t n;
    const char *const *keys;
    size_t n_keys;
};
enum hone_code hone_store_metric_compare(struct hone_run *run, struct hone_store *store,
                                         const struct hone_metric_table *table, double *values);

/* --- what a run used and made ------------------------------------------------------------- */

struct hone_run_data {
    const char *role; /* "train", "test", ... */
    const char *hash; /* of a data version */
    const char *path; /* where this run read it */
};
/* Again with the same role and hash: the path is replaced. */
enum hone_code hone_store_run_use(struct hone_run *run, struct hone_store *store,
                                  const char *id, const struct hone_run_data *data);
enum hone_code hone_store_run_used(struct hone_run *run, struct hone_store *store,
                                   const char *id, struct hone_arena *mem,
                                   struct hone_run_data **out, size_t *n);

struct hone_run_artifact {
    const char *path; /* its name within the run: "model.onnx", "report/index.html" */
    const char *hash; /* of an artifact */
    uint64_t bytes;   /* filled by the store */
};
/* The model of a run, which "runs:/ID" means. */
#define HONE_RUN_MODEL "model.onnx"
/* Beside the model of a run that imported it: what it takes and gives, and what its data look like. */
#define HONE_RUN_BINDING   "binding.json"
#define HONE_RUN_REFERENCE "reference.json"

/* Name an artifact that was put before; the same path again is replaced. */
enum hone_code hone_store_run_keep(struct hone_run *run, struct hone_store *store,
                                   const char *id, const struct hone_run_artifact *artifact);
enum hone_code hone_store_run_kept(struct hone_run *run, struct hone_store *store,
                                   const char *id, struct hone_arena *mem,
                                   struct hone_run_artifact **out, size_t *n);
/* Where the file of that name lies, in mem; *path stays as it was when the run keeps none. */
enum hone_code hone_store_run_file(struct hone_run *run, struct hone_store *store,
                                   const char *id, const char *name, struct hone_arena *mem,
                                   const char **path);

#endif
