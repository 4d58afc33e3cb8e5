/*
 * flow/data/source.h - tables from files, other sources, and data sets that are kept
 *
 * data:/NAME, data:/NAME/3 and data:/NAME/3/PATH are versions in the store (store/dataset.h); everything
 * else is read as hone_table_read reads it.
 */
#ifndef HONE_FLOW_DATA_SOURCE_H
#define HONE_FLOW_DATA_SOURCE_H

#include "io/reader.h"

/*
 * Read a table.  report (may be NULL) has the whole name of a version as its path, "data:/loans/3", though
 * the newest was asked for: that is what belongs on record.
 *
 *   store   the store's folder; only looked at for data:/
 *
 * Fails as hone_table_read; HONE_E_NOT_FOUND for absent stores, data sets, versions and files.
 */
enum hone_code hone_data_read(struct hone_run *run, const char *store, const char *path,
                              const struct hone_read_options *options, struct hone_arena *mem,
                              struct hone_table **out, struct hone_read_report *report);

/* [{"name": ..., "type": ...}, ...] of a table's columns.  New reference. */
json_t *hone_schema_list(const struct hone_table *t);

#endif
