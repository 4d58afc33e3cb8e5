/*
 * io/sqlite_priv.h - what the parts that speak to SQLite share
 */
#ifndef HONE_IO_SQLITE_PRIV_H
#define HONE_IO_SQLITE_PRIV_H

#include <sqlite3.h>

#include "io/sql.h"

void hone_sqlite_db_close(sqlite3 **db);
void hone_sqlite_stmt_end(sqlite3_stmt **stmt);

/* Raise what SQLite says, by its code; path is what is spoken of ("file.db", or "SQL"). */
enum hone_code hone_sqlite_fail(struct hone_run *run, sqlite3 *db, const char *path);

/* The failure of a statement: with the place in it, and of names that are not there the nearest in the database. */
enum hone_code hone_sqlite_fail_sql(struct hone_run *run, sqlite3 *db, struct hone_str sql);

/* Name between double quotes. */
void hone_sqlite_quote(struct hone_buf *buf, const char *name);

/* From now on statements may read and do nothing else: no ATTACH, no PRAGMA, no writing, no code. */
void hone_sqlite_only_read(sqlite3 *db);

/* Stop where the run is to stop. */
void hone_sqlite_watch(sqlite3 *db, struct hone_run *run);

/* Compile the one statement of a text. Fails: HONE_E_ARG, none and two of them too. */
enum hone_code hone_sqlite_prepare(struct hone_run *run, sqlite3 *db, struct hone_str sql,
                                   sqlite3_stmt **out);

/* All rows of a statement as a table, types by declaration and values; sql is for errors. */
enum hone_code hone_sqlite_rows(struct hone_run *run, sqlite3 *db, sqlite3_stmt *stmt,
                                struct hone_str sql, struct hone_arena *mem,
                                struct hone_table **out);

/* A time as SQLite writes it; returns the length. */
size_t hone_sqlite_time(char out[40], int64_t us);

/* The functions of io/sql.h. */
enum hone_code hone_sqlite_add_functions(struct hone_run *run, sqlite3 *db);

/* Tables of a database that queries see; the array must outlive it. */
enum hone_code hone_sqlite_add_tables(struct hone_run *run, sqlite3 *db,
                                      const struct hone_sql_table *table, size_t n);

#endif
