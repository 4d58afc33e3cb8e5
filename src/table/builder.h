/*
 * table/builder.h - make a column value by value
 *
 * For readers of small things, tests and derived columns; bulk readers fill buffers themselves.
 */
#ifndef HONE_TABLE_BUILDER_H
#define HONE_TABLE_BUILDER_H

#include "table/table.h"

struct hone_builder;

/* name is copied.  Fails: HONE_E_LIMIT. */
enum hone_code hone_builder_new(struct hone_run *run, const char *name, enum hone_type type,
                                struct hone_arena *mem, struct hone_builder **out);
/* Each fails with HONE_E_LIMIT (no memory) or HONE_E_SHAPE (the column is of another kind). */
enum hone_code hone_builder_null(struct hone_run *run, struct hone_builder *b);
enum hone_code hone_builder_i64(struct hone_run *run, struct hone_builder *b, int64_t value);
enum hone_code hone_builder_f64(struct hone_run *run, struct hone_builder *b, double value);
enum hone_code hone_builder_str(struct hone_run *run, struct hone_builder *b,
                                struct hone_str value);
/* The column, which lives in the builder's mem; the builder is done. */
enum hone_code hone_builder_end(struct hone_run *run, struct hone_builder *b,
                                struct hone_column *out);

#endif
