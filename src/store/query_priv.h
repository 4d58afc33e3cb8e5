/*
 * store/query_priv.h - one SQL statement, and the only road to the database
 *
 * Values are bound, and columns read, one after the other from the left.  A failed bind is told by the
 * next step.  This is what a second database would have to offer.
 */
#ifndef HONE_STORE_QUERY_PRIV_H
#define HONE_STORE_QUERY_PRIV_H

#include "base/str.h"
#include "store/store.h"

struct sqlite3;
struct sqlite3_stmt;

struct hone_store {
    struct sqlite3 *db;
    const char *folder;
    size_t depth; /* transactions open, one inside the other */
    int64_t rest; /* ns: hone_store_rest */
    bool held;    /* the last failure: another process has it (hone_store_held) */
};

struct hone_query {
    struct hone_store *store;
    struct sqlite3_stmt *statement;
    int bound;
    int column;
    int failed; /* first SQLite code of a bind that failed */
};
#define HONE_QUERY HONE_CLOSING(hone_query_end) struct hone_query

/* Fails always: this user may not write; words of SQLite or ours. */
enum hone_code hone_store_not_ours(struct hone_run *run, const struct hone_store *store,
                                   const char *words);

enum hone_code hone_query_begin(struct hone_run *run, struct hone_store *store, const char *sql,
                                struct hone_query *out);
void hone_query_end(struct hone_query *query);

/* The text must outlive the steps that follow. NULL is SQL's NULL. */
void hone_query_put_text(struct hone_query *query, const char *text);
void hone_query_put_str(struct hone_query *query, struct hone_str text);
/* Bytes as a BLOB; they must outlive the steps that follow. */
void hone_query_put_bytes(struct hone_query *query, const void *bytes, size_t len);
void hone_query_put_int(struct hone_query *query, int64_t value);
void hone_query_put_real(struct hone_query *query, double value); /* NaN is NULL */
void hone_query_put_null(struct hone_query *query);
/* NULL when absent is true. */
void hone_query_put_int_or_null(struct hone_query *query, int64_t value, bool absent);

/* Take the next row; *row is false at the end. */
enum hone_code hone_query_step(struct hone_run *run, struct hone_query *query, bool *row);
/* Run to the end and make ready to be bound anew.  *changed, unless NULL, is the number of rows written. */
enum hone_code hone_query_run(struct hone_run *run, struct hone_query *query, size_t *changed);
/* Make ready to be bound anew. */
void hone_query_again(struct hone_query *query);

const char *hone_query_text(struct hone_query *query, struct hone_arena *mem); /* NULL: NULL */
struct hone_str hone_query_str(struct hone_query *query, struct hone_arena *mem);
/* A BLOB, in mem; empty for NULL. */
struct hone_str hone_query_bytes(struct hone_query *query, struct hone_arena *mem);
int64_t hone_query_int(struct hone_query *query); /* NULL: 0 */
double hone_query_real(struct hone_query *query); /* NULL: NaN */

/* One statement without values. */
enum hone_code hone_store_exec(struct hone_run *run, struct hone_store *store, const char *sql);

/* Several reads that see one state, and take the reader's lock once.  Ends with hone_transaction_end. */
enum hone_code hone_snapshot_begin(struct hone_run *run, struct hone_store *store,
                                   struct hone_transaction *out);

/*
 * Room for one more at the end of a list that grows; the list, or NULL without memory.
 * hone_list_more(run, mem, &list, n, &room).
 */
#define hone_list_more(run, mem, list, n, room)                                                \
    ((n) < *(room) ||                                                                          \
             (*(list) = hone_list_grow((mem), *(list), sizeof **(list), (room))) != NULL       \
         ? HONE_OK                                                                             \
         : hone_no_room((run), #list, (n)))
void *hone_list_grow(struct hone_arena *mem, void *list, size_t size, size_t *room);

/* The highest schema this program knows, and the SQL that leads from each to the next. */
extern const char *const hone_migrations[];
extern const size_t hone_migrations_n;
/* Bring the database up to n steps of a list.  Fails as hone_store_open. */
enum hone_code hone_store_migrate(struct hone_run *run, struct hone_store *store,
                                  const char *const *steps, size_t n);

/* The row number of a run; id as in hone_store_run_get. */
enum hone_code hone_store_run_seq(struct hone_run *run, struct hone_store *store,
                                  const char *id, int64_t *seq);
/* The row number of a model version. */
enum hone_code hone_store_version_id(struct hone_run *run, struct hone_store *store,
                                     const char *model, int64_t version, int64_t *id);

#endif
