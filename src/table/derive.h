/*
 * table/derive.h - other columns and rows of a table
 */
#ifndef HONE_TABLE_DERIVE_H
#define HONE_TABLE_DERIVE_H

#include "table/expr.h"

/*
 * Columns worked out from others: "ratio = debt / income" adds ratio, or replaces it where it stands.  Each
 * may use those before it.  Fails: HONE_E_ARG (no "name = expression", or as hone_expr_parse), as hone_expr_eval.
 */
enum hone_code hone_table_derive(struct hone_run *run, const struct hone_table *t,
                                 const char *const *definition, size_t n,
                                 struct hone_arena *mem, struct hone_table **out);

/* Columns from[i] called to[i]. Fails: HONE_E_NOT_FOUND, HONE_E_CONFLICT. */
enum hone_code hone_table_rename(struct hone_run *run, const struct hone_table *t,
                                 const char *const *from, const char *const *to, size_t n,
                                 struct hone_arena *mem, struct hone_table **out);

/* Rows [from, from + count) as far as there are such. */
enum hone_code hone_table_slice(struct hone_run *run, const struct hone_table *t, size_t from,
                                size_t count, struct hone_arena *mem, struct hone_table **out);

/*
 * Rows of the tables one after the other, columns by name in order of appearance; where a table has no such
 * column its rows are missing it.  Types are brought together: bool, int64, float32, float64 to the widest, dates
 * and timestamps to timestamps, categories and texts to text when they differ.  Fails: HONE_E_SHAPE (types that do
 * not go together: says which tables).
 */
enum hone_code hone_table_union(struct hone_run *run, const struct hone_table *const *tables,
                                size_t n, struct hone_arena *mem, struct hone_table **out);

#endif
