/*
 * store/registry.h - registered models: versions, aliases, decisions, and the names of all of them
 *
 * A version is one ONNX file and never changes.  An alias (champion, challenger, ...) points at a version;
 * its moves are kept, so that it can step back.  All changes are written to the audit log in the
 * same transaction.
 *
 * Names of models and aliases: 1 to 128 of A-Z a-z 0-9 . _ - beginning with a letter or digit; no
 * alias is called "latest".  Others give HONE_E_ARG.
 */
#ifndef HONE_STORE_REGISTRY_H
#define HONE_STORE_REGISTRY_H

#include "base/str.h"
#include "store/store.h"

/* --- models and versions ------------------------------------------------------------------ */

struct hone_version_record {
    int64_t id;            /* links predictions and alarms to it; filled by the store */
    const char *model;     /* its name */
    int64_t version;       /* 1, 2, ...; filled by the store */
    const char *run;       /* id of the run that made it; NULL: it came from outside */
    const char *onnx;      /* hash of the artifact */
    const char *signature; /* JSON of inputs and outputs; NULL when given: "{}" */
    int64_t created;       /* filled by the store */
    const char *status;    /* READY or ARCHIVED; filled by the store */
    int64_t bytes;         /* of the file; filled by the store, as the rest */
    const char *by;        /* who registered it */
    const char *verdict;   /* the worst that its gates last said; "" without gates */
};

/*
 * Register the next version of a model; the first one makes the model.
 *
 *   actor     who does it, for the audit log; NULL: "local"
 *   *version  its number
 *
 * Fails: HONE_E_NOT_FOUND when the artifact or run is not in the store.
 */
enum hone_code hone_model_register(struct hone_run *run, struct hone_store *store,
                                   const struct hone_version_record *record, const char *actor,
                                   int64_t *version);

/* version of 0: the latest that is READY. */
enum hone_code hone_version_get(struct hone_run *run, struct hone_store *store,
                                const char *model, int64_t version, struct hone_arena *mem,
                                struct hone_version_record *out);
/* By the id in the record. */
enum hone_code hone_version_by_id(struct hone_run *run, struct hone_store *store, int64_t id,
                                  struct hone_arena *mem, struct hone_version_record *out);
/* The versions of a model (NULL: of all), newest first; limit of 0: all. */
enum hone_code hone_version_list(struct hone_run *run, struct hone_store *store,
                                 const char *model, size_t limit, struct hone_arena *mem,
                                 struct hone_version_record **out, size_t *n);
/*
 * Set READY or ARCHIVED; actor NULL: "local", reason NULL: "".  Nothing happens when it is so already.
 * Fails: HONE_E_CONFLICT to archive what an alias points at, naming the aliases, or to make a version ready
 * whose file was collected.
 */
enum hone_code hone_version_status(struct hone_run *run, struct hone_store *store,
                                   const struct hone_version_record *record, const char *status,
                                   const char *actor, const char *reason);

struct hone_model_record {
    const char *name;
    int64_t created;
    int64_t versions; /* how many */
    int64_t latest;   /* the highest */
};
/* In the order of their names. */
enum hone_code hone_model_list(struct hone_run *run, struct hone_store *store,
                               struct hone_arena *mem, struct hone_model_record **out,
                               size_t *n);

/* --- aliases ------------------------------------------------------------------------------ */

struct hone_alias_change {
    const char *model;
    const char *alias;
    int64_t version;    /* ignored by hone_alias_rollback and hone_alias_remove */
    const char *actor;  /* NULL: "local" */
    const char *reason; /* NULL: "" */
};

/* Point an alias at a version; nothing happens when it does so already. */
enum hone_code hone_alias_set(struct hone_run *run, struct hone_store *store,
                              const struct hone_alias_change *change);

/*
 * Step back to the version the alias pointed at before; a second rollback goes one further back.
 *
 *   *version  where it points now
 *
 * Fails: HONE_E_NOT_FOUND when there is no such alias; HONE_E_CONFLICT when nothing was before.
 */
enum hone_code hone_alias_rollback(struct hone_run *run, struct hone_store *store,
                                   const struct hone_alias_change *change, int64_t *version);

/* Take an alias away; what it pointed at stays in its history. */
enum hone_code hone_alias_remove(struct hone_run *run, struct hone_store *store,
                                 const struct hone_alias_change *change);

struct hone_alias_step {
    const char *model;
    const char *alias;
    int64_t version;
    const char *kind; /* "set" or "rollback" */
    int64_t time;
    const char *actor;
    const char *reason;
};
/* Where the aliases of a model (NULL: of all) point now, by model and alias. */
enum hone_code hone_alias_list(struct hone_run *run, struct hone_store *store,
                               const char *model, struct hone_arena *mem,
                               struct hone_alias_step **out, size_t *n);
/* All moves of one alias, newest first. */
enum hone_code hone_alias_history(struct hone_run *run, struct hone_store *store,
                                  const char *model, const char *alias, struct hone_arena *mem,
                                  struct hone_alias_step **out, size_t *n);

/* --- decisions ---------------------------------------------------------------------------- */

/* One verdict on a version: of a gate, an approval, a guard of a rollout. */
struct hone_decision {
    const char *model;
    int64_t version;
    const char *kind;    /* "gate", "approval", "rollout", ... */
    const char *name;    /* of the gate: "roc_auc" */
    const char *verdict; /* "pass", "fail", "insufficient evidence" */
    double value;        /* measured; NaN: none */
    double threshold;    /* NaN: none */
    const char *detail;  /* JSON; NULL when given: "{}" */
    const char *actor;   /* NULL when given: "local" */
    int64_t time;        /* filled by the store */
};
/* In one transaction.  Fails: HONE_E_ARG for another verdict. */
enum hone_code hone_decision_add(struct hone_run *run, struct hone_store *store,
                                 const struct hone_decision *list, size_t n);
/* Of one version, oldest first. */
enum hone_code hone_decision_list(struct hone_run *run, struct hone_store *store,
                                  const char *model, int64_t version, struct hone_arena *mem,
                                  struct hone_decision **out, size_t *n);

/* --- names of models ------------------------------------------------------------------------ */

/*
 * "models:/name/3", "models:/name@champion", "models:/name/latest", "runs:/ID", "runs:/ID/path".
 * Fields that a form does not have are NULL or 0.
 */
enum hone_uri_kind { HONE_URI_VERSION, HONE_URI_ALIAS, HONE_URI_LATEST, HONE_URI_RUN };
struct hone_uri {
    enum hone_uri_kind kind;
    const char *name; /* of the model */
    int64_t version;
    const char *alias;
    const char *run;  /* id, or its first digits */
    const char *path; /* of the artifact in the run */
};

/* Whether text begins like one of them (else it is a file's path). */
bool hone_uri_is(const char *text);

/* Read one.  Fails: HONE_E_ARG, saying the forms there are. */
enum hone_code hone_uri_parse(struct hone_run *run, const char *text, struct hone_arena *mem,
                              struct hone_uri *out);

/* What a name means now. */
struct hone_resolved {
    struct hone_version_record version; /* version.id is 0 for "runs:/" */
    const char *run;                    /* id of the run that made it; NULL: none */
    const char *hash;                   /* of the artifact */
    const char *path;                   /* where it lies */
};
enum hone_code hone_store_resolve(struct hone_run *run, struct hone_store *store,
                                  const char *text, struct hone_arena *mem,
                                  struct hone_resolved *out);

#endif
