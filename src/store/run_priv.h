/*
 * store/run_priv.h - reading rows of runs
 */
#ifndef HONE_STORE_RUN_PRIV_H
#define HONE_STORE_RUN_PRIV_H

#include "store/lineage.h"
#include "store/query_priv.h"

/* Columns of a run in the order hone_run_read takes them. */
#define HONE_RUN_COLUMNS                                                                       \
    "run.seq, run.id, run.name, run.model, run.status, run.started, run.ended, run.seed,"      \
    " run.version, run.config, run.command, run.message,"                                      \
    " (SELECT id FROM run AS above WHERE above.seq = run.parent)"
void hone_run_read(struct hone_query *query, struct hone_arena *mem,
                   struct hone_run_record *out);

#endif
