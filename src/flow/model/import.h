/*
 * flow/model/import.h - a model that others made, from a file to a registered version, on record
 *
 * The file is kept byte for byte.  Beside it, as artifacts of the run that imported it, lie the binding
 * (prep/foreign.h), facts for the report and, when rows were given, the reference for monitoring.
 */
#ifndef HONE_FLOW_MODEL_IMPORT_H
#define HONE_FLOW_MODEL_IMPORT_H

#include "eval/bootstrap.h"
#include "io/reader.h"
#include "prep/foreign.h"
#include "store/lineage.h"

struct hone_import {
    const char *file;              /* the .onnx file */
    const char *store;             /* folder, for data:/ names */
    const char *name;              /* to register under; NULL: the file's */
    const char *data;              /* rows to try it on and to watch it by; NULL: none */
    struct hone_foreign_wish wish; /* sample is filled from data */
    const char *note;              /* NULL: none */
    const char *actor, *command;
    const struct hone_read_options *read;
};

struct hone_imported {
    struct hone_run_id run;
    const char *model; /* "models:/NAME/3" */
    const char *name;
    int64_t version;
    const char *hash, *producer; /* producer: "skl2onnx 1.14.1" */
    const char *path;            /* where the file lies in the store */
    uint64_t bytes;
    struct hone_signature *signature;
    size_t nodes;
    const char **note; /* (notes) */
    size_t notes;
    size_t rows, lost; /* of the data: scored, and values that could not be read */
    size_t truths;     /* rows with an answer */
    const struct hone_metric **metric; /* (metrics) on those rows; none without answers */
    struct hone_interval *interval;
    size_t metrics;
};

/*
 * Fails as hone_foreign_find; HONE_E_ARG for a model that hone made itself (it knows what it is: keep the file, or
 * train it here); HONE_E_NOT_FOUND, HONE_E_FORMAT as reading does.  Nothing is left in the store then.
 */
enum hone_code hone_import_run(struct hone_run *run, struct hone_store *store,
                               const struct hone_import *job, struct hone_arena *mem,
                               struct hone_imported *out);

/* Why a run can not be trained again, when it imported its model: HONE_E_UNSUPPORTED; else HONE_OK. */
enum hone_code hone_import_refuse(struct hone_run *run, struct hone_store *store,
                                  const char *id);

#endif
