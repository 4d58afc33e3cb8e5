/*
 * tables.h - small tables for tests, written as CSV
 */
#ifndef HONE_TESTS_TABLES_H
#define HONE_TESTS_TABLES_H

#include "check.h"
#include "table/table.h"

/* The table of a CSV text; a failure fails the test.  types is "column=type,..." or NULL: as the reader sees
 * them.  In mem. */
struct hone_table *tables_read(struct hone_run *run, struct hone_arena *mem, const char *csv,
                               const char *types);

/* What a table holds, in mem: with names and types of the columns "a:int64 b:text|1,x|2,|"; the cells alone, "." where
 * one is missing: "1 x|2 .". */
const char *tables_text(struct hone_arena *mem, const struct hone_table *t);
const char *tables_cells(struct hone_arena *mem, const struct hone_table *t);

/* 0, 1, 2 ... n-1, in mem. */
size_t *tables_rows(struct hone_arena *mem, size_t n);

/* What a test needs to run in; tables_leave frees it. */
struct tables_room {
    struct hone_run run;
    struct hone_arena mem;
};
struct tables_room *tables_enter(uint64_t seed);
void tables_leave(struct tables_room *room);

#endif
